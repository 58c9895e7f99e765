"""Sealed fields: only the key opens them, only where they belong, and nothing but ciphertext is ever written."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.custody import data_keys
from witnessmark.custody.data_keys import (
    KeyFile,
    Passphrase,
    create_data_key,
    new_key_file,
    open_data_key,
    read_wrapped,
    rewrap,
)
from witnessmark.custody.records import PremisEvent
from witnessmark.custody.sealed_fields import (
    MAX_BYTES,
    PAD_BYTES,
    DataKey,
    FieldPlace,
    Sealed,
    find_sealed,
    is_sealed,
    sealed_from,
)
from witnessmark.desk.case import Case
from witnessmark.errors import BadInputError, ClashError, CustodyError, NotFoundError
from witnessmark.plain import Plain, canonical, to_plain

PLACE = FieldPlace("c" * 64, "P-0001", "name")
WORDS = Passphrase("several plain words")
CHEAP = 8  # of scrypt, so that a hundred keys are made in a test


@given(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=400),
        st.binary(max_size=400),
        st.lists(st.floats(-1e6, 1e6), max_size=5),
        st.none(),
    )
)
@settings(max_examples=60, deadline=None)
def test_what_was_sealed_comes_back_and_shows_nothing(value: Plain | bytes) -> None:
    key = DataKey.generate()
    sealed = key.seal(value, PLACE)
    assert key.open(sealed, PLACE) == value
    assert len(sealed.ciphertext) % PAD_BYTES == 16  # the tag after whole blocks: no length shows
    assert sealed_from(to_plain(sealed)) == sealed
    if isinstance(value, str) and len(value) > 3:
        assert value.encode() not in canonical(sealed) and value.encode().hex().encode() not in canonical(sealed)


def test_the_same_value_never_reads_the_same() -> None:
    key = DataKey.generate()
    assert len({key.seal("Ana Invented", PLACE).ciphertext for _ in range(20)}) == 20


def test_names_of_any_length_look_alike() -> None:
    key = DataKey.generate()
    assert len({len(key.seal("a" * length, PLACE).ciphertext) for length in range(200)}) == 1


@pytest.mark.parametrize("changed", [{"case": "d" * 64}, {"record": "P-0002"}, {"field": "contact"}])
def test_a_field_opens_only_where_it_belongs(changed: dict[str, str]) -> None:
    key = DataKey.generate()
    sealed = key.seal("Ana Invented", PLACE)
    with pytest.raises(CustodyError, match="belongs elsewhere"):
        key.open(sealed, dataclasses.replace(PLACE, **changed))


def test_every_altered_byte_is_noticed() -> None:
    key = DataKey.generate()
    sealed = key.seal("Ana Invented", PLACE)
    for part in ("nonce", "ciphertext"):
        held = {"nonce": sealed.nonce, "ciphertext": sealed.ciphertext}
        for at in range(len(held[part])):
            bad = {**held, part: held[part][:at] + bytes([held[part][at] ^ 1]) + held[part][at + 1 :]}
            with pytest.raises(CustodyError):
                key.open(dataclasses.replace(sealed, nonce=bad["nonce"], ciphertext=bad["ciphertext"]), PLACE)
    with pytest.raises(CustodyError):
        key.open(dataclasses.replace(sealed, nonce=b""), PLACE)


def test_another_key_says_that_it_is_another() -> None:
    sealed = DataKey.generate().seal("Ana Invented", PLACE)
    with pytest.raises(BadInputError, match="sealed under"):
        DataKey.generate().open(sealed, PLACE)


def test_a_key_does_not_show_itself() -> None:
    key = DataKey.generate()
    shown = repr(key) + repr(WORDS)
    assert key.secret_bytes().hex() not in shown and "plain words" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_too_large_a_field_is_refused() -> None:
    with pytest.raises(BadInputError, match="smaller picture"):
        DataKey.generate().seal(bytes(MAX_BYTES), PLACE)


def test_sealed_fields_are_found_wherever_they_are() -> None:
    sealed = to_plain(DataKey.generate().seal("x", PLACE))
    found = dict(find_sealed({"a": [{"b": sealed}, 1, None], "c": sealed, "format": "other"}))
    assert set(found) == {"a/0/b", "c"} and all(isinstance(each, Sealed) for each in found.values())
    assert is_sealed(sealed) and not is_sealed({"format": "other"}) and not is_sealed("text")
    with pytest.raises(BadInputError):
        sealed_from({"format": "witnessmark-sealed/1", "key_id": "x"})


@pytest.mark.parametrize("by", ["passphrase", "key file"])
def test_a_data_key_opens_by_what_wraps_it_and_by_nothing_else(tmp_path: Path, by: str) -> None:
    right = WORDS if by == "passphrase" else new_key_file(tmp_path / "key-file")
    wrong = Passphrase("several other words") if by == "passphrase" else new_key_file(tmp_path / "other-file")
    path = tmp_path / "data_key.json"
    made = create_data_key(path, right, cost_log2=CHEAP)
    sealed = made.seal("Ana Invented", PLACE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert made.secret_bytes().hex() not in path.read_text()
    assert open_data_key(path, right).open(sealed, PLACE) == "Ana Invented"
    with pytest.raises(BadInputError, match=f"not the {by}.*cannot be read by anybody"):
        open_data_key(path, wrong)
    other = new_key_file(tmp_path / "third") if by == "passphrase" else WORDS
    with pytest.raises(BadInputError, match="is not opened by"):
        open_data_key(path, other)
    with pytest.raises(ClashError):
        create_data_key(path, right, cost_log2=CHEAP)
    assert sorted(entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")) == []


def test_a_changed_passphrase_opens_the_old_fields_and_the_old_one_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "data_key.json"
    sealed = create_data_key(path, WORDS, cost_log2=CHEAP).seal("Ana Invented", PLACE)
    new = Passphrase("wholly different words")
    rewrap(path, WORDS, new, cost_log2=CHEAP)
    assert open_data_key(path, new).open(sealed, PLACE) == "Ana Invented"
    with pytest.raises(BadInputError):
        open_data_key(path, WORDS)
    second = new_key_file(tmp_path / "safe")
    rewrap(path, new, second, keep_old=True)
    assert open_data_key(path, second).key_id == open_data_key(path, new).key_id == sealed.key_id
    assert [wrap.by for wrap in read_wrapped(path).wraps] == ["passphrase", "key file"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_passphrase_typed_in_another_composition_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "data_key.json"
    made = create_data_key(path, Passphrase("zoë and the lake"), cost_log2=CHEAP)
    assert open_data_key(path, Passphrase("zoe\u0308 and the lake")).key_id == made.key_id


def test_bad_files_are_refused_with_what_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "data_key.json"
    with pytest.raises(NotFoundError, match="cannot be read by anybody"):
        open_data_key(path, WORDS)
    with pytest.raises(BadInputError, match="fewer than"):
        create_data_key(path, Passphrase("short"), cost_log2=CHEAP)
    create_data_key(path, WORDS, cost_log2=CHEAP)
    whole = json.loads(path.read_text())
    path.chmod(0o640)
    with pytest.raises(BadInputError, match="open to other users"):
        open_data_key(path, WORDS)
    path.chmod(0o600)
    dear = {**whole, "wraps": [{**whole["wraps"][0], "cost_log2": 40}]}  # a guess that would eat the machine
    for bad in ("", "{}", "[" * 9000, json.dumps(dear), json.dumps({**whole, "wraps": []}), "x" * 70_000):
        path.write_text(bad)
        with pytest.raises(BadInputError):
            open_data_key(path, WORDS)
    other = {**whole, "key_id": "0" * 32}
    path.write_text(json.dumps(other))
    with pytest.raises(BadInputError):
        open_data_key(path, WORDS)
    with pytest.raises(BadInputError, match="not a key file"):
        (tmp_path / "plain").write_text("{}")
        os.chmod(tmp_path / "plain", 0o600)
        create_data_key(tmp_path / "second.json", KeyFile(tmp_path / "plain"))


def test_the_log_the_tables_and_the_disk_hold_ciphertext_only(case: Case) -> None:
    canary = "Zzyzx Canary-Name"
    key = DataKey.generate()
    place = FieldPlace(case.key.public.fingerprint.hex(), "P-0001", "name")
    case.record(PremisEvent.CREATION, "test.sealed", {"person": {"name": key.seal(canary, place)}})
    seen = 0
    for path in case.folder.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            seen += 1
            assert canary.encode() not in raw and canary.encode().hex().encode() not in raw
    assert seen > 3
    payload = case.records.payloads("test.sealed")[0]
    assert key.open(sealed_from(payload["person"]["name"]), place) == canary


def test_the_cost_in_use_is_the_one_documented(tmp_path: Path) -> None:
    path = tmp_path / "data_key.json"
    create_data_key(path, WORDS)
    assert read_wrapped(path).wraps[0].cost_log2 == data_keys.COST_LOG2 == 17
