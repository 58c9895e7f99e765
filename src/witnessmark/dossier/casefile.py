"""case.json: what the desk hands in, completed with what only sealing knows, and compared between two sealings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import resources

from witnessmark.custody.timestamps import STAMPED
from witnessmark.dossier.content import DossierContent, Edition
from witnessmark.dossier.editions import LEFT_OUT
from witnessmark.dossier.verifier.canonical import Refused
from witnessmark.dossier.verifier.check import key_fingerprint
from witnessmark.errors import BadInputError
from witnessmark.plain import Plain

FORMAT = "witnessmark-case/1"
LISTS = ("items", "sources", "claims", "findings", "abstentions", "reviews", "law", "not_resolved")
_TIMES = frozenset(
    {"at", "created_at", "started", "ended", "sealed_at", "file_modified", "file_created", "signature", "custody"}
)


def schema_bytes() -> bytes:
    """The JSON Schema (2020-12) of case.json, as every dossier carries it."""
    return (resources.files("witnessmark.dossier") / "case.schema.json").read_bytes()


def rows(value: Plain) -> list[dict[str, Plain]]:
    """The objects of a list; nothing when the value is no list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def table(value: Plain) -> dict[str, Plain]:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def words(value: Plain) -> str:
    """The value as text; empty for none."""
    return "" if value is None else str(value)


def complete(
    content: DossierContent,
    edition: Edition,
    pictures: list[Plain],
    likelihood_files: Mapping[str, Mapping[str, Plain]],
    original_files: Mapping[str, str],
) -> dict[str, Plain]:
    """The record of a closed edition; a public one is redacted from it.

    Parameters
    ----------
    content : DossierContent
    edition : Edition
    pictures : list
        Entries of the pictures as written.
    likelihood_files : mapping of finding id to file, sha256 and shape
    original_files : mapping of exhibit number to path in the bag

    Raises
    ------
    BadInputError
        When the record lacks what a dossier cannot be without.
    """
    case = table(content.case.get("case"))
    for key in ("reference", "title"):
        if not isinstance(case.get(key), str) or not words(case.get(key)).strip():
            raise BadInputError(f"The case has no {key}.", f"Give the case a {key} before sealing it.", field=key)
    for key in LISTS:
        if not isinstance(content.case.get(key, []), list):
            raise BadInputError(f"'{key}' of the case is not a list.", "Hand in a list, empty if there is nothing.")
    record: dict[str, Plain] = {key: value for key, value in content.case.items() if value is not None}
    for key in LISTS:
        record.setdefault(key, [])
    record["hypotheses"] = flat_space(table(record.get("hypotheses"))) or None
    record.setdefault("assessment", None)
    record["format"] = FORMAT
    record["edition"] = edition.value
    record["sealed_with"] = {"software": "witnessmark", "version": content.software_version}
    record["custody"] = custody_summary(content)
    record["pictures"] = pictures
    usual: list[Plain] = list(LEFT_OUT) if edition is Edition.PUBLIC else []
    record["left_out"] = [*usual, *map(_sentence, rows(record.get("plan_left_out")))]
    record["findings"] = [_finding(finding, likelihood_files) for finding in rows(record["findings"])]
    record["items"] = [
        {**item, "file": original_files.get(words(item.get("exhibit_number")))} for item in rows(record["items"])
    ]
    return record


def _sentence(entry: dict[str, Plain]) -> Plain:
    kind, what, why = (words(entry.get(name)) for name in ("kind", "what", "why"))
    return f"By the plan of this edition, {kind}: {what} ({why})."


def flat_space(space: dict[str, Plain]) -> dict[str, Plain]:
    """The space weighed with the members the schema names, also when it comes as places and times."""
    places, times = table(space.get("places")), table(space.get("times"))
    if not places or not times:
        return space
    rows_, columns = places.get("rows"), places.get("columns")
    n_places = rows_ * columns if isinstance(rows_, int) and isinstance(columns, int) else places.get("n_places")
    return {
        **space,
        "crs": places.get("crs"),
        "spacing_m": places.get("spacing_m"),
        "n_places": n_places,
        "bounds": {"lat_deg": places.get("lat_deg"), "lon_deg": places.get("lon_deg")},
        "start": times.get("start"),
        "step_s": times.get("step_s"),
        "n_instants": times.get("n_instants"),
    }


def _finding(finding: dict[str, Plain], files: Mapping[str, Mapping[str, Plain]]) -> Plain:
    weight = {"file": None, **table(finding.get("log_likelihood"))}
    weight.update(files.get(words(finding.get("id")), {}))
    return {**finding, "log_likelihood": weight}


def custody_summary(content: DossierContent) -> dict[str, Plain]:
    """Head of the log, fingerprint of the key, which events are time-stamped and how many are not covered yet.

    A stamp covers every event before it; an event that only carries a stamp needs none.

    Raises
    ------
    BadInputError
        When the log is empty, an event is not JSON, or the key is not an Ed25519 key.
    """
    if not content.events:
        raise BadInputError("The custody log is empty.", "Take in an item first; a dossier hands over a log.")
    numbers, carriers = [], set()
    for position, data in enumerate(content.events, 1):
        try:
            event = json.loads(data)
        except ValueError as error:
            raise BadInputError(
                f"Custody event {position} is not JSON.", "Run `witnessmark custody verify`."
            ) from error
        numbers.append(event.get("number") if isinstance(event, dict) else None)
        if isinstance(event, dict) and event.get("action") == STAMPED:
            carriers.add(position)
    if numbers != list(range(1, len(numbers) + 1)):
        raise BadInputError(
            "The custody events are not numbered 1, 2, 3 and so on.", "Run `witnessmark custody verify`; hand in all."
        )
    try:
        fingerprint = key_fingerprint(content.public_key_pem)
    except Refused as error:
        raise BadInputError(f"The case's public key cannot be used: {error}.", "Hand in its PEM file.") from error
    stamped = sorted({token.event_number for token in content.tokens})
    if any(number not in numbers for number in stamped):
        raise BadInputError("A time-stamp is about an event that is not in the log.", "Hand in the whole log.")
    return {
        "head_number": len(numbers),
        "head_sha256": hashlib.sha256(content.events[-1]).hexdigest(),
        "public_key_sha256": fingerprint,
        "stamped": list(stamped),
        "pending": len(set(range(max(stamped, default=0) + 1, len(numbers) + 1)) - carriers),
    }


def without_times(record: Plain) -> Plain:
    """What must not change when the same case is worked and sealed a second time.

    Times and signatures are taken out, and with them the custody summary, which rests on both.
    """
    if isinstance(record, dict):
        return {key: without_times(value) for key, value in record.items() if key not in _TIMES}
    if isinstance(record, list):
        return [without_times(entry) for entry in record]
    return record
