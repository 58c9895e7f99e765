"""What is worn: boxes a person drew, compared with a library of emblems, patches and patterns."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from witnessmark import media
from witnessmark.custody.hashes import Sha256
from witnessmark.custody.records import Item
from witnessmark.errors import WitnessmarkError
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding, InputRef, Mark, Marks, Picture, Remark, Tools
from witnessmark.lines.uniforms import drawing, likelihood
from witnessmark.lines.uniforms.comparing import Ranked, Ranker, Ready, checked_box, compare_box, ready
from witnessmark.lines.uniforms.limits import CAVEAT
from witnessmark.lines.uniforms.marking import Drawn, drawn
from witnessmark.lines.uniforms.observations import NOTHING, VERIFIED, BoxSeen, UniformsObservations
from witnessmark.lines.uniforms.references import GROUP, Emblems, PassedOver, Reference
from witnessmark.media.records import Broken

__all__ = ["UNIFORMS", "Emblems", "Reference", "UniformsLine", "gathered"]

KEPT = 2000
"""References kept ready in memory, some 50 kB each."""


@dataclass(slots=True)
class Shelf:
    """References made ready, by what is said of them and their picture."""

    _held: OrderedDict[Reference, Ready] = field(default_factory=OrderedDict)

    def ready(self, reference: Reference, provider: Emblems) -> Ready | Broken:
        """A reference made ready, or why it cannot be."""
        picture = provider.picture(reference)  # asked every time: a picture may have been changed meanwhile
        if isinstance(picture, Broken):
            return picture
        if reference not in self._held:
            self._held[reference] = ready(reference, picture)
            if len(self._held) > KEPT:
                self._held.popitem(last=False)
        return self._held[reference]


SHELF = Shelf()


def gathered(
    providers: dict[str, object], progress: Callable[[float, str], None] | None = None
) -> tuple[list[Ready], list[PassedOver]]:
    """Every reference of the providers under ``emblems:<name>`` made ready, each picture once, and what cannot be used.

    Parameters
    ----------
    providers : dict of str to object
    progress : callable, optional
    """
    found: dict[Sha256, Ready] = {}
    passed: list[PassedOver] = []
    for name in sorted(providers):
        provider = providers[name]
        if not name.startswith(f"{GROUP}:") or not isinstance(provider, Emblems):
            continue
        passed += [one for one in provider.passed_over() if one not in passed]
        references = provider.references()
        for number, reference in enumerate(references):
            if progress is not None:
                progress(number / len(references), f"making {reference.label} ready")
            if reference.sha256 in found:
                continue
            one = SHELF.ready(reference, provider)
            if isinstance(one, Ready):
                found[reference.sha256] = one
            elif all(not other.name.startswith(reference.sha256.hex()[:12]) for other in passed):
                passed.append(PassedOver(reference.label, one.reason, one.do))
    return list(found.values()), passed


class UniformsLine:
    """The uniforms line; see docs/lines/uniforms.md."""

    name = "uniforms"
    version = "1"
    question = "What in the library does this worn thing look like?"
    observations: type = UniformsObservations
    needs: frozenset[type] = frozenset({Mark, Emblems})
    consults: frozenset[str] = frozenset({GROUP})
    references: tuple[str, ...] = (
        "Lowe, Distinctive image features from scale-invariant keypoints, IJCV 60, 2004, "
        "doi:10.1023/B:VISI.0000029664.99615.94",
        "Arandjelovic & Zisserman, Three things everyone should know to improve object retrieval, CVPR 2012, "
        "doi:10.1109/CVPR.2012.6248018",
        "Baker & Matthews, Lucas-Kanade 20 years on: a unifying framework, IJCV 56, 2004, "
        "doi:10.1023/B:VISI.0000011205.11775.fd",
        "Barath et al., MAGSAC++, a fast, reliable and accurate robust estimator, CVPR 2020, "
        "doi:10.1109/CVPR42600.2020.00138",
        "Rabin et al., Wasserstein barycenter and its application to texture mixing, SSVM 2011, "
        "doi:10.1007/978-3-642-24785-9_37",
    )

    def observe(self, item: Item, marks: Marks, tools: Tools) -> UniformsObservations | Abstention:
        """Compare every box drawn on the item with the library.

        Parameters
        ----------
        item : Item
        marks : Marks
            Of kind "emblem-box".
        tools : Tools
            Providers under ``emblems:<name>`` give the references.

        Returns
        -------
        UniformsObservations or Abstention
        """
        boxes, odd = drawn(marks)
        if not boxes:
            return self._abstain(
                item,
                "Nobody has drawn a box around an emblem, patch or piece of cloth.",
                "Draw one: witnessmark emblems box ITEM --at SECONDS --box x,y,w,h.",
            )
        tools.progress(0.0, "opening the library")
        library, passed = gathered(dict(tools.providers), lambda done, what: tools.progress(0.3 * done, what))
        if not library:
            return self._abstain(
                item,
                "There is no library of emblems, or nothing in it can be read.",
                "Make one with witnessmark emblems add, and name it with witnessmark emblems use.",
            )
        ranker = next((one for one in tools.providers.values() if isinstance(one, Ranked)), None)
        seen = []
        for number, box in enumerate(boxes):
            tools.progress(0.3 + 0.7 * number / len(boxes), "comparing a box")
            seen.append(_compared(box, tools, library, None if ranker is None else ranker.ranker(library)))
        tools.progress(1.0, "done")
        if all(one.trouble for one in seen):
            return self._abstain(item, f"No box could be compared: {seen[0].trouble}", "Draw it on another frame.")
        told = {each.reference.sha256 for one in seen for each in one.candidates}
        return UniformsObservations(
            item=item.sha256,
            inputs=(
                InputRef(item.sha256, "pictures"),
                *(InputRef(sha256, "reference picture") for sha256 in sorted(told)),
            ),
            boxes=tuple(seen),
            references_count=len(library),
            model="" if ranker is None else ranker.sha256,
            passed_over=tuple(passed),
            caveat=CAVEAT,
            remarks=_remarks(seen, passed, odd),
        )

    def weigh(self, seen: UniformsObservations, over: Hypotheses) -> Finding | Abstention:
        """Weigh alternatives that name an emblem or a unit, by measured rates; place and time are not touched."""
        return likelihood.weigh(seen, over, self.name, self.version)

    def draw(self, seen: UniformsObservations) -> tuple[Picture, ...]:
        """Each box that is like something, beside it, and the same blurred."""
        told = [box for box in seen.boxes if box.pair is not None]
        return tuple(
            drawing.side_by_side(box, number, veiled=veiled)
            for number, box in enumerate(told, start=1)
            for veiled in (False, True)
        )

    def _abstain(self, item: Item, reason: str, helps: str) -> Abstention:
        return Abstention(self.name, self.version, reason, helps, (InputRef(item.sha256, "pictures"),))


UNIFORMS = UniformsLine()


def _compared(box: Drawn, tools: Tools, library: list[Ready], ranker: Ranker | None) -> BoxSeen:
    still = media.still_at(tools.original, box.at_s)
    if isinstance(still, Broken):
        return _not_compared(box, f"{still.reason.rstrip('.')}.")
    try:
        place = checked_box(box.box_px, still.rgb.shape[1], still.rgb.shape[0])
    except WitnessmarkError as error:
        return _not_compared(box, error.what)
    return replace(compare_box(still.rgb, place, library, ranker), mark=box.mark, at_s=still.pts_s)


def _not_compared(box: Drawn, why: str) -> BoxSeen:
    left, top, width, height = (round(min(max(value, -1e9), 1e9)) for value in box.box_px)
    return BoxSeen(box.mark, box.at_s, left, top, width, height, NOTHING, (), 0, None, why)


def _remarks(seen: list[BoxSeen], passed: list[PassedOver], odd: tuple[str, ...]) -> tuple[Remark, ...]:
    made = []
    for box in seen:
        best = box.candidates[0] if box.candidates else None
        if box.trouble:
            made.append(Remark("box", False, f"A box at {box.at_s:.2f} s was not compared: {box.trouble}", ""))
        elif best is None or best.grade == NOTHING:
            words = f"Nothing in the library is like the box at {box.at_s:.2f} s."
            made.append(Remark("box", False, words, "It may be a thing nobody has put in.", (box.at_s,)))
        else:
            rivals = [each.reference.label for each in box.candidates[1:] if each.grade != NOTHING]
            known = [*rivals, *best.reference.confused_with]
            also = f" Rivals: {', '.join(known)}." if known else ""
            words = f"The box at {box.at_s:.2f} s is like '{best.reference.label}' ({best.grade}).{also}"
            made.append(Remark("box", best.grade == VERIFIED, words, CAVEAT, (box.at_s,)))
    made += [Remark("library", False, f"'{one.name}' was passed over: {one.reason}", one.do) for one in passed]
    made += [Remark("mark", False, f"The mark {one} is no box.", "It lacks one of its four numbers.") for one in odd]
    return tuple(made)
