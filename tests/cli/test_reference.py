from __future__ import annotations

from pathlib import Path

from witnessmark.cli.reference import reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "commands changed: run `make docs`, which writes the page"
