"""A blind second opinion: a packet without the author's conclusion, the reviewer's own first, then the comparison."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import PublicKey
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.inquiry import load_finding
from witnessmark.desk.items import get_item, original_path
from witnessmark.desk.space import case_space
from witnessmark.desk.statements import fit_claims
from witnessmark.desk.subjects import authors_of, named_with_key, subject_of
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.fusion import fuse
from witnessmark.lines.contract import no_progress
from witnessmark.plain import from_plain, to_plain
from witnessmark.review import ReviewerKey
from witnessmark.review.comparing import AuthorsView, Compared, compare
from witnessmark.review.conclusions import Conclusion, blank_form, conclusion_holds, read_form, sign_conclusion
from witnessmark.review.packets import packet, readme
from witnessmark.review.people import same_name, seen_as

OPENED, CONCLUDED, COMPARED = "review.opened", "review.concluded", "review.compared"
_SUFFIXES = {
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "video/x-matroska": ".mkv",
    "application/pdf": ".pdf",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A packet as handed out.

    Attributes
    ----------
    subject : str
    reviewer : str
    blind : bool
    packet_sha256 : Sha256
        Of ``packet.json``.
    folder : Path
    files : tuple of str
    """

    subject: str
    reviewer: str
    blind: bool
    packet_sha256: Sha256
    folder: Path
    files: tuple[str, ...]


