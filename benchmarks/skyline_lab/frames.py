"""Frames with a known skyline: rehearsed in many lights, filmed, compressed, and read back through the sandbox.

A frame's truth is the rehearsal's own sweep over its own ground with grain and trees, not the elevation model's. Files
are kept below a work folder and made only once; a split's frames do not depend on how many are drawn.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark import media
from witnessmark.rehearsal import (
    Device,
    Relief,
    Scenario,
    Weather,
    jacksboro,
    random_scenarios,
    render_panorama,
    set_up,
)
from witnessmark.rehearsal.camera import film
from witnessmark.rehearsal.container import Recorder
from witnessmark.rehearsal.stage import no_progress
from witnessmark.rehearsal.truth import skyline

Floats = NDArray[np.float64]

SIZES = ((960, 540), (1280, 720), (720, 960), (640, 480))
LEAST_SEEN = 0.1
"""Share of its columns in which a frame must show the skyline to be counted."""
PAN_DEG = 100.0
PAN_FRAMES = 7
PAN_SIZE = (640, 360)


@dataclass(frozen=True, slots=True)
class Split:
    """A set of frames drawn from one seed."""

    name: str
    seed: int
    frames: int
    pans: int


TUNED = Split("tuned", 71, 46, 1)
HELD_OUT = Split("held-out", 9043, 36, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A frame and where its skyline truly is.

    Attributes
    ----------
    name, group : str
    rgb : ndarray of uint8, shape (height, width, 3)
    column_px, row_px : ndarray of float64, shape (n,)
        Continuous: the corner of the top left pixel is 0, 0. Rows may lie outside the frame.
    hidden : ndarray of bool, shape (n,)
        Something that stands before the skyline hides it there.
    contrast : ndarray of float64, shape (n,)
        Share of a dark ridge's contrast with the sky that the air leaves (Koschmieder 1924); 1 where not known.
    hfov_deg, heading_deg, pitch_deg, roll_deg : float
        NaN where not known.
    dress : mapping of str to float
        What the frame was rendered with.
    """

    name: str
    group: str
    rgb: NDArray[np.uint8]
    column_px: Floats
    row_px: Floats
    hidden: NDArray[np.bool_]
    contrast: Floats
    hfov_deg: float
    heading_deg: float = float("nan")
    pitch_deg: float = float("nan")
    roll_deg: float = float("nan")
    dress: dict[str, float] = dataclasses.field(default_factory=dict)


def reliefs(folder: Path | None) -> tuple[Relief, ...]:
    """The sample's hills, and every geographic GeoTIFF of a folder, voids filled."""
    found = [jacksboro()]
    for path in sorted(folder.glob("*.tif")) if folder else ():
        import rasterio

        with rasterio.open(path) as source:
            if not source.crs.is_geographic:
                continue
            height = source.read(1).astype(np.float64)
            step_x, step_y = source.transform.a, source.transform.e
            lon = source.transform.c + step_x * (np.arange(source.width) + 0.5)
            lat = source.transform.f + step_y * (np.arange(source.height) + 0.5)
        void = (height < -500.0).astype(np.uint8)
        if void.any():
            low, high = float(height[void == 0].min()), float(height[void == 0].max())
            shade = np.clip((height - low) / (high - low) * 65535.0, 0.0, 65535.0).astype(np.uint16)
            filled = cv2.inpaint(shade, void, 5.0, cv2.INPAINT_NS).astype(np.float64) / 65535.0 * (high - low) + low
            height = np.where(void == 1, filled, height)
        found.append(Relief(path.stem, path.name, lat, lon, height))
    return tuple(found)


def make(split: Split, grounds: Sequence[Relief], work: Path) -> None:
    """Render what is not there yet."""
    for kind, count in (("frame", split.frames), ("pan", split.pans)):
        for number in range(count):
            folder = work / split.name / f"{kind}-{number:03d}"
            if (folder / "truth.json").exists():
                continue
            folder.mkdir(parents=True, exist_ok=True)
            relief = grounds[number % len(grounds)]
            plan = _scenario(split.seed * 10_000 + number + (5000 if kind == "pan" else 0), relief, kind == "pan")
            _render(plan, relief, folder)


