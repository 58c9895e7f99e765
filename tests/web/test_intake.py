from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from tests.web.people import CLIP, HTML, People
from witnessmark.errors import BadInputError, ClashError, MediaError
from witnessmark.web.uploads import Uploads
from witnessmark.web.workplace import Workplace


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def test_an_upload_cut_half_way_goes_on_and_is_taken_in(
    desk: tuple[FastAPI, Workplace], people: People, tmp_path: Path
) -> None:
    data = CLIP(tmp_path / "a clip.mp4").read_bytes() + b"\0" * 8  # other bytes than the item that is here
    client, headers = people["A investigator"], people.token("A investigator")
    about = {"name": "../../a clip.mp4", "size_bytes": len(data), "method": "handed over (rehearsed)"}
    begun = client.post("/c/first/uploads/begin", data=about, headers=headers).json()
    path = f"/c/first/uploads/{begun['id']}"
    half = len(data) // 2
    assert client.put(f"{path}?offset=0", content=data[:half], headers=headers).json()["offset"] == half
    assert client.put(f"{path}?offset=0", content=data, headers=headers).status_code == 409
    assert client.post(f"{path}/finish", headers=headers).status_code == 409
    assert people["A owner"].get(path).status_code == 404  # another's upload
    assert client.get(path).json()["offset"] == half
    assert client.put(f"{path}?offset={half}", content=data[half:], headers=headers).json()["offset"] == len(data)
    work = client.post(f"{path}/finish", headers=headers).json()["work"]
    deadline = time.monotonic() + 120.0
    state: dict[str, object] = {}
    while time.monotonic() < deadline and state.get("state") not in ("done", "failed"):
        time.sleep(0.3)
        state = next(piece for piece in client.get("/c/first/work").json() if piece["id"] == work)
    assert state["state"] == "done", state
    answer = state["answer"]
    assert isinstance(answer, dict)
    shown = client.get(f"/c/first/items/{answer['item']}", headers=HTML)
    assert "a clip.mp4" in shown.text and "handed over (rehearsed)" in shown.text
    root = desk[1].settings.root
    assert not list((root / "desk" / "uploads").glob("*/*"))


def test_a_full_disk_is_said_and_what_arrived_is_kept(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    coming = uploads.begin(1, "case", "clip.mp4", 100, "by hand", "")
    part = tmp_path / "uploads" / coming.id / "part"
    part.unlink()
    part.symlink_to("/dev/full")
    with pytest.raises(MediaError, match="full"):
        asyncio.run(uploads.write(coming, 0, pieces(b"x" * 50)))


def test_more_than_announced_and_hostile_names_are_refused(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    coming = uploads.begin(1, "case", "clip.mp4", 10, "by hand", "")
    with pytest.raises(ClashError):
        asyncio.run(uploads.write(coming, 0, pieces(b"x" * 6, b"x" * 6)))
    assert uploads.offset(coming) == 6
    for name in ("..", "", "a\0b", "\u202egpj.exe", "x" * 300):
        with pytest.raises(BadInputError):
            uploads.begin(1, "case", name, 10, "by hand", "")
    with pytest.raises(BadInputError):
        uploads.begin(1, "case", "clip.mp4", 0, "by hand", "")
    with pytest.raises(MediaError, match="disk"):
        uploads.begin(1, "case", "clip.mp4", 60 * 2**30, "by hand", "")
