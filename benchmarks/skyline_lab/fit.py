"""Fits what the features of a skyline weigh, on rehearsed frames of the split that is for it, and writes `sky_weights`.

Frames are cropped, mirrored, toned, blurred and compressed at random, and cut above and below the skyline for frames
without one. Maximised is the mean log chance, a column, of the line passing within `ALLOWED_ROWS` of the truth; columns
where the air or a prop hides the skyline are left free. Features are gathered with the weights of the round before.

Run: ``python -m benchmarks.skyline_lab.fit --work FOLDER``
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from benchmarks.skyline_lab.frames import TUNED, Shown, kept
from numpy.typing import NDArray

from witnessmark.lines.terrain import sky_weights
from witnessmark.lines.terrain.column_chain import STEP_EDGES, Steps, bounded, kernel, messages, step_class
from witnessmark.lines.terrain.sky_colours import gather
from witnessmark.lines.terrain.sky_evidence import FEATURES, small_copy
from witnessmark.lines.terrain.sureness import SIGNS

Floats = NDArray[np.float64]

ALLOWED_ROWS = 1.6
LEAST_CONTRAST = 0.03
FORGIVEN = 0.02
"""Chance that a column is beyond telling, so that hopeless frames do not rule the rest."""
PULL = 1e-4
"""Of half the squared weights, against a column's log chance."""
ROUNDS, BATCH, PACE = 2, 12, 0.05
WINDOW = 160
"""Columns of a frame that are looked at together."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A frame's small copy and where its skyline is.

    Attributes
    ----------
    rgb : ndarray of uint8, shape (rows, columns, 3)
    right : ndarray of bool, shape (columns, rows + 1)
        Borders that are right in each column; all where a prop or the air hides the skyline.
    truth_row : ndarray of float64, shape (columns,)
        0 or `rows` where it lies outside; -1 where the air hides it.
    counts : ndarray of bool, shape (columns,)
        No prop hides it.
    """

    rgb: NDArray[np.uint8]
    right: NDArray[np.bool_]
    truth_row: Floats
    counts: NDArray[np.bool_]


def sample(shown: Shown, rng: np.random.Generator, plain: bool) -> Sample:
    """One frame as it is, or cropped and changed."""
    height, width = shown.rgb.shape[:2]
    columns = np.arange(width) + 0.5
    truth = np.interp(columns, shown.column_px, shown.row_px)
    clear = np.interp(columns, shown.column_px, shown.contrast) >= LEAST_CONTRAST
    free = np.interp(columns, shown.column_px, shown.hidden.astype(np.float64)) < 0.01
    rgb = shown.rgb
    if not plain:
        kind = rng.random()
        side_x, side_y = int(width * rng.uniform(0.4, 1.0)), int(height * rng.uniform(0.4, 1.0))
        x0 = int(rng.integers(0, width - side_x + 1))
        low, high = 0, height - side_y
        if kind < 0.12:
            low = high = int(min(max(truth[x0 : x0 + side_x].max() + 3, 0), height - 40))
            side_y = min(side_y, height - low)
        elif kind < 0.22:
            side_y = int(np.clip(truth[x0 : x0 + side_x].min() - 3, 40, height))
            low = high = 0
        y0 = int(rng.integers(low, max(high, low) + 1))
        rgb = rgb[y0 : y0 + side_y, x0 : x0 + side_x]
        part = slice(x0, x0 + side_x)
        truth, clear, free = truth[part] - y0, clear[part], free[part]
        if rng.random() < 0.5:
            rgb, truth, clear, free = rgb[:, ::-1], truth[::-1], clear[::-1], free[::-1]
        rgb = _changed(rgb, rng)
    small = small_copy(np.ascontiguousarray(rgb)).rgb
    rows, across = small.shape[:2]
    share = rows / rgb.shape[0]
    centre = (np.arange(across) + 0.5) * rgb.shape[1] / across - 0.5
    line = np.clip(np.interp(centre, np.arange(rgb.shape[1]), truth) * share, 0.0, rows)
    border = np.arange(rows + 1)
    right = np.abs(border[None, :] - line[:, None]) <= ALLOWED_ROWS
    right[line <= 0.0], right[line >= rows] = border == 0, border == rows
    at = np.clip(np.rint(centre).astype(int), 0, len(clear) - 1)
    right[~(clear & free)[at]] = True
    return Sample(small, right, np.where(clear[at], line, -1.0), free[at])


