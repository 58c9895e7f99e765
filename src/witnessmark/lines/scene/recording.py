"""Whether two pieces of footage look like the same recording: the same changes at the same times under one warp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.scene.views import View

SIDE_PX = 96
PAIRS_MIN = 4
LIKE = 0.75
"""Correlation of what changes, at which two recordings are said to change alike."""
LASTS_S = 1.5
CHANGES_GREY = 1.5
"""Without this much change within the recordings there is nothing to tell them by."""
SAME_TIME_S = 0.26
"""Half a step of the sampling of `views.RATE_HZ`, and a little."""

Floats32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Alike:
    """A stretch in which both change alike.

    Attributes
    ----------
    start_s, end_s : float
        In the first recording.
    offset_s : float
        Time in the second minus time in the first.
    correlation_ratio : float
        Of the changes, 1 when equal.
    pairs_count : int
        Pairs of pictures it rests on.
    """

    start_s: float
    end_s: float
    offset_s: float
    correlation_ratio: float
    pairs_count: int


def same_recording(a: Sequence[View], b: Sequence[View], plane: NDArray[np.float64]) -> Alike | None:
    """Look for one offset in time at which the changes within both recordings agree under one warp.

    Every picture of `a` is warped into `b`; from both the mean picture of its recording is taken away, so that an
    unmoving background, which a fixed camera shows at any time, counts for nothing.

    Parameters
    ----------
    a, b : sequence of View
        Evenly sampled pictures, in order of time.
    plane : ndarray of float64, shape (3, 3)
        Homography from a to b [px of the views].

    Returns
    -------
    Alike or None
    """
    if min(len(a), len(b)) < PAIRS_MIN:
        return None
    height, width = b[0].grey.shape
    scale = SIDE_PX / max(height, width)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    shrink = np.diag([size[0] / width, size[1] / height, 1.0])
    cover = cv2.warpPerspective(np.full(a[0].grey.shape, 255, np.uint8), shrink @ plane, size) > 250
    if np.count_nonzero(cover) < 0.1 * cover.size:
        return None
    mine = np.stack([_warped(view, shrink @ plane, size)[cover] for view in a])
    theirs = np.stack([cv2.resize(view.grey, size, interpolation=cv2.INTER_AREA)[cover] for view in b])
    change_a, change_b = _changes(mine.astype(np.float32)), _changes(theirs.astype(np.float32))
    loud_a, loud_b = np.linalg.norm(change_a, axis=1), np.linalg.norm(change_b, axis=1)
    enough = CHANGES_GREY * np.sqrt(np.count_nonzero(cover))
    alike = np.asarray((change_a @ change_b.T) / np.maximum(np.outer(loud_a, loud_b), 1e-6), np.float32)
    lively = (loud_a[:, None] > enough) & (loud_b[None, :] > enough)
    apart = np.array([view.at_s for view in b])[None, :] - np.array([view.at_s for view in a])[:, None]
    return _best_offset(alike, lively, apart, np.array([view.at_s for view in a]))


def _best_offset(
    alike: Floats32, lively: NDArray[np.bool_], apart_s: NDArray[np.float64], at_s: NDArray[np.float64]
) -> Alike | None:
    best: Alike | None = None
    for offset_s in np.unique(np.round(apart_s[lively] / SAME_TIME_S) * SAME_TIME_S):
        near = lively & (np.abs(apart_s - offset_s) <= SAME_TIME_S)
        score = np.where(near, alike, -1.0).max(axis=1)
        rows = np.flatnonzero(near.any(axis=1))
        if len(rows) < PAIRS_MIN or at_s[rows[-1]] - at_s[rows[0]] < LASTS_S:
            continue
        good = rows[score[rows] >= LIKE]
        if len(good) < max(PAIRS_MIN, 0.5 * len(rows)) or at_s[good[-1]] - at_s[good[0]] < LASTS_S:
            continue
        found = Alike(
            float(at_s[good[0]]), float(at_s[good[-1]]), float(offset_s), float(np.median(score[good])), len(good)
        )
        if best is None or (found.pairs_count, found.correlation_ratio) > (best.pairs_count, best.correlation_ratio):
            best = found
    return best


def _changes(pictures: Floats32) -> Floats32:
    """What differs from the recording's mean picture, whatever the exposure: each picture is levelled first."""
    level = pictures - pictures.mean(axis=1, keepdims=True)
    level *= 50.0 / np.maximum(level.std(axis=1, keepdims=True), 4.0)
    return np.asarray(level - level.mean(axis=0), np.float32)


def _warped(view: View, plane: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
    soft = cv2.GaussianBlur(view.grey, (0, 0), 0.5 * max(view.grey.shape) / SIDE_PX)
    return np.asarray(cv2.warpPerspective(soft, plane, size, flags=cv2.INTER_LINEAR), np.uint8)
