"""Breaks inside one recording: shot boundaries, jumps between like pictures, and whether the sound breaks there too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.contract import Remark
from witnessmark.lines.integrity.gaps import rolling_median
from witnessmark.lines.integrity.observations import KEEP_AT_MOST, Cut, Freeze, Gap
from witnessmark.media.records import Probe, Sound, Survey

NEIGHBOURS = 8  # steps on either side that a step is compared with
JUMP_RATIO = 3.5  # a jump changes the picture this much more than the neighbouring steps
JUMP_GREY = 2.5  # and at least so much, of 255
SHARP_RATIO = 2.0  # a shot boundary below this, or below `JUMP_GREY`, is soft: a fade or a slow change
JUMP_ALONE = 0.5  # and at least twice as much as the steps right beside it
KEYED_RATIO = 8.0  # a jump at a keyframe must be this strong: a keyframe renews a coarse picture and looks like one
BRIGHTNESS_PART = 0.7  # a change that is so much a change of brightness is a flash or an exposure step
SPECTRUM_WINDOW_S, SPECTRUM_HOP_S = 0.032, 0.016
SOUND_NEAR_S = 0.06
SOUND_SPREADS = 6.0
SILENCE = 1e-4  # of full scale, root mean square: -80 dB


def find_cuts(
    survey: Survey, probe: Probe, sound: Sound | None, gaps: Sequence[Gap], freezes: Sequence[Freeze]
) -> tuple[Cut, ...]:
    """Shot boundaries and jumps, in time order.

    Parameters
    ----------
    survey : Survey
    probe : Probe
        Its keyframe flags tell the pulse of a weak encoder's keyframes from a jump.
    sound : Sound or None
    gaps : sequence of Gap
    freezes : sequence of Freeze
        A jump where a frozen stretch ends belongs to that.

    Notes
    -----
    A jump is a single step whose luma change is at least 3.5 times the median of the 8 steps on either side, twice
    its direct neighbours and 2.5 grey levels, unless brightness as a whole changed or the clip's other keyframes pulse
    as strongly. Thresholds are set on rendered clips; the error rates stand in docs/lines/integrity.md.
    """
    change = survey.luma_change.astype(np.float64)
    strength = _strength(change)
    starts = [int(np.argmin(np.abs(survey.pts_s - start_s))) for start_s, _ in survey.shots_s[1:]]
    shots = sorted(index for index in set(starts) if index > 0)
    jumps = [
        index
        for index in _jumps(survey, change, strength, _key_frames(survey, probe))
        if all(abs(index - shot) > 2 for shot in shots)
        and all(abs(survey.pts_s[max(index - 1, 0)] - freeze.end_s) > 1e-3 for freeze in freezes)
    ]
    breaks = None if sound is None else _sound_breaks(sound)
    sharp = [(index, "shot" if _is_sharp(change, strength, index) else "soft") for index in shots]
    cuts = []
    for index, kind in sorted([*sharp, *((index, "jump") for index in jumps)]):
        at_s = float(survey.pts_s[index])
        near_gap = any(abs(gap.at_s - at_s) < 1e-3 for gap in gaps)
        ratio = round(float(min(strength[index], 999.0)), 2)
        cuts.append(Cut(round(at_s, 6), kind, ratio, _breaks_at(breaks, at_s), near_gap))
    return tuple(cuts)


def cut_remarks(cuts: Sequence[Cut]) -> tuple[Remark, ...]:
    """The breaks as sentences."""
    shots = [cut for cut in cuts if cut.kind == "shot"]
    softs = [cut for cut in cuts if cut.kind == "soft"]
    jumps = [cut for cut in cuts if cut.kind == "jump"]
    remarks = []
    if shots:
        remarks.append(
            Remark(
                "cuts",
                True,
                f"The picture breaks off sharply, as at a cut, at {_places(shots)}: the clip counts as "
                f"{len(shots) + 1} shots, not as one continuous recording.{_with_sound(shots)}",
                "Reports and compilations are cut openly; frames lost in a fast turn of the camera, or a flash, can "
                "look like a cut.",
                tuple(cut.at_s for cut in shots[:KEEP_AT_MOST]),
            )
        )
    if softs:
        remarks.append(
            Remark(
                "cuts",
                True,
                f"The shot detector parts the clip at {_places(softs)}, though the picture does not change sharply "
                f"there.{_with_sound(softs)}",
                "A fade or dissolve does this; so do a slow change of light and a plain surface close to the lens.",
                tuple(cut.at_s for cut in softs[:KEEP_AT_MOST]),
            )
        )
    if jumps:
        remarks.append(
            Remark(
                "cuts",
                True,
                f"The picture jumps, though what it shows stays alike, at {_places(jumps)}.{_with_sound(jumps)}",
                "Something was left out there, or the recorder dropped frames, or the camera was jolted.",
                tuple(cut.at_s for cut in jumps[:KEEP_AT_MOST]),
            )
        )
    if not remarks:
        remarks.append(
            Remark(
                "cuts",
                False,
                "No break in the pictures was found.",
                "A cut in a still moment or a careful blend leaves none; nor does what came before and after show.",
            )
        )
    return tuple(remarks)


def _is_sharp(change: NDArray[np.float64], strength: NDArray[np.float64], index: int) -> bool:
    near = slice(max(1, index - 1), index + 2)
    return bool(np.max(strength[near]) >= SHARP_RATIO and np.max(change[near]) >= JUMP_GREY)


def _places(cuts: Sequence[Cut]) -> str:
    named = ", ".join(f"{cut.at_s:.2f} s" for cut in cuts[:8])
    return f"{len(cuts)} place{'s' if len(cuts) != 1 else ''} ({named}{', ...' if len(cuts) > 8 else ''})"


def _with_sound(cuts: Sequence[Cut]) -> str:
    known = [cut.sound_breaks for cut in cuts if cut.sound_breaks is not None]
    if not known:
        return ""
    if not any(known):
        return " The sound runs on."
    if len(cuts) == 1:
        return " The sound breaks there too."
    return f" The sound breaks at {sum(known)} of them."


def _strength(change: NDArray[np.float64]) -> NDArray[np.float64]:
    """Luma change of each frame against the median of its neighbours', itself and its direct neighbours left out."""
    n = len(change)
    if n < 4:
        return np.ones(n)
    padded = np.pad(change, NEIGHBOURS, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1).copy()
    windows[:, NEIGHBOURS - 1 : NEIGHBOURS + 2] = np.nan
    windows[: NEIGHBOURS + 1][windows[: NEIGHBOURS + 1] == change[0]] = np.nan  # the first frame has no change
    known = ~np.isnan(windows).all(axis=1)
    around = np.full(n, np.nan)
    around[known] = np.nanmedian(windows[known], axis=1)
    floor = max(0.05, 0.05 * float(np.median(change[1:])))
    strength: NDArray[np.float64] = change / np.maximum(np.where(np.isnan(around), np.inf, around), floor)
    return strength


