"""The cells of a place x time table: a few products of small matrices, float32, no trigonometry left."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.sun.ephemeris import Frames, Track
from witnessmark.lines.sun.observations import Sighting

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

TAIL = 4
"""Degrees of freedom of the Student t about a sighting: even, so that its power needs no logarithm."""
OUTLIER = 0.03
"""Chance that a sighting has nothing to do with where the sun stood; stated, not measured."""
SPHERE_FLOOR = 1.0 / (2.0 * math.pi)
"""Density of such a sighting: anywhere above the horizon [1/sr]."""
UNKNOWN_DEG = 20.0
"""A heading less sure than this is not used: the plane that touches the sphere no longer holds its errors."""
RISEN = (math.sin(math.radians(-0.833)), math.sin(math.radians(-0.30)))
"""Sine of airless elevation from which the first edge of the sun shows, and from which the whole disc does.

Refraction of 34 and a radius of 16 arc minutes (Meeus 1998, chapter 15).
"""
HEIGHTS = 1 << 13
"""Entries of a table by height [1]: 0.007 degrees apart at the horizon, 0.02 at 70 degrees."""
LOWEST = RISEN[0] - 1e-3
"""Sine of the first entry: at it and below it the sun has not risen and all is alike."""
CELLS = 1 << 16
"""Cells worked on at a time [1]: a few such tables stay in a core's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """A body's directions as the cells need them.

    Attributes
    ----------
    towards : ndarray of float32, shape (3, n_instants)
    distance_km : ndarray of float32 or None, shape (n_instants,)
        None for the sun, whose parallax (0.002 degrees) is left out of the cells.
    """

    towards: Floats32
    distance_km: Floats32 | None

    @classmethod
    def of(cls, seen: Track) -> Sky:
        """From float64 directions, in which the hour angle is already reduced."""
        near = seen.body == "moon"
        return cls(
            np.ascontiguousarray(seen.towards, dtype=np.float32), seen.distance_km.astype(np.float32) if near else None
        )

    def part(self, columns: slice) -> Sky:
        """The same over some instants."""
        distance = None if self.distance_km is None else self.distance_km[columns]
        return Sky(self.towards[:, columns], distance)

    def along(self, axes: Floats, at_km: Floats) -> list[Floats32]:
        """Components of the unit vector to the body along axes given a place, each of shape (n_places, n_instants).

        Parameters
        ----------
        axes : ndarray of float64, shape (n_axes, n_places, 3)
        at_km : ndarray of float64, shape (n_places, 3)
        """
        parts: list[Floats32] = [np.asarray(axis.astype(np.float32) @ self.towards) for axis in axes]
        if self.distance_km is None:
            return parts
        # the moon is seen from the place, not from the earth's centre
        closer = 1.0 / self.distance_km
        here = (at_km.astype(np.float32) @ self.towards) * closer
        square = (at_km**2).sum(axis=1).astype(np.float32)[:, None] * closer**2
        length = np.sqrt(1.0 + square - 2.0 * here)
        for part, axis in zip(parts, axes, strict=True):
            part -= np.einsum("ij,ij->i", axis, at_km).astype(np.float32)[:, None] * closer
            part /= length
        return parts


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Places and the camera's heading in each.

    Attributes
    ----------
    frames : Frames
    heading_deg, error_deg : ndarray of float64, shape (n_places,), or None when no heading is known anywhere
    """

    frames: Frames
    heading_deg: Floats | None
    error_deg: Floats | None

    def part(self, rows: slice) -> Places:
        """Some of the places."""
        here = self.frames
        cut = Frames(here.east[rows], here.north[rows], here.up[rows], here.at_km[rows])
        if self.heading_deg is None or self.error_deg is None:
            return Places(cut, None, None)
        return Places(cut, self.heading_deg[rows], self.error_deg[rows])


