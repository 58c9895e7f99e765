"""What the readers of weather records share: hours within bounds, moments in UTC, and what a file came to."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import gzip
import io
import math
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from witnessmark.errors import ProviderError
from witnessmark.lines.providers.contract import Reading, WeatherHour

BOUNDS: Mapping[str, tuple[float, float]] = {
    "cloud_cover_percent": (0.0, 100.0),
    "temperature_c": (-90.0, 60.0),
    "precipitation_mm": (0.0, 350.0),
    "snowfall_cm": (0.0, 100.0),
    "snow_depth_m": (0.0, 15.0),
    "wind_speed_m_s": (0.0, 115.0),
    "wind_direction_deg": (0.0, 360.0),
    "visibility_m": (0.0, 400_000.0),
    "weather_code": (0.0, 99.0),
}
"""Values outside cannot be: about the records kept by the WMO (World Weather and Climate Extremes Archive)."""
HOUR_S = 3600.0
LARGEST_BYTES = 1 << 27
"""No record of some stations and years is larger, packed or not."""
LOWEST_M, HIGHEST_M = -500.0, 9000.0
FIRST_YEAR, LAST_YEAR = 1700, 2200
"""No record is of other years; far ones overflow."""
DAMAGE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, csv.Error)
"""What reading a hostile file may raise: a number that is none, a list that is none, nesting without end."""
P = ParamSpec("P")
T = TypeVar("T")


def refusing(read: Callable[Concatenate[Path, P], T]) -> Callable[Concatenate[Path, P], T]:
    """A reader that refuses whatever it cannot read with one sentence and the fix, so that other files still serve."""

    @functools.wraps(read)
    def whole(path: Path, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(path, *args, **kwargs)
        except DAMAGE as error:
            raise ProviderError(
                f"'{path.name}' cannot be read ({type(error).__name__}: {str(error)[:200]}).",
                "Keep the file exactly as it came, or correct that value.",
            ) from error

    return whole


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """One station or cell as a file holds it.

    Attributes
    ----------
    reading : Reading
    station : str
        Its name or number; empty where the file gives none.
    lat_deg, lon_deg, elevation_m : float or None
        None where the file does not say.
    model : str
        What made it, as far as it says.
    kind : str
        station | model | satellite.
    hours : tuple of WeatherHour
        On whole hours, ascending.
    right_share : float or None
        Stated for satellite scenes.
    notes : tuple of str
    """

    reading: Reading
    station: str
    lat_deg: float | None
    lon_deg: float | None
    elevation_m: float | None
    model: str
    kind: str
    hours: tuple[WeatherHour, ...]
    right_share: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stated:
    """What a person states of a file that does not say it itself; None for nothing.

    Attributes
    ----------
    lat_deg, lon_deg, elevation_m : float or None
    utc_offset_s : float or None
        By which the file's times are ahead of UTC [s].
    station : str or None
        Only this station of a file that holds several.
    """

    lat_deg: float | None = None
    lon_deg: float | None = None
    elevation_m: float | None = None
    utc_offset_s: float | None = None
    station: str | None = None


def moment(name: str, text: str, offset_s: float | None, fix: str) -> dt.datetime:
    """A time in UTC; one without an offset is refused unless the offset is known from elsewhere.

    Parameters
    ----------
    name : str
        Of the file, for the message.
    text : str
    offset_s : float or None
        Known for times that carry none [s].
    fix : str
        What the person can do about times without an offset.

    Raises
    ------
    ProviderError
    """
    try:
        found = dt.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ProviderError(f"'{name}' holds the time '{text[:40]}'.", "Write times as 2022-09-13T11:00Z.") from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ProviderError(f"'{name}' holds the time '{text[:40]}'.", "Correct the year.")
    if found.tzinfo is None:
        if offset_s is None:
            raise ProviderError(f"'{name}' holds the time '{text[:40]}' without a UTC offset.", fix)
        found = found.replace(tzinfo=dt.timezone(dt.timedelta(seconds=offset_s)))
    return found.astimezone(dt.UTC)


def whole_hours(hours: Iterable[WeatherHour]) -> tuple[tuple[WeatherHour, ...], tuple[str, ...]]:
    """Reports on the nearest whole hours, and what was left out.

    Of several reports of an hour the nearest to it counts, filled from the others; precipitation is their largest, as
    reports within an hour repeat its running sum. Values that cannot be are left out.
    """
    best: dict[dt.datetime, list[tuple[float, WeatherHour]]] = {}
    impossible = 0
    for raw in hours:
        hour, wrong = within_bounds(raw)
        impossible += wrong
        at = dt.datetime.fromtimestamp(HOUR_S * round(hour.at.timestamp() / HOUR_S), dt.UTC)
        best.setdefault(at, []).append((abs((hour.at - at).total_seconds()), hour))
    joined = []
    for at in sorted(best):
        reports = [hour for _, hour in sorted(best[at], key=lambda pair: pair[0])]
        held = {
            name: next((getattr(hour, name) for hour in reports if getattr(hour, name) is not None), None)
            for name in BOUNDS
        }
        sums = [hour.precipitation_mm for hour in reports if hour.precipitation_mm is not None]
        held["precipitation_mm"] = max(sums, default=None)
        joined.append(WeatherHour(at, **held))
    notes = (f"Values left out because they cannot be: {impossible}.",) if impossible else ()
    return tuple(joined), notes


def within_bounds(hour: WeatherHour) -> tuple[WeatherHour, int]:
    """The hour without values that cannot be, and how many there were."""
    wrong = [
        name
        for name, (low, high) in BOUNDS.items()
        if (value := getattr(hour, name)) is not None and not low <= value <= high
    ]
    kept = {name: getattr(hour, name) for name in BOUNDS if name not in wrong}
    return (WeatherHour(hour.at, **kept), len(wrong)) if wrong else (hour, 0)


def read_bytes(path: Path) -> bytes:
    """A record's bytes.

    Raises
    ------
    ProviderError
        When it cannot be read or is far larger than records are.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ProviderError(f"'{path.name}' is larger than any weather record.", "Cut it to the years that matter.")
        return path.read_bytes()
    except OSError as error:
        raise ProviderError(f"'{path}' cannot be read ({error.strerror}).", "Check the path.") from error


def unpacked(name: str, data: bytes) -> bytes:
    """Bytes of a file, unpacked when they are gzip.

    Raises
    ------
    ProviderError
        When they are damaged, or far more than records are.
    """
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            found = stream.read(LARGEST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ProviderError(f"'{name}' is damaged ({error}).", "Fetch it again.") from error
    if len(found) > LARGEST_BYTES:
        raise ProviderError(f"'{name}' unpacks to more than any weather record.", "Cut it to the years that matter.")
    return found


def height_m(name: str, value: object) -> float | None:
    """A stated height of the ground; None where none, or NaN, is stated.

    Raises
    ------
    ProviderError
    """
    if value is None:
        return None
    height = float(str(value))
    if math.isnan(height):
        return None
    if not LOWEST_M <= height <= HIGHEST_M:
        raise ProviderError(f"'{name}' states a height of {height:g} m.", "Correct it, in metres above the sea.")
    return height


def refuse_offset(name: str, stated: Stated | None) -> None:
    """Refuse an offset that a person states of a file whose times are UTC.

    Raises
    ------
    ProviderError
    """
    if stated is not None and stated.utc_offset_s:
        raise ProviderError(
            f"The times of '{name}' are UTC by format, but an offset of {stated.utc_offset_s / 3600.0:+g} h is stated.",
            "Leave --utc-offset (or utc_offset in places.csv) out for it.",
        )
