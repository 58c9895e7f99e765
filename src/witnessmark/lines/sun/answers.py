"""Questions asked without a case: where the sun stands, when a shadow fell so at a place, where it can have fallen so.

Plain values in and out, so that a command line or a page only prints them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.custody.records import CopyKind, Item
from witnessmark.errors import BadInputError
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.regions import highest_density, intervals, minutes
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.hypotheses.times import TimeAxis
from witnessmark.lines.contract import Abstention, Mark, Tools
from witnessmark.lines.sun import drawing, ephemeris, likelihood, looking
from witnessmark.lines.sun import marks as reading
from witnessmark.lines.sun.earth import Earth, weigh_earth
from witnessmark.lines.sun.limits import SCALE
from witnessmark.lines.sun.observations import SunObservations
from witnessmark.lines.sun.refraction import airless_deg, lift_deg, pressure_hpa
from witnessmark.plain import Plain, canonical, iso

VERSION = "1"
REGION = 0.9
MOST_INSTANTS = 2_000_000
SIDE_KEYS = {"width_px": ("width_px", "width"), "height_px": ("height_px", "height")}
SHADOW_FIELDS = ("top_px", "base_px", "tip_px", "sigma_px", "flat")


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


def read_document(document: object, seed: int = 20220913) -> SunObservations:
    """Observations from a document of marks: ``{"sun": ...}`` or ``{"image", "camera", "shadows"}``.

    Raises
    ------
    BadInputError
        When it cannot be read, or its marks contradict one another; the error says which.
    """
    if not isinstance(document, Mapping):
        raise BadInputError("The marks are not an object.", 'Give {"sun": {...}} or {"image", "camera", "shadows"}.')
    marks, size = _marks(document)
    raw = canonical(document)
    item = Item("WM-0000", Sha256.of(raw), Sha512.of(raw), len(raw), "application/json", CopyKind.WORKING)
    read, refused = reading.read_marks(marks)
    if refused:
        raise BadInputError(" ".join(refused[:5]), "Correct these fields; docs/lines/sun.md describes them.")
    seen = looking.observe(item, marks, read, refused, size, Tools(Path(), seed=seed))
    if isinstance(seen, looking.CannotTell):
        raise BadInputError(seen.reason, seen.what_would_help)
    return seen


def _marks(document: Mapping[str, Plain]) -> tuple[tuple[Mark, ...], looking.FrameSize | None]:
    item = Sha256(bytes(32))

    def mark(name: str, kind: str, body: Mapping[str, Plain]) -> Mark:
        return Mark(name, item, kind, "document", 0.0, body)

    sun = document.get("sun")
    if sun is not None:
        if not isinstance(sun, Mapping):
            raise BadInputError("'sun' is not an object.", "Give azimuth_deg and elevation_deg as [mean, error].")
        return (mark("sun", "sun-direction", sun),), None
    image, camera, shadows = document.get("image"), document.get("camera", {}), document.get("shadows")
    if not isinstance(image, Mapping) or not isinstance(shadows, (list, tuple)) or not shadows:
        raise BadInputError(
            "The marks hold neither 'sun' nor 'image' and 'shadows'.",
            'Give {"sun": {...}} or {"image": {"width_px", "height_px"}, "camera": {...}, "shadows": [...]}.',
        )
    if not isinstance(camera, Mapping):
        raise BadInputError("'camera' is not an object.", "Give hfov_deg, pitch_deg, roll_deg, heading_deg.")
    found = []
    if any(camera.get(name) is not None for name in ("hfov_deg", "pitch_deg", "roll_deg")):
        found.append(mark("camera", "camera", camera))
    heading = camera.get("heading_deg")
    if heading is not None:
        if not isinstance(heading, (list, tuple)) or len(heading) != 2:
            raise BadInputError("heading_deg is not a mean and an error.", "Give it as [mean, error].")
        found.append(mark("heading", "heading", {"heading_deg": heading[0], "error_deg": heading[1]}))
    for number, shadow in enumerate(shadows):
        if not isinstance(shadow, Mapping):
            raise BadInputError(f"Shadow {number + 1} is not an object.", f"Give {', '.join(SHADOW_FIELDS)}.")
        fields = {name: shadow[name] for name in SHADOW_FIELDS if name in shadow}
        found.append(mark(f"shadow-{number + 1}", "shadow", fields))
    return tuple(found), looking.FrameSize(_side(image, "width_px"), _side(image, "height_px"), {})


def _side(image: Mapping[str, Plain], name: str) -> int:
    value = next((image[key] for key in SIDE_KEYS[name] if key in image), None)
    both = image.get("size_px")
    if value is None and isinstance(both, (list, tuple)) and len(both) == 2:
        value = both[0 if name == "width_px" else 1]
    if not isinstance(value, int) or isinstance(value, bool) or not 16 <= value <= 100_000:
        raise BadInputError(f"The image's {name} is {value}.", "Give the size of the upright frame in pixels.")
    return value


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
    if not step_s > 0.0 or not 0.0 < span_s / step_s <= MOST_INSTANTS:
        raise BadInputError(
            f"From {iso(start)} to {iso(end)} in steps of {step_s} s cannot be weighed.",
            f"Give an end after the start and at most {MOST_INSTANTS:,} steps.",
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
) -> Plain:
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
        ``region90`` (UTC intervals), ``best``, ``bits`` and ``bits_neighbouring_days``; for claims ``log10_lr`` of each
        against the others together, and whether it discriminates. An abstention gives ``abstains`` and its reason.
    """
    over = one_place(lat_deg, lon_deg, start, end, step_s)
    found = likelihood.weigh(_at_height(seen, height_m), over, "sun", VERSION)
    if isinstance(found, Abstention):
        return {"abstains": True, "reason": found.reason, "what_would_help": found.what_would_help}
    nats = found.log_likelihood.values_nats[0].astype(np.float64)
    nats = np.broadcast_to(nats, (over.times.n_instants,))
    mass = np.exp(nats - np.max(nats))
    region = highest_density(mass, REGION)
    told = found.parameters["bits"]
    assert isinstance(told, dict)
    answer: dict[str, Plain] = {
        "abstains": False,
        "best": iso(over.times.at(int(np.argmax(mass)))),
        "region90": [[iso(first), iso(last)] for first, last in intervals(over.times, region)],
        "region90_minutes": minutes(over.times, region),
        "bits": told["total"],
        "bits_days": told["days"],
        "bits_neighbouring_days": told["neighbours"],
        "statement": found.statement,
        "limits": list(found.limits),
        "remarks": [remark.seen for remark in seen.remarks],
    }
    if claims:
        answer["claims"] = _claims(nats, over, claims)
    return answer


