"""What an instant of the time axis stands for here: the step that begins with it, by the mean over instants in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from witnessmark.hypotheses.times import TimeAxis
from witnessmark.lines.sun.kernel import UNKNOWN_DEG
from witnessmark.lines.sun.observations import Label, ShadeEdge, Sighting

TURN_DEG_PER_S = 15.0 / 3600.0
"""The fastest that sun and moon move over the sky, a turn of the earth a day."""
MOST_A_STEP = 60
"""Instants looked at in one step at most; where they are still too far apart, errors are enlarged instead."""
BEARING_RUNS = 3.0
"""How much faster than the sun its bearing turns, 1 / cos of its height: up to 70 degrees high."""
LABEL_DEG = {"sunlight": 0.533, "darkness": 1.2}
"""Over how much height a named state changes: the sun's disc, and the softer side of twilight."""

Heading = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Stepping:
    """Where in a step the sky is looked at.

    Attributes
    ----------
    count : int
        Instants in a step; one is the step's middle.
    turn_deg : float
        How far the sky turns in a step.
    error_deg : float
        The smallest error of what is weighed; infinite where nothing has one.
    extra_deg : float
        By which errors are enlarged in quadrature, as instants are still farther apart than they; mostly 0.
    """

    count: int
    turn_deg: float
    error_deg: float
    extra_deg: float

    def offsets_s(self, step_s: float) -> tuple[float, ...]:
        """The instants of a step [s after its beginning], in the middles of equal parts.

        Examples
        --------
        >>> Stepping(1, 0.25, 1.0, 0.0).offsets_s(60.0), Stepping(2, 2.5, 1.5, 0.0).offsets_s(600.0)
        ((30.0,), (150.0, 450.0))
        """
        return tuple((part + 0.5) / self.count * step_s for part in range(self.count))

    def unix_s(self, axis: TimeAxis) -> NDArray[np.float64]:
        """All instants looked at, in order, shape (n_instants * count,)."""
        fine = axis.unix_s()[:, None] + np.array(self.offsets_s(axis.step_s))
        return np.asarray(fine.ravel(), dtype=np.float64)

    def enlarged(self, sighting: Sighting, scale: float) -> Sighting:
        """A sighting with its errors enlarged, where that is needed at all.

        Parameters
        ----------
        sighting : Sighting
        scale : float
            By which its errors will be multiplied.
        """
        if self.extra_deg == 0.0:
            return sighting
        extra = self.extra_deg / scale
        across, upward = math.hypot(sighting.across_deg, extra), math.hypot(sighting.upward_deg, extra)
        ratio = sighting.correlation_ratio * sighting.across_deg * sighting.upward_deg / (across * upward)
        return replace(sighting, across_deg=across, upward_deg=upward, correlation_ratio=ratio)

    def enlarged_edge(self, edge: ShadeEdge) -> ShadeEdge:
        """The same for the edge of the relief's shadow."""
        return replace(edge, error_deg=math.hypot(edge.error_deg, self.extra_deg))


def stepping(errors_deg: Iterable[float], step_s: float) -> Stepping:
    """So many instants a step that the sky turns by no more than the smallest error from one to the next.

    Examples
    --------
    >>> stepping([1.0], 60.0).count, stepping([1.0], 600.0).count
    (1, 3)
    """
    error = min(errors_deg, default=math.inf)
    turn = TURN_DEG_PER_S * step_s
    count = min(MOST_A_STEP, max(1, math.ceil(turn / error)))
    apart = turn / count
    # twice the error apart, their mean is still that over the step to two in a hundred
    extra = apart / 2.0 if count == MOST_A_STEP and apart > error else 0.0
    return Stepping(count, turn, error, extra)


def errors_deg(
    sightings: Sequence[tuple[Sighting, Heading | None]], labels: Iterable[Label], edges: Iterable[ShadeEdge]
) -> list[float]:
    """The smallest error of each thing that is weighed [deg].

    Parameters
    ----------
    sightings : sequence of (sighting, heading and its error in each place or None)
    labels : iterable of Label
    edges : iterable of ShadeEdge
        Those that are weighed.
    """
    # the sum over n frames, divided by the square root of n, has a peak narrower by the fourth root of n
    share = max(1, len(sightings)) ** -0.25
    return [
        *(share * narrowest_deg(sighting, heading) for sighting, heading in sightings),
        *(LABEL_DEG[label.kind] for label in labels),
        *(edge.error_deg for edge in edges),
    ]


def narrowest_deg(sighting: Sighting, heading: Heading | None) -> float:
    """The smallest error of a sighting along any direction of the sky [deg]: the shorter axis of its ellipse."""
    if sighting.from_north:
        heading_error = 0.0
    elif heading is None or float(np.min(heading[1])) > UNKNOWN_DEG:
        heading_error = math.inf
    else:
        heading_error = float(np.min(heading[1]))
    if sighting.elevation_deg is None:
        across = math.hypot(sighting.across_deg, heading_error) / BEARING_RUNS
        return across if math.isfinite(across) else sighting.across_deg / BEARING_RUNS
    if sighting.azimuth_deg is None or math.isinf(heading_error):
        return sighting.upward_deg
    level = math.cos(math.radians(sighting.elevation_deg))
    across_square = sighting.across_deg**2 + (level * heading_error) ** 2
    upward_square = sighting.upward_deg**2
    covariance = sighting.correlation_ratio * sighting.across_deg * sighting.upward_deg
    half = 0.5 * (across_square + upward_square)
    spread = math.hypot(0.5 * (across_square - upward_square), covariance)
    return math.sqrt(max(half - spread, 1e-6))
