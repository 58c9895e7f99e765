"""Killed at random moments, a case is never half written, and what was under way goes on when run again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import SPACE, write_clip

from witnessmark.desk.case import new_case, open_case
from witnessmark.desk.items import add_item
from witnessmark.desk.verifying import verify_case

KILLS_IN_INTAKE = 60
KILLS_IN_LINES = 60


def _run(case: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "witnessmark", *arguments, "--case", str(case)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _kill(process: subprocess.Popen[bytes], after_s: float) -> bool:
    """Kill the process and everything it started; True when it was still running."""
    try:
        process.wait(timeout=after_s)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


def _whole(case: Path, *arguments: str) -> float:
    """Run to the end, which must be a good one; gives the seconds it took."""
    started = time.monotonic()
    command = [sys.executable, "-m", "witnessmark", *arguments, "--case", str(case)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - started


@pytest.mark.timeout(3600)
def test_intake_killed_at_random_moments(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    new_case(folder, "2031-17", "", operator="A. Author", settings={"space": SPACE}).close()
    rng, noise = random.Random(20220913), np.random.default_rng(1)
    big = tmp_path / "big.bin"
    big.write_bytes(noise.bytes(120_000_000))
    whole_s = _whole(folder, "item", "add", str(big))
    known, killed = 1, 0
    while killed < KILLS_IN_INTAKE:
        big.write_bytes(noise.bytes(120_000_000))
        was_killed = _kill(_run(folder, "item", "add", str(big)), rng.uniform(0.2, 1.05) * whole_s)
        killed += was_killed
        case = open_case(folder)
        items = case.records.items(copy="evidentiary")
        assert len(items) in (known, known + 1) and (was_killed or len(items) == known + 1)
        for item in items[known:]:
            assert item["size_bytes"] == 120_000_000
        assert verify_case(case).ok
        # the same command again finishes what was begun, and gives no second item
        case.close()
        _whole(folder, "item", "add", str(big))
        case = open_case(folder)
        assert len(case.records.items(copy="evidentiary")) == known + 1
        assert [item["exhibit_number"] for item in case.records.items(copy="evidentiary")] == [
            f"WM-{number:04d}" for number in range(1, known + 2)
        ]
        case.close()
        known += 1
        if known >= 8:  # keep the disk small: begin a new case
            folder = tmp_path / f"case{killed}"
            new_case(folder, "2031-17", "", operator="A. Author", settings={"space": SPACE}).close()
            known = 0
    assert not [path for path in (folder / "objects").rglob("*") if "staging" in path.parts and path.is_file()]


@pytest.mark.timeout(3600)
def test_lines_killed_at_random_moments(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", seconds=4.0)
    reference = _fresh(tmp_path / "reference", clip)
    whole_s = _whole(reference, "line", "run")
    wanted = _results(reference)
    rng, killed, rounds = random.Random(20310913), 0, 0
    while killed < KILLS_IN_LINES:
        rounds += 1
        folder = _fresh(tmp_path / f"case{rounds}", clip)
        for _ in range(3):
            started = time.monotonic()
            was_killed = _kill(_run(folder, "line", "run"), rng.uniform(0.15, 1.0) * whole_s)
            killed += was_killed
            if not was_killed:  # faster than when it was timed: aim earlier
                whole_s = min(whole_s, time.monotonic() - started)
            case = open_case(folder)
            assert verify_case(case).ok
            case.close()
        _whole(folder, "line", "run")
        assert _results(folder) == wanted
        case = open_case(folder)
        made = [event for event in case.log.read() if event.action in ("finding.made", "line.abstained")]
        assert len(made) == len(wanted) and verify_case(case).ok
        case.close()


def _fresh(folder: Path, clip: Path) -> Path:
    case = new_case(folder, "2031-17", "", operator="A. Author", settings={"space": SPACE})
    add_item(case, clip, look=False)
    case.close()
    return folder


def _results(folder: Path) -> list[str]:
    case = open_case(folder)
    found = [result["id"] for result in case.records.results()]
    case.close()
    return found
