"""Commands on law: list, attach, show."""

from __future__ import annotations

from typing import Annotated

import typer

from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, table
from witnessmark.desk.lawful import attach, law_rows, to_look_at
from witnessmark.law import NOT_A_VERDICT, norms
from witnessmark.plain import to_plain

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Legal elements, and which findings bear on them. It concludes nothing.",
)


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the norms and their elements."""

    def tell() -> None:
        shown = table("Element", "Text")
        for norm in norms():
            shown.add_row(norm.id, f"{norm.instrument.title}, {norm.article}: {norm.title}", style="bold")
            for part in norm.elements:
                shown.add_row(part.id, part.text + (" (paraphrase)" if part.paraphrase else ""))
        OUT.print(shown)

    answer(as_json, [to_plain(norm) for norm in norms()], tell)


@app.command("attach", epilog="Example:  witnessmark law attach ELEMENT F-1b2c3d --direction context --note 'Why'")
def attach_(
    element: Annotated[str, typer.Argument(metavar="ELEMENT", help="An id from: witnessmark law list.")],
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="A finding's id (F-...).")],
    direction: Annotated[str, typer.Option(help="bears-for, bears-against or context.")],
    note: Annotated[str, typer.Option(help="Why it bears on the element.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record that a finding bears on a legal element."""
    with opened(case_folder, operator) as case:
        made = attach(case, element, finding, direction, note)
    answer(as_json, made, lambda: OUT.print(f"{finding} {made.direction} {element}: recorded."))


@app.command("show")
def show(case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """Show the elements that findings were attached to, and the gaps among them."""
    with opened(case_folder) as case:
        rows, others = law_rows(case), to_look_at(case)

    def tell() -> None:
        shown = table("Element", "Bears", "Gap")
        for row in rows:
            bears = "; ".join(f"{entry['finding']} ({entry['direction']}): {entry['note']}" for entry in row["bears"])
            shown.add_row(row["id"], bears, row["gap"] or "")
        OUT.print(shown if rows else "No finding was attached to a legal element.")
        for sentence in [*others, NOT_A_VERDICT]:
            OUT.print(sentence)

    answer(as_json, {"elements": rows, "to_look_at": others, "not_a_verdict": NOT_A_VERDICT}, tell)
