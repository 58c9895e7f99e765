"""Pictures to check a match by: the same moments above one another, and the appearances in order of time."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import cv2
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.patches import Polygon
from numpy.typing import NDArray

from witnessmark.lines.contract import Picture
from witnessmark.lines.copies.laying import CORNERS, MIRROR, laid
from witnessmark.lines.copies.observations import Chain, CopiesObservations, Found, Link, SharedStretch, StillPair
from witnessmark.lines.copies.stills import blurred, unpacked
from witnessmark.lines.copies.telling import change_words, seen_words

INK, SHARED, OUTLINE, PALE = "#33414e", "#2f6fb0", "#d9730d", "#dfe3e8"
COLORS = {"copy": SHARED, "related": "#7d8790", "same-sound": "#3c7d3c"}
STILL_PX = 240
"""Longer side at which small stills are drawn."""
DRAWN_AT_MOST = 6
COLUMNS = 6
ROWS = ("this recording", "known recording", "known, laid into\nthis one's frame")
VERDICT = {
    "copy": "matches as a copy",
    "related": "related, not shown to be the same recording",
    "same-sound": "same sound, other pictures",
}


def draw(seen: CopiesObservations) -> tuple[Picture, ...]:
    """Strips for the surest matches, then the appearances in order of time; the same observations, the same bytes."""
    pictures = []
    with styled():
        for index, found in enumerate(seen.found[:DRAWN_AT_MOST]):
            pairs = [pair for pair in seen.stills if pair.found_index == index]
            pictures.append(strip(found, pairs, seen.fingerprint.duration_s, index + 1))
            if pairs:  # what a person is shown before asking for the clear one, and what public editions hold
                veiled = strip(found, [blurred(pair) for pair in pairs], seen.fingerprint.duration_s, index + 1)
                name, caption = f"{veiled.name}-blurred", f"{veiled.caption.removesuffix('.')}; stills blurred."
                pictures.append(replace(veiled, name=name, caption=caption, shows_footage=False))
        if len(seen.chain.dated) + len(seen.chain.undated) > 1:
            pictures.append(appearances(seen.chain))
    return tuple(pictures)


def styled() -> AbstractContextManager[None]:
    """Within it pictures come out as the same bytes, whatever a person has set for matplotlib."""
    return matplotlib.rc_context({"font.family": "DejaVu Sans", "font.size": 9})


def strip(found: Found, pairs: Sequence[StillPair], duration_s: float, number: int) -> Picture:
    """One match: which stretch matches which, and where thumbnails were kept the same moments above one another."""
    shown = [part for part in (_of_stretch(pairs, 0), _of_stretch(pairs, 1)) if part]
    heights = [1.5, *(2.6 if found.relation == "same-sound" else 3.9 for _ in shown)]
    figure = Figure(figsize=(11.0, 0.6 + sum(heights)), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    _stretches(figure.add_subplot(grid[0]), found, duration_s)
    for row, part in enumerate(shown, start=1):
        _stills(figure, grid[row], part, found, found.stretches[part[0].stretch_index])
    through = f", found through {', '.join(found.via)}" if found.via else ""
    figure.suptitle(
        _short(f"{found.known.name}: {VERDICT[found.relation]}{change_words(found)}{through}", 130),
        fontsize=10,
        x=0.01,
        ha="left",
    )
    caption = "Which stretch matches which"
    caption += (
        ", and the same moments above one another, with the outline of the other picture."
        if shown
        else "; no pictures."
    )
    return Picture(f"copies-strip-{number}", caption, _png(figure), shows_footage=bool(shown))


def _of_stretch(pairs: Sequence[StillPair], stretch_index: int) -> list[StillPair]:
    return [pair for pair in pairs if pair.stretch_index == stretch_index][:COLUMNS]


def _stretches(axis: Axes, found: Found, duration_s: float) -> None:
    """Both recordings as bars, each over its own length, joined where they match."""
    item_s, known_s = max(duration_s, 1e-3), max(found.known.duration_s, 1e-3)
    for level, length_s, name in ((1.0, item_s, "this recording"), (0.0, known_s, "known recording")):
        axis.add_patch(Polygon(_bar(0.0, 1.0, level), facecolor=PALE, edgecolor=INK, linewidth=0.6))
        axis.text(-0.01, level, name, ha="right", va="center", fontsize=8)
        axis.text(1.006, level, _time(length_s), ha="left", va="center", fontsize=7, color=INK)
    labelled: list[float] = []
    color = COLORS[found.relation]
    for stretch in found.stretches:
        top = stretch.item_start_s / item_s, stretch.item_end_s / item_s
        low = stretch.known_start_s / known_s, stretch.known_end_s / known_s
        for level, (left, right) in ((1.0, top), (0.0, low)):
            axis.add_patch(Polygon(_bar(left, max(right, left + 0.002), level), facecolor=color, linewidth=0))
        axis.fill([top[0], top[1], low[1], low[0]], [0.78, 0.78, 0.22, 0.22], color=color, alpha=0.18, linewidth=0)
        middle = sum((*top, *low)) / 4.0
        if all(abs(middle - other) > 0.22 for other in labelled):
            axis.text(middle, 0.5, _stretch_words(stretch), ha="center", va="center", fontsize=7, color=INK)
            labelled.append(middle)
    axis.set_xlim(-0.11, 1.06)
    axis.set_ylim(-0.35, 1.35)
    axis.axis("off")


def _bar(left: float, right: float, level: float) -> list[tuple[float, float]]:
    return [(left, level - 0.2), (right, level - 0.2), (right, level + 0.2), (left, level + 0.2)]


def _stretch_words(stretch: SharedStretch) -> str:
    here = f"{_time(stretch.item_start_s)} - {_time(stretch.item_end_s)}"
    there = f"{_time(stretch.known_start_s)} - {_time(stretch.known_end_s)}"
    return f"{here}\nshows {there}"


def _time(at_s: float) -> str:
    if at_s < 600.0:
        return f"{at_s:.1f} s"
    return f"{int(at_s) // 3600:d}:{int(at_s) // 60 % 60:02d}:{int(at_s) % 60:02d}"


def _stills(
    figure: Figure, place: SubplotSpec, pairs: Sequence[StillPair], found: Found, stretch: SharedStretch
) -> None:
    """The item, the known recording and the known one laid into the item's frame; of the same sound the first two."""
    rows = 2 if found.relation == "same-sound" else 3
    matrix = np.array(stretch.matrix_share, dtype=np.float64).reshape(3, 3)
    inner = place.subgridspec(rows, COLUMNS, wspace=0.03, hspace=0.06)
    for column, pair in enumerate(pairs):
        item, known = _picture(pair.item_jpeg), _picture(pair.known_jpeg)
        axes = [figure.add_subplot(inner[row, column]) for row in range(rows)]
        if rows == 3:
            _still(axes[0], item, laid(CORNERS, matrix))
            _still(axes[1], known, _item_in_known(matrix, found.mirrored))
            _still(axes[2], laid_in(known, item.shape, matrix, found.mirrored), None)
        else:
            _still(axes[0], item, None)
            _still(axes[1], known, None)
        axes[0].set_xlabel(_time(pair.item_s), fontsize=7, labelpad=2)
        axes[1].set_xlabel(_time(pair.known_s), fontsize=7, labelpad=2)
        if column == 0:
            for axis, words in zip(axes, ROWS[:rows], strict=True):
                axis.set_ylabel(words, fontsize=7)


