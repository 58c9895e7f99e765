"""Statements of parties, attributed, graded and located, ready to be weighed on the hypotheses."""

from witnessmark.claims.book import load_claims, template
from witnessmark.claims.grid import Fit, claim_region, fit_book, fit_claim
from witnessmark.claims.matrix import Cell, Matrix, PartyBalance, Row, Stance, Weighed, Weight, balance, matrix
from witnessmark.claims.places import Gazetteer, NamedPlace
from witnessmark.claims.records import (
    CREDIBILITY_WORDS,
    About,
    Claim,
    ClaimBook,
    Count,
    Hedge,
    Quote,
    Reliability,
    Source,
    SourceKind,
)

__all__ = [
    "CREDIBILITY_WORDS",
    "About",
    "Cell",
    "Claim",
    "ClaimBook",
    "Count",
    "Fit",
    "Gazetteer",
    "Hedge",
    "Matrix",
    "NamedPlace",
    "PartyBalance",
    "Quote",
    "Reliability",
    "Row",
    "Source",
    "SourceKind",
    "Stance",
    "Weighed",
    "Weight",
    "balance",
    "claim_region",
    "fit_book",
    "fit_claim",
    "load_claims",
    "matrix",
    "template",
]
