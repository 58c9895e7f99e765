"""Reading what auto-archiver left: its JSON records, the tables of its databases, and the media beside them."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from witnessmark.custody.records import Moment
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.stores.import_values import (
    Broken,
    json_value,
    moment_of,
    python_value,
    read_bytes,
    read_table,
)

MOST_FILES = 100_000
_OWN = frozenset({"status", "metadata", "media"})
_SHEET = {  # columns of its spreadsheets, by default, as its gsheet module names them
    "link": "url",
    "url": "url",
    "archive_status": "status",
    "archive_location": "archive",
    "archive_date": "date",
    "upload_timestamp": "timestamp",
    "upload_title": "title",
    "text_content": "content",
    "hash": "hash",
    "wacz": "wacz",
    "screenshot": "screenshot",
}
_ACCOUNT = ("uploader_id", "uploader", "channel_id", "channel", "author", "user", "username", "from")
_KEPT_INSIDE = (".tsr", ".tsq", ".pem", ".crt", ".ots", ".wacz", ".warc", ".warc.gz")
_ALGORITHMS = {"sha-256": "sha256", "sha256": "sha256", "sha3-512": "sha3_512", "sha-512": "sha512", "sha-1": "sha1"}
_NOT_POSTED = ("screenshot", "thumbnail", "metadata_json", "_final_media", "browsertrix", "wacz", "html", "timestamp")


@dataclass(frozen=True, slots=True)
class ArchivedMedia:
    """A file of an archived posting.

    Attributes
    ----------
    name : str
        As the record has it.
    path : Path or None
        Where it is here; None when it is not, or in doubt.
    missing : str or None
        Why there is no path.
    role : str
        Its id in the record, such as "screenshot"; empty for what was posted.
    posted : bool
        Whether it is what was posted, and not what the archiver made.
    stated : tuple of (str, str) or None
        Algorithm (as `hashlib` has it) and hash, as the record states it.
    """

    name: str
    path: Path | None
    missing: str | None
    role: str
    posted: bool
    stated: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Archived:
    """A posting as auto-archiver recorded it.

    Attributes
    ----------
    where : str
    url, status : str
    posted, processed : Moment or None
        With the offset they were recorded with.
    platform, account : str
    text : str or None
    media : tuple of ArchivedMedia
    left : tuple of str
        Pictures that it drew from the media, which are not taken.
    record : dict
        All of it, plain.
    """

    where: str
    url: str
    status: str
    posted: Moment | None
    processed: Moment | None
    platform: str
    account: str
    text: str | None
    media: tuple[ArchivedMedia, ...]
    left: tuple[str, ...]
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ArchiverOutput:
    """A file that holds records, and what was read from it."""

    path: Path
    archived: tuple[Archived, ...]
    broken: tuple[Broken, ...]


def read_auto_archiver(path: Path) -> tuple[ArchiverOutput, ...]:
    """Read a folder, a JSON file or a CSV.

    Media are looked for inside the folder only, whatever a record says of where they are.

    Raises
    ------
    BadInputError
        When nothing of auto-archiver's is there.
    """
    if not path.exists():
        raise BadInputError(f"There is nothing at '{path}'.", "Check the path.")
    root = path if path.is_dir() else path.parent
    shelf = _Shelf(root)
    candidates = shelf.records() if path.is_dir() else [path]
    found = [output for candidate in candidates if (output := _read(candidate, shelf, whole=not path.is_dir()))]
    if not found:
        raise BadInputError(
            f"'{path}' holds no record of auto-archiver.",
            "Name its output folder, its CSV, or a metadata JSON (json_enricher).",
        )
    return tuple(found)


class _Shelf:
    """The files of a folder by name; links are not followed, and nothing outside is ever named."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, list[Path]] = {}
        count = 0
        for inside, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                path = Path(inside) / name
                if path.is_symlink() or not path.is_file():
                    continue
                count += 1
                if count > MOST_FILES:
                    raise BadInputError(f"'{root}' holds more than {MOST_FILES:,} files.", "Import it in parts.")
                self.files.setdefault(name, []).append(path)

    def records(self) -> list[Path]:
        """Files that may hold records."""
        return sorted(
            path for paths in self.files.values() for path in paths if path.suffix.lower() in (".json", ".csv")
        )

    def find(self, told: list[str], stated: tuple[str, str] | None) -> tuple[Path | None, str | None]:
        """The file that one of the names leads to: the one whose path agrees longest, then the one of that hash."""
        best: list[Path] = []
        length = 0
        for text in told:
            parts = _parts(text)
            for path in self.files.get(parts[-1], []) if parts else []:
                agree = _agreement(parts, path.relative_to(self.root).parts)
                if agree > length:
                    best, length = [path], agree
                elif agree == length and path not in best:
                    best.append(path)
        if len(best) > 1 and stated is not None:
            best = [path for path in best if file_hash(path, stated[0]) == stated[1]] or best
        if not best:
            return None, "it is not in the folder"
        return (best[0], None) if len(best) == 1 else (None, f"{len(best)} files of the folder bear its name")


