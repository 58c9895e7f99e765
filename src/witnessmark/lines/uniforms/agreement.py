"""Whether a box and a reference agree piece by piece, so that one part that differs is not lost in the rest."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from witnessmark.lines.uniforms.aligning import Cut, shown
from witnessmark.lines.uniforms.looks import FINE_PX, GROUND_WEIGHT, Floats, Floats32, Look

WINDOW_PX = 13
"""Side of a piece [px of `FINE_PX`]: about a quarter of the emblem."""
TELLING = 3.0
"""Spread of colours in L*a*b* from which a piece shows something."""
NOISE = 6.0
"""Added to the product of spreads, so that noise on plain ground counts as nothing."""
AGREES = 0.5
"""Correlation from which a piece agrees."""
FEWEST_SHARE = 0.03
"""A reference that shows something on less than this share cannot be told piece by piece."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How pieces agree.

    Attributes
    ----------
    agreeing_share : float
        Of what the reference shows, the share whose pieces agree.
    weakest_ratio : float
        Correlation that nine in ten pieces reach.
    telling_share : float
        Of the reference, the share that shows something.
    """

    agreeing_share: float
    weakest_ratio: float
    telling_share: float


def agreement(cut: Cut, look: Look, plane: Floats) -> Agreement:
    """Correlate pieces of a reference with what lies under them, softened as the footage is.

    Parameters
    ----------
    cut : Cut
    look : Look
    plane : ndarray of float64, shape (3, 3)
        From the unit square of the reference to the cut.

    Returns
    -------
    Agreement
    """
    seen = shown(cut, plane)
    on_emblem = look.weight > GROUND_WEIGHT
    best = Agreement(0.0, -1.0, 0.0)
    for theirs in look.softened:
        likeness, spread = _pieces(seen, theirs)
        telling = on_emblem & (spread > TELLING)
        if telling.sum() < FEWEST_SHARE * FINE_PX**2:
            continue
        values = likeness[telling]
        found = Agreement(
            float((values > AGREES).mean()), float(np.quantile(values, 0.1)), float(telling.sum() / on_emblem.sum())
        )
        if (found.weakest_ratio, found.agreeing_share) > (best.weakest_ratio, best.agreeing_share):
            best = found
    return best


def _pieces(seen: Floats32, theirs: Floats32) -> tuple[Floats32, Floats32]:
    """Correlation around every pixel, and the spread of the reference there."""
    ours, other = seen - _mean(seen), theirs - _mean(theirs)
    together = _mean(ours * other).sum(axis=2)
    spread_ours = np.maximum(_mean(ours * ours).sum(axis=2), 0.0)  # rounding may leave less
    spread = np.maximum(_mean(other * other).sum(axis=2), 0.0)
    likeness = together / (np.sqrt(spread_ours * spread) + NOISE)
    return np.asarray(likeness, np.float32), np.asarray(np.sqrt(spread), np.float32)


def _mean(values: Floats32) -> Floats32:
    return np.asarray(cv2.blur(values, (WINDOW_PX, WINDOW_PX)), np.float32)
