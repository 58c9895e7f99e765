"""Sums over the grid of many combinations at once, in one pass over the joint findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.fusion.atoms import Atoms
from witnessmark.fusion.models import Model, Weights
from witnessmark.fusion.prepared import Prepared
from witnessmark.fusion.reduced import Reduced, in_order, joint_exponent, lanes, logs, shared_out
from witnessmark.hypotheses.rows import release

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Combinations with the same joint factor K (places x instants); they differ in their row and column vectors.

    The first, the base, has columns B and rows A. Combinations with columns B are weighted sums over places of
    K B, those with rows A weighted sums over instants of A K; only one that differs in both needs a product of its
    own. So K is made once and multiplied by a few vectors, however many separable findings are left out in turn.
    """

    joint: list[tuple[int, float]]
    right: dict[Weights, tuple[Array, list[Model]]]  # columns key: columns by time atom (n_instants, n_time), models
    left: tuple[Array, list[Model]] | None  # rows by place atom (n_place, n_places) of the base, models
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
    groups = _groups(models, with_marginals, atoms)
    needed = sorted({position for group in groups for position, _ in group.joint})
    n_places, n_instants = len(atoms.place), len(atoms.time)

    def work(run: list[slice]) -> list[_Sums]:
        return _work(run, groups, needed, prepared, atoms)

    total: list[_Sums] | None = None
    for sums in in_order(work, lanes(n_places, n_instants, block_elements), workers, tell):
        total = sums if total is None else [_added(one, other) for one, other in zip(total, sums, strict=True)]
    assert total is not None  # there is at least one lane
    reduced: dict[Weights, Reduced] = {}
    for group, group_sums in zip(groups, total, strict=True):
        reduced.update(_finish(group, group_sums, atoms))
    return reduced


def _groups(models: Sequence[Model], with_marginals: frozenset[Weights], atoms: Atoms) -> list[_Group]:
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
                columns = np.zeros((len(atoms.time), atoms.n_time))
                columns[np.arange(len(atoms.time)), atoms.time] = np.exp(model.columns_nats)
                right[model.columns_key] = (columns, [])
            right[model.columns_key][1].append(model)
        marginals = base.key in with_marginals
        left = None
        if marginals or by_rows:
            rows = np.zeros((atoms.n_place, len(atoms.place)))
            rows[atoms.place, np.arange(len(atoms.place))] = np.exp(base.rows_nats)
            left = (rows, by_rows)
        joint = [(position, weight) for position, weight in enumerate(base.joint) if weight]
        alone = sum(weight > 0.0 for weight in base.key) == 1
        groups.append(_Group(joint, right, left, marginals, marginals and alone))
    return groups


def _work(
    run: list[slice], groups: list[_Group], needed: list[int], prepared: Sequence[Prepared], atoms: Atoms
) -> list[_Sums]:
    """Sums over a run of rows."""
    n_instants = len(atoms.time)
    most = max(rows.stop - rows.start for rows in run)
    blocks = {position: np.empty((most, n_instants)) for position in needed}
    factor, spare = np.empty((most, n_instants)), np.empty((most, n_instants))
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
        for position in needed:
            prepared[position].relative(rows, out=blocks[position][:n])
            release(prepared[position].values_nats, rows)
        of_rows = np.zeros((atoms.n_place, n))
        of_rows[atoms.place[rows], np.arange(n)] = 1.0
        for group, running in zip(groups, sums, strict=True):
            terms = [(weight, blocks[position][:n]) for position, weight in group.joint]
            np.exp(joint_exponent(terms, factor[:n], spare[:n]), out=factor[:n])
            _add_block(group, running, factor[:n], of_rows, rows)
            if group.expected:
                running.expected += _expected(group, factor[:n], terms[0][1], spare[:n], rows)
    return sums


def _add_block(group: _Group, running: _Sums, factor: Array, of_rows: Array, rows: slice) -> None:
    """Add a block of the joint factor to a group's sums."""
    for number, (columns, models) in enumerate(group.right.values()):
        by_atom = factor @ columns
        for model in models:
            running.tables[model.key] += of_rows @ (by_atom * np.exp(model.rows_nats[rows])[:, None])
        if number == 0 and group.marginals:
            running.place.append(np.sum(by_atom, axis=1) * np.exp(models[0].rows_nats[rows]))
    if group.left is not None:
        running.left += group.left[0][:, rows] @ factor


def _expected(group: _Group, factor: Array, block: Array, spare: Array, rows: slice) -> float:
    """Sum over a block of the posterior mass times the log-likelihood; what is excluded adds nothing."""
    columns, models = next(iter(group.right.values()))
    np.maximum(block, -1e3, out=spare)  # only -inf lies below any cap: its mass is 0, and 0 x -1000 is 0
    np.multiply(spare, factor, out=spare)
    return float(np.exp(models[0].rows_nats[rows]) @ (spare @ np.sum(columns, axis=1)))


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
    base = next(iter(group.right.values()))[1][0]
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
