"""What a line may ask while it looks: providers, libraries, the case's other footage, and what other lines found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from witnessmark.custody.records import Item
from witnessmark.desk.asking import AnswersOnRecord
from witnessmark.desk.case import Case
from witnessmark.desk.emblems import open_emblems
from witnessmark.desk.footage import CaseFootage
from witnessmark.desk.libraries import open_libraries
from witnessmark.desk.names import case_names
from witnessmark.desk.outside import open_providers
from witnessmark.desk.places import open_places
from witnessmark.desk.relief import case_search, relief_horizons, terrain_headings
from witnessmark.desk.speech import SETTING as SPEECH
from witnessmark.desk.speech import CaseSpeech
from witnessmark.desk.weather import WEATHER, CaseWeather
from witnessmark.lines.contract import Line
from witnessmark.lines.providers.contract import ElevationProvider, Reading
from witnessmark.lines.providers.names import NameBook
from witnessmark.lines.providers.noting import Noted
from witnessmark.lines.text import USUAL_SCRIPTS
from witnessmark.lines.text.packs import PacksAtHand
from witnessmark.plain import Plain

FINGERPRINTS = "fingerprints"
FOOTAGE = "footage"
EMBLEMS = "emblems"
NAMES = "names"
PACKS = "packs"
SEARCH, HEADINGS, HORIZONS = "search", "headings", "horizons"


def consulted(case: Case, item: Item, groups: Collection[str]) -> dict[str, Any]:
    """Everything of these groups that can be opened for an item of the case, by "group:name"."""
    found = {
        name: Noted(asked) if isinstance(asked, ElevationProvider) else asked
        for name, asked in open_providers(case, set(groups) - {WEATHER}).items()
    }
    if WEATHER in groups:
        found[f"{WEATHER}:case"] = CaseWeather(case)
    if FINGERPRINTS in groups:
        found |= {f"{FINGERPRINTS}:{name}": library for name, library in open_libraries(case).items()}
        found[f"{FINGERPRINTS}:answers"] = AnswersOnRecord(case)
    if FOOTAGE in groups:
        found[f"{FOOTAGE}:case"] = CaseFootage(case, item)
        places = open_places(case)
        if places is not None:
            found[f"{FOOTAGE}:organisation"] = places
    if NAMES in groups:
        found[f"{NAMES}:case"] = case_names(case)
    if SPEECH in groups:
        found[f"{SPEECH}:case"] = CaseSpeech(case)
    if EMBLEMS in groups:
        found |= open_emblems(case)
    if PACKS in groups:
        found[f"{PACKS}:tesseract"] = PacksAtHand(USUAL_SCRIPTS)
    told: dict[str, Any] = {}
    if SEARCH in groups:
        told[f"{SEARCH}:case"] = case_search(case)
    if HEADINGS in groups:
        for number, headings in enumerate(terrain_headings(case, item), start=1):
            told[f"{HEADINGS}:terrain" + (f"-{number}" if number > 1 else "")] = headings
    if HORIZONS in groups:
        told[f"{HORIZONS}:relief"] = relief_horizons(case, item, found)
    return found | {name: asked for name, asked in told.items() if asked is not None}


def readings(found: Mapping[str, Any]) -> tuple[Reading, ...]:
    """What was read through them so far."""
    return tuple(
        reading
        for name in sorted(found)
        if isinstance(found[name], (Noted, CaseWeather, NameBook))
        for reading in found[name].readings
    )


def after_others(lines: Sequence[Line]) -> list[Line]:
    """Lines in the order in which they are run: those that ask what others found come last."""
    return sorted(lines, key=lambda line: HEADINGS in line.consults)


def states(found: Mapping[str, Any]) -> Plain:
    """What each of them holds, as one word that changes with it: what a result follows from besides the item."""
    return {name: _state(asked) for name, asked in sorted(found.items())}


def _state(asked: Any) -> str:
    return str(asked.state()) if hasattr(asked, "state") else ""


def let_go(found: Mapping[str, Any]) -> None:
    """Close what can be closed."""
    for asked in found.values():
        if hasattr(asked, "close"):
            asked.close()
