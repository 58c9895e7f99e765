"""Why a transcript is not to be relied on. Each test marks; none of them takes words away. Pure."""

from __future__ import annotations

import unicodedata
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COMPRESSION = 2.4
"""Whisper's own limit for text that goes round in circles (Radford et al. 2022, section 4.5)."""
NO_SPEECH = 0.6
"""Whisper's own limit, there for its no-speech token."""
LOW_NATS = -0.7
"""Mean log-probability: correct transcripts of real English in wind lie above (docs/lines/conversation.md)."""
LOW_WORD, LOW_WORDS_SHARE = 0.3, 0.4
"""So many words of so low a probability."""
OTHER_SCRIPT_SHARE = 0.2
LEAST_LETTERS = 0.5
"""Share of letters among what is not blank: the model writes rows of figures where it hears a voice without words."""
FASTEST_PER_S = 30.0
"""Letters a second that nobody says: fast speech has 15 to 20. Stated."""
LEAST_VOICE = 0.3
"""Share of a stretch's time, by its words, in which a voice is heard."""
LEAST_SECOND = 0.15
"""Share of a stretch in which the second detector hears speech; real speech in wind as loud has more."""
MUSIC_SHARE = 0.5

_LATIN, _CYRILLIC, _ARABIC = frozenset({"LATIN"}), frozenset({"CYRILLIC"}), frozenset({"ARABIC"})
SCRIPTS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("az", "tr", "en", "de", "fr", "es", "it", "nl", "pl", "ro", "pt", "la", "hu", "fi"), _LATIN),
    **dict.fromkeys(("ru", "uk", "be", "bg", "mk", "kk", "ky", "tg"), _CYRILLIC),
    **dict.fromkeys(("ar", "fa", "ur", "ps", "ku"), _ARABIC),
    **dict.fromkeys(("sr", "uz"), _CYRILLIC | _LATIN),
    "hy": frozenset({"ARMENIAN"}),
    "ka": frozenset({"GEORGIAN"}),
    "he": frozenset({"HEBREW"}),
    "el": frozenset({"GREEK"}),
}
"""The scripts a language is written in; one that is not listed is not tested."""

NOTHING = "nothing was transcribed"
CUT_OFF = "the words are cut off where the model reached its limit"


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a transcript when it is doubted.

    Attributes
    ----------
    text : str
    decoded_in : str
        Language code.
    length_s : float
    mean_log_probability_nats : float
    no_speech_probability : float
    word_probability : sequence of float
    voice_share : float
        Of the time of its words, where the voice detector hears a voice.
    second_voice_share : float
        Of the stretch, where the second detector hears speech.
    music_share : float
        Of the stretch, where music or singing is heard.
    cut_off : bool
        The model reached its limit of tokens.
    """

    text: str
    decoded_in: str
    length_s: float
    mean_log_probability_nats: float
    no_speech_probability: float
    word_probability: Sequence[float]
    voice_share: float
    second_voice_share: float
    music_share: float
    cut_off: bool


def doubts(heard: Heard) -> tuple[str, ...]:
    """Reasons not to rely on a transcript, most telling first; none is no proof that it is right.

    Parameters
    ----------
    heard : Heard

    Returns
    -------
    tuple of str
    """
    if not heard.text.strip():
        return (NOTHING,)
    found = [*_of_text(heard.text, heard.decoded_in)]
    if heard.no_speech_probability > NO_SPEECH:
        found.append(f"the model doubts that this is speech ({heard.no_speech_probability:.2f})")
    if heard.voice_share < LEAST_VOICE:
        found.append("the words stand where hardly any voice is heard")
    if heard.second_voice_share < LEAST_SECOND:
        found.append("a second detector hears hardly any speech")
    if heard.music_share > MUSIC_SHARE:
        found.append("there is music or singing in it")
    if heard.mean_log_probability_nats < LOW_NATS:
        found.append(_low(heard.mean_log_probability_nats))
    elif _low_share(heard.word_probability) > LOW_WORDS_SHARE:
        found.append("many words have a low probability")
    if heard.length_s > 0.0 and sum(map(str.isalnum, heard.text)) / heard.length_s > FASTEST_PER_S:
        found.append("more letters than can be said in the time")
    if heard.cut_off:
        found.append(CUT_OFF)
    return tuple(found)


def text_doubts(text: str, code: str, mean_log_probability_nats: float, cut_off: bool) -> tuple[str, ...]:
    """Reasons not to rely on a translation, by its text alone."""
    if not text.strip():
        return (NOTHING,)
    found = [*_of_text(text, code)]
    if mean_log_probability_nats < LOW_NATS:
        found.append(_low(mean_log_probability_nats))
    if cut_off:
        found.append(CUT_OFF)
    return tuple(found)


def _of_text(text: str, code: str) -> list[str]:
    found = []
    strange = other_script_share(text, code)
    if strange > OTHER_SCRIPT_SHARE:
        found.append(f"{strange:.0%} of the letters are not of the language's script")
    signs = [sign for sign in text if not sign.isspace()]
    if sum(map(str.isalpha, signs)) < LEAST_LETTERS * len(signs):
        found.append("figures and signs rather than words")
    if (ratio := compression_ratio(text)) > COMPRESSION:
        found.append(f"the text repeats itself (compression {ratio:.1f})")
    return found


def _low(mean_log_probability_nats: float) -> str:
    return f"low probability (mean log-probability {mean_log_probability_nats:.2f})"


def compression_ratio(text: str) -> float:
    """Bytes of the text over bytes of it compressed by zlib; loops compress well.

    Examples
    --------
    >>> compression_ratio("on and " * 30) > 2.4 > compression_ratio("He says that the road is open again.")
    True
    """
    raw = text.encode("utf-8")
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def other_script_share(text: str, code: str) -> float:
    """The share of letters that are not of a script the language is written in; 0 for one that is not listed.

    Examples
    --------
    >>> other_script_share("Բարև ձեզ", "hy"), round(other_script_share("Բարև שלום", "hy"), 1)
    (0.0, 0.5)
    """
    expected = SCRIPTS.get(code)
    scripts = Counter(unicodedata.name(sign, "?").split()[0] for sign in text if sign.isalpha())
    total = sum(scripts.values())
    if expected is None or not total:
        return 0.0
    return sum(count for script, count in scripts.items() if script not in expected) / total


def _low_share(probabilities: Sequence[float]) -> float:
    return sum(value < LOW_WORD for value in probabilities) / len(probabilities) if probabilities else 0.0
