"""Reading everything again (events, signatures, tokens, objects, fixity tables) and naming what is not as it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping

from witnessmark.custody.digesting import Digests, digest, sha256_of
from witnessmark.custody.fixity import locate
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.intake import derived_key, fixity_key, original_key
from witnessmark.custody.keys import PublicKey
from witnessmark.custody.log import EVENTS, GENESIS, event_key, event_number, parse_event, signed_bytes, stored_entries
from witnessmark.custody.objects import ObjectStore
from witnessmark.custody.records import CustodyEvent
from witnessmark.custody.report import Checking, CustodyReport, Fault, StampedHead
from witnessmark.custody.timestamps import STAMPED, stamp_of, verify_token
from witnessmark.errors import CustodyError, NotFoundError, WitnessmarkError
from witnessmark.plain import Plain

__all__ = ["CustodyReport", "Fault", "StampedHead", "first_difference", "verify_custody"]

_BLOCK_BYTES = 4 << 20


def verify_custody(
    objects: ObjectStore,
    public_key: PublicKey,
    *,
    trusted_roots: bytes | None = None,
    expected_head: tuple[int, Sha256] | None = None,
    known_events: Mapping[int, bytes] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CustodyReport:
    """Read a case's custody again, whole.

    Parameters
    ----------
    objects : ObjectStore
    public_key : PublicKey
        The case's, from a source that is not the store itself.
    trusted_roots : bytes, optional
        PEM of the roots under which tokens must verify; without them tokens are noted as unchecked.
    expected_head : tuple of int and Sha256, optional
        Number and file hash of an event known to have been written (from the records, a dossier, a note on paper):
        without one, events cut from the end of the log cannot be missed.
    known_events : mapping of int to bytes, optional
        A second copy of the event files, by number; with it a changed byte in an event is named.
    progress : callable, optional
        Handed bytes done and bytes in all.

    Returns
    -------
    CustodyReport
    """
    check = Checking(objects, progress)
    events = _check_events(check, public_key, expected_head, known_events or {})
    stamped = _check_tokens(check, events, trusted_roots)
    _check_objects(check, events)
    covered = max((head.number for head in stamped), default=0)
    return CustodyReport(
        ok=not check.faults,
        checked=check.counts,
        faults=tuple(check.faults),
        notes=tuple(check.notes),
        stamped=tuple(stamped),
        pending=tuple(number for number, (event, _) in events.items() if number > covered and event.action != STAMPED),
    )


_Events = dict[int, tuple[CustodyEvent, Sha256]]


def _check_events(
    check: Checking, public_key: PublicKey, expected_head: tuple[int, Sha256] | None, known: Mapping[int, bytes]
) -> _Events:
    """Every event there is something to go by, by number, with its file's hash; what is wrong goes to the faults.

    A damaged or missing event still says what it stored if a known copy of it is properly signed; then that is used
    to check the objects, and the damage stays a fault.
    """
    numbers = _event_numbers(check)
    last = max(numbers, default=0)
    last_known = max([*known, expected_head[0] if expected_head is not None else 0], default=0)
    if last_known > last:
        which = f"Event {last_known} is" if last_known == last + 1 else f"Events {last + 1} to {last_known} are"
        check.fault("removed-end", event_key(last + 1), None, f"{which} missing from the end of the log.")
    events: _Events = {}
    previous: Sha256 | None = GENESIS
    at: dt.datetime | None = None
    for number in sorted(numbers | known.keys()):
        if number > 1 and number - 1 not in numbers:
            previous = None  # the gap is a fault of its own
        sound = _read_event(check, public_key, number, known.get(number)) if number in numbers else None
        copy = _signed_event(known[number], number, public_key) if sound is None and number in known else None
        if (found := sound or copy) is not None:
            events[number] = found
        if sound is not None:
            _check_place(check, *sound, previous, at, expected_head)
        previous = sound[1] if sound is not None else None
        at = sound[0].at if sound is not None else at
    for first, to in _gaps(numbers):
        which = f"Event {first} is" if first == to else f"Events {first} to {to} are"
        check.fault("missing-event", event_key(first), None, f"{which} missing from the log.")
    return events


def _event_numbers(check: Checking) -> set[int]:
    numbers: set[int] = set()
    for key in check.objects.keys(EVENTS):
        number = event_number(key)
        if number:
            numbers.add(number)
        else:
            check.notes.append(f"{key!r} lies among the events and is none.")
    return numbers


def _gaps(numbers: set[int]) -> Iterator[tuple[int, int]]:
    before = 0
    for number in sorted(numbers):
        if number > before + 1:
            yield before + 1, number - 1
        before = number


def _check_place(
    check: Checking,
    event: CustodyEvent,
    sha256: Sha256,
    previous: Sha256 | None,
    at: dt.datetime | None,
    expected_head: tuple[int, Sha256] | None,
) -> None:
    """Whether an event that is sound in itself stands where it should; no `previous` where that is at fault already."""
    key = event_key(event.number)
    if previous is not None and event.previous != previous:
        what = f"Event {event.number} does not follow the one before it: one was replaced, or they were reordered."
        check.fault("chain", key, None, what)
    if expected_head is not None and event.number == expected_head[0] and sha256 != expected_head[1]:
        what = f"Event {event.number} is not the one recorded as the head: the log was written anew."
        check.fault("chain", key, None, what)
    if at is not None and event.at < at:
        check.notes.append(f"Event {event.number} bears an earlier time than the one before it: a clock was set back.")


def _read_event(
    check: Checking, public_key: PublicKey, number: int, known: bytes | None
) -> tuple[CustodyEvent, Sha256] | None:
    """The event and its file's hash; None when the file is not a properly signed event of this number."""
    key = event_key(number)
    try:
        data = check.objects.get(key)
    except WitnessmarkError as error:
        check.fault("event", key, None, error.what)
        return None
    check.counts["events"] += 1
    check.counts["bytes"] += len(data)
    sound = _signed_event(data, number, public_key)
    check.counts["signatures"] += sound is not None
    if known is not None and data != known:
        offset = first_difference(data, known)
        if sound is None:
            what = f"Event {number} was altered: it differs from its known copy from byte {offset}."
            check.fault("event", key, offset, what)
        elif _signed_event(known, number, public_key) is None:
            what = f"The known copy of event {number} was altered from byte {offset}; the file itself is sound."
            check.fault("event-copy", key, offset, what, "Replace the copy by the file.")
        else:
            what = (
                f"Event {number} and its known copy differ from byte {offset} and both are signed: it was written anew."
            )
            check.fault("chain", key, offset, what)
        return sound
    if sound is None:
        check.fault(*_why_unsound(data, number))
    return sound


