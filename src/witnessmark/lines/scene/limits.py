"""When the scene line abstains, how often it is wrong, and the table from support to likelihood ratio."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass

from witnessmark.errors import BadInputError


@dataclass(frozen=True, slots=True)
class SupportRates:
    """How often a support was seen, for pairs of footage of one place and of different places.

    Attributes
    ----------
    from_support : tuple of int
        Smallest support of each class; the first is 0.
    same_count, different_count : tuple of int
        Pairs of footage in each class.
    provenance : str
    """

    from_support: tuple[int, ...]
    same_count: tuple[int, ...]
    different_count: tuple[int, ...]
    provenance: str

    def __post_init__(self) -> None:
        counts = (len(self.from_support), len(self.same_count), len(self.different_count))
        if len(set(counts)) != 1 or self.from_support[0] != 0 or list(self.from_support) != sorted(self.from_support):
            raise BadInputError(
                "A table of support rates is not in order.", "Begin at 0 and give each class its counts."
            )

    def log10_ratio(self, support: int) -> float:
        """Likelihood ratio of one place against different ones, log10.

        Parameters
        ----------
        support : int

        Returns
        -------
        float

        Notes
        -----
        Neighbouring classes are pooled until the ratio rises with support (Ayer et al. 1955,
        doi:10.1214/aoms/1177728423). To either count of a pooled class half is added (Jeffreys), so that what was
        never seen of different places counts as rare and not as impossible.
        """
        pooled: list[tuple[int, int, int]] = []  # first class, same, different
        for number, counts in enumerate(zip(self.same_count, self.different_count, strict=True)):
            pooled.append((number, *counts))
            while len(pooled) > 1 and _ratio(*pooled[-2][1:]) >= _ratio(*pooled[-1][1:]):
                (first, same, different), (_, more_same, more_different) = pooled[-2:]
                pooled[-2:] = [(first, same + more_same, different + more_different)]
        number = bisect.bisect_right(self.from_support, support) - 1
        same, different = next(counts[1:] for counts in reversed(pooled) if counts[0] <= number)
        scale = (sum(self.different_count) + 1.0) / (sum(self.same_count) + 1.0)
        return math.log10(_ratio(same, different) * scale)

    def false_rate_bound(self, support: int) -> float:
        """Upper 95 % bound of the rate at which different places reach this support (Clopper & Pearson 1934).

        Returns
        -------
        float
        """
        number = bisect.bisect_right(self.from_support, support) - 1
        return rate_bound(sum(self.different_count[number:]), sum(self.different_count))


def _ratio(same: int, different: int) -> float:
    return (same + 0.5) / (different + 0.5)


def rate_bound(hits: int, tries: int, level: float = 0.95) -> float:
    """Upper one-sided bound of a rate, exact (Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404), by bisection.

    Examples
    --------
    >>> round(rate_bound(0, 300), 4)
    0.0099
    """
    if hits >= tries:
        return 1.0
    low, high = hits / tries, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        logs = [
            math.lgamma(tries + 1)
            - math.lgamma(k + 1)
            - math.lgamma(tries - k + 1)
            + (k * math.log(middle) if k else 0.0)
            + (tries - k) * math.log1p(-middle)
            for k in range(hits + 1)
        ]
        low, high = (middle, high) if math.fsum(map(math.exp, logs)) > 1.0 - level else (low, middle)
    return high


RATES = SupportRates(
    from_support=(0, 8, 12, 20, 40),
    same_count=(58, 1, 3, 27, 107),
    different_count=(797, 3, 0, 0, 0),
    provenance=(
        "Rendered streets and country on the seeds that thresholds were set on (benchmarks/results/scene.md): 196 "
        "pairs of one place from other stands and in other light, 800 of different places, 50 of them under one "
        "broadcaster's dress and 50 with one poster in both. Where matches span less than "
        "`SAME_PLACE_EXTENT`, support counts as 0."
    ),
)

SAME_PLACE_SUPPORT = 20
"""From this support on, footage is said to show the same place.

Raised from 12 after a store of 252 references was asked: of 13,052 pairs of different places 22 had a support of 12 to
19 and none more, so that a quarter of the queries had a wrong answer beside the true one; of 248 pairs of one place 3
lay between.
"""

IN_STORE = SupportRates(
    from_support=(0, 8, 12, 20, 40),
    same_count=(4, 0, 0, 2, 46),
    different_count=(12914, 116, 22, 0, 0),
    provenance=(
        "52 queries against every one of 252 references (benchmarks/results/scene_store.md): single photographs of "
        "rendered streets, and 12 real clips. The pairs are of few places and not independent of one another."
    ),
)
"""What `RATES` had too few pairs to see: how often different places agree by chance."""

SAME_PLACE_EXTENT = 0.45
"""Share of the width or height that the matches must span in both pictures. One poster or van spans less at some
metres, and so does a far house: below this, footage is said to show the same thing, which is a place only if it can be
neither moved nor built twice. Set on posters of 2.4 m at 7 to 9 m, which with chance matches span up to 0.44."""


def log10_ratio(support: int) -> float:
    """Likelihood ratio of one place against different ones, log10.

    That of `RATES`; where it speaks for one place, no more than `IN_STORE` allows.
    """
    found = RATES.log10_ratio(support)
    return found if found <= 0.0 else max(0.0, min(found, IN_STORE.log10_ratio(support)))


def chance_nats(support: int, compared_count: int) -> float:
    """Logarithm of the chance, as far as measured, that some of so many references reaches a support wrongly.

    The upper 95 % bound of `RATES` for one; for many, that of `IN_STORE` times their number. 0 where that is certain.

    Parameters
    ----------
    support : int
    compared_count : int

    Returns
    -------
    float
        At most 0.
    """
    among = max(1, compared_count) * IN_STORE.false_rate_bound(support)
    return math.log(min(1.0, max(RATES.false_rate_bound(support), among)))


HELD_OUT = SupportRates(
    from_support=(0, 8, 12, 20, 40),
    same_count=(26, 0, 0, 16, 56),
    different_count=(398, 2, 0, 0, 0),
    provenance="As `RATES`, on seeds that nothing was set on: 98 pairs of one place, 400 of different places.",
)
"""What the thresholds gave where nothing was set: 72 of 98 told, none of 400 falsely."""

REACH_OF_DEPTH = 0.3
"""How far apart two cameras may stand and still be told to show one place, as a share of the distance to it. In
rendered streets, whose fronts are 22 m away at the median, all was told at 0.25 of that and 1 of 20 at 0.57."""
DEPTH_M = (10.0, 10_000.0)
"""Nearest and farthest that what two pictures share may lie [m]: a wall across a street, a mountain front."""

WHEN_IT_ABSTAINS = (
    "the file cannot be decoded, or its pictures hold too few points: fog, night, bare walls, sky, blur",
    "there is no other footage to compare with",
    "what agrees is one thing that fills little of the pictures, and may have been carried or built twice",
    "no other footage agrees: the same place may be shown from another side, in other light, or not be in the store",
    "what agrees has no known place, or a place outside the region",
)

STANDING_LIMITS = (
    "No agreement does not show that the places differ.",
    "Things that can be carried or built twice (vehicles, signs, posters, a building from a catalogue) can agree "
    "anywhere; look at the picture.",
    "It says nothing of when either was filmed.",
)
