"""Signed exchange files: a signed manifest in canonical JSON, then the bytes it lists.

Little-endian, nothing compressed, nothing after the last part::

    8 B   magic "WMshare" and a zero byte
    u16   container format = 1
    u16   kind: 1 bundle, 2 inquiry, 3 answer
    32 B  the signer's Ed25519 public key (RFC 8032)
    u32   n, bytes of the manifest
    n B   manifest: canonical JSON (RFC 8785); its "parts" lists the size and SHA-256 of every part, in order
    64 B  Ed25519 signature over everything above
    ...   the parts

What is read is bounded by the size of the file, so no small file can make a large demand.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import uuid
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import CaseKey, PublicKey
from witnessmark.errors import BadInputError, ClashError, CustodyError, NotFoundError
from witnessmark.plain import Plain, canonical

Kind = Literal["bundle", "inquiry", "answer"]
CONTAINER_FORMAT = 1
LIMIT_BYTES = 4 << 30
"""Largest file read unless the caller says otherwise: some 10,000 hours of tier 1."""
LIMIT_MANIFEST_BYTES = 64 << 20
LIMIT_PART_BYTES = 1 << 28
"""Largest part: 10 hours of local features at 75 kB a minute are 45 MB."""
MAGIC = b"WMshare\0"
_HEAD = struct.Struct("<8sHH32sI")
_SIGNATURE_BYTES = 64
_KINDS: dict[Kind, int] = {"bundle": 1, "inquiry": 2, "answer": 3}


@dataclass(frozen=True, slots=True)
class Sealed:
    """A signed file whose signature, size and manifest agree; the parts are checked as they are read.

    Attributes
    ----------
    path : Path
    kind : str
    key : PublicKey
        Who signed it. Whether that is who they say they are is for `witnessmark.stores.exchange.partners`.
    manifest : mapping
    digest : Sha256
        Of the head, manifest and signature; it names the file, as the manifest names all of its parts.
    sizes_bytes : tuple of int
        Of the parts.
    hashes : tuple of Sha256
        Of the parts.
    first_byte : int
        Where the parts begin.
    """

    path: Path
    kind: Kind
    key: PublicKey
    manifest: Mapping[str, Plain]
    digest: Sha256
    sizes_bytes: tuple[int, ...]
    hashes: tuple[Sha256, ...]
    first_byte: int

    def parts(self) -> Generator[bytes, None, None]:
        """All parts, in order, each once its hash agrees.

        Raises
        ------
        CustodyError
            When a part is not as the manifest says.
        """
        with _opened(self.path) as file:
            file.seek(self.first_byte)
            for number, (size, expected) in enumerate(zip(self.sizes_bytes, self.hashes, strict=True), 1):
                part = file.read(size)
                if hashlib.sha256(part).digest() != expected:
                    raise CustodyError(
                        f"Part {number} of '{self.path.name}' is not as it was signed.",
                        "Ask for the file again; nothing of it was taken in.",
                    )
                yield part


def write_sealed(path: Path, kind: Kind, manifest: Mapping[str, Plain], parts: Sequence[bytes], key: CaseKey) -> Sealed:
    """Sign a manifest and its parts and write them as one new file.

    Parameters
    ----------
    path : Path
        Must not exist.
    kind : str
    manifest : mapping
        "parts" is added to it.
    parts : sequence of bytes
    key : CaseKey

    Returns
    -------
    Sealed

    Raises
    ------
    ClashError
        When the file exists.
    BadInputError
        When it cannot be written, or would be too large to be read back.
    """
    listed: list[Plain] = [{"bytes": len(part), "sha256": hashlib.sha256(part).hexdigest()} for part in parts]
    text = canonical({**manifest, "parts": listed})
    if len(text) > LIMIT_MANIFEST_BYTES or any(len(part) > LIMIT_PART_BYTES for part in parts):
        raise BadInputError(
            f"'{path.name}' would be too large to be read back.", "Export fewer recordings, or fewer features a minute."
        )
    raw_key = key.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    head = _HEAD.pack(MAGIC, CONTAINER_FORMAT, _KINDS[kind], raw_key, len(text)) + text
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with open(draft, "xb") as file:
            for block in (head, key.sign(head), *parts):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError as error:
        raise ClashError(f"There is a file at '{path}' already.", "Give another name.") from error
    except OSError as error:
        raise BadInputError(
            f"'{path}' cannot be written: {error.strerror}.", "Give a folder you may write to."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return open_sealed(path, kind)


def open_sealed(path: Path, kind: Kind, *, limit_bytes: int = LIMIT_BYTES) -> Sealed:
    """Check a signed file up to where its parts begin, and that it is as long as it says.

    Parameters
    ----------
    path : Path
    kind : str
        What it must be.
    limit_bytes : int
        Larger files are not read.

    Returns
    -------
    Sealed

    Raises
    ------
    NotFoundError
        When there is no such file.
    BadInputError
        When it is no such file, of another format, or too large.
    CustodyError
        When its signature does not verify, or it is cut short or has grown.
    """
    name = path.name
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit_bytes:
            raise BadInputError(
                f"'{name}' has {size} bytes, and at most {limit_bytes} are read.", "Raise the limit if you trust it."
            )
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size or head[: len(MAGIC)] != MAGIC:
            raise BadInputError(f"'{name}' is no exchange file.", "Give a file written by 'witnessmark copies export'.")
        _, container, number, raw_key, manifest_bytes = _HEAD.unpack(head)
        if container != CONTAINER_FORMAT:
            raise BadInputError(
                f"'{name}' is of exchange format {container}, and this program reads format {CONTAINER_FORMAT}.",
                "Ask the sender for that format, or use the program version that wrote it.",
                format=container,
            )
        if number != _KINDS[kind]:
            other = next((name for name, value in _KINDS.items() if value == number), f"of an unknown kind ({number})")
            raise BadInputError(f"'{name}' is no {kind}: it is {other}.", f"Give a file that is a {kind}.")
        if manifest_bytes > LIMIT_MANIFEST_BYTES:
            raise BadInputError(f"The manifest of '{name}' is too large.", "Ask for it in smaller files.")
        text, signature = file.read(manifest_bytes), file.read(_SIGNATURE_BYTES)
    if len(text) < manifest_bytes or len(signature) < _SIGNATURE_BYTES:
        raise CustodyError(f"'{name}' is cut short.", "Fetch it again.")
    key = _public(raw_key)
    if not key.verifies(signature, head + text):
        raise CustodyError(
            f"The signature of '{name}' does not verify.",
            "It was damaged or altered on its way: ask for it again and take nothing from this one.",
        )
    manifest = _manifest(name, text)
    sizes, hashes = _listed_parts(name, manifest)
    first = _HEAD.size + manifest_bytes + _SIGNATURE_BYTES
    if first + sum(sizes) != size:
        what = "is cut short" if first + sum(sizes) > size else "holds more than it says"
        raise CustodyError(f"'{name}' {what}.", "Fetch it again.")
    return Sealed(path, kind, key, manifest, Sha256.of(head + text + signature), sizes, hashes, first)


def _opened(path: Path) -> IO[bytes]:
    try:
        return open(path, "rb")
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no file '{path}'.", "Give the path of an exchange file.") from error
    except OSError as error:
        raise BadInputError(f"'{path}' cannot be read: {error.strerror}.", "Give a file you may read.") from error


def _public(raw_key: bytes) -> PublicKey:
    key = Ed25519PublicKey.from_public_bytes(raw_key)
    return PublicKey(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _manifest(name: str, text: bytes) -> Mapping[str, Plain]:
    try:
        value = json.loads(text, parse_constant=_refuse)
        as_written = isinstance(value, dict) and canonical(value) == text
    except (ValueError, RecursionError, BadInputError) as error:
        raise _odd(name) from error
    if not as_written:
        raise _odd(name)
    return cast("Mapping[str, Plain]", value)


def _refuse(name: str) -> Plain:
    raise ValueError(f"{name} is no JSON")


def _listed_parts(name: str, manifest: Mapping[str, Plain]) -> tuple[tuple[int, ...], tuple[Sha256, ...]]:
    listed = manifest.get("parts")
    if not isinstance(listed, list):
        raise _odd(name)
    sizes, hashes = [], []
    for part in listed:
        if not isinstance(part, dict) or set(part) != {"bytes", "sha256"}:
            raise _odd(name)
        size, digest = part["bytes"], part["sha256"]
        if isinstance(size, bool) or not isinstance(size, int) or not isinstance(digest, str):
            raise _odd(name)
        if not 0 <= size <= LIMIT_PART_BYTES:
            raise BadInputError(f"A part of '{name}' is too large.", "Ask for it in smaller parts.")
        sizes.append(size)
        hashes.append(Sha256.from_hex(digest))
    return tuple(sizes), tuple(hashes)


def _odd(name: str) -> BadInputError:
    return BadInputError(
        f"The manifest of '{name}' is not one this program writes.", "Ask the sender which program wrote it."
    )
