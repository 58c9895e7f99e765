"""Names written in different scripts, brought to one alphabet of sounds, and how far apart two of them are."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "ғ": "g", "д": "d", "е": "e", "ё": "io", "є": "ie", "ж": "J",
    "з": "z", "и": "i", "і": "i", "ї": "i", "й": "i", "ј": "i", "к": "k", "қ": "k", "ҝ": "g", "л": "l", "м": "m",
    "н": "n", "ң": "n", "о": "o", "ө": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ү": "u", "ұ": "u",
    "ф": "f", "х": "h", "һ": "h", "ц": "T", "ч": "C", "ҹ": "J", "џ": "J", "ш": "S", "щ": "S", "ъ": "", "ы": "i",
    "ь": "", "э": "e", "ә": "e", "ю": "iu", "я": "ia",
}  # fmt: skip
_ARMENIAN = {
    "ա": "a", "բ": "b", "գ": "g", "դ": "d", "ե": "e", "զ": "z", "է": "e", "ը": "i", "թ": "t", "ժ": "J", "ի": "i",
    "լ": "l", "խ": "h", "ծ": "T", "կ": "k", "հ": "h", "ձ": "dz", "ղ": "g", "ճ": "C", "մ": "m", "յ": "i", "ն": "n",
    "շ": "S", "ո": "o", "չ": "C", "պ": "p", "ջ": "J", "ռ": "r", "ս": "s", "վ": "v", "տ": "t", "ր": "r", "ց": "T",
    "ւ": "v", "փ": "p", "ք": "k", "օ": "o", "ֆ": "f", "և": "ev",
}  # fmt: skip
_GEORGIAN = {
    "ა": "a", "ბ": "b", "გ": "g", "დ": "d", "ე": "e", "ვ": "v", "ზ": "z", "თ": "t", "ი": "i", "კ": "k", "ლ": "l",
    "მ": "m", "ნ": "n", "ო": "o", "პ": "p", "ჟ": "J", "რ": "r", "ს": "s", "ტ": "t", "უ": "u", "ფ": "p", "ქ": "k",
    "ღ": "g", "ყ": "k", "შ": "S", "ჩ": "C", "ც": "T", "ძ": "dz", "წ": "T", "ჭ": "C", "ხ": "h", "ჯ": "J", "ჰ": "h",
}  # fmt: skip
_ARABIC = {
    "ا": "a", "آ": "a", "ب": "b", "پ": "p", "ت": "t", "ث": "s", "ج": "J", "چ": "C", "ح": "h", "خ": "h", "د": "d",
    "ذ": "z", "ر": "r", "ز": "z", "ژ": "J", "س": "s", "ش": "S", "ص": "s", "ض": "z", "ط": "t", "ظ": "z", "ع": "",
    "غ": "g", "ف": "f", "ق": "k", "ک": "k", "ك": "k", "گ": "g", "ل": "l", "م": "m", "ن": "n", "و": "u", "ه": "e",
    "ة": "e", "ی": "i", "ي": "i", "ى": "i", "ئ": "i", "ؤ": "u", "ء": "",
}  # fmt: skip
_SINGLE = _CYRILLIC | _ARMENIAN | _GEORGIAN | _ARABIC
_LATIN_GROUPS = (
    ("dzh", "J"), ("tch", "C"), ("sch", "S"), ("shch", "S"), ("dj", "J"), ("dg", "J"), ("zh", "J"), ("kh", "h"),
    ("gh", "g"), ("sh", "S"), ("ch", "C"), ("ts", "T"), ("tz", "T"), ("ph", "f"), ("th", "t"), ("ck", "k"),
    ("oo", "u"), ("ou", "u"), ("ee", "i"),
)  # fmt: skip
_LATIN = {
    "ə": "e", "æ": "e", "ı": "i", "y": "i", "j": "J", "x": "h", "w": "v", "ø": "o", "ł": "l", "đ": "d",
    "ð": "d", "þ": "t", "ß": "s",
}  # fmt: skip
_ACCENTED = {"ş": "S", "š": "S", "ṣ": "s", "ç": "C", "č": "C", "ž": "J", "ǰ": "J", "ğ": "g", "ġ": "g", "ḫ": "h"}
_CYRILLIC_PAIRS = (("дж", "J"), ("тс", "T"), ("дч", "C"))
_ARMENIAN_PAIRS = (("ու", "u"),)

SOFT_COST = 0.4
_GAP = dict.fromkeys("hi", SOFT_COST)
"""Letters that one writing has and another drops: glides, breath."""
_OTHER_VOWEL_COST = 0.4
_SWAP = dict.fromkeys(map("".join, itertools.permutations("aeiou", 2)), _OTHER_VOWEL_COST) | {
    pair: cost
    for pairs, cost in (
        (("ae", "ou", "iu", "ei"), 0.25),
        (("kg", "dt", "bp", "vf", "JC", "zs", "Jz", "Ss", "TC", "Ts", "gh", "kh", "vu", "JS"), 0.5),
    )
    for both in pairs
    for pair in (both, both[::-1])
}
"""Sounds that spellings and ears confuse; others cost 1."""
_APOSTROPHES = dict.fromkeys(map(ord, "'’ʼ‘ʻ`´ʹ"), None)


def folded(text: str) -> str:
    """A word or words without case, accents and apostrophes, each in its own script; ``ı`` counts as ``i``.

    Examples
    --------
    >>> folded("ÇILDIR Gölü") == folded("çıldır gölü")
    True
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", bare).translate(_APOSTROPHES).replace("ı", "i")


