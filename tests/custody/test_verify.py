from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from witnessmark.custody.digesting import sha256_of
from witnessmark.custody.fixity import BLOCK_BYTES, BlockSums
from witnessmark.custody.intake import keep_derived, stored_entry, take_in
from witnessmark.custody.keys import CaseKey, create_key
from witnessmark.custody.log import CustodyLog, Head, event_key
from witnessmark.custody.objects import ObjectStore
from witnessmark.custody.records import PremisEvent
from witnessmark.custody.report import CustodyReport
from witnessmark.custody.verify import verify_custody
from witnessmark.stores.objects import open_objects

FLIPS = 250


@dataclass
class Case:
    folder: Path
    objects: ObjectStore
    key: CaseKey
    head: Head
    events: dict[int, bytes]
    originals: list[str]
    derived: list[str]
    tables: list[str]

    def check(self, *, copies: bool = True, head: bool = True) -> CustodyReport:
        return verify_custody(
            self.objects,
            self.key.public,
            expected_head=self.head if head else None,
            known_events=self.events if copies else None,
        )

    def path(self, key: str) -> Path:
        path = self.folder / key
        path.chmod(0o644)
        return path

    @property
    def files(self) -> list[str]:
        return [*self.originals, *self.derived, *self.tables, *(event_key(number) for number in self.events)]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    noise = random.Random(11)
    folder = tmp_path / "objects"
    objects = open_objects(folder)
    key = create_key(tmp_path / "case.key")
    minutes = iter(range(1000))
    log = CustodyLog(objects, key, lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=next(minutes)))
    originals, derived, tables = [], [], []
    for turn, size in enumerate((3 * BLOCK_BYTES + 17, 1, BLOCK_BYTES)):
        source = tmp_path / f"clip{turn}.mp4"
        source.write_bytes(noise.randbytes(size))
        taken = take_in(source, objects)
        entry = {"stored": [stored_entry(taken)]}
        log.append(PremisEvent.INGESTION, "item.taken-in", "A. Person", (taken.sha256,), entry)
        still = keep_derived(noise.randbytes(5000 + turn), objects)
        entry = {"stored": [stored_entry(still)]}
        log.append(PremisEvent.CREATION, "derived.made", "witnessmark", (still.sha256, taken.sha256), entry)
        originals.append(taken.key)
        derived.append(still.key)
        tables.extend([taken.fixity_key, still.fixity_key])
    log.append(PremisEvent.VALIDATION, "finding.reviewed", "B. Person", (), {"words": "Հաստատված է", "log10_lr": 1.5})
    events = {number: log.raw(number) for number in range(1, log.head().number + 1)}
    return Case(folder, objects, key, log.head(), events, originals, derived, tables)


def test_a_sound_case_is_found_sound(case: Case) -> None:
    seen: list[tuple[int, int]] = []
    report = verify_custody(case.objects, case.key.public, progress=lambda done, total: seen.append((done, total)))
    assert report.ok and not report.faults and not report.notes
    assert dict(report.checked) | {"bytes": 0} == {
        "events": 7, "signatures": 7, "tokens": 0, "objects": 6, "tables": 6, "bytes": 0,
    }  # fmt: skip
    size = sum((case.folder / key).stat().st_size for key in case.files)
    assert report.checked["bytes"] == size
    assert (
        seen[-1][0] == seen[-1][1] == sum((case.folder / key).stat().st_size for key in case.originals + case.derived)
    )
    assert report.stamped == () and report.pending == tuple(range(1, 8))
    assert case.check().ok


def test_every_single_byte_flip_anywhere_is_found_and_located(case: Case) -> None:
    noise = random.Random(2026)
    located = 0
    for _ in range(FLIPS):
        key = noise.choice(case.files)
        path = case.path(key)
        data = path.read_bytes()
        at, error = noise.randrange(len(data)), noise.randrange(1, 256)
        path.write_bytes(data[:at] + bytes([data[at] ^ error]) + data[at + 1 :])
        report = case.check()
        assert not report.ok
        assert [(fault.where, fault.byte_offset) for fault in report.faults] == [(key, at)], (key, at, error, report)
        if key.startswith("custody/"):  # without a second copy of the log, the event is still named
            faults = case.check(copies=False, head=False).faults
            assert {fault.where for fault in faults} == {key}, (key, at, error, faults)
        located += 1
        path.write_bytes(data)
    assert located == FLIPS and case.check().ok


