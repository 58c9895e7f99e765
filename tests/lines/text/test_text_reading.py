"""Real reads by the detector and Tesseract: a clip, pictures in several scripts, tiny and hostile files, no packs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.lines.clips import item_of
from tests.lines.text.planting import BRIDGE, LINE, MARK, SIGN, frame, need_pack, plant_text, written
from typer.testing import CliRunner

from witnessmark.cli import app
from witnessmark.lines.contract import Abstention, Tools
from witnessmark.lines.text import TextLine
from witnessmark.lines.text.observations import TextObservations


def observed(line: TextLine, path: Path, **providers: object) -> TextObservations | Abstention:
    return line.observe(item_of(path), (), Tools(path, providers=providers))


def sign_picture(path: Path, text: str) -> Path:
    picture = np.repeat(frame(3, sign="", mark="")[:, :, :1], 3, axis=2).copy()
    plate = written(text, 28, margin=14)
    picture[60 : 60 + plate.shape[0], 10 : 10 + plate.shape[1]] = plate
    Image.fromarray(picture).save(path)
    return path


def test_a_clip_gives_its_sign_its_mark_and_the_name_on_the_sign(tmp_path: Path) -> None:
    planted = plant_text(tmp_path)
    seen = LINE.observe(planted.item, (), planted.tools)
    assert isinstance(seen, TextObservations)
    by_text = {each.readings[0].text: each for each in seen.written}
    assert by_text[SIGN].layer == "scene" and by_text[MARK].layer == "overlay"
    assert by_text[SIGN].script == "latin" and by_text[SIGN].frames_count == len(seen.frames_at_s) == 3
    (name,) = by_text[SIGN].names
    assert (name.thing_id, name.words, name.reading_index) == (BRIDGE.id, SIGN, 0)
    assert any(remark.topic == "name" and "may be" in remark.seen for remark in seen.remarks)
    answer = LINE.weigh(seen, planted.over)
    assert isinstance(answer, Abstention) and "does not by itself" in answer.reason


@pytest.mark.parametrize(
    ("script", "pack", "text"),
    [("armenian", "hye", "Գետի կամուրջ"), ("cyrillic", "rus", "Дорога в село"), ("latin", "aze", "Kəndin yolu")],
)
def test_each_script_is_read_by_its_own_pack(tmp_path: Path, script: str, pack: str, text: str) -> None:
    need_pack(script, pack)
    seen = observed(TextLine(("latin", "armenian", "cyrillic")), sign_picture(tmp_path / "sign.png", text))
    assert isinstance(seen, TextObservations)
    (found,) = seen.written
    assert (found.script, found.layer) == (script, "undetermined")
    assert found.readings[0].text == text


def test_a_script_without_a_pack_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_pack("latin", "eng")
    path = sign_picture(tmp_path / "sign.png", "Mill Lane")
    seen = observed(TextLine(("latin", "greek")), path)
    assert isinstance(seen, TextObservations)
    if seen.unread_scripts:
        assert seen.unread_scripts == ("greek",) and any("greek" in remark.seen for remark in seen.remarks)
    nowhere = observed(TextLine(("latin",), tmp_path / "no packs"), path)
    assert isinstance(nowhere, Abstention)
    assert "No language pack for latin" in nowhere.reason and "WITNESSMARK_TESSDATA" in nowhere.what_would_help


def test_without_the_extra_it_abstains_naming_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("witnessmark.lines.text.reading.importlib.util.find_spec", lambda name: None)
    answer = observed(LINE, sign_picture(tmp_path / "sign.png", "Mill"))
    assert isinstance(answer, Abstention) and "pip install 'witnessmark[ocr]'" in answer.what_would_help


@pytest.mark.parametrize("size", [(1, 1), (3000, 1), (7, 5)])
def test_a_tiny_picture_holds_no_writing(tmp_path: Path, size: tuple[int, int]) -> None:
    need_pack("latin", "eng")
    path = tmp_path / "tiny.png"
    Image.new("RGB", size, (200, 10, 10)).save(path)
    seen = observed(LINE, path)
    if isinstance(seen, Abstention):
        assert "could not be decoded" in seen.reason
    else:
        assert seen.written == ()
        assert LINE.draw(seen) == ()


def test_the_command_answers_programs_and_people(tmp_path: Path) -> None:
    need_pack("latin", "eng")
    path, picture = sign_picture(tmp_path / "sign.png", "Mill Lane 4"), tmp_path / "lines.png"
    names = tmp_path / "names"
    names.mkdir()
    (names / "names.csv").write_text("name,kind,source\nMill Lane,other,drawn here\n", encoding="utf-8")
    asked = ["text", str(path), "--scripts", "latin", "--names", str(names)]
    told = CliRunner().invoke(app, [*asked, "--picture", str(picture), "--json"])
    assert told.exit_code == 0, told.output
    body = json.loads(told.stdout)
    (text,) = body["texts"]
    assert text["text"] == "Mill Lane 4" and text["script"] == "latin" and text["suggestion"] is True
    assert text["names"][0]["name"] == "Mill Lane" and len(text["box"]) == 4
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_wrong_use_is_told(tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.mp4"
    hostile.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(200))
    for asked, said in (
        ([str(hostile), "--scripts", "runic"], "no script 'runic'"),
        ([str(tmp_path / "none.png"), "--scripts", "latin"], "no file"),
        ([str(hostile), "--scripts", "latin"], "cannot be read"),
        ([str(hostile), "--scripts", ","], "No script"),
    ):
        told = CliRunner().invoke(app, ["text", *asked])
        assert told.exit_code != 0 and said in str(told.exception)
