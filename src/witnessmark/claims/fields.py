"""Taking fields from YAML nodes: every problem is noted with its line, and reading goes on."""

from __future__ import annotations

import difflib
import enum
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from witnessmark.claims.reading import Entries, Keyed, Node, Text, printable
from witnessmark.errors import BadInputError, WitnessmarkError

T = TypeVar("T")
E = TypeVar("E", bound=enum.StrEnum)

MAX_TEXT = 20_000
"""Longest text taken for one field [characters]."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,15})?")
_KIND = {Text: "text", Entries: "a list", Keyed: "keys and values"}
_TURNS = "\u202d\u202e"
"""Overrides of writing direction: they can show a text as its reverse. Marks and isolates stay, languages need them."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint at the known word most like this one, or all of them when none is like it."""
    words = sorted(known)
    close = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else f"known are {', '.join(words) or 'none'}."


def shown(text: str, limit: int = 60) -> str:
    """Text from a file made fit for a message: short, and without characters that move the cursor."""
    clean = printable(text)
    return clean if len(clean) <= limit else clean[: limit - 3] + "..."


class Problems:
    """All that is wrong with a file, by line."""

    def __init__(self) -> None:
        self._found: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._found)

    def note(self, line: int, words: str) -> None:
        """Add one."""
        self._found.append((line, printable(words)))

    @contextmanager
    def at(self, line: int) -> Iterator[None]:
        """Turn an error raised inside into a noted problem of that line."""
        try:
            yield
        except WitnessmarkError as error:
            self.note(line, str(error))

    def raise_if_any(self) -> None:
        """Say them all at once.

        Raises
        ------
        BadInputError
            When anything was noted.
        """
        if not self._found:
            return
        lines = [f"line {line}: {words}" for line, words in sorted(set(self._found))]
        kept = lines[:100]
        more = f"\n  and {len(lines) - 100} more" if len(lines) > 100 else ""
        count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
        raise BadInputError(
            f"The claims file has {count}:\n  " + "\n  ".join(kept) + more + "\n",
            "Mend the lines named; nothing was taken from the file.",
            problems=lines,
        )


