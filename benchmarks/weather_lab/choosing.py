"""How often the line chooses the right one of two days at the same hour, and how sure it says it is."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from benchmarks.weather_lab.data import HOUR, Floats
from numpy.typing import NDArray

from witnessmark.lines.providers.contract import Reading, WeatherHour, WeatherRecord
from witnessmark.lines.providers.weather_records import Recorded
from witnessmark.lines.weather.observations import RecordSeen, WeatherLabel
from witnessmark.lines.weather.packing import pack
from witnessmark.lines.weather.tables import Table
from witnessmark.lines.weather.weighing import weigh_hours

NOTHING_SAID = WeatherLabel("seen", None, None, None, None, None, None, None)
WIND_WORDS = ("calm", "moderate", "strong")
SIGHTS_KM = ((0.0, 5.0), (5.0, 16.0), (16.0, 1000.0))
TEMPERATURE_STEP_C = 6.0
BINS = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """How a set of choices between two hours came out.

    Attributes
    ----------
    bits : float
        Mean of 1 + log2 of the probability given to the right hour.
    right_share : float
        Ties count half.
    wrong_share : float
        Share that was more than 10:1 for the wrong hour.
    surely_right_share : float
        Share that was more than 10:1 for the right hour.
    calibration_error : float
        Mean difference between said and found over ten equal groups of what was said.
    said_share : float
        Mean probability given to the hour that was preferred.
    count : int
    """

    bits: float
    right_share: float
    wrong_share: float
    surely_right_share: float
    calibration_error: float
    said_share: float
    count: int


def score(nats: Floats) -> Choice:
    """Score log-likelihood ratios of the right hour against the other [nats]."""
    right = (nats > 0.0) + 0.5 * (nats == 0.0)
    chance = 1.0 / (1.0 + np.exp(-nats))
    said = np.maximum(chance, 1.0 - chance)
    order = np.argsort(said, kind="stable")
    groups = [group for group in np.array_split(order, BINS) if group.size]
    off = sum(group.size * abs(float(said[group].mean() - right[group].mean())) for group in groups)
    return Choice(
        bits=1.0 + float(np.mean(np.log2(chance))),
        right_share=float(right.mean()),
        wrong_share=float(np.mean(nats < -np.log(10.0))),
        surely_right_share=float(np.mean(nats > np.log(10.0))),
        calibration_error=off / nats.size,
        said_share=float(said.mean()),
        count=int(nats.size),
    )


def labels_of(
    seen: Mapping[str, Floats], families: Sequence[str], wind_edges_m_s: tuple[float, float]
) -> Iterator[tuple[WeatherLabel, NDArray[np.int64]]]:
    """Each distinct label a place's own record gives rise to, and the hours that have it."""
    codes = []
    for family in families:
        values = seen[family]
        if family == "rain":
            code = (values > 0.0).astype(np.float64)
        elif family == "wind":
            code = np.searchsorted(np.array(wind_edges_m_s), values, side="right").astype(np.float64)
        elif family == "visibility":
            code = np.searchsorted(np.array([5.0, 16.0]), values, side="right").astype(np.float64)
        else:
            code = np.floor(values / TEMPERATURE_STEP_C)
        codes.append(np.where(np.isnan(values), np.nan, code))
    table = np.stack(codes)
    held = np.flatnonzero(~np.isnan(table).any(axis=0))
    kinds, of = np.unique(table[:, held], axis=1, return_inverse=True)
    for number in range(kinds.shape[1]):
        label = NOTHING_SAID
        for family, code in zip(families, kinds[:, number], strict=True):
            label = _with(label, family, int(code))
        yield label, held[np.ravel(of) == number]


def _with(label: WeatherLabel, family: str, code: int) -> WeatherLabel:
    if family == "rain":
        return replace(label, rain=bool(code))
    if family == "wind":
        return replace(label, wind=WIND_WORDS[code])
    if family == "visibility":
        return replace(label, visibility_km=SIGHTS_KM[code])
    return replace(label, temperature_c=(TEMPERATURE_STEP_C * code, TEMPERATURE_STEP_C * (code + 1)))


def packed(record: Recorded, start: dt.datetime, chosen: NDArray[np.bool_], distance_km: float | None) -> RecordSeen:
    """A station as a record, on the chosen hours only."""
    hours = [hour for hour in record.hours if 0 <= (at := round((hour.at - start) / HOUR)) < chosen.size and chosen[at]]
    return seen_record(hours, record.kind, record.reading, distance_km)


def seen_record(hours: Sequence[WeatherHour], kind: str, reading: Reading, distance_km: float | None) -> RecordSeen:
    """Hours as a record at a distance, at the height of the place."""
    given = WeatherRecord(0.0, 0.0, None, 0.0, "measured", tuple(hours), (reading,), kind)
    return pack(given, "record", distance_km, 0.0)


def next_days(
    seen: Mapping[str, Floats],
    record: RecordSeen,
    start: dt.datetime,
    chosen: NDArray[np.bool_],
    lag_days: int,
    using: Mapping[str, Table],
    families: Sequence[str] = ("rain", "wind", "visibility"),
    wind_edges_m_s: tuple[float, float] = (3.0, 8.0),
) -> Floats:
    """Log-likelihood ratio of each chosen hour against the same hour so many days later, by its own label [nats]."""
    n_hours, lag = chosen.size, 24 * lag_days
    found = []
    for label, hours in labels_of(seen, families, wind_edges_m_s):
        hours = hours[hours < n_hours - lag]
        hours = hours[chosen[hours] & chosen[hours + lag]]
        if hours.size:
            nats = weigh_hours([label], [record], start, n_hours, using).nats
            found.append(nats[hours] - nats[hours + lag])
    return np.concatenate(found) if found else np.zeros(0)


def pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """All ordered pairs: the place, the record."""
    return list(itertools.permutations(sorted(names), 2))
