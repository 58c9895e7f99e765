"""All checks of a dossier in order, and the verdict."""

import base64
import hashlib
import os
import re
from collections.abc import Callable

from witnessmark.dossier.verifier.bag import Bag, Fault, shown
from witnessmark.dossier.verifier.canonical import Refused, parse_object
from witnessmark.dossier.verifier.chain import CHAIN, read_log
from witnessmark.dossier.verifier.fixity import Fixity
from witnessmark.dossier.verifier.openssl import OpenSsl, Stamp
from witnessmark.dossier.verifier.tail import SEAL, SEAL_TOKEN, SIGNATURE

CASE = "data/case.json"
KEY = "data/custody/public_key.pem"
TOKENS = "data/custody/tokens/"
ROOTS = "data/custody/roots/"

Signed = Callable[[bytes, bytes, bytes], bool]
"""Checks (public key PEM, message, signature)."""
Stamped = Callable[[str, bytes, "list[bytes]"], Stamp]
"""Checks (SHA-256 in hexadecimal, token DER, root certificates PEM)."""


def key_fingerprint(pem: bytes) -> str:
    """SHA-256 of an Ed25519 public key's SubjectPublicKeyInfo in DER (RFC 5280, 4.1.2.7; RFC 8410, section 4).

    Raises
    ------
    Refused
        When the PEM holds something else.
    """
    match = re.fullmatch(rb"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END PUBLIC KEY-----\n?", pem)
    der = base64.b64decode(match.group(1)) if match else b""
    if len(der) != 44 or not der.startswith(bytes.fromhex("302a300506032b6570032100")):
        raise Refused("it is not an Ed25519 public key in PEM")
    return hashlib.sha256(der).hexdigest()


