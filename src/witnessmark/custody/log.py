"""The custody log: one signed, hash-chained file an event, appended by creating the next number.

An event is the file ``custody/events/00000001.json``: RFC 8785 canonical JSON of a `CustodyEvent`. Creating a number
that exists already fails in the store itself, so two processes cannot fork the chain: the later one reads what
came before it and takes the next number.

Payload keys that custody itself reads, whatever else an event's payload carries:

=============  =====================================================================================================
``stored``     list of what the event put into the object store, each ``{"key", "sha256", "sha512", "size_bytes",
               "fixity_key", "fixity_sha256"}`` as `witnessmark.custody.intake.stored_entry` makes it
``idempotency``  text; no two events of a log carry the same, so that a resumed job does not say a thing twice
``stamp``      of ``head.timestamped``: ``{"number", "sha256", "token", "tsa_url", "chain_pem"}``: which event the
               token is about, its file's SHA-256, the authority's answer (base64 of the RFC 3161 TimeStampResp), where
               it was asked, and the certificates it sent (PEM, may be empty)
=============  =====================================================================================================
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from witnessmark import __version__
from witnessmark.custody.digesting import sha256_of
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import CaseKey
from witnessmark.custody.objects import ObjectStore
from witnessmark.custody.records import CustodyEvent, PremisEvent, Tool
from witnessmark.errors import BadInputError, CustodyError
from witnessmark.plain import Plain, canonical, parse_moment, to_plain

EVENTS = "custody/events"
GENESIS = Sha256(bytes(32))
_EVENT_KEY = re.compile(re.escape(EVENTS) + r"/(\d{8,})\.json")
_FIELDS = frozenset(field.name for field in dataclasses.fields(CustodyEvent))


class Head(NamedTuple):
    """The last event: its number (0 for an empty log) and the SHA-256 of its file (zeros for an empty log)."""

    number: int
    sha256: Sha256


def event_key(number: int) -> str:
    """Key of an event's file.

    Examples
    --------
    >>> event_key(12)
    'custody/events/00000012.json'
    """
    return f"{EVENTS}/{number:08d}.json"


def event_number(key: str) -> int | None:
    """Number of the event whose file has this key; None when it is no event's."""
    found = _EVENT_KEY.fullmatch(key)
    return int(found[1]) if found is not None and event_key(int(found[1])) == key else None


def signed_bytes(event: CustodyEvent) -> bytes:
    """What the signature is over: the canonical JSON of every other field."""
    plain = to_plain(event)
    assert isinstance(plain, dict)
    return canonical({name: value for name, value in plain.items() if name != "signature"})


def parse_event(data: bytes) -> CustodyEvent:
    """Read an event's file.

    Parameters
    ----------
    data : bytes
        Must be the exact bytes that writing the event again gives.

    Raises
    ------
    CustodyError
        When it is not an event, or not in canonical form to the byte.
    """
    try:
        raw = json.loads(data)
        if not isinstance(raw, dict) or raw.keys() != _FIELDS:
            raise ValueError("it does not have the fields of an event")
        payload = raw["payload"]
        if not isinstance(payload, dict):
            raise ValueError("its payload is not an object")
        event = CustodyEvent(
            number=int(raw["number"]),
            premis=PremisEvent(raw["premis"]),
            action=str(raw["action"]),
            at=parse_moment(raw["at"]),
            agent=str(raw["agent"]),
            tool=Tool(**raw["tool"]),
            objects=tuple(Sha256.from_hex(text) for text in raw["objects"]),
            payload=payload,
            previous=Sha256.from_hex(raw["previous"]),
            signature=bytes.fromhex(raw["signature"]),
        )
        if canonical(event) != data:
            raise ValueError("its bytes are not the canonical form of what they say")
    except (ValueError, TypeError, AttributeError, RecursionError, BadInputError) as error:
        raise CustodyError(
            f"This is not an event as it was written: {error}", "Restore the file from a copy of the log."
        ) from error
    return event


