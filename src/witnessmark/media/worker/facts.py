"""What the container says, stream by stream, and its packets in file order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from witnessmark.media.worker.boxes import boxes
from witnessmark.media.worker.frames import (
    GENERATE_PTS,
    clockwise_deg,
    first_frame,
    picture_stream,
    seconds,
    sound_stream,
)
from witnessmark.media.worker.serve import Reply, Request
from witnessmark.media.worker.source import Handed, opened, words
from witnessmark.media.worker.traces import traces
from witnessmark.plain import Plain

_PACKET_BLOCK = 8192
_STREAMS_MAX = 64
_ENTRIES_MAX = 200
_TEXT_MAX = 4000


def probe(request: Request, reply: Reply) -> None:
    """Send ``facts``, ``packets`` blocks and ``sound``; see `witnessmark.media.calls.probe`."""
    handed = Handed(request.size_bytes)
    found_boxes, box_warnings = boxes(handed)
    with opened(request.size_bytes, request.limits) as source:
        container = source.container
        streams = [_stream(stream) for stream in list(container.streams)[:_STREAMS_MAX]]
        pictures = picture_stream(container)
        warnings = list(box_warnings)
        if len(container.streams) > _STREAMS_MAX:
            warnings.append(f"{len(container.streams)} streams are stated; the first {_STREAMS_MAX} are listed.")
        warnings += [f"The file asks for '{url}', which was not opened." for url in source.asked_for[:8]]
        if pictures is not None:
            _add_rotation(streams, request, pictures.index)
        reply.send(
            "facts",
            {
                "format_name": str(container.format.name),
                "size_bytes": request.size_bytes,
                "duration_s": _finite(container.duration, Fraction(1, av.time_base)),
                "start_s": _finite(container.start_time, Fraction(1, av.time_base)),
                "bit_rate_bps": container.bit_rate or None,
                "metadata": _texts(container.metadata),
                "streams": list(streams),
                "boxes": [[box.kind, box.offset_bytes, box.size_bytes, box.depth] for box in found_boxes],
                "encoder_traces": list(traces(handed, _all_metadata(container))),
                "warnings": list(warnings),
            },
        )
        _packets(container, pictures, sound_stream(container), request, reply)


def _stream(stream: Stream) -> dict[str, Plain]:
    context = stream.codec_context
    video = stream if isinstance(stream, VideoStream) else None
    audio = stream if isinstance(stream, AudioStream) else None
    base = stream.time_base or Fraction(1, 1)
    rate = stream.average_rate if video is not None else None
    return {
        "index": stream.index,
        "kind": stream.type if stream.type in ("video", "audio", "subtitle") else "data",
        "codec": context.name if context is not None else "unknown",
        "profile": stream.profile if context is not None else None,
        "time_base": [base.numerator, base.denominator],
        "start_s": _finite(stream.start_time, base),
        "duration_s": _finite(stream.duration, base),
        "frames_stated": max(0, stream.frames),
        "bit_rate_bps": (context.bit_rate or None) if context is not None else None,
        "width_px": video.codec_context.width if video is not None and context is not None else None,
        "height_px": video.codec_context.height if video is not None and context is not None else None,
        "rotation_deg": 0,
        "pixel_format": video.codec_context.pix_fmt if video is not None and context is not None else None,
        "mean_rate_hz": float(rate) if rate else None,
        "sample_rate_hz": audio.codec_context.sample_rate if audio is not None and context is not None else None,
        "channels": audio.codec_context.channels if audio is not None and context is not None else None,
        "language": stream.language,
        "metadata": _texts(stream.metadata),
    }


def _add_rotation(streams: list[dict[str, Plain]], request: Request, index: int) -> None:
    """The display matrix is attached to decoded pictures: one is decoded, from a container of its own."""
    try:
        with opened(request.size_bytes, request.limits) as again:
            frame = first_frame(again.container, request.limits)
    except MemoryError:
        raise
    except Exception:
        return  # what cannot be decoded is the survey's to report; the container's facts stand without it
    if frame is not None and index < len(streams):
        streams[index]["rotation_deg"] = clockwise_deg(frame)


def _packets(
    container: InputContainer, pictures: VideoStream | None, sounds: AudioStream | None, request: Request, reply: Reply
) -> None:
    wanted: list[Stream] = [stream for stream in (pictures, sounds) if stream is not None]
    times: list[float] = []
    keys: list[bool] = []
    sizes: list[int] = []
    sent = 0
    sound_first, sound_last, sound_count = math.inf, -math.inf, 0
    ended: str | None = None

    def flush() -> None:
        nonlocal sent
        reply.send(
            "packets",
            {},
            {"pts_s": np.array(times, "<f8"), "key": np.array(keys, np.bool_), "size_bytes": np.array(sizes, "<i8")},
        )
        sent += len(times)
        for block in (times, keys, sizes):
            block.clear()

    try:
        container.flags &= ~GENERATE_PTS
        for packet in container.demux(*wanted) if wanted else ():
            if packet.size == 0 and packet.dts is None:
                continue  # the flush that ends the reading
            base = packet.time_base
            if pictures is not None and packet.stream_index == pictures.index:
                times.append(seconds(packet.pts, base) if packet.pts is not None else math.nan)
                keys.append(packet.is_keyframe)
                sizes.append(packet.size)
                if len(times) == _PACKET_BLOCK:
                    flush()
                if sent + len(times) >= request.limits.max_frames:
                    ended = f"Reading stopped at the limit of {request.limits.max_frames} pictures."
                    break
            else:
                sound_count += 1
                if packet.pts is not None and not packet.is_discard:
                    begins = seconds(packet.pts, base)
                    sound_first = min(sound_first, begins)
                    sound_last = max(sound_last, begins + seconds(packet.duration or 0, base))
    except MemoryError:
        raise
    except (av.FFmpegError, OSError, ValueError) as error:
        ended = f"Reading stopped after {sent + len(times)} picture packets: {words(error)}."
    flush()
    sound = {
        "start_s": sound_first if math.isfinite(sound_first) else None,
        "end_s": sound_last if math.isfinite(sound_last) else None,
        "packets": sound_count,
        "ended": ended,
    }
    reply.send("sound", sound)


def _finite(ticks: int | None, base: Fraction) -> float | None:
    return None if ticks is None else seconds(ticks, base)


def _texts(metadata: Mapping[str, str]) -> dict[str, Plain]:
    return {str(key)[:200]: str(text)[:_TEXT_MAX] for key, text in list(metadata.items())[:_ENTRIES_MAX]}


def _all_metadata(container: InputContainer) -> Iterable[tuple[str, str]]:
    yield from container.metadata.items()
    for stream in list(container.streams)[:_STREAMS_MAX]:
        yield from stream.metadata.items()
