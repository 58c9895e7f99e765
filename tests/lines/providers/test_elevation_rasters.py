"""GeoTIFF, COG and DTED in any coordinate system, one ground across files, and refusals of what cannot be placed."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
from numpy.typing import NDArray

from witnessmark.errors import ProviderError
from witnessmark.lines.providers.elevation import FolderElevation

rasterio = pytest.importorskip("rasterio")

Floats = NDArray[np.float64]
NORTH_DEG, WEST_DEG = 47.0, 8.0


def wavy(lat_deg: Floats, lon_deg: Floats) -> Floats:
    """A smooth ground that every file below samples."""
    return np.asarray(1500.0 + 300.0 * np.sin(40.0 * lat_deg) * np.cos(30.0 * lon_deg) + 900.0 * (lon_deg - 8.0))


def write(path: Path, height_m: NDArray[Any], transform: Any, crs: Any, **more: Any) -> Path:
    profile = {"driver": "GTiff", "height": height_m.shape[0], "width": height_m.shape[1], "count": 1}
    options = {"dtype": height_m.dtype.name, "crs": crs, "transform": transform, **profile, **more}
    tags = options.pop("tags", {})
    units = options.pop("units", None)
    with rasterio.open(path, "w", **options) as dataset:
        dataset.write(height_m, 1)
        dataset.update_tags(**tags)
        if units:
            dataset.units = (units,)
    return path


def geographic(path: Path, first: tuple[float, float], shape: tuple[int, int], step: float, **more: Any) -> Path:
    """Posts at first[0] - i step and first[1] + j step."""
    lat = first[0] - np.arange(shape[0])[:, None] * step
    lon = first[1] + np.arange(shape[1])[None, :] * step
    transform = rasterio.Affine(step, 0, first[1] - step / 2, 0, -step, first[0] + step / 2)
    height_m = wavy(lat + 0 * lon, lon + 0 * lat).astype(more.pop("dtype", "float32"))
    hole = more.pop("hole", None)
    if hole is not None:
        height_m[hole] = more.get("nodata", np.nan)
    return write(path, height_m, transform, more.pop("crs", "EPSG:4326"), **more)


def places(seed: int = 1, n: int = 400, box: tuple[float, float, float, float] = (8.05, 46.85, 8.15, 46.95)) -> Any:
    rng = np.random.default_rng(seed)
    return rng.uniform(box[1], box[3], n), rng.uniform(box[0], box[2], n)


@pytest.mark.parametrize(
    ("crs", "step"), [("EPSG:4326", 1 / 3600), ("EPSG:32632", 30.0), ("EPSG:2056", 25.0), ("EPSG:3035", 30.0)]
)
def test_any_coordinate_system_gives_the_same_ground(tmp_path: Path, crs: str, step: float) -> None:
    there = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
    x, y = there.transform(*np.meshgrid([8.0, 8.2], [46.8, 47.0]))
    columns, rows = int((x.max() - x.min()) / step), int((y.max() - y.min()) / step)
    transform = rasterio.Affine(step, 0, x.min(), 0, -step, y.max())
    across, down = np.meshgrid(x.min() + (np.arange(columns) + 0.5) * step, y.max() - (np.arange(rows) + 0.5) * step)
    lon, lat = there.transform(across, down, direction="INVERSE")
    write(tmp_path / "ground.tif", wavy(lat, lon).astype(np.float32), transform, crs)
    at = places()
    seen = FolderElevation(tmp_path).heights(*at)
    np.testing.assert_allclose(seen.height_m, wavy(*at), atol=0.25)
    assert 20.0 < (seen.resolution_m or 0.0) < 32.0 and not np.asarray(seen.void).any()


def test_a_rotated_raster_lies_where_it_says(tmp_path: Path) -> None:
    cos, sin = 30.0 * np.cos(np.radians(20.0)), 30.0 * np.sin(np.radians(20.0))
    transform = rasterio.Affine(cos, sin, 425_000.0, sin, -cos, 5_194_000.0)
    column, row = np.meshgrid(np.arange(900) + 0.5, np.arange(900) + 0.5)
    x, y = 425_000.0 + cos * column + sin * row, 5_194_000.0 + sin * column - cos * row
    lon, lat = pyproj.Transformer.from_crs(32632, 4326, always_xy=True).transform(x, y)
    write(tmp_path / "turned.tif", wavy(lat, lon).astype(np.float32), transform, "EPSG:32632")
    inside = np.s_[300:600:7, 300:600:5]
    seen = FolderElevation(tmp_path).heights(lat[inside], lon[inside])
    np.testing.assert_allclose(seen.height_m, wavy(lat[inside], lon[inside]), atol=0.01)


def test_tiles_that_share_no_row_leave_no_seam(tmp_path: Path) -> None:
    step = 1 / 1200
    for south in (45, 46):
        for west in (7, 8):
            geographic(tmp_path / f"n{south}e{west}.tif", (south + 1.0, float(west)), (1200, 1200), step)
    lat = 46.0 + np.linspace(-2.2, 2.2, 45)[:, None] * step + np.zeros(45)
    lon = 8.0 + np.linspace(-2.2, 2.2, 45)[None, :] * step + np.zeros((45, 1))
    seen = FolderElevation(tmp_path).heights(lat, lon)
    np.testing.assert_allclose(seen.height_m, wavy(lat, lon), atol=0.2)
    assert len(seen.readings) == 4
    outer = FolderElevation(tmp_path).heights(np.array([45.0 + step * 0.6, 44.99]), np.array([7.5, 7.5]))
    assert np.isfinite(outer.height_m[0]) and np.isnan(outer.height_m[1])
    assert not np.asarray(outer.void).any()


def test_voids_are_filled_from_a_coarser_file_or_marked(tmp_path: Path) -> None:
    hole = np.s_[100:140, 100:140]
    geographic(tmp_path / "fine.tif", (47.0, 8.0), (721, 721), 1 / 3600, hole=hole, dtype="int16", nodata=-32767)
    at = np.array([47.0 - 120 / 3600, 47.0 - 20 / 3600, 46.0]), np.array([8.0 + 120 / 3600, 8.0 + 20 / 3600, 8.0])
    seen = FolderElevation(tmp_path).heights(*at)
    assert np.isnan(seen.height_m).tolist() == [True, False, True]
    assert np.asarray(seen.void).tolist() == [True, False, False]
    geographic(tmp_path / "coarse.tif", (47.0, 8.0), (241, 241), 1 / 1200)
    filled = FolderElevation(tmp_path).heights(*at)
    np.testing.assert_allclose(filled.height_m[:2], wavy(*at)[:2], atol=2.0)
    assert not np.asarray(filled.void)[:2].any() and len(filled.readings) == 2


def test_heights_that_cannot_be_ground_are_voids(tmp_path: Path) -> None:
    path = geographic(tmp_path / "codes.tif", (47.0, 8.0), (50, 50), 1 / 3600, dtype="int16")
    with rasterio.open(path, "r+") as dataset:
        height_m = dataset.read(1)
        height_m[10, 10], height_m[20, 20] = -9999, 32767
        dataset.write(height_m, 1)
    seen = FolderElevation(tmp_path).heights(47.0 - np.array([10, 20, 30]) / 3600, 8.0 + np.array([10, 20, 30]) / 3600)
    assert np.isnan(seen.height_m).tolist() == [True, True, False] == np.asarray(seen.void).tolist()


@pytest.mark.parametrize(
    ("name", "more", "datum"),
    [
        ("plain.tif", {}, "not stated"),
        ("Copernicus_DSM_COG_10_N46_00_E008_00_DEM.tif", {}, "EGM2008 geoid"),
        ("compound.tif", {"crs": "EPSG:9518"}, "EGM2008 geoid"),
        ("navd.tif", {"crs": "EPSG:4326+5703"}, "NAVD88"),
        ("tagged.tif", {"tags": {"DTED_VerticalDatum": "E96"}}, "EGM96 geoid"),
        ("solid.tif", {"crs": "EPSG:4979"}, "WGS 84 ellipsoid"),
    ],
)
def test_the_vertical_datum_is_kept(tmp_path: Path, name: str, more: dict[str, Any], datum: str) -> None:
    geographic(tmp_path / name, (47.0, 8.0), (300, 300), 1 / 1200, **more)
    seen = FolderElevation(tmp_path).heights(np.array([46.9]), np.array([8.1]))
    assert seen.vertical_datum == datum
    np.testing.assert_allclose(seen.height_m, wavy(np.array([46.9]), np.array([8.1])), atol=1.0)


def test_two_datums_are_both_named(tmp_path: Path) -> None:
    geographic(tmp_path / "Copernicus_DSM_COG_10_a.tif", (47.0, 8.0), (300, 300), 1 / 1200)
    geographic(tmp_path / "b.tif", (47.0, 8.3), (300, 300), 1 / 1200, tags={"DTED_VerticalDatum": "MSL"})
    seen = FolderElevation(tmp_path).heights(np.array([46.9, 46.9]), np.array([8.1, 8.4]))
    assert seen.vertical_datum == "EGM2008 geoid and mean sea level"


def test_feet_become_metres(tmp_path: Path) -> None:
    path = geographic(tmp_path / "feet.tif", (47.0, 8.0), (300, 300), 1 / 1200, units="ft")
    seen = FolderElevation(tmp_path).heights(np.array([46.9]), np.array([8.1]))
    np.testing.assert_allclose(seen.height_m, 0.3048 * wavy(np.array([46.9]), np.array([8.1])), atol=0.3)
    with rasterio.open(path, "r+") as dataset:
        dataset.units = ("furlong",)
    with pytest.raises(ProviderError, match="furlong"):
        FolderElevation(tmp_path)


def test_dted_is_read(tmp_path: Path) -> None:
    step = 1 / 1200
    lat = 47.0 - np.arange(1201)[:, None] * step
    lon = 8.0 + np.arange(1201)[None, :] * step
    height_m = np.rint(wavy(lat + 0 * lon, lon + 0 * lat)).astype(np.int16)
    transform = rasterio.Affine(step, 0, 8.0 - step / 2, 0, -step, 47.0 + step / 2)
    write(tmp_path / "n46.dt1", height_m, transform, "EPSG:4326", driver="DTED")
    seen = FolderElevation(tmp_path).heights(*places())
    np.testing.assert_allclose(seen.height_m, wavy(*places()), atol=2.0)
    assert seen.vertical_datum == "mean sea level"


def test_every_file_read_is_told_with_its_hash(tmp_path: Path) -> None:
    geographic(tmp_path / "a.tif", (47.0, 8.0), (300, 300), 1 / 1200)
    geographic(tmp_path / "far.tif", (10.0, 8.0), (300, 300), 1 / 1200)
    seen = FolderElevation(tmp_path).heights(*places())
    data = (tmp_path / "a.tif").read_bytes()
    assert [(r.provider, r.source, bytes(r.sha256), r.size_bytes) for r in seen.readings] == [
        ("folder", "a.tif", hashlib.sha256(data).digest(), len(data))
    ]


def test_around_the_antimeridian(tmp_path: Path) -> None:
    step = 1 / 600
    height_m = np.arange(121.0)[None, :] + np.zeros((121, 1))
    write(
        tmp_path / "date.tif",
        height_m.astype(np.float32),
        rasterio.Affine(step, 0, 179.9 - step / 2, 0, -step, 10.0 + step / 2),
        "EPSG:4326",
    )
    seen = FolderElevation(tmp_path).heights(np.full(3, 9.95), np.array([179.95, -179.95, 180.05]))
    np.testing.assert_allclose(seen.height_m, [30.0, 90.0, 90.0], atol=0.01)


def test_what_cannot_be_placed_is_refused(tmp_path: Path) -> None:
    geographic(tmp_path / "nowhere.tif", (47.0, 8.0), (50, 50), 1 / 1200, crs=None)
    with pytest.raises(ProviderError, match=r"'nowhere.tif' does not say in which coordinate system"):
        FolderElevation(tmp_path)


def test_a_picture_is_not_elevation(tmp_path: Path) -> None:
    with rasterio.open(
        tmp_path / "photo.tif", "w", driver="GTiff", height=9, width=9, count=3, dtype="uint8", crs="EPSG:4326",
        transform=rasterio.Affine(0.1, 0, 8, 0, -0.1, 47),
    ) as dataset:  # fmt: skip
        dataset.write(np.zeros((3, 9, 9), np.uint8))
    with pytest.raises(ProviderError, match=r"3 band\(s\) of uint8"):
        FolderElevation(tmp_path)


@pytest.mark.parametrize("name", ["x.tif", "x.dt2"])
def test_broken_files_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"II*\0 not really")
    with pytest.raises(ProviderError, match=name):
        FolderElevation(tmp_path)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = geographic(tmp_path / "cut.tif", (47.0, 8.0), (600, 600), 1 / 3600, tiled=True, compress="deflate")
    path.write_bytes(path.read_bytes()[:-200_000])
    with pytest.raises(ProviderError, match=r"cut\.tif"):
        FolderElevation(tmp_path).heights(*places())


def test_without_rasterio_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    geographic(tmp_path / "a.tif", (47.0, 8.0), (50, 50), 1 / 1200)
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(ProviderError, match=r"witnessmark\[terrain\]"):
        FolderElevation(tmp_path)
