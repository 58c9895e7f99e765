"""The norms as a Markdown table: what ``docs/law.md`` shows is made from the data, not beside them."""

from __future__ import annotations

from witnessmark.law.norms import checklist, checklist_source, instruments, norms
from witnessmark.law.records import ElementKind


def norms_table() -> str:
    """Instruments, then their elements, in Markdown."""
    lines = []
    for instrument in instruments():
        checked = (
            "compared with the text by a lawyer" if instrument.checked_by_lawyer else "not yet checked by a lawyer"
        )
        lines += [
            f"### {instrument.title}",
            "",
            f"{instrument.citation}. Adopted {instrument.adopted}, in force {instrument.in_force}."
            f" {instrument.version} Text: <{instrument.source}>. These data are {checked}.",
            "",
        ]
        for norm in norms():
            if norm.instrument != instrument:
                continue
            other = f" `{norm.id}`."
            other += f" Alternatives: {', '.join(norm.alternative_to)}." if norm.alternative_to else ""
            other += f" Read with: {', '.join(norm.read_with)}." if norm.read_with else ""
            lines += [
                f"**{norm.article}: {norm.title}.**{other}",
                "",
                "| Element | Kind | Asks | Where |",
                "|---|---|---|---|",
            ]
            lines += [
                f"| `{element.id}` | {element.kind} | {element.text} | {element.citation} |"
                for element in norm.elements
            ]
            lines.append("")
    return "\n".join(lines)


def kinds_table() -> str:
    """What the kinds of elements mean, in Markdown."""
    return (
        "\n".join(["| Kind | Meaning |", "|---|---|", *(f"| {kind} | {kind.meaning} |" for kind in ElementKind)]) + "\n"
    )


def checklist_table() -> str:
    """The Berkeley Protocol checklist in Markdown."""
    source = checklist_source()
    lines = [f"{source['title']}, {source['citation']}. {source['version']} Text: <{source['source']}>.", ""]
    lines += ["| Check | Phase | |", "|---|---|---|"]
    lines += [f"| `{check.id}` | {check.phase} | {check.text} |" for check in checklist()]
    return "\n".join(lines) + "\n"
