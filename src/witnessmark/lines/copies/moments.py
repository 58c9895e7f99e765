"""The same moments in two recordings, and whether something is written over one of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.agreement import BLOCK, counted_blocks, overlay
from witnessmark.lines.copies.fingerprint import Thumbnails
from witnessmark.lines.copies.records import Match, Stretch

MISS_S = 0.6
"""Two thumbnails further from the same moment than this do not make a pair."""
LOOKED_AT = 60
"""Pairs of thumbnails in which writing is looked for."""
WRITTEN_LEVELS = 26.0
"""What stays in a block and is no picture of the other recording's block counts as written over from here on.

Set on 12 clips: all 12 captioned ones and 10 of 11 that were cropped, captioned and encoded hard lie above; of 130 with
neither, 2 do, both filmed off a screen.
"""
MOST_GAIN = 2.5
"""Contrast is not raised further between one copy and another."""


def moments(stretch: Stretch, item: Thumbnails, known: Thumbnails, count: int) -> list[tuple[int, int]]:
    """Rows of thumbnails that show the same moment, evenly spread over a stretch.

    Parameters
    ----------
    stretch : Stretch
    item, known : Thumbnails
    count : int
        At most.

    Returns
    -------
    list of (int, int)
        Rows of the item's and of the known recording's thumbnails, in order of time.
    """
    if not known.times_s.size:
        return []
    rows = np.flatnonzero((item.times_s >= stretch.q0_s - 0.01) & (item.times_s <= stretch.q1_s + 0.01))
    wanted_s = stretch.r0_s + stretch.speed * (item.times_s[rows].astype(np.float64) - stretch.q0_s)
    right = np.clip(np.searchsorted(known.times_s, wanted_s), 1, max(1, known.times_s.size - 1))
    near = np.stack([right - 1, np.minimum(right, known.times_s.size - 1)])
    misses_s = np.abs(known.times_s[near] - wanted_s)
    side = np.argmin(misses_s, axis=0)
    columns = np.arange(rows.size)
    partner, miss_s = near[side, columns], misses_s[side, columns]
    usable = miss_s <= MISS_S
    rows, partner, miss_s = rows[usable], partner[usable], miss_s[usable]
    chosen = []
    for part in np.array_split(np.arange(rows.size), count):
        if part.size:  # the nearest pair; of equally near ones the one in the middle
            aside = np.abs(np.arange(part.size) - (part.size - 1) / 2.0) / part.size
            chosen.append(part[np.argmin(np.round(miss_s[part], 2) + 0.009 * aside)])
    return [(int(rows[index]), int(partner[index])) for index in chosen]


def with_writing(match: Match, item: Thumbnails | None, known: Thumbnails | None) -> Match:
    """The match, with the word "captioned" where writing or marks lie over one of the two pictures only."""
    if item is None or known is None:
        return match
    stretches = []
    for stretch in match.stretches:
        if written_levels(match, stretch, item, known) >= WRITTEN_LEVELS:
            words = tuple(word for word in stretch.transform.words if word not in ("same frame", "captioned"))
            stretch = replace(stretch, transform=replace(stretch.transform, words=(*words, "captioned")))
        stretches.append(stretch)
    return replace(match, stretches=tuple(stretches))


def written_levels(match: Match, stretch: Stretch, item: Thumbnails, known: Thumbnails) -> float:
    """How strongly something that stays is drawn over one of two pictures, in the block where it is strongest.

    Parameters
    ----------
    match : Match
    stretch : Stretch
        One of the match.
    item, known : Thumbnails

    Returns
    -------
    float
        Root mean square, over the block, of the mean over time of what one recording's block shows beyond the
        other's under the best gain and offset [levels].
    """
    rows = moments(stretch, item, known, LOOKED_AT)
    if len(rows) < 3:
        return 0.0
    item_rows, known_rows = (np.array(side, np.int64) for side in zip(*rows, strict=True))
    laid = overlay(
        Thumbnails(item.times_s[item_rows], item.luma[item_rows]),
        Thumbnails(known.times_s[known_rows], known.luma[known_rows]),
        np.array(stretch.transform.matrix, dtype=np.float64).reshape(3, 3),
        match.mirrored,
    )
    if laid is None or not counted_blocks(laid).any():
        return 0.0
    counted = counted_blocks(laid)
    shown, other = _centred(laid.query, counted), _centred(laid.reference, counted)
    return max(_beyond(shown, other), _beyond(other, shown))


def _beyond(shown: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """What stays in a block beyond the other recording's, in the block where that is most [levels]."""
    gain = np.sum(shown * other, axis=(0, 2)) / np.maximum(np.sum(other * other, axis=(0, 2)), 1e-6)
    gain = np.clip(gain, 0.0, MOST_GAIN)
    beyond = np.mean(shown - gain[None, :, None] * other, axis=0)
    return float(np.max(np.sqrt(np.mean(beyond**2, axis=1))))


def _centred(pictures: NDArray[np.float32], counted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Blocks of shape (n, blocks, pixels) less each block's mean over pixels and time."""
    n, height, width = pictures.shape
    cut = pictures.reshape(n, height // BLOCK, BLOCK, width // BLOCK, BLOCK).transpose(0, 1, 3, 2, 4)
    flat = cut.reshape(n, -1, BLOCK * BLOCK)[:, counted].astype(np.float64)
    return np.asarray(flat - flat.mean(axis=(0, 2), keepdims=True))
