"""What the conversation line hears: stretches of speech with words, languages and doubts, voices, and other sounds."""

from __future__ import annotations

from dataclasses import dataclass

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.contract import InputRef, Remark


@dataclass(frozen=True, slots=True)
class Word:
    """One word as the model gives it, with the probability it gives it."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class Share:
    """A language, by its ISO 639 code, and the probability the model gives it."""

    code: str
    probability: float


@dataclass(frozen=True, slots=True)
class Language:
    """In which language a stretch is, as far as that can be told. Nothing here is calibrated.

    Attributes
    ----------
    distribution : tuple of Share
        Over all languages the model knows, likeliest first.
    restricted : tuple of Share
        Over the languages the case names alone, summing to one.
    other_probability : float
        What `distribution` gives to languages that the case does not name.
    verdict : str
        A code, "Turkic", "other" or "undetermined".
    why : str
        What the verdict rests on, or why there is none; one sentence.
    decoded_in : str
        The language the transcript was asked for.
    """

    distribution: tuple[Share, ...]
    restricted: tuple[Share, ...]
    other_probability: float
    verdict: str
    why: str
    decoded_in: str


@dataclass(frozen=True, slots=True)
class Translation:
    """A rendering in English; `machine` is always true, as people's stand among the corrections."""

    text: str
    by: str
    unreliable: tuple[str, ...]
    machine: bool = True


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech between pauses, as the machine hears it.

    Attributes
    ----------
    start_s, end_s : float
        On the recording's own time line [s].
    text : str
    words : tuple of Word
    language : Language
    unreliable : tuple of str
        Why the text is not to be relied on; empty where none of the tests bites, which is no proof that it is right.
    translation : Translation or None
        None where the text was asked for in English.
    speaker : str or None
        The voice heard most in it, such as "S1"; of this item alone.
    mean_log_probability_nats : float
        Of its tokens.
    compression_ratio : float
        Of the text by zlib; loops compress well.
    no_speech_probability : float
        What the model gives to there being no speech.
    """

    start_s: float
    end_s: float
    text: str
    words: tuple[Word, ...]
    language: Language
    unreliable: tuple[str, ...]
    translation: Translation | None
    speaker: str | None
    mean_log_probability_nats: float
    compression_ratio: float
    no_speech_probability: float


@dataclass(frozen=True, slots=True)
class SoundEvent:
    """A sound that is pointed out, never named for certain.

    Attributes
    ----------
    kind : str
        music | singing | impulse
    start_s, end_s : float
    score : float
        The detector's own, 0-1; not a probability of what it was.
    by : str
        What found it.
    """

    kind: str
    start_s: float
    end_s: float
    score: float
    by: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A span in which one voice is heard, as grouped within this item."""

    speaker: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class HeardName:
    """A name of the case that a transcript seems to hold: a suggestion for a person.

    Attributes
    ----------
    start_s, end_s : float
        Of the words it stands in.
    text : str
        As transcribed.
    name_id, name, kind : str
        What it may be.
    how : str
        exact | folded | transliterated | near
    closeness_score : float
        0-1.
    rivals : tuple of str
        What else it may be.
    in_doubt : bool
        True where the stretch it stands in is marked unreliable.
    """

    start_s: float
    end_s: float
    text: str
    name_id: str
    name: str
    kind: str
    how: str
    closeness_score: float
    rivals: tuple[str, ...]
    in_doubt: bool


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person hears in a span, beside what the machine heard; both stay.

    Attributes
    ----------
    mark : str
    author : str
    start_s, end_s : float
    text, language, translation, speaker : str or None
        What the person says; None for what is not said.
    note : str
    """

    mark: str
    author: str
    start_s: float
    end_s: float
    text: str | None
    language: str | None
    translation: str | None
    speaker: str | None
    note: str


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model that was used: what it did, what it is called, its file's SHA-256 and its licence."""

    role: str
    name: str
    sha256: Sha256
    licence: str


@dataclass(frozen=True, slots=True)
class ConversationObservations:
    """Everything the line has for one item.

    Attributes
    ----------
    item : Sha256
    inputs : tuple of InputRef
    languages : tuple of str
        The case's, which the distributions were restricted to.
    start_s, duration_s, speech_s : float
        Where the sound begins, how long it is, and for how much of it the voice detector hears a voice.
    segments : tuple of Segment
    corrections : tuple of Correction
    turns : tuple of Turn
    speakers_count : int or None
        Voices told apart, a suggestion; None where that was not tried.
    events : tuple of SoundEvent
        The first of each kind, in order of time.
    events_count : int
        How many there were in all.
    names : tuple of HeardName
    models : tuple of ModelFacts
    stopped : str
        Why the sound ended before its time; empty when it did not.
    seed : int
    remarks : tuple of Remark
    """

    item: Sha256
    inputs: tuple[InputRef, ...]
    languages: tuple[str, ...]
    start_s: float
    duration_s: float
    speech_s: float
    segments: tuple[Segment, ...]
    corrections: tuple[Correction, ...]
    turns: tuple[Turn, ...]
    speakers_count: int | None
    events: tuple[SoundEvent, ...]
    events_count: int
    names: tuple[HeardName, ...]
    models: tuple[ModelFacts, ...]
    stopped: str
    seed: int
    remarks: tuple[Remark, ...]
