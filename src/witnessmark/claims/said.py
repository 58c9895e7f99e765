"""From what a document says of place, time and number to what a claim can be weighed by: never narrower than said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

from witnessmark.claims.places import AllOf, AnyOf, Circle, Outside, Polygon, Region
from witnessmark.claims.proposals import Precision, SaidPlace, SaidTime
from witnessmark.claims.times import Interval, parse_zone
from witnessmark.errors import BadInputError

FARTHEST_ZONES = (dt.timezone(dt.timedelta(hours=14)), dt.timezone(-dt.timedelta(hours=12)))
"""The zones in which a calendar day begins first and ends last: UTC+14:00 (Line Islands) and UTC-12:00.

IANA time zone database, zones Pacific/Kiritimati and Etc/GMT+12.
"""

_LENGTH_S = {Precision.MINUTE: 60.0, Precision.HOUR: 3600.0}
MAX_CORNERS = 20_000
"""Most corners of a geometry, in all its rings."""


def interval_from(said: SaidTime) -> Interval:
    """The span that a said time stands for.

    Where the offset is not known, the span reaches from the zone in which it begins first to the one in which it ends
    last: 26 hours more than what was said, and never a guess.

    Raises
    ------
    BadInputError
        When its ends cannot be read, or its end lies before its beginning.

    Examples
    --------
    >>> said = SaidTime("2031-09-13", "2031-09-14", Precision.DAY, None, "13 September")
    >>> [bound.isoformat() for bound in (interval_from(said).begins, interval_from(said).ends)]
    ['2031-09-13T00:00:00+14:00', '2031-09-14T00:00:00-12:00']
    """
    zone = None if said.utc_offset is None else parse_zone(said.utc_offset)
    first, last = (zone, zone) if zone is not None else FARTHEST_ZONES
    begins, ends = local_moment(said.from_, first), local_moment(said.to or said.from_, last)
    precision_s = 0.0
    plain_begin, plain_end = begins.replace(tzinfo=None), ends.replace(tzinfo=None)
    if plain_end < plain_begin:
        raise BadInputError(
            f"The time '{said.words}' was read as ending ({said.to}) before it begins ({said.from_}).",
            "Correct it with: --set time=...",
        )
    if plain_end == plain_begin:  # a point in time has no length: it is as wide as its precision, either way
        if said.precision not in _LENGTH_S:
            raise BadInputError(
                f"The time '{said.words}' was read as the moment {said.from_}, precise to a {said.precision}.",
                "Correct it with: --set time=...",
            )
        precision_s = _LENGTH_S[said.precision]
    stated = f"{said.words} (read as {said.from_} to {said.to}, {said.precision}"
    stated += f", {said.utc_offset})" if zone is not None else ", offset not known)"
    return Interval(begins, ends, precision_s, stated)


def local_moment(text: str, zone: dt.timezone) -> dt.datetime:
    """A local date or time as a moment of a zone; one that carries its own offset keeps it.

    Raises
    ------
    BadInputError
    """
    try:
        moment = dt.datetime.fromisoformat(text)
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
        moment.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise BadInputError(f"'{text}' is not a time that exists.", "Write it as 2031-09-13T11:00.") from error
    return moment


def region_from(said: SaidPlace) -> Region | None:
    """The region that a said place stands for; None when the gazetteer did not know its name.

    Raises
    ------
    BadInputError
        When its geometry is none of the GeoJSON geometries that hold ground, or a point without an error.
    """
    if said.geometry is None:
        return None
    return from_geojson(said.geometry, said.uncertainty_km, said.words or said.name)


def from_geojson(geometry: Mapping[str, Any], uncertainty_km: float | None, words: str) -> Region:
    """A GeoJSON geometry (RFC 7946) as a region.

    Parameters
    ----------
    geometry : mapping
        Point, MultiPoint, Polygon, MultiPolygon or GeometryCollection, WGS 84.
    uncertainty_km : float or None
        How far a point may be off [km]; what holds ground has its error in it already.
    words : str
        What the place is called, for messages.

    Raises
    ------
    BadInputError

    Examples
    --------
    >>> from_geojson({"type": "Point", "coordinates": [46.2, 39.95]}, 3.0, "Lake Tarn")
    Circle(lat_deg=39.95, lon_deg=46.2, radius_km=3.0, form='point')
    """
    try:
        return _geometry(geometry, uncertainty_km)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadInputError(
            f"The geometry of '{words}' cannot be read ({error}).",
            "Give a GeoJSON Polygon, or a Point with an uncertainty, or correct it with: --set place=...",
        ) from error


def _geometry(geometry: Mapping[str, Any], uncertainty_km: float | None) -> Region:
    kind = geometry["type"]
    if kind == "GeometryCollection":
        return _any([_geometry(part, uncertainty_km) for part in geometry["geometries"]])
    coordinates = cast("Sequence[Any]", geometry["coordinates"])
    if kind == "Point":
        return _point(coordinates, uncertainty_km)
    if kind == "MultiPoint":
        return _any([_point(position, uncertainty_km) for position in coordinates])
    if kind == "Polygon":
        return _polygon(coordinates)
    if kind == "MultiPolygon":
        return _any([_polygon(rings) for rings in coordinates])
    raise ValueError(f"a {kind} holds no ground")


def _any(parts: list[Region]) -> Region:
    if not parts:
        raise ValueError("it has no part")
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def _point(position: Sequence[Any], uncertainty_km: float | None) -> Circle:
    if not uncertainty_km or not uncertainty_km > 0.0:
        raise ValueError("a point without an uncertainty holds no ground")
    lat, lon = _position(position)
    return Circle(lat, lon, float(uncertainty_km))


def _position(position: Sequence[Any]) -> tuple[float, float]:
    """Latitude and longitude of a GeoJSON position, which has them the other way round."""
    lon, lat = float(position[0]), float(position[1])
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise ValueError(f"{lon:g}, {lat:g} is not on the earth")
    return lat, lon


def _polygon(rings: Sequence[Any]) -> Region:
    """An outer ring less its holes."""
    if sum(len(ring) for ring in rings) > MAX_CORNERS:
        raise ValueError(f"it has more than {MAX_CORNERS} corners")
    outer, *holes = [_ring(ring) for ring in rings]
    return outer if not holes else AllOf((outer, *(Outside(hole) for hole in holes)))


def _ring(ring: Sequence[Any]) -> Polygon:
    corners = [_position(position) for position in ring]
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    if len(set(corners)) < 3:
        raise ValueError("a ring has fewer than three corners")
    made = Polygon(tuple(corners))
    if len(corners) <= 1000 and made.crosses_itself():
        raise ValueError("a ring crosses itself")
    return made
