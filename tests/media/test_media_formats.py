"""Every usual container, and the facts, times and pictures that come out of it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.media.clips import RATE_HZ, panned, scene, write, write_sound

from witnessmark import media

KINDS: dict[str, dict[str, Any]] = {
    "clip.mp4": {"sound": "aac"},
    "clip.mov": {"sound": "aac"},
    "clip.mkv": {"sound": "libopus"},
    "clip.webm": {"codec": "libvpx-vp9", "sound": "libopus", "options": {"cpu-used": "8", "deadline": "realtime"}},
    "clip.avi": {"codec": "mpeg4", "sound": "mp2"},
    "clip.ts": {"sound": "aac"},
    "clip.3gp": {"sound": "aac"},
}


def surveyed(path: Path) -> media.Survey:
    found = media.survey(path)
    assert isinstance(found, media.Survey), found
    return found


def probed(path: Path) -> media.Probe:
    found = media.probe(path)
    assert isinstance(found, media.Probe), found
    return found


@pytest.mark.parametrize("name", KINDS)
def test_usual_containers(tmp_path: Path, name: str) -> None:
    pictures = panned([1, 2], 16)
    path = write(tmp_path / name, pictures, **KINDS[name])
    facts, found, heard = probed(path), surveyed(path), media.sound(path)
    assert len(facts.packets_pts_s) == len(found.pts_s) == 32
    assert not np.isnan(facts.packets_pts_s).any() or name.endswith("avi")
    assert np.allclose(np.diff(found.pts_s), 1 / RATE_HZ, atol=1.1e-3)
    assert found.stopped is None and (found.width_px, found.height_px) == (160, 90)
    assert len(found.shots_s) == 2 and abs(found.shots_s[1][0] - found.pts_s[16]) < 1e-9
    assert facts.packets_key[0] and facts.packets_size_bytes.sum() < facts.size_bytes == path.stat().st_size
    assert isinstance(heard, media.Sound) and heard.stopped is None
    assert abs(len(heard.samples) / heard.rate_hz - 32 / RATE_HZ) < 0.15
    assert facts.sound_packets > 0 and facts.sound_end_s is not None
    loudest = np.abs(np.fft.rfft(heard.samples[2000:18000])).argmax() * heard.rate_hz / 16000
    assert abs(loudest - 440) < 2 and 0.4 < np.abs(heard.samples[2000:16000]).max() < 0.6


def test_boxes_and_traces(tmp_path: Path) -> None:
    facts = probed(write(tmp_path / "clip.mp4", panned([1], 10)))
    top = [box for box in facts.boxes if box.depth == 0]
    assert [box.kind for box in top][:1] == ["ftyp"] and {"moov", "mdat"} <= {box.kind for box in top}
    assert sum(box.size_bytes for box in top) == facts.size_bytes and "trak" in {box.kind for box in facts.boxes}
    assert any(trace.startswith("x264 - core") for trace in facts.encoder_traces)
    assert any(trace.startswith("Lavf") for trace in facts.encoder_traces)
    video = facts.streams[0]
    assert (video.kind, video.codec, video.width_px, video.height_px) == ("video", "h264", 160, 90)
    assert video.mean_rate_hz == RATE_HZ and video.frames_stated == 10 and facts.warnings == ()


def test_variable_frame_rate_is_kept(tmp_path: Path) -> None:
    ticks = np.cumsum(np.random.default_rng(3).integers(11, 130, 40)).tolist()
    path = write(tmp_path / "clip.mp4", panned([4], 40), ticks=ticks, options={"bf": "2"})
    found = surveyed(path)
    assert np.allclose(np.diff(found.pts_s), np.diff(ticks) / 1000, atol=1e-6)
    assert sorted(probed(path).packets_pts_s.tolist()) == found.pts_s.tolist()
    for index in (0, 7, 23, 39):
        still = media.still_at(path, float(found.pts_s[index]))
        assert isinstance(still, media.Still), still
        assert (still.frame_index, still.pts_s) == (index, found.pts_s[index])
    between = media.still_at(path, float(found.pts_s[7:9].mean()))
    assert isinstance(between, media.Still) and between.frame_index == 7


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotation_is_applied(tmp_path: Path, rotation: int) -> None:
    upright = np.full((96, 160, 3), 60, np.uint8)
    upright[:48, :80] = (230, 40, 40)  # top left is red, whichever way it is stored
    stored = np.ascontiguousarray(np.rot90(upright, rotation // 90))
    path = write(tmp_path / "clip.mp4", [stored] * 5, rotation_deg=rotation)
    still, found = media.still_at(path, 0.08), surveyed(path)
    assert isinstance(still, media.Still)
    assert still.rgb.shape == upright.shape and (found.width_px, found.height_px) == (160, 96)
    assert np.abs(still.rgb.astype(int) - upright).mean() < 6
    assert all(each.rgb.shape == (96, 160, 3) for each in found.stills)
    assert probed(path).streams[0].rotation_deg == rotation


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_mirror_is_applied(tmp_path: Path, rotation: int) -> None:
    """The matrix as ISO/IEC 14496-12 defines it, worked out here pixel by pixel."""
    stored = np.full((96, 96, 3), 60, np.uint8)
    stored[:48, :48] = (230, 40, 40)
    stored[:24, 48:] = (40, 40, 230)
    path = write(tmp_path / "clip.mp4", [stored] * 3, rotation_deg=rotation, mirrored=True)
    data = path.read_bytes()
    a, b, _, c, d = struct.unpack_from(">5i", data, data.index(b"tkhd") + 4 + 40)
    expected = np.empty_like(stored)
    for y in range(96):
        for x in range(96):
            to_x, to_y = (a * x + c * y) >> 16, (b * x + d * y) >> 16
            expected[to_y + 95 * (b + d < 0), to_x + 95 * (a + c < 0)] = stored[y, x]
    still = media.still_at(path, 0.0)
    assert isinstance(still, media.Still) and np.abs(still.rgb.astype(int) - expected).mean() < 6


def test_times_that_are_not_stated_are_estimated(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.avi", panned([1], 20), codec="libx264", options={"bf": "2"})
    facts, found = probed(path), surveyed(path)
    assert np.isnan(facts.packets_pts_s).any() and any("no presentation time" in words for words in facts.warnings)
    assert len(found.pts_s) == 20 and (np.diff(found.pts_s) > 0).all()
    at = media.still_at(path, float(found.pts_s[9]))
    assert isinstance(at, media.Still) and at.frame_index == 9 and at.pts_s == found.pts_s[9]


def test_interlaced(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.ts", panned([1, 2], 12), codec="mpeg2video", options={"flags": "+ildct+ilme"})
    assert len(surveyed(path).pts_s) == 24


def test_still_shows_what_was_filmed(tmp_path: Path) -> None:
    pictures = panned([5], 30, step=6)
    path = write(tmp_path / "clip.mp4", pictures, options={"crf": "12"})
    for index in (0, 11, 29):
        still = media.still_at(path, index / RATE_HZ)
        assert isinstance(still, media.Still) and still.frame_index == index
        errors = [np.abs(still.rgb.astype(int) - picture).mean() for picture in pictures[max(0, index - 2) : index + 3]]
        assert int(np.argmin(errors)) == min(index, 2)
    small = media.still_at(path, 0.4, max_side_px=64)
    assert isinstance(small, media.Still) and small.rgb.shape == (36, 64, 3)
    late = media.still_at(path, 60.0)
    assert isinstance(late, media.Broken) and "1.160 s" in late.reason
    never = media.still_at(path, float("nan"))
    assert isinstance(never, media.Broken)


def test_exact_repeats_share_a_digest(tmp_path: Path) -> None:
    moving = panned([6], 20, step=5)
    pictures = moving[:10] + [moving[9]] * 10 + moving[10:]
    found = surveyed(write(tmp_path / "clip.mkv", pictures, codec="ffv1", pixel_format="yuv420p"))
    repeats = np.flatnonzero(found.frame_digest[1:] == found.frame_digest[:-1]) + 1
    assert repeats.tolist() == list(range(10, 20)) and len(set(found.frame_digest.tolist())) == 20
    assert (found.luma_change[repeats] == 0).all() and found.luma_change[0] == 0
    assert (found.luma_change[1:10] > 0).all() and len(found.shots_s) == 1


@pytest.mark.parametrize("pixel_format", ["yuv422p", "yuv444p", "yuv420p10le", "gray", "rgb24", "bgr0"])
def test_pixel_formats(tmp_path: Path, pixel_format: str) -> None:
    codec = "png" if pixel_format == "rgb24" else "ffv1"
    path = write(
        tmp_path / ("clip.mov" if codec == "png" else "clip.mkv"),
        panned([1, 2], 12),
        codec=codec,
        pixel_format=pixel_format,
    )
    found = surveyed(path)
    plain = surveyed(write(tmp_path / "plain.mkv", panned([1, 2], 12), codec="ffv1"))
    assert np.abs(found.luma_mean - plain.luma_mean).max() < 3
    assert len(set(found.frame_digest.tolist())) == 24 and len(found.shots_s) == 2


def test_no_sound_no_pictures_and_a_single_picture(tmp_path: Path) -> None:
    silent = write(tmp_path / "silent.mp4", panned([1], 5))
    assert isinstance(media.sound(silent), media.Broken)
    tone = write_sound(tmp_path / "tone.wav")
    nothing = media.survey(tone)
    assert isinstance(nothing, media.Broken) and nothing.stage == "probe" and "no pictures" in nothing.reason
    facts, heard = probed(tone), media.sound(tone)
    assert isinstance(heard, media.Sound) and len(heard.samples) == 16_000 and facts.packets_pts_s.size == 0
    one = surveyed(write(tmp_path / "one.mp4", panned([1], 1)))
    assert len(one.pts_s) == 1 and len(one.shots_s) == len(one.stills) == 1
    picture = tmp_path / "picture.png"
    picture.write_bytes(media.png_bytes(scene(1)[:, :160]))
    still = surveyed(picture)
    assert len(still.pts_s) == 1 and np.array_equal(still.stills[0].rgb, scene(1)[:, :160])


def test_sound_starting_late_keeps_its_place(tmp_path: Path) -> None:
    import av

    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=48_000, layout="mono")
        for start in [*range(24_000, 48_000, 1000), *range(96_000, 120_000, 1000)]:
            block = av.AudioFrame.from_ndarray(np.full((1, 1000), 9000, np.int16), format="s16", layout="mono")
            block.sample_rate, block.pts = 48_000, start
            out.mux(stream.encode(block))
        out.mux(stream.encode(None))
    heard = media.sound(path)
    assert isinstance(heard, media.Sound) and heard.start_s == pytest.approx(0.5, abs=0.002)
    assert len(heard.samples) / heard.rate_hz == pytest.approx(2.0, abs=0.01)
    assert np.abs(heard.samples[9_000:23_000]).max() == 0 and heard.warnings and "silence" in heard.warnings[0]


def test_progress_and_reproducible(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", panned([1, 2, 3], 20), sound="aac")
    told: list[float] = []
    one, other = media.survey(path, progress=lambda done, what: told.append(done)), surveyed(path)
    assert isinstance(one, media.Survey) and told[-1] == 1.0 and told == sorted(told)
    assert one.frame_digest.tolist() == other.frame_digest.tolist()
    assert one.cut_scores.tobytes() == other.cut_scores.tobytes() and one.shots_s == other.shots_s
    assert media.contact_sheet(one, probed(path), "WM-0001") == media.contact_sheet(other, probed(path), "WM-0001")
