"""What is kept of a recording so that copies of it are found: codes, local features, small thumbnails, sound.

Three tiers, by whom they may reach. Tier 1 (frame codes and sound codes) may be exchanged; tier 2 (local features)
is shared by agreement; tier 3 (thumbnails) is footage, if small, and never leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

ALGORITHM = "witnessmark-copies/1"
"""Raised whenever the same recording may give other numbers: indexes of another algorithm do not compare."""
PDQ_BYTES = 32
FEATURE_BYTES = 16


@dataclass(frozen=True, slots=True, eq=False)
class FrameCodes:
    """Tier 1: one PDQ hash a sampled frame, of the picture inside its flat borders.

    Attributes
    ----------
    times_s : ndarray of float32, shape (n,)
        Presentation times, ascending.
    codes : ndarray of uint8, shape (n, 32)
    quality : ndarray of uint8, shape (n,)
        PDQ quality, 0-100: how much there is to hash.
    """

    times_s: NDArray[np.float32]
    codes: NDArray[np.uint8]
    quality: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class SoundCodes:
    """Tier 1: 32-bit sound codes at an even step; silence gives 0.

    Attributes
    ----------
    start_s, step_s : float
        Presentation time of the first code, and how far apart they are [s].
    codes : ndarray of uint32, shape (m,)
    """

    start_s: float
    step_s: float
    codes: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class LocalFeatures:
    """Tier 2: binary local features of sampled frames, strongest first within a frame.

    Attributes
    ----------
    times_s : ndarray of float32, shape (k,)
        Frame times, ascending.
    first : ndarray of uint32, shape (k + 1,)
        Rows ``first[i]:first[i + 1]`` belong to frame i.
    codes : ndarray of uint8, shape (f, 16)
    x, y : ndarray of uint8 or uint16, shape (f,)
        Position, from 0 at the left and upper edge to the type's largest value at the right and lower edge.
    size, angle : ndarray of uint8, shape (f,)
        Scale and direction, in steps the algorithm fixes.
    """

    times_s: NDArray[np.float32]
    first: NDArray[np.uint32]
    codes: NDArray[np.uint8]
    x: NDArray[np.uint16]
    y: NDArray[np.uint16]
    size: NDArray[np.uint8]
    angle: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnails:
    """Tier 3: small grey pictures of sampled frames.

    Attributes
    ----------
    times_s : ndarray of float32, shape (t,)
    luma : ndarray of uint8, shape (t, height, width)
    """

    times_s: NDArray[np.float32]
    luma: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """All that is kept of one recording; tiers 2 and 3 are None where they were not shared.

    Attributes
    ----------
    algorithm : str
        `ALGORITHM` of the program that made it.
    duration_s : float
        From the first to the end of the last picture (of the sound, where there is no picture) [s].
    width_px, height_px : int
        Upright; 0 where there is no picture.
    frames : FrameCodes
    sound : SoundCodes or None
        None when there is no sound, or none that could be decoded.
    features : LocalFeatures or None
    thumbnails : Thumbnails or None
    stopped : str or None
        Why decoding ended early, in one sentence; None when it reached the end.
    """

    algorithm: str
    duration_s: float
    width_px: int
    height_px: int
    frames: FrameCodes
    sound: SoundCodes | None
    features: LocalFeatures | None
    thumbnails: Thumbnails | None
    stopped: str | None = None

    def up_to(self, tier: int) -> Fingerprint:
        """The same without the tiers above `tier`."""
        return replace(
            self,
            features=self.features if tier >= 2 else None,
            thumbnails=self.thumbnails if tier >= 3 else None,
        )
