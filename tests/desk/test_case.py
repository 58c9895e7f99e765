"""A case: opened once, rebuilt from its log, shared by processes, and never half made."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pyproj
import pytest
from tests.conftest import SPACE
from tests.support.authority import openssl_present, running_authority

from witnessmark.custody.records import Appearance, Moment, PremisEvent
from witnessmark.desk.case import Case, cases_below, new_case, open_case
from witnessmark.desk.items import (
    add_appearance,
    add_item,
    appearances,
    evidence,
    get_item,
    show_pictures,
    withdraw_appearance,
)
from witnessmark.desk.space import build, case_space, place_grid
from witnessmark.desk.stamping import said_of, stamp
from witnessmark.desk.verifying import verify_case, verify_folder
from witnessmark.errors import BadInputError, ClashError, CustodyError, NotFoundError
from witnessmark.plain import parse_moment


def test_a_new_case_is_on_its_own_log_from_the_first_event(case: Case) -> None:
    assert [event.action for event in case.log.read()] == ["case.opened"]
    assert case.reference == "2031-17"
    assert case_space(case).shape == build(SPACE).shape
    assert verify_case(case).ok


def test_a_case_is_not_made_where_something_is(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    with pytest.raises(ClashError, match="not an empty folder"):
        new_case(tmp_path, "2031-17", "")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("reference", ["", " ", "a\nb", "a\x1b[31m", "a\u202eb", "x" * 301, "a\udcff"])
def test_a_reference_is_one_printable_line(tmp_path: Path, reference: str) -> None:
    with pytest.raises(BadInputError):
        new_case(tmp_path / "case", reference, "")
    assert not (tmp_path / "case").exists()


def test_a_refused_case_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise BadInputError("No.", "Stop.")

    monkeypatch.setattr(Case, "record", fail)
    with pytest.raises(BadInputError):
        new_case(tmp_path / "case", "2031-17", "")
    assert not (tmp_path / "case").exists()


def test_what_is_no_case_is_said_to_be_none(tmp_path: Path, case: Case) -> None:
    with pytest.raises(NotFoundError, match="is not a case"):
        open_case(tmp_path)
    marker = case.folder / "witnessmark.json"
    marker.write_text(json.dumps({"format": "witnessmark-case-folder/9"}))
    with pytest.raises(BadInputError, match="format 'witnessmark-case-folder/9'"):
        open_case(case.folder)
    marker.write_text("{")
    with pytest.raises(BadInputError, match="damaged"):
        open_case(case.folder)
    assert cases_below(tmp_path) == [case.folder]


def test_the_same_bytes_again_are_one_item_with_two_captures(case: Case, clip: Path, tmp_path: Path) -> None:
    first = add_item(case, clip, method="from a witness")
    other = tmp_path / "renamed.jpg"
    other.write_bytes(clip.read_bytes())
    second = add_item(case, other, method="from a platform")
    assert second.already_kept and second.item.exhibit_number == first.item.exhibit_number == "WM-0001"
    assert [capture.method for capture in second.item.captures] == ["from a witness", "from a platform"]
    assert second.note is not None and "video/mp4" in second.note
    assert len(evidence(case)) == 1


def test_an_item_comes_with_its_pictures_blurred_until_asked(case: Case, clip: Path) -> None:
    item = add_item(case, clip).item
    names = {path.name for path in show_pictures(case, item, clear=False)}
    assert names == {"contact-sheet-blurred.png"}
    before = case.log.head().number
    names = {path.name for path in show_pictures(case, item, clear=True)}
    assert "contact-sheet.png" in names
    looks = [event for event in case.log.read(before + 1) if event.action == "item.looked-at"]
    assert len(looks) == 1 and looks[0].agent == "A. Author"


def test_derived_files_say_how_they_came_about(case: Case, clip: Path) -> None:
    item = add_item(case, clip).item
    derived = [get_item(case, body["exhibit_number"]) for body in case.records.items(parent=item.sha256.hex())]
    assert [one.exhibit_number for one in derived] == ["WM-0001-D01", "WM-0001-D02"]
    for one in derived:
        assert one.derivation is not None
        assert one.derivation.parent == item.sha256
        assert one.derivation.tool.name == "witnessmark" and one.derivation.parameters["stills"]


def test_appearances_are_told_earliest_first(case: Case, clip: Path) -> None:
    item = add_item(case, clip, look=False).item
    for at in ("2031-10-02T09:00:00+04:00", "2031-10-01T23:00:00Z"):
        add_appearance(case, item, Appearance("Videogram", "@a", None, Moment(parse_moment(at), "platform page")))
    assert [one.posted.at.isoformat() for one in appearances(case, item)] == [
        "2031-10-01T23:00:00+00:00",
        "2031-10-02T09:00:00+04:00",
    ]


def test_lost_or_edited_tables_are_rebuilt_or_named(case: Case, clip: Path) -> None:
    add_item(case, clip)
    dump = case.records.dump()
    folder = case.folder
    case.close()
    for path in folder.glob("records.db*"):
        path.unlink()
    again = open_case(folder)
    assert again.records.dump() == dump
    again.close()
    with sqlite3.connect(folder / "records.db") as database:
        database.execute("UPDATE item SET size_bytes = size_bytes + 1")
    edited = open_case(folder)
    report = verify_case(edited)
    edited.close()
    assert not report.ok and [fault.where for fault in report.faults] == ["table 'item'"]


def test_several_processes_take_in_at_once(case: Case, tmp_path: Path) -> None:
    files = []
    for index in range(8):
        path = tmp_path / f"note{index}.txt"
        path.write_text(f"note {index // 2}")  # every text twice
        files.append(str(path))
    code = (
        "import sys; from pathlib import Path; from witnessmark.desk.case import open_case\n"
        "from witnessmark.desk.items import add_item\n"
        "case = open_case(Path(sys.argv[1]), operator='P')\n"
        "[add_item(case, Path(f), look=False) for f in sys.argv[2:]]"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code, str(case.folder), *files[index::4]]) for index in range(4)]
    assert [worker.wait(timeout=120) for worker in workers] == [0] * 4
    case.catch_up()
    assert [item.exhibit_number for item in evidence(case)] == [f"WM-{n:04d}" for n in range(1, 5)]
    assert sum(len(item.captures) for item in evidence(case)) == 8
    assert verify_case(case).ok


@pytest.mark.parametrize(
    "marker",
    [
        {},
        {"objects": 1, "records": "records.db"},
        {"objects": "objects", "records": ""},
        {"objects": "/tmp", "records": "records.db"},
        {"objects": "objects", "records": "../elsewhere.db"},
        {"objects": "objects", "records": "nonesuch://host/x"},
    ],
)
def test_a_marker_that_leads_elsewhere_is_refused(case: Case, marker: dict[str, object], tmp_path: Path) -> None:
    (case.folder / "witnessmark.json").write_text(json.dumps({"format": "witnessmark-case-folder/1", **marker}))
    with pytest.raises(BadInputError):
        open_case(case.folder)
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_objects_without_a_log_are_no_case(case: Case) -> None:
    marker = {"format": "witnessmark-case-folder/1", "objects": "other", "records": "other.db"}
    (case.folder / "witnessmark.json").write_text(json.dumps(marker))
    with pytest.raises(CustodyError, match="does not begin with a case"):
        open_case(case.folder)


def test_a_name_that_is_no_unicode_is_kept_as_it_can_be_written(case: Case, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"n\xff.txt")
    path.write_text("note")
    taken = add_item(case, path, look=False)
    assert taken.item.captures[0].original_name == "n\\xff.txt"
    assert verify_case(case).ok


def test_pictures_put_out_are_the_kept_ones_and_follow_no_link(case: Case, clip: Path, tmp_path: Path) -> None:
    item = add_item(case, clip).item
    path = show_pictures(case, item, clear=False)[0]
    kept, mine = path.read_bytes(), tmp_path / "mine"
    mine.write_text("mine")
    path.write_bytes(b"another picture")
    assert show_pictures(case, item, clear=False)[0].read_bytes() == kept
    path.unlink()
    path.symlink_to(mine)
    assert show_pictures(case, item, clear=False)[0].read_bytes() == kept
    assert mine.read_text() == "mine" and not path.is_symlink()


def test_no_wildcard_finds_an_item(case: Case, clip: Path) -> None:
    item = add_item(case, clip, look=False).item
    assert get_item(case, item.sha256.hex()[:8].upper()) == item
    for name in ("%" * 8, "_" * 8, ""):
        with pytest.raises(NotFoundError):
            get_item(case, name)


@pytest.mark.skipif(not openssl_present(), reason="the rehearsed authority needs the openssl program")
def test_a_time_stamp_is_said_to_be_worth_what_it_is(case: Case, tmp_path: Path) -> None:
    with running_authority(tmp_path / "one") as one, running_authority(tmp_path / "two") as two:
        for url in ("file:///etc/hostname", "http://", "ftp://x/y", "http://a:b@127.0.0.1/"):
            with pytest.raises(BadInputError):
                stamp(case, url)
        made = stamp(case, one.url)
        assert "Nobody vouches for it yet" in said_of(case, made)
        for authority, said in ((two, "does not verify"), (one, "verifies under the trusted roots")):
            setting = {"setting": {"tsa_roots_pem": authority.root_pem.decode()}}
            case.record(PremisEvent.METADATA_MODIFICATION, "case.set", setting)
            assert said in said_of(case, made)


def test_a_grid_is_equal_area_and_covers_the_region() -> None:
    grid = place_grid(46.0, 39.8, 46.2, 40.0, 500.0)
    assert grid.lat_deg.min() < 39.8 + 0.01 and grid.lat_deg.max() > 40.0 - 0.01

    area_km2 = (
        abs(pyproj.Geod(ellps="WGS84").polygon_area_perimeter([46, 46.2, 46.2, 46], [39.8, 39.8, 40, 40])[0]) / 1e6
    )
    assert grid.n_places * grid.cell_area_km2 == pytest.approx(area_km2, rel=0.06)
    across = place_grid(179.9, -17.0, -179.9, -16.8, 1000.0)
    assert across.n_places < 800 and (across.lon_deg > 179).any() and (across.lon_deg < -179).any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"region_deg": [46.2, 39.8, 46.2, 40.0]}, "holds no ground"),
        ({"region_deg": [46.0, 40.0, 46.2, 39.8]}, "holds no ground"),
        ({"spacing_m": 0}, "not positive"),
        ({"spacing_m": float("inf")}, "not positive"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "cannot be meant"),
        ({"spacing_m": 1}, "cells, more than"),
        ({"region_deg": [0, 0, 90, 40]}, "wider than 40 degrees"),
        ({"from": "2031-09-12T00:00:00"}, "no UTC offset"),
        ({"to": "2031-09-11T00:00:00Z"}, "holds no time"),
        ({"step_s": 0.01}, "instants, more than"),
        ({"priors": {"older-footage": 1.0}}, "prior of 1.0"),
        ({"priors": {"older-footage": 0.6, "elsewhere": 0.5}}, "leave nothing"),
    ],
)
def test_a_space_that_holds_nothing_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        build({**SPACE, **change})


def test_a_wrong_posting_is_withdrawn_with_a_reason_and_stays_in_the_log(case: Case, clip: Path) -> None:
    item = add_item(case, clip, look=False).item
    for at in ("2021-10-01T23:00:00Z", "2031-10-01T23:00:00Z"):
        add_appearance(case, item, Appearance("Videogram", "@a", None, Moment(parse_moment(at), "platform page")))
    (wrong, _), (right, _) = case.records.postings(item.sha256.hex())
    with pytest.raises(BadInputError, match="without a reason"):
        withdraw_appearance(case, item, wrong, " ")
    withdraw_appearance(case, item, wrong, "mistyped year")
    assert [number for number, _ in case.records.postings(item.sha256.hex())] == [right]
    assert [one.posted.at.year for one in appearances(case, item)] == [2031]
    with pytest.raises(NotFoundError, match="stands under number"):
        withdraw_appearance(case, item, wrong, "again")
    assert [event.action for event in case.log.read()][-3:-1] == ["appearance.recorded"] * 2
    assert verify_case(case).ok


def test_an_item_whose_look_was_cut_short_is_looked_at_when_it_comes_again(case: Case, clip: Path) -> None:
    assert add_item(case, clip, look=False).media is None
    again = add_item(case, clip)
    assert again.already_kept and again.media is not None and again.media["frames"] == 50
    assert show_pictures(case, again.item, clear=False)


def test_a_marker_is_followed_to_a_server_only_where_the_operator_allows_it(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = {"format": "witnessmark-case-folder/1", "objects": "s3://bucket/case", "records": "records.db"}
    (case.folder / "witnessmark.json").write_text(json.dumps(marker))
    with pytest.raises(BadInputError, match="s3://bucket/case"):
        open_case(case.folder)
    memory = {"format": "witnessmark-case-folder/1", "objects": "memory://", "records": "records.db"}
    (case.folder / "witnessmark.json").write_text(json.dumps(memory))
    monkeypatch.setenv("WITNESSMARK_STORES", "s3://other memory://")
    followed = open_case(case.folder)
    assert followed.log.head().number == 0  # the store it leads to is empty
    followed.close()


def test_a_locked_copy_is_checked_with_the_public_key_alone(case: Case, clip: Path) -> None:
    add_item(case, clip, look=False)
    public = case.key.public
    case.close()
    (case.folder / "keys" / "case_key.pem").unlink()
    before = {path: path.stat().st_mtime_ns for path in case.folder.rglob("*")}
    assert verify_folder(case.folder, public).ok
    assert {path: path.stat().st_mtime_ns for path in case.folder.rglob("*")} == before
    kept = next(path for path in (case.folder / "objects").rglob("*") if path.is_file() and path.stat().st_size > 5000)
    kept.chmod(0o600)
    data = bytearray(kept.read_bytes())
    data[1000] ^= 1
    kept.write_bytes(data)
    report = verify_folder(case.folder, public)
    assert not report.ok and report.faults[0].byte_offset == 1000


def test_a_damaged_newest_event_is_named(case: Case, clip: Path) -> None:
    add_item(case, clip, look=False)
    newest = max((case.folder / "objects" / "custody" / "events").iterdir())
    newest.chmod(0o600)
    newest.write_bytes(newest.read_bytes()[:-20])
    with pytest.raises(CustodyError, match=f"newest event, {int(newest.stem)}, is damaged"):
        open_case(case.folder)
