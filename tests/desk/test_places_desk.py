"""The organisation's footage of known place bears on a case's item, and what cannot be read stops nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.conftest import SPACE
from tests.lines.scene.streets import Light, Stand, Street, walk, write_clip
from typer.testing import CliRunner

from witnessmark.cli.scene import app
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.consulting import consulted
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.marking import mark_camera_place
from witnessmark.desk.places import PLACES_VARIABLE, set_places
from witnessmark.errors import BadInputError, NotFoundError

SIZE = (480, 270)
PLACE = ("--place", "39.9,46.1", "--radius-m", "30", "--how", "GPS in the photograph")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    street = Street.seeded(51)
    clip = write_clip(folder / "clip.mp4", walk(street, Stand(), Stand(0.0, 2.0, 3.0), Light(1.0, seed=1), 4, SIZE))
    photo, other = folder / "square.png", folder / "other.png"
    cv2.imwrite(str(photo), street.view(Stand(-1.5, 2.0, -3.0), Light(0.0, 0.9, seed=2), SIZE))
    cv2.imwrite(str(other), Street.seeded(52).view(Stand(), Light(seed=3), SIZE))
    cv2.imwrite(str(folder / "grey.png"), np.full((135, 240), 90, np.uint8))
    return {path.stem: path for path in (clip, photo, other, folder / "grey.png")}


@pytest.fixture(scope="module")
def store(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("organisation") / "places"
    for name, place in (("square", PLACE), ("other", ())):
        done = CliRunner().invoke(app, ["index", str(folder), str(files[name]), *place, "--json"])
        assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with closing(
        new_case(tmp_path / "case", "2031-17", "A", operator="A. Author", settings={"space": SPACE})
    ) as opened:
        yield opened


def test_a_photograph_in_the_store_weighs_the_place_of_an_item(
    case: Case, files: dict[str, Path], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = add_item(case, files["clip"], look=False).item
    (alone,) = run_lines(case, ["scene"], [item.exhibit_number])
    assert alone["kind"] == "abstention" and "no other footage" in alone["reason"]
    set_places(case, store)
    assert list(consulted(case, item, {"footage"})) == ["footage:case", "footage:organisation"]
    (found,) = run_lines(case, ["scene"], [item.exhibit_number])
    assert found["kind"] == "finding" and "'square.png'" in found["statement"] and "30 m" in found["statement"]
    assert {one["label"]: one["relation"] for one in found["observations"]["compared"]} == {
        "square.png": "same-place",
        "other.png": "cannot-tell",
    }
    known = add_item(case, files["other"], look=False).item
    mark_camera_place(case, known, 39.95, 46.12, 10.0, "a surveyed corner")
    (again,) = run_lines(case, ["scene"], [item.exhibit_number])
    labels = {one["label"] for one in again["observations"]["compared"]}
    assert labels == {"square.png", known.exhibit_number}, "a file both know is compared once, under the case's name"
    monkeypatch.setenv(PLACES_VARIABLE, "/nowhere/at/all")
    with pytest.raises(NotFoundError):
        set_places(case, Path("/nowhere/at/all"))


def test_a_store_that_is_gone_is_said_and_stops_nothing(
    case: Case, files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLACES_VARIABLE, str(tmp_path / "gone"))
    item = add_item(case, files["clip"], look=False).item
    (result,) = run_lines(case, ["scene"], [item.exhibit_number])
    assert result["kind"] == "abstention"
    (unread,) = result["observations"]["unread"]
    assert "store of places" in unread["label"] and "no store of places" in unread["reason"]


def test_a_file_is_asked_of_the_store_without_a_case(files: dict[str, Path], store: Path, tmp_path: Path) -> None:
    drawn = tmp_path / "match.png"
    done = CliRunner().invoke(app, ["query", str(store), str(files["clip"]), "--json", "--picture", str(drawn)])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    best, rest = said["compared"]
    assert (best["b"], best["relation"], best["place"]["radius_m"]) == ("square.png", "same-place", 30.0)
    assert rest["relation"] == "cannot-tell" and drawn.read_bytes().startswith(b"\x89PNG")
    told = CliRunner().invoke(app, ["query", str(store), str(files["clip"])]).stdout
    assert "within 30 m of 39.90000, 46.10000" in told and "among 2 compared" in told
    itself = json.loads(CliRunner().invoke(app, ["query", str(store), str(files["other"]), "--json"]).stdout)
    assert [one["b"] for one in itself["compared"]] == ["square.png"]
    listed = json.loads(CliRunner().invoke(app, ["list", str(store), "--json"]).stdout)
    assert [one["label"] for one in listed["references"]] == ["other.png", "square.png"] and listed["damaged"] == []


def test_what_cannot_be_indexed_is_said(files: dict[str, Path], store: Path) -> None:
    for wrong in (("--place", "39.9,46.1"), ("--place", "x", "--radius-m", "3", "--how", "y")):
        done = CliRunner().invoke(app, ["index", str(store), str(files["other"]), *wrong])
        assert isinstance(done.exception, BadInputError)
    bare = CliRunner().invoke(app, ["index", str(store), str(files["grey"]), *PLACE])
    assert isinstance(bare.exception, BadInputError) and "points that could be found again" in bare.exception.what
