"""Reading labels: what each must hold, and a sentence for every one that does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from witnessmark.errors import BadInputError
from witnessmark.lines.contract import Marks
from witnessmark.lines.weather.observations import WeatherLabel
from witnessmark.plain import Plain, stated_moment

KINDS = ("weather-label", "sky-label")
"""Kinds of marks this line reads; both hold the same fields."""
FIELDS = ("at_utc", "sky", "rain", "snow_on_ground", "wind", "visibility_km", "temperature_c")
SKIES = ("clear", "partly", "overcast")
WINDS = ("calm", "moderate", "strong")
FARTHEST_KM = 1000.0
MOST_LABELS = 100
LEAST_WIDTH_C = 1.0
"""A thermometer in a frame is read to half a degree either way."""


class _Refused(Exception):
    """What is wrong with a label, as the end of a sentence."""


def read_marks(marks: Marks) -> tuple[tuple[WeatherLabel, ...], tuple[str, ...]]:
    """Labels among the marks, and a sentence for each that cannot be used; other marks are passed over."""
    read: list[WeatherLabel] = []
    refused: list[str] = []
    known = [mark for mark in marks if mark.kind in KINDS]
    for mark in known[:MOST_LABELS]:
        try:
            label = _label(mark.id, mark.body)
        except _Refused as error:
            refused.append(f"The {mark.kind} mark {mark.id[:60]} cannot be used: {error}.")
            continue
        if says_something(label):
            read.append(label)
    if len(known) > MOST_LABELS:
        refused.append(f"Of {len(known)} labels only the first {MOST_LABELS} were read.")
    return tuple(read), tuple(refused)


def read_document(document: object) -> tuple[WeatherLabel, ...]:
    """Labels from a document: one object of fields, a list of them, or ``{"labels": [...]}``.

    Raises
    ------
    BadInputError
        When one cannot be used, a time has no offset, there are too many, or nothing is said.
    """
    if isinstance(document, Mapping) and "labels" in document:
        document = document["labels"]
    entries = document if isinstance(document, (list, tuple)) else [document]
    if len(entries) > MOST_LABELS:
        raise BadInputError(f"There are {len(entries)} labels.", f"Give at most {MOST_LABELS}, of one recording.")
    labels = []
    for number, entry in enumerate(entries):
        try:
            labels.append(_label(f"label-{number + 1}", entry))
        except _Refused as error:
            raise BadInputError(
                f"Label {number + 1} cannot be used: {error}.", "docs/lines/weather.md describes its fields."
            ) from error
    said = tuple(label for label in labels if says_something(label))
    if not said:
        raise BadInputError(
            "The labels say nothing of the weather.", f"Give at least one of {', '.join(FIELDS[1:])} that is not null."
        )
    return said


def says_something(label: WeatherLabel) -> bool:
    """Whether a label holds anything that can be weighed."""
    held = (label.sky, label.rain, label.snow_on_ground, label.wind, label.visibility_km, label.temperature_c)
    return any(value is not None for value in held)


def _label(name: str, body: object) -> WeatherLabel:
    if not isinstance(body, Mapping):
        raise _Refused("it has no fields")
    unknown = sorted(str(key)[:40] for key in body if key not in (*FIELDS, "view", "note"))
    if unknown:
        raise _Refused(f"it holds {', '.join(unknown[:5])}; its fields are {', '.join(FIELDS)}")
    return WeatherLabel(
        mark=name,
        at_utc=_moment(body.get("at_utc")),
        sky=_word(body, "sky", SKIES),
        rain=_flag(body, "rain"),
        snow_on_ground=_flag(body, "snow_on_ground"),
        wind=_word(body, "wind", WINDS),
        visibility_km=_range(body, "visibility_km", 0.0, FARTHEST_KM),
        temperature_c=_range(body, "temperature_c", -90.0, 60.0),
    )


def _moment(value: Plain) -> dt.datetime | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise _Refused("at_utc is no time")
    try:
        return stated_moment(value).astimezone(dt.UTC)
    except BadInputError as error:
        raise _Refused(f"at_utc: {error.what.rstrip('.')} ({error.do.rstrip('.')})") from error


def _word(body: Mapping[str, Plain], name: str, words: tuple[str, ...]) -> str | None:
    value = body.get(name)
    if value is None or (isinstance(value, str) and value in words):
        return value
    raise _Refused(f"{name} must be one of {', '.join(words)} or null")


def _flag(body: Mapping[str, Plain], name: str) -> bool | None:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise _Refused(f"{name} is neither true, false nor null")
    return value


def _range(body: Mapping[str, Plain], name: str, low: float, high: float) -> tuple[float, float] | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise _Refused(f"{name} must be [lowest, highest] or null")
    ends = [open_end if end is None else end for end, open_end in zip(value, (low, high), strict=True)]
    numbers = [float(end) for end in ends if isinstance(end, (int, float)) and not isinstance(end, bool)]
    if name == "visibility_km":
        numbers = [min(number, high) for number in numbers]
    if name == "temperature_c" and len(numbers) == 2 and 0.0 <= numbers[1] - numbers[0] < LEAST_WIDTH_C:
        raise _Refused(f"{name} must be at least {LEAST_WIDTH_C:g} degree wide: nobody sees it finer")
    if len(numbers) != 2 or not low <= numbers[0] <= numbers[1] <= high:
        raise _Refused(f"{name} must be two numbers from {low:g} to {high:g}, the lower first")
    return numbers[0], numbers[1]
