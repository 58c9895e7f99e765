"""The time line to check by eye: change from frame to frame, steps between frames, sound level, and what was found."""

from __future__ import annotations

import io

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from witnessmark.lines.contract import Picture
from witnessmark.lines.integrity.observations import IntegrityObservations

WORDS = {"shot": "break", "soft": "soft change", "jump": "jump"}
INK, SHOT, JUMP, GAP, FROZEN, RECUR = "#33414e", "#b3261e", "#d9730d", "#7a3e9d", "#2f6fb0", "#3c7d3c"
LABELLED = 12  # marks that are labelled with their time; more would overprint


def timeline(seen: IntegrityObservations) -> Picture:
    """Draw the time line as PNG; the same observations give the same bytes."""
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        has_sound = bool(seen.track.sound_at_s)
        rows = 3 if has_sound else 2
        figure = Figure(figsize=(11.0, 2.0 + 1.55 * rows), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)
        axes: list[Axes] = list(figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0])
        for axis in axes:
            axis.spines[["top", "right"]].set_visible(False)
        _changes(axes[0], seen)
        _steps(axes[1], seen)
        if has_sound:
            axes[2].plot(seen.track.sound_at_s, seen.track.sound_decibel, color=INK, linewidth=0.7)
            axes[2].set_ylabel("sound level\n(dB of full scale)")
            _mark_cuts(axes[2], seen, labels=False)
        axes[-1].set_xlabel("presentation time (s)")
        figure.suptitle(_title(seen), fontsize=10, x=0.01, ha="left")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return Picture(
        name="integrity-timeline",
        caption="Change from frame to frame, step between frames and sound level, with what the line found.",
        png=buffer.getvalue(),
        shows_footage=False,
    )


def _changes(axis: Axes, seen: IntegrityObservations) -> None:
    axis.plot(seen.track.at_s, seen.track.change_grey, color=INK, linewidth=0.7, drawstyle="steps-mid")
    axis.set_ylabel("change to the\nframe before (of 255)")
    axis.set_ylim(bottom=0.0)
    for freeze in seen.repeats.freezes:
        axis.axvspan(freeze.start_s, freeze.end_s, color=FROZEN, alpha=0.25, linewidth=0)
        _label(axis, freeze.start_s, "frozen", FROZEN)
    for recurrence in seen.repeats.recurrences:
        for at_s, word in ((recurrence.first_s, "comes again"), (recurrence.again_s, "again")):
            axis.axvline(at_s, color=RECUR, linewidth=1.2)
            _label(axis, at_s, word, RECUR)
    if not seen.repeats.regular and seen.repeats.duplicates_at_s:
        count = len(seen.repeats.duplicates_at_s)
        axis.plot(seen.repeats.duplicates_at_s, [0.0] * count, "v", color=FROZEN, markersize=5, clip_on=False)
    _mark_cuts(axis, seen, labels=True)


def _steps(axis: Axes, seen: IntegrityObservations) -> None:
    steps_ms = [step_s * 1000.0 for step_s in seen.track.step_s[1:]]
    axis.plot(seen.track.at_s[1:], steps_ms, color=INK, linewidth=0.7, drawstyle="steps-pre")
    axis.set_ylabel("step between\nframes (ms)")
    axis.set_ylim(bottom=0.0, top=1.25 * max(steps_ms, default=1.0))
    for gap in seen.timing.gaps[:LABELLED]:
        axis.axvline(gap.at_s, color=GAP, linewidth=1.0, linestyle=":")
        _label(axis, gap.at_s, f"gap of {gap.missing_frames}", GAP)


def _mark_cuts(axis: Axes, seen: IntegrityObservations, *, labels: bool) -> None:
    apart_s = 0.015 * (seen.track.at_s[-1] - seen.track.at_s[0]) if seen.track.at_s else 0.0
    labelled_s: list[float] = []
    for cut in seen.cuts:
        color = SHOT if cut.kind == "shot" else JUMP
        axis.axvline(cut.at_s, color=color, linewidth=1.0, linestyle="-" if cut.kind == "shot" else "--")
        free = not labelled_s or cut.at_s - labelled_s[-1] > apart_s
        if labels and free and len(labelled_s) < LABELLED:
            _label(axis, cut.at_s, f"{WORDS[cut.kind]} {cut.at_s:.2f} s", color)
            labelled_s.append(cut.at_s)


def _label(axis: Axes, at_s: float, text: str, color: str) -> None:
    axis.annotate(
        text,
        (at_s, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(2, -2),
        textcoords="offset points",
        rotation=90,
        ha="left",
        va="top",
        fontsize=7,
        color=color,
    )


def _title(seen: IntegrityObservations) -> str:
    kinds = [cut.kind for cut in seen.cuts]
    tallies = {
        "frame": seen.timing.frames_decoded,
        "sharp break": kinds.count("shot"),
        "soft change": kinds.count("soft"),
        "jump": kinds.count("jump"),
        "gap": seen.timing.gaps_count,
        "frozen stretch": len(seen.repeats.freezes),
        "single repeat": 0 if seen.repeats.regular else seen.repeats.duplicates_count,
    }
    plural = {"frozen stretch": "frozen stretches"}
    words = [f"{n} {noun if n == 1 else plural.get(noun, noun + 's')}" for noun, n in tallies.items()]
    return "Found: " + ", ".join(words)
