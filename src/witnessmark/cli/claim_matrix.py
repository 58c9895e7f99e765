"""The command that lays claims against findings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.claims.matrix import Matrix
from witnessmark.claims.matrix_page import matrix_page
from witnessmark.claims.matrix_plain import NOT_MULTIPLIED, matrix_csv, plain_matrix
from witnessmark.cli.assess import number
from witnessmark.cli.shared import OUT, CaseOption, JsonOption, opened, say, table
from witnessmark.desk.claims import case_matrix
from witnessmark.desk.items import put_out
from witnessmark.desk.statements import case_sources
from witnessmark.errors import BadInputError


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command("matrix", epilog="Example:  witnessmark claim matrix --html matrix.html")(matrix_)


def matrix_(
    items: Annotated[
        list[str] | None, typer.Option("--item", metavar="ITEM", help="Only assessments of this recording.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a page to look at and print.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it for a spreadsheet.")] = None,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lay claims against findings: what supports, contradicts or leaves open, who repeats whom, how many voices."""
    with opened(case_folder) as case:
        made, sources = case_matrix(case, items or ()), case_sources(case)
        title = f"{case.settings['title']} ({case.reference})"
    written: list[str] = []
    if html is not None:
        _write(html, matrix_page(made, sources, title).encode())
        written.append(str(html))
    if csv is not None:
        _write(csv, matrix_csv(made).encode())
        written.append(str(csv))
    value = {**plain_matrix(made, sources), "files": written}
    if as_json:
        print(json.dumps(value))  # on one line: a matrix may hold a hundred thousand cells
    else:
        _tell(made, value, written)


def _write(path: Path, data: bytes) -> None:
    try:
        put_out(path, data)
    except OSError as error:
        raise BadInputError(
            f"'{path}' cannot be written ({error.strerror}).", "Name a file in a folder of yours."
        ) from error


def _tell(made: Matrix, value: dict[str, Any], written: Sequence[str]) -> None:
    if not made.rows:
        OUT.print("No claim yet. Record some with: witnessmark claim add FILE")
        return
    lines = {entry["finding"]: entry["line"] for entry in value["findings"]}
    for row in value["rows"]:
        _tell_row(row, lines)
    say("", mark="\nVoices, at most")
    for voice in value["voices"]:
        how = f": {'; '.join(voice['how_known'][:4])}" if voice["how_known"] else ""
        claims = ", ".join(voice["claims"][:8]) + (" ..." if len(voice["claims"]) > 8 else "")
        OUT.print(f"  {voice['name']}, in {len(voice['claims'])} ({claims}){how}")
    tell_attached(value["rows"])
    for note in value["notes"]:
        OUT.print(f"note: {note}")
    OUT.print(NOT_MULTIPLIED)
    for path in written:
        OUT.print(f"look at {path}")


def _tell_row(row: dict[str, Any], lines: Mapping[str, str]) -> None:
    """One claim: who says it, how it stands, which findings tell, and how it stands to others."""
    say(f"  {row['statement']}", mark=row["claim"])
    party = f" ({row['party']})" if row["party"] else ""
    about = f"; about {', '.join(row['items'])}" if row["items"] else ""
    OUT.print(f"    {row['speaker']}{party}, {row['hedge']}, graded {row['grade']}{about}")
    for weight in row["weights"]:
        subjects = " with ".join(weight["subjects"])
        denied = f", read from {weight['read_from']}, which it denies" if weight["read_from"] else ""
        OUT.print(
            f"    {subjects}: {weight['lr_words']} (log10 LR {number(weight['log10_lr'])}){denied};"
            f" {weight['prior']:.1%} before, {weight['posterior']:.1%} after: {weight['probability_words']}"
        )
        for key, words in (("supports", "support"), ("contradicts", "contradict")):
            told = [f"{cell['finding']} {lines[cell['finding']]} {number(cell['log10_lr'])}" for cell in weight[key]]
            if told:
                OUT.print(f"      {words}: {', '.join(told)}")
        if weight["leaves_open"]:
            OUT.print(f"      leave it open: {', '.join(weight['leaves_open'])}")
    if row["not_weighed"]:
        OUT.print(f"    Not weighed. {row['not_weighed']}")
    links = (("repeats", "repeats"), ("attributes_to", "is attributed to"), ("contradicts", "contradicts"))
    said = [f"{words} {', '.join(row[key])}" for key, words in links if row[key]]
    if row["repeated_by"]:
        said.append(f"is repeated by {', '.join(row['repeated_by'])}")
    if said:
        OUT.print(f"    {'; '.join(said)}")
    if row["said_in"] > 1:
        OUT.print(f"    said in {row['said_in']} claims through {row['outlets']} outlets by at most {_voices(row)}")


def _voices(row: dict[str, Any]) -> str:
    ring = ", in a ring without a first one" if row["ring"] else ""
    return f"{row['voices']} voice{'s' if row['voices'] != 1 else ''}{ring}"


def tell_attached(rows: Sequence[dict[str, Any]]) -> None:
    """Print what people set beside claims, apart from what was weighed."""
    attached = [(row["claim"], entry) for row in rows for entry in row["attached"]]
    if not attached:
        return
    say("", mark="\nAttached by people, not weighed")
    shown = table("Attachment", "Claim", "Finding", "Speaks", "Strength", "By", "Reason")
    for claim, entry in attached:
        speaks = f"{entry['direction']} '{entry['alternative']}'"
        strength = f"{entry['strength']} {entry['strength_words']}"
        shown.add_row(entry["id"], claim, entry["finding"], speaks, strength, entry["by"], entry["reason"])
    OUT.print(shown)
