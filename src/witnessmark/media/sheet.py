"""The contact sheet: a recording at a glance, with its stills, shots and movement, as one PNG."""

from __future__ import annotations

import bisect
import importlib.util
import math
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from witnessmark.errors import MediaError
from witnessmark.media.blur import png_bytes
from witnessmark.media.launch import clean
from witnessmark.media.records import Probe, Still, Survey

WIDTH_PX = 1600
STILLS_SHOWN_MAX = 48
_MARGIN, _GAP = 40, 16
_CURVE_HEIGHT = 150
_PAPER, _INK, _QUIET, _LINE = (250, 249, 246), (28, 30, 34), (108, 112, 120), (214, 212, 206)
_CURVE_FILL, _CURVE_EDGE, _CUT, _REPEAT = (173, 196, 214), (58, 99, 132), (178, 58, 42), (150, 110, 20)
_BANDS = ((58, 99, 132), (196, 142, 60))
"""Shots alternate between two colours, told apart by lightness too."""


def contact_sheet(survey: Survey, probe: Probe | None = None, title: str = "") -> bytes:
    """Draw the strip of stills with their times, the shots, and how much each frame differs from the one before.

    Parameters
    ----------
    survey : Survey
    probe : Probe, optional
        Adds the container's facts below the title.
    title : str
        Such as the exhibit number and file name.

    Returns
    -------
    bytes
        PNG, `WIDTH_PX` wide; the same input gives the same bytes.
    """
    stills = _shown(survey.stills)
    columns = 4 if survey.width_px >= survey.height_px else 6
    cell = (WIDTH_PX - 2 * _MARGIN - (columns - 1) * _GAP) // columns
    tall = max((round(cell * still.rgb.shape[0] / still.rgb.shape[1]) for still in stills), default=cell // 2)
    tall = min(tall, 2 * cell)
    rows = math.ceil(len(stills) / columns)
    head = 118
    top_of_curve = head + rows * (tall + 46) + 34
    sheet = Image.new("RGB", (WIDTH_PX, top_of_curve + _CURVE_HEIGHT + 104), _PAPER)
    draw = ImageDraw.Draw(sheet)
    _heading(draw, survey, probe, title, len(stills))
    starts = [start_s for start_s, _ in survey.shots_s]
    for place, still in enumerate(stills):
        x = _MARGIN + place % columns * (cell + _GAP)
        y = head + place // columns * (tall + 46)
        shot = max(0, bisect.bisect_right(starts, still.pts_s + 1e-9) - 1)
        _cell(sheet, draw, still, (x, y, cell, tall), shot)
    _timeline(draw, survey, stills, top_of_curve)
    return png_bytes(np.asarray(sheet, np.uint8))


def _shown(stills: tuple[Still, ...]) -> list[Still]:
    if len(stills) <= STILLS_SHOWN_MAX:
        return list(stills)
    return [stills[int(place)] for place in np.linspace(0, len(stills) - 1, STILLS_SHOWN_MAX).round()]


def _heading(draw: ImageDraw.ImageDraw, survey: Survey, probe: Probe | None, title: str, shown: int) -> None:
    wide = WIDTH_PX - 2 * _MARGIN
    draw.text(
        (_MARGIN, 26), _fitted(clean(title, 200) or "Contact sheet", _font(30, True), wide), _INK, _font(30, True)
    )
    draw.text((_MARGIN, 70), _fitted(_facts(survey, probe, shown), _font(18), wide), _QUIET, _font(18))


def _facts(survey: Survey, probe: Probe | None, shown: int) -> str:
    count, shots = len(survey.pts_s), len(survey.shots_s)
    parts = [
        f"{survey.width_px} × {survey.height_px} px",
        f"{clock(survey.shots_s[-1][1] - float(survey.pts_s[0]))} long",
        f"{count:,} frame{'s' * (count != 1)}",
        f"{shots} shot{'s' * (shots != 1)}",
    ]
    if probe is not None:
        video = next((stream for stream in probe.streams if stream.kind == "video"), None)
        audio = next((stream for stream in probe.streams if stream.kind == "audio"), None)
        names = [stream.codec for stream in (video, audio) if stream is not None]
        parts += [" + ".join(names), f"{probe.size_bytes / 1e6:.1f} MB"] + ([] if audio else ["no sound"])
    if shown < len(survey.stills):
        parts.append(f"{shown} of {len(survey.stills)} stills")
    if survey.stopped is not None:
        parts.append("ends early: see the report")
    return "   ·   ".join(parts)


def _cell(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, still: Still, box: tuple[int, int, int, int], shot: int
) -> None:
    x, y, wide, tall = box
    picture = Image.fromarray(still.rgb)
    picture.thumbnail((wide, tall), Image.Resampling.LANCZOS)
    if picture.width < wide and picture.height < tall:  # small recordings are enlarged, plainly
        scale = min(wide / picture.width, tall / picture.height)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    draw.rectangle((x, y, x + wide - 1, y + tall - 1), fill=(232, 230, 224))
    sheet.paste(picture, (x + (wide - picture.width) // 2, y + (tall - picture.height) // 2))
    draw.rectangle((x, y + tall, x + wide - 1, y + tall + 4), fill=_BANDS[shot % 2])
    draw.text((x, y + tall + 11), clock(still.pts_s), _INK, _font(18, True))
    note = f"shot {shot + 1}   frame {still.frame_index:,}"
    if wide < 320:
        note = f"shot {shot + 1}"
    draw.text((x + wide, y + tall + 11), note, _QUIET, _font(18), anchor="ra")


def _timeline(draw: ImageDraw.ImageDraw, survey: Survey, stills: list[Still], top: int) -> None:
    left, right, bottom = _MARGIN + 46, WIDTH_PX - _MARGIN, top + _CURVE_HEIGHT
    begin_s, end_s = float(survey.pts_s[0]), float(survey.shots_s[-1][1])
    span_s = max(end_s - begin_s, 1e-6)

    def across(time_s: float) -> float:
        return left + (time_s - begin_s) / span_s * (right - left)

    change = survey.luma_change[1:]
    ceiling = _nice(1.3 * float(np.percentile(change, 98))) if len(change) else 1.0
    draw.text(
        (left, top - 8), "Change from frame to frame (mean luma difference, levels of 255)", _QUIET, _font(16), "ls"
    )
    for level in (0.0, ceiling / 2, ceiling):
        y = bottom - level / ceiling * _CURVE_HEIGHT
        draw.line((left, y, right, y), _LINE)
        draw.text((left - 8, y), f"{level:g}", _QUIET, _font(14), anchor="rm")
    heights = _per_column(survey.pts_s[1:], change, begin_s, span_s, right - left)
    outline = []
    for column, value in enumerate(heights):
        y = bottom - min(1.0, value / ceiling) * _CURVE_HEIGHT
        draw.line((left + column, bottom, left + column, y), _CURVE_FILL)
        outline.append((left + column, y))
    if len(outline) > 1:
        draw.line(outline, _CURVE_EDGE, 2)
    for start_s, _ in survey.shots_s[1:]:
        draw.line((across(start_s), top - 2, across(start_s), bottom), _CUT, 2)
    for number, (start_s, stop_s) in enumerate(survey.shots_s):
        draw.rectangle(
            (across(start_s), bottom + 5, max(across(start_s), across(stop_s) - 1), bottom + 12), _BANDS[number % 2]
        )
    repeats = np.flatnonzero(survey.frame_digest[1:] == survey.frame_digest[:-1]) + 1
    for index in repeats:
        x = across(float(survey.pts_s[index]))
        draw.line((x, bottom + 15, x, bottom + 21), _REPEAT)
    for still in stills:
        x = across(still.pts_s)
        draw.polygon([(x - 5, bottom + 31), (x + 5, bottom + 31), (x, bottom + 23)], _INK)
    for time_s in _ticks(begin_s, end_s):
        draw.text((across(time_s), bottom + 38), clock(time_s, 0 if span_s > 8 else 1), _QUIET, _font(15), anchor="ma")
    _legend(draw, right, top - 8, bool(len(repeats)))


def _legend(draw: ImageDraw.ImageDraw, right: int, baseline: int, repeats: bool) -> None:
    entries = [("shot boundary", _CUT), ("still shown", _INK)] + ([("exact repeat", _REPEAT)] if repeats else [])
    x = float(right)
    for words, colour in reversed(entries):
        x -= draw.textlength(words, _font(16))
        draw.text((x, baseline), words, _QUIET, _font(16), "ls")
        draw.rectangle((x - 20, baseline - 11, x - 8, baseline - 1), colour)
        x -= 44


def _per_column(
    pts_s: NDArray[np.float64], change: NDArray[np.float32], begin_s: float, span_s: float, columns: int
) -> NDArray[np.float64]:
    """Greatest change within each pixel column; columns between two frames take the later frame's."""
    heights = np.full(columns, np.nan)
    if not len(change):
        return np.zeros(columns)
    places = np.clip(((pts_s - begin_s) / span_s * columns).astype(int), 0, columns - 1)
    for place, value in zip(places, change, strict=True):
        heights[place] = np.fmax(heights[place], value)
    known = np.flatnonzero(~np.isnan(heights))
    following = known[np.minimum(np.searchsorted(known, np.arange(columns)), len(known) - 1)]
    return np.asarray(heights[following], np.float64)


def _ticks(begin_s: float, end_s: float) -> list[float]:
    wanted = (end_s - begin_s) / 9
    steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200]
    step = next((step for step in steps if step >= wanted), 7200 * math.ceil(wanted / 7200))
    first = math.ceil(begin_s / step - 1e-9)
    return [number * step for number in range(first, first + 40) if number * step <= end_s]


def _nice(value: float) -> float:
    """The next of 1, 2, 5 x 10**n, at least 1."""
    if value <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def clock(time_s: float, decimals: int = 2) -> str:
    """Hours, minutes and seconds as a person reads them.

    Examples
    --------
    >>> clock(3.5), clock(125.04), clock(3725, 0), clock(-0.04)
    ('0:03.50', '2:05.04', '1:02:05', '-0:00.04')
    """
    scale = 10**decimals
    units = round(abs(time_s) * scale)
    sign = "-" if time_s < 0 and units else ""
    whole, part = divmod(units, scale)
    hours, minutes, second = whole // 3600, whole // 60 % 60, whole % 60
    text = f"{hours}:{minutes:02d}:{second:02d}" if hours else f"{minutes}:{second:02d}"
    return sign + text + (f".{part:0{decimals}d}" if decimals else "")


def _fitted(words: str, font: ImageFont.FreeTypeFont, wide: int) -> str:
    words = " ".join(words.split()) if "   " not in words else words
    while words and font.getlength(words) > wide:
        words = words[:-2].rstrip() + "…"
    return words


@cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which Matplotlib carries: Latin, Cyrillic and Armenian from one file, the same on every machine."""
    found = importlib.util.find_spec("matplotlib")
    folders = list(found.submodule_search_locations or ()) if found is not None else []
    for folder in folders:
        path = Path(folder) / "mpl-data" / "fonts" / "ttf" / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
        if path.is_file():
            return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
    raise MediaError("The typeface that Matplotlib carries is missing.", "Reinstall the package matplotlib.")
