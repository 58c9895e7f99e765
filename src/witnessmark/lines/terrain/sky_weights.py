"""What the features of `sky_evidence` weigh, as `benchmarks/skyline_lab/fit.py` fitted them."""

from __future__ import annotations

import numpy as np

from witnessmark.lines.terrain.column_chain import Steps

WEIGHTS = np.array(
    [
        0.191,  # edge over 1 row
        0.266,  # edge over 3 rows
        0.178,  # edge over 10 rows
        0.214,  # edge over 30 rows
        0.522,  # darker below
        -0.334,  # lighter below
        0.212,  # long edge
        0.223,  # long edge, darker below
        -0.222,  # strongest edge above
        -0.188,  # strongest long edge above
        -0.783,  # texture above
        -0.527,  # texture below
        2.331,  # lightness above
        0.952,  # lightness below
        -0.159,  # blue above
        0.667,  # blue below
        0.041,  # green above
        -0.653,  # green below
        -0.755,  # all texture above
        0.146,  # all smoothness below
        0.323,  # all lightness
        0.648,  # all blue
        0.452,  # all green
        -0.373,  # height
        -0.798,  # height squared
        1.566,  # no sky
        1.388,  # no ground
        0.792,  # colours
        0.214,  # cut
    ]
)
STEPS = Steps(np.array([0.000, -1.388, -2.866, -3.682, -4.678, -5.645, -7.114, -8.562]))
SURENESS = (0.0, 0.5)
SIGMA_FLOOR_PX = 0.3
MODEL_WEIGHT = 1.0
