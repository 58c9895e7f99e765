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
from scipy.optimize import minimize

from witnessmark.lines.terrain import sky_weights
from witnessmark.lines.terrain.column_chain import STEP_EDGES, Steps, bounded, kernel, messages, step_class
from witnessmark.lines.terrain.sky_evidence import FEATURES, gather, small_copy

Floats = NDArray[np.float64]

ALLOWED_ROWS = 1.6
LEAST_CONTRAST = 0.03
PULL = 2e-4
"""Of the squared weights, against a column's log chance."""
ROUNDS = 3
REST = f"""SURENESS = {sky_weights.SURENESS}
SIGMA_FLOOR_PX = {sky_weights.SIGMA_FLOOR_PX}
MODEL_WEIGHT = {sky_weights.MODEL_WEIGHT}
"""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A frame's small copy, and the borders that are right in each column (all where it is not known)."""

    rgb: NDArray[np.uint8]
    right: NDArray[np.bool_]


def sample(shown: Shown, rng: np.random.Generator, plain: bool) -> Sample:
    """One frame as it is, or cropped and changed."""
    height, width = shown.rgb.shape[:2]
    columns = np.arange(width) + 0.5
    truth = np.interp(columns, shown.column_px, shown.row_px)
    seen = np.interp(columns, shown.column_px, shown.contrast * ~shown.hidden) >= LEAST_CONTRAST
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
        truth, seen = truth[x0 : x0 + side_x] - y0, seen[x0 : x0 + side_x]
        if rng.random() < 0.5:
            rgb, truth, seen = rgb[:, ::-1], truth[::-1], seen[::-1]
        rgb = _changed(rgb, rng)
    small = small_copy(np.ascontiguousarray(rgb)).rgb
    rows, across = small.shape[:2]
    share = rows / rgb.shape[0]
    centre = (np.arange(across) + 0.5) * rgb.shape[1] / across - 0.5
    line = np.clip(np.interp(centre, np.arange(rgb.shape[1]), truth) * share, 0.0, rows)
    border = np.arange(rows + 1)
    right = np.abs(border[None, :] - line[:, None]) <= ALLOWED_ROWS
    right[line <= 0.0], right[line >= rows] = border == 0, border == rows
    right[~seen[np.clip(np.rint(centre).astype(int), 0, len(seen) - 1)]] = True
    return Sample(small, right)


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


def expected(potential: Floats, steps: Steps) -> tuple[float, Floats, Floats]:
    """Log total, chance of each state, and expected count of each class of step."""
    between = kernel(steps, potential.shape[1])
    forward, backward, total = messages(potential, between)
    joint = forward * backward
    joint /= joint.sum(axis=1, keepdims=True)
    ahead = np.exp(potential[1:]) * backward[1:]
    ahead /= np.einsum("xi,xi->x", forward[:-1] @ between, ahead)[:, None]
    pairs = (forward[:-1].T @ ahead) * between
    index = np.arange(potential.shape[1])
    classes = step_class(potential.shape[1])[np.abs(index[:, None] - index[None, :])]
    return total, joint, np.bincount(classes.ravel(), pairs.ravel(), len(STEP_EDGES))


def fit(samples: list[Sample], weights: Floats, steps: Steps, tries: int) -> tuple[Floats, Steps, float]:
    """Weights and steps under which the truth is likeliest; also its mean log chance a column."""
    known = [(gather(small_copy(entry.rgb), weights, steps), entry.right) for entry in samples]
    columns = sum(len(right) for _, right in known)
    n = len(FEATURES)

    def loss(theta: Floats) -> tuple[float, Floats]:
        value, slope = (
            PULL * float(theta[:n] @ theta[:n]),
            np.concatenate([2.0 * PULL * theta[:n], np.zeros(len(theta) - n)]),
        )
        current = Steps(theta[n:])
        for found, right in known:
            potential = bounded(np.asarray(found @ theta[:n], np.float64))
            total, free, free_steps = expected(potential, current)
            inside = np.where(right, potential, -np.inf)
            kept_total, held, held_steps = expected(inside, current)
            value -= (kept_total - total) / columns
            slope[:n] -= np.einsum("xb,xbf->f", held - free, found) / columns
            slope[n:] -= (held_steps - free_steps) / columns
        return value, slope

    best = minimize(
        loss, np.concatenate([weights, steps.log_weight]), jac=True, method="L-BFGS-B", options={"maxiter": tries}
    )
    return best.x[:n], Steps(best.x[n:] - best.x[n]), float(best.fun)


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--variants", type=int, default=2)
    parser.add_argument("--tries", type=int, default=25)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(7)
    frames = [shown for group in kept(TUNED, asked.work) for shown in group]
    frames += [shown for group in kept(TUNED, asked.work, "pan") for shown in group[::3]]
    samples = [sample(shown, rng, plain=number == 0) for shown in frames for number in range(1 + asked.variants)]
    print(len(frames), "frames,", len(samples), "samples", flush=True)
    weights, steps = sky_weights.WEIGHTS, sky_weights.STEPS
    for turn in range(ROUNDS):
        weights, steps, value = fit(samples, weights, steps, asked.tries)
        print(turn, round(value, 4), dict(zip(FEATURES, np.round(weights, 2), strict=True)), flush=True)
        print(np.round(steps.log_weight, 2), flush=True)
        _write(weights, steps)


def _write(weights: Floats, steps: Steps) -> None:
    lines = "\n".join(f"    {value:.3f},  # {name}" for value, name in zip(weights, FEATURES, strict=True))
    Path(sky_weights.__file__).write_text(
        '"""What the features of `sky_evidence` weigh, as `benchmarks/skyline_lab/fit.py` fitted them."""\n\n'
        "from __future__ import annotations\n\nimport numpy as np\n\n"
        "from witnessmark.lines.terrain.column_chain import Steps\n\n"
        f"WEIGHTS = np.array([\n{lines}\n])\n"
        f"STEPS = Steps(np.array([{', '.join(f'{value:.3f}' for value in steps.log_weight)}]))\n" + REST,
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
