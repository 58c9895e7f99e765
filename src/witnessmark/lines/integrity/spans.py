"""How long the sound runs against the pictures, and the frame-by-frame track that is drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.contract import Remark
from witnessmark.lines.integrity.observations import SoundFacts, Track
from witnessmark.media.records import Probe, Sound, Survey

PRIMING_SAMPLES = 2112  # encoder delay of AAC as Apple documents it (TN2258); other codecs have less
PACKET_SAMPLES = 1024
TOLERANCE_S = 0.25  # beyond padding; recorders start and stop the two streams a little apart
BINS = 2000


def sound_facts(probe: Probe, survey: Survey) -> SoundFacts | None:
    """Compare the spans of sound and pictures; None without sound."""
    if probe.sound_start_s is None or probe.sound_end_s is None or len(survey.pts_s) < 2:
        return None
    rate_hz = next((stream.sample_rate_hz for stream in probe.streams if stream.kind == "audio"), None) or 44_100
    step_s = float(np.median(np.diff(survey.pts_s)))
    packet_s = PACKET_SAMPLES / rate_hz
    return SoundFacts(
        starts_later_s=round(probe.sound_start_s - float(survey.pts_s[0]), 4),
        ends_later_s=round(probe.sound_end_s + packet_s - float(survey.pts_s[-1]) - step_s, 4),
        padding_s=round(PRIMING_SAMPLES / rate_hz + packet_s + step_s, 4),
    )


def sound_remarks(facts: SoundFacts | None) -> tuple[Remark, ...]:
    """The spans as a sentence."""
    if facts is None:
        return (
            Remark(
                "sound",
                False,
                "It has no sound, or too few pictures to compare it with.",
                "Many recorders and platforms write silent clips, and a person may mute one before posting.",
            ),
        )
    allowed_s = facts.padding_s + TOLERANCE_S
    notable = abs(facts.starts_later_s) > allowed_s or abs(facts.ends_later_s) > allowed_s
    return (
        Remark(
            "sound",
            notable,
            f"The sound starts {_against(facts.starts_later_s)} the pictures and ends "
            f"{_against(facts.ends_later_s)} them"
            + (", more than padding accounts for." if notable else ", within what padding accounts for."),
            "Editing one stream without the other does this; so do some recorders, converters and broken downloads."
            if notable
            else "Equal lengths do not show that neither was edited.",
        ),
    )


def _against(later_s: float) -> str:
    if abs(later_s) < 0.005:
        return "with"
    return f"{abs(later_s):.2f} s {'after' if later_s > 0.0 else 'before'}"


def track_of(survey: Survey, sound: Sound | None) -> Track:
    """Frame-by-frame measures, thinned for drawing."""
    steps_s = np.diff(survey.pts_s, prepend=survey.pts_s[:1])
    at_s, (step_s, change) = _thin(survey.pts_s, steps_s, survey.luma_change.astype(np.float64))
    sound_at_s, level = _levels(sound)
    return Track(at_s, step_s, change, sound_at_s, level)


def _thin(at_s: NDArray[np.float64], *series: NDArray[np.float64]) -> tuple[tuple[float, ...], list[tuple[float, ...]]]:
    """Keep each bin's largest value of every series, at the bin's first time."""
    if len(at_s) == 0:
        return (), [() for _ in series]
    edges = np.unique(np.linspace(0, len(at_s), min(BINS, len(at_s)) + 1).astype(int)[:-1])
    kept = [np.maximum.reduceat(values, edges) for values in series]
    return _rounded(at_s[edges]), [_rounded(values) for values in kept]


def _levels(sound: Sound | None) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Root-mean-square level in dB of full scale, not below -100."""
    if sound is None or len(sound.samples) < 800:
        return (), ()
    size = max(320, len(sound.samples) // BINS)
    whole = sound.samples[: len(sound.samples) // size * size].reshape(-1, size).astype(np.float64)
    level = 10.0 * np.log10(np.maximum(np.mean(whole * whole, axis=1), 1e-10))
    at_s = sound.start_s + (np.arange(len(whole)) + 0.5) * size / sound.rate_hz
    return _rounded(at_s), tuple(round(float(value), 1) for value in level)


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)
