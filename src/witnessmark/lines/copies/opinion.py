"""A second opinion on two recordings by a learned descriptor, beside the ordinary verdict and never in its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.descriptor import (
    DescribedLine,
    DescriptorFacts,
    described_line,
    normalised,
    standing_out,
)
from witnessmark.lines.copies.records import Match, Stretch

LEAST_AGREED_S = 2.0
"""Of less than this many seconds nothing is said, as of a match by what moves."""
SAME_LINE_S = 1.0
"""Two lines of time this near to one another are the same: twice the step at which pictures are described."""

Agreement = Literal["same stretch", "another stretch", "descriptor only", "verdict only", "neither"]
Measure = Literal["unrelated recordings", "the reference's other moments"]


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """A recording's pictures as vectors.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n,)
        Presentation times, ascending.
    vectors : ndarray of float32, shape (n, d)
        Of length 1.
    """

    times_s: NDArray[np.float64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a learned descriptor finds in common between two recordings.

    Attributes
    ----------
    file : str
        Name of the model's file, without its folder.
    sha256, licence : str
    side_px : int
    measured_against : str
        What similarities are normalised by.
    agreement : str
        How it stands to the ordinary verdict.
    words : str
        The same in a sentence.
    q0_s, q1_s, r0_s, r1_s, speed : float or None
        The line of time it finds; None where it finds none.
    mirrored : bool
        The query's pictures were exchanged left and right for it.
    similarity : float or None
        Mean normalised similarity along the line; from `descriptor.LEAST_NORMALISED` on pictures speak for one another.
    agreed_s : float
        Seconds of the query that agree along it.
    moment : float or None
        How much less the same pictures agree beside the line, from 0 (as much: a place) to 1 (a moment).
    """

    file: str
    sha256: str
    licence: str
    side_px: int
    measured_against: Measure
    agreement: Agreement
    words: str
    q0_s: float | None
    q1_s: float | None
    r0_s: float | None
    r1_s: float | None
    speed: float | None
    mirrored: bool
    similarity: float | None
    agreed_s: float
    moment: float | None


def opinion(
    facts: DescriptorFacts,
    match: Match | None,
    query: Described,
    mirrored: Described,
    reference: Described,
    background: NDArray[np.float32],
) -> Opinion:
    """Look for a line of time through the similarities and say how it stands to the ordinary verdict.

    Parameters
    ----------
    facts : DescriptorFacts
    match : Match or None
        The ordinary verdict. It is read and never changed.
    query, mirrored, reference : Described
        `mirrored` is the query with left and right exchanged.
    background : ndarray of float32, shape (b, d)
        Pictures that show neither; without any, similarities are measured against the reference's other moments.
    """
    found: DescribedLine | None = None
    flipped = False
    for turned, described in ((False, query), (True, mirrored)):
        line = _line(described, reference, background)
        if line is not None and (found is None or line.line.weight > found.line.weight):
            found, flipped = line, turned
    if found is not None and found.agreed_s < LEAST_AGREED_S:
        found = None
    agreement = _agreement(match, found)
    along = None if found is None else found.line
    return Opinion(
        file=PurePath(facts.path).name,
        sha256=facts.sha256,
        licence=facts.licence,
        side_px=facts.side_px,
        measured_against="unrelated recordings" if len(background) else "the reference's other moments",
        agreement=agreement,
        words=_words(agreement, match),
        q0_s=None if along is None else along.q0_s,
        q1_s=None if along is None else along.q1_s,
        r0_s=None if along is None else along.at(along.q0_s),
        r1_s=None if along is None else along.at(along.q1_s),
        speed=None if along is None else along.speed,
        mirrored=found is not None and flipped,
        similarity=None if found is None else found.similarity,
        agreed_s=0.0 if found is None else found.agreed_s,
        moment=None if found is None else found.moment,
    )


def _line(query: Described, reference: Described, background: NDArray[np.float32]) -> DescribedLine | None:
    if not len(query.vectors) or not len(reference.vectors):
        return None
    if len(background):
        scores = normalised(query.vectors, reference.vectors, background)
    else:
        scores = standing_out(query.vectors, reference.vectors)
    return described_line(scores, query.times_s, reference.times_s)


def _agreement(match: Match | None, found: DescribedLine | None) -> Agreement:
    pictures = match is not None and match.relation != "same-sound" and bool(match.stretches)
    if found is None:
        return "verdict only" if pictures else "neither"
    if match is None or not pictures:
        return "descriptor only"
    return "same stretch" if any(_same(stretch, found) for stretch in match.stretches) else "another stretch"


def _same(stretch: Stretch, found: DescribedLine) -> bool:
    """Whether both lines of time say the same in the middle of what they have in common."""
    start_s, end_s = max(stretch.q0_s, found.line.q0_s), min(stretch.q1_s, found.line.q1_s)
    middle_s = (start_s + end_s) / 2.0
    told_s = stretch.r0_s + stretch.speed * (middle_s - stretch.q0_s)
    return end_s > start_s and abs(told_s - found.line.at(middle_s)) <= SAME_LINE_S


def _words(agreement: Agreement, match: Match | None) -> str:
    if agreement == "neither":
        return "The descriptor finds no stretch in common either."
    if agreement == "verdict only":
        return (
            "The descriptor finds no stretch in common. It may be blind to this change, or to pictures that hardly "
            "differ from one moment to the next; look at the pictures."
        )
    if agreement == "descriptor only":
        return (
            "The descriptor finds a stretch of like pictures where the comparison of what moves finds none. That does "
            "not make it a copy; look at that stretch."
        )
    if agreement == "another stretch":
        return "The descriptor finds another stretch than the comparison of what moves; look at both."
    if match is not None and match.relation == "copy":
        return "The descriptor finds the same stretch."
    return "The descriptor finds the same stretch; that does not make it a copy, as like pictures may be of one place."
