"""What an edition's plan needs of a case: the words it must not tell, the files it carries, which items are pages."""

from __future__ import annotations

import re

from witnessmark.desk.case import Case
from witnessmark.desk.data_key import open_key, opener_from
from witnessmark.desk.register import open_all, persons
from witnessmark.dossier import KeptObject, Plan, Replacement
from witnessmark.dossier.exports.packing import is_wacz
from witnessmark.errors import BadInputError

_WHY = {
    "name": "names of persons at risk, sealed in the register",
    "contact": "contacts of persons at risk, sealed in the register",
    "home": "homes of persons at risk, sealed in the register",
    "note": "notes on persons at risk, sealed in the register",
}
_PROPER = re.compile(r"\b[^\W\d_a-z][^\W\d_]{3,}\b")


def secret_words(case: Case, purpose: str, plan: Plan) -> tuple[Replacement, ...]:
    """The register's sealed names, contacts and homes as words to be replaced; each opening is logged.

    Parameters
    ----------
    case : Case
    purpose : str
        What they are opened for.
    plan : Plan

    Raises
    ------
    BadInputError
        When there are sealed fields, the data key does not open, and the plan does not say why to do without.
    """
    known = persons(case)
    if not any(person.sealed for person in known.values()):
        return ()
    try:
        key = open_key(case, opener_from())
    except BadInputError as error:
        if plan.names_not_looked_for:
            return ()
        raise BadInputError(
            "A public edition looks everywhere for the register's sealed names, and the data key is not open.",
            "Set WITNESSMARK_DATA_PASSPHRASE or WITNESSMARK_DATA_KEY_FILE, or say in the plan under"
            " names_not_looked_for why it may be done without.",
        ) from error
    made: list[Replacement] = []
    for number, fields in open_all(case, key, purpose).items():
        called = known[number].pseudonym
        for name, value in sorted(fields.items()):
            if isinstance(value, str) and name in _WHY:
                said = called if name == "name" else f"({name} left out)"
                made += [Replacement(word, said, _WHY[name], parts=name == "name") for word in _words(name, value)]
    return tuple(made)


def _words(field: str, value: str) -> list[str]:
    """A sealed value as it may be written elsewhere: whole, by its parts between commas, by its proper names."""
    whole = [line.strip() for line in value.splitlines() if len(line.strip()) >= 2]
    if field == "name":
        return whole
    parts = [part.strip() for line in whole for part in re.split(r"[,;]", line)] if field in ("home", "contact") else []
    proper = _PROPER.findall(value) if field == "home" else []
    spaced = [part for part in parts if len(part) >= 5]
    handles = [word for word in value.split() if "@" in word or sum(sign.isdigit() for sign in word) >= 6]
    return list(dict.fromkeys([*whole, *spaced, *proper, *(handles if field == "contact" else [])]))


def kept_objects(case: Case) -> tuple[KeptObject, ...]:
    """The files of the store that the log names, originals of exhibits aside."""
    originals = {body["key"] for body in case.records.items(copy="evidentiary")}
    found: dict[str, KeptObject] = {}
    for event in case.records.events():
        for entry in event["payload"].get("stored") or []:
            for key, sha256 in ((entry["key"], entry["sha256"]), (entry["fixity_key"], entry["fixity_sha256"])):
                if key and key not in originals and case.objects.exists(key):
                    found[key] = KeptObject(key, case.objects.local_path(key), sha256)
    return tuple(found[key] for key in sorted(found))


def captured_exhibits(case: Case) -> frozenset[str]:
    """Exhibits that are captured pages."""
    bodies = [body for body in case.records.items(copy="evidentiary") if body["media_type"] == "application/zip"]
    return frozenset(body["exhibit_number"] for body in bodies if is_wacz(case.objects.local_path(body["key"])))
