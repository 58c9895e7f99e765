"""The earliest known appearance bounds the time of filming, never more than the measured false matches allow."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lines.clips import space
from tests.lines.copies.planting import AXIS_START
from tests.lines.copies.told import ITEM, calibration, found, hours, known, observations

from witnessmark.errors import BadInputError
from witnessmark.lines.conformance import check_units
from witnessmark.lines.contract import Abstention, Finding
from witnessmark.lines.copies.calibration import Calibration, fit, rate_bounds
from witnessmark.lines.copies.library import Seen
from witnessmark.lines.copies.likelihood import weigh
from witnessmark.lines.copies.limits import CALIBRATION, CODES_CALIBRATION, POSTING_TOLERANCE_S, SURE_NATS
from witnessmark.lines.copies.observations import CopiesObservations, Searched
from witnessmark.plain import canonical, from_plain, to_plain

OVER = space(AXIS_START)
MEASURED = calibration()


def weighed(seen: CopiesObservations, with_calibration: Calibration = MEASURED) -> Finding:
    finding = weigh(seen, OVER, "copies", "1", with_calibration)
    assert isinstance(finding, Finding), finding
    finding.log_likelihood.check(OVER)
    return finding


def test_rate_bounds_against_published_values() -> None:
    # as in the tables that follow Clopper and Pearson: 0 of 10 at 97.5 % one-sided below .3085, 3 of 10 in .0667-.6525
    assert rate_bounds(0, 10, 0.975)[1] == pytest.approx(0.3085, abs=5e-5)
    assert rate_bounds(3, 10, 0.975) == pytest.approx((0.0667, 0.6525), abs=5e-5)
    assert rate_bounds(10, 10, 0.975)[0] == pytest.approx(0.6915, abs=5e-5)
    assert rate_bounds(0, 0) == (0.0, 1.0)
    assert rate_bounds(0, 100_000)[1] == pytest.approx(3.0 / 100_000, rel=2e-3)


@given(st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_rate_bounds_hold_the_rate_and_mirror(found_count: int, missed: int) -> None:
    lower, upper = rate_bounds(found_count, found_count + missed)
    if found_count + missed:
        assert lower <= found_count / (found_count + missed) <= upper
    other_lower, other_upper = rate_bounds(missed, found_count + missed)
    assert (1 - other_upper, 1 - other_lower) == pytest.approx((lower, upper), abs=1e-9)


def test_ratio_rises_with_score_and_never_beyond_what_negatives_support() -> None:
    ratios = [MEASURED.likelihood_ratio(score) for score in np.linspace(0.0, 60.0, 121)]
    assert ratios == sorted(ratios) and ratios[0] == 1.0
    assert 100.0 < ratios[-1] <= 400.0 / 2.9  # none of 400 hard negatives so high: at most about 1 in 133
    many = MEASURED.likelihood_ratio(30.0, 10_000)
    assert 1.0 < many < ratios[-1] / 5.0  # 10,000 recordings searched: a chance match among them is likelier
    assert calibration(hard=12).likelihood_ratio(30.0) < 5.0


def test_fit_keeps_order_and_counts() -> None:
    copies, unrelated, hard = np.array([0.0, 3.0, 6.0, 7.0]), np.zeros(50), np.array([0.0, 2.0, 3.5])
    fitted = fit(copies, unrelated, hard, source="t", independent=(4, 50, 3))
    assert fitted.totals() == {"copies": 4, "unrelated": 50, "hard": 3}
    assert [band.from_score for band in fitted.bands] == sorted({band.from_score for band in fitted.bands})
    assert fitted.bands[-1].from_score == 6.0 and fitted.bands[-1].hard == 0
    with pytest.raises(BadInputError):
        fit(copies, unrelated, np.array([]), source="t", independent=(4, 50, 0))
    with pytest.raises(BadInputError):
        fit(copies, unrelated, np.array([np.nan]), source="t", independent=(4, 50, 1))


def test_attacks_on_one_clip_count_once() -> None:
    scores = np.repeat([5.0, 9.0], 50), np.zeros(4000), np.zeros(400)
    apart = fit(*scores, source="t", independent=(100, 4000, 400))
    together = fit(*scores, source="t", independent=(4, 100, 12))
    assert together.likelihood_ratio(9.0) < 0.2 * apart.likelihood_ratio(9.0)


def test_a_copy_seen_on_the_first_day_bounds_the_time() -> None:
    finding = weighed(observations(found(known(seen=[hours(7.0)]))))
    values = finding.log_likelihood.values_nats
    assert values.shape == (1, OVER.times.n_instants)
    latest = AXIS_START.timestamp() + 7 * 3600 + POSTING_TOLERANCE_S
    after = OVER.times.unix_s() > latest
    assert np.all(values[0, ~after] == 0.0) and np.all(values[0, after] < -4.5)
    assert np.all(np.isfinite(values)) and values.min() >= -SURE_NATS
    assert -values.min() <= math.log(MEASURED.likelihood_ratio(20.0, 2)) + 1e-5
    assert finding.log_likelihood.alternatives_nats["older-footage"] == 0.0
    assert finding.log_likelihood.alternatives_nats["elsewhere"] == pytest.approx(math.log(43 / 432), abs=0.15)
    assert finding.cap_nats == pytest.approx(-float(values.min()), abs=1e-5)
    assert "no later than 2031-09-12T07:02:00Z" in finding.statement
    assert [ref.part for ref in finding.inputs] == ["pictures", "appearances"]


def test_without_measured_negatives_a_match_weighs_nothing() -> None:
    finding = weighed(observations(found(known(seen=[hours(7.0)]))), Calibration("nothing measured"))
    assert np.all(finding.log_likelihood.values_nats == 0.0)
    assert finding.cap_nats == 0.0
    assert "too little was measured to say what such a match among 2 recordings weighs" in finding.statement


def test_a_match_by_codes_alone_weighs_by_its_own_measurement() -> None:
    by_codes = observations(found(known(seen=[hours(7.0)]), tier_number=1))
    unmeasured = weigh(by_codes, OVER, "copies", "1", MEASURED, Calibration("nothing measured"))
    measured = weigh(by_codes, OVER, "copies", "1", Calibration("nothing measured"), MEASURED)
    assert isinstance(unmeasured, Finding) and isinstance(measured, Finding)
    assert np.all(unmeasured.log_likelihood.values_nats == 0.0)
    assert measured.log_likelihood.values_nats.min() < -4.0
    assert any("codes alone" in limit for limit in measured.limits)


@pytest.mark.parametrize("relation", ["related", "same-sound"])
def test_related_footage_and_sound_do_not_bound_the_pictures(relation: str) -> None:
    finding = weighed(observations(found(known(seen=[hours(7.0)]), relation=relation)))
    assert finding.log_likelihood.values_nats.shape == (1, 1)
    assert set(finding.log_likelihood.alternatives_nats.values()) == {0.0}
    assert "recycled" not in finding.statement
    if relation == "related":
        assert "not shown to be the same recording" in finding.statement
    else:
        assert [ref.part for ref in finding.inputs] == ["sound"]
        assert "says nothing of when the pictures were filmed" in finding.statement


def test_a_part_bounds_only_that_part() -> None:
    whole = weighed(observations(found(known(seen=[hours(7.0)]))))
    half = weighed(observations(found(known(seen=[hours(7.0)]), covered_share=0.5)))
    assert math.log(0.5) < half.log_likelihood.values_nats.min() < math.log(0.52)
    assert half.log_likelihood.values_nats.min() > whole.log_likelihood.values_nats.min()
    assert "A part of this recording (0.0-5.0 s)" in half.statement and "that part shows" in half.statement
    assert any("Only the matching part" in limit for limit in half.limits)


def test_a_file_s_own_word_bounds_nothing() -> None:
    finding = weighed(observations(found(known(seen=[hours(7.0, "EXIF")]))))
    assert finding.log_likelihood.values_nats.shape == (1, 1)
    assert "No attested time" in finding.statement


def test_an_unknown_zone_moves_the_bound_later() -> None:
    at = hours(7.0)
    finding = weighed(observations(found(known(seen=[dataclasses.replace(at, utc_offset_s=None)]))))
    first_excluded = int(np.argmax(finding.log_likelihood.values_nats[0] < 0.0))
    assert OVER.times.unix_s()[first_excluded] >= at.at_unix_s + 26 * 3600
    assert "time zone not known" in finding.statement


def test_several_copies_do_not_multiply() -> None:
    one = weighed(observations(found(known(seen=[hours(7.0)])), recordings_count=9))
    many = observations(
        *(found(known(f"{number}.mp4", [hours(7.0 + number)])) for number in range(5)), recordings_count=9
    )
    assert weighed(many).log_likelihood.values_nats.min() == one.log_likelihood.values_nats.min()


def test_a_copy_found_through_another_weighs_less() -> None:
    direct = weighed(observations(found(known(seen=[hours(7.0)]))))
    through = weighed(observations(found(known(seen=[hours(7.0)]), via=("middle.mp4",))))
    assert through.log_likelihood.values_nats.min() == pytest.approx(
        math.log(2.0 * (math.exp(direct.log_likelihood.values_nats.min()) - 1e-3) + 1e-3), abs=1e-4
    )


def test_a_bound_before_the_axis_speaks_for_older_footage() -> None:
    finding = weighed(observations(found(known(seen=[hours(-500.0)]))))
    assert np.all(finding.log_likelihood.values_nats < -4.0)
    assert finding.log_likelihood.alternatives_nats["older-footage"] == 0.0


def test_the_same_file_known_elsewhere_bounds_more_than_any_copy() -> None:
    taken_in = hours(60.0, "taken in")
    finding = weighed(observations(same_file=[known("x", [hours(7.0)], sha256=ITEM)], own=[taken_in]))
    assert finding.log_likelihood.values_nats.min() == pytest.approx(math.log(1e-3))
    assert "The very same file is known as 'x'" in finding.statement
    own_entry = known("WM-0001", [taken_in], sha256=ITEM)
    assert isinstance(weigh(observations(same_file=[own_entry], own=[taken_in]), OVER, "copies", "1"), Abstention)


@pytest.mark.parametrize(
    ("how_known", "chance"),
    [
        ("posting, stated by the operator", 0.05),
        ("Posting,  as the finder remembers", 0.05),
        ("posting, archived page", 1e-3),
        ("platform page, on 2031-09-12", 1e-3),
        ("archive", 1e-3),
        ("taken in", 1e-4),
        ("as the partner states (platform page)", 0.05),
    ],
)
def test_a_time_weighs_no_more_than_how_it_is_known_allows(how_known: str, chance: float) -> None:
    same = weighed(observations(same_file=[known("x", [hours(7.0, how_known)], sha256=ITEM)]))
    assert same.log_likelihood.values_nats.min() == pytest.approx(math.log(chance), rel=1e-5)
    assert same.cap_nats == pytest.approx(-math.log(chance))
    copy = weighed(observations(found(known(seen=[hours(7.0, how_known)]))))
    assert 0.0 > copy.log_likelihood.values_nats.min() > math.log(chance)
    said = f"'{how_known}' 1 in {round(1 / chance):,d}".replace(",", " ")
    assert any("was not measured; it is a judgement" in limit and said in limit for limit in same.limits), same.limits


@pytest.mark.parametrize("how_known", ["posting, EXIF", "posting, container creation time", "EXIF", "a guess"])
def test_what_the_file_states_is_no_posting(how_known: str) -> None:
    finding = weighed(observations(found(known(seen=[hours(7.0, how_known)]))))
    assert finding.log_likelihood.values_nats.shape == (1, 1)
    same = observations(same_file=[known("x", [hours(7.0, how_known)], sha256=ITEM)])
    assert isinstance(weigh(same, OVER, "copies", "1", MEASURED), Abstention)


def test_a_surer_later_time_counts_beside_an_earlier_one() -> None:
    times = [hours(7.0, "posting, stated by the operator"), hours(9.0), hours(11.0, "as the partner states")]
    values = weighed(observations(same_file=[known("x", times, sha256=ITEM)])).log_likelihood.values_nats[0]
    assert np.unique(values) == pytest.approx([math.log(1e-3), math.log(0.05), 0.0])


def test_a_posting_of_the_item_itself_is_left_to_the_integrity_line() -> None:
    posting = hours(7.0)
    finding = weighed(observations(found(known(seen=[posting])), own=[posting]))
    assert np.all(finding.log_likelihood.values_nats == 0.0)
    other = weighed(observations(found(known(seen=[posting, hours(5.0)])), own=[posting]))
    assert other.log_likelihood.values_nats.min() < -4.0


def test_nothing_found_is_never_called_new() -> None:
    answer = weigh(observations(), OVER, "copies", "1", MEASURED)
    assert isinstance(answer, Abstention)
    assert "2 recordings" in answer.reason and "does not show that it is new" in answer.reason


def test_a_library_that_cannot_be_read_is_no_search() -> None:
    unread = Searched("organisation", "other/0", 0, 0.0, "It was made by 'other/0'.")
    answer = weigh(observations(searched=[unread]), OVER, "copies", "1", MEASURED)
    assert isinstance(answer, Abstention) and "No library could be searched" in answer.reason
    assert isinstance(weigh(observations(searched=[]), OVER, "copies", "1", MEASURED), Abstention)


def test_observations_survive_being_kept() -> None:
    seen = observations(found(known(seen=[hours(7.0)], sha256=ITEM), via=("a",)), same_file=[known(sha256=ITEM)])
    check_units(seen)
    assert canonical(from_plain(CopiesObservations, to_plain(seen))) == canonical(seen)
    canonical(to_plain(weighed(seen).parameters))


@given(
    st.lists(st.tuples(st.floats(-300.0, 300.0), st.floats(0.0, 60.0), st.floats(0.0, 1.0), st.booleans()), max_size=6),
    st.integers(0, 100_000),
)
@settings(max_examples=80, deadline=None)
def test_never_infinite_never_rising_and_within_its_cap(
    given_matches: list[tuple[float, float, float, bool]], recordings_count: int
) -> None:
    matches = [
        found(known(f"{number}", [hours(after)] if dated else []), score=score, covered_share=share)
        for number, (after, score, share, dated) in enumerate(given_matches)
    ]
    answer = weigh(observations(*matches, recordings_count=recordings_count), OVER, "copies", "1", MEASURED)
    if isinstance(answer, Abstention):
        assert not matches
        return
    answer.log_likelihood.check(OVER)
    values = answer.log_likelihood.values_nats[0]
    assert np.all(np.diff(values) <= 0.0) and np.all(np.isfinite(values)) and values.max() <= 0.0
    assert -values.min() <= answer.cap_nats + 1e-5 <= SURE_NATS + 1e-5


def test_what_is_claimed_rests_on_what_was_measured() -> None:
    for fitted in (CALIBRATION, CODES_CALIBRATION):
        totals = fitted.totals()
        for kind in ("copies", "unrelated", "hard"):
            assert getattr(fitted, f"independent_{kind}") <= totals[kind]
        assert not fitted.bands or fitted.likelihood_ratio(1e9) <= totals["hard"]


def test_an_attested_time_keeps_its_words() -> None:
    assert from_plain(Seen, to_plain(hours(1.0))) == hours(1.0)
