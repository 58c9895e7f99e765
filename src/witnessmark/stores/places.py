"""Footage of known place that an organisation keeps for all its cases: one file a reference, ready to be compared.

A folder of files named by the SHA-256 of the recording or photograph; each holds what `witnessmark.lines.scene.packing`
makes of it and a head of facts. Files are written whole and then named, so that several processes may add at once and a
reader never sees half of one. What is added, changed and taken out leaves a line in ``log.jsonl``.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError, CustodyError, NotFoundError, WitnessmarkError
from witnessmark.lines.scene.comparing import Looked
from witnessmark.lines.scene.packing import PREPARED, pack, unpack
from witnessmark.lines.scene.references import KnownPlace, Reference
from witnessmark.media.records import Broken
from witnessmark.plain import Plain, canonical, from_plain, iso, to_plain
from witnessmark.stores.staging import sync_folder

FORMAT = 2
MAGIC = b"WMplace\0"
ENDING = ".place"
LOG = "log.jsonl"
_MOST_FACTS_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a reference without reading its pictures.

    Attributes
    ----------
    sha256 : Sha256
        Of the recording or photograph.
    label : str
    place : KnownPlace or None
    added : str
        ISO 8601.
    operator : str
    prepared : str
        What program prepared it; that of another does not compare.
    size_bytes : int
        Of the file here.
    """

    sha256: Sha256
    label: str
    place: KnownPlace | None
    added: str
    operator: str
    prepared: str
    size_bytes: int


