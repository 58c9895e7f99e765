"""Bundles: what an organisation lets a partner search in, without a picture and without a name.

A bundle is a signed file (`witnessmark.stores.exchange.sealed`). Its manifest is canonical JSON::

    format         1
    origin         how the exporter wants to be called
    created        ISO 8601
    algorithm      of the fingerprints
    packing        version of the packed tiers
    contact        how to ask back
    keep_until     ISO 8601 date or null: a wish
    tier_2         null, or {"frames_per_minute", "features_per_frame"}
    recordings     [{"label", "duration_s", "parts": 1 or 2, "seen": [{"at", "zone_known", "how", "where"?}]}]
    parts          sizes and hashes: each recording's tier 1, then its tier 2 where it has one
"""

from __future__ import annotations

import contextlib
import datetime as dt
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from witnessmark.custody.keys import CaseKey
from witnessmark.errors import BadInputError, ClashError
from witnessmark.lines.copies.appearances import PARTNER_STATES, attested
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint
from witnessmark.lines.copies.library import Library, Recording, Seen
from witnessmark.lines.copies.limits import ATTESTED_BY_OTHERS
from witnessmark.lines.copies.packing import PACKING_VERSION, check_block, pack_tier, unpack
from witnessmark.plain import Plain, iso, parse_moment, visible
from witnessmark.stores.exchange.labels import LABEL_DIGITS, Labels
from witnessmark.stores.exchange.reading import list_of, number_of, odd, optional_text, text_of, whole_of
from witnessmark.stores.exchange.sealed import LIMIT_BYTES, Sealed, open_sealed, write_sealed
from witnessmark.stores.exchange.thinning import shareable

BUNDLE_FORMAT = 1
Facts = Literal["none", "time", "time and platform"]
BANK = "bank: "
"""Origins of imported lists of hashes begin so: nobody signed them. No partner may be called so."""
ORIGIN_CHARACTERS, TEXT_CHARACTERS = 200, 500
_LONGEST_S = 1e7


@dataclass(frozen=True, slots=True)
class Sharing:
    """What an exporter chooses to share.

    Attributes
    ----------
    origin : str
        How it wants to be called: what the partner keeps its recordings apart by.
    contact : str
    audience : str
        For whom; another audience gets other labels.
    facts : str
        Of appearances: "none", "time", "time and platform". Only those that others attest are ever shared.
    round_up_s : int
        Times are rounded up to this many seconds, so that "was there by then" stays true: 86400 tells the day only.
    frames_per_minute, features_per_frame : float, int
        How much of tier 2; 0 frames leaves it out.
    keep_until : datetime.date or None
    """

    origin: str
    contact: str
    audience: str = ""
    facts: Facts = "none"
    round_up_s: int = 1
    frames_per_minute: float = 0.0
    features_per_frame: int = 0
    keep_until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A recording as a bundle lists it.

    Attributes
    ----------
    label : str
    duration_s : float
    seen : tuple of Seen
        Already in the importer's words: "as the partner states".
    parts : int
    """

    label: str
    duration_s: float
    seen: tuple[Seen, ...]
    parts: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose signature and manifest were checked; its fingerprints are checked as they are read.

    Attributes
    ----------
    sealed : Sealed
    origin, contact : str
    created : datetime.datetime
    keep_until : str or None
    listed : tuple of Listed
    """

    sealed: Sealed
    origin: str
    contact: str
    created: dt.datetime
    keep_until: str | None
    listed: tuple[Listed, ...]

    def fingerprints(self) -> Iterator[tuple[Listed, Fingerprint]]:
        """Every recording with its fingerprint, in order.

        Raises
        ------
        CustodyError
            When bytes are not as they were signed.
        BadInputError
            When a fingerprint is damaged, or holds what a bundle must not.
        """
        with contextlib.closing(self.sealed.parts()) as parts:
            for listed in self.listed:
                blocks = [next(parts) for _ in range(listed.parts)]
                yield listed, _fingerprint(blocks, listed)


