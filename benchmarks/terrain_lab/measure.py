"""Cells measured question by question, kept as they come, and what a cold search costs."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.terrain_lab import asking
from benchmarks.terrain_lab.cells import CELLS
from benchmarks.terrain_lab.queries import MARGIN_KM, Query, apart_m, countries, queries, region_of

from witnessmark.lines.providers.elevation import FolderElevation
from witnessmark.lines.terrain.matching import locate
from witnessmark.lines.terrain.profiles import ProfileCache

COST_QUERY = ("dev", "fov60", 1)


@dataclass(frozen=True, slots=True)
class Measured:
    """What is kept of a cell.

    Attributes
    ----------
    split, cell : str
    wanted : int
        Questions that make the cell complete.
    rows : dict of str to Row
        By the question's name.
    tries : dict of str to int
        Views rejected while drawing, by why.
    about : dict of str to str
        What each country is.
    """

    split: str
    cell: str
    wanted: int
    rows: dict[str, asking.Row]
    tries: dict[str, int]
    about: dict[str, str]

    @property
    def complete(self) -> bool:
        """Every question was asked."""
        return len(self.rows) >= self.wanted


def tag_of(dems: Sequence[Path] | None) -> str:
    """A word for the elevation files: "" for the split's own."""
    return "" if dems is None else f"-{zlib.crc32('/'.join(str(path.resolve()) for path in dems).encode()):08x}"


def results_path(work: Path, split: str, cell: str, dems: Sequence[Path] | None) -> Path:
    """Where a cell is kept."""
    return work / "results" / f"{split}-{cell}{tag_of(dems)}.json"


def measure(
    split: str, cell: str, count: int, dems: Sequence[Path] | None, work: Path, workers: int, *, fresh: bool = False
) -> Measured:
    """Ask every question of a cell that has no answer yet; each answer is written as it comes.

    Parameters
    ----------
    fresh : bool
        Ask again what was asked of other code than this.
    """
    asked = queries(split, cell, count, dems, work=work)
    kept = load(results_path(work, split, cell, dems))
    code = asking.searched_by()
    rows = {} if kept is None else dict(kept.rows)
    if fresh:
        rows = {name: row for name, row in rows.items() if row.searched_by == code}
    tries: dict[str, int] = {}
    for query in asked:
        for why, n in query.tries.items():
            tries[why] = tries.get(why, 0) + n
    about = {query.country: query.about for query in asked}
    cache = ProfileCache(work / "profiles")
    for number, query in enumerate(asked):
        if query.name not in rows:
            rows[query.name] = asking.ask(query, workers, cache)
            print(f"{split} {cell} {number + 1}/{len(asked)} {told(rows[query.name])}", flush=True)
            save(Measured(split, cell, len(asked), rows, tries, about), results_path(work, split, cell, dems))
    wanted = {query.name: rows[query.name] for query in asked}
    return Measured(split, cell, len(asked), wanted, tries, about)


def told(row: asking.Row) -> str:
    """A line on one answer, with what kind of fault it is."""
    if row.abstained:
        fault = f"abstained: {row.abstained}"
    elif not row.inside:
        fault = "outside"
    elif row.off_m <= asking.RIGHT_M:
        fault = "right"
    else:
        fault = "SEARCH MISS" if row.missed else "ambiguous"
    return (
        f"{row.name}: {fault}, off {row.off_m:.0f} m, rank {row.rank}, best {row.best_nats:.1f}, at the truth"
        f" {row.truth_nats:.1f} nats, 90 % {row.region90_km2:.2f} km2 {'holds it' if row.in90 else 'misses it'},"
        f" outside {row.p_outside:.2f}, ridges {row.ridge_m:.0f} m, {row.cpu_s:.1f} CPU-s"
    )


def save(measured: Measured, path: Path) -> None:
    """Write a cell whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = {
        "split": measured.split,
        "cell": measured.cell,
        "wanted": measured.wanted,
        "tries": measured.tries,
        "about": measured.about,
        "rows": {name: row.plain() for name, row in measured.rows.items()},
    }
    half = path.with_suffix(".half")
    half.write_text(json.dumps(plain, indent=1), encoding="utf-8")
    half.replace(path)


def load(path: Path) -> Measured | None:
    """What is kept of a cell; None when nothing is."""
    if not path.exists():
        return None
    plain = json.loads(path.read_text(encoding="utf-8"))
    plain["rows"] = {name: asking.Row(**row) for name, row in plain["rows"].items()}
    return Measured(**plain)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a cold search took, in a process of its own with nothing cached but compiled code."""

    area_km2: float
    spacing_m: float
    workers: int
    cpu_s: float
    wall_s: float
    peak_gib: float
    load: float
    off_m: float


