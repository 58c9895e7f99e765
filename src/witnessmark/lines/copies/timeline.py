"""Lines of time through a table of agreement: which second of the reference is shown at which second of the query."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SPEEDS = (1.0, 1.25, 0.8, 1.1, 0.9, 1.5, 0.67, 2.0, 0.5)
"""Speeds tried first, in order of preference; the best is refined afterwards."""


@dataclass(frozen=True, slots=True)
class Line:
    """r = offset_s + speed x q, from q0_s to q1_s; `weight` is what was summed along it."""

    speed: float
    offset_s: float
    q0_s: float
    q1_s: float
    weight: float

    def at(self, q_s: float) -> float:
        """The reference time shown at a query time [s]."""
        return self.offset_s + self.speed * q_s


def best_lines(
    table: NDArray[np.float32],
    q_s: NDArray[np.float64],
    r_s: NDArray[np.float64],
    speeds: tuple[float, ...] = SPEEDS,
    keep: int = 3,
) -> list[Line]:
    """The lines with the largest sum over an unbroken stretch.

    Parameters
    ----------
    table : ndarray of float32, shape (n, m)
        Above zero where query frame and reference frame agree, below where they do not.
    q_s, r_s : ndarray of float64, shapes (n,), (m,)
        Frame times [s], ascending, roughly even.
    speeds : tuple of float
    keep : int
        How many lines, of different offset or speed.

    Returns
    -------
    list of Line
        Largest weight first; only lines with a weight above zero.

    Notes
    -----
    The largest sum over an unbroken stretch is the running sum less its lowest value so far (Bentley 1984,
    doi:10.1145/358234.381162), here for all offsets at once.
    """
    n, m = table.shape
    if n == 0 or m == 0:
        return []
    step_s = _step(r_s) if m > 1 else 0.25
    lines: list[Line] = []
    padded = np.concatenate([table, np.zeros((n, 1), np.float32)], axis=1)
    for speed in speeds:
        moved = speed * q_s
        low, high = r_s[0] - moved[-1], r_s[-1] - moved[0]
        offsets = np.arange(low, high + step_s / 2, step_s)
        wanted = moved[None, :] + offsets[:, None]
        column = np.clip(np.round((wanted - r_s[0]) / step_s), -1, m).astype(np.int64)
        column = _nearest(column, wanted, r_s, step_s)
        values = padded[np.arange(n)[None, :], column]
        sums = np.concatenate([np.zeros((len(offsets), 1), np.float32), np.cumsum(values, axis=1)], axis=1)
        gain = sums - np.minimum.accumulate(sums, axis=1)
        end = np.argmax(gain, axis=1)
        weight = gain[np.arange(len(offsets)), end]
        for k in _peaks(weight, keep):
            start = int(np.argmin(sums[k, : end[k] + 1]))
            if weight[k] > 0 and end[k] > start:
                lines.append(
                    Line(speed, float(offsets[k]), float(q_s[start]), float(q_s[end[k] - 1]), float(weight[k]))
                )
    return _distinct(sorted(lines, key=lambda line: -line.weight), keep)


def _step(times_s: NDArray[np.float64]) -> float:
    return max(float(np.median(np.diff(times_s))), 0.05)


def _nearest(
    column: NDArray[np.int64], wanted: NDArray[np.float64], r_s: NDArray[np.float64], step_s: float
) -> NDArray[np.int64]:
    """Columns by time where frames are not even; the last column where there is no frame near."""
    m = len(r_s)
    if np.abs(r_s - r_s[0] - step_s * np.arange(m)).max() > step_s / 2:
        right = np.clip(np.searchsorted(r_s, wanted), 1, m - 1) if m > 1 else np.zeros(wanted.shape, np.int64)
        column = np.where(np.abs(r_s[right - 1] - wanted) < np.abs(r_s[right] - wanted), right - 1, right)
        return np.where(np.abs(r_s[column] - wanted) <= step_s, column, m).astype(np.int64)
    return np.where((column < 0) | (column >= m), m, column)


def _peaks(weight: NDArray[np.float32], keep: int) -> list[int]:
    """The offsets with the largest weights, at least two steps apart."""
    chosen: list[int] = []
    for k in np.argsort(-weight, kind="stable")[: 6 * keep]:
        if all(abs(int(k) - other) > 2 for other in chosen):
            chosen.append(int(k))
        if len(chosen) == keep:
            break
    return chosen


def _distinct(lines: list[Line], keep: int) -> list[Line]:
    chosen: list[Line] = []
    for line in lines:
        middle = (line.q0_s + line.q1_s) / 2
        if all(
            abs(line.at(middle) - other.at(middle)) > 0.6 or abs(line.speed - other.speed) > 0.3 for other in chosen
        ):
            chosen.append(line)
        if len(chosen) == keep:
            break
    return chosen


def voted_line(
    q_s: NDArray[np.float64], r_s: NDArray[np.float64], weights: NDArray[np.float64], bin_s: float = 1.0
) -> tuple[float, float, float]:
    """The line most hits lie on: weight, speed and offset [s].

    Parameters
    ----------
    q_s, r_s, weights : ndarray of float64, shape (h,)
        One row a hit.
    bin_s : float
        Width of the offset bins; a hit counts in the two nearest, so that no edge splits a line.
    """
    best = (0.0, 1.0, 0.0)
    for speed in SPEEDS:
        offset = r_s - speed * q_s
        cell = np.floor(offset / (bin_s / 2)).astype(np.int64)
        low = int(cell.min())
        if int(cell.max()) - low > 4 * len(cell) + 1000:
            numbers, where = np.unique(cell, return_inverse=True)
            total = np.bincount(where, weights)
            follows = np.append(np.diff(numbers) == 1, False)
            total = total + np.where(follows, np.append(total[1:], 0.0), 0.0)
            k = int(np.argmax(total))
            weight, start = float(total[k]), int(numbers[k])
        else:
            total = np.bincount(cell - low, weights)
            total = total + np.append(total[1:], 0.0)
            k = int(np.argmax(total))
            weight, start = float(total[k]), low + k
        if weight > best[0] * 1.05:
            best = (weight, speed, (start + 1) * bin_s / 2)
    return best
