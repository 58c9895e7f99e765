"""Fusing ten findings over 40,000 places x 10,000 instants: time, memory, and the plain way beside it.

Run as ``python benchmarks/fusion.py``; its three joint findings take 5 GB in ``benchmarks/work/``, kept between runs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import os
import platform
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256
from witnessmark.fusion import Assessment, ClaimRegion, FusionSettings, fuse
from witnessmark.hypotheses import Alternative, Hypotheses, LogLikelihood, PlaceGrid, TimeAxis
from witnessmark.lines.contract import Finding, InputRef

HERE = Path(__file__).parent
ROWS, COLUMNS, INSTANTS = 200, 200, 10_000
LIMIT_S, LIMIT_BYTES = 30.0, 2 << 30
PLAIN_WEIGHTS = (1.0,) * 7 + (0.5, 0.5, 1.0)
"""Two joint findings share an input and weigh a half each."""

PLAIN_PLACES = 500
"""Places over which the plain way is run: its 500 x 10,000 float64 tables fit in memory beside one another."""


def space(n_rows: int, n_columns: int) -> Hypotheses:
    """A week by the minute over 200 m cells."""
    x_m, y_m = 200.0 * np.arange(n_columns, dtype=np.float64), 200.0 * np.arange(n_rows, dtype=np.float64)
    lon, lat = np.meshgrid(46.0 + x_m / 86_000.0, 39.5 + y_m / 111_000.0)
    grid = PlaceGrid(
        "+proj=laea +lat_0=39.5 +lon_0=46",
        200.0,
        x_m,
        y_m,
        lat.ravel(),
        lon.ravel(),
    )
    axis = TimeAxis(dt.datetime(2022, 9, 10, tzinfo=dt.UTC), 60.0, INSTANTS)
    alternatives = (Alternative("older-footage", "Older.", 0.1), Alternative("elsewhere", "Elsewhere.", 0.1))
    return Hypotheses(grid, axis, alternatives)


def joint_files(folder: Path) -> list[Path]:
    """Three full float32 tables, written once: smooth ridges in place and time with noise."""
    folder.mkdir(parents=True, exist_ok=True)
    n_places = ROWS * COLUMNS
    paths = [folder / f"joint-{number}.f32" for number in range(3)]
    for number, path in enumerate(paths):
        if path.exists() and path.stat().st_size == 4 * n_places * INSTANTS:
            continue
        rng = np.random.default_rng(number)
        noise = rng.normal(0.0, 0.3, INSTANTS).astype(np.float32)
        instants = np.arange(INSTANTS, dtype=np.float32)
        with path.open("wb") as file:
            for place in range(n_places):
                centre = 1000.0 * number + 0.15 * place
                file.write((-0.5 * ((instants - centre) / 700.0) ** 2 + np.roll(noise, place)).astype("<f4").tobytes())
    return paths


def findings(paths: Sequence[Path], n_places: int) -> list[tuple[str, Finding]]:
    """Three place-only, four time-only and three joint findings over the first places; one pair shares an input."""
    rng = np.random.default_rng(7)
    others = {"older-footage": -2.0, "elsewhere": -3.0}
    made: list[tuple[str, Finding]] = []
    for number in range(3):
        nats = rng.normal(0.0, 2.0, ROWS * COLUMNS)[:n_places]
        made.append((f"place-{number}", finding(LogLikelihood.of_places(nats, others), f"place {number}")))
    for number in range(4):
        nats = rng.normal(0.0, 2.0, INSTANTS)
        if number == 0:
            nats[9_000:] = -np.inf  # first known posting
        made.append(
            (f"time-{number}", finding(LogLikelihood.of_times(nats, others), f"time {number // 3}-{number % 3}"))
        )
    for number, path in enumerate(paths):
        table: NDArray[np.float32] = np.memmap(path, np.float32, "r", shape=(ROWS * COLUMNS, INSTANTS))[:n_places]
        part = "pictures" if number < 2 else "sound"
        made.append((f"joint-{number}", finding(LogLikelihood(table, others), part)))
    return made


def finding(likelihood: LogLikelihood, part: str) -> Finding:
    """A finding resting on one part of the item."""
    item = Sha256(bytes(32))
    return Finding("bench", "1", "made", item, (InputRef(item, part),), {}, 0, likelihood, 10.0, None, "Made.", ())


def claims(n_places: int) -> list[ClaimRegion]:
    """Five claims: two dates, a place, a place at a time, and older footage."""
    place, instant = np.arange(n_places), np.arange(INSTANTS)
    return [
        ClaimRegion("day-1", None, (instant >= 2880) & (instant < 4320)),
        ClaimRegion("day-2", None, (instant >= 4320) & (instant < 5760)),
        ClaimRegion("valley", place % COLUMNS < 60, None),
        ClaimRegion("pass-at-noon", place % COLUMNS > 150, (instant % 1440 > 660) & (instant % 1440 < 780)),
        ClaimRegion("older", None, None, frozenset({"older-footage"}), on_grid=False),
    ]


def plainly(
    given: Sequence[tuple[str, Finding]], over: Hypotheses, regions: Sequence[ClaimRegion], weights: Sequence[float]
) -> list[float]:
    """The plain way: float64 tables, every combination summed over the whole grid; log10 LRs of all findings."""
    prior = np.log(np.array([over.grid_prior / (over.shape[0] * over.shape[1])] + [a.prior for a in over.alternatives]))
    held, others = [], []
    for _, one in given:
        table = one.log_likelihood.values_nats.astype(np.float64)
        extra = np.array([one.log_likelihood.alternatives_nats[a.name] for a in over.alternatives])
        largest, eps = max(table.max(), extra.max()), math.exp(-one.cap_nats)
        weighed, beside = np.exp(table - largest), np.exp(extra - largest)
        mean = over.grid_prior * weighed.mean() + np.exp(prior[1:]) @ beside
        with np.errstate(divide="ignore"):
            held.append(np.log(np.where(weighed > 0.0, (1.0 - eps) * weighed + eps * mean, 0.0)))
            others.append(np.log((1.0 - eps) * beside + eps * mean))
    n = len(given)
    combinations = [list(weights)] + [[float(i == k) for i in range(n)] for k in range(n)]
    combinations += [[weights[i] * (i != k) for i in range(n)] for k in range(n)]
    names = [a.name for a in over.alternatives]
    results: list[float] = []
    for number, combination in enumerate(combinations):
        grid = np.full(over.shape, prior[0])
        extra = prior[1:].copy()
        for weight, table, other in zip(combination, held, others, strict=True):
            if weight:
                grid += weight * table
                extra += weight * other
        top = max(grid.max(), extra.max())
        mass, extra = np.exp(grid - top), np.exp(extra - top)
        mass.sum(axis=0), mass.sum(axis=1)
        for region in regions:
            inside = mass if region.place_mask is None else mass[region.place_mask]
            inside = inside if region.time_mask is None else inside[:, region.time_mask]
            named = np.array([name in region.alternatives for name in names])
            part = (inside.sum() if region.on_grid else 0.0) + extra[named].sum()
            before_grid = over.grid_prior if region.on_grid else 0.0
            before_grid *= 1.0 if region.place_mask is None else region.place_mask.mean()
            before_grid *= 1.0 if region.time_mask is None else region.time_mask.mean()
            before = before_grid + np.exp(prior[1:])[named].sum()
            odds = part / (mass.sum() + extra.sum() - part)
            if number == 0:
                results.append(math.log10(odds) - math.log10(before / (1.0 - before)))
    return results


def watched(work: Callable[[], Assessment | list[float]]) -> tuple[Assessment | list[float], float, int]:
    """Run, with the wall time [s] and the largest resident memory seen while it ran [bytes], mapped files included."""
    stop = threading.Event()
    largest = [0]

    def watch() -> None:
        page = resource.getpagesize()
        while not stop.wait(0.005):
            resident = int(Path("/proc/self/statm").read_text().split()[1]) * page
            largest[0] = max(largest[0], resident)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started = time.perf_counter()
    result = work()
    elapsed_s = time.perf_counter() - started
    stop.set()
    watcher.join()
    return result, elapsed_s, largest[0]


def child(what: str) -> dict[str, float]:
    """One measurement, in its own process; the kernel's high-water mark covers imports and set-up too."""
    over = space(1, PLAIN_PLACES) if what.endswith("small") else space(ROWS, COLUMNS)
    given, regions = findings(joint_files(HERE / "work"), over.shape[0]), claims(over.shape[0])
    before_s = time.process_time()
    if what.startswith("plain"):
        result, elapsed_s, resident = watched(lambda: plainly(given, over, regions, PLAIN_WEIGHTS))
    else:
        settings = FusionSettings(threads=1 if "one thread" in what else 0)
        result, elapsed_s, resident = watched(lambda: fuse(given, over, regions, settings=settings))
    ratios = result if isinstance(result, list) else [standing.log10_lr for standing in result.standings]
    peak = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    measures = {
        "elapsed_s": elapsed_s,
        "cpu_s": time.process_time() - before_s,
        "resident_bytes": float(resident),
        "peak_bytes": peak,
    }
    return {**measures, **{f"log10_lr_{number}": ratio for number, ratio in enumerate(ratios)}}


