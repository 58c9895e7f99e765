"""Any change to a dossier is found, and where it can be, the byte is named."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.dossier.invented import AT, KEY, make_content

from witnessmark.dossier import Edition, Verdict, seal, verify
from witnessmark.dossier.bagwriter import BagWriter
from witnessmark.dossier.verifier.tail import TAIL, TAIL_FILES, tail_text

SMALL = b"\x00\x01original" * 40
N_FLIPS = 330


@pytest.fixture(scope="module")
def bags(tmp_path_factory: pytest.TempPathFactory) -> dict[Edition, Path]:
    folder = tmp_path_factory.mktemp("tamper")
    content = make_content(folder, original=SMALL)
    return {edition: seal(content, folder / edition.value, edition, KEY.sign, at=AT).path for edition in Edition}


@pytest.fixture
def bag(bags: dict[Edition, Path], tmp_path: Path) -> Iterator[Path]:
    copy = tmp_path / "bag"
    shutil.copytree(bags[Edition.CLOSED], copy)
    yield copy


def files(bag: Path) -> list[str]:
    return sorted(path.relative_to(bag).as_posix() for path in bag.rglob("*") if path.is_file())


def places(bag: Path, count: int, seed: int) -> list[tuple[str, int]]:
    """Every file's first and last byte, then random bytes, each file as likely as any other."""
    rng = random.Random(seed)
    listed = files(bag)
    found = [(path, at) for path in listed for at in (0, (bag / path).stat().st_size - 1)]
    while len(found) < count:
        path = rng.choice(listed)
        found.append((path, rng.randrange((bag / path).stat().st_size)))
    return found


