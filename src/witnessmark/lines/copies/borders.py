"""Flat borders of a recording: letterbox and pillarbox bars that stay while the picture changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""Left, top, right, bottom [px]; right and bottom are the first column and row outside."""

FLAT_LEVELS = 2.5
"""Largest standard deviation, along a line and over time, of a line that holds no picture [grey levels]."""
BAR_LEVELS = 6.0
"""A bar is of one colour: largest difference of its lines' means to the outermost line's [grey levels]."""
LEAST_PICTURE = 0.25
"""Bars that would leave less than this share of the height or width are a plain picture, not bars."""


def picture_box(lumas: NDArray[np.uint8]) -> Box:
    """Where the picture lies inside its flat borders.

    A line belongs to a border when it is flat, of the outermost line's level, and stays so in all frames that show
    anything at all. Rows and columns are taken in turns until nothing more is found.

    Parameters
    ----------
    lumas : ndarray of uint8, shape (n, height, width)
        Frames of one recording, some time apart.

    Returns
    -------
    Box
    """
    _, height, width = lumas.shape
    left, top, right, bottom = 0, 0, width, height
    live = lumas[lumas.reshape(len(lumas), -1).std(axis=1) > 2 * FLAT_LEVELS]
    if len(live) < 1:
        return left, top, right, bottom
    for _ in range(3):
        before = (left, top, right, bottom)
        rows = _flat_lines(live[:, top:bottom, left:right])
        top, bottom = top + rows[0], bottom - rows[1]
        columns = _flat_lines(live[:, top:bottom, left:right].transpose(0, 2, 1))
        left, right = left + columns[0], right - columns[1]
        if (left, top, right, bottom) == before:
            break
    if right - left < LEAST_PICTURE * width or bottom - top < LEAST_PICTURE * height:
        return 0, 0, width, height
    return left, top, right, bottom


def _flat_lines(frames: NDArray[np.uint8]) -> tuple[int, int]:
    """How many lines at the start and at the end of axis 1 belong to a border."""
    means = frames.mean(axis=2, dtype=np.float32)
    flat = (frames.std(axis=2, dtype=np.float32).max(axis=0) < FLAT_LEVELS) & (means.std(axis=0) < FLAT_LEVELS)
    level = means.mean(axis=0)
    count = len(level)
    first = flat & (np.abs(level - level[0]) < BAR_LEVELS)
    last = (flat & (np.abs(level - level[-1]) < BAR_LEVELS))[::-1]
    return _run(first, count), _run(last, count)


def _run(flags: NDArray[np.bool_], count: int) -> int:
    """How many lines from the outside are flagged; a blurred line next to the picture goes with the bar."""
    run = count if flags.all() else int(np.argmin(flags))
    return 0 if run in (0, count) else min(run + 1, count - 1)
