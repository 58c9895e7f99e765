"""Parts of the integrity line on hand-made values: encoder words, truncated boxes, jumps, drawing, wording."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import image

from witnessmark.lines.integrity import (
    container,
    cuts,
    drawing,
    encoders,
    gaps,
    likelihood,
    limits,
    repeats,
    spans,
    timestamps,
)
from witnessmark.lines.integrity.limits import STANDING_LIMITS
from witnessmark.media.records import Box, Broken, Probe, Sound, Stream, Survey
from witnessmark.plain import canonical

VIDEO = Stream(
    0, "video", "h264", "High", (1, 12800), 0.0, 4.0, 100, 900_000, 640, 360, 0, "yuv420p", 25.0, None, None, None, {}
)
AUDIO = Stream(
    1, "audio", "aac", "LC", (1, 48_000), 0.0, 4.0, 188, 64_000, None, None, 0, None, None, 48_000, 1, None, {}
)


def probe(**change: object) -> Probe:
    held: dict[str, object] = {
        "format_name": "mov,mp4,m4a,3gp,3g2,mj2",
        "size_bytes": 1000,
        "duration_s": 4.0,
        "start_s": 0.0,
        "bit_rate_bps": 2000,
        "metadata": {"major_brand": "isom"},
        "streams": (VIDEO, AUDIO),
        "boxes": (Box("ftyp", 0, 32, 0), Box("mdat", 32, 800, 0), Box("moov", 832, 168, 0), Box("mvhd", 840, 108, 1)),
        "encoder_traces": (),
        "packets_pts_s": np.arange(100) / 25.0,
        "packets_key": np.arange(100) % 50 == 0,
        "packets_size_bytes": np.full(100, 900, np.int64),
        "sound_start_s": 0.0,
        "sound_end_s": 3.98,
        "sound_packets": 188,
        "warnings": (),
    }
    return Probe(**{**held, **change})  # type: ignore[arg-type]  # one field at a time is replaced


def survey(change: np.ndarray[tuple[int], np.dtype[np.float32]], **more: object) -> Survey:
    n = len(change)
    held: dict[str, object] = {
        "pts_s": np.arange(n) / 25.0,
        "luma_change": change,
        "luma_mean": np.full(n, 100.0, np.float32),
        "frame_digest": np.arange(n, dtype=np.uint64),
        "cut_scores": np.zeros(n, np.float32),
        "shots_s": ((0.0, n / 25.0),),
        "stills": (),
        "width_px": 640,
        "height_px": 360,
        "stopped": None,
    }
    return Survey(**{**held, **more})  # type: ignore[arg-type]  # one field at a time is replaced


def moving(n: int = 100, seed: int = 3) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    change = np.random.default_rng(seed).uniform(1.0, 2.0, n).astype(np.float32)
    change[0] = 0.0
    return change


@pytest.mark.parametrize(
    ("traces", "kind"),
    [
        (("Lavf61.7.100", "x264 - core 164"), "generic"),
        (("com.apple.quicktime.make",), "camera"),
        (("VideoHandle", "SoundHandle"), "camera"),
        (("com.android.version", "Lavf58.1.100"), "generic"),
        (("\x1fMainconcept Video Media Handler",), "editor"),
        (("ISO Media file produced by Google Inc.",), "platform"),
        (("Core Media Video",), "unknown"),
        (("something nobody knows",), "unknown"),
        ((), "unknown"),
    ],
)
def test_who_wrote_it_last(traces: tuple[str, ...], kind: str) -> None:
    found = encoders.traces_of(probe(encoder_traces=traces))
    assert encoders.writer_of(found) == kind
    for remark in encoders.encoder_remarks(found):
        assert remark.seen.endswith(".") and remark.innocent.endswith(".")


def test_camera_words_in_metadata_and_pascal_lengths() -> None:
    found = encoders.traces_of(probe(metadata={"com.apple.quicktime.model": "Phone 1"}))
    assert [trace.text for trace in found] == ["com.apple.quicktime.model: Phone 1"]
    pascal = encoders.traces_of(probe(encoder_traces=("\x0cVideoHandler",)))
    assert pascal[0].text == "VideoHandler"


def test_boxes_beyond_the_end() -> None:
    boxes = (Box("ftyp", 0, 32, 0), Box("moov", 32, 100, 0), Box("mdat", 132, 5000, 0))
    facts = container.container_facts(probe(boxes=boxes))
    assert facts.missing_bytes == 4132 and facts.index_first is True
    remarks = container.container_remarks(facts, probe(boxes=boxes), survey(moving()))
    assert any(remark.notable and "4,132 bytes before the end" in remark.seen for remark in remarks)


def test_fewer_frames_than_stated_and_stopped_decoding() -> None:
    facts = container.container_facts(probe())
    short = container.container_remarks(facts, probe(), survey(moving(80)))
    assert any("states 100 frames, 80 could be decoded" in remark.seen for remark in short)
    broken = Broken("decode", "Invalid data.", 2.0, 50, "Fetch it again.")
    stopped = container.container_remarks(facts, probe(), survey(moving(50), stopped=broken))
    assert any("stopped at 2.00 s after 50 frames: Invalid data." in remark.seen for remark in stopped)


def test_jump_needs_to_stand_alone() -> None:
    change = moving()
    change[40] = 9.0
    assert [(cut.kind, cut.at_s) for cut in cuts.find_cuts(survey(change), probe(), None, (), ())] == [("jump", 1.6)]
    change[41] = 8.0
    assert cuts.find_cuts(survey(change), probe(), None, (), ()) == ()


def test_flash_and_keyframe_pulse_are_no_jumps() -> None:
    change = moving()
    change[40] = 9.0
    bright = np.full(100, 100.0, np.float32)
    bright[40:] += 9.0
    assert cuts.find_cuts(survey(change, luma_mean=bright), probe(), None, (), ()) == ()
    pulse = moving()
    pulse[50] = 9.0  # a keyframe of `probe`
    assert cuts.find_cuts(survey(pulse), probe(), None, (), ()) == ()


def test_soft_shot_is_not_called_sharp() -> None:
    (cut,) = cuts.find_cuts(survey(moving(), shots_s=((0.0, 2.0), (2.0, 4.0))), probe(), None, (), ())
    assert cut.kind == "soft"
    (remark,) = cuts.cut_remarks((cut,))
    assert "does not change sharply" in remark.seen


def test_sound_that_breaks_with_the_picture() -> None:
    rng = np.random.default_rng(1)
    time_s = np.arange(64_000) / 16_000.0
    tone = np.where(time_s < 1.6, np.sin(2 * np.pi * 300 * time_s), np.sin(2 * np.pi * 2500 * time_s))
    noisy = (0.3 * tone + 0.01 * rng.standard_normal(len(tone))).astype(np.float32)
    change = moving()
    change[40] = 9.0
    (with_break,) = cuts.find_cuts(survey(change), probe(), Sound(noisy, 16_000, 0.0, None), (), ())
    steady = (0.05 * rng.standard_normal(64_000)).astype(np.float32)
    (without,) = cuts.find_cuts(survey(change), probe(), Sound(steady, 16_000, 0.0, None), (), ())
    silent = Sound(np.zeros(64_000, np.float32), 16_000, 0.0, None)
    (unknown,) = cuts.find_cuts(survey(change), probe(), silent, (), ())
    assert (with_break.sound_breaks, without.sound_breaks, unknown.sound_breaks) == (True, False, None)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 60.0, width=32), min_size=0, max_size=120), st.integers(0, 2**32))
def test_no_series_breaks_the_detectors(series: list[float], seed: int) -> None:
    change = np.array([0.0, *series], np.float32)
    digests = np.random.default_rng(seed).integers(0, 5, len(change)).astype(np.uint64)
    watched = survey(change, frame_digest=digests)
    facts = repeats.repeat_facts(watched)
    found = cuts.find_cuts(watched, probe(), None, (), facts.freezes)
    assert 0.0 <= facts.still_fraction <= 1.0
    assert all(np.isfinite(cut.strength_ratio) for cut in found)
    spans.track_of(watched, None)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.001, 5.0), min_size=0, max_size=80))
def test_no_times_break_the_gaps(steps: list[float]) -> None:
    pts = np.concatenate([[0.0], np.cumsum(steps)]) if steps else np.zeros(1)
    facts = gaps.timing_facts(pts, 0)
    assert all(gap.missing_frames >= 0 and gap.step_s > 0 for gap in facts.gaps)
    assert gaps.timing_remarks(facts)


def test_phone_that_slows_in_the_dark_makes_no_gap() -> None:
    steps = np.concatenate([np.full(100, 1 / 30), np.full(100, 1 / 15)])
    facts = gaps.timing_facts(np.concatenate([[0.0], np.cumsum(steps)]), 0)
    assert facts.gaps_count <= 1 and not facts.irregular


def test_drawing_is_a_picture_of_the_same_bytes() -> None:
    from tests.lines.test_integrity_clock import seen_with

    first, again = drawing.timeline(seen_with()), drawing.timeline(seen_with())
    assert first.png == again.png and not first.shows_footage
    assert image.imread(io.BytesIO(first.png)).shape[1] == 1210


def test_nothing_accuses() -> None:
    """The line's own words: facts and ordinary causes, never a verdict."""
    words = " ".join(
        [
            *STANDING_LIMITS,
            *(f"{sign.implies} {sign.does_not_imply}" for sign in encoders.SIGNS),
            likelihood.METHOD,
        ]
    )
    assert re.search(r"\b(fake|forged|manipulat|tamper|suspicious|deceptive|proves that)", words, re.IGNORECASE) is None


@given(st.text(max_size=60))
def test_any_words_of_a_file_can_be_kept(text: str) -> None:
    odd = probe(encoder_traces=(text, "\ud800x"), metadata={"major_brand": text, "creation_time": text, "model": text})
    kept = (encoders.traces_of(odd), container.container_facts(odd), timestamps.stated_times(odd))
    assert canonical(kept)


def test_docs_and_limits_state_the_same_rates() -> None:
    page = (Path(__file__).parents[2] / "docs" / "lines" / "integrity.md").read_text(encoding="utf-8")
    for rate in limits.MEASURED:
        numbers = (rate.found_count, rate.edited_count, rate.false_count, rate.clean_count)
        assert f"| {rate.what} | {' | '.join(map(str, numbers))} |" in page
    for pair in limits.PAIRS:
        assert f"| {pair.device} | {pair.error_s:.0f} | {limits.kind_of(pair.error_s)} |" in page
    for writer in limits.CLOCK.prior:
        right = limits.CLOCK.weights(writer, False).right
        assert f"| {writer} | {right:.2f} |" in page
