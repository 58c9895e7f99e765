"""From a recording to observations: sound, voices, stretches, words, doubts, speakers and other sounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.conversation import doubts as doubting
from witnessmark.lines.conversation import events as sounding
from witnessmark.lines.conversation import languages, limits, speakers, voice
from witnessmark.lines.conversation.hearing import LIMITS, Recorded
from witnessmark.lines.conversation.journal import Journal
from witnessmark.lines.conversation.models import OwnModel, described, find_model
from witnessmark.lines.conversation.observations import (
    Language,
    ModelFacts,
    Segment,
    Share,
    SoundEvent,
    Translation,
    Turn,
)
from witnessmark.lines.conversation.transcriber import TRANSLATE, Decoded, Hearing, Transcriber, transcriber
from witnessmark.lines.conversation.voice import Span
from witnessmark.media.records import Broken, Limits
from witnessmark.plain import Plain, from_plain, to_plain

Progress = Callable[[float, str], None]
DECODED, VOICED, SOUNDED, PARTED, TRANSCRIBED = 0.05, 0.1, 0.15, 0.25, 0.95
"""How far the whole is when each is done."""
JOURNAL = "1"
"""Raised whenever the same stretch may be answered otherwise."""
ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked of the line.

    Attributes
    ----------
    languages : tuple of str
        The case's.
    model : OwnModel or None
        The default unless given.
    translate, tell_speakers, tell_events : bool
    journal_folder : Path or None
        Where answers are kept while a recording is heard; none are kept unless given.
    keep_journal : bool
        Also afterwards, so that a second run is quick.
    """

    languages: tuple[str, ...] = limits.DEFAULT_LANGUAGES
    model: OwnModel | None = None
    translate: bool = True
    tell_speakers: bool = True
    tell_events: bool = True
    journal_folder: Path | None = None
    keep_journal: bool = False


@dataclass(frozen=True, slots=True)
class Listened:
    """Everything that was heard in one recording; times are on its own time line."""

    start_s: float
    duration_s: float
    speech_s: float
    segments: tuple[Segment, ...]
    turns: tuple[Turn, ...]
    speakers_count: int | None
    events: tuple[SoundEvent, ...]
    models: tuple[ModelFacts, ...]
    model: ModelFacts
    stopped: str
    warnings: tuple[str, ...]


def listen(
    path: Path,
    digest: Sha256,
    settings: Settings,
    progress: Progress = lambda _done, _what: None,
    *,
    media_limits: Limits = LIMITS,
) -> Listened | Broken:
    """Hear a recording through.

    Parameters
    ----------
    path : Path
    digest : Sha256
        Of the file: answers are kept under it.
    settings : Settings
    progress : callable
    media_limits : Limits

    Returns
    -------
    Listened or Broken
        `Broken` where there is no sound to hear.

    Raises
    ------
    NotFoundError, BadInputError
        When there is no model to listen with, or a language is asked for that it does not know.
    """
    facts = described(settings.model)
    scratch = settings.journal_folder if settings.journal_folder and settings.journal_folder.is_dir() else None
    with Recorded(path, scratch, media_limits, _part_of(progress, 0.0, DECODED)) as sound:
        if not sound.count:
            assert sound.broken is not None
            return sound.broken
        probability = voice.voice_probabilities(sound, _part_of(progress, DECODED, VOICED))
        spans = voice.voiced(probability)
        found, second = sounding.other_sounds(sound, _part_of(progress, VOICED, SOUNDED))
        ears = _Ears(sound, spans, found, second)
        made: list[Segment] = []
        turns: tuple[Turn, ...] = ()
        if spans:
            journal = Journal(settings.journal_folder, _follows_from(digest, facts, settings))
            listener = _Listener(ears, settings, journal)
            done = False
            try:
                made = listener.hear_through(voice.parts(spans, probability), progress)
                done = True
            finally:
                journal.close(forget=done and not settings.keep_journal)
        if settings.tell_speakers and spans:
            turns = speakers.turns(sound, voice.voiced(probability, pad_s=0.0), _part_of(progress, TRANSCRIBED, 1.0))
        progress(1.0, "done")
        return _put_together(ears, made, turns, facts, settings)


