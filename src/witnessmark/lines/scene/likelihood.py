"""From agreement with footage of known place to a log-likelihood over places."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from witnessmark.hypotheses.likelihood import LogLikelihood, mean_nats
from witnessmark.hypotheses.logs import log_sum
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, InputRef
from witnessmark.lines.scene.limits import DEPTH_M, IN_STORE, RATES, REACH_OF_DEPTH, STANDING_LIMITS, chance_nats
from witnessmark.lines.scene.observations import Compared, SceneObservations
from witnessmark.lines.scene.references import KnownPlace
from witnessmark.plain import Plain, to_plain

METHOD = "local features of key frames, verified by one geometry, against footage of known place"
ELSEWHERE = "elsewhere"
TOLD = ("same-place", "same-recording")
"""Answers that weigh."""
EARTH_M = 6_371_008.8
"""Mean radius R1 (IUGG) [m]."""
RADIUS_SIGMA = math.sqrt(-2.0 * math.log(0.05))
"""A circle of this many standard deviations holds 95 % of a round normal distribution."""
FEW = 10
"""With more references than this a finding says among how many it was made."""
RINGS, SPOKES = 6, 8
"""Points over which a reference's uncertain place is averaged."""
CELL_SIDE = 5
"""Points a side over which a cell is averaged."""


def weigh(seen: SceneObservations, over: Hypotheses, line: str, version: str) -> Finding | Abstention:
    """Weigh the place axis by the references of known place that agree.

    Parameters
    ----------
    seen : SceneObservations
    over : Hypotheses
    line, version : str

    Returns
    -------
    Finding or Abstention
        The values have shape (n_places, 1): nothing here bears on time.

    Notes
    -----
    For one reference, with measured likelihood ratio R of "same place" and a camera that stood d from the
    reference's, the likelihood against that of a chance agreement is ``1 - n(d) + R n(d)``, where ``n(d)`` is the
    chance that cameras so far apart still share enough of the scene (see `nearness`). Several references that agree
    see the same pictures of the item: their likelihoods are averaged, never multiplied. "elsewhere" gets
    that of a chance agreement; every other alternative cannot be told and gets the grid's mean.
    """
    placed = [each for each in seen.compared if each.relation in TOLD and each.place is not None]
    if not placed:
        return _abstain(seen, line, version, *_why_nothing(seen))
    near = [each for each in placed if float(_nearness_on(over, _place(each)).max()) > 0.01]
    if not near:
        return _abstain(
            seen,
            line,
            version,
            f"It shows the same place as '{placed[0].label}', whose camera stood outside the region that is weighed.",
            "Widen the region so that it holds the reference's place.",
        )
    ratio = [10.0**each.log10_likelihood_ratio for each in near]
    values = np.mean(
        [1.0 + (r - 1.0) * _nearness_on(over, _place(each)) for r, each in zip(ratio, near, strict=True)], axis=0
    )
    nats = np.log(values).astype(np.float32)
    column = nats.reshape(-1, 1)
    mean = mean_nats(column, over)
    return Finding(
        line=line,
        version=version,
        method=METHOD,
        item=seen.item,
        inputs=_inputs(seen, near),
        parameters=_parameters(near, seen.compared_count),
        seed=0,
        log_likelihood=LogLikelihood.of_places(
            nats, {each.name: 0.0 if each.name == ELSEWHERE else mean for each in over.alternatives}
        ),
        cap_nats=-max(chance_nats(each.support_count, seen.compared_count) for each in near),
        observations=to_plain(seen),
        statement=_statement(near),
        limits=(*_own_limits(near, seen.compared_count), *STANDING_LIMITS),
    )


