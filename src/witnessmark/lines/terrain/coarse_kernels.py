"""The loops of the coarse search: every place, bearing and lens against one skyline, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.following import follow
from witnessmark.lines.terrain.kernels import compiled

Floats32 = NDArray[np.float32]
Floats = NDArray[np.float64]


@compiled
def unpack(
    codes: NDArray[np.int16],
    far: NDArray[np.uint8],
    tangent_step: float,
    ground_of_code: Floats32,
    lift_of_code: Floats32,
    turn_share: float,
    elevation: Floats32,
    variance: Floats32,
) -> None:
    """One place's horizon as elevations [deg] and variances of the ground's error in them, twice round.

    Parameters
    ----------
    codes, far : ndarray of int16 and uint8, shape (n_azimuths,)
        Packed tangents and distances; see `horizon.Profiles`.
    ground_of_code, lift_of_code : ndarray of float32, shape (256,)
        Variance of an elevation [deg2] by the distance of its ridge, and by how much the crest is too low.
    turn_share : float
        A bearing's error as a share of the step between bearings: slopes turn it into one of elevation.
    elevation, variance : ndarray of float32, shape (2 n_azimuths,)
        Filled; variance below 0 where nothing is known.
    """
    n = len(codes)
    for k in range(n):
        if far[k] == 0:
            elevation[k] = np.nan
        else:
            elevation[k] = np.float32(np.arctan(codes[k] * tangent_step) * 57.29577951308232) + lift_of_code[far[k]]
    for k in range(n):
        if elevation[k] != elevation[k]:
            variance[k] = -1.0
            continue
        left, right = elevation[k - 1 if k > 0 else n - 1], elevation[k + 1 if k < n - 1 else 0]
        slope = np.float32(0.0) if left != left or right != right else abs(right - left) * np.float32(0.5)
        turned = slope * np.float32(turn_share)
        variance[k] = ground_of_code[far[k]] + turned * turned
    for k in range(n):
        if elevation[k] != elevation[k]:
            elevation[k] = 0.0
        elevation[n + k], variance[n + k] = elevation[k], variance[k]


@compiled
def weigh_columns(
    variance: Floats32, traced_deg: float, log_unknown: float, weight: Floats32, log_sigma: Floats32
) -> None:
    """Weights of a horizon's bearings and logs of their errors, beside a line traced so well.

    Parameters
    ----------
    variance : ndarray of float32, shape (2 n_azimuths,)
        See `unpack`.
    traced_deg : float
    log_unknown : float
        What a bearing costs of which nothing is known.
    weight, log_sigma : ndarray of float32, shape (2 n_azimuths,)
        Filled.
    """
    n = len(variance) // 2
    traced = np.float32(traced_deg * traced_deg)
    for k in range(n):
        if variance[k] < 0.0:
            weight[k], log_sigma[k] = 0.0, log_unknown
        else:
            both = variance[k] + traced
            weight[k], log_sigma[k] = np.float32(1.0) / both, np.float32(0.5) * np.log(both)
    for k in range(n):
        weight[n + k], log_sigma[n + k] = weight[k], log_sigma[k]


@compiled
def add_columns(
    elevation: Floats32,
    weight: Floats32,
    log_sigma: Floats32,
    shift: NDArray[np.int32],
    seen: Floats32,
    cosine: Floats32,
    sine: Floats32,
    sums: Floats32,
) -> None:
    """Sums of the normal equations of pitch and roll for every heading under one lens and pitch.

    Parameters
    ----------
    shift : ndarray of int32, shape (n,)
        Bearings that each column lies to the right of the heading, from 0 to n_azimuths - 1.
    seen, cosine, sine : ndarray of float32, shape (n,)
        Elevation of each column [deg] and its change with pitch and roll.
    sums : ndarray of float32, shape (7, n_azimuths)
        Filled: of the squares, of pitch and roll against residuals, of pitch, both and roll, of log errors.
    """
    n_azimuths = sums.shape[1]
    sums[:] = 0.0
    s0, s1, s2, s3, s4, s5, s6 = sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6]
    for j in range(len(shift)):
        o, e, c, s = shift[j], seen[j], cosine[j], sine[j]
        cc, cs, ss = c * c, c * s, s * s
        t, w, g = elevation[o : o + n_azimuths], weight[o : o + n_azimuths], log_sigma[o : o + n_azimuths]
        # Few arrays a loop: with more the compiler cannot prove them apart and leaves the loop to single numbers.
        for h in range(n_azimuths):
            apart = t[h] - e
            weighed = w[h] * apart
            s0[h] += weighed * apart
            s1[h] += weighed * c
            s2[h] += weighed * s
        for h in range(n_azimuths):
            s3[h] += w[h] * cc
            s4[h] += w[h] * cs
            s5[h] += w[h] * ss
        for h in range(n_azimuths):
            s6[h] += g[h]


@compiled
def poses_of_headings(sums: Floats32, prior: Floats, unit_nats: float, density: Floats32, added: Floats32) -> None:
    """Pitch and roll that fit best at every heading, and the log density with them.

    Parameters
    ----------
    sums : ndarray of float32, shape (7, n_azimuths)
        See `add_columns`.
    prior : ndarray of float64, shape (6,)
        See `robust_score`.
    unit_nats : float
        Added: how much denser the line is in its own units than in degrees.
    density : ndarray of float32, shape (n_azimuths,)
    added : ndarray of float32, shape (2, n_azimuths)
        Filled: pitch and roll [deg].
    """
    p0, pp, r0, pr = np.float32(prior[0]), np.float32(prior[1]), np.float32(prior[2]), np.float32(prior[3])
    start = pp * p0 * p0 + pr * r0 * r0
    s0, s1, s2, s3, s4, s5, s6 = sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6]
    pitch, roll = added[0], added[1]
    for h in range(len(density)):
        bc, bs = s1[h] + pp * p0, s2[h] + pr * r0
        mcc, mcs, mss = s3[h] + pp, s4[h], s5[h] + pr
        over = np.float32(1.0) / (mcc * mss - mcs * mcs)
        pitch[h], roll[h] = (bc * mss - bs * mcs) * over, (bs * mcc - bc * mcs) * over
    for h in range(len(density)):
        gained = (s1[h] + pp * p0) * pitch[h] + (s2[h] + pr * r0) * roll[h]
        density[h] = np.float32(-0.5) * (s0[h] + start - gained) - s6[h] + np.float32(unit_nats)


@compiled
def robust_score(
    elevation: Floats32,
    variance: Floats32,
    far: NDArray[np.uint8],
    close: Floats32,
    heading: int,
    shift: NDArray[np.int32],
    seen: Floats32,
    cosine: Floats32,
    sine: Floats32,
    side: NDArray[np.int8],
    prior: Floats,
    tail: float,
    alike: tuple[float, float, float, float],
    unit: float,
    range_m: Floats32,
    about: Floats,
    pose: Floats,
) -> float:
    """Pitch, roll and the eye's height under Student's t, from those in `pose`, and the log density of all columns.

    Parameters
    ----------
    far : ndarray of uint8, shape (n_azimuths,)
        Codes of the distances.
    close : ndarray of float32, shape (256,)
        Change of an elevation with the eye's height, by the code of the distance [deg/m].
    prior : ndarray of float64, shape (6,)
        Means of what is still to add to pitch, roll [deg] and the eye's height [m], each with its precision.
    tail : float
        Degrees of freedom.
    alike : tuple of float
        Standard error of the tracing [deg], width of a bin [deg], metres in which errors are alike, and what a column
        without terrain costs; see `following.follow`.
    unit : float
        Degrees to a unit of the line, over those at the middle of the scales.
    range_m : ndarray of float32, shape (256,)
        Distance of each code.
    about : ndarray of float64, shape (4, n)
        Filled: residuals, errors of tracing and ground [deg], distances [m].
    pose : ndarray of float64, shape (4,)
        Changed; the last is set to the mean log error of the columns.
    """
    n = len(far)
    errors, change, told = 0.0, np.empty(3), 0
    traced = alike[0] * unit
    m, b = np.empty((3, 3)), np.empty(3)
    for step in range(4):
        m[:] = 0.0
        told = 0
        for i in range(3):
            mean, precision = prior[2 * i], prior[2 * i + 1]
            m[i, i], b[i] = precision, precision * mean
        for j in range(len(shift)):
            k = heading + shift[j]
            change[0], change[1], change[2] = cosine[j], sine[j], close[far[k if k < n else k - n]]
            apart = np.float64(elevation[k] - seen[j])
            left = apart - pose[0] * change[0] - pose[1] * change[1] - pose[2] * change[2]
            about[0, j], about[1, j], about[2, j] = np.nan, traced, 0.0
            about[3, j] = range_m[far[k if k < n else k - n]]
            if variance[k] < 0.0:
                continue
            about[0, j], about[2, j] = left, np.sqrt(np.float64(variance[k]))
            w = 1.0 / (np.float64(variance[k]) + traced * traced)
            if side[j] == 1 and left < 0.0:
                continue
            told += 1 - side[j]
            square = w * left * left
            w *= (tail + 1.0) / (tail + square)
            for i in range(3):
                b[i] += w * change[i] * apart
                for k2 in range(i + 1):
                    m[i, k2] += w * change[i] * change[k2]
        if step == 3:
            break
        # Cholesky of three unknowns, written out.
        l00 = np.sqrt(m[0, 0])
        l10, l20 = m[1, 0] / l00, m[2, 0] / l00
        l11 = np.sqrt(m[1, 1] - l10 * l10)
        l21 = (m[2, 1] - l20 * l10) / l11
        l22 = np.sqrt(m[2, 2] - l20 * l20 - l21 * l21)
        y0 = b[0] / l00
        y1 = (b[1] - l10 * y0) / l11
        y2 = (b[2] - l20 * y0 - l21 * y1) / l22
        pose[2] = y2 / l22
        pose[1] = (y1 - l21 * pose[2]) / l11
        pose[0] = (y0 - l10 * pose[1] - l20 * pose[2]) / l00
    for j in range(len(shift)):
        errors += 0.5 * np.log(about[2, j] ** 2 + traced * traced) if about[0, j] == about[0, j] else alike[3]
    pose[3] = errors / len(shift)
    total = told * np.log(unit) + follow(
        about[0], about[1], about[2], about[3], side, alike[1], alike[2], tail, alike[3]
    )
    for i in range(3):
        total -= 0.5 * prior[2 * i + 1] * (pose[i] - prior[2 * i]) ** 2
    return float(total)


@compiled
def score_places(
    codes: NDArray[np.int16],
    far: NDArray[np.uint8],
    tangent_step: float,
    tables: tuple[Floats32, Floats32, Floats32, Floats32],
    unit: Floats,
    turn_share: float,
    shift: NDArray[np.int32],
    seen: Floats32,
    cosine: Floats32,
    sine: Floats32,
    two_sided: int,
    side: NDArray[np.int8],
    prior: Floats,
    tail: float,
    alike: tuple[float, float, float, float],
    apart: int,
    tried_poses: int,
    allowed: Floats32,
    scores: Floats32,
    poses: Floats32,
) -> None:
    """The best poses of every place.

    Parameters
    ----------
    codes, far : ndarray, shape (n_places, n_azimuths)
    tables : tuple of ndarray of float32, shape (256,)
        See `unpack` and `robust_score`.
    unit : ndarray of float64, shape (n_lenses,)
        Degrees to a unit of the line in each lens, over those at the middle of the scales; equal ones side by side.
    shift, seen, cosine, sine : ndarray, shape (n_lenses, n)
        Of each lens with its pitch; those of the line first, then those that the ground lies below at most.
    two_sided : int
        How many are of the line.
    prior : ndarray of float64, shape (n_lenses, 6)
        See `robust_score`.
    alike : tuple of float
        See `robust_score`.
    apart : int
        Bearings between two poses of a place.
    tried_poses : int
        Of a place that are fitted robustly; the best are kept.
    allowed : ndarray of float32, shape (n_places, n_azimuths) or (1, 1)
        Added to each heading's log density; of the second shape when nothing is known of headings.
    scores : ndarray of float32, shape (n_places, n_poses)
        Filled: robust log densities, best first.
    poses : ndarray of float32, shape (n_places, n_poses, 5)
        Filled: heading [bearings], lens, pitch and roll added [deg], mean log error of the columns.
    """
    n_places, n_azimuths = codes.shape
    n_lenses, n_poses = shift.shape[0], scores.shape[1]
    elevation, variance = np.empty(2 * n_azimuths, np.float32), np.empty(2 * n_azimuths, np.float32)
    weight, log_sigma = np.empty(2 * n_azimuths, np.float32), np.empty(2 * n_azimuths, np.float32)
    sums = np.empty((7, n_azimuths), np.float32)
    best, best_lens = np.empty(n_azimuths, np.float32), np.empty(n_azimuths, np.int32)
    density, added = np.empty(n_azimuths, np.float32), np.empty((2, n_azimuths), np.float32)
    best_pose = np.empty((n_azimuths, 2), np.float32)
    pose = np.empty(4, np.float64)
    tried, kept = tried_poses, np.empty((tried_poses, 5), np.float32)
    value_of, about = np.empty(tried_poses, np.float32), np.empty((4, shift.shape[1]), np.float64)
    for place in range(n_places):
        unpack(
            codes[place],
            far[place],
            tangent_step,
            tables[0],
            tables[1],
            turn_share,
            elevation,
            variance,
        )
        best[:] = -np.inf
        for q in range(n_lenses):
            if q == 0 or unit[q] != unit[q - 1]:
                weigh_columns(variance, alike[0] * unit[q], alike[3], weight, log_sigma)
            add_columns(
                elevation,
                weight,
                log_sigma,
                shift[q, :two_sided],
                seen[q, :two_sided],
                cosine[q, :two_sided],
                sine[q, :two_sided],
                sums,
            )
            poses_of_headings(sums, prior[q], two_sided * np.log(unit[q]), density, added)
            for h in range(n_azimuths):
                if density[h] > best[h]:
                    best[h], best_lens[h] = density[h], q
                    best_pose[h, 0], best_pose[h, 1] = added[0, h], added[1, h]
        if allowed.shape[0] > 1:
            for h in range(n_azimuths):
                best[h] += allowed[place, h]
        for m in range(tried):
            h = int(np.argmax(best))
            q = best_lens[h]
            value_of[m], kept[m, :] = -np.inf, 0.0
            if best[h] == -np.inf:
                continue
            pose[0], pose[1], pose[2] = best_pose[h, 0], best_pose[h, 1], 0.0
            value_of[m] = robust_score(
                elevation, variance, far[place], tables[2], h, shift[q], seen[q], cosine[q], sine[q], side,
                prior[q], tail, alike, unit[q], tables[3], about, pose,
            )  # fmt: skip
            if allowed.shape[0] > 1:
                value_of[m] += allowed[place, h]
            kept[m, 0], kept[m, 1], kept[m, 2], kept[m, 3], kept[m, 4] = h, q, pose[0], pose[1], pose[3]
            for k in range(h - apart, h + apart + 1):
                best[k % n_azimuths] = -np.inf
        for m in range(n_poses):
            at = int(np.argmax(value_of))
            scores[place, m], poses[place, m, :] = value_of[at], kept[at]
            value_of[at] = -np.inf
