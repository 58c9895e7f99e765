"""Asking partners about an item of a case, and putting on record what left the house and what was answered."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.intake import keep_derived, stored_entry
from witnessmark.custody.keys import CaseKey
from witnessmark.custody.records import Item, PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.items import evidence, get_item
from witnessmark.desk.libraries import fingerprint_item, own_fingerprint
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.partners import PartnerAnswer, PartnerMatch
from witnessmark.media import Broken
from witnessmark.plain import Plain, canonical, from_plain, to_plain
from witnessmark.stores.exchange import Answer, Inquiry, Partners, Sharing, read_answer, read_inquiry, write_inquiry

ASKED, ANSWERED = "partner.asked", "partner.answered"
PARTNERS = "partners.json"
GIVEN = "answers.jsonl"
"""Log of the answers a library gave to partners, beside its list of partners."""


@dataclass(frozen=True, slots=True)
class Left:
    """What left the house with a question.

    Attributes
    ----------
    duration_s : float
    frames_count, sound_count, feature_frames_count, features_count : int
        Frame codes, sound codes, frames with local features and those features.
    size_bytes : int
        Of the whole file.
    """

    duration_s: float
    frames_count: int
    sound_count: int
    feature_frames_count: int
    features_count: int
    size_bytes: int


def item_named(case: Case, name: str) -> Item:
    """An item by exhibit number, hash, or a file with the very same bytes.

    Raises
    ------
    NotFoundError
        When the case has no such item.
    """
    path = Path(name)
    if not path.is_file():
        return get_item(case, name)
    with path.open("rb") as stream:
        sha256 = Sha256(hashlib.file_digest(stream, "sha256").digest())
    found = next((item for item in evidence(case) if item.sha256 == sha256), None)
    if found is None:
        raise NotFoundError(
            f"'{path.name}' is no item of case {case.reference}.",
            "Take it in first, or ask without a case: then nothing is put on record.",
        )
    return found


def ask_partner(case: Case, item: Item, partner: str, out: Path, key: CaseKey, sharing: Sharing) -> Inquiry:
    """Write a question about an item, and log who is asked and what leaves the house; the file itself is kept.

    Parameters
    ----------
    case : Case
    item : Item
    partner : str
        Who is asked.
    out : Path
        Must not exist.
    key : CaseKey
    sharing : Sharing
        See `witnessmark.stores.exchange.write_inquiry`.

    Raises
    ------
    BadInputError
        When nobody is named, or the item cannot be fingerprinted.
    ClashError
        When the file exists.
    """
    if not partner.strip():
        raise BadInputError("It is not said who is asked.", "Name the partner with --to.")
    kept = fingerprint_item(case, item)
    if kept is None or isinstance(kept, Broken):
        why = "it holds neither pictures nor sound" if kept is None else kept.reason
        raise BadInputError(f"Nothing can be asked about {item.exhibit_number}: {why}", "Ask about a recording.")
    done = write_inquiry(out, own_fingerprint(case, item), key, sharing)
    stored = keep_derived(out.read_bytes(), case.objects)
    case.record(
        PremisEvent.DISSEMINATION,
        ASKED,
        {
            "item": item.sha256,
            "question": done.sealed.digest,
            "partner": partner.strip(),
            "called": sharing.origin,
            "key_fingerprint": done.sealed.key.fingerprint,
            "left": left_of(done.fingerprint, stored.size_bytes),
            "stored": [stored_entry(stored)],
        },
        [item.sha256, stored.sha256],
    )
    return done


def left_of(sent: Fingerprint, size_bytes: int) -> Left:
    """How much of a recording's codes a question holds."""
    local, sound = sent.features, sent.sound
    return Left(
        duration_s=sent.duration_s,
        frames_count=len(sent.frames.codes),
        sound_count=0 if sound is None else len(sound.codes),
        feature_frames_count=0 if local is None else len(local.times_s),
        features_count=0 if local is None else len(local.codes),
        size_bytes=size_bytes,
    )


