"""What was found, in sentences: statement, limits, remarks, and why nothing can be told."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from witnessmark.lines.contract import Remark
from witnessmark.lines.copies.library import Seen
from witnessmark.lines.copies.limits import time_wrong
from witnessmark.lines.copies.observations import (
    Bound,
    Chain,
    CopiesObservations,
    Found,
    Known,
    Searched,
    SharedStretch,
)
from witnessmark.lines.copies.partners import PartnerAnswer
from witnessmark.plain import iso

WHOLE_SHARE = 0.9
LEAST_S = 2.0
"""Copies are proved by what moves; of less than this little can be proved."""
TOLD_OF_EACH = 2
"""Copies, and matches of other kinds, that a statement names."""


def statement(seen: CopiesObservations, bounds: Sequence[Bound], ratios: Sequence[float]) -> str:
    """What was found, surest first; `ratios` has one entry for each of `seen.found`."""
    parts = [_same_file_words(known) for known in seen.same_file if any(bound.known is known for bound in bounds)]
    told = list(zip(seen.found, ratios, strict=True))
    copies = [(found, ratio) for found, ratio in told if found.relation == "copy"][:TOLD_OF_EACH]
    others = [found for found in seen.found if found.relation != "copy"][:TOLD_OF_EACH]
    parts.extend(_copy_words(found, ratio, seen.compared_count) for found, ratio in copies)
    parts.extend(_other_words(found, seen) for found in others)
    more = seen.found_count - len(copies) - len(others)
    if more > 0:
        parts.append("One more match is listed." if more == 1 else f"{more} more matches are listed.")
    if bounds:
        parts.append(_bound_words(bounds[0]))
    elif copies:
        parts.append(_unbound_words(seen))
    if copies or seen.same_file:
        parts.append(_poster_words(seen, bounds))
    parts.extend(answer_words(answer, seen.chain) for answer in seen.answers if answer.copies)
    return " ".join(parts)


def _same_file_words(known: Known) -> str:
    return f"The very same file is known as {known.called}, in {_listed(known.libraries)}."


def _copy_words(found: Found, ratio: float, compared_count: int) -> str:
    whole = found.covered_share >= WHOLE_SHARE
    subject = "This recording" if whole else f"A part of this recording ({_spans(found.stretches)})"
    how = change_words(found)
    through = f", found through {_listed(found.via)}" if found.via else ""
    weight = (
        f"such a match is about {_rounded(ratio)} times as much to be expected of a copy as of another recording"
        if ratio > 1.0
        else f"too little was measured to say what such a match among {compared_count} recordings weighs"
    )
    return f"{subject} matches {found.known.called} as a copy{how}{through}; {weight}."


def _other_words(found: Found, seen: CopiesObservations) -> str:
    if found.relation == "same-sound":
        if seen.fingerprint.frames_count == 0:
            return f"Its sound is that of {found.known.called}; it holds no pictures itself."
        return (
            f"Its sound is that of {found.known.called}, with other pictures; "
            "that says nothing of when the pictures were filmed."
        )
    return (
        f"It is related to {found.known.called}: the same camera, place or person, or shared material, "
        "but not shown to be the same recording."
    )


def _unbound_words(seen: CopiesObservations) -> str:
    """When the copies were first seen, where that weighs nothing."""
    first = seen.chain.earliest
    if first is None or first.is_item:
        return "No attested time of a copy bounds when it was filmed."
    return f"The earliest appearance known here is that of '{first.name}', {first.first_words}."


def _bound_words(bound: Bound) -> str:
    what = "what it shows" if bound.covered_share >= WHOLE_SHARE else "what that part shows"
    latest = dt.datetime.fromtimestamp(math.ceil(bound.latest_unix_s), dt.UTC)
    return (
        f"The earliest appearance known here is that of {bound.known.called}, {seen_words(bound.seen)}; if the match "
        f"and that time are right, {what} was filmed no later than {iso(latest)}."
    )


def _poster_words(seen: CopiesObservations, bounds: Sequence[Bound]) -> str:
    """Who posted it first, as far as is recorded here."""
    link = seen.chain.first_posted
    if link is None or link.posted is None:
        return "Who posted it first is not known: no posting of it is recorded here."
    who = "" if link.posted.account else "; by which account is not recorded"
    if bounds and bounds[0].seen == link.posted:
        return f"That is the first posting known here{who}."
    what = "this recording" if link.is_item else f"'{link.name}'" + (f" (from {link.origin})" if link.origin else "")
    return f"The first posting known here is of {what}, {seen_words(link.posted)}{who}."


def answer_words(answer: PartnerAnswer, known: Chain) -> str:
    """What a partner answered, as the partner's word."""
    best = answer.copies[0]
    spans = _listed([f"{begin:.1f}-{end:.1f} s" for begin, end, _, _ in best.stretches_s[:3]], quoted=False)
    stated = sorted((one for match in answer.copies for one in match.seen), key=lambda one: one.at_unix_s)
    when = f", {seen_words(stated[0])}" if stated else ", and states no time"
    first = known.earliest.first if known.earliest is not None else None
    earlier = bool(stated) and first is not None and stated[0].at_unix_s < first.at_unix_s
    return (
        f"'{answer.origin}'{_asked_words(answer)} answers that it holds a copy of it ({spans}){when}"
        f"{'; that is earlier than anything known here' if earlier else ''}. That is the partner's word: it was not "
        "checked here and weighs nothing."
    )


