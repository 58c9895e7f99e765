"""Errors that are alike in neighbours are told from errors that are not."""

from __future__ import annotations

import numpy as np
import pytest

from witnessmark.lines.terrain.following import follow, follow_two

N = 80
SIDE, FAR = np.zeros(N, np.int8), np.full(N, 300.0)
WHITE = np.full(N, 0.2)


def density(residual: np.ndarray, ground_deg: float, alike_m: float = 120.0, tail: float = 1e6) -> float:
    return float(follow(residual, WHITE, np.full(N, ground_deg), FAR, SIDE, 0.7, alike_m, tail, 4.0))


def test_it_is_the_normal_density_of_correlated_errors() -> None:
    """With normal tails the filter gives what the whole covariance matrix gives."""
    residual = np.random.default_rng(1).normal(0.0, 0.4, N)
    ground, alike_m = 0.6, 120.0
    apart = np.abs(np.subtract.outer(np.arange(N), np.arange(N))) * np.radians(0.7) * 300.0 / alike_m
    covariance = ground**2 * np.exp(-apart) + np.diag(WHITE**2)
    expected = -0.5 * residual @ np.linalg.solve(covariance, residual) - 0.5 * np.linalg.slogdet(covariance)[1]
    assert density(residual, ground) == pytest.approx(expected, abs=1e-2)


def test_a_smooth_error_of_a_near_ridge_costs_less_than_a_rough_one() -> None:
    smooth = 0.8 * np.sin(np.arange(N) / 25.0)
    rough = np.random.default_rng(2).permutation(smooth)
    assert density(smooth, 1.0, tail=3.0) > density(rough, 1.0, tail=3.0) + 20.0


def test_far_ridges_have_to_fit() -> None:
    smooth = 0.8 * np.sin(np.arange(N) / 25.0)
    assert density(smooth, 0.05, tail=3.0) < density(smooth, 1.0, tail=3.0)


def test_a_spike_costs_little_and_moves_nothing_after_it() -> None:
    clean = np.random.default_rng(3).normal(0.0, 0.2, N)
    spiked = clean.copy()
    spiked[40] += 6.0
    assert 5.0 < density(clean, 0.3, tail=3.0) - density(spiked, 0.3, tail=3.0) < 15.0


def test_columns_without_terrain_have_their_price_and_one_sided_ones_cost_nothing_below() -> None:
    residual = np.zeros(N)
    gone = residual.copy()
    gone[-1] = np.nan
    assert density(residual, 0.3) - density(gone, 0.3) == pytest.approx(4.0, abs=1.8)
    low, side = np.full(N, -3.0), np.ones(N, np.int8)
    ground = np.full(N, 0.3)
    assert float(follow(low, WHITE, ground, FAR, side, 0.7, 120.0, 3.0, 4.0)) == 0.0
    assert float(follow(-low, WHITE, ground, FAR, side, 0.7, 120.0, 3.0, 4.0)) < -100.0


def two(near: np.ndarray, far: np.ndarray, near_deg: float = 0.6) -> float:
    """Density of a line whose residuals to a near and to a far crest are given; NaN where there is none."""
    about = np.empty((4, 2, N))
    about[0, 0], about[0, 1] = near, far
    about[1] = 0.2
    about[2, 0], about[2, 1] = near_deg, 0.05
    about[3, 0], about[3, 1] = 300.0, 8000.0
    return float(follow_two(about, SIDE, 0.7, 120.0, 3.0, 1e-12, 4.0))


def test_one_crest_of_two_is_as_one_alone() -> None:
    residual, gone = np.random.default_rng(5).normal(0.0, 0.3, N), np.full(N, np.nan)
    assert two(residual, gone) == pytest.approx(density(residual, 0.6, tail=3.0), abs=1e-6)
    assert two(residual, residual - 30.0) == pytest.approx(two(residual, gone), abs=0.1 * N)


def test_a_near_hill_that_is_not_there_costs_less_when_what_it_hides_is_seen() -> None:
    """The model has a hill 1.5 degrees above the line: what stands behind it at the line's height explains that."""
    noise = np.random.default_rng(6).normal(0.0, 0.2, N)
    hill = np.where(np.arange(N) < 20, 1.5, -9.0) + noise
    assert two(hill, noise) > two(hill, noise - 4.0) + 20.0
    assert two(hill, noise) > two(hill, noise, near_deg=0.05) + 5.0
