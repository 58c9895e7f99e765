"""The sun's path of a day drawn over a frame: where it would have stood, hour by hour, for a place and a heading."""

from __future__ import annotations

import datetime as dt
import io
import math

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from witnessmark.lines.contract import Picture
from witnessmark.lines.sun import ephemeris
from witnessmark.lines.sun.observations import CameraFacts
from witnessmark.lines.sun.refraction import lift_deg

Floats = NDArray[np.float64]
STEP_S = 300.0
PATH, EDGE = "#f0e442", "#202020"
"""The path and its outline; colours by Okabe and Ito 2008, https://jfly.uni-koeln.de/color/."""


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


def sun_path(
    rgb: NDArray[np.uint8],
    camera: CameraFacts,
    heading_deg: float,
    lat_deg: float,
    lon_deg: float,
    day: dt.date,
) -> Picture:
    """The sun's path of a UTC day over a frame, with its hours.

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
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(columns / 120.0, rows / 120.0), dpi=120)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.imshow(rgb, extent=(0.0, float(columns), float(rows), 0.0), interpolation="nearest")
        for colour, width in ((EDGE, 3.5), (PATH, 1.8)):
            axes.plot(pixels[:, 0], pixels[:, 1], color=colour, linewidth=width)
        for number in range(0, len(unix_s), int(3600.0 / STEP_S)):
            x, y = pixels[number]
            if 0.0 <= x < columns and 0.0 <= y < rows:
                axes.plot([x], [y], "o", color=PATH, markeredgecolor=EDGE)
                axes.annotate(
                    f"{number * STEP_S / 3600.0:.0f} h",
                    (x, y),
                    color=PATH,
                    xytext=(4, 4),
                    textcoords="offset points",
                    bbox={"facecolor": EDGE, "pad": 1.0, "linewidth": 0},
                )
        axes.set_xlim(0.0, columns)
        axes.set_ylim(rows, 0.0)
        axes.axis("off")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    caption = (
        f"Where the sun stands on {day.isoformat()} (hours in UTC) at {lat_deg:.3f}, {lon_deg:.3f}, if the camera "
        f"looks towards {heading_deg:.0f} degrees."
    )
    return Picture("sun-path", caption, buffer.getvalue(), shows_footage=True)
