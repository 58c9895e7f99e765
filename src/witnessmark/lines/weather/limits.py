"""When the weather line abstains, what bounds its weight, and the numbers that are stated rather than measured."""

from __future__ import annotations

import math
from collections.abc import Mapping

CAP_BITS = 3.3
"""What one record may tell for or against an hour, beside one of which nothing is recorded: a factor of ten. Between
two hours, one for and one against, it may tell twice as many bits: up to 97 to 1."""
CAP_NATS = CAP_BITS * math.log(2.0)
KNEE = 4.0
"""How sharply weights x bend into the cap c: x / (1 + |x/c|^4)^(1/4), so that their order stays. Stated."""
OUTSIDE = 0.03
CAP_OF_FINDING_NATS = -math.log(OUTSIDE)
"""The cap by which fusing holds this line: -ln of the stated chance that labels or record are of another place or
time."""
TEMPER = 0.85
"""Weight of the sum over families, which share the passing fronts; chosen on records, see docs/lines/weather.md."""
POWER = 0.5
"""Exponent of a record's hours in the chain, as its errors last longer than an hour; chosen on the same records."""

BESIDE_THE_POINT: Mapping[str, Mapping[str, float]] = {
    "station": {"rain": 0.02, "wind": 0.02, "visibility": 0.02, "sky": 0.05, "snow": 0.15, "temperature": 0.05},
    "model": {"rain": 0.25, "wind": 0.05, "visibility": 0.4, "sky": 0.1, "snow": 0.3, "temperature": 0.1},
    "satellite": {"rain": 1.0, "wind": 1.0, "visibility": 1.0, "sky": 0.05, "snow": 0.15, "temperature": 1.0},
}
"""Chance that a record, even within `NEAR_KM`, has nothing to do with the place. Stated; added to the tables."""
NEAR_KM = 33.0
"""Up to here distance cost next to nothing between airports on a flat coast (docs/lines/weather.md)."""
FADES_KM = 100.0
"""Beyond, a record is beside the point with chance 1 - exp(-(d - 33)/100). Stated: no pair was farther apart."""
FADES_M = 600.0
"""The same for height: 1 - exp(-climb/600). Stated."""
UNKNOWN_CLIMB_M = 100.0
"""Taken where the heights are not known. Stated."""

MISNAMED: Mapping[str, float] = {"rain": 0.02, "snow": 0.03, "sky": 0.1, "wind": 0.03, "visibility": 0.03}
MISNAMED_TEMPERATURE = 0.05
"""Chance that a person misnames what is seen. Stated, not measured."""

CLIMATE_HOURS = 240.0
"""How many hours of a record outweigh the climate that the tables were fitted in. Stated."""
AROUND_DAYS, AROUND_DAYS_SNOW = 30, 180
"""So much of a record to either side of the times weighed goes into the chain."""
SNOW_STAYS_DAYS = 40.0
"""How long snow cover or bare ground lasts: two seasons and a few spells in a year of one mountain site, 6 changes."""
SNOW_RIGHT = 0.85
"""Share of days on which a record is right about snow, before its flicker says more. Stated."""
SUREST_SCENES = 0.98
"""No share that an analyst states of scenes counts for more."""
SNOW_SEASON_DAYS: Mapping[str, float] = {"station": 21.0, "model": 21.0, "satellite": 7.0}
"""By how much snow may come and go at other times than in the record. Stated; benchmarks/weather.py tries it."""

WHEN_IT_ABSTAINS = (
    "nothing of the weather is labelled, or every label is refused",
    "no weather record is at hand, or none has an hour on the time axis",
    "no record holds what was labelled",
)

STANDING_LIMITS = (
    "Weather is a modest witness: it seldom tells neighbouring days apart.",
    "A record tells at most 10 to 1 for or against an hour of which nothing is recorded, and so up to 97 to 1 between "
    "two hours or two days.",
    "A label is a person's, from what one frame shows of the sky and the ground.",
    "How often people misname the weather was not measured; it is allowed for by stated chances.",
    "How well a record holds for a place was measured between airports on a flat coast and, for wind and temperature, "
    "between one mast and one reanalysis; elsewhere, above all in mountains, it is stated and not known.",
)
