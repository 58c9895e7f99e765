"""Norms and their elements as data with citations, and the findings that bear on them. It never gives a verdict."""

from witnessmark.law.bearings import (
    NOT_A_VERDICT,
    Beside,
    Gap,
    bearing,
    beside,
    check_note,
    gap_note,
    gaps,
    to_read_with,
    untouched_alternatives,
)
from witnessmark.law.norms import LawBook, binding_on_exports, checklist, element, instruments, norm, norms, shipped
from witnessmark.law.records import Bearing, Check, Direction, Element, ElementKind, GapNote, Instrument, Norm, Strength

__all__ = [
    "NOT_A_VERDICT",
    "Bearing",
    "Beside",
    "Check",
    "Direction",
    "Element",
    "ElementKind",
    "Gap",
    "GapNote",
    "Instrument",
    "LawBook",
    "Norm",
    "Strength",
    "bearing",
    "beside",
    "binding_on_exports",
    "check_note",
    "checklist",
    "element",
    "gap_note",
    "gaps",
    "instruments",
    "norm",
    "norms",
    "shipped",
    "to_read_with",
    "untouched_alternatives",
]
