"""The claim-by-evidence matrix and the balance between parties, from an assessment's own numbers."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pyproj
import pytest

from witnessmark.claims import ClaimBook, balance, fit_book, load_claims, matrix, template, unweighed
from witnessmark.custody.hashes import Sha256
from witnessmark.fusion import fuse
from witnessmark.fusion.records import Assessment, Share, Standing
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


def assessment(standings: tuple[Standing, ...], shares: tuple[Share, ...]) -> Assessment:
    none = np.zeros(1)
    return Assessment(none, none, 1.0, {}, (), (), shares, standings, (), {})


WEIGHED = assessment(
    (standing("north-1", 1.5), standing("south-1", -LOG10_LR_LIMIT, 0.2)),
    (
        share("F-0001", "integrity", {"north-1": 0.25, "south-1": -1.0}),
        share("F-0002", "weather", {"north-1": 1.5, "south-1": -LOG10_LR_LIMIT}, discriminates=False),
    ),
)


def test_each_cell_is_what_the_finding_adds_to_the_others() -> None:
    rows = {(row.claim_id, row.finding_id): row for row in matrix(book(), WEIGHED)}
    assert set(rows) == {(claim, finding) for claim in ("north-1", "south-1") for finding in ("F-0001", "F-0002")}
    first = rows["north-1", "F-0001"]
    assert first.log10_lr_added == pytest.approx(1.25)
    assert (first.log10_lr_all, first.log10_lr_without) == (1.5, 0.25)
    assert (first.party, first.line, first.read_from, first.excluded) == ("Northland", "integrity", "", "")
    assert first.log10_lr_alone is None
    idle = rows["north-1", "F-0002"]
    assert idle.log10_lr_added == 0.0 and not idle.discriminates


def test_what_is_excluded_is_said_and_not_written_as_a_number() -> None:
    rows = {(row.claim_id, row.finding_id): row for row in matrix(book(), WEIGHED)}
    excluded = rows["south-1", "F-0001"]
    assert excluded.log10_lr_added is None and excluded.log10_lr_all is None
    assert excluded.log10_lr_without == -1.0 and excluded.excluded == "this claim"
    to_plain(list(rows.values()))


def test_a_bare_denial_is_read_from_what_it_denies() -> None:
    rows = [row for row in matrix(book(DENIAL), WEIGHED) if row.claim_id == "south-2"]
    assert [row.log10_lr_all for row in rows] == [-1.5, -1.5]
    assert rows[0].log10_lr_added == pytest.approx(-1.25)
    assert rows[0].read_from == "north-1" and rows[0].hedge == "denies" and rows[0].party == "Southland"


def test_claims_that_are_not_weighed_are_listed() -> None:
    assert unweighed(book(DENIAL), WEIGHED) == ("paper-1",)
    not_a_denial = DENIAL.replace("hedge: denies", "hedge: asserts")
    assert unweighed(book(not_a_denial), WEIGHED) == ("paper-1", "south-2")


def test_a_finding_that_says_nothing_of_a_claim_is_not_given_a_number() -> None:
    partial = assessment((standing("north-1", 1.0),), (share("F-0001", "sun", {}),))
    (row,) = matrix(book(), partial)
    assert row.log10_lr_added is None and row.log10_lr_without is None and row.log10_lr_all == 1.0


def test_the_balance_between_parties_is_counted() -> None:
    north, south, nobody = balance(book(DENIAL), WEIGHED.standings)
    assert (north.party, north.sources, north.claims, north.weighed, north.grades) == ("Northland", 1, 1, 1, ("C",))
    assert (south.party, south.claims, south.weighed) == ("Southland", 2, 1)
    assert south.prior == (("south-1", 0.2),) and north.prior == (("north-1", 0.25),)
    assert (nobody.party, nobody.claims) == (None, 1)


def test_what_each_finding_says_alone_stands_beside() -> None:
    alone = {"F-0001": assessment((standing("north-1", 2.0), standing("south-1", -LOG10_LR_LIMIT)), ())}
    rows = {(row.claim_id, row.finding_id): row for row in matrix(book(DENIAL), WEIGHED, alone)}
    assert rows["north-1", "F-0001"].log10_lr_alone == 2.0
    assert rows["south-2", "F-0001"].log10_lr_alone == -2.0
    assert rows["south-1", "F-0001"].log10_lr_alone is None
    assert rows["north-1", "F-0002"].log10_lr_alone is None


def test_a_claim_that_fusing_could_not_weigh_has_no_row() -> None:
    everywhere = dataclasses.replace(standing("north-1", 0.0), reason="It holds everywhere in the space.")
    made = assessment((everywhere,), WEIGHED.shares)
    assert matrix(book(), made) == ()
    assert unweighed(book(), made) == ("north-1", "south-1", "paper-1")


def test_with_real_findings_the_parts_are_those_of_fusing() -> None:
    over = _space()
    regions = [fit.region for fit in fit_book(book(), over)]
    findings = [("F-1", time_finding(1.0, 10)), ("F-2", time_finding(0.5, 40))]
    fused = fuse(findings, over, regions)
    alone = {name: fuse([(name, finding)], over, regions) for name, finding in findings}
    rows = {(row.claim_id, row.finding_id): row for row in matrix(book(), fused, alone)}
    for claim_id in ("north-1", "south-1", "paper-1"):
        for name, other in (("F-1", "F-2"), ("F-2", "F-1")):
            row = rows[claim_id, name]
            assert row.log10_lr_alone is not None and row.log10_lr_without == pytest.approx(
                rows[claim_id, other].log10_lr_alone, abs=1e-9
            )
    assert (rows["north-1", "F-1"].log10_lr_added or 0.0) != 0.0
