"""The list of cases, a new one, and who may see a case."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import new_case
from witnessmark.desk.space import set_space
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.plain import Plain
from witnessmark.stores.accounts import Role
from witnessmark.web.doors import Administrator, InCase, Owner, Seat, SignedIn, Worker
from witnessmark.web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/")
def cases_page(request: Request, seat: SignedIn) -> Response:
    """The cases this person is in."""
    return _cases(request, seat)


def _cases(request: Request, seat: Seat, status: int = 200, problem: WitnessmarkError | None = None) -> Response:
    rows = []
    here = seat.workplace.folders()
    for name, role in sorted(seat.workplace.accounts.roles(seat.account.id).items()):
        if name in here:
            case = seat.workplace.case(name, seat.account.name)
            rows.append(
                {
                    "name": name,
                    "role": role,
                    "reference": case.reference,
                    "title": case.settings["title"],
                    "items": case.records.count_items("evidentiary"),
                    "claims": len(case.records.claims()),
                }
            )
    return page(request, "cases.html", seat, status=status, rows=rows, problem=problem)


@router.post("/cases")
def open_new(
    request: Request,
    seat: Administrator,
    reference: Annotated[str, Form(max_length=300)],
    title: Annotated[str, Form(max_length=300)] = "",
    mandate: Annotated[str, Form(max_length=5000)] = "",
) -> Response:
    """Open a case; whoever opens it owns it."""
    name = re.sub(r"[^a-z0-9]+", "-", reference.casefold()).strip("-")[:60] or "case"
    folder = seat.workplace.settings.root / name
    try:
        if (seat.workplace.settings.root / "witnessmark.json").exists():
            raise BadInputError("This desk serves a single case.", "Serve the folder that holds your cases instead.")
        new_case(folder, reference, title, mandate=mandate, operator=seat.account.name).close()
    except WitnessmarkError as error:
        return _cases(request, seat, 400, error)
    seat.workplace.accounts.set_role(seat.account.id, name, Role.OWNER)
    return RedirectResponse(f"/c/{name}", 303)


@router.post("/c/{case}/space")
def set_ground(
    seat: Worker,
    region: Annotated[str, Form(max_length=200)],
    first: Annotated[str, Form(max_length=10)],
    last: Annotated[str, Form(max_length=10)],
    spacing_m: Annotated[float, Form(gt=0.0, allow_inf_nan=False)] = 1000.0,
    step_s: Annotated[float, Form(gt=0.0, allow_inf_nan=False)] = 600.0,
) -> Response:
    """Say where and when the footage may have been filmed: west,south,east,north [deg], and whole days of UTC."""
    try:
        west, south, east, north = (float(each) for each in region.replace(",", " ").split())
        begins, ends = dt.date.fromisoformat(first), dt.date.fromisoformat(last) + dt.timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise BadInputError(
            "The region or the days cannot be read.", "Give 46.0,39.8,46.5,40.1 and days such as 2031-09-13."
        ) from error
    space: dict[str, Plain] = {
        "region_deg": [west, south, east, north],
        "spacing_m": spacing_m,
        "from": f"{begins}T00:00:00Z",
        "to": f"{ends}T00:00:00Z",
        "step_s": step_s,
    }
    set_space(seat.case, space)
    return RedirectResponse(f"/c/{seat.name}", 303)


@router.get("/c/{case}/people")
def members_page(request: Request, seat: InCase) -> Response:
    """Who may see this case, with what each role may do."""
    assert seat.name is not None
    members = seat.workplace.accounts.members(seat.name)
    others = [each for each in seat.workplace.accounts.all() if each.id not in {member.id for member, _ in members}]
    return page(request, "members.html", seat, case=seat.case, members=members, others=others, roles=list(Role))


@router.post("/c/{case}/people")
def set_member(seat: Owner, account_id: Annotated[int, Form()], role: Annotated[str, Form(max_length=20)]) -> Response:
    """Give somebody a role here, or take it away; the log says so."""
    assert seat.name is not None
    if role not in {"", *Role}:
        raise BadInputError(f"There is no role '{role}'.", f"The roles are: {', '.join(Role)}.")
    member = seat.workplace.accounts.get(account_id)
    seat.workplace.accounts.set_role(account_id, seat.name, Role(role) if role else None)
    payload = {"person": member.name, "role": role or None}
    seat.case.record(PremisEvent.METADATA_MODIFICATION, "access.changed", payload)
    return RedirectResponse(f"/c/{seat.name}/people", 303)
