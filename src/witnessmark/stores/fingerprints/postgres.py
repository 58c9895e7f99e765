"""Fingerprints kept in PostgreSQL: packed tiers as bytes, codes as rows that pgvector compares where they lie.

Frame codes are ``bit(256)`` and every one is compared, in parallel workers, by pgvector's Hamming distance ``<~>``: no
approximate index. Local features carry their buckets as an array under a GIN index; sound codes have a B-tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import TextClause, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from witnessmark.errors import BadInputError, ClashError, NotFoundError, ProviderError
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint
from witnessmark.lines.copies.library import Hits, Recording
from witnessmark.lines.copies.memory import gather
from witnessmark.lines.copies.packing import unpack
from witnessmark.stores.fingerprints import facts
from witnessmark.stores.fingerprints.base import RowStore, check_takedown
from witnessmark.stores.fingerprints.contract import Entry, Problem, Takedown, View
from witnessmark.stores.fingerprints.lookups import spread
from witnessmark.stores.fingerprints.postgres_codes import bits, delete_codes, insert_codes, signed, stored_wrongly
from witnessmark.stores.fingerprints.rows import Rows
from witnessmark.stores.fingerprints.tables import RecordingRow

LAYOUT = "tables 1"
_TRIES = 5
_CLASHED = frozenset({"23505", "40P01"})  # unique violation, deadlock: another process added the same files
_TABLES = ("fp_block", "fp_frame", "fp_sound", "fp_feature", "fp_recording", "fp_seen", "fp_template", "fp_takedown")

NEAR_FRAMES = text("""
    SELECT q.number, f.recording, f.row, CAST(f.code <~> q.code AS integer)
    FROM fp_frame f
    JOIN unnest(CAST(:codes AS bit(256)[])) WITH ORDINALITY AS q(code, number) ON (f.code <~> q.code) <= :radius
""")
SCAN_SETTINGS = (text("SET LOCAL parallel_tuple_cost = 0"), text("SET LOCAL parallel_setup_cost = 0"))
"""The planner cannot know that few pairs are near, and would not share the work out for as many as it expects."""
_NEAR_SOUND = text("""
    SELECT q.number, s.recording, s.row, 0
    FROM unnest(CAST(:codes AS integer[])) WITH ORDINALITY AS q(code, number) JOIN fp_sound s ON s.code = q.code
""")
_NEAR_FEATURES = text("""
    SELECT q.number, f.recording, f.row, CAST(f.code <~> q.code AS integer)
    FROM (
        SELECT u.code, CAST(u.buckets AS integer[]) AS buckets, u.number
        FROM unnest(CAST(:codes AS bit(128)[]), CAST(:probes AS text[])) WITH ORDINALITY AS u(code, buckets, number)
    ) q
    JOIN fp_feature f ON f.buckets && q.buckets AND (f.code <~> q.code) <= :radius
