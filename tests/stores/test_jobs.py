"""Jobs: done once, resumed after a kill, never unpickled."""

from __future__ import annotations

import base64
import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from witnessmark.errors import BadInputError, ClashError
from witnessmark.stores.jobs import define, open_jobs

CALLS: list[str] = []


def _first(argument: Any, _previous: Any) -> Any:
    CALLS.append("first")
    return {"got": argument, "list": [1, 2.5, None]}


def _second(argument: Any, previous: Any) -> Any:
    CALLS.append("second")
    if argument == "bad":
        raise BadInputError("This cannot be.", "Try another.", argument=argument)
    return [previous, "done"]


define("two steps", [_first, _second])


def test_a_damaged_record_of_jobs_is_named(tmp_path: Path) -> None:
    (tmp_path / "jobs.db").write_bytes(b"not a database, but long enough to be looked at as one" * 40)
    with pytest.raises(ClashError, match=r"jobs\.db' cannot be read"), open_jobs(tmp_path):
        pass


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    CALLS.clear()


def test_the_same_job_is_done_once_and_again_only_when_asked(tmp_path: Path) -> None:
    with open_jobs(tmp_path) as jobs:
        one = jobs.run("two steps", "a", {"k": 1})
        assert one == [{"got": {"k": 1}, "list": [1, 2.5, None]}, "done"]
        assert jobs.run("two steps", "a", {"k": 1}) == one
        assert CALLS == ["first", "second"]
        assert jobs.run("two steps", "a", {"k": 1}, again=True) == one
        assert CALLS == ["first", "second"] * 2
    with open_jobs(tmp_path) as jobs:
        assert jobs.run("two steps", "a", {"k": 1}) == one
    assert CALLS == ["first", "second"] * 2


def test_an_error_comes_back_as_itself_and_the_job_can_be_tried_again(tmp_path: Path) -> None:
    with open_jobs(tmp_path) as jobs:
        for _ in range(2):
            with pytest.raises(BadInputError, match=r"This cannot be\. Try another\.") as caught:
                jobs.run("two steps", "b", "bad")
            assert caught.value.facts == {"argument": "bad"}
    assert CALLS == ["first", "second"] * 2


def test_only_one_process_works_on_a_case(tmp_path: Path) -> None:
    with open_jobs(tmp_path):
        code = "import sys, pathlib, witnessmark.stores.jobs as j\nj.open_jobs(pathlib.Path(sys.argv[1])).__enter__()"
        other = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert "ClashError" in other.stderr and "Another process" in other.stderr


def test_a_killed_job_goes_on_where_it_stopped(tmp_path: Path) -> None:
    script = tmp_path / "work.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import sys, time
            from pathlib import Path
            from witnessmark.stores.jobs import define, open_jobs
            said = Path({str(tmp_path / "said.txt")!r})
            def say(word):
                with said.open("a") as file: file.write(word + "\\n")
            def one(argument, _): say("one"); return 1
            def two(argument, previous):
                say("two")
                if sys.argv[1] == "slow": time.sleep(60)
                return previous + 1
            define("slow job", [one, two])
            folder = Path({str(tmp_path / "case")!r}); folder.mkdir(exist_ok=True)
            with open_jobs(folder) as jobs:
                print(jobs.run("slow job", "x", None))
            """
        )
    )
    killed = subprocess.Popen([sys.executable, str(script), "slow"])
    said = tmp_path / "said.txt"
    deadline = time.monotonic() + 60
    while (not said.exists() or "two" not in said.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    again = subprocess.run([sys.executable, str(script), "fast"], capture_output=True, text=True, timeout=60)
    assert again.stdout.strip() == "2", again.stderr
    assert said.read_text().split() == ["one", "two", "two"]


class _Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("exploded",)


def test_a_pickle_in_the_job_record_is_refused_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_jobs(tmp_path) as jobs:
        jobs.run("two steps", "c", 1)
    bomb = base64.b64encode(pickle.dumps(_Bomb())).decode()
    with sqlite3.connect(tmp_path / "jobs.db") as database:
        database.execute("UPDATE workflow_status SET output = ?, serialization = 'py_pickle'", (bomb,))
    with open_jobs(tmp_path) as jobs, pytest.raises(ClashError, match="never writes"):
        jobs.run("two steps", "c", 1)
    assert not (tmp_path / "exploded").exists()
