"""A public edition of a case whose clip the organisation and a partner know tells nothing of what they call it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import zlib
from contextlib import closing
from pathlib import Path

import pytest
from tests.conftest import SPACE
from tests.lines.copies.planting import FPS, captioned, cropped, encode, fingerprinted, mirrored, scene_frames, seen_at

from witnessmark.custody.hashes import Sha256
from witnessmark.desk.case import new_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.libraries import LIBRARY_VARIABLE
from witnessmark.desk.sealing import gather, seal_case
from witnessmark.dossier import Edition
from witnessmark.stores.fingerprints import open_library

NAME, AGAIN, PARTNER, OTHER = "Mother of Anna K.mp4", "Anna's own copy.mp4", "Harbour Watch", "2023-99"
ACCOUNT, ADDRESS = "@anna_k_1990", "https://forum.example/posts/4711"
PAST = {**SPACE, "from": "2024-09-12T00:00:00Z", "to": "2024-09-15T00:00:00Z"}
SEEN = dt.datetime(2024, 9, 12, 18, 0, tzinfo=dt.UTC)


def test_names_of_recordings_of_others_stay_in_the_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = scene_frames(0, 8 * FPS)
    clips = [
        encode(tmp_path / NAME, frames),
        encode(tmp_path / "label.mp4", mirrored(frames)),
        encode(tmp_path / "third.mp4", cropped(frames, 0.9)),
    ]
    hashes = [Sha256.of(clip.read_bytes()).hex() for clip in clips]
    organisation = tmp_path / "organisation"
    store = open_library(organisation)
    called = ((NAME, ""), ("ridge", PARTNER), (f"{OTHER} WM-0001", ""))
    for hours, (clip, sha256, (name, origin)) in enumerate(zip(clips, hashes, called, strict=True)):
        seen = seen_at(SEEN + dt.timedelta(hours=hours), "platform page", f"{origin} Forum".strip())
        store.add(fingerprinted(clip), name, origin=origin, sha256=sha256, seen=[seen])
    posted = seen_at(SEEN - dt.timedelta(hours=1), account=ACCOUNT, url=ADDRESS)
    edited = encode(tmp_path / "re-edit.mp4", captioned(cropped(frames)), crf=30)
    store.add(fingerprinted(edited), AGAIN, sha256=Sha256.of(edited.read_bytes()).hex(), seen=[posted])
    store.close()
    monkeypatch.setenv(LIBRARY_VARIABLE, str(organisation))
    opened = new_case(tmp_path / "case", "2024-17", "A clip", operator="A. Author", settings={"space": PAST})
    with closing(opened) as case:
        first = add_item(case, encode(tmp_path / "own.mp4", cropped(frames, 0.95)), look=False).item
        item = add_item(case, edited, look=False).item
        (finding,) = run_lines(case, ["copies"], [item.exhibit_number])
        assert finding["kind"] == "finding" and f"posted by '{ACCOUNT}'" in finding["statement"]
        found = {(one["known"]["name"], one["known"]["origin"]) for one in finding["observations"]["found"]}
        assert found == {*called, (first.exhibit_number, "")}
        drawn = {picture.name for picture in gather(case).pictures if picture.names_recordings}
        assert any("copies-appearances" in name for name in drawn)
        public = seal_case(case, tmp_path / "public", Edition.PUBLIC).path
        closed = seal_case(case, tmp_path / "closed", Edition.CLOSED).path
    hidden = [NAME, "Mother of Anna", AGAIN, PARTNER, OTHER, ACCOUNT, ADDRESS, "'ridge'", '"ridge"', *hashes]
    for path in public.rglob("*"):
        if path.is_file():
            data = path.read_bytes() + b"".join(unpacked(path))
            told = [word for word in hidden if word.encode() in data]
            assert not told, (path.name, told)
    record = json.loads((public / "data/case.json").read_bytes())
    assert not {picture["name"] for picture in record["pictures"]} & drawn
    assert any("Recording 1" in sentence for sentence in record["left_out"])
    (told_of,) = record["findings"]
    names = {one["known"]["name"] for one in told_of["observations"]["found"]}
    assert names == {"Recording 1", "Recording 2", "Recording 3", first.exhibit_number}
    assert {row[0] for row in told_of["parameters"]["likelihood_ratios"]} == names
    chain = told_of["observations"]["chain"]
    assert {link["name"] for link in (*chain["dated"], *chain["undated"])} <= names | {item.exhibit_number}
    assert "Recording" in told_of["statement"] and "Recording" in (public / "data/report.html").read_text()
    whole = (closed / "data/case.json").read_text()
    assert all(word in whole for word in hidden) and len(list((closed / "data/pictures").rglob("*copies-*"))) == len(
        drawn
    )


def unpacked(path: Path) -> list[bytes]:
    """What can be unpacked of the streams of a PDF, and its text where there is a program that reads it."""
    data, made = path.read_bytes(), []
    if not data.startswith(b"%PDF"):
        return []
    for part in data.split(b"stream\n")[1:]:
        try:
            made.append(zlib.decompressobj().decompress(part))
        except zlib.error:
            continue
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "-raw", str(path), "-"], capture_output=True, check=True).stdout
        assert b"Recording 1" in text
        made.append(text)
    return made
