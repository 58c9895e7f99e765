"""Articles read for claims: a page, PDF or text in, proposals with passage, speaker, hedge, time and place out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from witnessmark.claims.articles.documents import open_document
from witnessmark.claims.articles.proposing import Proposer
from witnessmark.claims.articles.readers import ClaimReader, suggested
from witnessmark.claims.articles.records import Document, Reading
from witnessmark.claims.articles.whereabouts import Atlas
from witnessmark.claims.articles.words import Parties

__all__ = ["Document", "Reading", "open_document", "read_article", "read_document"]


def read_document(
    document: Document,
    *,
    zone: str | None = None,
    atlas: Atlas | None = None,
    known: Parties | None = None,
    readers: Sequence[tuple[ClaimReader, str]] = (),
) -> Reading:
    """Propose claims from a document's text.

    Parameters
    ----------
    document : Document
    zone : str or None
        Offset of local times, such as "+04:00".
    atlas : Atlas or None
        Looks up places; without one places keep their names only.
    known : Parties, optional
        Which words name which party; the states of the world unless given.
    readers : sequence of (ClaimReader, str)
        Readers of one's own with how their proposals are marked.
    """
    if document.unread is not None:
        return Reading(document, (), ())
    found = Proposer(
        document.sha256, document.text, said_on=document.said_on, zone=zone, atlas=atlas, known=known
    ).read()
    proposals = found.proposals
    for reader, mark in readers:
        proposals += suggested(reader, mark, document, proposals)
    return Reading(document, tuple(sorted(proposals, key=lambda each: (each.start, each.end))), found.questions)


def read_article(
    path: Path,
    *,
    said_on: dt.date | None = None,
    zone: str | None = None,
    atlas: Atlas | None = None,
    known: Parties | None = None,
    readers: Sequence[tuple[ClaimReader, str]] = (),
) -> Reading:
    """Open an article and propose claims from it.

    Raises
    ------
    BadInputError
        When the file cannot be turned into text at all; one in another language is kept and shown as unread.
    """
    return read_document(open_document(path, said_on=said_on), zone=zone, atlas=atlas, known=known, readers=readers)
