"""What is weighed: a place x time grid and named alternatives outside it, with their prior masses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.times import TimeAxis


@dataclass(frozen=True, slots=True)
class Alternative:
    """A named possibility off the grid, such as footage older than the time axis.

    Attributes
    ----------
    name : str
        Key used in likelihoods, such as "older-footage" or "elsewhere".
    statement : str
        One sentence a reader understands.
    prior : float
        Prior probability, 0 < prior < 1.
    """

    name: str
    statement: str
    prior: float

    def __post_init__(self) -> None:
        if not 0.0 < self.prior < 1.0:
            raise BadInputError(
                f"The alternative '{self.name}' has a prior of {self.prior}.", "Give a probability between 0 and 1."
            )


@dataclass(frozen=True, slots=True, eq=False)
class Hypotheses:
    """The shared space over which every finding is a log-likelihood.

    Attributes
    ----------
    places : PlaceGrid
    times : TimeAxis
    alternatives : tuple of Alternative
        Their priors plus the grid's prior mass make 1.
    log_prior_place_nats : ndarray of float64, shape (n_places,), or None for uniform
        Normalised on the grid [nats].
    log_prior_time_nats : ndarray of float64, shape (n_instants,), or None for uniform
    """

    places: PlaceGrid
    times: TimeAxis
    alternatives: tuple[Alternative, ...] = ()
    log_prior_place_nats: NDArray[np.float64] | None = None
    log_prior_time_nats: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        names = [alternative.name for alternative in self.alternatives]
        if len(set(names)) != len(names):
            raise BadInputError(f"Alternatives are named twice: {names}.", "Give each its own name.")
        if self.grid_prior <= 0.0:
            raise BadInputError(
                "The alternatives' priors leave nothing for the place x time grid.", "Make them sum to less than 1."
            )

    @property
    def grid_prior(self) -> float:
        """Prior probability that the truth lies on the grid."""
        return 1.0 - sum(alternative.prior for alternative in self.alternatives)

    @property
    def shape(self) -> tuple[int, int]:
        """(n_places, n_instants)."""
        return self.places.n_places, self.times.n_instants
