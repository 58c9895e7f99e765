"""Commands that write blurred working copies: of a file, and of an item."""

from __future__ import annotations

import hashlib
import itertools
import math
import re
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.shared import OUT, CaseOption, JsonOption, OperatorOption, answer, opened, say, stamped, telling
from witnessmark.desk.blurring import blur_item, parameters_of
from witnessmark.desk.items import get_item, original_path
from witnessmark.errors import BadInputError, ClashError
from witnessmark.media.blurring import Blurred, Drawn, Plan, blur_file
from witnessmark.media.faces import Box
from witnessmark.plain import to_plain

app = typer.Typer(add_completion=False)

LOOK = "Look through the copy before it leaves your hands: a face that is never found is not blurred."
VOICES = "The sound is kept: a voice can tell who speaks."

Faces = Annotated[bool, typer.Option("--faces", help="Find faces and blur them.")]
Boxes = Annotated[
    list[str] | None,
    typer.Option("--box", metavar="x,y,w,h[@from-to]", help="Blur a box [px, upright], throughout or for a time [s]."),
]
Paths = Annotated[
    list[str] | None,
    typer.Option("--path", metavar="x,y,w,h@t;...", help="Blur a box that moves evenly from one time [s] to the next."),
]
Everything = Annotated[bool, typer.Option("--everything", help="Blur whole pictures.")]
KeepSound = Annotated[bool, typer.Option("--keep-sound", help="Keep the sound (16 kHz, mono); left out unless asked.")]


@app.command(epilog="Example:  witnessmark blur clip.mp4 clip-blurred.mp4 --faces --box 40,310,220,60@2.5-9")
def blur(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording or a still.", show_default=False)],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="New: .mp4, or .png or .jpg for a still.")],
    faces: Faces = False,
    box: Boxes = None,
    path: Paths = None,
    everything: Everything = False,
    keep_sound: KeepSound = False,
    as_json: JsonOption = False,
) -> None:
    """Write a working copy with faces, and what you draw, blurred for good. Metadata does not come along.

    Faces are looked for ten times a second and followed between; nothing is recognised, compared or kept of them.
    """
    plan = plan_of(faces, box, path, everything, keep_sound)
    with telling(as_json) as progress:
        done = blur_file(file, out, plan, progress=progress)
    with out.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    body = {"file": file.name, "out": str(out), "sha256": digest, **_told(plan, done)}
    answer(as_json, body, lambda: _tell(str(out), plan, done))


def blur_in_case(
    name: Annotated[str, typer.Argument(metavar="ITEM", help="Exhibit number or hash.")],
    faces: Faces = False,
    box: Boxes = None,
    path: Paths = None,
    everything: Everything = False,
    keep_sound: KeepSound = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Put a copy of it here, too.")] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a blurred working copy of an item; it is kept beside it, and the log says what was blurred and how."""
    plan = plan_of(faces, box, path, everything, keep_sound)
    if out is not None and out.exists():
        raise ClashError(f"There is a file '{out.name}' already.", "Name another one, or move that away.")
    with opened(case_folder, operator) as case, telling(as_json) as progress:
        item = get_item(case, name)
        made = blur_item(case, item, plan, progress=progress)
        kept = original_path(case, made.item)
        if out is not None:
            shutil.copyfile(kept, out)
        stamped(case)
    body = {
        "item": item.exhibit_number,
        "exhibit_number": made.item.exhibit_number,
        "name": made.name,
        "copy": str(made.item.copy),
        "media_type": made.item.media_type,
        "size_bytes": made.item.size_bytes,
        "sha256": made.item.sha256.hex(),
        "kept": str(kept),
        "out": None if out is None else str(out),
        **_told(plan, made.blurred),
    }
    answer(as_json, body, lambda: _tell(f"{made.item.exhibit_number} ({out or kept})", plan, made.blurred))


def plan_of(faces: bool, boxes: list[str] | None, paths: list[str] | None, everything: bool, keep_sound: bool) -> Plan:
    """What the options ask for.

    Raises
    ------
    BadInputError
    """
    drawn = tuple([read_box(text) for text in boxes or []] + [read_path(text) for text in paths or []])
    return Plan(faces=faces, drawn=drawn, everything=everything, keep_sound=keep_sound)


def read_box(text: str) -> Drawn:
    """A box that stays where it is, such as ``40,310,220,60`` or ``40,310,220,60@2.5-9``.

    Raises
    ------
    BadInputError
    """
    placed, _, times = text.partition("@")
    if not times and "@" not in text:
        return Drawn(((None, _box(placed, text)),))
    found = re.fullmatch(r"\s*([0-9.]+)\s*-\s*([0-9.]+)\s*", times)
    first, last = (_number(part, text) for part in found.groups()) if found else (math.nan, math.nan)
    if not last >= first:
        raise _unread(text)
    return Drawn(((None, _box(placed, text)),), first, last)


def read_path(text: str) -> Drawn:
    """A box that moves, such as ``40,310,60,90@2;80,300,60,90@3.5``; it holds from its first time to its last.

    Raises
    ------
    BadInputError
    """
    keys: list[tuple[float, Box]] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        placed, _, time = part.partition("@")
        keys.append((_number(time, text), _box(placed, text)))
    times = [time_s for time_s, _ in keys]
    if len(keys) < 2 or any(later <= earlier for earlier, later in itertools.pairwise(times)):
        raise _unread(text)
    return Drawn(tuple(keys), times[0], times[-1])


def _box(placed: str, text: str) -> Box:
    numbers = [_number(part, text) for part in placed.split(",")]
    if len(numbers) != 4 or numbers[2] <= 0 or numbers[3] <= 0:
        raise _unread(text)
    return Box(*numbers)


def _number(part: str, text: str) -> float:
    try:
        number = float(part)
    except ValueError:
        raise _unread(text) from None
    if not math.isfinite(number):
        raise _unread(text)
    return number


def _unread(text: str) -> BadInputError:
    return BadInputError(
        f"'{text}' is no box.",
        "Write a box as x,y,w,h in pixels, with times in seconds as x,y,w,h@2.5-9; a moving one as "
        "x,y,w,h@2;x,y,w,h@3.5, times growing.",
    )


def _told(plan: Plan, done: Blurred) -> dict[str, Any]:
    return {
        "width_px": done.width_px,
        "height_px": done.height_px,
        "duration_s": done.duration_s,
        "looked": done.looked,
        "drawn_used": list(done.drawn_used),
        "parameters": parameters_of(plan, done),
        "stopped": to_plain(asdict(done.stopped)) if done.stopped is not None else None,
        "limits": _limits(plan, done),
    }


def _limits(plan: Plan, done: Blurred) -> list[str]:
    return ([LOOK] if plan.faces and not plan.everything else []) + ([VOICES] if done.sound == "kept" else [])


def _tell(where: str, plan: Plan, done: Blurred) -> None:
    say(f" {where}: {done.pictures} pictures, {done.duration_s:.2f} s, sound {done.sound}.", mark="Blurred")
    if plan.faces and not plan.everything:
        OUT.print(
            f"  {done.tracks} faces followed, in {done.pictures_with_faces} pictures. One person may count several "
            "times, and some may be no faces."
        )
    if done.stopped is not None:
        OUT.print(f"  It ends early: {done.stopped.reason} {done.stopped.do}")
    for limit in _limits(plan, done):
        OUT.print(f"  {limit}")
