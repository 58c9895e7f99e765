"""What reading an article gives: the document as text with its facts, and proposals that index that text."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from witnessmark.claims.proposals import Proposal
from witnessmark.custody.hashes import Sha256


@dataclass(frozen=True, slots=True)
class Document:
    """A captured article as text.

    Attributes
    ----------
    sha256 : Sha256
        Of the captured bytes.
    name : str
        File name.
    kind : str
        "html", "pdf" or "text".
    text : str
        What proposals index; paragraphs parted by line breaks.
    title, outlet : str or None
    said_on : date or None
        The day it was written or published.
    said_on_from : str or None
        Where that day is from: "given", "page", "dateline".
    language : str or None
        ISO 639 code as letters and words suggest, "und" where they do not tell.
    unread : str or None
        Why nothing was read from it; None for a document that was read.
    notes : tuple of str
        What happened while it was turned into text.
    """

    sha256: Sha256
    name: str
    kind: str
    text: str
    title: str | None
    outlet: str | None
    said_on: dt.date | None
    said_on_from: str | None
    language: str | None
    unread: str | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A document and what was found in it; nothing counts before a person accepts it.

    Attributes
    ----------
    document : Document
    proposals : tuple of Proposal
        In the order of the text.
    questions : tuple of str
        What a person has to answer: a date that can be read in two ways, a place no gazetteer knows.
    """

    document: Document
    proposals: tuple[Proposal, ...]
    questions: tuple[str, ...]

    @property
    def text(self) -> str:
        """The text that `start` and `end` of every proposal index."""
        return self.document.text
