"""From a claims file to a book: what is read, and that every problem is named at once with its line."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from pathlib import Path

import pytest

from witnessmark.claims import Hedge, Reliability, SourceKind, load_claims, template
from witnessmark.claims.places import AnyOf, Box, Circle, Near, Outside, Polygon
from witnessmark.claims.times import parse_precision, parse_zone
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.plain import canonical, to_plain

DOCS = Path(__file__).parents[2] / "docs" / "claims.md"
HOUR = dt.timedelta(hours=1)


def problems(text: str) -> list[str]:
    with pytest.raises(BadInputError) as caught:
        load_claims(text)
    listed = caught.value.facts["problems"]
    assert isinstance(listed, list)
    for problem in listed:
        assert problem in str(caught.value)
    return listed


def with_about(about: str) -> str:
    """The template with the first claim's `about` replaced by one line of flow YAML."""
    text = template()
    start = text.index("    about:", text.index("id: north-1"))
    end = text.index("  - id: south-1", start)
    return text[:start] + f"    about: {about}\n\n" + text[end:]


def about_line(text: str) -> int:
    return text[: text.index("    about:", text.index("id: north-1"))].count("\n") + 1


def test_the_template_loads_and_says_what_it_says() -> None:
    book = load_claims(template())
    (only,) = book.notes
    assert only.startswith("The documents of north-1, south-1, paper-1 are named but not bound to captured bytes")
    assert (book.recorded_by, book.reviewed_by) == ("A. Analyst", "B. Reader")
    assert book.sha256.hex() == hashlib.sha256(template().encode()).hexdigest()
    north = book.source("north-ministry")
    assert (north.kind, north.party, north.reliability) == (SourceKind.MILITARY, "Northland", Reliability.C)
    assert north.reliability.words == "fairly reliable"
    assert book.source("morning-paper").party is None
    claim = book.claim("north-1")
    assert claim.hedge is Hedge.ASSERTS and claim.credibility == 3 and claim.said_within_s == 0.0
    assert claim.said_at.at.isoformat() == "2031-10-02T14:30:00+04:00"
    assert claim.said_at.zone_proven
    assert claim.about.place == Circle(39.95, 46.2, 6.0)
    assert claim.about.time[0].begins == dt.datetime(2031, 9, 13, tzinfo=dt.timezone(4 * HOUR))
    assert claim.about.time[0].ends == dt.datetime(2031, 9, 14, tzinfo=dt.timezone(4 * HOUR))
    count = claim.about.counts[0]
    assert (count.at_least, count.at_most, count.counted_by) == (8, None, "north-ministry")
    paper = book.claim("paper-1")
    assert paper.said_within_s == 86_400.0 and paper.quote.hedge_words == "suggest"
    assert book.contradictions() == (("north-1", "south-1"),)


def test_every_example_of_the_docs_page_reads() -> None:
    page = DOCS.read_text(encoding="utf-8")
    for block in re.findall(r"```yaml\n(.*?)```", page, re.S):
        assert load_claims(block).claims
    forms = re.findall(r"^\| `((?:point|bbox|polygon|near): [^|]*)` \|", page, re.M)
    spans = re.findall(r"^\| `(\{(?:day|from|at): [^|]*\})` \|", page, re.M)
    assert len(forms) == 4 and len(spans) == 4
    for form in (part for entry in forms for part in re.split(r"` or `", entry)):
        assert load_claims(with_about(f"{{place: {{{form}}}}}")).claims[0].about.place is not None
    for span in spans:
        assert load_claims(with_about(f"{{time: [{span}]}}")).claims[0].about.time


def test_a_book_has_a_plain_form_that_is_json_and_the_same_each_time() -> None:
    book = load_claims(template())
    assert canonical(book) == canonical(load_claims(template()))
    plain = json.loads(json.dumps(to_plain(book)))
    assert plain["claims"][0]["about"]["place"] == {
        "form": "point",
        "lat_deg": 39.95,
        "lon_deg": 46.2,
        "radius_km": 6.0,
    }
    assert plain["claims"][0]["said_at"]["at"] == "2031-10-02T14:30:00+04:00"
    assert plain["sources"][0]["reliability"] == "C"


