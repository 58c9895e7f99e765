"""The sun's path of a day drawn over a frame: where it would have stood, hour by hour, for a place and a heading."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from witnessmark import media
from witnessmark.errors import BadInputError
from witnessmark.lines.contract import Picture
from witnessmark.lines.sun import ephemeris
from witnessmark.lines.sun.drawing import ring_deg
from witnessmark.lines.sun.observations import CameraFacts, Sighting, SunObservations
from witnessmark.lines.sun.refraction import lift_deg
from witnessmark.media.records import Broken

Floats = NDArray[np.float64]
STEP_S = 300.0
PATH, EDGE, MARKED, AROUND = "#f0e442", "#202020", "#56b4e9", "#3c3c3c"
"""The path, its outline, what the marks say, and what is not frame.

Colours by Okabe and Ito 2008, https://jfly.uni-koeln.de/color/.
"""
SIDE_PX = 1280.0
"""Longer side of the picture."""
AROUND_FRAMES = 1.6
"""The path is followed so many frames from the middle to every side; further out a pinhole stretches it beyond use."""


def path_px(
    camera: CameraFacts, heading_deg: float, size_px: tuple[int, int], azimuth_deg: Floats, elevation_deg: Floats
) -> Floats:
    """Pixels of directions in a frame, shape (n, 2); NaN for what lies behind the camera.

    The inverse of `camera.rays` at the means of the drawn cameras.
    """
    turn, height = np.radians(azimuth_deg - heading_deg), np.radians(elevation_deg)
    right, ahead, up = np.cos(height) * np.sin(turn), np.cos(height) * np.cos(turn), np.sin(height)
    pitch, roll = math.radians(camera.pitch_deg), math.radians(camera.roll_deg)
    depth = ahead * math.cos(pitch) + up * math.sin(pitch)
    above = up * math.cos(pitch) - ahead * math.sin(pitch)
    focal = size_px[0] / 2.0 / math.tan(math.radians(camera.hfov_deg) / 2.0)
    scale = np.where(depth > 1e-6, focal / np.maximum(depth, 1e-6), np.nan)
    x = right * math.cos(roll) - above * math.sin(roll)
    y = right * math.sin(roll) + above * math.cos(roll)
    return np.stack([size_px[0] / 2.0 + scale * x, size_px[1] / 2.0 - scale * y], axis=1)


def over_frame(
    path: Path, seen: SunObservations, size_px: tuple[int, int] | None, lat_deg: float, lon_deg: float, day: dt.date
) -> Picture:
    """The sun's path of a UTC day over a still or the first frame of a recording, by the camera that was marked in it.

    Parameters
    ----------
    path : Path
    seen : SunObservations
    size_px : (width, height) or None
        Of the frame that was marked; None when no frame was.
    lat_deg, lon_deg : float
    day : date

    Raises
    ------
    BadInputError
        When the frame cannot be decoded, is of another size than the marks, or no camera and heading are known.
    """
    if not seen.cameras or size_px is None:
        raise BadInputError(
            "The marks tell of no camera, so nothing can be drawn over a frame.",
            "Give marks with image, camera and shadows, or leave --frame out.",
        )
    if not seen.headings:
        raise BadInputError(
            "Where the camera looks is not known, so the sun's path cannot be laid over its frame.",
            "Give heading_deg as [mean, error] in the camera of the marks.",
        )
    found = media.still_at(path, 0.0)
    if isinstance(found, Broken):
        raise BadInputError(f"The frame '{path}' cannot be decoded: {found.reason.rstrip('.')}.", found.do)
    size = (found.rgb.shape[1], found.rgb.shape[0])
    if size != size_px:
        raise BadInputError(
            f"The frame is {size[0]} x {size[1]} pixels, the marks are of one of {size_px[0]} x {size_px[1]}.",
            "Give the frame on which the marks were made, at its full size.",
        )
    return sun_path(found.rgb, seen.cameras[0], seen.headings[0].heading_deg, lat_deg, lon_deg, day, seen.sightings)


def sun_path(
    rgb: NDArray[np.uint8],
    camera: CameraFacts,
    heading_deg: float,
    lat_deg: float,
    lon_deg: float,
    day: dt.date,
    marked: Sequence[Sighting] = (),
) -> Picture:
    """The sun's path of a UTC day over a frame and about it, with its hours.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height_px, width_px, 3)
        The upright frame.
    camera : CameraFacts
        As the sun line drew it for that frame.
    heading_deg : float
        True bearing of the optical axis.
    lat_deg, lon_deg : float
    day : date
        UTC.
    marked : sequence of Sighting
        Of that frame: drawn beside the path.

    Returns
    -------
    Picture
        It shows footage.
    """
    rows, columns = rgb.shape[:2]
    start = dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
    unix_s = start + STEP_S * np.arange(int(86_400.0 / STEP_S), dtype=np.float64)
    here = ephemeris.frames(np.array([lat_deg]), np.array([lon_deg]))
    azimuth, airless = ephemeris.azimuth_elevation(ephemeris.track("sun", unix_s), here)
    seen = airless[0] + lift_deg(airless[0])
    pixels = path_px(camera, heading_deg, (columns, rows), azimuth[0], seen)
    pixels[seen < -0.5] = np.nan
    view = _view(pixels, columns, rows)
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        scale = SIDE_PX / max(view[1] - view[0], view[3] - view[2])
        figure = Figure(figsize=(scale * (view[1] - view[0]) / 120.0, scale * (view[3] - view[2]) / 120.0), dpi=120)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_facecolor(AROUND)
        axes.imshow(rgb, extent=(0.0, float(columns), float(rows), 0.0), interpolation="antialiased")
        for colour, width in ((EDGE, 3.5), (PATH, 1.8)):
            axes.plot(pixels[:, 0], pixels[:, 1], color=colour, linewidth=width)
        for number in range(0, len(unix_s), int(3600.0 / STEP_S)):
            x, y = pixels[number]
            if view[0] <= x <= view[1] and view[2] <= y <= view[3]:
                axes.plot([x], [y], "o", color=PATH, markeredgecolor=EDGE)
                _write(axes, f"{number * STEP_S / 3600.0:.0f} h", (float(x), float(y)), (4, 4), PATH)
        for sighting in marked:
            _marked(axes, sighting, camera, (columns, rows))
        axes.set_xlim(view[0], view[1])
        axes.set_ylim(view[3], view[2])
        axes.set_xticks([])
        axes.set_yticks([])
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    caption = (
        f"Where the sun stands on {day.isoformat()} (hours in UTC) at {lat_deg:.3f}, {lon_deg:.3f}, if the camera "
        f"looks towards {heading_deg:.0f} degrees. The dark area lies around the frame; rings are where the marks put "
        "the sun, with 50 and 90 % of their errors."
    )
    return Picture("sun-path", caption, buffer.getvalue(), shows_footage=True)


def _view(pixels: Floats, columns: int, rows: int) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of what is drawn [px]: the frame, and the path about it as far as that is near."""
    x, y = pixels[:, 0], pixels[:, 1]
    with np.errstate(invalid="ignore"):
        near = (np.abs(x - columns / 2.0) <= AROUND_FRAMES * columns) & (np.abs(y - rows / 2.0) <= AROUND_FRAMES * rows)
    if not near.any():
        return 0.0, float(columns), 0.0, float(rows)
    margin = 0.06 * columns
    return (
        min(0.0, float(x[near].min()) - margin),
        max(float(columns), float(x[near].max()) + margin),
        min(0.0, float(y[near].min()) - margin),
        max(float(rows), float(y[near].max()) + margin),
    )


def _marked(axes: Axes, sighting: Sighting, camera: CameraFacts, size_px: tuple[int, int]) -> None:
    """Where the marks put the sun, with the rings of their errors."""
    if sighting.body != "sun" or sighting.azimuth_deg is None or sighting.elevation_deg is None or sighting.from_north:
        return
    for share in (0.5, 0.9):
        azimuth, elevation = ring_deg(sighting, share)
        ring = path_px(camera, 0.0, size_px, azimuth, elevation)
        axes.plot(ring[:, 0], ring[:, 1], color=MARKED, linewidth=1.4)
    at = np.array([sighting.azimuth_deg]), np.array([sighting.elevation_deg])
    ((x, y),) = path_px(camera, 0.0, size_px, *at)
    if np.isfinite(x):
        axes.plot([x], [y], "x", color=MARKED)
        _write(axes, "by the marks", (float(x), float(y)), (6, -12), MARKED)


def _write(axes: Axes, text: str, at: tuple[float, float], away: tuple[int, int], colour: str) -> None:
    box = {"facecolor": EDGE, "pad": 1.0, "linewidth": 0}
    axes.annotate(text, at, color=colour, xytext=away, textcoords="offset points", bbox=box, annotation_clip=True)
