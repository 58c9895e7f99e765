"""The solids each kind of prop is made of, standing on the actual ground."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from witnessmark.rehearsal.ground import Ground
from witnessmark.rehearsal.noise import Floats
from witnessmark.rehearsal.shapes import Prop, Solid

Colour = tuple[float, float, float]
WOOD: Colour = (0.19, 0.15, 0.115)
STONE: Colour = (0.30, 0.285, 0.26)
WHITE: Colour = (0.72, 0.72, 0.70)
RED: Colour = (0.50, 0.045, 0.035)
PAINT: Colour = (0.10, 0.16, 0.20)
GLASS: Colour = (0.018, 0.022, 0.026)
RUBBER: Colour = (0.022, 0.022, 0.023)


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A prop on the ground.

    Attributes
    ----------
    foot_m, top_m : ndarray of float64, shape (3,)
        East, north, elevation of the middle of its foot on the soil and of the top point above it [m].
    """

    prop: Prop
    solids: tuple[Solid, ...]
    foot_m: Floats
    top_m: Floats


def _soil(ground: Ground, x: float, y: float) -> float:
    return float(ground.bare_m(np.array([x]), np.array([y]))[0])


def _turned(facing_deg: float) -> tuple[Floats, Floats]:
    """Unit vectors along a bearing and to its right."""
    angle = np.radians(facing_deg)
    return np.array([np.sin(angle), np.cos(angle), 0.0]), np.array([np.cos(angle), -np.sin(angle), 0.0])


_UP = np.array([0.0, 0.0, 1.0])


def _upright(form: str, foot: Floats, radius: float, low: float, high: float, colour: Colour) -> Solid:
    half = (high - low) / 2.0
    return Solid(form, np.diag([radius, radius, half]), foot + _UP * (low + half), colour)


def _beam(start: Floats, end: Floats, wide: float, tall: float, colour: Colour, grain: float = 0.12) -> Solid:
    """A box from one point to another."""
    along = (end - start) / 2.0
    side = np.cross(along, _UP)
    side = side / np.linalg.norm(side)
    over = np.cross(side, along)
    over = over / np.linalg.norm(over)
    return Solid("box", np.stack([along, side * wide / 2, over * tall / 2], axis=1), (start + end) / 2, colour, grain)


def _pole(prop: Prop, foot: Floats, ground: Ground) -> list[Solid]:
    along, _ = _turned(prop.facing_deg)
    arm = foot + _UP * prop.height_m * 0.88
    solids = [
        _upright("cylinder", foot, 0.02 * prop.height_m**0.9 + 0.012, -0.6, prop.height_m, WOOD),
        _beam(arm - along * 0.13 * prop.height_m, arm + along * 0.13 * prop.height_m, 0.09, 0.11, WOOD),
    ]
    for share in (-0.9, -0.45, 0.45, 0.9):
        solids.append(_upright("cylinder", arm + along * share * 0.13 * prop.height_m, 0.035, 0.05, 0.2, WHITE))
    return solids


def _post(prop: Prop, foot: Floats, ground: Ground) -> list[Solid]:
    along, across = _turned(prop.facing_deg)
    half = (prop.height_m + 0.5) / 2.0
    axes = np.stack([along * 0.07, across * 0.07, _UP * half], axis=1)
    return [Solid("box", axes, foot + _UP * (prop.height_m - half), WOOD, 0.3)]


def _fence(prop: Prop, foot: Floats, ground: Ground) -> list[Solid]:
    along, _ = _turned(prop.facing_deg)
    pairs = max(1, round(prop.length_m / 2.6 / 2))
    feet = []
    for step in range(-pairs, pairs + 1):
        at = foot + along * 2.6 * step
        feet.append(np.array([at[0], at[1], _soil(ground, at[0], at[1])]))
    solids = []
    for number, at in enumerate(feet):
        tall = prop.height_m if number == pairs else prop.height_m * (0.97 + 0.05 * np.sin(2.1 * number))
        solids.append(_upright("cylinder", at, 0.065, -0.4, tall, WOOD))
    for start, end in itertools.pairwise(feet):
        for share in (0.42, 0.82):
            lift = _UP * prop.height_m * share
            solids.append(_beam(start + lift, end + lift, 0.05, 0.11, WOOD, 0.25))
    return solids


