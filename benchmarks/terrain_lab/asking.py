"""One question put to the search, and how its answer compares with the truth."""

from __future__ import annotations

import ast
import hashlib
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from benchmarks.terrain_lab.queries import KM_A_DEGREE, Query, apart_m
from numpy.typing import NDArray
from pyproj import Transformer

from witnessmark.lines.providers.elevation import FolderElevation
from witnessmark.lines.terrain import matching
from witnessmark.lines.terrain.matching import locate
from witnessmark.lines.terrain.profiles import ProfileCache
from witnessmark.lines.terrain.records import Located

RIGHT_M = 1000.0
ABOUT_TRUTH_M = 300.0
"""Half the side of the square about the truth in which the search is asked again."""
BETTER_NATS = 0.5
"""A fit at the truth that is better by less is a tie."""


@dataclass(frozen=True, slots=True)
class Row:
    """How one question was answered.

    Attributes
    ----------
    name, country : str
    inside : bool
        The searched region holds the camera.
    off_m : float
        From the truth to the first candidate; infinite when there is none.
    rank : int
        Of the first candidate within a kilometre, from 1; 0 when there is none among the ten best.
    heading_off_deg : float
        Of the first candidate.
    p_outside : float
    region50_km2, region90_km2 : float
    in50, in90 : bool
        The regions hold the truth's post.
    p_within_km : float
        Posterior within a kilometre of the truth, outside mass counted in.
    best_nats, truth_nats : float
        Log likelihood of the first candidate, and of the best the search finds when asked about the truth's
        surroundings alone; NaN where that was not asked.
    missed : bool
        The latter is better, and the answer is another place: a fault of searching, not of the evidence.
    abstained : str
    cpu_s, wall_s : float
    ridge_m : float
        Median distance of what is seen.
    hinted : bool
        How pitch and roll are drawn was told.
    searched_by : str
        Digest of the searching code.
    """

    name: str
    country: str
    inside: bool
    off_m: float
    rank: int
    heading_off_deg: float
    p_outside: float
    region50_km2: float
    region90_km2: float
    in50: bool
    in90: bool
    p_within_km: float
    best_nats: float
    truth_nats: float
    missed: bool
    abstained: str
    cpu_s: float
    wall_s: float
    ridge_m: float
    hinted: bool
    searched_by: str

    def plain(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def ask(query: Query, workers: int, cache: ProfileCache | None, *, misses: bool = True) -> Row:
    """Put a question and compare.

    Parameters
    ----------
    misses : bool
        Ask again about the truth's surroundings when the answer lies more than a kilometre away.
    """
    provider = FolderElevation(Path(query.dem))
    cpu, wall = time.process_time(), time.perf_counter()
    found = locate(provider, query.region_deg, query.spacing_m, query.sight, workers=workers, cache=cache)
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
    at_truth = fit_at_truth(query, workers) if misses and to_ask_again(query, found) else float("nan")
    return compared(query, found, at_truth, cpu_s, wall_s)


def to_ask_again(query: Query, found: Located) -> bool:
    """Whether the answer is another place, though the true one lies in the region."""
    away = _away_m(query, found)
    return query.inside and (not away or away[0] > RIGHT_M)


def compared(query: Query, found: Located, at_truth: float, cpu_s: float, wall_s: float) -> Row:
    """How an answer compares with the truth.

    Parameters
    ----------
    at_truth : float
        See `fit_at_truth`; NaN where that was not asked.
    """
    truth = query.truth
    away = _away_m(query, found)
    near = [k + 1 for k, off_m in enumerate(away) if off_m <= RIGHT_M]
    best = found.candidates[0].log_likelihood_nats if found.candidates else -np.inf
    heading = found.candidates[0].heading_deg - truth.heading_deg if found.candidates else np.nan
    off_m = away[0] if away else np.inf
    in50, in90, within = held(found, truth.lat_deg, truth.lon_deg) if query.inside else (False, False, 0.0)
    return Row(
        query.name,
        query.country,
        query.inside,
        off_m,
        near[0] if near else 0,
        abs((heading + 180.0) % 360.0 - 180.0),
        found.p_outside_region,
        found.region50_km2,
        found.region90_km2,
        in50,
        in90,
        within,
        best,
        at_truth,
        bool(off_m > RIGHT_M and at_truth > best + BETTER_NATS),
        found.abstained or "",
        cpu_s,
        wall_s,
        truth.ridge_m[1],
        query.file is None or query.file["pitch_deg"] is not None,
        searched_by(),
    )


def _away_m(query: Query, found: Located) -> list[float]:
    """From the truth to each of the ten best [m]."""
    truth = query.truth
    return [apart_m(truth.lat_deg, truth.lon_deg, one.lat_deg, one.lon_deg) for one in found.candidates[:10]]


def fit_at_truth(query: Query, workers: int) -> float:
    """Log likelihood of the best place the search itself finds in a small square about the truth."""
    truth = query.truth
    north = ABOUT_TRUTH_M / 1000.0 / KM_A_DEGREE
    east = north / float(np.cos(np.radians(truth.lat_deg)))
    box = (truth.lon_deg - east, truth.lat_deg - north, truth.lon_deg + east, truth.lat_deg + north)
    found = locate(FolderElevation(Path(query.dem)), box, query.spacing_m, query.sight, workers=workers)
    return found.candidates[0].log_likelihood_nats if found.candidates else -np.inf


def held(found: Located, lat_deg: float, lon_deg: float) -> tuple[bool, bool, float]:
    """Whether the 50 % and 90 % regions hold a place, and the posterior within a kilometre of it."""
    if found.abstained is not None or not len(found.x_m):
        return False, False, 0.0
    x, y = Transformer.from_crs(4326, found.crs, always_xy=True).transform(lon_deg, lat_deg)
    column, row = int(np.abs(found.x_m - x).argmin()), int(np.abs(found.y_m - y).argmin())
    share = shares(found)
    at = share[row, column]
    higher = float(share[share > at].sum())
    apart = np.hypot(found.x_m[None, :] - x, found.y_m[:, None] - y)
    within = float(share[apart <= RIGHT_M].sum()) * (1.0 - found.p_outside_region)
    return bool(at > 0.0 and higher < 0.5), bool(at > 0.0 and higher < 0.9), within


def shares(found: Located) -> NDArray[np.float64]:
    """Posterior of each searched place, given that it is one of them."""
    log = np.where(np.isfinite(found.log_evidence_nats), found.log_evidence_nats, -np.inf).astype(np.float64)
    if not np.isfinite(log.max()):
        return np.zeros(log.shape)
    weight = np.exp(log - log.max())
    return np.asarray(weight / weight.sum())


@lru_cache(maxsize=1)
def searched_by() -> str:
    """Digest of the code that searches: the terrain line's modules that locating a sight imports, soon or late."""
    line = "witnessmark.lines.terrain"
    folder = Path(matching.__file__).parent
    waiting, sources = {"matching"}, dict[str, bytes]()
    while waiting:
        name = waiting.pop()
        sources[name] = (folder / f"{name}.py").read_bytes()
        for node in ast.walk(ast.parse(sources[name])):
            if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith(line):
                whole = node.module.removeprefix(line).removeprefix(".")
                names = {whole} if whole else {one.name for one in node.names}
                waiting |= {one for one in names if (folder / f"{one}.py").exists()} - set(sources)
    return hashlib.sha256(b"\0".join(sources[name] for name in sorted(sources))).hexdigest()[:12]