@dataclass(frozen=True, slots=True, eq=False)
class _Ears:
    """What is known of the sound before words are asked of it."""

    sound: Recorded
    spans: Sequence[Span]
    events: tuple[SoundEvent, ...]
    second: NDArray[np.float32] | None


class _Listener:
    """Asks the speech model about one part, then one stretch, after the other."""

    def __init__(self, ears: _Ears, settings: Settings, journal: Journal) -> None:
        self._ears, self._settings, self._journal = ears, settings, journal
        self._opened: Transcriber | None = None

    @property
    def _model(self) -> Transcriber:
        """Opened when it is first needed: where everything was heard before, it never is."""
        if self._opened is None:
            self._opened = transcriber(find_model(self._settings.model))
            languages.check(self._settings.languages, self._opened.languages)
        return self._opened

    def hear_through(self, made: Sequence[Span], progress: Progress) -> list[Segment]:
        """Every stretch of speech, in order."""
        case = self._settings.languages
        scores = []
        for number, part in enumerate(made):
            scores.append(self._part(part))
            progress(SOUNDED + (PARTED - SOUNDED) * (number + 1) / len(made), "telling languages")
        long = [part.length_s >= voice.LEAST_TOLD_S for part in made]

        def differ(one: int, other: int) -> bool:
            return long[one] and long[other] and languages.differ(scores[one], scores[other], case)

        heard = voice.stretches(made, differ)
        found = []
        for number, (span, parts) in enumerate(heard):
            progress(PARTED + (TRANSCRIBED - PARTED) * number / len(heard), "transcribing")
            windows = [scores[part] for part in parts if long[part]]
            found.append(self._stretch(span, windows))
        return found

    def _part(self, part: Span) -> Mapping[str, float]:
        key: Plain = ["part", round(part.start_s, 3), round(part.end_s, 3)]
        known = self._journal.get(key)
        if known is None:
            samples = self._ears.sound.between(part.start_s, part.end_s)
            scores = self._model.language(self._model.hear(samples, whole=False))
            known = {code: round(score, 6) for code, score in scores.items()}
            self._journal.put(key, known)
        return from_plain(dict[str, float], known)

    def _stretch(self, span: Span, windows: Sequence[Mapping[str, float]]) -> Segment:
        key: Plain = ["stretch", round(span.start_s, 3), round(span.end_s, 3)]
        known = self._journal.get(key)
        if known is None:
            known = to_plain(self._heard(span, windows))
            self._journal.put(key, known)
        return from_plain(Segment, known)

    def _heard(self, span: Span, windows: Sequence[Mapping[str, float]]) -> Segment:
        model, case = self._model, self._settings.languages
        heard = model.hear(self._ears.sound.between(span.start_s, span.end_s))
        scores = model.language(heard)
        verdict = languages.decide(scores, windows, span.length_s, case)
        code = verdict.decode_in
        decoded = model.decode(heard, code)
        start_s = self._ears.sound.start_s + span.start_s
        words = model.words(heard, decoded, code, start_s)
        doubted = self._doubts(
            span,
            decoded,
            code,
            words_s=[(w.start_s - start_s, w.end_s - start_s) for w in words],
            probabilities=[word.probability for word in words],
        )
        verdict = languages.borne_out(verdict, decoded.mean_log_probability_nats, doubted)
        if verdict.said == languages.UNDETERMINED and span.length_s >= voice.LEAST_TOLD_S:
            doubted = (*doubted, "the language is undetermined")
        return Segment(
            start_s=round(start_s, 2),
            end_s=round(start_s + span.length_s, 2),
            text=decoded.text,
            words=words,
            language=language_of(scores, case, verdict),
            unreliable=doubted,
            translation=self._translated(heard, code, bool(doubted)),
            speaker=None,
            mean_log_probability_nats=round(decoded.mean_log_probability_nats, 4),
            compression_ratio=round(doubting.compression_ratio(decoded.text), 3),
            no_speech_probability=round(decoded.no_speech_probability, 4),
        )

    def _doubts(
        self,
        span: Span,
        decoded: Decoded,
        code: str,
        words_s: Sequence[tuple[float, float]],
        probabilities: Sequence[float],
    ) -> tuple[str, ...]:
        ears = self._ears
        near = [one for one in ears.spans if one.end_s > span.start_s and one.start_s < span.end_s]
        lengths = [last - first for first, last in words_s]
        voiced = [
            voice.share_heard(near, span.start_s + first, span.start_s + last) * (last - first)
            for first, last in words_s
        ]
        return doubting.doubts(
            doubting.Heard(
                text=decoded.text,
                decoded_in=code,
                length_s=span.length_s,
                mean_log_probability_nats=decoded.mean_log_probability_nats,
                no_speech_probability=decoded.no_speech_probability,
                word_probability=probabilities,
                voice_share=sum(voiced) / sum(lengths) if sum(lengths) > 0.0 else 1.0,
                second_voice_share=sounding.voice_share(ears.second, span.start_s, span.end_s),
                music_share=sounding.share_of(ears.events, span.start_s, span.end_s),
                cut_off=decoded.cut_off,
            )
        )

    def _translated(self, heard: Hearing, code: str, in_doubt: bool) -> Translation | None:
        if not self._settings.translate or code == ENGLISH:
            return None
        decoded = self._model.decode(heard, code, TRANSLATE)
        doubted = doubting.text_doubts(decoded.text, ENGLISH, decoded.mean_log_probability_nats, decoded.cut_off)
        if in_doubt:
            doubted = ("what was heard is itself in doubt", *doubted)
        return Translation(decoded.text, f"machine ({self._model.files.name})", doubted)


