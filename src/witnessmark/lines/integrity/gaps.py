"""Missing frames: steps between presentation times that are longer than their neighbours', variable rates allowed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.contract import Remark
from witnessmark.lines.integrity.observations import KEEP_AT_MOST, Gap, TimingFacts

WINDOW = 31  # steps over which the local median is taken
LONG_RATIO = 1.6  # a step is long from this many local medians on; one missing frame gives 2
SPREADS = 8.0  # and from this many robust spreads on, for clips whose steps vary
COMMON = 0.05  # from this fraction of long steps on, none stands out


def timing_facts(pts_s: NDArray[np.float64], frames_stated: int) -> TimingFacts:
    """Find long steps.

    Parameters
    ----------
    pts_s : ndarray of float64, shape (n_frames,)
        Presentation times in display order [s].
    frames_stated : int
        By the container, 0 for none.

    Returns
    -------
    TimingFacts

    Notes
    -----
    A step is compared with the median of the 31 steps around it, so that a phone that slows down in the dark makes
    no gap. The threshold is the larger of 1.6 and 1 + 8 robust spreads (1.4826 MAD; Hampel 1974,
    doi:10.1080/01621459.1974.10482962) of those ratios.
    """
    steps_s = np.diff(pts_s)
    positive = steps_s > 0.0
    if np.count_nonzero(positive) < 8:
        return TimingFacts(len(pts_s), frames_stated, None, 0.0, False, (), 0)
    local_s = rolling_median(np.where(positive, steps_s, np.median(steps_s[positive])), WINDOW)
    ratio = steps_s / local_s
    spread = float(1.4826 * np.median(np.abs(ratio - np.median(ratio))))
    long = np.flatnonzero(ratio >= max(LONG_RATIO, 1.0 + SPREADS * spread))
    irregular = spread > 0.25 or len(long) > COMMON * len(steps_s)
    gaps = tuple(
        Gap(round(float(pts_s[index + 1]), 6), round(float(steps_s[index]), 6), max(0, int(np.rint(ratio[index])) - 1))
        for index in (long[:0] if irregular else long)
    )
    return TimingFacts(
        frames_decoded=len(pts_s),
        frames_stated=frames_stated,
        median_step_s=round(float(np.median(steps_s[positive])), 6),
        step_spread_ratio=round(spread, 4),
        irregular=bool(irregular),
        gaps=gaps[:KEEP_AT_MOST],
        gaps_count=len(gaps),
    )


def timing_remarks(facts: TimingFacts) -> tuple[Remark, ...]:
    """The frames' times as sentences."""
    if facts.median_step_s is None:
        return (
            Remark(
                "timing",
                False,
                f"It has {facts.frames_decoded} frame{'s' if facts.frames_decoded != 1 else ''}: "
                "too few to tell a gap from an ordinary step.",
                "A still picture or a very short clip is like this.",
            ),
        )
    every_ms = facts.median_step_s * 1000.0
    if facts.irregular:
        return (
            Remark(
                "timing",
                False,
                f"Frames come about every {every_ms:.1f} ms, with long steps all along: none stands out as a gap.",
                "Screen recordings, messaging apps and busy phones write such times; missing frames cannot be told.",
            ),
        )
    if facts.gaps_count == 0:
        return (
            Remark(
                "timing",
                False,
                f"Frames come about every {every_ms:.1f} ms without a gap.",
                "Re-encoding after a cut closes gaps too, so this does not show that nothing was removed.",
            ),
        )
    longest = max(facts.gaps, key=lambda gap: gap.step_s)
    missing = sum(gap.missing_frames for gap in facts.gaps)
    return (
        Remark(
            "timing",
            True,
            f"Frames come about every {every_ms:.1f} ms; at {facts.gaps_count} "
            f"place{'s' if facts.gaps_count != 1 else ''} the step is longer, as if {missing} "
            f"frame{'s' if missing != 1 else ''} were missing; the longest is {longest.step_s * 1000:.0f} ms "
            f"before {longest.at_s:.2f} s.",
            "A phone or network that could not keep up drops frames in the same way; so does a pause of the recorder.",
            tuple(gap.at_s for gap in facts.gaps),
        ),
    )


def rolling_median(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Median over a centred window; at the ends the window is shifted inwards.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    window : int
        Odd; the whole array where it is shorter.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    if len(values) <= window:
        return np.full(values.shape, np.median(values))
    middle = np.median(np.lib.stride_tricks.sliding_window_view(values, window), axis=1)
    half = window // 2
    return np.concatenate([np.full(half, middle[0]), middle, np.full(half, middle[-1])])
