"""A finding's weight: log-likelihood over the grid, a missing axis of length 1, and over the alternatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.hypotheses.logs import log_sum
from witnessmark.hypotheses.rows import release, row_blocks
from witnessmark.hypotheses.space import Hypotheses


@dataclass(frozen=True, slots=True)
class Extremes:
    """The range of a table of log-likelihoods [nats].

    Attributes
    ----------
    largest : float
        NaN when the table holds one.
    smallest : float
        Of the finite values; +inf when there is none.
    excludes : bool
        True when some value is -inf.
    """

    largest: float
    smallest: float
    excludes: bool


def extremes(values_nats: NDArray[np.float32]) -> Extremes:
    """Range of a table, read once in blocks of rows.

    Parameters
    ----------
    values_nats : ndarray of float32, shape (n_rows, n_columns)
        May be a memory map; its pages are let go as they are read.

    Returns
    -------
    Extremes
    """
    largest, smallest, excludes = -np.inf, np.inf, False
    for rows in row_blocks(*values_nats.shape):
        block = values_nats[rows]
        top, bottom = float(np.max(block)), float(np.min(block))
        if np.isnan(top):
            return Extremes(top, smallest, excludes)
        if bottom == -np.inf:
            excludes = True
            bottom = float(np.min(block, where=np.isfinite(block), initial=np.inf))
        largest, smallest = max(largest, top), min(smallest, bottom)
        release(values_nats, rows)
    return Extremes(largest, smallest, excludes)


@dataclass(frozen=True, slots=True, eq=False)
class LogLikelihood:
    """Natural-log likelihood of what was seen, one value a hypothesis, up to one common constant.

    Attributes
    ----------
    values_nats : ndarray of float32, shape (n_places or 1, n_instants or 1)
        An axis of length 1 means: the same for all. May be a read-only memory map. -inf excludes; NaN and +inf
        are refused by `check`.
    alternatives_nats : mapping of str to float
        On the same scale, one for every alternative of the space.
    """

    values_nats: NDArray[np.float32]
    alternatives_nats: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of_places(cls, nats: NDArray[np.floating], alternatives_nats: Mapping[str, float]) -> LogLikelihood:
        """One value a place, the same at all times; `nats` has shape (n_places,)."""
        return cls(np.asarray(nats, dtype=np.float32).reshape(-1, 1), MappingProxyType(dict(alternatives_nats)))

    @classmethod
    def of_times(cls, nats: NDArray[np.floating], alternatives_nats: Mapping[str, float]) -> LogLikelihood:
        """One value an instant, the same everywhere; `nats` has shape (n_instants,)."""
        return cls(np.asarray(nats, dtype=np.float32).reshape(1, -1), MappingProxyType(dict(alternatives_nats)))

    def check(self, over: Hypotheses) -> Extremes:
        """Refuse a likelihood that does not fit the space; a memory map is read in blocks.

        Returns
        -------
        Extremes
            Of the grid values, found on the way.

        Raises
        ------
        BadInputError
            For a wrong shape or type, NaN or +inf, everything excluded, or an alternative left out.
        """
        n_places, n_instants = over.shape
        if self.values_nats.dtype != np.float32 or self.values_nats.ndim != 2:
            raise BadInputError(
                f"A log-likelihood came as {self.values_nats.dtype} with {self.values_nats.ndim} axes.",
                "Give float32 values of shape (places or 1, instants or 1).",
            )
        rows, columns = self.values_nats.shape
        if rows not in (1, n_places) or columns not in (1, n_instants):
            raise BadInputError(
                f"A log-likelihood of shape {(rows, columns)} does not fit {n_places} places x {n_instants} instants.",
                "Weigh over the hypotheses that are handed in; a missing axis has length 1.",
            )
        found = extremes(self.values_nats)
        if not np.isfinite(found.largest):
            raise BadInputError(
                f"The largest log-likelihood on the grid is {found.largest}.",
                "NaN and +inf are never a likelihood, and a finding may not exclude every place and time.",
            )
        missing = {alternative.name for alternative in over.alternatives} - set(self.alternatives_nats)
        if missing:
            raise BadInputError(
                f"A log-likelihood says nothing of the alternatives {sorted(missing)}.",
                "Every finding weighs every alternative; one that cannot tell gives the grid's mean likelihood.",
            )
        if any(np.isnan(nats) or nats == np.inf for nats in self.alternatives_nats.values()):
            raise BadInputError("An alternative's log-likelihood is NaN or +inf.", "Give a finite value or -inf.")
        return found


def mean_nats(values_nats: NDArray[np.float32], over: Hypotheses) -> float:
    """Log of the mean likelihood over the grid under its prior [nats].

    What a line gives for an alternative of which its observations say nothing: the alternative then neither gains
    nor loses by the finding.

    Parameters
    ----------
    values_nats : ndarray of float32, shape (n_places or 1, n_instants or 1)
    over : Hypotheses

    Returns
    -------
    float
    """
    rows_nats = over.place_prior_nats() if values_nats.shape[0] > 1 else np.zeros(1)
    columns_nats = over.time_prior_nats() if values_nats.shape[1] > 1 else np.zeros(1)
    parts = []
    for rows in row_blocks(*values_nats.shape):
        parts.append(log_sum(values_nats[rows] + rows_nats[rows, None] + columns_nats[None, :]))
        release(values_nats, rows)
    return log_sum(np.array(parts))
