"""Countries to stand in: a true relief that is finer than, and differs from, the elevation model that is searched.

A coarse model (posts wider than 45 m) is searched as it comes, voids and all; the truth is that model joined by cubics,
off by an error like SRTM's, with relief below its posts that continues the roughness measured in it. A fine model is
the truth itself (with what lies below its posts added likewise); searched is its mean over posts of about 90 m, with
SRTM's kind of error and voids. Neither side's interpolation nor projection is the searched line's.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer

from witnessmark.rehearsal.ground import Cover, Ground
from witnessmark.rehearsal.noise import Floats, Floats32, Lattice, smoothstep
from witnessmark.rehearsal.relief import Relief

VERSION = "5"
"""Of the making; what is kept under another is made anew."""
FINE_M, SEARCHED_M = 45.0, 90.0
STEP_DEG = 1.0 / 3600.0
"""Of the true relief; below two of these the caster's own grain goes on."""
METRES_A_DEGREE = 111_320.0
GRAIN_M = 60.0
"""Longest wavelength of the caster's grain."""
ERROR_WIDE_M, ERROR_POST_M, ERROR_REACH_M = 2.5, 2.5, 1500.0
"""Standard errors of the searched model, one that varies over kilometres and one from post to post; together 3.5 m.

SRTM is off by 6.2 m (Eurasia) and 9.0 m (North America) at 90 % (Rodríguez, Morris & Belz 2006,
doi:10.14358/PERS.72.3.249), some of it with longer waves, which move no skyline.
"""
VOIDS = 0.01
"""Share of a fine model's searched posts that are made void, where it is steepest."""
TREE_LINE_M, TREE_LINE_FALLS_M = 2000.0, 75.0
"""Tree line at 46 degrees of latitude, and how far it falls a degree (Körner 1998, doi:10.1007/s004420050540)."""
MADE = "made-mountains"

Bounds = tuple[float, float, float, float]
"""West, south, east, north [deg]."""


@dataclass(frozen=True, slots=True, eq=False)
class WoodedGround(Ground):
    """A ground whose woods end at a tree line."""

    tree_line_m: float = np.inf

    def wooded(self, x_m: Floats, y_m: Floats) -> Floats32:
        """As `Ground.wooded`, thinning out below the tree line."""
        trees = Ground.wooded(self, x_m, y_m)
        if trees.any():
            trees *= smoothstep(self.tree_line_m + 60.0, self.tree_line_m - 120.0, self.relief_m(x_m, y_m))
        return trees


