"""Every digest custody keeps, from one pass over the bytes, each in a thread of its own."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias

from witnessmark.custody.fixity import BlockSums
from witnessmark.custody.hashes import Sha256, Sha512

Consumer: TypeAlias = Callable[[memoryview], None]
_UNDER_WAY = 4  # blocks that may wait for the slowest consumer
_SMALL_BYTES = 1 << 18  # below this, handing a block to threads costs more than it saves


@dataclass(frozen=True, slots=True)
class Digests:
    """What one pass over some bytes gives.

    Attributes
    ----------
    sha256 : Sha256
    sha512 : Sha512
    size_bytes : int
    fixity_table : bytes
        As in `witnessmark.custody.fixity`.
    """

    sha256: Sha256
    sha512: Sha512
    size_bytes: int
    fixity_table: bytes


class Digesting:
    """Hash blocks as they pass, beside further consumers; hashlib, zlib and writing all release the interpreter lock.

    Parameters
    ----------
    *consumers : callable
        Each is handed every block, in order, in a thread of its own.

    Notes
    -----
    When `feed` returns, the block fed `blocks_under_way` calls before is done with; a ring of one buffer more can be
    filled again and again, which is what bounds the memory.
    """

    blocks_under_way = _UNDER_WAY

    def __init__(self, *consumers: Consumer) -> None:
        self._sha256 = hashlib.sha256()
        self._sha512 = hashlib.sha512()
        self._sums = BlockSums()
        self._consumers: Sequence[Consumer] = (self._sha512.update, self._sha256_and_sums, *consumers)
        self._threads = [ThreadPoolExecutor(1, "digest") for _ in self._consumers]
        self._waiting: deque[list[Future[None]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for thread in self._threads:
            thread.shutdown(wait=True, cancel_futures=True)

    def feed(self, block: memoryview) -> None:
        """Hand on a block, which must stay as it is until `blocks_under_way` further ones were fed.

        Raises
        ------
        Exception
            What a consumer raised on an earlier block.
        """
        if len(block) < _SMALL_BYTES:
            self._settle_all()
            for consumer in self._consumers:
                consumer(block)
            return
        self._waiting.append(
            [thread.submit(consumer, block) for thread, consumer in zip(self._threads, self._consumers, strict=True)]
        )
        while len(self._waiting) > _UNDER_WAY:
            self._settle()

    def finish(self) -> Digests:
        """Wait for every consumer and give the digests."""
        self._settle_all()
        return Digests(
            Sha256(self._sha256.digest()), Sha512(self._sha512.digest()), self._sums.size_bytes, self._sums.table()
        )

    def _settle_all(self) -> None:
        while self._waiting:
            self._settle()

    def _settle(self) -> None:
        for future in self._waiting.popleft():
            future.result()

    def _sha256_and_sums(self, block: memoryview) -> None:
        self._sha256.update(block)
        self._sums.update(block)


def sha256_of(data: bytes) -> Sha256:
    """SHA-256 of bytes at hand."""
    return Sha256(hashlib.sha256(data).digest())


def digest(blocks: Iterable[bytes], progress: Callable[[int], None] | None = None) -> Digests:
    """Digests of a stream.

    Parameters
    ----------
    blocks : iterable of bytes
    progress : callable, optional
        Handed the size of each block.

    Examples
    --------
    >>> digest([b"a", b"bc"]).sha256.hex()[:16]
    'ba7816bf8f01cfea'
    """
    with Digesting() as digesting:
        for block in blocks:
            digesting.feed(memoryview(block))
            if progress is not None:
                progress(len(block))
        return digesting.finish()
