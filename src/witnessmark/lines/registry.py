"""Lines and providers found through entry points: built-ins and third parties come in by the same door."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from witnessmark.errors import NotFoundError, WitnessmarkError
from witnessmark.lines.contract import Line
from witnessmark.lines.providers.contract import ProviderDoor

OWN_DISTRIBUTION = "witnessmark"
LINES = "witnessmark.lines"
PROVIDER_GROUPS = ("elevation", "weather", "gazetteer")
NAME = re.compile(r"[a-z][a-z0-9_-]*")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """A plug-in that is installed but cannot be used; everything else works on.

    Attributes
    ----------
    group, name : str
        The entry point.
    distribution : str
        The installed package it comes from.
    reason : str
        One sentence on what is wrong.
    do : str
        What the person can do.
    """

    group: str
    name: str
    distribution: str
    reason: str
    do: str

    def __str__(self) -> str:
        return f"Plug-in '{self.name}' of {self.distribution} ({self.group}) is not used: {self.reason} {self.do}"


@dataclass(frozen=True, slots=True)
class Discovery(Generic[T]):
    """What an entry-point group holds.

    Attributes
    ----------
    found : mapping of str to T
        Usable plug-ins by name, in alphabetical order.
    problems : tuple of PluginProblem
    """

    found: Mapping[str, T]
    problems: tuple[PluginProblem, ...]


def discover_lines() -> Discovery[Line]:
    """Every registered line of inquiry, and what is wrong with the rest."""
    found: dict[str, Line] = {}
    loaded, problems = _load(LINES)
    for point, value in loaded:
        wrong = _wrong_with_line(point.name, value)
        if wrong is None and isinstance(value, Line):
            found[point.name] = value
        else:
            problems.append(_problem(point, wrong or "it is not a line.", "See docs/lines/index.md."))
    return Discovery(MappingProxyType(dict(sorted(found.items()))), tuple(problems))


def discover_providers(group: str) -> Discovery[ProviderDoor]:
    """Every registered provider of a group ("elevation", "weather" or "gazetteer"), and what is wrong with the rest.

    Raises
    ------
    NotFoundError
        For a group that does not exist.
    """
    if group not in PROVIDER_GROUPS:
        raise NotFoundError(f"There are no '{group}' providers.", f"The groups are {', '.join(PROVIDER_GROUPS)}.")
    found: dict[str, ProviderDoor] = {}
    loaded, problems = _load(f"witnessmark.{group}")
    for point, value in loaded:
        if isinstance(value, ProviderDoor) and value.name == point.name and isinstance(value.about, str):
            found[point.name] = value
        else:
            reason = f"it needs name = '{point.name}', about (a sentence) and open(folder)."
            problems.append(_problem(point, reason, "See witnessmark.lines.providers.contract.ProviderDoor."))
    return Discovery(MappingProxyType(dict(sorted(found.items()))), tuple(problems))


def lines() -> Mapping[str, Line]:
    """Usable lines of inquiry by name.

    Examples
    --------
    >>> lines()["integrity"].question
    'Is this file what a camera or a platform would have written, and has it been cut?'
    """
    return discover_lines().found


def providers(group: str) -> Mapping[str, ProviderDoor]:
    """Usable providers of "elevation", "weather" or "gazetteer" by name."""
    return discover_providers(group).found


def problems() -> tuple[PluginProblem, ...]:
    """Everything installed that cannot be used, over all groups."""
    of_providers = [problem for group in PROVIDER_GROUPS for problem in discover_providers(group).problems]
    return (*discover_lines().problems, *of_providers)


def _load(group: str) -> tuple[list[tuple[importlib.metadata.EntryPoint, object]], list[PluginProblem]]:
    """Load a group's entry points; whatever a third party raises becomes a problem, not a crash."""
    loaded: list[tuple[importlib.metadata.EntryPoint, object]] = []
    points, problems = _without_duplicates(group)
    for point in points:
        try:
            loaded.append((point, point.load()))
        except WitnessmarkError as error:
            problems.append(_problem(point, error.what, error.do))
        except (Exception, SystemExit) as error:  # importing foreign code may raise anything
            reason = f"loading {point.value} failed with {type(error).__name__}: {error}."
            problems.append(_problem(point, reason, "Update or remove that package."))
    return loaded, problems


def _without_duplicates(group: str) -> tuple[list[importlib.metadata.EntryPoint], list[PluginProblem]]:
    """A name belongs to one plug-in: a built-in keeps its name, and third parties that share one are all refused."""
    by_name: dict[str, list[importlib.metadata.EntryPoint]] = {}
    for point in importlib.metadata.entry_points(group=group):
        by_name.setdefault(point.name, []).append(point)
    kept: list[importlib.metadata.EntryPoint] = []
    problems: list[PluginProblem] = []
    for _, points in sorted(by_name.items()):
        own = [point for point in points if _distribution(point) == OWN_DISTRIBUTION]
        keep = own[:1] if own else points if len(points) == 1 else []
        kept.extend(keep)
        claimants = ", ".join(sorted(_distribution(point) for point in points))
        for point in points:
            if point not in keep:
                reason = f"the name is claimed by more than one package ({claimants})."
                problems.append(_problem(point, reason, "Rename it in that package, or remove one of them."))
    return kept, problems


def _wrong_with_line(name: str, value: object) -> str | None:
    """What keeps a value from being a line under this name, or None."""
    if not isinstance(value, Line):
        members = ("name", "version", "question", "observations", "needs", "references", "observe", "weigh", "draw")
        missing = [member for member in members if not hasattr(value, member)]
        return f"it is not a line of inquiry: it lacks {', '.join(missing)}."
    texts = {"name": value.name, "version": value.version, "question": value.question}
    for member, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            return f"its {member} is not a text."
    if value.name != name or NAME.fullmatch(name) is None:
        return f"its name is '{value.name}'; it must be the entry point's, one lower-case word."
    if not value.question.endswith("?"):
        return "its question does not end with a question mark."
    if not (isinstance(value.observations, type) and dataclasses.is_dataclass(value.observations)):
        return "its observations are not a dataclass."
    if not isinstance(value.needs, frozenset) or not all(isinstance(need, type) for need in value.needs):
        return "its needs are not a frozenset of types."
    if not isinstance(value.references, tuple) or not all(isinstance(text, str) for text in value.references):
        return "its references are not a tuple of texts."
    uncallable = [member for member in ("observe", "weigh", "draw") if not callable(getattr(value, member))]
    return f"its {', '.join(uncallable)} cannot be called." if uncallable else None


def _distribution(point: importlib.metadata.EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "unknown"


def _problem(point: importlib.metadata.EntryPoint, reason: str, do: str) -> PluginProblem:
    return PluginProblem(point.group, point.name, _distribution(point), reason, do)
