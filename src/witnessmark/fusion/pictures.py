"""The posterior drawn: a strip of time and a map of place, with regions and claims, for screen and print."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from witnessmark.fusion.records import Assessment, ClaimRegion
from witnessmark.hypotheses.regions import intervals
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Picture

DPI = 150
INK, PALE, DARK = "#202020", "#bcd5ea", "#2b6ca3"
"""Text and outlines, 90 % region, 50 % region: told apart by lightness, so in grey print too."""

Line = tuple[float, tuple[float, ...]]
"""Offset and dashes [points], as matplotlib takes a line style; no dashes is a solid line."""

SOLID, DASHED = (0.0, ()), (0.0, (4.0, 2.0))

CLAIM_STYLES: tuple[tuple[str, Line, str], ...] = (
    ("#d55e00", (0.0, ()), "///"),
    ("#009e73", (0.0, (5.0, 1.5)), "..."),
    ("#cc79a7", (0.0, (6.0, 2.0, 1.0, 2.0)), "\\\\\\"),
    ("#e69f00", (0.0, (1.0, 1.0)), "xxx"),
    ("#56b4e9", (0.0, (9.0, 3.0)), "---"),
)
"""Colour, line and hatching of each claim in turn: told apart without colour.

Colours by Okabe and Ito 2008, https://jfly.uni-koeln.de/color/.
"""

MOST_COLUMNS = 2000
"""The time strip is drawn with at most this many steps; finer axes are summed into them."""

Style = tuple[str, Line, str]

TICKS_S = tuple(
    [60.0 * minutes for minutes in (1, 2, 5, 10, 15, 30)]
    + [3600.0 * hours for hours in (1, 2, 3, 6, 12)]
    + [86_400.0 * days for days in (1, 2, 4, 7, 14, 28, 91, 182, 364, 728, 3640)]
)
"""Distances between ticks to choose from [s]."""


def draw(
    assessment: Assessment,
    over: Hypotheses,
    claims: Sequence[ClaimRegion] = (),
    labels: Mapping[str, str] | None = None,
) -> tuple[Picture, ...]:
    """Both pictures of an assessment.

    Parameters
    ----------
    assessment : Assessment
    over : Hypotheses
        The space it was made over.
    claims : sequence of ClaimRegion
    labels : mapping of claim id to text, optional
        What to call a claim; its id where nothing is given.

    Returns
    -------
    tuple of Picture
        The same input gives the same bytes.
    """
    return draw_time(assessment, over, claims, labels), draw_place(assessment, over, claims, labels)


def draw_time(
    assessment: Assessment,
    over: Hypotheses,
    claims: Sequence[ClaimRegion] = (),
    labels: Mapping[str, str] | None = None,
) -> Picture:
    """The posterior of time given the grid, in UTC, with its regions and the claims that speak of time."""
    spoken = [(claim, style) for claim, style in _styled(claims) if claim.time_mask is not None]
    closer = _closer(assessment, over)
    heights = [3.0] * (2 if closer else 1)
    figure = Figure(
        figsize=(9.0, 0.9 + sum(heights) + 0.22 * len(spoken) * len(heights)), dpi=DPI, layout="constrained"
    )
    panels = figure.subplots(len(heights), 1, squeeze=False)[:, 0]
    _time_panel(panels[0], assessment, over, spoken, labels or {}, None)
    if closer:
        _time_panel(panels[1], assessment, over, spoken, labels or {}, closer)
        panels[1].set_title("The same, closer", loc="left", fontsize=9, color=INK)
    panels[0].set_title("When: posterior probability of time", loc="left", fontsize=11, color=INK)
    panels[0].legend(
        handles=[
            Patch(facecolor=DARK, label=_time_words(assessment, 0)),
            Patch(facecolor=PALE, label=_time_words(assessment, -1)),
        ]
        if assessment.regions_time
        else [],
        loc="upper right",
        fontsize=8,
        framealpha=0.9,
    )
    caption = (
        "Posterior probability of time, given that the truth lies on the grid, in UTC. Dark: the inner "
        "highest-density region; pale: the outer one. Bands below the axis: when a claim would have it."
    )
    return Picture("posterior-time.png", caption, _png(figure), shows_footage=False)


def draw_place(
    assessment: Assessment,
    over: Hypotheses,
    claims: Sequence[ClaimRegion] = (),
    labels: Mapping[str, str] | None = None,
) -> Picture:
    """The posterior of place given the grid, grid north up, with its regions, claims' outlines and a scale bar."""
    places = over.places
    rows, columns = places.shape
    width_km, height_km = columns * places.spacing_m / 1e3, rows * places.spacing_m / 1e3
    tall = min(9.0, max(3.5, 6.0 * height_km / width_km))
    figure = Figure(figsize=(8.6, tall + 1.2), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    share = assessment.posterior_place / max(assessment.p_grid, 1e-300)
    # what tells no places apart is drawn in a middle tone, not in the darkest
    top = min(1.0, max(float(share.max()), 4.0 / share.size))
    image = axes.imshow(
        share.reshape(rows, columns),
        origin="lower",
        extent=(0.0, width_km, 0.0, height_km),
        cmap="Blues",
        norm=PowerNorm(0.5, vmin=0.0, vmax=top),
        interpolation="nearest",
    )
    handles: list[Line2D] = []
    for region, line, breadth in zip(assessment.regions_place, (SOLID, DASHED), (1.8, 1.2), strict=False):
        _outline(axes, region.mask, over, INK, line, breadth)
        words = f"{region.probability:.0%} region: {region.area_km2:.3g} km²"
        handles.append(Line2D([], [], color=INK, linestyle=line, linewidth=breadth, label=words))
    for claim, (colour, line, _) in _styled(claims):
        if claim.place_mask is not None and claim.on_grid:
            _outline(axes, claim.place_mask, over, colour, line, 2.0)
            name = (labels or {}).get(claim.claim_id, claim.claim_id)
            handles.append(Line2D([], [], color=colour, linestyle=line, linewidth=2.0, label=f"claim: {name}"))
    if assessment.p_grid <= 0.0:
        axes.text(0.5, 0.5, "No place on the grid is left", transform=axes.transAxes, ha="center", color=INK)
    axes.set_title("Where: posterior probability of place", loc="left", fontsize=11, color=INK)
    axes.set_xlabel(f"km east of {_corner(over)}", fontsize=9)
    axes.set_ylabel("km north (grid)", fontsize=9)
    axes.tick_params(labelsize=8)
    _scale_bar(axes, width_km, height_km)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02)
    bar.set_label(f"probability of a cell of {places.spacing_m:g} m", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=8, handlelength=4.0, frameon=False)
    caption = (
        "Posterior probability of place, given that the truth lies on the grid; grid north is up. Black outlines: "
        "highest-density regions. Coloured outlines: where a claim would have it."
    )
    return Picture("posterior-place.png", caption, _png(figure), shows_footage=False)


