"""What the features of `sky_evidence` weigh, as fitted."""

from __future__ import annotations

import numpy as np

from witnessmark.lines.terrain.column_chain import Steps

WEIGHTS = np.array([0.3, 0.6, 0.2, 0.5, 0.0, -0.6, -0.3, 0.6, 0.6, 0.3, 0.0, 0.0, 0.0, 1.5, 1.5])
STEPS = Steps(np.array([-0.3, -1.0, -2.0, -3.0, -4.0, -5.5, -7.0, -8.0]))
SURENESS = (0.0, 0.5)
SIGMA_FLOOR_PX = 0.3
MODEL_WEIGHT = 1.0
