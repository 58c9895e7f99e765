"""The model's ridge over the frame, its distance, what is left over column by column, and why a runner-up loses."""

from __future__ import annotations

import io
from collections.abc import Sequence

import cv2
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from witnessmark.lines.contract import Picture
from witnessmark.lines.terrain.observations import Column, Place, Rival, Sighted

MARKED, BAND, WORSE, BETTER = "#ffffff", "#d8d8d8", "#b03a2e", "#2e6da4"
SKY, GROUND = "#b9c7d3", "#8a8579"
COLOURS = "viridis"
DISTANCES_M = tuple(digit * 10.0**power for power in (1, 2, 3, 4, 5) for digit in (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
BEYOND = 0.35
"""How far beyond the frame's edge a ridge is still shown, as a share of its height."""
BREAK_RATIO = 1.35
"""Neighbouring directions whose distances differ by more show two ridges."""
LABELS = 7
LABEL_SHARE = 0.05
"""A ridge narrower than this share of the picture gets no label."""
SCALE_STEPS_DEG = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)


def overlay(place: Place, number: int, sighted: Sighted, rival: Rival | None) -> Picture:
    """One candidate over the frame, or over a blank one; the same observations give the same bytes.

    Parameters
    ----------
    place : Place
    number : int
        From 1.
    sighted : Sighted
    rival : Rival or None
        The comparison of this place with the first, or of the first with the second.

    Returns
    -------
    Picture
    """
    columns = list(place.columns)
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(11.0, 8.0 if rival else 6.4), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)
        heights = [4.2, 1.1, 0.9][: 3 if rival else 2]
        parts: list[Axes] = list(
            figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
        )
        shown = _frame(parts[0], sighted, columns)
        _ridge(figure, parts[0], place, columns)
        _scale(parts[0], columns)
        _residuals(parts[1], columns, sighted)
        if rival:
            _strips(parts[2], rival, number)
        parts[-1].set_xlabel("column of the frame (px)" if sighted.kind == "frame" else "bearing in the pan (degrees)")
        figure.suptitle(_title(place, number), fontsize=10, x=0.01, ha="left")
        png = _png(figure)
    caption = (
        f"Place {number}: the ridge that the elevation model has there, coloured by its distance, over the marked line "
        "(white). Below, how far the line stands above it in each column"
    )
    if rival:
        caption += ", and which columns tell this place from its rival"
    return Picture(f"terrain-place-{number}", f"{caption}.", png, shows_footage=shown)


def _frame(axis: Axes, sighted: Sighted, columns: Sequence[Column]) -> bool:
    """The frame, or a blank of its size; the marked line over it. True when footage is shown."""
    picture = None
    if sighted.frame_jpeg and sighted.kind == "frame":
        picture = cv2.imdecode(np.frombuffer(sighted.frame_jpeg, np.uint8), cv2.IMREAD_COLOR)
    if sighted.kind == "frame":
        extent = (0.0, float(sighted.width_px), float(sighted.height_px), 0.0)
        if picture is not None:
            axis.imshow(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), extent=extent, aspect="auto", alpha=0.75)
        axis.set(xlim=extent[:2], ylim=_rows(sighted, columns, whole=picture is not None))
        axis.set_ylabel("row (px)")
    else:
        axis.set(xlim=(columns[0].x_px, columns[-1].x_px), ylim=_rows(sighted, columns, whole=False))
        axis.set_ylabel("apparent elevation (degrees)")
    axis.set_facecolor(SKY)
    marked = [column for column in columns if column.seen_y_px is not None]
    if picture is None and marked:
        bottom = axis.get_ylim()[0]
        axis.fill_between(
            [column.x_px for column in marked],
            [column.seen_y_px or 0.0 for column in marked],
            bottom,
            color=GROUND,
            linewidth=0.0,
        )
    if sighted.kind == "frame":
        axis.axhline(0.0, color="#000000", linewidth=0.8)
        axis.axhline(float(sighted.height_px), color="#000000", linewidth=0.8)
    for x0, x1 in sighted.ignored_px:
        axis.axvspan(x0, x1, color="#000000", alpha=0.25, linewidth=0.0, hatch="//")
    return picture is not None


