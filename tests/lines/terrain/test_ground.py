"""The ground is laid out where it lies, to the centimetre, with its voids filled and flagged and its gaps told."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod
from tests.lines.terrain.grounds import Floats, Made, ground, rough

from witnessmark.errors import BadInputError
from witnessmark.lines.providers.contract import Elevations
from witnessmark.lines.providers.elevation import FolderElevation
from witnessmark.lines.terrain.ground import Ground, Window, effective_radius_m, lay_out
from witnessmark.lines.terrain.voids import fill

REGION = (8.0, 46.4, 8.2, 46.55)


def sloping(lat_deg: Floats, lon_deg: Floats) -> Floats:
    return np.asarray(1000.0 + 8000.0 * (lat_deg - 46.4) + 5000.0 * (lon_deg - 8.0))


class Holed:
    """Ground with gaps and voids where told."""

    name = "holed"

    def __init__(self, covered: tuple[float, float, float, float], void: tuple[float, float, float, float]) -> None:
        self._covered, self._void = covered, void

    def heights(self, lat_deg: Floats, lon_deg: Floats) -> Elevations:
        def inside(box: tuple[float, float, float, float]) -> np.ndarray:
            return np.asarray((lon_deg > box[0]) & (lat_deg > box[1]) & (lon_deg < box[2]) & (lat_deg < box[3]))

        covered, void = inside(self._covered), inside(self._void)
        height_m = np.where(covered & ~void, sloping(lat_deg, lon_deg), np.nan).astype(np.float32)
        return Elevations(height_m, 30.0, "EGM2008 geoid", (), covered & void)


def test_every_post_has_the_height_of_its_place() -> None:
    held = lay_out(Made(sloping), REGION, 100.0, halo_m=20_000.0)
    x, y = np.meshgrid(*held.posts_of(held.region))
    lat, lon = held.to_geographic(x, y)
    window = held.region
    inner = held.height_m[window.row : window.row + window.rows, window.column : window.column + window.columns]
    np.testing.assert_allclose(inner, sloping(lat, lon), atol=0.02)
    assert lat.min() < REGION[1] and lat.max() > REGION[3] and lon.min() < REGION[0] and lon.max() > REGION[2]
    rows, columns = held.height_m.shape
    assert rows == window.rows + 400 and columns == window.columns + 400
    assert not held.filled.any() and held.missing_of_region == held.missing_of_halo == 0.0
    assert held.vertical_datum == "not stated"  # nothing was read, so no file states one


def test_the_grid_is_metric_and_turned_as_it_says() -> None:
    held = lay_out(Made(sloping), REGION, 100.0, halo_m=40_000.0)
    for x, y in ((0.0, 0.0), (30_000.0, 20_000.0), (-40_000.0, -35_000.0)):
        lat, lon = held.to_geographic(np.array([x, x]), np.array([y, y + 100.0]))
        bearing, _, metres = Geod(ellps="WGS84").inv(lon[0], lat[0], lon[1], lat[1])
        assert bearing == pytest.approx(held.convergence_deg(np.array([x]), np.array([y]))[0], abs=1e-3)
        assert metres == pytest.approx(100.0, rel=5e-5)


def test_heights_between_posts() -> None:
    held = ground(rough(1, 20, 30), 50.0)
    x, y = np.array([0.0, 25.0, 1450.0, -1.0, 10.0]), np.array([0.0, 0.0, 950.0, 10.0, 951.0])
    seen = held.height_at_m(x, y)
    h = held.height_m
    np.testing.assert_allclose(seen[:3], [h[0, 0], (h[0, 0] + h[0, 1]) / 2, h[-1, -1]], rtol=1e-6)
    assert np.isnan(seen[3:]).all()


def test_voids_are_filled_and_flagged_and_gaps_stay() -> None:
    held = lay_out(Holed((7.9, 46.2, 9.0, 47.0), (8.05, 46.45, 8.08, 46.48)), REGION, 100.0, halo_m=30_000.0)
    rows, columns = held.height_m.shape
    x, y = np.meshgrid(*held.posts_of(Window(0, 0, rows, columns)))
    expected = sloping(*held.to_geographic(x, y))
    assert held.filled.sum() > 500 and np.isfinite(held.height_m[held.filled]).all()
    np.testing.assert_allclose(held.height_m[held.filled], expected[held.filled], atol=2.0)  # it climbs 6.5 m a post
    gaps = np.isnan(held.height_m)
    assert 0.0 < gaps.mean() < 0.1 and not (gaps & held.filled).any()
    assert held.missing_of_region == 0.0 and 0.1 < held.missing_of_halo < 0.9
    assert held.region.column * 100.0 < 10_000.0  # the halo is trimmed in the west, where nothing is
    assert held.posts_of(held.region)[0][0] == pytest.approx(held.west_m + held.region.column * 100.0)


def test_a_region_outside_says_how_much_is_missing() -> None:
    with pytest.raises(BadInputError, match="75 % of the region"):
        lay_out(Holed((8.15, 46.0, 9.0, 47.0), (0, 0, 0, 0)), REGION, 200.0, halo_m=5_000.0)
    partly = lay_out(Holed((8.02, 46.0, 9.0, 47.0), (0, 0, 0, 0)), REGION, 200.0, halo_m=5_000.0)
    assert partly.missing_of_region == pytest.approx(0.1, abs=0.02)


def test_mixed_datums_are_refused_unless_accepted(tmp_path: Path) -> None:
    height = np.full((1201, 1201), 500, ">i2")
    height.tofile(tmp_path / "N46E008.hgt")
    flat = np.full((1000, 1000), 500.0)
    np.savez(tmp_path / "west.npz", elevation=flat, dx=1e-3, dy=1e-3, xmin=7.0, xmax=8.0, ymin=46.0, ymax=47.0)
    region = (7.95, 46.4, 8.05, 46.5)
    with pytest.raises(BadInputError, match="EGM96 geoid, not stated"):
        lay_out(FolderElevation(tmp_path), region, 200.0, halo_m=1000.0)
    held = lay_out(FolderElevation(tmp_path), region, 200.0, halo_m=1000.0, mixed_datums=True)
    assert held.vertical_datum == "EGM96 geoid and not stated"
    assert sorted(reading.source for reading in held.readings) == ["N46E008.hgt", "west.npz"]
    assert 90.0 < held.resolution_m < 120.0


def test_across_the_antimeridian() -> None:
    def shape(lat_deg: Floats, lon_deg: Floats) -> Floats:
        assert (np.abs(lon_deg) <= 180.0).all()
        return np.asarray(500.0 + 1000.0 * ((lon_deg % 360.0) - 180.0) + 0.0 * lat_deg)

    held = lay_out(Made(shape), (179.9, -17.0, -179.9, -16.9), 200.0, halo_m=2_000.0)
    x, y = np.meshgrid(*held.posts_of(held.region))
    lat, lon = held.to_geographic(x, y)
    np.testing.assert_allclose(held.height_at_m(x, y), shape(lat, lon), atol=0.05)


@pytest.mark.parametrize(
    "region", [(8.0, 46.5, 8.2, 46.4), (8.0, 80.0, 8.2, 89.0), (8.0, float("nan"), 8.2, 47.0), (8.0, 46.0, 8.0, 47.0)]
)
def test_regions_that_are_none_are_refused(region: tuple[float, float, float, float]) -> None:
    with pytest.raises(BadInputError, match="not a region"):
        lay_out(Made(sloping), region, 100.0)


def test_grids_too_large_are_refused_before_reading() -> None:
    with pytest.raises(BadInputError, match="Split it"):
        lay_out(Made(sloping), (0.0, 40.0, 10.0, 50.0), 100.0)
    with pytest.raises(BadInputError, match="spacing"):
        lay_out(Made(sloping), REGION, 0.0)


def test_the_radius_is_eulers() -> None:
    """At the equator the meridian's radius is a (1 - e^2), across it a; at the pole both are a / sqrt(1 - e^2)."""
    a, e2 = 6378137.0, 0.00669437999014
    np.testing.assert_allclose(effective_radius_m(0.0, np.array([0.0, 90.0]), 0.0), [a * (1 - e2), a], rtol=1e-9)
    np.testing.assert_allclose(effective_radius_m(90.0, np.array([0.0, 45.0]), 0.0), a / np.sqrt(1 - e2), rtol=1e-9)
    np.testing.assert_allclose(
        effective_radius_m(45.0, np.array([30.0]), 0.13) * 0.87, effective_radius_m(45.0, np.array([30.0]), 0.0)
    )


