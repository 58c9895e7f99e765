"""Two people at one mark: the second is told, and neither's work is thrown away."""

from __future__ import annotations

import json

from fastapi import FastAPI

from tests.web.people import People
from witnessmark.web.workplace import Workplace

PATH = "/c/first/items/WM-0001/marks"


def _sent(top: int, replaces: str = "") -> dict[str, str]:
    body = {"top_px": [10, top], "base_px": [10, 60], "sigma_px": 3.0}
    return {"kind": "vertical", "body": json.dumps(body), "at_pts_s": "0.5", "replaces": replaces}


def test_the_second_of_two_who_change_a_mark_is_told(desk: tuple[FastAPI, Workplace], people: People) -> None:
    first, second = "A owner", "A investigator"
    drawn = people[first].post(PATH, data=_sent(5), headers=people.token(first)).json()["id"]
    changed = people[first].post(PATH, data=_sent(6, drawn), headers=people.token(first))
    assert changed.status_code == 200
    refused = people[second].post(PATH, data=_sent(7, drawn), headers=people.token(second))
    assert refused.status_code == 409
    assert "Somebody changed" in refused.json()["what"] and "kept on your page" in refused.json()["do"]
    standing = [mark["id"] for mark in people[second].get(PATH).json() if mark["kind"] == "vertical"]
    assert changed.json()["id"] in standing and drawn not in standing
    assert people[second].post(PATH, data=_sent(7), headers=people.token(second)).status_code == 200  # as a new one
    again = people[first].post(PATH, data=_sent(6, changed.json()["id"]), headers=people.token(first))
    assert again.json()["id"] == changed.json()["id"]  # the same mark saved twice is the same mark