def measured(what: str) -> dict[str, float]:
    """A child's measurement."""
    done = subprocess.run([sys.executable, __file__, "--child", what], check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def row(name: str, places: int, measures: dict[str, float]) -> str:
    """A row of the table."""
    rate = places * INSTANTS / measures["elapsed_s"] / 1e6
    return (
        f"| {name} | {places:,} x {INSTANTS:,} | {measures['elapsed_s']:.1f} | {measures['cpu_s']:.1f} | {rate:.0f} "
        f"| {measures['resident_bytes'] / 2**30:.2f} | {measures['peak_bytes'] / 2**30:.2f} |"
    )


def main() -> int:
    """Measure, print and write the table; 1 when the promise is not kept."""
    joint_files(HERE / "work")
    load = os.getloadavg()[0]
    n_places, cores = ROWS * COLUMNS, len(os.sched_getaffinity(0))
    whole, single = measured("streamed"), measured("streamed, one thread")
    small, plain = measured("streamed small"), measured("plain small")
    apart = max(abs(small[key] - plain[key]) for key in plain if key.startswith("log10_lr"))
    kept = whole["elapsed_s"] < LIMIT_S and whole["peak_bytes"] < LIMIT_BYTES
    extrapolated_s = plain["elapsed_s"] * n_places / PLAIN_PLACES
    lines = [
        "# Fusing ten findings",
        "",
        "Three place-only, four time-only and three joint findings (full float32 tables, memory-mapped from disk, "
        f"{3 * 4 * n_places * INSTANTS / 2**30:.1f} GiB), two of which share an input; five claims; marginals, "
        "regions, each finding alone and each left out.",
        "",
        "| Way | Places x instants | Wall [s] | Processor [s] | 10^6 cells a second | Largest resident [GiB] "
        "| Peak of process [GiB] |",
        "|---|---|---|---|---|---|---|",
        row("`fuse`", n_places, whole),
        row("`fuse`, one thread", n_places, single),
        row(f"`fuse`, first {PLAIN_PLACES} places", PLAIN_PLACES, small),
        row(f"plain numpy in float64, first {PLAIN_PLACES} places", PLAIN_PLACES, plain),
        "",
        f"The plain way takes {extrapolated_s:.0f} s for all places if its time grows with their number (extrapolated, "
        f"not measured), and holds {10 * 8 * n_places * INSTANTS / 2**30:.0f} GiB of tables (computed). On the places "
        f"that both did, their log10 likelihood ratios differ by at most {apart:.1e}.",
        "",
        "Both memory columns are of a process of its own and count mapped pages of the files: sampled from "
        "/proc/self/statm every 5 ms while fusing, and the kernel's high-water mark of the whole process. "
        "The files may be in the system's page cache, which belongs to no process.",
        "",
        f"Promise: under {LIMIT_S:.0f} s and under {LIMIT_BYTES / 2**30:.0f} GiB: {'kept' if kept else 'NOT KEPT'}. "
        f"{cores} cores, {platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}. Load of the "
        f"machine (mean of a minute) before: {load:.1f}; after: {os.getloadavg()[0]:.1f}. A load above 0 before is "
        "others' work, which slows all rows. With the cores to itself the whole would take at least its processor "
        f"time over their number, {whole['cpu_s'] / cores:.1f} s (computed).",
        "",
    ]
    text = "\n".join(lines)
    print(text)
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "fusion.md").write_text(text, encoding="utf-8")
    return 0 if kept else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", help="one measurement, as JSON; used by the script itself")
    chosen = parser.parse_args().child
    if chosen:
        print(json.dumps(child(chosen)))
        sys.exit(0)
    sys.exit(main())
