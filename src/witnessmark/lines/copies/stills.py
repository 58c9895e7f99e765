"""Small stills of the same moments, from the thumbnails of two fingerprints, kept so that a person can compare."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import WitnessmarkError
from witnessmark.lines.copies.fingerprint import Fingerprint, Thumbnails
from witnessmark.lines.copies.looking import Hit
from witnessmark.lines.copies.moments import moments
from witnessmark.lines.copies.observations import StillPair
from witnessmark.media import blur

FOUND_AT_MOST = 4
PAIRS = (6, 3)
"""Pairs of the longest and of the second stretch."""
BUDGET_BYTES = 40_000
"""Of all stills of an item together: they travel in its record."""
JPEG_QUALITY = 75


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


def blurred(pair: StillPair) -> StillPair:
    """The same pair with both stills made unreadable: the outline and the bars of time around them stay."""
    return replace(pair, item_jpeg=_blurred(pair.item_jpeg), known_jpeg=_blurred(pair.known_jpeg))


def _blurred(jpeg: str) -> str:
    still = unpacked(jpeg)
    if still is None:
        return jpeg
    return packed(np.ascontiguousarray(blur(np.repeat(still[:, :, None], 3, axis=2))[:, :, 0]))
