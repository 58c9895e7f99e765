"""Commands on the terrain: where a ridge line can be seen from, the horizon of a place, the skyline of a frame."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.shared import OUT, JsonOption, answer, pairs, table, telling
from witnessmark.desk import skylines
from witnessmark.desk import terrain as desk
from witnessmark.errors import BadInputError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Ridge lines and the places they are seen from.")

DemOption = Annotated[
    list[Path],
    typer.Option("--dem", metavar="PATH", help="Elevation: a file (GeoTIFF, .hgt, DTED, .npz) or folder; repeat."),
]
MixedOption = Annotated[
    bool, typer.Option("--mixed-datums", help="Accept heights above different vertical datums, metres apart.")
]


@app.callback()
def _room() -> None:
    """Ridge lines and the places they are seen from."""


@app.command(
    "locate",
    epilog="Example:  witnessmark terrain locate --dem tiles/ --region 8.3,46.4,8.6,46.6 --skyline line.json",
)
def locate(
    dem: DemOption,
    region: Annotated[str, typer.Option("--region", metavar="W,S,E,N", help="Where to look, WGS 84 degrees.")],
    skyline: Annotated[Path, typer.Option("--skyline", metavar="FILE", help="The line, as terrain skyline prints it.")],
    spacing_m: Annotated[float, typer.Option("--spacing-m", help="Between the places that are tried.")] = 100.0,
    posterior: Annotated[
        Path | None,
        typer.Option("--posterior", metavar="OUT.tif", help="Write the probability as GeoTIFF.", dir_okay=False),
    ] = None,
    overlay: Annotated[
        Path | None,
        typer.Option("--overlay", metavar="DIR", help="Draw the map and the best places.", file_okay=False),
    ] = None,
    places: Annotated[int, typer.Option("--places", min=1, max=20, help="Places that --overlay draws.")] = 5,
    image: Annotated[
        Path | None, typer.Option("--image", metavar="FILE", help="The frame, to draw on.", dir_okay=False)
    ] = None,
    profiles: Annotated[
        Path | None,
        typer.Option(
            "--profiles", metavar="DIR", help="Keep horizons here: the next search is quicker.", file_okay=False
        ),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Threads; the answer is the same.")] = 2,
    as_json: JsonOption = False,
) -> None:
    """Search a region for the places from which a ridge line looks so: heading, pitch, roll, field of view, how sure.

    Needs no case. When the line says nothing it abstains, with the reason; that is no error.
    """
    west, south, east, north = _numbers(region, 4, "--region", "W,S,E,N, such as 8.3,46.4,8.6,46.6")
    with telling(as_json) as progress:
        found = desk.locate(
            dem,
            skyline,
            (west, south, east, north),
            spacing_m,
            workers=workers,
            profiles=profiles,
            picture=image,
            progress=progress,
        )
        body: dict[str, Any] = found.to_plain() | {"posterior": None, "overlay": None}
        if found.found.abstained is None:
            if posterior is not None:
                found.write_posterior(posterior)
                body["posterior"] = str(posterior)
            if overlay is not None:
                body["overlay"] = found.draw(overlay, places, progress)
    answer(as_json, body, lambda: _tell_located(body))


def _tell_located(body: dict[str, Any]) -> None:
    for remark in body["remarks"]:
        OUT.print(f"note: {remark}")
    if body["abstained"] is not None:
        OUT.print(f"Cannot tell: {body['abstained']}")
        return
    shown = table("", "Latitude", "Longitude", "Heading", "Pitch", "Roll", "Field of view", "Nats", "Within 1 km")
    best = body["candidates"][0]["log_likelihood_nats"] if body["candidates"] else 0.0
    for number, one in enumerate(body["candidates"][:10], start=1):
        shown.add_row(
            str(number),
            f"{one['lat']:.5f}",
            f"{one['lon']:.5f}",
            f"{one['heading_deg']:.1f}",
            f"{one['pitch_deg']:+.1f}",
            f"{one['roll_deg']:+.1f}",
            f"{one['hfov_deg']:.1f}",
            f"{one['log_likelihood_nats'] - best:.1f}",
            f"{100.0 * one['probability']:.0f} %",
        )
    OUT.print(shown)
    OUT.print(
        f"If it is in this region: 50 % within {body['region50_km2']:.2f} km2, 90 % within "
        f"{body['region90_km2']:.2f} km2. Probability that it is not: {body['p_outside_region']:.2f}."
    )
    for drawn in body["overlay"] or []:
        OUT.print(f"  {drawn['file']}" + (f": {drawn['why']}" if drawn["why"] else ""))
    if body["posterior"]:
        OUT.print(f"  {body['posterior']}")
    OUT.print("Not checked on real footage of known place: look at the pictures before you believe it.")


@app.command("skyline", epilog="Example:  witnessmark terrain skyline photo.jpg --hfov 50,70 --json > line.json")
def skyline(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="A photograph or a recording.", show_default=False)],
    at_s: Annotated[float, typer.Option("--at", help="Time of the frame in s.")] = 0.0,
    hfov: Annotated[
        str | None, typer.Option("--hfov", metavar="X|LO,HI", help="Horizontal field of view in degrees, if known.")
    ] = None,
    eye_height_m: Annotated[float, typer.Option("--eye-m", help="Height of the camera above the ground.")] = 1.7,
    pitch: Annotated[str | None, typer.Option("--pitch", metavar="MEAN,SD", help="Pitch in degrees, if known.")] = None,
    roll: Annotated[str | None, typer.Option("--roll", metavar="MEAN,SD", help="Roll in degrees, if known.")] = None,
    edits: Annotated[
        Path | None, typer.Option("--edits", metavar="JSON", help="Corrections, in their order.", dir_okay=False)
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="OUT.png", help="Draw it over the frame.", dir_okay=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it as terrain locate takes it.", dir_okay=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Propose the line between ground and sky of a frame, with how sure each column is. Look at it, and correct it.

    What --json prints, terrain locate takes as --skyline. Needs no case.
    """
    known = skylines.Known(
        _field_of_view(hfov),
        eye_height_m,
        _pair(pitch, "--pitch"),
        _pair(roll, "--roll"),
    )
    found = skylines.propose_skyline(image, known, at_s=at_s, edits=edits or ())
    body: dict[str, Any] = found.to_plain()
    drawn = _written(picture, found.picture().png) if picture else None
    if out is not None and found.skyline is not None:
        _written(out, (json.dumps(body, indent=1) + "\n").encode())
    answer(as_json, body, lambda: _tell_skyline(body, drawn, out))


