"""Findings set beside elements, and what is missing. It lists; it never adds up, and it concludes nothing.

Whether an element is met is for a court or whoever has the mandate, on all evidence and with the accused heard. So
there is no function here that takes bearings and gives back a yes, a number or a probability, and none may be added.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from witnessmark.errors import BadInputError
from witnessmark.law.norms import LawBook, shipped
from witnessmark.law.records import Bearing, Direction, Element, ElementKind, GapNote, Strength

_VERDICTS = (
    "guilty",
    "war criminal",
    "beyond reasonable doubt",
    "is proven",
    "was proven",
    "is established",
    "element is met",
    "element is satisfied",
    "crime was committed",
    "committed a crime",
    "committed a war crime",
)
"""Words of a verdict, which a note may not hold; a reminder to the writer, not a filter that could not be got round."""

NOT_A_VERDICT = (
    "This lists which findings bear on which legal elements. It does not say that an element is met or that anybody"
    " committed a crime: that is for a court, on all the evidence and after hearing both sides. Until then everyone is"
    " presumed innocent."
)
"""Stands above every table of elements."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One element with the findings that bear on it.

    Attributes
    ----------
    element_id : str
    bears_for, bears_against, context : tuple of Bearing
        In the order given; not to be counted against one another, as findings may rest on the same evidence.
    withdrawn : tuple of Bearing
        Those of findings that were superseded: shown, and no longer filling a gap.
    inferred : bool
        True for a mental element: a finding about footage can bear on it by inference only.
    said : str
        The state of the evidence in a sentence.
    """

    element_id: str
    bears_for: tuple[Bearing, ...]
    bears_against: tuple[Bearing, ...]
    context: tuple[Bearing, ...]
    withdrawn: tuple[Bearing, ...]
    inferred: bool
    said: str


@dataclass(frozen=True, slots=True)
class Gap:
    """An element that no finding bears on."""

    element_id: str
    citation: str
    said: str


def bearing(
    element_id: str,
    finding_id: str,
    direction: Direction | str,
    note: str,
    by: str,
    strength: Strength | str | None = None,
    book: LawBook | None = None,
) -> Bearing:
    """Set a finding beside an element.

    Parameters
    ----------
    element_id, finding_id : str
    direction : Direction or str
    note, by : str
    strength : Strength or str, optional
        How much the person holds it to tell; a judgement in words that nothing adds up.
    book : LawBook, optional
        The norms one works with; those shipped unless given.

    Raises
    ------
    NotFoundError
        When there is no such element.
    BadInputError
        For an unknown direction, no finding, no name, an empty note, or a note that gives a verdict.
    """
    (book or shipped()).element(element_id)
    try:
        way = Direction(direction)
    except ValueError as error:
        raise BadInputError(
            f"'{direction}' is no direction.", "Say bears-for, bears-against or context; none of them is a verdict."
        ) from error
    if not finding_id.strip() or not by.strip():
        raise BadInputError("The bearing names no finding or no person.", "Say which finding, and who sets it there.")
    if not any(sign.isalnum() for sign in note):
        raise BadInputError(
            "The bearing has no note.", "Say why the finding bears on the element, and how far it does not."
        )
    check_note(note)
    return Bearing(element_id, finding_id.strip(), way, note.strip(), by.strip(), _strength(strength))


def gap_note(element_id: str, note: str, by: str, book: LawBook | None = None) -> GapNote:
    """Say what is missing on an element, and what could fill it.

    Raises
    ------
    NotFoundError
        When there is no such element.
    BadInputError
        For no name, an empty note, or a note that gives a verdict.
    """
    (book or shipped()).element(element_id)
    if not by.strip() or not any(sign.isalnum() for sign in note):
        raise BadInputError("The gap note says nothing, or not by whom.", "Say what is missing and what could fill it.")
    check_note(note)
    return GapNote(element_id, note.strip(), by.strip())


def check_note(note: str) -> None:
    """Refuse a note that gives a verdict.

    Raises
    ------
    BadInputError
    """
    plain = " ".join(unicodedata.normalize("NFKC", note).casefold().split())
    for words in _VERDICTS:
        if words in plain:
            raise BadInputError(
                f"The note says '{words}', which is a verdict.", "Say what the finding shows; the verdict is a court's."
            )


def _strength(said: Strength | str | None) -> Strength | None:
    if said is None:
        return None
    try:
        return Strength(said.strip().casefold())
    except ValueError as error:
        raise BadInputError(
            f"'{said}' is no strength.", f"Say one of {', '.join(Strength)}, or leave it out."
        ) from error


def beside(
    bearings: Iterable[Bearing],
    of: Iterable[str],
    superseded: Collection[str] = (),
    book: LawBook | None = None,
) -> tuple[Beside, ...]:
    """Every element of the norms named, with its bearings; elements without any are there too.

    Parameters
    ----------
    bearings : iterable of Bearing
    of : iterable of str
        Ids of norms, or of single elements, that a lawyer chose to look at.
    superseded : collection of str
        Ids of findings that no longer stand.
    book : LawBook, optional

    Returns
    -------
    tuple of Beside
        In the order of `of`, each element once.

    Raises
    ------
    NotFoundError
        When there is no such norm or element.
    """
    given = tuple(bearings)
    return tuple(
        _row(part, [b for b in given if b.element_id == part.id], superseded)
        for part in _elements(of, book or shipped())
    )


def _elements(of: Iterable[str], book: LawBook) -> tuple[Element, ...]:
    """Elements that the ids of norms or elements stand for, each once."""
    known = {part.id: part for entry in book.norms for part in entry.elements}
    chosen = [(known[name],) if name in known else book.norm(name).elements for name in of]
    return tuple(dict.fromkeys(part for parts in chosen for part in parts))


def _row(part: Element, bearings: list[Bearing], superseded: Collection[str]) -> Beside:
    standing = [b for b in bearings if b.finding_id not in superseded]
    bears_for, against, context = (
        tuple(b for b in standing if b.direction is way)
        for way in (Direction.BEARS_FOR, Direction.BEARS_AGAINST, Direction.CONTEXT)
    )
    withdrawn = tuple(b for b in bearings if b.finding_id in superseded)
    inferred = part.kind is ElementKind.MENTAL
    said = _said(bears_for, against, context)
    if withdrawn:
        said += " What rested on superseded findings no longer counts here."
    if inferred:
        said += " It asks for what somebody knew or meant, which footage shows by inference only."
    return Beside(part.id, bears_for, against, context, withdrawn, inferred, said)


def gaps(
    bearings: Iterable[Bearing],
    of: Iterable[str] | None = None,
    superseded: Collection[str] = (),
    book: LawBook | None = None,
) -> tuple[Gap, ...]:
    """Elements that no finding bears for or against, said aloud.

    Parameters
    ----------
    bearings : iterable of Bearing
    of : iterable of str, optional
        Ids of norms or elements; without it, every norm that a bearing touches.
    superseded : collection of str
        Ids of findings that no longer stand; what rested on them is a gap again.
    book : LawBook, optional

    Examples
    --------
    >>> one = bearing("ap1.41.3", "F-0001", "bears-for", "Raised hands are visible from second 12 on.", "A. Analyst")
    >>> [gap.element_id for gap in gaps([one])]
    ['ap1.41.1', 'ap1.41.2', 'ap1.41.4', 'ap1.41.5', 'ap1.41.6']
    """
    given, known = tuple(bearings), book or shipped()
    chosen = tuple(of) if of is not None else tuple(dict.fromkeys(known.element(b.element_id).norm for b in given))
    return tuple(
        Gap(row.element_id, known.element(row.element_id).citation, row.said)
        for row in beside(given, chosen, superseded, known)
        if not row.bears_for and not row.bears_against
    )


def untouched_alternatives(of: Iterable[str], book: LawBook | None = None) -> tuple[str, ...]:
    """Norms that are alternatives to those chosen and were not chosen themselves: the lawyer should see both."""
    chosen = tuple(dict.fromkeys(of))
    others = (other for norm_id in chosen for other in (book or shipped()).norm(norm_id).alternative_to)
    return tuple(dict.fromkeys(other for other in others if other not in chosen))


def to_read_with(of: Iterable[str], book: LawBook | None = None) -> tuple[str, ...]:
    """Norms without which those chosen say half, and that were not chosen: protection, exclusion, jurisdiction."""
    chosen = tuple(dict.fromkeys(of))
    others = (other for norm_id in chosen for other in (book or shipped()).norm(norm_id).read_with)
    return tuple(dict.fromkeys(other for other in others if other not in chosen))


def _said(bears_for: tuple[Bearing, ...], against: tuple[Bearing, ...], context: tuple[Bearing, ...]) -> str:
    """The state of the evidence, without weighing it."""
    if bears_for and against:
        return "Findings bear both for and against this element."
    if bears_for:
        return "Findings bear for this element; none of those listed bears against it."
    if against:
        return "Findings bear against this element; none of those listed bears for it."
    if context:
        return "No finding bears for or against this element; what is listed is context."
    return "No finding bears on this element."
