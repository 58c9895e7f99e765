"""A person's half minute of corrections, simulated: they see where the line is wrong and act there, worst first.

It takes `LOOK_S` to see it. A stroke takes `STROKE_S`, a snapped line `LINE_S` and `POINT_S` a point. The first thing
tried on a wrong stretch is a stroke on the ground or sky that was taken for the other, `STROKE_AWAY` beside the true
line; where that did not mend it, a line is drawn over it. Points are set with an error of `HAND_SHARE` of the longer
side. Where the air hides the skyline nothing is drawn. Edits go through the very functions a person's would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.correcting import Corrected, Edit, correct

Floats = NDArray[np.float64]

BUDGET_S, LOOK_S, STROKE_S, LINE_S, POINT_S = 30.0, 4.0, 3.0, 2.0, 1.0
STROKE_AWAY = 0.02
"""Of the frame's longer side."""
HAND_SHARE = 0.002
WRONG_SHARE = 1.0 / 120.0
SHORTEST_SHARE = 0.015
"""Stretches narrower than this share of the width are let be."""
SPACING_SHARE = 0.02
"""Points are set no nearer than this share of the width."""


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """What came of it."""

    corrected: Corrected
    edits: tuple[Edit, ...]
    spent_s: float


def half_minute(rgb: NDArray[np.uint8], truth: Floats, asked: NDArray[np.bool_], seed: int) -> Done:
    """Correct a frame as told above.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
    truth : ndarray of float64, shape (width,)
        True row of each column.
    asked : ndarray of bool, shape (width,)
        Columns in which a person sees the skyline.
    seed : int
    """
    rng = np.random.default_rng(seed)
    longer, width = max(rgb.shape[:2]), rgb.shape[1]
    edits: list[Edit] = []
    spent = LOOK_S
    found = correct(rgb, edits)
    stroked = np.zeros(width, bool)
    for _ in range(12):
        stretch = _worst(found.proposal.row_px, truth, asked, longer, width)
        if stretch is None:
            break
        low, high = stretch
        inside = slice(low, high)
        left = BUDGET_S - spent
        if not stroked[inside].any():
            if left < STROKE_S:
                break
            spent += STROKE_S
            stroked[inside] = True
            shown = np.nan_to_num(found.proposal.row_px[inside], nan=0.0)
            missed = float(np.median(shown - truth[inside])) > 0.0
            beside = truth[inside] + (STROKE_AWAY if missed else -STROKE_AWAY) * longer
            edits.append(Edit("ground" if missed else "sky", _through(beside, low, high, 6, rgb.shape[0], rng, longer)))
        else:
            count = min(int((left - LINE_S) / POINT_S), max(2, round((high - low) / (SPACING_SHARE * width))))
            if count < 2:
                break
            spent += LINE_S + count * POINT_S
            edits.append(Edit("line", _through(truth[inside], low, high, count, rgb.shape[0], rng, longer)))
        found = correct(rgb, edits)
    return Done(found, tuple(edits), spent)


def _worst(row: Floats, truth: Floats, asked: NDArray[np.bool_], longer: int, width: int) -> tuple[int, int] | None:
    """The widest stretch of columns that are wrong, small right bits in it forgiven."""
    wrong = asked & ~(np.abs(row - truth) <= WRONG_SHARE * longer)
    best: tuple[int, int] | None = None
    at = np.flatnonzero(wrong)
    if not len(at):
        return None
    gap = max(2, round(0.01 * width))
    cuts = np.flatnonzero(np.diff(at) > gap)
    firsts, lasts = at[np.concatenate([[0], cuts + 1])], at[np.concatenate([cuts, [len(at) - 1]])]
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        if last - first + 1 >= SHORTEST_SHARE * width and (best is None or last - first > best[1] - 1 - best[0]):
            best = first, last + 1
    return best


def _through(
    rows: Floats, low: int, high: int, count: int, height: int, rng: np.random.Generator, longer: int
) -> tuple[tuple[float, float], ...]:
    """Points along rows of the columns from `low` to `high`, with a hand's error."""
    x = np.linspace(low, high - 1, count)
    y = np.interp(x, np.arange(low, high), rows) + HAND_SHARE * longer * rng.standard_normal(count)
    return tuple((float(a) + 0.5, float(b)) for a, b in zip(x, np.clip(y, 0.0, float(height)), strict=True))
