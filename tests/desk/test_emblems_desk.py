"""The library of emblems on the desk: in, searched, used by a case; and a unit named on two clues and two people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SPACE
from tests.lines.uniforms.badges import badge, save, worn

from witnessmark.custody.records import Item, PremisEvent
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.consulting import consulted, states
from witnessmark.desk.emblems import add_reference, draw_box, facts_of, open_library, search, use_library
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.naming import clue_of, namings, plain_naming, propose_naming, sign_unit
from witnessmark.desk.verifying import verify_case
from witnessmark.errors import BadInputError, ClashError, NotFoundError, WitnessmarkError
from witnessmark.lines.uniforms.observations import NOTHING, VERIFIED
from witnessmark.review import ReviewerKey, Verdict, load_reviewer_key, new_reviewer_key
from witnessmark.review.naming import CAVEAT
from witnessmark.stores.emblems import EmblemLibrary


def facts(label: str, **more: Any) -> dict[str, Any]:
    return facts_of({"label": label, "source": "drawn", "licence": "CC0-1.0"}, label, "patch") | more


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("emblems")
    held = EmblemLibrary(folder / "library", make=True)
    for number in (3, 6):
        add_reference(held, save(folder / f"{number}.png", badge(number)), facts(f"badge {number}"), "A. Curator")
    return folder / "library"


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[int, int, int, int]]:
    rgb, box = worn(badge(3), 200)
    return save(tmp_path_factory.mktemp("photo") / "worn.png", rgb), box


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with closing(
        new_case(tmp_path / "case", "2031-17", "A rehearsed case", operator="A. Analyst", settings={"space": SPACE})
    ) as made:
        yield made


def test_a_case_compares_its_boxes_with_the_library(
    case: Case, library: Path, photo: tuple[Path, tuple[int, int, int, int]]
) -> None:
    item = add_item(case, photo[0]).item
    use_library(case, library)
    mark = draw_box(case, item, photo[1], 0.0, note="left sleeve")
    assert mark.body["left_px"] == photo[1][0] and mark.kind == "emblem-box"
    (result,) = run_lines(case, ["uniforms"])
    assert result["kind"] == "abstention" and "names no unit" in result["reason"]  # nothing named is weighed
    box = result["observations"]["boxes"][0]
    assert box["grade"] == VERIFIED and box["candidates"][0]["reference"]["label"] == "badge 3"
    assert result["observations"]["caveat"] and len(result["pictures"]) == 2
    clue = clue_of(case, result["id"], "the badge")
    assert clue.kind == "worn" and clue.inputs == ((item.sha256.hex(), "pictures"),)
    before = states(consulted(case, item, {"emblems"}))
    EmblemLibrary(library).remove("badge 6", "tried out", "A. Curator")
    assert states(consulted(case, item, {"emblems"})) != before, "another library, another result"
    assert verify_case(case).ok


def test_a_box_outside_the_frame_is_refused(case: Case, photo: tuple[Path, tuple[int, int, int, int]]) -> None:
    item = add_item(case, photo[0], look=False).item
    with pytest.raises(BadInputError, match="nothing can be told"):
        draw_box(case, item, (5000, 5000, 80, 80), 0.0)


def test_loose_pictures_are_searched_and_said_to_be_loose(
    tmp_path: Path, photo: tuple[Path, tuple[int, int, int, int]]
) -> None:
    save(tmp_path / "three.png", badge(3))
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (tmp_path / "manifest.csv").write_text("file,label,source,licence\nthree.png,The third,a leaflet,CC0-1.0\n")
    found = search(tmp_path, photo[0], photo[1])
    assert not found.curated and found.box.candidates[0].reference.label == "The third"
    assert [one.name for one in found.passed_over] == ["broken"] and found.references_count == 1
    assert search(tmp_path, photo[0], photo[1], kinds=["helmet"]).box.grade == NOTHING


def test_what_is_no_picture_is_refused_by_name(tmp_path: Path, library: Path) -> None:
    held = EmblemLibrary(tmp_path / "library", make=True)
    hostile, one = tmp_path / "hostile.png", save(tmp_path / "one.png", badge(1)[:1, :1])
    hostile.write_bytes(b"GIF89a" + b"\xff" * 400)
    for path, said in ((hostile, "hostile.png"), (one, "1 x 1 px"), (tmp_path / "none.png", "no file")):
        with pytest.raises(WitnessmarkError, match=said):
            add_reference(held, path, facts("x"), "A. Curator")
    assert held.references() == () and held.check().sound
    with pytest.raises(BadInputError, match="1 x 1 px"):
        search(library, one, (0, 0, 1, 1))
    with pytest.raises(NotFoundError):
        open_library(tmp_path / "nowhere")


def result_of(case: Case, item: Item, line: str, part: str, number: int) -> str:
    """A line's abstention on record, with observations that rest on a part of an item."""
    body = {
        "id": f"A-{number:012d}",
        "digest": f"{number:064x}",
        "kind": "abstention",
        "line": line,
        "question": "?",
        "version": "1",
        "item": item.sha256.hex(),
        "exhibit": item.exhibit_number,
        "space": "0" * 64,
        "inputs": [{"sha256": item.sha256.hex(), "part": part}],
        "observations": {"seen": line},
        "author": case.operator,
        "reason": "It weighs nothing.",
        "what_would_help": "Nothing.",
        "pictures": [],
    }
    event = {"result": body, "supersedes": [], "stored": []}
    case.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "line.abstained", event, [item.sha256])
    return str(body["id"])


