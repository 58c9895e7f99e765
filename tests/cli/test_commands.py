"""The command line, as a person and as a program use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.core

from witnessmark.cli import ROOMS, load

ROOT = Path(__file__).parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the program in a process of its own, on the case in this test's folder."""

    def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("WITNESSMARK")}
        env |= {"WITNESSMARK_CASE": str(tmp_path / "case"), "WITNESSMARK_OPERATOR": "A. Author", **environment}
        return subprocess.run(
            [sys.executable, "-m", "witnessmark", *arguments],
            capture_output=True,
            text=True,
            env=env,
            cwd=tmp_path,
            timeout=240,
        )

    return _run


def commands(command: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Every command with its words."""
    if isinstance(command, typer.core.TyperGroup):
        context = typer.Context(command)
        found = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
        return [each for name, sub in found if sub is not None for each in commands(sub, (*path, name))]
    return [(path, command)]


COMMANDS = [found for room in ROOMS for found in commands(load(room), (room,))]


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_every_command_is_documented_explained_and_speaks_json(path: tuple[str, ...], command: Any) -> None:
    assert f"## witnessmark {' '.join(path)}\n" in (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert command.help and command.help.strip()
    options = {name for parameter in command.params for name in parameter.opts}
    assert "--json" in options or path == ("claim", "template")


def test_a_case_from_the_first_command_to_the_last(run: Run, clip: Path, claims_file: Path, tmp_path: Path) -> None:
    def answer(*arguments: str) -> Any:
        done = run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    space = ["--region", "46.0,39.8,46.2,40.0", "--spacing-m", "1000", "--step-s", "600"]
    space += ["--from", "2031-09-12T00:00:00Z", "--to", "2031-09-15T00:00:00Z"]
    assert answer("case", "new", "case", "--reference", "2031-17", *space)["reference"] == "2031-17"
    posted = ["--platform", "Videogram", "--account", "@a", "--posted-at", "2031-09-14T10:00:00+04:00"]
    taken = answer("item", "add", str(clip), *posted)["taken"][0]
    assert taken["exhibit_number"] == "WM-0001" and taken["media"]["frames"] == 50
    assert [Path(picture).name for picture in taken["pictures"]] == ["contact-sheet-blurred.png"]
    assert len(answer("claim", "add", str(claims_file))["claims"]) == 2
    finding = answer("line", "run", "integrity")[0]
    assert finding["kind"] == "finding" and finding["line"] == "integrity"
    made = answer("assess")
    assert {standing["claim_id"] for standing in made["standings"]} == {"north-1", "south-1"}
    assert made["not_resolved"]
    answer("review", "new-key", "B. Second", "--affiliation", "independent", "--out", "second.key")
    signed = answer(
        "review", "sign", made["id"], "--key", "second.key", "--dissent", "--reasons", "Few.", "--conflict", "none"
    )
    assert signed["verdict"] == "dissent"
    for edition in ("closed", "public"):
        answer("dossier", "seal", edition, "--edition", edition)
        assert run("dossier", "verify", edition).returncode == 0
        alone = subprocess.run([sys.executable, "-I", str(tmp_path / edition / "verify.py")], capture_output=True)
        assert alone.returncode == 0, alone.stdout
    assert answer("custody", "verify")["ok"] is True
    assert [event["action"] for event in answer("custody", "log", "--last", "0")][:2] == [
        "case.opened",
        "item.taken-in",
    ]
    shown = run("case", "show")
    assert shown.returncode == 0 and "2031-17" in shown.stdout
    assert len(answer("case", "list", str(tmp_path))) == 1


def test_tampering_is_found_and_exits_with_1(run: Run, clip: Path, tmp_path: Path) -> None:
    assert run("case", "new", "case", "--reference", "2031-17").returncode == 0
    assert run("item", "add", str(clip), "--no-look").returncode == 0
    original = next(path for path in (tmp_path / "case" / "objects" / "originals").rglob("*") if path.is_file())
    data = bytearray(original.read_bytes())
    data[1000] ^= 0x10
    original.chmod(0o600)
    original.write_bytes(data)
    found = run("custody", "verify", "--json")
    assert found.returncode == 1
    fault = json.loads(found.stdout)["faults"][0]
    assert fault["byte_offset"] == 1000 and original.name in fault["where"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["item", "list"], "No case is named"),
        (["case", "show", "--case", "nowhere"], "is not a case"),
        (["case", "new", "x", "--reference", " "], "needs a reference"),
        (["case", "new", "x", "--reference", "1", "--region", "1,2,3"], "belong together"),
        (["case", "new", "x", "--reference", "1", "--tsa", "ftp://x"], "not a web address"),
        (["dossier", "verify", "nowhere"], "nowhere"),
        (["case", "new"], "Missing"),
        (["nonsense"], "No such command"),
    ],
)
def test_wrong_use_is_one_clear_sentence_and_exits_with_2(
    run: Run, arguments: list[str], said: str, tmp_path: Path
) -> None:
    done = run(*arguments, WITNESSMARK_CASE="")
    assert done.returncode == 2 and said in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["missing", "empty", "folder", "link", "fifo"])
def test_what_cannot_be_taken_in_is_refused_and_leaves_no_trace(
    run: Run, clip: Path, tmp_path: Path, kind: str
) -> None:
    run("case", "new", "case", "--reference", "2031-17")
    before = sorted(path.relative_to(tmp_path) for path in (tmp_path / "case").rglob("*"))
    path = tmp_path / kind
    if kind == "empty":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(clip)
    elif kind == "fifo":
        os.mkfifo(path)
    done = run("item", "add", str(path), "--json")
    assert done.returncode == 2 and kind in json.loads(done.stdout)["refused"][0]["what"]
    after = sorted(path.relative_to(tmp_path) for path in (tmp_path / "case").rglob("*"))
    assert [p for p in after if p not in before and p.name != "case.lock"] == []


def test_undecodable_bytes_are_kept_and_said_to_be_so(run: Run, tmp_path: Path) -> None:
    run("case", "new", "case", "--reference", "2031-17")
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(500))
    done = run("item", "add", str(path))
    assert done.returncode == 0 and "WM-0001" in done.stdout and "cannot be decoded" in done.stdout


def test_one_damaged_case_does_not_hide_the_others(run: Run, tmp_path: Path) -> None:
    assert run("case", "new", "case", "--reference", "2031-17").returncode == 0
    assert run("case", "new", "other", "--reference", "2031-18").returncode == 0
    (tmp_path / "other" / "witnessmark.json").write_text("{")
    found = run("case", "list", "--json")
    assert found.returncode == 1
    rows = {Path(row["folder"]).name: row for row in json.loads(found.stdout)}
    assert rows["case"]["reference"] == "2031-17" and "damaged" in rows["other"]["problem"]


def test_the_public_key_is_printed_and_checks_the_case(run: Run, tmp_path: Path) -> None:
    assert run("case", "new", "case", "--reference", "2031-17").returncode == 0
    (tmp_path / "case_key.pub").write_text(run("custody", "key").stdout)
    assert run("custody", "verify", "--public-key", "case_key.pub").returncode == 0
    (tmp_path / "no.pub").write_text("nothing")
    assert "public key" in run("custody", "verify", "--public-key", "no.pub").stderr
