"""Searching a library for the recording a query shows, and comparing two recordings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from witnessmark.errors import ClashError
from witnessmark.lines.copies.areas import outside_areas
from witnessmark.lines.copies.candidates import Candidate, candidates
from witnessmark.lines.copies.codelines import CodeLine, code_line
from witnessmark.lines.copies.featurelines import feature_line
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint
from witnessmark.lines.copies.heard import by_sound, heard_in, with_sound
from witnessmark.lines.copies.library import Library
from witnessmark.lines.copies.pairing import one_reference
from witnessmark.lines.copies.records import Match
from witnessmark.lines.copies.stoplist import Stop, stops_of, with_stops
from witnessmark.lines.copies.templates import without_shared
from witnessmark.lines.copies.verdict import Checked, match_of
from witnessmark.lines.copies.verify import verify

Progress = Callable[[float, str], None]
LEAST_SCORE = 0.2
"""Matches below are not told of."""


def search(
    query: Fingerprint,
    library: Library,
    *,
    leave_out: Collection[int] = (),
    progress: Progress | None = None,
    stops: Sequence[Stop] | None = None,
) -> tuple[Match, ...]:
    """The recordings of a library that a query shows, whole or in part.

    Parameters
    ----------
    query : Fingerprint
        With as many tiers as there are; the verdict rests on the highest tier that both have.
    library : Library
    leave_out : collection of int
        Recordings not to be told of, such as the query itself.
    progress : callable (done from 0 to 1, what is being done), optional
    stops : sequence of Stop, optional
        What people marked, by its content; what is marked in this library unless given.

    Returns
    -------
    tuple of Match
        Best first.

    Raises
    ------
    ClashError
        When the query's and the library's fingerprints were made by different algorithms.
    """
    _same_algorithm(query.algorithm, library.algorithm)
    found = candidates(query, library, leave_out)
    known = {recording.id: recording for recording in library.recordings()} if found else {}
    if found:
        marked = stops_of([library]) if stops is None else stops
        known = with_stops(known, library, [candidate.recording for candidate in found], marked)
    checked: dict[int, Checked] = {}
    for number, candidate in enumerate(found):
        if progress is not None:
            progress(number / len(found), "comparing with what is near")
        marks = known[candidate.recording].templates if candidate.recording in known else ()
        one = check(query, *outside_areas(library.fingerprint(candidate.recording), candidate, marks))
        if one is not None and (candidate.recording not in checked or one.score > checked[candidate.recording].score):
            checked[candidate.recording] = one
    kept = without_shared(query, list(checked.values()), known)
    heard = heard_in(query, library, leave_out)
    matches = [with_sound(match_of(query, one), one.reference, query, heard) for one in kept]
    told = {one.recording for one in matches if one.score >= LEAST_SCORE}
    for number in sorted(heard.keys() - told):
        alone = by_sound(heard[number], query, library.fingerprint(number))
        if alone is not None:
            matches = [one for one in matches if one.recording != number] + [alone]
    if progress is not None:
        progress(1.0, "comparing with what is near")
    return tuple(
        sorted((one for one in matches if one.score >= LEAST_SCORE), key=lambda one: (-one.score, one.recording))
    )


def compare(query: Fingerprint, reference: Fingerprint) -> Match | None:
    """How a query matches one reference, or None when nothing in common was found; its recording number is 0.

    Raises
    ------
    ClashError
        When the two were made by different algorithms.
    """
    _same_algorithm(query.algorithm, reference.algorithm)
    matches = search(query, one_reference(reference))
    return matches[0] if matches else None


def check(query: Fingerprint, reference: Fingerprint, candidate: Candidate) -> Checked | None:
    """Lay one candidate over the query with the highest tier both have."""
    laid = verify(query, reference, candidate)
    codes: CodeLine | None = code_line(query, reference, candidate)
    pictures = query.thumbnails is not None and reference.thumbnails is not None
    featured = None if laid is not None or pictures else feature_line(query, reference, candidate)
    if laid is None and codes is None and featured is None:
        return None
    told = reference if pictures else reference.up_to(2)  # without the query's, the reference's thumbnails say nothing
    return Checked(candidate, told, laid, codes, featured=featured)


def _same_algorithm(one: str, other: str) -> None:
    if one != other:
        raise ClashError(
            f"The fingerprints were made by '{one}' and '{other}', which do not compare.",
            f"Make them again with this version of the program ('{ALGORITHM}').",
        )
