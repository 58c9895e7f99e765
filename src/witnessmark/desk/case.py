"""A case: its folder, its log, its records; opening, naming and writing to it."""

from __future__ import annotations

import datetime as dt
import fcntl
import getpass
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from witnessmark import __version__
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import CaseKey, create_key, load_key
from witnessmark.custody.log import CustodyLog, parse_event
from witnessmark.custody.objects import ObjectStore
from witnessmark.custody.records import CustodyEvent, PremisEvent, Tool
from witnessmark.errors import BadInputError, ClashError, CustodyError, NotFoundError
from witnessmark.plain import Plain, to_plain
from witnessmark.stores.objects import open_objects
from witnessmark.stores.records import Records

TOOL = Tool("witnessmark", __version__)
FORMAT = "witnessmark-case-folder/1"
MAX_LINE = 300
UNASSIGNED = "unassigned material"
"""The setting ``kind`` of a shelf: items filed before any incident exists. Other cases have none."""
STORES_VARIABLE = "WITNESSMARK_STORES"
"""URLs, separated by blanks, of buckets and databases that a case's marker may name."""
MARKER = "witnessmark.json"
CASE_KEY = "keys/case_key.pem"


@dataclass
class Case:
    """An open case. Everything that happens to it goes through `record`.

    Attributes
    ----------
    folder : Path
    objects : ObjectStore
    log : CustodyLog
    records : Records
    operator : str
        Who works; written into every event.
    key : CaseKey
    """

    folder: Path
    objects: ObjectStore
    log: CustodyLog
    records: Records
    operator: str
    key: CaseKey
    settings: dict[str, Any] = field(default_factory=dict)

    def record(
        self,
        premis: PremisEvent,
        action: str,
        payload: Mapping[str, object],
        objects: Sequence[Sha256] = (),
        *,
        once: str | None = None,
    ) -> CustodyEvent:
        """Write an event to the log, then to the tables.

        Parameters
        ----------
        premis : PremisEvent
        action : str
            See `witnessmark.stores.projection`.
        payload : mapping
            Domain objects or plain values.
        objects : sequence of Sha256
            Content addresses concerned.
        once : str, optional
            Idempotency key: an event that carries it already is given back instead of written again.

        Returns
        -------
        CustodyEvent
        """
        plain = to_plain(payload)
        assert isinstance(plain, dict)
        event = self.log.append(premis, action, self.operator, tuple(objects), plain, idempotency=once)
        self.catch_up()
        return event

    def catch_up(self) -> None:
        """Bring the tables up to the log: after a kill they may be an event behind."""
        missing = range(self.records.last_event() + 1, self.log.head().number + 1)
        raw = (self.log.raw(number) for number in missing)
        self.records.apply((parse_event(data), data) for data in raw)
        self.settings = self.records.settings()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the case for a read-then-write that must not interleave with another process."""
        descriptor = os.open(self.folder / "case.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self.catch_up()
            yield
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Let go of the records."""
        self.records.close()

    @property
    def reference(self) -> str:
        """The case's reference, such as "2031-17"."""
        return str(self.settings["reference"])

    @property
    def tsa_url(self) -> str | None:
        """The time-stamping authority in use, if any."""
        value = self.settings.get("tsa_url")
        return None if value is None else str(value)

    @property
    def trusted_roots(self) -> bytes | None:
        """PEM of the authority's root certificates the case trusts, if any."""
        value = self.settings.get("tsa_roots_pem")
        return None if value is None else str(value).encode()


