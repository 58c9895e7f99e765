from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from witnessmark.claims.articles import Document, read_document
from witnessmark.claims.articles.readers import ClaimReaderDoor, Suggested, open_reader
from witnessmark.claims.proposals import Topic
from witnessmark.claims.records import Hedge
from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError, NotFoundError

TEXT = "The army said the video was authentic. Rumour has it that the bridge is gone."
PLUGIN = """
import re
from witnessmark.claims.articles.readers import Suggested
from witnessmark.claims.proposals import Topic
from witnessmark.claims.records import Hedge

class Rumours:
    def __init__(self, words):
        self.words = words
    def read(self, text):
        for found in re.finditer(r"[^.]*(" + "|".join(self.words) + r")[^.]*[.]", text):
            start = found.start() + len(found.group()) - len(found.group().lstrip())
            yield Suggested(start, found.end(), "rumour", Topic.CONTEXT, Hedge.REPORTS, found.group(1))

class Door:
    name = "rumours"
    about = "Sentences with words that stand in a file."
    def open(self, path):
        return Rumours(path.read_text().split("\\n"))

DOOR = Door()
"""


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Path]:
    """A package with a reader, installed as a package is: its module and its entry point on the path."""
    (tmp_path / "rumour_reader.py").write_text(PLUGIN)
    facts = tmp_path / "rumour_reader-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: rumour-reader\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[witnessmark.claim_readers]\nrumours = rumour_reader:DOOR\n")
    (tmp_path / "words.txt").write_text("Rumour has it")
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path / "words.txt"
    sys.path.remove(str(tmp_path))
    sys.modules.pop("rumour_reader", None)


def document(text: str = TEXT) -> Document:
    return Document(Sha256.of(text.encode()), "a.txt", "text", text, None, None, None, None, "en", None)


def test_a_reader_of_ones_own_adds_proposals_marked_as_its(installed: Path) -> None:
    reader, mark = open_reader("rumours", installed)
    assert mark == f"rumours {hashlib.sha256(b'Rumour has it').hexdigest()}"
    alone = read_document(document())
    reading = read_document(document(), readers=[(reader, mark)])
    (added,) = [each for each in reading.proposals if each not in alone.proposals]
    assert (added.speaker, added.about, added.hedge, added.found_by) == ("rumour", Topic.CONTEXT, Hedge.REPORTS, mark)
    assert added.passage == TEXT[added.start : added.end] == "Rumour has it that the bridge is gone."
    assert {each.found_by for each in alone.proposals} == {"rules"}


def test_what_is_there_is_not_proposed_twice() -> None:
    (found,) = read_document(document()).proposals

    class Same:
        def read(self, text: str) -> list[Suggested]:
            return [Suggested(found.start, found.end, found.speaker.upper(), found.about)]

    assert read_document(document(), readers=[(Same(), "same 00")]).proposals == (found,)


@pytest.mark.parametrize(
    "wrong",
    [
        Suggested(0, 10_000, "x", Topic.ACT),
        Suggested(5, 5, "x", Topic.ACT),
        Suggested(0, 9, "x", Topic.ACT, hedge_words="not there"),
    ],
)
def test_unsound_suggestions_are_refused(wrong: Suggested) -> None:
    class Wrong:
        def read(self, text: str) -> list[Suggested]:
            return [wrong]

    with pytest.raises(BadInputError, match="Report it"):
        read_document(document(), readers=[(Wrong(), "wrong 00")])


def test_unknown_readers_and_missing_files(installed: Path) -> None:
    with pytest.raises(NotFoundError, match="rumours"):
        open_reader("nobody", installed)
    with pytest.raises(NotFoundError, match="no file"):
        open_reader("rumours", installed.parent / "none")
    assert isinstance(importlib.import_module("rumour_reader").DOOR, ClaimReaderDoor)
