"""The reference of every command, written from the commands themselves: ``python -m witnessmark.cli.reference``."""

from __future__ import annotations

from collections.abc import Iterator

import typer
import typer.core

from witnessmark.cli import ROOMS, load

HEAD = """# Command line

Every command takes `--json`; those on a case take `--case DIR` or read `WITNESSMARK_CASE`; those that write take
`--operator NAME` or read `WITNESSMARK_OPERATOR`. Exit codes: 0 done, 1 a check failed, 2 wrong use or unusable input,
70 a fault of the program. Progress goes to the error stream, so output can be piped.

A case's key may carry a passphrase: set `WITNESSMARK_KEY_PASSPHRASE` when the case is made and ever after. A
reviewer's key likewise: `WITNESSMARK_REVIEWER_PASSPHRASE`.
"""
SHARED = frozenset({"--json", "--case", "--operator", "--help"})
"""Options the head speaks of."""


def reference() -> str:
    """Every command with its help, an example and its options, as Markdown."""
    parts = [HEAD]
    for room in ROOMS:
        for path, command in _commands(load(room), (room,)):
            parts += _section(path, command)
    return "\n".join(parts)


def _commands(command: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], typer.core.TyperCommand]]:
    if isinstance(command, typer.core.TyperGroup):
        context = typer.Context(command)
        for name in command.list_commands(context):
            yield from _commands(command.get_command(context, name), (*path, name))
    elif isinstance(command, typer.core.TyperCommand):
        yield path, command


def _section(path: tuple[str, ...], command: typer.core.TyperCommand) -> list[str]:
    parts = [f"## witnessmark {' '.join(path)}\n", (command.help or "").strip() + "\n"]
    example = (command.epilog or "").replace("Example:", "").strip()
    if example:
        parts.append(f"```console\n{example}\n```\n")
    rows = []
    for parameter in command.params:
        names = [name for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("-")]
        if SHARED.isdisjoint(names):
            shown = ", ".join(f"`{name}`" for name in names) or f"`{parameter.metavar or str(parameter.name).upper()}`"
            rows.append(f"| {shown} | {getattr(parameter, 'help', '') or ''} |")
    if rows:
        parts.append("| Option | Meaning |\n|---|---|\n" + "\n".join(rows) + "\n")
    return parts


if __name__ == "__main__":
    print(reference(), end="")
