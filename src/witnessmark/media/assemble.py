"""Putting together what a worker sends, checking every value: the worker is not believed, only read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from witnessmark.media import shots
from witnessmark.media.launch import Call, clean, texts
from witnessmark.media.parts import Part
from witnessmark.media.records import Box, Broken, Heard, Probe, Sampled, Sound, Still, Stream, Survey
from witnessmark.media.wire import Message, WireError
from witnessmark.plain import Plain

STILLS_MAX = 240
CUT_STILLS_MAX = 400
RATE_HZ = 16_000
N = TypeVar("N", bound=np.generic)
F = TypeVar("F", np.float32, np.float64)
Progress = Callable[[float, str], None]


def probe(call: Call, progress: Progress | None) -> Probe | Broken:
    """See `witnessmark.media.calls.probe`."""
    facts: Message | None = None
    ended: Mapping[str, Plain] = {}
    times: list[NDArray[np.float64]] = []
    keys: list[NDArray[np.bool_]] = []
    sizes: list[NDArray[np.int64]] = []
    with call:
        for message in call.messages():
            if message.kind == "facts":
                facts = message
            elif message.kind == "packets":
                times.append(_column(message, "pts_s", np.float64))
                keys.append(_column(message, "key", np.bool_, len(times[-1])))
                sizes.append(_column(message, "size_bytes", np.int64, len(times[-1])))
            elif message.kind == "sound":
                ended = message.body
            _tell(progress, 0.5, "reading the container")
        broken = call.ending(None, 0)
    if facts is None:
        return broken or Broken("probe", "The decoding process said nothing.", None, 0, "Try again.")
    body = facts.body
    warnings = list(texts(body.get("warnings"), 64))
    if ended.get("ended"):
        warnings.append(clean(ended["ended"]))
    if broken is not None:
        warnings.append(f"The list of packets ends early. {broken.reason}")
    pts_s = _joined(times, np.float64)
    missing = int(np.count_nonzero(np.isnan(pts_s)))
    if missing:
        warnings.append(f"{missing} of {len(pts_s)} picture packets state no presentation time.")
    _tell(progress, 1.0, "reading the container")
    return Probe(
        format_name=clean(body.get("format_name"), 200),
        size_bytes=_count(body.get("size_bytes")),
        duration_s=_number(body.get("duration_s")),
        start_s=_number(body.get("start_s")),
        bit_rate_bps=_count_or_none(body.get("bit_rate_bps")),
        metadata=_mapping(body.get("metadata")),
        streams=tuple(_stream(entry) for entry in _list(body.get("streams"), 64)),
        boxes=tuple(_box(entry) for entry in _list(body.get("boxes"), 8000)),
        encoder_traces=texts(body.get("encoder_traces"), 64),
        packets_pts_s=pts_s,
        packets_key=_joined(keys, np.bool_),
        packets_size_bytes=_joined(sizes, np.int64),
        sound_start_s=_number(ended.get("start_s")),
        sound_end_s=_number(ended.get("end_s")),
        sound_packets=_count(ended.get("packets")),
        warnings=tuple(warnings),
    )


def survey(call: Call, wanted: int, progress: Progress | None) -> Survey | Broken:
    """See `witnessmark.media.calls.survey`."""
    names: dict[str, type[np.generic]] = {
        "luma_change": np.float32,
        "luma_mean": np.float32,
        "luma_spread": np.float32,
        "frame_digest": np.uint64,
    }
    times: list[NDArray[np.float64]] = []
    columns: dict[str, list[NDArray[np.generic]]] = {name: [] for name in names}
    apart: list[NDArray[np.float32]] = []
    strip = _Candidates(wanted)
    size, duration_s, warnings = (0, 0), None, []
    with call:
        for message in call.messages():
            if message.kind == "size":
                size = (_count(message.body.get("width_px")), _count(message.body.get("height_px")))
                duration_s = _number(message.body.get("duration_s"))
            elif message.kind == "frames":
                times.append(_finite(_column(message, "pts_s", np.float64)))
                for name, kind in names.items():
                    columns[name].append(_column(message, name, kind, len(times[-1])))
                apart.append(_table(message, "apart", len(times[-1]), len(shots.LAGS)))
                if duration_s and len(times[-1]):
                    _tell(progress, float(times[-1][-1]) / duration_s, "decoding the pictures")
            elif message.kind == "still":
                strip.add(_still(message))
            elif message.kind == "tally":
                warnings = _tally_words(message.body)
        pts_s = _joined(times, np.float64)
        stopped = call.ending(float(pts_s[-1]) if len(pts_s) else None, len(pts_s))
    if len(pts_s) == 0:
        return stopped or Broken("decode", "The decoding process said nothing.", None, 0, "Try again.")
    if np.any(np.diff(pts_s) < 0):
        raise WireError("times run backwards")
    scores = shots.cut_scores(np.concatenate(apart))
    spread = _joined(columns["luma_spread"], np.float32)
    mean = _joined(columns["luma_mean"], np.float32)
    found = shots.shots(pts_s, scores, mean, spread)
    _tell(progress, 1.0, "decoding the pictures")
    return Survey(
        pts_s=pts_s,
        luma_change=_joined(columns["luma_change"], np.float32),
        luma_mean=mean,
        frame_digest=_joined(columns["frame_digest"], np.uint64),
        cut_scores=scores,
        shots_s=found,
        stills=strip.chosen(found, float(pts_s[-1])),
        width_px=size[0],
        height_px=size[1],
        stopped=stopped,
        warnings=tuple(warnings),
    )


def still(call: Call) -> Still | Broken:
    """See `witnessmark.media.calls.still_at`."""
    found: Still | None = None
    with call:
        for message in call.messages():
            if message.kind == "still":
                found = _still(message)
        broken = call.ending(None, 0)
    if found is not None:
        return found
    return broken or Broken("decode", "The decoding process said nothing.", None, 0, "Try again.")


def sample(
    call: Call | Part, take: Callable[[float, NDArray[np.uint8]], None], progress: Progress | None
) -> Sampled | Broken:
    """See `witnessmark.media.calls.sample`."""
    return _taken(call, take, progress, "grey", "luma", ())


def pictures(
    call: Call, take: Callable[[float, NDArray[np.uint8]], None], progress: Progress | None
) -> Sampled | Broken:
    """See `witnessmark.media.calls.pictures`."""
    return _taken(call, take, progress, "picture", "rgb", (3,))


def _taken(
    call: Call | Part,
    take: Callable[[float, NDArray[np.uint8]], None],
    progress: Progress | None,
    kind: str,
    name: str,
    planes: tuple[int, ...],
) -> Sampled | Broken:
    size, duration_s, warnings = (0, 0), None, []
    frames, last_s, given_s = 0, 0.0, -math.inf
    with call:
        for message in call.messages():
            if message.kind == "size":
                size = (_count(message.body.get("width_px")), _count(message.body.get("height_px")))
                duration_s = _number(message.body.get("duration_s"))
            elif message.kind == kind:
                picture, pts_s = message.arrays.get(name), _number(message.body.get("pts_s"))
                if picture is None or picture.dtype != np.uint8 or 0 in picture.shape or pts_s is None:
                    raise WireError("a sampled picture is not a picture")
                if picture.ndim != 2 + len(planes) or picture.shape[2:] != planes:
                    raise WireError("a sampled picture is not a picture")
                if pts_s <= given_s:
                    raise WireError("times run backwards")
                given_s = last_s = pts_s
                frames += 1
                take(pts_s, picture.astype(np.uint8, copy=False))
                if duration_s:
                    _tell(progress, pts_s / duration_s, "decoding the pictures")
            elif message.kind == "tally":
                warnings = _tally_words(message.body)
            elif message.kind == "end":
                frames = max(frames, _count(message.body.get("frames")))
                last_s = max(last_s, _number(message.body.get("last_s")) or 0.0)
        stopped = call.ending(last_s if frames else None, frames)
    if frames == 0:
        return stopped or Broken("decode", "The decoding process said nothing.", None, 0, "Try again.")
    _tell(progress, 1.0, "decoding the pictures")
    return Sampled(size[0], size[1], frames, last_s, stopped, tuple(warnings))


def sound(call: Call | Part, progress: Progress | None) -> Sound | Broken:
    """See `witnessmark.media.calls.sound`."""
    blocks: list[NDArray[np.float32]] = []
    heard = hear(call, blocks.append, progress)
    if isinstance(heard, Broken):
        return heard
    return Sound(_joined(blocks, np.float32), heard.rate_hz, heard.start_s, heard.stopped, heard.warnings)


def hear(call: Call | Part, take: Callable[[NDArray[np.float32]], None], progress: Progress | None) -> Heard | Broken:
    """See `witnessmark.media.calls.hear`."""
    start_s, duration_s, count = 0.0, None, 0
    warnings: list[str] = []
    with call:
        for message in call.messages():
            if message.kind == "start":
                start_s = _number(message.body.get("start_s")) or 0.0
                duration_s = _number(message.body.get("duration_s"))
            elif message.kind == "samples":
                block = np.clip(_finite(_column(message, "samples", np.float32)), -1.0, 1.0)
                count += len(block)
                take(block)
                if duration_s:
                    _tell(progress, count / RATE_HZ / duration_s, "decoding the sound")
            elif message.kind == "tally":
                warnings = _tally_words(message.body)
        stopped = call.ending(start_s + count / RATE_HZ if count else None, 0)
    if count == 0:
        return stopped or Broken("sound", "The decoding process said nothing.", None, 0, "Try again.")
    _tell(progress, 1.0, "decoding the sound")
    return Heard(count, RATE_HZ, start_s, stopped, tuple(warnings))


def candidates_max(wanted: int, frames_max: int) -> int:
    """How many candidate stills a sound worker sends at most: dense at first, then ever sparser, and one a cut."""
    dense = 2 * wanted
    return CUT_STILLS_MAX + math.ceil(dense * (2 + math.log(max(1.0, frames_max / dense))))


class _Candidates:
    """Stills as they arrive, thinned so that memory stays bounded; the strip is chosen once the shots are known."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._kept: list[Still] = []

    def add(self, still: Still) -> None:
        """Keep a candidate; past the bound, the one closest to its predecessor goes."""
        self._kept.append(still)
        if len(self._kept) > STILLS_MAX + 8 * self._wanted:
            gaps = [later.pts_s - earlier.pts_s for earlier, later in zip(self._kept, self._kept[1:], strict=False)]
            del self._kept[1 + int(np.argmin(gaps))]

    def chosen(self, found: Sequence[tuple[float, float]], end_s: float) -> tuple[Still, ...]:
        """At least one a shot, nearest its middle, then whatever fills the widest gaps, in order of time."""
        if not self._kept:
            return ()
        times = np.array([still.pts_s for still in self._kept])
        picked: set[int] = set()
        for start_s, stop_s in found[:STILLS_MAX]:
            inside = np.flatnonzero((times >= start_s - 1e-9) & (times < stop_s))
            if len(inside):
                picked.add(int(inside[np.argmin(np.abs(times[inside] - (start_s + stop_s) / 2))]))
        spread = np.linspace(times[0], end_s, 2 * self._wanted + 1)[1::2]
        while len(picked) < min(self._wanted, len(times)):
            near = (
                np.min(np.abs(spread[:, None] - times[sorted(picked)][None, :]), axis=1) if picked else spread * 0 + 1
            )
            order = np.argsort(-near, kind="stable")
            free = [index for index in range(len(times)) if index not in picked]
            picked.add(min(free, key=lambda index: abs(times[index] - spread[order[0]])))
        return tuple(self._kept[index] for index in sorted(picked))


