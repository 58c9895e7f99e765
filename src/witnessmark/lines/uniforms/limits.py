"""When the uniforms line abstains, from where on it says verified or similar, and how often that is wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass

from witnessmark.lines.uniforms.observations import NOTHING, SIMILAR, VERIFIED, Grade

HULL_MIN, INLIER_SHARE_MIN, INLIERS_MIN = 0.25, 0.35, 8
"""Matched points must span this share of the reference and be this share of the matches. A bare count of eight inliers
took every never-seen emblem for a known one: shields and digits are shared."""
AGREEING_MIN, WEAKEST_MIN = 0.97, 0.65
"""Piece by piece, this share of what the reference shows must agree, and nine in ten pieces this well."""
VERIFIED_SCORE = 0.8
SIMILAR_SCORE, SIMILAR_AGREEING = 0.82, 0.8
"""From where on a box is called similar to a reference."""
RIVAL_WITHIN = 0.02
"""Where another reference scores within this of the best, neither is verified: they are rivals."""
CLOTH_SIMILAR = 0.6
"""From where on two pieces of cloth are called similar."""
SMALLEST_PX = 24
"""A box whose shorter side is smaller is not compared [px]."""

CAVEAT = (
    "Emblems, patches and patterns are shared, captured and staged. This is a likeness of pictures, not a unit: a unit "
    "is named only on two independent clues and with a second person's signature."
)
"""Goes wherever anything of this line goes."""

WHEN_IT_ABSTAINS = (
    "nobody has drawn a box",
    "there is no library, or nothing in it can be read",
    "no box can be decoded, or all are smaller than 24 px",
    "no emblem or unit is among the alternatives weighed, or nobody counted how often it is worn",
)

STANDING_LIMITS = (
    "It compares pictures: it cannot tell a real patch from a copy, or its owner from somebody who took it.",
    "What is not in the library cannot be found; the nearest in it is then only the nearest.",
    "Cloth, helmets and vehicles are never more than similar: they are made in numbers and sold.",
)


@dataclass(frozen=True, slots=True)
class AnswerRates:
    """How often each answer was given for a reference, when it was shown, and when something else was.

    Attributes
    ----------
    shown : mapping as tuple of (str, int)
        Answers for the reference that was shown.
    other : tuple of (str, int)
        Answers for a given reference when another emblem, known or never seen, was shown.
    provenance : str
    """

    shown: tuple[tuple[Grade, int], ...]
    other: tuple[tuple[Grade, int], ...]
    provenance: str

    def log_ratio_nats(self, grade: Grade) -> float:
        """How much more probable an answer is when the reference is shown than when another is [nats].

        Half a count is added to either (Jeffreys), so that what was never seen counts as rare and not as impossible.
        """
        shown, other = dict(self.shown), dict(self.other)
        share = (shown.get(grade, 0) + 0.5) / (sum(shown.values()) + 1.5)
        share_other = (other.get(grade, 0) + 0.5) / (sum(other.values()) + 1.5)
        return math.log(share / share_other)

    def false_rate_bound(self, grade: Grade) -> float:
        """Upper 95 % bound of the rate at which something else gets this answer (Clopper & Pearson 1934)."""
        other = dict(self.other)
        return rate_bound(other.get(grade, 0), sum(other.values()))


def rate_bound(hits: int, tries: int, level: float = 0.95) -> float:
    """Upper one-sided bound of a rate, exact (Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404).

    Examples
    --------
    >>> round(rate_bound(0, 300), 4)
    0.0099
    """
    if hits >= tries:
        return 1.0
    low, high = hits / tries, 1.0
    for _ in range(50):
        rate = (low + high) / 2.0
        below = math.fsum(math.comb(tries, k) * rate**k * (1.0 - rate) ** (tries - k) for k in range(hits + 1))
        low, high = (rate, high) if below > 1.0 - level else (low, rate)
    return high


RATES = AnswerRates(
    shown=((VERIFIED, 9), (SIMILAR, 52), (NOTHING, 8)),
    other=((VERIFIED, 0), (SIMILAR, 4), (NOTHING, 5543)),
    provenance=(
        "117 trials of the development split of benchmarks/emblems.py at 64 px and above, against a library of 48: "
        "what the reference that was shown was answered, and what every other one was. Trials share emblems, and drawn "
        "cloth is kinder than real: the ratios are rough."
    ),
)
