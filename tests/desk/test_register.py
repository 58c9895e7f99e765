"""The register: by pseudonym only, the rest sealed on every disk, opened for a purpose and on record."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from witnessmark.cli import app
from witnessmark.custody import data_keys
from witnessmark.custody.data_keys import KeyFile, Passphrase
from witnessmark.custody.log import parse_event
from witnessmark.custody.sealed_fields import DataKey
from witnessmark.desk.case import Case, new_case
from witnessmark.desk.data_key import change_key, data_key_path, make_key, open_fields, open_key
from witnessmark.desk.items import add_item
from witnessmark.desk.persons import ConsentState, Risk, Role, Status, read_when
from witnessmark.desk.register import (
    add_person,
    change_person,
    get_person,
    link_person,
    open_all,
    person_row,
    persons,
    read_face,
    withdraw_person,
)
from witnessmark.desk.verifying import verify_case
from witnessmark.errors import BadInputError, ClashError, CustodyError, NotFoundError
from witnessmark.stores.records import Records

WORDS = Passphrase("several plain words")
SECRETS: dict[str, str | bytes] = {
    "name": "Zzyzx Canaryname",
    "contact": "+00 555 Qqcanary",
    "home": "Third house, Wwcanary lane",
    "note": "Speaks of an Eecanary uncle.",
}


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guesses are made cheap, and nothing of the tester's environment is used."""
    for name in ("PASSPHRASE", "KEY_FILE", "KEY"):
        monkeypatch.delenv(f"WITNESSMARK_DATA_{name}", raising=False)
    monkeypatch.setattr(data_keys, "COST_LOG2", 8)


@pytest.fixture
def key(case: Case) -> DataKey:
    """The case's data key."""
    return make_key(case, WORDS)


@pytest.fixture
def face() -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (32, 40), (120, 90, 70)).save(out, "PNG", pnginfo=None)
    return out.getvalue()


def test_what_tells_who_it_is_is_nowhere_in_clear(case: Case, key: DataKey, face: bytes) -> None:
    made = add_person(
        case,
        role="held",
        risk="high",
        status="captured",
        when="2031-09-13",
        source="WM-0001",
        consent="cannot be asked",
        secrets={**SECRETS, "face": face},
        key=key,
    )
    assert (made.id, made.pseudonym, made.role, made.risk) == ("PR-0001", "PR-0001", Role.HELD, Risk.HIGH)
    row = person_row(made)
    assert row["sealed"] == ["contact", "face", "home", "name", "note"]
    assert row["history"][0]["when"]["precision"] == "day" and row["consent"]["state"] == "cannot be asked"
    assert "ciphertext" not in json.dumps(row)
    n_files = 0
    for path in case.folder.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            n_files += 1
            for secret in SECRETS.values():
                for word in str(secret).split():
                    if "canary" in word:
                        assert word.encode() not in raw and word.encode().hex().encode() not in raw, path
            assert face not in raw and face.hex().encode() not in raw and key.secret_bytes() not in raw
    assert n_files > 5
    assert open_fields(case, key, made.id, made.sealed, ["name", "face"], "Identification") == {
        "name": SECRETS["name"],
        "face": face,
    }
    opened = case.records.events("sealed.opened")[-1]
    assert opened["payload"] == {
        "record": "PR-0001",
        "fields": ["face", "name"],
        "purpose": "Identification",
        "key_id": key.key_id,
    }
    assert opened["agent"] == "A. Author"
    assert open_all(case, key, "Edition")["PR-0001"] == {**SECRETS, "face": face}
    assert verify_case(case).ok


