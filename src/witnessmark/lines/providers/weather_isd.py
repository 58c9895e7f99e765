"""Rows of NOAA's Integrated Surface Database (global-hourly CSV): scaled groups with quality codes, in UTC."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from witnessmark.lines.providers.contract import WeatherHour

DOUBTFUL = frozenset("2367")
"""Quality codes "suspect" and "erroneous" (NCEI, Federal Climate Complex Data Documentation for ISD, 2018)."""
OKTAS_GA1 = {"00": 0.0, "01": 1.0, "02": 2.0, "03": 3.0, "04": 4.0, "05": 5.0, "06": 6.0, "07": 7.0, "08": 8.0}


def is_isd(header: Sequence[str]) -> bool:
    """Whether columns, in small letters, are those of the database."""
    return {"station", "date", "report_type"} <= set(header) and bool({"wnd", "tmp", "vis"} & set(header))


def isd_hour(at: dt.datetime, row: Mapping[str, str]) -> WeatherHour:
    """The hour that a row holds; groups that are missing, doubtful or of another length are None.

    Examples
    --------
    >>> row = {"wnd": "318,1,N,0061,1", "tmp": "+0056,1", "vis": "016000,1,9,9", "aa1": "01,0012,9,5"}
    >>> hour = isd_hour(dt.datetime(2024, 1, 1, tzinfo=dt.UTC), row)
    >>> hour.wind_speed_m_s, hour.temperature_c, hour.visibility_m, hour.precipitation_mm
    (6.1, 5.6, 16000.0, 1.2)
    """
    wind, fall = _group(row, "wnd", 5), _group(row, "aa1", 4)
    cover, low_cover = _group(row, "gf1", 13, at_least=3), _group(row, "ga1", 6)
    oktas = cover[0] if cover and cover[2] not in DOUBTFUL else low_cover[0] if low_cover else ""
    depth, manual = _group(row, "aj1", 6), _group(row, "mw1", 2)
    return WeatherHour(
        at,
        cloud_cover_percent=12.5 * OKTAS_GA1[oktas] if oktas in OKTAS_GA1 else None,
        temperature_c=_scaled(_group(row, "tmp", 2), 0, 1, "9999", 0.1),
        precipitation_mm=_scaled(fall, 1, 3, "9999", 0.1) if fall and fall[0] == "01" else None,
        snow_depth_m=_scaled(depth, 0, 2, "9999", 0.01),
        wind_speed_m_s=0.0 if wind and wind[2] == "C" else _scaled(wind, 3, 4, "9999", 0.1),
        wind_direction_deg=_scaled(wind, 0, 1, "999", 1.0),
        visibility_m=_scaled(_group(row, "vis", 4), 0, 1, "999999", 1.0),
        weather_code=int(manual[0]) if manual and manual[0].isdigit() and manual[1] not in DOUBTFUL else None,
    )


def _group(row: Mapping[str, str], name: str, length: int, at_least: int | None = None) -> list[str] | None:
    parts = [part.strip() for part in row.get(name, "").split(",")]
    return parts if len(parts) == length or (at_least is not None and len(parts) >= at_least) else None


def _scaled(parts: list[str] | None, value: int, quality: int, missing: str, factor: float) -> float | None:
    if parts is None or parts[quality] in DOUBTFUL or parts[value].lstrip("+-") == missing:
        return None
    try:
        return round(int(parts[value]) * factor, 3)
    except ValueError:
        return None
