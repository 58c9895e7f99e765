"""Draws the pictures of docs/lines/terrain.md from an invented relief: ``python -m benchmarks.terrain_docs.pictures``.

A frame is rendered over a relief of 30 m posts with woods; the search gets the same relief at 90 m, without them.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from witnessmark.desk.skylines import Known, propose_skyline
from witnessmark.desk.terrain import horizon, locate

OUT = Path(__file__).parents[2] / "docs" / "pictures"
WEST, SOUTH, EAST, NORTH = 8.0, 46.25, 8.42, 46.55
STEP_DEG = 0.0003
REGION = (8.13, 46.345, 8.245, 46.425)
TRUTH = (46.3868, 8.1795)
HEADING_DEG, PITCH_DEG, ROLL_DEG, HFOV_DEG = 118.0, 3.0, 1.2, 58.0
FRAME = (1280, 720)
EARTH_M, REFRACTION_K, EYE_M = 6_371_000.0, 0.13, 1.7
PANORAMA_STEP_DEG = 0.04
LIGHT = np.array([-0.55, 0.35, 0.76])
"""Towards the sun: east, north, up."""

Floats = NDArray[np.float64]


def relief() -> NDArray[np.float32]:
    """Rows from the north: ridges folded out of noise of several sizes."""
    rows, columns = round((NORTH - SOUTH) / STEP_DEG), round((EAST - WEST) / STEP_DEG)
    rng = np.random.default_rng(1913)
    total = np.zeros((rows, columns), np.float32)
    for cell, tall_m in ((190, 1500.0), (90, 700.0), (42, 300.0), (20, 130.0), (9, 50.0), (4, 18.0)):
        coarse = rng.uniform(-1.0, 1.0, (rows // cell + 4, columns // cell + 4)).astype(np.float32)
        fine = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
        total += tall_m * (1.0 - np.abs(fine))
    return np.asarray(total - 600.0, np.float32)


def wooded(height_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """With woods below the tree line."""
    rng = np.random.default_rng(1914)
    stand = cv2.GaussianBlur(rng.normal(0.0, 1.0, height_m.shape).astype(np.float32), (0, 0), 6.0)
    crown = rng.uniform(0.6, 1.0, height_m.shape).astype(np.float32)
    return np.asarray(height_m + 16.0 * crown * ((stand > 0.0) & (height_m < 1700.0)), np.float32)


def write_model(height_m: NDArray[np.float32], folder: Path) -> Path:
    """The bare relief at three times the spacing, as a grid that the search reads."""
    rows, columns = height_m.shape[0] // 3 * 3, height_m.shape[1] // 3 * 3
    blocks = height_m[:rows, :columns].reshape(rows // 3, 3, columns // 3, 3).mean(axis=(1, 3))
    step, path = 3.0 * STEP_DEG, folder / "invented.npz"
    edges = {"xmin": WEST, "xmax": WEST + columns * STEP_DEG, "ymin": NORTH - rows * STEP_DEG, "ymax": NORTH}
    np.savez(path, elevation=blocks, dx=step, dy=step, **edges)
    return path


def sampled(field: NDArray[np.float32], lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Bilinear between the middles of the cells; NaN outside."""
    row, column = (NORTH - lat_deg) / STEP_DEG - 0.5, (lon_deg - WEST) / STEP_DEG - 0.5
    at = column.astype(np.float32), row.astype(np.float32)
    return np.asarray(cv2.remap(field, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=np.nan))


