"""Where one shot ends and the next begins: hard cuts, and fades through an even picture.

Notes
-----
A cut lasts: every picture before it differs from every picture after it by more than pictures on either side
differ among themselves. Three things that are no cuts break that pattern. A pan or a moving object changes each
picture about as much as the next; a flash passes, so that pictures a few frames apart are alike again; a change
of light keeps the structure. So the score at a boundary is the geometric mean, over several lags, of (least distance
across the boundary) / (usual distance within the busier side at the same lag + a floor), on distances that ignore
gain, offset and small movement, reduced where the distance across does not last. The idea of weighing the cut against
the association within both sides over a window is from J. Yuan et al., "A Formal Study of Shot Boundary Detection",
IEEE Trans. Circuits Syst. Video Technol. 17(2), 2007, doi:10.1109/TCSVT.2006.888023.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LAGS = (1, 2, 3, 6)
"""Frames; the longest tells a cut, which lasts, from a flash, which passes within it."""
SIDE_FRAMES = 6
"""How many pairs on either side say what is usual there."""
FLOOR_LEVELS = 1.0
"""Distances of this order are noise and coding: the step in quality at a keyframe of a strongly compressed clip reaches
1 to 2, on the scale of 0 to 24 that `witnessmark.media.worker.survey` measures on."""
_LEAST = 0.04
STAYS = 0.5
"""A cut keeps at least this share of its first distance at every lag, beyond what the quieter side does by itself;
a flash falls back."""
CUT_SCORE = 2.0
FLAT_LEVELS = 4.0
DARK_LEVELS, BRIGHT_LEVELS = 32.0, 224.0
"""Standard deviation of luma below which a picture is even, and its mean below or above which it is black or white:
the middle of a fade. Luma's nominal range is 16 to 235 (ITU-R BT.709)."""
FADE_FRAMES = 10
FADING = 0.6
"""A stretch is entered gradually when contrast just before is below this share of what it was `FADE_FRAMES` earlier."""

Series = NDArray[np.float32]


def cut_scores(apart: Series) -> Series:
    """Score of a cut just before each frame.

    Parameters
    ----------
    apart : ndarray of float32, shape (n_frames, len(LAGS))
        Distance of each frame to the one `LAGS` frames before it [levels, 0-255]; what has no partner is ignored.

    Returns
    -------
    ndarray of float32, shape (n_frames,)
        0 for the first frame; 1 or less is usual, `CUT_SCORE` and more a cut.
    """
    count = len(apart)
    log_ratios = np.zeros(count)
    nearest = np.zeros(count)
    lasting = np.full(count, np.inf)
    for column, lag in enumerate(LAGS):
        distance = apart[:, column].astype(np.float64)
        distance[:lag] = np.nan
        across = np.nan_to_num(_over(distance, 0, lag, "least"))
        rank = "least" if lag == LAGS[-1] else "low" if lag == LAGS[-2] else "middle"
        left = _over(distance, -SIDE_FRAMES, SIDE_FRAMES, rank)
        right = _over(distance, lag, SIDE_FRAMES, rank)
        usual = np.nan_to_num(np.fmax(left, right))
        if lag == 1:  # a cut happens between two pictures: what goes on over three is movement
            usual = np.fmax(
                usual, np.nan_to_num(np.fmax(_over(distance, -1, 1, "least"), _over(distance, 1, 1, "least")))
            )
        log_ratios += np.log((across + _LEAST) / (usual + FLOOR_LEVELS))
        nearest = across if lag == 1 else nearest
        lasting = np.fmin(lasting, across - np.nan_to_num(np.fmin(left, right)))
    stays = np.minimum(1.0, np.maximum(0.0, lasting) / np.maximum(STAYS * nearest, _LEAST))
    scores = np.exp(log_ratios / len(LAGS)) * stays**2
    scores[:1] = 0.0
    return np.asarray(scores, np.float32)


