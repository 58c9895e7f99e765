"""The ground around a camera: relief in metres, finer grain than any model a solver searches, and canopy."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from pyproj import Transformer

from witnessmark.errors import BadInputError
from witnessmark.rehearsal.noise import SIDE, Floats, Floats32, Lattice, smoothstep
from witnessmark.rehearsal.relief import Relief

WGS84_A_M = 6_378_137.0
WGS84_E2 = 6.694379990141316e-3
"""Semi-major axis and first eccentricity squared of WGS 84 (NIMA TR8350.2)."""

_POWERS = tuple((i, j) for i in range(5) for j in range(5 - i))


@dataclass(frozen=True, slots=True)
class Cover:
    """What lies on the bare relief.

    Attributes
    ----------
    grain_m : float
        Height scale of the sub-grid relief at 60 m wavelength, falling with wavelength [m].
    canopy_m : float
        Height of the tallest trees; 0 for none [m].
    forest : float
        Share of suitable ground that is wooded, 0-1.
    clearing_m : float
        Radius around the camera kept free of trees [m].
    grass_m : float
        Height of the longest blades near the camera; 0 for none [m].
    snow_above_m : float or None
        Elevation above which the ground is white [m].
    season : str
        summer | autumn | dry: the palette of grass and leaves.
    """

    grain_m: float = 1.6
    canopy_m: float = 15.0
    forest: float = 0.75
    clearing_m: float = 240.0
    grass_m: float = 0.09
    snow_above_m: float | None = None
    season: str = "autumn"


def earth_radius_m(lat_deg: float) -> float:
    """Gaussian mean radius of WGS 84 at a latitude, sqrt(M N) [m] (Torge & Müller, Geodesy, 2012, eq. 4.18)."""
    sin2 = math.sin(math.radians(lat_deg)) ** 2
    return WGS84_A_M * math.sqrt(1.0 - WGS84_E2) / (1.0 - WGS84_E2 * sin2)


def _crowns(seed: int) -> tuple[Floats32, Floats32]:
    """A repeating square of 512 x 512 half-metres of tree crowns: relative height and a number a tree, both 0-1."""
    rng = np.random.default_rng(seed)
    cells = 44  # one tree a cell of 11.6 half-metres, jittered
    pitch = SIDE / cells
    tall = np.zeros((SIDE, SIDE), dtype=np.float32)
    number = np.zeros((SIDE, SIDE), dtype=np.float32)
    for row in range(cells):
        for column in range(cells):
            centre_x, centre_y = (np.array([column, row]) + 0.5 + rng.uniform(-0.42, 0.42, 2)) * pitch
            radius = rng.uniform(5.0, 10.5)
            top, sharp, name = rng.uniform(0.62, 1.0), rng.uniform(0.9, 1.9), rng.random()
            reach = int(radius) + 1
            columns = np.arange(int(centre_x) - reach, int(centre_x) + reach + 1)
            rows = np.arange(int(centre_y) - reach, int(centre_y) + reach + 1)
            off_x, off_y = np.meshgrid(columns - centre_x, rows - centre_y)
            bulge = 1.0 + 0.22 * np.sin(5.0 * np.arctan2(off_y, off_x) + 6.28 * name)
            inside = np.clip(1.0 - (np.hypot(off_x, off_y) / (radius * bulge)) ** 2, 0.0, 1.0)
            dome = (top * inside ** (0.5 * sharp)).astype(np.float32)
            place = np.ix_(rows % SIDE, columns % SIDE)
            over = dome > tall[place]
            number[place] = np.where(over, name, number[place])
            tall[place] = np.maximum(dome, tall[place])
    return tall, number


def _smooth_gather(tile: Floats32, x: Floats, y: Floats) -> Floats32:
    """Bilinear values of a repeating square tile at cell positions."""
    floor_x, floor_y = np.floor(x), np.floor(y)
    across, along = (x - floor_x).astype(np.float32), (y - floor_y).astype(np.float32)
    column, row = floor_x.astype(np.int64), floor_y.astype(np.int64)
    west, east = column & (SIDE - 1), (column + 1) & (SIDE - 1)
    south, north = (row & (SIDE - 1)) * SIDE, ((row + 1) & (SIDE - 1)) * SIDE
    flat = tile.ravel()
    low = flat[south + west] * (1.0 - across) + flat[south + east] * across
    high = flat[north + west] * (1.0 - across) + flat[north + east] * across
    result: Floats32 = low + (high - low) * along
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """The visible surface at some points.

    Attributes
    ----------
    height_m : ndarray of float64
        Top of soil, canopy or grass [m].
    bare_m : ndarray of float64
        Top of the soil [m].
    wooded : ndarray of float32
        0 open to 1 under trees.
    crown, tree : ndarray of float32
        Relative height within the crown, and a number a tree, 0-1.
    """

    height_m: Floats
    bare_m: Floats
    wooded: Floats32
    crown: Floats32
    tree: Floats32


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Relief and cover in metres around an origin.

    The frame is azimuthal equidistant on WGS 84 about the origin: x east, y north [m]; a point's distance and
    direction from the origin are those of the geodesic. Heights are the relief's own. The fall of the earth's
    surface away from the origin is not in the heights; `caster` adds it to its rays.
    """

    relief: Relief
    cover: Cover
    lat_deg: float
    lon_deg: float
    seed: int
    _mapping: Floats
    _slope: Floats32
    lattice: Lattice
    _tall: Floats32
    _number: Floats32

    @classmethod
    def around(cls, relief: Relief, lat_deg: float, lon_deg: float, cover: Cover, seed: int) -> Ground:
        """Lay out the ground around a place.

        Raises
        ------
        BadInputError
            When the place is not inside the relief.
        """
        if not relief.contains(lat_deg, lon_deg, 3.0 * abs(float(relief.lat_deg[1] - relief.lat_deg[0]))):
            raise BadInputError(
                f"The place {lat_deg:.5f}, {lon_deg:.5f} is not inside relief '{relief.name}'.",
                f"Choose one within {relief.bounds_deg} (south, west, north, east).",
            )
        tall, number = _crowns(seed + 1)
        return cls(
            relief,
            cover,
            lat_deg,
            lon_deg,
            seed,
            _fit_mapping(relief, lat_deg, lon_deg),
            _slopes(relief),
            Lattice.seeded(seed),
            tall,
            number,
        )

    @classmethod
    def bare(cls, relief: Relief, lat_deg: float, lon_deg: float) -> Ground:
        """The relief alone around a place, quick to lay out: no grain, no trees, no grass."""
        empty = np.zeros((SIDE, SIDE), dtype=np.float32)
        cover = Cover(grain_m=0.0, canopy_m=0.0, forest=0.0, grass_m=0.0)
        mapping, slope = _fit_mapping(relief, lat_deg, lon_deg), np.zeros(relief.elevation_m.shape, dtype=np.float32)
        return cls(relief, cover, lat_deg, lon_deg, 0, mapping, slope, Lattice(empty.ravel()), empty, empty)

    def about(self, lat_deg: float, lon_deg: float, cover: Cover, seed: int) -> Self:
        """The same relief around another place, without working out its slopes and crowns again.

        Raises
        ------
        BadInputError
            When the relief does not fit one metric frame around that place.
        """
        mapping = _fit_mapping(self.relief, lat_deg, lon_deg)
        lattice = Lattice.seeded(seed)
        return replace(
            self, cover=cover, lat_deg=lat_deg, lon_deg=lon_deg, seed=seed, _mapping=mapping, lattice=lattice
        )

    def to_local(self, lat_deg: float, lon_deg: float) -> tuple[float, float]:
        """East and north of the origin [m]."""
        x, y = _projection(self.lat_deg, self.lon_deg).transform(lon_deg, lat_deg)
        return float(x), float(y)

    def to_geographic(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Latitude and longitude [deg] of a point of the frame."""
        lon, lat = _projection(self.lat_deg, self.lon_deg).transform(x_m, y_m, direction="INVERSE")
        return float(lat), float(lon)

    def _nodes(self, x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
        """Row and column positions in the relief's grid."""
        x, y = x_m * 1e-5, y_m * 1e-5
        row, column = np.zeros_like(x), np.zeros_like(x)
        power_x = np.ones_like(x)
        for i in range(5):
            inner_row, inner_column = np.zeros_like(x), np.zeros_like(x)
            for j in reversed(range(5 - i)):
                k = _POWERS.index((i, j))
                inner_row *= y
                inner_row += self._mapping[k, 0]
                inner_column *= y
                inner_column += self._mapping[k, 1]
            row += power_x * inner_row
            column += power_x * inner_column
            power_x = power_x * x
        return row, column

    def relief_m(self, x_m: Floats, y_m: Floats) -> Floats:
        """The relief between its nodes [m]: Catmull-Rom cubic (Keys 1981, doi:10.1109/TASSP.1981.1163711).

        Beyond the edge the outermost nodes continue.
        """
        row, column = self._nodes(x_m, y_m)
        rows, columns = self.relief.elevation_m.shape
        np.clip(row, 0.0, rows - 1.000001, out=row)
        np.clip(column, 0.0, columns - 1.000001, out=column)
        i, j = np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)
        weights_row, weights_column = _catmull_rom(row - i), _catmull_rom(column - j)
        nearby = [np.clip(j + k - 1, 0, columns - 1) for k in range(4)]
        flat = self.relief.elevation_m.ravel()
        total = np.zeros_like(row)
        for k in range(4):
            start = np.clip(i + k - 1, 0, rows - 1) * columns
            line = weights_column[0] * flat[start + nearby[0]]
            for m in range(1, 4):
                line += weights_column[m] * flat[start + nearby[m]]
            line *= weights_row[k]
            total += line
        return total

    def bare_m(self, x_m: Floats, y_m: Floats) -> Floats:
        """Top of the soil [m]: relief plus seeded grain below its resolution, wavelengths 60 m to 0.5 m."""
        return self.relief_m(x_m, y_m) + self.grain_m(x_m, y_m)

    def grain_m(self, x_m: Floats, y_m: Floats) -> Floats:
        """The sub-grid relief alone [m]; it fades out around the camera's feet so that the eye height is exact."""
        near = 0.35 + 0.65 * smoothstep(20.0, 160.0, np.hypot(x_m, y_m))
        wide = self.lattice.fractal(x_m, y_m, 60.0, 4, 0.45) * near
        fine = self.lattice.fractal(x_m + 31.0, y_m - 17.0, 3.1, 2, 0.4)
        return self.cover.grain_m * wide.astype(np.float64) + min(self.cover.grain_m, 1.0) * 0.07 * fine

    def bound_m(self) -> float:
        """No surface lies further above or below the relief than this [m]."""
        return self.cover.grain_m * 1.1 + self.cover.canopy_m + self.cover.grass_m

    def wooded(self, x_m: Floats, y_m: Floats) -> Floats32:
        """0 open ground to 1 under trees: steep or fractally chosen ground, never in the clearing."""
        if self.cover.canopy_m <= 0.0 or self.cover.forest <= 0.0:
            return np.zeros(np.shape(x_m), dtype=np.float32)
        row, column = self._nodes(x_m, y_m)
        rows, columns = self._slope.shape
        i = np.clip(row + 0.5, 0, rows - 1).astype(np.int64)
        j = np.clip(column + 0.5, 0, columns - 1).astype(np.int64)
        steep = self._slope.ravel()[i * columns + j]
        patches = self.lattice.fractal(x_m - 311.0, y_m + 97.0, 420.0, 5, 0.55)
        suits = 0.9 * smoothstep(4.0, 16.0, steep) + 0.9 * patches
        wooded = smoothstep(0.95 - self.cover.forest, 1.03 - self.cover.forest, suits)
        edge = np.hypot(x_m, y_m) * (1.0 + 0.35 * patches)
        result: Floats32 = wooded * smoothstep(self.cover.clearing_m, self.cover.clearing_m * 1.06, edge)
        return result

    def surface(self, x_m: Floats, y_m: Floats, range_m: Floats, wooded: Floats32 | None = None) -> Surface:
        """The visible surface: soil, canopy and, close by, grass.

        Parameters
        ----------
        x_m, y_m : ndarray of float64, shape (n,)
        range_m : ndarray of float64, shape (n,)
            Distance from which it is looked at; what is too fine to be seen from there is left out [m].
        wooded : ndarray of float32, shape (n,), or None
            When known already, as for points a step beside others.
        """
        bare = self.bare_m(x_m, y_m)
        height = bare.copy()
        if wooded is None:
            wooded = self.wooded(x_m, y_m)
        crown, tree = np.zeros_like(wooded), np.zeros_like(wooded)
        under = np.flatnonzero(wooded > 0.01)
        if under.size:
            x, y = x_m[under], y_m[under]
            bend = 9.0 * self.lattice.fractal(x, y, 70.0, 2)
            tree_x, tree_y = 2.0 * (x + bend), 2.0 * (y - bend)
            number = self._number[
                np.floor(tree_y + 0.5).astype(np.int64) & (SIDE - 1),
                np.floor(tree_x + 0.5).astype(np.int64) & (SIDE - 1),
            ]
            # A tree stands whole or not at all, so that the wood's edge is one of trees.
            tall = _smooth_gather(self._tall, tree_x, tree_y)
            shown = wooded[under] > 0.1 + 0.8 * ((number * 37.0) % 1.0)
            leafy = np.flatnonzero(range_m[under] < 2500.0)
            if leafy.size:
                ragged = self.lattice.fractal(x[leafy], y[leafy], 1.7, 2, 0.7)
                tall[leafy] *= 1.0 + 0.30 * ragged * (1.0 - smoothstep(1200.0, 2500.0, range_m[under][leafy]))
            tall = np.clip(tall, 0.0, 1.0) * shown
            stand = 0.75 + 0.25 * self.lattice.at(x / 90.0, y / 90.0)
            brush = 0.10 * smoothstep(0.5, 1.0, wooded[under])
            crown[under], tree[under] = tall, number
            height[under] += self.cover.canopy_m * stand * np.maximum(tall, brush)
        near = np.flatnonzero((range_m < 60.0) & (wooded < 0.01))
        if near.size and self.cover.grass_m > 0.0:
            height[near] += self.grass_m(x_m[near], y_m[near]) * (1.0 - smoothstep(35.0, 60.0, range_m[near]))
        return Surface(height, bare, wooded, crown, tree)

    def grass_m(self, x_m: Floats, y_m: Floats) -> Floats32:
        """Height of grass above the soil [m]: blades a few centimetres apart in tufts of half a metre."""
        tufts = self.lattice.at(x_m / 0.45 + 7.0, y_m / 0.45 - 3.0) * self.lattice.at(x_m / 2.3, y_m / 2.3)
        blades = self.lattice.at(x_m / 0.021 - y_m / 0.09, y_m / 0.024 + x_m / 0.11)
        result: Floats32 = np.float32(self.cover.grass_m) * (0.25 + 0.75 * np.sqrt(tufts)) * blades**3
        return result


