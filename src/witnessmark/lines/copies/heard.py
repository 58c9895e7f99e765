"""The sound's part of a search: which recordings sound alike, said apart from what their pictures prove."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Library
from witnessmark.lines.copies.records import Match, Stretch, Transform
from witnessmark.lines.copies.sound import SOUND_SCORE, SoundMatch, SoundStretch, search_sound
from witnessmark.lines.copies.templates import opens_both
from witnessmark.lines.copies.timeline import Line

SOUND_MOST = 1.9
"""Sound alone scores at most this, below what a copy of the pictures scores: music is laid under many recordings."""
SOUND_FULL = 20.0
"""A sound's own score that gives `SOUND_MOST`."""
SAME_FRAME = Transform((1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), ("same frame",))


def heard_in(query: Fingerprint, library: Library, leave_out: Collection[int] = ()) -> dict[int, SoundMatch]:
    """Recordings that may be said to have the query's sound, by number."""
    if query.sound is None:
        return {}
    found = search_sound(query.sound, library, leave_out=leave_out)
    return {one.recording: one for one in found if one.recording is not None and one.score >= SOUND_SCORE}


def with_sound(match: Match, reference: Fingerprint, query: Fingerprint, heard: dict[int, SoundMatch]) -> Match:
    """A match of pictures and whether the sound agrees as well."""
    if query.sound is None or reference.sound is None:
        return match
    same = heard.get(match.recording)
    if same is None:
        return replace(match, sound_agrees=False)
    best = same.stretches[0]
    word = f"{best.q1_s - best.q0_s:.1f} s of sound agree as well."
    evidence = {**match.evidence, "sound_score": round(same.score, 2)}
    return replace(match, sound_agrees=True, reasons=(*match.reasons, word), evidence=evidence)


def by_sound(same: SoundMatch, query: Fingerprint, reference: Fingerprint) -> Match | None:
    """A match of the sound alone; None when it is an opening or closing that both share."""
    left = [one for one in same.stretches if not _opens_both(query, reference, one)]
    if same.recording is None or not left:
        return None
    stretches = tuple(
        Stretch(one.q0_s, one.q1_s, one.r0_s, one.r1_s, one.speed, one.q1_s - one.q0_s, SAME_FRAME) for one in left
    )
    return Match(
        recording=same.recording,
        relation="same-sound",
        score=round(SOUND_MOST * min(1.0, same.score / SOUND_FULL), 4),
        mirrored=False,
        stretches=stretches,
        tier=1,
        sound_agrees=True,
        reasons=(f"{left[0].q1_s - left[0].q0_s:.1f} s of sound agree; the pictures were not found to.",),
        evidence={"sound_score": round(same.score, 2)},
    )


def _opens_both(query: Fingerprint, reference: Fingerprint, one: SoundStretch) -> bool:
    if not len(query.frames.times_s) or not len(reference.frames.times_s):
        return False
    line = Line(one.speed, one.r0_s - one.speed * one.q0_s, one.q0_s, one.q1_s, one.score)
    return opens_both(query, reference, False, line)
