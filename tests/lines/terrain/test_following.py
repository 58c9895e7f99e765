"""Errors that are alike in neighbours are told from errors that are not."""

from __future__ import annotations

import numpy as np
import pytest

from witnessmark.lines.terrain.following import follow

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
