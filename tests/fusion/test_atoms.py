"""Many claims at once weigh what each weighs by itself, however far apart the masses lie."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.fusion.atoms import cut
from witnessmark.fusion.records import ClaimRegion
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.space import Alternative, Hypotheses
from witnessmark.hypotheses.times import TimeAxis

SIDE_M = np.arange(4.0) * 1000.0
SPACE = Hypotheses(
    PlaceGrid("+proj=laea", 1000.0, SIDE_M, SIDE_M, np.repeat(np.arange(4.0), 4), np.tile(np.arange(4.0), 4)),
    TimeAxis(dt.datetime(2031, 9, 13, tzinfo=dt.UTC), 3600.0, 12),
    (Alternative("older-footage", "Older.", 0.2), Alternative("elsewhere", "Elsewhere.", 0.1)),
)


@given(st.integers(0, 10_000), st.integers(0, 9), st.sampled_from([1.0, 300.0, 3000.0]))
@settings(max_examples=40, deadline=None)
def test_claims_together_weigh_what_they_weigh_alone(seed: int, n_claims: int, range_nats: float) -> None:
    rng = np.random.default_rng(seed)
    claims = [
        ClaimRegion(
            f"c{number}",
            None if rng.random() < 0.3 else rng.random(16) < rng.random(),
            None if rng.random() < 0.3 else rng.random(12) < rng.random(),
            frozenset(name for name in ("older-footage", "elsewhere") if rng.random() < 0.3),
            bool(rng.random() < 0.8),
        )
        for number in range(n_claims)
    ]
    atoms = cut(claims, SPACE)
    table = rng.normal(0.0, range_nats, (atoms.n_place, atoms.n_time))
    table[rng.random(table.shape) < 0.1] = -np.inf
    alternatives = rng.normal(0.0, range_nats, 2)
    if rng.random() < 0.2:
        alternatives[0] = -np.inf
    together = atoms.log_inside_outside(table, alternatives)
    for number, found in enumerate(together):
        assert found == pytest.approx(atoms._by_itself(number, table, alternatives), rel=1e-12, abs=1e-9)


def test_where_nothing_is_left_every_mass_is_nothing() -> None:
    atoms = cut([ClaimRegion("c", np.arange(16) < 3, None)], SPACE)
    nothing = np.full((atoms.n_place, atoms.n_time), -np.inf)
    assert atoms.log_inside_outside(nothing, np.full(2, -np.inf)) == [(-np.inf, -np.inf)]