def costs_path(work: Path, dems: Sequence[Path] | None) -> Path:
    """Where costs are kept."""
    return work / "results" / f"costs{tag_of(dems)}.json"


def kept_costs(dems: Sequence[Path] | None, work: Path) -> tuple[list[Cost], tuple[int, int] | None]:
    """Cold searches, and questions whose ranking one and four workers agree on of how many; what is kept of both."""
    path = costs_path(work, dems)
    if not path.exists():
        return [], None
    kept = json.loads(path.read_text(encoding="utf-8"))
    same = kept["same"]
    return [Cost(**one) for one in kept["costs"].values()], None if same is None else (same[0], same[1])


def costs(dems: Sequence[Path] | None, work: Path, workers: int, areas_km2: Sequence[float], same: int) -> None:
    """Search each area cold, and compare one worker with four on some questions, where this code has not yet."""
    path = costs_path(work, dems)
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if kept.get("searched_by") != asking.searched_by():
        kept = {"searched_by": asking.searched_by(), "costs": {}, "same": None}
    for area_km2 in areas_km2:
        if f"{area_km2:g}" not in kept["costs"]:
            command = [sys.executable, str(Path(__file__).resolve().parent.parent / "terrain.py")]
            command += ["--cost-of", f"{area_km2:g}", "--workers", str(workers), "--work", str(work)]
            for dem in dems or ():
                command += ["--dem", str(dem)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                print(f"No cold search of {area_km2:g} km2: {done.stderr.strip()[-300:]}", flush=True)
                continue
            kept["costs"][f"{area_km2:g}"] = json.loads(done.stdout.strip().splitlines()[-1])
    if kept["same"] is None:
        kept["same"] = same_ranking(dems, work, same)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def cost_of(area_km2: float, dems: Sequence[Path] | None, work: Path, workers: int) -> dict[str, float]:
    """Search one region around a question's camera with nothing cached, in this process."""
    query = cost_query(area_km2, dems, work)
    small = region_of(query.truth.lat_deg, query.truth.lon_deg, 4.0, query.region_deg)
    locate(FolderElevation(Path(query.dem)), small, query.spacing_m, query.sight, workers=workers)  # compiles
    folder = work / f"cold-{os.getpid()}"
    load = os.getloadavg()[0]
    before, wall = _used_s(), time.perf_counter()
    try:
        provider, cache = FolderElevation(Path(query.dem)), ProfileCache(folder)
        found = locate(provider, query.region_deg, query.spacing_m, query.sight, workers=workers, cache=cache)
        wall_s, cpu_s = time.perf_counter() - wall, _used_s() - before
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20
    first = found.candidates[0] if found.candidates else None
    truth = query.truth
    off_m = apart_m(truth.lat_deg, truth.lon_deg, first.lat_deg, first.lon_deg) if first else float("inf")
    area = len(found.x_m) * len(found.y_m) * query.spacing_m**2 / 1e6
    return {
        "area_km2": area, "spacing_m": query.spacing_m, "workers": workers, "cpu_s": cpu_s, "wall_s": wall_s,
        "peak_gib": peak, "load": load, "off_m": off_m,
    }  # fmt: skip


def cost_query(area_km2: float, dems: Sequence[Path] | None, work: Path) -> Query:
    """A question whose region is widened to an area."""
    split, cell, number = COST_QUERY
    query = queries(split, cell, number + 1, dems, work=work)[number]
    land = next(one for one in countries(split, dems, work) if one.name == query.country)
    box = region_of(query.truth.lat_deg, query.truth.lon_deg, area_km2, land.bounds_deg, MARGIN_KM)
    return dataclasses.replace(query, region_deg=box)


def same_ranking(dems: Sequence[Path] | None, work: Path, count: int) -> tuple[int, int]:
    """Questions whose ranking is the same with one and with four workers, and how many were asked."""
    cache = ProfileCache(work / "profiles")
    same = 0
    asked = queries("dev", "fov60", count, dems, work=work)
    for query in asked:
        provider = FolderElevation(Path(query.dem))
        one, four = (
            locate(provider, query.region_deg, query.spacing_m, query.sight, workers=n, cache=cache).candidates
            for n in (1, 4)
        )
        same += one == four
    return same, len(asked)


def _used_s() -> float:
    """Processor time of this process and of those it ran."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def names() -> list[str]:
    """All cells."""
    return list(CELLS)
