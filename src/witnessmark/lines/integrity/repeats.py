"""Frozen, duplicated and recurring pictures, against the clip's own movement."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.contract import Remark
from witnessmark.lines.integrity.gaps import rolling_median
from witnessmark.lines.integrity.observations import KEEP_AT_MOST, Freeze, Recurrence, RepeatFacts
from witnessmark.media.records import Survey

STILL_GREY = 0.02  # luma change below which nothing visible changed, of 255
STILL_RATIO = 0.1  # and below this part of the movement around
FREEZE_FRAMES, FREEZE_S = 4, 0.2
MOVING_GREY = 0.3  # movement before and after that makes a freeze stand out
MOVING_RATIO = 5.0
MOSTLY_STILL = 0.4
DUPLICATE_AROUND_GREY = 0.5
CATCH_UP_RATIO = 1.5  # a frame that stood in for a lost one is followed by a step of about twice the movement
RATE_CONVERSION = 0.1  # from this fraction of single repeats on, they are a conversion of rate
RECUR_FRAMES = 5


def repeat_facts(survey: Survey) -> RepeatFacts:
    """Find pictures that repeat.

    A stretch is frozen when at least 4 frames and 0.2 s show no visible change while the half second on either side
    moves at least 5 times as much and stops and starts within two frames. Where two fifths of the clip stand still (a
    tripod, a slide, a screen), nothing is called frozen.
    """
    change = survey.luma_change[1:].astype(np.float64)
    if len(change) < 2 * FREEZE_FRAMES:
        return RepeatFacts(0.0, True, (), (), 0, False, ())
    same = survey.frame_digest[1:] == survey.frame_digest[:-1]
    still = _still(change, same)
    still_fraction = float(np.mean(still))
    runs = _bridged(_runs(still), change, still)
    freezes = [freeze for start, stop in runs if (freeze := _freeze(survey.pts_s, change, start, stop)) is not None]
    frozen_steps = sum(freeze.frames_count for freeze in freezes)
    mostly_still = (np.count_nonzero(still) - frozen_steps) > MOSTLY_STILL * len(still)
    singles = [(start, stop) for start, stop in runs if stop - start <= 2]
    duplicates = [start for start, stop in singles if _amid_movement(change, start, stop)]
    at_s = [float(survey.pts_s[index + 1]) for index in duplicates]
    return RepeatFacts(
        still_fraction=round(still_fraction, 4),
        mostly_still=bool(mostly_still),
        freezes=() if mostly_still else tuple(freezes[:KEEP_AT_MOST]),
        duplicates_at_s=tuple(round(moment, 6) for moment in at_s[:KEEP_AT_MOST]),
        duplicates_count=len(duplicates),
        regular=_regular(np.array([start for start, _ in singles], np.float64), len(still)),
        recurrences=_recurrences(survey, still),
    )


def repeat_remarks(facts: RepeatFacts) -> tuple[Remark, ...]:
    """The repeats as sentences."""
    remarks: list[Remark] = []
    if facts.mostly_still:
        remarks.append(
            Remark(
                "repeats",
                False,
                f"In {facts.still_fraction:.0%} of its steps nothing visible changes, or it is very short: "
                "a frozen stretch could not be told from the scene.",
                "A camera on a tripod, a slide show or a screen recording looks like this.",
            )
        )
    for freeze in facts.freezes:
        remarks.append(
            Remark(
                "repeats",
                True,
                f"From {freeze.start_s:.2f} s to {freeze.end_s:.2f} s the picture stands still for "
                f"{freeze.frames_count} frames, while it moves before and after.",
                "A recorder or a live stream that stalled does this; so does an editor who holds a frame.",
                (freeze.start_s, freeze.end_s),
            )
        )
    if facts.duplicates_count:
        way = (
            "so many or so evenly that a conversion of frame rate explains them"
            if facts.regular
            else "singly, amid movement"
        )
        remarks.append(
            Remark(
                "repeats",
                not facts.regular,
                f"{facts.duplicates_count} picture{'s repeat' if facts.duplicates_count != 1 else ' repeats'} "
                f"the one before, {way}.",
                "Recorders fill in a missed frame by repeating the last one, and converters repeat frames in a beat.",
                facts.duplicates_at_s,
            )
        )
    for recurrence in facts.recurrences:
        remarks.append(
            Remark(
                "repeats",
                True,
                f"The {recurrence.frames_count} pictures from {recurrence.first_s:.2f} s come again, the same to the "
                f"last bit, from {recurrence.again_s:.2f} s.",
                "Two exposures of a real scene do not agree to the last bit; a loop, a replay or an animation does.",
                (recurrence.first_s, recurrence.again_s),
            )
        )
    if not remarks:
        remarks.append(
            Remark(
                "repeats",
                False,
                "No frozen, repeated or recurring pictures were found.",
                "Removed pictures leave no repeat; see the cuts.",
            )
        )
    return tuple(remarks)


def _still(change: NDArray[np.float64], same: NDArray[np.bool_]) -> NDArray[np.bool_]:
    moving = change[~same]
    if len(moving) == 0:
        return np.ones(change.shape, np.bool_)
    local = rolling_median(np.where(same, np.median(moving), change), 31)
    still: NDArray[np.bool_] = same | (change <= np.maximum(STILL_GREY, STILL_RATIO * local))
    return still


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open runs of true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def _bridged(
    runs: list[tuple[int, int]], change: NDArray[np.float64], still: NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """Join still runs of at least 3 steps that a single step parts, when it is at most twice the clip's usual step.

    A keyframe renews a frozen picture and makes it shimmer once.
    """
    usual = float(np.median(change[~still])) if (~still).any() else 0.0
    joined: list[tuple[int, int]] = []
    for start, stop in runs:
        first, last = joined[-1] if joined else (0, -2)
        if start - last == 1 and last - first >= 3 and stop - start >= 3 and change[last] <= 2.0 * usual:
            joined[-1] = (first, stop)
        else:
            joined.append((start, stop))
    return joined


def _freeze(pts_s: NDArray[np.float64], change: NDArray[np.float64], start: int, stop: int) -> Freeze | None:
    """A run of still steps as a freeze, when movement stops and starts at its ends; step i leads to frame i + 1."""
    start_s, end_s = float(pts_s[start]), float(pts_s[stop])
    if stop - start < FREEZE_FRAMES or end_s - start_s < FREEZE_S:
        return None
    before = change[max(0, int(np.searchsorted(pts_s, start_s - 0.5))) : start]
    after = change[stop : int(np.searchsorted(pts_s, end_s + 0.5))]
    if len(before) < 3 or len(after) < 3:
        return None
    inside = float(np.median(change[start:stop]))
    around = min(float(np.median(before)), float(np.median(after)))
    abrupt = min(float(np.mean(before[-2:])), float(np.mean(after[:2]))) >= 0.4 * around
    if around < max(MOVING_GREY, MOVING_RATIO * inside) or not abrupt:
        return None
    return Freeze(round(start_s, 6), round(end_s, 6), stop - start, round(inside, 4), round(around, 4))


def _amid_movement(change: NDArray[np.float64], start: int, stop: int) -> bool:
    """Whether still steps lie amid movement, stiller or sooner caught up with than coarse coding makes them."""
    before, after = change[max(0, start - 5) : start], change[stop : stop + 5]
    if len(before) < 3 or len(after) < 3:
        return False
    around = min(float(np.median(before)), float(np.median(after)))
    inside = float(np.max(change[start:stop]))
    caught_up = float(after[0]) >= CATCH_UP_RATIO * around
    within = STILL_RATIO if caught_up else STILL_RATIO / 2.0
    return around >= DUPLICATE_AROUND_GREY and inside <= within * around


def _regular(singles: NDArray[np.float64], steps: int) -> bool:
    """Whether single still steps are so common or so evenly spaced that a conversion of rate made them.

    Evenly spaced: at least 5, and 4 of 5 distances within one frame of a multiple of the median distance.
    """
    if len(singles) > RATE_CONVERSION * steps:
        return True
    if len(singles) < 5:
        return False
    apart = np.diff(singles)
    beat = float(np.median(apart))
    off = np.abs(apart - beat * np.maximum(1.0, np.rint(apart / beat)))
    return bool(np.mean(off <= 1.0) >= 0.8)


def _recurrences(survey: Survey, still: NDArray[np.bool_]) -> tuple[Recurrence, ...]:
    """Runs of at least 5 changing pictures that come again exactly, by digest."""
    first_seen: dict[int, int] = {}
    found: list[Recurrence] = []
    run_first = run_again = run_length = 0
    digests = survey.frame_digest.tolist()
    moving = [True, *(~still).tolist()]

    def close() -> None:
        if run_length >= RECUR_FRAMES:
            first_s, again_s = float(survey.pts_s[run_first]), float(survey.pts_s[run_again])
            found.append(Recurrence(round(first_s, 6), round(again_s, 6), run_length))

    for index, digest in enumerate(digests):
        earlier = first_seen.setdefault(digest, index)
        if earlier < index - 1 and moving[index]:
            if run_length and earlier == run_first + run_length and index == run_again + run_length:
                run_length += 1
                continue
            close()
            run_first, run_again, run_length = earlier, index, 1
        else:
            close()
            run_length = 0
    close()
    return tuple(found[:KEEP_AT_MOST])
