"""RFC 3161 time-stamps: asking an authority, checking what it answered, and which events no token covers yet."""

from __future__ import annotations

import base64
import datetime as dt
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import rfc3161_client
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from witnessmark.custody import openssl
from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.custody.log import CustodyLog
from witnessmark.custody.records import CustodyEvent, PremisEvent
from witnessmark.errors import BadInputError, ProviderError

STAMPED = "head.timestamped"
_REPLY_TYPE = "application/timestamp-reply"
_MOST_REPLY_BYTES = 1 << 20
_OID = {"2.16.840.1.101.3.4.2.1": "SHA-256", "2.16.840.1.101.3.4.2.3": "SHA-512"}  # NIST CSOR, hash algorithms


@dataclass(frozen=True, slots=True)
class StampCheck:
    """What checking a token gave.

    Attributes
    ----------
    ok : bool
        The token is about this digest and signed under a trusted root at its own time.
    gen_time : datetime or None
        UTC time the authority put in, as far as it could be read.
    serial : int or None
    policy : str or None
        Object identifier.
    tsa_subject : str or None
        Name of the signing certificate.
    checked_by : str
        "rfc3161-client" or "openssl ts"; empty when the signature could not be checked at all, which is not the
        same as being wrong.
    why : str
        Why it is not ok, and what was not checked; empty when it is.
    """

    ok: bool
    gen_time: dt.datetime | None
    serial: int | None
    policy: str | None
    tsa_subject: str | None
    checked_by: str
    why: str


def request_token(data: bytes, tsa_url: str, *, timeout_s: float, algorithm: str = "SHA-256") -> bytes:
    """Ask an authority to stamp some bytes; only their hash leaves this machine.

    Parameters
    ----------
    data : bytes
        What is stamped, such as the file of the log's last event; the imprint is its hash.
    tsa_url : str
        http or https.
    timeout_s : float
    algorithm : str
        "SHA-256" or "SHA-512".

    Returns
    -------
    bytes
        The authority's whole answer (TimeStampResp, DER), checked to be granted and for this imprint and nonce, not
        yet for its signature.

    Raises
    ------
    BadInputError
        When the address is not one of the web.
    ProviderError
        When the authority cannot be reached or does not answer as RFC 3161, 2.4 and 3.4 ask.
    """
    if urlsplit(tsa_url).scheme not in ("http", "https"):
        raise BadInputError(
            f"'{tsa_url}' is not a web address.", "Give the authority's address with http:// or https://."
        )
    hash_algorithm = {"SHA-256": rfc3161_client.HashAlgorithm.SHA256, "SHA-512": rfc3161_client.HashAlgorithm.SHA512}
    builder = rfc3161_client.TimestampRequestBuilder().data(data).hash_algorithm(hash_algorithm[algorithm])
    request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    answer = _post(tsa_url, request.as_bytes(), timeout_s)
    try:
        response = rfc3161_client.decode_timestamp_response(answer)
        if response.status not in (0, 1):  # granted, grantedWithMods (RFC 3161, 2.4.2)
            raise _unhelpful(tsa_url, f"refused: {'; '.join(response.status_string) or f'status {response.status}'}")
        info = response.tst_info
        fits = info.nonce == request.nonce and info.message_imprint.message == request.message_imprint.message
    except ValueError as error:
        fits = _is_unsorted(error) and openssl.reply_fits_request(answer, request.as_bytes())
        if not fits:
            raise _unhelpful(tsa_url, f"sent something that is not a time-stamp for this request ({error})") from error
    if not fits:
        raise _unhelpful(tsa_url, "stamped something other than what was asked")
    return answer