def _tally_words(body: Mapping[str, Plain]) -> list[str]:
    said = []
    if failed := _count(body.get("packets_failed")):
        errors = ", ".join(texts(body.get("errors"), 3))
        said.append(f"{failed} packets did not decode and were passed over{f' ({errors})' if errors else ''}.")
    if estimated := _count(body.get("times_estimated")):
        said.append(f"{estimated} pictures stated no later time than the one before; theirs are estimated.")
    if gaps := _count(body.get("gaps")):
        said.append(
            f"{gaps} gaps in the sound, {_number(body.get('gaps_s')) or 0:.2f} s in all, are filled with silence."
        )
    return said


def _still(message: Message) -> Still:
    rgb = message.arrays.get("rgb")
    pts_s = _number(message.body.get("pts_s"))
    if rgb is None or rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape or pts_s is None:
        raise WireError("a still is not a picture")
    return Still(pts_s, _count(message.body.get("frame_index")), rgb.astype(np.uint8, copy=False))


def _stream(entry: Plain) -> Stream:
    if not isinstance(entry, dict):
        raise WireError("a stream is not described")
    base = _list(entry.get("time_base"), 2)
    rotation = _count(entry.get("rotation_deg"))
    return Stream(
        index=_count(entry.get("index")),
        kind=clean(entry.get("kind"), 20),
        codec=clean(entry.get("codec"), 60),
        profile=_text_or_none(entry.get("profile")),
        time_base=(_count(base[0]), max(1, _count(base[1]))) if len(base) == 2 else (1, 1),
        start_s=_number(entry.get("start_s")),
        duration_s=_number(entry.get("duration_s")),
        frames_stated=_count(entry.get("frames_stated")),
        bit_rate_bps=_count_or_none(entry.get("bit_rate_bps")),
        width_px=_count_or_none(entry.get("width_px")),
        height_px=_count_or_none(entry.get("height_px")),
        rotation_deg=rotation if rotation in (0, 90, 180, 270) else 0,
        pixel_format=_text_or_none(entry.get("pixel_format")),
        mean_rate_hz=_number(entry.get("mean_rate_hz")),
        sample_rate_hz=_count_or_none(entry.get("sample_rate_hz")),
        channels=_count_or_none(entry.get("channels")),
        language=_text_or_none(entry.get("language")),
        metadata=_mapping(entry.get("metadata")),
    )