def language_of(scores: Mapping[str, float], case: Sequence[str], verdict: languages.Verdict) -> Language:
    """The scores and the verdict as they are kept."""
    inside = languages.restricted(scores, case)
    ordered = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return Language(
        distribution=tuple(Share(code, round(score, 5)) for code, score in ordered),
        restricted=tuple(Share(code, round(inside[code], 5)) for code in case),
        other_probability=round(max(0.0, 1.0 - sum(scores.get(code, 0.0) for code in case)), 5),
        verdict=verdict.said,
        why=verdict.why,
        decoded_in=verdict.decode_in,
    )


def _put_together(
    ears: _Ears, made: Sequence[Segment], turns: tuple[Turn, ...], model: ModelFacts, settings: Settings
) -> Listened:
    start_s = ears.sound.start_s
    facts = [model]
    facts.append(voice.detector_facts())
    others = sounding.detector_facts()
    if others is not None:
        facts.append(others)
    if settings.tell_speakers and ears.spans:
        facts.append(speakers.encoder_facts())
    moved = tuple(
        SoundEvent(one.kind, round(start_s + one.start_s, 3), round(start_s + one.end_s, 3), one.score, one.by)
        for one in ears.events
    )
    return Listened(
        start_s=start_s,
        duration_s=round(ears.sound.duration_s, 3),
        speech_s=round(sum(span.spoken_s for span in ears.spans), 2),
        segments=speakers.with_speakers(made, turns),
        turns=turns,
        speakers_count=len({turn.speaker for turn in turns}) if settings.tell_speakers else None,
        events=moved if settings.tell_events else (),
        models=tuple(facts),
        model=model,
        stopped="" if ears.sound.broken is None else ears.sound.broken.reason,
        warnings=ears.sound.warnings,
    )


def _follows_from(digest: Sha256, model: ModelFacts, settings: Settings) -> Plain:
    return to_plain(
        {
            "journal": JOURNAL,
            "item": digest,
            "model": model.sha256,
            "languages": settings.languages,
            "translate": settings.translate,
        }
    )


def _part_of(progress: Progress, first: float, last: float) -> Progress:
    return lambda done, what: progress(first + (last - first) * done, what)
