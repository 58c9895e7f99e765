"""Faces found by size, and whether any is shown after blurring: portraits over backgrounds, compressed like postings.

Run as ``python benchmarks/blur.py --backgrounds FOLDER``; without a folder the backgrounds are drawn.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.media.faced import Rgb, backdrop, portrait, set_into

from witnessmark.media.blurring import LOOK_HZ, MARGIN, Plan, blur_file
from witnessmark.media.faces import THRESHOLD, Box, FaceFinder

RESULTS = Path(__file__).parent / "results" / "blur.md"
SEED = 41_017
SIZES_PX = (16, 20, 24, 32, 48, 96, 180)
"""Heights of the face, brow to chin."""
THRESHOLDS = (0.1, 0.2, 0.3, 0.5)
SIDE = (640, 360)
OVERLAP_LEAST = 0.35
CRF = "30"


@dataclass(frozen=True, slots=True)
class Look:
    """One way in which the portrait is shown."""

    face_px: int
    flipped: bool
    gain: float
    turned_deg: float
    blurred_px: float
    jpeg: int


def looks(face_px: int, count: int, rng: np.random.Generator) -> list[Look]:
    """Ways to show a face of one size, drawn at random."""
    return [
        Look(
            face_px,
            bool(rng.integers(2)),
            float(rng.uniform(0.45, 1.25)),
            float(rng.uniform(-15, 15)),
            float(rng.uniform(0.0, 0.04) * face_px),
            int(rng.integers(40, 85)),
        )
        for _ in range(count)
    ]


def shown(look: Look, ground: Rgb, rng: np.random.Generator) -> tuple[Rgb, Box]:
    """A picture with the face, and where the face is."""
    small = portrait(look.face_px)
    picture = ground.copy()
    x = int(rng.integers(0, max(1, picture.shape[1] - small.shape[1])))
    y = int(rng.integers(0, max(1, picture.shape[0] - small.shape[0])))
    place = set_into(picture, small, x, y)
    middle = (place.x_px + place.w_px / 2, place.y_px + place.h_px / 2)
    turn = cv2.getRotationMatrix2D(middle, look.turned_deg, 1.0)
    picture = np.asarray(
        cv2.warpAffine(picture, turn, (picture.shape[1], picture.shape[0]), borderMode=cv2.BORDER_REFLECT), np.uint8
    )
    if look.blurred_px > 0.2:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), look.blurred_px), np.uint8)
    picture = np.clip(picture * look.gain, 0, 255).astype(np.uint8)
    if look.flipped:
        picture = np.ascontiguousarray(picture[:, ::-1])
        place = Box(picture.shape[1] - place.x_px - place.w_px, place.y_px, place.w_px, place.h_px)
    jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, look.jpeg])[1]
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8), place


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    wide = min(one.x_px + one.w_px, other.x_px + other.w_px) - max(one.x_px, other.x_px)
    high = min(one.y_px + one.h_px, other.y_px + other.h_px) - max(one.y_px, other.y_px)
    shared = max(0.0, wide) * max(0.0, high)
    return shared / (one.w_px * one.h_px + other.w_px * other.h_px - shared)


def interval(right: int, count: int) -> str:
    """A share with its 95 % Wilson interval."""
    if not count:
        return "-"
    z2 = 1.96**2
    share = right / count
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = 1.96 * (share * (1 - share) / count + z2 / (4 * count**2)) ** 0.5 / (1 + z2 / count)
    return f"{share:.2f} ({max(0.0, middle - half):.2f}-{min(1.0, middle + half):.2f})"


def grounds(folder: Path | None) -> list[Rgb]:
    """Pictures without a face to be found: drawn clouds, and photographs and swatches of a folder."""
    found = [backdrop(*SIDE, seed=seed) for seed in range(3)]
    for path in sorted(folder.glob("*.png"))[:40] if folder is not None else ():
        if path.name.startswith(("camo_", "photo_")):
            picture = np.asarray(Image.open(path).convert("RGB").resize(SIDE), np.uint8)
            found.append(picture)
    return found


def by_size(grounds_: list[Rgb], count: int, rng: np.random.Generator) -> tuple[dict[int, dict[float, int]], float]:
    """How many faces of each size are found at each threshold, and seconds of processor time a picture."""
    finder = FaceFinder(threshold=min(THRESHOLDS))
    found: dict[int, dict[float, int]] = {size: dict.fromkeys(THRESHOLDS, 0) for size in SIZES_PX}
    begun = time.process_time()
    for size in SIZES_PX:
        for look in looks(size, count, rng):
            picture, place = shown(look, grounds_[int(rng.integers(len(grounds_)))], rng)
            scores = [each.score for each in finder.find(picture) if overlap(each.box, place) >= OVERLAP_LEAST]
            for threshold in THRESHOLDS:
                found[size][threshold] += max(scores, default=0.0) > threshold
    return found, (time.process_time() - begun) / (count * len(SIZES_PX))


def clear_grounds(grounds_: list[Rgb]) -> dict[float, int]:
    """Places taken for faces where none is, over all backgrounds, at each threshold."""
    finder = FaceFinder(threshold=min(THRESHOLDS))
    scores = [each.score for ground in grounds_ for each in finder.find(ground)]
    return {threshold: sum(score > threshold for score in scores) for threshold in THRESHOLDS}


def walk(path: Path, ground: Rgb, face_px: int, rng: np.random.Generator, pictures: int) -> list[Box | None]:
    """Write a recording of a face that moves, is hidden for a while and leaves; where it is in each picture."""
    small = portrait(face_px)
    speed = float(rng.uniform(0.5, 2.0)) * face_px / 25
    phase = float(rng.uniform(0, 6))
    places: list[Box | None] = []
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"crf": CRF, "preset": "veryfast", "bf": "0"})
        video.width, video.height, video.pix_fmt = *SIDE, "yuv420p"
        for number in range(pictures):
            picture = ground.copy()
            x = round(60 + speed * number)
            y = round(30 + 0.2 * face_px * np.sin(phase + number / 6))
            place: Box | None = set_into(picture, small, x, y)
            if pictures // 2 <= number < pictures // 2 + 6:  # something passes before it
                picture[:, max(0, x) :] = 90
                place = None
            places.append(place)
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(video.encode(None))
    return places


def shown_after(path: Path, places: list[Box | None], finder: FaceFinder) -> tuple[int, int, int]:
    """Pictures with a face; those of them where the detector still finds it; those where its middle is as it was."""
    with av.open(str(path)) as container:
        after = [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]
    faced = found = bare = 0
    for picture, place in zip(after, places, strict=True):
        if place is None or not (place.x_px > 0 and place.x_px + place.w_px < SIDE[0]):
            continue
        faced += 1
        found += any(overlap(each.box, place) >= OVERLAP_LEAST for each in finder.find(picture))
        bare += detail(picture, place) > DETAIL_MOST
    return faced, found, bare


DETAIL_MOST = 2.0
"""Mean step between neighbours in the middle of a face above which it counts as shown; clear ones have 4 and more."""


def detail(picture: NDArray[np.uint8], place: Box) -> float:
    """Mean step between neighbouring pixels in the middle half of a box."""
    x, y = round(place.x_px + place.w_px / 4), round(place.y_px + place.h_px / 4)
    part = picture[y : y + max(3, round(place.h_px / 2)), x : x + max(3, round(place.w_px / 2))].astype(float)
    return float(np.abs(np.diff(part.mean(axis=2), axis=1)).mean())


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backgrounds", type=Path)
    parser.add_argument("--faces", type=int, default=20, help="pictures a size")
    parser.add_argument("--videos", type=int, default=2, help="recordings a size")
    asked = parser.parse_args()
    rng = np.random.default_rng(SEED)
    backs = grounds(asked.backgrounds)
    found, cpu_s = by_size(backs, asked.faces, rng)
    false = clear_grounds(backs)
    lines = [
        "# Faces found and blurred",
        "",
        f"One portrait in the public domain (it ships with matplotlib; one person), {SIDE[0]} x {SIDE[1]} px, in "
        f"{len(backs)} backgrounds (drawn clouds, drawn camouflage, a photograph whose face was blurred before), "
        "mirrored, turned up to 15 degrees, darkened to 0.45, blurred, JPEG 40-85. "
        "Shares with 95 % Wilson intervals. Rehearsed.",
        "",
        "## Recall by height of the face, brow to chin",
        "",
        "| Face | N | " + " | ".join(f"threshold {each}" for each in THRESHOLDS) + " |",
        "|---|---|" + "---|" * len(THRESHOLDS),
    ]
    for size, counts in found.items():
        shares = " | ".join(interval(counts[each], asked.faces) for each in THRESHOLDS)
        lines.append(f"| {size} px | {asked.faces} | {shares} |")
    from_24 = {each: sum(found[size][each] for size in SIZES_PX if size >= 24) for each in THRESHOLDS}
    number = asked.faces * sum(size >= 24 for size in SIZES_PX)
    lines.append(
        f"| 24 px and more | {number} | " + " | ".join(interval(from_24[t], number) for t in THRESHOLDS) + " |"
    )
    lines.append(f"| false, in {len(backs)} backgrounds | | " + " | ".join(str(false[t]) for t in THRESHOLDS) + " |")
    lines += [
        "",
        f"The threshold used is {THRESHOLD}. {cpu_s:.2f} s of processor time a picture.",
        "",
        "## Recordings: pictures that still show the face",
        "",
        "| Face | Recordings | Pictures with the face in whole | found again by the detector | detail left |",
        "|---|---|---|---|---|",
    ]
    finder = FaceFinder()
    for size in (24, 48, 96):
        tally = [0, 0, 0]
        for _ in range(asked.videos):
            with tempfile.TemporaryDirectory() as folder:
                source, out = Path(folder) / "walk.mp4", Path(folder) / "out.mp4"
                places = walk(source, backs[int(rng.integers(len(backs)))], size, rng, 40)
                blur_file(source, out, Plan(faces=True), finder=finder)
                tally = [a + b for a, b in zip(tally, shown_after(out, places, finder), strict=True)]
        lines.append(f"| {size} px | {asked.videos} | {tally[0]} | {tally[1]} | {tally[2]} |")
    lines += [
        "",
        f"Faces are looked for {LOOK_HZ:g} times a second; boxes are enlarged by {MARGIN:.0%} on each side. In the "
        "middle of each recording the face is hidden for 6 pictures. Detail: mean step between neighbouring pixels "
        f"in the middle half of the face above {DETAIL_MOST:g} levels.",
        "",
        "Not measured: faces in profile, veiled or masked, behind glass, of many people, and real footage.",
        "",
    ]
    RESULTS.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
