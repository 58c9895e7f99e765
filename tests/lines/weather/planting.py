"""Weather whose truth is known: a chain of hours made here, and a record that errs by known chances."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tests.lines.clips import item_of, space, write

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.conformance import Planted
from witnessmark.lines.contract import Mark, Tools
from witnessmark.lines.providers.contract import Reading, WeatherHour, WeatherRecord
from witnessmark.lines.weather.records import GivenRecord
from witnessmark.plain import Plain

HOUR = dt.timedelta(hours=1)
START = dt.datetime(2031, 9, 12, tzinfo=dt.UTC)
NOBODY = Sha256(bytes(32))
READING = Reading("folder", "made.csv", Sha256(bytes(range(32))), 100)


class Made:
    """Records made for a test."""

    def __init__(
        self,
        records: Sequence[WeatherRecord],
        *,
        start: dt.datetime = START,
        days: int = 3,
        distance_km: float | None = 10.0,
        climb_m: float | None = 0.0,
        troubles: tuple[str, ...] = (),
    ) -> None:
        self._given = tuple(GivenRecord("folder", record, distance_km, climb_m) for record in records)
        self._span = (start, start + dt.timedelta(days=days))
        self._troubles = troubles

    def given(self) -> tuple[GivenRecord, ...]:
        return self._given

    def span(self) -> tuple[dt.datetime, dt.datetime]:
        return self._span

    def troubles(self) -> tuple[str, ...]:
        return self._troubles


def label(name: str = "m1", **fields: Plain) -> Mark:
    return Mark(name, NOBODY, "weather-label", "someone", 0.0, fields)


def record_of(hours: Sequence[WeatherHour], kind: str = "station", right_share: float | None = None) -> WeatherRecord:
    return WeatherRecord(46.0, 8.0, 500.0, 10.0, "made", tuple(hours), (READING,), kind, right_share)


def days_of_weather(n_days: int, rainy: Mapping[int, range], start: dt.datetime = START) -> WeatherRecord:
    """Calm, dry, clear days; on the rainy hours of a day it rains in a strong wind under a low sky."""
    hours = []
    for number in range(24 * n_days):
        wet = number % 24 in rainy.get(number // 24, ())
        hours.append(
            WeatherHour(
                start + number * HOUR,
                cloud_cover_percent=100.0 if wet else 10.0,
                temperature_c=8.0 if wet else 15.0 + 5.0 * np.sin(2.0 * np.pi * (number % 24 - 9) / 24.0),
                precipitation_mm=3.0 if wet else 0.0,
                wind_speed_m_s=11.0 if wet else 2.0,
                visibility_m=4_000.0 if wet else 20_000.0,
                snow_depth_m=0.0,
            )
        )
    return record_of(hours)


def plant_weather(folder: Path) -> Planted:
    """A clip of the six wet hours of the second of three days."""
    path = write(folder / "planted.mp4", list(range(12)))
    over = space(START)
    filmed = START + 24 * HOUR + 12 * HOUR
    marks = (label(rain=True, wind="strong", sky="overcast", visibility_km=[1, 8]),)
    return Planted(
        item=item_of(path),
        marks=marks,
        tools=Tools(path, providers={"weather:case": Made([days_of_weather(3, {1: range(9, 15)})])}),
        over=over,
        true_place=None,
        true_instant=round((filmed - START).total_seconds() / over.times.step_s),
        at_most_rank=0.1,
    )