def _rows(sighted: Sighted, columns: Sequence[Column], *, whole: bool) -> tuple[float, float]:
    """Bottom and top of what is shown: of a blank frame what the lines need, with ridges somewhat beyond its edge."""
    rows = [column.model_y_px for column in columns] + [c.seen_y_px for c in columns if c.seen_y_px is not None]
    if sighted.kind == "frame":
        height = float(sighted.height_px)
        margin, beyond = 0.08 * height, BEYOND * height
        top, bottom = max(-beyond, min(rows, default=0.0)), min(height + beyond, max(rows, default=height))
        if whole:
            return max(height, bottom), min(0.0, top)
        return bottom + margin, top - margin
    margin = 0.15 * (max(rows) - min(rows)) + 0.5
    return min(rows) - margin, max(rows) + margin


def _ridge(figure: Figure, axis: Axes, place: Place, columns: Sequence[Column]) -> None:
    """Ridges coloured by distance, those in front as dots, the widest with their distance beside them."""
    at = np.array([(column.x_px, column.model_y_px) for column in columns])
    far = np.array([column.distance_m for column in columns])
    norm = LogNorm(max(20.0, float(far.min()) / 2.0), max(60.0, float(far.max()) * 1.1), clip=True)
    if place.crests:
        axis.scatter(
            [crest.x_px for crest in place.crests],
            [crest.y_px for crest in place.crests],
            c=[crest.distance_m for crest in place.crests],
            norm=norm,
            cmap=COLOURS,
            s=5.0,
            linewidths=0.0,
        )
    axis.plot(at[:, 0], at[:, 1], color="#000000", linewidth=4.0, solid_joinstyle="round")
    ridge = LineCollection(list(np.stack([at[:-1], at[1:]], axis=1)), cmap=COLOURS, norm=norm, linewidth=2.4)
    ridge.set_array(np.sqrt(far[:-1] * far[1:]))
    ridge.set_zorder(3)
    axis.add_collection(ridge)
    bar = figure.colorbar(ridge, ax=axis, pad=0.01, aspect=30)
    bar.set_label("distance of the ridge")
    ticks = [value for value in DISTANCES_M if norm.vmin is not None and norm.vmin <= value <= (norm.vmax or 0.0)]
    bar.set_ticks(ticks, labels=[distance_words(value) for value in ticks])
    bar.ax.minorticks_off()
    _marked(axis, columns)
    for x, y, text in _labels(columns, axis.get_xlim()):
        axis.annotate(
            text,
            (x, y),
            textcoords="offset points",
            xytext=(0, -16),
            ha="center",
            fontsize=8,
            color="#ffffff",
            annotation_clip=True,
            path_effects=[withStroke(linewidth=2.5, foreground="#000000")],
        )


def _marked(axis: Axes, columns: Sequence[Column]) -> None:
    """The marked line, broken where it was not marked; dotted where it only bounds the terrain."""
    for one_sided in (False, True):
        rows = [
            column.seen_y_px if column.seen_y_px is not None and column.one_sided == one_sided else np.nan
            for column in columns
        ]
        axis.plot(
            [column.x_px for column in columns],
            rows,
            color=MARKED,
            linewidth=1.0,
            linestyle=":" if one_sided else "-",
            path_effects=[withStroke(linewidth=2.0, foreground="#000000")],
        )


