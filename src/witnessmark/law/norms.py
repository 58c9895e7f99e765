"""Reading the norms that ship with the package."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TypeAlias, TypeVar

import yaml

from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.law.records import Check, Element, ElementKind, Instrument, Norm

FILES = ("gc3", "ap1", "rome", "iccpr", "echr")
"""Instruments, in the order shown."""

Fields: TypeAlias = Mapping[str, object]
T = TypeVar("T")


@cache
def norms() -> tuple[Norm, ...]:
    """All norms, instrument by instrument.

    Examples
    --------
    >>> [norm.id for norm in norms() if norm.instrument.id == "ap1"]
    ['ap1.41']
    """
    return tuple(norm for name in FILES for norm in norms_from(_data(name), f"{name}.yaml"))


def instruments() -> tuple[Instrument, ...]:
    """All instruments, each once."""
    return tuple(dict.fromkeys(norm.instrument for norm in norms()))


def norm(norm_id: str) -> Norm:
    """The norm of that id.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    return _named(norm_id, {norm.id: norm for norm in norms()}, "norm")


def element(element_id: str) -> Element:
    """The element of that id.

    Raises
    ------
    NotFoundError
        When there is none.

    Examples
    --------
    >>> element("gc3.13.4").citation
    'GC III, art. 13, second paragraph'
    """
    return _named(element_id, {element.id: element for norm in norms() for element in norm.elements}, "legal element")


def binding_on_exports() -> tuple[Element, ...]:
    """Duties whose purpose this program's own dossiers keep too: no public curiosity, no word of guilt."""
    return tuple(element for norm in norms() for element in norm.elements if element.binds_exports)


@cache
def checklist() -> tuple[Check, ...]:
    """The Berkeley Protocol's phases as checks, in order."""
    phases = _list(_data("berkeley"), "phases", "berkeley.yaml")
    return tuple(
        Check(
            _text(check, "id", "berkeley.yaml"),
            _text(phase, "title", "berkeley.yaml"),
            _text(check, "text", "berkeley.yaml"),
        )
        for phase in phases
        for check in _list(phase, "checks", "berkeley.yaml")
    )


def checklist_source() -> Fields:
    """Title, citation, source and version of the checklist."""
    return _mapping(_data("berkeley").get("protocol"), "berkeley.yaml")


def norms_from(data: Fields, where: str) -> tuple[Norm, ...]:
    """Norms from one file's data.

    Raises
    ------
    BadInputError
        When something is missing or of the wrong kind.
    """
    head = _mapping(data.get("instrument"), where)
    instrument = Instrument(
        id=_text(head, "id", where),
        title=_text(head, "title", where),
        adopted=_text(head, "adopted", where),
        in_force=_text(head, "in_force", where),
        citation=_text(head, "citation", where),
        source=_text(head, "source", where),
        version=_text(head, "version", where),
        checked_by_lawyer=_flag(head, "checked_by_lawyer", where),
    )
    return tuple(_norm(entry, instrument, where) for entry in _list(data, "norms", where))


def _norm(entry: Fields, instrument: Instrument, where: str) -> Norm:
    norm_id = _text(entry, "id", where)
    elements = tuple(_element(part, norm_id, where) for part in _list(entry, "elements", where))
    return Norm(
        id=norm_id,
        article=_text(entry, "article", where),
        title=_text(entry, "title", where),
        instrument=instrument,
        alternative_to=_ids(entry, "alternative_to", where),
        read_with=_ids(entry, "read_with", where),
        elements=elements,
    )


def _ids(entry: Fields, key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key)
    if not isinstance(value, list) or not all(isinstance(other, str) for other in value):
        raise BadInputError(f"A norm in {where} has no list '{key}'.", "Write [] where there is none.")
    return tuple(value)


def _element(entry: Fields, norm_id: str, where: str) -> Element:
    number = entry.get("number")
    if not isinstance(number, int) or isinstance(number, bool):
        raise BadInputError(f"An element of '{norm_id}' in {where} has no number.", "Number them from 1.")
    kind = _text(entry, "kind", where)
    if kind not in list(ElementKind):
        raise BadInputError(f"'{kind}' in {where} is no kind of element.", f"Use one of {', '.join(ElementKind)}.")
    return Element(
        id=f"{norm_id}.{number}",
        norm=norm_id,
        number=number,
        kind=ElementKind(kind),
        text=_text(entry, "text", where),
        paraphrase=_flag(entry, "paraphrase", where, default=True),
        citation=_text(entry, "citation", where),
        binds_exports=_flag(entry, "binds_exports", where, default=False),
    )


def _data(name: str) -> Fields:
    text = resources.files("witnessmark.law").joinpath("data", f"{name}.yaml").read_text(encoding="utf-8")
    return _mapping(yaml.safe_load(text), f"{name}.yaml")


def _mapping(value: object, where: str) -> Fields:
    if not isinstance(value, dict):
        raise BadInputError(f"A part of {where} should hold keys and values.", "Compare it with the other law files.")
    return value


def _list(fields: Fields, key: str, where: str) -> list[Fields]:
    value = fields.get(key)
    if not isinstance(value, list) or not value:
        raise BadInputError(f"'{key}' in {where} should be a list.", "Compare it with the other law files.")
    return [_mapping(entry, where) for entry in value]


def _text(fields: Fields, key: str, where: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadInputError(
            f"'{key}' is missing in {where} beside {sorted(fields)}.", "Write it as text, dates in quotes."
        )
    return value


def _flag(fields: Fields, key: str, where: str, default: bool | None = None) -> bool:
    value = fields.get(key, default)
    if not isinstance(value, bool):
        raise BadInputError(f"'{key}' in {where} is neither true nor false.", "Write true or false.")
    return value


def _named(name: str, known: Mapping[str, T], what: str) -> T:
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    raise NotFoundError(
        f"No {what} is called '{name}'.", f"Near it: {', '.join(close)}." if close else "See docs/law.md."
    )