@pytest.mark.parametrize("kind", ["originals", "derived", "tables"])
def test_cutting_extending_and_removing_an_object_is_found(case: Case, kind: str) -> None:
    key = getattr(case, kind)[0]
    path = case.path(key)
    data = path.read_bytes()
    for altered, offset in ((data[:-1], len(data) - 1), (data[:3], 3), (b"", 0), (data + b"0", len(data))):
        path.write_bytes(altered)
        assert [(fault.where, fault.byte_offset) for fault in case.check().faults] == [(key, offset)]
    path.unlink()
    assert [(fault.kind, fault.where) for fault in case.check().faults] == [("missing", key)]


def test_an_object_and_its_table_altered_together_are_both_found(case: Case) -> None:
    key, table = case.originals[0], case.tables[0]
    data = case.path(key).read_bytes()
    changed = bytes([data[0] ^ 1]) + data[1:]
    (case.folder / key).write_bytes(changed)
    sums = BlockSums()
    sums.update(changed)
    case.path(table).write_bytes(sums.table())
    assert {(fault.kind, fault.where) for fault in case.check().faults} == {("object", key), ("fixity-table", table)}


def test_two_objects_swapped_are_both_found(case: Case) -> None:
    one, two = case.path(case.derived[0]), case.path(case.derived[1])
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    assert {fault.where for fault in case.check().faults} == set(case.derived[:2])


@pytest.mark.timeout(30)
def test_a_pipe_or_a_link_in_an_objects_place_is_a_fault_and_no_trap(case: Case, tmp_path: Path) -> None:
    path = case.path(case.originals[0])
    path.rename(tmp_path / "away")
    os.mkfifo(path)
    assert [fault.where for fault in case.check().faults] == [case.originals[0]]
    path.unlink()
    path.symlink_to(tmp_path / "away")
    assert [fault.where for fault in case.check().faults] == [case.originals[0]]


def _remove_in_the_middle(case: Case) -> tuple[str, str]:
    case.path(event_key(3)).unlink()
    return "missing-event", event_key(3)


def _remove_the_end(case: Case) -> tuple[str, str]:
    case.path(event_key(6)).unlink()
    case.path(event_key(7)).unlink()
    return "removed-end", event_key(6)


def _remove_and_close_the_gap(case: Case) -> tuple[str, str]:
    case.path(event_key(3)).unlink()
    for number in (4, 5, 6, 7):
        case.path(event_key(number)).rename(case.folder / event_key(number - 1))
    return "event", event_key(3)


def _reorder(case: Case) -> tuple[str, str]:
    one, two = case.path(event_key(3)), case.path(event_key(4))
    one.write_bytes(case.events[4])
    two.write_bytes(case.events[3])
    return "event", event_key(3)


def _put_in_another_cases_event(case: Case) -> tuple[str, str]:
    other = open_objects("memory://")
    stranger = CustodyLog(other, create_key(case.folder.parent / "other.key"))
    for _ in range(4):
        stranger.append(PremisEvent.VALIDATION, "finding.reviewed", "B. Person", (), {})
    case.path(event_key(4)).write_bytes(stranger.raw(4))
    return "signature", event_key(4)


def _empty_an_event(case: Case) -> tuple[str, str]:
    case.path(event_key(5)).write_bytes(b"")
    return "event", event_key(5)


@pytest.mark.parametrize(
    "harm",
    [
        _remove_in_the_middle,
        _remove_the_end,
        _remove_and_close_the_gap,
        _reorder,
        _put_in_another_cases_event,
        _empty_an_event,
    ],
)
def test_harm_to_the_log_is_found_where_it_is(case: Case, harm: Callable[[Case], tuple[str, str]]) -> None:
    kind, where = harm(case)
    without_copies = case.check(copies=False)
    assert (kind, where) in [(fault.kind, fault.where) for fault in without_copies.faults]
    with_copies = case.check()
    assert where in [fault.where for fault in with_copies.faults]
    assert not any(fault.kind in ("object", "missing", "fixity-table") for fault in with_copies.faults)
    assert all(fault.do and fault.what for fault in with_copies.faults)


