"""Boxes of an ISO base media file (ISO/IEC 14496-12, 4.2) at the top two levels, whatever their sizes claim."""

from __future__ import annotations

import struct

from witnessmark.media.records import Box
from witnessmark.media.worker.source import Handed

BOXES_MAX = 4000
_CONTAINERS = frozenset({"moov", "moof", "udta", "meta", "mfra", "meco"})
_FIRST = frozenset({"ftyp", "moov", "mdat", "free", "skip", "wide", "pnot", "styp", "sidx", "moof", "uuid", "jP  "})


def boxes(handed: Handed) -> tuple[list[Box], list[str]]:
    """List boxes of the top two levels.

    Parameters
    ----------
    handed : Handed

    Returns
    -------
    list of Box
        Empty when the file does not begin as ISO base media; at most `BOXES_MAX`.
    list of str
        Warnings: sizes that cannot be, boxes that run past the end.
    """
    found: list[Box] = []
    warnings: list[str] = []
    first = _head(handed, 0, handed.size_bytes)
    if first is None or first[0] not in _FIRST:
        return found, warnings
    _walk(handed, 0, handed.size_bytes, 0, found, warnings)
    return found, warnings


def _walk(handed: Handed, start: int, end: int, depth: int, found: list[Box], warnings: list[str]) -> None:
    position = start
    while position + 8 <= end:
        if len(found) >= BOXES_MAX:
            warnings.append(f"More than {BOXES_MAX} boxes; the rest are not listed.")
            return
        head = _head(handed, position, end)
        if head is None:
            return
        kind, head_bytes, size = head
        if size < head_bytes:
            warnings.append(f"The box '{kind}' at byte {position} states an impossible size of {size} bytes.")
            return
        found.append(Box(kind, position, size, depth))
        if position + size > end:
            beyond = position + size - end
            where = "the file ends" if depth == 0 else "its parent ends"
            warnings.append(f"The box '{kind}' at byte {position} goes on {beyond} bytes after {where}.")
        if depth == 0 and kind in _CONTAINERS:
            skip = 4 if kind == "meta" else 0
            _walk(handed, position + head_bytes + skip, min(position + size, end), 1, found, warnings)
        position += size
    if 0 < end - position < 8 and depth == 0:
        warnings.append(f"{end - position} bytes after the last box are too few to be one.")


def _head(handed: Handed, position: int, end: int) -> tuple[str, int, int] | None:
    handed.seek(position)
    raw = handed.read(16)
    if len(raw) < 8:
        return None
    size, name = struct.unpack(">I4s", raw[:8])
    kind = "".join(chr(byte) if 32 <= byte < 127 or byte == 0xA9 else "?" for byte in name)
    if size == 1 and len(raw) == 16:
        return kind, 16, int.from_bytes(raw[8:], "big")
    if size == 0:  # to the end of the file
        return kind, 8, end - position
    return kind, 8, size
