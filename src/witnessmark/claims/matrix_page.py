"""The matrix as one HTML page for a person: tables with headers, readable aloud and on paper; no script, no request."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources

from jinja2 import DictLoader, Environment, StrictUndefined

from witnessmark.claims.attachments import Strength
from witnessmark.claims.matrix import Cell, Matrix, Row, Stance, Weight, balance
from witnessmark.claims.matrix_plain import NOT_MULTIPLIED, findings_of
from witnessmark.claims.records import CREDIBILITY_WORDS, Reliability, Source
from witnessmark.plain import Plain, visible

_SIGNS = {Stance.SUPPORTS: "+", Stance.CONTRADICTS: "\u2212", Stance.OPEN: "\u00b7"}
_CLASSES = {Stance.SUPPORTS: "for", Stance.CONTRADICTS: "against", Stance.OPEN: "open"}


def matrix_page(made: Matrix, sources: Mapping[str, Source], title: str) -> str:
    """Write the page.

    Parameters
    ----------
    made : Matrix
    sources : mapping of source id to Source
    title : str

    Notes
    -----
    The content security policy allows the one style sheet, named by its SHA-256 (CSP Level 3, section 2.3.1), and
    nothing else. Every text is escaped by the template engine. What a colour says, a sign and words say too
    (WCAG 2.2, success criterion 1.4.1).
    """
    folder = resources.files("witnessmark.claims")
    style = (folder / "matrix.css").read_text(encoding="utf-8").strip()
    loader = DictLoader({"matrix.html": (folder / "matrix.html").read_text(encoding="utf-8")})
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style_hash = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    model = _model(made, sources, title)
    return environment.get_template("matrix.html").render(d=model, style=style, style_hash=style_hash)


def _model(made: Matrix, sources: Mapping[str, Source], title: str) -> dict[str, Plain]:
    findings = findings_of(made)
    several = len({weight.assessment for row in made.rows for weight in row.weights}) > 1
    return {
        "title": visible(title),
        "findings": [{"id": name, "line": line} for name, line in findings],
        "rows": [
            _row(row, weight, [name for name, _ in findings], several)
            for row in made.rows
            for weight in row.weights or (None,)
        ],
        "links": [_links(row) for row in made.rows if _linked(row)],
        "voices": [
            {
                "name": visible(voice.name),
                "claims": ", ".join(voice.claims),
                "how": [visible(h) for h in voice.how_known],
            }
            for voice in made.voices
        ],
        "attached": [
            {
                "claim": row.claim.id,
                "statement": visible(row.claim.statement),
                "finding": entry.finding,
                "speaks": f"{'for' if entry.bears_for else 'against'} \u201c{visible(entry.alternative)}\u201d",
                "strength": f"{int(entry.strength)} {entry.strength.words}",
                "by": visible(entry.by),
                "reason": visible(entry.reason),
            }
            for row in made.rows
            for entry in row.attached
        ],
        "balance": [
            {
                "party": visible(party.party or "nobody's"),
                "sources": party.sources,
                "claims": party.claims,
                "weighed": party.weighed,
                "voices": party.voices,
                "grades": ", ".join(party.grades),
            }
            for party in balance(made, sources)
        ],
        "notes": [visible(note) for note in made.notes],
        "not_multiplied": NOT_MULTIPLIED,
        "strengths": [[f"{int(step)} {step.words}", step.meaning] for step in Strength],
    }


def _row(row: Row, weight: Weight | None, findings: list[str], several: bool) -> Plain:
    claim = row.claim
    reliability = Reliability(row.grade[0])
    cells = {} if weight is None else {cell.finding: cell for cell in weight.cells}
    return {
        "id": claim.id,
        "who": visible(row.speaker),
        "party": visible(row.party or ""),
        "grade": row.grade,
        "grade_words": f"source {reliability.words}; information: {CREDIBILITY_WORDS[claim.credibility]}",
        "statement": visible(claim.statement),
        "hedge": claim.hedge.value,
        "about": ", ".join(claim.items),
        "recordings": " with ".join(weight.subjects) if weight is not None and several else "",
        "not_weighed": visible(row.not_weighed),
        "read_from": "" if weight is None else weight.read_from,
        "words": "" if weight is None else weight.lr_words,
        "tone": _tone(weight),
        "lr": "" if weight is None or weight.log10_lr is None else _signed(weight.log10_lr),
        "posterior": "" if weight is None else _percent(weight.posterior),
        "prior": "" if weight is None else _percent(weight.prior),
        "likely": "" if weight is None else weight.probability_words,
        "voices": len(row.heard.voices),
        "outlets": f"{len(row.heard.outlets)} outlet{'s' if len(row.heard.outlets) != 1 else ''}",
        "ring": ", ".join(row.heard.ring),
        "cells": [_cell(cells.get(name)) for name in findings],
    }


def _tone(weight: Weight | None) -> str:
    if weight is None or "discriminate" in weight.lr_words:
        return "open"
    return "against" if "against" in weight.lr_words or weight.lr_words == "excludes the claim" else "for"


def _cell(cell: Cell | None) -> Plain:
    if cell is None:
        return {"sign": "", "number": "", "words": "not in this assessment", "tone": "none", "added": ""}
    added = ""
    if cell.log10_lr_added is not None and _signed(cell.log10_lr_added) != _signed(cell.log10_lr or 0.0):
        added = f"adds {_signed(cell.log10_lr_added)} to the others"
    return {
        "sign": _SIGNS[cell.stance],
        "number": "excludes" if cell.log10_lr is None else _signed(cell.log10_lr),
        "words": f"{cell.stance}: {cell.words}",
        "tone": _CLASSES[cell.stance],
        "added": added,
    }


def _linked(row: Row) -> bool:
    return bool(row.repeats or row.attributes_to or row.contradicts or row.repeated_by)


def _links(row: Row) -> Plain:
    return {
        "id": row.claim.id,
        "repeats": ", ".join(row.repeats),
        "repeated_by": ", ".join(row.repeated_by),
        "attributes_to": visible(", ".join(row.attributes_to)),
        "contradicts": ", ".join(row.contradicts),
    }


def _signed(value: float) -> str:
    """A log10 likelihood ratio with its sign; a true minus."""
    text = f"{abs(value):.2f}"
    return text if float(text) == 0.0 else ("+" if value > 0 else "\u2212") + text


def _percent(probability: float) -> str:
    """A probability, never rounded to a certainty it is not."""
    if 0.0 < probability < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < probability < 1.0 else f"{100.0 * probability:.0f} %"
