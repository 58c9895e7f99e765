"""Digests as fixed-width bytes, so that a hash can neither lose its leading zeros nor be mistaken for another."""

from __future__ import annotations

import hashlib
from typing import ClassVar, Self

from witnessmark.errors import BadInputError


class Digest(bytes):
    """A digest of fixed width; text form is lower-case hexadecimal."""

    width_bytes: ClassVar[int]
    algorithm: ClassVar[str]

    def __new__(cls, raw: bytes) -> Self:
        """Take the raw digest.

        Raises
        ------
        BadInputError
            When the width is not that of the algorithm.
        """
        if len(raw) != cls.width_bytes:
            raise BadInputError(
                f"A {cls.algorithm} digest has {cls.width_bytes} bytes, this one has {len(raw)}.",
                "Check that the hash was copied whole.",
            )
        return super().__new__(cls, raw)

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Read hexadecimal text of exactly the right width.

        Examples
        --------
        >>> Sha256.from_hex("00" * 32).hex() == "00" * 32
        True
        """
        try:
            raw = bytes.fromhex(text.strip())
        except ValueError as error:
            raise BadInputError(f"'{text}' is not hexadecimal.", "A hash is written with 0-9 and a-f only.") from error
        return cls(raw)

    @classmethod
    def of(cls, data: bytes) -> Self:
        """The digest of bytes at hand.

        Examples
        --------
        >>> Sha256.of(b"").hex()[:8]
        'e3b0c442'
        """
        return cls(hashlib.new(cls.algorithm.replace("-", ""), data).digest())

    def __str__(self) -> str:
        return self.hex()

    def __repr__(self) -> str:
        return f"{type(self).__name__}.from_hex({self.hex()!r})"


class Sha256(Digest):
    """SHA-256 (FIPS 180-4), 32 bytes; the content address in this house."""

    width_bytes = 32
    algorithm = "SHA-256"


class Sha512(Digest):
    """SHA-512 (FIPS 180-4), 64 bytes; recorded beside SHA-256 so that one broken algorithm breaks nothing."""

    width_bytes = 64
    algorithm = "SHA-512"
