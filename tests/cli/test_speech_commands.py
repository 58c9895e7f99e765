"""Hearing from the command line: the interface to the letter, refusals with the fix, corrections that stand beside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conftest import SPACE
from tests.lines.clips import write as write_clip
from tests.lines.conversation import voices
from typer.testing import CliRunner

from witnessmark.cli.speech import app
from witnessmark.desk.assessing import assess
from witnessmark.desk.case import new_case
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.errors import WitnessmarkError
from witnessmark.lines.conversation import models
from witnessmark.lines.conversation import transcriber as transcribing

ASKED = ["--languages", "az,hy,ru,tr,en"]


@pytest.fixture(scope="module", autouse=True)
def short_texts() -> Iterator[None]:
    """A voice without words makes the model go on up to its limit of tokens: a lower one is reached sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transcribing, "MOST_TOKENS", 24)
        yield


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    samples = np.concatenate([voices.silence(0.5), voices.voice(4.5), voices.silence(0.5)])
    return voices.write(tmp_path_factory.mktemp("speech") / "made.wav", samples)


def heard(*arguments: object) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert isinstance(found, dict)
    return found


def refused(*arguments: object) -> WitnessmarkError:
    done = CliRunner().invoke(app, list(map(str, arguments)))
    assert isinstance(done.exception, WitnessmarkError), done.output
    return done.exception


def test_json_is_the_interface_to_the_letter(recording: Path) -> None:
    held = models.cache_folder() / "heard"
    before = set(held.glob("*.jsonl"))
    found = heard(recording, *ASKED)
    assert {"segments", "events", "speech_s", "duration_s", "model", "speakers", "limits"} <= set(found)
    assert found["model"] == {
        "name": "whisper-base",
        "sha256": models.BASE_SHA256,
        "licence": models.BASE_LICENCE,
    }
    (segment,) = found["segments"]
    fields = {"start_s", "end_s", "text", "words", "language", "unreliable", "translation", "speaker"}
    assert fields <= set(segment)
    assert set(segment["language"]["restricted"]) == {"az", "hy", "ru", "tr", "en"}
    assert {"distribution", "restricted", "other", "verdict"} <= set(segment["language"])
    assert segment["language"]["verdict"] == "undetermined" and segment["unreliable"]
    assert all(set(word) == {"text", "start_s", "end_s", "probability"} for word in segment["words"])
    assert found["duration_s"] == pytest.approx(5.5, abs=0.01) and 3.0 < found["speech_s"] < 5.0
    assert set(held.glob("*.jsonl")) <= before, "what was said is left lying about"


def test_silence_is_an_answer_and_no_sound_is_a_refusal(tmp_path: Path) -> None:
    found = heard(voices.write(tmp_path / "silence.wav", voices.silence(3.0)))
    assert found["segments"] == [] and found["speech_s"] == 0.0
    assert "No voice is heard" in found["limits"][0]
    shown = CliRunner().invoke(app, [str(tmp_path / "silence.wav")], catch_exceptions=False).output
    assert "0.0 s of 3.0 s are speech" in shown and "A machine's hearing" in shown
    clip = write_clip(tmp_path / "mute.mp4", [0] * 10)
    assert "holds no sound" in refused(clip).what
    (tmp_path / "text.mp4").write_bytes(b"no recording " * 99)
    assert "cannot be heard" in refused(tmp_path / "text.mp4").what
    assert "There is no file" in refused(tmp_path / "missing.mp4").what


def test_a_file_that_is_cut_short_says_so(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.ts", list(range(75)), sound_s=3.0)
    cut = tmp_path / "cut.ts"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    found = heard(cut)
    assert found["duration_s"] < 3.0 and found["segments"] == []


def test_wrong_use_is_refused_with_the_fix(recording: Path, tmp_path: Path) -> None:
    assert "no language 'xx'" in refused(recording, "--languages", "en,xx").what
    assert "No language" in refused(recording, "--languages", ",").what
    assert "--model-sha256" in refused(recording, "--model", tmp_path).do
    assert "no model" in refused(recording, "--model-licence", "MIT").what
    assert "model.bin" in refused(recording, "--model", tmp_path, "--model-sha256", "00", "--model-licence", "MIT").what


def test_in_a_case_languages_are_set_and_a_correction_stands_beside_the_machine(
    recording: Path, tmp_path: Path
) -> None:
    case = new_case(tmp_path / "case", "2031-17", "A rehearsed case", operator="A. Analyst", settings={"space": SPACE})
    add_item(case, recording)
    folder = ["--case", str(case.folder)]
    assert heard("set", "--languages", "hy,az", *folder)["languages"] == ["hy", "az"]
    assert "no language 'qq'" in refused("set", "--languages", "qq", *folder).what
    assert "Nothing to set" in refused("set", *folder).what
    assert "No speech is on record" in refused("correct", "WM-0001", "--at", "2", "--text", "x", *folder).what
    assert "no span" in refused("correct", "WM-0001", "--text", "x", *folder).what
    assert "says nothing" in refused("correct", "WM-0001", "--from", "1", "--to", "2", *folder).what
    assert "Nothing is on record" in CliRunner().invoke(app, ["show", "WM-0001", *folder]).output
    case.catch_up()
    (first,) = run_lines(case, ["conversation"])
    assert first["kind"] == "finding" and first["observations"]["languages"] == ["hy", "az"]
    said = ["--language", "hy", "--text", "Գնացինք", "--translation", "We went", "--note", "sure", *folder]
    marked = heard("correct", "WM-0001", "--at", "2", *said)
    assert marked["kind"] == "speech-correction"
    case.catch_up()
    (again,) = run_lines(case, ["conversation"])
    assert again["id"] != first["id"] and again["observations"]["segments"] == first["observations"]["segments"]
    (correction,) = again["observations"]["corrections"]
    assert correction["text"] == "Գնացինք" and correction["author"]
    done = CliRunner().invoke(app, ["show", "WM-0001", "--json", *folder], catch_exceptions=False)
    (row,) = json.loads(done.output)
    assert row["machine"]["unreliable"] and row["people"][0]["translation"] == "We went"
    shown = CliRunner().invoke(app, ["show", "WM-0001", *folder], catch_exceptions=False).output
    assert "not to be relied on" in shown and "hears: hy | Գնացինք | We went | sure" in shown
    assessed = assess(case)
    assert assessed is not None  # a finding that weighs nothing does not get in the way
    case.close()
