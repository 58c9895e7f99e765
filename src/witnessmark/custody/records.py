"""What custody keeps: items, how they were obtained, where they were posted, and the events that touched them."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass

from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.plain import Plain


class CopyKind(enum.StrEnum):
    """Berkeley Protocol's distinction: the evidentiary copy is never worked on."""

    EVIDENTIARY = "evidentiary"
    WORKING = "working"
    DERIVED = "derived"


class PremisEvent(enum.StrEnum):
    """Event types of the PREMIS 3 vocabulary (Library of Congress, eventType) that the house uses."""

    CREATION = "creation"
    INGESTION = "ingestion"
    CAPTURE = "capture"
    METADATA_EXTRACTION = "metadata extraction"
    METADATA_MODIFICATION = "metadata modification"
    FORENSIC_FEATURE_ANALYSIS = "forensic feature analysis"
    FIXITY_CHECK = "fixity check"
    VALIDATION = "validation"
    REDACTION = "redaction"
    REPLICATION = "replication"
    DISSEMINATION = "dissemination"
    INFORMATION_PACKAGE_CREATION = "information package creation"
    DIGITAL_SIGNATURE_GENERATION = "digital signature generation"
    DEACCESSION = "deaccession"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that keeps its offset and how it is known.

    Attributes
    ----------
    at : datetime
        With a UTC offset, as stated; never converted in place.
    how_known : str
        Where the time comes from, such as "platform page" or "container creation_time".
    zone_proven : bool
        False when the offset is only what the format prescribes or somebody assumed.
    """

    at: dt.datetime
    how_known: str
    zone_proven: bool = True


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that made or changed something: its name and version."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Appearance:
    """One public posting of an item."""

    platform: str
    account: str
    url: str | None
    posted: Moment
    state: str = "live"  # live | edited | deleted
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """How an item was obtained, as ISO/IEC 27037 acquisition wants it documented."""

    tool: Tool
    operator: str
    method: str
    original_name: str
    started: dt.datetime
    ended: dt.datetime
    file_modified: Moment | None
    file_created: Moment | None
    url: str | None
    appearance: Appearance | None


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a derived file came from its parent: enough to make it again."""

    parent: Sha256
    tool: Tool
    parameters: Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class Item:
    """A preserved file."""

    exhibit_number: str
    sha256: Sha256
    sha512: Sha512
    size_bytes: int
    media_type: str
    copy: CopyKind
    captures: tuple[Capture, ...] = ()
    derivation: Derivation | None = None


@dataclass(frozen=True, slots=True)
class CustodyEvent:
    """One entry of the log: hash-chained by `previous`, signed over its canonical bytes without `signature`.

    Attributes
    ----------
    number : int
        From 1, without gaps.
    premis : PremisEvent
    action : str
        The house's own finer word, such as "item.taken-in" or "finding.made"; the payload's shape follows it.
    at : datetime
        UTC clock of the machine at the time of writing.
    agent : str
        The person (or "witnessmark" for automatic acts).
    tool : Tool
    objects : tuple of Sha256
        The content addresses concerned.
    payload : mapping
        Everything needed to rebuild the records from the log alone.
    previous : Sha256
        SHA-256 of the previous event's file bytes; 32 zero bytes for the first.
    signature : bytes
        Ed25519 (RFC 8032) over the canonical JSON of all other fields.
    """

    number: int
    premis: PremisEvent
    action: str
    at: dt.datetime
    agent: str
    tool: Tool
    objects: tuple[Sha256, ...]
    payload: Mapping[str, Plain]
    previous: Sha256
    signature: bytes
