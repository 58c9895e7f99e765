"""Fingerprint libraries from the command line: the stable machine interface, and exchange between two desks."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.lines.copies.planting import FPS, captioned, cropped, encode, framed, mirrored, scene_frames

from witnessmark.cli import main

Ask = Callable[..., Any]


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


ROW = {"ref", "score", "relation", "q0", "q1", "r0", "r1", "speed", "mirrored", "transform"}


def run(folder: Path, *arguments: str) -> Done:
    """The command line within this process, which saves a start of Python for each command."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("WITNESSMARK")}
    argv, out, err = sys.argv, io.StringIO(), io.StringIO()
    try:
        os.environ["WITNESSMARK_OPERATOR"] = "A. Author"
        sys.argv = ["witnessmark", *arguments]
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.argv = argv
        os.environ.pop("WITNESSMARK_OPERATOR")
        os.environ.update(kept)
    return Done(code, out.getvalue(), err.getvalue())


def said(folder: Path, *arguments: str) -> Any:
    done = run(folder, *arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def elsewhere(count: int) -> list[NDArray[np.uint8]]:
    """A camera that pans over another texture, the other way."""
    rng = np.random.default_rng(11)
    ground = cv2.resize(rng.integers(0, 255, (60, 200, 3), dtype=np.uint8), (1600, 480), interpolation=cv2.INTER_CUBIC)
    return [np.ascontiguousarray(ground[n : n + 180, 1200 - 9 * n : 1520 - 9 * n]) for n in range(count)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index of two clips, a broken file among them, and re-edits to ask about."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "clips" / "more").mkdir(parents=True)
    frames = scene_frames(0, 8 * FPS)
    encode(folder / "clips" / "known.mp4", frames)
    encode(folder / "clips" / "more" / "other.mp4", scene_frames(100_000, 6 * FPS))
    (folder / "clips" / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42 and nothing else")
    encode(folder / "copy.mp4", mirrored(captioned(cropped(frames))), crf=30)
    encode(folder / "mirror.mp4", mirrored(frames), crf=30)
    encode(folder / "part.mp4", framed(frames[3 * FPS : 8 * FPS]), crf=30)
    encode(folder / "unknown.mp4", elsewhere(6 * FPS))
    done = said(folder, "copies", "index", "archive", "clips")
    assert [one["name"] for one in done["import"]["added"]] == ["known.mp4", "other.mp4"]
    assert [Path(one["path"]).name for one in done["import"]["broken"]] == ["broken.mp4"]
    return folder


def test_a_query_answers_in_the_stable_form(desk: Path) -> None:
    rows = said(desk, "copies", "query", "archive", "copy.mp4")
    assert set(rows[0]) >= ROW
    assert (rows[0]["ref"], rows[0]["relation"], rows[0]["mirrored"]) == ("known.mp4", "copy", True)
    assert abs(rows[0]["speed"] - 1.0) < 0.03 and len(rows[0]["transform"]) == 9
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    (part,) = [row for row in said(desk, "copies", "query", "archive", "part.mp4") if row["relation"] == "copy"]
    assert abs(part["r0"] - part["q0"] - 3.0) < 0.25 and "framed" in part["changes"]
    assert not [row for row in said(desk, "copies", "query", "archive", "unknown.mp4") if row["relation"] == "copy"]
    told = run(desk, "copies", "query", "archive", "unknown.mp4").stdout
    assert "known.mp4" not in told and "does not make it new" in told


def test_indexing_again_does_only_what_is_left_and_takedowns_are_kept_out(desk: Path, tmp_path: Path) -> None:
    again = said(desk, "copies", "index", "archive", "clips")["import"]
    assert again["added"] == [] and again["known"] == 2 and len(again["broken"]) == 1
    stats = said(desk, "copies", "stats", "archive")
    assert stats["recordings"] == 2 and stats["kb_per_minute"]["1"] < 8.0
    (tmp_path / "clip.mp4").write_bytes((desk / "unknown.mp4").read_bytes())
    assert said(tmp_path, "copies", "index", "mine", "clip.mp4")["stats"]["recordings"] == 1
    taken = said(tmp_path, "copies", "remove", "mine", "clip.mp4", "--reason", "asked by the family")
    assert taken["operator"] == "A. Author" and taken["bytes_gone_unix_s"] is not None
    assert said(tmp_path, "copies", "query", "mine", "clip.mp4") == []
    assert said(tmp_path, "copies", "verify", "mine") == []
    assert said(tmp_path, "copies", "rebuild", "mine") == {"recordings": 0, "problems": [], "dropped": []}


def test_a_lost_file_of_an_index_costs_its_recordings_only(desk: Path, tmp_path: Path) -> None:
    shutil.copytree(desk / "archive", tmp_path / "archive")
    shutil.copytree(desk / "clips", tmp_path / "clips")
    max((tmp_path / "archive" / "shards").glob("*.shard"), key=lambda one: one.stat().st_size).unlink()
    refused = run(tmp_path, "copies", "list", "archive")
    assert refused.returncode == 2 and "copies rebuild INDEX" in refused.stderr
    told = run(tmp_path, "copies", "rebuild", "archive")
    assert told.returncode == 1 and "index its file again" in told.stdout
    assert len(said(tmp_path, "copies", "index", "archive", "clips")["import"]["added"]) == 1
    assert said(tmp_path, "copies", "rebuild", "archive")["recordings"] == 2
    min((tmp_path / "archive" / "shards").glob("*.shard")).unlink()
    done = said(tmp_path, "copies", "rebuild", "archive", "--drop-missing")
    assert [one["lost"] for one in done["dropped"]] == [True] * len(done["dropped"]) and done["problems"] == []
    assert done["recordings"] + len(done["dropped"]) == 2


def test_marking_an_intro(desk: Path) -> None:
    mark = ("copies", "mark", "archive", "other.mp4", "--kind", "intro", "--from", "0", "--to", "2.5")
    assert said(desk, *mark)["templates"][0]["end_s"] == 2.5
    assert said(desk, *mark, "--undo")["templates"] == []
    short = ("copies", "mark", "archive", "other.mp4", "--kind", "logo", "--from", "0", "--to", "0.2")
    assert "holds for this recording only" in run(desk, *short).stdout
    assert run(desk, *short, "--undo").returncode == 0
    for wrong in (("--kind", "song"), ("--from", "3", "--to", "2"), ("--box", "0,0,2,2"), ("--box", "a")):
        assert run(desk, "copies", "mark", "archive", "other.mp4", *wrong).returncode == 2


def test_two_desks_exchange_codes_and_never_footage(desk: Path, tmp_path: Path) -> None:
    (tmp_path / "mirror.mp4").write_bytes((desk / "mirror.mp4").read_bytes())
    (tmp_path / "unknown.mp4").write_bytes((desk / "unknown.mp4").read_bytes())
    bundle = tmp_path / "harbour.wmb"
    made = said(desk, "copies", "export", "archive", str(bundle), "--as", "Harbour Desk", "--feature-frames", "60")
    assert made["recordings"] == 2 and b"known.mp4" not in bundle.read_bytes()
    assert run(desk, "copies", "export", "archive", str(bundle), "--as", "Harbour Desk").returncode == 2
    refused = run(tmp_path, "copies", "import", "ridge", "harbour.wmb")
    assert refused.returncode == 2 and "fingerprint" in refused.stderr
    done = said(tmp_path, "copies", "import", "ridge", "harbour.wmb", "--fingerprint", made["key_fingerprint"])
    assert done["added"] == 2
    (row,) = [row for row in said(tmp_path, "copies", "query", "ridge", "mirror.mp4") if row["relation"] == "copy"]
    assert row["origin"] == "Harbour Desk" and row["ref"] != "known.mp4" and row["mirrored"]
    damaged = bytearray(bundle.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "damaged.wmb").write_bytes(damaged)
    assert run(tmp_path, "copies", "import", "ridge", "damaged.wmb", "--trust").returncode in (1, 2)
    assert said(tmp_path, "copies", "partners", "ridge")[0]["recordings"] == 2
    asked = said(tmp_path, "copies", "ask", "ridge", "mirror.mp4", "question.wmq", "--as", "Ridge Desk")
    answered = said(
        desk, "copies", "answer", "archive", str(tmp_path / "question.wmq"), str(tmp_path / "answer.wma"),
        "--as", "Harbour Desk", "--fingerprint", asked["key_fingerprint"],
    )  # fmt: skip
    (line,) = (desk / "archive" / "answers.jsonl").read_text().splitlines()
    assert '"partner":"Ridge Desk"' in line and '"relation":"copy"' in line
    read = said(tmp_path, "copies", "read", "question.wmq", "answer.wma")
    assert read == answered and [match["relation"] for match in read["matches"]] == ["copy"]
    assert said(tmp_path, "copies", "forget", "ridge", "Harbour Desk", "--reason", "ended")["removed"] == 2
    assert said(tmp_path, "copies", "stats", "ridge")["recordings"] == 0


def test_hash_banks_come_in_and_go_out(desk: Path, tmp_path: Path) -> None:
    out = tmp_path / "signals.csv"
    said(desk, "copies", "export", "archive", str(out), "--format", "signals", "--as", "rehearsal")
    assert said(tmp_path, "copies", "import", "bank", "signals.csv", "--bank", "others")["added"] == 2
    said(desk, "copies", "export", "archive", str(tmp_path / "known.txt"), "--format", "vpdq", "--ref", "known.mp4")
    assert said(tmp_path, "copies", "import", "bank", "known.txt")["added"] == 1
    rows = said(tmp_path, "copies", "query", "bank", str(desk / "clips" / "known.mp4"))
    assert {row["origin"] for row in rows if row["relation"] == "copy"} == {"bank: others", "bank: known"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("query", "nowhere", "copy.mp4"),
        ("query", "archive", "nowhere.mp4"),
        ("query", "archive", "clips/broken.mp4"),
        ("remove", "archive", "nothing.mp4", "--reason", "x"),
        ("import", "archive", "nowhere.wmb"),
        ("export", "archive", "new.wmb"),
        ("stats", "mysql://host/x"),
    ],
)
def test_wrong_use_is_said_in_a_sentence(desk: Path, arguments: tuple[str, ...]) -> None:
    done = run(desk, "copies", *arguments)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr.strip()
    assert not (desk / "new.wmb").exists() and not (desk / "nowhere").exists()
