"""The whole earth at given instants: where a shadow of unknown place can have fallen so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.sun import ephemeris
from witnessmark.lines.sun.kernel import Aim, Floats, Floats32, height, peak, with_floor
from witnessmark.lines.sun.observations import Sighting

RADIUS_KM = 6371.0088
"""IUGG mean radius R1."""
FINEST_DEG = 0.05
MOST_INSTANTS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Earth:
    """Cells even in latitude and longitude, by their centres.

    Attributes
    ----------
    lat_deg : ndarray of float64, shape (n_lat,)
        From south to north.
    lon_deg : ndarray of float64, shape (n_lon,)
    """

    lat_deg: Floats
    lon_deg: Floats

    @classmethod
    def of(cls, grid_deg: float) -> Earth:
        """The whole earth in cells of about `grid_deg`.

        Raises
        ------
        BadInputError
            For a spacing that is too fine or too coarse.
        """
        if not FINEST_DEG <= grid_deg <= 30.0:
            raise BadInputError(
                f"A grid of {grid_deg} degrees cannot be used.", f"Give a spacing from {FINEST_DEG} to 30 degrees."
            )
        n_lat, n_lon = round(180.0 / grid_deg), round(360.0 / grid_deg)
        rows, columns = np.arange(n_lat, dtype=np.float64), np.arange(n_lon, dtype=np.float64)
        lat = np.asarray(-90.0 + 180.0 / n_lat * (rows + 0.5), dtype=np.float64)
        return cls(lat, np.asarray(-180.0 + 360.0 / n_lon * (columns + 0.5), dtype=np.float64))

    def area_km2(self) -> Floats:
        """Area of a cell of each row [km2], shape (n_lat, 1)."""
        step_lat = math.radians(abs(float(self.lat_deg[1] - self.lat_deg[0])))
        step_lon = math.radians(abs(float(self.lon_deg[1] - self.lon_deg[0])))
        return np.asarray(RADIUS_KM**2 * step_lon * step_lat * np.cos(np.radians(self.lat_deg)))[:, None]


def weigh_earth(
    sighting: Sighting,
    earth: Earth,
    unix_s: Sequence[float],
    scale: float,
    heading_deg: float | None = None,
    heading_error_deg: float = 0.0,
) -> Floats32:
    """Log of the mean likelihood over instants [nats], shape (n_lat, n_lon).

    Parameters
    ----------
    sighting : Sighting
        Of the sun.
    earth : Earth
    unix_s : sequence of float
        Instants held equally probable.
    scale : float
    heading_deg, heading_error_deg : float
        One heading wherever the camera stood, as from a compass; not used for a sighting from true north.

    Raises
    ------
    BadInputError
        When only a bearing is seen, or for another body than the sun.

    Notes
    -----
    On a grid of latitude and longitude east, north and up of the sun are sums of products of a row and a column, so
    that a cell costs a few multiplications.
    """
    if sighting.body != "sun":
        raise BadInputError("Only the sun is weighed over the whole earth.", "Weigh the moon over a region of places.")
    if not 0 < len(unix_s) <= MOST_INSTANTS:
        raise BadInputError(f"{len(unix_s)} instants cannot be weighed.", f"Give 1 to {MOST_INSTANTS}.")
    if sighting.from_north:
        heading_deg, heading_error_deg = 0.0, 0.0
    if sighting.elevation_deg is None:
        raise BadInputError(
            "Only the bearing of a shadow is known, and not the height of the sun.",
            "Mark the top of the object that casts the shadow, or give the sun's elevation.",
        )
    aim = None
    if sighting.azimuth_deg is not None and heading_deg is not None:
        toward = np.array([heading_deg + sighting.azimuth_deg])
        aim = Aim.of(sighting, toward, np.array([heading_error_deg]), scale)
    lat, lon = np.radians(earth.lat_deg), np.radians(earth.lon_deg)
    sin_lat, cos_lat = np.sin(lat).astype(np.float32)[:, None], np.cos(lat).astype(np.float32)[:, None]
    towards = ephemeris.track("sun", np.asarray(unix_s, dtype=np.float64) + sighting.at_s).towards
    total: NDArray[np.float32] | None = None
    for x, y, z in towards.T:
        outward = (np.cos(lon) * x + np.sin(lon) * y).astype(np.float32)[None, :]
        east = (np.cos(lon) * y - np.sin(lon) * x).astype(np.float32)[None, :]
        up = cos_lat * outward
        up += sin_lat * np.float32(z)
        if aim is None:
            density = height(sighting, up, scale)
        else:
            north = cos_lat * np.float32(z) - sin_lat * outward
            z1, z2, near = (
                np.float32(part[2, 0]) * up + np.float32(part[1, 0]) * north + np.float32(part[0, 0]) * east
                for part in aim.parts
            )
            density = peak(z1, z2, near, aim.norm.astype(np.float32))
        nats = with_floor(density, up)
        if len(unix_s) == 1:
            return nats
        likelihood = np.exp(nats, out=nats)
        total = likelihood if total is None else np.add(total, likelihood, out=total)
    assert total is not None
    total /= np.float32(len(unix_s))
    return np.log(total, out=total)
