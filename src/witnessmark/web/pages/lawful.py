"""Law: elements with what bears on each and what is missing, alternatives side by side. Never a verdict."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from witnessmark.desk.lawful import attach, gap_table, law_book, note_gap
from witnessmark.law.records import Strength
from witnessmark.web.doors import InCase, Lawyering
from witnessmark.web.rendering import page

router = APIRouter(include_in_schema=False)
DIRECTIONS = ("bears-for", "bears-against", "context")


@router.get("/c/{case}/law")
def law_page(request: Request, seat: InCase, norm: Annotated[list[str] | None, Query()] = None) -> Response:
    """Norms that were chosen or touched, with their elements."""
    case = seat.case
    book = law_book(case)
    return page(
        request,
        "law.html",
        seat,
        case=case,
        table=gap_table(case, norm or ()),
        norms=book.norms,
        chosen=norm or [],
        findings=[
            {"id": body["id"], "line": body["line"], "exhibit": body["exhibit"], "statement": body["statement"]}
            for body in case.records.results("finding")
        ],
        directions=DIRECTIONS,
        strengths=[each.value for each in Strength],
    )


@router.post("/c/{case}/law/attach")
def attach_finding(
    seat: Lawyering,
    element: Annotated[str, Form(max_length=100)],
    finding: Annotated[str, Form(max_length=40)],
    direction: Annotated[str, Form(max_length=20)],
    note: Annotated[str, Form(max_length=5000)],
    strength: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Say that a finding bears on an element, which way, and why."""
    attach(seat.case, element, finding, direction, note, strength or None)
    return RedirectResponse(f"/c/{seat.name}/law#{element}", 303)


@router.post("/c/{case}/law/note")
def note(
    seat: Lawyering,
    element: Annotated[str, Form(max_length=100)],
    text: Annotated[str, Form(max_length=5000)],
) -> Response:
    """Say what is missing on an element, and what could fill it."""
    note_gap(seat.case, element, text)
    return RedirectResponse(f"/c/{seat.name}/law#{element}", 303)