def _item_in_known(matrix: NDArray[np.float64], mirrored: bool) -> NDArray[np.float64] | None:
    """The item's frame as it lies in the known picture, shape (4, 2); None where the homography has no inverse."""
    if abs(np.linalg.det(matrix)) < 1e-9:
        return None
    corners = laid(CORNERS, np.asarray(np.linalg.inv(matrix), np.float64))
    return laid(corners, MIRROR) if mirrored else corners


def _picture(jpeg: str) -> NDArray[np.uint8]:
    """A still at drawing size; plain grey for one that cannot be read."""
    small = unpacked(jpeg)
    if small is None:
        return np.full((STILL_PX * 9 // 16, STILL_PX), 128, np.uint8)
    scale = STILL_PX / max(small.shape)
    size = max(1, round(small.shape[1] * scale)), max(1, round(small.shape[0] * scale))
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def laid_in(
    known: NDArray[np.uint8], shape: tuple[int, ...], matrix: NDArray[np.float64], mirrored: bool
) -> NDArray[np.uint8]:
    """The known picture brought to where it lies in the item's frame of that shape; white where it does not reach."""
    height, width = shape[:2]
    source = known[:, ::-1] if mirrored else known
    from_pixels = np.diag([1.0 / source.shape[1], 1.0 / source.shape[0], 1.0])
    to_pixels = np.diag([float(width), float(height), 1.0])
    warped = cv2.warpPerspective(
        np.ascontiguousarray(source),
        to_pixels @ matrix @ from_pixels,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=255,
    )
    return np.asarray(warped, np.uint8)


def _still(axis: Axes, picture: NDArray[np.uint8], outline: NDArray[np.float64] | None) -> None:
    height, width = picture.shape
    axis.imshow(picture, cmap="gray", vmin=0, vmax=255, extent=(0.0, width, height, 0.0), interpolation="bilinear")
    if outline is not None and np.all(np.abs(outline) < 50.0):
        points = outline * np.array([width, height], dtype=np.float64)
        axis.add_patch(Polygon(points, closed=True, fill=False, edgecolor=OUTLINE, linewidth=1.6, clip_on=True))
    axis.set_xlim(0.0, width)
    axis.set_ylim(height, 0.0)
    axis.set_xticks([])
    axis.set_yticks([])
    for spine in axis.spines.values():
        spine.set_color(PALE)


def appearances(chain: Chain) -> Picture:
    """The chain of appearances, earliest first, with what was changed at each step."""
    links = [*chain.dated, *chain.undated][:16]
    figure = Figure(figsize=(11.0, 0.7 + 0.62 * len(links)), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.add_subplot()
    axis.axis("off")
    axis.set_xlim(0.0, 1.0)
    axis.set_ylim(len(links) - 0.4, -0.6)
    last = min(len(chain.dated), len(links)) - 1
    if last > 0:
        axis.plot([0.02, 0.02], [0.0, float(last)], color=INK, linewidth=1.0, zorder=1)
    for level, link in enumerate(links):
        dated = link.first is not None
        color = OUTLINE if link.is_item else SHARED
        axis.plot(
            [0.02], [level], "o", markersize=9, color=color if dated else "white", markeredgecolor=color, zorder=2
        )
        axis.text(0.045, level - 0.14, _short(_link_words(link, first=level == 0 and dated), 118), va="center")
        axis.text(0.045, level + 0.2, _short(_change_line(link), 185), va="center", fontsize=7.5, color=INK)
    figure.suptitle("Appearances known here, earliest first", fontsize=10, x=0.01, ha="left")
    return Picture(
        name="copies-appearances",
        caption="When recordings of this content were first seen, as far as known here, and what was changed since.",
        png=_png(figure),
        shows_footage=False,
    )


def _link_words(link: Link, *, first: bool) -> str:
    name = f"{link.name} (this recording)" if link.is_item else link.name
    if link.origin:
        name += f" (from {link.origin})"
    when = "time not known" if link.first is None else seen_words(link.first.unnamed)  # public editions show it
    return f"{name}: {when}" + (" - earliest known here" if first else "")


def _change_line(link: Link) -> str:
    if link.first is None:
        if link.stated is None:
            return "no time is attested, so its place in the order is open"
        stated = dt.datetime.fromtimestamp(link.stated.at_unix_s, dt.UTC).strftime("%Y-%m-%d %H:%M")
        return f"only the file itself states a time ({stated} UTC, {link.stated.how_known}), which orders nothing"
    if not link.against:
        return f"{link.duration_s:.1f} s long"
    return f"against {link.against}: {'; '.join(link.changed)}"


def _short(text: str, letters: int) -> str:
    text = "".join(letter if letter.isprintable() else " " for letter in text).replace("$", "\\$")
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
