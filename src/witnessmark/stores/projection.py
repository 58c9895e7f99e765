"""From a custody event to rows: the one place where an action's payload meets the tables.

The payload of each action (values as `witnessmark.plain` writes them):

=====================  =========================================================================================
case.opened            setting: {name: value}
case.set               setting: {name: value}; later values replace earlier ones in the projection
item.taken-in          item, capture (with its appearance or null), stored (the preserved bytes and their fixity table)
item.captured-again    item (its sha256), capture
item.examined          item (its sha256), media (facts, or where decoding broke)
item.derived           item (with derivation, name, caption), stored
appearance.recorded    item, appearance
appearance.withdrawn   item, number (of the event that recorded it), reason
claims.recorded        sources, claims, and stored (the file they were read from) or decisions (on the proposals they
                       were accepted from) and corrections
proposals.kept         document, proposals, unread, stored (the document and its text); read from the events themselves
proposals.decided      decisions (proposal, state, claim, reason), claims_withdrawn
mark.drawn             mark
mark.withdrawn         id
finding.made           result, supersedes, stored (its likelihood)
line.abstained         result, supersedes
result.restored        result, supersedes: an earlier result that stands again
assessment.made        assessment, stored
review.signed          review
element.attached       bearing
=====================  =========================================================================================

Other actions (relations between claims and findings attached to them, time-stamps, fixity checks, dossiers, looks at
clear footage) leave no row but their event.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from witnessmark.custody.records import CustodyEvent
from witnessmark.plain import canonical, parse_moment
from witnessmark.stores.tables import (
    AppearanceRow,
    AssessmentRow,
    BearingRow,
    CaptureRow,
    ClaimRow,
    EventRow,
    ItemRow,
    MarkRow,
    ResultRow,
    ReviewRow,
    SettingRow,
    SourceRow,
)

Payload = Mapping[str, Any]


def project(session: Session, event: CustodyEvent, raw: bytes) -> None:
    """Write an event and what follows from it; the caller commits.

    Parameters
    ----------
    session : Session
    event : CustodyEvent
    raw : bytes
        The event file's bytes.
    """
    session.add(
        EventRow(
            number=event.number,
            sha256=hashlib.sha256(raw).hexdigest(),
            premis=str(event.premis),
            action=event.action,
            at=event.at.isoformat(),
            agent=event.agent,
            bytes_=raw,
        )
    )
    session.flush()
    write = _WRITERS.get(event.action)
    if write is not None:
        write(session, event.payload, event.number)
    session.flush()


def body(value: object) -> str:
    """Canonical JSON text for a body column."""
    return canonical(value).decode()


def _settings(session: Session, payload: Payload, number: int) -> None:
    for name, value in payload["setting"].items():
        session.merge(SettingRow(name=name, body=body(value), event=number))


def _item(session: Session, payload: Payload, number: int) -> None:
    item = payload["item"]
    session.add(
        ItemRow(
            sha256=item["sha256"],
            exhibit_number=item["exhibit_number"],
            sha512=item["sha512"],
            size_bytes=item["size_bytes"],
            media_type=item["media_type"],
            copy=item["copy"],
            parent=(item.get("derivation") or {}).get("parent"),
            body=body(item),
            event=number,
        )
    )
    session.flush()
    if "capture" in payload:
        _capture(session, {**payload, "item": item["sha256"]}, number)


def _examined(session: Session, payload: Payload, number: int) -> None:
    row = session.get_one(ItemRow, payload["item"])
    row.body = body({**loads(row.body), "media": payload["media"]})


def _capture(session: Session, payload: Payload, number: int) -> None:
    session.add(CaptureRow(event=number, item=payload["item"], body=body(payload["capture"])))
    if payload["capture"].get("appearance"):
        _appearance(session, {"item": payload["item"], "appearance": payload["capture"]["appearance"]}, number)


def _appearance(session: Session, payload: Payload, number: int) -> None:
    appearance = payload["appearance"]
    posted = parse_moment(appearance["posted"]["at"]).timestamp()
    session.add(AppearanceRow(event=number, item=payload["item"], posted_unix_s=posted, body=body(appearance)))


def _withdraw_appearance(session: Session, payload: Payload, number: int) -> None:
    session.execute(
        delete(AppearanceRow).where(AppearanceRow.event == payload["number"], AppearanceRow.item == payload["item"])
    )


def _claims(session: Session, payload: Payload, number: int) -> None:
    for source in payload["sources"]:
        session.merge(SourceRow(id=source["id"], body=body(source), event=number))
    session.flush()
    for claim in payload["claims"]:
        session.merge(ClaimRow(id=claim["id"], source=claim["source"], body=body(claim), event=number))


def _withdraw_claims(session: Session, payload: Payload, number: int) -> None:
    session.execute(delete(ClaimRow).where(ClaimRow.id.in_(payload["claims_withdrawn"])))


def _mark(session: Session, payload: Payload, number: int) -> None:
    mark = payload["mark"]
    session.merge(MarkRow(id=mark["id"], item=mark["item"], body=body(mark), withdrawn=False, event=number))


def _withdraw(session: Session, payload: Payload, number: int) -> None:
    session.execute(update(MarkRow).where(MarkRow.id == payload["id"]).values(withdrawn=True))


def _result(session: Session, payload: Payload, number: int) -> None:
    result = payload["result"]
    for earlier in payload["supersedes"]:
        session.execute(update(ResultRow).where(ResultRow.id == earlier).values(superseded_by=result["id"]))
    session.merge(
        ResultRow(
            id=result["id"],
            kind=result["kind"],
            line=result["line"],
            item=result["item"],
            space=result["space"],
            digest=result["digest"],
            superseded_by=None,
            body=body(result),
            event=number,
        )
    )


def _assessment(session: Session, payload: Payload, number: int) -> None:
    assessment = payload["assessment"]
    session.merge(AssessmentRow(id=assessment["id"], digest=assessment["digest"], body=body(assessment), event=number))


def _review(session: Session, payload: Payload, number: int) -> None:
    review = payload["review"]
    session.add(ReviewRow(event=number, subject=review["subject_id"], body=body(review)))


def _bearing(session: Session, payload: Payload, number: int) -> None:
    bearing = payload["bearing"]
    session.add(
        BearingRow(event=number, element=bearing["element_id"], result=bearing["finding_id"], body=body(bearing))
    )


_WRITERS: dict[str, Callable[[Session, Payload, int], None]] = {
    "case.opened": _settings,
    "case.set": _settings,
    "item.taken-in": _item,
    "item.derived": _item,
    "item.examined": _examined,
    "item.captured-again": _capture,
    "appearance.recorded": _appearance,
    "appearance.withdrawn": _withdraw_appearance,
    "claims.recorded": _claims,
    "proposals.decided": _withdraw_claims,
    "mark.drawn": _mark,
    "mark.withdrawn": _withdraw,
    "finding.made": _result,
    "line.abstained": _result,
    "result.restored": _result,
    "assessment.made": _assessment,
    "review.signed": _review,
    "element.attached": _bearing,
}


def loads(text: str) -> Any:
    """A body column's value."""
    return json.loads(text)
