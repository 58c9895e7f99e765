"""A case folder made again from a whole closed edition: its log, its files, and the tables that follow from the log."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from witnessmark.custody.keys import PublicKey, load_key
from witnessmark.custody.log import event_key, parse_event
from witnessmark.desk.case import CASE_KEY, FORMAT, MARKER
from witnessmark.desk.verifying import verify_folder
from witnessmark.dossier import verify
from witnessmark.dossier.sealing import OBJECTS
from witnessmark.errors import BadInputError, ClashError, CustodyError, NotFoundError
from witnessmark.stores.objects import LocalObjects
from witnessmark.stores.records import Records

_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """A case folder made from a closed edition.

    Attributes
    ----------
    folder : Path
    reference : str
    n_events, n_files : int
    can_be_worked_on : bool
        Whether the case's key was put there; without it the case can be looked at with tools, not opened.
    """

    folder: Path
    reference: str
    n_events: int
    n_files: int
    can_be_worked_on: bool


def restore_case(dossier: Path, folder: Path, *, key_file: Path | None = None) -> Restored:
    """Make a case folder from a whole closed edition; it appears whole and verified, or not at all.

    Parameters
    ----------
    dossier : Path
        A closed edition that leaves nothing out.
    folder : Path
        A folder that does not exist yet.
    key_file : Path, optional
        The case's signing key, which no dossier holds. Data keys are not in it either: sealed fields stay sealed.

    Raises
    ------
    ClashError
        When something is at `folder`.
    BadInputError
        When the edition is public, or leaves things out, or the key is another case's.
    CustodyError
        When the dossier does not verify, or lacks a file that its log names.
    """
    if os.path.lexists(folder):
        raise ClashError(f"There is something at '{folder}' already.", "Name another folder; nothing is overwritten.")
    _check_dossier(dossier)
    events = [path.read_bytes() for path in sorted((dossier / "data/custody/events").glob("*.json"))]
    public = PublicKey((dossier / "data/custody/public_key.pem").read_bytes())
    if key_file is not None and load_key(key_file).public.fingerprint != public.fingerprint:
        raise BadInputError("This is the key of another case.", "Give the key the case was opened with.")
    with _whole(folder) as made:
        (made / "keys").mkdir(mode=0o700)
        if key_file is not None:
            _copy_key(key_file, made / CASE_KEY)
        objects = LocalObjects(made / "objects")
        n_files = 0
        for key, sha256 in _named(events):
            if not objects.exists(key):
                _keep(objects, key, _found(dossier, key, sha256), sha256)
                n_files += 1
        for number, data in enumerate(events, 1):
            objects.put(event_key(number), data)
        marker = {"format": FORMAT, "objects": "objects", "records": "records.db"}
        (made / MARKER).write_text(json.dumps(marker, indent=1) + "\n", encoding="utf-8")
        report = verify_folder(made, public)
        if report.faults:
            raise CustodyError(
                f"The case made from the dossier does not verify: {report.faults[0]}", "Ask for the dossier again."
            )
        records = Records(f"sqlite:///{(made / 'records.db').resolve()}")
        try:
            records.apply((parse_event(data), data) for data in events)
            reference = str(records.settings()["reference"])
        finally:
            records.close()
    return Restored(folder, reference, len(events), n_files, key_file is not None)


def _check_dossier(dossier: Path) -> None:
    verdict = verify(dossier)
    if verdict.faults:
        raise CustodyError(f"The dossier does not verify: {verdict.faults[0].sentence}", "Ask for it again.")
    if not (dossier / "data/custody/events").is_dir():
        raise BadInputError(
            "A case is restored from a closed edition that leaves nothing out.",
            "This one gives its log as a chain of hashes; ask for a whole closed edition.",
        )


def _named(events: list[bytes]) -> Iterator[tuple[str, str]]:
    """Keys and hashes of every file that the log says was stored, fixity tables too."""
    for data in events:
        stored = parse_event(data).payload.get("stored")
        for entry in stored if isinstance(stored, list) else []:
            if isinstance(entry, dict):
                yield str(entry["key"]), str(entry["sha256"])
                if entry.get("fixity_key"):
                    yield str(entry["fixity_key"]), str(entry["fixity_sha256"])


def _found(dossier: Path, key: str, sha256: str) -> Path:
    """A file of the dossier, by its hash."""
    kept = dossier / OBJECTS / sha256
    originals = sorted((dossier / "data/originals").glob(f"*-{sha256}.*"))
    path = kept if kept.is_file() else originals[0] if originals else None
    if path is None:
        raise CustodyError(
            f"The dossier does not hold '{key}', which the case's log names.",
            "It was sealed by an earlier version, or from a store with gaps; seal a closed edition anew.",
        )
    return path


def _keep(objects: LocalObjects, key: str, path: Path, sha256: str) -> None:
    hasher = hashlib.sha256()
    with open(path, "rb") as file, objects.stage() as staged:
        while block := file.read(_READ_BYTES):
            hasher.update(block)
            staged.write(block)
        if hasher.hexdigest() != sha256:
            raise CustodyError(f"'{path.name}' is not the file that the log names.", "Ask for the dossier again.")
        staged.keep(key)


def _copy_key(key_file: Path, to: Path) -> None:
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(key_file.read_bytes())


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A hidden folder beside the place, moved there at the end, or removed after an error."""
    draft = folder.absolute().with_name(f".{folder.name}.restoring-{os.getpid()}")
    try:
        draft.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise BadInputError(
            f"The folder '{folder}' cannot be made ({error.strerror}).", "Choose one you may write to."
        ) from error
    try:
        yield draft
        if os.path.lexists(folder):
            raise ClashError(f"Something has appeared at '{folder}'.", "Name another folder.")
        draft.rename(folder)
    except FileNotFoundError as error:
        raise NotFoundError(f"A file is missing: {error.filename}.", "Ask for the dossier again.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
