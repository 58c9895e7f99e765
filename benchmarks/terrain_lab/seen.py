"""What is seen from a place, by the rehearsal's caster: ground with grain and woods, to the end of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from benchmarks.terrain_lab.countries import Country, WoodedGround
from pyproj import Geod

from witnessmark.rehearsal.caster import ranges, tangents
from witnessmark.rehearsal.noise import Floats

FIRST_M, LAST_M, GROWTH, STEP_DEG = 2.0, 70_000.0, 0.006, 0.15
ROUGH_GROWTH, ROUGH_STEP_DEG = 0.02, 1.0
"""For a first look at whether a view is to be had at all: bare relief, far apart."""
_EARTH = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The skyline by true bearing: the tangent of its apparent elevation, and how far it is [m]."""

    azimuth_deg: Floats
    tangent: Floats
    range_m: Floats


def seen(
    land: Country, ground: WoodedGround, eye_height_m: float, middle_deg: float, wide_deg: float, *, rough: bool = False
) -> Seen:
    """The skyline around a bearing.

    Parameters
    ----------
    ground : WoodedGround
        About the place.
    middle_deg, wide_deg : float
        Bearings from half the width left of the middle to half right.
    rough : bool
        A first look only.

    Returns
    -------
    Seen
        Bearings rise and may run below 0 or past 360.
    """
    growth, step = (ROUGH_GROWTH, ROUGH_STEP_DEG) if rough else (GROWTH, STEP_DEG)
    n = int(np.ceil(wide_deg / step)) + 1
    azimuth = np.asarray(middle_deg + np.linspace(-wide_deg / 2.0, wide_deg / 2.0, n))
    origin = np.zeros(1)
    eye_m = float(ground.bare_m(origin, origin)[0]) + eye_height_m
    range_m = ranges(FIRST_M, LAST_M, growth)
    tangent = tangents(ground, eye_m, azimuth, range_m, relief_only=rough)
    tangent[range_m > _ends_m(land, ground, azimuth)[:, None]] = -np.inf
    crest = tangent.argmax(axis=1)
    return Seen(azimuth, np.take_along_axis(tangent, crest[:, None], axis=1)[:, 0], range_m[crest])


def _ends_m(land: Country, ground: WoodedGround, azimuth_deg: Floats) -> Floats:
    """Where the data end on each bearing; beyond, neither side knows anything [m]."""
    west, south, east, north = land.bounds_deg
    low, high = np.zeros(len(azimuth_deg)), np.full(len(azimuth_deg), LAST_M)
    for _ in range(16):
        middle = (low + high) / 2.0
        lon, lat, _back = _EARTH.fwd(
            np.full(len(low), ground.lon_deg), np.full(len(low), ground.lat_deg), azimuth_deg, middle
        )
        inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return np.asarray(low)
