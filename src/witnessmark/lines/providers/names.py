"""The case's names: places, units, ranks and call-signs, found in text whatever its script, spelling and endings."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.providers.contract import Reading
from witnessmark.lines.providers.names_endings import bare, stems
from witnessmark.lines.providers.names_letters import (
    SOFT_COST,
    distance,
    folded,
    lowered,
    script_of,
    sounds,
)
from witnessmark.plain import canonical

KINDS = ("settlement", "lake", "peak", "region", "unit", "rank", "call-sign", "person-role", "other")
EXACT, FOLDED, TRANSLITERATED, NEAR = HOWS = ("exact", "folded", "transliterated", "near")

NEAR_AT_LEAST = 0.85
"""Closeness from which a name that is spelled otherwise is pointed out; see docs/names.md for what that costs."""
NEAR_LEAST_SOUNDS = 6
"""Shorter names are not looked for by near spellings."""
ENDING_DOUBT = 0.05
"""By how much a near spelling counts as less close when an ending had to be taken off for it."""
SOUNDS_LEAST = 4
"""Shorter names are not looked for in another script than they are listed in."""
FIND_AT_LEAST = 0.6
"""Closeness from which `NameBook.find` answers a person who asks for a name."""
NEVER_NEAR = frozenset({"rank", "call-sign", "person-role"})
"""Kinds that are ordinary words: one that merely looks like them says nothing."""
MOST_WORDS = 6
MOST_FORMS = 24
"""Forms of a stretch of words that are tried, by their endings."""
RIVAL_WITHIN = 0.1

_KINDS = ("m", "n", "l", "r", "bp", "dt", "JCSTsz")
"""Sounds that none outside their kind is near to, see `names_letters.distance`."""
_REMEMBERED = 20_000
_WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+(?:['’ʼ‘`´](?:[^\W_]|[\u0300-\u036f])+)*")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th|й|я|е|го|му|րդ|ci|cı|cu|cü|inci|ıncı|uncu|üncü)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NamedThing:
    """Something that has a name in the case.

    Attributes
    ----------
    id : str
    kind : str
        One of `KINDS`.
    name : str
        As the case writes it.
    spellings : tuple of str
        Other spellings, in any script.
    lat_deg, lon_deg, uncertainty_km : float or None
        Where it lies and within what radius; None for what has no place.
    note : str
    source : str
        Who says that it is called so.
    """

    id: str
    kind: str
    name: str
    spellings: tuple[str, ...]
    lat_deg: float | None
    lon_deg: float | None
    uncertainty_km: float | None
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class Spotted:
    """A name pointed out in a text: a suggestion for a person, never an identification.

    Attributes
    ----------
    start, end : int
        Positions in the text, in characters.
    text : str
        The words as they stand there, endings included.
    thing : NamedThing
    closeness : float
        1 where all sounds agree; less by the share of those that do not.
    how : str
        "exact" (letter for letter, but for capitals), "folded" (but for accents, hyphens, spaces and endings),
        "transliterated" (the same sounds in another spelling or script), "near" (almost the same sounds).
    rivals : tuple of NamedThing
        What else these words may name.
    """

    start: int
    end: int
    text: str
    thing: NamedThing
    closeness: float
    how: str
    rivals: tuple[NamedThing, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One spelling of one thing, as it is looked up."""

    order: int
    thing: NamedThing
    spelling: str
    plain: str
    words: int
    letters: int


