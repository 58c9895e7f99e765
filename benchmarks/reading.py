"""How much of what articles say is proposed, with the right speaker, topic, hedge, date and place.

Without options it reads the rehearsed articles of ``tests/claims/articles``. With ``--hand-list FILE`` and
``--reports FILE...`` it measures other reports against a list made by hand, and writes nothing.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from witnessmark.claims.articles import Reading, read_article
from witnessmark.claims.articles.atlases import GazetteerAtlas
from witnessmark.claims.articles.whereabouts import Atlas
from witnessmark.claims.articles.words import Parties, parties
from witnessmark.claims.proposals import Proposal, SaidTime
from witnessmark.lines.providers.gazetteer import CaseGazetteer
from witnessmark.review.agreement import wilson

ARTICLES = Path(__file__).parent.parent / "tests" / "claims" / "articles"
RESULTS = Path(__file__).parent / "results" / "reading.md"
SETS = ("development", "held_out")
_SAME = str.maketrans("’‘“”", "''\"\"")


@dataclass(frozen=True, slots=True)
class Expected:
    """One claim of a hand list: where its passage begins, and what may stand for speaker, topic and hedge."""

    at: str
    speaker: tuple[str, ...]
    about: tuple[str, ...]
    hedge: tuple[str, ...]
    may: bool
    time: dict[str, object] | None
    said: dict[str, object] | None
    place: dict[str, object] | None
    count: int | None


@dataclass(slots=True)
class Tally:
    """Counts over one or more articles; every pair is hits and trials."""

    recall: list[int] = field(default_factory=lambda: [0, 0])
    precision: list[int] = field(default_factory=lambda: [0, 0])
    hedges: list[int] = field(default_factory=lambda: [0, 0])
    times: list[int] = field(default_factory=lambda: [0, 0])
    places: list[int] = field(default_factory=lambda: [0, 0])
    counts: list[int] = field(default_factory=lambda: [0, 0])
    missed: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add another's counts."""
        for name in ("recall", "precision", "hedges", "times", "places", "counts"):
            mine, theirs = getattr(self, name), getattr(other, name)
            mine[0] += theirs[0]
            mine[1] += theirs[1]
        self.missed += other.missed


def plain(words: str) -> str:
    """Words without capitals, articles and typographic marks."""
    return re.sub(r"^(?:the|an?|its|his|her) ", "", " ".join(words.translate(_SAME).casefold().split()))


def read_list(entries: Iterable[dict[str, object]]) -> list[Expected]:
    """The claims of a hand list."""

    def strings(value: object) -> tuple[str, ...]:
        return tuple(str(each) for each in value) if isinstance(value, list) else (str(value),)

    def held(value: object) -> dict[str, object] | None:
        return value if isinstance(value, dict) else None

    found = []
    for each in entries:
        count = each.get("count")
        found.append(
            Expected(
                str(each["at"]),
                strings(each["speaker"]),
                strings(each["about"]),
                strings(each["hedge"]),
                bool(each.get("may", False)),
                held(each.get("time")),
                held(each.get("said")),
                held(each.get("place")),
                int(str(count)) if count is not None else None,
            )
        )
    return found


def fits(proposal: Proposal, expected: Expected, text: str) -> bool:
    """Whether a proposal has an expected claim's speaker and topic, and its passage holds the claim's beginning."""
    same = plain(proposal.speaker) in {plain(each) for each in expected.speaker}
    if not same or proposal.about.value not in expected.about:
        return False
    place = text.translate(_SAME).find(expected.at.translate(_SAME))
    if place < 0:
        raise SystemExit(f"The hand list's '{expected.at}' is not in the text.")
    return proposal.start < place + len(expected.at) and place < proposal.end


def _same_time(time: SaidTime | None, wanted: dict[str, object]) -> bool:
    if time is None:
        return False
    likeliest = wanted.get("likeliest")
    listed = tuple(tuple(str(end) for end in each) for each in likeliest) if isinstance(likeliest, list) else ()
    same = (time.from_, time.to, time.precision.value) == (wanted["from"], wanted["to"], wanted["precision"])
    return same and (not listed or tuple(time.likeliest) == listed)


def _same_place(proposal: Proposal, wanted: dict[str, object]) -> bool:
    if proposal.place is None:
        return False
    name, relation = wanted["name"], wanted["relation"]
    names = name if isinstance(name, list) else [name]
    return proposal.place.name in names and isinstance(relation, list) and proposal.place.relation in relation


def measure(reading: Reading, listed: Sequence[Expected], where: str) -> Tally:
    """Compare one reading with its hand list."""
    tally = Tally()
    text = reading.text
    matched = {each.id: [one for one in listed if fits(each, one, text)] for each in reading.proposals}
    for proposal in reading.proposals:
        found = matched[proposal.id]
        if found and all(one.may for one in found):
            continue
        tally.precision[1] += 1
        tally.precision[0] += bool(found)
        if not found:
            tally.missed.append(
                f"{where}: not in the list: {proposal.speaker} / {proposal.about.value}: {proposal.passage[:70]}"
            )
    for one in listed:
        proposals = [each for each in reading.proposals if one in matched[each.id]]
        if one.may:
            continue
        tally.recall[1] += 1
        tally.recall[0] += bool(proposals)
        if not proposals:
            tally.missed.append(f"{where}: not found: {one.speaker[0]} / {'|'.join(one.about)}: {one.at}")
        else:
            tally.hedges[1] += 1
            good = any(each.hedge.value in one.hedge for each in proposals)
            tally.hedges[0] += good
            if not good:
                got = ", ".join(each.hedge.value for each in proposals)
                tally.missed.append(f"{where}: hedge {got} for {'|'.join(one.hedge)}: {one.at}")
        for wanted, kind in ((one.time, "time"), (one.said, "said")):
            if wanted is None:
                continue
            tally.times[1] += 1
            times = [
                time for each in proposals for time in ((each.time,) if kind == "time" else (each.said_at, each.time))
            ]
            good = any(_same_time(time, wanted) for time in times)
            tally.times[0] += good
            if not good:
                tally.missed.append(f"{where}: {kind} {[time and (time.from_, time.to) for time in times]}: {one.at}")
        if one.place is not None:
            tally.places[1] += 1
            good = any(_same_place(each, one.place) for each in proposals)
            tally.places[0] += good
            if not good:
                got_places = [each.place and (each.place.relation, each.place.name) for each in proposals]
                tally.missed.append(f"{where}: place {got_places}: {one.at}")
        if one.count is not None:
            tally.counts[1] += 1
            tally.counts[0] += any(
                each.count is not None and one.count in (each.count.at_least, each.count.at_most) for each in proposals
            )
    return tally


