"""Claims: an article dropped in, its proposals accepted or put aside, and the table of claims against findings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from witnessmark.claims.accepting import Grading
from witnessmark.claims.matrix_plain import plain_matrix
from witnessmark.claims.records import CREDIBILITY_WORDS, Reliability, SourceKind
from witnessmark.desk.claims import attach, case_matrix, relate
from witnessmark.desk.proposals import accept, list_documents, list_proposals, open_ids, reject
from witnessmark.desk.statements import case_sources
from witnessmark.errors import BadInputError
from witnessmark.plain import Plain
from witnessmark.web.doors import InCase, Worker
from witnessmark.web.pages.intake import pieces_of, uploads_of
from witnessmark.web.rendering import page
from witnessmark.web.work import Work

router = APIRouter(include_in_schema=False)
LARGEST_ARTICLE_BYTES = 25 * 2**20


@router.get("/c/{case}/claims")
def claims_page(request: Request, seat: InCase) -> Response:
    """The matrix, the documents that were read, and the form for another."""
    case = seat.case
    work: Work = request.app.state.work
    return page(
        request,
        "claims.html",
        seat,
        case=case,
        matrix=plain_matrix(case_matrix(case), case_sources(case)),
        documents=list_documents(case),
        findings=[
            {"id": body["id"], "line": body["line"], "exhibit": body["exhibit"]}
            for body in case.records.results("finding")
        ],
        work=[piece for piece in work.of(str(seat.name)) if piece["title"].startswith("reading ")],
    )


@router.get("/c/{case}/claims/proposals")
def proposals_page(
    request: Request,
    seat: InCase,
    document: Annotated[str, Query(max_length=128)] = "",
    state: Annotated[str, Query(max_length=10)] = "open",
) -> Response:
    """What reading proposes, passage by passage, for a person to accept, correct or put aside."""
    case = seat.case
    rows = list_proposals(case, document or None, state or None)
    return page(
        request,
        "proposals.html",
        seat,
        case=case,
        rows=rows,
        document=document,
        state=state,
        documents=list_documents(case),
        items=case.records.items(copy="evidentiary"),
        kinds=list(SourceKind),
        reliabilities=list(Reliability),
        credibilities=CREDIBILITY_WORDS,
    )


@router.post("/c/{case}/claims/uploads/article")
async def read_article(
    request: Request,
    seat: Worker,
    file: Annotated[UploadFile, File()],
    said_on: Annotated[str, Form(max_length=10)] = "",
    zone: Annotated[str, Form(max_length=6)] = "",
) -> Response:
    """Read an article as a piece of work; nothing counts before a person accepts it."""
    if not 0 < (file.size or 0) <= LARGEST_ARTICLE_BYTES:
        raise BadInputError(
            f"An article has at most {LARGEST_ARTICLE_BYTES // 2**20} MB.", "Save the page's text, or print it as PDF."
        )
    uploads = uploads_of(seat)
    coming = uploads.begin(seat.account.id, str(seat.name), file.filename or "", file.size or 0, "article", "")
    try:
        await uploads.write(coming, 0, pieces_of(file))
        path = uploads.finish(coming)
    except BaseException:
        uploads.drop(coming)
        raise
    work: Work = request.app.state.work
    work.ask(str(seat.name), f"reading {coming.name}", seat.account.name, ["read", str(path), said_on, zone])
    return RedirectResponse(f"/c/{seat.name}/claims#work", 303)


@router.post("/c/{case}/claims/accept")
def accept_some(
    seat: Worker,
    proposal: Annotated[list[str] | None, Form()] = None,
    document: Annotated[str, Form(max_length=128)] = "",
    everything: Annotated[bool, Form()] = False,
    item: Annotated[list[str] | None, Form()] = None,
    statement: Annotated[str, Form(max_length=5000)] = "",
    said: Annotated[str, Form(max_length=40)] = "",
    time: Annotated[str, Form(max_length=200)] = "",
    place: Annotated[str, Form(max_length=200)] = "",
    kind: Annotated[str, Form(max_length=20)] = "",
    reliability: Annotated[str, Form(max_length=1)] = "",
    reliability_reason: Annotated[str, Form(max_length=1000)] = "",
    credibility: Annotated[str, Form(max_length=1)] = "",
    credibility_reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Make claims of proposals: one with corrections, some, or all that leave nothing open."""
    case = seat.case
    names = open_ids(case, document or None) if everything else (proposal or [])
    if not names:
        raise BadInputError("Nothing was chosen.", "Tick at least one proposal.")
    changes: dict[str, Plain] = {
        name: value.strip()
        for name, value in (("statement", statement), ("said", said), ("time", time), ("place", place))
        if value.strip()
    }
    grading = Grading(
        kind=SourceKind(kind) if kind in set(SourceKind) else None,
        reliability=Reliability(reliability) if reliability in set(Reliability) else None,
        reliability_reason=reliability_reason or None,
        credibility=int(credibility) if credibility.isdigit() else None,
        credibility_reason=credibility_reason or None,
    )
    made = accept(case, names, changes=changes, grading=grading, items=item or [], hold=len(names) > 1)
    to = "proposals?state=open" if made.held else "#matrix"
    return RedirectResponse(f"/c/{seat.name}/claims{'/' if made.held else ''}{to}", 303)


@router.post("/c/{case}/claims/reject")
def reject_some(
    seat: Worker,
    reason: Annotated[str, Form(max_length=1000)],
    proposal: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Put proposals aside, with the reason."""
    if not proposal:
        raise BadInputError("Nothing was chosen.", "Tick at least one proposal.")
    reject(seat.case, proposal, reason)
    return RedirectResponse(f"/c/{seat.name}/claims/proposals?state=open", 303)


@router.post("/c/{case}/claims/{claim}/relate")
def relate_claim(
    seat: Worker,
    claim: str,
    kind: Annotated[str, Form(max_length=20)],
    other: Annotated[str, Form(max_length=2000)],
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Say that a claim repeats or contradicts another, or goes back to something."""
    relate(seat.case, claim, kind, other.strip(), reason=reason)
    return RedirectResponse(f"/c/{seat.name}/claims#claim-{claim}", 303)


@router.post("/c/{case}/claims/{claim}/attach")
def attach_finding(
    seat: Worker,
    claim: str,
    finding: Annotated[str, Form(max_length=40)],
    direction: Annotated[str, Form(pattern="^(for|against)$")],
    strength: Annotated[str, Form(max_length=10)],
    reason: Annotated[str, Form(max_length=2000)],
) -> Response:
    """Set a finding beside a claim, in words; it is never multiplied into what was weighed."""
    attach(seat.case, finding, claim, bears_for=direction == "for", strength=strength, reason=reason)
    return RedirectResponse(f"/c/{seat.name}/claims#claim-{claim}", 303)
