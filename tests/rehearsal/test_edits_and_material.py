import dataclasses
import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest

from witnessmark.claims.book import load_claims
from witnessmark.errors import BadInputError
from witnessmark.rehearsal import (
    EDITS,
    Device,
    Incident,
    Prop,
    Scenario,
    apply_edit,
    demo_scenario,
    demo_story,
    jacksboro,
    random_scenarios,
    set_up,
)
from witnessmark.rehearsal.edits import Footage, read_footage


@pytest.fixture(scope="module")
def original(incident: Incident) -> Footage:
    return read_footage(incident.clip)


def luma(footage: Footage) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    return np.stack([planes[: footage.height_px] for planes in footage.planes]).astype(float)


def nearest(edited: Footage, original: Footage) -> list[int]:
    before, after = luma(original)[:, ::4, ::4], luma(edited)[:, ::4, ::4]
    return [int(np.argmin(((before - frame) ** 2).mean(axis=(1, 2)))) for frame in after]


@pytest.mark.parametrize("kind", sorted(EDITS))
def test_every_edit_decodes_is_reproducible_and_true(
    kind: str, incident: Incident, original: Footage, tmp_path: Path
) -> None:
    edit = apply_edit(incident.clip, tmp_path / "a.mp4", kind, 5)
    again = apply_edit(incident.clip, tmp_path / "b.mp4", kind, 5)
    assert edit.result_sha256 == again.result_sha256 != edit.source_sha256 and edit.details == again.details
    edited = read_footage(edit.path)
    details: dict[str, Any] = dict(edit.details)
    with av.open(str(edit.path)) as container:
        assert ("creation_time" in container.metadata) is (kind != "platform") is edit.metadata_kept
        has_sound = bool(container.streams.audio)
    assert has_sound is (kind != "mute")
    if kind in ("mirror", "crop", "smaller"):
        assert len(edited.time_s) == len(original.time_s)
    if kind == "cut":
        first = details["result_frame"]
        order = nearest(edited, original)
        start, end = details["source_removed_s"]
        assert order[first] - order[first - 1] == pytest.approx((end - start) * 25.0 + 1.0, abs=1.1)
        assert len(edited.time_s) == len(original.time_s) - round((end - start) * 25.0)
        assert np.allclose(np.diff(edited.time_s), 0.04, atol=1e-4)
        assert original.sound is not None and edited.sound is not None
        assert len(original.sound) - len(edited.sound) == pytest.approx((end - start) * 48_000, abs=1100)
    elif kind == "freeze":
        first, after = details["result_frames"]
        still = np.abs(np.diff(luma(edited)[first:after], axis=0)).mean(axis=(1, 2))
        moving = np.abs(np.diff(luma(edited)[after:], axis=0)).mean(axis=(1, 2))
        assert still.mean() < 0.35 * moving.mean()
    elif kind == "duplicate":
        change = np.abs(np.diff(luma(edited), axis=0)).mean(axis=(1, 2))
        frames = details["result_frames"]
        assert max(change[int(i) - 1] for i in frames) < np.median(change)
    elif kind == "drop":
        gap = details["result_gap_s"]
        steps = [pair for pair in pairwise(edited.time_s) if pair[1] - pair[0] > 0.06]
        assert len(steps) == 1 and steps[0] == pytest.approx(tuple(gap), abs=1e-3)
    elif kind == "trim":
        start, end = details["source_kept_s"]
        assert len(edited.time_s) == round((end - start) * 25.0) and nearest(edited, original)[0] == round(start * 25)
    elif kind == "shorten-sound":
        assert edited.sound is not None
        assert len(edited.sound) / 48_000 == pytest.approx(float(details["result_sound_end_s"]), abs=0.03)
    elif kind == "mirror":
        flipped = luma(edited)[20][:, ::-1]
        assert np.corrcoef(flipped.ravel(), luma(original)[20].ravel())[0, 1] > 0.97
    elif kind == "crop":
        left, top, width, height = details["source_box_px"]
        part = luma(original)[20][top : top + height, left : left + width]
        assert np.corrcoef(luma(edited)[20].ravel(), part.ravel())[0, 1] > 0.97
    elif kind == "smaller":
        assert [edited.width_px, edited.height_px] == details["result_size_px"]


def test_unknown_edits_and_short_clips_are_refused(incident: Incident, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="not an edit"):
        apply_edit(incident.clip, tmp_path / "x.mp4", "deepen", 1)


def test_random_scenarios_are_seeded_varied_and_in_daylight() -> None:
    drawn = random_scenarios(6, 11)
    assert drawn[:3] == random_scenarios(3, 11) and drawn[0] != random_scenarios(1, 12)[0]
    assert len({scenario.start.date() for scenario in drawn}) > 3
    relief = jacksboro()
    for scenario in drawn:
        assert relief.contains(scenario.lat_deg, scenario.lon_deg, 0.02)
        stage = set_up(scenario, relief)
        assert 7.0 < stage.sun.apparent_elevation_deg < 63.0
        assert 2 <= len(scenario.props) <= 4 and len({prop.name for prop in scenario.props}) == len(scenario.props)


def test_the_story_is_readable_as_claims_and_speaks_of_the_demo() -> None:
    story, scenario = demo_story(), demo_scenario()
    book = load_claims(story.claims_yaml)
    by_id = {claim.id: claim for claim in book.claims}
    assert list(by_id) == ["north-when", "north-where", "valley-when", "valley-where", "observers-when"]
    right, wrong, older = by_id["north-when"], by_id["valley-when"], by_id["observers-when"]
    assert right.about.time[0].begins is not None and right.about.time[0].ends is not None
    assert right.about.time[0].begins <= scenario.start < right.about.time[0].ends
    assert wrong.about.time[0].begins is not None and wrong.about.time[0].begins > scenario.start
    assert older.about.alternatives == ("older-footage",)
    assert all(scenario.start < appearance.posted.at for appearance in story.appearances)
    west, south, east, north = cast("list[float]", story.space["region_deg"])
    assert west < scenario.lon_deg < east and south < scenario.lat_deg < north
    begins, ends = (dt.datetime.fromisoformat(str(story.space[key])) for key in ("from", "to"))
    assert begins < scenario.start < ends
    other = demo_story(random_scenarios(1, 5)[0])
    assert len(load_claims(other.claims_yaml).claims) == 5


def test_scenarios_that_cannot_be_filmed_are_refused(small_scenario: Scenario) -> None:
    with pytest.raises(BadInputError, match="even sides"):
        Device(width_px=321)
    with pytest.raises(BadInputError, match="not a thing"):
        Prop("x", "statue", 0.0, 5.0, 2.0)
    with pytest.raises(BadInputError, match="without an offset"):
        dataclasses.replace(small_scenario, start=dt.datetime(2024, 1, 1))
    with pytest.raises(BadInputError, match="wider than"):
        dataclasses.replace(small_scenario, heading_end_deg=small_scenario.heading_start_deg + 250.0)
