"""The verifier's own arithmetic against the libraries it does without."""

from __future__ import annotations

import random
import struct
import zlib

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.dossier.verifier.blocks import BLOCK_BYTES, crcs_of, single_byte_changes
from witnessmark.dossier.verifier.canonical import Refused, canonical_bytes, es6_number, parse

texts = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=12,
)


@given(json_values)
@settings(max_examples=300, deadline=None)
def test_canonical_json_is_that_of_rfc8785(value: object) -> None:
    expected = rfc8785.dumps(value)  # type: ignore[arg-type]
    assert canonical_bytes(value) == expected
    assert canonical_bytes(parse(expected)) == expected


@given(st.integers(0, 2**64 - 1))
@settings(max_examples=500, deadline=None)
def test_numbers_are_written_as_ecmascript_does(bits: int) -> None:
    (value,) = struct.unpack(">d", struct.pack(">Q", bits))
    if value != value or value in (float("inf"), float("-inf")):
        with pytest.raises(Refused):
            es6_number(value)
    else:
        assert es6_number(value).encode() == rfc8785.dumps(value)


def test_numbers_of_rfc8785_appendix_b() -> None:
    published = {
        0x0000000000000001: "5e-324", 0x7FEFFFFFFFFFFFFF: "1.7976931348623157e+308",
        0x4340000000000000: "9007199254740992", 0x44B52D02C7E14AF5: "9.999999999999997e+22",
        0x444B1AE4D6E2EF50: "1e+21", 0x3EB0C6F7A0B5ED8D: "0.000001", 0x3EB0C6F7A0B5ED8C: "9.999999999999997e-7",
        0x41B3DE4355555553: "333333333.3333332", 0xBECBF647612F3696: "-0.0000033333333333333333",
    }  # fmt: skip
    for bits, text in published.items():
        assert es6_number(struct.unpack(">d", struct.pack(">Q", bits))[0]) == text


@pytest.mark.parametrize(
    "data",
    [
        b'{"b":1,"a":2}',
        b'{"a":1.0}',
        b'{"a": 1}',
        b'{"a":1,"a":1}',
        b"\xff",
        b"[",
        b"[1e400]",
        b"[NaN]",
        b'["\\ud800"]',
    ],
)
def test_what_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        parse(data)


@given(st.binary(min_size=1, max_size=600), st.data())
@settings(max_examples=150, deadline=None)
def test_the_changed_byte_is_among_those_the_crc_allows(block: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(block) - 1))
    xor = data.draw(st.integers(1, 255))
    changed = bytearray(block)
    changed[at] ^= xor
    assert (at, xor) in single_byte_changes(zlib.crc32(block), zlib.crc32(changed), len(block))


def test_a_full_block_rarely_allows_more_than_one_byte() -> None:
    rng = random.Random(3)
    block = rng.randbytes(BLOCK_BYTES)
    ambiguous = 0
    for _ in range(20):
        changed = bytearray(block)
        at = rng.randrange(BLOCK_BYTES)
        changed[at] ^= rng.randrange(1, 256)
        found = single_byte_changes(zlib.crc32(block), zlib.crc32(changed), BLOCK_BYTES)
        assert at in [change.offset for change in found]
        ambiguous += len(found) > 1
    assert ambiguous <= 3
    assert len(crcs_of(block + b"x")) == 16
