"""The command line, one of two doors onto the desk."""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

import typer
import typer.core

from witnessmark import __version__
from witnessmark.errors import WitnessmarkError

ROOMS = {
    "case": "Open a case, set what is weighed, look at it.",
    "item": "Take files in, list them, look at them.",
    "claim": "Put on record who says what.",
    "line": "Run lines of inquiry over items.",
    "assess": "Fuse the findings into an assessment.",
    "review": "Sign off or dissent, as somebody other than the author.",
    "law": "Legal elements, and which findings bear on them.",
    "dossier": "Seal a dossier; verify one, with or without us.",
    "custody": "Check and time-stamp the preserved bytes and their log.",
    "demo": "Take a rehearsed incident through every room.",
}
"""The modules of this package that hold an ``app``, with a word on each: only the one that is used is loaded."""


class _Rooms(typer.core.TyperGroup):
    """Commands loaded when they are used, so that `--help` and small commands answer at once."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(ROOMS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return typer.core.TyperCommand(cmd_name, help=ROOMS[cmd_name]) if cmd_name in ROOMS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] in ROOMS:
            return args[0], load(args[0]), args[1:]
        return super().resolve_command(ctx, args)


def load(room: str) -> Any:
    """The command, or group of commands, of a room."""
    found = typer.main.get_command(importlib.import_module(f"witnessmark.cli.{room}").app)
    found.name = room
    return found


app = typer.Typer(
    name="witnessmark",
    cls=_Rooms,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Establish what a video shows, how sure we are, and seal it so that a stranger can check it.\n\n"
    "Begin with:  witnessmark case new CASE --reference 2031-17",
    epilog="Exit codes: 0 done, 1 a check failed, 2 wrong use or unusable input, 70 a fault of the program.",
)


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
        print(f"{type(error).__name__.removesuffix('Error')}: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("Stopped. What was finished is on record; run the command again for the rest.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if os.environ.get("WITNESSMARK_DEBUG"):
            raise
        print(f"A fault of the program: {type(error).__name__}: {error}", file=sys.stderr)
        print("Set WITNESSMARK_DEBUG=1 for the details to report.", file=sys.stderr)
        sys.exit(70)
