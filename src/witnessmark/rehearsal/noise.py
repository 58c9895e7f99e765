"""Seeded noise over the plane: the grain of ground, canopy and cloud. Vectorised, the same everywhere."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

SIDE_BITS = 9
SIDE = 1 << SIDE_BITS
"""Side of the table of random lattice values [cells]; the lattice repeats after as many cells."""

WORKERS = 2
"""Threads over slices of pixels; results do not depend on it."""


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """A square table of independent uniform values in [0, 1), repeated over the plane."""

    table: Floats32

    @classmethod
    def seeded(cls, seed: int) -> Lattice:
        """Make the table of a seed."""
        return cls(np.random.default_rng(seed).random(SIDE * SIDE, dtype=np.float32))

    def at(self, x: Floats, y: Floats) -> Floats32:
        """Value noise in [0, 1): lattice values joined by cubic smoothsteps.

        Parameters
        ----------
        x, y : ndarray of float64, same shape
            Position in cells of the lattice.

        Returns
        -------
        ndarray of float32, same shape

        Notes
        -----
        Value noise as in Lewis, "Algorithms for solid noise synthesis", SIGGRAPH 1989, doi:10.1145/74334.74360.
        """
        floor_x, floor_y = np.floor(x), np.floor(y)
        across, along = _eased((x - floor_x).astype(np.float32)), _eased((y - floor_y).astype(np.float32))
        east, north = floor_x.astype(np.int32), floor_y.astype(np.int32)
        west, south = east & (SIDE - 1), (north & (SIDE - 1)) << SIDE_BITS
        east, north = (east + 1) & (SIDE - 1), ((north + 1) & (SIDE - 1)) << SIDE_BITS
        # In place throughout: this is where most of a rendering's time goes.
        low = self.table.take(south + west, mode="clip")
        step = self.table.take(south + east, mode="clip")
        step -= low
        step *= across
        low += step
        high = self.table.take(north + west, mode="clip")
        step = self.table.take(north + east, mode="clip")
        step -= high
        step *= across
        high += step
        high -= low
        high *= along
        low += high
        return low

    def fractal(self, x_m: Floats, y_m: Floats, wavelength_m: float, octaves: int, gain: float = 0.5) -> Floats32:
        """Sum of `octaves` of value noise, each half as wide and `gain` as strong, turned so that no rows show.

        Returns
        -------
        ndarray of float32
            Centred: mean about 0, within (-1, 1).
        """
        total = np.zeros(np.shape(x_m), dtype=np.float32)
        weight, norm = 1.0, 0.0
        for octave in range(octaves):
            angle = 0.6 + 1.3 * octave
            scale = 2.0**octave / wavelength_m
            cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
            total += np.float32(weight) * self.at(
                x_m * cos - y_m * sin + 17.3 * octave + 5.1, x_m * sin + y_m * cos + 41.7 * octave + 9.7
            )
            norm += weight
            weight *= gain
        total *= np.float32(2.0 / norm)
        total -= np.float32(1.0)
        return total


def _eased(t: Floats32) -> Floats32:
    """3 t^2 - 2 t^3."""
    eased = t * np.float32(-2.0)
    eased += np.float32(3.0)
    eased *= t
    eased *= t
    return eased


def smoothstep(low: float, high: float, value: Floats32 | Floats) -> Floats32:
    """0 below `low`, 1 above `high`, a cubic between (for `low` above `high`, falling)."""
    t = np.clip((np.asarray(value, dtype=np.float32) - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    result: Floats32 = t * t * (np.float32(3.0) - np.float32(2.0) * t)
    return result


def over_slices(work: Callable[[slice], None], n: int, step: int) -> None:
    """Call `work` on consecutive slices of at most `step` of `n`, a few at a time.

    Each slice writes its own part of the result, so the order does not matter.
    """
    slices = [slice(begin, min(begin + step, n)) for begin in range(0, n, step)]
    with ThreadPoolExecutor(WORKERS) as pool:
        for _ in pool.map(work, slices):
            pass
