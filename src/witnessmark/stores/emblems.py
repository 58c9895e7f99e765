"""A library of reference pictures of worn things, in a folder: each kept as it came, once, with where it is from.

A reference is three files named by the SHA-256 of its picture: ``.picture``, the bytes as they came; ``.json``, what is
said of it; ``.seen``, what the confined process decoded. None is ever written again. What is put in and out leaves
a line in ``log.jsonl``, each with the hash of the line before; what is taken out goes to ``removed``, not away.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError, ClashError, NotFoundError, WitnessmarkError
from witnessmark.lines.uniforms.looks import Rgb
from witnessmark.lines.uniforms.references import PassedOver, Reference
from witnessmark.media.records import Broken
from witnessmark.plain import Plain, canonical, from_plain, iso, to_plain
from witnessmark.stores.staging import sync_folder

LOG = "log.jsonl"
REMOVED = "removed"
PICTURE, FACTS, SEEN = ".picture", ".json", ".seen"
MAGIC = b"WMemblem"
FIRST = "0" * 64
"""What stands for the line before the first."""
_MOST_SEEN_BYTES = 1 << 24
_AGAIN = "Take it out with emblems remove, and put a sound copy in again."


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a library is as it was kept.

    Attributes
    ----------
    references_count : int
    sound : bool
    log_head : str
        Hash of the last line of its log: keep it elsewhere, and nothing can be changed unnoticed.
    problems : tuple of PassedOver
    """

    references_count: int
    sound: bool
    log_head: str
    problems: tuple[PassedOver, ...]


