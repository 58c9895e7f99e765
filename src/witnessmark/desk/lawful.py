"""Attaching findings to legal elements; it never concludes that an element is made out."""

from __future__ import annotations

from typing import Any

from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.errors import NotFoundError
from witnessmark.law import NOT_A_VERDICT, Bearing, bearing, element, gaps, norm, to_read_with, untouched_alternatives
from witnessmark.plain import Plain, from_plain


def attach(case: Case, element_id: str, finding_id: str, direction: str, note: str) -> Bearing:
    """Record that a finding bears on a legal element.

    Raises
    ------
    NotFoundError
        For an unknown element or finding.
    BadInputError
        For a direction that is none of bears-for, bears-against, context, or an empty note.
    """
    if finding_id not in {body["id"] for body in case.records.results("finding")}:
        raise NotFoundError(
            f"There is no current finding '{finding_id}'.", "See them with: witnessmark line run, or case show."
        )
    made = bearing(element_id, finding_id, direction, note, case.operator)
    case.record(PremisEvent.METADATA_MODIFICATION, "element.attached", {"bearing": made})
    return made


def bearings(case: Case) -> list[Bearing]:
    """Every bearing on record, oldest first."""
    return [from_plain(Bearing, body) for body in case.records.bearings()]


def to_look_at(case: Case) -> list[str]:
    """What a lawyer should see besides the norms looked at: their alternatives, and what has to be read with them."""
    norms = sorted({element(made.element_id).norm for made in bearings(case)})
    others = [f"An alternative was not looked at: {name}." for name in untouched_alternatives(norms)]
    return others + [f"To be read with it: {name}." for name in to_read_with(norms)]


def law_rows(case: Case) -> list[dict[str, Any]]:
    """The elements of every norm that a finding was attached to, each with its bearings and, if none, the gap."""
    attached = bearings(case)
    gone = {body["id"] for body in case.records.results(superseded=True) if body["superseded_by"]}
    norms = sorted({element(made.element_id).norm for made in attached})
    elements = [part for name in norms for part in norm(name).elements]
    missing = {gap.element_id: gap.said for gap in gaps(attached, norms, gone)}
    rows: list[dict[str, Any]] = []
    for part in elements:
        whole = norm(part.norm)
        bears: list[Plain] = [
            {
                "finding": made.finding_id,
                "direction": str(made.direction),
                "note": made.note,
                "by": made.by,
                "superseded": made.finding_id in gone,
            }
            for made in attached
            if made.element_id == part.id
        ]
        rows.append(
            {
                "id": part.id,
                "instrument": whole.instrument.title,
                "article": whole.article,
                "element": str(part.number),
                "text": part.text,
                "paraphrase": part.paraphrase,
                "kind": str(part.kind),
                "citation": part.citation,
                "version": whole.instrument.version,
                "checked_by_lawyer": whole.instrument.checked_by_lawyer,
                "bears": bears,
                "gap": missing.get(part.id),
                "not_a_verdict": NOT_A_VERDICT,
            }
        )
    return rows
