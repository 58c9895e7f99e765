"""Gathering a case into what a dossier is sealed from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from witnessmark import __version__
from witnessmark.custody.hashes import Sha256, Sha512
from witnessmark.custody.log import parse_event
from witnessmark.custody.records import CopyKind, Derivation, PremisEvent
from witnessmark.custody.timestamps import request_token, stamp_of
from witnessmark.desk.assessing import latest_assessment
from witnessmark.desk.case import Case
from witnessmark.desk.claims import bearing_record
from witnessmark.desk.lawful import law_rows
from witnessmark.desk.planned import captured_exhibits, kept_objects, secret_words
from witnessmark.desk.proposals import tally
from witnessmark.desk.register import person_row, persons
from witnessmark.desk.reviewing import review_rows
from witnessmark.desk.space import case_space
from witnessmark.dossier import (
    CustodyToken,
    DossierContent,
    DossierPicture,
    Edition,
    Original,
    Plan,
    SealedDossier,
    seal,
)
from witnessmark.errors import NotFoundError
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.plain import Plain, from_plain, iso, to_plain

Progress = Callable[[float, str], None]
_QUESTION = "What does this footage show: is it new, where and when was it filmed, and whose account does it fit?"
_NAMING_LINES = frozenset({"copies", "scene"})  # whose pictures name recordings that may be of others
_ITEM_FIELDS = ("exhibit_number", "sha256", "sha512", "size_bytes", "media_type", "copy", "media")


def seal_case(
    case: Case, out: Path, edition: Edition, *, plan: Plan | None = None, progress: Progress | None = None
) -> SealedDossier:
    """Seal a dossier of the case as it stands, and log that it was handed out.

    Parameters
    ----------
    case : Case
    out : Path
        A folder that does not exist yet.
    edition : Edition
    plan : Plan, optional
        Recipient, purpose, and what is left out beyond what every edition of its kind leaves out.
    progress : callable (done from 0 to 1, what), optional

    Returns
    -------
    SealedDossier

    Raises
    ------
    ClashError
        When `out` exists.
    NotFoundError
        When there is nothing to seal yet.
    BadInputError
        When the plan does not fit the case, or the register's names cannot be looked for and the plan does not say why.
    """
    content = planned(case, edition, plan)
    stamper = None if case.tsa_url is None else _stamper(case.tsa_url)
    sealed = seal(content, out, edition, case.key.sign, stamp=stamper, progress=progress)
    case.record(
        PremisEvent.INFORMATION_PACKAGE_CREATION,
        "dossier.sealed",
        {
            "edition": edition,
            "name": out.name,
            "seal_sha256": sealed.seal_sha256,
            "files": sealed.n_files,
            "size_bytes": sealed.size_bytes,
            "recipient": content.plan.recipient or None,
            "purpose": content.plan.purpose or None,
            "left_out": content.plan.left_out,
        },
    )
    return sealed


def planned(case: Case, edition: Edition, plan: Plan | None = None) -> DossierContent:
    """What `gather` gives with the plan of an edition, and the sealed names that a public one must not tell.

    Raises
    ------
    NotFoundError, BadInputError
        As `seal_case`.
    """
    chosen = plan or Plan()
    content = replace(gather(case), plan=chosen)
    if edition is Edition.CLOSED:
        return content
    secrets = secret_words(case, f"looked for in a public edition {chosen.purpose}".strip(), chosen)
    return replace(content, secrets=secrets)


def gather(case: Case) -> DossierContent:
    """Everything a dossier of the case is made from.

    Raises
    ------
    NotFoundError
        When the case holds no item.
    """
    if not case.records.items(copy="evidentiary"):
        raise NotFoundError("The case holds no item to hand over.", "Take one in with: witnessmark item add FILE.")
    events = tuple(case.log.raw(number) for number in range(1, case.log.head().number + 1))
    stamps = [stamp for stamp in map(stamp_of, map(parse_event, events)) if stamp is not None]
    findings = case.records.results("finding", superseded=True)
    pictures, assessment = _pictures(case)
    record: dict[str, Any] = {
        "case": _case_facts(case),
        "persons": [person_row(person) for person in persons(case).values()],
        "items": [_item(case, body) for body in case.records.items(copy="evidentiary")],
        "sources": case.records.sources(),
        "claims": [_without(claim, "file") for claim in case.records.claims()],
        "claim_reading": tally(case),
        "claim_bearing": bearing_record(case),
        "hypotheses": _space(case_space(case)) if case.settings.get("space") else None,
        "findings": [_finding(body) for body in findings],
        "abstentions": case.records.results("abstention"),
        "assessment": assessment,
        "other_assessments": _others(case, assessment),
        "reviews": [_review(row) for row in review_rows(case)],
        "law": law_rows(case),
        "not_resolved": assessment["not_resolved"] if assessment else _nothing_fused(case),
    }
    roots = case.trusted_roots
    return DossierContent(
        case=record,
        events=events,
        public_key_pem=case.key.public.pem,
        software_version=__version__,
        pictures=pictures,
        likelihoods={
            body["id"]: np.load(case.objects.local_path(body["log_likelihood"]["key"]), mmap_mode="r")
            for body in findings
        },
        originals=tuple(_original(case, body) for body in case.records.items(copy="evidentiary")),
        tokens=tuple(CustodyToken(stamp.number, stamp.token) for stamp in stamps),
        trusted_roots=() if roots is None else (roots,),
        objects=kept_objects(case),
        pages=captured_exhibits(case),
    )


def _case_facts(case: Case) -> dict[str, Plain]:
    space = case.settings.get("space")
    return {
        "reference": case.settings["reference"],
        "title": case.settings["title"],
        "mandate": case.settings["mandate"] or None,
        "question": _QUESTION,
        "created_at": case.settings["created_at"],
        "region": None if space is None else space["region_deg"],
        "time_axis": None if space is None else {name: space[name] for name in ("from", "to", "step_s")},
    }


def _space(over: Hypotheses) -> dict[str, Plain]:
    places, times = over.places, over.times
    bounds = (places.lon_deg.min(), places.lat_deg.min(), places.lon_deg.max(), places.lat_deg.max())
    return {
        "crs": places.crs,
        "spacing_m": places.spacing_m,
        "n_places": places.n_places,
        "bounds": [round(float(bound), 6) for bound in bounds],
        "start": iso(times.start),
        "step_s": times.step_s,
        "n_instants": times.n_instants,
        "grid_prior": over.grid_prior,
        "alternatives": to_plain(over.alternatives),
        "digest": over.digest(),
    }


def _item(case: Case, body: dict[str, Any]) -> dict[str, Any]:
    derived = [_without(entry, "key") for entry in case.records.items(copy=CopyKind.DERIVED, parent=body["sha256"])]
    return {
        **{name: body.get(name) for name in _ITEM_FIELDS},
        "captures": case.records.captures(body["sha256"]),
        "appearances": case.records.appearances(body["sha256"]),
        "derived": derived,
    }


def _finding(body: dict[str, Any]) -> dict[str, Plain]:
    weight = _without(body["log_likelihood"], "key")
    return {**body, "log_likelihood": weight}


def _review(row: dict[str, Any]) -> dict[str, Plain]:
    reviewer = row["reviewer"]
    untouched = _without(row, "state", "notes")  # what the reviewer signed, to the letter
    return {**row, "subject": row["subject_id"], "reviewer": reviewer["name"], "signed": untouched}


def _pictures(case: Case) -> tuple[tuple[DossierPicture, ...], dict[str, Any] | None]:
    found: list[DossierPicture] = []
    results = [*case.records.results("finding", superseded=True), *case.records.results("abstention")]
    told = {picture["sha256"] for body in results for picture in body.get("pictures", [])}
    for item in case.records.items(copy="evidentiary"):
        bodies = case.records.items(copy=CopyKind.DERIVED, parent=item["sha256"])  # working copies stay in the case
        derived = {body["name"]: body for body in bodies if not _untold(body, told)}
        for name, body in derived.items():
            if name.endswith("-blurred.png"):
                continue  # goes with the clear one
            derivation = from_plain(Derivation, body["derivation"])
            blurred = derived.get(name.removesuffix(".png") + "-blurred.png")
            found.append(
                DossierPicture(
                    name=f"{item['exhibit_number']}-{body['name']}",
                    caption=body["caption"],
                    png=case.objects.get(body["key"]),
                    exhibit=item["exhibit_number"],
                    shows_footage=body["shows_footage"],
                    derivation=derivation,
                    public_png=None if blurred is None else case.objects.get(blurred["key"]),
                    names_recordings=derivation.parameters.get("line") in _NAMING_LINES,
                )
            )
    try:
        assessment = latest_assessment(case)
    except NotFoundError:
        return tuple(found), None
    for picture in assessment["pictures"]:
        png = case.objects.get(picture["key"])
        found.append(DossierPicture(picture["name"], picture["caption"], png, None, shows_footage=False))
    names: list[Plain] = [picture["name"] for picture in assessment["pictures"]]
    return tuple(found), {**assessment, "pictures": names}


def _untold(body: dict[str, Any], told: set[str]) -> bool:
    """Whether a picture may name recordings that no result in the dossier tells of: a public edition could not know."""
    return body["derivation"]["parameters"].get("line") in _NAMING_LINES and body["sha256"] not in told


def _others(case: Case, assessment: dict[str, Any] | None) -> list[Plain]:
    """The newest assessment of every other recording."""
    newest = {tuple(body["subjects"]): body for body in case.records.assessments()}
    names = ("id", "subjects", "standings", "shares", "regions_place", "regions_time", "not_resolved", "digest")
    return [
        {name: body[name] for name in names}
        for body in newest.values()
        if assessment is None or body["subjects"] != assessment["subjects"]
    ]


def _nothing_fused(case: Case) -> list[Plain]:
    made = case.records.results("finding")
    reason = "no line of inquiry gave a finding" if not made else "the findings were not fused"
    return [f"There is no assessment: {reason}."]


def _original(case: Case, body: dict[str, Any]) -> Original:
    return Original(
        exhibit=body["exhibit_number"],
        path=case.objects.local_path(body["key"]),
        sha256=Sha256.from_hex(body["sha256"]),
        sha512=Sha512.from_hex(body["sha512"]),
        size_bytes=body["size_bytes"],
        name=body["name"],
    )


def _stamper(url: str) -> Callable[[bytes], bytes]:
    return lambda data: request_token(data, url, timeout_s=20.0)


def _without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}
