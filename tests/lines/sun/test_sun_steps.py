"""An instant stands for the step that begins with it: regions hold the truth at coarse steps as at fine ones."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.lines.sun.planting import pvlib_sun
from tests.lines.sun.test_sun_weighing import over_days, seen_with, sighting

from witnessmark.cli.sun import _minutes_about
from witnessmark.hypotheses.regions import highest_density
from witnessmark.lines.contract import Finding
from witnessmark.lines.sun import answers, likelihood
from witnessmark.lines.sun.limits import covered, wilson
from witnessmark.lines.sun.observations import Label, Sighting
from witnessmark.lines.sun.stepping import MOST_A_STEP, Stepping, narrowest_deg, stepping

LAT, LON = 39.6, 46.3
START = dt.datetime(2022, 9, 13, tzinfo=dt.UTC)


def direction(azimuth: float, elevation: float, error: float) -> Sighting:
    """A direction measured elsewhere with the same error on the sphere both ways."""
    return Sighting(
        "sun", 0.0, "", azimuth, elevation, elevation, error, error, 0.0, True, False, ("m",), "a measured direction"
    )


def table(one: Sighting, step_s: float) -> NDArray[np.float64]:
    over = answers.one_place(LAT, LON, START, START + dt.timedelta(days=1), step_s)
    found = likelihood.weigh(answers._at_height(seen_with(one), 0.0), over, "sun", "1")
    assert isinstance(found, Finding)
    return np.asarray(found.log_likelihood.values_nats[0], dtype=np.float64)


@pytest.mark.parametrize(("error", "step_s"), [(1.0, 600.0), (0.5, 600.0), (0.25, 600.0), (1.0, 1800.0)])
def test_regions_in_coarse_steps_hold_the_truth_and_are_not_late(error: float, step_s: float) -> None:
    n, held, off_s = 120, 0, []
    for number in range(n):
        rng = np.random.default_rng([7, number])
        at_s = float(rng.uniform(4.0 * 3600.0, 13.0 * 3600.0))
        azimuth, elevation = pvlib_sun(START + dt.timedelta(seconds=at_s), LAT, LON)
        across, upward = error * rng.standard_normal(2)
        one = direction(azimuth + across / math.cos(math.radians(elevation)), elevation + upward, error)
        mass = np.exp(table(one, step_s))
        held += bool(highest_density(mass, 0.9)[int(at_s // step_s)])
        middles = (np.arange(mass.size) + 0.5) * step_s
        off_s.append(float(mass @ middles / mass.sum()) - at_s)
    _, high = wilson(held, n, 3.29)
    assert high > 0.9, f"the 90 % region holds {held} of {n}"
    # the tail of marks that have nothing to do with the sun pulls towards noon, so the median
    assert abs(float(np.median(off_s))) < 0.15 * step_s


def test_a_coarse_step_is_the_mean_of_its_fine_steps() -> None:
    one = direction(*pvlib_sun(START + dt.timedelta(hours=8, minutes=13), LAT, LON), 0.3)
    fine = np.exp(table(one, 10.0)).reshape(-1, 60).mean(axis=1)
    coarse = np.exp(table(one, 600.0))
    assert np.abs(coarse - fine).max() < 0.05 * fine.max()


@pytest.mark.parametrize(("error", "step_s"), [(0.2, 600.0), (1.0, 3600.0), (0.1, 600.0)])
def test_true_marks_contradict_nothing_in_coarse_steps(error: float, step_s: float) -> None:
    end = START + dt.timedelta(days=1)
    for number in range(12):
        azimuth, elevation = pvlib_sun(START + dt.timedelta(hours=4, seconds=2617 * number), LAT, LON)
        document = {"sun": {"azimuth_deg": [azimuth, error], "elevation_deg": [elevation, error]}}
        answer = answers.when(answers.read_document(document), LAT, LON, START, end, step_s)
        assert answer["contradictions"] == []
        limits = answer["limits"]
        assert isinstance(limits, list) and any("a smaller step tells more" in str(limit) for limit in limits)


def test_best_is_the_middle_of_its_step() -> None:
    azimuth, elevation = pvlib_sun(START + dt.timedelta(hours=8, minutes=15), LAT, LON)
    document = {"sun": {"azimuth_deg": [azimuth, 2.0], "elevation_deg": [elevation, 1.0]}}
    answer = answers.when(
        answers.read_document(document), LAT, LON, START, START + dt.timedelta(days=1), 600.0,
        claims=[(START + dt.timedelta(hours=8, minutes=14), START + dt.timedelta(hours=8, minutes=16))],
    )  # fmt: skip
    assert answer["best"] == "2022-09-13T08:15:00Z"
    assert isinstance(answer["claims"], list) and len(answer["claims"]) == 1


def test_instants_of_a_step_are_as_many_as_the_errors_ask_for() -> None:
    assert stepping([], 600.0) == Stepping(1, 2.5, math.inf, 0.0)
    assert stepping([3.0], 600.0).offsets_s(600.0) == (300.0,)
    axis = over_days(START, 1).times
    fine = stepping([1.0], 600.0).unix_s(axis)
    assert fine.size == 3 * axis.n_instants and np.allclose(np.diff(fine), 200.0)
    assert fine[0] == axis.unix_s()[0] + 100.0
    far = stepping([0.1], 86_400.0)
    assert far.count == MOST_A_STEP and far.extra_deg == pytest.approx(3.0)
    wide = far.enlarged(direction(180.0, 40.0, 0.1), 0.5)
    assert wide.across_deg == wide.upward_deg == pytest.approx(math.hypot(0.1, 6.0))


def test_the_narrowest_error_is_the_short_axis() -> None:
    one = sighting(20.0, 45.0, north=False)
    assert narrowest_deg(one, None) == one.upward_deg
    covariance = np.array([[2.4**2, 0.3 * 2.4], [0.3 * 2.4, 1.0]])
    assert narrowest_deg(sighting(20.0, 45.0), None) == pytest.approx(math.sqrt(np.linalg.eigvalsh(covariance)[0]))
    known = (np.array([5.0, 9.0]), np.array([3.0, 30.0]))
    covariance[0, 0] += (3.0 * math.cos(math.radians(45.0))) ** 2
    assert narrowest_deg(one, known) == pytest.approx(math.sqrt(np.linalg.eigvalsh(covariance)[0]))


def test_measured_coverage_is_told_of_shadows_only() -> None:
    over = over_days(START, 1)
    shadow = likelihood.weigh(seen_with(sighting(200.0, 45.0)), over, "sun", "1")
    measured = likelihood.weigh(seen_with(direction(200.0, 45.0, 1.0)), over, "sun", "1")
    named = likelihood.weigh(seen_with(labels=(Label("darkness", "dark", 0.0, "d"),)), over, "sun", "1")
    for found, told in ((shadow, True), (measured, False), (named, False)):
        assert isinstance(found, Finding) and (covered() in found.limits) is told


@pytest.mark.parametrize(("within", "count"), [(0.0, 1), (0.9, 3), (1.0, 3), (30.0, 61), (30.5, 63)])
def test_a_time_known_to_part_of_a_minute_is_not_cut(within: float, count: int) -> None:
    minutes = _minutes_about(within)
    assert len(minutes) == count and minutes[0] == -within and minutes[-1] == within
