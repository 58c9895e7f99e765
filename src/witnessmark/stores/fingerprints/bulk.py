"""Taking thousands of files into a store: each counts when it is done, and a second run goes on where one stopped."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from witnessmark.errors import WitnessmarkError
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Recording
from witnessmark.lines.copies.patience import fingerprint_patiently
from witnessmark.media.records import Broken
from witnessmark.stores.fingerprints.contract import FingerprintStore, ImportLine

Progress = Callable[[float, str], None]
Make = Callable[[Path], "Fingerprint | Broken"]
Made = Fingerprint | Broken | str
_QUEUED_PER_WORKER = 2
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A file that was not taken in.

    Attributes
    ----------
    path : str
    reason : str
        One sentence.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What a bulk import came to.

    Attributes
    ----------
    added : tuple of Recording
        By id.
    known : int
        Files that were in the store already, or whose bytes are those of one that is.
    broken : tuple of NotTaken
        By path; also those that an earlier run logged and that have not changed since.
    """

    added: tuple[Recording, ...]
    known: int
    broken: tuple[NotTaken, ...]


def import_folder(
    store: FingerprintStore,
    paths: Iterable[str | Path],
    *,
    name: Callable[[Path], str] | None = None,
    origin: str = "",
    progress: Progress | None = None,
    workers: int = 1,
    make: Make = fingerprint_patiently,
) -> Imported:
    """Fingerprint files and the files of folders into a store, passing over those it has.

    A file of the same path, size and time of modification as one that was taken in, or found broken, is not read again;
    one of the same SHA-256 is not fingerprinted again. Every file is committed when it is done and leaves one line in
    the store's log, so that after a kill the next run does only what is left.

    Parameters
    ----------
    store : FingerprintStore
    paths : iterable of path
        Files, and folders to be walked; hidden files and links to folders are left out.
    name : callable of Path to str, optional
        What to call a recording; its file name if not given.
    origin : str
    progress : callable (done from 0 to 1, what is being done), optional
    workers : int
        Processes that fingerprint; with 1 it is done in this one.
    make : callable of Path
        Makes the fingerprint; a function that worker processes can import.

    Returns
    -------
    Imported
    """
    files = sorted({file for path in paths for file in _files(Path(path))})
    run = _Run(store, name or (lambda path: path.name), origin, progress, len(files))
    run.recall()
    if workers <= 1:
        _work_off(run, files, lambda path: _at_once(make, path), 1)
    else:
        left = files
        while left:
            left = _with_processes(run, left, make, workers)
    return Imported(
        added=tuple(sorted(run.added.values(), key=lambda one: one.id)),
        known=run.known,
        broken=tuple(sorted(run.broken, key=lambda one: one.path)),
    )


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path.absolute()
        return
    for child in path.iterdir():
        if not child.name.startswith(".") and not (child.is_symlink() and child.is_dir()):
            yield from _files(child)


def _with_processes(run: _Run, files: list[Path], make: Make, workers: int) -> list[Path]:
    """Work files off in processes; what is left when one of the processes died."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_one_thread) as pool:
        suspects = _work_off(run, files, _in(pool, make), workers)
    for suspect in suspects:  # alone, so that the one that does it is known and the others are not blamed
        with ProcessPoolExecutor(1, mp_context=context, initializer=_one_thread) as pool:
            if _work_off(run, [suspect], _in(pool, make), 1):
                run.refuse(suspect, "The process that read it died; it may have run out of memory.")
    return [file for file in files if file not in run.done]


def _work_off(run: _Run, files: list[Path], submit: Callable[[Path], Future[Made]], workers: int) -> list[Path]:
    """Do files in a pool, some at a time; those that were under way when one of its processes died."""
    waiting = iter(files)
    under_way: dict[Future[Made], Path] = {}
    try:
        while True:
            while len(under_way) < workers * _QUEUED_PER_WORKER:
                path = next(waiting, None)
                if path is None:
                    break
                if run.wanted(path):
                    under_way[submit(path)] = path
            if not under_way:
                return []
            done = wait(under_way, return_when=FIRST_COMPLETED).done
            for future in [future for future in under_way if future in done]:  # in a fixed order where there is one
                made = future.result()
                run.keep(under_way.pop(future), made)
    except BrokenProcessPool:
        return list(under_way.values())
    finally:
        for future in under_way:
            future.cancel()


def _make(make: Make, path: Path) -> Made:
    """A file's fingerprint, or why there is none."""
    try:
        return make(path)
    except (WitnessmarkError, OSError) as error:
        return str(error)


