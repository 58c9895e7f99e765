"""Fusing against its definition written out, on random spaces, findings and claims."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.errors import BadInputError
from witnessmark.fusion import Assessment, ClaimRegion, FusionSettings, fuse
from witnessmark.fusion.words import LOG10_LR_LIMIT
from witnessmark.hypotheses import Hypotheses
from witnessmark.hypotheses.logs import normalised
from witnessmark.lines.contract import Finding

if TYPE_CHECKING:
    from tests.fusion.conftest import Build

Findings = list[tuple[str, Finding]]
seeds = st.integers(0, 2**32 - 1)


def problem(build: Build, seed: int, *, excluding: bool = True) -> tuple[Hypotheses, Findings, list[ClaimRegion]]:
    """A random space with findings of every shape, some sharing inputs, some excluding, and claims of every kind."""
    rng = np.random.default_rng(seed)
    rows, columns, instants = (int(n) for n in rng.integers(1, 5, 3))
    n_alternatives = int(rng.integers(0, 3))
    log_place = normalised(rng.normal(0, 2, rows * columns)) if rng.random() < 0.5 else None
    log_time = normalised(rng.normal(0, 2, instants)) if rng.random() < 0.5 else None
    over = build.space(rows, columns, instants, [0.1, 0.2][:n_alternatives], log_place, log_time)
    findings = []
    for number in range(int(rng.integers(0, 6))):
        shape = [n if rng.random() < 0.6 else 1 for n in over.shape]
        values = rng.normal(0, rng.choice([0.1, 3, 30]), shape).astype(np.float32)
        if excluding and rng.random() < 0.3:
            values[rng.random(shape) < 0.3] = -np.inf
            values[0, 0] = 0.0
        others = list(rng.normal(0, 3, n_alternatives))
        inputs = [part for part in "abc" if rng.random() < 0.3]
        findings.append((f"f{number}", build.finding(values, others, float(rng.uniform(0, 20)), inputs)))
    claims = [
        ClaimRegion(
            f"c{number}",
            rng.random(over.shape[0]) < 0.5 if rng.random() < 0.6 else None,
            rng.random(over.shape[1]) < 0.5 if rng.random() < 0.6 else None,
            frozenset(entry.name for entry in over.alternatives if rng.random() < 0.4),
            bool(rng.random() < 0.8),
        )
        for number in range(3)
    ]
    return over, findings, claims


def fused(
    over: Hypotheses, findings: Findings, claims: list[ClaimRegion], how: FusionSettings | None = None
) -> Assessment | None:
    """The assessment, or None where the findings exclude everything, which is told as an error."""
    try:
        return fuse(findings, over, claims, settings=how)
    except BadInputError as error:
        assert "together exclude" in error.what
        return None


def assert_same(one: Assessment, other: Assessment, rtol: float) -> None:
    """Two assessments agree in every number."""
    np.testing.assert_allclose(one.posterior_place, other.posterior_place, rtol=rtol, atol=1e-300)
    np.testing.assert_allclose(one.posterior_time, other.posterior_time, rtol=rtol, atol=1e-300)
    assert one.p_grid == pytest.approx(other.p_grid, rel=rtol, abs=1e-300)
    for mine, yours in zip(one.standings, other.standings, strict=True):
        assert mine.log10_lr == pytest.approx(yours.log10_lr, rel=rtol, abs=1e-9)
    by_id = {share.finding_id: share for share in other.shares}
    for share in one.shares:
        assert share.bits == pytest.approx(by_id[share.finding_id].bits, rel=rtol, abs=1e-9)
        for claim_id, ratio in share.without.items():
            assert ratio == pytest.approx(by_id[share.finding_id].without[claim_id], rel=rtol, abs=1e-9)


@given(seeds)
@settings(deadline=None, max_examples=150)
def test_agrees_with_the_definition_written_out(build: Build, seed: int) -> None:
    over, findings, claims = problem(build, seed)
    result = fused(over, findings, claims)
    if result is None:
        return
    reference = build.plainly(findings, over, claims, [share.weight for share in result.shares])
    np.testing.assert_allclose(result.posterior_place, reference.place, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(result.posterior_time, reference.time, rtol=1e-9, atol=1e-15)
    assert result.p_grid == pytest.approx(reference.p_grid, rel=1e-9)
    assert list(result.alternatives.values()) == pytest.approx(list(reference.alternatives), rel=1e-9, abs=1e-15)
    for standing, expected in zip(result.standings, reference.log10_lrs, strict=True):
        if standing.reason:
            assert standing.prior in (0.0, pytest.approx(1.0))
            assert standing.log10_lr == 0.0
        elif math.isinf(expected):
            assert standing.log10_lr == math.copysign(LOG10_LR_LIMIT, expected)
        else:
            assert standing.log10_lr == pytest.approx(expected, rel=1e-7, abs=1e-9)
    for share, (finding_id, finding) in zip(result.shares, findings, strict=True):
        alone = build.plainly([(finding_id, finding)], over, claims, [1.0])
        assert share.bits == pytest.approx(alone.bits, rel=1e-6, abs=1e-7)
        assert max(share.bits_place, share.bits_time) + share.bits_alternatives <= share.bits + 1e-9


@given(seeds)
@settings(deadline=None, max_examples=60)
def test_leaving_one_out_is_fusing_without_it(build: Build, seed: int) -> None:
    over, findings, claims = problem(build, seed)
    result = fused(over, findings, claims)
    if result is None:
        return
    for left_out, share in enumerate(result.shares):
        rest = fuse(findings[:left_out] + findings[left_out + 1 :], over, claims)
        for standing in rest.standings:
            assert share.without[standing.claim_id] == pytest.approx(standing.log10_lr, rel=1e-9, abs=1e-9)


@given(seeds)
@settings(deadline=None, max_examples=40)
def test_the_order_of_findings_does_not_matter_to_the_last_bit(build: Build, seed: int) -> None:
    over, findings, claims = problem(build, seed)
    one, other = fused(over, findings, claims), fused(over, findings[::-1], claims)
    if one is None or other is None:
        assert one is other
        return
    assert one.posterior_place.tobytes() == other.posterior_place.tobytes()
    assert one.posterior_time.tobytes() == other.posterior_time.tobytes()
    assert one.standings == other.standings
    assert {share.finding_id: share for share in one.shares} == {share.finding_id: share for share in other.shares}


@given(seeds, st.integers(1, 40))
@settings(deadline=None, max_examples=60)
def test_block_size_does_not_matter_and_threads_not_to_the_last_bit(build: Build, seed: int, block: int) -> None:
    over, findings, claims = problem(build, seed)
    whole = fused(over, findings, claims)
    cut = fused(over, findings, claims, FusionSettings(block_elements=block, threads=1))
    if whole is None or cut is None:
        assert whole is cut
        return
    assert_same(whole, cut, 1e-9)
    threaded = fused(over, findings, claims, FusionSettings(block_elements=block, threads=3))
    assert threaded is not None
    assert threaded.posterior_time.tobytes() == cut.posterior_time.tobytes()
    assert threaded.standings == cut.standings
    assert threaded.shares == cut.shares


@given(seeds)
@settings(deadline=None, max_examples=40)
def test_a_missing_axis_is_the_same_as_one_written_out(build: Build, seed: int) -> None:
    over, findings, claims = problem(build, seed)
    written_out = [
        (
            finding_id,
            dataclasses.replace(
                finding,
                log_likelihood=dataclasses.replace(
                    finding.log_likelihood,
                    values_nats=np.ascontiguousarray(np.broadcast_to(finding.log_likelihood.values_nats, over.shape)),
                ),
            ),
        )
        for finding_id, finding in findings
    ]
    one, other = fused(over, findings, claims), fused(over, written_out, claims)
    if one is None or other is None:
        assert one is other
        return
    assert_same(one, other, 1e-8)


@given(seeds, st.integers(-64, 64))
@settings(deadline=None, max_examples=40)
def test_a_common_constant_changes_nothing(build: Build, seed: int, constant: int) -> None:
    over, findings, claims = problem(build, seed)
    # multiples of 1/256 and whole constants, so that float32 adds them without rounding
    grained = [(name, _shifted(finding, 0)) for name, finding in findings]
    shifted = [(name, _shifted(finding, constant)) for name, finding in findings]
    one, other = fused(over, grained, claims), fused(over, shifted, claims)
    if one is None or other is None:
        assert one is other
        return
    assert_same(one, other, 1e-9)


def _shifted(finding: Finding, constant: int) -> Finding:
    likelihood = finding.log_likelihood
    values = (np.round(likelihood.values_nats * 256) / 256 + constant).astype(np.float32)
    others = {name: round(nats * 256) / 256 + constant for name, nats in likelihood.alternatives_nats.items()}
    return dataclasses.replace(
        finding, log_likelihood=dataclasses.replace(likelihood, values_nats=values, alternatives_nats=others)
    )


@given(seeds)
@settings(deadline=None, max_examples=40)
def test_one_finding_leaves_every_claim_its_share_of_the_prior(build: Build, seed: int) -> None:
    over, findings, claims = problem(build, seed, excluding=False)
    for entry in findings:
        result = fuse([entry], over, claims)
        eps = max(math.exp(-entry[1].cap_nats), math.exp(-FusionSettings().largest_cap_nats))
        for standing in result.standings:
            if not standing.reason:
                least, most = eps * standing.prior, 1.0 - eps * (1.0 - standing.prior)
                assert least * (1.0 - 1e-9) <= standing.posterior <= most + 1e-12


@given(seeds)
@settings(deadline=None, max_examples=40)
def test_one_finding_gives_its_own_posterior_and_the_prior_mixed(build: Build, seed: int) -> None:
    over, findings, claims = problem(build, seed, excluding=False)
    before, free = fuse([], over, claims), FusionSettings(largest_cap_nats=200.0)
    for name, finding in findings:
        held = fuse([(name, finding)], over, claims)
        sound = fuse([(name, dataclasses.replace(finding, cap_nats=200.0))], over, claims, settings=free)
        eps = max(math.exp(-finding.cap_nats), math.exp(-FusionSettings().largest_cap_nats))
        for part in ("posterior_place", "posterior_time"):
            mixed = (1.0 - eps) * getattr(sound, part) + eps * getattr(before, part)
            np.testing.assert_allclose(getattr(held, part), mixed, rtol=1e-9, atol=1e-15)
        for one, other, prior in zip(held.standings, sound.standings, before.standings, strict=True):
            assert one.posterior == pytest.approx((1.0 - eps) * other.posterior + eps * prior.posterior, rel=1e-9)
        assert held.shares[0].bits <= (1.0 - eps) * sound.shares[0].bits + 1e-7  # divergence is convex


@given(seeds)
@settings(deadline=None, max_examples=40)
def test_ranges_beyond_double_precision_take_the_other_way_to_the_same_numbers(build: Build, seed: int) -> None:
    from witnessmark.fusion import combine

    over, findings, claims = problem(build, seed)
    direct = fused(over, findings, claims)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(combine, "DIRECT_RANGE_NATS", -1.0)
        by_logarithms = fused(over, findings, claims)
    if direct is None or by_logarithms is None:
        assert direct is by_logarithms
        return
    assert_same(direct, by_logarithms, 1e-9)
