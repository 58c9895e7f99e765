"""What a second person gets to see: items, marks and observations; of the author's conclusion nothing, when blind.

A blind packet is built by naming what goes in. What nobody thought of stays out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from witnessmark.plain import Plain

FORMAT = "witnessmark-review-packet/1"

_RESULT = ("line", "question", "version", "exhibit", "item", "observations")
"""Of a finding: which line looked at what, and what it saw; not what it made of it."""
_ITEM = ("exhibit_number", "sha256", "sha512", "size_bytes", "media_type", "file")
_APPEARANCE = ("platform", "account", "url", "posted", "state", "text")
_MARK = ("kind", "at_pts_s", "body", "item")
"""Not who drew it, as long as the author is not to be known, nor its id."""
_CLAIM = ("id", "statement", "about")
_QUOTE = ("text", "language", "translation")
_SPACE = ("region_deg", "spacing_m", "from", "to", "step_s")
"""Where and when is asked; the priors of the alternatives are the author's."""

README = """\
You are asked for a second opinion on {subject}.

1. Look at the files in items/ and at packet.json: what is asked, the marks, and what was measured.
{blind}2. Fill in answer.yaml in your own words. "Cannot tell" is an answer.
3. Sign it with your own key, before you see the author's conclusion:
       witnessmark review conclude {subject} --key YOUR.key --from answer.yaml
4. Only then compare:
       witnessmark review compare {subject} --key YOUR.key
5. Sign off or dissent, with reasons:
       witnessmark review sign {subject} --key YOUR.key --sign-off --conflict none{flag}
       witnessmark review dissent {subject} --key YOUR.key --reasons "..." --conflict none{flag}

The footage may show people who must be protected. Keep this folder to yourself and delete it when you are done.
"""
_BLIND = "   The author's conclusion is left out on purpose. Please do not ask for it.\n"


def packet(
    subject: Mapping[str, Any],
    *,
    blind: bool,
    items: Iterable[Mapping[str, Any]],
    marks: Iterable[Mapping[str, Any]],
    results: Iterable[Mapping[str, Any]],
    claims: Iterable[Mapping[str, Any]],
    space: Mapping[str, Any] | None,
) -> dict[str, Plain]:
    """A packet's record.

    Parameters
    ----------
    subject : mapping
        The finding, abstention or assessment as recorded; of a blind packet only its id and kind go in.
    blind : bool
    items : iterable of mapping
        As recorded, each with `appearances` and with `file`, its path within the packet.
    marks, results, claims : iterable of mapping
        As recorded; `results` are the subject itself, or what an assessment fused.
    space : mapping or None
        The case's region and time axis.

    Returns
    -------
    dict
        Plain values, the same for the same record.
    """
    made: dict[str, Any] = {
        "format": FORMAT,
        "blind": blind,
        "subject": subject["id"],
        "kind": "assessment" if subject["id"].startswith("AS-") else "result of a line of inquiry",
        "items": [
            {**_only(item, _ITEM), "appearances": [_only(one, _APPEARANCE) for one in item["appearances"]]}
            for item in items
        ],
        "marks": [_only(mark, _MARK) for mark in marks],
        "observations": [_only(result, _RESULT) for result in results],
        "claims": [
            {**_only(claim, _CLAIM), "quote": _only(claim["quote"], _QUOTE)}
            for claim in sorted(claims, key=lambda one: str(one["id"]))
        ],
        "space": None if space is None else _only(space, _SPACE),
    }
    if not blind:
        made["conclusion"] = dict(subject)
    return made


def readme(subject_id: str, *, blind: bool) -> str:
    """What to do with a packet."""
    return README.format(subject=subject_id, blind=_BLIND if blind else "", flag=" --blind" if blind else "")


def _only(body: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: body[name] for name in names if name in body}
