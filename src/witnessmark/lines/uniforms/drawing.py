"""The box and the best candidate side by side, laid over one another, with the points that keep to one geometry."""

from __future__ import annotations

import io

import cv2
import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch

from witnessmark.lines.contract import Picture
from witnessmark.lines.uniforms.looks import Rgb
from witnessmark.lines.uniforms.observations import BoxSeen, Frame
from witnessmark.media import blur

LINE = "#d9730d"
LINES = 30
"""Points joined by a line; the others are only dotted."""


def side_by_side(box: BoxSeen, number: int, *, veiled: bool = False) -> Picture:
    """Draw a box and its best candidate as PNG; the same observations give the same bytes.

    Parameters
    ----------
    box : BoxSeen
        With a pair.
    number : int
        For the picture's name.
    veiled : bool
        The box blurred by `witnessmark.media.blur`.
    """
    assert box.pair is not None
    best = box.candidates[0]
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(8.0, 4.6), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        seen = opened(box.pair.seen)
        left.imshow(blur(seen) if veiled else seen, extent=(0.0, 1.0, 1.0, 0.0))
        right.imshow(opened(box.pair.reference), extent=(0.0, 1.0, 1.0, 0.0))
        for axis, title in ((left, f"the box at {box.at_s:.2f} s"), (right, f"reference: {best.reference.label[:50]}")):
            axis.set(xlim=(0.0, 1.0), ylim=(1.0, 0.0), xticks=[], yticks=[])
            axis.set_title(title, fontsize=9, loc="left", parse_math=False)
        for index, point in enumerate(best.points):
            here, there = (point.x_share, point.y_share), (point.reference_x_share, point.reference_y_share)
            left.plot(*here, "o", color=LINE, markersize=2.6)
            right.plot(*there, "o", color=LINE, markersize=2.6)
            if index % max(1, len(best.points) // LINES) == 0:
                joined = ConnectionPatch(
                    here, there, "data", "data", axesA=left, axesB=right, color=LINE, linewidth=0.6, alpha=0.75
                )
                figure.add_artist(joined)
        count = best.measured.inliers_count
        title = f"{best.grade}: {count} points keep to one geometry. A likeness of pictures, not a unit."
        figure.suptitle(title, fontsize=10, x=0.01, ha="left")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return Picture(
        name=f"uniforms-match-{number}{'-blurred' if veiled else ''}",
        caption="What a person's box shows beside the reference it is most like; matched points are joined"
        f"{'; the still blurred' if veiled else ''}. A likeness of pictures, not a unit.",
        png=buffer.getvalue(),
        shows_footage=not veiled,
    )


def opened(frame: Frame) -> Rgb:
    """A kept picture as RGB."""
    found = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None, "a kept picture is a JPEG made here"
    return np.asarray(found[:, :, ::-1], np.uint8)
