"""Reliefs made for tests."""

import numpy as np
from numpy.typing import NDArray

from witnessmark.rehearsal import Relief
from witnessmark.rehearsal.ground import Cover

BARE = Cover(grain_m=0.0, canopy_m=0.0, forest=0.0, grass_m=0.0)


def shaped(height_m: NDArray[np.float64], name: str = "shaped") -> Relief:
    """A relief of given heights, 3 arc-seconds, first row north, about 45 N 7 E."""
    rows, columns = height_m.shape
    step = 3.0 / 3600.0
    return Relief(
        name,
        "made for a test",
        45.0 + step * ((rows - 1) / 2.0 - np.arange(rows)),
        7.0 + step * (np.arange(columns) - (columns - 1) / 2.0),
        height_m,
    )
