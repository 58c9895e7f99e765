"""From a score to how far it speaks for a copy: bands of measured scores, and what so many of them can support."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.plain import Plain

LEVEL = 0.95
"""One-sided level of every bound on a rate."""


def rate_bounds(found: int, tried: int, level: float = LEVEL) -> tuple[float, float]:
    """Lower and upper bound of a rate, each one-sided at `level`.

    Parameters
    ----------
    found, tried : int
    level : float

    Returns
    -------
    tuple of float
        (0, 1) when nothing was tried.

    Notes
    -----
    C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
    binomial", Biometrika 26, 1934, doi:10.1093/biomet/26.4.404: the rates at which `found` or fewer, and `found` or
    more, have a chance of 1 - level.

    Examples
    --------
    >>> [round(bound, 4) for bound in rate_bounds(0, 100)]
    [0.0, 0.0295]
    >>> [round(bound, 4) for bound in rate_bounds(3, 10)]
    [0.0873, 0.6066]
    """
    if not 0 <= found <= tried:
        raise BadInputError(f"{found} of {tried} is not a count.", "Count what was found among what was tried.")
    lower = 0.0 if found == 0 else _root(found - 1, tried, level)
    upper = 1.0 if found == tried else _root(found, tried, 1.0 - level)
    return lower, upper


def _root(at_most: int, tried: int, chance: float) -> float:
    """The rate at which at most `at_most` of `tried` has that chance, by bisection: the chance falls with the rate."""
    low, high = 0.0, 1.0
    for _ in range(60):
        rate = 0.5 * (low + high)
        at_least_one_more = _incomplete_beta(at_most + 1.0, float(tried - at_most), rate)
        low, high = (rate, high) if 1.0 - at_least_one_more > chance else (low, rate)
    return 0.5 * (low + high)


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b), which is the chance of at least a of a + b - 1 at rate x.

    Continued fraction of NIST Digital Library of Mathematical Functions, 8.17.22 (https://dlmf.nist.gov/8.17.E22),
    evaluated by Lentz's method as modified by Thompson and Barnett, doi:10.1016/0021-9991(86)90046-X.
    """
    if x > (a + 1.0) / (a + b + 2.0):  # where the fraction converges slowly, by symmetry
        return 1.0 - _incomplete_beta(b, a, 1.0 - x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    tiny = 1e-300
    fraction, above, below = 1.0, 1.0, 0.0
    for step in range(1, 100_000):
        m = step // 2
        if step % 2 == 0:
            term = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        else:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        below = 1.0 / (1.0 + term * below or tiny)
        above = 1.0 + term / above or tiny
        fraction *= above * below
        if abs(above * below - 1.0) < 1e-14:
            break
    return math.exp(log_front) / (a * fraction)


@dataclass(frozen=True, slots=True)
class Band:
    """What was measured between this score and the next band's.

    Attributes
    ----------
    from_score : float
    copies, unrelated, hard : int
        True copies, unrelated recordings, and recordings of the same camera, room or person at another moment.
    """

    from_score: float
    copies: int
    unrelated: int
    hard: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Scores of comparisons whose truth is known, in bands of rising score.

    Attributes
    ----------
    source : str
        Where they were measured, one sentence.
    bands : tuple of Band
        Ascending; the first holds everything below the second, also pairs without any match.
    independent_copies, independent_unrelated, independent_hard : int
        How many of them count as independent of one another: attacks on one clip do not.

    Notes
    -----
    The bands are those of isotonic regression (pool adjacent violators) of copies against the others: M. Ayer et al.,
    "An empirical distribution function for sampling with incomplete information", Annals of Mathematical Statistics
    26, 1955, doi:10.1214/aoms/1177728423; for likelihood ratios N. Brummer and J. du Preez, "Application-independent
    evaluation of speaker detection", Computer Speech & Language 20, 2006, doi:10.1016/j.csl.2005.08.001. A band's
    ratio is the lower bound of its rate among copies over the upper bound of its rate among the others, so that no
    ratio claims more than the number of negatives supports, and it never falls as the score rises.
    """

    source: str
    bands: tuple[Band, ...] = ()
    independent_copies: int = 0
    independent_unrelated: int = 0
    independent_hard: int = 0

    def likelihood_ratio(self, score: float, searched_count: int = 1) -> float:
        """How many times more such a match is to be expected if it is a copy than if it is not.

        Parameters
        ----------
        score : float
        searched_count : int
            Recordings the query was compared with: the more, the likelier that one of them matches by chance.

        Returns
        -------
        float
            Never less than 1 for a score in a band where copies prevail, 1 where nothing was measured.

        Notes
        -----
        If it is not a copy, either one recording searched shows the same camera, room or person at another moment
        (there is always taken to be one), or one of all the unrelated ones matches by chance; the two rates add up
        (Boole's inequality).
        """
        best = 1.0
        for band in self.bands:
            if score < band.from_score:
                break
            best = max(best, self._ratio(band, searched_count))
        return best

    def _ratio(self, band: Band, searched_count: int) -> float:
        totals = self.totals()
        copies, _ = _scaled_bounds(band.copies, totals["copies"], self.independent_copies)
        _, unrelated = _scaled_bounds(band.unrelated, totals["unrelated"], self.independent_unrelated)
        _, hard = _scaled_bounds(band.hard, totals["hard"], self.independent_hard)
        return copies / min(1.0, hard + max(1, searched_count) * unrelated)

    def totals(self) -> dict[str, int]:
        """How many comparisons of each kind were measured."""
        return {
            "copies": sum(band.copies for band in self.bands),
            "unrelated": sum(band.unrelated for band in self.bands),
            "hard": sum(band.hard for band in self.bands),
        }

    def to_parameters(self) -> dict[str, Plain]:
        """All of it as plain values, for a finding's parameters."""
        return {
            "calibration_source": self.source,
            "calibration_bands": [[band.from_score, band.copies, band.unrelated, band.hard] for band in self.bands],
            "independent_copies": self.independent_copies,
            "independent_unrelated": self.independent_unrelated,
            "independent_hard": self.independent_hard,
            "bound_level": LEVEL,
        }


def _scaled_bounds(found: int, tried: int, independent: int) -> tuple[float, float]:
    """Bounds of a rate when only `independent` of those tried are independent; rounded against the finding."""
    if tried == 0 or independent == 0:
        return 0.0, 1.0
    number = min(independent, tried)
    lower, _ = rate_bounds(found * number // tried, number)
    _, upper = rate_bounds(-(-found * number // tried), number)
    return lower, upper


def fit(
    copies: NDArray[np.float64],
    unrelated: NDArray[np.float64],
    hard: NDArray[np.float64],
    *,
    source: str,
    independent: tuple[int, int, int],
) -> Calibration:
    """Bands from scores whose truth is known.

    Parameters
    ----------
    copies, unrelated, hard : ndarray of float64, shape (n,)
        Scores; a pair that gave no match at all scores 0.
    source : str
    independent : tuple of int
        Independent comparisons among each of the three, such as the number of different pairs of clips.

    Returns
    -------
    Calibration

    Raises
    ------
    BadInputError
        When one of the three is empty or a score is not finite.
    """
    kinds = [np.asarray(scores, dtype=np.float64) for scores in (copies, unrelated, hard)]
    if any(not scores.size or not np.all(np.isfinite(scores)) for scores in kinds):
        raise BadInputError(
            "Scores of copies, of unrelated recordings and of hard negatives are all needed, each of them finite.",
            "Measure all three; a pair without a match scores 0.",
        )
    edges = _pooled(kinds[0], np.concatenate(kinds[1:]))
    counts = [np.histogram(scores, [*edges, np.inf])[0] for scores in kinds]
    bands = tuple(
        Band(float(edge), int(n_copies), int(n_unrelated), int(n_hard))
        for edge, n_copies, n_unrelated, n_hard in zip(edges, *counts, strict=True)
    )
    return Calibration(source, bands, *independent)


def _pooled(copies: NDArray[np.float64], others: NDArray[np.float64]) -> list[float]:
    """Lower edges of the bands in which the share of copies rises, by pooling adjacent violators."""
    scores, place = np.unique(np.concatenate((copies, others)), return_inverse=True)
    positive = np.bincount(place[: copies.size], minlength=scores.size) / copies.size
    negative = np.bincount(place[copies.size :], minlength=scores.size) / others.size
    blocks: list[tuple[float, float, float]] = []  # lower edge, share of copies, share of others
    for edge, share, other in zip(scores.tolist(), positive.tolist(), negative.tolist(), strict=True):
        block = (edge, share, other)
        while blocks and blocks[-1][1] * block[2] >= block[1] * blocks[-1][2]:  # not rising: pool the two
            before = blocks.pop()
            block = (before[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    return [edge for edge, _, _ in blocks]
