"""The terrain benchmark's views are what their truth says, and its shares are what they count."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.terrain_lab import asking, cells, measure, queries, tables
from benchmarks.terrain_lab.countries import country
from benchmarks.terrain_lab.queries import Query

from witnessmark.lines.providers.elevation import FolderElevation
from witnessmark.lines.terrain.ground import lay_out
from witnessmark.lines.terrain.march import Marcher
from witnessmark.lines.terrain.records import Located, Pan, Skyline
from witnessmark.rehearsal.views import Lens, Pose, project

POSTS = 150
STEP_DEG = 3.0 / 3600.0
LAKE = np.s_[60:90, 10:40]


def hills(folder: Path) -> Path:
    """A model of 3 arc seconds with a lake and a void."""
    y, x = np.mgrid[0:POSTS, 0:POSTS].astype(np.float64)
    height = 600.0 + 250.0 * np.sin(x / 9.0) * np.cos(y / 11.0) + 120.0 * np.sin(x / 4.1 + y / 5.3)
    height[LAKE] = 300.0
    height[100:104, 100:104] = -32768.0
    path = folder / "hills.tif"
    about = {"driver": "GTiff", "height": POSTS, "width": POSTS, "count": 1, "dtype": "int16", "crs": "EPSG:4326"}
    place = rasterio.Affine(STEP_DEG, 0.0, 8.0, 0.0, -STEP_DEG, 46.2)
    with rasterio.open(path, "w", transform=place, nodata=-32768, **about) as dataset:
        dataset.write(np.rint(height).astype(np.int16), 1)
    return path


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("land")
    return hills(folder), folder / "work"


@pytest.fixture(scope="module", autouse=True)
def small_cells() -> object:
    """The cells over 8 km2, of which the hills hold several."""
    patch = pytest.MonkeyPatch()
    patch.setattr(queries, "MARGIN_KM", 0.5)
    for cell in list(cells.CELLS.values()):
        patch.setitem(cells.CELLS, cell.name, dataclasses.replace(cell, area_km2=8.0))
    yield
    patch.undo()


def asked(land: tuple[Path, Path], cell: str, count: int) -> list[Query]:
    return queries.queries("dev", cell, count, [land[0]], work=land[1])


def test_the_first_questions_do_not_depend_on_how_many_are_asked(land: tuple[Path, Path], tmp_path: Path) -> None:
    again = queries.queries("dev", "fov60", 2, [land[0]], work=tmp_path)
    first = asked(land, "fov60", 1)

    assert [dataclasses.replace(one, dem="") for one in again[:1]] == [
        dataclasses.replace(one, dem="") for one in first
    ]
    assert all(one.inside and isinstance(one.sight, Skyline) for one in first)


def test_the_truth_lies_about_the_searched_model_and_leaves_water_level(land: tuple[Path, Path]) -> None:
    one = country(land[0], land[1] / "countries")
    with rasterio.open(next(one.folder.iterdir())) as dataset:
        searched = dataset.read(1)
    at_posts = one.relief.elevation_m[::3, ::3][:POSTS, :POSTS]
    known = searched[: at_posts.shape[0], : at_posts.shape[1]] > -32768
    off = (at_posts - searched[: at_posts.shape[0], : at_posts.shape[1]])[known]

    assert (searched == -32768).sum() == 16
    assert 1.5 < off.std() < 8.0
    assert one.is_water(46.2 - 75.5 * STEP_DEG, 8.0 + 25.5 * STEP_DEG)
    assert not one.is_water(46.2 - 120.5 * STEP_DEG, 8.0 + 120.5 * STEP_DEG)


def test_the_line_is_where_the_searched_model_has_its_ridge_from_the_true_pose(land: tuple[Path, Path]) -> None:
    off = []
    for one in asked(land, "fov60", 4):
        ground = lay_out(FolderElevation(Path(one.dem)), one.region_deg, 60.0, halo_m=9000.0)
        x, y = ground.to_local(np.array([one.truth.lat_deg]), np.array([one.truth.lon_deg]))
        bearing = one.truth.heading_deg + np.arange(-50.0, 50.0, 0.2)
        tangent = Marcher(ground, inner=0).skyline(float(x[0]), float(y[0]), bearing).tangent
        towards = np.stack([np.sin(np.radians(bearing)), np.cos(np.radians(bearing)), tangent], axis=-1)
        pose = Pose(one.truth.heading_deg, one.truth.pitch_deg, one.truth.roll_deg)
        column, row = project(Lens(1280, 960, one.truth.hfov_deg), pose, towards)
        clean = np.array(one.clean_px)
        order = np.argsort(column)
        off.append(np.median(np.interp(clean[:, 0], column[order], row[order]) - clean[:, 1]) * 60.0 / 1280.0)

    assert np.median(np.abs(off)) < 1.0  # degrees: ridges are some hundred metres away, with trees on them
    assert np.mean(off) > 0.0  # trees and crests stand higher than the model has them


def test_a_mask_hides_its_share_and_what_it_hides_is_wrong(land: tuple[Path, Path]) -> None:
    (plain,), (hidden,) = asked(land, "fov60", 1), asked(land, "masked40", 1)
    assert plain.file is not None and hidden.file is not None
    told, before = queries.skyline_of(hidden.file), queries.skyline_of(plain.file)
    spans = told.ignore_px[len(before.ignore_px) :]

    assert sum(b - a for a, b in spans) == pytest.approx(0.4 * 1280, abs=1.0)
    assert 1 <= len(spans) <= 3 and all(0.0 <= a < b <= 1280.0 for a, b in spans)
    for (x, y), (_, was) in zip(told.skyline_px, before.skyline_px, strict=True):
        assert (y == was) == (not any(a <= x <= b for a, b in spans)) or was == 0.0
    assert hidden.truth == plain.truth


def test_elsewhere_is_not_where_the_camera_stands(land: tuple[Path, Path]) -> None:
    for away, there in zip(asked(land, "outside", 4), asked(land, "fov60", 4), strict=True):
        assert away.truth == there.truth and there.inside and not away.inside


def test_a_pan_has_even_bearings_of_its_own(land: tuple[Path, Path]) -> None:
    (one,) = asked(land, "pan120", 1)

    assert isinstance(one.sight, Pan)
    assert (one.sight.azimuth_deg[0], one.sight.azimuth_deg[-1]) == (-60.0, 60.0)
    assert np.allclose(np.diff(one.sight.azimuth_deg), 0.5)


def located(log_evidence: list[list[float]]) -> Located:
    crs = "+proj=tmerc +lat_0=46 +lon_0=8 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
    grid = np.array(log_evidence, np.float32)
    x, y = (np.asarray(np.arange(n) * 100.0, np.float64) for n in grid.shape[::-1])
    return Located((), crs, x, y, grid, grid, grid, 0.0, 0.2, 0.0, 0.0)


def test_a_region_holds_the_places_that_are_likelier_than_its_edge() -> None:
    found = located([[float(np.log(p)) for p in (0.6, 0.25, 0.1, 0.05)]])

    assert asking.held(found, 46.0, 8.0)[:2] == (True, True)
    assert asking.held(found, 46.0, 8.0)[2] == pytest.approx(0.8)
    assert asking.held(found, 46.0, 8.0 + 100.0 / 77_450.0)[:2] == (False, True)
    assert asking.held(found, 46.0, 8.0 + 300.0 / 77_450.0)[:2] == (False, False)
    assert asking.held(located([[float("nan"), float("nan")]]), 46.0, 8.0) == (False, False, 0.0)


ROW = asking.Row(
    name="",
    country="hills",
    inside=True,
    off_m=50.0,
    rank=1,
    heading_off_deg=0.5,
    p_outside=0.1,
    region50_km2=0.1,
    region90_km2=1.0,
    in50=True,
    in90=True,
    p_within_km=0.9,
    best_nats=-3.0,
    truth_nats=-4.0,
    missed=False,
    abstained="",
    cpu_s=1.0,
    wall_s=1.0,
    ridge_m=900.0,
    hinted=False,
    searched_by="old",
)


def test_a_table_tells_what_is_broken_and_what_was_measured_with_other_code(tmp_path: Path) -> None:
    rows = {f"q{k}": dataclasses.replace(ROW, name=f"q{k}", off_m=50.0 if k < 60 else 5000.0) for k in range(100)}
    cell = measure.Measured("dev", "fov60", 100, rows, {"no relief": 3}, {"hills": "made"})
    text = tables.written([cell], [], None, "", "new", 100)

    told = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| ")}
    assert told["top-1 within 1 km, FOV 60"].startswith("| top-1 within 1 km, FOV 60 | 100 | 0.60 [0.5")
    assert told["top-1 within 1 km, FOV 60"].endswith("| ≥ 0.80 | ≥ 0.90 | **broken** |")
    assert told["top-1 within 100 m, FOV 60"].endswith("| ≥ 0.55 | ≥ 0.70 | kept |")
    assert told["search misses, FOV 60"].endswith("| 100 | 0.00 [0.00, 0.00] | ≤ 0.05 | ≤ 0.01 | reached |")
    assert "Asked of earlier searching code than there is now: 100 of fov60." in text
    assert "cut short" not in text
    assert "cut short" in tables.written([cell], [], None, "", "new", 101)
    measure.save(cell, tmp_path / "cell.json")
    assert measure.load(tmp_path / "cell.json") == cell


def test_an_interval_of_a_certain_share_has_no_width() -> None:
    assert tables.interval([True] * 30) == (1.0, 1.0, 1.0)
    share, low, high = tables.interval([True, False] * 50)
    assert share == 0.5 and 0.38 < low < 0.42 and 0.58 < high < 0.62


def test_a_region_about_a_place_has_its_area_and_stays_inside() -> None:
    west, south, east, north = queries.region_of(46.01, 8.01, 100.0, (8.0, 46.0, 9.0, 47.0))
    km = queries.KM_A_DEGREE
    assert (east - west) * km * np.cos(np.radians(46.01)) * (north - south) * km == pytest.approx(100.0, rel=1e-3)
    assert (west, south) == (8.0, 46.0)
