"""Names of the case that stand in transcripts: pointed out with their times and rivals, never taken as said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from witnessmark.lines.contract import Tools
from witnessmark.lines.conversation.observations import Correction, HeardName, Segment
from witnessmark.lines.providers.names import NameBook, Spotted

GROUP = "names"
MOST_NAMES = 500


def book_of(providers: Mapping[str, object]) -> NameBook | None:
    """The case's book of names, if there is one."""
    found = providers.get(f"{GROUP}:case")
    return found if isinstance(found, NameBook) and found.things else None


def heard_names(tools: Tools, segments: Sequence[Segment], corrections: Sequence[Correction]) -> tuple[HeardName, ...]:
    """Names spotted in what was transcribed, translated or corrected, in order of time.

    Parameters
    ----------
    tools : Tools
    segments : sequence of Segment
    corrections : sequence of Correction

    Returns
    -------
    tuple of HeardName
    """
    book = book_of(tools.providers)
    if book is None:
        return ()
    found: list[HeardName] = []
    for segment in segments:
        doubt = bool(segment.unreliable)
        found += [_heard(one, *_when(segment, one), doubt) for one in book.spot(segment.text)]
        if segment.translation is not None:
            said = {one.name_id for one in found if segment.start_s <= one.start_s <= segment.end_s}
            found += [
                _heard(one, segment.start_s, segment.end_s, doubt or bool(segment.translation.unreliable))
                for one in book.spot(segment.translation.text)
                if one.thing.id not in said
            ]
    for correction in corrections:
        for text in (correction.text, correction.translation):
            found += [_heard(one, correction.start_s, correction.end_s, False) for one in book.spot(text or "")]
    return tuple(sorted(found, key=lambda one: (one.start_s, one.end_s, one.name_id))[:MOST_NAMES])


def _heard(one: Spotted, start_s: float, end_s: float, in_doubt: bool) -> HeardName:
    return HeardName(
        start_s=start_s,
        end_s=end_s,
        text=one.text,
        name_id=one.thing.id,
        name=one.thing.name,
        kind=one.thing.kind,
        how=one.how,
        closeness_score=round(one.closeness, 4),
        rivals=tuple(rival.name for rival in one.rivals),
        in_doubt=in_doubt,
    )


def _when(segment: Segment, one: Spotted) -> tuple[float, float]:
    """Times of the words that a stretch of the text covers."""
    at, inside = 0, []
    for word in segment.words:
        begin = segment.text.find(word.text, at)
        if begin < 0:
            continue
        at = begin + len(word.text)
        if begin < one.end and at > one.start:
            inside.append(word)
    return (inside[0].start_s, inside[-1].end_s) if inside else (segment.start_s, segment.end_s)
