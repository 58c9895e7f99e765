"""A plan applied: the content of a case without what one edition leaves out, and the list of what that was and why."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from witnessmark.custody.records import Derivation
from witnessmark.dossier.content import DossierContent, DossierPicture, Edition
from witnessmark.dossier.plans import Handling, Plan, Replacement, check_plan
from witnessmark.plain import Plain, from_plain, to_plain

SPEAKING_LINES = frozenset({"conversation", "text"})
"""Lines that write down what was said or read: in a public edition it is left out unless the plan gives it."""
WORDS_LEFT_OUT = "(words left out)"
_OF_A_NAME = (
    "id",
    "claim",
    "claim_id",
    "finding",
    "finding_id",
    "item",
    "exhibit",
    "exhibit_number",
    "subject",
    "other",
)
_OF_A_NAME_TOO = ("subject_id", "target")
_STANDING_WORDS = frozenset(
    {
        "id",
        "item",
        "sha256",
        "part",
        "script",
        "layer",
        "detector",
        "reader",
        "pack",
        "verdict",
        "decoded_in",
        "licence",
    }
)
_QUOTED = re.compile(r"[“‘\"][^”’\"]{1,400}[”’\"]|(?<!\w)'[^'\n]{1,400}'(?!\w)")
_MEMBER = re.compile(r"[a-z][a-z0-9_]*")
_EDGE = r"(?<![^\W_])(?:{})(?![^\W_])"
_ENDED = r"(?<![^\W_])(?:{})(?:['’]?[^\W\d_]{{0,4}})(?![^\W_])"
_SHORTEST_ENDED = 5
_BETWEEN = r"[\s().\-/]{0,3}"
_TELLING_DIGITS = 7
"""Of a number: written with another or no prefix, its last seven tell whose it is."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an edition is made from once its plan is applied.

    Attributes
    ----------
    content : DossierContent
        Its record holds `recipient`, `purpose` and `plan_left_out`.
    log_in_full : bool
        False when the log itself would tell what was left out: the edition gives its chain of hashes instead.
    words : Words
    """

    content: DossierContent
    log_in_full: bool
    words: Words


def prepared(content: DossierContent, edition: Edition) -> Prepared:
    """Apply the content's plan, and what holds without one, for an edition.

    Raises
    ------
    BadInputError
        When the plan names what the case does not hold.
    """
    plan = content.plan
    check_plan(plan, content, content.pages)
    manifest: list[Plain] = [{"kind": one.kind, "what": one.what, "why": one.why} for one in plan.left_out]
    gone = plan.named("items") | plan.named("findings") | plan.named("claims") | plan.named("persons")
    hashes = _hashes_of(content.case, plan.named("items"))
    gone_findings = plan.named("findings") | _about(content.case, hashes | plan.named("items"))
    record = _without(dict(content.case), gone | gone_findings | hashes)
    for path in sorted(plan.named("fields")):
        record = _emptied(record, path.split("."))
    replaced = list(plan.replaced) + (list(content.secrets) if edition is Edition.PUBLIC else [])
    hidden = [Replacement(digest, "(hash left out)", "") for digest in sorted(hashes)]
    words = Words([*replaced, *hidden])
    quiet = edition is Edition.PUBLIC and plan.words is Handling.LEAVE_OUT
    if quiet:
        record = {**record, **{name: _hushed(record.get(name)) for name in ("findings", "abstentions")}}
        if any(_speaks(row) for name in ("findings", "abstentions") for row in _rows(content.case.get(name))):
            manifest.append(
                _entry("words", "what was heard and read, word by word", "names may be spoken or written in it")
            )
    pictures = [one for one in content.pictures if not _left_out(one, plan, gone_findings, content.case, quiet)]
    for why in dict.fromkeys(one.why for one in replaced):
        count = sum(one.why == why for one in replaced)
        manifest.append(_entry("words replaced", f"{count} word{'s' if count > 1 else ''} or names", why))
    if plan.names_not_looked_for and edition is Edition.PUBLIC:
        manifest.append(_entry("not looked for", "the register's sealed names", plan.names_not_looked_for))
    log_in_full = edition is Edition.CLOSED and not plan.takes_from_the_log
    if edition is Edition.CLOSED and not log_in_full:
        manifest.append(_entry("log", "the custody events", "they would tell what is left out; their chain is given"))
    made = words.value(record)
    assert isinstance(made, dict)
    made |= {"recipient": plan.recipient or None, "purpose": plan.purpose or None}
    made["plan_left_out"] = words.value(manifest)
    changed = replace(
        content,
        case=made,
        pictures=tuple(_called(one, words) for one in pictures),
        likelihoods={name: array for name, array in content.likelihoods.items() if name not in gone_findings},
        originals=tuple(
            one for one in content.originals if one.exhibit not in plan.named("items") | plan.named("pages")
        ),
        objects=content.objects if log_in_full else (),
        secrets=(),
        plan=Plan(),
    )
    return Prepared(changed, log_in_full, words)


class Words:
    """Replaces words wherever they stand, in capitals or small letters, composed or not, with endings.

    Parameters
    ----------
    replaced : sequence of Replacement
        A word of five letters or more is found with an ending of up to four letters too ("Annaberg", "Annabergs"), and
        the last seven digits of a number with whatever stands before and between them. Other scripts' spellings are
        not found.
    """

    def __init__(self, replaced: Sequence[Replacement]) -> None:
        said: dict[str, str] = {}
        for one in replaced:
            for word in _spellings(one):
                said.setdefault(word, one.said)
        self._said = {word: said[word] for word in sorted(said, key=lambda word: (-len(word), word))}
        self._told = {word: re.findall(r"[^\W_]+", _folded(word)) for word in self._said if not _is_number(word)}
        self._numbers = {word: _digits(word)[-_TELLING_DIGITS:] for word in self._said if _is_number(word)}
        self._patterns: dict[tuple[str, ...], re.Pattern[str]] = {}

    def text(self, text: str) -> str:
        """A text without them."""
        if not self._said:
            return text
        composed = unicodedata.normalize("NFKC", text)
        folded = _folded(composed)
        here = [word for word, parts in self._told.items() if all(part in folded for part in parts)]
        if self._numbers:
            digits = _digits(folded)
            here += [word for word, telling in self._numbers.items() if telling in digits]
        if not here:
            return text
        names = tuple(here)
        if names not in self._patterns:
            self._patterns[names] = re.compile("|".join(f"({_as_pattern(word)})" for word in names), re.IGNORECASE)
        return self._patterns[names].sub(lambda found: self._said[names[(found.lastindex or 1) - 1]], composed)

    def value(self, value: Plain) -> Plain:
        """A value without them; names of members that a format gives stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(entry) for entry in value]
        if isinstance(value, Mapping):
            return {
                key if _MEMBER.fullmatch(key) else self.text(key): self.value(entry) for key, entry in value.items()
            }
        return value


