"""One rehearsed stretch of country filmed from several stands, at several hours and in several seasons.

A rehearsed ground is laid out about its camera. Here it is laid out once, about a first stand, and every other stand
looks at that same ground from elsewhere.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from witnessmark.rehearsal import container
from witnessmark.rehearsal.camera import film
from witnessmark.rehearsal.ground import Ground, Surface
from witnessmark.rehearsal.noise import Floats, Floats32, Lattice
from witnessmark.rehearsal.presets import random_scenarios
from witnessmark.rehearsal.props import build
from witnessmark.rehearsal.relief import jacksboro
from witnessmark.rehearsal.scenario import Device, Scenario
from witnessmark.rehearsal.shapes import Prop
from witnessmark.rehearsal.sky import Air
from witnessmark.rehearsal.stage import Stage, render_panorama, set_up

LEAVES_M = 1.9
"""The wavelength at which `materials` mottles leaves, in coordinates of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class MovedLattice(Lattice):
    """A lattice seen from a stand elsewhere."""

    east_m: float = 0.0
    north_m: float = 0.0

    def fractal(self, x_m: Floats, y_m: Floats, wavelength_m: float, octaves: int, gain: float = 0.5) -> Floats32:
        """As `Lattice.fractal`, of the ground as first laid out."""
        east, north = self.east_m, self.north_m
        if wavelength_m == LEAVES_M:  # there x is 0.8 x + 0.6 y, and y is height + 0.3 x
            east, north = 0.8 * self.east_m + 0.6 * self.north_m, 0.3 * self.east_m
        return Lattice.fractal(self, x_m + east, y_m + north, wavelength_m, octaves, gain)


@dataclass(frozen=True, slots=True, eq=False)
class MovedGround(Ground):
    """Another ground seen from a stand elsewhere on it."""

    first: Ground | None = None
    east_m: float = 0.0
    north_m: float = 0.0

    @classmethod
    def of(cls, first: Ground, east_m: float, north_m: float) -> MovedGround:
        """The ground `first` from a stand so far east and north of its origin."""
        values = {field.name: getattr(first, field.name) for field in dataclasses.fields(Ground)}
        values["lattice"] = MovedLattice(first.lattice.table, east_m, north_m)
        return cls(**values, first=first, east_m=east_m, north_m=north_m)

    def _at(self, x_m: Floats, y_m: Floats) -> tuple[Ground, Floats, Floats]:
        assert self.first is not None
        return self.first, x_m + self.east_m, y_m + self.north_m

    def relief_m(self, x_m: Floats, y_m: Floats) -> Floats:
        """As `Ground.relief_m`."""
        ground, x, y = self._at(x_m, y_m)
        return ground.relief_m(x, y)

    def bare_m(self, x_m: Floats, y_m: Floats) -> Floats:
        """As `Ground.bare_m`."""
        ground, x, y = self._at(x_m, y_m)
        return ground.bare_m(x, y)

    def grain_m(self, x_m: Floats, y_m: Floats) -> Floats:
        """As `Ground.grain_m`."""
        ground, x, y = self._at(x_m, y_m)
        return ground.grain_m(x, y)

    def wooded(self, x_m: Floats, y_m: Floats) -> Floats32:
        """As `Ground.wooded`."""
        ground, x, y = self._at(x_m, y_m)
        return ground.wooded(x, y)

    def surface(self, x_m: Floats, y_m: Floats, range_m: Floats, wooded: Floats32 | None = None) -> Surface:
        """As `Ground.surface`."""
        ground, x, y = self._at(x_m, y_m)
        return ground.surface(x, y, range_m, wooded)

    def grass_m(self, x_m: Floats, y_m: Floats) -> Floats32:
        """As `Ground.grass_m`."""
        ground, x, y = self._at(x_m, y_m)
        return ground.grass_m(x, y)


