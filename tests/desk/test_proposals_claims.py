"""Relations, attachments, ties to recordings and the matrix of a case, as events that outlive the tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from witnessmark.claims.attachments import AS_STATED
from witnessmark.claims.matrix import Row, Stance
from witnessmark.claims.relations import OriginKind
from witnessmark.desk.assessing import assess
from witnessmark.desk.case import Case, open_case
from witnessmark.desk.claims import (
    attach,
    attachments,
    case_matrix,
    detach,
    get_claim,
    name_alternatives,
    relate,
    relations,
    show_claim,
    tie_items,
    unrelate,
)
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.sealing import gather, seal_case
from witnessmark.desk.statements import add_claims
from witnessmark.dossier import Edition
from witnessmark.errors import BadInputError, ClashError, NotFoundError

MORE = """\
  - id: north-2
    source: north
    statement: Eight people are held.
    quote: {text: Eight were held., document: statement.html, locator: paragraph 3}
    hedge: asserts
    said_at: {at: 2031-10-02T14:30:00+04:00, how_known: platform page}
    credibility: 3
    credibility_reason: Not yet compared with anything independent.
    about: {counts: [{what: people, number: 8, counted_by: north}], unit: 3rd Company, otherwise: [fewer]}
    attributes_to: [north-1]
    items: [WM-0001]
    via: [The Morning Paper]
