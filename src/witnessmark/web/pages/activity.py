"""The log of a case as people read it: newest first, a page at a time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from witnessmark.web.doors import InCase
from witnessmark.web.rendering import page

router = APIRouter(include_in_schema=False)
PER_PAGE = 100


@router.get("/c/{case}/activity")
def activity_page(
    request: Request,
    seat: InCase,
    before: Annotated[int | None, Query(ge=1)] = None,
    action: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Events of the log, newest first."""
    case = seat.case
    rows = case.records.log_page(before=before, action=action or None, at_most=PER_PAGE)
    older = rows[-1]["number"] if len(rows) == PER_PAGE else None
    return page(
        request, "activity.html", seat, case=case, rows=rows, older=older, action=action, actions=case.records.actions()
    )
