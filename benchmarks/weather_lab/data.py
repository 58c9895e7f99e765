"""The records the weather line is fitted and measured on, read from a folder that is not part of the project."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.providers.weather_records import Recorded
from witnessmark.lines.providers.weather_reports import read_reports

Floats = NDArray[np.float64]
AIRPORTS = "nyc_airports_2013_hourly.csv.gz"
MAST = "mast_vs_merra2_hourly.csv.gz"
MOUNTAIN = "nsrdb_psm4_2023_nwcolorado_30min.csv.gz"
DISTANCE_KM = {("EWR", "JFK"): 33, ("EWR", "LGA"): 27, ("JFK", "LGA"): 17}
HOUR = dt.timedelta(hours=1)
CLEAR_TYPES, THIN_TYPES = (0, 1), (3, 7)
"""NSRDB cloud types: clear and probably clear; water cloud and cirrus, which are taken as partly clouded."""
TO_10_M = {40.0: (10.0 / 40.0) ** (1.0 / 7.0), 50.0: (10.0 / 50.0) ** (1.0 / 7.0)}
"""Wind at 10 m from that higher up by the one-seventh power law (Peterson & Hennessey 1978)."""


def airports(folder: Path) -> dict[str, Recorded]:
    """The three airports by name."""
    return {record.station: record for record in read_reports(folder / AIRPORTS)}


def on_hours(record: Recorded, start: dt.datetime, n_hours: int) -> dict[str, Floats]:
    """A record's values on the hours from `start` on, by family; NaN where it has none."""
    found = {name: np.full(n_hours, np.nan) for name in ("rain", "wind", "visibility", "temperature")}
    for hour in record.hours:
        at = round((hour.at - start) / HOUR)
        if 0 <= at < n_hours:
            sight = None if hour.visibility_m is None else hour.visibility_m / 1000.0
            values = (hour.precipitation_mm, hour.wind_speed_m_s, sight, hour.temperature_c)
            for name, value in zip(found, values, strict=True):
                if value is not None:
                    found[name][at] = value
    return found


def months(start: dt.datetime, n_hours: int, zone_h: float = -5.0) -> NDArray[np.int64]:
    """Month of each hour in standard time."""
    return np.array([(start + (hour + zone_h) * HOUR).month for hour in range(n_hours)])


def mast(folder: Path) -> dict[str, tuple[Floats, Floats]]:
    """Wind at 10 m and temperature at 2 m: at the mast and in the reanalysis, hour by hour."""
    columns: dict[str, list[float]] = {"Spd40mN": [], "WS50m_m/s": [], "T2m": [], "T2M_degC": []}
    for row in _rows(folder / MAST, 0):
        for name, held in columns.items():
            held.append(float(row[name]) if row[name] else np.nan)
    found = {name: np.array(held) for name, held in columns.items()}
    return {
        "wind": (TO_10_M[40.0] * found["Spd40mN"], TO_10_M[50.0] * found["WS50m_m/s"]),
        "temperature": (found["T2m"], found["T2M_degC"]),
    }


def mountain(folder: Path) -> dict[str, Floats]:
    """Sky state (0 clear, 1 partly, 2 overcast), snow (0, 1) and temperature on the hours of a mountain's year."""
    sky, snow, temperature = [], [], []
    for row in list(_rows(folder / MOUNTAIN, 2))[::2]:
        kind = int(row["Cloud Type"])
        sky.append(np.nan if kind < 0 else 0.0 if kind in CLEAR_TYPES else 1.0 if kind in THIN_TYPES else 2.0)
        snow.append(float(float(row["Surface Albedo"]) > 0.4))
        temperature.append(float(row["Temperature"]))
    return {"sky": np.array(sky), "snow": np.array(snow), "temperature": np.array(temperature)}


def _rows(path: Path, skipped: int) -> Iterator[Mapping[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for _ in range(skipped):
            next(stream)
        yield from csv.DictReader(stream)
