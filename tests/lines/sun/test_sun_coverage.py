"""Regions hold the truth as often as they say, on shadows made by code that shares nothing with the line."""

from __future__ import annotations

import numpy as np
from benchmarks.sun_lab.coverage import trials
from benchmarks.sun_lab.shadows import Care, project

from witnessmark.lines.sun.limits import wilson
from witnessmark.rehearsal.views import Lens, Pose
from witnessmark.rehearsal.views import project as rehearsal_project


def test_the_benchs_camera_agrees_with_that_of_the_rehearsal() -> None:
    points = np.array([[3.0, 10.0, 1.0], [-2.0, 8.0, -1.0], [0.5, 30.0, 4.0]])
    one = project(points, np.zeros(3), 20.0, -5.0, 3.0, 60.0, 1280, 720)
    other = rehearsal_project(Lens(1280, 720, 60.0), Pose(20.0, -5.0, 3.0), points)
    assert one is not None and np.allclose(one, np.stack(other, axis=1), atol=1e-6)


def test_regions_of_time_hold_the_truth_as_often_as_they_say() -> None:
    found = trials(Care("two degrees"), 100, 31)
    told = [trial for trial in found if not trial.abstained]
    assert len(told) >= 98
    for share, held in ((0.5, [t.held50 for t in told]), (0.9, [t.held90 for t in told])):
        low, high = wilson(sum(held), len(told), 3.29)
        assert low < share < high, f"{share:.0%} region holds {sum(held)} of {len(told)}"
    assert np.median([trial.error_min for trial in told]) <= 8.0