def _labels(columns: Sequence[Column], span: tuple[float, float]) -> list[tuple[float, float, str]]:
    """The widest stretches of one ridge each, with their distance."""
    runs: list[list[Column]] = []
    for column in columns:
        if runs and max(column.distance_m, runs[-1][-1].distance_m) < BREAK_RATIO * min(
            column.distance_m, runs[-1][-1].distance_m
        ):
            runs[-1].append(column)
        else:
            runs.append([column])
    wide = [run for run in runs if run[-1].x_px - run[0].x_px >= LABEL_SHARE * abs(span[1] - span[0])]
    wide.sort(key=lambda run: run[-1].x_px - run[0].x_px, reverse=True)
    found = []
    for run in wide[:LABELS]:
        middle = run[len(run) // 2]
        near, far = min(c.distance_m for c in run), max(c.distance_m for c in run)
        text = (
            distance_words(middle.distance_m)
            if far < BREAK_RATIO * near
            else f"{distance_words(near)} to {distance_words(far)}"
        )
        found.append((middle.x_px, middle.model_y_px, text))
    return found


def distance_words(metres: float) -> str:
    """A distance for people.

    Examples
    --------
    >>> distance_words(640.2), distance_words(3_170.0), distance_words(24_600.0)
    ('640 m', '3.2 km', '25 km')
    """
    if metres < 995.0:
        return f"{metres:.0f} m"
    return f"{metres / 1000.0:.1f} km" if metres < 9_950.0 else f"{metres / 1000.0:.0f} km"


def _scale(axis: Axes, columns: Sequence[Column]) -> None:
    """True bearings along the top."""
    if len(columns) < 2:
        return
    bearing = np.degrees(np.unwrap(np.radians([column.bearing_deg for column in columns])))
    x = np.array([column.x_px for column in columns])
    span = float(bearing[-1] - bearing[0])
    step = next((each for each in SCALE_STEPS_DEG if span / each <= 14.0), 30.0)
    ticks = np.arange(np.ceil(bearing[0] / step), np.floor(bearing[-1] / step) + 1.0) * step
    top = axis.secondary_xaxis("top")
    top.set_xticks(np.interp(ticks, bearing, x), [f"{value % 360.0:g}°" for value in ticks])
    top.set_xlabel("true bearing")
    top.tick_params(labelsize=8)


def _residuals(axis: Axes, columns: Sequence[Column], sighted: Sighted) -> None:
    """How far the marked line stands above the model's ridge, with the error it is measured by."""
    marked = [column for column in columns if column.residual_px is not None and column.error_px is not None]
    x = np.array([column.x_px for column in marked])
    left = np.array([column.residual_px or 0.0 for column in marked])
    error = np.array([column.error_px or 0.0 for column in marked])
    wide = float(np.median(np.diff(x))) if len(x) > 1 else 1.0
    axis.axhline(0.0, color="#666666", linewidth=0.8)
    axis.bar(x, 2.0 * error, width=wide, bottom=-error, color=BAND, linewidth=0.0)
    axis.bar(x, left, width=0.8 * wide, color=np.where(np.abs(left) > 2.0 * error, WORSE, "#4c4c4c").tolist())
    unit = "px" if sighted.kind == "frame" else "0.01°"
    axis.set_ylabel(f"line above\nridge ({unit})")
    reach = max(1.0, 1.7 * float(np.percentile(np.abs(left), 90)), 2.2 * float(np.median(error))) if len(x) else 1.0
    axis.set_ylim(-reach, reach)
    axis.text(
        0.995,
        0.05,
        "grey: one standard error; red: more than two",
        transform=axis.transAxes,
        ha="right",
        fontsize=7,
        color="#444444",
    )


def _strips(axis: Axes, rival: Rival, number: int) -> None:
    """What each strip says between the first place and a runner-up."""
    middle = [0.5 * (strip.from_px + strip.to_px) for strip in rival.strips]
    wide = [0.94 * (strip.to_px - strip.from_px) for strip in rival.strips]
    parts = [strip.behind_nats for strip in rival.strips]
    axis.axhline(0.0, color="#666666", linewidth=0.8)
    axis.bar(middle, parts, width=wide, color=[WORSE if part < 0.0 else BETTER for part in parts])
    other = rival.number if number == 1 else number
    axis.set_ylabel(f"1 over {other}\n(nats)")
    axis.set_title(_broken(rival.said), fontsize=8, loc="left", color="#222222")


def _broken(text: str, width: int = 150) -> str:
    words, rows = text.split(" "), [""]
    for word in words:
        if rows[-1] and len(rows[-1]) + len(word) >= width:
            rows.append("")
        rows[-1] += (" " if rows[-1] else "") + word
    return "\n".join(rows)


def _title(place: Place, number: int) -> str:
    return (
        f"Place {number}: {place.lat_deg:.5f}, {place.lon_deg:.5f}, ground {place.ground_m:.0f} m; heading "
        f"{place.heading_deg:.1f}°, pitch {place.pitch_deg:+.1f}°, roll {place.roll_deg:+.1f}°, field of view "
        f"{place.hfov_deg:.1f}°; within 1 km: {100.0 * place.probability:.0f} %"
    )


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
