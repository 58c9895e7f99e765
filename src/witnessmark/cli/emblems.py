"""Commands on emblems: add, list, check, remove, search, use, box, and naming a unit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.naming import app as naming_app
from witnessmark.cli.shared import (
    OUT,
    CaseOption,
    JsonOption,
    OperatorOption,
    answer,
    opened,
    say,
    stamped,
    table,
    telling,
)
from witnessmark.desk.case import default_operator
from witnessmark.desk.emblems import (
    Answer,
    add_reference,
    draw_box,
    facts_of,
    open_library,
    propose,
    read_manifest,
    search,
    use_library,
)
from witnessmark.desk.items import get_item
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.lines.uniforms.learned import Encoder
from witnessmark.lines.uniforms.likelihood import plain_candidate
from witnessmark.lines.uniforms.limits import CAVEAT
from witnessmark.lines.uniforms.observations import NOTHING
from witnessmark.lines.uniforms.references import KINDS, NOT_STATED, PassedOver, Reference, WornCount
from witnessmark.plain import Plain, to_plain
from witnessmark.stores.emblems import EmblemLibrary

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Compare what is worn with a library of emblems.")
app.add_typer(naming_app, name="unit")

Library = Annotated[Path, typer.Argument(metavar="LIBRARY", help="A folder of reference pictures.")]
BoxOption = Annotated[str, typer.Option("--box", metavar="X,Y,W,H", help="Left, top, width, height in pixels.")]
Model = Annotated[
    Path | None, typer.Option("--model", metavar="ONNX", help="A picture encoder of your own (CLIP, SigLIP, DINO).")
]
ModelHash = Annotated[str, typer.Option("--model-sha256", metavar="HEX", help="What the model file must be.")]
ModelLicence = Annotated[str, typer.Option("--model-licence", help="Under which the model may be used.")]


@app.callback()
def _room() -> None:
    """Compare what is worn with a library of emblems; nothing here names a unit by itself."""


@app.command(
    "add",
    epilog="Example:  witnessmark emblems add emblems patch.png --label 'Bird on blue' --source 'museum leaflet, p. 4' "
    "--licence CC-BY-4.0 --dated 2019 --shows 'sleeve patch' --unit '3rd example company'",
)
def add(
    folder: Library,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Pictures.")] = None,
    label: Annotated[str, typer.Option(help="How people call it; the file's name unless given.")] = "",
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")] = "emblem",
    source: Annotated[str, typer.Option(help="Where the picture is from.")] = "",
    licence: Annotated[str, typer.Option(help="Under which it may be used.")] = "",
    dated: Annotated[str, typer.Option(help="Of when it is, as far as known.")] = NOT_STATED,
    shows: Annotated[str, typer.Option(help="What it is claimed to show; the label unless given.")] = "",
    unit: Annotated[
        list[str] | None, typer.Option("--unit", help="A unit claimed to wear it; may be repeated.")
    ] = None,
    confused: Annotated[
        list[str] | None, typer.Option("--confused-with", help="What it is taken for; may be repeated.")
    ] = None,
    worn: Annotated[
        list[str] | None,
        typer.Option("--worn", metavar="UNIT:K/N:SOURCE", help="K of N people of a unit wore it; 'others:K/N:SOURCE'."),
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option(metavar="CSV", help="A table of pictures beside it: file, label, source, licence.")
    ] = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put pictures into a library, each with where it is from. One that cannot be used is named and passed over."""
    facts: list[tuple[Path, dict[str, Any]]] = []
    if manifest is not None:
        rows = read_manifest(manifest)
        facts += [(manifest.parent / row["file"], facts_of(row, Path(row["file"]).stem, kind)) for row in rows]
    for file in files or []:
        said = {"label": label, "source": source, "licence": licence, "dated": dated, "shows": shows}
        made = facts_of({**said, "kind": kind}, file.stem, kind)
        for name, value in (("source", source), ("licence", licence)):
            if not value.strip():
                raise BadInputError(
                    f"No {name} is given.", f"Say it with --{name}; where it is not known, write '{NOT_STATED}'."
                )
        counts = tuple(_count(text) for text in worn or [])
        more = {"kind": kind, "units": tuple(unit or ()), "confused_with": tuple(confused or ()), "worn": counts}
        facts.append((file, {**made, **more}))
    if not facts:
        raise BadInputError("No picture is given.", "Name files, or a table with --manifest.")
    library = EmblemLibrary(folder, make=True)
    added: list[Reference] = []
    passed: list[PassedOver] = []
    with telling(as_json) as progress:
        for number, (file, known) in enumerate(facts):
            progress(number / len(facts), file.name)
            try:
                added.append(add_reference(library, file, known, operator or default_operator()))
            except WitnessmarkError as error:
                if len(facts) == 1:
                    raise
                passed.append(PassedOver(file.name, error.what, error.do))

    def tell() -> None:
        for one in added:
            OUT.print(f"{one.label} ({one.kind}): kept as {one.sha256.hex()[:12]}.")
        _tell_passed(tuple(passed))

    answer(as_json, {"library": str(folder), "added": to_plain(added), "passed_over": to_plain(passed)}, tell)


