"""Blurring for good, a whole still or a part of a picture, and PNG bytes of pictures."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

BLOCKS_ACROSS = 10
"""Mosaic blocks along the longer side. Familiar faces are still recognised at 7 x 10 samples [1]_; at 10 along the
longer side of the whole still, a face that fills half its height has no more than 5, whatever the footage's resolution.

.. [1] P. Sinha, B. Balas, Y. Ostrovsky, R. Russell, "Face recognition by humans: nineteen results all computer vision
   researchers should know about", Proc. IEEE 94(11), 2006, result 1, doi:10.1109/JPROC.2006.884093.
"""
PART_BLOCKS_ACROSS = 4
"""Mosaic blocks along the longer side of a blurred part, such as a face: well below the 7 x 10 of [1]_."""
LEVELS = 16
"""Steps of brightness kept per block and colour: what finer steps would tell of the text or face below is dropped."""
SMOOTHING_BLOCKS = 0.6
"""Standard deviation of the Gaussian after the mosaic, in blocks: it hides the grid and adds no information."""


def blur(picture: bytes | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make people, plates and writing unreadable, for good.

    The picture is averaged down to `BLOCKS_ACROSS` blocks along its longer side, each block is rounded to `LEVELS`
    steps, and the result is smoothed while it is brought back to size. At most 10 x 10 values of 16 steps remain of
    any picture (100 x 3 x 4 bits), whatever its size, so that there is nothing left to sharpen: unlike a mere
    Gaussian, which can be undone in part, averaging and rounding throw the detail away. What does remain is the
    coarse layout and colours. Somebody who holds the clear picture can tell that it is the same, and a sequence of
    blurred stills of one scene tells a little more than one; publish few.

    Parameters
    ----------
    picture : bytes or ndarray of uint8, shape (height, width, 3)
        PNG (or another picture Pillow reads) made by this house, or RGB.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        Same size.

    Examples
    --------
    >>> rgb = np.random.default_rng(1).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    >>> blur(rgb).shape, bool(blur(rgb).std() < rgb.std() / 3)
    ((90, 160, 3), True)
    """
    clear = _opened(picture)
    return drawn(_few(clear, BLOCKS_ACROSS), clear.size)


def coarse(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """All that is left of a part of a picture, such as a face: at most 4 x 4 colours of 16 steps.

    Parameters
    ----------
    part : ndarray of uint8, shape (height, width, 3)

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        To be drawn with `drawn`, over as many pictures as wanted: drawing the same few colours again tells nothing
        more, where a fresh mosaic of each picture of a video would add up to a sharper one.
    """
    return _few(_opened(part), PART_BLOCKS_ACROSS)


def drawn(few: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Few colours brought to a size and smoothed; nothing but the few colours is in the result.

    Parameters
    ----------
    few : ndarray of uint8, shape (rows, columns, 3)
    size_px : (int, int)
        Width and height.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    mosaic = Image.fromarray(few).resize(size_px, Image.Resampling.NEAREST)
    smooth = mosaic.filter(ImageFilter.GaussianBlur(SMOOTHING_BLOCKS * max(size_px) / max(few.shape[:2])))
    return np.asarray(smooth, np.uint8)


def _few(clear: Image.Image, blocks: int) -> NDArray[np.uint8]:
    width, height = clear.size
    longer = max(width, height)
    across = (max(1, round(blocks * width / longer)), max(1, round(blocks * height / longer)))
    few = np.asarray(clear.resize(across, Image.Resampling.BOX), np.float64)
    step = 256.0 / LEVELS
    return np.asarray((np.floor(few / step) + 0.5) * step, np.uint8)


def png_bytes(rgb: NDArray[np.uint8]) -> bytes:
    """PNG of an RGB picture, the same bytes each time, without any metadata.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
    """
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb)).save(out, "PNG", compress_level=6)
    return out.getvalue()


def _opened(picture: bytes | NDArray[np.uint8]) -> Image.Image:
    if isinstance(picture, bytes):
        return Image.open(io.BytesIO(picture), formats=["PNG"]).convert("RGB")
    return Image.fromarray(np.ascontiguousarray(picture))
