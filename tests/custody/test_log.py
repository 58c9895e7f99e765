from __future__ import annotations

import datetime as dt
import multiprocessing
from collections.abc import Mapping
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from witnessmark.custody.digesting import sha256_of
from witnessmark.custody.keys import CaseKey, create_key, load_key
from witnessmark.custody.log import GENESIS, CustodyLog, Head, event_key, event_number, parse_event, signed_bytes
from witnessmark.custody.records import CustodyEvent, PremisEvent
from witnessmark.errors import BadInputError, CustodyError
from witnessmark.plain import canonical
from witnessmark.stores.objects import RemoteObjects, open_objects

CLOCK = dt.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=dt.timezone(dt.timedelta(hours=4)))


@pytest.fixture
def key(tmp_path: Path) -> CaseKey:
    return create_key(tmp_path / "case.key")


def say(
    log: CustodyLog, text: str, idempotency: str | None = None, more: Mapping[str, object] | None = None
) -> CustodyEvent:
    return log.append(PremisEvent.INGESTION, "note.made", "A. Person", (), {"text": text, **(more or {})}, idempotency)


def test_events_are_canonical_chained_and_signed(key: CaseKey) -> None:
    objects = open_objects("memory://")
    log = CustodyLog(objects, key, lambda: CLOCK)
    made = [say(log, "one"), say(log, "two", more={"number": 1.5, "big": 2**60, "word": "Ձայն"}), say(log, "three")]
    assert [event.number for event in made] == [1, 2, 3]
    assert list(objects.keys("custody")) == [event_key(number) for number in (1, 2, 3)]
    previous = GENESIS
    for event in made:
        data = objects.get(event_key(event.number))
        assert canonical(parse_event(data)) == data and parse_event(data) == event
        assert event.previous == previous
        assert key.public.verifies(event.signature, signed_bytes(event))
        assert event.at == CLOCK and b'"at":"2026-01-01T23:04:05.678000Z"' in data
        previous = sha256_of(data)
    assert log.head() == Head(3, previous)
    assert list(log.read(2)) == made[1:]
    assert made[1].payload["big"] == str(2**60)


def test_an_empty_log_has_a_head_of_zeros(key: CaseKey) -> None:
    log = CustodyLog(open_objects("memory://"), key)
    assert log.head() == Head(0, GENESIS) and list(log.read()) == []


def test_another_log_of_the_same_store_sees_and_continues_it(key: CaseKey) -> None:
    objects = open_objects("memory://")
    one, two = CustodyLog(objects, key), CustodyLog(objects, key)
    for turn in range(6):
        say((one, two)[turn % 2], str(turn))
    assert one.head() == two.head() == CustodyLog(objects, None).head()
    assert [event.payload["text"] for event in two.read()] == list("012345")


def test_without_the_key_nothing_is_recorded(key: CaseKey) -> None:
    objects = open_objects("memory://")
    with pytest.raises(BadInputError, match="key"):
        say(CustodyLog(objects, None), "one")
    assert list(objects.keys("custody")) == []


def test_a_resumed_job_says_a_thing_once(key: CaseKey) -> None:
    objects = open_objects("memory://")
    log = CustodyLog(objects, key)
    first = say(log, "one", "job-1")
    say(log, "two", "job-2")
    assert say(log, "one", "job-1") == first
    resumed = CustodyLog(objects, key)
    assert say(resumed, "one", "job-1").number == 1
    other = CustodyLog(objects, key)
    other.head()
    assert say(resumed, "three", "job-3") == say(other, "three", "job-3")
    assert log.head().number == 3


def test_a_put_whose_answer_got_lost_is_not_said_twice(key: CaseKey) -> None:
    class LosesAnswers(RemoteObjects):
        def put(self, key: str, data: bytes) -> bool:
            super().put(key, data)
            return False

    objects = LosesAnswers(MemoryStore(), "memory", None)
    log = CustodyLog(objects, key)
    assert [say(log, text).number for text in "ab"] == [1, 2]
    assert [event.payload["text"] for event in log.read()] == ["a", "b"]


@pytest.mark.parametrize("bad", ["\udcff undecodable name", float("nan"), object()])
def test_what_has_no_canonical_form_is_refused_whole(key: CaseKey, bad: object) -> None:
    objects = open_objects("memory://")
    with pytest.raises(BadInputError):
        say(CustodyLog(objects, key), "one", more={"name": bad})
    assert list(objects.keys("custody")) == []


def test_parsing_refuses_every_other_form_of_the_same_event(key: CaseKey) -> None:
    objects = open_objects("memory://")
    say(CustodyLog(objects, key), "one", more={"list": [1, {"a": 0.5}]})
    data = objects.get(event_key(1))
    others = [
        data + b"\n",
        data.replace(b":", b": ", 1),
        data.replace(b'"number":1', b'"number":1.0'),
        data.replace(b'"number":1', b'"number":"1"'),
        data.replace(b'"payload":{', b'"payload":{"a":1,"a":1,'),
        data.replace(b"Z", b"+00:00", 1),
        data.replace(b'"text":"one"', b'"text":"\\u006fne"'),
        data.replace(b"ingestion", b"digestion"),
        data[:-1],
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        data.replace(b"0.5", b"NaN"),
        data.replace(b"0.5", b"1" * 5000),
    ]
    for other in others:
        assert other != data
        with pytest.raises(CustodyError):
            parse_event(other)


def test_a_gap_stops_the_log(key: CaseKey, tmp_path: Path) -> None:
    objects = open_objects(tmp_path / "objects")
    log = CustodyLog(objects, key)
    for text in "abc":
        say(log, text)
    (tmp_path / "objects" / event_key(2)).unlink()
    for act in (lambda: say(CustodyLog(objects, key), "d"), lambda: list(CustodyLog(objects, key).read())):
        with pytest.raises(CustodyError, match="Event 2 is missing"):
            act()


def test_keys_and_numbers() -> None:
    assert event_number(event_key(123456789)) == 123456789
    for other in ("custody/events/1.json", "custody/events/000000001.json", "custody/events/00000001.json.bak", "x"):
        assert event_number(other) is None


def _append_many(
    folder: Path, key_path: Path, name: str, count: int, start: multiprocessing.synchronize.Barrier
) -> None:
    log = CustodyLog(open_objects(folder), load_key(key_path))
    start.wait(30)
    for turn in range(count):
        say(log, f"{name} {turn}")
        say(log, "said by all", f"shared-{turn}")


def test_four_processes_never_fork_the_chain(tmp_path: Path) -> None:
    key = create_key(tmp_path / "case.key")
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(4)
    count = 20
    workers = [
        context.Process(target=_append_many, args=(tmp_path / "objects", tmp_path / "case.key", name, count, barrier))
        for name in "abcd"
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    events = list(CustodyLog(open_objects(tmp_path / "objects"), None).read())
    assert len(events) == 4 * count + count  # what all say alike is said once
    previous = GENESIS
    for number, event in enumerate(events, 1):
        assert (event.number, event.previous) == (number, previous)
        assert key.public.verifies(event.signature, signed_bytes(event))
        previous = sha256_of(canonical(event))
    for name in "abcd":
        said = [event.payload["text"] for event in events if str(event.payload["text"]).startswith(f"{name} ")]
        assert said == [f"{name} {turn}" for turn in range(count)]
