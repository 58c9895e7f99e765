"""Persons at risk as a register: listed by pseudonym, names and the like sealed, every opening on record."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from witnessmark.custody.records import PremisEvent
from witnessmark.custody.sealed_fields import DataKey, Sealed
from witnessmark.custody.sniff import media_type
from witnessmark.desk.case import Case
from witnessmark.desk.data_key import open_fields, place_of
from witnessmark.desk.items import get_item
from witnessmark.desk.persons import (
    CHANGED,
    LINKED,
    REGISTERED,
    SEALED_FIELDS,
    WITHDRAWN,
    Consent,
    ConsentState,
    Link,
    Person,
    Risk,
    Role,
    Status,
    StatusEntry,
    persons_from,
    read_when,
)
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.plain import Plain, to_plain

W = TypeVar("W", bound=enum.StrEnum)

MAX_FACE_BYTES = 200_000
MAX_WORDS = 300
"""Of a pseudonym, source, scope or relation: they stand in clear, so they are kept short."""


def persons(case: Case) -> dict[str, Person]:
    """The register, withdrawn entries too, by id. Needs no key: names and the like stay sealed."""
    return persons_from(case.records.events(REGISTERED, CHANGED, LINKED, WITHDRAWN))


def get_person(case: Case, name: str) -> Person:
    """An entry by id or pseudonym.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    found = persons(case)
    for person in found.values():
        if name.strip().casefold() in (person.id.casefold(), person.pseudonym.casefold()):
            return person
    raise NotFoundError(f"There is no '{name}' in the register.", "See it with: witnessmark register list.")


def add_person(
    case: Case,
    *,
    role: str,
    pseudonym: str | None = None,
    risk: str = Risk.NOT_ASSESSED,
    status: str | None = None,
    when: str | None = None,
    source: str = "",
    consent: str | None = None,
    scope: str = "",
    secrets: Mapping[str, str | bytes] | None = None,
    key: DataKey | None = None,
) -> Person:
    """Put a person on the register.

    Parameters
    ----------
    case : Case
    role : str
        One of `Role`.
    pseudonym : str, optional
        What they are called in clear; the entry's number unless given.
    risk : str
        One of `Risk`.
    status, when, source : str, optional
        What became of them, when, and how that is known; see `read_when` for dates.
    consent, scope : str, optional
        One of `ConsentState`, and for what.
    secrets : mapping, optional
        Values of `SEALED_FIELDS`; "face" is the bytes of a small picture, the others text.
    key : DataKey, optional
        The case's, when there is anything to seal.

    Returns
    -------
    Person

    Raises
    ------
    ClashError
        When the pseudonym is taken.
    BadInputError
        For a word that is none of those known, a status without a source, secrets without the key, or a word in clear
        that is part of the sealed name.
    """
    hidden = dict(secrets or {})
    chosen = _word(Role, role, "role")
    danger = _word(Risk, risk, "risk")
    entry, agreed = _status(status, when, source), _consent(consent, scope)
    with case.writing():
        known = persons(case)
        number = f"PR-{len(known) + 1:04d}"
        called = _short(pseudonym or number, "pseudonym")
        _keep_apart((called, source, scope), hidden)
        if any(called.casefold() in (one.id.casefold(), one.pseudonym.casefold()) for one in known.values()):
            raise ClashError(f"'{called}' is taken in the register.", "Choose another pseudonym.")
        payload: dict[str, object] = {
            "person": {"id": number, "pseudonym": called, "role": chosen, "risk": danger},
            "status": entry,
            "consent": agreed,
            "sealed": _sealed(case, number, hidden, key),
        }
        case.record(PremisEvent.CREATION, REGISTERED, payload)
    return persons(case)[number]


