"""A real time-stamp authority on this machine: ``openssl ts -reply`` behind a loopback server."""

from __future__ import annotations

import contextlib
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

_CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {name} Root
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
nsComment = "A rehearsed root, longer than what it signs, so that DER sorts it behind; it vouches for nobody"
[signer]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[authority]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
signer_digest = sha256
ordering = yes
tsa_name = yes
ess_cert_id_alg = sha256
{more}
"""


def openssl_present() -> bool:
    return shutil.which("openssl") is not None


class Authority:
    """A root, a time-stamping certificate under it, and a server that stamps with it.

    Attributes
    ----------
    url : str
    root_pem : bytes
    requests : list of bytes
        What it was asked.
    reply : bytes or None
        Sent instead of a time-stamp when set.
    content_type : str
        Of the answer.
    """

    def __init__(self, folder: Path, *, name: str = "Rehearsed Authority", sends: str = "signer") -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        more = {
            "signer": "",
            "sorted chain": f"certs = {folder}/root.pem",
            "unsorted chain": f"certs = {folder}/chain.pem",
        }[sends]
        self._config = folder / "openssl.cnf"
        self._config.write_text(_CONFIG.format(name=name, folder=folder, more=more))
        (folder / "serial").write_text("01\n")
        self._make_certificates(name)
        self.root_pem = (folder / "root.pem").read_bytes()
        (folder / "chain.pem").write_bytes(self.root_pem + (folder / "signer.pem").read_bytes())
        self.requests: list[bytes] = []
        self.reply: bytes | None = None
        self.content_type = "application/timestamp-reply"
        self._lock = threading.Lock()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stamp(self, query: bytes) -> bytes:
        """The answer to a TimeStampReq, both DER."""
        with self._lock:  # the serial number is a file
            asked, answer = self._folder / "query.tsq", self._folder / "reply.tsr"
            asked.write_bytes(query)
            options = ["-config", str(self._config), "-section", "authority"]
            self._openssl("ts", "-reply", *options, "-queryfile", str(asked), "-out", str(answer))
            return answer.read_bytes()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _make_certificates(self, name: str) -> None:
        at = self._folder
        config = ["-config", str(self._config)]
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        to_root = ["-keyout", str(at / "root.key"), "-out", str(at / "root.pem"), "-days", "3650", "-extensions", "ca"]
        self._openssl("req", "-x509", *new_key, *to_root, *config)
        to_request = ["-keyout", str(at / "signer.key"), "-out", str(at / "signer.csr"), "-subj", f"/CN={name} Signer"]
        self._openssl("req", *new_key, *to_request, *config)
        by_root = ["-CA", str(at / "root.pem"), "-CAkey", str(at / "root.key"), "-CAcreateserial", "-days", "3650"]
        extensions = ["-extfile", str(self._config), "-extensions", "signer"]
        signer = ["-in", str(at / "signer.csr"), "-out", str(at / "signer.pem")]
        self._openssl("x509", "-req", *signer, *by_root, *extensions)

    @staticmethod
    def _openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                authority.requests.append(query)
                answer = authority.stamp(query) if authority.reply is None else authority.reply
                self.send_response(200)
                self.send_header("Content-Type", authority.content_type)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


@contextlib.contextmanager
def running_authority(folder: Path, *, name: str = "Rehearsed Authority", sends: str = "signer") -> Iterator[Authority]:
    """An authority for the length of a block.

    Parameters
    ----------
    folder : Path
        For its keys and certificates.
    name : str
    sends : str
        "signer", "sorted chain" or "unsorted chain": which certificates come in the token; the last is an order that
        DER forbids and some authorities use.
    """
    authority = Authority(folder, name=name, sends=sends)
    try:
        yield authority
    finally:
        authority.stop()
