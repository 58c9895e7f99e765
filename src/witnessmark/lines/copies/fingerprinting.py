"""From a file to its fingerprint: one decoding of the pictures, one of the sound, memory for a minute of frames."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark import media
from witnessmark.lines.copies import pdq
from witnessmark.lines.copies.borders import Box, picture_box
from witnessmark.lines.copies.features import Describer, FrameFeatures
from witnessmark.lines.copies.fingerprint import (
    ALGORITHM,
    Fingerprint,
    FrameCodes,
    LocalFeatures,
    SoundCodes,
    Thumbnails,
)
from witnessmark.lines.copies.soundcodes import sound_codes
from witnessmark.media.records import Broken, Limits, Sampled

RATE_HZ = 4.0
"""Pictures taken a second; thumbnails keep this rate."""
MAX_SIDE_PX = 384
CODE_STEP_S = 0.5
FEATURE_STEP_S = 1.0
"""Local features are taken so often, and twice as often while the picture changes much."""
MUCH_CHANGED_LEVELS = 20.0
HARDLY_CHANGED_LEVELS = 1.5
"""Mean difference of thumbnails to those of the last frame with features, below which the next may wait [levels]."""
FEATURE_WAIT_S = 4.0
THUMBNAIL_PIXELS = 56 * 32
CHUNK_FRAMES = 240
"""Borders are looked for in so many frames at a time (a minute)."""
SLACK_S = 0.02
"""Times within this of a grid point count as on it: frame times are rounded by containers."""
FEATURE_SLACK_S = 0.1
"""Pictures taken come up to one frame after their grid time; a frame may have features this much early."""

Progress = Callable[[float, str], None]


def limits_for(path: str | Path) -> Limits:
    """Limits in proportion to a file's size, so that the pictures of ten hours can be read to their end.

    Ten seconds of processor time a megabyte are some hundred times what decoding takes. Sound is held in memory while
    codes are made of it, so it is read for `Limits.max_sound_s` (two hours) whatever the size; where there is more,
    `Fingerprint.stopped` says so.
    """
    try:
        size_bytes = os.stat(path).st_size
    except OSError:
        return Limits()
    cpu_s = 300.0 + 10.0 * size_bytes / 1e6
    return Limits(cpu_s=cpu_s, wall_s=2 * cpu_s, max_frames=400_000 + size_bytes // 200)


def fingerprint_of(
    path: str | Path, limits: Limits | None = None, *, tier: int = 3, progress: Progress | None = None
) -> Fingerprint | Broken:
    """The fingerprint of a recording's pictures and sound.

    Parameters
    ----------
    path : str or Path
    limits : Limits, optional
        Without them, limits in proportion to the file's size.
    tier : int
        Highest tier to make; 1 leaves out local features and thumbnails, 2 leaves out thumbnails.
    progress : callable (done from 0 to 1, what is being done), optional

    Returns
    -------
    Fingerprint or Broken
        `Broken` when neither a picture nor sound could be decoded. A file with sound only has no frame codes.

    Raises
    ------
    MediaError
        When the decoding process cannot be started at all.
    """
    allowed = limits_for(path) if limits is None else limits
    taker = _Taker(tier)
    pictures, heard = media.sample_and_sound(
        path, taker.take, allowed, rate_hz=RATE_HZ, max_side_px=MAX_SIDE_PX, progress=progress
    )
    taker.finish()
    if isinstance(pictures, Broken) and isinstance(heard, Broken):
        return pictures
    sound: SoundCodes | None = None
    if not isinstance(heard, Broken) and len(heard.samples):
        sound = sound_codes(heard.samples, heard.rate_hz, heard.start_s)
    stopped = [part.stopped for part in (pictures, heard) if not isinstance(part, Broken) and part.stopped is not None]
    if isinstance(pictures, Sampled):
        first_s = taker.first_s
        duration_s = pictures.last_s - first_s + pictures_step(pictures.last_s - first_s, pictures.frames)
        size = (pictures.width_px, pictures.height_px)
    else:
        duration_s = len(heard.samples) / heard.rate_hz if not isinstance(heard, Broken) else 0.0
        size = (0, 0)
    why = " ".join(dict.fromkeys(part.reason for part in stopped)) or None
    return Fingerprint(
        algorithm=ALGORITHM,
        duration_s=float(duration_s),
        width_px=size[0],
        height_px=size[1],
        frames=taker.frame_codes(),
        sound=sound,
        features=taker.features() if tier >= 2 else None,
        thumbnails=taker.thumbnails() if tier >= 3 else None,
        stopped=why,
    )


def pictures_step(span_s: float, frames: int) -> float:
    """How long the last picture is taken to stay: as the others did on the whole; 0 for a single one [s]."""
    return span_s / (frames - 1) if frames > 1 else 0.0


def thumbnail_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of thumbnails: the frame's shape, `THUMBNAIL_PIXELS` in all, no side under 16 [px]."""
    wide = round((THUMBNAIL_PIXELS * width / height) ** 0.5)
    wide = min(max(wide, 16), THUMBNAIL_PIXELS // 16)
    return wide, max(16, round(THUMBNAIL_PIXELS / wide))


@dataclass(slots=True, eq=False)
class _Taker:
    """Collects a recording's pictures by the minute and keeps only what goes into the fingerprint."""

    tier: int
    first_s: float = 0.0
    _last_step: int = -1
    _pending: list[tuple[float, NDArray[np.uint8]]] = field(default_factory=list)
    _describer: Describer = field(default_factory=Describer)
    _code_times: list[float] = field(default_factory=list)
    _codes: list[NDArray[np.uint8]] = field(default_factory=list)
    _quality: list[int] = field(default_factory=list)
    _feature_times: list[float] = field(default_factory=list)
    _frames: list[FrameFeatures] = field(default_factory=list)
    _thumbnail_times: list[float] = field(default_factory=list)
    _thumbnails: list[NDArray[np.uint8]] = field(default_factory=list)
    _described: NDArray[np.int16] | None = None

    def take(self, pts_s: float, luma: NDArray[np.uint8]) -> None:
        """One picture, as `media.sample` hands it over."""
        if self._pending and self._pending[-1][1].shape != luma.shape:
            self._flush()
        if not self._pending and not self._code_times:
            self.first_s = pts_s
        self._pending.append((pts_s, luma.copy()))
        if len(self._pending) >= CHUNK_FRAMES:
            self._flush()

    def finish(self) -> None:
        """After the last picture."""
        self._flush()

    def _flush(self) -> None:
        if not self._pending:
            return
        box = picture_box(np.stack([luma for _, luma in self._pending[::4]]))
        for pts_s, luma in self._pending:
            self._keep(pts_s, luma, box)
        self._pending.clear()

    def _keep(self, pts_s: float, luma: NDArray[np.uint8], box: Box) -> None:
        left, top, right, bottom = box
        step = int((pts_s - self.first_s + SLACK_S) // CODE_STEP_S)
        if step > self._last_step:
            self._last_step = step
            code, quality = pdq.pdq(np.ascontiguousarray(luma[top:bottom, left:right]))
            self._code_times.append(pts_s)
            self._codes.append(code)
            self._quality.append(quality)
        if self.tier < 2:
            return
        size = thumbnail_size(luma.shape[1], luma.shape[0])
        if self._thumbnails:
            size = (self._thumbnails[0].shape[1], self._thumbnails[0].shape[0])
        small = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        self._thumbnail_times.append(pts_s)
        self._thumbnails.append(small)
        if self._wants_features(pts_s, small):
            self._feature_times.append(pts_s)
            self._frames.append(self._describer(luma, box))
            self._described = small.astype(np.int16)

    def _wants_features(self, pts_s: float, small: NDArray[np.uint8]) -> bool:
        if self._described is None:
            return True
        waited_s = pts_s - self._feature_times[-1] + FEATURE_SLACK_S
        changed = float(np.abs(small - self._described).mean())
        if changed >= MUCH_CHANGED_LEVELS:
            return waited_s >= FEATURE_STEP_S / 2
        if changed < HARDLY_CHANGED_LEVELS:
            return waited_s >= FEATURE_WAIT_S
        return waited_s >= FEATURE_STEP_S

    def frame_codes(self) -> FrameCodes:
        """Tier 1 of the pictures."""
        codes = np.stack(self._codes) if self._codes else np.zeros((0, 32), np.uint8)
        return FrameCodes(np.array(self._code_times, np.float32), codes, np.array(self._quality, np.uint8))

    def features(self) -> LocalFeatures | None:
        """Tier 2, None without pictures."""
        if not self._frames:
            return None
        counts = [len(frame.codes) for frame in self._frames]
        return LocalFeatures(
            times_s=np.array(self._feature_times, np.float32),
            first=np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32),
            codes=np.concatenate([frame.codes for frame in self._frames]),
            x=np.concatenate([frame.x for frame in self._frames]),
            y=np.concatenate([frame.y for frame in self._frames]),
            size=np.concatenate([frame.size for frame in self._frames]),
            angle=np.concatenate([frame.angle for frame in self._frames]),
        )

    def thumbnails(self) -> Thumbnails | None:
        """Tier 3, None without pictures."""
        if not self._thumbnails:
            return None
        return Thumbnails(np.array(self._thumbnail_times, np.float32), np.stack(self._thumbnails))
