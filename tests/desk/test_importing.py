"""Taking over what auto-archiver and Bayanat collected: offsets kept, hashes compared, nothing twice, nothing half."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.desk.case import Case
from witnessmark.desk.importing import import_auto_archiver, import_bayanat
from witnessmark.desk.items import appearances, get_item
from witnessmark.desk.proposals import list_proposals
from witnessmark.errors import BadInputError
from witnessmark.stores.import_values import moment_of, python_value

POSTED = dt.datetime(2022, 10, 2, 11, 19, tzinfo=dt.timezone(dt.timedelta(hours=4)))
URL = "https://video.example/post/1"
BULLETINS = (
    *("", "id", "title", "description", "origin_id", "source_link", "publish_date", "documentation_date"),
    *("labels.label-1", "verified_labels.label-1", "sources.source-1", "sources.source-2", "locations.location-1"),
    *("media.media-1", "related_actors.actor-1", "media_file", "etag"),
)


def _record(clip: Path, **changes: Any) -> dict[str, Any]:
    sha256 = hashlib.sha256(clip.read_bytes()).hexdigest()
    metadata = {
        "_processed_at": dt.datetime(2022, 10, 2, 7, 31, tzinfo=dt.UTC),
        "url": URL,
        "timestamp": POSTED,
        "title": "The ridge",
        "content": "in the morning",
        "uploader": "@eye",
    }
    thumbnail: dict[str, Any] = {
        "filename": "/tmp/x/thumb_0.jpg",
        "key": None,
        "urls": [],
        "properties": {},
        "_mimetype": "image/jpeg",
    }
    token: dict[str, Any] = {"filename": "/tmp/x/stamp.tsr", "key": "post/stamp.tsr", "urls": [], "properties": {}}
    media = [
        {
            "filename": "/tmp/x/clip.mp4",
            "key": "post/clip.mp4",
            "urls": ["./local_archive/post/clip.mp4"],
            "properties": {"hash": f"SHA-256:{sha256}", "thumbnails": [thumbnail], "tokens": [token]},
            "_mimetype": "video/mp4",
        },
        {"filename": "/tmp/x/shot.png", "key": "post/shot.png", "urls": [], "properties": {"id": "screenshot"}},
    ]
    return {"status": "yt-dlp: success", "metadata": metadata | changes, "media": media}


@pytest.fixture
def archive(tmp_path: Path, clip: Path) -> Path:
    """A folder as auto-archiver's local storage leaves it."""
    post = tmp_path / "archive" / "post"
    post.mkdir(parents=True)
    shutil.copy(clip, post / "clip.mp4")
    (post / "stamp.tsr").write_bytes(b"a token")
    (post / "shot.png").write_bytes(b"\x89PNG\r\n\x1a\n screenshot")
    return tmp_path / "archive"


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ["status", "metadata", "media"])
        table.writeheader()
        table.writerows(rows)
    return path


def test_a_json_record_keeps_its_offset_and_its_files(case: Case, archive: Path, clip: Path) -> None:
    (archive / "post" / "metadata.json").write_text(json.dumps(_record(clip), default=str))
    done = import_auto_archiver(case, archive, look=False)
    (row,) = done.rows
    assert row.posted == "2022-10-02T11:19:00+04:00" and not done.broken
    assert {file.name: (file.hash, file.trouble) for file in row.files} == {
        "clip.mp4": ("agrees", None),
        "stamp.tsr": ("not stated", None),
        "shot.png": ("not stated", None),
    }
    assert row.left == ("thumb_0.jpg",)
    (posting,) = appearances(case, get_item(case, row.files[0].exhibit_number or ""))
    assert posting.posted.at == POSTED and posting.posted.at.utcoffset() == dt.timedelta(hours=4)
    assert posting.posted.zone_proven and posting.account == "@eye" and posting.platform == "video.example"
    shot = next(file for file in row.files if file.role == "screenshot")
    assert not appearances(case, get_item(case, shot.exhibit_number or ""))  # it was not posted
    record = get_item(case, done.records[0])
    assert record.captures[0].method == "records of auto-archiver, imported"
    told = case.records.payloads("row.imported")[0]
    assert told["record"]["metadata"]["timestamp"] == "2022-10-02 11:19:00+04:00"


