"""Norms as data: instruments, articles, elements, and findings set beside them. Nothing here decides anything."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class ElementKind(enum.StrEnum):
    """What sort of thing an element asks for."""

    MATERIAL = "material"
    MENTAL = "mental"
    CONTEXT = "context"
    SCOPE = "scope"
    DUTY = "duty"
    EXCLUSION = "exclusion"
    JURISDICTION = "jurisdiction"

    @property
    def meaning(self) -> str:
        """What the word means, for a legend."""
        return _KIND_MEANINGS[self.value]


_KIND_MEANINGS = {
    "material": "conduct or its consequence",
    "mental": "what somebody knew or meant; footage shows conduct, so this is inferred, never seen",
    "context": "the circumstances in which the norm applies",
    "scope": "whom the norm protects",
    "duty": "what a State or anybody bound must do or leave",
    "exclusion": "what, if it holds, excludes responsibility",
    "jurisdiction": "whether the body concerned may hear the matter at all",
}


@dataclass(frozen=True, slots=True)
class Instrument:
    """A treaty.

    Attributes
    ----------
    id, title : str
    adopted, in_force : str
        ISO 8601 dates.
    citation : str
        Treaty series, volume and page.
    source : str
        Where the official or depositary text is read.
    version : str
        Which text these data follow and what they leave out.
    checked_by_lawyer : bool
        False until a lawyer has compared the data with the text.
    """

    id: str
    title: str
    adopted: str
    in_force: str
    citation: str
    source: str
    version: str
    checked_by_lawyer: bool


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a norm.

    Attributes
    ----------
    id : str
        Norm id, a dot and the number, such as "rome.8-2-a-i.3".
    norm : str
    number : int
    kind : ElementKind
    text : str
        What it asks for, in the words of this project where `paraphrase` is true.
    paraphrase : bool
        True unless the words are the instrument's own. Cite the instrument, not the paraphrase.
    citation : str
        Where exactly it stands.
    binds_exports : bool
        True for a duty whose purpose this program's own dossiers keep too.
    """

    id: str
    norm: str
    number: int
    kind: ElementKind
    text: str
    paraphrase: bool
    citation: str
    binds_exports: bool


@dataclass(frozen=True, slots=True)
class Norm:
    """One article, or one crime under it, and its elements.

    Attributes
    ----------
    id, article, title : str
    instrument : Instrument
    alternative_to : tuple of str
        Norms that fit other facts or another kind of conflict; which one applies is for a lawyer.
    read_with : tuple of str
        Norms without which this one says half: who is protected, what excludes responsibility, who may hear it.
    elements : tuple of Element
    """

    id: str
    article: str
    title: str
    instrument: Instrument
    alternative_to: tuple[str, ...]
    read_with: tuple[str, ...]
    elements: tuple[Element, ...]


class Direction(enum.StrEnum):
    """Which way a finding bears on an element."""

    BEARS_FOR = "bears-for"
    BEARS_AGAINST = "bears-against"
    CONTEXT = "context"


class Strength(enum.StrEnum):
    """How much a person holds a finding to tell of an element: the words that attachments to claims use too.

    Words on purpose: nothing in this room counts or adds them.
    """

    FAINT = "faint"
    SLIGHT = "slight"
    FAIR = "fair"
    FIRM = "firm"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Bearing:
    """A finding set beside an element by a person.

    Attributes
    ----------
    element_id, finding_id : str
    direction : Direction
    note : str
        Why it bears that way, and how far it does not.
    by : str
        Who set it there.
    strength : Strength or None
        None where the person did not say.
    """

    element_id: str
    finding_id: str
    direction: Direction
    note: str
    by: str
    strength: Strength | None = None


@dataclass(frozen=True, slots=True)
class GapNote:
    """What a person says is missing on an element, and what could fill it."""

    element_id: str
    note: str
    by: str


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the Berkeley Protocol checklist."""

    id: str
    phase: str
    text: str
