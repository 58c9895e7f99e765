"""What the weather line sees: labels a person gave the sky and the ground, and the records they are weighed against."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.contract import InputRef, Remark


@dataclass(frozen=True, slots=True)
class WeatherLabel:
    """What a person saw of the weather in one frame; None for what cannot be told.

    Attributes
    ----------
    mark : str
    at_utc : datetime or None
        When the frame was recorded, where its clock is known: days are then compared at that time of day.
    sky : str or None
        clear | partly | overcast
    rain : bool or None
        Rain or snow falls.
    snow_on_ground : bool or None
    wind : str or None
        calm | moderate | strong
    visibility_km : tuple of float or None
        From how far at least to how far at most one sees; an open end is 1000.
    temperature_c : tuple of float or None
        Lowest and highest.
    """

    mark: str
    at_utc: dt.datetime | None
    sky: str | None
    rain: bool | None
    snow_on_ground: bool | None
    wind: str | None
    visibility_km: tuple[float, float] | None
    temperature_c: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class RecordSeen:
    """One record as it was read, packed for keeping; `packing.unpack` gives the values.

    Attributes
    ----------
    source : str
        Provider and file.
    sha256 : Sha256
        Of the response or table.
    model : str
    kind : str
        station | model | satellite
    lat_deg, lon_deg, elevation_m : float or None
    distance_km : float or None
        From the farthest place weighed; None when that is not known.
    climb_m : float or None
        How far the ground of the places lies from the record's height, either way; None when that is not known.
    right_share : float or None
        Stated by the analyst of satellite scenes.
    start : datetime
        First hour, UTC.
    hours_count : int
        From the first to the last hour of the record.
    packed : bytes
        See `witnessmark.lines.weather.packing`.
    """

    source: str
    sha256: Sha256
    model: str
    kind: str
    lat_deg: float | None
    lon_deg: float | None
    elevation_m: float | None
    distance_km: float | None
    climb_m: float | None
    right_share: float | None
    start: dt.datetime
    hours_count: int
    packed: bytes


@dataclass(frozen=True, slots=True)
class DayRow:
    """What the labels tell of the hours of a day, beside an hour of which nothing is recorded.

    Attributes
    ----------
    day : str
        UTC.
    hour_bits : tuple of float or None
        24 values; None for hours that are not weighed.
    """

    day: str
    hour_bits: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class WeatherObservations:
    """Everything the line has for one item.

    Attributes
    ----------
    item : Sha256
    inputs : tuple of InputRef
    labels : tuple of WeatherLabel
    records : tuple of RecordSeen
    days : tuple of DayRow
        Of the span that was asked for; weighing goes by the records again.
    seed : int
        Nothing is drawn at random; it is kept with the finding.
    remarks : tuple of Remark
    """

    item: Sha256
    inputs: tuple[InputRef, ...]
    labels: tuple[WeatherLabel, ...]
    records: tuple[RecordSeen, ...]
    days: tuple[DayRow, ...]
    seed: int
    remarks: tuple[Remark, ...]
