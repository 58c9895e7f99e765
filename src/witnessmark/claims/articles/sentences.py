"""Paragraphs, sentences and quotations of a text, as positions in it."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass

_OPENING, _CLOSING = "“«„", "”»"
_SAME = str.maketrans(
    {"’": "'", "‘": "'", "‛": "'", "ʼ": "'", "\xa0": " ", "\u202f": " ", "–": "-", "—": "-", "‑": "-", "\t": " "}
)
_SHORTENED = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Maj|Col|Lt|Capt|Sgt|Cpl|Adm|Brig|Rev|Hon"
    r"|Sen|Rep|Gov|St|Mt|No|Nos|vs|etc|approx|ca|cf|Art|art"
    r"|Arts|arts|para|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec|Inc|Ltd"
    r"|Co|Jr|Sr|Bros|Fig|al|i\.e|e\.g|a\.m|p\.m|km|U\.S|U\.K|U\.N|E\.U)"
    r"|\b[A-Z])\.$"
)
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s+[\"'“‘«„(\[]?[^\W_])")
HEADLINE_WORDS_MAX = 25
SENTENCE_MAX = 3000
"""Longest sentence read [characters]; longer stretches are lists, tables or attacks."""
_SHORTENED_MAX = 12
_SINGLE_QUOTE_MAX = 1500
_DATELINES_WITHIN = 6
_DATELINE = re.compile(
    r"[A-Z][A-Z .,'/-]{2,40}(?:[,.]? [\w ,.]{0,40})?(?:\([^)]{1,40}\)[, \w.]{0,30})? ?(?:--|-|:) (?=\S)"
)
"""Town, date and agency before a report's first sentence: "HARBOUR, 3 October 2031 (Wire) - "."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: from `start` up to `end` in the text, in which paragraph, and whether it is a heading."""

    start: int
    end: int
    paragraph: int
    heading: bool


@dataclass(frozen=True, slots=True)
class Quotation:
    """Quoted words: `start` to `end` without the marks, and in which paragraph; `open_ended` when no mark closes it."""

    start: int
    end: int
    paragraph: int
    open_ended: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text in parts.

    Attributes
    ----------
    text : str
        As captured.
    plain : str
        The same length, typographic apostrophes, dashes and spaces made plain.
    masked : str
        `plain` with quoted words blanked out by "¤".
    sentences, quotations : tuple
    too_long : int
        Stretches longer than `SENTENCE_MAX`, which are no sentences and are left out.
    """

    text: str
    plain: str
    masked: str
    sentences: tuple[Sentence, ...]
    quotations: tuple[Quotation, ...]
    too_long: int = 0

    def quotations_of(self, paragraph: int) -> tuple[Quotation, ...]:
        """The quotations of a paragraph, in order."""
        first = bisect.bisect_left(self.quotations, paragraph, key=lambda each: each.paragraph)
        last = bisect.bisect_right(self.quotations, paragraph, key=lambda each: each.paragraph)
        return self.quotations[first:last]


def parse(text: str) -> Parsed:
    """Find paragraphs, quotations and sentences."""
    plain = text.translate(_SAME)
    quotations: list[Quotation] = []
    sentences: list[Sentence] = []
    too_long = 0
    for number, (start, end) in enumerate(_paragraphs(text)):
        quotations.extend(_quotations(text, start, end, number))
        spans = list(_sentences(plain, start, end))
        if spans and number < _DATELINES_WITHIN:
            dateline = _DATELINE.match(plain, spans[0][0], spans[0][1])
            if dateline is not None:
                spans[0] = (dateline.end(), spans[0][1])
        for first, last in spans:
            if last - first > SENTENCE_MAX:
                too_long += 1
                continue
            words = plain[first:last].split()
            bare = len(spans) == 1 and plain[last - 1] not in ".!?…\"”:'’" and len(words) <= HEADLINE_WORDS_MAX
            sentences.append(Sentence(first, last, number, bare))
    masked = list(plain)
    for each in quotations:
        masked[each.start : each.end] = "¤" * (each.end - each.start)
    return Parsed(text, plain, "".join(masked), tuple(sentences), tuple(quotations), too_long)


def _paragraphs(text: str) -> list[tuple[int, int]]:
    """Stretches between line breaks; a line that ends without a stop runs on where the next begins in lower case."""
    spans: list[tuple[int, int]] = []
    for found in re.finditer(r"[^\n\r\f\v\u2028\u2029]+", text):
        start, end = found.start(), found.end()
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start == end:
            continue
        if (
            spans
            and text[start].islower()
            and text[spans[-1][1] - 1] not in ".!?:"
            and text[spans[-1][1] : start].count("\n") == 1
        ):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _quotations(text: str, start: int, end: int, paragraph: int) -> list[Quotation]:
    found: list[Quotation] = []
    begun: int | None = None
    single = False
    for place in range(start, end):
        mark = text[place]
        before = text[place - 1] if place > start else " "
        after = text[place + 1] if place + 1 < end else " "
        if begun is None:
            opens = mark in _OPENING or (mark == '"' and not after.isspace())
            quoted_single = mark in "‘'" and before in " \n([" and after.isalpha() and _closes(text, place, end)
            if opens or quoted_single:
                begun, single = place + 1, quoted_single and not opens
        elif single:
            if mark in "’'" and not after.isalnum():
                found.append(Quotation(begun, place, paragraph, False))
                begun = None
        elif mark in _CLOSING or mark == '"' or (mark == "“" and place > begun and not before.isspace()):
            found.append(Quotation(begun, place, paragraph, False))
            begun = None
        elif mark in _OPENING and mark != "“" and place > begun:
            continue
    if begun is not None:
        found.append(Quotation(begun, end, paragraph, True))
    return [each for each in found if each.end > each.start]


def _closes(text: str, place: int, end: int) -> bool:
    """Whether a single mark opens a quotation: a closing one follows, at the end of a word, with two words between."""
    rest = re.search(r"[’'](?!\w)", text[place + 1 : min(end, place + _SINGLE_QUOTE_MAX)])
    return rest is not None and " " in text[place + 1 : place + 1 + rest.start()].strip()


def _sentences(plain: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    begun = start
    for found in _END.finditer(plain, start, end):
        mark = found.group().rstrip("\"'”’»)]")
        following = plain[found.end() : end].lstrip().lstrip("\"'“‘«„([")
        if _SHORTENED.search(plain[max(begun, found.start() - _SHORTENED_MAX) : found.start() + 1]) and len(mark) == 1:
            continue
        if following[:1].islower():
            continue
        spans.append((begun, found.end()))
        begun = found.end()
        while begun < end and plain[begun].isspace():
            begun += 1
    if begun < end:
        spans.append((begun, end))
    return spans
