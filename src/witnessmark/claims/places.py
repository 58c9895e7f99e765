"""Parts of the ground a claim speaks of: circles, boxes, polygons, and what is made of them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import reduce
from typing import Protocol, TypeAlias

import numpy as np
import pyproj
from numpy.typing import NDArray

from witnessmark.errors import BadInputError, NotFoundError

Degrees: TypeAlias = NDArray[np.float64]
_GEOD = pyproj.Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A gazetteer's answer.

    Attributes
    ----------
    name : str
        As the gazetteer writes it.
    lat_deg, lon_deg : float
        WGS 84 [deg].
    uncertainty_km : float
        How far the named thing reaches from that point, or the point may be off [km].
    source : str
        Which gazetteer, with its version or date.
    """

    name: str
    lat_deg: float
    lon_deg: float
    uncertainty_km: float
    source: str


class Gazetteer(Protocol):
    """Finds places by name."""

    def find(self, name: str) -> tuple[NamedPlace, ...]:
        """All places of that name; empty when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Circle:
    """Within a geodesic distance of a point, the edge included.

    Attributes
    ----------
    lat_deg, lon_deg : float
        WGS 84 [deg].
    radius_km : float
        Along the WGS 84 ellipsoid [km].
    """

    lat_deg: float
    lon_deg: float
    radius_km: float
    form: str = field(default="point", init=False)

    def holds(self, lat_deg: Degrees, lon_deg: Degrees) -> NDArray[np.bool_]:
        """Which points lie in the circle, shape as given.

        Notes
        -----
        Geodesic distance by Karney's algorithm, as PROJ has it.

        References
        ----------
        C. F. F. Karney, Algorithms for geodesics, J. Geod. 87, 43-55 (2013), doi:10.1007/s00190-012-0578-z.
        """
        here = np.ones_like(lat_deg)
        _, _, distance_m = _GEOD.inv(self.lon_deg * here, self.lat_deg * here, lon_deg, lat_deg)
        inside: NDArray[np.bool_] = np.asarray(distance_m) <= self.radius_km * 1000.0
        return inside


@dataclass(frozen=True, slots=True)
class Near:
    """Within a distance of a named place; the gazetteer's own uncertainty widens it."""

    name: str
    radius_km: float
    form: str = field(default="near", init=False)

    def holds(self, lat_deg: Degrees, lon_deg: Degrees) -> NDArray[np.bool_]:
        """Refuse: a name is not yet a place.

        Raises
        ------
        BadInputError
            Always; `resolve` comes first.
        """
        raise BadInputError(
            f"The place '{self.name}' has not been looked up.", "Hand in a gazetteer, or write the place as a point."
        )


