"""A reviewer's own Ed25519 key, in a file that only the reviewer can read."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.review.people import seen_as
from witnessmark.review.records import Reviewer

FORMAT = "witnessmark-reviewer/1"
_MAX_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class ReviewerKey:
    """A reviewer with the private key in memory."""

    reviewer: Reviewer
    private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"ReviewerKey({self.reviewer.name!r})"


def new_reviewer_key(path: Path, name: str, affiliation: str, passphrase: str | None = None) -> Reviewer:
    """Make a reviewer's key file.

    Parameters
    ----------
    path : Path
        A new file; it gets mode 0600.
    name, affiliation : str
        As they will stand under every review.
    passphrase : str, optional
        Encrypts the private key in the file.

    Returns
    -------
    Reviewer

    Raises
    ------
    ClashError
        When the file exists: a key is never overwritten.
    BadInputError
        For a name without letters, an empty affiliation or passphrase, or a folder that cannot be written.
    """
    if not seen_as(name):
        raise BadInputError("The reviewer has no name.", "Give the name that will stand under the reviews.")
    if not affiliation.strip():
        raise BadInputError(
            "The reviewer has no affiliation.", "Say whom the reviewer works for; 'independent' is an answer."
        )
    if passphrase == "":
        raise BadInputError("The passphrase is empty.", "Give one, or leave it out to keep the key unencrypted.")
    if any("\ud800" <= sign <= "\udfff" for sign in name + affiliation + (passphrase or "")):
        raise BadInputError("A character of the name or passphrase is half of a pair.", "Type it again.")
    private = Ed25519PrivateKey.generate()
    how: KeySerializationEncryption = (
        NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
    )
    reviewer = Reviewer(" ".join(name.split()), " ".join(affiliation.split()), public_pem(private))
    body = {
        "format": FORMAT,
        "name": reviewer.name,
        "affiliation": reviewer.affiliation,
        "public_key_pem": reviewer.public_key_pem,
        "private_key_pem": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how).decode("ascii"),
    }
    raw = (json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise ClashError(f"There is a file at '{path}' already.", "Use that key, or give another path.") from error
    except (OSError, ValueError) as error:
        raise BadInputError(f"The key cannot be written to '{path}'.", "Give a folder you may write to.") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise BadInputError(f"The key cannot be written to '{path}'.", "Give a disk with room.") from error
    return reviewer


def load_reviewer_key(path: Path, passphrase: str | None = None) -> ReviewerKey:
    """Read a key file that `new_reviewer_key` made.

    Raises
    ------
    NotFoundError
        When there is no such file.
    BadInputError
        When others may read an unencrypted key, the passphrase is missing or wrong, or it is no such file.
    """
    not_one = ("Give the file that was made for this reviewer.",)
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            raw = file.read(_MAX_BYTES + 1) if stat.S_ISREG(mode) else b""
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no reviewer's key at '{path}'.", "Make one first, or give its path.") from error
    except (OSError, ValueError) as error:
        raise BadInputError(f"The reviewer's key '{path}' cannot be read.", "Check that it is yours.") from error
    try:
        body = json.loads(raw)
        if len(raw) > _MAX_BYTES or body["format"] != FORMAT:
            raise ValueError("another format")
        name, affiliation, public, pem = (
            str(body[key]) for key in ("name", "affiliation", "public_key_pem", "private_key_pem")
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInputError(f"'{path}' is not a reviewer's key file.", *not_one) from error
    encrypted = "ENCRYPTED" in pem
    if not encrypted and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadInputError(
            f"The reviewer's key '{path}' is open to other users (mode {stat.S_IMODE(mode):04o}).",
            f"Run: chmod 600 '{path}', and make a new key if somebody may have copied it.",
        )
    if encrypted and not passphrase:
        raise BadInputError(f"The reviewer's key '{path}' is encrypted.", "Give its passphrase.")
    try:
        private = load_pem_private_key(pem.encode(), passphrase.encode() if encrypted and passphrase else None)
    except (ValueError, TypeError) as error:
        do = "Check the passphrase." if encrypted else not_one[0]
        raise BadInputError(f"The reviewer's key '{path}' cannot be opened.", do) from error
    if not isinstance(private, Ed25519PrivateKey) or public_pem(private) != public:
        raise BadInputError(f"'{path}' holds a private and a public key that do not belong together.", *not_one)
    return ReviewerKey(Reviewer(name, affiliation, public), private)


def public_pem(private: Ed25519PrivateKey) -> str:
    """The public half as PEM text."""
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
