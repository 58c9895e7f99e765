"""When the sun line abstains, what bounds its weight, and by how much its errors are enlarged."""

from __future__ import annotations

import math
from dataclasses import dataclass

from witnessmark.lines.sun.kernel import OUTLIER, TAIL

SCALE = math.sqrt(2.0 * math.log(10.0)) / math.sqrt(TAIL * (10.0 ** (2.0 / TAIL) - 1.0))
"""Factor on every sighting's standard errors, 0.73.

With it the 90 % region of the Student t is as large as that of the normal with the sampled covariance: the t then has
longer tails and not a wider middle. Nothing is fitted; docs/lines/sun.md has the coverage that it gives.
"""

CAP_NATS = -math.log(OUTLIER)
"""The cap by which fusing holds this line: -ln of the chance that a mark has nothing to do with the sun."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often a region held the truth, from benchmarks/sun.py.

    Attributes
    ----------
    what : str
    region_probability : float
    held_count, tried_count : int
    """

    what: str
    region_probability: float
    held_count: int
    tried_count: int


def wilson(held: int, tried: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Examples
    --------
    >>> low, high = wilson(90, 100)
    >>> round(low, 3), round(high, 3)
    (0.826, 0.945)
    """
    share, square = held / tried, z * z
    middle = (share + square / (2.0 * tried)) / (1.0 + square / tried)
    half = z / (1.0 + square / tried) * math.sqrt(share * (1.0 - share) / tried + square / (4.0 * tried * tried))
    return middle - half, middle + half


WHEN_IT_ABSTAINS = (
    "nothing is marked that it can read, or every mark is refused",
    "the frame's size is not known because the file cannot be decoded",
    "two marks of a frame contradict one another, so that no one sun explains both",
    "only a bearing is marked and no heading is known",
    "the heading it is given belongs to another grid of places",
)

STANDING_LIMITS = (
    "The sun tells the time of day and hardly the day: it stands almost alike on neighbouring days, and on two days of "
    "the year besides.",
    "Marks are a person's; a lamp, a reflection or the shadow of another thing looks like the sun's shadow.",
    "Objects are taken to stand upright but for a small lean, and the ground to slope by about two degrees unless "
    "an elevation model says more.",
    "How often people misplace marks by more than they state was not measured; it is allowed for by a stated chance "
    "of 3 in 100.",
)
