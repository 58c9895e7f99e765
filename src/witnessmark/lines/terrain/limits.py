"""What the terrain line's probabilities rest on: measured error rates, tempering, and when it abstains."""

from __future__ import annotations

from witnessmark.lines.terrain.posterior import Calibration

CALIBRATION = Calibration(
    temperature=1.6, coarse_temperature=6.0, missed=0.15, place_sd_m=60.0, outside=(0.7, -0.38, 2.2)
)
"""Set on 11 development questions of benchmarks/terrain.py, 60 degrees wide (mostly Swiss Alps), and 4 in which another
region was searched; nothing held out went into it. In the same questions:

- the truth was likeliest at temperature 1.6, and hardly less so at 1.3 and 2; the 90 % region then held all of 11, the
  50 % region 6;
- the true place was among the refined ones in 11 of 11; some of the questions of other runs had lost it, hence 0.15;
- odds of elsewhere, by logistic regression on these, on the same 11 with all fits within 1.5 km of the truth taken
  away, and on the 4: above one half in 36 %, 73 % and 4 of 4. That is weak, and told as such.

So few questions leave errors of more than a tenth on each of these shares.
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
