"""The loops of the refinement: short-list places marched on fine ground, a pose fitted at each, places moved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.crest_kernels import look_round
from witnessmark.lines.terrain.kernels import compiled
from witnessmark.lines.terrain.march_kernels import bilinear
from witnessmark.lines.terrain.pose_kernels import POSE, fit_pose, solved, weigh

Floats = NDArray[np.float64]
Heights = NDArray[np.float32]


@compiled
def misfit(about: Floats, side: NDArray[np.int8], tail: float) -> float:
    """Root mean square of the residuals that count, each to the crest nearer in standard errors [deg]; see `weigh`."""
    summed, weights = 0.0, 0.0
    for j in range(about.shape[2]):
        left, square = np.nan, np.inf
        for i in range(2):
            each = about[0, i, j]
            if each == each and each * each / (about[1, i, j] ** 2 + about[2, i, j] ** 2) < square:
                left, square = each, each * each / (about[1, i, j] ** 2 + about[2, i, j] ** 2)
        if left == left and (side[j] == 0 or left > 0.0):
            summed += left * left / (tail + square)
            weights += 1.0 / (tail + square)
    return float(np.sqrt(summed / weights)) if weights > 0.0 else np.nan


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
    crest_deg, range_m = np.empty((2, n_az)), np.empty((2, n_az))
    about, normal = np.empty((4, 2, len(a))), np.zeros((POSE, POSE))
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
                        step_deg, bend, crest_deg, range_m,
                    )  # fmt: skip
                    score = fit_pose(
                        pinhole, a, b, sigma_deg, side, crest_deg, range_m, first, step_deg, error, priors, tail, share,
                        steps, pose, about, normal,
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
            step_deg, bend, crest_deg, range_m,
        )  # fmt: skip
        weigh(
            pinhole, a, b, sigma_deg, side, crest_deg, range_m, first, step_deg, error, priors, tail, share, best_pose,
            about, normal, right,
        )  # fmt: skip
        facts[c, 0] = misfit(about, side, tail)
        right[:] = 0.0
        right[0] = 1.0
        facts[c, 1] = np.sqrt(max(solved(normal, right, 0.0)[0], 0.0))
