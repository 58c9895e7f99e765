"""Straight lines on which two rows of sound codes agree: r = offset + speed x q, from seeds, measured by bit errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.soundcodes import BANDS, HIGH_HZ, LOW_HZ

BAND_RATIO: float = (HIGH_HZ / LOW_HZ) ** (1.0 / BANDS)
"""A sound played 5.9 % faster and higher moves up by one band, and its codes by one bit."""
MOST_BANDS = 4
SPEEDS = (1.0, 0.97, 1.03, 0.94, 1.06, 0.91, 1.1, 0.88, 1.14, 0.85, 1.18, 0.82, 1.22, 0.8, 1.25)
"""Tempos tried where the pitch was kept: 3 to 4 % apart, so that over `WINDOW_CODES` none is off by more than 2."""
WINDOW_CODES = 64
"""Seeds vote together when they lie within 8 s of the query."""
DEPENDENCE = 9.0
"""Bits count as so many fewer. Unrelated stretches vary 2.7 times as much as independent bits would, but the best of
many lines between two texts in one voice agrees better than that spread allows; with 9 no unrelated pair measured
scores above 0.1 (docs/sound.md)."""
SAME_ERROR, OTHER_ERROR = 0.2, 0.5
"""Bit error rates that the gain of a code weighs: of the same sound after a change, and of unrelated sound."""
AS_IT_WAS = 0.92
"""Share of the gain of another speed that is enough for unchanged speed: of 8 s at a speed 2 % off a fifth is lost."""
_HIT = float(np.log((1.0 - SAME_ERROR) / (1.0 - OTHER_ERROR))) / DEPENDENCE
_MISS = float(np.log(SAME_ERROR / OTHER_ERROR)) / DEPENDENCE
_REPEAT_BITS, _REPEAT_APART, _REPEAT_MOST = 5, 6, 512


@dataclass(frozen=True, slots=True)
class Line:
    """A way to lay a query over a reference, in codes.

    Attributes
    ----------
    offset, speed : float
        Code ``offset + speed * i`` of the reference sounds at code i of the query.
    bands : int
        By how many bands the query is higher.
    """

    offset: float
    speed: float
    bands: int


@dataclass(frozen=True, slots=True)
class Run:
    """Where a line holds.

    Attributes
    ----------
    line : Line
    first, last : int
        Codes of the query, `last` included.
    gain_nats : float
        Log-likelihood ratio of "the same sound" to "unrelated", bits counted as dependent, repeats counted once.
    error : float
        Bit error rate over its codes.
    codes : int
        Codes compared: neither was silent.
    """

    line: Line
    first: int
    last: int
    gain_nats: float
    error: float
    codes: int


def shifted(codes: NDArray[np.uint32], bands: int) -> tuple[NDArray[np.uint32], np.uint32]:
    """Codes moved down by so many bands, and a mask of the bits that are then known."""
    if bands >= 0:
        return codes >> np.uint32(bands), np.uint32(0xFFFFFFFF >> bands)
    return codes << np.uint32(-bands), np.uint32((0xFFFFFFFF << -bands) & 0xFFFFFFFF)


def bit_count(words: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Number of ones in each word."""
    return np.bitwise_count(words)


def tempos(bands: int) -> tuple[float, ...]:
    """Speeds that go with a shift of bands: any where the pitch was kept, else those of faster playing, and 1."""
    if bands == 0:
        return SPEEDS
    played = BAND_RATIO**bands
    return (played, played * BAND_RATIO**0.4, played / BAND_RATIO**0.4, 1.0)


def voted(
    query: NDArray[np.int64], reference: NDArray[np.int64], group: NDArray[np.int64], bands: int, fewest: int, most: int
) -> list[tuple[int, int, Line, int]]:
    """Lines on which seeds lie together.

    Parameters
    ----------
    query, reference, group : ndarray of int64, shape (s,)
        Code of the query, code of the reference, and which reference, numbered from 0.
    bands : int
    fewest, most : int
        Votes a line needs, and lines given for each reference at most.

    Returns
    -------
    list of (votes, group, Line, query code about which it holds)
        Most votes first; equal votes in a fixed order.
    """
    if len(query) < fewest:
        return []
    rows: list[NDArray[np.float64]] = []
    half = WINDOW_CODES // 2
    window = query // half
    windows = int(window.max()) + 2
    for speed in tempos(bands):
        cell = np.floor((reference - speed * query) / 2.0).astype(np.int64)
        lowest = int(cell.min())
        cells = int(cell.max()) - lowest + 2
        # Each seed votes in two overlapping windows of the query and two overlapping cells of offset.
        keys = [(group * windows + window + late) * cells + (cell - lowest + up) for late in (0, 1) for up in (0, 1)]
        distinct, votes = _counted(np.concatenate(keys), fewest)
        first = np.argsort(-votes, kind="stable")[: 4 * most * (int(group.max()) + 1)]
        distinct, votes = distinct[first], votes[first]
        place, at = np.divmod(distinct, cells)
        which, when = np.divmod(place, windows)
        rows.append(np.stack([votes, which, np.full(len(votes), speed), 2.0 * (at + lowest), when * half]))
    found = np.concatenate(rows, axis=1)
    votes_for, which_one, speeds, offsets, about = found
    found = found[:, np.lexsort((about, offsets, np.abs(speeds - 1.0), which_one, -votes_for))]
    by_group = np.argsort(found[1], kind="stable")
    ranks = np.arange(len(by_group)) - np.searchsorted(found[1, by_group], found[1, by_group])
    return [
        (int(votes), int(number), Line(offset, speed, bands), int(about))
        for votes, number, speed, offset, about in found[:, np.sort(by_group[ranks < most])].T.tolist()
    ]


