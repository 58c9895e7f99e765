"""Law at the desk: gaps beside alternatives, instruments from files, jurisdiction apart, and never a verdict."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.desk.conftest import superseding
from typer.testing import CliRunner

from witnessmark.cli import app
from witnessmark.desk.assessing import latest_assessment
from witnessmark.desk.case import UNASSIGNED, Case, new_case, open_case
from witnessmark.desk.jurisdiction import Bounds, read_jurisdiction
from witnessmark.desk.lawful import add_law, attach, gap_table, law_book, law_rows, note_gap
from witnessmark.desk.pages import write_page
from witnessmark.desk.sealing import seal_case
from witnessmark.desk.verifying import verify_case
from witnessmark.dossier import Edition, verify
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.law import NOT_A_VERDICT, Strength

CODE = """\
instrument:
  id: code
  title: Criminal Code of an Invented State
  adopted: "2001-02-03"
  in_force: "2031-09-13"
  citation: Official Gazette 2001, no. 7
  source: https://example.org/code
  version: As amended to 1 January 2030.
  checked_by_lawyer: false
norms:
  - id: code.115
    article: art. 115
    title: Ill-treatment of prisoners
    alternative_to: [rome.8-2-a-i]
    read_with: [gc3.4]
    elements:
      - {number: 1, kind: material, text: "A prisoner was ill-treated.", citation: "art. 115(1)"}
"""
JURISDICTION = """\
format: witnessmark-jurisdiction/1
acceptances:
  - id: north-declared
    state: Northland
    instrument: rome
    kind: declaration under article 12(3)
    time: {from: 2031-09-13, zone: +00:00}
    citation: Depositary notification 12 of 2031 (invented)
territories:
  - {id: west-half, state: Northland, place: {bbox: [46.0, 39.8, 46.1, 40.0]}, supplied_by: A. Author, citation: Map 3}
  - {id: whole, state: Southland, place: {bbox: [45.0, 39.0, 47.0, 41.0]}, supplied_by: A. Author, citation: Map 4}
"""
VERDICTS = re.compile(
    r"guilty|guilt\b|convict|beyond reasonable doubt|war criminal|is proven|is established"
    r"|element is (met|satisfied|made out)|was committed by|has jurisdiction\b|amounts to|constitutes a",
    re.IGNORECASE,
)


@pytest.fixture
def case(tmp_path: Path, assessed: Path) -> Iterator[Case]:
    """A copy of an assessed case to work in."""
    opened = open_case(Path(shutil.copytree(assessed, tmp_path / "case")), operator="A. Author")
    yield opened
    opened.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with an instrument and who accepted what."""
    folder = tmp_path / "law"
    folder.mkdir()
    (folder / "code.yaml").write_text(CODE, encoding="utf-8")
    (folder / "who.yaml").write_text(JURISDICTION, encoding="utf-8")
    return folder


def finding_of(case: Case) -> str:
    return str(case.records.results("finding")[0]["id"])


def ends(bounds: Bounds) -> tuple[float, float]:
    return bounds.at_least, bounds.at_most


def test_alternatives_stand_side_by_side_with_gaps_strengths_and_notes(case: Case) -> None:
    finding = finding_of(case)
    attach(case, "rome.8-2-a-i.1", finding, "bears-for", "A person falls at second 12.", "fair")
    attach(case, "rome.8-2-a-i.1", finding, "bears-against", "The fall may be staged.", "SLIGHT")
    note_gap(case, "rome.8-2-b-vi.3", "Nothing shows what the persons present knew; a radio log could.")
    found = gap_table(case)
    (group,) = found["groups"]
    assert [norm["id"] for norm in group] == ["rome.8-2-a-i", "rome.8-2-b-vi", "rome.8-2-c-i"]
    assert [norm["touched"] for norm in group] == [True, True, False]
    assert all(len(norm["elements"]) == 5 for norm in group)
    first = group[0]["elements"][0]
    assert [(one["direction"], one["strength"]) for one in first["bears"]] == [
        ("bears-for", "fair"),
        ("bears-against", "slight"),
    ]
    assert first["gap"] is None and "both for and against" in first["said"]
    assert all(row["gap"] for row in group[0]["elements"][1:])
    assert group[1]["elements"][2]["gap_notes"][0]["note"].startswith("Nothing shows")
    assert "To be read with it: gc3.4." in found["to_look_at"]
    assert found["not_a_verdict"] == NOT_A_VERDICT
    assert verify_case(case).ok


