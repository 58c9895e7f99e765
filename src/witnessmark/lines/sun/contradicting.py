"""Whether a mark fits the sun anywhere on the axes, and if not, what contradicts what."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.sun import ephemeris, kernel
from witnessmark.lines.sun.likelihood import heading_of
from witnessmark.lines.sun.observations import Sighting, SunObservations
from witnessmark.lines.sun.refraction import lift_deg
from witnessmark.lines.sun.stepping import Heading, narrowest_deg, stepping
from witnessmark.plain import iso

LEAST_NATS = math.log(2.0)
"""A sighting that nowhere stands out of the outlier's floor by this factor is more likely no sighting of the sun."""
FLOOR_NATS = math.log(kernel.OUTLIER * kernel.SPHERE_FLOOR)
MOST_CELLS = 4_000_000
"""Larger tables are not looked through: over a region of places the terrain and the maps show what contradicts."""


def doubts(seen: SunObservations, over: Hypotheses, scale: float) -> tuple[str, ...]:
    """A sentence for every sighting that no place and time of the space explains, naming what contradicts what.

    Parameters
    ----------
    seen : SunObservations
    over : Hypotheses
    scale : float
        As in `likelihood.weigh`.
    """
    found = (_doubt(sighting, heading_of(sighting, seen, over.shape[0]), over, scale) for sighting in seen.sightings)
    return tuple(sentence for sentence in found if sentence)


def stands_out(nats: float) -> bool:
    """Whether the best log-likelihood of a sighting [nats] rises above the outlier's floor."""
    return nats - FLOOR_NATS >= LEAST_NATS


def _doubt(sighting: Sighting, held: Heading | None, over: Hypotheses, scale: float) -> str:
    # a mark that fits between two instants of a coarse axis contradicts nothing
    steps = stepping([narrowest_deg(sighting, held)], over.times.step_s)
    if steps.extra_deg > 0.0 or over.shape[0] * over.shape[1] * steps.count > MOST_CELLS:
        return ""
    frames = ephemeris.frames(over.places.lat_deg, over.places.lon_deg)
    places = kernel.Places(frames, *held) if held is not None else kernel.Places(frames, None, None)
    track = ephemeris.track(sighting.body, steps.unix_s(over.times) + sighting.at_s)
    sky = kernel.Sky.of(track)
    scale = scale if sighting.heavy else 1.0

    def best(changed: Sighting) -> float:
        return float(np.max(kernel.cells(changed, places, sky, scale)))

    if stands_out(best(sighting)):
        return ""
    height = replace(sighting, azimuth_deg=None)
    bearing = replace(sighting, elevation_deg=None, airless_deg=None)
    named = " and ".join(mark[:60] for mark in sighting.marks)
    azimuth, airless = ephemeris.azimuth_elevation(track, frames)
    span = f"between {iso(over.times.at(0))} and {iso(over.times.end)}"
    seen_deg = airless + lift_deg(airless)
    if sighting.elevation_deg is not None and not stands_out(best(height)):
        return (
            f"The mark {named} has the {sighting.body} {sighting.elevation_deg:.1f} degrees high (give or take "
            f"{sighting.upward_deg:.1f}), but {span} it stands from {np.min(seen_deg):.1f} to {np.max(seen_deg):.1f} "
            "degrees there: the mark contradicts the place, the time or the camera's tilt."
        )
    toward = _toward(sighting, held)
    reach_deg = 3.0 * (sighting.across_deg + (0.0 if held is None else float(np.max(held[1]))))
    off_deg = np.abs((azimuth - toward + 180.0) % 360.0 - 180.0)
    up_there = bool(np.any((seen_deg > -0.3) & (off_deg <= reach_deg)))
    if not up_there and (sighting.elevation_deg is None or not stands_out(best(bearing))):
        return (
            f"The mark {named} has the {sighting.body} at a bearing of {toward:.0f} degrees, where it does not stand "
            f"above the horizon there {span}: the mark or the heading contradicts the place or the time."
        )
    if sighting.elevation_deg is None:
        return ""
    near = np.abs(seen_deg - sighting.elevation_deg) <= 2.0 * max(sighting.upward_deg, 0.2)
    where = " or ".join(_stretches(azimuth[near])) or "none"
    return (
        f"The height and the bearing by the mark {named} contradict one another: {span} the {sighting.body} stands "
        f"{sighting.elevation_deg:.1f} degrees high only at bearings of {where} degrees, not at {toward:.0f}. Look at "
        "the heading, and at which point is the shadow's tip."
    )


def _stretches(azimuth_deg: np.ndarray) -> list[str]:
    """Bearings as stretches without gaps of more than five degrees."""
    there = np.unique(np.rint(azimuth_deg).astype(np.int64))
    parts = np.split(there, np.nonzero(np.diff(there) > 5)[0] + 1)
    return [f"{part[0]} to {part[-1]}" if part.size > 1 else f"{part[0]}" for part in parts if part.size]


def _toward(sighting: Sighting, held: Heading | None) -> float:
    assert sighting.azimuth_deg is not None
    heading = 0.0 if held is None else float(np.median(held[0]))
    return (heading + sighting.azimuth_deg) % 360.0
