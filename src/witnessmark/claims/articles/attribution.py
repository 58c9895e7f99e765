"""Which words of a sentence are said by whom: direct and indirect speech, inverted order, "according to", passives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from witnessmark.claims.articles.mentions import Kind, Mention
from witnessmark.claims.articles.words import Verb, speech

Span = tuple[int, int]

_AUXILIARIES = [
    "has",
    "have",
    "had",
    "is",
    "was",
    "were",
    "are",
    "be",
    "been",
    "being",
    "will",
    "would",
    "did",
    "does",
    "do",
    "not",
    "never",
    "can",
    "could",
    "may",
    "might",
    "also",
    "later",
    "then",
    "again",
    "further",
    "already",
    "now",
    "only",
    "even",
    "just",
    "still",
    "first",
    "today",
    "yesterday",
    "once",
    "since",
    "therefore",
    "thus",
    "subsequently",
    "recently",
    "both",
    "all",
    "himself",
    "herself",
    "itself",
    "themselves",
    "however",
    "meanwhile",
    "instead",
    "jointly",
    "began",
    "started",
    "continued",
    "previously",
]
_AUXILIARY_TAIL = re.compile(
    rf"(?:\b(?:{'|'.join(_AUXILIARIES)}|[a-z]+ly|(?:began|continued|started|went on|sought|wants|wanted|rushed) to|went on)\b\s*)+$"
)
_ADVERBIAL_TAIL = re.compile(
    r",? (?:(?:late |early |earlier |later )?(?:on|last|this|next) [a-z]+day(?: [a-z]+)?|on [a-z]+ \d{1,2}|on \d{1,2} [a-z]+|yesterday|today|in turn"
    r"|[a-z]+day|in (?:a|an|his|her|its|their|the|response|reply) [^,;:]{0,60}|at (?:a|an|the) [^,;:]{0,50}|late [a-z]+day|in [a-z]+(?: \d{4})?|this week|last week"
    r"|the (?:same|next|following) day|after [^,;:]{3,60}|during [^,;:]{3,40}),?$"
)
_ADVERBIAL_HEAD = re.compile(
    r"\s*,?\s*(?:(?:late |early |earlier |later )?on (?:[a-z]+day(?: (?:morning|afternoon|evening|night))?|[a-z]+ \d{1,2}|\d{1,2} [a-z]+)(?:,? \d{4})?"
    r"|(?:in|via|through) (?:a|an|his|her|its|their|the) (?:[\w'-]+ ){0,4}?(?:statement|interview|posts?|tweets?|letter|briefing|report|message|speech"
    r"|release|address|comments?|reply|e-?mail|thread|conference|documents?|articles?|channel|call|remarks)"
    r"(?: (?:on|to|with|published|posted|issued|released|carried|from|for) [^,.;:\"]{1,50}?(?=[,.;:\"]|$| that\b))?"
    r"|at (?:a|an|the) (?:[\w-]+ ){0,4}?(?:briefing|conference|meeting|session|hearing)|to (?:reporters|journalists|the media|the press)"
    r"|(?:yesterday|today|later|earlier|also|again|[a-z]+day(?: (?:morning|evening|night))?)\b|to (?:us|me)|by (?:phone|telephone|e-?mail|text message)|this (?:week|month)|last (?:week|month|year)|earlier this (?:week|month|year)"
    r"|on (?:twitter|facebook|telegram|instagram|tiktok|youtube|x|social media|(?:his|her|its|their) [\w ]{2,30}?(?:page|account|channel))\b)"
)
_DOCUMENT = (
    r"(?:statement|report|posts?|tweets?|letter|press release|release|website|document|findings|briefing|message|article|study|analysis"
    r"|communique|paper|testimony|affidavit|channel|review|investigation|inquiry)"
)
_DOCUMENT_TAIL = re.compile(rf"(?:'s?)? (?:[\w-]+ ){{0,2}}?{_DOCUMENT}$")
_THE_DOCUMENT = re.compile(rf"\b(?:the|its|this|his|her|their) (?:[\w-]+ ){{0,1}}?{_DOCUMENT}$")
_INVERTING = frozenset(
    [
        "say",
        "add",
        "write",
        "speculate",
        "explain",
        "note",
        "argue",
        "claim",
        "insist",
        "tweet",
        "comment",
        "stress",
        "warn",
        "recall",
        "reply",
        "ask",
        "conclude",
        "declare",
        "state",
        "announce",
        "report",
        "read",
        "believe",
        "think",
        "continue",
        "observe",
        "remark",
        "suggest",
        "allege",
        "post",
        "emphasise",
        "emphasize",
        "respond",
        "admit",
        "acknowledge",
        "describe",
        "recount",
        "elaborate",
        "put",
        "estimate",
        "maintain",
        "caution",
    ]
)
_PREPOSITION_BEFORE = re.compile(
    r"\b(?:by|in|at|from|to|of|on|near|with|against|about|between|towards|over|for|into|across|outside|than|as)(?: the)? $"
)
_TOLD_OBJECT = re.compile(
    r"\s*(?:(?:the |a |an |his |her |their )?[\w'. -]{2,40}?)(?=\s+(?:that|he|she|it|they|the|there|in a|on|in an|by|at|a|an|his|her|its|their|about|of|how)\b|\s*[,.:;\"]|$)"
)
_CLAUSE_BREAK = re.compile(r";|,? (?=(?:while|whereas|whilst|although|though|but)\b)")
_PHRASES = re.compile(
    r"(?: (?:interviewed|contacted|quoted|reached|based|living|working|speaking))?(?: (?:by|of|from|in|at|for|with|near|on|to|outside|inside|behind|across)(?: (?!who|which|that|and\b)[\w'-]+){1,5}){1,2}"
)
_LOOSE_VERBS = frozenset(
    "seek open launch offer order suspend find show hold put count match trace locate hear raise press protest refuse call".split()
)
_JOINED = re.compile(r"(?:^|\s)(?:and|or|but|while|, which)$")
_WITHIN = re.compile(r", | (?:after|which|that|before|because) ")
_PARTICIPLES = frozenset(
    "suspected believed charged alleged thought considered reported identified published shown posted shared assumed presumed".split()
)
_REDUCED = re.compile(r"\s+(?:of|to (?:be|have)|with|by|missing|dead|as (?:a|an|the))\b")
"""What follows a participle that describes the word before it: "a man suspected of", "people reported missing"."""
_NOUNS = frozenset(
    (
        "report claim call demand request appeal question doubt charge post tweet comment caption state note show estimate suspect dispute "
        "order protest offer press remark rule date count match trace label pledge promise vow hint query brief detail outline read share "
        "hold call for call on match document review"
    ).split()
)
"""Verbs whose plain form is also a noun: "a ministry report"."""
_SEEING = frozenset(
    (
        "recognise recognize identify find hear locate document share post publish open launch raise establish determine describe call note mention"
    ).split()
)
"""Verbs that tell of what somebody saw or did rather than of what they say."""
_UNNAMED = re.compile(
    r"(?:ask|request|decline|refuse|insist|spoke|agree|demand)\w* (?:not to be|to remain|to stay|anonymity|that (?:his|her|their) name)"
)
_FRONTED = re.compile(r"(?:although|while|though|whereas|whilst|even though|even as)\b", re.IGNORECASE)


@dataclass(slots=True)
class Attribution:
    """Somebody's words in one sentence.

    Attributes
    ----------
    speaker : Mention or None
        None for whoever spoke last.
    verb : Verb
    at : int
        Where the verb stands.
    contents : list of (int, int)
        What is said, as stretches of the text.
    via : list of Mention
        Through whom, nearest first.
    head : int
        Where the attributing words begin.
    carrier : bool
        Only names the speaker ("released a statement"); says nothing itself.
    clause : (int, int)
    """

    speaker: Mention | None
    verb: Verb
    at: int
    contents: list[Span]
    head: int
    clause: Span
    via: list[Mention] = field(default_factory=list)
    carrier: bool = False
    noun: bool = False


_SAYS = Verb("say", speech().verbs["said"].hedge)


def clauses(plain: str, start: int, end: int, mentions: Sequence[Mention]) -> list[Span]:
    """A sentence in clauses that may have speakers of their own."""
    cuts = {
        found.end() if plain[found.start()] == ";" else found.end()
        for found in _CLAUSE_BREAK.finditer(plain, start, end)
    }
    if _FRONTED.match(plain, start):
        comma = plain.find(", ", start, end)
        if comma > 0:
            cuts.add(comma + 2)
    verbs = speech().verb_pattern
    low = plain.lower()
    for mention in mentions:
        before = plain[max(start, mention.start - 8) : mention.start]
        after = re.match(r"\s*(?:(?:has|have|had|also|is|was|later)\s+)*", low[mention.end : end])
        if (
            re.search(r"(?:,? and|, as|, with| after) $", before)
            and after
            and verbs.match(low, mention.end + after.end())
            and not mention.possessive
        ):
            cuts.add(mention.start)
    places = [start, *sorted(cut for cut in cuts if start < cut < end), end]
    return [span for span in zip(places, places[1:], strict=False) if plain[span[0] : span[1]].strip(' ,;."')]


class Attributor:
    """Finds the attributions of sentences.

    Parameters
    ----------
    masked : str
        The text with quoted words blanked out.
    """

    def __init__(self, masked: str) -> None:
        self._masked = masked
        self._low = masked.lower()

    def find(self, start: int, end: int, mentions: Sequence[Mention]) -> list[Attribution]:
        """The attributions of one sentence, in order."""
        found: list[Attribution] = []
        named = self._named_line(start, end, mentions)
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
                if inner.verb.word in _SEEING or inner.carrier:
                    dropped.add(id(inner))
                elif outer.speaker is not None and "¤" not in self._masked[start : outer.head]:
                    inner.via.append(outer.speaker)
                    dropped.add(id(outer))
        return [each for each in found if id(each) not in dropped]

    def _named_line(self, start: int, end: int, mentions: Sequence[Mention]) -> Attribution | None:
        """ "Ministry: clip is staged" and lines of an interview."""
        for mention in mentions[:1]:
            colon = re.match(r"\s?(?:\([^)]{1,40}\))?: ?", self._masked[mention.end : end])
            if colon and mention.start - start <= 4 and mention.kind is not Kind.PRONOUN and not mention.possessive:
                return Attribution(
                    mention, _SAYS, mention.end, [(mention.end + colon.end(), end)], mention.start, (start, end)
                )
        return None

    def _clause(
        self, clause: Span, sentence: Span, mentions: Sequence[Mention], before: list[Attribution]
    ) -> Iterator[Attribution]:
        start, end = clause
        here = [each for each in mentions if start <= each.start and each.end <= end]
        done: list[Attribution] = []
        done.extend(self._according(clause, here))
        done.extend(self._opinions(clause))
        done.extend(self._nouns(clause, here))
        covered = [span for each in done for span in ((each.head, each.at),)]
        for match in speech().verb_pattern.finditer(self._low, start, end):
            if any(first <= match.start() < last for first, last in covered):
                continue
            if any(each.start <= match.start() < each.end for each in here) or _UNNAMED.match(self._low, match.start()):
                continue
            verb = speech().verbs[match.group()]
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
        inverted = self._inverted(match, verb, clause, sentence, here)
        if inverted is not None:
            return inverted
        if (
            _REDUCED.match(self._low, match.end())
            and match.group() in _PARTICIPLES
            and not self._helped(clause[0], match.start())
        ):
            return None
        passive = self._passive(match, verb, clause, here)
        if passive is not False:
            return passive
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
                re.search(r"(?:,|\band|\bor|\bbut|, which)$", _AUXILIARY_TAIL.sub("", left + " ").rstrip()) is not None
            )
            ancestor = previous or (before[-1] if before and not left else None)
            ancestor = ancestor or (before[-1] if before and left in ("but", "and", "while") else None)
            if ancestor is None or not (follows or not left):
                main = self._main_subject(clause, here)
                if not follows or main is None or main.start > match.start() or verb.demand and not verb.ing:
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
                if previous is not None and not verb.ing and (verb.word in _LOOSE_VERBS or asked):
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
                    previous.verb = _weaker(previous.verb, verb)
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
        bare = _AUXILIARY_TAIL.sub("", text.rstrip() + " ").rstrip()
        auxiliary = len(bare) < len(text.rstrip())
        for _ in range(4):
            at = clause[0] + len(bare)
            document = _THE_DOCUMENT.search(bare)
            mention = next((each for each in here if each.end == at or (each.possessive and each.end + 2 == at)), None)
            if mention is not None and not mention.possessive:
                plural = mention.kind in (Kind.GROUP, Kind.PRONOUN) or (
                    mention.kind is Kind.PARTY and self._masked[at - 1] == "s"
                )
                noun = (
                    match.group() == verb.word
                    and verb.word in _NOUNS
                    and not verb.stance
                    and not auxiliary
                    and not plural
                )
                if not noun and not self._is_oblique(mention, clause, here):
                    return mention, "direct", mention.start
                if noun:
                    return None, "none", 0
            owned = _DOCUMENT_TAIL.search(bare)
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
            if bare.endswith(",") or _JOINED.search(bare) or not bare:
                trimmed = _ADVERBIAL_TAIL.sub("", bare)
                if trimmed == bare or not bare.endswith(","):
                    return None, "inherit", match.start()
            trimmed = _ADVERBIAL_TAIL.sub("", bare)
            if trimmed == bare:
                who = re.search(r",? (?:who|which|that)(?: \w+){0,12}$", bare)
                owner = next((each for each in here if who and each.end == clause[0] + who.start()), None)
                owner = owner or self._before_phrases(bare, clause, here)
                return (owner, "direct", owner.start) if owner is not None and not verb.ing else (None, "none", 0)
            bare = _AUXILIARY_TAIL.sub("", trimmed + " ").rstrip()
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
            if _PHRASES.fullmatch(self._low[mention.end : stop]):
                return mention
        return None

    def _is_oblique(self, mention: Mention, clause: Span, here: list[Mention]) -> bool:
        """Whether a mention stands behind a preposition, so that something before it is the subject."""
        before = self._low[clause[0] : mention.start]
        if re.search(rf"\bwith(?: the)? $|{_DOCUMENT} (?:[a-z]+ )?by(?: the)? $", before):
            return False
        return _PREPOSITION_BEFORE.search(before) is not None

    def _appositive(self, clause: Span, comma: int, here: list[Mention], bracket: bool) -> Mention | None:
        """The mention whose apposition ends at a comma before the verb: "X, a lawyer from A, said"."""
        for mention in here:
            if mention.end >= comma or mention.possessive or mention.kind is Kind.PRONOUN:
                continue
            after = self._low[mention.end : comma]
            opens = re.match(r" ?\(" if bracket else r", ?", after)
            if not opens or self._is_oblique(mention, clause, here) or re.search(r"\b(?:that|said)\b", after):
                continue
            if bracket or re.match(
                r", (?:a|an|the|who|whose|which|one|[\w.'-]+(?:'s|s') |\d\d|then|now|former|head|speaking|writing|citing|quoting|his|her|its|in|at|chief|"
                r"senior|deputy|[a-z]+ing|[a-z-]+ (?:of|for|at)|himself|himself|on|for|from|[a-z ]+ (?:spokes|minister|president|official|lawyer|analyst|researcher))",
                after,
            ):
                return _proper(mention, here)
            told = next((each for each in here if mention.end < each.start <= mention.end + 3), None)
            if told is not None and (told.head is not None or told.kind is Kind.PERSON):
                return _proper(mention, here)
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

    def _inverted(
        self, match: re.Match[str], verb: Verb, clause: Span, sentence: Span, here: list[Mention]
    ) -> Attribution | None:
        if verb.word.split()[0] not in _INVERTING or verb.ing:
            return None
        left = self._masked[sentence[0] : match.start()].rstrip()
        quote = left.endswith(('"', "”", "»", "'", "’")) or left.endswith(("”", "»")) or left.endswith("¤")
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
        mention = _proper(mention, here)
        after = self._masked[mention.end : sentence[1]]
        if not quote and not re.match(r"\s*(?:[,.:;(]|$|on |in an? |at |during |who )", after):
            return None
        contents = [(sentence[0], sentence[0] + len(left))]
        follows = re.search(r"[,:.]\s*[\"“«‘]", after)
        if follows is not None:
            contents.append((mention.end + follows.end() - 1, sentence[1]))
        return Attribution(mention, verb, match.start(), contents, match.start(), clause)

    def _passive(
        self, match: re.Match[str], verb: Verb, clause: Span, here: list[Mention]
    ) -> Attribution | bool | None:
        """A passive with its agent; None for one without; False when the verb is active."""
        left = self._low[clause[0] : match.start()]
        form = match.group().split(" ")[0]
        be = re.search(r"\b(?:is|are|was|were|be|been|being)(?: (?:not|also|now|[a-z]+ly))* $", left)
        if be is None or verb.stance or verb.ing or (form == verb.word and form not in ("put", "read")):
            return False
        quoted = re.match(r"(?: by ([^,]{2,60}?))? as (?:saying|telling|writing)\b", self._low[match.end() : clause[1]])
        if quoted is not None:
            return None
        begin = max((clause[0] + found.end() for found in _WITHIN.finditer(left)), default=clause[0])
        agent = re.match(r"[^,;.]{0,80}?\bby (?:the )?", self._low[match.end() : clause[1]])
        if agent is None:
            return None
        place = match.end() + agent.end()
        mention = next((each for each in here if abs(each.start - place) <= 4 and each.end > place), None)
        if mention is None or mention.kind is Kind.PRONOUN:
            return None
        within = [(begin, clause[1])]
        return Attribution(mention, verb, match.start(), within, match.start(), clause, noun=begin > clause[0])

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
            told = _TOLD_OBJECT.match(self._low, place, clause[1])
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
            return self._cited(match, verb, speaker, head, clause, sentence, here)
        if verb.word in ("released a statement", "issued a statement", "publish", "release", "share", "broadcast"):
            which = re.search(r"\b(?:according to|in) which\b", self._low[place : clause[1]])
            if which is not None:
                return Attribution(
                    speaker, replace(_SAYS), match.start(), [(place + which.end(), clause[1])], head, clause
                )
            if verb.stance:
                return Attribution(speaker, verb, match.start(), [], head, clause, carrier=True)
        while (adverbial := _ADVERBIAL_HEAD.match(self._low, place, clause[1])) is not None and adverbial.end() > place:
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

    def _cited(
        self,
        match: re.Match[str],
        verb: Verb,
        speaker: Mention | None,
        head: int,
        clause: Span,
        sentence: Span,
        here: list[Mention],
    ) -> Attribution | None:
        """ "A, citing B, said" and "A quoted B as saying": B speaks, through A."""
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
            return Attribution(
                source, _SAYS, match.start(), [(source.end + saying.end(), clause[1])], head, clause, via
            )
        if onward is not None and onward.group(1) in speech().verbs:
            inner = speech().verbs[onward.group(1)]
            return Attribution(
                source, inner, source.end + onward.end(), [(source.end + onward.end(), clause[1])], head, clause, via
            )
        if re.match(r"\s*(?:[.,;]|$)", rest) and speaker is not None:
            return Attribution(source, _SAYS, match.start(), [(sentence[0], match.start())], match.start(), clause, via)
        return None

    def _according(self, clause: Span, here: list[Mention]) -> Iterator[Attribution]:
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
            yield Attribution(mention, _SAYS, stop, contents, begin, clause)

    def _opinions(self, clause: Span) -> Iterator[Attribution]:
        """ "in his opinion ...": the one spoken of last."""
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
            yield Attribution(speaker, _SAYS, stop, spans, begin, clause)

    def _nouns(self, clause: Span, here: list[Mention]) -> Iterator[Attribution]:
        """ "calls for an inquiry by the ministry", "the ministry's claim that ..."."""
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


def _proper(mention: Mention, here: Sequence[Mention]) -> Mention:
    """The name set beside a role: "its spokesman, John Smith" is John Smith."""
    if mention.kind is not Kind.PERSON or mention.name is not None:
        return mention
    beside = next((each for each in here if mention.end < each.start <= mention.end + 2), None)
    named = beside is not None and beside.kind is Kind.PERSON and beside.name is not None and beside.head is None
    return beside if named and beside is not None else mention


_ORDER = ("asserts", "reports", "alleges", "suggests", "doubts", "denies")


def _weaker(first: Verb, second: Verb) -> Verb:
    """Of a verb and one within its words, the one that commits the speaker less."""
    weight = {name: number for number, name in enumerate(_ORDER)}
    return (
        second if weight.get(second.hedge.value, 0) > weight.get(first.hedge.value, 0) and not second.demand else first
    )
