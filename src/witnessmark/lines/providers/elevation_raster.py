"""One elevation raster in any coordinate system, read by windows through rasterio; datum and units kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyproj
from pyproj.exceptions import CRSError

from witnessmark.errors import ProviderError, WitnessmarkError
from witnessmark.lines.providers.contract import Reading
from witnessmark.lines.providers.elevation_grids import (
    METRES_PER_DEGREE,
    NOT_STATED,
    Floats,
    Heights,
    Window,
    plausible,
)

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

DRIVERS = {
    ".tif": "GTiff",
    ".tiff": "GTiff",
    ".dt0": "DTED",
    ".dt1": "DTED",
    ".dt2": "DTED",
}
"""Formats by file name; naming the driver keeps a file from being read as something else it imitates."""
PRODUCT_DATUMS = (
    (re.compile(r"^Copernicus_DSM_", re.IGNORECASE), "EGM2008 geoid"),
    (re.compile(r"^ASTGTMV?\d{3}_", re.IGNORECASE), "EGM96 geoid"),
    (re.compile(r"^ALPSMLC30_", re.IGNORECASE), "EGM96 geoid"),
)
"""Of products whose files leave it out: Copernicus DEM Product Handbook 5.0 (2024); ASTER GDEM v3 User Guide (2019);
AW3D30 Product Description 4.1 (2024)."""
DTED_DATUMS = {"E96": "EGM96 geoid", "MSL": "mean sea level"}
"""MIL-PRF-89020B, field vertical datum."""
FOOT_M, US_SURVEY_FOOT_M = 0.3048, 1200.0 / 3937.0
UNITS_M = {"m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0}
UNITS_M |= {"ft": FOOT_M, "foot": FOOT_M, "feet": FOOT_M, "us survey foot": US_SURVEY_FOOT_M, "ftus": US_SURVEY_FOOT_M}
UNITS_M |= {"us-ft": US_SURVEY_FOOT_M, "cm": 0.01, "dm": 0.1}


def need_rasterio() -> None:
    """Make sure that rasterio is here.

    Raises
    ------
    ProviderError
    """
    try:
        import rasterio  # noqa: F401  (only whether it is there is asked)
    except ImportError as error:
        raise ProviderError(
            "Reading GeoTIFF and DTED elevation needs rasterio, which is not installed.",
            "Run: pip install 'witnessmark[terrain]', or put .hgt tiles into the elevation folder.",
        ) from error


class RasterGrid:
    """A raster of elevations as a grid.

    Parameters
    ----------
    name : str
        For messages and for what is known of a product by its name.
    open_dataset : callable
        Opens it anew.
    readings : callable
        What has been read of it so far.
    failures : list of WitnessmarkError
        Where the stream below it leaves what went wrong, told instead of rasterio's own words.
    released : callable
        Called whenever it is closed.

    Raises
    ------
    ProviderError
        When it cannot be opened, has no coordinate system, several bands, or a unit of height that is not known.
    """

    def __init__(
        self,
        name: str,
        open_dataset: Callable[[], DatasetReader],
        readings: Callable[[], tuple[Reading, ...]],
        failures: list[WitnessmarkError] | None = None,
        released: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self._failures = [] if failures is None else failures
        self._released = released
        self._open = open_dataset
        self._readings = readings
        with self._dataset() as dataset:
            if dataset.crs is None:
                raise ProviderError(
                    f"'{name}' does not say in which coordinate system its elevations lie.",
                    "Assign the one its publisher states, for instance with: gdal_edit.py -a_srs EPSG:32638 FILE.",
                )
            if dataset.count != 1 or np.dtype(dataset.dtypes[0]).kind not in "iuf":
                raise ProviderError(
                    f"'{name}' holds {dataset.count} band(s) of {dataset.dtypes[0]}, not one band of elevations.",
                    "Take its elevation band out into a file of its own.",
                )
            self.rows, self.columns = int(dataset.height), int(dataset.width)
            self._affine = dataset.transform
            crs = _crs(name, dataset.crs.to_wkt())
            self._flat = _horizontal(crs)
            self.vertical_datum = _datum(name, crs, dataset.tags())
            self._metres = _metres_a_unit(name, crs, dataset.units[0])
            self._scale, self._offset = float(dataset.scales[0]), float(dataset.offsets[0])
        if self.rows < 2 or self.columns < 2 or self._affine.is_degenerate:
            raise ProviderError(
                f"'{name}' has {self.rows} x {self.columns} posts.", "A grid needs at least 2 x 2 posts a step apart."
            )
        self._is_wgs84 = self._flat.equals(pyproj.CRS.from_epsg(4326), ignore_axis_order=True)
        self._to_flat = pyproj.Transformer.from_crs(4326, self._flat, always_xy=True)
        self.resolution_m = self._resolution_m()

    def _resolution_m(self) -> float:
        a = self._affine
        across, down = float(np.hypot(a.a, a.d)), float(np.hypot(a.b, a.e))
        if self._flat.is_geographic:
            lat, _ = self.place(np.array([self.rows / 2.0]), np.array([self.columns / 2.0]))
            return METRES_PER_DEGREE * max(across * float(np.cos(np.radians(lat[0]))), down)
        return max(across, down) * float(self._flat.axis_info[0].unit_conversion_factor)

    def locate(self, lat_deg: Floats, lon_deg: Floats) -> tuple[Floats, Floats]:
        """Row and column positions of places, 0 at the centre of the first cell."""
        x, y = (lon_deg, lat_deg) if self._is_wgs84 else self._to_flat.transform(lon_deg, lat_deg)
        if self._flat.is_geographic:  # around the globe, into this raster's range
            west = min(self._affine.c, self._affine.c + self._affine.a * self.columns)
            x = west + np.mod(x - west, 360.0)
        back = ~self._affine
        column, row = back.a * x + back.b * y + back.c - 0.5, back.d * x + back.e * y + back.f - 0.5
        return np.asarray(row, np.float64), np.asarray(column, np.float64)

    def place(self, row: Floats, column: Floats) -> tuple[Floats, Floats]:
        """Latitude and longitude [deg] of row and column positions."""
        a = self._affine
        x = a.a * (column + 0.5) + a.b * (row + 0.5) + a.c
        y = a.d * (column + 0.5) + a.e * (row + 0.5) + a.f
        lon, lat = (x, y) if self._is_wgs84 else self._to_flat.transform(x, y, direction="INVERSE")
        return np.asarray(lat, np.float64), np.asarray(lon, np.float64)

    @contextmanager
    def opened(self) -> Iterator[Window]:
        """Access to its heights [m], window by window."""
        from rasterio.windows import Window as Part

        with self._dataset() as dataset:

            def window(top: int, left: int, rows: int, columns: int) -> Heights:
                try:
                    raw = dataset.read(1, window=Part(left, top, columns, rows), masked=True)
                except (OSError, ValueError) as error:  # RasterioIOError is an OSError
                    self._tell()
                    raise ProviderError(
                        f"'{self.name}' could not be read ({error}).", "Fetch it again: it may be cut short."
                    ) from error
                height_m = raw.astype(np.float32).filled(np.float32(np.nan))
                if (self._scale, self._offset, self._metres) != (1.0, 0.0, 1.0):
                    height_m = ((height_m * self._scale + self._offset) * self._metres).astype(np.float32)
                return plausible(height_m)

            yield window

    def readings(self) -> tuple[Reading, ...]:
        """What was read of it so far."""
        return self._readings()

    @contextmanager
    def _dataset(self) -> Iterator[DatasetReader]:
        need_rasterio()
        from rasterio.errors import RasterioError

        try:
            dataset = self._open()
        except (RasterioError, OSError, ValueError) as error:
            self._tell()
            raise ProviderError(
                f"'{self.name}' is not a raster that can be read ({error}).",
                "Fetch it again, or convert it to GeoTIFF.",
            ) from error
        try:
            with dataset:
                yield dataset
        finally:
            self._released()

    def _tell(self) -> None:
        """Raise what went wrong below rasterio, where it did."""
        if self._failures:
            failure = self._failures[0]
            self._failures.clear()
            raise failure


def raster_of_file(path: Path, provider: str) -> RasterGrid:
    """The grid of a raster file of a folder.

    Raises
    ------
    ProviderError
    """
    need_rasterio()
    import rasterio

    driver = DRIVERS[path.suffix.lower()]
    return RasterGrid(path.name, lambda: rasterio.open(path, driver=driver), whole_file(path, provider))


def whole_file(path: Path, provider: str) -> Callable[[], tuple[Reading, ...]]:
    """What is read of a file in a folder: all of it, hashed when first asked."""
    known: list[Reading] = []

    def readings() -> tuple[Reading, ...]:
        if not known:
            known.append(Reading.of_file(provider, path))
        return tuple(known)

    return readings


def _crs(name: str, wkt: str) -> pyproj.CRS:
    try:
        crs = pyproj.CRS.from_wkt(wkt)
    except CRSError as error:
        raise ProviderError(
            f"The coordinate system of '{name}' cannot be understood ({error}).",
            "Assign a known one, such as an EPSG code.",
        ) from error
    if not (_horizontal(crs).is_geographic or _horizontal(crs).is_projected):
        raise ProviderError(
            f"The coordinate system of '{name}' ({crs.name}) says nothing about where on earth it lies.",
            "Assign the one its publisher states.",
        )
    return crs


def _horizontal(crs: pyproj.CRS) -> pyproj.CRS:
    parts = [part for part in crs.sub_crs_list if not part.is_vertical] if crs.is_compound else [crs]
    return parts[0].to_2d()


def _datum(name: str, crs: pyproj.CRS, tags: dict[str, str]) -> str:
    """The vertical datum as the file states it, else as its product is known to have it."""
    for part in crs.sub_crs_list:
        if part.is_vertical:
            stated = re.sub(r"\s*(height|depth)\b.*$", "", part.name, flags=re.IGNORECASE).strip()
            return f"{stated} geoid" if re.fullmatch(r"EGM\d+", stated) else stated or part.name
    if len(crs.axis_info) == 3:
        return f"{crs.ellipsoid.name if crs.ellipsoid else 'an'} ellipsoid"
    tag = tags.get("DTED_VerticalDatum", "").strip()
    if tag:
        return DTED_DATUMS.get(tag, tag)
    return next((datum for pattern, datum in PRODUCT_DATUMS if pattern.match(name)), NOT_STATED)


def _metres_a_unit(name: str, crs: pyproj.CRS, unit: str | None) -> float:
    if unit:
        known = UNITS_M.get(unit.strip().lower())
        if known is None:
            raise ProviderError(f"'{name}' states heights in '{unit}'.", f"Known are {', '.join(UNITS_M)}.")
        return known
    for part in crs.sub_crs_list:
        if part.is_vertical and part.axis_info:
            return float(part.axis_info[0].unit_conversion_factor)
    return 1.0
