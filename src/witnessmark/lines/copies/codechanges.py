"""Whether frame codes of two recordings change alike: what moves in one moves in the other, in the same half second.

Codes of the same scene are near at all times, so being near proves a place. Which of their bits change from one half
second to the next depends on what happens just then, and does so in a captioned copy too, whose codes are far apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WINDOW = 5
"""A code is compared with the mean of so many before it, and of so many after it."""
LEAST_CHANGE = 4.0
"""Squared deviation from that mean below which nothing moves: two of 256 bits that differ from all the others."""
CHANCE, SURELY = 0.1, 0.4
"""Correlation of two deviations that still is chance, and from which it counts in full.

On 12 clips in development, codes of another moment of the same camera reached 0.23 at most over a stretch, and those of
copies 0.40 at least.
"""
SHIFTS_S = (-8.0, -5.0, -3.5, -2.5, -2.0, 2.0, 2.5, 3.5, 5.0, 8.0)
"""What changes alike at the wrong times as well is subtracted."""
MOST_STEP_S = 1.0


def alike_s(one: NDArray[np.uint8], other: NDArray[np.uint8], times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds for which each code changes like the one beside it.

    Parameters
    ----------
    one, other : ndarray of uint8, shape (n, 32)
        Codes of the same moments of two recordings, in order of time.
    times_s : ndarray of float64, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n,)
        0 for codes that do not; of three codes and fewer always.

    Notes
    -----
    The deviation is taken from the codes before and from those after, and the lower correlation counts: next to a cut
    from something shared to something else, only the side of the shared stretch would speak for it.
    """
    if len(times_s) <= 3:
        return np.zeros(len(times_s))
    signs = [2.0 * np.unpackbits(codes, axis=1).astype(np.float32) - 1.0 for codes in (one, other)]
    after = _correlation(*(values - _mean_ahead(values) for values in signs))
    before = _correlation(*(values - _mean_ahead(values[::-1])[::-1] for values in signs))
    least = np.minimum(after, before)
    least[:2], least[-2:] = after[:2], before[-2:]  # too few on the other side
    step_s = np.minimum(np.gradient(times_s), MOST_STEP_S)
    return np.asarray(step_s * np.clip((least - CHANCE) / (SURELY - CHANCE), 0.0, 1.0), dtype=np.float64)


def _mean_ahead(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of each row and of the next `WINDOW`."""
    count = len(values)
    sums = np.concatenate([np.zeros((1, values.shape[1]), np.float32), np.cumsum(values, axis=0)])
    start = np.arange(count)
    end = np.minimum(start + WINDOW + 1, count)
    return np.asarray((sums[end] - sums[start]) / (end - start)[:, None], dtype=np.float32)


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    a, b = (one * one).sum(axis=1), (other * other).sum(axis=1)
    moved = np.minimum(a, b) >= LEAST_CHANGE
    return np.where(moved, (one * other).sum(axis=1) / np.sqrt(np.maximum(a * b, 1e-9)), 0.0)
