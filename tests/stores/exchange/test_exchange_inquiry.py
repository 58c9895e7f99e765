"""A partner is asked with codes and answers with stretches; neither sees the other's footage or names."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from tests.lines.copies import sounds
from tests.lines.copies.planting import encode, mirrored, scene_frames
from tests.stores.exchange.parties import NOON, POSTED, key_of, sharing

from witnessmark.errors import BadInputError, ClashError, CustodyError
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint, FrameCodes
from witnessmark.lines.copies.fingerprinting import fingerprint_of
from witnessmark.lines.copies.memory import MemoryLibrary
from witnessmark.lines.copies.sound import sound_codes
from witnessmark.media import Broken
from witnessmark.stores.exchange import (
    Labels,
    answer_inquiry,
    read_answer,
    read_inquiry,
    write_inquiry,
)
from witnessmark.stores.exchange.sealed import open_sealed


@pytest.fixture(scope="module")
def prints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fingerprint]:
    """A recording of 8 s, its 5 s in the middle mirrored and encoded anew, and another scene."""
    folder = tmp_path_factory.mktemp("clips")
    made = {
        "whole": encode(folder / "whole.mp4", scene_frames(0, 200), rate=25),
        "part": encode(folder / "part.mp4", mirrored(scene_frames(50, 125)), rate=25, crf=32),
        "other": encode(folder / "other.mp4", scene_frames(10_000, 200), rate=25),
    }
    found = {name: fingerprint_of(path) for name, path in made.items()}
    return {name: each for name, each in found.items() if not isinstance(each, Broken)}


def heard_only(sound: sounds.Samples) -> Fingerprint:
    frames = FrameCodes(np.zeros(0, np.float32), np.zeros((0, 32), np.uint8), np.zeros(0, np.uint8))
    codes = sound_codes(sound, sounds.RATE_HZ, 0.0)
    return Fingerprint(ALGORITHM, len(sound) / sounds.RATE_HZ, 0, 0, frames, codes, None, None)


@pytest.mark.parametrize("features", [0, 60])
def test_codes_go_out_and_stretches_come_back(tmp_path: Path, prints: dict[str, Fingerprint], features: int) -> None:
    shared = sharing(origin="Asker", frames_per_minute=60.0 if features else 0.0, features_per_frame=features)
    sent = write_inquiry(tmp_path / "question", prints["part"], key_of(1), shared, now=NOON)
    assert (sent.fingerprint.features is not None) == bool(features)
    thumbnails = prints["part"].thumbnails
    assert thumbnails is not None
    question = (tmp_path / "question").read_bytes()
    assert all(bytes(row) not in question for picture in thumbnails.luma for row in picture)

    owner = MemoryLibrary()
    whole = owner.add(prints["whole"], "Aunt Rosa at the well.mp4", sha256="a" * 64, seen=[POSTED])
    owner.add(prints["other"], "courtyard.mp4", sha256="b" * 64)
    owner.add(prints["whole"], "c" * 32, origin="Third Archive")
    received = read_inquiry(tmp_path / "question")
    assert received.origin == "Asker"
    answering = sharing(facts="time and platform")
    answer_inquiry(tmp_path / "answer", received, owner, key_of(2), answering, now=NOON)
    sent_back = (tmp_path / "answer").read_bytes()
    assert not any(word in sent_back for word in (b"Rosa", b"rosa_1961", b"photogram.example"))

    answer = read_answer(tmp_path / "answer", sent.sealed.digest)
    assert (answer.origin, answer.searched) == ("Northern Archive", 2)
    (match,) = answer.matches
    assert match.relation == "copy"
    assert match.mirrored
    assert match.label == Labels(key_of(2), "").of(whole)
    assert [(seen.where, seen.how_known) for seen in match.seen] == [
        ("Photogram", "as the partner states (platform page)")
    ]
    stretch = match.stretches[0]
    assert stretch.q1_s - stretch.q0_s > 2.0
    assert stretch.r0_s - stretch.q0_s == pytest.approx(2.0, abs=0.5)
    assert stretch.speed == pytest.approx(1.0, abs=0.03)


def test_the_same_sound_is_answered_only_where_it_is_wanted(tmp_path: Path) -> None:
    sound = sounds.speech_like(20.0, 5)
    owner = MemoryLibrary()
    owner.add(heard_only(sound), "voice.wav")
    owner.add(heard_only(sounds.speech_like(20.0, 6)), "other.wav")
    cut = sounds.encoded(sound[4 * sounds.RATE_HZ : 14 * sounds.RATE_HZ], "aac", 32_000)
    sent = write_inquiry(tmp_path / "question", heard_only(cut), key_of(1), sharing())
    answer = answer_inquiry(tmp_path / "answer", sent, owner, key_of(2), sharing())
    (match,) = answer.matches
    assert match.relation == "same-sound"
    assert match.stretches[0].r0_s - match.stretches[0].q0_s == pytest.approx(4.0, abs=0.2)
    silent = answer_inquiry(tmp_path / "less", sent, owner, key_of(2), sharing(), relations=["copy"])
    assert silent.matches == ()
    assert silent.searched == 2


def test_an_answer_belongs_to_one_question_and_must_be_as_signed(tmp_path: Path) -> None:
    library = MemoryLibrary()
    library.add(heard_only(sounds.windy(5.0, 1)), "wind.wav")
    asked = [write_inquiry(tmp_path / name, heard_only(sounds.windy(5.0, 2)), key_of(1), sharing()) for name in "ab"]
    assert asked[0].sealed.digest != asked[1].sealed.digest
    answer_inquiry(tmp_path / "answer", asked[0], library, key_of(2), sharing())
    with pytest.raises(ClashError, match="another inquiry"):
        read_answer(tmp_path / "answer", asked[1].sealed.digest)
    data = (tmp_path / "answer").read_bytes()
    (tmp_path / "altered").write_bytes(data.replace(b'"searched":1', b'"searched":2'))
    with pytest.raises(CustodyError, match="signature"):
        read_answer(tmp_path / "altered", asked[0].sealed.digest)
    for wrong, right in itertools.permutations(("a", "answer"), 2):
        with pytest.raises(BadInputError, match="it is"):
            open_sealed(tmp_path / wrong, "inquiry" if right == "a" else "answer")
