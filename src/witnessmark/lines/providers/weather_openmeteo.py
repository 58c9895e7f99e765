"""Responses of the Open-Meteo historical archive: UTC only, units as the response states them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path

from witnessmark.errors import ProviderError
from witnessmark.lines.providers.contract import Reading, WeatherHour
from witnessmark.lines.providers.weather_records import (
    Recorded,
    Stated,
    height_m,
    moment,
    read_bytes,
    refuse_offset,
    refusing,
    whole_hours,
)

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
NOT_PINNED = "The response does not say which model made it; the archive's default mixes several."
AS_IT_CAME = "Keep the response exactly as it came."
ASK_AGAIN = "Request it again with timezone=GMT, so that every hour is UTC."


@refusing
def read_openmeteo(path: Path, stated: Stated | None = None, models: str | None = None) -> tuple[Recorded, ...]:
    """The cell that a response holds.

    Parameters
    ----------
    path : Path
        JSON as the archive gave it.
    stated : Stated, optional
        Not needed: a response says where it holds, and is in UTC.
    models : str, optional
        What ``models=`` of the request was, where that is known.

    Raises
    ------
    ProviderError
        When it is no such response, has an unknown unit, or is not in UTC: a response in local time states one offset
        for its whole span, which a change of clocks makes wrong; or when a person states an offset of its times.
    """
    name = path.name
    refuse_offset(name, stated)
    try:
        body = json.loads(read_bytes(path))
        if isinstance(body, Mapping) and body.get("error"):
            raise ProviderError(f"'{name}' holds the archive's refusal: {body.get('reason')}.", "Request it again.")
        hourly, units = body["hourly"], body["hourly_units"]
        stamps = list(hourly["time"])
        lat_deg, lon_deg = float(body["latitude"]), float(body["longitude"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProviderError(
            f"'{name}' is not a recorded archive response ({type(error).__name__}: {error}).",
            "Keep the response's JSON exactly as it came.",
        ) from error
    _refuse_local_time(name, body)
    moments = [moment(name, str(stamp), 0.0, ASK_AGAIN) for stamp in stamps]
    columns, suffixes = _columns(name, hourly, units, len(moments))
    rows = [{field: values[index] for field, values in columns.items()} for index in range(len(moments))]
    hours, notes = whole_hours(_hour(at, row) for at, row in zip(moments, rows, strict=True))
    pinned = ", ".join(sorted(suffixes)) or models
    record = Recorded(
        reading=Reading.of_file("folder", path),
        station="",
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        elevation_m=height_m(name, body.get("elevation")),
        model=f"Open-Meteo archive, {pinned or 'model not stated'}",
        kind="model",
        hours=hours,
        notes=notes if pinned else (*notes, NOT_PINNED),
    )
    return (record,)


def _columns(
    name: str, hourly: Mapping[str, list[float | None]], units: Mapping[str, str], n_hours: int
) -> tuple[dict[str, list[float | None]], set[str]]:
    columns: dict[str, list[float | None]] = {}
    suffixes: set[str] = set()
    for field, (variable, known_units) in VARIABLES.items():
        named = next((variable + suffix for suffix in MODEL_SUFFIXES if variable + suffix in hourly), None)
        if named is None:
            continue
        unit = str(units.get(named, ""))
        if unit not in known_units or len(hourly[named]) != n_hours:
            raise ProviderError(
                f"'{name}' states {named} in '{unit}' with {len(hourly[named])} values for {n_hours} times.",
                f"Known units are {', '.join(known_units)}; keep the response exactly as it came.",
            )
        factor, offset = known_units[unit]
        try:
            columns[field] = [None if value is None else float(value) * factor + offset for value in hourly[named]]
        except (TypeError, ValueError) as error:
            raise ProviderError(f"'{name}' holds a {named} that is no number ({error}).", AS_IT_CAME) from error
        if named != variable:
            suffixes.add(named[len(variable) :].lstrip("_"))
    return columns, suffixes


def _hour(at: dt.datetime, row: dict[str, float | None]) -> WeatherHour:
    code = row.pop("weather_code", None)
    return WeatherHour(at=at, weather_code=None if code is None else round(code), **row)


def _refuse_local_time(name: str, body: Mapping[str, object]) -> None:
    offset_s = body.get("utc_offset_seconds")
    if offset_s != 0:
        stated = "states no UTC offset" if offset_s is None else f"is in local time ({offset_s} s from UTC)"
        raise ProviderError(f"'{name}' {stated}.", ASK_AGAIN)
