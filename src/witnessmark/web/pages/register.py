"""Persons in custody and others at risk, by pseudonym: what is sealed is not opened in a browser."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from witnessmark.desk.register import person_row, persons
from witnessmark.web.doors import InCase
from witnessmark.web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/c/{case}/register")
def register_page(request: Request, seat: InCase) -> Response:
    """The register: pseudonyms, roles, what became of each and how that is known, and which fields are sealed."""
    case = seat.case
    rows = [person_row(person) for person in persons(case).values()]
    return page(request, "register.html", seat, case=case, rows=rows)
