"""Commands on custody: verify, log, stamp."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from witnessmark.cli.shared import (
    OUT,
    CaseOption,
    JsonOption,
    OperatorOption,
    answer,
    opened,
    read_public_key,
    say,
    short,
    table,
    telling,
)
from witnessmark.desk.stamping import said_of, stamp
from witnessmark.desk.verifying import verify_case, verify_folder
from witnessmark.plain import to_plain

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Check and time-stamp the preserved bytes and their log."
)


@app.command("verify", epilog="Example:  witnessmark custody verify --case copy --public-key case_key.pub")
def verify(
    public_key: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="Check with this public key alone, writing nothing: for a locked copy."),
    ] = None,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read everything again: every byte, event, signature and token. Exit code 1 names the first that is wrong."""
    if public_key is not None:
        with telling(as_json) as progress:
            report = verify_folder(case_folder or Path.cwd(), read_public_key(public_key), progress=progress)
    else:
        with opened(case_folder) as case, telling(as_json) as progress:
            report = verify_case(case, progress=progress)

    def tell() -> None:
        for fault in report.faults:
            at = "" if fault.byte_offset is None else f", byte {fault.byte_offset:,}"
            say(f" {fault.where}{at}", mark=str(fault.kind))
            OUT.print(f"  {fault.what} {fault.do}")
        for note in report.notes:
            OUT.print(f"note: {note}")
        counts = ", ".join(f"{count:,} {name}" for name, count in report.checked.items())
        OUT.print(f"Read again: {counts}.")
        OUT.print("Everything is as it was recorded." if report.ok else "Something is not as it was recorded.")

    answer(as_json, report, tell)
    if not report.ok:
        raise typer.Exit(1)


@app.command("key", epilog="Example:  witnessmark custody key > case_key.pub")
def key(case_folder: CaseOption = None, as_json: JsonOption = False) -> None:
    """Print the case's public key, to be handed over apart from the case; its fingerprint is read out by telephone."""
    with opened(case_folder) as case:
        public = case.key.public
    said = {"public_key_pem": public.pem.decode(), "fingerprint_sha256": public.fingerprint.hex()}
    answer(as_json, said, lambda: print(public.pem.decode(), end=""))


@app.command("log")
def log(
    last: Annotated[int, typer.Option(help="How many of the newest events; 0 for all.")] = 20,
    case_folder: CaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the log of custody events, oldest first."""
    with opened(case_folder) as case:
        head = case.log.head().number
        events: list[Any] = list(case.log.read(1 if last <= 0 else max(1, head - last + 1)))

    def tell() -> None:
        shown = table("Event", "Time (UTC)", "Who", "What", "PREMIS", "Objects")
        for event in events:
            objects = ", ".join(short(digest.hex(), 8) for digest in event.objects[:2])
            at = event.at.strftime("%Y-%m-%d %H:%M:%S")
            shown.add_row(str(event.number), at, event.agent, event.action, str(event.premis), objects)
        OUT.print(shown)

    answer(as_json, to_plain(events), tell)


@app.command("stamp", epilog="Example:  witnessmark custody stamp --tsa https://tsa.example/tsr")
def stamp_(
    tsa: Annotated[str | None, typer.Option(metavar="URL", help="RFC 3161 authority; else the case's.")] = None,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have the head of the log time-stamped by a trusted authority; everything before it is covered."""
    with opened(case_folder, operator) as case:
        event = stamp(case, tsa)
        said = said_of(case, event)
    answer(as_json, event, lambda: OUT.print(said))
