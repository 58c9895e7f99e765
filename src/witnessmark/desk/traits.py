"""What a case has that another may have too: hashes, copies found, accounts, sources, units, names, places, times."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyproj

from witnessmark.claims.places import Circle, Region, bounds_deg, resolve
from witnessmark.claims.proposals import Topic
from witnessmark.claims.records import Claim
from witnessmark.desk.case import Case
from witnessmark.desk.names import case_names
from witnessmark.desk.outside import CaseGazetteer
from witnessmark.desk.statements import case_claims, case_sources
from witnessmark.errors import WitnessmarkError

LARGEST_RADIUS_KM = 50.0
"""A place less sure than this says nothing of two cases being near; a convention."""
LONGEST_DAYS = 31.0
"""The same of a time; a convention."""
NARROWED = 0.5
"""A region that holds more of the grid than this was not narrowed by the findings, and is no place of the footage."""
_GEOD = pyproj.Geod(ellps="WGS84")
_SMALL = frozenset({"and", "the", "was", "were", "are", "has", "have", "had", "with", "from", "that", "this", "they"})


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing about a case.

    Attributes
    ----------
    case : str
        The case it is of.
    kind : str
    key : str
        Two traits of a kind with the same key are the same thing.
    where : str
        Exhibit, claim or assessment it stands in.
    said : str
    label : str
        For people, where the key is not.
    place : (lat_deg, lon_deg, radius_km) or None
    time : (begin, end) or None
        Seconds since 1970-01-01T00:00:00Z.
    """

    case: str
    kind: str
    key: str
    where: str
    said: str = ""
    label: str = ""
    place: tuple[float, float, float] | None = None
    time: tuple[float, float] | None = None


def traits_of(case: Case, label: str) -> list[Trait]:
    """Everything of a case that may recur elsewhere.

    Parameters
    ----------
    case : Case
    label : str
        What the case is called among the others.
    """
    parts = (_of_items, _of_copies, _of_names_seen_and_heard, _of_claims, _of_assessments)
    return [trait for part in parts for trait in part(case, label)]


def _of_items(case: Case, label: str) -> Iterator[Trait]:
    for body in case.records.items(copy="evidentiary"):
        exhibit = body["exhibit_number"]
        yield Trait(label, "item", body["sha256"], exhibit, "the same bytes", body["sha256"])
        yield Trait(label, "copy", body["sha256"], exhibit, "", body["sha256"])  # what another case's copy may be of
        for posting in case.records.appearances(body["sha256"]):
            account = f"{posting['platform']} {posting['account']}"
            if posting["account"] != "unknown":
                yield Trait(label, "account", _folded(account), exhibit, "posted there", account)


def _of_copies(case: Case, label: str) -> Iterator[Trait]:
    """Recordings that the copies line, or the look at intake, found in an item."""
    own = {body["sha256"]: body["exhibit_number"] for body in case.records.items(copy="evidentiary")}
    found: dict[tuple[str, str], str] = {}
    for payload in case.records.payloads("item.compared"):
        for sha256, relation, score in payload["found"]:
            if sha256:
                found[payload["item"], sha256] = f"{relation}, score {score:.2f}"
    for body in case.records.results("finding"):
        if body["line"] == "copies":
            for one in (body["observations"] or {}).get("found", []):
                if one["known"]["sha256"]:
                    found[body["item"], one["known"]["sha256"]] = f"{one['relation']}, score {one['score']:.2f}"
    for (item, sha256), said in found.items():
        if sha256 not in own and item in own:
            yield Trait(label, "copy", sha256, own[item], f"holds a copy ({said})", sha256)


def _of_names_seen_and_heard(case: Case, label: str) -> Iterator[Trait]:
    """Names of the case's list that lines found in what is said and written in its recordings."""
    for body in case.records.results("finding"):
        for name, kind in sorted(set(_named(body["observations"]))):
            where = f"{body['exhibit']}, line {body['line']}"
            yield Trait(label, "name", f"{kind} {_folded(name)}", where, f"{kind}, as a line suggests it", name)


