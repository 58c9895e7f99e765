"""Commands on fingerprint libraries: index, query, look, list, stats, mark, remove, and exchange with others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli import comparing, exchanging
from witnessmark.cli.shared import (
    OUT,
    CaseOption,
    JsonOption,
    OperatorOption,
    answer,
    opened,
    pairs,
    say,
    size_text,
    stamped,
    table,
    telling,
)
from witnessmark.cli.tellings import tell_known
from witnessmark.desk.case import default_operator
from witnessmark.desk.copies import look_up
from witnessmark.desk.indexing import find_recording, fingerprint_file, index, query
from witnessmark.desk.items import get_item
from witnessmark.errors import BadInputError
from witnessmark.lines.copies.library import Recording, Template
from witnessmark.lines.copies.stoplist import stop_of
from witnessmark.plain import to_plain
from witnessmark.stores.fingerprints.bulk import import_folder
from witnessmark.stores.fingerprints.mending import lost_words

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Fingerprint libraries: whether a recording, or a part of it, is known.",
)
Index = Annotated[str, typer.Argument(metavar="INDEX", help="A folder, or a PostgreSQL URL.")]
Ref = Annotated[str, typer.Argument(metavar="REF", help="Number, name or hash of a recording in it.")]
KINDS = ("intro", "logo", "lower-third", "other")


@app.command("index", epilog="Example:  witnessmark copies index archive clips/ more/clip.mp4")
def index_(
    place: Index,
    paths: Annotated[list[Path], typer.Argument(metavar="FILE_OR_FOLDER...", help="What to fingerprint.")],
    workers: Annotated[int, typer.Option(min=1, max=64, help="Files fingerprinted at a time.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Fingerprint files and folders into a library. Stopped, it goes on where it was; a broken file costs one line."""
    with index(place, must_exist=False) as store, telling(as_json) as progress:
        done = import_folder(store, paths, progress=progress, workers=workers)
        stats = store.stats()
    said = {"import": to_plain(done), "stats": to_plain(stats)}

    def tell() -> None:
        for line in done.broken:
            OUT.print(f"not taken in: {line.path}: {line.reason}")
        OUT.print(f"{len(done.added)} added, {done.known} were there already, {len(done.broken)} could not be read.")
        OUT.print(f"The library holds {stats.recordings} recordings, {stats.duration_s / 3600:.2f} h.")

    answer(as_json, said, tell)


