"""The same operations for programs: REST with OpenAPI at ``/api/openapi.json``; keys are made under Account."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from witnessmark.claims.matrix_plain import plain_matrix
from witnessmark.desk.case import Case
from witnessmark.desk.claims import attach as attach_to_claim
from witnessmark.desk.claims import case_matrix, relate
from witnessmark.desk.inquiry import find_lines
from witnessmark.desk.items import get_item, item_body
from witnessmark.desk.lawful import attach as attach_to_element
from witnessmark.desk.lawful import gap_table, note_gap
from witnessmark.desk.marking import withdraw_mark
from witnessmark.desk.proposals import accept, list_documents, list_proposals, reject
from witnessmark.desk.register import person_row, persons
from witnessmark.desk.reviewing import due_reviews, review_rows
from witnessmark.desk.statements import case_sources
from witnessmark.plain import Plain, to_plain
from witnessmark.web.doors import InCase, Lawyering, SignedIn, Worker
from witnessmark.web.pages.item import save_mark
from witnessmark.web.pages.searching import search
from witnessmark.web.work import Work

router = APIRouter(prefix="/api", tags=["desk"])
Name = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(max_length=10_000)]


class Sent(BaseModel):
    """What a program sends: nothing that is not asked for."""

    model_config = ConfigDict(extra="forbid")


class MarkSent(Sent):
    """A mark: its kind and fields as the line that reads it documents them."""

    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
    body: dict[str, Any]
    at_pts_s: Annotated[float | None, Field(ge=0.0, le=1e9, allow_inf_nan=False)] = None
    replaces: Annotated[str, Field(max_length=64)] = ""


class ReasonSent(Sent):
    """Why something is taken back."""

    reason: Words


class LinesSent(Sent):
    """Lines to run, and the items to run them on; all of either when none is named."""

    lines: Annotated[list[Name], Field(max_length=50)] = []
    items: Annotated[list[Name], Field(max_length=500)] = []


class AcceptSent(Sent):
    """Proposals to make claims of, with corrections by field."""

    proposals: Annotated[list[Name], Field(min_length=1, max_length=2000)]
    changes: dict[str, str] = {}
    items: Annotated[list[Name], Field(max_length=500)] = []


class RejectSent(Sent):
    """Proposals to put aside."""

    proposals: Annotated[list[Name], Field(min_length=1, max_length=2000)]
    reason: Words


class RelationSent(Sent):
    """That a claim repeats, contradicts or goes back to something."""

    kind: Annotated[str, Field(max_length=20)]
    other: Annotated[str, Field(max_length=2000)]
    reason: Words = ""


class BesideSent(Sent):
    """A finding set beside a claim, in words."""

    finding: Name
    bears_for: bool
    strength: Annotated[str, Field(max_length=20)]
    reason: Words


class BearingSent(Sent):
    """A finding that bears on a legal element."""

    element: Name
    finding: Name
    direction: Annotated[str, Field(max_length=20)]
    note: Words
    strength: Annotated[str | None, Field(max_length=20)] = None


class GapSent(Sent):
    """What is missing on a legal element."""

    element: Name
    note: Words


def _work(request: Request) -> Work:
    work = request.app.state.work
    assert isinstance(work, Work)
    return work


def _item(case: Case, name: str) -> str:
    return get_item(case, name).exhibit_number


@router.get("/cases")
def cases(seat: SignedIn) -> list[dict[str, Any]]:
    """The cases you are in."""
    here = seat.workplace.folders()
    found = []
    for name, role in sorted(seat.workplace.accounts.roles(seat.account.id).items()):
        if name in here:
            case = seat.workplace.case(name, seat.account.name)
            title = str(case.settings["title"])
            found.append({"name": name, "reference": case.reference, "title": title, "role": role.value})
    return found


@router.get("/c/{case}")
def one_case(seat: InCase) -> dict[str, Any]:
    """A case's settings and how much it holds."""
    case = seat.case
    head = case.records.head()
    kept = {name: case.settings.get(name) for name in ("reference", "title", "mandate", "space", "created_at")}
    counts = {"items": case.records.count_items("evidentiary"), "claims": len(case.records.claims())}
    return {**kept, **counts, "log": None if head is None else {"event": head[0], "sha256": head[1]}}


