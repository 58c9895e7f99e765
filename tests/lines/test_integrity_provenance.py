"""C2PA manifests made and signed here are read, a changed byte is told, and nothing hostile gets through."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from tests.lines.clips import write

from witnessmark.lines.integrity.provenance import provenance_remarks, read_manifest

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
USAGES = {
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "encipher_only": False,
    "decipher_only": False,
}


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, parent: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None
) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Rehearsed Signer"),
        ]
    )
    signing_key = key if parent is None else parent[1]
    is_root = parent is None
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if parent is None else parent[0].subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=is_root, crl_sign=is_root, **USAGES), critical=True
        )
    )
    if not is_root:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(signing_key, hashes.SHA256())


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signed")
    source = write(folder / "plain.mp4", list(range(20)))
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certificate("Rehearsed root", root_key, None)
    leaf = certificate("Rehearsed camera", key, (root, root_key))
    chain = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in (leaf, root))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain, private, None))
    source_type = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    action = {"action": "c2pa.created", "digitalSourceType": source_type}
    manifest = {
        "claim_generator_info": [{"name": "rehearsed-camera", "version": "1.0"}],
        "format": "video/mp4",
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
    }
    c2pa.Builder(manifest).sign_file(str(source), str(folder / "signed.mp4"), signer)
    return folder / "signed.mp4"


def test_signed_file_validates_without_being_trusted(signed: Path) -> None:
    facts = read_manifest(signed, MP4)
    assert facts.present is True and facts.state == "Valid"
    assert facts.failures == ("signingCredential.untrusted",)
    assert facts.generator == "rehearsed-camera 1.0" and facts.signer == "Rehearsed Signer"
    (remark,) = provenance_remarks(facts)
    assert (
        not remark.notable and "on no list of trusted signers" in remark.seen and "anybody can sign" in remark.innocent
    )


def test_changed_byte_is_told(signed: Path, tmp_path: Path) -> None:
    data = bytearray(signed.read_bytes())
    data[data.rindex(b"mdat") + 200] ^= 1  # within the pictures
    changed = tmp_path / "changed.mp4"
    changed.write_bytes(data)
    facts = read_manifest(changed, MP4)
    assert facts.state == "Invalid" and "assertion.bmffHash.mismatch" in facts.failures
    (remark,) = provenance_remarks(facts)
    assert remark.notable and "does not validate" in remark.seen


def test_absence_proves_nothing(tmp_path: Path) -> None:
    facts = read_manifest(write(tmp_path / "plain.mp4", list(range(12))), MP4)
    assert (facts.present, facts.state) == (False, "none")
    assert "proves nothing" in provenance_remarks(facts)[0].innocent


def test_what_cannot_be_read_is_said(signed: Path, tmp_path: Path) -> None:
    assert read_manifest(signed, "matroska,webm").present is None
    garbage = tmp_path / "garbage.mp4"
    garbage.write_bytes(b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 8)
    facts = read_manifest(garbage, MP4)
    assert facts.present in (None, False)
    half = tmp_path / "half.mp4"
    half.write_bytes(signed.read_bytes()[: signed.stat().st_size // 3])
    assert read_manifest(half, MP4).state in ("Invalid", "unread", "none")
    gone = read_manifest(tmp_path / "gone.mp4", MP4)
    assert gone.present is None and "did not finish" in gone.note
