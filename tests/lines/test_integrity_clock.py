"""The clock-error mixture is a density, its floor is heavy, and postings bound the time of filming."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lines.clips import space

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Appearance, Moment
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, InputRef
from witnessmark.lines.integrity import INTEGRITY
from witnessmark.lines.integrity.clock import DAY_S, Counts
from witnessmark.lines.integrity.limits import CLOCK, PAIRS, beside_rate_bound, cap_nats, counts_of, kind_of
from witnessmark.lines.integrity.observations import (
    ContainerFacts,
    IntegrityObservations,
    ProvenanceFacts,
    RepeatFacts,
    StatedTime,
    TimingFacts,
    Track,
)
from witnessmark.lines.integrity.timestamps import posted_bounds, to_weigh

START = dt.datetime(2031, 9, 12, tzinfo=dt.UTC)
FILMED = dt.datetime(2031, 9, 13, 7, 30, tzinfo=dt.UTC)
OVER = space(START)
FILE = Sha256(bytes(32))
REFS = (InputRef(FILE, "container metadata"), InputRef(FILE, "pictures"), InputRef(FILE, "appearances"))


def seen_with(
    times: tuple[StatedTime, ...] = (), posted: tuple[Appearance, ...] = (), writer: str = "camera"
) -> IntegrityObservations:
    return IntegrityObservations(
        item=FILE,
        inputs=REFS,
        container=ContainerFacts("mov,mp4", None, 1000, 20.0, ("ftyp", "moov", "mdat"), True, 0, ()),
        times=times,
        traces=(),
        writer=writer,
        timing=TimingFacts(500, 500, 0.04, 0.0, False, (), 0),
        repeats=RepeatFacts(0.0, False, (), (), 0, False, ()),
        cuts=(),
        cuts_count=0,
        sound=None,
        provenance=ProvenanceFacts(False, "none"),
        posted=posted_bounds(posted, CLOCK.posting_tolerance_s),
        track=Track((), (), (), (), ()),
        stopped="",
        remarks=(),
    )


def stated(at: dt.datetime, zone_proven: bool = False, unset: bool = False) -> StatedTime:
    return StatedTime(at, "container creation_time", zone_proven, unset)


def post(at: dt.datetime, zone_proven: bool = True) -> Appearance:
    return Appearance("Forum", "someone", None, Moment(at, "platform page", zone_proven))


def weighed(seen: IntegrityObservations, over: Hypotheses = OVER) -> Finding:
    finding = INTEGRITY.weigh(seen, over)
    assert isinstance(finding, Finding)
    finding.log_likelihood.check(over)
    return finding


@pytest.mark.parametrize("writer", ["camera", "editor", "platform", "generic", "unknown"])
@pytest.mark.parametrize("zone_proven", [True, False])
def test_weights_sum_to_one(writer: str, zone_proven: bool) -> None:
    assert CLOCK.weights(writer, zone_proven).total == pytest.approx(1.0)
    assert CLOCK.weights(writer, True).zone == 0.0


def test_density_over_all_stated_times_is_one() -> None:
    """For a given time of filming the density integrates to 1 over the times a file may state."""
    grid = np.arange(-60 * DAY_S, 60 * DAY_S, 20.0)
    density = np.array([CLOCK.step_density_per_s(0.0, -grid, 20.0, 0.0, "camera", False)]).ravel()
    inside = float(np.sum(density) * 20.0)
    weights = CLOCK.weights("camera", False)
    reach = np.log(60 * DAY_S) / np.log(CLOCK.delay_max_s)
    expected = 1.0 - weights.wrong * (1.0 - 120 * DAY_S / CLOCK.wrong_span_s) - weights.rewritten * (1.0 - reach)
    assert inside == pytest.approx(expected, abs=2e-3)


@settings(max_examples=60, deadline=None)
@given(
    away_s=st.floats(-1e8, 1e8),
    step_s=st.floats(1.0, 1e5),
    duration_s=st.floats(0.0, 7200.0),
    writer=st.sampled_from(["camera", "editor", "unknown"]),
)
def test_density_has_a_floor_everywhere(away_s: float, step_s: float, duration_s: float, writer: str) -> None:
    density = CLOCK.step_density_per_s(away_s, np.zeros(1), step_s, duration_s, writer, False)
    assert np.isfinite(density).all()
    assert density[0] >= 0.99 * CLOCK.weights(writer, False).wrong / CLOCK.wrong_span_s


@settings(max_examples=30, deadline=None)
@given(away_s=st.floats(-1e6, 1e6), step_s=st.floats(10.0, 4000.0))
def test_a_step_is_the_mean_of_its_parts(away_s: float, step_s: float) -> None:
    parts = 64
    fine = CLOCK.step_density_per_s(away_s, np.arange(parts) * step_s / parts, step_s / parts, 30.0, "camera", False)
    whole = CLOCK.step_density_per_s(away_s, np.zeros(1), step_s, 30.0, "camera", False)
    assert whole[0] == pytest.approx(float(np.mean(fine)), rel=1e-6)


def test_measured_counts_follow_from_the_pairs() -> None:
    assert counts_of(PAIRS) == Counts(right=4.0, zone=2.0, day=1.0, wrong=0.0, rewritten=0.0)
    assert len({pair.device for pair in PAIRS}) == len(PAIRS)
    assert kind_of(3600.0 * 4) == "zone" and kind_of(3600.0 * 7.4) == "wrong"


def test_beside_rate_bound_is_the_beta_quantile() -> None:
    """Beta(a, b) with whole a, b against the binomial tail it equals."""
    prior, measured = {"camera": Counts(2, 1, 0, 1, 1)}, {"camera": Counts(3, 2, 1, 1, 0)}
    beside = beside_rate_bound(dataclasses.replace(CLOCK, prior=prior, measured=measured), "camera")
    a, n = 3, 11  # counts wrong or rewritten; all counts less one
    tail = sum(math.comb(n, k) * beside**k * (1 - beside) ** (n - k) for k in range(a, n + 1))
    assert tail == pytest.approx(0.95, abs=1e-3)


def test_true_time_is_best_and_zone_slips_stand_out() -> None:
    finding = weighed(seen_with((stated(FILMED),)))
    values = finding.log_likelihood.values_nats[0]
    true = round((FILMED - START).total_seconds() / 600.0)
    assert np.argmax(values) in (true, true - 1)
    four_hours_before, ordinary = values[true - 24], values[true - 23]
    assert four_hours_before > ordinary + 2.0
    assert values.shape == (432,) and np.isfinite(values).all()


def test_offset_of_its_own_leaves_no_zone_slip() -> None:
    values = weighed(seen_with((stated(FILMED, zone_proven=True),))).log_likelihood.values_nats[0]
    true = round((FILMED - START).total_seconds() / 600.0)
    assert values[true - 24] == pytest.approx(values[true - 23], abs=0.2)


def test_rewritten_time_is_a_bound_rather_than_a_value() -> None:
    values = weighed(seen_with((stated(FILMED),), writer="platform")).log_likelihood.values_nats[0]
    true = round((FILMED - START).total_seconds() / 600.0)
    before, after = values[true - 33], values[true + 33]
    assert before > after + 0.5


def test_posting_is_a_hard_bound() -> None:
    posted = FILMED + dt.timedelta(hours=6)
    finding = weighed(seen_with((stated(FILMED),), (post(posted),)))
    values = finding.log_likelihood.values_nats[0]
    starts = OVER.times.unix_s()
    assert np.isneginf(values[starts > posted.timestamp() + 120.0]).all()
    assert np.isfinite(values[starts <= posted.timestamp() + 120.0]).all()
    assert all(np.isfinite(nats) for nats in finding.log_likelihood.alternatives_nats.values())
    assert [ref.part for ref in finding.inputs] == ["container metadata", "appearances"]


def test_posting_alone_is_enough() -> None:
    finding = weighed(seen_with(posted=(post(FILMED),)))
    values = finding.log_likelihood.values_nats[0]
    assert set(np.unique(values)) == {-np.inf, 0.0}
    assert finding.log_likelihood.alternatives_nats["older-footage"] == 0.0
    expected = np.log(np.mean(np.isfinite(values)))
    assert finding.log_likelihood.alternatives_nats["elsewhere"] == pytest.approx(expected)


@given(offset_min=st.integers(-12 * 60, 14 * 60), true_offset_min=st.integers(-12 * 60, 14 * 60))
def test_unproven_zone_never_cuts_off_what_may_be_true(offset_min: int, true_offset_min: int) -> None:
    """Whatever zone the shown wall-clock time was really in, the true posting lies before the bound."""
    shown = dt.datetime(2031, 9, 14, 12, 0)
    assumed = shown.replace(tzinfo=dt.timezone(dt.timedelta(minutes=offset_min)))
    truth = shown.replace(tzinfo=dt.timezone(dt.timedelta(minutes=true_offset_min)))
    (bound,) = posted_bounds((post(assumed, zone_proven=False),), 120.0)
    assert bound.latest >= truth + dt.timedelta(seconds=120)


def test_earliest_bound_of_several_postings_counts() -> None:
    bounds = posted_bounds((post(FILMED, zone_proven=False), post(FILMED + dt.timedelta(hours=2))), 0.0)
    assert bounds[0].latest == FILMED + dt.timedelta(hours=2)


def test_older_footage_keeps_the_floor() -> None:
    inside = weighed(seen_with((stated(FILMED),))).log_likelihood
    before = weighed(seen_with((stated(START - dt.timedelta(days=400)),))).log_likelihood
    assert inside.alternatives_nats["older-footage"] < inside.alternatives_nats["elsewhere"]
    assert before.alternatives_nats["older-footage"] > before.alternatives_nats["elsewhere"]
    floor = CLOCK.weights("camera", False).wrong / CLOCK.wrong_span_s
    starts = OVER.times.unix_s()
    peak = float(np.max(CLOCK.step_density_per_s(FILMED.timestamp(), starts, 600.0, 20.0, "camera", False)))
    assert inside.alternatives_nats["older-footage"] >= np.log(floor / peak) - 1e-6


def test_several_times_are_alternatives_and_never_add_up() -> None:
    one = weighed(seen_with((stated(FILMED),))).log_likelihood.values_nats[0]
    two = weighed(seen_with((stated(FILMED), stated(FILMED + dt.timedelta(hours=30))))).log_likelihood.values_nats[0]
    far = 400
    assert two.max() - two[far] <= one.max() - one[far]


def test_times_with_an_offset_are_preferred_and_unset_ones_left_out() -> None:
    times = (stated(FILMED), stated(FILMED, zone_proven=True), stated(FILMED, unset=True))
    assert to_weigh(times) == (times[1],)
    assert to_weigh((times[2],)) == ()


@pytest.mark.parametrize(
    ("times", "posted", "match"),
    [
        ((), (), "states no creation time"),
        ((stated(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), unset=True),), (), "to which clocks are reset"),
        ((), (post(FILMED + dt.timedelta(days=30)),), "later than the time axis"),
        ((stated(FILMED),), (post(START - dt.timedelta(days=2)),), "Every instant of the time axis lies after"),
    ],
)
def test_abstains_when_nothing_bears_on_time(
    times: tuple[StatedTime, ...], posted: tuple[Appearance, ...], match: str
) -> None:
    answer = INTEGRITY.weigh(seen_with(times, posted), OVER)
    assert isinstance(answer, Abstention)
    assert match in answer.reason and answer.what_would_help.endswith(".")


def test_cap_is_the_chance_of_being_beside_the_point_and_shrinks_with_the_writer() -> None:
    assert np.exp(-cap_nats(CLOCK, "camera")) == pytest.approx(beside_rate_bound(CLOCK, "camera"))
    caps = [cap_nats(CLOCK, writer) for writer in ("camera", "unknown", "generic", "editor")]
    assert caps == sorted(caps, reverse=True) and caps[0] < np.log(4.0) and caps[-1] >= 0.0


def test_likelihood_does_not_depend_on_place() -> None:
    assert weighed(seen_with((stated(FILMED),))).log_likelihood.values_nats.shape[0] == 1
