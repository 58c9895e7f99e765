"""Findings beside legal elements, gaps and alternatives; it never concludes that an element is made out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from witnessmark.custody.intake import keep_derived, stored_entry
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import UNASSIGNED, Case
from witnessmark.desk.jurisdiction import FORMAT as JURISDICTION_FORMAT
from witnessmark.desk.jurisdiction import jurisdiction, read_jurisdiction
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.law import (
    NOT_A_VERDICT,
    Bearing,
    GapNote,
    LawBook,
    Norm,
    bearing,
    beside,
    gap_note,
    gaps,
    shipped,
    to_read_with,
    untouched_alternatives,
)
from witnessmark.plain import Plain, from_plain

MAX_FILES = 100
_ATTACHED, _NOTED, _ADDED = "element.attached", "element.noted", "law.added"


def law_book(case: Case) -> LawBook:
    """The norms the case works with: those shipped, and the instruments that were added to it."""
    files = [(one["name"], case.objects.get(one["key"])) for one in _added(case, "instrument")]
    return shipped().with_files(files) if files else shipped()


def add_law(case: Case, paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Add instruments, and who accepted what where and when, from data files; the case keeps their bytes.

    A file of a name that was added before takes the earlier one's place; the log keeps both.

    Parameters
    ----------
    case : Case
    paths : sequence of Path
        Files, or folders of ``.yaml`` files.

    Returns
    -------
    list of dict
        ``name``, ``kind`` ("instrument" or "jurisdiction") and ``key`` of each file.

    Raises
    ------
    NotFoundError
        When a path or a file in a folder is not there.
    BadInputError
        With every problem of every file; nothing is added then.
    """
    found = [(path.name, _bytes(path)) for path in _files(paths)]
    about = [
        (name, raw, "jurisdiction" if JURISDICTION_FORMAT.encode() in raw[:4096] else "instrument")
        for name, raw in found
    ]
    with case.writing():
        files = {one["name"]: case.objects.get(one["key"]) for one in _added(case, "instrument")}
        files |= {name: raw for name, raw, kind in about if kind == "instrument"}
        book = shipped().with_files(files.items())
        for name in (*(one.element_id for one in bearings(case)), *(one.element_id for one in gap_notes(case))):
            book.element(name)  # what something was attached to stays
        for name, raw, kind in about:
            if kind == "jurisdiction":
                read_jurisdiction(raw, name, [one.id for one in book.instruments])
        kept = [(name, kind, keep_derived(raw, case.objects)) for name, raw, kind in about]
        added = [{"name": name, "kind": kind, "key": one.key} for name, kind, one in kept]
        payload = {"files": added, "stored": [stored_entry(one) for _, _, one in kept]}
        case.record(PremisEvent.METADATA_MODIFICATION, _ADDED, payload, [one.sha256 for _, _, one in kept])
    return added


def attach(
    case: Case, element_id: str, finding_id: str, direction: str, note: str, strength: str | None = None
) -> Bearing:
    """Record that a finding bears on a legal element.

    Raises
    ------
    NotFoundError
        For an unknown element or finding.
    BadInputError
        For a direction that is none of bears-for, bears-against, context, an unknown strength, an empty note, or a
        shelf of material that belongs to no incident yet.
    """
    _no_shelf(case)
    if finding_id not in {body["id"] for body in case.records.results("finding")}:
        raise NotFoundError(
            f"There is no current finding '{finding_id}'.", "See them with: witnessmark line run, or case show."
        )
    made = bearing(element_id, finding_id, direction, note, case.operator, strength, law_book(case))
    case.record(PremisEvent.METADATA_MODIFICATION, _ATTACHED, {"bearing": made})
    return made


def note_gap(case: Case, element_id: str, note: str) -> GapNote:
    """Record what is missing on an element and what could fill it.

    Raises
    ------
    NotFoundError, BadInputError
        As `witnessmark.law.gap_note`.
    """
    _no_shelf(case)
    made = gap_note(element_id, note, case.operator, law_book(case))
    case.record(PremisEvent.METADATA_MODIFICATION, _NOTED, {"note": made})
    return made


def bearings(case: Case) -> list[Bearing]:
    """Every bearing on record, oldest first."""
    return [from_plain(Bearing, body) for body in case.records.bearings()]


def gap_notes(case: Case) -> list[GapNote]:
    """Every gap note on record, oldest first."""
    return [from_plain(GapNote, payload["note"]) for payload in case.records.payloads(_NOTED)]


def to_look_at(case: Case) -> list[str]:
    """What a lawyer should see besides the norms looked at: their alternatives, and what has to be read with them."""
    book = law_book(case)
    norms = sorted({book.element(made.element_id).norm for made in bearings(case)})
    others = [f"An alternative was not looked at: {name}." for name in untouched_alternatives(norms, book)]
    return others + [f"To be read with it: {name}." for name in to_read_with(norms, book)]


