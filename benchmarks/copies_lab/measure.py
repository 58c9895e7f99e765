"""Recall where nothing false is let through, alignment, and hard negatives, from answers and truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.copies_lab.answers import Answer, Answers
from benchmarks.copies_lab.attacks import ATTACKS
from benchmarks.copies_lab.split import Query, Split

Scorer = Callable[[Answer], float]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """As a number from 0 to 1; NaN of nothing."""
        return self.hits / self.of if self.of else math.nan

    def wilson(self) -> tuple[float, float]:
        """The 95 % score interval [1]_.

        References
        ----------
        .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference", J. Am. Stat.
           Assoc. 22 (1927) 209-212, doi:10.1080/01621459.1927.10502953.
        """
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.959964, self.of, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.wilson()
        return f"{self.value:.2f} ({self.hits}/{self.of}; {low:.2f}-{high:.2f})" if self.of else "-"


@dataclass(frozen=True, slots=True)
class Found:
    """How a method did at one threshold.

    Attributes
    ----------
    threshold : float
        Scores above it count.
    recall : Share
    by_attack : dict of str to Share
    false_queries : Share
        Queries of which some wrong reference scores above the threshold, of all that could.
    hard : Share
        Hard negatives whose own camera's reference scores above it.
    """

    threshold: float
    recall: Share
    by_attack: dict[str, Share]
    false_queries: Share
    hard: Share

    @property
    def worst(self) -> tuple[str, float]:
        """The attack with the least recall."""
        name = min(self.by_attack, key=lambda attack: self.by_attack[attack].value)
        return name, self.by_attack[name].value


def copy_score(answer: Answer) -> float:
    """The score of what is called a copy."""
    return answer.copy_score


def any_score(answer: Answer) -> float:
    """The score, whatever the relation is said to be."""
    return answer.score


def wrong_scores(split: Split, answers: Answers, with_dressed: bool, scorer: Scorer = copy_score) -> dict[str, float]:
    """Each query's best score for a reference it does not show; hard negatives are not among them.

    Without the dressed negatives, a dressed query's scores for other dressed references are left out too.
    """
    dressed = {reference.name for reference in split.references if reference.dressed}
    found = {}
    for query in split.queries:
        if query.kind == "hard" or query.name not in answers.by_query or (query.kind == "dressed" and not with_dressed):
            continue
        shared = dressed if not with_dressed and query.reference in dressed else set()
        wrong = [
            scorer(answer)
            for answer in answers.by_query[query.name]
            if answer.reference not in {query.reference, *query.leave_out} and answer.reference not in shared
        ]
        found[query.name] = max(wrong, default=0.0)
    return found


def right_score(query: Query, answers: Answers, scorer: Scorer = copy_score) -> float:
    """The score for the reference a query shows; 0 where it is not answered."""
    of_it = (scorer(answer) for answer in answers.by_query[query.name] if answer.reference == query.reference)
    return max(of_it, default=0.0)


def found_at(
    split: Split,
    answers: Answers,
    threshold: float | None = None,
    *,
    with_dressed: bool = True,
    scorer: Scorer = copy_score,
) -> Found:
    """Recall and false matches above a threshold; without one, above the best wrong score."""
    wrong = wrong_scores(split, answers, with_dressed, scorer)
    limit = max(wrong.values(), default=0.0) if threshold is None else threshold
    asked = [query for query in split.queries if query.name in answers.by_query]
    shown = {query.name: right_score(query, answers, scorer) > limit for query in asked if query.kind == "attack"}
    by_attack = {attack: _share(shown[query.name] for query in asked if query.attack == attack) for attack in ATTACKS}
    by_attack = {attack: share for attack, share in by_attack.items() if share.of}
    hard = _share(right_score(query, answers, scorer) > limit for query in asked if query.kind == "hard")
    false = _share(score > limit for score in wrong.values())
    return Found(
        limit, _share(shown.values()), {name: share for name, share in by_attack.items() if share.of}, false, hard
    )


def _share(flags: Iterable[bool]) -> Share:
    told = list(flags)
    return Share(sum(told), len(told))


def alignment_errors_s(split: Split, answers: Answers, threshold: float) -> list[float]:
    """For each copy found, how far its longest stretch lies off the true time line at the worse of its ends [s]."""
    errors = []
    for query in split.queries:
        if query.kind != "attack" or query.name not in answers.by_query:
            continue
        for answer in answers.by_query[query.name]:
            if answer.reference != query.reference or answer.copy_score <= threshold:
                continue
            if answer.q0_s is None or answer.q1_s is None or answer.r0_s is None or answer.r1_s is None:
                continue
            ends = ((answer.q0_s, answer.r0_s), (answer.q1_s, answer.r1_s))
            errors.append(max(abs(r_s - (query.r0_s + query.speed * (q_s - query.q0_s))) for q_s, r_s in ends))
            break
    return errors


def mirrored_right(split: Split, answers: Answers, threshold: float) -> Share:
    """Of the copies found, how many are rightly said to be mirrored or not."""
    right = []
    for query in split.queries:
        if query.kind == "attack" and query.name in answers.by_query:
            for answer in answers.by_query[query.name]:
                if answer.reference == query.reference and answer.copy_score > threshold:
                    right.append(answer.mirrored == query.mirrored)
                    break
    return _share(right)


def percentile(values: Sequence[float], percent: float) -> float:
    """NaN of nothing."""
    return float(np.percentile(values, percent)) if len(values) else math.nan