def share(pair: Sequence[int]) -> str:
    """A share with its 95 % interval and its number of trials."""
    if not pair[1]:
        return "-"
    low, high = wilson(pair[0], pair[1])
    return f"{pair[0] / pair[1]:.2f} ({low:.2f}-{high:.2f}, {pair[0]}/{pair[1]})"


def row(name: str, tally: Tally) -> str:
    """A line of the table."""
    cells = (tally.recall, tally.precision, tally.hedges, tally.times, tally.places, tally.counts)
    return f"| {name} | " + " | ".join(share(cell) for cell in cells) + " |"


HEAD = [
    "| reports | recall | precision | hedges | dates | places | counts |",
    "|---|---|---|---|---|---|---|",
]


def rehearsed(known: Parties, atlas: Atlas) -> list[str]:
    """Measure the rehearsed articles, development and held out apart."""
    lines = list(HEAD)
    misses: list[str] = []
    for name in SETS:
        total = Tally()
        for path in sorted((ARTICLES / name).glob("*.yaml")):
            article = next(each for each in path.parent.glob(f"{path.stem}.*") if each.suffix != ".yaml")
            held = yaml.safe_load(path.read_text(encoding="utf-8"))
            reading = read_article(article, zone="+02:00", atlas=atlas, known=known)
            stated = reading.document.said_on
            if stated != dt.date.fromisoformat(held["said_on"]):
                misses.append(f"{path.stem}: its own date was read as {stated}, it is {held['said_on']}")
                reading = read_article(
                    article, said_on=dt.date.fromisoformat(held["said_on"]), zone="+02:00", atlas=atlas, known=known
                )
            tally = measure(reading, read_list(held["claims"]), path.stem)
            lines.append(row(f"{name.replace('_', ' ')}: {path.stem}", tally))
            total.add(tally)
        lines.append(row(f"**{name.replace('_', ' ')}, all**", total))
        misses += total.missed
    return [*lines, "", *(f"- {miss}" for miss in misses)]


def first_readings() -> list[str]:
    """What was found in each group of articles when it was read for the first time."""
    held = yaml.safe_load((ARTICLES / "first_readings.yaml").read_text(encoding="utf-8"))
    shares = ("recall", "precision", "hedges")
    rows = ((", ".join(each["articles"]), *(share(each[name]) for name in shares)) for each in held)
    return [f"| {' | '.join(row)} |" for row in rows]


def others(hand_list: Path, reports: Sequence[Path]) -> list[str]:
    """Measure other reports against a list made by hand, which names each by its file name."""
    held = yaml.safe_load(hand_list.read_text(encoding="utf-8"))
    by_name = {Path(str(each["file"])).name: each for each in held["reports"]}
    lines = list(HEAD)
    total = Tally()
    for path in reports:
        entry = by_name[path.name]
        said_on = dt.date.fromisoformat(entry["said_on"]) if entry.get("said_on") else None
        tally = measure(read_article(path, said_on=said_on), read_list(entry["claims"]), path.stem)
        lines.append(row(path.stem, tally))
        total.add(tally)
    return [*lines, row("**all**", total), "", *(f"- {miss}" for miss in total.missed)]


def main() -> None:
    """Measure, print, and write the results of the rehearsed articles."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--hand-list", type=Path)
    asked.add_argument("--reports", type=Path, nargs="+", default=[])
    asked.add_argument("--misses", action="store_true", help="name what was missed")
    given = asked.parse_args()
    if given.hand_list is not None:
        lines = others(given.hand_list, given.reports)
        print("\n".join(lines))
        return
    known = parties().with_lines((ARTICLES / "parties.txt").read_text(encoding="utf-8"))
    lines = rehearsed(known, GazetteerAtlas(CaseGazetteer(ARTICLES)))
    cut = lines.index("")
    text = "\n".join(
        [
            "# Reading articles for claims",
            "",
            "Rehearsed articles in several styles against lists made by hand. Recall and precision are of the pair",
            "(speaker, topic) of a passage; hedges, dates, places and counts are of the claims that were found. In",
            "brackets the 95 % interval (Wilson) and the numbers. Rules were written with the development articles at",
            "hand; the others were read only to be counted.",
            "",
            *lines[:cut],
            "",
            "Every group of articles was once new to the rules. What was found then, the oldest group first:",
            "",
            "| articles | recall | precision | hedges |",
            "|---|---|---|---|",
            *first_readings(),
            "",
        ]
    )
    RESULTS.write_text(text, encoding="utf-8")
    print(text)
    if given.misses:
        print("\n".join(lines[cut:]))


if __name__ == "__main__":
    main()
