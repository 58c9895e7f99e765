"""How far persons agree who answered the same questions apart: shares, coefficients, intervals, and N too small.

Answers are categories without order. Intervals come from resampling subjects, not questions: answers on one subject
hang together, and counting them as many would make the interval too narrow.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError

LEAST_QUESTIONS = 10
"""Fewer answered questions than this, and no coefficient is called high or low: a convention, and a low bar."""
FIRM, TENTATIVE = 0.8, 0.667
"""Least alpha for firm and for tentative conclusions (K. Krippendorff, Content Analysis, 2nd ed. 2004, p. 241); asked
of the whole interval, not of the number alone."""
RESAMPLES = 2000
SEED = 20220913
LEVEL = 0.95
_Z = 1.959963984540054  # the normal deviate of a two-sided 95 %


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person answered to one question.

    Attributes
    ----------
    subject : str
        What was looked at; its questions hang together.
    question : str
    rater : str
    category : str
    """

    subject: str
    question: str
    rater: str
    category: str


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A number with its interval.

    Attributes
    ----------
    value : float or None
        None when it is not defined, as when everybody always gave the same answer.
    low, high : float or None
        95 % interval; None when there are too few subjects to resample.
    said : str
        Empty, or why there is no number or no interval.
    """

    value: float | None
    low: float | None
    high: float | None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far raters agree.

    Attributes
    ----------
    subjects, questions, raters : int
        Counted where at least two answered the same question.
    simple : Coefficient
        Share of pairs of answers that are the same.
    cohen_kappa : Coefficient
        Of exactly two raters who both answered every question counted.
    krippendorff_alpha : Coefficient
        For any number of raters, with gaps.
    enough : bool
        False when N is too small, or the interval too wide, for a word.
    said : str
    """

    subjects: int
    questions: int
    raters: int
    simple: Coefficient
    cohen_kappa: Coefficient
    krippendorff_alpha: Coefficient
    enough: bool
    said: str


@dataclass(frozen=True, slots=True)
class Met:
    """How often a reviewer's place or time met the author's region.

    Attributes
    ----------
    n, met : int
    share : Coefficient
    said : str
    """

    n: int
    met: int
    share: Coefficient
    said: str


Numbers = NDArray[np.float64]
Units = list[tuple[str, dict[str, str]]]
"""Questions as (subject, answer by rater), each with at least two answers."""


def agreement(answers: Sequence[Answer]) -> Agreement:
    """Simple agreement, Cohen's kappa and Krippendorff's alpha with 95 % intervals.

    Parameters
    ----------
    answers : sequence of Answer

    Returns
    -------
    Agreement

    Raises
    ------
    BadInputError
        When one person answered the same question twice.
    """
    units = _units(answers)
    raters = sorted({rater for _, given in units for rater in given})
    categories = sorted({category for _, given in units for category in given.values()})
    nobody = "" if units else "No question was answered by two persons."
    others = nobody or ("" if len(raters) == 2 else f"It is for two persons; here {len(raters)} answered.")
    simple = _with_interval(units, _pairs_of, _share, nobody)
    kappa = _with_interval(units, lambda given: _crossed(given, raters, categories), _kappa, others)
    alpha = _with_interval(units, lambda given: _coincident(list(given.values()), categories), _alpha, nobody)
    subjects = len({subject for subject, _ in units})
    enough, said = _said(len(units), simple, alpha)
    return Agreement(subjects, len(units), len(raters), simple, kappa, alpha, enough, said)


