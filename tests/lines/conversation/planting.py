"""A recording in which something like a voice is heard: what is said of it weighs nothing, and the line says so."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from tests.lines.clips import item_of, space
from tests.lines.conversation import voices

from witnessmark.lines.conformance import Planted
from witnessmark.lines.contract import Tools
from witnessmark.lines.conversation import Settings

START = dt.datetime(2031, 9, 12, tzinfo=dt.UTC)


class Heard:
    """How a recording is to be heard, with a folder that keeps what was heard."""

    def __init__(self, folder: Path | None, languages: tuple[str, ...] = ("az", "hy", "ru", "tr", "en")) -> None:
        self._settings = Settings(languages, journal_folder=folder, keep_journal=folder is not None)

    def settings(self) -> Settings:
        return self._settings


def plant_conversation(folder: Path) -> Planted:
    """Six seconds of a voice without words."""
    path = voices.write(folder / "planted.wav", voices.voice(6.0))
    return Planted(
        item=item_of(path),
        marks=(),
        tools=Tools(path, providers={"speech:case": Heard(folder / "heard")}),
        over=space(START),
        true_place=None,
        true_instant=None,
    )
