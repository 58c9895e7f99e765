"""Records: a projection that is whole after a kill, the same by replay, and shared by processes."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from witnessmark.custody.keys import create_key
from witnessmark.custody.log import CustodyLog, parse_event
from witnessmark.custody.records import CustodyEvent, PremisEvent
from witnessmark.errors import ClashError
from witnessmark.stores.objects import open_objects
from witnessmark.stores.records import Records
from witnessmark.stores.tables import Base

ITEM = {
    "exhibit_number": "WM-0001",
    "sha256": "ab" * 32,
    "sha512": "cd" * 64,
    "size_bytes": 3_000_000_000,
    "media_type": "video/mp4",
    "copy": "evidentiary",
    "derivation": None,
}
POSTED = {"platform": "P", "account": "@a", "url": None, "state": "live", "text": None}


def _posted(at: str) -> dict[str, object]:
    return {**POSTED, "posted": {"at": at, "how_known": "page", "zone_proven": True}}


@pytest.fixture
def events(tmp_path: Path) -> list[tuple[CustodyEvent, bytes]]:
    """A log with an item, a second capture, postings, and a result that supersedes another."""
    log = CustodyLog(open_objects("memory://"), create_key(tmp_path / "key.pem"))
    result = {"kind": "finding", "line": "l", "item": "ab" * 32, "space": "s", "digest": "d"}
    said: list[tuple[str, dict[str, object]]] = [
        ("case.opened", {"setting": {"reference": "1", "title": "T"}}),
        ("item.taken-in", {"item": ITEM, "capture": {"appearance": _posted("2031-01-02T00:00:00Z")}}),
        ("item.captured-again", {"item": "ab" * 32, "capture": {"appearance": None}}),
        ("appearance.recorded", {"item": "ab" * 32, "appearance": _posted("2031-01-02T01:00:00+04:00")}),
        ("item.examined", {"item": "ab" * 32, "media": {"frames": 3}}),
        ("mark.drawn", {"mark": {"id": "m1", "item": "ab" * 32, "kind": "skyline"}}),
        ("mark.drawn", {"mark": {"id": "m2", "item": "ab" * 32, "kind": "skyline"}}),
        ("mark.withdrawn", {"id": "m1"}),
        ("finding.made", {"result": {**result, "id": "F-1"}, "supersedes": []}),
        ("finding.made", {"result": {**result, "id": "F-2"}, "supersedes": ["F-1"]}),
        ("case.set", {"setting": {"title": "U"}}),
    ]
    for action, payload in said:
        log.append(PremisEvent.CREATION, action, "A", (), payload)
    return [(parse_event(log.raw(number)), log.raw(number)) for number in range(1, len(said) + 1)]


def test_answers_follow_from_the_events(events: list[tuple[CustodyEvent, bytes]], tmp_path: Path) -> None:
    records = Records(f"sqlite:///{tmp_path / 'r.db'}")
    records.apply(events)
    assert records.settings() == {"reference": "1", "title": "U"}
    assert records.item("wm-0001") == records.item("ab" * 5) == {**ITEM, "media": {"frames": 3}}
    assert records.item("ab") is None and records.item("cd" * 10) is None
    assert len(records.captures("ab" * 32)) == 2
    posted = [one["posted"]["at"] for one in records.appearances("ab" * 32)]
    assert posted == ["2031-01-02T01:00:00+04:00", "2031-01-02T00:00:00Z"]
    assert [mark["id"] for mark in records.marks("ab" * 32)] == ["m2"]
    assert [result["id"] for result in records.results()] == ["F-2"]
    assert {r["id"]: r["superseded_by"] for r in records.results(superseded=True)} == {"F-1": "F-2", "F-2": None}
    assert records.last_event() == len(events) and records.event_bytes()[2] == events[1][1]


def test_a_replay_gives_the_same_rows_and_known_events_are_passed_over(
    events: list[tuple[CustodyEvent, bytes]], tmp_path: Path
) -> None:
    one, two = (Records(f"sqlite:///{tmp_path / name}") for name in ("one.db", "two.db"))
    one.apply(events)
    for event in events:
        two.apply([event])
        two.apply(events[: event[0].number])
    assert one.dump() == two.dump()


def test_processes_that_catch_up_at_once_do_not_stumble(
    events: list[tuple[CustodyEvent, bytes]], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'r.db'}"
    Records(url).close()
    problems: list[BaseException] = []

    def work() -> None:
        try:
            Records(url).apply(events)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    alone = Records("sqlite:///:memory:")
    alone.apply(events)
    assert Records(url).dump() == alone.dump()


def test_migrations_make_the_tables_the_program_knows(tmp_path: Path) -> None:
    Records(f"sqlite:///{tmp_path / 'r.db'}").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'r.db'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_file_that_is_no_database_is_told_with_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    path.write_bytes(b"not a database, but long enough to be read as a header" * 20)
    with pytest.raises(ClashError, match="move the file away"):
        Records(f"sqlite:///{path}")
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE other (x)")
    assert Records(f"sqlite:///{path}").last_event() == 0
