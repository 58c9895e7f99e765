"""Pictures of the answer: where the camera can have stood over the shaded relief, and the horizon around a place."""

from __future__ import annotations

import io

import cv2
import matplotlib
import numpy as np
import pyproj
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from witnessmark.hypotheses.regions import highest_density
from witnessmark.lines.contract import Picture
from witnessmark.lines.terrain.from_place import SeenFrom
from witnessmark.lines.terrain.ground import Ground, Window
from witnessmark.lines.terrain.observations import Place, Rival, TerrainObservations
from witnessmark.lines.terrain.overlay import COLOURS, DISTANCES_M, distance_words, overlay
from witnessmark.lines.terrain.packing import unpack

REGIONS = ListedColormap(["#f6b26b", "#c0392b"])
NUMBERED = "#0b3d91"
RELIEF_SIDE_PX = 480
LIGHT_FROM_DEG, LIGHT_UP_DEG = 315.0, 45.0
"""The light of shaded relief comes from the north-west, as maps have it."""
CLOSE_M = 1500.0
"""Half a side of the window around the best place."""
OVERLAYS = 3
"""Places that are drawn over the frame."""

Floats = NDArray[np.float64]


def pictures(seen: TerrainObservations, at_most: int = OVERLAYS) -> tuple[Picture, ...]:
    """The map, and the first places over the frame with what tells them apart."""
    drawn = [posterior_map(seen)]
    for number, place in enumerate(seen.places[:at_most], start=1):
        drawn.append(overlay(place, number, seen.sighted, rival_of(seen, number)))
    return tuple(drawn)


def rival_of(seen: TerrainObservations, number: int) -> Rival | None:
    """The comparison that a place is drawn with: of the first with the second, of others with the first."""
    return next((rival for rival in seen.rivals if rival.number == max(2, number)), None)


def posterior_map(seen: TerrainObservations) -> Picture:
    """Where the camera can have stood: 50 and 90 % regions and numbered places over shaded relief."""
    field = seen.field
    places = unpack(field)
    level = region_levels(places.evidence_nats)
    half = 0.0005 * field.spacing_m
    extent = (
        float(places.x_m[0]) / 1000.0 - half,
        float(places.x_m[-1]) / 1000.0 + half,
        float(places.y_m[0]) / 1000.0 - half,
        float(places.y_m[-1]) / 1000.0 + half,
    )
    wide = (extent[1] - extent[0]) / (extent[3] - extent[2])
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(11.0, 6.2), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)
        axes: list[Axes] = list(figure.subplots(1, 2, width_ratios=[min(max(wide, 0.6), 1.8), 1.0], squeeze=False)[0])
        spots = _spots(seen)
        for number, axis in enumerate(axes):
            _relief(axis, seen.relief, extent)
            axis.imshow(
                np.ma.masked_equal(level, 0.0),
                origin="lower",
                extent=extent,
                cmap=REGIONS,
                vmin=1.0,
                vmax=2.0,
                alpha=0.75,
                interpolation="nearest",
            )
            axis.set_aspect("equal")
            _numbers(axis, seen.places, spots, close=number == 1)
            axis.set_xlabel("east (km)")
        axes[0].set_ylabel("north (km)")
        axes[0].set(xlim=extent[:2], ylim=extent[2:])
        axes[0].set_title("The searched region", loc="left", fontsize=9)
        x, y = spots[0]
        reach = max(CLOSE_M, 6.0 * field.spacing_m) / 1000.0
        axes[1].set(xlim=(x - reach, x + reach), ylim=(y - reach, y + reach))
        axes[1].set_title("Around place 1; the stroke shows where it looks", loc="left", fontsize=9)
        axes[0].plot(
            [x - reach, x + reach, x + reach, x - reach, x - reach],
            [y - reach, y - reach, y + reach, y + reach, y - reach],
            color="#222222",
            linewidth=0.8,
        )
        figure.suptitle(
            f"Where this line can be seen from: 50 % within {seen.region50_km2:.2f} km², 90 % within "
            f"{seen.region90_km2:.2f} km², if it is in this region at all (not: "
            f"{100.0 * seen.outside_probability:.0f} %)",
            fontsize=10,
            x=0.01,
            ha="left",
        )
        png = _png(figure)
    caption = (
        "Where the camera can have stood by the ridge line alone, over shaded relief: dark holds 50 % of what is in "
        "the region, pale 90 %; the best places are numbered. North is up; kilometres from the region's middle."
    )
    return Picture("terrain-map", caption, png, shows_footage=False)


def region_levels(evidence_nats: Floats) -> Floats:
    """2 inside the region that holds 50 % of the posterior, 1 inside that of 90 %, 0 elsewhere."""
    mass = np.nan_to_num(np.exp(evidence_nats - np.nanmax(evidence_nats)), nan=0.0)
    level = np.zeros(mass.shape)
    for share in (0.9, 0.5):
        level[highest_density(mass.ravel(), share).reshape(mass.shape)] += 1.0
    return level