def test_a_log_cut_at_the_end_looks_whole_only_to_who_knows_no_head(case: Case) -> None:
    _remove_the_end(case)
    assert case.check(copies=False, head=False).ok
    assert [fault.kind for fault in case.check(copies=False).faults] == ["removed-end"]


def test_the_key_holder_rewriting_the_log_is_found_by_an_expected_head(case: Case) -> None:
    for number in (7, 6):
        case.path(event_key(number)).unlink()
    log = CustodyLog(case.objects, case.key)
    for _ in range(3):
        log.append(PremisEvent.VALIDATION, "finding.reviewed", "C. Person", (), {})
    assert case.check(copies=False, head=False).ok
    assert [(fault.kind, fault.where) for fault in case.check(copies=False).faults] == [("chain", event_key(7))]
    kinds = {(fault.kind, fault.where) for fault in case.check().faults}
    assert {("chain", event_key(6)), ("chain", event_key(7))} <= kinds


def test_one_rewritten_event_breaks_the_chain_after_it(case: Case) -> None:
    path = case.path(event_key(2))
    path.unlink()
    for number in range(3, 8):
        case.path(event_key(number)).rename(case.folder.parent / str(number))
    CustodyLog(case.objects, case.key).append(PremisEvent.VALIDATION, "finding.reviewed", "C. Person", (), {})
    for number in range(3, 8):
        (case.folder.parent / str(number)).rename(case.folder / event_key(number))
    faults = case.check(copies=False, head=False).faults
    assert [(fault.kind, fault.where) for fault in faults] == [("chain", event_key(3))]


def test_a_damaged_second_copy_is_not_blamed_on_the_file(case: Case) -> None:
    case.events[4] = case.events[4].replace(b"A. Person", b"Z. Person").replace(b"witnessmark", b"witnessmurk", 1)
    faults = case.check().faults
    assert [(fault.kind, fault.where) for fault in faults] == [("event-copy", event_key(4))]


def test_a_wrong_public_key_fits_no_event(case: Case, tmp_path: Path) -> None:
    stranger = create_key(tmp_path / "stranger.key").public
    faults = verify_custody(case.objects, stranger).faults
    assert [fault.kind for fault in faults] == ["signature"] * 7


def test_what_a_killed_program_left_is_noted_and_no_fault(case: Case, tmp_path: Path) -> None:
    source = tmp_path / "late.mp4"
    source.write_bytes(b"late")
    taken = take_in(source, case.objects)
    report = case.check()
    assert report.ok
    assert len(report.notes) == 2 and taken.key in " ".join(report.notes) and taken.fixity_key in " ".join(report.notes)


def test_an_object_named_but_stored_by_no_event_is_checked_by_its_address(case: Case) -> None:
    stored = keep_derived(b"made long ago", case.objects)
    log = CustodyLog(case.objects, case.key)
    elsewhere = sha256_of(b"kept elsewhere")
    log.append(PremisEvent.VALIDATION, "finding.reviewed", "B. Person", (stored.sha256, elsewhere), {})
    report = case.check()
    assert report.ok and len(report.notes) == 1 and elsewhere.hex() in report.notes[0]
    case.path(stored.key).write_bytes(b"made long agO")
    assert [fault.where for fault in case.check().faults] == [stored.key]


def test_a_clock_set_back_is_noted(case: Case) -> None:
    log = CustodyLog(case.objects, case.key, lambda: dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    log.append(PremisEvent.VALIDATION, "finding.reviewed", "B. Person", (), {})
    report = case.check()
    assert report.ok and "clock was set back" in report.notes[0]


def test_an_empty_case_is_sound(tmp_path: Path) -> None:
    report = verify_custody(open_objects("memory://"), create_key(tmp_path / "case.key").public)
    assert report.ok and report.pending == () and report.checked["events"] == 0
