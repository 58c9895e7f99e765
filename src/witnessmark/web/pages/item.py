"""An item: its pictures, shots, marks, what each line says, its postings and its custody."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from markupsafe import Markup

from witnessmark.custody.records import Item
from witnessmark.desk.blurring import preview_path
from witnessmark.desk.case import Case
from witnessmark.desk.inquiry import find_lines
from witnessmark.desk.items import get_item, item_body
from witnessmark.desk.marking import draw_mark, marks, withdraw_mark
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.plain import Plain
from witnessmark.web.doors import InCase, Worker
from witnessmark.web.pages.case import CONTENT_NOTE, is_hidden
from witnessmark.web.rendering import environment, page
from witnessmark.web.work import Work

router = APIRouter(include_in_schema=False)
MARKS_PER_PAGE = 200
EVENTS_SHOWN = 30
SAME_FRAME_S = 0.005
"""Times nearer than this are the same frame: less than half of one at 60 frames a second."""


@router.get("/c/{case}/items/{item}")
def item_page(request: Request, seat: InCase, item: str, show: str = "") -> Response:
    """The item; hidden behind a word when it carries a note the person asked not to be shown."""
    case = seat.case
    found = get_item(case, item)
    body = item_body(case, found)
    drawn = case.records.marks(found.sha256.hex())  # as plain values: thousands are counted, few are shown
    notes = sorted({str(mark["body"].get("note", "")) for mark in drawn if mark["kind"] == CONTENT_NOTE})
    if show != "yes" and is_hidden(seat, case, body):
        return page(request, "item_hidden.html", seat, case=case, item=found, notes=notes)
    work: Work = request.app.state.work
    return page(
        request,
        "item.html",
        seat,
        case=case,
        item=found,
        body=body,
        media=body.get("media") or {},
        stills=stills_of(body),
        panels=panels(case, found),
        marks=drawn[:MARKS_PER_PAGE],
        marks_count=len(drawn),
        postings=case.records.postings(found.sha256.hex()),
        derived=case.records.items(parent=found.sha256.hex()),
        notes=notes,
        clear=seat.sees_clear(found.sha256.hex()),
        blurred_video=preview_path(case, found).is_file(),
        events=case.records.log_page(about=found.sha256.hex(), at_most=EVENTS_SHOWN),
        work=[piece for piece in work.of(str(seat.name)) if found.exhibit_number in piece["title"]],
    )


def stills_of(body: dict[str, Any]) -> list[float]:
    """Presentation times [s] a strip of stills is shown at: the middle of each shot, at most 24."""
    media = body.get("media") or {}
    shots = [(float(first), float(last)) for first, last in media.get("shots_s") or []]
    if not shots and media.get("duration_s"):
        shots = [(0.0, float(media["duration_s"]))]
    if 0 < len(shots) < 6:  # long shots are shown at several times
        parts = -(-6 // len(shots))
        shots = [
            (first + (last - first) * k / parts, first + (last - first) * (k + 1) / parts)
            for first, last in shots
            for k in range(parts)
        ]
    keep = max(1, -(-len(shots) // 24))
    return [round((first + last) / 2.0, 3) for first, last in shots[::keep]]


def panels(case: Case, item: Item) -> list[dict[str, Any]]:
    """What each line says of an item: its own ``panel.html``, filled; a line that was not run says so."""
    results = {result["line"]: result for result in case.records.results() if result["item"] == item.sha256.hex()}
    shown = []
    for line in find_lines():
        result = results.get(line.name)
        shown.append(
            {
                "line": line.name,
                "question": line.question,
                "result": result,
                "html": panel_html(line.name, result) if result is not None else None,
            }
        )
    return shown


def panel_html(name: str, result: dict[str, Any]) -> Markup:
    """A line's own part of a page, filled with one result."""
    finding = result if result["kind"] == "finding" else None
    abstention = result if result["kind"] == "abstention" else None
    template = environment().get_template(f"panel:{name}")
    # the template escapes what it prints; what it gives is ours
    return Markup(template.render(seen=result["observations"], finding=finding, abstention=abstention))


@router.get("/c/{case}/items/{item}/marks")
def marks_list(seat: InCase, item: str, at_s: float | None = None) -> list[dict[str, Any]]:
    """The marks on an item, or on one of its frames, as plain values."""
    case = seat.case
    found = case.records.marks(get_item(case, item).sha256.hex())
    return [mark for mark in found if at_s is None or near(mark["at_pts_s"], at_s)]


def near(at_pts_s: float | None, at_s: float) -> bool:
    """Whether a mark was drawn on the frame at a time."""
    return at_pts_s is not None and abs(at_pts_s - at_s) < SAME_FRAME_S


