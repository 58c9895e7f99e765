"""Running lines of inquiry over items, as jobs that survive a kill; what each gave becomes a result on record."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.intake import keep_derived, stored_entry
from witnessmark.custody.records import Item, PremisEvent, Tool
from witnessmark.desk.case import Case
from witnessmark.desk.consulting import FINGERPRINTS, after_others, consulted, let_go, readings, states
from witnessmark.desk.items import add_derived, appearances, evidence, get_item, original_path
from witnessmark.desk.libraries import fingerprint_all
from witnessmark.desk.outside import capture_reading
from witnessmark.desk.space import case_space
from witnessmark.errors import NotFoundError
from witnessmark.hypotheses.likelihood import LogLikelihood
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, InputRef, Line, Mark, Tools
from witnessmark.lines.providers.contract import Reading
from witnessmark.lines.registry import lines
from witnessmark.plain import Plain, canonical, from_plain, to_plain
from witnessmark.stores.jobs import define, open_jobs

SEED = 20220913
Progress = Callable[[str, float, str], None]
"""(exhibit and line, done from 0 to 1, what is being done)"""


@dataclass
class _Working:
    """The case whose jobs run in this process; a resumed job finds its case here."""

    case: Case | None = None
    progress: Progress = lambda _which, _done, _what: None

    def get(self) -> Case:
        assert self.case is not None, "jobs run inside run_lines"
        return self.case


_WORKING = _Working()


def find_lines(names: Sequence[str] = ()) -> list[Line]:
    """Registered lines by name, all of them when none is named.

    Raises
    ------
    NotFoundError
        For a name nobody registered.
    """
    registered = lines()
    for name in names:
        if name not in registered:
            raise NotFoundError(
                f"There is no line of inquiry '{name}'.", f"Registered are: {', '.join(sorted(registered)) or 'none'}."
            )
    return [registered[name] for name in (names or sorted(registered))]


def run_lines(
    case: Case,
    names: Sequence[str] = (),
    items: Sequence[str] = (),
    *,
    again: bool = False,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Run lines over items and record what each gave.

    A run killed on the way goes on where it stopped when lines are next run on the case. The same line, version,
    item, marks, postings, space, seed and state of what it consults give the result on record unless `again`.

    Parameters
    ----------
    case : Case
    names : sequence of str
        Lines; all when empty.
    items : sequence of str
        Exhibit numbers; all evidence when empty.
    again : bool
        Look anew even if nothing changed.
    progress : callable, optional

    Returns
    -------
    list of dict
        The results as recorded, findings and abstentions.
    """
    chosen = find_lines(names)
    over = case_space(case)
    subjects = [get_item(case, name) for name in items] if items else evidence(case)
    if not subjects:
        raise NotFoundError("The case holds no evidence yet.", "Take a file in with: witnessmark item add FILE.")
    _WORKING.case, _WORKING.progress = case, progress or (lambda _which, _done, _what: None)
    try:
        if any(FINGERPRINTS in line.consults for line in chosen):
            fingerprint_all(case, progress=lambda done, what: _WORKING.progress("fingerprints", done, what))
        with open_jobs(case.folder) as jobs:
            found = []
            for item in subjects:
                for line in after_others(chosen):
                    argument = _argument(case, line, item, over)
                    job_id = "line " + Sha256.of(canonical(argument)).hex()
                    result_id = jobs.run("line", job_id, argument, again=again)
                    if not _known(case, result_id):  # the jobs remember more than the log, as after a restored copy
                        result_id = jobs.run("line", job_id, argument, again=True)
                    _stand_again(case, result_id)
                    found.append(result_id)
    finally:
        _WORKING.case = None
    current = {result["id"]: result for result in case.records.results(superseded=True)}
    return [current[result_id] for result_id in found]


def _known(case: Case, result_id: str) -> dict[str, Any] | None:
    return next((body for body in case.records.results(superseded=True) if body["id"] == result_id), None)


