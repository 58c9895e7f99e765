"""The door for readers of one's own: a local model, or other rules, may add proposals, marked as theirs."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from witnessmark.claims.articles.records import Document
from witnessmark.claims.proposals import Proposal, Topic
from witnessmark.claims.records import Hedge
from witnessmark.errors import BadInputError, NotFoundError

GROUP = "witnessmark.claim_readers"


@dataclass(frozen=True, slots=True)
class Suggested:
    """A statement that a reader of one's own has found.

    Attributes
    ----------
    start, end : int
        The passage, in the text handed in.
    speaker : str
    about : Topic
    hedge : Hedge
    hedge_words : str or None
        Must stand in the passage.
    statement : str or None
        In indirect form; the passage itself where none is given.
    """

    start: int
    end: int
    speaker: str
    about: Topic
    hedge: Hedge = Hedge.ASSERTS
    hedge_words: str | None = None
    statement: str | None = None


class ClaimReader(Protocol):
    """Reads one text."""

    def read(self, text: str) -> Iterable[Suggested]:
        """Statements found in the text."""
        ...


@runtime_checkable
class ClaimReaderDoor(Protocol):
    """What an entry point of the group ``witnessmark.claim_readers`` names.

    Attributes
    ----------
    name, about : str
    """

    name: str
    about: str

    def open(self, path: Path) -> ClaimReader:
        """Open the model or rules at a path; nothing is fetched."""
        ...


def open_reader(name: str, path: Path) -> tuple[ClaimReader, str]:
    """A reader by the name it is registered under, and how its proposals are marked: name and hash of the file.

    Raises
    ------
    NotFoundError
        When no reader of that name is registered, or there is no such file.
    """
    doors = {point.name: point for point in importlib.metadata.entry_points(group=GROUP)}
    if name not in doors:
        known = ", ".join(sorted(doors)) or "none"
        raise NotFoundError(
            f"No claim reader is called '{name}'; installed: {known}.", "Install the package that brings it."
        )
    if not path.is_file():
        raise NotFoundError(f"There is no file '{path}'.", "Name the model's file.")
    door = doors[name].load()
    if not isinstance(door, ClaimReaderDoor):
        raise BadInputError(
            f"'{name}' is registered as a claim reader and is none.", "Update the package that brings it."
        )
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return door.open(path), f"{name} {digest}"


def suggested(reader: ClaimReader, mark: str, document: Document, already: Sequence[Proposal]) -> tuple[Proposal, ...]:
    """What a reader adds to the proposals that are there: sound ones that are not there yet.

    Parameters
    ----------
    reader : ClaimReader
    mark : str
        For `Proposal.found_by`.
    document : Document
    already : sequence of Proposal

    Raises
    ------
    BadInputError
        When a suggestion lies outside the text, or its hedge words are not in its passage.
    """
    text = document.text
    added: list[Proposal] = []
    for each in reader.read(text):
        if not 0 <= each.start < each.end <= len(text):
            raise BadInputError(f"The reader '{mark}' suggests a passage outside the text.", "Report it to its makers.")
        passage = text[each.start : each.end]
        if each.hedge_words is not None and each.hedge_words not in passage:
            raise BadInputError(
                f"The reader '{mark}' suggests hedge words that are not in the passage.", "Report it to its makers."
            )
        if any(_same(each, other) for other in (*already, *added)):
            continue
        key = f"{document.sha256}|{each.start}|{each.end}|{each.speaker}|{each.about.value}"
        added.append(
            Proposal(
                id="P-" + hashlib.sha256(key.encode("utf-8")).hexdigest()[:12],
                document=document.sha256,
                speaker=each.speaker,
                speaker_role=None,
                party=None,
                via=(),
                about=each.about,
                statement=each.statement or passage,
                passage=passage,
                start=each.start,
                end=each.end,
                hedge=each.hedge,
                hedge_words=each.hedge_words,
                quoted=False,
                time=None,
                place=None,
                count=None,
                unit=None,
                found_by=mark,
            )
        )
    return tuple(added)


def _same(each: Suggested, other: Proposal) -> bool:
    overlaps = each.start < other.end and each.end > other.start
    return overlaps and each.about is other.about and each.speaker.casefold() == other.speaker.casefold()