@dataclass(frozen=True, slots=True, eq=False)
class Country:
    """A true relief, and the folder with the model that is searched for it.

    Attributes
    ----------
    name : str
    folder : Path
        Of the searched model alone.
    about : str
        How the two differ, for the report.
    bounds_deg : tuple of float
        West, south, east, north of the true relief.
    ground : WoodedGround
    rough : ndarray of float32
        Local roughness, 1 in the mean square, at every so many nodes of the true relief.
    grain_rms_m : float
        Of relief with wavelengths below `GRAIN_M` where roughness is 1.
    """

    name: str
    folder: Path
    about: str
    bounds_deg: Bounds
    ground: WoodedGround
    rough: Floats32
    grain_rms_m: float

    @property
    def relief(self) -> Relief:
        """The true relief."""
        return self.ground.relief

    def node(self, lat_deg: float, lon_deg: float) -> tuple[int, int]:
        """Row and column of the true relief's nearest node."""
        relief = self.relief
        return (
            round((lat_deg - relief.lat_deg[0]) / (relief.lat_deg[1] - relief.lat_deg[0])),
            round((lon_deg - relief.lon_deg[0]) / (relief.lon_deg[1] - relief.lon_deg[0])),
        )

    def slope_deg(self, lat_deg: float, lon_deg: float) -> float:
        """Steepness over about 120 m around a place."""
        row, column = self.node(lat_deg, lon_deg)
        h = self.relief.elevation_m
        row, column = int(np.clip(row, 2, h.shape[0] - 3)), int(np.clip(column, 2, h.shape[1] - 3))
        north = 4.0 * STEP_DEG * METRES_A_DEGREE
        east = north * np.cos(np.radians(lat_deg))
        rise = np.hypot(
            (h[row + 2, column] - h[row - 2, column]) / north, (h[row, column + 2] - h[row, column - 2]) / east
        )
        return float(np.degrees(np.arctan(rise)))

    def is_water(self, lat_deg: float, lon_deg: float) -> bool:
        """Whether the relief is level to the centimetre around a place, as water is drawn."""
        row, column = self.node(lat_deg, lon_deg)
        near = self.relief.elevation_m[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
        return bool(np.ptp(near) < 0.01)

    def seen_from(self, lat_deg: float, lon_deg: float, cover: Cover, seed: int) -> WoodedGround:
        """The ground about a place, with grain as rough as the relief is there."""
        row, column = self.node(lat_deg, lon_deg)
        shape = self.relief.elevation_m.shape
        i = int(np.clip(row * self.rough.shape[0] // shape[0], 0, self.rough.shape[0] - 1))
        j = int(np.clip(column * self.rough.shape[1] // shape[1], 0, self.rough.shape[1] - 1))
        rms_m = self.grain_rms_m * float(np.clip(self.rough[i, j], 0.1, 1.5))
        return self.ground.about(lat_deg, lon_deg, _with_grain(cover, rms_m), seed)


def country(path: Path, work: Path) -> Country:
    """The country of an elevation file, made once and kept.

    Parameters
    ----------
    path : Path
        Any raster that rasterio reads, with a coordinate system.
    work : Path
        Where it is kept.
    """
    with rasterio.open(path) as dataset:
        height = dataset.read(1, masked=True).astype(np.float64)
        crs, transform = dataset.crs, dataset.transform
        post_m = float(abs(transform.e)) * (METRES_A_DEGREE if crs.is_geographic else 1.0)
    source = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    folder = work / f"{path.stem}-{source}-{VERSION}"
    if not (folder / "about.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "searched").mkdir(parents=True)
        _make(_Model(height.filled(np.nan), crs, transform, post_m), path, folder)
    return _kept(path.stem, folder)


def made_mountains(work: Path) -> Path:
    """A GeoTIFF of invented mountains, 1 arc second, 66 x 61 km, for where there are no data."""
    path = work / f"{MADE}.tif"
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(20)
        rows, columns = 2376, 2880
        wave = np.hypot(np.fft.fftfreq(rows, 30.0)[:, None], np.fft.rfftfreq(columns, 21.3)[None, :])
        shape = ((1.0 / 9000.0) ** 2 + wave**2) ** -1.0
        first = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((rows, columns))) * shape, s=(rows, columns))
        second = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((rows, columns))) * shape, s=(rows, columns))
        height = 900.0 - 1100.0 * np.abs(first / first.std()) + 650.0 * second / second.std()  # ridges where one is 0
        height = np.maximum(height - np.percentile(height, 4), 0.0).astype(np.float32)
        about = {
            "driver": "GTiff",
            "height": rows,
            "width": columns,
            "count": 1,
            "dtype": "float32",
            "crs": "EPSG:4326",
        }
        place = rasterio.Affine(STEP_DEG, 0.0, 10.0, 0.0, -STEP_DEG, 45.66)
        with rasterio.open(path, "w", transform=place, tiled=True, compress="deflate", **about) as dataset:
            dataset.write(height, 1)
    return path


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """An elevation file as read; voids are NaN."""

    height_m: Floats
    crs: rasterio.crs.CRS
    transform: rasterio.Affine
    post_m: float


def _make(model: _Model, path: Path, folder: Path) -> None:
    rng = np.random.default_rng(int(folder.name.split("-")[-2], 16) % 2**32)
    void = ~np.isfinite(model.height_m)
    whole = _without_voids(model.height_m)
    fine = model.post_m <= FINE_M
    if fine:
        _write_searched(model, whole, void, rng, folder / "searched" / path.name)
    else:
        (folder / "searched" / path.name).write_bytes(path.read_bytes())
    lat, lon = _axes(model)
    to_model = Transformer.from_crs(4326, model.crs, always_xy=True)
    level, slope = _spectrum(whole, model)
    rough = _roughness(whole, model)
    truth = np.empty((len(lat), len(lon)), np.float32)
    locally = np.empty((len(lat), len(lon)), np.float32)
    for start in range(0, len(lat), 256):
        grid_lon, grid_lat = np.meshgrid(lon, lat[start : start + 256])
        x, y = to_model.transform(grid_lon, grid_lat)
        column, row = _posts(model.transform, x, y)
        part = slice(start, start + 256)
        truth[part] = _cubic(whole, row, column)
        locally[part] = _cubic(rough, row, column)
    dy = STEP_DEG * METRES_A_DEGREE
    dx = dy * float(np.cos(np.radians(lat.mean())))
    truth += (_below_posts(truth.shape, dx, dy, model.post_m, level, slope, rng) * locally).astype(np.float32)
    if not fine:
        truth += (_error(truth.shape, dx, dy, model.post_m, rng) * _felt(locally)).astype(np.float32)
    np.save(folder / "truth.npy", truth)
    np.save(folder / "rough.npy", locally[::8, ::8])
    grain = np.sqrt(2.0 * np.pi * level * (1.0 / GRAIN_M) ** (2.0 - slope) / (slope - 2.0))
    how = (
        f"truth: the model's own posts of {model.post_m:.0f} m and rougher below; searched: means over"
        f" {SEARCHED_M:.0f} m, {100 * VOIDS:.0f} % void, off by {np.hypot(ERROR_WIDE_M, ERROR_POST_M):.1f} m"
        if fine
        else f"searched: the model as it comes, {100 * void.mean():.1f} % void; truth: joined by cubics, off by"
        f" {np.hypot(ERROR_WIDE_M, ERROR_POST_M):.1f} m, and rougher below its posts"
    )
    text = {
        "north_deg": float(lat[0]),
        "west_deg": float(lon[0]),
        "grain_rms_m": float(grain),
        "spectrum_slope": slope,
        "below_posts_rms_m": float(
            np.sqrt(2.0 * np.pi * level * (2.0 * model.post_m) ** (slope - 2.0) / (slope - 2.0))
        ),
        "about": how,
    }
    (folder / "about.json").write_text(json.dumps(text), encoding="utf-8")


def _kept(name: str, folder: Path) -> Country:
    text = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    height = np.load(folder / "truth.npy").astype(np.float64)
    lat = text["north_deg"] - STEP_DEG * np.arange(height.shape[0])
    lon = text["west_deg"] + STEP_DEG * np.arange(height.shape[1])
    relief = Relief(name, text["about"], np.asarray(lat), np.asarray(lon), height)
    middle = float(lat.mean()), float(lon.mean())
    plain = Ground.around(relief, *middle, Cover(grain_m=0.0), 1)
    values = {field: getattr(plain, field) for field in Ground.__dataclass_fields__}
    line_m = TREE_LINE_M + TREE_LINE_FALLS_M * (46.0 - abs(middle[0]))
    ground = WoodedGround(**values, tree_line_m=line_m)
    bounds = (float(lon[0]), float(lat[-1]), float(lon[-1]), float(lat[0]))
    about = f"{text['about']} (spectrum k^-{text['spectrum_slope']:.1f}, {text['below_posts_rms_m']:.1f} m rms)"
    return Country(name, folder / "searched", about, bounds, ground, np.load(folder / "rough.npy"), text["grain_rms_m"])


def _posts(transform: rasterio.Affine, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Column and row of places in a model whose posts are the middles of its cells."""
    back = ~transform
    return np.asarray(back.a * x + back.b * y + back.c - 0.5), np.asarray(back.d * x + back.e * y + back.f - 0.5)


def _axes(model: _Model) -> tuple[Floats, Floats]:
    """Latitudes, falling, and longitudes of the true relief: the largest upright box whose corners lie in the model."""
    rows, columns = model.height_m.shape
    to_degrees = Transformer.from_crs(model.crs, 4326, always_xy=True)
    t = model.transform
    n = 50

    def edge(column: Floats, row: Floats) -> tuple[Floats, Floats]:
        lon, lat = to_degrees.transform(t.a * column + t.b * row + t.c, t.d * column + t.e * row + t.f)
        return np.asarray(lon), np.asarray(lat)

    down, across = np.linspace(0.5, rows - 0.5, n), np.linspace(0.5, columns - 0.5, n)
    west, east = edge(np.full(n, 0.5), down)[0].max(), edge(np.full(n, columns - 0.5), down)[0].min()
    north, south = edge(across, np.full(n, 0.5))[1].min(), edge(across, np.full(n, rows - 0.5))[1].max()
    n_rows, n_columns = int((north - south) / STEP_DEG + 1e-6) + 1, int((east - west) / STEP_DEG + 1e-6) + 1
    return np.asarray(north - STEP_DEG * np.arange(n_rows)), np.asarray(west + STEP_DEG * np.arange(n_columns))


def _without_voids(height: Floats) -> Floats:
    """Voids filled from ever wider around, then relaxed towards Laplace's equation."""
    void = ~np.isfinite(height)
    if not void.any():
        return height
    filled, known = np.where(void, 0.0, height), (~void).astype(np.float64)
    for reach in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0):
        weight = _blurred(known, reach)
        fits = (known == 0.0) & (weight > 0.02)
        filled[fits] = (_blurred(filled * known, reach) / np.maximum(weight, 1e-9))[fits]
        known[fits] = 1.0
    filled[known == 0.0] = float(np.nanmean(height))
    for _ in range(400):
        filled[void] = cv2.blur(filled, (3, 3))[void]
    return filled


def _blurred(values: Floats, reach: float, reach_x: float | None = None) -> Floats:
    """Under a Gaussian of so many posts along rows and columns."""
    across = reach if reach_x is None else reach_x
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigmaX=across, sigmaY=reach), np.float64)


