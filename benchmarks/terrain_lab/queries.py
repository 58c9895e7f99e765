"""Questions with known answers: what a camera somewhere in a country sees against the sky, as a person would trace it.

Use: ``queries("dev", "fov60", 20)`` gives the first 20 questions of a cell (see `cells.CELLS`), rendered once and then
kept below ``benchmarks/work/terrain``; the first 20 of 100 are the same as the first 20 of 20. A `Query` holds

- ``query.sight``: the `Skyline` (or `Pan`) to locate; ``query.file``: the same in the machine interface's form;
- ``query.dem``: the folder with the model to search, ``query.region_deg``, ``query.spacing_m``;
- ``query.truth``: latitude, longitude, heading, pitch, roll, field of view, and how far its ridges are;
- ``query.clean_px``: the line without noise, spikes and masks, to tell what of a misfit is the model's.

Queries of one region come one after another in steps of the number of regions, so keep a `ProfileCache` by region.

What is drawn. The place: anywhere in the region that is not water nor steeper than `STEEPEST_DEG`. The heading: any.
Pitch sd 5, roll sd 2; field of view within a tenth of the cell's, which is all that is told; every second query also
tells how pitch and roll are drawn, the others leave them null. Woods of another height and share each time stand on
the ground up to the tree line, but not within 240 m. The line: a point each 4, 8 or 16 px of a frame of 1280 x 960,
off by 0.3 deg, a drawn half of it in waves of 0.1 to 1.5 deg along the line, the rest from point to point; 3 % of the
points are off by up to 6 deg either way. Where the ridge leaves the frame there is no line.

What is rejected, and nothing else: frames in which less than `LEAST_IN_FRAME` of the columns have their ridge in the
frame, and skylines within `LEAST_RELIEF_DEG` (root mean square) of a straight line. `tries` counts them.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from benchmarks.terrain_lab.cells import CELLS, Cell
from benchmarks.terrain_lab.countries import Bounds, Country, country, made_mountains
from benchmarks.terrain_lab.seen import seen
from benchmarks.terrain_lab.tracing import (
    EYE_M,
    FOV_SHARE,
    PITCH_SD_DEG,
    ROLL_SD_DEG,
    masked,
    stitched,
    traced,
    wide_deg,
    wrong,
)
from pyproj import Geod

from witnessmark.lines.terrain.records import Pan, Skyline
from witnessmark.rehearsal.ground import Cover
from witnessmark.rehearsal.views import Pose

HERE = Path(__file__).resolve().parent.parent
WORK = HERE / "work" / "terrain"
DATA = HERE.parent.parent / "shared" / "data" / "dem"
SPLITS = {
    "dev": ("srtm3_N46E008_swiss_alps.tif", "srtm1_bigtujunga_san_gabriel.tif"),
    "held-out": ("srtm3_N49W124_coast_mountains.tif",),
}
"""The files each split stands in when none are named; its seeds are its own too."""
SEEDS = {"dev": 41, "held-out": 9041}
VERSION = 2
"""Of the drawing; queries kept under another are drawn anew."""
REGIONS = 3
"""Searched regions in a country, where so many fit side by side."""
MARGIN_KM = 2.0
"""Between a region and the end of the data."""
STEEPEST_DEG = 32.0
KM_A_DEGREE = 111.32


@dataclass(frozen=True, slots=True)
class Truth:
    """Where the camera stands and how; `ridge_m` are the 10, 50 and 90 % of the distances of what it sees."""

    lat_deg: float
    lon_deg: float
    heading_deg: float
    pitch_deg: float
    roll_deg: float
    hfov_deg: float
    ridge_m: tuple[float, float, float]
    canopy_m: float
    forest: float


@dataclass(frozen=True, slots=True)
class Query:
    """A question with its answer; see the module."""

    name: str
    split: str
    cell: str
    country: str
    about: str
    dem: str
    region_deg: Bounds
    spacing_m: float
    file: dict[str, object] | None
    pan: Pan | None
    truth: Truth
    clean_px: tuple[tuple[float, float], ...]
    tries: dict[str, int] = field(default_factory=dict)

    @property
    def sight(self) -> Skyline | Pan:
        """What is to be located."""
        if self.pan is not None:
            return self.pan
        assert self.file is not None
        return skyline_of(self.file)

    @property
    def inside(self) -> bool:
        """Whether the searched region holds the camera."""
        west, south, east, north = self.region_deg
        return west <= self.truth.lon_deg <= east and south <= self.truth.lat_deg <= north


def skyline_of(file: dict[str, object]) -> Skyline:
    """A `Skyline` from the machine interface's form, read here apart from the line's own reader."""
    text = json.loads(json.dumps(file))
    pairs = {name: text[name] if text[name] is None else tuple(text[name]) for name in ("pitch_deg", "roll_deg")}
    return Skyline(
        text["image"]["width_px"],
        text["image"]["height_px"],
        tuple((x, y) for x, y in text["skyline_px"]),
        text["sigma_px"],
        tuple(text["hfov_deg"]),
        text["eye_height_m"],
        pairs["pitch_deg"],
        pairs["roll_deg"],
        tuple((a, b) for a, b in text["ignore_px"]),
    )


def queries(split: str, cell: str, count: int, dems: Sequence[Path] | None = None, *, work: Path = WORK) -> list[Query]:
    """The first `count` questions of a cell.

    Parameters
    ----------
    split : str
        dev | held-out: which seeds, and which countries when none are named.
    cell : str
        Of `cells.CELLS`.
    count : int
    dems : sequence of Path or None
        Elevation files, or folders of them, to stand in instead.
    work : Path
        Where countries and questions are kept.

    Returns
    -------
    list of Query
        Fewer than asked for only where no country is large enough for the cell: then none.
    """
    asked = CELLS[cell]
    lands = [
        one for one in countries(split, dems, work) if len(regions(one, asked, split)) > (1 if asked.outside else 0)
    ]
    stands = [(land, number) for land in lands for number in range(len(regions(land, asked, split)))]
    return (
        [_kept(split, asked, *stands[k % len(stands)], k // len(stands), work) for k in range(count)] if stands else []
    )


def countries(split: str, dems: Sequence[Path] | None, work: Path = WORK) -> list[Country]:
    """The countries of a split, or of named files; invented mountains where there are no data."""
    named = [DATA / name for name in SPLITS[split]] if dems is None else list(dems)
    paths = [one for path in named for one in (sorted(path.glob("*.tif")) if path.is_dir() else [path])]
    if dems is None and not all(path.exists() for path in paths):
        paths = [made_mountains(work / "countries")]
    return [_country(path, work / "countries") for path in paths]


@lru_cache(maxsize=3)
def _country(path: Path, work: Path) -> Country:
    return country(path, work)


def regions(land: Country, cell: Cell, split: str) -> list[Bounds]:
    """Searched regions of a cell's area, side by side in a country where they fit, else one, else none."""
    west, south, east, north = land.bounds_deg
    lat = (south + north) / 2.0
    km_east = KM_A_DEGREE * float(np.cos(np.radians(lat)))
    wide_km, high_km = (east - west) * km_east - 2.0 * MARGIN_KM, (north - south) * KM_A_DEGREE - 2.0 * MARGIN_KM
    side_km = float(np.sqrt(cell.area_km2))
    tall_km = min(side_km, high_km)
    broad_km = cell.area_km2 / tall_km if tall_km > 0.0 else np.inf
    if broad_km > wide_km:
        return []
    slots = [(i, j) for i in range(int(high_km // tall_km)) for j in range(int(wide_km // broad_km))]
    rng = np.random.default_rng([SEEDS[split], zlib.crc32(land.name.encode()), int(cell.area_km2)])
    found: list[Bounds] = []
    for k in rng.permutation(len(slots)):
        i, j = slots[int(k)]
        spare_x, spare_y = wide_km / int(wide_km // broad_km), high_km / int(high_km // tall_km)
        x_km, y_km = MARGIN_KM + (j + 0.5) * spare_x - broad_km / 2.0, MARGIN_KM + (i + 0.5) * spare_y - tall_km / 2.0
        box = (
            west + x_km / km_east,
            south + y_km / KM_A_DEGREE,
            west + (x_km + broad_km) / km_east,
            south + (y_km + tall_km) / KM_A_DEGREE,
        )
        if _dry(land, box) > 0.8:
            found.append((round(box[0], 5), round(box[1], 5), round(box[2], 5), round(box[3], 5)))
        if len(found) == REGIONS:
            break
    return found


def region_of(lat_deg: float, lon_deg: float, area_km2: float, bounds_deg: Bounds, margin_km: float = 0.0) -> Bounds:
    """A square of an area about a place, moved and cut to lie within bounds."""
    half_km = float(np.sqrt(area_km2)) / 2.0
    per_lon = KM_A_DEGREE * float(np.cos(np.radians(lat_deg)))
    found = []
    for at, per, low, high in (
        (lon_deg, per_lon, bounds_deg[0], bounds_deg[2]),
        (lat_deg, KM_A_DEGREE, bounds_deg[1], bounds_deg[3]),
    ):
        least, most = low + margin_km / per, high - margin_km / per
        first = float(np.clip(at - half_km / per, least, max(least, most - 2.0 * half_km / per)))
        found.append((round(first, 5), round(min(first + 2.0 * half_km / per, most), 5)))
    return found[0][0], found[1][0], found[0][1], found[1][1]


def _dry(land: Country, box: Bounds) -> float:
    """Share of a region that is not water."""
    places = [(lat, lon) for lat in np.linspace(box[1], box[3], 15) for lon in np.linspace(box[0], box[2], 15)]
    return float(np.mean([not land.is_water(lat, lon) for lat, lon in places]))


def _kept(split: str, cell: Cell, land: Country, region: int, number: int, work: Path) -> Query:
    drawn_as = CELLS[cell.drawn_as]
    where = regions(land, drawn_as, split)
    stem = f"{split}-{land.folder.parent.name}-{drawn_as.name}-{region}-{number}-{VERSION}"
    path = work / "queries" / f"{stem}.json"
    if path.exists():
        query = _read(path)
    else:
        query = _draw(split, drawn_as, land, where[region], stem)
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".half")
        half.write_text(json.dumps(asdict(query)), encoding="utf-8")
        half.replace(path)
    changed = asdict(query) | {"name": f"{cell.name}/{land.name}/{region}/{number}", "cell": cell.name}
    changed |= {"dem": str(land.folder), "spacing_m": cell.spacing_m}
    rng = _rng(split, land.name, cell.name, region, number)
    if cell.outside:
        changed["region_deg"] = where[(region + 1 + number % (len(where) - 1)) % len(where)]
    if cell.masked > 0.0 and query.file is not None:
        changed["file"] = masked(query.file, cell.masked, rng)
    return _of(changed)


def _draw(split: str, cell: Cell, land: Country, box: Bounds, stem: str) -> Query:
    rng = _rng(*stem.split("-"))
    tries = {"outside the frame": 0, "no relief": 0}
    while True:
        lat, lon = rng.uniform(box[1], box[3]), rng.uniform(box[0], box[2])
        if land.is_water(lat, lon) or land.slope_deg(lat, lon) > STEEPEST_DEG:
            continue
        pose = Pose(
            float(rng.uniform(0.0, 360.0)), float(rng.normal(0.0, PITCH_SD_DEG)), float(rng.normal(0.0, ROLL_SD_DEG))
        )
        hfov = cell.hfov_deg * float(rng.uniform(1.0 - FOV_SHARE, 1.0 + FOV_SHARE))
        cover = Cover(canopy_m=float(rng.uniform(6.0, 18.0)), forest=float(rng.uniform(0.2, 0.7)))
        ground = land.seen_from(lat, lon, cover, int(rng.integers(2**31)))
        wide = hfov if cell.pan else wide_deg(hfov, pose)
        why = ""
        for rough in (True, False):
            found = seen(land, ground, EYE_M, pose.heading_deg, wide, rough=rough)
            why = wrong(found, cell, hfov, pose)
            if why:
                break
        if why:
            tries[why] += 1
            continue
        far = np.percentile(found.range_m, [10, 50, 90])
        truth = Truth(
            lat, lon, pose.heading_deg, pose.pitch_deg, pose.roll_deg, hfov,
            (float(far[0]), float(far[1]), float(far[2])), cover.canopy_m, cover.forest,
        )  # fmt: skip
        common = (stem, split, cell.name, land.name, land.about, str(land.folder), box, cell.spacing_m)
        if cell.pan:
            pan, clean = stitched(found, cell, pose, rng)
            return Query(*common, None, pan, truth, clean, tries)
        hinted = rng.random() < 0.5
        file, clean = traced(found, cell, hfov, pose, rng, hinted)
        return Query(*common, file, None, truth, clean, tries)


def _rng(*words: object) -> np.random.Generator:
    digest = hashlib.sha256("/".join(str(word) for word in words).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def _read(path: Path) -> Query:
    return _of(json.loads(path.read_text(encoding="utf-8")))


def _of(text: dict[str, object]) -> Query:
    """A query from its plain form."""
    plain = json.loads(json.dumps(text))
    plain["region_deg"] = tuple(plain["region_deg"])
    plain["truth"] = Truth(**plain["truth"] | {"ridge_m": tuple(plain["truth"]["ridge_m"])})
    plain["clean_px"] = tuple((x, y) for x, y in plain["clean_px"])
    if plain["pan"] is not None:
        pan = plain["pan"]
        tuples = ("azimuth_deg", "elevation_deg", "sigma_deg", "pitch_deg", "roll_deg")
        plain["pan"] = Pan(**dict(pan, **{name: tuple(pan[name]) for name in tuples}))
    return Query(**plain)


_EARTH = Geod(ellps="WGS84")


def apart_m(lat_deg: float, lon_deg: float, other_lat_deg: float, other_lon_deg: float) -> float:
    """Along the ground between two places."""
    return float(_EARTH.inv(lon_deg, lat_deg, other_lon_deg, other_lat_deg)[2])