class Examination:
    """The checks of one dossier.

    Parameters
    ----------
    root : str
        Folder of the bag.
    signed : callable, optional
        How signatures are checked; None when that cannot be done here.
    stamped : callable, optional
        How time-stamp tokens are checked; None when that cannot be done here.
    trusted_roots : list of bytes
        Root certificates that the reader brings; with none, those inside the dossier are used and that is said.
    key_sha256 : str, optional
        Fingerprint of the case's key as the reader knows it from elsewhere.
    progress : callable (bytes done, bytes in all)

    Attributes
    ----------
    faults : list of Fault
    not_checked : list of str
        What could not be checked here, one sentence each.
    notes : list of str
        What holds, and what a reader should know about it.
    """

    def __init__(
        self,
        root: str,
        signed: "Signed | None",
        stamped: "Stamped | None",
        trusted_roots: list[bytes],
        key_sha256: "str | None",
        progress: Callable[[int, int], None],
    ) -> None:
        self.faults: list[Fault] = []
        self.not_checked: list[str] = []
        self.notes: list[str] = []
        self.facts: dict[str, object] = {"files": 0, "bytes": 0}
        self._signed = signed
        self._stamped = stamped
        self._roots = trusted_roots
        try:
            self._bag = Bag(os.path.realpath(root), progress)
            self._fixity = Fixity(self._bag)
        except (Refused, OSError) as error:
            self.faults.append(Fault("unreadable", "", None, f"The folder cannot be read as a dossier: {error}."))
            return
        self.faults = self._fixity.faults
        self.facts = {"files": len(self._bag.sizes), "bytes": sum(self._bag.sizes.values())}
        for name in ("edition", "case_reference", "sealed_at", "custody_head", "public_key_sha256"):
            self.facts[name] = self._fixity.seal.get(name)
        if not self.faults:
            self.notes.append(f"All {len(self._bag.sizes)} files are as sealed, by SHA-256, SHA-512 and CRC-32.")
        self._case()
        key = self._key(key_sha256)
        self._seal(key)
        self._custody(key)

    @property
    def exit_code(self) -> int:
        """0 verified, 1 a fault, 3 intact but not everything could be checked here."""
        return 1 if self.faults else 3 if self.not_checked else 0

    def _fault(self, kind: str, path: str, sentence: str) -> None:
        self.faults.append(Fault(kind, path, None, sentence))

    def _whole(self, path: str) -> bool:
        return path in self._bag.sizes and path not in self._fixity.broken

    def _read(self, path: str) -> bytes:
        try:
            return self._bag.read(path)
        except Refused as error:
            self._fault("unreadable", path, f"{shown(path)}: {error}.")
            return b""

    def _case(self) -> None:
        """case.json must be canonical and of the case and edition that the seal names."""
        if CASE not in self._fixity.payload or not self._whole(CASE):
            if CASE not in self._fixity.payload:
                self._fault("missing", CASE, f"No manifest lists {CASE}; this is not a Witnessmark dossier.")
            return
        try:
            record = parse_object(self._bag.read(CASE, 16 << 20))
        except Refused as error:
            self._fault("unreadable", CASE, f"{CASE}: {error}.")
            return
        case = record.get("case")
        reference = case.get("reference") if isinstance(case, dict) else None
        said = (record.get("edition"), reference)
        if self._fixity.seal and said != (self.facts["edition"], self.facts["case_reference"]):
            self._fault("contradiction", CASE, f"{CASE} speaks of another case or edition than the seal.")

    def _key(self, expected: "str | None") -> "bytes | None":
        if not self._whole(KEY):
            return None
        pem = self._read(KEY)
        try:
            sha256 = key_fingerprint(pem)
        except Refused as error:
            self._fault("key", KEY, f"{KEY}: {error}.")
            return None
        if self._fixity.seal and self.facts["public_key_sha256"] != sha256:
            self._fault("contradiction", KEY, f"{KEY} is not the key that the seal names.")
        if expected is not None and expected.replace(":", "").strip().lower() != sha256:
            self._fault("key", KEY, f"{KEY} is not the key you expect: its fingerprint is {sha256}.")
        elif expected is None:
            self.notes.append(
                f"The case's key came with the dossier. Compare its fingerprint, {sha256}, with what its owner "
                "states elsewhere, or give that with --key."
            )
        return pem

    def _seal(self, key: "bytes | None") -> None:
        if key is None or not self._whole(SEAL) or not self._whole(SIGNATURE):
            return
        signature = self._read(SIGNATURE)
        if self._signed is None:
            self.not_checked.append("The signature of the seal: this needs the openssl program with Ed25519.")
        elif len(signature) != 64 or not self._signed(key, self._read(SEAL), signature):
            self._fault("signature", SIGNATURE, f"{SIGNATURE} is not the case key's signature of {SEAL}.")
        else:
            self.notes.append("The seal is signed by the case's key.")
        if self._whole(SEAL_TOKEN):
            self._token(SEAL_TOKEN, hashlib.sha256(signature).hexdigest(), "The seal")

    def _custody(self, key: "bytes | None") -> None:
        check = None
        if self._signed is not None and key is not None:
            signed, pem = self._signed, key

            def check(message: bytes, signature: bytes) -> bool:
                return signed(pem, message, signature)

        public = self._chained()
        log = read_log(self._bag, self._fixity.payload, self._fixity.broken, public, check)
        self.faults.extend(log.faults)
        number = max(log.heads, default=0)
        if self._fixity.seal and not log.faults and CHAIN not in self._fixity.broken:
            if {"number": number, "sha256": log.heads.get(number)} != self.facts["custody_head"]:
                self._fault("custody", SEAL, "The custody log does not end in the event that the seal names.")
            else:
                self._say_of_log(number)
        for path in sorted(self._fixity.payload):
            if path.startswith(TOKENS) and self._whole(path):
                stem = path[len(TOKENS) :].partition(".")[0]
                covered = log.heads.get(int(stem)) if stem.isdigit() and len(stem) < 12 else None
                if covered is None:
                    self._fault("token", path, f"{shown(path)} stamps an event that is not in the log.")
                else:
                    self._token(path, covered, f"Event {int(stem)}")

    def _chained(self) -> bool:
        """Whether the log is given as its chain: in public editions, and in others that leave something out."""
        return self.facts["edition"] == "public" or CHAIN in self._fixity.payload

    def _say_of_log(self, number: int) -> None:
        if self._chained():
            self.notes.append(
                f"The custody log's {number} events follow one another by their hashes; the events themselves, with "
                "names and signatures, are in a whole closed edition."
            )
        elif self._signed is None:
            self.not_checked.append(f"The signatures of the {number} custody events: this needs openssl with Ed25519.")
        else:
            self.notes.append(f"The custody log's {number} events are unbroken and signed by the case's key.")

    def _token(self, path: str, digest: str, what: str) -> None:
        own = [name for name in sorted(self._fixity.payload) if name.startswith(ROOTS) and self._whole(name)]
        roots = self._roots or [self._read(name) for name in own]
        if self._stamped is None or not roots:
            reason = "this needs the openssl program" if self._stamped is None else "give a trusted root with --root"
            self.not_checked.append(f"The time-stamp {shown(path)}: {reason}.")
            return
        stamp = self._stamped(digest, self._read(path), roots)
        if stamp.holds is None:
            self.not_checked.append(f"The time-stamp {shown(path)}: {stamp.sentence}")
            return
        if not stamp.holds:
            self._fault("token", path, f"{shown(path)} does not hold. {stamp.sentence}")
            return
        whose = "a root you trust" if self._roots else "a root certificate that came with the dossier"
        self.notes.append(f"{what} was time-stamped {stamp.at}, checked against {whose}.")

    def to_plain(self) -> dict[str, object]:
        """The verdict as JSON values."""
        word = {0: "verified", 1: "fault", 3: "intact, not fully checked"}[self.exit_code]
        faults = [dict(fault._asdict(), path=shown(fault.path)) for fault in self.faults]
        return dict(
            self.facts,
            verdict=word,
            exit_code=self.exit_code,
            faults=faults,
            not_checked=self.not_checked,
            notes=self.notes,
        )


def examine(
    root: str,
    trusted_roots: "list[bytes] | None" = None,
    key_sha256: "str | None" = None,
    progress: "Callable[[int, int], None] | None" = None,
) -> Examination:
    """Check a dossier with the openssl program of this machine, if it has a fit one."""
    openssl = OpenSsl.find(os.path.realpath(root))
    return Examination(
        root,
        openssl.signed if openssl else None,
        openssl.stamped if openssl else None,
        trusted_roots or [],
        key_sha256,
        progress or (lambda done, total: None),
    )
