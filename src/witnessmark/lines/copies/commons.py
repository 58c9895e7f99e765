"""Stretches of a query that many recordings show and then leave in different ways: material they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies import pdq
from witnessmark.lines.copies.candidates import LEAST_QUALITY
from witnessmark.lines.copies.codelines import distances
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.timeline import Line
from witnessmark.lines.copies.verdict import Checked

LONGEST_S = 8.0
"""Jingles, weather maps and the like are not longer."""
LEAST_RECORDINGS = 3
"""So many recordings of the library, each other footage beyond the stretch, make it shared material."""
COVERED = 0.7
"""A recording shows a stretch when it matches this share of it."""
OTHER_BITS = 60
"""From here on frame codes are those of other pictures (unrelated ones differ in 128 of 256 bits)."""
BEYOND_S = 4.0
"""Frame codes are followed for so long before and after a stretch."""
STEP_S = 0.5
NEAR_S = 0.6
"""Frame codes so far apart in time are still compared: both are sampled twice a second."""
EDGE_S = 0.5
"""So near its ends a stretch is not looked at: ends are told to about half a second."""
CUT_LEAST_BITS = 112
"""Less than this across an edge may be one shot that moves: there codes of real footage differed in 89 to 117 bits."""
CUT_BITS = 10
"""So much farther than codes within a stretch from one another are those across a cut."""
NEXT_CODES = 2
"""So many codes on either side of an edge are compared across it: a cut a second away is another one."""
LEAST_CODES = 2
LEAST_STRENGTH = 0.2
"""Proofs weaker than this do not make a recording one that shows the stretch."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A recording along the query's time."""

    recording: Fingerprint
    turned: bool
    line: Line

    def codes_at(self, times_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Query times [s] and codes, as the query shows them, of frames with something to hash near some times."""
        frames = self.recording.frames
        if not len(times_s) or not len(frames.times_s):
            return np.zeros(0), np.zeros((0, 32), np.uint8)
        at_s = (frames.times_s.astype(np.float64) - self.line.offset_s) / self.line.speed
        near = (at_s >= times_s[0] - STEP_S / 2) & (at_s <= times_s[-1] + STEP_S / 2)
        rows = np.flatnonzero(near & (frames.quality >= LEAST_QUALITY))
        codes = frames.codes[rows]
        return at_s[rows], pdq.mirrored(codes) if self.turned else codes


def shown_by_many(query: Fingerprint, found: Sequence[Checked], one: Checked, line: Line) -> bool:
    """Whether a stretch is material that many recordings share, so that it does not make the query a copy of one.

    It is when at least `LEAST_RECORDINGS` recordings of the library, this one among them, show it between cuts, and
    frame codes of any two of them are near within it and far on every side on which they go on. A recording in which
    the stretch goes on without a cut may be where it comes from, and recordings that go on alike are copies of one
    another: those matches stand. So does a query that is the stretch and nothing else.

    Parameters
    ----------
    query : Fingerprint
    found : sequence of Checked
        All that the query was compared with.
    one : Checked
        The one that is asked about.
    line : Line
        Its stretch.
    """
    if not 2 * EDGE_S < line.q1_s - line.q0_s <= LONGEST_S:
        return False
    sides = _sides(line)
    itself = Shown(query, False, Line(1.0, 0.0, line.q0_s, line.q1_s, 0.0))
    asked = Shown(one.reference, one.candidate.turned, line)
    sides = [side for side in sides if len(itself.codes_at(side)[0]) >= LEAST_CODES]
    if not sides or not _between_cuts(asked, line, sides) or _go_on_alike(itself, asked, sides):
        return False
    others = []
    for other in found:
        along = None if other.candidate.recording == one.candidate.recording else _along(other, line)
        if along is not None:
            shown = Shown(other.reference, other.candidate.turned, along)
            if _between_cuts(shown, line, sides) and _go_on_differently(asked, shown, line, sides):
                others.append(shown)
    return any(
        all(_go_on_differently(a, b, line, sides) for a, b in combinations(group, 2))
        for group in combinations(others, LEAST_RECORDINGS - 1)
    )


def _along(one: Checked, stretch: Line) -> Line | None:
    """The line along which a recording shows a stretch of the query."""
    proofs = one.laid.proofs if one.laid is not None else ()
    lines = [proof.line for proof in proofs if proof.strength >= LEAST_STRENGTH]
    if not proofs and one.codes is not None:
        lines.append(one.codes.core())
    if not proofs and one.featured is not None:
        lines.append(one.featured.codes.core())
    for line in lines:
        common = min(line.q1_s, stretch.q1_s) - max(line.q0_s, stretch.q0_s)
        if common >= COVERED * (stretch.q1_s - stretch.q0_s):
            return line
    return None


def _sides(line: Line) -> list[NDArray[np.float64]]:
    """Query times [s] before and after a stretch, ascending."""
    ahead = np.arange(EDGE_S, BEYOND_S + STEP_S / 2, STEP_S)
    return [line.q0_s - ahead[::-1], line.q1_s + ahead]


def _within(line: Line) -> NDArray[np.float64]:
    """Query times [s] surely within a stretch, ascending."""
    return np.arange(line.q0_s + EDGE_S, line.q1_s - EDGE_S + 1e-6, STEP_S)


def _apart(one: Shown, other: Shown, times_s: NDArray[np.float64]) -> float | None:
    """Median distance of frame codes at the same times [bits]; None where too few are there to compare."""
    (a_s, a), (b_s, b) = one.codes_at(times_s), other.codes_at(times_s)
    if len(a) < LEAST_CODES or len(b) < LEAST_CODES:
        return None
    near = np.abs(a_s[:, None] - b_s[None, :]) <= NEAR_S
    least = np.where(near, distances(a, b), 999).min(axis=1)
    met = least[least < 999]
    return float(np.median(met)) if len(met) >= LEAST_CODES else None


def _go_on_alike(one: Shown, other: Shown, sides: Sequence[NDArray[np.float64]]) -> bool:
    apart = [_apart(one, other, side) for side in sides]
    return any(bits is not None and bits < OTHER_BITS for bits in apart)


def _go_on_differently(one: Shown, other: Shown, line: Line, sides: Sequence[NDArray[np.float64]]) -> bool:
    """Whether codes say so: near within the stretch, else they tell nothing beyond it, and far wherever both go on."""
    within = _apart(one, other, _within(line))
    beyond = [bits for bits in (_apart(one, other, side) for side in sides) if bits is not None]
    return within is not None and within < OTHER_BITS and bool(beyond) and min(beyond) >= OTHER_BITS


def _between_cuts(one: Shown, line: Line, sides: Sequence[NDArray[np.float64]]) -> bool:
    """Whether a recording shows other pictures just beyond a stretch, on each side on which it goes on.

    Lively pictures change much without a cut: across a cut they change more than in as long within the stretch.
    """
    at_s, within = one.codes_at(_within(line))
    later_s = np.abs(at_s[:, None] - at_s[None, :])
    usual = distances(within, within)[
        (later_s >= 2 * EDGE_S - 0.1) & (later_s <= 2 * EDGE_S + (NEXT_CODES - 1) * 2 * STEP_S + 0.1)
    ]
    if not len(usual):
        return False
    least = max(CUT_LEAST_BITS, float(np.median(usual)) + CUT_BITS)
    told = False
    for side in sides:
        after = bool(side[0] > line.q1_s)
        beyond = one.codes_at(side[:NEXT_CODES] if after else side[-NEXT_CODES:])[1]
        if len(beyond) >= LEAST_CODES:
            across = distances(within[-NEXT_CODES:] if after else within[:NEXT_CODES], beyond)
            if float(np.median(across)) < least:
                return False
            told = True
    return told
