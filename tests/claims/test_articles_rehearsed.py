from __future__ import annotations

import datetime as dt
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from witnessmark.claims.articles import read_article
from witnessmark.claims.articles.atlases import GazetteerAtlas
from witnessmark.claims.articles.words import parties
from witnessmark.lines.providers.gazetteer import CaseGazetteer

ARTICLES = Path(__file__).parent / "articles"


@pytest.fixture(scope="module")
def reading() -> ModuleType:
    """The benchmark, which knows how to compare a reading with a hand list."""
    spec = importlib.util.spec_from_file_location(
        "reading_benchmark", ARTICLES.parents[2] / "benchmarks" / "reading.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("group", "least"), [("development", 0.88), ("held_out", 0.6)])
def test_rehearsed_articles_are_read_as_measured(reading: ModuleType, group: str, least: float) -> None:
    known = parties().with_lines((ARTICLES / "parties.txt").read_text(encoding="utf-8"))
    atlas = GazetteerAtlas(CaseGazetteer(ARTICLES))
    total = reading.Tally()
    for path in sorted((ARTICLES / group).glob("*.yaml")):
        article = path.with_suffix(".txt")
        if not article.is_file():
            continue  # a page: opening it in its own process is tested elsewhere
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = read_article(
            article, said_on=dt.date.fromisoformat(held["said_on"]), zone="+02:00", atlas=atlas, known=known
        )
        for each in found.proposals:
            assert found.text[each.start : each.end] == each.passage
            for words in (each.hedge_words or "").split("; "):
                assert words in found.text
        total.add(reading.measure(found, reading.read_list(held["claims"]), path.stem))
    assert total.recall[1] > 20
    assert total.recall[0] / total.recall[1] >= least
    assert total.precision[0] / total.precision[1] >= 0.85
    assert total.hedges[0] / total.hedges[1] >= 0.85
