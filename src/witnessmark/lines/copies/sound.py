"""Whether two recordings have the same sound: stretches on which sound codes agree, and how often chance does so.

The codes are in `witnessmark.lines.copies.soundcodes`, lines of agreement in `witnessmark.lines.copies.soundlines`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.fingerprint import SoundCodes
from witnessmark.lines.copies.library import Library, Template
from witnessmark.lines.copies.soundcodes import SPAN_S, sound_codes
from witnessmark.lines.copies.soundlines import BAND_RATIO, MOST_BANDS, Line, Run, bit_count, followed, shifted, voted

__all__ = ["SOUND_SCORE", "SoundMatch", "SoundStretch", "compare_sound", "search_sound", "sound_codes"]

SOUND_SCORE = 3.0
"""Score from which two sounds may be called the same; its basis is in docs/sound.md."""
LEAST_SCORE = 1.0
"""Below, nothing is told of at all."""
_ALIGNMENTS = 16.0
"""Speeds and shifts of bands that differ enough to be tries of their own."""
_PAIRS = 30_000_000
"""Up to so many pairs of codes all are compared (about a second); beyond, only equal and nearly equal codes."""
_NEAR_BITS = 8
_LINES = 16
_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class SoundStretch:
    """A stretch of the query that sounds as a stretch of the reference does.

    Attributes
    ----------
    q0_s, q1_s, r0_s, r1_s : float
        Start and end in the query and in the reference [s], on their presentation times.
    speed : float
        Seconds of reference heard in a second of query.
    pitch_ratio : float
        How much higher the query sounds, to the nearest 5.9 %; 1 where the pitch was kept.
    bit_error_rate : float
        Share of bits that differ: about 0.5 between unrelated sounds.
    score : float
        As `SoundMatch.score`, of this stretch alone.
    """

    q0_s: float
    q1_s: float
    r0_s: float
    r1_s: float
    speed: float
    pitch_ratio: float
    bit_error_rate: float
    score: float


@dataclass(frozen=True, slots=True)
class SoundMatch:
    """A reference whose sound a query shares.

    Attributes
    ----------
    recording : int or None
        `Recording.id` in the library; None where two fingerprints were compared directly.
    score : float
        Minus the decimal logarithm of the bound on how often unrelated sound of this amount would agree so well
        somewhere: 3 is once in a thousand such comparisons. From `SOUND_SCORE` on it may be called the same sound.
    stretches : tuple of SoundStretch
        Longest first; none overlaps another in the query and in the reference both.
    """

    recording: int | None
    score: float
    stretches: tuple[SoundStretch, ...]


def compare_sound(query: SoundCodes, reference: SoundCodes, *, least_score: float = LEAST_SCORE) -> SoundMatch | None:
    """Whether and where a query shares the sound of one reference.

    Parameters
    ----------
    query, reference : SoundCodes
    least_score : float

    Returns
    -------
    SoundMatch or None
        None where no stretch scores above `least_score`. To be called the same sound it must reach `SOUND_SCORE`.
    """
    if not len(query.codes) or not len(reference.codes):
        return None
    lines: list[tuple[int, int, Line, int]] = []
    for bands in range(-MOST_BANDS, MOST_BANDS + 1):
        at, row = _near_pairs(query.codes, reference.codes, bands)
        lines += voted(at, row, np.zeros(len(at), np.int64), bands, 4, _LINES)
    tries = float(len(query.codes)) * len(reference.codes) * _ALIGNMENTS
    return _match(None, query, reference, [(line, about) for _, _, line, about in _best(lines)], tries, least_score)


def search_sound(query: SoundCodes, library: Library, *, leave_out: Collection[int] = ()) -> tuple[SoundMatch, ...]:
    """All recordings of a library whose sound a query shares.

    Parameters
    ----------
    query : SoundCodes
    library : Library
    leave_out : collection of int
        `Recording.id` not to answer with.

    Returns
    -------
    tuple of SoundMatch
        Best first; each scores above 1, and those from `SOUND_SCORE` on may be called the same sound. The score
        accounts for the size of the library. Stretches marked as templates of whole frames do not count.
    """
    known = {recording.id: recording for recording in library.recordings() if recording.id not in leave_out}
    if not len(query.codes) or not known:
        return ()
    probes, at, bands = _probes(query.codes)
    hits = library.near_sound(probes)
    wanted = np.isin(hits.recording, np.fromiter(known, np.int64, len(known)))
    who, group = np.unique(hits.recording[wanted], return_inverse=True)
    row, probe = hits.row[wanted], hits.query[wanted]
    lines: list[tuple[int, int, Line, int]] = []
    for shift in range(-MOST_BANDS, MOST_BANDS + 1):
        chosen = bands[probe] == shift
        lines += voted(at[probe[chosen]], row[chosen], group[chosen], shift, 2 if shift == 0 else 3, _LINES)
    by_group: dict[int, list[tuple[int, int, Line, int]]] = {}
    for vote in lines:
        by_group.setdefault(vote[1], []).append(vote)
    heard_codes = sum(max(0.0, recording.duration_s - SPAN_S) / query.step_s for recording in known.values())
    tries = float(len(query.codes)) * max(1.0, heard_codes) * _ALIGNMENTS
    found = []
    for number in sorted(by_group):
        recording = int(who[number])
        sound = library.fingerprint(recording, up_to=1).sound
        if sound is not None and len(sound.codes):
            sound = _outside(sound, known[recording].templates)
            trials = [(line, about) for _, _, line, about in _best(by_group[number])]
            match = _match(recording, query, sound, trials, tries, LEAST_SCORE)
            found += [] if match is None else [match]
    return tuple(sorted(found, key=lambda match: (-match.score, match.recording or 0)))


def _outside(sound: SoundCodes, templates: Iterable[Template]) -> SoundCodes:
    """The same with silence where many recordings share a stretch: an intro and its jingle prove nothing."""
    codes = sound.codes.copy()
    at_s = sound.start_s + sound.step_s * np.arange(len(codes))
    for template in templates:
        if template.box is None:
            half = SPAN_S / 2.0
            codes[(at_s + half > template.start_s) & (at_s - half < template.end_s)] = 0
    return replace(sound, codes=codes)


def _best(lines: list[tuple[int, int, Line, int]]) -> list[tuple[int, int, Line, int]]:
    return sorted(lines, key=lambda vote: (-vote[0], abs(vote[2].bands), abs(vote[2].speed - 1.0), vote[2].offset))[
        :_LINES
    ]


def _near_pairs(
    query: NDArray[np.uint32], reference: NDArray[np.uint32], bands: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of codes that nearly agree once the query is moved down by so many bands."""
    if len(query) * len(reference) > _PAIRS:
        return _equal_pairs(query, reference, bands)
    codes, mask = shifted(query, bands)
    most = _NEAR_BITS * (32 - abs(bands)) // 32
    rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    heard = reference != 0
    for first in range(0, len(query), _BLOCK):
        block = codes[first : first + _BLOCK]
        near = bit_count((block[:, None] ^ reference[None, :]) & mask) <= most
        near &= heard[None, :] & (query[first : first + _BLOCK] != 0)[:, None]
        row, column = np.nonzero(near)
        rows.append(row.astype(np.int64) + first)
        columns.append(column.astype(np.int64))
    return np.concatenate(rows), np.concatenate(columns)