def _counted(keys: NDArray[np.int64], fewest: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys that come at least so often, ascending, and how often; by a table where it is small."""
    if int(keys.max()) < 16 * len(keys) + (1 << 16):
        table = np.bincount(keys)
        found = np.flatnonzero(table >= fewest)
        return found, table[found]
    distinct, votes = np.unique(keys, return_counts=True)
    enough = votes >= fewest
    return distinct[enough], votes[enough]


def followed(query: NDArray[np.uint32], reference: NDArray[np.uint32], line: Line, about: int) -> Run | None:
    """The best run on a line or one close to it.

    Parameters
    ----------
    query, reference : ndarray of uint32, shape (n,) and (m,)
    line : Line
    about : int
        Code of the query near which the line was seen; it is fitted there first, then over the run it gives.

    Returns
    -------
    Run or None
        None when nothing on it speaks for the same sound.
    """
    span = (max(0, about - WINDOW_CODES // 2), about + WINDOW_CODES // 2)
    best: Run | None = None
    for _ in range(3):
        line = _fitted(query, reference, line, span)
        run = _run(query, reference, line)
        if run is None or (best is not None and run.gain_nats <= best.gain_nats):
            break
        best, span = run, (run.first, run.last + 1)
    return best


def _fitted(query: NDArray[np.uint32], reference: NDArray[np.uint32], line: Line, span: tuple[int, int]) -> Line:
    """The line near this one with the highest gain over a span of the query."""
    middle, length = (span[0] + span[1]) / 2.0, max(8, span[1] - span[0])
    codes, mask = shifted(query[span[0] : span[1]], line.bands)
    bits = int(bit_count(np.array([mask]))[0])
    turns = np.append(np.arange(-4, 5) * min(0.01, 1.5 / length), 1.0 - line.speed)
    if abs(turns[-1]) > 0.05:
        turns = turns[:-1]
    turn, slide = (grid.ravel() for grid in np.meshgrid(turns, np.arange(-4, 5) * 0.5, indexing="ij"))
    at = np.arange(span[0], span[0] + len(codes))
    place = (line.offset + slide - turn * middle)[:, None] + (line.speed + turn)[:, None] * at[None, :]
    wrong, heard = _errors(codes, np.floor(place + 0.5).astype(np.int64), reference, mask)
    gain = (heard * (bits * _HIT) + wrong * (_MISS - _HIT)).sum(axis=1)
    # Codes half a step apart agree nearly as well on a slightly tilted line: unchanged speed is taken unless it is
    # clearly worse. On equal gains the line nearest to the one given is.
    gain = np.where(np.abs(line.speed + turn - 1.0) < 1e-9, gain, AS_IT_WAS * gain) - 1e-9 * np.abs(slide)
    best = int(np.argmax(gain))
    return Line(float(line.offset + slide[best] - turn[best] * middle), float(line.speed + turn[best]), line.bands)


def _errors(
    codes: NDArray[np.uint32], row: NDArray[np.int64], reference: NDArray[np.uint32], mask: np.uint32
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Wrong bits of each code against the reference's code in each row, and whether both are there and heard."""
    inside = (row >= 0) & (row < len(reference))
    other = np.where(inside, reference[np.clip(row, 0, len(reference) - 1)], np.uint32(0))
    heard = inside & (codes != 0) & (other != 0)
    return np.where(heard, bit_count((codes ^ other) & mask), 0).astype(np.float64), heard


def _run(query: NDArray[np.uint32], reference: NDArray[np.uint32], line: Line) -> Run | None:
    """The stretch of a line with the highest gain."""
    codes, mask = shifted(query, line.bands)
    bits = int(bit_count(np.array([mask]))[0])
    row = np.floor(line.offset + line.speed * np.arange(len(codes)) + 0.5).astype(np.int64)
    wrong, heard = _errors(codes, row, reference, mask)
    gain = np.where(heard, bits * _HIT + wrong * (_MISS - _HIT), 0.0)
    total = np.concatenate([[0.0], np.cumsum(gain)])
    lowest = np.minimum.accumulate(total)
    end = int(np.argmax(total - lowest))
    if total[end] - lowest[end] <= 0.0:
        return None
    start = int(np.flatnonzero(total[: end + 1] == lowest[end])[-1])
    inside = slice(start, end)
    share = _distinct_share(reference[row[inside][heard[inside]]])
    compared = int(heard[inside].sum())
    error = float(wrong[inside].sum() / (bits * compared))
    return Run(line, start, end - 1, share * float(total[end] - total[start]), error, compared)


def _distinct_share(codes: NDArray[np.uint32]) -> float:
    """How much of a row of codes is not repetition: what comes n times, as an alarm or a loop does, counts once."""
    if len(codes) > _REPEAT_MOST:
        return float(
            np.mean([_distinct_share(codes[i : i + _REPEAT_MOST]) for i in range(0, len(codes), _REPEAT_MOST)])
        )
    near = bit_count(codes[:, None] ^ codes[None, :]) <= _REPEAT_BITS
    place = np.arange(len(codes))
    near &= np.abs(place[:, None] - place[None, :]) >= _REPEAT_APART
    return float(np.mean(1.0 / (1.0 + near.sum(axis=1))))
