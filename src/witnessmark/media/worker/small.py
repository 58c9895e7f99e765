"""Small versions and a digest of a decoded picture, straight from its planes, without a colour conversion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

cv2.setNumThreads(1)  # pictures here are small, and the decoder's threads want the processors
SMALL_WIDTH_MAX = 320
TINY_WIDTH = 60

_PLANAR: dict[str, tuple[int, int]] = {  # name: bytes a sample, bits to drop to get 8
    **{f"yuv{kind}p": (1, 0) for kind in ("420", "422", "444", "440", "411")},
    **{f"yuvj{kind}p": (1, 0) for kind in ("420", "422", "444", "440", "411")},
    **{f"yuv{kind}p10le": (2, 2) for kind in ("420", "422", "444")},
    **{f"yuv{kind}p12le": (2, 4) for kind in ("420", "422", "444")},
    **{f"yuva{kind}p": (1, 0) for kind in ("420", "422", "444")},
    "gray": (1, 0),
    "nv12": (1, 0),
    "nv21": (1, 0),
}

Picture = NDArray[np.uint8]
Plane = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Small:
    """What the survey looks at.

    Attributes
    ----------
    luma : ndarray of uint8, shape (h, w)
        At most `SMALL_WIDTH_MAX` wide: repeated halving, each pixel the mean of what it covers.
    tiny : ndarray of uint8, shape (about 34, 60, 3)
        Luma and both chroma planes.
    digest : int
        Of the decoded luma at full width (of all planes for formats that have no luma plane), from every `_row_step`
        row; against the picture before, every row is compared.
    """

    luma: Picture
    tiny: Picture
    digest: int


@dataclass(frozen=True, slots=True, eq=False)
class _Digested:
    """The picture before, kept while its planes are needed."""

    frame: VideoFrame
    planes: list[Plane]
    sampled: int
    digest: int


class Shrinker:
    """Makes `Small`; remembers the first picture's size so that all of a clip's are alike."""

    def __init__(self) -> None:
        self._small: tuple[int, int] | None = None
        self._tiny: tuple[int, int] | None = None
        self._weights: dict[int, NDArray[np.uint64]] = {}
        self._last: _Digested | None = None

    def shrink(self, frame: VideoFrame) -> Small:
        """Small versions of one picture."""
        kind = frame.format.name
        if kind in _PLANAR:
            planes = _planes(frame, kind)
            digest = self._digest(frame, planes[:1])
        else:
            digest = self._digest(frame, _raw_planes(frame))
            planes = _planes(frame.reformat(format="yuv420p"), "yuv420p")
            kind = "yuv420p"
        drop = _PLANAR[kind][1]
        if self._small is None:
            self._size(planes[0].shape[1], planes[0].shape[0])
        assert self._small is not None and self._tiny is not None
        luma = _to_8_bit(_reduced(planes[0], self._small), drop)
        tiny = _to_8_bit(_reduced(luma, self._tiny), 0)
        chroma = [_to_8_bit(_reduced(plane, self._tiny), drop) for plane in planes[1:3]]
        if not chroma:
            layers = [tiny, np.full_like(tiny, 128), np.full_like(tiny, 128)]
        elif chroma[0].ndim == 3:  # interleaved chroma
            layers = [tiny, chroma[0][..., 0], chroma[0][..., 1]]
        else:
            layers = [tiny, chroma[0], chroma[1]]
        return Small(luma, np.ascontiguousarray(np.dstack(layers)), digest)

    def _size(self, width: int, height: int) -> None:
        small_width, small_height = width, height
        while small_width > SMALL_WIDTH_MAX and small_height > 2:
            small_width, small_height = small_width // 2, small_height // 2
        self._small = (max(1, small_width), max(1, small_height))
        tiny_height = round(TINY_WIDTH * height / max(1, width))
        self._tiny = (TINY_WIDTH, min(4 * TINY_WIDTH, max(2, tiny_height)))

    def _digest(self, frame: VideoFrame, planes: list[Plane]) -> int:
        """Digest of a picture from every `_row_step` row; where it equals the last one's, all rows are compared."""
        sampled = self.digest([plane[:: _row_step(plane)] for plane in planes])
        digest = sampled
        if self._last is not None and self._last.sampled == sampled:
            same = len(planes) == len(self._last.planes) and all(
                np.array_equal(plane, before) for plane, before in zip(planes, self._last.planes, strict=True)
            )
            digest = self._last.digest if same else self.digest(planes)
        self._last = _Digested(frame, planes, sampled, digest)
        return digest

    def digest(self, planes: list[Plane]) -> int:
        r"""64 bits that are equal for equal planes and, but for a rare chance, only for those.

        Notes
        -----
        Multilinear hashing (Carter and Wegman, "Universal classes of hash functions", J. Comput. Syst. Sci. 18,
        1979, doi:10.1016/0022-0000(79)90044-8): each row of 64-bit words :math:`x_j` gives
        :math:`r = \sum_j x_j w_j \bmod 2^{64}` with fixed odd weights, each row sum is mixed by a multiplication
        and a shift, and rows are summed with weights of their own. It is fast, not secret: it finds repeated
        frames and is no proof of identity.
        """
        total = 0
        for index, plane in enumerate(planes):
            rows = _as_words(plane)
            sums = rows @ self._drawn(rows.shape[1], 0)
            with np.errstate(over="ignore"):
                sums = (sums ^ (sums >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
                total += int((sums ^ (sums >> np.uint64(29))) @ self._drawn(len(sums), 1 + index))
        return total % (1 << 64)

    def _drawn(self, count: int, which: int) -> NDArray[np.uint64]:
        key = count * 8 + which
        if key not in self._weights:
            self._weights[key] = _odd_words(key, count)
        return self._weights[key]


def _odd_words(seed: int, count: int) -> NDArray[np.uint64]:
    """Fixed odd 64-bit words by SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195)."""
    with np.errstate(over="ignore"):
        state = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (state ^ (state >> np.uint64(31))) | np.uint64(1)


def _as_words(plane: Plane) -> NDArray[np.uint64]:
    """Rows as little-endian 64-bit words, without a copy where widths and strides allow."""
    rows = plane.reshape(plane.shape[0], -1) if plane.flags.c_contiguous else plane
    if rows.ndim == 3:
        rows = np.ascontiguousarray(rows).reshape(rows.shape[0], -1)
    row_bytes = rows.shape[1] * rows.itemsize
    if row_bytes % 8 or rows.strides[0] % 8:
        padded = np.zeros((rows.shape[0], -(-row_bytes // 8) * 8), np.uint8)
        padded[:, :row_bytes] = np.ascontiguousarray(rows).view(np.uint8)
        return padded.view("<u8")
    return rows.view("<u8")


def _planes(frame: VideoFrame, kind: str) -> list[Plane]:
    """Views of luma and chroma planes, cut to the visible size."""
    sample_bytes = _PLANAR[kind][0]
    views: list[Plane] = []
    for plane in frame.planes[:3]:
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height]
        if kind in ("nv12", "nv21") and views:
            views.append(rows[:, : 2 * plane.width].reshape(plane.height, plane.width, 2))
            break
        visible = rows[:, : plane.width * sample_bytes]
        views.append(visible if sample_bytes == 1 else visible.view("<u2"))
    return views


def _raw_planes(frame: VideoFrame) -> list[Plane]:
    """Planes of any format as bytes, cut to whole visible pixels where the format tells how wide they are."""
    bits = [component.bits for component in frame.format.components]
    found: list[Plane] = []
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height]
        per_plane = max(1, len(bits) // max(1, len(frame.planes)))
        wide = min(plane.line_size, plane.width * per_plane * -(-max(bits, default=8) // 8))
        found.append(rows[:, : max(1, wide)])
    return found


def _reduced(plane: Plane, size: tuple[int, int]) -> Plane:
    """Halve by means while that leaves at least the wanted size, then the rest in one step.

    Of large pictures only some rows are read: what is left still averages a dozen pixels, in a fraction of the time.
    """
    width, height = size
    if plane.shape[0] >= 2 * _row_step(plane) * height:
        plane = plane[:: _row_step(plane)]
    while plane.shape[1] >= 2 * width and plane.shape[0] >= 2 * height:
        if plane.shape[1] < 4 and plane.shape[0] < 4:
            break
        half = (plane.shape[1] // 2, plane.shape[0] // 2)
        plane = _area(plane, half)
    while plane.shape[1] >= 2 * width and plane.shape[1] >= 4:  # rows are few enough: columns go by pairs
        plane = _linear(plane, (plane.shape[1] // 2, plane.shape[0]))
    if plane.shape[1] == width and plane.shape[0] == height:
        return plane
    return _area(plane, size) if plane.shape[1] < width or plane.shape[0] < height else _linear(plane, size)


def _row_step(plane: Plane) -> int:
    """Which rows of a plane are read: each of a small one, every second or fourth of a large one."""
    return 4 if plane.shape[0] >= 540 else 2 if plane.shape[0] >= 270 else 1


def _area(plane: Plane, size: tuple[int, int]) -> Plane:
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), plane.dtype)


def _linear(plane: Plane, size: tuple[int, int]) -> Plane:
    """For a reduction of less than two, where it reads every pixel and is much faster than the area rule."""
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), plane.dtype)


def _to_8_bit(plane: Plane, drop: int) -> Picture:
    if drop:
        return np.asarray(np.asarray(plane, np.uint16) >> drop, np.uint8)
    return np.asarray(plane, np.uint8)