def _catmull_rom(t: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    t2, t3 = t * t, t * t * t
    return (
        -0.5 * t3 + t2 - 0.5 * t,
        1.5 * t3 - 2.5 * t2 + 1.0,
        -1.5 * t3 + 2.0 * t2 + 0.5 * t,
        0.5 * t3 - 0.5 * t2,
    )


def _projection(lat_deg: float, lon_deg: float) -> Transformer:
    return Transformer.from_crs(
        "EPSG:4326", f"+proj=aeqd +lat_0={lat_deg:.9f} +lon_0={lon_deg:.9f} +datum=WGS84 +units=m", always_xy=True
    )


def _fit_mapping(relief: Relief, lat_deg: float, lon_deg: float) -> Floats:
    """Quartic from metres about the origin to rows and columns; within a hundredth of a cell over the whole relief."""
    lat, lon = np.meshgrid(
        np.linspace(relief.lat_deg[0], relief.lat_deg[-1], 25), np.linspace(relief.lon_deg[0], relief.lon_deg[-1], 25)
    )
    x, y = _projection(lat_deg, lon_deg).transform(lon.ravel(), lat.ravel())
    rows = (lat.ravel() - relief.lat_deg[0]) / (relief.lat_deg[1] - relief.lat_deg[0])
    columns = (lon.ravel() - relief.lon_deg[0]) / (relief.lon_deg[1] - relief.lon_deg[0])
    terms = np.stack([(x * 1e-5) ** i * (y * 1e-5) ** j for i, j in _POWERS], axis=1)
    wanted = np.stack([rows, columns], axis=1)
    mapping = np.asarray(np.linalg.lstsq(terms, wanted, rcond=None)[0], dtype=np.float64)
    worst = float(np.abs(terms @ mapping - wanted).max())
    if worst > 0.02:
        raise BadInputError(
            f"Relief '{relief.name}' is too large for one metric frame (fit {worst:.3f} cells off).",
            "Cut it to about 100 km around the camera.",
        )
    return mapping


def _slopes(relief: Relief) -> Floats32:
    """Slope of the relief at its nodes [deg]."""
    north = np.radians(np.abs(relief.lat_deg[1] - relief.lat_deg[0])) * WGS84_A_M
    east = np.radians(relief.lon_deg[1] - relief.lon_deg[0]) * WGS84_A_M * np.cos(np.radians(relief.lat_deg.mean()))
    down, across = np.gradient(relief.elevation_m, north, east)
    return np.asarray(np.degrees(np.arctan(np.hypot(down, across))), dtype=np.float32)
