"""Every test of a transcript bites on what it is for, and on nothing that is plain speech."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from witnessmark.lines.conversation.doubts import (
    CUT_OFF,
    NOTHING,
    Heard,
    compression_ratio,
    doubts,
    other_script_share,
    text_doubts,
)

PLAIN = Heard(
    text="We came over the bridge and the road was open again.",
    decoded_in="en",
    length_s=4.0,
    mean_log_probability_nats=-0.3,
    no_speech_probability=0.1,
    word_probability=(0.9, 0.8, 0.95, 0.7),
    voice_share=0.95,
    second_voice_share=0.9,
    music_share=0.0,
    cut_off=False,
)


def test_plain_speech_is_not_marked() -> None:
    assert doubts(PLAIN) == ()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"decoded_in": "hy"}, "script"),
        ({"text": "and on " * 40, "length_s": 28.0}, "repeats itself"),
        ({"text": "4-3-5-1-4-4-2, 12 8 and 9."}, "figures"),
        ({"no_speech_probability": 0.7}, "doubts that this is speech"),
        ({"voice_share": 0.1}, "hardly any voice"),
        ({"second_voice_share": 0.05}, "second detector"),
        ({"music_share": 0.8}, "music"),
        ({"mean_log_probability_nats": -0.9}, "low probability"),
        ({"word_probability": (0.1, 0.2, 0.9, 0.2)}, "many words"),
        ({"length_s": 1.0}, "more letters"),
        ({"cut_off": True}, CUT_OFF),
        ({"text": "  "}, NOTHING),
    ],
)
def test_each_test_bites_alone(changed: dict[str, Any], reason: str) -> None:
    (found,) = doubts(replace(PLAIN, **changed))
    assert reason in found


def test_scripts_right_to_left_and_mixed() -> None:
    assert other_script_share("راه باز است", "fa") == 0.0
    assert other_script_share("راه باز است", "az") == 1.0
    assert 0.2 < other_script_share("Дорога road дорога", "ru") < 0.35
    assert other_script_share("12:30 ...", "hy") == 0.0
    assert other_script_share("何でも", "ja") == 0.0  # not listed, so not tested


def test_translations_are_tested_by_their_text() -> None:
    assert text_doubts("The road is open.", "en", -0.4, False) == ()
    assert text_doubts("", "en", -0.4, False) == (NOTHING,)
    assert len(text_doubts("дорога " * 30, "en", -1.0, True)) == 4
    assert compression_ratio("") == 0.0
