"""Fusing on cases whose answer is known beforehand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from witnessmark.errors import BadInputError, ClashError
from witnessmark.fusion import Assessment, ClaimRegion, FusionSettings, fuse
from witnessmark.fusion.words import LOG10_LR_LIMIT
from witnessmark.hypotheses.logs import normalised

if TYPE_CHECKING:
    from tests.fusion.conftest import Build


def first_half(n: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.arange(n) < n // 2


def test_without_findings_the_prior_stands(build: Build) -> None:
    over = build.space(2, 2, 4, [0.2])
    result = fuse([], over, [ClaimRegion("early", None, first_half(4))])
    assert result.p_grid == pytest.approx(0.8)
    assert result.posterior_time == pytest.approx([0.2] * 4)
    (standing,) = result.standings
    assert standing.prior == standing.posterior == pytest.approx(0.4)
    assert standing.log10_lr == pytest.approx(0.0, abs=1e-12)
    assert standing.lr_words == "does not discriminate"
    # nothing says more of one instant than of another: the region is the whole axis, not some half of it
    assert [region.minutes for region in result.regions_time] == [40.0, 40.0]
    assert result.regions_time[0].intervals == ((over.times.at(0), over.times.end),)
    assert [region.area_km2 for region in result.regions_place] == [pytest.approx(0.04)] * 2
    assert result.space_digest == over.digest()


def test_two_findings_that_see_the_same_thing_count_as_one(build: Build) -> None:
    over = build.space(1, 3, 4, [0.1])
    values = np.array([[2.0, 0.0, -1.0, -3.0]], dtype=np.float32)
    claims = [ClaimRegion("early", None, first_half(4))]
    once = build.finding(values, [0.5], inputs=["mark:m1"])
    again = build.finding(values, [0.5], inputs=["mark:m1", "pictures"], line="weather")
    unrelated = build.finding(values, [0.5], inputs=["sound"])
    alone = fuse([("a", once)], over, claims)
    both = fuse([("a", once), ("b", again)], over, claims)
    np.testing.assert_allclose(both.posterior_time, alone.posterior_time, rtol=1e-12)
    assert both.standings[0].log10_lr == pytest.approx(alone.standings[0].log10_lr, rel=1e-12)
    assert [share.weight for share in both.shares] == [0.5, 0.5]
    # and leaving out one of them changes nothing
    assert both.shares[0].without["early"] == pytest.approx(both.standings[0].log10_lr, rel=1e-12)
    told_otherwise = fuse(
        [("a", once), ("b", again)], over, claims, settings=FusionSettings(shared_input_correlation=0)
    )
    separate = fuse([("a", once), ("b", unrelated)], over, claims)
    assert told_otherwise.standings[0].log10_lr == pytest.approx(separate.standings[0].log10_lr, rel=1e-12)
    assert separate.standings[0].log10_lr > alone.standings[0].log10_lr


def test_a_hard_bound_is_neither_capped_nor_tempered(build: Build) -> None:
    over = build.space(1, 2, 4, [0.1])
    bound = np.array([[0.0, 0.0, -np.inf, -np.inf]], dtype=np.float32)
    findings = [
        ("posted", build.finding(bound, [0.0], cap=0.01, inputs=["appearances"])),
        ("again", build.finding(bound, [0.0], cap=0.01, inputs=["appearances"])),
    ]
    claims = [
        ClaimRegion("late", None, ~first_half(4)),
        ClaimRegion("early-or-other", None, first_half(4), frozenset({"other-0"})),
    ]
    result = fuse(findings, over, claims)
    assert result.posterior_time[2:].tolist() == [0.0, 0.0]
    late, early = result.standings
    assert (late.log10_lr, late.lr_words) == (-LOG10_LR_LIMIT, "excludes the claim")
    assert (early.log10_lr, early.lr_words) == (LOG10_LR_LIMIT, "excludes everything but the claim")
    assert late.posterior == 0.0
    assert early.posterior == 1.0
    assert result.shares[0].discriminates
    assert not result.shares[0].capped


def test_excluding_the_grid_between_them_leaves_the_alternatives(build: Build) -> None:
    over = build.space(1, 2, 4, [0.1, 0.3])
    first = np.array([[0.0, 0.0, -np.inf, -np.inf]], dtype=np.float32)
    findings = [("a", build.finding(first, [0.0, 0.0])), ("b", build.finding(first[:, ::-1].copy(), [0.0, 0.0]))]
    result = fuse(findings, over, [ClaimRegion("older", None, None, frozenset({"other-0"}), on_grid=False)])
    assert result.p_grid == 0.0
    assert result.alternatives == {"other-0": pytest.approx(0.25), "other-1": pytest.approx(0.75)}
    assert not result.regions_place
    assert not result.regions_time
    assert not result.posterior_place.any()
    assert result.standings[0].posterior == pytest.approx(0.25)


def test_excluding_everything_is_refused_with_what_to_do(build: Build) -> None:
    over = build.space(1, 1, 2, [0.1])
    one = build.finding(np.array([[0.0, -np.inf]]), [-np.inf])
    other = build.finding(np.array([[-np.inf, 0.0]]), [-np.inf])
    with pytest.raises(BadInputError, match=r"together exclude every hypothesis.*widen it or add an alternative"):
        fuse([("a", one), ("b", other)], over)


def test_one_place_and_one_instant(build: Build) -> None:
    over = build.space(1, 1, 1, [0.5])
    result = fuse([("a", build.finding(np.array([[1.0]]), [0.0]))], over, [ClaimRegion("here", None, None)])
    eps = math.exp(-13.0)
    expected = (1.0 - eps) * math.e / (math.e + 1.0) + eps * 0.5
    assert result.p_grid == pytest.approx(expected, rel=1e-12)
    assert result.standings[0].log10_lr == pytest.approx(math.log10(expected / (1.0 - expected)), rel=1e-12)
    assert result.shares[0].bits == pytest.approx(result.shares[0].bits_alternatives)
    assert result.regions_time[1].minutes == 10.0


def test_a_claim_that_holds_everywhere_or_nowhere_is_not_weighed_and_says_why(build: Build) -> None:
    over = build.space(1, 2, 3, [0.1])
    finding = build.finding(np.array([[3.0, 0.0, 0.0]]), [0.0])
    everywhere = ClaimRegion("everywhere", None, None, frozenset({"other-0"}))
    nowhere = ClaimRegion("nowhere", None, np.zeros(3, dtype=np.bool_))
    for standing in fuse([("a", finding)], over, [everywhere, nowhere]).standings:
        assert standing.log10_lr == 0.0
        assert standing.lr_words == "does not discriminate"
        assert standing.probability_words == "not weighed"
    everywhere_s, nowhere_s = fuse([("a", finding)], over, [everywhere, nowhere]).standings
    assert "under every hypothesis" in everywhere_s.reason
    assert "Nothing in the space" in nowhere_s.reason


def test_a_finding_that_tells_no_claims_apart_is_named(build: Build) -> None:
    over = build.space(1, 4, 4, [])
    claims = [ClaimRegion("early", None, first_half(4))]
    of_place = build.finding(np.array([[5.0], [0.0], [0.0], [0.0]]))
    of_time = build.finding(np.array([[5.0, 5.0, 0.0, 0.0]]))
    result = fuse([("place", of_place), ("time", of_time)], over, claims)
    assert result.does_not_discriminate == ("place",)
    assert result.shares[0].bits > 1.0  # it says much, but nothing on the claim
    assert result.shares[0].bits_place == pytest.approx(result.shares[0].bits)
    assert result.shares[0].bits_time == pytest.approx(0.0, abs=1e-12)
    # with no claim to tell apart, a bit is asked for
    weak = build.finding(np.array([[0.5, 0.5, 0.0, 0.0]]))
    assert fuse([("time", of_time), ("weak", weak)], over).does_not_discriminate == ("time", "weak")
    assert fuse([("place", of_place)], over).does_not_discriminate == ()


def test_the_cap_is_said(build: Build) -> None:
    over = build.space(1, 1, 2, [])
    values = np.array([[0.0, -50.0]])
    held = fuse([("a", build.finding(values, cap=3.0))], over, [ClaimRegion("c", None, first_half(2))])
    assert held.shares[0].capped
    against = math.exp(-3.0) / 2.0  # beside the point, it leaves the second instant its prior's half
    assert held.standings[0].posterior == pytest.approx(1.0 - against, rel=1e-12)
    assert held.standings[0].log10_lr == pytest.approx(math.log10((1.0 - against) / against), rel=1e-12)
    assert held.parameters["cap_nats:a"] == 3.0
    house = fuse([("a", build.finding(values, cap=99.0))], over, [ClaimRegion("c", None, first_half(2))])
    assert house.standings[0].log10_lr == pytest.approx(math.log10(2e6 - 1.0))
    nothing = fuse([("a", build.finding(values, cap=0.0))], over, [ClaimRegion("c", None, first_half(2))])
    assert nothing.standings[0].posterior == pytest.approx(0.5, rel=1e-12)
    assert nothing.shares[0].bits == pytest.approx(0.0, abs=1e-12)
    flat = fuse([("a", build.finding(np.full((1, 2), -7.0), cap=0.0))], over)
    assert not flat.shares[0].capped
    free = fuse([("a", build.finding(values / 100.0, cap=99.0))], over)
    assert not free.shares[0].capped


@pytest.mark.parametrize(("rows", "columns", "instants"), [(1, 1, 10_000), (10, 10, 100)])
def test_a_narrow_likelihood_keeps_what_its_error_rate_leaves_it(
    build: Build, rows: int, columns: int, instants: int
) -> None:
    over = build.space(rows, columns, instants, [])
    values = np.full(over.shape, -60.0)
    values[-1, 41] = 0.0
    here, now = np.arange(rows * columns) == rows * columns - 1, np.arange(instants) == 41
    claim = ClaimRegion("spike", here, now)
    result = fuse([("a", build.finding(values, cap=math.log(30.0)))], over, [claim])
    (standing,) = result.standings
    assert standing.posterior == pytest.approx(29.0 / 30.0 + 1.0 / 30.0 / 10_000.0, rel=1e-9)
    assert result.posterior_time[41] >= 29.0 / 30.0
    assert [region.minutes for region in result.regions_time] == [10.0, 10.0]
    # posterior odds of nearly 29, from prior odds of 1 in 9 999: the ratio may pass 30, the probability 29/30 barely
    assert standing.log10_lr == pytest.approx(math.log10(29.0 * 9_999.0), abs=0.01)
    assert result.shares[0].capped
    assert result.shares[0].bits == pytest.approx(29.0 / 30.0 * math.log2(10_000.0 * 29.0 / 30.0), abs=0.2)


@pytest.mark.parametrize("inputs", [[], ["pictures"]])
def test_what_has_no_prior_cannot_drown_the_rest(build: Build, inputs: list[str]) -> None:
    log_time = normalised(np.log(np.array([0.5, 0.25, 0.25])))
    holed = np.concatenate((log_time, [-np.inf]))
    values = np.array([[2.0, 0.0, 1.0], [0.0, -1.0, 3.0]])
    aside = np.hstack((values, np.full((2, 1), 5_000.0)))
    claims = [ClaimRegion("one", np.array([True, False]), None)]

    def fused(table: NDArray[np.float64], log_prior: NDArray[np.float64]) -> Assessment:
        over = build.space(1, 2, table.shape[1], [0.1], log_time=log_prior)
        findings = [(name, build.finding(table, [0.5], cap=3.0, inputs=inputs)) for name in "ab"]
        return fuse(findings, over, claims)

    plain, drowned = fused(values, log_time), fused(aside, holed)
    assert drowned.posterior_time[:3] == pytest.approx(plain.posterior_time, rel=1e-12)
    assert drowned.posterior_time[3] == 0.0
    assert drowned.standings[0].log10_lr == pytest.approx(plain.standings[0].log10_lr, rel=1e-12)
    assert drowned.shares[0].bits == pytest.approx(plain.shares[0].bits, rel=1e-9)


def test_a_finding_that_leaves_only_what_has_no_prior_is_refused(build: Build) -> None:
    over = build.space(1, 1, 2, [0.1], log_time=np.array([0.0, -np.inf]))
    finding = build.finding(np.array([[-np.inf, 0.0]]), [-np.inf])
    with pytest.raises(BadInputError, match="together exclude every hypothesis"):
        fuse([("a", finding)], over)


def test_evidence_beyond_double_precision_still_adds_up(build: Build) -> None:
    over = build.space(1, 2, 2, [])
    agreeing = np.array([[0.0, -13.0], [-13.0, -13.0]])
    opposing = np.array([[-13.0, -13.0], [-13.0, 0.0]])
    findings = [(f"a{i:03d}", build.finding(agreeing)) for i in range(100)]
    findings += [(f"b{i:03d}", build.finding(opposing)) for i in range(98)]
    claims = [
        ClaimRegion("one", np.array([True, False]), np.array([True, False])),
        ClaimRegion("far", np.array([True, False]), np.array([False, True])),
    ]
    result = fuse(findings, over, claims)
    # a cell is `step` below the best in each finding that is not for it: 98, 198 (twice) and 100 times
    eps = low = math.exp(-13.0)
    beside = eps * (1.0 + 3.0 * low) / 4.0
    step = math.log((1.0 - eps + beside) / ((1.0 - eps) * low + beside))
    assert result.standings[0].log10_lr == pytest.approx((2.0 * step + math.log(3.0)) / math.log(10.0), rel=1e-6)
    assert result.standings[1].log10_lr == -LOG10_LR_LIMIT  # more than 1 200 nats: beyond what is written
    assert result.shares[0].without["one"] == pytest.approx((step + math.log(3.0)) / math.log(10.0), rel=1e-5)
    assert result.p_grid == pytest.approx(1.0)


def test_a_memory_map_gives_what_an_array_gives_and_is_not_kept_in_memory(build: Build, tmp_path: Path) -> None:
    import psutil

    over = build.space(20, 20, 50_000, [0.1])
    table = np.random.default_rng(3).normal(0, 2, over.shape).astype(np.float32)  # 80 MB
    path = tmp_path / "finding.npy"
    np.save(path, table)
    claims = [ClaimRegion("early", None, first_half(50_000))]
    held = fuse([("a", build.finding(table, [0.0]))], over, claims, settings=FusionSettings(threads=2))
    expected = held.posterior_place.tobytes()
    del table, held
    mapped = np.load(path, mmap_mode="r")
    process = psutil.Process()
    before = process.memory_info().rss
    result = fuse([("a", build.finding(mapped, [0.0]))], over, claims, settings=FusionSettings(threads=2))
    assert process.memory_info().rss - before < 40e6
    assert result.posterior_place.tobytes() == expected


def test_a_prior_counts(build: Build) -> None:
    log_time = normalised(np.log(np.array([0.7, 0.1, 0.1, 0.1])))
    over = build.space(1, 1, 4, [], log_time=log_time)
    result = fuse([("a", build.finding(np.array([[0.0, math.log(7.0), 0.0, 0.0]])))], over)
    eps, prior = math.exp(-13.0), np.exp(log_time)
    sound = np.array([0.4375, 0.4375, 0.0625, 0.0625])
    assert result.posterior_time == pytest.approx((1.0 - eps) * sound + eps * prior, rel=1e-6)


def test_progress_goes_from_nothing_to_all(build: Build) -> None:
    over = build.space(4, 4, 100, [])
    told: list[float] = []
    findings = [("a", build.finding(np.zeros(over.shape))), ("b", build.finding(np.ones(over.shape)))]
    fuse(findings, over, settings=FusionSettings(block_elements=200), progress=lambda done, _: told.append(done))
    assert told[0] == 0.0
    assert told[-1] == 1.0
    assert told == sorted(told)
    assert len(told) > 5


@pytest.mark.parametrize(
    ("claims", "match"),
    [
        ([ClaimRegion("c", np.ones(3, dtype=np.bool_), None)], "place mask of claim 'c'"),
        ([ClaimRegion("c", None, np.ones(9, dtype=np.bool_))], "time mask of claim 'c'"),
        ([ClaimRegion("c", None, None, frozenset({"unheard"}))], r"names the alternatives \['unheard'\]"),
    ],
)
def test_a_claim_that_does_not_fit_is_refused(build: Build, claims: list[ClaimRegion], match: str) -> None:
    with pytest.raises(BadInputError, match=match):
        fuse([], build.space(1, 2, 4, [0.1]), claims)


def test_bad_findings_and_repetitions_are_refused(build: Build) -> None:
    over = build.space(1, 2, 4, [0.1])
    good = build.finding(np.zeros((1, 4)), [0.0])
    with pytest.raises(ClashError, match=r"\['a'\] are handed in twice"):
        fuse([("a", good), ("a", good)], over)
    with pytest.raises(ClashError, match="Claims are handed in twice"):
        fuse([("a", good)], over, [ClaimRegion("c", None, None)] * 2)
    with pytest.raises(BadInputError, match="cap of -1"):
        fuse([("a", build.finding(np.zeros((1, 4)), [0.0], cap=-1.0))], over)
    with pytest.raises(BadInputError, match="says nothing of the alternatives"):
        fuse([("a", build.finding(np.zeros((1, 4))))], over)
    with pytest.raises(BadInputError, match="does not fit"):
        fuse([("a", build.finding(np.zeros((1, 5)), [0.0]))], over)
    with pytest.raises(BadInputError, match="nan"):
        fuse([("a", build.finding(np.full((1, 4), np.nan), [0.0]))], over)


@pytest.mark.parametrize(
    "settings",
    [
        {"shared_input_correlation": 1.5},
        {"line_correlations": (("sun", "terrain", -0.1),)},
        {"largest_cap_nats": 300.0},
        {"levels": (0.5, 1.0)},
        {"block_elements": 0},
        {"threads": -1},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        FusionSettings(**settings)  # type: ignore[arg-type]
