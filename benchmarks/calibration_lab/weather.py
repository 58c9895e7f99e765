"""The weather of a rehearsed incident: what one airport reported is what was seen, what another did is the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.weather_lab.choosing import SIGHTS_KM, WIND_WORDS
from benchmarks.weather_lab.data import DISTANCE_KM, HOUR, airports

from witnessmark.lines.providers.contract import WeatherHour, WeatherRecord
from witnessmark.lines.providers.weather_records import Recorded
from witnessmark.lines.weather.records import GivenRecord

HOME_LON_DEG = -74.0
SAYS = 0.7
"""Chance that a person says anything of one kind of weather."""
MISNAMED = 0.03
DAYS = (6, 23)
"""Days of a month on which incidents happen: the axis about them stays within the month."""


@dataclass(frozen=True, slots=True)
class Seen:
    """When it was filmed, what a person says of the weather, and which record is at hand."""

    at: dt.datetime
    label: Mapping[str, Any]
    rains: bool
    record: str
    shift_h: int


class Airports:
    """Hourly reports of three airports, moved to where an incident happens so that noon stays noon."""

    def __init__(self, folder: Path) -> None:
        self._records = airports(folder)
        self._hours = {name: {hour.at: hour for hour in record.hours} for name, record in self._records.items()}

    def draw(self, rng: np.random.Generator, lon_deg: float) -> Seen:
        """A moment, its weather at one airport, and another one for the record."""
        names = sorted(self._records)
        one, other = (names[int(k)] for k in rng.permutation(len(names))[:2])
        moments = [moment for moment in self._hours[one] if DAYS[0] <= moment.day <= DAYS[1]]
        hour = self._hours[one][moments[int(rng.integers(len(moments)))]]
        shift_h = round((lon_deg - HOME_LON_DEG) / 15.0)
        at = hour.at + dt.timedelta(seconds=float(rng.integers(-1800, 1800)), hours=-shift_h)
        return Seen(at, _label(rng, hour), bool((hour.precipitation_mm or 0.0) > 0.0), f"{one}/{other}", shift_h)

    def record(self, names: str, shift_h: int, start: dt.datetime, end: dt.datetime) -> GivenRecord:
        """The record at hand, over the time axis and two weeks to either side."""
        one, other = names.split("/")
        held: Recorded = self._records[other]
        by, margin = shift_h * HOUR, dt.timedelta(days=14)
        hours = tuple(
            replace(hour, at=hour.at - by) for hour in held.hours if start - margin <= hour.at - by <= end + margin
        )
        distance = float(DISTANCE_KM[min(one, other), max(one, other)])
        record = WeatherRecord(0.0, 0.0, None, distance, "airport reports", hours, (held.reading,), held.kind)
        return GivenRecord("benchmark", record, distance, 0.0)


def _label(rng: np.random.Generator, hour: WeatherHour) -> Mapping[str, Any]:
    """What a person says of an hour, some of it wrong."""
    label: dict[str, Any] = {}
    wrong = rng.random(3) < MISNAMED
    if hour.precipitation_mm is not None and rng.random() < SAYS:
        label["rain"] = bool(hour.precipitation_mm > 0.0) != bool(wrong[0])
    if hour.wind_speed_m_s is not None and rng.random() < SAYS:
        parted = (float(rng.uniform(1.0, 4.5)), float(rng.uniform(5.5, 10.5)))
        code = int(np.searchsorted(parted, hour.wind_speed_m_s))
        label["wind"] = WIND_WORDS[(code + 1) % 3 if wrong[1] else code]
    if hour.visibility_m is not None and rng.random() < SAYS:
        sight_km = hour.visibility_m / 1000.0 * float(np.exp(0.2 * rng.standard_normal()))
        code = int(np.searchsorted((5.0, 16.0), sight_km, side="right")) if hour.visibility_m < 16_000.0 else 2
        low, high = SIGHTS_KM[(code + 1) % 3 if wrong[2] else code]
        label["visibility_km"] = [low, high]
    return label