@dataclass(frozen=True, slots=True)
class _Form:
    """One form of a stretch of words: as it stands, or with endings taken off."""

    folded: str
    sounds: tuple[str, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str


class NameBook:
    """The names of a case, to be found in text.

    Parameters
    ----------
    things : iterable of NamedThing
        In the order in which equally good matches are given.
    readings : sequence of Reading
        The files they were read from.

    Examples
    --------
    >>> sevan = NamedThing("sevan", "lake", "Sevan", (), None, None, None, "", "a map")
    >>> [(found.text, found.how) for found in NameBook([sevan]).spot("У Севана; near Sevan, Սևանում")]
    [('Севана', 'transliterated'), ('Sevan', 'exact'), ('Սևանում', 'transliterated')]
    """

    name = "case"

    def __init__(self, things: Iterable[NamedThing], readings: Sequence[Reading] = ()) -> None:
        self.things = tuple(things)
        self.readings = tuple(readings)
        self._by_letters: dict[str, list[tuple[_Entry, bool]]] = {}
        self._by_sounds: dict[str, list[tuple[_Entry, bool]]] = {}
        self._most_words = 1
        self._known: dict[tuple[tuple[str, ...], float | None], tuple[tuple[_Entry, str, float], ...]] = {}
        for order, thing in enumerate(self.things):
            for spelling in dict.fromkeys((thing.name, *thing.spellings)):
                self._list(order, thing, spelling)

    @classmethod
    def read(cls, folder: Path) -> NameBook:
        """The names in a case's gazetteer folder; without files there it is an empty book.

        Raises
        ------
        ProviderError
            When a file there cannot be used.
        """
        from witnessmark.lines.providers.names_files import read_names  # that module makes the records of this one

        return cls(*read_names(folder))

    def state(self) -> str:
        """A word that changes with what the book holds."""
        return self._state

    def spot(self, text: str) -> tuple[Spotted, ...]:
        """Names in a text, in its order, none overlapping another.

        Parameters
        ----------
        text : str

        Returns
        -------
        tuple of Spotted
        """
        words = [_Word(found.start(), found.end(), found.group()) for found in _WORD.finditer(text)]
        capitals = sum(word.text[:1].isupper() for word in words)
        cased = 0 < capitals < len(words)
        found: list[tuple[int, Spotted]] = []
        for first in range(len(words)):
            for last in range(first, min(first + self._most_words + 1, len(words))):
                stretch = words[first : last + 1]
                if last > first and _broken(text[words[last - 1].end : words[last].start]):
                    break
                near_at_least = NEAR_AT_LEAST if not cased or stretch[0].text[:1].isupper() else None
                start, end = stretch[0].start, stretch[-1].end
                for entry, how, closeness in self._matches([word.text for word in stretch], near_at_least):
                    found.append((entry.letters, Spotted(start, end, text[start:end], entry.thing, closeness, how)))
        return _without_overlaps(found)

    def find(self, name: str, at_most: int = 5) -> tuple[Spotted, ...]:
        """What a name may mean, best first, near spellings included from `FIND_AT_LEAST` on.

        Parameters
        ----------
        name : str
            The whole text given is taken for one name.
        at_most : int

        Returns
        -------
        tuple of Spotted
            Each thing once.
        """
        words = [found.group() for found in _WORD.finditer(name)]
        if not words:
            return ()
        best: dict[str, tuple[tuple[int, float, int], Spotted]] = {}
        for entry, how, closeness in self._matches(words, FIND_AT_LEAST):
            rank = (HOWS.index(how), -closeness, entry.order)
            if entry.thing.id not in best or rank < best[entry.thing.id][0]:
                best[entry.thing.id] = (rank, Spotted(0, len(name), name, entry.thing, closeness, how))
        return tuple(found for _, found in sorted(best.values(), key=lambda pair: pair[0]))[:at_most]

    @cached_property
    def _state(self) -> str:
        return Sha256.of(canonical(self.things)).hex()

    def _list(self, order: int, thing: NamedThing, spelling: str) -> None:
        words = [_numbered(found.group()) for found in _WORD.finditer(spelling)]
        if not words:
            return
        self._most_words = max(self._most_words, min(len(words), MOST_WORDS))
        plain = " ".join(lowered(word) for word in words)
        entry = _Entry(order, thing, spelling, plain, len(words), len(plain.replace(" ", "")))
        for cut, parts in ((False, words), (True, [bare(word) for word in words])):
            if cut and [lowered(word) for word in words] == parts:
                continue
            self._by_letters.setdefault("".join(map(folded, parts)), []).append((entry, cut))
            for key in _joined_sounds(parts):
                self._by_sounds.setdefault(key, []).append((entry, cut))
        if not any(map(str.isdigit, plain)):
            for key in _joined_sounds(words):
                if key[-1:] in "aeiou" and len(key) > NEAR_LEAST_SOUNDS:  # what an ending in another script replaces
                    self._by_sounds.setdefault(key[:-1], []).append((entry, True))

    def _matches(self, words: Sequence[str], near_at_least: float | None) -> tuple[tuple[_Entry, str, float], ...]:
        """Spellings that a stretch of words may be, each with how and closeness; the best way each."""
        asked = (tuple(words), near_at_least)
        if asked not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[asked] = tuple(self._looked_up(words, near_at_least))
        return self._known[asked]

    def _looked_up(self, words: Sequence[str], near_at_least: float | None) -> Iterator[tuple[_Entry, str, float]]:
        plain = " ".join(lowered(_numbered(word)) for word in words)
        best: dict[int, tuple[_Entry, str, float]] = {}

        def keep(entry: _Entry, how: str, closeness: float) -> None:
            rank = (HOWS.index(how), -closeness)
            known = best.get(id(entry))
            if known is None or rank < (HOWS.index(known[1]), -known[2]):
                best[id(entry)] = (entry, how, closeness)

        for form in _forms(words):
            for entry, cut in self._by_letters.get(form.folded, ()):
                if _may_be(entry, words, form, cut):
                    keep(entry, EXACT if entry.plain == plain and not form.cut else FOLDED, 1.0)
            for key in form.sounds:
                for entry, cut in self._by_sounds.get(key, ()):
                    if len(key) >= SOUNDS_LEAST and _may_be(entry, words, form, cut):
                        keep(entry, TRANSLITERATED, 1.0)
        if near_at_least is not None and not best:
            for entry, closeness in self._near(words, near_at_least):
                keep(entry, NEAR, closeness)
        yield from best.values()

    def _near(self, words: Sequence[str], at_least: float) -> Iterator[tuple[_Entry, float]]:
        near = self._near_keys
        for form in _forms(words):
            for key in form.sounds:
                if len(key) < NEAR_LEAST_SOUNDS - form.cut or any(map(str.isdigit, key)):
                    continue
                for number in near.candidates(key, at_least):
                    other, entry, cut = near.keys[number]
                    allowed = (1.0 - at_least) * max(len(key), len(other))
                    if not _may_be(entry, words, form, cut):
                        continue
                    closeness = 1.0 - distance(key, other, allowed) / max(len(key), len(other))
                    closeness -= ENDING_DOUBT * form.cut
                    if closeness >= at_least:
                        yield entry, closeness

    @cached_property
    def _near_keys(self) -> _NearKeys:
        return _NearKeys(
            [
                (key, entry, cut)
                for key, entries in self._by_sounds.items()
                if len(key) >= NEAR_LEAST_SOUNDS and not any(map(str.isdigit, key))
                for entry, cut in entries
                if entry.thing.kind not in NEVER_NEAR
            ]
        )


class _NearKeys:
    """Sound keys with what rules out most of them at once: how many letters of each kind they have.

    A letter too many of a kind that has no near relative outside it costs 1, whatever else agrees.
    """

    def __init__(self, keys: Sequence[tuple[str, _Entry, bool]]) -> None:
        self.keys = keys
        self._counts = np.array([_kind_counts(key) for key, _, _ in keys], np.int16).reshape(len(keys), len(_KINDS))
        self._lengths = np.array([len(key) for key, _, _ in keys], np.float64)

    def candidates(self, key: str, at_least: float) -> list[int]:
        """Which keys may be so close."""
        apart = self._counts - np.array(_kind_counts(key), np.int16)
        least = np.maximum(np.maximum(apart, 0).sum(axis=1), np.maximum(-apart, 0).sum(axis=1))
        allowed = (1.0 - at_least) * np.maximum(self._lengths, len(key)) + 1e-9
        fits = (least <= allowed) & (SOFT_COST * np.abs(self._lengths - len(key)) <= allowed)
        return [int(number) for number in np.flatnonzero(fits)]


def _kind_counts(key: str) -> list[int]:
    return [sum(letter in kind for letter in key) for kind in _KINDS]


def _may_be(entry: _Entry, words: Sequence[str], form: _Form, cut: bool) -> bool:
    """Whether a stretch can stand for a spelling at all: short names only as they are, stems only for stems."""
    if entry.letters <= 3:
        return " ".join(words) == entry.spelling
    if cut and not form.cut:
        return False
    return len(words) == entry.words or (abs(len(words) - entry.words) == 1 and entry.letters >= NEAR_LEAST_SOUNDS)


def _forms(words: Sequence[str]) -> list[_Form]:
    """The words as they stand, then with endings taken off the last and, where adjectives bend too, the others."""
    options: list[list[str]] = []
    for place, word in enumerate(words):
        number = _numbered(word)
        bends = place == len(words) - 1 or script_of(word) == "cyrillic"
        options.append([number, *(stems(word) if bends and number == word else ())])
    chosen = itertools.islice(itertools.product(*options), MOST_FORMS)
    whole = tuple(choice[0] for choice in options)
    return [_Form("".join(map(folded, parts)), tuple(_joined_sounds(parts)), parts != whole) for parts in chosen]


def _joined_sounds(words: Sequence[str]) -> list[str]:
    readings = itertools.islice(itertools.product(*(sounds(word) for word in words)), 8)
    return list(dict.fromkeys("".join(reading) for reading in readings))


def _numbered(word: str) -> str:
    """A numeral without its ending, so that ``3rd``, ``3-й`` and ``3`` are one; other words as they are."""
    found = _ORDINAL.fullmatch(word)
    return found.group(1) if found else word


def _broken(between: str) -> bool:
    """Whether what stands between two words parts them: a stop, a comma, a new paragraph."""
    return bool(re.search(r"[.!?;:,()\[\]{}«»\"“”։՝،؟|/]|\n\s*\n", between))


def _without_overlaps(found: Sequence[tuple[int, Spotted]]) -> tuple[Spotted, ...]:
    """The best of what overlaps, the rest of it as rivals: surer ways first, then longer names, then closer ones."""
    order = sorted(
        range(len(found)),
        key=lambda i: (found[i][1].how == NEAR, -found[i][0], HOWS.index(found[i][1].how), -found[i][1].closeness, i),
    )
    kept: list[tuple[Spotted, dict[str, NamedThing]]] = []
    for _, spotted in (found[i] for i in order):
        over = [known for known in kept if known[0].start < spotted.end and spotted.start < known[0].end]
        if not over:
            kept.append((spotted, {}))
        for chosen, rivals in over:
            same = (chosen.start, chosen.end) == (spotted.start, spotted.end)
            if spotted.thing.id != chosen.thing.id and same and spotted.closeness >= chosen.closeness - RIVAL_WITHIN:
                rivals.setdefault(spotted.thing.id, spotted.thing)
    return tuple(
        Spotted(
            chosen.start, chosen.end, chosen.text, chosen.thing, chosen.closeness, chosen.how, tuple(rivals.values())
        )
        for chosen, rivals in sorted(kept, key=lambda pair: pair[0].start)
    )
