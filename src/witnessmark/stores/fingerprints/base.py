"""What the stores do alike: everything that only rows are needed for."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from witnessmark.errors import BadInputError, ClashError
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Recording, Seen, Template
from witnessmark.lines.copies.memory import highest_tier
from witnessmark.lines.copies.packing import pack
from witnessmark.stores.fingerprints import facts
from witnessmark.stores.fingerprints.contract import Entry, ImportLine, Stats, Takedown, View
from witnessmark.stores.fingerprints.mending import LOST
from witnessmark.stores.fingerprints.rows import Rows
from witnessmark.stores.fingerprints.tables import ImportRow, RecordingRow, TakedownRow

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ORIGIN_CHARACTERS = 200


class RowStore(ABC):
    """The part of a `FingerprintStore` that rows alone can answer.

    Parameters
    ----------
    rows : Rows
    algorithm : str
    """

    def __init__(self, rows: Rows, algorithm: str) -> None:
        self._rows = rows
        self._algorithm = algorithm

    @property
    def algorithm(self) -> str:
        """`ALGORITHM` of its fingerprints."""
        return self._algorithm

    @abstractmethod
    def view(self) -> AbstractContextManager[View]:
        """The store as it is now."""

    @abstractmethod
    def add_many(self, entries: Iterable[Entry], *, again: bool = False) -> list[Recording]:
        """Keep several in one go."""

    @abstractmethod
    def lost(self) -> frozenset[int]:
        """Recordings that are listed and whose bytes are not there."""

    @abstractmethod
    def _lacks_bytes(self, session: Session, row: RecordingRow) -> bool:
        """Whether a recording's bytes are known to be gone, so that they are taken in once more."""

    @abstractmethod
    def _stored_bytes(self, session: Session) -> int:
        """All of it on disk."""

    def close(self) -> None:
        """Let go of the database."""
        self._rows.close()

    def add(
        self,
        fingerprint: Fingerprint,
        name: str,
        *,
        origin: str = "",
        sha256: str | None = None,
        seen: Iterable[Seen] = (),
        again: bool = False,
    ) -> Recording:
        """Keep a fingerprint."""
        return self.add_many([Entry(fingerprint, name, origin, sha256, tuple(seen))], again=again)[0]

    def recordings(self) -> Sequence[Recording]:
        """All recordings kept, by id."""
        return self.find()

    def find(self, *, sha256: str | None = None, name: str | None = None, origin: str | None = None) -> list[Recording]:
        """Recordings by exact SHA-256, name or origin, by id; what is not given is not asked."""
        with self._rows.reading() as session:
            return list(facts.find(session, sha256=sha256, name=name, origin=origin).values())

    def add_seen(self, recording: int, seen: Iterable[Seen]) -> Recording:
        """Add times at which a recording was already there; one that is known already is passed over."""
        with self._rows.writing() as session:
            facts.recording_row(session, recording)
            facts.add_seen(session, recording, seen)
            return facts.one(session, recording)

    def remove_seen(self, recording: int, seen: Iterable[Seen]) -> Recording:
        """Take back times at which a recording was said to be there; one that is not known is passed over."""
        with self._rows.writing() as session:
            facts.recording_row(session, recording)
            facts.remove_seen(session, recording, seen)
            return facts.one(session, recording)

    def state(self) -> str:
        """A word that changes when recordings, times they were seen or templates change, and else stays."""
        with self._rows.reading() as session:
            return facts.state(session)

    def mark_template(self, recording: int, template: Template) -> Recording:
        """Mark a stretch or an area of it as one that many recordings share."""
        with self._rows.writing() as session:
            facts.recording_row(session, recording)
            facts.mark(session, recording, template)
            return facts.one(session, recording)

    def unmark(self, recording: int, template: Template) -> Recording:
        """Take such a mark back."""
        with self._rows.writing() as session:
            facts.recording_row(session, recording)
            facts.unmark(session, recording, template)
            return facts.one(session, recording)

    def drop_lost(self, operator: str) -> list[Takedown]:
        """Take out what is listed and not there, each with a line in the log; the same files may be added again."""
        check_takedown(LOST, operator)
        lost = self.lost()
        with self._rows.writing() as session:
            kept = facts.find(session)
            return [facts.take_down(session, one, LOST, operator, lost=True) for one in sorted(lost) if one in kept]

    def takedowns(self) -> list[Takedown]:
        """All takedowns, oldest first."""
        with self._rows.reading() as session:
            return facts.takedowns(session)

    def import_lines(self) -> list[ImportLine]:
        """The log of bulk imports, oldest first."""
        with self._rows.reading() as session:
            return facts.import_lines(session)

    def log_import(self, line: ImportLine) -> None:
        """Add a line to it."""
        with self._rows.writing() as session:
            session.add(
                ImportRow(
                    path=line.path,
                    size_bytes=line.size_bytes,
                    modified_ns=line.modified_ns,
                    sha256=line.sha256,
                    at_unix_s=line.at_unix_s,
                    recording=line.recording,
                    reason=line.reason,
                )
            )

    def stats(self) -> Stats:
        """How much there is."""
        with self._rows.reading() as session:
            sizes, minutes = dict[int, int](), dict[int, float]()
            for tier, column in enumerate((RecordingRow.bytes_1, RecordingRow.bytes_2, RecordingRow.bytes_3), 1):
                held = select(func.sum(column), func.sum(RecordingRow.duration_s)).where(column > 0)
                size, duration_s = session.execute(held).one()
                sizes[tier] = int(size or 0)
                minutes[tier] = (duration_s or 0.0) / 60
            origins = select(RecordingRow.origin, func.count()).group_by(RecordingRow.origin)
            return Stats(
                algorithm=self._algorithm,
                recordings=session.scalar(select(func.count()).select_from(RecordingRow)) or 0,
                duration_s=float(session.scalar(select(func.sum(RecordingRow.duration_s))) or 0.0),
                bytes_by_tier=sizes,
                kb_per_minute={t: sizes[t] / 1000 / minutes[t] if minutes[t] else 0.0 for t in sizes},
                stored_bytes=self._stored_bytes(session),
                origins={origin: number for origin, number in session.execute(origins.order_by(RecordingRow.origin))},
                removed=session.scalar(select(func.count()).select_from(TakedownRow)) or 0,
                awaiting_compact=session.scalar(
                    select(func.count()).select_from(TakedownRow).where(TakedownRow.bytes_gone_unix_s.is_(None))
                )
                or 0,
            )

    def _packed(self, entries: Iterable[Entry]) -> list[tuple[Entry, dict[int, bytes]]]:
        """Entries with their blocks, once each is one this store can keep."""
        packed = []
        for entry in entries:
            if entry.fingerprint.algorithm != self._algorithm:
                raise ClashError(
                    f"The fingerprint of '{entry.name}' is of '{entry.fingerprint.algorithm}', and this store keeps "
                    f"'{self._algorithm}'.",
                    "Fingerprint the recording again with this version of the program.",
                )
            if entry.sha256 is not None and _SHA256.fullmatch(entry.sha256) is None:
                raise BadInputError(
                    f"'{entry.sha256}' is no SHA-256.", "Give 64 lower-case hexadecimal digits, or none."
                )
            if len(entry.origin) > _ORIGIN_CHARACTERS:
                raise BadInputError("The origin's name is too long.", f"Use at most {_ORIGIN_CHARACTERS} characters.")
            packed.append((entry, pack(entry.fingerprint)))
        return packed

    def _enter(
        self, session: Session, packed: Iterable[tuple[Entry, dict[int, bytes]]], again: bool
    ) -> tuple[list[int], dict[int, dict[int, bytes]]]:
        """Rows for entries: their recordings in order, and the blocks that are new, by recording."""
        numbers, fresh = list[int](), dict[int, dict[int, bytes]]()
        for entry, blocks in packed:
            row = None
            if entry.sha256 is not None:
                same = (RecordingRow.sha256 == entry.sha256, RecordingRow.origin == entry.origin)
                row = session.scalar(select(RecordingRow).where(*same))
            if row is None:
                if not again:
                    _refuse_taken_down(session, entry)
                row = RecordingRow(
                    name=entry.name,
                    origin=entry.origin,
                    sha256=entry.sha256,
                    added_unix_s=dt.datetime.now(dt.UTC).timestamp(),
                    shard=None,
                    tiers=0,
                )
            if highest_tier(entry.fingerprint) > row.tiers or self._lacks_bytes(session, row):
                row.duration_s, row.tiers = entry.fingerprint.duration_s, highest_tier(entry.fingerprint)
                row.bytes_1, row.bytes_2, row.bytes_3 = (len(blocks.get(tier, b"")) for tier in (1, 2, 3))
                session.add(row)
                session.flush()
                fresh[row.id] = blocks
                _note_kept(session, row, blocks)
            facts.add_seen(session, row.id, entry.seen)
            numbers.append(row.id)
        return numbers, fresh


