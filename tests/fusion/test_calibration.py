"""Calibration measures on known values, and fusing itself measured on problems drawn from its own model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.fusion import ClaimRegion, FusionSettings, fuse
from witnessmark.fusion.calibration import cllr, cllr_min, coverage, reliability

if TYPE_CHECKING:
    from tests.fusion.conftest import Build


def test_cllr_of_known_ratios() -> None:
    assert cllr([0.0], [0.0]) == 1.0
    # LR 3 when true and 1/3 when false: log2(1 + 1/3) both ways
    assert cllr([math.log10(3.0)], [-math.log10(3.0)]) == pytest.approx(math.log2(4.0 / 3.0))
    assert cllr([300.0], [-300.0]) < 1e-200
    assert cllr([-2.0], [2.0]) == pytest.approx(math.log2(101.0))
    assert cllr([math.log10(7.0), 0.0], [0.0]) == pytest.approx(0.5 * (0.5 * (math.log2(8.0 / 7.0) + 1.0) + 1.0))


def test_cllr_min_is_what_discrimination_leaves() -> None:
    assert cllr_min([1.0, 2.0], [-1.0, -2.0]) == 0.0  # told apart wholly, however stated
    assert cllr_min([5.0, 5.0], [5.0]) == pytest.approx(1.0)
    overconfident = np.array([2.0, 2.0, 2.0, -2.0])  # right three times in four: worth an LR of 3
    assert cllr_min(overconfident, -overconfident) == pytest.approx(
        0.75 * math.log2(4.0 / 3.0) + 0.25 * math.log2(4.0), rel=1e-12
    )
    assert cllr(overconfident, -overconfident) > 1.5
    with pytest.raises(BadInputError):
        cllr([], [1.0])
    with pytest.raises(BadInputError):
        cllr([math.nan], [1.0])


def test_reliability_counts_what_was_true() -> None:
    rows = reliability([0.05, 0.6, 0.7, 1.0], [False, True, False, True])
    assert [(row.low, row.high, row.n, row.fraction_true) for row in rows] == [
        (0.05, 0.20, 1, 0.0),
        (0.55, 0.80, 2, 0.5),
        (0.95, 1.0, 1, 1.0),
    ]
    assert rows[1].mean_stated == pytest.approx(0.65)
    assert rows[1].fraction_low < 0.5 < rows[1].fraction_high
    for stated, true, edges in (([1.5], [True], (0.0, 1.0)), ([0.5], [], (0.0, 1.0)), ([0.5], [True], (0.5, 1.0))):
        with pytest.raises(BadInputError):
            reliability(stated, true, edges)


def test_coverage_has_its_wilson_interval() -> None:
    # Wilson 1927 as tabulated for 5 of 10: 0.2366 to 0.7634
    found = coverage([True, False] * 5)
    assert (found.trials, found.hits, found.fraction) == (10, 5, 0.5)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2366, 0.7634)
    with pytest.raises(BadInputError):
        coverage([])


class Trials:
    """Problems drawn from the model: truth from the prior, clues with Gaussian errors about it.

    With probability `beside` a clue has nothing to do with the truth and comes as if from anywhere.
    """

    rows, columns, instants, sd_places, sd_instants, sd_joint = 12, 12, 96, 3.0, 12.0, 6.0

    def __init__(
        self,
        build: Build,
        n: int,
        *,
        copies: int = 1,
        cap: float = 200.0,
        beside: float = 0.0,
        settings: FusionSettings | None = None,
    ) -> None:
        over = build.space(self.rows, self.columns, self.instants, [0.2])
        rng = np.random.default_rng(20220913)
        astray = np.random.default_rng(20220914)
        row, column = np.divmod(np.arange(over.shape[0]), self.columns)
        instant = np.arange(self.instants)
        claims = [
            ClaimRegion("early", None, instant < self.instants // 2),
            ClaimRegion("west-late", column < 6, instant >= 40),
            ClaimRegion("other", None, None, frozenset({"other-0"}), on_grid=False),
        ]
        self.held: dict[str, list[bool]] = {f"{axis}{level}": [] for axis in ("place", "time") for level in (50, 90)}
        self.mass: dict[str, list[float]] = {name: [] for name in self.held}
        self.true: list[float] = []
        self.false: list[float] = []
        self.stated: list[float] = []
        self.outcomes: list[bool] = []
        for _ in range(n):
            on_grid = bool(rng.random() < 0.8)
            place, time = int(rng.integers(over.shape[0])), int(rng.integers(self.instants))
            spread = rng.normal(0.0, 1.0, 4)
            if not on_grid:  # an alternative's clues come as if from anywhere: the mean of the grid's likelihoods
                place, time = int(rng.integers(over.shape[0])), int(rng.integers(self.instants))
                other_place, other_time = int(rng.integers(over.shape[0])), int(rng.integers(self.instants))
            else:
                other_place, other_time = place, time
            true_clues = astray.random(3) >= beside
            stray_place, stray_time = astray.integers(over.shape[0], size=3), astray.integers(self.instants, size=3)
            seen_place = place if true_clues[0] else int(stray_place[0])
            seen_time = time if true_clues[1] else int(stray_time[1])
            if not true_clues[2]:
                other_place, other_time = int(stray_place[2]), int(stray_time[2])
            saw_row = row[seen_place] + self.sd_places * spread[0]
            saw_column = column[seen_place] + self.sd_places * spread[1]
            saw_instant = seen_time + self.sd_instants * spread[2]
            saw_both = other_time + 2.0 * column[other_place] + self.sd_joint * spread[3]
            tables = [
                (-((row - saw_row) ** 2 + (column - saw_column) ** 2) / (2.0 * self.sd_places**2))[:, None],
                (-((instant - saw_instant) ** 2) / (2.0 * self.sd_instants**2))[None, :],
                -((instant[None, :] + 2.0 * column[:, None] - saw_both) ** 2) / (2.0 * self.sd_joint**2),
            ]
            findings = []
            for number, table in enumerate(tables):
                others = [float(np.log(np.mean(np.exp(table))))]
                for copy in range(copies):
                    finding = build.finding(table, others, cap=cap, inputs=[f"clue {number}"])
                    findings.append((f"f{number}-{copy}", finding))
            result = fuse(findings, over, claims, settings=settings)
            if on_grid:
                self._count_regions(result.regions_place, result.posterior_place, place, "place")
                self._count_regions(result.regions_time, result.posterior_time, time, "time")
            truth = [
                on_grid and time < self.instants // 2,
                on_grid and bool(column[place] < 6) and time >= 40,
                not on_grid,
            ]
            for standing, outcome in zip(result.standings, truth, strict=True):
                (self.true if outcome else self.false).append(standing.log10_lr)
                self.stated.append(standing.posterior)
                self.outcomes.append(outcome)

    def _count_regions(
        self, regions: tuple[object, ...], posterior: NDArray[np.float64], truth: int, axis: str
    ) -> None:
        from witnessmark.hypotheses.regions import highest_density

        assert len(regions) == 2
        for level in (50, 90):
            mask = highest_density(posterior, level / 100.0)
            self.held[f"{axis}{level}"].append(bool(mask[truth]))
            self.mass[f"{axis}{level}"].append(float(posterior[mask].sum() / posterior.sum()))


UNCAPPED = FusionSettings(largest_cap_nats=200.0, threads=1)


def test_regions_cover_and_ratios_pay_on_problems_drawn_from_the_model(build: Build) -> None:
    trials = Trials(build, 2500, settings=UNCAPPED)
    for name, held in trials.held.items():
        found, stated = coverage(held), float(np.mean(trials.mass[name]))
        error = math.sqrt(stated * (1.0 - stated) / found.trials)
        assert abs(found.fraction - stated) < 3.5 * error, name
        assert 0.0 <= stated - int(name[-2:]) / 100.0 < 0.06, name  # whole cells: a little more than asked for
    assert 0.0 < cllr(trials.true, trials.false) < 0.75
    assert cllr(trials.true, trials.false) - cllr_min(trials.true, trials.false) < 0.02
    for row in reliability(trials.stated, trials.outcomes):
        error = math.sqrt(row.mean_stated * (1.0 - row.mean_stated) / row.n)
        assert abs(row.fraction_true - row.mean_stated) < 3.5 * error + 1e-9, row


def test_clues_beside_the_point_are_covered_by_the_cap_that_says_how_often(build: Build) -> None:
    beside = 0.15
    trials = Trials(build, 800, cap=-math.log(beside), beside=beside, settings=UNCAPPED)
    for name, held in trials.held.items():
        found, stated = coverage(held), float(np.mean(trials.mass[name]))
        error = math.sqrt(stated * (1.0 - stated) / found.trials)
        assert abs(found.fraction - stated) < 3.5 * error, name
    assert cllr(trials.true, trials.false) - cllr_min(trials.true, trials.false) < 0.03
    # taken for sound, the same clues' regions hold the truth too seldom, and the ratios cost more
    trusting = Trials(build, 300, beside=beside, settings=UNCAPPED)
    assert coverage(trusting.held["place90"]).high < 0.88
    assert coverage(trusting.held["time90"]).high < 0.88
    assert cllr(trusting.true, trusting.false) > cllr(trials.true, trials.false) + 0.1


def test_sound_clues_held_to_a_cap_are_covered_more_often_than_stated(build: Build) -> None:
    trials = Trials(build, 400, cap=-math.log(0.15), settings=UNCAPPED)
    for name, held in trials.held.items():
        stated = float(np.mean(trials.mass[name]))
        assert coverage(held).fraction > stated + 0.02, name
        if name.endswith("90"):
            assert coverage(held).low > stated, name


def test_copies_of_a_clue_mislead_unless_they_are_tempered(build: Build) -> None:
    tempered = Trials(build, 150, copies=3, settings=UNCAPPED)
    once = Trials(build, 150, settings=UNCAPPED)
    assert tempered.held == once.held
    assert cllr(tempered.true, tempered.false) == pytest.approx(cllr(once.true, once.false), rel=1e-6)
    blind = FusionSettings(largest_cap_nats=200.0, shared_input_correlation=0.0, threads=1)
    counted_thrice = Trials(build, 150, copies=3, settings=blind)
    assert coverage(counted_thrice.held["time90"]).high < 0.85
    assert coverage(once.held["time90"]).high > 0.9
    assert cllr(counted_thrice.true, counted_thrice.false) > cllr(once.true, once.false) + 0.1
