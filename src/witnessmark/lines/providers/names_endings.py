"""Endings that a name takes in a sentence: which stems a word may be made of, by script."""

from __future__ import annotations

from functools import lru_cache

from witnessmark.lines.providers.names_letters import folded, lowered, script_of

LEAST_STEM = 3
"""A stem keeps at least so many letters: shorter ones are any word's beginning."""


def _latin_endings() -> frozenset[str]:
    """Case, plural, possessive and relational endings of Azerbaijani and Turkish, accents taken off as `folded` does.

    After the usual school grammars: vowel harmony gives a/ə (Azerbaijani) or a/e (Turkish), and i/u.
    """
    low, high = ("a", "ə", "e"), ("i", "u")
    cases = {
        *low, *high,
        *(f"{b}{v}" for b in "yn" for v in (*low, *high)),
        *(f"{b}{v}{n}" for b in "dt" for v in low for n in ("", "n", "ki")),
        *(f"{b}{v}n" for b in ("", "n") for v in high),
        *(f"{b}l{v}" for b in ("", "y") for v in low),
        *(f"l{v}" for v in high),
        *(f"d{v}n" for v in ("i", "u")),
    }  # fmt: skip
    plural = {f"l{v}r" for v in low}
    owned = {f"{b}{v}" for b in ("", "s") for v in high}
    after_owned = {f"n{rest}" for rest in cases if rest[:1] not in "yn"}
    return frozenset(
        cases | plural | owned | {p + c for p in plural for c in cases} | {o + a for o in owned for a in after_owned}
    )


def _folded_set(endings: str) -> frozenset[str]:
    return frozenset(folded(ending) for ending in endings.split())


_LATIN = _latin_endings()
_ENGLISH = frozenset({"s"})
_CYRILLIC = _folded_set(
    "а у ом ем ём е и ы ой ей ою ею ью ю я ов ев ам ям ами ями ах ях ого его ому ему ым им ом ем ый ий ой ая яя ое ее "
    "ую юю ые ие ых их ыми ими ский ская ское ские ского ской скому ским ском скую ских скими ец цы цев"
)
_CYRILLIC_OWN = ("ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие", "а", "я", "о", "е", "ы", "и", "й", "ь")
"""Endings of a dictionary form, which other cases replace."""
_ARMENIAN = _folded_set(
    "ը ն ի ին ից ով ում ի ու ուն ուց յի յին յից յով յում յան ներ ները ների ներից ներով ներում եր երը երի երից երում "
    "ցի ցիներ ցիները ական ս դ իս ում ումն ինը"
)
_ARMENIAN_OWN = ("ի", "ա")
_GEORGIAN = _folded_set("ს მა ის ით ში დან ზე ად თან ისა")
_GEORGIAN_OWN = ("ი", "ა")
_ENDINGS = {"latin": _LATIN, "cyrillic": _CYRILLIC, "armenian": _ARMENIAN, "georgian": _GEORGIAN}
_OWN = {"cyrillic": _CYRILLIC_OWN, "armenian": _ARMENIAN_OWN, "georgian": _GEORGIAN_OWN}
_APOSTROPHES = "'’ʼ‘`´"


@lru_cache(maxsize=65536)
def stems(word: str) -> tuple[str, ...]:
    """What is left of a word when an ending it may have is taken off; without the word itself, longest first.

    What follows an apostrophe is an ending where it is a known one, as in ``Bakı'da`` and ``Sevan's``. Accents stay.

    Examples
    --------
    >>> stems("Şuşa'da"), stems("Севана")
    (('şuşa',), ('севан',))
    """
    for mark in _APOSTROPHES:
        head, parted, tail = word.rpartition(mark)
        if parted and folded(tail) in _LATIN | _ENGLISH and len(head) >= LEAST_STEM:
            return (lowered(head),)
    plain = lowered(word)
    endings = _ENDINGS.get(script_of(word), frozenset())
    cuts = (len(plain) - length for length in range(1, len(plain) - LEAST_STEM + 1))
    return tuple(plain[:cut] for cut in cuts if folded(plain[cut:]) in endings)


@lru_cache(maxsize=65536)
def bare(word: str) -> str:
    """A name's word without the ending of its dictionary form, where its language replaces it; else the word itself.

    Examples
    --------
    >>> bare("Озеро"), bare("Göl")
    ('озер', 'göl')
    """
    plain = lowered(word)
    for ending in _OWN.get(script_of(word), ()):
        if plain.endswith(ending) and len(plain) - len(ending) >= LEAST_STEM:
            return plain[: -len(ending)]
    return plain
