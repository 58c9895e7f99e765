"""Exact look-ups in one shard: frame codes by scanning, sound codes by halving, local features by bucket.

Answers are parts as `witnessmark.lines.copies.memory.gather` joins them, but for the recording, which is given as its
row in the shard.
"""

from __future__ import annotations

import itertools

import faiss
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.fingerprint import FEATURE_BYTES, PDQ_BYTES
from witnessmark.lines.copies.memory import share_bucket
from witnessmark.stores.fingerprints.shards import Shard

_CANDIDATES_AT_ONCE = 1 << 15
"""So many at a time stay in the processor's cache."""
Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint16]]
_NOTHING: Found = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint16))


def near_frames(shard: Shard, codes: NDArray[np.uint8], radius_bits: int) -> Found:
    """Frame codes within `radius_bits` of codes of shape (q, 32), by FAISS's exact scan over the mapped column."""
    query, code, distance = scan(codes, shard.frames, radius_bits)
    owner = np.searchsorted(shard.frames_first, code, side="right") - 1
    return query, owner, code - shard.frames_first[owner], distance


def scan(
    query: NDArray[np.uint8], codes: NDArray[np.uint8], radius_bits: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint16]]:
    """Pairs of rows, shape (n, 32) each, at most `radius_bits` apart: query row, code row, distance [bits]."""
    if not len(query) or not len(codes):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint16)
    asked, back = np.unique(np.ascontiguousarray(query), axis=0, return_inverse=True)
    asked = np.ascontiguousarray(asked)
    result = faiss.RangeSearchResult(len(asked))
    # On bare pointers, so that nothing mapped is copied as an index would. It answers strictly below the radius.
    faiss.hamming_range_search(  # type: ignore[attr-defined]  # SWIG puts it there when the module is loaded
        faiss.swig_ptr(asked), faiss.swig_ptr(codes), len(asked), len(codes), radius_bits + 1, PDQ_BYTES, result
    )
    first = faiss.rev_swig_ptr(result.lims, len(asked) + 1).astype(np.int64)
    total = int(first[-1])
    found = faiss.rev_swig_ptr(result.labels, total).astype(np.int64) if total else np.zeros(0, np.int64)
    far = faiss.rev_swig_ptr(result.distances, total).astype(np.uint16) if total else np.zeros(0, np.uint16)
    rows, at = spread(first[back], first[back + 1] - first[back])
    return rows, found[at], far[at]


def near_sound(shard: Shard, codes: NDArray[np.uint32]) -> Found:
    """Sound codes equal to one of the codes of shape (q,); code 0 never matches."""
    start = np.searchsorted(shard.sound_codes, codes, side="left")
    stop = np.searchsorted(shard.sound_codes, codes, side="right")
    query, at = spread(start, stop - start)
    number = shard.sound_numbers[at].astype(np.int64)
    owner = np.searchsorted(shard.sound_first, number, side="right") - 1
    return query, owner, number - shard.sound_first[owner], np.zeros(len(query), np.uint16)


def near_features(shard: Shard, codes: NDArray[np.uint8], probes: NDArray[np.uint32], radius_bits: int) -> Found:
    """Local features within `radius_bits` of codes of shape (q, 16) that lie in a bucket probed for them."""
    if not len(shard.bucketed) or not probes.size:
        return _NOTHING
    probed = probes.ravel()
    order = np.argsort(probed, kind="stable")  # neighbours look into the same bucket, which is then in the cache
    line = (probed[order] >> np.uint32(shard.shift)).astype(np.int64)
    there = line < len(shard.directory) - 1
    line = np.where(there, line, 0)
    start = shard.directory[line].astype(np.int64)
    count = np.where(there, shard.directory[line + 1] - start, 0)
    asked = np.ascontiguousarray(codes).view(np.complex128).ravel()
    by = order // probes.shape[1]
    by_probe = asked[by]
    near: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for begin, end in _portions(count):
        probe, at = spread(start[begin:end], count[begin:end])
        slot = shard.bucketed[at]
        apart = np.repeat(by_probe[begin:end], count[begin:end]).view(np.uint64)
        apart ^= shard.slots[slot].view(np.uint64)
        bits = np.bitwise_count(apart)
        close = np.flatnonzero(bits[0::2] + bits[1::2] <= radius_bits)
        near.append((by[probe[close] + begin], slot[close].astype(np.int64)))
    if not near:
        return _NOTHING
    by_query, in_slot = (np.concatenate(part) for part in zip(*near, strict=True))
    query, slot = np.divmod(np.unique(by_query * len(shard.slots) + in_slot), len(shard.slots))
    found = shard.slots[slot]
    # the directory is coarser than the buckets: those that only share its line are sorted out here
    shared = share_bucket(probes[query], found.view(np.uint8).reshape(-1, FEATURE_BYTES))
    query, slot, found = query[shared], slot[shared], found[shared]
    owner = np.searchsorted(shard.codes_first, slot, side="right") - 1
    apart = asked[query].view(np.uint64) ^ found.view(np.uint64)
    distance = np.bitwise_count(apart).reshape(-1, 2).sum(1, dtype=np.uint16)
    return query, owner, slot - shard.codes_first[owner], distance


def spread(start: NDArray[np.int64], count: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ranges ``start[i]`` to ``start[i] + count[i]`` laid end to end: the i of each element, and the element."""
    which = np.repeat(np.arange(len(start)), count)
    before = np.cumsum(count) - count
    return which, np.arange(len(which)) - before[which] + start[which]


def _portions(counts: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Ranges of probes that together have some `_CANDIDATES_AT_ONCE` candidates, and at least one probe each."""
    ends = [0]
    total = np.cumsum(counts)
    while ends[-1] < len(counts):
        done = int(total[ends[-1] - 1]) if ends[-1] else 0
        reach = int(np.searchsorted(total, done + _CANDIDATES_AT_ONCE, side="right"))
        ends.append(max(reach, ends[-1] + 1))
    return [(begin, end) for begin, end in itertools.pairwise(ends) if total[end - 1] > 0]
