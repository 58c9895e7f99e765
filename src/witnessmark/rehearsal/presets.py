"""Ready scenarios: the demo's, and any number drawn at random for calibration."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np

from witnessmark.errors import BadInputError
from witnessmark.rehearsal.caster import ranges, tangents
from witnessmark.rehearsal.ground import Cover, Ground
from witnessmark.rehearsal.materials import seasons
from witnessmark.rehearsal.noise import Floats
from witnessmark.rehearsal.relief import Relief, jacksboro
from witnessmark.rehearsal.scenario import Device, Scenario, SoundEvent, Weather
from witnessmark.rehearsal.shapes import Prop
from witnessmark.rehearsal.sunlight import sun_at

DEMO_LAT_DEG, DEMO_LON_DEG = 36.3629, -84.1400
UTC_OFFSET_H = -4.0
"""Civil time of the demo's region in October."""


def demo_scenario() -> Scenario:
    """The demo: a meadow above a valley, a pan along a mountain front on an autumn morning."""
    return Scenario(
        name="demo",
        seed=20241014,
        lat_deg=DEMO_LAT_DEG,
        lon_deg=DEMO_LON_DEG,
        start=dt.datetime(2024, 10, 14, 13, 41, 23, tzinfo=dt.UTC),
        duration_s=12.0,
        heading_start_deg=241.0,
        heading_end_deg=273.0,
        pitch_deg=-0.6,
        roll_deg=0.5,
        weather=Weather(cloud_cover=0.28, visibility_m=42_000.0, turbidity=2.7, temperature_c=9.0, wind=0.5),
        cover=Cover(forest=0.55, clearing_m=430.0, canopy_m=14.0),
        props=(
            Prop("pole", "pole", 246.5, 15.5, 5.6, facing_deg=335.0),
            Prop("wall", "wall", 224.0, 12.5, 0.95, facing_deg=312.0, length_m=7.0),
            Prop("fence", "fence", 262.0, 25.0, 1.15, facing_deg=345.0, length_m=36.0),
            Prop("marker", "marker", 252.0, 8.2, 1.75, facing_deg=320.0),
            Prop("cairn", "cairn", 279.0, 10.0, 1.25),
            Prop("van", "vehicle", 291.0, 20.0, 2.1, facing_deg=330.0),
        ),
        sounds=(
            SoundEvent("clap", 3.20, -9.0),
            SoundEvent("clap", 7.85, -11.0),
            SoundEvent("tone", 9.6, -26.0, 1180.0),
        ),
        device=Device(
            clock_error_s=37.0,
            utc_offset_h=UTC_OFFSET_H,
            tags=(("make", "Rehearsal"), ("model", "RH-1"), ("com.android.version", "14")),
        ),
    )


def small(scenario: Scenario, *, width_px: int = 320, duration_s: float = 2.0) -> Scenario:
    """The same incident filmed smaller and shorter: a fast stand-in with the same field of view and truth."""
    device = scenario.device
    height_px = max(32, round(width_px * device.height_px / device.width_px / 2) * 2)
    return dataclasses.replace(
        scenario,
        duration_s=duration_s,
        oversample=min(scenario.oversample, 1.5),
        sounds=tuple(event for event in scenario.sounds if event.at_s < duration_s),
        device=dataclasses.replace(device, width_px=width_px, height_px=height_px),
    )


def random_scenarios(
    n: int,
    seed: int,
    *,
    relief: Relief | None = None,
    device: Device | None = None,
    duration_s: float = 2.0,
    days: tuple[dt.date, dt.date] = (dt.date(2024, 3, 1), dt.date(2024, 11, 15)),
) -> tuple[Scenario, ...]:
    """Draw scenarios for calibration: places with a view of relief, dates, times, slopes, clouds, cameras.

    Parameters
    ----------
    n : int
    seed : int
        The same seed gives the same scenarios; the first ones do not depend on `n`.
    relief : Relief or None
        `jacksboro` when None.
    device : Device or None
        Frame size and rate to use; 640 x 360 at 12.5 frames a second when None. Field of view and clock are drawn.
    days : (date, date)
        First and last local day.

    Raises
    ------
    BadInputError
        When hardly any place of the relief has a view.
    """
    ground_model = relief or jacksboro()
    base = device or Device(width_px=640, height_px=360, rate_hz=12.5)
    found: list[Scenario] = []
    for number in range(n):
        rng = np.random.default_rng([seed, number])
        found.append(_draw(rng, ground_model, base, duration_s, days, f"random-{seed}-{number}"))
    return tuple(found)