def _stand_again(case: Case, result_id: str) -> None:
    """Put a result back in force that a later one had superseded, when what it follows from is as it was then."""
    with case.writing():
        result = _known(case, result_id)
        if result is None or result["superseded_by"] is None:
            return
        supersedes = [
            other["id"] for other in case.records.results() if _same(other, result) and other["id"] != result_id
        ]
        body = {name: value for name, value in result.items() if name != "superseded_by"}
        case.record(
            PremisEvent.FORENSIC_FEATURE_ANALYSIS,
            "result.restored",
            {"result": body, "supersedes": supersedes},
            [Sha256.from_hex(body["item"])],
        )


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two results are of the same line on the same item, so that only one of them can stand."""
    return (one["line"], one["item"]) == (other["line"], other["item"])


def load_finding(case: Case, body: dict[str, Any]) -> Finding:
    """A finding again from its record; its likelihood is memory-mapped."""
    stored = body["log_likelihood"]
    values = np.load(case.objects.local_path(stored["key"]), mmap_mode="r", allow_pickle=False)
    return Finding(
        line=body["line"],
        version=body["version"],
        method=body["method"],
        item=Sha256.from_hex(body["item"]),
        inputs=from_plain(tuple[InputRef, ...], body["inputs"]),
        parameters=body["parameters"],
        seed=body["seed"],
        log_likelihood=LogLikelihood(values, {k: _number(v) for k, v in stored["alternatives_nats"].items()}),
        cap_nats=body["cap_nats"],
        observations=body["observations"],
        statement=body["statement"],
        limits=tuple(body["limits"]),
    )


def _argument(case: Case, line: Line, item: Item, over: Hypotheses) -> Plain:
    asked = consulted(case, item, line.consults)
    try:
        state = states(asked)
    finally:
        let_go(asked)
    return to_plain(
        {
            "line": line.name,
            "version": line.version,
            "item": item.sha256,
            "marks": case.records.marks(item.sha256.hex()),
            "appearances": appearances(case, item),
            "space": over.digest(),
            "seed": SEED,
            "consulted": state,
        }
    )


def _observe(argument: dict[str, Any], _previous: Plain) -> Plain:
    """Step 1: look at the item. Looks only; nothing is written but, where looking fails, what was read before."""
    case = _WORKING.get()
    line, item = find_lines([argument["line"]])[0], get_item(case, argument["item"])
    which = f"{item.exhibit_number} {line.name}"
    tools = Tools(
        original=original_path(case, item),
        appearances=appearances(case, item),
        seed=argument["seed"],
        providers=consulted(case, item, line.consults),
        progress=lambda done, what: _WORKING.progress(which, 0.9 * done, what),
    )
    marks = from_plain(tuple[Mark, ...], argument["marks"])
    try:
        seen = line.observe(item, marks, tools)
    except Exception:
        for reading in readings(tools.providers):  # a response was asked for, whatever came of it
            capture_reading(case, reading, line.name)
        raise
    finally:
        let_go(tools.providers)
    key = "abstention" if isinstance(seen, Abstention) else "observations"
    return {key: to_plain(seen), "read": to_plain(readings(tools.providers))}


def _weigh(argument: dict[str, Any], seen: Any) -> Plain:
    """Step 2: weigh, draw, and put the result on record. Repeated, it writes the same bytes and no second event."""
    case = _WORKING.get()
    line, item = find_lines([argument["line"]])[0], get_item(case, argument["item"])
    _WORKING.progress(f"{item.exhibit_number} {line.name}", 0.95, "weighing")
    for reading in from_plain(tuple[Reading, ...], seen.get("read", [])):
        capture_reading(case, reading, line.name)
    over = case_space(case)
    pictures: list[Plain] = []
    if "abstention" in seen:
        result: Finding | Abstention = from_plain(Abstention, seen["abstention"])
        observations: Plain = None
    else:
        observations = seen["observations"]
        observed: Any = from_plain(line.observations, observations)
        result = line.weigh(observed, over)
        for picture in line.draw(observed):
            made = add_derived(case, item, picture, {"line": line.name, "version": line.version}, tool=_tool(line))
            pictures.append({"sha256": made.sha256.hex(), "caption": picture.caption, "name": picture.name})
    body, stored = _body(case, line, item, result, observations, over)
    body["pictures"] = pictures
    supersedes = [
        earlier["id"] for earlier in case.records.results() if _same(earlier, body) and earlier["id"] != body["id"]
    ]
    case.record(
        PremisEvent.FORENSIC_FEATURE_ANALYSIS,
        "finding.made" if body["kind"] == "finding" else "line.abstained",
        {"result": body, "supersedes": supersedes, "stored": stored},
        [item.sha256],
        once=f"result {body['id']}",
    )
    _WORKING.progress(f"{item.exhibit_number} {line.name}", 1.0, "done")
    return str(body["id"])


define("line", [_observe, _weigh])


def _body(
    case: Case, line: Line, item: Item, result: Finding | Abstention, observations: Plain, over: Hypotheses
) -> tuple[dict[str, Any], list[Plain]]:
    core: dict[str, Any] = {
        "line": line.name,
        "question": line.question,
        "version": line.version,
        "item": item.sha256.hex(),
        "exhibit": item.exhibit_number,
        "space": over.digest(),
        "inputs": to_plain(result.inputs),
        "observations": observations,
    }
    stored: list[Plain] = []
    if isinstance(result, Abstention):
        core |= {"kind": "abstention", "reason": result.reason, "what_would_help": result.what_would_help}
    else:
        result.log_likelihood.check(over)
        buffer = io.BytesIO()
        np.save(buffer, np.ascontiguousarray(result.log_likelihood.values_nats), allow_pickle=False)
        kept = keep_derived(buffer.getvalue(), case.objects)
        stored.append(to_plain(stored_entry(kept)))
        nats = {name: _plain_nats(value) for name, value in result.log_likelihood.alternatives_nats.items()}
        core["kind"] = "finding"
        core["method"] = result.method
        core["parameters"] = to_plain(result.parameters)
        core["seed"] = result.seed
        core["statement"] = result.statement
        core["limits"] = list(result.limits)
        core["cap_nats"] = result.cap_nats
        core["log_likelihood"] = {
            "sha256": kept.sha256.hex(),
            "key": kept.key,
            "shape": list(result.log_likelihood.values_nats.shape),
            "alternatives_nats": nats,
        }
    digest = Sha256.of(canonical(core)).hex()
    prefix = "F" if core["kind"] == "finding" else "A"
    return {"id": f"{prefix}-{digest[:12]}", "digest": digest, "author": case.operator, **core}, stored


def _tool(line: Line) -> Tool:
    return Tool(f"witnessmark line {line.name}", line.version)


def _plain_nats(value: float) -> Plain:
    return "-inf" if value == -np.inf else float(value)


def _number(value: float | str) -> float:
    return float(value)
