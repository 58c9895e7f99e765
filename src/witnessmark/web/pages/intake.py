"""Taking material in: a file piece by piece, or in one form where there are no scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse, Response

from witnessmark.web.doors import Seat, Worker
from witnessmark.web.rendering import page
from witnessmark.web.uploads import Coming, Uploads
from witnessmark.web.work import Work
from witnessmark.web.workplace import ACCOUNTS_FILE

router = APIRouter(include_in_schema=False)
PIECE_BYTES = 1 << 20


def uploads_of(seat: Seat) -> Uploads:
    """The files on their way in at this desk."""
    return Uploads(seat.workplace.settings.root / ACCOUNTS_FILE.parent / "uploads")


@router.get("/c/{case}/take-in")
def take_in_page(request: Request, seat: Worker) -> Response:
    """The form for a file and how it was obtained."""
    return page(request, "take_in.html", seat, case=seat.case)


@router.post("/c/{case}/uploads/whole")
async def whole(
    request: Request,
    seat: Worker,
    file: Annotated[UploadFile, File()],
    method: Annotated[str, Form(max_length=500)],
    url: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """A file in one form; the browser shows how far it is."""
    uploads = uploads_of(seat)
    coming = uploads.begin(
        seat.account.id, str(seat.name), file.filename or "", file.size or 0, _method(method), url.strip()
    )
    try:
        await uploads.write(coming, 0, pieces_of(file))
        _take_in(request, seat, uploads, coming)
    except BaseException:
        uploads.drop(coming)
        raise
    return RedirectResponse(f"/c/{seat.name}#work", 303)


async def pieces_of(file: UploadFile) -> AsyncIterator[bytes]:
    """A form's file, piece by piece."""
    while piece := await file.read(PIECE_BYTES):
        yield piece


@router.post("/c/{case}/uploads/begin")
def begin(
    seat: Worker,
    name: Annotated[str, Form(max_length=1000)],
    size_bytes: Annotated[int, Form()],
    method: Annotated[str, Form(max_length=500)],
    url: Annotated[str, Form(max_length=2000)] = "",
) -> dict[str, Any]:
    """Announce a file that comes piece by piece."""
    coming = uploads_of(seat).begin(seat.account.id, str(seat.name), name, size_bytes, _method(method), url.strip())
    return {"id": coming.id, "offset": 0}


@router.get("/c/{case}/uploads/{upload}")
def stands(seat: Worker, upload: str) -> dict[str, Any]:
    """How many bytes of it are here."""
    uploads = uploads_of(seat)
    coming = uploads.get(upload, seat.account.id, str(seat.name))
    return {"id": upload, "offset": uploads.offset(coming), "size_bytes": coming.size_bytes}


@router.put("/c/{case}/uploads/{upload}")
async def go_on(request: Request, seat: Worker, upload: str, offset: Annotated[int, Query(ge=0)]) -> dict[str, Any]:
    """The next piece, as the body; it begins at `offset`."""
    uploads = uploads_of(seat)
    coming = uploads.get(upload, seat.account.id, str(seat.name))
    return {"id": upload, "offset": await uploads.write(coming, offset, request.stream())}


@router.post("/c/{case}/uploads/{upload}/finish")
async def finish(request: Request, seat: Worker, upload: str) -> Response:
    """All bytes are here: take the file in."""
    uploads = uploads_of(seat)
    coming = uploads.get(upload, seat.account.id, str(seat.name))
    piece = await run_in_threadpool(_take_in, request, seat, uploads, coming)
    return JSONResponse({"work": piece, "next": f"/c/{seat.name}#work"})


@router.delete("/c/{case}/uploads/{upload}")
def drop(seat: Worker, upload: str) -> dict[str, bool]:
    """Give an upload up."""
    uploads = uploads_of(seat)
    uploads.drop(uploads.get(upload, seat.account.id, str(seat.name)))
    return {"dropped": True}


def _method(method: str) -> str:
    return method.strip() or "file handed over"


def _take_in(request: Request, seat: Seat, uploads: Uploads, coming: Coming) -> str:
    path = uploads.finish(coming)
    work: Work = request.app.state.work
    arguments = ["take-in", str(path), coming.method, coming.url]
    return work.ask(str(seat.name), f"taking in {coming.name}", seat.account.name, arguments).id
