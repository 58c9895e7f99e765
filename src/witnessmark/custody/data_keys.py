"""The file of a case's data key: the key wrapped by a passphrase or by a key file, changed without touching the fields.

The file stands beside the case, or better on another medium. Whoever holds it and what wraps it can read every sealed
field; whoever has lost either can read none, and no copy of the case helps.
"""

from __future__ import annotations

import json
import os
import stat
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from witnessmark.custody.sealed_fields import KEY_BYTES, NONCE_BYTES, DataKey, derived
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.plain import canonical, from_plain, to_plain

FORMAT = "witnessmark-data-key/1"
KEY_FILE_FORMAT = "witnessmark-key-file/1"
COST_LOG2 = 17
"""scrypt (RFC 7914) with N = 2**17, r = 8, p = 1: 128 MiB and a few tenths of a second a guess, as the OWASP Password
Storage Cheat Sheet recommends for scrypt."""
MAX_COST_LOG2 = 20
LEAST_SIGNS = 10
"""Of a passphrase. A convention: below it, guessing is cheap whatever wraps the key."""
_BLOCK, _PARALLEL, _SALT_BYTES = 8, 1, 16
_MAX_BYTES = 1 << 16
LOST = "Without it the sealed fields cannot be read by anybody; nothing else of the case is affected."


@dataclass(frozen=True, slots=True)
class Passphrase:
    """What a person types; its text form does not show it."""

    text: str

    def __repr__(self) -> str:
        return "Passphrase(...)"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file of random bytes that `new_key_file` made, kept on a medium of its own."""

    path: Path


Opener = Passphrase | KeyFile
"""What opens a data key's file."""


@dataclass(frozen=True, slots=True)
class Wrap:
    """The data key wrapped once.

    Attributes
    ----------
    by : str
        "passphrase" or "key file".
    cost_log2 : int or None
        scrypt's N; None for a key file.
    salt, nonce, wrapped : bytes
    """

    by: str
    cost_log2: int | None
    salt: bytes
    nonce: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key's file: which key, and each way to open it."""

    key_id: str
    wraps: tuple[Wrap, ...]
    format: str = FORMAT


