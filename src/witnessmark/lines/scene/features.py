"""Points of a view that can be found again from elsewhere and in other light, each with a code of its surroundings."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats32 = NDArray[np.float32]

POINTS = 1600
"""Points kept a view."""
CONTRAST = 0.015
"""SIFT's contrast threshold; 0.04 is usual, but hazy and dim ground has little contrast."""
CELLS = 8
"""The view is cut into this many cells a side, and the strongest points of each are kept, so that one textured corner
does not take them all."""
BAR_SPREAD_GREY, BAR_MEAN_GREY = 3.0, 28.0
"""A row or column at the edge darker and flatter than this is a bar, not a picture."""
EDGE_PX = 8.0
"""Points nearer to the picture's edge are left out: their surroundings are cut."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The points of one view.

    Attributes
    ----------
    at_s : float
    width_px, height_px : int
        Of the view.
    xy_px : ndarray of float32, shape (n, 2)
    size_px : ndarray of float32, shape (n,)
        Diameter of the surroundings.
    angle_rad : ndarray of float32, shape (n,)
    codes : ndarray of float32, shape (n, 128)
        Of unit length.
    box_px : tuple of int
        Left, top, right, bottom of the picture inside dark bars.
    """

    at_s: float
    width_px: int
    height_px: int
    xy_px: Floats32
    size_px: Floats32
    angle_rad: Floats32
    codes: Floats32
    box_px: tuple[int, int, int, int]

    def only(self, keep: NDArray[np.bool_]) -> Features:
        """The same view with some of its points."""
        return Features(
            self.at_s,
            self.width_px,
            self.height_px,
            self.xy_px[keep],
            self.size_px[keep],
            self.angle_rad[keep],
            self.codes[keep],
            self.box_px,
        )


def features_of(at_s: float, grey: Grey) -> Features:
    """Find points by SIFT and code them by RootSIFT.

    Parameters
    ----------
    at_s : float
    grey : ndarray of uint8, shape (height, width)

    Returns
    -------
    Features

    Notes
    -----
    SIFT: Lowe 2004, doi:10.1023/B:VISI.0000029664.99615.94. RootSIFT: Arandjelovic & Zisserman 2012,
    doi:10.1109/CVPR.2012.6248018.
    """
    height, width = grey.shape
    box = picture_box(grey)
    found, raw = cv2.SIFT.create(nfeatures=0, contrastThreshold=CONTRAST).detectAndCompute(grey, None)
    if raw is None or len(found) == 0:
        nothing = np.zeros((0,), np.float32)
        return Features(at_s, width, height, nothing.reshape(0, 2), nothing, nothing, nothing.reshape(0, 128), box)
    xy = np.array([point.pt for point in found], np.float32)
    response = np.array([point.response for point in found], np.float32)
    inside = (
        (xy[:, 0] >= box[0] + EDGE_PX)
        & (xy[:, 1] >= box[1] + EDGE_PX)
        & (xy[:, 0] <= box[2] - EDGE_PX)
        & (xy[:, 1] <= box[3] - EDGE_PX)
    )
    keep = _strongest(xy, response, inside, (width, height))
    codes = np.sqrt(raw[keep] / np.maximum(raw[keep].sum(axis=1, keepdims=True), 1e-6)).astype(np.float32)
    size = np.array([found[index].size for index in keep], np.float32)
    angle = np.radians(np.array([found[index].angle for index in keep], np.float32))
    return Features(at_s, width, height, xy[keep], size, angle, codes, box)


def picture_box(grey: Grey) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the picture without dark, flat bars.

    Examples
    --------
    >>> framed = np.zeros((40, 60), np.uint8)
    >>> framed[10:30] = np.arange(20)[:, None] * 12
    >>> picture_box(framed)
    (0, 11, 60, 30)
    """
    height, width = grey.shape
    rows = _content((grey.std(axis=1) > BAR_SPREAD_GREY) | (grey.mean(axis=1) > BAR_MEAN_GREY))
    columns = _content((grey.std(axis=0) > BAR_SPREAD_GREY) | (grey.mean(axis=0) > BAR_MEAN_GREY))
    if rows is None or columns is None:
        return 0, 0, width, height
    return columns[0], rows[0], columns[1], rows[1]


def _content(lively: NDArray[np.bool_]) -> tuple[int, int] | None:
    at = np.flatnonzero(lively)
    return None if at.size == 0 else (int(at[0]), int(at[-1]) + 1)


def _strongest(
    xy_px: Floats32, response: Floats32, inside: NDArray[np.bool_], size_px: tuple[int, int]
) -> NDArray[np.intp]:
    """The strongest points of each cell, one orientation a point, in their own order."""
    where = np.flatnonzero(inside)
    _, first = np.unique(xy_px[where], axis=0, return_index=True)
    where = where[np.sort(first)]
    cell = np.minimum((xy_px[where] / np.array(size_px, np.float32) * CELLS).astype(np.intp), CELLS - 1)
    number = cell[:, 1] * CELLS + cell[:, 0]
    order = np.lexsort((-response[where], number))
    rank = np.empty(len(where), np.intp)
    starts = np.searchsorted(number[order], np.arange(CELLS * CELLS))
    rank[order] = np.arange(len(where)) - starts[number[order]]
    best = np.lexsort((-response[where], rank))[:POINTS]
    return np.asarray(np.sort(where[best]), np.intp)
