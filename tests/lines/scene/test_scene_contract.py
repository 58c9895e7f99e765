"""The scene line keeps the contract on its planted street, and abstains with a reason on what holds nothing to see."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest
from tests.lines.clips import item_of, write
from tests.lines.scene.planting import plant_scene

from witnessmark.lines.conformance import (
    Planted,
    check_abstains,
    check_docs,
    check_files,
    check_planted,
    render_panel,
)
from witnessmark.lines.contract import Abstention, Finding, Line, Tools
from witnessmark.lines.scene import SCENE, Chosen, Reference, drawing
from witnessmark.lines.scene.observations import SceneObservations
from witnessmark.plain import to_plain

LINE = cast(Line, SCENE)  # a frozen field stands where the protocol has a settable one
DOCS = Path(__file__).parents[3] / "docs" / "lines" / "scene.md"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant_scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture(scope="module")
def seen(planted: Planted) -> SceneObservations:
    found = SCENE.observe(planted.item, planted.marks, planted.tools)
    assert isinstance(found, SceneObservations)
    return found


def test_planted_truth_ranks_first(planted: Planted) -> None:
    finding = check_planted(LINE, planted)
    assert "known.mp4" in finding.statement
    assert finding.cap_nats > 0.0


def test_the_other_street_is_not_taken_for_it(seen: SceneObservations) -> None:
    relations = {each.label: each.relation for each in seen.compared}
    assert relations == {"known.mp4": "same-place", "other.mp4": "cannot-tell"}


def test_pictures_show_footage_and_are_png(seen: SceneObservations) -> None:
    pictures = SCENE.draw(seen)
    clear, veiled = pictures
    assert clear.png.startswith(b"\x89PNG") and clear.shows_footage and not veiled.shows_footage
    assert veiled.name == f"{clear.name}-blurred"
    best = seen.compared[0].best
    assert best is not None
    bare = replace(seen.compared[0], best=replace(best, points=best.points[:1]))  # no lines over the stills
    drawn = [drawing.side_by_side(bare, 1, veiled=veiled).png for veiled in (False, True)]
    pixels = [np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)) for png in drawn]
    rows, columns = pixels[0].shape[0] // 3, pixels[0].shape[1] // 3
    edges = [float(np.abs(np.diff(one[rows:-rows, 40:columns].astype(float), axis=1)).mean()) for one in pixels]
    assert edges[1] < 0.4 * edges[0], edges
    assert re.fullmatch(r"[a-z0-9-]+", pictures[0].name) and pictures[0].caption.endswith(".")


def test_files_docs_and_panel(planted: Planted, seen: SceneObservations) -> None:
    check_files(LINE)
    check_docs(DOCS)
    finding = SCENE.weigh(seen, planted.over)
    assert isinstance(finding, Finding)
    page = render_panel(LINE, to_plain(seen), finding, None)
    assert "known.mp4" in page and "<script" not in page and "style=" not in page
    refused = Abstention("scene", "1", "It holds <b>nothing</b>.", "More.")
    assert "&lt;b&gt;nothing" in render_panel(LINE, None, None, refused)


def test_abstains_on_nothing(planted: Planted, tmp_path: Path) -> None:
    empty, text, blank = tmp_path / "empty.mp4", tmp_path / "text.mp4", tmp_path / "blank.mp4"
    empty.write_bytes(b"")
    text.write_bytes(b"This is no recording at all.\n" * 40)
    write(blank, [0] * 4)
    for path in (empty, text, blank):
        without = check_abstains(LINE, item_of(path), Tools(path), planted.over)
        assert "no other footage" in without.reason
        check_abstains(LINE, item_of(path), Tools(path, providers=planted.tools.providers), planted.over)


def test_a_place_nobody_knows_weighs_nothing(planted: Planted) -> None:
    known = next(each for each in planted.tools.providers["footage:case"].others() if each.label == "known.mp4")
    unplaced = Chosen((Reference(known.sha256, known.label, known.path, None),))
    answer = check_abstains(
        LINE, planted.item, Tools(planted.tools.original, providers={"footage:x": unplaced}), planted.over
    )
    assert "where that was filmed is not known" in answer.reason


def test_an_unreadable_reference_costs_a_remark(planted: Planted, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no recording")
    others = Chosen(
        (
            *planted.tools.providers["footage:case"].others(),
            Reference(item_of(broken).sha256, "broken.mp4", broken, None),
        )
    )
    found = SCENE.observe(planted.item, (), Tools(planted.tools.original, providers={"footage:case": others}))
    assert isinstance(found, SceneObservations)
    assert [each.label for each in found.unread] == ["broken.mp4"]
    assert any(remark.topic == "unread" and "broken.mp4" in remark.seen for remark in found.remarks)
    assert found.compared_count == 2
