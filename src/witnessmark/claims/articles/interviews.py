"""Interviews: who answers, which paragraphs are questions, and what a question asks about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from witnessmark.claims.articles.mentions import Kind, Mention
from witnessmark.claims.articles.sentences import Parsed
from witnessmark.claims.proposals import Topic

_LINE = re.compile(r"(?P<who>[A-Z][\w.'-]*(?: [A-Z][\w.'-]*){0,3})\s?[:.] (?=\S)")
_ASKS, _ANSWERS = frozenset(("Q", "Question", "Interviewer", "Host")), frozenset(("A", "Answer"))
_QUESTIONS = (
    (re.compile(r"\b(?:where|which place|location)\b"), Topic.PLACE),
    (re.compile(r"\b(?:when|what day|which day|what time|date)\b"), Topic.TIME),
    (re.compile(r"\b(?:which|what) (?:unit|brigade|regiment|battalion)\b"), Topic.UNIT),
    (re.compile(r"\bhow many\b"), Topic.COUNT),
    (re.compile(r"\bhow (?:do|did|could|can) you (?:know|find|establish|verify|check)\b"), Topic.METHOD),
    (re.compile(r"\b(?:genuine|authentic|real|fake|staged|edited)\b"), Topic.AUTHENTICITY),
    (re.compile(r"\bwho\b"), Topic.WHO),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A paragraph of an interview.

    Attributes
    ----------
    speaker : Mention or None
        Who answers; None for a question.
    starts : int
        Where the words begin, after the name.
    asked : Topic or None
        What the question before it asks about.
    """

    speaker: Mention | None
    starts: int
    asked: Topic | None


def turns_of(parsed: Parsed, mentions: Sequence[Mention]) -> Mapping[int, Turn]:
    """The paragraphs of a text that are questions and answers, by number; none where it is no interview."""
    opened: list[tuple[int, int, str, str]] = []
    for number in sorted({each.paragraph for each in parsed.sentences}):
        inside = [each for each in parsed.sentences if each.paragraph == number]
        line = _LINE.match(parsed.plain, inside[0].start)
        if line is not None:
            opened.append((number, line.end(), line["who"], parsed.plain[line.end() : inside[-1].end]))
    names = Counter(who for _, _, who, _ in opened)
    asking = {who for _, _, who, words in opened if who in _ASKS or (names[who] > 1 and words.rstrip().endswith("?"))}
    answering = {who for who in names if who not in asking and (who in _ANSWERS or names[who] > 1)}
    if not answering or not asking:
        return {}
    turns: dict[int, Turn] = {}
    asked: Topic | None = None
    for number, starts, who, words in opened:
        if who in asking:
            turns[number] = Turn(None, starts, None)
            asked = next((topic for pattern, topic in _QUESTIONS if pattern.search(words.lower())), None)
        elif who in answering:
            speaker = _guest(parsed, mentions, opened[0][1]) if who in _ANSWERS else _named(mentions, who)
            if speaker is not None:
                turns[number] = Turn(speaker, starts, asked)
            asked = None
    return turns


def _guest(parsed: Parsed, mentions: Sequence[Mention], before: int) -> Mention | None:
    """Who is interviewed: the person named most often, but not the author."""
    people = [each for each in mentions if each.kind is Kind.PERSON and each.name is not None]
    people = [each for each in people if not parsed.plain[max(0, each.start - 3) : each.start].lower().endswith("by ")]
    if not people:
        return None
    said = Counter(each.name.split()[-1] for each in mentions if each.name)
    early = [each for each in people if each.start < before] or people
    return max(early, key=lambda each: (said[str(each.name).split()[-1]], -each.start))


def _named(mentions: Sequence[Mention], who: str) -> Mention | None:
    fits = [each for each in mentions if each.name and (each.name == who or each.name.split()[-1] == who.split()[-1])]
    people = [each for each in fits if each.kind is Kind.PERSON]
    return max(people or fits, key=lambda each: len(each.name or ""), default=None)
