"""The Open-Meteo historical archive over HTTPS: the model pinned, UTC demanded, every response kept with its hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from typing import TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

from witnessmark import __version__
from witnessmark.custody.hashes import Sha256
from witnessmark.errors import NotFoundError, ProviderError
from witnessmark.lines.providers.contract import Reading, WeatherRecord
from witnessmark.lines.providers.elevation_web import PASSING, SameScheme
from witnessmark.lines.providers.weather import nearest
from witnessmark.lines.providers.weather_openmeteo import VARIABLES, read_openmeteo
from witnessmark.lines.providers.weather_records import LARGEST_BYTES

URL = "https://archive-api.open-meteo.com/v1/archive"
MODEL = "era5"
"""One reanalysis with one definition: the archive's default mixes models and once gave 33 m of snow (open-meteo issue
1827)."""
CELL_DEG = 0.25
"""Spacing of ERA5: places are rounded to it, so what is asked says no more of where a case looks than it must."""
KEPT = "open-meteo"
PAUSES_S = (0.5, 2.0, 8.0)
Fetch: TypeAlias = Callable[[str], bytes]


class ArchiveWeather:
    """Hourly weather of one pinned model; what was fetched once is read again without a network.

    Parameters
    ----------
    folder : Path
        Of the case's weather. Responses are kept below it in ``open-meteo/`` under their SHA-256, each request beside.
    fetch : callable or None
        Gives the bytes at an address; None: only what is kept is read.
    name : str
    """

    def __init__(self, folder: Path, fetch: Fetch | None, name: str = "open-meteo") -> None:
        self.name = name
        self._kept = folder / KEPT
        self._fetch = fetch
        self._fetched: list[Reading] = []

    @property
    def fetched(self) -> tuple[Reading, ...]:
        """What came from the network so far, whether it could be used or not."""
        return tuple(self._fetched)

    def record(self, lat_deg: float, lon_deg: float, start: dt.datetime, end: dt.datetime) -> WeatherRecord:
        """The record of the cell of a place, for the whole UTC days that hold [start, end].

        Where nothing may be fetched, it is the kept response that holds most of those days, the latest of several.

        Raises
        ------
        NotFoundError
            When it is not kept and nothing may be fetched.
        ProviderError
            When the archive cannot be reached, refuses, or answers in local time.
        """
        url = address(lat_deg, lon_deg, start, end)
        asked = self._kept / f"{hashlib.sha256(url.encode()).hexdigest()}.request.json"
        if not asked.is_file():
            if self._fetch is None:
                asked = self._kept_like(url)
            else:
                self._ask(asked, url, self._fetch)
        request = self._request(asked)
        path = self._kept / f"{request['sha256']}.json"
        reading = Reading.of_file(self.name, path)
        if reading.sha256.hex() != request["sha256"]:
            raise ProviderError(f"'{path.name}' was changed after it was kept.", f"Delete {asked} and ask again.")
        retrieved = dt.datetime.fromisoformat(request["retrieved"])
        records = tuple(
            replace(record, reading=replace(reading, source=request["url"], retrieved=retrieved))
            for record in read_openmeteo(path, models=request["models"])
        )
        return nearest(records, lat_deg, lon_deg, start, end)

    def _kept_like(self, url: str) -> Path:
        wanted = _facts(url)
        found: list[tuple[int, str, str, Path]] = []
        for path in sorted(self._kept.glob("*.request.json")):
            request = self._request(path)
            held = _facts(request["url"])
            first, last = max(wanted["start_date"], held["start_date"]), min(wanted["end_date"], held["end_date"])
            days = (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days + 1
            if days > 0 and all(held[key] == wanted[key] for key in ("latitude", "longitude", "models")):
                found.append((days, request["retrieved"], request["sha256"], path))
        if not found:
            raise NotFoundError(
                "No response of the Open-Meteo archive is kept for that place and span.",
                "Allow the provider 'open-meteo' to ask the network once, or put a response into the folder.",
            )
        return max(found)[-1]

    def _ask(self, asked: Path, url: str, fetch: Fetch) -> None:
        """Ask the network; that it was asked in vain is written down too, as it told where a case looks."""
        in_vain = asked.with_name(asked.name.replace(".request.", ".in-vain."))
        at = dt.datetime.now(dt.UTC).isoformat()
        try:
            self._keep(asked, url, fetch(url))
        except ProviderError as error:
            self._kept.mkdir(parents=True, exist_ok=True)
            in_vain.write_text(json.dumps({"url": url, "asked": at, "wrong": error.what}, indent=1), encoding="utf-8")
            raise
        in_vain.unlink(missing_ok=True)

    def _keep(self, asked: Path, url: str, data: bytes) -> None:
        digest, now = hashlib.sha256(data), dt.datetime.now(dt.UTC)
        self._fetched.append(Reading(self.name, url, Sha256(digest.digest()), len(data), now))
        request = {"url": url, "models": MODEL, "sha256": digest.hexdigest(), "size_bytes": len(data)}
        request["retrieved"] = now.isoformat()
        self._kept.mkdir(parents=True, exist_ok=True)
        draft = self._kept / f".draft.{os.getpid()}.json"
        draft.write_bytes(data)
        try:
            read_openmeteo(draft, models=MODEL)  # nothing is kept that cannot be read
        except ProviderError as error:
            draft.unlink()
            raise ProviderError(f"The archive's answer cannot be used: {error.what}", error.do) from error
        draft.replace(self._kept / f"{digest.hexdigest()}.json")
        draft.write_text(json.dumps(request, indent=1), encoding="utf-8")
        draft.replace(asked)

    def _request(self, asked: Path) -> dict[str, str]:
        try:
            held = json.loads(asked.read_text(encoding="utf-8"))
            found = {key: str(held[key]) for key in ("url", "models", "sha256", "retrieved")}
            _facts(found["url"]), dt.datetime.fromisoformat(found["retrieved"])
            return found
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise ProviderError(f"'{asked}' cannot be read ({error}).", "Delete it and ask again.") from error


def address(lat_deg: float, lon_deg: float, start: dt.datetime, end: dt.datetime) -> str:
    """What is asked: the cell, whole UTC days, the model, GMT and metric units.

    Examples
    --------
    >>> day = dt.datetime(2022, 9, 13, tzinfo=dt.UTC)
    >>> "latitude=39.5&longitude=46.25&start_date=2022-09-13" in address(39.6, 46.3, day, day)
    True
    """
    asked = {
        "latitude": f"{CELL_DEG * round(lat_deg / CELL_DEG):g}",
        "longitude": f"{CELL_DEG * round(lon_deg / CELL_DEG):g}",
        "start_date": start.astimezone(dt.UTC).date().isoformat(),
        "end_date": end.astimezone(dt.UTC).date().isoformat(),
        "hourly": ",".join(variable for variable, _ in VARIABLES.values()),
        "models": MODEL,
        "timezone": "GMT",
        "wind_speed_unit": "ms",
    }
    return f"{URL}?{urlencode(asked, safe=',')}"


def _facts(url: str) -> dict[str, str]:
    """What an address asks for; raises ValueError where it is none of `address`."""
    held = dict(parse_qsl(urlsplit(url).query))
    wanted = ("latitude", "longitude", "models", "start_date", "end_date")
    if not all(key in held for key in wanted):
        raise ValueError("the address does not say the place, the model and the days")
    for key in wanted[3:]:
        dt.date.fromisoformat(held[key])
    return {key: held[key] for key in wanted}


def fetch_whole(url: str, timeout_s: float = 30.0, pauses_s: tuple[float, ...] = PAUSES_S) -> bytes:
    """The bytes at an address, after a few tries.

    Raises
    ------
    ProviderError
    """
    opener = urllib.request.build_opener(SameScheme())
    wrong = ""
    for pause_s in (0.0, *pauses_s):
        time.sleep(pause_s)
        request = urllib.request.Request(url, None, {"User-Agent": f"witnessmark/{__version__}"})
        try:
            with opener.open(request, timeout=timeout_s) as reply:
                data: bytes = reply.read(LARGEST_BYTES)
                return data
        except urllib.error.HTTPError as error:
            with error:
                said = error.read(500).decode("utf-8", "replace")
            wrong = f"it answered {error.code}: {said}"
            if error.code not in PASSING:
                break
        except (OSError, HTTPException) as error:
            wrong = f"{type(error).__name__}: {error}"
    raise ProviderError(
        f"'{url}' could not be fetched ({wrong}).",
        "Check the connection and try again, or put a recorded response into the weather folder.",
    )


class _ArchiveDoor:
    name = "open-meteo"
    online = True  # what is asked tells where and when a case looks: only where a person allowed it
    about = "The Open-Meteo archive (ERA5, UTC) over HTTPS; kept, and read again without a network."

    def open(self, folder: Path) -> ArchiveWeather:
        return ArchiveWeather(folder, fetch_whole)


class _KeptDoor:
    name = "open-meteo-kept"
    about = "Responses of the Open-Meteo archive as far as they are kept in the folder; nothing is fetched."

    def open(self, folder: Path) -> ArchiveWeather:
        return ArchiveWeather(folder, None, self.name)


ARCHIVE = _ArchiveDoor()
ARCHIVE_KEPT = _KeptDoor()
