"""How hard the terrain is searched."""

from __future__ import annotations

from dataclasses import dataclass

from witnessmark.lines.terrain import limits
from witnessmark.lines.terrain.ground import HALO_M
from witnessmark.lines.terrain.posterior import Calibration


@dataclass(frozen=True, slots=True)
class Settings:
    """How hard to look.

    Attributes
    ----------
    n_azimuths : int
        Bearings of the packed horizons.
    halo_m : float
    first, first_near, second, third : int
        Candidates that the rounds of the refinement take in each tile: best of the coarse search, best further ones
        with near ridges, best of the first round, and of the second.
    candidates : int
        Told in the end.
    around_m, around_nats : float
        So far about every candidate that is so good the cells are fitted too.
    finest_m : float
        The fine ground's spacing at the least.
    independent_a_degree : float
        Independent columns of a skyline a degree, as to its tracing.
    calibration : Calibration
    """

    n_azimuths: int = 360
    halo_m: float = HALO_M
    first: int = 3000
    first_near: int = 1500
    second: int = 300
    third: int = 100
    candidates: int = 20
    around_m: float = 300.0
    around_nats: float = 8.0
    finest_m: float = 20.0
    independent_a_degree: float = 1.0
    calibration: Calibration = limits.CALIBRATION
