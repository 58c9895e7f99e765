"""``witnessmark import``: what other programs collected."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, say, stamped, telling
from witnessmark.desk.importing import Imported, import_auto_archiver, import_bayanat
from witnessmark.plain import visible
from witnessmark.stores.import_bayanat import Kind

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Take over what other programs collected.")

Look = Annotated[bool, typer.Option(help="Probe what was posted and draw contact sheets.")]


@app.command("auto-archiver", epilog="Example:  witnessmark import auto-archiver archive-output --case ridge")
def auto_archiver(
    path: Annotated[Path, typer.Argument(metavar="FOLDER|CSV|JSON", help="What auto-archiver wrote.")],
    look: Look = True,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Preserve archived media with how, when and where they were posted; times keep their UTC offsets."""
    with opened(case_folder, operator) as case, telling(as_json) as progress:
        done = import_auto_archiver(case, path, look=look, progress=progress)
        stamped(case)
    _tell(done, as_json)


@app.command("bayanat", epilog="Example:  witnessmark import bayanat bulletins.csv --case ridge")
def bayanat(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A table of bulletins, actors or incidents.")],
    kind: Annotated[
        Kind | None,
        typer.Option(help="What the rows are; told from the columns unless given."),
    ] = None,
    look: Look = True,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Preserve the table and the files beside it that it names; what it says becomes proposals to accept or reject."""
    with opened(case_folder, operator) as case, telling(as_json) as progress:
        done = import_bayanat(case, file, kind=kind, look=look, progress=progress)
        stamped(case)
    _tell(done, as_json)


def _tell(done: Imported, as_json: bool) -> None:
    """Say what was taken over; exit code 2 when rows were passed over."""

    def tell() -> None:
        counted = f"{len(done.rows)} rows taken over, {len(done.broken)} passed over"
        OUT.print(f"Read from {', '.join(done.records)}: {counted}.")
        for row in done.rows:
            posted = f", posted {row.posted}" if row.posted else ""
            said = f", {len(row.proposals)} proposals" if row.proposals else ""
            say(f"  {row.url or ''}{posted}{said}", mark=row.where)
            for file in row.files:
                known = "  (on record already)" if file.known else ""
                told = f"not taken: {file.trouble}" if file.trouble else f"hash {file.hash}{known}"
                OUT.print(f"  {file.exhibit_number or '-'}  {file.name}  {told}")
        for note in done.notes:
            OUT.print(f"note: {note}")

    answer(as_json, done, tell)
    if done.broken:
        for one in done.broken:
            typer.echo(visible(f"Passed over: {one.where}: {one.reason}"), err=True)
        raise typer.Exit(2)
