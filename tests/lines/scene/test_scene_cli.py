"""Comparing two files from the command line, without a case."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
from tests.lines.scene.streets import Light, Stand, Street, walk, write_clip
from typer.testing import CliRunner

from witnessmark.cli.scene import app
from witnessmark.errors import BadInputError

SIZE = (480, 270)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A clip, a photograph of the same street from elsewhere, and a photograph of another street."""
    folder = tmp_path_factory.mktemp("files")
    street = Street.seeded(51)
    clip = write_clip(folder / "clip.mp4", walk(street, Stand(), Stand(0.0, 2.0, 3.0), Light(1.0, seed=1), 4, SIZE))
    photo, other = folder / "photo.jpg", folder / "other.png"
    cv2.imwrite(str(photo), street.view(Stand(-1.5, 2.0, -3.0), Light(0.0, 0.9, seed=2), SIZE))
    cv2.imwrite(str(other), Street.seeded(52).view(Stand(), Light(seed=3), SIZE))
    return clip, photo, other


def test_one_place_as_json_with_a_picture(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    clip, photo, _ = files
    drawn = tmp_path / "match.png"
    done = CliRunner().invoke(app, ["compare", str(clip), str(photo), "--json", "--picture", str(drawn)])
    assert done.exit_code == 0, done.output
    body = json.loads(done.stdout)
    assert body["relation"] == "same-place" and body["probability"] > 0.95
    assert body["best"]["matches"] >= len(body["best"]["points"]) > 5
    assert body["view_pairs"]["tried"] >= body["view_pairs"]["agree"] >= 1
    assert all(0.0 <= value <= 1.0 for point in body["best"]["points"] for value in point.values())
    assert body["picture"] == str(drawn) and drawn.read_bytes().startswith(b"\x89PNG")


def test_other_places_are_never_called_different(files: tuple[Path, Path, Path]) -> None:
    clip, _, other = files
    done = CliRunner().invoke(app, ["compare", str(clip), str(other)])
    assert done.exit_code == 0
    assert "Cannot tell. That does not show that the places differ." in done.stdout


def test_what_cannot_be_decoded_is_said(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no recording", encoding="utf-8")
    done = CliRunner().invoke(app, ["compare", str(files[0]), str(text)])
    assert isinstance(done.exception, BadInputError)
    assert "text.mp4" in done.exception.what


def test_help_shows_an_example() -> None:
    done = CliRunner().invoke(app, ["compare", "--help"])
    assert "witnessmark scene compare clip.mp4 photo.jpg" in " ".join(done.stdout.split())