def shaded(ground: Ground, part: Window | None = None) -> bytes:
    """Shaded relief of a window as JPEG, rows from the north, at most `RELIEF_SIDE_PX` a side.

    Notes
    -----
    Lambert's cosine law with light from the north-west (Horn, Hill shading and the reflectance map, Proceedings of
    the IEEE 69, 1981, pages 14-47), slopes exaggerated until the median one is 15 degrees.
    """
    window = ground.region if part is None else part
    rows, columns = slice(window.row, window.row + window.rows), slice(window.column, window.column + window.columns)
    height = ground.height_m[rows, columns].astype(np.float64)
    known = np.isfinite(height)
    height = np.where(known, height, np.nanmean(height) if known.any() else 0.0)
    scale = min(1.0, RELIEF_SIDE_PX / max(height.shape))
    size = (max(2, round(height.shape[1] * scale)), max(2, round(height.shape[0] * scale)))
    small = np.asarray(cv2.resize(height, size, interpolation=cv2.INTER_AREA), np.float64)
    spacing = ground.spacing_m * height.shape[0] / size[1]
    north, east = np.gradient(small, spacing)
    typical = float(np.median(np.hypot(north, east)))
    steeper = np.clip(np.tan(np.radians(15.0)) / typical, 0.5, 20.0) if typical > 0.0 else 1.0
    turn, up = np.radians(LIGHT_FROM_DEG), np.radians(LIGHT_UP_DEG)
    light = np.array([np.sin(turn) * np.cos(up), np.cos(turn) * np.cos(up), np.sin(up)])
    normal = np.stack([-steeper * east, -steeper * north, np.ones_like(small)], axis=-1)
    lit = np.clip((normal @ light) / np.linalg.norm(normal, axis=-1), 0.0, 1.0)
    grey = np.clip(40.0 + 215.0 * lit, 0, 255).astype(np.uint8)
    unknown = cv2.resize((~known).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) == 1
    grey[unknown] = 0
    done, coded = cv2.imencode(".jpg", np.ascontiguousarray(grey[::-1]), [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert done, "a grey picture can be coded"
    return coded.tobytes()


def _relief(axis: Axes, relief: bytes, extent: tuple[float, float, float, float]) -> None:
    grey = cv2.imdecode(np.frombuffer(relief, np.uint8), cv2.IMREAD_GRAYSCALE) if relief else None
    if grey is not None:
        axis.imshow(grey, cmap="gray", vmin=0, vmax=255, extent=extent, origin="upper", interpolation="bilinear")


def _spots(seen: TerrainObservations) -> list[tuple[float, float]]:
    """Places in the grid [km]."""
    to_grid = pyproj.Transformer.from_crs(4326, seen.field.crs, always_xy=True)
    return [
        (float(x) / 1000.0, float(y) / 1000.0)
        for x, y in (to_grid.transform(place.lon_deg, place.lat_deg) for place in seen.places)
    ]


def _numbers(axis: Axes, places: tuple[Place, ...], spots: list[tuple[float, float]], *, close: bool) -> None:
    """Numbered dots; close by also the direction of the view and the angle it spans."""
    for number, (place, (x, y)) in reversed(list(enumerate(zip(places, spots, strict=True), start=1))):
        if close:
            for turn, width in ((0.0, 1.6), (-0.5, 0.6), (0.5, 0.6)):
                bearing = np.radians(place.heading_deg + turn * place.hfov_deg)
                reach = CLOSE_M / 1000.0 * 0.5
                axis.plot(
                    [x, x + reach * np.sin(bearing)], [y, y + reach * np.cos(bearing)], color=NUMBERED, linewidth=width
                )
        axis.plot([x], [y], "o", color=NUMBERED, markersize=4.0, markeredgecolor="white", markeredgewidth=0.6)
        axis.annotate(
            str(number),
            (x, y),
            textcoords="offset points",
            xytext=(5, 4),
            fontsize=9,
            fontweight="bold",
            color=NUMBERED,
            annotation_clip=True,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )


def horizon_picture(seen: SeenFrom) -> Picture:
    """The skyline all around a place, coloured by distance, with the ridges in front."""
    line = seen.skyline
    elevation = np.degrees(np.arctan(line.tangent))
    known = np.isfinite(elevation)
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(11.0, 3.6), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)
        axis = figure.subplots()
        far = line.range_m[known]
        norm = LogNorm(max(10.0, float(far.min()) / 1.1), max(20.0, float(far.max()) * 1.1), clip=True)
        inner = np.isfinite(line.inner_tangent)
        rows = np.nonzero(inner)[0]
        axis.scatter(
            line.azimuth_deg[rows],
            np.degrees(np.arctan(line.inner_tangent[inner])),
            c=line.inner_range_m[inner],
            norm=norm,
            cmap=COLOURS,
            s=1.5,
            linewidths=0.0,
        )
        at = np.stack([line.azimuth_deg[known], elevation[known]], axis=1)
        ridge = LineCollection(list(np.stack([at[:-1], at[1:]], axis=1)), cmap=COLOURS, norm=norm, linewidth=2.0)
        ridge.set_array(far[:-1])
        axis.add_collection(ridge)
        axis.fill_between(line.azimuth_deg, np.where(known, elevation, np.nan), -90.0, color="#e4e1da", zorder=0)
        axis.set(xlim=(0.0, 360.0), ylim=(float(elevation[known].min()) - 2.0, float(elevation[known].max()) + 1.0))
        axis.set_xticks(range(0, 361, 30), [f"{value % 360}°" for value in range(0, 361, 30)])
        axis.set_xlabel("true bearing")
        axis.set_ylabel("apparent elevation (degrees)")
        axis.grid(color="#cccccc", linewidth=0.4)
        bar = figure.colorbar(ridge, ax=axis, pad=0.01, aspect=20)
        ticks = [value for value in DISTANCES_M if float(far.min()) <= value <= float(far.max())]
        bar.set_ticks(ticks, labels=[distance_words(value) for value in ticks])
        bar.ax.minorticks_off()
        title = f"The horizon from {seen.lat_deg:.5f}, {seen.lon_deg:.5f}, eye at {seen.eye_m:.0f} m"
        axis.set_title(title, loc="left", fontsize=10)
        png = _png(figure)
    return Picture("terrain-horizon", "What stands against the sky around a place, by distance.", png, False)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
