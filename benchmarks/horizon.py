"""Horizons of whole models: Witnessmark's hull sweep against topocalc and against marching rays, in one run.

All sides compute the same bearings of the same models on one thread; rates are per second of processor time, from
alternating rounds. Topocalc (Dozier's horizon in C) is built in an environment of its own under benchmarks/work, as it
needs numpy below 2; where it cannot be built, its rows say so. Agreement is with a march ten times finer.
"""

from __future__ import annotations

import os

os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import rasterio
from numpy.typing import NDArray

from witnessmark.lines.providers.elevation import FolderElevation
from witnessmark.lines.terrain.ground import Ground, Window, lay_out
from witnessmark.lines.terrain.horizon import View, profile, sweep
from witnessmark.lines.terrain.march import Marcher
from witnessmark.lines.terrain.profiles import bytes_needed

HERE = Path(__file__).resolve().parent
WORK = HERE / "work"
REAL = HERE.parent.parent / "shared" / "data" / "dem"
CRS = "+proj=tmerc +lat_0=46.5 +lon_0=8.5 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
BEARINGS_DEG = np.asarray(np.arange(5.0, 360.0, 22.5))
LEVEL = View(0.0, 1.0 - 1e-9)
"""Eye on the ground of a level earth, as topocalc has it."""
ROUNDS, PLACES = 3, 60
FLOOR, TARGET = 15.0, 25.0

Floats = NDArray[np.float64]

PEER = """
import json, sys, time
import numpy as np
from topocalc.horizon import horizon
height = np.load(sys.argv[1]).astype(np.double)
spacing_m, bearings = float(sys.argv[2]), json.loads(sys.argv[3])
horizon(0.0, height[:40, :40].copy(), spacing_m)
seconds, result = [], []
for bearing in bearings:
    began = time.process_time()
    found = horizon(bearing, height, spacing_m)
    seconds.append(time.process_time() - began)
    result.append(found)
np.save(sys.argv[4], np.array(result))
print(json.dumps(seconds))
"""


@dataclass(frozen=True, slots=True)
class Rates:
    """Horizons a second of processor time of each side on one model, a value a round; topocalc's may be missing."""

    model: str
    ground: Ground
    ours: list[float]
    topocalc: list[float]
    apart_deg: Floats | None


def fractal(rows: int, columns: int, spacing_m: float, seed: int) -> NDArray[np.float32]:
    """Mountains with a falling spectrum, from a seed: 2 000 m of relief."""
    rng = np.random.default_rng(seed)
    side = max(rows, columns)
    wave = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    wave[0, 0] = np.inf
    bend = 1.0 / (8_000.0 / spacing_m)
    spectrum = (bend**2 + wave**2) ** -1.15 * np.exp(2j * np.pi * rng.random(wave.shape))
    height = np.fft.irfft2(spectrum, s=(side, side))[:rows, :columns]
    height = (height - height.min()) / (height.max() - height.min())
    return np.asarray(200.0 + 2000.0 * height, np.float32)


def bare(height_m: NDArray[np.float32], spacing_m: float) -> Ground:
    """A ground that is all region."""
    held = np.ascontiguousarray(height_m, np.float32)
    return Ground(CRS, spacing_m, 0.0, 0.0, held, np.zeros(held.shape, bool), Window(0, 0, *held.shape), 46.5, 8.5)


def models() -> dict[str, Ground]:
    """One model made here, one that matplotlib ships, and two real ones where they are at hand."""
    found = {"made mountains, 30 m": bare(fractal(900, 900, 30.0, 7), 30.0)}
    folder = WORK / "jacksboro"
    folder.mkdir(parents=True, exist_ok=True)
    sample = Path(matplotlib.get_data_path()) / "sample_data" / "jacksboro_fault_dem.npz"
    (folder / sample.name).write_bytes(sample.read_bytes())
    hills = lay_out(FolderElevation(folder), (-84.37, 36.21, -84.12, 36.39), 40.0, halo_m=0.0)
    found["Appalachian hills (matplotlib's sample), 40 m"] = bare(hills.height_m, 40.0)
    for name, region, spacing_m in (
        ("srtm3_N46E008_swiss_alps", (8.15, 46.15, 8.85, 46.85), 90.0),
        ("srtm1_bigtujunga_san_gabriel", (-118.29, 34.25, -118.0, 34.39), 30.0),
    ):
        if (REAL / f"{name}.tif").exists():
            folder = WORK / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.tif").write_bytes((REAL / f"{name}.tif").read_bytes())
            held = lay_out(FolderElevation(folder), region, spacing_m, halo_m=0.0)
            found[f"{name}, {spacing_m:g} m"] = bare(held.height_m, spacing_m)
    return found


