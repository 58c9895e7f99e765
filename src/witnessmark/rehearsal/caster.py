"""Rays from the eye over the ground: whole columns of azimuth at once, coarse relief first, grain where it can be seen.

For a bearing, the surface is sampled at distances that grow in proportion. The apparent height of a sample is

    t = (h - eye - (1 - k) s^2 / 2R) / s

with the earth's radius R and the refraction coefficient k. A ray of tangent t ends where the samples first reach t.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.rehearsal.ground import Ground, earth_radius_m
from witnessmark.rehearsal.noise import Floats, over_slices

REFRACTION_K = 0.13
"""Ratio of the earth's radius to that of a near-horizontal ray, the surveyors' mean (Torge & Müller, Geodesy, 2012)."""


def drop_m(range_m: Floats | float, lat_deg: float) -> Floats:
    """How far the ground falls below the eye's level at a distance, refraction deducted: (1 - k) s^2 / 2R [m].

    Examples
    --------
    >>> round(float(drop_m(10_000.0, 45.0)), 3)
    6.826
    """
    return np.asarray((1.0 - REFRACTION_K) * np.square(range_m) / (2.0 * earth_radius_m(lat_deg)), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What the rays found, one column a bearing.

    Attributes
    ----------
    azimuth_deg : ndarray of float64, shape (n_columns,)
        True bearing, clockwise from north.
    skyline_tangent : ndarray of float64, shape (n_columns,)
        Tangent of the apparent elevation of the highest surface.
    skyline_range_m : ndarray of float64, shape (n_columns,)
    row_tangent : ndarray of float64, shape (n_rows,)
        Falling: the first row is the highest.
    range_m : ndarray of float64, shape (n_rows, n_columns)
        Distance along the ground to what a ray meets; inf for sky.
    behind_m : ndarray of float64, shape (n_rows, n_columns)
        Distance of the first sample at or behind that: inside the tree whose side a ray meets.
    """

    azimuth_deg: Floats
    skyline_tangent: Floats
    skyline_range_m: Floats
    row_tangent: Floats
    range_m: Floats
    behind_m: Floats


def ranges(first_m: float, last_m: float, growth: float) -> Floats:
    """Distances from first to last [m], each `growth` (a share) further than the one before."""
    n = int(np.ceil(np.log(last_m / first_m) / np.log1p(growth))) + 1
    return np.geomspace(first_m, last_m, n)


def tangents(
    ground: Ground, eye_m: float, azimuth_deg: Floats, range_m: Floats, *, relief_only: bool = False
) -> Floats:
    """Tangents of apparent elevation along bearings.

    Parameters
    ----------
    ground : Ground
        With the eye above its origin.
    eye_m : float
        Elevation of the eye [m].
    azimuth_deg : ndarray of float64, shape (n_columns,)
    range_m : ndarray of float64, shape (n_ranges,)
        Rising.
    relief_only : bool
        Leave out grain and canopy.

    Returns
    -------
    ndarray of float64, shape (n_columns, n_ranges)
        Samples that cannot be seen may hold their relief's tangent without grain and canopy.
    """
    fall = drop_m(range_m, ground.lat_deg) + eye_m
    result = np.empty((len(azimuth_deg), len(range_m)))

    def work(part: slice) -> None:
        bearing = np.radians(azimuth_deg[part])[:, None]
        x, y = np.sin(bearing) * range_m, np.cos(bearing) * range_m
        coarse = (ground.relief_m(x.ravel(), y.ravel()).reshape(x.shape) - fall) / range_m
        if not relief_only:
            slack = ground.bound_m() / range_m
            before = np.maximum.accumulate(coarse - slack, axis=1)
            seen = coarse + slack >= before
            far = np.broadcast_to(range_m, x.shape)[seen]
            top = ground.surface(x[seen], y[seen], far).height_m
            coarse[seen] = (top - np.broadcast_to(fall, x.shape)[seen]) / far
        result[part] = coarse

    over_slices(work, len(azimuth_deg), max(1, 150_000 // len(range_m)))
    return result


def sweep(
    ground: Ground, eye_m: float, azimuth_deg: Floats, row_tangent: Floats, *, growth: float, reach_m: float
) -> Sweep:
    """Cast a ray for every column and row.

    Parameters
    ----------
    growth : float
        Relative step between samples along a bearing.
    reach_m : float
        Where rays end [m].
    """
    range_m = ranges(1.2, reach_m, growth)
    tangent = tangents(ground, eye_m, azimuth_deg, range_m)
    highest = np.maximum.accumulate(tangent, axis=1)
    found = np.full((len(azimuth_deg), len(row_tangent)), np.inf)
    behind = np.full((len(azimuth_deg), len(row_tangent)), np.inf)

    def work(part: slice) -> None:
        for column in range(part.start, part.stop):
            found[column], behind[column] = _meet(tangent[column], highest[column], range_m, row_tangent)

    over_slices(work, len(azimuth_deg), 200)
    crest = np.argmax(tangent, axis=1)
    return Sweep(
        azimuth_deg,
        np.take_along_axis(tangent, crest[:, None], axis=1)[:, 0],
        range_m[crest],
        row_tangent,
        np.ascontiguousarray(found.T),
        np.ascontiguousarray(behind.T),
    )


def _meet(tangent: Floats, highest: Floats, range_m: Floats, wanted: Floats) -> tuple[Floats, Floats]:
    """Distances at which one bearing's samples first reach each wanted tangent, and of the first sample there."""
    index: NDArray[np.intp] = np.searchsorted(highest, wanted, side="left")
    met = index < len(range_m)
    after = np.minimum(index, len(range_m) - 1)
    before = np.maximum(after - 1, 0)
    rise = tangent[after] - tangent[before]
    share = np.where(rise > 0.0, (wanted - tangent[before]) / np.where(rise > 0.0, rise, 1.0), 1.0)
    distance = range_m[before] + np.clip(share, 0.0, 1.0) * (range_m[after] - range_m[before])
    return np.where(met, distance, np.inf), np.where(met, range_m[after], np.inf)


def horizon_deg(ground: Ground, eye_m: float, azimuth_deg: float, reach_m: float = 40_000.0) -> float:
    """Apparent elevation of the horizon at one bearing as seen from above the origin [deg]."""
    range_m = ranges(2.0, reach_m, 0.003)
    return float(np.degrees(np.arctan(tangents(ground, eye_m, np.array([azimuth_deg]), range_m).max())))
