"""Files that are damaged, lie, or are not what they seem: each gives a reason, in time, and leaves no trace."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.media.clips import mutated, oversized_h264, panned, scene, state_duration, write, write_sound

from witnessmark import media

LIMITS = media.Limits(cpu_s=20, wall_s=40, memory_bytes=2 << 30, max_pixels=4_000_000)


def refused(path: Path, words: str, stage: str | None = None) -> None:
    for found in (media.probe(path, LIMITS), media.survey(path, LIMITS), media.sound(path, LIMITS)):
        assert isinstance(found, media.Broken), found
        assert words in found.reason and found.do and (stage is None or found.stage == stage), found


def test_what_is_no_file(tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.mp4", panned([1], 3))
    (tmp_path / "link.mp4").symlink_to(clip)
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        refused(tmp_path / "s", "socket or device", "open")
    refused(tmp_path / "link.mp4", "symbolic link", "open")
    refused(tmp_path / "pipe.mp4", "named pipe", "open")
    refused(tmp_path / "empty.mp4", "empty", "open")
    refused(tmp_path / "folder.mp4", "a folder", "open")
    refused(tmp_path / "missing.mp4", "no file", "open")
    refused(Path(os.devnull), "device", "open")


def test_what_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("Witness statement, second page.\n" * 40)
    refused(path, "not a recording", "open")
    path.write_bytes(np.random.default_rng(1).bytes(60_000))
    found = media.survey(path, LIMITS)
    assert isinstance(found, media.Broken)
    path.write_bytes(b"\0")
    refused(path, "", "open")


PLAYLISTS: dict[str, Callable[[str], str]] = {
    "list.m3u8": lambda to: f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{to}\n#EXT-X-ENDLIST\n",
    "list.ffconcat": lambda to: f"ffconcat version 1.0\nfile '{to}'\n",
    "call.sdp": lambda to: "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
    "list.mpd": lambda to: (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
        f'<Representation id="1"><BaseURL>{to}</BaseURL></Representation></AdaptationSet></Period></MPD>'
    ),
}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_playlists_lead_nowhere(tmp_path: Path, name: str) -> None:
    clip = write(tmp_path / "clip.ts", panned([1], 10))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        for to in (str(clip), clip.name, f"http://127.0.0.1:{server.getsockname()[1]}/clip.ts", f"concat:{clip}"):
            path = tmp_path / name
            path.write_text(PLAYLISTS[name](to))
            found = media.survey(path, LIMITS)
            assert isinstance(found, media.Broken) and found.stage == "open"
        with contextlib.suppress(TimeoutError):
            server.accept()
            pytest.fail("a playlist made the decoder connect")


def test_external_reference_inside_a_container(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mov", panned([1], 10))
    other = write(tmp_path / "other.mov", panned([2], 10))
    data = path.read_bytes()
    entry = b"url " + struct.pack(">I", 1)  # "in this file"
    assert entry in data
    path.write_bytes(data.replace(entry, b"alis" + struct.pack(">I", 0)))
    found = media.survey(path, LIMITS)
    if isinstance(found, media.Survey):  # the reference is empty and not followed: only this file's pictures may come
        shown = media.survey(other, LIMITS)
        assert isinstance(shown, media.Survey)
        assert not set(found.frame_digest.tolist()) & set(shown.frame_digest.tolist())


def test_truncated_recording_keeps_its_beginning(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mkv", panned([1, 2], 30), sound="libopus")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    found = media.survey(path, LIMITS)
    assert isinstance(found, media.Survey) and 5 < len(found.pts_s) < 60
    index_first = write(tmp_path / "clip.mp4", panned([1, 2], 30))
    whole = index_first.read_bytes()
    index_first.write_bytes(whole[: len(whole) // 2])  # the index was at the end
    facts = media.probe(index_first, LIMITS)
    assert isinstance(facts, media.Broken) and facts.do


def test_ten_hours_stated_cost_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", panned([1, 2], 12), sound="aac")
    state_duration(path, 36_000)
    other = write(tmp_path / "clip.mkv", panned([1, 2], 12))
    data = other.read_bytes()
    at = data.index(b"\x44\x89\x88") + 3  # Matroska's Duration, a double of milliseconds
    other.write_bytes(data[:at] + struct.pack(">d", 3.6e7) + data[at + 8 :])
    facts = media.probe(other, LIMITS)
    assert isinstance(facts, media.Probe) and facts.duration_s == 36_000 and len(facts.packets_pts_s) == 24
    assert isinstance(media.survey(other, LIMITS), media.Survey)
    found, heard = media.survey(path, LIMITS), media.sound(path, LIMITS)
    assert isinstance(found, media.Survey) and len(found.pts_s) == 24 and len(found.stills) == 12
    assert isinstance(heard, media.Sound) and len(heard.samples) < 32_000


def test_sound_limit_is_said(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "tone.mkv", "pcm_s16le", 0.5)
    bounded = media.Limits(cpu_s=20, wall_s=40, max_sound_s=0.25)
    heard = media.sound(path, bounded)
    assert isinstance(heard, media.Sound) and len(heard.samples) == 4000
    assert heard.stopped is not None and heard.stopped.stage == "limits"


def test_oversized_pictures_are_refused_before_memory_is_taken(tmp_path: Path) -> None:
    png = bytearray(media.png_bytes(scene(1)[:, :160]))
    png[16:24] = struct.pack(">II", 16_384, 16_384)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    (tmp_path / "big.png").write_bytes(bytes(png))
    jpeg = write(tmp_path / "big.avi", panned([1], 3), codec="mjpeg", pixel_format="yuvj420p")
    data = bytearray(jpeg.read_bytes())
    at = data.find(b"\xff\xc0")
    while at > 0:
        data[at + 5 : at + 9] = struct.pack(">HH", 16_384, 16_384)
        at = data.find(b"\xff\xc0", at + 4)
    jpeg.write_bytes(bytes(data))
    stream = oversized_h264(write(tmp_path / "big.h264", panned([1], 5), options={"profile": "baseline"}))
    lean = media.Limits(cpu_s=20, wall_s=40, memory_bytes=700 << 20)  # 16384 x 16384 needs at least 400 MB a picture
    for path in (tmp_path / "big.png", jpeg, stream):
        found = media.survey(path, lean)
        broken = found.stopped if isinstance(found, media.Survey) else found
        assert broken is not None and broken.stage in ("limits", "decode", "open"), found
        assert isinstance(media.still_at(path, 0.0, lean), media.Broken)


def test_wrong_extension_is_no_matter(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mkv", panned([1], 6))
    wrong = path.rename(tmp_path / "clip.jpg")
    found = media.survey(wrong, LIMITS)
    assert isinstance(found, media.Survey) and len(found.pts_s) == 6 and found.stopped is None


def test_boxes_that_lie(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", panned([1], 6))
    whole = path.read_bytes()
    path.write_bytes(whole + struct.pack(">I4sQ", 1, b"free", 1 << 62))
    facts = media.probe(path, LIMITS)
    assert isinstance(facts, media.Probe) and any("goes on" in warning for warning in facts.warnings)
    path.write_bytes(whole + struct.pack(">I4s", 3, b"free"))
    facts = media.probe(path, LIMITS)
    assert isinstance(facts, media.Probe) and any("impossible size" in warning for warning in facts.warnings)
    path.write_bytes(whole + b"".join(struct.pack(">I4s", 8, b"free") for _ in range(5000)))
    facts = media.probe(path, LIMITS)
    assert isinstance(facts, media.Probe) and len(facts.boxes) == 4000


def test_metadata_cannot_speak_to_a_terminal(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mkv", panned([1], 4))
    data = path.read_bytes()
    assert b"Lavf" in data
    path.write_bytes(data.replace(b"Lavf", b"\x1b[2J"))
    facts = media.probe(path, LIMITS)
    assert isinstance(facts, media.Probe)
    told = [*facts.metadata.values(), *facts.encoder_traces]
    assert told and not any("\x1b" in text for text in told)


def test_decoders_stay_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "clip.mp4", panned([1], 20))
    data = bytearray(path.read_bytes())
    at = data.find(b"mdat") + 200
    data[at : at + 2000] = np.random.default_rng(5).bytes(2000)
    path.write_bytes(bytes(data))
    media.survey(path, LIMITS)
    media.probe(path, LIMITS)
    told = capfd.readouterr()
    assert told.out == told.err == ""


def test_frame_limit_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", panned([1], 20))
    found = media.survey(path, media.Limits(max_frames=7))
    assert isinstance(found, media.Survey) and len(found.pts_s) == 7
    assert found.stopped is not None and "7 pictures" in found.stopped.reason and found.stopped.frames_decoded == 7


def test_forty_mutations(tmp_path: Path) -> None:
    rng = np.random.default_rng(20220913)
    sources = [
        write(tmp_path / "a.mp4", panned([1, 2], 8), sound="aac").read_bytes(),
        write(tmp_path / "b.mkv", panned([3], 8), sound="libopus").read_bytes(),
        write(tmp_path / "c.avi", panned([4], 8), codec="mpeg4", sound="mp2").read_bytes(),
    ]
    folder = tmp_path / "in"
    folder.mkdir()
    before = sorted(tmp_path.rglob("*"))
    ends = set()
    for number in range(40):
        path = folder / "damaged"
        path.write_bytes(mutated(sources[number % 3], rng))
        found = media.survey(path, LIMITS) if number % 2 else media.probe(path, LIMITS)
        ends.add(type(found).__name__)
        path.unlink()
    assert ends >= {"Survey", "Probe", "Broken"}
    assert sorted(tmp_path.rglob("*")) == before