def _draw(
    rng: np.random.Generator,
    relief: Relief,
    base: Device,
    duration_s: float,
    days: tuple[dt.date, dt.date],
    name: str,
) -> Scenario:
    fov = float(rng.uniform(48.0, 76.0))
    lat, lon, heading, middle = _place_with_view(rng, relief, fov)
    zone_h = round(lon / 15.0)
    start = _daylight(rng, lat, lon, zone_h, days)
    sweep_deg = float(rng.uniform(-1.0, 1.0)) * 12.0
    cloud = float(rng.choice([0.0, 0.15, 0.35, 0.6, 1.0], p=[0.2, 0.25, 0.25, 0.15, 0.15]))
    clock = str(rng.choice(["utc", "utc", "local-as-utc", "stripped"]))
    device = dataclasses.replace(
        base,
        horizontal_fov_deg=fov,
        clock=clock,
        clock_error_s=float(np.round(rng.standard_t(2) * 25.0, 1)),
        utc_offset_h=float(zone_h),
        variable_rate=bool(rng.random() < 0.3),
        crf=int(rng.integers(19, 29)),
    )
    return Scenario(
        name=name,
        seed=int(rng.integers(1, 2**31)),
        lat_deg=lat,
        lon_deg=lon,
        start=start,
        duration_s=duration_s,
        heading_start_deg=heading - sweep_deg / 2.0,
        heading_end_deg=heading + sweep_deg / 2.0,
        pitch_deg=float(np.clip(middle - 1.0 + rng.normal(0.0, 1.5), -8.0, 10.0)),
        roll_deg=float(rng.normal(0.0, 1.2)),
        eye_height_m=float(rng.uniform(1.4, 1.8)),
        shake_deg=float(rng.uniform(0.1, 0.5)),
        weather=Weather(
            cloud_cover=cloud,
            sun_in_gap=bool(rng.random() < 0.8),
            visibility_m=float(rng.uniform(20_000.0, 70_000.0)),
            turbidity=float(rng.uniform(2.2, 4.5)),
            temperature_c=float(rng.uniform(-3.0, 27.0)),
            wind=float(rng.uniform(0.1, 0.9)),
        ),
        cover=Cover(
            grain_m=float(rng.uniform(0.8, 2.4)),
            canopy_m=float(rng.uniform(8.0, 20.0)),
            forest=float(rng.uniform(0.2, 0.9)),
            season=str(rng.choice(seasons())),
        ),
        props=_props(rng, heading, fov),
        device=device,
    )


def _place_with_view(rng: np.random.Generator, relief: Relief, fov_deg: float) -> tuple[float, float, float, float]:
    """Latitude, longitude, heading and mean elevation of a skyline [deg] worth filming."""
    south, west, north, east = relief.bounds_deg
    margin = 0.12
    bearing = np.arange(0.0, 360.0, 3.0)
    range_m = ranges(30.0, 30_000.0, 0.03)
    for _ in range(2000):
        lat = float(south + (north - south) * rng.uniform(margin, 1.0 - margin))
        lon = float(west + (east - west) * rng.uniform(margin, 1.0 - margin))
        ground = Ground.bare(relief, lat, lon)
        slope = _slope_deg(ground)
        if slope > 14.0:
            continue
        eye = float(ground.relief_m(np.zeros(1), np.zeros(1))[0]) + 1.6
        tangent = tangents(ground, eye, bearing, range_m, relief_only=True)
        crest = range_m[tangent.argmax(axis=1)]
        line = np.degrees(np.arctan(tangent.max(axis=1)))
        near = np.degrees(np.arctan(tangent[:, range_m < 220.0].max(axis=1)))
        for heading in rng.permutation(np.arange(0.0, 360.0, 15.0)):
            seen = np.abs((bearing - heading + 180.0) % 360.0 - 180.0) < fov_deg / 2.0
            open_view = near[seen].max() < 2.0 and np.median(crest[seen]) > 700.0
            if open_view and line[seen].std() > 0.7 and 0.8 < line[seen].mean() < 9.0:
                return lat, lon, float(heading), float(line[seen].mean())
    raise BadInputError(
        f"Relief '{relief.name}' has hardly any place with a view.", "Use one with more than 200 m of height."
    )


def _slope_deg(ground: Ground) -> float:
    x, y = np.array([-15.0, 15.0, 0.0, 0.0]), np.array([0.0, 0.0, -15.0, 15.0])
    west, east, south, north = ground.relief_m(x, y)
    return float(np.degrees(np.arctan(np.hypot(east - west, north - south) / 30.0)))


def _daylight(
    rng: np.random.Generator, lat: float, lon: float, zone_h: int, days: tuple[dt.date, dt.date]
) -> dt.datetime:
    """A time with the sun between 8 and 62 degrees up; uniform over the days, then over their hours."""
    for _ in range(200):
        day = days[0] + dt.timedelta(days=int(rng.integers(0, (days[1] - days[0]).days + 1)))
        local = dt.datetime.combine(day, dt.time(), dt.timezone(dt.timedelta(hours=zone_h)))
        moment = (local + dt.timedelta(seconds=int(rng.integers(5 * 3600, 20 * 3600)))).astimezone(dt.UTC)
        if 8.0 < sun_at(moment, lat, lon, 0.0).apparent_elevation_deg < 62.0:
            return moment
    raise BadInputError("The sun hardly rises there in those days.", "Choose other days.")


def _props(rng: np.random.Generator, heading: float, fov_deg: float) -> tuple[Prop, ...]:
    """Two to four uprights in view, apart from one another."""
    kinds = ("pole", "post", "marker", "cairn", "fence", "board", "vehicle")
    heights = {"pole": 5.5, "post": 1.4, "marker": 1.7, "cairn": 1.1, "fence": 1.15, "board": 1.9, "vehicle": 2.1}
    count = int(rng.integers(2, 5))
    places = heading + fov_deg * 0.72 * (rng.permutation(count) + rng.uniform(0.2, 0.8, count) - count / 2.0) / count
    result = []
    chosen: Floats = rng.permutation(len(kinds)).astype(np.float64)
    for number in range(count):
        kind = kinds[int(chosen[number])]
        distance = float(rng.uniform(14.0, 26.0) if kind in ("pole", "vehicle", "fence") else rng.uniform(6.0, 14.0))
        result.append(
            Prop(
                f"{kind}-{number + 1}",
                kind,
                float(places[number] % 360.0),
                distance,
                heights[kind] * float(rng.uniform(0.85, 1.15)),
                facing_deg=float(rng.uniform(0.0, 360.0)),
                length_m=14.0 if kind == "fence" else 0.0,
            )
        )
    return tuple(result)
