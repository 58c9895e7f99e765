"""What the rest of the house calls: a file goes in, facts or a reason come out, and decoding is never done here."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from witnessmark.media import assemble
from witnessmark.media.launch import Call, open_input
from witnessmark.media.parts import Part
from witnessmark.media.records import Broken, Heard, Limits, Probe, Sampled, Sound, Still, Survey
from witnessmark.media.wire import WireError

T = TypeVar("T")
Progress = Callable[[float, str], None]
DEFAULT_LIMITS = Limits()
_PLAIN_BYTES = 64 << 20
"""Room for headers, metadata and lists in a reply: a wandering worker is cut off well before memory is short."""


def probe(path: str | Path, limits: Limits = DEFAULT_LIMITS, progress: Progress | None = None) -> Probe | Broken:
    """Read a recording's container without decoding it (but for one picture, to see which way up it is).

    Parameters
    ----------
    path : str or Path
        A regular file; links are not followed.
    limits : Limits
    progress : callable (done from 0 to 1, what is being done), optional

    Returns
    -------
    Probe or Broken
        `Probe` also when reading ended early but the facts were had; its warnings then say so.

    Raises
    ------
    MediaError
        When the decoding process cannot be started at all.
    """
    return _with_input(path, lambda fd: assemble.probe(_call(fd, "probe", limits, {}, _PLAIN_BYTES), progress))


def survey(
    path: str | Path,
    limits: Limits = DEFAULT_LIMITS,
    *,
    strip_stills: int = 12,
    still_max_side_px: int = 640,
    progress: Progress | None = None,
) -> Survey | Broken:
    """Decode every picture once: times, changes, digests, shots, and a strip of stills.

    Parameters
    ----------
    path : str or Path
    limits : Limits
    strip_stills : int
        Stills wanted; more are given when there are more shots, up to `assemble.STILLS_MAX`.
    still_max_side_px : int
        Longer side of a still [px].
    progress : callable, optional

    Returns
    -------
    Survey or Broken
        `Survey` as soon as one picture was decoded; its `stopped` says why it ended early.

    Raises
    ------
    MediaError
        When the decoding process cannot be started at all.
    """
    wanted = max(1, strip_stills)
    numbers = {"strip_stills": wanted, "still_max_side_px": max(16, still_max_side_px)}
    still_bytes = 3 * max(16, still_max_side_px) ** 2
    budget = _PLAIN_BYTES + 128 * limits.max_frames + still_bytes * assemble.candidates_max(wanted, limits.max_frames)
    return _with_input(path, lambda fd: assemble.survey(_call(fd, "survey", limits, numbers, budget), wanted, progress))


def still_at(
    path: str | Path, pts_s: float, limits: Limits = DEFAULT_LIMITS, max_side_px: int | None = None
) -> Still | Broken:
    """The picture on screen at a presentation time, upright, at full size unless asked smaller.

    Parameters
    ----------
    path : str or Path
    pts_s : float
        Presentation time [s]. A time out of `Survey.pts_s` gives exactly that picture; a time between two gives the
        earlier, a time before the first gives the first.
    limits : Limits
    max_side_px : int, optional

    Returns
    -------
    Still or Broken

    Raises
    ------
    MediaError
        When the decoding process cannot be started at all.
    """
    if not np.isfinite(pts_s):
        return Broken("decode", f"{pts_s} is not a time.", None, 0, "Give the time in seconds.")
    numbers = {"pts_s": float(pts_s), "max_side_px": max_side_px or 0}
    budget = _PLAIN_BYTES + 3 * limits.max_pixels
    return _with_input(path, lambda fd: assemble.still(_call(fd, "still_at", limits, numbers, budget)))


def sample(
    path: str | Path,
    take: Callable[[float, NDArray[np.uint8]], None],
    limits: Limits = DEFAULT_LIMITS,
    *,
    rate_hz: float,
    max_side_px: int,
    progress: Progress | None = None,
) -> Sampled | Broken:
    """Hand over grey pictures at an even rate while the recording is decoded once; nothing piles up in memory.

    Parameters
    ----------
    path : str or Path
    take : callable (pts_s, luma)
        Called for each picture in order of time with its presentation time [s] and an upright ndarray of uint8,
        shape (height, width), the longer side at most `max_side_px`. Runs in this process.
    limits : Limits
    rate_hz : float
        Pictures a second: the first one shown at or after each time of a grid that begins with the first picture.
        Sparser recordings give every picture once.
    max_side_px : int
    progress : callable, optional

    Returns
    -------
    Sampled or Broken
        `Sampled` as soon as one picture was decoded; its `stopped` says why it ended early.

    Raises
    ------
    MediaError
        When the decoding process cannot be started at all.
    """
    asked = _sampling(rate_hz, max_side_px, limits)
    if isinstance(asked, Broken):
        return asked
    numbers, budget = asked
    return _with_input(path, lambda fd: assemble.sample(_call(fd, "sample", limits, numbers, budget), take, progress))


def pictures(
    path: str | Path,
    take: Callable[[float, NDArray[np.uint8]], None],
    limits: Limits = DEFAULT_LIMITS,
    *,
    rate_hz: float | None = None,
    max_side_px: int | None = None,
    progress: Progress | None = None,
) -> Sampled | Broken:
    """Hand over pictures in colour while the recording is decoded once; nothing piles up in memory.

    Parameters
    ----------
    path : str or Path
    take : callable (pts_s, rgb)
        Called for each picture in order of time with its presentation time [s] and an upright ndarray of uint8,
        shape (height, width, 3). Runs in this process; while it works the decoder waits, and ``limits.wall_s`` runs.
    limits : Limits
    rate_hz : float, optional
        Pictures a second, as for `sample`; every picture unless given.
    max_side_px : int, optional
        The longer side at most; full size unless given.
    progress : callable, optional

    Returns
    -------
    Sampled or Broken

    Raises
    ------
    MediaError
        When the decoding process cannot be started at all.
    """
    if rate_hz is not None and not (np.isfinite(rate_hz) and 0 < rate_hz <= 1000):
        return Broken("decode", f"{rate_hz} is not a rate of pictures a second.", None, 0, "Give one such as 2.")
    numbers = {"rate_hz": rate_hz or 0.0, "max_side_px": max(16, max_side_px) if max_side_px else 0}
    pixels = min(limits.max_pixels, max_side_px**2 if max_side_px else limits.max_pixels)
    budget = _PLAIN_BYTES + (3 * max(256, pixels) + 512) * limits.max_frames
    call = "pictures"
    return _with_input(path, lambda fd: assemble.pictures(_call(fd, call, limits, numbers, budget), take, progress))


def _sampling(rate_hz: float, max_side_px: int, limits: Limits) -> tuple[dict[str, float], int] | Broken:
    """The numbers that a sampling worker is given, and the most it may send [bytes]."""
    if not (np.isfinite(rate_hz) and 0 < rate_hz <= 1000):
        return Broken("decode", f"{rate_hz} is not a rate of pictures a second.", None, 0, "Give one such as 2.")
    side = max(16, max_side_px)
    budget = _PLAIN_BYTES + (side * side + 512) * limits.max_frames
    return {"rate_hz": float(rate_hz), "max_side_px": side}, budget


def sound(path: str | Path, limits: Limits = DEFAULT_LIMITS, progress: Progress | None = None) -> Sound | Broken:
    """The first sound stream as 16 kHz mono, on the clip's time line.

    Parameters
    ----------
    path : str or Path
    limits : Limits
        `max_sound_s` bounds what is read.
    progress : callable, optional

    Returns
    -------
    Sound or Broken
        `Sound` as soon as one sample was decoded; its `stopped` says why it ended early.

    Raises
    ------
    MediaError
        When the decoding process cannot be started at all.
    """
    budget = _sound_bytes(limits)
    return _with_input(path, lambda fd: assemble.sound(_call(fd, "sound", limits, {}, budget), progress))


def hear(
    path: str | Path,
    take: Callable[[NDArray[np.float32]], None],
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Heard | Broken:
    """Hand over the first sound stream block by block, as `sound` gives it; nothing piles up in memory.

    Parameters
    ----------
    path : str or Path
    take : callable (samples)
        Called in order of time with an ndarray of float32 in [-1, 1], some seconds at 16 kHz. Runs in this process.
    limits : Limits
        `max_sound_s` bounds what is read.
    progress : callable, optional

    Returns
    -------
    Heard or Broken
        `Heard` as soon as one sample was decoded; its `stopped` says why it ended early.

    Raises
    ------
    MediaError
        When the decoding process cannot be started at all.
    """
    budget = _sound_bytes(limits)
    return _with_input(path, lambda fd: assemble.hear(_call(fd, "sound", limits, {}, budget), take, progress))


def _sound_bytes(limits: Limits) -> int:
    return _PLAIN_BYTES + int(4 * 16_000 * limits.max_sound_s)


def sample_and_sound(
    path: str | Path,
    take: Callable[[float, NDArray[np.uint8]], None],
    limits: Limits = DEFAULT_LIMITS,
    *,
    rate_hz: float,
    max_side_px: int,
    progress: Progress | None = None,
) -> tuple[Sampled | Broken, Sound | Broken]:
    """What `sample` and `sound` give, by one worker: starting a second one costs more than a short recording does.

    Where the pictures end the worker, such as a decoder that crashes, the sound is asked of a worker of its own.

    Parameters
    ----------
    path, take, limits, rate_hz, max_side_px, progress
        See `sample`. ``limits.cpu_s`` and ``limits.wall_s`` hold for both together.

    Returns
    -------
    pictures : Sampled or Broken
    heard : Sound or Broken

    Raises
    ------
    MediaError
        When the decoding process cannot be started at all.
    """
    asked = _sampling(rate_hz, max_side_px, limits)
    if isinstance(asked, Broken):
        return asked, sound(path, limits)
    numbers, budget = asked

    def ask(fd: int) -> tuple[Sampled | Broken, Sound | Broken | None]:
        with _call(fd, "sample_and_sound", limits, numbers, budget + _sound_bytes(limits)) as call:
            messages = call.messages()
            shown = Part(call, messages)
            try:
                pictures = assemble.sample(shown, take, progress)
            except WireError as error:
                return _not_sound(error), None
            if not shown.whole:
                return pictures, None
            try:
                return pictures, assemble.sound(Part(call, messages), None)
            except WireError as error:
                return pictures, _not_sound(error)

    found = _with_input(path, ask)
    if isinstance(found, Broken):
        return found, found
    pictures, heard = found
    return pictures, sound(path, limits) if heard is None else heard


def sandbox_facts(limits: Limits = DEFAULT_LIMITS) -> tuple[str, ...]:
    """What confines the decoding process on this machine, as a worker of its own finds by trying.

    Returns
    -------
    tuple of str
        One sentence each; those beginning "Not " name a wall that is missing here.
    """

    def ask(fd: int) -> tuple[str, ...] | Broken:
        with _call(fd, "nothing", limits, {}, _PLAIN_BYTES) as call:
            for _ in call.messages():
                pass
            return call.sandbox

    found = _with_input(Path(__file__), ask)
    return (found.reason,) if isinstance(found, Broken) else found


def _call(fd: int, command: str, limits: Limits, numbers: Mapping[str, float], budget_bytes: int) -> Call:
    return Call(fd, command, limits, numbers, budget_bytes)


def _with_input(path: str | Path, use: Callable[[int], T | Broken]) -> T | Broken:
    fd = open_input(Path(path))
    if isinstance(fd, Broken):
        return fd
    try:
        return use(fd)
    except WireError as error:
        return _not_sound(error)
    finally:
        os.close(fd)


def _not_sound(error: WireError) -> Broken:
    what = f"The decoding process was stopped because what it sent is not sound: {error}."
    return Broken("decode", what, None, 0, "Look for another copy of the recording.")
