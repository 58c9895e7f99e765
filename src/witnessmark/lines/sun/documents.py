"""A document of marks, as a file or a program hands it in without a case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.custody.records import CopyKind, Item
from witnessmark.errors import BadInputError
from witnessmark.lines.contract import Mark, Tools
from witnessmark.lines.sun import looking
from witnessmark.lines.sun import marks as reading
from witnessmark.lines.sun.observations import SunObservations
from witnessmark.plain import Plain, canonical

SIDE_KEYS = {"width_px": ("width_px", "width"), "height_px": ("height_px", "height")}
SHADOW_FIELDS = ("top_px", "base_px", "tip_px", "sigma_px", "flat")
MOST_BYTES = 1 << 20
"""No document of marks is larger."""


def read_file(path: Path) -> tuple[SunObservations, tuple[int, int] | None]:
    """Observations from a JSON file, and the size of the frame that was marked [px] if one was; see `read_document`.

    Raises
    ------
    BadInputError
        When it cannot be opened, is no JSON, or holds no usable marks.
    """
    try:
        raw = path.read_bytes()[: MOST_BYTES + 1]
    except OSError as error:
        raise BadInputError(f"The marks '{path}' cannot be read ({error.strerror}).", "Check the path.") from error
    if len(raw) > MOST_BYTES:
        raise BadInputError(f"'{path}' is too large to be marks.", "Give the file of marks, not the recording.")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"'{path}' is no JSON: {error}.", "Write it as docs/lines/sun.md describes.") from error
    seen = read_document(document)
    image = document.get("image")
    size = (_side(image, "width_px"), _side(image, "height_px")) if seen.cameras and image is not None else None
    return seen, size


def read_document(document: object, seed: int = 20220913) -> SunObservations:
    """Observations from a document of marks: ``{"sun": ...}`` or ``{"image", "camera", "shadows"}``.

    Raises
    ------
    BadInputError
        When it cannot be read, or its marks contradict one another; the error says which.
    """
    if not isinstance(document, Mapping):
        raise BadInputError("The marks are not an object.", 'Give {"sun": {...}} or {"image", "camera", "shadows"}.')
    marks, size = _marks(document)
    raw = canonical(document)
    item = Item("WM-0000", Sha256.of(raw), Sha512.of(raw), len(raw), "application/json", CopyKind.WORKING)
    read, refused = reading.read_marks(marks)
    if refused:
        raise BadInputError(" ".join(refused[:5]), "Correct these fields; docs/lines/sun.md describes them.")
    seen = looking.observe(item, marks, read, refused, size, Tools(Path(), seed=seed))
    if isinstance(seen, looking.CannotTell):
        raise BadInputError(seen.reason, seen.what_would_help)
    return seen


def _marks(document: Mapping[str, Plain]) -> tuple[tuple[Mark, ...], looking.FrameSize | None]:
    item = Sha256(bytes(32))

    def mark(name: str, kind: str, body: Mapping[str, Plain]) -> Mark:
        return Mark(name, item, kind, "document", 0.0, body)

    sun = document.get("sun")
    if sun is not None:
        if not isinstance(sun, Mapping):
            raise BadInputError("'sun' is not an object.", "Give azimuth_deg and elevation_deg as [mean, error].")
        return (mark("sun", "sun-direction", sun),), None
    image, camera, shadows = document.get("image"), document.get("camera", {}), document.get("shadows")
    if not isinstance(image, Mapping) or not isinstance(shadows, (list, tuple)) or not shadows:
        raise BadInputError(
            "The marks hold neither 'sun' nor 'image' and 'shadows'.",
            'Give {"sun": {...}} or {"image": {"width_px", "height_px"}, "camera": {...}, "shadows": [...]}.',
        )
    if not isinstance(camera, Mapping):
        raise BadInputError("'camera' is not an object.", "Give hfov_deg, pitch_deg, roll_deg, heading_deg.")
    found = []
    if any(camera.get(name) is not None for name in ("hfov_deg", "pitch_deg", "roll_deg")):
        found.append(mark("camera", "camera", camera))
    heading = camera.get("heading_deg")
    if heading is not None:
        if not isinstance(heading, (list, tuple)) or len(heading) != 2:
            raise BadInputError("heading_deg is not a mean and an error.", "Give it as [mean, error].")
        found.append(mark("heading", "heading", {"heading_deg": heading[0], "error_deg": heading[1]}))
    for number, shadow in enumerate(shadows):
        if not isinstance(shadow, Mapping):
            raise BadInputError(f"Shadow {number + 1} is not an object.", f"Give {', '.join(SHADOW_FIELDS)}.")
        fields = {name: shadow[name] for name in SHADOW_FIELDS if name in shadow}
        found.append(mark(f"shadow-{number + 1}", "shadow", fields))
    return tuple(found), looking.FrameSize(_side(image, "width_px"), _side(image, "height_px"), {})


def _side(image: Mapping[str, Plain], name: str) -> int:
    value = next((image[key] for key in SIDE_KEYS[name] if key in image), None)
    both = image.get("size_px")
    if value is None and isinstance(both, (list, tuple)) and len(both) == 2:
        value = both[0 if name == "width_px" else 1]
    if not isinstance(value, int) or isinstance(value, bool) or not 16 <= value <= 100_000:
        raise BadInputError(f"The image's {name} is {value}.", "Give the size of the upright frame in pixels.")
    return value
