"""Fusing: findings into one posterior, with what each brings and how every claim stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.fusion.atoms import Atoms, cut
from witnessmark.fusion.logspace import by_logarithms
from witnessmark.fusion.models import DIRECT_RANGE_NATS, Combinations, Model, Weights, combinations, models
from witnessmark.fusion.prepared import Prepared, Shape, prepare
from witnessmark.fusion.records import Assessment, ClaimRegion, PlaceRegion, Share, Standing, TimeRegion
from witnessmark.fusion.reduced import Reduced, separable
from witnessmark.fusion.settings import FusionSettings
from witnessmark.fusion.stream import stream
from witnessmark.fusion.words import (
    DISCRIMINATES_LR,
    DOES_NOT_DISCRIMINATE,
    LOG10_LR_LIMIT,
    NOT_WEIGHED,
    discriminates,
    lr_words,
    probability_words,
)
from witnessmark.hypotheses.logs import log_sum
from witnessmark.hypotheses.regions import area_km2, highest_density, intervals, minutes
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Finding, no_progress

LN_2, LN_10 = math.log(2.0), math.log(10.0)

DISCRIMINATES_BITS = 1.0
"""Where there is no claim to tell apart, a finding discriminates from this many bits on."""


def fuse(
    findings: Sequence[tuple[str, Finding]],
    over: Hypotheses,
    claims: Sequence[ClaimRegion] = (),
    *,
    settings: FusionSettings | None = None,
    progress: Callable[[float, str], None] = no_progress,
) -> Assessment:
    """Combine findings over one space.

    Each finding is contaminated at the rate its cap stands for, weighs less where it shares inputs with others, and
    multiplies the prior. What is excluded outright (-inf) stays so, neither contaminated nor tempered. The mathematics
    is in docs/fusion.md.

    Parameters
    ----------
    findings : sequence of (finding id, Finding)
        Their order does not matter. None at all gives the prior.
    over : Hypotheses
        The space that every finding was weighed over.
    claims : sequence of ClaimRegion
    settings : FusionSettings, optional
    progress : callable (done from 0 to 1, what is being done)

    Returns
    -------
    Assessment
        Shares in the order of `findings`, standings in the order of `claims`.

    Raises
    ------
    ClashError
        When a finding or claim is handed in twice.
    BadInputError
        When a finding or claim does not fit the space, or the findings together exclude every hypothesis.
    """
    settings = settings or FusionSettings()
    atoms = cut(claims, over)
    ordered = sorted(findings, key=lambda entry: entry[0])  # sums in one order, whatever order they came in
    progress(0.0, "Reading the findings")
    prepared = prepare(ordered, over, settings)
    wanted = combinations([finding for _, finding in ordered], settings)
    factored = models(wanted.distinct(), prepared, over)
    reduced = _reduce(wanted, factored, prepared, atoms, settings, progress)
    odds = {
        key: atoms.log_inside_outside(one.log_table, factored[key].log_alternatives) for key, one in reduced.items()
    }
    evaluation = _Evaluation(wanted, reduced, odds, factored)
    progress(1.0, "Fused")
    return _assess(evaluation, prepared, over, [entry[0] for entry in findings], claims, settings)


@dataclass(frozen=True, slots=True, eq=False)
class _Evaluation:
    """All combinations, summed, and how the claims fare in each: log mass of each claim and of its complement."""

    wanted: Combinations
    reduced: Mapping[Weights, Reduced]
    log_odds: Mapping[Weights, list[tuple[float, float]]]
    models: Mapping[Weights, Model]

    def log10_lrs(self, key: Weights) -> list[float]:
        """log10 likelihood ratio of each claim against its complement; NaN where it is undefined."""
        return [
            _log10_lr(before, after)
            for before, after in zip(self.log_odds[self.wanted.prior], self.log_odds[key], strict=True)
        ]

    def split(self, key: Weights) -> NDArray[np.float64]:
        """Log-probability of the grid, then of each alternative."""
        masses = np.concatenate(([log_sum(self.reduced[key].log_table)], self.models[key].log_alternatives))
        return masses - log_sum(masses)


def _reduce(
    wanted: Combinations,
    factored: Mapping[Weights, Model],
    prepared: Sequence[Prepared],
    atoms: Atoms,
    settings: FusionSettings,
    progress: Callable[[float, str], None],
) -> dict[Weights, Reduced]:
    """Sum every combination over the grid: the separable at once, the rest in one pass, extreme ones in their own."""
    reduced: dict[Weights, Reduced] = {}
    together: list[Model] = []
    apart: list[Model] = []
    for key, one in factored.items():
        if not any(one.joint):
            reduced[key] = separable(one, atoms)
        else:
            (together if one.range_nats <= DIRECT_RANGE_NATS else apart).append(one)
    parts = bool(together) + len(apart)
    reading = 0.1  # the share of the time that reading and checking took

    def tell(part: int) -> Callable[[float], None]:
        return lambda done: progress(reading + (1.0 - reading) * (part + done) / parts, "Weighing places and times")

    how = {"block_elements": settings.block_elements, "workers": settings.workers()}
    marginals = frozenset((wanted.full, *wanted.alone))
    reduced.update(stream(together, marginals, prepared, atoms, **how, tell=tell(0)))
    for number, one in enumerate(apart, start=int(bool(together))):
        reduced[one.key] = by_logarithms(one, prepared, atoms, **how, tell=tell(number))
    return reduced


def _assess(
    evaluation: _Evaluation,
    prepared: Sequence[Prepared],
    over: Hypotheses,
    given_order: Sequence[str],
    claims: Sequence[ClaimRegion],
    settings: FusionSettings,
) -> Assessment:
    """Read the assessment off the sums."""
    wanted = evaluation.wanted
    full = evaluation.reduced[wanted.full]
    if not math.isfinite(
        log_sum(np.concatenate((full.log_table.ravel(), evaluation.models[wanted.full].log_alternatives)))
    ):
        raise BadInputError(
            f"The findings {[entry.finding_id for entry in prepared]} together exclude every hypothesis of the space.",
            "Look at their hard bounds: one is mistaken, or the truth lies outside the space; widen it or add an "
            "alternative such as 'elsewhere'.",
        )
    p_grid, *alternatives = np.exp(evaluation.split(wanted.full)).tolist()
    place, time = _marginal(full.place), _marginal(full.time)
    shares = {entry.finding_id: _share(position, entry, evaluation, claims) for position, entry in enumerate(prepared)}
    ordered = tuple(shares[finding_id] for finding_id in given_order)
    return Assessment(
        posterior_place=place * p_grid,
        posterior_time=time * p_grid,
        p_grid=p_grid,
        alternatives=dict(zip((entry.name for entry in over.alternatives), alternatives, strict=True)),
        regions_place=_place_regions(place, over, settings.levels) if p_grid > 0.0 else (),
        regions_time=_time_regions(time, over, settings.levels) if p_grid > 0.0 else (),
        shares=ordered,
        standings=_standings(evaluation, claims),
        does_not_discriminate=tuple(share.finding_id for share in ordered if not share.discriminates),
        parameters=_parameters(ordered, {entry.finding_id: entry.cap_nats for entry in prepared}, settings),
        space_digest=over.digest(),
    )


def _share(position: int, entry: Prepared, evaluation: _Evaluation, claims: Sequence[ClaimRegion]) -> Share:
    """What one finding brings."""
    wanted = evaluation.wanted
    alone, prior = evaluation.reduced[wanted.alone[position]], evaluation.reduced[wanted.prior]
    split, split_before = evaluation.split(wanted.alone[position]), evaluation.split(wanted.prior)
    p_grid = float(np.exp(split[0]))
    bits_alternatives = _divergence_bits(np.exp(split), np.exp(split_before))
    bits_place = p_grid * _divergence_bits(_marginal(alone.place), _marginal(prior.place))
    bits_time = p_grid * _divergence_bits(_marginal(alone.time), _marginal(prior.time))
    if entry.shape is Shape.BOTH:
        # D(posterior | prior) = E[log-likelihood] - log of the mean likelihood, here of the part on the grid
        log_mean = log_sum(alone.log_table) - log_sum(prior.log_table)
        on_grid = p_grid * max(0.0, alone.expected_nats - log_mean) / LN_2
    else:
        on_grid = bits_place + bits_time  # place and time stay independent
    ratios = evaluation.log10_lrs(wanted.alone[position])
    bits = bits_alternatives + on_grid
    weighed = [ratio for ratio in ratios if not math.isnan(ratio)]
    without = evaluation.log10_lrs(wanted.without[position])
    return Share(
        finding_id=entry.finding_id,
        line=entry.line,
        weight=wanted.full[position],
        bits=max(bits, bits_alternatives + bits_place, bits_alternatives + bits_time),
        bits_place=bits_place,
        bits_time=bits_time,
        bits_alternatives=bits_alternatives,
        capped=entry.capped,
        discriminates=any(map(discriminates, weighed)) if weighed else bits >= DISCRIMINATES_BITS,
        without=_by_claim(claims, without),
        alone=_by_claim(claims, ratios),
    )


def _by_claim(claims: Sequence[ClaimRegion], ratios: Sequence[float]) -> dict[str, float]:
    """Ratios by claim; 0 where they are undefined."""
    return {claim.claim_id: 0.0 if math.isnan(ratio) else ratio for claim, ratio in zip(claims, ratios, strict=True)}


def _standings(evaluation: _Evaluation, claims: Sequence[ClaimRegion]) -> tuple[Standing, ...]:
    """How each claim stands."""
    wanted = evaluation.wanted
    standings = []
    for claim, before, after in zip(
        claims, evaluation.log_odds[wanted.prior], evaluation.log_odds[wanted.full], strict=True
    ):
        ratio = _log10_lr(before, after)
        prior, posterior = _probability(before), _probability(after)
        if math.isnan(ratio):
            reason = (
                "Nothing in the space would make it true: widen the axes or add an alternative."
                if before[0] == -np.inf
                else "It holds under every hypothesis of the space, so nothing can speak for or against it."
            )
            standings.append(
                Standing(claim.claim_id, prior, posterior, 0.0, DOES_NOT_DISCRIMINATE, NOT_WEIGHED, reason)
            )
        else:
            standings.append(
                Standing(claim.claim_id, prior, posterior, ratio, lr_words(ratio), probability_words(posterior))
            )
    return tuple(standings)


def _log10_lr(before: tuple[float, float], after: tuple[float, float]) -> float:
    """log10 of posterior odds over prior odds, held to the limit; NaN where the prior odds are 0 or infinite."""
    if -np.inf in before:
        return math.nan
    if after[0] == after[1] == -np.inf:
        return 0.0
    ratio = ((after[0] - after[1]) - (before[0] - before[1])) / LN_10
    return min(LOG10_LR_LIMIT, max(-LOG10_LR_LIMIT, ratio))


def _probability(inside_outside: tuple[float, float]) -> float:
    """Probability of a claim from the log masses of it and its complement."""
    return math.exp(inside_outside[0] - float(np.logaddexp(*inside_outside)))


def _divergence_bits(after: NDArray[np.float64], before: NDArray[np.float64]) -> float:
    """Kullback-Leibler divergence in bits, by Kullback and Leibler 1951, doi:10.1214/aoms/1177729694."""
    held = after > 0.0
    return max(0.0, float(np.sum(after[held] * np.log2(after[held] / before[held]))))


def _marginal(marginal: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """A marginal that was asked for."""
    assert marginal is not None
    return marginal


def _place_regions(place: NDArray[np.float64], over: Hypotheses, levels: Sequence[float]) -> tuple[PlaceRegion, ...]:
    """Highest-density regions of place."""
    masks = [highest_density(place, level) for level in levels]
    return tuple(
        PlaceRegion(level, area_km2(over.places, mask), mask) for level, mask in zip(levels, masks, strict=True)
    )


def _time_regions(time: NDArray[np.float64], over: Hypotheses, levels: Sequence[float]) -> tuple[TimeRegion, ...]:
    """Highest-density regions of time."""
    masks = [highest_density(time, level) for level in levels]
    return tuple(
        TimeRegion(level, minutes(over.times, mask), intervals(over.times, mask))
        for level, mask in zip(levels, masks, strict=True)
    )


def _parameters(shares: Sequence[Share], caps_nats: Mapping[str, float], settings: FusionSettings) -> dict[str, float]:
    """Every number the result depends on that is not in the findings or the space."""
    return {
        "shared_input_correlation": settings.shared_input_correlation,
        **{f"correlation:{'+'.join(sorted(pair[:2]))}": pair[2] for pair in settings.line_correlations},
        "largest_cap_nats": settings.largest_cap_nats,
        **{f"cap_nats:{share.finding_id}": caps_nats[share.finding_id] for share in shares},
        **{f"weight:{share.finding_id}": share.weight for share in shares},
        "discriminates_lr": DISCRIMINATES_LR,
        "block_elements": float(settings.block_elements),
        **{f"level:{number}": level for number, level in enumerate(settings.levels, start=1)},
    }
