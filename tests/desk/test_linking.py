"""One item in several cases, each with its own custody; what recurs is listed with its numbers and not concluded on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SPACE
from typer.testing import CliRunner

from witnessmark.cli import app
from witnessmark.custody.records import Appearance, Moment, PremisEvent
from witnessmark.desk.case import UNASSIGNED, Case, new_case, open_case
from witnessmark.desk.items import add_derived, add_item, get_item
from witnessmark.desk.linking import link_item, links_of
from witnessmark.desk.names import add_name
from witnessmark.desk.patterns import Shared, linked_cases
from witnessmark.desk.statements import add_claims
from witnessmark.desk.verifying import verify_case
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.lines.contract import Picture
from witnessmark.plain import parse_moment

POSTED = Appearance("Videogram", "@heron", None, Moment(parse_moment("2031-09-14T10:00:00+04:00"), "platform page"))
CLAIMS = """\
format: witnessmark-claims/1
sources:
  - {{id: {source}, name: {name}, kind: news, party: null, reliability: C, reliability_reason: Known for years.}}
claims:
  - id: {source}-1
    source: {source}
    statement: Soldiers of the Ninth Otter Brigade fired at prisoners by the Otterlake, {extra}.
    quote: {{text: They fired., document: page.html, locator: paragraph 2}}
    hedge: asserts
    said_at: {{at: 2031-10-02T14:30:00+04:00, how_known: platform page}}
    credibility: 3
    credibility_reason: Not yet compared with anything independent.
    about:
      time: [{{day: 2031-09-{day}, zone: +04:00}}]
      place: {{point: {{lat: {lat}, lon: 46.1, radius_km: 3}}}}
      what: {act}
      unit: {unit}
"""


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shelf and two incidents in one folder."""
    folder = tmp_path_factory.mktemp("linking") / "cases"
    folder.mkdir()
    new_case(folder / "shelf", "S-1", "Unsorted", operator="A. Author", settings={"kind": UNASSIGNED}).close()
    new_case(folder / "ridge", "2031-17", "The ridge", operator="A. Author", settings={"space": SPACE}).close()
    new_case(folder / "ford", "2031-18", "The ford", operator="A. Author").close()
    return folder


@pytest.fixture
def cases(tmp_path: Path, made_once: Path) -> Iterator[dict[str, Case]]:
    """Copies of them to work in."""
    folder = Path(shutil.copytree(made_once, tmp_path / "cases"))
    made = {name: open_case(folder / name, operator="A. Author") for name in ("shelf", "ridge", "ford")}
    yield made
    for case in made.values():
        case.close()


def clip_of(folder: Path, name: str = "clip.bin", data: bytes = b"a rehearsed recording") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def claims_of(case: Case, folder: Path, **fields: str) -> None:
    given = {"source": "north", "name": "Northern News", "extra": "it said", "day": "13", "lat": "39.9"}
    given |= {"act": "prisoners shot at close range", "unit": "Ninth Otter Brigade"}
    path = folder / f"{case.folder.name}.yaml"
    path.write_text(CLAIMS.format(**(given | fields)), encoding="utf-8")
    add_claims(case, path)


def by_kind(found: dict[str, Any]) -> dict[str, list[Shared]]:
    kinds: dict[str, list[Shared]] = {}
    for row in found["shared"]:
        kinds.setdefault(row.kind, []).append(row)
    return kinds


def test_an_item_filed_before_any_incident_goes_into_one_with_custody_in_both(
    cases: dict[str, Case], tmp_path: Path
) -> None:
    shelf, ridge = cases["shelf"], cases["ridge"]
    add_item(ridge, clip_of(tmp_path, "other.bin", b"another"), look=False)
    add_item(shelf, clip_of(tmp_path, "from a phone.bin"), appearance=POSTED, look=False)
    made = link_item(shelf, "WM-0001", ridge.folder, "It shows the ridge.", look=False)
    assert (made.other_exhibit_number, made.other_reference) == ("WM-0002", "2031-17")
    assert (made.already_kept, made.postings) == (False, 1)
    ridge.catch_up()
    there = ridge.records.item(made.sha256)
    assert there is not None and there["name"] == "from a phone.bin"
    capture = get_item(ridge, "WM-0002").captures[0]
    assert "linked from case S-1, exhibit WM-0001: It shows the ridge." in capture.method
    assert [(link["way"], link["other"]["reference"]) for link in links_of(shelf)] == [("to", "2031-17")]
    assert [(link["way"], link["other"]["exhibit"]) for link in links_of(ridge)] == [("from", "WM-0001")]
    assert verify_case(shelf).ok and verify_case(ridge).ok
    heads = shelf.log.head(), ridge.log.head()
    again = link_item(shelf, "WM-0001", ridge.folder, "It shows the ridge.", look=False)
    ridge.catch_up()
    assert again.already_kept and again.postings == 0 and (shelf.log.head(), ridge.log.head()) == heads
    found = by_kind(linked_cases(shelf.folder.parent))
    assert found["item"][0].between == (("2031-17", "WM-0002"), ("S-1", "WM-0001"))
    assert found["linked item"][0].what == made.sha256 and "linked to 2031-17" in found["linked item"][0].said
    assert found["account"][0].what == "Videogram @heron" and "copy" not in found


