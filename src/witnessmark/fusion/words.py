"""Numbers in the words of two published scales; weight of evidence and probability never share a sentence."""

from __future__ import annotations

import bisect
import math

from witnessmark.errors import BadInputError
from witnessmark.fusion.records import Standing

LOG10_LR_LIMIT = 300.0
"""Written instead of infinity [log10], which JSON does not have: the claim, or all but it, is excluded."""

DISCRIMINATES_LR = 2.0
"""Likelihood ratio below which, either way, the scale has no word of support."""

DOES_NOT_DISCRIMINATE = "does not discriminate"
NOT_WEIGHED = "not weighed"

ENFSI_SCALE = (
    (2.0, "weak support"),
    (10.0, "moderate support"),
    (100.0, "moderately strong support"),
    (1_000.0, "strong support"),
    (10_000.0, "very strong support"),
    (1_000_000.0, "extremely strong support"),
)
"""Lower end of each step [likelihood ratio] and its words.

ENFSI Guideline for Evaluative Reporting in Forensic Science, version 3.0 (2015), section 2.4 and table 1.
"""

_LOG10_STEPS = tuple(math.log10(lowest) for lowest, _ in ENFSI_SCALE)

ICD_203_SCALE = (
    (0.0, "almost no chance"),
    (0.05, "very unlikely"),
    (0.20, "unlikely"),
    (0.45, "roughly even chance"),
    (0.55, "likely"),
    (0.80, "very likely"),
    (0.95, "almost certain"),
)
"""Lower end of each step [probability] and its word.

Intelligence Community Directive 203 (2015), section D.6.e(2)(a). Its words run from 1 to 99 %. What lies beyond keeps
the outermost word: a stronger one would claim more than a model of evidence can carry; the number stands beside.
"""


def lr_words(log10_lr: float) -> str:
    """A likelihood ratio in the ENFSI verbal scale, saying which side it supports.

    Parameters
    ----------
    log10_lr : float
        log10 of the likelihood ratio of a claim against its complement.

    Raises
    ------
    BadInputError
        For NaN.

    Examples
    --------
    >>> lr_words(1.4), lr_words(-2.7)
    ('moderate support for the claim', 'moderately strong support against the claim')
    >>> lr_words(0.2)
    'does not discriminate'
    """
    if math.isnan(log10_lr):
        raise BadInputError("A likelihood ratio is not a number.", "Weigh the claim again; this should not occur.")
    size = abs(log10_lr)
    if size >= LOG10_LR_LIMIT:
        return "excludes everything but the claim" if log10_lr > 0.0 else "excludes the claim"
    step = bisect.bisect_right(_LOG10_STEPS, size)
    if step == 0:
        return DOES_NOT_DISCRIMINATE
    return f"{ENFSI_SCALE[step - 1][1]} {'for' if log10_lr > 0.0 else 'against'} the claim"


def probability_words(probability: float) -> str:
    """The ICD-203 word of a probability; a border belongs to the step above it.

    Raises
    ------
    BadInputError
        When it is not between 0 and 1.

    Examples
    --------
    >>> probability_words(0.6), probability_words(0.003)
    ('likely', 'almost no chance')
    """
    if not -1e-9 <= probability <= 1.0 + 1e-9:
        raise BadInputError(f"{probability} is not a probability.", "Give a value between 0 and 1.")
    words = ICD_203_SCALE[0][1]
    for lowest, step in ICD_203_SCALE:
        if probability >= lowest:
            words = step
    return words


def discriminates(log10_lr: float) -> bool:
    """True when a likelihood ratio reaches 2 either way."""
    return abs(log10_lr) >= math.log10(DISCRIMINATES_LR)


def sentences(standing: Standing) -> tuple[str, str]:
    """How a claim stands, in two sentences: what the findings weigh, then how probable the claim is.

    They are two because the first is about the evidence and the second also about the prior. Confidence in the sources
    is in neither (ICD 203, D.6.e(2)(b)).

    Parameters
    ----------
    standing : Standing

    Returns
    -------
    tuple of str
    """
    if standing.reason:
        return f"The findings were not weighed on claim {standing.claim_id}: {standing.reason}", ""
    if abs(standing.log10_lr) >= LOG10_LR_LIMIT:
        weighed = f"A hard bound among the findings {standing.lr_words} {standing.claim_id}."
    elif standing.lr_words == DOES_NOT_DISCRIMINATE:
        weighed = f"The evidence {DOES_NOT_DISCRIMINATE} between claim {standing.claim_id} and its contrary."
    else:
        weighed = (
            f"The findings together give {standing.lr_words} {standing.claim_id} (log10 LR {standing.log10_lr:+.1f})."
        )
    before, after = _percent(standing.prior), _percent(standing.posterior)
    probable = f"Starting from {before}, claim {standing.claim_id} comes to {after}: {standing.probability_words}."
    return weighed, probable


def _percent(probability: float) -> str:
    """A probability in percent, never rounded to a certainty it does not have."""
    percent = 100.0 * probability
    if 0.0 < percent < 0.1:
        return "below 0.1 %"
    if 99.9 < percent < 100.0:
        return "above 99.9 %"
    return f"{percent:.3g} %"
