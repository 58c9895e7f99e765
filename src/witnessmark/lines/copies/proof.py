"""What speaks for a copy along one line of time, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.copies.agreement import Agreement, Overlaid, along, refined
from witnessmark.lines.copies.timeline import Line

MOVING = 0.02
"""Mean power of change over the blocks at which a frame counts in full; below, in proportion."""
SHARE_LEAST, SHARE_FULL = 0.35, 0.75
"""Share of all change that agrees: nothing is made of less than the first; the second counts in full."""
CONTROL_SHIFTS_S = (-3.0, -2.0, -1.2, 1.2, 2.0, 3.0)
CONTRAST_FULL = 0.45
"""How far the share must stand above the best of the shifted controls to count in full."""
LIKENESS_LEAST, LIKENESS_FULL = 0.1, 0.4
"""Share of the pictures' own texture that agrees: nothing is made of less than the first; the second counts in full."""
BEYOND_S = 4.0
"""So long before and after a stretch is looked at, to tell whether the recordings go on differently."""
SATURATION_S = 1.5
BLOCKS_HALF = 8
"""With so many blocks to compare, a second counts half."""
OVERLAY_POWER = 0.1
"""A block that changes less than this share of what it does in the other recording is an overlay there."""


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """Change that agrees along one line.

    Attributes
    ----------
    line : Line
        Refined, with the stretch that agrees.
    agreed_s : float
        Seconds of query in which what moves agrees.
    share : float
        Share of all change in the stretch that agrees, -1 to 1.
    control : float
        The best of the same with the reference shifted by 1 to 3 seconds.
    moving : float
        Mean power of change, 0 to 1.
    still : float
        Correlation of the mean pictures over textured blocks, -1 to 1.
    likeness : float
        Share of the texture of the pictures themselves that agrees, -1 to 1.
    blocks : int
        How many blocks were compared.
    before, after : float
        Share of the change that agrees in the seconds before and after the stretch, along the same line.
    frames : ndarray of float64, shape (n, 3)
        Query time [s], and the agreeing change and the power of change in each frame.
    """

    line: Line
    agreed_s: float
    share: float
    control: float
    moving: float
    still: float
    likeness: float
    blocks: int
    before: float
    after: float
    frames: NDArray[np.float64]

    @property
    def strength(self) -> float:
        """0 to 1: agreed seconds that saturate, times how surely they agree."""
        amount_s = self.agreed_s * self.blocks / (self.blocks + BLOCKS_HALF)
        return (1.0 - float(np.exp(-amount_s / SATURATION_S))) * self.quality

    @property
    def quality(self) -> float:
        """0 to 1: how nearly all change agrees, how far controls fall off, and whether the pictures agree as well."""
        if self.agreed_s <= 0:
            return 0.0
        quality = float(np.clip((self.share - SHARE_LEAST) / (SHARE_FULL - SHARE_LEAST), 0, 1))
        contrast = float(np.clip((self.share - max(self.control, 0.0)) / CONTRAST_FULL, 0, 1))
        looks = float(np.clip((self.likeness - LIKENESS_LEAST) / (LIKENESS_FULL - LIKENESS_LEAST), 0, 1))
        return quality * contrast * looks


def prove(overlaid: Overlaid, line: Line) -> Proof | None:
    """Refine a line and weigh what agrees along it."""
    sharper = refined(overlaid, line)
    wide = _longest(overlaid, sharper, whole=True)
    found = None if wide is None else _longest(overlaid, wide[0], whole=False)
    if found is None:
        return None
    beyond = _beyond(overlaid, found[0])
    stretch, seen, kept, rows = found
    alike, power = seen.alike[:, kept].sum(axis=1), seen.power[:, kept].sum(axis=1)
    share = float(alike[rows].sum() / max(float(power[rows].sum()), 1e-6))
    control = -1.0
    for shift_s in CONTROL_SHIFTS_S:
        other = along(overlaid, stretch, shift_s=shift_s)
        if other is not None and len(other.q_s) >= max(4, (rows.stop - rows.start) // 2):
            control = max(control, float(other.alike[:, kept].sum() / max(float(other.power[:, kept].sum()), 1e-6)))
    textured = kept & (seen.texture > 3.0)
    still = float(seen.still[textured].mean()) if textured.any() else 0.0
    blocks = int(kept.sum() * seen.shown[rows][:, kept].mean())
    if not blocks:
        return None
    likeness = float(seen.like[rows][:, kept].sum() / max(float(seen.seen[rows][:, kept].sum()), 1e-6))
    frames = np.stack([seen.q_s[rows], alike[rows] / blocks, power[rows] / blocks], axis=1)
    return Proof(
        stretch,
        agreed_seconds(frames),
        share,
        control,
        float(frames[:, 2].mean()),
        still,
        likeness,
        blocks,
        *beyond,
        frames,
    )


def _longest(overlaid: Overlaid, line: Line, whole: bool) -> tuple[Line, Agreement, NDArray[np.bool_], slice] | None:
    """The stretch of a line that agrees, what is seen along it, the blocks that count and the rows of the stretch."""
    seen = along(overlaid, line, whole=whole)
    if seen is None:
        return None
    kept = ~overlays(seen)
    if not kept.any():
        kept = np.ones_like(kept)
    start, end = _stretch((seen.alike[:, kept] - 0.3 * seen.power[:, kept]).sum(axis=1))
    if end - start < 2:
        return None
    stretch = Line(line.speed, line.offset_s, float(seen.q_s[start]), float(seen.q_s[end - 1]), line.weight)
    return stretch, seen, kept, slice(start, end)


def _beyond(overlaid: Overlaid, stretch: Line) -> tuple[float, float]:
    """Share of change that agrees before and after a stretch; 0 where next to nothing changes there.

    Each is looked at for itself, so that the cut between a shared opening and what follows it does not count.
    """
    shares = []
    for low_s, high_s in ((stretch.q0_s - BEYOND_S, stretch.q0_s - 0.3), (stretch.q1_s + 0.3, stretch.q1_s + BEYOND_S)):
        seen = along(overlaid, Line(stretch.speed, stretch.offset_s, low_s, high_s, 0.0))
        enough = seen is not None and float(seen.power.mean()) > 0.2 * MOVING
        shares.append(seen.share() if seen is not None and enough else 0.0)
    return shares[0], shares[1]


def overlays(seen: Agreement) -> NDArray[np.bool_]:
    """Blocks in which one recording stays still and looks different while the other moves: drawn over."""
    return np.asarray((seen.quieter < OVERLAY_POWER * seen.livelier) & (seen.still < 0.5))


def agreed_seconds(frames: NDArray[np.float64]) -> float:
    """Seconds in which what moves agrees: frames weighed by how much moves and by the share that agrees, over 1 s."""
    if len(frames) < 2:
        return 0.0
    q_s, alike, power = frames.T
    step_s = np.minimum(np.gradient(q_s), 1.0)
    near = np.abs(q_s[:, None] - q_s[None, :]) <= 0.55
    share = (near @ alike) / np.maximum(near @ power, 1e-6)
    agrees = np.clip((share - SHARE_LEAST) / (SHARE_FULL - SHARE_LEAST), 0, 1)
    return float((step_s * np.clip(power / MOVING, 0, 1) * agrees).sum())


def _stretch(values: NDArray[np.float32]) -> tuple[int, int]:
    """First row and row after the last of the unbroken stretch with the largest sum."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    lowest = np.minimum.accumulate(sums)
    end = int(np.argmax(sums - lowest))
    return int(np.argmin(sums[: end + 1])), end
