"""What every line of inquiry must hold to, as checks that a line's own tests run; none of them knows the line."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2
import numpy as np

from witnessmark.custody.records import Item
from witnessmark.errors import WitnessmarkError
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, Line, Marks, Observations, Tools
from witnessmark.plain import Plain, canonical, from_plain, to_plain

FIVE_FILES = ("__init__.py", "observations.py", "likelihood.py", "limits.py", "panel.html")
DOCS_HEADINGS = ("Question", "Method", "Limits", "Measured error", "References")

LENGTHS = frozenset({"m", "km", "mm", "cm", "km2", "px", "deg", "m_s"})
TIMES_AND_RATES = frozenset({"s", "ms", "h", "unix_s", "hz", "bps", "per_s"})
LEVELS = frozenset({"bytes", "bits", "nats", "decibel", "percent", "c", "grey"})
UNITS = LENGTHS | TIMES_AND_RATES | LEVELS
"""Unit suffixes a numeric field may end in; `grey` is a luma step of 0-255."""
PURE_NUMBERS = re.compile(
    r"(^|_)(count|index|number|ratio|rate|fraction|probability|weight|share|score|seed|depth|version|scale"
    r"|missing|frames|packets|channels|streams|shots|stated|decoded|code|exponent|factor)$"
)
"""Names of counts and ratios, which have no unit."""


@dataclass(frozen=True, slots=True)
class Planted:
    """An item whose truth is known, for a line to find.

    Attributes
    ----------
    item : Item
    marks : Marks
    tools : Tools
    over : Hypotheses
    true_place : int or None
        Index of the true cell; None when the line says nothing of place.
    true_instant : int or None
        Index of the true instant; None when the line says nothing of time.
    at_most_rank : float
        The truth must lie within this fraction of the best hypotheses.
    weighs : bool
        False for a line that reports what it sees and weighs nothing; see `check_reported`.
    """

    item: Item
    marks: Marks
    tools: Tools
    over: Hypotheses
    true_place: int | None
    true_instant: int | None
    at_most_rank: float = 0.1
    weighs: bool = True


def check_planted(line: Line, planted: Planted) -> Finding:
    """Weigh a planted item and check shape, scale, units, reproduction and rank.

    Raises
    ------
    AssertionError
        Saying which promise the line breaks.
    """
    seen, again = _seen_twice(line, planted)
    finding, weighed_again = line.weigh(seen, planted.over), line.weigh(again, planted.over)
    assert isinstance(finding, Finding), f"abstains on weighing its planted truth: {finding}"
    assert isinstance(weighed_again, Finding)
    check_finding(line, finding, planted)
    same = np.array_equal(weighed_again.log_likelihood.values_nats, finding.log_likelihood.values_nats)
    assert same, "weighing twice gives other numbers"
    check_rank(finding, planted)
    return finding


def check_reported(line: Line, planted: Planted) -> Abstention:
    """The same for a line that reports what it sees and weighs nothing: it says so, whatever it saw.

    Raises
    ------
    AssertionError
        Saying which promise the line breaks.
    """
    seen, again = _seen_twice(line, planted)
    answer = line.weigh(seen, planted.over)
    assert isinstance(answer, Abstention), f"weighs what it should only report: {answer.statement}"
    assert answer == line.weigh(again, planted.over), "weighing twice gives other reasons"
    return answer


def _seen_twice(line: Line, planted: Planted) -> tuple[Observations, Observations]:
    """What a line sees in a planted item, twice, with everything that can be checked before it is weighed."""
    seen = line.observe(planted.item, planted.marks, planted.tools)
    assert not isinstance(seen, Abstention), f"abstains on its planted truth: {seen}"
    assert isinstance(seen, Observations), f"{type(seen).__name__} is not Observations"
    assert seen.inputs, "observations name no inputs"
    check_units(seen)
    rebuilt: object = from_plain(line.observations, to_plain(seen))
    assert canonical(rebuilt) == canonical(seen), "observations do not survive being kept as plain values"
    again = line.observe(planted.item, planted.marks, planted.tools)
    assert not isinstance(again, Abstention)
    assert canonical(again) == canonical(seen), "observing twice gives other observations"
    assert [picture.png for picture in line.draw(seen)] == [picture.png for picture in line.draw(seen)], (
        "drawing twice gives other bytes"
    )
    return seen, again


def check_finding(line: Line, finding: Finding, planted: Planted) -> None:
    """A finding's shape, scale, names and plain form."""
    finding.log_likelihood.check(planted.over)
    assert (finding.line, finding.version, finding.item) == (line.name, line.version, planted.item.sha256)
    assert math.isfinite(finding.cap_nats) and finding.cap_nats >= 0.0, f"cap of {finding.cap_nats} nats"
    assert finding.statement.strip().endswith("."), "the statement is not a sentence"
    assert finding.limits and all(text.strip().endswith(".") for text in finding.limits), "limits are not sentences"
    assert finding.inputs and finding.parameters, "a finding rests on inputs and parameters"
    canonical({"observations": finding.observations, "parameters": finding.parameters})


