"""What people and files hand in is printed as it is, steers no terminal and breaks no answer for programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MARKUP = "[/] [bold]x[/nope]"
BAD = "[/] [bold]x[/nope] \x1b[31m\x1b]0;t\x07 \u202eevil"


def run(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("WITNESSMARK")}
    env |= {"WITNESSMARK_CASE": str(folder / "case"), "WITNESSMARK_OPERATOR": BAD, "COLUMNS": "200", **more}
    command = [sys.executable, "-m", "witnessmark", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder, timeout=120)


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def test_names_are_not_markup_and_do_not_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a [bold]b.txt").write_text("note")
    for arguments in (
        ["case", "new", "case", "--reference", MARKUP, "--title", MARKUP, "--mandate", BAD],
        ["item", "add", "a [bold]b.txt", "--no-look", "--platform", BAD, "--posted-at", "2031-09-14T10:00:00Z"],
        ["item", "show", "WM-0001"],
        ["item", "list"],
        ["case", "show"],
        ["case", "list", "."],
        ["custody", "log"],
    ):
        done = run(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr
        assert not any(sign in done.stdout for sign in "\x1b\x07\u202e"), arguments
    shown = run(tmp_path, "case", "show").stdout
    assert "[/] [bold]x[/nope] \\x1b[31m" in shown and "\\u202eevil" in shown
    assert "a [bold]b.txt" in run(tmp_path, "item", "list").stdout
    assert answer(run(tmp_path, "case", "show", "--json"))["mandate"] == BAD
    refused = run(tmp_path, "item", "show", BAD)
    assert refused.returncode == 2 and "\x1b" not in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nonsense"], 2),
        (["case", "new"], 2),
        (["case", "new", "x", "--reference", "1", "--spacing-m", "wide"], 2),
        (["dossier", "seal", "x", "--edition", "golden"], 2),
        (["dossier", "verify", ".", "--roots", "nowhere.pem"], 2),
        (["case", "show"], 2),
    ],
)
def test_every_refusal_is_one_json_document_when_asked(tmp_path: Path, arguments: list[str], code: int) -> None:
    done = run(tmp_path, *arguments, "--json")
    assert done.returncode == code
    assert set(answer(done)) == {"error", "what", "do", "facts"} and "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--spacing-m", "100"], ["--prior", "older-footage=0.4"]])
def test_a_setting_is_never_passed_over_in_silence(tmp_path: Path, arguments: list[str]) -> None:
    assert run(tmp_path, "case", "new", "case", "--reference", "1").returncode == 0
    done = run(tmp_path, "case", "set", *arguments)
    assert done.returncode == 2 and "Give --region, --from and --to" in done.stderr


def test_an_authority_that_does_not_answer_is_said_and_the_log_is_unharmed(tmp_path: Path) -> None:
    assert run(tmp_path, "case", "new", "case", "--reference", "1", "--tsa", "http://127.0.0.1:9/tsr").returncode == 0
    (tmp_path / "note.txt").write_text("note")
    done = run(tmp_path, "item", "add", "note.txt", "--no-look", "--json")
    assert done.returncode == 0 and answer(done)["taken"]
    assert "Not time-stamped yet" in done.stderr
    assert answer(run(tmp_path, "custody", "verify", "--json"))["ok"] is True
