"""Strip and shots of a 1080p clip: Witnessmark's survey against PySceneDetect's content detector, in one run.

The clip is rendered from a seed: textures under pans, whip pans, hand tremor, sensor noise, moving objects,
flashes, changes of light, fades, dissolves, and hard cuts at known frames, some between dark or hazy scenes that
look alike. Reports inside fades and dissolves are counted neither for nor against anybody. Both sides read the
same file; Witnessmark's time includes starting its confined process and making the stills, PySceneDetect's does not
include its import. Times are medians of alternating runs.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import av.logging
import cv2
import numpy as np
import scenedetect
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from witnessmark import media

av.logging.set_level(av.logging.PANIC)

WIDTH_PX, HEIGHT_PX, RATE_HZ = 1920, 1080, 30
HERE = Path(__file__).resolve().parent
REAL_CLIPS = HERE.parent.parent / "shared" / "data" / "videos"
TOLERANCE_FRAMES = 1

NOISES = (0.7, 2.0, 5.0)
GRAIN_MARGIN_PX = 64
ENCODINGS = {"as a phone writes it, CRF 20": "20", "as a platform sends it on, CRF 28": "28"}

Image = NDArray[np.uint8]
Grain = dict[float, tuple[Image, Image]]


@dataclass(slots=True)
class Truth:
    """Known hard cuts (first frame of the new scene) and stretches where a report counts for nothing."""

    cuts: list[int] = field(default_factory=list)
    neutral: list[tuple[int, int]] = field(default_factory=list)


class Scene:
    """An endless view over one texture."""

    def __init__(self, rng: np.random.Generator, like: Scene | None) -> None:
        self.rng = rng
        contrast: float = float(rng.choice([12.0, 30.0, 55.0], p=[0.3, 0.3, 0.4])) if like is None else like.contrast
        self.contrast: float = contrast
        self.base: NDArray[np.float64] = rng.uniform(40, 200, 3) if like is None else like.base + rng.normal(0, 3, 3)
        self.field = _texture(rng, self.base, contrast)
        height, width = self.field.shape[:2]
        speed = float(rng.choice([0.0, 3.0, 12.0, 70.0], p=[0.3, 0.35, 0.25, 0.1]))
        angle = rng.uniform(0, 2 * np.pi)
        self.velocity = speed * np.array([np.cos(angle), np.sin(angle)])
        self.at = np.array([rng.uniform(0, width - WIDTH_PX), rng.uniform(0, height - HEIGHT_PX)])
        self.tremor = float(rng.choice([0.0, 1.5, 5.0]))
        self.noise = float(rng.choice(NOISES))
        count = int(rng.integers(0, 5))
        self.things = [
            (
                rng.uniform(0, [WIDTH_PX, HEIGHT_PX]),
                rng.normal(0, 14, 2),
                int(rng.integers(30, 260)),
                rng.uniform(0, 255, 3),
            )
            for _ in range(count)
        ]

    def picture(self, step: int, grain: Grain) -> Image:
        """The view `step` frames after the scene began."""
        height, width = self.field.shape[:2]
        where = self.at + self.velocity * step + self.rng.normal(0, 1, 2) * self.tremor
        x, y = int(_bounce(where[0], width - WIDTH_PX)), int(_bounce(where[1], height - HEIGHT_PX))
        view = self.field[y : y + HEIGHT_PX, x : x + WIDTH_PX].copy()
        for start, velocity, size, colour in self.things:
            centre = start + velocity * step
            spot = (int(_bounce(centre[0], WIDTH_PX)), int(_bounce(centre[1], HEIGHT_PX)))
            cv2.circle(view, spot, size, tuple(float(part) for part in colour), -1, cv2.LINE_AA)
        more, less = grain[self.noise]
        x, y = (int(offset) for offset in self.rng.integers(0, GRAIN_MARGIN_PX, 2))
        window = np.s_[y : y + HEIGHT_PX, x : x + WIDTH_PX]
        return np.asarray(cv2.subtract(cv2.add(view, more[window]), less[window]), np.uint8)


def _grain(rng: np.random.Generator) -> Grain:
    """Sensor noise of each strength as what it adds and what it takes; a view takes a random window of it."""
    shape = (HEIGHT_PX + GRAIN_MARGIN_PX, WIDTH_PX + GRAIN_MARGIN_PX, 1)
    found: Grain = {}
    for strength in NOISES:
        noise = np.repeat(rng.normal(0, strength, shape).round().astype(np.int16), 3, axis=2)
        found[strength] = (np.maximum(noise, 0).astype(np.uint8), np.maximum(-noise, 0).astype(np.uint8))
    return found


def _texture(rng: np.random.Generator, base: NDArray[np.float64], contrast: float) -> Image:
    height, width = 1500, 2700
    total = np.zeros((height, width, 3), np.float32)
    for cells in (6, 24, 96, 384):
        coarse = rng.normal(0, 1, (cells * height // width + 2, cells, 3)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) / np.sqrt(cells / 6)
    grey = total.mean(axis=2, keepdims=True)
    mixed = (0.7 * grey + 0.3 * total) / float(grey.std()) * contrast
    return np.asarray(np.clip(mixed + base.astype(np.float32), 0, 255), np.uint8)


def _bounce(position: float, room: float) -> float:
    turned = abs(position) % (2 * room)
    return float(min(turned, 2 * room - turned))


def render(folder: Path, seed: int, cuts: int) -> tuple[dict[str, Path], Truth]:
    """Write the clip once for each of `ENCODINGS` and return where, and what is true of it."""
    truth = Truth()
    paths = {name: folder / f"{seed}-{quality}.mp4" for name, quality in ENCODINGS.items()}
    with ExitStack() as stack:
        outs = []
        for name, path in paths.items():
            out = stack.enter_context(av.open(str(path), "w"))
            outs.append((out, _video(out, WIDTH_PX, HEIGHT_PX, ENCODINGS[name])))
        for number, picture in enumerate(_pictures(np.random.default_rng(seed), cuts, truth)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE_HZ)
            for out, stream in outs:
                out.mux(stream.encode(frame))
        for out, stream in outs:
            out.mux(stream.encode(None))
    return paths, truth


def _video(out: OutputContainer, width_px: int, height_px: int, quality: str) -> VideoStream:
    stream = out.add_stream("libx264", rate=RATE_HZ, options={"crf": quality, "preset": "veryfast", "g": "120"})
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
    return stream


def _pictures(rng: np.random.Generator, cuts: int, truth: Truth) -> Iterator[Image]:
    grain = _grain(rng)
    number, scene = 0, Scene(rng, None)
    joins = ["cut"] * cuts + ["fade", "dissolve"] * 3
    rng.shuffle(joins)
    for join in [*joins, "end"]:
        length = int(rng.integers(25, 110))
        flashes = {
            int(at) + late for at in rng.integers(5, length, rng.poisson(0.7)) for late in range(rng.integers(1, 4))
        }
        dimmed_from = int(rng.integers(5, length)) if rng.random() < 0.2 else length
        for step in range(length):
            picture = scene.picture(step, grain)
            if step >= dimmed_from:
                picture = np.asarray(cv2.convertScaleAbs(picture, alpha=0.7), np.uint8)
            if step in flashes:
                picture = np.asarray(cv2.convertScaleAbs(picture, alpha=1.3, beta=70), np.uint8)
            yield np.asarray(picture, np.uint8)
            number += 1
        if join == "end":
            return
        following = Scene(rng, scene if rng.random() < 0.3 else None)
        if join == "cut":
            truth.cuts.append(number)
        else:
            span = int(rng.integers(12, 40))
            truth.neutral.append((number - 2, number + span + 2))
            for step in range(span):
                part = (step + 1) / (span + 1)
                old, new = scene.picture(length + step, grain), following.picture(step - span, grain)
                weights = (1 - part, part) if join == "dissolve" else (max(0.0, 1 - 2 * part), max(0.0, 2 * part - 1))
                yield np.asarray(cv2.addWeighted(old, weights[0], new, weights[1], 0), np.uint8)
                number += 1
        scene = following


def join_real(path: Path, width_px: int = 1280, height_px: int = 720) -> Truth | None:
    """Cut real clips together where a folder of them stands beside the checkout: a cut every two seconds or so."""
    sources = sorted(REAL_CLIPS.glob("*.m*")) if REAL_CLIPS.is_dir() else []
    if len(sources) < 2:
        return None
    rng = np.random.default_rng(7)
    pieces = [piece for source in sources for piece in _pieces(source, width_px, height_px)]
    order = rng.permutation(len(pieces))
    truth, number = Truth(), 0
    with av.open(str(path), "w") as out:
        stream = _video(out, width_px, height_px, "23")
        for place, which in enumerate(order):
            if place:
                truth.cuts.append(number)
            for picture in pieces[which]:
                frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
                frame.pts, frame.time_base = number, Fraction(1, RATE_HZ)
                out.mux(stream.encode(frame))
                number += 1
        out.mux(stream.encode(None))
    return truth


def _pieces(source: Path, width_px: int, height_px: int) -> Iterator[list[Image]]:
    """Up to four stretches of 45 frames from clips that are one shot throughout, as far as an eye can tell."""
    if source.name.startswith(("iscc", "skv_bikes", "skv_big")):
        return  # edited clips: their own cuts are not known to the frame
    with av.open(str(source)) as container:
        frames: list[Image] = []
        for number, frame in enumerate(container.decode(video=0)):
            if number % 60 < 45:
                picture = cv2.resize(frame.to_ndarray(format="bgr24"), (width_px, height_px))
                frames.append(np.asarray(picture, np.uint8))
            elif frames:
                yield frames
                frames = []
            if number >= 240:
                return


@dataclass(frozen=True, slots=True)
class Score:
    """How reports compare with the truth."""

    hits: int
    missed: int
    false: int

    @property
    def recall(self) -> float:
        """Share of true cuts reported."""
        return self.hits / max(1, self.hits + self.missed)

    @property
    def precision(self) -> float:
        """Share of reports that are true."""
        return self.hits / max(1, self.hits + self.false)


def score(reported: list[int], truth: Truth) -> Score:
    """Match each true cut with at most one report within `TOLERANCE_FRAMES`."""
    left = [at for at in reported if not any(start <= at <= end for start, end in truth.neutral)]
    hits = 0
    for cut in truth.cuts:
        near = [at for at in left if abs(at - cut) <= TOLERANCE_FRAMES]
        if near:
            left.remove(min(near, key=lambda at: abs(at - cut)))
            hits += 1
    return Score(hits, len(truth.cuts) - hits, len(left))


def ours(path: Path) -> list[int]:
    """Frame numbers at which Witnessmark's survey begins a shot."""
    found = media.survey(path)
    if isinstance(found, media.Broken):
        raise SystemExit(found.reason)
    return [round(start_s * RATE_HZ) for start_s, _ in found.shots_s[1:]]