def _claims(nats: np.ndarray, over: Hypotheses, claims: Sequence[tuple[dt.datetime, dt.datetime]]) -> list[Plain]:
    """log10 of each interval's mean likelihood against that of the others together."""
    unix_s = over.times.unix_s()
    top = float(np.max(nats))
    masks = [(unix_s >= ephemeris.unix_s(first)) & (unix_s < ephemeris.unix_s(last)) for first, last in claims]
    for (first, last), mask in zip(claims, masks, strict=True):
        if not mask.any():
            raise BadInputError(
                f"The claimed interval {iso(first)} to {iso(last)} holds no instant of the time axis.",
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


def where(seen: SunObservations, instants: Sequence[dt.datetime], grid_deg: float) -> Plain:
    """Where on earth the shadows can have fallen so at one of the instants.

    Returns
    -------
    Plain
        ``region90`` (area and how many cells), ``best`` (latitude and longitude) and ``bits`` against an earth on which
        every square kilometre is as probable.

    Raises
    ------
    BadInputError
    """
    if not seen.sightings:
        raise BadInputError("Nothing marked tells where the sun stood.", "Mark a shadow or the sun.")
    earth = Earth.of(grid_deg)
    nats = where_nats(seen, instants, earth)
    area = earth.area_km2() * np.ones(nats.shape)
    mass = np.exp(nats - np.max(nats)) * area
    share = mass / mass.sum()
    region = drawing.in_region(nats, mass, REGION)
    row, column = np.unravel_index(int(np.argmax(nats)), nats.shape)
    even = area / area.sum()
    return {
        "best": {"lat_deg": float(earth.lat_deg[row]), "lon_deg": float(earth.lon_deg[column])},
        "region90": {"area_km2": float(area[region].sum()), "cells_count": int(region.sum())},
        "region90_share_of_earth": float(even[region].sum()),
        "bits": float(np.sum(np.where(share > 0.0, share * np.log2(np.maximum(share, 1e-300) / even), 0.0))),
        "grid_deg": 180.0 / len(earth.lat_deg),
    }


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
