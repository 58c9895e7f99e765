"""Naming a unit in a case: proposed on two independent clues, signed by somebody else, or not named at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Item, PremisEvent
from witnessmark.desk.case import Case
from witnessmark.errors import BadInputError, ClashError, NotFoundError
from witnessmark.plain import from_plain, to_plain
from witnessmark.review import Review, ReviewerKey, State, Verdict, digest_of, review_from_plain, verify_review
from witnessmark.review.naming import CAVEAT, Clue, UnitNaming, check_naming, sign_naming

PROPOSED, SIGNED = "unit.proposed", "unit.signed"
LINE_KINDS = {"uniforms": "worn", "text": "written", "conversation": "spoken"}
"""What kind of clue a line gives; no other line tells of units."""
SAID_KINDS = ("document", "testimony")
"""What kind of clue a claim is."""


@dataclass(frozen=True, slots=True)
class NamingNow:
    """A naming and how it stands.

    Attributes
    ----------
    naming : UnitNaming
    state : str
        "proposed", "signed off", "dissented from", "signed off and dissented from" or "stale".
    signed_by : tuple of str
        Whose signature holds.
    dissents : tuple of str
        Who dissents, with the reason.
    said : str
        What may be told of it: never the unit without how sure, what else, and who signed.
    """

    naming: UnitNaming
    state: str
    signed_by: tuple[str, ...]
    dissents: tuple[str, ...]
    said: str


def clue_of(case: Case, name: str, says: str, kind: str = "") -> Clue:
    """A clue from what stands on record: its inputs are taken from there, never from who names it.

    Parameters
    ----------
    case : Case
    name : str
        A finding, abstention (of uniforms, text or conversation) or claim.
    says : str
        What in it points to the unit.
    kind : str
        Only for claims: "document" or "testimony".

    Raises
    ------
    NotFoundError
        When nothing of that name stands.
    BadInputError
        When it tells nothing of units, or saw nothing.
    """
    for body in case.records.results():
        if body["id"] == name:
            line = str(body["line"])
            if line not in LINE_KINDS:
                raise BadInputError(
                    f"The line '{line}' tells nothing of units.", f"Clues come from {', '.join(sorted(LINE_KINDS))}."
                )
            if body["observations"] is None:
                raise BadInputError(f"{name} saw nothing, so it is no clue.", "Name one that has observations.")
            return Clue(LINE_KINDS[line], says.strip(), name, _inputs(case, body["inputs"]))
    for claim in case.records.claims():
        if claim["id"] == name:
            if kind not in SAID_KINDS:
                raise BadInputError(f"'{kind}' is no kind of claim.", f"Say {' or '.join(SAID_KINDS)}.")
            return Clue(kind, says.strip(), name, ((f"source {claim['source']}", "said"),))
    raise NotFoundError(
        f"Nothing of the name '{name}' stands on record.", "Name a finding, an abstention or a claim of this case."
    )


def propose_naming(
    case: Case, item: Item, unit: str, how_sure: str, other_explanations: Sequence[str], clues: Sequence[Clue]
) -> UnitNaming:
    """Put a proposal on record; it names nobody until somebody else has signed it.

    Raises
    ------
    BadInputError
        When it rests on too little (`witnessmark.review.naming.check_naming`), or a clue is not what stands on record.
    """
    naming = UnitNaming(
        unit=unit.strip(),
        item=item.sha256,
        how_sure=how_sure,
        other_explanations=tuple(text.strip() for text in other_explanations if text.strip()),
        clues=tuple(clues),
        author=case.operator,
        at=dt.datetime.now(dt.UTC).replace(microsecond=0),
    )
    for clue in clues:
        if clue_of(case, clue.result, clue.says, clue.kind) != clue:
            raise BadInputError(f"The clue from {clue.result} is not what stands on record.", "Take it anew.")
    check_naming(naming)
    body = {"naming": naming, "id": naming.id, "statement": naming.statement}
    case.record(PremisEvent.METADATA_MODIFICATION, PROPOSED, body, [item.sha256])
    return naming


def sign_unit(
    case: Case, naming_id: str, *, key: ReviewerKey, verdict: Verdict, reasons: str, conflict_of_interest: str
) -> Review:
    """Sign a proposed naming off, or dissent from it; its author cannot.

    Raises
    ------
    NotFoundError
        When there is no such proposal.
    ClashError
        When a clue of it was superseded.
    BadInputError
        When the reviewer is its author or shares the case's key, or says nothing of what was checked.
    """
    naming = _proposal(case, naming_id)
    if _stale(case, naming):
        raise ClashError(
            f"A clue of {naming_id} was superseded since it was proposed.", "Propose it anew on what stands now."
        )
    review = sign_naming(
        naming,
        key=key,
        verdict=verdict,
        reasons=reasons,
        conflict_of_interest=conflict_of_interest,
        at=dt.datetime.now(dt.UTC),
        author_keys=[case.key.public],
    )
    case.record(PremisEvent.VALIDATION, SIGNED, {"naming": naming.id, "review": review}, [naming.item])
    return review


def namings(case: Case) -> tuple[NamingNow, ...]:
    """Every proposal with how it stands, oldest first; only those "signed off" name a unit, and say how surely."""
    return tuple(_now(case, naming) for naming in _proposals(case))


def _proposals(case: Case) -> list[UnitNaming]:
    return [from_plain(UnitNaming, payload["naming"]) for payload in case.records.payloads(PROPOSED)]


def _proposal(case: Case, naming_id: str) -> UnitNaming:
    for naming in _proposals(case):
        if naming.id == naming_id:
            return naming
    raise NotFoundError(f"There is no naming '{naming_id}'.", "See them with: witnessmark emblems units.")


def _now(case: Case, naming: UnitNaming) -> NamingNow:
    latest: dict[str, Review] = {}
    for payload in case.records.payloads(SIGNED):
        if payload["naming"] == naming.id:
            review = review_from_plain(payload["review"])
            check = verify_review(review, digest_of(naming), author=naming.author, author_keys=[case.key.public])
            if check.state is State.HOLDS:
                latest[review.reviewer.public_key_pem] = review
    signed = tuple(each.reviewer.name for each in latest.values() if each.verdict is Verdict.SIGN_OFF)
    dissents = tuple(
        f"{each.reviewer.name}: {each.reasons}" for each in latest.values() if each.verdict is Verdict.DISSENT
    )
    if _stale(case, naming):
        state, said = "stale", f"A clue of this proposal was superseded; it names no unit. {CAVEAT}"
    elif signed:
        state = "signed off and dissented from" if dissents else "signed off"
        against = f" Dissent: {' '.join(dissents)}" if dissents else ""
        said = f"{naming.statement} Signed off by {', '.join(signed)}.{against}"
    else:
        state = "dissented from" if dissents else "proposed"
        said = f"A proposal that nobody but its author has signed; it names no unit. {CAVEAT}"
    return NamingNow(naming, state, signed, dissents, said)


def _stale(case: Case, naming: UnitNaming) -> bool:
    standing = {body["id"] for body in case.records.results()} | {claim["id"] for claim in case.records.claims()}
    return any(clue.result not in standing for clue in naming.clues)


def _inputs(case: Case, inputs: Sequence[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    """What a result rests on in the case: the root of each copy, and whether it is its pictures or its sound."""
    found = set()
    for entry in inputs:
        item = case.records.item(str(entry["sha256"]))
        while item is not None and (item.get("derivation") or {}).get("parent"):
            parent = case.records.item(str(item["derivation"]["parent"]))
            if parent is None:
                break
            item = parent
        if item is not None:
            found.add((str(item["sha256"]), "sound" if "sound" in str(entry["part"]) else "pictures"))
    return tuple(sorted(found))


def plain_naming(now: NamingNow) -> dict[str, Any]:
    """A naming for programs: the unit only inside a sentence, or beside how sure, its state and the caveat."""
    naming = now.naming
    return {
        "id": naming.id,
        "state": now.state,
        "said": now.said,
        "proposal": {
            "unit_proposed": naming.unit,
            "how_sure": naming.how_sure,
            "other_explanations": list(naming.other_explanations),
            "author": naming.author,
            "at": to_plain(naming.at),
            "item": naming.item.hex(),
            "clues": to_plain(naming.clues),
            "caveat": CAVEAT,
        },
        "signed_by": list(now.signed_by),
        "dissents": list(now.dissents),
        "digest": Sha256(digest_of(naming)).hex(),
    }
