"""A library of fingerprints in memory, in plain numpy: what every store must answer, by the shortest way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import ClashError, NotFoundError
from witnessmark.lines.copies.buckets import buckets, indexed
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint
from witnessmark.lines.copies.library import Hits, Recording, Seen, Template

Part = tuple[NDArray[np.int64], "NDArray[np.int64] | int", NDArray[np.int64], NDArray[np.uint16]]
"""Part of an answer: query rows, recordings, their rows, distances [bits]."""


class MemoryLibrary:
    """A `Library` that lives as long as the object.

    Every answer looks at every row, so it serves for tests and for some hundred recordings.

    Parameters
    ----------
    algorithm : str
        Of all its fingerprints.
    """

    def __init__(self, algorithm: str = ALGORITHM) -> None:
        self._algorithm = algorithm
        self._kept: dict[int, tuple[Recording, Fingerprint]] = {}
        self._next = 1
        self._bucketed: dict[int, tuple[NDArray[np.uint32], NDArray[np.int64]]] = {}

    @property
    def algorithm(self) -> str:
        """`ALGORITHM` of its fingerprints."""
        return self._algorithm

    def add(
        self,
        fingerprint: Fingerprint,
        name: str,
        *,
        origin: str = "",
        sha256: str | None = None,
        seen: Iterable[Seen] = (),
        templates: Iterable[Template] = (),
    ) -> Recording:
        """Take in a fingerprint; the same SHA-256 of the same origin again is the same recording.

        Raises
        ------
        ClashError
            When it was made by another algorithm.
        """
        if fingerprint.algorithm != self._algorithm:
            raise ClashError(
                f"The fingerprint is of '{fingerprint.algorithm}', the library of '{self._algorithm}'.",
                "Fingerprint the recording again with this version of the program.",
            )
        for recording, _ in self._kept.values():
            if sha256 is not None and (recording.sha256, recording.origin) == (sha256, origin):
                return recording
        recording = Recording(
            id=self._next,
            name=name,
            origin=origin,
            duration_s=fingerprint.duration_s,
            tiers=highest_tier(fingerprint),
            sha256=sha256,
            seen=tuple(sorted(seen, key=lambda one: one.at_unix_s)),
            templates=tuple(templates),
        )
        self._kept[self._next] = (recording, fingerprint)
        self._next += 1
        return recording

    def remove(self, recording: int) -> None:
        """Forget a recording; its number is not given again.

        Raises
        ------
        NotFoundError
            When it is not here.
        """
        self.fingerprint(recording)
        del self._kept[recording]
        self._bucketed.pop(recording, None)

    def recordings(self) -> Sequence[Recording]:
        """All recordings kept, by id."""
        return [recording for recording, _ in self._kept.values()]

    def fingerprint(self, recording: int, up_to: int = 3) -> Fingerprint:
        """One recording's fingerprint, up to a tier.

        Raises
        ------
        NotFoundError
            When it is not here.
        """
        if recording not in self._kept:
            raise NotFoundError(
                f"There is no recording {recording} in this library.", "Ask for one that it lists.", recording=recording
            )
        return self._kept[recording][1].up_to(up_to)

    def near_frames(self, codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        """All frame codes within `radius_bits` (inclusive) of the query's."""
        found: list[Part] = []
        for number, (_, kept) in self._kept.items():
            query, row, distance = _near(codes, kept.frames.codes, radius_bits)
            found.append((query, number, row, distance))
        return gather(found)

    def near_sound(self, codes: NDArray[np.uint32]) -> Hits:
        """All sound codes equal to one of the query's; code 0 never matches."""
        found: list[Part] = []
        for number, (_, kept) in self._kept.items():
            if kept.sound is not None:
                query, row = np.nonzero((codes[:, None] == kept.sound.codes) & (codes[:, None] != 0))
                found.append((query.astype(np.int64), number, row.astype(np.int64), np.zeros(len(row), np.uint16)))
        return gather(found)

    def near_features(self, codes: NDArray[np.uint8], probes: NDArray[np.uint32], radius_bits: int) -> Hits:
        """Local features within `radius_bits` that share a bucket with the query."""
        found: list[Part] = []
        for number, (_, kept) in self._kept.items():
            if kept.features is None:
                continue
            rows = indexed(kept.features.first)
            if number not in self._bucketed:
                lies_in = buckets(kept.features.codes[rows])
                order = np.argsort(lies_in, axis=None, kind="stable")
                self._bucketed[number] = lies_in.ravel()[order], order // lies_in.shape[1]
            query, at = _sharing(probes, *self._bucketed[number])
            distance = _apart(codes[query], kept.features.codes[rows[at]])
            near = distance <= radius_bits
            found.append((query[near], number, rows[at[near]], distance[near]))
        return gather(found)


def highest_tier(fingerprint: Fingerprint) -> int:
    """The highest tier a fingerprint holds."""
    if fingerprint.thumbnails is not None:
        return 3
    return 1 if fingerprint.features is None else 2


def share_bucket(probes: NDArray[np.uint32], codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether each code, shape (n, 16), lies in one of the buckets of its row of `probes`, shape (n, p)."""
    lies_in = buckets(codes)
    shared: NDArray[np.bool_] = (probes[:, :, None] == lies_in[:, None, :]).any((1, 2))
    return shared


def _sharing(
    probes: NDArray[np.uint32], lies_in: NDArray[np.uint32], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs, each once, of a row of `probes`, shape (q, p), and one of `rows`, whose buckets are given ascending."""
    start = np.searchsorted(lies_in, probes.ravel(), side="left")
    count = np.searchsorted(lies_in, probes.ravel(), side="right") - start
    which = np.repeat(np.arange(len(count)), count)
    at = np.arange(len(which)) - (np.cumsum(count) - count)[which] + start[which]
    pairs = np.unique(np.stack([which // probes.shape[1], rows[at]]), axis=1)
    return pairs[0].astype(np.int64), pairs[1].astype(np.int64)


def _apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Hamming distances [bits] of codes row by row."""
    a, b = (np.ascontiguousarray(codes).view(np.uint64) for codes in (one, other))
    return np.asarray(np.bitwise_count(a ^ b).sum(axis=1, dtype=np.uint16))


def _near(
    query: NDArray[np.uint8], codes: NDArray[np.uint8], radius_bits: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint16]]:
    """Pairs of rows whose Hamming distance [bits] is at most `radius_bits`: query row, code row, distance."""
    found = []
    theirs = np.ascontiguousarray(codes).view(np.uint64)
    for number, code in enumerate(np.ascontiguousarray(query).view(np.uint64)):
        distance = np.bitwise_count(theirs ^ code).sum(1, dtype=np.uint16)
        (row,) = np.nonzero(distance <= radius_bits)
        found.append((np.full(len(row), number, np.int64), row, distance[row]))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint16)
    one, two, three = zip(*found, strict=True)
    return np.concatenate(one), np.concatenate(two), np.concatenate(three)


def gather(found: Iterable[Part]) -> Hits:
    """Parts of an answer as one, in a library's order."""
    parts = [
        (query, np.broadcast_to(recording, query.shape), row, distance) for query, recording, row, distance in found
    ]
    if not parts:
        nothing = np.zeros(0, np.int64)
        return Hits(query=nothing, recording=nothing, row=nothing, distance=np.zeros(0, np.uint16))
    query, recording, row = (np.concatenate([part[i] for part in parts]).astype(np.int64) for i in range(3))
    distance = np.concatenate([part[3] for part in parts]).astype(np.uint16)
    order = np.lexsort((row, recording, query))
    return Hits(query=query[order], recording=recording[order], row=row[order], distance=distance[order])