def check_takedown(reason: str, operator: str) -> None:
    """Refuse a takedown nobody answers for.

    Raises
    ------
    BadInputError
        When reason or operator is empty.
    """
    if not reason.strip() or not operator.strip():
        raise BadInputError("A takedown needs a reason and an operator.", "Say why it is taken down, and who does it.")


def _note_kept(session: Session, row: RecordingRow, blocks: Mapping[int, bytes]) -> None:
    digest = hashlib.sha256(b"".join(blocks[tier] for tier in sorted(blocks))).hexdigest()
    facts.changed(session, "kept", row.id, row.name, row.origin, row.sha256, row.duration_s, row.tiers, digest)


def _refuse_taken_down(session: Session, entry: Entry) -> None:
    if entry.sha256 is None:
        return
    same = (TakedownRow.sha256 == entry.sha256, TakedownRow.origin == entry.origin, TakedownRow.lost.is_(False))
    taken = session.scalar(select(TakedownRow).where(*same).order_by(TakedownRow.id.desc()).limit(1))
    if taken is not None:
        day = dt.datetime.fromtimestamp(taken.at_unix_s, dt.UTC).date()
        raise ClashError(
            f"'{entry.name}' is a file that was taken down on {day} by {taken.operator}: {taken.reason}",
            "If it is to be kept all the same, add it with 'again'.",
            sha256=entry.sha256,
        )
