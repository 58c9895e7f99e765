"""Which pictures of a recording are looked at for writing: every shot, the stillest moments."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark import media
from witnessmark.lines.contract import no_progress
from witnessmark.media.calls import Progress
from witnessmark.media.records import Broken, Limits, Still, Survey

MOST_FRAMES = 24
SPACING_S = 2.0
"""Pictures of one shot are no closer than this."""
SIDE_PX = 1920
"""Longer side of a picture that is looked at [px]."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The pictures chosen.

    Attributes
    ----------
    stills : tuple of Still
        In order of time.
    shots_s : tuple of (float, float)
    stopped : str
    """

    stills: tuple[Still, ...]
    shots_s: tuple[tuple[float, float], ...]
    stopped: str


def look(path: Path, limits: Limits, progress: Progress = no_progress) -> Frames | Broken:
    """Decode a recording or photograph and choose pictures of it.

    Parameters
    ----------
    path : Path
    limits : Limits
    progress : callable (done from 0 to 1, what is being done)

    Returns
    -------
    Frames or Broken
    """
    progress(0.0, "looking for shots")
    survey = media.survey(path, limits, strip_stills=1, still_max_side_px=16)
    if isinstance(survey, Broken):
        return survey
    stills: list[Still] = []
    times = choose_times(survey)
    for number, at_s in enumerate(times):
        progress(0.3 + 0.7 * number / len(times), "taking pictures out")
        still = media.still_at(path, at_s, limits, SIDE_PX)
        if isinstance(still, Broken):
            if not stills and number == len(times) - 1:
                return still
            continue
        stills.append(still)
    stopped = "" if survey.stopped is None else survey.stopped.reason
    return Frames(tuple(stills), survey.shots_s, stopped)


def choose_times(survey: Survey) -> list[float]:
    """Presentation times of the pictures to look at, in order [s].

    Each shot gives one picture; what is left of `MOST_FRAMES` goes to the longest shots, `SPACING_S` apart or more.
    Within its stretch of a shot the picture is taken at which least changes, as it is the least blurred by movement.
    """
    shots = sorted(survey.shots_s, key=lambda shot: shot[0] - shot[1])[:MOST_FRAMES]
    counts = np.ones(len(shots), int)
    most = np.array([max(1, int((end_s - start_s) // SPACING_S) + 1) for start_s, end_s in shots])
    lengths_s = np.array([end_s - start_s for start_s, end_s in shots])
    while counts.sum() < MOST_FRAMES and np.any(counts < most):
        share = np.where(counts < most, lengths_s / counts, -1.0)
        counts[int(np.argmax(share))] += 1
    chosen: list[float] = []
    for (start_s, end_s), count in zip(shots, counts, strict=True):
        edges = np.linspace(start_s, end_s, int(count) + 1)
        for low_s, high_s in itertools.pairwise(edges):
            chosen.append(_stillest(survey.pts_s, survey.luma_change, float(low_s), float(high_s)))
    return sorted(set(chosen))


def _stillest(pts_s: NDArray[np.float64], change: NDArray[np.float32], low_s: float, high_s: float) -> float:
    """The time within a stretch, its outer fifths left out, at which the picture changes least to both sides."""
    margin_s = (high_s - low_s) / 5.0
    inside = np.flatnonzero((pts_s >= low_s + margin_s - 1e-9) & (pts_s <= high_s - margin_s + 1e-9))
    if not len(inside):
        inside = np.array([int(np.argmin(np.abs(pts_s - (low_s + high_s) / 2.0)))])
    after = np.append(change[1:], change[-1:])
    moving = np.maximum(change, after)[inside]
    return float(pts_s[inside[int(np.argmin(moving))]])


def shot_of(at_s: float, shots_s: Sequence[tuple[float, float]]) -> int:
    """Which shot a time lies in."""
    return max((number for number, (start_s, _) in enumerate(shots_s) if start_s <= at_s + 1e-9), default=0)
