"""The case's Ed25519 key (RFC 8032): it signs every entry of the log."""

from __future__ import annotations

import os
import stat
import uuid
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from witnessmark.custody.digesting import sha256_of
from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError, ClashError, NotFoundError

PASSPHRASE_VARIABLE = "WITNESSMARK_KEY_PASSPHRASE"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a stranger needs to check a signature.

    Attributes
    ----------
    pem : bytes
        SubjectPublicKeyInfo, as ``openssl pkeyutl -pubin`` takes it.
    """

    pem: bytes

    @property
    def fingerprint(self) -> Sha256:
        """SHA-256 of the SubjectPublicKeyInfo in DER (RFC 5280, 4.1.2.7): what is read out over the telephone."""
        return sha256_of(self._key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature is this key's over the message."""
        try:
            self._key().verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def _key(self) -> Ed25519PublicKey:
        try:
            key = load_pem_public_key(self.pem)
        except ValueError as error:
            raise BadInputError("The public key cannot be read.", "Give the PEM file of the case key.") from error
        if not isinstance(key, Ed25519PublicKey):
            raise BadInputError("The public key is not an Ed25519 key.", "Give the PEM file of the case key.")
        return key


@dataclass(frozen=True, slots=True)
class CaseKey:
    """A private key in memory.

    Attributes
    ----------
    private : Ed25519PrivateKey
        Not part of the text form.
    """

    private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"CaseKey({self.public.fingerprint.hex()})"

    @property
    def public(self) -> PublicKey:
        """The half that may be handed out."""
        return PublicKey(self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature, 64 bytes."""
        return self.private.sign(message)


def create_key(path: Path) -> CaseKey:
    """Make a key and write it as PKCS #8 PEM that only its owner may read.

    With a passphrase in the environment variable ``WITNESSMARK_KEY_PASSPHRASE`` the file is encrypted.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ClashError
        When the file exists: a key is never overwritten.
    BadInputError
        When the file cannot be written.
    """
    private = Ed25519PrivateKey.generate()
    passphrase = _passphrase()
    how: KeySerializationEncryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)
    # Whole and durable under another name first, so that a killed program leaves either a whole key or none.
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(descriptor)
            os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except FileExistsError as error:
        raise ClashError(f"There is a key at '{path}' already.", "Use it, or give another path.") from error
    except OSError as error:
        raise BadInputError(
            f"The key cannot be written to '{path}': {error.strerror}.", "Give a folder you may write to."
        ) from error
    return CaseKey(private)


def load_key(path: Path) -> CaseKey:
    """Read a key that `create_key` wrote.

    Raises
    ------
    NotFoundError
        When there is no such file.
    BadInputError
        When others may read the file, the passphrase is missing or wrong, or it is no Ed25519 key.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no case key at '{path}'.", "Restore it, or give its path.") from error
    except OSError as error:
        raise BadInputError(f"The case key '{path}' cannot be read: {error.strerror}.", "Check its owner.") from error
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode) or mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise BadInputError(
                f"The case key '{path}' is open to other users (mode {stat.S_IMODE(mode):04o}).",
                f"Run: chmod 600 '{path}', and ask yourself who may have copied it.",
            )
        pem = file.read(1 << 16)
    encrypted = b"BEGIN ENCRYPTED PRIVATE KEY" in pem
    passphrase = _passphrase() if encrypted else None
    if encrypted and passphrase is None:
        raise BadInputError(
            f"The case key '{path}' is protected by a passphrase.",
            f"Set the environment variable {PASSPHRASE_VARIABLE}.",
        )
    try:
        private = load_pem_private_key(pem, passphrase)
    except ValueError as error:
        raise BadInputError(
            f"The case key '{path}' cannot be opened.",
            f"Check the passphrase in {PASSPHRASE_VARIABLE}." if encrypted else "Restore it from a copy.",
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BadInputError(f"The key '{path}' is not an Ed25519 key.", "Give the key made with the case.")
    return CaseKey(private)


def _passphrase() -> bytes | None:
    text = os.environ.get(PASSPHRASE_VARIABLE, "")
    return text.encode() or None
