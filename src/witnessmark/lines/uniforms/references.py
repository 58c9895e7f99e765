"""The pictures worn things are compared with: what each is claimed to show, by whom, and what it is confused with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError
from witnessmark.lines.uniforms.looks import Rgb
from witnessmark.media.records import Broken

GROUP = "emblems"
"""Providers handed to the line under ``emblems:<name>`` are asked for references."""
KINDS = ("emblem", "patch", "camouflage", "helmet", "vehicle")
FLAT = frozenset({"emblem", "patch"})
"""Kinds that can be verified: flat, with a drawing of their own. Cloth, helmets and vehicles are made in numbers, and
are never more than similar."""
TEXTURE = frozenset({"camouflage"})
"""Kinds compared by colours and texture alone."""
NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True)
class WornCount:
    """How often a thing was counted on people whose unit was known by other means.

    Attributes
    ----------
    unit : str
        Of those counted; empty for people of other units and of none.
    worn_count, people_count : int
        Those who wore it, of how many.
    source : str
        Who counted, in what pictures.
    """

    unit: str
    worn_count: int
    people_count: int
    source: str

    def __post_init__(self) -> None:
        if not 0 <= self.worn_count <= self.people_count or self.people_count < 1:
            raise BadInputError(
                f"{self.worn_count} of {self.people_count} is no count of people.",
                "Give how many wore it, of how many.",
            )
        if not self.source.strip():
            raise BadInputError("A count without its source is no measurement.", "Say who counted, in what pictures.")


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture of a worn thing, as the investigators keep it.

    Attributes
    ----------
    sha256 : Sha256
        Of the picture's bytes.
    label : str
        How people call it.
    kind : str
        Of `KINDS`.
    shows : str
        What it is claimed to show.
    source, licence, dated : str
        Where the picture is from, under which licence, and of when it is, as far as known.
    added, added_by : str
        When (ISO 8601) and by whom it was put in.
    units : tuple of str
        Units that are claimed to wear it.
    confused_with : tuple of str
        What it is taken for, or others take for it.
    worn : tuple of WornCount
        Without counts it tells nothing of a unit.
    """

    sha256: Sha256
    label: str
    kind: str
    shows: str
    source: str
    licence: str
    dated: str
    added: str
    added_by: str
    units: tuple[str, ...] = ()
    confused_with: tuple[str, ...] = ()
    worn: tuple[WornCount, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadInputError(f"'{self.kind}' is no kind of reference.", f"Kinds are {', '.join(KINDS)}.")
        for name in ("label", "shows", "source", "licence", "dated", "added_by"):
            if not str(getattr(self, name)).strip():
                raise BadInputError(
                    f"A reference without its {name.replace('_', ' ')} cannot be relied on.",
                    f"Say it; where it is not known, write '{NOT_STATED}'.",
                )
        strangers = {count.unit for count in self.worn if count.unit} - set(self.units)
        if strangers:
            raise BadInputError(
                f"People of {', '.join(sorted(strangers))} were counted, but it is not claimed for them.",
                "Name the unit with --unit as well.",
            )


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A reference that cannot be used, and why; everything else is searched all the same.

    Attributes
    ----------
    name : str
        Label or file name.
    reason : str
    do : str
    """

    name: str
    reason: str
    do: str


@runtime_checkable
class Emblems(Protocol):
    """Where references come from; handed over in ``Tools.providers`` under ``emblems:<name>``."""

    def references(self) -> Sequence[Reference]:
        """Every reference whose facts can be read."""
        ...

    def picture(self, reference: Reference) -> Rgb | Broken:
        """Its picture, upright RGB, or why it cannot be had."""
        ...

    def passed_over(self) -> Sequence[PassedOver]:
        """What lies there and cannot be used."""
        ...
