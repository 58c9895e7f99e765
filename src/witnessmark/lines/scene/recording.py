"""Whether two pieces of footage look like the same recording: the same pictures at the same times under one warp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.scene.views import View

SIDE_PX = 96
PAIRS_MIN = 4
LIKE = 0.85
"""Correlation from which two pictures are one: what is left is coding, captions and a slightly different moment."""
SHARPER = 0.35
"""What two pictures of one moment differ by is at most this share of what they differ by from other moments."""
LASTS_S = 1.5
OTHER_S = 1.0
"""From this distance on, a moment is another one."""
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
        Of pictures of the same moment, 1 when equal.
    pairs_count : int
        Pairs of pictures it rests on.
    """

    start_s: float
    end_s: float
    offset_s: float
    correlation_ratio: float
    pairs_count: int


def same_recording(a: Sequence[View], b: Sequence[View], plane: NDArray[np.float64]) -> Alike | None:
    """Look for one offset in time at which the pictures of both are one under one warp, and at no other time.

    Every picture of `a` is warped into `b`. A fixed camera shows the same background at any time: then pictures of
    different moments are as alike as those of one, and nothing is found.

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
    mine = _levelled(np.stack([_warped(view, shrink @ plane, size)[cover] for view in a]))
    theirs = _levelled(np.stack([cv2.resize(view.grey, size, interpolation=cv2.INTER_AREA)[cover] for view in b]))
    times_a, times_b = np.array([view.at_s for view in a]), np.array([view.at_s for view in b])
    return _best_offset(np.asarray(mine @ theirs.T, np.float32), times_b[None, :] - times_a[:, None], times_a)


def _best_offset(alike: Floats32, apart_s: NDArray[np.float64], at_s: NDArray[np.float64]) -> Alike | None:
    best: Alike | None = None
    for offset_s in np.unique(np.round(apart_s[alike >= LIKE], 2)):
        near = np.abs(apart_s - offset_s) <= SAME_TIME_S
        other = np.abs(apart_s - offset_s) >= OTHER_S
        same = np.where(near, alike, -1.0).max(axis=1)
        usual = np.where(other, alike, 0.0).sum(axis=1) / np.maximum(other.sum(axis=1), 1)
        good = (same >= LIKE) & other.any(axis=1) & (1.0 - same <= SHARPER * (1.0 - usual))
        start, stop = _longest_run(good)
        count = int(good[start:stop].sum())
        if count < PAIRS_MIN or at_s[stop - 1] - at_s[start] < LASTS_S:
            continue
        likeness = float(np.mean(same[start:stop][good[start:stop]]))
        found = Alike(float(at_s[start]), float(at_s[stop - 1]), float(offset_s), likeness, count)
        if best is None or (found.pairs_count, found.correlation_ratio) > (best.pairs_count, best.correlation_ratio):
            best = found
    return best


def _longest_run(good: NDArray[np.bool_]) -> tuple[int, int]:
    """Half-open longest run of true in which single gaps are passed over."""
    bridged = good.copy()
    bridged[1:-1] |= good[:-2] & good[2:]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], bridged, [False]]).astype(np.int8))).reshape(-1, 2)
    if len(edges) == 0:
        return 0, 0
    start, stop = edges[int(np.argmax(edges[:, 1] - edges[:, 0]))]
    return int(start), int(stop)


def _levelled(pictures: NDArray[np.uint8]) -> Floats32:
    """Mean 0 and length 1, whatever the exposure; a flat picture is like nothing."""
    level = pictures.astype(np.float32)
    level -= level.mean(axis=1, keepdims=True)
    length = np.linalg.norm(level, axis=1, keepdims=True)
    flat = length < 2.0 * np.sqrt(level.shape[1])
    return np.asarray(np.where(flat, 0.0, level / np.maximum(length, 1e-6)), np.float32)


def _warped(view: View, plane: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
    soft = cv2.GaussianBlur(view.grey, (0, 0), 0.5 * max(view.grey.shape) / SIDE_PX)
    return np.asarray(cv2.warpPerspective(soft, plane, size, flags=cv2.INTER_LINEAR), np.uint8)
