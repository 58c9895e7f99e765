"""A case at a glance: its items and what each line says, claims, assessment, custody, and the work going on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from witnessmark.desk.case import Case
from witnessmark.desk.inquiry import find_lines
from witnessmark.desk.items import get_item
from witnessmark.desk.verifying import verify_case
from witnessmark.plain import to_plain
from witnessmark.web.doors import InCase, Seat, Worker
from witnessmark.web.rendering import page
from witnessmark.web.work import Work

router = APIRouter(include_in_schema=False)
CONTENT_NOTE = "content-note"
"""Kind of the marks that say what an item shows, such as "injury"."""


@router.get("/c/{case}")
def case_page(request: Request, seat: InCase) -> Response:
    """The case at a glance."""
    case = seat.case
    made = case.records.assessments()
    return page(
        request,
        "case.html",
        seat,
        case=case,
        items=_items(seat, case),
        lines=[line.name for line in find_lines()],
        claims=case.records.claims(),
        sources={source["id"]: source for source in case.records.sources()},
        assessment=made[-1] if made else None,
        work=_work(request).of(str(seat.name)),
        head=case.records.head(),
    )


def _items(seat: Seat, case: Case) -> list[dict[str, Any]]:
    """Items with the newest result of each line; those with a content note the person does not want to see are bare."""
    results: dict[str, dict[str, Any]] = {}
    for result in case.records.results():
        results.setdefault(result["exhibit"], {})[result["line"]] = result
    return [
        {**body, "results": results.get(body["exhibit_number"], {}), "hidden": is_hidden(seat, case, body)}
        for body in case.records.items(copy="evidentiary")
    ]


def is_hidden(seat: Seat, case: Case, body: dict[str, Any]) -> bool:
    """Whether an item carries a content note that this person asked not to be shown."""
    wanted = set(seat.account.hidden)
    if not wanted:
        return False
    notes = {str(mark["body"].get("note", "")).casefold() for mark in content_notes(case, body["sha256"])}
    return bool(wanted & notes)


def content_notes(case: Case, sha256: str) -> list[dict[str, Any]]:
    """The content notes of an item, such as "injury": marks of the kind ``content-note``."""
    return [mark for mark in case.records.marks(sha256) if mark["kind"] == CONTENT_NOTE]


def _work(request: Request) -> Work:
    work = request.app.state.work
    assert isinstance(work, Work)
    return work


@router.post("/c/{case}/lines")
def run_some(
    request: Request,
    seat: Worker,
    line: Annotated[list[str] | None, Form()] = None,
    item: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Run lines over items, as a piece of work."""
    names = [found.name for found in find_lines(line or [])] if line else []
    items = [get_item(seat.case, name).exhibit_number for name in item or []]
    title = f"{', '.join(names) or 'every line'} on {', '.join(items) or 'all evidence'}"
    _work(request).ask(str(seat.name), title, seat.account.name, ["lines", *names, "--", *items])
    back = f"/c/{seat.name}/items/{items[0]}" if len(items) == 1 else f"/c/{seat.name}"
    return RedirectResponse(f"{back}#work", 303)


@router.post("/c/{case}/assess")
def assess_some(request: Request, seat: Worker, item: Annotated[list[str] | None, Form()] = None) -> Response:
    """Fuse what the lines found, as a piece of work."""
    items = [get_item(seat.case, name).exhibit_number for name in item or []]
    title = f"assessment of {', '.join(items) or 'the only item'}"
    _work(request).ask(str(seat.name), title, seat.account.name, ["assess", *items])
    return RedirectResponse(f"/c/{seat.name}#work", 303)


@router.get("/c/{case}/work")
def work_list(request: Request, seat: InCase) -> list[dict[str, Any]]:
    """The work of the case as plain values."""
    return _work(request).of(str(seat.name))


@router.get("/c/{case}/work/events")
async def work_events(request: Request, seat: InCase) -> StreamingResponse:
    """The work of the case as it goes on (server-sent events): one event whenever something changed."""
    work, name = _work(request), str(seat.name)

    async def events() -> AsyncIterator[str]:
        told = ""
        for _ in range(600):  # a browser asks again by itself; the door is then asked again too
            now = json.dumps(work.of(name)[:20])
            if now != told:
                told = now
                yield f"event: work\ndata: {now}\n\n"
            else:
                yield ": still here\n\n"
            if await request.is_disconnected():
                return
            await asyncio.sleep(0.5)

    return StreamingResponse(events(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get("/c/{case}/custody")
async def custody_page(request: Request, seat: InCase) -> Response:
    """Check the preserved bytes and the log, now."""
    report = await run_in_threadpool(lambda: verify_case(seat.case))
    return page(request, "custody.html", seat, case=seat.case, report=to_plain(report), head=seat.case.records.head())
