"""The command that compares two files with one another; registered by `witnessmark.cli.copies`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from witnessmark.cli.shared import OUT, JsonOption, answer, say, telling
from witnessmark.desk.comparing import Comparison, compare_files, strip_path, write_strip
from witnessmark.errors import BadInputError
from witnessmark.lines.copies.descriptor import Descriptor

EXAMPLE = "witnessmark copies compare suspect.mp4 known.mp4 --pictures looked-at"


def compare(
    a: Annotated[Path, typer.Argument(metavar="FILE", help="The recording in question.")],
    b: Annotated[Path, typer.Argument(metavar="OTHER", help="The recording to compare it with.")],
    model: Annotated[
        Path | None, typer.Option("--descriptor", metavar="MODEL", help="An ONNX model of your own, asked as well.")
    ] = None,
    licence: Annotated[str, typer.Option(help="Under which the model may be used.")] = "",
    sha256: Annotated[str | None, typer.Option(help="What the model's file must be.")] = None,
    side_px: Annotated[int, typer.Option("--side", min=16, max=1024, help="Pixels a side the model takes.")] = 288,
    background: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="An unrelated recording, to normalise the model's answers; may be repeated."),
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Put the same moments, above one another, here as PNG.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Do not blur the stills.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare two files; nothing of them is kept. A model of your own is told beside the verdict, never instead."""
    if model is None and (licence or sha256 or background):
        raise BadInputError("No descriptor is named.", "Give --descriptor MODEL, or leave out what belongs to it.")
    descriptor = None if model is None else Descriptor(model, licence, side_px, sha256)
    if pictures is not None:
        strip_path(pictures, clear=clear)
    with telling(as_json) as progress:
        done = compare_files(a, b, descriptor=descriptor, background=background or (), progress=progress)
    drawn = None if pictures is None else write_strip(done, pictures, clear=clear)
    said = {**done.to_plain(), "pictures": [] if drawn is None else [str(drawn)]}
    answer(as_json, said, lambda: _tell(done, drawn))


def _tell(done: Comparison, drawn: Path | None) -> None:
    match = done.match
    if match is None:
        OUT.print(f"Nothing of {done.reference.name} was found in {done.query.name}. That does not make it new.")
    else:
        relation = "same sound, other pictures" if match.relation == "same-sound" else match.relation
        say(f"  {done.reference.name}, score {match.score:.2f}", mark=relation)
        for part in match.stretches[:4]:
            changes = [*(["mirrored"] if match.mirrored else []), *part.transform.words]
            changes += [f"{part.speed:.2f} times as fast"] if abs(part.speed - 1.0) > 0.02 else []
            where = f"{part.q0_s:.2f}-{part.q1_s:.2f} s shows its {part.r0_s:.2f}-{part.r1_s:.2f} s"
            OUT.print(f"  {where}: {', '.join(changes)}" if match.relation != "same-sound" else f"  {where}")
        for reason in match.reasons:
            OUT.print(f"  {reason}")
    second = done.opinion
    if second is not None:
        say(f"  {second.file} ({second.licence}), SHA-256 {second.sha256}", mark="descriptor")
        OUT.print(f"  {second.words}")
        if second.q0_s is not None and second.similarity is not None:
            turned = ", mirrored" if second.mirrored else ""
            OUT.print(
                f"  {second.q0_s:.2f}-{second.q1_s:.2f} s is like its {second.r0_s:.2f}-{second.r1_s:.2f} s{turned}; "
                f"{second.similarity:.2f} above {second.measured_against}."
            )
        OUT.print("  How often this model errs was not measured here.")
    if drawn is not None:
        OUT.print(f"look at {drawn}")
