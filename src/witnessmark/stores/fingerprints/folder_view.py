"""A folder's recordings at one moment, answered from its mapped shards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import CustodyError
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint
from witnessmark.lines.copies.library import Hits, Recording
from witnessmark.lines.copies.memory import gather
from witnessmark.stores.fingerprints import facts, lookups
from witnessmark.stores.fingerprints.shards import Shard


@dataclass(frozen=True, slots=True, eq=False)
class FolderView:
    """A folder's recordings at one moment: a `Library` that does not change.

    Attributes
    ----------
    changes : int
        The rows' number of this state.
    word : str
        See `state`.
    kept : dict of int to Recording
        By id, ascending.
    shards : tuple of Shard
    alive : tuple of ndarray of bool
        For each shard, which of its recordings are still kept in it.
    place : dict of int to tuple of int
        Shard and row of each recording.
    """

    changes: int
    word: str
    kept: dict[int, Recording]
    shards: tuple[Shard, ...]
    alive: tuple[NDArray[np.bool_], ...]
    place: dict[int, tuple[int, int]]

    @property
    def algorithm(self) -> str:
        """`ALGORITHM` of its fingerprints."""
        return ALGORITHM

    def state(self) -> str:
        """A word that changes when recordings, times they were seen or templates change, and else stays."""
        return self.word

    def recordings(self) -> Sequence[Recording]:
        """All recordings kept, by id."""
        return list(self.kept.values())

    def fingerprint(self, recording: int, up_to: int = 3) -> Fingerprint:
        """One recording's fingerprint, as many tiers as are kept and asked for.

        Raises
        ------
        NotFoundError
            When it is not kept.
        BadInputError or CustodyError
            When its bytes are damaged.
        """
        if recording not in self.kept:
            raise facts.unknown(recording)
        if recording not in self.place:
            raise CustodyError(
                f"The bytes of recording {recording} were damaged and are not in the index.",
                "Index its file again, or restore the folder from a copy.",
                recording=recording,
            )
        shard, row = self.place[recording]
        return self.shards[shard].fingerprint(row, up_to)

    def near_frames(self, codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        """All frame codes within `radius_bits` (inclusive) of codes of shape (q, 32)."""
        return self._over_shards(lambda shard: lookups.near_frames(shard, codes, radius_bits))

    def near_sound(self, codes: NDArray[np.uint32]) -> Hits:
        """All sound codes equal to one of the codes of shape (q,); code 0 never matches."""
        return self._over_shards(lambda shard: lookups.near_sound(shard, codes))

    def near_features(self, codes: NDArray[np.uint8], probes: NDArray[np.uint32], radius_bits: int) -> Hits:
        """Local features within `radius_bits` that share a bucket with the query."""
        return self._over_shards(lambda shard: lookups.near_features(shard, codes, probes, radius_bits))

    def _over_shards(self, look_up: Callable[[Shard], lookups.Found]) -> Hits:
        parts = []
        for shard, alive in zip(self.shards, self.alive, strict=True):
            query, owner, row, distance = look_up(shard)
            if not alive.all():
                keep = alive[owner]
                query, owner, row, distance = query[keep], owner[keep], row[keep], distance[keep]
            parts.append((query, shard.ids[owner], row, distance))
        return gather(parts)


def view_of(
    numbered: tuple[int, str],
    kept: dict[int, Recording],
    lies_in: Mapping[int, int | None],
    shards: Mapping[int, Shard],
) -> FolderView:
    """A view from rows and mapped shards.

    Parameters
    ----------
    numbered : tuple of int and str
        Changes and word.
    kept : dict of int to Recording
    lies_in : mapping of int to int or None
        The shard row of each recording kept.
    shards : mapping of int to Shard
        By shard row.
    """
    alive, place = [], dict[int, tuple[int, int]]()
    for at, (number, shard) in enumerate(shards.items()):
        ids = shard.ids.tolist()
        alive.append(np.array([lies_in.get(recording) == number for recording in ids], dtype=np.bool_))
        place |= {ids[row]: (at, int(row)) for row in np.flatnonzero(alive[-1])}
    return FolderView(*numbered, kept, tuple(shards.values()), tuple(alive), place)