def _wall(prop: Prop, foot: Floats, ground: Ground) -> list[Solid]:
    """A dry-stone wall: courses of stones around a dark core, one capstone in the middle as high as the wall."""
    along, across = _turned(prop.facing_deg)
    rng = np.random.default_rng(ground.seed + 77)
    solids: list[Solid] = []
    thick, body = 0.15, prop.height_m * 0.86
    courses = max(1, round(body / (thick * 0.86)))
    for course in range(courses):
        at_m = -prop.length_m / 2.0 + rng.uniform(0.0, 0.2)
        while at_m < prop.length_m / 2.0:
            half = rng.uniform(0.13, 0.27)
            at = foot + along * (at_m + half)
            lift = _soil(ground, at[0], at[1]) + (course + 0.5) * body / courses
            for side in (-1.0, 1.0):
                centre = np.array([at[0], at[1], lift]) + across * side * (0.17 - 0.05 * course / courses)
                solids.append(_laid(rng, centre, along, half * 1.04, 0.15, 0.56 * body / courses))
            at_m += 2.0 * half
    for step in range(-round(prop.length_m / 1.1), round(prop.length_m / 1.1) + 1):
        at = foot + along * 0.55 * step
        low, high = _soil(ground, at[0], at[1]) + body, prop.height_m - body
        tall = high if step == 0 else high * rng.uniform(0.75, 0.98)
        solids.append(
            _laid(rng, np.array([at[0], at[1], low + tall / 2.0]), along, 0.285, 0.24, tall / 2.0, level=True)
        )
        if abs(0.55 * step) < prop.length_m / 2.0 - 0.45:
            core = np.stack([along * 0.28, across * 0.14, _UP * (body / 2.0 + 0.1)], axis=1)
            base = np.array([at[0], at[1], low - body / 2.0 - 0.2])
            solids.append(Solid("box", core, base, (0.03, 0.028, 0.026), 0.1))
    return solids


def _laid(
    rng: np.random.Generator,
    at: Floats,
    along: Floats,
    length: float,
    depth: float,
    half: float,
    *,
    level: bool = False,
) -> Solid:
    """A squared stone in a wall, a little out of true unless `level`."""
    turn, tilt = (0.0, 0.0) if level else (rng.normal(0.0, 0.05), rng.normal(0.0, 0.05))
    long = along + _UP * tilt
    wide = np.array([along[1], -along[0], 0.0]) + along * turn
    shade, warm = rng.uniform(0.5, 1.1), rng.uniform(0.94, 1.07)
    colour = (STONE[0] * shade * warm, STONE[1] * shade, STONE[2] * shade / warm)
    axes = np.stack([long * length, wide * depth * rng.uniform(0.85, 1.1), _UP * half], axis=1)
    return Solid("box", axes, at, colour, 0.9)


def _cairn(prop: Prop, foot: Floats, ground: Ground) -> list[Solid]:
    """Flat stones laid in rings that narrow upwards; the last one's top is the cairn's."""
    rng = np.random.default_rng(ground.seed + 78)
    solids: list[Solid] = []
    height, level, course = prop.height_m, -0.05, 0
    while level < height * 0.86:
        share = max(level, 0.0) / height
        ring = 0.50 * height * (1.0 - 0.92 * share) * (1.0 - 0.35 * share)
        thick = height * rng.uniform(0.075, 0.115) * (1.0 - 0.25 * share)
        for reach, fill in ((ring, 1.0), (0.45 * ring, 0.8)):
            stones = max(1, round(2.0 * np.pi * reach / (0.30 * height)))
            for stone in range(stones):
                angle = 2.0 * np.pi * (stone + rng.uniform(-0.25, 0.25)) / stones + 0.9 * course
                out = np.array([np.cos(angle), np.sin(angle), 0.0])
                at = foot + out * reach * rng.uniform(0.88, 1.06) + _UP * (level + 0.5 * thick)
                solids.append(_stone(rng, at, height * 0.155 * fill * (1.0 - 0.35 * share), 0.62 * thick))
        level += 0.78 * thick
        course += 1
    half = 0.09 * height
    axes = np.diag([0.14 * height, 0.10 * height, half])
    solids.append(Solid("ball", axes, foot + _UP * (height - half), STONE, 0.9))
    return solids


