"""What recurs across cases: the same bytes, copies, sources, accounts, units, names, places, acts, and near times.

It lists coincidences with the numbers behind them. That two cases share a name or lie near one another does not make
them one; a person decides that, by linking items or not.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyproj

from witnessmark.desk.case import Case, cases_below, open_case
from witnessmark.desk.linking import links_of
from witnessmark.desk.traits import Trait, traits_of
from witnessmark.errors import NotFoundError, WitnessmarkError

NOT_A_CONNECTION = (
    "What is listed here coincides. Whether it is connected is for a person to find out: names recur, places are near"
    " one another, and a time within days is common."
)
WITHIN_DAYS = 3.0
"""Gap between two times that is still told [days]; a convention."""
ACT_WORDS_SHARED = 0.5
"""Share of words (Jaccard) from which two acts' descriptions are listed as alike; a convention, and a crude one."""
_GEOD = pyproj.Geod(ellps="WGS84")
_SAME = ("item", "copy", "linked item", "account", "source", "unit", "name")


@dataclass(frozen=True, slots=True)
class Shared:
    """Something that two or more cases have in common.

    Attributes
    ----------
    kind : str
        "item", "copy", "linked item", "account", "source", "unit", "name", "place", "act" or "time".
    what : str
    between : tuple of (reference, where)
        Case references, and in each the exhibit, claim or assessment it stands in.
    said : str
        The numbers behind it.
    distance_km, error_km, apart_days : float or None
        Of places and times.
    """

    kind: str
    what: str
    between: tuple[tuple[str, str], ...]
    said: str
    distance_km: float | None = None
    error_km: float | None = None
    apart_days: float | None = None


def linked_cases(folder: Path, *, within_days: float = WITHIN_DAYS) -> dict[str, Any]:
    """What the cases of a folder have in common.

    Parameters
    ----------
    folder : Path
        Holds case folders.
    within_days : float
        Times this far apart are still told [days].

    Returns
    -------
    dict
        ``cases``, ``shared`` (list of `Shared`), ``not_opened``, ``said``.

    Raises
    ------
    NotFoundError
        When the folder holds no case.
    """
    paths = cases_below(folder)
    if not paths:
        raise NotFoundError(f"There is no case in '{folder}'.", "Give the folder your cases are in.")
    cases: list[dict[str, Any]] = []
    traits: list[Trait] = []
    not_opened: list[dict[str, str]] = []
    for path in paths:
        try:
            case = open_case(path)
        except WitnessmarkError as error:  # one damaged case must not hide what the others share
            not_opened.append({"folder": path.name, "problem": str(error)})
            continue
        try:
            label = _label(case, cases)
            cases.append({"case": label, "folder": path.name, "title": case.settings["title"], "kind": _kind(case)})
            traits += traits_of(case, label)
            traits += [
                Trait(
                    label,
                    "linked item",
                    one["item"],
                    one["exhibit"],
                    f"linked {one['way']} {one['other']['reference']}",
                )
                for one in links_of(case)
            ]
        finally:
            case.close()
    shared = [*_same(traits), *_places(traits), *_acts(traits), *_times(traits, within_days)]
    return {"cases": cases, "shared": shared, "not_opened": not_opened, "said": NOT_A_CONNECTION}


def _label(case: Case, known: Sequence[dict[str, Any]]) -> str:
    """The reference; with the folder where two cases carry the same one."""
    taken = any(one["case"] == case.reference for one in known)
    return f"{case.reference} ({case.folder.name})" if taken else case.reference


def _kind(case: Case) -> str:
    return str(case.settings.get("kind") or "incident")


def _same(traits: Iterable[Trait]) -> list[Shared]:
    """Traits with the same key in two or more cases."""
    found: dict[tuple[str, str], list[Trait]] = {}
    for trait in traits:
        if trait.kind in _SAME:
            found.setdefault((trait.kind, trait.key), []).append(trait)
    rows = []
    for (kind, _), those in sorted(found.items(), key=lambda entry: (_SAME.index(entry[0][0]), entry[0][1])):
        if kind == "copy" and not any(trait.said for trait in those):
            continue  # the same bytes, told as such
        if len({trait.case for trait in those}) > 1:
            between = tuple(dict.fromkeys((trait.case, trait.where) for trait in those))
            said = "; ".join(dict.fromkeys(trait.said for trait in those if trait.said))
            rows.append(Shared(kind, those[0].label or those[0].key, between, said))
    return rows


def _pairs(traits: Iterable[Trait], kind: str) -> Iterable[tuple[Trait, Trait]]:
    """Pairs of a kind from different cases."""
    those = [trait for trait in traits if trait.kind == kind]
    return ((one, other) for one, other in itertools.combinations(those, 2) if one.case != other.case)


def _places(traits: Sequence[Trait]) -> list[Shared]:
    """Pairs of places whose errors meet, nearest first."""
    rows = []
    for one, other in _pairs(traits, "place"):
        assert one.place is not None and other.place is not None
        distance_km = _GEOD.inv(one.place[1], one.place[0], other.place[1], other.place[0])[2] / 1000.0
        error_km = one.place[2] + other.place[2]
        if distance_km <= error_km:
            said = f"{distance_km:.1f} km apart, within {one.place[2]:.1f} and {other.place[2]:.1f} km of error"
            what = f"{one.label} and {other.label}"
            between = ((one.case, one.where), (other.case, other.where))
            rows.append(Shared("place", what, between, said, round(distance_km, 3), round(error_km, 3)))
    return sorted(rows, key=lambda row: (row.error_km or 0.0, row.distance_km or 0.0, row.between))


def _times(traits: Sequence[Trait], within_days: float) -> list[Shared]:
    """Pairs of times that overlap or lie within some days of one another."""
    rows = []
    for one, other in _pairs(traits, "time"):
        assert one.time is not None and other.time is not None
        gap_s = max(one.time[0] - other.time[1], other.time[0] - one.time[1], 0.0)
        apart_days = gap_s / 86_400.0
        if apart_days <= within_days:
            said = "they overlap" if apart_days == 0.0 else f"{apart_days:.1f} days apart"
            between = ((one.case, one.where), (other.case, other.where))
            rows.append(
                Shared("time", f"{one.label} and {other.label}", between, said, apart_days=round(apart_days, 3))
            )
    return sorted(rows, key=lambda row: (row.apart_days or 0.0, row.between))


def _acts(traits: Sequence[Trait]) -> list[Shared]:
    """Pairs of acts described in much the same words."""
    rows = []
    for one, other in _pairs(traits, "act"):
        words, others = set(one.key.split()), set(other.key.split())
        alike = len(words & others) / max(len(words | others), 1)
        if alike >= ACT_WORDS_SHARED and not math.isclose(alike, 0.0):
            said = f"{alike:.0%} of the words are the same: {', '.join(sorted(words & others))}"
            between = ((one.case, one.where), (other.case, other.where))
            rows.append(Shared("act", f"{one.label} / {other.label}", between, said))
    return sorted(rows, key=lambda row: row.between)
