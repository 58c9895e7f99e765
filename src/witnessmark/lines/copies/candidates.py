"""The recordings of a library that are worth comparing with a query, and along which lines of time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies import features, pdq
from witnessmark.lines.copies.buckets import probes
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Hits, Library, Template
from witnessmark.lines.copies.timeline import voted_line

FRAME_RADIUS_BITS = 72
"""Frame codes this near are looked at; other programs count 31 as a match."""
FEATURE_RADIUS_BITS = 22
LEAST_QUALITY = 20
"""Frame codes of pictures with less to hash are not looked for: black frames are near one another."""
MOST_CANDIDATES = 20
MOST_QUERY_CODES = 400
"""So many frame codes of a query are looked for at most, spread evenly, after repetitions were left out."""
MOST_QUERY_FRAMES, LEAST_QUERY_FRAMES = 60, 12
"""Most and fewest frames of a query whose local features are looked for, next to the frame codes that are."""
REPEATED_BITS = 6
"""A frame code this near the last one kept repeats it: a camera that stands still would match everywhere."""


Number = TypeVar("Number", np.float64, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A recording to compare, as it is or mirrored.

    Attributes
    ----------
    recording : int
    turned : bool
        The reference is mirrored in the query.
    weight : float
        Votes; only their order matters.
    frame_hits : ndarray of float64, shape (h, 3)
        Query time [s], reference row, distance [bits] of near frame codes.
    feature_hits : ndarray of int64, shape (g, 2)
        Row of the query's and of the reference's local feature.
    marks : tuple of Template
        Marked areas of the reference's frame, in which nothing is compared.
    """

    recording: int
    turned: bool
    weight: float
    frame_hits: NDArray[np.float64]
    feature_hits: NDArray[np.int64]
    marks: tuple[Template, ...] = ()


def candidates(query: Fingerprint, library: Library, leave_out: Collection[int] = ()) -> list[Candidate]:
    """Recordings with the most hits on one line of time, best first."""
    frames = _frame_hits(query, library)
    local = _feature_hits(query, library)
    skipped = frozenset(leave_out)
    gathered: dict[tuple[int, bool], tuple[list[NDArray[np.float64]], list[NDArray[np.int64]]]] = {}
    for (recording, turned), rows in frames.items():
        gathered.setdefault((recording, turned), ([], []))[0].append(rows)
    for (recording, turned), pairs in local.items():
        gathered.setdefault((recording, turned), ([], []))[1].append(pairs)
    rarity = _rarity(local)
    found: list[Candidate] = []
    for (recording, turned), (frame_rows, feature_rows) in gathered.items():
        if recording in skipped:
            continue
        frame_hits = np.concatenate(frame_rows) if frame_rows else np.zeros((0, 3))
        feature_hits = np.concatenate(feature_rows) if feature_rows else np.zeros((0, 2), np.int64)
        weight = _frame_weight(frame_hits) + _feature_weight(feature_hits, rarity)
        found.append(Candidate(recording, turned, weight, frame_hits, feature_hits))
    found.sort(key=lambda one: (-one.weight, one.recording, one.turned))
    return [one for one in found if one.weight >= 1.0][:MOST_CANDIDATES]


def _frame_weight(hits: NDArray[np.float64]) -> float:
    """Votes of frame codes: near ones count more, each query frame once."""
    if not len(hits):
        return 0.0
    value = (FRAME_RADIUS_BITS + 4 - hits[:, 2]) / FRAME_RADIUS_BITS
    best = np.zeros(len(hits))
    times, where = np.unique(hits[:, 0], return_inverse=True)
    best = np.zeros(len(times))
    np.maximum.at(best, where, value)
    return float(best.sum()) * 2.0


def _rarity(local: dict[tuple[int, bool], NDArray[np.int64]]) -> NDArray[np.float64]:
    """By row of the query's features: one over the number of recordings it is near, as letters are near many."""
    rows = [np.unique(pairs[:, 0]) for pairs in local.values()]
    return np.asarray(1.0 / np.maximum(np.bincount(np.concatenate(rows)), 1)) if rows else np.zeros(0)


