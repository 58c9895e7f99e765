"""The case's other footage, for the line that asks whether two recordings show the same place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Item
from witnessmark.desk.case import Case
from witnessmark.desk.items import evidence, original_path
from witnessmark.desk.marking import CAMERA_PLACE, marks
from witnessmark.lines.scene.references import KnownPlace, Reference
from witnessmark.plain import Plain, canonical, to_plain

PICTURES = ("video/", "image/")


class CaseFootage:
    """Every other piece of evidence with pictures, and where its camera stood if somebody marked it.

    Parameters
    ----------
    case : Case
    item : Item
        The item that is looked at; it is not among the others.
    """

    def __init__(self, case: Case, item: Item) -> None:
        self._case = case
        self._item = item

    def others(self) -> Sequence[Reference]:
        """References in order of exhibit number."""
        found = []
        for item in evidence(self._case):
            if item.sha256 == self._item.sha256 or not item.media_type.startswith(PICTURES):
                continue
            found.append(
                Reference(item.sha256, item.exhibit_number, original_path(self._case, item), self._place(item))
            )
        return found

    def state(self) -> str:
        """Changes when an item or a marked place comes or goes."""
        told = [[item.sha256.hex(), to_plain(self._place(item))] for item in evidence(self._case)]
        return Sha256.of(canonical(told)).hex()

    def _place(self, item: Item) -> KnownPlace | None:
        """Where marks differ, the one with the widest error: a mark that is wrong is to be withdrawn."""
        places = [_known(mark.body) for mark in marks(self._case, item) if mark.kind == CAMERA_PLACE]
        return max(places, key=lambda place: place.radius_m, default=None)


def _known(body: Mapping[str, Plain]) -> KnownPlace:
    lat_deg, lon_deg, radius_m = (float(str(body[name])) for name in ("lat_deg", "lon_deg", "radius_m"))
    return KnownPlace(lat_deg, lon_deg, radius_m, str(body["how_known"]))
