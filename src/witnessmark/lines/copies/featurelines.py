"""Tiers 1 and 2 without pictures: a line of time on which local features lie under one transform, and not beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.candidates import Candidate
from witnessmark.lines.copies.codelines import BESIDE_S, CodeLine
from witnessmark.lines.copies.fingerprint import Fingerprint, LocalFeatures
from witnessmark.lines.copies.geometry import REACH, Fit, match_frames
from witnessmark.lines.copies.timeline import Line, best_lines
from witnessmark.lines.copies.verify import transforms

MOST_QUERY_FRAMES, MOST_REFERENCE_FRAMES = 36, 72
"""Frames compared with one another, about where most hits lie."""
CHANCE = 4.0
"""So many features of a pair of frames fall under a transform by chance at most."""
SURELY = 12.0
"""From so many on a pair of frames surely shows the same."""
SPEEDS = (1.0, 1.25, 0.8, 1.1, 0.9, 1.5, 0.67)
"""Features are taken once a second: a line of half or double speed would hide in a shared opening of two."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureLine:
    """A line of time, what lies on it, and the transform under which it does.

    Attributes
    ----------
    codes : CodeLine
        In the same terms as a line of frame codes: ``agreed_s`` counts the seconds in which clearly more features lie
        on the line than beside it, ``moment`` is the share that does not lie beside it, ``mean_bits`` is 0.
    fit : Fit
    """

    codes: CodeLine
    fit: Fit


def feature_line(query: Fingerprint, reference: Fingerprint, candidate: Candidate) -> FeatureLine | None:
    """The best line through a candidate's local features; None where they lie under no transform."""
    if query.features is None or reference.features is None:
        return None
    proposed = [(matrix, fit) for matrix, fit in transforms(query, reference, candidate) if fit is not None]
    if not proposed:
        return None
    q_rows = _about(query.features, candidate.feature_hits[:, 0], MOST_QUERY_FRAMES)
    r_rows = _about(reference.features, candidate.feature_hits[:, 1], MOST_REFERENCE_FRAMES)
    grid = np.stack([np.repeat(q_rows, len(r_rows)), np.tile(r_rows, len(q_rows))], axis=1)
    matched = match_frames(query.features, reference.features, grid, candidate.turned)
    unit = np.array([query.width_px or 16, query.height_px or 9], np.float64)
    unit /= unit.max()
    best: FeatureLine | None = None
    for matrix, fit in proposed:
        placed = np.concatenate([matched.r, np.ones((len(matched.r), 1))], axis=1) @ matrix.T
        depth = np.where(np.abs(placed[:, 2:]) < 1e-9, 1e-9, placed[:, 2:])
        off = np.hypot(*(((placed[:, :2] / depth) - matched.q) * unit).T)
        counts = np.bincount(matched.pair[off <= REACH], minlength=len(grid)).reshape(len(q_rows), len(r_rows))
        found = _line(
            counts.astype(np.float32),
            query.features.times_s[q_rows].astype(np.float64),
            reference.features.times_s[r_rows].astype(np.float64),
        )
        if found is not None and (
            best is None or found.agreed_s * found.moment > best.codes.agreed_s * best.codes.moment
        ):
            best = FeatureLine(found, fit)
    return best


def _line(counts: NDArray[np.float32], q_s: NDArray[np.float64], r_s: NDArray[np.float64]) -> CodeLine | None:
    value = np.clip((counts - CHANCE) / (SURELY - CHANCE), -0.5, 1.0).astype(np.float32)
    lines = best_lines(value, q_s, r_s, SPEEDS, keep=1)
    if not lines:
        return None
    line: Line = lines[0]
    inside = (q_s >= line.q0_s - 1e-6) & (q_s <= line.q1_s + 1e-6)
    gap = np.abs(r_s[None, :] - (line.offset_s + line.speed * q_s[inside])[:, None])
    step_s = max(float(np.median(np.diff(r_s))), 0.5) if len(r_s) > 1 else 1.0
    on = np.where(gap <= 0.55 * step_s * max(line.speed, 1.0), counts[inside], 0.0).max(axis=1)
    beside = np.where(gap >= BESIDE_S, counts[inside], -1.0).max(axis=1)
    more = on.astype(np.float64) - np.maximum(beside, 0.0)  # what lies there at other times too proves no moment
    weight = np.clip((more - CHANCE) / (SURELY - CHANCE), 0.0, 1.0)
    compared = (beside >= 0.0) & (on > CHANCE)
    fewer = np.clip((on - np.maximum(beside, CHANCE)) / np.maximum(on, 1.0), 0.0, 1.0)
    each_s = np.minimum(np.gradient(q_s[inside]), 2.0) if inside.sum() > 1 else np.full(1, 0.5)
    return CodeLine(
        line,
        float((weight * each_s).sum()),
        float(fewer[compared].mean()) if compared.any() else 0.0,
        0.0,
        np.stack([q_s[inside], weight, np.zeros(int(inside.sum()))], axis=1),
    )


def _about(features: LocalFeatures, hits: NDArray[np.float64] | NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Frames with features, of many those about where most hits lie."""
    rows = np.flatnonzero(np.diff(features.first.astype(np.int64)) >= 2)
    if len(rows) <= most:
        return rows.astype(np.int64)
    frame = np.searchsorted(features.first, hits, side="right") - 1
    centre = int(np.searchsorted(rows, np.median(frame)))
    start = min(max(centre - most // 2, 0), len(rows) - most)
    return rows[start : start + most].astype(np.int64)