def cells(sighting: Sighting, places: Places, sky: Sky, scale: float) -> Floats32:
    """Log-likelihood of a sighting [nats, up to a constant], shape (n_places, n_instants).

    Parameters
    ----------
    sighting : Sighting
    places : Places
    sky : Sky
        Of the sighting's body.
    scale : float
        By which the sighting's standard errors are multiplied, from calibration.

    Notes
    -----
    p = (1 - outlier) t(sun) risen(sun) + outlier floor, with t a bivariate Student t of 4 degrees of freedom in the
    equal-area plane that touches the sphere at the sighting, so that it is a density on the sphere [1/sr]; a normal
    where the sighting's errors are stated and not sampled. Where only the height or the bearing is known, t has one
    dimension and the other is even; the height alone is a function of one number and is looked up.
    """
    here = places.frames
    up = sky.along(here.up[None], here.at_km)[0]
    by_height = height_table(sighting, scale)
    if sighting.from_north:
        heading, error = np.zeros(len(here.up)), np.zeros(len(here.up))
    elif places.heading_deg is None or places.error_deg is None:
        return look_up(by_height, up)
    else:
        heading, error = places.heading_deg, places.error_deg
    if sighting.azimuth_deg is None:
        return look_up(by_height, up)
    known = error <= UNKNOWN_DEG
    safe = np.where(known, error, UNKNOWN_DEG)
    toward = np.where(known, heading, 0.0) + sighting.azimuth_deg
    measure = _full if sighting.elevation_deg is not None else _bearing
    nats = with_floor(measure(sighting, here, sky, toward, safe, scale), up)
    if not known.all():
        nats[~known] = look_up(by_height, up[~known])
    return nats


def with_floor(density: Floats32, up: Floats32) -> Floats32:
    """Log of a density [1/sr] with the outlier's floor, where the sun has risen; works in place."""
    density *= risen(up)
    density *= 1.0 - OUTLIER
    density += OUTLIER * SPHERE_FLOOR
    np.log(density, out=density)
    return density


def risen(up: Floats32) -> Floats32:
    """Share of the disc above a level horizon, by the sine of airless elevation, 0-1."""
    low, high = RISEN
    share = up.copy()
    share -= low
    share *= 1.0 / (high - low)
    np.clip(share, 0.0, 1.0, out=share)
    return share


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """A sighting's axes given a place, in parts of east, north and up: rows for two errors apart and the middle.

    Attributes
    ----------
    parts : ndarray of float64, shape (3, 3, n_places)
        First index: the error upward, the error across that is left when it is known, and the middle; second index:
        east, north, up.
    norm : ndarray of float64, shape (n_places,)
        Density at the middle [1/sr].
    """

    parts: Floats
    norm: Floats

    @classmethod
    def of(cls, sighting: Sighting, toward_deg: Floats, heading_error_deg: Floats, scale: float) -> Aim:
        """Axes for a bearing and its error in each place."""
        assert sighting.airless_deg is not None
        azimuth, elevation = np.radians(toward_deg), math.radians(sighting.airless_deg)
        cos, sin = math.cos(elevation), math.sin(elevation)
        zero, one = np.zeros(azimuth.shape), np.ones(azimuth.shape)
        middle = np.stack([cos * np.sin(azimuth), cos * np.cos(azimuth), sin * one])
        right = np.stack([np.cos(azimuth), -np.sin(azimuth), zero])
        over = np.stack([-sin * np.sin(azimuth), -sin * np.cos(azimuth), cos * one])
        across = scale * math.radians(sighting.across_deg)
        upward = scale * math.radians(sighting.upward_deg)
        covariance = sighting.correlation_ratio * across * upward
        wide = across**2 + (cos * np.radians(heading_error_deg)) ** 2
        slope = covariance / upward**2
        rest = np.sqrt(wide - covariance**2 / upward**2)
        parts = np.stack([over / upward, (right - slope * over) / rest, middle])
        return cls(parts, 1.0 / (2.0 * math.pi * upward * rest))


def peak(z1: Floats32, z2: Floats32, near: Floats32, norm: Floats32, heavy: bool) -> Floats32:
    """Density of the bivariate Student t (or normal) from components along an aim's axes; works in place."""
    z1 *= z1
    z2 *= z2
    z1 += z2
    near += np.float32(1.0 + 1e-5)
    z1 /= near
    if not heavy:
        # in the equal-area plane the square is 2 / (1 + cos) times that of the components
        np.negative(z1, out=z1)
        np.exp(z1, out=z1)
        z1 *= norm
        return z1
    z1 *= np.float32(2.0 / TAIL)
    z1 += np.float32(1.0)
    np.multiply(z1, z1, out=z2)
    z2 *= z1
    return np.divide(norm, z2, out=z2)


