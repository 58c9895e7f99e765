"""Reading a table that Bayanat exported, or that is laid out for its import: bulletins, actors, incidents."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from witnessmark.custody.records import Moment
from witnessmark.errors import BadInputError
from witnessmark.stores.import_values import Broken, moment_of, read_bytes, read_table

_RELATION = re.compile(r"_[a-z_]+-(\d+)")
_NUMBERED = re.compile(r"(\d+)-(.*)", re.DOTALL)
_LISTS = (
    "labels",
    "verified_labels",
    "ver_labels",
    "verlabels",
    "sources",
    "locations",
    "geo_locations",
    "events",
    "media",
)
_RELATED = ("related_bulletins", "related_actors", "related_incidents")
_FILE_COLUMNS = ("media_file", "filename", "file", "media_files", "files")
_HASH_COLUMNS = {"etag": "md5", "md5": "md5", "sha256": "sha256", "sha1": "sha1"}
_OF_ACTORS = frozenset({"name", "name_ar", "nickname", "mother_name", "civilian", "sex", "id_numbers"})
_OF_INCIDENTS = frozenset({"potential_violations", "claimed_violations", "potential_violation", "claimed_violation"})
_OF_BULLETINS = frozenset({"source_link", "publish_date", "documentation_date", "origin_id", "originid", "sjac_title"})


class Kind(enum.StrEnum):
    """What the rows of a table are."""

    BULLETIN = "bulletin"
    ACTOR = "actor"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True)
class Named:
    """An entry of one of Bayanat's lists: its number there, where the table has it, and its title."""

    number: str | None
    title: str


@dataclass(frozen=True, slots=True)
class BayanatRow:
    """One bulletin, actor or incident.

    Attributes
    ----------
    where : str
    kind : Kind
    id, origin_id, title, description : str
        Empty where the table has none; an actor has no title, as that would be a name.
    link : str or None
        Web address of the source.
    published, documented : Moment or None
    sources, labels, verified, locations, events, media : tuple of Named
    related : tuple of str
        Such as "actor 4".
    files : tuple of str
        Names of files beside the table.
    stated : tuple of (str, str) or None
        Algorithm and hash of the file.
    """

    where: str
    kind: Kind
    id: str
    origin_id: str
    title: str
    description: str
    link: str | None
    published: Moment | None
    documented: Moment | None
    sources: tuple[Named, ...]
    labels: tuple[Named, ...]
    verified: tuple[Named, ...]
    locations: tuple[Named, ...]
    events: tuple[Named, ...]
    media: tuple[Named, ...]
    related: tuple[str, ...]
    files: tuple[str, ...]
    stated: tuple[str, str] | None


def read_bayanat(path: Path, kind: Kind | None = None) -> tuple[bytes, tuple[BayanatRow, ...], tuple[Broken, ...]]:
    """A table's bytes, its rows, and the rows that were passed over.

    Parameters
    ----------
    path : Path
        CSV: as Bayanat exports bulletins and actors (``labels.label-1`` and so on), or with the columns its sheet
        import maps (``labels``, ``sources`` as lists with commas).
    kind : Kind, optional
        What its rows are; told from its columns unless given.

    Raises
    ------
    BadInputError
        When it is no such table.
    """
    data = read_bytes(path)
    rows = read_table(data, path.name)
    columns = frozenset(rows[0]) if rows else frozenset()
    kind = kind or _kind(columns, path.name)
    made: list[BayanatRow] = []
    broken: list[Broken] = []
    seen: set[str] = set()
    for row in rows:
        where = f"{path.name}, line {row['']}"
        try:
            if row[" "]:
                raise ValueError(row[" "])
            one = _row(where, kind, row)
            if one.id and one.id in seen:
                raise ValueError(f"the id {one.id} stands in an earlier row too")
            seen.add(one.id)
            made.append(one)
        except ValueError as error:
            broken.append(Broken(where, str(error)))
    return data, tuple(made), tuple(broken)


