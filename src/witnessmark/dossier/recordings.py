"""Recordings that findings tell of and that are not of the case: public editions call them Recording 1, 2 and so on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath

from witnessmark.plain import Plain

PARTNER = "a partner"
OTHER_CASE = "another case"
_HASH_LEFT_OUT = "(hash left out)"
_PLACE_LEFT_OUT = "(place left out)"
_MEMBERS = ({"name", "origin", "libraries"}, {"name", "origin", "is_item"})  # a known recording, a link of a chain
_COMPARED = {"reference", "label"}  # a recording or photograph whose place is compared with the item's
_PLACED = {"label", "place"}  # the same, or what a finding weighed of it
_ANSWER = {"origin", "key_fingerprint", "matches"}  # what a partner answered when it was asked
_BARE = frozenset({"against", "via", "parameters"})  # members in which a name stands alone, without quotation marks
_PLAIN_WORD = re.compile(r"[a-z]+|[\W\d_]+|.{1,2}")
_OF_A_CASE = re.compile(r"(?P<reference>.+) \w+-\d{4,}")


class Recordings:
    """Names, partners and hashes of recordings that are not exhibits of the case, and what stands in their place.

    Recordings of one name share a number, as texts give no more than the name. A name that is an ordinary word in
    small letters, without letters, or of one or two characters is replaced where it stands in quotation marks or as a
    name of its own; every other one wherever it stands, also without the ending of a file name.

    Parameters
    ----------
    case : mapping
        The full record of the case.
    """

    def __init__(self, case: Mapping[str, Plain]) -> None:
        items, facts = case.get("items"), case.get("case")
        own = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        self._reference = str(facts.get("reference")) if isinstance(facts, dict) else ""
        self._exhibits = {str(item.get("exhibit_number")) for item in own}
        self._own_hashes = {str(item.get("sha256")) for item in own}
        self._names: dict[str, str] = {}
        self._origins: set[str] = set()
        self._hashes: set[str] = set()
        self._labels: set[str] = set()  # of what is compared and is no exhibit
        self._spots: set[str] = set()  # where that was filmed, as statements give it
        self._lines: set[str] = set()  # of inquiry, that tell of a recording that is no exhibit
        for results in (case.get("findings"), case.get("abstentions")):
            for result in results if isinstance(results, list) else []:
                self._collect(result, str(result.get("line")) if isinstance(result, dict) else "")
        self.any_foreign = bool(self._lines)
        """Whether a finding tells of a recording that is not an exhibit of the case."""
        self._said = self._replacements()
        self._folded = {name.casefold(): called for name, called in self._said.items()}
        self._anywhere = _pattern(
            r"(?<!\w)(?:{})(?!\w)", (name for name in self._said if not _PLAIN_WORD.fullmatch(name))
        )
        self._quoted = _pattern(r"'(?:{})'", self._said)
        self._from = _pattern(r"\(from (?:{})\)", self._origins)
        self._references = _pattern(r"(?<![\w-])(?:{})(?![\w-])", self._other_cases())
        self._hex = _pattern(r"(?:{})", self._hashes)
        self._where = _pattern(r"(?<![\d.-])(?:{})(?!\d)", self._spots)

    def told_by(self, line: Plain) -> bool:
        """Whether a line of inquiry tells of a recording that is not an exhibit; of no line, whether any does."""
        return line in self._lines if isinstance(line, str) else self.any_foreign

    def _collect(self, value: Plain, line: str) -> None:
        if isinstance(value, list):
            for entry in value:
                self._collect(entry, line)
        elif isinstance(value, dict):
            if is_recording(value):
                self._meet(str(value["name"]), str(value["origin"] or ""), value.get("sha256"), line)
            elif is_compared(value):
                label, place = str(value["label"]), value.get("place")
                if self._meet(label, "", value["reference"], line):
                    self._labels.update((label, self._names.get(label, label)))  # as it is called here and there
                    self._spots.update(_spot(place))
            elif value.keys() >= _ANSWER:
                self._origins.update(name for key in ("origin", "asked") if (name := str(value.get(key) or "")))
                self._hashes.add(str(value["key_fingerprint"]))
                self._lines.add(line)
            for entry in value.values():
                self._collect(entry, line)

    def _meet(self, name: str, origin: str, sha256: Plain, line: str) -> bool:
        """Take in what a finding tells of one recording; whether it is of others."""
        foreign = bool(origin)
        if origin:
            self._origins.add(origin)
        if name not in self._exhibits:
            exhibit = name.removeprefix(f"{self._reference} ")
            numbered = f"Recording {1 + sum(one.startswith('Recording ') for one in self._names.values())}"
            called = self._names.setdefault(name, exhibit if not origin and exhibit in self._exhibits else numbered)
            foreign |= called not in self._exhibits
        if isinstance(sha256, str) and sha256 not in self._own_hashes:
            self._hashes.add(sha256)
            foreign = True
        if foreign:
            self._lines.add(line)
        return foreign

    def _replacements(self) -> dict[str, str]:
        """What is said instead of names, names without their endings, and partners."""
        made = dict(self._names)
        for name, called in self._names.items():
            if not _PLAIN_WORD.fullmatch(PurePath(name).stem):
                made.setdefault(PurePath(name).stem, called)
        for origin in sorted(self._origins):
            made.setdefault(origin, PARTNER)
        return made

    def _called(self, name: str) -> str:
        return self._said.get(name) or self._folded.get(name.casefold(), "a recording")

    def _other_cases(self) -> set[str]:
        """References of other cases: they stand in the names of their exhibits in the organisation's library."""
        told = (_OF_A_CASE.fullmatch(name) for name in self._names)
        return {match["reference"] for match in told if match and len(match["reference"]) >= 3} - {self._reference}

    def text(self, text: str) -> str:
        """Free text without those names, partners, hashes, places and references of other cases."""
        if self._where is not None:
            text = self._where.sub(_PLACE_LEFT_OUT, text)
        if self._quoted is not None:
            text = self._quoted.sub(lambda match: f"'{self._called(match[0][1:-1])}'", text)
        if self._from is not None:
            text = self._from.sub(f"(from {PARTNER})", text)
        if self._anywhere is not None:
            text = self._anywhere.sub(lambda match: self._called(match[0]), text)
        if self._references is not None:
            text = self._references.sub(OTHER_CASE, text)
        return text if self._hex is None else self._hex.sub(_HASH_LEFT_OUT, text)

    def bare(self, value: Plain) -> Plain:
        """A value in which a name may stand alone, such as a list of names and numbers."""
        if isinstance(value, str):
            return self._names.get(value, value)
        if isinstance(value, list):
            return [self.bare(entry) for entry in value]
        return {key: self.bare(entry) for key, entry in value.items()} if isinstance(value, dict) else value

    def members(self, value: Mapping[str, Plain]) -> dict[str, Plain]:
        """An object of the record with the names in its own members replaced; what lies deeper is left as it is."""
        made = {key: self.bare(entry) if key in _BARE else entry for key, entry in value.items()}
        if is_recording(value):
            origin, sha256 = str(value["origin"] or ""), value.get("sha256")
            made["name"] = self._names.get(str(value["name"]), str(value["name"]))
            made["origin"] = PARTNER if origin else ""
            if "sha256" in value and sha256 not in self._own_hashes:
                made["sha256"] = None
        elif is_compared(value) or value.keys() >= _PLACED:
            made |= self._compared(value)
        elif value.keys() >= _ANSWER:
            made |= {"origin": PARTNER, "key_fingerprint": None}
            if value.get("asked"):
                made["asked"] = PARTNER
        return made

    def _compared(self, value: Mapping[str, Plain]) -> dict[str, Plain]:
        """Members that tell what is compared: of others neither hash nor place, of an exhibit not who knows its place.

        The organisation may know where an exhibit was filmed; the record does not tell whose words the source is.
        """
        label, place = str(value["label"]), value.get("place")
        foreign = label in self._labels or ("reference" in value and value["reference"] not in self._own_hashes)
        made: dict[str, Plain] = {"label": self._names.get(label, label)}
        if "reference" in value and foreign:
            made["reference"] = None
        if isinstance(place, dict):
            made["place"] = None if foreign else {**place, "source": ""} if "source" in place else place
        return made


def is_recording(value: Mapping[str, Plain]) -> bool:
    """Whether an object tells of a recording of a library, or is a link in a chain of appearances."""
    return any(members <= value.keys() for members in _MEMBERS)


def is_compared(value: Mapping[str, Plain]) -> bool:
    """Whether an object tells of a recording or photograph that an item's place is compared with."""
    return value.keys() >= _COMPARED and isinstance(value["reference"], str)


def _spot(place: Plain) -> list[str]:
    """How a statement writes the place."""
    at = (place.get("lat_deg"), place.get("lon_deg")) if isinstance(place, dict) else ()
    numbers = [one for one in at if isinstance(one, (int, float))]
    return [f"{numbers[0]:.5f}, {numbers[1]:.5f}"] if len(numbers) == 2 else []


def _pattern(around: str, words: Iterable[str]) -> re.Pattern[str] | None:
    """Any of the words, the longest first, in capitals or small letters but for single words; None for no words."""
    longest = sorted({word for word in words if word}, key=lambda word: (-len(word), word))
    joined = "|".join(re.escape(word) if word.isalpha() else f"(?i:{re.escape(word)})" for word in longest)
    return re.compile(around.replace("{}", joined)) if joined else None
