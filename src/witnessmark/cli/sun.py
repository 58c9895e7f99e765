"""Commands on the sun: where it stands, when a shadow fell so at a place, where on earth it can have fallen so."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.shared import OUT, JsonOption, answer, pairs
from witnessmark.errors import BadInputError
from witnessmark.fusion.words import lr_words
from witnessmark.lines.contract import Abstention
from witnessmark.lines.sun import answers, drawing, overlay
from witnessmark.lines.sun.documents import read_file
from witnessmark.lines.sun.earth import Earth
from witnessmark.lines.sun.map import earth_picture
from witnessmark.plain import stated_moment

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The sun and the moon: where, and when.")

LatOption = Annotated[float, typer.Option("--lat", help="Latitude, degrees north, WGS 84.", show_default=False)]
LonOption = Annotated[float, typer.Option("--lon", help="Longitude, degrees east, WGS 84.", show_default=False)]
HeightOption = Annotated[
    float, typer.Option("--height-m", help="Of the place above the sea, for the air's refraction.")
]
MarksOption = Annotated[
    Path,
    typer.Option(
        "--marks",
        metavar="FILE",
        help="Marks as JSON: the sun's direction, or shadows in a frame and its camera (docs/lines/sun.md).",
        show_default=False,
    ),
]
LONGEST_MIN = 24 * 60
"""A time that is not known within a day leaves the whole earth open."""


@app.callback()
def _room() -> None:
    """The sun and the moon: where, and when."""


@app.command("position", epilog="Example:  witnessmark sun position --lat 39.6 --lon 46.3 --utc 2022-09-13T11:00:00Z")
def position(
    lat: LatOption,
    lon: LonOption,
    utc: Annotated[str, typer.Option("--utc", metavar="TIME", help="With its UTC offset.", show_default=False)],
    body: Annotated[str, typer.Option("--body", help="sun or moon.")] = "sun",
    height_m: HeightOption = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Tell where the sun or the moon stands at a place and time."""
    found = answers.position(lat, lon, stated_moment(utc), body, _height(height_m))
    answer(as_json, found, lambda: _tell_position(found))


def _tell_position(found: Any) -> None:
    rows = {
        "bearing": f"{found['azimuth_deg']:.2f} degrees from true north",
        "height": f"{found['apparent_elevation_deg']:.2f} degrees as seen, {found['elevation_deg']:.2f} without air",
    }
    if "illuminated_fraction" in found:
        rows["lit"] = f"{found['illuminated_fraction']:.0%}, {'growing' if found['growing'] else 'waning'}"
    OUT.print(f"The {found['body']} at {found['utc']}:")
    OUT.print(pairs(rows))


