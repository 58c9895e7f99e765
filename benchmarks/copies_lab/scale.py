"""What a query costs as the index grows: filled with mutated and random codes, measured at several sizes.

Beside the search itself the whole command is measured, ``witnessmark copies query INDEX FILE --json``: starting the
program, fingerprinting the file, opening the index, searching. Larger indexes are filled with first tiers only, as
partners' bundles hold them, and asked with first tiers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from benchmarks.copies_lab.cost import used_s

from witnessmark.lines.copies.fingerprint import (
    Fingerprint,
    FrameCodes,
    LocalFeatures,
    SoundCodes,
    Thumbnails,
)
from witnessmark.lines.copies.search import search
from witnessmark.stores.fingerprints import open_library
from witnessmark.stores.fingerprints.contract import Entry

MINUTES_EACH = 5.0
BATCH = 24
FLIP_SHARES = (0.12, 0.25, 0.5)
"""Shares of the bits of each code that are turned: near copies of other frames, codes like real ones, random codes."""


@dataclass(frozen=True, slots=True)
class Point:
    """What queries cost at one size.

    Attributes
    ----------
    hours : float
        In the index.
    query_cpu_s : tuple of float
        Processor time of each query, all threads together.
    query_wall_s : tuple of float
    stored_mb : float
        On disk.
    false : int
        Queries for which a filler, which shows nothing of them, was called a copy at the threshold.
    filled_cpu_s : float
        To add what was added since the point before.
    whole_cpu_s, whole_wall_s, whole_mb : tuple of float
        Of the whole command for some of the files: processor time of all its processes, time by the clock, and the
        most memory one of them held, pages of the index that it read included.
    tier : int
        Highest tier in the index and of the queries.
    """

    hours: float
    query_cpu_s: tuple[float, ...]
    query_wall_s: tuple[float, ...]
    stored_mb: float
    false: int
    filled_cpu_s: float
    whole_cpu_s: tuple[float, ...] = ()
    whole_wall_s: tuple[float, ...] = ()
    whole_mb: tuple[float, ...] = ()
    tier: int = 3


def filler(bases: Sequence[Fingerprint], number: int, minutes: float = MINUTES_EACH) -> Fingerprint:
    """A recording of so many minutes whose codes are those of a real clip, shuffled in time and turned.

    The frames stand in a random order, so that no line of time can be drawn through what is left of the real clip;
    positions are shuffled too. Thumbnails keep their size and noise.
    """
    rng = np.random.default_rng([20260921, number])
    base = bases[int(rng.integers(len(bases)))]
    flip = float(rng.choice(FLIP_SHARES))
    duration_s = minutes * 60
    rate_hz = len(base.frames.times_s) / max(base.duration_s, 1e-3)
    rows = rng.integers(0, len(base.frames.times_s), max(1, round(duration_s * rate_hz)))
    frames = FrameCodes(
        _times(rows.size, duration_s), _turned(base.frames.codes[rows], flip, rng), base.frames.quality[rows]
    )
    return replace(
        base,
        duration_s=duration_s,
        frames=frames,
        sound=_sound(base.sound, duration_s, rng),
        features=None if base.features is None else _features(base.features, base.duration_s, duration_s, flip, rng),
        thumbnails=None if base.thumbnails is None else _thumbnails(base.thumbnails, base.duration_s, duration_s, rng),
    )


def _times(count: int, duration_s: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return (np.arange(count) * (duration_s / max(1, count))).astype(np.float32)


def _turned(
    codes: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], share: float, rng: np.random.Generator
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Codes with a share of their bits turned at random."""
    if share == 0.5:
        return np.asarray(rng.integers(0, 256, codes.shape, np.uint8))
    mask = rng.integers(0, 256, codes.shape, np.uint8) & rng.integers(0, 256, codes.shape, np.uint8)
    if share < 0.2:
        mask &= rng.integers(0, 256, codes.shape, np.uint8)
    return np.asarray(codes ^ mask, np.uint8)


def _sound(sound: SoundCodes | None, duration_s: float, rng: np.random.Generator) -> SoundCodes | None:
    if sound is None or not sound.codes.size:
        return sound
    count = round(duration_s / sound.step_s)
    return replace(sound, codes=rng.choice(sound.codes, count).astype(np.uint32))


def _features(
    features: LocalFeatures, base_s: float, duration_s: float, flip: float, rng: np.random.Generator
) -> LocalFeatures:
    first = features.first.astype(np.int64)
    held = first[1:] - first[:-1]
    chosen = rng.integers(0, held.size, max(1, round(held.size * duration_s / max(base_s, 1e-3))))
    counts = held[chosen]
    starts = np.cumsum(counts) - counts
    rows = np.repeat(first[chosen] - starts, counts) + np.arange(counts.sum())
    places = rng.permutation(rows.size)
    return LocalFeatures(
        times_s=_times(chosen.size, duration_s),
        first=np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32),
        codes=_turned(features.codes[rows], flip, rng),
        x=features.x[rows][places],
        y=features.y[rows][places],
        size=features.size[rows],
        angle=features.angle[rows],
    )


