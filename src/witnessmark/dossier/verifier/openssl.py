"""Signatures and time-stamp tokens through the `openssl` program, which Python's standard library cannot check."""

import os
import re
import shutil
import subprocess
import tempfile
from calendar import timegm
from time import strptime

ED25519_TEST_KEY = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=
-----END PUBLIC KEY-----
"""
"""RFC 8032, section 7.1, test 2."""

ED25519_TEST_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
"""Over the single byte 0x72; RFC 8032, section 7.1, test 2."""


class Stamp:
    """What a time-stamp token says once it is checked.

    Attributes
    ----------
    holds : bool or None
        None when it could not be checked here.
    at : str
        The authority's time, UTC.
    sentence : str
        Why it does not hold or could not be checked.
    """

    def __init__(self, holds: "bool | None", at: str, sentence: str) -> None:
        self.holds = holds
        self.at = at
        self.sentence = sentence


class OpenSsl:
    """The `openssl` program of this machine.

    Parameters
    ----------
    program : str
        Its path, outside the bag.
    """

    def __init__(self, program: str) -> None:
        self._program = program

    @staticmethod
    def find(outside: str) -> "OpenSsl | None":
        """The `openssl` on the path that can verify Ed25519, tried on RFC 8032's own example; None without one.

        Parameters
        ----------
        outside : str
            Folder of the bag; a program inside it is never run.
        """
        program = shutil.which("openssl")
        if program is None or os.path.realpath(program).startswith(os.path.join(outside, "")):
            return None
        found = OpenSsl(os.path.abspath(program))
        key = ED25519_TEST_KEY.encode()
        able = found.signed(key, b"r", ED25519_TEST_SIGNATURE) and not found.signed(key, b"x", ED25519_TEST_SIGNATURE)
        return found if able else None

    def _run(self, folder: str, arguments: list[str]) -> "tuple[int, str]":
        """Run the program in a folder, without this machine's configuration, which may rename identifiers."""
        try:
            done = subprocess.run(
                [self._program, *arguments],
                cwd=folder,
                env=dict(os.environ, OPENSSL_CONF=os.devnull, LC_ALL="C"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return 1, str(error)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def signed(self, public_key_pem: bytes, message: bytes, signature: bytes) -> bool:
        """Whether an Ed25519 signature (RFC 8032) over a message holds."""
        arguments = [
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            "key",
            "-rawin",
            "-in",
            "message",
            "-sigfile",
            "signature",
        ]
        with tempfile.TemporaryDirectory(prefix="verify-") as folder:
            for name, data in (("key", public_key_pem), ("message", message), ("signature", signature)):
                _write(folder, name, data)
            return self._run(folder, arguments)[0] == 0

    def stamped(self, digest: str, token: bytes, roots: list[bytes]) -> Stamp:
        """Check an RFC 3161 token (a response or the bare token) over a SHA-256 digest.

        Parameters
        ----------
        digest : str
            Hexadecimal SHA-256 that the token must be about.
        token : bytes
            DER.
        roots : list of bytes
            Trusted root certificates, PEM.

        Notes
        -----
        The chain is judged at the token's own time, since certificates of authorities end and tokens stay.
        """
        stated = token_time(token)
        if stated is None:
            return Stamp(False, "", "It is not a time-stamp token.")
        at = f"{stated[:4]}-{stated[4:6]}-{stated[6:8]}T{stated[8:10]}:{stated[10:12]}:{stated[12:14]}Z"
        verify = ["ts", "-verify", "-digest", digest, "-in", "token", "-CAfile", "roots", "-untrusted", "chain"]
        verify += ["-attime", str(timegm(strptime(stated, "%Y%m%d%H%M%S")))]
        if not is_response(token):
            verify.append("-token_in")
        with tempfile.TemporaryDirectory(prefix="verify-") as folder:
            _write(folder, "token", token)
            _write(folder, "roots", b"\n".join(roots))
            _write(folder, "chain", self._certificates(folder, token) or b"\n".join(roots))
            code, said = self._run(folder, verify)
        if code == 0 and "Verification: OK" in said:
            return Stamp(True, at, "")
        reasons = [line.split(":")[5] for line in said.splitlines() if line.count(":") >= 6 and ":error:" in line]
        return Stamp(False, at, f"openssl: {'; '.join(dict.fromkeys(reasons)) or 'not verified'}.")

    def _certificates(self, folder: str, token: bytes) -> bytes:
        """The certificates that came in the token, PEM: older versions of the program do not look there themselves."""
        if is_response(token):
            self._run(folder, ["ts", "-reply", "-in", "token", "-token_out", "-out", "bare"])
        else:
            _write(folder, "bare", token)
        _, text = self._run(folder, ["pkcs7", "-inform", "DER", "-in", "bare", "-print_certs"])
        found = re.findall(r"(?s)-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", text)
        return "".join(found).encode()


def _write(folder: str, name: str, data: bytes) -> None:
    with open(os.path.join(folder, name), "wb") as target:
        target.write(data)


def token_time(token: bytes) -> "str | None":
    """The first GeneralizedTime in a token, YYYYMMDDHHMMSS in UTC: TSTInfo comes before all certificates (RFC 5652)."""
    match = re.search(rb"\x18[\x0f-\x1f]([0-9]{14})(?:\.[0-9]+)?Z", token)
    return match.group(1).decode() if match else None


def is_response(token: bytes) -> bool:
    """Whether DER is a TimeStampResp (its first element is a status, a SEQUENCE) rather than a bare token (an OID)."""
    if len(token) < 8 or token[0] != 0x30:
        return False
    header = 2 if token[1] < 0x80 else 2 + (token[1] & 0x7F)
    return header < len(token) and token[header] == 0x30