def test_linking_refuses_what_cannot_be_linked(cases: dict[str, Case], tmp_path: Path) -> None:
    shelf, ridge = cases["shelf"], cases["ridge"]
    item = add_item(shelf, clip_of(tmp_path), look=False).item
    derived = add_derived(shelf, item, Picture("sheet", "A sheet", b"png", shows_footage=False), {}).exhibit_number
    for name, to, reason, error, said in (
        ("WM-0009", ridge.folder, "Why", NotFoundError, "no item"),
        (derived, ridge.folder, "Why", BadInputError, "derived"),
        ("WM-0001", ridge.folder, " ", BadInputError, "reason"),
        ("WM-0001", shelf.folder, "Why", ClashError, "same case"),
        ("WM-0001", tmp_path, "Why", NotFoundError, "is not a case"),
    ):
        with pytest.raises(error, match=said):
            link_item(shelf, name, to, reason)
    assert ridge.records.count_items("evidentiary") == 0 and links_of(shelf) == []


def test_what_recurs_is_listed_with_its_numbers(cases: dict[str, Case], tmp_path: Path) -> None:
    ridge, ford = cases["ridge"], cases["ford"]
    claims_of(ridge, tmp_path)
    claims_of(
        ford, tmp_path, source="n2", name="NORTHERN  NEWS", day="15", lat="39.94", act="At close range, prisoners shot"
    )
    for case in (ridge, ford):
        add_name(case, {"name": "Otterlake", "kind": "lake", "source": "an invented map"})
    found = linked_cases(ridge.folder.parent)
    kinds = by_kind(found)
    assert [row.what for row in kinds["source"]] == ["NORTHERN  NEWS"] or kinds["source"][0].what == "Northern News"
    assert kinds["unit"][0].between == (("2031-18", "claim n2-1"), ("2031-17", "claim north-1"))
    assert kinds["name"][0].what == "Otterlake" and kinds["name"][0].said == "lake"
    place = kinds["place"][0]
    assert place.distance_km == pytest.approx(4.44, abs=0.02) and place.error_km == 6.0
    assert kinds["time"][0].apart_days == pytest.approx(1.0) and "1.0 days apart" in kinds["time"][0].said
    assert "100%" in kinds["act"][0].said
    assert "for a person" in found["said"] and not found["not_opened"]
    nearer = by_kind(linked_cases(ridge.folder.parent, within_days=0.5))
    assert "time" not in nearer


def test_names_that_lines_heard_or_read_are_suggestions_across_cases(cases: dict[str, Case], tmp_path: Path) -> None:
    for name, key in (("ridge", "name_id"), ("ford", "thing_id")):
        case = cases[name]
        item = add_item(case, clip_of(tmp_path, f"{name}.bin", name.encode()), look=False).item
        seen = {"names": [{key: "otterlake", "name": "Otterlake", "kind": "lake"}], "other": [{"name": "Heron"}]}
        result: dict[str, Any] = {
            "id": f"F-{name}",
            "kind": "finding",
            "line": "conversation",
            "item": item.sha256.hex(),
        }
        result |= {"exhibit": "WM-0001", "space": "", "digest": "0" * 64, "author": "A. Author", "observations": seen}
        case.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "finding.made", {"result": result, "supersedes": []})
    (row,) = linked_cases(cases["ridge"].folder.parent)["shared"]
    assert (row.kind, row.what, row.said) == ("name", "Otterlake", "lake, as a line suggests it")
    assert set(row.between) == {("2031-17", "WM-0001, line conversation"), ("2031-18", "WM-0001, line conversation")}


