"""Small painted frames of hills under a sky, with the row of the skyline known to a fraction of a pixel."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

OVER = 4
"""Samples a pixel each way, so that edges fall between pixels as in a camera."""


def skyline_row(width: int, height: int, seed: int = 0) -> NDArray[np.float64]:
    """Row of the skyline in the middle of each column."""
    rng = np.random.default_rng(seed)
    x = (np.arange(width) + 0.5) / width
    row = np.full(width, 0.42)
    for octave in range(1, 6):
        row += 0.09 / octave**1.3 * np.sin(2 * np.pi * (octave * x + rng.random()))
    return row * height


def painted(
    width: int = 320, height: int = 200, seed: int = 0, noise: float = 2.0, rows: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """A blue sky that pales towards hills with grass-like grain."""
    rng = np.random.default_rng(seed + 1)
    line = skyline_row(width, height, seed) if rows is None else rows
    fine = np.interp((np.arange(width * OVER) + 0.5) / OVER, np.arange(width) + 0.5, line)
    down = (np.arange(height * OVER) + 0.5) / OVER
    level = (down / height)[:, None, None]
    sky = np.array([120.0, 165.0, 225.0]) * (1.0 - level) + np.array([205.0, 215.0, 225.0]) * level
    grain = cv2.resize(rng.normal(0.0, 1.0, (height, width)).astype(np.float32), (width * OVER, height * OVER))
    ground = np.array([70.0, 85.0, 45.0]) + 14.0 * grain[:, :, None]
    picture = np.where((down[:, None] < fine[None, :])[:, :, None], sky, ground)
    seen = picture.reshape(height, OVER, width, OVER, 3).mean(axis=(1, 3))
    return np.asarray(np.clip(np.rint(seen + rng.normal(0.0, noise, seen.shape)), 0, 255), np.uint8)
