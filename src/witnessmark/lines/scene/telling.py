"""What a comparison says in words and numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from witnessmark.lines.contract import Remark
from witnessmark.lines.scene import limits
from witnessmark.lines.scene.comparing import Comparison, Looked, Pair, picture_of, scale_of
from witnessmark.lines.scene.drawing import spread_points
from witnessmark.lines.scene.limits import SAME_PLACE_EXTENT, SAME_PLACE_SUPPORT
from witnessmark.lines.scene.observations import POINTS_KEPT, Compared, Frame, MatchedPoint, PairSeen, Relation, Unread
from witnessmark.lines.scene.references import Reference

POINTS_FEW = 40
"""With fewer points in all views there is nothing to compare."""
KEPT_SIDE_PX = 420
JPEG_QUALITY = 70


def compared_of(reference: Reference, looked: Looked, other: Looked, comparison: Comparison) -> Compared:
    """A comparison as it is kept."""
    relation = relation_of(comparison)
    counted = comparison.support_count if relation != "cannot-tell" else 0
    log10_ratio = 0.0 if relation == "same-thing" else limits.log10_ratio(counted)
    return Compared(
        reference=reference.sha256,
        label=reference.label,
        place=reference.place,
        relation=relation,
        support_count=comparison.support_count,
        extent_share=round(comparison.extent_share, 4),
        log10_likelihood_ratio=round(log10_ratio, 3),
        probability=round(1.0 / (1.0 + 10.0**-log10_ratio), 4),
        pairs_count=comparison.pairs_count,
        tried_count=comparison.tried_count,
        best=None if comparison.best is None else _pair_seen(looked, other, comparison.best),
        reasons=(*_reasons(comparison, relation), *_stopped(looked, other, reference.label)),
    )


def relation_of(comparison: Comparison) -> Relation:
    """The answer: same place, same recording, same thing, or cannot tell."""
    if comparison.support_count < SAME_PLACE_SUPPORT:
        return "cannot-tell"
    if comparison.alike is not None and not comparison.inserted:
        return "same-recording"
    return "same-place" if comparison.extent_share >= SAME_PLACE_EXTENT else "same-thing"


def surest_first(compared: Sequence[Compared], with_pictures: int) -> tuple[Compared, ...]:
    """By support; only the first few that agree keep their pictures."""
    ordered = sorted(compared, key=lambda each: (-each.support_count, each.label, each.reference))
    return tuple(
        each if number < with_pictures and each.relation != "cannot-tell" else dataclasses.replace(each, best=None)
        for number, each in enumerate(ordered)
    )


def remarks_of(compared: Sequence[Compared], looked: Looked, unread: Sequence[Unread]) -> tuple[Remark, ...]:
    """What a careful reader should know."""
    remarks = []
    for each in compared:
        at_s = () if each.best is None else (each.best.frame.at_s,)
        if each.relation == "same-recording":
            remarks.append(
                Remark(
                    "same recording",
                    True,
                    f"This looks like the same recording as '{each.label}'; ask the copies line.",
                    "The place is then the same by itself. Shared openings and inserted material look like this too.",
                    at_s,
                )
            )
        elif each.relation == "same-place":
            remarks.append(
                Remark(
                    "same place",
                    True,
                    f"It shows the same place as '{each.label}'. {each.reasons[0]}",
                    "Things that can be carried, copied or built twice look alike anywhere; look at the picture.",
                    at_s,
                )
            )
        elif each.relation == "same-thing":
            remarks.append(
                Remark(
                    "same thing",
                    True,
                    f"It shows the same thing as '{each.label}'. {each.reasons[0]}",
                    "It is the same place only if the thing can be neither moved nor built twice; look at the picture.",
                    at_s,
                )
            )
    agreeing = len(remarks)
    if compared and not agreeing:
        remarks.append(
            Remark(
                "same place",
                False,
                f"None of the {len(compared)} recordings or photographs compared agrees with it.",
                "That does not show that the places differ: another side, light or season may hide it.",
            )
        )
    if looked.left_out_count:
        remarks.append(
            Remark(
                "left out",
                False,
                f"{looked.left_out_count} points were left out because they move, come and go, or are laid over the "
                "picture.",
                "People, vehicles, captions and logos are no part of a place.",
            )
        )
    remarks.extend(
        Remark(
            "unread",
            False,
            f"'{each.label}' could not be compared: {each.reason.rstrip('.')}.",
            "It may show the same place.",
        )
        for each in unread
    )
    return tuple(remarks)


def _reasons(comparison: Comparison, relation: Relation) -> tuple[str, ...]:
    best, reasons = comparison.best, []
    if best is None:
        reasons.append(f"No two of {comparison.tried_count} pairs of views agree in enough points under one geometry.")
    else:
        count = len(best.index_a)
        reasons.append(
            f"{count} points agree under one geometry in the best of {comparison.tried_count} pairs of views; counted "
            f"for their spread they give a support of {best.support_count}."
        )
        if relation == "cannot-tell":
            reasons.append(f"Below a support of {SAME_PLACE_SUPPORT} it is not told from chance and shared things.")
        if relation == "same-thing":
            reasons.append(
                f"They span only {comparison.extent_share:.0%} of a picture: it may be one thing that can be carried "
                "or built twice, so nothing is weighed."
            )
        if best.same_spots:
            reasons.append("They lie at the same spots of both screens: a camera that stayed where it was, or a copy.")
        if best.chance_count:
            reasons.append(
                f"Wrong geometries would give {best.chance_count:.1f} with these pictures; that is taken off."
            )
    if comparison.alike is not None:
        alike = comparison.alike
        reasons.append(
            f"From {alike.start_s:.1f} s to {alike.end_s:.1f} s both show the same pictures under one fixed warp "
            f"(correlation {alike.correlation_ratio:.2f})"
            + (", an opening or inserted material, which was left out." if comparison.inserted else ".")
        )
    if comparison.overlay_count:
        reasons.append(
            f"{comparison.overlay_count} points at the same spots of both screens were not counted, as they do not "
            "fill the picture: a logo, caption or frame."
        )
    return tuple(reasons)


def _stopped(looked: Looked, other: Looked, label: str) -> tuple[str, ...]:
    """Where decoding ended early, only what came before was compared."""
    return tuple(
        f"Only the beginning of {whose} was compared: {views.stopped.rstrip('.')}."
        for whose, views in (("the first", looked.views), (f"'{label}'", other.views))
        if views.stopped
    )


def _pair_seen(looked: Looked, other: Looked, pair: Pair) -> PairSeen:
    size_a = np.array([pair.a.width_px, pair.a.height_px], np.float64)
    size_b = np.array([pair.b.width_px, pair.b.height_px], np.float64)
    share_a = np.round(pair.a.xy_px[pair.index_a] / size_a, 4)
    share_b = np.round(pair.b.xy_px[pair.index_b] / size_b, 4)
    points = [
        MatchedPoint(float(here[0]), float(here[1]), float(there[0]), float(there[1]))
        for here, there in zip(share_a, share_b, strict=True)
    ]
    return PairSeen(
        frame=_frame(pair.a.at_s, picture_of(looked, pair.number_a)),
        reference_frame=_frame(pair.b.at_s, picture_of(other, pair.number_b)),
        kind=pair.found.kind,
        same_spots=pair.same_spots,
        tentative_count=pair.found.tentative_count,
        matches_count=len(points),
        scale_ratio=round(scale_of(pair), 3),
        points=spread_points(points, POINTS_KEPT),
    )


def _frame(at_s: float, grey: NDArray[np.uint8]) -> Frame:
    scale = min(1.0, KEPT_SIDE_PX / max(grey.shape))
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return Frame(round(at_s, 6), size[0], size[1], coded.tobytes())
