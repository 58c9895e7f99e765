"""Bytes on their way into an object store: whole and durable before they have a name, gone when their writer dies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError

from witnessmark.errors import BadInputError, ProviderError

STAGING = ".staging"
_SYNC_EVERY_BYTES = 64 << 20  # writing back early runs beside the hashing and keeps few dirty pages in memory
_CACHED_BYTES = 256 << 20  # of a larger object, what is synced leaves the page cache, and its pages serve again
_PART_BYTES = 16 << 20  # x 10,000 parts: the largest object S3 takes in parts of this size is 156 GiB
_PARTS_UNDER_WAY = 3
_COPY_LIMIT_BYTES = 5 << 30  # the largest source of one S3 UploadPartCopy, by which a staged object gets its name


class LocalStaged:
    """A staging file: synced to disk as it grows, made read-only, then given its name.

    Parameters
    ----------
    descriptor : int
        Open for writing, and locked by this process.
    path : Path
        Of the staging file.
    link : callable
        Gives the file at the path the key if the key is new.
    """

    def __init__(self, descriptor: int, path: Path, link: Callable[[Path, str], bool]) -> None:
        self._descriptor = descriptor
        self._path = path
        self._link = link
        self._unsynced_bytes = 0
        self._size_bytes = 0

    def write(self, block: bytes | memoryview) -> None:
        """Append a block.

        Raises
        ------
        BadInputError
            When the disk is full or takes no more.
        """
        rest = memoryview(block)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            self._size_bytes += len(block)
            self._unsynced_bytes += len(block)
            if self._unsynced_bytes >= _SYNC_EVERY_BYTES:
                self._sync()
        except OSError as error:
            raise unwritable(self._path.parent, error) from error

    def _sync(self) -> None:
        os.fdatasync(self._descriptor)
        self._unsynced_bytes = 0
        if self._size_bytes > _CACHED_BYTES and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    def keep(self, key: str) -> bool:
        """Sync, make read-only, and give it its name if that is new."""
        try:
            os.fchmod(self._descriptor, 0o444)
            os.fsync(self._descriptor)
        except OSError as error:
            raise unwritable(self._path.parent, error) from error
        return self._link(self._path, key)


def unwritable(folder: Path, error: OSError) -> BadInputError:
    """The error for a folder that takes no more bytes."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return BadInputError(
            f"The disk that holds '{folder}' is full ({error.strerror}), so nothing was kept.",
            "Free some space, or move the case to a larger disk, and try again.",
        )
    return BadInputError(
        f"Nothing can be written below '{folder}': {error.strerror}.",
        "Check that the folder is there and yours to write.",
    )


@contextlib.contextmanager
def stage_file(folder: Path) -> Iterator[tuple[int, Path]]:
    """Make a staging file that its process holds by a lock, so that `sweep` can tell whether its owner lives.

    Parameters
    ----------
    folder : Path
        The staging folder, on the file system of the store.

    Yields
    ------
    tuple of int and Path
        The open descriptor and the path; the file is removed at the end, whether it got a name or not.

    Raises
    ------
    BadInputError
        When the folder takes no new file.
    """
    while True:
        path = folder / uuid.uuid4().hex
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unwritable(folder, error) from error
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            break
        os.close(descriptor)  # a sweep came between making and locking it
    try:
        yield descriptor, path
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def sweep(folder: Path) -> int:
    """Remove staging files that no living process holds.

    Returns
    -------
    int
        How many were removed.
    """
    removed = 0
    for path in folder.iterdir():
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue  # gone meanwhile, or nothing this store made
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
            removed += 1
        except OSError:
            pass  # its owner lives
        finally:
            os.close(descriptor)
    return removed


def make_folder(folder: Path, known: set[Path]) -> None:
    """Make a folder and its parents so that they are still there after a power cut.

    Parameters
    ----------
    folder : Path
    known : set of Path
        Folders already seen to be there; added to.
    """
    if folder in known:
        return
    if not folder.is_dir():
        make_folder(folder.parent, known)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)
    known.add(folder)


def sync_folder(folder: Path) -> None:
    """Write a folder's entries to disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class RemoteStaged:
    """Blocks for a bucket: a small object goes up in one conditional put, a large one by a staging key and a copy.

    Parameters
    ----------
    store : obstore store
    staging_key : str
        Under which parts are uploaded; the object appears there only when whole.
    put : callable
        Puts small data if its key is new.
    unwritable : callable
        Makes the error that is raised when the store refuses a write.
    """

    def __init__(
        self,
        store: obstore.store.ObjectStore,
        staging_key: str,
        put: Callable[[str, bytes], bool],
        unwritable: Callable[[str, Exception], ProviderError],
    ) -> None:
        self._store = store
        self._staging_key = staging_key
        self._put = put
        self._unwritable = unwritable
        self._small = bytearray()
        self._writer: obstore.WritableFile | None = None
        self._size_bytes = 0

    def write(self, block: bytes | memoryview) -> None:
        """Append a block."""
        self._size_bytes += len(block)
        if self._writer is None:
            self._small += block
            if self._size_bytes <= _PART_BYTES:
                return
            self._writer = obstore.open_writer(
                self._store, self._staging_key, buffer_size=_PART_BYTES, max_concurrency=_PARTS_UNDER_WAY
            )
            block = bytes(self._small)
            self._small.clear()
        try:
            self._writer.write(bytes(block))
        except BaseError as error:
            raise self._unwritable(self._staging_key, error) from error

    def keep(self, key: str) -> bool:
        """Give it its key if that is new."""
        if self._writer is None:
            return self._put(key, bytes(self._small))
        if self._size_bytes > _COPY_LIMIT_BYTES:
            raise BadInputError(
                f"An object of {self._size_bytes} bytes cannot be kept in a bucket under a name that must be new.",
                "Buckets copy at most 5 GiB at once: keep the objects of this case in a folder.",
            )
        try:
            self._writer.close()
            obstore.copy(self._store, self._staging_key, key, overwrite=False)
        except AlreadyExistsError:
            return False
        except BaseError as error:
            raise self._unwritable(key, error) from error
        return True

    def drop(self) -> None:
        """Remove what is left under the staging key."""
        if self._writer is None:
            return
        with contextlib.suppress(BaseError, OSError):  # what cannot be removed now is swept a day later
            if not self._writer.closed():
                self._writer.close()
            obstore.delete(self._store, self._staging_key)
