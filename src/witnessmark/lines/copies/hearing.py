"""Sound beside pictures: whether the sound of a matching recording agrees, and recordings of which only it does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.laying import IDENTITY
from witnessmark.lines.copies.library import Library
from witnessmark.lines.copies.records import Match, Stretch, Transform
from witnessmark.lines.copies.sound import SOUND_SCORE, SoundMatch, SoundStretch, search_sound

OFFSET_S = 1.0
"""Pictures and sound belong together when they lie this near on one line of time."""


def with_sound(
    query: Fingerprint, library: Library, matches: Sequence[Match], leave_out: Collection[int] = ()
) -> tuple[Match, ...]:
    """Matches of pictures, each with whether its sound agrees, then recordings of which only the sound does.

    Parameters
    ----------
    query : Fingerprint
    library : Library
    matches : sequence of Match
        By pictures.
    leave_out : collection of int

    Returns
    -------
    tuple of Match
        The score of a "same-sound" match is that of `SoundMatch`, on another scale than that of pictures.
    """
    if query.sound is None:
        return tuple(matches)
    heard = {
        one.recording: one
        for one in search_sound(query.sound, library, leave_out=leave_out)
        if one.recording is not None and one.score >= SOUND_SCORE
    }
    seen = {match.recording for match in matches}
    both = [_beside(match, heard.get(match.recording), library) for match in matches]
    only = [_sound_only(number, one) for number, one in heard.items() if number not in seen]
    return (*both, *only)


def _beside(match: Match, heard: SoundMatch | None, library: Library) -> Match:
    """A match of pictures with what was heard of it."""
    if heard is None:
        silent = library.fingerprint(match.recording).sound is None
        return replace(match, sound_agrees=None if silent else False)
    together = any(_aligned(one, other) for one in match.stretches for other in heard.stretches)
    reason = (
        "Its sound agrees at the same times."
        if together
        else "Its sound agrees too, but at other times than the pictures."
    )
    return replace(match, sound_agrees=together, reasons=(*match.reasons, reason))


def _aligned(one: Stretch, other: SoundStretch) -> bool:
    start_s, end_s = max(one.q0_s, other.q0_s), min(one.q1_s, other.q1_s)
    middle_s = 0.5 * (start_s + end_s)
    apart_s = one.r0_s + one.speed * (middle_s - one.q0_s) - other.r0_s - other.speed * (middle_s - other.q0_s)
    return end_s > start_s and abs(apart_s) <= OFFSET_S


def _sound_only(recording: int, heard: SoundMatch) -> Match:
    stretches = tuple(
        Stretch(one.q0_s, one.q1_s, one.r0_s, one.r1_s, one.speed, 0.0, Transform(IDENTITY, ()))
        for one in heard.stretches
    )
    best = heard.stretches[0]
    pitch = "" if abs(best.pitch_ratio - 1.0) < 0.03 else f", {best.pitch_ratio:.2f} times as high"
    return Match(
        recording=recording,
        relation="same-sound",
        score=round(heard.score, 4),
        mirrored=False,
        stretches=stretches,
        tier=1,
        sound_agrees=True,
        reasons=(
            f"{best.q1_s - best.q0_s:.1f} s sound alike{pitch}: {best.bit_error_rate:.0%} of the bits of their codes "
            "differ; between unrelated sounds half of them do.",
            "The pictures were not found to match.",
        ),
        evidence={"sound_score": round(heard.score, 4), "bit_error_rate": round(best.bit_error_rate, 4)},
    )
