"""The time line of what was heard: stretches of speech and their doubts, voices, other sounds."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.contract import Picture
from witnessmark.lines.conversation.observations import ConversationObservations
from witnessmark.media.blur import png_bytes

WIDTH_PX, LEFT_PX, ROW_PX, TOP_PX = 1200, 110, 26, 30
MOST_VOICES = 8
PAPER, INK, FAINT = (255, 255, 255), (40, 40, 40), (205, 205, 205)
SPEECH, DOUBT, VOICE, SOUND = (58, 110, 165), (222, 160, 60), (90, 140, 90), (150, 90, 130)


def pictures(seen: ConversationObservations) -> tuple[Picture, ...]:
    """One time line, none where there is nothing on it."""
    if seen.duration_s <= 0.0 or not (seen.segments or seen.events):
        return ()
    voices = sorted({turn.speaker for turn in seen.turns}, key=lambda name: (len(name), name))[:MOST_VOICES]
    kinds = [kind for kind in ("music", "singing", "impulse") if any(one.kind == kind for one in seen.events)]
    rows = ["speech", *(f"voice {name}" for name in voices), *kinds]
    drawn: NDArray[np.uint8] = np.full((TOP_PX + ROW_PX * len(rows) + 40, WIDTH_PX, 3), 255, np.uint8)
    for number, label in enumerate(rows):
        _text(drawn, label, 8, TOP_PX + ROW_PX * number + 17)
        cv2.line(drawn, (LEFT_PX, _row(number) + 22), (WIDTH_PX - 10, _row(number) + 22), FAINT, 1)
    for segment in seen.segments:
        _bar(drawn, seen, 0, segment.start_s, segment.end_s, DOUBT if segment.unreliable else SPEECH)
    for turn in seen.turns:
        if turn.speaker in voices:
            _bar(drawn, seen, 1 + voices.index(turn.speaker), turn.start_s, turn.end_s, VOICE)
    for event in seen.events:
        _bar(drawn, seen, 1 + len(voices) + kinds.index(event.kind), event.start_s, event.end_s, SOUND)
    for share in np.linspace(0.0, 1.0, 7):
        at_s = seen.start_s + float(share) * seen.duration_s
        _text(drawn, f"{at_s:.0f} s", min(_x(seen, at_s), WIDTH_PX - 60), drawn.shape[0] - 14)
    caption = (
        "Where speech, voices and other sounds are suggested, in seconds of the recording; stretches whose transcript "
        "is marked unreliable are amber."
    )
    return (Picture("heard", caption, png_bytes(drawn), shows_footage=False),)


def _bar(
    drawn: NDArray[np.uint8],
    seen: ConversationObservations,
    number: int,
    start_s: float,
    end_s: float,
    colour: tuple[int, int, int],
) -> None:
    first, last = _x(seen, start_s), max(_x(seen, start_s) + 2, _x(seen, end_s))
    cv2.rectangle(drawn, (first, _row(number) + 3), (last, _row(number) + 19), colour, -1)


def _x(seen: ConversationObservations, at_s: float) -> int:
    share = min(1.0, max(0.0, (at_s - seen.start_s) / seen.duration_s))
    return LEFT_PX + round(share * (WIDTH_PX - LEFT_PX - 12))


def _row(number: int) -> int:
    return TOP_PX + ROW_PX * number


def _text(drawn: NDArray[np.uint8], text: str, x: int, y: int) -> None:
    cv2.putText(drawn, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK, 1, cv2.LINE_AA)