def file_hash(path: Path, algorithm: str) -> str:
    """A file's hash by one of `hashlib`'s algorithms, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _parts(text: str) -> tuple[str, ...]:
    path = unquote(urlsplit(text).path) if "://" in text else text
    return tuple(part for part in PurePosixPath(path.replace("\\", "/")).parts if part not in ("/", ".", ".."))


def _agreement(told: tuple[str, ...], here: tuple[str, ...]) -> int:
    """How many parts agree, from the last."""
    count = 0
    for one, other in zip(reversed(told), reversed(here), strict=False):
        if one != other:
            break
        count += 1
    return count


def _read(path: Path, shelf: _Shelf, *, whole: bool) -> ArchiverOutput | None:
    """A file's records; None when it holds none, unless it is the one that was named."""
    archived: list[Archived] = []
    broken: list[Broken] = []
    try:
        entries = list(_entries(path, path.relative_to(shelf.root).as_posix()))
    except (ValueError, WitnessmarkError) as error:
        if not whole:
            return None
        raise BadInputError(f"'{path.name}' cannot be read: {error}", "Check that it is auto-archiver's.") from error
    for where, entry in entries:
        if isinstance(entry, str):
            broken.append(Broken(where, entry))
            continue
        try:
            archived.append(_archived(where, entry, shelf))
        except (ValueError, TypeError, KeyError) as error:
            broken.append(Broken(where, str(error)))
    return ArchiverOutput(path, tuple(archived), tuple(broken)) if archived or broken else None


def _entries(path: Path, name: str) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Records with where they stand; a text in place of one says why it cannot be read."""
    data = read_bytes(path)
    if path.suffix.lower() == ".csv":
        rows = read_table(data, name)
        if rows and not (rows[0].keys() >= _OWN or {"link", "url"} & rows[0].keys()):
            return
        for row in rows:
            yield f"{name}, line {row['']}", _of_row(row)
        return
    text = data.decode("utf-8-sig")
    try:
        value = json_value(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        for number, line in enumerate(lines, 1):
            try:
                entry = json_value(line)
            except ValueError as error:
                if number == 1:
                    raise
                yield f"{name}, line {number}", f"it is not JSON: {error}"
                continue
            if _is_record(entry):
                yield f"{name}, line {number}", entry
        return
    entries = value if isinstance(value, list) else [value]
    for number, entry in enumerate(entries, 1):
        if _is_record(entry):
            yield (f"{name}, entry {number}" if isinstance(value, list) else name), entry


def _is_record(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("metadata"), dict) and "media" in entry


def _of_row(row: dict[str, str]) -> dict[str, Any] | str:
    """A table's row as a record."""
    if row[" "]:
        return row[" "]
    if row.keys() >= _OWN:
        try:
            told = {key: _cell(row[key]) for key in ("metadata", "media")}
        except ValueError as error:
            return str(error)
        return {"status": row["status"], **told}
    named = {_SHEET[key]: value.strip() for key, value in row.items() if key in _SHEET and value.strip()}
    media: list[dict[str, Any]] = []
    for role in ("archive", "wacz", "screenshot"):
        for name in named.get(role, "").split():
            told_hash = {"hash": named["hash"]} if role == "archive" and "hash" in named else {}
            identity = {} if role == "archive" else {"id": role}
            media.append({"filename": name, "urls": [name], "properties": told_hash | identity})
    metadata = {key: named[key] for key in ("url", "timestamp", "title", "content") if key in named}
    return {
        "status": named.get("status", ""),
        "metadata": metadata | {"_processed_at": named.get("date")},
        "media": media,
    }


