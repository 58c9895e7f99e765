"""The command line of verify.py."""

import argparse
import json
import os
import sys

from witnessmark.dossier.verifier.bag import MAX_CONTROL_BYTES, shown
from witnessmark.dossier.verifier.check import Examination, examine

_HELP = """Checks a Witnessmark dossier and changes nothing in it.
Exit codes: 0 everything verified; 1 something is wrong; 2 wrong use;
3 all files are intact but some signatures or time-stamps could not be checked here."""


def main(arguments: list[str], own_folder: str) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : list of str
    own_folder : str
        Folder checked when none is named.

    Returns
    -------
    int
        Exit code: 0 verified, 1 fault, 2 wrong use, 3 intact but not everything could be checked.
    """
    parser = argparse.ArgumentParser(
        prog="verify.py", description=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dossier", nargs="?", default=own_folder, help="folder of the dossier (this file's own)")
    parser.add_argument("--root", action="append", default=[], help="root certificate you trust for time-stamps (PEM)")
    parser.add_argument("--key", help="fingerprint of the case's key, as you know it from elsewhere")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    options = parser.parse_args(arguments)
    if not os.path.isdir(options.dossier):
        print(f"There is no folder {options.dossier!r}. Name the folder that holds bagit.txt.", file=sys.stderr)
        return 2
    marks = ("bagit.txt", "witnessmark", "data")
    if not any(os.path.lexists(os.path.join(options.dossier, name)) for name in marks):
        print(f"{options.dossier!r} is not a dossier. Name the folder that holds bagit.txt.", file=sys.stderr)
        return 2
    roots = []
    for path in options.root:
        try:
            with open(path, "rb") as source:
                roots.append(source.read(MAX_CONTROL_BYTES))
        except OSError as error:
            print(f"The root certificate {path!r} cannot be read: {error.strerror}.", file=sys.stderr)
            return 2
    found = examine(options.dossier, roots, options.key, _progress if sys.stderr.isatty() else None)
    print(json.dumps(found.to_plain(), indent=2, ensure_ascii=True) if options.json else in_words(found))
    return found.exit_code


def _progress(done: int, total: int) -> None:
    if done == total or done % (256 << 20) < 65536:
        print(f"\r{done >> 20} of {total >> 20} MiB read", end="\n" if done >= total else "", file=sys.stderr)


def in_words(found: Examination) -> str:
    """The verdict for a person, ASCII so that every terminal prints it."""
    facts = found.facts
    head = {
        0: "VERIFIED. The dossier is as it was sealed.",
        1: f"NOT AS SEALED. {len(found.faults)} fault(s) found.",
        3: "INTACT, NOT FULLY CHECKED. No fault found, but not everything could be checked here.",
    }[found.exit_code]
    lines = [head]
    if facts.get("case_reference"):
        lines.append(f"Case {facts['case_reference']}, {facts['edition']} edition, sealed {facts['sealed_at']}.")
    lines += [f"  fault: {fault.sentence}" for fault in found.faults[:100]]
    if len(found.faults) > 100:
        lines.append(f"  and {len(found.faults) - 100} more; --json lists all.")
    lines += [f"  not checked: {sentence}" for sentence in found.not_checked]
    lines += [f"  {note}" for note in found.notes]
    return "\n".join(shown(line) for line in lines).encode("ascii", "backslashreplace").decode()
