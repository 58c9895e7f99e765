"""What can be saved of a shard file that is cut short, and what is told of recordings whose bytes are lost."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from witnessmark.errors import WitnessmarkError
from witnessmark.lines.copies.library import Recording
from witnessmark.lines.copies.packing import check_block
from witnessmark.stores.fingerprints.contract import Problem
from witnessmark.stores.fingerprints.shards import ALIGN, MAGIC, TIERS, Blocks

LOST = "its bytes were lost from the index"
"""Reason of the takedown of a recording nobody wanted gone."""


def rescued(path: Path) -> list[tuple[int, Blocks]]:
    """Recordings of a shard file all of whose blocks are still there and as they were written.

    Parameters
    ----------
    path : Path
        May be missing, cut short, or none of a shard's bytes.

    Returns
    -------
    list of (int, mapping of int to bytes)
        Recordings with their blocks by tier, in the file's order.
    """
    try:
        whole = path.read_bytes()
        size, crc = struct.unpack_from("<II", whole, len(MAGIC))
        start = len(MAGIC) + 8 + size
        header = whole[len(MAGIC) + 8 : start]
        if whole[: len(MAGIC)] != MAGIC or zlib.crc32(header) != crc:
            return []
    except (OSError, struct.error):
        return []
    sections: Mapping[str, list[int]] = json.loads(header)["sections"]
    start += -start % ALIGN
    ids, places = (whole[start + at :][:length] for at, length, _ in (sections["ids"], sections["blocks"]))
    if [len(ids), len(places)] != [sections[name][1] for name in ("ids", "blocks")]:
        return []
    packed = memoryview(whole)[start + sections["packed"][0] :]
    found = list[tuple[int, Blocks]]()
    for number, row in zip(
        np.frombuffer(ids, "<i8").tolist(),
        np.frombuffer(places, "<i8").reshape(-1, len(TIERS), 2).tolist(),
        strict=True,
    ):
        blocks = {tier: packed[at : at + length] for tier, (at, length) in zip(TIERS, row, strict=True) if length}
        if _whole(blocks, row):
            found.append((int(number), blocks))
    return found


def _whole(blocks: Blocks, row: list[list[int]]) -> bool:
    """Whether every block is as long as it was, and agrees with its checksum."""
    lengths = dict(zip(TIERS, (length for _, length in row), strict=True))
    try:
        return all(len(block) == lengths[tier] and check_block(block) == tier for tier, block in blocks.items())
    except WitnessmarkError:
        return False


def lost_words(lost: Iterable[int], kept: Mapping[int, Recording]) -> list[Problem]:
    """One problem for each recording that is still listed and whose bytes are not there."""
    return [
        Problem(number, f"The bytes of '{kept[number].name}' are lost: index its file again.")
        for number in sorted(lost)
        if number in kept
    ]
