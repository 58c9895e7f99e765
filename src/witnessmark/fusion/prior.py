"""The prior as it enters the sums, and a likelihood's mean under it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.fusion.lanes import in_order, lanes
from witnessmark.hypotheses.logs import log_sum
from witnessmark.hypotheses.rows import release
from witnessmark.hypotheses.space import Hypotheses

PRIOR_FLOOR_NATS = 100.0
"""A place or time prior is held to within exp(100) of its largest value; -inf stays an exclusion.

10^-43 is beyond anything a prior can mean, and the floor keeps products within double precision.
"""


def floored(over: Hypotheses) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log priors of places and instants [nats], shapes (n_places,) and (n_instants,), held to their floor."""
    return _floored(over.place_prior_nats()), _floored(over.time_prior_nats())


def log_prior_alternatives(over: Hypotheses) -> NDArray[np.float64]:
    """Log priors of the alternatives [nats], shape (n_alternatives,)."""
    return np.log(np.array([entry.prior for entry in over.alternatives], dtype=np.float64))


def log_mean(
    values_nats: NDArray[np.float32],
    alternatives_nats: NDArray[np.float64],
    over: Hypotheses,
    *,
    block_elements: int,
    workers: int,
) -> float:
    """Log of the mean likelihood over grid and alternatives under the prior [nats]; an exclusion counts as 0.

    Parameters
    ----------
    values_nats : ndarray of float32, shape (n_places or 1, n_instants or 1)
        May be a memory map: read in blocks, its pages are let go.
    alternatives_nats : ndarray of float64, shape (n_alternatives,)
    over : Hypotheses
    block_elements, workers : int

    Returns
    -------
    float
        -inf when every hypothesis that has a prior is excluded.
    """
    places, instants = floored(over)
    by_row = np.exp(places) if values_nats.shape[0] > 1 else np.ones(1)
    by_column = np.exp(instants) if values_nats.shape[1] > 1 else np.ones(1)
    unheld = not (by_row.all() and by_column.all())

    def work(run: list[slice]) -> list[float]:
        sums = []
        room = np.empty((max(rows.stop - rows.start for rows in run), len(by_column)))
        for rows in run:
            sums.append(_log_weighted_sum(values_nats[rows], by_row[rows], by_column, unheld, room))
            release(values_nats, rows)
        return sums

    n_rows, n_columns = values_nats.shape
    runs = lanes(n_rows, n_columns, block_elements)
    by_block = [part for parts in in_order(work, runs, workers, lambda _: None) for part in parts]
    on_grid = np.log(over.grid_prior) + log_sum(np.array(by_block))
    return log_sum(np.concatenate(([on_grid], log_prior_alternatives(over) + alternatives_nats)))


def _log_weighted_sum(
    block: NDArray[np.float32],
    by_row: NDArray[np.float64],
    by_column: NDArray[np.float64],
    unheld: bool,
    room: NDArray[np.float64],
) -> float:
    """Log of a block's likelihoods summed with their priors, against the largest of those with a prior.

    `unheld`: some place or instant has a prior of 0. `room`: to work in, at least of the block's shape.
    """
    if unheld:
        rows, columns = by_row > 0.0, by_column > 0.0
        block, by_row, by_column = block[np.ix_(rows, columns)], by_row[rows], by_column[columns]
    largest = float(np.max(block, initial=-np.inf))
    if largest == -np.inf:
        return largest
    mass = np.subtract(block, largest, out=room[: block.shape[0], : block.shape[1]], dtype=np.float64)
    np.exp(mass, out=mass)
    np.multiply(mass, by_column, out=mass)
    return largest + float(np.log(np.sum(np.sum(mass, axis=1) * by_row)))


def _floored(log_prior_nats: NDArray[np.float64]) -> NDArray[np.float64]:
    """The prior held to its floor; what is excluded stays so."""
    held = np.maximum(log_prior_nats, np.max(log_prior_nats) - PRIOR_FLOOR_NATS)
    return np.where(np.isneginf(log_prior_nats), -np.inf, held)
