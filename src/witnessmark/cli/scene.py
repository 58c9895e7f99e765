"""Commands on places: whether two pieces of footage show the same one, and a store of footage of known place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.shared import OUT, JsonOption, OperatorOption, answer, say, size_text, table, telling
from witnessmark.desk.case import default_operator
from witnessmark.desk.places import ask_places, index_place
from witnessmark.errors import BadInputError
from witnessmark.lines.scene.files import compare_files
from witnessmark.lines.scene.observations import Compared
from witnessmark.lines.scene.references import KnownPlace
from witnessmark.plain import to_plain
from witnessmark.stores.places import PlaceStore

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Tell whether footage shows the same place.")

Store = Annotated[Path, typer.Argument(metavar="STORE", help="A folder of footage of known place.")]
SAID = {
    "same-place": "the same place as",
    "same-recording": "looks like the same recording as",
    "same-thing": "the same thing as",
    "cannot-tell": "cannot tell",
}


@app.callback()
def _room() -> None:
    """Tell whether footage shows the same place."""


@app.command("compare", epilog="Example:  witnessmark scene compare clip.mp4 photo.jpg --picture match.png")
def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="A recording or photograph.", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another one.", show_default=False)],
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="OUT.png", help="Draw both side by side, with what matches.", dir_okay=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two recordings or photographs: the same place, the same recording, the same thing, or cannot tell.

    Needs no case. It never answers that the places differ.
    """
    with telling(as_json) as progress:
        found, drawn = compare_files(first, second, progress=progress)
    written = None
    if picture is not None and drawn is not None:
        picture.write_bytes(drawn.png)
        written = str(picture)
    body = _body(found, first, second, written)

    answer(as_json, body, lambda: _tell(body, picture))


def _body(found: Compared, first: Path, second: Path, picture: str | None) -> dict[str, Any]:
    best = found.best
    return {
        "a": first.name,
        "b": second.name,
        "relation": found.relation,
        "probability": found.probability,
        "log10_likelihood_ratio": found.log10_likelihood_ratio,
        "support": found.support_count,
        "extent": found.extent_share,
        "view_pairs": {"agree": found.pairs_count, "tried": found.tried_count},
        "best": None
        if best is None
        else {
            "a_s": best.frame.at_s,
            "b_s": best.reference_frame.at_s,
            "kind": best.kind,
            "same_spots": best.same_spots,
            "tentative": best.tentative_count,
            "matches": best.matches_count,
            "scale": best.scale_ratio,
            "points": best.points,
        },
        "reasons": list(found.reasons),
        "picture": picture,
    }


def _tell(body: dict[str, Any], wanted: Path | None) -> None:
    said = {
        "same-place": "They show the same place.",
        "same-recording": "They look like the same recording, so the place is the same by itself; ask the copies line.",
        "same-thing": "They show the same thing: the same place only if it can be neither moved nor built twice.",
        "cannot-tell": "Cannot tell. That does not show that the places differ.",
    }[body["relation"]]
    OUT.print(said)
    if body["relation"] in ("same-place", "same-recording"):
        OUT.print(f"  probability at even prior odds {body['probability']:.3f}, support {body['support']}")
    for reason in body["reasons"]:
        OUT.print(f"  {reason}")
    if body["picture"]:
        OUT.print(f"  look at {body['picture']}")
    elif wanted is not None:
        OUT.print("  no picture was drawn, as nothing matches")


