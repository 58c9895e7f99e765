"""How a camera turned between frames of one pan, and its focal length: points found again, under rotations alone.

A point at pixel x of a frame with focal length f lies along r = (x - w/2, h/2 - y, f) of that frame's right, up and
forward axes. Between frames of one spot directions change by a rotation only; what stands near and moves against the
rest, or moves by itself, is left out as not following it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LONGER_SIDE_PX = 960
POINTS = 1500
CONTRAST = 0.015
"""SIFT's contrast threshold; the usual 0.04 finds little on hazy ground."""
DISTINCT = 0.8
"""A point's match is at most this much as far as its second (Lowe 2004, doi:10.1023/B:VISI.0000029664.99615.94)."""
FARTHEST = 3
"""Frames are compared with those up to so many further on."""
MOST_A_PAIR = 200
TRIALS = 300
TOLERANCE_SHARE = 1.0 / 240.0
"""A point follows a rotation when it is off by less than this share of the longer side."""
LEAST_FOLLOWING = 16
LEAST_SHARE = 0.25
"""Points, and share of the matched ones, that must follow for two frames to be joined."""
FOCAL_TRIALS = 7
ROUNDS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """Points that two frames share: pixels from the middle, right and up, in widths of the frame; shape (n, 2)."""

    one: int
    other: int
    at_one: Floats
    at_other: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Turned:
    """How the frames lie to one another.

    Attributes
    ----------
    rotation : ndarray of float64, shape (n_frames, 3, 3)
        Of each frame's axes (right, up, forward) to those of the first one that was joined.
    focal_widths : float
        Focal length in widths of the frame.
    """

    rotation: Floats
    focal_widths: float


def points_of(rgb: NDArray[np.uint8]) -> tuple[Floats, NDArray[np.float32]]:
    """Points of a frame, from its middle in widths, and a code of the surroundings of each."""
    height, width = rgb.shape[:2]
    share = min(1.0, LONGER_SIDE_PX / max(height, width))
    grey = cv2.cvtColor(cv2.resize(rgb, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    detector = cv2.SIFT.create(nfeatures=POINTS, contrastThreshold=CONTRAST)
    found, codes = detector.detectAndCompute(grey, None)
    if codes is None or not found:
        return np.zeros((0, 2)), np.zeros((0, 128), np.float32)
    at = np.array([point.pt for point in found], np.float64) + 0.5
    rows, columns = grey.shape
    return np.stack([at[:, 0] - columns / 2.0, rows / 2.0 - at[:, 1]], 1) / columns, np.asarray(codes, np.float32)


def shared_points(frames: Sequence[tuple[Floats, NDArray[np.float32]]]) -> list[Shared]:
    """Points that frames near in order share, matched both ways."""
    found = []
    for one in range(len(frames)):
        for other in range(one + 1, min(len(frames), one + 1 + FARTHEST)):
            first, second = frames[one][1], frames[other][1]
            if min(len(first), len(second)) < LEAST_FOLLOWING:
                continue
            there = _nearest(first, second)
            back = _nearest(second, first)
            pairs = [(i, j) for i, j in there.items() if back.get(j) == i]
            if len(pairs) >= LEAST_FOLLOWING:
                index = np.array(pairs)
                found.append(Shared(one, other, frames[one][0][index[:, 0]], frames[other][0][index[:, 1]]))
    return found


def _nearest(one: NDArray[np.float32], other: NDArray[np.float32]) -> dict[int, int]:
    matches = cv2.BFMatcher(cv2.NORM_L2).knnMatch(one, other, k=2)
    return {
        pair[0].queryIdx: pair[0].trainIdx
        for pair in matches
        if len(pair) == 2 and pair[0].distance < DISTINCT * pair[1].distance
    }


def directions(at: Floats, focal_widths: float) -> Floats:
    """Unit directions of pixels in their frame's axes: shape (n, 3)."""
    rays = np.column_stack([at, np.full(len(at), focal_widths)])
    return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True))


def pixels(direction: Floats, focal_widths: float) -> Floats:
    """Pixels from the middle, in widths, of directions in a frame's axes; far off for those behind it."""
    depth = np.where(direction[:, 2] > 1e-3, direction[:, 2], 1e-3)
    return np.asarray(direction[:, :2] * (focal_widths / depth)[:, None])


