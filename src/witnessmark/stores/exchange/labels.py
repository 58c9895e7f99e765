"""Opaque labels: a partner can name a recording by its label, and only the owner can tell which recording that is."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from witnessmark.custody.keys import CaseKey
from witnessmark.errors import NotFoundError
from witnessmark.lines.copies.library import Library, Recording

LABEL_DIGITS = 32
_PURPOSE = b"witnessmark exchange labels 1"


class Labels:
    """Labels of one owner for one audience.

    Parameters
    ----------
    key : CaseKey
        The owner's: the same key gives the same labels.
    audience : str
        For whom. Two audiences get different labels for the same recording and cannot join them.

    Notes
    -----
    HMAC-SHA-256 (RFC 2104) of the audience and the recording's SHA-256 (its number and name where it has none), under
    a secret drawn from the private key by HKDF (RFC 5869); the first 128 bits in hexadecimal.
    """

    def __init__(self, key: CaseKey, audience: str) -> None:
        private = key.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        self._secret = HKDF(hashes.SHA256(), 32, None, _PURPOSE).derive(private)
        self._audience = audience.encode()

    def of(self, recording: Recording) -> str:
        """The label of a recording."""
        known = f"file {recording.sha256}" if recording.sha256 else f"number {recording.id} {recording.name}"
        message = len(self._audience).to_bytes(4, "big") + self._audience + known.encode()
        return hmac.digest(self._secret, message, "sha256").hex()[:LABEL_DIGITS]

    def resolve(self, labels: Iterable[str], library: Library) -> dict[str, Recording]:
        """The recordings that labels stand for.

        Raises
        ------
        NotFoundError
            When a label stands for none of them.
        """
        known = {self.of(recording): recording for recording in library.recordings() if not recording.origin}
        found = {}
        for label in labels:
            if label not in known:
                raise NotFoundError(
                    f"The label '{label}' stands for no recording here.",
                    "Check the key and the audience it was made for, and whether the recording was taken down.",
                )
            found[label] = known[label]
        return found
