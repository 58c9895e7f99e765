"""Questions asked without a case: where the sun stands, when a shadow fell so at a place, where it can have fallen so.

Plain values in and out, so that a command line or a page only prints them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from witnessmark.errors import BadInputError
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.regions import highest_density, intervals, minutes
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.hypotheses.times import TimeAxis
from witnessmark.lines.contract import Abstention, Finding
from witnessmark.lines.sun import contradicting, drawing, ephemeris, likelihood, telling
from witnessmark.lines.sun.documents import read_document as read_document
from witnessmark.lines.sun.earth import Earth, weigh_earth
from witnessmark.lines.sun.limits import SCALE, STANDING_LIMITS_ON_EARTH
from witnessmark.lines.sun.observations import SunObservations
from witnessmark.lines.sun.refraction import airless_deg, lift_deg, pressure_hpa
from witnessmark.plain import Plain, iso

VERSION = "1"
REGION = 0.9
MOST_INSTANTS = 2_000_000
NOWHERE = (
    "Nowhere on earth did the sun stand so at that time: the height and the bearing that are marked, or one of them "
    "and the time, contradict one another."
)


def position(lat_deg: float, lon_deg: float, at: dt.datetime, body: str = "sun", height_m: float = 0.0) -> Plain:
    """Azimuth, airless and apparent elevation of the sun or moon [deg].

    Raises
    ------
    BadInputError
        For a time without an offset, an unknown body or a place off the earth.

    Examples
    --------
    >>> found = position(39.6, 46.3, dt.datetime(2022, 9, 13, 11, 0, tzinfo=dt.UTC))
    >>> {name: round(value, 2) for name, value in found.items() if name.endswith("deg")}
    {'azimuth_deg': 227.56, 'elevation_deg': 43.71, 'apparent_elevation_deg': 43.73}
    """
    _check_place(lat_deg, lon_deg)
    seconds = np.array([ephemeris.unix_s(at)])
    here = ephemeris.frames(np.array([lat_deg]), np.array([lon_deg]), height_m)
    azimuth, elevation = ephemeris.azimuth_elevation(ephemeris.track(body, seconds), here)
    lifted = elevation[0] + lift_deg(elevation[0], pressure_hpa(height_m))
    answer: dict[str, Plain] = {
        "body": body,
        "utc": iso(at.astimezone(dt.UTC)),
        "azimuth_deg": float(azimuth[0, 0]),
        "elevation_deg": float(elevation[0, 0]),
        "apparent_elevation_deg": float(lifted[0]),
    }
    if body == "moon":
        lit, growing = ephemeris.illuminated_fraction(seconds)
        answer |= {"illuminated_fraction": float(lit[0]), "growing": bool(growing[0])}
    return answer


def _check_place(lat_deg: float, lon_deg: float) -> None:
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 360.0):
        raise BadInputError(
            f"{lat_deg}, {lon_deg} is no place on earth.", "Give latitude -90 to 90 and longitude -180 to 180 degrees."
        )


def one_place(lat_deg: float, lon_deg: float, start: dt.datetime, end: dt.datetime, step_s: float) -> Hypotheses:
    """A space of one place and a time axis.

    Raises
    ------
    BadInputError
    """
    _check_place(lat_deg, lon_deg)
    span_s = ephemeris.unix_s(end) - ephemeris.unix_s(start)
    if not step_s > 0.0 or not 1.0 <= span_s / step_s <= MOST_INSTANTS:
        raise BadInputError(
            f"From {iso(start)} to {iso(end)} in steps of {step_s} s cannot be weighed.",
            f"Give an end after the start, a step that fits between them, and at most {MOST_INSTANTS:,} steps.",
        )
    at = np.zeros(1)
    grid = PlaceGrid("+proj=longlat +datum=WGS84", 1.0, at, at, np.array([lat_deg]), np.array([lon_deg]))
    return Hypotheses(grid, TimeAxis(start, step_s, math.ceil(span_s / step_s)))


def when(
    seen: SunObservations,
    lat_deg: float,
    lon_deg: float,
    start: dt.datetime,
    end: dt.datetime,
    step_s: float,
    *,
    height_m: float = 0.0,
    claims: Sequence[tuple[dt.datetime, dt.datetime]] = (),
) -> dict[str, Plain]:
    """When the shadows fell so at a place.

    Parameters
    ----------
    seen : SunObservations
    start, end : datetime
        With offsets.
    height_m : float
        Of the place, for the air's refraction.
    claims : sequence of (start, end)
        Intervals to be weighed against one another.

    Returns
    -------
    Plain
        ``region90`` (UTC intervals), ``best`` (the middle of the best step), ``bits`` and ``bits_neighbouring_days``;
        ``contradictions``, a sentence for every mark that no instant explains; for claims ``log10_lr`` of each against
        the others together, and whether it discriminates. An abstention gives ``abstains`` and its reason.
    """
    return told(*weighed(seen, lat_deg, lon_deg, start, end, step_s, height_m), claims)


def weighed(
    seen: SunObservations,
    lat_deg: float,
    lon_deg: float,
    start: dt.datetime,
    end: dt.datetime,
    step_s: float,
    height_m: float = 0.0,
) -> tuple[SunObservations, Hypotheses, Finding | Abstention]:
    """What `when` tells of: the observations with the air of that height, the space, and the finding.

    Raises
    ------
    BadInputError
    """
    over = one_place(lat_deg, lon_deg, start, end, step_s)
    seen = _at_height(seen, height_m)
    return seen, over, likelihood.weigh(seen, over, "sun", VERSION)


def told(
    seen: SunObservations,
    over: Hypotheses,
    found: Finding | Abstention,
    claims: Sequence[tuple[dt.datetime, dt.datetime]] = (),
) -> dict[str, Plain]:
    """What `when` answers, out of what was `weighed`."""
    if isinstance(found, Abstention):
        return {"abstains": True, "reason": found.reason, "what_would_help": found.what_would_help}
    nats = found.log_likelihood.values_nats[0].astype(np.float64)
    nats = np.broadcast_to(nats, (over.times.n_instants,))
    mass = np.exp(nats - np.max(nats))
    region = highest_density(mass, REGION)
    worth = found.parameters["bits"]
    assert isinstance(worth, dict)
    answer: dict[str, Plain] = {
        "abstains": False,
        "best": iso(over.times.middle(int(np.argmax(mass)))),
        "region90": [[iso(first), iso(last)] for first, last in intervals(over.times, region)],
        "region90_minutes": minutes(over.times, region),
        "bits": worth["total"],
        "bits_days": worth["days"],
        "bits_neighbouring_days": worth["neighbours"],
        "statement": found.statement,
        "limits": list(found.limits),
        "contradictions": list(contradicting.doubts(seen, over, SCALE)),
        "remarks": [remark.seen for remark in seen.remarks],
    }
    if claims:
        answer["claims"] = _claims(nats, over, claims)
    return answer


def _claims(nats: np.ndarray, over: Hypotheses, claims: Sequence[tuple[dt.datetime, dt.datetime]]) -> list[Plain]:
    """log10 of each interval's mean likelihood against that of the others together."""
    unix_s = over.times.middles_unix_s()
    top = float(np.max(nats))
    masks = [(unix_s >= ephemeris.unix_s(first)) & (unix_s < ephemeris.unix_s(last)) for first, last in claims]
    for (first, last), mask in zip(claims, masks, strict=True):
        if not mask.any():
            raise BadInputError(
                f"The claimed interval {iso(first)} to {iso(last)} holds no instant of the time axis, taken at the "
                "middles of its steps.",
                "Widen --from and --to, or take a smaller step.",
            )
    likelihood_of = np.exp(nats - top)
    answers: list[Plain] = []
    for number, (first, last) in enumerate(claims):
        other = (
            np.any([mask for index, mask in enumerate(masks) if index != number], axis=0)
            if len(claims) > 1
            else (~masks[number])
        )
        other = other & ~masks[number]
        ratio: float | None = None
        if other.any():
            ratio = math.log10(float(likelihood_of[masks[number]].mean()) / float(likelihood_of[other].mean()))
        answers.append(
            {
                "from": iso(first),
                "to": iso(last),
                "log10_lr": ratio,
                "bits": None if ratio is None else ratio / math.log10(2.0),
                "discriminates": ratio is not None and abs(ratio) >= math.log10(2.0),
            }
        )
    return answers