@app.command("list", epilog="Example:  witnessmark emblems list emblems")
def list_(folder: Library, as_json: JsonOption = False) -> None:
    """List what a library holds: what each picture is claimed to show, by whom, and what it is confused with."""
    library = open_library(folder)
    references, passed = library.references(), tuple(library.passed_over())

    def tell() -> None:
        shown = table(
            "Label", "Kind", "Claimed to show", "Confused with", "Source", "Licence", "Dated", "Added", "SHA-256"
        )
        for one in references:
            added = f"{one.added} by {one.added_by}"
            also = ", ".join(one.confused_with)
            row = (one.label, one.kind, one.shows, also, one.source, one.licence, one.dated, added)
            shown.add_row(*row, one.sha256.hex()[:12])
        OUT.print(shown if references else "The library is empty.")
        _tell_passed(passed)

    said = {"references": to_plain(references), "passed_over": to_plain(passed), "caveat": CAVEAT}
    answer(as_json, said, tell)


@app.command("check", epilog="Example:  witnessmark emblems check emblems")
def check(folder: Library, as_json: JsonOption = False) -> None:
    """Check every picture, and what is said of it, against the hashes in the log. Exit code 1 if any differ."""
    found = EmblemLibrary(folder).check()

    def tell() -> None:
        state = "as it was kept" if found.sound else "NOT as it was kept"
        OUT.print(f"{found.references_count} references; the library is {state}. Its log ends with {found.log_head}.")
        _tell_passed(found.problems)

    answer(as_json, found, tell)
    if not found.sound:
        raise typer.Exit(1)


