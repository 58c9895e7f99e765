"""From marks and given records to observations."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Item
from witnessmark.lines.contract import InputRef, Mark, Marks, Remark, Tools
from witnessmark.lines.weather import labels as reading
from witnessmark.lines.weather.drawing import DAY_HOURS, MOST_DAYS, day_rows
from witnessmark.lines.weather.observations import DayRow, RecordSeen, WeatherLabel, WeatherObservations
from witnessmark.lines.weather.packing import HOUR, pack
from witnessmark.lines.weather.records import GivenRecord, GivenWeather
from witnessmark.lines.weather.weighing import weigh_hours

MOST_RECORDS = 12
"""The nearest of each kind; more only cost time."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Why nothing is observed."""

    reason: str
    what_would_help: str


def inputs_of(item: Item, marks: Marks) -> tuple[InputRef, ...]:
    """The labels that are read, each by the hash of what it holds."""
    known = [mark for mark in marks if mark.kind in reading.KINDS]
    refs = [InputRef(Sha256.of(_mark_bytes(mark)), f"mark:{mark.id}") for mark in known[: reading.MOST_LABELS]]
    return tuple(refs) or (InputRef(item.sha256, "marks"),)


def _mark_bytes(mark: Mark) -> bytes:
    # repr, not canonical JSON: a hostile body need not have a canonical form
    held = sorted((str(key), repr(value)) for key, value in mark.body.items()) if isinstance(mark.body, Mapping) else ()
    return repr((mark.kind, mark.at_pts_s, held)).encode("utf-8", "replace")


def look(item: Item, marks: Marks, tools: Tools) -> WeatherObservations | CannotTell:
    """Labels and records; the file itself is not opened."""
    labels, refused = reading.read_marks(marks)
    if not labels:
        if refused:
            return CannotTell(
                " ".join(refused[:5]), "Correct the labels; docs/lines/weather.md describes their fields."
            )
        return CannotTell(
            "Nothing of the weather is labelled.",
            "Add a 'weather-label' mark: sky, rain, snow on the ground, wind, visibility or temperature.",
        )
    asked = [provider for name, provider in sorted(tools.providers.items()) if name.startswith("weather:")]
    sources = [provider for provider in asked if isinstance(provider, GivenWeather)]
    given = [record for source in sources for record in source.given()]
    troubles = [trouble for source in sources for trouble in source.troubles()]
    if not given:
        return CannotTell(
            " ".join(["No weather record covers the places and times that are weighed.", *troubles[:3]]),
            "Put recorded weather of the region into the case's folder outside/weather, or allow 'open-meteo'.",
        )
    chosen = _nearest(given)
    records = tuple(pack(one.record, _name(one), one.distance_km, one.climb_m) for one in chosen)
    remarks = [Remark("label", True, text, "A slip of the hand; the label was left out.") for text in refused]
    remarks += [Remark("record", True, text, "Records are often incomplete; the rest was used.") for text in troubles]
    for one in chosen:
        remarks += [
            Remark("record", False, f"{_name(one)}: {note}", "It was weighed as such.") for note in one.record.notes
        ]
    refs = [InputRef(record.sha256, "weather record") for record in records]
    return WeatherObservations(
        item=item.sha256,
        inputs=(*inputs_of(item, marks), *sorted(set(refs), key=lambda ref: ref.sha256)),
        labels=labels,
        records=records,
        days=_days(labels, records, sources),
        seed=tools.seed,
        remarks=tuple(remarks),
    )


def _days(
    labels: Sequence[WeatherLabel], records: Sequence[RecordSeen], sources: Sequence[GivenWeather]
) -> tuple[DayRow, ...]:
    """What the labels tell of the hours of the span, for a person to look at."""
    spans = [source.span() for source in sources]
    start, end = min(first for first, _ in spans), max(last for _, last in spans)
    first = start.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
    n_hours = min(DAY_HOURS * MOST_DAYS, max(1, math.ceil((end - first) / HOUR)))
    weighed = weigh_hours(labels, records, first, n_hours)
    return day_rows(first, weighed.nats) if weighed.served else ()


def _name(one: GivenRecord) -> str:
    source = one.record.readings[0].source
    return f"{one.record.model} ({one.provider if '://' in source else source})"


def _nearest(given: Sequence[GivenRecord]) -> list[GivenRecord]:
    found: list[GivenRecord] = []
    for kind in ("station", "satellite", "model"):
        of_kind = [one for one in given if one.record.kind == kind]
        of_kind.sort(key=lambda one: (one.distance_km is None, one.distance_km or 0.0, one.record.readings[0].source))
        found += of_kind[: MOST_RECORDS // 3]
    return found
