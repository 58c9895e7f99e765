"""The object store that custody needs; `witnessmark.stores.objects` provides it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Staged(Protocol):
    """Bytes on their way in: written once, then kept under a name or dropped; nothing half-written stays."""

    def write(self, block: bytes | memoryview) -> None:
        """Append a block."""
        ...

    def keep(self, key: str) -> bool:
        """Make it an object, atomically, if no object of that key exists; False when one does (nothing changes)."""
        ...


class ObjectStore(Protocol):
    """Write-once objects by key. No method overwrites or deletes what was kept."""

    def put(self, key: str, data: bytes) -> bool:
        """Store small data atomically if the key is new; False when it exists already."""
        ...

    def stage(self) -> AbstractContextManager[Staged]:
        """Begin a large object; leaving the block without `keep` drops it."""
        ...

    def get(self, key: str) -> bytes:
        """Whole object; raises NotFoundError."""
        ...

    def stream(self, key: str, block_bytes: int = 1 << 20) -> Iterable[bytes]:
        """Object in blocks; raises NotFoundError."""
        ...

    def exists(self, key: str) -> bool:
        """Whether the key holds an object."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys below a prefix, sorted."""
        ...

    def local_path(self, key: str) -> Path:
        """Read-only file of the object (a cached copy, checked by its hash, where the store is not a folder)."""
        ...
