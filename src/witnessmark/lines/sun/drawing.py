"""What was seen, drawn to be checked: the sky with its errors, a table of days and hours."""

from __future__ import annotations

import datetime as dt
import io
import math

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from witnessmark.hypotheses.regions import highest_density
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Picture
from witnessmark.lines.sun.bits import column_nats
from witnessmark.lines.sun.kernel import TAIL
from witnessmark.lines.sun.observations import Sighting, SunObservations

Floats = NDArray[np.float64]
INK, SUN_INK, MOON_INK = "#202020", "#d55e00", "#2b6ca3"
"""Text and the two bodies; colours by Okabe and Ito 2008, https://jfly.uni-koeln.de/color/."""
MOST_DAYS = 400
"""A table of days is drawn with at most so many rows; longer axes show the best."""
MOST_NUMBERED = 31
"""Shorter tables have their numbers written in."""


def pictures(seen: SunObservations) -> tuple[Picture, ...]:
    """The sky as the sightings have it; nothing where only states are named."""
    if not seen.sightings:
        return ()
    return (sky(seen),)


def sky(seen: SunObservations) -> Picture:
    """Directions to the sun and moon with their 50 % and 90 % errors; the same observations give the same bytes."""
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(8.0, 4.2), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        for number, sighting in enumerate(seen.sightings):
            told = ", from north" if sighting.from_north and sighting.azimuth_deg is not None else ""
            _draw_sighting(axes, sighting, f"{number + 1}: {sighting.what}, {sighting.at_s:.2f} s{told}")
        axes.axhline(0.0, color=INK, linewidth=0.8)
        low, high = axes.get_ylim()
        axes.set_ylim(min(-2.0, max(low, -5.0)), min(92.0, max(high, 10.0)))
        north = all(sighting.from_north for sighting in seen.sightings)
        axes.set_xlabel("bearing (degrees from north)" if north else "degrees to the right of where the camera looks")
        axes.set_ylabel("height above the horizon (degrees)")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper left", fontsize=8, framealpha=0.9)
        axes.set_title("Where the sun or moon stood, by the marks", loc="left", fontsize=10)
        png = png_of(figure)
    caption = (
        "Direction to the sun or moon from the marks of each frame; rings hold 50 and 90 % of the errors drawn. A "
        "band means that only its height or only its bearing is known."
    )
    return Picture("sun-sky", caption, png, shows_footage=False)


def _draw_sighting(axes: Axes, sighting: Sighting, label: str) -> None:
    colour = SUN_INK if sighting.body == "sun" else MOON_INK
    if sighting.azimuth_deg is None:
        assert sighting.elevation_deg is not None
        half = 1.645 * sighting.upward_deg
        axes.axhspan(
            sighting.elevation_deg - half, sighting.elevation_deg + half, color=colour, alpha=0.25, label=label
        )
        return
    if sighting.elevation_deg is None:
        half = 1.645 * sighting.across_deg
        axes.axvspan(sighting.azimuth_deg - half, sighting.azimuth_deg + half, color=colour, alpha=0.25, label=label)
        return
    for share in (0.5, 0.9):
        azimuth, elevation = ring_deg(sighting, share)
        axes.plot(azimuth, elevation, color=colour)
    axes.plot([sighting.azimuth_deg], [sighting.elevation_deg], "o", color=colour, label=label)


def ring_deg(sighting: Sighting, share: float) -> tuple[Floats, Floats]:
    """Azimuths and elevations [deg] about a sighting that hold a share of a Student t with its errors."""
    assert sighting.azimuth_deg is not None and sighting.elevation_deg is not None
    level = max(math.cos(math.radians(sighting.elevation_deg)), 0.05)
    turn = np.linspace(0.0, 2.0 * math.pi, 121)
    across, upward, ratio = sighting.across_deg, sighting.upward_deg, sighting.correlation_ratio
    radius = math.sqrt(TAIL * ((1.0 - share) ** (-2.0 / TAIL) - 1.0))
    x = across * np.cos(turn)
    y = upward * (ratio * np.cos(turn) + math.sqrt(1.0 - ratio**2) * np.sin(turn))
    return sighting.azimuth_deg + radius * x / level, sighting.elevation_deg + radius * y