def _cell(text: str) -> Any:
    """A cell that holds a record: JSON, or what Python printed."""
    try:
        return json_value(text)
    except ValueError:
        return python_value(text)


def _archived(where: str, entry: dict[str, Any], shelf: _Shelf) -> Archived:
    """A record, with its media found.

    Raises
    ------
    ValueError
        When it has no address, or a time that is none.
    """
    metadata, media = entry["metadata"], entry.get("media") or []
    if not isinstance(metadata, dict) or not isinstance(media, list):
        raise ValueError("its metadata or media have another shape")
    url = metadata.get("url")
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("it has no web address")
    posted = moment_of(metadata.get("timestamp"), "timestamp in auto-archiver's record")
    if posted is None:
        posted = moment_of(_day(metadata.get("upload_date")), "upload date in auto-archiver's record")
    found, left = [], []
    for one in media:
        if not isinstance(one, dict) or not isinstance(one.get("filename"), str):
            raise ValueError("one of its media has no file name")
        found.append(_media(one, shelf))
        for inner in _inner(one.get("properties")):
            name = str(inner.get("filename"))
            if name.lower().endswith(_KEPT_INSIDE):
                found.append(_media(inner, shelf, inside=True))
            else:
                left.append(PurePosixPath(name).name)
    if not found:
        raise ValueError("it has no media")
    text = "\n".join(str(metadata[key]) for key in ("title", "content") if metadata.get(key))
    account = next((str(metadata[key]) for key in _ACCOUNT if isinstance(metadata.get(key), (str, int))), "not stated")
    return Archived(
        where=where,
        url=url,
        status=str(entry.get("status") or ""),
        posted=posted,
        processed=moment_of(metadata.get("_processed_at"), "auto-archiver's own clock"),
        platform=(urlsplit(url).hostname or "").removeprefix("www."),
        account=account,
        text=text or None,
        media=tuple(found),
        left=tuple(left),
        record=json.loads(json.dumps(entry, default=str)),
    )


def _day(value: object) -> object:
    """An upload date as a day: it is recorded as midnight UTC of a day whose zone nobody knows."""
    return str(value)[:10] if isinstance(value, str) else value


def _media(one: dict[str, Any], shelf: _Shelf, *, inside: bool = False) -> ArchivedMedia:
    properties = one.get("properties") if isinstance(one.get("properties"), dict) else {}
    assert isinstance(properties, dict)
    stated = _stated(properties.get("hash"))
    urls = one.get("urls")
    named = (one.get("key"), one.get("_key"), *(urls if isinstance(urls, list) else []), one["filename"])
    told = [str(name) for name in named if name]
    path, missing = shelf.find(told, stated)
    role = str(properties.get("id") or "")
    posted = not inside and not role.startswith(_NOT_POSTED) and not told[-1].lower().endswith((".html", ".json"))
    return ArchivedMedia(PurePosixPath(one["filename"]).name, path, missing, role, posted, stated)


def _stated(text: object) -> tuple[str, str] | None:
    match = re.fullmatch(r"(?:([A-Za-z0-9-]+):)?([0-9A-Fa-f]{40,128})", str(text or "").strip())
    if match is None:
        return None
    by_length = {40: "sha1", 64: "sha256"}  # of 128 digits are several
    algorithm = _ALGORITHMS.get(match[1].lower()) if match[1] else by_length.get(len(match[2]))
    return (algorithm, match[2].lower()) if algorithm else None


def _inner(value: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Media that stand in the properties of others: thumbnails, time-stamp tokens."""
    if depth > 4:
        return
    if isinstance(value, dict):
        if isinstance(value.get("filename"), str):
            yield value
        for entry in value.values():
            yield from _inner(entry, depth + 1)
    elif isinstance(value, list):
        for entry in value:
            yield from _inner(entry, depth + 1)
