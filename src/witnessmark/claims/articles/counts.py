"""Numbers of persons and things as said: "at least seven", "about a dozen", "an unknown number"."""

from __future__ import annotations

import math
import re

from witnessmark.claims.articles.words import lowered, one_of, parties, topic_patterns
from witnessmark.claims.proposals import SaidCount

_WORDS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_WORDS |= {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "a dozen": 12,
    "a hundred": 100,
    "a thousand": 1000,
    "two dozen": 24,
    "half a dozen": 6,
    "a couple of": 2,
    "a pair of": 2,
    "a dozen or so": 12,
}
_LOOSE = {
    "dozens of": 24,
    "dozens": 24,
    "scores of": 40,
    "hundreds of": 200,
    "hundreds": 200,
    "thousands of": 2000,
    "thousands": 2000,
    "several": 3,
    "a few": 3,
    "a handful of": 3,
    "tens of": 20,
    "several dozen": 36,
    "tens of thousands of": 20000,
    "hundreds of thousands of": 200000,
}
_UNKNOWN = (
    "an unknown number of",
    "an unspecified number of",
    "an undisclosed number of",
    "an unconfirmed number of",
    "an uncertain number of",
    "a number of",
    "unknown number of",
)
_ABOUT = 0.25
"""How far "about", "some" and the like may be off, as a share of the number; an assumption, on the wide side."""
_OTHERS = (
    r"\b(?!(?:days|weeks|months|years|hours|minutes|seconds|times|metres|meters"
    r"|kilometres|kilometers|miles|degrees|sides|parties)\b)"
    r"[a-z-]+s\b(?= (?:were|was|had|have|are|who|killed|died|dead|wounded|injured|shot|taken|missing))"
)
"""Any other plural that something happened to."""
_PEOPLES = one_of(name.lower() for name in parties().peoples)
_SMALL = "|".join(sorted((*_WORDS,), key=len, reverse=True))
_NUMBER = (
    rf"(?:\d{{1,3}}(?:[, ]\d{{3}})+|\d{{1,6}}|(?:twenty|thirty|forty|fifty|sixty"
    rf"|seventy|eighty|ninety)-(?:one|two|three|four|five|six|seven|eight|nine)"
    rf"|{_SMALL})"
)
_PATTERN = re.compile(
    rf"\b(?:(?P<mode>at least|no fewer than|no less than|more than|over|up to"
    rf"|as many as|at most|no more than|fewer than|less than|about|around|some"
    rf"|approximately|roughly|nearly|almost|an estimated|estimated) )?"
    rf"(?:(?P<unknown>{'|'.join(_UNKNOWN)})|(?P<loose>{'|'.join(sorted(_LOOSE, key=len, reverse=True))})"
    rf"|(?:between |from )?(?P<n>{_NUMBER})(?:(?: ?- ?| to | and | or )(?P<n2>{_NUMBER}))?)(?![\w.:/%]*\d)\s+"
    rf"(?:of (?:the |them |our |their )?)?(?P<what>(?!(?:{_SMALL})\b)(?:(?!(?:and"
    rf"|or|in|on|at|of|the|to|a|an|by|for|from|were|was|is|are|had|have|that|who"
    rf"|which|with|as|after|when)\b)[\w'-]+ ){{0,4}}?{{persons}})".replace(
        "{persons}",
        f"(?:{topic_patterns()['persons'][0].pattern}|{_OTHERS}|\\b(?:{_PEOPLES})\\b)",
    )
)


def find_count(plain: str, start: int, end: int) -> SaidCount | None:
    """The first number of persons or things in a stretch.

    Examples
    --------
    >>> find_count("At least seven prisoners were shot.", 0, 35)
    SaidCount(what='prisoners', at_least=7, at_most=None, words='At least seven prisoners')
    >>> find_count("About a dozen soldiers stand there.", 0, 35)
    SaidCount(what='soldiers', at_least=9, at_most=15, words='About a dozen soldiers')
    >>> find_count("An unknown number of villagers fled.", 0, 36)
    SaidCount(what='villagers', at_least=None, at_most=None, words='An unknown number of villagers')
    """
    low = lowered(plain)
    for match in _PATTERN.finditer(low, start, end):
        if (
            match["n"] in ("one", "zero", "0", "1")
            and match["n2"] is None
            and match["mode"] is None
            and "one of" in match.group()
        ):
            continue
        if match["n"] and match["n"].isdigit() and len(match["n"]) == 4 and match["n"][:2] in ("19", "20"):
            continue
        low_end, high_end = _bounds(match)
        return SaidCount(match["what"].strip(), low_end, high_end, plain[match.start() : match.end()])
    return None


def _bounds(match: re.Match[str]) -> tuple[int | None, int | None]:
    if match["unknown"]:
        return None, None
    if match["loose"]:
        return _LOOSE[match["loose"]], None
    number = _value(match["n"])
    if match["n2"]:
        other = _value(match["n2"])
        return min(number, other), max(number, other)
    mode = match["mode"]
    if mode in ("at least", "no fewer than", "no less than"):
        return number, None
    if mode in ("more than", "over"):
        return number + 1, None
    if mode in ("up to", "as many as", "at most", "no more than"):
        return None, number
    if mode in ("fewer than", "less than"):
        return None, number - 1
    if mode is not None:
        return math.floor(number * (1 - _ABOUT)), math.ceil(number * (1 + _ABOUT))
    return number, number


def _value(words: str) -> int:
    if words in _WORDS:
        return _WORDS[words]
    if "-" in words and not words[0].isdigit():
        tens, ones = words.split("-")
        return _WORDS[tens] + _WORDS[ones]
    return int(re.sub(r"\D", "", words))
