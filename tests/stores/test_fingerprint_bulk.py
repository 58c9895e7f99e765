"""Bulk import: thousands of files, resumed after a kill, one line for each that will not be read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.conftest import write_clip
from tests.stores.prints import noise_print

from witnessmark.errors import MediaError
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.media.records import Broken
from witnessmark.stores.fingerprints import NotTaken, import_folder
from witnessmark.stores.fingerprints.folder import FolderStore


def by_text(path: Path) -> Fingerprint | Broken:
    """A quick fingerprint of a text file that says which; the test's own stand-in for decoding."""
    said = path.read_text().split()[0]
    if said == "broken":
        return Broken("open", "It holds no video.", None, 0, "Fetch it again.")
    if said == "error":
        raise MediaError("The decoding process could not be started.", "Try again.")
    if said == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if said == "slow":
        time.sleep(0.1)
    return noise_print(int(path.stem), frames=3, per_frame=None, thumbnails=1)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "index")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "deeper" / ".hidden").mkdir(parents=True)
    for number in range(8):
        (folder / f"{number}.mp4").write_text(f"good {number}")
    (folder / "deeper" / "8.mp4").write_text("good 8")
    (folder / "deeper" / "9.mp4").write_text("good 3")  # the bytes of 3.mp4
    (folder / "deeper" / ".hidden" / "10.mp4").write_text("good 10")
    (folder / "notes.txt").write_text("broken notes")
    (folder / "z.mp4").write_text("error z")
    return folder


def test_real_files_are_fingerprinted_and_named(store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    clip = write_clip(tmp_path / "clips" / "a.mp4")
    (tmp_path / "clips" / "b.mp4").write_bytes(clip.read_bytes()[:300])
    done = import_folder(store, [tmp_path / "clips"], name=lambda path: f"archive/{path.name}")
    (added,) = done.added
    assert added.name == "archive/a.mp4" and added.tiers == 3 and added.sha256 is not None
    kept = store.fingerprint(added.id)
    assert len(kept.frames.codes) >= 4 and kept.features is not None and len(kept.features.codes) > 20
    assert [one.path for one in done.broken] == [str(clip.parent / "b.mp4")]
    assert store.near_frames(kept.frames.codes, 0).recording.tolist().count(added.id) >= len(kept.frames.codes)


def test_a_second_run_reads_only_what_is_new(store: FolderStore, files: Path) -> None:
    told: list[tuple[float, str]] = []
    done = import_folder(
        store, [files, files / "1.mp4"], make=by_text, progress=lambda share, what: told.append((share, what))
    )
    assert [one.name for one in done.added] == [f"{number}.mp4" for number in range(9)]
    assert done.known == 1
    assert done.broken == (
        NotTaken(str(files / "notes.txt"), "It holds no video."),
        NotTaken(str(files / "z.mp4"), "The decoding process could not be started. Try again."),
    )
    assert told[-1][0] == 1.0 and len(told) == 12 and [share for share, _ in told] == sorted(share for share, _ in told)
    assert len(store.import_lines()) == 12
    (files / "4.mp4").write_text("good anew")
    (files / "5.mp4").rename(files / "55.mp4")
    (files / "notes.txt").unlink()

    read: list[str] = []

    def watched(path: Path) -> Fingerprint | Broken:
        read.append(path.name)
        return by_text(path)

    again = import_folder(store, [files], make=watched)
    assert read == ["4.mp4"], "the renamed one has a known hash, the broken one has not changed"
    assert [one.name for one in again.added] == ["4.mp4"] and again.known == 9
    assert again.broken == (NotTaken(str(files / "z.mp4"), "The decoding process could not be started. Try again."),)
    assert len(store.import_lines()) == 14 and store.verify() == []


def test_what_was_taken_down_stays_out(store: FolderStore, files: Path) -> None:
    done = import_folder(store, [files / "1.mp4"], make=by_text)
    store.remove(done.added[0].id, "Asked to.", "A")
    again = import_folder(store, [files / "1.mp4", files / "missing.mp4"], make=by_text)
    assert again.added == () and [one.reason for one in again.broken] == [
        "It was taken down from this store.",
        "It cannot be read (No such file or directory).",
    ]


def test_processes_give_the_same_and_one_that_dies_costs_one_line(
    store: FolderStore, files: Path, tmp_path: Path
) -> None:
    (files / "77.mp4").write_text("kill 77")
    done = import_folder(store, [files], make=by_text, workers=2)
    alone = FolderStore(tmp_path / "alone")
    (files / "77.mp4").write_text("broken 77")
    expected = import_folder(alone, [files], make=by_text)
    assert {one.sha256 for one in done.added} == {one.sha256 for one in expected.added}
    assert done.known == expected.known == 1
    assert {one.path for one in done.broken} == {one.path for one in expected.broken}
    (died,) = [one for one in done.broken if one.path.endswith("77.mp4")]
    assert "died" in died.reason and store.verify() == []


_IMPORT = """
import sys
from pathlib import Path
from tests.stores.test_fingerprint_bulk import by_text
from witnessmark.stores.fingerprints import import_folder
from witnessmark.stores.fingerprints.folder import FolderStore
def told(share, what): print(what, flush=True)
import_folder(FolderStore(Path(sys.argv[1])), [sys.argv[2]], make=by_text, progress=told)
"""


def kill_import(tmp_path: Path, files: int, settled: int) -> None:
    """Kill an import of so many files when some are settled; the next run does what is left, and no more."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(100, 100 + files):
        (folder / f"{number}.mp4").write_text(f"slow {number}")
    command = [sys.executable, "-c", _IMPORT, str(tmp_path / "index"), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        finished = [process.stdout.readline().strip() for _ in range(settled)]
        process.send_signal(signal.SIGKILL)
        finished += process.stdout.read().split()
    store = FolderStore(tmp_path / "index")
    assert {one.name for one in store.recordings()} >= set(finished) and len(finished) < files
    before = len(store.recordings())
    done = import_folder(store, [folder], make=by_text)
    assert len(done.added) == files - before and done.known == before and store.verify() == []
    assert sorted(one.name for one in store.recordings()) == [f"{number}.mp4" for number in range(100, 100 + files)]


def test_a_killed_import_is_resumed(tmp_path: Path) -> None:
    kill_import(tmp_path, files=10, settled=2)