def _named(value: Any) -> Iterator[tuple[str, str]]:
    """Names within observations: entries that say which name of the list they are, as lines write them."""
    if isinstance(value, Mapping):
        if ("thing_id" in value or "name_id" in value) and isinstance(value.get("name"), str):
            yield value["name"], str(value.get("kind", ""))
        for entry in value.values():
            yield from _named(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _named(entry)


def _of_claims(case: Case, label: str) -> Iterator[Trait]:
    for source in case_sources(case).values():
        yield Trait(label, "source", _folded(source.name), f"source {source.id}", "", source.name)
    try:
        names = case_names(case)
    except WitnessmarkError:  # a file of names that cannot be read costs the names, not the rest
        names = None
    gazetteer = CaseGazetteer(case)
    for claim in case_claims(case):
        where = f"claim {claim.id}"
        if claim.about.unit:
            yield Trait(label, "unit", _folded(claim.about.unit), where, "", claim.about.unit)
        if names is not None:
            text = f"{claim.statement}\n{claim.quote.text}"
            for spotted in names.spot(text):
                thing = spotted.thing
                yield Trait(label, "name", f"{thing.kind} {_folded(thing.name)}", where, thing.kind, thing.name)
        if claim.topic == Topic.ACT or claim.about.what:
            said = claim.about.what or claim.statement
            yield Trait(label, "act", " ".join(sorted(_content(said))), where, "", said)
        yield from _of_extent(claim, where, label, gazetteer)


def _of_extent(claim: Claim, where: str, label: str, gazetteer: CaseGazetteer) -> Iterator[Trait]:
    """Where and when a claim says that it was, as far as it says it closely."""
    if claim.about.place is not None:
        try:
            region: Region | None = resolve(claim.about.place, gazetteer)[0]
        except WitnessmarkError:  # a name that no gazetteer knows
            region = None
        place = None if region is None else _around(region)
        if place is not None:
            yield Trait(label, "place", "", where, "", f"a place claimed ({claim.id})", place=place)
    for interval in claim.about.time:
        begin, end = interval.bounds_unix_s()
        if math.isfinite(begin) and math.isfinite(end) and end - begin <= LONGEST_DAYS * 86_400.0:
            yield Trait(label, "time", "", where, "", f"{interval.stated} ({claim.id})", time=(begin, end))


def _of_assessments(case: Case, label: str) -> Iterator[Trait]:
    """Where and when footage was filmed by the newest assessment of each recording, where the findings narrow it."""
    newest = {tuple(body["subjects"]): body for body in case.records.assessments()}
    for body in newest.values():
        where = f"assessment {body['id']} of {', '.join(body['subjects'])}"
        n_places, n_instants = _sizes(body["hypotheses"])
        for region in body["regions_place"]:
            if region["probability"] == 0.9 and 0 < region["cells"] <= NARROWED * n_places:
                (south, north), (west, east) = region["lat_deg"], region["lon_deg"]
                place = _circle(west, south, east, north)
                if place is not None:
                    yield Trait(label, "place", "", where, "", "the 90 % region of the footage", place=place)
        for span in body["regions_time"]:
            whole_min = n_instants * float(body["hypotheses"]["times"]["step_s"]) / 60.0
            if span["probability"] == 0.9 and span["intervals"] and span["minutes"] <= NARROWED * whole_min:
                ends = [dt.datetime.fromisoformat(text).timestamp() for pair in span["intervals"] for text in pair]
                if max(ends) - min(ends) <= LONGEST_DAYS * 86_400.0:
                    time = (min(ends), max(ends))
                    yield Trait(label, "time", "", where, "", "the 90 % time of the footage", time=time)


def _sizes(hypotheses: Mapping[str, Any]) -> tuple[int, int]:
    places, times = hypotheses["places"], hypotheses["times"]
    return int(places["rows"]) * int(places["columns"]), int(times["n_instants"])


def _around(region: Region) -> tuple[float, float, float] | None:
    """A circle that holds a region; None when that is too large to say anything."""
    if isinstance(region, Circle):
        within = region.radius_km <= LARGEST_RADIUS_KM
        return (region.lat_deg, region.lon_deg, region.radius_km) if within else None
    box = bounds_deg(region)
    return None if box is None else _circle(*box)


def _circle(west: float, south: float, east: float, north: float) -> tuple[float, float, float] | None:
    """A box as its middle and the distance to its farthest corner; None when that is too far to say anything."""
    lat, lon = (south + north) / 2.0, west + ((east - west) % 360.0) / 2.0
    radius_km = max(
        _GEOD.inv(lon, lat, corner_lon, corner_lat)[2] / 1000.0
        for corner_lat in (south, north)
        for corner_lon in (west, east)
    )
    return (lat, lon, radius_km) if radius_km <= LARGEST_RADIUS_KM else None


def _folded(text: str) -> str:
    """A name without case, accents, punctuation and doubled blanks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(
        "".join(sign if sign.isalnum() else " " for sign in plain if not unicodedata.combining(sign)).split()
    )


def _content(text: str) -> set[str]:
    return {word for word in _folded(text).split() if len(word) > 2 and word not in _SMALL}
