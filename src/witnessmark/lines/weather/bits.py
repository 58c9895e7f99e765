"""What the hours tell of the days: the weight of each day against another, in bits."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.hypotheses.space import Hypotheses

Floats = NDArray[np.float64]
SAYS_LITTLE_BITS = 1.0
"""Less than this between two days is a likelihood ratio below 2: it does not discriminate."""
DAY_HOURS = 24
MOST_DAYS_ALL_PAIRS = 31
"""Up to so many days every pair is told, beyond only neighbours."""


@dataclass(frozen=True, slots=True)
class DayPair:
    """How two days compare.

    Attributes
    ----------
    first, second : date
    bits : float
        log2 of the first's likelihood over the second's.
    """

    first: dt.date
    second: dt.date
    bits: float

    @property
    def discriminates(self) -> bool:
        """Whether the likelihood ratio is 2 or more, either way."""
        return abs(self.bits) >= SAYS_LITTLE_BITS

    def words(self) -> str:
        """The comparison in words."""
        if not self.discriminates:
            return f"does not discriminate between {self.first.isoformat()} and {self.second.isoformat()}"
        better, other = (self.first, self.second) if self.bits > 0.0 else (self.second, self.first)
        return f"{better.isoformat()} rather than {other.isoformat()}, {2.0 ** abs(self.bits):.1f} times as likely"


@dataclass(frozen=True, slots=True)
class Bits:
    """What a likelihood tells over the time axis [bits].

    Attributes
    ----------
    total : float
        Kullback-Leibler divergence of the posterior over the axis from the prior.
    neighbours : float or None
        Largest ratio between two neighbouring full days; None with fewer than two.
    neighbour_days : tuple of str
        The pair it is between; empty with fewer than two.
    days_count : int
        Full days on the axis.
    """

    total: float
    neighbours: float | None
    neighbour_days: tuple[str, ...]
    days_count: int


def day_nats(start: dt.datetime, nats: Floats, clock_h: float | None) -> tuple[dict[dt.date, float], list[dt.date]]:
    """Log-likelihood of each UTC day [nats]: the mean over its hours, or that of one hour where the clock is known.

    Parameters
    ----------
    start : datetime
        The first hour, UTC.
    nats : ndarray of float64, shape (n_hours,)
    clock_h : float or None
        The clock in UTC, 0-24, where it is known: of each day the hour nearest to it counts, which may be the midnight
        that follows.

    Returns
    -------
    (days, stubs)
        Days without a known clock of which not every hour is at hand are left out: they are the second.

    Examples
    --------
    >>> late, _ = day_nats(dt.datetime(2031, 9, 12, tzinfo=dt.UTC), np.arange(48.0), 23.0 + 40.0 / 60.0)
    >>> [(day.day, value) for day, value in late.items()]  # past the last hour that one counts
    [(12, 24.0), (13, 47.0)]
    """
    n_hours = len(nats)
    if clock_h is not None:
        clock = start.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(hours=clock_h)
        moments = [clock + dt.timedelta(days=day) for day in range(n_hours // DAY_HOURS + 2)]
        at = {moment.date(): (moment - start) / dt.timedelta(hours=1) for moment in moments}
        held = {day: hours for day, hours in at.items() if 0.0 <= hours < n_hours}
        return {day: float(nats[min(n_hours - 1, math.floor(hours + 0.5))]) for day, hours in held.items()}, []
    days: dict[dt.date, list[float]] = {}
    for hour, value in enumerate(nats):
        days.setdefault((start + dt.timedelta(hours=hour)).date(), []).append(float(value))
    stubs = [day for day, values in days.items() if len(values) < DAY_HOURS]
    whole = {day: values for day, values in days.items() if day not in stubs}
    return {day: math.log(math.fsum(map(math.exp, values)) / len(values)) for day, values in whole.items()}, stubs


def day_pairs(days: dict[dt.date, float]) -> tuple[DayPair, ...]:
    """Every pair of days, earlier first; of more than 31 days only neighbours."""
    order = sorted(days)
    apart = len(order) if len(order) <= MOST_DAYS_ALL_PAIRS else 1
    return tuple(
        DayPair(day, other, (days[day] - days[other]) / math.log(2.0))
        for number, day in enumerate(order)
        for other in order[number + 1 : number + 1 + apart]
    )


def tell(nats: Floats, over: Hypotheses, clock_h: int | None) -> Bits:
    """What a likelihood over the instants tells under the space's prior, days in the solar time of the region.

    Parameters
    ----------
    nats : ndarray of float64, shape (n_instants,)
    over : Hypotheses
    clock_h : int or None
        The hour of the clock in UTC, where it is known.
    """
    prior = np.exp(over.time_prior_nats())
    mass = prior * np.exp(nats - np.max(nats))
    mass /= mass.sum()
    held = mass > 0.0
    total = max(0.0, float(np.sum(mass[held] * np.log2(mass[held] / prior[held]))))
    unix_s = over.times.middles_unix_s()
    number = np.floor((unix_s + 240.0 * _middle_deg(over)) / 86_400.0).astype(np.int64)
    full = [day for day in np.unique(number) if np.count_nonzero(number == day) * over.times.step_s >= 0.98 * 86_400.0]
    values = []
    for day in full:
        on_day = (number == day) & ((np.floor(unix_s / 3600.0) % DAY_HOURS == clock_h) | (clock_h is None))
        values.append(math.log(float(np.mean(np.exp(nats[on_day])))) if on_day.any() else math.nan)
    ratios = [
        (abs(values[i] - values[i + 1]) / math.log(2.0), _pair(full[i], full[i + 1]))
        for i in range(len(full) - 1)
        if full[i + 1] == full[i] + 1 and math.isfinite(values[i] - values[i + 1])
    ]
    if not ratios:
        return Bits(total, None, (), len(full))
    most, pair = max(ratios)
    return Bits(total, most, pair, len(full))


def _middle_deg(over: Hypotheses) -> float:
    lon = np.radians(over.places.lon_deg)
    return math.degrees(math.atan2(float(np.sin(lon).mean()), float(np.cos(lon).mean())))


def _pair(first: int, second: int) -> tuple[str, ...]:
    days: Sequence[dt.date] = [dt.date(1970, 1, 1) + dt.timedelta(days=int(day)) for day in (first, second)]
    return tuple(day.isoformat() for day in days)
