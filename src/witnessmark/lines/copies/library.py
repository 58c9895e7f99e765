"""What the copies line asks of a store of fingerprints; `witnessmark.stores` has the stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.fingerprint import Fingerprint


@dataclass(frozen=True, slots=True)
class Seen:
    """One attested time at which a recording was already there.

    Attributes
    ----------
    at_unix_s : float
    utc_offset_s : int or None
        None when the offset is not known.
    how_known : str
        Such as "platform page", "taken in", "as the partner states".
    where : str
        Such as a platform's name.
    account, url : str
        Who posted it and at which address, as the case recorded it; empty where that is not known, as with what a
        partner states. They stay in the house: nothing that is written for partners has room for them.
    """

    at_unix_s: float
    utc_offset_s: int | None
    how_known: str
    where: str
    account: str = ""
    url: str = ""

    @property
    def unnamed(self) -> Seen:
        """The same without the account and the address."""
        return replace(self, account="", url="")


def together(seen: Iterable[Seen]) -> tuple[Seen, ...]:
    """Times from several libraries, earliest first, each once: one without its account yields to the same with it."""
    found = set(seen)
    named = {one.unnamed for one in found if one != one.unnamed}
    return tuple(sorted(found - named, key=lambda one: (one.at_unix_s, one.where, one.how_known, one.account, one.url)))


@dataclass(frozen=True, slots=True)
class Template:
    """A stretch or an area of a recording that many recordings share: an intro, a logo, a lower third.

    Attributes
    ----------
    kind : str
        intro | logo | lower-third | other
    start_s, end_s : float
    box : tuple of float or None
        Left, top, right, bottom as shares of the frame from 0 to 1; None for the whole frame.
    """

    kind: str
    start_s: float
    end_s: float
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording known to a library.

    Attributes
    ----------
    id : int
        The library's own number; stays the same while the recording is kept.
    name : str
        File name, exhibit number, or a partner's opaque label.
    origin : str
        "" for the library's own, else the partner bundle it came with.
    duration_s : float
    tiers : int
        Highest tier kept.
    sha256 : str or None
        Of the file, where it is known.
    seen : tuple of Seen
        Earliest first.
    templates : tuple of Template
        Marked by people, or found to be shared across the library.
    """

    id: int
    name: str
    origin: str
    duration_s: float
    tiers: int
    sha256: str | None = None
    seen: tuple[Seen, ...] = ()
    templates: tuple[Template, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Rows of a library near rows of a query; all arrays have shape (h,).

    Attributes
    ----------
    query : ndarray of int64
        Row of the query.
    recording : ndarray of int64
        `Recording.id`.
    row : ndarray of int64
        Row within that recording's frame codes, sound codes or local features.
    distance : ndarray of uint16
        Hamming distance [bits].
    """

    query: NDArray[np.int64]
    recording: NDArray[np.int64]
    row: NDArray[np.int64]
    distance: NDArray[np.uint16]


@runtime_checkable
class Library(Protocol):
    """A store of fingerprints, read while a query runs. All answers are exact and in a fixed order."""

    @property
    def algorithm(self) -> str:
        """`ALGORITHM` of its fingerprints."""
        ...

    def recordings(self) -> Sequence[Recording]:
        """All recordings kept, by id."""
        ...

    def fingerprint(self, recording: int, up_to: int = 3) -> Fingerprint:
        """One recording's fingerprint, as many tiers as are kept and asked for: higher ones take long to unpack."""
        ...

    def near_frames(self, codes: NDArray[np.uint8], radius_bits: int) -> Hits:
        """All frame codes within `radius_bits` (inclusive) of codes of shape (q, 32); ordered by query, recording, row.

        Exact: an approximate index loses copies.
        """
        ...

    def near_sound(self, codes: NDArray[np.uint32]) -> Hits:
        """All sound codes equal to one of the codes of shape (q,); code 0 never matches. Same order."""
        ...

    def near_features(self, codes: NDArray[np.uint8], probes: NDArray[np.uint32], radius_bits: int) -> Hits:
        """Local features within `radius_bits` that share a bucket with the query.

        Parameters
        ----------
        codes : ndarray of uint8, shape (q, 16)
        probes : ndarray of uint32, shape (q, p)
            Bucket numbers to look into for each query row; see `witnessmark.lines.copies.buckets`.
        radius_bits : int

        Returns
        -------
        Hits
            Each (query, recording, row) once, in that order.
        """
        ...


@runtime_checkable
class Viewed(Protocol):
    """A store that others may write to while it is read, and that can be looked at as it is now."""

    def view(self) -> AbstractContextManager[Library]:
        """The store as it is now; what others write meanwhile does not show in it."""
        ...


@contextmanager
def as_it_is_now(library: Library) -> Iterator[Library]:
    """A library in which nothing changes while it is asked more than once; itself where it has no such view."""
    if isinstance(library, Viewed):
        with library.view() as view:
            yield view
    else:
        yield library
