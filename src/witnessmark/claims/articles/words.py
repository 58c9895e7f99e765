"""The word lists and patterns that reading goes by, from the data files beside this module."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import yaml

from witnessmark.claims.records import Hedge

DATA = "witnessmark.claims.articles"


def _text(name: str) -> str:
    return files(DATA).joinpath("data", name).read_text(encoding="utf-8")


def _held(name: str) -> dict[str, object]:
    held = yaml.safe_load(_text(name))
    assert isinstance(held, dict)
    return held


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


@lru_cache(maxsize=8)
def lowered(text: str) -> str:
    """A text in lower case, kept for the next call; letters that would change its length stay as they are.

    Examples
    --------
    >>> lowered("The İ stays")
    'the İ stays'
    """
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def one_of(words: Iterable[str]) -> str:
    """A pattern that matches any of the words, longest first."""
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of saying.

    Attributes
    ----------
    word : str
        The plain form.
    hedge : Hedge
        What the verb alone says of the speaker's commitment.
    demand : bool
        Whether it tells of what a party does or wants.
    stance : bool
        A whole phrase such as "has no doubt".
    ing : bool
        A form in -ing.
    """

    word: str
    hedge: Hedge
    demand: bool = False
    stance: bool = False
    ing: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """Verbs, phrases and nouns of saying, by their form."""

    verbs: Mapping[str, Verb]
    nouns: Mapping[str, Verb]
    verb_pattern: re.Pattern[str]
    noun_pattern: re.Pattern[str]


def _forms(entry: str) -> tuple[str, tuple[str, ...]]:
    """The plain form of a verb and all its forms: those listed after a slash, or the regular ones."""
    plain, _, listed = entry.partition("/")
    if listed:
        return plain, (plain, *listed.split("+"))
    head, _, tail = plain.partition(" ")
    if head.endswith("e"):
        made = (head + "s", head + "d", head[:-1] + "ing")
    elif head.endswith("y") and head[-2] not in "aeiou":
        made = (head[:-1] + "ies", head[:-1] + "ied", head + "ing")
    else:
        es = "es" if head.endswith(("s", "sh", "ch", "x", "z")) else "s"
        made = (head + es, head + "ed", head + "ing")
    return plain, tuple(f"{form} {tail}".strip() for form in (head, *made))


_KINDS = {hedge.value: (hedge, False) for hedge in Hedge} | {"demand": (Hedge.ASSERTS, True)}


@cache
def speech() -> Speech:
    """The verbs and nouns of saying of `speech.yaml`."""
    held = _held("speech.yaml")
    verbs: dict[str, Verb] = {}
    nouns: dict[str, Verb] = {}
    for kind, (hedge, demand) in _KINDS.items():
        for entry in _strings(held.get(kind)):
            plain, forms = _forms(entry)
            for form in forms:
                verbs.setdefault(form, Verb(plain, hedge, demand, ing=form.split(" ")[0].endswith("ing")))
    for name, target, stance in (("stances", verbs, True), ("nouns", nouns, False)):
        groups = held[name]
        assert isinstance(groups, dict)
        for kind, entries in groups.items():
            hedge, demand = _KINDS[str(kind)]
            for entry in _strings(entries):
                target[entry] = Verb(entry, hedge, demand, stance=stance)
    return Speech(
        verbs,
        nouns,
        re.compile(rf"(?<!-)\b(?:{one_of(verbs)})\b(?!-)"),
        re.compile(rf"\b({one_of(nouns)})\b"),
    )


_NO_PLURALS = frozenset(("heads", "chairs", "leads", "fathers", "doctors", "authors", "researches", "posts", "does"))
"""Forms that are more often verbs than people."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Words for those who can be speakers, by kind."""

    kinds: Mapping[str, str]
    official: frozenset[str]
    same: Mapping[str, int]
    honorifics: Mapping[str, str | None]
    gender: Mapping[str, str]
    adjectives: frozenset[str]
    organisations: frozenset[str]
    never: frozenset[str]
    places: frozenset[str]

    def kind(self, word: str) -> str | None:
        """What sort of speaker a role word in lower case names: "person", "body", "group"; None for other words."""
        found = self.kinds.get(word)
        if found is not None or word in _NO_PLURALS or not word.endswith("s"):
            return found
        singular = word[:-3] + "y" if word.endswith("ies") else word[:-1]
        return "group" if singular in self.kinds else None


