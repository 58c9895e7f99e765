"""The case's weather records for the places and times it weighs, with how far and how high they lie."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.desk.case import Case
from witnessmark.desk.outside import FOLDER, open_providers
from witnessmark.desk.space import case_space
from witnessmark.errors import NotFoundError, WitnessmarkError
from witnessmark.lines.providers.contract import (
    ElevationProvider,
    Reading,
    WeatherProvider,
    WeatherRecord,
    great_circle_km,
)
from witnessmark.lines.weather.records import GivenRecord
from witnessmark.plain import canonical

WEATHER = "weather"
ELEVATION = "elevation"
MARGIN = dt.timedelta(days=30)
"""Weather to either side of the time axis is read too: what lasts is known from before and after."""
SAMPLED_PLACES = 64


class CaseWeather:
    """What a line asks as "weather:case"; read once, when first asked.

    Parameters
    ----------
    case : Case
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._over = case_space(case)
        self._found: tuple[GivenRecord, ...] | None = None
        self._troubles: list[str] = []
        self._readings: list[Reading] = []
        self._heights: NDArray[np.float64] | None = None

    def given(self) -> tuple[GivenRecord, ...]:
        """Every record of the case's weather folder, and of what may be asked online, that covers the space."""
        if self._found is None:
            self._found = self._look()
        return self._found

    def span(self) -> tuple[dt.datetime, dt.datetime]:
        """The time axis."""
        return self._over.times.start, self._over.times.end

    def troubles(self) -> tuple[str, ...]:
        """What could not be read, with the fix."""
        self.given()
        return tuple(self._troubles)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What was read so far."""
        return tuple(dict.fromkeys(self._readings))

    def state(self) -> str:
        """A word that changes with the records."""
        held = [
            (one.provider, one.record.readings[0].sha256, one.record.model, one.distance_km, one.climb_m)
            for one in self.given()
        ]
        return Sha256.of(canonical([held, list(self._troubles)])).hex()

    def _look(self) -> tuple[GivenRecord, ...]:
        places = self._over.places
        rows, columns = places.shape
        middle = rows // 2 * columns + columns // 2
        lat_deg, lon_deg = float(places.lat_deg[middle]), float(places.lon_deg[middle])
        start, end = self._over.times.start - MARGIN, self._over.times.end + MARGIN
        if end > dt.datetime.now(dt.UTC):  # nothing is recorded of the future
            end = self._over.times.end
        folder = self._case.folder / FOLDER / WEATHER
        troubles: list[str] = []
        opened = open_providers(self._case, {WEATHER}, troubles)
        if folder.is_dir():
            self._troubles += troubles
        given: list[GivenRecord] = []
        seen: set[Sha256] = set()
        for name, provider in sorted(opened.items()):
            for record in self._records(provider, lat_deg, lon_deg, start, end):
                reading = record.readings[0]
                if name.endswith("-kept") and reading.sha256 in seen:
                    continue
                seen.add(reading.sha256)
                self._readings += record.readings
                far_km = max(self._distances_km(record))
                given.append(GivenRecord(name.partition(":")[2], record, far_km, self._climb_m(record)))
        return tuple(given)

    def _records(
        self, provider: Any, lat_deg: float, lon_deg: float, start: dt.datetime, end: dt.datetime
    ) -> tuple[WeatherRecord, ...]:
        try:
            if hasattr(provider, "all_records"):
                return tuple(provider.all_records(lat_deg, lon_deg, start, end))
            if isinstance(provider, WeatherProvider):
                return (provider.record(lat_deg, lon_deg, start, end),)
        except NotFoundError:
            return ()
        except WitnessmarkError as error:
            self._troubles.append(str(error))
        return ()

    def _distances_km(self, record: WeatherRecord) -> list[float]:
        """From the record to the corners of the region."""
        rows, columns = self._over.places.shape
        corners = (0, columns - 1, (rows - 1) * columns, rows * columns - 1)
        lat, lon = self._over.places.lat_deg, self._over.places.lon_deg
        return [great_circle_km(record.lat_deg, record.lon_deg, float(lat[at]), float(lon[at])) for at in corners]

    def _climb_m(self, record: WeatherRecord) -> float | None:
        """Between the record's height and that of most places: the ninth decile of their differences."""
        if record.elevation_m is None:
            return None
        if self._heights is None:
            self._heights = self._heights_m()
        heights = self._heights
        if heights.size == 0:
            return None
        return round(float(np.quantile(np.abs(heights - record.elevation_m), 0.9)), 0)

    def _heights_m(self) -> NDArray[np.float64]:
        """Heights of some places of the region, as far as an elevation model of the case has them."""
        places = self._over.places
        chosen = np.unique(np.linspace(0, places.n_places - 1, SAMPLED_PLACES).astype(np.int64))
        for _, provider in sorted(open_providers(self._case, {ELEVATION}).items()):
            if not isinstance(provider, ElevationProvider):
                continue
            try:
                found = provider.heights(places.lat_deg[chosen], places.lon_deg[chosen])
            except WitnessmarkError:
                continue
            held = found.height_m[np.isfinite(found.height_m)].astype(np.float64)
            if held.size:
                self._readings += found.readings
                return held
        return np.zeros(0)
