"""Reading norms: those that ship with the package, and instruments that a user adds as data files."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


MAX_BYTES = 1 << 20
"""Of one data file."""


@dataclass(frozen=True, slots=True)
class LawBook:
    """The norms one works with: those shipped, and those added.

    Attributes
    ----------
    norms : tuple of Norm
        Instrument by instrument.
    """

    norms: tuple[Norm, ...]

    def norm(self, norm_id: str) -> Norm:
        """The norm of that id.

        Raises
        ------
        NotFoundError
            When there is none.
        """
        return _named(norm_id, {norm.id: norm for norm in self.norms}, "norm")

    def element(self, element_id: str) -> Element:
        """The element of that id.

        Raises
        ------
        NotFoundError
            When there is none.
        """
        return _named(element_id, {part.id: part for norm in self.norms for part in norm.elements}, "legal element")

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All instruments, each once."""
        return tuple(dict.fromkeys(norm.instrument for norm in self.norms))

    def alternatives(self, norm_id: str) -> tuple[Norm, ...]:
        """The norm and all that are alternatives to it, whichever of them says so: to be seen side by side."""
        found = {norm_id: self.norm(norm_id)}
        while True:
            more = {
                norm.id: norm
                for norm in self.norms
                if norm.id not in found
                and (
                    set(norm.alternative_to) & set(found)
                    or any(norm.id in one.alternative_to for one in found.values())
                )
            }
            if not more:
                return tuple(norm for norm in self.norms if norm.id in found)
            found |= more

    def with_files(self, files: Iterable[tuple[str, bytes]]) -> LawBook:
        """The same and the instruments of further data files.

        Parameters
        ----------
        files : iterable of (name, bytes)

        Raises
        ------
        BadInputError
            With every problem of every file.
        """
        added: list[Norm] = []
        problems: list[str] = []
        for name, raw in files:
            try:
                added += norms_from(_read(raw, name), name)
            except BadInputError as error:
                problems.append(f"{name}: {error}")
        book = LawBook((*self.norms, *added))
        problems += book.problems(added)
        if problems:
            listed = "\n  ".join(problems)
            raise BadInputError(
                f"The law files have {len(problems)} problem{'s'[: len(problems) != 1]}:\n  {listed}\n",
                "Mend them; nothing was taken. docs/law.md shows how a file is written.",
            )
        return book

    def problems(self, added: Iterable[Norm]) -> list[str]:
        """What is wrong with added norms among the others: ids taken, references to nothing, dates that are none."""
        ids = [norm.id for norm in self.norms]
        titles = {norm.instrument.id: norm.instrument for norm in reversed(self.norms)}
        said: list[str] = []
        for norm in added:
            if ids.count(norm.id) > 1:
                said.append(f"the norm '{norm.id}' is there already; give it another id")
            if titles[norm.instrument.id] != norm.instrument:
                said.append(f"the instrument '{norm.instrument.id}' is there already; give it another id")
            if not norm.id.startswith(f"{norm.instrument.id}."):
                said.append(f"the norm '{norm.id}' does not begin with its instrument's id, '{norm.instrument.id}.'")
            if [part.number for part in norm.elements] != list(range(1, len(norm.elements) + 1)):
                said.append(f"the elements of '{norm.id}' are not numbered 1, 2, 3 and so on")
            for key, others in (("alternative_to", norm.alternative_to), ("read_with", norm.read_with)):
                said += [
                    f"{key} of '{norm.id}' names '{other}', which is no norm" for other in others if other not in ids
                ]
            for key, text in (("adopted", norm.instrument.adopted), ("in_force", norm.instrument.in_force)):
                try:
                    dt.date.fromisoformat(text)
                except ValueError:
                    said.append(f"{key} of '{norm.instrument.id}' is '{text}', not a date such as 1998-07-17")
        return list(dict.fromkeys(said))


@cache
def shipped() -> LawBook:
    """The norms that ship with the package."""
    return LawBook(tuple(norm for name in FILES for norm in norms_from(_data(name), f"{name}.yaml")))


def norms() -> tuple[Norm, ...]:
    """All norms shipped, instrument by instrument.

    Examples
    --------
    >>> [norm.id for norm in norms() if norm.instrument.id == "ap1"]
    ['ap1.41']
    """
    return shipped().norms


def instruments() -> tuple[Instrument, ...]:
    """All instruments shipped, each once."""
    return shipped().instruments


def norm(norm_id: str) -> Norm:
    """The shipped norm of that id.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    return shipped().norm(norm_id)


def element(element_id: str) -> Element:
    """The shipped element of that id.

    Raises
    ------
    NotFoundError
        When there is none.

    Examples
    --------
    >>> element("gc3.13.4").citation
    'GC III, art. 13, second paragraph'
    """
    return shipped().element(element_id)


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


def _read(raw: bytes, where: str) -> Fields:
    if len(raw) > MAX_BYTES:
        raise BadInputError(f"{where} is larger than {MAX_BYTES >> 20} MiB.", "Give one instrument a file.")
    try:
        return _mapping(yaml.safe_load(raw), where)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        at = getattr(error, "problem_mark", None)
        line = f" (line {at.line + 1})" if at is not None else ""
        raise BadInputError(f"{where} is not YAML{line}.", "Compare it with the other law files.") from error


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