def test_its_own_csv_holds_printed_python_and_loses_nothing(case: Case, archive: Path, clip: Path) -> None:
    path = _write_csv(archive / "db.csv", [_record(clip)])
    assert "tzinfo=datetime.timezone(datetime.timedelta(seconds=14400))" in path.read_text()
    done = import_auto_archiver(case, path, look=False)
    assert done.rows[0].posted == "2022-10-02T11:19:00+04:00"
    assert case.records.payloads("row.imported")[0]["record"]["metadata"]["timestamp"] == "2022-10-02T11:19:00+04:00"


def test_a_second_import_adds_nothing(case: Case, archive: Path, clip: Path) -> None:
    (archive / "post" / "metadata.json").write_text(json.dumps(_record(clip), default=str))
    _write_csv(archive / "db.csv", [_record(clip)])  # the same posting, told twice
    import_auto_archiver(case, archive, look=False)
    before = case.records.dump()
    again = import_auto_archiver(case, archive, look=False)
    assert case.records.dump() == before
    assert all(file.known for row in again.rows for file in row.files)
    sha256 = hashlib.sha256(clip.read_bytes()).hexdigest()
    assert len(case.records.captures(sha256)) == 1 and len(case.records.appearances(sha256)) == 1


def test_broken_rows_are_named_and_passed_over(case: Case, archive: Path, clip: Path) -> None:
    rows = [
        _record(clip),
        _record(clip, url="no address"),
        _record(clip, timestamp="the day before"),
        {"status": "", "metadata": "__import__('os').system('true')", "media": "[]"},
        {"status": "", "metadata": "{'url': 'https://a.example/', 'at': open('/etc/passwd')}", "media": "[]"},
        {"status": "", "metadata": "{" * 500, "media": "[]"},
    ]
    elsewhere = _record(clip)
    elsewhere["media"] = [
        {"filename": "/etc/hostname", "key": "../../../etc/hostname", "urls": ["file:///etc/hostname"]}
    ]
    rows.append(elsewhere)
    done = import_auto_archiver(case, _write_csv(archive / "db.csv", rows), look=False)
    assert [row.where for row in done.rows] == ["db.csv, line 2"]
    assert [one.where for one in done.broken] == [f"db.csv, line {line}" for line in range(3, 9)]
    assert "it is not in the folder" in done.broken[-1].reason
    names = {body["name"] for body in case.records.items()}
    assert names == {"db.csv", "clip.mp4", "stamp.tsr", "shot.png"}


def test_a_file_that_is_not_what_its_hash_says_is_told(case: Case, archive: Path, clip: Path) -> None:
    record = _record(clip)
    record["media"][0]["properties"]["hash"] = "SHA3-512:" + "0" * 128
    (archive / "post" / "metadata.json").write_text(json.dumps([record], default=str))
    done = import_auto_archiver(case, archive / "post" / "metadata.json", look=False)
    assert done.rows[0].files[0].hash == "differs"
    assert "clip.mp4 is not what its hash says" in done.notes[0]


def test_links_out_of_the_folder_are_not_followed(case: Case, archive: Path, clip: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"outside")
    (archive / "post" / "linked.mp4").symlink_to(secret)
    record = _record(clip)
    record["media"] = [{"filename": "linked.mp4", "key": "post/linked.mp4", "urls": []}]
    (archive / "m.json").write_text(json.dumps(record, default=str))
    done = import_auto_archiver(case, archive, look=False)
    assert not done.rows and "not in the folder" in done.broken[0].reason


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"[1, 2]", b"a,b\n1,2\n", b'{"x": NaN}'])
def test_what_is_no_archivers_is_refused(case: Case, tmp_path: Path, body: bytes) -> None:
    for name in ("x.json", "x.csv"):
        (tmp_path / name).write_bytes(body)
        with pytest.raises(BadInputError):
            import_auto_archiver(case, tmp_path / name)
    with pytest.raises(BadInputError):
        import_auto_archiver(case, tmp_path / "nowhere")
    assert not case.records.items()


def _bulletins(path: Path, rows: list[dict[str, str]]) -> Path:
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, BULLETINS, restval="")
        table.writeheader()
        table.writerows(rows)
    return path


BULLETIN = {
    "id": "7", "title": "Convoy at the lower bridge", "description": "A convoy crossed the bridge in the morning.",
    "source_link": "https://video.example/9", "publish_date": "2022-10-02T11:19", "labels.label-1": "3-Convoys",
    "sources.source-1": "5-Lakeside Desk", "sources.source-2": "6-Hill Radio", "locations.location-1": "9-Lower Bridge",
    "related_actors.actor-1": "4-Ana Invented", "media_file": "b.mp4",
}  # fmt: skip


