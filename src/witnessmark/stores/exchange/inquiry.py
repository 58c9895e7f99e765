"""Asking a partner without showing footage: codes go out, stretches come back.

Both files are signed (`witnessmark.stores.exchange.sealed`). An inquiry holds one fingerprint and a random number in
place of a name; an answer names the inquiry by its digest and lists, for each recording that matches, an opaque label,
the relation, the score, the stretches and what appearance facts the partner chose to give.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import CaseKey
from witnessmark.errors import BadInputError, ClashError
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Library, Recording, Seen
from witnessmark.lines.copies.looking import judged
from witnessmark.lines.copies.packing import PACKING_VERSION, check_block, pack_tier, unpack
from witnessmark.lines.copies.records import Match
from witnessmark.lines.copies.search import compare, search
from witnessmark.plain import Plain, iso, parse_moment
from witnessmark.stores.exchange.bundle import (
    ORIGIN_CHARACTERS,
    TEXT_CHARACTERS,
    Sharing,
    check_origin,
    check_sharing,
    check_versions,
    read_facts,
    shared_facts,
)
from witnessmark.stores.exchange.labels import LABEL_DIGITS, Labels
from witnessmark.stores.exchange.reading import list_of, number_of, odd, text_of, whole_of
from witnessmark.stores.exchange.sealed import Sealed, open_sealed, write_sealed
from witnessmark.stores.exchange.thinning import shareable

INQUIRY_FORMAT = 1
LIMIT_INQUIRY_BYTES = 1 << 28
RELATIONS = ("copy", "related", "same-sound")
_WORDS = ("cropped", "framed", "skewed", "captioned", "same frame")
_LONGEST_S, _MOST_SCORE = 1e7, 1e9


class Finder(Protocol):
    """Searches a library."""

    def __call__(self, query: Fingerprint, library: Library, *, leave_out: Collection[int] = ()) -> tuple[Match, ...]:
        """All matches, best first."""
        ...


def alike(query: Fingerprint, library: Library, *, leave_out: Collection[int] = ()) -> tuple[Match, ...]:
    """Recordings that match in pictures or in sound alone, by the thresholds of the copies line; best first.

    A query without thumbnails is compared with fingerprints without them: what could be seen in the higher tier only
    would count against the match.
    """
    tier = 3 if query.thumbnails is not None else 2 if query.features is not None else 1
    matches = []
    for found in search(query, library, leave_out=leave_out):
        alone = compare(query, library.fingerprint(found.recording).up_to(tier)) if tier < 3 else None
        better = alone is not None and (alone.relation == "copy" or alone.score > found.score)
        match = judged(replace(alone, recording=found.recording) if better and alone is not None else found)
        matches += [] if match is None else [match]
    return tuple(sorted(matches, key=lambda match: (-match.score, match.recording)))


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A partner's question whether a recording is known.

    Attributes
    ----------
    sealed : Sealed
    origin, contact : str
        Of who asks.
    created : datetime.datetime
    fingerprint : Fingerprint
    """

    sealed: Sealed
    origin: str
    contact: str
    created: dt.datetime
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class AnsweredStretch:
    """A stretch of the query that shows, or sounds as, a stretch of a partner's recording.

    Attributes
    ----------
    q0_s, q1_s, r0_s, r1_s, speed : float
        As `witnessmark.lines.copies.records.Stretch`.
    words : tuple of str
        What differs, as `witnessmark.lines.copies.records.Transform.words`.
    """

    q0_s: float
    q1_s: float
    r0_s: float
    r1_s: float
    speed: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnsweredMatch:
    """A partner's recording that matches.

    Attributes
    ----------
    label : str
        Opaque; the partner can tell which recording it is.
    duration_s : float
    relation : str
    score : float
    mirrored : bool
    tier : int
    stretches : tuple of AnsweredStretch
    seen : tuple of Seen
        As the partner states.
    """

    label: str
    duration_s: float
    relation: str
    score: float
    mirrored: bool
    tier: int
    stretches: tuple[AnsweredStretch, ...]
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner answered.

    Attributes
    ----------
    sealed : Sealed
    origin, contact : str
        Of who answers.
    created : datetime.datetime
    searched : int
        Recordings that were searched.
    searched_s : float
        Their duration together [s].
    matches : tuple of AnsweredMatch
        Best first. None does not mean that the recording is new.
    """

    sealed: Sealed
    origin: str
    contact: str
    created: dt.datetime
    searched: int
    searched_s: float
    matches: tuple[AnsweredMatch, ...]


def write_inquiry(
    path: Path, fingerprint: Fingerprint, key: CaseKey, sharing: Sharing, *, now: dt.datetime | None = None
) -> Inquiry:
    """Write a question to a partner.

    Parameters
    ----------
    path : Path
        Must not exist.
    fingerprint : Fingerprint
        Tier 1 of it goes out, and of tier 2 what `sharing` says; no picture, no name.
    key : CaseKey
    sharing : Sharing
        Its facts are not used.
    now : datetime.datetime, optional

    Raises
    ------
    BadInputError, ClashError
        As `witnessmark.stores.exchange.bundle.write_bundle`.
    """
    check_sharing(sharing)
    sent = shareable(fingerprint, sharing.frames_per_minute, max(1, sharing.features_per_frame))
    manifest: dict[str, Plain] = {
        "format": INQUIRY_FORMAT,
        "packing": PACKING_VERSION,
        "algorithm": sent.algorithm,
        "origin": sharing.origin,
        "contact": sharing.contact,
        "created": iso((now or dt.datetime.now(dt.UTC)).replace(microsecond=0)),
        "number": secrets.token_hex(16),  # two questions about one recording cannot be told to be so by their names
    }
    tiers = (1,) if sent.features is None else (1, 2)
    write_sealed(path, "inquiry", manifest, [pack_tier(sent, tier) for tier in tiers], key)
    return read_inquiry(path)


def read_inquiry(path: Path) -> Inquiry:
    """Check an inquiry's signature, versions and fingerprint.

    Who signed it is `Inquiry.sealed.key`: see `witnessmark.stores.exchange.partners.Partners.check`.

    Raises
    ------
    NotFoundError, BadInputError, CustodyError, ClashError
        As `witnessmark.stores.exchange.bundle.read_bundle`.
    """
    sealed = open_sealed(path, "inquiry", limit_bytes=LIMIT_INQUIRY_BYTES)
    check_versions(sealed.manifest, "inquiry", INQUIRY_FORMAT)
    blocks = list(sealed.parts())
    if [check_block(block) for block in blocks] not in ([1], [1, 2]):
        raise odd("parts")
    return Inquiry(
        sealed=sealed,
        origin=check_origin(text_of(sealed.manifest, "origin", ORIGIN_CHARACTERS)),
        contact=text_of(sealed.manifest, "contact", TEXT_CHARACTERS, empty=True),
        created=parse_moment(text_of(sealed.manifest, "created", 40)),
        fingerprint=unpack(blocks),
    )


def answer_inquiry(
    path: Path,
    inquiry: Inquiry,
    library: Library,
    key: CaseKey,
    sharing: Sharing,
    *,
    find: Finder = alike,
    relations: Collection[str] = ("copy", "same-sound"),
    now: dt.datetime | None = None,
) -> Answer:
    """Search one's own recordings for a partner and write what was found.

    Parameters
    ----------
    path : Path
        Of the answer; must not exist.
    inquiry : Inquiry
        Whose signer a person has accepted.
    library : Library
        What came from other partners is left out: it is not one's own to tell of.
    key : CaseKey
    sharing : Sharing
        Which facts are told; its audience sets the labels.
    find : callable
    relations : collection of str
        Which matches are told.
    now : datetime.datetime, optional

    Raises
    ------
    BadInputError, ClashError
        As `witnessmark.stores.exchange.bundle.write_bundle`.
    """
    check_sharing(sharing)
    everything = {recording.id: recording for recording in library.recordings()}
    own = {number: recording for number, recording in everything.items() if not recording.origin}
    matches = find(inquiry.fingerprint, library, leave_out=frozenset(everything) - frozenset(own))
    labels = Labels(key, sharing.audience)
    told: list[Plain] = [
        _told(match, own[match.recording], labels, sharing)
        for match in matches
        if match.relation in relations and match.recording in own
    ]
    manifest: dict[str, Plain] = {
        "format": INQUIRY_FORMAT,
        "packing": PACKING_VERSION,
        "algorithm": library.algorithm,
        "origin": sharing.origin,
        "contact": sharing.contact,
        "created": iso((now or dt.datetime.now(dt.UTC)).replace(microsecond=0)),
        "inquiry": inquiry.sealed.digest.hex(),
        "searched": len(own),
        "searched_s": sum(recording.duration_s for recording in own.values()),
        "matches": told,
    }
    write_sealed(path, "answer", manifest, [], key)
    return read_answer(path, inquiry.sealed.digest)


def read_answer(path: Path, inquiry: Sha256) -> Answer:
    """Check an answer and that it is to one's own question.

    Parameters
    ----------
    path : Path
    inquiry : Sha256
        `Sealed.digest` of the inquiry that was sent.

    Raises
    ------
    ClashError
        When it answers another question.
    NotFoundError, BadInputError, CustodyError
        As `witnessmark.stores.exchange.bundle.read_bundle`.
    """
    sealed = open_sealed(path, "answer", limit_bytes=LIMIT_INQUIRY_BYTES)
    manifest = sealed.manifest
    check_versions(manifest, "answer", INQUIRY_FORMAT)
    if sealed.sizes_bytes:
        raise odd("parts")
    if text_of(manifest, "inquiry", 64) != inquiry.hex():
        raise ClashError(
            f"'{path.name}' answers another inquiry.", "Give the inquiry it belongs to, or ask for the right answer."
        )
    return Answer(
        sealed=sealed,
        origin=check_origin(text_of(manifest, "origin", ORIGIN_CHARACTERS)),
        contact=text_of(manifest, "contact", TEXT_CHARACTERS, empty=True),
        created=parse_moment(text_of(manifest, "created", 40)),
        searched=whole_of(manifest, "searched", 0, 1 << 40),
        searched_s=number_of(manifest, "searched_s", 0.0, 1e15),
        matches=tuple(_match(entry) for entry in list_of(manifest, "matches")),
    )


def _told(match: Match, recording: Recording, labels: Labels, sharing: Sharing) -> Plain:
    stretches: list[Plain] = [
        {
            "q0_s": stretch.q0_s,
            "q1_s": stretch.q1_s,
            "r0_s": stretch.r0_s,
            "r1_s": stretch.r1_s,
            "speed": stretch.speed,
            "words": [word for word in stretch.transform.words if word in _WORDS],
        }
        for stretch in match.stretches
    ]
    return {
        "label": labels.of(recording),
        "duration_s": recording.duration_s,
        "relation": match.relation,
        "score": match.score,
        "mirrored": match.mirrored,
        "tier": match.tier,
        "stretches": stretches,
        "seen": list(shared_facts(recording, sharing)),
    }


def _match(entry: Mapping[str, Plain]) -> AnsweredMatch:
    label, relation = text_of(entry, "label", LABEL_DIGITS), text_of(entry, "relation", 20)
    mirrored = entry.get("mirrored")
    if relation not in RELATIONS or set(label) - set("0123456789abcdef") or not isinstance(mirrored, bool):
        raise odd("matches")
    return AnsweredMatch(
        label=label,
        duration_s=number_of(entry, "duration_s", 0.0, _LONGEST_S),
        relation=relation,
        score=number_of(entry, "score", -_MOST_SCORE, _MOST_SCORE),
        mirrored=mirrored,
        tier=whole_of(entry, "tier", 1, 3),
        stretches=tuple(_stretch(stretch) for stretch in list_of(entry, "stretches")),
        seen=read_facts(list_of(entry, "seen")),
    )


def _stretch(entry: Mapping[str, Plain]) -> AnsweredStretch:
    words = entry.get("words")
    if not isinstance(words, list):
        raise odd("words")
    known = tuple(word for word in words if isinstance(word, str) and word in _WORDS)
    if len(known) != len(words):
        raise BadInputError("A stretch tells of a change this program does not know.", "Ask which program wrote it.")
    q0_s, q1_s, r0_s, r1_s = (
        number_of(entry, name, -_LONGEST_S, _LONGEST_S) for name in ("q0_s", "q1_s", "r0_s", "r1_s")
    )
    return AnsweredStretch(q0_s, q1_s, r0_s, r1_s, number_of(entry, "speed", 0.01, 100.0), known)
