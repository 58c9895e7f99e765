"""Proposals read from documents: kept with the document, then accepted, corrected or rejected by a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from witnessmark.claims.accepting import (
    Grading,
    ReadDocument,
    asks,
    make_claim,
    make_source,
    next_claim_id,
    speaker_name,
)
from witnessmark.claims.bodies import claim_body, source_of
from witnessmark.claims.correcting import correct
from witnessmark.claims.proposals import Proposal
from witnessmark.claims.records import Claim, Source
from witnessmark.custody.intake import keep_derived, stored_entry
from witnessmark.custody.records import PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.items import get_item
from witnessmark.errors import BadInputError, ClashError, NotFoundError, WitnessmarkError
from witnessmark.plain import Plain, from_plain, to_plain

KEPT, DECIDED = "proposals.kept", "proposals.decided"
ACCEPTED, REJECTED, OPEN = "accepted", "rejected", "open"


@dataclass(frozen=True, slots=True)
class KeptProposals:
    """What keeping a document's proposals did.

    Attributes
    ----------
    document : str
        SHA-256 of the document, hexadecimal.
    added, known : tuple of str
        Ids of the proposals that are new to the case, and of those it had.
    """

    document: str
    added: tuple[str, ...]
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What accepting did.

    Attributes
    ----------
    claims : tuple of Claim
    sources : tuple of Source
        Those of the claims, new ones and known ones.
    held : tuple of (str, str)
        Proposals that were left open, and what a person has to settle first.
    notes : tuple of str
    """

    claims: tuple[Claim, ...]
    sources: tuple[Source, ...]
    held: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def keep_proposals(
    case: Case,
    data: bytes,
    document: ReadDocument,
    text: str,
    proposals: Sequence[Proposal],
    *,
    unread: str | None = None,
) -> KeptProposals:
    """Keep a captured document, the text that was read from it, and what the reading proposes.

    The same document twice adds nothing; a later reading adds what it newly found.

    Parameters
    ----------
    case : Case
    data : bytes
        The document as captured.
    document : ReadDocument
    text : str
        The text that the proposals' positions count in.
    proposals : sequence of Proposal
    unread : str, optional
        Why nothing could be read, in a sentence.

    Raises
    ------
    BadInputError
        When a proposal names another document, or its passage does not stand where it says.
    """
    kept = keep_derived(data, case.objects)
    for proposal in proposals:
        if bytes(proposal.document) != bytes(kept.sha256):
            raise BadInputError(f"Proposal {proposal.id} is of another document.", "Read this document again.")
        if text[proposal.start : proposal.end] != proposal.passage:
            raise BadInputError(
                f"The passage of proposal {proposal.id} does not stand at {proposal.start} to {proposal.end}.",
                "Read the document again.",
            )
    kept_text = keep_derived(text.encode(), case.objects)
    with case.writing():
        earlier = [body for body in case.records.payloads(KEPT) if body["document"]["sha256"] == kept.sha256.hex()]
        known = {body["id"] for payload in earlier for body in payload["proposals"]}
        fresh = {proposal.id: proposal for proposal in proposals if proposal.id not in known}
        if not earlier or fresh:
            facts = to_plain(document)
            assert isinstance(facts, dict)
            case.record(
                PremisEvent.CAPTURE,
                KEPT,
                {
                    "document": {**facts, "sha256": kept.sha256, "key": kept.key, "text_key": kept_text.key},
                    "unread": unread,
                    "proposals": list(fresh.values()),
                    "stored": [stored_entry(kept), stored_entry(kept_text)],
                },
                [kept.sha256, kept_text.sha256],
            )
    given = tuple(dict.fromkeys(proposal.id for proposal in proposals))
    return KeptProposals(kept.sha256.hex(), tuple(fresh), tuple(name for name in given if name not in fresh))


def list_documents(case: Case) -> list[dict[str, Any]]:
    """The documents that were read, first one first, each with how many proposals are open, accepted and rejected."""
    found: dict[str, dict[str, Any]] = {}
    for payload in case.records.payloads(KEPT):
        body = {name: value for name, value in payload["document"].items() if name not in ("key", "text_key")}
        found.setdefault(body["sha256"], {**body, "unread": payload["unread"], OPEN: 0, ACCEPTED: 0, REJECTED: 0})
    for proposal in list_proposals(case):
        found[proposal["document"]][proposal["state"]] += 1
    return list(found.values())


