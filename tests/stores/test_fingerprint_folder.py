"""A folder of fingerprints: answers as the library in memory, whole after a kill, shared by processes."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from tests.stores.prints import columns, noise_print

from witnessmark.errors import BadInputError, ClashError, CustodyError, NotFoundError
from witnessmark.lines.copies.library import Library, Seen
from witnessmark.stores.fingerprints import Entry, open_library
from witnessmark.stores.fingerprints.contract import FingerprintStore
from witnessmark.stores.fingerprints.folder import FolderStore
from witnessmark.stores.fingerprints.tables import Base

SEEN = Seen(1_700_000_000.0, 3600, "platform page", "Photogram", "@a", "https://photogram.example/p/1")


def _sha(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "index")


def _fill(store: FingerprintStore, seeds: range) -> None:
    for seed in seeds:
        store.add(noise_print(seed), f"{seed}.mp4", sha256=_sha(seed))


def test_it_is_a_store_and_its_views_are_libraries(store: FolderStore) -> None:
    assert isinstance(store, FingerprintStore)
    with store.view() as view:
        assert isinstance(view, Library)


def test_what_was_kept_is_there_after_opening_again(store: FolderStore) -> None:
    _fill(store, range(30))
    again = open_library(store.folder)
    assert [one.name for one in again.recordings()] == [f"{seed}.mp4" for seed in range(30)]
    for one in again.recordings():
        assert columns(again.fingerprint(one.id)) == columns(noise_print(int(one.name[:-4])))
    assert again.verify() == []


def test_small_shards_are_joined_and_no_file_is_left_over(store: FolderStore) -> None:
    _fill(store, range(40))
    files = list((store.folder / "shards").iterdir())
    assert len(files) <= 11, "seven of each of two sizes"
    assert {shard.path for shard in store._now().shards} == set(files)


def test_a_view_does_not_change_while_others_write(store: FolderStore) -> None:
    _fill(store, range(5))
    codes = noise_print(1).frames.codes
    with store.view() as view:
        before = view.near_frames(codes, 60)
        other = FolderStore(store.folder)
        _fill(other, range(5, 30))
        other.remove(2, "asked to", "A")
        assert other.rebuild() == [] and other.compact() == 0
        after = view.near_frames(codes, 60)
        assert (before.recording == after.recording).all() and len(view.recordings()) == 5
        assert columns(view.fingerprint(2)) == columns(noise_print(1))
    assert len(store.recordings()) == 29 and 2 not in store.near_frames(codes, 60).recording


def test_what_was_taken_down_is_not_answered_from_and_compact_makes_its_bytes_go(store: FolderStore) -> None:
    _fill(store, range(12))
    secret = noise_print(3).frames.codes[5].tobytes()
    store.close()
    store = FolderStore(store.folder)
    taken = store.remove(4, "The family asked for it.", "A. Operator")
    assert taken.bytes_gone_unix_s is None and store.stats().awaiting_compact == 1
    assert 4 not in store.near_frames(noise_print(3).frames.codes, 0).recording
    with pytest.raises(NotFoundError):
        store.fingerprint(4)
    assert _holds(store.folder, secret)
    assert store.compact() == 1 and not _holds(store.folder, secret)
    assert not _holds(store.folder / "index.db-wal", secret)
    (logged,) = store.takedowns()
    assert (logged.recording, logged.reason, logged.operator) == (4, "The family asked for it.", "A. Operator")
    assert logged.bytes_gone_unix_s is not None and store.compact() == 0 and store.verify() == []


def _holds(place: Path, what: bytes) -> bool:
    files = [path for path in place.rglob("*") if path.is_file()] if place.is_dir() else [place]
    return any(what in path.read_bytes() for path in files if path.exists())


def _add_some(folder: str, first: int) -> None:
    store = FolderStore(Path(folder))
    for seed in range(first, first + 15):
        store.add(noise_print(seed), f"{seed}.mp4", sha256=_sha(seed))


def test_processes_that_add_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_add_some, args=(str(tmp_path / "index"), first)) for first in (0, 10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    store = FolderStore(tmp_path / "index")
    assert sorted(one.name for one in store.recordings()) == sorted(f"{seed}.mp4" for seed in range(25))
    assert store.verify() == []


_ENDLESS = """
import sys
from pathlib import Path
from tests.stores.prints import noise_print
from witnessmark.stores.fingerprints.folder import FolderStore
store = FolderStore(Path(sys.argv[1]))
for seed in range(int(sys.argv[2]), 10**6):
    store.add(noise_print(seed, frames=200), str(seed), sha256=f"{seed:064x}")
    print(seed, flush=True)
