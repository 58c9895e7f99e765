"""Commands on marks: add, place, list, withdraw."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, stamped, table
from witnessmark.desk.items import get_item
from witnessmark.desk.marking import draw_mark, mark_camera_place, marks, withdraw_mark
from witnessmark.errors import BadInputError
from witnessmark.plain import Plain

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What a person knows or draws on an item.")

ItemName = Annotated[str, typer.Argument(metavar="ITEM", help="Exhibit number or hash.")]


@app.command("add", epilog="Example:  witnessmark mark add WM-0001 shadow --at 4.2 --body shadow.json")
def add(
    name: ItemName,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="As the line that reads it documents it.")],
    body: Annotated[Path, typer.Option(metavar="JSON", help="Its fields: an object; - for standard input.")],
    at_s: Annotated[float | None, typer.Option("--at", help="Time of the frame in s; else the whole item.")] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a mark on record that was drawn elsewhere. Its fields stand on the page of the line that reads it."""
    fields = _fields(body)
    with opened(case_folder, operator) as case:
        item = get_item(case, name)
        mark = draw_mark(case, item, kind, fields, at_pts_s=at_s)
        stamped(case)
    answer(as_json, mark, lambda: OUT.print(f"{mark.id}: {kind} on {item.exhibit_number}: recorded."))


def _fields(path: Path) -> dict[str, Plain]:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        fields = json.loads(text)
    except (OSError, ValueError) as error:
        raise BadInputError(f"'{path}' cannot be read as JSON ({error}).", "Give a file with one object.") from error
    if not isinstance(fields, dict):
        raise BadInputError(f"'{path}' is not an object of fields.", 'Give one such as {"x_px": 10, "y_px": 20}.')
    return fields


@app.command(
    "place", epilog="Example:  witnessmark mark place WM-0002 --lat 36.45 --lon -84.3 --radius-m 20 --how 'GPS of ...'"
)
def place(
    name: ItemName,
    lat_deg: Annotated[float, typer.Option("--lat", help="Latitude in degrees, WGS 84.")],
    lon_deg: Annotated[float, typer.Option("--lon", help="Longitude in degrees, WGS 84.")],
    radius_m: Annotated[float, typer.Option("--radius-m", help="The camera stood within this many metres.")],
    how: Annotated[str, typer.Option("--how", help="How the place is known.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say where the camera is known to have stood: other footage is then compared with this item."""
    with opened(case_folder, operator) as case:
        item = get_item(case, name)
        mark = mark_camera_place(case, item, lat_deg, lon_deg, radius_m, how)
        stamped(case)
    answer(as_json, mark, lambda: OUT.print(f"{mark.id}: the camera of {item.exhibit_number} stood there: recorded."))


@app.command("list", epilog="Example:  witnessmark mark list WM-0002")
def list_(name: ItemName, case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """List the marks that stand on an item."""
    with opened(case_folder) as case:
        item = get_item(case, name)
        found = marks(case, item)

    def tell() -> None:
        shown = table("Mark", "Kind", "By", "At", "What")
        for mark in found:
            at = "the whole item" if mark.at_pts_s is None else f"{mark.at_pts_s:.3f} s"
            what = ", ".join(f"{key} {value}" for key, value in mark.body.items())
            shown.add_row(mark.id, mark.kind, mark.author, at, what)
        OUT.print(shown if found else f"No mark on {item.exhibit_number}.")

    answer(as_json, found, tell)


@app.command("withdraw", epilog="Example:  witnessmark mark withdraw WM-0002 M-1a2b3c4d5e6f --reason 'another road'")
def withdraw(
    name: ItemName,
    mark_id: Annotated[str, typer.Argument(metavar="MARK", help="The mark, as mark list prints it.")],
    reason: Annotated[str, typer.Option(help="What was wrong with it.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a mark back; the log keeps it, with the reason. Then run the lines again."""
    with opened(case_folder, operator) as case:
        item = get_item(case, name)
        withdraw_mark(case, item, mark_id, reason)
        stamped(case)
    said = {"item": item.exhibit_number, "mark": mark_id, "reason": reason}
    answer(as_json, said, lambda: OUT.print(f"Mark {mark_id} of {item.exhibit_number} is withdrawn."))