def write_bundle(
    path: Path,
    library: Library,
    key: CaseKey,
    sharing: Sharing,
    *,
    recordings: Collection[int] | None = None,
    now: dt.datetime | None = None,
) -> Bundle:
    """Export recordings of one's own.

    Parameters
    ----------
    path : Path
        Must not exist.
    library : Library
    key : CaseKey
        Of the case or the organisation.
    sharing : Sharing
    recordings : collection of int, optional
        Which; all of the library's own without it. What came from partners is never passed on.
    now : datetime.datetime, optional

    Returns
    -------
    Bundle

    Raises
    ------
    BadInputError
        When nothing would be exported, a partner's recording was asked for, or a text is too long.
    ClashError
        When the file exists.
    """
    check_sharing(sharing)
    own = [recording for recording in library.recordings() if not recording.origin]
    if recordings is not None:
        chosen = set(recordings)
        missing = chosen - {recording.id for recording in own}
        if missing:
            raise BadInputError(
                f"Recording {min(missing)} is not this library's own.", "Only what is your own can be exported."
            )
        own = [recording for recording in own if recording.id in chosen]
    if not own:
        raise BadInputError("There is nothing of your own to export.", "Index recordings first, or choose others.")
    labels = Labels(key, sharing.audience)
    entries: list[tuple[str, dict[str, Plain], list[bytes]]] = []
    for recording in own:
        fingerprint = shareable(
            library.fingerprint(recording.id), sharing.frames_per_minute, max(1, sharing.features_per_frame)
        )
        blocks = [pack_tier(fingerprint, 1)]
        blocks += [pack_tier(fingerprint, 2)] if fingerprint.features is not None else []
        label = labels.of(recording)
        listed: dict[str, Plain] = {
            "label": label,
            "duration_s": recording.duration_s,
            "parts": len(blocks),
            "seen": list(shared_facts(recording, sharing)),
        }
        entries.append((label, listed, blocks))
    entries.sort(key=lambda entry: entry[0])  # by label: the order of the library would tell the order of intake
    tier_2: dict[str, Plain] = {
        "frames_per_minute": sharing.frames_per_minute,
        "features_per_frame": sharing.features_per_frame,
    }
    manifest: dict[str, Plain] = {
        "format": BUNDLE_FORMAT,
        "origin": sharing.origin,
        "created": iso((now or dt.datetime.now(dt.UTC)).replace(microsecond=0)),
        "algorithm": library.algorithm,
        "packing": PACKING_VERSION,
        "contact": sharing.contact,
        "keep_until": None if sharing.keep_until is None else sharing.keep_until.isoformat(),
        "tier_2": tier_2 if sharing.frames_per_minute > 0.0 else None,
        "recordings": [listed for _, listed, _ in entries],
    }
    write_sealed(path, "bundle", manifest, [block for _, _, blocks in entries for block in blocks], key)
    return read_bundle(path)


def read_bundle(path: Path, *, limit_bytes: int = LIMIT_BYTES) -> Bundle:
    """Check a bundle's signature, versions and manifest.

    Parameters
    ----------
    path : Path
    limit_bytes : int
        Larger files are not read.

    Raises
    ------
    NotFoundError, BadInputError, CustodyError
        As `witnessmark.stores.exchange.sealed.open_sealed`; also when the manifest is of another version or odd, or
        lists a label twice.
    ClashError
        When the fingerprints are of another algorithm.
    """
    sealed = open_sealed(path, "bundle", limit_bytes=limit_bytes)
    manifest = sealed.manifest
    check_versions(manifest, "bundle", BUNDLE_FORMAT)
    created = parse_moment(text_of(manifest, "created", 40))
    listed = tuple(_listed(entry) for entry in list_of(manifest, "recordings"))
    if len({entry.label for entry in listed}) != len(listed):
        raise BadInputError(
            f"'{path.name}' lists a recording twice.", "Ask the partner for another bundle; nothing was taken in."
        )
    if sum(entry.parts for entry in listed) != len(sealed.sizes_bytes):
        raise odd("parts")
    return Bundle(
        sealed=sealed,
        origin=check_origin(text_of(manifest, "origin", ORIGIN_CHARACTERS)),
        contact=text_of(manifest, "contact", TEXT_CHARACTERS, empty=True),
        created=created,
        keep_until=optional_text(manifest, "keep_until", 10),
        listed=listed,
    )


def check_versions(manifest: Mapping[str, Plain], kind: str, wanted: int) -> None:
    """Refuse what another version of the program wrote.

    Raises
    ------
    BadInputError
        When the format or the packing is another.
    ClashError
        When the algorithm of the fingerprints is another.
    """
    for name, read in (("format", wanted), ("packing", PACKING_VERSION)):
        written = whole_of(manifest, name, 0, 1 << 30)
        if written != read:
            raise BadInputError(
                f"The {kind} is of {name} {written}, and this program reads {name} {read}.",
                "Ask for one that this version reads, or use the version that wrote it.",
                version=written,
            )
    algorithm = text_of(manifest, "algorithm", 100)
    if algorithm != ALGORITHM:
        raise ClashError(
            f"The {kind} holds fingerprints of '{algorithm}', this program makes '{ALGORITHM}': they do not compare.",
            "Ask the partner to fingerprint again with the version you use, or the other way round.",
            algorithm=algorithm,
        )


