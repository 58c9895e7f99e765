"""What a finding tells, in bits: in all, about the day, and between neighbouring days."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.hypotheses.rows import release, row_blocks
from witnessmark.hypotheses.space import Hypotheses

DAY_S = 86_400.0
FULL_DAY = 0.98
"""Share of a day that must lie on the axis for it to be compared with its neighbour."""
SAYS_LITTLE_BITS = 1.0
"""Less than this between two days is a likelihood ratio below 2: it does not discriminate."""


@dataclass(frozen=True, slots=True)
class Bits:
    """What a likelihood tells over the grid [bits].

    Attributes
    ----------
    total : float
        Kullback-Leibler divergence of the posterior over the grid from the prior.
    days : float or None
        The same of the day alone, over the full days of the axis; None with fewer than two.
    neighbours : float or None
        Largest likelihood ratio between two neighbouring full days, the clock unknown.
    neighbour_days : tuple of int
        Day numbers since 1970 in the solar time of the region's middle: the pair it is between.
    days_count : int
        Full days on the axis.
    """

    total: float
    days: float | None
    neighbours: float | None
    neighbour_days: tuple[int, int] | None
    days_count: int


def column_nats(values_nats: NDArray[np.float32], over: Hypotheses) -> tuple[NDArray[np.float64], float, float]:
    """Log-likelihood of every instant with place summed out under its prior, and two sums for the divergence.

    Returns
    -------
    (nats, log_evidence, weighted)
        Shape (n_instants,) or (1,); log of the mean likelihood; and its posterior mean of the log-likelihood.
    """
    top = float(np.max(values_nats))
    rows_nats = over.place_prior_nats() if values_nats.shape[0] > 1 else np.zeros(1)
    columns = over.time_prior_nats() if values_nats.shape[1] > 1 else np.zeros(1)
    share = np.exp(columns)
    held = np.zeros(values_nats.shape[1])
    weighted = 0.0
    for rows in row_blocks(*values_nats.shape):
        block = values_nats[rows] - np.float32(top)
        likelihood = np.exp(block)
        prior = np.exp(rows_nats[rows])
        held += prior @ likelihood
        # 0 log 0 is 0: what is excluded does not count
        likelihood *= np.where(np.isfinite(block), block, np.float32(0.0))
        weighted += float((prior @ likelihood) @ share)
        release(values_nats, rows)
    evidence = float(held @ share)
    with np.errstate(divide="ignore"):
        nats = np.log(held) + top
    return nats, math.log(evidence) + top, weighted / evidence + top


def tell(values_nats: NDArray[np.float32], over: Hypotheses) -> Bits:
    """What a table of log-likelihoods tells under the space's prior."""
    nats, evidence, mean = column_nats(values_nats, over)
    total = max(0.0, (mean - evidence) / math.log(2.0))
    if nats.size == 1:
        return Bits(total, None, None, None, 0)
    return Bits(total, *_of_days(nats, over))


def solar_day(over: Hypotheses) -> NDArray[np.int64]:
    """Day number of each step's middle in the mean solar time of the region's middle, shape (n_instants,)."""
    lon = np.radians(over.places.lon_deg)
    middle = math.atan2(float(np.sin(lon).mean()), float(np.cos(lon).mean()))
    return np.floor((over.times.middles_unix_s() + middle / (2.0 * math.pi) * DAY_S) / DAY_S).astype(np.int64)


def _of_days(
    nats: NDArray[np.float64], over: Hypotheses
) -> tuple[float | None, float | None, tuple[int, int] | None, int]:
    number = solar_day(over)
    first = number[0]
    count = np.bincount(number - first)
    full = np.flatnonzero(count * over.times.step_s >= FULL_DAY * DAY_S)
    if full.size < 2:
        return None, None, None, int(full.size)
    prior = np.exp(over.time_prior_nats())
    top = float(np.max(nats))
    mass = np.bincount(number - first, weights=prior * np.exp(nats - top))[full]
    share = np.bincount(number - first, weights=prior)[full]
    likelihood = np.maximum(mass, 1e-300) / share
    posterior, even = mass / mass.sum(), share / share.sum()
    days = float(np.sum(np.where(posterior > 0.0, posterior * np.log2(np.maximum(posterior, 1e-300) / even), 0.0)))
    beside = np.flatnonzero(np.diff(full) == 1)
    if beside.size == 0:
        return max(0.0, days), None, None, int(full.size)
    # days on which the marks cannot be at all weigh nothing on either side
    worth = likelihood >= 1e-3 * likelihood.max()
    ratio = np.abs(np.log2(likelihood[beside + 1] / likelihood[beside]))
    ratio = np.where(worth[beside] | worth[beside + 1], ratio, 0.0)
    at = int(np.argmax(ratio))
    pair = (int(first + full[beside[at]]), int(first + full[beside[at] + 1]))
    return max(0.0, days), float(ratio[at]), pair, int(full.size)