def verify_token(token_der: bytes, digest: Sha256 | Sha512, trusted_roots_pem: bytes) -> StampCheck:
    """Check a token against a digest and trusted roots, at the token's own time.

    Parameters
    ----------
    token_der : bytes
        A TimeStampResp as `request_token` gives it, or the bare TimeStampToken; DER.
    digest : Sha256 or Sha512
        Of what was stamped.
    trusted_roots_pem : bytes
        One or more certificates.

    Returns
    -------
    StampCheck

    Raises
    ------
    BadInputError
        When the roots cannot be read.

    Notes
    -----
    Some authorities send their certificate set unsorted, which DER forbids and rfc3161-client refuses to read. The
    set is outside the signature, and the openssl program reads it; without that program the check says so.
    """
    try:
        roots = x509.load_pem_x509_certificates(trusted_roots_pem)
    except ValueError as error:
        raise BadInputError("The trusted roots cannot be read.", "Give a PEM file of certificates.") from error
    answer = _as_response(token_der)
    try:
        response = rfc3161_client.decode_timestamp_response(answer)
        info = response.tst_info
        certificates = [x509.load_der_x509_certificate(each) for each in response.signed_data.certificates]
    except ValueError as error:
        if _is_unsorted(error):
            return _by_openssl(answer, digest, trusted_roots_pem)
        return StampCheck(False, None, None, None, None, "rfc3161-client", f"It is not a token: {error}")
    why = ""
    if _OID.get(info.message_imprint.hash_algorithm.dotted_string) != digest.algorithm:
        why = "The token is over another kind of hash."
    elif info.message_imprint.message != digest:
        why = "The token is about other bytes."
    else:
        builder = rfc3161_client.VerifierBuilder()
        for root in dict.fromkeys(roots):
            builder = builder.add_root_certificate(root)
        # Certificates inside the token are used as untrusted ones; handed to the builder they would be trusted.
        try:
            builder.build().verify(response, digest)
        except (rfc3161_client.VerificationError, ValueError) as error:
            why = f"The token is not signed under a trusted root: {error}"
    leaf = _leaf(certificates, response)
    return StampCheck(
        not why,
        info.gen_time.replace(tzinfo=dt.UTC) if info.gen_time.tzinfo is None else info.gen_time,
        info.serial_number,
        info.policy.dotted_string,
        leaf.subject.rfc4514_string() if leaf is not None else None,
        "rfc3161-client",
        why,
    )


def certificates_pem(token_der: bytes) -> str:
    """The certificates the authority sent, as PEM; empty when there are none or they cannot be read."""
    answer = _as_response(token_der)
    try:
        response = rfc3161_client.decode_timestamp_response(answer)
        found = [x509.load_der_x509_certificate(each) for each in response.signed_data.certificates]
    except ValueError:
        return openssl.certificates_pem(answer)
    found.sort(key=lambda each: each.subject.rfc4514_string())
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in found)


def stamp_head(
    log: CustodyLog, tsa_url: str, agent: str, *, trusted_roots: bytes | None = None, timeout_s: float = 20.0
) -> CustodyEvent:
    """Have the log's last event time-stamped and record the token as the next event.

    Parameters
    ----------
    log : CustodyLog
    tsa_url : str
    agent : str
    trusted_roots : bytes, optional
        PEM; when given, a token that does not verify under them is not recorded.
    timeout_s : float

    Returns
    -------
    CustodyEvent
        Of action ``head.timestamped``.

    Raises
    ------
    BadInputError
        When the log is empty.
    ProviderError
        When the authority fails. The log stays as it is, and its head stays pending.
    """
    head = log.head()
    if head.number == 0:
        raise BadInputError("The log is empty, so there is nothing to stamp.", "Take in an item first.")
    token = request_token(log.raw(head.number), tsa_url, timeout_s=timeout_s)
    if trusted_roots is not None:
        check = verify_token(token, head.sha256, trusted_roots)
        if not check.ok:
            raise _unhelpful(tsa_url, f"sent a token that does not verify: {check.why}")
    stamp = {
        "number": head.number,
        "sha256": head.sha256.hex(),
        "token": base64.b64encode(token).decode(),
        "tsa_url": tsa_url,
        "chain_pem": certificates_pem(token),
    }
    return log.append(PremisEvent.DIGITAL_SIGNATURE_GENERATION, STAMPED, agent, (), {"stamp": stamp})


@dataclass(frozen=True, slots=True)
class Stamp:
    """A token as an event of the log carries it.

    Attributes
    ----------
    number : int
        The event it is about.
    sha256 : Sha256
        Of that event's file.
    token : bytes
        DER.
    tsa_url : str
    chain_pem : str
    """

    number: int
    sha256: Sha256
    token: bytes
    tsa_url: str
    chain_pem: str


