"""Map tiles made from what the case holds: relief from its elevation files, the posterior over them. No map server."""

from __future__ import annotations

import io
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pyproj import Transformer

from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.lines.providers.contract import ElevationProvider

TILE_PX = 256
EQUATOR_M_PER_PX = 156_543.03392804097
"""Metres a pixel at the equator at zoom 0 of the Web Mercator tile scheme (OGC 17-083r4, annex D.1)."""
LIGHT = (315.0, 45.0)
"""Azimuth and elevation of the light [deg]: from the north-west, as relief is drawn by custom (Imhof 1965)."""
DEEPEST_ZOOM = 17
KEPT_TILES = 1500
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tile:
    """A square of the Web Mercator scheme."""

    zoom: int
    x: int
    y: int

    @property
    def real(self) -> bool:
        """Whether there is such a tile."""
        return 0 <= self.zoom <= DEEPEST_ZOOM and all(0 <= each < 2**self.zoom for each in (self.x, self.y))

    def pixels(self, beyond_px: int = 0) -> tuple[Floats, Floats]:
        """Latitude of each row and longitude of each column of pixel centres [deg], north to south, west to east."""
        steps = np.arange(-beyond_px, TILE_PX + beyond_px) + 0.5
        span = 2.0**self.zoom
        lon = (self.x + steps / TILE_PX) / span * 360.0 - 180.0
        lat = np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * (self.y + steps / TILE_PX) / span))))
        return lat, lon

    def m_per_px(self) -> float:
        """Ground size of a pixel in the middle of the tile [m]."""
        lat, _ = self.pixels()
        return EQUATOR_M_PER_PX / 2.0**self.zoom * math.cos(math.radians(float(lat[TILE_PX // 2])))


def relief_tile(tile: Tile, provider: ElevationProvider) -> bytes | None:
    """Shaded relief with contour lines, as PNG; None where the provider has no heights at all.

    Notes
    -----
    Shade is the cosine between the light and the ground's normal (Horn 1981, doi:10.1109/PROC.1981.11918); contour
    lines stand where the height passes a multiple of the interval between neighbouring pixels.
    """
    lat, lon = tile.pixels(beyond_px=1)
    height = provider.heights(*np.broadcast_arrays(lat[:, None], lon[None, :])).height_m.astype(np.float64)
    known = np.isfinite(height)
    if not known[1:-1, 1:-1].any():
        return None
    filled = np.where(known, height, float(np.mean(height[known])))
    size_m = tile.m_per_px()
    north_south, west_east = np.gradient(filled, size_m)
    azimuth, elevation = (math.radians(each) for each in LIGHT)
    towards = (math.sin(azimuth) * math.cos(elevation), math.cos(azimuth) * math.cos(elevation), math.sin(elevation))
    normal = np.sqrt(1.0 + north_south**2 + west_east**2)
    shade = (-west_east * towards[0] + north_south * towards[1] + towards[2]) / normal
    grey = np.clip(70.0 + 185.0 * np.clip(shade, 0.0, 1.0), 0.0, 255.0)
    interval_m = next((each for each in (10.0, 20.0, 50.0, 100.0, 200.0, 500.0) if each > 2.5 * size_m), 1000.0)
    step = np.floor(filled / interval_m)
    line = (step[1:-1, 1:-1] != step[1:-1, 2:]) | (step[1:-1, 1:-1] != step[2:, 1:-1])
    rgba = np.zeros((TILE_PX, TILE_PX, 4), np.uint8)
    rgba[..., :3] = grey[1:-1, 1:-1, None]
    rgba[line, :3] = (rgba[line, :3] * np.array([0.80, 0.72, 0.60])).astype(np.uint8)
    rgba[..., 3] = np.where(known[1:-1, 1:-1], 255, 0)
    return _png(rgba)


def posterior_tile(tile: Tile, grid: PlaceGrid, density: Floats, regions: list[NDArray[np.bool_]]) -> bytes | None:
    """Probability over the ground, as PNG with transparency; None outside the grid.

    Parameters
    ----------
    tile : Tile
    grid : PlaceGrid
    density : ndarray of float64, shape (n_places,)
        Probability of each cell.
    regions : list of ndarray of bool, shape (n_places,)
        Whose edges are drawn, widest first.
    """
    lat, lon = tile.pixels()
    cell = _cells(grid, lat, lon)
    inside = cell >= 0
    if not inside.any():
        return None
    at = np.where(inside, cell, 0)
    share = density / max(float(density.max()), 1e-300)
    strength = np.where(inside, np.sqrt(share[at]), 0.0)  # a root, so that what is a hundredth is still seen
    rgba = np.zeros((TILE_PX, TILE_PX, 4), np.uint8)
    rgba[..., 0], rgba[..., 1], rgba[..., 2] = 196, 48, 28
    rgba[..., 3] = (220.0 * strength).astype(np.uint8)
    for region, ink in zip(regions, ((20, 20, 20, 200), (20, 20, 20, 255)), strict=False):
        held = inside & region[at]
        edge = np.zeros_like(held)
        edge[:-1] |= held[:-1] != held[1:]
        edge[:, :-1] |= held[:, :-1] != held[:, 1:]
        rgba[edge] = ink
    return _png(rgba)


def _cells(grid: PlaceGrid, lat: Floats, lon: Floats) -> NDArray[np.int64]:
    """The grid's cell under each pixel, -1 for none, shape (rows, columns)."""
    across, down = np.meshgrid(lon, lat)
    x, y = Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True).transform(across, down)
    column = np.floor((np.asarray(x) - grid.x_m[0]) / grid.spacing_m + 0.5)
    row = np.floor((np.asarray(y) - grid.y_m[0]) / grid.spacing_m + 0.5)
    rows, columns = grid.shape
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    return np.asarray(np.where(inside, row * columns + column, -1), np.int64)


def _png(rgba: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(rgba, "RGBA").save(out, "PNG", compress_level=4)
    return out.getvalue()


class TileStore:
    """The tiles last made; None for a tile that holds nothing."""

    def __init__(self) -> None:
        self._tiles: OrderedDict[tuple[str, Tile], bytes | None] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, layer: str, tile: Tile, make: Callable[[], bytes | None]) -> bytes | None:
        """A tile, made when it is not there."""
        key = (layer, tile)
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
                return self._tiles[key]
        made = make()
        with self._lock:
            self._tiles[key] = made
            while len(self._tiles) > KEPT_TILES:
                self._tiles.popitem(last=False)
        return made
