"""From a document's text to proposals: who says what, how surely, about what; nothing is kept here."""

from __future__ import annotations

import bisect
import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from witnessmark.claims.articles.counts import find_count
from witnessmark.claims.articles.dates import DateReader, chosen
from witnessmark.claims.articles.hedging import hedge_of
from witnessmark.claims.articles.hours import Dated
from witnessmark.claims.articles.phrases import Span
from witnessmark.claims.articles.speaking import Said, Speaking
from witnessmark.claims.articles.topics import topics_of
from witnessmark.claims.articles.whereabouts import Atlas, Placed, PlaceReader
from witnessmark.claims.articles.words import Parties, lowered, parties, topic_patterns
from witnessmark.claims.proposals import Proposal, SaidTime, Topic
from witnessmark.claims.records import Hedge
from witnessmark.custody.hashes import Sha256


@dataclass(frozen=True, slots=True)
class Found:
    """Proposals and what reading could not settle."""

    proposals: tuple[Proposal, ...]
    questions: tuple[str, ...]


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
        self._speaking = Speaking(text, known or parties())
        self._parsed = self._speaking.parsed
        self._dates = DateReader(said_on, zone)
        self._places = PlaceReader(atlas, known or parties(), self._speaking.is_somebody)
        self._questions: dict[str, None] = {}

    def read(self) -> Found:
        """All proposals of the text, in its order."""
        made: list[Proposal] = []
        seen: set[tuple[str, Topic, Span]] = set()
        for said in self._speaking.all_said():
            for proposal in self._proposals(said):
                key = (proposal.speaker, proposal.about, (proposal.start, proposal.end))
                if key not in seen:
                    seen.add(key)
                    made.append(proposal)
        return Found(tuple(made), (*self._questions, *self._speaking.questions))

    def _proposals(self, said: Said) -> Iterator[Proposal]:
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

    def _said_at(self, said: Said, spans: list[Span]) -> SaidTime | None:
        """When it was said, by words of the sentence that are not part of what is said."""
        first, last = said.passage
        plain = self._parsed.plain
        number = bisect.bisect_right(self._parsed.sentences, first, key=lambda each: each.start) - 1
        sentence = self._parsed.sentences[number]
        if said.others is None or last > sentence.end:
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
        low = lowered(self._parsed.plain)
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

    def _statement(self, said: Said, hedge: Hedge, spans: list[Span]) -> str:
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
    r"(?:[A-Z][\w'-]+|\bthe [\w -]{2,30}?),? (?:is|are|lies|lie|sits|stands|stood"
    r"|stand|lay|were|was|(?:is|was) (?:located|situated)) (?:\w+ly )?$"
)
_INDIRECT = {
    Hedge.ASSERTS: "states",
    Hedge.ALLEGES: "alleges",
    Hedge.REPORTS: "reports",
    Hedge.SUGGESTS: "suggests",
    Hedge.IF_GENUINE: "states, for the case that the material is genuine",
    Hedge.DOUBTS: "leaves open or doubts",
    Hedge.DENIES: "denies",
}
