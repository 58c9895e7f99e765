"""From labels and packed records to a log-likelihood an hour, relative to an hour of which nothing is recorded."""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.weather import chain, limits
from witnessmark.lines.weather.eye import CHAINED, said
from witnessmark.lines.weather.observations import RecordSeen, WeatherLabel
from witnessmark.lines.weather.packing import HOUR, unpack
from witnessmark.lines.weather.tables import Table, bins_of, tables

Floats = NDArray[np.float64]
Bins = NDArray[np.int64]
FAMILIES = (*CHAINED, "temperature")
TEMPERATURE_ERROR_C: Mapping[str, float] = {"station": 1.2, "model": 2.1, "satellite": math.inf}
"""Scale of a Student t of 4 degrees of freedom between record and place; see docs/lines/weather.md."""
LAPSE_C_PER_M = 0.0065
"""International Standard Atmosphere (ISO 2533:1975): what an unknown difference of height may make."""
FREE_DEGREES = 4.0
LONGEST_BRIDGE_HOURS = 3
DAY_HOURS = 24


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """What the labels tell of each hour.

    Attributes
    ----------
    start : datetime
        The first hour, UTC.
    nats : ndarray of float64, shape (n_hours,)
        Tempered and capped; 0 where nothing is known.
    served : mapping of str to str
        The record that each family was weighed against.
    unserved : tuple of str
        Families that are labelled and that no record holds.
    unborne : tuple of str
        Families whose label is likelier a slip than true of any hour of the record; they tell next to nothing.
    """

    start: dt.datetime
    nats: Floats
    served: Mapping[str, str]
    unserved: tuple[str, ...]
    unborne: tuple[str, ...] = ()


def weigh_hours(
    labels: Sequence[WeatherLabel],
    records: Sequence[RecordSeen],
    start: dt.datetime,
    n_hours: int,
    using: Mapping[str, Table] | None = None,
) -> Weighed:
    """Weigh the hours from `start` on.

    Parameters
    ----------
    labels : sequence of WeatherLabel
        Of one recording: what several say of a family is averaged, as they are of the same minutes.
    records : sequence of RecordSeen
        Each family is weighed against the one that holds most of it and is nearest.
    start : datetime
        A whole hour, UTC.
    n_hours : int
    using : mapping of str to Table, optional
        Other tables than those that come with the line, for measuring.

    Notes
    -----
    With P(hour) the chance of the label given the whole record and P0 that in the record's climate, a family gives
    log(P/P0): 0 where the record is silent for long. The sum over families is multiplied by 0.85 and bent into
    3.3 bits for or against an hour for each record.
    """
    sums = [np.zeros(n_hours) for _ in records]
    served: dict[str, str] = {}
    unserved: list[str] = []
    unborne: tuple[str, ...] = ()
    held = [
        {name: _on_axis(values, record, start, n_hours) for name, values in unpack(record).items()}
        for record in records
    ]
    for family in FAMILIES:
        if not any(_is_said(label, family) for label in labels):
            continue
        name = "t" if family == "temperature" else family
        ranks = [_worth(held[i][name]) * (1.0 - beside(record, family)) for i, record in enumerate(records)]
        if not ranks or max(ranks) <= 0.0:
            unserved.append(family)
            continue
        best = int(np.argmax(ranks))
        if family == "temperature":
            nats, borne = _temperature(labels, records[best], start, n_hours)
            unborne += () if borne else (family,)
        else:
            nats = _chained(labels, records[best], family, start, n_hours, using or tables())
        served[family] = records[best].source
        sums[best] += limits.TEMPER * nats
    total = np.sum([capped(part) for part in sums], axis=0)
    return Weighed(start, np.zeros(n_hours) + total, served, tuple(unserved), unborne)


