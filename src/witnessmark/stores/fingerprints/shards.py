"""A shard: one immutable file of recordings, with the columns that make them searchable, read by memory-mapping.

Layout, little-endian::

    magic "WMshard1" | u32 n | u32 CRC-32 of the header | n bytes of header, JSON | zero bytes to a multiple of 64
    sections, each from a multiple of 64 on, named in the header with their byte offset, size and CRC-32:

    ids             i8 (r,)        recordings in this file, ascending
    blocks          i8 (r, 3, 2)   offset and size of each tier's block in `packed`; size 0 where it is not kept
    frames_first    i8 (r + 1,)    rows of `frames` of each recording
    frames          u1 (n, 32)     frame codes
    sound_first     i8 (r + 1,)    numbers of sound codes of each recording
    sound_codes     u4 (m,)        sound codes other than 0, ascending
    sound_numbers   u4 (m,)        the number of each
    codes_first     i8 (r,)        slot at which a recording's feature codes begin; a slot is 16 bytes of `packed`
    directory       u4 (d + 1,)    where in `bucketed` the buckets begin whose number, less its lowest `shift` bits
                                   (in the header), is 0, 1, 2, ...
    bucketed        u4 (e,)        slots of feature codes by bucket
    packed          u1             blocks as `witnessmark.lines.copies.packing` makes them

Feature codes are not repeated: they are read where they lie in the second tier's blocks, which are set into `packed`
so that the codes begin a slot.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError, CustodyError
from witnessmark.lines.copies.buckets import buckets, indexed
from witnessmark.lines.copies.fingerprint import FEATURE_BYTES, PDQ_BYTES, Fingerprint
from witnessmark.lines.copies.packing import feature_codes_at, unpack

LAYOUT = "shards 1"
TIERS = (1, 2, 3)
MAGIC = b"WMshard1"
ALIGN = 64
_PER_DIRECTORY_ENTRY = 4
_TYPES: Mapping[str, str] = {
    "ids": "<i8",
    "blocks": "<i8",
    "frames_first": "<i8",
    "frames": "u1",
    "sound_first": "<i8",
    "sound_codes": "<u4",
    "sound_numbers": "<u4",
    "codes_first": "<i8",
    "directory": "<u4",
    "bucketed": "<u4",
    "packed": "u1",
}
Blocks = Mapping[int, "bytes | memoryview"]


def write_shard(path: Path, recordings: Sequence[tuple[int, Blocks]]) -> int:
    """Write recordings' packed tiers and what makes them searchable, down to the disk.

    Parameters
    ----------
    path : Path
        Must be new.
    recordings : sequence of (int, mapping of int to bytes)
        Ids, ascending, and blocks by tier.

    Returns
    -------
    int
        Bytes written.

    Raises
    ------
    BadInputError
        When a block is damaged, or together they take 64 GiB.
    """
    places = np.zeros((len(recordings), len(TIERS), 2), np.int64)
    codes_first = np.zeros(len(recordings), np.int64)
    packed: list[bytes | memoryview] = []
    at = 0
    frames, sounds, keys, slots = [], [], [], []
    frame_counts, sound_counts = [], []
    for row, (_, blocks) in enumerate(recordings):
        codes_first[row] = -(-at // FEATURE_BYTES)
        for tier, block in blocks.items():
            if tier == 2:
                first_byte, _ = feature_codes_at(block)
                packed.append(bytes(padding := -(at + first_byte) % FEATURE_BYTES))
                at += padding
                codes_first[row] = (at + first_byte) // FEATURE_BYTES
            places[row, tier - 1] = at, len(block)
            packed.append(block)
            at += len(block)
        kept = unpack(blocks[tier] for tier in (1, 2) if tier in blocks)
        frames.append(kept.frames.codes)
        frame_counts.append(len(kept.frames.codes))
        sounds.append(np.zeros(0, np.uint32) if kept.sound is None else kept.sound.codes)
        sound_counts.append(len(sounds[-1]))
        if kept.features is not None:
            rows = indexed(kept.features.first)
            found = buckets(kept.features.codes[rows])
            keys.append(found.ravel())
            slots.append(np.repeat((rows + codes_first[row]).astype(np.uint32), found.shape[1]))
    if at >= FEATURE_BYTES << 32:
        raise BadInputError("These recordings are too much for one file of the index.", "Add fewer at a time.")
    sound = np.concatenate(sounds) if sounds else np.zeros(0, np.uint32)
    sound_numbers = np.flatnonzero(sound)
    sound_numbers = sound_numbers[np.argsort(sound[sound_numbers], kind="stable")]
    directory, bucketed, shift = _bucket_columns(keys, slots)
    sections: dict[str, NDArray[np.generic] | list[bytes | memoryview]] = {
        "ids": np.array([number for number, _ in recordings], np.int64),
        "blocks": places,
        "frames_first": _firsts(frame_counts),
        "frames": np.concatenate(frames) if frames else np.zeros((0, PDQ_BYTES), np.uint8),
        "sound_first": _firsts(sound_counts),
        "sound_codes": sound[sound_numbers],
        "sound_numbers": sound_numbers,
        "codes_first": codes_first,
        "directory": directory,
        "bucketed": bucketed,
        "packed": packed,
    }
    return _write(path, sections, shift)


def _firsts(counts: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int64)


def _bucket_columns(
    keys: Sequence[NDArray[np.uint32]], slots: Sequence[NDArray[np.uint32]]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], int]:
    """Slots by bucket, a directory of some four features a line, and by how many bits it is coarser."""
    if not keys:
        return np.zeros(2, np.uint32), np.zeros(0, np.uint32), 32
    pairs = np.concatenate(keys).astype(np.uint64) << np.uint64(32)
    pairs |= np.concatenate(slots)
    pairs.sort()
    key = (pairs >> np.uint64(32)).astype(np.int64)
    largest = int(key[-1]) if len(key) else 0
    shift = 0
    while (largest >> shift) > len(key) // _PER_DIRECTORY_ENTRY:
        shift += 1
    lines = np.bincount(key >> shift, minlength=(largest >> shift) + 1)
    directory = np.concatenate(([0], np.cumsum(lines))).astype(np.uint32)
    return directory, pairs.astype(np.uint32), shift


def _write(path: Path, sections: Mapping[str, NDArray[np.generic] | list[bytes | memoryview]], shift: int) -> int:
    entries: dict[str, list[int]] = {}
    data: list[list[bytes | memoryview]] = []
    at = 0
    for name, section in sections.items():
        parts = section if isinstance(section, list) else [np.ascontiguousarray(section, _TYPES[name]).tobytes()]
        size, crc = sum(len(part) for part in parts), 0
        for part in parts:
            crc = zlib.crc32(part, crc)
        entries[name] = [at, size, crc]
        padding = -size % ALIGN
        data.append([*parts, bytes(padding)])
        at += size + padding
    header = json.dumps({"layout": LAYOUT, "shift": shift, "sections": entries}, sort_keys=True).encode()
    head = MAGIC + struct.pack("<II", len(header), zlib.crc32(header)) + header
    with path.open("xb") as file:
        file.write(head + bytes(-len(head) % ALIGN))
        for parts in data:
            file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


class Shard:
    """A shard file, mapped; its columns are read as they are needed.

    Parameters
    ----------
    path : Path

    Raises
    ------
    FileNotFoundError
        When it is not there (a writer may have merged it away).
    CustodyError
        When it is no whole shard of this layout.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self.size_bytes = os.fstat(file.fileno()).st_size
            if self.size_bytes < len(MAGIC) + 8:
                raise self.damaged("it is cut short")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        size, crc = struct.unpack_from("<II", self._map, len(MAGIC))
        header = self._map[len(MAGIC) + 8 : len(MAGIC) + 8 + size]
        if self._map[: len(MAGIC)] != MAGIC or len(header) != size or zlib.crc32(header) != crc:
            raise self.damaged("its header does not agree with its checksum")
        facts = json.loads(header)
        self._sections: dict[str, list[int]] = facts["sections"]
        self._start = len(MAGIC) + 8 + size + -(len(MAGIC) + 8 + size) % ALIGN
        self.shift: int = facts["shift"]
        if any(self._start + offset + length > self.size_bytes for offset, length, _ in self._sections.values()):
            raise self.damaged("it is cut short")
        self.ids = cast("NDArray[np.int64]", self._column("ids"))
        self.blocks = cast("NDArray[np.int64]", self._column("blocks").reshape(-1, len(TIERS), 2))
        self.frames_first = cast("NDArray[np.int64]", self._column("frames_first"))
        self.frames = cast("NDArray[np.uint8]", self._column("frames").reshape(-1, PDQ_BYTES))
        self.sound_first = cast("NDArray[np.int64]", self._column("sound_first"))
        self.sound_codes = cast("NDArray[np.uint32]", self._column("sound_codes"))
        self.sound_numbers = cast("NDArray[np.uint32]", self._column("sound_numbers"))
        self.codes_first = cast("NDArray[np.int64]", self._column("codes_first"))
        self.directory = cast("NDArray[np.uint32]", self._column("directory"))
        self.bucketed = cast("NDArray[np.uint32]", self._column("bucketed"))
        self._packed = self._start + self._sections["packed"][0]
        # Slots as complex numbers: numpy's only type of 16 bytes that it moves about as one; nothing is computed in it.
        self.slots = np.frombuffer(self._map, np.complex128, self._sections["packed"][1] // FEATURE_BYTES, self._packed)

    def packed(self, row: int, up_to: int = TIERS[-1]) -> dict[int, memoryview]:
        """The blocks of the recording in a row, by tier."""
        found = {}
        whole = memoryview(self._map)
        for tier in TIERS[:up_to]:
            offset, size = (int(number) for number in self.blocks[row, tier - 1])
            if size:
                found[tier] = whole[self._packed + offset : self._packed + offset + size]
        return found

    def fingerprint(self, row: int, up_to: int = TIERS[-1]) -> Fingerprint:
        """The fingerprint of the recording in a row, up to a tier.

        Raises
        ------
        BadInputError
            When its bytes are damaged.
        """
        return unpack(self.packed(row, up_to).values())

    def damage(self) -> list[str]:
        """Sections whose bytes are not those that were written."""
        whole = memoryview(self._map)[self._start :]
        return [
            name
            for name, (offset, size, crc) in self._sections.items()
            if zlib.crc32(whole[offset : offset + size]) != crc
        ]

    def damaged(self, why: str) -> CustodyError:
        """The error for a shard that is not as it was written."""
        return CustodyError(
            f"The file {self.path} of the fingerprint index is damaged: {why}.",
            "Restore it from a copy of the folder, or run 'witnessmark copies rebuild INDEX', which keeps what can "
            "be read and names what must be indexed again.",
            path=self.path,
        )

    def _column(self, name: str) -> NDArray[np.generic]:
        offset, size, _ = self._sections[name]
        dtype = np.dtype(_TYPES[name])
        if size % dtype.itemsize:
            raise self.damaged(f"'{name}' has an odd size")
        return np.frombuffer(self._map, dtype, size // dtype.itemsize, self._start + offset)
