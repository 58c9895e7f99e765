"""What a line may ask while it looks: providers, fingerprint libraries, and the case's other footage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from witnessmark.custody.records import Item
from witnessmark.desk.case import Case
from witnessmark.desk.outside import open_providers
from witnessmark.plain import Plain


def consulted(case: Case, item: Item, groups: Collection[str]) -> dict[str, Any]:
    """Everything of these groups that can be opened for an item of the case, by "group:name"."""
    return open_providers(case, groups)


def states(found: Mapping[str, Any]) -> Plain:
    """What each of them holds, as one word that changes with it; what a result follows from besides the item."""
    return {name: str(asked.state()) if hasattr(asked, "state") else "" for name, asked in sorted(found.items())}
