"""Reading articles, with or without a case: the case's names and parties help, and what was read is kept in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

from witnessmark.claims.accepting import ReadDocument
from witnessmark.claims.articles import Reading, read_document
from witnessmark.claims.articles.atlases import GazetteerAtlas, NameBookAtlas, default_atlas
from witnessmark.claims.articles.documents import open_document
from witnessmark.claims.articles.readers import open_reader
from witnessmark.claims.articles.whereabouts import Atlas
from witnessmark.claims.articles.words import Parties, parties
from witnessmark.claims.times import parse_zone
from witnessmark.desk.case import Case
from witnessmark.desk.names import case_names, names_folder
from witnessmark.desk.proposals import KeptProposals, keep_proposals
from witnessmark.errors import BadInputError
from witnessmark.lines.providers.gazetteer import CaseGazetteer

PARTIES_FILE = "parties.txt"
"""In the case's folder of names: further states, peoples and seats of government, as `peoples.txt` has them."""
_MEDIA_TYPES = {"html": "text/html", "pdf": "application/pdf", "text": "text/plain"}
_MOST_LINES_BYTES = 1 << 20


def read_articles(
    paths: Sequence[Path],
    *,
    case: Case | None = None,
    said_on: dt.date | None = None,
    zone: str | None = None,
    gazetteer: Path | None = None,
    parties_file: Path | None = None,
    readers: Sequence[tuple[str, Path]] = (),
    progress: Callable[[float, str], None] = lambda done, what: None,
) -> tuple[Reading, ...]:
    """Read articles; nothing is kept.

    Parameters
    ----------
    paths : sequence of Path
    case : Case, optional
        Its names and parties are used.
    said_on : date, optional
        The day they were written; otherwise what each says of itself.
    zone : str, optional
        Offset of the times in them, such as "+04:00".
    gazetteer : Path, optional
        A folder with ``gazetteer.yaml`` or ``gazetteer.csv``.
    parties_file : Path, optional
        Further parties, a line each.
    readers : sequence of (str, Path)
        Readers of one's own, by name, with the path of the model each opens.
    progress : callable (done from 0 to 1, what is being done), optional

    Raises
    ------
    BadInputError
        When a file cannot be turned into text at all.
    """
    if zone is not None:
        parse_zone(zone)
    first: list[Atlas] = []
    if gazetteer is not None:
        first.append(GazetteerAtlas(CaseGazetteer(gazetteer)))
    if case is not None:
        first.append(NameBookAtlas(case_names(case)))
    atlas = default_atlas(first)
    known = _parties(case, parties_file)
    opened = [open_reader(name, path) for name, path in readers]
    found = []
    for number, path in enumerate(paths):
        progress(number / len(paths), f"Reading {path.name}")
        document = open_document(path, said_on=said_on)
        found.append(read_document(document, zone=zone, atlas=atlas, known=known, readers=opened))
    return tuple(found)


def keep_reading(case: Case, path: Path, reading: Reading, zone: str | None = None) -> KeptProposals:
    """Keep a document as captured, its text and its proposals; those wait for a person.

    Raises
    ------
    BadInputError
        When the file is not the one that was read.
    """
    document = reading.document
    facts = ReadDocument(
        document.name,
        _MEDIA_TYPES[document.kind],
        title=document.title,
        publisher=document.outlet,
        language=document.language,
        published=None if document.said_on is None else document.said_on.isoformat(),
        utc_offset=zone,
    )
    return keep_proposals(case, path.read_bytes(), facts, reading.text, reading.proposals, unread=document.unread)


def _parties(case: Case | None, named: Path | None) -> Parties:
    """The states of the world, those of the case, and those of a file that was named."""
    known = parties()
    files = [named] if named is not None else []
    if case is not None:
        files.insert(0, names_folder(case) / PARTIES_FILE)
    for path in files:
        if path is named or path.is_file():
            known = known.with_lines(_lines(path))
    return known


def _lines(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(_MOST_LINES_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(
            f"'{path}' cannot be read ({error}).", "Give a text file of parties, a line each."
        ) from error
    if len(raw) > _MOST_LINES_BYTES:
        raise BadInputError(f"'{path}' is too large to be a list of parties.", "Give a text file, a party a line.")
    return text
