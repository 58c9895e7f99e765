"""The pictures of docs/lines/copies.md, drawn by the line itself from a drawn scene and a re-edit of it.

Run: ``python -m benchmarks.copies_lab.pictures``
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from benchmarks.copies_lab import attacks, footage, rendered
from PIL import Image

from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.custody.records import Appearance, CopyKind, Item, Moment
from witnessmark.lines.contract import Picture, Tools
from witnessmark.lines.copies import COPIES
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.fingerprinting import fingerprint_of
from witnessmark.lines.copies.library import Seen
from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.lines.copies.observations import CopiesObservations

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
SCENE = 2001
FIRST_POSTED = dt.datetime(2031, 9, 11, 16, 20, tzinfo=dt.UTC)
COLOURS = 128
WIDTH_PX = 1000


def main() -> None:
    """Draw and write them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for picture in _drawn(Path(folder)):
            (FOLDER / f"{picture.name}.png").write_bytes(small(picture.png))


def _drawn(folder: Path) -> list[Picture]:
    original = rendered.moment(SCENE, 0, duration_s=14.0)
    rng = np.random.default_rng(SCENE)
    turned = attacks.mirror(original, original, rng).clip
    smaller = attacks.crop(turned, turned, rng).clip
    steps = {
        "first-posting.mp4": original,
        "second.mp4": turned,
        "third.mp4": smaller,
        "item.mp4": attacks.captioned(smaller.part(3.0, 12.0), original, rng).clip,
    }
    library = MemoryLibrary()
    for number, (name, clip) in enumerate(steps.items()):
        footage.write(folder / name, clip, crf=24)
        if name != "item.mp4":
            at = (FIRST_POSTED + dt.timedelta(hours=9 * number)).timestamp()
            library.add(_print(folder / name), name, seen=[Seen(at, 0, "platform page", "Forum")])
    item = folder / "item.mp4"
    posted = Moment(FIRST_POSTED + dt.timedelta(days=2), "platform page")
    tools = Tools(
        item, appearances=(Appearance("Channel", "", None, posted),), providers={"fingerprints:organisation": library}
    )
    seen = COPIES.observe(_item(item), (), tools)
    if not isinstance(seen, CopiesObservations):
        raise SystemExit(seen.reason)
    strips = COPIES.draw(seen)
    first = next(index for index, found in enumerate(seen.found) if found.known.name == "first-posting.mp4")
    return [replace(strips[first], name="copies-strip"), strips[-1]]


def _print(path: Path) -> Fingerprint:
    made = fingerprint_of(path)
    if not isinstance(made, Fingerprint):
        raise SystemExit(made.reason)
    return made


def _item(path: Path) -> Item:
    data = path.read_bytes()
    sha512 = Sha512(hashlib.sha512(data).digest())
    return Item("WM-0001", Sha256.of(data), sha512, len(data), "video/mp4", CopyKind.EVIDENTIARY)


def small(png: bytes) -> bytes:
    """The same in fewer pixels and colours, for a page."""
    picture = Image.open(io.BytesIO(png), formats=["PNG"]).convert("RGB")
    height = round(picture.height * WIDTH_PX / picture.width)
    scaled = picture.resize((WIDTH_PX, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    scaled.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
