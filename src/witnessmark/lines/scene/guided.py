"""More matches once a homography is known, and how many it would bring by chance with just such textures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.scene.features import Features, Floats32
from witnessmark.lines.scene.matching import ANGLE_APART_RAD, LOG_SCALE_APART, Indices, spread

NEAR_PX = 5.0
"""A point of one view is looked for this close to where the homography puts it in the other."""
LIKE = 0.75
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


def guided(a: Features, b: Features, plane: NDArray[np.float64]) -> Guided:
    """Match again where a homography says, and count the same under decoys.

    Parameters
    ----------
    a, b : Features
    plane : ndarray of float64, shape (3, 3)
        From a to b [px].

    Returns
    -------
    Guided

    Notes
    -----
    Expected counts by chance depend on the texture: leaves match leaves anywhere. The decoys measure it on the very
    pictures, in the spirit of the a-contrario method (Moisan & Stival 2004, doi:10.1023/B:VISI.0000022288.19776.77).
    """
    put, scale, turn, inside = _predicted(a, b, plane)
    likeness = a.codes[inside] @ b.codes.T
    log_scale = np.log(b.size_px[None, :] / a.size_px[inside][:, None]) - scale[:, None]
    turned = b.angle_rad[None, :] - a.angle_rad[inside][:, None] - turn[:, None]
    turned = np.abs((turned + np.pi) % (2.0 * np.pi) - np.pi)
    alike = (likeness > LIKE) & (np.abs(log_scale) < LOG_SCALE_APART) & (turned < ANGLE_APART_RAD)
    rows, columns = np.nonzero(alike)
    off = b.xy_px[columns] - put[rows]
    value = likeness[rows, columns]
    real_a, real_b = _chosen(off, value, rows, columns)
    by_chance = []
    for shift in _decoys():
        decoy_a, decoy_b = _chosen(off - shift, value, rows, columns)
        by_chance.append(min(spread(a, inside[decoy_a]), spread(b, decoy_b)))
    chance = float(np.mean(by_chance))
    support = min(spread(a, inside[real_a]), spread(b, real_b))
    return Guided(inside[real_a], real_b, max(0, int(support - chance)), chance)


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
