"""Records packed for keeping: one row of 16-bit numbers a variable, on every hour from the first to the last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.providers.contract import WeatherHour, WeatherRecord
from witnessmark.lines.weather.observations import RecordSeen

Floats = NDArray[np.float64]
STEPS: Mapping[str, float] = {"rain": 0.01, "wind": 0.01, "visibility": 0.02, "sky": 0.01, "snow": 0.001, "t": 0.01}
"""What a unit of the packed number stands for: mm, m/s, km, percent, m, degrees Celsius."""
RAIN_ROW = tuple(STEPS).index("rain")
"""Any rain stays rain: the smallest amount is one step."""
NOTHING = np.iinfo(np.int16).min
MOST = np.iinfo(np.int16).max
FOG_CODES = range(40, 50)
FOG_KM = 0.8
WET_FROM, WET_MM = 50, 1.0
"""WMO code 4677: from 50 something falls; it stands for so much in the hour where no amount is given."""
GAP_HOURS = 24
HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a record without any value.

    Attributes
    ----------
    source : str
    start, end : datetime
        First and last hour that are missing.
    """

    source: str
    start: dt.datetime
    end: dt.datetime


def pack(record: WeatherRecord, source: str, distance_km: float | None, climb_m: float | None) -> RecordSeen:
    """A record on every hour from its first to its last.

    Parameters
    ----------
    record : WeatherRecord
        With at least one hour.
    source : str
    distance_km : float or None
        From the farthest place weighed.
    climb_m : float or None
    """
    start, end = record.hours[0].at, record.hours[-1].at
    n_hours = round((end - start) / HOUR) + 1
    packed = np.full((len(STEPS), n_hours), NOTHING, dtype="<i2")
    for hour in record.hours:
        at = round((hour.at - start) / HOUR)
        for row, value in enumerate(_values(hour)):
            if value is not None:
                steps = round(value / tuple(STEPS.values())[row])
                packed[row, at] = max(1, min(MOST, steps)) if row == RAIN_ROW and value > 0.0 else min(MOST, steps)
    return RecordSeen(
        source=source,
        sha256=record.readings[0].sha256,
        model=record.model,
        kind=record.kind,
        lat_deg=record.lat_deg,
        lon_deg=record.lon_deg,
        elevation_m=record.elevation_m,
        distance_km=distance_km,
        climb_m=climb_m,
        right_share=record.right_share,
        start=start,
        hours_count=n_hours,
        packed=packed.tobytes(),
    )


def unpack(record: RecordSeen) -> dict[str, Floats]:
    """Values by family, each of shape (hours_count,), NaN where the record has none."""
    packed = np.frombuffer(record.packed, dtype="<i2").reshape(len(STEPS), record.hours_count)
    return {
        name: np.where(row == NOTHING, np.nan, row.astype(np.float64) * step)
        for (name, step), row in zip(STEPS.items(), packed, strict=True)
    }


def gaps(record: RecordSeen, start: dt.datetime, end: dt.datetime) -> tuple[Gap, ...]:
    """Stretches of a day or more within [start, end) in which a record has no value at all."""
    first, last = record.start, record.start + record.hours_count * HOUR
    held = np.zeros(max(0, round((end - start) / HOUR)), dtype=np.bool_)
    any_value = np.any(np.stack([~np.isnan(values) for values in unpack(record).values()]), axis=0)
    offset = round((first - start) / HOUR)
    low, high = max(0, offset), min(held.size, round((last - start) / HOUR))
    if low < high:
        held[low:high] = any_value[low - offset : high - offset]
    edges = np.flatnonzero(np.diff(np.concatenate(([True], held, [True])).astype(np.int8)))
    return tuple(
        Gap(record.source, start + int(begin) * HOUR, start + (int(finish) - 1) * HOUR)
        for begin, finish in edges.reshape(-1, 2)
        if finish - begin >= GAP_HOURS
    )


def _values(hour: WeatherHour) -> Sequence[float | None]:
    """What each family takes from an hour, in the order of `STEPS`."""
    code = hour.weather_code
    rain = hour.precipitation_mm
    if rain is None and code is not None:
        rain = WET_MM if code >= WET_FROM else 0.0
    sight = None if hour.visibility_m is None else hour.visibility_m / 1000.0
    if sight is None and code is not None and code in FOG_CODES:
        sight = FOG_KM
    return rain, hour.wind_speed_m_s, sight, hour.cloud_cover_percent, hour.snow_depth_m, hour.temperature_c
