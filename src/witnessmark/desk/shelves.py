"""Libraries as a case sees them: times follow the case's records, and one that cannot be opened says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import ProviderError
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Hits, Library, Recording, Seen
from witnessmark.plain import canonical, to_plain
from witnessmark.stores.fingerprints import FingerprintStore


class Shelf:
    """A library of which the case knows better when some recordings were seen.

    Parameters
    ----------
    store : FingerprintStore
    corrected : callable of Recording to Recording
    told : object
        What the correction follows from, as plain values can say it; part of `state`.
    """

    not_searched = ""

    def __init__(self, store: FingerprintStore, corrected: Callable[[Recording], Recording], told: object) -> None:
        self._store = store
        self._asked: Library = store
        self._corrected = corrected
        self._told = told

    @property
    def algorithm(self) -> str:
        """Of its fingerprints."""
        return self._asked.algorithm

    def recordings(self) -> Sequence[Recording]:
        """See `Library`."""
        return [self._corrected(one) for one in self._asked.recordings()]

    def fingerprint(self, recording: int, up_to: int = 3) -> Fingerprint:
        """See `Library`."""
        return self._asked.fingerprint(recording, up_to)

    def near_frames(self, codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        """See `Library`."""
        return self._asked.near_frames(codes, radius_bits)

    def near_sound(self, codes: NDArray[np.uint32]) -> Hits:
        """See `Library`."""
        return self._asked.near_sound(codes)

    def near_features(self, codes: NDArray[np.uint8], probes: NDArray[np.uint32], radius_bits: int) -> Hits:
        """See `Library`."""
        return self._asked.near_features(codes, probes, radius_bits)

    @contextmanager
    def view(self) -> Iterator[Library]:
        """The same as it is now; what others write meanwhile does not show in it."""
        with self._store.view() as frozen:
            seen = Shelf(self._store, self._corrected, self._told)
            seen._asked = frozen
            yield seen

    def state(self) -> str:
        """Changes when a recording comes or goes, is learnt to have been seen, or is marked."""
        return Sha256.of(canonical([self._store.state(), to_plain(self._told)])).hex()

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()


class CaseLibrary(Shelf):
    """The case's own: its items were seen when the records say so, never when the library was told."""

    def __init__(self, store: FingerprintStore, seen: Mapping[str, tuple[Seen, ...]]) -> None:
        def corrected(one: Recording) -> Recording:
            return one if one.origin else replace(one, seen=seen.get(one.sha256 or "", ()))

        super().__init__(store, corrected, seen)


class OrganisationLibrary(Shelf):
    """The organisation's, less what this case told it and took back."""

    def __init__(self, store: FingerprintStore, withdrawn: Mapping[str, frozenset[Seen]]) -> None:
        def corrected(one: Recording) -> Recording:
            gone = withdrawn.get(one.sha256 or "", frozenset())
            return replace(one, seen=tuple(seen for seen in one.seen if seen not in gone)) if gone else one

        told = {sha256: sorted(gone, key=lambda seen: seen.at_unix_s) for sha256, gone in withdrawn.items() if gone}
        super().__init__(store, corrected, told)


class ClosedLibrary(Shelf):
    """A library that could not be opened: nothing is found in it, and it is told that it was not searched.

    Parameters
    ----------
    reason : str
    """

    def __init__(self, reason: str) -> None:
        self.not_searched = reason

    @property
    def algorithm(self) -> str:
        """None."""
        return ""

    def recordings(self) -> Sequence[Recording]:
        """None that could be read."""
        return ()

    def fingerprint(self, recording: int, up_to: int = 3) -> Fingerprint:
        """Not there.

        Raises
        ------
        ProviderError
        """
        raise ProviderError(self.not_searched, "Open it first.")

    @contextmanager
    def view(self) -> Iterator[Library]:
        """As it is."""
        yield self

    def state(self) -> str:
        """Changes with the reason."""
        return f"closed: {self.not_searched}"

    def close(self) -> None:
        """Nothing to let go of."""
