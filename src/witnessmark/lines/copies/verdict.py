"""From what was laid over one another to a match: relation, score, stretches, and the reasons in words."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from witnessmark.lines.copies.candidates import Candidate
from witnessmark.lines.copies.codelines import CodeLine
from witnessmark.lines.copies.featurelines import FeatureLine
from witnessmark.lines.copies.fingerprint import Fingerprint
from witnessmark.lines.copies.proof import Proof
from witnessmark.lines.copies.records import Match, Relation, Stretch, Transform
from witnessmark.lines.copies.timeline import Line
from witnessmark.lines.copies.verify import Matrix, Verified
from witnessmark.plain import Plain

FULL_SCORE = 10.0
COPY_STRENGTH, CODES_STRENGTH = 0.6, 0.45
"""Proof by change, and by codes alone, at which a match is called a copy; a tenth of `limits.copy_score`."""
FEATURES_IDLE_S = 1.5
"""Unrelated clips share so many such seconds by chance or dress (12 clips), so the first ones count for nothing."""
CODES_MOST = 0.75
"""Frame codes alone prove at most so much."""
LEAST_S = 2.0
"""Of less, too little can be seen to move."""
STAYS_LEVELS = 1.5
"""Mean difference to the first picture below which a recording stays as it is [levels]."""
ONE_PICTURE = 0.3
"""What one picture near another counts as a scene that agrees, from 0 to 1: enough to be told."""
RELATED_MOST = 0.19
"""What is not proved by change scores at most this share of the full score, however much of a scene agrees."""


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """A candidate after it was laid over the query.

    Attributes
    ----------
    candidate : Candidate
    reference : Fingerprint
    laid : Verified or None
        By thumbnails; None when either has none, or nothing proposed a transform.
    codes : CodeLine or None
    shared : str or None
        Why a part of the evidence was left out, in one sentence.
    featured : FeatureLine or None
        By local features on a line of time; only where one of the two has no thumbnails.
    """

    candidate: Candidate
    reference: Fingerprint
    laid: Verified | None
    codes: CodeLine | None
    shared: str | None = None
    featured: FeatureLine | None = None

    @property
    def strength(self) -> float:
        """0 to 1: proof by change with thumbnails; without them, by frame codes or by local features."""
        if self.laid is not None:
            return self.laid.strength
        by_features = feature_strength(self.featured) if self.featured is not None else 0.0
        if self.codes is None or self.reference.thumbnails is not None:
            return by_features
        return max(code_strength(self.codes), by_features)

    @property
    def by_features(self) -> bool:
        """Whether local features on a line of time say more than frame codes, where nothing says more than both."""
        if self.laid is not None or self.featured is None:
            return False
        return self.codes is None or feature_strength(self.featured) > code_strength(self.codes)

    @property
    def scene(self) -> float:
        """0 to 1: how far pictures agree, whatever they prove about the moment."""
        found = 0.0
        if self.featured is not None:
            found = 1.0 - float(np.exp(-max(self.featured.fit.support - 10.0, 0.0) / 100.0))
        if self.codes is not None:
            found = max(found, 1.0 - float(np.exp(-self.codes.agreed_s / 4.0)))
            found = max(found, ONE_PICTURE if len(self.codes.frames) == 1 else 0.0)
        if self.laid is not None and self.laid.fit is not None:
            found = max(found, 1.0 - float(np.exp(-(self.laid.fit.support - 10.0) / 100.0)))
        return max(found, 0.0)

    @property
    def score(self) -> float:
        """From 0 to `FULL_SCORE`."""
        return FULL_SCORE * max(self.strength, RELATED_MOST * self.scene)

    def without(self, proofs: tuple[Proof, ...], codes: CodeLine | None, why: str) -> Checked:
        """The same with other proofs and frame codes, and why."""
        laid = None if self.laid is None else replace(self.laid, proofs=proofs)
        return replace(self, laid=laid, codes=codes, shared=why)


def code_strength(codes: CodeLine) -> float:
    """0 to 1: seconds in which frame codes change alike.

    2.75 s make a copy: unrelated clips in one broadcaster's dress shared 2.6 s (12 clips).
    """
    return CODES_MOST * (1.0 - float(np.exp(-codes.changed_s / 3.0)))


def feature_strength(featured: FeatureLine) -> float:
    """0 to 1: seconds in which more local features agree than when shifted in time."""
    agreed_s = max(featured.codes.agreed_s - FEATURES_IDLE_S, 0.0)
    return CODES_MOST * (1.0 - float(np.exp(-agreed_s / 3.0)))


def match_of(query: Fingerprint, checked: Checked) -> Match:
    """The match in words and numbers."""
    laid, codes = checked.laid, checked.codes
    by_change = laid is not None and bool(laid.proofs)
    least = COPY_STRENGTH if laid is not None else CODES_STRENGTH
    relation: Relation = "copy" if checked.strength >= least else "related"
    matrix = laid.matrix if laid is not None else np.eye(3)
    if checked.by_features and checked.featured is not None:
        matrix, codes = checked.featured.fit.matrix, checked.featured.codes
    transform = _transform(matrix, checked)
    stretches: tuple[Stretch, ...] = ()
    if laid is not None and laid.proofs:
        stretches = tuple(_stretch(query, checked, proof.line, proof.agreed_s, transform) for proof in laid.proofs)
    elif codes is not None:
        stretches = (_stretch(query, checked, codes.line, codes.agreed_s, transform),)
    tier = 3 if by_change else 1 if laid is None and not checked.by_features else 2
    return Match(
        recording=checked.candidate.recording,
        relation=relation,
        score=round(checked.score, 4),
        mirrored=checked.candidate.turned,
        stretches=tuple(sorted(stretches, key=lambda one: (one.q0_s - one.q1_s, one.q0_s))),
        tier=tier,
        sound_agrees=None,
        reasons=(*_reasons(checked, relation), *_unproved(query, checked.reference, relation)),
        evidence=_evidence(checked),
    )


def _stretch(query: Fingerprint, checked: Checked, line: Line, agreed_s: float, transform: Transform) -> Stretch:
    """A stretch of a line, its ends within both recordings."""
    ends, known_ends = _within(query), _within(checked.reference)
    return Stretch(
        q0_s=float(np.clip(line.q0_s, *ends)),
        q1_s=float(np.clip(line.q1_s, *ends)),
        r0_s=float(np.clip(line.at(line.q0_s), *known_ends)),
        r1_s=float(np.clip(line.at(line.q1_s), *known_ends)),
        speed=line.speed,
        agreed_s=agreed_s,
        transform=transform,
    )


def _within(one: Fingerprint) -> tuple[float, float]:
    """From where to where a recording goes [s]; some begin later than at 0."""
    last_s = float(one.frames.times_s[-1]) if len(one.frames.times_s) else 0.0
    first_s = max(0.0, float(one.frames.times_s[0])) if len(one.frames.times_s) else 0.0
    return 0.0, max(first_s + one.duration_s, last_s)


def _unproved(query: Fingerprint, reference: Fingerprint, relation: Relation) -> tuple[str, ...]:
    """Why no more than related could be said of a still, of a few frames, or of pictures that stay as they are."""
    if relation == "copy":
        return ()
    said = []
    for one, name in ((query, "this recording"), (reference, "the known one")):
        if one.duration_s < LEAST_S:
            said.append(f"{name} is a still or has too few frames ({one.duration_s:.1f} s)")
        elif _stays(one):
            said.append(f"nothing moves in {name}")
    if not said:
        return ()
    words = " and ".join(said)
    return (f"{words[0].upper()}{words[1:]}, so that it is the same moment cannot be proved.",)


def _stays(one: Fingerprint) -> bool:
    """Whether all its pictures are the first one, but for what encoding changes."""
    if one.thumbnails is None or not len(one.thumbnails.luma):
        return False
    luma = one.thumbnails.luma[:: max(1, len(one.thumbnails.luma) // 240)].astype(np.int16)
    return bool(np.abs(luma - luma[0]).mean(axis=(1, 2)).max() < STAYS_LEVELS)


def _transform(matrix: Matrix, checked: Checked) -> Transform:
    rows = [float(value) for value in (matrix / matrix[2, 2]).ravel()]
    a, b, c, d, e, f, g, h, _ = rows
    return Transform((a, b, c, d, e, f, g, h, 1.0), words_of(matrix))


def words_of(matrix: Matrix) -> tuple[str, ...]:
    """What was done to the picture, as far as the transform tells, in order of size."""
    corners = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], dtype=np.float64) @ matrix.T
    points = corners[:, :2] / np.where(np.abs(corners[:, 2:]) < 1e-9, 1e-9, corners[:, 2:])
    outside = float(np.maximum(np.maximum(-points, points - 1.0), 0.0).max())
    low, high = points.min(axis=0), points.max(axis=0)
    inside = float(np.maximum(np.concatenate([low, 1.0 - high]), 0.0).max())
    skew = float(np.abs(points[0] - points[1] + points[2] - points[3]).max())
    sides = points[1] - points[0]
    skew = max(skew, abs(float(sides[1])))
    sizes = [(outside, "cropped"), (inside, "framed"), (skew, "skewed")]
    said = tuple(word for size, word in sorted(sizes, reverse=True) if size > 0.03)
    return said or ("same frame",)


def _reasons(checked: Checked, relation: Relation) -> tuple[str, ...]:
    said: list[str] = []
    laid = checked.laid
    if laid is not None and laid.proofs:
        best = laid.proofs[0]
        said.append(
            f"{best.share:.0%} of what moves in {best.line.q1_s - best.line.q0_s:.1f} s moves alike in both; "
            f"shifted in time, at most {max(best.control, 0.0):.0%} does."
        )
        if relation != "copy":
            said.append("Too little that moves agrees to say that it is the same recording.")
    elif laid is not None:
        said.append("The pictures lie on one another, but nothing that moves agrees.")
    elif checked.by_features and checked.featured is not None:
        codes = checked.featured.codes
        said.append(
            f"Over {codes.agreed_s:.1f} s clearly more local features lie under one transform than when shifted in "
            f"time ({codes.moment:.0%} fewer do then)."
        )
    elif checked.codes is not None:
        codes = checked.codes
        if len(codes.frames) == 1:
            return (f"One picture of each is alike ({codes.mean_bits:.0f} of 256 bits of their codes differ).",)
        said.append(
            f"Frame codes are near over {codes.agreed_s:.1f} s ({codes.mean_bits:.0f} of 256 bits on the mean)."
        )
        said.append(
            f"They change alike for {codes.changed_s + codes.by_chance_s:.1f} s; shifted in time, for at most "
            f"{codes.by_chance_s:.1f} s."
        )
        if relation != "copy":
            said.append("Too little changes alike to say that it is the same recording.")
    if checked.shared:
        said.append(checked.shared)
    return tuple(said)


def _evidence(checked: Checked) -> dict[str, Plain]:
    said: dict[str, Plain] = {
        "strength": round(checked.strength, 4),
        "scene": round(checked.scene, 4),
        "votes": round(checked.candidate.weight, 2),
    }
    if checked.laid is not None:
        said["feature_support"] = None if checked.laid.fit is None else checked.laid.fit.support
        if checked.laid.proofs:
            best: Proof = checked.laid.proofs[0]
            said |= {
                "agreed_s": round(best.agreed_s, 3),
                "share": round(best.share, 4),
                "control": round(best.control, 4),
                "moving": round(best.moving, 4),
                "still": round(best.still, 4),
                "likeness": round(best.likeness, 4),
                "blocks": best.blocks,
            }
    if checked.featured is not None:
        said["feature_agreed_s"] = round(checked.featured.codes.agreed_s, 3)
        said["feature_moment"] = round(checked.featured.codes.moment, 3)
    if checked.codes is not None:
        said |= {
            "code_agreed_s": round(checked.codes.agreed_s, 3),
            "code_changed_s": round(checked.codes.changed_s, 3),
            "code_moment": round(checked.codes.moment, 3),
            "code_mean_bits": round(checked.codes.mean_bits, 2),
        }
    return said