def day_table(values_nats: NDArray[np.float32], over: Hypotheses) -> tuple[tuple[dt.date, ...], Floats]:
    """Posterior probability by UTC day and hour, place summed out.

    Returns
    -------
    (days, probability)
        Shape (n_days, 24); it sums to 1 over the axis.
    """
    nats, _, _ = column_nats(values_nats, over)
    together = nats + over.time_prior_nats()
    mass = np.exp(together - np.max(together))
    hours = np.floor(over.times.middles_unix_s() / 3600.0).astype(np.int64)
    first = int(hours[0] // 24)
    n_days = int(hours[-1] // 24) - first + 1
    table = np.bincount(hours - 24 * first, weights=mass, minlength=24 * n_days).reshape(n_days, 24)
    days = tuple(dt.date(1970, 1, 1) + dt.timedelta(days=first + number) for number in range(n_days))
    return days, table / table.sum()


def hours_picture(values_nats: NDArray[np.float32], over: Hypotheses) -> Picture:
    """The table of days and hours as PNG."""
    days, table = day_table(values_nats, over)
    if len(days) > MOST_DAYS:
        best = np.sort(np.argsort(table.sum(axis=1))[-MOST_DAYS:])
        days, table = tuple(days[number] for number in best), table[best]
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(9.0, min(9.0, 1.6 + 0.24 * len(days))), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        image = axes.imshow(table, aspect="auto", cmap="Blues", interpolation="nearest", vmin=0.0)
        step = max(1, len(days) // 24)
        axes.set_yticks(range(0, len(days), step), [days[number].isoformat() for number in range(0, len(days), step)])
        axes.set_xticks(range(0, 24, 2), [f"{hour:02d}" for hour in range(0, 24, 2)])
        axes.set_xlabel("hour (UTC)")
        if len(days) <= MOST_NUMBERED:
            middle = 0.5 * float(np.max(table))
            for row, hour in zip(*np.nonzero(table >= 0.005), strict=True):
                colour = "white" if table[row, hour] > middle else INK
                share = f"{100.0 * table[row, hour]:.0f} %"
                axes.text(hour, row, share, ha="center", va="center", color=colour, fontsize=7)
        figure.colorbar(image, ax=axes, label="probability by the sun alone")
        axes.set_title("When the marks put the sun, by day and hour", loc="left", fontsize=10)
        png = png_of(figure)
    caption = "Probability of each hour of each day by the sun alone, in UTC; days that look alike are not told apart."
    return Picture("sun-hours", caption, png, shows_footage=False)


def hours_html(values_nats: NDArray[np.float32], over: Hypotheses) -> str:
    """The same as an HTML table: percent by day and hour, empty below a tenth of a percent; no styles, no scripts."""
    days, table = day_table(values_nats, over)
    head = "".join(f'<th scope="col">{hour:02d}</th>' for hour in range(24))
    rows = []
    for day, shares in zip(days, table, strict=True):
        cells = "".join(f"<td>{100.0 * share:.1f}</td>" if share >= 0.001 else "<td></td>" for share in shares)
        rows.append(f'<tr><th scope="row">{day.isoformat()}</th>{cells}</tr>')
    caption = "<caption>Probability by the sun alone (%), by day and hour in UTC</caption>"
    return (
        f'<table>{caption}<thead><tr><th scope="col">day</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def hours_page(values_nats: NDArray[np.float32], over: Hypotheses) -> str:
    """The table as a page of its own."""
    title = "When the marks put the sun, by day and hour"
    head = f'<meta charset="utf-8"><title>{title}</title>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{hours_html(values_nats, over)}</body></html>\n'


def in_region(nats: Floats, mass: Floats, share: float) -> NDArray[np.bool_]:
    """Cells of the smallest region that holds a share of the mass when cells differ in size."""
    if np.allclose(mass, mass.flat[0]):
        return highest_density(mass.ravel(), share).reshape(mass.shape)
    order = np.argsort(-nats, axis=None, kind="stable")
    held = np.cumsum(mass.ravel()[order])
    last = int(np.searchsorted(held, share * held[-1]))
    threshold = nats.ravel()[order[min(last, order.size - 1)]]
    region: NDArray[np.bool_] = nats >= threshold
    return region


def png_of(figure: Figure) -> bytes:
    """A figure as PNG that names no program and no time, so that the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