class EmblemLibrary:
    """References in a folder.

    Parameters
    ----------
    folder : Path
    make : bool
        Make it when it is not there.

    Raises
    ------
    NotFoundError
        When it is not there.
    BadInputError
        When it holds something else, or cannot be used.
    """

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        self.folder = folder
        try:
            if make:
                folder.mkdir(parents=True, exist_ok=True)
            if not folder.is_dir():
                raise NotFoundError(
                    f"There is no library of emblems at '{folder}'.",
                    f"Make one with: witnessmark emblems add {folder} FILE --label ... --source ... --licence ...",
                )
            names = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
        except OSError as error:
            raise BadInputError(
                f"'{folder}' cannot be used ({error.strerror}).", "Give a folder you may use."
            ) from error
        if names and LOG not in names:
            raise BadInputError(
                f"'{folder}' is not a library of emblems: it has no {LOG}.", "Give a new folder, or one of a library."
            )

    def add(self, raw: bytes, seen: Rgb, reference: Reference) -> Reference:
        """Keep a reference.

        Parameters
        ----------
        raw : bytes
            The picture as it came.
        seen : ndarray of uint8, shape (height, width, 3)
            As the confined process decoded it.
        reference : Reference

        Raises
        ------
        ClashError
            When the library holds this picture already: nothing is written over.
        BadInputError
            When the folder cannot be written, or the reference is not of these bytes.
        """
        if Sha256(hashlib.sha256(raw).digest()) != reference.sha256:
            raise BadInputError("The reference is of other bytes.", "Hash the bytes that are kept.")
        facts = canonical(reference)
        files = {PICTURE: raw, SEEN: _packed(seen), FACTS: facts}  # the facts last: without them it is not there
        try:
            with self._alone():
                if self._path(reference.sha256, FACTS).exists():
                    raise ClashError(
                        f"The library holds this picture already, as '{self._read(reference.sha256).label}'.",
                        "To say something else of it, take it out with emblems remove first.",
                    )
                line = {"label": reference.label, "sha256": reference.sha256.hex(), "by": reference.added_by}
                hashes: dict[str, Plain] = {
                    ending: hashlib.sha256(content).hexdigest() for ending, content in files.items()
                }
                self._log("added", {**line, "hashes": hashes})
                for ending, content in files.items():
                    self._write(self._path(reference.sha256, ending), content)
                sync_folder(self.folder)
        except OSError as error:
            raise self._unwritable(error) from error
        return reference

    def remove(self, name: str, reason: str, operator: str) -> Reference:
        """Take a reference out of what is searched; its files go to ``removed``, who did it and why to the log.

        Raises
        ------
        NotFoundError
            When none is called so.
        BadInputError
            When several are, or no reason is given.
        """
        if not reason.strip():
            raise BadInputError("Nothing is taken out without a reason.", "Say why with --reason.")
        found = self.find(name)
        line: dict[str, Plain] = {"label": found.label, "sha256": found.sha256.hex(), "by": operator}
        try:
            with self._alone():
                self._log("removed", {**line, "reason": reason.strip()})
                (self.folder / REMOVED).mkdir(exist_ok=True)
                for ending in (FACTS, SEEN, PICTURE):
                    path = self._path(found.sha256, ending)
                    if path.exists():
                        os.replace(path, self.folder / REMOVED / f"{uuid.uuid4().hex[:8]}-{path.name}")
                sync_folder(self.folder)
        except OSError as error:
            raise self._unwritable(error) from error
        return found

    def find(self, name: str) -> Reference:
        """A reference by label or by (the beginning, at least 8 digits, of) its SHA-256.

        Raises
        ------
        NotFoundError
        BadInputError
            When several are called so.
        """
        everything = self.references()
        found = [one for one in everything if one.label == name]
        if not found and len(name) >= 8:
            found = [one for one in everything if one.sha256.hex().startswith(name.lower())]
        if not found:
            raise NotFoundError(
                f"There is no reference '{name}' in it.", f"See them with: witnessmark emblems list {self.folder}."
            )
        if len(found) > 1:
            digests = ", ".join(one.sha256.hex()[:12] for one in found[:5])
            raise BadInputError(f"Several references are called '{name}'.", f"Give the hash of one: {digests}.")
        return found[0]

    def references(self) -> tuple[Reference, ...]:
        """Every reference whose facts can be read, by label."""
        return self._everything()[0]

    def passed_over(self) -> tuple[PassedOver, ...]:
        """Facts that cannot be read, and pictures that are not as they were kept."""
        found, problems = self._everything()
        return (*problems, *(problem for one in found if (problem := self._problem(one)) is not None))

    def picture(self, reference: Reference) -> Rgb | Broken:
        """What was decoded of a reference, if both that and its picture are still as they were kept."""
        problem = self._problem(reference)
        if problem is not None:
            return Broken("open", problem.reason, None, 0, problem.do)
        return _unpacked(self._path(reference.sha256, SEEN).read_bytes())

    def state(self) -> str:
        """Changes when a reference comes, goes or breaks."""
        told = [to_plain(self.references()), to_plain(self.passed_over())]
        return Sha256.of(canonical(told)).hex()

    def log(self) -> list[dict[str, Plain]]:
        """What was put in and taken out, oldest first.

        Raises
        ------
        BadInputError
            When it cannot be read.
        """
        path = self.folder / LOG
        try:
            return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
        except (OSError, ValueError) as error:
            raise BadInputError(f"The log of '{self.folder}' cannot be read.", "Restore it from a copy.") from error

    def check(self) -> Checked:
        """Compare every file with the log, and every line of the log with the one before."""
        problems = list(self.passed_over())
        lines = (self.folder / LOG).read_bytes().splitlines() if (self.folder / LOG).exists() else []
        before, standing = FIRST, dict[str, Mapping[str, str]]()
        for number, raw in enumerate(lines, start=1):
            try:
                line = json.loads(raw)
                if line["before"] != before:
                    raise ValueError("the line before it was changed or taken out")
                digest = str(line["sha256"])
                if line["what"] == "added":
                    standing[digest] = dict(line["hashes"])
                else:
                    standing.pop(digest, None)
            except (ValueError, KeyError, TypeError) as error:
                reason = f"Line {number} of its log does not hold: {error}."
                problems.append(PassedOver(LOG, reason, "Restore the log from a copy."))
            before = hashlib.sha256(raw).hexdigest()
        for digest, hashes in standing.items():
            for ending, expected in hashes.items():
                path = self.folder / f"{digest}{ending}"
                if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
                    if not any(problem.name.startswith(digest[:12]) for problem in problems):
                        problems.append(PassedOver(path.name, "It is not as the log has it, or gone.", _AGAIN))
                    break
        found = {one.sha256.hex() for one in self.references()}
        for path in sorted(self.folder.iterdir()):
            if path.is_file() and path.name != LOG and path.stem not in standing and not path.name.startswith("."):
                problems.append(PassedOver(path.name, "The log knows nothing of it.", "Put it in with emblems add."))
        return Checked(len(found), not problems, before, tuple(problems))

    def _everything(self) -> tuple[tuple[Reference, ...], tuple[PassedOver, ...]]:
        found, problems = list[Reference](), list[PassedOver]()
        for path in sorted(self.folder.glob(f"*{FACTS}")):
            try:
                found.append(self._read(Sha256.from_hex(path.stem)))
            except FileNotFoundError:  # taken out meanwhile
                continue
            except (WitnessmarkError, OSError, ValueError):
                problems.append(PassedOver(path.name, "What is said of it cannot be read.", _AGAIN))
        return tuple(sorted(found, key=lambda one: (one.label, one.sha256))), tuple(problems)

    def _read(self, sha256: Sha256) -> Reference:
        reference = from_plain(Reference, json.loads(self._path(sha256, FACTS).read_bytes()))
        if reference.sha256 != sha256:
            raise BadInputError("The facts are those of another picture.", _AGAIN)
        return reference

    def _problem(self, reference: Reference) -> PassedOver | None:
        name = f"{reference.sha256.hex()[:12]} {reference.label}"
        try:
            raw = self._path(reference.sha256, PICTURE).read_bytes()
            seen = _unpacked(self._path(reference.sha256, SEEN).read_bytes())
        except OSError as error:
            return PassedOver(name, f"Its picture cannot be read ({error.strerror}).", _AGAIN)
        if hashlib.sha256(raw).digest() != bytes(reference.sha256):
            return PassedOver(name, "Its picture is not the one that was put in: the hash differs.", _AGAIN)
        return PassedOver(name, seen.reason, seen.do) if isinstance(seen, Broken) else None

    def _path(self, sha256: Sha256, ending: str) -> Path:
        return self.folder / f"{sha256.hex()}{ending}"

    def _write(self, path: Path, content: bytes) -> None:
        """Write a file whole, then name it; one that is there already stays, if it is the same."""
        draft = self.folder / f".{uuid.uuid4().hex}"
        try:
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.chmod(0o444)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)

    def _log(self, what: str, facts: Mapping[str, Plain]) -> None:
        path = self.folder / LOG
        lines = path.read_bytes().splitlines() if path.exists() else []
        before = hashlib.sha256(lines[-1]).hexdigest() if lines else FIRST
        line = {"what": what, "at": iso(dt.datetime.now(dt.UTC).replace(microsecond=0)), "before": before, **facts}
        with path.open("ab") as file:
            file.write(canonical(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _unwritable(self, error: OSError) -> BadInputError:
        return BadInputError(
            f"The library at '{self.folder}' cannot be written ({error.strerror}).",
            "Make room there or check its permissions; nothing that was in it is lost.",
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the library; others wait. The lock goes with the process that held it."""
        with (self.folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _packed(rgb: Rgb) -> bytes:
    """A decoded picture in a form that needs no decoder: size, then deflated RGB."""
    height, width = (int(side) for side in rgb.shape[:2])
    size = height.to_bytes(4, "little") + width.to_bytes(4, "little")
    body = zlib.compress(np.ascontiguousarray(rgb, np.uint8).tobytes(), 6)
    return b"".join((MAGIC, size, zlib.crc32(size + body).to_bytes(4, "little"), body))


def _unpacked(packed: bytes) -> Rgb | Broken:
    bad = Broken("decode", "What was decoded of its picture is damaged.", None, 0, _AGAIN)
    height, width = (int.from_bytes(packed[at : at + 4], "little") for at in (8, 12))
    if packed[:8] != MAGIC or zlib.crc32(packed[8:16] + packed[20:]) != int.from_bytes(packed[16:20], "little"):
        return bad
    size = 3 * height * width
    if not 0 < size <= _MOST_SEEN_BYTES:
        return bad
    unpacking = zlib.decompressobj()
    try:
        raw = unpacking.decompress(packed[20:], size)
    except zlib.error:
        return bad
    return bad if len(raw) != size else np.frombuffer(raw, np.uint8).reshape(height, width, 3)


def known_kinds(references: Sequence[Reference]) -> dict[str, int]:
    """How many references of each kind there are."""
    kinds = sorted({one.kind for one in references})
    return {kind: sum(one.kind == kind for one in references) for kind in kinds}
