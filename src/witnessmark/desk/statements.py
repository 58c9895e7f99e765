"""Putting parties' claims on record, and what part of the hypotheses each holds true under."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from witnessmark.claims import ClaimBook, Fit, fit_claim, load_claims
from witnessmark.claims.reading import read_bytes
from witnessmark.custody.intake import keep_derived, stored_entry
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.outside import CaseGazetteer
from witnessmark.errors import WitnessmarkError
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.plain import to_plain


@dataclass(frozen=True, slots=True)
class NotWeighed:
    """A claim that cannot be weighed over the case's space, and why."""

    claim_id: str
    reason: str


def add_claims(case: Case, path: Path) -> ClaimBook:
    """Read a claims file, keep its bytes, and record its sources and claims.

    Raises
    ------
    BadInputError
        With every problem of the file, by line.
    """
    data = read_bytes(path)
    book = load_claims(data)
    kept = keep_derived(data, case.objects)
    case.record(
        PremisEvent.METADATA_MODIFICATION,
        "claims.recorded",
        {
            "name": path.name,
            "sources": book.sources,
            "claims": [{**_plain(claim), "file": kept.key} for claim in book.claims],
            "stored": [stored_entry(kept)],
        },
        [kept.sha256],
    )
    return book


def claim_book(case: Case) -> dict[str, ClaimBook]:
    """The books of the claims on record, by claim id: the newest statement of each."""
    books: dict[str, ClaimBook] = {}
    by_key: dict[str, ClaimBook] = {}
    for claim in case.records.claims():
        key = claim["file"]
        if key not in by_key:
            by_key[key] = load_claims(case.objects.get(key))
        books[claim["id"]] = by_key[key]
    return books


def fit_claims(case: Case, over: Hypotheses) -> tuple[list[Fit], list[NotWeighed]]:
    """Every claim on record laid over the space; those that cannot be are told with the reason."""
    fits: list[Fit] = []
    left: list[NotWeighed] = []
    gazetteer = CaseGazetteer(case)
    for claim_id, book in claim_book(case).items():
        claim = book.claim(claim_id)
        if not claim.about.weighable:
            left.append(NotWeighed(claim_id, "It says nothing of place, time or an alternative that could be weighed."))
            continue
        try:
            fits.append(fit_claim(claim, over, gazetteer))
        except WitnessmarkError as error:
            left.append(NotWeighed(claim_id, str(error)))
    return fits, left


def _plain(value: object) -> dict[str, Any]:
    plain = to_plain(value)
    assert isinstance(plain, dict)
    return plain
