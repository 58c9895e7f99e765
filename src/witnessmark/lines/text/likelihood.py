"""Writing is reported and never weighed: no rates were measured at which a word in the picture tells of a place."""

from __future__ import annotations

from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention
from witnessmark.lines.text.limits import NO_WEIGHT, NO_WEIGHT_HELP
from witnessmark.lines.text.observations import TextObservations


def weigh(seen: TextObservations, over: Hypotheses, line: str, version: str) -> Abstention:
    """Abstain: a sign may name another village, and a caption may be of another year.

    Parameters
    ----------
    seen : TextObservations
    over : Hypotheses
        Not used.
    line, version : str

    Returns
    -------
    Abstention
        The observations stay beside it.
    """
    if not seen.written:
        return Abstention(
            line,
            version,
            "No writing could be read in the pictures looked at.",
            "Look for a sharper copy, or mark the writing by hand.",
            seen.inputs,
        )
    return Abstention(line, version, NO_WEIGHT, NO_WEIGHT_HELP, seen.inputs)