class PlaceStore:
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
        When it holds something else, or cannot be made.
    """

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        self.folder = folder
        try:
            if make:
                folder.mkdir(parents=True, exist_ok=True)
            if not folder.is_dir():
                raise NotFoundError(
                    f"There is no store of places at '{folder}'.",
                    f"Make one with: witnessmark scene index {folder} FILE --place LAT,LON --radius-m M --how TEXT.",
                )
            others = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
        except OSError as error:
            raise BadInputError(
                f"'{folder}' cannot be used ({error.strerror}).", "Give a folder you may use."
            ) from error
        if any(not name.endswith(ENDING) and name != LOG for name in others):
            raise BadInputError(f"'{folder}' holds other files.", "Give an empty or a new folder.")

    def add(self, sha256: Sha256, label: str, looked: Looked, place: KnownPlace | None, operator: str) -> Kept:
        """Keep a reference; the same file again takes the place of what was kept of it, with a line in the log.

        Raises
        ------
        BadInputError
            When the folder cannot be written.
        """
        now = iso(dt.datetime.now(dt.UTC).replace(microsecond=0))
        facts: dict[str, Plain] = {
            "format": FORMAT,
            "sha256": sha256.hex(),
            "label": label,
            "place": to_plain(place),
            "added": now,
            "operator": operator,
            "prepared": PREPARED,
        }
        head, body = canonical(facts), pack(looked)
        sizes = len(head).to_bytes(8, "little") + len(body).to_bytes(8, "little")
        checks = zlib.crc32(sizes + head).to_bytes(4, "little") + zlib.crc32(body).to_bytes(4, "little")
        path, draft = self._path(sha256), self.folder / f".{uuid.uuid4().hex}"
        try:
            with self._alone():
                with draft.open("xb") as file:
                    file.write(MAGIC + sizes + checks + head + body)
                    file.flush()
                    os.fsync(file.fileno())
                self._log("again" if path.exists() else "added", facts)  # a line too many is better than one too few
                os.replace(draft, path)
                sync_folder(self.folder)
        except OSError as error:
            raise BadInputError(
                f"The store of places at '{self.folder}' cannot be written ({error.strerror}).",
                "Make room there or check its permissions; nothing that was in it is lost.",
            ) from error
        finally:
            draft.unlink(missing_ok=True)
        return _kept(path)

    def remove(self, name: str, reason: str, operator: str) -> Kept:
        """Take a reference out; who did it and why stays in the log.

        Raises
        ------
        NotFoundError
            When none is called so.
        BadInputError
            When several are, no reason is given, or the folder cannot be written.
        """
        if not reason.strip() or not operator.strip():
            raise BadInputError("A takedown needs a reason and an operator.", "Say why it is taken out with --reason.")
        kept = self.find(name)
        gone: dict[str, Plain] = {"sha256": kept.sha256.hex(), "label": kept.label, "operator": operator}
        try:
            with self._alone():
                self._log("removed", {**gone, "reason": reason.strip()})
                self._path(kept.sha256).unlink(missing_ok=True)
                sync_folder(self.folder)
        except OSError as error:
            raise BadInputError(
                f"The store of places at '{self.folder}' cannot be written ({error.strerror}).",
                "Make room there or check its permissions, then take it out again.",
            ) from error
        return kept

    def find(self, name: str) -> Kept:
        """A reference by label or by (the beginning, at least 8 digits, of) its SHA-256.

        Raises
        ------
        NotFoundError
        BadInputError
            When several are called so.
        """
        everything = self.kept()
        found = [one for one in everything if one.label == name]
        if not found and len(name) >= 8:
            found = [one for one in everything if one.sha256.hex().startswith(name.lower())]
        if not found:
            raise NotFoundError(
                f"There is no reference '{name}' in it.", "See them with: witnessmark scene list STORE."
            )
        if len(found) > 1:
            digests = ", ".join(one.sha256.hex()[:12] for one in found[:5])
            raise BadInputError(f"Several references are called '{name}'.", f"Give the hash of one: {digests}.")
        return found[0]

    def kept(self) -> tuple[Kept, ...]:
        """Every reference whose facts can be read, by label."""
        return self._everything()[0]

    def damaged(self) -> tuple[Path, ...]:
        """Files whose facts cannot be read: index what they were made of again."""
        return self._everything()[1]

    def _everything(self) -> tuple[tuple[Kept, ...], tuple[Path, ...]]:
        found, damaged = list[Kept](), list[Path]()
        for path in self.folder.glob(f"*{ENDING}"):
            try:
                found.append(_kept(path))
            except FileNotFoundError:  # taken out meanwhile
                continue
            except WitnessmarkError:
                damaged.append(path)
        return tuple(sorted(found, key=lambda one: (one.label, one.sha256))), tuple(sorted(damaged))

    def others(self) -> Sequence[Reference]:
        """Every reference, as the scene line asks for them; damaged ones too, so that they are said not to be read."""
        kept, damaged = self._everything()
        references = [Reference(one.sha256, one.label, self._path(one.sha256), one.place) for one in kept]
        references += [Reference(Sha256.of(path.name.encode()), path.name, path, None) for path in damaged]
        return references

    def looked(self, reference: Reference) -> Looked | Broken:
        """A reference ready to be compared, or why it cannot be."""
        try:
            _kept(reference.path)
            return unpack(_read(reference.path)[1])
        except WitnessmarkError as error:
            return Broken("open", error.what, None, 0, error.do)
        except OSError as error:
            return Broken("open", f"It cannot be read ({error.strerror}).", None, 0, "It may have been taken out.")

    def state(self) -> str:
        """Changes when a reference comes, goes or is said to have another place."""
        kept, damaged = self._everything()
        told: list[object] = [
            [one.sha256.hex(), one.label, to_plain(one.place), one.added, one.prepared] for one in kept
        ]
        return Sha256.of(canonical([*told, [path.name for path in damaged]])).hex()

    def log(self) -> list[dict[str, Plain]]:
        """What was added and taken out, oldest first."""
        path = self.folder / LOG
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def _path(self, sha256: Sha256) -> Path:
        return self.folder / f"{sha256.hex()}{ENDING}"

    def _log(self, what: str, facts: Mapping[str, Plain]) -> None:
        line = {"what": what, "at": iso(dt.datetime.now(dt.UTC).replace(microsecond=0)), **facts}
        with (self.folder / LOG).open("ab") as file:
            file.write(canonical(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the log; others wait. The lock goes with the process that held it."""
        with (self.folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _kept(path: Path) -> Kept:
    facts, _ = _read(path, head_only=True)
    try:
        place = facts["place"]
        kept = Kept(
            sha256=Sha256.from_hex(str(facts["sha256"])),
            label=str(facts["label"]),
            place=None if place is None else from_plain(KnownPlace, place),
            added=str(facts["added"]),
            operator=str(facts["operator"]),
            prepared=str(facts["prepared"]),
            size_bytes=path.stat().st_size,
        )
    except (KeyError, ValueError, TypeError, BadInputError) as error:
        raise _damaged(path) from error
    if path.name != f"{kept.sha256.hex()}{ENDING}":  # the facts of another
        raise _damaged(path)
    return kept


def _read(path: Path, *, head_only: bool = False) -> tuple[dict[str, Plain], bytes]:
    """The facts of a file once their checksum agrees, and its body once that of the body does.

    Raises
    ------
    CustodyError
        When it is no such file, or damaged.
    """
    size = len(MAGIC) + 24
    with path.open("rb") as file:
        start = file.read(size)
        head_bytes, body_bytes = (int.from_bytes(start[at : at + 8], "little") for at in (8, 16))
        head_crc, body_crc = (int.from_bytes(start[at : at + 4], "little") for at in (24, 28))
        if start[:8] != MAGIC or len(start) != size or not 0 < head_bytes <= _MOST_FACTS_BYTES:
            raise _damaged(path)
        head = file.read(head_bytes)
        body = b"" if head_only else file.read(body_bytes)
    if len(head) != head_bytes or zlib.crc32(start[8:24] + head) != head_crc:
        raise _damaged(path)
    try:
        facts = json.loads(head)
    except ValueError as error:
        raise _damaged(path) from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise _damaged(path)
    if not head_only and (len(body) != body_bytes or zlib.crc32(body) != body_crc):
        raise _damaged(path)
    return facts, body


def _damaged(path: Path) -> CustodyError:
    return CustodyError(
        f"The file '{path.name}' of the store of places is damaged.", "Index what it was made of again.", path=path
    )