def _asked_words(answer: PartnerAnswer) -> str:
    return f", though '{answer.asked}' was asked," if answer.is_of_another else ""


def answer_remarks(answers: Sequence[PartnerAnswer]) -> tuple[Remark, ...]:
    """One remark for each answer on record."""
    return tuple(
        Remark(
            "partner",
            bool(answer.copies) or answer.is_of_another,
            f"'{answer.origin}'{_asked_words(answer) or ', asked about it,'} searched {answer.searched_count} "
            f"recordings, {answer.searched_h:.1f} h, and answered on {iso(answer.answered)} "
            + (
                f"that {len(answer.matches)} of them match, {len(answer.copies)} as a copy."
                if answer.matches
                else "that nothing like it is there."
            ),
            "The comparison was made there, by codes alone. The signature tells who answered (key: "
            f"{answer.key_known}), not that it is so."
            + (
                " A partner may sign with another name than it was asked by; or somebody else came by the question."
                if answer.is_of_another
                else ""
            ),
        )
        for answer in answers
    )


def change_words(found: Found) -> str:
    """Under which change a match was found, after a comma; empty when nothing differs."""
    words = list(dict.fromkeys(word for stretch in found.stretches for word in stretch.words if word != "same frame"))
    if found.mirrored:
        words.insert(0, "mirrored")
    words.extend(speed_words(found.stretches[0]) if found.stretches else [])
    return f" ({_listed(words, quoted=False)})" if words else ""


def speed_words(stretch: SharedStretch) -> list[str]:
    """Whether the item runs faster or slower than the known recording."""
    if abs(stretch.speed_ratio - 1.0) <= 0.02:
        return []
    if stretch.speed_ratio > 1.0:
        return [f"{stretch.speed_ratio:.2f} times as fast"]
    return [f"slowed to {stretch.speed_ratio:.2f} of the speed"]


def seen_words(seen: Seen) -> str:
    """When, where and how known, in one phrase."""
    zone = dt.UTC if seen.utc_offset_s is None else dt.timezone(dt.timedelta(seconds=seen.utc_offset_s))
    moment = iso(dt.datetime.fromtimestamp(math.floor(seen.at_unix_s), zone))
    doubt = ", time zone not known" if seen.utc_offset_s is None else ""
    if seen.how_known.casefold().startswith("taken in"):
        return f"taken in{f' for {seen.where}' if seen.where else ''} at {moment}"
    place = f" on {seen.where}" if seen.where else ""
    who = f"posted by '{seen.account}'" if seen.account else "seen"
    return f"{who}{place} at {moment} ({seen.how_known}{doubt})"


