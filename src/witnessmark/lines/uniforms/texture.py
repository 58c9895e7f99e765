"""Camouflage by colours and texture: how much of which colour, in patches of which shape; never who wears it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from witnessmark.lines.uniforms.looks import LUMA_WEIGHT, Floats, Floats32, Rgb, lab_of

SIDE_PX = 128
"""Side to which a piece of cloth is brought [px]."""
FEWEST_PX = 24
"""A piece whose shorter side is smaller shows no texture [px]."""
BINS, TURNS = 10, 4
"""Steps of size, and of direction, in which the texture is counted."""
SHIFTS = (-3, -2, -1, 0, 1, 2, 3)
"""Cloth is filmed from anywhere: its texture may be this many steps of size larger or smaller."""
LEVELS = 24
"""Ranks by which two palettes are compared."""
GAIN_MOST = 1.3
"""Light may differ by this factor of lightness, about twice as much light."""
PALETTE_SCALE = 6.0
"""Distance of palettes in L*a*b* (L* made light) at which likeness falls to 1/e. Of drawn cloth filmed twice, half are
within 2 and nineteen in twenty within 5; of cloth in other colours, half are beyond 10."""
TEXTURE_FROM, TEXTURE_TO = 0.3, 0.68
"""Overlap of spectra that counts as nothing, and as whole: the median of drawn cloth with the same pattern."""
SQUARE_SCALE = 0.3
"""Difference of squareness at which nothing is left of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Cloth:
    """A piece of cloth.

    Attributes
    ----------
    directions : ndarray of float64, shape (n_directions, LEVELS)
        Colours, laid out along fixed directions of L*a*b* and ranked.
    energy : ndarray of float64, shape (TURNS, BINS)
        How much of the pattern is of which size and direction; sums to 1.
    square_share : float
        Share of its edges that run along two directions at right angles: high for patterns of squares.
    """

    directions: Floats
    energy: Floats
    square_share: float


def cloth_of(rgb: Rgb) -> Cloth | None:
    """Colours and texture of a piece of cloth.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)

    Returns
    -------
    Cloth or None
        None when it is too small.
    """
    if min(rgb.shape[:2]) < FEWEST_PX:
        return None
    side = min(rgb.shape[:2])
    top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
    piece = np.ascontiguousarray(rgb[top : top + side, left : left + side])
    way = cv2.INTER_AREA if side > SIDE_PX else cv2.INTER_CUBIC
    lab = lab_of(np.asarray(cv2.resize(piece, (SIDE_PX, SIDE_PX), interpolation=way), np.uint8))
    soft = np.asarray(cv2.GaussianBlur(lab, (0, 0), 1.0), np.float32)
    soft[:, :, 0] += 16.0 * LUMA_WEIGHT  # so that more light multiplies all three alike
    axes = _axes()
    ranked = np.sort(soft.reshape(-1, 3) @ axes.T, axis=0)
    at = ((np.arange(LEVELS) + 0.5) / LEVELS * len(ranked)).astype(int)
    return Cloth(np.asarray(ranked[at].T, np.float64), _energy(soft), _squareness(soft))


def likeness(one: Cloth, other: Cloth) -> float:
    """How alike two pieces of cloth are, 0 to 1: colours times the mean of texture and squareness.

    Notes
    -----
    Colours by the sliced Wasserstein distance (Rabin et al. 2011, doi:10.1007/978-3-642-24785-9_37), light made
    free of a common factor; texture by the overlap of power spectra in steps of size and direction.
    """
    gain = float((one.directions * other.directions).sum() / max(float((other.directions**2).sum()), 1e-9))
    gain = min(max(gain, 1.0 / GAIN_MOST), GAIN_MOST)
    palette = float(np.sqrt(np.mean((one.directions - gain * other.directions) ** 2))) / np.sqrt(gain)
    texture = max(_overlap(one.energy, other.energy, shift) for shift in SHIFTS)
    shape = min(1.0, max(0.0, (texture - TEXTURE_FROM) / (TEXTURE_TO - TEXTURE_FROM)))
    square = max(0.0, 1.0 - abs(one.square_share - other.square_share) / SQUARE_SCALE)
    return float(np.exp(-((palette / PALETTE_SCALE) ** 2)) * (shape + square) / 2.0)


def _axes() -> Floats32:
    """Fixed directions of colour space; the first is lightness."""
    golden = np.pi * (3.0 - np.sqrt(5.0))
    number = np.arange(12)
    height = 1.0 - (number + 0.5) / 12
    ring = np.sqrt(1.0 - height**2)
    spread = np.column_stack([height, ring * np.cos(golden * number), ring * np.sin(golden * number)])
    return np.vstack([[1.0, 0.0, 0.0], spread]).astype(np.float32)


def _energy(lab: Floats32) -> Floats:
    window = np.hanning(SIDE_PX)[:, None] * np.hanning(SIDE_PX)[None, :]
    power = np.zeros((SIDE_PX, SIDE_PX))
    for channel in range(3):
        plane = lab[:, :, channel] / (LUMA_WEIGHT if channel == 0 else 1.0)
        power += np.abs(np.fft.fft2((plane - plane.mean()) * window)) ** 2
    frequency = np.fft.fftfreq(SIDE_PX) * SIDE_PX
    fx, fy = np.meshgrid(frequency, frequency)
    radius = np.hypot(fx, fy)
    step = np.floor(np.log2(np.maximum(radius, 1e-9)) * 2.0).astype(int)
    turn = np.floor((np.arctan2(fy, fx) / np.pi * TURNS + 0.5) % TURNS).astype(int)
    inside = (step >= 0) & (step < BINS)
    made = np.zeros((TURNS, BINS))
    np.add.at(made, (turn[inside], step[inside]), power[inside])
    return made / max(float(made.sum()), 1e-9)


def _overlap(one: Floats, other: Floats, shift: int) -> float:
    """Overlap of two spectra, the other moved by some steps of size; what is moved out counts as lost."""
    moved = np.zeros_like(other)
    if shift >= 0:
        moved[:, shift:] = other[:, : BINS - shift]
    else:
        moved[:, :shift] = other[:, -shift:]
    return float(np.minimum(one, moved).sum()) * (1.0 - 0.03 * abs(shift))


def _squareness(lab: Floats32) -> float:
    light = lab[:, :, 0]
    dx, dy = cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)
    size, turn = np.hypot(dx, dy), np.arctan2(dy, dx) % (np.pi / 2)
    counts, _ = np.histogram(turn, bins=18, range=(0, np.pi / 2), weights=size)
    ring = counts + np.roll(counts, 1)
    return float(ring.max() / max(float(counts.sum()), 1e-9))