def lowered(text: str) -> str:
    """A word in small letters, accents kept, apostrophes dropped; a dotted capital I gives a plain i."""
    return unicodedata.normalize("NFC", text.casefold().replace("i\u0307", "i")).translate(_APOSTROPHES)


def script_of(word: str) -> str:
    """The script most letters of a word are in: latin, cyrillic, armenian, georgian, arabic or other.

    Examples
    --------
    >>> script_of("Երևան"), script_of("Yerevan"), script_of("1994")
    ('armenian', 'latin', 'other')
    """
    counts: dict[str, int] = {}
    for letter in word:
        if letter.isalpha():
            name = unicodedata.name(letter, "OTHER").split()[0].lower()
            counts[name] = counts.get(name, 0) + 1
    best = max(counts, key=lambda name: (counts[name], name), default="other")
    return best if best in ("latin", "cyrillic", "armenian", "georgian", "arabic") else "other"


@lru_cache(maxsize=65536)
def sounds(word: str) -> tuple[str, ...]:
    """A word as it sounds, in one alphabet for all scripts; several where a letter is read in two ways.

    Latin ``c`` and ``q`` are read as in Azerbaijani and as in English. Long and doubled letters count once; hard and
    soft, aspirated and plain letters of a kind are one.

    Parameters
    ----------
    word : str
        One word, any script.

    Returns
    -------
    tuple of str
        At least one; letters of a-z, and S sh, C ch, J j or zh, T ts; digits as they are.

    Notes
    -----
    The tables follow the common readings of BGN/PCGN romanisations (Armenian 1981, Azerbaijani 1993, Russian 1947),
    with sounds merged that those and everyday spellings keep apart in different ways.

    Examples
    --------
    >>> sounds("Gyumri") == sounds("Гюмри") == sounds("Գյումրի")
    True
    """
    script = script_of(word)
    small = lowered(word)
    if script == "latin":
        of_c, of_q = ("Jk" if "c" in small else "k"), ("kg" if "q" in small else "k")
        readings = ["".join(_latin(small, c, q)) for c, q in itertools.product(of_c, of_q)]
    else:
        readings = ["".join(_other(small, script))]
    return tuple(dict.fromkeys(_tidied(reading) for reading in readings))


def _latin(word: str, c_reading: str, q_reading: str) -> Iterator[str]:
    for accented, sound in _ACCENTED.items():
        word = word.replace(accented, sound)
    position = 0
    while position < len(word):
        group = next((pair for pair in _LATIN_GROUPS if word.startswith(pair[0], position)), None)
        if group is not None:
            yield group[1]
            position += len(group[0])
            continue
        letter = word[position]
        if letter not in "SCJT":
            letter = unicodedata.normalize("NFKD", letter)[0]
            letter = c_reading if letter == "c" else q_reading if letter == "q" else _LATIN.get(letter, letter)
        if letter.isalnum():
            yield letter
        position += 1


def _other(word: str, script: str) -> Iterator[str]:
    if script == "armenian":
        if word.startswith("ո") and not word.startswith("ու"):
            word = "վ" + word
        for pair, sound in _ARMENIAN_PAIRS:
            word = word.replace(pair, sound)
    for pair, sound in _CYRILLIC_PAIRS if script == "cyrillic" else ():
        word = word.replace(pair, sound)
    for letter in word:
        if letter in _SINGLE:
            yield _SINGLE[letter]
        elif letter.isalnum():
            bare = unicodedata.normalize("NFKD", letter)[0]
            yield _SINGLE.get(bare, bare)


def _tidied(key: str) -> str:
    """Doubled letters once; a glide before an initial e dropped, as in Yerevan and Erevan."""
    once = "".join(letter for letter, _ in itertools.groupby(key)) if not any(map(str.isdigit, key)) else key
    return once[1:] if once.startswith("ie") else once


def distance(one: str, other: str, at_most: float) -> float:
    """Weighted edit distance of two sound keys: confusable sounds and glides cost less than others.

    Parameters
    ----------
    one, other : str
        Results of `sounds`.
    at_most : float
        What is beyond this is given as infinity.

    Returns
    -------
    float
        0 for equal keys; one unrelated letter costs 1.
    """
    if abs(len(one) - len(other)) * SOFT_COST > at_most:
        return float("inf")
    row = list(itertools.accumulate((_GAP.get(letter, 1.0) for letter in other), initial=0.0))
    for letter in one:
        gap = _GAP.get(letter, 1.0)
        corner, row[0] = row[0], row[0] + gap
        least = row[0]
        for column, other_letter in enumerate(other, start=1):
            above = row[column]
            swapped = corner if letter == other_letter else corner + _SWAP.get(letter + other_letter, 1.0)
            beside = row[column - 1] + _GAP.get(other_letter, 1.0)
            best = above + gap
            best = swapped if swapped < best else best
            best = beside if beside < best else best
            row[column] = best
            corner = above
            least = best if best < least else least
        if least > at_most:
            return float("inf")
    return row[-1] if row[-1] <= at_most else float("inf")
