"""verify.py as a stranger runs it: alone, isolated, without openssl, on hostile folders."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.dossier.invented import KEY, make_content

from witnessmark.dossier import Edition, seal, verify, verify_py
from witnessmark.dossier.verifier.openssl import OpenSsl

needs_openssl = pytest.mark.skipif(OpenSsl.find("/nowhere") is None, reason="no openssl program with Ed25519 here")


def run(
    script: Path, *arguments: str, path: str | None = None, isolated: bool = True, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": path if path is not None else os.environ["PATH"]}
    flags = ["-I"] if isolated else []
    return subprocess.run(
        [sys.executable, *flags, str(script), *arguments],
        env=environment, cwd=cwd, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def bag(sealed: dict[Edition, Path], tmp_path: Path) -> Path:
    copy = tmp_path / "bag"
    shutil.copytree(sealed[Edition.CLOSED], copy)
    return copy


def test_it_is_python_3_9_and_imports_the_standard_library_alone() -> None:
    tree = ast.parse(verify_py(), feature_version=(3, 9))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
        assert not isinstance(node, ast.Match)
    assert names <= set(sys.stdlib_module_names) and "__future__" not in names
    first = next(node for node in tree.body if not isinstance(node, ast.Expr))
    assert ast.unparse(first) == "import sys"


def test_its_copy_is_the_packages(bag: Path) -> None:
    assert (bag / "verify.py").read_text() == verify_py()


@needs_openssl
@pytest.mark.parametrize("edition", list(Edition))
def test_clean_bags_verify_from_anywhere(sealed: dict[Edition, Path], tmp_path: Path, edition: Edition) -> None:
    before = {path: path.stat().st_mtime_ns for path in sealed[edition].rglob("*")}
    done = run(sealed[edition] / "verify.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("VERIFIED.")
    relative = run(Path("verify.py"), cwd=sealed[edition], isolated=False)
    assert relative.returncode == 0
    told = json.loads(run(sealed[edition] / "verify.py", "--json", cwd=tmp_path).stdout)
    ours = verify(sealed[edition]).to_plain()
    assert told == json.loads(json.dumps(ours))
    assert {path: path.stat().st_mtime_ns for path in sealed[edition].rglob("*")} == before


def test_without_openssl_it_says_what_it_could_not_check(bag: Path, tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    done = run(bag / "verify.py", path=str(empty))
    assert done.returncode == 3
    assert done.stdout.startswith("INTACT, NOT FULLY CHECKED.")
    assert "signature of the seal" in done.stdout and "5 custody events" in done.stdout
    target = bag / "data/report.pdf"
    data = bytearray(target.read_bytes())
    data[1234] ^= 4
    target.write_bytes(data)
    done = run(bag / "verify.py", path=str(empty))
    assert done.returncode == 1
    assert "data/report.pdf: byte 1234 is" in done.stdout


def test_an_openssl_that_says_yes_to_everything_is_not_believed(bag: Path, tmp_path: Path) -> None:
    for folder in (tmp_path / "bin", bag):
        folder.mkdir(exist_ok=True)
        program = folder / "openssl"
        program.write_text("#!/bin/sh\necho 'Signature Verified Successfully'\nexit 0\n")
        program.chmod(0o755)
        done = run(bag / "verify.py", path=str(folder))
        assert done.returncode == (3 if folder != bag else 1)
        assert "signature of the seal: this needs" in done.stdout.lower()


def test_files_beside_it_are_never_imported(bag: Path, tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    for name in ("json", "hashlib", "argparse", "__future__", "os", "re", "zlib", "typing"):
        (bag / f"{name}.py").write_text(f"open({str(proof)!r}, 'w').write({name!r})\n")
    for isolated in (True, False):
        done = run(bag / "verify.py", isolated=isolated, cwd=bag)
        assert done.returncode == 1 and "json.py does not belong" in done.stdout
        assert not proof.exists()


@needs_openssl
def test_a_broken_custody_log_under_a_good_seal_is_named(
    sealed: dict[Edition, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = make_content(tmp_path / "in")
    events = list(content.events)
    events[2] = events[2].replace(b"step.3", b"step.9")
    changed = dataclasses.replace(content, events=tuple(events))
    whole = verify(sealed[Edition.CLOSED])
    with monkeypatch.context() as patch:  # whoever holds the key can leave out the check that sealing ends with
        patch.setattr("witnessmark.dossier.sealing.verify", lambda *_, **__: whole)
        bag = seal(changed, tmp_path / "bag", Edition.CLOSED, KEY.sign).path
    done = run(bag / "verify.py")
    assert done.returncode == 1
    assert "Event 3: its signature is not that of the case's key" in done.stdout
    assert "Event 4: it does not name the hash of the event before it" in done.stdout


def hostile_files(bag: Path) -> dict[str, dict[str, bytes]]:
    manifest = (bag / "manifest-sha256.txt").read_bytes()
    huge = b"[" * 2_000_000
    return {
        "a path out of the bag": {"manifest-sha256.txt": manifest + b"00" * 32 + b"  data/../../../etc/passwd\n"},
        "an absolute path": {"manifest-sha256.txt": b"00" * 32 + b"  /etc/passwd\n"},
        "not UTF-8": {"manifest-sha512.txt": b"\xff\xfe" * 500, "tagmanifest-sha256.txt": b"\x80"},
        "deep nesting": {"witnessmark/seal.json": huge[:60_000], "data/case.json": huge},
        "a vast number": {"witnessmark/seal.json": b'{"format":' + b"9" * 50_000 + b"}"},
        "nothing at all": {name: b"" for name in ("witnessmark/seal.json", "witnessmark/tail.txt", "bagit.txt")},
        "an endless line": {"tagmanifest-sha512.txt": b"a" * 3_000_000},
        "a block list of something else": {"witnessmark/blocks.json": b'{"files":{"a":{"bytes":1,"crc32":"0"}}}'},
        "no key": {"data/custody/public_key.pem": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"},
    }


def test_hostile_bags_get_a_sentence_and_exit_code_1(sealed: dict[Edition, Path], tmp_path: Path) -> None:
    for number, (what, changes) in enumerate(hostile_files(sealed[Edition.CLOSED]).items()):
        bag = tmp_path / str(number)
        shutil.copytree(sealed[Edition.CLOSED], bag)
        for path, data in changes.items():
            (bag / path).write_bytes(data)
        done = run(bag / "verify.py")
        assert (done.returncode, done.stderr) == (1, ""), (what, done.stderr)
        assert "fault: " in done.stdout and "Traceback" not in done.stdout, what
        assert "/etc/passwd" not in {line.split()[0] for line in done.stdout.splitlines() if line.split()}


def test_hostile_names_are_printed_inert(bag: Path) -> None:
    (bag / "data/a\u202eb\x1b[31m.txt").write_text("x")
    done = run(bag / "verify.py")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout and "\u202e" not in done.stdout and "\\u202e" in done.stdout


def test_a_hostile_case_reference_is_printed_inert(tmp_path: Path) -> None:
    content = make_content(tmp_path / "in", extra="\x1b[2J\r\u202e")
    bag = seal(content, tmp_path / "bag", Edition.CLOSED, KEY.sign).path
    done = run(bag / "verify.py")
    assert "CASE-2024-007" in done.stdout and not set("\x1b\r\u202e") & set(done.stdout)
    assert not set("\x1b\r\u202e") & set((bag / "README.txt").read_text() + (bag / "bag-info.txt").read_text())


def test_wrong_use_is_exit_code_2(tmp_path: Path) -> None:
    script = tmp_path / "verify.py"
    script.write_text(verify_py())
    absent = run(script, str(tmp_path / "absent"))
    assert absent.returncode == 2 and "There is no folder" in absent.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    other = run(script, str(empty))
    assert other.returncode == 2 and "is not a dossier" in other.stderr
    assert run(script, str(empty), "--root", str(tmp_path / "absent.pem")).returncode == 2


@needs_openssl
def test_the_way_by_hand_that_the_readme_gives(bag: Path) -> None:
    readme = (bag / "README.txt").read_text()
    for algorithm in ("sha256", "sha512"):
        for manifest in (f"manifest-{algorithm}.txt", f"tagmanifest-{algorithm}.txt"):
            assert f"{algorithm}sum --quiet -c {manifest}" in readme
            for line in (bag / manifest).read_text().splitlines():
                digest, path = line.split("  ", 1)
                assert hashlib.new(algorithm, (bag / path).read_bytes()).hexdigest() == digest
    command = readme[readme.index("openssl pkeyutl") :].split("\n    openssl", 1)[0].replace("\\\n", " ")
    done = subprocess.run(command.split(), cwd=bag, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Verified Successfully" in done.stdout
    assert str(verify(bag).facts["public_key_sha256"]) in readme
