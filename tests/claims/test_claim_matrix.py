"""The claim-by-evidence matrix and the balance between parties, from an assessment's own numbers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

import numpy as np
import pyproj
import pytest

from witnessmark.claims import ClaimBook, Matrix, Row, Stance, Weighed, balance, fit_book, load_claims, matrix, template
from witnessmark.claims.attachments import AS_STATED, Attachment, Strength
from witnessmark.claims.relations import stated
from witnessmark.custody.hashes import Sha256
from witnessmark.fusion import fuse
from witnessmark.fusion.records import Share, Standing
from witnessmark.fusion.words import LOG10_LR_LIMIT
from witnessmark.hypotheses.likelihood import LogLikelihood
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.space import Alternative, Hypotheses
from witnessmark.hypotheses.times import TimeAxis
from witnessmark.lines.contract import Finding, InputRef
from witnessmark.plain import to_plain

OLDER = Alternative("older-footage", "The clip is older than the time axis.", 0.2)

DENIAL = """
  - id: south-2
    source: south-ministry
    statement: The account of north-1 is rejected.
    quote: {text: We reject this account., document: briefing-2031-10-03.pdf, locator: page 2}
    hedge: denies
    said_at: {at: 2031-10-03T10:05:00+04:00, how_known: platform page, zone_proven: true}
    credibility: 3
    credibility_reason: Possibly true; not yet compared with anything independent.
    about: {what: a denial}
    contradicts: [north-1]