@app.command("query", epilog="Example:  witnessmark copies query archive suspect.mp4 --json")
def query_(
    place: Index,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The recording to look for.")],
    tier: Annotated[int, typer.Option(min=1, max=3, help="Use fingerprints only up to this tier.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Look for a recording, or parts of it, in a library. Nothing of the recording is kept there."""
    with index(place) as store, telling(as_json) as progress:
        made = fingerprint_file(file, progress=lambda done, what: progress(0.8 * done, what))
        rows = query(store, made, tier=tier, progress=lambda done, what: progress(0.8 + 0.2 * done, what))
        count = len(store.recordings())
    answer(as_json, rows, lambda: _tell_rows(rows, count))


def _tell_rows(rows: list[dict[str, Any]], count: int) -> None:
    if not rows:
        OUT.print(f"Nothing like it among {count} recordings. That does not make it new.")
    for row in rows:
        relation = "same sound, other pictures" if row["same_sound"] else row["relation"]
        origin = f" (from {row['origin']})" if row["origin"] else ""
        say(f"  {row['ref']}{origin}, score {row['score']:.2f}", mark=relation)
        for part in row["stretches"][:4]:
            if part["q0"] is None:
                continue
            changes = [*(["mirrored"] if row["mirrored"] else []), *part["changes"]]
            changes += [f"{part['speed']:.2f} times as fast"] if abs(part["speed"] - 1.0) > 0.02 else []
            OUT.print(
                f"  {part['q0']:.2f}-{part['q1']:.2f} s shows its {part['r0']:.2f}-{part['r1']:.2f} s: "
                f"{', '.join(changes)}"
            )
        for reason in row["reasons"]:
            OUT.print(f"  {reason}")


@app.command("look", epilog="Example:  witnessmark copies look WM-0002 --case ridge")
def look(
    name: Annotated[str, typer.Argument(metavar="ITEM", help="Exhibit number or hash.")],
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look for an item of a case in the case's own library and in the organisation's. The copies line weighs it."""
    with opened(case_folder, operator) as case, telling(as_json) as progress:
        item = get_item(case, name)
        known = look_up(case, item, progress=progress)
        stamped(case)

    def tell() -> None:
        say("", mark=item.exhibit_number)
        tell_known(known)

    answer(as_json, known, tell)


@app.command("list", epilog="Example:  witnessmark copies list archive")
def list_(place: Index, as_json: JsonOption = False) -> None:
    """List the recordings of a library."""
    with index(place) as store:
        rows = list(store.recordings())

    def tell() -> None:
        shown = table("No", "Name", "From", "Length", "Tiers", "First seen", "Shared parts marked")
        for row in rows:
            first = f"{to_plain(row.seen[0].how_known)}" if row.seen else ""
            marks = ", ".join(f"{mark.kind} {mark.start_s:.1f}-{mark.end_s:.1f} s" for mark in row.templates)
            length = f"{row.duration_s:.1f} s"
            shown.add_row(str(row.id), row.name, row.origin or "own", length, str(row.tiers), first, marks)
        OUT.print(shown if rows else "The library is empty.")

    answer(as_json, rows, tell)


@app.command("stats", epilog="Example:  witnessmark copies stats archive")
def stats_(place: Index, as_json: JsonOption = False) -> None:
    """How much a library holds, by tier and origin."""
    with index(place) as store:
        stats = store.stats()

    def tell() -> None:
        sizes = {
            f"tier {tier}": f"{size_text(size)}, {stats.kb_per_minute[tier]:.1f} kB a minute"
            for tier, size in stats.bytes_by_tier.items()
        }
        origins = ", ".join(f"{origin or 'own'} {count}" for origin, count in stats.origins.items())
        OUT.print(
            pairs(
                {
                    "algorithm": stats.algorithm,
                    "recordings": stats.recordings,
                    "length": f"{stats.duration_s / 3600:.2f} h",
                    **sizes,
                    "on disk": size_text(stats.stored_bytes),
                    "origins": origins or "none",
                    "taken down": stats.removed,
                }
            )
        )

    answer(as_json, stats, tell)


@app.command("mark", epilog="Example:  witnessmark copies mark archive news.mp4 --kind intro --from 0 --to 3.2")
def mark(
    place: Index,
    ref: Ref,
    kind: Annotated[str, typer.Option(help="intro, logo, lower-third or other.")] = "intro",
    start_s: Annotated[float, typer.Option("--from", help="Start in seconds.")] = 0.0,
    end_s: Annotated[
        float | None, typer.Option("--to", help="End in seconds; the recording's own unless given.")
    ] = None,
    box: Annotated[
        str | None, typer.Option(metavar="L,T,R,B", help="Area as shares of the frame from 0 to 1; else all of it.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the mark back.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Mark what many recordings share, such as a broadcaster's intro or logo: it is then no evidence of a copy.

    The mark holds by content on every recording of the library that shows the same.
    """
    with index(place) as store:
        recording = find_recording(store, ref)
        template = _template(recording, kind, start_s, end_s, box)
        known_again = stop_of(template, store.fingerprint(recording.id)) is not None
        done = store.unmark(recording.id, template) if undo else store.mark_template(recording.id, template)
    word = "no longer marked" if undo else "marked"

    def tell() -> None:
        OUT.print(f"{done.name}: {kind} {word}.")
        if not undo and not known_again:
            OUT.print("It is too short or too plain to be known again: it holds for this recording only.")

    answer(as_json, done, tell)


def _template(recording: Recording, kind: str, start_s: float, end_s: float | None, box: str | None) -> Template:
    if kind not in KINDS:
        raise BadInputError(f"'{kind}' is no kind of shared part.", f"Give one of {', '.join(KINDS)}.")
    end_s = recording.duration_s if end_s is None else end_s
    if not 0.0 <= start_s < end_s:
        raise BadInputError(f"{start_s:g} to {end_s:g} s is no stretch.", "Give --from before --to, in seconds.")
    if box is None:
        return Template(kind, start_s, end_s, None)
    try:
        left, top, right, bottom = (float(part) for part in box.split(","))
    except ValueError as error:
        raise BadInputError(f"'{box}' is no area.", "Give --box as left,top,right,bottom from 0 to 1.") from error
    if not (0.0 <= left < right <= 1.0 and 0.0 <= top < bottom <= 1.0):
        raise BadInputError(f"'{box}' is no area.", "Give --box as left,top,right,bottom from 0 to 1.")
    return Template(kind, start_s, end_s, (left, top, right, bottom))


@app.command("remove", epilog="Example:  witnessmark copies remove archive clip.mp4 --reason 'asked by the family'")
def remove(
    place: Index,
    ref: Ref,
    reason: Annotated[str, typer.Option(help="Why; kept in the log of takedowns.")],
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a recording out of a library: at once no query answers from it, its bytes go, and the log keeps why."""
    with index(place) as store:
        taken = store.remove(find_recording(store, ref).id, reason, operator or default_operator())
        store.compact()
        taken = next(one for one in store.takedowns() if one.recording == taken.recording)
    answer(as_json, taken, lambda: OUT.print(f"{taken.name} is taken down."))


@app.command("rebuild", epilog="Example:  witnessmark copies rebuild archive")
def rebuild(
    place: Index,
    drop_missing: Annotated[
        bool, typer.Option("--drop-missing", help="Take out recordings whose bytes are lost; the log keeps which.")
    ] = False,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make what queries read anew from the kept fingerprints, or open a library of an older layout.

    Files that are missing or cut short are given up, once what is whole in them was saved. Exit code 1 names what is
    lost: index those files again, or take them out with --drop-missing.
    """
    with index(place, rebuild=True) as store:
        dropped = store.drop_lost(operator or default_operator()) if drop_missing else []
        store.compact()
        problems = [*lost_words(store.lost(), {one.id: one for one in store.recordings()})]
        problems += [one for one in store.verify() if one.recording not in store.lost()]
        count = len(store.recordings()) - len(store.lost())

    def tell() -> None:
        for taken in dropped:
            OUT.print(
                f"recording {taken.recording}: '{taken.name}' was lost and is taken out; it may be indexed again."
            )
        for problem in problems:
            OUT.print(f"recording {problem.recording}: {problem.what}")
        OUT.print(f"Rebuilt: {count} recordings.")

    said = {"recordings": count, "problems": to_plain(tuple(problems)), "dropped": to_plain(tuple(dropped))}
    answer(as_json, said, tell)
    if problems:
        raise typer.Exit(1)


@app.command("verify", epilog="Example:  witnessmark copies verify archive")
def verify(place: Index, as_json: JsonOption = False) -> None:
    """Read a whole library back against its checksums and rows. Exit code 1 names what is wrong."""
    with index(place) as store:
        problems = store.verify()

    def tell() -> None:
        for problem in problems:
            OUT.print(f"recording {problem.recording}: {problem.what}")
        OUT.print("Everything is as it was written." if not problems else "Something is not as it was written.")

    answer(as_json, problems, tell)
    if problems:
        raise typer.Exit(1)


for name, command, example in exchanging.COMMANDS:
    app.command(name, epilog=f"Example:  {example}")(command)
app.command("compare", epilog=f"Example:  {comparing.EXAMPLE}")(comparing.compare)
