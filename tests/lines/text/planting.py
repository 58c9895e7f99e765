"""Clips and pictures with writing that is known: a sign in the scene, and a mark laid over it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from tests.lines.clips import SCENES, STEADY_X264, item_of, space
from tests.lines.weather.planting import START

from witnessmark.lines.conformance import Planted
from witnessmark.lines.contract import Tools
from witnessmark.lines.providers.names import NameBook, NamedThing
from witnessmark.lines.text import TextLine
from witnessmark.lines.text.packs import packs_for

SIGN, MARK = "River Bridge", "ClipShare"
SIZE = (320, 240)
RATE, FRAMES = 5, 22
BRIDGE = NamedThing("bridge", "other", "Riverbridge", (), None, None, None, "", "drawn here")
Rgb = NDArray[np.uint8]


def font(size: int, name: str = "DejaVuSans.ttf") -> ImageFont.FreeTypeFont:
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def need_pack(script: str, name: str) -> None:
    """Skip, saying so, where a language pack is not at hand."""
    if name not in {pack.name for pack in packs_for([script])}:
        pytest.skip(f"no Tesseract language pack '{name}' is at hand; set WITNESSMARK_TESSDATA to a folder that has it")


def written(text: str, size: int = 28, *, ink: int = 20, paper: int = 235, margin: int = 20) -> Rgb:
    """A plate with a line of text."""
    face = font(size)
    left, top, right, bottom = face.getbbox(text)
    plate = Image.new("RGB", (int(right - left) + 2 * margin, int(bottom - top) + 2 * margin), (paper,) * 3)
    ImageDraw.Draw(plate).text((margin - left, margin - top), text, fill=(ink,) * 3, font=face)
    return np.asarray(plate)


def frame(number: int, *, sign: str = SIGN, mark: str = MARK) -> Rgb:
    """A pan over a texture in which a sign stands; a mark stays at its spot of the screen."""
    width, height = SIZE
    shift = 6 * number
    view = np.repeat(SCENES[False][20 : 20 + height, shift : shift + width, None], 3, axis=2)
    picture = Image.fromarray(np.clip(0.6 * view + 20, 0, 255).astype(np.uint8))
    if sign:
        picture.paste(Image.fromarray(written(sign, margin=14)), (110 - shift, 130))
    if mark:
        ImageDraw.Draw(picture).text((12, 10), mark, fill=(255, 255, 255), font=font(26, "DejaVuSans-Bold.ttf"))
    return np.asarray(picture)


def write_clip(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE, options=STEADY_X264 | {"crf": "18"})
        video.width, video.height = SIZE
        video.pix_fmt = "yuv420p"
        video.codec_context.thread_count = 1
        for number in range(FRAMES):
            shown = av.VideoFrame.from_ndarray(frame(number), format="rgb24")
            shown.pts, shown.time_base = number, Fraction(1, RATE)
            container.mux(video.encode(shown))
        container.mux(video.encode())
    return path


def plant_text(folder: Path) -> Planted:
    """A sign that passes by, and a mark laid over the picture; one name of the case is on the sign."""
    need_pack("latin", "eng")
    path = write_clip(folder / "text.mp4")
    tools = Tools(path, providers={"names:case": NameBook([BRIDGE])})
    return Planted(item_of(path), (), tools, space(START), None, None, weighs=False)


LINE = TextLine(("latin",))
