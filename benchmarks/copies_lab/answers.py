"""What a method answers to a query, kept as JSON, so that methods run apart are scored in the same way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Answer:
    """One reference that a method takes a query to match.

    Attributes
    ----------
    reference : str
    score : float
        Higher is surer, within the method.
    relation : str
        copy | related | same-sound; methods that know no other answer say copy.
    mirrored : bool
    q0_s, q1_s, r0_s, r1_s : float or None
        The longest stretch; None when the method names none.
    """

    reference: str
    score: float
    relation: str = "copy"
    mirrored: bool = False
    q0_s: float | None = None
    q1_s: float | None = None
    r0_s: float | None = None
    r1_s: float | None = None

    @property
    def copy_score(self) -> float:
        """The score as far as it is called a copy: 0 when it is called something else."""
        return self.score if self.relation == "copy" else 0.0


@dataclass(frozen=True, slots=True)
class Answers:
    """All that one method said about one split.

    Attributes
    ----------
    method : str
    by_query : mapping
        From a query's name to its answers, best first.
    query_cpu_s : mapping
        Processor time of each query's search [s]; fingerprinting the query is not in it.
    """

    method: str
    by_query: Mapping[str, tuple[Answer, ...]]
    query_cpu_s: Mapping[str, float]

    def save(self, path: Path) -> None:
        """Write as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def load(path: Path) -> Answers:
    """Read what `Answers.save` wrote."""
    text = json.loads(path.read_text(encoding="utf-8"))
    by_query = {name: tuple(Answer(**entry) for entry in entries) for name, entries in text["by_query"].items()}
    return Answers(text["method"], by_query, text["query_cpu_s"])
