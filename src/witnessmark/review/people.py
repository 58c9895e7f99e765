"""Whether two names may be one person's: names are compared as a reader's eye sees them."""

from __future__ import annotations

import unicodedata

_LATIN = ("ılł|10øđɑɡ", "iiiiioodag")  # 1 reads as l, and l as a capital i
_CYRILLIC = ("авсеһніӏјкмопрԛгѕтѵԝхуүԁ", "abcehhiijkmonpqrstvwxyyd")
_GREEK = ("αβεηικμνορτυχωγζ", "abenikmvoptuxwyz")
_ARMENIAN = ("օսհոցզլքյտ", "ouhngqipjs")
_LOOK_ALIKES = {
    sign: latin
    for signs, latins in (_LATIN, _CYRILLIC, _GREEK, _ARMENIAN)
    for sign, latin in zip(signs, latins, strict=True)
}
"""Signs that look alike in common type, by their lower case: a small part of the table that Unicode Technical Standard
39 (Security Mechanisms, section 4, confusable detection) builds its skeletons with."""


def _words(name: str) -> list[str]:
    """A name's words as the eye takes them, in the order written."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    kept = []
    for sign in plain:
        category = unicodedata.category(sign)
        if category[0] == "M" or category == "Cf":
            continue
        latin = _LOOK_ALIKES.get(sign, sign)
        kept.append(latin if unicodedata.category(latin)[0] in "LN" else " ")
    return "".join(kept).split()


def seen_as(name: str) -> tuple[str, ...]:
    """A name's words as the eye takes them, sorted: without case, accents, punctuation, hidden signs and word order.

    Parameters
    ----------
    name : str

    Returns
    -------
    tuple of str
        Empty when the name holds no letter or digit.

    Examples
    --------
    >>> seen_as("  ÁLVAREZ,  Ana ") == seen_as("ana alvarez") == seen_as("Аna Alvarez")  # the last begins in Cyrillic
    True
    """
    return tuple(sorted(_words(name)))


def same_name(one: str, other: str) -> bool:
    """Whether two names read the same, whatever the order of their words, written together or apart.

    Examples
    --------
    >>> same_name("Ana-Alvarez", "ANAALVAREZ"), same_name("Ana Dora", "Adorana")
    (True, False)
    """
    first, second = _words(one), _words(other)
    return bool(first) and (sorted(first) == sorted(second) or "".join(first) == "".join(second))


def alike(one: str, other: str) -> bool:
    """Whether one name may be a shorter form of the other: a word in common, the rest initials or left out.

    Examples
    --------
    >>> alike("A. Alvarez", "Ana Alvarez"), alike("Ana Alvarez", "Ana Petrova")
    (True, False)
    """
    short, long = sorted((seen_as(one), seen_as(other)), key=len)
    if not any(len(word) > 1 for word in set(short) & set(long)):
        return False
    left = list(long)
    for word in sorted(short, key=len, reverse=True):
        match = next((w for w in left if w == word), None) or next(
            (w for w in left if (len(word) == 1 or len(w) == 1) and w[0] == word[0]), None
        )
        if match is None:
            return False
        left.remove(match)
    return True
