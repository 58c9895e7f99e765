"""How one picture lies in another: a transform from matched local features."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.features import mirrored, radians, size_share
from witnessmark.lines.copies.fingerprint import LocalFeatures

NEAR_BITS = 34
"""Features further apart do not match: 1 in 1000 unrelated ones is nearer (12 clips)."""
RATIO = 0.88
MOST_MATCHES = 420
REACH = 0.035
"""How far a feature may lie from where a similarity puts it, as a share of the longer side."""
CLOSE = 0.015
"""The same, after the transform was fitted."""
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Matched features of several frame pairs; all arrays have one row a match.

    Attributes
    ----------
    pair : ndarray of int64
        Row of the list of frame pairs.
    q, r : ndarray of float64, shape (n, 2)
        Places as shares of width and height; the reference's are mirrored already where the match is.
    ratio, turn : ndarray of float64
        Scale of the query feature over the reference's, as shares of the longer side; difference of directions [rad].
    """

    pair: NDArray[np.int64]
    q: NDArray[np.float64]
    r: NDArray[np.float64]
    ratio: NDArray[np.float64]
    turn: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A transform and what it rests on.

    Attributes
    ----------
    matrix : ndarray of float64, shape (3, 3)
        From reference to query, both as shares of width and height.
    inliers : ndarray of bool
        By match.
    support : float
        Inliers in different places, per best frame pair, summed.
    """

    matrix: Matrix
    inliers: NDArray[np.bool_]
    support: float


def match_frames(query: LocalFeatures, reference: LocalFeatures, pairs: NDArray[np.int64], turned: bool) -> Matched:
    """Mutually nearest features of pairs of frames.

    Parameters
    ----------
    query, reference : LocalFeatures
    pairs : ndarray of int64, shape (p, 2)
        Frame of the query, frame of the reference.
    turned : bool
        Mirror the reference.
    """
    rows: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    for number, (one, two) in enumerate(pairs):
        q0, q1 = int(query.first[one]), int(query.first[one + 1])
        r0, r1 = int(reference.first[two]), int(reference.first[two + 1])
        if q1 - q0 < 2 or r1 - r0 < 2:
            continue
        a = query.codes[q0:q1].view(np.uint64)
        codes = reference.codes[r0:r1]
        b = (mirrored(codes) if turned else codes).copy().view(np.uint64)
        apart = np.bitwise_count(a[:, None, 0] ^ b[None, :, 0]) + np.bitwise_count(a[:, None, 1] ^ b[None, :, 1])
        nearest = apart.argmin(axis=1)
        here = np.arange(len(a))
        distance = apart[here, nearest].astype(np.int64)
        second = np.partition(apart, 1, axis=1)[:, 1]
        good = (apart.argmin(axis=0)[nearest] == here) & (distance <= NEAR_BITS) & (distance <= RATIO * second)
        rows.append((np.full(int(good.sum()), number), here[good] + q0, nearest[good] + r0))
    if not rows:
        nothing = np.zeros(0, np.int64)
        rows = [(nothing, nothing, nothing)]
    pair, qi, ri = (np.concatenate(column).astype(np.int64) for column in zip(*rows, strict=True))
    return matched_rows(query, reference, pair, qi, ri, turned)


def matched_rows(
    query: LocalFeatures,
    reference: LocalFeatures,
    pair: NDArray[np.int64],
    qi: NDArray[np.int64],
    ri: NDArray[np.int64],
    turned: bool,
) -> Matched:
    """Matches by the rows of their features."""
    full = float(np.iinfo(query.x.dtype).max), float(np.iinfo(reference.x.dtype).max)
    q = np.stack([query.x[qi], query.y[qi]], axis=1) / full[0]
    r = np.stack([reference.x[ri], reference.y[ri]], axis=1) / full[1]
    angle = radians(reference.angle[ri])
    if turned:
        r[:, 0] = 1.0 - r[:, 0]
        angle = np.pi - angle
    turn = (radians(query.angle[qi]) - angle + np.pi) % (2 * np.pi) - np.pi
    return Matched(pair, q, r, size_share(query.size[qi]) / size_share(reference.size[ri]), turn)


def fits(matched: Matched, q_size: tuple[int, int], r_size: tuple[int, int], keep: int = 2) -> list[Fit]:
    """The best transforms that many matches share, best first; later ones explain matches that earlier ones do not.

    Parameters
    ----------
    matched : Matched
    q_size, r_size : tuple of int
        Width and height of the pictures [px]; only their ratio matters.
    keep : int

    Notes
    -----
    Every match alone proposes a similarity (its places, scales and directions), and the proposal with the most support
    is refined to an affine map by least squares, and to a homography where that fits clearly better.
    """
    q_unit, r_unit = _unit(q_size), _unit(r_size)
    q, r = matched.q * q_unit, matched.r * r_unit
    left = np.arange(len(q))[:MOST_MATCHES]
    found: list[Fit] = []
    for _ in range(keep):
        if len(left) < 4:
            break
        chosen = _proposed(q[left], r[left], matched.ratio[left], matched.turn[left])
        if chosen.sum() < 4:
            break
        affine = _refined(q, r, left[chosen])
        if affine is None:
            break
        matrix, inliers = affine
        shares = np.diag([1 / q_unit[0], 1 / q_unit[1], 1.0]) @ matrix @ np.diag([r_unit[0], r_unit[1], 1.0])
        found.append(Fit(shares / shares[2, 2], inliers, _support(matched.pair[inliers], q[inliers])))
        left = left[~inliers[left]]
    return sorted(found, key=lambda fit: -fit.support)


def _unit(size: tuple[int, int]) -> NDArray[np.float64]:
    return np.array(size, dtype=np.float64) / max(size)


def _proposed(
    q: NDArray[np.float64], r: NDArray[np.float64], ratio: NDArray[np.float64], turn: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Matches that agree with the best single match."""
    a, b = ratio * np.cos(turn), ratio * np.sin(turn)
    x = a[:, None] * r[None, :, 0] - b[:, None] * r[None, :, 1]
    y = b[:, None] * r[None, :, 0] + a[:, None] * r[None, :, 1]
    own = np.arange(len(q))
    x += (q[:, 0] - x[own, own])[:, None]
    y += (q[:, 1] - y[own, own])[:, None]
    miss = np.hypot(x - q[None, :, 0], y - q[None, :, 1])
    scale = np.abs(np.log(ratio[:, None] / ratio[None, :])) < 0.4
    spin = np.abs((turn[:, None] - turn[None, :] + np.pi) % (2 * np.pi) - np.pi) < 0.45
    agree = (miss < REACH) & scale & spin
    return np.asarray(agree[int(np.argmax(np.where(agree, 1.0 - miss / (2 * REACH), 0.0).sum(axis=1)))])


