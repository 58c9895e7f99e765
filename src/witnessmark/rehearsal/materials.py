"""What the ground is made of: reflectances by slope, height, cover and season."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.rehearsal.ground import Ground, Surface
from witnessmark.rehearsal.noise import Floats, Floats32, smoothstep

# Linear sRGB reflectances, in the range of field spectra (grass 0.05-0.15 in green, dry grass 0.2, rock 0.2-0.3).
_GRASS = {
    "summer": ((0.070, 0.110, 0.026), (0.135, 0.145, 0.048)),
    "autumn": ((0.088, 0.108, 0.030), (0.215, 0.170, 0.070)),
    "dry": ((0.150, 0.130, 0.055), (0.270, 0.215, 0.110)),
}
_LEAVES = {
    "summer": ((0.022, 0.048, 0.014), (0.035, 0.066, 0.018), (0.050, 0.078, 0.022), (0.030, 0.058, 0.022)),
    "autumn": (
        (0.026, 0.046, 0.016),
        (0.055, 0.070, 0.020),
        (0.120, 0.098, 0.022),
        (0.155, 0.082, 0.022),
        (0.100, 0.040, 0.018),
        (0.040, 0.052, 0.018),
    ),
    "dry": ((0.040, 0.052, 0.020), (0.070, 0.066, 0.028), (0.090, 0.074, 0.036), (0.034, 0.046, 0.020)),
}
SOIL = np.array([0.150, 0.108, 0.070], dtype=np.float32)
ROCK = np.array([0.205, 0.195, 0.180], dtype=np.float32)
SNOW = np.array([0.82, 0.84, 0.87], dtype=np.float32)


def seasons() -> tuple[str, ...]:
    """The palettes there are."""
    return tuple(_GRASS)


def reflectance(
    ground: Ground, x_m: Floats, y_m: Floats, z_m: Floats, range_m: Floats, seen: Surface, steep_deg: Floats32
) -> Floats32:
    """Linear reflectance of visible points, shape (n, 3).

    Heights `z_m` are those at which the eye's rays meet the surface. Patterns of several wavelengths, none repeating
    within the view, each left out where it is too fine to be seen.
    """
    noise, cover = ground.lattice, ground.cover
    green, straw = (np.array(colour, dtype=np.float32) for colour in _GRASS[cover.season])
    fields = noise.fractal(x_m + 500.0, y_m, 130.0, 3)
    swards = noise.fractal(x_m, y_m - 800.0, 11.0, 3)
    dryness = 0.42 + 0.45 * fields + 0.38 * swards
    near = np.flatnonzero(range_m < 160.0)
    if near.size:
        share = 1.0 - smoothstep(60.0, 160.0, range_m[near])
        dryness[near] += share * 0.36 * noise.fractal(x_m[near], y_m[near], 0.62, 3, 0.7)
    dryness = np.clip(dryness, 0.0, 1.0)[:, None]
    colour = green + (straw - green) * dryness
    bare = smoothstep(0.42, 0.62, 0.62 * swards + 0.45 * noise.fractal(x_m - 60.0, y_m + 33.0, 2.4, 3))[:, None]
    colour += (SOIL - colour) * (0.75 * bare)
    if near.size:
        speck = noise.at(x_m[near] / 0.045, y_m[near] / 0.045) - np.float32(0.5)
        mottle = noise.at(x_m[near] / 0.17 + 3.0, y_m[near] / 0.17) - np.float32(0.5)
        fine = 1.0 - smoothstep(8.0, 30.0, range_m[near])
        colour[near] *= (1.0 + 0.7 * fine * speck + 0.35 * share * mottle)[:, None]
    cliff = smoothstep(33.0, 42.0, steep_deg + 6.0 * swards) * (1.0 - seen.wooded)
    rocky = cliff[:, None]
    grain = (1.0 + 0.35 * noise.fractal(x_m, y_m, 5.0, 4, 0.7))[:, None]
    colour += (ROCK * grain - colour) * rocky
    floor = 0.45 * seen.wooded[:, None]
    colour += (SOIL * 0.6 - colour) * floor
    under = np.flatnonzero(seen.crown > 0.03)
    if under.size:
        share = smoothstep(0.03, 0.10, seen.crown[under])[:, None]
        colour[under] += (_leaves(ground, x_m, y_m, z_m, range_m, seen, under) - colour[under]) * share
    if cover.snow_above_m is not None:
        lie = seen.bare_m + 70.0 * fields - cover.snow_above_m
        snow = smoothstep(-20.0, 60.0, lie) * (1.0 - smoothstep(38.0, 50.0, steep_deg)) * (1.0 - 0.65 * seen.wooded)
        colour += (SNOW - colour) * snow[:, None]
    result: Floats32 = colour.astype(np.float32)
    return result


def _leaves(
    ground: Ground, x_m: Floats, y_m: Floats, z_m: Floats, range_m: Floats, seen: Surface, under: NDArray[np.intp]
) -> Floats32:
    """Reflectance of crowns: a colour a tree, mottled by clumps of leaves in height as well as in plan."""
    palette = np.array(_LEAVES[ground.cover.season], dtype=np.float32)
    x, y, z = x_m[under], y_m[under], z_m[under]
    stands = 0.30 * ground.lattice.fractal(x, y, 300.0, 3)
    at = np.clip(seen.tree[under] + stands, 0.0, 0.999) * (len(palette) - 1)
    low = at.astype(np.int64)
    mixed = palette[low] + (palette[low + 1] - palette[low]) * (at - low)[:, None]
    clumps = ground.lattice.fractal(0.8 * x + 0.6 * y, z + 0.3 * x, 1.9, 3, 0.8)
    clumps *= 1.0 - 0.6 * smoothstep(1500.0, 5000.0, range_m[under])
    result: Floats32 = mixed * ((0.40 + 0.70 * seen.crown[under]) * (1.0 + 0.75 * clumps))[:, None]
    return result