@dataclass(frozen=True, slots=True)
class Look:
    """A stand, an hour and a season.

    Attributes
    ----------
    right_m, ahead_m : float
        From the first stand.
    turn_deg : float
        From the first heading.
    hours : float
        After the first moment.
    season : str or None
        None for the first one's.
    clouds : int
        Seed of the clouds.
    cloud_cover : float or None
    """

    right_m: float = 0.0
    ahead_m: float = 0.0
    turn_deg: float = 0.0
    hours: float = 0.0
    season: str | None = None
    clouds: int = 0
    cloud_cover: float | None = None


def country(seed: int, number: int) -> Scenario:
    """A place with a view, drawn by the rehearsal; 480 x 270, ten pictures over two seconds."""
    device = Device(width_px=480, height_px=270, rate_hz=5.0)
    drawn = random_scenarios(number + 1, seed, device=device, duration_s=2.0)[number]
    noon = drawn.start.astimezone(dt.UTC).replace(hour=16, minute=30)
    device = dataclasses.replace(drawn.device, variable_rate=False)
    weather = dataclasses.replace(drawn.weather, cloud_cover=min(drawn.weather.cloud_cover, 0.5))
    return dataclasses.replace(drawn, start=noon, device=device, weather=weather)


def filmed(first: Scenario, look: Look, path: Path) -> Path:
    """Film the country of a scenario from another stand in another light."""
    stage = staged(first, look)
    panorama = render_panorama(stage)
    device = stage.scenario.device
    with container.Recorder(
        path,
        device.width_px,
        device.height_px,
        device.rate_hz,
        crf=device.crf,
        key_interval=device.key_interval,
        metadata={},
        sound_rate_hz=48_000,
    ) as recorder:
        frames = film(stage, panorama, lambda _done, _what: None)
        sound = np.zeros(int(48_000 * (float(stage.time_s[-1]) + 1.0 / device.rate_hz)), np.float32)
        container.interleave(recorder, frames, sound, 48_000)
    return path


def staged(first: Scenario, look: Look) -> Stage:
    """A stage on the ground of another."""
    heading = np.radians((first.heading_start_deg + first.heading_end_deg) / 2.0)
    east = float(look.right_m * np.cos(heading) + look.ahead_m * np.sin(heading))
    north = float(-look.right_m * np.sin(heading) + look.ahead_m * np.cos(heading))
    weather = first.weather
    if look.cloud_cover is not None:
        weather = dataclasses.replace(weather, cloud_cover=look.cloud_cover)
    scenario = dataclasses.replace(
        first,
        start=first.start + dt.timedelta(hours=look.hours),
        heading_start_deg=first.heading_start_deg + look.turn_deg,
        heading_end_deg=first.heading_end_deg + look.turn_deg,
        cover=first.cover if look.season is None else dataclasses.replace(first.cover, season=look.season),
        weather=weather,
        props=tuple(_moved(prop, east, north) for prop in first.props),
    )
    plain = set_up(scenario, jacksboro())
    ground = MovedGround.of(plain.ground, east, north)
    origin = np.zeros(1)
    eye_m = float(ground.bare_m(origin, origin)[0]) + scenario.eye_height_m
    air = Air.make(
        plain.sun.towards,
        weather.turbidity,
        weather.visibility_m,
        weather.cloud_cover,
        scenario.seed % 2**31 + 5 + look.clouds,
        gap=weather.sun_in_gap,
    )
    built = tuple(build(prop, ground) for prop in scenario.props)
    return dataclasses.replace(plain, ground=ground, eye_m=eye_m, air=air, built=built)


def _moved(prop: Prop, east_m: float, north_m: float) -> Prop:
    """The same thing by bearing and distance from elsewhere."""
    x, y = prop.foot_m
    x, y = x - east_m, y - north_m
    return dataclasses.replace(
        prop, azimuth_deg=float(np.degrees(np.arctan2(x, y)) % 360.0), distance_m=max(3.0, float(np.hypot(x, y)))
    )
