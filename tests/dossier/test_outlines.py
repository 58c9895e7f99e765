"""Outlines of cells, circles and boxes: what they hold, which way they turn, how the 180th meridian cuts them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from witnessmark.claims.places import Polygon
from witnessmark.desk.space import place_grid
from witnessmark.dossier.exports import outlines

GRID = place_grid(7.0, 45.9, 7.12, 46.0, 1000.0)
ACROSS = place_grid(179.9, 10.0, -179.9, 10.1, 2000.0)


def _polygons(geometry: dict[str, Any]) -> list[list[NDArray[np.float64]]]:
    parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [[np.array(ring) for ring in part] for part in parts]


def _area(ring: NDArray[np.float64]) -> float:
    x, y = ring[:-1].T - ring[0][:, None]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


def _inside(geometry: dict[str, Any], lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.bool_]:
    held = np.zeros(lat.shape, dtype=bool)
    for rings in _polygons(geometry):
        part = np.zeros(lat.shape, dtype=bool)
        for ring in rings:
            part ^= Polygon(tuple((float(y), float(x)) for x, y in ring[:-1])).holds(lat, lon)
        assert not np.any(held & part)  # no two parts overlap
        held |= part
    return held


def _check(geometry: dict[str, Any]) -> None:
    for rings in _polygons(geometry):
        for number, ring in enumerate(rings):
            assert len(ring) >= 4 and np.array_equal(ring[0], ring[-1])
            assert len({tuple(corner) for corner in ring[:-1]}) == len(ring) - 1  # it passes no corner twice
            assert (_area(ring) > 0) == (number == 0)
            assert np.all(np.abs(ring[:, 0]) <= 180) and np.ptp(ring[:, 0]) < 180


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_an_outline_holds_its_cells_and_no_others(seed: int, share: float) -> None:
    mask = np.random.default_rng(seed).random(GRID.n_places) < share
    geometry = outlines.grid_outline(GRID, mask)
    _check(geometry)
    assert np.array_equal(_inside(geometry, GRID.lat_deg, GRID.lon_deg), mask)


def test_a_ring_with_a_hole_that_touches_its_edge() -> None:
    cells = np.zeros(GRID.shape, dtype=bool)
    cells[2:6, 2:6] = True
    cells[3, 3] = cells[4, 4] = False  # two holes that meet at a corner
    geometry = outlines.grid_outline(GRID, cells.ravel())
    _check(geometry)
    assert [len(rings) for rings in _polygons(geometry)] == [3]


def test_long_sides_keep_corners_on_the_way() -> None:
    grid = place_grid(0.0, 45.0, 30.0, 60.0, 20_000.0)
    geometry = outlines.grid_outline(grid, np.ones(grid.n_places, dtype=bool))
    assert np.array_equal(_inside(geometry, grid.lat_deg, grid.lon_deg), np.ones(grid.n_places, dtype=bool))
    assert len(_polygons(geometry)[0][0]) > 20


def test_no_cell_has_no_outline() -> None:
    assert outlines.grid_outline(GRID, np.zeros(GRID.n_places, dtype=bool))["coordinates"] == []


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_a_region_across_the_180th_meridian_is_cut_there(share: float) -> None:
    mask = np.random.default_rng(3).random(ACROSS.n_places) < share
    geometry = outlines.grid_outline(ACROSS, mask)
    assert {float(np.sign(rings[0][:, 0].mean())) for rings in _polygons(geometry)} == {-1.0, 1.0}
    for rings in _polygons(geometry):
        assert np.all(np.abs(rings[0][:, 0]) <= 180) and np.ptp(rings[0][:, 0]) < 1


@given(st.floats(-80, 80), st.floats(-180, 180), st.floats(0.1, 500))
@settings(max_examples=30, deadline=None)
def test_circles_turn_counterclockwise_within_the_meridians(lat: float, lon: float, radius_km: float) -> None:
    geometry = outlines.circle(lat, lon, radius_km)
    assert geometry is not None
    for rings in _polygons(geometry):
        assert _area(rings[0]) > 0 and np.all(np.abs(rings[0][:, 0]) <= 180.0)
    _, _, away_m = outlines._GEOD.inv(lon, lat, *_polygons(geometry)[0][0][0])
    assert abs(away_m / 1000.0 - radius_km) < 0.01 * radius_km + 0.001 or abs(_polygons(geometry)[0][0][0][0]) == 180


def test_points_poles_and_boxes() -> None:
    assert outlines.circle(46.0, 8.0, 0.0) == {"type": "Point", "coordinates": [8.0, 46.0]}
    assert outlines.circle(89.9, 8.0, 100.0) is None
    across = outlines.box(179.0, 10.0, -179.0, 11.0)
    assert across["type"] == "MultiPolygon" and len(_polygons(across)) == 2
    _check(across)
    plain = outlines.box(7.0, 45.0, 8.0, 46.0)
    assert _area(_polygons(plain)[0][0]) == pytest.approx(1.0)
    assert outlines.together([plain, across])["type"] == "MultiPolygon"
    point = outlines.circle(46.0, 8.0, 0.0)
    assert point is not None and outlines.together([plain, point])["type"] == "GeometryCollection"
