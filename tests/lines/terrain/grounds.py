"""Made grounds with closed forms, and the slow and plain way to find a horizon."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.providers.contract import Elevations
from witnessmark.lines.terrain.ground import Ground, Window, effective_radius_m

Floats = NDArray[np.float64]
Shape = Callable[[Floats, Floats], Floats]
CRS = "+proj=tmerc +lat_0=45 +lon_0=7 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"


def ground(height_m: NDArray[np.floating], spacing_m: float = 50.0) -> Ground:
    """Posts as given, row 0 in the south, the first at the origin; the region is all of it."""
    held = np.ascontiguousarray(height_m, np.float32)
    return Ground(CRS, spacing_m, 0.0, 0.0, held, np.zeros(held.shape, bool), Window(0, 0, *held.shape), 45.0, 7.0)


def shaped(shape: Shape, rows: int, columns: int, spacing_m: float = 50.0) -> Ground:
    """Posts of a function of east and north [m] of the first."""
    x, y = np.meshgrid(np.arange(columns) * spacing_m, np.arange(rows) * spacing_m)
    return ground(shape(x, y), spacing_m)


def rough(seed: int, rows: int, columns: int, tall_m: float = 400.0) -> Floats:
    """Hills of several sizes."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:rows, 0:columns]
    total = np.zeros((rows, columns))
    for _ in range(12):
        a, b, phase = rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 0.6), rng.uniform(0.0, 6.3)
        total += np.sin(a * x + b * y + phase) * tall_m / (1.0 + 8.0 * np.hypot(a, b))
    return np.asarray(total + rng.normal(0.0, 4.0, total.shape))


class Made:
    """An elevation provider whose ground is a function of latitude and longitude."""

    name = "made"

    def __init__(self, shape: Shape, datum: str = "EGM2008 geoid") -> None:
        self._shape, self._datum = shape, datum

    def heights(self, lat_deg: Floats, lon_deg: Floats) -> Elevations:
        height_m = self._shape(lat_deg, lon_deg).astype(np.float32)
        return Elevations(height_m, 10.0, self._datum, (), np.zeros(height_m.shape, bool))


def slow_sweep(
    held: Ground, azimuth_deg: float, *, eye_m: float, k: float, ahead: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Every post against every post ahead of it on the two lines beside it, by the definition and without a hull.

    Returns
    -------
    tangent, weight_missing : ndarray
        The second is true where a line beside the post leaves the grid there.
    """
    height = held.height_m.astype(np.float64)
    east, north = np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))
    turned = abs(north) > abs(east)
    if turned:
        height, east, north = height.T, north, east
    rows, columns = height.shape
    slope, step_m = north / east, held.spacing_m / abs(east)
    bend = 0.5 / float(effective_radius_m(held.lat_deg, np.array([azimuth_deg]), k)[0])
    result = np.full((rows, columns), np.nan)
    way = 1 if east > 0 else -1
    for r in range(rows):
        for c in range(columns):
            position = r - slope * c
            low = np.floor(position + 1e-9)
            share = position - low if position - low > 1e-9 else 0.0
            total = 0.0
            for line, weight in ((low, 1.0 - share), (low + 1.0, share)):
                if weight == 0.0:
                    continue
                at = np.arange(c, columns if way > 0 else -1, way)
                h = along(height, line + slope * at, at)
                d = np.arange(len(at)) * step_m
                with np.errstate(divide="ignore", invalid="ignore"):
                    t = (h - h[0] - eye_m - bend * d * d) / d
                known = t[ahead:][np.isfinite(t[ahead:])]
                total += weight * (known.max() if len(known) and np.isfinite(h[0]) else np.nan)
            result[r, c] = total
    return (result.T if turned else result), np.isnan(result.T if turned else result)


def along(height: Floats, row: Floats, column: NDArray[np.int_]) -> Floats:
    """Heights of a line at whole columns; NaN where either post beside it is missing."""
    near = np.rint(row)
    row = np.where(np.abs(row - near) < 1e-9, near, row)
    i = np.floor(row).astype(int)
    share = row - i
    inside = (i >= 0) & ((i < len(height) - 1) | ((i == len(height) - 1) & (share == 0.0)))
    i = np.clip(i, 0, len(height) - 1)
    above = np.clip(i + 1, 0, len(height) - 1)
    low, high = height[i, column], height[above, column]
    mixed = np.where(share > 0.0, low + share * (high - low), low)
    return np.where(inside, mixed, np.nan)


def slow_march(
    held: Ground, x_m: float, y_m: float, azimuth_deg: float, eye_m: float, k: float, step_m: float
) -> float:
    """The highest tangent among samples of bilinear ground from 25 m on."""
    width = (held.height_m.shape[1] - 1) * held.spacing_m
    d = np.arange(25.0, 1.5 * width, step_m)
    h = held.height_at_m(x_m + np.sin(np.radians(azimuth_deg)) * d, y_m + np.cos(np.radians(azimuth_deg)) * d)
    bend = 0.5 / float(effective_radius_m(held.lat_deg, np.array([azimuth_deg]), k)[0])
    return float(np.nanmax((h - eye_m - bend * d * d) / d))
