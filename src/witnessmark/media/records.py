"""What decoding gives: facts, frame times, shots, stills, sound, or where it broke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Limits:
    """What the decoding process may use before it is stopped.

    Attributes
    ----------
    cpu_s, wall_s : float
        Processor and wall-clock seconds.
    memory_bytes : int
        Address space.
    max_pixels : int
        Largest frame decoded, width x height.
    max_frames : int
        Frames after which a survey stops and says so.
    max_sound_s : float
        Sound beyond this is not read.
    """

    cpu_s: float = 300.0
    wall_s: float = 600.0
    memory_bytes: int = 4 << 30
    max_pixels: int = 64_000_000
    max_frames: int = 400_000
    max_sound_s: float = 7200.0


@dataclass(frozen=True, slots=True)
class Broken:
    """Decoding came to nothing, or to an end before its time. A finding, not an outage.

    Attributes
    ----------
    stage : str
        open | probe | decode | sound | limits
    reason : str
        One sentence on what happened, naming the limit, signal or decoder error.
    at_s : float or None
        Presentation time reached.
    frames_decoded : int
    do : str
        What the investigator can do.
    """

    stage: str
    reason: str
    at_s: float | None
    frames_decoded: int
    do: str


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream's facts as the container and the decoder state them.

    `width_px` and `height_px` are as stored; `rotation_deg` (0, 90, 180, 270) is how far to turn the picture
    clockwise so that it stands upright.
    """

    index: int
    kind: str  # video | audio | subtitle | data
    codec: str
    profile: str | None
    time_base: tuple[int, int]
    start_s: float | None
    duration_s: float | None
    frames_stated: int
    bit_rate_bps: int | None
    width_px: int | None
    height_px: int | None
    rotation_deg: int
    pixel_format: str | None
    mean_rate_hz: float | None
    sample_rate_hz: int | None
    channels: int | None
    language: str | None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Box:
    """One ISO base media (ISO/IEC 14496-12) box at the top two levels: its type, offset and size in bytes."""

    kind: str
    offset_bytes: int
    size_bytes: int
    depth: int


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Container facts without decoding pictures; `packets_*` come from reading (not decoding) the video stream.

    Attributes
    ----------
    packets_pts_s : ndarray of float64, shape (n_packets,)
        In file order, NaN where the packet has none.
    packets_key : ndarray of bool, shape (n_packets,)
    packets_size_bytes : ndarray of int64, shape (n_packets,)
    sound_start_s, sound_end_s : float or None
        First and last presentation times of sound packets.
    encoder_traces : tuple of str
        Strings that encoders and muxers leave, such as "Lavf61.7.100" or "x264 - core 164".
    """

    format_name: str
    size_bytes: int
    duration_s: float | None
    start_s: float | None
    bit_rate_bps: int | None
    metadata: Mapping[str, str]
    streams: tuple[Stream, ...]
    boxes: tuple[Box, ...]
    encoder_traces: tuple[str, ...]
    packets_pts_s: NDArray[np.float64]
    packets_key: NDArray[np.bool_]
    packets_size_bytes: NDArray[np.int64]
    sound_start_s: float | None
    sound_end_s: float | None
    sound_packets: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One upright frame, RGB, at its presentation time."""

    pts_s: float
    frame_index: int
    rgb: NDArray[np.uint8]  # (height_px, width_px, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """One decoding pass over the pictures.

    Attributes
    ----------
    pts_s : ndarray of float64, shape (n_frames,)
        Presentation times in display order; variable frame rates are kept.
    luma_change : ndarray of float32, shape (n_frames,)
        Mean absolute luma difference to the previous frame on a small version, 0-255; 0 for the first.
    luma_mean : ndarray of float32, shape (n_frames,)
        Mean luma, 0-255.
    frame_digest : ndarray of uint64, shape (n_frames,)
        Digest of the decoded luma: equal for exact repetitions. Neighbouring frames are compared in every row; frames
        apart from one another, in every fourth row of large pictures.
    cut_scores : ndarray of float32, shape (n_frames,)
        The score the shot detector thresholds.
    shots_s : tuple of (float, float)
        Start and end of each shot [s].
    stills : tuple of Still
        The keyframe strip: at least one a shot, evenly spread.
    width_px, height_px : int
        Upright.
    stopped : Broken or None
        Why the pass ended early, None when it reached the end.
    warnings : tuple of str
        What went wrong without ending it: packets passed over, times that had to be estimated.
    """

    pts_s: NDArray[np.float64]
    luma_change: NDArray[np.float32]
    luma_mean: NDArray[np.float32]
    frame_digest: NDArray[np.uint64]
    cut_scores: NDArray[np.float32]
    shots_s: tuple[tuple[float, float], ...]
    stills: tuple[Still, ...]
    width_px: int
    height_px: int
    stopped: Broken | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampled:
    """How a pass of sampling went; the pictures themselves were handed over as they came.

    Attributes
    ----------
    width_px, height_px : int
        Full size, upright.
    frames : int
        Pictures decoded.
    last_s : float
        Presentation time of the last one.
    stopped : Broken or None
    warnings : tuple of str
    """

    width_px: int
    height_px: int
    frames: int
    last_s: float
    stopped: Broken | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """The first sound stream as mono float32 in [-1, 1] at 16 kHz, placed on the clip's time line.

    Attributes
    ----------
    samples : ndarray of float32, shape (n_samples,)
    rate_hz : int
    start_s : float
        Presentation time of the first sample.
    stopped : Broken or None
    warnings : tuple of str
        Gaps in the stated times that were filled with silence, packets passed over.
    """

    samples: NDArray[np.float32]
    rate_hz: int
    start_s: float
    stopped: Broken | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """How a pass over the sound went; the samples themselves were handed over as they came.

    Attributes
    ----------
    samples_count : int
    rate_hz : int
    start_s : float
        Presentation time of the first sample.
    stopped : Broken or None
    warnings : tuple of str
    """

    samples_count: int
    rate_hz: int
    start_s: float
    stopped: Broken | None
    warnings: tuple[str, ...] = ()
