"""What speaks for the sky ending at a row of a column: edges, textures and colours beside it.

Everything is reckoned on a small copy of the frame, as features of border b between the rows above it and below it.
Weights for them were fitted, see `sky_weights`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

LONGER_SIDE_PX = 480
"""Of the copy that is reckoned on."""
EDGE_ROWS = (1, 3, 10, 30)
BESIDE_ROWS = 10
LEAST_NOISE = 0.4
"""Of lightness, in units of CIE L* (0-100)."""
FAINTEST = 0.25
"""Step in lightness that counts as one along a line of `ALONG_PX` [L*]."""
ALONG_PX, ALONG_ROWS = 15, 3
TILTS_DEG = (-50.0, -30.0, -15.0, 0.0, 15.0, 30.0, 50.0)
SMOOTH = 0.25
"""Texture below which a pixel is smooth."""

FEATURES = (
    "edge over 1 row",
    "edge over 3 rows",
    "edge over 10 rows",
    "edge over 30 rows",
    "darker below",
    "lighter below",
    "long edge",
    "long edge, darker below",
    "strongest edge above",
    "strongest long edge above",
    "texture above",
    "texture below",
    "lightness above",
    "lightness below",
    "blue above",
    "blue below",
    "green above",
    "green below",
    "all texture above",
    "all smoothness below",
    "all lightness",
    "all blue",
    "all green",
    "height",
    "height squared",
    "no sky",
    "no ground",
    "colours",
    "cut",
)
"""Names of the features, in their order; the last two are found by `sky_colours`."""
COLOURS, CUT = FEATURES.index("colours"), FEATURES.index("cut")


@dataclass(frozen=True, slots=True, eq=False)
class Small:
    """The copy that is reckoned on.

    Attributes
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
    lab : ndarray of float32, shape (height, width, 3)
        CIE L*a*b* (D65).
    texture : ndarray of float32, shape (height, width)
        Log of the local gradient over the noise, 0 for none.
    noise : float
        Standard deviation of lightness from pixel to pixel.
    """

    rgb: NDArray[np.uint8]
    lab: Floats32
    texture: Floats32
    noise: float


def small_size(width_px: int, height_px: int) -> tuple[int, int]:
    """Columns and rows of the copy that a frame is reckoned on."""
    share = min(1.0, LONGER_SIDE_PX / max(height_px, width_px))
    return max(8, round(width_px * share)), max(8, round(height_px * share))


def small_copy(rgb: NDArray[np.uint8]) -> Small:
    """Scale a frame down (never up) and measure its noise and texture.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
    """
    size = small_size(rgb.shape[1], rgb.shape[0])
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    lab = np.asarray(cv2.cvtColor(small.astype(np.float32) / np.float32(255.0), cv2.COLOR_RGB2LAB), np.float32)
    light = lab[:, :, 0]
    fine = np.abs(light[:-1, :-1] - light[:-1, 1:] - light[1:, :-1] + light[1:, 1:])
    # Its standard deviation is twice that of white noise; the smoothest third of a frame tells it.
    noise = max(LEAST_NOISE, float(np.quantile(fine, 0.34)) / (2.0 * 0.44))
    across = np.abs(cv2.Sobel(lab, cv2.CV_32F, 1, 0, ksize=3)).max(axis=2)
    down = np.abs(cv2.Sobel(lab, cv2.CV_32F, 0, 1, ksize=3)).max(axis=2)
    texture = np.log1p(np.maximum(np.hypot(across, down) / (8.0 * noise) - 1.0, 0.0))
    return Small(small, lab, texture.astype(np.float32), noise)


def border_features(small: Small) -> Floats32:
    """Features of borders but for the last two, which are 0: shape (width, height + 1, n_features)."""
    height, width = small.texture.shape
    found: dict[str, Floats] = {}
    shades = np.concatenate([small.lab, small.texture[:, :, None]], axis=2)
    sums = np.concatenate([np.zeros((1, width, 4)), np.cumsum(shades, axis=0, dtype=np.float64)])
    for reach in EDGE_ROWS:
        step = _beside(sums, reach, below=True) - _beside(sums, reach, below=False)
        strength = np.sqrt(np.square(step[:, :, :3]).sum(axis=2)) / np.hypot(small.noise * np.sqrt(2.0 / reach), 1.0)
        found[f"edge over {reach} row{'' if reach == 1 else 's'}"] = np.log1p(strength)
        if reach == 3:
            found["darker below"] = np.log1p(np.maximum(-step[:, :, 0], 0.0) / 2.0)
            found["lighter below"] = np.log1p(np.maximum(step[:, :, 0], 0.0) / 2.0)
    long, darker = _long_edges(small)
    found["long edge"], found["long edge, darker below"] = long, darker
    found["strongest edge above"] = _strongest_above(found["edge over 3 rows"])
    found["strongest long edge above"] = _strongest_above(long)
    for where in ("above", "below"):
        mean = _beside(sums, BESIDE_ROWS, below=where == "below")
        found[f"lightness {where}"] = mean[:, :, 0] / 50.0 - 1.0
        found[f"green {where}"] = np.clip(-mean[:, :, 1] / 10.0, -2.0, 2.0)
        found[f"blue {where}"] = np.clip(-mean[:, :, 2] / 20.0, -2.0, 2.0)
        found[f"texture {where}"] = mean[:, :, 3]
    texture = sums[:, :, 3]
    smooth = np.concatenate([np.zeros((1, width)), np.cumsum(small.texture < SMOOTH, axis=0, dtype=np.float64)])
    found["all texture above"] = texture * (4.0 / height)
    found["all smoothness below"] = (smooth[-1] - smooth) * (4.0 / height)
    over = {
        "all lightness": small.lab[:, :, 0] / np.float32(50.0) - np.float32(1.0),
        "all green": np.clip(-small.lab[:, :, 1] / np.float32(10.0), -2.0, 2.0),
        "all blue": np.clip(-small.lab[:, :, 2] / np.float32(20.0), -2.0, 2.0),
    }
    level = np.broadcast_to(np.linspace(-1.0, 1.0, height + 1)[:, None], (height + 1, width))
    found["height"], found["height squared"] = level, np.square(level)
    out = np.zeros((width, height + 1, len(FEATURES)), np.float32)
    for number, name in enumerate(FEATURES[:COLOURS]):
        if name in found:
            out[:, :, number] = found[name].T
        elif name in over:
            out[:, :, number] = summed(over[name])
    out[:, 0, FEATURES.index("no sky")] = out[:, -1, FEATURES.index("no ground")] = 1.0
    return out


def _beside(sums: Floats, reach: int, *, below: bool) -> Floats:
    """Means of so many rows below or above all borders, fewer at the frame's edge, there those of the other side."""
    last = len(sums) - 1
    border = np.arange(last + 1)
    first = np.clip(border if below else border - reach, 0, last - 1)
    second = np.clip(border + reach if below else border, 1, last)
    return np.asarray((sums[second] - sums[first]) / (second - first)[:, None, None])