def test_a_superseded_finding_is_a_gap_again_and_stays_shown(case: Case) -> None:
    finding = finding_of(case)
    attach(case, "rome.8-2-a-i.1", finding, "bears-for", "A person falls at second 12.")
    superseding(case)
    row = gap_table(case)["groups"][0][0]["elements"][0]
    assert row["gap"] and row["bears"][0]["superseded"] and row["bears"][0]["strength"] is None
    with pytest.raises(NotFoundError, match="no current finding"):
        attach(case, "rome.8-2-a-i.1", finding, "bears-for", "A person falls at second 12.")


def test_an_instrument_from_a_folder_is_used_like_those_shipped(case: Case, files: Path, tmp_path: Path) -> None:
    added = add_law(case, [files])
    assert [(one["name"], one["kind"]) for one in added] == [("code.yaml", "instrument"), ("who.yaml", "jurisdiction")]
    attach(case, "code.115.1", finding_of(case), "context", "It bears on when.")
    (group,) = gap_table(case)["groups"]
    assert {norm["id"] for norm in group} == {"code.115", "rome.8-2-a-i", "rome.8-2-b-vi", "rome.8-2-c-i"}
    assert [row["id"] for row in law_rows(case)] == ["code.115.1"]
    shutil.rmtree(files)  # the case keeps the bytes
    assert law_book(case).element("code.115.1").citation == "art. 115(1)"
    assert verify(seal_case(case, tmp_path / "dossier", Edition.CLOSED).path).exit_code == 0


def test_a_corrected_file_takes_the_earlier_ones_place_but_not_what_is_attached(case: Case, files: Path) -> None:
    add_law(case, [files / "code.yaml"])
    attach(case, "code.115.1", finding_of(case), "context", "It bears on when.")
    (files / "code.yaml").write_text(CODE.replace("ill-treated.", "beaten or starved."), encoding="utf-8")
    add_law(case, [files / "code.yaml"])
    assert law_book(case).element("code.115.1").text == "A prisoner was beaten or starved."
    (files / "code.yaml").write_text(CODE.replace("code.115", "code.116"), encoding="utf-8")
    with pytest.raises(NotFoundError, match=r"code\.115\.1"):
        add_law(case, [files / "code.yaml"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("number: 1,", "number: 2,"), "not numbered 1, 2, 3"),
        (("[rome.8-2-a-i]", "[rome.8-2-a-ii]"), "which is no norm"),
        (('"2001-02-03"', '"3 February 2001"'), "not a date"),
        (('"2001-02-03"', "2001-02-03"), "dates in quotes"),
        (("id: code.115", "id: rome.30"), "is there already"),
        (("id: code\n", "id: rome\n"), "is there already"),
        (("kind: material", "kind: verdict"), "no kind of element"),
        (("instrument:", "instrument: ["), "is not YAML"),
    ],
)
def test_a_faulty_instrument_is_refused_and_nothing_is_taken(
    case: Case, files: Path, change: tuple[str, str], said: str
) -> None:
    (files / "code.yaml").write_text(CODE.replace(*change), encoding="utf-8")
    before = case.log.head()
    with pytest.raises(BadInputError, match=said):
        add_law(case, [files])
    assert case.log.head() == before and len(law_book(case).instruments) == 5


def test_every_problem_of_every_file_is_told_at_once(case: Case, files: Path) -> None:
    (files / "code.yaml").write_text(CODE.replace("number: 1,", "number: 2,").replace("[gc3.4]", "[x, y]"))
    (files / "other.yaml").write_text("a: b")
    with pytest.raises(BadInputError, match="4 problems") as refused:
        add_law(case, [files])
    assert all(name in str(refused.value) for name in ("code.115", "'x'", "'y'", "other.yaml"))
    with pytest.raises(NotFoundError, match=r"no \.yaml file"):
        add_law(case, [case.folder / "keys"])
    with pytest.raises(NotFoundError, match="cannot be read"):
        add_law(case, [files / "none.yaml"])


