"""Whether an item is already known: asked when it is taken in, and told to a person at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from witnessmark.custody.records import Item, PremisEvent
from witnessmark.desk.case import Case
from witnessmark.desk.libraries import OWN, fingerprint_all, fingerprint_item, label_of, open_libraries
from witnessmark.lines.contract import no_progress
from witnessmark.lines.copies.looking import found_of, kept_fingerprint, look
from witnessmark.lines.copies.observations import Found, Known, Searched
from witnessmark.media import Broken

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the libraries say of an item.

    Attributes
    ----------
    exhibit_number : str
    searched : tuple of Searched
    same_file : tuple of Known
        Elsewhere under the very same hash.
    found : tuple of Found
        Surest first.
    not_asked : str
        Why nothing was asked, empty when it was.
    """

    exhibit_number: str
    searched: tuple[Searched, ...]
    same_file: tuple[Known, ...]
    found: tuple[Found, ...]
    not_asked: str = ""


def look_up(case: Case, item: Item, *, progress: Progress | None = None) -> Answer:
    """Fingerprint an item and ask the case's and the organisation's libraries for it; the log says what they answered.

    Parameters
    ----------
    case : Case
    item : Item
    progress : callable (done from 0 to 1, what), optional

    Returns
    -------
    Answer
        For looking at once; the copies line weighs it.
    """
    told = progress or no_progress
    kept = fingerprint_item(case, item, progress=lambda done, what: told(0.7 * done, what))
    if kept is None or isinstance(kept, Broken):
        why = "It holds neither pictures nor sound." if kept is None else kept.reason
        return Answer(item.exhibit_number, (), (), (), why)
    fingerprint_all(case, progress=lambda done, what: told(0.7 + 0.1 * done, what))
    libraries = open_libraries(case)
    try:
        fingerprint = kept_fingerprint(libraries, item.sha256)
        if fingerprint is None:  # the case's library was closed between
            return Answer(item.exhibit_number, (), (), (), libraries[OWN].not_searched or "It is not in the library.")
        looked = look(fingerprint, item.sha256, libraries, lambda done, what: told(0.8 + 0.2 * done, what))
    finally:
        for library in libraries.values():
            library.close()
    found = tuple(found_of(hit, fingerprint.duration_s) for hit in looked.hits)
    elsewhere = tuple(known for known in looked.same_file if not _is_itself(case, item, known))
    answer = Answer(item.exhibit_number, looked.searched, elsewhere, found)
    case.record(
        PremisEvent.FORENSIC_FEATURE_ANALYSIS,
        "item.compared",
        {
            "item": item.sha256,
            "searched": [[one.library, one.recordings_count, one.recordings_h] for one in looked.searched],
            "found": [[one.known.sha256.hex() if one.known.sha256 else None, one.relation, one.score] for one in found],
        },
        [item.sha256],
    )
    return answer


def _is_itself(case: Case, item: Item, known: Known) -> bool:
    if known.origin:
        return False
    own = item.exhibit_number if OWN in known.libraries else label_of(case, item)
    return known.name == own
