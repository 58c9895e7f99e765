"""Where exactly, between pixels of the full frame, sky turns into ground along a line that is roughly known."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SMOOTH_PX = 1.0
STEEPEST = 3
"""Rows that the line may step from one column to the next."""
STEP_COST = 0.35
"""Of a row's step, in units of the window's strongest edge."""
LEAST_RISE = 1.5
"""An edge weaker than so many noises is none: the rough line then stands."""


def refine(rgb: NDArray[np.uint8], row_px: Floats, reach_px: int, *, pull: float = 0.0) -> tuple[Floats, Floats]:
    """Move a line to the edge that runs along it.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
    row_px : ndarray of float64, shape (width,)
        Rough line, continuous (the frame's upper edge is 0); NaN where there is none.
    reach_px : int
        How far up or down the edge may lie.
    pull : float
        What an edge loses, of the strongest nearby, when it lies that far off.

    Returns
    -------
    row_px : ndarray of float64, shape (width,)
        NaN where it was; the rough line where no edge stands out.
    sigma_px : ndarray of float64, shape (width,)
        Error of the edge as its width and the noise make it; NaN where no edge stands out.
    """
    height, width = rgb.shape[:2]
    known = np.isfinite(row_px)
    sigma = np.full(width, np.nan)
    if not known.any():
        return row_px.copy(), sigma
    reach = max(1, int(reach_px))
    middle = np.rint(np.where(known, row_px, 0.0)).astype(np.intp)
    offset = np.arange(-reach - 3, reach + 4)
    rows = np.clip(middle[None, :] + offset[:, None], 0, height - 1)
    strip = rgb[rows, np.arange(width)[None, :]].astype(np.float32)
    soft = cv2.GaussianBlur(strip, (0, 0), sigmaX=SMOOTH_PX, sigmaY=SMOOTH_PX)
    # The colour that changes across the line here: from what lies above the window to what lies below it.
    change = cv2.blur(soft[-3:].mean(axis=0)[None] - soft[:3].mean(axis=0)[None], (31, 1))[0]
    axis = change / np.maximum(np.linalg.norm(change, axis=1, keepdims=True), 1.0)
    shade = np.einsum("rwc,wc->rw", soft, axis)
    # Rise across the border below row i of the window.
    rise = np.maximum(shade[1:] - shade[:-1], 0.0)[2:-3]
    border = middle[None, :] + offset[3:-3][:, None]
    rise[(border < 1) | (border > height - 1)] = 0.0
    noise = float(np.median(np.abs(np.diff(shade[:3], axis=0)))) / 0.6745 + 0.3
    taken = _run_along(rise, middle, known, noise, pull)
    peak = rise[taken, np.arange(width)]
    found = known & (peak > LEAST_RISE * noise)
    fine, spread = _between(rise, taken)
    row = np.where(found, middle + offset[3:-3][taken] + fine, row_px)
    sigma[found] = np.hypot(0.15, spread * np.minimum(noise / np.maximum(peak, 1e-6), 1.0) * 2.0)[found]
    return row, sigma


def _run_along(
    rise: Floats, middle: NDArray[np.intp], known: NDArray[np.bool_], noise: float, pull: float
) -> NDArray[np.intp]:
    """Index of the edge in each column: the strongest run with small steps (dynamic programming)."""
    count, width = rise.shape
    top = np.maximum(cv2.blur(rise.max(axis=0)[None].astype(np.float32), (61, 1))[0], 2.0 * noise)
    gain = np.minimum(rise / top, 1.5)
    gain -= pull * np.square(np.linspace(-1.0, 1.0, count))[:, None]
    gain[:, ~known] = 0.0
    steps = np.arange(-STEEPEST, STEEPEST + 1)
    came = np.zeros((width, count), np.intp)
    score = gain[:, 0].copy()
    index = np.arange(count)
    for column in range(1, width):
        shift = int(middle[column] - middle[column - 1]) if known[column] and known[column - 1] else 0
        before = index[:, None] + shift + steps
        inside = (before >= 0) & (before < count)
        options = np.where(inside, score[np.clip(before, 0, count - 1)] - STEP_COST * np.abs(steps), -np.inf)
        best = options.argmax(axis=1)
        value = options[index, best]
        fresh = ~np.isfinite(value)
        came[column] = np.where(fresh, int(score.argmax()), before[index, best])
        score = np.where(fresh, score.max() - STEP_COST * (STEEPEST + 1), value) + gain[:, column]
    taken = np.empty(width, np.intp)
    taken[-1] = int(score.argmax())
    for column in range(width - 1, 0, -1):
        taken[column - 1] = came[column, taken[column]]
    return taken


def _between(rise: Floats, taken: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Offset of a parabola's top through the edge and its neighbours, and the edge's width [px]."""
    count, width = rise.shape
    columns = np.arange(width)
    here = rise[taken, columns]
    left = rise[np.maximum(taken - 1, 0), columns]
    right = rise[np.minimum(taken + 1, count - 1), columns]
    bend = 2.0 * here - left - right
    fine = np.where(bend > 1e-6, 0.5 * (right - left) / np.maximum(bend, 1e-6), 0.0)
    spread = np.sqrt(np.maximum(here, 1e-6) / np.maximum(bend, 1e-6))
    return np.clip(fine, -0.5, 0.5), np.clip(spread, 0.5, 4.0)