class Fields:
    """One mapping's fields, taken one by one; `close` notes what nobody asked for.

    Parameters
    ----------
    node : Node
        What stands there; anything but a mapping is noted and read as empty.
    where : str
        What it is, for messages, such as "claim north-1".
    problems : Problems
    """

    def __init__(self, node: Node, where: str, problems: Problems) -> None:
        self.line = node.line
        self.where = where
        self.problems = problems
        self._asked: set[str] = set()
        self._nodes: dict[str, Node] = {}
        self._key_lines: dict[str, int] = {}
        if isinstance(node, Keyed):
            self._nodes, self._key_lines = node.nodes, node.key_lines
            for key, line in node.repeated:
                problems.note(line, f"'{shown(key)}' is written twice in {where}; keep one.")
        else:
            problems.note(node.line, f"{where} should hold keys and values and holds {_KIND[type(node)]}.")

    def has(self, key: str) -> bool:
        """Whether the key is there with something after it."""
        node = self._nodes.get(key)
        return node is not None and not (isinstance(node, Text) and not node.value.strip())

    def node(self, key: str, *, required: bool = False) -> Node | None:
        """What stands under a key; an empty value counts as missing."""
        self._asked.add(key)
        if self.has(key):
            return self._nodes[key]
        if required:
            line = self._key_lines.get(key, self.line)
            self.problems.note(line, f"{self.where} has no '{key}'; add it.")
        return None

    def text(self, key: str, *, required: bool = True) -> str | None:
        """Text under a key, outer spaces taken off."""
        node = self.node(key, required=required)
        if node is None:
            return None
        if not isinstance(node, Text):
            self.problems.note(node.line, f"'{key}' of {self.where} should be text and is {_KIND[type(node)]}.")
            return None
        value = node.value.strip()
        if len(value) > MAX_TEXT:
            self.problems.note(node.line, f"'{key}' of {self.where} is longer than {MAX_TEXT} characters; shorten it.")
            return None
        if any((unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t") or c in _TURNS for c in value):
            self.problems.note(
                node.line, f"'{key}' of {self.where} holds characters that move the cursor or turn text; take them out."
            )
            return None
        return value

    def read(self, key: str, reader: Callable[[str], T], *, required: bool = True) -> T | None:
        """Text under a key turned into something by a reader whose error becomes a problem."""
        value = self.text(key, required=required)
        if value is None:
            return None
        with self.problems.at(self.line_of(key)):
            return reader(value)
        return None

    def choice(self, key: str, words: type[E]) -> E | None:
        """One of a fixed set of words."""

        def reader(value: str) -> E:
            try:
                return words(value)
            except ValueError as error:
                known = [word.value for word in words]
                raise BadInputError(f"'{shown(value)}' is no {key}:", nearest(value, known)) from error

        return self.read(key, reader)

    def number(self, key: str, low: float, high: float, *, required: bool = True) -> float | None:
        """A number within bounds, both included."""

        def reader(value: str) -> float:
            if not _NUMBER.fullmatch(value):
                raise BadInputError(f"'{shown(value)}' is not a number.", f"Write {key} in plain digits, such as 39.9.")
            number = float(value)
            if not low <= number <= high:
                raise BadInputError(f"{key} {shown(value)} is out of range.", f"Give {low:g} to {high:g}.")
            return number

        return self.read(key, reader, required=required)

    def identifier(self, key: str = "id", *, required: bool = True) -> str | None:
        """A short name other parts of the file refer to."""
        return self.read(key, read_identifier, required=required)

    def entries(self, key: str, *, required: bool = False, one_is_a_list: bool = False) -> tuple[Node, ...]:
        """A list's entries; a lone entry counts as a list of one where allowed."""
        node = self.node(key, required=required)
        if node is None:
            return ()
        if isinstance(node, Entries):
            return node.nodes
        if one_is_a_list:
            return (node,)
        self.problems.note(node.line, f"'{key}' of {self.where} should be a list and is {_KIND[type(node)]}.")
        return ()

    def identifiers(self, key: str) -> tuple[str, ...]:
        """A list of ids; a lone one counts as a list of one."""
        found: list[str] = []
        for node in self.entries(key, one_is_a_list=True):
            if not isinstance(node, Text):
                self.problems.note(node.line, f"'{key}' of {self.where} should be a list of ids.")
                continue
            with self.problems.at(node.line):
                name = read_identifier(node.value.strip())
                if name in found:
                    raise BadInputError(f"'{name}' is named twice in '{key}' of {self.where}.", "Keep one.")
                found.append(name)
        return tuple(found)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of short texts, each once; a lone one counts as a list of one."""
        found: list[str] = []
        for node in self.entries(key, one_is_a_list=True):
            one = Fields(Keyed(node.line, {key: node}, {key: node.line}, ()), self.where, self.problems).text(key)
            if one is not None and one not in found:
                found.append(one)
        return tuple(found)

    def line_of(self, key: str) -> int:
        """Where the key stands, or the mapping when it does not."""
        return self._key_lines.get(key, self.line)

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys, as written."""
        return tuple(self._nodes)

    def close(self) -> None:
        """Note keys nobody asked for."""
        for key in self._nodes:
            if key not in self._asked:
                hint = nearest(key, self._asked)
                self.problems.note(self._key_lines[key], f"'{shown(key)}' is not a key of {self.where}; {hint}")


def read_identifier(value: str) -> str:
    """Check an id.

    Raises
    ------
    BadInputError
        When it is anything but 1 to 64 letters, digits, dots, dashes and underscores.
    """
    if not _ID.fullmatch(value):
        raise BadInputError(
            f"'{shown(value)}' cannot be an id.", "Use up to 64 of a-z, A-Z, 0-9, dot, dash and underscore."
        )
    return value