def stamp_of(event: CustodyEvent) -> Stamp | None:
    """The token an event carries; None when it is not of that kind or malformed."""
    raw = event.payload.get("stamp")
    if event.action != STAMPED or not isinstance(raw, dict):
        return None
    try:
        return Stamp(
            number=int(cast(int, raw["number"])),
            sha256=Sha256.from_hex(str(raw["sha256"])),
            token=base64.b64decode(str(raw["token"]), validate=True),
            tsa_url=str(raw["tsa_url"]),
            chain_pem=str(raw["chain_pem"]),
        )
    except (KeyError, TypeError, ValueError, BadInputError):
        return None


def pending(log: CustodyLog, trusted_roots: bytes | None = None) -> tuple[int, ...]:
    """Numbers of the events that no token covers yet; an event that only carries a token needs none itself.

    Parameters
    ----------
    log : CustodyLog
    trusted_roots : bytes, optional
        PEM; when given, only tokens that verify under them count. When not, a token counts that is about the right
        bytes, whoever signed it.

    Returns
    -------
    tuple of int
        In order. A token covers every event up to the one it is about, as each carries the hash of the one before.
    """
    numbers: list[int] = []
    covered = 0
    for event in log.read():
        stamp = stamp_of(event)
        if stamp is None:
            numbers.append(event.number)
        elif stamp.number > covered and (
            trusted_roots is None or verify_token(stamp.token, stamp.sha256, trusted_roots).ok
        ):
            covered = stamp.number
    return tuple(number for number in numbers if number > covered)


def _by_openssl(answer: bytes, digest: Sha256 | Sha512, roots_pem: bytes) -> StampCheck:
    if not openssl.present():
        why = (
            "The authority's certificate set is unsorted, which only the openssl program reads, and it is not here: "
            "the signature and the time of this token were not checked."
        )
        return StampCheck(False, None, None, None, None, "", why)
    facts = openssl.read_reply(answer)
    if facts is None:
        return StampCheck(False, None, None, None, None, "openssl ts", "It is not a token.")
    why = openssl.verify_reply(answer, digest, roots_pem, facts.gen_time)
    return StampCheck(
        not why, facts.gen_time, facts.serial, facts.policy, openssl.signer_subject(answer), "openssl ts", why
    )


def _post(tsa_url: str, request: bytes, timeout_s: float) -> bytes:
    headers = {"Content-Type": "application/timestamp-query", "Accept": _REPLY_TYPE}
    try:
        query = urllib.request.Request(tsa_url, request, headers, method="POST")
        with urllib.request.urlopen(query, timeout=timeout_s) as reply:
            kind = reply.headers.get_content_type()
            answer: bytes = reply.read(_MOST_REPLY_BYTES + 1)
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise _unhelpful(tsa_url, f"could not be reached ({getattr(error, 'reason', None) or error})") from error
    if kind != _REPLY_TYPE:
        raise _unhelpful(tsa_url, f"answered with '{kind}' and not with '{_REPLY_TYPE}'")
    if len(answer) > _MOST_REPLY_BYTES:
        raise _unhelpful(tsa_url, "answered with more than a mebibyte")
    return answer


def _unhelpful(tsa_url: str, what: str) -> ProviderError:
    return ProviderError(
        f"The time-stamp authority {tsa_url} {what}.",
        "Nothing was recorded and the log is as it was: try again later with 'witnessmark custody stamp', "
        "or name another authority.",
    )


def _is_unsorted(error: ValueError) -> bool:
    return "InvalidSetOrdering" in str(error)


def _as_response(token_der: bytes) -> bytes:
    """Put a bare token into a granted response: SEQUENCE { SEQUENCE { INTEGER 0 }, token } (RFC 3161, 2.4.2)."""
    after_header = token_der[2 + (token_der[1] & 0x7F if len(token_der) > 1 and token_der[1] & 0x80 else 0) :]
    if after_header[:1] != b"\x06":  # a token begins with its content type, a response with its status
        return token_der
    body = b"\x30\x03\x02\x01\x00" + token_der
    return b"\x30" + _der_length(len(body)) + body


def _der_length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    raw = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(raw)]) + raw


def _leaf(
    certificates: Sequence[x509.Certificate], response: rfc3161_client.TimeStampResponse
) -> x509.Certificate | None:
    for signer in response.signed_data.signer_infos:
        for each in certificates:
            if each.issuer == signer.issuer and each.serial_number == signer.serial_number:
                return each
    return None