def _styled(claims: Sequence[ClaimRegion]) -> Iterator[tuple[ClaimRegion, Style]]:
    """Claims, each with its own colour, line and hatching in both pictures."""
    for number, claim in enumerate(claims):
        yield claim, CLAIM_STYLES[number % len(CLAIM_STYLES)]


def _time_panel(
    axes: Axes,
    assessment: Assessment,
    over: Hypotheses,
    claims: Sequence[tuple[ClaimRegion, Style]],
    labels: Mapping[str, str],
    window: tuple[float, float] | None,
) -> None:
    """One strip of time, whole or within a window [days of matplotlib]."""
    start, end = window or (_days(over, 0), _days(over, over.times.n_instants))
    step_days = over.times.step_s / 86_400.0
    first = max(0, int((start - _days(over, 0)) / step_days))
    last = min(over.times.n_instants, max(first + 1, round((end - _days(over, 0)) / step_days)))
    together = -(-(last - first) // MOST_COLUMNS)
    starts = np.arange(first, last, together)
    share = assessment.posterior_time / max(assessment.p_grid, 1e-300)
    mass = np.add.reduceat(share[:last], starts)
    edges = _days(over, 0) + step_days * np.append(starts, last)
    axes.stairs(mass, edges, color=INK, linewidth=1.0)
    for region, colour in zip(assessment.regions_time[::-1], (PALE, DARK), strict=False):
        for begin, finish in region.intervals:
            held = (edges[:-1] < _day(finish) - 1e-9) & (edges[1:] > _day(begin) + 1e-9)
            for run_start, run_end in _runs(held):
                axes.stairs(mass[run_start:run_end], edges[run_start : run_end + 1], fill=True, color=colour)
    top = float(mass.max()) or 1.0
    band = 0.11 * top
    for number, (claim, (colour, _, hatch)) in enumerate(claims):
        base = -(number + 1.25) * band
        assert claim.time_mask is not None
        for begin, finish in intervals(over.times, claim.time_mask & claim.on_grid):
            left, right = max(_day(begin), start), min(_day(finish), end)
            if right > left:
                box = Rectangle(
                    (left, base), right - left, 0.8 * band, facecolor="white", edgecolor=colour, hatch=hatch
                )
                axes.add_patch(box)
        axes.annotate(
            labels.get(claim.claim_id, claim.claim_id),
            (0.0, base + 0.4 * band),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=INK,
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": colour, "linewidth": 1.0},
        )
    axes.axhline(0.0, color=INK, linewidth=0.8)
    axes.set_xlim(start, end)
    axes.set_ylim(-(len(claims) + 0.5) * band if claims else 0.0, 1.12 * top)
    axes.set_xticks(*_ticks(start, end))
    axes.set_yticks([0.0, top], ["0", f"{top:.2g}"])
    axes.set_ylabel(f"probability\nin {_span(together * over.times.step_s)}", fontsize=9)
    axes.set_xlabel("UTC", fontsize=9)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if assessment.p_grid <= 0.0:
        axes.text(0.5, 0.5, "No time on the grid is left", transform=axes.transAxes, ha="center", color=INK)


def _closer(assessment: Assessment, over: Hypotheses) -> tuple[float, float] | None:
    """A window around the outer region, when it takes less than a quarter of the axis."""
    if not assessment.regions_time or not assessment.regions_time[-1].intervals:
        return None
    found = assessment.regions_time[-1].intervals
    start, end = _day(found[0][0]), _day(found[-1][1])
    whole = _days(over, over.times.n_instants) - _days(over, 0)
    if end - start > 0.25 * whole:
        return None
    margin = max(0.25 * (end - start), 3.0 * over.times.step_s / 86_400.0)
    return max(_days(over, 0), start - margin), min(_days(over, over.times.n_instants), end + margin)


def _day(moment: dt.datetime) -> float:
    """Days since 1970-01-01T00:00:00Z."""
    return moment.timestamp() / 86_400.0


def _days(over: Hypotheses, index: int) -> float:
    """An instant of the axis in days since 1970."""
    return _day(over.times.at(index))


def _ticks(start: float, end: float) -> tuple[list[float], list[str]]:
    """Round times of UTC within a window [days since 1970] and what to write at them: the date where it changes."""
    length_s = (end - start) * 86_400.0
    step_s = next((step for step in TICKS_S if length_s / step <= 10.0), length_s / 5.0)
    first = int(np.ceil(start * 86_400.0 / step_s - 1e-9))
    seconds = [number * step_s for number in range(first, int(end * 86_400.0 / step_s + 1e-9) + 1)]
    words: list[str] = []
    before = ""
    for second in seconds:
        moment = dt.datetime.fromtimestamp(second, dt.UTC)
        date = f"{moment:%d %b %Y}"
        clock = f"{moment:%H:%M}" if step_s < 86_400.0 else ""
        words.append("\n".join(part for part in (clock, date if date != before else "") if part))
        before = date
    return [second / 86_400.0 for second in seconds], words


def _runs(held: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Start and end of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], held, [False])).astype(np.int8)))
    for start, end in edges.reshape(-1, 2):
        yield int(start), int(end)