@app.command(
    "when",
    epilog="Example:  witnessmark sun when --lat 39.6 --lon 46.3 --from 2022-09-12T00:00:00Z --to 2022-09-15T00:00:00Z "
    "--marks shadow.json --picture hours.png",
)
def when(
    lat: LatOption,
    lon: LonOption,
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="First instant, with its UTC offset.")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="End, with its UTC offset.")],
    marks: MarksOption,
    height_m: HeightOption = 0.0,
    step_s: Annotated[float, typer.Option("--step-s", help="Between instants.")] = 60.0,
    claims: Annotated[
        list[str] | None,
        typer.Option("--claims", metavar="A..B", help="A claimed interval; several are weighed against one another."),
    ] = None,
    more_claims: Annotated[
        list[str] | None, typer.Argument(metavar="[C..D]...", help="Further claimed intervals.", show_default=False)
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture",
            metavar="OUT",
            help="Draw the table of days and hours as OUT.png, or write it as OUT.html.",
            dir_okay=False,
        ),
    ] = None,
    frame: Annotated[
        Path | None,
        typer.Option(
            "--frame",
            metavar="IMAGE",
            help="The marked frame: --picture draws the sun's path over it, of the day of the best time.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell when the marked shadows fell so at a place, and what that says between claimed times.

    Needs no case. The sun tells the time of day and hardly the day; where it does not discriminate, the answer says so.
    """
    if frame is not None and picture is None:
        raise BadInputError("--frame is given, but nowhere to draw.", "Name the picture with --picture OUT.png.")
    seen, size_px = read_file(marks)
    weighed = answers.weighed(seen, lat, lon, stated_moment(start), stated_moment(end), step_s, _height(height_m))
    seen, over, found = weighed
    body = answers.told(seen, over, found, [_interval(text) for text in [*(claims or []), *(more_claims or [])]])
    for claim in _rows(body.get("claims")):
        claim["words"] = None if claim["log10_lr"] is None else lr_words(claim["log10_lr"])
    body["picture"] = None
    if picture is not None and not isinstance(found, Abstention):
        values = found.log_likelihood.values_nats
        if frame is not None:
            best = dt.datetime.fromisoformat(str(body["best"]))
            body["picture"] = _write(picture, overlay.over_frame(frame, seen, size_px, lat, lon, best.date()).png)
        elif picture.suffix.lower() in (".html", ".htm"):
            body["picture"] = _write(picture, drawing.hours_page(values, over).encode())
        else:
            body["picture"] = _write(picture, drawing.hours_picture(values, over).png)
    answer(as_json, body, lambda: _tell_when(body))


def _tell_when(body: dict[str, Any]) -> None:
    if body["abstains"]:
        OUT.print(f"Cannot tell: {body['reason']}")
        OUT.print(f"  would help: {body['what_would_help']}")
        return
    OUT.print(body["statement"])
    OUT.print(f"  best {body['best']}; 90 % lies within {body['region90_minutes']:.0f} minutes in all:")
    for first, last in body["region90"][:12]:
        OUT.print(f"    {first} to {last}")
    if len(body["region90"]) > 12:
        OUT.print(f"    and {len(body['region90']) - 12} more stretches")
    for claim in _rows(body.get("claims")):
        if claim["log10_lr"] is None:
            OUT.print(f"  claim {claim['from']} to {claim['to']}: nothing to weigh it against")
        else:
            OUT.print(f"  claim {claim['from']} to {claim['to']}: log10 LR {claim['log10_lr']:+.2f}, {claim['words']}")
    _tell_rest(body)


@app.command(
    "where", epilog="Example:  witnessmark sun where --utc 2022-09-13T11:00:00Z --marks shadow.json --picture earth.png"
)
def where(
    utc: Annotated[str, typer.Option("--utc", metavar="TIME", help="With its UTC offset.", show_default=False)],
    marks: MarksOption,
    grid_deg: Annotated[float, typer.Option("--grid-deg", help="Side of a cell of the earth.")] = 0.5,
    within_min: Annotated[
        float, typer.Option("--within-min", help="The time is known to so many minutes to either side.")
    ] = 0.0,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="OUT.png", help="Draw the map.", dir_okay=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell where on earth the marked shadow can have fallen so at a time.

    Needs no case.
    """
    if not 0.0 <= within_min <= LONGEST_MIN:
        raise BadInputError(
            f"The time cannot be known to {within_min} minutes.", f"Give 0 to {LONGEST_MIN} minutes to either side."
        )
    seen, _ = read_file(marks)
    middle = stated_moment(utc)
    instants = [middle + dt.timedelta(minutes=minute) for minute in _minutes_about(within_min)]
    earth = Earth.of(grid_deg)
    nats = answers.where_nats(seen, instants, earth)
    body = answers.told_where(seen, nats, earth)
    body["picture"] = None
    if picture is not None:
        drawn = earth_picture(nats, earth.lat_deg, earth.lon_deg, instants)
        body["picture"] = _write(picture, drawn.png)
    answer(as_json, body, lambda: _tell_where(body))


def _tell_where(body: dict[str, Any]) -> None:
    region, best = body["region90"], body["best"]
    area, share = f"{region['area_km2'] / 1e6:.2f} million km2", f"{body['region90_share_of_earth']:.2%} of the earth"
    OUT.print(f"Best near {best['lat_deg']:.2f}, {best['lon_deg']:.2f}, worth {body['bits']:.1f} bits.")
    OUT.print(f"  90 % lies within {area}, {share}, {region['cells_count']} cells of {body['grid_deg']:g} degrees")
    _tell_rest(body)


def _tell_rest(body: dict[str, Any]) -> None:
    for doubt in body["contradictions"]:
        OUT.print(f"  contradiction: {doubt}")
    for remark in body["remarks"]:
        OUT.print(f"  ask about: {remark}")
    for limit in body["limits"]:
        OUT.print(f"  limit: {limit}")
    if body["picture"]:
        OUT.print(f"  look at {body['picture']}")


def _minutes_about(within_min: float) -> list[float]:
    """Both ends of what a time is known to, and instants between them a minute apart or less [min]."""
    halves = math.ceil(within_min)
    return [within_min * part / halves for part in range(-halves, halves + 1)] if halves else [0.0]


def _interval(text: str) -> tuple[dt.datetime, dt.datetime]:
    first, dots, last = text.partition("..")
    if not dots:
        raise BadInputError(
            f"The claim '{text}' is no interval.", "Write it as 2022-09-13T00:00:00Z..2022-09-14T00:00:00Z."
        )
    interval = stated_moment(first), stated_moment(last)
    if interval[0] >= interval[1]:
        raise BadInputError(f"The claim '{text}' ends before it begins.", "Write the earlier time first.")
    return interval


def _height(height_m: float) -> float:
    if not -500.0 <= height_m <= 9000.0:
        raise BadInputError(f"No place lies {height_m} m above the sea.", "Give the height from -500 to 9000 metres.")
    return height_m


def _rows(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else []


def _write(path: Path, data: bytes) -> str:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadInputError(f"'{path}' cannot be written ({error.strerror}).", "Choose another path.") from error
    return str(path)
