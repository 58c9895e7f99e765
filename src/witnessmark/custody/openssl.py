"""The openssl program, for tokens whose certificate set is unsorted: OpenSSL reads them, stricter readers do not."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

_TIMEOUT_S = 20
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ReplyFacts:
    """What an authority's answer says, not yet checked.

    Attributes
    ----------
    gen_time : datetime
        UTC.
    serial : int
    policy : str
        Object identifier.
    """

    gen_time: dt.datetime
    serial: int
    policy: str


def present() -> bool:
    """Whether the program can be run."""
    return shutil.which("openssl") is not None


def read_reply(answer: bytes) -> ReplyFacts | None:
    """Time, serial number and policy in a TimeStampResp; None when it cannot be read."""
    with _files(reply=answer) as folder:
        text = _run("ts", "-reply", "-in", str(folder / "reply"), "-text")
    if text is None:
        return None
    fields = dict(re.findall(r"^(Time stamp|Serial number|Policy OID): (.+)$", text.decode("utf-8", "replace"), re.M))
    try:
        # OpenSSL prints "Nov 21 20:01:33 2026 GMT", with a fraction after the seconds where there is one.
        moment = re.sub(r"\.\d+", "", fields["Time stamp"])
        return ReplyFacts(
            dt.datetime.strptime(moment, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=dt.UTC),
            int(fields["Serial number"], 16),
            fields["Policy OID"].strip(),
        )
    except (KeyError, ValueError):
        return None


def reply_fits_request(answer: bytes, request: bytes) -> bool:
    """Whether an answer is granted and repeats the imprint and nonce of a request; its signature is not judged here."""
    with _files(reply=answer, request=request) as folder:
        said = _run("ts", "-reply", "-in", str(folder / "reply"), "-text")
        asked = _run("ts", "-query", "-in", str(folder / "request"), "-text")
    if said is None or asked is None or not re.search(rb"^Status: Granted", said, re.M):
        return False
    return all(
        (found := re.search(pattern, said, re.M | re.S)) is not None
        and (wanted := re.search(pattern, asked, re.M | re.S)) is not None
        and found[1] == wanted[1]
        for pattern in (rb"^Message data:\n((?:    .+?\n)+)", rb"^Nonce: (\S+)", rb"^Hash Algorithm: (\S+)")
    )


def verify_reply(answer: bytes, digest: bytes, roots_pem: bytes, at: dt.datetime) -> str:
    """Check an answer's signature, its certificates at a time, and its imprint.

    Returns
    -------
    str
        Empty when it verifies; else why not.
    """
    chain = certificates_pem(answer)
    with _files(reply=answer, roots=roots_pem, chain=chain.encode()) as folder:
        command = ["-digest", digest.hex(), "-in", str(folder / "reply"), "-CAfile", str(folder / "roots")]
        command += ["-attime", str(int(at.timestamp()))]
        if chain:
            command += ["-untrusted", str(folder / "chain")]
        done = _call("ts", "-verify", *command)
    if done is None:
        return "openssl could not be run."
    if done.returncode == 0 and b"Verification: OK" in done.stdout + done.stderr:
        return ""
    return f"openssl ts does not verify it: {_reasons(done.stderr)}"


def certificates_pem(answer: bytes) -> str:
    """The certificates in an answer, as PEM; empty when there are none or the program is missing."""
    with _files(reply=answer) as folder:
        token = folder / "token"
        if _run("ts", "-reply", "-in", str(folder / "reply"), "-token_out", "-out", str(token)) is None:
            return ""
        text = _run("pkcs7", "-inform", "DER", "-in", str(token), "-print_certs")
    return "".join(_CERTIFICATE.findall((text or b"").decode("utf-8", "replace")))


def signer_subject(answer: bytes) -> str | None:
    """Name of the one certificate in an answer that may sign time-stamps; None when that is not clear."""
    names = set()
    for each in x509.load_pem_x509_certificates(pem.encode()) if (pem := certificates_pem(answer)) else []:
        with contextlib.suppress(x509.ExtensionNotFound, ValueError):
            usage = each.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
            if ExtendedKeyUsageOID.TIME_STAMPING in usage:
                names.add(each.subject.rfc4514_string())
    return names.pop() if len(names) == 1 else None


def _run(*arguments: str) -> bytes | None:
    done = _call(*arguments)
    return done.stdout if done is not None and done.returncode == 0 else None


def _call(*arguments: str) -> subprocess.CompletedProcess[bytes] | None:
    # Without this machine's own configuration, which may give object identifiers other names.
    environment = {**os.environ, "OPENSSL_CONF": os.devnull, "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["openssl", *arguments],
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _reasons(errors: bytes) -> str:
    """The reasons in OpenSSL's error lines: id:error:code:library:function:reason:file:line:details."""
    lines = [line.split(":", 8) for line in errors.decode("utf-8", "replace").splitlines() if ":error:" in line]
    found = [f"{fields[5]}{' (' + fields[8] + ')' if fields[8] else ''}" for fields in lines if len(fields) == 9]
    return "; ".join(dict.fromkeys(found)) or "no reason given"


@contextlib.contextmanager
def _files(**contents: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="witnessmark-") as folder:
        for name, data in contents.items():
            (Path(folder) / name).write_bytes(data)
        yield Path(folder)