def nearness(distance_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance that two cameras so far apart share enough of a scene to be told to show one place.

    Cameras may stand apart by `REACH_OF_DEPTH` of the distance to what both show. How far that is the pictures do not
    say, so it is taken as uniform in its logarithm over `DEPTH_M`: the chance falls evenly with the logarithm.

    Parameters
    ----------
    distance_m : ndarray of float64, any shape

    Returns
    -------
    ndarray of float64, same shape

    Examples
    --------
    >>> nearness(np.array([0.0, 3.0, 94.868, 3000.0, 1e5])).round(2).tolist()
    [1.0, 1.0, 0.5, 0.0, 0.0]
    """
    shortest, longest = (REACH_OF_DEPTH * depth for depth in DEPTH_M)
    clipped = np.clip(distance_m, shortest, longest)
    return np.asarray(np.log(longest / clipped) / math.log(longest / shortest), np.float64)


def _nearness_on(over: Hypotheses, place: KnownPlace) -> NDArray[np.float64]:
    """`nearness` of every cell, averaged over the cell and over where the reference's camera may have stood."""
    grid = over.places
    north = np.radians(grid.lat_deg - place.lat_deg) * EARTH_M
    lon = (grid.lon_deg - place.lon_deg + 180.0) % 360.0 - 180.0
    east = np.radians(lon) * EARTH_M * np.cos(np.radians((grid.lat_deg + place.lat_deg) / 2.0))
    inside = (np.arange(CELL_SIDE) + 0.5) / CELL_SIDE - 0.5
    total = np.zeros(grid.n_places)
    apart = np.hypot(east, north)
    reach = REACH_OF_DEPTH * DEPTH_M[1] + place.radius_m * 2.0 + grid.spacing_m
    close = np.flatnonzero(apart < reach)
    for shift_x, shift_y in _spots(place.radius_m):
        for cell_x in inside * grid.spacing_m:
            for cell_y in inside * grid.spacing_m:
                total[close] += nearness(np.hypot(east[close] + cell_x - shift_x, north[close] + cell_y - shift_y))
    return total / (RINGS * SPOKES * CELL_SIDE**2)


def _spots(radius_m: float) -> list[tuple[float, float]]:
    """Points of equal probability of a round normal distribution whose 95 % circle has this radius."""
    sigma = radius_m / RADIUS_SIGMA
    rings = sigma * np.sqrt(-2.0 * np.log(1.0 - (np.arange(RINGS) + 0.5) / RINGS))
    angles = 2.0 * np.pi * np.arange(SPOKES) / SPOKES
    return [(float(r * np.cos(t + n)), float(r * np.sin(t + n))) for n, r in enumerate(rings) for t in angles]


def _place(compared: Compared) -> KnownPlace:
    assert compared.place is not None
    return compared.place


def _why_nothing(seen: SceneObservations) -> tuple[str, str]:
    agreeing = [each for each in seen.compared if each.relation in TOLD]
    if agreeing:
        return (
            f"It shows the same place as '{agreeing[0].label}', but where that was filmed is not known.",
            "Establish where the reference was filmed, or compare with photographs of known place.",
        )
    things = [each for each in seen.compared if each.relation == "same-thing"]
    if things:
        return (
            f"It shows the same thing as '{things[0].label}', but that fills so little of the pictures that it may "
            "have been carried or built twice.",
            "Look at the picture, and compare with footage that shows more of what stands around it.",
        )
    return (
        f"None of the {seen.compared_count} other recordings or photographs agrees with it; the same place may be "
        "shown from another side or in other light.",
        "Compare with footage of the claimed place from a similar stand, hour and season.",
    )


def _abstain(seen: SceneObservations, line: str, version: str, reason: str, helps: str) -> Abstention:
    return Abstention(line, version, reason, helps, seen.inputs)


def _inputs(seen: SceneObservations, near: Sequence[Compared]) -> tuple[InputRef, ...]:
    used = {seen.item, *(each.reference for each in near)}
    return tuple(ref for ref in seen.inputs if ref.sha256 in used)


def _parameters(near: Sequence[Compared], compared_count: int) -> Mapping[str, Plain]:
    return {
        "reach_of_depth_ratio": REACH_OF_DEPTH,
        "depth_m": list(DEPTH_M),
        "rates": to_plain(RATES),
        "rates_in_store": to_plain(IN_STORE),
        "compared_count": compared_count,
        "references": [
            {
                "label": each.label,
                "place": to_plain(each.place),
                "log10_likelihood_ratio": each.log10_likelihood_ratio,
                "support_count": each.support_count,
            }
            for each in near
        ],
    }


def _statement(near: Sequence[Compared]) -> str:
    best = near[0]
    place = _place(best)
    how = "is, as it seems, the same recording as" if best.relation == "same-recording" else "shows the same place as"
    more = "" if len(near) == 1 else f" {len(near) - 1} other references of known place agree too."
    return (
        f"It {how} '{best.label}', whose camera stood within {place.radius_m:.0f} m of {place.lat_deg:.5f}, "
        f"{place.lon_deg:.5f}.{more}"
    )


def _own_limits(near: Sequence[Compared], compared_count: int) -> tuple[str, ...]:
    shortest, longest = (REACH_OF_DEPTH * depth for depth in DEPTH_M)
    limits = [
        f"How far apart the two cameras stood is not measured: anything from {shortest:.0f} m to {longest:.0f} m is "
        "allowed for, as what both show may be near or far.",
        "The finding is only as good as the place known of the reference.",
    ]
    if compared_count > FEW:
        limits.append(
            f"It was compared with {compared_count} recordings or photographs: the more there are, the likelier one "
            "agrees by chance, and the less this finding weighs."
        )
    nats = [math.log(10.0) * each.log10_likelihood_ratio for each in near]
    if len(near) > 1 and max(nats) - log_sum(np.array(nats)) < -1e-9 and _far_apart(near):
        limits.append("References that agree lie far from one another, so at most some of them can be right.")
    return tuple(limits)


def _far_apart(near: Sequence[Compared]) -> bool:
    first = _place(near[0])
    for each in near[1:]:
        place = _place(each)
        north = math.radians(place.lat_deg - first.lat_deg) * EARTH_M
        east = math.radians(place.lon_deg - first.lon_deg) * EARTH_M * math.cos(math.radians(first.lat_deg))
        if math.hypot(north, east) > 2.0 * REACH_OF_DEPTH * DEPTH_M[1] + first.radius_m + place.radius_m:
            return True
    return False