def _changed(rgb: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Tone, colour, sharpness and compression as other cameras and channels leave them."""
    value = np.clip(rgb.astype(np.float32) / 255.0, 0.0, 1.0) ** np.float32(np.exp(rng.uniform(-0.5, 0.5)))
    grey = value.mean(axis=2, keepdims=True)
    value = grey + (value - grey) * np.float32(rng.choice([0.0, 0.6, 1.0, 1.4]))
    value = 0.5 + (value - 0.5) * np.float32(rng.uniform(0.6, 1.2)) + np.float32(rng.uniform(-0.1, 0.1))
    value = value * (1.0 + rng.uniform(-0.08, 0.08, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(value, (0, 0), float(rng.uniform(0.3, 1.6)))
    _, packed = cv2.imencode(
        ".jpg",
        np.rint(np.clip(soft, 0.0, 1.0) * 255.0).astype(np.uint8)[:, :, ::-1],
        [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 92))],
    )
    bgr = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    assert bgr is not None
    return np.asarray(bgr[:, :, ::-1], np.uint8)


def slopes(
    found: NDArray[np.float16], right: NDArray[np.bool_], weights: Floats, steps: Steps
) -> tuple[float, Floats, Floats]:
    """Sum over columns of the log chance of being right, and its slope by weights and by steps.

    Forward and backward messages are differentiated in reverse; as chances do not change with the scale of a message,
    their norms are taken as fixed.
    """
    features = found.astype(np.float32)
    potential = bounded(np.asarray(features @ weights.astype(np.float32), np.float64))
    between = kernel(steps, potential.shape[1])
    forward, backward, _ = messages(potential, between)
    weight = np.exp(potential)
    joint = forward * backward
    every = joint.sum(axis=1, keepdims=True)
    hit = np.where(right, joint, 0.0).sum(axis=1, keepdims=True) / every
    told = ~right.all(axis=1, keepdims=True)
    share = np.where(told, (1.0 - FORGIVEN) * hit / ((1.0 - FORGIVEN) * hit + FORGIVEN), 0.0)
    value = float(np.log((1.0 - FORGIVEN) * hit + FORGIVEN)[told].sum())
    by_joint = share * (np.where(right, 1.0 / np.maximum(hit, 1e-300), 0.0) - 1.0) / every
    to_forward, to_backward = by_joint * backward, by_joint * forward
    n = len(forward)
    norm = np.array([float((weight[x] * (between @ forward[x - 1])).sum()) if x else 1.0 for x in range(n)])
    heard = weight[1:] * backward[1:]
    total = np.array([float((between @ heard[x]).sum()) for x in range(n - 1)])
    for x in range(n - 1, 0, -1):
        to_forward[x - 1] += between @ (weight[x] * to_forward[x]) / norm[x]
    for x in range(n - 1):
        to_backward[x + 1] += weight[x + 1] * (between @ to_backward[x]) / total[x]
    by_potential = forward * to_forward
    by_potential[1:] += heard * (to_backward[:-1] @ between) / total[:, None]
    pairs = (weight[1:] * to_forward[1:] / norm[1:, None]).T @ forward[:-1]
    pairs += (to_backward[:-1] / total[:, None]).T @ heard
    index = np.arange(potential.shape[1])
    classes = step_class(potential.shape[1])[np.abs(index[:, None] - index[None, :])]
    by_steps = np.bincount(classes.ravel(), (pairs * between).ravel(), len(STEP_EDGES)).astype(np.float64)
    by_weights = np.tensordot(by_potential.astype(np.float32), features, axes=([0, 1], [0, 1]))
    return value, by_weights.astype(np.float64), by_steps


def fit(
    samples: list[Sample], weights: Floats, steps: Steps, tries: int, rng: np.random.Generator
) -> tuple[Floats, Steps]:
    """Weights and steps that make the truth likely: Adam over small batches (Kingma & Ba 2015, arXiv:1412.6980)."""
    known = [(gather(small_copy(entry.rgb), weights, steps).astype(np.float16), entry.right) for entry in samples]
    n = len(FEATURES)
    theta = np.concatenate([weights, steps.log_weight])
    drift, spread = np.zeros(len(theta)), np.zeros(len(theta))
    values: list[float] = []
    for turn in range(1, tries + 1):
        slope, columns, value = np.zeros(len(theta)), 0, 0.0
        for index in rng.choice(len(known), min(BATCH, len(known)), replace=False):
            found, right = known[int(index)]
            first = int(rng.integers(0, max(1, len(found) - WINDOW + 1)))
            found, right = found[first : first + WINDOW], right[first : first + WINDOW]
            one, by_weights, by_steps = slopes(found, right, theta[:n], Steps(theta[n:]))
            slope[:n] += by_weights
            slope[n:] += by_steps
            value += one
            columns += int((~right.all(axis=1)).sum())
        slope = slope / columns - PULL * np.concatenate([theta[:n], np.zeros(len(theta) - n)])
        values.append(value / columns)
        drift, spread = 0.9 * drift + 0.1 * slope, 0.99 * spread + 0.01 * np.square(slope)
        pace = PACE * min(1.0, 2.0 * (1.0 - turn / (tries + 1)))
        theta += pace * (drift / (1.0 - 0.9**turn)) / (np.sqrt(spread / (1.0 - 0.99**turn)) + 1e-6)
        if turn % 25 == 0:
            print(turn, "mean log chance", round(float(np.mean(values[-25:])), 4), flush=True)
    return theta[:n], Steps(theta[n:] - theta[n])


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--variants", type=int, default=2)
    parser.add_argument("--tries", type=int, default=150)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(7)
    frames = [shown for group in kept(TUNED, asked.work) for shown in group]
    frames += [shown for group in kept(TUNED, asked.work, "pan") for shown in group[::3]]
    samples = [sample(shown, rng, plain=number == 0) for shown in frames for number in range(1 + asked.variants)]
    print(len(frames), "frames,", len(samples), "samples", flush=True)
    weights, steps = sky_weights.WEIGHTS, sky_weights.STEPS
    for turn in range(ROUNDS):
        weights, steps = fit(samples, weights, steps, asked.tries, rng)
        print(turn, dict(zip(FEATURES, np.round(weights, 2).tolist(), strict=True)), flush=True)
        print(np.round(steps.log_weight, 2).tolist(), flush=True)
        write(weights, steps, sky_weights.SURENESS)


def write(weights: Floats, steps: Steps, sureness: Floats) -> None:
    """Write what was fitted as `sky_weights`."""
    named = "\n".join(f"        {value:.3f},  # {name}" for value, name in zip(weights, FEATURES, strict=True))
    signs = "\n".join(f"        {value:.3f},  # {name}" for value, name in zip(sureness, SIGNS, strict=True))
    Path(sky_weights.__file__).write_text(
        '"""What features of `sky_evidence` and signs of `sureness` weigh, fitted by `benchmarks/skyline_lab`."""\n\n'
        "from __future__ import annotations\n\nimport numpy as np\n\n"
        "from witnessmark.lines.terrain.column_chain import Steps\n\n"
        f"WEIGHTS = np.array(\n    [\n{named}\n    ]\n)\n"
        f"STEPS = Steps(np.array([{', '.join(f'{value:.3f}' for value in steps.log_weight)}]))\n"
        f"SURENESS = np.array(\n    [\n{signs}\n    ]\n)\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
