"""A library of one reference, so that two recordings are compared just as a library is searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.buckets import buckets
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Hits, Library, Recording


@dataclass(frozen=True, slots=True, eq=False)
class _One:
    """See `one_reference`; its recording has the number 0."""

    reference: Fingerprint

    @property
    def algorithm(self) -> str:
        """Of the reference."""
        return self.reference.algorithm

    def recordings(self) -> Sequence[Recording]:
        """The one recording."""
        return [Recording(0, "", "", self.reference.duration_s, 3)]

    def fingerprint(self, recording: int, up_to: int = 3) -> Fingerprint:
        """The reference."""
        return self.reference.up_to(up_to)

    def near_frames(self, codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        """See `Library.near_frames`."""
        return _near(codes, self.reference.frames.codes, radius_bits)

    def near_sound(self, codes: NDArray[np.uint32]) -> Hits:
        """See `Library.near_sound`."""
        if self.reference.sound is None:
            return _hits([], [], [])
        equal = (codes[:, None] == self.reference.sound.codes[None, :]) & (codes[:, None] != 0)
        query, row = np.nonzero(equal)
        return _hits([query], [row], [np.zeros(len(row), np.uint16)])

    def near_features(self, codes: NDArray[np.uint8], probes: NDArray[np.uint32], radius_bits: int) -> Hits:
        """See `Library.near_features`; all of the reference's features are looked at."""
        local = self.reference.features
        if local is None or not len(local.codes):
            return _hits([], [], [])
        held = buckets(local.codes)
        query, row = _sharing(probes, held)
        a, b = np.ascontiguousarray(codes).view(np.uint64), np.ascontiguousarray(local.codes).view(np.uint64)
        distance = np.bitwise_count(a[query] ^ b[row]).sum(axis=1).astype(np.uint16)
        near = distance <= radius_bits
        return _hits([query[near]], [row[near]], [distance[near]])


def one_reference(reference: Fingerprint) -> Library:
    """A library that holds this reference alone."""
    return _One(reference)


def _sharing(probes: NDArray[np.uint32], held: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of rows that share a bucket, each once."""
    order = np.argsort(held.ravel(), kind="stable")
    numbers, owner = held.ravel()[order], order // held.shape[1]
    wanted = probes.ravel()
    low, high = np.searchsorted(numbers, wanted, "left"), np.searchsorted(numbers, wanted, "right")
    counts = high - low
    asked = np.repeat(np.arange(len(wanted)) // probes.shape[1], counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    pairs = np.unique(asked * len(held) + owner[np.repeat(low, counts) + within])
    return pairs // len(held), pairs % len(held)


def _near(query: NDArray[np.uint8], codes: NDArray[np.uint8], radius_bits: int) -> Hits:
    a, b = np.ascontiguousarray(query).view(np.uint64), np.ascontiguousarray(codes).view(np.uint64)
    rows, columns, distances = [], [], []
    for number, code in enumerate(a):
        apart = np.bitwise_count(b ^ code).sum(axis=1)
        near = np.flatnonzero(apart <= radius_bits)
        rows.append(np.full(len(near), number, np.int64))
        columns.append(near)
        distances.append(apart[near].astype(np.uint16))
    return _hits(rows, columns, distances)


def _hits(
    query: Sequence[NDArray[np.int64]], row: Sequence[NDArray[np.int64]], distance: Sequence[NDArray[np.uint16]]
) -> Hits:
    rows = np.concatenate([*query, np.zeros(0, np.int64)]).astype(np.int64)
    return Hits(
        rows,
        np.zeros(len(rows), np.int64),
        np.concatenate([*row, np.zeros(0, np.int64)]).astype(np.int64),
        np.concatenate([*distance, np.zeros(0, np.uint16)]).astype(np.uint16),
    )