def _one_thread() -> None:
    """A worker process uses one processor; there are as many workers as processors are wanted."""
    cv2.setNumThreads(1)


def _in(pool: ProcessPoolExecutor, make: Make) -> Callable[[Path], Future[Made]]:
    """A way to have a pool make the fingerprint of a file."""

    def submit(path: Path) -> Future[Made]:
        return pool.submit(_make, make, path)

    return submit


def _at_once(make: Make, path: Path) -> Future[Made]:
    """What a pool's promise would be, kept already."""
    future: Future[Made] = Future()
    future.set_result(_make(make, path))
    return future


@dataclass(slots=True)
class _Run:
    """One import: what the store's log says of each file, and what became of it."""

    store: FingerprintStore
    name: Callable[[Path], str]
    origin: str
    progress: Progress | None
    files: int
    added: dict[int, Recording] = field(default_factory=dict)
    broken: list[NotTaken] = field(default_factory=list)
    known: int = 0
    done: set[Path] = field(default_factory=set)
    _logged: dict[str, ImportLine] = field(default_factory=dict)
    _kept: set[int] = field(default_factory=set)
    _taken_down: set[tuple[str | None, str]] = field(default_factory=set)
    _hashes: dict[Path, tuple[int, int, str]] = field(default_factory=dict)

    def recall(self) -> None:
        """Read what earlier runs logged."""
        self._logged = {line.path: line for line in self.store.import_lines()}
        self._kept = {recording.id for recording in self.store.recordings()} - self.store.lost()
        taken = {(one.sha256, one.origin) for one in self.store.takedowns() if not one.lost}
        self._taken_down = taken - {(one.sha256, one.origin) for one in self.store.recordings()}

    def wanted(self, path: Path) -> bool:
        """Whether a file must be fingerprinted; if not, it is settled here."""
        try:
            facts = path.stat()
            line = self._logged.get(str(path))
            if line is not None and (line.size_bytes, line.modified_ns) == (facts.st_size, facts.st_mtime_ns):
                if line.recording in self._kept:
                    return self._settle(path, known=True)
                if line.reason is not None:
                    self.broken.append(NotTaken(str(path), line.reason))
                    return self._settle(path)
            sha256 = _sha256(path)
        except OSError as error:
            self.refuse(path, f"It cannot be read ({error.strerror}).")
            return False
        self._hashes[path] = (facts.st_size, facts.st_mtime_ns, sha256)
        if (sha256, self.origin) in self._taken_down:
            self.refuse(path, "It was taken down from this store.")
            return False
        found = self.store.find(sha256=sha256, origin=self.origin)
        same = [one for one in found if one.tiers == 3 and (one.id in self._kept or one.id in self.added)]
        if same:
            self._log(path, same[0].id, None)
            return self._settle(path, known=True)
        return True

    def keep(self, path: Path, made: Made) -> None:
        """Take in what was made of a file."""
        if not isinstance(made, Fingerprint):
            self.refuse(path, made if isinstance(made, str) else made.reason)
            return
        size_bytes, modified_ns, sha256 = self._hashes[path]
        with contextlib.suppress(OSError):
            facts = path.stat()
            if (facts.st_size, facts.st_mtime_ns) != (size_bytes, modified_ns):
                self.refuse(path, "It changed while it was read.")
                return
        try:
            recording = self.store.add(made, self.name(path), origin=self.origin, sha256=sha256)
        except WitnessmarkError as error:
            self.refuse(path, error.what)
            return
        self._log(path, recording.id, None)
        known = recording.id in self._kept or recording.id in self.added
        if not known:
            self.added[recording.id] = recording
        self._settle(path, known=known)

    def refuse(self, path: Path, reason: str) -> None:
        """Log that a file was not taken in, and why."""
        self._log(path, None, reason)
        self.broken.append(NotTaken(str(path), reason))
        self._settle(path)

    def _settle(self, path: Path, *, known: bool = False) -> bool:
        self.known += known
        self.done.add(path)
        if self.progress is not None:
            self.progress(len(self.done) / self.files, path.name)
        return False

    def _log(self, path: Path, recording: int | None, reason: str | None) -> None:
        size_bytes, modified_ns, sha256 = self._hashes.get(path, (0, 0, None))
        now = dt.datetime.now(dt.UTC).timestamp()
        self.store.log_import(ImportLine(str(path), size_bytes, modified_ns, sha256, now, recording, reason))


def _sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
