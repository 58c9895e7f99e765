"""What claims keeps: who speaks, what they said and where it stands, and what part of place and time it is about."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from witnessmark.claims.places import Region
from witnessmark.claims.times import Interval
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Moment
from witnessmark.errors import NotFoundError


class SourceKind(enum.StrEnum):
    """What sort of speaker a source is."""

    GOVERNMENT = "government"
    MILITARY = "military"
    OMBUDSMAN = "ombudsman"
    COURT = "court"
    NEWS = "news"
    NGO = "ngo"
    EXPERT = "expert"
    WITNESS = "witness"
    ACCOUNT = "account"
    OTHER = "other"


class Reliability(enum.StrEnum):
    """Reliability of the source, Admiralty code (NATO AJP-2.1): set apart from what it says."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"

    @property
    def words(self) -> str:
        """The grade in words."""
        return _RELIABILITY_WORDS[self.value]


_RELIABILITY_WORDS = {
    "A": "completely reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "reliability cannot be judged",
}

CREDIBILITY_WORDS = {
    1: "confirmed by other sources",
    2: "probably true",
    3: "possibly true",
    4: "doubtful",
    5: "improbable",
    6: "truth cannot be judged",
}
"""Credibility of the information, Admiralty code (NATO AJP-2.1)."""


class Hedge(enum.StrEnum):
    """How far the speaker commits themselves: the speaker's hedge, never the investigator's."""

    ASSERTS = "asserts"
    ALLEGES = "alleges"
    REPORTS = "reports"
    SUGGESTS = "suggests"
    IF_GENUINE = "if genuine"
    DOUBTS = "doubts"
    DENIES = "denies"


@dataclass(frozen=True, slots=True)
class Source:
    """Who speaks.

    Attributes
    ----------
    id, name : str
    kind : SourceKind
    party : str or None
        Whose side it speaks for; None for nobody's.
    reliability : Reliability
    reliability_reason : str
        Why this grade, in a sentence both sides could read.
    """

    id: str
    name: str
    kind: SourceKind
    party: str | None
    reliability: Reliability
    reliability_reason: str


@dataclass(frozen=True, slots=True)
class Quote:
    """The passage a claim rests on, word for word, and where it stands.

    Attributes
    ----------
    text : str
        In the language it was said in.
    document : str
        File name, title or exhibit number.
    locator : str
        Page, paragraph or time within the document.
    hedge_words : str or None
        The words in the passage or its translation that carry the hedge.
    sha256 : Sha256 or None
        Of the captured document.
    """

    text: str
    document: str
    locator: str
    url: str | None = None
    sha256: Sha256 | None = None
    language: str | None = None
    translation: str | None = None
    translated_by: str | None = None
    hedge_words: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """A number of persons or things, with who counted; counts of different sources are never merged."""

    what: str
    at_least: int | None
    at_most: int | None
    counted_by: str


@dataclass(frozen=True, slots=True)
class About:
    """What a claim is about. Place, time and alternatives are weighed; the rest is for the reader.

    Attributes
    ----------
    place : Region or None
    time : tuple of Interval
        The claim holds in any of them; empty when it says nothing of time.
    alternatives : tuple of str
        Named alternatives off the grid under which the claim would be true.
    counts : tuple of Count
    who, what, unit : str or None
    otherwise : tuple of str
        What could be the case instead, in words, for a claim that no line can weigh: findings are attached for or
        against one of these, or the claim as stated.
    """

    place: Region | None = None
    time: tuple[Interval, ...] = ()
    alternatives: tuple[str, ...] = ()
    counts: tuple[Count, ...] = ()
    who: str | None = None
    what: str | None = None
    unit: str | None = None
    otherwise: tuple[str, ...] = ()

    @property
    def weighable(self) -> bool:
        """Whether it says anything of place, time or a named alternative."""
        return self.place is not None or bool(self.time) or bool(self.alternatives)


@dataclass(frozen=True, slots=True)
class Claim:
    """An attributed statement.

    Attributes
    ----------
    id : str
    source : str
        The source's id.
    statement : str
        One neutral sentence in the investigator's words; the passage itself is in `quote`.
    quote : Quote
    hedge : Hedge
    said_at : Moment
        When it was said; the beginning of the day when only the day is known.
    said_within_s : float
        The statement was made within this many seconds after `said_at` [s]: 0, or 86,400 for a day.
    credibility : int
        1 to 6, Admiralty code.
    credibility_reason : str
    about : About
    contradicts, repeats, attributes_to : tuple of str
        Ids of other claims.
    line : int
        Where it begins in the file; 0 for one that was accepted from a proposal.
    items : tuple of str
        Exhibit numbers of the recordings it is about; empty when it does not say, and is taken for all.
    via : tuple of str
        Through whom it is known, nearest first.
    topic : str or None
        What kind of thing it is about, where a reading said so (`witnessmark.claims.proposals.Topic`).
    proposal : str or None
        The proposal it was accepted from.
    """

    id: str
    source: str
    statement: str
    quote: Quote
    hedge: Hedge
    said_at: Moment
    said_within_s: float
    credibility: int
    credibility_reason: str
    about: About
    contradicts: tuple[str, ...]
    repeats: tuple[str, ...]
    line: int
    attributes_to: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    topic: str | None = None
    proposal: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimBook:
    """The reviewed sources and claims of a case.

    Attributes
    ----------
    sources : tuple of Source
    claims : tuple of Claim
    sha256 : Sha256
        Of the file's bytes, so that an assessment can name what it weighed.
    recorded_by, reviewed_by : str or None
        Who wrote the file, and who compared it with the documents.
    notes : tuple of str
        What is not wrong but should be seen: a hedge without its words, a repetition older than what it repeats.
    """

    sources: tuple[Source, ...]
    claims: tuple[Claim, ...]
    sha256: Sha256
    recorded_by: str | None = None
    reviewed_by: str | None = None
    notes: tuple[str, ...] = ()

    def source(self, source_id: str) -> Source:
        """The source of that id.

        Raises
        ------
        NotFoundError
            When there is none.
        """
        for source in self.sources:
            if source.id == source_id:
                return source
        raise NotFoundError(f"No source is called '{source_id}'.", "Use an id from the claims file's sources.")

    def claim(self, claim_id: str) -> Claim:
        """The claim of that id.

        Raises
        ------
        NotFoundError
            When there is none.
        """
        for claim in self.claims:
            if claim.id == claim_id:
                return claim
        raise NotFoundError(f"No claim is called '{claim_id}'.", "Use an id from the claims file.")

    def contradictions(self) -> tuple[tuple[str, str], ...]:
        """Pairs of claims that contradict one another, each once, whichever of the two said so."""
        pairs = {(min(claim.id, other), max(claim.id, other)) for claim in self.claims for other in claim.contradicts}
        return tuple(sorted(pairs))

    def first_said(self, claim_id: str) -> tuple[str, ...]:
        """The claims a repetition goes back to, itself when it repeats nothing: one voice, however often heard."""
        repeats = {claim.id: claim.repeats for claim in self.claims}
        self.claim(claim_id)
        firsts: set[str] = set()
        seen: set[str] = set()
        ahead = [claim_id]
        while ahead:
            name = ahead.pop()
            if name in seen:
                continue
            seen.add(name)
            if repeats.get(name):
                ahead.extend(repeats[name])
            else:
                firsts.add(name)
        return tuple(sorted(firsts))
