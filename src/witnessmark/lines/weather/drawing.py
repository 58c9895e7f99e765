"""What the labels tell of each hour, as a table of days and hours; the item page has it as HTML."""

from __future__ import annotations

import datetime as dt
import io

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from witnessmark.lines.contract import Picture
from witnessmark.lines.weather.limits import CAP_BITS
from witnessmark.lines.weather.observations import DayRow, WeatherObservations

Floats = NDArray[np.float64]
DAY_HOURS = 24
MOST_DAYS = 400
"""A picture shows at most so many days, the first ones; longer axes are cut and say so."""


def day_rows(start: dt.datetime, nats: Floats, most: int = MOST_DAYS) -> tuple[DayRow, ...]:
    """Bits of each hour by UTC day; None before the first hour and after the last.

    Parameters
    ----------
    start : datetime
        The first hour, UTC.
    nats : ndarray of float64, shape (n_hours,)
    """
    bits = nats / np.log(2.0)
    ahead = start.hour
    n_days = -(-(ahead + len(bits)) // DAY_HOURS)
    cells: list[float | None] = [None] * ahead + [round(float(value), 3) for value in bits]
    cells += [None] * (n_days * DAY_HOURS - len(cells))
    first = start.date()
    return tuple(
        DayRow((first + dt.timedelta(days=day)).isoformat(), tuple(cells[DAY_HOURS * day : DAY_HOURS * (day + 1)]))
        for day in range(min(n_days, most))
    )


def pictures(seen: WeatherObservations) -> tuple[Picture, ...]:
    """The table as a picture; nothing where no hour was weighed."""
    return (hours_picture(seen.days),) if seen.days else ()


def hours_picture(rows: tuple[DayRow, ...]) -> Picture:
    """The table of days and hours as PNG; the same rows give the same bytes."""
    table = np.array([[np.nan if value is None else value for value in row.hour_bits] for row in rows])
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(9.0, min(9.0, 1.8 + 0.24 * len(rows))), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        image = axes.imshow(
            np.ma.masked_invalid(table),
            aspect="auto",
            cmap="PuOr",
            interpolation="nearest",
            vmin=-CAP_BITS,
            vmax=CAP_BITS,
        )
        step = max(1, len(rows) // 24)
        axes.set_yticks(range(0, len(rows), step), [rows[number].day for number in range(0, len(rows), step)])
        axes.set_xticks(range(0, DAY_HOURS, 2), [f"{hour:02d}" for hour in range(0, DAY_HOURS, 2)])
        axes.set_xlabel("hour (UTC)")
        figure.colorbar(image, ax=axes, label="bits for (+) or against (-) the hour")
        axes.set_title("What the weather labels tell of each hour", loc="left", fontsize=10)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    caption = (
        "Bits for or against each hour by the weather alone, in UTC, beside an hour of which nothing is recorded; "
        "one bit is a factor of two."
    )
    return Picture("weather-hours", caption, buffer.getvalue(), shows_footage=False)