""")

_LOST = text(
    "SELECT id FROM fp_recording r WHERE NOT EXISTS (SELECT 1 FROM fp_block b WHERE b.recording = r.id) ORDER BY id"
)


class PostgresView:
    """A database's recordings at one moment: a `Library` that does not change.

    Parameters
    ----------
    session : Session
        Whose transaction sees that moment.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def algorithm(self) -> str:
        """`ALGORITHM` of its fingerprints."""
        return ALGORITHM

    def state(self) -> str:
        """A word that changes when recordings, times they were seen or templates change, and else stays."""
        return facts.state(self._session)

    def recordings(self) -> Sequence[Recording]:
        """All recordings kept, by id."""
        return list(facts.find(self._session).values())

    def fingerprint(self, recording: int, up_to: int = 3) -> Fingerprint:
        """One recording's fingerprint, as many tiers as are kept and asked for.

        Raises
        ------
        NotFoundError
            When it is not kept.
        BadInputError
            When its bytes are damaged.
        """
        facts.recording_row(self._session, recording)
        query = text("SELECT bytes FROM fp_block WHERE recording = :recording AND tier <= :tier ORDER BY tier")
        return unpack(self._session.scalars(query, {"recording": recording, "tier": up_to}).all())

    def near_frames(self, codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        """All frame codes within `radius_bits` (inclusive) of codes of shape (q, 32)."""
        for setting in SCAN_SETTINGS:
            self._session.execute(setting)
        asked, back = np.unique(codes, axis=0, return_inverse=True)
        parameters = {"codes": _array(bits(asked)), "radius": radius_bits}
        return self._hits(NEAR_FRAMES, parameters, back)

    def near_sound(self, codes: NDArray[np.uint32]) -> Hits:
        """All sound codes equal to one of the codes of shape (q,); code 0 never matches."""
        asked, back = np.unique(codes, return_inverse=True)
        return self._hits(_NEAR_SOUND, {"codes": signed(asked).tolist()}, back)

    def near_features(self, codes: NDArray[np.uint8], probes: NDArray[np.uint32], radius_bits: int) -> Hits:
        """Local features within `radius_bits` that share a bucket with the query."""
        self._session.execute(text("SET LOCAL enable_seqscan = off"))  # it expects more of each bucket than there is
        lists = [_array(map(str, row)) for row in signed(probes).tolist()]
        parameters = {"codes": _array(bits(codes)), "probes": lists, "radius": radius_bits}
        return self._hits(_NEAR_FEATURES, parameters, np.arange(len(codes)))

    def _hits(self, query: TextClause, parameters: dict[str, object], back: NDArray[np.intp]) -> Hits:
        """Rows of a query as hits; `back` says which of the numbered rows each asked row was made one with."""
        rows = self._session.execute(query, parameters).all() if len(back) else []
        found = np.array(rows, np.int64).reshape(-1, 4)
        found = found[np.argsort(found[:, 0], kind="stable")]
        number = found[:, 0] - 1
        start = np.searchsorted(number, back)
        which, at = spread(start, np.searchsorted(number, back, side="right") - start)
        return gather([(which, found[at, 1], found[at, 2], found[at, 3].astype(np.uint16))])


class PostgresStore(RowStore):
    """A `FingerprintStore` in a PostgreSQL database with pgvector, for several machines.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; one database holds one store.
    rebuild : bool
        Accept tables of another layout, as they are to be rebuilt at once.

    Raises
    ------
    ClashError
        When the store is of another algorithm or layout; the message says how to go on.
    ProviderError
        When the database does not answer or lacks pgvector.
    """

    def __init__(self, url: str, *, rebuild: bool = False) -> None:
        super().__init__(Rows(url, LAYOUT, ALGORITHM, rebuild=rebuild), ALGORITHM)
        with self._rows.reading() as session:
            there = session.scalar(text("SELECT to_regoperator('<~>(bit,bit)') IS NOT NULL"))
        if not there:
            self.close()
            raise ProviderError(
                f"The pgvector extension in the database at {self._rows.place} does not compare bits.",
                "Update it to 0.7 or newer and run 'ALTER EXTENSION vector UPDATE' in the database.",
            )

    @contextmanager
    def view(self) -> Iterator[View]:
        """The store as it is now; what others write meanwhile does not show in it."""
        with self._rows.reading() as session:
            facts.state(session)  # the first statement fixes the moment that the others see
            yield PostgresView(session)

    def fingerprint(self, recording: int, up_to: int = 3) -> Fingerprint:
        """One recording's fingerprint, as many tiers as are kept and asked for."""
        with self.view() as view:
            return view.fingerprint(recording, up_to)

    def near_frames(self, codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        """All frame codes within `radius_bits` (inclusive) of codes of shape (q, 32)."""
        with self.view() as view:
            return view.near_frames(codes, radius_bits)

    def near_sound(self, codes: NDArray[np.uint32]) -> Hits:
        """All sound codes equal to one of the codes of shape (q,); code 0 never matches."""
        with self.view() as view:
            return view.near_sound(codes)

    def near_features(self, codes: NDArray[np.uint8], probes: NDArray[np.uint32], radius_bits: int) -> Hits:
        """Local features within `radius_bits` that share a bucket with the query."""
        with self.view() as view:
            return view.near_features(codes, probes, radius_bits)

    def add_many(self, entries: Iterable[Entry], *, again: bool = False) -> list[Recording]:
        """Keep several in one go, all or none; answers in their order."""
        packed = self._packed(entries)
        for left in reversed(range(_TRIES)):
            try:
                with self._rows.writing() as session:
                    numbers, fresh = self._enter(session, packed, again)
                    for recording, blocks in fresh.items():
                        delete_codes(session, recording, blocks=True)
                        insert_codes(session, recording, unpack(blocks.values()), blocks)
                    return [facts.one(session, number) for number in numbers]
            except DBAPIError as error:
                if not left or getattr(error.orig, "sqlstate", None) not in _CLASHED:
                    raise
        raise AssertionError("unreachable: the last try returns or raises")

    def remove(self, recording: int, reason: str, operator: str) -> Takedown:
        """Take a recording down: from now on no query answers from it, and who did it and why is logged."""
        check_takedown(reason, operator)
        with self._rows.writing() as session:
            taken = facts.take_down(session, recording, reason, operator)
            delete_codes(session, recording, blocks=True)
            return taken

    def compact(self) -> int:
        """Make the bytes of what was taken down gone, by writing the tables of codes anew; how many were concerned."""
        with self._rows.reading() as session:
            waiting = {one.recording for one in facts.takedowns(session) if one.bytes_gone_unix_s is None}
        if not waiting:
            return 0
        try:
            self._rows.settle()
        except OperationalError as error:
            raise ClashError(
                "The tables of codes are being read and could not be written anew within a minute.",
                "What was taken down is answered from no more, but its bytes are still on the server's disk: "
                "compact again when no search runs.",
            ) from error
        with self._rows.writing() as session:
            later = {one.recording for one in facts.takedowns(session)} - waiting
            return facts.bytes_gone(session, later)

    def rebuild(self) -> Sequence[Problem]:
        """Make the codes that queries read anew from the packed tiers, a recording at a time, and `compact`."""
        problems = list[Problem]()
        with self._rows.reading() as session:
            numbers = list(session.scalars(select(RecordingRow.id).order_by(RecordingRow.id)))
        for number in numbers:
            with self._rows.writing() as session:
                kept = select(RecordingRow).where(RecordingRow.id == number).with_for_update()
                if session.scalar(kept) is None:
                    continue  # taken down meanwhile
                delete_codes(session, number, blocks=False)
                try:
                    insert_codes(session, number, PostgresView(session).fingerprint(number), {})
                except BadInputError as error:
                    problems.append(Problem(number, error.what))
        with self._rows.writing() as session:
            self._rows.restamp(session)
        self.compact()
        return problems

    def verify(self) -> Sequence[Problem]:
        """Read everything back and compare it with its checksums and with the rows; empty when all is well."""
        problems = list[Problem]()
        with self._rows.reading() as session:
            view = PostgresView(session)
            for recording in view.recordings():
                try:
                    fingerprint = view.fingerprint(recording.id)
                except (BadInputError, NotFoundError) as error:
                    problems.append(Problem(recording.id, error.what))
                    continue
                if fingerprint.duration_s != recording.duration_s:
                    problems.append(Problem(recording.id, "Its row and its bytes do not agree."))
                problems += [
                    Problem(recording.id, f"Its rows in '{table}' and its bytes do not agree.")
                    for table in stored_wrongly(session, recording.id, fingerprint)
                ]
        return problems

    def lost(self) -> frozenset[int]:
        """Recordings that are listed and whose bytes are not there."""
        with self._rows.reading() as session:
            return frozenset(session.scalars(_LOST))

    def _lacks_bytes(self, session: Session, row: RecordingRow) -> bool:
        there = text("SELECT EXISTS (SELECT 1 FROM fp_block WHERE recording = :recording)")
        return row.id is not None and not session.scalar(there, {"recording": row.id})

    def _stored_bytes(self, session: Session) -> int:
        size = text(
            "SELECT sum(pg_total_relation_size(CAST(name AS regclass))) FROM unnest(CAST(:names AS text[])) AS t(name)"
        )
        return int(session.scalar(size, {"names": list(_TABLES)}) or 0)


def _array(elements: Iterable[str]) -> str:
    """PostgreSQL's literal of an array of numbers or bits."""
    return "{" + ",".join(elements) + "}"
