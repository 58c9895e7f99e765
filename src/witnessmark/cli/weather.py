"""Commands on weather: what labels of the sky and the ground tell of the hours and days that a record holds."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.shared import OUT, JsonOption, answer, table
from witnessmark.errors import BadInputError
from witnessmark.fusion.words import lr_words
from witnessmark.lines.providers.weather_records import Stated
from witnessmark.lines.providers.weather_reports import utc_offset_s
from witnessmark.lines.weather import answers, drawing, labels
from witnessmark.lines.weather.bits import DayPair
from witnessmark.plain import Plain, stated_moment

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What the weather seen tells of the time.")
MOST_PAIRS_SHOWN = 20
MOST_LABEL_BYTES = 1 << 20


@app.callback()
def _room() -> None:
    """What the weather seen tells of the time."""


@app.command(
    "weigh",
    epilog="Example:  witnessmark weather weigh --record archive.json --format openmeteo --labels seen.json "
    "--from 2022-09-13T00:00Z --to 2022-09-15T00:00Z --picture hours.png",
)
def weigh(
    record: Annotated[Path, typer.Option(metavar="FILE", help="A weather record, in UTC.", show_default=False)],
    form: Annotated[str, typer.Option("--format", help="openmeteo, meteostat, metar-csv (also ISD) or scenes.")],
    label_file: Annotated[
        Path, typer.Option("--labels", metavar="JSON", help="What a person saw.", show_default=False)
    ],
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="First moment, with its offset.")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="The moment after the last, with its offset.")],
    station: Annotated[str | None, typer.Option(help="One station of a table that holds several.")] = None,
    distance_km: Annotated[float | None, typer.Option(help="How far the record is from the place.")] = None,
    climb_m: Annotated[float | None, typer.Option(help="How much higher or lower than the place it is.")] = None,
    utc_offset: Annotated[
        str | None, typer.Option(metavar="+HH:MM", help="Of the record's times, where they carry none.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="OUT.png", help="Draw days and hours.", dir_okay=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Weigh hours and days by labels of sky, rain, snow, wind, sight and temperature. Needs no case."""
    offset_s = None if utc_offset is None else utc_offset_s(utc_offset)
    held = answers.read_record(record, form, Stated(utc_offset_s=offset_s, station=station))
    seen = labels.read_document(_document(label_file))
    first, last = stated_moment(start), stated_moment(end)
    found = answers.weigh(held, seen, first, last, distance_km=distance_km, climb_m=climb_m)
    if picture is not None:
        picture.write_bytes(drawing.hours_picture(drawing.day_rows(found.start, found.nats)).png)
    answer(as_json, found.to_json(_support), lambda: _tell(found, picture))


def _support(pair: DayPair) -> str:
    """The comparison in the words of the ENFSI scale."""
    return lr_words(pair.bits * math.log10(2.0)).replace("the claim", pair.first.isoformat())


def _document(path: Path) -> Plain:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MOST_LABEL_BYTES + 1)
        if len(raw) > MOST_LABEL_BYTES:
            raise BadInputError(f"'{path}' is too large to be labels.", "Give a file with labels, not a record.")
        found: Plain = json.loads(raw.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInputError(f"'{path}' cannot be read as JSON ({error}).", "Give a file with labels.") from error
    return found


def _tell(found: answers.Answer, picture: Path | None) -> None:
    said: dict[str, Any] = dict(found.said)
    OUT.print(f"Seen: {'; '.join(said['labels'])}.")
    for record in said["records"]:
        OUT.print(f"Record: {record['source']}, {record['model']}.")
    if said["cannot_tell"] is not None:
        OUT.print(f"Cannot tell: {said['cannot_tell']}")
    else:
        OUT.print(f"Over these hours it is worth {said['bits']:.2f} bits; the best hour is {said['best']}.")
    shown = table("Day (UTC)", "against", "bits", "that is")
    shown_pairs = sorted(found.pairs, key=lambda pair: (pair.second - pair.first, pair.first))[:MOST_PAIRS_SHOWN]
    for pair in shown_pairs:  # neighbours first
        shown.add_row(pair.first.isoformat(), pair.second.isoformat(), f"{pair.bits:+.2f}", _support(pair))
    if found.pairs:
        OUT.print(shown)
    more = len(found.pairs) - MOST_PAIRS_SHOWN
    if more > 0:
        OUT.print(f"  {more} more pairs: see --json.")
    for text in [*said["notes"], *said["limits"]]:
        OUT.print(f"  {text}")
    if picture is not None:
        OUT.print(f"Drawn: {picture}")