@app.command(
    "index",
    epilog="Example:  witnessmark scene index places square.jpg --place 46.2,8.1 --radius-m 20 --how 'GPS in it'",
)
def index(
    folder: Store,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings or photographs.")],
    place: Annotated[
        str | None, typer.Option(metavar="LAT,LON", help="Where the camera stood, in degrees, WGS 84.")
    ] = None,
    radius_m: Annotated[float | None, typer.Option("--radius-m", help="It stood within this many metres.")] = None,
    how: Annotated[str, typer.Option(help="How the place is known.")] = "",
    label: Annotated[str, typer.Option(help="What to call it; the file's name unless given.")] = "",
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep footage of known place for all cases, ready to be compared. It is footage: it stays in the house.

    Without --place it is compared all the same, and weighs nothing.
    """
    known = _known_place(place, radius_m, how)
    store = PlaceStore(folder, make=True)
    with telling(as_json) as progress:
        done = [
            index_place(store, file, known, operator or default_operator(), label=label, progress=progress)
            for file in files
        ]
        count = len(store.kept())

    def tell() -> None:
        for kept in done:
            OUT.print(f"{kept.label}: kept, {size_text(kept.size_bytes)}.")
        OUT.print(f"The store holds {count} references.")

    answer(as_json, done, tell)


def _known_place(place: str | None, radius_m: float | None, how: str) -> KnownPlace | None:
    if place is None and radius_m is None and not how.strip():
        return None
    if place is None or radius_m is None or not how.strip():
        raise BadInputError(
            "A place needs where, how far off it may be, and how it is known.", "Give --place, --radius-m and --how."
        )
    try:
        lat_deg, lon_deg = (float(part) for part in place.split(","))
    except ValueError as error:
        raise BadInputError(f"'{place}' is no place.", "Give --place LAT,LON in degrees, WGS 84.") from error
    return KnownPlace(lat_deg, lon_deg, radius_m, how.strip())


@app.command("query", epilog="Example:  witnessmark scene query places clip.mp4 --picture match.png")
def query(
    folder: Store,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording or photograph.")],
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="OUT.png", help="Draw the surest, side by side.", dir_okay=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a file with everything in a store of places. It never answers that places differ."""
    store = PlaceStore(folder)
    with telling(as_json) as progress:
        found = ask_places(store, file, progress=progress)
    written = None
    if picture is not None and found.picture is not None:
        picture.write_bytes(found.picture.png)
        written = str(picture)
    rows = [{**_body(one, file, Path(one.label), None), "place": to_plain(one.place)} for one in found.compared]
    said = {"compared": rows, "unread": to_plain(found.unread), "picture": written}

    def tell() -> None:
        agreeing = [one for one in found.compared if one.relation != "cannot-tell"]
        for one in agreeing:
            where = "place not known"
            if one.place is not None:
                where = f"within {one.place.radius_m:.0f} m of {one.place.lat_deg:.5f}, {one.place.lon_deg:.5f}"
            say(f"  {one.label}, {where}; support {one.support_count}", mark=SAID[one.relation])
        if not agreeing:
            OUT.print(f"Cannot tell: none of {len(found.compared)} references agrees. It may be there all the same.")
        for lost in found.unread:
            OUT.print(f"not compared: {lost.label}: {lost.reason}")
        if len(agreeing) and len(found.compared) > 1:
            OUT.print(
                f"  among {len(found.compared)} compared; look at the pictures: what is rare in a pair is not in many"
            )
        if written:
            OUT.print(f"  look at {written}")

    answer(as_json, said, tell)


@app.command("list", epilog="Example:  witnessmark scene list places")
def list_(folder: Store, as_json: JsonOption = False) -> None:
    """List the references of a store of places."""
    store = PlaceStore(folder)
    rows, damaged = store.kept(), store.damaged()

    def tell() -> None:
        shown = table("Reference", "Place", "Known by", "Size", "Added", "SHA-256")
        for row in rows:
            where = row.place
            at = "" if where is None else f"{where.lat_deg:.5f}, {where.lon_deg:.5f}, within {where.radius_m:.0f} m"
            how = "" if where is None else where.source
            shown.add_row(row.label, at, how, size_text(row.size_bytes), row.added, row.sha256.hex()[:12])
        OUT.print(shown if rows else "The store is empty.")
        for path in damaged:
            OUT.print(f"damaged: {path.name}: index what it was made of again.")

    answer(as_json, {"references": to_plain(rows), "damaged": [path.name for path in damaged]}, tell)


@app.command("remove", epilog="Example:  witnessmark scene remove places square.jpg --reason 'another square'")
def remove(
    folder: Store,
    name: Annotated[str, typer.Argument(metavar="REF", help="Label or hash of a reference in it.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the store's log.")],
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a reference out of a store of places; the store's log keeps who did it and why."""
    taken = PlaceStore(folder).remove(name, reason, operator or default_operator())
    answer(as_json, taken, lambda: OUT.print(f"{taken.label} is taken out."))
