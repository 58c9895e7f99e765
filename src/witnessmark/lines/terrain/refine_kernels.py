"""The loops of the refinement: short-list places marched on fine ground, poses fitted under Student's t."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.following import follow
from witnessmark.lines.terrain.kernels import compiled
from witnessmark.lines.terrain.march_kernels import bilinear

Floats = NDArray[np.float64]
Heights = NDArray[np.float32]
DEGREE = 57.29577951308232
POSE = 5
"""Heading, pitch, roll [deg], log of the scale, and how much the eye is higher than thought over what it sees [m]."""
EYE_NEAREST_M = 30.0
"""Ridges nearer than this do not go with the eye's height any further."""
NUDGE = 0.02
"""Of an angle for its derivative [deg]."""
EDGE_PRECISION = 2500.0
"""Of the log scale beyond the ends of what was given: 2 %."""
UNSEEN_NATS = 4.0
"""What a column costs for which there is no terrain."""


@compiled
def look_round(
    near: Heights,
    near_at: tuple[float, float, float],
    far: Heights,
    far_at: tuple[float, float, float],
    highest_m: float,
    split_m: float,
    growth: float,
    x_m: float,
    y_m: float,
    eye_m: float,
    first_deg: float,
    step_deg: float,
    bend: float,
    elevation: Floats,
    range_m: Floats,
) -> None:
    """Elevations of the skyline [deg] and its distance, with steps that grow with the distance.

    Parameters
    ----------
    near, far : ndarray of float32
        Fine ground, and wider ground from `split_m` on.
    near_at, far_at : tuple of float
        West and south of the first post and the spacing [m].
    highest_m : float
        Of all posts: no ray goes on when nothing can rise above what it has seen.
    growth : float
        A step as a share of the distance at the least.
    first_deg, step_deg : float
        Bearings in the grid.
    elevation, range_m : ndarray of float64, shape (n,)
        Filled; NaN where nothing is known.
    """
    for k in range(len(elevation)):
        azimuth = (first_deg + k * step_deg) / DEGREE
        east, north = np.sin(azimuth), np.cos(azimuth)
        best, at_best, before, after = -np.inf, np.nan, 0.0, 0.0
        step = 0.7 * near_at[2]
        d = step
        while True:
            if d < split_m:
                h = bilinear(
                    near, (x_m + east * d - near_at[0]) / near_at[2], (y_m + north * d - near_at[1]) / near_at[2]
                )
            else:
                column, row = (x_m + east * d - far_at[0]) / far_at[2], (y_m + north * d - far_at[1]) / far_at[2]
                if not (0.0 <= row <= far.shape[0] - 1 and 0.0 <= column <= far.shape[1] - 1):
                    break
                h = bilinear(far, column, row)
            t = (h - eye_m - bend * d * d) / d
            if t > best:
                best, at_best, before = t, d, step
                after = max(step, growth * d)
            elif (highest_m - eye_m - bend * d * d) / d < best:
                break
            step = max(0.7 * (near_at[2] if d < split_m else far_at[2]), growth * d)
            d += step
        if at_best == at_best:
            top, at_top = best, at_best
            for m in range(-3, 4):
                if m == 0:
                    continue
                d = at_best + (m * 0.25) * (before if m < 0 else after)
                if d < split_m:
                    h = bilinear(
                        near, (x_m + east * d - near_at[0]) / near_at[2], (y_m + north * d - near_at[1]) / near_at[2]
                    )
                else:
                    h = bilinear(
                        far, (x_m + east * d - far_at[0]) / far_at[2], (y_m + north * d - far_at[1]) / far_at[2]
                    )
                t = (h - eye_m - bend * d * d) / d
                if t > top:
                    top, at_top = t, d
            elevation[k], range_m[k] = np.arctan(top) * DEGREE, at_top
        else:
            elevation[k], range_m[k] = np.nan, np.nan


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
def weigh(
    pinhole: bool,
    a: Floats,
    b: Floats,
    sigma_deg: Floats,
    side: NDArray[np.int8],
    elevation: Floats,
    range_m: Floats,
    first_deg: float,
    step_deg: float,
    error: tuple[float, float, float, float, float],
    priors: Floats,
    tail: float,
    share: float,
    pose: Floats,
    residual: Floats,
    sigma: Floats,
    normal: Floats,
    right: Floats,
) -> float:
    """Log density of a pose at one place, its residuals and its normal equations.

    Parameters
    ----------
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
    residual : ndarray of float64, shape (n,)
        Filled: terrain above the line [deg]; NaN where there is none.
    sigma : ndarray of float64, shape (4, n)
        Filled: standard errors of the column, of its tracing and of the ground there [deg], and its distance [m].
    normal, right : ndarray of float64, shapes (5, 5) and (5,)
        Filled.
    """
    score = priors_of(pose, priors, normal, right)
    trial, change = np.empty(POSE), np.empty(POSE)
    for j in range(len(a)):
        azimuth, seen = direct(pinhole, a[j], b[j], pose)
        at = ((azimuth - first_deg) % 360.0) / step_deg
        low = int(np.floor(at))
        residual[j], sigma[:, j] = np.nan, np.nan
        if low >= len(elevation) - 1:
            score -= share * UNSEEN_NATS
            continue
        part = at - low
        e0, e1 = elevation[low], elevation[low + 1]
        if e0 != e0 or e1 != e1:
            score -= share * UNSEEN_NATS
            continue
        far = range_m[low] if part < 0.5 else range_m[low + 1]
        slope = (e1 - e0) / step_deg
        white, ground = np.hypot(sigma_deg[j], slope * error[2]), error[0] / (far + error[1])
        spread = np.hypot(white, ground)
        sinks = -DEGREE / max(far, EYE_NEAREST_M)
        left = e0 + part * (e1 - e0) + sinks * pose[4] - seen
        residual[j] = left
        sigma[0, j], sigma[1, j], sigma[2, j], sigma[3, j] = spread, white, ground, far
        if side[j] == 1 and left < 0.0:
            continue
        square = (left / spread) ** 2
        score -= share * (0.5 * (tail + 1.0) * np.log(1.0 + square / tail) + np.log(spread))
        w = share * (tail + 1.0) / (tail + square) / (spread * spread)
        for m in range(POSE - 1):
            nudge = NUDGE if m < 3 else NUDGE / 40.0
            trial[:] = pose
            trial[m] += nudge
            azimuth2, seen2 = direct(pinhole, a[j], b[j], trial)
            change[m] = ((azimuth2 - azimuth) * slope - (seen2 - seen)) / nudge
        change[POSE - 1] = sinks
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
    elevation: Floats,
    range_m: Floats,
    first_deg: float,
    step_deg: float,
    error: tuple[float, float, float, float, float],
    priors: Floats,
    tail: float,
    share: float,
    steps: int,
    pose: Floats,
    residual: Floats,
    sigma: Floats,
    normal: Floats,
) -> float:
    """Fit a pose to one place's skyline by Gauss-Newton, damped where it does not gain; see `weigh`.

    Returns
    -------
    float
        Log density of the pose with all columns, the ground's errors alike in neighbours; see `following.follow`.
    """
    right, damping = np.zeros(POSE), 1e-3
    trial, trial_normal, trial_right = pose.copy(), np.zeros((POSE, POSE)), np.zeros(POSE)
    best = weigh(
        pinhole, a, b, sigma_deg, side, elevation, range_m, first_deg, step_deg, error, priors, tail, share, pose,
        residual, sigma, normal, right,
    )  # fmt: skip
    for _ in range(steps):
        move = solved(normal, right, damping)
        move[0] = min(max(move[0], -4.0), 4.0)
        move[3] = min(max(move[3], -0.06), 0.06)
        move[4] = min(max(move[4], -5.0), 5.0)
        trial[:] = pose + move
        score = weigh(
            pinhole, a, b, sigma_deg, side, elevation, range_m, first_deg, step_deg, error, priors, tail, share, trial,
            residual, sigma, trial_normal, trial_right,
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
        pinhole, a, b, sigma_deg, side, elevation, range_m, first_deg, step_deg, error, priors, tail, share, pose,
        residual, sigma, trial_normal, trial_right,
    )  # fmt: skip
    seen = follow(residual, sigma[1], sigma[2], sigma[3], side, error[4], error[3], tail, UNSEEN_NATS)
    return priors_of(pose, priors, trial_normal, trial_right) + share * seen


