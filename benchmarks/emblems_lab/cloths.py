"""Camouflage filmed again: how often its own pattern is nearest, and how often another palette is called similar."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from benchmarks.emblems_lab.drawing import PALETTES, WAYS, Rgb, camouflage, emblem

from witnessmark.lines.uniforms.limits import CLOTH_SIMILAR
from witnessmark.lines.uniforms.texture import Cloth, cloth_of, likeness

SPLITS = {"development": (("wood", "sand", "grey"), 11), "held-out": (("steppe", "night"), 911)}
"""Palettes, and the first seed; with both splits' patterns the library has 20."""
EACH = 12


@dataclass(frozen=True, slots=True)
class ClothRow:
    """One piece of cloth, filmed.

    Attributes
    ----------
    split : str
    shown : str
        Palette and way, or "emblem".
    first, in_five : bool
        Whether its own pattern is the nearest, or among the five nearest.
    own, other_palette : float
        Likeness to its own pattern, and the greatest to one of another palette.
    own_similar, other_similar : bool
    """

    split: str
    shown: str
    first: bool
    in_five: bool
    own: float
    other_palette: float
    own_similar: bool
    other_similar: bool


def rows(split: str) -> list[ClothRow]:
    """Every pattern of a split filmed `EACH` times, against the 20 patterns of both; and emblems in its place."""
    palettes, seed = SPLITS[split]
    library = {(p, w): _known(camouflage(p, w, 7, 300)) for p in PALETTES for w in WAYS}
    rng = np.random.default_rng(seed)
    made = []
    for palette in palettes:
        for way in WAYS:
            for number in range(EACH):
                cloth = camouflage(palette, way, seed + 17 * number + 1, 400, float(rng.uniform(18, 36)))
                made.append(_row(split, f"{palette} {way}", (palette, way), filmed(cloth, rng), library))
    for number in range(EACH):
        made.append(_row(split, "emblem", None, filmed(emblem("shield", seed + number), rng), library))
    return made


def _row(
    split: str, shown: str, own: tuple[str, str] | None, rgb: Rgb, library: dict[tuple[str, str], Cloth]
) -> ClothRow:
    seen = _known(rgb)
    alike = {key: likeness(seen, cloth) for key, cloth in library.items()}
    nearest = sorted(alike, key=lambda key: -alike[key])[:5]
    mine = -1.0 if own is None else alike[own]
    others = max(value for key, value in alike.items() if own is None or key[0] != own[0])
    return ClothRow(
        split,
        shown,
        nearest[0] == own,
        own in nearest,
        mine,
        others,
        mine >= CLOTH_SIMILAR,
        others >= CLOTH_SIMILAR,
    )


def filmed(cloth: Rgb, rng: np.random.Generator) -> Rgb:
    """A piece of cloth from some distance, in some light, softened and noisy."""
    side = int(rng.uniform(120, min(240, min(cloth.shape[:2]))))
    left, top = (int(rng.integers(0, max(1, length - side))) for length in cloth.shape[1::-1])
    scale = float(rng.uniform(0.4, 1.2))
    piece = cv2.resize(
        cloth[top : top + side, left : left + side], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    gain = rng.uniform(0.7, 1.15) * (1 + rng.uniform(-0.08, 0.08, 3))
    lit = 255 * np.clip(piece.astype(np.float32) * gain / 255, 0, 1) ** rng.uniform(0.85, 1.2)
    soft = cv2.GaussianBlur(lit, (0, 0), 0.7) + rng.normal(0, 3, lit.shape)
    return np.clip(soft, 0, 255).astype(np.uint8)


def _known(rgb: Rgb) -> Cloth:
    cloth = cloth_of(rgb)
    assert cloth is not None
    return cloth
