"""Grey pictures at an even rate, handed over while decoding."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.conftest import write_clip
from tests.media import rogue

from witnessmark.media import Broken, Limits, Sampled, Sound, sample, sample_and_sound, sound
from witnessmark.media.launch import Call

Taken = list[tuple[float, NDArray[np.uint8]]]


def _sampled(path: Path, rate_hz: float, side_px: int = 64, limits: Limits | None = None) -> tuple[Sampled, Taken]:
    got: Taken = []
    found = sample(
        path, lambda at, luma: got.append((at, luma)), limits or Limits(), rate_hz=rate_hz, max_side_px=side_px
    )
    assert isinstance(found, Sampled)
    return found, got


def test_an_even_grid_of_upright_pictures(tmp_path: Path) -> None:
    """2 s at 25 frames a second, asked four a second."""
    found, got = _sampled(write_clip(tmp_path / "clip.mp4"), 4.0)
    assert [round(at, 3) for at, _ in got] == [0.0, 0.28, 0.52, 0.76, 1.0, 1.28, 1.52, 1.76]
    assert {luma.shape for _, luma in got} == {(36, 64)}
    assert (found.width_px, found.height_px, found.frames) == (160, 90, 50)
    assert found.last_s == pytest.approx(1.96)


def test_a_picture_that_stands_is_given_once(tmp_path: Path) -> None:
    """Variable rate: frames at 0, 0.1, 3 and 3.1 s."""
    path = tmp_path / "vfr.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number, at_ms in enumerate((0, 100, 3000, 3100)):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 40 * number, np.uint8), format="rgb24")
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    _, got = _sampled(path, 2.0)
    assert [round(at, 2) for at, _ in got] == [0.0, 3.0]


def test_limits_are_told(tmp_path: Path) -> None:
    """Past the limit of pictures the rest is missing, and said to be."""
    found, got = _sampled(write_clip(tmp_path / "clip.mp4"), 5.0, limits=Limits(max_frames=11))
    assert found.stopped is not None and found.stopped.stage == "limits"
    assert found.frames == 11 and len(got) == 3


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, float("nan"), float("inf")])
def test_no_rate_no_pictures(tmp_path: Path, rate_hz: float) -> None:
    """A rate that is none is refused with a sentence."""
    path = write_clip(tmp_path / "clip.mp4")
    assert isinstance(sample(path, lambda at, luma: None, rate_hz=rate_hz, max_side_px=64), Broken)


def test_no_pictures(tmp_path: Path) -> None:
    """Text is no recording."""
    (tmp_path / "a.mp4").write_text("not a recording")
    found = sample(tmp_path / "a.mp4", lambda at, luma: None, rate_hz=1.0, max_side_px=64)
    assert isinstance(found, Broken) and found.do


def _both(path: Path, limits: Limits | None = None) -> tuple[Sampled | Broken, Sound | Broken]:
    return sample_and_sound(path, lambda at, luma: None, limits or Limits(), rate_hz=2.0, max_side_px=64)


def test_pictures_and_sound_by_one_worker_are_those_of_two(tmp_path: Path) -> None:
    """Both are byte for byte what they are when asked for apart."""
    path = write_clip(tmp_path / "clip.mp4")
    got: Taken = []
    pictures, heard = sample_and_sound(path, lambda at, luma: got.append((at, luma)), rate_hz=4.0, max_side_px=64)
    alone, taken = _sampled(path, 4.0)
    assert pictures == alone
    assert [at for at, _ in got] == [at for at, _ in taken]
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(got, taken, strict=True))
    apart = sound(path)
    assert isinstance(heard, Sound) and isinstance(apart, Sound)
    assert np.array_equal(heard.samples, apart.samples) and heard.start_s == apart.start_s


def test_pictures_that_end_early_leave_the_sound(tmp_path: Path) -> None:
    """A limit on the pictures is told with them, and the sound is whole."""
    path = write_clip(tmp_path / "clip.mp4")
    pictures, heard = _both(path, Limits(max_frames=11))
    assert isinstance(pictures, Sampled) and pictures.stopped is not None and pictures.stopped.stage == "limits"
    assert isinstance(heard, Sound) and heard.stopped is None


def test_each_tells_why_it_is_not_there(tmp_path: Path) -> None:
    """Without sound the pictures are given; of what is no recording, neither."""
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode())
    pictures, heard = _both(path)
    assert isinstance(pictures, Sampled) and isinstance(heard, Broken) and "no sound" in heard.reason
    (tmp_path / "a.mp4").write_text("not a recording")
    assert all(isinstance(one, Broken) and one.do for one in _both(tmp_path / "a.mp4"))
    assert all(isinstance(one, Broken) for one in _both(tmp_path / "none.mp4"))


def test_a_worker_that_dies_over_the_pictures_does_not_take_the_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sound is then asked of a worker of its own."""
    path = write_clip(tmp_path / "clip.mp4")

    def call(fd: int, command: str, limits: Limits, numbers: Mapping[str, float], budget_bytes: int) -> Call:
        if command == "sound":
            return Call(fd, command, limits, numbers, budget_bytes)
        return Call(fd, "crash", limits, numbers, budget_bytes, module=(str(Path(rogue.__file__)),))

    monkeypatch.setattr("witnessmark.media.calls.Call", call)
    pictures, heard = _both(path)
    assert isinstance(pictures, Broken) and isinstance(heard, Sound)
