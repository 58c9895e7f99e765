"""What is left of a combination once the grid is summed over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.fusion.atoms import Atoms
from witnessmark.fusion.models import Model


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """A combination of findings, summed over the grid.

    Attributes
    ----------
    log_table : ndarray of float64, shape (n_place_atoms, n_time_atoms)
        Log mass [nats] of prior times likelihoods.
    place, time : ndarray of float64, shapes (n_places,) and (n_instants,), or None where not asked for
        Marginals given the grid; zero throughout when the grid has no mass.
    expected_nats : float
        Mean over the grid's posterior of the one finding's contaminated log-likelihood; 0 where not asked for.
    """

    log_table: NDArray[np.float64]
    place: NDArray[np.float64] | None
    time: NDArray[np.float64] | None
    expected_nats: float = 0.0


def separable(model: Model, atoms: Atoms) -> Reduced:
    """Reduce a combination without joint findings: place and time are independent given the grid."""
    rows = atoms.log_sums(model.rows_nats, atoms.place, atoms.n_place)
    columns = atoms.log_sums(model.columns_nats, atoms.time, atoms.n_time)
    return Reduced(
        log_table=rows[:, None] + columns[None, :] + model.scale_nats,
        place=shared_out(np.exp(model.rows_nats)),
        time=shared_out(np.exp(model.columns_nats)),
    )


def shared_out(mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Masses divided by their sum; zeros stay zeros when there is none."""
    total = float(np.sum(mass))
    return mass / total if total > 0.0 else np.zeros_like(mass)
