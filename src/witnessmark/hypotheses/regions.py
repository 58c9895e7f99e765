"""Highest-density regions of a marginal: which cells, how much ground, which intervals of UTC."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.times import TimeAxis

TIE = 1e-9
"""Relative difference below which two cells count as equally probable; far above the rounding of sums."""


def highest_density(mass: NDArray[np.float64], probability: float) -> NDArray[np.bool_]:
    """The smallest set of cells that holds at least this probability (Hyndman 1996, doi:10.2307/2684423).

    Cells must be of equal size, as those of both axes are. Cells as probable as the last one taken are taken with
    it: a marginal that says nothing gives the whole axis, not whichever half comes first.

    Parameters
    ----------
    mass : ndarray of float64, shape (n,)
        Probabilities up to one common factor.
    probability : float
        Between 0 and 1.

    Returns
    -------
    ndarray of bool, shape (n,)
        All false when there is no mass at all.

    Raises
    ------
    BadInputError
        For a probability outside (0, 1], or a mass that is negative or not finite.

    Examples
    --------
    >>> highest_density(np.array([0.1, 0.6, 0.2, 0.1]), 0.75).tolist()
    [False, True, True, False]
    >>> highest_density(np.ones(4), 0.5).tolist()
    [True, True, True, True]
    """
    if not 0.0 < probability <= 1.0:
        raise BadInputError(f"A region of probability {probability} has no meaning.", "Give one between 0 and 1.")
    total = float(np.sum(mass))
    if not np.isfinite(total) or (mass.size and float(np.min(mass)) < 0.0):
        raise BadInputError("A marginal holds negative or infinite values.", "Give probabilities.")
    if total == 0.0:
        return np.zeros(mass.shape, dtype=np.bool_)
    descending = np.sort(mass)[::-1]
    last = int(np.searchsorted(np.cumsum(descending), probability * total * (1.0 - 1e-12)))
    threshold = descending[min(last, mass.size - 1)]
    region: NDArray[np.bool_] = (mass >= threshold * (1.0 - TIE)) & (mass > 0.0)
    return region


def area_km2(grid: PlaceGrid, mask: NDArray[np.bool_]) -> float:
    """Ground area of the chosen cells [km2].

    Raises
    ------
    BadInputError
        When the mask is not one value a cell.
    """
    if mask.shape != (grid.n_places,):
        raise BadInputError(
            f"A place mask of shape {mask.shape} does not fit {grid.n_places} cells.", "Give one value a cell."
        )
    return int(np.count_nonzero(mask)) * grid.cell_area_km2


def intervals(axis: TimeAxis, mask: NDArray[np.bool_]) -> tuple[tuple[dt.datetime, dt.datetime], ...]:
    """Chosen instants as disjoint UTC intervals, each from an instant to the end of its step, touching ones merged.

    Raises
    ------
    BadInputError
        When the mask is not one value an instant.

    Examples
    --------
    >>> axis = TimeAxis(dt.datetime(2022, 9, 13, tzinfo=dt.timezone.utc), 3600.0, 5)
    >>> for start, end in intervals(axis, np.array([True, True, False, False, True])):
    ...     print(start.isoformat(), end.isoformat())
    2022-09-13T00:00:00+00:00 2022-09-13T02:00:00+00:00
    2022-09-13T04:00:00+00:00 2022-09-13T05:00:00+00:00
    """
    if mask.shape != (axis.n_instants,):
        raise BadInputError(
            f"A time mask of shape {mask.shape} does not fit {axis.n_instants} instants.", "Give one value an instant."
        )
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return tuple((axis.at(int(start)), axis.at(int(end))) for start, end in edges.reshape(-1, 2))


def minutes(axis: TimeAxis, mask: NDArray[np.bool_]) -> float:
    """Whole length of the chosen steps [min]."""
    return int(np.count_nonzero(mask)) * axis.step_s / 60.0
