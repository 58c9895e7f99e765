"""Station reports in tables: METAR exports, NOAA's Integrated Surface Database, and plain columns with units."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from witnessmark.errors import ProviderError
from witnessmark.lines.providers.contract import Reading, WeatherHour
from witnessmark.lines.providers.weather_columns import COLUMNS, NYCFLIGHTS, WITHOUT_UNIT, Column
from witnessmark.lines.providers.weather_isd import is_isd, isd_hour
from witnessmark.lines.providers.weather_records import (
    Recorded,
    Stated,
    height_m,
    moment,
    read_bytes,
    refuse_offset,
    refusing,
    unpacked,
    whole_hours,
)

TIMES = ("time_hour", "at_utc", "time_utc", "valid_utc", "valid", "observation_time", "time", "datetime", "date", "at")
STATIONS = ("station", "origin", "station_id", "icao", "icaoid", "call_sign")
LATITUDES, LONGITUDES, ELEVATIONS = ("lat", "latitude", "lat_deg"), ("lon", "longitude", "lon_deg"), (
    "elevation", "elevation_m", "elev_m"
)  # fmt: skip
OKTAS = {"SKC": 0.0, "CLR": 0.0, "NSC": 0.0, "NCD": 0.0, "CAVOK": 0.0, "FEW": 1.5, "SCT": 3.5, "BKN": 6.0, "OVC": 8.0}
"""Middle of what each word covers [eighths] (WMO Manual on Codes, FM 15)."""
OKTAS["VV"] = 8.0
WET = (("SN", 71), ("SG", 77), ("PL", 79), ("GR", 89), ("DZ", 51), ("RA", 61), ("UP", 61))
FOG_CODE, DRY_THUNDER_CODE, THUNDER_CODE = 45, 17, 95
NOT_HERE = ("RE", "VC", "BL", "DR")
"""Groups of recent weather, of weather in the vicinity, and of what the wind lifts from the ground: nothing falls."""
NOT_ALL_FOG = ("MI", "BC", "PR")
"""Shallow, patches, partial: one sees far beside or above it (WMO-No. 306, code table 4678)."""
MISSING = frozenset({"", "M", "NA", "NAN", "NULL", "NONE", "-", "////"})
TRACE_MM = 0.1
TRACED = ("snow_depth_m", "snowfall_cm")
"""A trace of these, written T as well, is neither snow that lies nor none: it is left out."""
UTC_COLUMN = re.compile(r"^(?P<name>\w+?)_utc$|\((?:utc|gmt|etc/utc)")
OFFSET_FIX = (
    "Write the offset into the times (2022-09-13T11:00Z), name the column at_utc, or say --utc-offset +00:00; in a "
    "case's weather folder, say it in places.csv."
)


@refusing
def read_reports(path: Path, stated: Stated | None = None) -> tuple[Recorded, ...]:
    """Every station of a table.

    Parameters
    ----------
    path : Path
        .csv or .csv.gz with a header row.
    stated : Stated, optional
        Place, offset and station where the file does not say them.

    Raises
    ------
    ProviderError
        When times carry no offset, columns state no unit, or nothing is known in it.
    """
    stated, name = stated or Stated(), path.name
    table = _table(name, read_bytes(path))
    station_at = next((column for column in STATIONS if column in table.header), None)
    reader = _reader(name, table, stated)
    by_station: dict[str, list[WeatherHour]] = {}
    place: dict[str, Mapping[str, str]] = {}
    for row in table.rows:
        station = row[station_at].strip() if station_at else ""
        if stated.station is not None and station != stated.station:
            continue
        by_station.setdefault(station, []).append(reader(row))
        place.setdefault(station, row)
    if not by_station:
        wanted = f" of station '{stated.station}'" if stated.station else ""
        raise ProviderError(f"'{name}' holds no report{wanted}.", "Check the file and the name of the station.")
    reading = Reading.of_file("folder", path)
    found = []
    for station, reports in sorted(by_station.items()):
        hours, notes = whole_hours(reports)
        lat, lon, height = (_place(place[station], names) for names in (LATITUDES, LONGITUDES, ELEVATIONS))
        found.append(
            Recorded(
                reading=reading,
                station=station,
                lat_deg=stated.lat_deg if lat is None else lat,
                lon_deg=stated.lon_deg if lon is None else lon,
                elevation_m=stated.elevation_m if height is None else height_m(name, height),
                model=f"station reports{f' of {station}' if station else ''}",
                kind="station",
                hours=hours,
                notes=(*notes, *table.notes),
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Table:
    """Header in small letters, rows by it, and the time zone that comment lines state."""

    header: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    zone: str
    notes: tuple[str, ...]


def _table(name: str, data: bytes) -> _Table:
    try:
        text = unpacked(name, data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProviderError(f"'{name}' is not readable text ({error}).", "Keep the table as it came.") from error
    zone = re.search(r"^#.*Time Zone\s*->\s*(\S+)", text, re.MULTILINE)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise ProviderError(f"'{name}' is empty.", "Give a table with a header row.")
    delimiter = max(",;\t", key=lines[0].count)
    try:
        first, *others = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    except csv.Error as error:
        raise ProviderError(f"'{name}' is not a table ({error}).", "Give comma-separated values.") from error
    header = tuple(column.strip().lower() for column in first)
    rows = tuple(dict(zip(header, row, strict=True)) for row in others if len(row) == len(header))
    notes = []
    if len(rows) < len(others):
        notes.append(f"Rows left out because they have more or fewer cells than the header: {len(others) - len(rows)}.")
    unclear = [column for column in header if column in WITHOUT_UNIT]
    if unclear and _known(header) is COLUMNS:
        notes.append(f"Columns not read because they do not name their unit: {', '.join(unclear)}.")
    return _Table(header, rows, (zone[1] if zone else "").upper(), tuple(notes))


def _known(header: Sequence[str]) -> Mapping[str, Column]:
    return NYCFLIGHTS if {"origin", "time_hour", "visib"} <= set(header) else COLUMNS


def _reader(name: str, table: _Table, stated: Stated) -> Callable[[Mapping[str, str]], WeatherHour]:
    """How a row becomes an hour."""
    header = table.header
    if is_isd(header):
        refuse_offset(name, stated)
        return lambda row: isd_hour(moment(name, row["date"], 0.0, OFFSET_FIX), row)
    time_at = next((column for column in TIMES if column in header), None)
    time_at = time_at or next((column for column in header if UTC_COLUMN.search(column)), None)
    if time_at is None:
        raise ProviderError(f"'{name}' has no column of times.", f"Name it one of {', '.join(TIMES)}.")
    known = _known(header)
    used = [(column, *known[column]) for column in header if column in known]
    words = [column for column in header if re.fullmatch(r"skyc\d|sky_cover", column)]
    weather = next((column for column in ("wxcodes", "wx_string") if column in header), None)
    if not used and not words and weather is None:
        raise ProviderError(
            " ".join([f"'{name}' holds no column that is known.", *table.notes]),
            "Name columns with their unit, such as temperature_c, wind_speed_m_s, precipitation_mm, visibility_km.",
        )
    offset_s = stated.utc_offset_s
    if offset_s is None and (UTC_COLUMN.search(time_at) or table.zone in ("ETC/UTC", "UTC", "GMT")):
        offset_s = 0.0
    at_column: str = time_at

    def read(row: Mapping[str, str]) -> WeatherHour:
        at = moment(name, row[at_column], offset_s, OFFSET_FIX)
        held: dict[str, float] = {}
        for column, field, (factor, offset) in used:
            value = _number(name, row[column])
            if value is not None and field not in held:
                if not math.isinf(value):
                    held[field] = value * factor + offset
                elif field == "precipitation_mm":
                    held[field] = TRACE_MM
                elif field not in TRACED:
                    raise ProviderError(f"'{name}' holds 'T' where a {field} belongs.", "Correct that row.")
        cover = [oktas for column in words if (oktas := _oktas(row[column])) is not None]
        if cover:
            held.setdefault("cloud_cover_percent", 12.5 * max(cover))
        code = held.pop("weather_code", None)
        if code is None and weather is not None:
            code = _code(row[weather])
        return WeatherHour(at, weather_code=None if code is None else round(code), **held)

    return read


def _oktas(text: str) -> float | None:
    """Eighths that a word of a report covers; None for no word."""
    word = text.strip().upper()
    return OKTAS.get("VV" if word.startswith("VV") else "CAVOK" if word == "CAVOK" else word[:3])


def _number(name: str, text: str) -> float | None:
    """A number; infinity for a trace of precipitation, written T, which no unit scales."""
    text = text.strip()
    if text.upper() in MISSING:
        return None
    if text.upper() == "T":
        return math.inf
    try:
        value = float(text.rstrip("+"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ProviderError(f"'{name}' holds '{text[:40]}' where a number belongs.", "Correct that row.")
    return value


def _code(text: str) -> float | None:
    """WMO code of what a METAR's weather groups say falls, or of fog; None where they say neither."""
    groups = [group.lstrip("+-") for group in text.upper().split()]
    parts = [[group[at : at + 2] for at in range(0, len(group), 2)] for group in groups]
    here = [pair for pair in parts if pair and pair[0] not in NOT_HERE]
    words = {word for pair in here for word in pair}
    falls = next((code for word, code in WET if word in words), None)
    if "TS" in words:
        return float(DRY_THUNDER_CODE if falls is None else THUNDER_CODE)
    if falls is not None:
        return float(falls)
    return float(FOG_CODE) if any("FG" in pair and pair[0] not in NOT_ALL_FOG for pair in here) else None


def _place(row: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    for name in names:
        try:
            return float(row[name])
        except (KeyError, ValueError):
            continue
    return None


def utc_offset_s(text: str) -> float:
    """Seconds by which a time zone is ahead of UTC, from text such as +04:00.

    Examples
    --------
    >>> utc_offset_s("+04:00"), utc_offset_s("-03:30"), utc_offset_s("Z")
    (14400.0, -12600.0, 0.0)
    """
    if text.strip().upper() in ("Z", "UTC", "GMT"):
        return 0.0
    try:
        offset = dt.datetime.fromisoformat(f"2000-01-01T00:00{text.strip()}").utcoffset()
    except ValueError:
        offset = None
    if offset is None:
        raise ProviderError(f"'{text}' is no offset from UTC.", "Write it as +04:00.")
    return offset.total_seconds()