def check_sharing(sharing: Sharing) -> None:
    """Refuse what cannot be shared so.

    Raises
    ------
    BadInputError
    """
    check_origin(sharing.origin)
    if len(sharing.contact) > TEXT_CHARACTERS or sharing.round_up_s < 1:
        raise BadInputError("The contact is too long, or times are to be rounded to nothing.", "Shorten it.")
    if (sharing.frames_per_minute > 0.0) != (sharing.features_per_frame > 0):
        raise BadInputError(
            "Frames a minute and features a frame go together.", "Give both above 0, or neither, for tier 1 alone."
        )


def check_origin(origin: str) -> str:
    """The origin itself, if a partner may be called so.

    Raises
    ------
    BadInputError
        When it is empty, too long, or not plain text on one line, or could be taken for an imported list of hashes.
    """
    plain = visible(origin) == origin and "\n" not in origin and origin.strip() == origin
    if not origin or len(origin) > ORIGIN_CHARACTERS or not plain or origin.casefold().startswith(BANK.strip()):
        raise BadInputError(
            f"'{visible(origin[:ORIGIN_CHARACTERS])}' cannot be the name of an origin.",
            f"It takes 1 to {ORIGIN_CHARACTERS} plain characters on one line and does not begin with '{BANK.strip()}'.",
        )
    return origin


def shared_facts(recording: Recording, sharing: Sharing) -> Iterator[Plain]:
    """The attested appearances of a recording, as much of them as is shared; never an account or an address."""
    if sharing.facts == "none":
        return
    for seen in recording.seen:
        how = next((word for word in ATTESTED_BY_OTHERS if seen.how_known.strip().casefold().startswith(word)), None)
        if how is None or how == PARTNER_STATES or not attested(seen):
            continue
        at = math.ceil(seen.at_unix_s / sharing.round_up_s) * sharing.round_up_s
        fact: dict[str, Plain] = {
            "at": iso(dt.datetime.fromtimestamp(at, dt.UTC)),
            "zone_known": seen.utc_offset_s is not None,
            "how": how,
        }
        if sharing.facts == "time and platform":
            fact["where"] = seen.where[:TEXT_CHARACTERS]
        yield fact


def _listed(entry: Mapping[str, Plain]) -> Listed:
    label = text_of(entry, "label", LABEL_DIGITS)
    if len(label) != LABEL_DIGITS or set(label) - set("0123456789abcdef"):
        raise odd("label")
    return Listed(
        label=label,
        duration_s=number_of(entry, "duration_s", 0.0, _LONGEST_S),
        seen=read_facts(list_of(entry, "seen")),
        parts=whole_of(entry, "parts", 1, 2),
    )


def read_facts(facts: Sequence[Mapping[str, Plain]]) -> tuple[Seen, ...]:
    """Appearance facts that a partner stated, in the importer's words.

    Raises
    ------
    BadInputError
    """
    read = []
    for fact in facts:
        at = parse_moment(text_of(fact, "at", 40))
        how = text_of(fact, "how", 40)
        if how not in ATTESTED_BY_OTHERS:
            raise odd("how")
        where = optional_text(fact, "where", TEXT_CHARACTERS) or ""
        zone_known = fact.get("zone_known")
        if not isinstance(zone_known, bool):
            raise odd("zone_known")
        read.append(Seen(at.timestamp(), 0 if zone_known else None, f"{PARTNER_STATES} ({how})", where))
    return tuple(sorted(read, key=lambda seen: (seen.at_unix_s, seen.where)))


def _fingerprint(blocks: Sequence[bytes], listed: Listed) -> Fingerprint:
    for number, block in enumerate(blocks, 1):
        if check_block(block) != number:
            raise BadInputError(
                f"The recording '{listed.label}' comes with what a bundle does not hold.",
                "Ask the partner for another bundle; nothing was taken in.",
            )
    fingerprint = unpack(blocks)
    if fingerprint.algorithm != ALGORITHM or abs(fingerprint.duration_s - listed.duration_s) > 0.01:
        raise BadInputError(
            f"The fingerprint of '{listed.label}' is not the one the bundle lists.",
            "Ask the partner for another bundle; nothing was taken in.",
        )
    return fingerprint
