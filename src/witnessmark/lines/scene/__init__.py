"""Whether two pieces of footage show the same place, however far apart in time they were filmed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path

from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Item
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, InputRef, Marks, Picture, Tools
from witnessmark.lines.scene import drawing, likelihood
from witnessmark.lines.scene.comparing import Looked, compare, prepare
from witnessmark.lines.scene.observations import Compared, SceneObservations, Unread
from witnessmark.lines.scene.references import GROUP, Chosen, Footage, KnownPlace, Prepared, Reference
from witnessmark.lines.scene.telling import POINTS_FEW, compared_of, remarks_of, surest_first
from witnessmark.media.records import Broken, Limits

__all__ = ["SCENE", "Chosen", "Footage", "KnownPlace", "Prepared", "Reference", "SceneLine"]

KEPT = 32
"""Footage kept ready in memory between comparisons, about 10 MB each."""
TOLD_AT_MOST = 60
"""References told of one by one, those that agree first; all are counted."""
PICTURES = 3
"""Comparisons that carry their pictures."""


@dataclass(slots=True)
class Shelf:
    """Footage that was looked at, by hash: the newest few, so that a case is not decoded anew for every item."""

    limits: Limits = field(default_factory=Limits)
    _held: OrderedDict[Sha256, Looked | Broken] = field(default_factory=OrderedDict)

    def looked(self, sha256: Sha256, path: Path) -> Looked | Broken:
        """The footage made ready, or why it cannot be."""
        if sha256 in self._held:
            self._held.move_to_end(sha256)
            return self._held[sha256]
        found = self._held[sha256] = prepare(path, self.limits)
        if len(self._held) > KEPT:
            self._held.popitem(last=False)
        return found


SHELF = Shelf()


class SceneLine:
    """The scene line; see docs/lines/scene.md."""

    name = "scene"
    version = "1"
    question = "Was this filmed where that was filmed?"
    observations: type = SceneObservations
    needs: frozenset[type] = frozenset({Footage})
    consults: frozenset[str] = frozenset({GROUP})
    references: tuple[str, ...] = (
        "Lowe, Distinctive image features from scale-invariant keypoints, IJCV 60, 2004, "
        "doi:10.1023/B:VISI.0000029664.99615.94",
        "Arandjelovic & Zisserman, Three things everyone should know to improve object retrieval, CVPR 2012, "
        "doi:10.1109/CVPR.2012.6248018",
        "Jegou, Douze & Schmid, Hamming embedding and weak geometric consistency, ECCV 2008, "
        "doi:10.1007/978-3-540-88682-2_24",
        "Barath et al., MAGSAC++, a fast, reliable and accurate robust estimator, CVPR 2020, "
        "doi:10.1109/CVPR42600.2020.00138",
        "Hartley & Zisserman, Multiple View Geometry in Computer Vision, 2nd ed., 2004, doi:10.1017/CBO9780511811685",
    )

    def observe(self, item: Item, marks: Marks, tools: Tools) -> SceneObservations | Abstention:
        """Compare the item with every reference that the providers of footage know.

        Parameters
        ----------
        item : Item
        marks : Marks
            Not used: this line needs no person.
        tools : Tools
            Providers under ``footage:<name>`` give the references.

        Returns
        -------
        SceneObservations or Abstention
        """
        others = _references(item, tools)
        if not others:
            return self._abstain(
                item,
                "There is no other footage to compare with.",
                "Take in other footage or photographs of the claimed place, with their places where they are known.",
            )
        tools.progress(0.0, "looking at the item")
        looked = SHELF.looked(item.sha256, tools.original)
        if isinstance(looked, Broken):
            return self._abstain(
                item, f"The file could not be decoded: {looked.reason.rstrip('.')}.", looked.do.rstrip(".") + "."
            )
        if looked.points_count < POINTS_FEW:
            return self._abstain(
                item,
                f"Its pictures hold only {looked.points_count} points that could be found again: they are too plain, "
                "dark or blurred.",
                "Look for a sharper or longer copy, or for other footage of the same moment.",
            )
        compared: list[Compared] = []
        unread: list[Unread] = []
        for number, (reference, provider) in enumerate(others):
            tools.progress(0.1 + 0.9 * number / len(others), f"comparing with {reference.label}")
            if isinstance(provider, Prepared):
                other = provider.looked(reference)
            else:
                other = SHELF.looked(reference.sha256, reference.path)
            if isinstance(other, Broken):
                unread.append(Unread(reference.sha256, reference.label, other.reason))
                continue
            compared.append(compared_of(reference, looked, other, compare(looked, other)))
        tools.progress(1.0, "done")
        ordered = surest_first(compared, PICTURES)
        used = {each.reference for each in compared} | {each.reference for each in unread}
        return SceneObservations(
            item=item.sha256,
            inputs=(
                InputRef(item.sha256, "pictures"),
                *(InputRef(each.sha256, "pictures") for each, _ in others if each.sha256 in used),
            ),
            views_count=len(looked.features),
            points_count=looked.points_count,
            left_out_count=looked.left_out_count,
            compared_count=len(compared),
            compared=ordered[:TOLD_AT_MOST],
            unread=tuple(unread),
            stopped=looked.views.stopped,
            remarks=remarks_of(ordered, looked, unread),
        )

    def weigh(self, seen: SceneObservations, over: Hypotheses) -> Finding | Abstention:
        """Weigh the place axis by references of known place that agree; time is not touched."""
        return likelihood.weigh(seen, over, self.name, self.version)

    def draw(self, seen: SceneObservations) -> tuple[Picture, ...]:
        """Both pictures of the surest comparisons side by side, and the same blurred."""
        told = [each for each in seen.compared if each.best is not None and each.relation != "cannot-tell"]
        return tuple(
            drawing.side_by_side(each, number, veiled=veiled)
            for number, each in enumerate(told, start=1)
            for veiled in (False, True)
        )

    def _abstain(self, item: Item, reason: str, helps: str) -> Abstention:
        return Abstention(self.name, self.version, reason, helps, (InputRef(item.sha256, "pictures"),))


SCENE = SceneLine()


def _references(item: Item, tools: Tools) -> tuple[tuple[Reference, Footage], ...]:
    """References of all providers of footage in the order of their names, each file once, the item itself left out.

    Where two know a file, the first is asked, with the place of the other if it knows none itself.
    """
    found: dict[Sha256, tuple[Reference, Footage]] = {}
    for name in sorted(tools.providers):
        provider = tools.providers[name]
        if name.startswith(f"{GROUP}:") and isinstance(provider, Footage):
            for reference in provider.others():
                if reference.sha256 == item.sha256:
                    continue
                first, asked = found.setdefault(reference.sha256, (reference, provider))
                if first.place is None and reference.place is not None:
                    found[reference.sha256] = replace(first, place=reference.place), asked
    return tuple(found.values())