def capped(nats: Floats) -> Floats:
    """Weights bent into the cap; their order stays.

    Examples
    --------
    >>> bits = capped(np.log(2.0) * np.array([-30.0, -1.0, 0.0, 1.0, 30.0])) / np.log(2.0)
    >>> bits.round(2).tolist()
    [-3.3, -1.0, 0.0, 1.0, 3.3]
    """
    bent = (1.0 + np.abs(nats / limits.CAP_NATS) ** limits.KNEE) ** (1.0 / limits.KNEE)
    return np.asarray(nats / bent)


def beside(record: RecordSeen, family: str) -> float:
    """Chance that a record has nothing to do with the place: by its kind, its distance and its height."""
    chance = limits.BESIDE_THE_POINT[record.kind][family]
    distance_km = limits.NEAR_KM if record.distance_km is None else record.distance_km
    climb_m = limits.UNKNOWN_CLIMB_M if record.climb_m is None else record.climb_m
    near = math.exp(-max(0.0, distance_km - limits.NEAR_KM) / limits.FADES_KM - abs(climb_m) / limits.FADES_M)
    return 1.0 - (1.0 - chance) * near


@functools.lru_cache(maxsize=32)
def states(record: RecordSeen, family: str, first: int, last: int, table: Table | None) -> tuple[Floats, Floats]:
    """Probability of each state in each hour of a stretch of a record, and their shares in its climate.

    Parameters
    ----------
    record : RecordSeen
    family : str
        One of `CHAINED`.
    first, last : int
        The stretch, in hours from the record's first.
    table : Table or None
        None for snow, which has none.

    Returns
    -------
    (probabilities, shares)
        Shapes (last - first, n_states) and (n_states,); read-only, as they are kept.
    """
    shown = bins_of(family, unpack(record)[family][first:last])
    if table is None:
        found, shares = _snow(record, shown)
    else:
        likely = chain.likelihoods(shown, _emission(table, record, family), limits.POWER)
        found, shares = chain.in_climate(likely, shown >= 0, table.transition, limits.CLIMATE_HOURS)
    found.setflags(write=False)
    shares.setflags(write=False)
    return found, shares


