"""Every registered line keeps the contract: planted truth ranks high, nothing gives an abstention, five files, docs."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from tests.lines.clips import item_of, space, write
from tests.lines.planters import PLANTERS

from witnessmark.lines.conformance import (
    Planted,
    check_abstains,
    check_docs,
    check_files,
    check_planted,
    check_reported,
    check_units,
    render_panel,
)
from witnessmark.lines.contract import Abstention, Finding, Line, Tools
from witnessmark.lines.registry import discover_lines, problems
from witnessmark.plain import to_plain

DOCS = Path(__file__).parents[2] / "docs" / "lines"
REGISTERED = sorted(discover_lines().found.values(), key=lambda line: line.name)
OVER = space(dt.datetime(2031, 9, 12, tzinfo=dt.UTC))


@pytest.fixture(scope="module", params=REGISTERED, ids=lambda line: line.name)
def line(request: pytest.FixtureRequest) -> Line:
    registered = request.param
    assert isinstance(registered, Line)
    return registered


@pytest.fixture(scope="module")
def planted(line: Line, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    assert line.name in PLANTERS, f"add a planter for '{line.name}' to tests/lines/planters.py"
    return PLANTERS[line.name](tmp_path_factory.mktemp(line.name))


@pytest.fixture(scope="module")
def finding(line: Line, planted: Planted) -> Finding | Abstention:
    return check_planted(line, planted) if planted.weighs else check_reported(line, planted)


def test_something_is_registered_and_nothing_is_broken() -> None:
    assert "integrity" in [line.name for line in REGISTERED]
    assert problems() == ()


def test_planted_truth_ranks_high(finding: Finding | Abstention, planted: Planted) -> None:
    assert isinstance(finding, Finding) == planted.weighs
    assert finding.statement if isinstance(finding, Finding) else finding.what_would_help


def test_abstains_on_nothing(line: Line, tmp_path: Path) -> None:
    empty, text, blank = tmp_path / "empty.mp4", tmp_path / "text.mp4", tmp_path / "blank.mp4"
    empty.write_bytes(b"")
    text.write_bytes(b"This is no recording at all.\n" * 40)
    write(blank, [0] * 12)
    for path in (empty, text, blank):
        answer = check_abstains(line, item_of(path), Tools(path), OVER)
        assert isinstance(answer, Abstention)


def test_five_files_and_docs(line: Line) -> None:
    check_files(line)
    check_docs(DOCS / f"{line.name}.md")


def test_pictures_are_png_with_captions(line: Line, planted: Planted) -> None:
    seen = line.observe(planted.item, planted.marks, planted.tools)
    for picture in line.draw(seen):
        assert picture.png.startswith(b"\x89PNG") and picture.caption.endswith(".")
        assert re.fullmatch(r"[a-z0-9-]+", picture.name)


def test_panel_renders_and_escapes(line: Line, planted: Planted, finding: Finding | Abstention) -> None:
    abstention = Abstention(line.name, line.version, "It holds <b>nothing</b>.", "Another copy & more.")
    if isinstance(finding, Finding):
        full = render_panel(line, finding.observations, finding, None)
        said = finding.statement
    else:
        seen = line.observe(planted.item, planted.marks, planted.tools)
        full = render_panel(line, to_plain(seen), None, finding)
        said = finding.reason
    assert said.split(".")[0][:40].replace("'", "&#39;") in full
    bare = render_panel(line, None, None, abstention)
    assert "&lt;b&gt;nothing" in bare and "<b>nothing" not in bare
    for page in (full, bare):
        assert "<script" not in page and " on" + "click" not in page and "style=" not in page


def test_units_check_bites() -> None:
    check_units({"length_m": 1.0, "frames_count": 3})
    with pytest.raises(AssertionError, match="no unit"):
        check_units({"length": 1.0})
    with pytest.raises(AssertionError, match="nan"):
        check_units({"length_m": float("nan")})


def test_observations_are_plain(finding: Finding | Abstention) -> None:
    assert not isinstance(finding, Finding) or to_plain(finding.observations) == finding.observations
