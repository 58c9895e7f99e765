"""Sums over the grid of many combinations at once, in one pass over the joint findings."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.fusion.atoms import Atoms, Runs
from witnessmark.fusion.lanes import in_order, lanes
from witnessmark.fusion.models import Model, Weights
from witnessmark.fusion.prepared import Prepared, logs
from witnessmark.fusion.reduced import Reduced, shared_out
from witnessmark.hypotheses.rows import release

Array = NDArray[np.float64]

_Term = tuple[int, float]
"""A joint finding's position and its weight."""

_NOTHING = 1e-300
"""Stands for an excluded hypothesis's 0 where its logarithm is taken, which is then multiplied by its mass of 0."""


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Combinations with the same joint factor K (places x instants); they differ in their row and column vectors.

    The first, the base, has columns B and rows A. Combinations with columns B are weighted sums over places of
    K B, those with rows A weighted sums over instants of A K; only one that differs in both needs a product of its
    own. So K is made once and multiplied by a few vectors, however many separable findings are left out in turn.
    """

    joint: list[_Term]
    right: dict[Weights, tuple[Array, list[Model]]]  # by columns' key, the base's first: columns (n_instants,), models
    left: tuple[Array, list[Model]] | None  # rows (n_places,) of the base, models that differ from it in columns only
    marginals: bool
    expected: bool


@dataclass(slots=True, eq=False)
class _Sums:
    """Running sums of a group."""

    tables: dict[Weights, Array]
    left: Array
    place: list[Array]
    expected: float


def stream(
    models: Sequence[Model],
    with_marginals: frozenset[Weights],
    prepared: Sequence[Prepared],
    atoms: Atoms,
    *,
    block_elements: int,
    workers: int,
    tell: Callable[[float], None],
) -> dict[Weights, Reduced]:
    """Reduce combinations that hold joint findings and whose range allows products in double precision.

    Parameters
    ----------
    models : sequence of Model
    with_marginals : frozenset of Weights
        Combinations whose marginals are asked for; of those with a single joint finding and nothing else, the mean
        log-likelihood too.
    prepared : sequence of Prepared
    atoms : Atoms
    block_elements, workers : int
    tell : callable
        Told how far it is, 0 to 1.

    Returns
    -------
    dict of Weights to Reduced
    """
    if not models:
        return {}
    groups = _groups(models, with_marginals)
    needed = sorted({term for group in groups for term in group.joint})
    n_places, n_instants = len(atoms.place), len(atoms.time)

    instants = Runs.along(atoms.time, atoms.n_time)

    def work(run: list[slice]) -> list[_Sums]:
        return _work(run, groups, needed, prepared, atoms, instants)

    total: list[_Sums] | None = None
    for sums in in_order(work, lanes(n_places, n_instants, block_elements), workers, tell):
        total = sums if total is None else [_added(one, other) for one, other in zip(total, sums, strict=True)]
    assert total is not None  # there is at least one lane
    reduced: dict[Weights, Reduced] = {}
    for group, group_sums in zip(groups, total, strict=True):
        reduced.update(_finish(group, group_sums, atoms))
    return reduced


def _groups(models: Sequence[Model], with_marginals: frozenset[Weights]) -> list[_Group]:
    """Sort combinations by their joint factor and choose the products that serve them all."""
    by_joint: dict[Weights, list[Model]] = {}
    further: list[list[Model]] = []  # marginals are those of a base, so each combination that wants them is one
    for model in sorted(models, key=lambda model: model.key not in with_marginals):
        if model.key in with_marginals and model.joint in by_joint:
            further.append([model])
        else:
            by_joint.setdefault(model.joint, []).append(model)
    groups = []
    for members in [*by_joint.values(), *further]:
        base = members[0]
        right: dict[Weights, tuple[Array, list[Model]]] = {}
        by_rows: list[Model] = []
        for model in members:
            if model.columns_key != base.columns_key and model.rows_key == base.rows_key:
                by_rows.append(model)
                continue
            if model.columns_key not in right:
                right[model.columns_key] = (np.exp(model.columns_nats), [])
            right[model.columns_key][1].append(model)
        marginals = base.key in with_marginals
        left = (np.exp(base.rows_nats), by_rows) if marginals or by_rows else None
        joint = [(position, weight) for position, weight in enumerate(base.joint) if weight]
        alone = sum(weight > 0.0 for weight in base.key) == 1
        groups.append(_Group(joint, right, left, marginals, marginals and alone))
    return groups


def _work(
    run: list[slice],
    groups: list[_Group],
    needed: list[_Term],
    prepared: Sequence[Prepared],
    atoms: Atoms,
    instants: Runs,
) -> list[_Sums]:
    """Sums over a run of rows."""
    n_instants = len(atoms.time)
    most = max(rows.stop - rows.start for rows in run)
    blocks = {position: np.empty((most, n_instants)) for position, _ in needed}
    with_logs = {position for position, weight in needed if weight != 1.0}
    with_logs |= {group.joint[0][0] for group in groups if group.expected}
    nats = {position: np.empty((most, n_instants)) for position in sorted(with_logs)}
    powers = {
        (position, weight): blocks[position] if weight == 1.0 else np.empty((most, n_instants))
        for position, weight in needed
    }
    product, weighted = np.empty((most, n_instants)), np.empty((most, n_instants))
    sums = [
        _Sums(
            {
                model.key: np.zeros((atoms.n_place, atoms.n_time))
                for _, models in group.right.values()
                for model in models
            },
            np.zeros((atoms.n_place, n_instants)),
            [],
            0.0,
        )
        for group in groups
    ]
    for rows in run:
        n = rows.stop - rows.start
        for position, block in blocks.items():
            prepared[position].ratios(rows, out=block[:n])
            release(prepared[position].values_nats, rows)
        for position, logarithms in nats.items():
            likelihood = blocks[position][:n]
            if prepared[position].excludes:
                likelihood = np.maximum(likelihood, _NOTHING, out=logarithms[:n])
            np.log(likelihood, out=logarithms[:n])
        for (position, weight), power in powers.items():
            if weight != 1.0:
                np.exp(np.multiply(nats[position][:n], weight, out=power[:n]), out=power[:n])
                if prepared[position].excludes:
                    np.copyto(power[:n], 0.0, where=blocks[position][:n] == 0.0)
        stretches = _stretches(atoms.place[rows])
        for group, running in zip(groups, sums, strict=True):
            factor = _product([powers[term][:n] for term in group.joint], product[:n])
            base = _add_block(group, running, factor, rows, stretches, instants, weighted[:n])
            if group.expected:
                by_row = np.einsum("pt,pt->p", nats[group.joint[0][0]][:n], base)
                running.expected += float(np.sum(by_row * np.exp(_base(group).rows_nats[rows])))
    return sums


def _add_block(
    group: _Group,
    running: _Sums,
    factor: Array,
    rows: slice,
    stretches: list[tuple[int, int, int]],
    instants: Runs,
    weighted: Array,
) -> Array:
    """Add a block of the joint factor to a group's sums; gives the block times the base's columns.

    Plain sums, not matrix products: those would start threads of their own inside these, and their order would be the
    linear algebra library's.
    """
    for columns, models in reversed(group.right.values()):  # the base last, so that its product is left in `weighted`
        np.multiply(factor, columns, out=weighted)
        by_atom = instants.sums(weighted)
        for model in models:
            scaled = by_atom * np.exp(model.rows_nats[rows])[:, None]
            for atom, start, end in stretches:
                running.tables[model.key][atom] += np.sum(scaled[start:end], axis=0)
            if group.marginals and model is _base(group):
                running.place.append(np.sum(scaled, axis=1))
    if group.left is not None:
        of_rows = group.left[0][rows]
        for atom, start, end in stretches:
            running.left[atom] += np.einsum("p,pt->t", of_rows[start:end], factor[start:end])
    return weighted


def _base(group: _Group) -> Model:
    """The combination whose rows and columns the group's products are made with."""
    return next(iter(group.right.values()))[1][0]


