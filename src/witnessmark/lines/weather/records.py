"""What the line asks for records: those of a region and a span, each with how far it is from the places weighed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from witnessmark.lines.providers.contract import WeatherRecord


@dataclass(frozen=True, slots=True, eq=False)
class GivenRecord:
    """A record that may serve.

    Attributes
    ----------
    provider : str
        Who gives it.
    record : WeatherRecord
        With the hours of the span and some to either side.
    distance_km : float or None
        From the farthest place weighed.
    climb_m : float or None
        Between the record's height and the ground of the places, either way; None when that is not known.
    """

    provider: str
    record: WeatherRecord
    distance_km: float | None
    climb_m: float | None


@runtime_checkable
class GivenWeather(Protocol):
    """Weather records for the places and times that are weighed, under "weather:..." among a line's providers."""

    def given(self) -> tuple[GivenRecord, ...]:
        """Every record with an hour in the span."""
        ...

    def span(self) -> tuple[dt.datetime, dt.datetime]:
        """First and last moment of the times that are weighed, UTC."""
        ...

    def troubles(self) -> tuple[str, ...]:
        """Sentences on records that could not be used, with the fix."""
        ...