def _refined(
    q: NDArray[np.float64], r: NDArray[np.float64], rows: NDArray[np.intp]
) -> tuple[Matrix, NDArray[np.bool_]] | None:
    """Least squares over the inliers, taken anew three times; a homography where it fits clearly better."""
    matrix: Matrix = np.eye(3)
    reach = REACH
    for _ in range(4):
        if len(rows) < 4 or np.linalg.matrix_rank(r[rows] - r[rows].mean(axis=0), tol=1e-3) < 2:
            return None
        matrix = _affine(q[rows], r[rows])
        miss = np.hypot(*(_map(matrix, r) - q).T)
        rows, reach = np.flatnonzero(miss < reach), max(CLOSE, reach * 0.7)
    inliers = np.hypot(*(_map(matrix, r) - q).T) < CLOSE
    if inliers.sum() < 4 or not 0.02 < abs(np.linalg.det(matrix[:2, :2])) < 50:
        return None
    if inliers.sum() >= 16:
        wide = np.hypot(*(_map(matrix, r) - q).T) < 2.5 * CLOSE
        skewed, _ = cv2.findHomography(r[wide], q[wide], cv2.RANSAC, CLOSE * 0.7)
        if skewed is not None and abs(np.linalg.det(skewed)) > 1e-4:
            better = np.hypot(*(_map(skewed, r) - q).T) < CLOSE
            if better.sum() >= 1.15 * inliers.sum():
                return np.asarray(skewed / skewed[2, 2], dtype=np.float64), better
    return matrix, inliers


def _affine(q: NDArray[np.float64], r: NDArray[np.float64]) -> Matrix:
    """Least squares, drawn a little towards a similarity so that few matches on a line do not shear it."""
    columns = np.concatenate([r, np.ones((len(r), 1))], axis=1)
    free = np.linalg.lstsq(columns, q, rcond=None)[0].T
    centre_r, centre_q = r.mean(axis=0), q.mean(axis=0)
    a, b = r - centre_r, q - centre_q
    power = max(float((a * a).sum()), 1e-9)
    cos, sin = float((a * b).sum()) / power, float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / power
    rigid = np.array([[cos, -sin], [sin, cos]])
    trust = len(r) / (len(r) + 12.0)
    linear = trust * free[:, :2] + (1 - trust) * rigid
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = linear, centre_q - linear @ centre_r
    return matrix


def _map(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    weight = np.where(np.abs(moved[:, 2:]) < 1e-6, 1e-6, moved[:, 2:])
    return np.asarray(moved[:, :2] / weight)


def _support(pair: NDArray[np.int64], q: NDArray[np.float64]) -> float:
    """Inliers counted once a place and pair: features piled up in one spot say little more than one."""
    cell = (np.floor(q * 16).astype(np.int64) * np.array([1, 64])).sum(axis=1)
    return float(len(np.unique(cell + 4096 * pair)))