def _spellings(one: Replacement) -> Iterable[str]:
    word = unicodedata.normalize("NFKC", " ".join(one.word.split()))
    yield word
    if one.parts:
        for part in re.split(r"[^\w'’-]+|_", word):
            if sum(sign.isalpha() for sign in part) >= 3:
                yield part.strip("'’-")


def _is_number(word: str) -> bool:
    return len(_digits(word)) >= 6 and not any(sign.isalpha() for sign in word)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _folded(text: str) -> str:
    return text.casefold().replace("ı", "i").replace("\u0307", "")


def _as_sign(sign: str) -> str:
    """A sign of a word in either case; Turkic dotted and dotless i, and sharp s, as they are written in capitals."""
    if sign in "iıİI":
        return "[iıİI]\u0307?"
    return "(?:ß|ss)" if sign in "ßẞ" else "" if sign == "\u0307" else re.escape(sign)


def _as_pattern(word: str) -> str:
    if _is_number(word):
        telling = _digits(word)[-_TELLING_DIGITS:]
        before = rf"(?:\d{_BETWEEN}){{0,8}}" if len(_digits(word)) > len(telling) else ""
        return rf"(?<!\d)\+?{before}" + _BETWEEN.join(telling) + r"(?!\d)"
    inner = r"[\s_]+".join("".join(map(_as_sign, part)) for part in word.split())
    around = _ENDED if len(word) >= _SHORTEST_ENDED and word[-1].isalpha() else _EDGE
    return around.format(inner)


def _without(value: dict[str, Plain], gone: Iterable[str]) -> dict[str, Plain]:
    """The record without the rows about things of these names, and without the sentences that name them."""
    names = frozenset(gone)
    if not names:
        return value
    sentence = re.compile(r"(?<![\w-])(?:{})(?![\w-])".format("|".join(map(re.escape, sorted(names)))))
    made = _pruned(value, lambda name: name in names, lambda text: sentence.search(text) is not None)
    assert isinstance(made, dict)
    return made