def peer_python() -> Path | str:
    """The interpreter that has topocalc, or why there is none."""
    folder = WORK / "topocalc"
    python = folder / "bin" / "python"
    has = [str(python), "-c", "import topocalc.horizon"]
    if python.exists() and subprocess.run(has, capture_output=True).returncode == 0:
        return python
    venv.create(folder, with_pip=True, clear=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for step in (["setuptools<70", "cython", "numpy<2", "wheel"], ["--no-build-isolation", "topocalc"]):
        done = subprocess.run([*install, *step], capture_output=True, text=True)
        if done.returncode != 0:
            return f"topocalc could not be built here: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}"
    return python


def rates(
    model: str, ground: Ground, python: Path | str, azimuth_deg: Floats = BEARINGS_DEG, rounds: int = ROUNDS
) -> Rates:
    """Alternating rounds of both sides."""
    size = ground.height_m.size * len(azimuth_deg)
    sweep(ground, azimuth_deg[:4], view=LEVEL)
    path, out = WORK / "model.npy", WORK / "topocalc.npy"
    np.save(path, ground.height_m[::-1])
    ours: list[float] = []
    theirs: list[float] = []
    apart: Floats | None = None
    for _ in range(rounds):
        began = time.process_time()
        swept = sweep(ground, azimuth_deg, view=LEVEL)
        ours.append(size / (time.process_time() - began))
        if isinstance(python, str):
            continue
        # Topocalc counts from south, east positive.
        bearings = json.dumps([float((360.0 - b) % 360.0 - 180.0) for b in azimuth_deg])
        command = [str(python), "-c", PEER, str(path), str(ground.spacing_m), bearings, str(out)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        theirs.append(size / sum(json.loads(done.stdout)))
        found = np.degrees(np.arcsin(np.clip(np.load(out)[:, ::-1], -1.0, 1.0)))
        edge = np.s_[:, 20:-20, 20:-20]
        # It knows no horizon below the level.
        apart = np.abs(np.maximum(np.degrees(np.arctan(swept.tangent[edge])), 0.0) - found[edge]).ravel()
    return Rates(model, ground, ours, theirs, None if apart is None else apart[np.isfinite(apart)])


def march_rates(ground: Ground) -> tuple[float, float]:
    """Horizons a second of the march that skips blocks, and of one that asks every sample."""
    x, y = places(ground)
    found = []
    for plain in (False, True):
        marcher = Marcher(ground, inner=0)
        if plain:
            marcher.forget_blocks()
        marcher.skyline(float(x[0]), float(y[0]), BEARINGS_DEG)
        n = PLACES // 6 if plain else PLACES
        began = time.process_time()
        for k in range(n):
            marcher.skyline(float(x[k]), float(y[k]), BEARINGS_DEG)
        found.append(n * len(BEARINGS_DEG) / (time.process_time() - began))
    return found[0], found[1]


def places(ground: Ground) -> tuple[Floats, Floats]:
    """Posts in the middle of a ground, from a seed."""
    rng = np.random.default_rng(11)
    rows, columns = ground.height_m.shape
    row, column = (rng.integers(n // 5, 4 * n // 5, PLACES) for n in (rows, columns))
    x, y = column * ground.spacing_m + ground.west_m, row * ground.spacing_m + ground.south_m
    return np.asarray(x, np.float64), np.asarray(y, np.float64)


def agreement(ground: Ground) -> list[str]:
    """How far sweep and march are from a march ten times finer, by the distance of the ridge."""
    azimuth = np.arange(0.0, 360.0, 2.0)
    swept = sweep(ground, azimuth)
    fine, usual = Marcher(ground, step_cells=0.05, inner=0), Marcher(ground, inner=0)
    parts: list[Floats] = []
    for x, y in zip(*places(ground), strict=True):
        turn = float(ground.convergence_deg(np.array([x]), np.array([y]))[0])
        best, marched = (one.skyline(float(x), float(y), azimuth + turn) for one in (fine, usual))
        row, column = round((y - ground.south_m) / ground.spacing_m), round((x - ground.west_m) / ground.spacing_m)
        angles = [np.degrees(np.arctan(one)) for one in (best.tangent, marched.tangent, swept.tangent[:, row, column])]
        parts.append(np.stack([best.range_m / ground.spacing_m, *angles], axis=1))
    table = np.concatenate(parts)
    lines = []
    for low, high in ((0.0, 5.0), (5.0, 20.0), (20.0, 80.0), (80.0, np.inf)):
        some = table[(table[:, 0] >= low) & (table[:, 0] < high)]
        cells = []
        for column in (3, 2):
            off = some[:, column] - some[:, 1]
            p50, p90, p99 = np.nanpercentile(np.abs(off), [50, 90, 99])
            cells.append(f"{p50:.3f} | {p90:.3f} | {p99:.2f} | {np.nanmean(off):+.3f}")
        span = f"{low:g}-{high:g}" if np.isfinite(high) else f"from {low:g}"
        lines.append(f"| {span} | {len(some):,} | {cells[0]} | {cells[1]} |")
    return lines


def wide_tile() -> Path:
    """The made mountains as a tiled GeoTIFF of 2 arc seconds in a folder of its own, 1.7 x 1.2 degrees."""
    folder = WORK / "wide"
    path = folder / "wide.tif"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        step, height_m = 1.0 / 1800.0, fractal(2160, 3060, 50.0, 5)
        about = {"driver": "GTiff", "height": 2160, "width": 3060, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
        place = rasterio.Affine(step, 0.0, 7.65, 0.0, -step, 47.1)
        with rasterio.open(path, "w", transform=place, tiled=True, compress="deflate", **about) as dataset:
            dataset.write(height_m, 1)
    return folder


def region_cost() -> list[str]:
    """What 1,000 square kilometres at 100 m with a halo of 40 km cost to lay out and to sweep."""
    provider = FolderElevation(wide_tile())
    began, wall = time.process_time(), time.perf_counter()
    ground = lay_out(provider, (8.294, 46.358, 8.706, 46.642), 100.0, halo_m=40_000.0)
    laid_s = time.process_time() - began
    began = time.process_time()
    found = profile(ground, 720)
    swept_s = time.process_time() - began
    wall_s = time.perf_counter() - wall
    area_km2 = ground.region.rows * ground.region.columns * 0.01
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    rows, columns = ground.height_m.shape
    room = bytes_needed(found.n_places)
    return [
        f"A region of {area_km2:.0f} km2 at 100 m: {found.n_places:,} places, 720 bearings, a ground of {columns} x"
        f" {rows} posts with its halo of 40 km. Read from a tiled GeoTIFF and laid out in {laid_s:.1f} s, swept and"
        f" packed in {swept_s:.1f} s of processor time on one thread ({wall_s:.1f} s on the clock). Packed horizons"
        f" take {room / 2**20:.0f} MiB, {room / area_km2 / 1e6:.2f} MB/km2. Largest memory of this process until here:"
        f" {peak:.2f} GiB.",
        "",
        f"That is {area_km2 / (laid_s + swept_s):.0f} km2 a second of processor time, before any matching.",
    ]


def main(argv: list[str] | None = None) -> int:
    """Measure, print and write the table; 1 when the sweep is not 15 times topocalc."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-topocalc", action="store_true", help="leave the peer out")
    options = parser.parse_args(argv)
    WORK.mkdir(parents=True, exist_ok=True)
    load = os.getloadavg()[0]
    python = "left out" if options.without_topocalc else peer_python()
    cost = region_cost()
    found = [rates(model, ground, python) for model, ground in models().items()]
    lines = [
        "# Horizons",
        "",
        f"{len(BEARINGS_DEG)} bearings of every post, one thread each, {ROUNDS} alternating rounds: medians.",
        "",
        "| Model | Posts | Sweep [horizons/CPU-s] | topocalc 0.5 | Sweep is | Apart, median and 90 % [deg] "
        "| March that skips | Plain march |",
        "|---|---|---|---|---|---|---|---|",
    ]
    ratios = []
    for one in found:
        rows, columns = one.ground.height_m.shape
        skipping, plain = march_rates(one.ground)
        peer = ratio = apart = "-"
        if one.topocalc and one.apart_deg is not None:
            ratios.append(statistics.median(a / b for a, b in zip(one.ours, one.topocalc, strict=True)))
            peer, ratio = f"{statistics.median(one.topocalc):.2g}", f"{ratios[-1]:.1f}x"
            apart = f"{np.median(one.apart_deg):.3f}, {np.percentile(one.apart_deg, 90):.2f}"
        lines.append(
            f"| {one.model} | {columns} x {rows} | {statistics.median(one.ours):.2g} | {peer} | {ratio} | {apart} "
            f"| {skipping:.2g} | {plain:.2g} |"
        )
    if ratios:
        plain_ways = rates("", found[0].ground, python, np.asarray(np.arange(0.0, 360.0, 45.0)), 1).apart_deg
        assert plain_ways is not None
        lines += ["", "Along rows, columns and diagonals, where neither has to choose between posts, both agree to "]
        lines[-1] += (
            f"{plain_ways.max():.1g} degrees ({found[0].model}); between them they draw their lines differently."
        )
    about = python if isinstance(python, str) else "built from PyPI; level earth, eye on the ground, as it has them"
    lines += ["", f"topocalc: {about}."]
    kept = "not measured" if not ratios else "kept" if min(ratios) >= FLOOR else "broken"
    met = bool(ratios) and min(ratios) >= TARGET
    lines += [f"Promise: at least {FLOOR:g} times topocalc on every model ({TARGET:g} hoped for: {met}): {kept}.", ""]
    for one in found:
        lines += [
            f"## How far from a march ten times finer: {one.model}",
            "",
            "| Ridge away [posts] | Horizons | Sweep: median [deg] | 90 % | 99 % | mean error "
            "| March: median | 90 % | 99 % | mean error |",
            "|---|---|---|---|---|---|---|---|---|---|",
            *agreement(one.ground),
            "",
        ]
    after = os.getloadavg()[0]
    lines += ["## A region", "", *cost, ""]
    machine = f"{len(os.sched_getaffinity(0))} cores, Python {sys.version.split()[0]}, numpy {np.__version__}."
    lines += [f"{machine} Load of the machine (mean of a minute) before: {load:.1f}; after: {after:.1f}."]
    text = "\n".join(lines) + "\n"
    print(text)
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "horizon.md").write_text(text, encoding="utf-8")
    return 1 if kept == "broken" else 0


if __name__ == "__main__":
    sys.exit(main())
