from __future__ import annotations

import errno
import hashlib
import os
import random
import resource
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from witnessmark.custody.fixity import BlockSums
from witnessmark.custody.intake import keep_derived, store_derived, stored_entry, take_in
from witnessmark.custody.objects import ObjectStore
from witnessmark.errors import BadInputError, CustodyError
from witnessmark.stores.objects import open_objects

DATA = random.Random(3).randbytes(9_000_001)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def objects(folder: Path) -> ObjectStore:
    return open_objects(folder)


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_file_is_kept_whole_at_its_content_address(tmp_path: Path, folder: Path, objects: ObjectStore) -> None:
    source = write(tmp_path / "clip.mp4", b"\x00\x00\x00\x18ftypisom" + DATA)
    os.utime(source, ns=(0, 1_663_056_000_123_456_789))
    data = source.read_bytes()
    seen: list[tuple[int, int]] = []
    taken = take_in(source, objects, progress=lambda done, total: seen.append((done, total)))
    digest = hashlib.sha256(data).hexdigest()
    assert taken.sha256.hex() == digest and taken.sha512.hex() == hashlib.sha512(data).hexdigest()
    assert taken.size_bytes == len(data)
    assert taken.key == f"originals/sha256/{digest[:2]}/{digest[2:4]}/{digest}"
    assert taken.fixity_key == f"fixity/{digest}"
    assert (folder / taken.key).read_bytes() == data
    assert stat.S_IMODE((folder / taken.key).stat().st_mode) == 0o444
    assert files_in(folder) == sorted([taken.key, taken.fixity_key])
    sums = BlockSums()
    sums.update(data)
    assert objects.get(taken.fixity_key) == sums.table()
    assert taken.fixity_sha256 == hashlib.sha256(sums.table()).digest()
    assert (taken.media_type, taken.extension_disagrees, taken.already_kept) == ("video/mp4", False, False)
    assert taken.file_modified.at.isoformat() == "2022-09-13T08:00:00.123456+00:00"
    assert not taken.file_modified.zone_proven
    assert seen[-1] == (len(data), len(data)) and [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert stored_entry(taken)["fixity_sha256"] == taken.fixity_sha256.hex()
    assert source.read_bytes() == data


def test_the_same_bytes_twice_are_one_object(tmp_path: Path, folder: Path, objects: ObjectStore) -> None:
    one = take_in(write(tmp_path / "one.bin", DATA), objects)
    before = (folder / one.key).stat()
    two = take_in(write(tmp_path / "two.bin", DATA), objects)
    assert (one.already_kept, two.already_kept) == (False, True)
    assert stored_entry(one) == stored_entry(two)
    after = (folder / one.key).stat()
    assert (before.st_ino, before.st_mtime_ns, after.st_nlink) == (after.st_ino, after.st_mtime_ns, 1)


def test_the_same_bytes_again_show_that_the_kept_copy_was_altered(
    tmp_path: Path, folder: Path, objects: ObjectStore
) -> None:
    source = write(tmp_path / "one.bin", DATA)
    kept = folder / take_in(source, objects).key
    kept.chmod(0o600)
    with kept.open("r+b") as file:
        file.seek(5)
        file.write(bytes([DATA[5] ^ 1]))
    with pytest.raises(CustodyError, match="no longer what was kept"):
        take_in(source, objects)


def test_derived_bytes_are_kept_with_their_table(folder: Path, objects: ObjectStore) -> None:
    stored = keep_derived(b"a still", objects)
    assert store_derived(b"a still", objects) == stored.sha256
    assert stored.key.startswith("derived/sha256/") and objects.get(stored.key) == b"a still"
    assert files_in(folder) == sorted([stored.key, stored.fixity_key])


def _missing(at: Path) -> Path:
    return at / "none.mp4"


def _folder(at: Path) -> Path:
    (at / "folder").mkdir()
    return at / "folder"


def _empty(at: Path) -> Path:
    return write(at / "empty.mp4", b"")


def _link(at: Path) -> Path:
    write(at / "real.mp4", b"x")
    (at / "link.mp4").symlink_to(at / "real.mp4")
    return at / "link.mp4"


def _pipe(at: Path) -> Path:
    os.mkfifo(at / "pipe.mp4")
    return at / "pipe.mp4"


def _socket(at: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(at / "s"))
    return at / "s"


def _device(at: Path) -> Path:
    return Path("/dev/zero")


def _kernel_file(at: Path) -> Path:
    return Path("/proc/self/status")


def _nul(at: Path) -> Path:
    return at / "a\0b"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_missing, "no file"),
        (_folder, "a folder"),
        (_empty, "is empty"),
        (_link, "symbolic link"),
        (_pipe, "named pipe"),
        (_socket, "a socket"),
        (_device, "a device"),
        (_kernel_file, "is empty"),
        (_nul, "cannot be read"),
    ],
)
@pytest.mark.timeout(20)
def test_what_is_no_plain_file_is_refused_in_a_sentence(
    make: Callable[[Path], Path], words: str, tmp_path: Path, folder: Path, objects: ObjectStore
) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        take_in(make(tmp_path), objects)
    assert "\n" not in str(caught.value) and caught.value.exit_code == 2
    assert files_in(folder) == []


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, folder: Path, objects: ObjectStore) -> None:
    with pytest.raises(BadInputError, match="more than the 10 allowed"):
        take_in(write(tmp_path / "a", b"12345678901"), objects, max_bytes=10)
    assert files_in(folder) == []
    assert take_in(write(tmp_path / "a", b"1234567890"), objects, max_bytes=10).size_bytes == 10


