"""Grey pictures at an even rate, handed over while decoding."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.conftest import write_clip

from witnessmark.media import Broken, Limits, Sampled, sample

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
