"""What a line of inquiry is: it examines an item, answers one question, and says when it cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Appearance, Item
from witnessmark.hypotheses.likelihood import LogLikelihood
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.plain import Plain


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person drew or labelled on a frame or sound of an item.

    Attributes
    ----------
    id : str
    item : Sha256
    kind : str
        Such as "skyline", "shadow", "sky-label"; the line that reads it documents the body's fields.
    author : str
    at_pts_s : float or None
        Presentation time of the frame [s]; None for the whole item.
    body : mapping
        Pixel coordinates, errors and labels as plain values; pixels count from the top left of the upright frame.
    """

    id: str
    item: Sha256
    kind: str
    author: str
    at_pts_s: float | None
    body: Mapping[str, Plain]


Marks = tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class InputRef:
    """One thing a finding rests on: findings that share one are tempered when fused.

    Attributes
    ----------
    sha256 : Sha256
        Of the file, mark set or record.
    part : str
        Which part of it, such as "container metadata", "pictures", "sound", "appearances", "mark:m3".
    """

    sha256: Sha256
    part: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture a line draws to be looked at: PNG bytes, a file name and a caption."""

    name: str
    caption: str
    png: bytes
    shows_footage: bool
    """True when it holds frames of the item: public editions then blur it."""


@dataclass(frozen=True, slots=True)
class Abstention:
    """A line's honest "cannot tell". A value, not an exception."""

    line: str
    version: str
    reason: str
    what_would_help: str
    inputs: tuple[InputRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing seen, and what ordinary causes it has.

    Attributes
    ----------
    topic : str
        The line's own word for what it is about.
    notable : bool
        True when a careful reader should ask about it; never a judgement by itself.
    seen : str
        What was seen, neutral.
    innocent : str
        Ordinary causes, or why its absence means nothing.
    at_s : tuple of float
        Presentation times concerned [s].
    """

    topic: str
    notable: bool
    seen: str
    innocent: str
    at_s: tuple[float, ...] = ()


@runtime_checkable
class Observations(Protocol):
    """What a line saw: a frozen dataclass with units in its field names, which `to_plain` can turn into JSON.

    A field ``remarks : tuple of Remark`` is shown wherever the result is shown, also beside an abstention.
    """

    @property
    def inputs(self) -> tuple[InputRef, ...]:
        """What was looked at."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What a line weighed: reproducible from inputs, parameters, version and seed; superseded, never overwritten.

    Attributes
    ----------
    line, version, method : str
        Which line, its version, and the method in a few words.
    item : Sha256
    inputs : tuple of InputRef
    parameters : mapping
        Every number the result depends on that is not in the observations.
    seed : int
    log_likelihood : LogLikelihood
        Natural log [nats] over the hypotheses it was given.
    cap_nats : float
        Minus the log of the chance that the finding is beside the point, from the line's measured error rates; fusing
        leaves that share of the prior standing, whatever the finding says.
    observations : Plain
        The observations as plain values.
    statement : str
        What was found, one or two neutral sentences.
    limits : tuple of str
        What was not or cannot be checked, one sentence each.
    """

    line: str
    version: str
    method: str
    item: Sha256
    inputs: tuple[InputRef, ...]
    parameters: Mapping[str, Plain]
    seed: int
    log_likelihood: LogLikelihood
    cap_nats: float
    observations: Plain
    statement: str
    limits: tuple[str, ...]


def no_progress(done: float, what: str) -> None:
    """Progress reports that go nowhere."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a line may use while it observes; everything else it must not touch.

    Attributes
    ----------
    original : Path
        The preserved bytes, read-only; hand it to `witnessmark.media`, never decode it in this process.
    appearances : sequence of Appearance
        Known postings of the item, earliest first.
    seed : int
    providers : mapping of str to object
        What may be asked, by group and name: "elevation:folder", "fingerprints:case", "footage:case". One that has a
        method ``state() -> str`` says by it when what it holds has changed.
    progress : callable (done from 0 to 1, what is being done)
    """

    original: Path
    appearances: Sequence[Appearance] = ()
    seed: int = 20220913
    providers: Mapping[str, Any] = field(default_factory=dict)
    progress: Callable[[float, str], None] = no_progress


@runtime_checkable
class Line(Protocol):
    """A line of inquiry, registered in the entry-point group ``witnessmark.lines``.

    Attributes
    ----------
    name : str
        One lower-case word; also its folder and its docs page.
    version : str
        Raised whenever the same inputs may give other numbers.
    question : str
        The one question it answers, as a person would ask it.
    observations : type
        The frozen dataclass that `observe` gives; the desk keeps it as plain values and builds it again with
        `witnessmark.plain.from_plain` when it weighs, so every field must survive that.
    needs : frozenset of type
        What it cannot do without, such as `Mark` or an elevation provider's Protocol; empty for none.
    consults : frozenset of str
        Groups of providers it asks, such as "elevation" or "fingerprints"; when what they hold changes, it is run anew.
    references : tuple of str
        Papers and standards with DOI or section.
    """

    name: str
    version: str
    question: str
    observations: type
    needs: frozenset[type]
    consults: frozenset[str]
    references: tuple[str, ...]

    def observe(self, item: Item, marks: Marks, tools: Tools) -> Observations | Abstention:
        """Look at the item; abstain rather than guess. Never raises for hostile media."""
        ...

    def weigh(self, seen: Any, over: Hypotheses) -> Finding | Abstention:
        """Pure: turn what was seen into a log-likelihood over the hypotheses."""
        ...

    def draw(self, seen: Any) -> tuple[Picture, ...]:
        """Pictures a person checks the observation by; may be empty."""
        ...
