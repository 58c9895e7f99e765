"""A pose fitted to a noisy line keeps the lens it was seen with: what is given are errors in pixels, not in degrees."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from witnessmark.lines.terrain.pose_kernels import POSE, direct, fit_pose

FOCAL_PX, NOISE_PX, COLUMNS = 1000.0, 10.0, 120
STEP_DEG, FIRST_DEG = 0.25, -60.0
BEARINGS = FIRST_DEG + STEP_DEG * np.arange(481)
HILLS = 1.2 * np.sin(np.radians(9.0 * BEARINGS)) + 0.8 * np.sin(np.radians(23.0 * BEARINGS) + 1.0)
CRESTS = np.stack([np.full(len(HILLS), np.nan), HILLS])


def fitted(seed: int, start: float) -> float:
    """The lens fitted to a noisy line, as its log over the true one."""
    a = np.linspace(-500.0, 500.0, COLUMNS)
    truth = np.array([0.0, 0.0, 0.0, np.log(FOCAL_PX), 0.0])
    b = np.zeros(COLUMNS)
    for _ in range(30):
        for j in range(COLUMNS):
            azimuth, seen = direct(True, a[j], b[j], truth)
            b[j] += FOCAL_PX * np.radians(np.interp(azimuth, BEARINGS, HILLS) - seen)
    b += np.random.default_rng(seed).normal(0.0, NOISE_PX, COLUMNS)
    low, high = np.log(FOCAL_PX) - 0.2, np.log(FOCAL_PX) + 0.2
    priors = np.array([0.0, 1.0 / 25.0, 0.0, 1.0 / 4.0, low, high, 0.0, 1.0])
    pose, sigma = truth.copy(), np.full(COLUMNS, np.degrees(NOISE_PX / FOCAL_PX))
    pose[3] += start
    fit_pose(
        True, a, b, sigma, np.zeros(COLUMNS, np.int8), CRESTS, np.full(CRESTS.shape, 20_000.0), FIRST_DEG, STEP_DEG,
        (0.0, 250.0, 0.0, 120.0, 0.5), priors, 1e6, 1.0, 20, pose, np.empty((4, 2, COLUMNS)),
        np.zeros((POSE, POSE)),
    )  # fmt: skip
    return float(pose[3] - np.log(FOCAL_PX))


@pytest.mark.parametrize("start", [-0.08, 0.08])
def test_noise_does_not_narrow_the_lens(start: float) -> None:
    off = np.array([fitted(seed, start) for seed in range(40)])
    assert abs(off.mean()) < 3.0 * off.std() / np.sqrt(len(off)) + 0.002
    assert 0.002 < off.std() < 0.05