def cuts(scores: Series) -> NDArray[np.int64]:
    """Frames that begin a shot by a hard cut: the highest score nearby, if it reaches `CUT_SCORE`.

    The first and last `SIDE_FRAMES` // 2 frames begin none: there is too little on one side to tell.
    """
    reach = SIDE_FRAMES // 2
    padded = np.pad(scores.astype(np.float64), reach, constant_values=-1.0)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1) if len(scores) else scores
    found = np.flatnonzero((scores >= CUT_SCORE) & (scores >= highest))
    found = found[(found >= reach) & (found <= len(scores) - reach)]
    keep = np.ones(len(found), bool)
    keep[1:] = np.diff(found) > reach  # of equal scores side by side, the first
    return found[keep].astype(np.int64)


def faded(mean: Series, spread: Series, hard: NDArray[np.int64]) -> NDArray[np.int64]:
    """Boundaries once fades are told from cuts: the middle of each black or white stretch entered and left gradually.

    Where contrast rises out of black, levelled pictures change as fast as at a cut; such cuts give way to the middle.

    Parameters
    ----------
    mean, spread : ndarray of float32, shape (n_frames,)
        Of luma [levels].
    hard : ndarray of int64
        From `cuts`.

    Returns
    -------
    ndarray of int64
        Frames that begin a shot, in order.
    """
    even = (spread < FLAT_LEVELS) & ((mean < DARK_LEVELS) | (mean > BRIGHT_LEVELS))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], even, [False])).astype(np.int8)))
    found = hard
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        before, after = spread[max(0, start - FADE_FRAMES) : start], spread[end : end + FADE_FRAMES]
        if not len(before) or not len(after):
            continue
        if before[-1] < FADING * before.max() and after[0] < FADING * after.max():
            found = found[(found < start - SIDE_FRAMES) | (found > end + SIDE_FRAMES)]
            found = np.append(found, (start + end) // 2)
    return np.sort(found).astype(np.int64)


def shots(pts_s: NDArray[np.float64], scores: Series, mean: Series, spread: Series) -> tuple[tuple[float, float], ...]:
    """Start and end of each shot [s]; a shot ends where the next begins, the last one frame after its last time.

    Parameters
    ----------
    pts_s : ndarray of float64, shape (n_frames,)
    scores : ndarray of float32, shape (n_frames,)
        From `cut_scores`.
    mean, spread : ndarray of float32, shape (n_frames,)
        Of luma [levels].

    Examples
    --------
    >>> times = np.arange(4) / 2.0
    >>> shots(times, np.zeros(4, np.float32), np.full(4, 90, np.float32), np.full(4, 40, np.float32))
    ((0.0, 2.0),)
    """
    if len(pts_s) == 0:
        return ()
    begins = np.concatenate(([0], faded(mean, spread, cuts(scores))))
    step_s = float(np.median(np.diff(pts_s))) if len(pts_s) > 1 else 0.0
    starts = [float(pts_s[begin]) for begin in begins]
    return tuple(zip(starts, [*starts[1:], float(pts_s[-1]) + step_s], strict=True))


def _over(distance: NDArray[np.float64], offset: int, count: int, rank: str) -> NDArray[np.float64]:
    """For each frame t, the least, low (second least) or middle of distance[t + offset : t + offset + count]."""
    padded = np.full(len(distance) + 2 * (count + abs(offset)), np.nan)
    margin = count + abs(offset)
    padded[margin : margin + len(distance)] = distance
    windows = np.lib.stride_tricks.sliding_window_view(padded, count)[margin + offset :][: len(distance)]
    ordered = np.sort(windows, axis=1)  # NaN last
    present = np.count_nonzero(~np.isnan(ordered), axis=1)
    place = {"least": np.zeros_like(present), "low": np.minimum(1, present - 1), "middle": (present - 1) // 2}[rank]
    return np.asarray(np.take_along_axis(ordered, np.maximum(place, 0)[:, None], axis=1)[:, 0])