def own_limits(seen: CopiesObservations, bounds: Sequence[Bound], ratios: Sequence[float]) -> tuple[str, ...]:
    """What this finding in particular leaves open."""
    copies = [found for found in seen.found if found.relation == "copy"]
    limits = []
    if any(bound.covered_share < WHOLE_SHARE for bound in bounds):
        limits.append(
            "Only the matching part is bound in time; the rest of the recording may be of any age, and counts for its "
            "share of the length."
        )
    if any(word in ("framed", "skewed") for found in copies for stretch in found.stretches for word in stretch.words):
        limits.append("Where a copy fills only a part of the picture, what lies around it is not bound in time.")
    if bounds:
        limits.append(_time_words(bounds))
    if any(found.via for found in copies):
        limits.append("A copy found through another one was not itself seen to match this recording.")
    if any(found.tier_number < 3 for found in seen.found):
        limits.append("Some matches rest on codes alone: no pictures of the other recording are here to check them by.")
    if copies and min(ratios, default=1.0) == 1.0:
        limits.append(
            "A match that weighs nothing is one whose like was also measured between different recordings, or too "
            "seldom measured to tell."
        )
    if any(found.relation == "related" for found in seen.found):
        limits.append("Related footage does not bound the time: it was filmed at another moment, before or after.")
    if any(found.relation == "same-sound" for found in seen.found):
        limits.append("Sound may be laid under other pictures: it bounds at most when the sound was recorded.")
    if any(answer.copies for answer in seen.answers):
        limits.append(
            "What a partner answered was not checked here: it needs the partner's bundle, or the recording itself."
        )
    limits.extend(f"'{one.library}' was not searched: {one.not_searched}" for one in seen.searched if one.not_searched)
    return tuple(limits)


def _time_words(bounds: Sequence[Bound]) -> str:
    """How far the attested times are trusted, and that this is a judgement."""
    known = sorted({bound.seen.how_known for bound in bounds})
    taken = [f"'{words}' 1 in {round(1.0 / time_wrong(words)):,d}".replace(",", " ") for words in known]
    return (
        f"The bound is only as good as the attested time. How often such times are wrong was not measured; it is a "
        f"judgement, taken as {_listed(taken, quoted=False)}."
    )


def why_not_searched(seen: CopiesObservations) -> tuple[str, str]:
    """Reason and help when there was nothing to search."""
    reasons = [f"'{one.library}': {one.not_searched.rstrip('.')}" for one in seen.searched]
    if reasons:
        return f"No library could be searched ({'; '.join(reasons)}).", "Rebuild the fingerprints of that library."
    return (
        "There is no library of fingerprints to search.",
        "Take in other recordings of the incident, or open the organisation's store of fingerprints.",
    )


def nothing_found(seen: CopiesObservations) -> tuple[str, str]:
    """Reason and help when nothing matched."""
    told = "".join(f" {answer_words(answer, seen.chain)}" for answer in seen.answers if answer.copies)
    if told:
        return (
            f"Nothing in what was searched here ({searched_words(seen.searched)}) shows this recording or a part of "
            f"it.{told}",
            "Take in the partner's bundle with that recording, or the recording itself: then it can be compared here.",
        )
    return (
        f"Nothing in what was searched ({searched_words(seen.searched)}) shows this recording or a part of it. "
        f"That does not show that it is new{_too_little(seen)}.",
        "Search other databases: ask a partner with its fingerprint, or, where it is allowed, a reverse image search.",
    )


