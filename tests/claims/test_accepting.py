"""From proposals to claims: nothing narrower than said, nothing guessed, what is unclear is asked."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from witnessmark.claims.accepting import (
    ITSELF,
    NOT_JUDGED,
    Grading,
    ReadDocument,
    asks,
    make_claim,
    make_source,
    next_claim_id,
    speaker_name,
)
from witnessmark.claims.bodies import claim_body, claim_of
from witnessmark.claims.correcting import correct, read_change
from witnessmark.claims.places import Circle, Near
from witnessmark.claims.proposals import Precision, Proposal, SaidCount, SaidPlace, SaidTime, Topic
from witnessmark.claims.records import Claim, Hedge, Reliability, Source, SourceKind
from witnessmark.claims.said import from_geojson, interval_from, region_from
from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError

DAY = SaidTime("2031-09-13", "2031-09-14", Precision.DAY, "+04:00", "13 September")
SQUARE = [[46.0, 39.8], [46.2, 39.8], [46.2, 40.0], [46.0, 40.0], [46.0, 39.8]]
HOLE = [[46.05, 39.85], [46.1, 39.85], [46.1, 39.9], [46.05, 39.9], [46.05, 39.85]]
LAKE = SaidPlace("Lake Tarn", "near", {"type": "Polygon", "coordinates": [SQUARE]}, 5.0, (), "near Lake Tarn")
READ = ReadDocument("report.html", "text/html", title="A report", publisher="The Morning Paper", published="2031-10-02")


def proposal(about: Topic, **fields: Any) -> Proposal:
    made = Proposal(
        id="P-0123456789ab",
        document=Sha256(bytes(32)),
        speaker="The Northern Ombudsman",
        speaker_role="ombudsman",
        party="North",
        via=(),
        about=about,
        statement="The clip was filmed near the lake.",
        passage="It was filmed near the lake.",
        start=10,
        end=38,
        hedge=Hedge.ASSERTS,
        hedge_words=None,
        quoted=False,
        time=None,
        place=None,
        count=None,
        unit=None,
    )
    return replace(made, **fields)


def accepted(made: Proposal, document: ReadDocument = READ, grading: Grading | None = None, **changes: Any) -> Claim:
    given = grading or Grading()
    corrected = correct(made, changes)
    source = make_source(speaker_name(corrected.proposal, document), corrected.proposal.party, given, [])
    return make_claim(corrected, document, source, "north-1", given)


def test_a_time_keeps_its_precision_and_an_unknown_offset_widens_it() -> None:
    (span,) = accepted(proposal(Topic.TIME, time=DAY)).about.time
    assert span.begins is not None and span.begins.isoformat() == "2031-09-13T00:00:00+04:00"
    begin, end = span.bounds_unix_s()
    assert end - begin == 86_400.0
    begin, end = interval_from(replace(DAY, utc_offset=None)).bounds_unix_s()
    assert end - begin == 86_400.0 + 26 * 3600.0
    minute = SaidTime("2031-09-13T11:19", "2031-09-13T11:19", Precision.MINUTE, "+04:00", "at 11:19")
    begin, end = interval_from(minute).bounds_unix_s()
    assert end - begin == 120.0
    month = SaidTime("2031-09-01", "2031-10-01", Precision.MONTH, "Z", "last month")
    begin, end = interval_from(month).bounds_unix_s()
    assert end - begin == 30 * 86_400.0


@pytest.mark.parametrize(
    "said",
    [
        replace(DAY, to="2031-09-12"),
        replace(DAY, to="2031-09-13"),
        replace(DAY, from_="2031-13-13"),
        replace(DAY, utc_offset="Europe/Paris"),
    ],
)
def test_a_time_that_cannot_be_is_refused(said: SaidTime) -> None:
    with pytest.raises(BadInputError):
        interval_from(said)


def test_geometries_become_regions_that_hold_the_same_ground() -> None:
    lat, lon = np.array([39.875, 39.95, 41.0]), np.array([46.075, 46.15, 46.15])
    assert from_geojson({"type": "Polygon", "coordinates": [SQUARE]}, None, "").holds(lat, lon).tolist() == [1, 1, 0]
    holed = from_geojson({"type": "Polygon", "coordinates": [SQUARE, HOLE]}, None, "")
    assert holed.holds(lat, lon).tolist() == [False, True, False]
    many = {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [HOLE]]}
    assert from_geojson(many, None, "").holds(lat, lon).tolist() == [True, True, False]
    point = {"type": "Point", "coordinates": [46.15, 39.95]}
    both = {"type": "GeometryCollection", "geometries": [point, {"type": "MultiPoint", "coordinates": [[46.15, 41.0]]}]}
    assert from_geojson(both, 2.0, "").holds(lat, lon).tolist() == [False, True, True]
    assert region_from(LAKE) is not None and region_from(replace(LAKE, geometry=None)) is None


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [46.0, 39.8]},
        {"type": "LineString", "coordinates": SQUARE},
        {"type": "Polygon", "coordinates": [SQUARE[:2]]},
        {"type": "Polygon", "coordinates": [[[46.0, 39.8], [46.2, 40.0], [46.2, 39.8], [46.0, 40.0]]]},
        {"type": "Polygon", "coordinates": [[[46.0, 95.0], [46.2, 39.8], [46.2, 40.0]]]},
        {"type": "GeometryCollection", "geometries": []},
        {"coordinates": SQUARE},
    ],
)
def test_geometries_that_hold_no_ground_are_refused(geometry: dict[str, Any]) -> None:
    with pytest.raises(BadInputError, match="geometry of 'the lake'"):
        from_geojson(geometry, None, "the lake")


def test_only_claims_about_place_and_time_are_weighed_by_them() -> None:
    act = accepted(proposal(Topic.ACT, time=DAY, place=LAKE))
    assert not act.about.weighable and act.about.otherwise == ("it did not happen", "it happened otherwise")
    assert act.about.what is not None and "near Lake Tarn" in act.about.what and "13 September" in act.about.what
    place = accepted(proposal(Topic.PLACE, time=DAY, place=LAKE))
    assert place.about.place == region_from(LAKE) and place.about.time == () and place.about.otherwise == ()
    unit = accepted(proposal(Topic.UNIT, unit="3rd Brigade"))
    assert unit.about.unit == "3rd Brigade" and "another unit" in unit.about.otherwise
    count = accepted(proposal(Topic.COUNT, count=SaidCount("people in view", 8, None, "at least eight")))
    (counted,) = count.about.counts
    assert (counted.at_least, counted.at_most, counted.counted_by) == (8, None, count.source)


def test_grades_are_never_guessed_and_ask_for_their_reason() -> None:
    plain = accepted(proposal(Topic.TIME, time=DAY))
    assert (plain.credibility, plain.credibility_reason) == (6, NOT_JUDGED)
    source = make_source("The Northern Ombudsman", "North", Grading(), [])
    assert (source.kind, source.reliability, source.id) == (SourceKind.OTHER, Reliability.F, "northern-ombudsman")
    for wrong in ({"credibility": 2}, {"reliability": Reliability.B}, {"credibility": 7, "credibility_reason": "Why."}):
        with pytest.raises(BadInputError):
            Grading(**wrong)
    judged = Grading(reliability=Reliability.B, reliability_reason="It was right before.", kind=SourceKind.OMBUDSMAN)
    known = [source, Source("other", "Other", SourceKind.NEWS, None, Reliability.C, "-")]
    again = make_source("northern ombudsman, The", None, judged, known)
    assert again.id == source.id and again.reliability is Reliability.B and again.party == "North"
    assert make_source("The Northern Ombudsman", None, Grading(), [again]) == again  # its grade stays
    assert make_source("The northern: ombudsman?!", "x", Grading(), [replace(source, name="X")]).id.endswith("-2")
    assert make_source("Ф", None, Grading(), []).id == "source"
    assert next_claim_id("north", {"north-9", "north-x", "north-south-11"}) == "north-10"


def test_what_can_be_read_in_two_ways_is_asked() -> None:
    unclear = proposal(Topic.TIME, time=replace(DAY, ambiguous="09/10/31 may be 9 October or 10 September."))
    assert "Say which" in asks(unclear, READ)[0]
    with pytest.raises(BadInputError, match="09/10/31"):
        accepted(unclear)
    assert asks(replace(unclear, about=Topic.ACT), READ) == asks(unclear, READ)  # whatever it goes with
    settled = accepted(unclear, time="{day: 2031-10-09, zone: +04:00}")
    assert settled.about.time[0].begins == dt.datetime.fromisoformat("2031-10-09T00:00:00+04:00")
    assert accepted(unclear, time="as read").about.time[0] == interval_from(DAY)
    twins = proposal(Topic.PLACE, place=replace(LAKE, rivals=("Lake Tarn, South",)))
    with pytest.raises(BadInputError, match="Lake Tarn, South"):
        accepted(twins)
    assert accepted(twins, place="as read").about.place is not None
    undated = replace(READ, published=None)
    with pytest.raises(BadInputError, match="no date of its own"):
        accepted(proposal(Topic.ACT), undated)
    said = accepted(proposal(Topic.ACT), undated, said="2031-10-05T09:00+04:00")
    assert said.said_at.at.isoformat() == "2031-10-05T09:00:00+04:00" and said.said_within_s == 0.0
    assert "stated by the person" in said.said_at.how_known


def test_when_it_was_said_is_as_wide_as_it_is_known() -> None:
    day = accepted(proposal(Topic.ACT))
    assert not day.said_at.zone_proven and day.said_within_s == 50 * 3600.0
    zoned = accepted(proposal(Topic.ACT), replace(READ, utc_offset="+04:00"))
    assert zoned.said_at.at.isoformat() == "2031-10-02T00:00:00+04:00" and zoned.said_within_s == 86_400.0
    moment = accepted(proposal(Topic.ACT), replace(READ, published="2031-10-02T14:30:00+04:00"))
    assert moment.said_at.zone_proven and moment.said_within_s == 0.0


def test_the_voice_of_the_report_is_its_publisher_and_others_are_heard_through_it() -> None:
    own = accepted(proposal(Topic.ACT, speaker=ITSELF, party=None))
    assert own.source == "morning-paper" and own.via == ()
    assert speaker_name(proposal(Topic.ACT, speaker=ITSELF), replace(READ, publisher=None)) == "A report"
    through = accepted(proposal(Topic.ACT, via=("An agency", ITSELF)))
    assert through.via == ("An agency", "The Morning Paper")


def test_a_person_may_correct_every_field() -> None:
    made = accepted(
        proposal(Topic.ACT, time=DAY, place=LAKE, hedge_words="says"),
        speaker="Another Speaker",
        party="none",
        about="place",
        statement="It was filmed at the pass.",
        hedge="alleges",
        hedge_words="none",
        unit="4th Company",
        count={"what": "people", "at_least": 2, "at_most": "5"},
        place={"point": {"lat": 39.9, "lon": 46.1, "radius_km": 2}},
        time={"from": "2031-09-13T06:00", "to": "2031-09-13T09:00", "precision": "hour", "utc_offset": "+04:00"},
        alternatives="older-footage; elsewhere",
        otherwise=["another pass"],
        said="2031-10-04",
    )
    assert made.source == "another-speaker" and made.topic == "place" and made.hedge is Hedge.ALLEGES
    assert made.about.place == Circle(39.9, 46.1, 2.0) and made.about.alternatives == ("older-footage", "elsewhere")
    begin, end = made.about.time[0].bounds_unix_s()
    assert end - begin == 3 * 3600.0 and made.quote.hedge_words is None
    assert made.about.otherwise == ("another pass",) and made.about.counts[0].at_most == 5
    assert made.about.unit == "4th Company"
    near = accepted(proposal(Topic.PLACE), place="{near: {name: Lake Tarn, radius_km: 6}}")
    assert near.about.place == Near("Lake Tarn", 6.0)
    drawn = accepted(proposal(Topic.PLACE), place={"type": "Polygon", "coordinates": [SQUARE]})
    assert drawn.about.place == region_from(LAKE)
    gone = accepted(proposal(Topic.TIME, time=DAY, place=LAKE), time="none", place="none")
    assert gone.about.time == () and gone.about.what is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("hegde=alleges", "did you mean 'hedge'"),
        ("hedge=alledges", "did you mean 'alleges'"),
        ("about=weather", "is no about"),
        ("statement=", "not text"),
        ("time=13 September", "cannot be read"),
        ("time={day: 2031-09-13}", "no zone"),
        ('time={"from": "2031-09-13", "precision": "fortnight", "utc_offset": null}', "fortnight"),
        ("place={point: {lat: 99, lon: 46, radius_km: 2}}", "out of range"),
        ('place={"geometry": 3}', "no geometry"),
        ("count=many", "is not a count"),
        ('count={"at_least": 5, "at_most": 2}', "no number that could be"),
        ("alternatives=older footage!", "cannot be an id"),
        ("said=yesterday", "not a time"),
    ],
)
def test_corrections_that_do_not_fit_say_why(change: str, words: str) -> None:
    field, value = read_change(change)
    with pytest.raises(BadInputError, match=words):
        correct(proposal(Topic.ACT, time=DAY), {field: value})


def test_a_correction_without_a_sign_is_refused() -> None:
    with pytest.raises(BadInputError, match="FIELD=VALUE"):
        read_change("hedge")


def test_a_claim_comes_back_from_its_plain_values() -> None:
    made = accepted(
        proposal(Topic.PLACE, time=DAY),
        place="{all: [{bbox: [46, 39, 47, 40]}, {not: {any: [{near: "
        "{name: A, radius_km: 1}}, {polygon: [[39, 46], [39, 47], [40, 46]]}]}}]}",
    )
    assert claim_of(claim_body(made)) == made
    old = {name: value for name, value in claim_body(made).items() if name not in ("items", "via", "topic", "proposal")}
    assert claim_of(old).items == ()
    with pytest.raises(BadInputError, match="not as recorded"):
        claim_of({**claim_body(made), "hedge": "hums"})
