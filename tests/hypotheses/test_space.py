"""Spaces: what they refuse, how they are named, and their plain summary."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import numpy as np
import pytest
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.hypotheses import Alternative, Hypotheses, PlaceGrid, TimeAxis
from witnessmark.hypotheses.logs import log_sum, normalised, uniform
from witnessmark.plain import canonical

AXIS = TimeAxis(dt.datetime(2022, 9, 13, 4, tzinfo=dt.timezone(dt.timedelta(hours=4))), 600.0, 4)


def grid(shift_m: float = 0.0, lat_shift_deg: float = 0.0) -> PlaceGrid:
    x_m = np.array([0.0, 100.0, 200.0]) + shift_m
    y_m = np.array([0.0, 100.0])
    lat = np.repeat([39.5, 39.501], 3) + lat_shift_deg
    lon = np.tile([46.0, 46.001, 46.002], 2)
    return PlaceGrid("+proj=laea +lat_0=39.5 +lon_0=46", 100.0, x_m, y_m, lat, lon)


def space(**changes: object) -> Hypotheses:
    over = Hypotheses(grid(), AXIS, (Alternative("older-footage", "Filmed before.", 0.2),))
    return dataclasses.replace(over, **changes)  # type: ignore[arg-type]  # fields by name


def test_priors_are_uniform_where_none_is_given() -> None:
    over = space()
    assert over.grid_prior == pytest.approx(0.8)
    assert np.exp(over.place_prior_nats()) == pytest.approx([1 / 6] * 6)
    assert np.exp(over.time_prior_nats()) == pytest.approx([1 / 4] * 4)
    given = normalised(np.array([0.0, 1.0, 2.0, -np.inf]))
    assert space(log_prior_time_nats=given).time_prior_nats() is given


@pytest.mark.parametrize(
    "prior",
    [np.zeros(4), np.log(np.full(3, 1 / 3)), np.full(4, -np.inf), np.full(4, np.nan), uniform(4).astype(np.float32)],
)
def test_a_prior_that_is_none_is_refused(prior: NDArray[np.floating]) -> None:
    with pytest.raises(BadInputError, match="time prior"):
        space(log_prior_time_nats=prior)


def test_the_summary_is_plain() -> None:
    plain = json.loads(canonical(space().summary()))
    assert plain["times"] == {
        "start": "2022-09-13T00:00:00Z",
        "end": "2022-09-13T00:40:00Z",
        "step_s": 600,
        "n_instants": 4,
        "prior": "uniform",
    }
    assert plain["places"]["rows"] == 2
    assert plain["places"]["area_km2"] == pytest.approx(0.06)
    assert plain["places"]["lat_deg"] == [39.5, 39.501]
    assert plain["alternatives"] == [{"name": "older-footage", "statement": "Filmed before.", "prior": 0.2}]


def test_the_digest_names_the_space() -> None:
    digest = space().digest()
    assert len(bytes.fromhex(digest)) == 32
    assert digest == space().digest()
    others = [
        space(places=grid(shift_m=1e-6)),
        space(places=grid(lat_shift_deg=0.5)),
        space(times=dataclasses.replace(AXIS, step_s=601.0)),
        space(alternatives=(Alternative("older-footage", "Filmed before.", 0.3),)),
        space(alternatives=()),
        space(log_prior_time_nats=uniform(4)),
        space(log_prior_place_nats=uniform(6)),
    ]
    assert len({digest, *(other.digest() for other in others)}) == 8


def test_the_digest_does_not_hang_on_the_last_bits_of_a_projection() -> None:
    assert space(places=grid(lat_shift_deg=1e-13)).digest() == space().digest()


def test_sums_of_logs() -> None:
    assert log_sum(np.array([1000.0, 1000.0])) == pytest.approx(1000.0 + np.log(2.0))
    assert log_sum(np.array([])) == -np.inf
    assert np.isnan(log_sum(np.array([0.0, np.nan])))
    assert np.exp(normalised(np.array([-5000.0, -5000.0]))) == pytest.approx([0.5, 0.5])
    for bad in ([-np.inf], [np.nan], [np.inf]):
        with pytest.raises(BadInputError):
            normalised(np.array(bad))
    with pytest.raises(BadInputError):
        uniform(0)
