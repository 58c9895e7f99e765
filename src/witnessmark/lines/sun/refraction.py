"""How much the air lifts the sun: shadows follow the lifted sun, tables of the sky the other one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STANDARD_HPA = 1013.25
STANDARD_C = 12.0
"""Air pressure at sea level (ISO 2533) and the temperature assumed where none is known."""
LOWEST_DEG = -1.0
"""Below this airless elevation the formula no longer holds and the lift stays as it is there."""


def pressure_hpa(height_m: float) -> float:
    """Air pressure at a height above the sea in the standard atmosphere (ISO 2533).

    Examples
    --------
    >>> round(pressure_hpa(2000.0), 1)
    795.0
    """
    return float(STANDARD_HPA * (1.0 - 2.25577e-5 * min(max(height_m, -500.0), 9000.0)) ** 5.25588)


def lift_deg(airless_deg: Floats, hpa: float = STANDARD_HPA, temperature_c: float = STANDARD_C) -> Floats:
    """Refraction at an airless elevation [deg]: apparent less airless.

    Notes
    -----
    Saemundsson 1986 (Sky & Telescope 72, 70) with the pressure and temperature factors of Meeus 1998, chapter 16; the
    form that Reda & Andreas 2004 use, doi:10.1016/j.solener.2003.12.003.
    """
    held = np.maximum(airless_deg, LOWEST_DEG)
    factor = hpa / 1010.0 * 283.0 / (273.0 + temperature_c)
    return np.asarray(factor * 1.02 / (60.0 * np.tan(np.radians(held + 10.3 / (held + 5.11)))))


def airless_deg(apparent_deg: Floats, hpa: float = STANDARD_HPA, temperature_c: float = STANDARD_C) -> Floats:
    """Airless elevation of what is seen at an apparent one [deg], by three steps of fixed-point iteration.

    Examples
    --------
    >>> seen = np.array([0.0, 5.0, 40.0])
    >>> back = airless_deg(seen)
    >>> bool(np.max(np.abs(back + lift_deg(back) - seen)) < 0.003)
    True
    """
    guess = np.asarray(apparent_deg, dtype=np.float64)
    for _ in range(4):
        guess = apparent_deg - lift_deg(guess, hpa, temperature_c)
    return guess