def met_of(answers: Sequence[bool]) -> Met:
    """How often two regions met, with the 95 % interval of the share."""
    n, met = len(answers), sum(answers)
    if n == 0:
        return Met(
            0,
            0,
            Coefficient(None, None, None, "Nothing to compare."),
            "No reviewer gave a place or time apart from the author.",
        )
    said = f"{met} of {n} places and times that reviewers gave meet the author's region"
    said += "; too few to say how often they do." if n < LEAST_QUESTIONS else "."
    return Met(n, met, Coefficient(met / n, *wilson(met, n)), said)


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Agreement of two raters beyond chance; None where chance alone makes them agree always.

    kappa = (p_o - p_e) / (1 - p_e), with p_e from each rater's own shares.

    References
    ----------
    J. Cohen, A coefficient of agreement for nominal scales, Educ. Psychol. Meas. 20, 37-46 (1960),
    doi:10.1177/001316446002000104.

    Examples
    --------
    >>> pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    >>> round(cohen_kappa(pairs), 3)
    0.4
    """
    if not pairs:
        return None
    categories = sorted({name for pair in pairs for name in pair})
    counts = sum(
        (_crossed({"a": one, "b": other}, ("a", "b"), categories) for one, other in pairs),
        np.zeros(len(categories) ** 2),
    )
    return _number(_kappa(counts[None]))


def krippendorff_alpha(units: Sequence[Sequence[str]]) -> float | None:
    """Agreement of any number of raters beyond chance, gaps allowed; nominal metric.

    alpha = 1 - D_o / D_e, from the coincidences of values within units; units with one answer do not count.

    References
    ----------
    K. Krippendorff, Computing Krippendorff's alpha-reliability, University of Pennsylvania (2011).
    A. F. Hayes, K. Krippendorff, Answering the call for a standard reliability measure for coding data, Commun.
    Methods Meas. 1, 77-89 (2007), doi:10.1080/19312450709336664.

    Examples
    --------
    >>> krippendorff_alpha([["a", "a"], ["b", "b"], ["a", "b"]]) < krippendorff_alpha([["a", "a"], ["b", "b"]])
    True
    """
    categories = sorted({value for unit in units for value in unit})
    sums = sum((_coincident(unit, categories) for unit in units if len(unit) > 1), np.zeros(1 + len(categories)))
    return _number(_alpha(sums[None]))


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95 % interval of a share.

    References
    ----------
    E. B. Wilson, J. Am. Stat. Assoc. 22, 209-212 (1927), doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(5, 5)]
    [0.566, 1.0]
    """
    share, z2 = successes / n, _Z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * (share * (1 - share) / n + z2 / (4 * n * n)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def _units(answers: Sequence[Answer]) -> Units:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for answer in answers:
        given = found.setdefault((answer.subject, answer.question), {})
        if answer.rater in given:
            raise BadInputError(
                f"{answer.rater} answered '{answer.question}' on {answer.subject} twice.", "Count the later answer."
            )
        given[answer.rater] = answer.category
    return [(subject, given) for (subject, _), given in sorted(found.items()) if len(given) > 1]


def _pairs_of(given: Mapping[str, str]) -> Numbers:
    """Pairs of answers to one question that are the same, and all pairs."""
    n = len(given)
    same = sum(count * (count - 1) // 2 for count in Counter(given.values()).values())
    return np.array([same, n * (n - 1) // 2], dtype=np.float64)


def _crossed(given: Mapping[str, str], raters: Sequence[str], categories: Sequence[str]) -> Numbers:
    """One question in the table of two raters' answers, flattened."""
    table = np.zeros((len(categories), len(categories)))
    table[categories.index(given[raters[0]]), categories.index(given[raters[1]])] = 1.0
    return table.ravel()


def _coincident(values: Sequence[str], categories: Sequence[str]) -> Numbers:
    """One question's disagreement among its pairs, then how often each category was given."""
    counts = np.array([values.count(name) for name in categories], dtype=np.float64)
    n = len(values)
    return np.concatenate(([(n * n - float(counts @ counts)) / (n - 1)], counts))


def _share(sums: Numbers) -> Numbers:
    return _divided(sums[:, 0], sums[:, 1])


def _kappa(sums: Numbers) -> Numbers:
    size = math.isqrt(sums.shape[1])
    tables = sums.reshape(-1, size, size)
    n = tables.sum(axis=(1, 2))
    observed = _divided(np.trace(tables, axis1=1, axis2=2), n)
    expected = _divided((tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1), n * n)
    return _divided(observed - expected, 1.0 - expected)


def _alpha(sums: Numbers) -> Numbers:
    totals = sums[:, 1:]
    n = totals.sum(axis=1)
    expected = _divided(n * n - (totals * totals).sum(axis=1), n - 1.0)
    return 1.0 - _divided(sums[:, 0], expected)


def _divided(above: Numbers, below: Numbers) -> Numbers:
    """A quotient; not a number where there is nothing to divide by."""
    quotient = np.full(above.shape, np.nan)
    np.divide(above, below, out=quotient, where=below > 1e-12)
    return quotient


def _number(values: Numbers) -> float | None:
    return None if np.isnan(values[0]) else float(values[0])


def _with_interval(
    units: Units, counted: Callable[[Mapping[str, str]], Numbers], of: Callable[[Numbers], Numbers], why_not: str
) -> Coefficient:
    """A coefficient with the percentile interval of resampled subjects (Efron 1979, doi:10.1214/aos/1176344552)."""
    if why_not:
        return Coefficient(None, None, None, why_not)
    by_subject: dict[str, Numbers] = {}
    for subject, given in units:
        by_subject[subject] = by_subject.get(subject, 0.0) + counted(given)
    sums = np.array(list(by_subject.values()))
    value = _number(of(sums.sum(axis=0)[None]))
    if value is None:
        return Coefficient(None, None, None, "Everybody gave one same answer throughout: chance cannot be told apart.")
    n = len(sums)
    if of is _share and n == len(units) and all(len(given) == 2 for _, given in units):
        return Coefficient(value, *wilson(round(float(sums[:, 0].sum())), n))
    if n < 3:
        return Coefficient(value, None, None, f"No interval from {n} subject{'s'[: n != 1]}.")
    drawn = np.random.default_rng(SEED).multinomial(n, np.full(n, 1.0 / n), RESAMPLES)
    values = of(drawn @ sums)
    known = values[~np.isnan(values)]
    if known.size < 0.95 * RESAMPLES:  # leaving the rest out would flatter the interval
        return Coefficient(value, None, None, "No interval: too few answers differ for resampling.")
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Coefficient(value, min(float(low), value), max(float(high), value))


def _said(n: int, simple: Coefficient, alpha: Coefficient) -> tuple[bool, str]:
    if n == 0:
        return False, "Nobody answered the same question apart, so nothing can be said of agreement."
    if n < LEAST_QUESTIONS:
        counted = "1 question answered apart is" if n == 1 else f"{n} questions answered apart are"
        return False, f"{counted} too few to say how far they agree."
    said = f"{n} questions were answered apart"
    if alpha.low is None or alpha.high is None or simple.low is None:
        return False, f"{said}; {(alpha.said or simple.said)[:1].lower()}{(alpha.said or simple.said)[1:]}"
    if alpha.high < TENTATIVE:
        return True, f"{said}: they agree too little to rest a conclusion on (alpha below {TENTATIVE})."
    if alpha.low >= FIRM:
        return True, f"{said}: they agree well enough for firm conclusions (alpha at least {FIRM})."
    if alpha.low >= TENTATIVE:
        return True, f"{said}: they agree well enough for tentative conclusions only (alpha at least {TENTATIVE})."
    return False, f"{said}; the interval of alpha is too wide to say whether they agree well enough."
