"""Commands on law: list, add, attach, note, gaps, show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, stamped, table
from witnessmark.desk.lawful import add_law, attach, gap_table, law_book, law_rows, note_gap, to_look_at
from witnessmark.desk.pages import between, write_page
from witnessmark.law import NOT_A_VERDICT, shipped
from witnessmark.plain import to_plain

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Legal elements, and which findings bear on them. It concludes nothing.",
)

Element = Annotated[str, typer.Argument(metavar="ELEMENT", help="An id from: witnessmark law list.")]


@app.command("list")
def list_(case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """List the norms and their elements, with those added to the case if one is named."""
    if case_folder is None:
        book = shipped()
    else:
        with opened(case_folder) as case:
            book = law_book(case)

    def tell() -> None:
        shown = table("Element", "Text")
        for norm in book.norms:
            shown.add_row(norm.id, f"{norm.instrument.title}, {norm.article}: {norm.title}", style="bold")
            for part in norm.elements:
                shown.add_row(part.id, part.text + (" (paraphrase)" if part.paraphrase else ""))
        OUT.print(shown)

    answer(as_json, [to_plain(norm) for norm in book.norms], tell)


@app.command("add", epilog="Example:  witnessmark law add instruments/ jurisdiction.yaml")
def add_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Data files, or folders of .yaml files.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add instruments, acceptances and claimed territories to the case from data files; see docs/law.md."""
    with opened(case_folder, operator) as case:
        added = add_law(case, paths)
        stamped(case)

    def tell() -> None:
        for one in added:
            OUT.print(f"{one['name']}: {one['kind']} added")

    answer(as_json, added, tell)


@app.command("attach", epilog="Example:  witnessmark law attach ELEMENT F-1b2c3d --direction context --note 'Why'")
def attach_(
    element: Element,
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="A finding's id (F-...).")],
    direction: Annotated[str, typer.Option(help="bears-for, bears-against or context.")],
    note: Annotated[str, typer.Option(help="Why it bears on the element.")],
    strength: Annotated[
        str | None, typer.Option(help="How much you hold it to tell: faint, slight, fair, firm or full.")
    ] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record that a finding bears on a legal element."""
    with opened(case_folder, operator) as case:
        made = attach(case, element, finding, direction, note, strength)
    answer(as_json, made, lambda: OUT.print(f"{finding} {made.direction} {element}: recorded."))


@app.command("note", epilog="Example:  witnessmark law note rome.8-2-a-i.3 --note 'No order or report was seen.'")
def note_(
    element: Element,
    note: Annotated[str, typer.Option(help="What is missing, and what could fill it.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record what is missing on an element."""
    with opened(case_folder, operator) as case:
        made = note_gap(case, element, note)
    answer(as_json, made, lambda: OUT.print(f"Gap on {element}: recorded."))


@app.command("gaps", epilog="Example:  witnessmark law gaps --norm rome.8-2-a-i --html law.html")
def gaps_(
    norm: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A norm to go through; may be repeated.", show_default=False)
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page to look at too.", show_default=False)
    ] = None,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show each element with what bears on it and what is missing, alternatives side by side, jurisdiction apart.

    Without --norm: every norm that a finding or a gap note touches, and its alternatives.
    """
    with opened(case_folder) as case:
        found = gap_table(case, norm or [])
        if html is not None:
            write_page(case, html, "law", found)

    def tell() -> None:
        for group in found["groups"]:
            if len(group) > 1:
                named = ", ".join(f"{one['id']} ({one['title']})" for one in group)
                OUT.print(f"\nAlternatives, to be seen side by side: {named}.")
            for one in group:
                _tell_norm(one)
        if not found["groups"]:
            OUT.print("No finding was attached to a legal element. Name a norm with --norm; see: witnessmark law list.")
        for sentence in found["to_look_at"]:
            OUT.print(sentence)
        _tell_jurisdiction(found["jurisdiction"])
        OUT.print(f"\n{NOT_A_VERDICT}")
        if html is not None:
            OUT.print(f"look at {html}")

    answer(as_json, {**found, "html": None if html is None else str(html)}, tell)


@app.command("show")
def show(case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """Show the elements that findings were attached to, and the gaps among them."""
    with opened(case_folder) as case:
        rows, others = law_rows(case), to_look_at(case)

    def tell() -> None:
        shown = table("Element", "Bears", "Gap")
        for row in rows:
            shown.add_row(row["id"], _bears(row), row["gap"] or "")
        OUT.print(shown if rows else "No finding was attached to a legal element.")
        for sentence in [*others, NOT_A_VERDICT]:
            OUT.print(sentence)

    answer(as_json, {"elements": rows, "to_look_at": others, "not_a_verdict": NOT_A_VERDICT}, tell)


def _bears(row: dict[str, Any]) -> str:
    return "; ".join(
        f"{one['finding']} ({one['direction']}{', ' + one['strength'] if one['strength'] else ''}"
        f"{', superseded' if one['superseded'] else ''}): {one['note']}"
        for one in row["bears"]
    )


def _tell_norm(norm: dict[str, Any]) -> None:
    OUT.print(f"\n{norm['id']}  {norm['instrument']}, {norm['article']}: {norm['title']} (in force {norm['in_force']})")
    shown = table("", "Asks", "Kind", "Bears", "Missing")
    for row in norm["elements"]:
        missing = [row["gap"] or "", *(one["note"] for one in row["gap_notes"])]
        shown.add_row(row["element"], row["text"], row["kind"], _bears(row), " ".join(filter(None, missing)))
    OUT.print(shown)


def _tell_jurisdiction(found: dict[str, Any]) -> None:
    OUT.print(f"\nJurisdiction, a question of its own. {found['said']}")
    shown = table("What", "Which", "Filmed within")
    for one in found["instruments"]:
        shown.add_row(one["title"], f"in force since {one['in_force']}", between(one["filmed_since_in_force"]))
    for one in found["acceptances"]:
        what = f"{one['state']}: {one['kind']}, {one['instrument']}"
        shown.add_row(what, f"{one['time']} ({one['citation']})", between(one["filmed_within"]))
    for one in found["territories"]:
        what = f"{one['state']}: region '{one['id']}', supplied by {one['supplied_by']}"
        shown.add_row(what, one["citation"], between(one["filmed_within"]))
    for one in found["both"]:
        shown.add_row("both", f"{one['acceptance']} with {one['territory']}", between(one["filmed_within_both"]))
    OUT.print(shown)
    OUT.print(found["not_asserted"])