@pytest.fixture
def second(tmp_path: Path) -> ReviewerKey:
    new_reviewer_key(tmp_path / "second.key", "B. Second", "House")
    return load_reviewer_key(tmp_path / "second.key")


def signed(case: Case, naming_id: str, key: ReviewerKey, verdict: Verdict = Verdict.SIGN_OFF) -> None:
    sign_unit(case, naming_id, key=key, verdict=verdict, reasons="Looked at both.", conflict_of_interest="none")


def test_a_unit_is_named_on_two_clues_and_two_people_or_not(
    case: Case, photo: tuple[Path, tuple[int, int, int, int]], second: ReviewerKey, tmp_path: Path
) -> None:
    item = add_item(case, photo[0], look=False).item
    patch = clue_of(case, result_of(case, item, "uniforms", "pictures", 1), "the badge")
    word = clue_of(case, result_of(case, item, "text", "pictures", 2), "a word beside it")
    heard = clue_of(case, result_of(case, item, "conversation", "sound", 3), "its name is said")
    unit, sure, others = "3rd example company", "likely", ["captured clothing"]
    for clues in ([patch], [patch, word], [patch, patch]):
        with pytest.raises(BadInputError, match="independent"):
            propose_naming(case, item, unit, sure, others, clues)
    assert namings(case) == ()
    naming = propose_naming(case, item, unit, sure, others, [patch, heard])
    (now,) = namings(case)
    assert now.state == "proposed" and unit not in now.said and CAVEAT in now.said
    new_reviewer_key(tmp_path / "own.key", "A. Analyst", "House")
    with pytest.raises(BadInputError, match="cannot sign"):
        signed(case, naming.id, load_reviewer_key(tmp_path / "own.key"))
    signed(case, naming.id, second)
    (now,) = namings(case)
    assert now.state == "signed off" and now.signed_by == ("B. Second",)
    for words in (unit, "It is likely that", "captured clothing", CAVEAT, "Signed off by B. Second"):
        assert words in now.said
    assert plain_naming(now)["proposal"]["how_sure"] == sure and plain_naming(now)["proposal"]["caveat"] == CAVEAT
    signed(case, naming.id, second, Verdict.DISSENT)  # who thinks again counts once
    assert namings(case)[0].state == "dissented from" and unit not in namings(case)[0].said
    assert verify_case(case).ok


def test_a_superseded_clue_names_nobody(
    case: Case, photo: tuple[Path, tuple[int, int, int, int]], second: ReviewerKey
) -> None:
    item = add_item(case, photo[0], look=False).item
    first = result_of(case, item, "uniforms", "pictures", 1)
    clues = [
        clue_of(case, first, "the badge"),
        clue_of(case, result_of(case, item, "conversation", "sound", 3), "its name is said"),
    ]
    naming = propose_naming(case, item, "3rd example company", "likely", ["a unit with a like badge"], clues)
    signed(case, naming.id, second)
    newer = next(body for body in case.records.results() if body["id"] == first) | {"id": "A-000000000009"}
    newer.pop("superseded_by")
    event = {"result": newer, "supersedes": [first], "stored": []}
    case.record(PremisEvent.FORENSIC_FEATURE_ANALYSIS, "line.abstained", event, [item.sha256])
    (now,) = namings(case)
    assert now.state == "stale" and "3rd example company" not in now.said
    with pytest.raises(ClashError, match="superseded"):
        signed(case, naming.id, second)


def test_clues_come_from_the_record_and_from_lines_that_tell_of_units(
    case: Case, photo: tuple[Path, tuple[int, int, int, int]]
) -> None:
    item = add_item(case, photo[0], look=False).item
    with pytest.raises(BadInputError, match="tells nothing of units"):
        clue_of(case, result_of(case, item, "sun", "pictures", 5), "a shadow")
    with pytest.raises(NotFoundError):
        clue_of(case, "F-none", "nothing")
    clue = clue_of(case, result_of(case, item, "uniforms", "pictures", 6), "the badge")
    heard = clue_of(case, result_of(case, item, "conversation", "sound", 7), "its name is said")
    invented = replace(heard, inputs=(("ff" * 32, "sound"),))
    with pytest.raises(BadInputError, match="not what stands on record"):
        propose_naming(case, item, "3rd example company", "likely", ["captured clothing"], [clue, invented])
