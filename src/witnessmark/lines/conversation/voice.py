"""Where a voice is heard, and how speech is parted at its pauses; the model is Silero VAD as faster-whisper ships it.

Everything else listens only where this does: a speech model that is given silence, wind or music invents words.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.conversation.hearing import RATE_HZ, Recorded
from witnessmark.lines.conversation.observations import ModelFacts

FRAME = 512
"""Samples a value, as the model is built."""
FRAME_S = FRAME / RATE_HZ
BLOCK_S, RUN_IN_S = 120.0, 4.0
"""So much is heard at a time; the model's memory is warmed up on what came before."""
ON, OFF = 0.5, 0.35
"""A voice begins at the first and goes on until values stay below the second; the model's own defaults."""
PAUSE_S = 0.3
LEAST_S = 0.25
PAD_S = 0.2
"""Added to either side, so that first and last sounds are not cut off."""
PART_S, LONGEST_PART_S = 5.0, 10.0
LEAST_TOLD_S = 4.0
"""The language of less is not told: about what a clip of 5 s holds from its first sound of a voice to its last."""
STRETCH_GAP_S, LONGEST_STRETCH_S = 2.0, 28.0
"""A pause longer than the first ends a stretch; the model hears 30 s at once."""


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds from the first sample, and how much of them is voice."""

    start_s: float
    end_s: float
    spoken_s: float

    @property
    def length_s(self) -> float:
        """From start to end."""
        return self.end_s - self.start_s


def voice_probabilities(
    sound: Recorded, progress: Callable[[float, str], None] = lambda _done, _what: None
) -> NDArray[np.float32]:
    """The chance of a voice, one value a frame of 32 ms.

    Parameters
    ----------
    sound : Recorded
    progress : callable

    Returns
    -------
    ndarray of float32, shape (n_frames,)
    """
    from faster_whisper.vad import get_vad_model

    model = get_vad_model()
    n_frames = -(-sound.count // FRAME)
    found = np.zeros(n_frames, np.float32)
    block, run_in = round(BLOCK_S / FRAME_S), round(RUN_IN_S / FRAME_S)
    for first in range(0, n_frames, block):
        begin, last = max(0, first - run_in), min(n_frames, first + block)
        samples = sound.between(begin * FRAME_S, last * FRAME_S)
        filled = np.zeros((last - begin) * FRAME, np.float32)
        filled[: len(samples)] = samples
        found[first:last] = np.asarray(model(filled), np.float32).reshape(-1)[first - begin :]
        progress(last / n_frames, "listening for voices")
    return found


def detector_facts() -> ModelFacts:
    """The detector that is used."""
    from faster_whisper.utils import get_assets_path

    model = next(Path(get_assets_path()).glob("silero_vad*.onnx"))
    version = importlib.metadata.version("faster-whisper")
    digest = Sha256(hashlib.sha256(model.read_bytes()).digest())
    return ModelFacts("where a voice is heard", f"{model.stem} in faster-whisper {version}", digest, "MIT")


def voiced(probability: NDArray[np.float32], pad_s: float = PAD_S) -> list[Span]:
    """Spans in which a voice is heard, in order, none touching another.

    Parameters
    ----------
    probability : ndarray of float32, shape (n_frames,)
    pad_s : float

    Returns
    -------
    list of Span
    """
    spans: list[tuple[float, float]] = []
    begun: int | None = None
    low_since: int | None = None
    pause = round(PAUSE_S / FRAME_S)
    for at, value in enumerate(probability.tolist()):
        if value >= ON:
            begun, low_since = (at if begun is None else begun), None
        elif begun is not None and value < OFF:
            low_since = at if low_since is None else low_since
            if at - low_since >= pause:
                spans.append((begun * FRAME_S, low_since * FRAME_S))
                begun = low_since = None
        elif begun is not None and low_since is not None:
            low_since = None
    if begun is not None:
        spans.append((begun * FRAME_S, (low_since or len(probability)) * FRAME_S))
    end_s = len(probability) * FRAME_S
    kept = [span for span in spans if span[1] - span[0] >= LEAST_S]
    padded: list[Span] = []
    for number, (start_s, stop_s) in enumerate(kept):
        before_s = padded[-1].end_s if padded else 0.0
        after_s = kept[number + 1][0] if number + 1 < len(kept) else end_s
        begin_s = max(before_s, start_s - pad_s)
        finish_s = min(stop_s + pad_s, (stop_s + after_s) / 2.0 if after_s < end_s else end_s)
        padded.append(Span(begin_s, max(finish_s, stop_s), stop_s - start_s))
    return padded


def parts(spans: Sequence[Span], probability: NDArray[np.float32]) -> list[Span]:
    """Speech in parts of 5 to 10 s where it is long enough, cut in pauses; what is spoken alone stays a short part.

    Parameters
    ----------
    spans : sequence of Span
    probability : ndarray of float32, shape (n_frames,)
        A span without a pause is cut where the voice is faintest.

    Returns
    -------
    list of Span
    """
    pieces = [piece for span in spans for piece in _pieces(span, probability)]
    made: list[Span] = []
    for piece in pieces:
        last = made[-1] if made else None
        joins = (
            last is not None
            and piece.start_s - last.end_s <= STRETCH_GAP_S
            and piece.end_s - last.start_s <= LONGEST_PART_S
            and min(last.spoken_s, piece.spoken_s) < PART_S
        )
        if last is not None and joins:
            made[-1] = Span(last.start_s, piece.end_s, last.spoken_s + piece.spoken_s)
        else:
            made.append(piece)
    return made


def _pieces(span: Span, probability: NDArray[np.float32]) -> list[Span]:
    found = []
    start_s, end_s = span.start_s, span.end_s
    while end_s - start_s > LONGEST_PART_S:
        low = round((start_s + PART_S) / FRAME_S)
        high = max(low + 1, round((start_s + min(LONGEST_PART_S, end_s - start_s - PART_S / 2.0)) / FRAME_S))
        cut_s = (low + int(np.argmin(probability[low:high])) + 0.5) * FRAME_S
        found.append(Span(start_s, cut_s, cut_s - start_s))
        start_s = cut_s
    share = span.spoken_s / span.length_s if not found else 1.0
    return [*found, Span(start_s, end_s, (end_s - start_s) * share)]


def stretches(
    made: Sequence[Span], differ: Callable[[int, int], bool] = lambda _one, _other: False
) -> list[tuple[Span, tuple[int, ...]]]:
    """Parts put together into what the speech model hears at once.

    Parameters
    ----------
    made : sequence of Span
        Parts.
    differ : callable (number of a part, number of another)
        Whether two parts are plainly in different languages, and so must not be heard together.

    Returns
    -------
    list of (Span, tuple of int)
        Each with the numbers of its parts.
    """
    found: list[tuple[Span, tuple[int, ...]]] = []
    for number, part in enumerate(made):
        if found:
            last, numbers = found[-1]
            near = part.start_s - last.end_s <= STRETCH_GAP_S
            short = part.end_s - last.start_s <= LONGEST_STRETCH_S
            if near and short and not any(differ(known, number) for known in numbers):
                joined = Span(last.start_s, part.end_s, last.spoken_s + part.spoken_s)
                found[-1] = joined, (*numbers, number)
                continue
        found.append((part, (number,)))
    return found


def share_heard(spans: Sequence[Span], start_s: float, end_s: float) -> float:
    """The share of a span in which a voice is heard; 0 for an empty one."""
    if end_s <= start_s:
        return 0.0
    inside_s = sum(max(0.0, min(end_s, span.end_s) - max(start_s, span.start_s)) for span in spans)
    return min(1.0, inside_s / (end_s - start_s))
