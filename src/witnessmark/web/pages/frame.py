"""One frame, to be marked: the picture, what was drawn on it, and a skyline proposed and corrected by drawing."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from witnessmark.desk.items import get_item, item_body, original_path
from witnessmark.desk.skylines import Known, propose_skyline
from witnessmark.errors import BadInputError, MediaError
from witnessmark.media import Broken, still_at
from witnessmark.plain import Plain
from witnessmark.web.doors import InCase, Worker
from witnessmark.web.pages.item import near, plain_body
from witnessmark.web.rendering import page

router = APIRouter(include_in_schema=False)
TOOLS = (
    ("skyline", "line", "Skyline", "terrain"),
    ("skyline", "sky", "Stroke over sky", "terrain"),
    ("skyline", "ground", "Stroke over ground", "terrain"),
    ("skyline", "ignore", "Columns to ignore", "terrain"),
    ("skyline", "at-most", "Terrain is at most here", "terrain"),
    ("skyline", "inner", "Ridge in front", "terrain"),
    ("shadow", "shadow", "Object and its shadow", "sun"),
    ("vertical", "vertical", "Upright line", "sun"),
    ("horizon", "horizon", "Level horizon", "sun"),
    ("sun-disc", "sun-disc", "Sun's disc", "sun"),
    ("emblem-box", "box", "Emblem, patch or dress", "uniforms"),
)
"""Kind of mark, tool, what a person calls it, and the line that reads it."""


@router.get("/c/{case}/items/{item}/frame")
def frame_page(
    request: Request, seat: InCase, item: str, at_s: Annotated[float, Query(ge=0.0)] = 0.0, mark: str = ""
) -> Response:
    """The frame on screen at a time, with the marks on it and, for those who work on the case, the tools."""
    case = seat.case
    found = get_item(case, item)
    media = item_body(case, found).get("media") or {}
    size = (media.get("width_px"), media.get("height_px"))
    if not all(isinstance(side, int) and side > 0 for side in size):
        still = still_at(original_path(case, found), at_s, max_side_px=None)
        if isinstance(still, Broken):
            raise MediaError(f"No picture could be had: {still.reason}", still.do)
        size = (still.rgb.shape[1], still.rgb.shape[0])
    drawn = [each for each in case.records.marks(found.sha256.hex()) if near(each["at_pts_s"], at_s)]
    return page(
        request,
        "frame.html",
        seat,
        case=case,
        item=found,
        at_s=at_s,
        width_px=size[0],
        height_px=size[1],
        drawn=drawn,
        chosen=mark,
        clear=seat.sees_clear(found.sha256.hex()),
        tools=TOOLS,
        duration_s=media.get("duration_s"),
    )


@router.post("/c/{case}/items/{item}/skyline")
def skyline(
    seat: Worker,
    item: str,
    at_s: Annotated[float, Form(ge=0.0)],
    edits: Annotated[str, Form(max_length=500_000)] = "[]",
    hfov_deg: Annotated[str, Form(max_length=40)] = "",
) -> dict[str, Any]:
    """The skyline as proposed, with a person's edits applied; nothing is recorded until it is saved as a mark."""
    case = seat.case
    found = propose_skyline(
        original_path(case, get_item(case, item)),
        Known(_fov(hfov_deg), 1.7, None, None),
        at_s=at_s,
        edits=_edits(edits),
    )
    body = found.to_plain()
    image = body.get("image")
    if isinstance(image, dict):
        image.pop("path", None)  # a path of this machine is nobody's business
    return body


def _edits(text: str) -> list[dict[str, Plain]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"The edits are not JSON ({error}).", "Draw them again.") from error
    if not isinstance(value, list):
        raise BadInputError("The edits are no list.", "Draw them again.")
    return [plain_body(json.dumps(each)) for each in value]


def _fov(text: str) -> tuple[float, float] | None:
    """A field of view [deg] as a person types it: nothing, a number give or take a tenth, or two numbers.

    Raises
    ------
    BadInputError
    """
    parts = text.replace(",", " ").replace("-", " ").split()
    try:
        numbers = [float(part) for part in parts]
    except ValueError as error:
        raise BadInputError(f"'{text}' is no field of view.", "Give degrees, such as 60, or 50 70.") from error
    if not numbers:
        return None
    low, high = (0.9 * numbers[0], 1.1 * numbers[0]) if len(numbers) == 1 else (min(numbers), max(numbers))
    if not 1.0 <= low <= high <= 170.0:
        raise BadInputError(f"A field of view of '{text}' cannot be.", "Give 1 to 170 degrees.")
    return low, high
