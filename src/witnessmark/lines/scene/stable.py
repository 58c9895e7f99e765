"""Which points of a recording's own views stand still in the world: what moves or is laid over is left out."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.scene.features import Features
from witnessmark.lines.scene.matching import VOTES_MIN, Agreement, Flags, agree, tentative, votes

OTHERS = 3
"""Other views of the same recording that each view is compared with: those nearest in time."""
STAYS_PX = 1.5
MOVES_PX = 6.0
"""An overlay stays within the first while the world under it moves by more than the second."""
OFF_PX = 8.0
"""A thing that moves lies this far from where the rest of the view puts it."""
WELL = 0.4
"""Two views that share this part of their points show the same ground from the same stand: what is in only one of them
came or went."""


def left_out(views: Sequence[Features]) -> list[Flags]:
    """Points of each view that are overlays, move, or come and go.

    Parameters
    ----------
    views : sequence of Features
        Of one recording, in order of time.

    Returns
    -------
    list of ndarray of bool, shape (n,)
        True for points to leave out.

    Notes
    -----
    Between two views whose points mostly keep to one homography (a still or turning camera), a matched point that
    strays from it moves, and a point that stays where it was on the screen while the homography moves is laid over the
    picture. Where the camera walks, things at different depths stray too; then nothing but overlays is left out.
    """
    out = [np.zeros(len(view.codes), np.bool_) for view in views]
    matched = [np.zeros(len(view.codes), np.bool_) for view in views]
    still = np.zeros(len(views), np.intp)
    for first in range(len(views)):
        for second in range(first + 1, min(first + 1 + OTHERS, len(views))):
            a, b = views[first], views[second]
            index_a, index_b = tentative(a, b)
            found = agree(a, b, index_a, index_b, len(index_a))
            if found.plane is None:
                continue
            over, moving = _judge(a, b, index_a, index_b, found)
            out[first][index_a[over | moving]] = True
            out[second][index_b[over | moving]] = True
            matched[first][index_a] = True
            matched[second][index_b] = True
            if len(found.index_a) >= WELL * min(len(a.codes), len(b.codes)):
                still[[first, second]] += 1
    for number in np.flatnonzero(still >= 2):
        out[number] |= ~matched[number]
    return out


def _judge(
    a: Features, b: Features, index_a: NDArray[np.intp], index_b: NDArray[np.intp], found: Agreement
) -> tuple[Flags, Flags]:
    """Which matches are laid over the picture, and which move."""
    assert found.plane is not None
    at_a, at_b = a.xy_px[index_a], b.xy_px[index_b]
    put = cv2.perspectiveTransform(at_a[:, None, :].astype(np.float64), found.plane)[:, 0]
    off = np.hypot(*(put - at_b).T)
    world = np.hypot(*(put - at_a).T)
    seen = np.hypot(*(at_b - at_a).T)
    over = (seen < STAYS_PX) & (world > MOVES_PX) & (off > MOVES_PX)
    if found.kind != "plane":
        return over, np.zeros(len(over), np.bool_)
    backed = votes(a, b, index_a, index_b) >= VOTES_MIN
    return over, (off > OFF_PX) & (seen > MOVES_PX) & backed