@router.post("/c/{case}/items/{item}/marks")
def add_mark(
    request: Request,
    seat: Worker,
    item: str,
    kind: Annotated[str, Form(max_length=64)],
    body: Annotated[str, Form(max_length=200_000)],
    at_pts_s: Annotated[float | None, Form()] = None,
    replaces: Annotated[str, Form(max_length=64)] = "",
    run: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Put a mark on record, in place of an earlier one if it is named; a mark somebody changed meanwhile is told."""
    case = seat.case
    found = get_item(case, item)
    made = save_mark(case, found, kind, plain_body(body), at_pts_s, replaces)
    if run:
        names = [line.name for line in find_lines([run])]
        work: Work = request.app.state.work
        work.ask(str(seat.name), f"{run} on {found.exhibit_number}", case.operator, ["lines", *names, "--", item])
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"id": made})
    return RedirectResponse(f"/c/{seat.name}/items/{found.exhibit_number}#marks", 303)


def save_mark(case: Case, item: Item, kind: str, body: dict[str, Plain], at_pts_s: float | None, replaces: str) -> str:
    """Draw a mark; when it replaces one that does not stand any more, say so and keep both people's work.

    Returns
    -------
    str
        The mark's id.

    Raises
    ------
    ClashError
        When the mark to be replaced was changed or taken back by somebody else meanwhile.
    """
    changed = ClashError(
        "Somebody changed or took back this mark while you drew.",
        "Look at the item again; what you drew is kept on your page until you save it as a new mark.",
    )
    if replaces and all(mark.id != replaces for mark in marks(case, item)):
        raise changed
    made = draw_mark(case, item, kind, body, at_pts_s=at_pts_s)
    if replaces and made.id != replaces:
        try:
            withdraw_mark(case, item, replaces, f"replaced by {made.id}")
        except NotFoundError:  # in the moment between: the other's stands
            withdraw_mark(case, item, made.id, f"somebody else replaced {replaces} first")
            raise changed from None
    return made.id


def plain_body(text: str) -> dict[str, Plain]:
    """A mark's body out of a form's JSON.

    Raises
    ------
    BadInputError
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"The mark is not JSON ({error}).", "Draw it again.") from error
    if not isinstance(body, dict):
        raise BadInputError("The mark holds no names and values.", "Draw it again.")
    return body


@router.post("/c/{case}/items/{item}/marks/{mark}/withdraw")
def take_back(seat: Worker, item: str, mark: str, reason: Annotated[str, Form(max_length=1000)]) -> Response:
    """Take a mark back, with the reason."""
    case = seat.case
    found = get_item(case, item)
    withdraw_mark(case, found, mark, reason)
    return RedirectResponse(f"/c/{seat.name}/items/{found.exhibit_number}#marks", 303)


@router.post("/c/{case}/items/{item}/marks/note")
def note_content(seat: Worker, item: str, note: Annotated[str, Form(max_length=60)]) -> Response:
    """Note what an item shows, such as "injury", so that others can choose not to be shown it."""
    case = seat.case
    found = get_item(case, item)
    word = " ".join(note.split())
    if not word or not word.isprintable():
        raise BadInputError("The note is empty.", "Say in a word or two what it shows.")
    draw_mark(case, found, CONTENT_NOTE, {"note": word.casefold()})
    return RedirectResponse(f"/c/{seat.name}/items/{found.exhibit_number}#marks", 303)


@router.post("/c/{case}/items/{item}/label")
def label(
    seat: Worker,
    item: str,
    at_s: Annotated[float, Form(ge=0.0)],
    sky: Annotated[str, Form(max_length=20)] = "",
    rain: Annotated[str, Form(max_length=3)] = "",
    snow_on_ground: Annotated[str, Form(max_length=3)] = "",
    wind: Annotated[str, Form(max_length=20)] = "",
    sunlight: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Label the sky and weather of a frame, and what light falls; what cannot be told is left out, not guessed."""
    case = seat.case
    found = get_item(case, item)
    body: dict[str, Plain] = {"sky": sky, "wind": wind}
    body |= {name: said == "yes" for name, said in (("rain", rain), ("snow_on_ground", snow_on_ground)) if said}
    body = {name: value for name, value in body.items() if value != ""}
    if body:
        draw_mark(case, found, "weather-label", body, at_pts_s=at_s)
    if sunlight:
        draw_mark(case, found, "sunlight", {"state": sunlight}, at_pts_s=at_s)
    if not body and not sunlight:
        raise BadInputError("Nothing was labelled.", "Say at least one thing you see; leave the rest.")
    return RedirectResponse(f"/c/{seat.name}/items/{found.exhibit_number}/frame?at_s={at_s}", 303)
