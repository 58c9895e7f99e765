"""All that is said in a text, sentence by sentence: who speaks, by which verb, in which stretches, through whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from witnessmark.claims.articles.attribution import Attributor
from witnessmark.claims.articles.cast import REPORT, Cast, Speaker
from witnessmark.claims.articles.finding import Finder
from witnessmark.claims.articles.interviews import turns_of
from witnessmark.claims.articles.mentions import Kind, Mention, common_capitals, grounds_of
from witnessmark.claims.articles.phrases import Attribution, Span, clauses
from witnessmark.claims.articles.sentences import Quotation, Sentence, parse
from witnessmark.claims.articles.words import Parties, Verb, lowered
from witnessmark.claims.proposals import Topic
from witnessmark.claims.records import Hedge

_ELSEWHERE = 10_000
_SCARE_WORDS_MAX = 4
"""Quoted words up to this many are the report's own, with marks of distance."""
_ISSUED = re.compile(
    r"(?:(?:joint )?(?:press )?(?:statement|communiqu[eé]|release)|briefing) (?:by|of|from|issued by) "
)
_PLAIN_SAY = Verb("say", Hedge.ASSERTS)
_ASKING = re.compile(r"(?:how|why|what|where|who|when)\b")


@dataclass(frozen=True, slots=True)
class Said:
    """One speaker's words in one sentence."""

    speaker: Speaker
    verb: Verb | None
    at: int | None
    spans: tuple[Span, ...]
    passage: Span
    quoted: bool
    via: tuple[str, ...]
    others: tuple[Span, ...] | None = None
    asked: Topic | None = None


