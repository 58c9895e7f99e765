"""Binary local features: SIFT descriptors through a fixed projection, so that any two indexes compare."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

FEATURES_PER_FRAME = 128
DETECTED_PER_FRAME = 320
CONTRAST = 0.012
"""SIFT's contrast threshold; a third of its usual one, as plain walls and asphalt are footage too."""
CELLS = 8
"""Features are taken in turns from CELLS x CELLS cells of the frame, so that a logo does not take them all."""
SIZE_STEPS_PER_OCTAVE = 24
SIZE_ZERO = 1.0 / 512.0
"""Scale, as a share of the frame's longer side, that has the size byte 0."""
ANGLE_STEPS = 256
_SEED = 20220913


def _permutation() -> NDArray[np.intp]:
    """The order of SIFT's 4 x 4 x 8 bins in the mirrored picture: rows turned round, directions negated."""
    bins = np.arange(128).reshape(4, 4, 8)
    return bins[::-1][:, :, (-np.arange(8)) % 8].ravel()


MIRRORED_BINS = _permutation()


def _projection() -> NDArray[np.float32]:
    """The 128 directions a descriptor is projected on, in pairs that mirroring exchanges.

    Random directions (numpy's PCG64, fixed seed), rounded to multiples of 1/64 so that they are the same numbers
    everywhere, less their part along the shape all descriptors have in common: SIFT weights the middle of the patch,
    and its first direction is the patch's main one. Without that a bit would be nearly always 0 or nearly always 1.
    """
    cells = np.array([0.7, 1.0, 1.0, 0.7])
    directions = np.array([2.0, 1.1, 0.65, 0.6, 0.8, 0.6, 0.65, 1.1])
    common = (cells[:, None, None] * cells[None, :, None] * directions[None, None, :]).ravel()
    raw = np.random.Generator(np.random.PCG64(_SEED)).standard_normal((64, 128))
    rows = np.round(raw * 64) / 64
    rows -= np.outer(rows @ common, common) / (common @ common)
    return np.stack([rows, rows[:, MIRRORED_BINS]], axis=1).reshape(128, 128).astype(np.float32)


PROJECTION = _projection()


@dataclass(frozen=True, slots=True, eq=False)
class FrameFeatures:
    """Local features of one frame, strongest first: arrays as in `LocalFeatures`."""

    codes: NDArray[np.uint8]
    x: NDArray[np.uint16]
    y: NDArray[np.uint16]
    size: NDArray[np.uint8]
    angle: NDArray[np.uint8]


class Describer:
    """Finds and describes local features of grey frames."""

    def __init__(self) -> None:
        self._sift = cv2.SIFT.create(nfeatures=DETECTED_PER_FRAME, contrastThreshold=CONTRAST)

    def __call__(self, luma: NDArray[np.uint8], box: tuple[int, int, int, int]) -> FrameFeatures:
        """Features of a frame inside a box; positions are shares of the whole frame.

        Parameters
        ----------
        luma : ndarray of uint8, shape (height, width)
        box : (left, top, right, bottom) [px]

        References
        ----------
        Lowe 2004, doi:10.1023/B:VISI.0000029664.99615.94; square-rooted as in Arandjelovic and Zisserman 2012,
        doi:10.1109/CVPR.2012.6248018; signs of random projections as in Charikar 2002, doi:10.1145/509907.509965.
        """
        left, top, right, bottom = box
        inside = np.ascontiguousarray(luma[top:bottom, left:right])
        points, described = self._sift.detectAndCompute(inside, None) if min(inside.shape) >= 16 else ((), None)
        if described is None or not points:
            return _none()
        height, width = luma.shape
        place = np.array([(p.pt[0] + left, p.pt[1] + top, p.size, p.angle, p.response) for p in points])
        order = _spread(place[:, 0] / width, place[:, 1] / height, place[:, 4])
        place, described = place[order], described[order]
        return FrameFeatures(
            encode(described.astype(np.float32)),
            np.clip(np.round((place[:, 0] + 0.5) / width * 65535), 0, 65535).astype(np.uint16),
            np.clip(np.round((place[:, 1] + 0.5) / height * 65535), 0, 65535).astype(np.uint16),
            size_byte(place[:, 2] / max(height, width)),
            (np.round(place[:, 3] / 360.0 * ANGLE_STEPS).astype(np.int64) % ANGLE_STEPS).astype(np.uint8),
        )


def _none() -> FrameFeatures:
    empty8, empty16 = np.zeros(0, np.uint8), np.zeros(0, np.uint16)
    return FrameFeatures(np.zeros((0, 16), np.uint8), empty16, empty16, empty8, empty8)


def _spread(x: NDArray[np.float64], y: NDArray[np.float64], response: NDArray[np.float64]) -> NDArray[np.intp]:
    """The features to keep: the strongest of each cell, then the second of each, and so on."""
    cell = np.floor(y * CELLS).astype(np.int64) * CELLS + np.floor(x * CELLS).astype(np.int64)
    strongest = np.lexsort((x, y, -response))
    of_cell = cell[strongest]
    grouped = np.argsort(of_cell, kind="stable")
    starts = np.searchsorted(of_cell[grouped], of_cell[grouped], side="left")
    rank = np.empty(len(cell), dtype=np.int64)
    rank[grouped] = np.arange(len(cell)) - starts
    return strongest[np.argsort(rank, kind="stable")][:FEATURES_PER_FRAME]


def encode(descriptors: NDArray[np.float32]) -> NDArray[np.uint8]:
    """128-bit codes of SIFT descriptors of shape (n, 128): shape (n, 16)."""
    whole = descriptors.astype(np.float32)
    rooted = np.sqrt(whole / np.maximum(whole.sum(axis=1, keepdims=True), 1.0))
    packed: NDArray[np.uint8] = np.packbits(rooted @ PROJECTION.T > 0, axis=1)
    return packed


def mirrored(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Codes of the same features in the left-right mirrored picture: neighbouring bits change places.

    Parameters
    ----------
    codes : ndarray of uint8, shape (..., 16)

    Examples
    --------
    >>> mirrored(np.array([[0b10000001] * 16], dtype=np.uint8))[0, 0] == 0b01000010
    True
    """
    return ((codes & 0x55) << 1 | (codes & 0xAA) >> 1).astype(np.uint8)


def size_byte(share: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Scale as a byte, from a share of the frame's longer side."""
    steps = np.round(SIZE_STEPS_PER_OCTAVE * np.log2(np.maximum(share, 1e-9) / SIZE_ZERO))
    return np.clip(steps, 0, 255).astype(np.uint8)


def size_share(byte: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Scale as a share of the frame's longer side, from its byte."""
    return np.asarray(SIZE_ZERO * np.exp2(byte.astype(np.float64) / SIZE_STEPS_PER_OCTAVE))


def radians(angle: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Direction [rad], clockwise on the screen, from its byte."""
    return angle.astype(np.float64) * (2 * np.pi / ANGLE_STEPS)