@cache
def roles() -> Roles:
    """The role words of `roles.yaml`."""
    held = _held("roles.yaml")
    kinds: dict[str, str] = {}
    official: set[str] = set()
    for kind in ("person", "group", "body"):
        for side in ("official", "private"):
            for word in _strings(held[f"{kind}_{side}"]):
                kinds.setdefault(word, kind)
                if side == "official":
                    official.add(word)
    groups = held["same"]
    honorifics, gender = held["honorifics"], held["gender"]
    assert isinstance(groups, list) and isinstance(honorifics, dict) and isinstance(gender, dict)
    same = {word: number for number, group in enumerate(groups) for word in _strings(group)}
    return Roles(
        kinds,
        frozenset(official),
        same,
        {str(key): None if value is None else str(value) for key, value in honorifics.items()},
        {str(key): str(value) for key, value in gender.items()},
        frozenset(_strings(held["role_adjectives"])),
        frozenset(_strings(held["organisation_words"])),
        frozenset(_strings(held["not_speakers"])),
        frozenset(_strings(held["place_words"])),
    )


@cache
def hedge_patterns() -> tuple[tuple[Hedge, tuple[re.Pattern[str], ...]], ...]:
    """The hedge patterns of `hedges.yaml`, from the one that outweighs the others down."""
    return tuple(
        (Hedge(str(name)), tuple(re.compile(pattern) for pattern in _strings(patterns)))
        for name, patterns in _held("hedges.yaml").items()
    )


@cache
def topic_patterns() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    """The topic patterns of `topics.yaml` by name; `{material}` stands for words for footage."""
    held = _held("topics.yaml")
    material = str(held["material"])
    return {
        name: tuple(
            re.compile(pattern.replace("{material}", material))
            for pattern in ([value] if isinstance(value, str) else _strings(value))
        )
        for name, value in held.items()
    }


@cache
def grammar(name: str) -> frozenset[str]:
    """A list of small words of `grammar.yaml`."""
    return frozenset(_strings(_held("grammar.yaml")[name]))


@cache
def english_words() -> frozenset[str]:
    """The commonest function words of English."""
    lines = (line for line in _text("english.txt").splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


@dataclass(frozen=True, slots=True)
class Parties:
    """Which words name which party: states, their adjectives, peoples and seats of government.

    Attributes
    ----------
    names, adjectives, peoples, seats : mapping of str to str
        The word as written to the party's name.
    """

    names: Mapping[str, str]
    adjectives: Mapping[str, str]
    peoples: Mapping[str, str]
    seats: Mapping[str, str]

    def of(self, word: str) -> str | None:
        """The party that a word names or describes; None for any other word."""
        bare = word[4:] if word.lower().startswith("the ") else word
        for held in (self.names, self.adjectives, self.peoples, self.seats):
            party = held.get(word) or held.get(bare)
            if party is not None:
                return party
        return None

    def with_lines(self, text: str) -> Parties:
        """These parties and those of further lines, which go first.

        Parameters
        ----------
        text : str
            Lines as in the shipped `peoples.txt`: name | adjectives | people | seats | other names.
        """
        return _parties(text, self)


def _parties(text: str, known: Parties | None = None) -> Parties:
    columns: list[dict[str, str]] = (
        [{}, {}, {}, {}]
        if known is None
        else [dict(known.names), dict(known.adjectives), dict(known.peoples), dict(known.seats)]
    )
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if line.lstrip().startswith("#") or not cells[0]:
            continue
        cells += [""] * (5 - len(cells))
        for column, cell in zip((0, 1, 2, 3, 0), (cells[0], *cells[1:5]), strict=True):
            for word in cell.split(","):
                if word.strip():
                    columns[column][word.strip()] = cells[0]
    return Parties(*columns)


@cache
def parties() -> Parties:
    """The states of `peoples.txt`."""
    return _parties(_text("peoples.txt"))
