"""Five hundred and more seeded mutations of rendered recordings, and of real ones where a folder of them is at hand.

Each is probed, surveyed and heard under tight limits. None may crash the parent, outlast its limit, or leave a file.
Set ``WITNESSMARK_CLIPS`` to a folder of recordings to add theirs.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.media.clips import mutated, panned, write

from witnessmark import media

MUTATIONS = 540
REAL_MUTATIONS = 120
REAL_BYTES_MAX = 1_500_000
LIMITS = media.Limits(cpu_s=10, wall_s=40, memory_bytes=1 << 30, max_pixels=2_000_000, max_frames=400, max_sound_s=30.0)
CALLS = (media.probe, media.survey, media.sound)
SLACK_S = 5.0


def rendered(folder: Path) -> list[bytes]:
    """One small recording of each usual container."""
    pictures = panned([1, 2], 10)
    made = [
        write(folder / "a.mp4", pictures, sound="aac"),
        write(folder / "b.mov", pictures, codec="mjpeg", pixel_format="yuvj420p", sound="pcm_s16le"),
        write(folder / "c.mkv", pictures, sound="libopus"),
        write(folder / "d.webm", pictures, codec="libvpx-vp9", options={"deadline": "realtime", "cpu-used": "8"}),
        write(folder / "e.avi", pictures, codec="mpeg4", sound="mp2"),
        write(folder / "f.ts", pictures, sound="aac"),
        write(folder / "g.flv", pictures, sound="aac"),
        write(folder / "h.mp4", pictures, codec="libx265", options={"x265-params": "log-level=none:pools=none"}),
        write(folder / "i.h264", pictures),
    ]
    return [path.read_bytes() for path in made]


def examined(folder: Path, sources: list[bytes], count: int, seed: int) -> Counter[str]:
    """Mutate, examine two at a time, and count how it ended."""
    rng = np.random.default_rng(seed)
    damaged = [mutated(sources[number % len(sources)], rng) for number in range(count)]

    def examine(number: int) -> str:
        path = folder / f"{number}.bin"
        path.write_bytes(damaged[number])
        begun = time.monotonic()
        found = CALLS[number // len(sources) % len(CALLS)](path, LIMITS)
        took_s = time.monotonic() - begun
        path.unlink()
        assert took_s < LIMITS.wall_s + SLACK_S, f"mutation {number} of seed {seed} took {took_s:.1f} s"
        if isinstance(found, media.Broken):
            assert found.reason and found.do and found.stage, number
            return f"Broken at {found.stage}"
        stopped = getattr(found, "stopped", None)
        return f"{type(found).__name__}{' that ended early' if stopped is not None else ''}"

    with ThreadPoolExecutor(2) as pool:
        return Counter(pool.map(examine, range(count)))


@pytest.mark.timeout(3600)
def test_mutations_of_rendered_recordings(tmp_path: Path) -> None:
    sources = rendered(tmp_path)
    folder = tmp_path / "in"
    folder.mkdir()
    before = sorted(tmp_path.rglob("*"))
    ends = examined(folder, sources, MUTATIONS, 20220913)
    print(dict(ends))
    assert sum(ends.values()) == MUTATIONS and len(ends) >= 4
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.timeout(3600)
def test_mutations_of_real_recordings(tmp_path: Path) -> None:
    named = os.environ.get("WITNESSMARK_CLIPS")
    if not named:
        pytest.skip("WITNESSMARK_CLIPS names no folder")
    sources = [path.read_bytes() for path in sorted(Path(named).glob("*.m*")) if path.suffix in (".mp4", ".mkv")]
    ends = examined(tmp_path, [data[:REAL_BYTES_MAX] for data in sources] + sources, REAL_MUTATIONS, 7)
    print(dict(ends))
    assert sum(ends.values()) == REAL_MUTATIONS and not list(tmp_path.iterdir())
