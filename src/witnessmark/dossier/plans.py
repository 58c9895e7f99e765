"""A redaction plan: what one edition leaves out or calls otherwise, each with its reason, for whom and what for."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from witnessmark.errors import BadInputError
from witnessmark.plain import Plain

if TYPE_CHECKING:
    from witnessmark.dossier.content import DossierContent

MAX_BYTES = 1 << 20
KINDS = ("items", "findings", "claims", "persons", "pictures", "pages", "fields")
"""What can be left out: exhibits, findings and abstentions, claims, entries of the register, pictures by name, web
archives by exhibit, and members of the record by their path, such as ``items.appearances``."""
_KEPT_FIELDS = frozenset({"format", "edition", "sealed_with", "case", "custody", "left_out", "pictures"})

TEMPLATE = """\
# A redaction plan. Every entry needs its reason: it stands in case.json and in the report.
recipient: ""            # who gets this edition
purpose: ""              # what for
leave_out:
  items: []              # - {what: WM-0002, why: "shows a private home"}; takes its findings and pictures along
  findings: []           # - {what: F-0123456789ab, why: "..."}
  claims: []             # - {what: south-1, why: "..."}
  persons: []            # - {what: PR-0001, why: "..."}; entries of the register
  pictures: []           # - {what: WM-0001-contact-sheet.png, why: "..."}
  pages: []              # - {what: WM-0003, why: "..."}; captured pages, by exhibit
  fields: []             # - {what: items.appearances, why: "..."}; members of case.json by path
