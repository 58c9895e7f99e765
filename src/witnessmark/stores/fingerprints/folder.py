"""Fingerprints kept in a folder: rows in SQLite, codes in immutable shards that are mapped and scanned exactly."""

from __future__ import annotations

import fcntl
import os
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from witnessmark.errors import BadInputError, ClashError, CustodyError, WitnessmarkError
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint
from witnessmark.lines.copies.library import Hits, Recording
from witnessmark.lines.copies.packing import check_block
from witnessmark.stores.fingerprints import facts
from witnessmark.stores.fingerprints.base import RowStore, check_takedown
from witnessmark.stores.fingerprints.contract import Entry, Problem, Takedown, View
from witnessmark.stores.fingerprints.folder_view import FolderView, view_of
from witnessmark.stores.fingerprints.mending import lost_words, rescued
from witnessmark.stores.fingerprints.rows import Rows
from witnessmark.stores.fingerprints.shards import LAYOUT, Blocks, Shard, write_shard
from witnessmark.stores.fingerprints.tables import RecordingRow, ShardRow
from witnessmark.stores.staging import sync_folder

DATABASE = "index.db"
SHARDS = "shards"
_LOCK = "writing.lock"
_LIES_IN = select(RecordingRow.id, RecordingRow.shard)
SHARD_LIMIT_BYTES = 1 << 28
"""Shards of this size are left alone; a recording larger than it has one to itself."""
MERGED_AT_ONCE = 8
"""So many shards of one size class (sizes within a factor of 8) become one."""