def change_person(
    case: Case,
    name: str,
    *,
    role: str | None = None,
    risk: str | None = None,
    status: str | None = None,
    when: str | None = None,
    source: str = "",
    consent: str | None = None,
    scope: str = "",
    secrets: Mapping[str, str | bytes] | None = None,
    key: DataKey | None = None,
) -> Person:
    """Add to an entry: a status, a consent, another role or risk, sealed fields. What was there stays in the log.

    Parameters are those of `add_person`.

    Raises
    ------
    NotFoundError, BadInputError
    ClashError
        When the entry was withdrawn.
    """
    hidden = dict(secrets or {})
    entry, agreed = _status(status, when, source), _consent(consent, scope)
    with case.writing():
        person = _standing(case, name)
        _keep_apart((person.pseudonym, source, scope), hidden)
        payload: dict[str, object] = {
            "role": None if role is None else _word(Role, role, "role"),
            "risk": None if risk is None else _word(Risk, risk, "risk"),
            "status": entry,
            "consent": agreed,
            "sealed": _sealed(case, person.id, hidden, key),
        }
        if not any(payload.values()):
            raise BadInputError("Nothing to change was given.", "Give --status, --consent, --role, --risk or a field.")
        case.record(PremisEvent.METADATA_MODIFICATION, CHANGED, {"id": person.id, **payload})
    return persons(case)[person.id]


def link_person(case: Case, name: str, kind: str, target: str, relation: str) -> Person:
    """Set a person beside an item, a claim, a finding or another person.

    Raises
    ------
    NotFoundError
        When the target is not in the case.
    BadInputError
        For another kind of thing, or no relation.
    ClashError
        When the entry was withdrawn, or the link is there.
    """
    said = _short(relation, "relation")
    with case.writing():
        person = _standing(case, name)
        link = Link(kind, _target(case, kind, target), said)
        if link in [one for _, one in person.links]:
            raise ClashError(f"{person.pseudonym} is linked to {link.target} so already.", "Nothing was recorded.")
        case.record(PremisEvent.METADATA_MODIFICATION, LINKED, {"id": person.id, "link": link})
    return persons(case)[person.id]


def withdraw_person(case: Case, name: str, reason: str, link: int | None = None) -> Person:
    """Take back an entry, or one link of it; the log keeps both and the reason, sealed fields stay sealed in it.

    Raises
    ------
    NotFoundError
        When there is no such entry or link.
    BadInputError
        Without a reason.
    """
    said = _short(reason, "reason")
    with case.writing():
        person = _standing(case, name)
        if link is not None and link not in [number for number, _ in person.links]:
            raise NotFoundError(
                f"{person.pseudonym} has no link {link}.", f"See them with: witnessmark register show {person.id}."
            )
        payload = {"id": person.id, "reason": said, "link": link}
        case.record(PremisEvent.METADATA_MODIFICATION, WITHDRAWN, payload)
    return persons(case)[person.id]


def open_all(case: Case, key: DataKey, purpose: str) -> dict[str, dict[str, Plain | bytes]]:
    """Every sealed field of every entry, by person and field; each person's opening is logged.

    For editions: what an export must not hold has to be known to be looked for.

    Raises
    ------
    BadInputError, CustodyError
        As `witnessmark.desk.data_key.open_fields`.
    """
    return {
        person.id: open_fields(case, key, person.id, person.sealed, sorted(person.sealed), purpose)
        for person in persons(case).values()
        if person.sealed
    }


def person_row(person: Person) -> dict[str, Any]:
    """An entry as plain values in clear: which fields are sealed, never what is in them, not even as ciphertext."""
    plain = to_plain(person)
    assert isinstance(plain, dict)
    entries = {
        name: [{"number": number, **_dict(entry)} for number, entry in getattr(person, name)]
        for name in ("history", "consents", "links")
    }
    return {**plain, **entries, "consent": to_plain(person.consent), "sealed": sorted(person.sealed)}


def _sealed(case: Case, record: str, secrets: Mapping[str, str | bytes], key: DataKey | None) -> dict[str, Sealed]:
    given = {name: value for name, value in secrets.items() if value}
    unknown = sorted(set(given) - set(SEALED_FIELDS))
    if unknown:
        raise BadInputError(f"'{unknown[0]}' is no sealed field.", f"They are {', '.join(SEALED_FIELDS)}.")
    if given and key is None:
        raise BadInputError("Sealed fields need the case's data key.", "Make one: witnessmark register new-key.")
    made = {}
    for name, value in given.items():
        assert key is not None
        if (name == "face") is not isinstance(value, bytes):
            raise BadInputError(
                f"The field '{name}' is of the wrong kind.", "A face is a picture, the others are text."
            )
        made[name] = key.seal(value, place_of(case, record, name))
    return made


