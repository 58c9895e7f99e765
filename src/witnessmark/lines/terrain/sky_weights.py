"""What features of `sky_evidence` and signs of `sureness` weigh, fitted by `benchmarks/skyline_lab`."""

from __future__ import annotations

import numpy as np

from witnessmark.lines.terrain.column_chain import Steps

WEIGHTS = np.array(
    [
        0.246,  # edge over 1 row
        0.226,  # edge over 3 rows
        0.304,  # edge over 10 rows
        0.511,  # edge over 30 rows
        0.709,  # darker below
        -1.138,  # lighter below
        -0.156,  # long edge
        0.058,  # long edge, darker below
        -0.246,  # strongest edge above
        -0.126,  # strongest long edge above
        -0.914,  # texture above
        -0.590,  # texture below
        3.217,  # lightness above
        0.714,  # lightness below
        -1.094,  # blue above
        0.479,  # blue below
        0.389,  # green above
        -0.539,  # green below
        -0.372,  # all texture above
        -0.162,  # all smoothness below
        0.951,  # all lightness
        0.300,  # all blue
        -0.188,  # all green
        0.093,  # height
        -1.602,  # height squared
        2.539,  # no sky
        -0.009,  # no ground
        1.386,  # colours
        0.095,  # cut
    ]
)
STEPS = Steps(np.array([0.000, -1.715, -3.059, -4.117, -6.123, -6.636, -7.671, -8.854]))
SURENESS = np.array(
    [
        -3.601,  # one
        0.182,  # chance of the chain
        0.107,  # its mean over the frame
        -0.174,  # edge
        -0.390,  # long edge
        0.636,  # darker below
        -0.542,  # stronger long edge above
        -0.080,  # texture gained
        2.845,  # lightness above
        2.286,  # unrest
    ]
)
