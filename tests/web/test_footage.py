from __future__ import annotations

import io
import time

import av
import numpy as np
from fastapi import FastAPI
from PIL import Image

from tests.web.people import HTML, People
from witnessmark.web.workplace import Workplace

Desk = tuple[FastAPI, Workplace]

STILL = "/c/first/items/WM-0001/still?at_s=1.0"


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float64)


def edges(rgb: np.ndarray) -> float:
    return float(np.abs(np.diff(rgb.mean(axis=2), axis=1)).max())


def test_stills_are_blurred_and_grey_until_asked_for_and_the_asking_is_logged(people: People) -> None:
    reviewer = people["A reviewer"]
    blurred = picture(reviewer.get(STILL).content)
    assert np.ptp(blurred, axis=2).max() == 0  # grey
    assert edges(blurred) < 20
    assert reviewer.get("/c/first/items/WM-0001/original").status_code == 404
    asked = reviewer.post(
        "/c/first/items/WM-0001/clear", data={"purpose": "to check the cut"}, headers=people.csrf("A reviewer")
    )
    assert asked.status_code == 303
    clear = picture(reviewer.get(STILL).content)
    assert edges(clear) > 60 and np.ptp(clear, axis=2).max() > 50
    part = reviewer.get("/c/first/items/WM-0001/original", headers={"range": "bytes=4-7"})
    assert part.status_code == 206 and part.content == b"ftyp"
    log = people["Ada Admin"].get("/c/first/activity?action=item.looked-at", headers=HTML).text
    assert "A reviewer" in log
    assert edges(picture(people["A lawyer"].get(STILL).content)) < 20  # the leave is that browser's alone
    reviewer.post("/c/first/items/WM-0001/blur", headers=people.csrf("A reviewer"))
    assert edges(picture(reviewer.get(STILL).content)) < 20


def test_a_reader_is_never_sent_clear_footage(people: People) -> None:
    headers = people.csrf("A reader")
    answer = people["A reader"].post("/c/first/items/WM-0001/clear", data={"purpose": "look"}, headers=headers)
    assert answer.status_code == 403
    assert edges(picture(people["A reader"].get(STILL).content)) < 20


def test_no_purpose_no_clear_footage(people: People) -> None:
    headers = people.csrf("A lawyer")
    answer = people["A lawyer"].post("/c/first/items/WM-0001/clear", data={"purpose": "  "}, headers=headers)
    assert answer.status_code == 400


def test_the_blurred_video_is_made_when_asked_for_and_then_plays_by_ranges(people: People, desk: Desk) -> None:
    reader, worker = people["A reader"], people["A investigator"]
    address = "/c/first/items/WM-0001/blurred-video"
    missing = reader.get(address)
    assert missing.status_code == 404 and "item's page" in missing.text
    assert "blurred-video" in worker.get("/c/first/items/WM-0001", headers=HTML).text
    assert "blurred-video" not in reader.get("/c/first/items/WM-0001", headers=HTML).text
    assert worker.post(address, headers=people.csrf("A investigator")).status_code == 303
    app, workplace = desk
    until_s = time.monotonic() + 120.0
    while (piece := app.state.work.of("first")[0])["answer"] is None and time.monotonic() < until_s:
        app.state.work.wait(0.5)
    assert piece["state"] == "done", piece
    assert (
        '<video src="/c/first/items/WM-0001/blurred-video"' in reader.get("/c/first/items/WM-0001", headers=HTML).text
    )
    part = reader.get(address, headers={"range": "bytes=4-7"})
    assert part.status_code == 206 and part.content == b"ftyp"
    kept = workplace.folders()["first"] / "previews"
    with av.open(str(next(kept.glob("*.mp4")))) as made:
        assert not made.streams.audio and max(made.streams.video[0].width, made.streams.video[0].height) <= 480
        for frame in made.decode(video=0):
            rgb = frame.to_ndarray(format="rgb24")
            assert np.ptp(rgb, axis=2).max() <= 3 and edges(rgb.astype(np.float64)) < 20
