"""The lines that were read, cut out, each beside its readings."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

from witnessmark.lines.contract import Picture
from witnessmark.lines.text.observations import Written

ROW_PX, MARGIN_PX = 96, 16
CUT_WIDTH_PX, TEXT_WIDTH_PX = 640, 620
MOST_ROWS = 40
INK, PALE, PAPER = (25, 25, 25), (110, 110, 110), (255, 255, 255)


def sheet(written: Sequence[Written]) -> Picture | None:
    """Every text with what it was read from; None when there is none.

    Parameters
    ----------
    written : sequence of Written
        At most `MOST_ROWS` of them are drawn.
    """
    rows = written[:MOST_ROWS]
    if not rows:
        return None
    size = (CUT_WIDTH_PX + TEXT_WIDTH_PX + 3 * MARGIN_PX, len(rows) * ROW_PX + MARGIN_PX)
    made = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(made)
    large, small = _font(22), _font(15)
    for number, each in enumerate(rows):
        top = MARGIN_PX + number * ROW_PX
        with Image.open(io.BytesIO(each.best.jpeg), formats=["JPEG"]) as opened:
            line = opened.convert("RGB")
        scale = min(1.0, CUT_WIDTH_PX / line.width)
        line = line.resize((max(1, round(line.width * scale)), max(1, round(line.height * scale))))
        made.paste(line, (MARGIN_PX, top))
        left = CUT_WIDTH_PX + 2 * MARGIN_PX
        pen.text((left, top), _fitted(f"{each.id}  {each.readings[0].text}", large), fill=INK, font=large)
        rivals = " | ".join(reading.text for reading in each.readings[1:4])
        pen.text((left, top + 30), _fitted(rivals, small), fill=PALE, font=small)
        said = f"{each.script}, {each.layer}, {each.best.at_s:.2f} s, {each.frames_count} pictures"
        pen.text((left, top + 52), said, fill=PALE, font=small)
    out = io.BytesIO()
    made.save(out, "PNG", compress_level=6)
    caption = "Lines of writing cut out and set upright, each with its readings, the likeliest first."
    return Picture("text-lines", caption, out.getvalue(), shows_footage=True)


def _font(size: int) -> ImageFont.FreeTypeFont:
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def _fitted(words: str, font: ImageFont.FreeTypeFont) -> str:
    while words and font.getlength(words) > TEXT_WIDTH_PX:
        words = words[:-2].rstrip() + "…"
    return words