def _field_of_view(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    wanted = "degrees, such as 60 or 50,70"
    values = _numbers(text, text.count(",") + 1, "--hfov", wanted)
    if len(values) > 2 or not all(0.0 < value < 180.0 for value in values) or values[0] > values[-1]:
        raise BadInputError(f"--hfov '{text}' is no field of view.", f"Give {wanted}; more than 0 and less than 180.")
    return values[0], values[-1]


def _pair(text: str | None, option: str) -> tuple[float, float] | None:
    if text is None:
        return None
    mean, sd = _numbers(text, 2, option, "a mean and a standard error, such as 0,5")
    if not (-90.0 <= mean <= 90.0 and 0.0 < sd < 180.0):
        raise BadInputError(
            f"{option} '{text}' cannot be.", "Give a mean and a standard error in degrees, such as 0,5."
        )
    return mean, sd


def _tell_skyline(body: dict[str, Any], drawn: str | None, out: Path | None) -> None:
    if body["abstained"] is not None:
        OUT.print(f"No skyline: {body['abstained']}")
        return
    chance = body["proposal"]["chance_right"]
    sure = sum(value >= 0.5 for value in chance) / len(chance)
    line = body["skyline_px"]
    OUT.print(
        pairs(
            {
                "line": f"{len(line)} points from column {line[0][0]:.0f} to {line[-1][0]:.0f}",
                "by": body["proposal"]["by"],
                "sure": f"{100.0 * sure:.0f} % of the columns are more likely right than not",
                "error": f"{body['sigma_px']:.1f} px where it is right",
                "picture": drawn or "none; name one with --picture",
                "file": str(out) if out else "none; name one with --out",
            }
        )
    )
    OUT.print("Look at the picture before you search with it: a cloud's edge is a line as well.")


@app.command("horizon", epilog="Example:  witnessmark terrain horizon --dem tiles/ --at 46.55,8.50 --picture ridge.png")
def horizon(
    dem: DemOption,
    at: Annotated[str, typer.Option("--at", metavar="LAT,LON", help="The place, WGS 84 degrees.")],
    step_deg: Annotated[float, typer.Option("--step-deg", help="Between bearings.")] = 0.5,
    eye_height_m: Annotated[float, typer.Option("--eye-m", help="Height of the eye above the ground.")] = 1.7,
    reach_km: Annotated[float, typer.Option("--reach-km", help="How far ridges are looked for.")] = 50.0,
    spacing_m: Annotated[
        float | None, typer.Option("--spacing-m", help="Of the ground's posts; those of the data unless given.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="OUT.png", help="Draw it.", dir_okay=False)
    ] = None,
    mixed_datums: MixedOption = False,
    as_json: JsonOption = False,
) -> None:
    """Tell what stands against the sky around a place: true bearings, apparent elevations, distances.

    Needs no case. Earth's curvature and refraction are in it.
    """
    lat_deg, lon_deg = _numbers(at, 2, "--at", "LAT,LON, such as 46.55,8.50")
    found = desk.horizon(
        dem,
        lat_deg,
        lon_deg,
        step_deg=step_deg,
        eye_height_m=eye_height_m,
        reach_m=1000.0 * reach_km,
        spacing_m=spacing_m,
        mixed_datums=mixed_datums,
    )
    body = found.to_plain() | {"picture": _written(picture, found.picture().png) if picture else None}
    answer(as_json, body, lambda: _tell_horizon(body))


def _tell_horizon(body: dict[str, Any]) -> None:
    known = [
        (elevation, azimuth, distance)
        for azimuth, elevation, distance in zip(
            body["azimuth_deg"], body["elevation_deg"], body["distance_m"], strict=True
        )
        if elevation is not None
    ]
    highest, lowest = max(known), min(known)
    OUT.print(
        pairs(
            {
                "place": f"{body['lat']:.5f}, {body['lon']:.5f}, ground at {body['ground_m']:.0f} m",
                "highest": f"{highest[0]:.2f} degrees, towards {highest[1]:.1f}, {highest[2] / 1000.0:.1f} km away",
                "lowest": f"{lowest[0]:.2f} degrees, towards {lowest[1]:.1f}, {lowest[2] / 1000.0:.1f} km away",
                "data": f"{body['resolution_m']:.0f} m posts, heights above {body['vertical_datum']}",
                "picture": body["picture"] or "none; name one with --picture",
            }
        )
    )


def _numbers(text: str, count: int, option: str, wanted: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count:
        raise BadInputError(f"{option} '{text}' cannot be read.", f"Give {wanted}.")
    return values


def _written(path: Path, data: bytes) -> str:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadInputError(f"'{path}' cannot be written ({error.strerror}).", "Choose another path.") from error
    return str(path)
