"""Small grammar of attribution: what may stand between a speaker and a verb, clauses, and what an attribution is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from witnessmark.claims.articles.mentions import Kind, Mention
from witnessmark.claims.articles.words import Verb, grammar, lowered, one_of, speech

Span: TypeAlias = tuple[int, int]

AUXILIARIES = grammar("auxiliaries")
AUXILIARY_TAIL = re.compile(
    rf"(?:\b(?:{one_of(AUXILIARIES)}|[a-z]+ly|(?:began|continued|started|went"
    rf" on|sought|wants|wanted|rushed"
    rf"|(?:is|are|was|were) (?:quick|keen|careful|right|forced|obliged|ready)) to|went on)\b\s*)+$"
)
ADVERBIAL_TAIL = re.compile(
    r",? (?:however|meanwhile|too|though|for (?:his|her|its|their) part"
    r"|(?:late |early |earlier |later )?(?:on|last|this|next) [a-z]+day"
    r"(?: [a-z]+)?|on [a-z]+ \d{1,2}|on \d{1,2} [a-z]+|yesterday|today|in turn"
    r"|[a-z]+day|in (?:a|an|his|her|its|their|the|response|reply) [^,;:]{0,60}"
    r"|at (?:a|an|the) [^,;:]{0,50}|late [a-z]+day|in [a-z]+(?: \d{4})?|this"
    r" week|last week"
    r"|the (?:same|next|following) day|after [^,;:]{3,60}|during [^,;:]{3,40}),?$"
)
ADVERBIAL_HEAD = re.compile(
    r"\s*,?\s*(?:(?:late |early |earlier |later )?on (?:[a-z]+day(?: (?:morning"
    r"|afternoon|evening|night))?|[a-z]+ \d{1,2}|\d{1,2} [a-z]+)(?:,? \d{4})?"
    r"|(?:in|via|through) (?:a|an|his|her|its|their|the) (?:[\w'-]+ ){0,4}?(?:statement"
    r"|interview|posts?|tweets?|letter|briefing|report|message|speech"
    r"|release|address|comments?|reply|e-?mail|thread|conference|documents?|articles?|channel|call|remarks)"
    r"(?: (?:on|to|with|published|posted|issued|released|carried|from|for) [^,.;:\"]{1,50}?(?=[,.;:\"]|$| that\b))?"
    r"|at (?:a|an|the) (?:[\w-]+ ){0,4}?(?:briefing|conference|meeting|session"
    r"|hearing)|to (?:reporters|journalists|the media|the press)"
    r"|(?:yesterday|today|later|earlier|also|again|[a-z]+day(?: (?:morning|evening"
    r"|night))?)\b|to (?:us|me)|by (?:phone|telephone|e-?mail|text message)|this"
    r" (?:week|month)|last (?:week|month|year)|earlier this (?:week|month|year)"
    r"|on (?:twitter|facebook|telegram|instagram|tiktok|youtube|x|social media"
    r"|(?:his|her|its|their) [\w ]{2,30}?(?:page|account|channel))\b)"
)
DOCUMENT = (
    r"(?:statement|report|posts?|tweets?|letter|press release|release|website"
    r"|document|findings|briefing|message|article|study|analysis"
    r"|communique|paper|testimony|affidavit|channel|review|investigation|inquiry)"
)
DOCUMENT_TAIL = re.compile(rf"(?:'s?)? (?:[\w-]+ ){{0,2}}?{DOCUMENT}$")
THE_DOCUMENT = re.compile(rf"\b(?:the|its|this|his|her|their) (?:[\w-]+ ){{0,1}}?{DOCUMENT}$")
INVERTING = grammar("inverting")
PREPOSITION_BEFORE = re.compile(
    r"\b(?:by|in|at|from|to|of|on|near|with|against|about|between|towards|over"
    r"|for|into|across|outside|than|as)(?: the)? $"
)
TOLD_OBJECT = re.compile(
    r"\s*(?:(?:the |a |an |his |her |their )?[\w'. -]{2,40}?)(?=\s+(?:that|he"
    r"|she|it|they|the|there|in a|on|in an|by|at|a|an|his|her|its|their|about"
    r"|of|how)\b|\s*[,.:;\"]|$)"
)
CLAUSE_BREAK = re.compile(r";|,? (?=(?:while|whereas|whilst|although|though|but)\b)")
PHRASES = re.compile(
    r"(?: (?:interviewed|contacted|quoted|reached|based|living|working|speaking))?"
    r"(?: (?:by|of|from|in|at|for|with|near|on|to|outside|inside|behind|across)"
    r"(?: (?!who|which|that|and\b)[\w'-]+){1,5}){1,2}"
)
LOOSE_VERBS = grammar("doing")
JOINED = re.compile(r"(?:^|\s)(?:and|or|but|while|, which)$")
WITHIN = re.compile(r", | (?:after|which|that|before|because) ")
PARTICIPLES = grammar("participles")
REDUCED = re.compile(r"\s+(?:of|to (?:be|have)|with|by|missing|dead|as (?:a|an|the))\b")
"""What follows a participle that describes the word before it: "a man suspected of", "people reported missing"."""
NOUNS = grammar("also_nouns")
"""Verbs whose plain form is also a noun: "a ministry report"."""
SEEING = grammar("seeing")
"""Verbs that tell of what somebody saw or did rather than of what they say."""
UNNAMED = re.compile(
    r"(?:ask|request|decline|refuse|insist|spoke|agree|demand)\w* (?:not to be"
    r"|to remain|to stay|anonymity|that (?:his|her|their) name)"
)
FRONTED = re.compile(r"(?:although|while|though|whereas|whilst|even though|even as)\b", re.IGNORECASE)
ROLE_BEFORE_NAME_MAX = 80
"""How far a name may stand behind its role: "an engineer who examined it for the paper, Rita Sand, said"."""
SAYS = Verb("say", speech().verbs["said"].hedge)
_ORDER = ("asserts", "reports", "alleges", "suggests", "doubts", "denies")


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


def clauses(plain: str, start: int, end: int, mentions: Sequence[Mention]) -> list[Span]:
    """A sentence in clauses that may have speakers of their own."""
    cuts = {found.end() for found in CLAUSE_BREAK.finditer(plain, start, end)}
    if FRONTED.match(plain, start):
        comma = plain.find(", ", start, end)
        if comma > 0:
            cuts.add(comma + 2)
    verbs = speech().verb_pattern
    low = lowered(plain)
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
    return [span for span in pairwise(places) if plain[span[0] : span[1]].strip(' ,;."')]


def proper(mention: Mention, here: Sequence[Mention]) -> Mention:
    """The name set beside a role: "its spokesman, John Smith" is John Smith."""
    if mention.kind is not Kind.PERSON or mention.name is not None:
        return mention
    beside = next((each for each in here if mention.end < each.start <= mention.end + 2), None)
    if beside is None or beside.name is None or beside.head is not None:
        return mention
    return beside if beside.kind is Kind.PERSON or (beside.kind is Kind.NAME and mention.head is None) else mention


def weaker(first: Verb, second: Verb) -> Verb:
    """Of a verb and one within its words, the one that commits the speaker less."""
    weight = {name: number for number, name in enumerate(_ORDER)}
    return (
        second if weight.get(second.hedge.value, 0) > weight.get(first.hedge.value, 0) and not second.demand else first
    )
