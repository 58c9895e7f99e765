from __future__ import annotations

import datetime as dt
import os
import random
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import obstore
import pytest

from witnessmark.custody.digesting import sha256_of
from witnessmark.custody.intake import original_key, take_in
from witnessmark.custody.objects import ObjectStore
from witnessmark.errors import BadInputError, CustodyError, NotFoundError
from witnessmark.stores import objects as objects_module
from witnessmark.stores.objects import RemoteObjects, open_objects

LARGE = random.Random(5).randbytes((16 << 20) + 12345)  # more than one part


@pytest.fixture(params=["path", "file", "memory"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "path":
        return open_objects(tmp_path / "a folder" / "objects")
    return open_objects(f"file://{tmp_path}/a%20folder/objects" if request.param == "file" else "memory://")


def everything(objects: ObjectStore) -> list[str]:
    return list(objects.keys(""))


def test_what_is_put_once_stays(objects: ObjectStore) -> None:
    assert objects.put("a/b.txt", b"one")
    assert not objects.put("a/b.txt", b"two")
    assert objects.get("a/b.txt") == b"one"
    assert objects.exists("a/b.txt") and not objects.exists("a/c.txt") and not objects.exists("a")
    assert b"".join(objects.stream("a/b.txt")) == b"one"
    assert objects.put("a/empty", b"") and objects.get("a/empty") == b""


def test_what_is_not_there_is_said_to_be_missing(objects: ObjectStore) -> None:
    for act in (objects.get, lambda key: list(objects.stream(key)), objects.local_path):
        with pytest.raises(NotFoundError, match="a/none"):
            act("a/none")


@pytest.mark.parametrize(
    "key", ["", "/a", "a/", "a//b", "..", "a/../b", "./a", ".staging/x", "a/.hidden", "a\\b", "a b", "a%2e", "é", "a\n"]
)
def test_keys_that_could_lead_elsewhere_are_refused(objects: ObjectStore, key: str) -> None:
    for act in (objects.get, objects.exists, lambda key: objects.put(key, b"x"), objects.local_path):
        with pytest.raises(BadInputError, match="not a key"):
            act(key)
    with objects.stage() as staged:
        staged.write(b"x")
        with pytest.raises(BadInputError, match="not a key"):
            staged.keep(key)
    assert everything(objects) == []


@pytest.mark.parametrize("data", [b"small", LARGE])
def test_staged_bytes_are_kept_once_or_dropped(objects: ObjectStore, data: bytes) -> None:
    with objects.stage() as staged:
        for at in range(0, len(data), 1 << 20):
            staged.write(memoryview(data)[at : at + (1 << 20)])
        assert everything(objects) == []
        assert staged.keep("large/one")
    blocks = list(objects.stream("large/one", 1 << 20))
    assert sha256_of(b"".join(blocks)) == sha256_of(data) and max(map(len, blocks)) <= 1 << 20
    with objects.stage() as staged:
        staged.write(data[::-1])
        assert not staged.keep("large/one")
    with objects.stage() as staged:
        staged.write(data)
    with pytest.raises(RuntimeError), objects.stage() as staged:
        staged.write(data)
        raise RuntimeError
    assert sha256_of(objects.get("large/one")) == sha256_of(data)
    assert everything(objects) == ["large/one"]


def test_keys_are_sorted_and_below_the_prefix(objects: ObjectStore) -> None:
    for key in ("b/2", "b/1", "a/9", "b/c/3", "bb/4"):
        objects.put(key, b"x")
    assert list(objects.keys("b")) == list(objects.keys("b/")) == ["b/1", "b/2", "b/c/3"]
    assert everything(objects) == ["a/9", "b/1", "b/2", "b/c/3", "bb/4"]
    assert list(objects.keys("none")) == []


def test_local_paths_are_read_only_files(objects: ObjectStore) -> None:
    data = b"bytes of an item"
    key = original_key(sha256_of(data))
    objects.put(key, data)
    path = objects.local_path(key)
    assert path.read_bytes() == data and stat.S_IMODE(path.stat().st_mode) == 0o444
    assert objects.local_path(key) == path


def test_many_threads_putting_one_key_get_one_winner(objects: ObjectStore) -> None:
    won: list[int] = []
    start = threading.Barrier(8)

    def put(name: int) -> None:
        start.wait()
        if objects.put("contested", str(name).encode()):
            won.append(name)

    threads = [threading.Thread(target=put, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1 and objects.get("contested") == str(won[0]).encode()


def test_a_cached_copy_that_was_altered_is_not_handed_out(tmp_path: Path) -> None:
    objects = open_objects("memory://", cache=tmp_path)
    key = original_key(sha256_of(b"right"))
    objects.put(key, b"right")
    path = objects.local_path(key)
    assert path.is_relative_to(tmp_path)
    path.chmod(0o600)
    path.write_bytes(b"wrong")
    assert objects.local_path(key).read_bytes() == b"right"
    wrong = original_key(sha256_of(b"other"))
    objects.put(wrong, b"not other")
    with pytest.raises(CustodyError, match="SHA-256"):
        objects.local_path(wrong)
    assert not (tmp_path / wrong).exists()


@pytest.mark.parametrize("url", ["ftp://example.org/x", "http://example.org/x", "nonsense://"])
def test_unknown_places_are_refused(url: str) -> None:
    with pytest.raises(BadInputError, match="not a place"):
        open_objects(url)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInputError, match="cannot be used"):
        open_objects(tmp_path / "file" / "objects")


@pytest.mark.timeout(20)
def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    objects = open_objects(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "dangling").symlink_to(tmp_path / "none")
    for key in ("pipe", "link", "dangling"):
        for act in (objects.get, lambda key: list(objects.stream(key)), objects.local_path):
            with pytest.raises(CustodyError, match="plain file"):
                act(key)
        assert not objects.put(key, b"y")


HOLDER = """
import sys, time
from witnessmark.stores.objects import open_objects
with open_objects(sys.argv[1]).stage() as staged:
    staged.write(b"half")
    print("ready", flush=True)
    time.sleep(60)
"""


def test_staging_files_are_swept_when_their_process_is_gone_and_only_then(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == b"ready\n"
        open_objects(tmp_path)
        assert len(os.listdir(tmp_path / ".staging")) == 1
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert len(os.listdir(tmp_path / ".staging")) == 1
    objects = open_objects(tmp_path)
    assert os.listdir(tmp_path / ".staging") == [] and everything(objects) == []


def test_abandoned_uploads_are_swept_from_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    store = obstore.store.MemoryStore()
    obstore.put(store, ".staging/old", b"half")
    assert everything(RemoteObjects(store, "memory", None)) == []
    assert obstore.get(store, ".staging/old").bytes() == b"half"
    monkeypatch.setattr(objects_module, "_ABANDONED", dt.timedelta(seconds=-1))
    RemoteObjects(store, "memory", None)
    with pytest.raises(FileNotFoundError):
        obstore.get(store, ".staging/old")


INTAKE = """
import sys
from pathlib import Path
from witnessmark.custody.intake import take_in
from witnessmark.stores.objects import open_objects
objects = open_objects(sys.argv[2])
print("ready", flush=True)
take_in(Path(sys.argv[1]), objects)
"""


def kill_intakes(tmp_path: Path, turns: int, size_mib: int, longest_s: float) -> int:
    """Kill so many intakes of a large file, each within some time of its beginning; how many were under way."""
    noise = random.Random(9)
    source = tmp_path / "large.bin"
    block = noise.randbytes(1 << 20)
    with source.open("wb") as file:
        for turn in range(size_mib):
            file.write(turn.to_bytes(4, "big") + block[4:])
    reference = open_objects(tmp_path / "reference")
    taken = take_in(source, reference)
    folder = tmp_path / "objects"
    killed = 0
    for _ in range(turns):
        child = subprocess.Popen([sys.executable, "-c", INTAKE, str(source), str(folder)], stdout=subprocess.PIPE)
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        try:
            child.wait(noise.uniform(0, longest_s))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            killed += 1
        objects = open_objects(folder)
        assert os.listdir(folder / ".staging") == []
        for key in everything(objects):
            assert key in (taken.key, taken.fixity_key)
            assert objects.local_path(key).stat().st_size == reference.local_path(key).stat().st_size
            if key == taken.key:  # at its address only whole: read again to be sure, then start afresh
                assert objects.exists(taken.fixity_key)
                assert take_in(source, objects).already_kept
                objects.local_path(key).unlink()
    assert not take_in(source, open_objects(folder)).already_kept
    return killed


def test_killing_an_intake_leaves_no_half_object(tmp_path: Path) -> None:
    assert kill_intakes(tmp_path, turns=3, size_mib=64, longest_s=0.1) >= 1
