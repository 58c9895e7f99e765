"""From a speech model's scores over languages to what may be said of a stretch's language. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from witnessmark.errors import BadInputError
from witnessmark.lines.conversation.voice import LEAST_TOLD_S

SURE = 0.7
"""Less than this of the case's share, and the language is undetermined."""
TURKIC = ("az", "tr")
TURKIC_SURE = 0.9
"""Azerbaijani and Turkish are told apart only from this share of the two on; the model mixes them up. Stated."""
FOREIGN = 0.5
"""A language that the case does not name and that has so much makes it "other"."""
MOSTLY_OTHER = 0.5
"""Where languages outside the case have more than this together, the transcript has to bear the language out."""
BORNE_OUT_NATS = -0.6
"""Mean log-probability of a transcript that does: on real English voices, clean and in
wind as loud, seldom below; on synthetic ones that the model does not know -0.82 and down, but for loops."""
UNSPOKEN = frozenset({"la", "sa"})
"""Languages that are nobody's own: the model gives Latin to accents it does not know, and that outvotes nothing."""
OTHER, UNDETERMINED, EITHER_TURKIC = "other", "undetermined", "Turkic"
NAMES: Mapping[str, str] = {
    "az": "Azerbaijani",
    "en": "English",
    "fa": "Persian",
    "hy": "Armenian",
    "ka": "Georgian",
    "ru": "Russian",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ar": "Arabic",
    "he": "Hebrew",
    "de": "German",
    "fr": "French",
}
CHECKED = frozenset({"en"})
"""Languages for which the verdict was checked on real voices."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a language, what it rests on, and in which language a transcript is worth asking for."""

    said: str
    why: str
    decode_in: str
    to_bear_out: bool
    """True where a transcript of little confidence takes the verdict back."""


def restricted(scores: Mapping[str, float], case: Sequence[str]) -> dict[str, float]:
    """Scores over the case's languages alone, summing to one.

    Examples
    --------
    >>> restricted({"en": 0.3, "ru": 0.1, "th": 0.6}, ["en", "ru"])
    {'en': 0.75, 'ru': 0.25}
    """
    total = sum(scores.get(code, 0.0) for code in case)
    return {code: scores.get(code, 0.0) / total if total > 0.0 else 1.0 / len(case) for code in case}


def decide(
    scores: Mapping[str, float], windows: Sequence[Mapping[str, float]], length_s: float, case: Sequence[str]
) -> Verdict:
    """What may be said of a stretch.

    Parameters
    ----------
    scores : mapping of str to float
        Of the whole stretch, over all languages.
    windows : sequence of mapping
        Of its parts that are long enough to be told.
    length_s : float
        From the first sound of a voice to the last [s].
    case : sequence of str
        The case's languages.

    Returns
    -------
    Verdict
    """
    inside = restricted(scores, case)
    best = max(inside, key=lambda code: (inside[code], code))
    foreign = {code: score for code, score in scores.items() if code not in case and code not in UNSPOKEN}
    strange = max(foreign, key=lambda code: (foreign[code], code), default=best)
    if foreign.get(strange, 0.0) >= FOREIGN:
        why = f"The model gives {foreign[strange]:.2f} to {named(strange)}, which the case does not name."
        return Verdict(OTHER, why, strange, True)
    if length_s < LEAST_TOLD_S:
        why = f"It is shorter than {LEAST_TOLD_S:g} s, too short to tell a language."
        return Verdict(UNDETERMINED, why, best, False)
    told = dict.fromkeys(_top(window, case) for window in windows)
    if len({EITHER_TURKIC if code in TURKIC else code for code in told}) > 1:
        heard = ", ".join(named(code) for code in told)
        return Verdict(UNDETERMINED, f"Windows of it disagree: {heard}.", best, False)
    both = sum(inside.get(code, 0.0) for code in TURKIC)
    if best in TURKIC and all(code in inside for code in TURKIC) and both >= SURE and inside[best] < TURKIC_SURE * both:
        why = f"Azerbaijani has {inside['az']:.2f} and Turkish {inside['tr']:.2f}: too close for this model to tell."
        return Verdict(EITHER_TURKIC, why, best, _outvoted(scores, case))
    if inside[best] < SURE:
        why = f"{named(best)} has {inside[best]:.2f} among the case's languages, less than {SURE:g}."
        return Verdict(UNDETERMINED, why, best, False)
    return Verdict(best, f"{inside[best]:.2f} among the case's languages, uncalibrated.", best, _outvoted(scores, case))


def borne_out(verdict: Verdict, mean_log_probability_nats: float, doubts: Sequence[str]) -> Verdict:
    """The verdict again, or none where languages outside the case outvote it and the transcript is not confident."""
    if not verdict.to_bear_out or (mean_log_probability_nats >= BORNE_OUT_NATS and not doubts):
        return verdict
    why = "Most of the score lies outside the case's languages, and the transcript does not bear out a language."
    return Verdict(UNDETERMINED, why, verdict.decode_in, False)


def differ(one: Mapping[str, float], other: Mapping[str, float], case: Sequence[str]) -> bool:
    """Whether two parts are plainly in different languages: each surely in one, and not in the same."""
    tops = [_sure_top(scores, case) for scores in (one, other)]
    if None in tops or tops[0] == tops[1]:
        return False
    return not all(code in TURKIC for code in tops)


def check(asked: Sequence[str], known: Sequence[str]) -> None:
    """Refuse languages that a model does not know.

    Raises
    ------
    BadInputError
    """
    unknown = [code for code in asked if code not in known]
    if not asked or unknown:
        raise BadInputError(
            f"The speech model knows no language '{unknown[0]}'." if unknown else "No language is named.",
            f"Give codes out of: {', '.join(known)}.",
        )


def named(code: str) -> str:
    """A language by its name where it has one here, else by its code."""
    return NAMES.get(code, f"'{code}'")


def note(verdict: str) -> str:
    """What has to stand beside a verdict wherever it is shown."""
    if verdict == UNDETERMINED:
        return "undetermined"
    checked = "" if verdict in CHECKED else ", not checked on real voices"
    return f"suggestion, uncalibrated{checked}"


def _top(scores: Mapping[str, float], case: Sequence[str]) -> str:
    inside = restricted(scores, case)
    return max(inside, key=lambda code: (inside[code], code))


def _sure_top(scores: Mapping[str, float], case: Sequence[str]) -> str | None:
    top = _top(scores, case)
    inside = restricted(scores, case)[top]
    return top if inside >= SURE and not _outvoted(scores, case) else None


def _outvoted(scores: Mapping[str, float], case: Sequence[str]) -> bool:
    return sum(scores.get(code, 0.0) for code in case) < 1.0 - MOSTLY_OTHER
