from __future__ import annotations

import base64
import datetime as dt
import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import rfc3161_client
from tests.support.authority import Authority, running_authority

from witnessmark.custody.digesting import sha256_of
from witnessmark.custody.hashes import Sha512
from witnessmark.custody.keys import CaseKey, create_key
from witnessmark.custody.log import CustodyLog, event_key
from witnessmark.custody.objects import ObjectStore
from witnessmark.custody.records import PremisEvent
from witnessmark.custody.timestamps import (
    certificates_pem,
    pending,
    request_token,
    stamp_head,
    stamp_of,
    verify_token,
)
from witnessmark.custody.verify import verify_custody
from witnessmark.errors import BadInputError, ProviderError
from witnessmark.stores.objects import open_objects

DATA = b"the file of the last event"
DIGEST = sha256_of(DATA)


@pytest.fixture
def unsorted_authority(authority_folder: Path, tmp_path: Path) -> Iterator[Authority]:
    with running_authority(tmp_path / "unsorted", sends="unsorted chain") as running:
        yield running


@pytest.fixture
def key(tmp_path: Path) -> CaseKey:
    return create_key(tmp_path / "case.key")


@pytest.fixture
def objects() -> ObjectStore:
    return open_objects("memory://")


@pytest.fixture
def log(objects: ObjectStore, key: CaseKey) -> CustodyLog:
    made = CustodyLog(objects, key)
    say(made, 3)
    return made


def say(log: CustodyLog, count: int) -> None:
    for _ in range(count):
        log.append(PremisEvent.VALIDATION, "finding.reviewed", "B. Person", (), {})


