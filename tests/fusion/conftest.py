"""Small spaces, findings of any shape, and fusing written out the plain way for comparison."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.fusion import ClaimRegion, FusionSettings
from witnessmark.hypotheses import Alternative, Hypotheses, LogLikelihood, PlaceGrid, TimeAxis
from witnessmark.lines.contract import Finding, InputRef

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Plainly:
    """What fusing gives when every hypothesis is written out in float64."""

    place: Array
    time: Array
    p_grid: float
    alternatives: Array
    bits: float
    log10_lrs: list[float]


class Build:
    """Makes what the tests fuse."""

    def space(
        self,
        rows: int = 2,
        columns: int = 3,
        instants: int = 4,
        priors: Sequence[float] = (0.1, 0.05),
        log_place: Array | None = None,
        log_time: Array | None = None,
        step_s: float = 600.0,
    ) -> Hypotheses:
        x_m, y_m = 100.0 * np.arange(columns, dtype=np.float64), 100.0 * np.arange(rows, dtype=np.float64)
        lon, lat = np.meshgrid(46.0 + x_m / 86_000.0, 39.5 + y_m / 111_000.0)
        grid = PlaceGrid(
            "+proj=laea +lat_0=39.5 +lon_0=46",
            100.0,
            x_m,
            y_m,
            lat.ravel(),
            lon.ravel(),
        )
        axis = TimeAxis(dt.datetime(2022, 9, 13, 4, tzinfo=dt.UTC), step_s, instants)
        alternatives = tuple(Alternative(f"other-{i}", f"Other {i}.", prior) for i, prior in enumerate(priors))
        return Hypotheses(grid, axis, alternatives, log_place, log_time)

    def finding(
        self,
        values: NDArray[np.floating],
        alternatives: Mapping[str, float] | Sequence[float] = (),
        cap: float = 13.0,
        inputs: Sequence[str] = (),
        line: str = "sun",
    ) -> Finding:
        if not isinstance(alternatives, Mapping):
            alternatives = {f"other-{i}": nats for i, nats in enumerate(alternatives)}
        refs = tuple(InputRef(Sha256(b"\x07" * 32), part) for part in inputs)
        table = values if values.dtype == np.float32 else values.astype(np.float32)
        return Finding(
            line=line,
            version="1",
            method="made for a test",
            item=Sha256(b"\x07" * 32),
            inputs=refs,
            parameters={},
            seed=1,
            log_likelihood=LogLikelihood(table, alternatives),
            cap_nats=cap,
            observations=None,
            statement="Made for a test.",
            limits=(),
        )

    def plainly(
        self,
        findings: Sequence[tuple[str, Finding]],
        over: Hypotheses,
        claims: Sequence[ClaimRegion],
        weights: Sequence[float],
        settings: FusionSettings | None = None,
    ) -> Plainly:
        """The definition, hypothesis by hypothesis, sharing no code with what is tested."""
        largest_cap = (settings or FusionSettings()).largest_cap_nats
        n_places, n_instants = over.shape
        log_p = (
            over.log_prior_place_nats if over.log_prior_place_nats is not None else np.log(np.ones(n_places) / n_places)
        )
        log_t = over.log_prior_time_nats
        log_t = log_t if log_t is not None else np.log(np.ones(n_instants) / n_instants)
        grid_prior = (np.add.outer(log_p, log_t) + math.log(over.grid_prior)).ravel()
        prior = np.concatenate((grid_prior, np.log([entry.prior for entry in over.alternatives])))
        total = prior.copy()
        for (_, finding), weight in zip(findings, weights, strict=True):
            table = np.broadcast_to(finding.log_likelihood.values_nats.astype(np.float64), over.shape).ravel()
            others = [finding.log_likelihood.alternatives_nats[entry.name] for entry in over.alternatives]
            values = np.concatenate((table, np.array(others, dtype=np.float64)))
            eps = math.exp(-min(finding.cap_nats, largest_cap))
            likelihoods = np.exp(values - values.max())
            mean = np.sum(np.exp(prior) * likelihoods)
            contaminated = (1.0 - eps) * likelihoods + eps * mean
            contaminated[np.isneginf(values)] = 0.0
            with np.errstate(divide="ignore"):
                total = total + weight * np.log(contaminated)
        mass = np.exp(total - total.max())
        mass /= mass.sum()
        before = np.exp(prior)
        before /= before.sum()
        grid = mass[: n_places * n_instants].reshape(over.shape)
        held_mass = mass > 0
        bits = float(np.sum(mass[held_mass] * np.log2(mass[held_mass] / before[held_mass])))
        ratios = []
        for claim in claims:
            where = np.full(over.shape, claim.on_grid)
            if claim.place_mask is not None:
                where &= claim.place_mask[:, None]
            if claim.time_mask is not None:
                where &= claim.time_mask[None, :]
            named = np.array([entry.name in claim.alternatives for entry in over.alternatives], dtype=np.bool_)
            inside = np.concatenate((where.ravel(), named))
            with np.errstate(divide="ignore", invalid="ignore"):
                after_odds = np.log10(mass[inside].sum()) - np.log10(mass[~inside].sum())
                before_odds = np.log10(before[inside].sum()) - np.log10(before[~inside].sum())
                ratios.append(float(after_odds - before_odds))
        return Plainly(grid.sum(axis=1), grid.sum(axis=0), grid.sum(), mass[n_places * n_instants :], bits, ratios)


@pytest.fixture(scope="session")
def build() -> Build:
    """Makes spaces, findings and plain references."""
    return Build()
