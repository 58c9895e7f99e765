"""Which script a line is in: by what each pack makes of it, never assumed; and lines that mix two scripts."""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from witnessmark.lines.text.reading import ReadLine, ReadWord

MIXED = "mixed"
STRENGTH_PER_SHARE = 12.0
"""Log-odds [nats] between two scripts for a difference of 1 in `sense`, on a line of `FULL_LETTERS` letters or more.

Fitted on drawn text, see docs/lines/text.md.
"""
FULL_LETTERS = 6
SENSE_AT_LEAST = 0.35
"""Sense below which a reading is noise."""
SHORT_LETTERS, SHORT_SENSE_AT_LEAST = 3, 0.6
"""Readings of so few letters and digits need more sense, and a single one is never told: texture reads so."""
SCRIPT_SURE = 0.8
"""Share from which a script is named."""
WORD_AHEAD = 0.25
"""By how much a word must read better in another script before a line counts as mixed."""
ORDINARY = frozenset("0123456789 .,:;!?%&/-–№+'’\"«»()՝՛՜՞։،؟")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the readings of a line come to.

    Attributes
    ----------
    script : str
        The likeliest, whatever its share; "mixed" where words are best read in two.
    share : float
    lines : tuple of ReadLine
        Readings that make sense, the likeliest first.
    """

    script: str
    share: float
    lines: tuple[ReadLine, ...]


def choose(lines: Sequence[ReadLine]) -> Chosen | None:
    """Order a line's readings and weigh the scripts; None when no reading makes sense.

    Parameters
    ----------
    lines : sequence of ReadLine
        Of one line of text, by every pack.
    """
    shares = script_shares(lines)
    if not shares:
        return None
    sensible = [line for line in lines if line.words and sense(line) >= _needed(line)]
    ordered = sorted(sensible, key=lambda line: (-shares[line.script], -sense(line)))
    if not ordered:
        return None
    best = ordered[0].script
    blended = _blended(ordered)
    if blended is not None:
        return Chosen(MIXED, shares[best], (blended, *ordered))
    return Chosen(best, shares[best], tuple(ordered))


def script_shares(lines: Sequence[ReadLine]) -> dict[str, float]:
    """How far the readings speak for each script, summing to 1; empty when nothing was read.

    The odds between two scripts follow from the difference in `sense` of their best readings, damped for short lines.
    """
    best: dict[str, float] = {}
    for line in lines:
        if line.words:
            best[line.script] = max(best.get(line.script, 0.0), sense(line))
    if not best:
        return {}
    top = max((line for line in lines if line.words), key=sense)
    letters = sum(letter.isalpha() for letter in top.text)
    strength = STRENGTH_PER_SHARE * math.sqrt(min(letters, FULL_LETTERS) / FULL_LETTERS)
    most = max(best.values())
    weights = {script: math.exp(strength * (value - most)) for script, value in best.items()}
    total = sum(weights.values())
    return {script: weight / total for script, weight in weights.items()}


def sense(line: ReadLine) -> float:
    """How much sense a reading makes, 0 to 1: Tesseract's confidence times the share of marks a text may hold."""
    text = line.text
    if not text:
        return 0.0
    fit = sum(_fits(letter, line.script) for letter in text) / len(text)
    return line.confidence_share * fit * _even_case(text)


def _needed(line: ReadLine) -> float:
    """The sense from which a reading is told."""
    letters = sum(letter.isalnum() for letter in line.text)
    if letters < 2:
        return math.inf
    return SHORT_SENSE_AT_LEAST if letters <= SHORT_LETTERS else SENSE_AT_LEAST


def _fits(letter: str, script: str) -> bool:
    return letter in ORDINARY or (letter.isalpha() and _script(letter) == script)


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "OTHER").split()[0].lower()


def _even_case(text: str) -> float:
    """Less than 1 for words whose capitals stand among small letters: letters of another script read by their looks."""
    words = [word for word in text.split() if any(letter.isalpha() for letter in word)]
    odd = sum(
        any(later.isupper() and earlier.islower() for earlier, later in itertools.pairwise(word)) for word in words
    )
    return 1.0 - 0.5 * odd / len(words) if words else 0.5


def _blended(ordered: Sequence[ReadLine]) -> ReadLine | None:
    """The best two scripts' readings word by word, where each reads some of the words clearly better."""
    first = ordered[0]
    second = next((line for line in ordered if line.script != first.script), None)
    if second is None or len(first.words) < 2:
        return None
    taken: list[ReadWord] = []
    sources: list[str] = []
    for word in first.words:
        rivals = [other for other in second.words if _overlap(word, other) >= 0.5]
        rival = max(rivals, key=lambda other: _word_sense(other, second.script), default=None)
        if rival is not None and _word_sense(rival, second.script) > _word_sense(word, first.script) + WORD_AHEAD:
            taken.append(rival)
            sources.append(second.script)
        else:
            taken.append(word)
            sources.append(first.script)
    kept = [word for place, word in enumerate(taken) if word not in taken[:place]]
    letters: Mapping[str, int] = {
        script: sum(
            sum(letter.isalpha() for letter in word.text)
            for word, source in zip(taken, sources, strict=True)
            if source == script
        )
        for script in (first.script, second.script)
    }
    if min(letters.values()) < 3:
        return None
    return replace(first, pack=f"{first.pack}+{second.pack}", script=MIXED, words=tuple(kept))


def _word_sense(word: ReadWord, script: str) -> float:
    return sense(ReadLine("", script, (word,)))


def _overlap(one: ReadWord, other: ReadWord) -> float:
    """Shared width as a share of the narrower word."""
    shared = min(one.right_share, other.right_share) - max(one.left_share, other.left_share)
    narrower = min(one.right_share - one.left_share, other.right_share - other.left_share)
    return shared / narrower if narrower > 0.0 else 0.0