def test_jurisdiction_follows_time_and_place_and_asserts_nothing(case: Case, files: Path) -> None:
    bare = gap_table(case)["jurisdiction"]
    assert bare["acceptances"] == [] and {one["in_force"] for one in bare["instruments"]} >= {"2002-07-01"}
    add_law(case, [files])
    found = gap_table(case)["jurisdiction"]
    body = latest_assessment(case)
    left = 1.0 - body["p_grid"]
    over = np.load(case.objects.local_path(body["marginals"]["time"]["key"]))
    rome, code = (next(one for one in found["instruments"] if one["id"] == name) for name in ("rome", "code"))
    assert ends(rome["filmed_since_in_force"]) == pytest.approx((body["p_grid"], 1.0))
    since = float(over[144:].sum())  # from the second of three days on
    assert 0.0 < since < body["p_grid"]
    assert ends(code["filmed_since_in_force"]) == pytest.approx((since, since + left))
    assert found["acceptances"][0]["filmed_within"].at_least == pytest.approx(since)
    west, whole = (one["filmed_within"] for one in found["territories"])
    assert west.at_least == pytest.approx(0.5 * body["p_grid"], rel=0.1)
    assert whole.at_least == pytest.approx(body["p_grid"]) and whole.at_most == pytest.approx(1.0)
    (both,) = found["both"]  # only of the same State
    assert both["territory"] == "west-half"
    joint = both["filmed_within_both"]
    assert joint.at_least <= west.at_least * since / body["p_grid"] <= joint.at_most  # independent here: within bounds
    assert "never" in found["not_asserted"] or "is not said here" in found["not_asserted"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("instrument: rome", "instrument: roma"), "did you mean 'rome'"),
        (("zone: +00:00", "zne: +00:00"), "line 7"),
        (("bbox: [46.0, 39.8, 46.1, 40.0]", "near: {name: Lake, radius_km: 3}"), "has not been looked up"),
        (("citation: Map 3", "x: 3"), "line 10"),
        (("/1\n", "/2\n"), "is not of format"),
    ],
)
def test_a_faulty_jurisdiction_file_names_its_lines(change: tuple[str, str], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        read_jurisdiction(JURISDICTION.replace(*change).encode(), "who.yaml", ["rome", "gc3"])


def test_a_shelf_without_an_incident_is_not_weighed_in_law(tmp_path: Path) -> None:
    shelf = new_case(tmp_path / "shelf", "S-1", "Unsorted", operator="A. Author", settings={"kind": UNASSIGNED})
    for act in (
        lambda: attach(shelf, "gc3.13.1", "F-0", "context", "Why."),
        lambda: note_gap(shelf, "gc3.13.1", "Why."),
    ):
        with pytest.raises(BadInputError, match="belongs to no incident yet"):
            act()
    shelf.close()


@pytest.mark.parametrize("words", ["The accused is guilty.", "So the element is met.", "This is proven."])
def test_no_note_gives_a_verdict(case: Case, words: str) -> None:
    with pytest.raises(BadInputError, match="verdict"):
        attach(case, "rome.8-2-a-i.1", finding_of(case), "bears-for", words)
    with pytest.raises(BadInputError, match="verdict"):
        note_gap(case, "rome.8-2-a-i.1", words)


def test_nothing_the_program_says_of_law_concludes(case: Case, files: Path, tmp_path: Path) -> None:
    """All elements touched, all directions and strengths: every word of table, JSON, page and help is read."""
    add_law(case, [files])
    finding = finding_of(case)
    book = law_book(case)
    for index, element in enumerate(norm.elements[-1].id for norm in book.norms):
        direction = ("bears-for", "bears-against", "context")[index % 3]
        attach(case, element, finding, direction, "Seen from second 12 on.", list(Strength)[index % 5])
        note_gap(case, element, "More would be needed.")
    write_page(case, tmp_path / "law.html", "law", gap_table(case))
    case.close()
    wide = CliRunner(env={"COLUMNS": "4000", "WITNESSMARK_CASE": str(case.folder)})  # no sentence is broken

    def run(*arguments: str) -> str:
        done = wide.invoke(app, ["law", *arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    said = [run("gaps"), run("gaps", "--json"), run("show"), run("gaps", "--help")]
    said.append((tmp_path / "law.html").read_text(encoding="utf-8"))
    own = [part.text for norm in book.norms for part in norm.elements] + [norm.title for norm in book.norms]
    for text in said:
        plain = " ".join(re.sub(r"&#39;", "'", text).split())
        for allowed in (NOT_A_VERDICT, *own):
            plain = plain.replace(" ".join(allowed.split()), "")
        assert (found := VERDICTS.search(plain)) is None, found
    assert json.loads(said[1])["not_a_verdict"] == NOT_A_VERDICT
    assert NOT_A_VERDICT in said[0] and NOT_A_VERDICT in said[4]


def test_the_page_escapes_what_people_wrote(case: Case, tmp_path: Path) -> None:
    attach(case, "rome.8-2-a-i.1", finding_of(case), "context", "<script>alert(1)</script> \u202etxt\u202c & more")
    page = write_page(case, tmp_path / "law.html", "law", gap_table(case)).read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page and "\u202e" not in page
    assert "default-src 'none'" in page and "http" not in _without_sources(page)


def _without_sources(page: str) -> str:
    return page.replace("http-equiv", "")