def _stone(rng: np.random.Generator, at: Floats, half_width: float, half_thick: float) -> Solid:
    """A slab or a cobble, turned and tilted at random."""
    turn, tilt, lean = rng.uniform(0.0, 2.0 * np.pi), rng.normal(0.0, 0.13), rng.normal(0.0, 0.13)
    long = np.array([np.cos(turn), np.sin(turn), tilt])
    wide = np.array([-np.sin(turn), np.cos(turn), lean])
    over = np.cross(long, wide)
    slab = rng.random() < 0.45
    size = half_width * rng.uniform(0.75, 1.25) * (0.78 if slab else 1.0)
    axes = np.stack(
        [long * size, wide * size * rng.uniform(0.6, 0.95), over * half_thick * rng.uniform(0.8, 1.1)], axis=1
    )
    shade, warm = rng.uniform(0.55, 1.15), rng.uniform(0.92, 1.06)
    colour = (STONE[0] * shade * warm, STONE[1] * shade, STONE[2] * shade / warm)
    return Solid("box" if slab else "ball", axes, at, colour, 0.9)


def _marker(prop: Prop, foot: Floats, ground: Ground) -> list[Solid]:
    along, _ = _turned(prop.facing_deg)
    tall, bands = prop.height_m, 7
    solids = []
    edges = np.linspace(-0.3, tall - 0.26, bands + 1)
    for band in range(bands):
        colour = RED if band % 2 else WHITE
        solids.append(_upright("cylinder", foot, 0.055, float(edges[band]), float(edges[band + 1]), colour))
    arm = foot + _UP * tall * 0.72
    solids.append(_beam(arm - along * 0.34, arm + along * 0.34, 0.05, 0.12, WHITE, 0.05))
    solids.append(Solid("ball", np.diag([0.13, 0.13, 0.13]), foot + _UP * (tall - 0.13), RED, 0.05))
    return solids


def _board(prop: Prop, foot: Floats, ground: Ground) -> list[Solid]:
    along, across = _turned(prop.facing_deg)
    tall = prop.height_m
    solids = []
    for side in (-1.0, 1.0):
        at = foot + along * 0.55 * side
        at = np.array([at[0], at[1], _soil(ground, at[0], at[1])])
        solids.append(_upright("cylinder", at, 0.05, -0.4, foot[2] + tall - at[2], WOOD))
    axes = np.stack([along * 0.66, across * 0.025, _UP * 0.19 * tall], axis=1)
    solids.append(Solid("box", axes, foot + across * 0.07 + _UP * 0.78 * tall, (0.34, 0.33, 0.27), 0.15))
    return solids


