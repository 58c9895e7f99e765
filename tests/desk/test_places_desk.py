"""The organisation's footage of known place bears on a case's item, and what cannot be read stops nothing."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import zlib
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
from witnessmark.custody.hashes import Sha256
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.consulting import consulted
from witnessmark.desk.inquiry import run_lines
from witnessmark.desk.items import add_item
from witnessmark.desk.marking import mark_camera_place
from witnessmark.desk.places import PLACES_VARIABLE, set_places
from witnessmark.desk.sealing import seal_case
from witnessmark.dossier import Edition
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


def test_what_the_organisation_knows_of_places_stays_in_the_house(
    case: Case, files: dict[str, Path], tmp_path: Path
) -> None:
    label, source, lat, lon = "Balcony of Anna K.png", "Anna K told us in March", "39.91234", "46.12345"
    known, empty = tmp_path / "known", tmp_path / "nothing-left"
    place = ("--place", f"{lat},{lon}", "--radius-m", "30", "--how", source)
    for name, more in (("square", (*place, "--label", label)), ("other", ("--label", "ridge"))):
        assert CliRunner().invoke(app, ["index", str(known), str(files[name]), *more]).exit_code == 0
    (known / f"{Sha256.of(b'lost').hex()}.place").write_bytes(b"no reference at all")
    empty.mkdir()
    set_places(case, known)
    item = add_item(case, files["clip"], look=False).item
    (found,) = run_lines(case, ["scene"], [item.exhibit_number])
    assert (
        found["kind"] == "finding" and f"'{label}'" in found["statement"] and len(found["observations"]["unread"]) == 1
    )
    assert f"{lat}, {lon}" in found["statement"]
    public = seal_case(case, tmp_path / "public", Edition.PUBLIC).path
    closed = seal_case(case, tmp_path / "closed", Edition.CLOSED).path
    best = found["observations"]["compared"][0]["best"]
    stills = [bytes.fromhex(best[name]["jpeg"]) for name in ("frame", "reference_frame")]
    kept = [still.hex() for still in stills]
    hashes = [Sha256.of(files[name].read_bytes()).hex() for name in ("square", "other")]
    hidden = [label, "Balcony", "Anna K", source, "'ridge'", '"ridge"', lat, lon, *hashes, Sha256.of(b"lost").hex()]
    hidden += [text[at : at + 60] for text in kept for at in (0, 400, len(text) - 60)]
    hidden += [base64.b64encode(still).decode()[at : at + 60] for still in stills for at in (0, 400)]
    for path in public.rglob("*"):
        if path.is_file():
            data = path.read_bytes() + unpacked(path) + "".join(path.parts[-3:]).encode()
            assert not [word for word in hidden if word.encode() in data], path.name
            assert not [still for still in stills if still[200:260] in data], path.name
    record = json.loads((public / "data/case.json").read_bytes())
    (told,) = record["findings"]
    assert told["statement"].startswith(
        "It shows the same place as 'Recording 1', whose camera stood within 30 m of (place"
    )
    assert {one["label"] for one in told["observations"]["compared"]} == {"Recording 1", "Recording 2"}
    assert all(one["reference"] is None and one["place"] is None for one in told["observations"]["compared"])
    assert told["parameters"]["references"][0]["label"] == "Recording 1"
    assert not [picture for picture in record["pictures"] if "scene" in picture["name"]]
    whole = (closed / "data/case.json").read_text()
    assert not [word for word in (*hidden[:4], lat, lon, *hashes, *kept) if word not in whole]
    assert [picture for picture in json.loads(whole)["pictures"] if "scene" in picture["name"]]

    set_places(case, empty)  # what was drawn before is told of by no result any more, and names the recording
    (gone,) = run_lines(case, ["scene"], [item.exhibit_number])
    assert gone["kind"] == "abstention"
    later = seal_case(case, tmp_path / "later", Edition.PUBLIC).path
    told_now = (later / "data/case.json").read_text()
    assert not [word for word in hidden if word in told_now]
    assert not [picture for picture in json.loads(told_now)["pictures"] if "scene" in picture["name"]]


def test_a_comparison_of_exhibits_is_published_with_its_stills_blurred(
    case: Case, files: dict[str, Path], tmp_path: Path
) -> None:
    item = add_item(case, files["clip"], look=False).item
    known = add_item(case, files["square"], look=False).item
    mark_camera_place(case, known, 39.91234, 46.12345, 10.0, "a surveyed corner")
    (found,) = run_lines(case, ["scene"], [item.exhibit_number])
    public = seal_case(case, tmp_path / "public", Edition.PUBLIC).path
    record = json.loads((public / "data/case.json").read_bytes())
    (told,) = record["findings"]
    assert told["statement"] == found["statement"] and f"'{known.exhibit_number}'" in told["statement"]
    (one,) = told["observations"]["compared"]
    assert one["reference"] == known.sha256.hex() and one["place"]["lat_deg"] == 39.91234
    assert one["place"]["source"] == "" and one["best"]["frame"]["jpeg"] is None
    (picture,) = [picture for picture in record["pictures"] if "scene" in picture["name"]]
    assert picture["blurred"] and picture["sha256"] != picture["clear_sha256"]


def unpacked(path: Path) -> bytes:
    """What can be unpacked of the streams of a PDF, and its text where there is a program that reads it."""
    made = []
    for part in path.read_bytes().split(b"stream\n")[1:] if path.suffix == ".pdf" else []:
        try:
            made.append(zlib.decompressobj().decompress(part))
        except zlib.error:
            continue
    if path.suffix == ".pdf" and shutil.which("pdftotext"):
        made.append(subprocess.run(["pdftotext", "-raw", str(path), "-"], capture_output=True, check=True).stdout)
    return b"".join(made)
