"""What can be reviewed, who made it, and what has taken its place or the place of something it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.keys import PublicKey
from witnessmark.desk.case import Case
from witnessmark.errors import NotFoundError, WitnessmarkError
from witnessmark.review.people import same_name


def subject_of(case: Case, subject_id: str) -> dict[str, Any]:
    """A finding, abstention or assessment as recorded.

    Raises
    ------
    NotFoundError
    """
    for body in (*case.records.results(superseded=True), *case.records.assessments()):
        if body["id"] == subject_id:
            return body
    raise NotFoundError(
        f"There is no finding or assessment '{subject_id}'.",
        "Findings are printed by witnessmark line run, assessments by witnessmark assess.",
    )


def authors_of(case: Case, subject: Mapping[str, Any]) -> list[str]:
    """Everybody who made the subject: who ran the line or the assessment, and who drew a mark that it rests on."""
    results = {body["id"]: body for body in case.records.results(superseded=True)}
    made = [subject, *(results[name] for name in subject.get("findings", []) if name in results)]
    authors = {str(body["author"]) for body in made}
    marked = {
        str(ref["part"]).removeprefix("mark:")
        for body in made
        for ref in body.get("inputs", [])
        if str(ref["part"]).startswith("mark:")
    }
    if marked:
        drawn = [payload["mark"] for payload in case.records.payloads("mark.drawn")]
        authors |= {str(mark["author"]) for mark in drawn if mark["id"] in marked}
    return sorted(authors)


def superseded_by(case: Case, subject: Mapping[str, Any]) -> str | None:
    """What took the subject's place, or the place of a finding it fused, by id; None while it stands."""
    if not subject["id"].startswith("AS-"):
        by = subject.get("superseded_by")
        return None if by is None else str(by)
    of_these = [body for body in case.records.assessments() if body["subjects"] == subject["subjects"]]
    if of_these[-1]["id"] != subject["id"]:
        return str(of_these[-1]["id"])
    inputs = [body for body in case.records.results(superseded=True) if body["id"] in subject["findings"]]
    return next((str(body["superseded_by"]) for body in inputs if body["superseded_by"]), None)


def inputs_changed(case: Case, subject: Mapping[str, Any], space: str | None) -> list[str]:
    """Why the subject should be made and reviewed again: what it rests on was superseded or withdrawn since.

    Parameters
    ----------
    case : Case
    subject : mapping
    space : str or None
        Digest of the case's space as it is now.

    Returns
    -------
    list of str
        Sentences; empty while nothing changed.
    """
    results = {body["id"]: body for body in case.records.results(superseded=True)}
    said: list[str] = []
    if subject["id"].startswith("AS-"):
        of_these = [body for body in case.records.assessments() if body["subjects"] == subject["subjects"]]
        if of_these[-1]["id"] != subject["id"]:
            said.append(f"A newer assessment of the same items, {of_these[-1]['id']}, stands.")
    made = [subject, *(results[name] for name in subject.get("findings", []) if name in results)]
    standing = {
        str(mark["id"])
        for item in {body["item"] for body in made if "item" in body}
        for mark in case.records.marks(item)
    }
    for body in made:
        if body.get("superseded_by"):
            said.append(f"{body['id']} was superseded by {body['superseded_by']}.")
        gone = [
            name
            for ref in body.get("inputs", [])
            if str(ref["part"]).startswith("mark:") and (name := str(ref["part"])[5:]) not in standing
        ]
        said.extend(f"The mark {name}, which {body['id']} rests on, was withdrawn." for name in gone)
    if subject.get("space") not in (None, space):
        said.append("The region or time axis was set anew since.")
    return said


def author_keys_of(case: Case, authors: Sequence[str]) -> list[PublicKey]:
    """The keys that authors are known to sign with: the case's, and those that signed reviews under their names."""
    found = {case.key.public.pem: case.key.public}
    for reviewer in _signed(case):
        if any(same_name(str(reviewer["name"]), author) for author in authors):
            pem = str(reviewer["public_key_pem"]).encode(errors="replace")
            found[pem] = PublicKey(pem)
    return list(found.values())


def named_with_key(case: Case, fingerprint: Sha256) -> tuple[str, ...]:
    """Names under which a key has signed in this case."""
    names = []
    for reviewer in _signed(case):
        try:
            if PublicKey(str(reviewer["public_key_pem"]).encode(errors="replace")).fingerprint == fingerprint:
                names.append(str(reviewer["name"]))
        except WitnessmarkError:
            continue
    return tuple(dict.fromkeys(names))


def _signed(case: Case) -> list[dict[str, Any]]:
    """Everybody who signed a review or a conclusion, as they signed it."""
    signed = [body["reviewer"] for body in case.records.reviews()]
    return signed + [payload["conclusion"]["reviewer"] for payload in case.records.payloads("review.concluded")]
