"""Where the sun and the moon stand, for many instants and places at once: own closed form, numpy only.

The sky of an instant is one vector in the turning frame of the earth; the sky of a place is three. Their products are
what a shadow needs, so nothing trigonometric is left for the cells of a place x time table.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.sun import series

Floats = NDArray[np.float64]

J2000_UNIX_S = 946_728_000.0
"""2000-01-01T12:00:00Z [s since 1970]."""
DAY_S = 86_400.0
CENTURY_DAYS = 36_525.0
AU_KM = 149_597_870.7
"""IAU 2012 resolution B2."""
EQUATOR_KM, FLATTENING = 6378.137, 1.0 / 298.257223563
"""WGS 84 (NIMA TR8350.2)."""
FIRST_UNIX_S, LAST_UNIX_S = -2_208_988_800.0, 4_102_444_800.0
"""1900 to 2100: where the series and the difference of the clocks hold."""
NODE_S = 21_600.0
"""Distance of the nodes between which dense instants are interpolated; cubic, error below 0.0001 degrees."""
MANY = 8192
"""Instants for which a series is summed at a time."""
BODIES = ("sun", "moon")


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A body over instants, seen from the centre of the earth, in the frame that turns with the earth.

    Attributes
    ----------
    body : str
        sun | moon
    towards : ndarray of float64, shape (3, n_instants)
        Unit vectors; first axis to 0 N 0 E, second to 0 N 90 E, third to the north pole. The hour angle is inside
        them, reduced, before anything becomes float32.
    distance_km : ndarray of float64, shape (n_instants,)
    """

    body: str
    towards: Floats
    distance_km: Floats


def track(body: str, unix_s: Floats) -> Track:
    """The body's directions at instants.

    Parameters
    ----------
    body : str
        sun | moon
    unix_s : ndarray of float64, shape (n_instants,)
        UTC as seconds since 1970; UT1 is taken to be UTC, which is at most 0.9 s or 0.004 degrees of turn off.

    Raises
    ------
    BadInputError
        For an unknown body, or instants before 1900 or after 2100.

    Notes
    -----
    Where there are more instants than nodes six hours apart, the apparent place among the stars is computed at the
    nodes and interpolated (Lagrange, four points); the turning of the earth is always computed at the instant.
    """
    if body not in BODIES:
        raise BadInputError(f"There is no body '{body}' here.", "Ask for the sun or the moon.")
    at = np.atleast_1d(np.asarray(unix_s, dtype=np.float64))
    if at.size == 0:
        return Track(body, np.zeros((3, 0)), np.zeros(0))
    if not (np.min(at) >= FIRST_UNIX_S and np.max(at) <= LAST_UNIX_S):
        raise BadInputError(
            "An instant lies before 1900 or after 2100.", "The sun and moon are computed between those years only."
        )
    first, last = float(np.min(at)), float(np.max(at))
    if at.size <= (last - first) / NODE_S + 5.0:
        stars = _stars(body, at)
    else:
        nodes = np.arange(first - 2.0 * NODE_S, last + 3.0 * NODE_S, NODE_S)
        stars = _interpolated(at, nodes, _stars(body, nodes))
    vector, distance_km, equinoxes_rad = stars[:3], stars[3], stars[4]
    vector = vector / np.sqrt(np.einsum("ij,ij->j", vector, vector))
    turn = sidereal_rad(at) + equinoxes_rad
    cos, sin = np.cos(turn), np.sin(turn)
    towards = np.stack([cos * vector[0] + sin * vector[1], cos * vector[1] - sin * vector[0], vector[2]])
    return Track(body, towards, distance_km)


def _interpolated(at: Floats, nodes: Floats, values: Floats) -> Floats:
    """Cubic Lagrange interpolation between evenly spaced nodes; `values` has shape (n, n_nodes)."""
    position = (at - nodes[0]) / NODE_S
    left = np.clip(position.astype(np.int64), 1, nodes.size - 3)
    u = position - left
    weights = (-u * (u - 1) * (u - 2) / 6, (u + 1) * (u - 1) * (u - 2) / 2, -(u + 1) * u * (u - 2) / 2)
    last = (u + 1) * u * (u - 1) / 6
    result: Floats = values[:, left + 2] * last
    for offset, weight in zip((-1, 0, 1), weights, strict=True):
        result += values[:, left + offset] * weight
    return result


def sidereal_rad(unix_s: Floats) -> Floats:
    """Mean sidereal time at Greenwich [rad], reduced to one turn.

    Notes
    -----
    IAU 1982 expression, Meeus 1998, (12.4). Whole days are taken out before the product, so that no digits are lost.
    """
    days = (unix_s - J2000_UNIX_S) / DAY_S
    centuries = days / CENTURY_DAYS
    degrees = 280.46061837 + 360.0 * np.mod(days, 1.0) + 0.98564736629 * days
    degrees = degrees + 0.000387933 * centuries**2 - centuries**3 / 38_710_000.0
    return np.asarray(np.radians(np.mod(degrees, 360.0)))


