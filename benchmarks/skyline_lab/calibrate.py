"""Fits how likely a column is right, on rehearsed frames of the split that is for it, as they are and changed.

Frames changed in other ways than those the weights were fitted on, and cut above and below the skyline, are asked; a
column without a skyline is never right, nor is one whose ridge the air hides.

Run: ``python -m benchmarks.skyline_lab.calibrate --work FOLDER``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from benchmarks.skyline_lab.fit import Sample, sample, write
from benchmarks.skyline_lab.frames import TUNED, kept
from numpy.typing import NDArray

from witnessmark.lines.terrain.column_chain import best_line, marginals
from witnessmark.lines.terrain.sky_colours import gather
from witnessmark.lines.terrain.sky_evidence import small_copy
from witnessmark.lines.terrain.sky_weights import STEPS, WEIGHTS
from witnessmark.lines.terrain.sureness import SIGNS, chance_of, right_rows, signs_of

Floats = NDArray[np.float64]
PULL = 3.0
"""Of half the squared weights but the first, against the log chance of all columns, each frame's worth `WORTH`."""
WORTH = 10.0
"""Columns that a frame's count as: neighbours are right or wrong together."""


def told(entry: Sample) -> tuple[Floats, NDArray[np.bool_]]:
    """Signs of the columns that show a line, and which are right."""
    small = small_copy(entry.rgb)
    found = gather(small, WEIGHTS, STEPS)
    potential = np.asarray(found @ WEIGHTS, np.float64)
    state = best_line(potential, STEPS)
    signs = signs_of(found, marginals(potential, STEPS), state)
    rows = len(entry.right[0]) - 1
    truth = entry.truth_row
    shows = (state > 0) & (state < rows) & entry.counts
    right = (np.abs(state - truth) <= right_rows(rows, len(state))) & (truth > 0.0) & (truth < rows)
    return signs[shows], right[shows]


def fitted(parts: list[tuple[Floats, NDArray[np.bool_]]]) -> Floats:
    """Weights of the signs by Newton's method on the penalised likelihood."""
    signs = np.concatenate([some for some, _ in parts])
    right = np.concatenate([some for _, some in parts]).astype(np.float64)
    heft = np.concatenate([np.full(len(some), WORTH / max(len(some), WORTH)) for some, _ in parts])
    spread = np.concatenate([[1.0], signs[:, 1:].std(axis=0) + 1e-6])
    signs = signs / spread
    n = signs.shape[1]
    pull = PULL * np.diag([0.0] + [1.0] * (n - 1))

    def value(at: Floats) -> float:
        chance = np.clip(chance_of(signs, at), 1e-9, 1.0 - 1e-9)
        return float((heft * np.where(right > 0.5, np.log(chance), np.log(1.0 - chance))).sum() - 0.5 * at @ pull @ at)

    weights = np.zeros(n)
    for _ in range(30):
        chance = chance_of(signs, weights)
        slope = signs.T @ (heft * (right - chance)) - pull @ weights
        bend = (signs.T * (heft * chance * (1.0 - chance))) @ signs + pull + 1e-6 * np.eye(n)
        step, before, part = np.linalg.solve(bend, slope), value(weights), 1.0
        while value(weights + part * step) < before and part > 1e-4:
            part /= 2.0
        weights = weights + part * step
        if float(np.abs(part * step).max()) < 1e-6:
            break
    return np.asarray(weights / spread)


def main() -> None:
    """Fit, write, and print how well it holds frame by frame left out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--variants", type=int, default=1)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(1007)
    frames = [group[0] for group in kept(TUNED, asked.work)]
    parts = [[told(sample(shown, rng, plain=number == 0)) for number in range(1 + asked.variants)] for shown in frames]
    for name, group in (("as they are", [0]), ("changed", list(range(1, 1 + asked.variants)))):
        print(name, _left_out(parts, group))
    weights = fitted([part for several in parts for part in several])
    print(dict(zip(SIGNS, np.round(weights, 2).tolist(), strict=True)))
    write(WEIGHTS, STEPS, weights)


def _left_out(parts: list[list[tuple[Floats, NDArray[np.bool_]]]], group: list[int]) -> str:
    """Share right by stated chance, each eighth of the frames told by the rest."""
    stated, right = [], []
    for fold in range(8):
        weights = fitted([p for i, several in enumerate(parts) if i % 8 != fold for p in several])
        for several in parts[fold::8]:
            for number in group:
                stated.append(chance_of(several[number][0], weights))
                right.append(several[number][1])
    all_stated, all_right = np.concatenate(stated), np.concatenate(right)
    lines = []
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        some = (all_stated >= low) & (all_stated < high)
        if some.any():
            lines.append(f"{low:.1f}-{high:.1f}: {all_right[some].mean():.2f} of {some.mean():.2f}")
    return "; ".join(lines)


if __name__ == "__main__":
    main()
