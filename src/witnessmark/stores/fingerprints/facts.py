"""What a fingerprint store knows of its recordings: names, when they were seen, marks, takedowns, imports.

Every function is part of the transaction of the session it is given.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from witnessmark.errors import NotFoundError
from witnessmark.lines.copies.library import Recording, Seen, Template
from witnessmark.stores.fingerprints.contract import ImportLine, Takedown
from witnessmark.stores.fingerprints.tables import (
    ImportRow,
    RecordingRow,
    SeenRow,
    StateRow,
    TakedownRow,
    TemplateRow,
)

_FEW = 500
_WORD = "word"
_CHANGED = "witnessmark changed"
_COLUMNS = (
    RecordingRow.id,
    RecordingRow.name,
    RecordingRow.origin,
    RecordingRow.duration_s,
    RecordingRow.tiers,
    RecordingRow.sha256,
)


def changed(session: Session, *what: str | float | None) -> None:
    """Note a change of recordings, of when they were seen or of templates; `settle_state` makes a new word of it."""
    session.info.setdefault(_CHANGED, []).append(what)


def state(session: Session) -> str:
    """A word that changes with every change noted, and with nothing else."""
    row = session.get(StateRow, _WORD)
    return session.get_one(StateRow, "changes").text if row is None else row.text


def settle_state(session: Session) -> None:
    """Make the new word of the changes noted: the SHA-256 of the word before and of them, so that it follows from them.

    The caller holds the row "changes", so that changes made at once come one after the other.
    """
    noted = session.info.pop(_CHANGED, [])
    if noted:
        word = hashlib.sha256(json.dumps([state(session), noted]).encode()).hexdigest()
        session.merge(StateRow(name=_WORD, text=word))


def find(
    session: Session, *, sha256: str | None = None, name: str | None = None, origin: str | None = None
) -> dict[int, Recording]:
    """Recordings by exact SHA-256, name or origin, by id; all of them when nothing is given."""
    query = select(*_COLUMNS).order_by(RecordingRow.id)  # bare columns: there may be hundreds of thousands of rows
    for column, value in ((RecordingRow.sha256, sha256), (RecordingRow.name, name), (RecordingRow.origin, origin)):
        if value is not None:
            query = query.where(column == value)
    rows = session.execute(query).all()
    only = [row.id for row in rows] if len(rows) <= _FEW else None
    seen, templates = _seen(session, only), _templates(session, only)
    return {
        row.id: Recording(
            id=row.id,
            name=row.name,
            origin=row.origin,
            duration_s=row.duration_s,
            tiers=row.tiers,
            sha256=row.sha256,
            seen=tuple(seen.get(row.id, ())),
            templates=tuple(templates.get(row.id, ())),
        )
        for row in rows
    }


def recording_row(session: Session, recording: int) -> RecordingRow:
    """The row of a recording.

    Raises
    ------
    NotFoundError
        When it is not kept.
    """
    row = session.get(RecordingRow, recording)
    if row is None:
        raise unknown(recording)
    return row


def unknown(recording: int) -> NotFoundError:
    """The error for a recording that is not kept."""
    return NotFoundError(
        f"There is no recording {recording} in this store.",
        "Ask for one that it lists; it may have been taken down.",
        recording=recording,
    )


def one(session: Session, recording: int) -> Recording:
    """A recording with all that is known of it."""
    row = recording_row(session, recording)
    return Recording(
        id=row.id,
        name=row.name,
        origin=row.origin,
        duration_s=row.duration_s,
        tiers=row.tiers,
        sha256=row.sha256,
        seen=tuple(_seen(session, [recording]).get(recording, ())),
        templates=tuple(_templates(session, [recording]).get(recording, ())),
    )


def add_seen(session: Session, recording: int, seen: Iterable[Seen]) -> None:
    """Add times that are not yet known; one that was noted without its account is told it."""
    rows = {_one_seen(row): row for row in session.scalars(select(SeenRow).where(SeenRow.recording == recording))}
    for each in seen:
        if each in rows or (each == each.unnamed and any(each == known.unnamed for known in rows)):
            continue
        changed(session, "seen", recording, *_words(each))
        row = rows.pop(each.unnamed, None)
        if row is None:
            row = SeenRow(
                recording=recording,
                at_unix_s=each.at_unix_s,
                utc_offset_s=each.utc_offset_s,
                how_known=each.how_known,
                place=each.where,
            )
            session.add(row)
        row.account, row.url = each.account, each.url
        rows[each] = row
    session.flush()


def remove_seen(session: Session, recording: int, seen: Iterable[Seen]) -> None:
    """Take back times, also where they were noted without their account; what is not known is passed over."""
    gone = set(seen)
    gone |= {each.unnamed for each in gone}
    for row in session.scalars(select(SeenRow).where(SeenRow.recording == recording)):
        if (each := _one_seen(row)) in gone:
            changed(session, "not seen", recording, *_words(each))
            session.delete(row)
    session.flush()


def _words(seen: Seen) -> tuple[str | float | None, ...]:
    return seen.at_unix_s, seen.utc_offset_s, seen.how_known, seen.where, seen.account, seen.url


def mark(session: Session, recording: int, template: Template) -> None:
    """Mark a template, once."""
    if template in _templates(session, [recording]).get(recording, ()):
        return
    box = None if template.box is None else json.dumps(template.box)
    session.add(
        TemplateRow(recording=recording, kind=template.kind, start_s=template.start_s, end_s=template.end_s, box=box)
    )
    changed(session, "marked", recording, template.kind, template.start_s, template.end_s, box)
    session.flush()


def unmark(session: Session, recording: int, template: Template) -> None:
    """Take a mark back.

    Raises
    ------
    NotFoundError
        When there is none such.
    """
    for row in session.scalars(select(TemplateRow).where(TemplateRow.recording == recording)):
        if _template(row) == template:
            changed(session, "unmarked", recording, row.kind, row.start_s, row.end_s, row.box)
            session.delete(row)
            session.flush()
            return
    raise NotFoundError(
        f"Recording {recording} has no such {template.kind} marked.", "Ask for the marks it has.", recording=recording
    )


def take_down(session: Session, recording: int, reason: str, operator: str, *, lost: bool = False) -> Takedown:
    """Move a recording's row to the takedowns; what was `lost` may come back."""
    row = recording_row(session, recording)
    taken = TakedownRow(
        recording=recording,
        name=row.name,
        origin=row.origin,
        sha256=row.sha256,
        at_unix_s=dt.datetime.now(dt.UTC).timestamp(),
        reason=reason,
        operator=operator,
        bytes_gone_unix_s=None,
        lost=lost,
    )
    session.execute(delete(SeenRow).where(SeenRow.recording == recording))
    session.execute(delete(TemplateRow).where(TemplateRow.recording == recording))
    session.delete(row)
    session.add(taken)
    changed(session, "taken down", recording)
    session.flush()
    return _takedown(taken)