"""


def kill_adds(folder: Path, turns: int) -> None:
    """Kill so many writers in the middle of their adds; after each the index must be sound."""
    rng, promised = np.random.default_rng(3), list[str]()
    for turn in range(turns):
        command = [sys.executable, "-c", _ENDLESS, str(folder), str(turn * 1000)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
            assert process.stdout is not None
            promised.append(process.stdout.readline().strip())
            time.sleep(float(rng.uniform(0, 0.15)))
            process.send_signal(signal.SIGKILL)
            promised += process.stdout.read().split()
        store = FolderStore(folder)
        names = [one.name for one in store.recordings()]
        assert set(promised) <= set(names), "what add() answered for is there"
        assert len(names) - len(promised) <= turn + 1, "at most the one under way beside it"
        assert store.verify() == []
        store.add(noise_print(turn), f"after {turn}")
        promised.append(f"after {turn}")
        assert {path.name for path in (folder / "shards").iterdir()} == {s.path.name for s in store._now().shards}


def test_a_kill_in_the_middle_of_an_add_leaves_the_index_sound(tmp_path: Path) -> None:
    kill_adds(tmp_path / "index", turns=1)


def test_an_add_that_fails_leaves_nothing(store: FolderStore) -> None:
    good = noise_print(1)
    bad = replace(good, frames=replace(good.frames, quality=np.zeros(1, np.uint8)))
    with pytest.raises(BadInputError):
        store.add_many([Entry(good, "good"), Entry(bad, "bad")])
    assert store.recordings() == [] and list((store.folder / "shards").iterdir()) == []


def test_a_full_disk_is_told_and_loses_nothing(store: FolderStore) -> None:
    _fill(store, range(3))
    store.close()
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        code = 1
        try:
            FolderStore(store.folder).add(noise_print(9, frames=2000, per_frame=90), "large")
        except BadInputError as error:
            code = 0 if "cannot be written" in error.what else 2
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    store = FolderStore(store.folder)
    assert len(store.recordings()) == 3 and store.verify() == []
    assert store.add(noise_print(9, frames=2000, per_frame=90), "large").id == 4


def _read_as_anybody(folder: Path) -> None:
    """Open an index that may not be written to, ask it, and be refused what writes."""
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    store = open_library(folder)
    codes = noise_print(1).frames.codes
    assert 2 in store.near_frames(codes, 0).recording and [one.id for one in store.recordings()] == [1, 2, 3]
    assert store.find(name="1.mp4")[0].id == 2 and store.verify() == [] and store.stats().recordings == 3
    refused: list[Callable[[], object]] = [
        lambda: store.add(noise_print(9), "new"),
        lambda: store.remove(1, "r", "o"),
        lambda: store.add_seen(1, ()),
        store.compact,
        store.rebuild,
        lambda: open_library(folder, rebuild=True),
    ]
    for act in refused:
        with pytest.raises(BadInputError, match="can only be read"):
            act()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


_AS_ANYBODY = """
import os, sys
from pathlib import Path
from tests.stores.test_fingerprint_folder import _read_as_anybody
if os.geteuid() == 0:  # root may write to everything
    os.setuid(65534)
