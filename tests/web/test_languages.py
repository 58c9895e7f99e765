from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from fastapi.testclient import TestClient
from jinja2.ext import babel_extract

from tests.web.people import HTML, People
from witnessmark.claims.records import CREDIBILITY_WORDS, Reliability, SourceKind
from witnessmark.dossier import Edition
from witnessmark.law.records import Strength
from witnessmark.review import Verdict
from witnessmark.stores.accounts import Role
from witnessmark.web.pages.frame import TOOLS
from witnessmark.web.pages.lawful import DIRECTIONS
from witnessmark.web.wording import SOURCE, languages, translations

PLACEHOLDER = re.compile(r"%%|%\([a-z_]+\)[a-z]|\{[a-z_]*\}")
OTHERS = [code for code in languages() if code != SOURCE]


@cache
def _said() -> frozenset[str | tuple[str, str]]:
    """Every string of the templates: what is said, or one and many of it."""
    found: set[str | tuple[str, str]] = set()
    for file in resources.files("witnessmark.web").joinpath("templates").iterdir():
        with file.open("rb") as stream:
            reading: Any = babel_extract  # Jinja and Babel type what passes between them apart
            for _, message, _, _ in extract(reading, stream, {"gettext": None, "_": None, "ngettext": (1, 2)}):
                found.add(message if isinstance(message, str) else (message[0], message[1]))
    return frozenset(found | _taken_from_elsewhere())


def _taken_from_elsewhere() -> set[str]:
    """Words that templates translate by their value: roles, grades, verdicts, editions, tools, the sky."""
    said = {each.value for kind in (Role, Verdict, Edition, SourceKind, Strength) for each in kind}
    said |= {each.words for each in Role} | {each.words for each in Reliability} | set(CREDIBILITY_WORDS.values())
    said |= {words for _, _, words, _ in TOOLS} | set(DIRECTIONS)
    return said | {"clear", "partly", "overcast", "calm", "moderate", "strong"}


def test_there_is_a_second_language_and_much_to_say() -> None:
    assert OTHERS
    assert len(_said()) > 400


@pytest.mark.parametrize("code", OTHERS)
def test_nothing_is_left_unsaid_in_a_language(code: str) -> None:
    with resources.files("witnessmark.web").joinpath("locale", code, "messages.po").open("rb") as stream:
        catalogue = read_po(stream, locale=code, abort_invalid=True)
    told = {message.id: message for message in catalogue if message.id}
    missing = [said for said in _said() if said not in told or not all(_strings(told[said].string or ""))]
    assert missing == []
    assert sorted(str(each) for each in told.keys() - _said()) == [], "nobody says these any more"
    for said, message in told.items():
        wanted = sorted(PLACEHOLDER.findall(_strings(said)[-1]))
        for string in _strings(message.string or ""):
            assert sorted(PLACEHOLDER.findall(string)) == wanted, said
        assert not message.fuzzy, said


def _strings(said: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)


def test_a_page_speaks_the_language_the_browser_asks_for(people: People) -> None:
    asked: TestClient = people["Ada Admin"]
    french = asked.get("/", headers=HTML | {"accept-language": "fr-FR,fr;q=0.9,en;q=0.5"}).text
    assert '<html lang="fr"' in french
    assert "Se déconnecter" in french and "1 élément" in french
    english = asked.get("/", headers=HTML | {"accept-language": "xx"}).text
    assert "Sign out" in english and "0 items" in english
    assert translations("fr").ngettext("%(num)d item", "%(num)d items", 0) == "%(num)d élément"
