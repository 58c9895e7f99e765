"""Finding mentions in a text by the shape of its words: names in capitals, role words, peoples, pronouns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from witnessmark.claims.articles.mentions import Kind, Mention, Token, tokens
from witnessmark.claims.articles.words import Parties, english_words, grammar, roles, speech

_PARTICLES = grammar("particles")
_LINKS = grammar("links")
_PRONOUNS = {"he": "m", "she": "f", "they": "many", "it": "body", "we": "we"}
_DETERMINERS = grammar("determiners")
_IRREGULAR = grammar("irregular")
_RANKS = grammar("ranks")
"""Ranks that are adjectives too: role words only with a capital."""
_SENT = grammar("sent_to")
_OF_THEM = re.compile(
    r"(?i:one|two|three|four|five|some|many|several|both) of "
    r"(?:them|the (?:men|women|survivors|witnesses|two|three|four|five|six|seven|eight|nine|ten))\b"
)
_SENT_TO = re.compile(r" to (?:the )?")
_PREPOSITION = r"(?:of|for|at|in|from|with|on|near)"
_TAIL = re.compile(
    rf" {_PREPOSITION} (?:the |a |an )?(?:[a-z-]+ ){{0,2}}?(?:{_PREPOSITION} (?:the |a )?)?|,? and (?:the )?[a-z]+ in "
)


class Finder:
    """Finds mentions in a masked text.

    Parameters
    ----------
    plain : str
        With quoted words blanked out.
    names : frozenset of str
        Words known to be names although they begin a sentence.
    known : Parties
    grounds : frozenset of str
        Names of places in the text: nobody who speaks.
    """

    def __init__(
        self, plain: str, names: frozenset[str], known: Parties, grounds: frozenset[str] = frozenset()
    ) -> None:
        self._plain = plain
        self._grounds = grounds
        self._names = names
        self._known = known
        self._roles = roles()
        self._common = english_words()

    def find(self, start: int, end: int, heading: bool = False) -> tuple[Mention, ...]:
        """The mentions in a stretch, in order, none within another."""
        words = tokens(self._plain, start, end)
        found: list[Mention] = []
        place = 0
        while place < len(words):
            mention, used = self._at(words, place, heading)
            if mention is None:
                place += 1
                continue
            found.append(mention)
            place += used
        return tuple(self._with_tail(found))

    def _adjacent(self, first: Token, second: Token) -> bool:
        between = self._plain[first.end : second.start]
        return (
            between.strip() in ("", "'s", "'", ".")
            and "\n" not in between
            and (between.strip() != "." or len(first.text) <= 4)
        )

    def _is_name(self, words: list[Token], place: int, first: bool) -> bool:
        word = words[place]
        if not word.capital or word.low in self._roles.never:
            return False
        if first and word.low in self._common and not word.text.isupper():
            return False
        at_start = place == 0 or self._plain[max(0, word.start - 2) : word.start].strip() in ('"', ".", "“", ":")
        if first and at_start and word.text not in self._names:
            followed = place + 1 < len(words) and words[place + 1].capital and self._adjacent(word, words[place + 1])
            if self._roles.kind(word.low) or word.low in self._roles.adjectives:
                return followed
            return followed or self._known.of(word.text) is not None or word.text.isupper() or word.possessive
        return True

    def _at(self, words: list[Token], place: int, heading: bool) -> tuple[Mention | None, int]:
        word = words[place]
        if word.low in _PRONOUNS and not word.possessive:
            return Mention(word.start, word.end, Kind.PRONOUN, gender=_PRONOUNS[word.low]), 1
        of_them = _OF_THEM.match(self._plain, word.start)
        if of_them is not None:
            used = len(tokens(self._plain, word.start, of_them.end()))
            one = of_them.group().lower().startswith("one")
            return Mention(
                word.start, of_them.end(), Kind.PERSON if one else Kind.GROUP, gender=None if one else "many"
            ), used
        stop = place
        definite = False
        owner: str | None = None
        if word.low in _DETERMINERS:
            definite = word.low == "the"
            owner = word.low if word.low in ("his", "her", "its", "their", "our") else None
            stop += 1
        chain = self._chain(words, stop, stop > place)
        if not chain:
            return None, 1
        if place != stop and words[stop].start - word.end > 2:
            return None, 1
        for number in range(stop, stop + chain - 1):  # "Mr Klein's post": he is mentioned, the post is not
            if words[number].possessive and owner is None:
                rest = self._mention(words, number + 1, number + 1, stop + chain - number - 1, False, "")
                if rest is None or rest.kind is Kind.NAME:
                    chain = number - stop + 1
                    break
        mention = self._mention(words, place, stop, chain, definite, owner)
        return (mention, stop - place + chain) if mention is not None else (None, 1)

    def _chain(self, words: list[Token], place: int, opened: bool) -> int:
        """How many words from `place` on could be one mention: names, role words, adjectives of states."""
        size = 0
        organisation = False
        while place + size < len(words):
            word = words[place + size]
            if size and not self._adjacent(words[place + size - 1], word):
                break
            previous = words[place + size - 1] if size else None
            if self._is_name(words, place + size, size == 0):
                organisation |= word.low in self._roles.organisations
                size += 1
                continue
            if self._word_of_role(word) or self._describes(words, place + size, opened or size > 0):
                size += 1
                continue
            after = self._linked(words, place + size)
            if size and after and previous is not None and not previous.possessive:
                if (
                    word.low in _PARTICLES
                    and after == 1
                    and previous.capital
                    and self._roles.kind(previous.low) is None
                ):
                    size += 1
                    continue
                if organisation and word.low in _LINKS and word.low not in ("to", "in"):
                    size += after
                    continue
            break
        return size

    def _linked(self, words: list[Token], place: int) -> int:
        """Words of a link ("of the") that is followed by a name; 0 when none is."""
        for size in (1, 2):
            after = place + size
            if after >= len(words) or any(words[place + k].low not in (_LINKS | _PARTICLES) for k in range(size)):
                return 0
            if (
                words[after].capital
                and words[after].low not in self._roles.never
                and self._adjacent(words[after - 1], words[after])
            ):
                return size
        return 0

    def _describes(self, words: list[Token], place: int, opened: bool) -> bool:
        """Whether a common word stands between an article or name and a role word: "the port authority"."""
        word = words[place]
        if not opened or word.capital or place + 1 >= len(words) or not self._adjacent(word, words[place + 1]):
            return False
        if (
            place
            and not words[place - 1].possessive
            and self._roles.kind(words[place - 1].low) is not None
            and words[place - 1].low not in _DETERMINERS
        ):
            return False
        low = word.low
        verbal = (
            low in speech().verbs
            or low in _IRREGULAR
            or low.endswith("ed")
            or (low.endswith("ing") and "-" not in low and words[place - 1].low not in _DETERMINERS)
        )
        return not verbal and low not in self._common and self._roles.kind(words[place + 1].low) is not None

    def _word_of_role(self, word: Token) -> bool:
        low = word.low
        if low in _RANKS and not word.capital and not self._stands_alone(word):
            return low in self._roles.adjectives
        if self._roles.kind(low) is not None or low in self._roles.adjectives or low in self._roles.honorifics:
            return True
        if low.startswith(("pro-", "anti-", "ex-", "self-", "israeli-", "us-")) or low.endswith(
            ("-based", "-backed", "-led", "-born", "-language", "-year-old")
        ):
            return True
        return self._known.adjectives.get(word.text) is not None

    def _mention(
        self, words: list[Token], begin: int, place: int, size: int, definite: bool, owner: str | None
    ) -> Mention | None:
        chain = words[place : place + size]
        for number, word in enumerate(chain[:-1]):  # "Le Figaro's Jean Martin", "Northland's Foreign Ministry"
            if word.possessive:
                owner = self._plain[chain[0].start : word.end]
                rest = self._mention(words, place + number + 1, place + number + 1, size - number - 1, False, owner)
                if rest is None:
                    return None
                return replace(rest, start=words[begin].start, party=rest.party or self._party(chain[: number + 1]))
        last = chain[-1]
        start, end = words[begin].start, last.end
        names, role_words = self._split(chain)
        head = self._head(role_words)
        party = self._party(chain)
        name = self._plain[names[0].start : names[-1].end] if names else None
        role = self._plain[role_words[0].start : role_words[-1].end] if role_words and head else None
        base = Mention(start, end, Kind.NAME, name, role, head, party, None, owner, last.possessive, definite)
        whole = self._plain[chain[0].start : end]
        if self._known.of(whole) is not None and not head:
            if whole in self._known.adjectives and whole not in self._known.names and whole not in self._known.peoples:
                return None
            return replace(base, kind=Kind.PARTY, name=whole, party=self._known.of(whole))
        if (
            names
            and any(word.low in self._roles.organisations for word in chain if word.capital)
            and not self._person(chain, names)
        ):
            return replace(base, kind=Kind.BODY, name=whole, role=None, head=self._body_head(chain), gender="body")
        if names and head is None and any(word.low in self._roles.places for word in chain):
            return None
        if name in self._grounds and head is None:
            return replace(base, kind=Kind.PLACE)
        if not names and head is None and self._acting(chain):
            return replace(base, kind=Kind.BODY, name=whole, gender="body")
        if names:
            return self._named(base, chain, names, head)
        if head is None:
            return None
        kind = Kind(self._roles.kind(head))
        gender = {"body": "body", "group": "many"}.get(kind.value) or self._roles.gender.get(head)
        return replace(base, kind=kind, gender=gender)

    def _named(self, base: Mention, chain: list[Token], names: list[Token], head: str | None) -> Mention:
        titles = [word.low for word in chain if word.low in self._roles.honorifics]
        gender = next((self._roles.honorifics[title] for title in titles if self._roles.honorifics[title]), None)
        if head is not None and names[-1] is chain[-1]:
            kind = Kind(self._roles.kind(head))
            gender = gender or self._roles.gender.get(head)
            return replace(
                base,
                kind=Kind.PERSON if kind is Kind.PERSON else kind,
                gender=gender or ("body" if kind is Kind.BODY else None),
            )
        if head is not None:  # "Reuters news agency", "Facebook user"
            kind = Kind(self._roles.kind(head))
            return replace(
                base,
                kind=kind,
                name=base.name if kind is Kind.BODY else None,
                gender={"body": "body", "group": "many"}.get(kind.value),
            )
        acronym = len(names) == 1 and names[0].text.isupper() and len(names[0].text) > 1
        if acronym:
            return replace(base, kind=Kind.BODY, gender="body")
        person = bool(titles) or (len(names) > 1 and not base.definite)
        return replace(base, kind=Kind.PERSON if person else Kind.NAME, gender=gender)

    def _acting(self, chain: list[Token]) -> bool:
        """Whether words that are otherwise parts of roles are a body's name: "the United Nations", "the UN"."""
        capital = [word for word in chain if word.capital]
        if len(capital) != len(chain) or self._known.of(chain[-1].text) is not None:
            return False
        return chain[-1].text.isupper() or any(word.low in self._roles.organisations for word in chain)

    def _person(self, chain: list[Token], names: list[Token]) -> bool:
        """Whether role words come first and a name of a person last: "Foreign Ministry spokesman John Smith"."""
        last_role = max((i for i, word in enumerate(chain) if self._roles.kind(word.low)), default=-1)
        if last_role < 0 or self._roles.kind(chain[last_role].low) != "person":
            return False
        tail = chain[last_role + 1 :]
        return bool(tail) and not any(word.low in self._roles.organisations for word in tail)

    def _split(self, chain: list[Token]) -> tuple[list[Token], list[Token]]:
        """A chain's proper names, those after the last role word, and its role words before."""
        kinds = self._roles
        edge = 0
        for number, word in enumerate(chain):
            before = chain[number - 1] if number else None
            common = before is not None and not before.capital and kinds.kind(before.low) is not None
            if common and word.capital and kinds.kind(word.low) is None and word.low not in kinds.honorifics:
                edge = number  # "the monitoring group Border Eye": what follows a common word is the name
                break
            is_role = (
                kinds.kind(word.low) is not None or word.low in kinds.honorifics or word.text in self._known.adjectives
            )
            if (
                is_role
                or (word.low in kinds.adjectives and number == edge)
                or (word.text in self._known.names and number + 1 < len(chain))
            ):
                edge = number + 1
        names = [word for word in chain[edge:] if word.capital or word.low in _PARTICLES]
        if not names and edge == len(chain):
            front = [
                word
                for word in chain
                if word.capital and not self._word_of_role(word) and word.text not in self._known.names
            ]
            return front, chain
        return names, chain[:edge]

    def _head(self, chain: list[Token]) -> str | None:
        for word in reversed(chain):
            if self._roles.kind(word.low) is not None and (
                word.low not in _RANKS or word.capital or self._stands_alone(word)
            ):
                return word.low
        return None

    def _stands_alone(self, word: Token) -> bool:
        """Whether a rank is a person here: "the general said", "the policy chief,"; not "the general staff"."""
        after = self._plain[word.end : word.end + 24]
        following = re.match(r" ([a-z]+)", after)
        return (
            following is None
            or following.group(1) in speech().verbs
            or following.group(1) in ("of", "who", "has", "had", "in")
        )

    def _body_head(self, chain: list[Token]) -> str | None:
        return next((word.low for word in chain if self._roles.kind(word.low) == "body"), self._head(chain))

    def _party(self, chain: list[Token]) -> str | None:
        """The party of the first adjective or name of a state among the words."""
        for size in (3, 2, 1):
            for place in range(len(chain) - size + 1):
                words = self._plain[chain[place].start : chain[place + size - 1].end]
                party = self._known.of(words)
                if party is not None:
                    return party
        return None

    def _with_tail(self, found: list[Mention]) -> Iterator[Mention]:
        """Role mentions with what belongs to them: "a spokesman for the ministry", "a resident of the village"."""
        place = 0
        while place < len(found):
            mention = found[place]
            place += 1
            if mention.kind is Kind.PLACE:
                continue
            alone = mention.kind is Kind.PERSON and mention.name is not None
            if mention.head is None or mention.kind in (Kind.PRONOUN, Kind.PARTY) or mention.possessive or alone:
                yield mention
                continue
            while place < len(found) and self._belongs(mention, found[place]):
                later = found[place]
                joined = " and " in self._plain[mention.end : later.start]
                if (
                    later.kind is Kind.PRONOUN
                    or later.owner in ("his", "her", "their")
                    or (joined and later.kind is Kind.GROUP)
                ):
                    break
                place += 1
                party = mention.party or later.party
                ahead = later.name is not None and not self._plain[later.start : later.end].startswith(later.name)
                if (
                    later.kind is Kind.PERSON
                    and later.name is not None
                    and later.head is None
                    and later.party
                    and ahead
                ):
                    role = self._plain[mention.start : later.end].removesuffix(later.name).strip()
                    mention = replace(later, start=mention.start, role=role, head=mention.head, party=mention.party)
                    break
                mention = replace(
                    mention,
                    end=later.end,
                    party=party,
                    possessive=later.possessive,
                    role=self._plain[mention.start : later.end],
                )
                if later.possessive:
                    break
            yield mention

    def _belongs(self, mention: Mention, later: Mention) -> bool:
        """Whether the next mention is part of a role: "spokesman for the ministry", "ambassador to the council"."""
        gap = self._plain[mention.end : later.start]
        sent = mention.head in _SENT and later.kind is Kind.BODY and _SENT_TO.fullmatch(gap) is not None
        speaks = any(word in speech().verbs for word in gap.split())
        return sent or (not speaks and _TAIL.fullmatch(gap) is not None)
