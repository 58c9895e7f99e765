"""Those whom a text mentions and who could speak: named persons, bodies, roles, peoples, pronouns; as positions."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:['-][^\W_]+)*")

_GROUND = re.compile(
    r"(?:\b(?:near|outside|towards|around|reached|north of|south of|east of|west"
    r" of|(?:village|town|city|settlement|region|district|province|lake|county)"
    r" of) "
    r"|\b(?:in|to|from|between) (?=(?:[A-Z][a-z'-]+ )+(?:on|in|last|near|since"
    r"|during|after|before|and (?:near|in))\b|[A-Z][a-z'-]+ [A-Z][a-z'-]+[.,]))"
    r"((?:[A-Z][\w'-]+)(?: [A-Z][\w'-]+)*)"
)


class Kind(enum.Enum):
    """What sort of speaker a mention could be."""

    PERSON = "person"
    BODY = "body"
    GROUP = "group"
    PARTY = "party"
    PRONOUN = "pronoun"
    PLACE = "place"
    """Kept only as part of somebody: "a resident of Oldham"."""
    NAME = "name"
    """A capitalised word of which nothing else is known."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention.

    Attributes
    ----------
    start, end : int
        In the text; a closing "'s" is not part of it.
    kind : Kind
    name : str or None
        A proper name in it, without role and honorific.
    role : str or None
        Role words in it, as written.
    head : str or None
        The role's head word, plain.
    party : str or None
        The party that an adjective, possessive or the name itself gives.
    gender : str or None
        "m", "f", "many", "body" or "we".
    owner : str or None
        A possessive in front: "his", "Le Figaro".
    possessive : bool
        Followed by "'s".
    definite : bool
        With "the".
    """

    start: int
    end: int
    kind: Kind
    name: str | None = None
    role: str | None = None
    head: str | None = None
    party: str | None = None
    gender: str | None = None
    owner: str | None = None
    possessive: bool = False
    definite: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text, without a possessive ending."""

    start: int
    end: int
    text: str
    capital: bool
    possessive: bool

    @property
    def low(self) -> str:
        """In lower case."""
        return self.text.lower()


def tokens(plain: str, start: int, end: int) -> list[Token]:
    """Words of a stretch; possessive endings are taken off and marked."""
    found: list[Token] = []
    for match in _TOKEN.finditer(plain, start, end):
        text, stop = match.group(), match.end()
        possessive = text.endswith("'s") or text.endswith("'S")
        if possessive:
            text, stop = text[:-2], stop - 2
        elif plain[stop : stop + 1] == "'" and text.endswith("s") and not plain[stop + 1 : stop + 2].isalnum():
            possessive = True
        if text:
            found.append(Token(match.start(), stop, text, text[0].isupper(), possessive))
    return found


def common_capitals(plain: str, spans: list[tuple[int, int]]) -> frozenset[str]:
    """Words written with a capital within a sentence anywhere: names, as far as the text shows."""
    seen: set[str] = set()
    lower: set[str] = set()
    for start, end in spans:
        words = tokens(plain, start, end)
        if len(words) > 3 and sum(word.capital for word in words) > 0.6 * len(words):
            continue  # a heading in capitals says nothing of which words are names
        seen.update(word.text for word in words[1:] if word.capital)
        lower.update(word.text for word in words if not word.capital)
    return frozenset(word for word in seen if word.lower() not in lower)


def grounds_of(plain: str) -> frozenset[str]:
    """Names that stand after words for places: "in Oldham", "the village of Oldham"."""
    return frozenset(found.group(1).removesuffix("'s") for found in _GROUND.finditer(plain))
