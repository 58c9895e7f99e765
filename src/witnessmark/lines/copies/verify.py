"""One candidate laid over the query: transforms tried, lines of time tried, and the best proof kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.agreement import Overlaid, change_table, overlay
from witnessmark.lines.copies.borders import picture_box
from witnessmark.lines.copies.candidates import Candidate, line_of_frames
from witnessmark.lines.copies.fingerprint import Fingerprint, Thumbnails
from witnessmark.lines.copies.geometry import Fit, Matched, fits, match_frames
from witnessmark.lines.copies.proof import Proof, prove
from witnessmark.lines.copies.timeline import Line, best_lines, voted_line

FRAME_PAIRS = 24
LEAST_SUPPORT = 7.0
"""Matched features in different places that a transform needs."""
LEAST_FRAME_VOTES = 1.2
MOST_PAIRS = 320 * 320
"""Thumbnail pairs compared at once; of longer recordings, a window around where most hits lie."""
WINDOW_S = 100.0
MOST_PROOF_S = 300.0
"""A line is proved over at most so long a stretch; beyond, frame codes extend it."""
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Verified:
    """What laying a candidate over the query showed.

    Attributes
    ----------
    recording : int
    turned : bool
    matrix : ndarray of float64, shape (3, 3)
        From reference to query as shares, after mirroring.
    fit : Fit or None
        None when the transform is that of the borders, not of local features.
    proofs : tuple of Proof
        Strongest first; empty where nothing changes alike.
    overlaid : Overlaid or None
    """

    recording: int
    turned: bool
    matrix: Matrix
    fit: Fit | None
    proofs: tuple[Proof, ...]
    overlaid: Overlaid | None

    @property
    def strength(self) -> float:
        """Of the strongest proof."""
        return max((proof.strength for proof in self.proofs), default=0.0)


def verify(query: Fingerprint, reference: Fingerprint, candidate: Candidate) -> Verified | None:
    """Lay a candidate over the query with thumbnails.

    Returns
    -------
    Verified or None
        None when no transform could be proposed, or either has no thumbnails.
    """
    if query.thumbnails is None or reference.thumbnails is None:
        return None
    if not len(query.thumbnails.times_s) or not len(reference.thumbnails.times_s):
        return None
    best: Verified | None = None
    for matrix, fit in transforms(query, reference, candidate):
        found = _laid(query.thumbnails, reference, candidate, matrix, fit)
        if found is not None and (best is None or found.strength > best.strength):
            best = found
    return best


def transforms(query: Fingerprint, reference: Fingerprint, candidate: Candidate) -> list[tuple[Matrix, Fit | None]]:
    """Transforms worth trying, those of local features first."""
    proposed: list[tuple[Matrix, Fit | None]] = []
    matched = matched_of(query, reference, candidate)
    if matched is not None:
        sizes = (query.width_px, query.height_px), (reference.width_px, reference.height_px)
        proposed += [(fit.matrix, fit) for fit in fits(matched, *sizes) if fit.support >= LEAST_SUPPORT]
    voted = line_of_frames(candidate, reference)
    if voted is not None and voted[0] >= LEAST_FRAME_VOTES and query.thumbnails and reference.thumbnails:
        straight = between_borders(query.thumbnails, reference.thumbnails, candidate.turned)
        if not any(_same(straight, matrix) for matrix, _ in proposed):
            proposed.append((straight, None))
    return proposed


def matched_of(query: Fingerprint, reference: Fingerprint, candidate: Candidate) -> Matched | None:
    """Matched local features of the frame pairs that share most hits."""
    local, theirs = query.features, reference.features
    if local is None or theirs is None or not len(candidate.feature_hits):
        return None
    q_frame = np.searchsorted(local.first, candidate.feature_hits[:, 0], side="right") - 1
    r_frame = np.searchsorted(theirs.first, candidate.feature_hits[:, 1], side="right") - 1
    pairs, counts = np.unique(np.stack([q_frame, r_frame], axis=1), axis=0, return_counts=True)
    pairs = pairs[np.argsort(-counts, kind="stable")]
    return match_frames(local, theirs, _varied(pairs)[:FRAME_PAIRS].astype(np.int64), candidate.turned)


def _varied(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs in turns by query frame, so that a few frames do not take all."""
    turn = np.zeros(len(pairs), np.int64)
    seen: dict[int, int] = {}
    for number, frame in enumerate(pairs[:, 0]):
        turn[number] = seen.get(int(frame), 0)
        seen[int(frame)] = int(turn[number]) + 1
    return np.asarray(pairs[np.argsort(turn, kind="stable")])