def test_a_token_verifies_for_what_was_stamped_and_nothing_else(authority: Authority) -> None:
    token = request_token(DATA, authority.url, timeout_s=10)
    check = verify_token(token, DIGEST, authority.root_pem)
    assert check.ok and check.why == "" and check.checked_by == "rfc3161-client"
    assert check.tsa_subject == "CN=Rehearsed Authority Signer" and check.policy == "1.2.3.4.1" and check.serial
    assert check.gen_time is not None
    assert abs(check.gen_time - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    other = verify_token(token, sha256_of(DATA + b"."), authority.root_pem)
    assert not other.ok and "other bytes" in other.why


def test_the_request_carries_the_hash_a_nonce_and_asks_for_the_certificate(authority: Authority) -> None:
    tokens = [request_token(DATA, authority.url, timeout_s=10) for _ in range(2)]
    assert all(bytes(DIGEST) in query and DATA not in query for query in authority.requests)
    nonces = [rfc3161_client.decode_timestamp_response(token).tst_info.nonce for token in tokens]
    assert None not in nonces and nonces[0] != nonces[1]
    assert certificates_pem(tokens[0]).count("BEGIN CERTIFICATE") == 1


def test_sha512_imprints_and_bare_tokens_verify_too(authority: Authority) -> None:
    digest = Sha512(hashlib.sha512(DATA).digest())
    answer = request_token(DATA, authority.url, timeout_s=10, algorithm="SHA-512")
    assert verify_token(answer, digest, authority.root_pem).ok
    assert "another kind" in verify_token(answer, DIGEST, authority.root_pem).why
    bare = rfc3161_client.decode_timestamp_response(answer).time_stamp_token()
    assert bare != answer and verify_token(bare, digest, authority.root_pem).ok


def test_every_altered_byte_of_a_token_is_refused_or_changes_nothing_signed(authority: Authority) -> None:
    token = request_token(DATA, authority.url, timeout_s=10)
    sound = verify_token(token, DIGEST, authority.root_pem)
    refused = 0
    for at in range(0, len(token), 7):
        altered = verify_token(token[:at] + bytes([token[at] ^ 0x21]) + token[at + 1 :], DIGEST, authority.root_pem)
        refused += not altered.ok
        assert not altered.ok or altered == sound
    assert refused > 0.9 * len(range(0, len(token), 7))


@pytest.mark.parametrize(
    ("sends", "checked_by"),
    [("signer", "rfc3161-client"), ("sorted chain", "rfc3161-client"), ("unsorted chain", "openssl ts")],
)
def test_a_token_under_another_root_is_refused_even_when_it_brings_that_root(
    sends: str, checked_by: str, authority: Authority, tmp_path: Path
) -> None:
    with running_authority(tmp_path / "stranger", name="Stranger", sends=sends) as stranger:
        token = request_token(DATA, stranger.url, timeout_s=10)
    own = verify_token(token, DIGEST, stranger.root_pem)
    assert own.ok and own.checked_by == checked_by
    assert certificates_pem(token).count("BEGIN CERTIFICATE") == {"signer": 1, "sorted chain": 2}.get(sends, 3)
    check = verify_token(token, DIGEST, authority.root_pem)
    assert not check.ok and check.checked_by == checked_by


def test_an_unsorted_certificate_set_is_verified_by_openssl(
    unsorted_authority: Authority, authority: Authority
) -> None:
    token = request_token(DATA, unsorted_authority.url, timeout_s=10)
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        rfc3161_client.decode_timestamp_response(token)
    check = verify_token(token, DIGEST, unsorted_authority.root_pem)
    assert check.ok and check.checked_by == "openssl ts" and check.policy == "1.2.3.4.1" and check.serial
    assert check.tsa_subject == "CN=Rehearsed Authority Signer"
    assert check.gen_time is not None
    assert abs(check.gen_time - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert not verify_token(token, sha256_of(b"other"), unsorted_authority.root_pem).ok
    assert not verify_token(token, DIGEST, authority.root_pem).ok
    assert "BEGIN CERTIFICATE" in certificates_pem(token)
    bare_start = token.index(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02") - 4
    assert verify_token(token[bare_start:], DIGEST, unsorted_authority.root_pem).ok


def test_without_openssl_an_unsorted_set_is_said_to_be_unchecked(
    unsorted_authority: Authority, log: CustodyLog, objects: ObjectStore, key: CaseKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = stamp_head(log, unsorted_authority.url, "A. Person")
    stamp = stamp_of(event)
    assert stamp is not None
    monkeypatch.setenv("PATH", "")
    check = verify_token(stamp.token, stamp.sha256, unsorted_authority.root_pem)
    assert not check.ok and check.checked_by == "" and "openssl" in check.why and "not checked" in check.why
    report = verify_custody(objects, key.public, trusted_roots=unsorted_authority.root_pem)
    assert report.ok and report.stamped == () and report.pending == (1, 2, 3) and "not checked" in report.notes[0]


def test_stamping_the_head_covers_all_before_it(
    authority: Authority, log: CustodyLog, objects: ObjectStore, key: CaseKey
) -> None:
    assert pending(log) == (1, 2, 3)
    head = log.head()
    event = stamp_head(log, authority.url, "A. Person", trusted_roots=authority.root_pem)
    stamp = stamp_of(event)
    assert stamp is not None and (stamp.number, stamp.sha256) == head and stamp.tsa_url == authority.url
    assert stamp.chain_pem.count("BEGIN CERTIFICATE") == 1
    assert pending(log) == pending(log, authority.root_pem) == ()
    say(log, 2)
    assert pending(log) == (5, 6)
    report = verify_custody(objects, key.public, trusted_roots=authority.root_pem)
    assert report.ok and report.pending == (5, 6) and report.checked["tokens"] == 1
    assert [(head.number, head.carried_by) for head in report.stamped] == [(3, 4)]
    unchecked = verify_custody(objects, key.public)
    assert unchecked.ok and unchecked.stamped == () and "no trusted root" in unchecked.notes[0]


def test_the_wrong_root_makes_the_token_a_fault(
    authority: Authority, log: CustodyLog, objects: ObjectStore, key: CaseKey, tmp_path: Path
) -> None:
    stamp_head(log, authority.url, "A. Person")
    with running_authority(tmp_path / "stranger", name="Stranger") as stranger:
        report = verify_custody(objects, key.public, trusted_roots=stranger.root_pem)
        assert [(fault.kind, fault.where) for fault in report.faults] == [("token", event_key(4))]
        assert pending(log, stranger.root_pem) == (1, 2, 3)
        with pytest.raises(ProviderError, match="does not verify"):
            stamp_head(log, authority.url, "A. Person", trusted_roots=stranger.root_pem)
    assert log.head().number == 4


def test_a_token_about_other_bytes_is_a_fault(
    authority: Authority, log: CustodyLog, objects: ObjectStore, key: CaseKey
) -> None:
    token = base64.b64encode(request_token(DATA, authority.url, timeout_s=10)).decode()
    stamp = {"number": 3, "sha256": log.head().sha256.hex(), "token": token, "tsa_url": "", "chain_pem": ""}
    for wrong in (stamp, {**stamp, "sha256": DIGEST.hex()}, {**stamp, "number": 99}, {**stamp, "token": "?"}):
        log.append(PremisEvent.DIGITAL_SIGNATURE_GENERATION, "head.timestamped", "A. Person", (), {"stamp": wrong})
    report = verify_custody(objects, key.public, trusted_roots=authority.root_pem)
    assert [(fault.kind, fault.where) for fault in report.faults] == [("token", event_key(n)) for n in (4, 5, 6, 7)]
    assert report.pending == (1, 2, 3)


def _closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def test_an_authority_that_is_down_leaves_the_log_as_it_was(log: CustodyLog) -> None:
    with pytest.raises(ProviderError, match="could not be reached") as caught:
        stamp_head(log, _closed_port(), "A. Person")
    assert "try again" in caught.value.do
    assert log.head().number == 3 and pending(log) == (1, 2, 3)


@pytest.mark.timeout(20)
def test_an_authority_that_is_silent_is_not_waited_for(log: CustodyLog) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(ProviderError, match="could not be reached"):
            stamp_head(log, f"http://127.0.0.1:{silent.getsockname()[1]}/", "A. Person", timeout_s=0.3)


REJECTION = bytes.fromhex("30053003020102")


@pytest.mark.parametrize(
    ("reply", "words"),
    [(b"", "not a time-stamp"), (b"<html>", "not a time-stamp"), (REJECTION, "refused"), (bytes(2 << 20), "mebibyte")],
)
def test_a_useless_answer_is_said_to_be_one(authority: Authority, log: CustodyLog, reply: bytes, words: str) -> None:
    authority.reply = reply
    with pytest.raises(ProviderError, match=words):
        stamp_head(log, authority.url, "A. Person")
    assert log.head().number == 3


@pytest.mark.parametrize("sends", ["signer", "unsorted chain"])
def test_an_answer_to_another_request_is_refused(
    sends: str, authority_folder: Path, tmp_path: Path, log: CustodyLog
) -> None:
    with running_authority(tmp_path / "replayed", sends=sends) as authority:
        authority.reply = request_token(log.raw(3), authority.url, timeout_s=10)
        with pytest.raises(ProviderError):
            stamp_head(log, authority.url, "A. Person")
        authority.reply, authority.content_type = None, "text/html"
        with pytest.raises(ProviderError, match="text/html"):
            stamp_head(log, authority.url, "A. Person")
    assert log.head().number == 3


def test_wrong_use_is_refused(objects: ObjectStore, key: CaseKey, log: CustodyLog) -> None:
    with pytest.raises(BadInputError, match="empty"):
        stamp_head(CustodyLog(open_objects("memory://"), key), "http://127.0.0.1:1/", "A. Person")
    with pytest.raises(BadInputError, match="web address"):
        stamp_head(log, "file:///etc/passwd", "A. Person")
    with pytest.raises(BadInputError, match="roots"):
        verify_token(b"", DIGEST, b"nonsense")
