"""Both pictures side by side: matched ground outlined, matched points joined."""

from __future__ import annotations

import io

import cv2
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch
from numpy.typing import NDArray

from witnessmark.lines.contract import Picture
from witnessmark.lines.scene.observations import Compared, Frame, MatchedPoint, PairSeen
from witnessmark.media import blur

LINE, REGION = "#d9730d", "#2f6fb0"
LINES = 40
"""Points that are joined by a line; the others are only dotted."""
NEAR_SHARE = 0.06
"""Matched ground reaches this share of the picture's longer side around a point."""

Shares = NDArray[np.float64]


def side_by_side(compared: Compared, number: int, *, veiled: bool = False) -> Picture:
    """Draw the best pair of views of a comparison as PNG; the same observations give the same bytes.

    Parameters
    ----------
    compared : Compared
        With a best pair.
    number : int
        For the picture's name.
    veiled : bool
        Both views blurred by `witnessmark.media.blur`: what a person is shown before asking for the clear picture, and
        what public editions hold.
    """
    pair = compared.best
    assert pair is not None
    left, right = pair.frame, pair.reference_frame
    wide = left.width_px / left.height_px + right.width_px / right.height_px
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(12.0, min(12.0, 12.0 / wide + 1.0)), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)
        ratios = [left.width_px / left.height_px, right.width_px / right.height_px]
        axes: list[Axes] = list(figure.subplots(1, 2, width_ratios=ratios, squeeze=False)[0])
        here = np.array([(point.x_share, point.y_share) for point in pair.points])
        there = np.array([(point.reference_x_share, point.reference_y_share) for point in pair.points])
        _picture(axes[0], left, here, f"this item at {left.at_s:.1f} s", veiled)
        _picture(axes[1], right, there, f"{compared.label[:60]} at {right.at_s:.1f} s", veiled)
        _join(figure, axes, pair)
        figure.suptitle(_title(compared, pair), fontsize=10, x=0.01, ha="left")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return Picture(
        name=f"scene-match-{number}{'-blurred' if veiled else ''}",
        caption="Matched ground in both pictures: points that one geometry explains are joined, the ground around them "
        f"is outlined{'; stills blurred' if veiled else ''}.",
        png=buffer.getvalue(),
        shows_footage=not veiled,
    )


def spread_points(points: list[MatchedPoint], at_most: int) -> tuple[MatchedPoint, ...]:
    """Some of many points, spread over the first picture: the farthest from those already taken comes next."""
    if len(points) <= at_most:
        return tuple(points)
    at = np.array([(point.x_share, point.y_share) for point in points])
    picked = [0]
    apart = ((at - at[0]) ** 2).sum(axis=1)
    while len(picked) < at_most:
        picked.append(int(np.argmax(apart)))
        apart = np.minimum(apart, ((at - at[picked[-1]]) ** 2).sum(axis=1))
    return tuple(points[index] for index in sorted(picked))


def _picture(axis: Axes, frame: Frame, shares: Shares, title: str, veiled: bool) -> None:
    grey = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert grey is not None, "a kept picture is a JPEG made here"
    if veiled:
        grey = blur(np.repeat(np.asarray(grey, np.uint8)[..., None], 3, axis=2))[..., 0]
    axis.imshow(grey, cmap="gray", vmin=0, vmax=255, extent=(0.0, 1.0, 1.0, 0.0), aspect="auto")
    axis.set_box_aspect(frame.height_px / frame.width_px)
    near = np.zeros(grey.shape, np.uint8)
    reach = max(2, round(NEAR_SHARE * max(grey.shape)))
    for x, y in shares * np.array([grey.shape[1], grey.shape[0]]):
        cv2.circle(near, (round(float(x)), round(float(y))), reach, 255, -1)
    outlines, _ = cv2.findContours(near, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        ring = np.vstack([outline[:, 0], outline[:1, 0]]) / np.array([grey.shape[1], grey.shape[0]])
        axis.plot(ring[:, 0], ring[:, 1], color=REGION, linewidth=1.6)
    axis.plot(shares[:, 0], shares[:, 1], "o", color=LINE, markersize=2.6)
    axis.set(xlim=(0.0, 1.0), ylim=(1.0, 0.0), xticks=[], yticks=[])
    axis.set_title(title, fontsize=9, loc="left", parse_math=False)


def _join(figure: Figure, axes: list[Axes], pair: PairSeen) -> None:
    for point in spread_points(list(pair.points), LINES):
        figure.add_artist(
            ConnectionPatch(
                (point.x_share, point.y_share),
                (point.reference_x_share, point.reference_y_share),
                "data",
                "data",
                axesA=axes[0],
                axesB=axes[1],
                color=LINE,
                linewidth=0.6,
                alpha=0.75,
            )
        )


def _title(compared: Compared, pair: PairSeen) -> str:
    said = {
        "same-place": "Same place",
        "same-recording": "Looks like the same recording",
        "same-thing": "The same thing, a place only if it cannot be moved",
        "cannot-tell": "Cannot tell",
    }[compared.relation]
    shape = "one plane or one turning camera" if pair.kind == "plane" else "a scene with depth"
    return f"{said}: {pair.matches_count} matched points of {shape}, support {compared.support_count}"
