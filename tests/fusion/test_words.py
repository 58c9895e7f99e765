"""The two verbal scales at and between their borders."""

from __future__ import annotations

import math

import pytest

from witnessmark.errors import BadInputError
from witnessmark.fusion import Standing
from witnessmark.fusion.words import LOG10_LR_LIMIT, discriminates, lr_words, probability_words, sentences


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.0, "does not discriminate"),
        (1.99, "does not discriminate"),
        (2.0, "weak support for the claim"),
        (9.99, "weak support for the claim"),
        (10.0, "moderate support for the claim"),
        (100.0, "moderately strong support for the claim"),
        (1_000.0, "strong support for the claim"),
        (10_000.0, "very strong support for the claim"),
        (999_999.0, "very strong support for the claim"),
        (1_000_000.0, "extremely strong support for the claim"),
        (0.51, "does not discriminate"),
        (0.5, "weak support against the claim"),
        (0.001, "strong support against the claim"),
        (1e-7, "extremely strong support against the claim"),
    ],
)
def test_likelihood_ratios(ratio: float, words: str) -> None:
    assert lr_words(math.log10(ratio)) == words
    assert discriminates(math.log10(ratio)) == (words != "does not discriminate")


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "almost no chance"),
        (0.03, "almost no chance"),
        (0.05, "very unlikely"),
        (0.20, "unlikely"),
        (0.45, "roughly even chance"),
        (0.5499, "roughly even chance"),
        (0.55, "likely"),
        (0.80, "very likely"),
        (0.95, "almost certain"),
        (1.0, "almost certain"),
    ],
)
def test_probabilities(probability: float, words: str) -> None:
    assert probability_words(probability) == words


def test_what_is_no_number_of_the_scale_is_refused() -> None:
    with pytest.raises(BadInputError):
        lr_words(math.nan)
    for value in (-0.1, 1.1, math.nan):
        with pytest.raises(BadInputError):
            probability_words(value)


def standing(log10_lr: float, posterior: float, reason: str = "") -> Standing:
    words = "not weighed" if reason else probability_words(posterior)
    return Standing("C1", 0.25, posterior, log10_lr, lr_words(log10_lr), words, reason)


def test_weight_and_probability_stand_in_separate_sentences() -> None:
    weighed, probable = sentences(standing(1.5, 0.9))
    assert weighed == "The findings together give moderate support for the claim C1 (log10 LR +1.5)."
    assert probable == "Starting from 25 %, claim C1 comes to 90 %: very likely."
    for text in (weighed, probable):
        assert text.count(".") - text.count("1.5") == 1
        assert "confiden" not in text
    assert "likely" not in weighed
    assert "support" not in probable


def test_sentences_of_what_is_excluded_undecided_or_not_weighed() -> None:
    assert sentences(standing(-LOG10_LR_LIMIT, 0.0))[0] == "A hard bound among the findings excludes the claim C1."
    assert "does not discriminate between claim C1 and its contrary" in sentences(standing(0.1, 0.27))[0]
    assert sentences(standing(0.0, 1.0, "It holds everywhere.")) == (
        "The findings were not weighed on claim C1: It holds everywhere.",
        "",
    )
    assert "above 99.9 %" in sentences(standing(8.0, 0.9999999))[1]
    assert "below 0.1 %" in sentences(standing(-8.0, 1e-7))[1]
