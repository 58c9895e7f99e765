"""A fingerprint as bytes, one block a tier: fixed little-endian layout, versioned, checked when read.

Each block stands alone, so that a tier can be left out without touching the others::

    block    magic "WMfp" | u8 format = 1 | u8 tier | u8 n | n bytes of ASCII: algorithm | body | u32 CRC-32 of it all
    tier 1   f64 duration s | u32 width | u32 height | u8 has sound | u16 n | n bytes of UTF-8: why decoding stopped
             u32 n | n x f32 time s | n x 32 B PDQ code | n x u8 quality
             if there is sound: f64 start s | f64 step s | u32 m | m x u32 code
    tier 2   u8 bytes a position, 1 or 2 | u32 k | k x f32 frame time s | k x u32 features of the frame
             u32 f | f x 16 B code | f x x | f x y | f x u8 size | f x u8 angle
    tier 3   u32 t | u16 height | u16 width | t x f32 time s | t x u8 predictor | u32 n | n bytes of zlib data

Tier 3 keeps every grey level. A picture's predictor says from what its bytes differ, modulo 256: 0 the picture before
it (zero before the first), 1 the pixel to the left, 2 the pixel above, 3 left and above; the smallest sum of absolute
differences is taken, as PNG's filters are chosen (ISO/IEC 15948, section 12.7), and zlib packs the differences (RFC
1950). On 64 x 36 pictures at 2 a second from 13 varied clips this takes 135 kB a minute where differences over time
alone take 157 and the bare bytes 276; small JPEG pictures take 82 at quality 80 but err by up to 33 grey levels, and
141 at quality 95.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.copies.fingerprint import (
    FEATURE_BYTES,
    PDQ_BYTES,
    Fingerprint,
    FrameCodes,
    LocalFeatures,
    SoundCodes,
    Thumbnails,
)

PACKING_VERSION = 1
LIMIT_PIXELS = 1 << 30
"""Most thumbnail pixels a block may hold: ten hours of 64 x 36 at 2 a second are 1.7e8."""
_MAGIC = b"WMfp"
_CRC_BYTES = 4
Number = TypeVar("Number", bound=np.generic)


def pack(fingerprint: Fingerprint) -> dict[int, bytes]:
    """Every tier a fingerprint holds, as blocks by tier.

    Raises
    ------
    BadInputError
        When its arrays do not fit one another.
    """
    held = {1: True, 2: fingerprint.features is not None, 3: fingerprint.thumbnails is not None}
    return {tier: pack_tier(fingerprint, tier) for tier, there in held.items() if there}


def pack_tier(fingerprint: Fingerprint, tier: int) -> bytes:
    """One tier of a fingerprint as a block of bytes; the same fingerprint gives the same bytes.

    Parameters
    ----------
    fingerprint : Fingerprint
    tier : int
        1, 2 or 3.

    Returns
    -------
    bytes
        In the layout at the head of this module.

    Raises
    ------
    BadInputError
        When the fingerprint has no such tier, or its arrays do not fit one another.
    """
    body = {1: _pack_codes, 2: _pack_features, 3: _pack_thumbnails}.get(tier)
    if body is None:
        raise BadInputError(f"A fingerprint has no tier {tier}.", "Ask for tier 1, 2 or 3.")
    name = fingerprint.algorithm.encode("ascii")
    block = b"".join((_MAGIC, struct.pack("<BBB", PACKING_VERSION, tier, len(name)), name, body(fingerprint)))
    return block + struct.pack("<I", zlib.crc32(block))


def unpack(blocks: Iterable[bytes | memoryview]) -> Fingerprint:
    """A fingerprint from the blocks of its tiers, in any order; tier 1 must be among them.

    Parameters
    ----------
    blocks : iterable of bytes

    Returns
    -------
    Fingerprint
        Its arrays cannot be written to.

    Raises
    ------
    BadInputError
        When a block is damaged, cut short, of another format version, repeated, or of another algorithm than the rest.
    """
    first: _Codes | None = None
    features: LocalFeatures | None = None
    thumbnails: Thumbnails | None = None
    algorithm, tiers = "", set[int]()
    for block in blocks:
        reader, name, tier = _open(block)
        if tier in tiers or (tiers and name != algorithm):
            raise _damaged("its blocks do not belong together")
        algorithm = name
        tiers.add(tier)
        if tier == 1:
            first = _read_codes(reader)
        elif tier == 2:
            features = _read_features(reader)
        else:
            thumbnails = _read_thumbnails(reader)
        reader.end()
    if first is None:
        raise _damaged("it has no first tier")
    return Fingerprint(
        algorithm=algorithm,
        duration_s=first.duration_s,
        width_px=first.width_px,
        height_px=first.height_px,
        frames=first.frames,
        sound=first.sound,
        features=features,
        thumbnails=thumbnails,
        stopped=first.stopped,
    )


def check_block(block: bytes | memoryview) -> int:
    """The tier of a block, once its checksum agrees.

    Raises
    ------
    BadInputError
        When it is damaged, or of another format version.
    """
    return _open(block)[2]


def feature_codes_at(block: bytes | memoryview) -> tuple[int, int]:
    """Where the feature codes lie in a block of tier 2 that `pack_tier` made: byte of the first, and how many."""
    whole = memoryview(block)
    at = len(_MAGIC) + 3 + whole[len(_MAGIC) + 2]
    (k,) = struct.unpack_from("<I", whole, at + 1)
    at += 5 + 8 * int(k)
    (f,) = struct.unpack_from("<I", whole, at)
    return at + 4, int(f)


@dataclass(frozen=True, slots=True, eq=False)
class _Codes:
    """What the first tier holds."""

    duration_s: float
    width_px: int
    height_px: int
    frames: FrameCodes
    sound: SoundCodes | None
    stopped: str | None


def _pack_codes(fingerprint: Fingerprint) -> bytes:
    frames, sound = fingerprint.frames, fingerprint.sound
    n = len(frames.times_s)
    _check(frames.codes.shape == (n, PDQ_BYTES) and frames.quality.shape == (n,), "frame codes")
    _check_times(frames.times_s)
    _check(math.isfinite(fingerprint.duration_s) and fingerprint.duration_s >= 0, "duration")
    stopped = (fingerprint.stopped or "").encode()[:0xFFFF].decode(errors="ignore").encode()
    parts = [
        struct.pack("<dII", fingerprint.duration_s, fingerprint.width_px, fingerprint.height_px),
        struct.pack("<BH", sound is not None, len(stopped)),
        stopped,
        struct.pack("<I", n),
        _bytes(frames.times_s, "<f4"),
        _bytes(frames.codes, "u1"),
        _bytes(frames.quality, "u1"),
    ]
    if sound is not None:
        _check(sound.codes.ndim == 1 and math.isfinite(sound.start_s), "sound codes")
        _check(math.isfinite(sound.step_s) and sound.step_s > 0, "sound codes")
        parts += [struct.pack("<ddI", sound.start_s, sound.step_s, len(sound.codes)), _bytes(sound.codes, "<u4")]
    return b"".join(parts)


def _read_codes(reader: _Reader) -> _Codes:
    duration_s, width_px, height_px, has_sound, stopped_bytes = reader.take("<dIIBH")
    stopped = reader.text(stopped_bytes)
    (n,) = reader.take("<I")
    frames = FrameCodes(
        times_s=reader.array(np.float32, n),
        codes=reader.array(np.uint8, n * PDQ_BYTES).reshape(n, PDQ_BYTES),
        quality=reader.array(np.uint8, n),
    )
    sound: SoundCodes | None = None
    if has_sound:
        start_s, step_s, m = reader.take("<ddI")
        sound = SoundCodes(start_s=start_s, step_s=step_s, codes=reader.array(np.uint32, m))
        _check(math.isfinite(start_s) and math.isfinite(step_s) and step_s > 0, "sound codes")
    _check_times(frames.times_s)
    _check(math.isfinite(duration_s) and duration_s >= 0, "duration")
    return _Codes(duration_s, width_px, height_px, frames, sound, stopped or None)


def _pack_features(fingerprint: Fingerprint) -> bytes:
    features = fingerprint.features
    if features is None:
        raise _missing(2)
    k, f = len(features.times_s), len(features.codes)
    _check(features.first.shape == (k + 1,) and features.codes.shape == (f, FEATURE_BYTES), "local features")
    columns = (features.x, features.y, features.size, features.angle)
    _check(all(column.shape == (f,) for column in columns), "local features")
    _check(features.x.dtype == features.y.dtype and features.x.dtype.itemsize in (1, 2), "local features")
    first = features.first.astype(np.int64)
    _check(int(first[0]) == 0 and int(first[-1]) == f and bool((np.diff(first) >= 0).all()), "local features")
    _check_times(features.times_s)
    position = features.x.dtype.itemsize
    return b"".join(
        (
            struct.pack("<BI", position, k),
            _bytes(features.times_s, "<f4"),
            _bytes(np.diff(first), "<u4"),
            struct.pack("<I", f),
            _bytes(features.codes, "u1"),
            _bytes(features.x, f"<u{position}"),
            _bytes(features.y, f"<u{position}"),
            _bytes(features.size, "u1"),
            _bytes(features.angle, "u1"),
        )
    )


def _read_features(reader: _Reader) -> LocalFeatures:
    position, k = reader.take("<BI")
    _check(position in (1, 2), "local features")
    places = np.uint8 if position == 1 else np.uint16
    times_s = reader.array(np.float32, k)
    counts = reader.array(np.uint32, k)
    (f,) = reader.take("<I")
    first = np.zeros(k + 1, np.int64)
    np.cumsum(counts, dtype=np.int64, out=first[1:])
    _check(int(first[-1]) == f, "local features")
    _check_times(times_s)
    return LocalFeatures(
        times_s=times_s,
        first=frozen(first.astype(np.uint32)),
        codes=reader.array(np.uint8, f * FEATURE_BYTES).reshape(f, FEATURE_BYTES),
        x=cast("NDArray[np.uint16]", reader.array(places, f)),
        y=cast("NDArray[np.uint16]", reader.array(places, f)),
        size=reader.array(np.uint8, f),
        angle=reader.array(np.uint8, f),
    )


def _left(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    out = pictures.copy()
    out[..., 1:] -= pictures[..., :-1]
    return out


def _above(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    out = pictures.copy()
    out[:, 1:] -= pictures[:, :-1]
    return out


def _before(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    out = pictures.copy()
    out[1:] -= pictures[:-1]
    return out


_PREDICTORS: tuple[Callable[[NDArray[np.uint8]], NDArray[np.uint8]], ...] = (
    _before,
    _left,
    _above,
    lambda pictures: _above(_left(pictures)),
)


def _pack_thumbnails(fingerprint: Fingerprint) -> bytes:
    thumbnails = fingerprint.thumbnails
    if thumbnails is None:
        raise _missing(3)
    luma = np.ascontiguousarray(thumbnails.luma, np.uint8)
    t = len(thumbnails.times_s)
    _check(luma.ndim == 3 and len(luma) == t and max(luma.shape[1:]) <= 0xFFFF, "thumbnails")
    _check(luma.size <= LIMIT_PIXELS, "thumbnails")
    _check_times(thumbnails.times_s)
    which, least = np.zeros(t, np.uint8), np.full(t, np.iinfo(np.int64).max)
    chosen = np.zeros_like(luma)
    for number, predictor in enumerate(_PREDICTORS):
        differences = predictor(luma)
        cost = np.abs(differences.view(np.int8).astype(np.int16)).sum((1, 2), dtype=np.int64)
        better = cost < least
        which[better], least[better], chosen[better] = number, cost[better], differences[better]
    squeezer = zlib.compressobj(6, strategy=zlib.Z_FILTERED)
    data = squeezer.compress(chosen.tobytes()) + squeezer.flush()
    return b"".join(
        (
            struct.pack("<IHH", t, *luma.shape[1:]),
            _bytes(thumbnails.times_s, "<f4"),
            which.tobytes(),
            struct.pack("<I", len(data)),
            data,
        )
    )


def _read_thumbnails(reader: _Reader) -> Thumbnails:
    t, height, width = reader.take("<IHH")
    size = t * height * width
    _check(size <= LIMIT_PIXELS, "thumbnails")
    times_s, which = reader.array(np.float32, t), reader.array(np.uint8, t)
    (n,) = reader.take("<I")
    opener = zlib.decompressobj()
    try:
        plain = opener.decompress(reader.raw(n), size + 1)  # one more, so that too much is seen
    except zlib.error as error:
        raise _damaged("its thumbnails cannot be unpacked") from error
    _check(len(plain) == size and bool((which < len(_PREDICTORS)).all()), "thumbnails")
    _check_times(times_s)
    luma = np.frombuffer(plain, np.uint8).reshape(t, height, width).copy()
    across, down = (which == 1) | (which == 3), (which == 2) | (which == 3)
    luma[down] = np.add.accumulate(luma[down], axis=1, dtype=np.uint8)
    luma[across] = np.add.accumulate(luma[across], axis=2, dtype=np.uint8)
    for row in np.flatnonzero(which[1:] == 0) + 1:
        luma[row] += luma[row - 1]
    return Thumbnails(times_s=times_s, luma=frozen(luma))


class _Reader:
    """The body of a block, read from the front; asking for more than there is tells of damage."""

    def __init__(self, body: memoryview) -> None:
        self._body = body
        self._at = 0

    def raw(self, size_bytes: int) -> memoryview:
        """The next bytes."""
        if size_bytes > len(self._body) - self._at:
            raise _damaged("it is cut short")
        part = self._body[self._at : self._at + size_bytes]
        self._at += size_bytes
        return part

    def take(self, layout: str) -> tuple[Any, ...]:
        """The next numbers in a `struct` layout; their types are the layout's."""
        return struct.unpack(layout, self.raw(struct.calcsize(layout)))

    def text(self, size_bytes: int) -> str:
        """The next bytes as UTF-8."""
        try:
            return bytes(self.raw(size_bytes)).decode()
        except UnicodeDecodeError as error:
            raise _damaged("its text is not UTF-8") from error

    def array(self, kind: type[Number], count: int) -> NDArray[Number]:
        """The next numbers of one type, in the machine's byte order."""
        little = np.dtype(kind).newbyteorder("<")
        return frozen(np.frombuffer(self.raw(count * little.itemsize), little).astype(kind))

    def end(self) -> None:
        """Nothing may be left."""
        if self._at != len(self._body):
            raise _damaged("it holds more than it says")