def test_a_file_and_its_text_give_the_same_book(tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(template(), encoding="utf-8")
    assert load_claims(path) == load_claims(template()) == load_claims(template().encode())
    marked = load_claims(b"\xef\xbb\xbf" + template().encode())
    assert marked.claims == load_claims(path).claims and marked.sha256 != load_claims(path).sha256


def test_a_bound_document_is_not_noted_and_a_file_nobody_reviewed_is() -> None:
    text = template().replace("      locator:", f"      sha256: {'0a' * 32}\n      locator:")
    assert load_claims(text).notes == () and load_claims(text).claims[0].quote.sha256 is not None
    unread = "\n".join(line for line in template().splitlines() if not line.startswith("reviewed_by"))
    assert any("Nobody is named as having compared" in note for note in load_claims(unread).notes)


def test_who_wrote_the_file_cannot_have_reviewed_it() -> None:
    (only,) = problems(template().replace("reviewed_by: B. Reader", "reviewed_by: ANALYST, A"))
    assert "wrote the file and cannot review it" in only


def test_all_problems_are_listed_with_their_lines() -> None:
    text = (
        template()
        .replace("reliability: C", "reliabilty: C", 1)
        .replace("kind: news", "kind: newspaper")
        .replace("credibility: 3  ", "credibility: 9  ", 1)
        .replace("T14:30:00+04:00", "T14:30:00")
        .replace("contradicts: [north-1]", "contradicts: [nroth-1]")
        .replace("source: morning-paper", "source: mourning-paper")
    )
    listed = problems(text)
    lines = text.splitlines()

    def line_with(words: str) -> int:
        return next(i for i, line in enumerate(lines, 1) if words in line)

    expected = {
        (line_with("reliabilty"), "did you mean 'reliability'?"),
        (line_with("id: north-ministry"), "has no 'reliability'"),
        (line_with("newspaper"), "did you mean 'news'?"),
        (line_with("credibility: 9"), "'9' is no credibility"),
        (line_with("T14:30:00"), "has no UTC offset. Write it with the speaker's, such as 2031-10-02T14:30:00+04:00"),
        (line_with("id: south-1"), "did you mean 'north-1'?"),
    }
    for line, words in expected:
        assert any(entry.startswith(f"line {line}:") and words in entry for entry in listed), (line, words, listed)
    assert len(listed) >= len(expected)


def test_an_unknown_source_is_named_with_the_nearest() -> None:
    (only,) = problems(template().replace("source: morning-paper", "source: mourning-paper"))
    assert "did you mean 'morning-paper'?" in only


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("{place: {point: {lat: 91, lon: 0, radius_km: 1}}}", "lat 91 is out of range"),
        ("{place: {point: {lat: 9, lon: 0}}}", "has no 'radius_km'"),
        ("{place: {point: {lat: 9, lon: 0, radius_km: 0}}}", "holds no ground"),
        ("{place: {point: {lat: '39,9', lon: 0, radius_km: 1}}}", "'39,9' is not a number"),
        ("{place: {point: {lat: nan, lon: 0, radius_km: 1}}}", "'nan' is not a number"),
        ("{place: {point: {lat: 1e1, lon: 0, radius_km: 1}}}", "'1e1' is not a number"),
        ("{place: {pint: {lat: 9, lon: 0, radius_km: 1}}}", "did you mean 'point'?"),
        ("{place: {near: {name: X, radius_km: 1}, bbox: [0, 0, 1, 1]}}", "has 2 forms"),
        ("{place: {bbox: [46, 40, 47, 39]}}", "the order is W, S, E, N"),
        ("{place: {bbox: [46, 39, 46, 40]}}", "west and east are both 46"),
        ("{place: {bbox: [46, 39, 47]}}", "has 3 numbers"),
        ("{place: {polygon: [[39, 46], [40, 47]]}}", "has 2 corners"),
        ("{place: {polygon: [[39, 46], [40, 47], [39, 46.5], [40, 46.2]]}}", "crosses itself"),
        ("{place: {polygon: [[39, 46], [39.5, 46], [40, 46]]}}", "is a line"),
        ("{place: {polygon: [[39, 46], [39, 46], [40, 47]]}}", "same corner twice"),
        ("{place: {polygon: [[0, -100], [0, 100], [10, 0]]}}", "half round the earth"),
        ("{place: {polygon: [[39, 46, 5], [39, 46], [40, 47]]}}", "each corner is"),
        ("{place: {any: []}}", "should be a list of places"),
        ("{place: {not: {any: [{bbox: [0, 0, 0, 1]}]}}}", "west and east are both 0"),
        ("{place: Lake Tarn}", "should hold keys and values and holds text"),
        ("{time: [{day: 2031-09-13}]}", "has no zone; add 'zone: +04:00'"),
        ("{time: [{day: 2031-02-30, zone: Z}]}", "'2031-02-30' is not a day"),
        ("{time: [{day: 2031-09-13, zone: Asia/Nowhere}]}", "is not a UTC offset"),
        ("{time: [{day: 2031-09-13, zone: '+25:00'}]}", "is not a UTC offset"),
        ("{time: [{at: 2031-09-13T11:00, precision: 1 h}]}", "has no UTC offset"),
        ("{time: [{at: 2031-09-13T11:00Z}]}", "has no 'precision'"),
        ("{time: [{at: 2031-09-13T11:00Z, precision: exact}]}", "a point in time has no length"),
        ("{time: [{at: 2031-09-13T11:00Z, precision: about an hour}]}", "is not understood"),
        ("{time: [{at: 2031-09-13T25:00Z, precision: 1 h}]}", "not a time that exists"),
        ("{time: [{from: 2031-09-13T11:00Z, to: 2031-09-13T10:00Z, precision: exact}]}", "ends before it begins"),
        ("{time: [{from: 2031-09-13T11:00Z}]}", "has no 'precision'"),
        ("{time: [{from: 2031-09-13}]}", "has no zone"),
        ("{time: [{from: 2031-09-13T11:00Z, precision: exact, zone: Z}]}", "times carry their own offset"),
        ("{time: [{zone: Z}]}", "should have one of"),
        ("{time: [{day: 2031-09-13, at: 2031-09-13T11:00Z, zone: Z}]}", "should have one of"),
        ("{time: [{day: 9999-12-31, zone: Z}]}", "past the calendar's end"),
        ("{alternatives: [older footage]}", "cannot be an id"),
        ("{alternatives: [a, a]}", "named twice"),
        ("{counts: [{what: people, counted_by: me}]}", "has no number"),
        ("{counts: [{what: people, number: 8, at_least: 7, counted_by: me}]}", "'number' and a bound"),
        ("{counts: [{what: people, at_least: 9, at_most: 7, counted_by: me}]}", "at least 9 is more than at most 7"),
        ("{counts: [{what: people, number: many, counted_by: me}]}", "is not a count"),
        ("{counts: [{what: people, number: 8}]}", "has no 'counted_by'"),
        ("{plce: {bbox: [0, 0, 1, 1]}}", "did you mean 'place'?"),
    ],
)
def test_places_times_and_counts_that_cannot_be_meant(about: str, said: str) -> None:
    text = with_about(about)
    listed = problems(text)
    assert any(said in problem for problem in listed), listed
    assert all(problem.startswith(f"line {about_line(text)}:") for problem in listed), listed


