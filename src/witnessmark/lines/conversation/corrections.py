"""What a person hears otherwise: marks of kind "speech-correction", beside what the machine heard."""

from __future__ import annotations

import math
from collections.abc import Mapping

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError
from witnessmark.lines.contract import InputRef, Mark, Marks
from witnessmark.lines.conversation.observations import Correction
from witnessmark.plain import Plain

KIND = "speech-correction"
TEXTS = ("text", "language", "translation", "speaker")
FIELDS = ("start_s", "end_s", *TEXTS, "note")
LONGEST_TEXT = 20_000


def correction_of(mark: Mark) -> Correction:
    """A mark as a correction.

    Raises
    ------
    BadInputError
        When it is none.
    """
    body = check(mark.body)
    return Correction(
        mark=mark.id,
        author=mark.author,
        start_s=float(str(body["start_s"])),
        end_s=float(str(body["end_s"])),
        text=_text(body, "text"),
        language=_text(body, "language"),
        translation=_text(body, "translation"),
        speaker=_text(body, "speaker"),
        note=_text(body, "note") or "",
    )


def check(body: Mapping[str, Plain]) -> Mapping[str, Plain]:
    """The body of a correction, when it is one.

    Raises
    ------
    BadInputError
        Saying what is wrong with it.
    """
    unknown = sorted(str(name)[:40] for name in body if name not in FIELDS)
    if unknown:
        raise BadInputError(f"A correction has no field {unknown[0]}.", f"Its fields are {', '.join(FIELDS)}.")
    times = [body.get(name) for name in ("start_s", "end_s")]
    numbers = [float(value) for value in times if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) != 2 or not all(map(math.isfinite, numbers)) or not 0.0 <= numbers[0] < numbers[1]:
        raise BadInputError("A correction has no span.", "Give start_s and end_s in seconds, the first the lower.")
    for name in (*TEXTS, "note"):
        value = body.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > LONGEST_TEXT):
            raise BadInputError(f"A correction's {name} is no text that can be kept.", "Give some sentences.")
    if not any(_text(body, name) for name in TEXTS):
        raise BadInputError("A correction says nothing.", f"Give at least one of {', '.join(TEXTS)}.")
    return body


def read_marks(marks: Marks) -> tuple[tuple[Correction, ...], tuple[str, ...]]:
    """Corrections in order of time, and why others were left out."""
    found: list[Correction] = []
    refused: list[str] = []
    for mark in marks:
        if mark.kind == KIND:
            try:
                found.append(correction_of(mark))
            except BadInputError as error:
                refused.append(f"The correction {mark.id} was left out: {error.what}")
    return tuple(sorted(found, key=lambda one: (one.start_s, one.end_s, one.mark))), tuple(refused)


def inputs_of(marks: Marks) -> tuple[InputRef, ...]:
    """The corrections that are read, each by the hash of what it holds."""
    return tuple(
        InputRef(
            Sha256.of(repr(sorted((str(key), repr(value)) for key, value in mark.body.items())).encode()),
            f"mark:{mark.id}",
        )
        for mark in marks
        if mark.kind == KIND
    )


def _text(body: Mapping[str, Plain], name: str) -> str | None:
    value = body.get(name)
    return value.strip() or None if isinstance(value, str) else None
