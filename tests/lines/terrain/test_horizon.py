"""Sweeps agree with closed forms and with the definition worked out post by post."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lines.terrain.grounds import Floats, ground, rough, shaped, slow_sweep

from witnessmark.errors import BadInputError, ProviderError
from witnessmark.lines.terrain.ground import Window, effective_radius_m
from witnessmark.lines.terrain.horizon import (
    RANGE_STEPS_A_FOLD,
    TANGENT_STEP,
    View,
    profile,
    range_of_code_m,
    sweep,
)

pytest.importorskip("numba")

AROUND = np.arange(0.0, 360.0, 15.0)


@pytest.mark.parametrize("azimuth_deg", [0.0, 90.0, 180.0, 270.0, 45.0])
@pytest.mark.parametrize("k", [0.0, 0.13])
def test_the_level_sea_dips_as_on_a_sphere(azimuth_deg: float, k: float) -> None:
    """From e above a sphere of radius R' the horizon dips by arccos(R' / (R' + e)), R' arccos(...) away."""
    eye_m, spacing_m = 30.0, 100.0
    held = ground(np.zeros((301, 301)), spacing_m)
    seen = sweep(held, np.array([azimuth_deg]), view=View(eye_m, k))
    radius_m = float(effective_radius_m(45.0, np.array([azimuth_deg]), k)[0])
    dip = np.arccos(radius_m / (radius_m + eye_m))
    row, column = {0.0: (0, 150), 90.0: (150, 0), 180.0: (300, 150), 270.0: (150, 300), 45.0: (0, 0)}[azimuth_deg]
    assert np.degrees(np.arctan(seen.tangent[0, row, column])) == pytest.approx(-np.degrees(dip), abs=1e-4)
    assert seen.range_m[0, row, column] == pytest.approx(radius_m * dip, rel=0.01)


@pytest.mark.parametrize("azimuth_deg", [90.0, 75.0, 110.0, 60.0])
def test_a_wall(azimuth_deg: float) -> None:
    """A wall H above the plain, D away, stands at (H - e - s^2 / 2R') / s with s = D / sin(azimuth)."""
    held = shaped(lambda x, y: np.where(x >= 4000.0, 300.0, 0.0), 161, 101)
    seen = sweep(held, np.array([azimuth_deg]))
    radius_m = float(effective_radius_m(45.0, np.array([azimuth_deg]))[0])
    s = (4000.0 - np.arange(0.0, 3000.0, 50.0)) / np.sin(np.radians(azimuth_deg))
    expected = (300.0 - 1.7 - s**2 / (2.0 * radius_m)) / s
    np.testing.assert_allclose(seen.tangent[0, 80, :60], expected, rtol=1e-6)
    np.testing.assert_allclose(seen.range_m[0, 80, :60], s, rtol=1e-5)


def test_a_cone() -> None:
    """From level ground, d from the axis of a cone of height H and slope m, at an angle a from it, the highest tangent
    lies where H r = m d (d - t cos a), r being the distance of the point t along the ray from the axis."""
    tall_m, slope, d, spacing_m = 600.0, 0.4, 3000.0, 20.0
    held = shaped(lambda x, y: np.maximum(tall_m - slope * np.hypot(x - 3000.0, y - 2000.0), 0.0), 201, 301, spacing_m)
    off_deg = np.array([-20.0, -10.0, -3.0, 0.0, 3.0, 10.0, 20.0])
    seen = sweep(held, 90.0 + off_deg, view=View(0.0, 1.0 - 1e-9))
    cos = np.cos(np.radians(off_deg))
    a, b = tall_m**2 - (slope * d * cos) ** 2, -2.0 * d * cos * tall_m**2 + 2.0 * slope**2 * d**3 * cos
    c = (tall_m * d) ** 2 - slope**2 * d**4
    t = (-b + np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0))) / (2.0 * a)
    other = (-b - np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0))) / (2.0 * a)

    def tangent(along: Floats) -> Floats:
        r = np.sqrt(d * d + along**2 - 2.0 * d * along * cos)
        return np.where(along > 0.0, (tall_m - slope * r) / along, -np.inf)

    expected = np.maximum(tangent(t), tangent(other))
    np.testing.assert_allclose(seen.tangent[:, 100, 0], expected, atol=0.002)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    azimuth_deg=st.one_of(st.sampled_from([0.0, 45.0, 90.0, 135.0, 180.0, 225.0, 315.0]), st.floats(0.0, 360.0)),
    eye_m=st.sampled_from([0.0, 1.7, 60.0]),
    ahead=st.integers(1, 3),
    holes=st.booleans(),
    size=st.tuples(st.integers(2, 22), st.integers(2, 22)),
)
def test_the_hull_finds_what_asking_every_post_finds(
    seed: int, azimuth_deg: float, eye_m: float, ahead: int, holes: bool, size: tuple[int, int]
) -> None:
    height = rough(seed, *size)
    if holes:
        height[np.random.default_rng(seed).random(size) < 0.1] = np.nan
    held = ground(height)
    along = max(abs(np.sin(np.radians(azimuth_deg))), abs(np.cos(np.radians(azimuth_deg))))
    nearest_m = 0.0 if ahead == 1 else (ahead - 0.5) * held.spacing_m / along
    seen = sweep(held, np.array([azimuth_deg]), view=View(eye_m, 0.13, nearest_m))
    expected, _ = slow_sweep(held, azimuth_deg, eye_m=eye_m, k=0.13, ahead=ahead)
    assert np.array_equal(np.isnan(seen.tangent[0]), np.isnan(expected))
    np.testing.assert_allclose(seen.tangent[0], expected, atol=2e-5)


