"""Sealing: what is in each edition, that it is whole or absent, and that it comes out the same twice."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import bagit
import cv2
import jsonschema
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.dossier.invented import AT, KEY, OPERATOR, ORIGINAL_NAME, REVIEWER, make_content, png

from witnessmark.custody.hashes import Sha256
from witnessmark.dossier import DossierContent, Edition, seal, verify, without_times
from witnessmark.dossier.editions import Redaction, blurred
from witnessmark.errors import BadInputError, ClashError, CustodyError
from witnessmark.media.blur import BLOCKS_ACROSS
from witnessmark.plain import Plain


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("edition", list(Edition))
def test_bag_validates_by_the_bagit_library_and_by_ours(sealed: dict[Edition, Path], edition: Edition) -> None:
    bagit.Bag(str(sealed[edition])).validate()
    verdict = verify(sealed[edition])
    assert verdict.verified, verdict.text


@pytest.mark.parametrize("edition", list(Edition))
def test_case_record_follows_the_schema_it_travels_with(sealed: dict[Edition, Path], edition: Edition) -> None:
    schema = json.loads((sealed[edition] / "data/case.schema.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    record = json.loads((sealed[edition] / "data/case.json").read_bytes())
    jsonschema.Draft202012Validator(schema).validate(record)
    packaged = (resources.files("witnessmark.dossier") / "case.schema.json").read_bytes()
    assert packaged == (sealed[edition] / "data/case.schema.json").read_bytes()
    for picture in record["pictures"]:
        assert hashlib.sha256((sealed[edition] / picture["file"]).read_bytes()).hexdigest() == picture["sha256"]
    for finding in record["findings"]:
        weight = finding["log_likelihood"]
        if weight["file"]:
            values = np.load(sealed[edition] / weight["file"], allow_pickle=False)
            assert (list(values.shape), values.dtype) == (weight["shape"], np.float32)
    del record["custody"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(record)


def test_closed_edition_holds_originals_and_events_to_the_byte(sealed: dict[Edition, Path], tmp_path: Path) -> None:
    content = make_content(tmp_path)
    files = files_of(sealed[Edition.CLOSED])
    (original,) = (path for path in files if path.startswith("data/originals/"))
    assert files[original] == content.originals[0].path.read_bytes()
    assert original.endswith(f"WM-0001-{content.originals[0].sha256}.mp4")
    events = [files[path] for path in sorted(files) if path.startswith("data/custody/events/")]
    assert events == list(content.events)


def test_public_edition_holds_no_original_no_clear_still_no_name(sealed: dict[Edition, Path], tmp_path: Path) -> None:
    content = make_content(tmp_path)
    files = files_of(sealed[Edition.PUBLIC])
    everything = b"\0".join(files.values())
    original = content.originals[0].path.read_bytes()
    clear = content.pictures[1].png
    for hidden in (original, clear):
        for start in range(0, len(hidden) - 24, 997):
            assert hidden[start : start + 24] not in everything or (start == 0 and hidden is clear)
    assert hashlib.sha256(original).hexdigest().encode() in everything
    for name in (
        OPERATOR,
        REVIEWER,
        "Harbour Institute",
        ORIGINAL_NAME,
        "/home/ilves",
        "@riverside_eye",
        "watch/4711",
        "phone of M.",
    ):
        assert name.encode() not in everything, name
    assert b"Riverside eyewitness" not in everything
    closed = b"\0".join(files_of(sealed[Edition.CLOSED]).values())
    assert OPERATOR.encode() in closed and b"/home/ilves" in closed
    record = json.loads(files["data/case.json"])
    assert {review["reviewer"] for review in record["reviews"]} == {"Person 2"}
    assert record["items"][0]["captures"][0]["operator"] == "Person 1"
    assert record["left_out"] and not any(path.startswith(("data/originals", "data/custody/events")) for path in files)


def test_names_in_file_names_of_pictures_are_left_out_too(tmp_path: Path) -> None:
    content = make_content(tmp_path / "in")
    named = dataclasses.replace(content.pictures[1], name=f"{ORIGINAL_NAME} by {OPERATOR}.png")
    content = dataclasses.replace(content, pictures=(named,))
    bag = seal(content, tmp_path / "bag", Edition.PUBLIC, KEY.sign).path
    (picture,) = json.loads((bag / "data/case.json").read_bytes())["pictures"]
    assert (bag / picture["file"]).exists()
    assert not any("Ilves" in path or "VID_" in path for path in files_of(bag))


def test_small_pictures_among_observations_stay_out_of_the_public_edition_and_of_reports(tmp_path: Path) -> None:
    content = make_content(tmp_path / "in")
    case = json.loads(json.dumps(content.case))
    letters = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo" * 20
    case["findings"][0]["observations"]["stills"] = [{"item_s": 1.0, "item_jpeg": letters}]
    content = dataclasses.replace(content, case=case)
    public = files_of(seal(content, tmp_path / "public", Edition.PUBLIC, KEY.sign).path)
    assert not any(letters[:24].encode() in data for data in public.values())
    closed = files_of(seal(content, tmp_path / "closed", Edition.CLOSED, KEY.sign).path)
    assert letters.encode() in closed["data/case.json"]
    assert letters[:24].encode() not in closed["data/report.html"]


def test_no_picture_among_observations_is_published_whatever_its_member_is_called(tmp_path: Path) -> None:
    content = make_content(tmp_path / "in")
    case = json.loads(json.dumps(content.case))
    texts = []
    for seed, form in enumerate((".jpg", ".png", ".webp")):
        pixels = np.random.default_rng(seed).integers(0, 255, (24, 32), dtype=np.uint8)
        still = cv2.imencode(form, pixels)[1].tobytes()
        letters = base64.b64encode(still).decode()
        texts += [still.hex(), still.hex().upper(), letters, f"data:image/x;base64,{letters}"]
    keys = ("jpeg", "png", "frame_jpeg", "packed")
    like_a_picture = "ffd8ff" + "ab" * 29  # a hash may begin as a JPEG does
    case["findings"][0]["observations"] = {
        "best": [{"frame": {"at_s": 1.5, key: text}} for key in keys for text in texts],
        "loose": [*texts, like_a_picture],
    }
    content = dataclasses.replace(content, case=case)
    public = files_of(seal(content, tmp_path / "public", Edition.PUBLIC, KEY.sign).path)
    for text in texts:
        for part in (text[40:100], text[-60:-8]):
            assert not [name for name, data in public.items() if part.encode() in data]
    seen = json.loads(public["data/case.json"])["findings"][0]["observations"]
    assert seen["best"] == [{"frame": {"at_s": 1.5, key: None}} for key in keys for _ in texts]
    assert seen["loose"] == [None for _ in texts] + [like_a_picture]
    closed = files_of(seal(content, tmp_path / "closed", Edition.CLOSED, KEY.sign).path)
    assert all(text.encode() in closed["data/case.json"] for text in texts)
    assert not any(text[40:100].encode() in closed["data/report.html"] for text in texts)


def test_a_quoted_path_is_left_out_whole_even_with_spaces(tmp_path: Path) -> None:
    text = Redaction({}, [], []).text
    for path in (
        "/home/Anna Karp/my places",
        "/archive",
        "C:\\Anna Karp\\x",
        "\\\\host\\Anna Karp\\x",
        "~/Anna Karp/x",
    ):
        assert text(f"There is nothing at '{path}'.") == "There is nothing at '(path left out)'."
        assert "Karp" not in text(f'"{path}" is gone')
    for kept in ("'a'/'b' and 'c' / 'd'", "It's 3 m/s, not 'x/y'."):
        assert text(kept) == kept


def test_accounts_of_one_or_two_characters_are_left_out_where_they_are_quoted(tmp_path: Path) -> None:
    content = make_content(tmp_path / "in")
    case = json.loads(json.dumps(content.case))
    case["items"][0]["appearances"] += [{"platform": "Telegram", "account": name} for name in ("xy", "Б", "B")]
    case["findings"][0]["statement"] = "Posted by 'xy' on Telegram, again by 'Б', by \"B\" and by '@XY'; B and x stay."
    case["findings"][0]["limits"] = ["It is not known who 'x' is."]
    content = dataclasses.replace(content, case=case)
    files = files_of(seal(content, tmp_path / "public", Edition.PUBLIC, KEY.sign).path)
    told = json.loads(files["data/case.json"])["findings"][0]
    left = "(name left out)"
    assert told["statement"] == (
        f"Posted by '{left}' on Telegram, again by '{left}', by \"{left}\" and by '{left}'; B and x stay."
    )
    assert told["limits"] == ["It is not known who 'x' is."]
    assert not any(b"'xy'" in data or "'Б'".encode() in data for data in files.values())


def known(name: str, origin: str = "", sha256: str = "cd" * 32) -> dict[str, Plain]:
    """A recording as the observations of a finding tell of it."""
    return {"name": name, "origin": origin, "libraries": ["organisation"], "sha256": sha256}


def test_recordings_of_others_are_numbered_and_members_of_the_record_keep_their_names(tmp_path: Path) -> None:
    content = make_content(tmp_path / "in")
    case = json.loads(json.dumps(content.case))
    finding = case["findings"][0]
    finding["observations"] = {
        "found": [
            {"known": known("Mother of Anna K.mp4"), "relation": "copy", "via": ["copy"]},
            {"known": known("copy", "findings"), "relation": "copy", "via": []},
            {"known": known("WM-0001", "Harbour Watch"), "relation": "related", "via": []},
            {"known": known("CASE-2024-007 WM-0001", sha256=case["items"][0]["sha256"]), "relation": "copy", "via": []},
        ],
        "same_file": [known("CASE-2023-001 WM-0003")],
    }
    finding["statement"] = "It matches 'copy' (from findings) as a copy, and 'WM-0001' (from Harbour Watch)."
    finding["limits"] = ["mother of anna k.MP4, by harbour watch, as Mother of Anna K in CASE-2023-001 shows it."]
    finding["parameters"] = {"ratios": [["copy", 2.5], ["Mother of Anna K.mp4", 3.5]]}
    chart = dataclasses.replace(content.pictures[0], name="chart.png", names_recordings=True)
    content = dataclasses.replace(content, case=case, pictures=(*content.pictures, chart))
    files = files_of(seal(content, tmp_path / "public", Edition.PUBLIC, KEY.sign).path)
    record = json.loads(files["data/case.json"])
    told = record["findings"][0]
    assert [
        (one["known"]["name"], one["known"]["origin"], one["known"]["sha256"] is None, one["relation"], one["via"])
        for one in told["observations"]["found"]
    ] == [
        ("Recording 1", "", True, "copy", ["Recording 2"]),
        ("Recording 2", "a partner", True, "copy", []),
        ("WM-0001", "a partner", True, "related", []),
        ("WM-0001", "", False, "copy", []),
    ]
    assert told["statement"] == "It matches 'Recording 2' (from a partner) as a copy, and 'WM-0001' (from a partner)."
    assert told["limits"] == ["Recording 1, by a partner, as Recording 1 in another case shows it."]
    assert told["parameters"] == {"ratios": [["Recording 2", 2.5], ["Recording 1", 3.5]]}
    assert told["observations"]["same_file"][0]["name"] == "Recording 3"
    assert not any("chart" in path for path in files) and "chart" not in json.dumps(record["pictures"])
    for word in (b"Mother", b"Harbour Watch", b"CASE-2023-001", b"cd" * 32):
        assert not any(word in data for data in files.values()), word


def test_a_picture_that_names_only_exhibits_stays(tmp_path: Path) -> None:
    content = make_content(tmp_path / "in")
    case = json.loads(json.dumps(content.case))
    own = known("WM-0001", sha256=case["items"][0]["sha256"])
    case["findings"][0]["observations"] = {"found": [{"known": own}]}
    chart = dataclasses.replace(content.pictures[0], name="chart.png", names_recordings=True)
    content = dataclasses.replace(content, case=case, pictures=(chart,))
    files = files_of(seal(content, tmp_path / "public", Edition.PUBLIC, KEY.sign).path)
    assert any("chart" in path for path in files)


def test_blurring_keeps_nothing_but_the_means_of_its_blocks() -> None:
    rng = np.random.default_rng(3)
    assert BLOCKS_ACROSS == 10  # so blocks of this picture are 64 x 60 pixels
    clear = cv2.imdecode(np.frombuffer(png(360, 640, 3), np.uint8), cv2.IMREAD_COLOR)
    assert clear is not None
    mixed = clear.copy()
    for top in range(0, 360, 60):
        for left in range(0, 640, 64):
            block = clear[top : top + 60, left : left + 64]
            mixed[top : top + 60, left : left + 64] = block[rng.permutation(60)][:, rng.permutation(64)]
    assert not np.array_equal(clear, mixed)
    one, other = (blurred(cv2.imencode(".png", shown)[1].tobytes()) for shown in (clear, mixed))
    assert one == other
    with pytest.raises(BadInputError):
        blurred(b"not a picture")


def test_a_picture_blurred_still_by_still_is_the_public_one(tmp_path: Path) -> None:
    content = make_content(tmp_path / "in")
    shown = next(picture for picture in content.pictures if picture.shows_footage)
    sheet = dataclasses.replace(shown, public_png=png(40, 60, 9))
    content = dataclasses.replace(content, pictures=(sheet,))
    for edition, expected in ((Edition.PUBLIC, sheet.public_png), (Edition.CLOSED, sheet.png)):
        bag = seal(content, tmp_path / edition, edition, KEY.sign).path
        (picture,) = json.loads((bag / "data/case.json").read_bytes())["pictures"]
        assert (bag / picture["file"]).read_bytes() == expected


def test_sealed_twice_is_identical_but_for_times_and_signatures(tmp_path: Path) -> None:
    content = make_content(tmp_path / "in")
    first = files_of(seal(content, tmp_path / "a", Edition.CLOSED, KEY.sign, at=AT).path)
    again = files_of(seal(content, tmp_path / "b", Edition.CLOSED, KEY.sign, at=AT).path)
    assert first == again
    later = files_of(seal(content, tmp_path / "c", Edition.CLOSED, KEY.sign, at=AT.replace(hour=15)).path)
    different = {path for path in first if first[path] != later[path]}
    lists = {f"{kind}manifest-{name}.txt" for kind in ("", "tag") for name in ("sha256", "sha512")}
    marks = {f"witnessmark/{name}" for name in ("blocks.json", "seal.json", "seal.sig", "tail.txt")}
    dated = {"README.txt", "data/report.html", "data/report.pdf"}  # bag-info.txt names the size of the PDF
    assert different - {"bag-info.txt"} == lists | marks | dated


def test_without_times_compares_two_runs_of_a_case(tmp_path: Path) -> None:
    one = json.loads(
        files_of(seal(make_content(tmp_path), tmp_path / "a", Edition.CLOSED, KEY.sign).path)["data/case.json"]
    )
    two = json.loads(json.dumps(one))
    two["case"]["created_at"] = "2030-01-01T00:00:00Z"
    two["custody"]["head_sha256"] = "00" * 32
    assert without_times(one) == without_times(two)
    two["findings"][0]["statement"] = "other"
    assert without_times(one) != without_times(two)


def test_nothing_is_overwritten(sealed: dict[Edition, Path], tmp_path: Path) -> None:
    with pytest.raises(ClashError):
        seal(make_content(tmp_path), sealed[Edition.PUBLIC], Edition.PUBLIC, KEY.sign)


def broken_contents(content: DossierContent) -> list[tuple[DossierContent, type[Exception]]]:
    changed = dataclasses.replace
    (original,) = content.originals
    case = dict(content.case)
    return [
        (changed(content, originals=(changed(original, sha256=Sha256(bytes(32))),)), CustodyError),
        (changed(content, originals=(changed(original, path=original.path / "absent"),)), CustodyError),
        (changed(content, case={**case, "case": {"title": "no reference"}}), BadInputError),
        (changed(content, case={**case, "findings": {}}), BadInputError),
        (changed(content, case={**case, "not_resolved": ["\ud800"]}), BadInputError),
        (changed(content, events=()), BadInputError),
        (changed(content, events=content.events[1:]), BadInputError),
        (changed(content, public_key_pem=b"no key"), BadInputError),
        (changed(content, pictures=content.pictures[:1] * 2), BadInputError),
    ]


def test_what_cannot_be_sealed_leaves_nothing(tmp_path: Path) -> None:
    content = make_content(tmp_path / "in")
    out = tmp_path / "out" / "dossier"
    for broken, kind in broken_contents(content):
        with pytest.raises(kind):
            seal(broken, out, Edition.CLOSED, KEY.sign)
        assert list(out.parent.iterdir()) == []
    stranger = Ed25519PrivateKey.generate()
    with pytest.raises(CustodyError):
        seal(content, out, Edition.CLOSED, stranger.sign)

    def interrupt(done: float, what: str) -> None:
        if done > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seal(content, out, Edition.CLOSED, KEY.sign, progress=interrupt)
    assert list(out.parent.iterdir()) == []


def test_a_log_that_does_not_verify_is_not_sealed(tmp_path: Path) -> None:
    content = make_content(tmp_path / "in")
    events = list(content.events)
    events[2] = events[2].replace(b"step.3", b"step.9")
    out = tmp_path / "out" / "dossier"
    with pytest.raises(Exception, match="does not verify"):
        seal(dataclasses.replace(content, events=tuple(events)), out, Edition.CLOSED, KEY.sign)
    assert list(out.parent.iterdir()) == []


def test_killed_sealing_leaves_no_dossier_and_the_next_one_clears_up(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, os\n"
        "from tests.dossier.invented import *\n"
        "from witnessmark.dossier import Edition, seal\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "def stop(done, what):\n"
        "    if done >= 0.7: os.kill(os.getpid(), 9)\n"
        "seal(make_content(folder / 'in'), folder / 'out/dossier', Edition.CLOSED, KEY.sign, progress=stop)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=root, check=False)
    assert done.returncode == -9
    left = list((tmp_path / "out").iterdir())
    assert len(left) == 1 and left[0].name.startswith(".dossier.sealing-")
    seal(make_content(tmp_path / "in"), tmp_path / "out/dossier", Edition.CLOSED, KEY.sign)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["dossier"]


def test_progress_rises_from_nothing_to_done(tmp_path: Path) -> None:
    said: list[tuple[float, str]] = []
    began = time.monotonic()
    seal(
        make_content(tmp_path / "in"),
        tmp_path / "out",
        Edition.CLOSED,
        KEY.sign,
        progress=lambda done, what: said.append((done, what)),
    )
    assert [done for done, _ in said] == sorted(done for done, _ in said)
    assert (said[0][0], said[-1]) == (0.0, (1.0, "sealed"))
    assert time.monotonic() - began < 20
    assert os.stat(tmp_path / "out").st_mode & 0o777 == 0o755
