"""From a document's text to proposals: who says what, how surely, about what; nothing is kept here."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from witnessmark.claims.articles.attribution import Attribution, Attributor, clauses
from witnessmark.claims.articles.cast import REPORT, Cast, Speaker
from witnessmark.claims.articles.counts import find_count
from witnessmark.claims.articles.dates import Dated, DateReader, chosen
from witnessmark.claims.articles.hedging import hedge_of
from witnessmark.claims.articles.interviews import turns_of
from witnessmark.claims.articles.mentions import Finder, Kind, Mention, common_capitals, grounds_of
from witnessmark.claims.articles.sentences import Parsed, Quotation, Sentence, parse
from witnessmark.claims.articles.topics import topics_of
from witnessmark.claims.articles.whereabouts import Atlas, Placed, PlaceReader
from witnessmark.claims.articles.words import Parties, Verb, parties, topic_patterns
from witnessmark.claims.proposals import Proposal, SaidTime, Topic
from witnessmark.claims.records import Hedge
from witnessmark.custody.hashes import Sha256

Span = tuple[int, int]
_SCARE_WORDS_MAX = 4
_ISSUED = re.compile(
    r"(?:(?:joint )?(?:press )?(?:statement|communiqu[eé]|release)|briefing) (?:by|of|from|issued by) "
)


@dataclass(frozen=True, slots=True)
class Found:
    """Proposals and what reading could not settle."""

    proposals: tuple[Proposal, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Said:
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


class Proposer:
    """Reads one text.

    Parameters
    ----------
    document : Sha256
    text : str
    said_on : date or None
    zone : str or None
    atlas : Atlas or None
    known : Parties, optional
    """

    def __init__(
        self,
        document: Sha256,
        text: str,
        *,
        said_on: dt.date | None,
        zone: str | None = None,
        atlas: Atlas | None = None,
        known: Parties | None = None,
    ) -> None:
        self._document = document
        self._known = known or parties()
        self._parsed: Parsed = parse(text)
        spans = [(each.start, each.end) for each in self._parsed.sentences]
        names = common_capitals(self._parsed.plain, spans)
        self._finder = Finder(self._parsed.masked, names, self._known, grounds_of(self._parsed.plain))
        self._mentions = {
            each: self._finder.find(each.start, each.end, each.heading) for each in self._parsed.sentences
        }
        everyone = [mention for each in self._parsed.sentences for mention in self._mentions[each]]
        self._cast = Cast(self._parsed.plain, self._known, everyone, self._voice())
        self._bodies = {each.name for each in everyone if each.name and each.kind in (Kind.PERSON, Kind.BODY)}
        self._dates = DateReader(said_on, zone)
        self._places = PlaceReader(atlas, self._known, self._is_somebody)
        self._attributor = Attributor(self._parsed.masked)
        self._questions: dict[str, None] = {}
        self._turns = turns_of(self._parsed, everyone)
        self._voices: dict[int, Speaker] = {}
        for number, turn in self._turns.items():
            voice = self._cast.resolve(turn.speaker) if turn.speaker is not None else None
            if voice is not None:
                self._voices[number] = voice
        self._issuer = self._cast.report

    def _is_somebody(self, name: str) -> bool:
        return name in self._bodies or self._cast.known_person(name)

    def _voice(self) -> str:
        """Who speaks where the text names nobody: the issuer, where its first lines name one."""
        for sentence in self._parsed.sentences[:2]:
            issued = _ISSUED.search(self._parsed.plain.lower(), sentence.start, sentence.end)
            mention = next(
                (each for each in self._mentions[sentence] if issued and abs(each.start - issued.end()) <= 4), None
            )
            if mention is not None and issued is not None and issued.start() - sentence.start < 30:
                return self._parsed.text[mention.start : mention.end]
        return REPORT

    def read(self) -> Found:
        """All proposals of the text, in its order."""
        made: list[Proposal] = []
        seen: set[tuple[str, Topic, Span]] = set()
        for said in self._all_said():
            for proposal in self._proposals(said):
                key = (proposal.speaker, proposal.about, (proposal.start, proposal.end))
                if key not in seen:
                    seen.add(key)
                    made.append(proposal)
        return Found(tuple(made), tuple(self._questions))

    def _all_said(self) -> Iterator[_Said]:
        """Everybody's words, sentence by sentence; quotations go to those who were named beside them."""
        attributed = {each: self._attributed(each) for each in self._parsed.sentences}
        owners = self._owners(attributed)
        speakers: dict[int, Speaker | None] = {}
        last_of_paragraph: dict[int, Speaker] = {}
        by_paragraph: dict[int, list[Sentence]] = {}
        for sentence in self._parsed.sentences:
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
        owners: dict[Quotation, Attribution | int] = {}
        for quote in self._parsed.quotations:
            beside = [each for each in self._parsed.sentences if each.start < quote.end and each.end > quote.start]
            fits: list[tuple[int, Attribution]] = []
            for sentence in beside:
                for one in attributed[sentence]:
                    if one.verb.stance and not any(first <= quote.start < last for first, last in one.contents):
                        continue
                    inside = any(first <= quote.end and quote.start <= last for first, last in one.contents)
                    distance = min(abs(one.head - quote.end), abs(one.at - quote.start))
                    fits.append((distance if inside else distance + 10_000, one))
            if fits:
                owners[quote] = min(fits, key=lambda each: each[0])[1]
                continue
            same = [
                one
                for sentence in self._parsed.sentences
                for one in attributed[sentence]
                if sentence.paragraph == quote.paragraph
            ]
            earlier = [one for one in same if one.at < quote.start and not one.carrier]
            if earlier:
                owners[quote] = earlier[-1]
            elif same:
                owners[quote] = same[0]
            else:
                owners[quote] = quote.paragraph - 1
        return owners

    def _of_sentence(
        self,
        sentence: Sentence,
        here: list[Attribution],
        owners: dict[Quotation, Attribution | int],
        speakers: dict[int, Speaker | None],
        last_of_paragraph: dict[int, Speaker],
    ) -> Iterator[_Said]:
        quotes = self._parsed.quotations_in(sentence.start, sentence.end)
        used: list[Span] = []
        for one in here:
            speaker = speakers[id(one)]
            if speaker is None:
                self._questions.setdefault(f"Who says: “{self._parsed.text[sentence.start : sentence.end]}”?")
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
                yield _Said(
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
            if not whole and len(self._parsed.plain[first:last].split()) <= _SCARE_WORDS_MAX:
                continue
            if speaker is None:
                if whole:
                    used.append((first, last))
                    self._questions.setdefault(f"Who says: “{self._parsed.text[first:last]}”?")
                continue
            used.append((first, last))
            say = verb if verb is not None and verb.hedge in (Hedge.ALLEGES,) and not verb.demand else _PLAIN_SAY
            yield _Said(speaker, say, None, ((first, last),), self._passage(sentence, (first, last)), True, ())
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
        text = self._parsed.text
        while first < last and text[first] in " ,;":
            first += 1
        while last > first and text[last - 1] in " ,;":
            last -= 1
        return first, last

    def _splits(self, sentence: Sentence) -> bool:
        return len(clauses(self._parsed.masked, sentence.start, sentence.end, self._mentions[sentence])) > 1

    def _own_voice(self, sentence: Sentence, used: list[Span]) -> Iterator[_Said]:
        parts = clauses(self._parsed.masked, sentence.start, sentence.end, self._mentions[sentence])
        for first, last in parts:
            taken = [max(begin, first) for begin, end in used if begin < last and end > first]
            if taken and min(taken) - first < 0.4 * (last - first):
                continue
            last = min([last, *taken])
            if self._parsed.plain[sentence.start : sentence.end].rstrip().endswith("?"):
                continue
            if sentence.heading and re.match(
                r"(?:how|why|what|where|who|when)\b", self._parsed.plain[sentence.start : sentence.end].lower()
            ):
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
            yield _Said(self._cast.report, verb, None, ((first, last),), passage, False, (), None, asked)

    def _proposals(self, said: _Said) -> Iterator[Proposal]:
        text, plain = self._parsed.text, self._parsed.plain
        spans = [span for span in said.spans if plain[span[0] : span[1]].strip()]
        if not spans:
            return
        verb_words = (
            plain[said.at : said.at + 40].split(" ")[0]
            if said.at is not None and said.verb and not said.verb.demand
            else ""
        )
        if said.verb is not None and said.verb.stance:
            verb_words = said.verb.word
        words = " ".join((verb_words, *(plain[first:last] for first, last in spans)))
        dated = tuple(each for first, last in spans for each in self._dates.find(plain, first, last))
        placed = tuple(each for first, last in spans for each in self._places.find(text, first, last))
        count = next((found for first, last in spans if (found := find_count(text, first, last)) is not None), None)
        time = chosen(dated, plain)
        located = bool(placed) and self._located(placed[0], spans)
        shown = any(pattern.search(words.lower()) for pattern in topic_patterns()["material"])
        topics = topics_of(
            words,
            said.verb,
            place=bool(placed),
            time=any(each.time or each.ask for each in dated),
            count=count is not None
            and (not shown or (said.verb is not None and _COUNTED.search(count.words) is not None)),
            located=located,
        )
        if said.asked is not None and said.asked not in topics:
            topics = (said.asked, *(topic for topic in topics if topic is not Topic.CONTEXT))
        if not topics:
            return
        self._ask(dated, placed)
        official = said.speaker.party is not None
        said_at = self._said_at(said, spans)
        place = placed[0].place if placed else None
        unit = self._unit(spans) if Topic.UNIT in topics else None
        for topic in topics:
            checking = topic is Topic.AUTHENTICITY or Topic.AUTHENTICITY not in topics
            hedge, hedge_words = hedge_of(plain, spans, said.verb, said.at, official, checking=checking)
            first, last = said.passage
            key = f"{self._document}|{first}|{last}|{said.speaker.name}|{topic.value}"
            own_time = time or (said_at if topic is Topic.RESPONSE else None)
            yield Proposal(
                id="P-" + hashlib.sha256(key.encode("utf-8")).hexdigest()[:12],
                document=self._document,
                speaker=said.speaker.name,
                speaker_role=said.speaker.role,
                party=said.speaker.party,
                via=said.via,
                about=topic,
                statement=self._statement(said, hedge, spans),
                passage=text[first:last],
                start=first,
                end=last,
                hedge=hedge,
                hedge_words=hedge_words,
                quoted=said.quoted,
                time=own_time,
                place=place,
                count=count,
                unit=unit,
                said_at=said_at,
            )

    def _located(self, placed: Placed, spans: list[Span]) -> bool:
        """Whether the words say where something lies: "X is not far from Y", "X lies in Y"."""
        before = self._parsed.plain[max(spans[0][0], placed.start - 60) : placed.start]
        return _LIES.search(before) is not None

    def _said_at(self, said: _Said, spans: list[Span]) -> SaidTime | None:
        """When it was said, by words of the sentence that are not part of what is said."""
        first, last = said.passage
        plain = self._parsed.plain
        sentence = next((each for each in self._parsed.sentences if each.start <= first and last <= each.end), None)
        if said.others is None or sentence is None:
            return None
        outside = [
            each
            for each in self._dates.find(plain, sentence.start, sentence.end)
            if not any(begin <= each.start < end for begin, end in (*spans, *said.others))
        ]
        if outside:
            return next((each.time for each in outside if each.time is not None), None)
        if said.verb is not None and said.verb.demand:
            return chosen(self._dates.find(plain, sentence.start, sentence.end), plain)
        return None

    def _ask(self, dated: Iterable[Dated], placed: Iterable[Placed]) -> None:
        for ask in (*(each.ask for each in dated), *(each.ask for each in placed)):
            if ask:
                self._questions.setdefault(ask)

    def _unit(self, spans: list[Span]) -> str | None:
        low = self._parsed.plain.lower()
        for pattern in topic_patterns()["unit"]:
            for first, last in spans:
                found = pattern.search(low, first, last)
                if found is not None:
                    begin = found.start()
                    ahead = re.search(
                        r"((?:[A-Z][\w'-]+|\d+(?:st|nd|rd|th)) (?:[a-z]+ )?)+$", self._parsed.plain[first:begin]
                    )
                    if ahead is not None:
                        begin -= len(ahead.group())
                    return self._parsed.text[begin : found.end()]
        return None

    def _statement(self, said: _Said, hedge: Hedge, spans: list[Span]) -> str:
        """In indirect form: who, how surely, and the words."""
        words = " ".join(" ".join(self._parsed.text[first:last].split()).strip(' ,;:"“”«».') for first, last in spans)
        if said.verb is None:
            return f"{said.speaker.name}: {words}."
        if said.verb.demand or said.verb.stance:
            at = said.at if said.at is not None else spans[0][0]
            stop = max(last for _, last in spans)
            if at < stop:
                words = " ".join(self._parsed.text[at:stop].split()).strip(" ,;.")
            return f"{said.speaker.name} {words}."
        return f"{said.speaker.name} {_INDIRECT[hedge]}: {words}."


_COUNTED = re.compile(
    r"\d|\b(?!several|some|few)(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?)\b",
    re.IGNORECASE,
)
_LIES = re.compile(
    r"(?:[A-Z][\w'-]+|\bthe [\w -]{2,30}?),? (?:is|are|lies|lie|sits|stands|stood|stand|lay|were|was|(?:is|was) (?:located|situated)) (?:\w+ly )?$"
)
_PLAIN_SAY = Verb("say", Hedge.ASSERTS)
_INDIRECT = {
    Hedge.ASSERTS: "states",
    Hedge.ALLEGES: "alleges",
    Hedge.REPORTS: "reports",
    Hedge.SUGGESTS: "suggests",
    Hedge.IF_GENUINE: "states, for the case that the material is genuine",
    Hedge.DOUBTS: "leaves open or doubts",
    Hedge.DENIES: "denies",
}
