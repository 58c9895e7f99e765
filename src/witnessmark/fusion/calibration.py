"""How honest regions, likelihood ratios and probabilities turn out to be where the truth is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from witnessmark.errors import BadInputError
from witnessmark.fusion.words import ICD_203_SCALE

LN_2, LN_10 = math.log(2.0), math.log(10.0)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often regions held the truth.

    Attributes
    ----------
    trials, hits : int
    fraction : float
        hits / trials.
    low, high : float
        95 % Wilson interval of the fraction.
    """

    trials: int
    hits: int
    fraction: float
    low: float
    high: float


def coverage(held: ArrayLike) -> Coverage:
    """Count how often regions held the truth.

    Parameters
    ----------
    held : array_like of bool, shape (n_trials,)

    Raises
    ------
    BadInputError
        Without any trial.

    Examples
    --------
    >>> found = coverage([True] * 9 + [False])
    >>> found.fraction, round(found.low, 3), round(found.high, 3)
    (0.9, 0.596, 0.982)
    """
    outcomes = np.asarray(held, dtype=np.bool_).ravel()
    if outcomes.size == 0:
        raise BadInputError("Coverage of no trial has no meaning.", "Give one outcome a trial.")
    hits = int(np.count_nonzero(outcomes))
    low, high = wilson(hits, outcomes.size)
    return Coverage(outcomes.size, hits, hits / outcomes.size, low, high)


def wilson(hits: int, trials: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Score interval of a proportion (Wilson 1927, doi:10.1080/01621459.1927.10502953); `z` 1.96 gives 95 %."""
    share, spread = hits / trials, z * z / trials
    centre = (share + spread / 2.0) / (1.0 + spread)
    half = z * math.sqrt(share * (1.0 - share) / trials + spread / (4.0 * trials)) / (1.0 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def cllr(log10_lr_true: ArrayLike, log10_lr_false: ArrayLike) -> float:
    r"""Log-likelihood-ratio cost, in bits.

    0 is perfect, 1 is what a method costs that always says "does not discriminate"; above 1 it misleads.

    Parameters
    ----------
    log10_lr_true, log10_lr_false : array_like of float
        log10 likelihood ratios of claims that were true, and of claims that were false.

    Raises
    ------
    BadInputError
        When either is empty or holds NaN.

    Notes
    -----
    .. math:: C_{llr} = \frac{1}{2} [\overline{\log_2(1 + 1/LR_{true})} + \overline{\log_2(1 + LR_{false})}]

    References
    ----------
    Brümmer and du Preez 2006, "Application-independent evaluation of speaker detection", doi:10.1016/j.csl.2005.08.001.

    Examples
    --------
    >>> cllr([0.0, 0.0], [0.0])
    1.0
    """
    true, false = _ratios(log10_lr_true, log10_lr_false)
    misses = np.logaddexp(0.0, -true * LN_10)
    false_alarms = np.logaddexp(0.0, false * LN_10)
    return float(np.mean(misses) + np.mean(false_alarms)) / (2.0 * LN_2)


def cllr_min(log10_lr_true: ArrayLike, log10_lr_false: ArrayLike) -> float:
    """Cllr after the best order-preserving recalibration: what is lost for want of discrimination alone.

    `cllr` less this is what is lost by stating ratios that are too large or too small. Fitted on the same ratios by
    pooling adjacent violators (Brümmer and du Preez 2006, section 6).
    """
    true, false = _ratios(log10_lr_true, log10_lr_false)
    scores = np.concatenate((true, false))
    labels = np.concatenate((np.ones(true.size), np.zeros(false.size)))
    values, which = np.unique(scores, return_inverse=True)
    counts = np.bincount(which, minlength=values.size).astype(np.float64)
    hits = np.bincount(which, weights=labels, minlength=values.size)
    pools: list[tuple[float, float]] = []  # (true claims, claims), each more often true than the one before
    for hit, count in zip(hits.tolist(), counts.tolist(), strict=True):
        pools.append((hit, count))
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] >= pools[-1][0] * pools[-2][1]:
            last, before = pools.pop(), pools.pop()
            pools.append((last[0] + before[0], last[1] + before[1]))
    cost = 0.0
    for hit, count in pools:
        miss = count - hit
        odds_true, odds_false = hit / true.size, miss / false.size
        if hit:
            cost += odds_true * math.log2(1.0 + odds_false / odds_true)
        if miss:
            cost += odds_false * math.log2(1.0 + odds_true / odds_false)
    return cost / 2.0


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """One bin of a reliability table.

    Attributes
    ----------
    low, high : float
        Borders of the bin [probability]; the last one includes its upper border.
    n : int
    mean_stated : float
        Mean probability that was stated.
    fraction_true : float
        How many of these claims were true.
    fraction_low, fraction_high : float
        95 % Wilson interval of that fraction.
    """

    low: float
    high: float
    n: int
    mean_stated: float
    fraction_true: float
    fraction_low: float
    fraction_high: float


ICD_203_EDGES = (*(lowest for lowest, _ in ICD_203_SCALE), 1.0)
"""Borders of the seven words, so that a row of the table says how often what was called "likely" was so."""


def reliability(
    stated: ArrayLike, true: ArrayLike, edges: Sequence[float] = ICD_203_EDGES
) -> tuple[ReliabilityRow, ...]:
    """Compare stated probabilities with how often the claims were true (Murphy and Winkler 1977, doi:10.2307/2346866).

    Parameters
    ----------
    stated : array_like of float, shape (n,)
        Probabilities.
    true : array_like of bool, shape (n,)
    edges : sequence of float
        Ascending, from 0 to 1.

    Returns
    -------
    tuple of ReliabilityRow
        Bins that hold any claim.

    Raises
    ------
    BadInputError
        When the two differ in length, a probability is not one, or the edges do not ascend from 0 to 1.
    """
    probabilities, outcomes = np.asarray(stated, dtype=np.float64).ravel(), np.asarray(true, dtype=np.bool_).ravel()
    if probabilities.shape != outcomes.shape or not np.all((probabilities >= 0.0) & (probabilities <= 1.0)):
        raise BadInputError(
            f"{probabilities.size} probabilities do not go with {outcomes.size} outcomes, or one is beyond 0 and 1.",
            "Give a probability and an outcome a claim.",
        )
    borders = np.asarray(edges, dtype=np.float64)
    if borders.size < 2 or borders[0] != 0.0 or borders[-1] != 1.0 or not np.all(np.diff(borders) > 0.0):
        raise BadInputError(f"The edges {tuple(edges)} do not ascend from 0 to 1.", "Give such as 0, 0.5, 1.")
    bins = np.minimum(np.searchsorted(borders, probabilities, side="right") - 1, borders.size - 2)
    rows = []
    for number in np.unique(bins).tolist():
        inside = bins == number
        n, hits = int(np.count_nonzero(inside)), int(np.count_nonzero(outcomes[inside]))
        low, high = wilson(hits, n)
        rows.append(
            ReliabilityRow(
                float(borders[number]),
                float(borders[number + 1]),
                n,
                float(np.mean(probabilities[inside])),
                hits / n,
                low,
                high,
            )
        )
    return tuple(rows)


def _ratios(true: ArrayLike, false: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both sets of ratios, refused when empty or NaN."""
    both = np.asarray(true, dtype=np.float64).ravel(), np.asarray(false, dtype=np.float64).ravel()
    if any(ratios.size == 0 or bool(np.any(np.isnan(ratios))) for ratios in both):
        raise BadInputError(
            "The cost of likelihood ratios needs ratios of true and of false claims, none of them NaN.",
            "Give at least one of each.",
        )
    return both
