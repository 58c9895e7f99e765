"""The timeline: everything with a time, in order, with its precision, and as a page."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from witnessmark.cli import app
from witnessmark.desk.case import Case, open_case
from witnessmark.desk.register import add_person, withdraw_person
from witnessmark.desk.timeline import WORK, WORLD, timeline
from witnessmark.desk.timeline_page import LEFT, WIDTH, draw
from witnessmark.plain import parse_moment


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory, assessed: Path) -> Iterator[Case]:
    """A case with something of every kind; these tests only read it."""
    folder = tmp_path_factory.mktemp("timeline") / "case"
    case = open_case(Path(shutil.copytree(assessed, folder)), operator="A. Author")
    add_person(case, role="held", pseudonym="Heron", status="captured", when="2031-09-12/2031-09-13", source="WM-0001")
    add_person(case, role="held", pseudonym="Crane", status="held", when="2031-10", source="a list")
    add_person(case, role="held", pseudonym="Stork", status="missing", source="a list")
    add_person(case, role="held", pseudonym="Teal", status="held", when="2031-10", source="a list")
    withdraw_person(case, "Teal", "mistaken")
    yield case
    case.close()


def test_everything_with_a_time_is_there_in_order_with_its_precision(worked: Case) -> None:
    rows = timeline(worked)
    world = [row for row in rows if row["scale"] == WORLD]
    kinds = {row["kind"] for row in rows}
    assert {
        "said",
        "claimed to have happened",
        "posted",
        "filmed",
        "person",
        "item taken in",
        "finding",
        "assessment",
    } <= kinds
    starts = [parse_moment(row["from"]) for row in world if row["from"]]
    assert starts == sorted(starts)
    claimed = next(row for row in world if row["kind"] == "claimed to have happened")
    assert (claimed["from"], claimed["to"]) == ("2031-09-13T00:00:00+04:00", "2031-09-14T00:00:00+04:00")
    assert claimed["precision"] == "day" and claimed["who"] == "Northern Administration"
    posted = next(row for row in world if row["kind"] == "posted")
    assert posted["from"] == "2031-09-14T10:00:00+04:00" and posted["precision"] == "exact"
    assert "assumption" in posted["how_known"]
    people = {row["what"]: row for row in world if row["kind"] == "person"}
    assert set(people) == {"Heron: captured", "Crane: held"}
    assert people["Heron: captured"]["precision"] == "days" and people["Crane: held"]["precision"] == "month"
    assert "zone is not known" in people["Crane: held"]["how_known"]
    filmed = next(row for row in world if row["kind"] == "filmed")
    assert "off the grid" in filmed["how_known"] and parse_moment(filmed["to"]) <= parse_moment("2031-09-15T00:00:00Z")
    work = [row for row in rows if row["scale"] == WORK]
    assert [row["kind"] for row in work] == ["file last modified", "item taken in", "finding", "assessment"]
    assert all(row["precision"] == "exact" for row in work) and "easily changed" in work[0]["how_known"]
    assert all(row["who"] == "A. Author" for row in work[1:])


def test_the_picture_places_bars_in_time(worked: Case) -> None:
    rows = timeline(worked)
    drawn = draw(rows, WORLD, "World")
    assert drawn is not None
    assert all(bar.x >= LEFT - 1 and bar.x + bar.width <= WIDTH + 5 for bar in drawn.bars)
    assert 2 <= len(drawn.ticks) <= 11 and len(drawn.bars) == len([row for row in rows if row["scale"] == WORLD])
    heron = next(bar for bar in drawn.bars if "Heron" in bar.title)
    crane = next(bar for bar in drawn.bars if "Crane" in bar.title)
    assert heron.x < crane.x and crane.width == pytest.approx(heron.width * 31 / 2, rel=0.02)
    assert draw([], WORLD, "World") is None


@pytest.mark.parametrize(
    ("begin", "end"), [("2031-09-13T00:00:00Z", "2031-09-13T00:00:00Z"), (None, "1949-01-01T00:00:00Z")]
)
def test_a_single_moment_and_an_open_end_can_be_drawn(begin: str | None, end: str) -> None:
    row = {"scale": WORLD, "kind": "said", "from": begin, "to": end, "precision": "exact", "what": "x"}
    drawn = draw([row], WORLD, "World")
    assert drawn is not None and drawn.bars[0].width >= 4.0 and drawn.bars[0].open_left is (begin is None)


def test_the_command_and_its_page(worked: Case, tmp_path: Path) -> None:
    runner = CliRunner(env={"COLUMNS": "200", "WITNESSMARK_CASE": str(worked.folder)})
    page = tmp_path / "timeline.html"
    done = runner.invoke(app, ["case", "timeline", "--json", "--html", str(page)])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["case"] == "2031-17" and said["events"] == timeline(worked)
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text and "default-src 'none'" in text
    svgs = text.split("<svg")[1:]
    assert len(svgs) == 2
    for svg in svgs:
        root = ET.fromstring("<svg" + svg.split("</svg>")[0] + "</svg>")
        assert root.findall("rect")
    shown = runner.invoke(app, ["case", "timeline"])
    assert shown.exit_code == 0 and "Heron: captured" in shown.output


def test_an_empty_case_has_an_empty_timeline(case: Case, tmp_path: Path) -> None:
    assert timeline(case) == []
    runner = CliRunner(env={"WITNESSMARK_CASE": str(case.folder)})
    done = runner.invoke(app, ["case", "timeline", "--html", str(tmp_path / "t.html")])
    assert done.exit_code == 0 and "Nothing of this case has a time yet" in done.output
    assert "Nothing of this case has a time yet" in (tmp_path / "t.html").read_text()
