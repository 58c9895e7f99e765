"""The whole earth at given instants: where a shadow of unknown place can have fallen so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from witnessmark.errors import BadInputError
from witnessmark.lines.sun import ephemeris
from witnessmark.lines.sun.kernel import LOWEST, MIDDLE, STEPS, Aim, Floats, Floats32, height_table, peak, with_floor
from witnessmark.lines.sun.observations import Sighting

RADIUS_KM = 6371.0088
"""IUGG mean radius R1."""
FINEST_DEG = 0.05
MOST_INSTANTS = 100_000
BLOCK = 1 << 15
"""Cells worked on at a time [1], so that what lies between stays in a core's nearest cache."""


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
    scale = scale if sighting.heavy else 1.0
    towards = ephemeris.track("sun", np.asarray(unix_s, dtype=np.float64) + sighting.at_s).towards
    if aim is None:
        return _by_height(height_table(sighting, scale), earth, towards)
    lon = np.radians(earth.lon_deg)
    lat = np.radians(earth.lat_deg).astype(np.float32)
    sin_lat, cos_lat = np.sin(lat)[:, None], np.cos(lat)[:, None]
    cos_lon, sin_lon = np.cos(lon), np.sin(lon)
    outward = (towards[0][:, None] * cos_lon + towards[1][:, None] * sin_lon).astype(np.float32)
    poleward = towards[2].astype(np.float32)
    east = (towards[1][:, None] * cos_lon - towards[0][:, None] * sin_lon).astype(np.float32)
    out = np.empty((lat.size, lon.size), dtype=np.float32)
    for part in _parts(out):
        total: Floats32 | None = None
        for index in range(len(unix_s)):
            up = cos_lat[part] * outward[index]
            up += sin_lat[part] * poleward[index]
            north = cos_lat[part] * poleward[index] - sin_lat[part] * outward[index]
            nats = with_floor(_peak(aim, east[index], north, up, sighting.heavy), up)
            if len(unix_s) > 1:
                np.exp(nats, out=nats)
            total = nats if total is None else np.add(total, nats, out=total)
        assert total is not None
        out[part] = total if len(unix_s) == 1 else np.log(total / np.float32(len(unix_s)))
    return out


def _parts(table: Floats32) -> list[slice]:
    """Rows cut into blocks of cells."""
    rows = max(1, BLOCK // table.shape[1])
    return [slice(first, first + rows) for first in range(0, table.shape[0], rows)]


def _by_height(table: Floats32, earth: Earth, towards: Floats) -> Floats32:
    """Mean over instants of what a table by height gives, as log: one small product and one look-up a lit cell.

    Cells in which the sun has not risen are alike: they are filled at once and left alone.
    """
    n_lat, n_lon, n_instants = earth.lat_deg.size, earth.lon_deg.size, towards.shape[1]
    if n_instants > 1:
        table = (np.exp(table) / np.float32(n_instants)).astype(np.float32)
    dark = table[0]
    out = np.empty((n_lat, n_lon), dtype=np.float32)
    lat, lon = np.radians(earth.lat_deg), np.radians(earth.lon_deg)
    circles = np.stack([np.cos(lat), np.sin(lat), np.ones(n_lat)], axis=1)
    meridians = np.ones((2, n_lon), dtype=np.float32)
    turned = STEPS * np.stack([np.cos(lon), np.sin(lon)], axis=1)
    rows = max(1, BLOCK // n_lon)
    # kept between blocks, as fresh memory costs more than the arithmetic
    place, entry = np.empty(rows * n_lon, dtype=np.float32), np.empty(rows * n_lon, dtype=np.intp)
    for index in range(n_instants):
        x, y, z = towards[:, index].tolist()
        meridians[0] = turned @ towards[:2, index]
        factors = (circles @ [[1.0, 0.0], [0.0, STEPS * z], [0.0, MIDDLE]]).astype(np.float32)
        for first in range(0, n_lat, rows):
            last = min(first + rows, n_lat)
            if index == 0:
                out[first:last] = dark * np.float32(n_instants)
            for left, right in _lit(earth, first, last, (x, y, z)):
                cells = (last - first) * (right - left)
                at = place[:cells].reshape(last - first, -1)
                where = entry[:cells].reshape(last - first, -1)
                np.matmul(factors[first:last], meridians[:, left:right], out=at)
                np.copyto(where, at, casting="unsafe")
                table.take(where, mode="clip", out=at)
                if n_instants == 1:
                    out[first:last, left:right] = at
                else:
                    at -= dark
                    out[first:last, left:right] += at
    return np.log(out, out=out) if n_instants > 1 else out


def _lit(earth: Earth, first: int, last: int, towards: tuple[float, float, float]) -> list[tuple[int, int]]:
    """Stretches of columns, the last left out, outside which the sun has not risen in any of some rows."""
    x, y, z = towards
    south, north = math.radians(earth.lat_deg[first]), math.radians(earth.lat_deg[last - 1])
    # the sine of elevation is cos(lat) times how far out the sun stands over the meridian, plus sin(lat) z
    short = LOWEST - max(math.sin(south) * z, math.sin(north) * z)
    narrow, wide = sorted((math.cos(south), math.cos(north)))
    if south < 0.0 < north:
        wide = 1.0
    out = short / max(wide if short > 0.0 else narrow, 1e-6) / max(math.hypot(x, y), 1e-6)
    half_deg = math.degrees(math.acos(min(max(out, -1.0), 1.0)))
    n_lon, origin = earth.lon_deg.size, float(earth.lon_deg[0])
    step = float(earth.lon_deg[1]) - origin
    middle = (math.degrees(math.atan2(y, x)) - origin) / step
    reach, turn = half_deg / step + 1.0, 360.0 / step
    spans: list[tuple[int, int]] = []
    for lap in (-1.0, 0.0, 1.0):
        left = max(0, math.floor(middle + lap * turn - reach))
        right = min(n_lon, math.ceil(middle + lap * turn + reach))
        if spans:
            left = max(left, spans[-1][1])
        if left < right:
            spans.append((left, right))
    return spans


def _peak(aim: Aim, east: Floats32, north: Floats32, up: Floats32, heavy: bool) -> Floats32:
    """The density of an aim that is the same in all cells, from the components of the sun's direction."""
    e, n, u = (aim.parts[:, axis, 0].astype(np.float32) for axis in range(3))
    z1, z2, near = (u[k] * up + n[k] * north + e[k] * east for k in range(3))
    return peak(z1, z2, near, aim.norm.astype(np.float32), heavy)
