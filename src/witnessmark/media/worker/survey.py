"""One decoding pass: times, small-version measures, digests, and candidate stills, sent as they come."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from witnessmark.media.shots import LAGS
from witnessmark.media.worker.frames import Tally, length_s, need_pictures, nothing_decoded, shown, upright
from witnessmark.media.worker.serve import Halt, Reply, Request
from witnessmark.media.worker.small import Picture, Shrinker, Small
from witnessmark.media.worker.source import OTHER_COPY, opened

_BLOCK_MAX = 256
_LUMA_SPREAD = 48.0
"""Contrast to which luma is brought before comparing, so that hazy and dark scenes count like clear ones."""
_LUMA_SPREAD_MIN = 6.0
"""Below this contrast a picture is not amplified further: what is left is noise."""
_LUMA_MEAN = 100.0
_LUMA_MEAN_MIN = 30.0
"""Chroma is brought to this brightness, as a change of light scales both; darker pictures not further than here."""
REFORMATTER = VideoReformatter()
"""One for all: it keeps its tables, and starts no threads of its own."""
_VALUES = np.arange(256, dtype=np.float32)
_REACH = np.ones((5, 5), np.uint8)
_PIXEL_MAX = 8
_CUT_LIKE, _CUT_LIKE_TIMES = 0.8, 1.4
"""Distance to the picture before [levels], and how many times those just before it, at which a candidate still is
taken a little later: below both, `witnessmark.media.shots` finds no cut."""
_SETTLE_FRAMES = 3


@dataclass(slots=True)
class _Compared:
    """A tiny picture made ready for comparison.

    Attributes
    ----------
    level : ndarray of uint8, shape (6 h, w)
        The levelled planes, and below them the same subtracted from 255.
    bound : ndarray of uint8, shape (6 h, w)
        The highest value within reach of each pixel, and below it 255 less the lowest. What of one picture's `level`
        exceeds the other's `bound` lies outside its range: above it in the first half, below it in the second.
    """

    level: Picture
    bound: Picture


@dataclass(slots=True)
class _Block:
    """Measures waiting to be sent."""

    pts_s: list[float] = field(default_factory=list)
    change: list[float] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    spread: list[float] = field(default_factory=list)
    digest: list[int] = field(default_factory=list)
    apart: list[list[float]] = field(default_factory=list)

    def send(self, reply: Reply) -> None:
        """Send and forget."""
        if not self.pts_s:
            return
        arrays = {
            "pts_s": np.array(self.pts_s, "<f8"),
            "luma_change": np.array(self.change, "<f4"),
            "luma_mean": np.array(self.mean, "<f4"),
            "luma_spread": np.array(self.spread, "<f4"),
            "frame_digest": np.array(self.digest, "<u8"),
            "apart": np.array(self.apart, "<f4").reshape(-1, len(LAGS)),
        }
        reply.send("frames", {}, arrays)
        for values in (self.pts_s, self.change, self.mean, self.spread, self.digest, self.apart):
            values.clear()


class _Measures:
    """Compares each picture with those before it."""

    def __init__(self) -> None:
        self._before: list[_Compared] = []
        self._luma: Picture | None = None

    def take(self, small: Small) -> tuple[float, float, float, list[float]]:
        """Luma change, mean and spread, and distances to the pictures `LAGS` back."""
        luma = small.luma
        change = cv2.norm(luma, self._luma, cv2.NORM_L1) / luma.size if self._luma is not None else 0.0
        self._luma = luma
        mean, spread = (float(value[0, 0]) for value in cv2.meanStdDev(luma))
        now = _compared(small.tiny)
        apart = [_apart(self._before[-lag], now) if lag <= len(self._before) else 0.0 for lag in LAGS]
        self._before.append(now)
        del self._before[: -LAGS[-1]]
        return float(change), mean, spread, apart


def _compared(tiny: Picture) -> _Compared:
    mean, spread = cv2.meanStdDev(tiny[..., 0])
    gain = _LUMA_SPREAD / max(_LUMA_SPREAD_MIN, float(spread[0, 0]))
    warmth = _LUMA_MEAN / max(_LUMA_MEAN_MIN, float(mean[0, 0]))
    table = np.empty((256, 1, 3), np.float32)
    table[:, 0, 0] = (_VALUES - float(mean[0, 0])) * gain
    table[:, 0, 1] = table[:, 0, 2] = (_VALUES - 128.0) * warmth
    level = np.asarray(cv2.LUT(tiny, np.clip(table + 128.0, 0, 255).astype(np.uint8)), np.uint8)
    low, high = np.asarray(cv2.erode(level, _REACH), np.uint8), np.asarray(cv2.dilate(level, _REACH), np.uint8)
    return _Compared(_stacked(level, 255 - level), _stacked(high, 255 - low))


def _stacked(upper: Picture, lower: Picture) -> Picture:
    return np.concatenate((upper, lower)).reshape(-1, upper.shape[1])


def _apart(one: _Compared, other: _Compared) -> float:
    """How far two pictures differ beyond what moved within reach: mean distance, in levels, over pixels and planes.

    Each pixel counts for `_PIXEL_MAX` at most: a cut changes the whole picture, a hand before the lens a part of it.
    """
    total = 0.0
    for level, bound in ((one.level, other.bound), (other.level, one.bound)):
        outside = cv2.threshold(cv2.subtract(level, bound), _PIXEL_MAX, 0, cv2.THRESH_TRUNC)[1]
        total += float(cv2.sumElems(outside)[0])
    pixels = one.level.size / 6
    return total / (2.0 * pixels)


def survey(request: Request, reply: Reply) -> None:
    """Send ``size``, ``frames`` blocks, ``still`` candidates and ``tally``; see `witnessmark.media.calls.survey`."""
    tally = Tally()
    side_px = int(request.numbers["still_max_side_px"])
    wanted = int(request.numbers["strip_stills"])
    block, measures, shrinker = _Block(), _Measures(), Shrinker()
    count, last_still, after_cut, flush_at, before = 0, -1, -1, 1, 0.0
    with opened(request.size_bytes, request.limits) as source:
        stream = need_pictures(source.container, request.limits)
        for picture in shown(source.container, stream, tally):
            frame = picture.frame
            if count == 0:
                send_size(frame, length_s(source.container), reply)
            small = shrinker.shrink(frame)
            change, mean, spread, apart = measures.take(small)
            block.pts_s.append(picture.pts_s)
            block.change.append(change)
            block.mean.append(mean)
            block.spread.append(spread)
            block.digest.append(small.digest)
            block.apart.append(apart)
            if apart[0] > max(_CUT_LIKE, _CUT_LIKE_TIMES * before):
                after_cut = _SETTLE_FRAMES
            before = apart[0]
            due = count - last_still >= max(1, count // (3 * wanted // 2)) or after_cut == 0
            after_cut -= 1
            if due:
                reply.send("still", {"pts_s": picture.pts_s, "frame_index": count}, {"rgb": still(frame, side_px)})
                last_still = count
            count += 1
            if len(block.pts_s) >= flush_at:
                block.send(reply)
                flush_at = min(_BLOCK_MAX, 2 * flush_at)
            if count >= request.limits.max_frames:
                block.send(reply)
                send_tally(tally, reply)
                raise Halt(
                    "limits",
                    f"The survey stopped at its limit of {request.limits.max_frames} pictures.",
                    "Raise the limit to see the rest.",
                )
    block.send(reply)
    send_tally(tally, reply)
    if count == 0:
        raise nothing_decoded(tally)
    if tally.ended is not None:
        raise Halt("decode", f"The pictures end early: {tally.ended}.", OTHER_COPY)
    if tally.failed_in_a_row:
        raise Halt("decode", f"The last {tally.failed_in_a_row} packets do not decode: {tally.last_error}.", OTHER_COPY)


def send_size(frame: VideoFrame, stated_s: float | None, reply: Reply) -> None:
    """Tell how large the pictures are when upright, and how long the container says they last."""
    probe = upright(frame, np.zeros((2, 3, 3), np.uint8))
    sideways = probe.shape[0] == 3
    wide, high = (frame.height, frame.width) if sideways else (frame.width, frame.height)
    reply.send("size", {"width_px": wide, "height_px": high, "duration_s": stated_s})


def send_tally(tally: Tally, reply: Reply) -> None:
    """Tell what went wrong on the way."""
    reply.send(
        "tally",
        {
            "packets_failed": tally.packets_failed,
            "times_estimated": tally.times_estimated,
            "errors": list(tally.errors),
        },
    )


def still(frame: VideoFrame, max_side_px: int) -> NDArray[np.uint8]:
    """An upright RGB picture, reduced to `max_side_px` if that is smaller and not 0.

    Parameters
    ----------
    frame : VideoFrame
    max_side_px : int

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
    """
    longest = max(frame.width, frame.height)
    scale = min(1.0, max_side_px / longest) if max_side_px else 1.0
    wide, high = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    how = "AREA" if scale < 1 else "BICUBIC"
    small = REFORMATTER.reformat(frame, width=wide, height=high, format="rgb24", interpolation=how, threads=1)
    return np.ascontiguousarray(upright(frame, np.asarray(small.to_ndarray(), np.uint8)))
