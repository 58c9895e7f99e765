"""Knowledge from outside that a case holds offline: elevation, weather and gazetteer folders and their providers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from witnessmark.claims import NamedPlace
from witnessmark.custody.records import Capture, PremisEvent, Tool
from witnessmark.desk.case import TOOL, Case
from witnessmark.errors import NotFoundError, WitnessmarkError
from witnessmark.lines.providers.contract import Reading
from witnessmark.lines.registry import PROVIDER_GROUPS, providers

FOLDER = "outside"
"""Below the case folder: ``outside/elevation``, ``outside/weather``, ``outside/gazetteer``, filled by the analyst."""


def open_providers(
    case: Case, groups: Collection[str] | None = None, troubles: list[str] | None = None
) -> dict[str, Any]:
    """Every provider that can be opened on the case's folders, by "group:name"; one that cannot is left out.

    One that asks the network is opened only where the case allows it by name: what it asks tells where a case looks.

    Parameters
    ----------
    case : Case
    groups : collection of str, optional
        Only these groups; all unless given.
    troubles : list of str, optional
        Takes a sentence for each that could not be opened.
    """
    opened: dict[str, Any] = {}
    allowed = case.settings.get("online", [])
    for group in PROVIDER_GROUPS:
        if groups is not None and group not in groups:
            continue
        folder = case.folder / FOLDER / group
        for name, door in providers(group).items():
            if _asks_network(door) and name not in allowed:
                continue
            try:
                opened[f"{group}:{name}"] = door.open(folder)
            except WitnessmarkError as error:
                if troubles is not None:
                    troubles.append(str(error))
    return opened


def allow_online(case: Case, names: Sequence[str]) -> None:
    """Say which providers of a case may ask the network; those named replace those named before, "none" takes all back.

    Raises
    ------
    NotFoundError
        For a name that no provider bears.
    """
    wanted = sorted(set(names) - {"none"})
    known = {name for group in PROVIDER_GROUPS for name, door in providers(group).items() if _asks_network(door)}
    for name in wanted:
        if name not in known:
            raise NotFoundError(
                f"There is no provider '{name}' that asks the network.",
                f"Those that do are: {', '.join(sorted(known)) or 'none here'}.",
            )
    case.record(PremisEvent.METADATA_MODIFICATION, "case.set", {"setting": {"online": wanted}})


def capture_reading(case: Case, reading: Reading, line: str) -> None:
    """Put on record that a line read a file or a response from outside: what, its hash, when, and by whom.

    Parameters
    ----------
    case : Case
    reading : Reading
    line : str
        Which line read it first; the same bytes under the same name are captured once.
    """
    now = dt.datetime.now(dt.UTC)
    capture = Capture(
        tool=Tool(f"witnessmark provider {reading.provider}", TOOL.version),
        operator=case.operator,
        method=f"read for the {line} line",
        original_name=reading.source,
        started=reading.retrieved or now,
        ended=reading.retrieved or now,
        file_modified=None,
        file_created=None,
        url=reading.source if "://" in reading.source else None,
        appearance=None,
    )
    case.record(
        PremisEvent.CAPTURE,
        "outside.captured",
        {"capture": capture, "sha256": reading.sha256, "size_bytes": reading.size_bytes},
        once=f"outside {reading.provider} {reading.source} {reading.sha256.hex()}",
    )


def _asks_network(door: object) -> bool:
    return bool(getattr(door, "online", False))


class CaseGazetteer:
    """All gazetteers of a case as the one that claims ask: the case's own first, then the installed ones."""

    def __init__(self, case: Case) -> None:
        found = open_providers(case)
        names = [name for name in found if name.startswith("gazetteer:")]
        names.sort(key=lambda name: (name != "gazetteer:case", name))
        self._gazetteers = [found[name] for name in names]

    def find(self, name: str) -> tuple[NamedPlace, ...]:
        """All places of that name in the first gazetteer that knows it."""
        for gazetteer in self._gazetteers:
            places = [place for place in gazetteer.find(name) if _is_called(name, place)]
            if places:
                return tuple(
                    NamedPlace(place.name, place.lat_deg, place.lon_deg, place.uncertainty_km, place.source)
                    for place in places
                )
        return ()


def _is_called(name: str, place: Any) -> bool:
    """Whether the place bears that very name: a claim must not be laid over a place that only begins like it."""
    wanted = " ".join(name.casefold().split())
    return any(wanted == " ".join(known.casefold().split()) for known in (place.name, *place.alternative_names))
