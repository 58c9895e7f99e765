"""What the integrity line finds in clips whose every edit is known, and what it leaves alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest
from tests.lines.clips import OTHER_SCENE, RATE, item_of, write

from witnessmark.lines.contract import Abstention, Tools
from witnessmark.lines.integrity import INTEGRITY
from witnessmark.lines.integrity.observations import IntegrityObservations

FILMED = dt.datetime(2031, 9, 13, 7, 30, tzinfo=dt.UTC)


class Look(Protocol):
    """Write a clip and observe it."""

    def __call__(
        self,
        numbers: Iterable[int],
        *,
        suffix: str = ...,
        pts: Sequence[int] | None = ...,
        created: dt.datetime | None = ...,
        metadata: Mapping[str, str] | None = ...,
        sound_s: float | None = ...,
        new_noise: bool = ...,
        crf: int = ...,
    ) -> IntegrityObservations: ...


@pytest.fixture
def look(tmp_path: Path) -> Look:
    def observe(
        numbers: Iterable[int],
        *,
        suffix: str = ".mp4",
        pts: Sequence[int] | None = None,
        created: dt.datetime | None = None,
        metadata: Mapping[str, str] | None = None,
        sound_s: float | None = None,
        new_noise: bool = False,
        crf: int = 20,
    ) -> IntegrityObservations:
        path = write(
            tmp_path / f"clip{suffix}",
            list(numbers),
            pts=pts,
            created=created,
            metadata=metadata,
            sound_s=sound_s,
            new_noise=new_noise,
            crf=crf,
        )
        seen = INTEGRITY.observe(item_of(path), (), Tools(path))
        assert isinstance(seen, IntegrityObservations)
        return seen

    return observe


def notable(seen: IntegrityObservations) -> set[str]:
    return {remark.topic for remark in seen.remarks if remark.notable}


def test_one_recording_has_nothing_notable(look: Look) -> None:
    seen = look(range(100), sound_s=4.0)
    assert notable(seen) == set()
    assert seen.cuts == () and seen.timing.gaps == () and seen.repeats.freezes == ()
    assert seen.timing.median_step_s == pytest.approx(1 / RATE)


def test_hard_cut(look: Look) -> None:
    seen = look([*range(50), *range(OTHER_SCENE + 50, OTHER_SCENE + 100)])
    assert [cut.kind for cut in seen.cuts] == ["shot"]
    assert seen.cuts[0].at_s == pytest.approx(2.0, abs=0.041)
    assert "cuts" in notable(seen)


def test_jump_between_like_pictures(look: Look) -> None:
    seen = look([*range(50), *range(58, 108)])
    assert [cut.kind for cut in seen.cuts] in (["jump"], ["shot"])
    assert seen.cuts[0].at_s == pytest.approx(2.0, abs=0.041)


def test_freeze(look: Look) -> None:
    seen = look([*range(50), *([49] * 20), *range(50, 100)])
    assert len(seen.repeats.freezes) == 1
    freeze = seen.repeats.freezes[0]
    assert freeze.start_s == pytest.approx(49 / RATE, abs=0.1)
    assert freeze.end_s == pytest.approx(69 / RATE, abs=0.1)
    assert "repeats" in notable(seen)


def test_single_duplicates(look: Look) -> None:
    numbers = list(range(100))
    for at in (30, 71):
        numbers[at] = numbers[at - 1]
    seen = look(numbers)
    assert seen.repeats.duplicates_at_s == pytest.approx([30 / RATE, 71 / RATE], abs=0.001)
    assert not seen.repeats.regular


def test_rate_conversion_is_called_that(look: Look) -> None:
    seen = look([number - number // 5 for number in range(125)])
    assert seen.repeats.regular and seen.repeats.freezes == ()
    assert "repeats" not in notable(seen)


def test_gap_in_time(look: Look) -> None:
    kept = [number for number in range(100) if not 60 <= number < 66]
    seen = look(kept, pts=kept)
    assert seen.timing.gaps_count == 1
    assert seen.timing.gaps[0].missing_frames == 6
    assert seen.timing.gaps[0].at_s == pytest.approx(66 / RATE, abs=0.001)


def test_irregular_recorder_has_no_gaps(look: Look) -> None:
    pts, at = [], 0
    for number in range(100):
        pts.append(at)
        at += 1 + (number * 7919 % 5 == 0) * 2 + (number * 104729 % 7 == 0)
    seen = look(range(100), pts=pts)
    assert seen.timing.irregular and seen.timing.gaps == ()
    assert "timing" not in notable(seen)


def test_still_scene_is_not_called_frozen(look: Look) -> None:
    seen = look([0] * 100)
    assert seen.repeats.mostly_still
    assert notable(seen) == set()


def test_tripod_that_waits_for_movement_is_not_called_frozen(look: Look) -> None:
    seen = look([*range(30), *([29] * 30), *range(29, 60)], new_noise=True)
    assert seen.repeats.freezes == ()


def test_replayed_pictures(look: Look, tmp_path: Path) -> None:
    seen = look([*range(40), *range(20, 40), *range(40, 60)], suffix=".mkv", crf=0)
    assert [(r.frames_count >= 18) for r in seen.repeats.recurrences] == [True]
    assert seen.repeats.recurrences[0].again_s == pytest.approx(40 / RATE, abs=0.1)


def test_sound_that_runs_on(look: Look) -> None:
    seen = look(range(75), sound_s=5.0)
    assert seen.sound is not None and seen.sound.ends_later_s == pytest.approx(2.0, abs=0.1)
    assert "sound" in notable(seen)


def test_creation_time_and_its_zone(look: Look) -> None:
    seen = look(range(30), created=FILMED)
    assert [(time.at, time.zone_proven, time.unset) for time in seen.times] == [(FILMED, False, False)]


def test_offset_of_a_phone(look: Look) -> None:
    metadata = {"com.apple.quicktime.creationdate": "2031-09-13T11:30:00+0400", "com.apple.quicktime.model": "Phone 1"}
    seen = look(range(30), created=FILMED, metadata=metadata)
    proven = [time for time in seen.times if time.zone_proven]
    assert [time.at for time in proven] == [FILMED]
    assert proven[0].at.utcoffset() == dt.timedelta(hours=4)
    assert any(trace.kind == "camera" for trace in seen.traces)


def test_truncated_file(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.mkv", range(100))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    seen = INTEGRITY.observe(item_of(cut), (), Tools(cut))
    assert isinstance(seen, IntegrityObservations)
    assert 20 < seen.timing.frames_decoded < 100


def test_index_gone_is_an_abstention_that_says_where(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.mp4", range(50))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    answer = INTEGRITY.observe(item_of(cut), (), Tools(cut))
    assert isinstance(answer, Abstention)
    assert "could not be decoded" in answer.reason and answer.what_would_help.endswith(".")
