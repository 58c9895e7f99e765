"""Commands on places: whether two pieces of footage show the same one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.shared import OUT, JsonOption, answer, telling
from witnessmark.lines.scene.files import compare_files
from witnessmark.lines.scene.observations import Compared

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Tell whether footage shows the same place.")


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