def test_a_window_with_a_step_is_a_part_of_the_whole() -> None:
    held = ground(rough(3, 60, 80))
    whole = sweep(held, AROUND, window=Window(0, 0, 60, 80))
    part = sweep(held, AROUND, window=Window(11, 7, 31, 45, 3))
    np.testing.assert_array_equal(part.tangent, whole.tangent[:, 11:42:3, 7:52:3])
    np.testing.assert_array_equal(part.range_m, whole.range_m[:, 11:42:3, 7:52:3])


def test_threads_change_nothing() -> None:
    held = ground(rough(4, 50, 50))
    one, two = (sweep(held, AROUND, workers=workers) for workers in (1, 2))
    np.testing.assert_array_equal(one.tangent, two.tangent)
    np.testing.assert_array_equal(one.range_m, two.range_m)


def test_profiles_keep_horizons_to_their_steps() -> None:
    held = ground(rough(6, 40, 40, tall_m=100.0))
    window = Window(5, 5, 30, 30)
    packed = profile(held, 24, window=window)
    plain = sweep(held, AROUND, window=window)
    assert packed.n_places == 900 and packed.tangent_code.shape == (900, 24)
    np.testing.assert_allclose(
        packed.tangents(slice(None)).T.reshape(24, 30, 30), plain.tangent, atol=0.51 * TANGENT_STEP
    )
    ratio = packed.ranges_m(slice(None)).T.reshape(24, 30, 30) / plain.range_m
    assert np.abs(np.log(ratio)).max() <= 0.51 / RANGE_STEPS_A_FOLD
    assert np.abs(plain.tangent).max() < 32767 * TANGENT_STEP
    assert packed.place(31) == (6 * 50.0, 6 * 50.0)
    turn = held.convergence_deg(*(np.array([value]) for value in packed.place(31)))[0]
    assert packed.convergence_deg[31] == pytest.approx(turn, abs=1e-6)


def test_profiles_say_what_is_not_known() -> None:
    height = rough(7, 20, 20)
    height[:, 15:] = np.nan
    packed = profile(ground(height), 4)
    towards_the_gap = packed.tangents(slice(None))[:, 1].reshape(20, 20)
    assert np.isfinite(towards_the_gap[:, :14]).all() and np.isnan(towards_the_gap[:, 14:]).all()
    assert np.isnan(packed.ranges_m(14)[1]) and packed.range_code.reshape(20, 20, 4)[0, 14, 1] == 0


def test_progress_ends_at_one() -> None:
    told: list[float] = []
    profile(ground(rough(8, 10, 10)), 40, progress=told.append)
    assert told == sorted(told) and told[-1] == 1.0


def test_codes_of_distances_rise() -> None:
    table = range_of_code_m()
    assert np.isnan(table[0]) and (np.diff(table[1:]) > 0).all()


@pytest.mark.parametrize("wrong", [Window(-1, 0, 5, 5), Window(0, 0, 11, 5), Window(0, 0, 0, 5), Window(0, 0, 5, 5, 0)])
def test_windows_outside_are_refused(wrong: Window) -> None:
    with pytest.raises(BadInputError):
        sweep(ground(rough(9, 10, 10)), AROUND, window=wrong)


def test_ways_of_looking_that_are_none_are_refused() -> None:
    for wrong in ((-1.0, 0.13, 0.0), (float("nan"), 0.13, 0.0), (1.7, 0.13, -5.0)):
        with pytest.raises(BadInputError):
            View(*wrong)
    with pytest.raises(BadInputError, match="refraction"):
        sweep(ground(rough(9, 10, 10)), AROUND, view=View(1.7, 1.5))
    with pytest.raises(BadInputError, match="bearings"):
        profile(ground(rough(9, 10, 10)), 2)


def test_without_numba_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "witnessmark.lines.terrain.kernels", raising=False)
    with pytest.raises(ProviderError, match=r"witnessmark\[terrain\]"):
        sweep(ground(rough(9, 10, 10)), AROUND)
