"""Markdown tables of what was measured, the split that was developed on and the held-out one side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from benchmarks.copies_lab.answers import Answers
from benchmarks.copies_lab.attacks import ATTACKS
from benchmarks.copies_lab.measure import (
    Found,
    alignment_errors_s,
    any_score,
    found_at,
    mirrored_right,
    percentile,
    right_score,
    wrong_scores,
)
from benchmarks.copies_lab.split import Split

Told = Mapping[str, tuple[Split, Answers]]
"""From a split's title to the split and what one method answered."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def summary(told: Told, copy_score: float) -> str:
    """One method: recall with nothing false, at the fixed threshold, hard negatives, alignment."""
    columns = [_column(split, answers, copy_score) for split, answers in told.values()]
    rows = [(name, *(column[name] for column in columns)) for name in columns[0]]
    return table(("measure", *told), rows)


def _column(split: Split, answers: Answers, copy_score: float) -> dict[str, str]:
    dressed = found_at(split, answers)
    plain = found_at(split, answers, with_dressed=False)
    raw = found_at(split, answers, scorer=any_score)
    fixed = found_at(split, answers, math.nextafter(copy_score, 0.0))
    errors = alignment_errors_s(split, answers, dressed.threshold)
    within = sum(error <= 0.5 for error in errors) / max(1, len(errors))
    return {
        "recall @ 0 false, dressed negatives included": f"{dressed.recall} above {dressed.threshold:.2f}",
        "the same without the dressed negatives": f"{plain.recall} above {plain.threshold:.2f}",
        "the same by score alone, whatever the relation": f"{raw.recall} above {raw.threshold:.2f}",
        "worst attack @ 0 false": f"{dressed.worst[0]} {dressed.worst[1]:.2f}",
        "hard negatives called copy @ 0 false": str(dressed.hard),
        f"recall at the fixed threshold {copy_score:g}": str(fixed.recall),
        "queries with a false match there": str(fixed.false_queries),
        "worst attack there": f"{fixed.worst[0]} {fixed.worst[1]:.2f}",
        "hard negatives called copy there": str(fixed.hard),
        "mirror rightly told": str(mirrored_right(split, answers, dressed.threshold)),
        "alignment error [s]: median; 95 %; within 0.5 s": f"{percentile(errors, 50):.3f}; "
        f"{percentile(errors, 95):.3f}; {within:.2f}",
    }


def attacks(methods: Mapping[str, tuple[Split, Answers]], *, with_dressed: bool = True) -> str:
    """Recall by attack with nothing false, a row a method."""
    rows = []
    for name, (split, answers) in methods.items():
        found = found_at(split, answers, with_dressed=with_dressed)
        rows.append((name, f"{found.recall.value:.2f}", *_cells(found)))
    return table(("method", "all", *ATTACKS), rows)


def _cells(found: Found) -> list[str]:
    return [f"{found.by_attack[attack].value:.2f}" if attack in found.by_attack else "-" for attack in ATTACKS]


def methods(told: Mapping[str, tuple[Split, Answers]]) -> str:
    """Every method's recall with nothing false and its hard negatives."""
    rows = []
    for name, (split, answers) in told.items():
        dressed, plain = found_at(split, answers), found_at(split, answers, with_dressed=False)
        errors = alignment_errors_s(split, answers, dressed.threshold)
        spent = percentile(list(answers.query_cpu_s.values()), 50)
        rows.append(
            (
                name,
                str(dressed.recall),
                str(plain.recall),
                f"{dressed.worst[0]} {dressed.worst[1]:.2f}",
                f"{dressed.hard.hits}/{dressed.hard.of}",
                f"{percentile(errors, 50):.2f}; {percentile(errors, 95):.2f}" if errors else "-",
                "-" if math.isnan(spent) else f"{spent:.2f}",
            )
        )
    head = ("method", "recall @ 0 false", "without dressed", "worst attack", "hard called copy")
    return table((*head, "alignment [s]: median; 95 %", "CPU s a query"), rows)


def missed(split: Split, answers: Answers, *, most: int = 20) -> str:
    """The strongest wrong scores and the copies missed, by name."""
    limit = found_at(split, answers).threshold
    wrong = [pair for pair in wrong_scores(split, answers, True).items() if pair[1] > 0]
    wrong = sorted(wrong, key=lambda pair: -pair[1])[:most]
    lost = [
        f"{query.name} {right_score(query, answers):.2f}"
        for query in split.queries
        if query.kind == "attack" and query.name in answers.by_query and right_score(query, answers) <= limit
    ]
    hard = [
        f"{query.name} {right_score(query, answers):.2f}"
        for query in split.queries
        if query.kind == "hard" and query.name in answers.by_query
    ]
    strongest = ", ".join(f"{name} {score:.2f}" for name, score in wrong)
    return (
        f"Strongest wrong scores: {strongest or 'none'}.\n\nMissed above {limit:.2f}: {', '.join(lost) or 'none'}.\n\n"
        f"Hard negatives' copy scores: {', '.join(hard)}."
    )