def _ephemeris_centuries(unix_s: Floats) -> Floats:
    """Julian centuries of terrestrial time since J2000."""
    years = 2000.0 + (unix_s - J2000_UNIX_S) / DAY_S / 365.25
    delta_t_s = np.interp(years, *series.DELTA_T)
    return np.asarray((unix_s + delta_t_s - J2000_UNIX_S) / DAY_S / CENTURY_DAYS)


def _stars(body: str, unix_s: Floats) -> Floats:
    """Apparent unit vector in the true equator of date, distance [km] and equation of the equinoxes [rad]."""
    t = _ephemeris_centuries(unix_s)
    nutation_rad, obliquity_rad = _nutation(t)
    if body == "sun":
        longitude, latitude, distance_km = _sun_ecliptic(t)
    else:
        longitude, latitude, distance_km = _moon_ecliptic(t)
    longitude = longitude + nutation_rad
    flat = np.cos(latitude) * np.sin(longitude)
    height = np.sin(latitude)
    cos, sin = np.cos(obliquity_rad), np.sin(obliquity_rad)
    return np.stack(
        [
            np.cos(latitude) * np.cos(longitude),
            flat * cos - height * sin,
            flat * sin + height * cos,
            distance_km,
            nutation_rad * cos,
        ]
    )


def _nutation(t: Floats) -> tuple[Floats, Floats]:
    """Nutation in longitude and true obliquity [rad]; Meeus 1998, chapter 22, the four largest terms (0.5 arc s)."""
    start_deg, rate_deg, sine_as, cosine_as = series.NUTATION
    angle = np.radians(start_deg[:, None] + rate_deg[:, None] * t)
    mean_deg = 23.4392911 - (46.8150 * t + 0.00059 * t**2 - 0.001813 * t**3) / 3600.0
    nutation_as, tilt_as = sine_as @ np.sin(angle), cosine_as @ np.cos(angle)
    return np.radians(nutation_as / 3600.0), np.radians(mean_deg + tilt_as / 3600.0)


def _sun_ecliptic(t: Floats) -> tuple[Floats, Floats, Floats]:
    """The sun's apparent longitude and latitude in the mean ecliptic of date [rad], and distance [km].

    The latitude, at most 1.2 arc seconds, is left out; aberration after Meeus 1998, (25.10).
    """
    millennia = t / 10.0
    phase, rate, *weights = series.EARTH
    sums = np.empty((len(weights), t.size))
    for first in range(0, t.size, MANY):
        part = slice(first, first + MANY)
        sums[:, part] = weights @ np.cos(phase[:, None] + rate[:, None] * millennia[part])
    longitude = (sums[0] + (sums[1] + sums[2] * millennia) * millennia) * 1e-8
    distance_au = sums[3] * 1e-8
    aberration = math.radians(20.4898 / 3600.0) / distance_au
    return longitude + math.pi - aberration, np.zeros_like(t), distance_au * AU_KM


def _moon_ecliptic(t: Floats) -> tuple[Floats, Floats, Floats]:
    """The moon's longitude and latitude in the ecliptic of date [rad], and distance [km]; Meeus 1998, chapter 47."""
    longitude = 218.3164477 + 481_267.88123421 * t - 0.0015786 * t**2 + t**3 / 538_841.0
    elongation = 297.8501921 + 445_267.1114034 * t - 0.0018819 * t**2 + t**3 / 545_868.0
    sun = 357.5291092 + 35_999.0502909 * t - 0.0001536 * t**2
    moon = 134.9633964 + 477_198.8675055 * t + 0.0087414 * t**2 + t**3 / 69_699.0
    node = 93.2720950 + 483_202.0175233 * t - 0.0036539 * t**2 - t**3 / 3_526_000.0
    eccentric = 1.0 - 0.002516 * t - 0.0000074 * t**2
    arguments = np.radians(np.mod(np.stack([elongation, sun, moon, node]), 360.0))
    mean, venus = np.radians(longitude), np.radians(119.75 + 131.849 * t)
    jupiter, third = np.radians(53.09 + 479_264.290 * t), np.radians(313.45 + 481_266.484 * t)
    along = 3958.0 * np.sin(venus) + 1962.0 * np.sin(mean - arguments[3]) + 318.0 * np.sin(jupiter)
    range_m = np.zeros_like(t)
    for *multiples, sine, cosine in series.MOON_LONGITUDE.T:
        angle = np.asarray(multiples) @ arguments
        weight = eccentric ** abs(multiples[1])
        along += sine * weight * np.sin(angle)
        range_m += cosine * weight * np.cos(angle)
    across = -2235.0 * np.sin(mean) + 382.0 * np.sin(third) + 127.0 * np.sin(mean - arguments[2])
    across += 175.0 * (np.sin(venus - arguments[3]) + np.sin(venus + arguments[3]))
    across -= 115.0 * np.sin(mean + arguments[2])
    for *multiples, sine in series.MOON_LATITUDE.T:
        across += sine * eccentric ** abs(multiples[1]) * np.sin(np.asarray(multiples) @ arguments)
    return np.radians(longitude + along * 1e-6), np.radians(across * 1e-6), 385_000.56 + range_m * 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """What east, north and up mean at places, and where the places are, in the turning frame of the earth.

    Attributes
    ----------
    east, north, up : ndarray of float64, shape (n_places, 3)
    at_km : ndarray of float64, shape (n_places, 3)
    """

    east: Floats
    north: Floats
    up: Floats
    at_km: Floats


