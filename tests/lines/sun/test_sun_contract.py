"""The sun line keeps the contract of lines: its planted truth ranks high, and its panel renders."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.lines.clips import item_of, write
from tests.lines.sun.planting import mark, plant_sun

from witnessmark.lines.conformance import Planted, check_abstains, check_files, check_planted, render_panel
from witnessmark.lines.contract import Abstention, Finding, Line, Tools
from witnessmark.lines.sun import SUN
from witnessmark.lines.sun.observations import SunObservations


def as_line(registered: object) -> Line:
    """What the registry would hand out."""
    assert isinstance(registered, Line)
    return registered


LINE = as_line(SUN)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant_sun(tmp_path_factory.mktemp("sun"))


@pytest.fixture(scope="module")
def finding(planted: Planted) -> Finding:
    return check_planted(LINE, planted)


def test_is_a_line() -> None:
    check_files(LINE)


def test_planted_truth_ranks_high_and_days_are_not_told_apart(finding: Finding) -> None:
    assert "a shadow at 0.00 s the sun stood" in finding.statement
    assert "does not discriminate between them" in finding.statement
    bits = finding.parameters["bits"]
    assert isinstance(bits, dict) and isinstance(bits["neighbours"], float)
    assert bits["neighbours"] < 0.5 < 2.0 < float(str(bits["total"]))


def test_alternatives_neither_gain_nor_lose(finding: Finding) -> None:
    values = set(finding.log_likelihood.alternatives_nats.values())
    assert len(values) == 1


def test_abstains_without_marks_and_on_bytes_that_are_no_recording(planted: Planted, tmp_path: Path) -> None:
    blank, text = tmp_path / "blank.mp4", tmp_path / "text.mp4"
    write(blank, [0] * 4)
    text.write_bytes(b"no recording" * 50)
    for path in (blank, text):
        check_abstains(LINE, item_of(path), Tools(path), planted.over)
    answer = SUN.observe(item_of(text), planted.marks, Tools(text))
    assert isinstance(answer, Abstention) and "frame's size" in answer.reason


def test_panel_renders_and_escapes(planted: Planted, finding: Finding) -> None:
    page = render_panel(LINE, finding.observations, finding, None)
    assert "give or take" in page and "a person (40 degrees" in page
    assert "style=" not in page and "<script" not in page
    hostile = (*planted.marks, mark("<b>m9</b>", "shadow", {"base_px": [1, 2]}))
    seen = SUN.observe(planted.item, hostile, planted.tools)
    assert isinstance(seen, SunObservations)
    made = SUN.weigh(seen, planted.over)
    assert isinstance(made, Finding)
    page = render_panel(LINE, made.observations, made, None)
    assert "&lt;b&gt;m9" in page and "<b>m9" not in page


def test_pictures_are_png_and_the_same_again(planted: Planted) -> None:
    seen = SUN.observe(planted.item, planted.marks, planted.tools)
    assert isinstance(seen, SunObservations)
    (picture,) = SUN.draw(seen)
    assert picture.png.startswith(b"\x89PNG") and picture.caption.endswith(".") and not picture.shows_footage
    assert SUN.draw(seen)[0].png == picture.png
