"""Damaged, forged, oversized and misleading exchange files: a clear error each, and nothing half-imported."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.stores.exchange.parties import NOON, Party, filled, key_of, party, sharing
from tests.stores.prints import noise_print

from witnessmark.custody.keys import CaseKey
from witnessmark.errors import BadInputError, ClashError, CustodyError, NotFoundError, WitnessmarkError
from witnessmark.lines.copies.packing import PACKING_VERSION, pack
from witnessmark.plain import Plain, canonical
from witnessmark.stores.exchange import import_bundle, read_bundle, write_bundle
from witnessmark.stores.exchange import sealed as sealing
from witnessmark.stores.exchange.sealed import open_sealed, write_sealed

HEAD_BYTES = 48


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A good bundle."""
    owner = filled(party(tmp_path_factory.mktemp("owner"), 1))
    path = owner.folder / "bundle.wmshare"
    write_bundle(path, owner.store, owner.key, sharing(frames_per_minute=30.0, features_per_frame=4), now=NOON)
    return path.read_bytes()


@pytest.fixture
def reader(tmp_path: Path) -> Party:
    return party(tmp_path, 2)


def refused(data: bytes, reader: Party, kind: type[WitnessmarkError], match: str) -> None:
    """The bytes are refused with such an error, and nothing changed."""
    path = reader.folder / "hostile.wmshare"
    path.write_bytes(data)
    with pytest.raises(kind, match=match):
        import_bundle(path, reader.store, reader.partners, "R. Reader", trust=True)
    assert list(reader.store.recordings()) == []
    assert reader.partners.all() == ()


def manifest_of(data: bytes) -> dict[str, Plain]:
    (size,) = struct.unpack_from("<I", data, HEAD_BYTES - 4)
    value: dict[str, Plain] = json.loads(data[HEAD_BYTES : HEAD_BYTES + size])
    return value


