"""Rehearsed incidents: where, when and how something was filmed, and what a person marks and a file states of it.

Everything here is made by the rehearsal's relief, caster and projection and by pvlib's sun; the weather is that of one
airport and the record an analyst has is that of another. Nothing of the lines that are measured makes a mark.
"""

from __future__ import annotations

import datetime as dt
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.calibration_lab.weather import Airports, Seen
from benchmarks.terrain_lab.cells import Cell
from benchmarks.terrain_lab.countries import Country, WoodedGround
from benchmarks.terrain_lab.queries import regions
from benchmarks.terrain_lab.seen import seen
from benchmarks.terrain_lab.tracing import HEIGHT_PX, WIDTH_PX, traced, wide_deg, wrong
from numpy.typing import NDArray

from witnessmark.rehearsal.caster import ranges, tangents
from witnessmark.rehearsal.ground import Cover
from witnessmark.rehearsal.props import build, shadow_tip
from witnessmark.rehearsal.shapes import Prop
from witnessmark.rehearsal.sunlight import Sun, sun_at
from witnessmark.rehearsal.views import Lens, Pose, project

Floats = NDArray[np.float64]
AREA_KM2 = 100.0
COUNTRIES = 3
"""Incidents follow one another country by country, and region by region within each, so that horizons are kept."""
STEEPEST_DEG = 14.0
SUN_DEG = (8.0, 62.0)
AXIS_DAYS, STEP_S = 9, 600.0
CLOUDED = 0.3
"""Chance that cloud hides the sun although it does not rain."""
MISNAMED = 0.04
"""Chance that a person names a state of light or weather wrongly."""
WRONG_SHADOW = 0.04
"""Chance that the marked tip is that of something else's shadow."""
SLIP, SLIP_TIMES = 0.05, 6.0
"""Chance that a marked point is misplaced, and by how many times the usual error."""
CLOCK_ASTRAY = 0.04
"""Chance that a camera's clock is days off."""
CAMERA_WORDS = 0.7
"""Chance that a file names the camera that wrote it."""
LEAST_PX = 18.0
"""Length from which an upright and its shadow are marked."""


@dataclass(frozen=True, slots=True)
class Incident:
    """What happened, and what an analyst is handed.

    Attributes
    ----------
    name, country : str
    lat_deg, lon_deg, heading_deg : float
        The truth.
    at : datetime
        The truth.
    dem : str
        Folder of the elevation model that is searched.
    region_deg : tuple of float
        West, south, east, north; the camera lies anywhere in it.
    start : datetime
        Of the time axis; the truth lies anywhere on it.
    creation_time : str or None
        What the file states.
    camera_words : bool
        Whether the file still names a camera.
    marks : tuple of (kind, body)
    weather : str
        Which airport's record is at hand.
    shift_h : int
        Hours by which that record is moved.
    direct_sun : bool
    """

    name: str
    country: str
    lat_deg: float
    lon_deg: float
    heading_deg: float
    at: dt.datetime
    dem: str
    region_deg: tuple[float, float, float, float]
    start: dt.datetime
    creation_time: str | None
    camera_words: bool
    marks: tuple[tuple[str, Mapping[str, Any]], ...]
    weather: str
    shift_h: int
    direct_sun: bool


