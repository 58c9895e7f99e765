"""Commands on lines of inquiry: list, run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from witnessmark.cli.shared import (
    OUT,
    CaseOption,
    JsonOption,
    OperatorOption,
    answer,
    opened,
    say,
    stamped,
    table,
    telling,
)
from witnessmark.desk.inquiry import find_lines, run_lines
from witnessmark.lines.registry import problems

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Run lines of inquiry over items.")


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the registered lines and the question each answers."""
    rows = [
        {"name": line.name, "version": line.version, "question": line.question, "references": line.references}
        for line in find_lines()
    ]
    unusable = [str(problem) for problem in problems()]

    def tell() -> None:
        shown = table("Line", "Version", "Question")
        for row in rows:
            shown.add_row(str(row["name"]), str(row["version"]), str(row["question"]))
        OUT.print(shown)
        for problem in unusable:
            OUT.print(f"not usable: {problem}")

    answer(as_json, {"lines": rows, "not_usable": unusable}, tell)


@app.command("run", epilog="Example:  witnessmark line run integrity --item WM-0001")
def run(
    names: Annotated[list[str] | None, typer.Argument(metavar="[LINE]...", help="Lines; all unless named.")] = None,
    items: Annotated[list[str] | None, typer.Option("--item", metavar="ITEM", help="Exhibits; all evidence.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Look anew although nothing changed.")] = False,
    case_folder: CaseOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run lines over items. Killed on the way, it goes on where it stopped when run again."""
    with opened(case_folder, operator) as case, telling(as_json) as progress:
        results = run_lines(case, names or [], items or [], again=again, progress=progress.on)
        stamped(case)

    answer(as_json, results, lambda: _tell(results))


def _tell(results: list[dict[str, Any]]) -> None:
    for result in results:
        say(f"  {result['exhibit']}  {result['line']}: {result['question']}", mark=result["id"])
        if result["kind"] == "finding":
            OUT.print(f"  {result['statement']}")
            for limit in result["limits"]:
                OUT.print(f"  limit: {limit}")
        else:
            OUT.print(f"  cannot tell: {result['reason']}")
            OUT.print(f"  would help: {result['what_would_help']}")
        for remark in (result["observations"] or {}).get("remarks", []):
            if remark["notable"]:
                OUT.print(f"  ask about: {remark['seen']} {remark['innocent']}")