def test_the_digest_is_that_of_the_ground() -> None:
    height = rough(2, 20, 20)
    first = ground(height)
    assert first.digest() == ground(height.copy()).digest()
    height[3, 3] += 0.5
    others: list[Ground] = [
        ground(height),
        dataclasses.replace(first, spacing_m=51.0),
        dataclasses.replace(first, lat_deg=44.0),
    ]
    flagged = dataclasses.replace(first, filled=np.ones((20, 20), bool))
    assert len({bytes(one.digest()) for one in (first, flagged, *others)}) == 5


def test_filling_reproduces_slopes_and_never_overshoots() -> None:
    y, x = np.mgrid[0:60, 0:80].astype(np.float32)
    plane = 3.0 * x + 2.0 * y
    void = np.zeros(plane.shape, bool)
    void[20:30, 30:45] = True
    filled = fill(np.where(void, np.nan, plane).astype(np.float32), void)
    np.testing.assert_allclose(filled, plane, atol=0.5)
    rng = np.random.default_rng(3)
    height = rng.normal(0.0, 100.0, (40, 40)).astype(np.float32)
    holes = rng.random((40, 40)) < 0.3
    holes[5:20, 5:20] = True
    done = fill(np.where(holes, np.nan, height).astype(np.float32), holes)
    assert (
        np.isfinite(done).all()
        and done[holes].max() <= height[~holes].max()
        and done[holes].min() >= height[~holes].min()
    )
    np.testing.assert_array_equal(done[~holes], height[~holes])


def test_only_voids_are_filled() -> None:
    height = np.full((10, 10), np.nan, np.float32)
    height[:, :4] = 5.0
    void = np.zeros((10, 10), bool)
    void[2:5, 2:5] = True
    height[void] = np.nan
    done = fill(height, void)
    assert (done[void] == 5.0).all() and np.isnan(done[:, 5:]).all()
    nothing = np.full((4, 4), np.nan, np.float32)
    assert np.isnan(fill(nothing, np.ones((4, 4), bool))).all()