def _why_unsound(data: bytes, number: int) -> tuple[str, str, None, str]:
    key = event_key(number)
    try:
        event = parse_event(data)
    except CustodyError as error:
        return "event", key, None, f"Event {number} was altered. {error.what}."
    if event.number != number:
        return "event", key, None, f"The file of event {number} holds event {event.number}."
    return (
        "signature",
        key,
        None,
        f"The signature of event {number} does not fit: it was altered, or another key made it.",
    )


def _signed_event(data: bytes, number: int, public_key: PublicKey) -> tuple[CustodyEvent, Sha256] | None:
    try:
        event = parse_event(data)
    except CustodyError:
        return None
    fits = event.number == number and public_key.verifies(event.signature, signed_bytes(event))
    return (event, sha256_of(data)) if fits else None


def first_difference(one: bytes, other: bytes) -> int:
    """Offset of the first byte in which two byte strings differ; the shorter one's length when it begins the other.

    Examples
    --------
    >>> first_difference(b"abc", b"abd"), first_difference(b"ab", b"abc")
    (2, 2)
    """
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _check_tokens(check: Checking, events: _Events, trusted_roots: bytes | None) -> list[StampedHead]:
    stamped: list[StampedHead] = []
    for number, (event, _) in events.items():
        if event.action != STAMPED:
            continue
        key = event_key(number)
        stamp = stamp_of(event)
        if stamp is None:
            check.fault("token", key, None, f"Event {number} should carry a time-stamp and carries none.")
            continue
        about = events.get(stamp.number)
        if about is None or about[1] != stamp.sha256:
            what = f"The time-stamp in event {number} is about an event {stamp.number} that is not the one here."
            check.fault("token", key, None, what)
            continue
        if trusted_roots is None:
            check.notes.append(f"The time-stamp in event {number} was not checked: no trusted root was given.")
            continue
        result = verify_token(stamp.token, stamp.sha256, trusted_roots)
        if result.ok:
            check.counts["tokens"] += 1
            stamped.append(StampedHead(stamp.number, number, result))
        elif result.checked_by:
            what = f"The time-stamp in event {number} does not verify. {result.why}"
            check.fault("token", key, None, what, "Check that the trusted roots are the authority's; else stamp again.")
        else:
            check.notes.append(f"The time-stamp in event {number} could not be checked. {result.why}")
    return stamped


