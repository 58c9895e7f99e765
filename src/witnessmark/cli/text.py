"""The command that reads what is written in a picture or a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from witnessmark.cli.shared import OUT, CaseOption, JsonOption, answer, opened, say, table, telling
from witnessmark.desk.names import case_names
from witnessmark.desk.text import FileText, text_of
from witnessmark.errors import BadInputError
from witnessmark.lines.providers.names import NameBook
from witnessmark.lines.text import USUAL_SCRIPTS
from witnessmark.lines.text.limits import STANDING_LIMITS

app = typer.Typer(add_completion=False)


@app.command(epilog="Example:  witnessmark text clip.mp4 --scripts latin,armenian,cyrillic --json")
def text(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A picture or a recording.", show_default=False)],
    scripts: Annotated[
        str, typer.Option(help="latin, armenian, cyrillic, georgian, arabic, hebrew, greek; parted by commas.")
    ] = ",".join(USUAL_SCRIPTS),
    packs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where Tesseract's language packs lie.", show_default=False)
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A folder with names.yaml whose names are pointed out.", show_default=False),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="OUT.png", help="Draw each line and its readings.", dir_okay=False),
    ] = None,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read what is written in a picture or a recording, script by script; suggestions with their rivals.

    Nothing is put on record; the text line does that in a case. With --case, the case's names are pointed out.
    """
    asked = [script.strip().lower() for script in scripts.split(",") if script.strip()]
    if not asked:
        raise BadInputError("No script was named.", "Give one such as --scripts latin,armenian.")
    with telling(as_json) as progress:
        found = text_of(file, asked, packs_folder=packs, book=_book(names, case_folder), progress=progress)
    drawn = None if picture is None else found.picture()
    if picture is not None and drawn is not None:
        picture.write_bytes(drawn.png)
    body = {"file": file.name} | found.to_json() | {"limits": list(STANDING_LIMITS)}
    body["picture"] = None if drawn is None else str(picture)
    answer(as_json, body, lambda: _tell(found, picture if drawn is not None else None))


def _book(names: Path | None, case_folder: Path | None) -> NameBook | None:
    if names is not None:
        return NameBook.read(names)
    if case_folder is None:
        return None
    with opened(case_folder) as case:
        return case_names(case)


def _tell(found: FileText, picture: Path | None) -> None:
    looked = found.looked
    say(
        f" {len(looked.frames_at_s)} pictures, {looked.boxes_count} boxes, {looked.left_out_count} made no sense.",
        mark="Looked at",
    )
    if found.unread_scripts:
        say(f" {', '.join(found.unread_scripts)}: no language pack is at hand.", mark="Not read:")
    rows = table("Text", "May read", "Script", "Layer", "From s", "Until s", "Or")
    for each in found.written:
        rivals = " | ".join(reading.text for reading in each.readings[1:4])
        times = (f"{each.from_s:.2f}", f"{each.until_s:.2f}")
        rows.add_row(each.id, each.readings[0].text, each.script, each.layer, *times, rivals)
    OUT.print(rows if found.written else "No writing could be read.")
    for each in found.written:
        for name in each.names:
            others = f", or {', '.join(name.rivals)}" if name.rivals else ""
            OUT.print(f"  {each.id}: '{name.words}' may be {name.kind} '{name.name}'{others} ({name.how} spelling)")
    for text in (*((looked.stopped,) if looked.stopped else ()), *STANDING_LIMITS):
        OUT.print(f"  {text}")
    if picture is not None:
        OUT.print(f"Drawn: {picture}")
