"""A scenario set up: ground, sun, air, props and poses, ready to be rendered or asked for its truth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from witnessmark.rehearsal.ground import Ground
from witnessmark.rehearsal.noise import Floats
from witnessmark.rehearsal.props import Built, build
from witnessmark.rehearsal.relief import Relief, jacksboro
from witnessmark.rehearsal.scenario import Scenario
from witnessmark.rehearsal.scene import Panorama, compose
from witnessmark.rehearsal.sky import Air
from witnessmark.rehearsal.sunlight import Sun, sun_at
from witnessmark.rehearsal.views import Cylinder, Lens, Pose, hand_shake, pan


def no_progress(done: float, what: str) -> None:
    """Progress reports that go nowhere."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Everything about a scenario that follows from its parameters without rendering.

    Attributes
    ----------
    eye_m : float
        Elevation of the eye [m].
    time_s : ndarray of float64, shape (n_frames,)
        Presentation times from the first frame [s].
    poses : tuple of Pose, one a frame
    sun : Sun
        At the middle of the clip; it moves 0.05 degrees in twelve seconds.
    """

    scenario: Scenario
    ground: Ground
    eye_m: float
    lens: Lens
    time_s: Floats
    poses: tuple[Pose, ...]
    sun: Sun
    air: Air
    built: tuple[Built, ...]

    @property
    def middle(self) -> dt.datetime:
        """True time of the middle of the clip."""
        return self.scenario.start + dt.timedelta(seconds=self.scenario.duration_s / 2.0)


def frame_times(scenario: Scenario) -> Floats:
    """Presentation times of the frames [s], exact multiples of 1/90000 s when the rate varies."""
    device = scenario.device
    n_frames = max(1, round(scenario.duration_s * device.rate_hz))
    if not device.variable_rate:
        return np.arange(n_frames) / device.rate_hz
    rng = np.random.default_rng([scenario.seed, 4])
    steps = (1.0 + 0.06 * rng.standard_normal(n_frames - 1).clip(-2.5, 2.5)) / device.rate_hz
    slow = rng.random(n_frames - 1) < 0.03
    steps[slow] *= 1.45
    return np.concatenate([[0.0], np.cumsum(np.round(steps * 90_000.0)) / 90_000.0])


def set_up(scenario: Scenario, relief: Relief | None = None) -> Stage:
    """Lay out a scenario on a relief; that of `jacksboro` when none is given.

    Raises
    ------
    BadInputError
        When the camera is not on the relief.
    """
    ground = Ground.around(
        relief or jacksboro(), scenario.lat_deg, scenario.lon_deg, scenario.cover, scenario.seed % 2**31
    )
    origin = np.zeros(1)
    eye_m = float(ground.bare_m(origin, origin)[0]) + scenario.eye_height_m
    time_s = frame_times(scenario)
    shake = hand_shake(time_s, scenario.shake_deg, scenario.seed % 2**31 + 3)
    heading = pan(time_s, scenario.duration_s, scenario.heading_start_deg, scenario.heading_end_deg)
    poses = tuple(
        Pose(
            float((heading[i] + shake[i, 0]) % 360.0),
            float(scenario.pitch_deg + shake[i, 1]),
            float(scenario.roll_deg + shake[i, 2]),
        )
        for i in range(len(time_s))
    )
    middle = scenario.start + dt.timedelta(seconds=scenario.duration_s / 2.0)
    weather = scenario.weather
    sun = sun_at(middle, scenario.lat_deg, scenario.lon_deg, eye_m, weather.temperature_c)
    air = Air.make(
        sun.towards,
        weather.turbidity,
        weather.visibility_m,
        weather.cloud_cover,
        scenario.seed % 2**31 + 5,
        gap=weather.sun_in_gap,
    )
    device = scenario.device
    return Stage(
        scenario,
        ground,
        eye_m,
        Lens(device.width_px, device.height_px, device.horizontal_fov_deg),
        time_s,
        poses,
        sun,
        air,
        tuple(build(prop, ground) for prop in scenario.props),
    )


def shadow_squares(lens: Lens) -> tuple[tuple[float, int], ...]:
    """How finely the relief's shadow is cast, for a frame size: near, middle and far squares."""
    coarse = float(np.clip(1000.0 / lens.focal_px, 0.8, 3.0))
    return ((0.5 * coarse, int(640 / coarse)), (2.4 * coarse, int(1300 / coarse)), (24.0 * coarse, int(1400 / coarse)))


def render_panorama(stage: Stage, progress: Callable[[float, str], None] = no_progress) -> Panorama:
    """Render the noise-free panorama that all frames of a stage are cut from."""
    cylinder = Cylinder.covering(stage.lens, stage.poses, stage.scenario.oversample)
    return compose(
        stage.ground,
        stage.eye_m,
        cylinder,
        stage.sun,
        stage.air,
        stage.built,
        growth=float(np.clip(4.0 / stage.lens.focal_px, 0.003, 0.012)),
        reach_m=stage.scenario.reach_m,
        shadow_squares=shadow_squares(stage.lens),
        progress=progress,
    )
