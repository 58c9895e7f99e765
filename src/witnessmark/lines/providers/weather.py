"""Weather from a folder of recorded Open-Meteo archive responses: UTC only, units as the response states them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

from witnessmark.errors import NotFoundError, ProviderError
from witnessmark.lines.providers.contract import Reading, WeatherHour, WeatherRecord, great_circle_km
from witnessmark.plain import iso

# field of WeatherHour -> variable of the response, and for each unit the factor and offset to the field's unit
_CELSIUS = {"°C": (1.0, 0.0), "°F": (5.0 / 9.0, -160.0 / 9.0)}
_SPEED = {"km/h": (1.0 / 3.6, 0.0), "m/s": (1.0, 0.0), "mph": (0.44704, 0.0), "mp/h": (0.44704, 0.0)}
_SPEED["kn"] = (1852.0 / 3600.0, 0.0)
VARIABLES: dict[str, tuple[str, dict[str, tuple[float, float]]]] = {
    "cloud_cover_percent": ("cloud_cover", {"%": (1.0, 0.0)}),
    "temperature_c": ("temperature_2m", _CELSIUS),
    "precipitation_mm": ("precipitation", {"mm": (1.0, 0.0), "inch": (25.4, 0.0)}),
    "snowfall_cm": ("snowfall", {"cm": (1.0, 0.0), "inch": (2.54, 0.0)}),
    "snow_depth_m": ("snow_depth", {"m": (1.0, 0.0), "ft": (0.3048, 0.0)}),
    "wind_speed_m_s": ("wind_speed_10m", _SPEED),
    "wind_direction_deg": ("wind_direction_10m", {"°": (1.0, 0.0)}),
    "visibility_m": ("visibility", {"m": (1.0, 0.0), "ft": (0.3048, 0.0)}),
    "weather_code": ("weather_code", {"wmo code": (1.0, 0.0)}),
}
MODEL_SUFFIXES = ("", "_archive_best_match", "_best_match", "_era5_seamless", "_era5", "_era5_land")


@dataclass(frozen=True, slots=True)
class _Response:
    reading: Reading
    lat_deg: float
    lon_deg: float
    elevation_m: float | None
    model: str
    hours: tuple[WeatherHour, ...]


class FolderWeather:
    """Recorded responses in one folder, one JSON file each.

    Parameters
    ----------
    folder : Path
        Holds responses of the Open-Meteo historical archive, requested with ``timezone=GMT``.

    Raises
    ------
    ProviderError
        When the folder is missing, or a file is not such a response, has an unknown unit, or is not in UTC: a
        response in local time states one offset for its whole span, which a change of clocks makes wrong.
    """

    name = "folder"

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ProviderError(
                f"There is no weather folder {folder}.", "Make it and put recorded responses (.json) into it."
            )
        paths = sorted(folder.glob("*.json"), key=lambda path: path.name)
        self._responses = tuple(_response(path) for path in paths)

    def record(self, lat_deg: float, lon_deg: float, start: dt.datetime, end: dt.datetime) -> WeatherRecord:
        """The nearest recorded response with hours in [start, end].

        Raises
        ------
        NotFoundError
            When no response has an hour in that span.
        """
        begin, finish = start.astimezone(dt.UTC), end.astimezone(dt.UTC)
        best: tuple[float, str, _Response, tuple[WeatherHour, ...]] | None = None
        for response in self._responses:
            hours = tuple(hour for hour in response.hours if begin <= hour.at <= finish)
            distance_km = great_circle_km(lat_deg, lon_deg, response.lat_deg, response.lon_deg)
            if hours and (best is None or (distance_km, response.reading.source) < best[:2]):
                best = (distance_km, response.reading.source, response, hours)
        if best is None:
            raise NotFoundError(
                f"No recorded weather covers {iso(begin)} to {iso(finish)}.",
                "Record a response for that place and span with timezone=GMT and put it into the weather folder.",
            )
        distance_km, _, response, hours = best
        return WeatherRecord(
            response.lat_deg,
            response.lon_deg,
            response.elevation_m,
            distance_km,
            response.model,
            hours,
            (response.reading,),
        )


def _response(path: Path) -> _Response:
    try:
        body = json.loads(path.read_bytes())
        hourly, units = body["hourly"], body["hourly_units"]
        stamps = list(hourly["time"])
        lat_deg, lon_deg = float(body["latitude"]), float(body["longitude"])
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderError(
            f"'{path.name}' is not a recorded archive response ({type(error).__name__}: {error}).",
            "Keep the response's JSON exactly as it came.",
        ) from error
    _refuse_local_time(path.name, body)
    moments = [_moment(path.name, stamp) for stamp in stamps]
    columns: dict[str, list[float | None]] = {}
    suffixes: set[str] = set()
    for field, (variable, known_units) in VARIABLES.items():
        named = next((variable + suffix for suffix in MODEL_SUFFIXES if variable + suffix in hourly), None)
        if named is None:
            continue
        unit = str(units.get(named, ""))
        if unit not in known_units or len(hourly[named]) != len(moments):
            raise ProviderError(
                f"'{path.name}' states {named} in '{unit}' with {len(hourly[named])} values for {len(moments)} times.",
                f"Known units are {', '.join(known_units)}; keep the response exactly as it came.",
            )
        factor, offset = known_units[unit]
        columns[field] = [None if value is None else float(value) * factor + offset for value in hourly[named]]
        suffixes.add(named[len(variable) :].lstrip("_") or "best match")
    rows = [{field: values[index] for field, values in columns.items()} for index in range(len(moments))]
    hours = [_hour(at, row) for at, row in zip(moments, rows, strict=True)]
    elevation = body.get("elevation")
    return _Response(
        reading=Reading.of_file("folder", path),
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        elevation_m=None if elevation is None else float(elevation),
        model="Open-Meteo archive, " + ", ".join(sorted(suffixes or {"no known variable"})),
        hours=tuple(sorted(hours, key=lambda hour: hour.at)),
    )


def _hour(at: dt.datetime, row: dict[str, float | None]) -> WeatherHour:
    code = row.pop("weather_code", None)
    return WeatherHour(at=at, weather_code=None if code is None else round(code), **row)


def _refuse_local_time(name: str, body: dict[str, object]) -> None:
    offset_s = body.get("utc_offset_seconds")
    if offset_s != 0:
        stated = "states no UTC offset" if offset_s is None else f"is in local time ({offset_s} s from UTC)"
        raise ProviderError(f"'{name}' {stated}.", "Request it again with timezone=GMT, so that every hour is UTC.")


def _moment(name: str, stamp: object) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(str(stamp))
    except ValueError as error:
        raise ProviderError(f"'{name}' holds the time '{stamp}'.", "Keep the response exactly as it came.") from error
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


class _FolderDoor:
    name = "folder"
    about = "Recorded Open-Meteo archive responses in the case's weather folder."

    def open(self, folder: Path) -> FolderWeather:
        return FolderWeather(folder)


FOLDER = _FolderDoor()
