"""Points of a reference found again in the box, under one geometry that holds over much of the reference."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.uniforms.looks import Floats, Floats32, Rgb

SIDE_PX = 224
"""Side to which a reference and what is laid under it are brought [px]."""
CONTRAST = 0.02
"""SIFT's contrast threshold; 0.04 is usual, but small footage is soft."""
POINTS = 400
RATIO = 0.85
"""A code must be this much nearer to its match than to the second best (Lowe 2004, section 7.1)."""
PLANE_PX = 6.0
"""How far a match may lie from where the homography puts it."""
FEWEST = 8
"""Fewer matches than this agree by chance."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """SIFT points of a picture of `SIDE_PX`, with RootSIFT codes.

    Attributes
    ----------
    xy_px : ndarray of float32, shape (n, 2)
    codes : ndarray of float32, shape (n, 128)
    """

    xy_px: Floats32
    codes: Floats32


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Matches that keep to one geometry.

    Attributes
    ----------
    matches_count : int
        Mutual best matches.
    ours_xy, theirs_xy : ndarray of float32, shape (k, 2)
        Those that keep to it, as shares of the picture.
    hull_share : float
        Of the reference, spanned by them.
    """

    matches_count: int
    ours_xy: Floats32
    theirs_xy: Floats32
    hull_share: float

    @property
    def inliers_count(self) -> int:
        """How many matches keep to the geometry."""
        return len(self.ours_xy)

    @property
    def inlier_share(self) -> float:
        """Of the matches."""
        return len(self.ours_xy) / self.matches_count if self.matches_count else 0.0


NOTHING = Held(0, np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32), 0.0)


def points_of(rgb: Rgb) -> Points:
    """Points of a picture, brought to `SIDE_PX`.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)

    Returns
    -------
    Points

    Notes
    -----
    SIFT: Lowe 2004, doi:10.1023/B:VISI.0000029664.99615.94. RootSIFT: Arandjelovic & Zisserman 2012,
    doi:10.1109/CVPR.2012.6248018.
    """
    way = cv2.INTER_AREA if max(rgb.shape[:2]) > SIDE_PX else cv2.INTER_CUBIC
    return found_points(np.asarray(cv2.resize(rgb, (SIDE_PX, SIDE_PX), interpolation=way), np.uint8), POINTS)


def found_points(rgb: Rgb, at_most: int) -> Points:
    """Points of a picture as large as it is, the strongest.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
    at_most : int

    Returns
    -------
    Points
    """
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    found, raw = cv2.SIFT.create(nfeatures=at_most, contrastThreshold=CONTRAST).detectAndCompute(grey, None)
    if raw is None or not len(found):
        return Points(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    codes = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-6))
    return Points(np.array([point.pt for point in found], np.float32), codes.astype(np.float32))


def held(ours: Points, theirs: Points) -> Held:
    """Matches of two pictures that keep to one homography.

    Parameters
    ----------
    ours, theirs : Points
        Of the box and of the reference.

    Returns
    -------
    Held

    Notes
    -----
    MAGSAC++: Barath et al. 2020, doi:10.1109/CVPR42600.2020.00138.
    """
    if min(len(ours.codes), len(theirs.codes)) < FEWEST:
        return NOTHING
    likeness = ours.codes @ theirs.codes.T
    best, back = likeness.argmax(axis=1), likeness.argmax(axis=0)
    rows = np.arange(len(best))
    top = likeness[rows, best]
    other = likeness.copy()
    other[rows, best] = -1.0
    clear = np.sqrt(np.maximum(2 - 2 * top, 0)) < RATIO * np.sqrt(np.maximum(2 - 2 * other.max(axis=1), 1e-9))
    index = np.flatnonzero(clear & (back[best] == rows))
    first, second = _once(ours.xy_px[index], theirs.xy_px[best[index]])
    if len(first) < FEWEST:
        return Held(len(first), first[:0], second[:0], 0.0)
    cv2.setRNGSeed(7)
    plane, inside = cv2.findHomography(first, second, cv2.USAC_MAGSAC, PLANE_PX, maxIters=2000, confidence=0.999)
    if plane is None or not _upright(np.asarray(plane, np.float64)):
        return Held(len(first), first[:0], second[:0], 0.0)
    keep = inside.ravel().astype(bool)
    share = 0.0
    if keep.sum() >= 3:
        share = float(cv2.contourArea(cv2.convexHull(second[keep]))) / SIDE_PX**2
    return Held(len(first), first[keep] / SIDE_PX, second[keep] / SIDE_PX, share)


def _once(first: Floats32, second: Floats32) -> tuple[Floats32, Floats32]:
    """Matches with each spot counted once: SIFT gives a point for every orientation."""
    cells = np.round(np.hstack([first, second])).astype(np.int64)
    _, index = np.unique(cells, axis=0, return_index=True)
    keep = np.sort(index)
    return first[keep], second[keep]


def _upright(plane: Floats) -> bool:
    """Whether a homography leaves what was laid over already nearly as it is: no mirror, no wild stretch."""
    square = np.array([[0, 0, 1], [SIDE_PX, 0, 1], [SIDE_PX, SIDE_PX, 1], [0, SIDE_PX, 1]], np.float64) @ plane.T
    if np.any(square[:, 2] <= 0):
        return False
    corners: NDArray[np.float32] = (square[:, :2] / square[:, 2:]).astype(np.float32)
    area = float(cv2.contourArea(corners, oriented=True)) / SIDE_PX**2
    return 0.4 < area < 2.5
