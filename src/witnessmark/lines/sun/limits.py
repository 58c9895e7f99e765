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


@dataclass(frozen=True, slots=True)
class DirectSun:
    """How often direct sun reached the ground under a kind of sky, from benchmarks/sun.py.

    Attributes
    ----------
    sky : str
        Cloud as a satellite has it, or the sun's height.
    reached_count, tried_count : int
        Half hours with direct irradiance of 120 W/m2 or more (sunshine as WMO-No. 8, chapter 8, defines it), and all.
    """

    sky: str
    reached_count: int
    tried_count: int


DIRECT_SUN = (
    DirectSun("any, sun more than 5 degrees up", 6373, 8126),
    DirectSun("clear", 4274, 4274),
    DirectSun("cirrus", 1080, 1661),
    DirectSun("overlapping cloud", 483, 682),
    DirectSun("water cloud", 250, 279),
    DirectSun("mixed or super-cooled cloud", 209, 705),
    DirectSun("opaque ice cloud", 73, 470),
    DirectSun("overshooting cloud", 4, 55),
    DirectSun("any, sun 5 to 15 degrees up", 937, 1419),
    DirectSun("any, sun 15 to 30 degrees up", 1955, 2650),
    DirectSun("any, sun 30 to 90 degrees up", 3481, 4057),
)
"""National Solar Radiation Database (NREL), 40.53 N 108.54 W, 2168 m, every half hour of 2023; satellite and model.

One dry mountain site, so the chance of cloud that the line takes, one half, is not set by it: it lies between the 0.22
found here and the 0.55 of cloud over all land (King et al. 2013, doi:10.1109/TGRS.2012.2227333).
"""


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


COVERAGE = (
    Coverage("one shadow, slope of two degrees along each axis", 0.5, 254, 500),
    Coverage("one shadow, slope of two degrees along each axis", 0.9, 466, 500),
    Coverage("one shadow, slope of exactly two degrees", 0.9, 452, 500),
    Coverage("three shadows, slope of two degrees along each axis", 0.9, 453, 500),
    Coverage("poorly marked: 4 px, 12 %, 1.5 and 3 degrees", 0.9, 452, 500),
    Coverage("one point in twenty five times as far off", 0.9, 446, 500),
    Coverage("nothing known of the camera but its heading", 0.9, 478, 500),
    Coverage("one shadow, slope of two degrees along each axis, in steps of ten minutes", 0.9, 480, 500),
    Coverage("uprights of rehearsed incidents on real relief", 0.9, 119, 123),
)
"""Regions of time at a known place over one day, by the minute where nothing else is said.

docs/lines/sun.md has the whole table.
"""


def covered() -> str:
    """How often the 90 % region of a shadow's time held the truth and of what that was measured, as a sentence."""
    measured = next(each for each in COVERAGE if each.region_probability == 0.9)
    share = measured.held_count / measured.tried_count
    low, high = wilson(measured.held_count, measured.tried_count)
    return (
        "On rehearsed shadows of single poles, at a known place with the heading known, over one day in steps of a "
        f"minute, its 90 % region of time held the truth in {share:.0%} of {measured.tried_count} ({low:.0%} to "
        f"{high:.0%}); how often with other marks, over unknown places or on real footage is not known."
    )


WHEN_IT_ABSTAINS = (
    "nothing is marked that it can read, or every mark is refused",
    "the frame's size is not known because the file cannot be decoded",
    "two marks of a frame contradict one another, so that no one sun explains both",
    "only a bearing is marked and no heading is known",
    "the heading it is given belongs to another grid of places",
)

_OF_MARKS = (
    "Marks are a person's; a lamp, a reflection or the shadow of another thing looks like the sun's shadow.",
    "Objects are taken to stand upright but for a small lean, and the ground to slope by about two degrees unless "
    "an elevation model says more.",
    "How often people misplace marks by more than they state was not measured; it is allowed for by a stated chance "
    "of 3 in 100.",
)
STANDING_LIMITS = (
    "The sun tells the time of day and hardly the day: it stands almost alike on neighbouring days, and on two days of "
    "the year besides.",
    *_OF_MARKS,
)
STANDING_LIMITS_ON_EARTH = (
    "The horizon was taken to be level: hills that hide the sun were not weighed, nor whether there is land.",
    *_OF_MARKS,
)
