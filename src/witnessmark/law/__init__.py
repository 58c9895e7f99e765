"""Norms and their elements as data with citations, and the findings that bear on them. It never gives a verdict."""

from witnessmark.law.bearings import (
    NOT_A_VERDICT,
    Beside,
    Gap,
    bearing,
    beside,
    gaps,
    to_read_with,
    untouched_alternatives,
)
from witnessmark.law.norms import binding_on_exports, checklist, element, instruments, norm, norms
from witnessmark.law.records import Bearing, Check, Direction, Element, ElementKind, Instrument, Norm

__all__ = [
    "NOT_A_VERDICT",
    "Bearing",
    "Beside",
    "Check",
    "Direction",
    "Element",
    "ElementKind",
    "Gap",
    "Instrument",
    "Norm",
    "bearing",
    "beside",
    "binding_on_exports",
    "checklist",
    "element",
    "gaps",
    "instruments",
    "norm",
    "norms",
    "to_read_with",
    "untouched_alternatives",
]
