"""Fixtures every room's tests may use: small clips made here, with nothing downloaded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from witnessmark.desk.case import Case, new_case
from witnessmark.plain import Plain

FILMED = dt.datetime(2031, 9, 13, 7, 30, tzinfo=dt.UTC)
SPACE: dict[str, Plain] = {
    "region_deg": [46.0, 39.8, 46.2, 40.0],
    "spacing_m": 1000.0,
    "from": "2031-09-12T00:00:00Z",
    "to": "2031-09-15T00:00:00Z",
    "step_s": 600.0,
}
CLAIMS = """\
format: witnessmark-claims/1
sources:
  - {id: north, name: Northern Administration, kind: government, party: North, reliability: C,
     reliability_reason: Speaks for one of the parties.}
  - {id: south, name: Southern Council, kind: government, party: South, reliability: C,
     reliability_reason: Speaks for one of the parties.}
claims:
  - id: north-1
    source: north
    statement: The clip was filmed on 13 September 2031.
    quote: {text: It was recorded on the 13th., document: statement.html, locator: paragraph 2}
    hedge: asserts
    said_at: {at: 2031-10-02T14:30:00+04:00, how_known: platform page}
    credibility: 3
    credibility_reason: Not yet compared with anything independent.
    about: {time: [{day: 2031-09-13, zone: +04:00}]}
  - id: south-1
    source: south
    statement: The clip is older.
    quote: {text: This is old., document: briefing.pdf, locator: page 1}
    hedge: asserts
    said_at: {at: 2031-10-03T10:00:00+04:00, how_known: platform page}
    credibility: 3
    credibility_reason: Not yet compared with anything independent.
    about: {alternatives: [older-footage]}
    contradicts: [north-1]
"""


def write_clip(
    path: Path, *, seconds: float = 2.0, cut_at_s: float | None = 1.0, created: dt.datetime | None = FILMED
) -> Path:
    """A 160 x 90 clip with sound, moving texture, one hard cut and, if given, a creation time."""
    rng = np.random.default_rng(7)
    textures = rng.integers(0, 255, (2, 12, 40, 3), dtype=np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    with av.open(str(path), "w") as container:
        if created is not None:
            container.metadata["creation_time"] = created.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        video.codec_context.thread_count = 1
        sound = container.add_stream("aac", rate=48000)
        sound.layout = "mono"
        for index in range(int(seconds * 25)):
            texture = textures[int(cut_at_s is not None and index >= cut_at_s * 25)]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(texture[:90, index : index + 160]), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        noise = (0.1 * rng.standard_normal(int(seconds * 48000))).astype(np.float32)
        for start in range(0, len(noise) - 1023, 1024):
            block = av.AudioFrame.from_ndarray(noise[None, start : start + 1024], format="fltp", layout="mono")
            block.sample_rate, block.pts = 48000, start
            container.mux(sound.encode(block))
        container.mux(sound.encode())
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small clip with one hard cut, sound and a creation time."""
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4")


@pytest.fixture
def claims_file(tmp_path: Path) -> Path:
    """Two parties' claims that contradict each other."""
    path = tmp_path / "claims.yaml"
    path.write_text(CLAIMS, encoding="utf-8")
    return path


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """An empty case with a region and a time axis."""
    opened = new_case(tmp_path / "case", "2031-17", "The ridge clip", operator="A. Author", settings={"space": SPACE})
    yield opened
    opened.close()
