"""A library of emblems: written once, checked by hash, what is broken named and passed over."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.lines.uniforms.badges import badge, save

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.lines.uniforms.references import Reference
from witnessmark.media.records import Broken
from witnessmark.plain import from_plain, to_plain
from witnessmark.stores.emblems import LOG, REMOVED, EmblemLibrary


def put(library: EmblemLibrary, path: Path, number: int) -> Reference:
    rgb = badge(number)
    raw = save(path / f"{number}.png", rgb).read_bytes()
    made = Reference(
        sha256=Sha256.of(raw),
        label=f"badge {number}",
        kind="patch",
        shows="a badge",
        source="drawn",
        licence="CC0-1.0",
        dated="2031",
        added="2031-09-01T00:00:00Z",
        added_by="A. Curator",
    )
    return library.add(raw, rgb, made)


@pytest.fixture
def library(tmp_path: Path) -> EmblemLibrary:
    return EmblemLibrary(tmp_path / "library", make=True)


def unlocked(path: Path) -> Path:
    path.chmod(0o644)
    return path


def test_what_is_kept_comes_back(library: EmblemLibrary, tmp_path: Path) -> None:
    made = [put(library, tmp_path, number) for number in (2, 1)]
    again = EmblemLibrary(library.folder)
    assert again.references() == tuple(sorted(made, key=lambda one: one.label))
    seen = again.picture(made[0])
    assert not isinstance(seen, Broken) and np.array_equal(seen, badge(2))
    assert again.check().sound and again.passed_over() == ()


def test_nothing_is_written_over(library: EmblemLibrary, tmp_path: Path) -> None:
    made = put(library, tmp_path, 1)
    with pytest.raises(ClashError, match="holds this picture already"):
        put(library, tmp_path, 1)
    for path in library.folder.glob(f"{made.sha256.hex()}.*"):
        assert path.stat().st_mode & 0o222 == 0
    other = b"other bytes"
    with pytest.raises(BadInputError, match="other bytes"):
        library.add(other, badge(1), made)


def test_a_changed_picture_is_named_and_passed_over(library: EmblemLibrary, tmp_path: Path) -> None:
    sound, broken = put(library, tmp_path, 1), put(library, tmp_path, 2)
    before = library.state()
    unlocked(library.folder / f"{broken.sha256.hex()}.picture").write_bytes(b"no picture")
    found = library.passed_over()
    assert [one.name.split(" ", 1)[1] for one in found] == ["badge 2"] and "hash differs" in found[0].reason
    assert isinstance(library.picture(broken), Broken) and not isinstance(library.picture(sound), Broken)
    assert not library.check().sound and library.state() != before


@pytest.mark.parametrize("ending", [".seen", ".json"])
def test_damage_to_what_is_beside_it_is_named_too(library: EmblemLibrary, tmp_path: Path, ending: str) -> None:
    put(library, tmp_path, 1)
    hurt = put(library, tmp_path, 2)
    unlocked(library.folder / f"{hurt.sha256.hex()}{ending}").write_bytes(b"{")
    assert len(library.passed_over()) == 1 and not library.check().sound
    assert "badge 1" in [one.label for one in library.references()]


def test_changed_words_are_found_by_the_log(library: EmblemLibrary, tmp_path: Path) -> None:
    made = put(library, tmp_path, 1)
    path = unlocked(library.folder / f"{made.sha256.hex()}.json")
    facts = json.loads(path.read_bytes())
    path.write_text(json.dumps({**facts, "shows": "a badge of somebody else"}), encoding="utf-8")
    assert library.passed_over() == ()  # it can be read
    found = library.check()
    assert not found.sound and "not as the log has it" in found.problems[0].reason


def test_the_log_is_chained(library: EmblemLibrary, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        put(library, tmp_path, number)
    log = library.folder / LOG
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[1:]))
    assert any("Line 1" in one.reason for one in library.check().problems)


def test_what_is_taken_out_is_kept_aside_with_the_reason(library: EmblemLibrary, tmp_path: Path) -> None:
    made = put(library, tmp_path, 1)
    with pytest.raises(BadInputError, match="reason"):
        library.remove("badge 1", " ", "A. Curator")
    library.remove(made.sha256.hex()[:12], "another source says otherwise", "B. Curator")
    assert library.references() == () and len(list((library.folder / REMOVED).iterdir())) == 3
    assert library.log()[-1]["reason"] == "another source says otherwise" and library.log()[-1]["by"] == "B. Curator"
    assert library.check().sound
    assert put(library, tmp_path, 1) in library.references()  # and may be put in anew
    with pytest.raises(NotFoundError):
        library.find("badge 9")


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="emblems add"):
        EmblemLibrary(tmp_path / "none")
    (tmp_path / "letter.txt").write_text("Dear")
    with pytest.raises(BadInputError, match="not a library"):
        EmblemLibrary(tmp_path, make=True)


def test_files_the_log_does_not_know_are_told(library: EmblemLibrary, tmp_path: Path) -> None:
    put(library, tmp_path, 1)
    (library.folder / f"{'0' * 64}.picture").write_bytes(b"slipped in")
    assert "knows nothing" in library.check().problems[0].reason


@pytest.mark.parametrize("name", ["label", "shows", "source", "licence", "dated", "added_by"])
def test_a_reference_says_where_it_is_from(library: EmblemLibrary, tmp_path: Path, name: str) -> None:
    said = to_plain(put(library, tmp_path, 1))
    assert isinstance(said, dict)
    with pytest.raises(BadInputError, match=name.split("_")[0]):
        from_plain(Reference, {**said, name: " "})