def _vehicle(prop: Prop, foot: Floats, ground: Ground) -> list[Solid]:
    """A box van, level with the slope it stands on; its height is that of the roof over the middle."""
    along, _ = _turned(prop.facing_deg)
    _, across = _turned(prop.facing_deg)
    ends = [_soil(ground, *(foot + along * d)[:2]) for d in (-1.5, 1.5)]
    sides = [_soil(ground, *(foot + across * d)[:2]) for d in (-0.8, 0.8)]
    forward = along + _UP * (ends[1] - ends[0]) / 3.0
    forward /= np.linalg.norm(forward)
    right = across + _UP * (sides[1] - sides[0]) / 1.6
    right -= forward * (right @ forward)
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    up = up if up[2] > 0 else -up
    base = np.array([foot[0], foot[1], (sum(ends) + sum(sides)) / 4.0])
    scale = (foot[2] + prop.height_m - base[2]) / 2.05 * float(up[2])

    def box(x: float, y: float, z: float, length: float, width: float, height: float, colour: Colour) -> Solid:
        centre = base + (forward * x + right * y + up * z) * scale
        axes = np.stack([forward * length / 2, right * width / 2, up * height / 2], axis=1) * scale
        return Solid("box", axes, centre, colour, 0.03)

    solids = [
        box(-0.55, 0, 1.29, 3.1, 1.86, 1.52, WHITE),
        box(1.55, 0, 0.86, 1.5, 1.84, 0.66, WHITE),
        box(1.22, 0, 1.42, 0.72, 1.72, 0.62, GLASS),
        box(1.10, 0, 1.50, 0.70, 1.78, 0.80, WHITE),
        box(-0.55, 0, 1.02, 3.13, 1.88, 0.14, PAINT),
        box(-2.10, 0, 1.30, 0.03, 0.025, 1.40, RUBBER),
        box(-2.11, 0.42, 1.66, 0.02, 0.56, 0.42, GLASS),
        box(-2.11, -0.42, 1.66, 0.02, 0.56, 0.42, GLASS),
        box(-2.13, 0, 0.66, 0.02, 0.50, 0.12, WHITE),
        box(-2.16, 0, 0.50, 0.10, 1.72, 0.13, RUBBER),
        box(1.12, 0, 1.52, 0.50, 1.80, 0.42, GLASS),
        box(0.72, 0, 1.10, 0.02, 1.865, 1.05, RUBBER),
        box(0.1, 0, 0.50, 4.2, 1.70, 0.20, RUBBER),
        box(2.31, 0, 0.62, 0.06, 1.70, 0.22, RUBBER),
        box(2.31, 0.66, 0.86, 0.05, 0.30, 0.18, (0.75, 0.74, 0.70)),
        box(2.31, -0.66, 0.86, 0.05, 0.30, 0.18, (0.75, 0.74, 0.70)),
        box(-2.11, 0.84, 0.85, 0.04, 0.14, 0.30, RED),
        box(-2.11, -0.84, 0.85, 0.04, 0.14, 0.30, RED),
    ]
    for x in (-1.35, 1.45):
        for y in (-0.80, 0.80):
            axes = np.stack([forward * 0.35, up * 0.35, right * 0.12], axis=1) * scale
            centre = base + (forward * x + right * y + up * 0.35) * scale
            solids.append(Solid("cylinder", axes, centre, RUBBER, 0.05))
            hub = np.stack([forward * 0.19, up * 0.19, right * 0.13], axis=1) * scale
            solids.append(Solid("cylinder", hub, centre, (0.42, 0.42, 0.43), 0.05))
    return solids


_BUILDERS: dict[str, Callable[[Prop, Floats, Ground], list[Solid]]] = {
    "pole": _pole,
    "post": _post,
    "fence": _fence,
    "wall": _wall,
    "cairn": _cairn,
    "marker": _marker,
    "vehicle": _vehicle,
    "board": _board,
}


def build(prop: Prop, ground: Ground) -> Built:
    """Stand a prop on the soil at its bearing and distance."""
    x, y = prop.foot_m
    foot = np.array([x, y, _soil(ground, x, y)])
    solids = tuple(_BUILDERS[prop.kind](prop, foot, ground))
    return Built(prop, solids, foot, foot + _UP * prop.height_m)


def shadow_tip(built: Built, towards_sun: Floats, ground: Ground, reach_m: float = 400.0) -> Floats | None:
    """Where the shadow of the top falls on the soil, shape (3,), or None when it falls beyond reach.

    Marched in steps of at most 5 cm from the top away from the sun, then halved down to a tenth of a millimetre.
    """
    if towards_sun[2] <= 0.0:
        return None
    per_metre = -towards_sun / float(np.hypot(towards_sun[0], towards_sun[1]))
    along = np.arange(0.0, reach_m, 0.05)
    path = built.top_m + along[:, None] * per_metre
    above = path[:, 2] - ground.bare_m(path[:, 0].copy(), path[:, 1].copy())
    below = np.flatnonzero(above <= 0.0)
    if below.size == 0 or below[0] == 0:
        return None
    low, high = float(along[below[0] - 1]), float(along[below[0]])
    while high - low > 1e-4:
        middle = (low + high) / 2.0
        at = built.top_m + middle * per_metre
        if at[2] > _soil(ground, float(at[0]), float(at[1])):
            low = middle
        else:
            high = middle
    return np.asarray(built.top_m + high * per_metre)