class CustodyLog:
    """The log of one case.

    Parameters
    ----------
    objects : ObjectStore
    key : CaseKey or None
        None reads only.
    clock : callable, optional
        The time now, with an offset; UTC of this machine when not given.
    """

    def __init__(
        self, objects: ObjectStore, key: CaseKey | None, clock: Callable[[], dt.datetime] | None = None
    ) -> None:
        self._objects = objects
        self._key = key
        self._clock = clock or (lambda: dt.datetime.now(dt.UTC))
        self._head: Head | None = None
        self._said: dict[str, CustodyEvent] | None = None
        self._lock = threading.Lock()

    def append(
        self,
        premis: PremisEvent,
        action: str,
        agent: str,
        objects: Sequence[Sha256],
        payload: Mapping[str, object],
        idempotency: str | None = None,
    ) -> CustodyEvent:
        """Write the next event.

        Parameters
        ----------
        premis : PremisEvent
        action : str
            Such as "item.taken-in".
        agent : str
            Who acts.
        objects : sequence of Sha256
            Content addresses concerned.
        payload : mapping
            Anything `to_plain` takes; see the module's text for the keys custody reads.
        idempotency : str, optional
            If an event of this log carries the same, that event is given back and nothing is written.

        Returns
        -------
        CustodyEvent

        Raises
        ------
        BadInputError
            When the log was opened without the key, or the payload has no exact canonical form.
        CustodyError
            When the log on disk has a gap.
        """
        if self._key is None:
            raise BadInputError("The case key is not open, so nothing can be recorded.", "Open the case with its key.")
        said = dict(payload) if idempotency is None else {**payload, "idempotency": idempotency}
        with self._lock:
            while True:
                head = self._advance()
                if idempotency is not None and idempotency in self._spoken():
                    return self._spoken()[idempotency]
                event = self._signed(self._key, head, premis, action, agent, objects, said)
                data = canonical(event)
                # A bucket's client repeats a put whose answer got lost, and is told that the key is taken: by itself.
                if self._objects.put(event_key(event.number), data) or self.raw(event.number) == data:
                    self._move(event, data)
                    return event

    def head(self) -> Head:
        """The last event's number and file hash; after the first call only new numbers are looked for.

        Raises
        ------
        CustodyError
            When the log on disk has a gap.
        """
        with self._lock:
            return self._advance()

    def read(self, from_number: int = 1) -> Iterator[CustodyEvent]:
        """Events in order.

        Raises
        ------
        CustodyError
            When a number is missing or a file is not an event as written. Signatures are checked by
            `witnessmark.custody.verify`, not here.
        """
        for number in range(max(1, from_number), self.head().number + 1):
            yield self._event(number)

    def raw(self, number: int) -> bytes:
        """The bytes of an event's file.

        Raises
        ------
        NotFoundError
            When there is none of that number.
        """
        return self._objects.get(event_key(number))

    def _event(self, number: int) -> CustodyEvent:
        event = parse_event(self.raw(number))
        if event.number != number:
            raise CustodyError(
                f"The file of event {number} holds event {event.number}.", "Run 'witnessmark custody verify'."
            )
        return event

    def _signed(
        self,
        key: CaseKey,
        head: Head,
        premis: PremisEvent,
        action: str,
        agent: str,
        objects: Sequence[Sha256],
        payload: Mapping[str, object],
    ) -> CustodyEvent:
        plain = to_plain(payload)
        assert isinstance(plain, dict)
        unsigned = CustodyEvent(
            number=head.number + 1,
            premis=premis,
            action=action,
            at=self._clock().astimezone(dt.UTC),
            agent=agent,
            tool=Tool("witnessmark", __version__),
            objects=tuple(objects),
            payload=plain,
            previous=head.sha256,
            signature=b"",
        )
        try:
            event = dataclasses.replace(unsigned, signature=key.sign(signed_bytes(unsigned)))
            parse_event(canonical(event))
        except (CustodyError, ValueError) as error:  # such as half a surrogate pair from an undecodable file name
            raise BadInputError(
                f"The event '{action}' cannot be written in canonical form: {error}",
                "Record text as valid Unicode and numbers as finite ones.",
            ) from error
        return event

    def _advance(self) -> Head:
        if self._head is None:
            self._head = self._find_head()
        while self._objects.exists(event_key(self._head.number + 1)):
            data = self.raw(self._head.number + 1)
            self._move(parse_event(data), data)
        return self._head

    def _move(self, event: CustodyEvent, data: bytes) -> None:
        self._head = Head(event.number, sha256_of(data))
        if self._said is not None:
            self._note(self._said, event)

    def _find_head(self) -> Head:
        numbers = sorted(filter(None, map(event_number, self._objects.keys(EVENTS))))
        if not numbers:
            return Head(0, GENESIS)
        if numbers != list(range(1, len(numbers) + 1)):
            missing = next(number for number, there in enumerate(numbers, 1) if number != there)
            raise CustodyError(
                f"Event {missing} is missing from the log.",
                "Restore its file from a copy; nothing is written till then.",
            )
        data = self.raw(numbers[-1])
        try:
            number = parse_event(data).number
        except CustodyError as error:
            raise CustodyError(
                f"The newest event, {numbers[-1]}, is damaged: {error}",
                "Run 'witnessmark custody verify' with --public-key, and restore the file from a copy.",
            ) from error
        if number != numbers[-1]:
            raise CustodyError(
                f"The file of event {numbers[-1]} holds another event.", "Run 'witnessmark custody verify'."
            )
        return Head(numbers[-1], sha256_of(data))

    def _spoken(self) -> dict[str, CustodyEvent]:
        if self._said is None:
            said: dict[str, CustodyEvent] = {}
            for number in range(1, self._advance().number + 1):
                self._note(said, self._event(number))
            self._said = said
        return self._said

    @staticmethod
    def _note(said: dict[str, CustodyEvent], event: CustodyEvent) -> None:
        name = event.payload.get("idempotency")
        if isinstance(name, str):
            said.setdefault(name, event)


def stored_entries(event: CustodyEvent) -> list[Mapping[str, Plain]]:
    """What an event put into the object store, as its payload says it."""
    entries = event.payload.get("stored")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
