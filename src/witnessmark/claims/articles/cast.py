"""Who is who in a text: mentions brought together as speakers, by name, surname, role and pronoun."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from witnessmark.claims.articles.mentions import Kind, Mention
from witnessmark.claims.articles.words import Parties, roles

REPORT = "the report itself"
_APPOSITIVE_MAX = 160
_OWN = ("his", "her", "its", "their")


@dataclass(slots=True)
class Speaker:
    """Somebody who speaks in a text.

    Attributes
    ----------
    name : str
        The fullest name the text gives, or the words for them.
    kind : Kind
    role : str or None
        Role words, as first written.
    heads : set of str
        Plain head words of their roles.
    party : str or None
    gender : str or None
    last : int
        Where they were last mentioned.
    """

    name: str
    kind: Kind
    role: str | None = None
    heads: set[str] = field(default_factory=set)
    party: str | None = None
    gender: str | None = None
    last: int = -1
    described: str | None = None


class Cast:
    """The speakers of one text; built from all its mentions, then asked for each.

    Parameters
    ----------
    plain : str
    known : Parties
    mentions : sequence of Mention
        Of the whole text, in order.
    voice : str
        Who speaks where nobody else does.
    """

    def __init__(self, plain: str, known: Parties, mentions: Sequence[Mention], voice: str = REPORT) -> None:
        self._plain = plain
        self._known = known
        self._same = roles().same
        self._official = roles().official
        self._people: dict[str, Speaker] = {}
        self._others: dict[str, Speaker] = {}
        self.report = Speaker(voice, Kind.BODY)
        self.last_speaker: Speaker | None = None
        self._aliases: dict[str, Speaker] = {}
        self._beside: dict[int, Speaker] = {}
        for mention in mentions:
            if mention.kind is Kind.BODY and mention.role and mention.name and mention.name != self._words(mention):
                self._aliases.setdefault(mention.name, self._other(mention.name, mention)).role = _bare(mention.role)
        for mention in sorted(mentions, key=lambda each: -len((each.name or "").split())):
            if mention.kind is Kind.PERSON and mention.name is not None and mention.name not in self._aliases:
                self._person(mention)
        for mention in mentions:
            if mention.kind is Kind.BODY and mention.owner not in (*_OWN, "our") and self._own_words(mention):
                self._other(_article(plain[mention.start : mention.end]), mention)
        for before, after in pairwise(mentions):
            self._apposition(before, after)

    def _own_words(self, mention: Mention) -> bool:
        """Whether a body is called by more than its kind: "the Interior Ministry", not "the ministry"."""
        return bool(mention.name or mention.party or len(_bare(self._words(mention)).split()) > 1)

    def _words(self, mention: Mention) -> str:
        return self._plain[mention.start : mention.end]

    def _person(self, mention: Mention) -> Speaker:
        assert mention.name is not None
        name = mention.name
        surname = name.split()[-1]
        speaker = self._people.get(surname)
        if speaker is None or (
            len(name.split()) > 1
            and len(speaker.name.split()) > 1
            and name != speaker.name
            and not (set(name.split()) >= set(speaker.name.split()) or set(speaker.name.split()) >= set(name.split()))
        ):
            speaker = self._people.get(name) or Speaker(name, Kind.PERSON)
            self._people.setdefault(surname, speaker)
            self._people[name] = speaker
        self._learn(speaker, mention)
        return speaker

    def _learn(self, speaker: Speaker, mention: Mention) -> None:
        if mention.role and (speaker.role is None or len(mention.role) > len(speaker.role)):
            speaker.role = _bare(mention.role)
        if mention.head:
            speaker.heads.add(_singular(mention.head))
            if speaker.party is None and mention.party is not None and self._speaks_for(mention):
                speaker.party = mention.party
        elif (
            mention.owner is not None
            and mention.owner not in _OWN
            and speaker.role is None
            and mention.kind is Kind.PERSON
        ):
            speaker.role = f"of {mention.owner}"
        if mention.gender in ("m", "f"):
            speaker.gender = speaker.gender or mention.gender

    def _speaks_for(self, mention: Mention) -> bool:
        words = re.findall(r"[a-z]+", (mention.role or mention.name or "").lower())
        former = "former" in words or "ex" in words or "predecessor" in words
        return not former and any(_singular(word) in self._official or word in self._official for word in words)

    def _apposition(self, before: Mention, after: Mention) -> None:
        """Learn from a role beside a name: "John Smith, the mayor of the town", "the mayor, John Smith"."""
        gap = self._plain[before.end : after.start]
        if (
            not re.fullmatch(
                r",? ?\(?|, (?:now|then|formerly|currently|himself|herself) |, (?:who (?:is"
                r"|was|heads|leads|works as) )?(?:\d\d?, )?|, \d\d?, ",
                gap,
            )
            or before.possessive
        ):
            return
        named, told = (before, after) if before.name and before.kind is Kind.PERSON else (after, before)
        if (
            named.kind is not Kind.PERSON
            or named.name is None
            or told.head is None
            or (told.name is not None and told.kind is Kind.PERSON)
        ):
            return
        if "," not in gap and named is after and told.definite is False and told.party is None:
            return
        if told.owner in _OWN and named is before:
            return
        speaker = self._person(named)
        self._beside[told.start] = speaker
        self._learn(speaker, told)

    def known_person(self, word: str) -> bool:
        """Whether a single word is the surname of a person named in full."""
        return word in self._people

    def resolve(self, mention: Mention) -> Speaker | None:
        """Who a mention is; None for a pronoun that stands for nobody known."""
        speaker = self._resolve(mention)
        if speaker is not None:
            speaker.last = max(speaker.last, mention.start)
        return speaker

    def _resolve(self, mention: Mention) -> Speaker | None:
        if mention.kind is Kind.PRONOUN:
            return self._pronoun(mention)
        if mention.owner in ("his", "her") and mention.kind is Kind.BODY:
            return self._pronoun(replace(mention, kind=Kind.PRONOUN, gender="m" if mention.owner == "his" else "f"))
        if mention.owner in _OWN and mention.kind is Kind.BODY and self.last_speaker is not None:
            return self.last_speaker
        if mention.owner == "our":
            return self.report
        name = mention.name
        if mention.start in self._beside:
            return self._beside[mention.start]
        if name is not None and name in self._aliases:
            return self._aliases[name]
        if mention.kind is Kind.PERSON and name is not None:
            return self._person(mention)
        if mention.kind is Kind.NAME and name is not None and name.split()[-1] in self._people:
            return self._people[name.split()[-1]]
        words = self._plain[mention.start : mention.end]
        if mention.kind is Kind.PARTY:
            return self._other(_article(words), mention)
        if mention.head is not None and not re.match(r"(?:an?|another|one|some|several) ", words):
            same = self._by_role(mention)
            if same is not None:
                return same
        return self._other(_article(words), mention)

    def _other(self, words: str, mention: Mention) -> Speaker:
        key = _bare(words).lower()
        speaker = self._others.get(key)
        if speaker is None:
            speaker = Speaker(words, mention.kind, gender=mention.gender)
            self._others[key] = speaker
        if mention.head:
            speaker.heads.add(_singular(mention.head))
        if speaker.party is None and mention.party is not None:
            own = mention.kind is Kind.PARTY or self._speaks_for(mention)
            speaker.party = mention.party if own else None
        return speaker

    def _by_role(self, mention: Mention) -> Speaker | None:
        """The speaker last mentioned with the same role, or one that means the same."""
        assert mention.head is not None
        head = _singular(mention.head)
        everyone = [*self._people.values(), *self._others.values()]
        fits = []
        words = self._plain[mention.start : mention.end]
        wanted = {word for word in _content(words) if word not in (mention.head, head, "s") and word not in self._same}
        wanted -= {word for word in wanted if self._known.of(word.capitalize()) is not None}
        for speaker in everyone:
            if not any(
                head == own or (head in self._same and self._same.get(head) == self._same.get(own))
                for own in speaker.heads
            ):
                continue
            if mention.party and speaker.party and mention.party != speaker.party:
                continue
            if mention.kind is Kind.GROUP or (mention.kind is Kind.BODY) != (speaker.kind in (Kind.BODY, Kind.NAME)):
                continue
            if wanted - {*_content(speaker.name), *_content(speaker.role)}:
                continue
            fits.append(speaker)
        seen = [each for each in fits if each.last >= 0]
        if seen:
            return max(seen, key=lambda each: (head in each.heads, each.last))
        return next((each for each in fits if head in each.heads), fits[0] if fits else None)

    def _pronoun(self, mention: Mention) -> Speaker | None:
        if mention.gender == "we":
            return self.report
        if mention.gender in ("m", "f"):
            people = [
                each for each in {id(p): p for p in self._people.values()}.values() if 0 <= each.last <= mention.start
            ]
            people += [
                each for each in self._others.values() if each.kind is Kind.PERSON and 0 <= each.last <= mention.start
            ]
            fits = [each for each in people if each.gender in (None, mention.gender)]
            if self.last_speaker in fits:
                chosen: Speaker | None = self.last_speaker
            else:
                chosen = max(fits, key=lambda each: each.last) if fits else None
            if chosen is not None and chosen.gender is None:
                chosen.gender = mention.gender
            return chosen
        wanted = (Kind.GROUP, Kind.PARTY, Kind.BODY) if mention.gender == "many" else (Kind.BODY, Kind.PARTY, Kind.NAME)
        last = self.last_speaker
        unsure = last is not None and last.kind is Kind.PERSON and not last.heads and last.gender is None
        if last is not None and (last.kind in wanted or (mention.gender == "body" and unsure)):
            return last
        fits = [each for each in self._others.values() if each.kind in wanted and 0 <= each.last <= mention.start]
        return max(fits, key=lambda each: each.last) if fits else None


def _bare(words: str) -> str:
    """Words without a leading article."""
    return re.sub(r"^(?:the|an?|its|his|her|their) ", "", words, flags=re.IGNORECASE)


def _article(words: str) -> str:
    """Words with a leading article in lower case."""
    return re.sub(r"^(?:The|An?|Another|One|Some|Several|Two|Three) ", lambda found: found.group().lower(), words)


def _content(words: str | None) -> list[str]:
    skipped = {"the", "a", "an", "of", "for", "in", "at", "and"}
    return [word for word in re.findall(r"\w+", (words or "").lower()) if word not in skipped]


def _singular(word: str) -> str:
    return word[:-1] if word not in roles().kinds and word.endswith("s") and word[:-1] in roles().kinds else word