def theirs(backend: str, detector: Callable[[], object]) -> Callable[[Path], list[int]]:
    """PySceneDetect with its defaults."""

    def run(path: Path) -> list[int]:
        manager = scenedetect.SceneManager()
        manager.add_detector(detector())
        manager.detect_scenes(scenedetect.open_video(str(path), backend=backend))
        return [start.frame_num for start, _ in manager.get_scene_list()[1:]]

    return run


CONTESTANTS: dict[str, Callable[[Path], list[int]]] = {
    "Witnessmark survey (shots, strip, digests)": ours,
    "PySceneDetect ContentDetector, PyAV": theirs("pyav", scenedetect.ContentDetector),
    "PySceneDetect ContentDetector, OpenCV": theirs("opencv", scenedetect.ContentDetector),
    "PySceneDetect AdaptiveDetector, OpenCV": theirs("opencv", scenedetect.AdaptiveDetector),
}


def compare(name: str, path: Path, truth: Truth, runs: int) -> list[str]:
    """Run everybody `runs` times in turn; rows of the table."""
    times: dict[str, list[float]] = {who: [] for who in CONTESTANTS}
    processor: dict[str, list[float]] = {who: [] for who in CONTESTANTS}
    reports: dict[str, list[int]] = {}
    for _ in range(runs):
        for who, run in CONTESTANTS.items():
            begun, used = time.perf_counter(), _processor_s()
            reports[who] = run(path)
            times[who].append(time.perf_counter() - begun)
            processor[who].append(_processor_s() - used)
    own = statistics.median(times[next(iter(CONTESTANTS))])
    own_processor = statistics.median(processor[next(iter(CONTESTANTS))])
    rows = []
    for who, taken in times.items():
        found, median = score(reports[who], truth), statistics.median(taken)
        used = statistics.median(processor[who])
        rows.append(
            f"| {name} | {who} | {median:.2f} | {median / own:.2f} | {used:.2f} | {used / own_processor:.2f} | "
            f"{found.hits}/{len(truth.cuts)} | "
            f"{found.recall:.2f} | {found.false} | {found.precision:.2f} |"
        )
    return rows


