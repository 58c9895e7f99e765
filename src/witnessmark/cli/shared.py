"""What every command shares: its options, how it opens the case, how it speaks to people and to programs."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.x509 import load_pem_x509_certificates
from rich.console import Console, ConsoleDimensions
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from witnessmark.custody.keys import PublicKey
from witnessmark.desk.case import Case, open_case
from witnessmark.desk.stamping import stamp_if_configured
from witnessmark.errors import BadInputError
from witnessmark.plain import to_plain, visible


class _Plainly(Console):
    """A console that takes no text for markup: names, titles and reasons come from people and from files."""

    @property
    def size(self) -> ConsoleDimensions:
        """As wide as COLUMNS says, in a dumb terminal too: tables are then not broken where nobody needs it."""
        columns = os.environ.get("COLUMNS", "")
        return ConsoleDimensions(int(columns), 25) if columns.isdigit() and int(columns) > 0 else super().size

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size

    def render_str(self, text: str, **options: Any) -> Text:
        """A line as it is, with nothing in it that steers the terminal."""
        return super().render_str(visible(text), **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print; lines are never broken, so that hashes and paths can be copied whole."""
        options.setdefault("soft_wrap", all(isinstance(each, (str, Text)) for each in objects))
        super().print(*objects, **options)


OUT = _Plainly(highlight=False, markup=False, emoji=False)
ERR = _Plainly(stderr=True, highlight=False, markup=False, emoji=False)


def say(text: str, *, mark: str = "") -> None:
    """Print a line for a person, its beginning `mark` in bold."""
    OUT.print(Text.assemble((visible(mark), "bold"), visible(text)))


CaseOption = Annotated[
    Path | None,
    typer.Option("--case", envvar="WITNESSMARK_CASE", metavar="DIR", help="The case folder.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
OperatorOption = Annotated[
    str | None,
    typer.Option(
        "--operator",
        envvar="WITNESSMARK_OPERATOR",
        metavar="NAME",
        help="Who works; written into the log. The login name unless given.",
        show_default=False,
    ),
]


@contextmanager
def opened(folder: Path | None, operator: str | None = None) -> Iterator[Case]:
    """The case named by ``--case`` or WITNESSMARK_CASE, else the one this folder is.

    Raises
    ------
    BadInputError
        When no case is named and the current folder is none.
    """
    if folder is None:
        folder = Path.cwd()
        if not (folder / "witnessmark.json").is_file():
            raise BadInputError(
                "No case is named.", "Give --case DIR, set WITNESSMARK_CASE, or work inside a case folder."
            )
    case = open_case(folder, operator=operator)
    try:
        yield case
    finally:
        case.close()


def stamped(case: Case) -> None:
    """Stamp the log if the case has an authority; when it fails, say on the error stream what stays pending."""
    pending = stamp_if_configured(case)
    if pending is not None:
        print(visible(f"Not time-stamped yet: {pending}"), file=sys.stderr)


def answer(as_json: bool, value: object, tell: Callable[[], None]) -> None:
    """Print the value as JSON, or let `tell` say it to a person."""
    if as_json:
        print(json.dumps(to_plain(value), indent=1))  # in ASCII: the same on every terminal, and safe to look at
    else:
        tell()


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table in the house's style."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


class Teller:
    """Progress on the error stream: a bar on a terminal, a line now and then elsewhere, nothing with ``--json``."""

    def __init__(self, bar: Progress | None, quiet: bool) -> None:
        self._bar = bar
        self._quiet = quiet
        self._tasks: dict[str, TaskID] = {}
        self._told_s = time.monotonic()

    def __call__(self, done: float, what: str) -> None:
        """Report on the only piece of work."""
        self.on("", done, what)

    def on(self, which: str, done: float, what: str) -> None:
        """Report on one of several pieces of work."""
        label = visible(f"{which}: {what}" if which else what)
        if self._bar is not None:
            if which not in self._tasks:
                self._tasks[which] = self._bar.add_task(label, total=1.0)
            self._bar.update(self._tasks[which], completed=min(max(done, 0.0), 1.0), description=label)
        elif not self._quiet and time.monotonic() - self._told_s > 5.0:
            self._told_s = time.monotonic()
            print(f"{label}  {done:.0%}", file=sys.stderr, flush=True)


@contextmanager
def telling(as_json: bool) -> Iterator[Teller]:
    """Progress for work that may take more than two seconds."""
    if as_json or not ERR.is_terminal:
        yield Teller(None, quiet=as_json)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=ERR, transient=True) as bar:
        yield Teller(bar, quiet=False)


def short(digest: str, digits: int = 12) -> str:
    """The beginning of a hash, for tables; the whole one is a ``--json`` away."""
    return digest[:digits]


def read_roots(path: Path) -> str:
    """Root certificates that a person trusts, as PEM.

    Raises
    ------
    BadInputError
        When the file cannot be read or holds no certificate.
    """
    try:
        text = path.read_text(encoding="ascii")
        load_pem_x509_certificates(text.encode())
    except (OSError, ValueError) as error:
        raise BadInputError(
            f"'{path}' is not a readable file of certificates.", "Give the root certificates as PEM."
        ) from error
    return text


def read_public_key(path: Path) -> PublicKey:
    """A public key that a person was handed, as PEM.

    Raises
    ------
    BadInputError
        When the file cannot be read or holds no Ed25519 public key.
    """
    try:
        found = PublicKey(path.read_bytes()[: 1 << 16])
    except OSError as error:
        raise BadInputError(f"The public key '{path}' cannot be read ({error.strerror}).", "Check the path.") from error
    _ = found.fingerprint  # raises for what is no such key
    return found


def size_text(size_bytes: int) -> str:
    """A size for people.

    Examples
    --------
    >>> size_text(1739000)
    '1.7 MB'
    """
    size: float = size_bytes
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError


def pairs(rows: dict[str, Any]) -> Table:
    """Names and values, one a line."""
    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows.items():
        made.add_row(name, str(value))
    return made
