"""Putting parties' claims on record, and what part of the hypotheses each holds true under."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from witnessmark.claims import Claim, ClaimBook, Fit, Source, fit_claim, load_claims
from witnessmark.claims.bodies import claim_body, claim_of, source_of
from witnessmark.claims.reading import read_bytes
from witnessmark.custody.intake import keep_derived, stored_entry
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.outside import CaseGazetteer
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.hypotheses.space import Hypotheses


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
        With every problem of the file, by line; when it names a recording that the case does not hold.
    """
    data = read_bytes(path)
    book = load_claims(data)
    held = {body["exhibit_number"] for body in case.records.items(copy="evidentiary")}
    for claim in book.claims:
        if set(claim.items) - held:
            missing = ", ".join(sorted(set(claim.items) - held))
            raise BadInputError(
                f"Claim {claim.id} (line {claim.line}) is about {missing}, which the case does not hold.",
                "See the items with: witnessmark item list.",
            )
    kept = keep_derived(data, case.objects)
    case.record(
        PremisEvent.METADATA_MODIFICATION,
        "claims.recorded",
        {
            "name": path.name,
            "sources": book.sources,
            "claims": [{**claim_body(claim), "file": kept.key} for claim in book.claims],
            "stored": [stored_entry(kept)],
        },
        [kept.sha256],
    )
    return book


def case_claims(case: Case) -> list[Claim]:
    """The claims on record, by id."""
    return [claim_of(body) for body in case.records.claims()]


def case_sources(case: Case) -> dict[str, Source]:
    """The sources on record, by id."""
    return {body["id"]: source_of(body) for body in case.records.sources()}


def fit_claims(case: Case, over: Hypotheses, subjects: Collection[str] = ()) -> tuple[list[Fit], list[NotWeighed]]:
    """Every claim on record laid over the space; those that cannot be are told with the reason.

    Parameters
    ----------
    case : Case
    over : Hypotheses
    subjects : collection of str
        Exhibits that are weighed: claims about others are left aside.
    """
    fits: list[Fit] = []
    left: list[NotWeighed] = []
    gazetteer = CaseGazetteer(case)
    for claim in case_claims(case):
        if not claim.about.weighable:
            reason = "It says nothing of place, time or an alternative that could be weighed."
            left.append(NotWeighed(claim.id, reason))
        elif claim.items and subjects and not set(claim.items) & set(subjects):
            left.append(NotWeighed(claim.id, f"It is about {', '.join(claim.items)}."))
        else:
            try:
                fits.append(fit_claim(claim, over, gazetteer))
            except WitnessmarkError as error:
                left.append(NotWeighed(claim.id, str(error)))
    return fits, left