def _cubic(values: Floats, row: Floats, column: Floats) -> Floats:
    """Values between posts by cubics through them (Keys 1981, a = -1/2)."""
    rows, columns = values.shape
    i, j = np.floor(row).astype(np.intp), np.floor(column).astype(np.intp)
    by_row, by_column = _keys(row - i), _keys(column - j)
    total = np.zeros(row.shape)
    for k in range(4):
        at = np.clip(i + k - 1, 0, rows - 1)
        line = sum(by_column[m] * values[at, np.clip(j + m - 1, 0, columns - 1)] for m in range(4))
        total += by_row[k] * line
    return total


def _keys(t: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Weights of the four posts around (doi:10.1109/TASSP.1981.1163711)."""
    return (
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    )


def _spectrum(height: Floats, model: _Model) -> tuple[float, float]:
    """Level and slope of the power spectrum A k^-b between 3 and 10 posts [k in cycles a metre, A k^-b in m^4]."""
    dy = model.post_m
    east = METRES_A_DEGREE * np.cos(np.radians(model.transform.f)) if model.crs.is_geographic else 1.0
    dx = abs(model.transform.a) * float(east)
    side = min(256, *(n // 2 * 2 for n in height.shape))
    window = np.hanning(side)[:, None] * np.hanning(side)
    total, count = np.zeros((side, side)), 0
    for row in range(0, height.shape[0] - side + 1, side // 2):
        for column in range(0, height.shape[1] - side + 1, side // 2):
            part = height[row : row + side, column : column + side]
            part = part - part.mean()
            total += np.abs(np.fft.fft2(part * window)) ** 2
            count += 1
    power = total / count * dx * dy / (window**2).sum()
    wave = np.hypot(np.fft.fftfreq(side, dy)[:, None], np.fft.fftfreq(side, dx)[None, :])
    edges = np.geomspace(1.0 / (10.0 * dy), 1.0 / (3.0 * dy), 7)
    middle = np.sqrt(edges[1:] * edges[:-1])
    mean = [power[(wave >= low) & (wave < high)].mean() for low, high in itertools.pairwise(edges)]
    slope, level = np.polyfit(np.log(middle), np.log(mean), 1)
    return float(np.exp(level)), float(np.clip(-slope, 2.5, 5.0))


def _roughness(height: Floats, model: _Model) -> Floats:
    """Local strength of the finest relief a model shows (under about 6 posts of 90 m), 1 in the mean square.

    Water, which models show level, has none.
    """
    posts = max(1.0, SEARCHED_M / model.post_m)
    rest = height - _blurred(height, 1.5 * posts)
    local = np.sqrt(_blurred(rest**2, 5.0 * posts))
    around = np.ones((3, 3), np.uint8)
    water = cv2.dilate(height, around) == cv2.erode(height, around)
    return np.asarray(np.where(water, 0.0, np.minimum(local / np.sqrt((rest**2).mean()), 3.0)))


def _below_posts(
    shape: tuple[int, ...], dx: float, dy: float, post_m: float, level: float, slope: float, rng: np.random.Generator
) -> Floats:
    """A field with the spectrum A k^-b beyond what posts can hold, of waves down to two steps of the true relief."""
    wave = np.hypot(np.fft.fftfreq(shape[0], dy)[:, None], np.fft.rfftfreq(shape[1], dx)[None, :])
    wave[0, 0] = 1e-9
    fade = smoothstep(1.0 / (3.0 * post_m), 1.0 / (2.0 * post_m), wave)
    gain = np.sqrt(level * wave**-slope / (dx * dy)) * fade
    white = np.fft.rfft2(rng.standard_normal(shape).astype(np.float32))
    return np.asarray(np.fft.irfft2(white * gain, s=shape), np.float64)


def _error(shape: tuple[int, ...], dx: float, dy: float, post_m: float, rng: np.random.Generator) -> Floats:
    """What a searched model is off by [m]: waves of kilometres, and from post to post."""
    total = np.zeros(shape)
    for reach_m, rms_m in ((ERROR_REACH_M, ERROR_WIDE_M), (0.5 * post_m, ERROR_POST_M)):
        blurred = _blurred(rng.standard_normal(shape), reach_m / dy, reach_m / dx)
        total += rms_m * blurred / blurred.std()
    return total


def _felt(rough: NDArray[np.floating]) -> Floats:
    """Share of the error where relief is so rough: none on water, more where it is steep."""
    return np.asarray(smoothstep(0.0, 0.05, np.asarray(rough, np.float64)) * (0.6 + 0.4 * rough))


def _write_searched(
    model: _Model, whole: Floats, void: NDArray[np.bool_], rng: np.random.Generator, path: Path
) -> None:
    """A fine model's means over wider posts, with errors and voids."""
    by = max(1, round(SEARCHED_M / model.post_m))
    rows, columns = whole.shape[0] // by * by, whole.shape[1] // by * by

    def means(values: Floats) -> Floats:
        return np.asarray(values[:rows, :columns].reshape(rows // by, by, columns // by, by).mean(axis=(1, 3)))

    coarse = means(whole)
    scale = METRES_A_DEGREE if model.crs.is_geographic else 1.0
    dy, dx = abs(model.transform.e) * by * scale, abs(model.transform.a) * by * scale
    if model.crs.is_geographic:
        dx *= float(np.cos(np.radians(model.transform.f)))
    rough = means(_roughness(whole, model))
    coarse += _error(coarse.shape, dx, dy, SEARCHED_M, rng) * _felt(rough)
    chance = _blurred(rng.standard_normal(coarse.shape), 1.5)
    ranked = chance / chance.std() + 0.7 * rough
    gone = (ranked > np.quantile(ranked, 1.0 - VOIDS)) | (means(void.astype(np.float64)) > 0.5)
    values = np.where(gone, -32768, np.rint(coarse)).astype(np.int16)
    about = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": "int16"}
    place = model.transform * rasterio.Affine.scale(by)
    with rasterio.open(path, "w", crs=model.crs, transform=place, nodata=-32768, **about) as dataset:
        dataset.write(values, 1)


def _with_grain(cover: Cover, rms_m: float) -> Cover:
    """A cover whose grain has a given strength."""
    unit = float(_unit_grain())
    return Cover(
        grain_m=rms_m / unit,
        canopy_m=cover.canopy_m,
        forest=cover.forest,
        clearing_m=cover.clearing_m,
        grass_m=0.0,
    )


def _unit_grain() -> float:
    """Strength of the caster's grain of scale 1 [m rms]."""
    x, y = np.random.default_rng(4).uniform(-4000.0, 4000.0, (2, 20_000))
    return float(Lattice.seeded(4).fractal(x, y, GRAIN_M, 4, 0.45).std())
