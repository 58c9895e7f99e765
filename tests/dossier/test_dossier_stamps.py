"""Time-stamps of a real local authority: over custody events and over the seal, by both verifiers."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.dossier.invented import AT, KEY, event_bytes, make_content, make_events
from tests.support.authority import Authority, openssl_present, running_authority

from witnessmark.custody.timestamps import request_token
from witnessmark.dossier import CustodyToken, DossierContent, Edition, seal, verify
from witnessmark.dossier.casefile import custody_summary
from witnessmark.plain import Plain

pytestmark = pytest.mark.skipif(not openssl_present(), reason="the local authority is made of the openssl program")


@pytest.fixture(scope="module", params=["signer", "unsorted chain"])
def authority(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with running_authority(tmp_path_factory.mktemp("authority"), sends=request.param) as running:
        yield running


def stamped_content(folder: Path, authority: Authority) -> DossierContent:
    events = make_events(3)
    token = request_token(events[1], authority.url, timeout_s=20)
    payload: Plain = {"stamp": {"number": 2, "token": base64.b64encode(token).decode()}}
    previous = hashlib.sha256(events[-1]).hexdigest()
    carrier = event_bytes(4, previous, "witnessmark", "head.timestamped", AT, payload)
    return dataclasses.replace(
        make_content(folder),
        events=(*events, carrier),
        tokens=(CustodyToken(2, token),),
        trusted_roots=(authority.root_pem,),
    )


def by_script(bag: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(bag / "verify.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_stamps_verify_in_both_editions_and_by_both_verifiers(authority: Authority, tmp_path: Path) -> None:
    content = stamped_content(tmp_path / "in", authority)
    assert (custody_summary(content)["stamped"], custody_summary(content)["pending"]) == ([2], 1)

    def stamp(data: bytes) -> bytes:
        return request_token(data, authority.url, timeout_s=20)

    for edition in Edition:
        bag = seal(content, tmp_path / edition.value, edition, KEY.sign, stamp=stamp).path
        verdict = verify(bag)
        assert verdict.verified, verdict.text
        assert "Event 2 was time-stamped" in verdict.text and "The seal was time-stamped" in verdict.text
        assert "came with the dossier" in verdict.text
        done = by_script(bag)
        assert (done.returncode, done.stderr) == (0, "") and "The seal was time-stamped" in done.stdout
        (tmp_path / "root.pem").write_bytes(authority.root_pem)
        assert "checked against a root you trust" in by_script(bag, "--root", str(tmp_path / "root.pem")).stdout
        assert "openssl ts -verify -data witnessmark/seal.sig" in (bag / "README.txt").read_text()
        (bag / "witnessmark/seal.tsr").unlink()
        assert [fault.path for fault in verify(bag).faults] == ["witnessmark/seal.tsr"]


def test_a_token_of_another_event_or_another_authority_is_a_fault(authority: Authority, tmp_path: Path) -> None:
    content = stamped_content(tmp_path / "in", authority)
    bag = seal(content, tmp_path / "bag", Edition.CLOSED, KEY.sign).path
    with running_authority(tmp_path / "other", name="Another Authority") as other:
        verdict = verify(bag, trusted_roots=[other.root_pem])
        assert [(fault.kind, fault.path) for fault in verdict.faults] == [("token", "data/custody/tokens/00000002.tsr")]
        (tmp_path / "other.pem").write_bytes(other.root_pem)
        assert by_script(bag, "--root", str(tmp_path / "other.pem")).returncode == 1
    misplaced = dataclasses.replace(content, tokens=(CustodyToken(3, content.tokens[0].der),))
    out = tmp_path / "out" / "bag"
    with pytest.raises(Exception, match=r"00000003\.tsr"):
        seal(misplaced, out, Edition.CLOSED, KEY.sign)
    assert list(out.parent.iterdir()) == []


def test_without_a_root_a_token_is_not_called_verified(authority: Authority, tmp_path: Path) -> None:
    content = dataclasses.replace(stamped_content(tmp_path / "in", authority), trusted_roots=())
    bag = seal(content, tmp_path / "bag", Edition.CLOSED, KEY.sign).path
    verdict = verify(bag)
    assert verdict.exit_code == 3
    assert any("give a trusted root" in sentence for sentence in verdict.not_checked)
    assert by_script(bag).returncode == 3
    assert verify(bag, trusted_roots=[authority.root_pem]).verified
