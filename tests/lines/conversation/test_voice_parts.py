"""Where a voice is heard, and how speech is parted: on curves made by hand, and on sounds through the real model."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lines.conversation import voices

from witnessmark.lines.conversation import events, voice
from witnessmark.lines.conversation.hearing import Recorded
from witnessmark.lines.conversation.voice import FRAME_S, Span
from witnessmark.media.records import Limits


def curve(*runs: tuple[float, float]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Values for so many seconds each."""
    return np.concatenate([np.full(round(length_s / FRAME_S), value, np.float32) for value, length_s in runs])


def test_short_pauses_do_not_part_and_clicks_are_no_voice() -> None:
    spans = voice.voiced(curve((0, 1), (0.9, 2), (0.1, 0.2), (0.9, 1), (0, 2), (0.9, 0.1), (0, 1)), pad_s=0.0)
    (span,) = spans
    assert span.start_s == pytest.approx(1.0, abs=0.05) and span.end_s == pytest.approx(4.2, abs=0.05)


@given(st.lists(st.tuples(st.sampled_from([0.02, 0.4, 0.9]), st.floats(0.05, 14.0)), min_size=1, max_size=14))
def test_parts_and_stretches_hold_all_speech_in_order_and_within_their_bounds(runs: list[tuple[float, float]]) -> None:
    values = curve(*runs)
    spans = voice.voiced(values)
    made = voice.parts(spans, values)
    heard = voice.stretches(made)
    for one, other in pairwise(spans):
        assert one.end_s <= other.start_s + 1e-6
    assert all(part.length_s <= voice.LONGEST_PART_S + 0.1 for part in made)
    assert all(span.length_s <= voice.LONGEST_STRETCH_S + 0.1 for span, _ in heard)
    assert [number for _, numbers in heard for number in numbers] == list(range(len(made)))
    for span in spans:
        covered = voice.share_heard([stretch for stretch, _ in heard], span.start_s, span.end_s)
        assert covered == pytest.approx(1.0, abs=1e-3)


def test_parts_in_different_languages_are_not_heard_together() -> None:
    made = [Span(0, 6, 6), Span(6, 12, 6), Span(12.5, 19, 6)]
    assert len(voice.stretches(made)) == 1
    assert [numbers for _, numbers in voice.stretches(made, lambda one, other: {one, other} == {1, 2})] == [
        (0, 1),
        (2,),
    ]


def test_a_voice_is_heard_and_wind_music_and_silence_are_not(tmp_path: Path) -> None:
    sounds = {
        "voice": np.concatenate([voices.silence(1), voices.voice(3), voices.silence(1)]),
        "wind": voices.wind(5),
        "music": voices.music(5),
        "silence": voices.silence(5),
    }
    for name, samples in sounds.items():
        with Recorded(voices.write(tmp_path / f"{name}.wav", samples)) as sound:
            spans = voice.voiced(voice.voice_probabilities(sound))
            found, second = events.other_sounds(sound)
            assert sound.count == len(samples) and second is not None
        if name == "voice":
            assert spans[0].start_s == pytest.approx(1.0, abs=0.3) and spans[-1].end_s == pytest.approx(4.0, abs=0.4)
        else:
            assert spans == []
        if name in ("music", "silence", "voice"):  # wind is taken for music now and then
            assert any(event.kind == "music" for event in found) == (name == "music")


def test_long_sound_is_heard_in_blocks_that_fit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.concatenate([voices.silence(2), voices.voice(4), voices.silence(2)])
    path = voices.write(tmp_path / "long.wav", samples)
    with Recorded(path) as sound:
        whole = voice.voice_probabilities(sound)
        monkeypatch.setattr(voice, "BLOCK_S", 1.6)
        parted = voice.voice_probabilities(sound)
    assert parted.shape == whole.shape
    assert np.mean((whole > 0.5) != (parted > 0.5)) < 0.03


def test_sound_is_held_on_the_disk_and_read_between_times(tmp_path: Path) -> None:
    samples = voices.voice(2.0)
    with Recorded(voices.write(tmp_path / "v.wav", samples)) as sound:
        assert sound.duration_s == pytest.approx(2.0)
        part = sound.between(0.5, 1.0)
        assert np.allclose(part, samples[8000:16000], atol=2e-4) and part.dtype == np.float32
        assert len(sound.between(1.5, 9.0)) == 8000 and len(sound.between(-1.0, 0.1)) == 1600
    with Recorded(tmp_path / "v.wav", limits=Limits(max_sound_s=1.0)) as short:
        assert short.duration_s == pytest.approx(1.0)
        assert short.broken is not None and "limit" in short.broken.reason


def test_knocks_are_pointed_out_and_voices_and_wind_are_not() -> None:
    windy = voices.wind(8, seed=9)
    found = events.sudden(voices.knock(windy, [2.0, 5.5]))
    assert [round(when_s, 1) for when_s, _ in found] == [2.0, 5.5]
    assert all(0.0 < score <= 1.0 for _, score in found)
    assert events.sudden(windy) == [] and events.sudden(voices.silence(3)) == [] and events.sudden(windy[:100]) == []