"""


def _space() -> Hypotheses:
    crs = "+proj=laea +lat_0=39.95 +lon_0=46.2 +datum=WGS84 +units=m"
    side_m = np.arange(-9500.0, 10000.0, 1000.0)
    x_m, y_m = np.meshgrid(side_m, side_m)
    lon, lat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x_m.ravel(), y_m.ravel())
    axis = TimeAxis(dt.datetime(2031, 9, 12, 20, tzinfo=dt.UTC), 3600.0, 72)
    return Hypotheses(PlaceGrid(crs, 1000.0, side_m, side_m, lat, lon), axis, (OLDER,))


def time_finding(nats: float, until: int) -> Finding:
    """Favours the first instants by some nats; says nothing of place."""
    values = np.zeros((1, 72), dtype=np.float32)
    values[0, :until] = nats
    part = InputRef(Sha256(bytes([until]) * 32), "pictures")
    likelihood = LogLikelihood(values, {"older-footage": 0.0})
    return Finding("rehearsed", "1", "steps", part.sha256, (part,), {}, 1, likelihood, 9.0, {}, "Steps.", ())


def book(more: str = "") -> ClaimBook:
    return load_claims(template() + more)


def standing(claim_id: str, log10_lr: float, prior: float = 0.25) -> Standing:
    return Standing(claim_id, prior, 0.5, log10_lr, "words", "words")


def share(finding_id: str, line: str, without: dict[str, float], discriminates: bool = True) -> Share:
    return Share(finding_id, line, 1.0, 0.1, 0.0, 0.1, 0.0, False, discriminates, without)


def weighed(
    standings: Sequence[Standing], shares: Sequence[Share], subjects: tuple[str, ...] = ("WM-0001",)
) -> Weighed:
    return Weighed("AS-1", subjects, {entry.claim_id: entry for entry in standings}, tuple(shares), {})


def laid(
    read: ClaimBook, *assessments: Weighed, attachments: Sequence[Attachment] = ()
) -> tuple[Matrix, dict[str, Row]]:
    sources = {source.id: source for source in read.sources}
    made = matrix(read.claims, sources, assessments, stated(read.claims), attachments)
    return made, {row.claim.id: row for row in made.rows}


WEIGHED = weighed(
    (standing("north-1", 1.5), standing("south-1", -LOG10_LR_LIMIT, 0.2)),
    (
        share("F-0001", "integrity", {"north-1": 0.25, "south-1": -1.0}),
        share("F-0002", "weather", {"north-1": 1.5, "south-1": -LOG10_LR_LIMIT}, discriminates=False),
    ),
)


def test_each_cell_says_what_the_finding_says_alone_and_what_it_adds() -> None:
    _, rows = laid(book(), WEIGHED)
    (weight,) = rows["north-1"].weights
    first, idle = weight.cells
    assert (weight.log10_lr, weight.prior, weight.read_from) == (1.5, 0.25, "")
    assert first.log10_lr_added == pytest.approx(1.25) and first.line == "integrity"
    assert first.log10_lr == first.log10_lr_added  # an assessment of an earlier version holds no ratio alone
    assert first.stance is Stance.SUPPORTS and first.words == "moderate support for the claim"
    assert idle.log10_lr_added == 0.0 and idle.stance is Stance.OPEN and idle.words == "does not discriminate"
    shared = dataclasses.replace(WEIGHED.shares[0], alone={"north-1": 0.9, "south-1": -0.2})
    _, rows = laid(book(), dataclasses.replace(WEIGHED, shares=(shared,)))
    (cell,) = rows["north-1"].weights[0].cells
    assert cell.log10_lr == 0.9 and cell.log10_lr_added == pytest.approx(1.25)
    assert rows["south-1"].weights[0].cells[0].stance is Stance.OPEN
    assert rows["north-1"].told_by(Stance.SUPPORTS) == ("F-0001",)


def test_what_is_excluded_is_said_and_not_written_as_a_number() -> None:
    made, rows = laid(book(), WEIGHED)
    (weight,) = rows["south-1"].weights
    assert weight.log10_lr is None and weight.lr_words == "words"
    first, second = weight.cells
    assert first.log10_lr is None and first.stance is Stance.CONTRADICTS and first.words == "excludes the claim"
    assert second.stance is Stance.OPEN and second.words == "not weighed"  # the others exclude it without this one
    to_plain(made)


def test_a_bare_denial_is_read_from_what_it_denies() -> None:
    _, rows = laid(book(DENIAL), WEIGHED)
    row = rows["south-2"]
    (weight,) = row.weights
    assert weight.log10_lr == -1.5 and weight.read_from == "north-1" and row.party == "Southland"
    assert weight.prior == 0.75 and weight.lr_words == "moderate support against the claim"
    assert weight.cells[0].log10_lr_added == pytest.approx(-1.25) and weight.cells[0].stance is Stance.CONTRADICTS
    assert row.contradicts == ("north-1",) and rows["north-1"].contradicts == ("south-1", "south-2")


def test_claims_that_are_not_weighed_say_why() -> None:
    _, rows = laid(book(DENIAL), WEIGHED)
    assert "after the newest assessment" in rows["paper-1"].not_weighed and not rows["north-1"].not_weighed
    _, rows = laid(book(DENIAL.replace("hedge: denies", "hedge: asserts")), WEIGHED)
    assert rows["south-2"].weights == () and "attached to it by people" in rows["south-2"].not_weighed
    _, rows = laid(book())
    assert "No assessment is on record" in rows["north-1"].not_weighed
    reasons = dataclasses.replace(WEIGHED, reasons={"paper-1": "It lies wholly outside."})
    assert laid(book(), reasons)[1]["paper-1"].not_weighed == "It lies wholly outside."
    everywhere = dataclasses.replace(standing("north-1", 0.0), reason="It holds everywhere in the space.")
    _, rows = laid(book(), weighed((everywhere,), WEIGHED.shares))
    assert rows["north-1"].weights == () and rows["north-1"].not_weighed == "It holds everywhere in the space."


def test_a_claim_about_one_recording_is_read_from_its_assessment_only() -> None:
    read = load_claims(template().replace("  - id: south-1\n", "  - id: south-1\n    items: [wm-0002]\n"))
    assert read.claim("south-1").items == ("WM-0002",)
    _, rows = laid(read, WEIGHED)
    assert rows["south-1"].weights == () and "No assessment of WM-0002" in rows["south-1"].not_weighed
    other = dataclasses.replace(WEIGHED, id="AS-2", subjects=("WM-0002",))
    _, rows = laid(read, WEIGHED, other)
    assert [weight.assessment for weight in rows["south-1"].weights] == ["AS-2"]
    assert [weight.assessment for weight in rows["north-1"].weights] == ["AS-1", "AS-2"]


def test_a_finding_that_says_nothing_of_a_claim_is_not_given_a_number() -> None:
    _, rows = laid(book(), weighed((standing("north-1", 1.0),), (share("F-0001", "sun", {}),)))
    (cell,) = rows["north-1"].weights[0].cells
    assert cell.log10_lr is None and cell.log10_lr_added is None and cell.words == "not weighed"


def test_what_people_attach_changes_no_number() -> None:
    attached = [
        Attachment("AT-0001", "F-0001", "north-1", AS_STATED, True, Strength.FULL, "It shows the act.", "A"),
        Attachment("AT-0002", "F-0002", "north-1", AS_STATED, False, Strength.FAINT, "It shows another.", "B"),
    ]
    without, before = laid(book(), WEIGHED)
    made, rows = laid(book(), WEIGHED, attachments=attached)
    assert rows["north-1"].attached == tuple(attached) and rows["south-1"].attached == ()
    assert [row.weights for row in made.rows] == [row.weights for row in without.rows]
    assert before["north-1"].attached == () and any("not set off" in note for note in made.notes)


def test_the_balance_between_parties_is_counted() -> None:
    read = book(DENIAL)
    made, _ = laid(read, WEIGHED)
    north, south, nobody = balance(made, {source.id: source for source in read.sources})
    assert (north.party, north.sources, north.claims, north.weighed, north.grades) == ("Northland", 1, 1, 1, ("C",))
    assert (south.party, south.claims, south.weighed, south.voices) == ("Southland", 2, 2, 1)
    assert south.prior == (("south-1", 0.2), ("south-2", 0.75)) and north.prior == (("north-1", 0.25),)
    assert (nobody.party, nobody.claims) == (None, 1)


def test_with_real_findings_the_parts_are_those_of_fusing() -> None:
    over = _space()
    regions = [fit.region for fit in fit_book(book(), over)]
    fused = fuse([("F-1", time_finding(1.0, 10)), ("F-2", time_finding(0.5, 40))], over, regions)
    _, rows = laid(book(), weighed(fused.standings, fused.shares))
    for claim_id in ("north-1", "south-1", "paper-1"):
        (weight,) = rows[claim_id].weights
        one, other = weight.cells
        assert weight.log10_lr is not None and other.log10_lr is not None and one.log10_lr_added is not None
        assert weight.log10_lr - one.log10_lr_added == pytest.approx(other.log10_lr, abs=1e-9)
    assert abs(rows["north-1"].weights[0].cells[0].log10_lr or 0.0) > 0.01
