"""Claims cut the grid into a few atoms; what every claim weighs is a sum over the small table of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError, ClashError
from witnessmark.fusion.records import ClaimRegion
from witnessmark.hypotheses.logs import log_sum
from witnessmark.hypotheses.space import Hypotheses

LEAST_MASS = 1e-200
"""Below this share of the greatest mass, a sum of exponentials may have lost parts: doubles end at 1e-308."""


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The runs of equal atoms along an axis, for summing stretch by stretch instead of cell by cell.

    Attributes
    ----------
    starts : ndarray of intp, shape (n_runs,)
    order : ndarray of intp, shape (n_runs,)
        Runs sorted by their atom.
    firsts : ndarray of intp, shape (n_atoms,)
        Where each atom begins in that order; every atom has a run.
    """

    starts: NDArray[np.intp]
    order: NDArray[np.intp]
    firsts: NDArray[np.intp]

    @classmethod
    def along(cls, of: NDArray[np.intp], n_atoms: int) -> Runs:
        """Find the runs of an axis, given the atom of each of its cells."""
        starts = np.flatnonzero(np.concatenate(([True], of[1:] != of[:-1])))
        order = np.argsort(of[starts], kind="stable")
        return cls(starts, order, np.searchsorted(of[starts][order], np.arange(n_atoms)))

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum the columns of each atom: (n, cells) to (n, n_atoms)."""
        by_run = np.add.reduceat(values, self.starts, axis=1)
        by_atom: NDArray[np.float64] = np.add.reduceat(by_run[:, self.order], self.firsts, axis=1)
        return by_atom


@dataclass(frozen=True, slots=True, eq=False)
class Atoms:
    """Cells and instants grouped by the claims they belong to.

    Attributes
    ----------
    place, time : ndarray of intp, shapes (n_places,) and (n_instants,)
        Which place atom a cell, and which time atom an instant, belongs to.
    n_place, n_time : int
    grounds : ndarray of bool, shape (n_grounds, n_place)
        The distinct parts of the place axis that claims hold in; an empty one for claims that hold nowhere on the grid.
    ground_of : ndarray of intp, shape (n_claims,)
        Which of them is a claim's.
    holds_time : ndarray of bool, shape (n_claims, n_time)
    inside_alternatives : ndarray of bool, shape (n_claims, n_alternatives)
    """

    place: NDArray[np.intp]
    time: NDArray[np.intp]
    n_place: int
    n_time: int
    grounds: NDArray[np.bool_]
    ground_of: NDArray[np.intp]
    holds_time: NDArray[np.bool_]
    inside_alternatives: NDArray[np.bool_]

    def log_inside_outside(
        self, log_table: NDArray[np.float64], log_alternatives: NDArray[np.float64]
    ) -> list[tuple[float, float]]:
        """Log mass [nats] of each claim and of its complement; sums only, so nothing cancels.

        Parameters
        ----------
        log_table : ndarray of float64, shape (n_place, n_time)
        log_alternatives : ndarray of float64, shape (n_alternatives,)

        Notes
        -----
        A claim holds in a rectangle of atoms: its ground times its hours. The mass of every ground at every hour is one
        product of matrices for all claims. What lies so far below the greatest mass that exponentials run out is summed
        again by itself, in logarithms.
        """
        largest = max(float(np.max(log_table, initial=-np.inf)), float(np.max(log_alternatives, initial=-np.inf)))
        if not np.isfinite(largest):
            return [self._by_itself(claim, log_table, log_alternatives) for claim in range(len(self.ground_of))]
        table, alternatives = np.exp(log_table - largest), np.exp(log_alternatives - largest)
        at_ground = self.grounds.astype(np.float64) @ table
        elsewhere = ((~self.grounds).astype(np.float64) @ table).sum(axis=1)
        within = np.where(self.inside_alternatives, alternatives, 0.0).sum(axis=1)
        without = np.where(self.inside_alternatives, 0.0, alternatives).sum(axis=1) + elsewhere[self.ground_of]
        for ground, row in enumerate(at_ground):
            members = np.flatnonzero(self.ground_of == ground)
            hours = self.holds_time[members]
            within[members] += np.where(hours, row, 0.0).sum(axis=1)
            without[members] += np.where(hours, 0.0, row).sum(axis=1)
        found: list[tuple[float, float]] = []
        for claim, (one, other) in enumerate(zip(within.tolist(), without.tolist(), strict=True)):
            if min(one, other) < LEAST_MASS:
                found.append(self._by_itself(claim, log_table, log_alternatives))
            else:
                found.append((largest + math.log(one), largest + math.log(other)))
        return found

    def _by_itself(
        self, claim: int, log_table: NDArray[np.float64], log_alternatives: NDArray[np.float64]
    ) -> tuple[float, float]:
        """Log mass [nats] of one claim and of its complement, each taken against its own greatest part."""
        grid = self.grounds[self.ground_of[claim]][:, None] & self.holds_time[claim]
        alternatives = self.inside_alternatives[claim]
        return (
            log_sum(np.concatenate((log_table[grid], log_alternatives[alternatives]))),
            log_sum(np.concatenate((log_table[~grid], log_alternatives[~alternatives]))),
        )

    def log_sums(self, log_values: NDArray[np.float64], of: NDArray[np.intp], n: int) -> NDArray[np.float64]:
        """Log of the summed exponentials in each of `n` atoms, shape (n,), for log-values of one axis."""
        return np.array([log_sum(log_values[of == atom]) for atom in range(n)])


def cut(claims: Sequence[ClaimRegion], over: Hypotheses) -> Atoms:
    """Group the axes by claim.

    Raises
    ------
    ClashError
        When a claim is handed in twice.
    BadInputError
        When a mask does not fit its axis or a claim names an alternative that the space does not have.
    """
    ids = [claim.claim_id for claim in claims]
    if len(set(ids)) != len(ids):
        raise ClashError(f"Claims are handed in twice: {sorted(ids)}.", "Weigh each claim once.")
    names = [alternative.name for alternative in over.alternatives]
    for claim in claims:
        for axis, mask, n in zip(("place", "time"), (claim.place_mask, claim.time_mask), over.shape, strict=True):
            if mask is not None and (mask.shape != (n,) or mask.dtype != np.bool_):
                raise BadInputError(
                    f"The {axis} mask of claim '{claim.claim_id}' has shape {mask.shape} and type {mask.dtype}.",
                    f"Give {n} values, true where the claim would hold.",
                )
        unknown = claim.alternatives - set(names)
        if unknown:
            raise BadInputError(
                f"Claim '{claim.claim_id}' names the alternatives {sorted(unknown)}, which the space does not have.",
                f"Add them to the space or name some of {names}.",
            )
    place, place_inside = _axis([claim.place_mask for claim in claims], over.shape[0])
    time, time_inside = _axis([claim.time_mask for claim in claims], over.shape[1])
    on_grid = np.array([claim.on_grid for claim in claims], dtype=np.bool_)
    alternatives = np.array([[name in claim.alternatives for name in names] for claim in claims], dtype=np.bool_)
    grounds, ground_of = np.unique(place_inside & on_grid[:, None], axis=0, return_inverse=True)
    return Atoms(
        place=place,
        time=time,
        n_place=place_inside.shape[1],
        n_time=time_inside.shape[1],
        grounds=np.asarray(grounds, dtype=np.bool_),
        ground_of=np.asarray(ground_of, dtype=np.intp).reshape(-1),
        holds_time=time_inside,
        inside_alternatives=alternatives.reshape(len(claims), len(names)),
    )


def _axis(masks: Sequence[NDArray[np.bool_] | None], n: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Atom of each cell of an axis, and which claims hold in each atom, shape (n_claims, n_atoms)."""
    if not masks:
        return np.zeros(n, dtype=np.intp), np.ones((0, 1), dtype=np.bool_)
    stacked = np.stack([np.ones(n, dtype=np.bool_) if mask is None else mask for mask in masks])
    signatures, atom = np.unique(stacked, axis=1, return_inverse=True)
    return np.asarray(atom, dtype=np.intp).reshape(-1), np.asarray(signatures, dtype=np.bool_)
