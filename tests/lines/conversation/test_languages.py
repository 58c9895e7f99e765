"""What may be said of a language: never a code without its share, nothing of what is short, close or strange."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import BadInputError
from witnessmark.lines.conversation.languages import (
    EITHER_TURKIC,
    OTHER,
    SURE,
    UNDETERMINED,
    borne_out,
    check,
    decide,
    differ,
    note,
    restricted,
)

CASE = ("az", "hy", "ru", "tr", "en")
ALL = (*CASE, "ka", "fa", "la", "th", "nn")


@st.composite
def scores(draw: st.DrawFn) -> dict[str, float]:
    weights = [draw(st.floats(0.0, 1.0)) ** 4 + 1e-9 for _ in ALL]
    return {code: weight / sum(weights) for code, weight in zip(ALL, weights, strict=True)}


@given(scores(), st.lists(scores(), max_size=3), st.floats(0.0, 30.0))
def test_a_verdict_stands_only_on_its_share(
    whole: dict[str, float], windows: list[dict[str, float]], length_s: float
) -> None:
    verdict = decide(whole, windows, length_s, CASE)
    inside = restricted(whole, CASE)
    assert sum(inside.values()) == pytest.approx(1.0)
    assert verdict.why.endswith(".") and verdict.decode_in in ALL
    if verdict.said in CASE:
        assert inside[verdict.said] >= SURE and length_s >= 4.0
        assert verdict.to_bear_out == (sum(whole[code] for code in CASE) < 0.5)
    elif verdict.said == OTHER:
        assert max(whole[code] for code in ("ka", "fa", "th", "nn")) >= 0.5
    else:
        assert verdict.said in (UNDETERMINED, EITHER_TURKIC)


def test_what_outvotes_the_case_has_to_be_borne_out_by_the_transcript() -> None:
    accent = {"la": 0.5, "en": 0.2, "sl": 0.15, "hu": 0.15}
    verdict = decide(accent, [], 7.0, CASE)
    assert (verdict.said, verdict.to_bear_out) == ("en", True)
    assert borne_out(verdict, -0.3, ()).said == "en"
    assert borne_out(verdict, -0.9, ()).said == UNDETERMINED
    assert borne_out(verdict, -0.3, ("the text repeats itself",)).said == UNDETERMINED


def test_a_language_outside_the_case_is_not_pressed_into_it() -> None:
    verdict = decide({"ka": 0.9, "en": 0.08, "ru": 0.02}, [], 20.0, CASE)
    assert (verdict.said, verdict.decode_in) == (OTHER, "ka") and "Georgian" in verdict.why
    assert borne_out(verdict, -0.3, ()).said == OTHER and borne_out(verdict, -1.2, ()).said == UNDETERMINED


def test_azerbaijani_and_turkish_are_told_apart_only_when_far_apart() -> None:
    close = {"az": 0.2, "tr": 0.75, "ru": 0.05}
    assert decide(close, [close], 10.0, CASE).said == EITHER_TURKIC
    assert decide({"az": 0.02, "tr": 0.95, "ru": 0.03}, [], 10.0, CASE).said == "tr"
    one_each = [{"az": 0.9, "tr": 0.1}, {"az": 0.1, "tr": 0.9}]
    assert decide({"az": 0.5, "tr": 0.5}, one_each, 10.0, CASE).said == EITHER_TURKIC
    assert not differ(one_each[0], one_each[1], CASE)


def test_windows_that_disagree_and_short_stretches_tell_nothing() -> None:
    english, russian = {"en": 0.98, "ru": 0.02}, {"en": 0.05, "ru": 0.95}
    assert decide(english, [english, russian], 12.0, CASE).why == "Windows of it disagree: English, Russian."
    assert differ(english, russian, CASE)
    short = decide(english, [], 3.0, CASE)
    assert (short.said, short.decode_in) == (UNDETERMINED, "en") and "too short" in short.why


def test_every_note_says_how_little_it_is() -> None:
    for code in (*CASE, OTHER, EITHER_TURKIC):
        assert "uncalibrated" in note(code)
        assert ("not checked on real voices" in note(code)) == (code != "en")
    assert note(UNDETERMINED) == UNDETERMINED


def test_languages_that_the_model_does_not_know_are_refused() -> None:
    check(CASE, ALL)
    with pytest.raises(BadInputError, match="'xx'"):
        check(("en", "xx"), ALL)
    with pytest.raises(BadInputError, match="No language"):
        check((), ALL)