def turn_between(shared: Shared, focal_widths: float, tolerance: float, seed: int) -> tuple[Floats, NDArray[np.bool_]]:
    """The rotation that most shared points follow, and which do (RANSAC: Fischler & Bolles, doi:10.1145/358669.358692).

    Returns
    -------
    rotation : ndarray of float64, shape (3, 3)
        Takes directions in the one frame's axes to the other's.
    following : ndarray of bool, shape (n,)
    """
    rng = np.random.default_rng(seed)
    one, other = directions(shared.at_one, focal_widths), directions(shared.at_other, focal_widths)
    drawn = rng.integers(0, len(one), (TRIALS, 2))
    tried = np.stack([_rotation(one[pair], other[pair]) for pair in drawn])
    seen = np.einsum("tij,nj->tni", tried, one)
    depth = np.maximum(seen[:, :, 2], 1e-3)
    away = np.linalg.norm(seen[:, :, :2] * (focal_widths / depth)[:, :, None] - shared.at_other, axis=2)
    best = int((away < tolerance).sum(axis=1).argmax())
    following = np.asarray(away[best] < tolerance)
    rotation = tried[best]
    for _ in range(3):
        if following.sum() < 3:
            break
        rotation = _rotation(one[following], other[following])
        off = np.linalg.norm(pixels(one @ rotation.T, focal_widths) - shared.at_other, axis=1)
        following = np.asarray(off < tolerance)
    return rotation, following


def _rotation(one: Floats, other: Floats) -> Floats:
    """The rotation that brings directions nearest to others (Kabsch 1976, doi:10.1107/S0567739476001873)."""
    left, _, right = np.linalg.svd(other.T @ one)
    mirror = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(left @ right)))])
    return np.asarray(left @ mirror @ right)


