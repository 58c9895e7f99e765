"""The likelihood of residuals along a line: errors of the ground are alike in neighbouring columns, of tracing not.

Near ridges are wrong by much, but smoothly: a hill at 100 m that stands half a degree too low does so over its whole
width. Were its columns taken one by one, a true place with near ridges would lose to any place whose ridges are far.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.kernels import compiled

Floats = NDArray[np.float64]


ALWAYS = 0.02
"""Chance that a crest is not in the way whatever the model says, and that it is."""


@compiled
def tailed(apart: float, tail: float) -> float:
    """Student's t without its constant."""
    return float((1.0 + apart * apart / tail) ** (-0.5 * (tail + 1.0)))


@compiled
def below(apart: float) -> float:
    """Chance that a crest lies lower than something so many standard errors above it."""
    return float(ALWAYS + (0.5 - ALWAYS) * math.erfc(-apart * 0.7071067811865476))


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


@compiled
def follow_two(
    about: Floats,
    side: NDArray[np.int8],
    width_deg: float,
    alike_m: float,
    tail: float,
    least: float,
    unseen_nats: float,
) -> float:
    """Log density of a line that is the higher of two crests in each column, each with errors as in `follow`.

    Parameters
    ----------
    about : ndarray of float64, shape (4, 2, n)
        See `pose_kernels.weigh`.
    least : float
        Density that no column goes below.

    Notes
    -----
    The density of the higher of two independent values is the sum over both of one's density times the chance that
    the other lies below. Each crest's error is followed by itself, moved as far as the crest is likely to be the one
    that is seen.
    """
    total = 0.0
    mean, variance, last_m = np.zeros(2), np.ones(2), np.zeros(2)
    density, under, apart, spread = np.empty(2), np.empty(2), np.empty(2), np.empty(2)
    for j in range(about.shape[2]):
        known, above = 0, False
        for i in range(2):
            density[i], under[i] = 0.0, 1.0
            residual, s, far = about[0, i, j], about[2, i, j], about[3, i, j]
            if residual != residual:
                continue
            known += 1
            above = above or residual > 0.0
            if side[j] == 0:
                if last_m[i] > 0.0:
                    kept = np.exp(-width_deg / 57.29577951308232 * far / alike_m)
                    kept *= min(far, last_m[i]) / max(far, last_m[i])
                    mean[i] *= kept
                    variance[i] = 1.0 - kept * kept * (1.0 - variance[i])
                last_m[i] = far
                apart[i], spread[i] = residual - s * mean[i], np.sqrt(s * s * variance[i] + about[1, i, j] ** 2)
            else:
                apart[i], spread[i] = residual, np.sqrt(s * s + about[1, i, j] ** 2)
            density[i] = tailed(apart[i] / spread[i], tail) / spread[i]
            under[i] = below(-apart[i] / spread[i])
        if known == 0:
            total -= unseen_nats
            continue
        if side[j] == 1:
            if above:
                for i in range(2):
                    if about[0, i, j] > 0.0:
                        total += np.log(tailed(apart[i] / spread[i], tail))
            continue
        each = density[0] * under[1], density[1] * under[0]
        both = each[0] + each[1] + least
        total += np.log(both)
        for i in range(2):
            if each[i] == 0.0:
                continue
            s, square = about[2, i, j], (apart[i] / spread[i]) ** 2
            gain = each[i] / both * s * variance[i] / spread[i] ** 2 * min(1.0, (tail + 1.0) / (tail + square))
            mean[i] += gain * apart[i]
            variance[i] -= gain * s * variance[i]
    return float(total)