def rendered(height_m: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The frame: lit ground behind haze under a pale sky, RGB."""
    azimuth, elevation = _looks()
    bearings = np.arange(azimuth.min() - 0.2, azimuth.max() + 0.2, PANORAMA_STEP_DEG)
    away = np.geomspace(20.0, 22_000.0, 1800)
    lat = TRUTH[0] + np.degrees(np.cos(np.radians(bearings))[:, None] * away / EARTH_M)
    lon = TRUTH[1] + np.degrees(np.sin(np.radians(bearings))[:, None] * away / EARTH_M / np.cos(np.radians(TRUTH[0])))
    height = sampled(height_m, lat, lon)
    eye = float(sampled(height_m, np.array([[TRUTH[0]]]), np.array([[TRUTH[1]]]))[0, 0]) + EYE_M
    drop = away**2 * (1.0 - REFRACTION_K) / (2.0 * EARTH_M)
    rises = np.degrees(np.arctan((height - drop - eye) / away))
    highest = np.maximum.accumulate(np.where(np.isfinite(rises), rises, -90.0), axis=1)
    column = np.clip(np.rint((azimuth - bearings[0]) / PANORAMA_STEP_DEG), 0, len(bearings) - 1).astype(np.intp)
    sample = np.empty(azimuth.shape, np.intp)
    for number in np.unique(column):
        of = column == number
        sample[of] = np.searchsorted(highest[number], elevation[of])
    sky = sample >= len(away)
    near = np.minimum(sample, len(away) - 1)
    ground = _ground_colours(height_m, lat[column, near], lon[column, near])
    haze = np.exp(-away[near] / 9_000.0)[..., None]
    air = np.array([0.72, 0.80, 0.90])
    up = np.clip(elevation / 25.0, 0.0, 1.0)[..., None]
    shade = np.where(
        sky[..., None], air * (1.0 - up) + np.array([0.36, 0.55, 0.82]) * up, ground * haze + air * (1.0 - haze)
    )
    noise = np.random.default_rng(7).normal(0.0, 0.008, shade.shape)
    return np.asarray(np.clip(255.0 * cv2.GaussianBlur(shade + noise, (0, 0), 0.7), 0, 255), np.uint8)


def _looks() -> tuple[Floats, Floats]:
    """True bearing and elevation [deg] of every pixel."""
    focal = 0.5 * FRAME[0] / np.tan(np.radians(HFOV_DEG) / 2.0)
    x, y = np.meshgrid(np.arange(FRAME[0]) - (FRAME[0] - 1) / 2.0, (FRAME[1] - 1) / 2.0 - np.arange(FRAME[1]))
    pitch, roll = np.radians(PITCH_DEG), np.radians(ROLL_DEG)
    right, up = x * np.cos(roll) + y * np.sin(roll), y * np.cos(roll) - x * np.sin(roll)
    ahead, above = focal * np.cos(pitch) - up * np.sin(pitch), focal * np.sin(pitch) + up * np.cos(pitch)
    return HEADING_DEG + np.degrees(np.arctan2(right, ahead)), np.degrees(np.arctan2(above, np.hypot(right, ahead)))


def _ground_colours(height_m: NDArray[np.float32], lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Grass, woods, rock and snow, lit by the sun."""
    metres = STEP_DEG * 111_195.0
    north, east = np.gradient(height_m, -metres, metres * float(np.cos(np.radians(TRUTH[0]))))
    at = [np.asarray(sampled(np.asarray(part, np.float32), lat_deg, lon_deg)) for part in (height_m, north, east)]
    height, up_north, up_east = (np.nan_to_num(part) for part in at)
    steep = np.hypot(up_north, up_east)
    normal = np.stack([-up_east, -up_north, np.ones_like(steep)], axis=-1)
    lit = np.clip(normal @ (LIGHT / np.linalg.norm(LIGHT)) / np.linalg.norm(normal, axis=-1), 0.0, 1.0)
    colour = np.where((height < 1500.0)[..., None], [0.30, 0.38, 0.20], [0.42, 0.42, 0.30])
    colour = np.where((steep > 0.75)[..., None], [0.44, 0.41, 0.38], colour)
    colour = np.where(((height > 2150.0) & (steep < 0.7))[..., None], [0.93, 0.95, 0.98], colour)
    return np.asarray(colour * (0.35 + 0.75 * lit[..., None]))


def draw(out: Path) -> None:
    """Render, propose, search, and keep the pictures."""
    folder = Path(tempfile.mkdtemp())
    try:
        truth = relief()
        model = write_model(truth, folder)
        photo = folder / "photo.png"
        cv2.imwrite(str(photo), cv2.cvtColor(rendered(wooded(truth)), cv2.COLOR_RGB2BGR))
        proposed = propose_skyline(photo, Known((50.0, 66.0), EYE_M, (0.0, 5.0), (0.0, 2.0)))
        (folder / "line.json").write_text(json.dumps(proposed.to_plain()), encoding="utf-8")
        _keep(out / "terrain-skyline.png", proposed.picture().png)
        found = locate([model], folder / "line.json", REGION, 100.0, progress=lambda _done, _what: None)
        for one in found.found.candidates[:4]:
            print(f"{one.lat_deg:.5f} {one.lon_deg:.5f} {one.heading_deg:.1f} {one.log_likelihood_nats:.1f}")
        found.draw(folder / "drawn", 2, lambda _done, _what: None)
        for name in ("terrain-map", "terrain-place-1", "terrain-place-2"):
            _keep(out / f"{name}.png", (folder / "drawn" / f"{name}.png").read_bytes())
        _keep(out / "terrain-horizon.png", horizon([model], *TRUTH, reach_m=25_000.0).picture().png)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _keep(path: Path, png: bytes) -> None:
    """With a palette: a third of the size, and nothing is lost that a page shows."""
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)


if __name__ == "__main__":
    draw(OUT)