def _scenario(seed: int, relief: Relief, pan: bool) -> Scenario:
    """A random scenario made harder: haze, dim light, coarse compression, snow, tall crowns near the camera."""
    rng = np.random.default_rng(seed)
    width, height = PAN_SIZE if pan else SIZES[int(rng.integers(len(SIZES)))]
    device = Device(width_px=width, height_px=height, rate_hz=1.5 if pan else 25.0, noise=float(rng.uniform(0.5, 4.0)))
    plan = random_scenarios(1, seed, relief=relief, device=device)[0]
    middle = (plan.heading_start_deg + plan.heading_end_deg) / 2.0
    turn = PAN_DEG - plan.device.horizontal_fov_deg if pan else 0.0
    high = float(np.quantile(relief.elevation_m, 0.8)) if rng.random() < 0.25 else None
    return dataclasses.replace(
        plan,
        name=f"skyline-{seed}",
        duration_s=PAN_FRAMES / 1.5 if pan else 0.12,
        heading_start_deg=middle - turn / 2.0,
        heading_end_deg=middle + turn / 2.0,
        pitch_deg=plan.pitch_deg + float(rng.normal(0.0, 2.0)),
        oversample=1.2,
        weather=dataclasses.replace(plan.weather, visibility_m=float(np.exp(rng.uniform(np.log(5e3), np.log(7e4))))),
        cover=dataclasses.replace(
            plan.cover,
            snow_above_m=high,
            clearing_m=float(np.exp(rng.uniform(np.log(60.0), np.log(600.0)))),
        ),
        device=dataclasses.replace(plan.device, crf=int(rng.integers(18, 34)), variable_rate=False),
    )


def _dress(plan: Scenario) -> dict[str, float]:
    weather: Weather = plan.weather
    return {
        "cloud": weather.cloud_cover,
        "visibility_km": weather.visibility_m / 1000.0,
        "crf": float(plan.device.crf),
        "noise": plan.device.noise,
        "forest": plan.cover.forest,
        "clearing_m": plan.cover.clearing_m,
        "snow": float(plan.cover.snow_above_m is not None),
    }


def _render(plan: Scenario, relief: Relief, folder: Path) -> None:
    stage = set_up(plan, relief)
    panorama = render_panorama(stage)
    clip = folder / "clip.mp4"
    device = plan.device
    with Recorder(clip, device.width_px, device.height_px, device.rate_hz, crf=device.crf, sound_rate_hz=None) as out:
        for time_s, planes in film(stage, panorama, no_progress):
            out.picture(planes, time_s)
    wanted = range(len(stage.poses)) if len(stage.poses) == PAN_FRAMES else [len(stage.poses) - 1]
    entries = []
    for frame in wanted:
        still = media.still_at(clip, float(stage.time_s[frame]) + 1e-4)
        if isinstance(still, media.Broken):
            raise RuntimeError(still.reason)
        cv2.imwrite(str(folder / f"{frame}.png"), still.rgb[:, :, ::-1])
        line = skyline(stage, panorama, frame)
        pose = stage.poses[frame]
        entries.append(
            {
                "picture": f"{frame}.png",
                "column_px": np.round(line.column_px, 2).tolist(),
                "row_px": np.round(line.row_px, 3).tolist(),
                "hidden": line.behind_prop.tolist(),
                "contrast": np.round(np.exp(-3.912 * line.range_m / plan.weather.visibility_m), 4).tolist(),
                "hfov_deg": device.horizontal_fov_deg,
                "heading_deg": pose.heading_deg,
                "pitch_deg": pose.pitch_deg,
                "roll_deg": pose.roll_deg,
            }
        )
    (folder / "truth.json").write_text(
        json.dumps({"relief": relief.name, "dress": _dress(plan), "frames": entries}), encoding="utf-8"
    )


def kept(split: Split, work: Path, kind: str = "frame") -> Iterator[list[Shown]]:
    """The frames of a split, those of a pan together."""
    for folder in sorted((work / split.name).glob(f"{kind}-*")):
        if not (folder / "truth.json").exists():
            continue
        told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        shown = []
        for entry in told["frames"]:
            bgr = cv2.imread(str(folder / entry["picture"]))
            assert bgr is not None
            shown.append(
                Shown(
                    folder.name,
                    told["relief"],
                    np.ascontiguousarray(bgr[:, :, ::-1], dtype=np.uint8),
                    np.array(entry["column_px"]),
                    np.array(entry["row_px"]),
                    np.array(entry["hidden"]),
                    np.array(entry["contrast"]),
                    float(entry["hfov_deg"]),
                    float(entry["heading_deg"]),
                    float(entry["pitch_deg"]),
                    float(entry["roll_deg"]),
                    told["dress"],
                )
            )
        yield shown
