"""Blurred working copies of items, and the small blurred videos that pages show."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from witnessmark.custody.intake import keep_derived_file, stored_entry
from witnessmark.custody.records import CopyKind, Derivation, Item, PremisEvent
from witnessmark.desk.case import TOOL, Case
from witnessmark.desk.items import get_item, original_path
from witnessmark.errors import BadInputError
from witnessmark.media.blurring import LOOK_HZ, MARGIN, Blurred, Drawn, Plan, blur_file
from witnessmark.media.faces import THRESHOLD, FaceFinder
from witnessmark.plain import Plain, to_plain

Progress = Callable[[float, str], None]
PREVIEWS = "previews"
"""Below the case folder: conveniences for pages, made again when they are gone. No evidence."""
PREVIEW_SIDE_PX = 480
PREVIEW_HZ = 8.0
PREVIEW = Plan(everything=True, grey=True, max_side_px=PREVIEW_SIDE_PX, rate_hz=PREVIEW_HZ)
_ENDINGS = {".mp4": "video/mp4", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """A blurred copy in custody."""

    item: Item
    name: str
    blurred: Blurred
    parameters: dict[str, Plain]


def parameters_of(plan: Plan, blurred: Blurred) -> dict[str, Plain]:
    """What is needed to make a copy again, and what is to be known of it."""
    faces = plan.faces and not plan.everything
    return {
        "faces": faces,
        "everything": plan.everything,
        "drawn": [_drawn_plain(part) for part in plan.drawn],
        "sound": blurred.sound,
        "detector_sha256": blurred.detector_sha256,
        "threshold": THRESHOLD if faces else None,
        "margin": MARGIN if faces else None,
        "looked_hz": LOOK_HZ if faces else None,
        "faces_followed": blurred.tracks,
        "pictures": blurred.pictures,
        "pictures_with_faces": blurred.pictures_with_faces,
        "stopped": to_plain(blurred.stopped),
    }


def blur_item(
    case: Case,
    item: Item,
    plan: Plan,
    *,
    finder: FaceFinder | None = None,
    progress: Progress | None = None,
) -> WorkingCopy:
    """Make a blurred working copy of an item and keep it beside it; the log says what was blurred, and how.

    Parameters
    ----------
    case : Case
    item : Item
    plan : Plan
    finder : FaceFinder, optional
    progress : callable (done from 0 to 1, what), optional

    Raises
    ------
    BadInputError
        When the item has no pictures, or as `witnessmark.media.blurring.blur_file` says.
    """
    _need_pictures(item)
    still = item.media_type.startswith("image/") and item.media_type != "image/gif"
    ending = ".png" if still else ".mp4"
    with tempfile.TemporaryDirectory(prefix=".blurring-", dir=case.folder) as folder:
        path = Path(folder) / f"blurred{ending}"
        blurred = blur_file(original_path(case, item), path, plan, finder=finder, progress=progress)
        kept = keep_derived_file(path, case.objects)
    parameters = parameters_of(plan, blurred)
    with case.writing():
        known = case.records.item(kept.sha256.hex())
        if known is not None:
            return WorkingCopy(get_item(case, kept.sha256.hex()), str(known["name"]), blurred, parameters)
        number = len(case.records.items(parent=item.sha256.hex())) + 1
        made = Item(
            exhibit_number=f"{item.exhibit_number}-D{number:02d}",
            sha256=kept.sha256,
            sha512=kept.sha512,
            size_bytes=kept.size_bytes,
            media_type=_ENDINGS[ending],
            copy=CopyKind.WORKING,
            derivation=Derivation(item.sha256, TOOL, parameters),
        )
        plain = to_plain(made)
        assert isinstance(plain, dict)
        del plain["captures"]
        name = f"working-copy-{number:02d}{ending}"
        body = {
            **plain,
            "key": kept.key,
            "name": name,
            "caption": f"Working copy of {item.exhibit_number}, {_words(plan)} blurred",
            "shows_footage": True,
        }
        payload = {"item": body, "stored": [stored_entry(kept)]}
        case.record(PremisEvent.REDACTION, "item.derived", payload, [kept.sha256, item.sha256])
    return WorkingCopy(made, name, blurred, parameters)


def preview_path(case: Case, item: Item) -> Path:
    """Where the small blurred video of an item lies once it is made."""
    return case.folder / PREVIEWS / f"{item.sha256.hex()}.mp4"


def preview(case: Case, item: Item, *, progress: Progress | None = None) -> Path:
    """The small, grey, silent video of an item for pages, every picture blurred whole; made the first time.

    It is no evidence and no working copy: it stands below the case folder and can be removed at any time.

    Raises
    ------
    BadInputError
        When the item is no recording.
    MediaError
        When it does not decode.
    """
    if not item.media_type.startswith("video/") and item.media_type != "image/gif":
        raise BadInputError(f"{item.exhibit_number} is no recording with pictures.", "Look at its stills.")
    path = preview_path(case, item)
    if path.is_file():
        return path
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f"{path.stem}.{os.getpid()}.mp4")
    try:
        blur_file(original_path(case, item), draft, PREVIEW, progress=progress)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def _need_pictures(item: Item) -> None:
    if not item.media_type.startswith(("video/", "image/")):
        raise BadInputError(f"{item.exhibit_number} is {item.media_type}.", "Only pictures and recordings are blurred.")


def _drawn_plain(part: Drawn) -> dict[str, Plain]:
    return {
        "from_s": part.from_s,
        "until_s": part.until_s,
        "keys": [[at_s, box.x_px, box.y_px, box.w_px, box.h_px] for at_s, box in part.keys],
    }


def _words(plan: Plan) -> str:
    if plan.everything:
        return "everything"
    parts = (["faces that were found"] if plan.faces else []) + (["what was drawn by hand"] if plan.drawn else [])
    return " and ".join(parts)