def _stretches(of: NDArray[np.intp]) -> list[tuple[int, int, int]]:
    """Atom, start and end of each run of equal atoms."""
    edges = np.flatnonzero(np.concatenate(([True], of[1:] != of[:-1], [True]))).tolist()
    return [(int(of[start]), start, end) for start, end in itertools.pairwise(edges)]


def _product(factors: Sequence[Array], out: Array) -> Array:
    """Product of blocks: in `out`, or the one block itself."""
    if len(factors) == 1:
        return factors[0]
    np.multiply(factors[0], factors[1], out=out)
    for factor in factors[2:]:
        np.multiply(out, factor, out=out)
    return out


def _added(one: _Sums, other: _Sums) -> _Sums:
    """Two runs' sums, the first run first."""
    return _Sums(
        {key: table + other.tables[key] for key, table in one.tables.items()},
        one.left + other.left,
        one.place + other.place,
        one.expected + other.expected,
    )


def _finish(group: _Group, sums: _Sums, atoms: Atoms) -> dict[Weights, Reduced]:
    """Turn a group's sums into its combinations' results."""
    reduced: dict[Weights, Reduced] = {}
    base = _base(group)
    for _, models in group.right.values():
        for model in models:
            reduced[model.key] = Reduced(logs(sums.tables[model.key]) + model.scale_nats, None, None)
    if group.left is not None:
        for model in group.left[1]:
            weighted = sums.left * np.exp(model.columns_nats)
            table = np.stack([weighted[:, atoms.time == atom].sum(axis=1) for atom in range(atoms.n_time)], axis=1)
            reduced[model.key] = Reduced(logs(table) + model.scale_nats, None, None)
    if group.marginals:
        mass = float(np.sum(sums.tables[base.key]))
        reduced[base.key] = Reduced(
            log_table=reduced[base.key].log_table,
            place=shared_out(np.concatenate(sums.place)),
            time=shared_out(np.sum(sums.left, axis=0) * np.exp(base.columns_nats)),
            expected_nats=sums.expected / mass if group.expected and mass > 0.0 else 0.0,
        )
    return reduced
