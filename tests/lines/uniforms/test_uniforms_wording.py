"""Nothing this line writes for people or programs asserts a unit: every template, sentence and serialiser is read."""

from __future__ import annotations

import html
import inspect
import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from tests.lines.uniforms.badges import badge, reference
from tests.lines.uniforms.planting import over_units, plant_uniforms

from witnessmark.cli import emblems as commands
from witnessmark.cli import naming as naming_commands
from witnessmark.desk import emblems as desk
from witnessmark.desk.emblems import Answer
from witnessmark.lines import uniforms
from witnessmark.lines.conformance import render_panel
from witnessmark.lines.contract import Abstention, Finding
from witnessmark.lines.uniforms import UNIFORMS, likelihood, limits
from witnessmark.lines.uniforms.limits import CAVEAT
from witnessmark.lines.uniforms.observations import VERIFIED, UniformsObservations
from witnessmark.plain import to_plain

UNIT = "3rd Example Company"
CLAIMED = re.compile(r"claim|unit:", re.IGNORECASE)
ASSERTS = re.compile(
    r"\b(?:is|are|was|were|belongs? to|identified as|member of|soldiers? of|troops of|men of) (?:the )?(?:unit|brigade"
    r"|company|battalion|regiment|force)\b(?! is named| is not| proposed)",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> UniformsObservations:
    """The planted box, told as verified against a reference that is claimed for a unit."""
    planted = plant_uniforms(tmp_path_factory.mktemp("uniforms"))
    found = UNIFORMS.observe(planted.item, planted.marks, planted.tools)
    assert isinstance(found, UniformsObservations)
    told = reference(badge(1), "badge 1", units=(UNIT,), counted=True)
    best = replace(found.boxes[0].candidates[0], reference=told, grade=VERIFIED)
    box = replace(found.boxes[0], grade=VERIFIED, candidates=(best, *found.boxes[0].candidates[1:]))
    return replace(found, boxes=(box,))


@pytest.mark.parametrize("module", [uniforms, likelihood, limits, commands, naming_commands, desk])
def test_no_sentence_of_the_code_asserts_a_unit(module: object) -> None:
    source = inspect.getsource(module)  # type: ignore[arg-type]  # modules, which it takes
    assert not ASSERTS.search(source), ASSERTS.search(source)


def test_the_panel_shows_caveat_grade_claim_and_rivals_and_never_a_bare_unit(seen: UniformsObservations) -> None:
    template = files("witnessmark.lines.uniforms").joinpath("panel.html").read_text(encoding="utf-8")
    assert "seen.caveat" in template and "confused_with" in template and "as its source claims" in template
    assert "units" not in template, "whom a patch is claimed for is not on the page, only what its source says it shows"
    page = render_panel(UNIFORMS, to_plain(seen), None, None)
    assert html.escape(CAVEAT).replace("&#x27;", "&#39;") in page and "not probabilities" in page and UNIT not in page


def test_findings_and_abstentions_name_no_unit_without_its_uncertainty(seen: UniformsObservations) -> None:
    weighed = UNIFORMS.weigh(seen, over_units())
    assert isinstance(weighed, Finding)
    assert "as far as measured" in weighed.statement and "shared, captured or staged" in weighed.statement
    assert CAVEAT in weighed.limits and UNIT not in weighed.statement
    bare = replace(over_units(), alternatives=over_units().alternatives[:2])
    answer = UNIFORMS.weigh(seen, bare)
    assert isinstance(answer, Abstention) and "names no unit" in answer.reason and UNIT not in answer.reason


def test_pictures_and_remarks_say_that_it_is_a_likeness(seen: UniformsObservations) -> None:
    for picture in UNIFORMS.draw(seen):
        assert "not a unit" in picture.caption and UNIT not in picture.caption
    for remark in seen.remarks:
        assert UNIT not in remark.seen and (remark.topic != "box" or remark.innocent)


def test_json_has_a_unit_only_where_its_key_says_that_it_is_claimed(seen: UniformsObservations) -> None:
    answer = Answer(seen.boxes[0], (), 6, True, "")
    said = commands.plain_answer(answer, Path("library"), Path("frame.png"))
    assert said["caveat"] == CAVEAT and said["names_a_unit"] is False
    paths = [path for path, value in _leaves(to_plain(said)) if UNIT in str(value)]
    assert paths and all(CLAIMED.search(path) for path in paths), paths
    kept = [path for path, value in _leaves(to_plain(seen)) if UNIT in str(value)]
    assert all("reference.units" in path or "reference.worn" in path for path in kept)  # what the library says
    json.dumps(to_plain(said))


def _leaves(value: object, path: str = "") -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [leaf for key, entry in value.items() for leaf in _leaves(entry, f"{path}.{key}")]
    if isinstance(value, list):
        return [leaf for entry in value for leaf in _leaves(entry, path)]
    return [(path, value)]
