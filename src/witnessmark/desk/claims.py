"""Relations between claims, findings set beside them, and the matrix of claims and findings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from witnessmark.claims.attachments import (
    Attachment,
    Strength,
    alternatives_of,
    read_alternative,
    read_strength,
    still_standing,
)
from witnessmark.claims.bodies import claim_of
from witnessmark.claims.matrix import Matrix, Weighed, matrix
from witnessmark.claims.matrix_plain import NOT_MULTIPLIED, plain_matrix
from witnessmark.claims.records import Claim
from witnessmark.claims.relations import IN_THE_FILE, OriginKind, Relation, RelationKind, check, stated
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.items import get_item
from witnessmark.desk.statements import case_claims, case_sources
from witnessmark.errors import BadInputError, NotFoundError
from witnessmark.fusion.records import Share, Standing
from witnessmark.plain import Plain, from_plain, to_plain

RELATED, UNRELATED = "claim.related", "claim.unrelated"
ATTACHED, DETACHED = "claim.attached", "claim.detached"


def relate(
    case: Case, claim_id: str, kind: RelationKind | str, other: str, *, reason: str = "", ring: bool = False
) -> Relation:
    """Record that a claim repeats or contradicts another, or is attributed to something.

    Parameters
    ----------
    case : Case
    claim_id : str
    kind : RelationKind
    other : str
        A claim's id; for attributes-to also a source's id, an exhibit number, or an address.
    reason : str
        How it is known.
    ring : bool
        Keep it although the claims then go back to one another in a circle.

    Raises
    ------
    NotFoundError
        For an unknown claim or other end.
    BadInputError, ClashError
        When it cannot stand beside what is on record (`witnessmark.claims.relations.check`).
    """
    way = _kind(kind)
    with case.writing():
        claims = {body["id"]: body for body in case.records.claims()}
        if claim_id not in claims:
            raise _no_claim(claim_id)
        end, end_kind = _other_end(case, other, way, claims)
        made = Relation(way, claim_id, end, end_kind, reason.strip(), ring)
        check(made, relations(case))
        case.record(PremisEvent.METADATA_MODIFICATION, RELATED, {"relation": made})
    return made


def unrelate(case: Case, claim_id: str, kind: RelationKind | str, other: str, *, reason: str) -> Relation:
    """Take a relation back; the log keeps both.

    Raises
    ------
    NotFoundError
        When there is no such relation.
    BadInputError
        When no reason is given, or the relation stands in a claims file.
    """
    way = _kind(kind)
    if not reason.strip():
        raise BadInputError("A relation is not taken back without a reason.", "Say with --reason what was wrong.")
    with case.writing():
        for known in relations(case):
            if known.key == Relation(way, claim_id, other, known.other_kind).key:
                break
        else:
            raise NotFoundError(
                f"It is not on record that {claim_id} {way} {other}.", "See: witnessmark claim show CLAIM."
            )
        if known.reason == IN_THE_FILE:
            raise BadInputError(
                "That relation is stated in the claims file.", "Change it there and record it again: claim add FILE."
            )
        case.record(PremisEvent.METADATA_MODIFICATION, UNRELATED, {"withdrawn": known, "reason": reason.strip()})
    return known


def relations(case: Case) -> list[Relation]:
    """Every relation that stands: stated by the claims themselves, then recorded by people."""
    claims = case_claims(case)
    known = {claim.id for claim in claims}
    found = {relation.key: relation for relation in stated(claims)}
    for payload in case.records.payloads(RELATED, UNRELATED):
        if "withdrawn" in payload:
            found.pop(from_plain(Relation, payload["withdrawn"]).key, None)
        else:
            relation = from_plain(Relation, payload["relation"])
            if relation.claim in known:
                found.setdefault(relation.key, relation)
    return list(found.values())


def attach(
    case: Case,
    finding: str,
    claim_id: str,
    *,
    bears_for: bool,
    strength: Strength | str,
    reason: str,
    alternative: str | None = None,
) -> Attachment:
    """Set a finding beside a claim, as a judgement in words that is never multiplied into what was weighed.

    Raises
    ------
    NotFoundError
        For an unknown claim, or a finding that does not stand.
    BadInputError
        For no reason, an unknown strength or alternative.
    """
    step = read_strength(strength) if isinstance(strength, str) else strength
    if not any(sign.isalnum() for sign in reason):
        raise BadInputError(
            "A finding is not attached without a reason.", "Say with --reason what in it bears, and how."
        )
    with case.writing():
        if finding not in {body["id"] for body in case.records.results("finding")}:
            raise NotFoundError(f"There is no current finding '{finding}'.", "See them with: witnessmark claim matrix.")
        claim = get_claim(case, claim_id)
        number = len(case.records.payloads(ATTACHED)) + 1
        made = Attachment(
            id=f"AT-{number:04d}",
            finding=finding,
            claim=claim_id,
            alternative=read_alternative(claim, alternative),
            bears_for=bears_for,
            strength=step,
            reason=reason.strip(),
            by=case.operator,
        )
        case.record(PremisEvent.METADATA_MODIFICATION, ATTACHED, {"attachment": made})
    return made


def detach(case: Case, attachment_id: str, *, reason: str) -> None:
    """Take an attachment back; the log keeps both.

    Raises
    ------
    NotFoundError
    BadInputError
        When no reason is given.
    """
    if not reason.strip():
        raise BadInputError("An attachment is not taken back without a reason.", "Say with --reason what was wrong.")
    with case.writing():
        if attachment_id not in {entry["id"] for entry in _attached(case)}:
            raise NotFoundError(f"There is no attachment '{attachment_id}'.", "See: witnessmark claim show CLAIM.")
        payload = {"attachment": attachment_id, "reason": reason.strip()}
        case.record(PremisEvent.METADATA_MODIFICATION, DETACHED, payload)


def name_alternatives(case: Case, claim_id: str, names: Sequence[str]) -> Claim:
    """Say what could be the case instead of a claim; those it had stay.

    Raises
    ------
    NotFoundError
    BadInputError
        When no name is given.
    """
    plain = [" ".join(name.split()) for name in names]
    if not plain or not all(plain):
        raise BadInputError("No alternative is named.", 'Say what could be instead: --name "another unit".')
    with case.writing():
        body = _claim_body(case, claim_id)
        claim = claim_of(body)
        known = {name.casefold() for name in alternatives_of(claim)}
        fresh = [name for name in dict.fromkeys(plain) if name.casefold() not in known]
        about = {**body["about"], "otherwise": [*claim.about.otherwise, *fresh]}
        if fresh:
            _state_anew(case, {**body, "about": about})
    return get_claim(case, claim_id)


def tie_items(case: Case, claim_id: str, items: Sequence[str]) -> Claim:
    """Say which recordings a claim is about; those named replace those named before, none ties it to all.

    Raises
    ------
    NotFoundError
        For an unknown claim or item.
    """
    exhibits = list(dict.fromkeys(get_item(case, item).exhibit_number for item in items))
    with case.writing():
        body = _claim_body(case, claim_id)
        if list(body.get("items", [])) != exhibits:
            _state_anew(case, {**body, "items": exhibits})
    return get_claim(case, claim_id)


def get_claim(case: Case, claim_id: str) -> Claim:
    """A claim on record.

    Raises
    ------
    NotFoundError
    """
    return claim_of(_claim_body(case, claim_id))


def case_matrix(case: Case, items: Sequence[str] = ()) -> Matrix:
    """Claims against the newest assessment of each recording, and what people recorded about the claims.

    Parameters
    ----------
    case : Case
    items : sequence of str
        Only assessments of these recordings, and claims about them or about none in particular.

    Raises
    ------
    NotFoundError
        For an unknown item.
    """
    exhibits = {get_item(case, item).exhibit_number for item in items}
    claims = [claim for claim in case_claims(case) if not exhibits or not claim.items or exhibits & set(claim.items)]
    newest = {tuple(body["subjects"]): body for body in case.records.assessments()}
    return matrix(
        claims,
        case_sources(case),
        [weighed_of(body) for subjects, body in newest.items() if not exhibits or exhibits & set(subjects)],
        relations(case),
        attachments(case),
    )


def show_claim(case: Case, claim_id: str) -> dict[str, Any]:
    """A claim as recorded, and its row of the matrix.

    Raises
    ------
    NotFoundError
    """
    body = _claim_body(case, claim_id)
    rows = plain_matrix(case_matrix(case), case_sources(case))["rows"]
    assert isinstance(rows, list)
    row = next(entry for entry in rows if isinstance(entry, dict) and entry["claim"] == claim_id)
    return {"claim": body, "row": row}


def bearing_record(case: Case) -> dict[str, Plain]:
    """What people recorded about the claims, for a dossier: relations, voices, attachments; addresses stand apart.

    A public edition leaves every `url` out, so no other member holds one.
    """
    known = relations(case)
    addresses = [relation.other for relation in known if relation.other_kind is OriginKind.ADDRESS]
    numbers = {address: f"post {number}" for number, address in enumerate(dict.fromkeys(addresses), 1)}

    def without(text: str) -> str:
        for address in sorted(numbers, key=len, reverse=True):
            text = text.replace(address, numbers[address])
        return text

    made = plain_matrix(case_matrix(case), case_sources(case))
    rows, voices = made["rows"], made["voices"]
    assert isinstance(rows, list) and isinstance(voices, list)
    return {
        "relations": [
            {
                "claim": relation.claim,
                "kind": relation.kind.value,
                "other": numbers.get(relation.other, relation.other),
                "other_kind": relation.other_kind.value,
                "reason": without(relation.reason),
                "url": relation.other if relation.other in numbers else None,
            }
            for relation in known
        ],
        "voices": [
            {
                **{name: without(str(voice[name])) for name in ("key", "name")},
                "claims": voice["claims"],
                "how_known": [without(str(reason)) for reason in voice["how_known"]],
            }
            for voice in voices
            if isinstance(voice, dict) and isinstance(voice["how_known"], list)
        ],
        "heard": {
            str(row["claim"]): {name: row[name] for name in ("voices", "outlets", "said_in", "ring")}
            for row in rows
            if isinstance(row, dict)
        },
        "attached": [
            {"claim": row["claim"], **entry}
            for row in rows
            if isinstance(row, dict) and isinstance(row["attached"], list)
            for entry in row["attached"]
            if isinstance(entry, dict)
        ],
        "not_multiplied": NOT_MULTIPLIED,
    }


def attachments(case: Case) -> list[Attachment]:
    """The attachments that stand, oldest first: not taken back, and of findings that were not superseded."""
    superseded = {body["id"] for body in case.records.results("finding", superseded=True) if body["superseded_by"]}
    return still_standing([from_plain(Attachment, entry) for entry in _attached(case)], superseded)


def weighed_of(body: Mapping[str, Any]) -> Weighed:
    """What the matrix reads of an assessment as recorded."""
    standings = {
        entry["claim_id"]: Standing(**{name: entry[name] for name in Standing.__dataclass_fields__})
        for entry in body["standings"]
    }
    fields = Share.__dataclass_fields__
    shares = tuple(
        Share(**{name: value for name, value in entry.items() if name in fields}) for entry in body["shares"]
    )
    reasons = {entry["claim_id"]: entry["reason"] for entry in body.get("claims_not_weighed", ())}
    return Weighed(body["id"], tuple(body["subjects"]), standings, shares, reasons)


def _attached(case: Case) -> list[dict[str, Any]]:
    """Attachments that were not taken back."""
    gone = {payload["attachment"] for payload in case.records.payloads(DETACHED)}
    found = [payload["attachment"] for payload in case.records.payloads(ATTACHED)]
    return [entry for entry in found if entry["id"] not in gone]


def _state_anew(case: Case, body: Mapping[str, Any]) -> None:
    """Record a claim again with something changed."""
    plain = to_plain(body)
    case.record(PremisEvent.METADATA_MODIFICATION, "claims.recorded", {"sources": [], "claims": [plain]})


def _claim_body(case: Case, claim_id: str) -> dict[str, Any]:
    for body in case.records.claims():
        if body["id"] == claim_id:
            return body
    raise _no_claim(claim_id)


def _no_claim(claim_id: str) -> NotFoundError:
    return NotFoundError(f"There is no claim '{claim_id}' on record.", "See them with: witnessmark claim list.")


def _kind(kind: RelationKind | str) -> RelationKind:
    try:
        return RelationKind(kind)
    except ValueError as error:
        known = ", ".join(way.value for way in RelationKind)
        raise BadInputError(f"'{kind}' is no relation.", f"Say one of: {known}.") from error


def _other_end(case: Case, other: str, kind: RelationKind, claims: Collection[str]) -> tuple[str, OriginKind]:
    """What the other end of a relation is: a claim before a source before an item before an address."""
    if other in claims:
        return other, OriginKind.CLAIM
    if kind is RelationKind.ATTRIBUTES_TO:
        if other in {body["id"] for body in case.records.sources()}:
            return other, OriginKind.SOURCE
        item = case.records.item(other)
        if item is not None:
            return item["exhibit_number"], OriginKind.ITEM
        if "://" in other and other.isprintable() and " " not in other:
            return other, OriginKind.ADDRESS
        raise NotFoundError(
            f"'{other}' is no claim, source or item on record.",
            "Name one of these, or the whole address of a post, beginning with https://.",
        )
    raise _no_claim(other)
