"""Dossiers: seal an edition, look at its pages, check it, hand it over."""

from __future__ import annotations

import importlib
import io
import json
import re
import shutil
import tempfile
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, RedirectResponse, Response
from PIL import Image
from starlette.background import BackgroundTask

from witnessmark.custody.records import PremisEvent
from witnessmark.desk.sealing import gather
from witnessmark.dossier import TEMPLATE, Edition, check_plan, read_plan, verify
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.web.doors import InCase, Looker, Seat, Worker
from witnessmark.web.rendering import page
from witnessmark.web.work import Work
from witnessmark.web.workplace import ACCOUNTS_FILE

router = APIRouter(include_in_schema=False)
PAGE_SIDE_PX = 1100
MAX_PLAN = 60_000
"""Signs of a plan: it is handed to the process that seals as one argument, which systems bound at 128 kB."""


def folder_of(seat: Seat) -> Path:
    """Where the dossiers of a case are put that were sealed from these pages."""
    return seat.workplace.settings.root / ACCOUNTS_FILE.parent / "dossiers" / str(seat.name)


@router.get("/c/{case}/dossier")
def dossier_page(request: Request, seat: InCase) -> Response:
    """What was sealed, and the form for another."""
    work: Work = request.app.state.work
    return page(
        request,
        "dossier.html",
        seat,
        case=seat.case,
        sealed=[_told(path) for path in _sealed(seat)],
        editions=list(Edition),
        plan_template=TEMPLATE,
        work=[piece for piece in work.of(str(seat.name)) if piece["title"].startswith("sealing ")],
        can_preview=find_spec("pypdfium2") is not None,
        verdict=None,
    )


def _sealed(seat: Seat) -> list[Path]:
    folder = folder_of(seat)
    found = [path for path in folder.iterdir() if (path / "bagit.txt").is_file()] if folder.is_dir() else []
    shown = [path for path in found if seat.role != "reader" or path.name.startswith("public")]
    return sorted(shown, key=lambda path: path.stat().st_mtime, reverse=True)


def _told(path: Path) -> dict[str, Any]:
    size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    try:
        record = json.loads((path / "data" / "case.json").read_bytes())
    except (OSError, ValueError):
        record = {}
    handed = {name: record.get(name) for name in ("recipient", "purpose", "plan_left_out")}
    return {"name": path.name, "edition": path.name.partition("-")[0], "size_bytes": size, **handed}


def _named(seat: Seat, name: str) -> Path:
    found = next((path for path in _sealed(seat) if path.name == name), None)
    if found is None:
        raise NotFoundError("There is no such dossier.", "See the list on the page Dossier.")
    return found


@router.post("/c/{case}/dossier/seal")
def seal(
    request: Request,
    seat: Worker,
    edition: Annotated[str, Form(max_length=20)],
    recipient: Annotated[str, Form(max_length=300)] = "",
    purpose: Annotated[str, Form(max_length=1000)] = "",
    plan: Annotated[str, Form(max_length=MAX_PLAN)] = "",
) -> Response:
    """Seal an edition as a piece of work, by a plan that is checked first."""
    if edition not in set(Edition):
        raise BadInputError(f"There is no edition '{edition}'.", f"There are: {', '.join(Edition)}.")
    chosen = read_plan(plan)
    content = gather(seat.case)
    check_plan(chosen, content, content.pages)
    folder = folder_of(seat)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    out = folder / f"{edition}-{time.strftime('%Y%m%d-%H%M%S')}"
    work: Work = request.app.state.work
    arguments = ["seal", str(out), edition, " ".join(recipient.split()), " ".join(purpose.split()), plan]
    work.ask(str(seat.name), f"sealing the {edition} edition", seat.account.name, arguments)
    return RedirectResponse(f"/c/{seat.name}/dossier#work", 303)


@router.post("/c/{case}/dossier/{name}/verify")
async def check(request: Request, seat: InCase, name: str) -> Response:
    """Check every byte, the log, the signatures and the time-stamps of a dossier, now."""
    path = _named(seat, name)
    verdict = await run_in_threadpool(lambda: verify(path))

    def shown() -> Response:
        return page(
            request,
            "dossier.html",
            seat,
            case=seat.case,
            sealed=[_told(each) for each in _sealed(seat)],
            editions=list(Edition),
            plan_template=TEMPLATE,
            work=[],
            can_preview=find_spec("pypdfium2") is not None,
            verdict={"name": name, "ok": verdict.exit_code == 0, "text": verdict.text},
        )

    return await run_in_threadpool(shown)


@router.get("/c/{case}/dossier/{name}/pages/{number}")
def picture_of_page(seat: InCase, name: str, number: int) -> Response:
    """A page of the report as a picture; stills in it are as blurred as the edition has them."""
    path = _named(seat, name)
    if seat.role == "reader" and not name.startswith("public"):
        raise NotFoundError("There is no such dossier.", "See the list on the page Dossier.")
    if find_spec("pypdfium2") is None:
        raise NotFoundError("PDF pages cannot be drawn here.", "Run: pip install 'witnessmark[articles]'.")
    pdfium = importlib.import_module("pypdfium2")
    document = pdfium.PdfDocument(path / "data" / "report.pdf")
    try:
        if not 1 <= number <= len(document):
            raise NotFoundError(f"The report has {len(document)} pages.", "Choose one of them.")
        drawn = document[number - 1]
        scale = PAGE_SIDE_PX / max(drawn.get_size())
        picture: Image.Image = drawn.render(scale=scale).to_pil()
    finally:
        document.close()
    out = io.BytesIO()
    picture.convert("RGB").save(out, "PNG")
    return Response(out.getvalue(), media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/c/{case}/dossier/{name}/report.pdf")
def report(seat: Looker, name: str) -> Response:
    """The report, to be kept."""
    data = (_named(seat, name) / "data" / "report.pdf").read_bytes()
    named = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return Response(data, media_type="application/pdf", headers=named)


@router.get("/c/{case}/dossier/{name}/whole.zip")
def whole(seat: Looker, name: str) -> Response:
    """The dossier whole, as one file; the log says who took it."""
    path = _named(seat, name)
    case = seat.case
    case.record(PremisEvent.DISSEMINATION, "dossier.taken", {"dossier": name, "by": seat.account.name})
    with tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as packed:
            for each in sorted(path.rglob("*")):
                if each.is_file():
                    packed.write(each, str(Path(name) / each.relative_to(path)))
        made = Path(file.name)
    return FileResponse(
        made, media_type="application/zip", filename=f"{name}.zip", background=BackgroundTask(made.unlink)
    )


@router.post("/c/{case}/dossier/{name}/remove")
def remove(seat: Worker, name: str) -> Response:
    """Remove a dossier from this desk; that it was sealed stays in the log."""
    path = _named(seat, name)
    if not re.fullmatch(r"[a-z]+-[0-9-]+", name):
        raise NotFoundError("There is no such dossier.", "See the list on the page Dossier.")
    shutil.rmtree(path)
    return RedirectResponse(f"/c/{seat.name}/dossier", 303)