@router.get("/c/{case}/items")
def items(seat: InCase) -> list[dict[str, Any]]:
    """The items of a case."""
    return [_told(body) for body in seat.case.records.items(copy="evidentiary")]


@router.get("/c/{case}/items/{item}")
def one_item(seat: InCase, item: str) -> dict[str, Any]:
    """An item with its captures, postings, marks and results."""
    case = seat.case
    found = get_item(case, item)
    digest = found.sha256.hex()
    return {
        **_told(item_body(case, found)),
        "captures": case.records.captures(digest),
        "appearances": case.records.appearances(digest),
        "marks": case.records.marks(digest),
        "results": [result for result in case.records.results() if result["item"] == digest],
    }


def _told(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "key"}


@router.post("/c/{case}/items/{item}/marks", status_code=201)
def add_mark(seat: Worker, item: str, sent: MarkSent) -> dict[str, str]:
    """Put a mark on record, in place of an earlier one if it is named."""
    case = seat.case
    return {"id": save_mark(case, get_item(case, item), sent.kind, sent.body, sent.at_pts_s, sent.replaces)}


@router.post("/c/{case}/items/{item}/marks/{mark}/withdraw")
def take_back(seat: Worker, item: str, mark: str, sent: ReasonSent) -> dict[str, str]:
    """Take a mark back."""
    case = seat.case
    withdraw_mark(case, get_item(case, item), mark, sent.reason)
    return {"withdrawn": mark}


@router.get("/c/{case}/lines")
def lines(seat: InCase) -> list[dict[str, str]]:
    """The lines of inquiry."""
    return [{"name": line.name, "version": line.version, "question": line.question} for line in find_lines()]


@router.post("/c/{case}/lines/run", status_code=202)
def run(request: Request, seat: Worker, sent: LinesSent) -> dict[str, Any]:
    """Run lines, as a piece of work to be followed under ``work``."""
    names = [line.name for line in find_lines(sent.lines)] if sent.lines else []
    subjects = [_item(seat.case, name) for name in sent.items]
    title = f"{', '.join(names) or 'every line'} on {', '.join(subjects) or 'all evidence'}"
    return _work(request).ask(str(seat.name), title, seat.account.name, ["lines", *names, "--", *subjects]).told()


@router.post("/c/{case}/assess", status_code=202)
def assess(request: Request, seat: Worker, sent: LinesSent) -> dict[str, Any]:
    """Fuse the findings on the items named, as a piece of work."""
    subjects = [_item(seat.case, name) for name in sent.items]
    title = f"assessment of {', '.join(subjects) or 'the only item'}"
    return _work(request).ask(str(seat.name), title, seat.account.name, ["assess", *subjects]).told()


@router.get("/c/{case}/work")
def work(request: Request, seat: InCase) -> list[dict[str, Any]]:
    """The work of the case, newest first."""
    return _work(request).of(str(seat.name))


@router.get("/c/{case}/work/{piece}")
def one_work(request: Request, seat: InCase, piece: str) -> dict[str, Any]:
    """A piece of work."""
    return _work(request).get(str(seat.name), piece)


@router.get("/c/{case}/results")
def results(seat: InCase, superseded: bool = False) -> list[dict[str, Any]]:
    """Findings and abstentions, oldest first."""
    return seat.case.records.results(superseded=superseded)


@router.get("/c/{case}/assessments")
def assessments(seat: InCase) -> list[dict[str, Any]]:
    """Assessments, oldest first."""
    return seat.case.records.assessments()


