"""A recording heard without a case: the answer as programs read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError
from witnessmark.lines.conversation import languages, limits, models
from witnessmark.lines.conversation.looking import Listened, Progress, Settings, listen
from witnessmark.lines.conversation.observations import Language, Segment
from witnessmark.media.records import Broken
from witnessmark.plain import Plain, to_plain


def hear_file(path: Path, settings: Settings, progress: Progress) -> Listened:
    """Hear a file through.

    Raises
    ------
    BadInputError, NotFoundError
        When it holds no sound that can be decoded, or there is no model to listen with.
    """
    models.described(settings.model)
    if not path.is_file():
        raise BadInputError(f"There is no file '{path}'.", "Check the path.")
    heard = listen(path, Sha256.from_hex(models.sha256_of(path)), settings, progress)
    if isinstance(heard, Broken):
        raise BadInputError(f"'{path.name}' cannot be heard: {heard.reason}", heard.do, stage=heard.stage)
    return heard


def to_json(heard: Listened, asked: Sequence[str]) -> dict[str, Plain]:
    """The answer as programs read it; docs/lines/conversation.md tells its fields."""
    return {
        "segments": [segment_json(segment) for segment in heard.segments],
        "events": [
            {
                "kind": event.kind,
                "start_s": event.start_s,
                "end_s": event.end_s,
                "score": event.score,
                "by": event.by,
                "suggestion": True,
            }
            for event in heard.events
        ],
        "speech_s": heard.speech_s,
        "duration_s": heard.duration_s,
        "start_s": heard.start_s,
        "languages": list(asked),
        "model": {"name": heard.model.name, "sha256": heard.model.sha256.hex(), "licence": heard.model.licence},
        "models": to_plain(heard.models),
        "speakers": {
            "count": heard.speakers_count,
            "turns": to_plain(heard.turns),
            "suggestion": True,
            "note": "voices grouped within this recording by how they sound; who speaks is not said",
        },
        "stopped": heard.stopped or None,
        "warnings": list(heard.warnings),
        "limits": [*own_limits(heard), *limits.STANDING_LIMITS],
    }


def segment_json(segment: Segment) -> dict[str, Plain]:
    """One stretch as programs read it."""
    translation = segment.translation
    return {
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "text": segment.text,
        "words": to_plain(segment.words),
        "language": language_json(segment.language),
        "unreliable": list(segment.unreliable),
        "translation": None if translation is None else to_plain(translation),
        "speaker": segment.speaker,
        "machine": True,
        "mean_log_probability_nats": segment.mean_log_probability_nats,
        "compression_ratio": segment.compression_ratio,
        "no_speech_probability": segment.no_speech_probability,
    }


def language_json(language: Language) -> dict[str, Plain]:
    """A stretch's language: never a verdict without its scores and its note."""
    return {
        "distribution": {share.code: share.probability for share in language.distribution},
        "restricted": {share.code: share.probability for share in language.restricted},
        "other": language.other_probability,
        "verdict": language.verdict,
        "why": language.why,
        "note": languages.note(language.verdict),
        "decoded_in": language.decoded_in,
    }


def own_limits(heard: Listened) -> list[str]:
    """What limits this answer in particular."""
    found = []
    if not heard.segments:
        found.append("No voice is heard in the sound.")
    if heard.stopped:
        found.append(f"The sound ends before its time: {heard.stopped.rstrip('.')}.")
    return found