def frames(lat_deg: Floats, lon_deg: Floats, height_m: Floats | float = 0.0) -> Frames:
    """East, north and up (the ellipsoid's normal) of WGS 84 places, each of shape (n_places, 3).

    Parameters
    ----------
    lat_deg, lon_deg : ndarray of float64, shape (n_places,)
    height_m : ndarray of float64 or float
    """
    lat, lon = np.radians(np.atleast_1d(lat_deg)), np.radians(np.atleast_1d(lon_deg))
    sin_lat, cos_lat, sin_lon, cos_lon = np.sin(lat), np.cos(lat), np.sin(lon), np.cos(lon)
    up = np.stack([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat], axis=1)
    east = np.stack([-sin_lon, cos_lon, np.zeros_like(lon)], axis=1)
    north = np.stack([-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat], axis=1)
    squared = FLATTENING * (2.0 - FLATTENING)
    radius_km = EQUATOR_KM / np.sqrt(1.0 - squared * sin_lat**2)
    height_km = np.asarray(height_m) / 1000.0
    out = radius_km + height_km
    polar = radius_km * (1.0 - squared) + height_km
    at_km = np.stack([out * cos_lat * cos_lon, out * cos_lat * sin_lon, polar * sin_lat], axis=1)
    return Frames(east, north, up, at_km)


def azimuth_elevation(seen: Track, here: Frames) -> tuple[Floats, Floats]:
    """Topocentric azimuth and airless elevation [deg], shape (n_places, n_instants).

    Parameters
    ----------
    seen : Track
    here : Frames

    Examples
    --------
    >>> noon = dt.datetime(2022, 9, 13, 9, 0, tzinfo=dt.UTC).timestamp()
    >>> here = frames(np.array([39.6]), np.array([46.3]))
    >>> azimuth, elevation = azimuth_elevation(track("sun", np.array([noon])), here)
    >>> round(float(azimuth[0, 0]), 1), round(float(elevation[0, 0]), 1)
    (183.9, 54.1)
    """
    east, north, up = (
        axis @ (seen.towards * seen.distance_km) - np.einsum("ij,ij->i", axis, here.at_km)[:, None]
        for axis in (here.east, here.north, here.up)
    )
    azimuth = np.degrees(np.arctan2(east, north)) % 360.0
    return azimuth, np.degrees(np.arctan2(up, np.hypot(east, north)))


def illuminated_fraction(unix_s: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Share of the moon's disc that is lit, 0-1, and whether it grows; seen from the earth's centre.

    Notes
    -----
    Meeus 1998, (48.2) and (48.3).
    """
    sun, moon = track("sun", unix_s), track("moon", unix_s)
    cos = np.einsum("ij,ij->j", sun.towards, moon.towards).clip(-1.0, 1.0)
    phase = np.arctan2(sun.distance_km * np.sqrt(1.0 - cos**2), moon.distance_km - sun.distance_km * cos)
    growing = sun.towards[0] * moon.towards[1] - sun.towards[1] * moon.towards[0] > 0.0
    return np.asarray((1.0 + np.cos(phase)) / 2.0), growing


def unix_s(moment: dt.datetime) -> float:
    """Seconds since 1970 of a time with an offset.

    Raises
    ------
    BadInputError
        Without an offset: the sun moves 15 degrees in the hour a missing zone leaves open.
    """
    if moment.tzinfo is None:
        raise BadInputError(
            f"The time {moment.isoformat()} has no UTC offset.", "Write it with one, such as 2022-09-13T11:00:00+04:00."
        )
    return moment.timestamp()