def draw(land: Country, airports: Airports, seed: int, number: int) -> Incident:
    """The `number`-th incident in a country: places, times and views are drawn until a person could mark one."""
    rng = np.random.default_rng([seed, number, zlib.crc32(land.name.encode())])
    boxes = regions(land, Cell("calibration", 60.0, AREA_KM2, "calibration"), "dev")
    region = boxes[number // COUNTRIES % len(boxes)]
    west, south, east, north = region
    while True:
        lat, lon = float(rng.uniform(south, north)), float(rng.uniform(west, east))
        if land.is_water(lat, lon) or land.slope_deg(lat, lon) > STEEPEST_DEG:
            continue
        there = airports.draw(rng, lon)
        sun = sun_at(there.at, lat, lon, 500.0)
        if not SUN_DEG[0] < sun.apparent_elevation_deg < SUN_DEG[1]:
            continue
        cover = Cover(canopy_m=float(rng.uniform(6.0, 18.0)), forest=float(rng.uniform(0.2, 0.6)))
        ground = land.seen_from(lat, lon, cover, int(rng.integers(2**31)))
        made = _filmed(rng, land, ground, sun, there)
        if made is not None:
            break
    marks, direct, heading = made
    before = dt.timedelta(seconds=float(rng.uniform(0.1, 0.9)) * AXIS_DAYS * 86_400.0)
    start = (there.at - before).replace(minute=0, second=0, microsecond=0)
    return Incident(
        f"{land.name}-{number}",
        land.name,
        lat,
        lon,
        heading,
        there.at,
        str(land.folder),
        region,
        start,
        _clock(rng, there.at, round(lon / 15.0)),
        bool(rng.random() < CAMERA_WORDS),
        (*marks, ("weather-label", there.label)),
        there.record,
        there.shift_h,
        direct,
    )


def _filmed(
    rng: np.random.Generator, land: Country, ground: WoodedGround, sun: Sun, there: Seen
) -> tuple[tuple[tuple[str, Mapping[str, Any]], ...], bool, float] | None:
    """The marks of one frame, whether the sun shone, and the true heading; None where no ridge line is to be had."""
    nominal = float(rng.uniform(48.0, 76.0))
    cell = Cell("calibration", nominal, AREA_KM2, "calibration", noise_deg=float(rng.choice([0.15, 0.3, 0.5])))
    pose = Pose(float(rng.uniform(0.0, 360.0)), float(rng.normal(-1.0, 3.0)), float(rng.normal(0.0, 1.5)))
    hfov = nominal * float(rng.uniform(0.9, 1.1))
    eye = float(rng.uniform(1.5, 1.8))
    for rough in (True, False):
        found = seen(land, ground, eye, pose.heading_deg, wide_deg(hfov, pose), rough=rough)
        if wrong(found, cell, hfov, pose):
            return None
    file, _ = traced(found, cell, hfov, pose, rng, hinted=bool(rng.random() < 0.5))
    marks: list[tuple[str, Mapping[str, Any]]] = [("skyline", file)]
    hidden = there.rains or rng.random() < CLOUDED or _behind(land, ground, eye, sun)
    shadows = () if hidden else _shadows(rng, ground, Lens(WIDTH_PX, HEIGHT_PX, hfov), pose, eye, sun)
    if shadows:
        known = {
            "hfov_deg": [hfov * (1.0 + 0.05 * rng.standard_normal()), 0.05 * hfov],
            "pitch_deg": [pose.pitch_deg + 0.7 * rng.standard_normal(), 0.7],
            "roll_deg": [pose.roll_deg + 0.7 * rng.standard_normal(), 0.7],
        }
        marks += [("camera", known), *(("shadow", body) for body in shadows)]
    else:
        shone = (not hidden) != bool(rng.random() < MISNAMED)
        marks.append(("sunlight", {"state": "sunlit" if shone else "no-shadow"}))
    return tuple(marks), not hidden, pose.heading_deg


def _behind(land: Country, ground: WoodedGround, eye_height_m: float, sun: Sun) -> bool:
    """Whether the relief or the woods hide the sun from the camera's place."""
    origin = np.zeros(1)
    eye_m = float(ground.bare_m(origin, origin)[0]) + eye_height_m
    line = tangents(ground, eye_m, np.array([sun.azimuth_deg]), ranges(2.0, 30_000.0, 0.01)).max()
    return bool(line > math.tan(math.radians(sun.apparent_elevation_deg)))


def _shadows(
    rng: np.random.Generator, ground: WoodedGround, lens: Lens, pose: Pose, eye_height_m: float, sun: Sun
) -> tuple[Mapping[str, Any], ...]:
    """Uprights whose shadow lies in the frame, as a person marks them with errors, slips and mistakes."""
    origin = np.zeros(1)
    eye = np.array([0.0, 0.0, float(ground.bare_m(origin, origin)[0]) + eye_height_m])
    error_px = float(np.exp(rng.normal(math.log(2.0), 0.5)))
    found: list[Mapping[str, Any]] = []
    for number in range(int(rng.integers(1, 6))):
        bearing = (pose.heading_deg + rng.uniform(-0.42, 0.42) * lens.horizontal_fov_deg) % 360.0
        prop = Prop(
            f"post-{number}", "post", float(bearing), float(rng.uniform(5.0, 20.0)), float(rng.uniform(0.8, 3.0))
        )
        built = build(prop, ground)
        tip = shadow_tip(built, sun.towards, ground)
        if tip is None:
            continue
        at = np.stack(project(lens, pose, np.array([built.top_m, built.foot_m, tip]) - eye), axis=1)
        inside = np.isfinite(at).all() and ((at >= 0.0) & (at <= [lens.width_px, lens.height_px])).all()
        if not inside or min(math.dist(at[0], at[1]), math.dist(at[2], at[1])) < LEAST_PX:
            continue
        off = error_px * rng.standard_normal((3, 2))
        off *= np.where(rng.random((3, 1)) < SLIP, SLIP_TIMES, 1.0)
        marked = at + off
        if rng.random() < WRONG_SHADOW:
            marked[2] = marked[1] + rng.uniform(-1.0, 1.0, 2) * [160.0, 60.0]
        top, base, tip_px = (
            [float(np.clip(x, 0.0, lens.width_px)), float(np.clip(y, 0.0, lens.height_px))] for x, y in marked
        )
        found.append({"top_px": top, "base_px": base, "tip_px": tip_px, "sigma_px": 2.5, "flat": None})
    return tuple(found)


def _clock(rng: np.random.Generator, at: dt.datetime, zone_h: int) -> str | None:
    """What the container states: UTC, local time written as UTC, nothing, or a clock that is astray."""
    kind = str(rng.choice(["utc", "local-as-utc", "stripped"], p=[0.45, 0.2, 0.35]))
    if kind == "stripped":
        return None
    shown = at + dt.timedelta(seconds=float(np.clip(rng.standard_t(2) * 25.0, -7200.0, 7200.0)))
    if kind == "local-as-utc":
        shown += dt.timedelta(hours=zone_h)
    if rng.random() < CLOCK_ASTRAY:
        shown += dt.timedelta(seconds=float(rng.uniform(-4.0, 4.0)) * 86_400.0)
    return shown.replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
