"""Elevation from a folder: raw SRTM tiles (.hgt) and .npz grids, bilinear, voids as NaN."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import ProviderError
from witnessmark.lines.providers.contract import Elevations, Reading

HGT_NAME = re.compile(r"^([NS])(\d{2})([EW])(\d{3})\.hgt$", re.IGNORECASE)
HGT_VOID = -32768
HGT_POSTS = {1201 * 1201 * 2: 1201, 3601 * 3601 * 2: 3601}
METRES_PER_DEGREE = 111_194.9  # of latitude on the IUGG mean sphere


@dataclass(frozen=True)
class _Grid:
    """One file: heights at regular posts, row 0 in the north."""

    path: Path
    west_deg: float
    north_deg: float
    step_lon_deg: float
    step_lat_deg: float
    rows: int
    columns: int
    vertical_datum: str
    load: Callable[[], NDArray[np.float32]]

    @cached_property
    def reading(self) -> Reading:
        return Reading.of_file("folder", self.path)

    @cached_property
    def height_m(self) -> NDArray[np.float32]:
        return self.load()

    @property
    def resolution_m(self) -> float:
        return max(self.step_lat_deg, self.step_lon_deg) * METRES_PER_DEGREE

    def bilinear(
        self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Which places lie between this grid's posts, and the heights of those."""
        row = (self.north_deg - lat_deg) / self.step_lat_deg
        column = (lon_deg - self.west_deg) / self.step_lon_deg
        slack = 1e-9
        inside = (row >= -slack) & (row <= self.rows - 1 + slack) & (column >= -slack)
        inside &= column <= self.columns - 1 + slack
        if not inside.any():
            return inside, np.empty(0, np.float32)
        row, column = np.clip(row[inside], 0, self.rows - 1), np.clip(column[inside], 0, self.columns - 1)
        top = np.minimum(row.astype(np.intp), self.rows - 2)
        left = np.minimum(column.astype(np.intp), self.columns - 2)
        down, right = row - top, column - left
        height_m = self.height_m
        total = np.zeros(row.shape)
        for d_row, row_weight in ((0, 1.0 - down), (1, down)):
            for d_column, column_weight in ((0, 1.0 - right), (1, right)):
                weight = row_weight * column_weight
                post_m = height_m[top + d_row, left + d_column]
                total += np.where(weight > 1e-6, weight * post_m, 0.0)  # a void without weight does not spread
        return inside, total.astype(np.float32)


class FolderElevation:
    """Heights from the files of one folder.

    Parameters
    ----------
    folder : Path
        Holds ``N46E008.hgt`` style tiles (SRTM raw format, 16-bit big-endian, 1 or 3 arc seconds, EGM96 heights,
        void -32768; USGS SRTM documentation, 2015) and/or ``.npz`` files with ``elevation`` (rows from the north),
        ``dx``, ``dy`` and the outer edges ``xmin``, ``xmax``, ``ymin``, ``ymax`` in degrees.

    Raises
    ------
    ProviderError
        When the folder is missing or a file in it is not what its name says.
    """

    name = "folder"

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ProviderError(
                f"There is no elevation folder {folder}.", "Make it and put .hgt tiles or .npz grids into it."
            )
        paths = sorted(folder.iterdir(), key=lambda path: path.name)
        tiles = [_hgt(path) for path in paths if path.suffix.lower() == ".hgt"]
        grids = [_npz(path) for path in paths if path.suffix.lower() == ".npz"]
        self._grids = sorted([*tiles, *grids], key=lambda grid: (grid.resolution_m, grid.path.name))

    def heights(self, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> Elevations:
        """Heights at WGS 84 places, the finest file that covers a place first; NaN where none does.

        Parameters
        ----------
        lat_deg, lon_deg : ndarray of float64, equal shapes
            [deg]

        Returns
        -------
        Elevations
        """
        lat, lon = np.asarray(lat_deg, np.float64), np.asarray(lon_deg, np.float64)
        flat_lat, flat_lon = lat.ravel(), lon.ravel()
        height_m = np.full(flat_lat.shape, np.nan, np.float32)
        used: list[_Grid] = []
        for grid in self._grids:
            open_places = np.flatnonzero(np.isnan(height_m))
            inside, found_m = grid.bilinear(flat_lat[open_places], flat_lon[open_places])
            if inside.any():
                height_m[open_places[inside]] = found_m
                used.append(grid)
        datums = sorted({grid.vertical_datum for grid in used})
        return Elevations(
            height_m=height_m.reshape(lat.shape),
            resolution_m=max((grid.resolution_m for grid in used), default=None),
            vertical_datum=" and ".join(datums) or "not stated",
            readings=tuple(grid.reading for grid in used),
        )


def _hgt(path: Path) -> _Grid:
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

    def load() -> NDArray[np.float32]:
        raw = np.fromfile(path, dtype=">i2").reshape(posts, posts)
        return np.where(raw == HGT_VOID, np.nan, raw).astype(np.float32)

    step = 1.0 / (posts - 1)
    return _Grid(path, west, south + 1.0, step, step, posts, posts, "EGM96 geoid", load)


def _npz(path: Path) -> _Grid:
    def load() -> NDArray[np.float32]:
        with np.load(path, allow_pickle=False) as held:
            raw = np.asarray(held["elevation"])
        height_m = raw.astype(np.float32)
        return np.where(raw == HGT_VOID, np.float32(np.nan), height_m) if raw.dtype.kind == "i" else height_m

    try:
        with np.load(path, allow_pickle=False) as held:
            rows, columns = held["elevation"].shape
            step_lon, step_lat = float(held["dx"]), float(held["dy"])
            west = min(float(held["xmin"]), float(held["xmax"]))
            north = max(float(held["ymin"]), float(held["ymax"]))
    except (KeyError, ValueError, OSError) as error:
        raise ProviderError(
            f"'{path.name}' is not an elevation grid: {error}.",
            "It needs elevation (2-D, rows from the north), dx, dy, xmin, xmax, ymin and ymax in degrees.",
        ) from error
    if rows < 2 or columns < 2 or step_lon <= 0.0 or step_lat <= 0.0:
        raise ProviderError(
            f"'{path.name}' has {rows} x {columns} posts {step_lon} by {step_lat} degrees apart.",
            "A grid needs at least 2 x 2 posts and positive steps.",
        )
    first_lon, first_lat = west + step_lon / 2.0, north - step_lat / 2.0
    return _Grid(path, first_lon, first_lat, step_lon, step_lat, rows, columns, "not stated", load)


class _FolderDoor:
    name = "folder"
    about = "SRTM .hgt tiles and .npz grids in the case's elevation folder."

    def open(self, folder: Path) -> FolderElevation:
        return FolderElevation(folder)


FOLDER = _FolderDoor()
