"""Fixity tables: a CRC-32 for every 64 KiB of an object, by which a changed byte is found and named.

Only Python's standard library is used here, so that the same text can travel in a dossier. A table is text: one
header line, then one line of eight hexadecimal digits a block. It proves nothing by itself (a CRC is no
cryptographic hash); the SHA-256 beside it does. The table says where.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BLOCK_BYTES = 65536
_MAGIC = "witnessmark-fixity 1 crc32"
_LINE_BYTES = 9
# One byte step of the register of CRC-32 (reflected polynomial 0xEDB88320, IEEE 802.3; RFC 1952, section 8).
_STEP = [0] * 256
for _byte in range(256):
    _register = _byte
    for _ in range(8):
        _register = _register >> 1 ^ (0xEDB88320 if _register & 1 else 0)
    _STEP[_byte] = _register
_ERROR_OF = {effect: error for error, effect in enumerate(_STEP) if error}
_STEP_BY_TOP_BYTE = {effect >> 24: index for index, effect in enumerate(_STEP)}  # the 256 top bytes all differ


class BlockSums:
    """CRC-32 of each 64 KiB of what it is fed, in whatever pieces."""

    def __init__(self) -> None:
        self._sums: list[int] = []
        self._open_sum = 0
        self._open_bytes = 0

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        rest = memoryview(data)
        while rest:
            piece = rest[: BLOCK_BYTES - self._open_bytes]
            rest = rest[len(piece) :]
            self._open_sum = zlib.crc32(piece, self._open_sum)
            self._open_bytes += len(piece)
            if self._open_bytes == BLOCK_BYTES:
                self._sums.append(self._open_sum)
                self._open_sum = self._open_bytes = 0

    @property
    def size_bytes(self) -> int:
        """How much was fed."""
        return len(self._sums) * BLOCK_BYTES + self._open_bytes

    def table(self) -> bytes:
        """The fixity table of what was fed."""
        sums = [*self._sums, self._open_sum] if self._open_bytes else self._sums
        return f"{_MAGIC} {BLOCK_BYTES} {self.size_bytes}\n".encode() + b"".join(b"%08x\n" % crc for crc in sums)


def parse_table(table: bytes) -> tuple[int, list[int]]:
    """Size of the object in bytes, and the CRC-32 of each block.

    Raises
    ------
    ValueError
        When it is not a fixity table, to the byte.

    Examples
    --------
    >>> sums = BlockSums()
    >>> sums.update(b"abc")
    >>> parse_table(sums.table()) == (3, [zlib.crc32(b"abc")])
    True
    """
    header, _, body = table.partition(b"\n")
    words = header.decode("ascii", "replace").split(" ")
    if " ".join(words[:3]) != _MAGIC or len(words) != 5 or words[3] != str(BLOCK_BYTES) or not words[4].isdigit():
        raise ValueError("not a fixity table")
    size = int(words[4])
    if len(body) != _LINE_BYTES * -(-size // BLOCK_BYTES):
        raise ValueError("a fixity table of the wrong length")
    lines = [body[at : at + _LINE_BYTES] for at in range(0, len(body), _LINE_BYTES)]
    sums = [int(line[:8], 16) for line in lines]
    if b"".join(b"%08x\n" % crc for crc in sums) != body:
        raise ValueError("a fixity table that was not written so")
    return size, sums


@dataclass(frozen=True, slots=True)
class Located:
    """Where an object differs from its fixity table.

    Attributes
    ----------
    kind : str
        ``sound``, ``byte`` (one byte changed, and named), ``block`` (more than one byte changed), ``truncated``,
        ``extended`` or ``table`` (the object is not what was hashed, yet fits the table).
    byte_offset : int or None
        From 0: the changed byte, the first missing or the first added byte; None when only the block is known.
    block : int or None
        The first bad block of 64 KiB, from 0.
    bad_blocks : int
        How many blocks do not fit.
    was, now : int or None
        The recorded and the present value of a single changed byte.
    what : str
        The same as a sentence.
    """

    kind: str
    byte_offset: int | None
    block: int | None
    bad_blocks: int
    was: int | None
    now: int | None
    what: str


def locate(stream: Iterable[bytes], table: bytes, sha256: bytes) -> Located:
    """Find the first place where a stream differs from what was kept.

    Parameters
    ----------
    stream : iterable of bytes
        The object as it is now, in pieces of any size.
    table : bytes
        Its fixity table, itself already known to be sound.
    sha256 : bytes
        Its recorded SHA-256; 32 bytes.

    Returns
    -------
    Located

    Raises
    ------
    ValueError
        When the table is malformed.

    Notes
    -----
    CRC-32 is linear over GF(2): the CRC of a block with one byte changed, at `m` bytes before its end, differs from
    the recorded one by the effect of that byte's error carried `m` byte steps through the register. The difference
    is walked back step by step until it is one of the 255 effects of a single byte. A chance fit (about 1 in 250
    when several bytes changed) is told from a true one by hashing the stream with the byte put right.
    """
    size, sums = parse_table(table)
    hasher = hashlib.sha256()
    repaired: list[tuple[int, int, int, hashlib._Hash]] = []  # offset, was, now, hash of the stream put right
    bad_blocks: list[int] = []
    seen = 0
    for number, block in enumerate(_blocks(stream)):
        whole = len(block) == min(BLOCK_BYTES, size - number * BLOCK_BYTES)
        for *_, right in repaired:
            right.update(block)
        if number < len(sums) and whole and zlib.crc32(block) != sums[number]:
            if not bad_blocks:
                repaired = [
                    (seen + at, block[at] ^ error, block[at], _hash_with(hasher.copy(), block, at, block[at] ^ error))
                    for at, error in _single_byte_errors(zlib.crc32(block) ^ sums[number], len(block))
                ]
            bad_blocks.append(number)
        hasher.update(block)
        seen += len(block)
    if bad_blocks:
        return _bad(bad_blocks, [found for found in repaired if found[3].digest() == sha256], size, seen)
    if seen < size:
        return Located("truncated", seen, seen // BLOCK_BYTES, 1, None, None, _sizes(size, seen))
    if seen > size:
        return Located("extended", size, size // BLOCK_BYTES, 1, None, None, _sizes(size, seen))
    if hasher.digest() == sha256:
        return Located("sound", None, None, 0, None, None, "The object is as it was kept.")
    return Located("table", None, None, 0, None, None, "Every block fits the table, yet the SHA-256 does not.")


def _bad(blocks: list[int], right: list[tuple[int, int, int, hashlib._Hash]], size: int, seen: int) -> Located:
    if len(right) == 1:
        offset, was, now, _ = right[0]
        what = f"Byte {offset} was 0x{was:02x} when it was kept and is 0x{now:02x} now; every other byte is as it was."
        return Located("byte", offset, blocks[0], 1, was, now, what)
    first = blocks[0] * BLOCK_BYTES
    last = min(first + BLOCK_BYTES, size) - 1
    what = (
        f"More than one byte changed: the first within bytes {first} to {last}, "
        f"and {len(blocks)} block{'s' if len(blocks) > 1 else ''} of {BLOCK_BYTES} bytes in all."
    )
    if seen != size:
        what = f"{what} {_sizes(size, seen)}"
    return Located("block", None, blocks[0], len(blocks), None, None, what)


def _sizes(size: int, seen: int) -> str:
    if seen < size:
        return f"It ends after {seen} bytes: the last {size - seen} of {size} are missing."
    return f"It goes on after its {size} bytes: {seen - size} were added, from byte {size}."


def _blocks(stream: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in stream:
        waiting += piece
        whole = len(waiting) - len(waiting) % BLOCK_BYTES
        for at in range(0, whole, BLOCK_BYTES):
            yield bytes(waiting[at : at + BLOCK_BYTES])
        del waiting[:whole]
    if waiting:
        yield bytes(waiting)


def _single_byte_errors(difference: int, length: int) -> Iterator[tuple[int, int]]:
    for at in range(length - 1, -1, -1):
        if difference in _ERROR_OF:
            yield at, _ERROR_OF[difference]
        index = _STEP_BY_TOP_BYTE[difference >> 24]
        difference = (difference ^ _STEP[index]) << 8 & 0xFFFFFFFF | index


def _hash_with(hasher: hashlib._Hash, block: bytes, at: int, value: int) -> hashlib._Hash:
    hasher.update(block[:at] + bytes([value]) + block[at + 1 :])
    return hasher
