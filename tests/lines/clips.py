"""Small clips of a moving textured scene, written frame by frame so that every edit is known."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.custody.records import CopyKind, Item
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.space import Alternative, Hypotheses
from witnessmark.hypotheses.times import TimeAxis

WIDTH, HEIGHT, RATE = 240, 136, 25
STEADY_X264 = {"preset": "veryfast", "x264-params": "bframes=0"}
"""With B-frames, x264's macroblock tree reads memory nobody wrote at some sizes (320 x 180, 240 x 136): other bytes at
every run. Without the tree, a frozen picture would go on changing as it is refined."""
OTHER_SCENE = 100_000  # added to a frame number: the same camera path over another texture


def scene(seed: int, darkest: float, brightest: float) -> NDArray[np.float32]:
    """A wide, smooth texture with detail at several sizes, shape (300, 1600)."""
    rng = np.random.default_rng(seed)
    total = np.zeros((300, 1600), np.float32)
    for size, weight in ((120, 0.5), (40, 0.3), (14, 0.2)):
        coarse = rng.uniform(0.0, 1.0, (300 // size + 3, 1600 // size + 3)).astype(np.float32)
        total += weight * cv2.resize(coarse, (1600, 300), interpolation=cv2.INTER_CUBIC)
    return np.asarray(darkest + (brightest - darkest) * (total - total.min()) / np.ptp(total), np.float32)


SCENES = {False: scene(1, 60.0, 230.0), True: scene(2, 10.0, 150.0)}


def picture(number: int, *, speed_px: float = 2.0, shake_px: float = 1.0, noise: int = 0) -> NDArray[np.uint8]:
    """The frame of a number: a panning, slightly shaking camera with sensor noise; the same number, the same bytes."""
    other, index = number >= OTHER_SCENE, number % OTHER_SCENE
    rng = np.random.default_rng((11, number, noise))
    x = 150.0 + speed_px * index + shake_px * (np.sin(0.45 * index) + 0.5 * np.sin(1.1 * index + 1.0))
    y = 150.0 + shake_px * (np.sin(0.37 * index + 0.4) + 0.5 * np.sin(0.9 * index))
    view = cv2.getRectSubPix(SCENES[other], (WIDTH, HEIGHT), (x, y))
    grey = np.clip(view + rng.normal(0.0, 1.5, view.shape), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def write(
    path: Path,
    numbers: Sequence[int],
    *,
    pts: Sequence[int] | None = None,
    created: dt.datetime | None = None,
    metadata: Mapping[str, str] | None = None,
    sound_s: float | None = None,
    speed_px: float = 2.0,
    shake_px: float = 1.0,
    new_noise: bool = False,
    crf: int = 20,
) -> Path:
    """Encode the numbered frames; `pts` are in frame steps and default to one after the other.

    With `new_noise` a number that comes again is another exposure of the same view, as from a tripod.
    """
    options = {"movflags": "use_metadata_tags"} if path.suffix in {".mp4", ".mov"} else {}
    with av.open(str(path), "w", options=options) as container:
        if created is not None:
            container.metadata["creation_time"] = created.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        container.metadata.update(metadata or {})
        video = container.add_stream("libx264", rate=RATE, options=STEADY_X264 | {"crf": str(crf)})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.thread_count = 1
        video.codec_context.time_base = Fraction(1, RATE)
        sound = None
        if sound_s is not None:
            sound = container.add_stream("aac", rate=48_000)
            sound.layout = "mono"
        for order, (at, number) in enumerate(zip(pts or range(len(numbers)), numbers, strict=True)):
            noise_seed = order if new_noise else 0
            view = picture(number, speed_px=speed_px, shake_px=shake_px, noise=noise_seed)
            frame = av.VideoFrame.from_ndarray(view, format="rgb24")
            frame.pts, frame.time_base = at, Fraction(1, RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if sound is not None and sound_s is not None:
            noise = (0.1 * np.random.default_rng(5).standard_normal(int(sound_s * 48_000))).astype(np.float32)
            for start in range(0, len(noise) - 1023, 1024):
                block = av.AudioFrame.from_ndarray(noise[None, start : start + 1024], format="fltp", layout="mono")
                block.sample_rate, block.pts = 48_000, start
                container.mux(sound.encode(block))
            container.mux(sound.encode())
    return path


def item_of(path: Path, exhibit_number: str = "WM-0001") -> Item:
    """The file as an item, hashed."""
    data = path.read_bytes()
    return Item(
        exhibit_number=exhibit_number,
        sha256=Sha256(hashlib.sha256(data).digest()),
        sha512=Sha512(hashlib.sha512(data).digest()),
        size_bytes=len(data),
        media_type="video/mp4",
        copy=CopyKind.EVIDENTIARY,
    )


def space(start: dt.datetime, step_s: float = 600.0, n_instants: int = 432) -> Hypotheses:
    """A small grid over a time axis, with the two usual alternatives."""
    x = np.arange(4, dtype=np.float64) * 1000.0
    lat_deg: NDArray[np.float64] = np.repeat(46.0 + 0.009 * np.arange(3), 4)
    lon_deg: NDArray[np.float64] = np.tile(8.0 + 0.013 * np.arange(4), 3)
    places = PlaceGrid("+proj=laea +lat_0=46 +lon_0=8", 1000.0, x, x[:3], lat_deg, lon_deg)
    alternatives = (
        Alternative("older-footage", "It was filmed before the time axis begins.", 0.1),
        Alternative("elsewhere", "It was filmed outside the region.", 0.1),
    )
    return Hypotheses(places, TimeAxis(start, step_s, n_instants), alternatives)
