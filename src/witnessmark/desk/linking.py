"""One item in several cases: the bytes are preserved in each, and each case's log says where else they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from witnessmark.custody.records import CopyKind, PremisEvent
from witnessmark.desk.case import Case, open_case
from witnessmark.desk.items import add_appearance, add_item, appearances, get_item, item_body, original_path
from witnessmark.errors import BadInputError, ClashError
from witnessmark.plain import to_plain

LINKED = "item.linked"
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class LinkedItem:
    """An item that is in two cases.

    Attributes
    ----------
    sha256 : str
    exhibit_number, reference : str
        Here.
    other_exhibit_number, other_reference : str
        There.
    already_kept : bool
        Whether the other case held these bytes before.
    postings : int
        How many public postings were taken over.
    """

    sha256: str
    exhibit_number: str
    reference: str
    other_exhibit_number: str
    other_reference: str
    already_kept: bool
    postings: int


def link_item(
    case: Case,
    name: str,
    to: Path,
    reason: str,
    *,
    postings: bool = True,
    look: bool = True,
    progress: Progress | None = None,
) -> LinkedItem:
    """Preserve an item of this case in another one too, and write into both logs that they share it.

    Parameters
    ----------
    case : Case
    name : str
        Exhibit number or hash, here.
    to : Path
        The other case's folder; it may be a shelf of unassigned material, as this one may.
    reason : str
        Why it belongs there too.
    postings : bool
        Take the known public postings over.
    look : bool
        Probe it there as at any intake.
    progress : callable (done from 0 to 1, what), optional

    Returns
    -------
    LinkedItem

    Raises
    ------
    NotFoundError
        When there is no such item or case.
    BadInputError
        When it is a derived file, or no reason is given.
    ClashError
        When the other case is this one.
    """
    item = get_item(case, name)
    if item.copy is not CopyKind.EVIDENTIARY:
        raise BadInputError(
            f"{item.exhibit_number} is derived from an item; only evidence is linked.", "Link the item it comes from."
        )
    if not any(sign.isalnum() for sign in reason):
        raise BadInputError("An item is not linked without a reason.", "Say with --reason why it belongs there too.")
    if to.resolve() == case.folder.resolve():
        raise ClashError("That is the same case.", "Name another case's folder with --to.")
    other = open_case(to, operator=case.operator)
    try:
        said = f"linked from case {case.reference}, exhibit {item.exhibit_number}: {reason.strip()}"
        known = other.records.item(item.sha256.hex()) is not None
        linked = _links(other, item.sha256.hex(), case)
        if not linked:
            kept_as = item_body(case, item)["name"]
            add_item(other, original_path(case, item), method=said, name=kept_as, look=look, progress=progress)
        there = get_item(other, item.sha256.hex())
        taken = _take_over(case, other, item.sha256.hex()) if postings else 0
        ends = (
            (other, there.exhibit_number, case, item.exhibit_number, "from"),
            (case, item.exhibit_number, other, there.exhibit_number, "to"),
        )
        for one, exhibit, far, far_exhibit, way in ends:
            payload = {
                "item": item.sha256,
                "exhibit": exhibit,
                "way": way,
                "reason": reason.strip(),
                "other": {
                    "reference": far.reference,
                    "exhibit": far_exhibit,
                    "public_key_sha256": far.settings["public_key_sha256"],
                    "folder": far.folder.name,
                },
            }
            once = f"linked {way} {far.settings['public_key_sha256']} {item.sha256.hex()}"
            one.record(PremisEvent.REPLICATION, LINKED, payload, [item.sha256], once=once)
        return LinkedItem(
            item.sha256.hex(),
            item.exhibit_number,
            case.reference,
            there.exhibit_number,
            other.reference,
            known,
            taken,
        )
    finally:
        other.close()


def links_of(case: Case) -> list[dict[str, Any]]:
    """What this case's log says of items it shares with others, oldest first."""
    return case.records.payloads(LINKED)


def _links(case: Case, sha256: str, other: Case) -> bool:
    """Whether this case's log says already that it shares the item with the other."""
    key = other.settings["public_key_sha256"]
    return any(one["item"] == sha256 and one["other"]["public_key_sha256"] == key for one in links_of(case))


def _take_over(case: Case, other: Case, sha256: str) -> int:
    """Postings of the item that the other case does not know yet, recorded there as this case has them."""
    there = get_item(other, sha256)
    known = [to_plain(posting) for posting in appearances(other, there)]
    taken = 0
    for posting in appearances(case, get_item(case, sha256)):
        if to_plain(posting) not in known:
            add_appearance(other, there, posting)
            taken += 1
    return taken