def take_answer(
    case: Case,
    question: Path,
    file: Path,
    *,
    partners: Partners | None = None,
    fingerprint: str | None = None,
    trust: bool = False,
) -> tuple[Item, Answer]:
    """Check a partner's answer and put it on record, with the signed file itself; the same answer again adds nothing.

    An answer signed with another name than that of who was asked is taken, and every finding that tells of it says so.

    Parameters
    ----------
    case : Case
    question, file : Path
        The question that was asked in this case, and what came back.
    partners : Partners, optional
        Whose keys are accepted; the case's own list unless given.
    fingerprint : str, optional
        Of the partner's key, as the partner read it out; needed the first time, unless `trust`.
    trust : bool
        Accept a new partner's key unseen; the record says so.

    Raises
    ------
    NotFoundError
        When this case did not ask that question.
    ClashError
        When it answers another question, or its key is not the one accepted before.
    NotFoundError, BadInputError, CustodyError
        As `witnessmark.stores.exchange.read_answer`.
    """
    digest = read_inquiry(question).sealed.digest
    asked = next((one for one in case.records.payloads(ASKED) if one["question"] == digest.hex()), None)
    if asked is None:
        raise NotFoundError(
            f"Case {case.reference} did not ask the question in '{question.name}'.",
            "Ask from the case, with copies ask --case; or read the answer without a case: it is then only shown.",
        )
    done = read_answer(file, digest)
    known = partners or Partners(case.folder / PARTNERS)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat()
    partner = known.check(done.origin, done.sealed.key, fingerprint=fingerprint, trust=trust, now=now)
    known.keep(partner)
    item = get_item(case, asked["item"])
    stored = keep_derived(file.read_bytes(), case.objects)
    case.record(
        PremisEvent.INGESTION,
        ANSWERED,
        {
            "item": item.sha256,
            "question": digest,
            "answer": _told(done, partner.how, str(asked["partner"])),
            "contact": done.contact,
            "stored": [stored_entry(stored)],
        },
        [item.sha256, stored.sha256],
        once=f"{ANSWERED} {stored.sha256.hex()}",
    )
    return item, done


def log_given(partners: Path, question: Inquiry, given: Answer, sharing: Sharing, operator: str) -> Path:
    """Add a line on an answer that was written for a partner: to whom, by whom, about which question, what it tells.

    Parameters
    ----------
    partners : Path
        The library's list of partners; the log lies beside it.
    question : Inquiry
    given : Answer
    sharing : Sharing
        As it was answered.
    operator : str

    Returns
    -------
    Path
        The log.

    Raises
    ------
    BadInputError
        When it cannot be written; the answer is removed again, as nothing may leave unlogged.
    """
    log = partners.with_name(GIVEN)
    line: dict[str, object] = {
        "at": given.created,
        "operator": operator,
        "partner": question.origin,
        "key_fingerprint": question.sealed.key.fingerprint,
        "question": question.sealed.digest,
        "answer": given.sealed.digest,
        "called": given.origin,
        "audience": sharing.audience,
        "facts": sharing.facts,
        "searched_count": given.searched,
        "matches": given.matches,
    }
    try:
        with log.open("ab") as file:
            file.write(canonical(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        given.sealed.path.unlink(missing_ok=True)
        raise BadInputError(
            f"The log of answers '{log}' cannot be written ({error.strerror}): the answer was removed again.",
            "Make room there or check its permissions, then answer again.",
        ) from error
    return log


def _told(done: Answer, key_known: str, asked: str) -> PartnerAnswer:
    return PartnerAnswer(
        asked=asked,
        origin=done.origin,
        key_fingerprint=done.sealed.key.fingerprint.hex(),
        key_known=key_known,
        answered=done.created,
        searched_count=done.searched,
        searched_h=done.searched_s / 3600.0,
        matches=tuple(
            PartnerMatch(
                name=match.label,
                origin=done.origin,
                libraries=(),
                relation=match.relation,
                score=match.score,
                mirrored=match.mirrored,
                tier_number=match.tier,
                stretches_s=tuple((part.q0_s, part.q1_s, part.r0_s, part.r1_s) for part in match.stretches),
                seen=match.seen,
            )
            for match in done.matches
        ),
    )


class AnswersOnRecord:
    """What partners answered in a case, for the copies line.

    Parameters
    ----------
    case : Case
    """

    def __init__(self, case: Case) -> None:
        self._case = case

    def told(self, item: Sha256) -> Sequence[PartnerAnswer]:
        """Every recorded answer to a question about an item, oldest first."""
        told = [one["answer"] for one in self._case.records.payloads(ANSWERED) if one["item"] == item.hex()]
        return [from_plain(PartnerAnswer, answer) for answer in told]

    def state(self) -> str:
        """Changes when an answer is recorded."""
        told: Plain = to_plain([[one["item"], one["answer"]] for one in self._case.records.payloads(ANSWERED)])
        return Sha256.of(canonical(told)).hex()
