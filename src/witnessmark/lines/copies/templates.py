"""Material many recordings share: openings and closings, and what people marked; it proves no copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from witnessmark.lines.copies import pdq
from witnessmark.lines.copies.codelines import distances
from witnessmark.lines.copies.commons import shown_by_many
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Recording, Template
from witnessmark.lines.copies.timeline import Line
from witnessmark.lines.copies.verdict import Checked

EDGE_S = 1.5
"""A stretch that begins (ends) within this of both recordings' first (last) picture opens (closes) both."""
OPENING_S = 8.0
"""Openings and closings are not longer."""
BEYOND_S = 4.0
"""Frame codes are followed for so long beyond a shared opening."""
OTHER_BITS = 60
"""From here on frame codes are those of other pictures (unrelated ones differ in 128 of 256 bits)."""
SAME_BEYOND = 0.2
"""Where this share of change agrees beyond a stretch, the recordings do not go on differently."""
CONTINUES_S = 1.5
"""Both recordings go on for at least this long."""

OPENING_WORDS = "Both begin or end with the same stretch and then go on differently, as with a broadcaster's intro."
MARKED_WORDS = "The stretch, here or in another recording, is marked as an intro or other shared material."
MANY_WORDS = (
    "Three or more recordings of the library show the same stretch and go on differently, as with a jingle or a map "
    "that many share."
)
AREA_WORDS = (
    "An area of the picture, here or in another recording, is marked as a logo or other shared material; nothing in it "
    "was counted."
)
LARGE_AREA = 0.5
"""A marked area of at least this share of the frame keeps frame codes, which are of whole pictures, from counting."""


def without_shared(query: Fingerprint, found: list[Checked], known: Mapping[int, Recording]) -> list[Checked]:
    """Leave out proofs that rest on shared material alone.

    Parameters
    ----------
    query : Fingerprint
    found : list of Checked
    known : mapping of int to Recording
        By number; for what people marked.
    """
    kept: list[Checked] = []
    for one in found:
        marked = known[one.candidate.recording].templates if one.candidate.recording in known else ()

        def shared(line: Line, beyond: float = 0.0, one: Checked = one, marked: tuple[Template, ...] = marked) -> str:
            if beyond < SAME_BEYOND and opens_both(query, one.reference, one.candidate.turned, line):
                return OPENING_WORDS
            if any(_within(line, mark.start_s, mark.end_s) for mark in marked if mark.box is None):
                return MARKED_WORDS
            return MANY_WORDS if beyond < SAME_BEYOND and shown_by_many(query, found, one, line) else ""

        proofs = one.laid.proofs if one.laid is not None else ()
        words = [shared(proof.line, max(proof.before, proof.after)) for proof in proofs]
        left = tuple(proof for proof, word in zip(proofs, words, strict=True) if not word)
        why = next((word for word in words if word), "")
        codes = one.codes
        if codes is not None and (about := shared(codes.core()) or _covered(codes.core(), marked)):
            why, codes = why or about, codes.beside(codes.core())
        featured = one.featured
        if featured is not None and (about := shared(featured.codes.core())):
            why = why or about
            featured = replace(featured, codes=featured.codes.beside(featured.codes.core()))
        why = why or (AREA_WORDS if any(_meet(proof.line, one.candidate.marks) for proof in proofs) else "")
        kept.append(replace(one.without(left, codes, why), featured=featured) if why else one)
    return kept


def opens_both(query: Fingerprint, reference: Fingerprint, turned: bool, line: Line) -> bool:
    """Whether a stretch is the opening, or the closing, of both recordings, and both go on (came) differently."""
    if line.q1_s - line.q0_s > OPENING_S:
        return False
    q_first, q_last = _span(query)
    r_first, r_last = _span(reference)
    r0_s, r1_s = line.at(line.q0_s), line.at(line.q1_s)
    opens = line.q0_s - q_first < EDGE_S and r0_s - r_first < EDGE_S
    closes = q_last - line.q1_s < EDGE_S and r_last - r1_s < EDGE_S
    go_on = q_last - line.q1_s > CONTINUES_S and r_last - r1_s > CONTINUES_S
    came = line.q0_s - q_first > CONTINUES_S and r0_s - r_first > CONTINUES_S
    return (opens and go_on and go_on_differently(query, reference, turned, line, after=True)) or (
        closes and came and go_on_differently(query, reference, turned, line, after=False)
    )


def go_on_differently(query: Fingerprint, reference: Fingerprint, turned: bool, line: Line, after: bool) -> bool:
    """Whether frame codes, followed along a line beyond its stretch, are those of other pictures.

    Codes of cropped or framed pictures are far apart everywhere; they cannot deny that both go on differently.
    """
    start_s, end_s = (line.q1_s + 0.3, line.q1_s + BEYOND_S) if after else (line.q0_s - BEYOND_S, line.q0_s - 0.3)
    q_s = query.frames.times_s.astype(np.float64)
    rows = np.flatnonzero((q_s >= start_s) & (q_s <= end_s))
    r_s = reference.frames.times_s.astype(np.float64)
    if not len(rows) or not len(r_s):
        return True
    codes = query.frames.codes[rows]
    apart = distances(pdq.mirrored(codes) if turned else codes, reference.frames.codes)
    near = np.abs(r_s[None, :] - (line.offset_s + line.speed * q_s[rows])[:, None]) <= 0.6
    least = np.where(near, apart, 256).min(axis=1)
    met = least[least <= 256]
    return bool(not len(met) or np.median(met) >= OTHER_BITS)


def _span(one: Fingerprint) -> tuple[float, float]:
    """Times of the first and the last picture [s]."""
    times_s = one.thumbnails.times_s if one.thumbnails is not None else one.frames.times_s
    return float(times_s[0]), float(times_s[-1])


def _covered(line: Line, marked: tuple[Template, ...]) -> str:
    """Why frame codes do not count where a marked area takes up most of the picture."""
    for mark in marked:
        if mark.box is not None and _within(line, mark.start_s, mark.end_s):
            left, top, right, bottom = mark.box
            if (right - left) * (bottom - top) >= LARGE_AREA:
                return AREA_WORDS
    return ""


def _meet(line: Line, marks: tuple[Template, ...]) -> bool:
    """Whether a stretch and the time of a mark have something in common."""
    r0_s, r1_s = sorted((line.at(line.q0_s), line.at(line.q1_s)))
    return any(mark.start_s < r1_s and mark.end_s > r0_s for mark in marks)


def _within(line: Line, start_s: float, end_s: float) -> bool:
    r0_s, r1_s = sorted((line.at(line.q0_s), line.at(line.q1_s)))
    inside = min(r1_s, end_s) - max(r0_s, start_s)
    return inside > 0.7 * (r1_s - r0_s)
