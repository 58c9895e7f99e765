"""Voices told apart: the network gives what it gives, groups hold together, nothing of it is kept."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.lines.conversation import voices

from witnessmark.lines.conversation import encoder, speakers
from witnessmark.lines.conversation.hearing import Recorded
from witnessmark.lines.conversation.observations import Turn
from witnessmark.lines.conversation.speakers import _turns, _Window, grouped
from witnessmark.lines.conversation.voice import Span

LOW = voices.voice(9.0, seed=3, pitch_hz=95.0, tract=0.9)
HIGH = voices.voice(9.0, seed=4, pitch_hz=230.0, tract=1.3)


def pictured(samples: voices.Samples) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Vectors of windows without overlap."""
    whole = encoder.spectrum(samples)
    return encoder.voices([whole[at : at + encoder.FRAMES] for at in range(0, len(whole) - encoder.FRAMES, 160)])


def test_vectors_have_length_one_and_do_not_change_with_loudness() -> None:
    loud, faint = (pictured(LOW[:48_000] * np.float32(share)) for share in (0.4, 0.01))
    assert loud.shape[1] == 256 and np.allclose(np.linalg.norm(loud, axis=1), 1.0, atol=1e-4)
    assert np.sum(loud * faint, axis=1).min() > 0.99
    assert encoder.voices([]).shape == (0, 256)


def test_mel_bands_have_equal_area_and_cover_all_frequencies() -> None:
    bands = encoder.mel_bands()
    assert bands.shape == (40, 201) and bands.min() == 0.0
    assert np.allclose(bands[10:].sum(axis=1) * 40.0, 1.0, rtol=0.12)  # bins are 40 Hz wide; narrow bands hold few
    assert np.all(bands[:, 2:-1].sum(axis=0) > 0.0)


def test_two_voices_in_turn_are_two_and_one_is_one(tmp_path: Path) -> None:
    mixed = np.concatenate([LOW[:64_000], voices.silence(0.5), HIGH[:64_000], voices.silence(0.5), LOW[64_000:]])
    spans = [Span(0.0, 4.0, 4.0), Span(4.5, 8.5, 4.0), Span(9.0, 14.0, 5.0)]
    with Recorded(voices.write(tmp_path / "two.wav", mixed)) as sound:
        found = speakers.turns(sound, spans)
        alone = speakers.turns(sound, spans[:1])
    assert [turn.speaker for turn in found] == ["S1", "S2", "S1"]
    assert found[1].start_s == pytest.approx(4.4, abs=0.2) and found[1].end_s == pytest.approx(8.6, abs=0.2)
    assert {turn.speaker for turn in alone} == {"S1"}


def test_groups_hold_together_over_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    middles = np.eye(8, dtype=np.float32)[:3]
    truth = np.repeat([0, 1, 0, 2, 1], 20)
    noisy = middles[truth] + 0.15 * rng.standard_normal((100, 8)).astype(np.float32)
    vectors = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
    windows = [_Window(0.4 * number, 0.4 * number + 0.4) for number in range(100)]
    whole = grouped(vectors, windows)
    monkeypatch.setattr(speakers, "BLOCK", 30)
    for labels in (whole, grouped(vectors, windows)):
        assert len({(int(t), int(g)) for t, g in zip(truth, labels, strict=True)}) == 3


def test_a_voice_heard_for_a_moment_goes_to_the_one_most_like_it() -> None:
    vectors = np.eye(3, dtype=np.float32)[[0] * 10 + [1] + [2] * 10]
    windows = [_Window(0.4 * number, 0.4 * number + 0.4) for number in range(21)]
    assert len(set(grouped(vectors, windows).tolist())) == 2


def test_turns_bridge_short_pauses_and_never_overlap() -> None:
    windows = [_Window(0, 1), _Window(1.3, 2), _Window(2.05, 3), _Window(9, 10)]
    found = _turns(windows, np.array([0, 0, 1, 0]), 100.0, 10.0)
    assert [turn.speaker for turn in found] == ["S1", "S2", "S1"]
    assert found[0] == Turn("S1", 100.0, found[0].end_s) and found[-1].end_s <= 110.0
    assert all(one.end_s <= other.start_s for one, other in pairwise(found))


def test_damaged_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from witnessmark.errors import BadInputError

    encoder._weights.cache_clear()
    monkeypatch.setattr(encoder, "WEIGHTS_SHA256", "00" * 32)
    with pytest.raises(BadInputError, match="damaged"):
        encoder._weights()
    encoder._weights.cache_clear()
