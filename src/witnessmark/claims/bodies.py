"""Claims, sources and regions built again from the plain values that events carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from witnessmark.claims.places import AllOf, AnyOf, Box, Circle, Near, Outside, Polygon, Region
from witnessmark.claims.records import About, Claim, Count, Hedge, Quote, Reliability, Source, SourceKind
from witnessmark.claims.times import Interval
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Moment
from witnessmark.errors import BadInputError
from witnessmark.plain import parse_moment, to_plain

Body = Mapping[str, Any]


def claim_body(claim: Claim) -> dict[str, Any]:
    """A claim's plain values."""
    return cast("dict[str, Any]", to_plain(claim))


def claim_of(body: Body) -> Claim:
    """A claim from its plain values; what an earlier version did not know takes its default.

    Raises
    ------
    BadInputError
        When the values do not have the shape of a claim.
    """
    try:
        return _claim(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInputError(
            f"Claim {body.get('id', '')!r} is not as recorded ({type(error).__name__}: {error}).",
            "It was written by another version or altered: verify the case with 'witnessmark custody verify'.",
        ) from error


def source_of(body: Body) -> Source:
    """A source from its plain values.

    Raises
    ------
    BadInputError
    """
    try:
        return Source(
            body["id"],
            body["name"],
            SourceKind(body["kind"]),
            body["party"],
            Reliability(body["reliability"]),
            body["reliability_reason"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(
            f"Source {body.get('id', '')!r} is not as recorded ({error}).",
            "It was written by another version or altered: verify the case with 'witnessmark custody verify'.",
        ) from error


def region_of(body: Body) -> Region:
    """A region from its plain values.

    Examples
    --------
    >>> region_of({"form": "not", "part": {"form": "near", "name": "Lake Tarn", "radius_km": 6.0}})
    Outside(part=Near(name='Lake Tarn', radius_km=6.0, form='near'), form='not')
    """
    form = body["form"]
    if form == "point":
        return Circle(float(body["lat_deg"]), float(body["lon_deg"]), float(body["radius_km"]))
    if form == "near":
        return Near(body["name"], float(body["radius_km"]))
    if form == "bbox":
        west, south, east, north = (float(body[f"{side}_deg"]) for side in ("west", "south", "east", "north"))
        return Box(west, south, east, north)
    if form == "polygon":
        return Polygon(tuple((float(lat), float(lon)) for lat, lon in body["corners_deg"]))
    if form == "not":
        return Outside(region_of(body["part"]))
    if form not in ("any", "all"):
        raise ValueError(f"no place has the form {form!r}")
    parts = tuple(region_of(part) for part in body["parts"])
    return AnyOf(parts) if form == "any" else AllOf(parts)


def interval_of(body: Body) -> Interval:
    """A span of time from its plain values."""
    begins, ends = (None if body[end] is None else parse_moment(body[end]) for end in ("begins", "ends"))
    return Interval(begins, ends, float(body["precision_s"]), body["stated"])


def _claim(body: Body) -> Claim:
    said, quote, about = body["said_at"], body["quote"], body["about"]
    return Claim(
        id=body["id"],
        source=body["source"],
        statement=body["statement"],
        quote=Quote(**{**quote, "sha256": None if quote.get("sha256") is None else Sha256.from_hex(quote["sha256"])}),
        hedge=Hedge(body["hedge"]),
        said_at=Moment(parse_moment(said["at"]), said["how_known"], said["zone_proven"]),
        said_within_s=float(body["said_within_s"]),
        credibility=int(body["credibility"]),
        credibility_reason=body["credibility_reason"],
        about=About(
            place=None if about["place"] is None else region_of(about["place"]),
            time=tuple(interval_of(span) for span in about["time"]),
            alternatives=tuple(about["alternatives"]),
            counts=tuple(Count(**count) for count in about["counts"]),
            who=about["who"],
            what=about["what"],
            unit=about.get("unit"),
            otherwise=tuple(about.get("otherwise", ())),
        ),
        contradicts=tuple(body["contradicts"]),
        repeats=tuple(body["repeats"]),
        line=int(body["line"]),
        attributes_to=tuple(body.get("attributes_to", ())),
        items=tuple(body.get("items", ())),
        via=tuple(body.get("via", ())),
        topic=body.get("topic"),
        proposal=body.get("proposal"),
    )
