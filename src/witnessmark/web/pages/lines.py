"""Pages of one line over all items: copies, conversation, emblems and dress."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from witnessmark.desk.case import Case
from witnessmark.desk.inquiry import find_lines
from witnessmark.desk.items import appearances, evidence
from witnessmark.plain import to_plain
from witnessmark.web.doors import InCase, Seat
from witnessmark.web.pages.item import panel_html
from witnessmark.web.rendering import page
from witnessmark.web.work import Work

router = APIRouter(include_in_schema=False)


def _over_items(case: Case, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """What each of some lines says of every item."""
    known = {line.name: line for line in find_lines()}
    results = {(result["exhibit"], result["line"]): result for result in case.records.results()}
    return [
        {
            "exhibit": item.exhibit_number,
            "line": name,
            "question": known[name].question,
            "result": results.get((item.exhibit_number, name)),
            "html": None
            if (item.exhibit_number, name) not in results
            else panel_html(name, results[item.exhibit_number, name]),
        }
        for item in evidence(case)
        for name in names
        if name in known
    ]


def _shown(request: Request, seat: Seat, title: str, names: tuple[str, ...], next_step: str, **more: Any) -> Response:
    case = seat.case
    work: Work = request.app.state.work
    return page(
        request,
        "line.html",
        seat,
        case=case,
        title=title,
        panels=_over_items(case, names),
        next_step=next_step,
        work=[piece for piece in work.of(str(seat.name)) if any(name in piece["title"] for name in names)],
        **{"postings": [], **more},
    )


@router.get("/c/{case}/copies")
def copies_page(request: Request, seat: InCase) -> Response:
    """Which recordings match which, as aligned strips, and every known posting, earliest first."""
    case = seat.case
    postings = [
        {"exhibit": item.exhibit_number, "posting": to_plain(posting), "at": posting.posted.at.timestamp()}
        for item in evidence(case)
        for posting in appearances(case, item)
    ]
    postings.sort(key=lambda each: float(str(each["at"])))
    step = "Run the copies line; partners are asked with: witnessmark copies ask."
    return _shown(request, seat, "Copies", ("copies", "scene"), step, postings=postings)


@router.get("/c/{case}/conversation")
def conversation_page(request: Request, seat: InCase) -> Response:
    """What is said and written in each item, with every doubtful stretch marked."""
    step = "Run the lines conversation and text; without their extras they say how to install them."
    return _shown(request, seat, "Conversation and text", ("conversation", "text"), step)


@router.get("/c/{case}/emblems")
def emblems_page(request: Request, seat: InCase) -> Response:
    """What is worn, beside what it resembles in the library; a suggestion, never a name."""
    step = "Name a library with: witnessmark case set --emblems, mark a box on a frame, and run the line uniforms."
    return _shown(request, seat, "Emblems and dress", ("uniforms",), step)