def check_rank(finding: Finding, planted: Planted) -> None:
    """The planted truth lies among the best hypotheses, ties counted half."""
    values_nats = finding.log_likelihood.values_nats
    row = planted.true_place if values_nats.shape[0] > 1 and planted.true_place is not None else 0
    column = planted.true_instant if values_nats.shape[1] > 1 and planted.true_instant is not None else 0
    true_nats = values_nats[row, column]
    better = np.count_nonzero(values_nats > true_nats) + 0.5 * (np.count_nonzero(values_nats == true_nats) - 1)
    rank = better / values_nats.size
    assert rank <= planted.at_most_rank, f"the planted truth ranks at {rank:.3f} of the hypotheses"


def check_abstains(line: Line, item: Item, tools: Tools, over: Hypotheses) -> Abstention:
    """A line that is given nothing to see abstains, when observing or when weighing, and says what would help."""
    try:
        seen = line.observe(item, (), tools)
        answer = seen if isinstance(seen, Abstention) else line.weigh(seen, over)
    except WitnessmarkError as error:
        raise AssertionError(f"{line.name} raises on {item.exhibit_number}: {error}") from error
    assert isinstance(answer, Abstention), f"does not abstain: {answer.statement}"
    assert answer.line == line.name and answer.version == line.version
    assert answer.reason.strip().endswith(".") and answer.what_would_help.strip().endswith("."), f"{answer}"
    return answer


def check_files(line: Line) -> None:
    """The five files stand in the line's own package."""
    package = files(type(line).__module__ if hasattr(type(line), "__module__") else line.name)
    missing = [name for name in FIVE_FILES if not package.joinpath(name).is_file()]
    assert not missing, f"the line lacks {missing}"


def check_docs(page: Path) -> None:
    """The docs page exists, with every heading and something under each."""
    text = page.read_text(encoding="utf-8")
    for heading in DOCS_HEADINGS:
        body = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        assert body and body[1].strip(), f"{page.name} has nothing under '## {heading}'"


def render_panel(line: Line, seen: Plain, finding: Finding | None, abstention: Abstention | None) -> str:
    """The line's part of the item page as HTML, with every variable it uses defined and everything escaped.

    Parameters
    ----------
    seen : Plain
        Plain observations, None when the line abstained on observing.
    """
    source = files(type(line).__module__).joinpath("panel.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    plain: Mapping[str, object] = {
        "seen": seen,
        "finding": None if finding is None else {"statement": finding.statement, "limits": list(finding.limits)},
        "abstention": None if abstention is None else to_plain(abstention),
    }
    return environment.from_string(source).render(plain)


def check_units(value: object) -> None:
    """Every numeric field says its unit in its name, or is a count or a ratio; no number is NaN or infinite."""
    for path, name, number in _numbers(value, type(value).__name__, type(value).__name__):
        assert math.isfinite(number), f"{path} is {number}"
        assert _has_unit(name), f"{path} has no unit in its name"


def _has_unit(name: str) -> bool:
    parts = name.split("_")
    return any("_".join(parts[start:]) in UNITS for start in range(1, len(parts))) or bool(PURE_NUMBERS.search(name))


def _numbers(value: object, path: str, name: str) -> Iterator[tuple[str, str, float]]:
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield path, name, float(value)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _numbers(getattr(value, field.name), f"{path}.{field.name}", field.name)
    elif isinstance(value, (tuple, list)):
        for entry in value:
            yield from _numbers(entry, path, name)
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _numbers(entry, f"{path}.{key}", str(key))
    elif isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        for entry in value.ravel().tolist():
            yield path, name, float(entry)
