"""A proposed skyline drawn over its frame: where the line is, and how sure."""

from __future__ import annotations

import io

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from witnessmark.lines.contract import Picture
from witnessmark.lines.terrain.correcting import LEAST_CHANCE, Corrected

SURE = "RdYlGn"
DRAWN = "#1f4fa3"


def proposal_picture(rgb: NDArray[np.uint8], corrected: Corrected) -> Picture:
    """The frame with the proposed line, coloured by its chance to be right.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
    corrected : Corrected
        Of this frame.
    """
    told = corrected.proposal
    height, width = rgb.shape[:2]
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(10.0, min(12.0, 10.0 * height / width + 1.6)), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)
        parts: list[Axes] = list(figure.subplots(2, 1, sharex=True, height_ratios=[8.0, 1.0], squeeze=False)[:, 0])
        parts[0].imshow(rgb, extent=(0.0, width, height, 0.0), aspect="auto")
        x = np.arange(width) + 0.5
        at = np.stack([x, told.row_px], axis=1)
        known = np.isfinite(at[:-1, 1]) & np.isfinite(at[1:, 1])
        norm = Normalize(0.0, 1.0)
        parts[0].plot(x, told.row_px, color="#000000", linewidth=3.4)
        line = LineCollection(list(np.stack([at[:-1], at[1:]], axis=1)[known]), cmap=SURE, norm=norm, linewidth=1.8)
        line.set_array(told.chance_right[:-1][known])
        line.set_zorder(3)
        parts[0].add_collection(line)
        if corrected.drawn.any():
            drawn = np.where(corrected.drawn, told.row_px, np.nan)
            parts[0].plot(x, drawn, color=DRAWN, linewidth=2.4, zorder=4)
        left_out = corrected.ignored | (told.chance_right < LEAST_CHANCE) | ~np.isfinite(told.row_px)
        parts[0].fill_between(
            x, 0.0, height, where=left_out.tolist(), color="#000000", alpha=0.35, linewidth=0.0, step="mid"
        )
        parts[0].set(xlim=(0.0, width), ylim=(height, 0.0), ylabel="row (px)")
        title = told.reason or f"Proposed by {told.by[:60]}; dark columns are left out, blue was drawn by hand"
        parts[0].set_title(title, loc="left", fontsize=9, parse_math=False)
        figure.colorbar(line, ax=parts[0], pad=0.01, aspect=30, label="chance to be right")
        parts[1].fill_between(x, 0.0, told.chance_right, color="#7a8b6f", linewidth=0.0, step="mid")
        parts[1].axhline(LEAST_CHANCE, color="#b03a2e", linewidth=0.8)
        parts[1].set(ylim=(0.0, 1.0), ylabel="chance", xlabel="column (px)")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    caption = "The proposed skyline, coloured by its chance to be right; columns in the dark are not asked."
    return Picture("terrain-skyline", caption, buffer.getvalue(), shows_footage=True)
