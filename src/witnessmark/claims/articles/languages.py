"""Which language a text is in, as far as letters and common words tell; only English is read."""

from __future__ import annotations

import re
import unicodedata

from witnessmark.claims.articles.words import english_words

ENGLISH_SHARE_MIN = 0.2
"""Share of common function words from which a text is taken for English; running English has 0.35 to 0.5."""
_WORDS_MIN = 5
_NAMES = {
    "hy": "Armenian",
    "ru": "Russian",
    "uk": "Ukrainian",
    "az": "Azerbaijani",
    "tr": "Turkish",
    "ka": "Georgian",
    "ar": "Arabic or Persian",
    "he": "Hebrew",
    "el": "Greek",
    "zh": "Chinese or Japanese",
    "und": "a language that was not recognised",
    "fr": "French",
    "de": "German",
    "es": "Spanish",
}
_SCRIPTS = {
    "ARMENIAN": "hy",
    "CYRILLIC": "ru",
    "GEORGIAN": "ka",
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "CJK": "zh",
    "HIRAGANA": "zh",
}
_COMMON = {
    "az": [
        "və",
        "ki",
        "bu",
        "bir",
        "üçün",
        "ilə",
        "olan",
        "isə",
        "edib",
        "daha",
        "bildirib",
        "görə",
        "sonra",
        "kimi",
        "tərəfindən",
    ],
    "tr": ["ve", "bir", "bu", "için", "ile", "olarak", "olan", "daha", "göre", "sonra", "dedi", "kadar", "gibi"],
    "fr": ["le", "la", "les", "des", "et", "une", "est", "dans", "que", "pour", "qui", "sur", "pas", "du", "au"],
    "de": ["der", "die", "das", "und", "ist", "nicht", "ein", "eine", "mit", "von", "dem", "den", "auf", "im"],
    "es": ["el", "los", "las", "una", "que", "del", "por", "con", "para", "es", "en", "no", "se", "su"],
}


def language_of(text: str) -> str:
    """ISO 639 code of the text's language; "und" where neither letters nor common words tell.

    Examples
    --------
    >>> language_of("The ministry said on Sunday that the video was filmed near the lake and that it is genuine.")
    'en'
    >>> language_of("Nazirlik bildirib ki, görüntülər bu il çəkilib və araşdırma aparılır.")
    'az'
    """
    letters = [letter for letter in text[:20_000] if letter.isalpha()]
    if not letters:
        return "und"
    scripts: dict[str, int] = {}
    for letter in letters:
        name = unicodedata.name(letter, "").split(" ")[0]
        scripts[name] = scripts.get(name, 0) + 1
    main = max(scripts, key=lambda each: scripts[each])
    if main != "LATIN":
        code = _SCRIPTS.get(main, "und")
        ukrainian = code == "ru" and re.search(r"[іїєґ]", text) is not None and re.search(r"[ыэ]", text) is None
        return "uk" if ukrainian else code
    words = re.findall(r"[^\W\d_]+", text[:20_000].lower())
    if len(words) < _WORDS_MIN:
        return "und"
    if sum(word in english_words() for word in words) / len(words) >= ENGLISH_SHARE_MIN:
        return "en"
    shares = {code: sum(word in common for word in words) / len(words) for code, common in _COMMON.items()}
    if "ə" in text.lower():
        return "az"
    best = max(shares, key=lambda code: shares[code])
    return best if shares[best] >= 0.05 else "und"


def why_unread(code: str) -> str | None:
    """Why a text in that language is not read; None for English."""
    if code == "en":
        return None
    return (
        f"The text is in {_NAMES.get(code, code)}, as its letters and words suggest; it is kept and was not read."
        " Have it translated, and read the translation."
    )
