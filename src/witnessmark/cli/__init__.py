"""The command line, one of two doors onto the desk."""

from __future__ import annotations

import json
import os
import sys

import typer

from witnessmark import __version__
from witnessmark.cli import assess, case, claim, custody, demo, dossier, item, law, line, review
from witnessmark.cli.shared import ERR
from witnessmark.errors import WitnessmarkError

app = typer.Typer(
    name="witnessmark",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Establish what a video shows, how sure we are, and seal it so that a stranger can check it.\n\n"
    "Begin with:  witnessmark case new CASE --reference 2031-17",
    epilog="Exit codes: 0 done, 1 a check failed, 2 wrong use or unusable input, 70 a fault of the program.",
)
app.add_typer(case.app, name="case")
app.add_typer(item.app, name="item")
app.add_typer(claim.app, name="claim")
app.add_typer(line.app, name="line")
app.command("assess")(assess.assess_command)
app.add_typer(review.app, name="review")
app.add_typer(law.app, name="law")
app.add_typer(dossier.app, name="dossier")
app.add_typer(custody.app, name="custody")
app.command("demo")(demo.demo_command)


def _version(asked: bool) -> None:
    if asked:
        print(f"witnessmark {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


def main() -> None:
    """Run the command line; errors of the house become one sentence and an exit code."""
    try:
        app()
    except WitnessmarkError as error:
        if "--json" in sys.argv:
            print(json.dumps(error.to_plain(), ensure_ascii=False))
        ERR.print(f"[bold red]{type(error).__name__.removesuffix('Error')}[/]: ", end="")
        ERR.print(str(error), markup=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        ERR.print("Stopped. What was finished is on record; the rest goes on when you run the command again.")
        sys.exit(130)
    except Exception as error:
        if os.environ.get("WITNESSMARK_DEBUG"):
            raise
        ERR.print(f"A fault of the program: {type(error).__name__}: {error}", markup=False)
        ERR.print("Nothing on record was changed by it. Set WITNESSMARK_DEBUG=1 for the details to report.")
        sys.exit(70)