def _kind(columns: frozenset[str], name: str) -> Kind:
    if columns & _OF_BULLETINS and "title" in columns:
        return Kind.BULLETIN
    if columns & _OF_INCIDENTS:
        return Kind.INCIDENT
    if columns & {"name", "name_ar"} and columns & _OF_ACTORS:
        return Kind.ACTOR
    if "title" in columns:
        return Kind.BULLETIN
    raise BadInputError(
        f"'{name}' has no column of Bayanat's: neither a title nor a name.",
        "Export it from Bayanat as CSV, or say what it holds with --kind.",
    )


def _row(where: str, kind: Kind, row: Mapping[str, str]) -> BayanatRow:
    title = _first(row, "title", "sjac_title", "title_ar", "sjac_title_ar")
    if kind is Kind.ACTOR:
        if not _first(row, "name", "name_ar", "nickname", "first_name", "last_name"):
            raise ValueError("it has no name")
        title = ""
    elif not title:
        raise ValueError("it has no title")
    number = _first(row, "id")
    if number and not re.fullmatch(r"\d{1,18}(\.0)?", number):
        raise ValueError(f"its id '{number[:40]}' is no number")
    link = _first(row, "source_link", "link", "url", "profile_1_source_link") or None
    if link is not None and urlsplit(link).scheme not in ("http", "https"):
        link = None  # a note such as "private" stands there too
    lists = {name: _list(row, name) for name in _LISTS}
    hashed = next((column for column in _HASH_COLUMNS if row.get(column, "").strip()), None)
    return BayanatRow(
        where=where,
        kind=kind,
        id=number.removesuffix(".0"),
        origin_id=_first(row, "origin_id", "originid"),
        title=title,
        description="" if kind is Kind.ACTOR else _first(row, "description"),
        link=link,
        published=moment_of(_first(row, "publish_date", "profile_1_publish_date") or None, "Bayanat's publish date"),
        documented=moment_of(_first(row, "documentation_date") or None, "Bayanat's documentation date"),
        sources=lists["sources"],
        labels=lists["labels"],
        verified=lists["verified_labels"] or lists["ver_labels"] or lists["verlabels"],
        locations=lists["locations"],
        events=lists["events"],
        media=lists["media"],
        related=tuple(
            f"{name.removeprefix('related_').removesuffix('s')} {one.number or '(without a number)'}"
            for name in _RELATED
            for one in _list(row, name)
        ),
        files=tuple(PurePosixPath(one.replace("\\", "/")).name for one in _split(_first(row, *_FILE_COLUMNS))),
        stated=(_HASH_COLUMNS[hashed], row[hashed].strip().strip('"').lower()) if hashed else None,
    )


def _first(row: Mapping[str, str], *names: str) -> str:
    return next((text for name in names if (text := row.get(name, "").strip()) and text.lower() != "nan"), "")


def _list(row: Mapping[str, str], field: str) -> tuple[Named, ...]:
    """A list's entries: from numbered columns with "7-Title" in them, or from one column with commas."""
    found: list[tuple[int, Named]] = []
    for column, text in row.items():
        match = _RELATION.fullmatch(column.removeprefix(field)) if column.startswith(field) else None
        if match is not None and text.strip() and text.strip().lower() != "nan":
            told = _NUMBERED.fullmatch(text.strip())
            entry = Named(told[1], told[2].strip()) if told else Named(None, text.strip())
            found.append((int(match[1]), entry))
    if found:
        return tuple(entry for _, entry in sorted(found, key=lambda one: one[0]))
    return tuple(Named(None, one) for one in _split(_first(row, field)))


def _split(text: str) -> list[str]:
    """A cell's entries: parted by commas outside quotation marks, or by lines."""
    if not text:
        return []
    parts = re.findall(r"\s*(?:\"([^\"]+)\"|([^,\n]+))", text)
    return [part for quoted, bare in parts if (part := (quoted or bare).strip())]
