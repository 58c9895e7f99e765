"""The house's own rules, held by looking at its files."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[>=<\[]", requirement)[0].lower() for requirement in requirements}


def test_every_dependency_has_its_reason_written_down() -> None:
    told = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    rows = {line.split("|")[1].split("(")[0].strip() for line in told.splitlines() if line.startswith("| ")}
    assert _names(PROJECT["dependencies"]) <= rows
    extras = {f"`{name}`" for name in PROJECT["optional-dependencies"]}
    assert extras <= rows


def test_no_dependency_is_pinned_to_one_version() -> None:
    for requirement in [*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())]:
        assert "==" not in requirement and ">=" in requirement


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "index.md").read_text(encoding="utf-8")
    for path in folder.glob("0*.md"):
        assert f"({path.name})" in index


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for path in (ROOT / "docs").rglob("*.md"):
        page = path.relative_to(ROOT / "docs").as_posix()
        assert page in navigation or page.startswith("decisions/0"), page


@pytest.mark.parametrize("path", sorted((ROOT / "src").rglob("*.py")), ids=lambda path: path.name)
def test_files_have_one_subject_and_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 450
    assert not re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", text)