def _jumps(
    survey: Survey, change: NDArray[np.float64], strength: NDArray[np.float64], keyed: NDArray[np.bool_]
) -> list[int]:
    if len(change) < 2 * NEIGHBOURS:
        return []
    brightness = np.abs(np.diff(survey.luma_mean.astype(np.float64), prepend=survey.luma_mean[:1]))
    beside = np.maximum(np.roll(change, 1), np.roll(change, -1))
    jump = (strength >= JUMP_RATIO) & (change >= JUMP_GREY) & (beside <= JUMP_ALONE * change)
    jump &= brightness <= BRIGHTNESS_PART * change
    pulses = strength[keyed]
    pulse = max(KEYED_RATIO, 2.0 * float(np.median(pulses))) if len(pulses) >= 4 else KEYED_RATIO
    jump &= ~keyed | (strength >= pulse)
    jump[:2] = jump[-1:] = False
    return [int(index) for index in np.flatnonzero(jump)]


def _key_frames(survey: Survey, probe: Probe) -> NDArray[np.bool_]:
    """Which displayed frames were keyframes, by presentation time."""
    key_s = np.sort(probe.packets_pts_s[probe.packets_key & np.isfinite(probe.packets_pts_s)])
    keyed = np.zeros(len(survey.pts_s), np.bool_)
    if len(key_s) == 0:
        return keyed
    nearest = np.clip(np.searchsorted(key_s, survey.pts_s), 1, len(key_s)) - 1
    following = np.clip(nearest + 1, 0, len(key_s) - 1)
    away_s = np.minimum(np.abs(key_s[nearest] - survey.pts_s), np.abs(key_s[following] - survey.pts_s))
    near: NDArray[np.bool_] = away_s < 2e-3
    return near


def _sound_breaks(sound: Sound) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
    """Times of short windows and whether the spectrum breaks there, None for silence or too little sound.

    The distance between the log spectra before and after each moment stands out when it exceeds its running median by
    6 robust spreads.
    """
    size, hop = int(SPECTRUM_WINDOW_S * sound.rate_hz), int(SPECTRUM_HOP_S * sound.rate_hz)
    if len(sound.samples) < 40 * hop or float(np.sqrt(np.mean(np.square(sound.samples)))) < SILENCE:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(sound.samples, size)[::hop]
    bands = []
    for start in range(0, len(windows), 4096):
        power = np.abs(np.fft.rfft(windows[start : start + 4096] * np.hanning(size), axis=1)) ** 2
        edges = np.linspace(1, power.shape[1], 25).astype(int)[:-1]
        bands.append(np.log(np.add.reduceat(power, edges, axis=1) + 1e-7))
    spectrum = np.concatenate(bands)
    distance = np.zeros(len(spectrum))
    before = (spectrum[:-3] + spectrum[1:-2]) / 2.0
    after = (spectrum[2:-1] + spectrum[3:]) / 2.0
    distance[2:-1] = np.sqrt(np.mean((after - before) ** 2, axis=1))
    excess = distance - rolling_median(distance, 63)
    spread = 1.4826 * float(np.median(np.abs(excess)))
    at_s = sound.start_s + (np.arange(len(spectrum)) * hop + size / 2.0) / sound.rate_hz
    return at_s, excess > SOUND_SPREADS * max(spread, 0.05)


def _breaks_at(breaks: tuple[NDArray[np.float64], NDArray[np.bool_]] | None, at_s: float) -> bool | None:
    if breaks is None:
        return None
    near = np.abs(breaks[0] - at_s) <= SOUND_NEAR_S
    return bool(breaks[1][near].any()) if near.any() else None
