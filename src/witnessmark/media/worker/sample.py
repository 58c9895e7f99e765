"""Pictures at an even rate: grey ones, for lines that compare them by content, or in colour, to be worked on."""

from __future__ import annotations

from collections.abc import Callable

import av.error
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from witnessmark.media.worker.frames import Tally, length_s, need_pictures, nothing_decoded, shown, upright
from witnessmark.media.worker.serve import Halt, Reply, Request
from witnessmark.media.worker.source import OTHER_COPY, opened
from witnessmark.media.worker.survey import REFORMATTER, send_size, send_tally, still

_EARLY_S = 1e-6


def sample(request: Request, reply: Reply) -> None:
    """Send ``size``, a ``grey`` picture per grid time passed, ``tally`` and ``end``; see `media.calls.sample`."""
    _each(request, reply, "grey", "luma", grey)


def pictures(request: Request, reply: Reply) -> None:
    """The same in colour, as ``picture``; see `media.calls.pictures`."""
    _each(request, reply, "picture", "rgb", still)


def _each(
    request: Request, reply: Reply, kind: str, name: str, drawn: Callable[[VideoFrame, int], NDArray[np.uint8]]
) -> None:
    """The grid begins with the first picture shown; a picture that stands over several grid times is sent once.

    With a rate of 0 every picture is sent.
    """
    rate_hz = request.numbers["rate_hz"]
    step_s = 1.0 / rate_hz if rate_hz else 0.0
    side_px = int(request.numbers["max_side_px"])
    tally = Tally()
    count, next_s, last_s, grid = 0, 0.0, 0.0, 0
    start_s = 0.0
    with opened(request.size_bytes, request.limits) as source:
        stream = need_pictures(source.container, request.limits)
        for picture in shown(source.container, stream, tally):
            if count == 0:
                send_size(picture.frame, length_s(source.container), reply)
                start_s = next_s = picture.pts_s
            last_s = picture.pts_s
            count += 1
            if picture.pts_s >= next_s - _EARLY_S:
                reply.send(kind, {"pts_s": picture.pts_s}, {name: drawn(picture.frame, side_px)})
                grid = int((picture.pts_s - start_s + _EARLY_S) / step_s) + 1 if step_s else 0
                next_s = start_s + grid * step_s
            if count >= request.limits.max_frames:
                _end(reply, tally, count, last_s)
                what = f"Sampling stopped at its limit of {request.limits.max_frames} pictures."
                raise Halt("limits", what, "Raise the limit to see the rest.")
    _end(reply, tally, count, last_s)
    if count == 0:
        raise nothing_decoded(tally)
    if tally.ended is not None:
        raise Halt("decode", f"The pictures end early: {tally.ended}.", OTHER_COPY)
    if tally.failed_in_a_row:
        raise Halt("decode", f"The last {tally.failed_in_a_row} packets do not decode: {tally.last_error}.", OTHER_COPY)


def grey(frame: VideoFrame, max_side_px: int) -> NDArray[np.uint8]:
    """The upright luma picture, its longer side reduced to `max_side_px` if that is smaller.

    Parameters
    ----------
    frame : VideoFrame
    max_side_px : int

    Returns
    -------
    ndarray of uint8, shape (height, width)
    """
    scale = min(1.0, max_side_px / max(frame.width, frame.height))
    wide, high = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    how = "AREA" if scale < 1 else "BICUBIC"
    try:
        small = REFORMATTER.reformat(frame, width=wide, height=high, format="gray", interpolation=how, threads=1)
    except av.error.FFmpegError as error:
        raise Halt("decode", f"A picture cannot be converted: {error.strerror or error}.", OTHER_COPY) from error
    return np.ascontiguousarray(upright(frame, np.asarray(small.to_ndarray(), np.uint8)))


def _end(reply: Reply, tally: Tally, count: int, last_s: float) -> None:
    send_tally(tally, reply)
    reply.send("end", {"frames": count, "last_s": last_s})
