"""What a public edition leaves out: footage in the clear, people of the house, paths, and the way to the footage."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from witnessmark.dossier.recordings import Recordings
from witnessmark.errors import BadInputError
from witnessmark.media import blur, png_bytes
from witnessmark.plain import Plain

LEFT_OUT = (
    "Original files: their hashes are given; the closed edition holds them.",
    "Footage in the clear: each still is reduced to at most 10 blocks along its longer side before it is drawn.",
    "Names of those who worked on the case: each is called Person 1, Person 2 and so on throughout.",
    "Names of sources that are witnesses or private accounts, and the addresses of what they said.",
    "The custody events themselves: their numbers, times, types and hashes are given as a chain.",
    "Accounts, addresses, texts and original file names of postings and captures, and free container metadata.",
    "Paths on the computers the case was worked on.",
    "Small pictures that lines keep among their observations.",
    "Names, partners and hashes of recordings that are not items of this case: each is called Recording 1, Recording 2 "
    "and so on throughout, and pictures in which such a recording is named are not included.",
    "Where recordings that are not items of this case were filmed, and who says where any compared recording was; what "
    "they weigh over the grid of places is given.",
)
"""Sentences that stand in `case.json` and in the report of every public edition."""

_PICTURE_NAME = re.compile(r"(?:.*_)?(?:jpe?g|png|webp|gif)", re.IGNORECASE)
_PICTURE_HEX = re.compile(r"(?:ffd8ff|89504e470d0a1a0a|47494638|52494646.{8}57454250)[0-9a-f]+", re.IGNORECASE)
_PICTURE_BASE64 = re.compile(r"(?:data:image/.*|(?:/9j/|iVBORw0KGgo|R0lGOD|UklGR)[A-Za-z0-9+/_=\s-]+)", re.DOTALL)
_PNG = b"\x89PNG\r\n\x1a\n"
_PIXEL_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_HASH_DIGITS = frozenset({32, 40, 64, 96, 128})
_PEOPLE = frozenset(
    {"operator", "agent", "reviewer", "author", "authors", "analyst", "by", "translated_by"}
    | {"added_by", "drawn_by", "marked_by", "corrected_by", "checked_by", "reviewers"}
)
_AUTOMATIC = frozenset({"", "witnessmark"})
_DROPPED_OF_ITEMS = frozenset({"original_name", "url", "account", "text", "metadata", "file_name", "path"})
_SHIELDED_SOURCES = frozenset({"witness", "account"})
_DROPPED_OF_SHIELDED = frozenset({"url", "document", "sha256", "reliability_reason", "credibility_reason"})
_DROPPED_OF_REVIEWS = frozenset({"signature", "signed", "reviewer_identity", "author_key_pems"})
_DROPPED_OF_FINDINGS = frozenset({"original_name", "url", "account", "metadata"})
_LEADS = frozenset({"original_name", "url", "account"})  # they lead to people or to the clear footage
_DROPPED_OF_PERSONS = frozenset({"source", "scope", "relation", "links", "consent", "consents", "risk", "withdrawn"})
_DROPPED = {
    "persons": _DROPPED_OF_PERSONS,
    "claim_bearing": frozenset({"url"}),
    "items": _DROPPED_OF_ITEMS,
    "reviews": _DROPPED_OF_REVIEWS,
    "findings": _DROPPED_OF_FINDINGS,
    "abstentions": _DROPPED_OF_FINDINGS,
}
_PATH = re.compile(
    r"(?<=['\"])(?:~?/|[A-Za-z]:\\|\\\\)[^'\"<>\n]+(?=['\"])|"  # quoted: it may hold spaces
    r"file://\S+|(?<![\w:/.~])~?/(?:[^\s/\"'<>]+/)+[^\s/\"'<>]*|(?<!\w)[A-Za-z]:\\[^\s\"'<>]*|\\\\[^\s\"'<>]+\\[^\s\"'<>]*"
)
_IN_QUOTES = r"(?<=['\"\u2018\u201c])@?(?:{})(?=['\"\u2019\u201d])"
_PATH_LEFT_OUT = "(path left out)"
_NAME_LEFT_OUT = "(name left out)"


def blurred(png: bytes) -> bytes:
    """A still blurred as a whole by `witnessmark.media.blur`, as new PNG without any metadata.

    Raises
    ------
    BadInputError
        When the picture cannot be read.
    """
    try:
        return png_bytes(blur(png))
    except (OSError, ValueError) as error:
        raise BadInputError(
            "A picture of the dossier is not a PNG that can be read.", "Have its line draw it again."
        ) from error


def bare_png(png: bytes) -> bytes:
    """A drawing without anything a program wrote beside it: texts, dates, profiles, small pictures, appended bytes.

    The chunks that give the pixels (PNG 3rd edition, section 11) are copied as they are.

    Raises
    ------
    BadInputError
        When it is no PNG.
    """
    kept, at = [png[:8]], 8
    while png[:8] == _PNG and at + 12 <= len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        kind = png[at + 4 : at + 8]
        if kind in _PIXEL_CHUNKS:
            kept.append(png[at:end])
        if kind == b"IEND" and end <= len(png):
            return b"".join(kept)
        at = end
    raise BadInputError("A picture of the dossier is not a PNG that can be read.", "Have its line draw it again.")


def without_pictures(value: Plain) -> Plain:
    """Observations without the records that carry a picture as text: a report shows pictures, not their letters."""
    if isinstance(value, list):
        return [without_pictures(entry) for entry in value if not _carries_picture(entry)]
    if isinstance(value, dict):
        return {key: without_pictures(entry) for key, entry in value.items() if not _carries_picture(entry)}
    return value


def _carries_picture(value: Plain) -> bool:
    if isinstance(value, dict):
        return any(_PICTURE_NAME.fullmatch(key) or _is_picture(entry) for key, entry in value.items())
    return _is_picture(value)


def _is_picture(value: Plain) -> bool:
    """Whether a text is the bytes of a picture, in hexadecimal or Base64, whatever its member is called."""
    if not isinstance(value, str):
        return False
    if _PICTURE_HEX.fullmatch(value):
        return len(value) not in _HASH_DIGITS  # a hash may begin like a picture; no picture is that short
    return _PICTURE_BASE64.fullmatch(value) is not None and len(value) > 64


class Redaction:
    """Replaces people, recordings of others and paths, the same way everywhere in one dossier.

    Parameters
    ----------
    case : mapping
        The full record.
    events : iterable of bytes
        Custody events, whose agents are people.
    people : iterable of str
        Further names.
    """

    def __init__(self, case: Mapping[str, Plain], events: Iterable[bytes], people: Iterable[str]) -> None:
        self.recordings = Recordings(case)
        self._pseudonyms: dict[str, str] = {}
        self._names: set[str] = set()
        for event in events:
            self._collect(json.loads(event))
        self._collect(dict(case))
        for key in ("items", "findings", "abstentions"):
            self._collect_leads(case.get(key))
        for name in sorted(people):
            self._person(name)
        sources = case.get("sources")
        self._shielded: set[str] = set()
        for source in sources if isinstance(sources, list) else []:
            if isinstance(source, dict) and source.get("kind") in _SHIELDED_SOURCES:
                self._shielded.add(str(source.get("id")))
                self._pseudonyms.setdefault(str(source.get("name")), f"Source {source.get('id')}")
        known = {*self._pseudonyms, *self._names}
        self._words = _names_pattern(r"(?<!\w)(?:{})(?!\w)", (name for name in known if len(name) >= 3))
        # shorter ones are words too: they are names where they are quoted
        self._quoted = _names_pattern(_IN_QUOTES, (name for name in known if len(name.strip()) > 0 and len(name) < 3))
        self._folded = {name.casefold(): pseudonym for name, pseudonym in self._pseudonyms.items()}

    def _person(self, name: str) -> str:
        if name.strip().casefold() in _AUTOMATIC:
            return name
        return self._pseudonyms.setdefault(name, f"Person {len(self._pseudonyms) + 1}")

    def _collect(self, value: Plain) -> None:
        if isinstance(value, dict):
            for key, entry in value.items():
                if key in _PEOPLE:
                    for name in entry if isinstance(entry, list) else [entry]:
                        if isinstance(name, str):
                            self._person(name)
                elif key == "original_name" and isinstance(entry, str):
                    self._names.add(entry)
                self._collect(entry)
        elif isinstance(value, list):
            for entry in value:
                self._collect(entry)

    def _collect_leads(self, value: Plain) -> None:
        if isinstance(value, dict):
            self._names.update(entry for key, entry in value.items() if key in _LEADS and isinstance(entry, str))
        for entry in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            self._collect_leads(entry)

    def person(self, name: str) -> str:
        """The name a public edition calls somebody by."""
        return self._person(name)

    def text(self, text: str) -> str:
        """Free text without known names, recordings of others, original file names and paths."""
        return self._people_and_paths(self.recordings.text(text))

    def _people_and_paths(self, text: str) -> str:
        text = _PATH.sub(_PATH_LEFT_OUT, text)
        for names in (self._quoted, self._words):
            if names is not None:
                text = names.sub(lambda match: self._folded.get(match[0].casefold(), _NAME_LEFT_OUT), text)
        return text

    def value(self, value: Plain, dropped: frozenset[str] = frozenset()) -> Plain:
        """A record with its free texts redacted and the dropped keys emptied."""
        if isinstance(value, str):
            return None if _is_picture(value) else self.text(value)
        if isinstance(value, list):
            return [self.value(entry, dropped) for entry in value]
        if not isinstance(value, dict):
            return value
        made: dict[str, Plain] = {}
        for key, entry in self.recordings.members(value).items():
            if key in dropped or _PICTURE_NAME.fullmatch(key):
                made[key] = {} if isinstance(entry, dict) else None
            elif key in _PEOPLE and isinstance(entry, str):
                made[key] = self._person(entry)
            elif key in _PEOPLE and isinstance(entry, list):
                made[key] = [self._person(name) if isinstance(name, str) else self.value(name) for name in entry]
            else:
                made[self._key(key)] = self.value(entry, dropped)
        return made

    def _key(self, key: str) -> str:
        """The name of a member: no recording's name can change one that the format gives."""
        return self._people_and_paths(key) if key.isidentifier() else self.text(key)

    def case(self, case: Mapping[str, Plain]) -> dict[str, Plain]:
        """The record as a public edition gives it."""
        made: dict[str, Plain] = {}
        for key, entry in case.items():
            dropped = _DROPPED.get(key, frozenset())
            if key in ("sources", "claims") and isinstance(entry, list):
                made[key] = [self.value(row, self._dropped_of(key, row)) for row in entry]
            else:
                made[key] = self.value(entry, dropped)
        return made

    def _dropped_of(self, kind: str, row: Plain) -> frozenset[str]:
        """What is left out of a source or a claim because of who speaks."""
        speaker = row.get("id" if kind == "sources" else "source") if isinstance(row, dict) else None
        return _DROPPED_OF_SHIELDED if speaker in self._shielded else frozenset()

    def chain(self, events: Iterable[bytes], hashes: Iterable[str]) -> list[Plain]:
        """The custody log as its chain of hashes: what happened when to which hashes, and nothing of who and how."""
        entries: list[Plain] = []
        for data, sha256 in zip(events, hashes, strict=True):
            event = json.loads(data)
            entry: dict[str, Plain] = {key: event.get(key) for key in ("number", "premis", "action", "at", "previous")}
            entry["objects"] = [self.recordings.text(str(sha256)) for sha256 in event.get("objects", [])]
            entry["agent"] = self._person(str(event.get("agent", "")))
            entry["sha256"] = sha256
            entries.append(entry)
        return entries


def chain_of(events: Iterable[bytes], hashes: Iterable[str]) -> list[Plain]:
    """The custody log as its chain of hashes with the names of those who wrote it, for closed editions with a plan."""
    names = ("number", "premis", "action", "at", "agent", "objects", "previous")
    pairs = zip(events, hashes, strict=True)
    told = [({key: json.loads(data).get(key) for key in names}, sha256) for data, sha256 in pairs]
    return [{**entry, "sha256": sha256} for entry, sha256 in told]


def _names_pattern(around: str, names: Iterable[str]) -> re.Pattern[str] | None:
    """Any of the names in capitals or small letters, the longest first; None for none."""
    longest = sorted(names, key=lambda name: (-len(name), name))
    joined = "|".join(re.escape(name) for name in longest)
    return re.compile(around.replace("{}", joined), re.IGNORECASE) if longest else None