@app.command("remove", epilog="Example:  witnessmark emblems remove emblems 'Bird on blue' --reason 'wrong source'")
def remove(
    folder: Library,
    name: Annotated[str, typer.Argument(metavar="REF", help="Label or hash of a reference in it.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the library's log.")],
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a reference out of what is searched; its picture, who did it and why are kept."""
    taken = EmblemLibrary(folder).remove(name, reason, operator or default_operator())
    answer(as_json, taken, lambda: OUT.print(f"{taken.label} is taken out."))


@app.command("search", epilog="Example:  witnessmark emblems search emblems frame.png --box 410,220,64,70 --json")
def search_(
    folder: Library,
    file: Annotated[Path, typer.Argument(metavar="IMAGE", help="A picture or recording.")],
    box: BoxOption,
    at_s: Annotated[float, typer.Option("--at", help="Time of a recording's frame in s.")] = 0.0,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only this kind; may be repeated.")] = None,
    model: Model = None,
    model_sha256: ModelHash = "",
    model_licence: ModelLicence = "",
    as_json: JsonOption = False,
) -> None:
    """Compare a box, which a person drew, with a library: verified, similar, or nothing in the library.

    Needs no case. It compares pictures and names no unit.
    """
    odd = set(kind or ()) - set(KINDS)
    if odd:
        raise BadInputError(f"'{sorted(odd)[0]}' is no kind of reference.", f"Kinds are {', '.join(KINDS)}.")
    encoder = None if model is None else Encoder(model, model_licence, model_sha256)
    with telling(as_json) as progress:
        found = search(folder, file, read_box(box), at_s=at_s, kinds=kind or (), encoder=encoder, progress=progress)
    answer(as_json, plain_answer(found, folder, file), lambda: _tell_found(found))


def read_box(text: str) -> tuple[float, float, float, float]:
    """Left, top, width and height out of "x,y,w,h".

    Raises
    ------
    BadInputError
    """
    try:
        left, top, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise BadInputError(f"'{text}' is no box.", "Give four numbers in pixels: --box 10,20,64,64.") from error
    return left, top, width, height


def plain_answer(found: Answer, folder: Path, file: Path) -> dict[str, Any]:
    """What `search` found, for programs; the caveat goes with it."""
    box = found.box
    return {
        "image": file.name,
        "at_s": box.at_s,
        "box": {"x": box.left_px, "y": box.top_px, "width": box.width_px, "height": box.height_px},
        "library": {"folder": str(folder), "references": found.references_count, "curated": found.curated},
        "grade": box.grade,
        "candidates": [plain_candidate(each, rank) for rank, each in enumerate(box.candidates, start=1)],
        "scores": "They rank; they are not probabilities.",
        "caveat": CAVEAT,
        "names_a_unit": False,
        "model": found.model or None,
        "passed_over": to_plain(found.passed_over),
    }


def _tell_found(found: Answer) -> None:
    box = found.box
    say(f" (box of {box.width_px} x {box.height_px} px, {found.references_count} references compared)", mark=box.grade)
    shown = table("Nearest", "Grade", "Score", "Points", "Pieces", "Claimed to show", "Confused with")
    for each in box.candidates:
        reference, measured = each.reference, each.measured
        shown.add_row(
            f"{reference.label} ({reference.kind})",
            "-" if each.grade == NOTHING else each.grade,
            f"{measured.score:.2f}",
            f"{measured.inliers_count} of {measured.matches_count}",
            f"{measured.agreeing_share:.0%}",
            reference.shows,
            ", ".join(reference.confused_with),
        )
    if box.candidates:
        OUT.print(shown)
        OUT.print(f"{box.candidates[0].reference.label}: {box.candidates[0].why}")
    if not found.curated:
        OUT.print("These are loose pictures, not a library: who took them, when and of what is not stated.")
    _tell_passed(found.passed_over)
    OUT.print(CAVEAT)


def _tell_passed(passed: tuple[PassedOver, ...]) -> None:
    for one in passed:
        OUT.print(f"passed over: {one.name}: {one.reason} {one.do}")


@app.command("propose", epilog="Example:  witnessmark emblems propose emblems clip.mp4 --at 4.2")
def propose_(
    folder: Library,
    file: Annotated[Path, typer.Argument(metavar="IMAGE", help="A picture or recording.")],
    at_s: Annotated[float, typer.Option("--at", help="Time of a recording's frame in s.")] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Propose boxes where points of a reference lie together. A person looks, and accepts or draws another."""
    with telling(as_json) as progress:
        found = propose(folder, file, at_s=at_s, progress=progress)

    def tell() -> None:
        for one in found:
            box = ",".join(map(str, one.box_px))
            OUT.print(f"--box {box}: {one.points_count} points as in '{one.because_of}'")
        OUT.print("A proposal is no answer: look, then compare it with emblems search, or draw another.")

    answer(as_json, {"image": file.name, "at_s": at_s, "proposed": to_plain(found), "caveat": CAVEAT}, tell)


@app.command("use", epilog="Example:  witnessmark emblems use emblems --case ridge")
def use(
    folder: Library,
    model: Model = None,
    model_sha256: ModelHash = "",
    model_licence: ModelLicence = "",
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set the library that a case's boxes are compared with."""
    said: dict[str, Plain] | None = None
    if model is not None:
        said = {"path": str(model.resolve()), "sha256": model_sha256, "licence": model_licence}
    with opened(case_folder, operator) as case:
        use_library(case, folder, said)
        stamped(case)
    answer(as_json, {"library": str(folder), "model": said}, lambda: OUT.print(f"Boxes are compared with {folder}."))


@app.command("box", epilog="Example:  witnessmark emblems box WM-0001 --at 4.2 --box 410,220,64,70")
def box_(
    name: Annotated[str, typer.Argument(metavar="ITEM", help="Exhibit number or hash.")],
    box: BoxOption,
    at_s: Annotated[float, typer.Option("--at", help="Time of the frame in s.")] = 0.0,
    note: Annotated[str, typer.Option(help="What the person says of it.")] = "",
    proposed_by: Annotated[str, typer.Option(help="What proposed the box that the person accepts.")] = "",
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a box on record that a person drew on a frame of an item; then run the line uniforms."""
    with opened(case_folder, operator) as case:
        item = get_item(case, name)
        mark = draw_box(case, item, read_box(box), at_s, note=note, proposed_by=proposed_by)
        stamped(case)
    answer(as_json, mark, lambda: OUT.print(f"{mark.id}: a box on {item.exhibit_number} at {at_s:.2f} s: recorded."))


def _count(text: str) -> WornCount:
    unit, _, rest = text.partition(":")
    share, _, source = rest.partition(":")
    worn, _, people = share.partition("/")
    try:
        return WornCount("" if unit.strip() == "others" else unit.strip(), int(worn), int(people), source.strip())
    except ValueError as error:
        raise BadInputError(
            f"'{text}' is no count.", "Write it as UNIT:K/N:SOURCE, such as 'others:2/140:photographs of 2031'."
        ) from error
