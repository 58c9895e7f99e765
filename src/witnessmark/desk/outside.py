"""Knowledge from outside that a case holds offline: elevation, weather and gazetteer folders and their providers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from witnessmark.claims import NamedPlace
from witnessmark.desk.case import Case
from witnessmark.errors import WitnessmarkError
from witnessmark.lines.registry import PROVIDER_GROUPS, providers

FOLDER = "outside"
"""Below the case folder: ``outside/elevation``, ``outside/weather``, ``outside/gazetteer``, filled by the analyst."""


def open_providers(case: Case, groups: Collection[str] | None = None) -> dict[str, Any]:
    """Every provider that can be opened on the case's folders, by "group:name"; one that cannot is left out.

    Parameters
    ----------
    case : Case
    groups : collection of str, optional
        Only these groups; all unless given.
    """
    opened: dict[str, Any] = {}
    for group in PROVIDER_GROUPS:
        if groups is not None and group not in groups:
            continue
        folder = case.folder / FOLDER / group
        for name, door in providers(group).items():
            try:
                opened[f"{group}:{name}"] = door.open(folder)
            except WitnessmarkError:
                continue
    return opened


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