def takedowns(session: Session) -> list[Takedown]:
    """All takedowns, oldest first."""
    return [_takedown(row) for row in session.scalars(select(TakedownRow).order_by(TakedownRow.id))]


def bytes_gone(session: Session, there: Collection[int] = ()) -> int:
    """Note the takedowns of which no byte is left, all but those of recordings still `there`; how many are new."""
    gone = 0
    for row in session.scalars(select(TakedownRow).where(TakedownRow.bytes_gone_unix_s.is_(None))):
        if row.recording not in there:
            row.bytes_gone_unix_s = dt.datetime.now(dt.UTC).timestamp()
            gone += 1
    session.flush()
    return gone


def import_lines(session: Session) -> list[ImportLine]:
    """The log of bulk imports, oldest first."""
    return [
        ImportLine(
            path=row.path,
            size_bytes=row.size_bytes,
            modified_ns=row.modified_ns,
            sha256=row.sha256,
            at_unix_s=row.at_unix_s,
            recording=row.recording,
            reason=row.reason,
        )
        for row in session.scalars(select(ImportRow).order_by(ImportRow.id))
    ]


def _seen(session: Session, only: list[int] | None) -> dict[int, list[Seen]]:
    query = select(SeenRow).order_by(SeenRow.at_unix_s, SeenRow.id)
    if only is not None:
        query = query.where(SeenRow.recording.in_(only))
    found: dict[int, list[Seen]] = {}
    for row in session.scalars(query):
        found.setdefault(row.recording, []).append(_one_seen(row))
    return found


def _one_seen(row: SeenRow) -> Seen:
    return Seen(
        at_unix_s=row.at_unix_s,
        utc_offset_s=row.utc_offset_s,
        how_known=row.how_known,
        where=row.place,
        account=row.account,
        url=row.url,
    )


def _templates(session: Session, only: list[int] | None) -> dict[int, list[Template]]:
    query = select(TemplateRow).order_by(TemplateRow.id)
    if only is not None:
        query = query.where(TemplateRow.recording.in_(only))
    found: dict[int, list[Template]] = {}
    for row in session.scalars(query):
        found.setdefault(row.recording, []).append(_template(row))
    return found


def _template(row: TemplateRow) -> Template:
    box = None
    if row.box is not None:
        left, top, right, bottom = json.loads(row.box)
        box = (float(left), float(top), float(right), float(bottom))
    return Template(kind=row.kind, start_s=row.start_s, end_s=row.end_s, box=box)


def _takedown(row: TakedownRow) -> Takedown:
    return Takedown(
        recording=row.recording,
        name=row.name,
        origin=row.origin,
        sha256=row.sha256,
        at_unix_s=row.at_unix_s,
        reason=row.reason,
        operator=row.operator,
        bytes_gone_unix_s=row.bytes_gone_unix_s,
        lost=row.lost,
    )
