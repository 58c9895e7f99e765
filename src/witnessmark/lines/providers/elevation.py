"""Elevation from a folder: SRTM tiles, GeoTIFF, COG and DTED in any coordinate system, .npz grids, as one ground."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError, ProviderError
from witnessmark.lines.providers.contract import Elevations
from witnessmark.lines.providers.elevation_grids import NOT_STATED, Grid, PostGrid, joined
from witnessmark.lines.providers.elevation_raster import DRIVERS, raster_of_file, whole_file
from witnessmark.plain import canonical

HGT_NAME = re.compile(r"^([NS])(\d{2})([EW])(\d{3})\.hgt$", re.IGNORECASE)
HGT_POSTS = {1201 * 1201 * 2: 1201, 3601 * 3601 * 2: 3601}


class FolderElevation:
    """Heights from the files of one folder.

    Parameters
    ----------
    folder : Path
        Holds any of:

        - ``N46E008.hgt`` style tiles (SRTM raw format, 16-bit big-endian, 1 or 3 arc seconds, EGM96 heights, void
          -32768; USGS SRTM documentation, 2015);
        - GeoTIFF and COG (``.tif``, ``.tiff``) and DTED (``.dt0``, ``.dt1``, ``.dt2``; MIL-PRF-89020B) in any
          coordinate system, read by windows through rasterio;
        - ``.npz`` files with ``elevation`` (rows from the north), ``dx``, ``dy`` and the outer edges ``xmin``, ``xmax``
          and ``ymax``, the northern one, in degrees.

    Raises
    ------
    ProviderError
        When the folder is missing or a file in it is not what its name says or does not say where it lies.
    """

    name = "folder"

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ProviderError(
                f"There is no elevation folder {folder}.", "Make it and put GeoTIFF, .hgt or DTED tiles into it."
            )
        self._paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in MAKERS]
        self._grids = _opened(self._paths)

    def heights(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> Elevations:
        """Heights at WGS 84 places, the finest file that covers a place first; NaN where none does.

        Parameters
        ----------
        lat_deg, lon_deg : ndarray of float64, equal shapes
            [deg]

        Returns
        -------
        Elevations
            A void in a fine file is filled from the next coarser one; `void` marks what stays without height though
            some file covers it.
        """
        return joined(self._grids, lat_deg, lon_deg)

    def state(self) -> str:
        """Changes when a file comes, goes or is written anew."""
        return _state(self._paths)


class FilesElevation:
    """Heights from files and folders that a person names, as one ground.

    Parameters
    ----------
    paths : sequence of Path
        Files of any kind that `FolderElevation` reads, and folders of them.

    Raises
    ------
    BadInputError
        When one is missing, is no elevation file by its name, or nothing is left to read.
    ProviderError
        When a file is not what its name says or does not say where it lies.
    """

    name = "files"

    def __init__(self, paths: Sequence[Path]) -> None:
        found: dict[Path, None] = {}
        for path in paths:
            if not path.exists():
                raise BadInputError(f"There is no elevation file or folder '{path}'.", "Check the path.")
            inside = sorted(path.iterdir()) if path.is_dir() else [path]
            kept = [each for each in inside if each.suffix.lower() in MAKERS]
            if not kept:
                raise BadInputError(
                    f"'{path}' holds no elevation that can be read.",
                    f"Give {', '.join(sorted(MAKERS))} files, or a folder of them.",
                )
            found |= dict.fromkeys(each.resolve() for each in kept)
        self._paths = list(found)
        self._grids = _opened(self._paths)

    def heights(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> Elevations:
        """Heights at WGS 84 places [deg], the finest file that covers a place first; see `FolderElevation`."""
        return joined(self._grids, lat_deg, lon_deg)

    def state(self) -> str:
        """Changes when a file is written anew."""
        return _state(self._paths)


def _opened(paths: Sequence[Path]) -> list[Grid]:
    grids = [MAKERS[path.suffix.lower()](path) for path in paths]
    return sorted(grids, key=lambda grid: (grid.resolution_m, grid.name))


def _state(paths: Sequence[Path]) -> str:
    """By name, size and time of writing: hashing gigabytes each time would cost more than it tells."""
    facts = [(path.name, path.stat().st_size, str(path.stat().st_mtime_ns)) for path in paths]
    return Sha256.of(canonical(facts)).hex()


def _raster(path: Path) -> Grid:
    return raster_of_file(path, FolderElevation.name)


def _hgt(path: Path) -> Grid:
    named = HGT_NAME.match(path.name)
    size_bytes = path.stat().st_size
    posts = HGT_POSTS.get(size_bytes)
    if named is None or posts is None:
        raise ProviderError(
            f"'{path.name}' ({size_bytes} bytes) is not a 1 or 3 arc-second SRTM tile named by its south-west corner.",
            "Take the unpacked tile under its own name, such as N46E008.hgt.",
        )
    south = float(named[2]) * (1 if named[1].upper() == "N" else -1)
    west = float(named[4]) * (1 if named[3].upper() == "E" else -1)

    def load() -> NDArray[np.generic]:
        return np.memmap(path, dtype=">i2", mode="r", shape=(posts, posts))

    step = 1.0 / (posts - 1)
    return PostGrid(
        path.name,
        (south + 1.0, west),
        (step, step),
        (posts, posts),
        "EGM96 geoid",
        load,
        whole_file(path, FolderElevation.name),
    )


def _npz(path: Path) -> Grid:
    def load() -> NDArray[np.generic]:
        with np.load(path, allow_pickle=False) as held:
            return np.asarray(held["elevation"])

    try:
        with np.load(path, allow_pickle=False) as held:
            rows, columns = held["elevation"].shape
            step_lon, step_lat = float(held["dx"]), float(held["dy"])
            west = min(float(held["xmin"]), float(held["xmax"]))
            north = float(held["ymax"])
    except (KeyError, ValueError, OSError) as error:
        raise ProviderError(
            f"'{path.name}' is not an elevation grid: {error}.",
            "It needs elevation (2-D, rows from the north), dx, dy, xmin, xmax and ymax in degrees.",
        ) from error
    if rows < 2 or columns < 2 or step_lon <= 0.0 or step_lat <= 0.0:
        raise ProviderError(
            f"'{path.name}' has {rows} x {columns} posts {step_lon} by {step_lat} degrees apart.",
            "A grid needs at least 2 x 2 posts and positive steps.",
        )
    first = (north - step_lat / 2.0, west + step_lon / 2.0)
    return PostGrid(
        path.name,
        first,
        (step_lat, step_lon),
        (rows, columns),
        NOT_STATED,
        load,
        whole_file(path, FolderElevation.name),
    )


MAKERS: dict[str, Callable[[Path], Grid]] = {".hgt": _hgt, ".npz": _npz, **dict.fromkeys(DRIVERS, _raster)}
"""How a file is opened, by the ending of its name."""


class _FolderDoor:
    name = "folder"
    about = "SRTM .hgt tiles, GeoTIFF, COG and DTED in any coordinate system, and .npz grids in the elevation folder."

    def open(self, folder: Path) -> FolderElevation:
        return FolderElevation(folder)


FOLDER = _FolderDoor()
