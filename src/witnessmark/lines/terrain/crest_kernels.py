"""What a ray meets on fine ground: the highest crest near by and the highest beyond."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.kernels import compiled
from witnessmark.lines.terrain.march_kernels import bilinear

Floats = NDArray[np.float64]
Heights = NDArray[np.float32]
DEGREE = 57.29577951308232
NEAR_M = 600.0
"""Where near ends: from here on a model of 90 m knows which of two crests stands higher, about."""
HIDDEN = 0.1
"""A tangent this far below a near crest is not looked for behind it."""


@compiled
def height_at(
    near: Heights,
    near_at: tuple[float, float, float],
    far: Heights,
    far_at: tuple[float, float, float],
    split_m: float,
    x_m: float,
    y_m: float,
    away_m: float,
) -> float:
    """Height of the ground at a point, from the fine ground up to `split_m` away and from the wide one beyond."""
    if away_m < split_m:
        return float(bilinear(near, (x_m - near_at[0]) / near_at[2], (y_m - near_at[1]) / near_at[2]))
    return float(bilinear(far, (x_m - far_at[0]) / far_at[2], (y_m - far_at[1]) / far_at[2]))


@compiled
def look_round(
    near: Heights,
    near_at: tuple[float, float, float],
    far: Heights,
    far_at: tuple[float, float, float],
    highest_m: float,
    split_m: float,
    growth: float,
    x_m: float,
    y_m: float,
    eye_m: float,
    first_deg: float,
    step_deg: float,
    bend: float,
    crest_deg: Floats,
    range_m: Floats,
) -> None:
    """Elevations of the highest crests up to `NEAR_M` and beyond and their distances, with steps that grow.

    Parameters
    ----------
    near, far : ndarray of float32
        Fine ground, and wider ground from `split_m` on.
    near_at, far_at : tuple of float
        West and south of the first post and the spacing [m].
    highest_m : float
        Of all posts: no ray goes on when nothing can rise above what it has seen.
    growth : float
        A step as a share of the distance at the least.
    first_deg, step_deg : float
        Bearings in the grid.
    crest_deg, range_m : ndarray of float64, shape (2, n)
        Filled; NaN where nothing is known.
    """
    best, at_best, before, after = np.empty(2), np.empty(2), np.empty(2), np.empty(2)
    for k in range(crest_deg.shape[1]):
        azimuth = (first_deg + k * step_deg) / DEGREE
        east, north = np.sin(azimuth), np.cos(azimuth)
        best[:], at_best[:] = -np.inf, np.nan
        step = 0.7 * near_at[2]
        d = step
        while True:
            x, y = x_m + east * d, y_m + north * d
            if d >= split_m:
                column, row = (x - far_at[0]) / far_at[2], (y - far_at[1]) / far_at[2]
                if not (0.0 <= row <= far.shape[0] - 1 and 0.0 <= column <= far.shape[1] - 1):
                    break
            t = (height_at(near, near_at, far, far_at, split_m, x, y, d) - eye_m - bend * d * d) / d
            band = 0 if d < NEAR_M else 1
            if t > best[band]:
                best[band], at_best[band], before[band] = t, d, step
                after[band] = max(step, growth * d)
            elif band == 1 and (highest_m - eye_m - bend * d * d) / d < max(best[1], best[0] - HIDDEN):
                break
            step = max(0.7 * (near_at[2] if d < split_m else far_at[2]), growth * d)
            d += step
        for band in range(2):
            crest_deg[band, k], range_m[band, k] = np.nan, np.nan
            if at_best[band] != at_best[band]:
                continue
            top, at_top = best[band], at_best[band]
            for m in range(-3, 4):
                if m == 0:
                    continue
                d = at_best[band] + (m * 0.25) * (before[band] if m < 0 else after[band])
                h = height_at(near, near_at, far, far_at, split_m, x_m + east * d, y_m + north * d, d)
                t = (h - eye_m - bend * d * d) / d
                if t > top:
                    top, at_top = t, d
            crest_deg[band, k], range_m[band, k] = np.arctan(top) * DEGREE, at_top