def list_proposals(case: Case, document: str | None = None, state: str | None = None) -> list[dict[str, Any]]:
    """Proposals in the order of documents and passages, with what became of each.

    Parameters
    ----------
    case : Case
    document : str, optional
        The SHA-256, or the beginning of it, or the name of a document.
    state : str, optional
        "open", "accepted" or "rejected".

    Returns
    -------
    list of dict
        The proposal's fields, and `state`, `claim` (its id once accepted), `reason` (of a rejection) and `asks` (what a
        person has to settle before it can be accepted).
    """
    decided = _decisions(case)
    found = []
    for payload in case.records.payloads(KEPT):
        read = _document(payload)
        sha256 = payload["document"]["sha256"]
        if document is not None and not (document == read.name or (len(document) >= 8 and sha256.startswith(document))):
            continue
        for body in payload["proposals"]:
            decision = decided.get(body["id"], {"state": OPEN, "claim": None, "reason": None})
            if state is None or decision["state"] == state:
                open_points = asks(from_plain(Proposal, body), read) if decision["state"] == OPEN else ()
                found.append({**body, "document_name": read.name, **decision, "asks": list(open_points)})
    return found


def find_proposal(case: Case, name: str) -> dict[str, Any]:
    """One proposal with what became of it, by its id or the beginning of it.

    Raises
    ------
    NotFoundError
    """
    proposal, _ = _find(_kept(case), name)
    return next(body for body in list_proposals(case) if body["id"] == proposal.id)


def accept(
    case: Case,
    names: Sequence[str],
    *,
    changes: Mapping[str, Plain] | None = None,
    grading: Grading | None = None,
    items: Sequence[str] = (),
    hold: bool = False,
) -> Accepted:
    """Make claims of proposals, as a person who has read the passages.

    An accepted proposal may be accepted again with other corrections: the claim is stated anew under its id.

    Parameters
    ----------
    case : Case
    names : sequence of str
        Ids of proposals.
    changes : mapping of field to value, optional
        Corrections (`witnessmark.claims.correcting.correct`), applied to each.
    grading : Grading, optional
        The source's kind and reliability, and the information's credibility, each with its reason; what is not given
        stays "cannot be judged".
    items : sequence of str
        Exhibits the claims are about.
    hold : bool
        Leave open what asks for something, instead of refusing everything: for acceptance in bulk.

    Returns
    -------
    Accepted

    Raises
    ------
    NotFoundError
        For an unknown proposal or item.
    BadInputError
        When a proposal leaves something open, or a correction does not fit; nothing is recorded then.
    """
    given = grading or Grading()
    about = tuple(dict.fromkeys(get_item(case, item).exhibit_number for item in items))
    with case.writing():
        kept = _kept(case)
        decided = _decisions(case)
        sources = {body["id"]: source_of(body) for body in case.records.sources()}
        before = {body["id"]: body for body in case.records.claims()}
        taken = {claim["id"] for payload in case.records.payloads("claims.recorded") for claim in payload["claims"]}
        made: list[Claim] = []
        held: list[tuple[str, str]] = []
        notes: list[str] = []
        for name in dict.fromkeys(names):
            proposal, document = _find(kept, name)
            try:
                corrected = correct(proposal, changes or {})
                speaker = speaker_name(corrected.proposal, document)
                source = make_source(speaker, corrected.proposal.party, given, list(sources.values()))
                earlier = decided.get(proposal.id, {}).get("claim")
                kept_about = about or tuple(before.get(earlier, {}).get("items", ()))
                claim_id = earlier or next_claim_id(source.id, taken)
                claim = make_claim(corrected, document, source, claim_id, given, kept_about)
            except WitnessmarkError as error:
                if not hold:
                    raise
                held.append((name, str(error)))
                continue
            sources[source.id] = source
            taken.add(claim_id)
            made.append(claim)
            if proposal.place is not None and proposal.place.geometry is None and claim.about.place is None:
                notes.append(f"{claim_id}: the gazetteer does not know '{proposal.place.name}', so it has no region.")
        used = tuple(sources[name] for name in dict.fromkeys(claim.source for claim in made))
        if made:
            _record_accepted(case, made, used, changes or {})
    return Accepted(tuple(made), used, tuple(held), tuple(notes))


