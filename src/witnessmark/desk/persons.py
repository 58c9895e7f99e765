"""What the register keeps of a person: pseudonym, role, what became of them and how that is known; the rest sealed."""

from __future__ import annotations

import calendar
import datetime as dt
import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from witnessmark.claims.proposals import Precision, SaidTime
from witnessmark.custody.sealed_fields import Sealed, sealed_from
from witnessmark.errors import BadInputError
from witnessmark.plain import from_plain, stated_moment

REGISTERED, CHANGED, LINKED, WITHDRAWN = "person.registered", "person.changed", "person.linked", "person.withdrawn"
SEALED_FIELDS = ("name", "contact", "home", "face", "note")
"""What is only ever recorded sealed: the name, how to reach them, the exact home, a still of the face, free words."""


class Role(enum.StrEnum):
    """What a person is to the case; whether somebody is a prisoner of war in law is not said here."""

    HELD = "held"
    WITNESS = "witness"
    RELATIVE = "relative"
    SOURCE = "source"
    REPORTER = "reporter"
    OTHER = "other"


class Status(enum.StrEnum):
    """What is said to have become of a person."""

    CAPTURED = "captured"
    HELD = "held"
    TRANSFERRED = "transferred"
    SEEN_ALIVE = "seen alive"
    MISSING = "missing"
    RELEASED = "released"
    REPATRIATED = "repatriated"
    ESCAPED = "escaped"
    REPORTED_DEAD = "reported dead"
    DEAD = "dead"
    UNKNOWN = "unknown"


class ConsentState(enum.StrEnum):
    """Whether the person agreed to be told of."""

    NOT_ASKED = "not asked"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CANNOT_BE_ASKED = "cannot be asked"


class Risk(enum.StrEnum):
    """How much harm being known could do to the person."""

    NOT_ASSESSED = "not assessed"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """One entry of a person's history; entries of different sources are kept beside one another.

    Attributes
    ----------
    status : Status
    when : SaidTime or None
        With its precision; None when it is not known.
    source : str
        How it is known: an exhibit, a claim, a document.
    """

    status: Status
    when: SaidTime | None
    source: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person agreed to, in what scope."""

    state: ConsentState
    scope: str


@dataclass(frozen=True, slots=True)
class Link:
    """A person beside something of the case, set there by somebody who looked; never found by a face.

    Attributes
    ----------
    kind : str
        "item", "claim", "finding" or "person".
    target : str
        Its exhibit number or id.
    relation : str
        Such as "appears in" or "spoken of in".
    """

    kind: str
    target: str
    relation: str


@dataclass(frozen=True, slots=True)
class Person:
    """An entry of the register as it stands.

    Attributes
    ----------
    id : str
        "PR-" and a number.
    pseudonym : str
    role : Role
    risk : Risk
    history : tuple of (int, StatusEntry)
        In the order recorded, each with the event that recorded it.
    consents : tuple of (int, Consent)
    links : tuple of (int, Link)
    sealed : mapping of field to Sealed
        The latest of each.
    withdrawn : str or None
        Why the entry was withdrawn.
    """

    id: str
    pseudonym: str
    role: Role
    risk: Risk
    history: tuple[tuple[int, StatusEntry], ...] = ()
    consents: tuple[tuple[int, Consent], ...] = ()
    links: tuple[tuple[int, Link], ...] = ()
    sealed: Mapping[str, Sealed] = field(default_factory=dict)
    withdrawn: str | None = None

    @property
    def consent(self) -> Consent:
        """What they agreed to last."""
        return self.consents[-1][1] if self.consents else Consent(ConsentState.NOT_ASKED, "")


def persons_from(events: Iterable[Mapping[str, Any]]) -> dict[str, Person]:
    """The register that events add up to, by id.

    Parameters
    ----------
    events : iterable of mapping
        Those of the four actions of this module, oldest first, as `Records.events` gives them.
    """
    found: dict[str, Person] = {}
    for event in events:
        said, number = event["payload"], int(event["number"])
        if event["action"] == REGISTERED:
            body = said["person"]
            person = Person(body["id"], body["pseudonym"], Role(body["role"]), Risk(body["risk"]))
        else:
            person = found[said["id"]]
        found[person.id] = _after(person, event["action"], said, number)
    return found


def _after(person: Person, action: str, said: Mapping[str, Any], number: int) -> Person:
    if action == WITHDRAWN and said.get("link") is None:
        return replace(person, withdrawn=str(said["reason"]))
    if action == WITHDRAWN:
        return replace(person, links=tuple(entry for entry in person.links if entry[0] != said["link"]))
    if action == LINKED:
        return replace(person, links=(*person.links, (number, from_plain(Link, said["link"]))))
    if said.get("role"):
        person = replace(person, role=Role(said["role"]))
    if said.get("risk"):
        person = replace(person, risk=Risk(said["risk"]))
    if said.get("status"):
        person = replace(person, history=(*person.history, (number, from_plain(StatusEntry, said["status"]))))
    if said.get("consent"):
        person = replace(person, consents=(*person.consents, (number, from_plain(Consent, said["consent"]))))
    fields = {name: sealed_from(value) for name, value in (said.get("sealed") or {}).items()}
    return replace(person, sealed={**person.sealed, **fields})


def read_when(text: str) -> SaidTime:
    """A date or time as a person gives it, with the precision it is given in; the end is not included.

    Raises
    ------
    BadInputError

    Examples
    --------
    >>> [(when.from_, when.to, when.precision.value) for when in map(read_when, ["2031-09", "2031-09-12/2031-09-14"])]
    [('2031-09-01', '2031-10-01', 'month'), ('2031-09-12', '2031-09-15', 'days')]
    """
    said = text.strip()
    try:
        if "/" in said:
            first, last = (dt.date.fromisoformat(part.strip()) for part in said.split("/"))
            if first > last:
                raise ValueError("ends before it begins")
            return _span(first, last, Precision.DAYS, said)
        if re.fullmatch(r"\d{4}", said):
            return _span(dt.date(int(said), 1, 1), dt.date(int(said), 12, 31), Precision.YEAR, said)
        if month := re.fullmatch(r"(\d{4})-(\d{2})", said):
            year, number = int(month[1]), int(month[2])
            last_day = calendar.monthrange(year, number)[1]
            return _span(dt.date(year, number, 1), dt.date(year, number, last_day), Precision.MONTH, said)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", said):
            day = dt.date.fromisoformat(said)
            return _span(day, day, Precision.DAY, said)
    except (ValueError, OverflowError) as error:  # calendar's own error is a ValueError too
        raise BadInputError(
            f"'{text}' is no date.", "Write 2031, 2031-09, 2031-09-13, 2031-09-12/2031-09-14 or a time with an offset."
        ) from error
    at = stated_moment(said)
    offset = at.isoformat()[-6:] if at.utcoffset() else "+00:00"
    local = at.replace(tzinfo=None)
    until = local + dt.timedelta(minutes=1)
    return SaidTime(local.isoformat(), until.isoformat(), Precision.MINUTE, offset, said)


def _span(first: dt.date, last: dt.date, precision: Precision, said: str) -> SaidTime:
    return SaidTime(first.isoformat(), (last + dt.timedelta(days=1)).isoformat(), precision, None, said)
