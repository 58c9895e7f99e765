"""The case's weather records for the places and times it weighs, with how far and how high they lie."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Protocol, runtime_checkable

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
from witnessmark.lines.registry import providers
from witnessmark.lines.weather.records import GivenRecord
from witnessmark.plain import canonical

WEATHER = "weather"
ELEVATION = "elevation"
MARGIN = dt.timedelta(days=30)
"""Weather to either side of the time axis is read too: what lasts is known from before and after."""
SAMPLED_PLACES = 64


@runtime_checkable
class ManyRecords(Protocol):
    """A weather provider that holds several records for a place, not only the nearest."""

    def all_records(
        self, lat_deg: float, lon_deg: float, start: dt.datetime, end: dt.datetime
    ) -> tuple[WeatherRecord, ...]:
        """Every record with hours in [start, end]."""
        ...


@runtime_checkable
class Troubled(Protocol):
    """A provider that leaves out what it cannot read, and says so."""

    @property
    def troubles(self) -> tuple[str, ...]:
        """A sentence, with the fix, for each thing left out."""
        ...


@runtime_checkable
class Fetching(Protocol):
    """A provider that asks the network, and tells what came, used or not."""

    @property
    def fetched(self) -> tuple[Reading, ...]:
        """Every response so far."""
        ...


class CaseWeather:
    """What a line asks as "weather:case"; read once, when first asked. Until then nothing is asked of the network.

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
        """A word that changes with the files, with what may be asked online and with the hours it is asked for.

        Nothing is opened or fetched for it: a case is looked up in the network only when its weather is weighed.
        """
        outside = self._case.folder / FOLDER
        heights = outside / ELEVATION
        listed = [
            (path.name, path.stat().st_size, str(path.stat().st_mtime_ns))
            for path in (sorted(heights.iterdir()) if heights.is_dir() else ())
            if path.is_file()
        ]
        held = [(path.relative_to(outside).as_posix(), _digest(path)) for path in _files(outside / WEATHER)]
        span = None if not self._online() else [moment.date().isoformat() for moment in self._asked_online() or ()]
        return Sha256.of(canonical([held, listed, sorted(self._case.settings.get("online", [])), span])).hex()

    def _online(self) -> frozenset[str]:
        """Weather providers that ask the network and may do so."""
        allowed = self._case.settings.get("online", [])
        return frozenset(
            name for name, door in providers(WEATHER).items() if getattr(door, "online", 0) and name in allowed
        )

    def _recorded(self) -> tuple[dt.datetime, dt.datetime]:
        return self._over.times.start - MARGIN, self._over.times.end + MARGIN

    def _asked_online(self) -> tuple[dt.datetime, dt.datetime] | None:
        """The span that is asked of the network, which has nothing of the future; None when all of it is to come."""
        start, end = self._recorded()
        end = min(end, dt.datetime.now(dt.UTC))
        return (start, end) if start < end else None

    def _look(self) -> tuple[GivenRecord, ...]:
        places = self._over.places
        rows, columns = places.shape
        middle = rows // 2 * columns + columns // 2
        lat_deg, lon_deg = float(places.lat_deg[middle]), float(places.lon_deg[middle])
        folder = self._case.folder / FOLDER / WEATHER
        troubles: list[str] = []
        opened = open_providers(self._case, {WEATHER}, troubles)
        if folder.is_dir():
            self._troubles += troubles
        given: list[GivenRecord] = []
        answered: set[str] = set()
        for name, provider in sorted(opened.items()):
            if name.removesuffix("-kept") in answered:  # the archive itself has said it
                continue
            if isinstance(provider, Troubled):
                self._troubles += provider.troubles
            online = name.partition(":")[2] in self._online()
            span = self._asked_online() if online else self._recorded()
            for record in () if span is None else self._records(provider, lat_deg, lon_deg, *span):
                answered.add(name)
                self._readings += record.readings
                far_km = max(self._distances_km(record))
                given.append(GivenRecord(name.partition(":")[2], record, far_km, self._climb_m(record)))
        return tuple(given)

    def _records(
        self, provider: object, lat_deg: float, lon_deg: float, start: dt.datetime, end: dt.datetime
    ) -> tuple[WeatherRecord, ...]:
        try:
            if isinstance(provider, ManyRecords):
                return tuple(provider.all_records(lat_deg, lon_deg, start, end))
            if isinstance(provider, WeatherProvider):
                return (provider.record(lat_deg, lon_deg, start, end),)
        except NotFoundError:
            return ()
        except WitnessmarkError as error:
            self._troubles.append(str(error))
        finally:
            if isinstance(provider, Fetching):
                self._readings += provider.fetched
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
            self._readings += found.readings
            held = found.height_m[np.isfinite(found.height_m)].astype(np.float64)
            if held.size:
                return held
        return np.zeros(0)


def _files(folder: Path) -> list[Path]:
    found = folder.rglob("*") if folder.is_dir() else ()
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
