"""Tier 1 alone: a line of time through near frame codes, and whether codes change alike along it and not beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies import pdq
from witnessmark.lines.copies.candidates import LEAST_QUALITY, Candidate
from witnessmark.lines.copies.codechanges import SHIFTS_S, alike_s
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.timeline import Line, best_lines

NEAR_BITS = 31
"""Frame codes up to this far apart are taken for the same picture, as the makers of the hash recommend."""
FAR_BITS = 80
"""From here on a code speaks against the line."""
SURELY = 0.6
"""Weight of a code that is surely near."""
ALIKE_S = 0.25
"""So much of its half second a code changes alike that belongs to the stretch."""
BESIDE_S = 2.0
CONTRAST_BITS = 10.0
"""So much nearer on the line than beside it, a code counts as nearer."""
MOST_CODES = 1200
TELLING_S = 1.0
"""Of less that changes alike, no line is preferred to another."""
CODE_S = 0.5
"""For so long a frame code stands."""


@dataclass(frozen=True, slots=True, eq=False)
class CodeLine:
    """A line of time on which frame codes are near.

    Attributes
    ----------
    line : Line
    agreed_s : float
        Seconds of query whose code is near the reference's at the time the line says.
    moment : float
        0 to 1: how much nearer codes are on the line than `BESIDE_S` and more beside it; a still scene gives 0.
    mean_bits : float
        Mean distance on the line.
    frames : ndarray of float64, shape (n, 3)
        Query time [s], weight from 0 to 1, and seconds for which it changes like the reference's, of each frame code
        of the stretch.
    by_chance_s : float
        Seconds for which the codes change alike when one recording is shifted in time.
    """

    line: Line
    agreed_s: float
    moment: float
    mean_bits: float
    frames: NDArray[np.float64]
    by_chance_s: float = 0.0

    @property
    def changed_s(self) -> float:
        """Seconds of query in which the codes change like the reference's, more than when shifted in time."""
        return max(0.0, float(self.frames[:, 2].sum()) - self.by_chance_s)

    def core(self) -> Line:
        """The line, from the first to the last frame code of the stretch that is surely near or changes alike."""
        q_s = self.frames[(self.frames[:, 1] >= SURELY) | (self.frames[:, 2] >= ALIKE_S), 0]
        return replace(self.line, q0_s=float(q_s[0]), q1_s=float(q_s[-1])) if len(q_s) else self.line

    def beside(self, line: Line) -> CodeLine:
        """The same without the frame codes of a shared stretch."""
        left = (self.frames[:, 0] < line.q0_s - 1e-6) | (self.frames[:, 0] > line.q1_s + 1e-6)
        kept = float(self.frames[left, 1].sum() / max(float(self.frames[:, 1].sum()), 1e-6))
        return replace(self, agreed_s=self.agreed_s * kept, frames=self.frames[left])


def code_line(query: Fingerprint, reference: Fingerprint, candidate: Candidate) -> CodeLine | None:
    """The best line through a candidate's frame codes; None where no code is near."""
    telling = np.flatnonzero(query.frames.quality >= LEAST_QUALITY)
    if min(len(telling), len(reference.frames.codes)) == 1:
        return _one_picture(query, reference, candidate)
    if len(candidate.frame_hits) < 2:
        return None
    rows = _middle(telling, query.frames.times_s, candidate)
    if len(rows) < 2:
        return None
    q_s = query.frames.times_s[rows].astype(np.float64)
    codes = query.frames.codes[rows]
    theirs = _reach(reference, candidate)
    r_s = reference.frames.times_s[theirs].astype(np.float64)
    ours = pdq.mirrored(codes) if candidate.turned else codes
    apart = distances(ours, reference.frames.codes[theirs])
    value = np.clip((FAR_BITS - apart.astype(np.float32)) / (FAR_BITS - NEAR_BITS + 8.0), -0.5, 1.0)
    known = reference.frames.codes[theirs]
    chosen = _chosen(value, ours, known, q_s, r_s)
    if chosen is None:
        return None
    line, changed_s = chosen
    inside = (q_s >= line.q0_s - 1e-6) & (q_s <= line.q1_s + 1e-6)
    gap = np.abs(r_s[None, :] - (line.offset_s + line.speed * q_s[inside])[:, None])
    on = np.where(gap <= _reach_s(line), apart[inside], 255).min(axis=1)
    beside = np.where(gap >= BESIDE_S, apart[inside], 255).min(axis=1)
    weight = np.clip((FAR_BITS - on.astype(np.float64)) / (FAR_BITS - NEAR_BITS + 8.0), 0.0, 1.0)
    compared = (beside < 255) & (weight > 0)
    nearer = np.clip((beside[compared].astype(np.float64) - on[compared]) / CONTRAST_BITS, 0.0, 1.0)
    step_s = np.minimum(np.gradient(q_s[inside]), 1.0) if inside.sum() > 1 else np.full(1, 0.5)
    near = on < 255
    by_chance_s = 0.0
    if changed_s.sum() >= TELLING_S:
        moved = (replace(line, offset_s=line.offset_s + shift_s) for shift_s in SHIFTS_S)
        by_chance_s = max(float(_changed_s(one, ours, known, q_s, r_s).sum()) for one in moved)
    return CodeLine(
        line,
        float((weight * step_s).sum()),
        float(nearer.mean()) if compared.any() else 0.5,
        float(on[near].mean()) if near.any() else 255.0,
        np.stack([q_s[inside], weight, changed_s[inside]], axis=1),
        by_chance_s,
    )


