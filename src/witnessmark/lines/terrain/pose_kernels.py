"""The pose of a camera at one place, fitted to a line under Student's t, and how well the line goes with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.following import below, follow_two, tailed
from witnessmark.lines.terrain.kernels import compiled

Floats = NDArray[np.float64]
DEGREE = 57.29577951308232
POSE = 5
"""Heading, pitch, roll [deg], log of the scale, and how much the eye is higher than thought over what it sees [m]."""
EYE_NEAREST_M = 30.0
"""Ridges nearer than this do not go with the eye's height any further."""
NUDGE = 0.0005
"""Of the log scale for its derivative."""
EDGE_PRECISION = 2500.0
"""Of the log scale beyond the ends of what was given: 2 %."""
UNSEEN_NATS = 4.0
"""What a column costs for which there is no terrain."""
LEAST_DENSITY = 1e-12
GROUND_UNIT = 0.5
"""Of a column whose error is the ground's, the share that has the line's unit: one smooth error fills many columns, and
the pose takes part of it up. On development questions 1 held too wide a lens for near ridges, 0 too narrow a one.
"""


@compiled
def direct(pinhole: bool, a: float, b: float, pose: Floats) -> tuple[float, float]:
    """Bearing and elevation [deg] of a point under a pose; see `sighting.directions_rad`."""
    scale = np.exp(pose[3])
    if pinhole:
        forward, right, up = 1.0, a / scale, b / scale
    else:
        forward, right = np.cos(b * scale) * np.cos(a * scale), np.cos(b * scale) * np.sin(a * scale)
        up = np.sin(b * scale)
    pitch, roll = pose[1] / DEGREE, pose[2] / DEGREE
    right, up = right * np.cos(roll) + up * np.sin(roll), up * np.cos(roll) - right * np.sin(roll)
    ahead, above = forward * np.cos(pitch) - up * np.sin(pitch), forward * np.sin(pitch) + up * np.cos(pitch)
    turn = np.arctan2(right, ahead)
    return pose[0] + turn * DEGREE, np.arctan2(above, np.hypot(right, ahead)) * DEGREE


@compiled
def turns(pose: Floats, azimuth: float, seen: float, turned: Floats) -> None:
    """How a direction turns with heading, pitch and roll.

    Parameters
    ----------
    azimuth, seen : float
        As `direct` gives them.
    turned : ndarray of float64, shape (4, 2)
        Its first rows are filled: degrees of bearing and of elevation a degree of each.

    Notes
    -----
    Turning about an axis w moves a direction r by w x r. Pitch turns about the level axis to the right, roll about the
    camera's own; the components along the bearing and the elevation are what is wanted.
    """
    turn, up, pitch = (azimuth - pose[0]) / DEGREE, seen / DEGREE, pose[1] / DEGREE
    sin_t, cos_t, sin_u, cos_u = np.sin(turn), np.cos(turn), np.sin(up), np.cos(up)
    sin_p, cos_p = np.sin(pitch), np.cos(pitch)
    turned[0, 0], turned[0, 1] = 1.0, 0.0
    turned[1, 0], turned[1, 1] = sin_t * sin_u / cos_u, cos_t
    right, above = cos_u * sin_t, cos_p * sin_u - sin_p * cos_u * cos_t
    ahead = right * sin_p
    turned[2, 0] = (above * cos_t - ahead * sin_t) / cos_u
    turned[2, 1] = -sin_u * (ahead * cos_t + above * sin_t) - right * cos_p * cos_u


