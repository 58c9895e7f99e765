"""Material many recordings share: openings and closings, and what people marked; it proves no copy."""

from __future__ import annotations

from collections.abc import Mapping

from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.library import Recording
from witnessmark.lines.copies.proof import Proof
from witnessmark.lines.copies.verdict import Checked, with_proofs

EDGE_S = 1.5
"""A stretch that begins (ends) within this of both recordings' first (last) picture opens (closes) both."""
OPENING_S = 8.0
"""Openings and closings are not longer."""
CONTINUES_S = 1.5
"""Both recordings go on for at least this long."""


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
        if one.laid is None or not one.laid.proofs:
            kept.append(one)
            continue
        marked = known[one.candidate.recording].templates if one.candidate.recording in known else ()
        left: list[Proof] = []
        why = ""
        for proof in one.laid.proofs:
            if opens_both(query, one.reference, proof):
                why = (
                    "Both begin or end with the same stretch and then go on differently, as with a broadcaster's intro."
                )
            elif any(_within(proof, mark.start_s, mark.end_s) for mark in marked if mark.box is None):
                why = "The stretch is marked as an intro or other shared material."
            else:
                left.append(proof)
        kept.append(with_proofs(one, tuple(left), why) if why else one)
    return kept


def opens_both(query: Fingerprint, reference: Fingerprint, proof: Proof) -> bool:
    """Whether a stretch is the opening, or the closing, of both recordings, and both go on (came) differently."""
    line = proof.line
    if line.q1_s - line.q0_s > OPENING_S:
        return False
    q_first, q_last = _span(query)
    r_first, r_last = _span(reference)
    r0_s, r1_s = line.at(line.q0_s), line.at(line.q1_s)
    opens = line.q0_s - q_first < EDGE_S and r0_s - r_first < EDGE_S
    closes = q_last - line.q1_s < EDGE_S and r_last - r1_s < EDGE_S
    go_on = q_last - line.q1_s > CONTINUES_S and r_last - r1_s > CONTINUES_S
    came = line.q0_s - q_first > CONTINUES_S and r0_s - r_first > CONTINUES_S
    return (opens and go_on) or (closes and came)


def _span(one: Fingerprint) -> tuple[float, float]:
    """Times of the first and the last picture [s]."""
    times_s = one.thumbnails.times_s if one.thumbnails is not None else one.frames.times_s
    return float(times_s[0]), float(times_s[-1])


def _within(proof: Proof, start_s: float, end_s: float) -> bool:
    line = proof.line
    r0_s, r1_s = sorted((line.at(line.q0_s), line.at(line.q1_s)))
    inside = min(r1_s, end_s) - max(r0_s, start_s)
    return inside > 0.7 * (r1_s - r0_s)
