"""What a line may ask while it looks: providers, fingerprint libraries, and the case's other footage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from witnessmark.custody.records import Item
from witnessmark.desk.case import Case
from witnessmark.desk.footage import CaseFootage
from witnessmark.desk.libraries import open_libraries
from witnessmark.desk.outside import open_providers
from witnessmark.plain import Plain

FINGERPRINTS = "fingerprints"
FOOTAGE = "footage"


def consulted(case: Case, item: Item, groups: Collection[str]) -> dict[str, Any]:
    """Everything of these groups that can be opened for an item of the case, by "group:name"."""
    found = open_providers(case, groups)
    if FINGERPRINTS in groups:
        found |= {f"{FINGERPRINTS}:{name}": library for name, library in open_libraries(case).items()}
    if FOOTAGE in groups:
        found[f"{FOOTAGE}:case"] = CaseFootage(case, item)
    return found


def states(found: Mapping[str, Any]) -> Plain:
    """What each of them holds, as one word that changes with it: what a result follows from besides the item."""
    return {name: _state(asked) for name, asked in sorted(found.items())}


def _state(asked: Any) -> str:
    return str(asked.state()) if hasattr(asked, "state") else ""


def let_go(found: Mapping[str, Any]) -> None:
    """Close what can be closed."""
    for asked in found.values():
        if hasattr(asked, "close"):
            asked.close()