def _strongest_above(edge: Floats, apart: int = 4) -> Floats:
    """The strongest of edges at least so many rows higher."""
    found = np.zeros_like(edge)
    found[apart:] = np.maximum.accumulate(edge, axis=0)[:-apart]
    return found


def _long_edges(small: Small) -> tuple[Floats, Floats]:
    """Steps of lightness and colour along short lines of the best of several tilts: strength, and if darker below.

    Averaging along the line brings out ridges whose contrast is less than the noise of a pixel.
    """
    height, width = small.texture.shape
    strength = np.zeros((height + 1, width), np.float32)
    signed = np.zeros((height + 1, width), np.float32)
    norm = np.hypot(small.noise * np.sqrt(2.0 / (ALONG_PX * ALONG_ROWS)), FAINTEST)
    for tilt_deg in TILTS_DEG:
        kernel = _step_kernel(tilt_deg) * np.float32(np.cos(np.radians(tilt_deg)) ** 0.5 / norm)
        step = cv2.filter2D(
            small.lab, -1, kernel, anchor=(ALONG_PX // 2, len(kernel) // 2), borderType=cv2.BORDER_REPLICATE
        )
        size = np.sqrt(np.square(step).sum(axis=2))
        better = size > strength[:-1]
        strength[:-1][better], signed[:-1][better] = size[better], -step[:, :, 0][better]
    return np.log1p(strength), np.sign(signed) * np.log1p(np.abs(signed))


def _step_kernel(tilt_deg: float) -> Floats32:
    """What lies in `ALONG_ROWS` below a line through the upper edge of a pixel, less what lies as far above it.

    Averaged along the line over `ALONG_PX`; the pixel itself, the first below, is the kernel's middle row.
    """
    half = ALONG_PX // 2
    line = np.zeros((ALONG_PX + 2 * ALONG_ROWS, ALONG_PX), np.float32)
    middle = len(line) // 2
    across = np.arange(-half, half + 1) * np.cos(np.radians(tilt_deg))
    down = np.arange(-half, half + 1) * np.sin(np.radians(tilt_deg))
    for x, y in zip(across, down, strict=True):
        low_x, low_y = int(np.floor(x)), int(np.floor(y))
        for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
            weight = (1.0 - abs(x - low_x - i)) * (1.0 - abs(y - low_y - j))
            if weight > 1e-6:
                line[middle + low_y + j, half + low_x + i] += weight
    line /= line.sum()
    step = np.zeros_like(line)
    for row in range(ALONG_ROWS):
        step += np.roll(line, row, axis=0) - np.roll(line, -1 - row, axis=0)
    return np.asarray(step / ALONG_ROWS, np.float32)


def summed(odds: Floats32) -> Floats32:
    """A feature of borders from one of pixels: its sum above less its sum below, shape (width, height + 1)."""
    height, width = odds.shape
    above = np.concatenate([np.zeros((1, width)), np.cumsum(odds, axis=0, dtype=np.float64)])
    return np.asarray((2.0 * above - above[-1]).T * (4.0 / height), np.float32)
