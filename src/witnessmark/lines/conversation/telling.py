"""What was heard, in sentences that carry their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

from witnessmark.lines.contract import Remark
from witnessmark.lines.conversation import languages
from witnessmark.lines.conversation.observations import ConversationObservations, HeardName, Segment, SoundEvent


def statement(seen: ConversationObservations) -> str:
    """One or two neutral sentences: how much is spoken, what is suggested of languages, how much is in doubt."""
    said = [f"About {seen.speech_s:.0f} s of {seen.duration_s:.0f} s are speech, in {stretches(len(seen.segments))}."]
    told = language_shares(seen.segments)
    if told:
        listed = "; ".join(
            f"{_word(verdict)} {length_s:.0f} s ({languages.note(verdict)})" for verdict, length_s in told
        )
        said.append(f"By the model's scores: {listed}.")
    doubted = sum(bool(segment.unreliable) for segment in seen.segments)
    if seen.segments:
        said.append(f"Marked unreliable: {doubted} of {stretches(len(seen.segments))}.")
    if seen.corrections:
        said.append(f"A person heard {stretches(len(seen.corrections))} otherwise or anew.")
    return " ".join(said)


def own_limits(seen: ConversationObservations) -> tuple[str, ...]:
    """What limits this answer in particular."""
    found = []
    if seen.stopped:
        found.append(f"The sound ends before its time: {seen.stopped.rstrip('.')}.")
    if seen.speakers_count is None:
        found.append("Voices were not told apart.")
    elif seen.speakers_count > 1:
        found.append(
            f"That {seen.speakers_count} voices are heard is a suggestion; people who talk at once count as one."
        )
    if any(segment.language.verdict == languages.EITHER_TURKIC for segment in seen.segments):
        found.append("'Turkic' means that the model cannot tell Azerbaijani from Turkish there.")
    return tuple(found)


def stretches(count: int) -> str:
    """A count of stretches."""
    return f"{count} stretch" + ("" if count == 1 else "es")


def language_shares(segments: Sequence[Segment]) -> list[tuple[str, float]]:
    """Verdicts and for how many seconds each was given, longest first."""
    found: dict[str, float] = {}
    for segment in segments:
        found[segment.language.verdict] = found.get(segment.language.verdict, 0.0) + segment.end_s - segment.start_s
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def remarks(
    segments: Sequence[Segment],
    events: Sequence[SoundEvent],
    names: Sequence[HeardName],
    warnings: Sequence[str],
    refused: Sequence[str],
) -> tuple[Remark, ...]:
    """What a careful reader should ask about."""
    found = [Remark("correction", True, text, "A slip of the hand; the correction was left out.") for text in refused]
    found += [Remark("sound", False, text, "Copies made by platforms often are so.") for text in warnings]
    doubted = [segment for segment in segments if segment.unreliable]
    if doubted:
        found.append(
            Remark(
                "unreliable",
                True,
                f"Marked unreliable: {len(doubted)} of {stretches(len(segments))}; have them heard by a speaker.",
                "Wind, distance, music and languages that the model knows little of all do this.",
                tuple(segment.start_s for segment in doubted[:50]),
            )
        )
    impulses = [event for event in events if event.kind == "impulse"]
    if impulses:
        found.append(
            Remark(
                "impulse",
                False,
                f"{len(impulses)} sudden sounds are pointed out; what made them is not known.",
                "Doors, steps, claps and knocks on the microphone sound so as well.",
                tuple(event.start_s for event in impulses[:50]),
            )
        )
    for one in names[:20]:
        also = f", or {', '.join(one.rivals)}" if one.rivals else ""
        found.append(
            Remark(
                "name",
                False,
                f"'{one.text}' at {one.start_s:.1f} s may be {one.name}{also} ({one.kind}, {one.how}).",
                "The words were transcribed by a machine, and names that sound alike are mixed up; listen to it.",
                (one.start_s,),
            )
        )
    return tuple(found)


def _word(verdict: str) -> str:
    own = (languages.OTHER, languages.UNDETERMINED, languages.EITHER_TURKIC)
    return {
        languages.OTHER: "a language the case does not name",
        languages.EITHER_TURKIC: "Azerbaijani or Turkish",
    }.get(verdict, verdict if verdict in own else languages.named(verdict))