def _feature_weight(pairs: NDArray[np.int64], rarity: NDArray[np.float64]) -> float:
    """Votes of local features, each once."""
    return 0.5 * float(rarity[np.unique(pairs[:, 0])].sum()) if len(pairs) else 0.0


def _frame_hits(query: Fingerprint, library: Library) -> dict[tuple[int, bool], NDArray[np.float64]]:
    rows = _telling_rows(query)
    if not len(rows):
        return {}
    codes = query.frames.codes[rows]
    hits = library.near_frames(np.concatenate([codes, pdq.mirrored(codes)]), FRAME_RADIUS_BITS)
    times = query.frames.times_s[rows[hits.query % len(rows)]].astype(np.float64)
    values = np.stack([times, hits.row.astype(np.float64), hits.distance.astype(np.float64)], axis=1)
    return _grouped(hits, hits.query >= len(rows), values)


def _telling_rows(query: Fingerprint) -> NDArray[np.int64]:
    """Frame codes worth looking for: with something to hash, no repetitions, not too many."""
    rows = np.flatnonzero(query.frames.quality >= LEAST_QUALITY)
    kept: list[int] = []
    for row in rows:
        if not kept or np.bitwise_count(query.frames.codes[row] ^ query.frames.codes[kept[-1]]).sum() > REPEATED_BITS:
            kept.append(int(row))
    return np.array(_spread(kept, MOST_QUERY_CODES), dtype=np.int64)


def _telling_frames(query: Fingerprint, times_s: NDArray[np.float32]) -> list[int]:
    """Frames with local features worth looking for: those next to telling frame codes, and some in any case."""
    codes_s = query.frames.times_s[_telling_rows(query)]
    near = {int(np.abs(times_s - at_s).argmin()) for at_s in codes_s}
    chosen = _spread(sorted(near), MOST_QUERY_FRAMES)
    if len(chosen) < LEAST_QUERY_FRAMES:
        chosen = sorted({*chosen, *_spread(list(range(len(times_s))), LEAST_QUERY_FRAMES)})
    return chosen


def _spread(values: list[int], most: int) -> list[int]:
    """At most so many of the values, spread evenly."""
    if len(values) <= most:
        return values
    return [values[k] for k in np.linspace(0, len(values) - 1, most).round().astype(int)]


def _feature_hits(query: Fingerprint, library: Library) -> dict[tuple[int, bool], NDArray[np.int64]]:
    local = query.features
    if local is None or not len(local.codes):
        return {}
    frames = _telling_frames(query, local.times_s)
    rows = np.concatenate([np.arange(local.first[k], local.first[k + 1]) for k in frames]).astype(np.int64)
    if not len(rows):
        return {}
    both = np.concatenate([local.codes[rows], features.mirrored(local.codes[rows])])
    hits = library.near_features(both, probes(both), FEATURE_RADIUS_BITS)
    values = np.stack([rows[hits.query % len(rows)], hits.row], axis=1)
    return _grouped(hits, hits.query >= len(rows), values)


def _grouped(hits: Hits, turned: NDArray[np.bool_], values: NDArray[Number]) -> dict[tuple[int, bool], NDArray[Number]]:
    """Values by recording and whether the mirrored query was near it."""
    if not len(hits.query):
        return {}
    key = hits.recording * 2 + turned
    order = np.argsort(key, kind="stable")
    numbers, starts = np.unique(key[order], return_index=True)
    parts = np.split(values[order], starts[1:])
    return {(int(number) // 2, bool(number % 2)): part for number, part in zip(numbers, parts, strict=True)}


def line_of_frames(candidate: Candidate, reference: Fingerprint) -> tuple[float, float, float] | None:
    """Weight, speed and offset of the line of time most near frame codes lie on."""
    if not len(candidate.frame_hits):
        return None
    q_s, row, distance = candidate.frame_hits.T
    r_s = reference.frames.times_s[row.astype(np.int64)].astype(np.float64)
    return voted_line(q_s, r_s, (FRAME_RADIUS_BITS + 4 - distance) / FRAME_RADIUS_BITS)
