"""What every fingerprint store does, wherever it keeps its bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Library, Recording, Seen, Template


@dataclass(frozen=True, slots=True)
class Entry:
    """A fingerprint on its way into a store.

    Attributes
    ----------
    fingerprint : Fingerprint
    name : str
        File name, exhibit number, or a partner's opaque label.
    origin : str
        "" for the store's own, else the partner bundle it came with.
    sha256 : str or None
        Of the file, 64 lower-case hexadecimal digits.
    seen : tuple of Seen
    """

    fingerprint: Fingerprint
    name: str
    origin: str = ""
    sha256: str | None = None
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Takedown:
    """A recording that was taken out.

    Attributes
    ----------
    recording : int
    name, origin : str
    sha256 : str or None
    at_unix_s : float
    reason, operator : str
    bytes_gone_unix_s : float or None
        When the last of its bytes left the store; None while they wait for `FingerprintStore.compact`.
    lost : bool
        Nobody wanted it gone: its bytes were lost. The same file may be added again.
    """

    recording: int
    name: str
    origin: str
    sha256: str | None
    at_unix_s: float
    reason: str
    operator: str
    bytes_gone_unix_s: float | None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A file that a bulk import came by.

    Attributes
    ----------
    path : str
    size_bytes, modified_ns : int
        As the file system has them.
    sha256 : str or None
        None when the file could not be read.
    at_unix_s : float
    recording : int or None
    reason : str or None
        Why it was not taken in; None when it was.
    """

    path: str
    size_bytes: int
    modified_ns: int
    sha256: str | None
    at_unix_s: float
    recording: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Stats:
    """How much a store keeps.

    Attributes
    ----------
    algorithm : str
    recordings : int
    duration_s : float
    bytes_by_tier : mapping of int to int
        Packed bytes of tiers 1, 2 and 3.
    kb_per_minute : mapping of int to float
        The same in 1000 bytes a minute of recording, of the recordings that hold the tier; 0 when there are none.
    stored_bytes : int
        All of it on disk, with what makes it searchable and what awaits `FingerprintStore.compact`.
    origins : mapping of str to int
        Recordings of each origin; "" for the store's own.
    removed : int
        Takedowns logged.
    awaiting_compact : int
        Of these, how many still have bytes on disk.
    """

    algorithm: str
    recordings: int
    duration_s: float
    bytes_by_tier: Mapping[int, int]
    kb_per_minute: Mapping[int, float]
    stored_bytes: int
    origins: Mapping[str, int]
    removed: int
    awaiting_compact: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a store that is not as it was written.

    Attributes
    ----------
    recording : int or None
        None when a whole file is meant.
    what : str
        One sentence.
    """

    recording: int | None
    what: str


@runtime_checkable
class View(Library, Protocol):
    """A store at one moment: a `Library` that does not change."""

    def state(self) -> str:
        """See `FingerprintStore.state`."""
        ...


@runtime_checkable
class FingerprintStore(Library, Protocol):
    """A `Library` that is kept, by whatever process, until a person takes something out."""

    def view(self) -> AbstractContextManager[View]:
        """The store as it is now; what others write meanwhile does not show in it."""
        ...

    def add(
        self,
        fingerprint: Fingerprint,
        name: str,
        *,
        origin: str = "",
        sha256: str | None = None,
        seen: Iterable[Seen] = (),
        again: bool = False,
    ) -> Recording:
        """Keep a fingerprint.

        The same SHA-256 of the same origin is the same recording: new times are added to it, and a fingerprint of more
        tiers takes the place of one of fewer. Without a SHA-256 it is always a new recording.

        Parameters
        ----------
        fingerprint : Fingerprint
        name, origin, sha256, seen
            See `Entry`.
        again : bool
            Keep it although the same file was taken down before.

        Raises
        ------
        ClashError
            When it was made by another algorithm, or was taken down.
        BadInputError
            When the SHA-256 is none, or the fingerprint's arrays do not fit one another.
        """
        ...

    def add_many(self, entries: Iterable[Entry], *, again: bool = False) -> list[Recording]:
        """Keep several in one go, all or none; answers in their order."""
        ...

    def remove(self, recording: int, reason: str, operator: str) -> Takedown:
        """Take a recording down: from now on no query answers from it, and who did it and why is logged.

        Raises
        ------
        NotFoundError
            When the store has no such recording.
        BadInputError
            When no reason or no operator is given.
        """
        ...

    def add_seen(self, recording: int, seen: Iterable[Seen]) -> Recording:
        """Add times at which a recording was already there; one that is known already is passed over."""
        ...

    def remove_seen(self, recording: int, seen: Iterable[Seen]) -> Recording:
        """Take back times at which a recording was said to be there; one that is not known is passed over."""
        ...

    def state(self) -> str:
        """A word that changes when recordings, times they were seen or templates change, and else stays.

        It is kept with the rows and read without them. It follows from all changes since the store was made, in their
        order: two stores that went through the same have the same word, two made in another order have not.
        """
        ...

    def mark_template(self, recording: int, template: Template) -> Recording:
        """Mark a stretch or an area of it as one that many recordings share."""
        ...

    def unmark(self, recording: int, template: Template) -> Recording:
        """Take such a mark back.

        Raises
        ------
        NotFoundError
            When there is no such mark.
        """
        ...

    def takedowns(self) -> list[Takedown]:
        """All takedowns, oldest first."""
        ...

    def find(self, *, sha256: str | None = None, name: str | None = None, origin: str | None = None) -> list[Recording]:
        """Recordings by exact SHA-256, name or origin, by id; what is not given is not asked."""
        ...

    def import_lines(self) -> list[ImportLine]:
        """The log of bulk imports, oldest first."""
        ...

    def log_import(self, line: ImportLine) -> None:
        """Add a line to it."""
        ...

    def compact(self) -> int:
        """Make the bytes of what was taken down gone; the number of recordings whose bytes went."""
        ...

    def rebuild(self) -> Sequence[Problem]:
        """Make everything that queries read anew from the packed tiers, and `compact`.

        Files that are missing or cut short are given up, once what is whole in them was saved.

        Returns
        -------
        sequence of Problem
            Recordings that could not be read back; they stay listed, and queries do not answer from them.
        """
        ...

    def lost(self) -> frozenset[int]:
        """Recordings that are listed and whose bytes are not there; adding the same file again brings them back."""
        ...

    def drop_lost(self, operator: str) -> list[Takedown]:
        """Take out just those, each with a line in the log of takedowns; the same files may be added again."""
        ...

    def stats(self) -> Stats:
        """How much there is."""
        ...

    def verify(self) -> Sequence[Problem]:
        """Read everything back and compare it with its checksums and with the rows; empty when all is well."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
