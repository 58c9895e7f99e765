"""Write-once objects over obstore: a local folder, memory, or a bucket by URL, behind custody's `ObjectStore`."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import re
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, from_url

from witnessmark.custody.objects import ObjectStore, Staged
from witnessmark.errors import BadInputError, CustodyError, NotFoundError, ProviderError
from witnessmark.stores.staging import (
    STAGING,
    LocalStaged,
    RemoteStaged,
    make_folder,
    stage_file,
    sweep,
    sync_folder,
    unwritable,
)

_KEY = re.compile(r"[A-Za-z0-9_=+@-][A-Za-z0-9._=+@-]*(/[A-Za-z0-9_=+@-][A-Za-z0-9._=+@-]*)*")
_CONTENT_ADDRESS = re.compile(r"(?:originals|derived)/sha256/[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})")
_BUCKETS = frozenset({"s3", "s3a", "gs", "az", "azure", "abfs", "abfss"})
# An upload under the staging prefix becomes visible only when whole and is copied at once; one a day old has no owner.
_ABANDONED = dt.timedelta(days=1)


def open_objects(url_or_path: str | Path, *, cache: Path | None = None) -> ObjectStore:
    """Open the object store of a case.

    Parameters
    ----------
    url_or_path : str or Path
        A folder (made when missing) as a path or ``file://`` URL; ``memory://`` for a store that lives as long as
        the object; ``s3://``, ``gs://`` or ``az://`` for a bucket, with the credentials of the environment.
    cache : Path, optional
        Where `local_path` keeps checked copies of a bucket's objects; a temporary folder when not given.

    Returns
    -------
    ObjectStore

    Raises
    ------
    BadInputError
        When the folder cannot be made or the URL is of no known kind.

    Examples
    --------
    >>> objects = open_objects("memory://")
    >>> objects.put("notes/first.txt", b"one"), objects.put("notes/first.txt", b"two"), objects.get("notes/first.txt")
    (True, False, b'one')
    """
    if isinstance(url_or_path, Path) or "://" not in url_or_path:
        return LocalObjects(Path(url_or_path))
    parts = urlsplit(url_or_path)
    if parts.scheme == "file":
        return LocalObjects(Path(unquote(parts.path)))
    if parts.scheme == "memory":
        return RemoteObjects(MemoryStore(), "memory", cache)
    if parts.scheme not in _BUCKETS:
        raise BadInputError(
            f"'{url_or_path}' is not a place objects can be kept.",
            "Give a folder, or a URL that begins with file://, s3://, gs:// or az://.",
        )
    try:
        if parts.scheme.startswith("s3") and "AWS_COPY_IF_NOT_EXISTS" not in os.environ:
            # S3 has no plain "copy if absent"; a multipart copy whose completion is conditional is (obstore, S3Config).
            return RemoteObjects(from_url(url_or_path, config={"copy_if_not_exists": "multipart"}), url_or_path, cache)
        return RemoteObjects(from_url(url_or_path), url_or_path, cache)
    except (BaseError, ValueError) as error:
        raise BadInputError(
            f"The bucket '{url_or_path}' cannot be opened: {error}", "Check the address and the credentials."
        ) from error


def check_key(key: str) -> str:
    """Give the key back when it is one that can be kept.

    Raises
    ------
    BadInputError
        For '..', a leading '/' or '.', an empty part, or a character that some store would alter.
    """
    if _KEY.fullmatch(key) is None:
        raise BadInputError(
            f"{key!r} is not a key an object can be kept under.",
            "Use letters, digits and . _ = + @ - in parts set apart by '/', none empty or beginning with a dot.",
        )
    return key


class _Objects:
    """What every store does alike, over obstore."""

    def __init__(self, store: LocalStore | obstore.store.ObjectStore, name: str) -> None:
        self._store = store
        self._name = name

    def _readable(self, key: str) -> None:
        check_key(key)

    def _missing(self, key: str) -> NotFoundError:
        return NotFoundError(
            f"There is no object '{key}' in {self._name}.", "Check the key, or restore the object from a copy.", key=key
        )

    def get(self, key: str) -> bytes:
        """Whole object.

        Raises
        ------
        NotFoundError
            When the key holds nothing.
        """
        self._readable(key)
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError as error:
            raise self._missing(key) from error
        except BaseError as error:
            raise self._unreadable(key, error) from error

    def stream(self, key: str, block_bytes: int = 1 << 20) -> Iterable[bytes]:
        """Object in blocks of at most `block_bytes`.

        Raises
        ------
        NotFoundError
            When the key holds nothing.
        """
        self._readable(key)
        try:
            for chunk in obstore.get(self._store, key).stream(min_chunk_size=block_bytes):
                view = memoryview(chunk)
                for at in range(0, len(view), block_bytes):
                    yield bytes(view[at : at + block_bytes])
        except FileNotFoundError as error:
            raise self._missing(key) from error
        except BaseError as error:
            raise self._unreadable(key, error) from error

    def exists(self, key: str) -> bool:
        """Whether the key holds an object."""
        check_key(key)
        try:
            obstore.head(self._store, key)
        except FileNotFoundError:
            return False
        except BaseError as error:
            raise self._unreadable(key, error) from error
        return True

    def _unreadable(self, key: str, error: Exception) -> ProviderError:
        return ProviderError(
            f"The object '{key}' in {self._name} could not be read: {error}",
            "Check that the store can be reached and read, and try again.",
            key=key,
        )


class LocalObjects(_Objects):
    """A folder of read-only files; what is kept is on the disk before anybody is told so.

    Parameters
    ----------
    root : Path
        The folder; made when missing. Staging files whose process has ended are swept on opening.

    Raises
    ------
    BadInputError
        When the folder cannot be made.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.expanduser().absolute()
        self._known_folders: set[Path] = set()
        try:
            make_folder(self._root / STAGING, self._known_folders)
        except OSError as error:
            raise BadInputError(
                f"The folder '{self._root}' cannot be used: {error.strerror}.", "Give a folder you may write to."
            ) from error
        sweep(self._root / STAGING)
        super().__init__(LocalStore(self._root), f"'{self._root}'")

    def put(self, key: str, data: bytes) -> bool:
        """Store small data if the key is new; durable and whole before it is visible."""
        if self.exists(key):
            return False
        with self.stage() as staged:
            staged.write(data)
            return staged.keep(key)

    def stage(self) -> AbstractContextManager[Staged]:
        """Begin a large object in the staging folder of the same file system."""
        return self._stage()

    @contextlib.contextmanager
    def _stage(self) -> Iterator[Staged]:
        with stage_file(self._root / STAGING) as (descriptor, path):
            yield LocalStaged(descriptor, path, self._keep)

    def _keep(self, staged: Path, key: str) -> bool:
        folder = (self._root / check_key(key)).parent
        try:
            make_folder(folder, self._known_folders)
            obstore.rename(self._store, f"{STAGING}/{staged.name}", key, overwrite=False)
        except AlreadyExistsError:
            return False
        except OSError as error:
            raise unwritable(folder, error) from error
        except BaseError as error:
            raise BadInputError(
                f"The object '{key}' cannot be kept in {self._name}: {error}",
                "Keep the case on a file system with hard links, such as ext4, XFS, APFS or NTFS (not FAT or exFAT).",
            ) from error
        sync_folder(folder)
        return True

    def exists(self, key: str) -> bool:
        """Whether the key holds an object, or something that took its place."""
        path = self._root / check_key(key)
        return os.path.lexists(path) and not path.is_dir()

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys below a prefix, sorted; every file in the folder shows, also one that was never kept by this store."""
        start = self._root / check_key(prefix.rstrip("/")) if prefix.strip("/") else self._root
        found = [
            (Path(folder) / name).relative_to(self._root).as_posix()
            for folder, _, names in os.walk(start)
            for name in names
        ]
        return iter(sorted(key for key in found if not key.startswith(f"{STAGING}/")))

    def local_path(self, key: str) -> Path:
        """Read-only file of the object.

        Raises
        ------
        NotFoundError
            When the key holds nothing.
        """
        self._readable(key)
        return self._root / key

    def _readable(self, key: str) -> None:
        path = self._root / check_key(key)
        if path.is_symlink() or (path.exists() and not path.is_file()):
            # A pipe put in an object's place would hold its reader for ever.
            raise CustodyError(
                f"'{path}' is no longer a plain file.", "Restore the object from a copy and find out who replaced it."
            )
        if not path.exists():
            raise self._missing(key)


class RemoteObjects(_Objects):
    """A bucket, or memory: put-if-absent by the store's own conditional writes.

    Parameters
    ----------
    store : obstore store
    name : str
        How messages call it.
    cache : Path, optional
        Where `local_path` keeps copies; a temporary folder of this object when not given.
    """

    def __init__(self, store: obstore.store.ObjectStore, name: str, cache: Path | None) -> None:
        super().__init__(store, name)
        self._temporary = tempfile.TemporaryDirectory(prefix="witnessmark-") if cache is None else None
        self._cache = Path(self._temporary.name) if self._temporary is not None else cache or Path()
        self._sweep()

    def put(self, key: str, data: bytes) -> bool:
        """Store small data atomically if the key is new."""
        try:
            obstore.put(self._store, check_key(key), data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        except BaseError as error:
            raise self._unwritable(key, error) from error
        return True

    def stage(self) -> AbstractContextManager[Staged]:
        """Begin a large object; up to one part stays in memory, more goes to a staging key part by part."""
        return self._stage()

    @contextlib.contextmanager
    def _stage(self) -> Iterator[Staged]:
        staged = RemoteStaged(self._store, f"{STAGING}/{uuid.uuid4().hex}", self.put, self._unwritable)
        try:
            yield staged
        finally:
            staged.drop()

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys below a prefix, sorted."""
        below = prefix.rstrip("/")
        try:
            found = [meta["path"] for chunk in obstore.list(self._store, prefix=below or None) for meta in chunk]
        except BaseError as error:
            raise self._unreadable(prefix, error) from error
        return iter(sorted(key for key in found if not key.startswith(f"{STAGING}/")))

    def local_path(self, key: str) -> Path:
        """Read-only copy of the object, checked against its content address where the key carries one.

        Raises
        ------
        NotFoundError
            When the key holds nothing.
        CustodyError
            When the bytes do not have the hash in the key.
        """
        address = _CONTENT_ADDRESS.fullmatch(check_key(key))
        path = self._cache / key
        if address is not None and path.is_file() and _sha256(path) == address[1]:
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as copy:
            try:
                for block in self.stream(key):
                    copy.write(block)
                copy.flush()
                if address is not None and _sha256(Path(copy.name)) != address[1]:
                    raise CustodyError(
                        f"The object '{key}' in {self._name} does not have the SHA-256 it is kept under.",
                        "Run 'witnessmark custody verify' and restore the object from a copy.",
                    )
                os.chmod(copy.name, 0o444)
                os.replace(copy.name, path)
            except BaseException:
                os.unlink(copy.name)
                raise
        return path

    def _sweep(self) -> None:
        limit = dt.datetime.now(dt.UTC) - _ABANDONED
        with contextlib.suppress(BaseError):  # a store that lets nobody list or delete is still a store
            old = [
                meta["path"]
                for chunk in obstore.list(self._store, prefix=STAGING)
                for meta in chunk
                if meta["last_modified"] < limit
            ]
            if old:
                obstore.delete(self._store, old)

    def _unwritable(self, key: str, error: Exception) -> ProviderError:
        return ProviderError(
            f"The object '{key}' could not be written to {self._name}: {error}",
            "Check that the store can be reached and written, and try again.",
            key=key,
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
