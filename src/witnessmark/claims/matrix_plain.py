"""The matrix as plain values, and as a table of comma-separated values for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from witnessmark.claims.attachments import alternatives_of
from witnessmark.claims.matrix import Cell, Matrix, Row, Stance, Weight, balance
from witnessmark.claims.records import Source
from witnessmark.plain import Plain, to_plain

NOT_MULTIPLIED = (
    "Grades of sources, hedges and findings attached by people stand beside the likelihood ratios. They are never"
    " multiplied into them."
)
"""Stands with every matrix."""


def plain_matrix(made: Matrix, sources: Mapping[str, Source]) -> dict[str, Plain]:
    """The matrix for a program.

    Parameters
    ----------
    made : Matrix
    sources : mapping of source id to Source

    Returns
    -------
    dict
        `findings` with their lines, `rows`, `voices`, `balance`, `notes`, `not_multiplied`. In a row, `log10_lr`,
        `lr_words`, `posterior` and `probability_words` are those of the newest assessment that weighed it; all are
        under `weights`. Findings that leave a claim open are named only, as most do.
    """
    return {
        "findings": [{"finding": finding, "line": line} for finding, line in findings_of(made)],
        "rows": [_row(row) for row in made.rows],
        "voices": [
            {"key": voice.key, "name": voice.name, "claims": list(voice.claims), "how_known": list(voice.how_known)}
            for voice in made.voices
        ],
        "balance": to_plain(balance(made, sources)),
        "notes": list(made.notes),
        "not_multiplied": NOT_MULTIPLIED,
    }


def _row(row: Row) -> dict[str, Plain]:
    claim, newest = row.claim, row.weights[-1] if row.weights else None
    return {
        "claim": claim.id,
        "statement": claim.statement,
        "source": claim.source,
        "speaker": row.speaker,
        "party": row.party,
        "grade": row.grade,
        "hedge": claim.hedge.value,
        "about": claim.topic,
        "items": list(claim.items),
        "log10_lr": None if newest is None else newest.log10_lr,
        "lr_words": None if newest is None else newest.lr_words,
        "posterior": None if newest is None else newest.posterior,
        "probability_words": None if newest is None else newest.probability_words,
        "supported_by": list(row.told_by(Stance.SUPPORTS)),
        "contradicted_by": list(row.told_by(Stance.CONTRADICTS)),
        "left_open_by": list(row.told_by(Stance.OPEN)),
        "weights": [_weight(weight) for weight in row.weights],
        "not_weighed": row.not_weighed or None,
        "alternatives": [] if row.weights else list(alternatives_of(claim)),
        "attached": [
            {
                "id": entry.id,
                "finding": entry.finding,
                "alternative": entry.alternative,
                "direction": "for" if entry.bears_for else "against",
                "strength": int(entry.strength),
                "strength_words": entry.strength.words,
                "reason": entry.reason,
                "by": entry.by,
            }
            for entry in row.attached
        ],
        "repeats": list(row.repeats),
        "repeated_by": list(row.repeated_by),
        "attributes_to": list(row.attributes_to),
        "contradicts": list(row.contradicts),
        "voices": len(row.heard.voices),
        "outlets": len(row.heard.outlets),
        "said_in": len(row.heard.said_in),
        "goes_back_to": list(row.heard.goes_back_to),
        "ring": bool(row.heard.ring),
    }


def _weight(weight: Weight) -> dict[str, Plain]:
    told: dict[Stance, list[Plain]] = {stance: [] for stance in Stance}
    for cell in weight.cells:
        told[cell.stance].append(cell.finding if cell.stance is Stance.OPEN else _cell(cell))
    return {
        "assessment": weight.assessment,
        "subjects": list(weight.subjects),
        "read_from": weight.read_from or None,
        "prior": weight.prior,
        "posterior": weight.posterior,
        "probability_words": weight.probability_words,
        "log10_lr": weight.log10_lr,
        "lr_words": weight.lr_words,
        "supports": told[Stance.SUPPORTS],
        "contradicts": told[Stance.CONTRADICTS],
        "leaves_open": told[Stance.OPEN],
    }


def _cell(cell: Cell) -> dict[str, Plain]:
    return {
        "finding": cell.finding,
        "log10_lr": cell.log10_lr,
        "log10_lr_added": cell.log10_lr_added,
        "words": cell.words,
    }


def findings_of(made: Matrix) -> tuple[tuple[str, str], ...]:
    """Every finding of the matrix with its line, in the order of the assessments."""
    found: dict[str, str] = {}
    for row in made.rows:
        for weight in row.weights:
            found.update({cell.finding: cell.line for cell in weight.cells})
    return tuple(found.items())


def matrix_csv(made: Matrix) -> str:
    """A line for each claim and assessment, a column for each finding with its log10 likelihood ratio alone.

    Exclusions, which no number measures, stand as words. Text that a spreadsheet would take for a formula is quoted
    with an apostrophe.
    """
    findings = findings_of(made)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")  # RFC 4180
    writer.writerow(
        [
            *("claim", "speaker", "party", "grade", "hedge", "statement", "items", "assessment", "recordings"),
            *("prior", "posterior", "in words", "log10 LR", "evidence in words", "not weighed"),
            *("repeats", "attributed to", "contradicts", "voices at most", "outlets", "attached by people"),
            *(f"{finding} ({line})" for finding, line in findings),
        ]
    )
    for row in made.rows:
        for weight in row.weights or (None,):
            writer.writerow([_safe(value) for value in _csv_line(row, weight, [name for name, _ in findings])])
    return buffer.getvalue()


def _csv_line(row: Row, weight: Weight | None, findings: list[str]) -> list[str | float]:
    claim = row.claim
    cells = {} if weight is None else {cell.finding: cell for cell in weight.cells}
    weighed: list[str | float] = ["", "", "", "", "", "", ""]
    if weight is not None:
        ratio = "" if weight.log10_lr is None else weight.log10_lr
        weighed = [weight.assessment, " ".join(weight.subjects), weight.prior, weight.posterior]
        weighed += [weight.probability_words, ratio, weight.lr_words]
    attached = "; ".join(
        f"{entry.finding} {'for' if entry.bears_for else 'against'} '{entry.alternative}', {entry.strength.words}"
        for entry in row.attached
    )
    return [
        *(claim.id, row.speaker, row.party or "", row.grade, claim.hedge.value, claim.statement),
        " ".join(claim.items),
        *weighed,
        row.not_weighed,
        *(" ".join(names) for names in (row.repeats, row.attributes_to, row.contradicts)),
        len(row.heard.voices),
        len(row.heard.outlets),
        attached,
        *(_csv_cell(cells.get(finding)) for finding in findings),
    ]


def _csv_cell(cell: Cell | None) -> str | float:
    if cell is None:
        return ""
    return cell.words if cell.log10_lr is None else cell.log10_lr


def _safe(value: str | float) -> str | float:
    """Text that no spreadsheet runs (OWASP, CSV Injection)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
