"""What is left of a combination once the grid is summed over."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from witnessmark.fusion.atoms import Atoms
from witnessmark.fusion.models import Model
from witnessmark.hypotheses.rows import row_blocks

Result = TypeVar("Result")

LANES = 32
"""The grid is worked in this many runs of rows whatever the number of threads, and their sums are added in order:
so the bytes of a result do not depend on how many threads there were."""


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
        Mean over the grid's posterior of the one finding's log-likelihood; 0 where not asked for.
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


def logs(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logs, with -inf for zero."""
    out = np.full(values.shape, -np.inf)
    np.log(values, out=out, where=values > 0.0)
    return out


def lanes(n_rows: int, n_columns: int, block_elements: int) -> list[list[slice]]:
    """Blocks of rows, grouped into runs of consecutive ones."""
    blocks = row_blocks(n_rows, n_columns, block_elements)
    edges = np.linspace(0, len(blocks), min(LANES, len(blocks)) + 1).astype(int)
    return [blocks[start:end] for start, end in itertools.pairwise(edges)]


def in_order(
    work: Callable[[list[slice]], Result], runs: Sequence[list[slice]], workers: int, tell: Callable[[float], None]
) -> Iterator[Result]:
    """Work the runs on threads and give the results in their order, telling how far it is (0 to 1)."""
    if min(workers, len(runs)) == 1:
        for number, run in enumerate(runs, start=1):
            yield work(run)
            tell(number / len(runs))
        return
    with ThreadPoolExecutor(workers) as pool:
        for number, result in enumerate(pool.map(work, runs), start=1):
            yield result
            tell(number / len(runs))
