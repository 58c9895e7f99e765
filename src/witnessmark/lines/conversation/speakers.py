"""Who speaks when, within one recording: windows of voice grouped by how they sound.

The vectors live in this module's hands alone: they are compared within the recording, and neither kept nor given out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.conversation.encoder import FRAMES, encoder_facts, spectrum, voices
from witnessmark.lines.conversation.hearing import RATE_HZ, Recorded
from witnessmark.lines.conversation.observations import Segment, Turn
from witnessmark.lines.conversation.voice import Span

__all__ = ["encoder_facts", "grouped", "turns", "with_speakers"]

Floats = NDArray[np.float32]

ALIKE = 0.6
"""Mean cosine from which two groups are one voice: set on mixes of four people, clean and in wind
(docs/lines/conversation.md); 0.56 to 0.62 tell the same there."""
LEAST_S = 1.5
"""A voice that is heard for less is given to the one most like it."""
STEP = 40
"""Frames of 10 ms between windows."""
SWITCH = 0.05
"""What going over to another voice costs in cosine, within a stretch; a third of it across a pause."""
PAUSE_S = 0.3
ROUNDS = 3
BLOCK = 400
LONGEST_S = 60.0
PAD_S, BRIDGE_S = 0.1, 0.5
"""A turn begins and ends so much earlier and later; pauses up to the second within one voice belong to its turn."""


@dataclass(frozen=True, slots=True)
class _Window:
    """The time for which a window decides [s]."""

    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """From start to end."""
        return self.end_s - self.start_s


def turns(
    sound: Recorded, spans: Sequence[Span], progress: Callable[[float, str], None] = lambda _done, _what: None
) -> tuple[Turn, ...]:
    """Turns of the voices of a recording, on its own time line, in order.

    Parameters
    ----------
    sound : Recorded
    spans : sequence of Span
        Where a voice is heard, without anything added.
    progress : callable

    Returns
    -------
    tuple of Turn
        Voices are called S1, S2 and so on, as they are first heard.
    """
    windows: list[_Window] = []
    vectors: list[Floats] = []
    pieces = [piece for span in spans for piece in _pieces(span)]
    for number, (start_s, end_s) in enumerate(pieces):
        found, spectra = _windows(sound.between(start_s, end_s), start_s, end_s)
        windows += found
        vectors.append(voices(spectra))
        progress((number + 1) / len(pieces), "telling voices apart")
    if not windows:
        return ()
    labels = grouped(np.concatenate(vectors), windows)
    return _turns(windows, labels, sound.start_s, sound.duration_s)


def with_speakers(segments: Sequence[Segment], found: Sequence[Turn]) -> tuple[Segment, ...]:
    """Stretches with the voice that is heard most in each."""
    named = []
    for segment in segments:
        shares: dict[str, float] = {}
        for turn in found:
            inside_s = min(turn.end_s, segment.end_s) - max(turn.start_s, segment.start_s)
            if inside_s > 0.0:
                shares[turn.speaker] = shares.get(turn.speaker, 0.0) + inside_s
        most = max(shares, key=lambda name: (shares[name], name)) if shares else None
        named.append(replace(segment, speaker=most))
    return tuple(named)


def grouped(vectors: Floats, windows: Sequence[_Window]) -> NDArray[np.intp]:
    """Which voice each window is of.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, d)
        Of length one.
    windows : sequence of n windows
        In order of time.

    Returns
    -------
    ndarray of int, shape (n,)

    Notes
    -----
    Average linkage on cosines (Sokal & Michener 1958): of groups with vector sums a, b and sizes m, n the mean cosine
    is a.b/(m n), so that groups are joined by their sums alone. It is done in blocks, then over the blocks' groups.
    After that windows go to the nearest mean, neighbours holding together (Viterbi 1967, doi:10.1109/TIT.1967.1054010).
    """
    labels = _linked_in_blocks(vectors)
    lengths = np.array([window.length_s for window in windows])
    for _ in range(ROUNDS):
        held = np.array([float(lengths[labels == label].sum()) for label in range(int(labels.max()) + 1)])
        kept = np.flatnonzero(held >= min(LEAST_S, float(held.max())))
        means = np.stack([vectors[labels == label].mean(axis=0) for label in kept])
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        labels = np.unique(_steady(vectors @ means.T, windows), return_inverse=True)[1].astype(np.intp)
    return labels


def _linked_in_blocks(vectors: Floats) -> NDArray[np.intp]:
    sums: list[NDArray[np.float64]] = []
    counts: list[int] = []
    labels = np.zeros(len(vectors), np.intp)
    made = 0
    for first in range(0, len(vectors), BLOCK):
        block = vectors[first : first + BLOCK].astype(np.float64)
        group = _linked(block, np.ones(len(block)))
        for label in range(int(group.max()) + 1):
            sums.append(block[group == label].sum(axis=0))
            counts.append(int(np.count_nonzero(group == label)))
        labels[first : first + BLOCK] = group + made
        made += int(group.max()) + 1
    return _linked(np.stack(sums), np.array(counts, np.float64))[labels]


def _linked(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.intp]:
    """Groups by average linkage, numbered as they first come."""
    sums, counts = sums.copy(), counts.copy()
    owner = np.arange(len(sums))
    alike = (sums @ sums.T) / np.outer(counts, counts)
    np.fill_diagonal(alike, -np.inf)
    while True:
        one, other = divmod(int(np.argmax(alike)), len(sums))
        if alike[one, other] < ALIKE:
            break
        one, other = min(one, other), max(one, other)
        sums[one] += sums[other]
        counts[one] += counts[other]
        owner[owner == other] = one
        row = (sums @ sums[one]) / (counts * counts[one])
        row[np.isneginf(alike[one]) & (np.arange(len(sums)) != other)] = -np.inf
        row[[one, other]] = -np.inf
        alike[one], alike[:, one] = row, row
        alike[other], alike[:, other] = -np.inf, -np.inf
    first = {int(label): number for number, label in enumerate(dict.fromkeys(owner.tolist()))}
    return np.array([first[int(label)] for label in owner], np.intp)


def _steady(scores: Floats, windows: Sequence[_Window]) -> NDArray[np.intp]:
    """The best sequence of voices where going over costs something."""
    count, kinds = scores.shape
    best = scores[0].astype(np.float64)
    came = np.zeros((count, kinds), np.intp)
    for at in range(1, count):
        near = windows[at].start_s - windows[at - 1].end_s < PAUSE_S
        other = int(np.argmax(best))
        over = best[other] - (SWITCH if near else SWITCH / 3.0)
        came[at] = np.where(best >= over, np.arange(kinds), other)
        best = np.maximum(best, over) + scores[at]
    path = np.zeros(count, np.intp)
    path[-1] = int(np.argmax(best))
    for at in range(count - 1, 0, -1):
        path[at - 1] = came[at, path[at]]
    return path


def _pieces(span: Span) -> list[tuple[float, float]]:
    count = max(1, round(np.ceil(span.length_s / LONGEST_S)))
    edges = np.linspace(span.start_s, span.end_s, count + 1)
    return list(pairwise(edges.tolist()))


def _windows(samples: Floats, start_s: float, end_s: float) -> tuple[list[_Window], list[Floats]]:
    """Windows of a span, each deciding for the time nearest to its middle; a short span is heard over and over."""
    if len(samples) < RATE_HZ // 10:
        return [], []
    needed = FRAMES * RATE_HZ // 100
    if len(samples) < needed:
        repeated = np.tile(samples, -(-(needed + RATE_HZ // 40) // len(samples)))
        return [_Window(start_s, end_s)], [spectrum(repeated)[:FRAMES]]
    whole = spectrum(samples)
    firsts = list(range(0, len(whole) - FRAMES + 1, STEP))
    if firsts[-1] + FRAMES < len(whole):
        firsts.append(len(whole) - FRAMES)
    middles_s = [start_s + (first + FRAMES / 2) / 100.0 for first in firsts]
    edges_s = [start_s, *((one + other) / 2.0 for one, other in pairwise(middles_s)), end_s]
    windows = [_Window(first, last) for first, last in pairwise(edges_s)]
    return windows, [whole[first : first + FRAMES] for first in firsts]


def _turns(
    windows: Sequence[_Window], labels: NDArray[np.intp], begins_s: float, duration_s: float
) -> tuple[Turn, ...]:
    joined: list[list[float]] = []
    for window, label in zip(windows, labels.tolist(), strict=True):
        if joined and joined[-1][2] == label and window.start_s - joined[-1][1] <= BRIDGE_S:
            joined[-1][1] = window.end_s
        else:
            joined.append([window.start_s, window.end_s, label])
    names = {label: f"S{number}" for number, label in enumerate(dict.fromkeys(turn[2] for turn in joined), start=1)}
    found = []
    for number, (start_s, end_s, label) in enumerate(joined):
        before_s = joined[number - 1][1] if number else 0.0
        after_s = joined[number + 1][0] if number + 1 < len(joined) else duration_s
        first_s = max(start_s - PAD_S, (before_s + start_s) / 2.0)
        last_s = min(end_s + PAD_S, (end_s + after_s) / 2.0)
        found.append(Turn(names[label], round(begins_s + max(0.0, first_s), 2), round(begins_s + last_s, 2)))
    return tuple(found)
