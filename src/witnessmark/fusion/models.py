"""Which combinations of findings are weighed, and how each parts into place, time and joint factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.fusion.prepared import Prepared, Shape
from witnessmark.fusion.prior import floored, log_prior_alternatives
from witnessmark.fusion.settings import FusionSettings
from witnessmark.fusion.tempering import weights
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Finding

Weights = tuple[float, ...]
"""Weight of each finding in a combination, 0 for left out."""

DIRECT_RANGE_NATS = 600.0
"""A combination whose factors may differ by more than this [nats] is summed as logarithms.

Double precision underflows at exp(-708); 100 nats are left for sums and the prior.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A combination of findings over the grid: exp of `rows` + `columns` + the joint findings, weighted.

    Attributes
    ----------
    key : Weights
    joint : Weights
        Of the findings that vary on both axes.
    rows_nats, columns_nats : ndarray of float64, shapes (n_places,) and (n_instants,)
        Prior and separable findings, each at most 0.
    rows_key, columns_key : Weights
        Equal keys mean equal vectors.
    scale_nats : float
        What was taken out of both vectors.
    log_alternatives : ndarray of float64, shape (n_alternatives,)
        Log prior and all findings.
    range_nats : float
        Bound on how far two hypotheses that are not excluded lie apart.
    """

    key: Weights
    joint: Weights
    rows_nats: NDArray[np.float64]
    columns_nats: NDArray[np.float64]
    rows_key: Weights
    columns_key: Weights
    scale_nats: float
    log_alternatives: NDArray[np.float64]
    range_nats: float


@dataclass(frozen=True, slots=True)
class Combinations:
    """Keys of all combinations an assessment needs."""

    prior: Weights
    full: Weights
    alone: tuple[Weights, ...]
    without: tuple[Weights, ...]

    def distinct(self) -> list[Weights]:
        """Each combination once, in a fixed order."""
        return list(dict.fromkeys((self.prior, self.full, *self.alone, *self.without)))


def combinations(findings: Sequence[Finding], settings: FusionSettings) -> Combinations:
    """Tempered weights of all findings, of each alone, and of all but each.

    Weights are worked out anew for each: what is left when one of two copies goes counts in full again.
    """
    n = len(findings)
    without: list[Weights] = []
    for left_out in range(n):
        rest = weights([finding for i, finding in enumerate(findings) if i != left_out], settings)
        without.append((*rest[:left_out], 0.0, *rest[left_out:]))
    return Combinations(
        prior=(0.0,) * n,
        full=weights(findings, settings),
        alone=tuple(tuple(float(i == k) for i in range(n)) for k in range(n)),
        without=tuple(without),
    )


def models(keys: Sequence[Weights], prepared: Sequence[Prepared], over: Hypotheses) -> dict[Weights, Model]:
    """Part combinations into factors; those that agree on an axis share its vector.

    Parameters
    ----------
    keys : sequence of Weights
        One weight a finding.
    prepared : sequence of Prepared
    over : Hypotheses
    """
    vectors = [None if entry.shape is Shape.BOTH else entry.vector() for entry in prepared]
    rows_prior, columns_prior = floored(over)
    log_alternatives_prior = log_prior_alternatives(over)
    rows: dict[Weights, _Factor] = {}
    columns: dict[Weights, _Factor] = {}
    made: dict[Weights, Model] = {}
    for key in keys:
        rows_key = _only(key, prepared, Shape.PLACE, Shape.NEITHER)
        columns_key = _only(key, prepared, Shape.TIME)
        joint = _only(key, prepared, Shape.BOTH)
        if rows_key not in rows:
            rows[rows_key] = _factor(rows_prior, rows_key, vectors)
        if columns_key not in columns:
            columns[columns_key] = _factor(columns_prior, columns_key, vectors)
        log_alternatives = log_alternatives_prior
        for weight, entry in zip(key, prepared, strict=True):
            if weight:
                log_alternatives = log_alternatives + weight * entry.alternatives_nats
        by_place, by_time = rows[rows_key], columns[columns_key]
        made[key] = Model(
            key=key,
            joint=joint,
            rows_nats=by_place.vector,
            columns_nats=by_time.vector,
            rows_key=rows_key,
            columns_key=columns_key,
            scale_nats=float(np.log(over.grid_prior)) + by_place.scale + by_time.scale,
            log_alternatives=log_alternatives,
            range_nats=by_place.range
            + by_time.range
            + sum(weight * entry.range_nats for weight, entry in zip(joint, prepared, strict=True)),
        )
    return made


@dataclass(frozen=True, slots=True, eq=False)
class _Factor:
    """Prior and findings of one axis, at most 0, with what was taken out and the range of the finite values [nats]."""

    vector: NDArray[np.float64]
    scale: float
    range: float


def _factor(prior: NDArray[np.float64], key: Weights, vectors: Sequence[NDArray[np.float64] | None]) -> _Factor:
    """Add the weighted findings of an axis to its prior."""
    total = prior.copy()
    for weight, vector in zip(key, vectors, strict=True):
        if weight and vector is not None:
            total += weight * vector
    finite = total[np.isfinite(total)]
    if not finite.size:
        return _Factor(total, 0.0, 0.0)
    top = float(np.max(finite))
    return _Factor(total - top, top, top - float(np.min(finite)))


def _only(key: Weights, prepared: Sequence[Prepared], *shapes: Shape) -> Weights:
    """Weights of the findings of some shapes, 0 for the rest."""
    return tuple(weight if entry.shape in shapes else 0.0 for weight, entry in zip(key, prepared, strict=True))
