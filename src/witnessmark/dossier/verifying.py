"""The package's own door to the checks of verify.py: the same code, with signatures by `cryptography`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.timestamps import verify_token
from witnessmark.dossier.verifier.bag import Fault
from witnessmark.dossier.verifier.check import Examination
from witnessmark.dossier.verifier.command import in_words
from witnessmark.dossier.verifier.openssl import Stamp
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.plain import iso


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a dossier came to.

    Attributes
    ----------
    exit_code : int
        0 verified; 1 a fault; 3 intact, but not everything could be checked here.
    faults : tuple of Fault
        Kind, path, offset of the first wrong byte when it is known, and a sentence.
    not_checked : tuple of str
    notes : tuple of str
    facts : mapping
        Edition, case reference, sealing time, custody head, key, number of files and bytes.
    text : str
        The verdict for a person.
    """

    exit_code: int
    faults: tuple[Fault, ...]
    not_checked: tuple[str, ...]
    notes: tuple[str, ...]
    facts: dict[str, object]
    text: str
    plain: dict[str, object]

    @property
    def verified(self) -> bool:
        """Whether everything was checked and holds."""
        return self.exit_code == 0

    def to_plain(self) -> dict[str, object]:
        """The verdict as JSON values, as ``verify.py --json`` prints it."""
        return self.plain


def verify(
    path: Path,
    *,
    trusted_roots: Sequence[bytes] | None = None,
    key_sha256: str | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Verdict:
    """Check a dossier; nothing in it is changed.

    Parameters
    ----------
    path : Path
        Folder of the dossier.
    trusted_roots : sequence of bytes, optional
        PEM root certificates the reader trusts for time-stamps; those inside the dossier when not given, which the
        verdict then says.
    key_sha256 : str, optional
        Fingerprint of the case's key as known from elsewhere.
    progress : callable (done from 0 to 1, what is being done), optional

    Raises
    ------
    NotFoundError
        When there is no such folder.
    """
    if not path.is_dir():
        raise NotFoundError(f"There is no folder '{path}'.", "Name the folder that holds bagit.txt.")

    def told(done: int, total: int) -> None:
        if progress is not None:
            progress(min(1.0, done / max(1, total)), "reading the dossier")

    found = Examination(str(path), _signed, _stamped, list(trusted_roots or ()), key_sha256, told)
    return Verdict(
        found.exit_code,
        tuple(found.faults),
        tuple(found.not_checked),
        tuple(found.notes),
        dict(found.facts),
        in_words(found),
        found.to_plain(),
    )


def _signed(public_key_pem: bytes, message: bytes, signature: bytes) -> bool:
    try:
        key = load_pem_public_key(public_key_pem)
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _stamped(digest: str, token: bytes, roots: list[bytes]) -> Stamp:
    """As custody checks its tokens: rfc3161-client, and openssl where an authority's certificates are unsorted."""
    try:
        check = verify_token(token, Sha256.from_hex(digest), b"\n".join(roots))
    except BadInputError as error:
        return Stamp(None, "", str(error))
    at = iso(check.gen_time) if check.gen_time is not None else ""
    if not check.checked_by:
        return Stamp(None, at, check.why)
    return Stamp(check.ok, at, check.why)