def between_borders(query: Thumbnails, reference: Thumbnails, turned: bool) -> Matrix:
    """The transform that lays the reference's picture, inside its borders, over the query's."""
    boxes = []
    for side in (query, reference):
        every = max(1, len(side.luma) // 60)
        height, width = side.luma.shape[1:]
        left, top, right, bottom = picture_box(side.luma[::every])
        boxes.append((left / width, top / height, right / width, bottom / height))
    (ql, qt, qr, qb), (rl, rt, rr, rb) = boxes
    if turned:
        rl, rr = 1.0 - rr, 1.0 - rl
    across, down = (qr - ql) / (rr - rl), (qb - qt) / (rb - rt)
    return np.array([[across, 0.0, ql - across * rl], [0.0, down, qt - down * rt], [0.0, 0.0, 1.0]])


def _same(one: Matrix, other: Matrix) -> bool:
    return bool(np.abs(one - other).max() < 0.02)


def _laid(
    query: Thumbnails, reference: Fingerprint, candidate: Candidate, matrix: Matrix, fit: Fit | None
) -> Verified | None:
    theirs = reference.thumbnails
    if theirs is None:
        return None
    q_part, r_part = query, theirs
    if len(query.times_s) * len(theirs.times_s) > MOST_PAIRS:
        q_part, r_part = _window(query, reference, theirs, candidate)
    overlaid = overlay(q_part, r_part, matrix, candidate.turned, candidate.marks)
    if overlaid is None:
        return None
    table = change_table(overlaid)
    lines = best_lines(table, overlaid.q_s, overlaid.r_s)
    if lines and all(abs(line.speed - 1.0) > 0.01 for line in lines):
        lines += best_lines(table, overlaid.q_s, overlaid.r_s, speeds=(1.0,), keep=1)
    if not lines:
        return Verified(candidate.recording, candidate.turned, matrix, fit, (), overlaid)
    if q_part is not query or r_part is not theirs:
        overlaid = _along(query, theirs, lines[0], matrix, candidate) or overlaid
    proofs = [proof for proof in (prove(overlaid, line) for line in lines) if proof is not None]
    proofs.sort(key=lambda proof: -proof.agreed_s * proof.quality)
    return Verified(candidate.recording, candidate.turned, matrix, fit, tuple(_apart(proofs)), overlaid)


def _apart(proofs: list[Proof]) -> list[Proof]:
    """Proofs of different stretches of the query; of two of the same one, the stronger."""
    kept: list[Proof] = []
    for proof in proofs:
        one = proof.line
        if all(min(one.q1_s, k.line.q1_s) - max(one.q0_s, k.line.q0_s) < 0.3 for k in kept):
            kept.append(proof)
    return kept


def _window(
    query: Thumbnails, reference: Fingerprint, theirs: Thumbnails, candidate: Candidate
) -> tuple[Thumbnails, Thumbnails]:
    """The parts of two long recordings where most hits lie."""
    times = _hit_times(reference, candidate, query)
    if times is None:
        return part(query, 0.0, WINDOW_S), part(theirs, 0.0, WINDOW_S)
    q_s, r_s, weight = times
    _, speed, offset_s = voted_line(q_s, r_s, weight, bin_s=2.0)
    near = np.abs(r_s - offset_s - speed * q_s) <= 2.0
    middle_s = float(np.median(q_s[near])) if near.any() else float(np.median(q_s))
    low, high = middle_s - WINDOW_S / 2, middle_s + WINDOW_S / 2
    low, high = max(low, float(query.times_s[0])), min(high, float(query.times_s[-1]))
    return part(query, low, high), part(theirs, offset_s + speed * low - 15.0, offset_s + speed * high + 15.0)


def _hit_times(
    reference: Fingerprint, candidate: Candidate, query: Thumbnails
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None:
    if not len(candidate.frame_hits):
        return None
    q_s, row, distance = candidate.frame_hits.T
    return q_s, reference.frames.times_s[row.astype(np.int64)].astype(np.float64), 44.0 - distance


def _along(query: Thumbnails, theirs: Thumbnails, line: Line, matrix: Matrix, candidate: Candidate) -> Overlaid | None:
    """Both recordings laid over one another along a line, as far as it leads and may be proved."""
    middle_s = (line.q0_s + line.q1_s) / 2
    low, high = middle_s - MOST_PROOF_S / 2, middle_s + MOST_PROOF_S / 2
    theirs = part(theirs, line.at(low) - 4.0, line.at(high) + 4.0)
    return overlay(part(query, low, high), theirs, matrix, candidate.turned, candidate.marks)


def part(thumbnails: Thumbnails, start_s: float, end_s: float) -> Thumbnails:
    """The thumbnails from one time to another; at least one."""
    start, end = np.searchsorted(thumbnails.times_s, [start_s, end_s + 1e-6])
    start = min(int(start), len(thumbnails.times_s) - 1)
    end = max(int(end), start + 1)
    return Thumbnails(thumbnails.times_s[start:end], thumbnails.luma[start:end])