def test_history_keeps_every_source_and_precision(case: Case, clip: Path) -> None:
    add_item(case, clip, look=False)
    add_person(case, role="held", pseudonym="Heron", status="captured", when="2031-09-12/2031-09-14", source="WM-0001")
    change_person(case, "heron", status="held", when="2031-10", source="a court's list")
    change_person(case, "PR-0001", status="reported dead", source="claim north-1", risk="medium", role="relative")
    change_person(case, "Heron", consent="given", scope="the closed edition")
    person = get_person(case, "Heron")
    assert [entry.status for _, entry in person.history] == [Status.CAPTURED, Status.HELD, Status.REPORTED_DEAD]
    assert [entry.when.precision.value if entry.when else None for _, entry in person.history] == [
        "days",
        "month",
        None,
    ]
    assert (person.role, person.risk, person.consent.state) == (Role.RELATIVE, Risk.MEDIUM, ConsentState.GIVEN)
    linked = link_person(case, "Heron", "item", "wm-0001", "appears from second 4")
    number = linked.links[0][0]
    with pytest.raises(ClashError, match="already"):
        link_person(case, "Heron", "item", "WM-0001", "appears from second 4")
    add_person(case, role="relative", pseudonym="Crane")
    link_person(case, "Crane", "person", "Heron", "sister of")
    assert get_person(case, "Crane").links[0][1].target == "PR-0001"
    assert withdraw_person(case, "Heron", "it is somebody else", link=number).links == ()
    assert withdraw_person(case, "Heron", "consent taken back").withdrawn == "consent taken back"
    with pytest.raises(ClashError, match="was withdrawn"):
        change_person(case, "Heron", risk="low")
    assert add_person(case, role="witness").id == "PR-0003"  # numbers are not used again
    fresh = Records("sqlite:///:memory:")
    raws = [case.log.raw(number) for number in range(1, case.log.head().number + 1)]
    fresh.apply((parse_event(raw), raw) for raw in raws)
    assert fresh.dump() == case.records.dump()


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"role": "prisoner"}, BadInputError, "no role"),
        ({"role": "held", "risk": "huge"}, BadInputError, "no risk"),
        ({"role": "held", "status": "captured"}, BadInputError, "needs its source"),
        ({"role": "held", "status": "caught", "source": "x"}, BadInputError, "no status"),
        ({"role": "held", "when": "2031"}, BadInputError, "without a status"),
        ({"role": "held", "status": "held", "when": "13/09/31", "source": "x"}, BadInputError, "no date"),
        ({"role": "held", "consent": "given"}, BadInputError, "given for something"),
        ({"role": "held", "consent": "yes"}, BadInputError, "no consent"),
        ({"role": "held", "pseudonym": "He\nron"}, None, ""),
        ({"role": "held", "pseudonym": "\u202eHeron"}, BadInputError, "one line of words"),
        ({"role": "held", "pseudonym": "..."}, BadInputError, "one line of words"),
        ({"role": "held", "pseudonym": "Canaryname Z", "secrets": SECRETS}, BadInputError, "stands in clear"),
        ({"role": "held", "status": "held", "source": "WWCANARY lane", "secrets": SECRETS}, BadInputError, "in clear"),
        ({"role": "held", "secrets": {"shoe size": "44"}}, BadInputError, "no sealed field"),
        ({"role": "held", "secrets": {"face": "words"}}, BadInputError, "wrong kind"),
    ],
)
def test_what_the_register_refuses_leaves_no_event(
    case: Case, key: DataKey, given: dict[str, Any], error: type[Exception] | None, said: str
) -> None:
    before = case.log.head()
    if error is None:
        assert add_person(case, key=key, **given).pseudonym == "He ron"
        return
    with pytest.raises(error, match=said):
        add_person(case, key=key, **given)
    assert case.log.head() == before and persons(case) == {}


