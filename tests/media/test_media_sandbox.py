"""A worker that has been taken over: it must gain nothing, end in time, and never harm the parent."""

from __future__ import annotations

import os
import platform
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.media import rogue
from tests.media.clips import panned, write

from witnessmark import media
from witnessmark.errors import MediaError
from witnessmark.media import assemble
from witnessmark.media.launch import Call

ROGUE = (str(Path(rogue.__file__)),)
TIGHT = media.Limits(cpu_s=1, wall_s=20, memory_bytes=1 << 30)
FACTS = media.sandbox_facts()
walled = pytest.mark.skipif(
    "Opening other files: tried, and refused." not in FACTS, reason="this system offers no Landlock or seccomp"
)


@pytest.fixture
def fd(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "input"
    path.write_bytes(b"not a recording")
    opened = os.open(path, os.O_RDONLY)
    yield opened
    os.close(opened)


def rogue_survey(fd: int, command: str, limits: media.Limits = TIGHT) -> tuple[media.Survey | media.Broken, float]:
    begun = time.monotonic()
    found = assemble.survey(Call(fd, command, limits, {}, 32 << 20, ROGUE), 12, None)
    return found, time.monotonic() - begun


def test_processor_limit(fd: int) -> None:
    found, took_s = rogue_survey(fd, "spin")
    assert isinstance(found, media.Broken) and found.stage == "limits" and "1 s of processor time" in found.reason
    assert took_s < 15


def test_clock_limit(fd: int) -> None:
    found, took_s = rogue_survey(fd, "sleep", media.Limits(wall_s=1.5))
    assert isinstance(found, media.Broken) and found.stage == "limits" and "1.5 s" in found.reason
    assert took_s < 4


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces the limit on address space")
def test_memory_limit(fd: int) -> None:
    found, _ = rogue_survey(fd, "allocate", media.Limits(cpu_s=20, memory_bytes=1 << 30))
    assert isinstance(found, media.Broken) and found.stage == "limits" and "1024 MiB of memory" in found.reason


def test_crash_is_a_reason(fd: int) -> None:
    found, _ = rogue_survey(fd, "crash")
    assert isinstance(found, media.Broken) and "SIGSEGV" in found.reason and found.frames_decoded == 0
    ended, _ = rogue_survey(fd, "silent_exit")
    assert isinstance(ended, media.Broken) and "exit code 3" in ended.reason


def test_crash_after_frames_keeps_them(fd: int) -> None:
    found, _ = rogue_survey(fd, "crash_after_frames")
    assert isinstance(found, media.Survey) and len(found.pts_s) == 5 and len(found.stills) == 1
    assert found.stopped is not None and "SIGSEGV" in found.stopped.reason
    assert (found.stopped.at_s, found.stopped.frames_decoded) == (4 / 25, 5)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("nonsense", "not sound"),
        ("flood", "not sound"),
        ("lies_about_size", "more data than the limits allow"),
        ("not_a_number", "not finite"),
        ("escapes", "owned"),
    ],
)
def test_what_is_sent_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, words: str) -> None:
    path = write(tmp_path / "clip.mp4", panned([1], 3))

    def rogue_call(fd: int, _: str, limits: media.Limits, numbers: Mapping[str, float], budget_bytes: int) -> Call:
        return Call(fd, command, limits, numbers, budget_bytes, ROGUE)

    monkeypatch.setattr("witnessmark.media.calls.Call", rogue_call)
    found = media.survey(path, media.Limits(cpu_s=20, wall_s=30))
    assert isinstance(found, media.Broken) and words in found.reason and found.stage == "decode"
    assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in found.reason + found.do)


@walled
@pytest.mark.parametrize("what", rogue.ATTEMPTS)
def test_nothing_outside_can_be_reached(fd: int, what: str) -> None:
    if what == "trace the parent" and platform.machine() != "x86_64":
        pytest.skip("the number of the call is another one there")
    with Call(fd, what, TIGHT, {}, 1 << 20, ROGUE) as call:
        answers = [dict(message.body) for message in call.messages()]
    assert answers and answers[0]["refused"] is True, answers
    assert not rogue.TARGET.exists() and not Path(f"{rogue.TARGET}-folder").exists()


def test_facts_name_every_wall() -> None:
    assert any("processor time" in fact for fact in FACTS) or os.name == "nt"
    if sys.platform == "linux":
        assert any("Landlock" in fact for fact in FACTS) and any("Network sockets" in fact for fact in FACTS)


def test_a_worker_that_cannot_start_is_no_finding(fd: int) -> None:
    call = Call(fd, "survey", TIGHT, {}, 1 << 20, ("-m", "witnessmark.media.no_such_worker"))
    with pytest.raises(MediaError, match="could not start"):
        assemble.survey(call, 12, None)


def test_an_interrupted_caller_leaves_no_process(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", panned([1, 2], 40))

    def stop(done: float, what: str) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        media.survey(path, progress=stop)
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() <= before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
