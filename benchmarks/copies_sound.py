"""How far the same sound keeps its codes, from which length it is found, and how often unrelated sound is taken for it.

Rendered voices, bands, streets and alarms, and any real recordings given on the command line. Unrelated pairs include
hard ones: the same speaker with other words, the same band with another piece, the same alarm in another place.

Run: ``python benchmarks/copies_sound.py [--families 6] [RECORDING ...]``
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.sound_lab.signals import (
    RATE_HZ,
    Samples,
    alarm,
    band,
    filtered,
    in_a_room,
    street,
    voice,
)
from benchmarks.sound_lab.ways import encoded, hurried, noisy, phone, played

from witnessmark import media
from witnessmark.lines.copies.fingerprint import ALGORITHM, Fingerprint, FrameCodes, SoundCodes
from witnessmark.lines.copies.sound import SOUND_SCORE, compare_sound, search_sound, sound_codes
from witnessmark.lines.copies.soundlines import bit_count
from witnessmark.stores.fingerprints import Entry, open_library

RESULTS = Path(__file__).with_name("results") / "copies_sound.md"
LENGTH_S = 24.0
LENGTHS_S = (3.0, 5.0, 8.0)
HOURS = 100
CHANGES: dict[str, tuple[Callable[[Samples], Samples], float]] = {
    "as it is, half a step off": (lambda sound: sound[RATE_HZ // 16 :], 1.0),
    "aac 24 kbit/s": (lambda sound: encoded(sound, "aac", 24_000), 1.0),
    "opus 12 kbit/s": (lambda sound: encoded(sound, "libopus", 12_000), 1.0),
    "noise 10 dB under": (lambda sound: noisy(sound, 10.0), 1.0),
    "treble and bass turned": (lambda sound: filtered(sound, {0.0: 0.2, 400.0: 0.5, 1500.0: 2.0, 8000.0: 1.0}), 1.0),
    "in a room (0.6 s)": (lambda sound: in_a_room(sound, 0.6, 2), 1.0),
    "screen filmed by telephone": (phone, 1.0),
    "1.1x, pitch follows": (lambda sound: played(sound, 1.1), 1.1),
    "1.25x, pitch follows": (lambda sound: played(sound, 1.25), 1.25),
    "1.1x, pitch kept": (lambda sound: hurried(sound, 1.1), 1.1),
    "1.25x, pitch kept": (lambda sound: hurried(sound, 1.25), 1.25),
}

HARD = ("aac 24 kbit/s", "opus 12 kbit/s", "noise 10 dB under", "screen filmed by telephone", "1.25x, pitch kept")


def codes(sound: Samples) -> SoundCodes:
    """Its codes."""
    return sound_codes(sound, RATE_HZ, 0.0)


def rendered(families: int) -> dict[str, Samples]:
    """Two sounds of each family of each kind."""
    made: dict[str, Samples] = {}
    for family, member in itertools.product(range(families), range(2)):
        made[f"voice {family}.{member}"] = voice(LENGTH_S, family, member)
        made[f"band {family}.{member}"] = band(LENGTH_S, family, member)
        made[f"street {family}.{member}"] = street(LENGTH_S, 2 * family + member)
    for member in range(families):
        made[f"alarm 0.{member}"] = alarm(LENGTH_S, member)
    return made


def real(paths: Sequence[Path]) -> dict[str, Samples]:
    """The sound of recordings that have some."""
    found = {}
    for path in paths:
        heard = media.sound(path)
        if isinstance(heard, media.Sound) and (codes(heard.samples).codes != 0).sum() >= 24:
            found[f"real {path.stem}"] = heard.samples[: round(30 * RATE_HZ)]
    return found


def found(
    sound: Samples, change: Callable[[Samples], Samples], speed: float, length_s: float, at_s: float
) -> tuple[float, float] | None:
    """The bit error rate of an excerpt and how far from where it lies it was found [s]; None where it was not."""
    start = round(at_s * RATE_HZ)
    excerpt = change(sound[start : start + round(length_s * RATE_HZ)])
    match = compare_sound(codes(excerpt), codes(sound))
    if match is None or match.score < SOUND_SCORE:
        return None
    stretch = match.stretches[0]
    middle_s = 0.5 * (stretch.q0_s + stretch.q1_s)
    lies_s = stretch.r0_s + stretch.speed * (middle_s - stretch.q0_s)
    return stretch.bit_error_rate, abs(lies_s - (at_s + speed * middle_s))


def changed_rows(sounds: dict[str, Samples], names: Iterable[str] = CHANGES) -> list[str]:
    """A row for each change: recall by length of the excerpt, bit errors where it was found, and error of place."""
    rng = np.random.default_rng(9)
    lengths = " | ".join(f"{length_s:g} s" for length_s in LENGTHS_S)
    lines = [
        f"| change | {lengths} | bits wrong, median (95 %) | off by, 95 % |",
        "|---|" + "---|" * (len(LENGTHS_S) + 2),
    ]
    for name in names:
        print(f"  {name}", file=sys.stderr, flush=True)
        change, speed = CHANGES[name]
        recalls, wrong, off = list[str](), list[float](), list[float]()
        for length_s in LENGTHS_S:
            tried = [
                found(sound, change, speed, length_s, rng.uniform(0.0, len(sound) / RATE_HZ - length_s))
                for sound in sounds.values()
                if len(sound) > (length_s + 0.1) * RATE_HZ
            ]
            hits = [each for each in tried if each is not None]
            recalls.append(f"{len(hits) / len(tried):.2f}" if tried else "-")
            wrong += [bits for bits, _ in hits]
            off += [off_s for _, off_s in hits]
        told = (
            f"{np.median(wrong):.3f} ({np.quantile(wrong, 0.95):.3f}) | {np.quantile(off, 0.95):.2f} s"
            if wrong
            else "- | -"
        )
        lines.append(f"| {name} | {' | '.join(recalls)} | {told} |")
    return lines


def kin(one: str, other: str) -> bool:
    """Whether two sounds are of one family."""
    return one.split(".")[0] == other.split(".")[0] and not one.startswith(("real", "street"))


def unrelated_scores(sounds: dict[str, Samples]) -> dict[str, list[float]]:
    """Best score of every unrelated pair; hard ones apart."""
    made = {name: codes(sound) for name, sound in sounds.items()}
    scores: dict[str, list[float]] = {"of different families": [], "same speaker, band or alarm": [], "both real": []}
    for one, other in itertools.combinations(made, 2):
        match = compare_sound(made[one], made[other], least_score=-math.inf)
        hard, both = kin(one, other), one.startswith("real") and other.startswith("real")
        kind = "same speaker, band or alarm" if hard else "both real" if both else "of different families"
        scores[kind].append(-9.0 if match is None else match.score)
    return scores


def kept(sound: SoundCodes) -> Fingerprint:
    """A fingerprint of sound alone."""
    frames = FrameCodes(np.zeros(0, np.float32), np.zeros((0, 32), np.uint8), np.zeros(0, np.uint8))
    return Fingerprint(ALGORITHM, len(sound.codes) * sound.step_s, 0, 0, frames, sound, None, None)


def filler(sounds: dict[str, Samples], hours: float) -> Iterator[SoundCodes]:
    """Sound of nobody: pieces of 4 s of all sounds in random order, backwards and every bit turned over.

    So codes keep how often they come and how they follow one another, and lie as far as can be from what they were.
    """
    rng, each = np.random.default_rng(10), 600 * 8
    pieces = []
    for sound in sounds.values():
        row = codes(sound).codes
        turned = np.where(row == 0, np.uint32(0), ~row)[::-1]
        pieces += np.array_split(turned, max(1, len(turned) // 32))
    for _ in range(round(hours * 6)):
        chosen = [pieces[index] for index in rng.integers(0, len(pieces), each // 16)]
        yield SoundCodes(0.75, 0.125, np.concatenate(chosen)[:each])


def library_rows(sounds: dict[str, Samples], folder: Path) -> list[str]:
    """Searches in a store of `HOURS` hours with the originals in it."""
    print("  a library", file=sys.stderr, flush=True)
    rng, library = np.random.default_rng(12), open_library(folder)
    library.add_many(Entry(kept(strange), f"filler {number}") for number, strange in enumerate(filler(sounds, HOURS)))
    own = {name: library.add(kept(codes(sound)), name).id for name, sound in sounds.items()}
    change = CHANGES["aac 24 kbit/s"][0]
    lines = ["| query | found | others from the score on | seconds a query |", "|---|---|---|---|"]
    for length_s in (5.0, 8.0):
        hits = others = tried = 0
        seconds = []
        for name, sound in sounds.items():
            if len(sound) < (length_s + 0.1) * RATE_HZ:
                continue
            start = rng.integers(0, len(sound) - round(length_s * RATE_HZ))
            query = codes(change(sound[start : start + round(length_s * RATE_HZ)]))
            began = time.process_time()
            answers = [match for match in search_sound(query, library) if match.score >= SOUND_SCORE]
            seconds.append(time.process_time() - began)
            tried += 1
            hits += any(match.recording == own[name] for match in answers)
            others += sum(match.recording != own[name] for match in answers)
        lines.append(
            f"| {length_s:g} s, aac 24 kbit/s | {hits / tried:.2f} of {tried} | {others} | {np.median(seconds):.2f} |"
        )
    return lines


def dependence(sounds: dict[str, Samples]) -> float:
    """Variance of the bit error rate of unrelated stretches of 5 s over that of independent bits."""
    rng, rates = np.random.default_rng(11), list[float]()
    made = [c for c in (codes(sound).codes for sound in sounds.values()) if len(c) >= 29 and (c != 0).all()]
    for _ in range(8000):
        one, other = (made[index] for index in rng.choice(len(made), 2, replace=False))
        at, to = rng.integers(0, len(one) - 28), rng.integers(0, len(other) - 28)
        rates.append(float(bit_count(one[at : at + 29] ^ other[to : to + 29]).mean() / 32.0))
    return float(np.var(rates) / (0.25 / (32 * 29)))


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", type=int, default=6, help="families of each kind of rendered sound")
    parser.add_argument("recordings", nargs="*", type=Path)
    options = parser.parse_args()
    made, given = rendered(options.families), real(options.recordings)
    unlike = {name: sound for name, sound in made.items() if not name.startswith("alarm")}
    began = time.process_time()
    for sound in made.values():
        codes(sound)
    cost = (time.process_time() - began) / sum(len(sound) / RATE_HZ for sound in made.values())
    lines = [
        "# The same sound",
        "",
        f"{len(made)} rendered sounds of {LENGTH_S:g} s"
        + (f", {len(given)} real recordings" if given else "")
        + f"; 8 codes a second, 1.9 kB a minute, {1000 * cost:.1f} ms of one processor a second of sound. "
        f"Found means a score of at least {SOUND_SCORE:g}.",
        "",
        "## Through changes: share of excerpts found, by their length (rendered)",
        "",
        *changed_rows(unlike),
    ]
    if given:
        lines += ["", "## The same with real recordings", "", *changed_rows(given, HARD)]
    print("  unrelated pairs", file=sys.stderr, flush=True)
    print("\n".join(lines), flush=True)
    scores = unrelated_scores({**made, **given})
    lines += [
        "",
        "## Best scores of unrelated pairs",
        "",
        "| pairs | number | median | 99 % | highest | from the score on |",
        "|---|---|---|---|---|---|",
    ]
    for kind, values in scores.items():
        if values:
            lines.append(
                f"| {kind} | {len(values)} | {np.median(values):.1f} | {np.quantile(values, 0.99):.1f} | "
                f"{max(values):.1f} | {sum(value >= SOUND_SCORE for value in values)} |"
            )
    lines += [
        "",
        f"Bit error rates of unrelated stretches of 5 s vary {dependence({**unlike, **given}):.1f} times as much as "
        "those of independent bits.",
        "",
        f"## In a library of {HOURS} hours",
        "",
    ]
    print("\n".join(lines), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        lines += library_rows({**unlike, **given}, Path(folder))
    text = "\n".join(lines) + "\n"
    RESULTS.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
