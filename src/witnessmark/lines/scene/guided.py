"""More matches once a homography is known, and how many it would bring by chance with just such textures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.scene.features import Features, Floats32
from witnessmark.lines.scene.matching import (
    ANGLE_APART_RAD,
    GRID,
    LOG_SCALE_APART,
    PER_CELL,
    Indices,
    cells,
    spread,
)

NEAR_PX = 5.0
"""A point of one view is looked for this close to where the homography puts it in the other."""
LIKE = 0.82
"""Inner product of two codes from which they count as alike where they are expected."""
DECOYS = 8
DECOY_PX = (28.0, 60.0)
"""A decoy is the same homography, shifted by between so much: everything is as before, only the place is wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Guided:
    """Matches under a homography.

    Attributes
    ----------
    index_a, index_b : ndarray of int, shape (k,)
    support_count : int
        As `matching.spread`, in the view in which it is less, less what decoys give on average.
    chance_count : float
        What decoys give on average.
    """

    index_a: Indices
    index_b: Indices
    support_count: int
    chance_count: float


def guided(a: Features, b: Features, plane: NDArray[np.float64], seeds: Indices) -> Guided:
    """Match again where a homography says, outwards from the matches it rests on, and count the same under decoys.

    Parameters
    ----------
    a, b : Features
    plane : ndarray of float64, shape (3, 3)
        From a to b [px].
    seeds : ndarray of int
        Points of a that the homography rests on. Only in cells of the grid next to matched ones is anything looked for,
        so that one thing that both show does not gather chance matches from all over the picture.

    Returns
    -------
    Guided

    Notes
    -----
    Expected counts by chance depend on the texture: leaves match leaves anywhere. The decoys measure it on the very
    pictures, in the spirit of the a-contrario method (Moisan & Stival, IJCV 57, 2004, 201-218).
    """
    put, scale, turn, inside = _predicted(a, b, plane)
    likeness = a.codes[inside] @ b.codes.T
    rows, columns = np.nonzero(likeness > LIKE)
    log_scale = np.log(b.size_px[columns] / a.size_px[inside[rows]]) - scale[rows]
    turned = b.angle_rad[columns] - a.angle_rad[inside[rows]] - turn[rows]
    turned = np.abs((turned + np.pi) % (2.0 * np.pi) - np.pi)
    alike = (np.abs(log_scale) < LOG_SCALE_APART) & (turned < ANGLE_APART_RAD)
    rows, columns = rows[alike], columns[alike]
    off, value = b.xy_px[columns] - put[rows], likeness[rows, columns]
    real_a, real_b = _chosen(off, value, rows, columns)
    region = _grown(cells(a, inside[real_a]), cells(a, seeds))
    within = region[cells(a, inside[real_a])]
    real_a, real_b = real_a[within], real_b[within]
    by_chance = []
    for shift in _decoys():
        decoy_a, decoy_b = _chosen(off - shift, value, rows, columns)
        within = region[cells(a, inside[decoy_a])]
        by_chance.append(min(spread(a, inside[decoy_a[within]]), spread(b, decoy_b[within])))
    chance = float(np.mean(by_chance))
    support = min(spread(a, inside[real_a]), spread(b, real_b))
    return Guided(inside[real_a], real_b, max(0, int(support - chance)), chance)


def _grown(matched: Indices, seeds: Indices) -> NDArray[np.bool_]:
    """Cells that hold seeds and those around them; cells with `PER_CELL` matches or more carry it on."""
    full = (np.bincount(matched, minlength=GRID * GRID) >= PER_CELL).reshape(GRID, GRID)
    region = np.zeros((GRID, GRID), np.uint8)
    region.ravel()[seeds] = 1
    around = np.ones((3, 3), np.uint8)
    region = np.asarray(cv2.dilate(region, around), np.uint8)
    while True:
        grown = region | np.asarray(cv2.dilate(region & full.astype(np.uint8), around), np.uint8)
        if np.array_equal(grown, region):
            return np.asarray(region.ravel() > 0, np.bool_)
        region = grown


def _decoys() -> Floats32:
    angle = 2.0 * np.pi * np.arange(DECOYS) / DECOYS + 0.3
    reach = np.linspace(*DECOY_PX, DECOYS)
    return np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1).astype(np.float32)


def _predicted(a: Features, b: Features, plane: NDArray[np.float64]) -> tuple[Floats32, Floats32, Floats32, Indices]:
    """Where points of a lie in b, how much larger (log) and how far turned, and which of them lie in b at all."""
    step = 1.0
    at = a.xy_px.astype(np.float64)
    put, right, down = (
        cv2.perspectiveTransform((at + shift)[:, None, :], plane)[:, 0]
        for shift in (np.zeros(2), np.array([step, 0.0]), np.array([0.0, step]))
    )
    size = np.array([b.width_px, b.height_px])
    depth = at @ plane[2, :2] + plane[2, 2]
    shown = (np.sign(depth) == np.sign(np.linalg.det(plane))) & ((put >= 0) & (put < size)).all(axis=1)
    inside = np.flatnonzero(shown)
    along, across = right[inside] - put[inside], down[inside] - put[inside]
    area = np.abs(along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0])
    scale = 0.5 * np.log(np.maximum(area, 1e-6))
    turn = np.arctan2(along[:, 1] - across[:, 0], along[:, 0] + across[:, 1])
    return put[inside].astype(np.float32), scale.astype(np.float32), turn.astype(np.float32), inside


def _chosen(off: Floats32, value: Floats32, rows: Indices, columns: Indices) -> tuple[Indices, Indices]:
    """Of the pairs that lie near enough, the most alike first, each point once."""
    near = np.flatnonzero((off**2).sum(axis=1) < NEAR_PX**2)
    order = near[np.argsort(-value[near], kind="stable")]
    _, first = np.unique(rows[order], return_index=True)
    order = order[np.sort(first)]
    _, first = np.unique(columns[order], return_index=True)
    order = order[np.sort(first)]
    return rows[order], columns[order]