def _full(
    sighting: Sighting, here: Frames, sky: Sky, toward_deg: Floats, heading_error_deg: Floats, scale: float
) -> Floats32:
    """Density of azimuth and elevation together [1/sr]."""
    aim = Aim.of(sighting, toward_deg, heading_error_deg, scale)
    axes = np.einsum("akp,kpx->apx", aim.parts, np.stack([here.east, here.north, here.up]))
    z1, z2, near = sky.along(axes, here.at_km)
    return peak(z1, z2, near, aim.norm.astype(np.float32)[:, None], sighting.heavy)


def _one_sided(z: Floats32, error_rad: Floats | float, per: float, heavy: bool) -> Floats32:
    """Student t of 4 degrees of freedom (or normal) of what is already in standard errors; works in place.

    3/8 and 1/sqrt(2 pi) are their normalisations.
    """
    top = 0.375 if heavy else 1.0 / math.sqrt(2.0 * math.pi)
    norm = np.atleast_1d(np.asarray(top * per / np.asarray(error_rad))).astype(np.float32)[:, None]
    z *= z
    if not heavy:
        z *= -0.5
        np.exp(z, out=z)
        z *= norm
        return z
    z *= 1.0 / TAIL
    z += 1.0
    root = np.sqrt(z)
    z *= z
    z *= root
    np.divide(norm, z, out=z)
    return z


@functools.cache
def _heights() -> tuple[Floats32, Floats32]:
    """Sines and cosines of the elevations a table by height has entries for."""
    up = np.linspace(LOWEST, 1.0, HEIGHTS)
    return up.astype(np.float32), np.sqrt(1.0 - up * up).astype(np.float32)


def height_table(sighting: Sighting, scale: float) -> Floats32:
    """Log-likelihood by the sine of airless elevation alone [nats], its azimuth even; `HEIGHTS` values up to 1."""
    up, level = _heights()
    if sighting.airless_deg is None:
        return with_floor(np.full(up.shape, SPHERE_FLOOR, dtype=np.float32), up)
    elevation, error = math.radians(sighting.airless_deg), scale * math.radians(sighting.upward_deg)
    # the sine of the difference: it grows with it as far as a right angle, beyond which the sun has set
    off = up * np.float32(math.cos(elevation) / error) - level * np.float32(math.sin(elevation) / error)
    per = 1.0 / (2.0 * math.pi * max(math.cos(elevation), 0.05))
    return with_floor(_one_sided(off[None], error, per, sighting.heavy)[0], up)


STEPS = (HEIGHTS - 1) / (1.0 - LOWEST)
MIDDLE = 0.5 - LOWEST * STEPS
"""A sine of elevation times the first plus the second, cut to a whole number, is its place in a table by height."""


def look_up(table: Floats32, up: Floats32) -> Floats32:
    """Values of a table by height, of the nearest entry."""
    place = up * np.float32(STEPS)
    place += np.float32(MIDDLE)
    found: Floats32 = table.take(place.astype(np.intp), mode="clip")
    return found


def _bearing(
    sighting: Sighting, here: Frames, sky: Sky, toward_deg: Floats, heading_error_deg: Floats, scale: float
) -> Floats32:
    """Density of the azimuth alone, its elevation even over the half sphere [1/sr]."""
    azimuth = np.radians(toward_deg)[:, None]
    ahead = np.sin(azimuth) * here.east + np.cos(azimuth) * here.north
    right = np.cos(azimuth) * here.east - np.sin(azimuth) * here.north
    error = np.hypot(scale * math.radians(sighting.across_deg), np.radians(heading_error_deg))
    beside, along = sky.along(np.stack([right, ahead]), here.at_km)
    level = np.sqrt(beside * beside + along * along)
    level += along
    level += np.float32(1e-6)
    beside *= (2.0 / error).astype(np.float32)[:, None]
    beside /= level
    return _one_sided(np.clip(beside, -1e6, 1e6), error, 1.0, sighting.heavy)
