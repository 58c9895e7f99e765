"""Meteostat's hourly data, JSON or bulk CSV: UTC by its documentation; values that a model filled in are left out."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from witnessmark.errors import ProviderError
from witnessmark.lines.providers.contract import Reading, WeatherHour
from witnessmark.lines.providers.weather_records import (
    Recorded,
    Stated,
    moment,
    read_bytes,
    refuse_offset,
    refusing,
    unpacked,
    whole_hours,
)

FIELDS: Mapping[str, tuple[str, float]] = {
    "temp": ("temperature_c", 1.0),
    "prcp": ("precipitation_mm", 1.0),
    "wspd": ("wind_speed_m_s", 1.0 / 3.6),
    "wdir": ("wind_direction_deg", 1.0),
    "snow": ("snow_depth_m", 0.001),
    "snwd": ("snow_depth_m", 0.01),
    "cldc": ("cloud_cover_percent", 12.5),
    "coco": ("coco", 1.0),
}
"""Their column, our field and the factor to its unit (dev.meteostat.net, Meteorological Parameters)."""
SNOWFALL_CM = ("snowfall_cm", 1.0)
"""What "snow" is in files with sources; in the older ones and in JSON it is the snow's depth in mm."""
MODEL_WORDS = ("mosmix", "forecast", "model", "era5", "gfs", "icon", "nwp")
"""Sources of Meteostat that are no observations bear one of these words: dwd_mosmix, metno_forecast."""
LEGACY_COLUMNS = [
    "date",
    "hour",
    "temp",
    "dwpt",
    "rhum",
    "prcp",
    "snow",
    "wdir",
    "wspd",
    "wpgt",
    "pres",
    "tsun",
    "coco",
]
"""The older bulk files have no header."""
COCO_CLOUD_PERCENT = {1: 5.0, 2: 30.0, 3: 65.0, 4: 100.0}
"""Condition codes clear, fair, cloudy and overcast as cloud cover; the shares are ours."""
COCO_WMO = {5: 45, 6: 48, 7: 61, 8: 63, 9: 65, 10: 66, 11: 67, 12: 68, 13: 69, 14: 71, 15: 73, 16: 75, 17: 80, 18: 82}
COCO_WMO |= {19: 83, 20: 84, 21: 85, 22: 86, 23: 95, 24: 96, 25: 95, 26: 97, 27: 95}
"""Condition codes of fog and precipitation as WMO code table 4677 has them, as near as it does."""
NO_SOURCES = "The record does not say which values were observed: Meteostat fills gaps with those of a model."
UTC_FIX = "Meteostat gives UTC unless asked otherwise: ask again without a time zone."


@refusing
def read_meteostat(path: Path, stated: Stated | None = None) -> tuple[Recorded, ...]:
    """The station of a file.

    Parameters
    ----------
    path : Path
        JSON as the interface gave it, or a bulk file (.csv, .csv.gz), with a ``_source`` beside each value or without.
    stated : Stated, optional
        Where the station stands, as the file does not say it.

    Raises
    ------
    ProviderError
        When it is no such file, or a person states another station or offset.
    """
    stated = stated or Stated()
    name = path.name
    station = name.split(".")[0]
    refuse_offset(name, stated)
    if stated.station not in (None, station):
        raise ProviderError(
            f"'{name}' holds no station '{stated.station}': such a file is of one station and named by it.",
            "Leave the station out, or give that station's own file.",
        )
    rows, sourced = _rows(name, unpacked(name, read_bytes(path)))
    left: Counter[str] = Counter()
    hours, notes = whole_hours(_hour(at, row, sourced, left) for at, row in rows)
    told = [f"Values left out because '{source}' filled them in: {count}." for source, count in sorted(left.items())]
    if not sourced:
        told.append(NO_SOURCES)
    record = Recorded(
        reading=Reading.of_file("folder", path),
        station=station,
        lat_deg=stated.lat_deg,
        lon_deg=stated.lon_deg,
        elevation_m=stated.elevation_m,
        model="Meteostat, observations" if sourced else "Meteostat, sources not stated",
        kind="station" if sourced else "model",
        hours=hours,
        notes=(*notes, *told),
    )
    return (record,)


def _rows(name: str, data: bytes) -> tuple[list[tuple[dt.datetime, Mapping[str, object]]], bool]:
    try:
        text = data.decode("utf-8-sig")
        if text.lstrip().startswith("{"):
            return _of_json(name, json.loads(text))
        return _of_csv(name, text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProviderError(
            f"'{name}' is not hourly data of Meteostat ({type(error).__name__}: {error}).", "Keep it as it came."
        ) from error


def _of_json(
    name: str, body: Mapping[str, Iterable[Mapping[str, object]]]
) -> tuple[list[tuple[dt.datetime, Mapping[str, object]]], bool]:
    held = list(body["data"])
    rows = [(moment(name, str(row["time"]), 0.0, UTC_FIX), row) for row in held]
    return rows, any(key.endswith("_source") for row in held for key in row)


def _of_csv(name: str, text: str) -> tuple[list[tuple[dt.datetime, Mapping[str, object]]], bool]:
    first = text.partition("\n")[0]
    header = None if "temp" in first or "hour" in first else LEGACY_COLUMNS
    reader = csv.DictReader(io.StringIO(text), fieldnames=header)
    rows: list[tuple[dt.datetime, Mapping[str, object]]] = []
    for row in reader:
        if "time" in row:
            at = moment(name, row["time"], 0.0, UTC_FIX)
        else:
            day = (
                row["date"]
                if "date" in row
                else f"{int(row['year']):04d}-{int(row['month']):02d}-{int(row['day']):02d}"
            )
            at = moment(name, f"{day}T{int(row['hour']):02d}:00", 0.0, UTC_FIX)
        rows.append((at, row))
    return rows, any(key.endswith("_source") for key in reader.fieldnames or ())


def _hour(at: dt.datetime, row: Mapping[str, object], sourced: bool, left: Counter[str]) -> WeatherHour:
    held: dict[str, float] = {}
    for column, (field, factor) in FIELDS.items():
        value = row.get(column)
        if value is None or value == "":
            continue
        source = str(row.get(f"{column}_source") or "no source")
        if sourced and (source == "no source" or any(word in source.lower() for word in MODEL_WORDS)):
            left[source] += 1
            continue
        if sourced and column == "snow":
            field, factor = SNOWFALL_CM
        held[field] = float(str(value)) * factor
    code = round(held.pop("coco", 0.0))
    if "cloud_cover_percent" not in held and code in COCO_CLOUD_PERCENT:
        held["cloud_cover_percent"] = COCO_CLOUD_PERCENT[code]
    return WeatherHour(at, weather_code=COCO_WMO.get(code), **held)
