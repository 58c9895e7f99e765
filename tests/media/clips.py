"""Small recordings rendered for the tests of the media room, and ways to damage them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

RATE_HZ = 25
SOUND_RATE_HZ = 48_000
Image = NDArray[np.uint8]


def scene(seed: int, width: int = 160, height: int = 90, contrast: float = 60.0) -> Image:
    """A smooth random texture, wider than the picture so that it can be panned over."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(0, 1, (9, 24, 3)).astype(np.float32)
    wide = cv2.resize(coarse, (width + 400, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(rng.uniform(80, 170, 3) + contrast * wide, 0, 255), np.uint8)


def panned(seeds: Sequence[int], each: int, *, width: int = 160, height: int = 90, step: int = 1) -> list[Image]:
    """`each` pictures of every scene in turn, panning `step` pixels a picture."""
    pictures = []
    for seed in seeds:
        field = scene(seed, width, height)
        pictures += [np.ascontiguousarray(field[:, k * step : k * step + width]) for k in range(each)]
    return pictures


def write(
    path: Path,
    pictures: Sequence[Image],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    ticks: Sequence[int] | None = None,
    rate_hz: int = RATE_HZ,
    rotation_deg: int = 0,
    mirrored: bool = False,
    sound: str | None = None,
    options: dict[str, str] | None = None,
    muxer: str | None = None,
) -> Path:
    """Encode pictures; `ticks` are presentation times in 1/1000 s, `rotation_deg` clockwise, `sound` a codec."""
    with av.open(str(path), "w", format=muxer) as out:
        video = out.add_stream(codec, rate=rate_hz, options=options or {})
        assert isinstance(video, VideoStream)
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = pixel_format
        video.codec_context.thread_count = 1
        if ticks is not None:
            video.codec_context.time_base = Fraction(1, 1000)
        if mirrored:
            video.set_display_rotation(-rotation_deg, hflip=True)
        elif rotation_deg:
            video.set_display_rotation(-rotation_deg)  # counter-clockwise in that library
        tone = _add_tone(out, sound) if sound else None
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number if ticks is None else ticks[number]
            frame.time_base = Fraction(1, rate_hz) if ticks is None else Fraction(1, 1000)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if tone is not None:
            _play(out, tone, len(pictures) / rate_hz)
    return path


def write_sound(path: Path, codec: str = "pcm_s16le", seconds: float = 1.0) -> Path:
    """A tone of 440 Hz and nothing else."""
    with av.open(str(path), "w") as out:
        _play(out, _add_tone(out, codec), seconds)
    return path


def _add_tone(out: OutputContainer, codec: str) -> AudioStream:
    stream = out.add_stream(codec, rate=SOUND_RATE_HZ)
    assert isinstance(stream, AudioStream)
    stream.layout = "mono"
    return stream


def _play(out: OutputContainer, stream: AudioStream, seconds: float) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * SOUND_RATE_HZ)) / SOUND_RATE_HZ)
    samples = (tone * 32767).astype(np.int16)
    for start in range(0, len(samples), 1024):
        block = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="s16", layout="mono")
        block.sample_rate, block.pts, block.time_base = SOUND_RATE_HZ, start, Fraction(1, SOUND_RATE_HZ)
        out.mux(stream.encode(block))
    out.mux(stream.encode(None))


def patched(path: Path, box: bytes, at: int, value: bytes) -> None:
    """Overwrite bytes `at` after the four letters of every box of that name."""
    data = bytearray(path.read_bytes())
    found = data.find(box)
    assert found > 0, f"no {box!r} in {path.name}"
    while found > 0:
        data[found + 4 + at : found + 4 + at + len(value)] = value
        found = data.find(box, found + 4)
    path.write_bytes(bytes(data))