def reject(case: Case, names: Sequence[str], reason: str) -> list[str]:
    """Put proposals aside, with the reason; a claim that was made of one is taken back.

    Returns
    -------
    list of str
        Ids of claims that were taken back.

    Raises
    ------
    NotFoundError
        For an unknown proposal.
    BadInputError
        When no reason is given.
    ClashError
        When one was rejected before.
    """
    if not reason.strip():
        raise BadInputError("A proposal is not rejected without a reason.", "Say with --reason what is wrong with it.")
    with case.writing():
        kept, decided = _kept(case), _decisions(case)
        chosen = list(dict.fromkeys(_find(kept, name)[0].id for name in names))
        for name in chosen:
            if decided.get(name, {}).get("state") == REJECTED:
                raise ClashError(f"Proposal {name} was rejected before.", "Nothing is to be done.")
        withdrawn = [decided[name]["claim"] for name in chosen if decided.get(name, {}).get("claim")]
        payload: dict[str, Plain] = {
            "decisions": [
                {"proposal": name, "state": REJECTED, "claim": None, "reason": reason.strip()} for name in chosen
            ],
            "claims_withdrawn": withdrawn,
        }
        case.record(PremisEvent.METADATA_MODIFICATION, DECIDED, payload)
    return withdrawn


def open_ids(case: Case, document: str | None = None, speakers: Collection[str] = ()) -> list[str]:
    """Ids of the proposals that nobody decided on yet, of a document or of some speakers."""
    wanted = {speaker.casefold() for speaker in speakers}
    return [
        body["id"]
        for body in list_proposals(case, document, OPEN)
        if not wanted or body["speaker"].casefold() in wanted
    ]


def tally(case: Case) -> dict[str, int]:
    """How many documents were read and what became of their proposals."""
    states = [body["state"] for body in list_proposals(case)]
    documents = {payload["document"]["sha256"] for payload in case.records.payloads(KEPT)}
    return {"documents": len(documents), **{state: states.count(state) for state in (OPEN, ACCEPTED, REJECTED)}}


def _record_accepted(
    case: Case, made: Sequence[Claim], sources: Sequence[Source], changes: Mapping[str, Plain]
) -> None:
    """One event that both states the claims and decides on the proposals."""
    case.record(
        PremisEvent.METADATA_MODIFICATION,
        "claims.recorded",
        {
            "sources": list(sources),
            "claims": [claim_body(claim) for claim in made],
            "decisions": [
                {"proposal": claim.proposal, "state": ACCEPTED, "claim": claim.id, "reason": None} for claim in made
            ],
            "corrections": dict(changes),
        },
        list(dict.fromkeys(claim.quote.sha256 for claim in made if claim.quote.sha256 is not None)),
    )


def _decisions(case: Case) -> dict[str, dict[str, Any]]:
    """What became of each proposal that was decided on: the newest decision."""
    decided: dict[str, dict[str, Any]] = {}
    for payload in case.records.payloads("claims.recorded", DECIDED):
        for decision in payload.get("decisions", ()):
            decided[decision["proposal"]] = {name: decision[name] for name in ("state", "claim", "reason")}
    return decided


def _kept(case: Case) -> dict[str, tuple[dict[str, Any], ReadDocument]]:
    """Every proposal on record with its document."""
    return {
        body["id"]: (body, _document(payload))
        for payload in case.records.payloads(KEPT)
        for body in payload["proposals"]
    }


def _find(kept: Mapping[str, tuple[dict[str, Any], ReadDocument]], name: str) -> tuple[Proposal, ReadDocument]:
    """A proposal by its id, or the only one whose id begins so."""
    names = [name] if name in kept else [known for known in kept if len(name) >= 5 and known.startswith(name)]
    if len(names) != 1:
        raise NotFoundError(
            f"There is no proposal '{name}'." if not names else f"'{name}' begins {len(names)} proposals' ids.",
            "See them with: witnessmark claim list --proposals.",
        )
    body, document = kept[names[0]]
    return from_plain(Proposal, body), document


def _document(payload: Mapping[str, Any]) -> ReadDocument:
    body = payload["document"]
    return from_plain(ReadDocument, {name: body[name] for name in ReadDocument.__dataclass_fields__})


__all__ = [
    "Accepted",
    "Grading",
    "KeptProposals",
    "ReadDocument",
    "accept",
    "find_proposal",
    "keep_proposals",
    "list_documents",
    "list_proposals",
    "open_ids",
    "reject",
    "tally",
]
