"""What a person would say of each state of the weather: P(label | state), with soft edges and a chance of misnaming."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.weather.limits import MISNAMED
from witnessmark.lines.weather.observations import WeatherLabel
from witnessmark.lines.weather.tables import EDGES

Floats = NDArray[np.float64]
CHAINED = ("rain", "wind", "visibility", "sky", "snow")
"""Families whose states are smoothed in time; temperature is read as it is."""
CALLED_RAIN = (0.0, 0.8, 1.0)
"""How often nothing, less than 0.6 mm and more in the hour is called rain, before misnaming. Stated."""
CALM_BELOW_M_S, STRONG_ABOVE_M_S = (1.5, 4.5), (6.0, 10.5)
"""Where people part calm, moderate and strong: anywhere in here, evenly. Beaufort 2 to 3 and 4 to 5; stated."""
STRONGEST_M_S, DIMMEST_KM = 14.0, 0.1
SKY_SAID = ((0.85, 0.13, 0.02), (0.15, 0.7, 0.15), (0.02, 0.13, 0.85))
"""Rows: clear, partly, overcast by the record's percent; columns: what a person says. Stated."""
SIGHT_ERROR = 0.2
"""Standard error of an estimated distance of sight, as a share of it. Stated."""
FAR_KM = EDGES["visibility"][-1]
"""Reports often say no more than "16 km and beyond"."""
FEWEST = 1e-3


def said(label: WeatherLabel, family: str) -> Floats | None:
    """P(what the label says | state), shape (n_states,), for a family; None where it says nothing.

    Examples
    --------
    >>> label = WeatherLabel("l", None, None, True, None, None, None, None)
    >>> said(label, "rain").round(2).tolist(), said(label, "wind")
    ([0.02, 0.79, 0.98], None)
    """
    if family == "rain" and label.rain is not None:
        rain = np.array(CALLED_RAIN)
        return _misnamed(rain if label.rain else 1.0 - rain, "rain", 2)
    if family == "snow" and label.snow_on_ground is not None:
        return _misnamed(np.array([0.0, 1.0]) if label.snow_on_ground else np.array([1.0, 0.0]), "snow", 2)
    if family == "wind" and label.wind is not None:
        return _misnamed(_wind(label.wind), "wind", 3)
    if family == "sky" and label.sky is not None:
        return np.array([row[("clear", "partly", "overcast").index(label.sky)] for row in SKY_SAID])
    if family == "visibility" and label.visibility_km is not None:
        return _misnamed(_sight(*label.visibility_km), "visibility", 3)
    return None


def _misnamed(chance: Floats, family: str, n_words: int) -> Floats:
    share = MISNAMED[family]
    return np.asarray((1.0 - n_words / (n_words - 1) * share) * chance + share / (n_words - 1))


def _wind(word: str) -> Floats:
    """Averaged over the bin and over where the person parts the words."""
    low, high = np.array([0.0, *EDGES["wind"]]), np.array([*EDGES["wind"], STRONGEST_M_S])
    speed = low[:, None] + (high - low)[:, None] * (np.arange(20) + 0.5) / 20.0
    calm = np.clip((CALM_BELOW_M_S[1] - speed) / (CALM_BELOW_M_S[1] - CALM_BELOW_M_S[0]), 0.0, 1.0)
    strong = np.clip((speed - STRONG_ABOVE_M_S[0]) / (STRONG_ABOVE_M_S[1] - STRONG_ABOVE_M_S[0]), 0.0, 1.0)
    return np.asarray({"calm": calm, "moderate": 1.0 - calm - strong, "strong": strong}[word].mean(axis=1))


def _sight(least_km: float, most_km: float) -> Floats:
    """Chance that a distance of sight in the bin, misjudged by its error, lies in the range."""
    low = np.array([DIMMEST_KM, *EDGES["visibility"][:-1]])
    high = np.array(EDGES["visibility"])
    sight = np.exp(np.log(low)[:, None] + np.log(high / low)[:, None] * (np.arange(20) + 0.5) / 20.0)
    below = np.append(_under(sight, min(least_km, FAR_KM)).mean(axis=1), 0.0)
    within = np.append(_under(sight, most_km).mean(axis=1), 1.0) if most_km < FAR_KM else np.ones(len(low) + 1)
    if most_km < FAR_KM:
        within[-1] = 0.0
    return np.asarray(np.clip(within - below, FEWEST, 1.0))


def _under(sight_km: Floats, edge_km: float) -> Floats:
    if edge_km <= 0.0:
        return np.zeros(sight_km.shape)
    off = np.log(edge_km / sight_km) / SIGHT_ERROR
    return np.asarray(0.5 * (1.0 + np.vectorize(math.erf)(off / math.sqrt(2.0))))
