"""What stands against the sky from one place, all around: bearing, height, distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from witnessmark.errors import BadInputError
from witnessmark.lines.providers.contract import ElevationProvider, Reading
from witnessmark.lines.terrain.ground import HALO_M, Ground, lay_out
from witnessmark.lines.terrain.horizon import EYE_HEIGHT_M, View, bearings_deg
from witnessmark.lines.terrain.march import Marcher, Skyline

FINEST_M = 10.0
AROUND_M = 400.0
"""Half a side of the region laid out around a place; everything farther is its halo."""
METRES_PER_DEGREE = 111_194.9
"""Of latitude on the IUGG mean sphere."""


@dataclass(frozen=True, slots=True, eq=False)
class SeenFrom:
    """The skyline around a place.

    Attributes
    ----------
    lat_deg, lon_deg : float
    ground_m, eye_m : float
        Heights of the ground and of the eye above the vertical datum.
    skyline : march.Skyline
    spacing_m, resolution_m : float
        Of the grid that was marched over, and of the coarsest data it was made of.
    vertical_datum : str
    readings : tuple of Reading
    """

    lat_deg: float
    lon_deg: float
    ground_m: float
    eye_m: float
    skyline: Skyline
    spacing_m: float
    resolution_m: float
    vertical_datum: str
    readings: tuple[Reading, ...]


def around(lat_deg: float, lon_deg: float, half_m: float) -> tuple[float, float, float, float]:
    """West, south, east and north [deg] of a square around a place."""
    up = half_m / METRES_PER_DEGREE
    across = up / float(np.cos(np.radians(lat_deg)))
    west, east = ((lon_deg + way * across + 180.0) % 360.0 - 180.0 for way in (-1.0, 1.0))
    return west, lat_deg - up, east, lat_deg + up


def own_spacing_m(provider: ElevationProvider, lat_deg: float, lon_deg: float) -> float:
    """Spacing of the posts of the data at a place [m], never finer than `FINEST_M`.

    Raises
    ------
    BadInputError
        When no data cover it.
    """
    if not (np.isfinite([lat_deg, lon_deg]).all() and -85.0 <= lat_deg <= 85.0 and -180.0 <= lon_deg <= 180.0):
        raise BadInputError(f"{lat_deg:g},{lon_deg:g} is no place.", "Give LAT,LON in degrees, up to 85 N or S.")
    found = provider.heights(np.array([lat_deg]), np.array([lon_deg]))
    if found.resolution_m is None:
        raise BadInputError(
            f"No elevation data cover {lat_deg:.5f},{lon_deg:.5f}.", "Name data that do, or another place."
        )
    return max(FINEST_M, float(found.resolution_m))


def seen_from(
    provider: ElevationProvider,
    lat_deg: float,
    lon_deg: float,
    *,
    n_azimuths: int = 720,
    eye_height_m: float = EYE_HEIGHT_M,
    spacing_m: float | None = None,
    reach_m: float = HALO_M,
    mixed_datums: bool = False,
) -> SeenFrom:
    """March all around from a place.

    Parameters
    ----------
    provider : ElevationProvider
    lat_deg, lon_deg : float
        WGS 84.
    n_azimuths : int
        True bearings, evenly spaced from north.
    eye_height_m : float
        Above the ground.
    spacing_m : float or None
        Of the grid; that of the data at the place unless given, wider where the reach would ask too many posts.
    reach_m : float
        How far ridges are looked for, as far as data reach.
    mixed_datums : bool
        See `ground.lay_out`.

    Returns
    -------
    SeenFrom

    Raises
    ------
    BadInputError
        When no data cover the place, or an argument is none.
    """
    if not 4 <= n_azimuths <= 36_000:
        raise BadInputError(f"{n_azimuths} bearings.", "Give a step from 0.01 to 90 degrees.")
    posts_m = own_spacing_m(provider, lat_deg, lon_deg) if spacing_m is None else spacing_m
    held = lay_out(
        provider, around(lat_deg, lon_deg, AROUND_M), posts_m, halo_m=max(0.0, reach_m), mixed_datums=mixed_datums
    )
    return _marched(held, lat_deg, lon_deg, n_azimuths, eye_height_m)


def _marched(held: Ground, lat_deg: float, lon_deg: float, n_azimuths: int, eye_height_m: float) -> SeenFrom:
    x, y = held.to_local(np.array([lat_deg]), np.array([lon_deg]))
    azimuth = bearings_deg(n_azimuths)
    found = Marcher(held, View(eye_height_m=eye_height_m)).skyline(float(x[0]), float(y[0]), azimuth)
    return SeenFrom(
        lat_deg,
        lon_deg,
        found.eye_m - eye_height_m,
        found.eye_m,
        found,
        held.spacing_m,
        held.resolution_m,
        held.vertical_datum,
        held.readings,
    )
