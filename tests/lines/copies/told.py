"""Matches and observations made by hand, so that every number that goes in is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from tests.lines.copies.planting import AXIS_START, seen_at

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.contract import InputRef
from witnessmark.lines.copies.appearances import chain
from witnessmark.lines.copies.calibration import Calibration, fit
from witnessmark.lines.copies.fingerprint import ALGORITHM
from witnessmark.lines.copies.library import Seen
from witnessmark.lines.copies.observations import (
    CopiesObservations,
    FingerprintFacts,
    Found,
    Known,
    Matrix,
    Searched,
    SharedStretch,
    StillPair,
)
from witnessmark.lines.copies.records import Match, Relation, Stretch, Transform

ITEM = Sha256.of(b"item")
SAME: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def zoomed(share: float, left: float = 0.0, top: float = 0.0) -> Matrix:
    """The reference cropped to a window of that share at that place, which then fills the query."""
    scale = 1.0 / share
    return (scale, 0.0, -left * scale, 0.0, scale, -top * scale, 0.0, 0.0, 1.0)


def shrunk(share: float, left: float = 0.0, top: float = 0.0) -> Matrix:
    """The whole reference in a window of the query."""
    return (share, 0.0, left, 0.0, share, top, 0.0, 0.0, 1.0)


def match(
    *,
    matrix: Matrix = SAME,
    mirrored: bool = False,
    q0_s: float = 0.0,
    q1_s: float = 10.0,
    r0_s: float = 0.0,
    speed: float = 1.0,
    score: float = 20.0,
    relation: Relation = "copy",
    words: tuple[str, ...] = ("same frame",),
    recording: int = 1,
) -> Match:
    """A match of one stretch."""
    stretch = Stretch(q0_s, q1_s, r0_s, r0_s + speed * (q1_s - q0_s), speed, q1_s - q0_s, Transform(matrix, words))
    return Match(recording, relation, score, mirrored, (stretch,), 3, None, (), {})


def calibration(*, hard: int = 400, unrelated: int = 200_000) -> Calibration:
    """Well separated scores, so many of each kind, all of them independent."""
    rng = np.random.default_rng(3)
    return fit(
        rng.uniform(5.0, 40.0, 400),
        rng.uniform(0.0, 1.0, unrelated),
        rng.uniform(0.0, 3.0, hard),
        source="Made up for a test.",
        independent=(400, unrelated, hard),
    )


def known(name: str = "known.mp4", seen: Sequence[Seen] = (), *, sha256: Sha256 | None = None) -> Known:
    """A recording of 10 s in the case's library."""
    return Known(name, "", ("case",), sha256, 10.0, 3, tuple(seen))


def found(
    one: Known,
    *,
    relation: str = "copy",
    score: float = 20.0,
    covered_share: float = 1.0,
    mirrored: bool = False,
    matrix: Matrix = SAME,
    words: tuple[str, ...] = ("same frame",),
    via: tuple[str, ...] = (),
    tier_number: int = 3,
) -> Found:
    """A match over the first `covered_share` of an item of 10 s."""
    stretch = SharedStretch(0.0, 10.0 * covered_share, 0.0, 10.0 * covered_share, 1.0, 9.0, matrix, words)
    return Found(
        one, relation, score, mirrored, (stretch,), covered_share, tier_number, None, via, (), {"inliers": "80"}
    )


def observations(
    *matches: Found,
    same_file: Sequence[Known] = (),
    own: Sequence[Seen] = (),
    recordings_count: int = 2,
    searched: Sequence[Searched] | None = None,
    stills: Sequence[StillPair] = (),
) -> CopiesObservations:
    """What the line saw of an item of 10 s."""
    default = [Searched("case", ALGORITHM, recordings_count, 0.1, "")]
    return CopiesObservations(
        item=ITEM,
        inputs=(InputRef(ITEM, "pictures"), InputRef(ITEM, "sound")),
        fingerprint=FingerprintFacts(ALGORITHM, 10.0, 640, 360, 20, 1000, 40, 10.0, ""),
        searched=tuple(default if searched is None else searched),
        same_file=tuple(same_file),
        found=matches,
        found_count=len(matches),
        own=tuple(own),
        chain=chain([]),
        stills=tuple(stills),
        remarks=(),
    )


def hours(after: float, how_known: str = "platform page") -> Seen:
    """So many hours after the axis begins."""
    return seen_at(AXIS_START + dt.timedelta(hours=after), how_known)