class FolderStore(RowStore):
    """A `FingerprintStore` in a folder of one machine.

    Parameters
    ----------
    folder : Path
        Made when it is not there. One that may only be read is read without a file made or a lock taken.
    rebuild : bool
        Accept shards of another layout, as they are to be rebuilt at once.

    Raises
    ------
    BadInputError
        When the folder holds something else, or cannot be made.
    ClashError
        When the index is of another algorithm or layout; the message says how to go on.
    """

    def __init__(self, folder: Path, *, rebuild: bool = False) -> None:
        self.folder = folder
        self._shards = folder / SHARDS
        try:
            others = {path.name for path in folder.iterdir()} - {SHARDS, _LOCK} if folder.is_dir() else set()
            if others and not (folder / DATABASE).exists():
                raise BadInputError(
                    f"The folder {folder} holds other files and no fingerprint index.", "Give an empty or a new folder."
                )
            self._read_only = _only_readable(folder)
            if not self._read_only:
                self._shards.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(
                f"The folder {folder} cannot be made or read ({error.strerror}).", "Give a folder you may write to."
            ) from error
        url = f"sqlite:///{folder.absolute() / DATABASE}"
        if self._read_only:
            rows = Rows(url, LAYOUT, ALGORITHM, read_only=True)
        else:
            with self._alone():
                rows = Rows(url, LAYOUT, ALGORITHM, rebuild=rebuild)
        super().__init__(rows, ALGORITHM)
        self._view: FolderView | None = None
        self._mapped: dict[int, Shard] = {}
        self._looking = threading.Lock()
        self._damaged: set[str] = set()

    @contextmanager
    def view(self) -> Iterator[View]:
        """The store as it is now; what others write meanwhile does not show in it."""
        yield self._now()

    def recordings(self) -> Sequence[Recording]:
        """All recordings kept, by id."""
        return self._now().recordings()

    def fingerprint(self, recording: int, up_to: int = 3) -> Fingerprint:
        """One recording's fingerprint, as many tiers as are kept and asked for."""
        return self._now().fingerprint(recording, up_to)

    def near_frames(self, codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        """All frame codes within `radius_bits` (inclusive) of codes of shape (q, 32)."""
        return self._now().near_frames(codes, radius_bits)

    def near_sound(self, codes: NDArray[np.uint32]) -> Hits:
        """All sound codes equal to one of the codes of shape (q,); code 0 never matches."""
        return self._now().near_sound(codes)

    def near_features(self, codes: NDArray[np.uint8], probes: NDArray[np.uint32], radius_bits: int) -> Hits:
        """Local features within `radius_bits` that share a bucket with the query."""
        return self._now().near_features(codes, probes, radius_bits)

    def add_many(self, entries: Iterable[Entry], *, again: bool = False) -> list[Recording]:
        """Keep several in one go, all or none; answers in their order."""
        packed = self._packed(entries)
        with self._alone():
            self._sweep()
            with self._rows.writing() as session:
                numbers, fresh = self._enter(session, packed, again)
                if fresh:
                    _enter(session, self._write(sorted(fresh.items())), list(fresh))
                answer = [facts.one(session, number) for number in numbers]
            self._merge_small()
        return answer

    def remove(self, recording: int, reason: str, operator: str) -> Takedown:
        """Take a recording down: from now on no query answers from it, and who did it and why is logged."""
        check_takedown(reason, operator)
        with self._rows.writing() as session:  # not held up by one who merges: what has no row is not answered from
            return facts.take_down(session, recording, reason, operator)

    def compact(self) -> int:
        """Make the bytes of what was taken down gone; the number of recordings whose bytes went."""
        with self._alone():
            for shard, alive in zip((now := self._now()).shards, now.alive, strict=True):
                if not alive.all():
                    self._rewrite([shard], now)
            return self._all_gone()

    def rebuild(self) -> Sequence[Problem]:
        """Make all shards anew from the packed tiers, as large as they may be, and `compact`."""
        with self._alone():
            self._mend()
            now, problems = self._now(), list[Problem]()
            batch, size = list[Shard](), 0
            for shard in now.shards:
                if batch and size + shard.size_bytes > SHARD_LIMIT_BYTES:
                    problems += self._rewrite(batch, now)
                    batch, size = [], 0
                batch.append(shard)
                size += shard.size_bytes
            if batch:
                problems += self._rewrite(batch, now)
            self._damaged.clear()
            with self._rows.writing() as session:
                self._rows.restamp(session)
            self._all_gone()
        now, told = self._now(), {problem.recording for problem in problems}
        return [*problems, *lost_words(now.kept.keys() - now.place.keys() - told, now.kept)]

    def lost(self) -> frozenset[int]:
        """Recordings that are listed and whose bytes are not there."""
        with self._rows.reading() as session:
            files = {row.id: row.file for row in session.scalars(select(ShardRow))}
            lies_in = session.execute(_LIES_IN).all()
        there = {number for number, file in files.items() if (self._shards / file).is_file()}
        return frozenset(number for number, shard in lies_in if shard not in there)

    def verify(self) -> Sequence[Problem]:
        """Read everything back and compare it with its checksums and with the rows; empty when all is well."""
        now, problems = self._now(), list[Problem]()
        for number, (shard, alive) in enumerate(zip(now.shards, now.alive, strict=True)):
            for section in shard.damage():
                what = f"The section '{section}' of {shard.path.name} is not as it was written."
                problems.append(Problem(None, what))
            for row in np.flatnonzero(alive).tolist():
                recording = int(shard.ids[row])
                try:
                    fingerprint = shard.fingerprint(row)
                except WitnessmarkError as error:
                    problems.append(Problem(recording, error.what))
                    continue
                if fingerprint.duration_s != now.kept[recording].duration_s or now.place[recording] != (number, row):
                    problems.append(Problem(recording, "Its row and its bytes do not agree."))
        problems += [
            Problem(recording, "Its bytes are not in the shard its row names.")
            for recording in now.kept
            if recording not in now.place
        ]
        return problems

    def close(self) -> None:
        """Let go of files and the database."""
        with self._looking:
            self._view = None
            self._mapped.clear()
        super().close()

    def _now(self) -> FolderView:
        """The newest state, mapped; the one at hand when nothing changed."""
        with self._looking:
            while True:
                with self._rows.reading() as session:
                    changes = self._rows.changes(session)
                    if self._view is not None and self._view.changes == changes:
                        return self._view
                    kept, word = facts.find(session), facts.state(session)
                    lies_in = {number: shard for number, shard in session.execute(_LIES_IN)}
                    files = {row.id: row.file for row in session.scalars(select(ShardRow).order_by(ShardRow.id))}
                try:
                    shards = {
                        number: self._mapped.get(number) or Shard(self._shards / files[number]) for number in files
                    }
                except FileNotFoundError as error:
                    if self._gone_for_good(files):
                        raise self._missing(Path(str(error.filename)), files, lies_in) from error
                    continue  # merged away between the look at the rows and at the folder
                self._mapped = shards
                self._view = view_of((changes, word), kept, lies_in, shards)
                return self._view

    def _missing(self, path: Path, files: dict[int, str], lies_in: dict[int, int | None]) -> ClashError:
        lost = sorted(
            number for number, shard in lies_in.items() if shard is not None and files.get(shard) == path.name
        )
        return ClashError(
            f"The fingerprint index at {self.folder} lacks its file '{path.name}', with {len(lost)} recordings.",
            "Restore that file from a copy, or run 'witnessmark copies rebuild INDEX', which keeps the rest and names "
            "what must be indexed again; a case does so by itself.",
            recordings=lost[:100],
        )

    def _gone_for_good(self, files: dict[int, str]) -> bool:
        with self._rows.reading() as session:
            return files == {row.id: row.file for row in session.scalars(select(ShardRow))}

    def _mend(self) -> None:
        """Give up shard files that are missing or cut short, once what is whole in them is in new ones."""
        with self._rows.reading() as session:
            files = {row.id: row.file for row in session.scalars(select(ShardRow).order_by(ShardRow.id))}
        for number, file in files.items():
            path = self._shards / file
            try:
                Shard(path)
            except (FileNotFoundError, CustodyError):
                saved = rescued(path)
                new = self._write(sorted(saved, key=lambda one: one[0])) if saved else None
                with self._rows.writing() as session:
                    lay = set(session.scalars(select(RecordingRow.id).where(RecordingRow.shard == number)))
                    session.execute(update(RecordingRow).where(RecordingRow.shard == number).values(shard=None))
                    if new is not None:
                        _enter(session, new, [recording for recording, _ in saved if recording in lay])
                    session.delete(session.get_one(ShardRow, number))
                path.unlink(missing_ok=True)

    def _lacks_bytes(self, session: Session, row: RecordingRow) -> bool:
        return row.id is not None and row.shard is None

    def _write(self, recordings: Sequence[tuple[int, Blocks]]) -> ShardRow:
        """Write recordings to a new shard; it counts when its row, given back here, is entered."""
        path = self._shards / f"{uuid.uuid4().hex}.shard"
        try:
            size_bytes = write_shard(path, recordings)
            sync_folder(self._shards)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise BadInputError(
                f"The fingerprint index at {self.folder} cannot be written ({error.strerror}).",
                "Make room there or check its permissions; nothing that was in it is lost.",
            ) from error
        return ShardRow(file=path.name, size_bytes=size_bytes)

    def _rewrite(self, shards: Sequence[Shard], now: FolderView) -> list[Problem]:
        """Write what is kept in some shards to one new shard in their place, leaving out what cannot be read."""
        problems, recordings = list[Problem](), list[tuple[int, Blocks]]()
        for shard, alive in zip(now.shards, now.alive, strict=True):
            if shard not in shards:
                continue
            for row in np.flatnonzero(alive).tolist():
                try:
                    for block in (blocks := shard.packed(row)).values():
                        check_block(block)
                    recordings.append((int(shard.ids[row]), blocks))
                except WitnessmarkError as error:
                    problems.append(Problem(int(shard.ids[row]), error.what))
        new = self._write(sorted(recordings, key=lambda one: one[0])) if recordings else None
        with self._rows.writing() as session:
            names = {shard.path.name for shard in shards}
            old = list(session.scalars(select(ShardRow).where(ShardRow.file.in_(names))))
            for each in old:
                session.execute(update(RecordingRow).where(RecordingRow.shard == each.id).values(shard=None))
            if new is not None:
                _enter(session, new, [number for number, _ in recordings])
            for each in old:
                session.delete(each)
        for shard in shards:
            shard.path.unlink(missing_ok=True)
        return problems

    def _merge_small(self) -> None:
        """Join shards of like size, so that their number grows with the logarithm of what is kept."""
        while True:
            with self._rows.reading() as session:
                sizes = session.execute(select(ShardRow.file, ShardRow.size_bytes).order_by(ShardRow.id)).all()
            classes: dict[int, list[str]] = {}
            for file, size_bytes in sizes:
                if file not in self._damaged and size_bytes * 2 <= SHARD_LIMIT_BYTES:
                    classes.setdefault((size_bytes.bit_length() - 1) // 3, []).append(file)
            full = next((alike for _, alike in sorted(classes.items()) if len(alike) >= MERGED_AT_ONCE), None)
            if full is None:
                return
            now = self._now()
            self._join([shard for shard in now.shards if shard.path.name in full], now)

    def _join(self, alike: Sequence[Shard], now: FolderView) -> None:
        chosen, size_bytes = list[Shard](), 0
        for shard in alike[:MERGED_AT_ONCE]:
            if shard.damage():  # nothing is left out quietly: `verify` tells, `rebuild` is asked for
                self._damaged.add(shard.path.name)
            elif size_bytes + shard.size_bytes <= SHARD_LIMIT_BYTES:
                chosen.append(shard)
                size_bytes += shard.size_bytes
        if len(chosen) > 1:
            self._rewrite(chosen, now)

    def _all_gone(self) -> int:
        """Note the takedowns of which no shard holds a byte any more; how many are new."""
        there = {recording for shard in self._now().shards for recording in shard.ids.tolist()}
        with self._rows.writing() as session:
            gone = facts.bytes_gone(session, there)
        self._rows.settle()
        return gone

    def _sweep(self) -> None:
        """Remove shard files that no row names: what a writer left that was stopped."""
        with self._rows.reading() as session:
            known = set(session.scalars(select(ShardRow.file)))
        for path in self._shards.glob("*.shard"):
            if path.name not in known:
                path.unlink(missing_ok=True)

    def _stored_bytes(self, session: Session) -> int:
        database = sum(path.stat().st_size for path in self.folder.glob(f"{DATABASE}*"))
        return database + int(session.scalar(select(func.sum(ShardRow.size_bytes))) or 0)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder for writing; others wait. The lock goes with the process that held it."""
        if self._read_only:
            raise self._rows.cannot_write()
        try:
            lock = (self.folder / _LOCK).open("a")
        except OSError as error:
            raise BadInputError(
                f"The fingerprint index at {self.folder} cannot be written ({error.strerror}).",
                "Use an account that may write to its folder, or copy the folder to where you may write.",
            ) from error
        with lock as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _only_readable(folder: Path) -> bool:
    """Whether there is an index that this process may not write to, for want of permission or on such a disk."""
    used = [folder, *(folder / name for name in (DATABASE, SHARDS, _LOCK) if (folder / name).exists())]
    return (folder / DATABASE).exists() and not all(os.access(path, os.W_OK) for path in used)


def _enter(session: Session, shard: ShardRow, recordings: Sequence[int]) -> None:
    """Enter a shard and note that recordings lie in it; of those taken down meanwhile there is no row to note it in."""
    session.add(shard)
    session.flush()
    for number in recordings:
        session.execute(update(RecordingRow).where(RecordingRow.id == number).values(shard=shard.id))
