"""How well writing is found and read: drawn text of known content, script by script; overlays told from the scene.

Run as ``python benchmarks/text.py``, with the packs in the folder that WITNESSMARK_TESSDATA names.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.text_lab.drawing import FACES, Look, Rgb, draw, drawable, face_path, finished, texture
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from witnessmark.lines.text.choosing import SCRIPT_SURE, choose, script_shares
from witnessmark.lines.text.detecting import Detector
from witnessmark.lines.text.following import edits
from witnessmark.lines.text.looking import look as look_at
from witnessmark.lines.text.packs import packs_for
from witnessmark.lines.text.reading import Reader, ReadLine
from witnessmark.lines.text.rectifying import rectified
from witnessmark.media.records import Broken, Limits

RESULTS = Path(__file__).parent / "results" / "text.md"
SEED = 77_031
LANGUAGES = {
    "hy": ("Armenian", "armenian", "hye"),
    "ru": ("Russian", "cyrillic", "rus"),
    "az": ("Azerbaijani", "latin", "aze"),
    "tr": ("Turkish", "latin", "aze"),
    "en": ("English", "latin", "eng"),
}
"""Name, script, and the pack whose reading is scored where the language is taken as known."""
LOOKS = (
    Look("28 px, blurred, in perspective", 28, 1.2, 0.20, 7.0, 0),
    Look("28 px, much blurred, JPEG 40", 28, 2.0, 0.20, 7.0, 40),
    Look("20 px, blurred", 20, 1.0, 0.20, 7.0, 0),
)
SCRIPTS = ("latin", "armenian", "cyrillic")


@dataclass(frozen=True, slots=True)
class Scored:
    """How one text was read."""

    language: str
    look: str
    letters: int
    known_edits: int
    first_edits: int
    found: bool
    script: str
    share: float


def strings(language: str) -> list[str]:
    """Names of territories in that language (CLDR), every other one: those not used while the line was tuned."""
    held = importlib.import_module("babel").Locale(language).territories.values()
    listed = sorted({str(text) for text in held if 4 <= len(str(text)) <= 26})[1::2]
    return [text for text in listed if drawable(text)]


def read_all(per_cell: int) -> tuple[list[Scored], float, float]:
    """Every language in every look; seconds of processor time a picture for finding and a line for reading."""
    detector, scored = Detector(), list[Scored]()
    finding_s = reading_s = 0.0
    pictures_count = lines_count = 0
    with Reader(packs_for(SCRIPTS)) as reader:
        for look_number, look in enumerate(LOOKS):
            for language in LANGUAGES:
                rng = np.random.default_rng([SEED, look_number, *map(ord, language)])
                pool = [str(text) for text in rng.permutation(strings(language))]
                pool = [
                    text.upper() if language in ("ru", "en", "hy") and rng.random() < 0.25 else text for text in pool
                ]
                done = 0
                while done < per_cell and pool:
                    picture, shown = draw(pool[:6], rng, look)
                    shown = shown[: per_cell - done]
                    pool = pool[6:]
                    began = time.process_time()
                    boxes = detector.boxes(picture)
                    finding_s += time.process_time() - began
                    pictures_count += 1
                    for text, outline in shown:
                        inside = [
                            box.quad
                            for box in boxes
                            if cv2.pointPolygonTest(outline, tuple(map(float, box.quad.mean(axis=0))), False) >= 0
                        ]
                        began = time.process_time()
                        read = [reader.read(rectified(picture, quad)) for quad in sorted(inside, key=lambda q: q[0, 0])]
                        reading_s += time.process_time() - began
                        lines_count += len(read)
                        scored.append(_scored(language, look, text, read))
                    done += len(shown)
                print(f"{look.name}, {language}: {done} texts", file=sys.stderr, flush=True)
    return scored, finding_s / max(1, pictures_count), reading_s / max(1, lines_count)


def _scored(language: str, look: Look, text: str, read: Sequence[tuple[ReadLine, ...]]) -> Scored:
    pack = LANGUAGES[language][2]
    known = " ".join(line.text for lines in read for line in lines if line.pack == pack)
    chosen = [choice for lines in read if (choice := choose(lines)) is not None]
    first = " ".join(choice.lines[0].text for choice in chosen)
    shares = script_shares(max(read, key=lambda lines: sum(len(line.text) for line in lines))) if read else {}
    best = max(shares, key=lambda script: shares[script], default="")
    return Scored(
        language,
        look.name,
        len(text),
        min(len(text), edits(known, text)),
        min(len(text), edits(first, text)),
        bool(read),
        best,
        shares.get(best, 0.0),
    )


def interval(values: Sequence[tuple[int, int]]) -> str:
    """A rate of edits to letters with its 95 % interval by resampling texts (2,000 times)."""
    table = np.array(values, np.float64)
    rng = np.random.default_rng(SEED)
    picked = rng.integers(0, len(table), (2000, len(table)))
    rates = table[picked, 0].sum(axis=1) / table[picked, 1].sum(axis=1)
    low, high = np.percentile(rates, (2.5, 97.5))
    return f"{table[:, 0].sum() / table[:, 1].sum():.3f} ({low:.3f}-{high:.3f})"


def empty_pictures(count: int) -> tuple[int, int]:
    """Boxes found in textures without writing, and those of them that make sense to the reader."""
    detector = Detector()
    boxes_count = told_count = 0
    with Reader(packs_for(SCRIPTS)) as reader:
        for number in range(count):
            rng = np.random.default_rng([SEED, 9, number])
            picture = finished(texture(rng).astype(np.float64), rng, LOOKS[number % len(LOOKS)])
            boxes = detector.boxes(picture)
            boxes_count += len(boxes)
            told_count += sum(choose(reader.read(rectified(picture, box.quad))) is not None for box in boxes)
    return boxes_count, told_count


def clips(folder: Path, count: int) -> Iterator[tuple[Path, str, str, str]]:
    """Clips with a sign in the scene and a mark laid over: path, movement, sign, mark."""
    words = strings("en")
    for number in range(count):
        rng = np.random.default_rng([SEED, 5, number])
        movement = ("pan", "zoom", "still")[number % 3]
        sign, mark = (str(word) for word in rng.choice(words, 2, replace=False))
        path = folder / f"clip{number}.mp4"
        _write_clip(path, movement, sign, mark, rng)
        yield path, movement, sign, mark


def _write_clip(path: Path, movement: str, sign: str, mark: str, rng: np.random.Generator) -> None:
    wide = np.hstack([texture(rng), texture(rng)]).copy()
    face = ImageFont.truetype(str(face_path(FACES[0])), 40)
    board = Image.fromarray(wide)
    pen = ImageDraw.Draw(board)
    left, top, right, bottom = pen.textbbox((500, 380), sign, font=face)
    pen.rectangle((left - 20, top - 16, right + 20, bottom + 16), fill=(235, 235, 225))
    pen.text((500, 380), sign, fill=(20, 20, 30), font=face)
    world = np.asarray(board)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=5, options={"preset": "veryfast", "crf": "23"})
        video.width, video.height, video.pix_fmt = 640, 360, "yuv420p"
        for step in range(45):
            frame = av.VideoFrame.from_ndarray(_view(world, movement, step, mark, rng), format="rgb24")
            frame.pts, frame.time_base = step, Fraction(1, 5)
            container.mux(video.encode(frame))
        container.mux(video.encode())


def _view(world: Rgb, movement: str, step: int, mark: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    x, y, scale = 300.0, 200.0, 1.0
    if movement == "pan":
        x += 5.0 * step - 100.0
    if movement == "zoom":
        scale = 1.0 + 0.012 * step
    shake = rng.normal(0.0, 1.0, 2) if movement != "still" else np.zeros(2)
    size = (640.0 / scale, 360.0 / scale)
    x, y = x + (640.0 - size[0]) / 2.0 + shake[0], y + (360.0 - size[1]) / 2.0 + shake[1]
    corners = np.array([[x, y], [x + size[0], y], [x, y + size[1]]], np.float32)
    warp = cv2.getAffineTransform(corners, np.array([[0, 0], [640, 0], [0, 360]], np.float32))
    seen = Image.fromarray(cv2.warpAffine(world, warp, (640, 360), flags=cv2.INTER_AREA))
    ImageDraw.Draw(seen).text(
        (20, 310), mark, fill=(255, 255, 255), font=ImageFont.truetype(str(face_path(FACES[1])), 26)
    )
    noisy = np.asarray(seen).astype(np.float64) + rng.normal(0.0, 2.0, (360, 640, 3))
    return np.clip(noisy, 0.0, 255.0).astype(np.uint8)


def layers(count: int) -> tuple[Counter[tuple[str, str, str]], float]:
    """How often each was called what, by movement and truth; seconds of processor time a clip."""
    told, spent_s = Counter[tuple[str, str, str]](), 0.0
    with tempfile.TemporaryDirectory() as folder:
        for path, movement, sign, mark in clips(Path(folder), count):
            began = time.process_time()
            looked = look_at(path, packs_for(("latin",)), Limits())
            spent_s += time.process_time() - began
            assert not isinstance(looked, Broken), looked
            for truth, words in (("scene", sign), ("overlay", mark)):
                found = next(
                    (
                        each.layer
                        for each in looked.written
                        if any(2 * edits(reading.text, words) <= len(words) for reading in each.readings)
                    ),
                    "not found",
                )
                told[movement, truth, found] += 1
    return told, spent_s / count


def report(per_cell: int, empties: int, clip_count: int) -> str:
    """Measure everything; a page."""
    scored, finding_s, reading_s = read_all(per_cell)
    by: dict[tuple[str, str], list[Scored]] = defaultdict(list)
    for each in scored:
        by[each.look, each.language].append(each)
    lines = [
        "# Writing in pictures",
        "",
        "Plates drawn in four typefaces before a texture, seen from aside, blurred and grained, 1280 x 720; texts are "
        "names of territories (CLDR) that were not used while the line was tuned. Character error: edits by letters "
        "of the text, a missed text counts whole; 95 % intervals by resampling texts. Tesseract 5, packs aze, eng, "
        "hye, rus of tessdata_fast (Debian). Drawn text is cleaner than real signs: these are best cases.",
        "",
        "| Look | Language | N | found | error, pack known | error, script not assumed | script right, named | named |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (look, language), cell in by.items():
        name, script, _ = LANGUAGES[language]
        named = [each for each in cell if each.share >= SCRIPT_SURE]
        right = sum(each.script == script for each in named)
        lines.append(
            f"| {look} | {name} | {len(cell)} | {np.mean([each.found for each in cell]):.2f} | "
            f"{interval([(each.known_edits, each.letters) for each in cell])} | "
            f"{interval([(each.first_edits, each.letters) for each in cell])} | {right} of {len(named)} | "
            f"{len(named) / len(cell):.2f} |"
        )
    boxes, told = empty_pictures(empties)
    lines += ["", f"{empties} textures without writing: {boxes} boxes, {told} of them told as text.", ""]
    counted, clip_s = layers(clip_count)
    lines += [
        f"## Laid over or in the scene ({clip_count} clips of 9 s, a sign and a mark in each)",
        "",
        "| Camera | Truth | overlay | scene | undetermined | not found |",
        "|---|---|---|---|---|---|",
    ]
    for movement in ("pan", "zoom", "still"):
        for truth in ("scene", "overlay"):
            cells = [counted[movement, truth, kind] for kind in ("overlay", "scene", "undetermined", "not found")]
            lines.append(f"| {movement} | {truth} | {' | '.join(map(str, cells))} |")
    lines += [
        "",
        f"Processor time, one thread: {finding_s:.2f} s to find boxes in a picture of 1280 x 720, {reading_s:.2f} s to "
        f"read a line with four packs, {clip_s:.1f} s for such a clip besides decoding.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--per-cell", type=int, default=24, help="texts a language and look")
    asked.add_argument("--empty", type=int, default=12, help="textures without writing")
    asked.add_argument("--clips", type=int, default=12)
    given = asked.parse_args()
    page = report(given.per_cell, given.empty, given.clips)
    RESULTS.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