_read_as_anybody(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("live", [False, True])
def test_a_folder_that_may_only_be_read_is_read(live: bool) -> None:
    with tempfile.TemporaryDirectory() as place:  # not in pytest's folders, which are closed to other users
        Path(place).chmod(0o755)
        store = FolderStore(Path(place) / "index")
        _fill(store, range(2))
        writer = sqlite3.connect(store.folder / "index.db") if live else None
        if writer is not None:
            writer.execute("SELECT * FROM fp_state").fetchall()  # its journal stays while it is connected
        _fill(store, range(2, 3))
        assert (store.folder / "index.db-wal").exists() == live
        paths = [*store.folder.rglob("*"), store.folder]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        command = [sys.executable, "-c", _AS_ANYBODY, str(store.folder)]
        done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        for path in paths:
            path.chmod(0o755)
        if writer is not None:
            writer.close()


def test_a_missing_file_is_named_with_the_way_out(store: FolderStore) -> None:
    _fill(store, range(2))
    store.close()
    shard = min((store.folder / "shards").glob("*.shard"))
    shard.unlink()
    again = FolderStore(store.folder)
    for ask in (again.recordings, again.verify):
        with pytest.raises(ClashError, match=shard.name):
            ask()
    assert len(again.lost()) == 1
    again.close()


@pytest.mark.parametrize("left", ["nothing", "the header", "some of it", "other bytes"])
def test_a_rebuild_keeps_what_is_whole_and_what_is_lost_may_come_back(store: FolderStore, left: str) -> None:
    _fill(store, range(4))
    store.rebuild()
    _fill(store, range(4, 6))
    store.close()
    path = max((store.folder / "shards").glob("*.shard"), key=lambda one: one.stat().st_size)
    whole = path.read_bytes()
    cut = {"nothing": b"", "the header": whole[:900], "some of it": whole[: len(whole) * 5 // 6]}
    path.write_bytes(cut.get(left, bytes(len(whole))))
    if left == "nothing":
        path.unlink()
    again = open_library(store.folder, rebuild=True)
    lost = again.lost()
    assert lost < {1, 2, 3, 4} if left == "some of it" else lost == {1, 2, 3, 4}
    assert lost or left == "some of it"
    names = {problem.recording: problem.what for problem in again.rebuild()}
    assert names.keys() == lost and all("index its file again" in what for what in names.values())
    for one in again.recordings():
        if one.id not in lost:
            assert columns(again.fingerprint(one.id)) == columns(noise_print(one.id - 1))
    back = again.add(noise_print(0), "0.mp4", sha256=_sha(0))
    assert back.id == 1 and columns(again.fingerprint(1)) == columns(noise_print(0))
    dropped = again.drop_lost("A. Author")
    assert {taken.recording for taken in dropped} == lost - {1} and all(taken.lost for taken in dropped)
    assert again.verify() == [] and again.takedowns() == dropped
    assert again.add(noise_print(3), "3.mp4", sha256=_sha(3)).name == "3.mp4"
    again.close()


def test_a_store_of_the_first_version_is_read_and_learns_accounts(store: FolderStore) -> None:
    (one,) = store.add_many([Entry(noise_print(1), "1.mp4", sha256=_sha(1), seen=(SEEN.unnamed,))])
    store.remove(store.add(noise_print(2), "2.mp4", sha256=_sha(2)).id, "asked to", "A")
    store.close()
    with sqlite3.connect(store.folder / "index.db") as rows:
        for table, column in (("fp_seen", "account"), ("fp_seen", "url"), ("fp_takedown", "lost")):
            rows.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        rows.execute("UPDATE fp_version SET version_num = '0001'")
    rows.close()
    again = FolderStore(store.folder)
    assert again.recordings()[0].seen == (SEEN.unnamed,) and not again.takedowns()[0].lost
    assert again.add_seen(one.id, [SEEN]).seen == (SEEN,), "the same time, told who"
    assert again.add_seen(one.id, [SEEN.unnamed]).seen == (SEEN,)
    other = replace(SEEN, account="@b")
    assert again.add_seen(one.id, [other]).seen == (SEEN, other)
    assert again.remove_seen(one.id, [SEEN]).seen == (other,)
    again.close()


def test_damage_is_told_and_a_rebuild_keeps_the_rest(store: FolderStore) -> None:
    _fill(store, range(6))
    store.rebuild()
    (path,) = (store.folder / "shards").iterdir()
    store.close()
    data = bytearray(path.read_bytes())
    at = data.find(noise_print(2).frames.quality.tobytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))
    store = FolderStore(store.folder)
    assert {problem.recording for problem in store.verify()} == {None, 3}
    (problem,) = store.rebuild()
    assert problem.recording == 3 and "damaged" in problem.what
    with pytest.raises(CustodyError, match="Index its file again"):
        store.fingerprint(3)
    assert columns(store.fingerprint(4)) == columns(noise_print(3))
    assert [problem.recording for problem in store.verify()] == [3]
    path = next((store.folder / "shards").iterdir())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CustodyError, match="cut short"):
        FolderStore(store.folder).recordings()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("algorithm", "witnessmark-copies/0", "Make a new index from the recordings"),
        ("layout", "shards 0, buckets 0", "copies rebuild"),
    ],
)
def test_another_version_says_how_to_go_on(store: FolderStore, name: str, text: str, told: str) -> None:
    _fill(store, range(3))
    store.close()
    with sqlite3.connect(store.folder / "index.db") as connection:
        connection.execute("UPDATE fp_state SET text = ? WHERE name = ?", (text, name))
    with pytest.raises(ClashError, match=told):
        open_library(store.folder)
    if name == "layout":
        assert len(open_library(store.folder, rebuild=True).recordings()) == 3
        assert open_library(store.folder).verify() == []


def test_places_that_will_not_do_are_refused(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"x")
    with pytest.raises(BadInputError, match="holds other files"):
        open_library(tmp_path / "photos")
    with pytest.raises(BadInputError, match="cannot be made"):
        open_library(tmp_path / "photos" / "a.jpg" / "index")
    with pytest.raises(BadInputError, match="no kind of place"):
        open_library("mysql://here/there")
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "index.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(ClashError, match="cannot be read"):
        open_library(tmp_path / "index")
    FolderStore(tmp_path / "other").close()
    with sqlite3.connect(tmp_path / "other" / "index.db") as connection:
        connection.execute("UPDATE fp_version SET version_num = '9999'")
    with pytest.raises(ClashError, match="newer version"):
        open_library(tmp_path / "other")


def test_a_copied_folder_is_the_same_index(store: FolderStore, tmp_path: Path) -> None:
    _fill(store, range(9))
    store.close()
    shutil.copytree(store.folder, tmp_path / "copy")
    copy = open_library(tmp_path / "copy")
    assert copy.recordings() == FolderStore(store.folder).recordings() and copy.verify() == []


def test_migrations_make_the_tables_the_program_knows(store: FolderStore) -> None:
    engine = create_engine(f"sqlite:///{store.folder / 'index.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "fp_version"})
        assert compare_metadata(context, Base.metadata) == []
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_opening_maps_and_reads_little(store: FolderStore) -> None:
    store.add_many([Entry(noise_print(seed, frames=400), str(seed)) for seed in range(40)])
    size = store.stats().stored_bytes
    store.close()
    pid = os.fork()
    if pid == 0:  # a process of its own, whose page faults are counted
        start = time.process_time()
        FolderStore(store.folder).recordings()
        os._exit(0 if time.process_time() - start < 1.0 else 1)
    assert os.waitpid(pid, 0)[1] == 0 and size > 2_000_000