def test_bulletins_become_files_postings_and_proposals(case: Case, tmp_path: Path, clip: Path) -> None:
    shutil.copy(clip, tmp_path / "b.mp4")
    md5 = hashlib.md5(clip.read_bytes(), usedforsecurity=False).hexdigest()
    path = _bulletins(
        tmp_path / "bulletins.csv", [BULLETIN | {"etag": md5}, {"id": "8"}, BULLETIN, {"id": "x", "title": "T"}]
    )
    done = import_bayanat(case, path, look=False)
    (row,) = done.rows
    assert [(one.where, one.reason) for one in done.broken] == [
        ("bulletins.csv, line 3", "it has no title"),
        ("bulletins.csv, line 4", "the id 7 stands in an earlier row too"),
        ("bulletins.csv, line 5", "its id 'x' is no number"),
    ]
    assert row.files[0].hash == "agrees" and row.posted == "2022-10-02T11:19:00Z"
    (posting,) = appearances(case, get_item(case, row.files[0].exhibit_number or ""))
    assert not posting.posted.zone_proven and "no UTC offset stated" in posting.posted.how_known
    act, place = list_proposals(case)
    assert (act["speaker"], act["via"], act["about"]) == ("Lakeside Desk", ["Hill Radio"], "act")
    assert act["passage"] == BULLETIN["description"] and act["state"] == "open"
    assert place["place"]["name"] == "Lower Bridge" and place["place"]["geometry"] is None
    assert not case.records.claims()  # nobody has accepted anything
    told = case.records.payloads("row.imported")[0]["record"]
    assert told["related"] == ["actor 4"] and told["labels"] == [{"number": "3", "title": "Convoys"}]
    before = case.records.dump()
    import_bayanat(case, path, look=False)
    assert case.records.dump() == before


def test_names_of_actors_are_in_no_record(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "actors.csv"
    path.write_text("id,name,nickname,sex,related_bulletins.bulletin-1\n4,Ana Invented,Anahit Two,Female,7-Convoy\n")
    done = import_bayanat(case, path)
    assert len(done.rows) == 1 and "1 actors" in done.notes[0]
    log = b"".join(case.records.event_bytes().values())
    assert b"Invented" not in log and b"Anahit" not in log and b"bulletin 7" in log


def test_incidents_and_sheets_laid_out_for_import(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "incidents.csv"
    path.write_text(
        'ID,Title,Description,Potential Violations,Locations\n2,"Bridge","Blown up.",x,"Lower Bridge, ""Old, Mill"""\n'
    )
    done = import_bayanat(case, path)
    assert len(done.rows[0].proposals) == 3
    assert {p["place"]["name"] for p in list_proposals(case) if p["place"]} == {"Lower Bridge", "Old, Mill"}
    plain = tmp_path / "plain.csv"
    plain.write_text("colour,size\nred,2\n")
    with pytest.raises(BadInputError, match="no column of Bayanat's"):
        import_bayanat(case, plain)


@settings(max_examples=80, deadline=None)
@given(
    st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["iso", "blank", "repr", "tzoffset"]),
)
def test_no_way_of_writing_a_time_loses_its_offset(at: dt.datetime, offset_min: int, how: str) -> None:
    zone = dt.timezone(dt.timedelta(minutes=offset_min))
    whole = at.replace(tzinfo=zone)
    written = {
        "iso": whole.isoformat(),
        "blank": str(whole),
        "repr": python_value(repr(whole)),
        "tzoffset": python_value(repr(at)[:-1] + f", tzinfo=tzoffset(None, {offset_min * 60}))"),
    }[how]
    found = moment_of(written, "a record")
    assert found is not None and found.zone_proven
    assert found.at == whole and found.at.utcoffset() == whole.utcoffset()


@settings(max_examples=80, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=12,
    )
)
def test_printed_values_are_read_back(value: Any) -> None:
    assert python_value(repr(value)) == value


@pytest.mark.parametrize(
    "text", ["__import__('os')", "open('x')", "x", "1 + 1", "f'{x}'", "[x for x in y]", "(lambda: 1)()", ""]
)
def test_nothing_that_would_run_is_read(text: str) -> None:
    with pytest.raises(ValueError):
        python_value(text)