def _snow(record: RecordSeen, shown: Bins) -> tuple[Floats, Floats]:
    """Day by day: a day's reports of snow err together and count as one."""
    n_days = -(-shown.size // DAY_HOURS)
    padded = np.full(n_days * DAY_HOURS, -1, dtype=np.int64)
    padded[: shown.size] = shown
    by_day = np.ma.masked_less(padded.reshape(n_days, DAY_HOURS), 0)
    share = np.ma.filled(by_day.mean(axis=1).astype(np.float64), np.nan)
    right = limits.SNOW_RIGHT if record.right_share is None else min(record.right_share, limits.SUREST_SCENES)
    found, shares, _ = chain.persistent(share, right, limits.SNOW_STAYS_DAYS)
    blurred = _season(found, limits.SNOW_SEASON_DAYS[record.kind])
    return np.repeat(blurred, DAY_HOURS, axis=0)[: shown.size], shares


def _emission(table: Table, record: RecordSeen, family: str) -> Floats:
    if family == "sky" and record.right_share is not None:
        wrong = (1.0 - min(record.right_share, limits.SUREST_SCENES)) / 2.0
        return np.full((3, 3), wrong) + np.eye(3) * (1.0 - 3.0 * wrong)
    return table.emission[record.kind if record.kind in table.emission else "station"]


def _chained(
    labels: Sequence[WeatherLabel],
    record: RecordSeen,
    family: str,
    start: dt.datetime,
    n_hours: int,
    using: Mapping[str, Table],
) -> Floats:
    """Log of P(label | record) over P(label | its climate), averaged over the labels."""
    around = DAY_HOURS * (limits.AROUND_DAYS_SNOW if family == "snow" else limits.AROUND_DAYS)
    offset = round((record.start - start) / HOUR)
    first, last = max(0, -offset - around), min(record.hours_count, n_hours - offset + around)
    found, shares = states(record, family, first, last, using.get(family))
    on_axis = np.repeat(shares[None, :], n_hours, axis=0)
    low, high = max(0, offset + first), min(n_hours, offset + last)
    on_axis[low:high] = found[low - offset - first : high - offset - first]
    wrong = beside(record, family)
    nats = []
    for label in labels:
        spoken = said(label, family)
        if spoken is not None:
            base = float(shares @ spoken)
            nats.append(np.log((1.0 - wrong) * (on_axis @ spoken) / base + wrong))
    return np.asarray(np.mean(nats, axis=0))


def _temperature(
    labels: Sequence[WeatherLabel], record: RecordSeen, start: dt.datetime, n_hours: int
) -> tuple[Floats, bool]:
    """Log of P(label | record) over its mean in the record around the hours, and whether any hour bears the label."""
    climb_m = limits.UNKNOWN_CLIMB_M if record.climb_m is None else abs(record.climb_m)
    scale = math.hypot(TEMPERATURE_ERROR_C[record.kind], LAPSE_C_PER_M * climb_m)
    wrong = beside(record, "temperature")
    around = DAY_HOURS * limits.AROUND_DAYS
    values = _on_axis(unpack(record)["t"], record, start - around * HOUR, n_hours + 2 * around)
    known = _bridged(values)
    held = ~np.isnan(known)
    nats, borne = [], False
    for label in labels:
        if label.temperature_c is None:
            continue
        least, most = label.temperature_c
        chance = np.zeros(known.shape)
        chance[held] = _student((most - known[held]) / scale) - _student((least - known[held]) / scale)
        slip = limits.MISNAMED_TEMPERATURE * (most - least) / 150.0
        borne = borne or float(chance.max()) > slip
        chance = (1.0 - limits.MISNAMED_TEMPERATURE) * chance + slip
        base = max(float(np.mean(chance[held])), 1e-6)
        nats.append(np.where(held, np.log((1.0 - wrong) * chance / base + wrong), 0.0)[around : around + n_hours])
    return np.asarray(np.mean(nats, axis=0)), borne


def _student(z: Floats) -> Floats:
    """Distribution function of a Student t of 4 degrees of freedom (closed form)."""
    root = np.sqrt(1.0 + z * z / FREE_DEGREES)
    return np.asarray(0.5 + 0.375 * (z / root) * (1.0 - (z / root) ** 2 / 12.0))


def _bridged(values: Floats) -> Floats:
    """Values with gaps of at most 3 hours filled in between."""
    held = np.flatnonzero(~np.isnan(values))
    if held.size == 0:
        return values
    hours = np.arange(values.size)
    filled = np.interp(hours, held, values[held], left=np.nan, right=np.nan)
    after = np.minimum(np.searchsorted(held, hours), held.size - 1)
    span = held[after] - held[np.maximum(after - 1, 0)]
    return np.asarray(np.where(~np.isnan(values) | (span <= LONGEST_BRIDGE_HOURS + 1), filled, np.nan))


def _season(found: Floats, days: float) -> Floats:
    """Snow's probability blurred over days, as a season begins and ends at other times elsewhere (edges held)."""
    reach = int(3 * days)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / days) ** 2)
    padded = np.pad(found[:, 1], reach, mode="edge")
    snow = np.clip(np.convolve(padded, kernel / kernel.sum(), mode="valid"), 0.0, 1.0)
    return np.stack([1.0 - snow, snow], axis=1)


def _worth(values: Floats) -> float:
    """Share of the days of the axis on which the record has a value."""
    held = np.flatnonzero(~np.isnan(values))
    return len(np.unique(held // DAY_HOURS)) / max(1.0, values.size / DAY_HOURS)


def _is_said(label: WeatherLabel, family: str) -> bool:
    return label.temperature_c is not None if family == "temperature" else said(label, family) is not None


def _on_axis(values: Floats, record: RecordSeen, start: dt.datetime, n_hours: int) -> Floats:
    on_axis = np.full(n_hours, np.nan)
    offset = round((record.start - start) / HOUR)
    low, high = max(0, offset), min(n_hours, offset + len(values))
    if low < high:
        on_axis[low:high] = values[low - offset : high - offset]
    return on_axis
