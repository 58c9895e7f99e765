"""Elevation laid out in metres around a region: a local grid with a halo, voids filled and flagged, gaps left open."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import pyproj
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError
from witnessmark.lines.providers.contract import ElevationProvider, Reading
from witnessmark.lines.terrain.voids import fill
from witnessmark.plain import canonical

REFRACTION_K = 0.13
"""Ratio of the earth's radius to that of a near-horizontal ray (Gauss; Torge & Müller, Geodesy, 2012, sec. 5.1)."""
EQUATORIAL_RADIUS_M, FLATTENING = 6_378_137.0, 1.0 / 298.257223563
"""WGS 84 (NIMA TR8350.2)."""
HALO_M = 50_000.0
WIDEST_M = 600_000.0
"""Of a grid with its halo; at 300 km from its centre a transverse Mercator is 1.1 in a thousand too long."""
MOST_POSTS = 120_000_000
LEAST_COVERED = 0.5
LATTICE_M = 500.0
"""Latitudes and longitudes are interpolated between places so far apart; 5 mm off at 45 degrees of latitude."""
BAND_POSTS = 4_000_000

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of a grid's posts.

    Attributes
    ----------
    row, column : int
        The first, counted from the south and the west.
    rows, columns : int
    step : int
        Only every so many posts count, from the first.
    """

    row: int
    column: int
    rows: int
    columns: int
    step: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the posts that count."""
        return -(-self.rows // self.step), -(-self.columns // self.step)


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where the posts of a region lie.

    Attributes
    ----------
    crs : str
        See `Ground`.
    lat_deg, lon_deg : float
        Its middle.
    spacing_m : float
    first_x, first_y : int
        The first post, in spacings east and north of the middle.
    columns, rows : int
    """

    crs: str
    lat_deg: float
    lon_deg: float
    spacing_m: float
    first_x: int
    first_y: int
    columns: int
    rows: int

    def finer(self, spacing_m: float) -> Lattice:
        """Posts so far apart that cover the same ground."""
        x0, y0 = self.first_x * self.spacing_m, self.first_y * self.spacing_m
        x1, y1 = x0 + (self.columns - 1) * self.spacing_m, y0 + (self.rows - 1) * self.spacing_m
        first_x, first_y = int(np.floor(x0 / spacing_m)), int(np.floor(y0 / spacing_m))
        columns, rows = int(np.ceil(x1 / spacing_m)) - first_x + 1, int(np.ceil(y1 / spacing_m)) - first_y + 1
        return Lattice(self.crs, self.lat_deg, self.lon_deg, spacing_m, first_x, first_y, columns, rows)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Heights at the posts of a square metric grid, row 0 in the south, column 0 in the west.

    Attributes
    ----------
    crs : str
        Transverse Mercator around the region's middle, WGS 84, as a PROJ string: conformal, so bearings are true but
        for the grid's turn (`convergence_deg`).
    spacing_m : float
    west_m, south_m : float
        Of the first post [m].
    height_m : ndarray of float32, shape (n_rows, n_columns)
        Above the vertical datum; NaN where nothing covers the post.
    filled : ndarray of bool, shape (n_rows, n_columns)
        Voids, whose heights are filled in from around.
    region : Window
        The posts of the region itself, without the halo.
    lat_deg, lon_deg : float
        The grid's middle, where curvature is taken.
    vertical_datum : str
    resolution_m : float
        Coarsest post spacing of what was read [m].
    missing_of_region, missing_of_halo : float
        Shares not covered, from 0 to 1; of the halo before it was trimmed to what is covered.
    readings : tuple of Reading
    """

    crs: str
    spacing_m: float
    west_m: float
    south_m: float
    height_m: NDArray[np.float32]
    filled: NDArray[np.bool_]
    region: Window
    lat_deg: float
    lon_deg: float
    vertical_datum: str = "not stated"
    resolution_m: float = 0.0
    missing_of_region: float = 0.0
    missing_of_halo: float = 0.0
    readings: tuple[Reading, ...] = ()

    def to_local(self, lat_deg: Floats, lon_deg: Floats) -> tuple[Floats, Floats]:
        """East and north [m] of WGS 84 places."""
        x, y = _transformer(self.crs).transform(lon_deg, lat_deg)
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    def to_geographic(self, x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
        """Latitude and longitude [deg] of points of the grid."""
        lon, lat = _transformer(self.crs).transform(x_m, y_m, direction="INVERSE")
        return np.asarray(lat, np.float64), np.asarray(lon, np.float64)

    def convergence_deg(self, x_m: Floats, y_m: Floats) -> Floats:
        """How far grid north lies east of true north: true bearing = bearing in the grid + convergence [deg]."""
        lat, lon = self.to_geographic(x_m, y_m)
        return np.asarray(_projection(self.crs).get_factors(lon, lat).meridian_convergence, np.float64)

    def posts_of(self, window: Window) -> tuple[Floats, Floats]:
        """East of the columns and north of the rows of a window [m], those that count."""
        x = self.west_m + self.spacing_m * (window.column + np.arange(0, window.columns, window.step))
        y = self.south_m + self.spacing_m * (window.row + np.arange(0, window.rows, window.step))
        return np.asarray(x, np.float64), np.asarray(y, np.float64)

    def height_at_m(self, x_m: Floats, y_m: Floats) -> Floats:
        """Bilinear heights [m]; NaN outside and next to what is not covered."""
        row, column = (y_m - self.south_m) / self.spacing_m, (x_m - self.west_m) / self.spacing_m
        rows, columns = self.height_m.shape
        i = np.clip(np.floor(row), 0, rows - 2).astype(np.intp)
        j = np.clip(np.floor(column), 0, columns - 2).astype(np.intp)
        up, right = row - i, column - j
        h = self.height_m
        low = h[i, j] * (1.0 - right) + h[i, j + 1] * right
        high = h[i + 1, j] * (1.0 - right) + h[i + 1, j + 1] * right
        inside = (row >= 0) & (row <= rows - 1) & (column >= 0) & (column <= columns - 1)
        return np.where(inside, low * (1.0 - up) + high * up, np.nan)

    def digest(self) -> Sha256:
        """Of everything that computing on this ground depends on."""
        about = {"crs": self.crs, "spacing_m": self.spacing_m, "west_m": self.west_m, "south_m": self.south_m}
        held = hashlib.sha256(canonical({**about, "lat_deg": self.lat_deg, "shape": list(self.height_m.shape)}))
        held.update(np.ascontiguousarray(self.height_m, "<f4").data)
        held.update(np.packbits(self.filled).data)
        return Sha256(held.digest())


def effective_radius_m(lat_deg: float, azimuth_deg: Floats, refraction_k: float = REFRACTION_K) -> Floats:
    """Radius of curvature that near-horizontal sight sees along a bearing [m].

    Parameters
    ----------
    lat_deg : float
    azimuth_deg : ndarray of float64, shape (n,)
    refraction_k : float
        Below 1; 0 for none.

    Returns
    -------
    ndarray of float64, shape (n,)

    Notes
    -----
    Euler's radius of the normal section, 1/R = cos^2 a / M + sin^2 a / N with the meridian's M and the prime
    vertical's N, divided by 1 - k (Torge & Müller, Geodesy, 2012, sec. 4.1 and 5.1).

    Examples
    --------
    >>> effective_radius_m(45.0, np.array([0.0, 90.0]), 0.0).round().tolist()
    [6367382.0, 6388838.0]
    """
    if not refraction_k < 1.0 or not np.isfinite(refraction_k):
        raise BadInputError(f"A refraction coefficient of {refraction_k} is not below 1.", "The usual value is 0.13.")
    squared = FLATTENING * (2.0 - FLATTENING)
    w = 1.0 - squared * np.sin(np.radians(lat_deg)) ** 2
    meridian, vertical = EQUATORIAL_RADIUS_M * (1.0 - squared) / w**1.5, EQUATORIAL_RADIUS_M / np.sqrt(w)
    azimuth = np.radians(azimuth_deg)
    bend = np.cos(azimuth) ** 2 / meridian + np.sin(azimuth) ** 2 / vertical
    return np.asarray(1.0 / (bend * (1.0 - refraction_k)), np.float64)


def lay_out(
    provider: ElevationProvider,
    region_deg: tuple[float, float, float, float],
    spacing_m: float,
    *,
    halo_m: float = HALO_M,
    mixed_datums: bool = False,
) -> Ground:
    """Read the ground of a region and of a halo around it.

    Parameters
    ----------
    region_deg : tuple of float
        West, south, east, north [deg]; east below west crosses the antimeridian.
    spacing_m : float
        Between posts.
    halo_m : float
        How far the ground reaches beyond the region, as far as data do; ridges so far away still count.
    mixed_datums : bool
        Accept heights above different vertical datums, which may differ by metres.

    Returns
    -------
    Ground

    Raises
    ------
    BadInputError
        When the region is none, is too large for one grid, lies mostly outside the data, or mixes vertical datums.
    ProviderError
        When the provider cannot read.
    """
    return lay_out_lattice(provider, lattice_of(region_deg, spacing_m), halo_m=halo_m, mixed_datums=mixed_datums)


def lattice_of(region_deg: tuple[float, float, float, float], spacing_m: float) -> Lattice:
    """The posts of a region on a metric grid around its middle; see `lay_out`.

    Raises
    ------
    BadInputError
        When the region is none.
    """
    west, south, east, north = _checked(region_deg, spacing_m)
    lat0, lon0 = (south + north) / 2.0, _wrapped((west + east) / 2.0)
    crs = f"+proj=tmerc +lat_0={lat0:.6f} +lon_0={lon0:.6f} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
    side = np.linspace(0.0, 1.0, 33)
    lon = np.concatenate([west + (east - west) * side] * 2 + [np.full(33, west), np.full(33, east)])
    lat = np.concatenate([np.full(33, south), np.full(33, north)] + [south + (north - south) * side] * 2)
    x, y = _transformer(crs).transform(lon, lat)
    first_x, last_x = int(np.floor(x.min() / spacing_m)), int(np.ceil(x.max() / spacing_m))
    first_y, last_y = int(np.floor(y.min() / spacing_m)), int(np.ceil(y.max() / spacing_m))
    return Lattice(crs, lat0, lon0, float(spacing_m), first_x, first_y, last_x - first_x + 1, last_y - first_y + 1)


def lay_out_lattice(
    provider: ElevationProvider, lattice: Lattice, *, halo_m: float = HALO_M, mixed_datums: bool = False
) -> Ground:
    """Read the ground at the posts of a lattice and of a halo around it; see `lay_out`."""
    if not (np.isfinite(halo_m) and halo_m >= 0.0):
        raise BadInputError(f"A halo of {halo_m} m.", "Give metres, 0 for none.")
    crs, spacing_m, lat0, lon0 = lattice.crs, lattice.spacing_m, lattice.lat_deg, lattice.lon_deg
    halo = int(np.ceil(halo_m / spacing_m))
    columns, rows = lattice.columns + 2 * halo, lattice.rows + 2 * halo
    if max(rows, columns) * spacing_m > WIDEST_M or rows * columns > MOST_POSTS:
        raise BadInputError(
            f"The region with its halo is {columns * spacing_m / 1000:.0f} x {rows * spacing_m / 1000:.0f} km, "
            f"{rows * columns / 1e6:.0f} million posts at {spacing_m:g} m.",
            f"Split it, or widen the spacing: up to {WIDEST_M / 1000:.0f} km and {MOST_POSTS / 1e6:.0f} million posts.",
        )
    x_axis: Floats = (lattice.first_x - halo + np.arange(columns)) * np.float64(spacing_m)
    y_axis: Floats = (lattice.first_y - halo + np.arange(rows)) * np.float64(spacing_m)
    read = _read(provider, crs, x_axis, y_axis)
    if len(read.datums) > 1 and not mixed_datums:
        raise BadInputError(
            f"The elevations of this region stand on different vertical datums: {', '.join(sorted(read.datums))}.",
            "Keep one per folder, or say that mixed datums are accepted; heights may then be metres off.",
        )
    region = Window(halo, halo, rows - 2 * halo, columns - 2 * halo)
    covered = np.isfinite(read.height_m) | read.void
    inner = covered[halo : rows - halo, halo : columns - halo]
    missing = 1.0 - float(inner.mean())
    if 1.0 - missing < LEAST_COVERED:
        raise BadInputError(
            f"{100.0 * missing:.0f} % of the region lies outside the elevation data.",
            f"Add data for {lattice.columns * spacing_m / 1000:.0f} x {lattice.rows * spacing_m / 1000:.0f} km "
            f"(east by north) around {lat0:g}, {lon0:g}, or name a smaller region.",
            missing=missing,
        )
    outer = covered.size - inner.size
    rows_kept, columns_kept = _trimmed(covered, region)
    kept = np.s_[rows_kept, columns_kept]
    return Ground(
        crs=crs,
        spacing_m=float(spacing_m),
        west_m=float(x_axis[columns_kept.start]),
        south_m=float(y_axis[rows_kept.start]),
        height_m=fill(np.ascontiguousarray(read.height_m[kept]), np.ascontiguousarray(read.void[kept])),
        filled=np.ascontiguousarray(read.void[kept]),
        region=Window(halo - rows_kept.start, halo - columns_kept.start, region.rows, region.columns),
        lat_deg=lat0,
        lon_deg=lon0,
        vertical_datum=" and ".join(sorted(read.datums)) or "not stated",
        resolution_m=read.resolution_m,
        missing_of_region=missing,
        missing_of_halo=1.0 - float(covered.sum() - inner.sum()) / outer if outer else 0.0,
        readings=tuple(read.readings.values()),
    )


@dataclass(slots=True, eq=False)
class _Read:
    """What came from the provider so far."""

    height_m: NDArray[np.float32]
    void: NDArray[np.bool_]
    resolution_m: float
    datums: set[str]
    readings: dict[tuple[str, bytes], Reading]


def _read(provider: ElevationProvider, crs: str, x_m: Floats, y_m: Floats) -> _Read:
    """Heights at all posts, some rows at a time."""
    shape = (len(y_m), len(x_m))
    read = _Read(np.full(shape, np.nan, np.float32), np.zeros(shape, bool), 0.0, set(), {})
    lat_nodes, lon_nodes, at_x, at_y = _lattice(crs, x_m, y_m)
    band = max(1, BAND_POSTS // len(x_m))
    for start in range(0, len(y_m), band):
        rows = slice(start, min(start + band, len(y_m)))
        lat, lon = (_between(nodes, at_y[rows], at_x) for nodes in (lat_nodes, lon_nodes))
        part = provider.heights(lat, (lon + 180.0) % 360.0 - 180.0)
        read.height_m[rows] = part.height_m
        if part.void is not None:
            read.void[rows] = part.void
        if part.readings:
            read.datums |= set(part.vertical_datum.split(" and "))
            read.resolution_m = max(read.resolution_m, part.resolution_m or 0.0)
        read.readings |= {(reading.source, bytes(reading.sha256)): reading for reading in part.readings}
    return read


def _lattice(crs: str, x_m: Floats, y_m: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Latitudes and longitudes of a wide lattice over the posts, and where on it the columns and rows lie."""
    nodes_x = np.linspace(x_m[0], x_m[-1], max(2, int(np.ceil((x_m[-1] - x_m[0]) / LATTICE_M)) + 1))
    nodes_y = np.linspace(y_m[0], y_m[-1], max(2, int(np.ceil((y_m[-1] - y_m[0]) / LATTICE_M)) + 1))
    lon, lat = _transformer(crs).transform(*np.meshgrid(nodes_x, nodes_y), direction="INVERSE")
    lon0 = lon[len(nodes_y) // 2, len(nodes_x) // 2]
    lon = lon0 + (lon - lon0 + 180.0) % 360.0 - 180.0
    at_x = np.interp(x_m, nodes_x, np.arange(len(nodes_x)))
    at_y = np.interp(y_m, nodes_y, np.arange(len(nodes_y)))
    return np.asarray(lat), np.asarray(lon), np.asarray(at_x), np.asarray(at_y)


def _between(nodes: Floats, at_y: Floats, at_x: Floats) -> Floats:
    """Bilinear on a lattice, for rows and columns at once."""
    i = np.minimum(at_y.astype(np.intp), nodes.shape[0] - 2)
    j = np.minimum(at_x.astype(np.intp), nodes.shape[1] - 2)
    up, right = (at_y - i)[:, None], at_x - j
    rows = nodes[i] * (1.0 - up) + nodes[i + 1] * up
    return np.asarray(rows[:, j] * (1.0 - right) + rows[:, j + 1] * right)


def _trimmed(covered: NDArray[np.bool_], region: Window) -> tuple[slice, slice]:
    """Rows and columns without those of the halo that nothing covers."""
    kept: list[slice] = []
    for axis, first, count in ((1, region.row, region.rows), (0, region.column, region.columns)):
        known = np.flatnonzero(covered.any(axis=axis))
        kept.append(slice(min(int(known[0]), first), max(int(known[-1]) + 1, first + count)))
    return kept[0], kept[1]


def _checked(region_deg: tuple[float, float, float, float], spacing_m: float) -> tuple[float, ...]:
    west, south, east, north = (float(value) for value in region_deg)
    east += 360.0 if east < west else 0.0
    if not (
        np.isfinite([west, south, east, north]).all() and -85.0 <= south < north <= 85.0 and 0.0 < east - west < 180
    ):
        raise BadInputError(
            f"{region_deg} is not a region.", "Give west, south, east, north in degrees, between 85 S and 85 N."
        )
    if not (np.isfinite(spacing_m) and spacing_m > 0.0):
        raise BadInputError(f"A spacing of {spacing_m} m.", "Give metres, above 0.")
    return west, south, east, north


def _wrapped(lon_deg: float) -> float:
    return (lon_deg + 180.0) % 360.0 - 180.0


@lru_cache(maxsize=32)
def _transformer(crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(4326, crs, always_xy=True)


@lru_cache(maxsize=32)
def _projection(crs: str) -> pyproj.Proj:
    return pyproj.Proj(crs)
