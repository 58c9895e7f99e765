"""What the search says in words: where, how sure, and why the runners-up lose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.terrain.observations import Column, Place, Rival, Strip, TerrainObservations

STRIPS = 12
"""Of equal width, from left to right, into which the difference between two places is parted."""
ALIKE_NATS = math.log(2.0)
"""A runner-up that is behind by less is as good as the best: a likelihood ratio of 2 does not discriminate."""
MOST_NAMED, NAMED_SHARE = 3, 0.15
"""Strips that are named, and the share of what the runner-up loses that each must carry."""
CARRIES = 0.8
"""Where those named carry less than this share, the rest is told as well."""
STANDING_LIMITS = (
    "Nothing of this has been checked on real footage of known place: error rates were measured on rendered views.",
    "A line that is not the skyline (a cloud's edge, a roof, trees at one's feet) fits somewhere all the same; look "
    "at the picture of each place.",
    "It says nothing of when the footage was filmed.",
)
PAN_UNIT_DEG = 0.01
"""A residual of a pan is counted in hundredths of a degree."""


def cost_nats(column: Column, tail: float) -> float:
    """How badly a column fits under Student's t [nats], up to a constant of the sight.

    Parameters
    ----------
    column : Column
    tail : float
        Degrees of freedom.

    Notes
    -----
    Lange, Little & Taylor 1989, doi:10.1080/01621459.1989.10478852: (v + 1) / 2 ln(1 + r^2 / v s^2) + ln s.
    """
    if column.residual_px is None or column.error_px is None:
        return 0.0
    if column.one_sided and column.residual_px > 0.0:
        return 0.0
    square = (column.residual_px / column.error_px) ** 2
    return 0.5 * (tail + 1.0) * math.log1p(square / tail) + math.log(column.error_px)


def compare(best: Place, other: Place, number: int, tail: float, unit_deg: float) -> Rival:
    """Why a runner-up loses: which columns carry the difference.

    Parameters
    ----------
    best, other : Place
        Fitted to the same sight.
    number : int
        Of the runner-up.
    tail : float
        See `cost_nats`.
    unit_deg : float
        Degrees to a unit of a residual.

    Returns
    -------
    Rival

    Notes
    -----
    Neighbouring columns are not independent, and the likelihood counts them as fewer. The parts are scaled so that
    they sum to the difference of the two log-likelihoods, where the columns themselves favour the same place;
    otherwise they are given as they are, and the words say that the columns do not carry the difference.
    """
    behind = best.log_likelihood_nats - other.log_likelihood_nats
    edges = _edges(best)
    ours, theirs = _by_strip(best, edges, tail), _by_strip(other, edges, tail)
    parts = [
        min(a.count, b.count) * (b.cost_nats - a.cost_nats) if a.count and b.count else 0.0
        for a, b in zip(ours, theirs, strict=True)
    ]
    total = sum(parts)
    carried = total > 0.0 and behind > 0.0
    scale = behind / total if carried else 1.0
    strips = tuple(
        Strip(
            round(float(edges[k]), 1),
            round(float(edges[k + 1]), 1),
            round(parts[k] * scale, 3),
            round(theirs[k].high * unit_deg, 3),
            round(theirs[k].bearing_deg, 1),
        )
        for k in range(STRIPS)
    )
    return Rival(number, round(behind, 3), strips, said_of(number, behind, strips, carried, unit_deg))


@dataclass(frozen=True, slots=True)
class _Held:
    """A strip of one place: its columns that count, their mean cost, how far the ridge stands above the line."""

    count: int
    cost_nats: float
    high: float
    bearing_deg: float


def _edges(place: Place) -> NDArray[np.float64]:
    marked = [column.x_px for column in place.columns if column.residual_px is not None]
    low, high = (min(marked), max(marked)) if marked else (0.0, 1.0)
    return np.linspace(low, max(high, low + 1e-6), STRIPS + 1)


def _by_strip(place: Place, edges: NDArray[np.float64], tail: float) -> list[_Held]:
    held: list[list[Column]] = [[] for _ in range(STRIPS)]
    for column in place.columns:
        k = int(np.searchsorted(edges, column.x_px, side="right")) - 1
        if column.residual_px is not None and (0 <= k < STRIPS or column.x_px == edges[-1]):
            held[min(k, STRIPS - 1)].append(column)
    return [
        _Held(
            len(some),
            float(np.mean([cost_nats(column, tail) for column in some])) if some else 0.0,
            -float(np.mean([column.residual_px or 0.0 for column in some])) if some else 0.0,
            some[len(some) // 2].bearing_deg if some else 0.0,
        )
        for some in held
    ]


def said_of(number: int, behind_nats: float, strips: Sequence[Strip], carried: bool, unit_deg: float) -> str:
    """Why a runner-up loses, in words."""
    if behind_nats < ALIKE_NATS:
        return f"Place {number} fits as well as place 1: nothing in the line tells them apart."
    first = f"Place {number} is behind by {behind_nats:.1f} nats"
    if not carried:
        return f"{first}, by its pose (pitch, roll or field of view) and not by any column."
    best = sorted(strips, key=lambda each: each.behind_nats, reverse=True)[:MOST_NAMED]
    named = [strip for strip in strips if strip in best and strip.behind_nats >= NAMED_SHARE * behind_nats]
    if not named:
        return f"{first}, spread over the whole line."
    said = " and ".join(_strip_words(strip, unit_deg) for strip in _merged(named))
    rest = behind_nats - sum(strip.behind_nats for strip in named)
    if rest > (1.0 - CARRIES) * behind_nats:
        return f"{first}: {said}. The rest is spread over the line."
    if rest < -0.15 * behind_nats:
        return f"{first}: {said}. Elsewhere it fits better, by {-rest:.1f} nats."
    return f"{first}: {said}."


def _merged(strips: Sequence[Strip]) -> list[Strip]:
    """Neighbouring strips as one."""
    joined: list[Strip] = []
    for strip in strips:
        last = joined[-1] if joined else None
        if last is not None and last.to_px == strip.from_px:
            share = last.behind_nats / (last.behind_nats + strip.behind_nats)
            joined[-1] = Strip(
                last.from_px,
                strip.to_px,
                last.behind_nats + strip.behind_nats,
                share * last.high_deg + (1.0 - share) * strip.high_deg,
                last.bearing_deg + 0.5 * ((strip.bearing_deg - last.bearing_deg + 180.0) % 360.0 - 180.0),
            )
        else:
            joined.append(strip)
    return joined


def _strip_words(strip: Strip, unit_deg: float) -> str:
    where = (
        f"{max(0.0, strip.from_px):.0f}-{strip.to_px:.0f} px"
        if unit_deg != PAN_UNIT_DEG
        else f"{strip.from_px:.0f} to {strip.to_px:.0f} degrees of the pan"
    )
    if abs(strip.high_deg) < 0.05:
        how = "its ridge has another shape"
    else:
        how = f"its ridge stands {abs(strip.high_deg):.1f} degrees too {'high' if strip.high_deg > 0.0 else 'low'}"
    return f"{strip.behind_nats:.1f} at {where}, towards {strip.bearing_deg % 360.0:.0f} degrees, where {how}"


def statement(seen: TerrainObservations) -> str:
    """What was found, in two or three neutral sentences."""
    best = seen.places[0]
    where = f"{best.lat_deg:.5f}, {best.lon_deg:.5f}"
    alike = [rival for rival in seen.rivals if rival.behind_nats < ALIKE_NATS]
    first = (
        f"Of the places searched, the marked ridge line fits best at {where}, looking towards {best.heading_deg:.0f} "
        f"degrees"
    )
    if alike:
        first += f"; {len(alike)} other {'place fits' if len(alike) == 1 else 'places fit'} as well"
    return (
        f"{first}. If the camera stood in the region searched, it stood with 50 % probability within "
        f"{seen.region50_km2:.2f} km2 and with 90 % within {seen.region90_km2:.2f} km2. That it stood outside has a "
        f"probability of {seen.outside_probability:.2f} by the line alone."
    )


def own_limits(seen: TerrainObservations, covered: float) -> tuple[str, ...]:
    """What limits this very answer."""
    searched = seen.searched
    limits = [
        f"Ridges are those of an elevation model of {searched.resolution_m:.0f} m posts: woods, buildings and what was "
        "built or quarried since do not stand in it, and crests are somewhat too low.",
        f"Places {searched.spacing_m:.0f} m apart were tried; between them the best few were refined.",
    ]
    if covered < 0.999:
        limits.append(
            f"Of the region weighed, {100.0 * (1.0 - covered):.0f} % was not searched or has no ground in the data; "
            "it counts as any place elsewhere."
        )
    if searched.missing_fraction > 0.001:
        limits.append(f"The elevation data leave out {100.0 * searched.missing_fraction:.0f} % of the region searched.")
    if seen.sighted.span_deg < 40.0:
        limits.append(
            f"The line spans only {seen.sighted.span_deg:.0f} degrees: many places show so short a ridge; frames of "
            "a pan from the same spot tell more."
        )
    if searched.vertical_datum == "not stated":
        limits.append("The elevation data do not state the datum of their heights; a constant offset would not matter.")
    return tuple(limits)