def _equal_pairs(
    query: NDArray[np.uint32], reference: NDArray[np.uint32], bands: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """As `_near_pairs`, by the probes of a search."""
    probes, at, of_bands = _probes(query)
    chosen = of_bands == bands
    probes, at = probes[chosen], at[chosen]
    order = np.argsort(reference, kind="stable")
    ordered = reference[order]
    first, last = np.searchsorted(ordered, probes, "left"), np.searchsorted(ordered, probes, "right")
    counts = last - first
    inside = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(at, counts), order[np.repeat(first, counts) + inside].astype(np.int64)


def _probes(codes: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
    """Codes to look up for a query: each, with any one bit turned, and moved by bands with what then is unknown.

    Returns
    -------
    codes : ndarray of uint32, shape (p,)
    at : ndarray of int64, shape (p,)
        The query's code.
    bands : ndarray of int64, shape (p,)
    """
    at = np.flatnonzero(codes).astype(np.int64)
    heard = codes[at]
    turned = np.concatenate([np.zeros(1, np.uint32), np.uint32(1) << np.arange(32, dtype=np.uint32)])
    parts = [(heard[:, None] ^ turned[None, :], 0)]
    for bands in (number for number in range(-MOST_BANDS, MOST_BANDS + 1) if number):
        moved, _ = shifted(heard, bands)
        unknown = np.arange(1 << abs(bands), dtype=np.uint32)
        parts.append((moved[:, None] | (unknown << np.uint32(32 - bands if bands > 0 else 0))[None, :], bands))
    return (
        np.concatenate([part.ravel() for part, _ in parts]),
        np.concatenate([np.repeat(at, part.shape[1]) for part, _ in parts]),
        np.concatenate([np.full(part.size, bands, np.int64) for part, bands in parts]),
    )


def _match(
    recording: int | None,
    query: SoundCodes,
    reference: SoundCodes,
    trials: Sequence[tuple[Line, int]],
    tries: float,
    least_score: float,
) -> SoundMatch | None:
    """The best runs among lines to try, as stretches."""
    runs: list[Run] = []
    for line, about in trials:
        if any(_holds(run, line, about) for run in runs):
            continue
        run = followed(query.codes, reference.codes, line, about)
        if run is not None:
            runs.append(run)
    runs.sort(key=lambda run: (-run.gain_nats, run.first, run.line.offset))
    kept: list[Run] = []
    for run in runs:
        if _score(run, tries) > least_score and not any(_overlap(run, other) for other in kept):
            kept.append(run)
    if not kept:
        return None
    stretches = sorted(
        (_stretch(run, query, reference, tries) for run in kept), key=lambda s: (s.q0_s - s.q1_s, s.q0_s)
    )
    return SoundMatch(recording, _score(kept[0], tries), tuple(stretches))


def _holds(run: Run, line: Line, about: int) -> bool:
    """Whether a line found by votes is the one a run already follows there."""
    if run.line.bands != line.bands or not run.first <= about <= run.last:
        return False
    here, there = run.line.offset + run.line.speed * about, line.offset + line.speed * about
    return abs(here - there) <= 3.0


def _overlap(one: Run, other: Run) -> bool:
    """Whether two runs share most of the shorter one, in the query and in the reference."""

    def shared(a0: float, a1: float, b0: float, b1: float) -> bool:
        return min(a1, b1) - max(a0, b0) > 0.5 * min(a1 - a0, b1 - b0)

    a, b = one.line, other.line
    return shared(one.first, one.last + 1, other.first, other.last + 1) and shared(
        a.offset + a.speed * one.first,
        a.offset + a.speed * (one.last + 1),
        b.offset + b.speed * other.first,
        b.offset + b.speed * (other.last + 1),
    )


def _score(run: Run, tries: float) -> float:
    return float((run.gain_nats - np.log(tries)) / np.log(10.0))


def _stretch(run: Run, query: SoundCodes, reference: SoundCodes, tries: float) -> SoundStretch:
    """A run in seconds: from the middle of its first code to the middle of its last, as every code spans more."""
    speed = run.line.speed * reference.step_s / query.step_s
    r0_s = reference.start_s + reference.step_s * (run.line.offset + run.line.speed * run.first)
    q0_s, q1_s = query.start_s + query.step_s * run.first, query.start_s + query.step_s * run.last
    return SoundStretch(
        q0_s=q0_s,
        q1_s=q1_s,
        r0_s=r0_s,
        r1_s=r0_s + speed * (q1_s - q0_s),
        speed=speed,
        pitch_ratio=BAND_RATIO**run.line.bands,
        bit_error_rate=run.error,
        score=_score(run, tries),
    )
