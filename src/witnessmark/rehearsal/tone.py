"""From luminance codes to the 8-bit picture a phone would make: exposure, falloff, tone curve."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.rehearsal.noise import Floats
from witnessmark.rehearsal.scene import CODE_OFFSET_STOPS, CODE_STEPS_PER_STOP
from witnessmark.rehearsal.views import Codes, Lens

MIDDLE_GREY = 0.30
"""Scene value, on the tone curve's scale, that automatic exposure puts the frame's mean of logarithms at."""


def _table() -> NDArray[np.uint8]:
    """8-bit sRGB for every code at exposure 1: the film curve of Narkowicz (2016), then IEC 61966-2-1."""
    stops = np.arange(65536) / CODE_STEPS_PER_STOP - CODE_OFFSET_STOPS
    x = 0.62 * 2.0**stops
    film = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0)
    srgb = np.where(film <= 0.0031308, 12.92 * film, 1.055 * film ** (1.0 / 2.4) - 0.055)
    return np.round(255.0 * srgb).astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Developer:
    """Turns frames of codes into pictures for one camera.

    Attributes
    ----------
    table : ndarray of uint8, shape (65536,)
    falloff : ndarray of uint16, shape (height, width, 3)
        Codes lost to vignetting, a cos^4-like fall towards the corners.
    white : ndarray of int, shape (3,)
        White balance in codes.
    """

    table: NDArray[np.uint8]
    falloff: Codes
    white: NDArray[np.int64]

    @classmethod
    def of(cls, lens: Lens, vignetting_stops: float, white_klx: Floats) -> Developer:
        """Make one; `white_klx` is the light, direct and from the sky, that level white ground would get."""
        x = (np.arange(lens.width_px) + 0.5) / lens.width_px * 2.0 - 1.0
        y = ((np.arange(lens.height_px) + 0.5) / lens.height_px * 2.0 - 1.0) * lens.height_px / lens.width_px
        square = (x[None, :] ** 2 + y[:, None] ** 2) / (1.0 + (lens.height_px / lens.width_px) ** 2)
        falloff = (
            np.round(vignetting_stops * CODE_STEPS_PER_STOP * square**1.4)
            .astype(np.uint16)[:, :, None]
            .repeat(3, axis=2)
        )
        balance = np.log2(white_klx[1] / np.maximum(white_klx, 1e-6)) * 0.8
        return cls(_table(), falloff, np.round(balance * CODE_STEPS_PER_STOP).astype(np.int64))

    def meter(self, codes: Codes) -> float:
        """Stops of exposure that bring a frame to middle grey; highlights weigh against it."""
        small = codes[::8, ::8].astype(np.float64) / CODE_STEPS_PER_STOP - CODE_OFFSET_STOPS
        mean = float(small.mean())
        high = float(np.quantile(small, 0.97))
        return min(float(np.log2(MIDDLE_GREY)) - mean, 1.35 - high)

    def develop(self, codes: Codes, exposure_stops: float) -> NDArray[np.uint8]:
        """The 8-bit RGB picture of a frame of codes at an exposure."""
        gain = round(exposure_stops * CODE_STEPS_PER_STOP) + self.white
        dimmed = np.asarray(cv2.subtract(codes, self.falloff), dtype=np.uint16)
        every = np.arange(65536)
        planes = [self.table[np.clip(every + gain[k], 0, 65535)].take(dimmed[:, :, k]) for k in range(3)]
        return np.stack(planes, axis=2)
