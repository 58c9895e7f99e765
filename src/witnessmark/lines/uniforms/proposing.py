"""Boxes proposed to a person: where in a frame the points of a flat reference lie together; never a grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from witnessmark.lines.uniforms.comparing import Box, Ready
from witnessmark.lines.uniforms.limits import SMALLEST_PX
from witnessmark.lines.uniforms.looks import Rgb
from witnessmark.lines.uniforms.points import FEWEST, PLANE_PX, RATIO, SIDE_PX, Points, found_points
from witnessmark.lines.uniforms.references import FLAT

FRAME_PX = 1600
"""Longer side of the frame that is searched [px]."""
FRAME_POINTS = 4000
AGREE_SHARE = 0.35
"""Of the matches, those that keep to one geometry."""
AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Proposed:
    """A box that a person may accept.

    Attributes
    ----------
    box_px : tuple of int
        Left, top, width, height in the frame.
    because_of : str
        Label of the reference whose points lie there.
    points_count : int
    """

    box_px: Box
    because_of: str
    points_count: int


def proposed(rgb: Rgb, library: Sequence[Ready]) -> tuple[Proposed, ...]:
    """Boxes where points of a flat reference keep to one geometry, most points first; overlapping ones once.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
    library : sequence of Ready

    Returns
    -------
    tuple of Proposed
    """
    scale = min(1.0, FRAME_PX / max(rgb.shape[:2]))
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    frame = found_points(np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8), FRAME_POINTS)
    found = [_one(frame, one, scale, rgb.shape) for one in library if one.reference.kind in FLAT]
    made: list[Proposed] = []
    for each in sorted((one for one in found if one is not None), key=lambda one: (-one.points_count, one.because_of)):
        if all(_overlap(each.box_px, other.box_px) < 0.5 for other in made):
            made.append(each)
    return tuple(made[:AT_MOST])


def _one(frame: Points, one: Ready, scale: float, shape: tuple[int, ...]) -> Proposed | None:
    theirs = one.pointed()
    if min(len(frame.codes), len(theirs.codes)) < FEWEST:
        return None
    likeness = theirs.codes @ frame.codes.T  # the frame has many points, the reference few: the ratio is taken here
    best = likeness.argmax(axis=1)
    rows = np.arange(len(best))
    top = likeness[rows, best]
    likeness[rows, best] = -1.0
    clear = np.sqrt(np.maximum(2 - 2 * top, 0)) < RATIO * np.sqrt(np.maximum(2 - 2 * likeness.max(axis=1), 1e-9))
    if clear.sum() < FEWEST:
        return None
    cv2.setRNGSeed(7)
    plane, inside = cv2.findHomography(
        theirs.xy_px[clear], frame.xy_px[best[clear]], cv2.USAC_MAGSAC, PLANE_PX, maxIters=2000, confidence=0.999
    )
    if plane is None or inside.sum() < max(FEWEST, AGREE_SHARE * clear.sum()):
        return None
    square = np.array([[0, 0, 1], [SIDE_PX, 0, 1], [SIDE_PX, SIDE_PX, 1], [0, SIDE_PX, 1]], np.float64) @ plane.T
    if np.any(square[:, 2] <= 0):
        return None
    corners = (square[:, :2] / square[:, 2:] / scale).astype(np.float32)
    low = np.clip(corners.min(axis=0), 0, [shape[1], shape[0]])
    high = np.clip(corners.max(axis=0), 0, [shape[1], shape[0]])
    if not cv2.isContourConvex(corners) or min(high - low) < SMALLEST_PX:
        return None
    left, top_px, right, bottom = (round(float(value)) for value in (*low, *high))
    return Proposed((left, top_px, right - left, bottom - top_px), one.reference.label, int(inside.sum()))


def _overlap(one: Box, other: Box) -> float:
    """Area that two boxes share, over that of the smaller."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(0, width) * max(0, height) / min(one[2] * one[3], other[2] * other[3])