def law_rows(case: Case) -> list[dict[str, Any]]:
    """The elements of every norm that a finding was attached to, each with its bearings and, if none, the gap."""
    book = law_book(case)
    norms = sorted({book.element(made.element_id).norm for made in bearings(case)})
    return [row for name in norms for row in _rows(case, book, book.norm(name))]


def gap_table(case: Case, of: Sequence[str] = ()) -> dict[str, Any]:
    """Norms with their elements, what bears on each, and what is missing; alternatives stand side by side.

    Parameters
    ----------
    case : Case
    of : sequence of str
        Ids of norms; those that a finding or a gap note touches, when empty.

    Returns
    -------
    dict
        ``groups``: each a list of norms that are alternatives to one another. ``to_look_at``, ``jurisdiction``,
        ``not_a_verdict``.

    Raises
    ------
    NotFoundError
        For a norm that is not there.
    """
    book = law_book(case)
    named = [one.element_id for one in bearings(case)] + [one.element_id for one in gap_notes(case)]
    touched = [book.element(name).norm for name in named]
    chosen = list(dict.fromkeys(of or sorted(touched)))
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for name in chosen:
        together = book.alternatives(name)
        groups.setdefault(
            tuple(norm.id for norm in together),
            [{**_head(norm), "touched": norm.id in touched, "elements": _rows(case, book, norm)} for norm in together],
        )
    shown = {name for names in groups for name in names}
    return {
        "groups": list(groups.values()),
        "to_look_at": [f"To be read with it: {name}." for name in to_read_with(chosen, book) if name not in shown],
        "jurisdiction": jurisdiction(case, _added(case, "jurisdiction"), book),
        "not_a_verdict": NOT_A_VERDICT,
    }


def _rows(case: Case, book: LawBook, norm: Norm) -> list[dict[str, Any]]:
    attached, noted = bearings(case), gap_notes(case)
    results = {body["id"]: body for body in case.records.results(superseded=True)}
    gone = {name for name, body in results.items() if body["superseded_by"]}
    missing = {gap.element_id: gap.said for gap in gaps(attached, [norm.id], gone, book)}
    said = {row.element_id: row for row in beside(attached, [norm.id], gone, book)}
    rows: list[dict[str, Any]] = []
    for part in norm.elements:
        bears: list[Plain] = [
            {
                "finding": made.finding_id,
                "direction": str(made.direction),
                "strength": None if made.strength is None else str(made.strength),
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
                "instrument": norm.instrument.title,
                "article": norm.article,
                "element": str(part.number),
                "text": part.text,
                "paraphrase": part.paraphrase,
                "kind": str(part.kind),
                "citation": part.citation,
                "version": norm.instrument.version,
                "checked_by_lawyer": norm.instrument.checked_by_lawyer,
                "bears": bears,
                "said": said[part.id].said,
                "gap": missing.get(part.id),
                "gap_notes": [{"note": one.note, "by": one.by} for one in noted if one.element_id == part.id],
                "not_a_verdict": NOT_A_VERDICT,
            }
        )
    return rows


def _head(norm: Norm) -> dict[str, Any]:
    return {
        "id": norm.id,
        "title": norm.title,
        "instrument": norm.instrument.title,
        "article": norm.article,
        "in_force": norm.instrument.in_force,
        "citation": norm.instrument.citation,
        "source": norm.instrument.source,
        "alternative_to": list(norm.alternative_to),
        "read_with": list(norm.read_with),
    }


def _added(case: Case, kind: str) -> list[dict[str, Any]]:
    """Files that were added, the latest of each name."""
    files = [one for payload in case.records.payloads(_ADDED) for one in payload["files"] if one["kind"] == kind]
    return list({one["name"]: one for one in files}.values())


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = sorted(entry for entry in path.glob("*.y*ml") if entry.is_file()) if path.is_dir() else [path]
        if not inside:
            raise NotFoundError(f"The folder '{path}' holds no .yaml file.", "Put one instrument a file into it.")
        found += inside
    if len(found) > MAX_FILES:
        raise BadInputError(f"{len(found)} files are more than {MAX_FILES}.", "Add them in parts.")
    return found


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read((1 << 20) + 1)
    except OSError as error:
        raise NotFoundError(f"'{path}' cannot be read ({error.strerror}).", "Check the path.") from error


def _no_shelf(case: Case) -> None:
    if case.settings.get("kind") == UNASSIGNED:
        raise BadInputError(
            "This is a shelf of material that belongs to no incident yet; nothing is weighed in law here.",
            "Link the item into the incident's case: witnessmark item link.",
        )
