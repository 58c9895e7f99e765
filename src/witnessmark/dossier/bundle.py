"""verify.py: the verifier's modules written one after the other into a single file."""

from __future__ import annotations

import ast
from importlib import resources

_ORDER = ("blocks", "canonical", "bag", "tail", "fixity", "chain", "openssl", "check", "command")

_HEAD = '''"""Checks the Witnessmark dossier in whose folder this file lies, with Python 3.9 or newer and nothing else.

    python verify.py            checks the dossier beside this file
    python verify.py FOLDER     checks another one
    python -I verify.py --help  says what else it can do

It opens files for reading only, follows no links and sends nothing anywhere. Signatures and time-stamps are
checked through the openssl program; without one it says what it could not check and ends with exit code 3.
"""

import sys

if not sys.flags.isolated:
    del sys.path[0]  # nothing that lies beside this file is ever imported

'''

_FOOT = """

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.path.dirname(os.path.realpath(__file__))))
"""


def verify_py() -> str:
    """The text of verify.py, made from the modules of `witnessmark.dossier.verifier`."""
    folder = resources.files("witnessmark.dossier") / "verifier"
    imports: set[str] = set()
    bodies = []
    for name in _ORDER:
        source = (folder / f"{name}.py").read_text(encoding="utf-8")
        lines = source.splitlines()
        tree = ast.parse(source)
        title = ast.get_docstring(tree) or name
        drop: set[int] = set()
        for index, node in enumerate(tree.body):
            is_title = index == 0 and isinstance(node, ast.Expr)
            if isinstance(node, ast.Import | ast.ImportFrom) or is_title:
                drop.update(range(node.lineno - 1, node.end_lineno or node.lineno))
            own = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("witnessmark")
            if isinstance(node, ast.Import | ast.ImportFrom) and not own:
                imports.add(ast.unparse(node))
        kept = "\n".join(line for number, line in enumerate(lines) if number not in drop).strip("\n")
        heading = "\n".join(f"# {line}".rstrip() for line in title.splitlines())
        bodies.append(f"\n\n# ---- {name}\n{heading}\n\n{kept}\n")
    imports.discard("import sys")
    return _HEAD + "\n".join(sorted(imports)) + "\n" + "".join(bodies) + _FOOT
