from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)
from tests.support.authority import openssl_present

from witnessmark.custody.keys import PASSPHRASE_VARIABLE, PublicKey, create_key, load_key
from witnessmark.errors import BadInputError, ClashError, NotFoundError


def test_a_key_comes_back_as_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "case.key"
    made = create_key(path)
    signature = made.sign(b"message")
    public = load_key(path).public
    assert public == made.public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert public.verifies(signature, b"message")
    assert not public.verifies(signature, b"massage")
    assert not public.verifies(bytes(64), b"message")
    der = load_pem_public_key(public.pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public.fingerprint == hashlib.sha256(der).digest()
    assert public.fingerprint.hex() in repr(made) and "PRIVATE" not in repr(made)
    assert os.listdir(tmp_path) == ["case.key"]


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "case.key"
    create_key(path)
    before = path.read_bytes()
    with pytest.raises(ClashError, match="already"):
        create_key(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["case.key"]


def test_a_passphrase_protects_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "case.key"
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "correct horse")
    made = create_key(path)
    assert b"ENCRYPTED" in path.read_bytes()
    assert load_key(path).public == made.public
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "wrong horse")
    with pytest.raises(BadInputError, match="passphrase"):
        load_key(path)
    monkeypatch.delenv(PASSPHRASE_VARIABLE)
    with pytest.raises(BadInputError, match=PASSPHRASE_VARIABLE):
        load_key(path)


def test_an_open_file_keeps_working_while_a_passphrase_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_key(tmp_path / "case.key")
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "of another case")
    assert load_key(tmp_path / "case.key").public == made.public


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "case.key"
    create_key(path)
    path.chmod(0o640)
    with pytest.raises(BadInputError, match="chmod 600"):
        load_key(path)


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        load_key(tmp_path / "none.key")
    path = tmp_path / "other.key"
    path.touch(0o600)
    with pytest.raises(BadInputError):
        load_key(path)
    other = rsa.generate_private_key(65537, 2048)
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(BadInputError, match="Ed25519"):
        load_key(path)
    with pytest.raises(BadInputError):
        PublicKey(b"nonsense").verifies(bytes(64), b"")
    with pytest.raises(BadInputError):
        create_key(tmp_path / "no folder" / "case.key")


@pytest.mark.skipif(not openssl_present(), reason="the openssl program is not installed")
def test_a_stranger_checks_a_signature_with_openssl_alone(tmp_path: Path) -> None:
    key = create_key(tmp_path / "case.key")
    (tmp_path / "public.pem").write_bytes(key.public.pem)
    (tmp_path / "message").write_bytes(b"what was signed")
    (tmp_path / "signature").write_bytes(key.sign(b"what was signed"))
    command = "openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in message -sigfile signature"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
