"""What the terrain line's probabilities rest on: measured error rates, tempering, and when it abstains."""

from __future__ import annotations

from witnessmark.lines.terrain.posterior import Calibration

CALIBRATION = Calibration(
    temperature=3.0, coarse_temperature=4.0, missed=0.05, place_sd_m=25.0, outside=(2.3, -0.3, 12.0)
)

FLAT_SIGMAS = 4.0
"""A skyline this close to a straight line, in its own standard errors, fits too many places to say anything."""
EMPTY_DEG = 6.0
"""Or one so short."""
EMPTY_COLUMNS = 8

LEAST_HEADING_DEG, COARSE_HEADING_DEG = 0.2, 4.0
"""Standard errors of a heading: never less where a place was refined, and where it was not."""
