"""What the terrain line's probabilities rest on: measured error rates, tempering, and when it abstains."""

from __future__ import annotations

from witnessmark.lines.terrain.posterior import Calibration

CALIBRATION = Calibration(
    temperature=3.0, coarse_temperature=6.0, missed=0.3, place_sd_m=60.0, outside=(0.84, -0.19, 2.0)
)
"""Set on 26 development questions of benchmarks/terrain.py, 60 degrees wide (San Gabriel Mountains, Swiss Alps), among
them most of those with near ridges; nothing held out went into it. In the same questions:

- the true place was not among the refined ones in 9 of 26;
- with these values the 50 % region held the truth in 54 %, the 90 % region in 85 %;
- 40 questions, coarse search alone: at temperature 6 its 90 % region held the truth in 85 %;
- odds of elsewhere, by logistic regression on 24 questions as they were and again with all fits within 1.5 km of the
  truth taken away: above one half in 75 % of the latter and 38 % of the former. That is weak, and told as such.

So few questions leave errors of about a tenth on each of these shares.
"""

FLAT_SIGMAS = 1.5
"""A skyline this close to a straight line, in its own standard errors, fits too many places to say anything: errors
alone give 1, and of 100 rehearsed views of mountains with errors of 0.3 degrees the straightest had 1.7, half of them
more than 4."""
EMPTY_DEG = 6.0
"""Or one so short."""
EMPTY_COLUMNS = 8

LEAST_HEADING_DEG, COARSE_HEADING_DEG = 0.2, 4.0
"""Standard errors of a heading: never less where a place was refined, and where it was not."""