replace: []              # - {word: "Lower Mill", with: "(a village)", why: "few people live there"}
# Closed editions: "keep" gives the register's sealed fields as ciphertext, "leave out" gives no log that holds them.
sealed_fields: keep
# Public editions leave out what was heard and read word by word, unless you say "give" after reading it through.
words_heard_and_read: leave out
# Public editions look for the register's sealed names everywhere, which needs the data key. To do without it, say why.
names_not_looked_for: ""
"""


class Handling(enum.StrEnum):
    """What is done with something that an edition may or may not hold."""

    KEEP = "keep"
    GIVE = "give"
    LEAVE_OUT = "leave out"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One thing that an edition leaves out.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    what : str
    why : str
    """

    kind: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """A word that an edition replaces wherever it stands.

    Attributes
    ----------
    word : str
        Never written into an edition.
    said : str
        What stands in its place.
    why : str
    parts : bool
        Whether its single words of three letters or more are replaced too, as in a person's name.
    """

    word: str
    said: str
    why: str
    parts: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What one edition leaves out and calls otherwise.

    Attributes
    ----------
    recipient, purpose : str
    left_out : tuple of LeftOut
    replaced : tuple of Replacement
    sealed_fields : Handling
        KEEP or LEAVE_OUT; of closed editions.
    words : Handling
        GIVE or LEAVE_OUT; of public editions: what lines heard and read, word by word.
    names_not_looked_for : str
        Why the register's sealed names are not looked for; empty when they are.
    """

    recipient: str = ""
    purpose: str = ""
    left_out: tuple[LeftOut, ...] = ()
    replaced: tuple[Replacement, ...] = ()
    sealed_fields: Handling = Handling.KEEP
    words: Handling = Handling.LEAVE_OUT
    names_not_looked_for: str = field(default="")

    def named(self, kind: str) -> frozenset[str]:
        """What of a kind is left out."""
        return frozenset(entry.what for entry in self.left_out if entry.kind == kind)

    @property
    def takes_from_the_log(self) -> bool:
        """Whether the log itself would tell what this plan leaves out."""
        return bool(self.left_out or self.replaced) or self.sealed_fields is Handling.LEAVE_OUT


def read_plan(text: str) -> Plan:
    """Read a plan.

    Raises
    ------
    BadInputError
        When it is not YAML, or something in it is not known or gives no reason.
    """
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise BadInputError("The plan is larger than 1 MB.", "Shorten it.")
    try:
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" (line {where.line + 1})" if where is not None else ""
        raise BadInputError(
            f"The plan is not YAML{line}.", "Begin with: witnessmark dossier plan --template."
        ) from error
    top = _table({} if raw is None else raw, "The plan")
    names = {"recipient", "purpose", "leave_out", "replace", "sealed_fields"}
    _only(top, names | {"words_heard_and_read", "names_not_looked_for"}, "The plan")
    leave_out = _table(top.get("leave_out") or {}, "leave_out")
    _only(leave_out, set(KINDS), "leave_out")
    left = [_left(kind, entry) for kind in KINDS for entry in _list(leave_out.get(kind), kind)]
    return Plan(
        _line(top, "recipient"),
        _line(top, "purpose"),
        tuple(left),
        tuple(map(_replacement, _list(top.get("replace"), "replace"))),
        _handling(top, "sealed_fields", Handling.KEEP, Handling.LEAVE_OUT),
        _handling(top, "words_heard_and_read", Handling.LEAVE_OUT, Handling.GIVE),
        _line(top, "names_not_looked_for"),
    )


def check_plan(plan: Plan, content: DossierContent, pages: frozenset[str] = frozenset()) -> None:
    """Refuse a plan that names what the case does not hold: a slip of the pen would let it out.

    Raises
    ------
    BadInputError
    """
    case = content.case
    known = {
        "items": _ids(case.get("items"), "exhibit_number"),
        "findings": _ids(case.get("findings"), "id") | _ids(case.get("abstentions"), "id"),
        "claims": _ids(case.get("claims"), "id"),
        "persons": _ids(case.get("persons"), "id"),
        "pictures": {picture.name for picture in content.pictures},
        "pages": set(pages) or _ids(case.get("items"), "exhibit_number"),
    }
    for entry in plan.left_out:
        if entry.kind == "fields":
            first = entry.what.partition(".")[0]
            if (first in _KEPT_FIELDS and entry.what != "case.mandate") or not _has(dict(case), entry.what.split(".")):
                raise BadInputError(
                    f"The plan leaves out '{entry.what}', which the record does not hold or cannot be without.",
                    "Name one by its path in case.json, such as items.appearances.",
                )
        elif entry.what not in known[entry.kind]:
            raise BadInputError(
                f"The plan leaves out '{entry.what}' of the {entry.kind}, which the case does not hold.",
                "Correct its name, or take the line out of the plan.",
            )


def _has(value: Plain, path: list[str]) -> bool:
    if not path:
        return True
    if isinstance(value, list):
        return any(_has(entry, path) for entry in value)
    return isinstance(value, dict) and path[0] in value and _has(value[path[0]], path[1:])


def _ids(value: Plain, name: str) -> set[str]:
    return (
        {str(row[name]) for row in value if isinstance(row, dict) and name in row} if isinstance(value, list) else set()
    )


def _left(kind: str, entry: object) -> LeftOut:
    row = _table(entry, f"An entry of {kind}")
    _only(row, {"what", "why"}, f"An entry of {kind}")
    return LeftOut(kind, _line(row, "what", needed=True), _line(row, "why", needed=True))


def _replacement(entry: object) -> Replacement:
    row = _table(entry, "An entry of replace")
    _only(row, {"word", "with", "why", "parts"}, "An entry of replace")
    word = _line(row, "word", needed=True)
    if sum(sign.isalnum() for sign in word) < 2:
        raise BadInputError("A word to be replaced has fewer than two letters.", "Give a longer one.")
    parts = row.get("parts", False)
    if not isinstance(parts, bool):
        raise BadInputError("'parts' is neither true nor false.", "Write parts: true for a person's name.")
    said = _line(row, "with") or "(word left out)"
    return Replacement(word, said, _line(row, "why", needed=True), parts)


def _handling(row: Mapping[str, object], name: str, *known: Handling) -> Handling:
    said = row.get(name) or known[0].value
    for one in known:
        if said == one.value:
            return one
    raise BadInputError(f"'{name}' is '{said}'.", f"Write one of: {', '.join(known)}.")


def _line(row: Mapping[str, object], name: str, *, needed: bool = False) -> str:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise BadInputError(f"'{name}' of the plan is no text.", "Put it into quotation marks.")
    line = " ".join((value or "").split())
    if len(line) > 1000 or not line.isprintable():
        raise BadInputError(f"'{name}' of the plan is not one line.", "Give at most 1000 printable signs.")
    if needed and not line:
        raise BadInputError(f"An entry of the plan has no '{name}'.", "Each says what it is about, and why.")
    return line


def _table(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise BadInputError(f"{what} is no table of names and values.", "See: witnessmark dossier plan --template.")
    return value


def _list(value: object, what: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadInputError(f"'{what}' of the plan is no list.", "See: witnessmark dossier plan --template.")
    return value


def _only(row: Mapping[str, object], names: set[str], what: str) -> None:
    unknown = sorted(set(row) - names)
    if unknown:
        raise BadInputError(
            f"{what} holds '{unknown[0]}', which is not known.", f"Known are: {', '.join(sorted(names))}."
        )
