"""One exact picture by its presentation time."""

from __future__ import annotations

import itertools
import math

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from witnessmark.media.records import Limits
from witnessmark.media.worker.frames import GENERATE_PTS, Shown, Tally, need_pictures, nothing_decoded, seconds, shown
from witnessmark.media.worker.serve import Halt, Reply, Request
from witnessmark.media.worker.source import opened
from witnessmark.media.worker.survey import still

_SAME_TIME_S = 1e-6
_AFTER_END_S = 1.0
"""The last picture stands this long at most: a time later than that is asked in error."""


def still_at(request: Request, reply: Reply) -> None:
    """Send ``still``; see `witnessmark.media.calls.still_at`."""
    at_s = request.numbers["pts_s"]
    with opened(request.size_bytes, request.limits) as listing:
        stream = need_pictures(listing.container, request.limits)
        times = _stated_times(listing.container, stream, request.limits)
    with opened(request.size_bytes, request.limits) as source:
        stream = need_pictures(source.container, request.limits)
        tally = Tally()
        found: Shown | None = None
        index = 0
        if times is not None and _sought(source.container, stream, at_s):
            found = _last_until(source.container, stream, at_s, tally)[0]
            index = sum(time < found.pts_s - _SAME_TIME_S for time in times) if found is not None else 0
    if found is None or found.pts_s > at_s + _SAME_TIME_S:  # no index to seek by, or it led past the wanted time
        tally = Tally()
        with opened(request.size_bytes, request.limits) as source:
            stream = need_pictures(source.container, request.limits)
            found, index = _last_until(source.container, stream, at_s, tally)
    if found is None:
        raise nothing_decoded(tally)
    picture = still(found.frame, int(request.numbers["max_side_px"]))
    reply.send("still", {"pts_s": found.pts_s, "frame_index": index}, {"rgb": picture})


def _stated_times(container: InputContainer, stream: VideoStream, limits: Limits) -> list[float] | None:
    """Presentation times of the pictures that will be shown, in order; None when some are not stated or repeat."""
    times: list[float] = []
    container.flags &= ~GENERATE_PTS
    try:
        for packet in container.demux(stream):
            if packet.size == 0 and packet.dts is None:
                continue
            if packet.pts is None:
                return None
            if not packet.is_discard:
                times.append(seconds(packet.pts, packet.time_base))
            if len(times) > limits.max_frames:
                return None
    except MemoryError:
        raise
    except (av.FFmpegError, OSError, ValueError):
        return None
    times.sort()
    return None if any(later <= earlier for earlier, later in itertools.pairwise(times)) else times


def _sought(container: InputContainer, stream: VideoStream, at_s: float) -> bool:
    if stream.time_base is None or not math.isfinite(at_s):
        return False
    try:
        container.seek(math.floor((at_s + _SAME_TIME_S) / float(stream.time_base)), stream=stream, backward=True)
    except (av.FFmpegError, OSError, ValueError, OverflowError):
        return False
    return True


def _last_until(container: InputContainer, stream: VideoStream, at_s: float, tally: Tally) -> tuple[Shown | None, int]:
    """The picture on screen at that time: the last one shown not later; the first when all are later."""
    found: Shown | None = None
    index = -1
    for picture in shown(container, stream, tally):
        if found is not None and picture.pts_s > at_s + _SAME_TIME_S:
            break
        found = picture
        index += 1
    else:
        if found is not None and at_s > found.pts_s + _AFTER_END_S:
            ends = f"The last picture that decodes is at {found.pts_s:.3f} s, before {at_s:.3f} s."
            raise Halt("decode", ends, "Choose a time within the clip.")
    return found, max(0, index)