@compiled
def solved(normal: Floats, right: Floats, damping: float) -> Floats:
    """The step of damped normal equations, by Cholesky; zero where they have no solution."""
    n = len(right)
    lower, step = np.zeros((n, n)), right.copy()
    for i in range(n):
        for j in range(i + 1):
            value = normal[i, j]
            if i == j:
                value += damping * normal[i, i] + 1e-9
            for k in range(j):
                value -= lower[i, k] * lower[j, k]
            if i == j:
                if value <= 0.0:
                    step[:] = 0.0
                    return step
                lower[i, i] = np.sqrt(value)
            else:
                lower[i, j] = value / lower[j, j]
    for i in range(n):
        for k in range(i):
            step[i] -= lower[i, k] * step[k]
        step[i] /= lower[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            step[i] -= lower[k, i] * step[k]
        step[i] /= lower[i, i]
    return step


@compiled
def priors_of(pose: Floats, priors: Floats, normal: Floats, right: Floats) -> float:
    """Log density of a pose by itself; its normal equations are set."""
    normal[:], right[:] = 0.0, 0.0
    score = 0.0
    for m in range(2):
        off = pose[1 + m] - priors[2 * m]
        score -= 0.5 * priors[2 * m + 1] * off * off
        normal[1 + m, 1 + m] += priors[2 * m + 1]
        right[1 + m] -= priors[2 * m + 1] * off
    low, high = priors[4], priors[5]
    off = pose[3] - low if pose[3] < low else (pose[3] - high if pose[3] > high else 0.0)
    if off != 0.0 or high - low < 1e-6:
        score -= 0.5 * EDGE_PRECISION * off * off
        normal[3, 3] += EDGE_PRECISION
        right[3] -= EDGE_PRECISION * off
    off = pose[4] - priors[6]
    score -= 0.5 * priors[7] * off * off
    normal[4, 4] += priors[7]
    right[4] -= priors[7] * off
    return float(score)


@compiled
def grown(pinhole: bool, pose: Floats, priors: Floats) -> float:
    """Degrees that a unit of the line stands for under a pose, over those at the middle of the scales.

    A line is traced in pixels: the narrower the lens, the fewer degrees its errors are, and the density of the line
    itself is that of its degrees times this. Without it the narrowest lens allowed would fit everything best.
    """
    away = pose[3] - 0.5 * (priors[4] + priors[5])
    return float(np.exp(-away if pinhole else away))


@compiled
def in_units(about: Floats, sigma_deg: Floats, side: NDArray[np.int8]) -> float:
    """How many columns have the line's unit in their density; see `weigh` and `GROUND_UNIT`."""
    total = 0.0
    for j in range(about.shape[2]):
        share, square = -1.0, np.inf
        for i in range(2):
            variance = about[1, i, j] ** 2 + about[2, i, j] ** 2
            if about[0, i, j] == about[0, i, j] and about[0, i, j] ** 2 / variance < square:
                square = about[0, i, j] ** 2 / variance
                share = min(1.0, sigma_deg[j] ** 2 / variance)
        if side[j] == 0 and share >= 0.0:
            total += GROUND_UNIT + (1.0 - GROUND_UNIT) * share
    return total


@compiled
def weigh(
    pinhole: bool,
    a: Floats,
    b: Floats,
    sigma_deg: Floats,
    side: NDArray[np.int8],
    crest_deg: Floats,
    range_m: Floats,
    first_deg: float,
    step_deg: float,
    error: tuple[float, float, float, float, float],
    priors: Floats,
    tail: float,
    share: float,
    pose: Floats,
    about: Floats,
    normal: Floats,
    right: Floats,
) -> float:
    """Log density of a pose at one place, its residuals and its normal equations.

    Each column is the higher of two crests, each off by an error of its own: the density of the higher is that of
    either where the other lies below. Both pull at the pose as far as they are likely to be the one that is seen.

    Parameters
    ----------
    crest_deg, range_m : ndarray of float64, shape (2, n_bearings)
        See `crest_kernels.look_round`.
    error : tuple of float
        Of the ground: degrees times metres that become an error when divided by the distance and so many more metres,
        these, the error of a bearing [deg] that slopes turn into one of elevation, metres along a ridge in which the
        ground's errors are alike, and the degrees between columns.
    priors : ndarray of float64, shape (8,)
        Means and precisions of pitch and roll [deg], lowest and highest log scale, mean and precision of the eye's
        height [m].
    tail : float
        Degrees of freedom of Student's t.
    share : float
        Independent columns a column.
    about : ndarray of float64, shape (4, 2, n)
        Filled of each crest: terrain above the line [deg], NaN where there is none; standard errors of the tracing and
        of the ground there [deg]; distance [m].
    normal, right : ndarray of float64, shapes (5, 5) and (5,)
        Filled.
    """
    score = priors_of(pose, priors, normal, right)
    trial, change, turned = np.empty(POSE), np.empty(POSE), np.empty((POSE - 1, 2))
    density, under, slope = np.empty(2), np.empty(2), np.empty(2)
    unit, grows = grown(pinhole, pose, priors), -1.0 if pinhole else 1.0
    log_unit = np.log(unit)
    for j in range(len(a)):
        azimuth, seen = direct(pinhole, a[j], b[j], pose)
        at = ((azimuth - first_deg) % 360.0) / step_deg
        low = int(np.floor(at))
        about[:, :, j] = np.nan
        known = 0
        traced = sigma_deg[j] * unit
        for i in range(2):
            density[i], under[i] = 0.0, 1.0
            if low >= crest_deg.shape[1] - 1:
                continue
            part = at - low
            e0, e1 = crest_deg[i, low], crest_deg[i, low + 1]
            if e0 != e0 or e1 != e1:
                continue
            known += 1
            far = range_m[i, low] if part < 0.5 else range_m[i, low + 1]
            slope[i] = (e1 - e0) / step_deg
            white, ground = np.hypot(traced, min(abs(slope[i]), 8.0) * error[2]), error[0] / (far + error[1])
            spread = np.hypot(white, ground)
            left = e0 + part * (e1 - e0) - DEGREE / max(far, EYE_NEAREST_M) * pose[4] - seen
            about[0, i, j], about[1, i, j], about[2, i, j], about[3, i, j] = left, white, ground, far
            density[i], under[i] = tailed(left / spread, tail) / spread, below(-left / spread)
        if known == 0:
            score -= share * UNSEEN_NATS
            continue
        if side[j] == 1 and not (about[0, 0, j] > 0.0 or about[0, 1, j] > 0.0):
            continue
        each = density[0] * under[1], density[1] * under[0]
        total = each[0] + each[1] + LEAST_DENSITY
        # The ground's errors are alike in neighbours and are no tracing: only the share that is tracing has the unit.
        traced_share = 0.0
        for i in range(2):
            if each[i] > 0.0:
                traced_share += each[i] / total * traced * traced / (about[1, i, j] ** 2 + about[2, i, j] ** 2)
        score += share * (np.log(total) + traced_share * log_unit)
        turns(pose, azimuth, seen, turned)
        trial[:] = pose
        trial[3] += NUDGE
        azimuth2, seen2 = direct(pinhole, a[j], b[j], trial)
        turned[3, 0], turned[3, 1] = (azimuth2 - azimuth) / NUDGE, (seen2 - seen) / NUDGE
        for i in range(2):
            chance = each[i] / total
            if chance < 1e-4:
                continue
            left, variance = about[0, i, j], about[1, i, j] ** 2 + about[2, i, j] ** 2
            square = left * left / variance
            pull = (tail + 1.0) / (tail + square)
            w = chance * share * pull / variance
            # The scale moves the line's own error too; twice the squared share, damped by the tail, is what that tells.
            part_traced = traced * traced / variance
            right[3] += chance * share * grows * pull * square * part_traced
            normal[3, 3] += chance * share * 2.0 * part_traced * part_traced * tail / (tail + 3.0)
            for m in range(POSE - 1):
                change[m] = turned[m, 0] * slope[i] - turned[m, 1]
            change[POSE - 1] = -DEGREE / max(about[3, i, j], EYE_NEAREST_M)
            for m in range(POSE):
                right[m] -= w * change[m] * left
                for k in range(POSE):
                    normal[m, k] += w * change[m] * change[k]
    return float(score)


@compiled
def fit_pose(
    pinhole: bool,
    a: Floats,
    b: Floats,
    sigma_deg: Floats,
    side: NDArray[np.int8],
    crest_deg: Floats,
    range_m: Floats,
    first_deg: float,
    step_deg: float,
    error: tuple[float, float, float, float, float],
    priors: Floats,
    tail: float,
    share: float,
    steps: int,
    pose: Floats,
    about: Floats,
    normal: Floats,
) -> float:
    """Fit a pose to one place's skyline by Gauss-Newton, damped where it does not gain; see `weigh`.

    Returns
    -------
    float
        Log density of the line under the pose that fits best, the ground's errors alike in neighbouring columns; see
        `following.follow_two`.
    """
    right, damping = np.zeros(POSE), 1e-3
    trial, trial_normal, trial_right = pose.copy(), np.zeros((POSE, POSE)), np.zeros(POSE)
    best = weigh(
        pinhole, a, b, sigma_deg, side, crest_deg, range_m, first_deg, step_deg, error, priors, tail, share, pose,
        about, normal, right,
    )  # fmt: skip
    for _ in range(steps):
        move = solved(normal, right, damping)
        move[0] = min(max(move[0], -4.0), 4.0)
        move[3] = min(max(move[3], -0.06), 0.06)
        move[4] = min(max(move[4], -5.0), 5.0)
        trial[:] = pose + move
        score = weigh(
            pinhole, a, b, sigma_deg, side, crest_deg, range_m, first_deg, step_deg, error, priors, tail, share, trial,
            about, trial_normal, trial_right,
        )  # fmt: skip
        if score > best:
            gained = score - best
            best, damping = score, damping * 0.3
            pose[:], normal[:], right[:] = trial, trial_normal, trial_right
            if gained < 0.01:
                break
        else:
            damping *= 10.0
            if damping > 1e3:
                break
    weigh(
        pinhole, a, b, sigma_deg, side, crest_deg, range_m, first_deg, step_deg, error, priors, tail, share, pose,
        about, normal, right,
    )  # fmt: skip
    seen = follow_two(about, side, error[4], error[3], tail, LEAST_DENSITY, UNSEEN_NATS)
    seen += np.log(grown(pinhole, pose, priors)) * in_units(about, sigma_deg, side)
    return float(priors_of(pose, priors, trial_normal, trial_right) + share * seen)
