"""Log-likelihoods: their checks, their range, their mean, and reading them in blocks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import BadInputError
from witnessmark.hypotheses import Alternative, Hypotheses, LogLikelihood, PlaceGrid, TimeAxis, rows
from witnessmark.hypotheses.likelihood import extremes, mean_nats
from witnessmark.hypotheses.logs import normalised
from witnessmark.hypotheses.rows import release, row_blocks


def space(n_places: int = 3, n_instants: int = 4, *, priors: bool = False) -> Hypotheses:
    x_m = np.arange(n_places, dtype=np.float64)
    places = PlaceGrid("+proj=laea", 1.0, x_m, np.zeros(1), np.zeros(n_places), np.zeros(n_places))
    times = TimeAxis(dt.datetime(2022, 9, 13, tzinfo=dt.UTC), 60.0, n_instants)
    rng = np.random.default_rng(1)
    log_place = normalised(rng.normal(size=n_places)) if priors else None
    log_time = normalised(rng.normal(size=n_instants)) if priors else None
    return Hypotheses(places, times, (Alternative("older", "Older.", 0.1),), log_place, log_time)


def test_a_good_likelihood_passes_and_tells_its_range() -> None:
    values = np.array([[1.0, -2.0, -np.inf, 0.0]], dtype=np.float32)
    found = LogLikelihood(values, {"older": -1.0}).check(space())
    assert (found.largest, found.smallest, found.excludes) == (1.0, -2.0, True)


@pytest.mark.parametrize(
    ("values", "alternatives", "match"),
    [
        (np.zeros((3, 4)), {"older": 0.0}, "came as float64"),
        (np.zeros(4, dtype=np.float32), {"older": 0.0}, "with 1 axes"),
        (np.zeros((2, 4), dtype=np.float32), {"older": 0.0}, "does not fit 3 places x 4 instants"),
        (np.full((1, 4), np.nan, dtype=np.float32), {"older": 0.0}, "largest log-likelihood on the grid is nan"),
        (np.full((1, 4), np.inf, dtype=np.float32), {"older": 0.0}, "is inf"),
        (np.full((1, 4), -np.inf, dtype=np.float32), {"older": 0.0}, "may not exclude every place and time"),
        (np.zeros((1, 4), dtype=np.float32), {}, "says nothing of the alternatives"),
        (np.zeros((1, 4), dtype=np.float32), {"older": float("nan")}, "alternative's log-likelihood is NaN"),
        (np.zeros((1, 4), dtype=np.float32), {"older": float("inf")}, "NaN or \\+inf"),
    ],
)
def test_what_is_no_likelihood_is_refused(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], alternatives: dict[str, float], match: str
) -> None:
    with pytest.raises(BadInputError, match=match):
        LogLikelihood(values, alternatives).check(space())


def test_nan_in_a_later_block_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows.row_blocks, "__defaults__", (8,))
    values = np.zeros((100, 4), dtype=np.float32)
    values[97, 2] = np.nan
    assert np.isnan(extremes(values).largest)


def test_one_axis_alone() -> None:
    over = space()
    of_places = LogLikelihood.of_places(np.arange(3.0), {"older": 0.0})
    of_times = LogLikelihood.of_times(np.arange(4.0), {"older": 0.0})
    assert of_places.values_nats.shape == (3, 1)
    assert of_times.values_nats.shape == (1, 4)
    of_places.check(over)
    of_times.check(over)
    with pytest.raises(TypeError):
        of_times.alternatives_nats["older"] = 1.0  # type: ignore[index]  # read-only is the point


@given(st.integers(0, 2**32 - 1), st.sampled_from([(3, 4), (3, 1), (1, 4), (1, 1)]))
def test_the_mean_is_the_mean_under_the_prior(seed: int, shape: tuple[int, int]) -> None:
    over = space(priors=True)
    values = np.random.default_rng(seed).normal(0, 5, shape).astype(np.float32)
    weights = np.exp(np.add.outer(over.place_prior_nats(), over.time_prior_nats()))
    written_out = np.log(np.sum(weights * np.exp(np.broadcast_to(values.astype(np.float64), (3, 4)))))
    assert mean_nats(values, over) == pytest.approx(float(written_out), rel=1e-9, abs=1e-9)


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 300))
def test_blocks_cover_every_row_once(n_rows: int, n_columns: int, elements: int) -> None:
    blocks = row_blocks(n_rows, n_columns, elements)
    assert [row for block in blocks for row in range(block.start, block.stop)] == list(range(n_rows))
    assert all((block.stop - block.start) * n_columns <= max(elements, n_columns) for block in blocks)


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_releasing_pages_never_changes_what_is_read(tmp_path: Path, mode: Literal["r", "r+", "c"]) -> None:
    values = np.random.default_rng(5).normal(size=(64, 4096)).astype(np.float32)
    np.save(tmp_path / "table.npy", values)
    mapped = np.load(tmp_path / "table.npy", mmap_mode=mode)
    if mode == "c":
        mapped[3, 3] = values[3, 3] = 99.0  # copy on write: dropping the page would lose it
    part = mapped[5:60]
    part.flags.writeable = False
    for held in (mapped, part, values):
        before = np.array(held)
        release(held, slice(0, len(held)))
        np.testing.assert_array_equal(held, before)