@router.get("/c/{case}/claims")
def claims(seat: InCase) -> dict[str, Any]:
    """Sources and claims."""
    case = seat.case
    return {"sources": case.records.sources(), "claims": case.records.claims()}


@router.get("/c/{case}/matrix")
def matrix(seat: InCase) -> dict[str, Any]:
    """Claims against findings."""
    case = seat.case
    return plain_matrix(case_matrix(case), case_sources(case))


@router.get("/c/{case}/proposals")
def proposals(seat: InCase, state: Annotated[str, Query(pattern="^(open|accepted|rejected)?$")] = "") -> dict[str, Any]:
    """Documents that were read, and what reading them proposes."""
    case = seat.case
    return {"documents": list_documents(case), "proposals": list_proposals(case, state=state or None)}


@router.post("/c/{case}/proposals/accept")
def accept_some(seat: Worker, sent: AcceptSent) -> dict[str, Any]:
    """Make claims of proposals; what leaves something open is held back when several are named."""
    changes: dict[str, Plain] = dict(sent.changes)
    made = accept(seat.case, sent.proposals, changes=changes, items=sent.items, hold=len(sent.proposals) > 1)
    told = to_plain(made)
    assert isinstance(told, dict)
    return told


@router.post("/c/{case}/proposals/reject")
def reject_some(seat: Worker, sent: RejectSent) -> dict[str, Any]:
    """Put proposals aside, with the reason."""
    return {"claims_withdrawn": reject(seat.case, sent.proposals, sent.reason)}


@router.post("/c/{case}/claims/{claim}/relations", status_code=201)
def add_relation(seat: Worker, claim: str, sent: RelationSent) -> Any:
    """Relate a claim."""
    return to_plain(relate(seat.case, claim, sent.kind, sent.other, reason=sent.reason))


@router.post("/c/{case}/claims/{claim}/attachments", status_code=201)
def add_attachment(seat: Worker, claim: str, sent: BesideSent) -> Any:
    """Set a finding beside a claim."""
    made = attach_to_claim(
        seat.case, sent.finding, claim, bears_for=sent.bears_for, strength=sent.strength, reason=sent.reason
    )
    return to_plain(made)


@router.get("/c/{case}/reviews")
def reviews(seat: InCase) -> dict[str, Any]:
    """Reviews as they stand, and which are due again. Signing needs the reviewer's key and is done by its holder."""
    case = seat.case
    return {"reviews": review_rows(case), "due": due_reviews(case)}


@router.get("/c/{case}/law")
def law(seat: InCase, norm: Annotated[list[str] | None, Query(max_length=50)] = None) -> dict[str, Any]:
    """Legal elements with what bears on each; never a verdict."""
    return gap_table(seat.case, norm or ())


@router.post("/c/{case}/law/bearings", status_code=201)
def add_bearing(seat: Lawyering, sent: BearingSent) -> Any:
    """Say that a finding bears on an element."""
    made = attach_to_element(seat.case, sent.element, sent.finding, sent.direction, sent.note, sent.strength)
    return to_plain(made)


@router.post("/c/{case}/law/gaps", status_code=201)
def add_gap(seat: Lawyering, sent: GapSent) -> Any:
    """Say what is missing on an element."""
    return to_plain(note_gap(seat.case, sent.element, sent.note))


@router.get("/c/{case}/register")
def register(seat: InCase) -> list[dict[str, Any]]:
    """Persons by pseudonym; which of their fields are sealed, never what is in them."""
    return [person_row(person) for person in persons(seat.case).values()]


@router.get("/c/{case}/log")
def log(
    seat: InCase,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    at_most: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[dict[str, Any]]:
    """Events of the custody log, newest first."""
    return seat.case.records.log_page(before=before, at_most=at_most)


@router.get("/c/{case}/search")
def find(seat: InCase, q: Annotated[str, Query(min_length=1, max_length=200)]) -> Any:
    """What holds all the words."""
    return to_plain(search(seat.case, q))
