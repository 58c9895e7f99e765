"""The scoring of rehearsed incidents: what is made too sure is found out, and what is honest is left alone."""

from __future__ import annotations

import datetime as dt
import math
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.calibration_lab import report
from benchmarks.calibration_lab.analyst import Examined, space_of
from benchmarks.calibration_lab.incidents import AXIS_DAYS, STEP_S, Incident
from benchmarks.calibration_lab.keeping import keep, read
from benchmarks.calibration_lab.scoring import TEMPERS, Row, score, tempered, truth_of

from witnessmark.custody.hashes import Sha256
from witnessmark.hypotheses import Hypotheses
from witnessmark.hypotheses.likelihood import LogLikelihood
from witnessmark.lines.contract import Finding, InputRef

START = dt.datetime(2031, 9, 10, tzinfo=dt.UTC)
OTHERS = {"elsewhere": -1.0, "older-footage": -1.0}


def incident(number: int, at: dt.datetime, lat_deg: float = 46.5) -> Incident:
    return Incident(
        name=f"made-{number}",
        country=f"country-{number % 2}",
        lat_deg=lat_deg,
        lon_deg=8.5,
        heading_deg=10.0,
        at=at,
        dem="none",
        region_deg=(8.43, 46.455, 8.56, 46.545),
        start=START,
        creation_time=None,
        camera_words=False,
        marks=(),
        weather="EWR/JFK",
        shift_h=0,
        direct_sun=False,
    )


@cache
def space() -> Hypotheses:
    return space_of(incident(0, START))


def finding(line: str, number: int, nats: LogLikelihood) -> Finding:
    item = Sha256.of(str(number).encode())
    inputs = (InputRef(item, f"mark:{line}"),)
    return Finding(line, "1", "made", item, inputs, {}, 0, nats, math.log(1e4), None, "Made.", ())


def rows(too_sure: float, count: int, exponents: dict[str, float]) -> list[Row]:
    """Times read with an error of an hour by a line that takes it for `too_sure` times less."""
    made = []
    for number in range(count):
        rng = np.random.default_rng([5, number])
        at = START + dt.timedelta(seconds=float(rng.uniform(0.1, 0.9)) * AXIS_DAYS * 86_400.0)
        case = incident(number, at)
        over = space()
        read_s = (at - START).total_seconds() + 3600.0 * rng.standard_normal()
        off = (over.times.unix_s() - over.times.unix_s()[0] + STEP_S / 2.0 - read_s) / 3600.0
        nats = LogLikelihood.of_times(-0.5 * (off * too_sure) ** 2, OTHERS)
        found = Examined(over, {"sun": finding("sun", number, nats)})
        made.append(score(case, found, exponents, 0.0))
    return made


def test_a_line_that_is_too_sure_is_found_out_and_held() -> None:
    sure = rows(2.0, 60, {})
    assert np.mean([row.time90 for row in sure]) < 0.75
    fitted, reported = report.halves(sure)
    assert len(fitted) == len(reported) == 30 and {row.country for row in fitted} == {"country-0", "country-1"}
    powers = report.fit(fitted)
    assert powers == {"sun": pytest.approx(0.25, abs=0.11)}
    held = rows(2.0, 60, powers)
    assert 0.8 <= np.mean([row.time90 for row in held]) <= 1.0
    told = report.ratios(held, "fused", 0)
    assert report.cost(told) < 1.0


def test_an_honest_line_is_left_alone() -> None:
    honest = rows(1.0, 60, {})
    assert 0.8 <= np.mean([row.time90 for row in honest]) <= 0.98
    assert report.fit(honest)["sun"] >= 0.7
    table = report.cost_rows(honest, honest, {})
    assert any(line.startswith("| sun | hour |") for line in table)
    plot = report.reliability_plot(honest, honest)
    assert plot.startswith(b"\x89PNG") and plot == report.reliability_plot(honest, honest)
    assert len(report.reliability_rows(honest)) > 3
    assert report.coverage_rows("made", honest)[0].startswith("| made | 60 |")


def test_what_tells_nothing_costs_one_bit_and_is_not_fitted() -> None:
    assert report.cost([0.0, 0.0]) == pytest.approx(1.0)
    assert report.fit(rows(0.0, 4, {})) == {}


def test_what_is_kept_comes_back_whole(tmp_path: Path) -> None:
    nats = LogLikelihood.of_times(np.linspace(-1.0, 0.0, space().times.n_instants), OTHERS)
    found = Examined(space(), {"sun": finding("sun", 0, nats)}, {"weather": "No label."})
    keep(tmp_path / "one.pickle.z", incident(0, START), found, 1.5)
    case, again, cpu_s = read(tmp_path / "one.pickle.z")
    assert case == incident(0, START) and cpu_s == 1.5 and again.abstained == found.abstained
    back = again.findings["sun"].log_likelihood
    assert dict(back.alternatives_nats) == OTHERS and np.array_equal(back.values_nats, nats.values_nats)
    assert [path.name for path in tmp_path.iterdir()] == ["one.pickle.z"]


def test_truth_lies_in_its_cell_and_step() -> None:
    case = incident(0, START + dt.timedelta(days=2, minutes=25))
    over = space()
    cell, instant, x, y = truth_of(case, over)
    assert over.places.lat_deg[cell] == pytest.approx(46.5, abs=0.002)
    assert over.places.lon_deg[cell] == pytest.approx(8.5, abs=0.002)
    row, column = divmod(cell, len(over.places.x_m))
    assert abs(over.places.x_m[column] - x) <= over.places.spacing_m / 2
    assert abs(over.places.y_m[row] - y) <= over.places.spacing_m / 2
    assert over.times.at(instant) <= case.at < over.times.at(instant + 1)


def test_tempering_raises_what_is_said_to_a_power() -> None:
    nats = LogLikelihood.of_times(np.array([0.0, -2.0]), {"elsewhere": -4.0})
    half = tempered({"sun": finding("sun", 0, nats)}, {"sun": TEMPERS[2]})["sun"].log_likelihood
    assert half.values_nats.tolist() == [[0.0, -1.0]] and half.alternatives_nats["elsewhere"] == -2.0