def test_sealing_and_opening_want_the_right_key_and_a_purpose(case: Case, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no data key yet"):
        open_key(case, WORDS)
    with pytest.raises(BadInputError, match="need the case's data key"):
        add_person(case, role="held", secrets=SECRETS)
    key = make_key(case, WORDS)
    with pytest.raises(ClashError, match="data key already"):
        make_key(case, WORDS)
    person = add_person(case, role="held", secrets=SECRETS, key=key)
    before = case.log.head()
    for purpose, fields, error in (("  ", ["name"], BadInputError), ("Why", ["face"], NotFoundError)):
        with pytest.raises(error):
            open_fields(case, key, person.id, person.sealed, fields, purpose)
    with pytest.raises(BadInputError, match=r"WITNESSMARK_DATA_PASSPHRASE or WITNESSMARK_DATA_KEY_FILE"):
        open_key(case, None)
    with pytest.raises(BadInputError, match="not the passphrase"):
        open_key(case, Passphrase("several other words"))
    assert case.log.head() == before
    with pytest.raises(BadInputError, match="sealed under"):
        open_fields(case, DataKey.generate(), person.id, person.sealed, ["name"], "Why")
    other = add_person(case, role="held")
    with pytest.raises(CustodyError, match="belongs elsewhere"):  # a field copied to another person's entry
        open_fields(case, key, other.id, person.sealed, ["name"], "Why")
    elsewhere = new_case(tmp_path / "other", "2031-18", "Another", operator="A. Author")
    make_key(elsewhere, WORDS)
    data_key_path(case).write_bytes(data_key_path(elsewhere).read_bytes())
    with pytest.raises(BadInputError, match="sealed under"):
        open_key(case, WORDS)
    elsewhere.close()
    data_key_path(case).unlink()
    with pytest.raises(NotFoundError, match="cannot be read by anybody"):
        open_key(case, WORDS)


def test_a_changed_key_is_logged_and_opens_the_old_fields(
    case: Case, key: DataKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = add_person(case, role="held", secrets=SECRETS, key=key)
    stick = KeyFile(tmp_path / "stick.key")
    change_key(case, WORDS, stick, keep_old=True)
    change_key(case, stick, Passphrase("wholly different words"))
    with pytest.raises(BadInputError):
        open_key(case, WORDS)
    again = open_key(case, Passphrase("wholly different words"))
    assert open_fields(case, again, person.id, person.sealed, ["name"], "Why") == {"name": SECRETS["name"]}
    changes = [payload["opened_by"] for payload in case.records.payloads("data-key.changed")]
    assert changes == [["passphrase", "key file"], ["passphrase"]]
    away = tmp_path / "safe" / "data_key.json"
    away.parent.mkdir()
    data_key_path(case).rename(away)
    monkeypatch.setenv("WITNESSMARK_DATA_KEY", str(away))
    assert open_key(case, Passphrase("wholly different words")).key_id == key.key_id


def test_a_face_is_a_small_picture(tmp_path: Path, face: bytes) -> None:
    path = tmp_path / "face.png"
    path.write_bytes(face)
    assert read_face(path) == face
    for bad in (b"no picture", face + bytes(300_000)):
        path.write_bytes(bad)
        with pytest.raises(BadInputError, match="no picture of at most"):
            read_face(path)
    with pytest.raises(NotFoundError):
        read_face(tmp_path / "none.png")


@pytest.mark.parametrize(
    ("text", "begins", "ends", "precision", "offset"),
    [
        ("2031", "2031-01-01", "2032-01-01", "year", None),
        ("2031-12", "2031-12-01", "2032-01-01", "month", None),
        ("2032-02-29", "2032-02-29", "2032-03-01", "day", None),
        ("2031-09-13T07:30:00+04:00", "2031-09-13T07:30:00", "2031-09-13T07:31:00", "minute", "+04:00"),
        ("2031-09-13T07:30:00Z", "2031-09-13T07:30:00", "2031-09-13T07:31:00", "minute", "+00:00"),
    ],
)
def test_dates_keep_their_precision(text: str, begins: str, ends: str, precision: str, offset: str | None) -> None:
    when = read_when(text)
    assert (when.from_, when.to, when.precision.value, when.utc_offset) == (begins, ends, precision, offset)


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    with contextlib.suppress(BadInputError):
        assert read_when(text).from_ < read_when(text).to


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Any]:
    """The commands, on a case of their own."""
    new_case(tmp_path / "case", "2031-17", "The ridge clip", operator="A. Author").close()
    runner = CliRunner(env={"WITNESSMARK_CASE": str(tmp_path / "case"), "COLUMNS": "200"})

    def invoke(*arguments: str, **more: Any) -> Any:
        return runner.invoke(app, ["register", *arguments], **more)

    yield invoke


def test_the_commands_from_the_first_to_the_last(run: Any, tmp_path: Path, face: bytes) -> None:
    stick, picture = str(tmp_path / "stick.key"), tmp_path / "face.png"
    picture.write_bytes(face)
    assert json.loads(run("new-key", "--key-file", stick, "--json").stdout)["key_id"]
    made = run(
        *(
            "add",
            "--role",
            "held",
            "--pseudonym",
            "Heron",
            "--status",
            "captured",
            "--on",
            "2031-09",
            "--source",
            "list",
        ),
        *("--name", "-", "--face", str(picture), "--key-file", stick, "--json"),
        input="Zzyzx Canaryname\n",
    )
    assert json.loads(made.stdout)["sealed"] == ["face", "name"], made.output
    for command in (("list",), ("list", "--json"), ("show", "Heron"), ("show", "PR-0001", "--json")):
        said = run(*command)
        assert said.exit_code == 0 and "Heron" in said.output and "Canaryname" not in said.output
    assert run("show", "Heron", "--open", "name", "--key-file", stick).exit_code != 0
    shown = run("show", "Heron", "--open", "name", "--purpose", "Family", "--key-file", stick, "--json")
    assert json.loads(shown.stdout)["opened"] == {"name": "Zzyzx Canaryname"}
    out = tmp_path / "opened.png"
    seen = run("show", "Heron", "--open", "face", "--out", str(out), "--purpose", "Look", "--key-file", stick)
    assert seen.exit_code == 0 and out.read_bytes() == face and out.stat().st_mode & 0o777 == 0o600
    assert run("update", "Heron", "--status", "released", "--on", "2031-11-02", "--source", "claim 4").exit_code == 0
    assert run("update", "Heron").exit_code != 0
    assert "released 2031-11-02" in run("list").output
    assert run("link", "Heron", "--as", "knows", "--item", "WM-1", "--claim", "c").exit_code != 0
    assert run("withdraw", "Heron", "--reason", "asked to").exit_code == 0
    assert json.loads(run("list", "--json").stdout) == []
    assert json.loads(run("list", "--withdrawn", "--json").stdout)[0]["withdrawn"] == "asked to"
