"""Plain ways to a skyline, for comparison: the strongest gradient by dynamic programming, and GrabCut alone."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.sky_evidence import small_copy

Floats = NDArray[np.float64]


def gradient_line(rgb: NDArray[np.uint8]) -> Floats:
    """Row of each column of the frame: the line of strongest vertical gradient, steps of a row costing a tenth of it.

    After Lie, Lin & Hung 2005, doi:10.1016/j.patrec.2004.08.019, on the copy that the proposal works on.
    """
    small = small_copy(rgb)
    light = cv2.GaussianBlur(small.lab[:, :, 0], (0, 0), 1.0)
    rise = np.abs(np.diff(light, axis=0))
    gain = rise / max(float(np.quantile(rise, 0.99)), 1e-6)
    rows, columns = gain.shape
    score, came = gain[:, 0].astype(np.float64), np.zeros((columns, rows), np.intp)
    reach = 8
    cost = 0.1 * np.abs(np.arange(-reach, reach + 1))
    for column in range(1, columns):
        options = (
            np.lib.stride_tricks.sliding_window_view(np.pad(score, reach, constant_values=-np.inf), 2 * reach + 1)
            - cost
        )
        taken = options.argmax(axis=1)
        came[column] = np.arange(rows) + taken - reach
        score = options[np.arange(rows), taken] + gain[:, column]
    line = np.empty(columns, np.intp)
    line[-1] = int(score.argmax())
    for column in range(columns - 1, 0, -1):
        line[column - 1] = came[column, line[column]]
    return _full(np.asarray(line + 1.0, np.float64), small.rgb.shape[:2], rgb.shape[:2])


def cut_line(rgb: NDArray[np.uint8]) -> Floats:
    """Row of each column: where GrabCut's sky, seeded by the frame's upper and lower parts, first ends from above."""
    small = small_copy(rgb)
    rows, columns = small.rgb.shape[:2]
    mask = np.full((rows, columns), cv2.GC_PR_BGD, np.uint8)
    mask[: rows // 2] = cv2.GC_PR_FGD
    mask[: max(1, rows // 20)], mask[-rows // 5 :] = cv2.GC_FGD, cv2.GC_BGD
    cv2.setRNGSeed(0)
    found, _, _ = cv2.grabCut(
        small.rgb, mask, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK
    )
    sky = np.isin(found, (cv2.GC_FGD, cv2.GC_PR_FGD))
    ends = np.where(sky.all(axis=0), rows, (~sky).argmax(axis=0))
    return _full(ends.astype(np.float64), (rows, columns), rgb.shape[:2])


def _full(line: Floats, small: tuple[int, ...], full: tuple[int, ...]) -> Floats:
    at = (np.arange(full[1]) + 0.5) * small[1] / full[1] - 0.5
    return np.interp(at, np.arange(small[1]), line) * full[0] / small[0]
