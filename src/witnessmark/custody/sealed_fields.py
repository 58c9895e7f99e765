"""Fields encrypted at rest: names, faces, contacts and homes of people at risk, under a key that the case holder has.

A field is sealed before it is recorded, so the signed log, the tables and every copy of them hold ciphertext only.
Each is bound to its place (case, record, field): moved elsewhere, it does not open. The key lives in a file of its
own, wrapped by a passphrase or a key file (`witnessmark.custody.data_keys`); it is in no log, no table and no dossier.
A lost key is lost: nobody, this program included, can open what was sealed under it.

>>> key = DataKey.generate()
>>> place = FieldPlace("case-fingerprint", "P-0001", "name")
>>> sealed = key.seal("Ana Invented", place)
>>> key.open(sealed, place)
'Ana Invented'
>>> key.open(sealed, FieldPlace("case-fingerprint", "P-0002", "name"))
Traceback (most recent call last):
    ...
witnessmark.errors.CustodyError: The sealed field 'name' of 'P-0002' does not open: it was altered, or belongs ...
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from witnessmark.errors import BadInputError, CustodyError
from witnessmark.plain import Plain, canonical, from_plain

FORMAT = "witnessmark-sealed/1"
KEY_BYTES = 32
NONCE_BYTES = 12
"""Random for each field: NIST SP 800-38D, 8.3, allows 2**32 under one key, far more than a register holds."""
PAD_BYTES = 256
"""A value is padded to a multiple of this, so that the length of a name does not show."""
MAX_BYTES = 1 << 18
"""The longest value of a field; larger things are kept as items."""
_TEXT, _BYTES = b"j", b"b"


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where a sealed field belongs; authenticated with it, so that it opens nowhere else.

    Attributes
    ----------
    case : str
        What no other case has: the fingerprint of its signing key.
    record : str
        Such as a person's pseudonym "P-0001".
    field : str
        Such as "name".
    """

    case: str
    record: str
    field: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A field's ciphertext, as an event carries it; `witnessmark.plain` writes and reads it like any dataclass.

    Attributes
    ----------
    key_id : str
        Which data key it was sealed under; says nothing of the key.
    nonce, ciphertext : bytes
        AES-256-GCM (NIST SP 800-38D), the tag at the end.
    format : str
    """

    key_id: str
    nonce: bytes
    ciphertext: bytes
    format: str = FORMAT


class DataKey:
    """The key that fields of one case are sealed under, in memory.

    Parameters
    ----------
    secret : bytes
        32 random bytes. Its text form never shows them.

    Raises
    ------
    BadInputError
    """

    __slots__ = ("_cipher", "_secret", "key_id")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise BadInputError("A data key is 32 bytes.", "Open it from its file.")
        self._secret = secret
        self._cipher = AESGCM(derived(secret, b"fields"))
        self.key_id = derived(secret, b"key id")[:16].hex()

    @classmethod
    def generate(cls) -> DataKey:
        """A new key from the system's random source."""
        return cls(os.urandom(KEY_BYTES))

    def __repr__(self) -> str:
        return f"DataKey({self.key_id})"

    def __reduce__(self) -> str:
        raise TypeError("a data key is not to be pickled")

    def secret_bytes(self) -> bytes:
        """The key itself, for wrapping it in a file; nothing else may ask."""
        return self._secret

    def seal(self, value: Plain | bytes, place: FieldPlace) -> Sealed:
        """Encrypt a field.

        Parameters
        ----------
        value : Plain or bytes
            Text, or any plain value; bytes, such as a still, come back as bytes.
        place : FieldPlace

        Returns
        -------
        Sealed

        Raises
        ------
        BadInputError
            When the value is larger than `MAX_BYTES` or has no plain form.
        """
        try:
            said = _BYTES + value if isinstance(value, bytes) else _TEXT + canonical(value)
        except UnicodeEncodeError as error:
            raise BadInputError("A character of the field is half of a pair.", "Type it again.") from error
        if len(said) > MAX_BYTES:
            raise BadInputError(
                f"The field '{place.field}' holds {len(said):,} bytes; at most {MAX_BYTES:,} are sealed as a field.",
                "Take a smaller picture, or keep the file as an item.",
            )
        padded = said + b"\x80" + bytes(-(len(said) + 1) % PAD_BYTES)
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(self.key_id, nonce, self._cipher.encrypt(nonce, padded, _bound(place)))

    def open(self, sealed: Sealed, place: FieldPlace) -> Plain | bytes:
        """Decrypt a field. Whoever calls this records it in the custody log first.

        Raises
        ------
        BadInputError
            When it was sealed under another key.
        CustodyError
            When it was altered, or is not the field of that place.
        """
        if sealed.key_id != self.key_id:
            raise BadInputError(
                f"This is the key {self.key_id[:8]}; the field was sealed under {sealed.key_id[:8]}.",
                "Open the case with the key it was sealed under; without that key nobody can read it.",
            )
        try:
            padded = self._cipher.decrypt(sealed.nonce, sealed.ciphertext, _bound(place))
            said = padded[: padded.rindex(b"\x80")]
            if sealed.format != FORMAT or said[:1] not in (_TEXT, _BYTES):
                raise ValueError("another format")
            return said[1:] if said[:1] == _BYTES else _parsed(said[1:])
        except (InvalidTag, ValueError) as error:
            raise CustodyError(
                f"The sealed field '{place.field}' of '{place.record}' does not open: it was altered, or belongs"
                " elsewhere.",
                "Restore it from a copy of the log, and run 'witnessmark custody verify'.",
            ) from error


def sealed_from(value: Plain) -> Sealed:
    """A sealed field from the plain values an event or row carries.

    Raises
    ------
    BadInputError
        When it is none.
    """
    if not is_sealed(value):
        raise BadInputError("A sealed field cannot be read.", "Verify the case with 'witnessmark custody verify'.")
    return from_plain(Sealed, value)


def is_sealed(value: object) -> bool:
    """Whether a plain value is a sealed field."""
    return isinstance(value, Mapping) and value.get("format") == FORMAT


def find_sealed(value: Plain, where: str = "") -> Iterator[tuple[str, Sealed]]:
    """Every sealed field within a plain value, with its path such as "people/0/name".

    >>> sealed = DataKey.generate().seal("x", FieldPlace("c", "r", "f"))
    >>> from witnessmark.plain import to_plain
    >>> [path for path, _ in find_sealed({"people": [{"name": to_plain(sealed)}]})]
    ['people/0/name']
    """
    if is_sealed(value):
        yield where, sealed_from(value)
    elif isinstance(value, Mapping):
        for name, entry in value.items():
            yield from find_sealed(entry, f"{where}/{name}".lstrip("/"))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from find_sealed(entry, f"{where}/{index}".lstrip("/"))


def derived(secret: bytes, purpose: bytes, salt: bytes | None = None) -> bytes:
    """A key for one purpose from a secret that is random already: HKDF-SHA-256 (RFC 5869), 32 bytes."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=b"witnessmark " + purpose).derive(secret)


def _bound(place: FieldPlace) -> bytes:
    """The associated data: canonical, so that no two places read alike."""
    return canonical([FORMAT, place.case, place.record, place.field])


def _parsed(text: bytes) -> Plain:
    value: Plain = json.loads(text)
    return value
