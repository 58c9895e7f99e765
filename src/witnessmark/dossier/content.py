"""What a dossier is made from: plain records, the custody log as bytes, pictures, likelihoods, originals."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.custody.records import Derivation
from witnessmark.dossier.plans import Plan, Replacement
from witnessmark.plain import Plain

Signer = Callable[[bytes], bytes]
"""Gives the 64-byte Ed25519 signature of the case's key over a message."""

Stamper = Callable[[bytes], bytes]
"""Has the SHA-256 of the bytes it is given time-stamped and gives the RFC 3161 token or response, DER."""


class Edition(enum.StrEnum):
    """Who a dossier is for.

    The closed edition holds everything, originals included. The public edition holds hashes and blurred stills,
    and neither the names of the people who worked on the case nor the way to the clear footage.
    """

    PUBLIC = "public"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CustodyToken:
    """A time-stamp over the SHA-256 of one custody event's bytes.

    Attributes
    ----------
    event_number : int
    der : bytes
        RFC 3161 TimeStampResp or TimeStampToken.
    """

    event_number: int
    der: bytes


@dataclass(frozen=True, slots=True)
class DossierPicture:
    """A picture that goes into the dossier.

    Attributes
    ----------
    name : str
        File name, such as ``contact-sheet.png``; `case.json` refers to it by this name.
    caption : str
        Also its text alternative.
    png : bytes
    exhibit : str or None
        Exhibit number of the item it comes from; None for one of the assessment.
    shows_footage : bool
        True when it holds frames: the public edition blurs it.
    public_png : bytes or None
        The same picture with every still in it blurred by `witnessmark.media.blur`, for the public edition; the whole
        picture is blurred where there is none.
    names_recordings : bool
        True when names of known recordings are drawn into it: where one of them is not an exhibit of the case, the
        public edition leaves the picture out.
    derivation : Derivation or None
        Parent hash, tool and parameters.
    """

    name: str
    caption: str
    png: bytes
    exhibit: str | None
    shows_footage: bool
    derivation: Derivation | None = None
    public_png: bytes | None = None
    names_recordings: bool = False

    @property
    def sha256(self) -> str:
        """Of the clear picture."""
        return hashlib.sha256(self.png).hexdigest()


@dataclass(frozen=True, slots=True)
class Original:
    """A preserved file to be copied into the closed edition, checked against its hashes on the way."""

    exhibit: str
    path: Path
    sha256: Sha256
    sha512: Sha512
    size_bytes: int
    name: str


@dataclass(frozen=True, slots=True)
class KeptObject:
    """A file of the store besides the originals; whole closed editions carry it, so that a case can be restored.

    Attributes
    ----------
    key : str
        Its place in the store.
    path : Path
    sha256 : str
    """

    key: str
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class DossierContent:
    """Everything that is sealed.

    Attributes
    ----------
    case : mapping
        The record that becomes `case.json`, plain values as `case.schema.json` describes; `format`, `edition`,
        `sealed_with`, `custody`, picture and likelihood file names are filled in when sealing.
    events : tuple of bytes
        Custody events as their files hold them, in order.
    public_key_pem : bytes
        The case's Ed25519 public key.
    software_version : str
    pictures : tuple of DossierPicture
    likelihoods : mapping of finding id to ndarray of float32, shape (n_places or 1, n_instants or 1)
        [nats]; may be memory maps; findings may be left out.
    originals : tuple of Original
        Left out of the public edition.
    tokens : tuple of CustodyToken
    trusted_roots : tuple of bytes
        PEM certificates of the authorities that gave the tokens.
    people : frozenset of str
        Further names to be replaced in the public edition; operators, reviewers and authors are found by
        themselves.
    plan : Plan
        What this edition leaves out and calls otherwise.
    secrets : tuple of Replacement
        The register's sealed names, contacts and homes, where they could be opened: a public edition replaces them.
    objects : tuple of KeptObject
        Left out of the public edition.
    pages : frozenset of str
        Exhibits that are captured pages.
    """

    case: Mapping[str, Plain]
    events: tuple[bytes, ...]
    public_key_pem: bytes
    software_version: str
    pictures: tuple[DossierPicture, ...] = ()
    likelihoods: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    originals: tuple[Original, ...] = ()
    tokens: tuple[CustodyToken, ...] = ()
    trusted_roots: tuple[bytes, ...] = ()
    people: frozenset[str] = frozenset()
    plan: Plan = field(default_factory=Plan)
    secrets: tuple[Replacement, ...] = ()
    objects: tuple[KeptObject, ...] = ()
    pages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SealedDossier:
    """A dossier in its place.

    Attributes
    ----------
    path : Path
    edition : Edition
    sealed_at : datetime
    seal_sha256 : Sha256
        Of `witnessmark/seal.json`: one hash that stands for every byte of the dossier.
    n_files : int
    size_bytes : int
    stamped : bool
        Whether the seal carries a time-stamp.
    """

    path: Path
    edition: Edition
    sealed_at: dt.datetime
    seal_sha256: Sha256
    n_files: int
    size_bytes: int
    stamped: bool
