"""The likelihood of residuals along a line: errors of the ground are alike in neighbouring columns, of tracing not.

Near ridges are wrong by much, but smoothly: a hill at 100 m that stands half a degree too low does so over its whole
width. Were its columns taken one by one, a true place with near ridges would lose to any place whose ridges are far.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.kernels import compiled

Floats = NDArray[np.float64]


@compiled
def follow(
    residual: Floats,
    white: Floats,
    ground: Floats,
    range_m: Floats,
    side: NDArray[np.int8],
    width_deg: float,
    alike_m: float,
    tail: float,
    unseen_nats: float,
) -> float:
    """Log density of residuals in the order of their columns.

    Parameters
    ----------
    residual : ndarray of float64, shape (n,)
        [deg]; NaN where there is no terrain.
    white, ground : ndarray of float64, shape (n,)
        Standard errors of the tracing and of the ground [deg].
    range_m : ndarray of float64, shape (n,)
    side : ndarray of int8, shape (n,)
        See `sighting.Rays`.
    width_deg : float
        Between columns.
    alike_m : float
        Along a ridge after which the ground's errors are alike to 1/e.
    tail : float
        Degrees of freedom of the innovations.

    Notes
    -----
    A first-order Gauss-Markov error times `ground`, followed by a Kalman filter of one state (Kalman 1960,
    doi:10.1115/1.3662552): each column counts with what the columns before it leave open. Innovations are weighed as
    Student's t; one far out moves the state less. At a jump from one ridge to another the errors part in the ratio of
    the distances.
    """
    total, mean, variance, last_m = 0.0, 0.0, 1.0, 0.0
    for j in range(len(residual)):
        if residual[j] != residual[j]:
            total -= unseen_nats
            continue
        if side[j] == 1:
            if residual[j] > 0.0:
                error = white[j] * white[j] + ground[j] * ground[j]
                total -= 0.5 * (tail + 1.0) * np.log(1.0 + residual[j] * residual[j] / error / tail)
            continue
        far = range_m[j]
        if last_m > 0.0:
            kept = np.exp(-width_deg / 57.29577951308232 * far / alike_m) * min(far, last_m) / max(far, last_m)
            mean *= kept
            variance = 1.0 - kept * kept * (1.0 - variance)
        last_m = far
        s = ground[j]
        spread = s * s * variance + white[j] * white[j]
        apart = residual[j] - s * mean
        square = apart * apart / spread
        total -= 0.5 * (tail + 1.0) * np.log(1.0 + square / tail) + 0.5 * np.log(spread)
        gain = s * variance / spread * min(1.0, (tail + 1.0) / (tail + square))
        mean += gain * apart
        variance -= gain * s * variance
    return total