def _open(block: bytes | memoryview) -> tuple[_Reader, str, int]:
    """A block's body, its algorithm and its tier, once its ends agree with each other."""
    whole = memoryview(block).cast("B")
    if len(whole) < len(_MAGIC) + 3 + _CRC_BYTES or whole[: len(_MAGIC)] != _MAGIC:
        raise _damaged("it does not begin as a fingerprint does")
    version, tier, name_bytes = struct.unpack_from("<BBB", whole, len(_MAGIC))
    if version != PACKING_VERSION:
        raise BadInputError(
            f"This fingerprint is packed by format {version}, and this program reads format {PACKING_VERSION}.",
            "Use the program version that packed it, or fingerprint the recording again.",
            version=version,
        )
    if zlib.crc32(whole[:-_CRC_BYTES]) != struct.unpack("<I", whole[-_CRC_BYTES:])[0]:
        raise _damaged("its checksum does not agree")
    _check(tier in (1, 2, 3), "tier")
    reader = _Reader(whole[len(_MAGIC) + 3 : -_CRC_BYTES])
    name = reader.text(name_bytes)
    _check(name.isascii(), "algorithm")
    return reader, name, tier


def frozen(array: NDArray[Number]) -> NDArray[Number]:
    """The array itself, from now on not to be written to."""
    array.flags.writeable = False
    return array


def _bytes(array: NDArray[Number], layout: str) -> bytes:
    return np.ascontiguousarray(array, layout).tobytes()


def _check_times(times_s: NDArray[np.float32]) -> None:
    ordered = bool(np.isfinite(times_s).all()) and bool((np.diff(times_s) >= 0).all())
    _check(times_s.ndim == 1 and ordered, "times")


def _check(sound: bool, what: str) -> None:
    if not sound:
        raise _damaged(f"its {what} cannot be right")


def _missing(tier: int) -> BadInputError:
    return BadInputError(f"This fingerprint has no tier {tier}.", "Fingerprint the recording again with all tiers.")


def _damaged(why: str) -> BadInputError:
    return BadInputError(
        f"This fingerprint is damaged: {why}.", "Fetch it again, or fingerprint the recording again.", why=why
    )
