"""Contact sheet, blur, PNG, and the wire between worker and parent."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.media.clips import panned, scene, write

from witnessmark import media
from witnessmark.media import wire
from witnessmark.media.sheet import WIDTH_PX, clock


@pytest.mark.parametrize("size", [(160, 90), (90, 160)])
def test_sheet_shows_every_still(tmp_path: Path, size: tuple[int, int]) -> None:
    pictures = panned([1, 2, 3], 15, width=size[0], height=size[1])
    found = media.survey(write(tmp_path / "clip.mp4", pictures))
    assert isinstance(found, media.Survey)
    sheet = np.asarray(Image.open(io.BytesIO(media.contact_sheet(found, title="WM-0001  \x1b[31mճանապարհ дорога"))))
    assert sheet.shape[1] == WIDTH_PX and sheet.shape[2] == 3
    cut_red = np.all(sheet == (178, 58, 42), axis=2)
    columns = np.flatnonzero(cut_red.sum(axis=0) > 100)
    assert len(np.flatnonzero(np.diff(columns) > 1)) + 1 == 2  # two boundaries
    coloured = np.abs(sheet.astype(int) - sheet.mean(axis=2, keepdims=True)).max(axis=2) > 12
    assert coloured.mean() > 0.2


def test_sheet_of_one_picture(tmp_path: Path) -> None:
    found = media.survey(write(tmp_path / "one.mp4", panned([1], 1)))
    assert isinstance(found, media.Survey) and media.contact_sheet(found).startswith(b"\x89PNG")


def test_clock() -> None:
    assert [clock(59.999), clock(3599.996), clock(0)] == ["1:00.00", "1:00:00.00", "0:00.00"]


def test_blur_leaves_layout_only() -> None:
    picture = np.ascontiguousarray(scene(1, 640, 360)[:, :640])
    written = picture.copy()
    written[150:200, 200:420:8] = 255  # fine strokes, as of writing
    blurred, without = media.blur(written), media.blur(picture)
    assert blurred.shape == picture.shape and blurred.dtype == np.uint8
    fine = np.abs(np.diff(blurred[150:200].astype(int), axis=1)).max()
    assert fine < 12  # no stroke survives: its edges were up to 255
    few = np.unique(np.asarray(Image.fromarray(blurred).resize((16, 9), Image.Resampling.BOX)) // 16)
    assert len(few) <= 16
    assert np.abs(blurred.astype(int) - without).max() < 60
    assert np.array_equal(media.blur(media.png_bytes(picture)), without)


@given(st.integers(1, 400), st.integers(1, 400))
def test_blur_takes_any_size(width: int, height: int) -> None:
    assert media.blur(np.full((height, width, 3), 77, np.uint8)).shape == (height, width, 3)


def test_png_is_the_picture_and_nothing_more() -> None:
    picture = np.ascontiguousarray(scene(2)[:, :160])
    png = media.png_bytes(picture)
    opened = Image.open(io.BytesIO(png))
    assert np.array_equal(np.asarray(opened), picture) and not opened.info and png == media.png_bytes(picture)


@given(st.lists(st.sampled_from(sorted(wire.DTYPES)), max_size=4), st.integers(0, 5), st.text(max_size=20))
def test_wire_carries_what_was_sent(kinds: list[str], rows: int, words: str) -> None:
    arrays = {f"a{place}": np.ones((rows, 2), kind) for place, kind in enumerate(kinds)}
    pipe = io.BytesIO()
    wire.write(pipe, "kind", {"words": words, "none": None}, arrays)
    message = wire.Reader(io.BytesIO(pipe.getvalue()), 1 << 20).next()
    assert message is not None and dict(message.body) == {"words": words, "none": None}
    assert set(message.arrays) == set(arrays)
    for name, array in arrays.items():
        assert message.arrays[name].dtype == array.dtype and np.array_equal(message.arrays[name], array)


@given(st.binary(max_size=200))
def test_wire_never_raises_anything_else(noise: bytes) -> None:
    for raw in (noise, wire.MAGIC + noise, wire.MAGIC + len(noise).to_bytes(4, "little") + noise):
        reader = wire.Reader(io.BytesIO(raw), 1000)
        try:
            while reader.next() is not None:
                pass
        except wire.WireError:
            continue


def test_wire_keeps_its_budget() -> None:
    pipe = io.BytesIO()
    wire.write(pipe, "kind", {}, {"a": np.zeros(1000)})
    with pytest.raises(wire.WireError, match="limits"):
        wire.Reader(io.BytesIO(pipe.getvalue()), 4000).next()
    for header in (
        b"[]",
        b"[" * 100_000,
        b'{"kind":1,"body":{},"arrays":[]}',
        b'{"kind":"x","body":{"a":NaN},"arrays":[]}',
    ):
        raw = wire.MAGIC + len(header).to_bytes(4, "little") + header
        with pytest.raises(wire.WireError):
            wire.Reader(io.BytesIO(raw), 1 << 20).next()
