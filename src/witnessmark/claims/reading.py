"""YAML as plain nodes that remember their lines: every scalar stays text, nothing is expanded, sizes are bounded.

The YAML 1.1 types are left aside on purpose: they would turn ``no`` into False, ``+10:30`` into 630 and a time with an
offset into one without. What a scalar means is decided where it is used.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import yaml

from witnessmark.errors import BadInputError

MAX_BYTES = 1 << 20
"""Largest claims file read [bytes]; some two thousand claims."""
MAX_NODES = 60_000
"""Most keys, values and list entries in one file."""
MAX_DEPTH = 24
"""Deepest nesting; a place made of `any`, `all` and `not` seldom needs more than ten."""


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar, as written."""

    line: int
    value: str


@dataclass(frozen=True, slots=True)
class Entries:
    """A list."""

    line: int
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Keyed:
    """A mapping; `repeated` holds keys that were written a second time, with their lines."""

    line: int
    nodes: dict[str, Node]
    key_lines: dict[str, int]
    repeated: tuple[tuple[str, int], ...]


Node = Text | Entries | Keyed


def printable(text: str) -> str:
    """Text from a file made fit for one line of a message: no sign that breaks lines, hides or moves the cursor."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


class _Open:
    """A collection under construction."""

    def __init__(self, line: int, keyed: bool) -> None:
        self.line = line
        self.keyed = keyed
        self.entries: list[Node] = []
        self.nodes: dict[str, Node] = {}
        self.key_lines: dict[str, int] = {}
        self.repeated: list[tuple[str, int]] = []
        self.key: Text | None = None

    def add(self, node: Node) -> None:
        """Take the next node: an entry, a key or a value."""
        if not self.keyed:
            self.entries.append(node)
        elif self.key is None:
            if not isinstance(node, Text):
                raise BadInputError(
                    f"Line {node.line}: a key is a list or a mapping.", "Write keys as plain words followed by a colon."
                )
            self.key = node
        else:
            name, line = self.key.value, self.key.line
            if name in self.nodes:
                self.repeated.append((name, line))
            else:
                self.nodes[name] = node
                self.key_lines[name] = line
            self.key = None

    def close(self) -> Node:
        """The finished collection."""
        if self.keyed:
            return Keyed(self.line, self.nodes, self.key_lines, tuple(self.repeated))
        return Entries(self.line, tuple(self.entries))


def read_bytes(path: Path, what: str = "claims file", max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file no larger than allowed; never waits on a pipe or a device.

    Raises
    ------
    BadInputError
        When it is missing, not a regular file, unreadable or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BadInputError(f"'{path}' is not a regular file.", f"Name the {what} itself.")
            raw = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise BadInputError(
            f"The {what} '{path}' cannot be read: {reason.lower()}.", "Check the path and that you may read it."
        ) from error
    if len(raw) > max_bytes:
        raise BadInputError(f"The {what} '{path}' is larger than {max_bytes} bytes.", "Split it into several files.")
    return raw


def parse(raw: bytes) -> Node:
    r"""Read YAML bytes into nodes.

    Parameters
    ----------
    raw : bytes
        UTF-8, one document.

    Returns
    -------
    Node
        The document's root, scalars as text.

    Raises
    ------
    BadInputError
        For text that is not UTF-8 or not YAML, an empty file, more than one document, an alias, anchor or tag, or
        more nodes or deeper nesting than `MAX_NODES` and `MAX_DEPTH`.

    Examples
    --------
    >>> node = parse(b"answer: no\noffset: +10:30\n")
    >>> {key: value.value for key, value in node.nodes.items()}
    {'answer': 'no', 'offset': '+10:30'}
    """
    if len(raw) > MAX_BYTES:
        raise BadInputError(f"The claims are larger than {MAX_BYTES} bytes.", "Split them into several files.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(
            f"The claims are not UTF-8 text: byte {error.start} does not belong.", "Save the file as UTF-8."
        ) from error
    try:
        return _compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise BadInputError(
            f"The claims are not well-formed YAML{where}: {printable(str(error.problem or error.context))}.",
            "Look there for a missing colon, quote or space; text holding a colon goes in quotes.",
        ) from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInputError(
            f"The claims are not well-formed YAML: {printable(first)}.",
            "Start again from the template; plain text is enough.",
        ) from error


def _compose(text: str) -> Node:
    """Follow the parser's events with a stack of our own, so that depth and number are bounded."""
    root: Node | None = None
    open_nodes: list[_Open] = []
    n_nodes = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if not isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            continue
        line = event.start_mark.line + 1 if event.start_mark is not None else 0
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise BadInputError(
                f"Line {line}: the anchor or alias '{printable(event.anchor)}' is not taken.",
                "Write the value out where it is used.",
            )
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            if event.tag is not None:
                raise BadInputError(
                    f"Line {line}: the tag '{printable(str(event.tag))}' is not taken.",
                    "Leave it out; text beginning with ! goes in quotes.",
                )
            n_nodes += 1
            if n_nodes > MAX_NODES or len(open_nodes) >= MAX_DEPTH:
                raise BadInputError(
                    f"Line {line}: the claims have more than {MAX_NODES} entries or nest deeper than {MAX_DEPTH}.",
                    "Split them into several files, or write the place more simply.",
                )
        done: Node | None = None
        if isinstance(event, yaml.ScalarEvent):
            done = Text(line, str(event.value))
        elif isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append(_Open(line, isinstance(event, yaml.MappingStartEvent)))
        else:
            done = open_nodes.pop().close()
        if done is None:
            continue
        if open_nodes:
            open_nodes[-1].add(done)
        elif root is None:
            root = done
        else:
            raise BadInputError(f"Line {line}: a second YAML document begins.", "Keep all claims in one document.")
    if root is None:
        raise BadInputError("The claims file is empty.", "Start from the template that 'claim template' prints.")
    return root
