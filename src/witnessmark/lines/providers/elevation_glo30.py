"""Copernicus GLO-30: cloud-optimised tiles read by windows over HTTPS, kept for work without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import ProviderError, WitnessmarkError
from witnessmark.lines.providers.contract import Elevations, Reading
from witnessmark.lines.providers.elevation_grids import Floats, Grid, PostGrid, joined
from witnessmark.lines.providers.elevation_ranges import RangeCache, RangeFile, RangeStream, Server
from witnessmark.lines.providers.elevation_raster import RasterGrid, need_rasterio
from witnessmark.lines.providers.elevation_web import Web

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

GLO30_URL = "https://copernicus-dem-30m.s3.amazonaws.com"
GLO90_URL = "https://copernicus-dem-90m.s3.amazonaws.com"
"""The public buckets of the Registry of Open Data on AWS ("Copernicus Digital Elevation Model")."""
DATUM = "EGM2008 geoid"
"""Copernicus DEM Product Handbook 5.0 (2024), section on the reference system."""
NEAR_SEAM_DEG = 0.002
"""Tiles share no posts: so close to a seam the neighbour is read too (2.4 steps of GLO-90)."""
SEA_POSTS = 1200


class Glo30Elevation:
    """Heights from Copernicus GLO-30, from GLO-90 where GLO-30 has no public tile, and 0 where neither has one: sea.

    Parameters
    ----------
    folder : Path
        Keeps every range fetched, under its SHA-256; what is there is not fetched again.
    server : Server or None
        None: only what the folder holds is read.
    glo30_url, glo90_url : str
        Of a mirror with the same layout.

    Notes
    -----
    Tiles are surface models: trees and houses are part of them. They cover whole degrees, row 0 on the northern
    parallel, without the shared row and column in the south and east; over oceans there are none (readme.html of the
    bucket). That a server knew no tile is a reading like any other, with the hash of its answer.
    """

    name = "glo30"

    def __init__(
        self, folder: Path, server: Server | None, glo30_url: str = GLO30_URL, glo90_url: str = GLO90_URL
    ) -> None:
        need_rasterio()
        self._cache = RangeCache(folder, server)
        self._bases = ((glo30_url.rstrip("/"), 10), (glo90_url.rstrip("/"), 30))
        self._tiles: dict[tuple[int, int], Grid] = {}

    def heights(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> Elevations:
        """Heights at WGS 84 places.

        Parameters
        ----------
        lat_deg, lon_deg : ndarray of float64, equal shapes
            [deg]

        Returns
        -------
        Elevations

        Raises
        ------
        ProviderError
            When a tile is neither kept nor can be fetched.
        """
        lat, lon = np.asarray(lat_deg, np.float64), np.asarray(lon_deg, np.float64)
        wanted = _tiles_of(lat.ravel(), lon.ravel())
        grids = [self._tile(south, west) for south, west in wanted]
        return joined(sorted(grids, key=lambda grid: (grid.resolution_m, grid.name)), lat, lon)

    def _tile(self, south: int, west: int) -> Grid:
        if (south, west) not in self._tiles:
            self._tiles[south, west] = self._open(south, west)
        return self._tiles[south, west]

    def _open(self, south: int, west: int) -> Grid:
        absences: list[Reading] = []
        for base, arc in self._bases:
            name = tile_name(south, west, arc)
            url = f"{base}/{name}/{name}.tif"
            file = self._cache.open(url)
            if file is not None:
                return _raster(f"{name}.tif", file, self.name)
            absences += self._cache.absence(url, self.name)
        step = 1.0 / SEA_POSTS
        first = (south + 1.0, float(west))

        def level() -> NDArray[np.generic]:
            return np.broadcast_to(np.float32(0.0), (SEA_POSTS, SEA_POSTS))

        return PostGrid(
            f"sea {south} {west}", first, (step, step), (SEA_POSTS, SEA_POSTS), DATUM, level, lambda: tuple(absences)
        )


def tile_name(south: int, west: int, arc: int) -> str:
    """The name of a tile by its south-west corner; `arc` is its step in tenths of an arc second, as the names have it.

    Examples
    --------
    >>> tile_name(39, 46, 10), tile_name(-14, -172, 30)
    ('Copernicus_DSM_COG_10_N39_00_E046_00_DEM', 'Copernicus_DSM_COG_30_S14_00_W172_00_DEM')
    """
    latitude = f"{'N' if south >= 0 else 'S'}{abs(south):02d}_00"
    longitude = f"{'E' if west >= 0 else 'W'}{abs(west):03d}_00"
    return f"Copernicus_DSM_COG_{arc}_{latitude}_{longitude}_DEM"


def _tiles_of(lat_deg: Floats, lon_deg: Floats) -> list[tuple[int, int]]:
    """South-west corners of the tiles that places lie in, or so close to that their posts count."""
    if not (np.isfinite(lat_deg).all() and np.isfinite(lon_deg).all() and (np.abs(lat_deg) <= 90.0).all()):
        raise ProviderError(
            "A place has no latitude between -90 and 90 or no longitude.", "Check the region's corners."
        )
    corners: set[tuple[int, int]] = set()
    for d_lat in (-NEAR_SEAM_DEG, NEAR_SEAM_DEG):
        for d_lon in (-NEAR_SEAM_DEG, NEAR_SEAM_DEG):
            south = np.clip(np.floor(lat_deg + d_lat), -90, 89).astype(np.int64)
            west = (np.floor(lon_deg + d_lon).astype(np.int64) + 180) % 360 - 180
            cells = np.unique(south * 1000 + west + 500)
            corners |= {(int(cell // 1000), int(cell % 1000 - 500)) for cell in cells.tolist()}
    return sorted(corners)


def _raster(name: str, file: RangeFile, provider: str) -> RasterGrid:
    """A grid that reads its windows through the cache."""
    import rasterio
    from rasterio.abc import FileContainer

    failures: list[WitnessmarkError] = []

    class OneFile(FileContainer):  # type: ignore[misc]  # rasterio has no types
        """What rasterio asks of a place where files lie; here just one does."""

        def open(self, path: str, mode: str = "rb", **_: object) -> RangeStream:
            if not path.endswith(name):
                raise FileNotFoundError(path)
            return RangeStream(file, failures)

        def isfile(self, path: str) -> bool:
            return path.endswith(name)

        def isdir(self, _: str) -> bool:
            return False

        def ls(self, _: str) -> list[str]:
            return [name]

        def mtime(self, _: str) -> int:
            return 0

        def size(self, _: str) -> int:
            return file.size_bytes

        def rm(self, path: str) -> None:
            raise PermissionError(path)

    def open_dataset() -> DatasetReader:
        with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
            return rasterio.open(name, driver="GTiff", opener=OneFile())

    return RasterGrid(name, open_dataset, lambda: file.readings(provider), failures=failures, released=file.release)


class _Glo30Door:
    name = "glo30"
    online = True  # what is asked tells where a case looks: only where a person allowed it
    about = (
        "Copernicus GLO-30 (30 m) over HTTPS, GLO-90 where that has no tile; kept, and read again without a network."
    )

    def open(self, folder: Path) -> Glo30Elevation:
        return Glo30Elevation(folder, Web())


class _Glo30KeptDoor:
    name = "glo30-kept"
    about = "Copernicus GLO-30 as far as it is kept in the folder; nothing is fetched."

    def open(self, folder: Path) -> Glo30Elevation:
        return Glo30Elevation(folder, None)


GLO30 = _Glo30Door()
GLO30_KEPT = _Glo30KeptDoor()