def test_forms_are_read_as_they_are_meant() -> None:
    about = (
        "{place: {any: [{near: {name: Lake Tarn, radius_km: 2}}, {not: {bbox: [46, 39, 47, 40]}},"
        " {polygon: [[39, 46], [39, 47], [40, 46], [39, 46]]}]}}"
    )
    assert load_claims(with_about(about)).claims[0].about.place == AnyOf(
        (
            Near("Lake Tarn", 2.0),
            Outside(Box(46.0, 39.0, 47.0, 40.0)),
            Polygon(((39.0, 46.0), (39.0, 47.0), (40.0, 46.0))),
        )
    )


def test_days_as_a_span_include_the_last() -> None:
    book = load_claims(with_about("{time: {from: 2031-09-13, to: 2031-09-14, zone: '-03:30'}}"))
    (interval,) = book.claims[0].about.time
    begin, end = interval.bounds_unix_s()
    assert end - begin == 2 * 86_400.0
    assert begin == dt.datetime(2031, 9, 13, 3, 30, tzinfo=dt.UTC).timestamp()


def test_precision_widens_both_ends_and_keeps_what_was_stated() -> None:
    (interval,) = (
        load_claims(with_about("{time: {at: 2031-09-13T11:19+04:00, precision: 15 min}}")).claims[0].about.time
    )
    stated = dt.datetime(2031, 9, 13, 7, 19, tzinfo=dt.UTC).timestamp()
    assert interval.bounds_unix_s() == (stated - 900.0, stated + 900.0)
    assert interval.stated == "at: 2031-09-13T11:19+04:00, precision: 15 min"
    assert interval.begins is not None and interval.begins.utcoffset() == 4 * HOUR


