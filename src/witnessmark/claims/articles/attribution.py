"""Which words of a sentence are said by whom: direct and indirect speech, inverted order, "according to", passives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from witnessmark.claims.articles.forms import Forms
from witnessmark.claims.articles.mentions import Kind, Mention
from witnessmark.claims.articles.phrases import (
    ADVERBIAL_HEAD,
    ADVERBIAL_TAIL,
    AUXILIARY_TAIL,
    DOCUMENT,
    DOCUMENT_TAIL,
    JOINED,
    LOOSE_VERBS,
    NOUNS,
    PARTICIPLES,
    PHRASES,
    PREPOSITION_BEFORE,
    REDUCED,
    ROLE_BEFORE_NAME_MAX,
    SAYS,
    SEEING,
    THE_DOCUMENT,
    TOLD_OBJECT,
    UNNAMED,
    Attribution,
    Span,
    clauses,
    proper,
    weaker,
)
from witnessmark.claims.articles.words import Verb, lowered, speech
from witnessmark.claims.records import Hedge

_NOT_BEFORE = re.compile(r"\b(?:not|never|without) $")


class Attributor:
    """Finds the attributions of sentences.

    Parameters
    ----------
    masked : str
        The text with quoted words blanked out.
    """

    def __init__(self, masked: str) -> None:
        self._masked = masked
        self._low = lowered(masked)
        self._forms = Forms(masked)

    def find(self, start: int, end: int, mentions: Sequence[Mention]) -> list[Attribution]:
        """The attributions of one sentence, in order."""
        found: list[Attribution] = []
        named = self._forms.named_line(start, end, mentions)
        if named is not None:
            return [named]
        for clause in clauses(self._masked, start, end, mentions):
            found.extend(self._clause(clause, (start, end), mentions, found))
        return self._settled([each for each in found if each.contents or each.carrier], start)

    def _settled(self, found: list[Attribution], start: int) -> list[Attribution]:
        """What is said within words that somebody else is named for only after them."""
        dropped: set[int] = set()
        for outer in found:
            after = bool(outer.contents) and outer.contents[0][0] == start and outer.contents[0][1] <= outer.head
            for inner in found if after else ():
                if (
                    inner is outer
                    or not outer.contents[0][0] <= inner.head < outer.contents[0][1]
                    or inner.at > outer.head
                ):
                    continue
                if inner.verb.word in SEEING or inner.carrier:
                    dropped.add(id(inner))
                elif re.search(r"\b(?:that|which|what|who)\s*$", self._low[start : inner.head]):
                    continue
                elif outer.speaker is not None and "¤" not in self._masked[start : outer.head]:
                    inner.via.append(outer.speaker)
                    dropped.add(id(outer))
        return [each for each in found if id(each) not in dropped]

    def _clause(
        self, clause: Span, sentence: Span, mentions: Sequence[Mention], before: list[Attribution]
    ) -> Iterator[Attribution]:
        start, end = clause
        here = [each for each in mentions if start <= each.start and each.end <= end]
        done: list[Attribution] = []
        done.extend(self._forms.according(clause, here))
        done.extend(self._forms.opinions(clause))
        done.extend(self._forms.nouns(clause, here))
        covered = [span for each in done for span in ((each.head, each.at),)]
        for match in speech().verb_pattern.finditer(self._low, start, end):
            if any(first <= match.start() < last for first, last in covered):
                continue
            if any(each.start <= match.start() < each.end for each in here) or UNNAMED.match(self._low, match.start()):
                continue
            verb = speech().verbs[match.group()]
            if verb.hedge is Hedge.DENIES and _NOT_BEFORE.search(self._low, clause[0], match.start()):
                continue  # what is not denied is not thereby said
            made = self._predicate(match, verb, clause, sentence, here, done, before)
            if made is not None:
                done.append(made)
        yield from sorted(done, key=lambda each: each.head)

    def _predicate(
        self,
        match: re.Match[str],
        verb: Verb,
        clause: Span,
        sentence: Span,
        here: list[Mention],
        done: list[Attribution],
        before: list[Attribution],
    ) -> Attribution | None:
        inverted = self._forms.inverted(match, verb, clause, sentence, here)
        if inverted is not None:
            return inverted
        if (
            REDUCED.match(self._low, match.end())
            and match.group() in PARTICIPLES
            and not self._helped(clause[0], match.start())
        ):
            return None
        passive = self._forms.is_passive(match, verb, clause)
        if passive:
            return self._forms.by_agent(match, verb, clause, here)
        left = self._low[clause[0] : match.start()].rstrip()
        speaker, how, head = self._subject(match, verb, clause, here)
        if any(each.head <= match.start() < each.at for each in done):
            return None
        previous = next(
            (each for each in reversed(done) if each.head < match.start() and each.at < match.start()), None
        )
        if how == "none":
            return None
        aside = how in ("direct", "inherit") and self._aside(clause[0], head)
        if how == "inherit":
            follows = (
                re.search(r"(?:,|\band|\bor|\bbut|, which)$", AUXILIARY_TAIL.sub("", left + " ").rstrip()) is not None
            )
            ancestor = previous or (before[-1] if before and not left else None)
            ancestor = ancestor or (before[-1] if before and left in ("but", "and", "while") else None)
            if ancestor is None or not (follows or not left):
                main = self._main_subject(clause, here)
                if not follows or main is None or main.start > match.start() or (verb.demand and not verb.ing):
                    return None
                speaker = main
            else:
                if (
                    previous is not None
                    and previous.verb.demand
                    and not (verb.ing or match.group().endswith("ed") or verb.stance)
                ):
                    return None
                asked = self._low.startswith("asked for", match.start())
                if previous is not None and not verb.ing and (verb.word in LOOSE_VERBS or asked):
                    return None
                speaker = ancestor.speaker
            head = match.start()
            aside = previous is None and speaker is not None and len(self._low[clause[0] : head].split()) > 3
        if previous is not None:
            previous_ends = self._cut(previous, head)
            nested = how in ("direct", "appositive") and not re.search(
                r"(?:,|\band|\bbut|\bwhile|\bwith|\")\s*$", self._low[clause[0] : head]
            )
            if nested and speaker is not None and previous_ends is not None:
                if (
                    speaker.kind in (Kind.PRONOUN, Kind.GROUP)
                    or speaker.owner in ("his", "her", "its", "their")
                    or verb.demand
                    or verb.stance
                ):
                    previous.verb = weaker(previous.verb, verb)
                    return None
                made = self._made(match, verb, speaker, head, clause, sentence, here)
                if made is None or not made.contents:
                    return None
                if verb.hedge.value != "denies" and previous.speaker is not None:
                    made.via.append(previous.speaker)
                previous.contents = [
                    span
                    for span in ((first, min(last, head)) for first, last in previous.contents)
                    if span[1] > span[0] and len(self._masked[span[0] : span[1]].split()) > 2
                ]
                return made
            previous.contents = [
                (first, min(last, head)) if first < head < last else (first, last) for first, last in previous.contents
            ]
        made = self._made(match, verb, speaker, head, clause, sentence, here)
        if made is not None and aside and previous is None:
            made.noun = True
        return made

    def _helped(self, start: int, verb: int) -> bool:
        """Whether "has" or "had" stands before a participle."""
        return re.search(r"\b(?:has|have|had)(?: [a-z]+ly| also| not)* $", self._low[start:verb]) is not None

    def _aside(self, start: int, head: int) -> bool:
        """Whether what stands before the attributing words says something by itself."""
        before = self._masked[start:head].rstrip()
        return len(before.split()) > 3 and not before.endswith((",", ":", "-", '"', "”", "»")) and "¤" not in before

    def _cut(self, previous: Attribution, head: int) -> Span | None:
        return next((span for span in previous.contents if span[0] <= head < span[1]), None)

    def _subject(
        self, match: re.Match[str], verb: Verb, clause: Span, here: list[Mention]
    ) -> tuple[Mention | None, str, int]:
        """The mention that speaks, how it stands to the verb, and where the attributing words begin."""
        low = self._low
        left_end = match.start()
        text = low[clause[0] : left_end]
        bare = AUXILIARY_TAIL.sub("", text.rstrip() + " ").rstrip()
        auxiliary = len(bare) < len(text.rstrip())
        for _ in range(4):
            at = clause[0] + len(bare)
            document = THE_DOCUMENT.search(bare)
            mention = next((each for each in here if each.end == at or (each.possessive and each.end + 2 == at)), None)
            if mention is not None and not mention.possessive:
                plural = mention.kind in (Kind.GROUP, Kind.PRONOUN) or (
                    mention.kind is Kind.PARTY and self._masked[at - 1] == "s"
                )
                noun = (
                    match.group() == verb.word
                    and verb.word in NOUNS
                    and not verb.stance
                    and not auxiliary
                    and not plural
                )
                if not noun and not self._is_oblique(mention, clause, here):
                    return mention, "direct", mention.start
                if noun:
                    return None, "none", 0
            owned = DOCUMENT_TAIL.search(bare)
            if owned is not None:
                place = clause[0] + owned.start()
                mention = next((each for each in here if each.end == place), None)
                if mention is not None:
                    return mention, "direct", mention.start
            if document is not None and not verb.demand:
                return None, "direct", clause[0] + document.start()
            if bare.endswith(("'s", "s'")):
                return None, "none", 0
            if bare.endswith((",", ")")):
                mention = self._appositive(clause, at, here, bare.endswith(")"))
                if mention is not None:
                    return mention, "appositive", mention.start
                if bare.endswith(")"):
                    return None, "none", 0
            if bare.endswith(",") or JOINED.search(bare) or not bare:
                trimmed = ADVERBIAL_TAIL.sub("", bare)
                if trimmed == bare or not bare.endswith(","):
                    return None, "inherit", match.start()
            trimmed = ADVERBIAL_TAIL.sub("", bare)
            if trimmed == bare:
                who = re.search(r",? (?:who|which|that)(?: \w+){0,12}$", bare)
                owner = next((each for each in here if who and each.end == clause[0] + who.start()), None)
                owner = owner or self._before_phrases(bare, clause, here)
                return (owner, "direct", owner.start) if owner is not None and not verb.ing else (None, "none", 0)
            bare = AUXILIARY_TAIL.sub("", trimmed + " ").rstrip()
        return None, "none", 0

    def _before_phrases(self, bare: str, clause: Span, here: list[Mention]) -> Mention | None:
        """The role that phrases with prepositions belong to: "the families of the dead men"."""
        stop = clause[0] + len(bare)
        for mention in here:
            if (
                mention.head is None
                or mention.possessive
                or mention.end >= stop
                or self._is_oblique(mention, clause, here)
            ):
                continue
            if PHRASES.fullmatch(self._low[mention.end : stop]):
                return mention
        return None

    def _is_oblique(self, mention: Mention, clause: Span, here: list[Mention]) -> bool:
        """Whether a mention stands behind a preposition, so that something before it is the subject."""
        before = self._low[clause[0] : mention.start]
        if re.search(rf"\bwith(?: the)? $|{DOCUMENT} (?:[a-z]+ )?by(?: the)? $", before):
            return False
        return PREPOSITION_BEFORE.search(before) is not None

    def _appositive(self, clause: Span, comma: int, here: list[Mention], bracket: bool) -> Mention | None:
        """The mention whose apposition ends at a comma before the verb: "X, a lawyer from A, said"."""
        named = next((each for each in here if each.end == comma - 1 and each.kind is Kind.PERSON and each.name), None)
        if named is not None and not bracket and self._low[: named.start].endswith(", "):
            roles = [
                each for each in here if each.head is not None and 0 < named.start - each.end < ROLE_BEFORE_NAME_MAX
            ]
            if roles and not any(each.name for each in roles):
                return named
        for mention in here:
            if mention.end >= comma or mention.possessive or mention.kind is Kind.PRONOUN:
                continue
            after = self._low[mention.end : comma]
            opens = re.match(r" ?\(" if bracket else r", ?", after)
            if not opens or self._is_oblique(mention, clause, here) or re.search(r"\b(?:that|said)\b", after):
                continue
            if bracket or re.match(
                r", (?:a|an|the|who|whose|which|one|[\w.'-]+(?:'s|s') |\d\d|then|now|former"
                r"|head|speaking|writing|citing|quoting|his|her|its|in|at|chief|"
                r"senior|deputy|[a-z]+ing|[a-z-]+ (?:of|for|at)|himself|himself|on|for|from"
                r"|[a-z ]+ (?:spokes|minister|president|official|lawyer|analyst|researcher))",
                after,
            ):
                return proper(mention, here)
            told = next((each for each in here if mention.end < each.start <= mention.end + 3), None)
            if told is not None and (told.head is not None or told.kind is Kind.PERSON):
                return proper(mention, here)
        return None

    def _main_subject(self, clause: Span, here: list[Mention]) -> Mention | None:
        for mention in here:
            if (
                not self._is_oblique(mention, clause, here)
                and not mention.possessive
                and mention.kind is not Kind.PRONOUN
            ):
                before = self._masked[clause[0] : mention.start]
                if not before.strip() or before.rstrip().endswith(",") or mention.start == clause[0]:
                    return mention
        return next((each for each in here if each.kind is Kind.PRONOUN and each.start == clause[0]), None)

    def _made(
        self,
        match: re.Match[str],
        verb: Verb,
        speaker: Mention | None,
        head: int,
        clause: Span,
        sentence: Span,
        here: list[Mention],
    ) -> Attribution | None:
        """The attribution of a verb with its subject before it: what follows is said, or what went before."""
        place = match.end()
        via: list[Mention] = []
        if verb.word in ("tell", "inform", "brief") and not verb.stance:
            told = TOLD_OBJECT.match(self._low, place, clause[1])
            if told is not None:
                outlet = next((each for each in here if each.start >= place and each.end <= told.end()), None)
                if (
                    outlet is not None
                    and outlet.kind in (Kind.BODY, Kind.NAME)
                    and outlet.party is None
                    and outlet.owner is None
                ):
                    via.append(outlet)
                place = told.end()
        if match.group() in ("quoted", "cited", "citing", "quoting", "cites", "quotes") or verb.word in (
            "quote",
            "cite",
        ):
            return self._forms.cited(match, verb, speaker, head, clause, sentence, here)
        if verb.word in ("released a statement", "issued a statement", "publish", "release", "share", "broadcast"):
            which = re.search(r"\b(?:according to|in) which\b", self._low[place : clause[1]])
            if which is not None:
                return Attribution(
                    speaker, replace(SAYS), match.start(), [(place + which.end(), clause[1])], head, clause
                )
            if verb.stance:
                return Attribution(speaker, verb, match.start(), [], head, clause, carrier=True)
        while (adverbial := ADVERBIAL_HEAD.match(self._low, place, clause[1])) is not None and adverbial.end() > place:
            place = adverbial.end()
        rest = self._masked[place : clause[1]]
        before = self._masked[sentence[0] : head].rstrip()
        said_before = (
            before.endswith((",", '"', "”", "»", "’", "'", "¤", "?", "!")) and len(before) > 6 and not verb.demand
        )
        opening = re.match(r"\s*(?:[,:]\s*)?[\"“«‘]", rest)
        if verb.stance:
            return Attribution(speaker, verb, match.start(), [(match.start(), clause[1])], head, clause, via)
        contents: list[Span] = []
        if said_before and (
            opening is not None
            or re.match(r"\s*(?:[,.:;?!]|$|[\"”»])", rest)
            or (head == clause[0] and not rest.strip())
        ):
            contents.append((sentence[0], sentence[0] + len(before)))
            if opening is not None or re.match(r"\s*, ", rest):
                contents.append((place, clause[1]))
        elif rest.strip(' ."”'):
            that = re.match(r"\s*:?\s*(?:that\b,?\s*)?", rest)
            contents.append((place + (that.end() if that else 0), clause[1]))
        elif head > clause[0] and re.search(r"\b(?:as)\s*$", before):
            contents.append((sentence[0], head))
        return Attribution(speaker, verb, match.start(), contents, head, clause, via)