def joined(
    pairs: Sequence[Shared], n_frames: int, focal_range: tuple[float, float], tolerance: float
) -> tuple[Turned, list[Shared], list[int]] | None:
    """Frames joined by rotations, at the focal length that lets most points follow.

    Parameters
    ----------
    pairs : sequence of Shared
    n_frames : int
    focal_range : (float, float)
        Least and greatest focal length, in widths.
    tolerance : float
        In widths.

    Returns
    -------
    turned : Turned
        Rough; frames that could not be joined have NaN.
    kept : list of Shared
        The pairs that were joined, with the points that follow.
    left : list of int
        Frames that could not be joined.
    None when no two frames could.
    """
    best: tuple[int, float, list[tuple[Shared, Floats]]] | None = None
    for focal in np.geomspace(*focal_range, FOCAL_TRIALS if focal_range[1] > 1.02 * focal_range[0] else 1).tolist():
        kept = []
        for number, shared in enumerate(pairs):
            rotation, following = turn_between(shared, focal, tolerance, number)
            count = int(following.sum())
            if count >= LEAST_FOLLOWING and count >= LEAST_SHARE * len(following):
                some = np.flatnonzero(following)
                some = some[:: max(1, -(-len(some) // MOST_A_PAIR))]
                kept.append((replace(shared, at_one=shared.at_one[some], at_other=shared.at_other[some]), rotation))
        total = sum(len(shared.at_one) for shared, _ in kept)
        if kept and (best is None or total > best[0]):
            best = total, focal, kept
    if best is None:
        return None
    _, focal, kept = best
    rotation = np.full((n_frames, 3, 3), np.nan)
    members = _largest_group([(shared.one, shared.other) for shared, _ in kept], n_frames)
    rotation[min(members)] = np.eye(3)
    waiting = sorted(kept, key=lambda entry: -len(entry[0].at_one))
    for _ in range(n_frames):
        for shared, between in waiting:
            known_one, known_other = np.isfinite(rotation[[shared.one, shared.other], 0, 0])
            if known_one and not known_other:
                rotation[shared.other] = rotation[shared.one] @ between.T
            elif known_other and not known_one:
                rotation[shared.one] = rotation[shared.other] @ between
    inside = [shared for shared, _ in kept if shared.one in members]
    return Turned(rotation, focal), inside, sorted(set(range(n_frames)) - members)


def _largest_group(links: list[tuple[int, int]], n_frames: int) -> set[int]:
    group = list(range(n_frames))
    for one, other in links:
        old, new = group[other], group[one]
        group = [new if entry == old else entry for entry in group]
    largest = max(set(group), key=lambda entry: (group.count(entry), -entry))
    return {frame for frame, entry in enumerate(group) if entry == largest}


def bundled(
    turned: Turned,
    pairs: Sequence[Shared],
    weights: Sequence[Floats],
    log_focal_prior: tuple[float, float],
    scale: float,
    rounds: int = ROUNDS,
) -> Turned:
    """All rotations and the focal length refined together: robust Gauss-Newton with Cauchy weights.

    Parameters
    ----------
    turned : Turned
        Where to start.
    pairs : sequence of Shared
    weights : sequence of ndarray of float64, shape (n,) each
        How often each point counts: 1, or as drawn in resampling.
    log_focal_prior : (float, float)
        Mean and standard error of the log of the focal length in widths.
    scale : float
        Error of a point, in widths.
    """
    frames = [frame for frame in range(len(turned.rotation)) if np.isfinite(turned.rotation[frame, 0, 0])]
    place = {frame: 3 * (number - 1) for number, frame in enumerate(frames)}
    count = 3 * (len(frames) - 1) + 1
    rotation, log_focal = turned.rotation.copy(), float(np.log(turned.focal_widths))
    for _ in range(rounds):
        focal = float(np.exp(log_focal))
        left, right = np.zeros((count, count)), np.zeros(count)
        left[-1, -1] = log_focal_prior[1] ** -2
        right[-1] = (log_focal_prior[0] - log_focal) * log_focal_prior[1] ** -2
        for shared, counts in zip(pairs, weights, strict=True):
            away, slopes = _slopes(shared, rotation, focal)
            heft = counts / (1.0 + np.square(away).sum(axis=1) / (2.0 * scale) ** 2) / scale**2
            columns = [place[shared.other] + k if place[shared.other] >= 0 else -2 for k in range(3)]
            columns += [place[shared.one] + k if place[shared.one] >= 0 else -2 for k in range(3)] + [count - 1]
            free = [k for k, column in enumerate(columns) if column != -2]
            some = slopes[:, :, free]
            where = [columns[k] for k in free]
            left[np.ix_(where, where)] += np.einsum("n,nri,nrj->ij", heft, some, some)
            right[where] -= np.einsum("n,nri,nr->i", heft, some, away)
        step = np.linalg.solve(left + 1e-9 * np.eye(count), right)
        step = np.clip(step, -0.2, 0.2)
        for frame in frames[1:]:
            rotation[frame] = rotation[frame] @ _small_turn(step[place[frame] : place[frame] + 3])
        log_focal += float(step[-1])
        if float(np.abs(step).max()) < 1e-9:
            break
    return Turned(rotation, float(np.exp(log_focal)))


def _slopes(shared: Shared, rotation: Floats, focal: float) -> tuple[Floats, Floats]:
    """How far points are off in the other frame, and the slopes of that by both turns and the log of the focal length.

    Turns are small rotations in each frame's own axes.
    """
    ray = np.column_stack([shared.at_one, np.full(len(shared.at_one), focal)])
    to_other = rotation[shared.other].T @ rotation[shared.one]
    seen = ray @ to_other.T
    depth = np.maximum(seen[:, 2], 1e-3)
    away = seen[:, :2] * (focal / depth)[:, None] - shared.at_other

    def projected(change: Floats) -> Floats:
        return np.asarray((change[:, :2] - seen[:, :2] * (change[:, 2] / depth)[:, None]) * (focal / depth)[:, None])

    slopes = np.empty((len(ray), 2, 7))
    for k in range(3):
        axis = np.eye(3)[k]
        slopes[:, :, k] = projected(-np.cross(axis, seen))
        slopes[:, :, 3 + k] = projected(np.cross(axis, ray) @ to_other.T)
    by_ray = np.broadcast_to(np.array([0.0, 0.0, focal]), ray.shape) @ to_other.T
    slopes[:, :, 6] = projected(by_ray) + seen[:, :2] * (focal / depth)[:, None]
    return away, slopes


def _small_turn(vector: Floats) -> Floats:
    found, _ = cv2.Rodrigues(vector.reshape(3, 1))
    return np.asarray(found, np.float64)
