"""Reading the boxes that people drew."""

from __future__ import annotations

from dataclasses import dataclass

from witnessmark.lines.contract import Mark, Marks

MARK = "emblem-box"
"""Kind of mark: a box on a frame. Body: ``left_px``, ``top_px``, ``width_px``, ``height_px`` in the upright frame;
``proposed_by``, when a person accepted a box that was proposed."""
FIELDS = ("left_px", "top_px", "width_px", "height_px")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A box that a person drew.

    Attributes
    ----------
    mark : str
    at_s : float
    box_px : tuple of float
        Left, top, width, height.
    """

    mark: str
    at_s: float
    box_px: tuple[float, float, float, float]


def drawn(marks: Marks) -> tuple[tuple[Drawn, ...], tuple[str, ...]]:
    """Boxes in order of time, and the ids of marks that are none.

    Parameters
    ----------
    marks : Marks
    """
    found, odd = list[Drawn](), list[str]()
    for mark in marks:
        if mark.kind == MARK:
            box = _box(mark)
            if box is None:
                odd.append(mark.id)
            else:
                found.append(Drawn(mark.id, mark.at_pts_s or 0.0, box))
    return tuple(sorted(found, key=lambda each: (each.at_s, each.mark))), tuple(odd)


def _box(mark: Mark) -> tuple[float, float, float, float] | None:
    numbers = [mark.body.get(name) for name in FIELDS]
    values = [float(one) for one in numbers if isinstance(one, (int, float)) and not isinstance(one, bool)]
    return (values[0], values[1], values[2], values[3]) if len(values) == 4 else None