def _pruned(value: Plain, gone: Callable[[str], bool], names_it: Callable[[str], bool], inside: str = "") -> Plain:
    if isinstance(value, list):
        return [
            _pruned(entry, gone, names_it)
            for entry in value
            if not (_names(entry, gone) or (inside == "not_resolved" and isinstance(entry, str) and names_it(entry)))
        ]
    if isinstance(value, Mapping):
        return {
            key: None if isinstance(entry, Mapping) and _names(entry, gone) else _pruned(entry, gone, names_it, key)
            for key, entry in value.items()
            if not gone(key)
        }
    return value


def _names(entry: Plain, gone: Callable[[str], bool]) -> bool:
    if isinstance(entry, Mapping):
        return any(isinstance(entry.get(key), str) and gone(str(entry[key])) for key in (*_OF_A_NAME, *_OF_A_NAME_TOO))
    return isinstance(entry, str) and gone(entry)


def _hashes_of(case: Mapping[str, Plain], exhibits: frozenset[str]) -> frozenset[str]:
    found = [row for row in _rows(case.get("items")) if row.get("exhibit_number") in exhibits]
    rows = [*found, *(derived for row in found for derived in _rows(row.get("derived")))]
    return frozenset(str(row[name]) for row in rows for name in ("sha256", "sha512") if row.get(name))


def _about(case: Mapping[str, Plain], items: frozenset[str]) -> frozenset[str]:
    """Findings and abstentions about items."""
    rows = [*_rows(case.get("findings")), *_rows(case.get("abstentions"))]
    return frozenset(str(row["id"]) for row in rows if row.get("id") and row.get("item") in items)


def _emptied(value: dict[str, Plain], path: list[str]) -> dict[str, Plain]:
    name, *deeper = path
    if name not in value:
        return value
    entry = value[name]
    empty: Plain = [] if isinstance(entry, list) else None
    if not deeper:
        return {**value, name: empty}
    if isinstance(entry, list):
        return {**value, name: [_emptied(one, deeper) if isinstance(one, dict) else one for one in entry]}
    return {**value, name: _emptied(entry, deeper) if isinstance(entry, dict) else entry}


def _hushed(value: Plain) -> Plain:
    return [_quiet(row) if _speaks(row) else row for row in _rows(value)]


def _speaks(row: Mapping[str, Plain]) -> bool:
    return row.get("line") in SPEAKING_LINES


def _quiet(row: dict[str, Plain]) -> Plain:
    """A result of a speaking line without its words: numbers, times and codes stay."""
    made = dict(row)
    for name in ("statement", "reason", "what_would_help"):
        if isinstance(made.get(name), str):
            made[name] = _QUOTED.sub(WORDS_LEFT_OUT, str(made[name]))
    made["observations"] = _wordless(made.get("observations"))
    return made


def _wordless(value: Plain, key: str = "") -> Plain:
    if isinstance(value, str):
        return value if key in _STANDING_WORDS else None
    if isinstance(value, list):
        return [] if value and all(isinstance(one, str) for one in value) else [_wordless(one, key) for one in value]
    if isinstance(value, Mapping):
        return {name: _wordless(entry, name) for name, entry in value.items() if _MEMBER.fullmatch(name)}
    return value


def _left_out(
    picture: DossierPicture, plan: Plan, findings: frozenset[str], case: Mapping[str, Plain], quiet: bool
) -> bool:
    line = None if picture.derivation is None else picture.derivation.parameters.get("line")
    told = {
        str(one.get("sha256"))
        for row in (*_rows(case.get("findings")), *_rows(case.get("abstentions")))
        if row.get("id") in findings
        for one in _rows(row.get("pictures"))
    }
    return (
        picture.name in plan.named("pictures")
        or picture.exhibit in plan.named("items")
        or picture.sha256 in told
        or (quiet and line in SPEAKING_LINES)
    )


def _called(picture: DossierPicture, words: Words) -> DossierPicture:
    derivation = picture.derivation
    if derivation is not None:
        derivation = from_plain(Derivation, words.value(to_plain(derivation)))
    return replace(picture, name=words.text(picture.name), caption=words.text(picture.caption), derivation=derivation)


def _entry(kind: str, what: str, why: str) -> Plain:
    return {"kind": kind, "what": what, "why": why}


def _rows(value: Plain) -> list[dict[str, Plain]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
