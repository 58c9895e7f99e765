"""Sums over the grid of one combination, as logarithms throughout: for ranges that products cannot hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.fusion.atoms import Atoms
from witnessmark.fusion.lanes import in_order, lanes
from witnessmark.fusion.models import Model
from witnessmark.fusion.prepared import Prepared
from witnessmark.fusion.reduced import Reduced
from witnessmark.hypotheses.logs import log_sum
from witnessmark.hypotheses.rows import release

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Log sums of a run of rows: by atoms, by place, by instant; and by block, the joint findings' mean in it."""

    table: Array
    place: Array
    time: Array
    log_masses: list[float]
    means_nats: list[float]


def by_logarithms(
    model: Model,
    prepared: Sequence[Prepared],
    atoms: Atoms,
    *,
    block_elements: int,
    workers: int,
    tell: Callable[[float], None],
) -> Reduced:
    """Reduce one combination with joint findings; exact over any range, at one pass of its own.

    Parameters
    ----------
    model : Model
    prepared : sequence of Prepared
    atoms : Atoms
    block_elements, workers : int
    tell : callable
        Told how far it is, 0 to 1.
    """
    order = np.argsort(atoms.time, kind="stable")
    starts = np.searchsorted(atoms.time[order], np.arange(atoms.n_time))

    def work(run: list[slice]) -> _Sums:
        parts = [_block(rows, model, prepared, atoms, order, starts) for rows in run]
        return _Sums(
            _log_total(np.stack([part.table for part in parts]), axis=0),
            np.concatenate([part.place for part in parts]),
            _log_total(np.stack([part.time for part in parts]), axis=0),
            [mass for part in parts for mass in part.log_masses],
            [mean for part in parts for mean in part.means_nats],
        )

    table: Array | None = None
    time: Array | None = None
    places: list[Array] = []
    log_masses: list[float] = []
    means_nats: list[float] = []
    for sums in in_order(work, lanes(len(atoms.place), len(atoms.time), block_elements), workers, tell):
        places.append(sums.place)
        log_masses += sums.log_masses
        means_nats += sums.means_nats
        table = sums.table if table is None else np.logaddexp(table, sums.table)
        time = sums.time if time is None else np.logaddexp(time, sums.time)
    assert table is not None and time is not None  # there is at least one lane
    return Reduced(
        log_table=table + model.scale_nats,
        place=_shares(np.concatenate(places)),
        time=_shares(time),
        expected_nats=float(np.sum(_shares(np.array(log_masses)) * np.array(means_nats))),
    )


def _block(
    rows: slice,
    model: Model,
    prepared: Sequence[Prepared],
    atoms: Atoms,
    order: NDArray[np.intp],
    starts: NDArray[np.intp],
) -> _Sums:
    """Log sums of one block."""
    exponent = model.rows_nats[rows, None] + model.columns_nats
    joint = np.zeros_like(exponent)
    for weight, finding in zip(model.joint, prepared, strict=True):
        if weight:
            joint += weight * finding.relative(rows)
            release(finding.values_nats, rows)
    exponent += joint
    by_atom = np.stack(
        [_log_total(part, axis=1) for part in np.split(exponent[:, order], starts[1:], axis=1)], axis=1
    )  # (places of the block, n_time)
    of_place = atoms.place[rows]
    table = np.stack([_log_total(by_atom[of_place == atom], axis=0) for atom in range(atoms.n_place)])
    place = _log_total(by_atom, axis=1)
    log_mass = log_sum(place)
    mean_nats = 0.0
    if log_mass > -np.inf:  # where there is no mass the log-likelihood may be -inf and is passed over
        share = np.exp(exponent - log_mass)
        mean_nats = float(np.sum(share * np.where(share > 0.0, joint, 0.0)))
    return _Sums(table, place, _log_total(exponent, axis=0), [log_mass], [mean_nats])


def _log_total(values: Array, axis: int) -> Array:
    """Log of summed exponentials along an axis; -inf where there is nothing."""
    largest = np.max(values, axis=axis, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(largest), largest, 0.0)
    summed = np.sum(np.exp(values - shift), axis=axis)
    out = np.full(summed.shape, -np.inf)
    np.log(summed, out=out, where=summed > 0.0)
    total: Array = out + np.squeeze(shift, axis=axis)
    return total


def _shares(log_mass: Array) -> Array:
    """Probabilities from log masses; zero throughout when there is none."""
    largest = float(np.max(log_mass))
    if not np.isfinite(largest):
        return np.zeros_like(log_mass)
    mass = np.exp(log_mass - largest)
    shares: Array = mass / np.sum(mass)
    return shares
