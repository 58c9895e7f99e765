"""Where on earth a shadow of unknown place can have fallen so, as a map."""

from __future__ import annotations

import datetime as dt
import importlib.resources
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from witnessmark.lines.contract import Picture
from witnessmark.lines.sun.drawing import INK, in_region, png_of

Floats = NDArray[np.float64]
LAND, HALF, MOST = "#e4dfd3", "#1b5a96", "#8fbbe0"
"""Land, the 50 % region and the 90 % region."""
MARGIN_DEG, NARROWEST_DEG, WHOLE_DEG = 8.0, 40.0, 120.0
"""Kept around the region, the least width drawn, and the width from which the whole earth is drawn."""


def land() -> NDArray[np.bool_]:
    """Whether a cell of half a degree is land, shape (360, 720), from the north pole and from 180 degrees west.

    More than half of the cell lies in a country of Natural Earth's map at 1 : 110 million (version 4, public domain,
    naturalearthdata.com); it is there to find one's way on a map and for nothing else.
    """
    data = importlib.resources.files("witnessmark.lines.sun") / "land.png"
    with data.open("rb") as stream, Image.open(stream) as image:
        return np.asarray(image, dtype=np.bool_)


def earth_picture(nats: Floats, lat_deg: Floats, lon_deg: Floats, when: Sequence[dt.datetime]) -> Picture:
    """Where on earth a shadow of unknown place can have fallen: the 50 and 90 % regions over a plain map.

    Parameters
    ----------
    nats : ndarray of float64, shape (n_lat, n_lon)
        Log-likelihood [nats].
    lat_deg, lon_deg : ndarray of float64
        Rows from south to north, columns from west to east.
    when : sequence of datetime
        The instants it was weighed for.
    """
    mass = np.exp(nats - np.max(nats)) * np.cos(np.radians(lat_deg))[:, None]
    # cells shrink towards the poles: the density, not the mass, orders them
    level = np.zeros(nats.shape)
    for share in (0.9, 0.5):
        level[in_region(nats, mass, share)] += 1.0
    row, column = np.unravel_index(int(np.argmax(nats)), nats.shape)
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(9.0, 5.0), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        ground = np.where(land()[..., None], matplotlib.colors.to_rgb(LAND), 1.0)
        axes.imshow(ground, extent=(-180.0, 180.0, -90.0, 90.0), interpolation="nearest", aspect="equal")
        levels = [0.5, 1.5, 2.5]
        axes.contourf(lon_deg, lat_deg, level, levels=levels, colors=[MOST, HALF], alpha=0.75)
        axes.plot([lon_deg[column]], [lat_deg[row]], "+", color="white", markersize=11, markeredgewidth=3.0)
        axes.plot([lon_deg[column]], [lat_deg[row]], "+", color=INK, markersize=9, markeredgewidth=1.2)
        west, south, east, north = _window(level > 0.0, lat_deg, lon_deg)
        axes.set_xlim(west, east)
        axes.set_ylim(south, north)
        step = 30 if east - west > WHOLE_DEG else 5
        axes.set_xticks([tick for tick in range(-180, 181, step) if west <= tick <= east])
        axes.set_yticks([tick for tick in range(-90, 91, step) if south <= tick <= north])
        axes.grid(color="#bbbbbb", linewidth=0.5)
        axes.set_xlabel("longitude (degrees)")
        axes.set_ylabel("latitude (degrees)")
        axes.set_title(f"Where the shadow can have fallen so {_span(when)} UTC", loc="left", fontsize=10)
        png = png_of(figure)
    caption = (
        "Where on earth the sun stood so at that time: dark holds 50 %, pale 90 %, the cross is the best cell. Land is "
        "drawn coarsely, to find one's way; the region is not bounded by it."
    )
    return Picture("sun-earth", caption, png, shows_footage=False)


def _window(region: NDArray[np.bool_], lat_deg: Floats, lon_deg: Floats) -> tuple[float, float, float, float]:
    """West, south, east and north of what is drawn: the region with a margin, or the whole earth."""
    lat, lon = lat_deg[region.any(axis=1)], lon_deg[region.any(axis=0)]
    if lon.max() - lon.min() > WHOLE_DEG:
        return -180.0, -90.0, 180.0, 90.0
    wide = max(float(lon.max() - lon.min()) + 2.0 * MARGIN_DEG, NARROWEST_DEG)
    high = max(float(lat.max() - lat.min()) + 2.0 * MARGIN_DEG, NARROWEST_DEG / 2.0)
    middle = float(lon.max() + lon.min()) / 2.0, float(lat.max() + lat.min()) / 2.0
    west, south = middle[0] - wide / 2.0, middle[1] - high / 2.0
    return max(west, -180.0), max(south, -90.0), min(west + wide, 180.0), min(south + high, 90.0)


def _span(when: Sequence[dt.datetime]) -> str:
    first, last = (moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M") for moment in (min(when), max(when)))
    return f"at {first}" if first == last else f"between {first} and {last}"
