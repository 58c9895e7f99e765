"""The command line, one of two doors onto the desk."""

from __future__ import annotations

import importlib
import json
import keyword
import os
import sys
from typing import Any

import typer
import typer.core

from witnessmark import __version__
from witnessmark.errors import WitnessmarkError
from witnessmark.plain import visible

ROOMS = {
    "case": "Open a case, set what is weighed, look at it.",
    "item": "Take files in, list them, look at them.",
    "mark": "Say what is known of an item, or drawn on it.",
    "claim": "Put on record who says what.",
    "line": "Run lines of inquiry over items.",
    "copies": "Fingerprint libraries: whether a recording, or a part of it, is known.",
    "scene": "Whether two recordings show the same place.",
    "emblems": "Compare what is worn with a library of emblems.",
    "sun": "Where the sun stands; when, and where, a shadow fell so.",
    "terrain": "From where a ridge line is seen; horizons; skylines.",
    "weather": "What the weather seen tells of the time.",
    "text": "What is written in a picture or a recording.",
    "blur": "A working copy with faces, and what you draw, blurred for good.",
    "names": "The case's names, and where they are said.",
    "speech": "What is said in a recording, in what language, by how many voices.",
    "assess": "Fuse the findings into an assessment.",
    "review": "Sign off or dissent, as somebody other than the author.",
    "law": "Legal elements, and which findings bear on them.",
    "register": "Persons at risk, by pseudonym; their names and the like are sealed.",
    "dossier": "Seal a dossier; verify one, with or without us.",
    "import": "Take over what other programs collected.",
    "export": "Write the case in the formats others read.",
    "custody": "Check and time-stamp the preserved bytes and their log.",
    "serve": "Open the desk in a browser.",
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
    module = f"{room}_" if keyword.iskeyword(room) else room
    found = typer.main.get_command(importlib.import_module(f"witnessmark.cli.{module}").app)
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
    as_json = "--json" in sys.argv[1:]
    try:
        try:
            code = app(standalone_mode=not as_json)
        except SystemExit as ended:
            code = ended.code
        if code == 130:  # typer's own way to end on Ctrl-C
            raise KeyboardInterrupt
        sys.exit(code)
    except WitnessmarkError as error:
        _end(as_json, error.to_plain(), f"{type(error).__name__.removesuffix('Error')}: {error}", error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        what, do = "Stopped. What was finished is on record;", "run the command again for the rest."
        _end(as_json, _fault("Stopped", what, do), f"{what} {do}", 130)
    except Exception as error:
        wrong_use = getattr(error, "format_message", None)  # of typer's own; without --json typer itself says so
        if wrong_use is not None:
            _end(as_json, _fault("WrongUse", wrong_use(), "See --help."), wrong_use(), 2)
        if os.environ.get("WITNESSMARK_DEBUG"):
            raise
        what, do = f"{type(error).__name__}: {error}", "Set WITNESSMARK_DEBUG=1 for the details to report."
        _end(as_json, _fault("Fault", what, do), f"A fault of the program: {what}\n{do}", 70)


def _fault(kind: str, what: str, do: str) -> dict[str, object]:
    return {"error": kind, "what": what, "do": do, "facts": {}}


def _end(as_json: bool, plain: dict[str, object], said: str, code: int) -> None:
    """Say why it ended, on the output as JSON if asked and always on the error stream, and leave."""
    if as_json:
        print(json.dumps(plain))
    print(visible(said), file=sys.stderr)
    sys.exit(code)