def open_packet(
    case: Case, subject_id: str, reviewer: str, out: Path, *, blind: bool = True, footage: bool = True
) -> Opened:
    """Hand a reviewer what they need to judge a finding or an assessment, and log it.

    Parameters
    ----------
    case : Case
    subject_id : str
    reviewer : str
        Never an author of the subject.
    out : Path
        A new or empty folder.
    blind : bool
        Leave out the author's conclusion, and who the author is.
    footage : bool
        Put copies of the originals in; the packet is then as much to be protected as they are.

    Returns
    -------
    Opened

    Raises
    ------
    NotFoundError
        When there is no such subject.
    BadInputError
        When the reviewer has no name or is an author.
    ClashError
        When the folder holds something, or the reviewer has seen the conclusion already and asks for it blind.
    """
    subject = subject_of(case, subject_id)
    if not seen_as(reviewer):
        raise BadInputError("The packet names no reviewer.", "Give the name that will stand under the review.")
    for author in authors_of(case, subject):
        if same_name(author, reviewer):
            raise BadInputError(f"{reviewer} made '{subject_id}' and cannot review it.", "Ask somebody else.")
    if blind and _has_seen(case, subject_id, reviewer):
        raise ClashError(
            f"{reviewer} has seen the author's conclusion on '{subject_id}' and cannot be blind to it any more.",
            "Ask somebody else, or hand out the packet without --blind.",
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ClashError(f"'{out}' exists and is not an empty folder.", "Choose another folder for the packet.")
    results = _results(case, subject)
    bodies = [_item(case, name) for name in _exhibits(subject)]
    files = {body["file"]: original_path(case, get_item(case, body["sha256"])) for body in bodies} if footage else {}
    made = packet(
        subject,
        blind=blind,
        items=bodies if footage else [{**body, "file": None} for body in bodies],
        marks=[mark for body in bodies for mark in case.records.marks(body["sha256"])],
        results=results,
        claims=case.records.claims(),
        space=case.settings.get("space"),
    )
    raw = (json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    digest = Sha256.of(raw)
    claims = {claim["id"]: claim["statement"] for claim in case.records.claims()}
    texts = {
        "packet.json": raw,
        "README.txt": readme(subject["id"], blind=blind).encode(),
        "answer.yaml": blank_form(subject["id"], digest, claims).encode(),
    }
    payload = {
        "subject": subject["id"],
        "reviewer": reviewer.strip(),
        "blind": blind,
        "packet": digest,
        "files": sorted((*texts, *files)),
        "clear_footage": bool(files),
    }
    case.record(PremisEvent.DISSEMINATION, OPENED, payload, [Sha256.from_hex(body["sha256"]) for body in bodies])
    _write(out, texts, files)
    return Opened(subject["id"], reviewer.strip(), blind, digest, out, tuple(sorted((*texts, *files))))


def conclude(case: Case, form: bytes, key: ReviewerKey, subject_id: str | None = None) -> Conclusion:
    """Put a reviewer's own conclusion on record, signed, before the author's is shown to them.

    Raises
    ------
    NotFoundError
        When no packet of the subject was handed to this reviewer.
    BadInputError
        When the form is of another packet, or the reviewer is an author by name or key.
    ClashError
        When this reviewer concluded already.
    """
    filled = read_form(form)
    if subject_id is not None and subject_id != filled.subject:
        raise BadInputError(f"The form is about '{filled.subject}', not '{subject_id}'.", "Take that packet's form.")
    subject = subject_of(case, filled.subject)
    with case.writing():
        check_independent(case, subject, key)
        handed = _packets(case, subject["id"], key.reviewer.name)
        opened = next((one for one in reversed(handed) if one["packet"] == filled.packet), None)
        if opened is None:
            raise NotFoundError(
                f"No such packet of '{subject['id']}' was handed to {key.reviewer.name}.",
                "Open one first: witnessmark review open, with the name that stands in the reviewer's key.",
            )
        if own_conclusion(case, subject["id"], key) is not None:
            raise ClashError(
                f"{key.reviewer.name} has concluded on '{subject['id']}' already; a first conclusion stays as it is.",
                "Say what changed your mind in the reasons of the review.",
            )
        unknown = sorted(set(filled.stances) - {claim["id"] for claim in case.records.claims()})
        if unknown:
            raise BadInputError(f"There is no claim '{unknown[0]}'.", "Answer on the claims of the form only.")
        blind = bool(opened["blind"]) and not _has_seen(case, subject["id"], key.reviewer.name)
        made = sign_conclusion(filled, blind=blind, at=dt.datetime.now(dt.UTC), key=key)
        case.record(PremisEvent.DIGITAL_SIGNATURE_GENERATION, CONCLUDED, {"conclusion": made})
    return made


def compared(case: Case, subject_id: str, key: ReviewerKey) -> tuple[Compared, ...]:
    """The author's conclusion beside the reviewer's own; shown only once the reviewer's is on record, and logged.

    Raises
    ------
    NotFoundError
        When the reviewer has not concluded yet.
    CustodyError
        When the conclusion on record was altered.
    """
    subject = subject_of(case, subject_id)
    own = own_conclusion(case, subject["id"], key)
    if own is None:
        raise NotFoundError(
            f"{key.reviewer.name} has not concluded on '{subject_id}' yet, so the author's conclusion is not shown.",
            "Sign your own first: witnessmark review conclude.",
        )
    payload = {"subject": subject["id"], "reviewer": key.reviewer.name}
    once = f"compared {subject['id']} {fingerprint(key).hex()}"
    case.record(PremisEvent.DISSEMINATION, COMPARED, payload, once=once)
    return compare(authors_view(case, subject), own)


def own_conclusion(case: Case, subject_id: str, key: ReviewerKey) -> Conclusion | None:
    """What this reviewer concluded alone on a subject, if it is on record and its signature holds."""
    for made in conclusions(case):
        same_key = PublicKey(made.reviewer.public_key_pem.encode()).fingerprint == fingerprint(key)
        if made.subject_id == subject_id and (same_key or same_name(made.reviewer.name, key.reviewer.name)):
            return made
    return None


def conclusions(case: Case) -> list[Conclusion]:
    """Every reviewer's own conclusion whose signature holds, oldest first."""
    found = [from_plain(Conclusion, payload["conclusion"]) for payload in case.records.payloads(CONCLUDED)]
    return [made for made in found if conclusion_holds(made)]


def authors_view(case: Case, subject: Mapping[str, Any]) -> AuthorsView:
    """What the subject comes to, in values that can be compared with a reviewer's."""
    if subject["id"].startswith("AS-"):
        statement = "; ".join(" ".join(standing["sentences"]) for standing in subject["standings"])
        arrays = [
            np.load(case.objects.local_path(subject["marginals"][axis]["key"]), allow_pickle=False)
            for axis in ("place", "time")
        ]
        ratios = {standing["claim_id"]: float(standing["log10_lr"]) for standing in subject["standings"]}
        over = case_space(case) if subject["space"] == case_space(case).digest() else None
        return AuthorsView(statement or "No claim was weighed.", arrays[0], arrays[1], over, ratios)
    if subject["kind"] == "abstention":
        return AuthorsView(f"Cannot tell: {subject['reason']}", None, None, None, {})
    over = case_space(case)
    if subject["space"] != over.digest():  # the region or time axis was set anew since
        return AuthorsView(subject["statement"], None, None, None, {})
    fits, _ = fit_claims(case, over, [subject["exhibit"]])
    regions = [fit.region for fit in fits]
    alone = fuse([(subject["id"], load_finding(case, dict(subject)))], over, regions, progress=no_progress)
    ratios = {standing.claim_id: standing.log10_lr for standing in alone.standings}
    return AuthorsView(subject["statement"], alone.posterior_place, alone.posterior_time, over, ratios)


def check_independent(case: Case, subject: Mapping[str, Any], key: ReviewerKey) -> None:
    """Refuse an author who comes as a reviewer, by name, by the case's key, or by a key seen under an author's name.

    Raises
    ------
    BadInputError
    """
    authors = authors_of(case, subject)
    for name in (key.reviewer.name, *named_with_key(case, fingerprint(key))):
        for author in authors:
            if same_name(author, name):
                other = "" if same_name(name, key.reviewer.name) else f" (this key signed as {name} before)"
                raise BadInputError(
                    f"{key.reviewer.name} made '{subject['id']}' and cannot review it{other}.", "Ask somebody else."
                )
    if fingerprint(key) == case.key.public.fingerprint:
        raise BadInputError(
            f"The key of {key.reviewer.name} is the key the case is signed with.",
            "A review is signed with a key that only the reviewer has.",
        )


def fingerprint(key: ReviewerKey) -> Sha256:
    """Of a reviewer's public key."""
    return PublicKey(key.reviewer.public_key_pem.encode()).fingerprint


def handed_unblinded(case: Case, subject_id: str, key: ReviewerKey) -> bool:
    """Whether a packet with the author's conclusion in it was handed to this reviewer."""
    return any(not one["blind"] for one in _packets(case, subject_id, key.reviewer.name))


def _packets(case: Case, subject_id: str, reviewer: str) -> list[dict[str, Any]]:
    handed = case.records.payloads(OPENED)
    return [one for one in handed if one["subject"] == subject_id and same_name(one["reviewer"], reviewer)]


def _has_seen(case: Case, subject_id: str, reviewer: str) -> bool:
    """Whether the reviewer was handed the author's conclusion by this program."""
    shown = [one for one in case.records.payloads(COMPARED) if one["subject"] == subject_id]
    return any(not one["blind"] for one in _packets(case, subject_id, reviewer)) or any(
        same_name(one["reviewer"], reviewer) for one in shown
    )


def _results(case: Case, subject: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not subject["id"].startswith("AS-"):
        return [dict(subject)]
    return [body for body in case.records.results(superseded=True) if body["id"] in subject["findings"]]


def _exhibits(subject: Mapping[str, Any]) -> list[str]:
    return list(subject["subjects"]) if subject["id"].startswith("AS-") else [subject["exhibit"]]


def _item(case: Case, exhibit: str) -> dict[str, Any]:
    body = case.records.item(exhibit)
    assert body is not None, "a finding is on an item of the case"
    file = f"items/{exhibit}{_SUFFIXES.get(body['media_type'], '.bin')}"  # the name it came with may say too much
    return {**body, "file": file, "appearances": case.records.appearances(body["sha256"])}


def _write(out: Path, texts: Mapping[str, bytes], files: Mapping[str, Path]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, data in texts.items():
            (out / name).write_bytes(data)
        for name, path in files.items():
            (out / name).parent.mkdir(exist_ok=True, mode=0o700)
            shutil.copyfile(path, out / name)
            (out / name).chmod(0o600)
    except OSError as error:
        raise BadInputError(
            f"The packet cannot be written to '{out}' ({error.strerror}).", "Choose another."
        ) from error


def plain_rows(rows: tuple[Compared, ...]) -> list[dict[str, Any]]:
    """Compared questions as plain values."""
    return [plain for row in rows if isinstance(plain := to_plain(row), dict)]
