"""The question asked without a case: what labels tell of the hours and days that a record holds.

Plain values in and out, so that a command line or a page only prints them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.hypotheses.regions import highest_density
from witnessmark.lines.providers.contract import WeatherRecord
from witnessmark.lines.providers.weather import READERS
from witnessmark.lines.providers.weather_records import Recorded, Stated
from witnessmark.lines.weather import limits as bounds
from witnessmark.lines.weather import telling
from witnessmark.lines.weather.bits import DayPair, day_nats, day_pairs
from witnessmark.lines.weather.limits import STANDING_LIMITS
from witnessmark.lines.weather.observations import RecordSeen, WeatherLabel
from witnessmark.lines.weather.packing import HOUR, gaps, pack
from witnessmark.lines.weather.weighing import Weighed, weigh_hours
from witnessmark.plain import Plain, iso, to_plain

Floats = NDArray[np.float64]
REGION = 0.9
MOST_HOURS = 24 * 366 * 30
FARTHEST_KM, HIGHEST_CLIMB_M = 20_040.0, 10_000.0
"""Half around the Earth; more than any mountain above any sea."""
FLAT_NATS = 1e-3
"""Less between the best and the worst hour is nothing: a likelihood ratio of 1.001."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What was found.

    Attributes
    ----------
    start : datetime
        The first hour, UTC.
    nats : ndarray of float64, shape (n_hours,)
    pairs : tuple of DayPair
    said : mapping
        ``labels``, ``records``, ``cannot_tell`` (why, or None), ``bits``, ``best`` (None where no hour is better than
        another), ``region90`` (UTC intervals), ``clock_hour_utc``, ``families``, ``days_left_out``, ``gaps``,
        ``notes``, ``limits``.
    """

    start: dt.datetime
    nats: Floats
    pairs: tuple[DayPair, ...]
    said: Mapping[str, Plain]

    def to_json(self, support: Callable[[DayPair], str] | None = None) -> dict[str, Plain]:
        """Everything in plain values.

        ``hours`` holds ``at_utc``, ``log_likelihood_nats`` and ``bits``; ``day_pairs`` holds ``days``, ``bits``,
        ``log10_lr``, ``discriminates`` and ``words``; and ``support`` where a verbal scale is given.
        """
        pairs: list[Plain] = [
            {
                "days": [pair.first.isoformat(), pair.second.isoformat()],
                "bits": pair.bits,
                "log10_lr": pair.bits * math.log10(2.0),
                "discriminates": pair.discriminates,
                "words": pair.words(),
                **({} if support is None else {"support": support(pair)}),
            }
            for pair in self.pairs
        ]
        hours: list[Plain] = [
            {"at_utc": iso(self.start + hour * HOUR), "log_likelihood_nats": value, "bits": value / math.log(2.0)}
            for hour, value in enumerate(self.nats.tolist())
        ]
        return {**self.said, "day_pairs": pairs, "hours": hours}


def read_record(path: Path, form: str, stated: Stated | None = None) -> tuple[Recorded, ...]:
    """The stations or cells of a file.

    Raises
    ------
    BadInputError
        For a format that is not known.
    ProviderError
        When it cannot be read, its times carry no offset, or its columns state no unit; the error has the fix.
    """
    if form not in READERS:
        raise BadInputError(f"There is no weather format '{form}'.", f"The formats are {', '.join(READERS)}.")
    return READERS[form](path, stated)


def weigh(
    records: Sequence[Recorded],
    labels: Sequence[WeatherLabel],
    start: dt.datetime,
    end: dt.datetime,
    *,
    distance_km: float | None = None,
    climb_m: float | None = None,
) -> Answer:
    """What the labels tell of each hour from `start` up to `end`, and of each day against another.

    Parameters
    ----------
    records : sequence of Recorded
        Of several stations each is weighed alone and the likelihoods are averaged: none is known to be the nearest.
    labels : sequence of WeatherLabel
    start, end : datetime
        With offsets.
    distance_km, climb_m : float, optional
        How far the record is from the place, and how much higher or lower; where not stated, as in a case that does
        not know it.

    Returns
    -------
    Answer

    Raises
    ------
    BadInputError
        When the span holds no hour, or far too many, or a distance or height is none.
    NotFoundError
        When no record has an hour in it.
    """
    _check("distance", distance_km, 0.0, FARTHEST_KM, "km")
    _check("difference of height", climb_m, -HIGHEST_CLIMB_M, HIGHEST_CLIMB_M, "m")
    first, n_hours = axis(start, end)
    seen = [packed for record in records if (packed := as_seen(record, distance_km, climb_m)) is not None]
    last = first + n_hours * HOUR
    within = [one for one in seen if one.start < last and one.start + one.hours_count * HOUR > first]
    if not within:
        held = ", ".join(f"{iso(one.start)} to {iso(one.start + (one.hours_count - 1) * HOUR)}" for one in seen[:3])
        raise NotFoundError(
            f"The record has no hour from {iso(first)} to {iso(last)}.",
            f"It holds {held or 'nothing'}: give another record, or other --from and --to.",
        )
    each = [weigh_hours(labels, [one], first, n_hours) for one in within]
    nats = np.log(np.mean(np.exp([weighed.nats for weighed in each]), axis=0))
    return _answer(labels, within, each, first, nats, [note for record in records for note in record.notes])


def axis(start: dt.datetime, end: dt.datetime) -> tuple[dt.datetime, int]:
    """The first whole hour and how many there are up to `end`.

    Raises
    ------
    BadInputError
    """
    iso(start), iso(end)
    first = dt.datetime.fromtimestamp(3600.0 * math.ceil(start.timestamp() / 3600.0), dt.UTC)
    n_hours = math.ceil((end - first) / HOUR)
    if not 1 <= n_hours <= MOST_HOURS:
        raise BadInputError(
            f"From {iso(start)} to {iso(end)} there are {max(0, n_hours)} whole hours.",
            f"Give an end after the start, and at most {MOST_HOURS:,} hours.",
        )
    return first, n_hours


def as_seen(record: Recorded, distance_km: float | None, climb_m: float | None) -> RecordSeen | None:
    """A record as the line packs it; None where it holds no hour."""
    if not record.hours:
        return None
    given = WeatherRecord(
        lat_deg=record.lat_deg or 0.0,
        lon_deg=record.lon_deg or 0.0,
        elevation_m=record.elevation_m,
        distance_km=distance_km or 0.0,
        model=record.model,
        hours=record.hours,
        readings=(record.reading,),
        kind=record.kind,
        right_share=record.right_share,
        notes=record.notes,
    )
    name = f"{record.reading.source}{f' ({record.station})' if record.station else ''}"
    return pack(given, name, distance_km, climb_m)


def _check(name: str, value: float | None, low: float, high: float, unit: str) -> None:
    if value is not None and not low <= value <= high:
        raise BadInputError(f"The {name} is {value:g} {unit}.", f"Give it from {low:g} to {high:g} {unit}, or none.")


def _answer(
    labels: Sequence[WeatherLabel],
    seen: Sequence[RecordSeen],
    each: Sequence[Weighed],
    first: dt.datetime,
    nats: Floats,
    notes: Sequence[str],
) -> Answer:
    clock_h = next((_clock_h(label.at_utc) for label in labels if label.at_utc is not None), None)
    days, stubs = day_nats(first, nats, clock_h)
    mass = np.exp(nats - np.max(nats))
    mass /= mass.sum()
    told = float(np.sum(mass * np.log2(np.maximum(mass, 1e-300) * nats.size)))
    silent = [gap for record in seen for gap in gaps(record, first, first + nats.size * HOUR)]
    unserved = sorted({family for weighed in each for family in weighed.unserved})
    limits = [telling.gap_words(gap) for gap in silent]
    limits += [telling.unborne_words(family) for family in sorted({one for each_ in each for one in each_.unborne})]
    if stubs:
        left = ", ".join(day.isoformat() for day in stubs)
        limits.append(f"Days in UTC of which not every hour is weighed are not compared: {left}.")
    if unserved:
        limits.append(f"No record holds {', '.join(unserved)}, so these labels were not weighed.")
    if any(record.distance_km is None for record in seen):
        limits.append(
            f"How far the record lies is not stated: it was taken to hold within {bounds.NEAR_KM:.0f} km of the place."
        )
    if any(record.climb_m is None for record in seen):
        limits.append(
            f"How much higher or lower the record lies is not stated: {bounds.UNKNOWN_CLIMB_M:.0f} m were allowed for."
        )
    if any(record.kind == "model" for record in seen):
        limits.append(telling.MODEL_LIMIT)
    if len(seen) > 1:
        limits.append(f"{len(seen)} stations were weighed and their likelihoods averaged: name one to weigh it alone.")
    flat = float(np.ptp(nats)) < FLAT_NATS
    cannot: str | None = None
    if not any(weighed.served for weighed in each):
        cannot = f"No record holds what is labelled ({', '.join(unserved)})."
    elif flat:
        cannot = "The record looks the same in every hour that is weighed."
    said: dict[str, Plain] = {
        "labels": [telling.words(label) for label in labels],
        "records": [_record_plain(record) for record in seen],
        "cannot_tell": cannot,
        "bits": max(0.0, told),
        "best": None if flat else iso(first + int(np.argmax(nats)) * HOUR),
        "region90": _intervals(first, highest_density(mass, REGION)),
        "clock_hour_utc": None if clock_h is None else math.floor(clock_h + 0.5) % 24,
        "families": [*sorted({family for weighed in each for family in weighed.served})],
        "days_left_out": [day.isoformat() for day in stubs],
        "gaps": [{"record": gap.source, "from": iso(gap.start), "to": iso(gap.end)} for gap in silent],
        "notes": [*notes],
        "limits": [*limits, *STANDING_LIMITS],
    }
    return Answer(first, nats, () if cannot else day_pairs(days), said)


def _clock_h(at_utc: dt.datetime) -> float:
    return at_utc.hour + at_utc.minute / 60.0 + at_utc.second / 3600.0


def _record_plain(record: RecordSeen) -> Plain:
    plain = to_plain(record)
    assert isinstance(plain, dict)
    del plain["packed"]
    return plain


def _intervals(first: dt.datetime, mask: NDArray[np.bool_]) -> list[Plain]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8))).reshape(-1, 2)
    return [[iso(first + int(begin) * HOUR), iso(first + int(finish) * HOUR)] for begin, finish in edges]
