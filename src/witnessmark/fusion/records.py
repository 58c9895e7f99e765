"""What fusing gives: a posterior's marginals and regions, each finding's share, each claim's standing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ClaimRegion:
    """A claim as a part of the hypotheses: cells, instants and alternatives it holds true under.

    Attributes
    ----------
    claim_id : str
    place_mask : ndarray of bool, shape (n_places,), or None when the claim says nothing of place
    time_mask : ndarray of bool, shape (n_instants,), or None when it says nothing of time
    alternatives : frozenset of str
        Names of alternatives under which the claim would be true.
    on_grid : bool
        False for a claim that only an alternative can make true, such as "older footage".
    """

    claim_id: str
    place_mask: NDArray[np.bool_] | None
    time_mask: NDArray[np.bool_] | None
    alternatives: frozenset[str] = frozenset()
    on_grid: bool = True


@dataclass(frozen=True, slots=True)
class TimeRegion:
    """A highest-density region of time, given the grid: disjoint intervals, UTC, and their whole length [min].

    It holds at least `probability`; more where many instants are equally probable.
    """

    probability: float
    minutes: float
    intervals: tuple[tuple[dt.datetime, dt.datetime], ...]


@dataclass(frozen=True, slots=True, eq=False)
class PlaceRegion:
    """A highest-density region of place, given the grid: its cells and area; holds at least `probability`."""

    probability: float
    area_km2: float
    mask: NDArray[np.bool_]  # (n_places,)


@dataclass(frozen=True, slots=True)
class Share:
    """What one finding contributes.

    Attributes
    ----------
    finding_id, line : str
    weight : float
        1, or less where it shares inputs with other findings.
    bits : float
        Kullback-Leibler divergence, in bits, of the posterior from this finding alone against the prior.
    bits_place, bits_time : float
        The same of the marginals given the grid, times the probability of the grid. Each is at most `bits`.
    bits_alternatives : float
        The same of "on the grid, or which alternative".
    capped : bool
        True when the cap matters: some hypothesis that is not excluded has more from the possibility that the
        finding is beside the point than from the finding's own likelihood.
    discriminates : bool
        False when no claim's likelihood ratio from this finding alone reaches 2 either way; without any claim that
        can be weighed, when it brings less than 1 bit.
    without : mapping of claim id to log10 likelihood ratio when this finding is left out
    alone : mapping of claim id to log10 likelihood ratio from this finding alone
    """

    finding_id: str
    line: str
    weight: float
    bits: float
    bits_place: float
    bits_time: float
    bits_alternatives: float
    capped: bool
    discriminates: bool
    without: Mapping[str, float]
    alone: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one claim stands.

    Attributes
    ----------
    claim_id : str
    prior, posterior : float
        Probability of the claim before and after.
    log10_lr : float
        log10 of the likelihood ratio of the claim against its complement in the space.
        Held to ±`witnessmark.fusion.words.LOG10_LR_LIMIT`, which stands for a hard exclusion; 0 where it is
        undefined, with the reason.
    lr_words : str
        ENFSI verbal scale (2015 guideline, table 1), naming which side it favours, or "does not discriminate".
    probability_words : str
        The ICD-203 word of the posterior, or "not weighed".
    reason : str
        Why the claim could not be weighed: it holds everywhere in the space, or nowhere; empty when it was.
    """

    claim_id: str
    prior: float
    posterior: float
    log10_lr: float
    lr_words: str
    probability_words: str
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """Findings fused over one space.

    Attributes
    ----------
    posterior_place, posterior_time : ndarray of float64
        Marginals of the grid part, each summing to `p_grid`.
    p_grid : float
        Posterior probability that the truth lies on the grid.
    alternatives : mapping of str to float
        Posterior of each alternative.
    regions_place, regions_time : tuple
        50 % and 90 % highest-density regions of the marginals given the grid.
    shares : tuple of Share
    standings : tuple of Standing
    does_not_discriminate : tuple of finding ids
    parameters : mapping
        Caps, tempering and thresholds used.
    space_digest : str
        `Hypotheses.digest` of the space that was weighed.
    """

    posterior_place: NDArray[np.float64]
    posterior_time: NDArray[np.float64]
    p_grid: float
    alternatives: Mapping[str, float]
    regions_place: tuple[PlaceRegion, ...]
    regions_time: tuple[TimeRegion, ...]
    shares: tuple[Share, ...]
    standings: tuple[Standing, ...]
    does_not_discriminate: tuple[str, ...]
    parameters: Mapping[str, float]
    space_digest: str = ""
