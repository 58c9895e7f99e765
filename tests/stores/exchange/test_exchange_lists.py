"""Lists of hashes from other tools are read as they write them, and written so that they read them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pdqhash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stores.prints import noise_print

from witnessmark.errors import BadInputError
from witnessmark.lines.copies.fingerprint import ALGORITHM, FrameCodes
from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.lines.copies.pdq import pdq
from witnessmark.stores.exchange import (
    BANK,
    Partners,
    bank_entries,
    import_bank,
    read_signals,
    read_vpdq,
    recording_of,
    remove_origin,
    write_signals,
    write_vpdq_json,
    write_vpdq_text,
)
from witnessmark.stores.fingerprints import open_library

ONE = "f0e1d2c3b4a5968778695a4b3c2d1e0f" * 2
TWO = "0123456789abcdef" * 4


def codes_of(*digests: str) -> list[list[int]]:
    return [list(bytes.fromhex(digest)) for digest in digests]


@pytest.mark.parametrize(
    "text",
    [
        f"0,100,{ONE},0.000\n30,87,{TWO},1.001\n",
        f"30,87,{TWO.upper()},1.001\r\n0,100,{ONE},0\r\n\r\n",
        json.dumps([f"{ONE},100,0.0", f"{TWO},87,1.001"]),
        json.dumps(
            {
                "0": {"quality": 100, "hash": ONE, "timestamp": 0.0},
                "30": {"quality": 87, "hash": TWO, "timestamp": 1.001},
            }
        ),
    ],
)
def test_every_form_of_vpdq_is_read(text: str) -> None:
    frames = read_vpdq(text)
    assert frames.codes.tolist() == codes_of(ONE, TWO)
    assert frames.quality.tolist() == [100, 87]
    assert frames.times_s == pytest.approx([0.0, 1.001])


def test_frame_numbers_without_times_need_the_frame_rate() -> None:
    text = f"0,100,{ONE}\n50,100,{TWO}\n"
    assert read_vpdq(text, frames_per_s=25.0).times_s.tolist() == [0.0, 2.0]
    with pytest.raises(BadInputError, match="without times"):
        read_vpdq(text)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "no vPDQ hash"),
        ("[]", "no vPDQ hash"),
        (f"0,100,{ONE[:-1]},0.0", "Line 1 is not"),
        (f"0,100,{ONE},0.0\n1,101,{ONE},0.1", "Line 2 is not"),
        (f"-1,100,{ONE},0.0", "Line 1 is not"),
        (f"0,100,{ONE},nan", "Line 1 is not"),
        (f"0,100,{ONE},0.0,extra", "Line 1 is not"),
        (f'["{ONE},100"]', "is not 'hash,quality,seconds'"),
        ("[1]", "is not 'hash,quality,seconds'"),
        ('{"0": {"quality": 100, "hash": 7, "timestamp": 0}}', "is not 'hash,quality,seconds'"),
        ('{"0": []}', "is not 'hash,quality,seconds'"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_vpdq_is_refused_in_words(text: str, match: str) -> None:
    with pytest.raises(BadInputError, match=match):
        read_vpdq(text)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_vpdq, read_signals):
        with pytest.raises(BadInputError):
            read(text)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 500), count=st.integers(1, 40))
def test_vpdq_comes_back_as_it_was_written(seed: int, count: int) -> None:
    frames = noise_print(seed, frames=count).frames
    for text in (write_vpdq_text(frames), write_vpdq_json(frames)):
        again = read_vpdq(text)
        assert np.array_equal(again.codes, frames.codes)
        assert np.array_equal(again.quality, frames.quality)
        assert np.abs(again.times_s - frames.times_s).max() <= 0.0005


def test_a_hash_is_written_as_other_programs_write_it() -> None:
    picture = np.random.default_rng(3).integers(0, 256, (64, 64), dtype=np.uint8)
    vector, quality = pdqhash.compute(np.repeat(picture[:, :, None], 3, axis=2))
    expected = f"{int(''.join(str(int(bit)) for bit in vector), 2):064x}"
    code, own_quality = pdq(picture)
    frames = FrameCodes(np.zeros(1, np.float32), code[None], np.array([own_quality], np.uint8))
    assert write_vpdq_text(frames) == f"0,{quality},{expected},0.000\n"


def test_a_bank_in_each_form_becomes_recordings_of_its_own_origin(tmp_path: Path) -> None:
    video = json.dumps([f"{ONE},100,0.000", f"{TWO},90,0.200", f"{TWO},90,0.500", f"{ONE},80,1.000"])
    header, hma, lines = io.StringIO(), io.StringIO(), f"pdq {ONE}\nvpdq {video}\nvideo_md5 {'0' * 32}\npdq {ONE}\n"
    writer = csv.writer(header)
    writer.writerow(["collab", "signal_type", "signal_str", "category", "tags"])
    writer.writerow(["Bank A", "pdq", ONE, "WORTH_INVESTIGATING", "seen twice"])
    writer.writerow(["Bank A", "vpdq", video, "POSITIVE_CLASS", ""])
    writer.writerow(["Bank A", "url", "http://example.org/\x1b[31m", "", ""])
    writer.writerow(["Bank A", "pdq", "not a hash", "", ""])
    csv.writer(hma).writerows(
        [[ONE, "2880742865368386", "2020-07-31T18:47:52+0000", "disputed photo"], [TWO, "2", "", ""]]
    )

    headed = read_signals(header.getvalue())
    assert [signal.kind for signal in headed.signals] == ["pdq", "vpdq"]
    assert headed.signals[0].frames.codes.tolist() == codes_of(ONE)
    assert (headed.signals[0].collab, headed.signals[0].tags) == ("Bank A", "seen twice")
    assert [line.split(":")[0] for line in headed.passed_over] == ["Line 4", "Line 5"]
    assert all("\x1b" not in line for line in headed.passed_over)
    sample = read_signals(hma.getvalue())
    assert [signal.frames.codes.tolist() for signal in sample.signals] == [codes_of(ONE), codes_of(TWO)]
    assert sample.signals[0].tags == "disputed photo"
    plain = read_signals(lines)
    assert [signal.kind for signal in plain.signals] == ["pdq", "vpdq"]
    assert len(plain.passed_over) == 1

    store = open_library(tmp_path / "index")
    assert import_bank(bank_entries(headed.signals, "A"), "A", store, "R. Reader") == (2, 0, 0)
    assert import_bank(bank_entries(headed.signals[::-1], "A"), "A", store, "R. Reader") == (0, 2, 0)
    kept = store.recordings()
    assert {recording.origin for recording in kept} == {BANK + "A"}
    assert [(recording.tiers, recording.duration_s) for recording in kept] == [(1, 0.0), (1, pytest.approx(1.3))]
    assert store.fingerprint(kept[1].id).frames.times_s == pytest.approx([0.0, 0.5, 1.0])
    hits = store.near_frames(np.array(codes_of(ONE), np.uint8), 0)
    assert sorted(set(hits.recording.tolist())) == [kept[0].id, kept[1].id]
    assert import_bank(bank_entries(headed.signals[1:], "A"), "A", store, "R. Reader") == (0, 1, 1)
    with pytest.raises(BadInputError, match="Not all of the list"):
        import_bank(bank_entries(headed.signals, "B"), "A", store, "R. Reader")
    assert remove_origin(BANK + "A", store, Partners(tmp_path / "partners.json"), "not needed", "R. Reader") == 1


def test_own_recordings_go_out_as_a_list_without_names() -> None:
    library = MemoryLibrary()
    library.add(noise_print(1, frames=2000), "Aunt Rosa.mp4")  # longer than the csv module reads by itself
    library.add(noise_print(2), "label", origin="Partner")
    library.add(noise_print(3, frames=0), "sound only.wav")
    text = write_signals(library, "Our list")
    assert "Rosa" not in text
    rows = list(csv.DictReader(io.StringIO(text[:200])))
    assert list(rows[0])[:2] == ["signal_type", "signal_str"]
    (signal,) = read_signals(text).signals
    assert np.array_equal(signal.frames.codes, noise_print(1, frames=2000).frames.codes)
    assert signal.collab == "Our list"
    assert csv.field_size_limit() == 131_072
    with pytest.raises(BadInputError, match="nothing of your own"):
        write_signals(MemoryLibrary(), "Our list")


def test_hashes_alone_make_a_fingerprint_of_two_frames_a_second() -> None:
    every = FrameCodes(np.arange(90, dtype=np.float32) / 30.0, np.zeros((90, 32), np.uint8), np.full(90, 100, np.uint8))
    made = recording_of(every)
    assert made.algorithm == ALGORITHM
    assert made.frames.times_s == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0, 2.5], abs=0.04)
    assert made.duration_s == pytest.approx(3.0, abs=0.01)
    assert (made.sound, made.features, made.thumbnails) == (None, None, None)
