"""The files of a case's names: ``names.yaml`` or ``names.csv``, its gazetteer, and towns from GeoNames by leave."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from witnessmark.errors import ProviderError
from witnessmark.lines.providers.contract import NamedPlace, Reading, great_circle_km
from witnessmark.lines.providers.gazetteer import CASE_FILES, CaseGazetteer, GeonamesGazetteer
from witnessmark.lines.providers.names import KINDS, NamedThing

NAME_FILES = ("names.yaml", "names.yml", "names.csv")
MOST_BYTES = 8 << 20
MOST_TOWNS = 5000
"""Towns taken from GeoNames at most: more names find each other by chance."""

_KIND_OF_PLACE = {
    "village": "settlement", "town": "settlement", "city": "settlement", "settlement": "settlement", "lake": "lake",
    "reservoir": "lake", "peak": "peak", "mountain": "peak", "summit": "peak", "hill": "peak", "region": "region",
    "district": "region", "province": "region",
}  # fmt: skip


def read_names(folder: Path) -> tuple[list[NamedThing], list[Reading]]:
    """Every name in a case's folder, and the files they stand in.

    Parameters
    ----------
    folder : Path
        Need not exist.

    Raises
    ------
    ProviderError
        When a file is not what it should be, or towns are asked for that are not installed.
    """
    things: dict[str, NamedThing] = {}
    readings: list[Reading] = []
    for path in (folder / name for name in NAME_FILES):
        if not path.is_file():
            continue
        readings.append(Reading.of_file("names", path))
        entries, towns = _entries(path)
        for number, entry in enumerate(entries, start=1):
            thing = named_thing(entry, f"Entry {number} of '{path.name}'")
            if thing.id in things:
                raise ProviderError(
                    f"'{path.name}' lists '{thing.id}' twice.", "Put all spellings into one entry, or give other ids."
                )
            things[thing.id] = thing
        for thing in _towns(towns, path.name) if towns is not None else ():
            things.setdefault(thing.id, thing)
    if any((folder / name).is_file() for name in CASE_FILES):
        for place in CaseGazetteer(folder).places:
            thing = _of_place(place, f"place:{place.name}")
            readings.extend(reading for reading in place.readings if reading not in readings)
            things.setdefault(thing.id if thing.id not in things else f"{thing.id}:{thing.lat_deg}", thing)
    return list(things.values()), readings


def named_thing(entry: Mapping[str, object], where: str) -> NamedThing:
    """One entry of a names file.

    Parameters
    ----------
    entry : mapping
        name, kind, source; optionally id, spellings (a list, or text parted by ``|``), note, and lat_deg, lon_deg
        and uncertainty_km together.
    where : str
        For the message.

    Raises
    ------
    ProviderError
        When it is not complete or not in range.
    """
    name, kind, source, note, own = (_text(entry.get(key)) for key in ("name", "kind", "source", "note", "id"))
    if not name or not source or kind not in KINDS:
        raise ProviderError(
            f"{where} ('{name}') lacks its name, its source or a kind.", f"The kinds are {', '.join(KINDS)}."
        )
    listed = entry.get("spellings")
    spellings = listed.split("|") if isinstance(listed, str) else listed if isinstance(listed, (list, tuple)) else ()
    given = [_text(entry.get(key)) for key in ("lat_deg", "lon_deg", "uncertainty_km")]
    lat_deg = lon_deg = uncertainty_km = None
    if any(given):
        try:
            lat_deg, lon_deg, uncertainty_km = (float(number) for number in given)
        except ValueError as error:
            raise ProviderError(
                f"{where} ('{name}') has an unclear place.", "Give lat_deg, lon_deg and uncertainty_km, or none."
            ) from error
        if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0 and 0.0 < uncertainty_km < math.inf):
            raise ProviderError(
                f"{where} ('{name}') lies out of range.",
                "Latitude -90 to 90, longitude -180 to 180, uncertainty above 0 km.",
            )
    others = tuple(dict.fromkeys(_text(other) for other in spellings if _text(other)))
    return NamedThing(own or f"{kind}:{name}", kind, name, others, lat_deg, lon_deg, uncertainty_km, note, source)


def _text(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def _entries(path: Path) -> tuple[list[Mapping[str, object]], Mapping[str, object] | None]:
    """The entries of a names file, and what it says of towns."""
    if path.stat().st_size > MOST_BYTES:
        raise ProviderError(f"'{path.name}' is larger than 8 MB.", "List the names that bear on the case only.")
    try:
        if path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as stream:
                return [dict(row) for row in csv.DictReader(stream)], None
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, csv.Error, UnicodeDecodeError, RecursionError) as error:
        raise ProviderError(f"'{path.name}' cannot be read: {error}.", "Write a list under 'names:'.") from error
    entries = held.get("names", []) if isinstance(held, Mapping) else held
    towns = held.get("towns") if isinstance(held, Mapping) else None
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ProviderError(f"'{path.name}' holds no list of names.", "Write a list under 'names:'.")
    if towns is not None and not isinstance(towns, Mapping):
        raise ProviderError(
            f"'towns' in '{path.name}' is not understood.", "Write around: {lat_deg, lon_deg, radius_km}."
        )
    return entries, towns


def _towns(wanted: Mapping[str, object], file: str) -> Iterator[NamedThing]:
    """Settlements from GeoNames around a point, as the case's names file asks for them."""
    around = wanted.get("around")
    try:
        if not isinstance(around, Mapping):
            raise ValueError("around")
        lat_deg, lon_deg, radius_km = (float(str(around[key])) for key in ("lat_deg", "lon_deg", "radius_km"))
        population = int(str(wanted.get("population_at_least", 500)))
    except (KeyError, ValueError) as error:
        raise ProviderError(
            f"'towns' in '{file}' is not complete ({error}).",
            "Write around: {lat_deg, lon_deg, radius_km}, and population_at_least if you like.",
        ) from error
    chosen = [
        place
        for place in GeonamesGazetteer().places_of(population)
        if great_circle_km(lat_deg, lon_deg, place.lat_deg, place.lon_deg) <= radius_km
    ]
    if len(chosen) > MOST_TOWNS:
        raise ProviderError(
            f"'towns' in '{file}' asks for {len(chosen):,} towns.",
            f"Ask for fewer than {MOST_TOWNS:,}: a smaller radius.",
        )
    for place in chosen:
        yield _of_place(place, place.source.partition(",")[0].replace(" ", ":").lower())


def _of_place(place: NamedPlace, own: str) -> NamedThing:
    kind = _KIND_OF_PLACE.get(place.kind.casefold(), "other")
    return NamedThing(
        own,
        kind,
        place.name,
        place.alternative_names,
        place.lat_deg,
        place.lon_deg,
        place.uncertainty_km,
        "",
        place.source,
    )
