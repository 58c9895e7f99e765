"""Fetching within limits, keeping what went over the wire, and never by a way that was not checked."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tests.support.web import Site, serving
from warcio.archiveiterator import ArchiveIterator

from witnessmark.errors import BadInputError, ProviderError
from witnessmark.stores.capture_addresses import Guard
from witnessmark.stores.capture_page import capture_page, is_page
from witnessmark.stores.capture_proxy import guarded_proxy
from witnessmark.stores.capture_wire import Limits, Wire


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def _wire(site: Site, folder: Path, limits: Limits | None = None, guard: Guard | None = None) -> Wire:
    (folder / "wire").mkdir()
    return Wire(guard or site.guard, limits or Limits(), folder / "wire")


def test_a_page_and_what_it_is_made_of_becomes_an_archive_with_digests(site: Site, tmp_path: Path) -> None:
    site.chunked.add("/a.png")
    site.redirects["/go"] = "/page"
    wire = _wire(site, tmp_path)
    chain = wire.follow(site.url("/go"))
    assert [stop.status for stop in chain] == [302, 200] and is_page(chain[-1])
    page = capture_page(wire, chain, tmp_path, Limits(), lambda done, what: None)
    assert page.title == "The ridge & the lake"
    got = {one.url.removeprefix(site.url("")): one for one in page.resources if one.status == 200}
    assert set(got) == {"/style.css", "/more.css", "/pictured.png", "/a.png", "/a2.png", "/b.png", "/s.js", "/back.png"}
    assert "/not-fetched" not in site.asked and "/never" not in site.asked
    assert [url for url, _ in page.missing] == ["http://10.0.0.7/inside"]
    records = {}
    with open(tmp_path / "data.warc.gz", "rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            body = record.content_stream().read()
            if record.rec_type == "response":
                records[record.rec_headers.get_header("WARC-Target-URI")] = (record, body)
    assert records[site.url("/page")][1] == site.bodies["/page"][1]
    picture, body = records[site.url("/a.png")]
    assert body == site.bodies["/a.png"][1]
    assert picture.http_headers.get_header("X-Archive-Orig-Transfer-Encoding") == "chunked"
    digest = hashlib.sha256(body).hexdigest()
    assert picture.rec_headers.get_header("WARC-Payload-Digest") == f"sha256:{digest}"
    assert records[site.url("/go")][0].http_headers.get_statuscode() == "302"


def test_redirects_are_checked_like_the_first_address(site: Site, tmp_path: Path) -> None:
    site.redirects |= {"/in": "http://169.254.169.254/latest/meta-data", "/file": "file:///etc/passwd", "/on": "/on"}
    wire = _wire(site, tmp_path)
    with pytest.raises(BadInputError, match="private or reserved"):
        wire.follow(site.url("/in"))
    with pytest.raises(BadInputError, match="neither http"):
        wire.follow(site.url("/file"))
    with pytest.raises(BadInputError, match="on and on"):
        wire.follow(site.url("/on"))


def test_a_name_that_changes_its_address_is_connected_to_as_it_was_checked(site: Site, tmp_path: Path) -> None:
    """DNS rebinding: the first answer is public, every later one is the server inside."""
    answers = iter([["192.0.2.1"], *[["127.0.0.1"]] * 9])
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    allowed = frozenset({("192.0.2.1", site.port)})  # stands for a public address, where nothing answers
    wire = _wire(site, tmp_path, Limits(idle_s=0.3), Guard(resolve, allowed))
    with pytest.raises(ProviderError):
        wire.fetch(f"http://rebind.example:{site.port}/page")
    assert asked == ["rebind.example"] and not site.asked
    with pytest.raises(BadInputError, match="an address of this machine"):
        wire.fetch(f"http://rebind.example:{site.port}/page")
    assert not site.asked


@pytest.mark.parametrize("stated", [True, False])
def test_a_file_beyond_the_limit_is_not_taken(site: Site, tmp_path: Path, stated: bool) -> None:
    site.bodies["/large"] = ("video/mp4", bytes(50_000))
    if not stated:
        site.chunked.add("/large")
    with pytest.raises(BadInputError, match="larger than the 10,000 bytes"):
        _wire(site, tmp_path, Limits(max_bytes=10_000, all_bytes=10_000)).fetch(site.url("/large"))


def test_a_download_that_breaks_off_or_drags_on_is_an_error(site: Site, tmp_path: Path) -> None:
    site.bodies["/cut"] = ("video/mp4", bytes(50_000))
    site.cut["/cut"] = 20_000
    wire = _wire(site, tmp_path)
    with pytest.raises(ProviderError, match="broke off"):
        wire.fetch(site.url("/cut"))
    site.bodies["/slow"] = ("text/html", bytes(1000))
    site.slow["/slow"] = 0.05
    (tmp_path / "more").mkdir()
    hurried = _wire(site, tmp_path / "more", Limits(whole_s=0.4))
    begun_s = time.monotonic()
    with pytest.raises(ProviderError, match="longer than allowed"):
        hurried.fetch(site.url("/slow"))
    assert time.monotonic() - begun_s < 5.0


def test_what_a_page_is_made_of_is_bounded(site: Site, tmp_path: Path) -> None:
    limits = Limits(resources=3)
    wire = _wire(site, tmp_path, limits)
    page = capture_page(wire, wire.follow(site.url("/page")), tmp_path, limits, lambda done, what: None)
    assert len(page.resources) <= 3 and any("limits" in why for _, why in page.missing)


def test_all_that_a_page_is_made_of_is_bounded_together(site: Site, tmp_path: Path) -> None:
    site.bodies["/a.png"] = ("image/png", bytes(3000))
    limits = Limits(all_bytes=2000)
    wire = _wire(site, tmp_path, limits)
    page = capture_page(wire, wire.follow(site.url("/page")), tmp_path, limits, lambda done, what: None)
    assert sum(one.size_bytes for one in page.resources) <= 2000
    assert any(url.endswith("/a.png") and "larger than" in why for url, why in page.missing)


def test_https_proves_who_answers_and_tells_how(site: Site, tmp_path: Path) -> None:
    certificate, trust = _certified("site.example", tmp_path)
    with serving(certificate) as safe:
        guard = Guard(lambda host, port: ["127.0.0.1"], frozenset({("127.0.0.1", safe.port)}))
        (tmp_path / "wire").mkdir()
        url = f"https://site.example:{safe.port}/page"
        answer = Wire(guard, Limits(), tmp_path / "wire", trust=trust).fetch(url)
        assert answer.status == 200 and answer.url == url and answer.address == "127.0.0.1"
        assert answer.tls is not None and str(answer.tls["version"]).startswith("TLSv1")
        der = ssl.PEM_cert_to_DER_cert(certificate.read_text().split("-----BEGIN PRIVATE")[0])
        assert answer.tls["certificate_sha256"] == hashlib.sha256(der).hexdigest()
        with pytest.raises(ProviderError, match="does not prove who it is"):
            Wire(guard, Limits(), tmp_path).fetch(url)  # by nobody that the system trusts
        with pytest.raises(ProviderError, match="does not prove who it is"):
            Wire(guard, Limits(), tmp_path, trust=trust).fetch(url.replace("site.", "other."))


def _certified(name: str, folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of this test's own, with its key, and a trust in it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(pem + private)
    return path, ssl.create_default_context(cadata=pem.decode())


def test_clocks_are_compared(site: Site, tmp_path: Path) -> None:
    late = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    site.headers["/page"] = [("Date", late.strftime("%a, %d %b %Y %H:%M:%S GMT"))]
    wire = _wire(site, tmp_path)
    answer = wire.fetch(site.url("/page"))
    assert answer.clock_offset_s == pytest.approx(3600.0, abs=3.0)
    assert answer.clock_error_s is not None and answer.clock_error_s >= 0.5
    fair = wire.fetch(site.url("/style.css"))
    assert fair.clock_offset_s is not None and abs(fair.clock_offset_s) < 3.0


def _through(url: str, request: bytes) -> bytes:
    port = int(url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(request)
        client.settimeout(5)
        got = io.BytesIO()
        while block := client.recv(65536):
            got.write(block)
    return got.getvalue()


def _signed(url: str) -> bytes:
    import base64

    token = url.split("//")[1].rsplit("@", 1)[0]
    return b"Proxy-Authorization: Basic " + base64.b64encode(token.encode()) + b"\r\n"


def test_the_proxy_lets_nothing_pass_that_the_guard_refuses(site: Site) -> None:
    with guarded_proxy(site.guard, Limits()) as passage:
        signed = _signed(passage.url)
        plain = site.url("/a.png").encode()
        assert b"407" in _through(passage.url, b"GET " + plain + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        got = _through(passage.url, b"GET " + plain + b" HTTP/1.1\r\nHost: x\r\n" + signed + b"\r\n")
        assert got.endswith(site.bodies["/a.png"][1]) and b"Proxy-Authorization" not in got
        tunnel = b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n" % site.port + signed + b"\r\n"
        asked = b"GET /s.js HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert _through(passage.url, tunnel + asked).endswith(site.bodies["/s.js"][1])
        for target in (b"127.0.0.1:22", b"localhost:22", b"169.254.169.254:80", b"[::1]:80", b"2130706433:80", b"x:0"):
            assert b" 403 " in _through(passage.url, b"CONNECT " + target + b" HTTP/1.1\r\n" + signed + b"\r\n")
        assert b" 403 " in _through(passage.url, b"GET http://10.0.0.1/ HTTP/1.1\r\n" + signed + b"\r\n")
        assert b" 403 " in _through(passage.url, b"GET file:///etc/passwd HTTP/1.1\r\n" + signed + b"\r\n")
        assert b" 400 " in _through(passage.url, b"nonsense\r\n\r\n")
        assert {host for host, _, _ in passage.reached} == {"127.0.0.1"} and len(passage.refused) == 8


def test_the_proxy_stops_at_its_limit(site: Site) -> None:
    site.bodies["/large"] = ("video/mp4", bytes(500_000))
    with guarded_proxy(site.guard, replace(Limits(), max_bytes=50_000)) as passage:
        request = b"GET " + site.url("/large").encode() + b" HTTP/1.1\r\nHost: x\r\n" + _signed(passage.url) + b"\r\n"
        assert len(_through(passage.url, request)) < 250_000
    assert threading.active_count() < 50