@pytest.mark.parametrize("edition", list(Edition))
def test_every_flipped_byte_is_found_and_located(bags: dict[Edition, Path], tmp_path: Path, edition: Edition) -> None:
    bag = tmp_path / "bag"
    shutil.copytree(bags[edition], bag)
    rng = random.Random(20240620)
    missed = []
    for path, at in places(bag, N_FLIPS // 2, 1):
        target = bag / path
        sealed = target.read_bytes()
        changed = bytearray(sealed)
        changed[at] ^= rng.randrange(1, 256)
        target.write_bytes(changed)
        verdict = verify(bag)
        target.write_bytes(sealed)
        first = verdict.faults[0] if verdict.faults else None
        if (
            verdict.exit_code != 1
            or first is None
            or (first.path, first.offset) != (path, at)
            or len(verdict.faults) > 1
        ):
            missed.append((path, at, verdict.text))
    assert missed == []
    assert verify(bag).verified


def the_fault(verdict: Verdict, path: str) -> str:
    assert verdict.exit_code == 1
    return next(fault.kind for fault in verdict.faults if fault.path == path)


def test_every_removed_emptied_truncated_or_extended_file_is_named(bag: Path) -> None:
    for path in files(bag):
        target = bag / path
        data = target.read_bytes()
        target.unlink()
        verdict = verify(bag)
        assert the_fault(verdict, path) == "missing", verdict.text
        target.write_bytes(b"")
        assert the_fault(verify(bag), path) in ("emptied", "changed"), path
        target.write_bytes(data[:-1])
        assert the_fault(verify(bag), path) in ("truncated", "changed"), path
        target.write_bytes(data + b"\n")
        assert the_fault(verify(bag), path) in ("extended", "changed"), path
        target.write_bytes(data)
    assert verify(bag).verified


def test_added_files_folders_links_and_pipes_are_named(bag: Path) -> None:
    for path in ("note.txt", "data/note.txt", "data/originals/WM-0009.mp4", "witnessmark/seal.tsr", "json.py"):
        (bag / path).write_bytes(b"x")
        assert the_fault(verify(bag), path) == "unexpected"
        (bag / path).unlink()
    (bag / "data/empty").mkdir()
    assert the_fault(verify(bag), "data/empty") == "unexpected"
    (bag / "data/empty").rmdir()
    os.mkfifo(bag / "data/pipe")
    assert the_fault(verify(bag), "data/pipe") == "not a file"
    (bag / "data/pipe").unlink()
    (bag / "data/loop").symlink_to(bag)
    assert the_fault(verify(bag), "data/loop") == "link"


def test_a_file_replaced_by_a_link_or_a_pipe_is_named(bag: Path) -> None:
    target = bag / "data/case.json"
    data = target.read_bytes()
    elsewhere = bag.parent / "same.json"
    elsewhere.write_bytes(data)
    target.unlink()
    target.symlink_to(elsewhere)
    assert the_fault(verify(bag), "data/case.json") == "link"
    target.unlink()
    os.mkfifo(target)
    assert the_fault(verify(bag), "data/case.json") == "not a file"


def test_renamed_and_swapped_files_are_called_so(bag: Path) -> None:
    one, two = bag / "data/likelihoods/F1.npy", bag / "data/pictures/posterior-place.png"
    one.rename(bag / "data/likelihoods/F9.npy")
    verdict = verify(bag)
    assert the_fault(verdict, "data/likelihoods/F1.npy") == "missing"
    assert "holds what data/likelihoods/F1.npy held" in verdict.text
    (bag / "data/likelihoods/F9.npy").rename(one)
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    verdict = verify(bag)
    assert {fault.kind for fault in verdict.faults} == {"swapped"}
    assert {fault.path for fault in verdict.faults} == {"data/likelihoods/F1.npy", "data/pictures/posterior-place.png"}


def test_several_bytes_changed_in_one_file(bag: Path) -> None:
    target = bag / "data/originals" / os.listdir(bag / "data/originals")[0]
    data = bytearray(target.read_bytes())
    data[100:110] = bytes(10)
    target.write_bytes(data)
    verdict = verify(bag)
    assert verdict.exit_code == 1 and len(verdict.faults) == 1
    assert "within bytes 0-399" in verdict.text


def test_one_byte_in_each_of_two_blocks_is_named(tmp_path: Path) -> None:
    bag = seal(make_content(tmp_path / "in"), tmp_path / "bag", Edition.CLOSED, KEY.sign).path
    target = bag / "data/originals" / os.listdir(bag / "data/originals")[0]
    data = bytearray(target.read_bytes())
    data[70_000] ^= 1
    data[140_000] ^= 0x80
    target.write_bytes(data)
    verdict = verify(bag)
    assert [(fault.kind, fault.offset) for fault in verdict.faults] == [("changed", 70_000)]
    assert "and 1 more" in verdict.text


def rewrite_lists(bag: Path) -> None:
    """What a forger without the key can do: every hash and checksum made to agree with a changed payload file."""
    kept = {name: (bag / name).read_bytes() for name in files(bag)}
    info = dict(line.split(": ", 1) for line in kept["bag-info.txt"].decode().splitlines())
    seal_json = kept["witnessmark/seal.json"]
    fresh = bag.parent / "fresh"
    fresh.mkdir()
    writer = BagWriter(fresh)
    for name, data in kept.items():
        if name.startswith("data/") or name in ("README.txt", "verify.py"):
            writer.write(name, data)
    writer.finish_lists(info)
    for name in ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt"):
        old = hashlib.sha256(kept[name]).hexdigest().encode()
        seal_json = seal_json.replace(old, writer.files[name].sha256.encode())
    writer.write("witnessmark/seal.json", seal_json)
    writer.write("witnessmark/seal.sig", kept["witnessmark/seal.sig"])
    last = {name: (fresh / name).read_bytes() for name in TAIL_FILES if (fresh / name).exists()}
    writer.write("witnessmark/tail.txt", tail_text(last).encode())
    shutil.rmtree(bag)
    fresh.rename(bag)


def test_a_vast_file_in_place_of_another_is_read_no_further_than_it_should_be(bag: Path) -> None:
    os.truncate(bag / "data/case.json", 1 << 42)
    verdict = verify(bag)
    size = next(fault.offset for fault in verdict.faults if fault.path == "data/case.json")
    assert verdict.exit_code == 1 and len(verdict.faults) == 1
    assert "longer than when sealed" in verdict.text and isinstance(size, int) and size < 100_000


def test_a_tail_that_says_the_same_in_other_words_is_a_change(bag: Path) -> None:
    lines = (bag / TAIL).read_text().splitlines(keepends=True)
    body = "".join([lines[0], *reversed(lines[1:-1])])
    (bag / TAIL).write_text(f"{body}crc32 {zlib.crc32(body.encode()):08x}\n")
    assert [(fault.kind, fault.path) for fault in verify(bag).faults] == [("changed", TAIL)]


def test_a_token_added_to_a_seal_that_knows_of_none_is_unexpected(bag: Path) -> None:
    (bag / "witnessmark/seal.tsr").write_bytes(b"0")
    last = {name: (bag / name).read_bytes() for name in TAIL_FILES if (bag / name).exists()}
    (bag / TAIL).write_text(tail_text(last))
    assert ("unexpected", "witnessmark/seal.tsr") in [(fault.kind, fault.path) for fault in verify(bag).faults]


def test_a_forger_without_the_key_fails_on_the_signature(bag: Path) -> None:
    target = bag / "data/case.json"
    target.write_bytes(target.read_bytes().replace(b"almost certain", b"very unlikely "))
    rewrite_lists(bag)
    verdict = verify(bag)
    assert [(fault.kind, fault.path) for fault in verdict.faults] == [("signature", "witnessmark/seal.sig")]


def test_a_forger_with_a_key_of_their_own_fails_on_the_fingerprint(bag: Path) -> None:
    expected = str(verify(bag).facts["public_key_sha256"])
    assert verify(bag, key_sha256=expected.upper()).verified
    assert the_fault(verify(bag, key_sha256="00" * 32), "data/custody/public_key.pem") == "key"