@compiled
def try_places(
    near: Heights,
    near_at: tuple[float, float, float],
    far: Heights,
    far_at: tuple[float, float, float],
    highest_m: float,
    split_m: float,
    growth: float,
    eye_height_m: float,
    bend: float,
    pinhole: bool,
    a: Floats,
    b: Floats,
    sigma_deg: Floats,
    side: NDArray[np.int8],
    half_span_deg: float,
    step_deg: float,
    error: tuple[float, float, float, float, float],
    priors: Floats,
    tail: float,
    share: float,
    steps: int,
    offsets_m: Floats,
    shrinks: int,
    reach_m: float,
    places: Floats,
    poses: Floats,
    scores: Floats,
    facts: Floats,
) -> None:
    """Fit each candidate from the places around it, and go on to the best of them, ever closer.

    Parameters
    ----------
    half_span_deg : float
        Bearings to either side of the heading that are looked along.
    offsets_m : ndarray of float64, shape (k, 2)
        East and north of the places tried around a candidate; the first round tries all of them.
    shrinks : int
        Further rounds, each with half the offsets, around the best of the round before; where there are any, a round
        that gains moves on with the same offsets, up to five times.
    reach_m : float
        No place farther than this from the candidate is tried.
    places : ndarray of float64, shape (n, 2)
        Changed to the best.
    poses : ndarray of float64, shape (n, 5)
        Changed to the best.
    scores : ndarray of float64, shape (n,)
        Filled; -inf where no ground is.
    facts : ndarray of float64, shape (n, 2), or (0, 2) when nobody asks
        Filled: root mean square of the residuals that count [deg], and the standard error of the heading [deg].
    """
    n_az = int(np.ceil(2.0 * half_span_deg / step_deg)) + 1
    elevation, range_m = np.empty(n_az), np.empty(n_az)
    residual, sigma, normal = np.empty(len(a)), np.empty((4, len(a))), np.zeros((POSE, POSE))
    pose, right = np.empty(POSE), np.empty(POSE)
    for c in range(len(places)):
        x0, y0 = places[c, 0], places[c, 1]
        at_x, at_y = x0, y0
        best, best_x, best_y = -np.inf, x0, y0
        best_pose = poses[c].copy()
        size, again = 1.0, 0
        for shrink in range(shrinks + 1):
            again = 0
            while True:
                gained = False
                for k in range(len(offsets_m)):
                    if (shrink > 0 or again > 0) and offsets_m[k, 0] == 0.0 and offsets_m[k, 1] == 0.0:
                        continue
                    x, y = at_x + size * offsets_m[k, 0], at_y + size * offsets_m[k, 1]
                    if (x - x0) ** 2 + (y - y0) ** 2 > reach_m * reach_m:
                        continue
                    stands = bilinear(near, (x - near_at[0]) / near_at[2], (y - near_at[1]) / near_at[2])
                    if stands != stands:
                        continue
                    pose[:] = best_pose
                    first = pose[0] - half_span_deg
                    look_round(
                        near, near_at, far, far_at, highest_m, split_m, growth, x, y, stands + eye_height_m, first,
                        step_deg, bend, elevation, range_m,
                    )  # fmt: skip
                    score = fit_pose(
                        pinhole, a, b, sigma_deg, side, elevation, range_m, first, step_deg, error, priors, tail, share,
                        steps, pose, residual, sigma, normal,
                    )  # fmt: skip
                    if score > best:
                        best, best_x, best_y, gained = score, x, y, True
                        best_pose[:] = pose
                at_x, at_y = best_x, best_y
                again += 1
                if not gained or again > 5 or shrinks == 0:
                    break
            size *= 0.5
        places[c, 0], places[c, 1], scores[c] = best_x, best_y, best
        poses[c] = best_pose
        if len(facts) == 0:
            continue
        facts[c, :] = np.nan
        if best == -np.inf:
            continue
        stands = bilinear(near, (best_x - near_at[0]) / near_at[2], (best_y - near_at[1]) / near_at[2])
        first = best_pose[0] - half_span_deg
        look_round(
            near, near_at, far, far_at, highest_m, split_m, growth, best_x, best_y, stands + eye_height_m, first,
            step_deg, bend, elevation, range_m,
        )  # fmt: skip
        weigh(
            pinhole, a, b, sigma_deg, side, elevation, range_m, first, step_deg, error, priors, tail, share, best_pose,
            residual, sigma, normal, right,
        )  # fmt: skip
        summed, weights = 0.0, 0.0
        for j in range(len(a)):
            if residual[j] == residual[j] and (side[j] == 0 or residual[j] > 0.0):
                w = 1.0 / (tail + (residual[j] / sigma[0, j]) ** 2)
                summed += w * residual[j] * residual[j]
                weights += w
        right[:] = 0.0
        right[0] = 1.0
        facts[c, 0] = np.sqrt(summed / weights) if weights > 0.0 else np.nan
        facts[c, 1] = np.sqrt(max(solved(normal, right, 0.0)[0], 0.0))