"""


@pytest.fixture
def worked(case: Case, clip: Path, claims_file: Path) -> tuple[Case, dict[str, Any]]:
    """A case with a recording, three claims, one finding and an assessment."""
    add_item(case, clip, method="copied", look=False)
    claims_file.write_text(claims_file.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    add_claims(case, claims_file)
    (finding,) = run_lines(case, ["integrity"])
    assess(case)
    return case, finding


def rows_of(case: Case) -> dict[str, Row]:
    return {row.claim.id: row for row in case_matrix(case).rows}


def test_the_matrix_of_a_case_holds_what_was_fused_and_what_people_said(worked: tuple[Case, dict[str, Any]]) -> None:
    case, finding = worked
    rows = rows_of(case)
    (weight,) = rows["north-1"].weights
    (cell,) = weight.cells
    assert cell.finding == finding["id"] and cell.line == "integrity"
    assert weight.log10_lr is not None and cell.log10_lr == pytest.approx(weight.log10_lr, abs=1e-9)
    assert rows["north-1"].contradicts == ("south-1",) and rows["north-1"].repeated_by == ()
    held = rows["north-2"]
    assert held.weights == () and held.attributes_to == ("north-1",) and held.heard.voices == ("source:north",)
    assert held.heard.outlets == ("Northern Administration", "The Morning Paper")
    assert (held.claim.about.unit, held.claim.items) == ("3rd Company", ("WM-0001",))
    assert show_claim(case, "north-2")["row"]["alternatives"] == [AS_STATED, "fewer"]


def test_relations_are_events_and_can_be_taken_back(worked: tuple[Case, dict[str, Any]]) -> None:
    case, _ = worked
    made = relate(case, "south-1", "attributes-to", "https://example.org/post/1", reason="It shows the post.")
    assert made.other_kind is OriginKind.ADDRESS
    relate(case, "north-2", "attributes-to", "wm-0001")
    relate(case, "north-2", "attributes-to", "south")
    assert rows_of(case)["north-2"].heard.goes_back_to == ("item:WM-0001", "source:north", "source:south")
    assert relate(case, "north-2", "repeats", "north-1").other == "north-1"
    for claim, kind, other, error in (
        ("nobody", "repeats", "north-1", NotFoundError),
        ("north-1", "repeats", "nobody", NotFoundError),
        ("north-1", "attributes-to", "a rumour", NotFoundError),
        ("north-1", "echoes", "north-2", BadInputError),
        ("north-1", "repeats", "north-2", ClashError),
        ("north-1", "repeats", "south-1", ClashError),
        ("north-2", "repeats", "north-1", ClashError),
    ):
        with pytest.raises(error):
            relate(case, claim, kind, other)
    relate(case, "north-1", "attributes-to", "north-2", ring=True)
    assert rows_of(case)["north-1"].heard.ring == ("north-1", "north-2")
    assert any("one another as their source" in note for note in case_matrix(case).notes)
    with pytest.raises(BadInputError, match="without a reason"):
        unrelate(case, "north-2", "repeats", "north-1", reason="")
    with pytest.raises(BadInputError, match="claims file"):
        unrelate(case, "south-1", "contradicts", "north-1", reason="No.")
    unrelate(case, "north-1", "attributes-to", "north-2", reason="It was the other way round.")
    unrelate(case, "south-1", "attributes-to", "https://example.org/post/1", reason="Another post.")
    with pytest.raises(NotFoundError):
        unrelate(case, "north-1", "attributes-to", "north-2", reason="Again.")
    assert len(relations(case)) == 5 and rows_of(case)["north-1"].heard.ring == ()


def test_attachments_have_a_strength_a_reason_and_no_number(worked: tuple[Case, dict[str, Any]]) -> None:
    case, finding = worked
    before = rows_of(case)["north-1"].weights
    made = attach(case, finding["id"], "north-2", bears_for=True, strength="fair", reason="Eight stand in a row.")
    assert (made.id, int(made.strength), made.alternative, made.by) == ("AT-0001", 3, AS_STATED, "A. Author")
    name_alternatives(case, "north-2", ["more", "Fewer"])
    assert get_claim(case, "north-2").about.otherwise == ("fewer", "more")
    attach(case, finding["id"], "north-2", bears_for=False, strength="1", reason="A ninth?", alternative="FEWER")
    attach(case, finding["id"], "north-1", bears_for=True, strength="5", reason="As it is.")
    rows = rows_of(case)
    assert [entry.alternative for entry in rows["north-2"].attached] == [AS_STATED, "fewer"]
    assert rows["north-1"].weights == before
    for wrong, error in (
        ({"finding": "F-nothing"}, NotFoundError),
        ({"claim": "nobody"}, NotFoundError),
        ({"strength": "6"}, BadInputError),
        ({"reason": " - "}, BadInputError),
        ({"alternative": "lots"}, BadInputError),
    ):
        given = {"finding": finding["id"], "claim": "north-2", "strength": "2", "reason": "So.", "alternative": None}
        given.update(wrong)
        with pytest.raises(error):
            attach(case, str(given["finding"]), str(given["claim"]), bears_for=True, strength=str(given["strength"]),
                   reason=str(given["reason"]), alternative=given["alternative"])  # fmt: skip
    with pytest.raises(BadInputError):
        detach(case, "AT-0001", reason="")
    detach(case, "AT-0001", reason="Miscounted.")
    with pytest.raises(NotFoundError):
        detach(case, "AT-0001", reason="Again.")
    assert [entry.id for entry in attachments(case)] == ["AT-0002", "AT-0003"]


def test_a_claim_tied_to_another_recording_is_not_weighed_on_this_one(
    worked: tuple[Case, dict[str, Any]], tmp_path: Path, clip: Path
) -> None:
    case, _ = worked
    other = tmp_path / "other.mp4"
    other.write_bytes(clip.read_bytes() + b"\x00")
    add_item(case, other, method="copied", look=False)
    tie_items(case, "south-1", ["WM-0002"])
    assert get_claim(case, "south-1").items == ("WM-0002",)
    made = assess(case, ["WM-0001"])
    assert [entry["claim_id"] for entry in made["standings"]] == ["north-1"]
    assert {"claim_id": "south-1", "reason": "It is about WM-0002."} in made["claims_not_weighed"]
    assert "No assessment of WM-0002" in rows_of(case)["south-1"].not_weighed
    assert [row.claim.id for row in case_matrix(case, ["WM-0001"]).rows] == ["north-1", "north-2"]
    head = case.log.head().number
    tie_items(case, "south-1", ["WM-0002"])
    assert case.log.head().number == head
    tie_items(case, "south-1", [])
    assert get_claim(case, "south-1").items == ()


def test_a_claims_file_about_a_recording_that_is_not_here_is_refused(case: Case, claims_file: Path) -> None:
    claims_file.write_text(claims_file.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    with pytest.raises(BadInputError, match="about WM-0001, which the case does not hold"):
        add_claims(case, claims_file)


def test_everything_is_rebuilt_from_the_log_and_goes_into_the_dossier(
    worked: tuple[Case, dict[str, Any]], tmp_path: Path
) -> None:
    case, finding = worked
    relate(case, "south-1", "attributes-to", "https://example.org/post/1")
    attach(case, finding["id"], "north-2", bears_for=True, strength="fair", reason="Eight stand in a row.")
    before = rows_of(case)
    record = gather(case).case
    assert record["claim_reading"] == {"documents": 0, "open": 0, "accepted": 0, "rejected": 0}
    bearing: Any = record["claim_bearing"]
    assert bearing["attached"][0]["strength_words"] == "fair" and len(bearing["voices"]) == 2
    seal_case(case, tmp_path / "public", Edition.PUBLIC)
    sealed = json.loads((tmp_path / "public" / "data" / "case.json").read_text(encoding="utf-8"))
    assert sealed["claim_bearing"]["relations"][-1]["other"] == "post 1"
    page = (tmp_path / "public" / "data" / "report.html").read_text(encoding="utf-8")
    for text in (json.dumps(sealed), page):
        assert "example.org/post/1" not in text and "A. Author" not in text
    assert "is attributed to post 1" in page and "attached, not weighed" in page
    case.close()
    for path in case.folder.glob("records.db*"):
        path.unlink()
    rebuilt = open_case(case.folder)
    try:
        assert rows_of(rebuilt) == before
        assert rows_of(rebuilt)["north-1"].told_by(Stance.OPEN) or rows_of(rebuilt)["north-1"].told_by(Stance.SUPPORTS)
    finally:
        rebuilt.close()