def _check_objects(check: Checking, events: _Events) -> None:
    entries: dict[str, tuple[int, Mapping[str, Plain]]] = {}
    for number, (event, _) in events.items():
        for entry in stored_entries(event):
            entries.setdefault(str(entry.get("key")), (number, entry))
    check.all_bytes = sum(_size(entry) for _, entry in entries.values())
    named: set[str] = set()
    for key, (number, entry) in entries.items():
        named.update((key, str(entry.get("fixity_key"))))
        _check_object(check, key, number, entry)
    _check_only_named(check, events, named)
    for folder in ("originals", "derived", "fixity"):
        for key in check.objects.keys(folder):
            if key not in named:
                check.notes.append(f"{key!r} is here and no event says so: a killed program can leave it, or a person.")


def _size(entry: Mapping[str, Plain]) -> int:
    size = entry.get("size_bytes")
    return size if isinstance(size, int) else 0


def _check_object(check: Checking, key: str, number: int, entry: Mapping[str, Plain]) -> None:
    """One object and its table, against what an event says of them."""
    table, table_sound = _read_table(check, entry)
    try:
        digests = digest(_stream(check, key))
    except WitnessmarkError as error:
        kind = "missing" if isinstance(error, NotFoundError) else "object"
        check.fault(kind, key, None, f"What event {number} stored cannot be read. {error.what}")
        if table is not None and not table_sound:
            _table_fault(check, entry, None)
        return
    check.counts["objects"] += 1
    if table is not None and not table_sound:
        sound = _fits(digests, entry)
        _table_fault(check, entry, first_difference(table, digests.fixity_table) if sound else None)
    if _fits(digests, entry):
        return
    if table is None or not table_sound:
        check.fault(
            "object", key, None, f"It is not what event {number} stored; without its fixity table not even where."
        )
        return
    located = locate(_stream(check, key), table, bytes.fromhex(str(entry["sha256"])))
    what = f"It is not what event {number} stored. {located.what}"
    check.fault("object", key, located.byte_offset, what)


def _fits(digests: Digests, entry: Mapping[str, Plain]) -> bool:
    return (digests.sha256.hex(), digests.sha512.hex(), digests.size_bytes) == (
        entry.get("sha256"),
        entry.get("sha512"),
        entry.get("size_bytes"),
    )


def _read_table(check: Checking, entry: Mapping[str, Plain]) -> tuple[bytes | None, bool]:
    """The fixity table as it is, and whether it is what was stored; None when it cannot be read."""
    key = str(entry.get("fixity_key"))
    try:
        table = check.objects.get(key)
    except WitnessmarkError as error:
        check.fault("missing" if isinstance(error, NotFoundError) else "fixity-table", key, None, error.what)
        return None, False
    check.counts["tables"] += 1
    check.counts["bytes"] += len(table)
    return table, sha256_of(table).hex() == entry.get("fixity_sha256")


def _table_fault(check: Checking, entry: Mapping[str, Plain], offset: int | None) -> None:
    where = "" if offset is None else f" It differs from byte {offset} from the table that its object gives."
    check.fault("fixity-table", str(entry.get("fixity_key")), offset, f"The fixity table was altered.{where}")


def _stream(check: Checking, key: str) -> Iterator[bytes]:
    for block in check.objects.stream(key, _BLOCK_BYTES):
        yield block
        check.read(len(block))


def _check_only_named(check: Checking, events: _Events, named: set[str]) -> None:
    """Content addresses that events name without storing them: checked where they are kept here."""
    for number, (event, _) in events.items():
        for sha256 in event.objects:
            keys = (original_key(sha256), derived_key(sha256))
            if any(key in named for key in keys):
                continue
            here = [key for key in keys if check.objects.exists(key)]
            if not here:
                check.notes.append(f"Event {number} names {sha256.hex()}, which no event stored and is not kept here.")
            for key in here:
                named.update((key, fixity_key(sha256)))
                check.counts["objects"] += 1
                try:
                    same = digest(_stream(check, key)).sha256 == sha256
                except WitnessmarkError as error:
                    check.fault("object", key, None, error.what)
                    continue
                if not same:
                    check.fault("object", key, None, f"It is not what event {number} names.")
