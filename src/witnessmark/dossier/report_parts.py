"""The later parts of the report: items, reviews, law, and how it was made and is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from witnessmark.dossier.casefile import rows, table, words
from witnessmark.dossier.wording import clean, flat, moment, short, size
from witnessmark.plain import Plain

Model = dict[str, Plain]

_VERDICTS = {"dissent": "Dissent", "sign-off": "Sign-off", "abstain": "Abstains"}


def about_items(record: Model, pictures: Callable[[Model, str], list[Plain]]) -> Plain:
    """Each item with hashes, how it was obtained, where it appeared, its media facts and pictures."""
    made: list[Plain] = []
    for item in rows(record.get("items")):
        number = words(item.get("exhibit_number"))
        made.append(
            {
                "number": short(number),
                "copy": short(item.get("copy")),
                "media_type": short(item.get("media_type")),
                "size": size(item.get("size_bytes")),
                "sha256": short(item.get("sha256")),
                "sha512": short(item.get("sha512")),
                "file": short(item.get("file")),
                "captures": [_capture(capture) for capture in rows(item.get("captures"))],
                "appearances": [_appearance(appearance) for appearance in rows(item.get("appearances"))],
                "media": cast(Plain, flat(item.get("media"), limit=30)) if item.get("media") else [],
                "derived": [_derived(derived) for derived in rows(item.get("derived"))],
                "pictures": pictures(record, number),
            }
        )
    return made


def beside_claims(record: Model) -> dict[str, list[str]]:
    """What people recorded about each claim, as lines: how it stands to others, its voices, what is attached to it."""
    bearing = table(record.get("claim_bearing"))
    said: dict[str, list[str]] = {}
    for relation in rows(bearing.get("relations")):
        kind = {"attributes-to": "is attributed to"}.get(words(relation.get("kind")), words(relation.get("kind")))
        reason = f" ({clean(relation.get('reason'), 300)})" if relation.get("reason") else ""
        said.setdefault(words(relation.get("claim")), []).append(f"{kind} {short(relation.get('other'))}{reason}")
    for claim, heard in table(bearing.get("heard")).items():
        counts = table(heard)
        if counts.get("said_in") not in (None, 1) or counts.get("ring"):
            ring = "; its claims cite one another, and nobody is known to have said it first" if counts["ring"] else ""
            said.setdefault(claim, []).append(
                f"voices: at most {words(counts.get('voices'))}, heard in {words(counts.get('said_in'))} claims through"
                f" {words(counts.get('outlets'))} outlets{ring}"
            )
    for entry in rows(bearing.get("attached")):
        said.setdefault(words(entry.get("claim")), []).append(
            f"attached, not weighed: {short(entry.get('finding'))} speaks {short(entry.get('direction'))}"
            f" “{short(entry.get('alternative'))}”, {short(entry.get('strength_words'))}"
            f" ({words(entry.get('strength'))} of 5): {clean(entry.get('reason'), 600)} ({short(entry.get('by'))})"
        )
    return said


def how_claims_came(record: Model) -> list[str]:
    """How many proposals were read from documents and what people made of them; and what was never multiplied in."""
    tally, bearing = table(record.get("claim_reading")), table(record.get("claim_bearing"))
    said = []
    if tally.get("documents"):
        read, taken, left, waiting = (words(tally.get(key)) for key in ("documents", "accepted", "rejected", "open"))
        said.append(
            f"Documents read for claims: {read}. Of what the reading proposed, people accepted {taken}, rejected {left}"
            f" and left {waiting} open."
        )
    if rows(bearing.get("attached")) and bearing.get("not_multiplied"):
        said.append(clean(bearing.get("not_multiplied")))
    return said


def _tool(value: Plain) -> str:
    tool = table(value)
    return f"{short(tool.get('name'))} {short(tool.get('version'))}".strip()


def _capture(capture: Model) -> Plain:
    listed = [
        ("Obtained", f"{moment(capture.get('started'))} to {moment(capture.get('ended'))}"),
        ("By", short(capture.get("operator"))),
        ("With", _tool(capture.get("tool"))),
        ("Method", short(capture.get("method"))),
        ("Original name", short(capture.get("original_name"))),
        ("Address", clean(capture.get("url"), 600)),
    ]
    for label, key in (("File modified", "file_modified"), ("File created", "file_created")):
        when = table(capture.get(key))
        if when:
            listed.append((label, f"{moment(when.get('at'))} ({short(when.get('how_known'))})"))
    return [[label, text] for label, text in listed if text]


def _appearance(appearance: Model) -> Plain:
    posted = table(appearance.get("posted"))
    zone = "" if posted.get("zone_proven") in (True, None) else ", offset not proven"
    return {
        "platform": short(appearance.get("platform")),
        "account": short(appearance.get("account")),
        "url": clean(appearance.get("url"), 600),
        "posted": f"{moment(posted.get('at'))} ({short(posted.get('how_known'))}{zone})",
        "state": short(appearance.get("state")),
        "text": clean(appearance.get("text")),
    }


def _derived(derived: Model) -> Plain:
    what = short(derived.get("name")) or short(derived.get("kind")) or "derived file"
    tool = derived.get("tool") or table(derived.get("derivation")).get("tool")
    return {"what": what, "tool": _tool(tool), "sha256": short(derived.get("sha256"))}


def about_reviews(record: Model) -> Plain:
    """Sign-offs and dissents alike, in the order they were made."""
    return [
        {
            "subject": short(review.get("subject")),
            "reviewer": short(review.get("reviewer")),
            "verdict": _VERDICTS.get(words(review.get("verdict")), "Review"),
            "reasons": clean(review.get("reasons")),
            "at": moment(review.get("at")),
            "standing": _standing(review),
        }
        for review in rows(record.get("reviews"))
    ]


def _standing(review: Model) -> str:
    """What a reader has to know of a review besides its words: blindness, conflicts, and whether it still holds."""
    said = ["made without seeing the author's result"] if review.get("blind") is True else []
    conflict = short(review.get("conflict_of_interest"))
    if conflict and conflict.casefold() != "none":
        said.append(f"declared conflict of interest: {conflict}")
    state = short(review.get("state"))
    if state and state != "holds":
        said.append(f"this review is {state}")
    notes = review.get("notes")
    said += [clean(note) for note in notes] if isinstance(notes, list) else []
    return "; ".join(said)


def about_law(record: Model) -> Plain:
    """Elements by norm, each with the findings that bear on it; one that nothing bears on is a gap and says so."""
    groups: dict[tuple[str, str, str], list[Plain]] = {}
    unchecked: set[tuple[str, str, str]] = set()
    for element in rows(record.get("law")):
        norm = (short(element.get("instrument")), short(element.get("article")), short(element.get("version")))
        name = short(element.get("element"))
        paraphrase = element.get("paraphrase")
        groups.setdefault(norm, []).append(
            {
                "name": f"Element {name}" if name.isdigit() else name,
                "text": clean(element.get("text")),
                "paraphrased": paraphrase is True,
                "paraphrase": clean(paraphrase) if isinstance(paraphrase, str) else "",
                "citation": short(element.get("citation")),
                "bears": [
                    {
                        "finding": short(entry.get("finding")),
                        "direction": short(entry.get("direction")),
                        "note": clean(entry.get("note")),
                    }
                    for entry in rows(element.get("bears"))
                ],
            }
        )
        if element.get("checked_by_lawyer") is False:
            unchecked.add(norm)
    return [
        {
            "heading": ", ".join(part for part in norm[:2] if part),
            "version": norm[2],
            "unchecked": norm in unchecked,
            "elements": elements,
        }
        for norm, elements in groups.items()
    ]


def about_method(record: Model) -> Plain:
    """Custody and verification: the head, the key, the stamps, and which findings had which inputs."""
    custody = table(record.get("custody"))
    stamped = custody.get("stamped")
    numbers = [words(number) for number in stamped] if isinstance(stamped, list) else []
    pending = custody.get("pending")
    stamps = f"time-stamped at event {', '.join(numbers)}" if numbers else "not time-stamped by an outside authority"
    if numbers and isinstance(pending, int) and pending:
        stamps += f"; the {pending} events after the last stamp are not covered yet"
    return {
        "events": words(custody.get("head_number")),
        "head": words(custody.get("head_sha256")),
        "key": words(custody.get("public_key_sha256")),
        "stamps": stamps,
        "inputs": [
            {
                "finding": short(finding.get("id")),
                "part": short(entry.get("part")),
                "sha256": short(entry.get("sha256")),
            }
            for finding in rows(record.get("findings"))
            for entry in rows(finding.get("inputs"))
        ],
    }
