"""Ways of naming a speaker that are not subject and verb: inverted order, passives, "according to", nouns, citing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from witnessmark.claims.articles.mentions import Kind, Mention
from witnessmark.claims.articles.phrases import INVERTING, SAYS, WITHIN, Attribution, Span, proper
from witnessmark.claims.articles.words import Verb, lowered, speech

_TO_BE = re.compile(r"\b(?:is|are|was|were|be|been|being)(?: (?:not|also|now|[a-z]+ly))* $")


class Forms:
    """Finds them in a masked text.

    Parameters
    ----------
    masked : str
        The text with quoted words blanked out.
    """

    def __init__(self, masked: str) -> None:
        self._masked = masked
        self._low = lowered(masked)

    def named_line(self, start: int, end: int, mentions: Sequence[Mention]) -> Attribution | None:
        """A line that opens with a name: "Ministry: clip is staged"."""
        for mention in mentions[:1]:
            colon = re.match(r"\s?(?:\([^)]{1,40}\))?: ?", self._masked[mention.end : end])
            if colon and mention.start - start <= 4 and mention.kind is not Kind.PRONOUN and not mention.possessive:
                return Attribution(
                    mention, SAYS, mention.end, [(mention.end + colon.end(), end)], mention.start, (start, end)
                )
        return None

    def inverted(
        self, match: re.Match[str], verb: Verb, clause: Span, sentence: Span, here: list[Mention]
    ) -> Attribution | None:
        """The verb before its subject: "..., said the minister"."""
        if verb.word.split()[0] not in INVERTING or verb.ing:
            return None
        left = self._masked[sentence[0] : match.start()].rstrip()
        quote = left.endswith(('"', "”", "»", "'", "’", "¤"))
        if not (quote or left.endswith((",", "?", "!"))):
            return None
        mention = next(
            (
                each
                for each in here
                if 0 < each.start - match.end() <= 6 and not self._masked[match.end() : each.start].strip(" .")
            ),
            None,
        )
        if mention is None:
            return None
        mention = proper(mention, here)
        after = self._masked[mention.end : sentence[1]]
        if not quote and not re.match(r"\s*(?:[,.:;(]|$|on |in an? |at |during |who )", after):
            return None
        contents = [(sentence[0], sentence[0] + len(left))]
        follows = re.search(r"[,:.]\s*[\"“«‘]", after)
        if follows is not None:
            contents.append((mention.end + follows.end() - 1, sentence[1]))
        return Attribution(mention, verb, match.start(), contents, match.start(), clause)

    def is_passive(self, match: re.Match[str], verb: Verb, clause: Span) -> bool:
        """Whether a form of "to be" stands before the verb."""
        form = match.group().split(" ")[0]
        if verb.stance or verb.ing or form == verb.word:
            return False
        return re.search(_TO_BE, self._low[clause[0] : match.start()]) is not None

    def by_agent(self, match: re.Match[str], verb: Verb, clause: Span, here: list[Mention]) -> Attribution | None:
        """Who speaks in a passive, "was confirmed by the ministry"; None where nobody is named."""
        left, right = self._low[clause[0] : match.start()], self._low[match.end() : clause[1]]
        begin = max((clause[0] + found.end() for found in WITHIN.finditer(left)), default=clause[0])
        agent = re.match(r"[^,;.]{0,80}?\bby (?:the )?", right)
        if agent is None or re.match(r"(?: by [^,]{2,60}?)? as (?:saying|telling|writing)\b", right):
            return None
        place = match.end() + agent.end()
        mention = next((each for each in here if abs(each.start - place) <= 4 and each.end > place), None)
        if mention is None or mention.kind is Kind.PRONOUN:
            return None
        within = [(begin, clause[1])]
        return Attribution(mention, verb, match.start(), within, match.start(), clause, noun=begin > clause[0])

    def cited(
        self,
        match: re.Match[str],
        verb: Verb,
        speaker: Mention | None,
        head: int,
        clause: Span,
        sentence: Span,
        here: list[Mention],
    ) -> Attribution | None:
        """Through whom somebody speaks: "A, citing B, said", "A quoted B as saying"; B speaks, through A."""
        source = next(
            (
                each
                for each in here
                if each.start >= match.end() and not self._masked[match.end() : each.start].strip(" ")
            ),
            None,
        )
        if source is None:
            return None
        rest = self._low[source.end : clause[1]]
        saying = re.match(r",? (?:as )?(?:saying|telling|writing|reporting|confirming)(?: that)?\s*", rest)
        onward = re.match(r",\s*(?:has |have |had |also )*(\w+)(?: that)?\s*", rest)
        via = [speaker] if speaker is not None else []
        if saying is not None:
            return Attribution(source, SAYS, match.start(), [(source.end + saying.end(), clause[1])], head, clause, via)
        if onward is not None and onward.group(1) in speech().verbs:
            inner = speech().verbs[onward.group(1)]
            return Attribution(
                source, inner, source.end + onward.end(), [(source.end + onward.end(), clause[1])], head, clause, via
            )
        if re.match(r"\s*(?:[.,;]|$)", rest) and speaker is not None:
            return Attribution(source, SAYS, match.start(), [(sentence[0], match.start())], match.start(), clause, via)
        return None

    def according(self, clause: Span, here: list[Mention]) -> Iterator[Attribution]:
        """Named by a phrase: "according to the ministry"."""
        for match in re.finditer(
            r"\b(?:according to|in the (?:words|view|opinion) of|as (?=[\w ]{2,40} put it))\s*",
            self._low[clause[0] : clause[1]],
        ):
            place = clause[0] + match.end()
            if self._low.startswith("which", place):
                continue
            stop = next(
                (place + found.start() for found in re.finditer(r"[,;:.]", self._masked[place : clause[1]])), clause[1]
            )
            mention = next((each for each in here if each.start >= place and each.start < stop), None)
            if mention is None:
                continue
            begin = clause[0] + match.start()
            stop = max(stop, mention.end)
            spans = [(clause[0], begin), (stop, clause[1])]
            contents = [span for span in spans if len(self._masked[span[0] : span[1]].strip(' ,.;"').split()) > 2]
            yield Attribution(mention, SAYS, stop, contents, begin, clause)

    def opinions(self, clause: Span) -> Iterator[Attribution]:
        """An opinion of the one spoken of last: "in his view"."""
        pattern = r"\bin (?P<who>his|her|their|its) (?:opinion|view|assessment|judge?ment|estimate|words)\b,?"
        for match in re.finditer(pattern, self._low[clause[0] : clause[1]]):
            gender = {"his": "m", "her": "f", "their": "many", "its": "body"}[match["who"]]
            begin, stop = clause[0] + match.start(), clause[0] + match.end()
            speaker = Mention(begin, begin, Kind.PRONOUN, gender=gender)
            spans = [
                span
                for span in ((clause[0], begin), (stop, clause[1]))
                if len(self._masked[span[0] : span[1]].split()) > 2
            ]
            yield Attribution(speaker, SAYS, stop, spans, begin, clause)

    def nouns(self, clause: Span, here: list[Mention]) -> Iterator[Attribution]:
        """Nouns of saying with whose they are: "calls for an inquiry by the ministry", "the ministry's claim that"."""
        for match in speech().noun_pattern.finditer(self._low, clause[0], clause[1]):
            verb = speech().nouns[match.group()]
            owner = next((each for each in here if each.possessive and 0 < match.start() - each.end <= 14), None)
            that = re.match(r"\s+that\b\s*", self._low[match.end() : clause[1]])
            if owner is not None and that is not None:
                yield Attribution(
                    owner, verb, match.end(), [(match.end() + that.end(), clause[1])], owner.start, clause, noun=True
                )
                continue
            by = re.match(r"[^,.;:]{0,70}?\b(?:by|from) ", self._low[match.end() : clause[1]])
            if by is None:
                continue
            place = match.end() + by.end()
            mention = next((each for each in here if each.start == place and not each.possessive), None)
            if mention is None or mention.kind is Kind.PRONOUN:
                continue
            that = re.match(r"\s+that\b\s*", self._low[mention.end : clause[1]])
            if that is not None:
                yield Attribution(
                    mention,
                    verb,
                    mention.end,
                    [(mention.end + that.end(), clause[1])],
                    match.start(),
                    clause,
                    noun=True,
                )
            elif verb.demand:
                yield Attribution(
                    mention, verb, mention.end, [(match.start(), mention.end)], match.start(), clause, noun=True
                )