def _too_little(seen: CopiesObservations) -> str:
    """Why nothing could have been found of something too short."""
    if seen.fingerprint.duration_s >= LEAST_S or seen.fingerprint.sound_s >= LEAST_S:
        return ""
    count = seen.fingerprint.frames_count
    return (
        f"; with {count} {'frame' if count == 1 else 'frames'} to compare it is too short to be told by what moves, so "
        "its moment could not have been proved"
    )


def searched_words(searched: Sequence[Searched]) -> str:
    """How much was searched, in one phrase."""
    asked = [one for one in searched if not one.not_searched]
    hours = sum(one.recordings_h for one in asked)
    count = sum(one.recordings_count for one in asked)
    length = f"{hours:.1f} hours" if hours >= 1.0 else f"{hours * 60.0:.1f} minutes"
    return f"{count} recording{'' if count == 1 else 's'}, {length}, in {_listed([one.library for one in asked])}"


def remarks(
    searched: Sequence[Searched], same_file: Sequence[Known], found: Sequence[Found], found_count: int
) -> tuple[Remark, ...]:
    """What was seen, with its ordinary causes, in reading order."""
    made = [
        Remark(
            "same file",
            False,
            f"The very same file is kept as {known.called}"
            + (f", {seen_words(known.seen[0])}." if known.seen else "."),
            "The same bytes: it was handed on or taken in twice.",
        )
        for known in same_file
    ]
    made.extend(_found_remark(one) for one in found)
    if found_count > len(found):
        made.append(
            Remark(
                "more",
                False,
                f"{found_count - len(found)} further matches are not told one by one.",
                "They are less sure.",
            )
        )
    if not found and any(not one.not_searched for one in searched):
        made.append(
            Remark(
                "nothing",
                False,
                f"Nothing matches in {searched_words(searched)}.",
                "What is not in these libraries, too short, too bare or too much changed is not found; "
                "it does not show that the recording is new.",
            )
        )
    made.extend(
        Remark("library", True, f"'{one.library}' was not searched: {one.not_searched}", "It may hold copies.")
        for one in searched
        if one.not_searched
    )
    return tuple(made)


def _found_remark(found: Found) -> Remark:
    at_s = tuple(stretch.item_start_s for stretch in found.stretches[:10])
    how = change_words(found)
    if found.relation == "copy":
        seen = f"It shares {_total_s(found.stretches):.1f} s with {found.known.called}{how}."
        innocent = (
            "A copy may be a quotation, a news report or a second posting by whoever filmed it; copying alone says "
            "nothing of good or bad faith."
        )
    elif found.relation == "same-sound":
        seen = f"Its sound is that of {found.known.called}, its pictures are others."
        innocent = "Music and broadcasts lie under many recordings, and two cameras may have filmed the same event."
    else:
        seen = f"It is related to {found.known.called}{how}, but not shown to be the same recording."
        innocent = (
            "A fixed camera, a person filmed again, two cameras at one event, or a shared intro, logo or lower third "
            "look so."
        )
    reasons = " ".join(found.reasons)
    return Remark(found.relation, found.relation != "related", f"{seen} {reasons}".strip(), innocent, at_s)


def _total_s(stretches: Sequence[SharedStretch]) -> float:
    return sum(stretch.item_end_s - stretch.item_start_s for stretch in stretches)


def _spans(stretches: Sequence[SharedStretch]) -> str:
    spans = sorted((stretch.item_start_s, stretch.item_end_s) for stretch in stretches[:3])
    return ", ".join(f"{start_s:.1f}-{end_s:.1f} s" for start_s, end_s in spans)


def _rounded(ratio: float) -> str:
    """Two figures: bounds know no more."""
    digits = max(0, math.floor(math.log10(ratio)) - 1)
    return f"{int(ratio / 10**digits) * 10**digits:,d}".replace(",", " ") if ratio >= 10.0 else f"{ratio:.1f}"


def _listed(names: Sequence[str], *, quoted: bool = True) -> str:
    words = [f"'{name}'" if quoted else name for name in names] or ["nothing"]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