def test_an_unreadable_file_is_refused(tmp_path: Path, folder: Path, objects: ObjectStore) -> None:
    source = write(tmp_path / "secret", b"x")
    source.chmod(0)
    root = os.geteuid() == 0
    if root:  # root reads everything: be somebody else for a moment, who may still use the folders
        for path in (tmp_path, *list(tmp_path.parents)[:3], folder, folder / ".staging"):
            path.chmod(path.stat().st_mode | 0o777)
        os.seteuid(65534)
    try:
        with pytest.raises(BadInputError, match="Permission denied"):
            take_in(source, objects)
    finally:
        if root:
            os.seteuid(0)
    assert files_in(folder) == []


@pytest.mark.parametrize("how", ["grows", "is rewritten", "is cut"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    how: str, tmp_path: Path, folder: Path, objects: ObjectStore
) -> None:
    source = write(tmp_path / "growing.bin", DATA)

    def change(done: int, total: int) -> None:
        if how == "grows":
            with source.open("ab") as file:
                file.write(b"more")
        elif how == "is cut":
            os.truncate(source, 5_000_000)
        else:
            time.sleep(0.02)
            with source.open("r+b") as file:
                file.write(b"other")

    with pytest.raises(BadInputError, match="changed while it was being read"):
        take_in(source, objects, progress=change)
    assert files_in(folder) == []


@pytest.mark.timeout(30)
def test_a_file_that_never_stops_growing_does_not_hold_the_intake(tmp_path: Path, objects: ObjectStore) -> None:
    source = write(tmp_path / "recording.bin", DATA)
    stop = threading.Event()

    def grow() -> None:
        with source.open("ab", buffering=0) as file:
            for _ in range(200):
                if stop.wait(0.001):
                    return
                file.write(bytes(1 << 20))

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        time.sleep(0.01)
        with pytest.raises(BadInputError, match="changed while"):
            take_in(source, objects)
    finally:
        stop.set()
        writer.join()


def test_a_full_disk_is_said_to_be_full_and_leaves_nothing(tmp_path: Path, folder: Path) -> None:
    source = write(tmp_path / "large.bin", DATA)
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from witnessmark.custody.intake import take_in\n"
        "from witnessmark.errors import BadInputError\n"
        "from witnessmark.stores.objects import open_objects\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (6_000_000, 6_000_000))\n"
        "try:\n"
        "    take_in(Path(sys.argv[1]), open_objects(sys.argv[2]))\n"
        "except BadInputError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-c", script, str(source), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "is full" in done.stdout and os.strerror(errno.EFBIG) in done.stdout
    assert files_in(folder) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 6_000_000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")
def test_memory_stays_bounded(tmp_path: Path, folder: Path) -> None:
    source = tmp_path / "large.bin"
    with source.open("wb") as file:
        file.truncate(300 << 20)
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from witnessmark.custody.intake import take_in\n"
        "from witnessmark.stores.objects import open_objects\n"
        "take_in(Path(sys.argv[1]), open_objects(sys.argv[2]))\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])\n"
    )
    command = [sys.executable, "-c", script, str(source), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert int(done.stdout) / 1024 < 200
