"""How likely a column of a proposed skyline is right: signs of it, weighed as measured on rehearsed frames."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.sky_evidence import FEATURES, Floats, Floats32

RIGHT_SHARE = 1.0 / 120.0
"""A column is right when the line is off by less than this share of the frame's longer side: half a degree of sixty."""
NEIGHBOURS = 21
"""Columns over which the line's unrest is told."""

SIGNS = (
    "one",
    "chance of the chain",
    "its mean over the frame",
    "edge",
    "long edge",
    "darker below",
    "stronger long edge above",
    "texture gained",
    "lightness above",
    "unrest",
)
"""Names of the signs, in their order."""
_LONG, _EDGE = FEATURES.index("long edge"), FEATURES.index("edge over 3 rows")


def right_rows(height: int, width: int) -> int:
    """How many rows off a line may be and still be right, on a picture of that size."""
    return max(1, round(RIGHT_SHARE * max(height, width)))


def signs_of(found: Floats32, chance: Floats, state: NDArray[np.intp]) -> Floats:
    """Signs of each column: shape (n_columns, n_signs).

    Parameters
    ----------
    found : ndarray of float32, shape (n_columns, n_states, n_features)
        From `sky_colours.gather`.
    chance : ndarray of float64, shape (n_columns, n_states)
        Marginals of the chain.
    state : ndarray of int, shape (n_columns,)
        The line taken.
    """
    n_columns, n_states = chance.shape
    column = np.arange(n_columns)
    reach = right_rows(n_states - 1, n_columns)
    mass = np.clip(mass_about(chance, state, reach), 1e-4, 1.0 - 1e-4)
    logit = np.log(mass / (1.0 - mass))
    here = found[column, state].astype(np.float64)
    seen = (state > 0) & (state < n_states - 1)
    over = here[:, FEATURES.index("strongest long edge above")]
    signs = {
        "one": np.ones(n_columns),
        "chance of the chain": logit,
        "its mean over the frame": np.full(n_columns, logit[seen].mean() if seen.any() else -4.0),
        "edge": here[:, _EDGE],
        "long edge": here[:, _LONG],
        "darker below": here[:, FEATURES.index("long edge, darker below")],
        "stronger long edge above": np.maximum(over - here[:, _LONG], 0.0),
        "texture gained": here[:, FEATURES.index("texture below")] - here[:, FEATURES.index("texture above")],
        "lightness above": here[:, FEATURES.index("lightness above")],
        "unrest": _blurred(np.log1p(np.abs(np.diff(state, prepend=state[0])).astype(np.float64))),
    }
    return np.stack([signs[name] for name in SIGNS], axis=1)


def _blurred(value: Floats) -> Floats:
    """A value's mean over neighbouring columns."""
    return np.asarray(cv2.blur(value[None], (NEIGHBOURS, 1), borderType=cv2.BORDER_REPLICATE)[0], np.float64)


def mass_about(chance: Floats, state: NDArray[np.intp], reach: int) -> Floats:
    """Chance that the border of each column lies within so many rows of the one taken."""
    total = np.concatenate([np.zeros((len(chance), 1)), np.cumsum(chance, axis=1)], axis=1)
    column = np.arange(len(chance))
    high = np.minimum(state + reach + 1, chance.shape[1])
    return np.asarray(total[column, high] - total[column, np.maximum(state - reach, 0)])


def chance_of(signs: Floats, weights: Floats) -> Floats:
    """The chance of being right from the signs, as a logistic curve."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(signs @ weights, -20.0, 20.0))))