def _at_height(seen: SunObservations, height_m: float) -> SunObservations:
    """The same sightings with the refraction of the air at a height."""
    hpa = pressure_hpa(height_m)
    changed = tuple(
        sighting
        if sighting.elevation_deg is None
        else replace(sighting, airless_deg=float(airless_deg(np.array([sighting.elevation_deg]), hpa)[0]))
        for sighting in seen.sightings
    )
    return replace(seen, sightings=changed)


def where(seen: SunObservations, instants: Sequence[dt.datetime], grid_deg: float) -> dict[str, Plain]:
    """Where on earth the shadows can have fallen so at one of the instants.

    Returns
    -------
    Plain
        ``region90`` (area, how many cells, and the middle of each as latitude and longitude), ``best`` (latitude and
        longitude), ``bits`` against an earth on which every square kilometre is as probable, ``contradictions``,
        ``limits`` and ``remarks``.

    Raises
    ------
    BadInputError
    """
    earth = Earth.of(grid_deg)
    return told_where(seen, where_nats(seen, instants, earth), earth)


def told_where(seen: SunObservations, nats: np.ndarray, earth: Earth) -> dict[str, Plain]:
    """What `where` answers, out of a table of `where_nats`."""
    area = earth.area_km2() * np.ones(nats.shape)
    mass = np.exp(nats - np.max(nats)) * area
    share = mass / mass.sum()
    region = drawing.in_region(nats, mass, REGION)
    row, column = np.unravel_index(int(np.argmax(nats)), nats.shape)
    even = area / area.sum()
    return {
        "best": {"lat_deg": float(earth.lat_deg[row]), "lon_deg": float(earth.lon_deg[column])},
        "region90": {
            "area_km2": float(area[region].sum()),
            "cells_count": int(region.sum()),
            "cells": [[round(float(lat), 4), round(float(lon), 4)] for lat, lon in _middles(earth, region)],
        },
        "region90_share_of_earth": float(even[region].sum()),
        "bits": float(np.sum(np.where(share > 0.0, share * np.log2(np.maximum(share, 1e-300) / even), 0.0))),
        "grid_deg": 180.0 / len(earth.lat_deg),
        "contradictions": [] if contradicting.stands_out(float(np.max(nats))) else [NOWHERE],
        "limits": [*telling.own_limits_on_earth(seen), *STANDING_LIMITS_ON_EARTH],
        "remarks": [remark.seen for remark in seen.remarks],
    }


def _middles(earth: Earth, region: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(region)
    return np.stack([earth.lat_deg[rows], earth.lon_deg[columns]], axis=1)


def where_nats(seen: SunObservations, instants: Sequence[dt.datetime], earth: Earth) -> np.ndarray:
    """Log of the mean likelihood over the instants [nats], shape (n_lat, n_lon), of the first sighting of the sun."""
    sighting = next((one for one in seen.sightings if one.body == "sun"), None)
    if sighting is None:
        raise BadInputError("Nothing marked tells where the sun stood.", "Mark a shadow or the sun.")
    unix_s = [ephemeris.unix_s(moment) for moment in instants]
    known = seen.headings[0] if seen.headings else None
    if known is None:
        return weigh_earth(sighting, earth, unix_s, SCALE).astype(np.float64)
    return weigh_earth(sighting, earth, unix_s, SCALE, known.heading_deg, known.error_deg).astype(np.float64)
