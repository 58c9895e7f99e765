"""What reading a document proposes: who is said to say what, with the passage; nothing counts before it is accepted."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from witnessmark.claims.records import Hedge
from witnessmark.custody.hashes import Sha256


class Topic(enum.StrEnum):
    """What kind of thing a statement is about; a statement about several gives one proposal for each."""

    AUTHENTICITY = "authenticity"
    """Whether the material is genuine, staged or recycled."""
    PLACE = "place"
    TIME = "time"
    ACT = "act"
    """What was done, and to whom."""
    WHO = "who"
    """Who did it or to whom it was done: persons, forces, parties."""
    UNIT = "unit"
    """A named unit or formation."""
    COUNT = "count"
    METHOD = "method"
    """How something was established."""
    LAW = "law"
    """A legal qualification."""
    RESPONSE = "response"
    """What a party does or demands: an investigation, a call, a denial of cooperation."""
    CONTEXT = "context"
    """Earlier or other events brought in."""


class Precision(enum.StrEnum):
    """How exactly a time is said."""

    MINUTE = "minute"
    HOUR = "hour"
    PART_OF_DAY = "part of day"
    DAY = "day"
    DAYS = "days"
    WEEK = "week"
    PART_OF_MONTH = "part of month"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class SaidTime:
    """A time as the document means it, resolved against its own date.

    Attributes
    ----------
    from_, to : str
        ISO 8601 local date or time, without offset unless `utc_offset` is known; `to` is exclusive for days and longer.
    precision : Precision
    utc_offset : str or None
        Such as "+04:00"; None when the document does not say and the case's place does not tell.
    words : str
        The document's words, such as "mid-September".
    likeliest : tuple of (str, str)
        Narrower intervals the speaker calls likeliest.
    ambiguous : str or None
        A question for the person where the words can be read in two ways, such as 09/10/22.
    """

    from_: str
    to: str
    precision: Precision
    utc_offset: str | None
    words: str
    likeliest: tuple[tuple[str, str], ...] = ()
    ambiguous: str | None = None


@dataclass(frozen=True, slots=True)
class SaidPlace:
    """A place as the document means it.

    Attributes
    ----------
    name : str
    relation : str
        "at", "near", "not far from", "in", "southernmost part of", as the words have it, in English.
    geometry : mapping or None
        GeoJSON geometry of the region with its error inside it, WGS 84; None when the gazetteer does not know the name.
    uncertainty_km : float or None
    rivals : tuple of str
        Other places of that name.
    words : str
    """

    name: str
    relation: str
    geometry: dict[str, object] | None
    uncertainty_km: float | None
    rivals: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class SaidCount:
    """A number of persons or things as said."""

    what: str
    at_least: int | None
    at_most: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """One statement found in a document, for a person to accept, correct or reject.

    Attributes
    ----------
    id : str
        "P-" and 12 hexadecimal digits, the same for the same document, passage, speaker and topic.
    document : Sha256
        Of the captured document.
    speaker : str
        Who says it, by the fullest name the document gives; "the report itself" for its own voice.
    speaker_role : str or None
    party : str or None
        Whose side the document says the speaker speaks for.
    via : tuple of str
        Through whom it is quoted, nearest first.
    about : Topic
    statement : str
        The passage's statement in neutral indirect form.
    passage : str
        The sentence or sentences, word for word.
    start, end : int
        Character positions of the passage in the document's text as captured (`Reading.text`).
    hedge : Hedge
    hedge_words : str or None
    quoted : bool
        True for words in quotation marks.
    time : SaidTime or None
    place : SaidPlace or None
    count : SaidCount or None
    unit : str or None
    found_by : str
        "rules" or the name and hash of a local model.
    said_at : SaidTime or None
        When it was said, where the document tells that apart from what the statement is about.
    """

    id: str
    document: Sha256
    speaker: str
    speaker_role: str | None
    party: str | None
    via: tuple[str, ...]
    about: Topic
    statement: str
    passage: str
    start: int
    end: int
    hedge: Hedge
    hedge_words: str | None
    quoted: bool
    time: SaidTime | None
    place: SaidPlace | None
    count: SaidCount | None
    unit: str | None
    found_by: str = "rules"
    said_at: SaidTime | None = None