def create_data_key(path: Path, opener: Opener, *, cost_log2: int | None = None) -> DataKey:
    """Make a data key and its file, mode 0600.

    Parameters
    ----------
    path : Path
        A new file.
    opener : Passphrase or KeyFile
    cost_log2 : int, optional
        scrypt's N as a power of two; `COST_LOG2` unless given.

    Raises
    ------
    ClashError
        When the file exists: a key is never overwritten.
    BadInputError
        For a short passphrase, a key file that is none, or a folder that cannot be written.
    """
    key = DataKey.generate()
    raw = _file_of(WrappedKey(key.key_id, (_wrap(key, opener, cost_log2),)))
    draft = _draft(path, raw)
    try:
        os.link(draft, path)
    except FileExistsError as error:
        raise ClashError(f"There is a data key at '{path}' already.", "Use it; it is never overwritten.") from error
    except OSError as error:
        raise BadInputError(
            f"The data key cannot be written to '{path}'.", "Give a folder you may write to."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return key


def open_data_key(path: Path, opener: Opener) -> DataKey:
    """Open a data key's file.

    Raises
    ------
    NotFoundError
        When there is no such file.
    BadInputError
        When others may read it, it is no such file, or neither the passphrase nor the key file opens it.
    """
    held = read_wrapped(path)
    by = "passphrase" if isinstance(opener, Passphrase) else "key file"
    fitting = [wrap for wrap in held.wraps if wrap.by == by]
    if not fitting:
        ways = " or ".join(sorted({wrap.by for wrap in held.wraps}))
        raise BadInputError(f"The data key '{path}' is not opened by a {by}.", f"Give its {ways}.")
    for wrap in fitting:
        try:
            key = DataKey(AESGCM(_wrapping_key(opener, wrap)).decrypt(wrap.nonce, wrap.wrapped, _bound(held.key_id)))
        except InvalidTag:
            continue
        if key.key_id == held.key_id:
            return key
    raise BadInputError(f"This is not the {by} of the data key '{path}'.", f"Give the right one. {LOST}")


def rewrap(path: Path, opener: Opener, new: Opener, *, keep_old: bool = False, cost_log2: int | None = None) -> DataKey:
    """Change what opens a data key, or add a second way; the fields stay as they are.

    It does not help against somebody who copied the old file and knows what opened it: the data key is the same.

    Parameters
    ----------
    path : Path
    opener : Passphrase or KeyFile
        What opens it now.
    new : Passphrase or KeyFile
    keep_old : bool
        Leave the present ways as they are, and add the new one.
    cost_log2 : int, optional
        As for `create_data_key`.

    Raises
    ------
    NotFoundError, BadInputError
        As `open_data_key`.
    """
    key = open_data_key(path, opener)
    held = read_wrapped(path).wraps if keep_old else ()
    draft = _draft(path, _file_of(WrappedKey(key.key_id, (*held, _wrap(key, new, cost_log2)))))
    draft.replace(path)
    return key


def read_wrapped(path: Path) -> WrappedKey:
    """A data key's file without opening the key: which key it is and what opens it.

    Raises
    ------
    NotFoundError, BadInputError
    """
    raw = _read_private(path, "data key")
    try:
        held = from_plain(WrappedKey, json.loads(raw))
        if held.format != FORMAT or not held.wraps:
            raise ValueError("another format")
        if any(wrap.by == "passphrase" and not 1 <= (wrap.cost_log2 or 0) <= MAX_COST_LOG2 for wrap in held.wraps):
            raise ValueError("a cost out of bounds")
    except (ValueError, RecursionError, BadInputError) as error:
        raise BadInputError(f"'{path}' is not a data key's file.", f"Restore it from a copy. {LOST}") from error
    return held


def new_key_file(path: Path) -> KeyFile:
    """Make a key file of 32 random bytes, mode 0600, for a medium that is kept apart from the case.

    Raises
    ------
    ClashError
        When the file exists.
    BadInputError
        When it cannot be written.
    """
    body = canonical({"format": KEY_FILE_FORMAT, "secret": os.urandom(KEY_BYTES)})
    draft = _draft(path, body + b"\n")
    try:
        os.link(draft, path)
    except FileExistsError as error:
        raise ClashError(f"There is a file at '{path}' already.", "Use that, or give another path.") from error
    except OSError as error:
        raise BadInputError(f"The key file cannot be written to '{path}'.", "Give another folder.") from error
    finally:
        draft.unlink(missing_ok=True)
    return KeyFile(path)


def _wrap(key: DataKey, opener: Opener, cost: int | None) -> Wrap:
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(NONCE_BYTES)
    if isinstance(opener, Passphrase):
        if len(opener.text) < LEAST_SIGNS:
            raise BadInputError(
                f"The passphrase has fewer than {LEAST_SIGNS} signs.", "Take several words that nobody would guess."
            )
        cost_log2 = COST_LOG2 if cost is None else cost
        if not 1 <= cost_log2 <= MAX_COST_LOG2:
            raise BadInputError("The cost of a guess is out of bounds.", f"Give at most 2**{MAX_COST_LOG2}.")
        draft = Wrap("passphrase", cost_log2, salt, nonce, b"")
    else:
        draft = Wrap("key file", None, salt, nonce, b"")
    wrapped = AESGCM(_wrapping_key(opener, draft)).encrypt(nonce, key.secret_bytes(), _bound(key.key_id))
    return Wrap(draft.by, draft.cost_log2, salt, nonce, wrapped)


def _wrapping_key(opener: Opener, wrap: Wrap) -> bytes:
    if isinstance(opener, KeyFile):
        return derived(_key_file_secret(opener.path), b"wrap", wrap.salt)
    assert wrap.cost_log2 is not None
    typed = unicodedata.normalize("NFKC", opener.text)  # the same signs, however a keyboard composes them
    try:
        raw = typed.encode()
    except UnicodeEncodeError as error:
        raise BadInputError("A character of the passphrase is half of a pair.", "Type it again.") from error
    return Scrypt(salt=wrap.salt, length=KEY_BYTES, n=1 << wrap.cost_log2, r=_BLOCK, p=_PARALLEL).derive(raw)


def _key_file_secret(path: Path) -> bytes:
    try:
        body = json.loads(_read_private(path, "key file"))
        secret = bytes.fromhex(body["secret"])
        if body["format"] != KEY_FILE_FORMAT or len(secret) != KEY_BYTES:
            raise ValueError("another format")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInputError(f"'{path}' is not a key file.", "Give the one that was made for this case.") from error
    return secret


def _bound(key_id: str) -> bytes:
    return canonical([FORMAT, key_id])


def _file_of(held: WrappedKey) -> bytes:
    return json.dumps(to_plain(held), indent=1).encode() + b"\n"


def _draft(path: Path, raw: bytes) -> Path:
    """The bytes whole and durable under another name, so that a killed program leaves the old file or the new one."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(descriptor)
    except (OSError, ValueError) as error:
        draft.unlink(missing_ok=True)
        raise BadInputError(f"'{path}' cannot be written.", "Give a folder you may write to, with room.") from error
    return draft


def _read_private(path: Path, what: str) -> bytes:
    """The bytes of a file that only its owner may read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no {what} at '{path}'.", f"Give its path. {LOST}") from error
    except (OSError, ValueError) as error:
        raise BadInputError(f"The {what} '{path}' cannot be read.", "Check that it is yours.") from error
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode) or mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise BadInputError(
                f"The {what} '{path}' is open to other users (mode {stat.S_IMODE(mode):04o}).",
                f"Run: chmod 600 '{path}', and ask yourself who may have copied it.",
            )
        raw = file.read(_MAX_BYTES + 1)
    if len(raw) > _MAX_BYTES:
        raise BadInputError(f"'{path}' is not a {what}'s file.", "Give the one that was made for this case.")
    return raw
