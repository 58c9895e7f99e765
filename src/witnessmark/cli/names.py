"""Commands on the case's names: list them, add one, take a file in, and find them in a text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, say, table
from witnessmark.desk.names import add_name, case_names, take_names
from witnessmark.errors import BadInputError
from witnessmark.lines.providers.names import NameBook, NamedThing, Spotted
from witnessmark.lines.providers.names_files import read_names

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The case's names, and where they are said.")
MOST_TEXT_BYTES = 16 << 20
KIND_HELP = "settlement, lake, peak, region, unit, rank, call-sign, person-role or other."

Folder = Annotated[
    Path | None,
    typer.Option("--book", metavar="DIR", help="A folder with names.yaml, instead of a case.", show_default=False),
]


@app.callback()
def _room() -> None:
    """The case's names, and where they are said."""


@app.command(
    "add", epilog="Example:  witnessmark names add 'Lake Tarn' --kind lake --as 'Тарн' --source 'map sheet 12'"
)
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As the case writes it.", show_default=False)],
    kind: Annotated[str, typer.Option(help=KIND_HELP)],
    source: Annotated[str, typer.Option(help="Who says that it is called so.")],
    spellings: Annotated[
        list[str] | None, typer.Option("--as", metavar="SPELLING", help="Another spelling, in any script; repeatable.")
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="LAT,LON", help="Where it lies, in degrees, WGS 84.")] = None,
    within_km: Annotated[float | None, typer.Option("--within-km", help="It lies within this many kilometres.")] = None,
    note: Annotated[str, typer.Option(help="What else to know.")] = "",
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """List one more name in the case."""
    entry: dict[str, object] = {
        "name": name,
        "kind": kind,
        "source": source,
        "note": note,
        "spellings": spellings or [],
    }
    if at is not None:
        lat, parted, lon = at.partition(",")
        if not parted:
            raise BadInputError(f"'{at}' is no place.", "Give it as LAT,LON.")
        entry |= {"lat_deg": lat.strip(), "lon_deg": lon.strip()}
    if within_km is not None:
        entry["uncertainty_km"] = within_km
    with opened(case_folder, operator) as case:
        thing = add_name(case, entry)
    answer(as_json, _thing(thing), lambda: say(f" {thing.kind} '{thing.name}'", mark="Listed"))


@app.command("take", epilog="Example:  witnessmark names take names.yaml")
def take(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .yaml or .csv file of names.", show_default=False)],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a file of names into the case."""
    with opened(case_folder, operator) as case:
        things = take_names(case, file)
    answer(
        as_json, [_thing(thing) for thing in things], lambda: say(f" the case lists {len(things)} names", mark="Done:")
    )


@app.command("list", epilog="Example:  witnessmark names list --json")
def list_(book: Folder = None, case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """List the names of the case, its gazetteer's among them."""
    things = _book(book, case_folder).things

    def tell() -> None:
        rows = table("Kind", "Name", "Other spellings", "Source")
        for thing in things:
            rows.add_row(thing.kind, thing.name, ", ".join(thing.spellings), thing.source)
        OUT.print(rows)

    answer(as_json, [_thing(thing) for thing in things], tell)


@app.command("spot", epilog="Example:  witnessmark names spot statement.txt --json")
def spot(
    file: Annotated[Path, typer.Argument(metavar="TEXT", help="A text file in UTF-8; - for standard input.")],
    book: Folder = None,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Point out the names of the case in a text: suggestions for a person, with their rivals."""
    text = _text(file)
    found = _book(book, case_folder).spot(text)
    _answer(found, as_json)


@app.command("find", epilog="Example:  witnessmark names find 'Гянджа'")
def find(
    name: Annotated[str, typer.Argument(metavar="NAME", help="In any script and spelling.", show_default=False)],
    book: Folder = None,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a name may mean in this case, best first."""
    _answer(_book(book, case_folder).find(name), as_json)


def _book(folder: Path | None, case_folder: Path | None) -> NameBook:
    if folder is not None:
        return NameBook(*read_names(folder))
    with opened(case_folder) as case:
        return case_names(case)


def _text(file: Path) -> str:
    try:
        if str(file) == "-":
            raw = sys.stdin.buffer.read(MOST_TEXT_BYTES + 1)
        else:
            with file.open("rb") as stream:
                raw = stream.read(MOST_TEXT_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"'{file}' cannot be read as text ({error}).", "Give a text file in UTF-8.") from error
    if len(raw) > MOST_TEXT_BYTES:
        raise BadInputError(f"'{file}' is larger than 16 MB.", "Give it in parts.")
    return text


def _thing(thing: NamedThing) -> dict[str, Any]:
    return {
        "id": thing.id,
        "kind": thing.kind,
        "name": thing.name,
        "spellings": list(thing.spellings),
        "lat_deg": thing.lat_deg,
        "lon_deg": thing.lon_deg,
        "uncertainty_km": thing.uncertainty_km,
        "note": thing.note,
        "source": thing.source,
    }


def _answer(found: tuple[Spotted, ...], as_json: bool) -> None:
    body = [
        {
            "start": each.start,
            "end": each.end,
            "text": each.text,
            "name": _thing(each.thing),
            "how": each.how,
            "closeness": round(each.closeness, 3),
            "rivals": [_thing(rival) for rival in each.rivals],
        }
        for each in found
    ]

    def tell() -> None:
        rows = table("Words", "may name", "Kind", "How", "Closeness", "Or")
        for each in found:
            others = ", ".join(rival.name for rival in each.rivals)
            rows.add_row(each.text, each.thing.name, each.thing.kind, each.how, f"{each.closeness:.2f}", others)
        OUT.print(rows if found else "None of the case's names is in it, as far as its spellings go.")

    answer(as_json, body, tell)
