"""The case's names: places, units, ranks and call-signs, kept in a file of the case and found in what is said."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Capture, PremisEvent
from witnessmark.desk.case import TOOL, Case
from witnessmark.desk.outside import FOLDER
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.lines.providers.names import NameBook, NamedThing
from witnessmark.lines.providers.names_files import MOST_BYTES, NAME_FILES, named_thing, read_names

GAZETTEER = "gazetteer"
OWN_FILE = "names.csv"
"""Names added one by one are rows of this file, which a person may as well edit."""
COLUMNS = ("id", "name", "kind", "spellings", "lat_deg", "lon_deg", "uncertainty_km", "note", "source")


def names_folder(case: Case) -> Path:
    """Where a case's names and gazetteer lie."""
    return case.folder / FOLDER / GAZETTEER


def case_names(case: Case) -> NameBook:
    """Every name of the case; an empty book when it lists none.

    Raises
    ------
    ProviderError
        When a file of names cannot be used.
    """
    return NameBook.read(names_folder(case))


def add_name(case: Case, entry: Mapping[str, object]) -> NamedThing:
    """List one more name, and put the file it stands in on record.

    Parameters
    ----------
    case : Case
    entry : mapping
        As in a names file: name, kind, source; optionally id, spellings, lat_deg, lon_deg, uncertainty_km, note.

    Raises
    ------
    ProviderError
        When it is not complete.
    ClashError
        When the case lists it already.
    """
    thing = named_thing(entry, "The name")
    folder = names_folder(case)
    with case.writing():
        if any(known.id == thing.id for known in case_names(case).things):
            raise ClashError(
                f"The case lists '{thing.id}' already.",
                "Add the spelling to its entry in the file, or give another id.",
            )
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / OWN_FILE
        path.write_bytes(_with_row(path.read_bytes() if path.is_file() else b"", thing))
        _capture(case, path.read_bytes(), OWN_FILE, "listed by hand")
    return thing


def take_names(case: Case, file: Path) -> Sequence[NamedThing]:
    """Take a file of names into the case.

    Parameters
    ----------
    case : Case
    file : Path
        ``.yaml``, ``.yml`` or ``.csv``.

    Raises
    ------
    NotFoundError
        When there is no such file.
    BadInputError
        When it is of another kind, or too large.
    ClashError
        When the case has such a file with other contents.
    ProviderError
        When what it holds cannot be used.
    """
    if not file.is_file():
        raise NotFoundError(f"There is no file '{file}'.", "Check the path.")
    name = f"names{file.suffix.lower()}"
    if name not in NAME_FILES or file.stat().st_size > MOST_BYTES:
        raise BadInputError(f"'{file.name}' is no list of names.", "Give a .yaml or .csv file of at most 8 MB.")
    raw = file.read_bytes()
    folder = names_folder(case)
    with case.writing():
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        before = path.read_bytes() if path.is_file() else None
        if before is not None and before != raw:
            raise ClashError(
                f"The case has a {name} already.", f"Put the new entries into '{path}', or move that file away first."
            )
        path.write_bytes(raw)
        try:
            read_names(folder)
        except BaseException:
            if before is None:
                path.unlink()
            raise
        _capture(case, raw, file.name, f"taken in as {name}")
        return case_names(case).things


def _with_row(raw: bytes, thing: NamedThing) -> bytes:
    """The file with one row more, in the columns it has."""
    text = raw.decode("utf-8-sig")
    columns = next(csv.reader(io.StringIO(text)), None) or list(COLUMNS)
    missing = [name for name in COLUMNS if name not in columns and getattr(thing, name)]
    if missing and raw:
        raise BadInputError(f"'{OWN_FILE}' has no column {', '.join(missing)}.", "Add the columns to its first line.")
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    if not raw:
        writer.writeheader()
    elif not text.endswith("\n"):
        out.write("\n")
    row = dataclasses.asdict(thing) | {"spellings": "|".join(thing.spellings)}
    writer.writerow({name: "" if row.get(name) is None else row[name] for name in columns})
    return (text + out.getvalue()).encode()


def _capture(case: Case, raw: bytes, name: str, method: str) -> None:
    now = dt.datetime.now(dt.UTC)
    capture = Capture(
        tool=TOOL,
        operator=case.operator,
        method=f"names of the case, {method}",
        original_name=name,
        started=now,
        ended=now,
        file_modified=None,
        file_created=None,
        url=None,
        appearance=None,
    )
    digest = Sha256(hashlib.sha256(raw).digest())
    body = {"capture": capture, "sha256": digest, "size_bytes": len(raw)}
    case.record(PremisEvent.CAPTURE, "outside.captured", body, once=f"outside names {name} {digest.hex()}")
