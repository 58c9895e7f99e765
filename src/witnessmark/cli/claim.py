"""Commands on claims: add, list, template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from witnessmark.claims import template
from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, stamped, table
from witnessmark.desk.statements import add_claims

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Put on record who says what.")


@app.command("add", epilog="Example:  witnessmark claim add claims.yaml   (begin with: witnessmark claim template)")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A claims file (YAML).")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record the sources and claims of a reviewed file; the file itself is kept too."""
    with opened(case_folder, operator) as case:
        book = add_claims(case, file)
        stamped(case)

    def tell() -> None:
        OUT.print(f"Recorded {len(book.claims)} claims by {len(book.sources)} sources.")
        for note in book.notes:
            OUT.print(f"note: {note}")

    answer(as_json, {"sources": book.sources, "claims": book.claims, "notes": book.notes}, tell)


@app.command("list")
def list_(case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """List the claims of a case with who makes them."""
    with opened(case_folder) as case:
        claims, sources = case.records.claims(), {source["id"]: source for source in case.records.sources()}

    def tell() -> None:
        shown = table("Claim", "Source", "Party", "Grade", "Statement")
        for claim in claims:
            source = sources[claim["source"]]
            grade = f"{source['reliability']}{claim['credibility']}"
            shown.add_row(claim["id"], source["name"], source["party"] or "-", grade, claim["statement"])
        OUT.print(shown if claims else "No claim yet. Record some with: witnessmark claim add FILE")

    answer(as_json, {"sources": list(sources.values()), "claims": claims}, tell)


@app.command("template")
def template_() -> None:
    """Print a commented claims file to start from."""
    print(template(), end="")
