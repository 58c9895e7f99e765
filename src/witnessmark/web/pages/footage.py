"""Pictures of footage: blurred and grey unless this browser asked, item by item, to be sent them in the clear."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from numpy.typing import NDArray
from PIL import Image

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.blurring import preview_path
from witnessmark.desk.case import Case
from witnessmark.desk.items import get_item, original_path
from witnessmark.errors import BadInputError, MediaError, NotFoundError
from witnessmark.media import Broken, blur, still_at
from witnessmark.web.doors import InCase, Looker, Worker
from witnessmark.web.rendering import page
from witnessmark.web.work import Work

router = APIRouter(include_in_schema=False)
BLURRED_SIDE_PX, CLEAR_SIDE_PX = 320, 1920
KEPT_STILLS = 400
"""Blurred stills kept in memory; clear ones never are."""


class _Kept:
    """The blurred stills last asked for."""

    def __init__(self) -> None:
        self._stills: OrderedDict[tuple[str, float], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, float]) -> bytes | None:
        with self._lock:
            if key in self._stills:
                self._stills.move_to_end(key)
            return self._stills.get(key)

    def put(self, key: tuple[str, float], data: bytes) -> None:
        with self._lock:
            self._stills[key] = data
            while len(self._stills) > KEPT_STILLS:
                self._stills.popitem(last=False)


_KEPT = _Kept()


@router.get("/c/{case}/items/{item}/still")
def still(
    seat: InCase,
    item: str,
    at_s: Annotated[float, Query(ge=0.0)] = 0.0,
    side_px: Annotated[int, Query(ge=16, le=CLEAR_SIDE_PX)] = BLURRED_SIDE_PX,
) -> Response:
    """The picture on screen at a time: blurred and grey, or clear for a browser that was given leave."""
    case = seat.case
    found = get_item(case, item)
    digest = found.sha256.hex()
    if seat.sees_clear(digest):
        return _picture(_jpeg(_frame(case, item, at_s, side_px)), clear=True)
    key = (digest, round(at_s, 3))
    data = _KEPT.get(key)
    if data is None:
        data = _jpeg(_grey(blur(_frame(case, item, at_s, BLURRED_SIDE_PX))))
        _KEPT.put(key, data)
    return _picture(data, clear=False)


def _frame(case: Case, item: str, at_s: float, side_px: int) -> NDArray[np.uint8]:
    found = still_at(original_path(case, get_item(case, item)), at_s, max_side_px=side_px)
    if isinstance(found, Broken):
        raise MediaError(f"No picture could be had at {at_s} s: {found.reason}", found.do)
    return found.rgb


def _grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(rgb).convert("L").convert("RGB"), np.uint8)


def _jpeg(rgb: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "JPEG", quality=85)
    return out.getvalue()


def _picture(data: bytes, *, clear: bool) -> Response:
    # clear bytes must not outlive the leave to see them, not even in the browser's own store
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store" if clear else "private"})


@router.get("/c/{case}/items/{item}/clear")
def clear_page(request: Request, seat: Looker, item: str) -> Response:
    """Ask before footage is sent in the clear, with its content notes."""
    case = seat.case
    found = get_item(case, item)
    notes = [mark for mark in case.records.marks(found.sha256.hex()) if mark["kind"] == "content-note"]
    return page(request, "clear.html", seat, case=case, item=found, notes=notes)


@router.post("/c/{case}/items/{item}/clear")
def ask_clear(seat: Looker, item: str, purpose: Annotated[str, Form(max_length=500)]) -> Response:
    """Leave for this browser to be sent this item in the clear for an hour; the log says who and why."""
    case = seat.case
    found = get_item(case, item)
    if seat.session is None:
        raise BadInputError("A key for programs is not shown footage page by page.", "Export a copy instead.")
    if not purpose.strip():
        raise BadInputError("It is not said why the footage is to be seen in the clear.", "Say so in a few words.")
    payload = {"item": found.sha256, "purpose": f"in the browser: {purpose.strip()}"}
    case.record(PremisEvent.REPLICATION, "item.looked-at", payload, [found.sha256])
    seat.workplace.accounts.grant(seat.session.digest, str(seat.name), found.sha256.hex())
    return RedirectResponse(f"/c/{seat.name}/items/{found.exhibit_number}", 303)


@router.post("/c/{case}/items/{item}/blur")
def blur_again(seat: InCase, item: str) -> Response:
    """Give the leave back."""
    found = get_item(seat.case, item)
    if seat.session is not None:
        seat.workplace.accounts.ungrant(seat.session.digest, str(seat.name), found.sha256.hex())
    return RedirectResponse(f"/c/{seat.name}/items/{found.exhibit_number}", 303)


@router.get("/c/{case}/items/{item}/original")
def original(seat: Looker, item: str) -> Response:
    """The preserved bytes, by ranges, for the player; only with leave."""
    case = seat.case
    found = get_item(case, item)
    if not seat.sees_clear(found.sha256.hex()):
        raise NotFoundError("The footage is not open to you in the clear.", "Ask for it on the item's page.")
    kind = found.media_type if found.media_type.startswith(("video/", "audio/", "image/")) else None
    return FileResponse(
        original_path(case, found),
        media_type=kind if kind not in (None, "image/svg+xml") else "application/octet-stream",
        headers={"Cache-Control": "no-store", "Content-Disposition": "inline"},
    )


@router.get("/c/{case}/items/{item}/blurred-video")
def blurred_video(seat: InCase, item: str) -> Response:
    """The small, grey, silent video of an item, every picture blurred whole, by ranges."""
    case = seat.case
    found = get_item(case, item)
    path = preview_path(case, found)
    if not path.is_file():
        raise NotFoundError(
            f"The blurred video of {found.exhibit_number} is not made yet.", "Ask for it on the item's page."
        )
    headers = {"Cache-Control": "private", "Content-Disposition": "inline"}
    return FileResponse(path, media_type="video/mp4", headers=headers)


@router.post("/c/{case}/items/{item}/blurred-video")
def make_blurred_video(request: Request, seat: Worker, item: str) -> Response:
    """Have the blurred video made, beside the page."""
    found = get_item(seat.case, item)
    work: Work = request.app.state.work
    title = f"blurred video of {found.exhibit_number}"
    work.ask(str(seat.name), title, seat.case.operator, ["preview", found.exhibit_number])
    return RedirectResponse(f"/c/{seat.name}/items/{found.exhibit_number}#work", 303)


@router.get("/c/{case}/pictures/{digest}")
def picture(seat: InCase, digest: str) -> Response:
    """A picture the desk made: as it is when it shows no footage, else blurred unless there is leave."""
    case = seat.case
    data, shows = _made(case, digest)
    parent = _parent(case, digest)
    if shows and not (parent is not None and seat.sees_clear(parent)):
        rgb = np.asarray(Image.open(io.BytesIO(data), formats=["PNG"]).convert("RGB"), np.uint8)
        return _picture(_jpeg(_grey(blur(rgb))), clear=False)
    cache = "no-store" if shows else "private, max-age=86400, immutable"
    return Response(data, media_type="image/png", headers={"Cache-Control": cache})


def _made(case: Case, digest: str) -> tuple[bytes, bool]:
    """Bytes of a derived picture or of an assessment's, and whether it shows footage."""
    wanted = Sha256.from_hex(digest).hex()
    body = case.records.item(wanted)
    if body is not None and body["copy"] == "derived" and body["media_type"] == "image/png":
        return case.objects.get(body["key"]), bool(body["shows_footage"])
    for assessment in reversed(case.records.assessments()):
        for drawn in assessment["pictures"]:
            if drawn["sha256"] == wanted:
                return case.objects.get(drawn["key"]), False
    raise NotFoundError("There is no such picture in this case.", "Go back to the item.")


def _parent(case: Case, digest: str) -> str | None:
    body = case.records.item(digest)
    derivation = (body or {}).get("derivation")
    return str(derivation["parent"]) if derivation else None
