"""The same sound is found through what happens to sound, and unrelated sound is not taken for it."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.lines.copies import sounds

from witnessmark.errors import BadInputError
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint, FrameCodes, SoundCodes
from witnessmark.lines.copies.library import Template
from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.lines.copies.sound import SOUND_SCORE, compare_sound, search_sound, sound_codes
from witnessmark.lines.copies.soundcodes import SPAN_S, STEP_S
from witnessmark.lines.copies.soundlines import bit_count, shifted

RATE = sounds.RATE_HZ


def codes(samples: sounds.Samples) -> SoundCodes:
    return sound_codes(samples, RATE, 0.0)


@pytest.fixture(scope="module")
def recordings() -> dict[str, sounds.Samples]:
    made = {f"speech {seed}": sounds.speech_like(20.0, seed) for seed in range(3)}
    made |= {f"music {seed}": sounds.music_like(20.0, seed) for seed in range(3)}
    return made | {f"wind {seed}": sounds.windy(20.0, seed) for seed in range(2)}


def of_sound(sound: SoundCodes, duration_s: float) -> Fingerprint:
    frames = FrameCodes(np.zeros(0, np.float32), np.zeros((0, 32), np.uint8), np.zeros(0, np.uint8))
    return Fingerprint(ALGORITHM, duration_s, 0, 0, frames, sound, None, None)


def test_a_bit_says_whether_the_lower_band_of_two_gained_on_the_higher() -> None:
    time = np.arange(2 * RATE) / RATE
    # 400 Hz lies in band 5 (387 to 410 Hz), 425 Hz in band 6: the first stops half-way, the second begins.
    sound = np.where(time < 1.0, np.sin(2 * np.pi * 400.0 * time), np.sin(2 * np.pi * 425.0 * time))
    found = codes(sound.astype(np.float32))
    assert found.start_s == pytest.approx(SPAN_S / 2.0)
    assert len(found.codes) == 5
    assert all((code >> 5) & 1 == 0 for code in found.codes)  # band 5 lost, band 6 gained
    assert all((code >> 6) & 1 == 1 for code in found.codes)  # band 6 gained, band 7 did not


def test_silence_and_a_steady_tone_give_no_code() -> None:
    assert not codes(np.zeros(5 * RATE, np.float32)).codes.any()
    tone = np.sin(2 * np.pi * 1000.0 * np.arange(5 * RATE) / RATE).astype(np.float32)
    assert not codes(0.5 * tone).codes.any()


def test_sound_shorter_than_a_code_gives_none() -> None:
    assert len(codes(np.ones(int(SPAN_S * RATE) - 1, np.float32)).codes) == 0
    assert len(codes(np.zeros(0, np.float32)).codes) == 0
    assert len(codes(sounds.windy(SPAN_S, 1)).codes) == 1


def test_sound_that_cannot_be_coded_is_refused() -> None:
    with pytest.raises(BadInputError, match="2 dimensions"):
        sound_codes(np.zeros((2, RATE), np.float32), RATE, 0.0)
    with pytest.raises(BadInputError, match="does not reach"):
        sound_codes(np.zeros(RATE, np.float32), 3000, 0.0)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1 << 30), gain=st.floats(0.05, 2.0), steps=st.integers(0, 40))
def test_volume_and_a_later_start_change_no_code(seed: int, gain: float, steps: int) -> None:
    sound = sounds.windy(8.0, seed)
    whole = codes(sound).codes
    later = codes(np.float32(gain) * sound[round(steps * STEP_S * RATE) :]).codes
    # The same windows: only a change on the edge of being one may fall differently after rounding.
    assert bit_count(whole[steps : steps + len(later)] ^ later).sum() <= 0.001 * 32 * len(later)


def test_codes_of_long_sound_are_those_of_its_parts() -> None:
    sound = sounds.windy(30.0, 3)
    assert np.array_equal(
        codes(sound).codes[80:120], codes(sound[10 * RATE : 10 * RATE + 41 * 2000 + RATE * 2]).codes[:40]
    )


CHANGES: dict[str, Callable[[sounds.Samples], sounds.Samples]] = {
    "aac 32 kbit/s": lambda sound: sounds.encoded(sound, "aac", 32_000),
    "opus 16 kbit/s": lambda sound: sounds.encoded(sound, "libopus", 16_000),
    "noise 15 dB under": lambda sound: sounds.noisy(sound, 15.0, 1),
    "a quarter as loud": lambda sound: np.float32(0.25) * sound,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_excerpt_is_found_where_it_lies(change: str, recordings: dict[str, sounds.Samples]) -> None:
    for name, sound in recordings.items():
        excerpt = sound[int(5.31 * RATE) : int(13.31 * RATE)]
        match = compare_sound(codes(CHANGES[change](excerpt)), codes(sound))
        assert match is not None, name
        assert match.score >= SOUND_SCORE, name
        first = match.stretches[0]
        assert first.q1_s - first.q0_s > 4.0
        assert first.r0_s - first.q0_s == pytest.approx(5.31, abs=0.2), name
        assert first.speed == pytest.approx(1.0, abs=0.025), name


@pytest.mark.parametrize("speed", [0.8, 0.9, 1.12, 1.25])
def test_faster_and_slower_sound_is_found_with_its_speed(speed: float) -> None:
    sound = sounds.speech_like(24.0, 7)
    for changed, pitch in ((sounds.played(sound, speed), speed), (sounds.hurried(sound, speed), 1.0)):
        match = compare_sound(codes(changed), codes(sound))
        assert match is not None
        assert match.score >= SOUND_SCORE
        assert match.stretches[0].speed == pytest.approx(speed, rel=0.01)
        assert match.stretches[0].pitch_ratio == pytest.approx(pitch, rel=0.03)


def test_unrelated_sound_is_not_the_same(recordings: dict[str, sounds.Samples]) -> None:
    made = {name: codes(sound) for name, sound in recordings.items()}
    for one, other in itertools.combinations(made, 2):
        match = compare_sound(made[one], made[other])
        assert match is None or match.score < SOUND_SCORE, (one, other)


def test_one_alarm_is_not_another_recording_of_it() -> None:
    """A beep once a second is the same everywhere: repeats count once."""
    time = np.arange(30 * RATE) / RATE
    beeps = (0.3 * np.sin(2 * np.pi * 1000.0 * time) * (time % 1.0 < 0.5)).astype(np.float32)
    one, other = (beeps + 0.05 * sounds.windy(30.0, seed) for seed in (1, 2))
    match = compare_sound(codes(one), codes(other))
    assert match is None or match.score < SOUND_SCORE


def test_two_inserted_stretches_are_both_found() -> None:
    reference, other = sounds.music_like(30.0, 1), sounds.speech_like(30.0, 2)
    query = np.concatenate(
        [
            other[: 6 * RATE],
            reference[20 * RATE : 27 * RATE],
            other[6 * RATE : 12 * RATE],
            reference[2 * RATE : 10 * RATE],
        ]
    )
    match = compare_sound(codes(query), codes(reference))
    assert match is not None
    for query_s, reference_s in ((6.0, 20.0), (19.0, 2.0)):
        found = [s for s in match.stretches if abs(s.r0_s - s.q0_s - (reference_s - query_s)) < 0.15]
        assert len(found) == 1
        assert abs(found[0].q0_s - query_s) < 1.0
        assert 6.0 < found[0].q1_s - found[0].q0_s < 9.0


def test_a_library_is_searched(recordings: dict[str, sounds.Samples]) -> None:
    library = MemoryLibrary()
    ids = {name: library.add(of_sound(codes(sound), 20.0), name).id for name, sound in recordings.items()}
    for name in ("speech 1", "music 2", "wind 0"):
        query = codes(sounds.encoded(recordings[name][int(4.27 * RATE) : int(14.27 * RATE)], "aac", 32_000))
        found = search_sound(query, library)
        assert [match.recording for match in found if match.score >= SOUND_SCORE] == [ids[name]]
        assert search_sound(query, library, leave_out=[ids[name]]) == ()
    assert search_sound(codes(sounds.music_like(10.0, 99)), library) == ()


def test_a_marked_intro_does_not_make_two_recordings_the_same_sound() -> None:
    jingle = sounds.music_like(8.0, 3)
    one, other = (np.concatenate([jingle, sounds.speech_like(12.0, seed)]) for seed in (1, 2))
    library = MemoryLibrary()
    kept = library.add(of_sound(codes(one), 20.0), "one")
    (found,) = search_sound(codes(other), library)
    assert found.recording == kept.id
    assert found.stretches[0].q1_s < 9.0
    marked = MemoryLibrary()
    marked.add(of_sound(codes(one), 20.0), "one", templates=[Template("intro", 0.0, 8.0, None)])
    assert search_sound(codes(other), marked) == ()
    again = search_sound(codes(one), marked)
    assert again[0].stretches[0].r0_s > 8.0


def test_a_sped_up_query_is_found_in_a_library(recordings: dict[str, sounds.Samples]) -> None:
    library = MemoryLibrary()
    ids = {name: library.add(of_sound(codes(sound), 20.0), name).id for name, sound in recordings.items()}
    found = search_sound(codes(sounds.played(recordings["music 1"], 1.25)), library)
    assert found
    assert found[0].recording == ids["music 1"]
    assert found[0].stretches[0].speed == pytest.approx(1.25, rel=0.01)


def test_nothing_to_compare_gives_nothing() -> None:
    empty, silent = SoundCodes(0.0, STEP_S, np.zeros(0, np.uint32)), SoundCodes(0.0, STEP_S, np.zeros(50, np.uint32))
    heard = codes(sounds.windy(10.0, 1))
    for one, other in itertools.permutations((empty, silent, heard), 2):
        assert compare_sound(one, other) is None
    assert search_sound(heard, MemoryLibrary()) == ()


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20), st.integers(-4, 4))
def test_shifting_bands_keeps_what_is_known(words: list[int], bands: int) -> None:
    original: NDArray[np.uint32] = np.array(words, np.uint32)
    moved, mask = shifted(original, bands)
    assert int(bit_count(np.array([mask]))[0]) == 32 - abs(bands)
    for word, there in zip(words, moved, strict=True):
        for bit in range(32):
            if int(mask) >> bit & 1:
                assert int(there) >> bit & 1 == word >> (bit + bands) & 1