@dataclass(frozen=True, slots=True)
class Box:
    """Between two parallels and two meridians [deg]; west greater than east crosses the 180th meridian."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float
    form: str = field(default="bbox", init=False)

    def holds(self, lat_deg: Degrees, lon_deg: Degrees) -> NDArray[np.bool_]:
        """Which points lie in the box, edges included, shape as given."""
        width_deg = (self.east_deg - self.west_deg) % 360.0
        if width_deg == 0.0:  # a whole turn, or nothing: nothing is refused when read
            width_deg = 360.0
        inside: NDArray[np.bool_] = (
            (lat_deg >= self.south_deg) & (lat_deg <= self.north_deg) & ((lon_deg - self.west_deg) % 360.0 <= width_deg)
        )
        return inside


@dataclass(frozen=True, slots=True)
class Polygon:
    """A ring of corners, edges straight in longitude and latitude.

    Attributes
    ----------
    corners_deg : tuple of (float, float)
        Latitude and longitude [deg]; the last corner joins the first.

    References
    ----------
    RFC 7946 (GeoJSON), section 3.1.1: a line between two positions is straight in longitude and latitude.
    """

    corners_deg: tuple[tuple[float, float], ...]
    form: str = field(default="polygon", init=False)

    def ring_deg(self) -> NDArray[np.float64]:
        """Corners as (lat, lon), shape (n, 2), longitudes made continuous across the 180th meridian."""
        ring = np.array(self.corners_deg, dtype=np.float64)
        ring[:, 1] = ring[0, 1] + (ring[:, 1] - ring[0, 1] + 180.0) % 360.0 - 180.0
        return ring

    def holds(self, lat_deg: Degrees, lon_deg: Degrees) -> NDArray[np.bool_]:
        """Which points lie inside by the even-odd rule, shape as given.

        Notes
        -----
        A ray along the parallel crosses an edge when the edge's ends lie on either side of it; each edge owns its lower
        end, so that a corner is counted once.

        References
        ----------
        M. Shimrat, Algorithm 112: position of point relative to polygon, Commun. ACM 5, 434 (1962),
        doi:10.1145/368637.368653.
        """
        ring = self.ring_deg()
        middle = 0.5 * (ring[:, 1].min() + ring[:, 1].max())
        lon = middle + (lon_deg - middle + 180.0) % 360.0 - 180.0
        inside = np.zeros(np.shape(lat_deg), dtype=np.bool_)
        for (lat_a, lon_a), (lat_b, lon_b) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if lat_a == lat_b:
                continue
            spans = (lat_a <= lat_deg) != (lat_b <= lat_deg)
            inside ^= spans & (lon < lon_a + (lat_deg - lat_a) * (lon_b - lon_a) / (lat_b - lat_a))
        return inside

    def crosses_itself(self) -> bool:
        """Whether two edges that share no corner meet, so that inside and outside are not defined."""
        ring = self.ring_deg()
        n = len(ring)
        start, end = ring, np.roll(ring, -1, axis=0)

        def side(a: Degrees, b: Degrees, c: Degrees) -> Degrees:
            """Sign of the turn a-b-c for all pairs, shape (n, n)."""
            turn: Degrees = np.sign(
                (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0]) - (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1])
            )
            return turn

        a, b, c, d = start[:, None], end[:, None], start[None, :], end[None, :]
        low_one, high_one = np.minimum(a, b), np.maximum(a, b)
        low_two, high_two = np.minimum(c, d), np.maximum(c, d)
        boxes_meet = np.all((low_one <= high_two) & (low_two <= high_one), axis=-1)
        meets = (side(a, b, c) * side(a, b, d) <= 0) & (side(c, d, a) * side(c, d, b) <= 0) & boxes_meet
        gap = (np.arange(n)[None, :] - np.arange(n)[:, None]) % n
        return bool(np.any(meets & (gap > 1) & (gap < n - 1)))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """In at least one of the parts."""

    parts: tuple[Region, ...]
    form: str = field(default="any", init=False)

    def holds(self, lat_deg: Degrees, lon_deg: Degrees) -> NDArray[np.bool_]:
        """Which points lie in at least one part, shape as given."""
        return reduce(np.logical_or, [part.holds(lat_deg, lon_deg) for part in self.parts])


@dataclass(frozen=True, slots=True)
class AllOf:
    """In every one of the parts."""

    parts: tuple[Region, ...]
    form: str = field(default="all", init=False)

    def holds(self, lat_deg: Degrees, lon_deg: Degrees) -> NDArray[np.bool_]:
        """Which points lie in every part, shape as given."""
        return reduce(np.logical_and, [part.holds(lat_deg, lon_deg) for part in self.parts])


@dataclass(frozen=True, slots=True)
class Outside:
    """Everywhere but in the part."""

    part: Region
    form: str = field(default="not", init=False)

    def holds(self, lat_deg: Degrees, lon_deg: Degrees) -> NDArray[np.bool_]:
        """Which points lie outside the part, shape as given."""
        return np.logical_not(self.part.holds(lat_deg, lon_deg))


Region: TypeAlias = Circle | Near | Box | Polygon | AnyOf | AllOf | Outside


@dataclass(frozen=True, slots=True)
class Found:
    """A name as the claim has it, and the place it was read as."""

    asked: str
    place: NamedPlace


def resolve(region: Region, gazetteer: Gazetteer | None) -> tuple[Region, tuple[Found, ...]]:
    """Turn every named place into a circle, and say which gazetteer places were used.

    Places of exactly the name asked for go before those that a gazetteer gives for part of it.

    Raises
    ------
    BadInputError
        When a name is used and no gazetteer was handed in, or the name stands for several places.
    NotFoundError
        When the gazetteer does not know the name.
    """
    if isinstance(region, Near):
        if gazetteer is None:
            raise BadInputError(
                f"The place '{region.name}' needs a gazetteer and none was handed in.",
                "Configure one, or write the place as 'point' with latitude, longitude and radius.",
            )
        found = gazetteer.find(region.name)
        if not found:
            raise NotFoundError(
                f"The gazetteer knows no place '{region.name}'.",
                "Check the spelling, add it to the case's gazetteer, or write the place as 'point'.",
            )
        found = tuple(place for place in found if _plain(place.name) == _plain(region.name)) or found
        if len(found) > 1:
            listed = "; ".join(f"{p.name} at {p.lat_deg:.4f}, {p.lon_deg:.4f} ({p.source})" for p in found[:8])
            raise BadInputError(
                f"'{region.name}' is the name of {len(found)} places: {listed}.",
                "Write the one that the speaker meant as 'point', and say in the statement why it is that one.",
            )
        place = found[0]
        return Circle(place.lat_deg, place.lon_deg, region.radius_km + place.uncertainty_km), (
            Found(region.name, place),
        )
    if isinstance(region, AnyOf | AllOf):
        resolved = [resolve(part, gazetteer) for part in region.parts]
        places = tuple(place for _, used in resolved for place in used)
        return type(region)(tuple(part for part, _ in resolved)), places
    if isinstance(region, Outside):
        part, places = resolve(region.part, gazetteer)
        return Outside(part), places
    return region, ()


def _plain(name: str) -> str:
    """A name without case and doubled spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def bounds_deg(region: Region) -> tuple[float, float, float, float] | None:
    """A box (west, south, east, north) [deg] that holds the region, or None when it reaches round the earth.

    East may exceed 180 so that it is never less than west.
    """
    if isinstance(region, Circle):
        # One degree of latitude is at least 110.57 km on WGS 84 (at the equator)
        reach_lat = region.radius_km / 110.57
        top = max(abs(region.lat_deg - reach_lat), abs(region.lat_deg + reach_lat))
        if top >= 89.0:
            return None
        reach_lon = reach_lat / float(np.cos(np.deg2rad(top)))
        if reach_lon >= 179.0:
            return None
        return (
            region.lon_deg - reach_lon,
            region.lat_deg - reach_lat,
            region.lon_deg + reach_lon,
            region.lat_deg + reach_lat,
        )
    if isinstance(region, Box):
        width_deg = (region.east_deg - region.west_deg) % 360.0 or 360.0
        return region.west_deg, region.south_deg, region.west_deg + width_deg, region.north_deg
    if isinstance(region, Polygon):
        ring = region.ring_deg()
        (south, west), (north, east) = ring.min(axis=0), ring.max(axis=0)
        return float(west), float(south), float(east), float(north)
    if isinstance(region, AnyOf):
        boxes = [bounds_deg(part) for part in region.parts]
        known = [box for box in boxes if box is not None]
        return _hull(known) if len(known) == len(boxes) else None
    if isinstance(region, AllOf):
        parts = [box for box in (bounds_deg(part) for part in region.parts) if box is not None]
        return min(parts, key=lambda box: (box[2] - box[0]) * (box[3] - box[1])) if parts else None
    return None


def _hull(boxes: list[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    """One box round several, each shifted by whole turns to lie nearest the first."""
    first = boxes[0]
    middle = 0.5 * (first[0] + first[2])
    shifted = [(box, 360.0 * round((0.5 * (box[0] + box[2]) - middle) / 360.0)) for box in boxes]
    return (
        min(box[0] - shift for box, shift in shifted),
        min(box[1] for box in boxes),
        max(box[2] - shift for box, shift in shifted),
        max(box[3] for box in boxes),
    )
