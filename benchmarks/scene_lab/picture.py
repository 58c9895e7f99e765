"""Draws docs/pictures/scene-match.png: a drawn street at noon and from another stand under clouds, what matches joined.

Run: ``python -m benchmarks.scene_lab.picture [OUT.png]``
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.lines.scene.streets import Light, Stand, Street

from witnessmark.custody.hashes import Sha256
from witnessmark.lines.scene.comparing import Looked, compare, ready
from witnessmark.lines.scene.drawing import side_by_side
from witnessmark.lines.scene.references import Reference
from witnessmark.lines.scene.telling import compared_of
from witnessmark.lines.scene.views import View, Views

OUT = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "scene-match.png"
SIZE = (640, 360)


def main() -> None:
    """Draw it."""
    street = Street.seeded(51)
    noon = _photograph(street, Stand(), Light(1.0, seed=1))
    clouded = _photograph(street, Stand(-1.5, 2.0, -3.0), Light(0.0, 0.9, seed=2))
    reference = Reference(Sha256.of(b"drawn"), "photograph.jpg", Path(), None)
    found = compared_of(reference, noon, clouded, compare(noon, clouded))
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    out.write_bytes(side_by_side(found, 1).png)
    print(found.relation, found.support_count, out)


def _photograph(street: Street, stand: Stand, light: Light) -> Looked:
    view = View(0.0, street.view(stand, light, SIZE))
    return ready(Views((view,), (view,), ""))


if __name__ == "__main__":
    main()
