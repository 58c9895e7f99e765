"""Small stills of the same moments, from the thumbnails of two fingerprints, kept so that a person can compare."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import WitnessmarkError
from witnessmark.lines.copies.fingerprint import Fingerprint, Thumbnails
from witnessmark.lines.copies.looking import Hit
from witnessmark.lines.copies.observations import StillPair
from witnessmark.lines.copies.records import Stretch

FOUND_AT_MOST = 4
PAIRS = (6, 3)
"""Pairs of the longest and of the second stretch."""
BUDGET_BYTES = 40_000
"""Of all stills of an item together: they travel in its record."""
JPEG_QUALITY = 75
MISS_S = 0.6
"""Two thumbnails further from the same moment than this do not make a pair."""


def still_pairs(fingerprint: Fingerprint, hits: Sequence[Hit]) -> tuple[StillPair, ...]:
    """Pairs for the surest matches, in the order of `hits`, as many as the budget holds.

    Parameters
    ----------
    fingerprint : Fingerprint
        Of the item.
    hits : sequence of Hit
        `StillPair.found_index` counts in it.

    Returns
    -------
    tuple of StillPair
        None for a match whose recording keeps no thumbnails, such as a partner's.
    """
    pairs: list[StillPair] = []
    left = BUDGET_BYTES
    wanted = [index for index, hit in enumerate(hits) if hit.recording.tiers >= 3 and hit.match.stretches]
    for found_index in wanted[:FOUND_AT_MOST]:
        known = _thumbnails(hits[found_index])
        if fingerprint.thumbnails is None or known is None:
            continue
        for stretch_index, count in enumerate(PAIRS[: len(hits[found_index].match.stretches)]):
            stretch = hits[found_index].match.stretches[stretch_index]
            for item_row, known_row in moments(stretch, fingerprint.thumbnails, known, count):
                pair = StillPair(
                    found_index=found_index,
                    stretch_index=stretch_index,
                    item_s=float(fingerprint.thumbnails.times_s[item_row]),
                    known_s=float(known.times_s[known_row]),
                    item_jpeg=packed(fingerprint.thumbnails.luma[item_row]),
                    known_jpeg=packed(known.luma[known_row]),
                )
                left -= len(pair.item_jpeg) + len(pair.known_jpeg)
                if left < 0:
                    return tuple(pairs)
                pairs.append(pair)
    return tuple(pairs)


def _thumbnails(hit: Hit) -> Thumbnails | None:
    try:
        return hit.library.fingerprint(hit.recording.id).thumbnails
    except WitnessmarkError:  # the match stands without its pictures
        return None


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
    chosen = [part[np.argmin(miss_s[part])] for part in np.array_split(np.arange(rows.size), count) if part.size]
    return [(int(rows[index]), int(partner[index])) for index in chosen]


def packed(luma: NDArray[np.uint8]) -> str:
    """A small grey picture as JPEG in Base64."""
    _, data = cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return base64.b64encode(data.tobytes()).decode("ascii")


def unpacked(text: str) -> NDArray[np.uint8] | None:
    """The picture again, shape (height, width); None for text that is none."""
    try:
        data = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except binascii.Error:
        return None
    picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if data.size else None
    return None if picture is None else np.asarray(picture, np.uint8)
