from __future__ import annotations

import io

import numpy as np
from PIL import Image

from tests.web.people import HTML, People

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
