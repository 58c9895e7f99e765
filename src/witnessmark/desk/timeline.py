"""A case in the order of time: what is said to have happened, what was posted and said, and what was done with it.

Every entry keeps the precision it is known with, and how. Two scales are never mixed: the world, and the work on it;
a file's own dates stand with the work, as copying sets them more often than filming does.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from typing import Any

from witnessmark.desk.case import Case
from witnessmark.desk.persons import Person
from witnessmark.desk.register import persons
from witnessmark.desk.statements import case_claims, case_sources
from witnessmark.plain import iso, parse_moment

WORLD, WORK = "world", "work"
_WORK_KINDS = {
    "item.taken-in": "item taken in",
    "item.captured-again": "item obtained again",
    "item.linked": "item linked",
    "finding.made": "finding",
    "line.abstained": "abstention",
    "assessment.made": "assessment",
    "review.opened": "packet handed out",
    "review.concluded": "second opinion",
    "review.signed": "review",
    "element.attached": "legal element",
    "dossier.sealed": "dossier",
    "sealed.opened": "sealed field opened",
}
_DAY = 86_400.0


def timeline(case: Case) -> list[dict[str, Any]]:
    """Everything of a case that has a time, earliest first.

    Parameters
    ----------
    case : Case

    Returns
    -------
    list of dict
        ``scale`` ("world" or "work"), ``kind``, ``from`` and ``to`` (ISO 8601 with offset, None where open),
        ``precision`` ("exact", "minute", "hour", "day", "days", "month", "year", "years", "open"), ``how_known``,
        ``what``, ``who``, ``ref`` (exhibit, claim, finding or person).
    """
    rows = [*_claims(case), *_items(case), *_assessments(case), *_persons(persons(case).values()), *_work(case)]
    return sorted(
        rows, key=lambda row: (row["scale"] != WORLD, _key(row["from"] or row["to"]), row["kind"], row["ref"])
    )


def _claims(case: Case) -> Iterator[dict[str, Any]]:
    sources = case_sources(case)
    for claim in case_claims(case):
        who = sources[claim.source].name if claim.source in sources else claim.source
        said = claim.said_at.at
        until = said + dt.timedelta(seconds=claim.said_within_s)
        yield _row(WORLD, "said", said, until, claim.said_at.how_known, claim.statement, who, claim.id)
        for interval in claim.about.time:
            begin, end = interval.bounds_unix_s()
            zone = (interval.begins or interval.ends or said).tzinfo
            yield _row(
                WORLD,
                "claimed to have happened",
                _moment(begin, zone),
                _moment(end, zone),
                f"claimed: {interval.stated}",
                claim.statement,
                who,
                claim.id,
            )


def _items(case: Case) -> Iterator[dict[str, Any]]:
    for body in case.records.items(copy="evidentiary"):
        exhibit = body["exhibit_number"]
        for posting in case.records.appearances(body["sha256"]):
            at = parse_moment(posting["posted"]["at"])
            how = posting["posted"]["how_known"]
            how += "" if posting["posted"]["zone_proven"] else "; its offset is an assumption"
            what = f"{exhibit} posted on {posting['platform']} ({posting['state']})"
            yield _row(WORLD, "posted", at, at, how, what, posting["account"], exhibit)
        for capture in case.records.captures(body["sha256"]):
            for name, what in (("file_modified", "file last modified"), ("file_created", "file created")):
                if capture.get(name):
                    at = parse_moment(capture[name]["at"])
                    how = f"{capture[name]['how_known']}; a file's date is easily changed"
                    yield _row(WORK, what, at, at, how, f"{exhibit}: {what}", "", exhibit)


def _assessments(case: Case) -> Iterator[dict[str, Any]]:
    """The 90 % time of each recording by its newest assessment."""
    newest = {tuple(body["subjects"]): body for body in case.records.assessments()}
    for body in newest.values():
        for region in body["regions_time"]:
            if region["probability"] != 0.9:
                continue
            for number, (begin, end) in enumerate(region["intervals"], start=1):
                part = f" (part {number} of {len(region['intervals'])})" if len(region["intervals"]) > 1 else ""
                what = f"{', '.join(body['subjects'])} filmed, 90 % region{part}"
                how = f"assessment; {1.0 - body['p_grid']:.2g} of the probability lies off the grid"
                yield _row(WORLD, "filmed", parse_moment(begin), parse_moment(end), how, what, "", body["id"])


def _persons(register: Any) -> Iterator[dict[str, Any]]:
    for person in register:
        assert isinstance(person, Person)
        for _, entry in person.history if person.withdrawn is None else ():
            if entry.when is None:
                continue
            zone = (
                parse_moment(f"2000-01-01T00:00:00{entry.when.utc_offset}").tzinfo if entry.when.utc_offset else dt.UTC
            )
            begin, end = (
                dt.datetime.fromisoformat(text).replace(tzinfo=zone) for text in (entry.when.from_, entry.when.to)
            )
            how = f"{entry.source}" + ("" if entry.when.utc_offset else "; the zone is not known, UTC is assumed")
            row = _row(WORLD, "person", begin, end, how, f"{person.pseudonym}: {entry.status}", "", person.id)
            yield {**row, "precision": str(entry.when.precision)}


def _work(case: Case) -> Iterator[dict[str, Any]]:
    for event in case.records.events(*_WORK_KINDS):
        at = parse_moment(event["at"])
        what, ref = _said(event)
        how = f"custody event {event['number']}"
        yield _row(WORK, _WORK_KINDS[event["action"]], at, at, how, what, event["agent"], ref)


def _said(event: Mapping[str, Any]) -> tuple[str, str]:
    """What an event of the work is told as, and what it is about."""
    action, payload = event["action"], event["payload"]
    if action == "item.taken-in":
        return f"{payload['item']['exhibit_number']} taken in: {payload['capture']['method']}", _exhibit(payload)
    if action == "item.captured-again":
        return f"obtained again: {payload['capture']['method']}", str(payload["item"])[:16]
    if action == "item.linked":
        return f"{payload['exhibit']} linked {payload['way']} case {payload['other']['reference']}", payload["exhibit"]
    if action in ("finding.made", "line.abstained"):
        result = payload["result"]
        return f"line {result['line']} on {result['exhibit']}", result["id"]
    if action == "assessment.made":
        return f"assessment of {', '.join(payload['assessment']['subjects'])}", payload["assessment"]["id"]
    if action == "review.signed":
        return f"{payload['review']['verdict']} of {payload['review']['subject_id']}", payload["review"]["subject_id"]
    if action == "review.concluded":
        return "an own conclusion, signed", payload["conclusion"]["subject_id"]
    if action == "review.opened":
        return f"packet for {payload['reviewer']}{', blind' if payload['blind'] else ''}", payload["subject"]
    if action == "element.attached":
        return f"{payload['bearing']['finding_id']} {payload['bearing']['direction']}", payload["bearing"]["element_id"]
    if action == "sealed.opened":
        return f"{', '.join(payload['fields'])} opened: {payload['purpose']}", payload["record"]
    return f"{payload['edition']} edition sealed", str(payload["name"])


def _exhibit(payload: Mapping[str, Any]) -> str:
    return str(payload["item"]["exhibit_number"])


def _row(
    scale: str,
    kind: str,
    begin: dt.datetime | None,
    end: dt.datetime | None,
    how: str,
    what: str,
    who: str,
    ref: str,
) -> dict[str, Any]:
    return {
        "scale": scale,
        "kind": kind,
        "from": None if begin is None else iso(begin),
        "to": None if end is None else iso(end),
        "precision": _precision(begin, end),
        "how_known": how,
        "what": what,
        "who": who,
        "ref": ref,
    }


def _precision(begin: dt.datetime | None, end: dt.datetime | None) -> str:
    """How closely a time is known, by its length; an open end is as coarse as can be."""
    if begin is None or end is None:
        return "open"
    length_s = (end - begin).total_seconds()
    steps = (
        (0.0, "exact"),
        (60.0, "minute"),
        (3600.0, "hour"),
        (_DAY, "day"),
        (28 * _DAY, "days"),
        (31 * _DAY, "month"),
    )
    return next((word for limit_s, word in steps if length_s <= limit_s), "year" if length_s <= 366 * _DAY else "years")


def _moment(unix_s: float, zone: dt.tzinfo | None) -> dt.datetime | None:
    """A time from seconds since 1970, in the zone it was stated in; None for an open end."""
    if not math.isfinite(unix_s):
        return None
    return dt.datetime.fromtimestamp(unix_s, zone or dt.UTC)


def _key(text: str | None) -> float:
    return -math.inf if text is None else parse_moment(text).timestamp()
