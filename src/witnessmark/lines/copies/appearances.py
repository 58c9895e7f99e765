"""The chain of appearances: recordings of the same content, earliest first, and what was changed at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from witnessmark.lines.contract import Remark
from witnessmark.lines.copies.laying import (
    IDENTITY,
    SAME_SHARE,
    SAME_SPEED,
    SAMPLE_S,
    Laying,
    between,
    laying,
)
from witnessmark.lines.copies.library import Seen
from witnessmark.lines.copies.limits import ATTESTED_BY_OTHERS, SELF_STATED, UNKNOWN_ZONE_S, plain_words
from witnessmark.lines.copies.observations import Chain, Link
from witnessmark.lines.copies.records import Match
from witnessmark.lines.copies.telling import seen_words

TAKEN_IN = ("taken in", "capture")
PARTNER_STATES = "as the partner states"


@dataclass(frozen=True, slots=True)
class Member:
    """A recording that shows the same content.

    Attributes
    ----------
    name, origin : str
    duration_s : float
    seen : tuple of Seen
    match : Match or None
        How it lies in the item; None for the item itself.
    """

    name: str
    origin: str
    duration_s: float
    seen: tuple[Seen, ...]
    match: Match | None


def attested(seen: Seen) -> bool:
    """Whether somebody other than the file itself saw it there at that time."""
    words = plain_words(seen.how_known)
    return words.startswith(ATTESTED_BY_OTHERS) and not words.removeprefix("posting,").strip().startswith(SELF_STATED)


def first_seen(seen: Sequence[Seen]) -> Seen | None:
    """The earliest attested time."""
    return min((one for one in seen if attested(one)), key=lambda one: one.at_unix_s, default=None)


def first_posting(seen: Sequence[Seen]) -> Seen | None:
    """The earliest attested posting: taking a file in is no posting."""
    return first_seen([one for one in seen if not _own_words(one).startswith(TAKEN_IN)])


def _own_words(seen: Seen) -> str:
    """How a time is known, also where a partner states it."""
    words = plain_words(seen.how_known)
    return words.removeprefix(PARTNER_STATES).strip(" ()") if words.startswith(PARTNER_STATES) else words


def chain(members: Sequence[Member]) -> Chain:
    """Put recordings of the same content in the order in which they were first seen.

    Parameters
    ----------
    members : sequence of Member
        The item (its match None) and what it was found to be a copy of, or to have been copied to.

    Returns
    -------
    Chain
        Every member once. Two of the same time stay in the order of their names.

    Notes
    -----
    Posting order is not editing order: what is first known here need not be first. A later recording that shows more
    of the common content than an earlier one cannot have been made from that one alone; this is remarked, since then
    an earlier, fuller version was about.
    """
    dated = [(first, member) for member in members if (first := first_seen(member.seen)) is not None]
    dated.sort(key=lambda entry: (entry[0].at_unix_s, entry[1].origin, entry[1].name))
    undated = [member for member in members if first_seen(member.seen) is None]
    undated.sort(key=lambda member: (member.origin, member.name))
    ordered = [member for _, member in dated]
    links = []
    for index, (first, member) in enumerate(dated):
        before = ordered[index - 1] if index else None
        changed = () if before is None else changes(before, member)
        links.append(_link(member, first, "" if before is None else before.name, changed))
    return Chain(
        dated=tuple(links),
        undated=tuple(_link(member, None, "", ()) for member in undated),
        remarks=(*_doubtful(dated), *_contradicted(ordered), *_undated(undated)),
    )


def _link(member: Member, first: Seen | None, against: str, changed: tuple[str, ...]) -> Link:
    stated = min((one for one in member.seen if not attested(one)), key=lambda one: one.at_unix_s, default=None)
    return Link(
        name=member.name,
        origin=member.origin,
        is_item=member.match is None,
        first=first,
        first_words="" if first is None else seen_words(first),
        stated=stated,
        posted=first_posting(member.seen),
        duration_s=member.duration_s,
        against=against,
        changed=changed,
    )


def changes(earlier: Member, later: Member) -> tuple[str, ...]:
    """What differs from the earlier to the later recording, in words; the order in time is not judged here."""
    one, other = _laid(earlier), _laid(later)
    lays = max(
        (found for first in one for second in other if (found := between(first, second)) is not None),
        key=lambda found: found.end_s - found.start_s,
        default=None,
    )
    if lays is None:
        return ("shows another part of the content",)
    words = []
    if lays.kept_share < SAME_SHARE:
        words.append(f"cropped: {lays.kept_share:.0%} of the picture before is left")
    if lays.filled_share < SAME_SHARE:
        words.append(f"the picture before fills {lays.filled_share:.0%} of this one")
    if lays.skewed:
        words.append("skewed, as when a screen is filmed at an angle")
    if lays.mirrored:
        words.append("mirrored")
    if lays.speed > 1.0 + SAME_SPEED:
        words.append(f"runs {lays.speed:.2f} times as fast")
    elif lays.speed < 1.0 - SAME_SPEED:
        words.append(f"slowed to {lays.speed:.2f} of the speed")
    if _captioned(earlier) != _captioned(later):
        words.append("writing or marks over the picture differ")
    words.extend(_length_words(earlier.duration_s, later.duration_s, lays.speed))
    return tuple(words) or ("no change that is seen here",)


def _laid(member: Member) -> tuple[Laying, ...]:
    """How a member lies in the item."""
    if member.match is None:
        whole = np.array(IDENTITY, dtype=np.float64).reshape(3, 3)
        return (Laying(whole, False, 1.0, 0.0, member.duration_s),)
    return tuple(laying(member.match, stretch) for stretch in member.match.stretches)


def _captioned(member: Member) -> bool:
    return member.match is not None and any(
        "captioned" in stretch.transform.words for stretch in member.match.stretches
    )


def _length_words(before_s: float, after_s: float, speed: float) -> list[str]:
    """Whether the recording was shortened or lengthened, its speed apart."""
    expected_s = before_s / speed
    if after_s < expected_s - SAMPLE_S:
        return [f"shortened from {before_s:.1f} s to {after_s:.1f} s"]
    if after_s > expected_s + SAMPLE_S:
        return [f"longer: {after_s:.1f} s after {before_s:.1f} s"]
    return []


def _contradicted(ordered: Sequence[Member]) -> list[Remark]:
    """Where a later recording shows more of the common content than the earliest one."""
    if len(ordered) < 2:
        return []
    earliest, remarks = ordered[0], []
    for later in ordered[1:]:
        if later.match is None:  # what only the item shows may have been added to it, and is told as a change
            continue
        more = _shows_more(earliest, later)
        if more:
            remarks.append(
                Remark(
                    "order",
                    True,
                    f"'{later.name}' was first seen later than '{earliest.name}', yet {' and '.join(more)}.",
                    "Something may have been added around or after it; if not, both come from a fuller version that "
                    "was about before and is not known here.",
                )
            )
    return remarks


def _shows_more(earlier: Member, later: Member) -> list[str]:
    """What the later one shows of the common content that the earlier one does not."""
    found = []
    more_s = _seconds_beyond(_laid(earlier), _laid(later))
    if more_s > SAMPLE_S:
        found.append(f"shows {more_s:.1f} s of the common content that are not in it")
    shares = [
        lays.filled_share
        for one in _laid(earlier)
        for other in _laid(later)
        if (lays := between(one, other)) is not None
    ]
    if shares and max(shares) < SAME_SHARE:
        found.append(f"shows more around its picture, which fills {max(shares):.0%} of the later one")
    return found


def _seconds_beyond(earlier: Sequence[Laying], later: Sequence[Laying]) -> float:
    """Seconds of the item that the later covers and the earlier does not, but for a sample at each end."""
    beyond_s = 0.0
    for one in later:
        pieces = [(one.start_s, one.end_s)]
        for other in earlier:
            start_s, end_s = other.start_s - SAMPLE_S / 2.0, other.end_s + SAMPLE_S / 2.0
            pieces = [
                piece
                for begin_s, finish_s in pieces
                for piece in ((begin_s, min(finish_s, start_s)), (max(begin_s, end_s), finish_s))
                if piece[1] > piece[0]
            ]
        beyond_s += sum(finish_s - begin_s for begin_s, finish_s in pieces)
    return beyond_s


def _doubtful(dated: Sequence[tuple[Seen, Member]]) -> list[Remark]:
    """Where the order at the beginning of the chain rests on little."""
    if not dated:
        return []
    (first, earliest), remarks = dated[0], []
    if first.how_known.strip().casefold().startswith(TAKEN_IN):
        remarks.append(
            Remark(
                "order",
                False,
                f"The earliest time of '{earliest.name}' is when it was taken in, not when it was posted.",
                "It was about before then; how long, is not known here.",
            )
        )
    close = [
        member.name
        for seen, member in dated[1:]
        if seen.at_unix_s - first.at_unix_s <= sum(UNKNOWN_ZONE_S for one in (first, seen) if one.utc_offset_s is None)
    ]
    if close:
        remarks.append(
            Remark(
                "order",
                True,
                f"Whether '{earliest.name}' or {_listed(close)} was first cannot be told.",
                "Their times are equal, or the time zone of one of them is not known.",
            )
        )
    return remarks


def _undated(undated: Sequence[Member]) -> list[Remark]:
    if not undated:
        return []
    names = _listed([member.name for member in undated])
    return [
        Remark(
            "order",
            False,
            f"For {names} no time is attested by anybody but the file itself.",
            "It may be earlier than all the others: find where and when it was posted.",
        )
    ]


def _listed(names: Sequence[str]) -> str:
    """Up to five names in one phrase."""
    quoted = [f"'{name}'" for name in names[:5]]
    if len(names) > 5:
        quoted.append(f"{len(names) - 5} more")
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]
