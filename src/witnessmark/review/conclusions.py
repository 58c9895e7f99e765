"""A reviewer's own conclusion, formed on the packet and signed before the author's is shown."""

from __future__ import annotations

import datetime as dt
import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml
from cryptography.exceptions import UnsupportedAlgorithm

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import PublicKey
from witnessmark.errors import BadInputError, WitnessmarkError
from witnessmark.plain import canonical, stated_moment, to_plain
from witnessmark.review.keys import ReviewerKey
from witnessmark.review.records import Reviewer

FORMAT = "witnessmark-conclusion/1"
MAX_BYTES = 1 << 18
_KEYS = frozenset({"format", "subject", "packet", "answer", "place", "time", "stances"})


class Stance(enum.StrEnum):
    """How evidence stands to a claim, in a person's own judgement."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """Where the reviewer holds that it was filmed: within this distance of a point.

    Attributes
    ----------
    lat_deg, lon_deg : float
        WGS 84 [deg].
    radius_km : float
    """

    lat_deg: float
    lon_deg: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class OwnTime:
    """When the reviewer holds that it was filmed; the end is not included."""

    begins: dt.datetime
    ends: dt.datetime


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a reviewer concludes alone.

    Attributes
    ----------
    subject_id : str
    packet_sha256 : Sha256
        Of the packet it was formed on.
    blind : bool
        Whether that packet left the author's conclusion out.
    answer : str
        In the reviewer's words.
    place : OwnPlace or None
    time : OwnTime or None
    stances : mapping of claim id to Stance
    reviewer : Reviewer
    at : datetime
    signature : bytes
        Ed25519 (RFC 8032) over the RFC 8785 canonical JSON of all other fields.
    format : str
    """

    subject_id: str
    packet_sha256: Sha256
    blind: bool
    answer: str
    place: OwnPlace | None
    time: OwnTime | None
    stances: Mapping[str, Stance]
    reviewer: Reviewer
    at: dt.datetime
    signature: bytes
    format: str = FORMAT


@dataclass(frozen=True, slots=True)
class Form:
    """A form as a reviewer filled it in."""

    subject: str
    packet: str
    answer: str
    place: OwnPlace | None
    time: OwnTime | None
    stances: Mapping[str, Stance]


def blank_form(subject_id: str, packet_sha256: Sha256, claims: Mapping[str, str]) -> str:
    """The form that goes with a packet, as YAML with a word on each field."""
    lines = [
        "# Your own conclusion, before you see the author's. Leave null what you cannot say: that is an answer too.",
        f"format: {FORMAT}",
        f"subject: {subject_id}",
        f'packet: "{packet_sha256.hex()}"',
        "answer: null      # in your own words: what does it show, how sure are you, and why?",
        "place: null       # or {lat_deg: 40.01, lon_deg: 46.21, radius_km: 2}",
        'time: null        # or {from: "2031-09-13T06:00:00+04:00", to: "2031-09-13T12:00:00+04:00"}',
        "stances:          # what the material shows of each claim: supports, contradicts or open",
    ]
    lines += [f"  {json.dumps(claim_id)}: null   # {' '.join(said.split())}" for claim_id, said in claims.items()] or [
        "  {}"
    ]
    return "\n".join(lines) + "\n"


def read_form(data: bytes) -> Form:
    """A filled-in form.

    Raises
    ------
    BadInputError
        When it is not YAML, has unknown fields, no answer, or a place, time or stance that is none.
    """
    if len(data) > MAX_BYTES:
        raise BadInputError("The form is too large.", "Fill in the form of the packet.")
    try:
        body = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInputError("The form is not YAML.", "Fill in the form of the packet.") from error
    if not isinstance(body, dict) or body.get("format") != FORMAT or set(body) - _KEYS:
        strange = sorted(map(str, set(body) - _KEYS)) if isinstance(body, dict) else []
        more = f" ({', '.join(strange)} {'are' if len(strange) > 1 else 'is'} not asked)" if strange else ""
        raise BadInputError(f"This is not a packet's form{more}.", "Fill in answer.yaml of the packet.")
    answer = body.get("answer")
    if not isinstance(answer, str) or not any(sign.isalnum() for sign in answer):
        raise BadInputError(
            "The form gives no answer.", "Say in your own words what the material shows, or cannot show."
        )
    return Form(
        subject=str(body.get("subject")),
        packet=str(body.get("packet")),
        answer=answer.strip(),
        place=_place(body.get("place")),
        time=_time(body.get("time")),
        stances=_stances(body.get("stances")),
    )


def sign_conclusion(form: Form, *, blind: bool, at: dt.datetime, key: ReviewerKey) -> Conclusion:
    """Sign what a reviewer concludes alone."""
    drawn = Conclusion(
        subject_id=form.subject,
        packet_sha256=Sha256.from_hex(form.packet),
        blind=blind,
        answer=form.answer,
        place=form.place,
        time=form.time,
        stances=dict(form.stances),
        reviewer=key.reviewer,
        at=at,
        signature=b"",
    )
    try:
        return replace(drawn, signature=key.private.sign(signed_bytes(drawn)))
    except ValueError as error:
        raise BadInputError("The form holds a character that is half of a pair.", "Type it again.") from error


def signed_bytes(conclusion: Conclusion) -> bytes:
    """What the signature is over: canonical JSON of all fields but the signature."""
    plain = to_plain(conclusion)
    assert isinstance(plain, dict)
    del plain["signature"]
    return canonical(plain)


def conclusion_holds(conclusion: Conclusion) -> bool:
    """Whether the reviewer's key signed exactly these words."""
    public = PublicKey(conclusion.reviewer.public_key_pem.encode(errors="replace"))
    try:
        return public.verifies(conclusion.signature, signed_bytes(conclusion))
    except (WitnessmarkError, UnsupportedAlgorithm, ValueError):
        return False


def _place(value: Any) -> OwnPlace | None:
    if value is None:
        return None
    try:
        made = OwnPlace(*(float(value[name]) for name in ("lat_deg", "lon_deg", "radius_km")))
        if set(value) - {"lat_deg", "lon_deg", "radius_km"}:
            raise ValueError("further fields")
    except (TypeError, KeyError, ValueError) as error:
        raise BadInputError("The place of the form is none.", "Give lat_deg, lon_deg and radius_km.") from error
    if not (abs(made.lat_deg) <= 90 and abs(made.lon_deg) <= 180 and 0 < made.radius_km <= 20_000):
        raise BadInputError("The place of the form is not on earth.", "Check the degrees and the radius in km.")
    return made


def _time(value: Any) -> OwnTime | None:
    if value is None:
        return None
    try:
        ends = [
            stated_moment(end.isoformat() if isinstance(end, dt.datetime) else end)
            for end in (value["from"], value["to"])
        ]
        if set(value) - {"from", "to"}:
            raise ValueError("further fields")
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise BadInputError("The time of the form is none.", "Give from and to, each with a UTC offset.") from error
    if ends[0] >= ends[1]:
        raise BadInputError("The time of the form ends before it begins.", "Check from and to.")
    return OwnTime(*ends)


def _stances(value: Any) -> dict[str, Stance]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadInputError(
            "The stances of the form are no list of claims.", "Give supports, contradicts or open to each."
        )
    found = {}
    for claim_id, said in value.items():
        if said is None:
            continue  # not answered
        try:
            found[str(claim_id)] = Stance(str(said))
        except ValueError as error:
            raise BadInputError(
                f"'{said}' is no stance on claim {claim_id}.", "Say supports, contradicts, open, or leave null."
            ) from error
    return found