def parts_of(data: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", data, HEAD_BYTES - 4)
    return data[HEAD_BYTES + size + 64 :]


def signed(manifest: bytes, parts: bytes, key: CaseKey, container: int = 1, kind: int = 1) -> bytes:
    """A file with a true signature, whatever is in it."""
    raw = key.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    head = b"WMshare\0" + struct.pack("<HH32sI", container, kind, raw, len(manifest)) + manifest
    return head + key.sign(head) + parts


def changed(data: bytes, change: Callable[[dict[str, Plain]], None]) -> bytes:
    """A bundle whose signer wrote another manifest."""
    manifest = manifest_of(data)
    change(manifest)
    return signed(canonical(manifest), parts_of(data), key_of(1))


def test_what_is_made_here_is_accepted(made: bytes, reader: Party) -> None:
    assert changed(made, lambda manifest: None) == made
    path = reader.folder / "good"
    path.write_bytes(made)
    assert import_bundle(path, reader.store, reader.partners, "R. Reader", trust=True).added == 3


def test_every_truncation_is_told(made: bytes, reader: Party) -> None:
    for size in (0, 7, HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 100, len(made) // 2, len(made) - 1):
        refused(made[:size], reader, WitnessmarkError, "no exchange file|cut short")
    refused(made + b"\0", reader, CustodyError, "holds more than it says")


def test_other_files_and_versions_are_told(made: bytes, reader: Party) -> None:
    refused(b"PK\x03\x04" + bytes(200), reader, BadInputError, "no exchange file")
    text = canonical(manifest_of(made))
    refused(signed(text, parts_of(made), key_of(1), container=2), reader, BadInputError, "exchange format 2")
    refused(signed(text, parts_of(made), key_of(1), kind=2), reader, BadInputError, "no bundle: it is inquiry")
    refused(signed(text, parts_of(made), key_of(1), kind=77), reader, BadInputError, "unknown kind")
    refused(changed(made, lambda m: m.update(format=9)), reader, BadInputError, "format 9")
    refused(changed(made, lambda m: m.update(packing=PACKING_VERSION + 1)), reader, BadInputError, "packing")
    refused(changed(made, lambda m: m.update(algorithm="witnessmark-copies/0")), reader, ClashError, "do not compare")
    with pytest.raises(NotFoundError):
        open_sealed(reader.folder / "none", "bundle")


def test_a_signature_of_another_key_or_for_other_bytes_is_refused(made: bytes, reader: Party) -> None:
    raw = key_of(5).private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    refused(made[:12] + raw + made[44:], reader, CustodyError, "signature")
    refused(
        made[:HEAD_BYTES] + made[HEAD_BYTES:].replace(b"Northern", b"Southern", 1), reader, CustodyError, "signature"
    )
    refused(made[:12] + bytes(32) + made[44:], reader, CustodyError, "signature")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_changed_byte_is_taken_in(
    made: bytes, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    at, flip = data.draw(st.integers(0, len(made) - 1)), data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("flip") / "flipped"
    path.write_bytes(made[:at] + bytes([made[at] ^ flip]) + made[at + 1 :])
    with pytest.raises(WitnessmarkError):
        for _ in open_sealed(path, "bundle").parts():
            pass


@settings(max_examples=100, deadline=None)
@given(manifest=st.binary(max_size=200))
def test_any_signed_bytes_are_read_or_refused(manifest: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("odd") / "odd"
    path.write_bytes(signed(manifest, b"", key_of(1)))
    with pytest.raises(WitnessmarkError):
        open_sealed(path, "bundle")


values = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(["format", "origin", "created", "algorithm", "packing", "contact", "recordings", "parts"]),
    value=values,
)
def test_a_manifest_with_any_odd_value_is_refused_in_words(
    made: bytes, name: str, value: Plain, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("odd") / "odd"
    stood: list[Plain] = []

    def put(manifest: dict[str, Plain]) -> None:
        stood.append(manifest[name])
        manifest[name] = value

    path.write_bytes(changed(made, put))
    assume((type(value), value) != (type(stood[0]), stood[0]))
    try:
        bundle = read_bundle(path)
    except WitnessmarkError:
        return
    assert name in ("origin", "contact")  # another text there is as good
    assert value == getattr(bundle, name)
    assert len(list(bundle.fingerprints())) == 3


def recordings_of(manifest: dict[str, Plain]) -> list[dict[str, Plain]]:
    listed = manifest["recordings"]
    assert isinstance(listed, list)
    return [entry for entry in listed if isinstance(entry, dict)]


def test_misleading_lists_are_refused(made: bytes, reader: Party) -> None:
    def twice(manifest: dict[str, Plain]) -> None:
        first, second, *_ = recordings_of(manifest)
        second["label"] = first["label"]

    def longer(manifest: dict[str, Plain]) -> None:
        recordings_of(manifest)[0]["duration_s"] = 5_000.0

    def named(manifest: dict[str, Plain]) -> None:
        recordings_of(manifest)[0]["label"] = "../../etc/passwd"

    def swapped(manifest: dict[str, Plain]) -> None:
        recordings_of(manifest)[0]["parts"] = 1
        manifest["recordings"] = [
            *recordings_of(manifest),
            {**recordings_of(manifest)[1], "label": "0" * 32, "parts": 1},
        ]

    def sworn(manifest: dict[str, Plain]) -> None:
        recordings_of(manifest)[0]["seen"] = [
            {"at": "2001-01-01T00:00:00Z", "zone_known": True, "how": "file metadata"}
        ]

    refused(changed(made, twice), reader, BadInputError, "lists a recording twice")
    refused(changed(made, longer), reader, BadInputError, "not the one the bundle lists")
    refused(changed(made, named), reader, BadInputError, "'label' cannot be right")
    refused(changed(made, swapped), reader, BadInputError, "does not hold")
    refused(changed(made, sworn), reader, BadInputError, "'how' cannot be right")


def bundle_of(blocks: list[bytes], reader: Party, **entry: Plain) -> bytes:
    listed: dict[str, Plain] = {"label": "a" * 32, "duration_s": 1.0, "parts": len(blocks), "seen": [], **entry}
    manifest: dict[str, Plain] = {
        "format": 1,
        "origin": "N",
        "created": "2024-05-01T12:00:00Z",
        "algorithm": noise_print(1).algorithm,
        "packing": PACKING_VERSION,
        "contact": "",
        "keep_until": None,
        "tier_2": None,
        "recordings": [listed],
    }
    path = reader.folder / "crafted"
    path.unlink(missing_ok=True)
    write_sealed(path, "bundle", manifest, blocks, key_of(1))
    return path.read_bytes()


def test_pictures_are_not_taken_from_a_partner_and_bombs_do_not_go_off(reader: Party) -> None:
    blocks = pack(noise_print(1))
    refused(bundle_of([blocks[1], blocks[3]], reader), reader, BadInputError, "does not hold")
    refused(bundle_of([blocks[3]], reader), reader, BadInputError, "does not hold")
    # A third tier that unpacks to a gigabyte is not unpacked, as no third tier is.
    name = noise_print(1).algorithm.encode()
    bomb = zlib.compress(bytes(1 << 24), 9)
    body = struct.pack("<IHH", 1, 4096, 4096) + struct.pack("<f", 0.0) + b"\0" + struct.pack("<I", len(bomb)) + bomb
    block = b"WMfp" + struct.pack("<BBB", PACKING_VERSION, 3, len(name)) + name + body
    block += struct.pack("<I", zlib.crc32(block))
    refused(bundle_of([blocks[1], block], reader), reader, BadInputError, "does not hold")


def test_damaged_fingerprints_under_a_true_signature_are_refused(reader: Party) -> None:
    block = pack(noise_print(1))[1]
    refused(bundle_of([block[:-9]], reader), reader, WitnessmarkError, "checksum|cut short|damaged")
    # A count that asks for four thousand million frames.
    name_bytes = len(noise_print(1).algorithm)
    at = 7 + name_bytes + 16 + 3
    (reason,) = struct.unpack_from("<H", block, at - 2)
    huge = block[: at + reason] + struct.pack("<I", 0xFFFFFFFF) + block[at + reason + 4 : -4]
    refused(bundle_of([huge + struct.pack("<I", zlib.crc32(huge))], reader), reader, BadInputError, "cut short")


def test_files_and_manifests_beyond_limits_are_not_read(
    made: bytes, reader: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = reader.folder / "large"
    path.write_bytes(made)
    with pytest.raises(BadInputError, match="at most 1000 are read"):
        import_bundle(path, reader.store, reader.partners, "R. Reader", trust=True, limit_bytes=1000)
    claims = made[: HEAD_BYTES - 4] + struct.pack("<I", 0xFFFFFFFF) + made[HEAD_BYTES:]
    refused(claims, reader, BadInputError, "manifest of 'hostile.wmshare' is too large")
    part: Plain = {"bytes": 1 << 40, "sha256": "0" * 64}
    refused(changed(made, lambda manifest: manifest.update(parts=[part])), reader, BadInputError, "part .* too large")
    monkeypatch.setattr(sealing, "LIMIT_MANIFEST_BYTES", 100)
    with pytest.raises(BadInputError, match="too large to be read back"):
        write_sealed(reader.folder / "big", "bundle", {"text": "x" * 200}, [], key_of(1))


def test_json_that_is_not_as_this_program_writes_it_is_refused(made: bytes, reader: Party) -> None:
    text = canonical(manifest_of(made))
    for odd in (
        b" " + text,
        text.replace(b'"contact"', b'"contact":1,"contact"', 1),
        b"[" * 100_000,
        b"NaN",
        b'{"parts":[1e999]}',
        b'{"a":"\\ud800"}',
    ):
        refused(signed(odd, parts_of(made), key_of(1)), reader, BadInputError, "not one this program writes")
