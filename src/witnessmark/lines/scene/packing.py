"""Footage made ready for comparison, as bytes: what a store keeps of a reference, so that it is not decoded again.

A NumPy archive without pickles. Views and their small versions are JPEG, codes one byte a number; comparing what was
packed gives the same answer as comparing the footage, up to those roundings. It is footage: it stays in the house.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import BadInputError
from witnessmark.lines.scene.comparing import Looked
from witnessmark.lines.scene.features import Features
from witnessmark.lines.scene.views import Grey, View, Views

PREPARED = "witnessmark-scene/1"
"""Raised whenever the same footage may give other points: what was packed by another program is prepared anew."""
CODE_STEP = 1.0 / 400.0
"""Codes are of length 1 and have 128 numbers: a byte holds them up to 0.64 in such steps, and larger ones as 0.64."""
VIEW_QUALITY, SMALL_QUALITY = 80, 90
POINT_COLUMNS = ("xy_px", "size_px", "angle_rad")


def pack(looked: Looked) -> bytes:
    """Footage made ready, as bytes; the same footage gives the same bytes."""
    facts = {
        "prepared": PREPARED,
        "left_out": looked.left_out_count,
        "stopped": looked.views.stopped,
        "views": [
            {"at_s": view.at_s, "size": [view.width_px, view.height_px], "box": list(view.box_px)}
            for view in looked.features
        ],
        "held_s": [view.at_s for view in looked.views.held],
    }
    arrays: dict[str, NDArray[np.generic]] = {"facts": np.frombuffer(json.dumps(facts).encode(), np.uint8)}
    for number, (view, points) in enumerate(zip(looked.views.chosen, looked.features, strict=True)):
        arrays[f"view{number}"] = _jpeg(view.grey, VIEW_QUALITY)
        arrays[f"codes{number}"] = np.clip(np.round(points.codes / CODE_STEP), 0, 255).astype(np.uint8)
        for name in POINT_COLUMNS:
            arrays[f"{name}{number}"] = getattr(points, name)
    for number, view in enumerate(looked.views.held):
        arrays[f"held{number}"] = _jpeg(view.grey, SMALL_QUALITY)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, values in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(values), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())  # of no date
    return buffer.getvalue()


def unpack(data: bytes) -> Looked:
    """Footage made ready again.

    Raises
    ------
    BadInputError
        When the bytes are damaged, or of another version of the program.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            facts = json.loads(bytes(arrays["facts"]))
            if facts["prepared"] != PREPARED:
                raise BadInputError(
                    f"It was prepared by '{facts['prepared']}', and this program works by '{PREPARED}'.",
                    "Index the file again.",
                )
            features = tuple(_features(arrays, number, view) for number, view in enumerate(facts["views"]))
            chosen = tuple(
                View(float(view["at_s"]), _grey(arrays[f"view{number}"])) for number, view in enumerate(facts["views"])
            )
            held = tuple(View(float(at_s), _grey(arrays[f"held{n}"])) for n, at_s in enumerate(facts["held_s"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, cv2.error) as error:
        raise BadInputError(f"What was kept of it is damaged ({error}).", "Index the file again.") from error
    return Looked(Views(chosen, held, str(facts["stopped"])), features, int(facts["left_out"]))


def _features(arrays: np.lib.npyio.NpzFile, number: int, view: dict[str, Any]) -> Features:
    codes = arrays[f"codes{number}"].astype(np.float32) * np.float32(CODE_STEP)
    codes /= np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-6)
    xy_px, size_px, angle_rad = (arrays[f"{name}{number}"].astype(np.float32) for name in POINT_COLUMNS)
    if not (codes.shape == (len(xy_px), 128) and xy_px.shape == (len(xy_px), 2) and len(size_px) == len(angle_rad)):
        raise ValueError("points and codes do not fit one another")
    wide, high = view["size"]
    left, top, right, bottom = view["box"]
    return Features(
        float(view["at_s"]),
        wide,
        high,
        xy_px,
        size_px,
        angle_rad,
        codes,
        (left, top, right, bottom),
    )


def _jpeg(grey: Grey, quality: int) -> NDArray[np.uint8]:
    _, coded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(coded, np.uint8)


def _grey(coded: NDArray[np.uint8]) -> Grey:
    picture = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise ValueError("a picture cannot be read")
    return np.asarray(picture, np.uint8)
