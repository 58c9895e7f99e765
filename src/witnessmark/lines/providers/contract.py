"""What a provider of elevation, weather or place names is, and how it says what it read."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256


@dataclass(frozen=True, slots=True)
class Reading:
    """One file or response that an answer rests on; the caller preserves it as it does any capture.

    Attributes
    ----------
    provider : str
        Name of the provider, such as "folder".
    source : str
        File name inside the provider's folder, or the address asked.
    sha256 : Sha256
        Of the bytes read.
    size_bytes : int
    retrieved : datetime or None
        When it was fetched, with offset; None for a file found in a folder, whose own dates prove nothing.
    """

    provider: str
    source: str
    sha256: Sha256
    size_bytes: int
    retrieved: dt.datetime | None = None

    @classmethod
    def of_file(cls, provider: str, path: Path) -> Reading:
        """Hash a file in blocks and say that it was read."""
        digest = hashlib.sha256()
        size_bytes = 0
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
                size_bytes += len(block)
        return cls(provider, path.name, Sha256(digest.digest()), size_bytes)


@dataclass(frozen=True, slots=True, eq=False)
class Elevations:
    """Ground heights at the places asked for.

    Attributes
    ----------
    height_m : ndarray of float32, same shape as the places
        Metres above the vertical datum; NaN outside what is covered and over voids.
    resolution_m : float or None
        Coarsest post spacing among what was read [m]; None when nothing covered the places.
    vertical_datum : str
        Such as "EGM96 geoid", "not stated", or several joined by " and ".
    readings : tuple of Reading
        What was read for this answer.
    void : ndarray of bool, same shape, or None
        Places that are covered but hold no height; None where a provider cannot tell them from places outside.
    """

    height_m: NDArray[np.float32]
    resolution_m: float | None
    vertical_datum: str
    readings: tuple[Reading, ...]
    void: NDArray[np.bool_] | None = None


@runtime_checkable
class ElevationProvider(Protocol):
    """Ground heights for arrays of places."""

    @property
    def name(self) -> str:
        """The name it is registered under."""
        ...

    def heights(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> Elevations:
        """Heights at WGS 84 places [deg] of any equal shape."""
        ...


@dataclass(frozen=True, slots=True)
class WeatherHour:
    """One hour of a weather record; None where the record has no value.

    Attributes
    ----------
    at : datetime
        UTC. Instantaneous values hold at this time, sums for the hour that ends with it.
    cloud_cover_percent : float or None
    temperature_c : float or None
        2 m above ground [degree Celsius].
    precipitation_mm : float or None
        Sum over the hour, rain and melted snow.
    snowfall_cm : float or None
        New snow over the hour.
    snow_depth_m : float or None
    wind_speed_m_s : float or None
        10 m above ground.
    wind_direction_deg : float or None
        Where the wind comes from, clockwise from north.
    visibility_m : float or None
    weather_code : int or None
        WMO code table 4677.
    """

    at: dt.datetime
    cloud_cover_percent: float | None = None
    temperature_c: float | None = None
    precipitation_mm: float | None = None
    snowfall_cm: float | None = None
    snow_depth_m: float | None = None
    wind_speed_m_s: float | None = None
    wind_direction_deg: float | None = None
    visibility_m: float | None = None
    weather_code: int | None = None


@dataclass(frozen=True, slots=True)
class WeatherRecord:
    """An hourly record near a place.

    Attributes
    ----------
    lat_deg, lon_deg : float
        Where the record holds: a station or the centre of a model cell.
    elevation_m : float or None
        Height of the station or of the model's ground there.
    distance_km : float
        From the place asked for, along the great circle.
    model : str
        What made the record, as far as it says.
    hours : tuple of WeatherHour
        Ascending in time, only those asked for.
    readings : tuple of Reading
    kind : str
        station | model | satellite: how far its values are observed.
    right_share : float or None
        For satellite scenes: in how many of them the analyst holds cloud and snow to be read rightly, 0.5-1.
    notes : tuple of str
        What was left out of the record while reading it, a sentence each.
    """

    lat_deg: float
    lon_deg: float
    elevation_m: float | None
    distance_km: float
    model: str
    hours: tuple[WeatherHour, ...]
    readings: tuple[Reading, ...]
    kind: str = "model"
    right_share: float | None = None
    notes: tuple[str, ...] = ()


@runtime_checkable
class WeatherProvider(Protocol):
    """Hourly weather for a place and a span of time."""

    @property
    def name(self) -> str:
        """The name it is registered under."""
        ...

    def record(self, lat_deg: float, lon_deg: float, start: dt.datetime, end: dt.datetime) -> WeatherRecord:
        """The nearest record that has hours in [start, end]; raises NotFoundError when none has."""
        ...


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place a gazetteer knows under a name.

    Attributes
    ----------
    name : str
    lat_deg, lon_deg : float
        WGS 84 [deg].
    kind : str
        Such as "village", "lake", "peak".
    alternative_names : tuple of str
    uncertainty_km : float
        Radius within which what the name means lies, such as half the extent of a town.
    source : str
        Who says so, with identifier.
    readings : tuple of Reading
    """

    name: str
    lat_deg: float
    lon_deg: float
    kind: str
    alternative_names: tuple[str, ...]
    uncertainty_km: float
    source: str
    readings: tuple[Reading, ...]


@runtime_checkable
class GazetteerProvider(Protocol):
    """Places by name."""

    @property
    def name(self) -> str:
        """The name it is registered under."""
        ...

    def find(self, name: str, at_most: int = 20) -> tuple[NamedPlace, ...]:
        """Places so named, whole-name matches first; empty when there is none."""
        ...


@runtime_checkable
class ProviderDoor(Protocol):
    """What an entry point of a provider group names: it opens the provider on a folder of the case.

    Attributes
    ----------
    name : str
        Equal to the entry point's name.
    about : str
        One sentence for people.

    Notes
    -----
    A door whose provider asks the network says so with an attribute ``online = True``; the desk then opens it only
    where the case allows it by name.
    """

    name: str
    about: str

    def open(self, folder: Path) -> ElevationProvider | WeatherProvider | GazetteerProvider:
        """The provider, reading (and keeping what it fetches) in `folder`; raises ProviderError when it cannot work."""
        ...


def great_circle_km(lat_a_deg: float, lon_a_deg: float, lat_b_deg: float, lon_b_deg: float) -> float:
    """Great-circle distance [km] by the haversine formula on a sphere of 6371.0088 km (IUGG mean radius R1).

    Examples
    --------
    >>> round(great_circle_km(0.0, 0.0, 0.0, 1.0), 1)
    111.2
    """
    phi_a, phi_b = np.radians(lat_a_deg), np.radians(lat_b_deg)
    half_lat = np.sin((phi_b - phi_a) / 2.0) ** 2
    half_lon = np.sin(np.radians(lon_b_deg - lon_a_deg) / 2.0) ** 2
    return float(2.0 * 6371.0088 * np.arcsin(np.sqrt(half_lat + np.cos(phi_a) * np.cos(phi_b) * half_lon)))
