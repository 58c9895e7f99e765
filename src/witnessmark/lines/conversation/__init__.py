"""What is said, in what language, by how many voices: suggestions with their doubts, for a person to correct."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from witnessmark.custody.records import Item
from witnessmark.errors import WitnessmarkError
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, InputRef, Marks, Picture, Tools
from witnessmark.lines.conversation import corrections, drawing, likelihood, limits, looking, models, names, telling
from witnessmark.lines.conversation.looking import Listened, Settings
from witnessmark.lines.conversation.observations import ConversationObservations, SoundEvent
from witnessmark.media.records import Broken

__all__ = ["CONVERSATION", "ConversationLine", "Listening", "Settings"]

GROUP = "speech"


@runtime_checkable
class Listening(Protocol):
    """What a provider ``speech:<name>`` is: how a case wants its recordings heard."""

    def settings(self) -> Settings:
        """Languages, model, and where answers are kept."""
        ...


class ConversationLine:
    """The conversation line; see docs/lines/conversation.md."""

    name = "conversation"
    version = "1"
    question = "What is said here, in what language, and by how many voices?"
    observations: type = ConversationObservations
    needs: frozenset[type] = frozenset()
    consults: frozenset[str] = frozenset({GROUP, names.GROUP})
    references: tuple[str, ...] = (
        "Radford and others, Robust speech recognition via large-scale weak supervision, 2022, arXiv:2212.04356",
        "Koenecke and others, Careless Whisper: speech-to-text hallucination harms, FAccT 2024, "
        "doi:10.1145/3630106.3658996",
        "Silero Team, Silero VAD: pre-trained enterprise-grade voice activity detector, 2021",
        "Wan, Wang, Papir & Lopez Moreno, Generalized end-to-end loss for speaker verification, ICASSP 2018, "
        "doi:10.1109/ICASSP.2018.8462665",
        "Berkeley Protocol on Digital Open Source Investigations, 2022, chapter VI",
    )

    def observe(self, item: Item, marks: Marks, tools: Tools) -> ConversationObservations | Abstention:
        """Listen to the item; what a person corrected stands beside what the machine heard.

        Parameters
        ----------
        item : Item
        marks : Marks
            "speech-correction"; fields in docs/lines/conversation.md.
        tools : Tools
            May hold "speech:case" (`Listening`) and "names:case" (a `NameBook`).

        Returns
        -------
        ConversationObservations or Abstention
        """
        lacking = models.missing()
        settings = _settings(tools)
        if lacking is not None and settings.model is None:
            return self._abstain(item, f"Speech cannot be transcribed: {lacking} is not installed.", models.INSTALL)
        try:
            heard = looking.listen(tools.original, item.sha256, settings, tools.progress)
        except WitnessmarkError as error:  # no model, or not the one that was named
            return Abstention(self.name, self.version, error.what, error.do, (InputRef(item.sha256, "sound"),))
        if isinstance(heard, Broken):
            reason = f"There is no sound to hear: {heard.reason.rstrip('.')}."
            return Abstention(
                self.name, self.version, reason, heard.do.rstrip(".") + ".", (InputRef(item.sha256, "sound"),)
            )
        return _observed(item, marks, tools, settings, heard)

    def weigh(self, seen: ConversationObservations, over: Hypotheses) -> Finding | Abstention:
        """Words weigh nothing over places and times by themselves; an abstention where none were heard."""
        return likelihood.weigh(seen, over, self.name, self.version)

    def draw(self, seen: ConversationObservations) -> tuple[Picture, ...]:
        """The time line of speech, voices and other sounds."""
        return drawing.pictures(seen)

    def _abstain(self, item: Item, reason: str, command: str) -> Abstention:
        return Abstention(
            self.name, self.version, reason, f"Install it with: {command}.", (InputRef(item.sha256, "sound"),)
        )


CONVERSATION = ConversationLine()


def _settings(tools: Tools) -> Settings:
    for name in sorted(tools.providers):
        provider = tools.providers[name]
        if name.startswith(f"{GROUP}:") and isinstance(provider, Listening):
            return provider.settings()
    return Settings()


def _observed(item: Item, marks: Marks, tools: Tools, settings: Settings, heard: Listened) -> ConversationObservations:
    corrected, refused = corrections.read_marks(marks)
    named = names.heard_names(tools, heard.segments, corrected)
    listed = _listed(heard.events)
    return ConversationObservations(
        item=item.sha256,
        inputs=(InputRef(item.sha256, "sound"), *corrections.inputs_of(marks)),
        languages=settings.languages,
        start_s=round(heard.start_s, 3),
        duration_s=heard.duration_s,
        speech_s=heard.speech_s,
        segments=heard.segments,
        corrections=corrected,
        turns=heard.turns[: limits.TURNS_LISTED],
        speakers_count=heard.speakers_count,
        events=listed,
        events_count=len(heard.events),
        names=named,
        models=heard.models,
        stopped=heard.stopped,
        seed=tools.seed,
        remarks=telling.remarks(heard.segments, heard.events, named, heard.warnings, refused),
    )


def _listed(events: tuple[SoundEvent, ...]) -> tuple[SoundEvent, ...]:
    """The first of each kind."""
    counts: dict[str, int] = {}
    found = []
    for event in events:
        counts[event.kind] = counts.get(event.kind, 0) + 1
        if counts[event.kind] <= limits.EVENTS_LISTED:
            found.append(event)
    return tuple(found)
