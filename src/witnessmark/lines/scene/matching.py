"""Which points of two views are the same points of the world: codes, neighbours that move alike, one geometry."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.scene.features import Features, Floats32

RATIO = 0.94
"""A code must be this much nearer to its match than to the second best. Lowe (2004, section 7.1) has 0.8; what that
keeps out is kept out here by `votes`, which lets through far more true matches in other light."""
TENTATIVE = 700
"""Tentative matches kept, the clearest first."""
LOG_SCALE_APART = 0.45
ANGLE_APART_RAD = 0.4
BEND, PAD_PX = 0.15, 4.0
"""How far another match may lie from where a match's own scale and turn put it: a share of its distance, and pixels."""
REACH = 0.4
"""Only matches within this share of the longer side are asked."""
VOTES_MIN = 2
PLANE_PX = 3.0
DEPTH_PX = 1.5
GRID = 10
"""Cells a side in which the spread of matches over a view is counted."""
FEWEST = 5
"""Fewer matches than this agree by chance, and four always fit a homography."""
PER_CELL = 2
"""Matches counted in one cell of the grid at most: a sign or a logo is not a place."""

Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How two views agree.

    Attributes
    ----------
    tentative_count : int
        Mutual best matches by code.
    index_a, index_b : ndarray of int, shape (k,)
        Points that agree in one geometry.
    kind : str
        "plane" (homography: flat, far or merely turned), "depth" (fundamental matrix) or "none".
    plane : ndarray of float64, shape (3, 3), or None
        The homography from a to b that most of them keep to, in pixels.
    support_count : int
        Such points, at most `PER_CELL` in a cell of a grid of 10 x 10, in the view in which that gives fewer.
    """

    tentative_count: int
    index_a: Indices
    index_b: Indices
    kind: str
    plane: NDArray[np.float64] | None
    support_count: int


def tentative(a: Features, b: Features) -> tuple[Indices, Indices]:
    """Mutual best matches whose second best is clearly worse, both ways.

    Returns
    -------
    index_a, index_b : ndarray of int, shape (n,)
    """
    if len(a.codes) < 2 or len(b.codes) < 2:
        empty = np.zeros(0, np.intp)
        return empty, empty
    likeness = a.codes @ b.codes.T
    best_b, clear_a = _best(likeness)
    best_a, clear_b = _best(likeness.T)
    mutual = best_a[best_b] == np.arange(len(best_b))
    ratio = np.maximum(clear_a, clear_b[best_b])
    index_a = np.flatnonzero(mutual & (ratio < RATIO))
    if len(index_a) > TENTATIVE:
        index_a = np.sort(index_a[np.argsort(ratio[index_a], kind="stable")[:TENTATIVE]])
    return index_a, best_b[index_a]


def _best(likeness: Floats32) -> tuple[Indices, Floats32]:
    """Best match of every row, and its distance over that of the second best."""
    best = likeness.argmax(axis=1)
    rows = np.arange(len(best))
    top = likeness[rows, best].copy()
    likeness[rows, best] = -1.0
    second = likeness.max(axis=1)
    likeness[rows, best] = top
    apart, apart_second = np.sqrt(np.maximum(2.0 - 2.0 * top, 0.0)), np.sqrt(np.maximum(2.0 - 2.0 * second, 1e-12))
    return best.astype(np.intp), np.asarray(apart / apart_second, np.float32)


def votes(a: Features, b: Features, index_a: Indices, index_b: Indices) -> Indices:
    """How many other matches lie where a match's own scale and turn put them, and put it where it lies.

    A chance match has a chance scale and turn, so that others rarely agree with it; true matches on one surface do,
    also where the scene as a whole has depth.

    Parameters
    ----------
    a, b : Features
    index_a, index_b : ndarray of int, shape (n,)

    Returns
    -------
    ndarray of int, shape (n,)

    Notes
    -----
    The pairwise check of weak geometric consistency (Jegou, Douze & Schmid 2008,
    doi:10.1007/978-3-540-88682-2_24), with position as well, and both ways.
    """
    if len(index_a) < 2:
        return np.zeros(len(index_a), np.intp)
    step_a, step_b = _steps(a.xy_px[index_a]), _steps(b.xy_px[index_b])
    log_scale = np.log(b.size_px[index_b] / a.size_px[index_a])
    turn = b.angle_rad[index_b] - a.angle_rad[index_a]
    put = step_a * (np.exp(log_scale) * np.exp(1j * turn))[:, None].astype(np.complex64)
    long_a, long_b = np.abs(step_a), np.abs(step_b)
    turned = np.abs((turn[None, :] - turn[:, None] + np.pi) % (2.0 * np.pi) - np.pi)
    alike = (
        (np.abs(put - step_b) < BEND * long_b + PAD_PX)
        & (np.abs(log_scale[None, :] - log_scale[:, None]) < LOG_SCALE_APART)
        & (turned < ANGLE_APART_RAD)
        & (np.minimum(long_a, long_b) > PAD_PX)
        & (long_a < REACH * max(a.width_px, a.height_px))
    )
    return np.asarray((alike & alike.T).sum(axis=1), np.intp)


def _steps(xy_px: Floats32) -> NDArray[np.complex64]:
    """From each point to each other, x + iy."""
    at = (xy_px[:, 0] + 1j * xy_px[:, 1]).astype(np.complex64)
    return np.asarray(at[None, :] - at[:, None], np.complex64)


def agree(a: Features, b: Features, index_a: Indices, index_b: Indices, tentative_count: int) -> Agreement:
    """Keep the matches that one geometry explains.

    Parameters
    ----------
    a, b : Features
    index_a, index_b : ndarray of int, shape (n,)
        Matches to explain, which may be fewer than the tentative ones.
    tentative_count : int
    """
    supported = votes(a, b, index_a, index_b) >= VOTES_MIN
    index_a, index_b = index_a[supported], index_b[supported]
    if len(index_a) < FEWEST:
        return _nothing(tentative_count)
    at_a, at_b = a.xy_px[index_a].astype(np.float64), b.xy_px[index_b].astype(np.float64)
    plane, on_plane = _plane(at_a, at_b)
    on_depth = _depth(at_a, at_b)
    kept = on_plane | on_depth
    if int(kept.sum()) < FEWEST:
        return _nothing(tentative_count)
    kind = "plane" if on_plane.sum() >= 0.8 * kept.sum() else "depth"
    index_a, index_b = index_a[kept], index_b[kept]
    support = min(spread(a, index_a), spread(b, index_b))
    return Agreement(tentative_count, index_a, index_b, kind, plane if on_plane.sum() >= FEWEST else None, support)


def cells(view: Features, index: Indices) -> Indices:
    """The cell of the grid, row by row, in which each point lies."""
    size = np.array([view.width_px, view.height_px], np.float32)
    cell = np.clip((view.xy_px[index] / size * GRID).astype(np.intp), 0, GRID - 1)
    return np.asarray(cell[:, 1] * GRID + cell[:, 0], np.intp)


def spread(view: Features, index: Indices) -> int:
    """How many of the points count when one cell of the grid counts for `PER_CELL` at most."""
    return int(np.minimum(np.bincount(cells(view, index)), PER_CELL).sum())


def extent(view: Features, index: Indices) -> float:
    """How far across the picture the middle nine tenths of the points reach: the larger of the shares of its sides."""
    if len(index) < 2:
        return 0.0
    low, high = np.quantile(view.xy_px[index], (0.05, 0.95), axis=0)
    return float(np.max((high - low) / np.array([view.width_px, view.height_px])))


def _nothing(tentative_count: int) -> Agreement:
    empty = np.zeros(0, np.intp)
    return Agreement(tentative_count, empty, empty, "none", None, 0)


def _plane(at_a: NDArray[np.float64], at_b: NDArray[np.float64]) -> tuple[NDArray[np.float64] | None, Flags]:
    """Homography by MAGSAC++ (Barath et al. 2020, doi:10.1109/CVPR42600.2020.00138), refused when it folds."""
    none = np.zeros(len(at_a), np.bool_)
    try:
        plane, inside = cv2.findHomography(at_a, at_b, cv2.USAC_MAGSAC, PLANE_PX, maxIters=2000, confidence=0.999)
    except cv2.error:
        return None, none
    if plane is None or inside is None or not np.all(np.isfinite(plane)):
        return None, none
    depth = at_a @ plane[2, :2] + plane[2, 2]
    flags = inside.ravel().astype(np.bool_) & (np.sign(depth) == np.sign(np.linalg.det(plane)))
    return np.asarray(plane, np.float64), flags


def _depth(at_a: NDArray[np.float64], at_b: NDArray[np.float64]) -> Flags:
    """Fundamental matrix by the same sampler."""
    try:
        matrix, inside = cv2.findFundamentalMat(
            at_a, at_b, cv2.USAC_MAGSAC, ransacReprojThreshold=DEPTH_PX, confidence=0.999, maxIters=2000
        )
    except cv2.error:
        return np.zeros(len(at_a), np.bool_)
    if matrix is None or inside is None:
        return np.zeros(len(at_a), np.bool_)
    return np.asarray(inside.ravel().astype(np.bool_))
