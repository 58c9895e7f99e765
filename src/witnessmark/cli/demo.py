"""The command that takes a rehearsed incident through every room."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from witnessmark.cli import assess
from witnessmark.cli.shared import OUT, JsonOption, answer, say, telling
from witnessmark.cli.tellings import tell_known
from witnessmark.errors import BadInputError

app = typer.Typer(add_completion=False)


@app.command("demo", epilog="Example:  witnessmark demo --out demo")
def demo_command(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where everything goes; an earlier demo is replaced.")
    ] = Path("demo"),
    as_json: JsonOption = False,
) -> None:
    """Render a rehearsed clip and take it, with three parties' claims, through every room. Needs no network."""
    try:
        from witnessmark.rehearsal.demo import run_demo
    except ModuleNotFoundError as error:
        raise BadInputError(
            f"The demo needs the package '{error.name}'.", "Install it with: pip install 'witnessmark[rehearsal]'."
        ) from error
    with telling(as_json) as progress:
        done = run_demo(out, progress=progress.on)

    def tell() -> None:
        OUT.print()
        say(": a clip put forward as older footage, when it was taken in", mark=done.known.exhibit_number)
        tell_known(done.known)
        OUT.print()
        assess.tell(done.assessment, done.statements, [])
        say(" (kept apart from the case, in the truth folder)", mark="\nWhat was true")
        OUT.print(f"  {done.truth}")
        say("", mark="\nLook at")
        for picture in done.pictures:
            OUT.print(f"  {picture}")
        say("", mark="\nRead")
        for path in done.dossiers:
            OUT.print(f"  {path / 'data' / 'report.pdf'}\n  {path / 'data' / 'report.html'}")
        say("", mark="\nVerify, trusting nobody")
        for path in done.dossiers:
            OUT.print(f"  python3 -I {path / 'verify.py'}")
        OUT.print(f"  witnessmark custody verify --case {done.case}")
        say("", mark="\nOpen it in a browser")
        OUT.print(f"  witnessmark serve {out}   (then follow the link it prints, once, to make the first account)")

    answer(as_json, done, tell)
