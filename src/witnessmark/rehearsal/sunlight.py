"""Where the sun stands, and what the relief hides from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from witnessmark.errors import BadInputError
from witnessmark.rehearsal.caster import drop_m
from witnessmark.rehearsal.ground import Ground
from witnessmark.rehearsal.noise import Floats, Floats32, over_slices

SUN_RADIUS_DEG = 0.2666
"""Mean apparent radius of the sun (959.63 arc-seconds at 1 au, Auwers; IAU 1976)."""


DELTA_T_S = 67.0
"""Terrestrial minus universal time, as pvlib assumes; an error of 3 s moves the sun by 0.00003 degrees."""

REFRACT_DEG = 0.5667
"""Refraction at sunrise and sunset that decides where the algorithm stops refracting (Reda & Andreas 2004)."""


@dataclass(frozen=True, slots=True)
class Sun:
    """The sun as seen from a place at an instant.

    Attributes
    ----------
    at : datetime
        UTC.
    azimuth_deg : float
        True bearing, clockwise from north.
    elevation_deg : float
        Geometric.
    apparent_elevation_deg : float
        With refraction at the given pressure and temperature; shadows follow this one.
    """

    at: dt.datetime
    azimuth_deg: float
    elevation_deg: float
    apparent_elevation_deg: float

    @property
    def towards(self) -> Floats:
        """Unit vector to the apparent sun, east, north, up."""
        azimuth, elevation = np.radians(self.azimuth_deg), np.radians(self.apparent_elevation_deg)
        return np.array([np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)])


def sun_at(moment: dt.datetime, lat_deg: float, lon_deg: float, elevation_m: float, temperature_c: float = 12.0) -> Sun:
    """The sun's position by the NREL algorithm as pvlib has it.

    Parameters
    ----------
    moment : datetime
        With a UTC offset.
    elevation_m : float
        Of the place; gives the pressure [m].

    Raises
    ------
    BadInputError
        When pvlib is not installed.

    References
    ----------
    Reda & Andreas, "Solar position algorithm for solar radiation applications", Solar Energy 76 (2004),
    doi:10.1016/j.solener.2003.12.003.
    """
    try:
        from pvlib import atmosphere, spa
    except ImportError as error:
        raise BadInputError(
            "Rendering a rehearsed incident needs pvlib, which is not installed.",
            "Install it with: pip install 'witnessmark[rehearsal]'.",
        ) from error
    utc = moment.astimezone(dt.UTC)
    pressure_hpa = float(atmosphere.alt2pres(elevation_m)) / 100.0
    apparent_zenith, _, _, elevation, azimuth, _ = spa.solar_position(
        np.array([utc.timestamp()]), lat_deg, lon_deg, elevation_m, pressure_hpa, temperature_c, DELTA_T_S, REFRACT_DEG
    )
    return Sun(utc, float(azimuth[0]), float(elevation[0]), 90.0 - float(apparent_zenith[0]))


@dataclass(frozen=True, slots=True, eq=False)
class ShadowMap:
    """For nested squares around the origin, the height below which the ground lies in shadow of the ground.

    Attributes
    ----------
    spacing_m : tuple of float
        Of each square's nodes, finest first.
    ceiling_m : tuple of ndarray of float32, shape (n, n)
        Rows from south to north; heights less the fall of the earth's surface.
    """

    spacing_m: tuple[float, ...]
    ceiling_m: tuple[Floats32, ...]

    lat_deg: float

    def light(self, x_m: Floats, y_m: Floats, height_m: Floats) -> Floats32:
        """Share of direct sunlight that reaches points, 0-1."""
        result = np.ones(np.shape(x_m), dtype=np.float32)
        waiting = np.ones(np.shape(x_m), dtype=bool)
        reach = np.maximum(np.abs(x_m), np.abs(y_m))
        level = height_m - drop_m(np.hypot(x_m, y_m), self.lat_deg)
        for number, (spacing, ceiling) in enumerate(zip(self.spacing_m, self.ceiling_m, strict=True)):
            outer = self.spacing_m[min(number + 1, len(self.spacing_m) - 1)]
            inside = np.flatnonzero(waiting & (reach < spacing * ceiling.shape[0] / 2 - (_OVERLAP + 1) * outer))
            if inside.size == 0:
                continue
            waiting[inside] = False
            above = level[inside] - _bilinear(ceiling, x_m[inside] / spacing, y_m[inside] / spacing)
            softness = max(0.25, 0.35 * spacing)
            result[inside] = np.clip((above + softness) / (1.5 * softness) - 0.2, 0.0, 1.0)
        return result


def _bilinear(square: Floats32, column: Floats, row: Floats) -> Floats32:
    """Values of a square centred on the origin, at positions in nodes."""
    side = square.shape[0]
    column, row = column + side // 2, row + side // 2
    i, j = row.astype(np.int64), column.astype(np.int64)
    down, right = (row - i).astype(np.float32), (column - j).astype(np.float32)
    flat, at = square.ravel(), i * side + j
    low = flat[at] * (1.0 - right) + flat[at + 1] * right
    high = flat[at + side] * (1.0 - right) + flat[at + side + 1] * right
    result: Floats32 = low + (high - low) * down
    return result


def shadow_map(ground: Ground, sun: Sun, squares: tuple[tuple[float, int], ...]) -> ShadowMap:
    """Cast the ground's shadow over nested squares.

    Parameters
    ----------
    squares : tuple of (spacing [m], nodes a side), finest first

    Notes
    -----
    The ceiling of shadow at p is the largest h(p + d u) - d tan(elevation) over distances d towards the sun u. Taking
    the larger of a map and itself shifted by 1, 2, 4, ... steps covers every whole number of steps. A finer square
    takes what casts shadow from outside it from the next coarser one, from a few of its steps onwards.
    """
    east, north = np.sin(np.radians(sun.azimuth_deg)), np.cos(np.radians(sun.azimuth_deg))
    slope = float(np.tan(np.radians(sun.apparent_elevation_deg)))
    maps: list[Floats32] = []
    coarser: tuple[float, Floats32] | None = None
    for spacing, side in reversed(squares):
        ceiling = _heights(ground, spacing, side)
        # The first shift leaves out the point itself, so that nothing shadows itself.
        ceiling = _shifted(ceiling, east, north) - np.float32(spacing * slope)
        span = 1
        while span < side and span * spacing * slope < 1500.0:
            moved = _shifted(ceiling, east * span, north * span) - np.float32(span * spacing * slope)
            np.maximum(ceiling, moved, out=ceiling)
            span *= 2
        if coarser is not None:
            np.maximum(ceiling, _from_coarser(*coarser, east, north, slope, spacing, side), out=ceiling)
        maps.append(ceiling)
        coarser = (spacing, ceiling)
    return ShadowMap(tuple(spacing for spacing, _ in squares), tuple(reversed(maps)), ground.lat_deg)


_OVERLAP = 3
"""Steps of a coarser square after which its shadows count in a finer one."""


def _heights(ground: Ground, spacing: float, side: int) -> Floats32:
    """Surface heights at the nodes of a square, less the fall of the earth's surface [m]."""
    axis = np.asarray((np.arange(side) - side // 2) * spacing, dtype=np.float64)
    height = np.empty((side, side), dtype=np.float32)

    def work(part: slice) -> None:
        x, y = np.meshgrid(axis, axis[part])
        reach = np.hypot(x, y)
        top = ground.surface(x.ravel(), y.ravel(), np.maximum(reach, 61.0).ravel())
        height[part] = top.height_m.reshape(x.shape) - drop_m(reach, ground.lat_deg)

    over_slices(work, side, max(1, 150_000 // side))
    return height


def _from_coarser(
    coarse_m: float, ceiling: Floats32, east: float, north: float, slope: float, spacing: float, side: int
) -> Floats32:
    """A coarser square's ceiling at a finer one's nodes, by what stands `_OVERLAP` of its steps away or further."""
    axis = np.asarray((np.arange(side) - side // 2) * spacing, dtype=np.float64)
    ahead = _OVERLAP * coarse_m
    x, y = np.meshgrid((axis + ahead * east) / coarse_m, (axis + ahead * north) / coarse_m)
    inside = ceiling.shape[0] // 2 - 2
    return _bilinear(ceiling, np.clip(x, -inside, inside), np.clip(y, -inside, inside)) - np.float32(ahead * slope)


def _shifted(square: Floats32, columns: float, rows: float) -> Floats32:
    """The map seen from `columns` east and `rows` north, bilinear; -1e4 m where that lies outside."""
    side = square.shape[0]
    result = np.full_like(square, -1e4)
    i, j = int(np.floor(rows)), int(np.floor(columns))
    down, right = np.float32(rows - i), np.float32(columns - j)
    padded = np.full((side + 1, side + 1), -1e4, dtype=np.float32)
    padded[:side, :side] = square
    top, left = max(0, -i), max(0, -j)
    bottom, end = min(side, side - i), min(side, side - j)
    if bottom <= top or end <= left:
        return result

    def part(di: int, dj: int) -> Floats32:
        cut: Floats32 = padded[top + i + di : bottom + i + di, left + j + dj : end + j + dj]
        return cut

    low = part(0, 0) * (1 - right) + part(0, 1) * right
    high = part(1, 0) * (1 - right) + part(1, 1) * right
    result[top:bottom, left:end] = low + (high - low) * down
    return result
