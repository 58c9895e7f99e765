"""What a picture of something worn looks like in small: its colours and shapes laid out, its background made light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
Floats32 = NDArray[np.float32]
Floats = NDArray[np.float64]

FINE_PX = 48
"""Side of the small picture in which two are laid over one another [px]."""
COARSE_PX = 16
"""Side of the smaller one by which a shortlist is made [px]."""
LUMA_WEIGHT = 0.6
"""Light and folds change brightness more than colour: L* counts this much beside a* and b*."""
SOFT_PX = (0.0, 1.0, 2.0)
"""How much a reference is softened to be as unsharp as the footage [px of `FINE_PX`]."""
GROUND_WEIGHT = 0.2
"""What a reference was photographed on counts this much."""
GROUND_APART = 9.0
"""Distance in L*a*b* within which a corner's colour goes on as the same ground."""
GROUND_SHARE = (0.02, 0.7)
"""A ground that covers less is none; one that covers more is the field of the emblem itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A picture brought to one size.

    Attributes
    ----------
    fine : ndarray of float32, shape (FINE_PX, FINE_PX, 3)
        L*a*b* (CIE 1976), L* times `LUMA_WEIGHT`.
    weight : ndarray of float32, shape (FINE_PX, FINE_PX)
        1 on the emblem, `GROUND_WEIGHT` on what lies around it.
    softened : tuple of ndarray of float32, shape (FINE_PX, FINE_PX, 3)
        `fine` as unsharp as footage may be, by each of `SOFT_PX`.
    """

    fine: Floats32
    weight: Floats32
    softened: tuple[Floats32, ...]


def lab_of(rgb: Rgb) -> Floats32:
    """L*a*b* (CIE 1976, D65) of an RGB picture, L* times `LUMA_WEIGHT`.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)

    Returns
    -------
    ndarray of float32, shape (height, width, 3)
    """
    lab = np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB), np.float32)
    lab[:, :, 0] *= LUMA_WEIGHT
    return lab


def look_of(rgb: Rgb) -> Look:
    """The look of a reference; what lies around the emblem is found by itself.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)

    Returns
    -------
    Look
    """
    lab = lab_of(_sized(rgb, FINE_PX))
    softened = [
        lab if sigma == 0.0 else np.asarray(cv2.GaussianBlur(lab, (0, 0), sigma), np.float32) for sigma in SOFT_PX
    ]
    return Look(lab, np.where(ground_of(lab), GROUND_WEIGHT, 1.0).astype(np.float32), tuple(softened))


def ground_of(lab: Floats32) -> NDArray[np.bool_]:
    """Where a picture shows what the emblem lies on: what goes on from the corners, of which three are alike at least.

    A colour that goes round the whole rim is ground only where the emblem is round or pointed, which cannot be known:
    ground is therefore made light, never left out.

    Parameters
    ----------
    lab : ndarray of float32, shape (height, width, 3)

    Returns
    -------
    ndarray of bool, shape (height, width)
    """
    height, width = lab.shape[:2]
    seeds = ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1))
    colours = np.array([lab[y, x] for x, y in seeds])
    like_first = np.abs(colours[None] - colours[:, None]).max(axis=2) <= GROUND_APART
    first = int(like_first.sum(axis=1).argmax())
    ground = np.zeros((height + 2, width + 2), np.uint8)
    flags = 4 | (1 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    if like_first[first].sum() < 3:  # a cloth shows in three corners at least; a flag's fields do not
        return np.zeros((height, width), bool)
    for (x, y), like in zip(seeds, like_first[first], strict=True):
        if like and not ground[y + 1, x + 1]:
            cv2.floodFill(lab.copy(), ground, (x, y), (0.0, 0.0, 0.0), (GROUND_APART,) * 3, (GROUND_APART,) * 3, flags)
    found = ground[1:-1, 1:-1].astype(bool)
    share = float(found.mean())
    return found if GROUND_SHARE[0] <= share <= GROUND_SHARE[1] else np.zeros_like(found)


def coarse_of(fine: Floats32, weight: Floats32) -> tuple[Floats32, Floats32]:
    """A look in `COARSE_PX`, as one row: values and weights.

    Returns
    -------
    values : ndarray of float32, shape (COARSE_PX ** 2 * 3,)
    weights : ndarray of float32, shape (COARSE_PX ** 2 * 3,)
    """
    size = (COARSE_PX, COARSE_PX)
    values = cv2.resize(fine, size, interpolation=cv2.INTER_AREA)
    weights = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    return np.asarray(values.reshape(-1), np.float32), np.asarray(np.repeat(weights.reshape(-1), 3), np.float32)


def _sized(rgb: Rgb, side_px: int) -> Rgb:
    way = cv2.INTER_AREA if max(rgb.shape[:2]) >= side_px else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (side_px, side_px), interpolation=way), np.uint8)
