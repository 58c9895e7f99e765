"""Highest-density regions against trying every choice, and their ground and intervals."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import BadInputError
from witnessmark.hypotheses import PlaceGrid, TimeAxis
from witnessmark.hypotheses.regions import area_km2, highest_density, intervals, minutes

AXIS = TimeAxis(dt.datetime(2022, 9, 13, 23, 0, tzinfo=dt.UTC), 1800.0, 6)


@given(
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=9, unique=True).filter(lambda mass: sum(mass) > 0.01),
    st.floats(0.01, 0.99),
)
def test_no_smaller_choice_holds_as_much(mass: list[float], probability: float) -> None:
    values = np.array(mass)
    region = highest_density(values, probability)
    total = values.sum()
    assert values[region].sum() >= probability * total * (1.0 - 1e-9)
    smallest = min(
        size
        for size in range(1, len(mass) + 1)
        for chosen in itertools.combinations(mass, size)
        if sum(chosen) >= probability * total * (1.0 - 1e-12)
    )
    distinct = np.min(np.diff(np.sort(values)), initial=1.0) > 1e-6
    if distinct:
        assert int(region.sum()) == smallest


def test_ties_are_taken_together_even_when_rounding_parts_them() -> None:
    flat = np.full(1000, 0.001) * (1.0 + 1e-14 * np.arange(1000))
    assert highest_density(flat, 0.5).all()
    assert highest_density(np.array([0.4, 0.2, 0.2, 0.2]), 0.5).tolist() == [True] * 4


def test_what_has_no_mass_is_in_no_region() -> None:
    assert highest_density(np.array([0.5, 0.0, 0.5]), 1.0).tolist() == [True, False, True]
    assert not highest_density(np.zeros(3), 0.5).any()


@pytest.mark.parametrize("probability", [0.0, -0.1, 1.1, float("nan")])
def test_a_probability_that_is_none_is_refused(probability: float) -> None:
    with pytest.raises(BadInputError):
        highest_density(np.ones(3), probability)


@pytest.mark.parametrize("mass", [[-0.1, 1.0], [np.nan, 1.0], [np.inf, 1.0]])
def test_masses_that_are_none_are_refused(mass: list[float]) -> None:
    with pytest.raises(BadInputError):
        highest_density(np.array(mass), 0.5)


def test_intervals_are_disjoint_and_merged_across_midnight() -> None:
    mask = np.array([True, True, True, False, False, True])
    found = intervals(AXIS, mask)
    assert [(start.isoformat(), end.isoformat()) for start, end in found] == [
        ("2022-09-13T23:00:00+00:00", "2022-09-14T00:30:00+00:00"),
        ("2022-09-14T01:30:00+00:00", "2022-09-14T02:00:00+00:00"),
    ]
    assert minutes(AXIS, mask) == 120.0
    assert intervals(AXIS, np.zeros(6, dtype=np.bool_)) == ()


@given(st.lists(st.booleans(), min_size=6, max_size=6))
def test_intervals_and_minutes_agree(chosen: list[bool]) -> None:
    mask = np.array(chosen)
    whole = sum((end - start for start, end in intervals(AXIS, mask)), dt.timedelta())
    assert whole.total_seconds() / 60.0 == minutes(AXIS, mask)


def test_area_counts_cells() -> None:
    grid = PlaceGrid("+proj=laea", 500.0, np.arange(2.0), np.arange(2.0), np.zeros(4), np.zeros(4))
    assert area_km2(grid, np.array([True, False, True, True])) == 0.75
    with pytest.raises(BadInputError, match="does not fit 4 cells"):
        area_km2(grid, np.ones(3, dtype=np.bool_))
    with pytest.raises(BadInputError, match="does not fit 6 instants"):
        intervals(AXIS, np.ones(3, dtype=np.bool_))
