"""The fine march agrees with closed forms, with a march that skips nothing, and with the rehearsal's own caster."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any, cast

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from tests.lines.terrain.grounds import Floats, Made, ground, rough, shaped, slow_march

from witnessmark.errors import BadInputError
from witnessmark.lines.providers.elevation import FolderElevation
from witnessmark.lines.terrain.ground import effective_radius_m, lay_out
from witnessmark.lines.terrain.horizon import View, sweep
from witnessmark.lines.terrain.march import Marcher

pytest.importorskip("numba")


def true(held: Any, x_m: float, y_m: float, in_grid_deg: Floats) -> Floats:
    """True bearings of bearings in the grid."""
    return np.asarray(in_grid_deg + held.convergence_deg(np.array([x_m]), np.array([y_m]))[0])


def test_a_wall_and_what_stands_before_it() -> None:
    """Two walls: the nearer and lower one is an inner ridge, the farther and higher one the skyline."""
    held = shaped(lambda x, y: np.where(x >= 6000.0, 500.0, np.where(np.abs(x - 2000.0) < 60.0, 80.0, 0.0)), 81, 201)
    seen = Marcher(held).skyline(0.0, 2000.0, true(held, 0.0, 2000.0, np.array([90.0, 80.0])))
    s = 6000.0 / np.sin(np.radians([90.0, 80.0]))
    radius_m = effective_radius_m(45.0, np.array([90.0, 80.0]))
    np.testing.assert_allclose(seen.tangent, (500.0 - 1.7 - s**2 / (2 * radius_m)) / s, rtol=2e-3)
    np.testing.assert_allclose(seen.range_m, s, rtol=2e-3)
    np.testing.assert_allclose(
        seen.inner_tangent[:, 0], (80.0 - 1.7) / (1950.0 / np.sin(np.radians([90, 80]))), rtol=5e-3
    )
    np.testing.assert_allclose(seen.inner_range_m[:, 0] * np.sin(np.radians([90, 80])), 1950.0, atol=30.0)
    assert np.isnan(seen.inner_tangent[:, 1:]).all() and not seen.on_filled.any()
    assert seen.eye_m == pytest.approx(1.7)


def test_the_level_sea() -> None:
    held = ground(np.zeros((9, 501)), 100.0)
    seen = Marcher(held, View(40.0, 0.13)).skyline(0.0, 400.0, true(held, 0.0, 400.0, np.array([90.0])))
    radius_m = float(effective_radius_m(45.0, np.array([90.0]))[0])
    dip = np.arccos(radius_m / (radius_m + 40.0))
    assert np.degrees(np.arctan(seen.tangent[0])) == pytest.approx(-np.degrees(dip), abs=1e-4)
    assert seen.range_m[0] == pytest.approx(radius_m * dip, rel=0.01)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    place=st.tuples(st.floats(400.0, 4000.0), st.floats(400.0, 4000.0)),
    azimuth_deg=st.floats(0.0, 360.0),
    eye_m=st.sampled_from([0.5, 1.7, 120.0]),
)
def test_skipping_blocks_loses_nothing(seed: int, place: tuple[float, float], azimuth_deg: float, eye_m: float) -> None:
    held = ground(rough(seed, 97, 97))
    marcher = Marcher(held, View(eye_m))
    seen = marcher.skyline(*place, true(held, *place, np.array([azimuth_deg])))
    marcher.forget_blocks()
    asked = marcher.skyline(*place, seen.azimuth_deg)
    for name in ("tangent", "range_m", "reach_m", "inner_tangent", "inner_range_m"):
        np.testing.assert_array_equal(getattr(asked, name), getattr(seen, name))
    coarse = slow_march(held, *place, azimuth_deg, seen.eye_m, 0.13, 25.0)
    fine = slow_march(held, *place, azimuth_deg, seen.eye_m, 0.13, 25.0 / 64.0)
    assert seen.tangent[0] >= coarse - 1e-6
    reached = held.height_at_m(
        place[0] + np.sin(np.radians(azimuth_deg)) * seen.range_m,
        place[1] + np.cos(np.radians(azimuth_deg)) * seen.range_m,
    )
    bend = 0.5 / effective_radius_m(45.0, np.array([azimuth_deg]))
    there = (reached - seen.eye_m - bend * seen.range_m**2) / seen.range_m
    np.testing.assert_allclose(seen.tangent, there, atol=1e-6)
    assert fine - seen.tangent[0] < 12.5 * 2.0 / seen.range_m[0] + 1e-3  # half a step of ground as steep as 2


def test_inner_ridges_rise_towards_the_skyline() -> None:
    held = ground(rough(11, 120, 120))
    at = 3000.0, 3000.0
    seen = Marcher(held, View(60.0)).skyline(*at, np.arange(0.0, 360.0, 2.0))
    some = np.isfinite(seen.inner_tangent)
    assert some.sum() > 20
    for tangents, ranges, top, far in zip(
        seen.inner_tangent, seen.inner_range_m, seen.tangent, seen.range_m, strict=True
    ):
        known = np.isfinite(tangents)
        assert (np.diff(np.append(tangents[known], top)) > 0).all()
        assert (np.diff(np.append(ranges[known], far)) > 0).all()
    few = Marcher(held, View(60.0), inner=1).skyline(*at, np.arange(0.0, 360.0, 2.0))
    np.testing.assert_array_equal(few.tangent, seen.tangent)
    assert few.inner_tangent.shape == (180, 1)
    assert (np.isfinite(few.inner_tangent[:, 0]) == some.any(axis=1)).all()


def test_gaps_and_edges_are_where_reach_ends() -> None:
    height = rough(12, 60, 100)
    height[:, 70:75] = np.nan
    held = ground(height)
    seen = Marcher(held).skyline(1000.0, 1500.0, true(held, 1000.0, 1500.0, np.array([90.0, 270.0])))
    assert seen.reach_m[0] == pytest.approx(69 * 50.0 - 1000.0, abs=50.0)
    assert seen.reach_m[1] == pytest.approx(1000.0, abs=26.0)
    with pytest.raises(BadInputError, match="no ground"):
        Marcher(held).skyline(72 * 50.0, 1500.0, np.array([0.0]))
    with pytest.raises(BadInputError, match="Steps"):
        Marcher(held, step_cells=0.0)


def test_a_ridge_on_a_filled_void_is_flagged() -> None:
    held = shaped(lambda x, y: np.where(x >= 4000.0, 300.0, 0.0), 41, 101)
    held.filled[:, 79:82] = True
    seen = Marcher(held).skyline(0.0, 1000.0, true(held, 0.0, 1000.0, np.array([90.0, 270.0])))
    assert seen.on_filled.tolist() == [True, False]


def test_bearings_are_true_far_from_the_middle() -> None:
    """A lone peak is seen on the bearing of the geodesic to it, though grid north is turned by a quarter degree."""
    eye, peak = (46.55, 8.62), (46.42, 8.31)

    def shape(lat: Floats, lon: Floats) -> Floats:
        away = np.hypot((lat - peak[0]) * 111_200.0, (lon - peak[1]) * 76_600.0)
        return np.asarray(500.0 + 3000.0 * np.exp(-((away / 500.0) ** 2)))

    held = lay_out(Made(shape), (8.0, 46.4, 8.7, 46.6), 60.0, halo_m=5000.0)
    x, y = held.to_local(*(np.array([value]) for value in eye))
    assert abs(held.convergence_deg(x, y)[0]) > 0.19
    bearing, _, away_m = Geod(ellps="WGS84").inv(eye[1], eye[0], peak[1], peak[0])
    azimuth = bearing + np.arange(-2.0, 2.0, 0.01)
    seen = Marcher(held).skyline(float(x[0]), float(y[0]), azimuth)
    top = int(np.argmax(seen.tangent))
    assert azimuth[top] == pytest.approx(bearing, abs=0.03)
    assert seen.range_m[top] == pytest.approx(away_m, rel=0.005)


def test_the_sweep_agrees_with_the_march_from_far_ridges() -> None:
    held = ground(rough(13, 150, 150, tall_m=900.0), 50.0)
    marcher = Marcher(held, View(30.0))
    azimuth = np.arange(0.0, 360.0, 3.0)
    swept = sweep(held, azimuth, view=View(30.0))
    off = []
    for row, column in ((40, 50), (75, 75), (100, 60), (66, 110)):
        x, y = column * 50.0, row * 50.0
        seen = marcher.skyline(x, y, true(held, x, y, azimuth))
        far = seen.range_m > 1000.0
        off.append(np.degrees(np.arctan(swept.tangent[far, row, column]) - np.arctan(seen.tangent[far])))
    assert np.median(np.abs(np.concatenate(off))) < 0.25


def test_the_rehearsal_sees_the_same_skyline(tmp_path: Path) -> None:
    """The rehearsal casts rays over cubic ground of its own reading of the file; nothing is shared but the file.

    Near ridges differ by how the ground is drawn between posts 80 m apart, so those from 800 m on are compared.
    """
    pytest.importorskip("pvlib")
    from witnessmark.rehearsal import truth
    from witnessmark.rehearsal.ground import Ground as Rehearsed
    from witnessmark.rehearsal.relief import jacksboro

    sample = Path(matplotlib.get_data_path()) / "sample_data" / "jacksboro_fault_dem.npz"
    (tmp_path / sample.name).write_bytes(sample.read_bytes())
    lat, lon = 36.30, -84.24
    held = lay_out(FolderElevation(tmp_path), (lon - 0.02, lat - 0.02, lon + 0.02, lat + 0.02), 20.0, halo_m=10_000.0)
    rehearsed = Rehearsed.bare(jacksboro(), lat, lon)
    eye_m = float(rehearsed.relief_m(np.zeros(1), np.zeros(1))[0]) + 1.7
    stage = types.SimpleNamespace(ground=rehearsed, eye_m=eye_m, scenario=types.SimpleNamespace(reach_m=9_000.0))
    bearings = types.SimpleNamespace(azimuth_deg=np.arange(0.0, 360.0, 0.125))
    azimuth, expected = truth.relief_skyline(cast(Any, stage), cast(Any, bearings))
    x, y = held.to_local(np.array([lat]), np.array([lon]))
    seen = Marcher(held, farthest_m=9_000.0).skyline(float(x[0]), float(y[0]), azimuth, eye_m=eye_m)
    far = seen.range_m > 800.0
    off = np.abs(np.degrees(np.arctan(seen.tangent[far]) - np.arctan(expected[far])))
    assert held.height_at_m(x, y)[0] == pytest.approx(eye_m - 1.7, abs=0.01)
    assert far.mean() > 0.6 and np.median(off) < 0.05 and np.percentile(off, 90) < 0.25