def read_face(path: Path) -> bytes:
    """A small still of a face, for sealing.

    Raises
    ------
    NotFoundError
        When it cannot be read.
    BadInputError
        When it is no picture, or a large one.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FACE_BYTES + 1)
    except OSError as error:
        raise NotFoundError(f"'{path}' cannot be read ({error.strerror}).", "Check the path.") from error
    if len(raw) > MAX_FACE_BYTES or not media_type(raw[:4096]).startswith("image/"):
        raise BadInputError(f"'{path}' is no picture of at most {MAX_FACE_BYTES // 1000} kB.", "Crop and shrink it.")
    return raw


def _keep_apart(clear: tuple[str, ...], secrets: Mapping[str, str | bytes]) -> None:
    """Refuse words in clear that a sealed name, contact or home holds: the slip that a register must not allow."""
    hidden = [value for name, value in secrets.items() if isinstance(value, str) and name != "note"]
    words = {word for value in hidden for word in _words(value)}
    shared = sorted(words & {word for text in clear for word in _words(text)})
    if shared:
        raise BadInputError(
            "A word of a sealed field stands in clear beside it.", "Use words that do not tell who or where it is."
        )


def _words(text: str) -> set[str]:
    return {word for word in "".join(s if s.isalnum() else " " for s in text.casefold()).split() if len(word) > 2}


def _status(status: str | None, when: str | None, source: str) -> StatusEntry | None:
    if status is None:
        if when is not None:
            raise BadInputError("A date without a status says nothing.", "Give --status too.")
        return None
    if not source.strip():
        raise BadInputError("A status needs its source.", "Say with --source how it is known: an exhibit, a claim.")
    said = _word(Status, status, "status")
    return StatusEntry(said, None if when is None else read_when(when), _short(source, "source"))


def _consent(consent: str | None, scope: str) -> Consent | None:
    if consent is None:
        return None
    state = _word(ConsentState, consent, "consent")
    if state is ConsentState.GIVEN and not scope.strip():
        raise BadInputError("Consent is given for something.", "Say with --scope what they agreed to.")
    return Consent(state, scope.strip())


def _standing(case: Case, name: str) -> Person:
    person = get_person(case, name)
    if person.withdrawn is not None:
        raise ClashError(
            f"{person.pseudonym} was withdrawn: {person.withdrawn}", "Register the person anew if need be."
        )
    return person


def _target(case: Case, kind: str, target: str) -> str:
    if kind == "item":
        return get_item(case, target).exhibit_number
    if kind == "person":
        return get_person(case, target).id
    known = {
        "claim": lambda: {claim["id"] for claim in case.records.claims()},
        "finding": lambda: {body["id"] for body in case.records.results()},
    }
    if kind not in known:
        raise BadInputError(f"A person is not linked to a '{kind}'.", "Link an item, a claim, a finding or a person.")
    if target not in known[kind]():
        raise NotFoundError(f"There is no {kind} '{target}'.", "See: witnessmark case show, claim list.")
    return target


def _word(kind: type[W], text: str, what: str) -> W:
    try:
        return kind(text.strip().casefold())
    except ValueError as error:
        raise BadInputError(f"'{text}' is no {what}.", f"Say one of: {', '.join(kind)}.") from error


def _short(text: str, what: str) -> str:
    line = " ".join(text.split())
    if not any(sign.isalnum() for sign in line) or len(line) > MAX_WORDS or not line.isprintable():
        raise BadInputError(f"The {what} is not one line of words.", f"Give at most {MAX_WORDS} printable signs.")
    return line


def _dict(value: object) -> dict[str, Any]:
    plain = to_plain(value)
    assert isinstance(plain, dict)
    return plain
