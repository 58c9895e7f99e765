"""What a check of custody finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from witnessmark.custody.objects import ObjectStore
from witnessmark.custody.timestamps import StampCheck

RESTORE = "Restore it from a copy made before, and find out who could write there."


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was recorded.

    Attributes
    ----------
    kind : str
        ``event``, ``event-copy``, ``chain``, ``signature``, ``missing-event``, ``removed-end``, ``token``, ``missing``,
        ``object``, ``fixity-table``.
    where : str
        Key in the object store.
    byte_offset : int or None
        The first bad byte, from 0, where it is known exactly.
    what : str
    do : str
    """

    kind: str
    where: str
    byte_offset: int | None
    what: str
    do: str


@dataclass(frozen=True, slots=True)
class StampedHead:
    """A token that verifies: every event up to `number` existed at `at`.

    Attributes
    ----------
    number : int
    carried_by : int
        The event with the token.
    check : StampCheck
    """

    number: int
    carried_by: int
    check: StampCheck


@dataclass(frozen=True, slots=True)
class CustodyReport:
    """What a full check found.

    Attributes
    ----------
    ok : bool
        No faults.
    checked : mapping of str to int
        How many ``events``, ``signatures``, ``tokens``, ``objects``, ``tables`` and ``bytes`` were read and checked.
    faults : tuple of Fault
    notes : tuple of str
        What is worth knowing and no fault: files no event names (a killed program can leave one), tokens that could not
        be checked, a clock that went back.
    stamped : tuple of StampedHead
    pending : tuple of int
        Events that no verified token covers.
    """

    ok: bool
    checked: Mapping[str, int]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    stamped: tuple[StampedHead, ...]
    pending: tuple[int, ...]


@dataclass
class Checking:
    """What a check gathers on its way."""

    objects: ObjectStore
    progress: Callable[[int, int], None] | None
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("events", "signatures", "tokens", "objects", "tables", "bytes"), 0)
    )
    done_bytes: int = 0
    all_bytes: int = 0

    def fault(self, kind: str, where: str, byte_offset: int | None, what: str, do: str = RESTORE) -> None:
        """Note that something is not as it was recorded; the same is said once."""
        found = Fault(kind, where, byte_offset, what, do)
        if found not in self.faults:
            self.faults.append(found)

    def read(self, size_bytes: int) -> None:
        """Count bytes of objects that were read."""
        self.done_bytes += size_bytes
        self.counts["bytes"] += size_bytes
        if self.progress is not None:
            self.progress(min(self.done_bytes, self.all_bytes), self.all_bytes)