def _thumbnails(thumbnails: Thumbnails, base_s: float, duration_s: float, rng: np.random.Generator) -> Thumbnails:
    count = max(1, round(len(thumbnails.times_s) * duration_s / max(base_s, 1e-3)))
    rows = np.arange(count) % max(1, len(thumbnails.times_s))
    luma = 255 - thumbnails.luma[rows]
    return Thumbnails(_times(count, duration_s), np.roll(luma, int(rng.integers(1, 9)), axis=2))


def _batches(bases: Sequence[Fingerprint], first: int, end: int, minutes: float) -> Iterator[list[Entry]]:
    for start in range(first, end, BATCH):
        numbers = range(start, min(end, start + BATCH))
        yield [Entry(filler(bases, number, minutes), f"filler-{number}") for number in numbers]


def measure(
    folder: Path,
    references: Sequence[tuple[str, Fingerprint]],
    queries: Sequence[Fingerprint],
    hours: Sequence[float],
    copy_score: float,
    files: Sequence[Path] = (),
    tier: int = 3,
) -> list[Point]:
    """Fill an index in `folder` up to each of `hours` and ask all queries there.

    The references are in it too, so that queries have matches to prove, as they have in use.

    Parameters
    ----------
    folder : Path
        Removed before and after.
    references, queries
    hours : sequence of float
        Ascending.
    copy_score : float
    files : sequence of Path
        The whole command is asked about these.
    tier : int
        Highest tier kept; with the first alone, fillers are of an hour each.
    """
    shutil.rmtree(folder, ignore_errors=True)
    bases = [fingerprint.up_to(tier) for _, fingerprint in references]
    minutes = 60.0 if tier == 1 else MINUTES_EACH
    asked = [query.up_to(tier) for query in queries]
    points: list[Point] = []
    store = open_library(folder)
    try:
        store.add_many([Entry(base, name) for base, (name, _) in zip(bases, references, strict=True)])
        filled = 0
        for size in hours:
            before = used_s()
            for entries in _batches(bases, filled, round(size * 60 / minutes), minutes):
                store.add_many(entries)
            filled = round(size * 60 / minutes)
            added_s = used_s() - before
            cpu_s, wall_s, false = [], [], 0
            fillers = {one.id for one in store.recordings() if one.name.startswith("filler-")}
            with store.view() as view:
                search(asked[0], view)
                for query in asked:
                    started, clock = used_s(), time.perf_counter()
                    matches = search(query, view)
                    cpu_s.append(used_s() - started)
                    wall_s.append(time.perf_counter() - clock)
                    wrong = [one for one in matches if one.recording in fillers and one.relation == "copy"]
                    false += any(one.score >= copy_score for one in wrong)
            whole = [_whole(folder, path) for path in files]
            whole_cpu_s, whole_wall_s, whole_mb = (tuple(one[k] for one in whole) for k in range(3))
            stored_mb = store.stats().stored_bytes / 1e6
            costs = (added_s, whole_cpu_s, whole_wall_s, whole_mb)
            points.append(Point(size, tuple(cpu_s), tuple(wall_s), stored_mb, false, *costs, tier))
            print(f"  {size:g} h", flush=True)
    finally:
        store.close()
        shutil.rmtree(folder, ignore_errors=True)
    return points


def _whole(folder: Path, path: Path) -> tuple[float, float, float]:
    """Processor seconds, seconds by the clock and most memory [MB] of the whole command."""
    program = Path(sys.executable).with_name("witnessmark")
    clock = time.perf_counter()
    started = subprocess.Popen(
        [str(program), "copies", "query", str(folder), str(path), "--json"], stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode:
        raise SystemExit(f"{path.name}: the query ended with code {started.returncode}.")
    return used.ru_utime + used.ru_stime, time.perf_counter() - clock, used.ru_maxrss / 1e3


def growth(points: Sequence[Point], hours: float) -> tuple[float, float, float]:
    """A line through the medians: seconds at no hours, seconds an hour, seconds at `hours`."""
    sizes = np.array([point.hours for point in points])
    medians = np.array([np.median(point.query_cpu_s) for point in points])
    slope, start = np.polyfit(sizes, medians, 1) if len(points) > 1 else (0.0, float(medians[0]))
    return float(start), float(slope), float(start + slope * hours)
