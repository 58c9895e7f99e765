"""How far a file's stated creation time lies from the time of filming: a mixture with closed-form step averages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.plain import Plain

DAY_S = 86_400.0
YEAR_S = 365.25 * DAY_S

# Standard and daylight offsets in use in the IANA time zone database (2024) and UTC-12 at sea, UTC itself left out [h]
UTC_OFFSETS_H = (
    *(-12.0, -11.0, -10.0, -9.5, -9.0, -8.0, -7.0, -6.0, -5.0, -4.0, -3.5, -3.0, -2.5, -2.0, -1.0),
    *(1.0, 2.0, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 5.75, 6.0, 6.5, 7.0, 8.0, 8.75, 9.0, 9.5, 10.0, 10.5, 11.0),
    *(12.0, 12.75, 13.0, 13.75, 14.0),
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many devices, measured or assumed beforehand, fall into each kind of clock error.

    Attributes
    ----------
    right : float
        The stated time is the time of filming, up to seconds or minutes.
    zone : float
        Off by a zone: local time written as UTC, or the wrong zone set.
    day : float
        The right time on the wrong day.
    wrong : float
        Never set, reset or freely set: anything.
    rewritten : float
        The time of a later export, upload or re-encoding: never before filming.
    """

    right: float
    zone: float
    day: float
    wrong: float
    rewritten: float

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.right + other.right,
            self.zone + other.zone,
            self.day + other.day,
            self.wrong + other.wrong,
            self.rewritten + other.rewritten,
        )

    @property
    def total(self) -> float:
        """Sum over the kinds."""
        return self.right + self.zone + self.day + self.wrong + self.rewritten


NOTHING = Counts(0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class ClockErrorModel:
    """All parameters of the clock-error mixture and where they come from; a refit replaces this one value.

    Attributes
    ----------
    provenance : str
        What was measured, on how much, and the caveat.
    prior, measured : mapping of writer to Counts
        Dirichlet prior counts and measured device counts, by who wrote the file.
    core_scale_s : float
        Scale of the Student t (2 degrees of freedom) of a set clock [s].
    day_slips : int
        Whole-day slips run from 1 to this many days either way, weighted by 1/days.
    wrong_span_s : float
        Span over which a wrong clock is uniform [s].
    delay_min_s, delay_max_s : float
        A rewritten time lies this much after filming, uniform in the logarithm [s].
    older_span_s : float
        How far back "older footage" may reach before the time axis [s].
    posting_tolerance_s : float
        Added to a posting time before it bounds the time of filming [s].
    """

    provenance: str
    prior: Mapping[str, Counts]
    measured: Mapping[str, Counts]
    core_scale_s: float
    day_slips: int = 31
    wrong_span_s: float = 60.0 * YEAR_S
    delay_min_s: float = 1.0
    delay_max_s: float = 20.0 * YEAR_S
    older_span_s: float = 10.0 * YEAR_S
    posting_tolerance_s: float = 120.0

    def counts(self, writer: str) -> Counts:
        """Prior plus measured counts for a writer, unknown where it is not listed."""
        known = writer if writer in self.prior else "unknown"
        return self.prior[known] + self.measured.get(known, NOTHING)

    def weights(self, writer: str, zone_proven: bool) -> Counts:
        """Posterior predictive probability of each kind of error: (prior + measured) / total.

        An offset stated with the time rules out a slip of zone; that mass goes to the wrong clocks.
        """
        counts = self.counts(writer)
        zone = 0.0 if zone_proven else counts.zone
        wrong = counts.wrong + (counts.zone if zone_proven else 0.0)
        total = counts.total
        return Counts(counts.right / total, zone / total, counts.day / total, wrong / total, counts.rewritten / total)

    def step_density_per_s(
        self,
        stated_unix_s: float,
        start_unix_s: NDArray[np.float64],
        step_s: float,
        duration_s: float,
        writer: str,
        zone_proven: bool,
    ) -> NDArray[np.float64]:
        """Density of the stated time, averaged over recordings that begin evenly within each step.

        Parameters
        ----------
        stated_unix_s : float
            The time the file states [s since 1970 UTC].
        start_unix_s : ndarray of float64, shape (n,)
            Where each step begins.
        step_s : float
            Length of a step [s].
        duration_s : float
            Length of the recording; some cameras state its start and some its end, taken as equally likely [s].
        writer : str
        zone_proven : bool

        Returns
        -------
        ndarray of float64, shape (n,)
            [1/s], everywhere positive.

        Notes
        -----
        Each kind of error has a distribution function F in closed form, so the average over a step that begins at t
        is (F(T - t) - F(T - t - step)) / step and no narrow core falls between two instants. For the Student t with
        2 degrees of freedom F(x) = 1/2 + x / (2 sqrt(2 + x^2)) (Jones, The Statistician 51, 2002,
        doi:10.1111/1467-9884.00297).
        """
        weights = self.weights(writer, zone_proven)
        late_s = stated_unix_s - start_unix_s
        density = np.full(start_unix_s.shape, weights.wrong / self.wrong_span_s)
        for lag_s in (0.0, duration_s):
            core = self._core(late_s - lag_s, step_s)
            density += 0.5 * weights.right * core
        zone_s = [offset_h * 3600.0 for offset_h in UTC_OFFSETS_H]
        days = np.arange(1, self.day_slips + 1)
        day_share = (1.0 / days) / (2.0 * np.sum(1.0 / days))
        slips = [(weights.zone / len(zone_s), slip_s) for slip_s in zone_s]
        slips += [
            (weights.day * float(share), sign * float(day) * DAY_S)
            for day, share in zip(days, day_share, strict=True)
            for sign in (-1.0, 1.0)
        ]
        for share, slip_s in slips:
            if share > 0.0:
                density += share * self._core(late_s - slip_s, step_s)
        density += weights.rewritten * self._rewritten(late_s, step_s)
        return density

    def _core(self, late_s: NDArray[np.float64], step_s: float) -> NDArray[np.float64]:
        def cumulative(late: NDArray[np.float64]) -> NDArray[np.float64]:
            scaled = late / self.core_scale_s
            below: NDArray[np.float64] = 0.5 + scaled / (2.0 * np.sqrt(2.0 + scaled * scaled))
            return below

        return (cumulative(late_s) - cumulative(late_s - step_s)) / step_s

    def _rewritten(self, late_s: NDArray[np.float64], step_s: float) -> NDArray[np.float64]:
        span = np.log(self.delay_max_s / self.delay_min_s)

        def cumulative(late: NDArray[np.float64]) -> NDArray[np.float64]:
            within = np.clip(late, self.delay_min_s, self.delay_max_s)
            below: NDArray[np.float64] = np.log(within / self.delay_min_s) / span
            return below

        return (cumulative(late_s) - cumulative(late_s - step_s)) / step_s

    def to_parameters(self, writer: str, zone_proven: bool) -> dict[str, Plain]:
        """Every number a weighing with this model rests on."""
        weights = self.weights(writer, zone_proven)
        return {
            "clock_model": self.provenance,
            "writer": writer,
            "weight_right": weights.right,
            "weight_zone": weights.zone,
            "weight_day": weights.day,
            "weight_wrong": weights.wrong,
            "weight_rewritten": weights.rewritten,
            "core_scale_s": self.core_scale_s,
            "day_slips": self.day_slips,
            "wrong_span_s": self.wrong_span_s,
            "delay_min_s": self.delay_min_s,
            "delay_max_s": self.delay_max_s,
            "older_span_s": self.older_span_s,
            "posting_tolerance_s": self.posting_tolerance_s,
        }