def _chosen(
    value: NDArray[np.float32],
    ours: NDArray[np.uint8],
    known: NDArray[np.uint8],
    q_s: NDArray[np.float64],
    r_s: NDArray[np.float64],
) -> tuple[Line, NDArray[np.float64]] | None:
    """The line along which most changes alike, to about a second, and among those the one with the nearest codes.

    A camera that stands still has near codes along many lines.
    """
    lines = best_lines(value, q_s, r_s)
    if lines and all(line.speed != 1.0 for line in lines):
        lines += best_lines(value, q_s, r_s, speeds=(1.0,), keep=1)
    laid = [(line, _changed_s(line, ours, known, q_s, r_s)) for line in lines]
    return max(laid, key=lambda one: round(float(one[1].sum()) / TELLING_S)) if laid else None


def _changed_s(
    line: Line,
    ours: NDArray[np.uint8],
    known: NDArray[np.uint8],
    q_s: NDArray[np.float64],
    r_s: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Seconds for which each of the query's codes changes like the reference's along a line."""
    rows, theirs = _together(line, q_s, r_s)
    found = np.zeros(len(q_s))
    found[rows] = alike_s(ours[rows], known[theirs], q_s[rows])
    return found


def _together(
    line: Line, q_s: NDArray[np.float64], r_s: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of query and reference along a line: to each of the query's the nearest of the reference's in time."""
    rows = np.flatnonzero((q_s >= line.q0_s - 1e-6) & (q_s <= line.q1_s + 1e-6))
    wanted = line.offset_s + line.speed * q_s[rows]
    right = np.clip(np.searchsorted(r_s, wanted), 1, max(len(r_s) - 1, 1))
    right = np.minimum(right, len(r_s) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(np.abs(r_s[left] - wanted) < np.abs(r_s[right] - wanted), left, right)
    met = np.abs(r_s[nearest] - wanted) <= _reach_s(line)
    return rows[met], nearest[met]


def _reach_s(line: Line) -> float:
    """Codes this near a line in time stand for the same moment [s]: both recordings are looked at twice a second."""
    return 0.3 * max(line.speed, 1.0)


def _one_picture(query: Fingerprint, reference: Fingerprint, candidate: Candidate) -> CodeLine | None:
    """Where one of the two is a still: the nearest moment of the other, when it is near; it proves no moment."""
    if not len(candidate.frame_hits):
        return None
    q_s, row, bits = (float(value) for value in candidate.frame_hits[int(np.argmin(candidate.frame_hits[:, 2]))])
    if bits > NEAR_BITS:
        return None
    line = Line(1.0, float(reference.frames.times_s[int(row)]) - q_s, q_s, q_s, 1.0)
    return CodeLine(line, CODE_S, 0.0, bits, np.array([[q_s, 1.0, 0.0]]))


def distances(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Hamming distances [bits] of codes of shapes (n, 32), (m, 32): shape (n, m)."""
    a, b = np.ascontiguousarray(one).view(np.uint64), np.ascontiguousarray(other).view(np.uint64)
    apart = np.zeros((len(a), len(b)), np.uint16)
    for column in range(a.shape[1]):
        apart += np.bitwise_count(a[:, None, column] ^ b[None, :, column])
    return apart


def _middle(rows: NDArray[np.intp], times_s: NDArray[np.float32], candidate: Candidate) -> NDArray[np.intp]:
    """Of a long query, the frame codes about where most hits lie."""
    if len(rows) <= MOST_CODES:
        return rows
    centre = int(np.searchsorted(times_s[rows], np.median(candidate.frame_hits[:, 0])))
    start = min(max(centre - MOST_CODES // 2, 0), len(rows) - MOST_CODES)
    return rows[start : start + MOST_CODES]


def _reach(reference: Fingerprint, candidate: Candidate) -> NDArray[np.intp]:
    """Of a long reference, the frame codes about where most hits lie."""
    every = np.arange(len(reference.frames.times_s))
    if len(every) <= 2 * MOST_CODES:
        return every
    hit = candidate.frame_hits[:, 1].astype(np.int64)
    cell = np.bincount(hit // MOST_CODES)
    start = max(int(np.argmax(cell)) * MOST_CODES - MOST_CODES // 2, 0)
    return every[start : start + 2 * MOST_CODES]