def state_duration(path: Path, seconds: int) -> None:
    """Make mvhd, tkhd and mdhd (version 0) state another length."""
    data = path.read_bytes()
    scale = struct.unpack(">I", data[(at := data.find(b"mvhd") + 16) : at + 4])[0]
    media_scale = struct.unpack(">I", data[(at := data.find(b"mdhd") + 16) : at + 4])[0]
    patched(path, b"mvhd", 16, struct.pack(">I", scale * seconds))
    patched(path, b"tkhd", 20, struct.pack(">I", scale * seconds))
    patched(path, b"mdhd", 16, struct.pack(">I", media_scale * seconds))


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """One seeded way of damaging a file: flips, cuts, doublings, swaps, truncation, wrong sizes."""
    kind = int(rng.integers(7))
    out = bytearray(data)
    size = len(out)
    if kind == 0:  # flipped bytes anywhere
        for at in rng.integers(0, size, int(rng.integers(1, 64))):
            out[at] ^= int(rng.integers(1, 256))
    elif kind == 1:  # flipped bytes in the header, where decisions are made
        for at in rng.integers(0, min(size, 2048), int(rng.integers(1, 16))):
            out[at] ^= int(rng.integers(1, 256))
    elif kind == 2:  # a piece missing
        start, count = int(rng.integers(size)), int(rng.integers(1, size // 3 + 2))
        del out[start : start + count]
    elif kind == 3:  # a piece twice
        start, count = int(rng.integers(size)), int(rng.integers(1, size // 3 + 2))
        out[start:start] = out[start : start + count]
    elif kind == 4:  # pieces in another order
        edges = np.sort(rng.integers(0, size, 4))
        pieces = [bytes(piece) for piece in np.split(np.frombuffer(data, np.uint8), edges)]
        out = bytearray(b"".join(pieces[place] for place in rng.permutation(len(pieces))))
    elif kind == 5:  # an early end
        del out[int(rng.integers(1, size)) :]
    else:  # a size or count field made extreme
        names = [
            name for name in (b"moov", b"trak", b"stsz", b"stco", b"stts", b"stsd", b"mdat", b"avcC") if name in data
        ]
        value = rng.choice(np.array([0, 1, 7, 0x7FFFFFFF, 0xFFFFFFFF], np.uint32))
        at = data.find(names[int(rng.integers(len(names)))]) if names else int(rng.integers(size))
        at = max(0, at + int(rng.choice([-4, 4, 8, 12])))
        out[at : at + 4] = struct.pack(">I", int(value))
    return bytes(out) or b"\0"


def oversized_h264(path: Path, side_px: int = 16_384) -> Path:
    """Rewrite the sequence parameter set of a raw baseline H.264 stream to state a huge picture.

    Rec. ITU-T H.264, 7.3.2.1.1: after three bytes come Exp-Golomb codes; for baseline profile the picture's width and
    height in macroblocks are the sixth or later of them.
    """
    data = path.read_bytes()
    start = next(at for at in range(len(data) - 4) if data[at : at + 3] == b"\0\0\1" and data[at + 3] & 31 == 7) + 4
    end = data.find(b"\0\0\1", start)
    end = end - 1 if data[end - 1] == 0 else end
    assert data[start] == 66, "not baseline"
    raw = data[start:end].replace(b"\0\0\3", b"\0\0")
    bits = "".join(f"{byte:08b}" for byte in raw)
    place = 24

    def golomb() -> int:
        nonlocal place
        zeros = bits.index("1", place) - place
        value = int(bits[place + zeros : place + 2 * zeros + 1], 2) - 1
        place += 2 * zeros + 1
        return value

    golomb()  # its number
    golomb()  # log2_max_frame_num
    order = golomb()  # pic_order_cnt_type
    assert order in (0, 2)
    if order == 0:
        golomb()
    golomb()  # reference frames
    place += 1
    kept, before = bits[:place], place
    golomb(), golomb()
    assert place > before
    wanted = (
        f"{side_px // 16:b}"  # the code of value v is v + 1 in binary, led by as many zeros as bits follow its first
    )
    code = "0" * (len(wanted) - 1) + wanted
    rest = bits[place:].rstrip("0")[:-1]  # without the stop bit
    joined = kept + code + code + rest + "1"
    joined += "0" * (-len(joined) % 8)
    body = bytes(int(joined[at : at + 8], 2) for at in range(0, len(joined), 8))
    for low in range(4):
        body = body.replace(b"\0\0" + bytes([low]), b"\0\0\3" + bytes([low]))
    path.write_bytes(data[:start] + body + data[end:])
    return path
