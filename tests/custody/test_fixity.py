from __future__ import annotations

import ast
import hashlib
import random
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.custody import fixity
from witnessmark.custody.fixity import BLOCK_BYTES, BlockSums, locate, parse_table

DATA = random.Random(7).randbytes(3 * BLOCK_BYTES + 4321)


def table_of(data: bytes) -> bytes:
    sums = BlockSums()
    sums.update(data)
    return sums.table()


TABLE = table_of(DATA)
SHA256 = hashlib.sha256(DATA).digest()


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255), st.sampled_from([1000, BLOCK_BYTES, BLOCK_BYTES + 1, 10**6]))
def test_one_changed_byte_is_named_with_its_right_value(at: int, error: int, piece: int) -> None:
    changed = bytearray(DATA)
    changed[at] ^= error
    found = locate(pieces(bytes(changed), piece), TABLE, SHA256)
    assert (found.kind, found.byte_offset, found.was, found.now) == ("byte", at, DATA[at], changed[at])
    assert (found.block, found.bad_blocks) == (at // BLOCK_BYTES, 1)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.integers(0, len(DATA) - 1), st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_two_changed_bytes_give_the_first_bad_block_and_no_wrong_byte(one: int, two: int, error: int) -> None:
    if one == two:
        return
    changed = bytearray(DATA)
    changed[one] ^= error
    changed[two] ^= error
    found = locate([bytes(changed)], TABLE, SHA256)
    assert (found.kind, found.byte_offset, found.block) == ("block", None, min(one, two) // BLOCK_BYTES)
    assert found.bad_blocks == len({one // BLOCK_BYTES, two // BLOCK_BYTES})


def test_two_changes_whose_crc_looks_like_one_elsewhere_are_not_taken_for_it() -> None:
    changed = bytearray(DATA)
    changed[43636] ^= 237
    changed[32500] ^= 36
    lookalike = bytearray(DATA)
    lookalike[48410] ^= 73  # found by search: the same CRC-32 in the first block
    assert zlib.crc32(changed[:BLOCK_BYTES]) == zlib.crc32(lookalike[:BLOCK_BYTES])
    found = locate([bytes(changed)], TABLE, SHA256)
    assert (found.kind, found.byte_offset, found.block) == ("block", None, 0)


@pytest.mark.parametrize("length", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, len(DATA) - 1])
def test_a_cut_is_said_to_be_one(length: int) -> None:
    found = locate([DATA[:length]], TABLE, SHA256)
    assert (found.kind, found.byte_offset) == ("truncated", length)
    assert f"the last {len(DATA) - length} of {len(DATA)}" in found.what


@pytest.mark.parametrize("data", [DATA, DATA[: 2 * BLOCK_BYTES]])
def test_added_bytes_are_said_to_be_added(data: bytes) -> None:
    found = locate([data, b"x" * 70000], table_of(data), hashlib.sha256(data).digest())
    assert (found.kind, found.byte_offset) == ("extended", len(data))
    assert "70000 were added" in found.what


def test_a_sound_object_is_sound_and_a_wrong_hash_is_not_blamed_on_a_block() -> None:
    assert locate(pieces(DATA, 999), TABLE, SHA256).kind == "sound"
    assert locate([DATA], TABLE, bytes(32)).kind == "table"


def test_the_table_does_not_depend_on_the_pieces() -> None:
    sums = BlockSums()
    for piece in pieces(DATA, 12345):
        sums.update(piece)
    assert sums.table() == TABLE
    assert parse_table(TABLE)[0] == len(DATA)
    assert parse_table(table_of(b"")) == (0, [])


@pytest.mark.parametrize(
    "bad", [b"", b"nonsense", TABLE[:-1], TABLE + b"\n", TABLE.replace(b"crc32", b"crc64"), TABLE[:-9] + b"ABCDEF01\n"]
)
def test_a_malformed_table_is_refused(bad: bytes) -> None:
    with pytest.raises(ValueError):
        locate([DATA], bad, SHA256)


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(fixity.__file__).read_text())
    modules = [
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    ]
    assert modules and set(modules) <= sys.stdlib_module_names
