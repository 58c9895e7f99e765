from __future__ import annotations

import io
import wave
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from witnessmark.custody.sniff import extension_disagrees, media_type

VIDEO = [
    ("mp4", "mpeg4", "video/mp4"),
    ("mov", "mpeg4", "video/quicktime"),
    ("matroska", "mpeg4", "video/matroska"),
    ("webm", "libvpx", "video/webm"),
    ("avi", "mpeg4", "video/x-msvideo"),
    ("mpegts", "mpeg2video", "video/mp2t"),
    ("mpeg", "mpeg1video", "video/mpeg"),
    ("flv", "flv", "video/x-flv"),
    ("3gp", "mpeg4", "video/3gpp"),
    ("asf", "mpeg4", "video/x-ms-asf"),
]
AUDIO = [
    ("flac", "flac", "audio/flac"),
    ("mp3", "libmp3lame", "audio/mpeg"),
    ("ogg", "libopus", "audio/ogg"),
    ("ipod", "aac", "audio/mp4"),
    ("adts", "aac", "audio/aac"),
]


@pytest.mark.parametrize(("container", "codec", "expected"), VIDEO)
def test_rendered_video_is_known_by_its_bytes(container: str, codec: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "clip"
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 176, 144, "yuv420p"
        for turn in range(5):
            image = np.full((144, 176, 3), turn * 40, np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        output.mux(stream.encode(None))
    assert media_type(path.read_bytes()[:4096]) == expected


@pytest.mark.parametrize(("container", "codec", "expected"), AUDIO)
def test_rendered_sound_is_known_by_its_bytes(container: str, codec: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "sound"
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=48000)
        assert isinstance(stream, av.AudioStream)
        samples = (np.sin(np.arange(44100) / 20)[None, :] * 9000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 48000
        frame.pts = 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    assert media_type(path.read_bytes()[:4096]) == expected


@pytest.mark.parametrize(
    ("extension", "expected"),
    [("jpg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp"), ("tiff", "image/tiff")],
)
def test_pictures_are_known_by_their_bytes(extension: str, expected: str) -> None:
    done, data = cv2.imencode(f".{extension}", np.zeros((8, 8, 3), np.uint8))
    assert done and media_type(data.tobytes()) == expected


def test_waves_documents_and_the_unknown() -> None:
    sound = io.BytesIO()
    with wave.open(sound, "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(2)
        output.setframerate(16000)
        output.writeframes(bytes(3200))
    assert media_type(sound.getvalue()) == "audio/wav"
    assert media_type(b"%PDF-1.7\n") == "application/pdf"
    for nothing in (b"", b"x", b"plain words", bytes(4096), b"\xff\xff\xff\xff"):
        assert media_type(nothing) == "application/octet-stream"


def test_a_name_that_promises_something_else_is_told() -> None:
    assert extension_disagrees("holiday.jpg", "video/mp4")
    assert extension_disagrees("clip.mp4", "application/octet-stream")
    assert not extension_disagrees("clip.MP4", "video/mp4")
    assert not extension_disagrees("clip.unheard-of", "video/mp4")
    assert not extension_disagrees("clip", "video/mp4")