def new_case(
    folder: Path,
    reference: str,
    title: str,
    *,
    mandate: str = "",
    operator: str | None = None,
    settings: Mapping[str, Plain] | None = None,
) -> Case:
    """Open a new case in a folder that is new or empty.

    Raises
    ------
    ClashError
        When the folder holds something already.
    BadInputError
        When the reference is empty or the folder cannot be made.
    """
    if not reference.strip():
        raise BadInputError("A case needs a reference.", "Give one such as --reference 2031-17.")
    if not all(line.isprintable() and len(line) <= MAX_LINE for line in (reference.strip(), title.strip())):
        raise BadInputError(
            f"A reference or title is one line of at most {MAX_LINE} printable signs.",
            "Shorten it, or take out the line breaks and control signs.",
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ClashError(f"'{folder}' exists and is not an empty folder.", "Choose another folder for the case.")
    made = not folder.exists()
    try:
        (folder / "keys").mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise BadInputError(
            f"The folder '{folder}' cannot be made ({error.strerror}).", "Choose one you may write to."
        ) from error
    try:
        create_key(folder / CASE_KEY)
        marker = {"format": FORMAT, "objects": "objects", "records": "records.db"}
        case = _assemble(folder, marker, operator)
        case.record(
            PremisEvent.CREATION,
            "case.opened",
            {
                "setting": {
                    "reference": reference.strip(),
                    "title": title.strip() or reference.strip(),
                    "mandate": mandate.strip(),
                    "created_at": dt.datetime.now(dt.UTC),
                    "public_key_sha256": case.key.public.fingerprint,
                    **(settings or {}),
                }
            },
        )
        (folder / MARKER).write_text(json.dumps(marker, indent=1) + "\n", encoding="utf-8")
    except BaseException:
        _remove_new(folder, whole=made)
        raise
    return case


def open_case(folder: Path, *, operator: str | None = None) -> Case:
    """Open a case that exists; its tables are brought up to its log.

    Raises
    ------
    NotFoundError
        When the folder is no case.
    BadInputError
        When another version of the program made it.
    """
    marker_path = folder / MARKER
    if not marker_path.is_file():
        raise NotFoundError(
            f"'{folder}' is not a case.",
            "Name one with --case DIR or WITNESSMARK_CASE, or make one with: witnessmark case new DIR.",
        )
    try:
        marker = json.loads(marker_path.read_text(encoding="utf-8"))
        known = marker["format"] == FORMAT
        places = [marker[name] for name in ("objects", "records")] if known else []
        if not all(_is_place(folder, place) for place in places):
            raise ValueError("a place outside the case")
    except (ValueError, KeyError, TypeError) as error:
        raise BadInputError(
            f"'{marker_path}' is damaged.", "Restore it from a copy; the case's objects and log are not affected."
        ) from error
    if not known:
        raise BadInputError(
            f"The case is of format '{marker['format']}', this program reads '{FORMAT}'.",
            "Open it with the version of Witnessmark that made it, or a newer one.",
        )
    for place in places:
        _may_follow(folder, place)
    case = _assemble(folder, marker, operator)
    case.catch_up()
    if "reference" not in case.settings:
        case.close()
        raise CustodyError(f"The log of '{folder}' does not begin with a case.", "Restore its objects from a copy.")
    return case


def _is_place(folder: Path, place: object) -> bool:
    """Whether a marker's place is inside the case folder, or a URL: a case handed over must not lead elsewhere."""
    if not isinstance(place, str) or not place:
        return False
    return "://" in place or (folder / place).resolve().is_relative_to(folder.resolve())


def _may_follow(folder: Path, place: str) -> None:
    """A case handed over must not make this program talk to a server that its marker chose.

    Raises
    ------
    BadInputError
        When the place is a URL that `STORES_VARIABLE` does not allow.
    """
    allowed = os.environ.get(STORES_VARIABLE, "").split()
    if "://" in place and not any(place == known or place.startswith(f"{known.rstrip('/')}/") for known in allowed):
        raise BadInputError(
            f"The case '{folder}' keeps its records or objects at {place.split('@')[-1]}.",
            f"If that place is yours, allow it: set the environment variable {STORES_VARIABLE} to its URL.",
        )


def cases_below(folder: Path) -> list[Path]:
    """Case folders in a folder: itself, or those directly below it."""
    if (folder / MARKER).is_file():
        return [folder]
    if not folder.is_dir():
        return []
    return sorted(path.parent for path in folder.glob(f"*/{MARKER}"))


def default_operator() -> str:
    """The name written into events when none is given: WITNESSMARK_OPERATOR, else the login name."""
    name = os.environ.get("WITNESSMARK_OPERATOR", "").strip()
    if name:
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"


def _assemble(folder: Path, marker: Mapping[str, str], operator: str | None) -> Case:
    objects_at, records_at = marker["objects"], marker["records"]
    objects = open_objects(objects_at if "://" in objects_at else str(folder / objects_at))
    key = load_key(folder / CASE_KEY)
    records = Records(records_at if "://" in records_at else f"sqlite:///{(folder / records_at).resolve()}")
    return Case(folder, objects, CustodyLog(objects, key), records, (operator or "").strip() or default_operator(), key)


def _remove_new(folder: Path, *, whole: bool) -> None:
    for entry in list(folder.iterdir()):
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    if whole:
        folder.rmdir()
