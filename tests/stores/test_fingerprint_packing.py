"""Packing: what goes in comes out, the layout is the documented one, and damaged bytes are told, never believed."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stores.prints import columns, noise_print

from witnessmark.errors import BadInputError
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.packing import pack, pack_tier, unpack

_counts = st.integers(0, 9)
PRINTS = st.builds(
    noise_print,
    st.integers(0, 10**6),
    frames=_counts,
    sounds=st.none() | _counts,
    per_frame=st.none() | _counts,
    thumbnails=st.none() | _counts,
    wide=st.booleans(),
)


@given(PRINTS)
@settings(max_examples=60, deadline=None)
def test_what_goes_in_comes_out(fingerprint: Fingerprint) -> None:
    blocks = pack(fingerprint)
    assert columns(unpack(blocks.values())) == columns(fingerprint)
    assert columns(unpack([blocks[1]])) == columns(fingerprint.up_to(1))
    assert pack(fingerprint) == blocks == pack(unpack(blocks.values()))


@given(PRINTS, st.integers(1, 3), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_damaged_bytes_are_told(fingerprint: Fingerprint, tier: int, random: object) -> None:
    assert hasattr(random, "randrange")
    blocks = pack(fingerprint)
    if tier not in blocks:
        return
    block = bytearray(blocks[tier])
    block[random.randrange(len(block))] ^= 1 << random.randrange(8)
    rest = [blocks[other] for other in blocks if other != tier]
    for hostile in (bytes(block), bytes(block[: random.randrange(len(block))]), blocks[tier] + b"\0"):
        with pytest.raises(BadInputError):
            unpack([*rest, hostile])


@given(PRINTS, st.integers(1, 3), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_bytes_made_to_deceive_give_an_error_or_a_sound_fingerprint(
    fingerprint: Fingerprint, tier: int, random: object
) -> None:
    assert hasattr(random, "randrange")
    blocks = pack(fingerprint)
    body = bytearray(blocks.get(tier, blocks[1])[:-4])
    for _ in range(random.randrange(1, 4)):
        body[random.randrange(6, len(body))] = random.randrange(256)
    blocks[tier if tier in blocks else 1] = bytes(body) + struct.pack("<I", zlib.crc32(bytes(body)))
    try:
        read = unpack(blocks.values())
    except BadInputError:
        return
    assert columns(unpack(pack(read).values())) == columns(read)


def test_the_layout_is_the_documented_one() -> None:
    fingerprint = noise_print(1, frames=2, sounds=3)
    block = pack_tier(fingerprint, 1)
    name = fingerprint.algorithm.encode()
    assert block[:7] == b"WMfp" + bytes((1, 1, len(name))) and block[7 : 7 + len(name)] == name
    at = 7 + len(name)
    assert struct.unpack_from("<dIIBHI", block, at) == (fingerprint.duration_s, 640, 360, 1, 0, 2)
    at += 23
    assert struct.unpack_from("<2f", block, at) == tuple(fingerprint.frames.times_s.tolist())
    assert block[at + 8 : at + 8 + 64] == fingerprint.frames.codes.tobytes()
    assert struct.unpack("<I", block[-4:])[0] == zlib.crc32(block[:-4])


def test_a_minute_takes_the_promised_bytes() -> None:
    codes = len(pack_tier(noise_print(1, frames=120, sounds=480), 1))
    assert codes <= 6_500, "120 pictures of 37 bytes and 480 sound codes of 4"
    local = noise_print(2, frames=60, per_frame=200).features
    assert local is not None
    block = pack_tier(noise_print(2, frames=60, per_frame=200), 2)
    assert len(block) - 22 * len(local.codes) < 600


def test_a_bomb_of_thumbnails_is_refused_before_it_is_unpacked() -> None:
    name = b"witnessmark-copies/1"
    data = zlib.compress(bytes(20_000_000), 9)
    for height, width in ((65535, 65535), (100, 100)):
        body = b"WMfp" + bytes((1, 3, len(name))) + name + struct.pack("<IHH", 1, height, width) + bytes(4) + b"\0"
        body += struct.pack("<I", len(data)) + data
        with pytest.raises(BadInputError, match="thumbnails"):
            unpack([pack_tier(noise_print(1), 1), body + struct.pack("<I", zlib.crc32(body))])


def test_blocks_that_do_not_belong_together_are_refused() -> None:
    one, other = noise_print(1), noise_print(2, algorithm="witnessmark-copies/0")
    with pytest.raises(BadInputError, match="no first tier"):
        unpack([pack_tier(one, 2)])
    with pytest.raises(BadInputError, match="do not belong together"):
        unpack([pack_tier(one, 1), pack_tier(other, 2)])
    with pytest.raises(BadInputError, match="do not belong together"):
        unpack([pack_tier(one, 1), pack_tier(one, 1)])


def test_another_format_version_says_what_to_do() -> None:
    block = bytearray(pack_tier(noise_print(1), 1))
    block[4] = 2
    with pytest.raises(BadInputError, match=r"format 2.*fingerprint the recording again"):
        unpack([bytes(block)])


def test_arrays_that_do_not_fit_are_not_packed() -> None:
    fingerprint = noise_print(1)
    wrong = replace(fingerprint.frames, quality=np.zeros(1, np.uint8))
    with pytest.raises(BadInputError, match="frame codes"):
        pack_tier(replace(fingerprint, frames=wrong), 1)
    with pytest.raises(BadInputError, match="no tier 2"):
        pack_tier(fingerprint.up_to(1), 2)
    with pytest.raises(BadInputError, match="no tier 4"):
        pack_tier(fingerprint, 4)
