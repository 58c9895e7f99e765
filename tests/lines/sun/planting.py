"""Shadows whose truth is known: pvlib's sun, a pole on level ground, and a pinhole written here."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pvlib import spa
from tests.lines.clips import HEIGHT, WIDTH, item_of, space, write

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.conformance import Planted
from witnessmark.lines.contract import Mark, Tools
from witnessmark.plain import Plain

NOBODY = Sha256(bytes(32))


def mark(name: str, kind: str, body: Mapping[str, Plain], at_s: float | None = 0.0) -> Mark:
    return Mark(name, NOBODY, kind, "someone", at_s, body)


def pvlib_sun(at: dt.datetime, lat_deg: float, lon_deg: float) -> tuple[float, float]:
    """Azimuth and apparent elevation [deg]."""
    found = spa.solar_position(np.array([at.timestamp()]), lat_deg, lon_deg, 0.0, 1013.25, 12.0, 67.0, 0.5667)
    return float(found[4][0]), 90.0 - float(found[0][0])


def pixel(
    point_m: NDArray[np.float64],
    *,
    heading_deg: float,
    pitch_deg: float = 0.0,
    hfov_deg: float = 60.0,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> list[Plain]:
    """Where a point (east, north, up of the camera) falls in the frame of a camera without roll."""
    turn, tilt = math.radians(heading_deg), math.radians(pitch_deg)
    ahead = point_m[0] * math.sin(turn) + point_m[1] * math.cos(turn)
    right = point_m[0] * math.cos(turn) - point_m[1] * math.sin(turn)
    depth = ahead * math.cos(tilt) + point_m[2] * math.sin(tilt)
    above = point_m[2] * math.cos(tilt) - ahead * math.sin(tilt)
    focal = size[0] / 2.0 / math.tan(math.radians(hfov_deg / 2.0))
    return [size[0] / 2.0 + focal * right / depth, size[1] / 2.0 - focal * above / depth]


def pole(
    azimuth_deg: float,
    elevation_deg: float,
    *,
    heading_deg: float,
    pitch_deg: float = 0.0,
    hfov_deg: float = 60.0,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    off_deg: float = 0.0,
    distance_m: float = 9.0,
    eye_m: float = 1.7,
    height_m: float = 2.0,
    sigma_px: float = 0.5,
) -> dict[str, Plain]:
    """The body of a shadow mark of a pole on level ground, without error."""
    bearing = math.radians(heading_deg + off_deg)
    foot = np.array([distance_m * math.sin(bearing), distance_m * math.cos(bearing), -eye_m])
    top = foot + np.array([0.0, 0.0, height_m])
    length = height_m / math.tan(math.radians(elevation_deg))
    tip = foot - length * np.array([math.sin(math.radians(azimuth_deg)), math.cos(math.radians(azimuth_deg)), 0.0])

    def seen(point: NDArray[np.float64]) -> list[Plain]:
        return pixel(point, heading_deg=heading_deg, pitch_deg=pitch_deg, hfov_deg=hfov_deg, size=size)

    return {"top_px": seen(top), "base_px": seen(foot), "tip_px": seen(tip), "sigma_px": sigma_px, "flat": True}


def plant_sun(folder: Path) -> Planted:
    """A pole's shadow on the second of three days, the camera's heading known to two degrees."""
    start = dt.datetime(2031, 9, 12, tzinfo=dt.UTC)
    filmed = dt.datetime(2031, 9, 13, 9, 40, tzinfo=dt.UTC)
    over = space(start)
    true_place = 5
    azimuth, elevation = pvlib_sun(
        filmed, float(over.places.lat_deg[true_place]), float(over.places.lon_deg[true_place])
    )
    heading = 40.0
    path = write(folder / "planted.mp4", list(range(12)))
    marks = (
        mark("m1", "shadow", pole(azimuth, elevation, heading_deg=heading)),
        mark("m2", "camera", {"hfov_deg": [60.0, 2.0], "pitch_deg": [0.0, 0.5], "roll_deg": [0.0, 0.5]}),
        mark("m3", "heading", {"heading_deg": heading, "error_deg": 2.0}),
    )
    return Planted(
        item=item_of(path),
        marks=marks,
        tools=Tools(path),
        over=over,
        true_place=true_place,
        true_instant=round((filmed - start).total_seconds() / over.times.step_s),
        at_most_rank=0.05,
    )