def _box(entry: Plain) -> Box:
    parts = _list(entry, 4)
    if len(parts) != 4:
        raise WireError("a box is not described")
    return Box(clean(parts[0], 4), _count(parts[1]), _count(parts[2]), _count(parts[3]))


def _column(message: Message, name: str, kind: type[N], count: int | None = None) -> NDArray[N]:
    array = message.arrays.get(name)
    if array is None or array.ndim != 1 or array.dtype != np.dtype(kind) or (count is not None and len(array) != count):
        raise WireError(f"'{name}' is missing or of the wrong shape")
    return np.asarray(array, kind)


def _table(message: Message, name: str, rows: int, columns: int) -> NDArray[np.float32]:
    array = message.arrays.get(name)
    if array is None or array.shape != (rows, columns) or array.dtype != np.float32:
        raise WireError(f"'{name}' is missing or of the wrong shape")
    return _finite(np.asarray(array, np.float32))


def _finite(values: NDArray[F]) -> NDArray[F]:
    if not np.all(np.isfinite(values)):
        raise WireError("a number is not finite")
    return values


def _joined(blocks: Sequence[NDArray[np.generic]], kind: type[N]) -> NDArray[N]:
    return np.asarray(np.concatenate(blocks), kind) if blocks else np.empty(0, kind)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e15 else None


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63 else 0


def _count_or_none(value: object) -> int | None:
    return _count(value) or None


def _text_or_none(value: object) -> str | None:
    return clean(value, 200) if isinstance(value, str) else None


def _list(value: object, most: int) -> list[Plain]:
    return value[:most] if isinstance(value, list) else []


def _mapping(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {clean(key, 200): clean(text) for key, text in list(value.items())[:200]}


def _tell(progress: Progress | None, done: float, what: str) -> None:
    if progress is not None:
        progress(min(1.0, max(0.0, done)), what)