class Speaking:
    """Everybody's words in one text.

    Parameters
    ----------
    text : str
    known : Parties

    Attributes
    ----------
    parsed : Parsed
    questions : dict
        What a person is asked, as keys.
    """

    def __init__(self, text: str, known: Parties) -> None:
        self.parsed = parse(text)
        self.questions: dict[str, None] = {}
        if self.parsed.too_long:
            self.questions[
                f"{self.parsed.too_long} stretches are too long to be sentences and were not read. Tables?"
            ] = None
        plain = self.parsed.plain
        names = common_capitals(plain, [(each.start, each.end) for each in self.parsed.sentences])
        finder = Finder(self.parsed.masked, names, known, grounds_of(plain))
        self._mentions = {each: finder.find(each.start, each.end, each.heading) for each in self.parsed.sentences}
        everyone = [mention for each in self.parsed.sentences for mention in self._mentions[each]]
        self._cast = Cast(plain, known, everyone, self._voice())
        self._bodies = {each.name for each in everyone if each.name and each.kind in (Kind.PERSON, Kind.BODY)}
        self._attributor = Attributor(self.parsed.masked)
        self._turns = turns_of(self.parsed, everyone)
        self._voices: dict[int, Speaker] = {}
        for number, turn in self._turns.items():
            voice = self._cast.resolve(turn.speaker) if turn.speaker is not None else None
            if voice is not None:
                self._voices[number] = voice
        self._issuer = self._cast.report

    def is_somebody(self, name: str) -> bool:
        """Whether a name is that of a person or body of the text."""
        return name in self._bodies or self._cast.known_person(name)

    def all_said(self) -> Iterator[Said]:
        """Everybody's words, sentence by sentence; quotations go to those who were named beside them."""
        attributed = {each: self._attributed(each) for each in self.parsed.sentences}
        owners = self._owners(attributed)
        speakers: dict[int, Speaker | None] = {}
        last_of_paragraph: dict[int, Speaker] = {}
        by_paragraph: dict[int, list[Sentence]] = {}
        for sentence in self.parsed.sentences:
            by_paragraph.setdefault(sentence.paragraph, []).append(sentence)
        for number in sorted(by_paragraph):
            self._cast.report = self._voices.get(number, self._issuer)
            for sentence in by_paragraph[number]:
                for mention in self._mentions[sentence]:
                    if mention.kind is not Kind.PRONOUN:
                        self._note(mention)
                for attribution in attributed[sentence]:
                    speaker = self._speaker_of(attribution)
                    speakers[id(attribution)] = speaker
                    if speaker is not None:
                        self._cast.last_speaker = speaker
                        last_of_paragraph[number] = speaker
            for sentence in by_paragraph[number]:
                yield from self._of_sentence(sentence, attributed[sentence], owners, speakers, last_of_paragraph)

    def _attributed(self, sentence: Sentence) -> list[Attribution]:
        """The attributions of a sentence, without the name that opens a turn of an interview."""
        turn = self._turns.get(sentence.paragraph)
        start = sentence.start if turn is None else min(max(sentence.start, turn.starts), sentence.end)
        inside = [each for each in self._mentions[sentence] if each.start >= start]
        return self._attributor.find(start, sentence.end, inside)

    def _note(self, mention: Mention) -> None:
        """Learn that somebody was mentioned, for the pronouns that follow."""
        if mention.kind in (Kind.PERSON, Kind.BODY, Kind.PARTY) or (mention.kind is Kind.NAME and mention.name):
            before = self._cast.last_speaker
            self._cast.resolve(mention)
            self._cast.last_speaker = before

    def _speaker_of(self, attribution: Attribution) -> Speaker | None:
        if attribution.speaker is None:
            return self._cast.last_speaker
        return self._cast.resolve(attribution.speaker)

    def _owners(self, attributed: dict[Sentence, list[Attribution]]) -> dict[Quotation, Attribution | int]:
        """Which attribution each quotation belongs to, or the paragraph whose speaker goes on."""
        by_paragraph: dict[int, list[Sentence]] = {}
        for sentence in self.parsed.sentences:
            by_paragraph.setdefault(sentence.paragraph, []).append(sentence)
        owners: dict[Quotation, Attribution | int] = {}
        for number, sentences in by_paragraph.items():
            same = [one for sentence in sentences for one in attributed[sentence]]
            for quote in self.parsed.quotations_of(number):
                beside = [each for each in sentences if each.start < quote.end and each.end > quote.start]
                fits = [
                    fit for each in beside for one in attributed[each] if (fit := _distance(quote, one)) is not None
                ]
                earlier = [one for one in same if one.at < quote.start and not one.carrier]
                if fits:
                    owners[quote] = min(fits, key=lambda each: each[0])[1]
                elif earlier:
                    owners[quote] = earlier[-1]
                else:
                    owners[quote] = same[0] if same else number - 1
        return owners

    def _of_sentence(
        self,
        sentence: Sentence,
        here: list[Attribution],
        owners: dict[Quotation, Attribution | int],
        speakers: dict[int, Speaker | None],
        last_of_paragraph: dict[int, Speaker],
    ) -> Iterator[Said]:
        inside = self.parsed.quotations_of(sentence.paragraph)
        quotes = [each for each in inside if each.start < sentence.end and each.end > sentence.start]
        used: list[Span] = []
        for one in here:
            speaker = speakers[id(one)]
            if speaker is None:
                self.questions.setdefault(f"Who says: “{self.parsed.text[sentence.start : sentence.end]}”?")
                used.append(one.clause)
                continue
            via = tuple(
                voice.name
                for each in one.via
                if (voice := self._cast.resolve(each)) is not None and voice is not speaker
            )
            spans = [*one.contents]
            for quote in quotes:
                if owners.get(quote) is one and not any(first <= quote.start < last for first, last in spans):
                    spans.append((max(quote.start, sentence.start), min(quote.end, sentence.end)))
            spans = [(first, last) for first, last in spans if not self._others(first, last, one, quotes, owners)]
            if one.carrier and not spans:
                used.append(one.clause)
                continue
            if spans:
                edges = [*spans, (one.head, one.head)] if one.noun else [*spans, one.clause]
                outer = (min(first for first, _ in edges), max(last for _, last in edges))
                used.append(outer)
                yield Said(
                    speaker,
                    one.verb,
                    one.at,
                    tuple(spans),
                    self._passage(sentence, outer),
                    self._quoted(spans, quotes),
                    via,
                    None if one.noun else tuple(span for each in here for span in each.contents),
                )
        for quote in quotes:
            first, last = max(quote.start, sentence.start), min(quote.end, sentence.end)
            owner = owners[quote]
            if isinstance(owner, Attribution):
                if owner in here:
                    continue
                speaker = speakers.get(id(owner)) or self._cast.last_speaker
                verb: Verb | None = owner.verb
            else:
                speaker = last_of_paragraph.get(owner)
                verb = _PLAIN_SAY
                if speaker is not None:
                    last_of_paragraph.setdefault(owner + 1, speaker)
            whole = last - first > 0.7 * (sentence.end - sentence.start)
            if not whole and len(self.parsed.plain[first:last].split()) <= _SCARE_WORDS_MAX:
                continue
            if speaker is None:
                if whole:
                    used.append((first, last))
                    self.questions.setdefault(f"Who says: “{self.parsed.text[first:last]}”?")
                continue
            used.append((first, last))
            say = verb if verb is not None and verb.hedge in (Hedge.ALLEGES,) and not verb.demand else _PLAIN_SAY
            yield Said(speaker, say, None, ((first, last),), self._passage(sentence, (first, last)), True, ())
        yield from self._own_voice(sentence, used)

    def _others(
        self,
        first: int,
        last: int,
        one: Attribution,
        quotes: Iterable[Quotation],
        owners: dict[Quotation, Attribution | int],
    ) -> bool:
        """Whether a stretch is wholly somebody else's quotation."""
        return any(owners.get(quote) is not one and quote.start <= first and last <= quote.end for quote in quotes)

    def _quoted(self, spans: list[Span], quotes: Iterable[Quotation]) -> bool:
        inside = sum(
            max(0, min(last, quote.end) - max(first, quote.start)) for first, last in spans for quote in quotes
        )
        return inside > 0.5 * sum(last - first for first, last in spans)

    def _passage(self, sentence: Sentence, span: Span) -> Span:
        """The sentence, or the clause of it where several speak."""
        first, last = max(sentence.start, span[0]), min(sentence.end, span[1])
        if last - first > 0.6 * (sentence.end - sentence.start) or not self._splits(sentence):
            return sentence.start, sentence.end
        text = self.parsed.text
        while first < last and text[first] in " ,;":
            first += 1
        while last > first and text[last - 1] in " ,;":
            last -= 1
        return first, last

    def _splits(self, sentence: Sentence) -> bool:
        return len(clauses(self.parsed.masked, sentence.start, sentence.end, self._mentions[sentence])) > 1

    def _own_voice(self, sentence: Sentence, used: list[Span]) -> Iterator[Said]:
        parts = clauses(self.parsed.masked, sentence.start, sentence.end, self._mentions[sentence])
        for first, last in parts:
            taken = [max(begin, first) for begin, end in used if begin < last and end > first]
            if taken and min(taken) - first < 0.4 * (last - first):
                continue
            last = min([last, *taken])
            if self.parsed.plain[sentence.start : sentence.end].rstrip().endswith("?"):
                continue
            if sentence.heading and _ASKING.match(lowered(self.parsed.plain), sentence.start):
                continue
            turn = self._turns.get(sentence.paragraph)
            verb: Verb | None = None
            asked: Topic | None = None
            if turn is not None:
                first = max(first, turn.starts)
                if turn.speaker is None or first >= last:
                    continue
                asked = turn.asked if sentence.start <= turn.starts else None
                verb = _PLAIN_SAY
            passage = self._passage(sentence, (first, last))
            yield Said(self._cast.report, verb, None, ((first, last),), passage, False, (), None, asked)

    def _voice(self) -> str:
        """Who speaks where the text names nobody: the issuer, where its first lines name one."""
        for sentence in self.parsed.sentences[:2]:
            issued = _ISSUED.search(lowered(self.parsed.plain), sentence.start, sentence.end)
            mention = next(
                (each for each in self._mentions[sentence] if issued and abs(each.start - issued.end()) <= 4), None
            )
            if mention is not None and issued is not None and issued.start() - sentence.start < 30:
                return self.parsed.text[mention.start : mention.end]
        return REPORT


def _distance(quote: Quotation, one: Attribution) -> tuple[int, Attribution] | None:
    """How far a quotation stands from an attribution, much farther where it is not in its words; None for a stance."""
    if one.verb.stance and not any(first <= quote.start < last for first, last in one.contents):
        return None
    inside = any(first <= quote.end and quote.start <= last for first, last in one.contents)
    distance = min(abs(one.head - quote.end), abs(one.at - quote.start))
    return (distance if inside else distance + _ELSEWHERE), one
