"""Review: a second person's opinion, blind where it is asked so, signed with their own key."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from witnessmark.desk.case import Case
from witnessmark.desk.reviewing import agreements, due_reviews, review_rows, review_subject
from witnessmark.desk.second_opinions import compared, conclude, open_packet, plain_rows
from witnessmark.errors import BadInputError
from witnessmark.plain import to_plain
from witnessmark.review import ReviewerKey, Verdict, load_reviewer_key, new_reviewer_key
from witnessmark.review.people import same_name
from witnessmark.web.blindness import blind_on
from witnessmark.web.doors import InCase, Reviewing, Seat, Worker
from witnessmark.web.rendering import page

router = APIRouter(include_in_schema=False)
LARGEST_KEY_BYTES = 1 << 16


@router.get("/c/{case}/review")
def review_page(request: Request, seat: InCase) -> Response:
    """What was reviewed, what may be, and what is due again; without conclusions for somebody who must not see them."""
    return _review(request, seat)


def _review(request: Request, seat: Seat, **more: Any) -> Response:
    case = seat.case
    blind = blind_on(case, seat.account.name)
    agreed, met = ({}, None) if blind else agreements([case])
    return page(
        request,
        "review.html",
        seat,
        case=case,
        blind=sorted(blind),
        rows=[] if blind else review_rows(case),
        due=[] if blind else due_reviews(case),
        subjects=_subjects(case),
        agreed={name: to_plain(each) for name, each in agreed.items()},
        met=None if met is None else to_plain(met),
        verdicts=list(Verdict),
        compared_rows=more.get("compared_rows"),
        compared_of=more.get("compared_of"),
    )


def _subjects(case: Case) -> list[dict[str, str]]:
    """What may be reviewed, without what it concludes."""
    found = [
        {"id": body["id"], "what": f"assessment of {', '.join(body['subjects'])}"}
        for body in reversed(case.records.assessments())
    ]
    found += [{"id": body["id"], "what": f"{body['line']} on {body['exhibit']}"} for body in case.records.results()]
    return found


@router.post("/c/{case}/review/open")
def open_one(
    seat: Worker,
    subject: Annotated[str, Form(max_length=40)],
    reviewer: Annotated[str, Form(max_length=200)],
    blind: Annotated[bool, Form()] = False,
    footage: Annotated[bool, Form()] = False,
) -> Response:
    """A packet for a reviewer, as a ZIP file; blind, it holds neither the conclusion nor who came to it."""
    case = seat.case
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "packet"
        made = open_packet(case, subject, reviewer, out, blind=blind, footage=footage)
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in made.files:
                packed.write(out / name, name)
    named = {"Content-Disposition": f'attachment; filename="packet-{made.subject}.zip"'}
    return Response(data.getvalue(), media_type="application/zip", headers=named)


@router.post("/c/{case}/review/key")
def make_key(
    seat: Reviewing,
    affiliation: Annotated[str, Form(max_length=200)],
    passphrase: Annotated[str, Form(max_length=1000)],
) -> Response:
    """A key in the reviewer's own name, to be kept by them; the desk keeps none."""
    if len(passphrase) < 12:
        raise BadInputError("A passphrase has at least 12 signs.", "Take several words nobody would guess.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reviewer.key"
        new_reviewer_key(path, seat.account.name, affiliation, passphrase)
        data = path.read_bytes()
    named = {"Content-Disposition": 'attachment; filename="reviewer.key"'}
    return Response(data, media_type="application/octet-stream", headers=named)


async def _key(seat: Seat, file: UploadFile, passphrase: str) -> ReviewerKey:
    """The reviewer's key, for this one act: it is written nowhere but to a folder that is gone at once."""
    data = await file.read(LARGEST_KEY_BYTES)

    def loaded() -> ReviewerKey:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "reviewer.key"
            path.touch(mode=0o600)
            path.write_bytes(data)
            return load_reviewer_key(path, passphrase or None)

    key = await run_in_threadpool(loaded)
    if not same_name(key.reviewer.name, seat.account.name):
        raise BadInputError(
            f"The key is {key.reviewer.name}'s, and {seat.account.name} is signed in.", "Sign with your own key."
        )
    return key


@router.post("/c/{case}/review/conclude")
async def conclude_one(
    seat: Reviewing,
    subject: Annotated[str, Form(max_length=40)],
    form: Annotated[UploadFile, File()],
    key: Annotated[UploadFile, File()],
    passphrase: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Put the reviewer's own conclusion on record, signed, before the author's is shown to them."""
    own = await _key(seat, key, passphrase)
    data = await form.read(1 << 20)
    await run_in_threadpool(lambda: conclude(seat.case, data, own, subject))
    return RedirectResponse(f"/c/{seat.name}/review", 303)


@router.post("/c/{case}/review/compare")
async def compare_one(
    request: Request,
    seat: Reviewing,
    subject: Annotated[str, Form(max_length=40)],
    key: Annotated[UploadFile, File()],
    passphrase: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """The author's conclusion beside the reviewer's own; refused until the reviewer's is on record."""
    own = await _key(seat, key, passphrase)
    rows = await run_in_threadpool(lambda: plain_rows(compared(seat.case, subject, own)))
    return await run_in_threadpool(lambda: _review(request, seat, compared_rows=rows, compared_of=subject))


@router.post("/c/{case}/review/sign")
async def sign_one(
    seat: Reviewing,
    subject: Annotated[str, Form(max_length=40)],
    verdict: Annotated[str, Form(max_length=20)],
    conflict: Annotated[str, Form(max_length=2000)],
    key: Annotated[UploadFile, File()],
    reasons: Annotated[str, Form(max_length=10_000)] = "",
    passphrase: Annotated[str, Form(max_length=1000)] = "",
    blind: Annotated[bool, Form()] = False,
    again: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Sign off, dissent or abstain; nobody reviews their own work, and the desk holds to it."""
    if verdict not in set(Verdict):
        raise BadInputError("A review has one verdict.", f"Choose one of: {', '.join(Verdict)}.")
    own = await _key(seat, key, passphrase)
    await run_in_threadpool(
        lambda: review_subject(
            seat.case,
            subject,
            key=own,
            verdict=Verdict(verdict),
            reasons=reasons,
            conflict_of_interest=conflict,
            blind=blind,
            again=again or None,
        )
    )
    return RedirectResponse(f"/c/{seat.name}/review", 303)
