"""Weighing named alternatives: emblems by measured rates, units only where wearing was counted, else nothing."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from pathlib import Path

import pytest
from tests.lines.clips import item_of, space, write
from tests.lines.uniforms.badges import badge, reference, save, worn
from tests.lines.uniforms.planting import Held, library, over_units, plant_uniforms

from witnessmark.errors import BadInputError
from witnessmark.lines.conformance import Planted
from witnessmark.lines.contract import Abstention, Finding, Mark, Tools
from witnessmark.lines.uniforms import UNIFORMS, Emblems
from witnessmark.lines.uniforms.limits import CAVEAT, RATES
from witnessmark.lines.uniforms.marking import MARK
from witnessmark.lines.uniforms.observations import NOTHING, VERIFIED, UniformsObservations
from witnessmark.lines.uniforms.references import PassedOver, WornCount


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant_uniforms(tmp_path_factory.mktemp("uniforms"))


@pytest.fixture(scope="module")
def seen(planted: Planted) -> UniformsObservations:
    found = UNIFORMS.observe(planted.item, planted.marks, planted.tools)
    assert isinstance(found, UniformsObservations)
    return found


def test_what_is_shown_gains_and_what_is_not_loses(seen: UniformsObservations) -> None:
    finding = UNIFORMS.weigh(seen, over_units())
    assert isinstance(finding, Finding)
    nats = finding.log_likelihood.alternatives_nats
    assert nats["emblem:badge 1"] == pytest.approx(RATES.log_ratio_nats(seen.boxes[0].grade))
    assert nats["emblem:badge 2"] == pytest.approx(RATES.log_ratio_nats(NOTHING)) and nats["emblem:badge 2"] < 0
    assert finding.log_likelihood.values_nats.shape == (1, 1) and not finding.log_likelihood.values_nats.any()
    assert CAVEAT in finding.limits


def test_a_unit_weighs_less_than_its_emblem_and_nothing_without_counts(seen: UniformsObservations) -> None:
    finding = UNIFORMS.weigh(seen, over_units())
    assert isinstance(finding, Finding)
    nats = finding.log_likelihood.alternatives_nats
    assert 0 < nats["unit:unit A"] < nats["emblem:badge 1"]
    assert nats["unit:unit B"] == 0.0 and any("'unit:unit B'" in text for text in finding.limits)
    ratio, worn_by, others = math.exp(RATES.log_ratio_nats(seen.boxes[0].grade)), 18.5 / 21.0, 3.5 / 201.0
    assert nats["unit:unit A"] == pytest.approx(
        math.log((worn_by * ratio + 1 - worn_by) / (others * ratio + 1 - others))
    )


def test_without_named_alternatives_or_counts_it_weighs_nothing(seen: UniformsObservations) -> None:
    over = space(dt.datetime(2031, 9, 12, tzinfo=dt.UTC))
    answer = UNIFORMS.weigh(seen, over)
    assert isinstance(answer, Abstention) and "names no unit" in answer.reason
    only_b = replace(over_units(), alternatives=tuple(a for a in over_units().alternatives if a.name == "unit:unit B"))
    answer = UNIFORMS.weigh(seen, only_b)
    assert isinstance(answer, Abstention) and "not counted" in answer.reason


def test_several_boxes_are_averaged_and_never_multiplied(seen: UniformsObservations) -> None:
    twice = replace(seen, boxes=(seen.boxes[0], seen.boxes[0]))
    one, two = UNIFORMS.weigh(seen, over_units()), UNIFORMS.weigh(twice, over_units())
    assert isinstance(one, Finding) and isinstance(two, Finding)
    assert two.log_likelihood.alternatives_nats == pytest.approx(dict(one.log_likelihood.alternatives_nats))


def test_nobody_drew_or_nothing_to_compare_with_is_an_abstention(planted: Planted) -> None:
    for marks, providers in (((), {"emblems:library": library(2)}), (planted.marks, {}), (planted.marks, {"x": 1})):
        answer = UNIFORMS.observe(planted.item, marks, replace(planted.tools, providers=providers))
        assert isinstance(answer, Abstention)


def test_a_box_that_cannot_be_compared_does_not_stop_the_others(planted: Planted) -> None:
    outside = Mark(
        "M-2", planted.item.sha256, MARK, "A.", 0.0, {"left_px": 9999, "top_px": 0, "width_px": 50, "height_px": 50}
    )
    odd = Mark("M-3", planted.item.sha256, MARK, "A.", 0.0, {"left_px": "left"})
    found = UNIFORMS.observe(planted.item, (*planted.marks, outside, odd), planted.tools)
    assert isinstance(found, UniformsObservations)
    assert sorted(bool(box.trouble) for box in found.boxes) == [False, True]
    assert any("M-3" in remark.seen for remark in found.remarks)
    answer = UNIFORMS.observe(planted.item, (outside,), planted.tools)
    assert isinstance(answer, Abstention) and "No box could be compared" in answer.reason


def test_what_is_broken_in_the_library_is_named(planted: Planted) -> None:
    broken = PassedOver("0123456789ab badge 9", "The hash differs.", "Put it in again.")
    held = Held(library(2).pictures, (broken,))
    assert isinstance(held, Emblems)
    found = UNIFORMS.observe(planted.item, planted.marks, replace(planted.tools, providers={"emblems:library": held}))
    assert isinstance(found, UniformsObservations) and found.passed_over == (broken,)
    assert any("badge 9" in remark.seen for remark in found.remarks)


def test_a_frame_of_a_recording_is_looked_at_by_its_time(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", list(range(10)))
    item = item_of(path)
    body = {"left_px": 10, "top_px": 10, "width_px": 60, "height_px": 60}
    found = UNIFORMS.observe(
        item, (Mark("M-1", item.sha256, MARK, "A.", 0.2, body),), Tools(path, providers={"emblems:library": library(3)})
    )
    assert isinstance(found, UniformsObservations) and found.boxes[0].grade == NOTHING
    assert found.boxes[0].at_s == pytest.approx(0.2, abs=0.021)


def test_one_pixel_and_hostile_bytes_abstain(tmp_path: Path) -> None:
    one = save(tmp_path / "one.png", badge(1)[:1, :1])
    text = tmp_path / "text.png"
    text.write_bytes(b"\x89PNG\r\n\x1a\nno picture at all")
    for path in (one, text):
        item = item_of(path)
        mark = Mark("M-1", item.sha256, MARK, "A.", 0.0, {"left_px": 0, "top_px": 0, "width_px": 64, "height_px": 64})
        answer = UNIFORMS.observe(item, (mark,), Tools(path, providers={"emblems:library": library(2)}))
        assert isinstance(answer, Abstention) and "No box could be compared" in answer.reason


def test_references_say_what_they_are() -> None:
    with pytest.raises(BadInputError, match="no kind"):
        reference(badge(1), "x", kind="flag")
    with pytest.raises(BadInputError, match="claimed"):
        replace(reference(badge(1), "x"), worn=(WornCount("unit A", 1, 2, "counted"),))
    with pytest.raises(BadInputError, match="no count"):
        WornCount("unit A", 3, 2, "counted")
    with pytest.raises(BadInputError, match="source"):
        WornCount("unit A", 1, 2, " ")


def test_a_verified_box_is_told_with_its_rivals_and_the_caveat(planted: Planted, tmp_path: Path) -> None:
    rgb, box = worn(badge(3), 200)
    path = save(tmp_path / "large.png", rgb)
    item = item_of(path)
    body = dict(zip(("left_px", "top_px", "width_px", "height_px"), box, strict=True))
    found = UNIFORMS.observe(
        item, (Mark("M-1", item.sha256, MARK, "A.", 0.0, body),), replace(planted.tools, original=path)
    )
    assert isinstance(found, UniformsObservations) and found.boxes[0].grade == VERIFIED
    (remark,) = found.remarks
    assert "a badge like it" in remark.seen and remark.innocent == CAVEAT
    pictures = UNIFORMS.draw(found)
    assert [one.shows_footage for one in pictures] == [True, False]