def test_precisions_and_zones() -> None:
    assert [parse_precision(text) for text in ("exact", "30 s", "1.5 h", "2d")] == [0.0, 30.0, 5400.0, 172_800.0]
    assert parse_zone("Z") == dt.UTC and parse_zone("-0330").utcoffset(None) == -3.5 * HOUR


def test_ids_twice_also_in_another_case() -> None:
    listed = problems(
        template().replace("id: paper-1", "id: North-1").replace("id: morning-paper", "id: south-ministry")
    )
    assert any("the claim id 'North-1' is taken since line" in problem for problem in listed)
    assert any("the source id 'south-ministry' is taken since line" in problem for problem in listed)


def test_relations_that_cannot_be() -> None:
    text = template().replace(
        "    contradicts: [north-1] ", "    repeats: [paper-1]\n    contradicts: [paper-1, south-1] "
    )
    text = text.rstrip("\n") + "\n    repeats: south-1\n"
    listed = problems(text)
    assert any("contradicts itself" in problem for problem in listed)
    assert any("both repeats and contradicts 'paper-1'" in problem for problem in listed)
    assert sum("repeats itself by way of others" in problem for problem in listed) == 2


def test_a_long_chain_of_repetitions_is_followed_to_its_first_voice() -> None:
    text = template()
    last = text[text.index("  - id: paper-1") :]
    for index in range(2, 601):
        text += last.replace("id: paper-1", f"id: paper-{index}") + f"    repeats: [paper-{index - 1}]\n"
    book = load_claims(text)
    assert book.first_said("paper-600") == ("paper-1",)
    assert book.first_said("north-1") == ("north-1",)


def test_a_repetition_older_than_what_it_repeats_is_noted() -> None:
    text = template().replace("contradicts: [north-1]", "repeats: [paper-1]")
    assert "Claim south-1 repeats paper-1, yet was said before it." in load_claims(text).notes


def test_notes_on_hedges_zones_time_grades_and_silence() -> None:
    text = (
        template()
        .replace("      hedge_words: suggest\n", "")
        .replace("2031-10-02T14:30:00+04:00", "2031-09-01T14:30:00+04:00")
        .replace(
            "credibility: 3\n    credibility_reason: Possibly true; the method",
            "credibility: 1\n    credibility_reason: The method",
        )
        .replace("      zone_proven: true   ", "      zone_proven: false  ")
        .replace("alternatives: [older-footage]", "what: an account of the footage")
    )
    notes = " ".join(load_claims(text).notes)
    assert "Claim paper-1 is marked 'suggests' without 'hedge_words'" in notes
    assert "offset at which claim north-1 was said is not proven" in notes
    assert "Claim north-1 is about a time after it was said." in notes
    assert "Claim paper-1 is graded 1" in notes
    assert "No claim of Southland names a place, a time or an alternative" in notes


def test_hedge_words_must_be_the_speakers() -> None:
    (only,) = problems(template().replace("hedge_words: suggest", "hedge_words: allegedly"))
    assert "does not stand in the quote" in only


def test_a_translation_names_its_translator() -> None:
    text = template().replace("locator: page 1", "locator: page 1\n      translation: It is old.")
    (only,) = problems(text)
    assert "add 'translated_by'" in only


def test_wrong_formats_and_missing_parts_are_said() -> None:
    assert any("this program reads" in p for p in problems(template().replace("claims/1", "claims/7")))
    listed = problems("format: witnessmark-claims/1\n")
    assert any("no 'sources'" in p for p in listed) and any("no 'claims'" in p for p in listed)
    with pytest.raises(BadInputError, match="holds text"):
        load_claims("claims.yaml")


def test_unknown_ids_are_not_found() -> None:
    book = load_claims(template())
    with pytest.raises(NotFoundError):
        book.claim("nobody-1")
    with pytest.raises(NotFoundError):
        book.source("nobody")
    with pytest.raises(NotFoundError):
        book.first_said("nobody-1")


@pytest.mark.parametrize("sign", ["\\e", "\\u202E"])
def test_signs_that_move_the_cursor_or_turn_text_are_refused_and_never_printed(sign: str) -> None:
    (only,) = problems(
        template().replace("name: The Morning Paper (rehearsed)", f'name: "The {sign}[31mMorning Paper"')
    )
    assert "characters that" in only and only.isprintable()
    (other,) = problems(template().replace("kind: news", f'kind: "{sign}news"'))
    assert other.isprintable()