def _span(seconds: float) -> str:
    """A length of time in the unit that suits it."""
    for unit_s, unit in ((86_400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= unit_s:
            return f"{seconds / unit_s:.3g} {unit}"
    return f"{seconds:.3g} s"


def _time_words(assessment: Assessment, which: int) -> str:
    """A region of time in a few words."""
    region = assessment.regions_time[which]
    begin, finish = region.intervals[0][0], region.intervals[-1][1]
    parts = "" if len(region.intervals) == 1 else f", {len(region.intervals)} parts"
    same_day = begin.date() == finish.date()
    until = finish.strftime("%H:%M" if same_day else "%d %b %H:%M")
    return f"{region.probability:.0%}: {begin:%d %b %H:%M} to {until} UTC ({_span(region.minutes * 60.0)}{parts})"


def _outline(
    axes: Axes,
    mask: NDArray[np.bool_],
    over: Hypotheses,
    colour: str,
    line: Line,
    breadth: float,
) -> None:
    """The border of some cells, along their sides."""
    side_km = over.places.spacing_m / 1e3
    padded = np.pad(mask.reshape(over.places.shape), 1)
    rows, columns = np.nonzero(padded[1:, :] != padded[:-1, :])
    level = [((x - 1.0, y), (x, y)) for y, x in zip(rows.tolist(), columns.tolist(), strict=True)]
    rows, columns = np.nonzero(padded[:, 1:] != padded[:, :-1])
    upright = [((x, y - 1.0), (x, y)) for y, x in zip(rows.tolist(), columns.tolist(), strict=True)]
    segments = [[(x * side_km, y * side_km) for x, y in segment] for segment in _joined(level) + _joined(upright)]
    axes.add_collection(LineCollection(segments, colors="white", linewidths=breadth + 1.6, alpha=0.7, clip_on=False))
    axes.add_collection(
        LineCollection(segments, colors=colour, linestyles=[line], linewidths=breadth, clip_on=False, zorder=3)
    )


Point = tuple[float, float]


def _joined(segments: Sequence[tuple[Point, Point]]) -> list[tuple[Point, Point]]:
    """Segments on one straight line joined end to end, so that dashes run on."""
    upright = bool(segments) and segments[0][0][0] == segments[0][1][0]
    ordered = sorted(segments) if upright else sorted(segments, key=lambda segment: (segment[0][1], segment[0][0]))
    joined: list[tuple[Point, Point]] = []
    for start, end in ordered:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _corner(over: Hypotheses) -> str:
    """The grid's south-west corner cell, in degrees."""
    return f"{over.places.lat_deg[0]:.4f}°, {over.places.lon_deg[0]:.4f}° (south-west cell)"


def _scale_bar(axes: Axes, width_km: float, height_km: float) -> None:
    """A bar of a round length, about a fifth of the width."""
    power = 10.0 ** np.floor(np.log10(width_km / 5.0))
    length_km = float(max(step * power for step in (1.0, 2.0, 5.0) if step * power <= width_km / 4.0))
    left, low = 0.04 * width_km, 0.05 * height_km
    for colour, breadth in (("white", 6.0), (INK, 3.0)):
        axes.plot([left, left + length_km], [low, low], color=colour, linewidth=breadth, solid_capstyle="butt")
    words = f"{length_km:g} km" if length_km >= 1.0 else f"{length_km * 1e3:g} m"
    axes.annotate(
        words,
        (left + length_km / 2.0, low),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=INK,
        bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
    )
    axes.set_xlim(0.0, width_km)
    axes.set_ylim(0.0, height_km)


def _png(figure: Figure) -> bytes:
    """PNG bytes without a program's name or time in them."""
    FigureCanvasAgg(figure)
    with io.BytesIO() as file:
        figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
        return file.getvalue()
