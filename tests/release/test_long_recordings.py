"""A recording of hours is read to its end in the memory of a short one, and what was not read of its sound is said."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

HOURS = 2.25
"""Longer than sound is read for. Ten hours were taken in by hand: docs/fingerprints.md has what that took."""

STEP_S = 4

_FINGERPRINT = """
import json, resource, sys
from witnessmark.lines.copies.fingerprinting import fingerprint_of
made = fingerprint_of(sys.argv[1])
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1e3
sound = made.sound
print(json.dumps([made.duration_s, len(made.frames.codes), len(made.thumbnails.times_s),
                  len(sound.codes) * sound.step_s, made.stopped or "", peak]))
"""


def long_recording(path: Path, hours: float) -> Path:
    """A camera that pans over a small texture, a picture every four seconds, with tones that change."""
    ground = np.random.default_rng(3).integers(0, 255, (6, 400), dtype=np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=1, options={"crf": "38", "preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.thread_count = 1
        sound = container.add_stream("aac", rate=8000)
        sound.layout, sound.bit_rate = "mono", 12_000
        at = np.arange(8000, dtype=np.float32) / 8000
        for second in range(round(hours * 3600)):
            if second % STEP_S == 0:
                left = second * 5 % 3100
                view = np.repeat(ground[:48, left : left + 64, None], 3, axis=2)
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(view), format="rgb24")
                frame.pts, frame.time_base = second, Fraction(1, 1)
                container.mux(video.encode(frame))
            tone = (0.3 * np.sin(2 * np.pi * (300 + 37 * (second % 29)) * at)).astype(np.float32)
            block = av.AudioFrame.from_ndarray(tone[None], format="fltp", layout="mono")
            block.sample_rate, block.pts = 8000, second * 8000
            container.mux(sound.encode(block))
        container.mux(video.encode())
        container.mux(sound.encode())
    return path


def fingerprinted(path: Path) -> tuple[float, int, int, float, str, float]:
    """Length [s], frame codes, thumbnails, seconds of sound, why it stopped, and peak memory [MB]."""
    command = [sys.executable, "-c", _FINGERPRINT, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1200)
    duration_s, codes, thumbnails, sound_s, stopped, peak_mb = json.loads(done.stdout)
    return duration_s, codes, thumbnails, sound_s, stopped, peak_mb


@pytest.mark.timeout(1800)
def test_hours_are_read_in_bounded_memory_and_what_was_not_is_said(tmp_path: Path) -> None:
    short = fingerprinted(long_recording(tmp_path / "short.mp4", 0.1))
    assert short[4] == ""
    duration_s, codes, thumbnails, sound_s, stopped, peak_mb = fingerprinted(
        long_recording(tmp_path / "long.mp4", HOURS)
    )
    assert abs(duration_s - HOURS * 3600) < 2 * STEP_S and codes > 0.95 * HOURS * 3600 / STEP_S and thumbnails >= codes
    assert abs(sound_s - 7200) < 10 and "sound" in stopped
    assert short[5] < 300 and peak_mb < 1200, "two hours of sound, held twice, and the fingerprint; never the pictures"
