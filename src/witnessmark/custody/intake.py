"""Taking bytes into custody: read once, hashed, kept write-once at their content address."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from witnessmark.custody import sniff
from witnessmark.custody.digesting import Digesting, Digests, digest, sha256_of
from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.custody.objects import ObjectStore
from witnessmark.custody.records import Moment
from witnessmark.errors import BadInputError, CustodyError
from witnessmark.plain import Plain

Progress: TypeAlias = Callable[[int, int], None]
_BLOCK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes in custody.

    Attributes
    ----------
    key : str
        ``originals/sha256/ab/cd/<hex>`` or ``derived/sha256/ab/cd/<hex>``.
    sha256 : Sha256
    sha512 : Sha512
    size_bytes : int
    fixity_key : str
        Where the fixity table is kept.
    fixity_sha256 : Sha256
        Of the table.
    """

    key: str
    sha256: Sha256
    sha512: Sha512
    size_bytes: int
    fixity_key: str
    fixity_sha256: Sha256


@dataclass(frozen=True, slots=True)
class Intake(Stored):
    """A file that was taken in.

    Attributes
    ----------
    media_type : str
        By its bytes, never by its name.
    extension_disagrees : bool
        Whether the name promises another kind of file.
    already_kept : bool
        Whether the same bytes were there before.
    file_modified : Moment
        As the file system had it; the clock that set it is unknown.
    file_created : Moment or None
        Where the file system tells it.
    """

    media_type: str
    extension_disagrees: bool
    already_kept: bool
    file_modified: Moment
    file_created: Moment | None


def original_key(sha256: Sha256) -> str:
    """Content address of an original."""
    return _address("originals", sha256)


def derived_key(sha256: Sha256) -> str:
    """Content address of a derived file."""
    return _address("derived", sha256)


def fixity_key(sha256: Sha256) -> str:
    """Key of the fixity table of the bytes with this hash."""
    return f"fixity/{sha256.hex()}"


def stored_entry(stored: Stored) -> dict[str, Plain]:
    """The entry by which an event says that it stored these bytes (one of ``payload["stored"]``)."""
    return {
        "key": stored.key,
        "sha256": stored.sha256.hex(),
        "sha512": stored.sha512.hex(),
        "size_bytes": stored.size_bytes,
        "fixity_key": stored.fixity_key,
        "fixity_sha256": stored.fixity_sha256.hex(),
    }


def take_in(
    source: Path, objects: ObjectStore, *, progress: Progress | None = None, max_bytes: int | None = None
) -> Intake:
    """Read a file once and keep it, with its hashes and its fixity table.

    Parameters
    ----------
    source : Path
        A plain file; never opened for writing.
    objects : ObjectStore
    progress : callable, optional
        Handed the bytes done and the bytes in all.
    max_bytes : int, optional
        Larger files are refused.

    Returns
    -------
    Intake

    Raises
    ------
    BadInputError
        When it is missing, empty, too large, not a plain file, unreadable, or changed while it was read, and when the
        store's disk is full. Nothing is kept then.
    CustodyError
        When the store holds something else at the content address: a copy kept before was altered.

    Notes
    -----
    The fixity table is kept before the bytes it is for, so that whatever has a content address has a table, even
    when the program is killed between the two.
    """
    descriptor, before = _open(source, max_bytes)
    try:
        with objects.stage() as staged, Digesting(staged.write) as digesting:
            head = b""
            done = 0
            for block in _read(descriptor, source):
                head = head or bytes(block[: sniff.HEAD_BYTES])
                digesting.feed(block)
                done += len(block)
                if done > before.st_size:
                    break  # it grows, perhaps for ever
                if progress is not None:
                    progress(done, before.st_size)
            digests = digesting.finish()
            _check_unchanged(source, before, os.fstat(descriptor), digests.size_bytes)
            stored = _stored(original_key(digests.sha256), digests)
            objects.put(stored.fixity_key, digests.fixity_table)
            already_kept = not staged.keep(stored.key)
    finally:
        os.close(descriptor)
    if already_kept:
        _check_kept(objects, stored)
    kind = sniff.media_type(head)
    born = getattr(before, "st_birthtime", None)
    return Intake(
        stored.key,
        stored.sha256,
        stored.sha512,
        stored.size_bytes,
        stored.fixity_key,
        stored.fixity_sha256,
        kind,
        sniff.extension_disagrees(source.name, kind),
        already_kept,
        _moment(before.st_mtime_ns, "modification time in the file system"),
        None if born is None else _moment(int(born * 1e9), "creation time in the file system"),
    )


def keep_derived(data: bytes, objects: ObjectStore) -> Stored:
    """Keep bytes that were made from an item, with their fixity table; the same bytes are kept once.

    Parameters
    ----------
    data : bytes
    objects : ObjectStore

    Returns
    -------
    Stored
        For `stored_entry` in the event that says how they were made.
    """
    digests = digest([data])
    stored = _stored(derived_key(digests.sha256), digests)
    objects.put(stored.fixity_key, digests.fixity_table)
    objects.put(stored.key, data)
    return stored