def media_length_s(path: Path) -> float:
    """Length of a clip [s]."""
    found = media.probe(path)
    return found.duration_s or 1.0 if isinstance(found, media.Probe) else 1.0


def _processor_s() -> float:
    """Processor time of this process and of the workers it has ended [s]: steadier than the clock on a busy machine."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _rendered(folder: Path, seed: int, cuts: int) -> tuple[dict[str, Path], Truth]:
    """Render, or take what an earlier run left in the folder."""
    notes = folder / f"{seed}-{cuts}.json"
    if notes.is_file():
        known = json.loads(notes.read_text(encoding="utf-8"))
        truth = Truth(known["cuts"], [(start, end) for start, end in known["neutral"]])
        return {name: folder / f"{seed}-{quality}.mp4" for name, quality in ENCODINGS.items()}, truth
    paths, truth = render(folder, seed, cuts)
    notes.write_text(json.dumps({"cuts": truth.cuts, "neutral": truth.neutral}), encoding="utf-8")
    return paths, truth


def main() -> None:
    """Render, run, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[20220913])
    parser.add_argument("--cuts", type=int, default=25)
    parser.add_argument("--folder", type=Path, help="keep rendered clips here and use them again")
    asked = parser.parse_args()
    lines = [
        "| clip | who | wall s | of ours | processor s | of ours | cuts found | recall | false | precision |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as passing:
        folder = asked.folder or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        for seed in asked.seeds:
            paths, truth = _rendered(folder, seed, asked.cuts)
            for name, path in paths.items():
                rate = path.stat().st_size * 8e-6 / media_length_s(path)
                lines += compare(f"rendered 1080p, seed {seed}, {name} ({rate:.1f} Mbit/s)", path, truth, asked.runs)
        path = folder / "real.mp4"
        real = join_real(path)
        if real is not None:
            lines += compare("real clips joined, 720p", path, real, asked.runs)
    table = "\n".join(lines)
    print(table)
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "media.md").write_text(f"# {(__doc__ or '').strip()}\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
