"""Every parameter of a rehearsed incident, with its seed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from witnessmark.errors import BadInputError
from witnessmark.rehearsal.ground import Cover
from witnessmark.rehearsal.shapes import Prop


@dataclass(frozen=True, slots=True)
class SoundEvent:
    """A sound at a known time.

    Attributes
    ----------
    kind : str
        clap | tone
    at_s : float
        From the start of the clip [s].
    level_db : float
        Peak relative to full scale [dB].
    frequency_hz : float
        Of a tone.
    duration_s : float
        Of a tone.
    """

    kind: str
    at_s: float
    level_db: float = -12.0
    frequency_hz: float = 880.0
    duration_s: float = 0.4


@dataclass(frozen=True, slots=True)
class Weather:
    """Air and light.

    Attributes
    ----------
    cloud_cover : float
        Share of the sky above 10 degrees, 0-1; from 0.95 the sky is overcast and nothing casts a shadow.
    sun_in_gap : bool
        Keep a gap in the clouds before the sun.
    visibility_m : float
        Meteorological range [m].
    turbidity : float
        2 very clear to 6 hazy.
    temperature_c : float
    wind : float
        Loudness of the wind, 0-1.
    """

    cloud_cover: float = 0.3
    sun_in_gap: bool = True
    visibility_m: float = 45_000.0
    turbidity: float = 2.8
    temperature_c: float = 12.0
    wind: float = 0.5


@dataclass(frozen=True, slots=True)
class Device:
    """The camera and its clock.

    Attributes
    ----------
    width_px, height_px : int
        Of the upright frame; even.
    horizontal_fov_deg : float
        Of the upright frame.
    rate_hz : float
    crf : int
        Constant rate factor of x264: lower is better.
    key_interval : int
        Frames between key frames at most.
    noise : float
        Sensor noise, 1 for a good phone in daylight.
    vignetting_stops : float
        Light lost in the corners.
    clock : str
        utc | local-as-utc | stripped: what creation_time holds.
    clock_error_s : float
        Camera clock minus true time [s].
    utc_offset_h : float
        Civil time at the place minus UTC [h].
    rotation_deg : int
        0, 90, 180 or 270: turn the player must apply; the stored frames are turned the other way.
    variable_rate : bool
        Frame intervals vary, as on phones.
    tags : tuple of (str, str)
        Further container metadata.
    """

    width_px: int = 1280
    height_px: int = 720
    horizontal_fov_deg: float = 62.0
    rate_hz: float = 25.0
    crf: int = 21
    key_interval: int = 25
    noise: float = 1.0
    vignetting_stops: float = 0.45
    clock: str = "utc"
    clock_error_s: float = 0.0
    utc_offset_h: float = 0.0
    rotation_deg: int = 0
    variable_rate: bool = False
    tags: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.width_px % 2 or self.height_px % 2 or min(self.width_px, self.height_px) < 32:
            raise BadInputError(
                f"A frame of {self.width_px} x {self.height_px} cannot be encoded.", "Choose even sides of 32 or more."
            )
        if not 5.0 <= self.horizontal_fov_deg <= 120.0:
            raise BadInputError(
                f"A field of view of {self.horizontal_fov_deg} degrees is out of range.", "Choose 5 to 120."
            )
        if self.clock not in ("utc", "local-as-utc", "stripped"):
            raise BadInputError(f"'{self.clock}' is not a clock I know.", "Choose utc, local-as-utc or stripped.")
        if self.rotation_deg not in (0, 90, 180, 270):
            raise BadInputError(f"A rotation of {self.rotation_deg} is not one a player applies.", "Choose 0, 90, ...")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One rehearsed incident: where, when, what stands there, and the camera that filmed it.

    Attributes
    ----------
    name : str
    seed : int
        Of everything random: grain, canopy, clouds, hand, sensor, wind.
    lat_deg, lon_deg : float
        Of the camera, WGS 84.
    start : datetime
        True time of the first frame, with an offset.
    duration_s : float
    heading_start_deg, heading_end_deg : float
        The pan's ends, true bearings.
    pitch_deg, roll_deg : float
        Means, about which the hand shakes.
    eye_height_m : float
        Above the soil.
    shake_deg : float
        Root mean square of the hand's unsteadiness about each axis.
    oversample : float
        Panorama columns a pixel of the frame's centre.
    reach_m : float
        Where rays end [m].
    """

    name: str
    seed: int
    lat_deg: float
    lon_deg: float
    start: dt.datetime
    duration_s: float = 12.0
    heading_start_deg: float = 0.0
    heading_end_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    eye_height_m: float = 1.62
    shake_deg: float = 0.22
    weather: Weather = field(default_factory=Weather)
    cover: Cover = field(default_factory=Cover)
    props: tuple[Prop, ...] = ()
    sounds: tuple[SoundEvent, ...] = ()
    device: Device = field(default_factory=Device)
    oversample: float = 1.45
    reach_m: float = 36_000.0

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise BadInputError(
                f"The scenario '{self.name}' starts at a time without an offset.", "Give it one, such as UTC."
            )
        if not 0.1 <= self.duration_s <= 600.0:
            raise BadInputError(f"A clip of {self.duration_s} s is out of range.", "Choose 0.1 to 600 seconds.")
        if abs(self.heading_end_deg - self.heading_start_deg) > 200.0:
            raise BadInputError("The pan is wider than 200 degrees.", "Choose a narrower one.")
