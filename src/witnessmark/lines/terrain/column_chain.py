"""A row a column, as a chain: what the columns say each for itself, joined by how far a skyline steps to the next.

State b of a column is the number of its rows that are sky: 0 for none, the number of rows for all. With potentials
u[x, b] and a step's log weight k(|b - b'|) the chance of a line is proportional to exp(sum u + sum k); marginals follow
by summing forwards and backwards (Rabiner 1989, doi:10.1109/5.18626), the best line by maximising likewise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEP_EDGES = (0, 1, 2, 3, 5, 9, 17, 33)
"""Steps of so many rows and more, up to the next edge, weigh alike; the last class has no end."""
DEEPEST_NATS = 60.0
"""A potential counts for no less than this below the best of its column: no single column decides alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Log weights of steps to the next column, one for each class of `STEP_EDGES` [nats]."""

    log_weight: Floats

    def by_rows(self, n_states: int) -> Floats:
        """Log weight of a step of 0, 1, ... rows: shape (n_states,)."""
        return np.asarray(self.log_weight[step_class(n_states)])


def step_class(n_states: int) -> NDArray[np.intp]:
    """The class of a step of 0, 1, ... rows: shape (n_states,)."""
    return np.searchsorted(np.array(STEP_EDGES), np.arange(n_states), side="right") - 1


def bounded(potential: Floats) -> Floats:
    """Potentials relative to the best of their column, none below `DEEPEST_NATS` unless impossible (-inf)."""
    relative = potential - potential.max(axis=1, keepdims=True)
    return np.where(np.isneginf(relative), -np.inf, np.maximum(relative, -DEEPEST_NATS))


def kernel(steps: Steps, n_states: int) -> Floats:
    """Weights of steps between all states: shape (n_states, n_states), symmetric."""
    index = np.arange(n_states)
    return np.asarray(np.exp(steps.by_rows(n_states))[np.abs(index[:, None] - index[None, :])])


def messages(potential: Floats, between: Floats) -> tuple[Floats, Floats, float]:
    """What each column hears from its left and, weighed by itself, hands on; the same from its right; the log total.

    Parameters
    ----------
    potential : ndarray of float64, shape (n_columns, n_states)
        Bounded [nats].
    between : ndarray of float64, shape (n_states, n_states)
        From `kernel`.

    Returns
    -------
    forward, backward : ndarray of float64, shape (n_columns, n_states)
        Marginals are proportional to their product; each row of `forward` sums to 1.
    log_total : float
    """
    weight = np.exp(potential)
    forward, backward = np.empty_like(weight), np.empty_like(weight)
    log_total = 0.0
    heard = np.ones(weight.shape[1])
    for column in range(len(weight)):
        product = weight[column] * heard
        total = float(product.sum())
        log_total += float(np.log(total))
        forward[column] = product / total
        heard = between @ forward[column]
    heard = np.ones(weight.shape[1])
    for column in range(len(weight) - 1, -1, -1):
        backward[column] = heard / heard.sum()
        heard = between @ (weight[column] * backward[column])
    return forward, backward, log_total


def marginals(potential: Floats, steps: Steps) -> Floats:
    """Chance of each state of each column: shape (n_columns, n_states)."""
    forward, backward, _ = messages(bounded(potential), kernel(steps, potential.shape[1]))
    joint = forward * backward
    return np.asarray(joint / joint.sum(axis=1, keepdims=True))


def best_line(potential: Floats, steps: Steps) -> NDArray[np.intp]:
    """The likeliest line: its state in each column, shape (n_columns,)."""
    at = bounded(potential)
    n_columns, n_states = at.shape
    reach = min(STEP_EDGES[-1], n_states - 1)
    log_weight = steps.by_rows(n_states)
    near = log_weight[np.abs(np.arange(-reach, reach + 1))]
    far = float(steps.log_weight[-1])
    came = np.empty((n_columns, n_states), np.intp)
    score = at[0].copy()
    index = np.arange(n_states)
    for column in range(1, n_columns):
        padded = np.pad(score, reach, constant_values=-np.inf)
        options = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1) + near
        taken = options.argmax(axis=1)
        best = options[index, taken]
        came[column] = index + taken - reach
        leap = int(score.argmax())
        better = score[leap] + far > best
        came[column][better] = leap
        score = np.where(better, score[leap] + far, best) + at[column]
    line = np.empty(n_columns, np.intp)
    line[-1] = int(score.argmax())
    for column in range(n_columns - 1, 0, -1):
        line[column - 1] = came[column, line[column]]
    return line