def test_what_lies_beyond_its_error_or_is_said_otherwise_is_not_listed(cases: dict[str, Case], tmp_path: Path) -> None:
    ridge, ford = cases["ridge"], cases["ford"]
    claims_of(ridge, tmp_path)
    claims_of(
        ford,
        tmp_path,
        source="s",
        name="South Post",
        day="28",
        lat="39.99",
        act="a bridge was blown up",
        unit="First Heron",
    )
    assert linked_cases(ridge.folder.parent)["shared"] == []


def test_copies_found_across_cases_are_told_apart_from_the_same_bytes(cases: dict[str, Case], tmp_path: Path) -> None:
    ridge, ford = cases["ridge"], cases["ford"]
    one = add_item(ridge, clip_of(tmp_path), look=False).item
    two = add_item(ford, clip_of(tmp_path, "two.bin", b"cut from the other"), look=False).item
    payload = {"item": two.sha256, "searched": [], "found": [[one.sha256.hex(), "part of", 0.97]]}
    ford.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "item.compared", payload)
    kinds = by_kind(linked_cases(ridge.folder.parent))
    assert kinds["copy"][0].what == one.sha256.hex() and "part of, score 0.97" in kinds["copy"][0].said
    assert set(kinds["copy"][0].between) == {("2031-17", "WM-0001"), ("2031-18", "WM-0001")} and "item" not in kinds


def test_assessments_count_only_where_findings_narrow_them(cases: dict[str, Case]) -> None:
    def assessed(case: Case, narrow: bool) -> None:
        cells = 40 if narrow else 1000
        body = {
            "id": f"AS-{case.folder.name}",
            "digest": "0" * 64,
            "author": "A. Author",
            "subjects": ["WM-0001"],
            "space": "0" * 64,
            "hypotheses": {"places": {"rows": 40, "columns": 25}, "times": {"n_instants": 1000, "step_s": 600.0}},
            "regions_place": [
                {"probability": 0.9, "cells": cells, "lat_deg": [39.90, 39.92], "lon_deg": [46.0, 46.02]}
            ],
            "regions_time": [
                {
                    "probability": 0.9,
                    "minutes": 120.0 if narrow else 9000.0,
                    "intervals": [["2031-09-13T05:00:00Z", "2031-09-13T07:00:00Z"]],
                }
            ],
        }
        case.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "assessment.made", {"assessment": body})

    ridge, ford = cases["ridge"], cases["ford"]
    assessed(ridge, True)
    assessed(ford, False)
    assert linked_cases(ridge.folder.parent)["shared"] == []
    assessed(cases["shelf"], True)
    kinds = by_kind(linked_cases(ridge.folder.parent))
    assert kinds["place"][0].distance_km == 0.0 and 2.0 < (kinds["place"][0].error_km or 0.0) < 4.0
    assert kinds["time"][0].said == "they overlap"


def test_a_damaged_case_does_not_hide_the_others_and_equal_references_stay_apart(
    cases: dict[str, Case], tmp_path: Path
) -> None:
    folder = cases["ridge"].folder.parent
    twin = new_case(folder / "twin", "2031-17", "Another ridge", operator="A. Author")
    for case in (cases["ridge"], twin):
        add_item(case, clip_of(tmp_path), look=False)
    twin.close()
    (cases["ford"].folder / "witnessmark.json").write_text("{", encoding="utf-8")
    found = linked_cases(folder)
    assert [row["folder"] for row in found["not_opened"]] == ["ford"]
    assert by_kind(found)["item"][0].between == (("2031-17", "WM-0001"), ("2031-17 (twin)", "WM-0001"))
    with pytest.raises(NotFoundError, match="no case in"):
        linked_cases(tmp_path / "nowhere")


def test_the_commands(cases: dict[str, Case], tmp_path: Path) -> None:
    folder = cases["ridge"].folder.parent
    add_item(cases["ridge"], clip_of(tmp_path), look=False)
    runner = CliRunner(env={"COLUMNS": "200"})

    def run(*arguments: str) -> Any:
        done = runner.invoke(app, arguments)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout) if "--json" in arguments else done.output

    made = run("case", "new", str(folder / "new shelf"), "--reference", "S-2", "--unassigned", "--json")
    assert made["kind"] == "unassigned material"
    said = ("item", "link", "WM-0001", "--case", str(folder / "ridge"), "--to", str(folder / "new shelf"))
    assert run(*said, "--reason", "kept apart", "--json")["other_exhibit_number"] == "WM-0001"
    found = run("case", "linked", str(folder), "--json")
    assert {row["kind"] for row in found["shared"]} == {"item", "linked item"}
    assert {row["kind"] for row in found["cases"]} == {"incident", "unassigned material"}
    assert "for a person to find out" in run("case", "linked", str(folder))
