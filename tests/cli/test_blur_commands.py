"""The commands that write blurred working copies."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.media.faced import recording
from typer.testing import CliRunner

from witnessmark.cli import load
from witnessmark.cli.blur import plan_of, read_box, read_path
from witnessmark.desk.case import new_case, open_case
from witnessmark.desk.items import add_item
from witnessmark.errors import BadInputError, NotFoundError, WitnessmarkError
from witnessmark.media.faces import Box

GRAINS = np.random.default_rng(5).integers(0, 256, (96, 128, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recording(tmp_path_factory.mktemp("clip") / "clip.mp4", lambda number: GRAINS, 5)


def run(room: str, *arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(_command(room), list(arguments))
    if isinstance(result.exception, WitnessmarkError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def _command(room: str) -> Any:
    import importlib

    return importlib.import_module(f"witnessmark.cli.{room}").app


def test_a_file_is_blurred_without_a_case(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    told = run("blur", str(clip), str(out), "--box", "10,10,40,40@0-0.1", "--json")
    assert out.is_file() and told["drawn_used"] == [3] and told["parameters"]["sound"] == "left out"
    assert told["parameters"]["drawn"] == [{"from_s": 0.0, "until_s": 0.1, "keys": [[None, 10.0, 10.0, 40.0, 40.0]]}]
    assert load("blur").name == "blur"


def test_faces_without_the_detector_name_the_command_and_write_nothing(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NotFoundError, match="pip install"):
        run("blur", str(clip), str(tmp_path / "out.mp4"), "--faces", "--json")
    assert not list(tmp_path.iterdir())
    run("blur", str(clip), str(tmp_path / "out.mp4"), "--faces", "--everything", "--json")


def test_in_a_case_the_copy_is_kept_and_the_log_says_how(clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    case = new_case(folder, "T-1", "Grains (rehearsed)", operator="Ada")
    add_item(case, clip, look=False)
    case.close()
    out = tmp_path / "for-others.mp4"
    arguments = ("blur", "WM-0001", "--box", "10,10,40,40", "--out", str(out), "--case", str(folder), "--json")
    told = run("item", *arguments)
    assert told["exhibit_number"] == "WM-0001-D01" and told["copy"] == "working"
    assert out.read_bytes() == Path(told["kept"]).read_bytes()
    out.unlink()
    assert run("item", *arguments)["exhibit_number"] == "WM-0001-D01"  # the same bytes are kept once
    case = open_case(folder)
    try:
        body = case.records.item("WM-0001-D01")
        assert body is not None and body["shows_footage"] is True
        assert body["derivation"]["parameters"]["drawn"][0]["keys"] == [[None, 10.0, 10.0, 40.0, 40.0]]
        logged = [
            row for row in case.records.log_page(about=told["sha256"], at_most=5) if row["action"] == "item.derived"
        ]
        assert len(logged) == 1
        assert not [path.name for path in folder.iterdir() if path.name.startswith(".blurring")]
    finally:
        case.close()


def test_boxes_are_read_to_the_letter() -> None:
    assert read_box("1,2,3,4").keys == ((None, Box(1, 2, 3, 4)),)
    timed = read_box("1,2,3,4@2.5-9")
    assert (timed.from_s, timed.until_s) == (2.5, 9.0)
    path = read_path("0,0,10,10@1;20,0,10,10@3")
    assert path.at(2.0) == Box(10, 0, 10, 10) and path.at(0.5) is None
    assert plan_of(True, ["1,2,3,4"], ["0,0,1,1@0;1,1,1,1@1"], False, True).keep_sound


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "1,2,0,4", "1,2,3,4@", "1,2,3,4@9-2", "a,b,c,d", "nan,1,2,3", "1,2,3,4@-"]
)
def test_no_box_is_guessed(text: str) -> None:
    with pytest.raises(BadInputError, match="is no box"):
        read_box(text)
    with pytest.raises(BadInputError, match="is no box"):
        read_path(text + ";1,2,3,4@1")