def keep_derived_file(path: Path, objects: ObjectStore) -> Stored:
    """As `keep_derived`, for a file of our own making that may be too large for memory; it stays where it is.

    Raises
    ------
    BadInputError
        When it cannot be read.
    """
    with objects.stage() as staged, Digesting(staged.write) as digesting, path.open("rb", buffering=0) as file:
        for block in _read(file.fileno(), path):
            digesting.feed(block)
        digests = digesting.finish()
        stored = _stored(derived_key(digests.sha256), digests)
        objects.put(stored.fixity_key, digests.fixity_table)
        staged.keep(stored.key)
    return stored


def store_derived(data: bytes, objects: ObjectStore) -> Sha256:
    """As `keep_derived`, for whoever needs the content address only."""
    return keep_derived(data, objects).sha256


def _address(folder: str, sha256: Sha256) -> str:
    text = sha256.hex()
    return f"{folder}/sha256/{text[:2]}/{text[2:4]}/{text}"


def _stored(key: str, digests: Digests) -> Stored:
    table_sha256 = sha256_of(digests.fixity_table)
    return Stored(key, digests.sha256, digests.sha512, digests.size_bytes, fixity_key(digests.sha256), table_sha256)


def _open(source: Path, max_bytes: int | None) -> tuple[int, os.stat_result]:
    """Open a plain file without following a link, without waiting for a pipe and without waking a device."""
    try:
        _check_kind(source, os.lstat(source))
        # What it was can have been replaced since: these flags make opening anything else harmless.
        descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError as error:
        raise BadInputError(f"There is no file '{source}'.", "Check the path and its spelling.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInputError(
            f"The file '{source}' cannot be read: {reason}.", "Check that it is yours to read, or copy it first."
        ) from error
    try:
        found = os.fstat(descriptor)
        _check_kind(source, found)
        if found.st_size == 0:
            raise BadInputError(f"The file '{source}' is empty.", "Fetch it again from where it came.")
        if max_bytes is not None and found.st_size > max_bytes:
            raise BadInputError(
                f"The file '{source}' has {found.st_size} bytes, more than the {max_bytes} allowed.",
                "Raise the limit, or take in a part of it and say so.",
            )
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, found


def _check_kind(source: Path, found: os.stat_result) -> None:
    kinds: tuple[tuple[Callable[[int], bool], str, str], ...] = (
        (stat.S_ISLNK, "a symbolic link", "Hand in the file it points to."),
        (stat.S_ISDIR, "a folder", "Hand in the files in it, one by one."),
        (stat.S_ISFIFO, "a named pipe", "Write what comes out of it to a file and hand that in."),
        (stat.S_ISSOCK, "a socket", "Hand in a plain file."),
        (stat.S_ISBLK, "a device", "Make an image file of it with a forensic imaging tool and hand that in."),
        (stat.S_ISCHR, "a device", "Hand in a plain file."),
    )
    for is_kind, name, do in kinds:
        if is_kind(found.st_mode):
            raise BadInputError(f"'{source}' is {name}, not a plain file.", do)


def _read(descriptor: int, source: Path) -> Iterator[memoryview]:
    """Blocks in a ring of buffers, one more than may be under way."""
    ring = [memoryview(bytearray(_BLOCK_BYTES)) for _ in range(Digesting.blocks_under_way + 1)]
    turn = 0
    while True:
        buffer = ring[turn % len(ring)]
        try:
            count = os.readv(descriptor, [buffer])
        except OSError as error:
            raise BadInputError(
                f"The file '{source}' could not be read to its end: {error.strerror}.",
                "Check the disk it is on, and copy it to a sound one first."
                if error.errno == errno.EIO
                else "Try again.",
            ) from error
        if count == 0:
            return
        yield buffer[:count]
        turn += 1


def _check_unchanged(source: Path, before: os.stat_result, after: os.stat_result, read_bytes: int) -> None:
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) and read_bytes == before.st_size
    if not same:
        raise BadInputError(
            f"The file '{source}' changed while it was being read.", "Wait until it is written whole, and try again."
        )


def _check_kept(objects: ObjectStore, stored: Stored) -> None:
    hasher = hashlib.sha256()
    for block in objects.stream(stored.key, _BLOCK_BYTES):
        hasher.update(block)
    if hasher.digest() != stored.sha256:
        raise CustodyError(
            f"The object '{stored.key}' was kept before and is no longer what was kept.",
            "Run 'witnessmark custody verify' to see where, and restore it from a copy: the file at hand is one.",
        )


def _moment(since_1970_ns: int, how_known: str) -> Moment:
    at = dt.datetime.fromtimestamp(since_1970_ns // 1_000_000_000, dt.UTC)
    return Moment(at.replace(microsecond=since_1970_ns % 1_000_000_000 // 1000), how_known, zone_proven=False)
