"""The demo's case material: three parties speak about one clip. Parties, places and accounts are invented."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from witnessmark.custody.records import Appearance, Moment
from witnessmark.rehearsal.presets import DEMO_LAT_DEG, DEMO_LON_DEG

LOCAL = dt.timezone(dt.timedelta(hours=-4))

TITLE = "The clip from the meadow road"

_CLAIMS = """\
# Rehearsed: parties, accounts and place names are invented; the relief is real.
format: witnessmark-claims/1

sources:
  - id: northern-administration
    name: Northern Administration, press office (rehearsed)
    kind: government
    party: Northern Administration
    reliability: C
    reliability_reason: Speaks for one of the parties; earlier statements were borne out in part.

  - id: valley-council
    name: Valley Council, secretariat (rehearsed)
    kind: government
    party: Valley Council
    reliability: C
    reliability_reason: Speaks for one of the parties; earlier statements were borne out in part.

  - id: observers-desk
    name: Observers' Desk (rehearsed)
    kind: ngo
    party: none
    reliability: B
    reliability_reason: Belongs to neither party; names its sources and has corrected itself in public.

claims:
  - id: north-1
    source: northern-administration
    statement: The clip was filmed by the Meadow Road, below the front of the hills, on the morning of 14 October 2024.
    quote:
      text: The recording was made by the Meadow Road on the morning of 14 October, between nine and eleven.
      document: northern-administration-2024-10-16.html
      locator: paragraph 2
    hedge: asserts
    said_at: {at: 2024-10-16T15:20:00-04:00, how_known: platform page, zone_proven: true}
    credibility: 3
    credibility_reason: Possibly true; not yet compared with anything independent.
    about:
      place: {point: {lat: 36.3600, lon: -84.1450, radius_km: 2.5}}
      time:
        - {from: 2024-10-14T09:00-04:00, to: 2024-10-14T11:00-04:00, precision: exact}

  - id: valley-1
    source: valley-council
    statement: The clip was filmed on 15 October 2024, on the other side of the ridge.
    quote:
      text: What is shown happened the day after, on the fifteenth, and on the far side of the ridge, not by the road.
      document: valley-council-2024-10-17.pdf
      locator: page 1
    hedge: asserts
    said_at: {at: 2024-10-17T10:05:00-04:00, how_known: platform page, zone_proven: true}
    credibility: 3
    credibility_reason: Possibly true; not yet compared with anything independent.
    about:
      place: {bbox: {west: -84.3900, south: 36.2900, east: -84.2600, north: 36.4000}}
      time: [{day: 2024-10-15, zone: -04:00}]
    contradicts: [north-1]

  - id: observers-1
    source: observers-desk
    statement: The clip is older footage, from at least a year before October 2024.
    quote:
      text: We believe this may be older material, a year old at the least, that is being shared again.
      document: observers-desk-2024-10-17.html
      locator: paragraph 5
      hedge_words: may be
    hedge: suggests
    said_at: {at: 2024-10-17T18:40:00-04:00, how_known: platform page, zone_proven: true}
    credibility: 4
    credibility_reason: Doubtful; rests on a likeness to another clip that is not shown.
    about:
      alternatives: [older-footage]
    contradicts: [north-1, valley-1]
"""


@dataclass(frozen=True, slots=True)
class Story:
    """What a case on the demo clip is opened with.

    Attributes
    ----------
    title, place_name : str
    claims_yaml : str
        In the format of ``docs/claims.md``.
    appearances : tuple of Appearance
        Earliest first.
    region_deg : (south, west, north, east)
        The places to assess [deg].
    spacing_m : float
        Side of a place cell [m].
    from_time, to_time : datetime
        The times to assess.
    step_s : float
        Time step [s].
    alternatives : tuple of (name, statement, prior)
        Possibilities off the grid.
    """

    title: str
    place_name: str
    claims_yaml: str
    appearances: tuple[Appearance, ...]
    region_deg: tuple[float, float, float, float]
    spacing_m: float
    from_time: dt.datetime
    to_time: dt.datetime
    step_s: float
    alternatives: tuple[tuple[str, str, float], ...]


def demo_story() -> Story:
    """The material of the demo: what three parties say, and where the clip was posted."""
    return Story(
        title=TITLE,
        place_name="Meadow Road",
        claims_yaml=_CLAIMS,
        appearances=(
            Appearance(
                platform="Rehearsal Messenger",
                account="valley-watch",
                url="https://messenger.example.invalid/valley-watch/1881",
                posted=Moment(dt.datetime(2024, 10, 15, 19, 12, 40, tzinfo=LOCAL), "platform page", True),
                text="From this week.",
            ),
            Appearance(
                platform="Rehearsal Video",
                account="ridge-news",
                url="https://video.example.invalid/watch/7fk2",
                posted=Moment(
                    dt.datetime(2024, 10, 16, 8, 3, 0, tzinfo=dt.UTC), "platform page, offset as shown", False
                ),
                text="The meadow road, by the hills.",
            ),
        ),
        region_deg=(DEMO_LAT_DEG - 0.09, DEMO_LON_DEG - 0.25, DEMO_LAT_DEG + 0.05, DEMO_LON_DEG + 0.05),
        spacing_m=200.0,
        from_time=dt.datetime(2024, 10, 13, 0, 0, tzinfo=LOCAL),
        to_time=dt.datetime(2024, 10, 18, 0, 0, tzinfo=LOCAL),
        step_s=600.0,
        alternatives=(
            ("older-footage", "The clip was filmed at least a year before October 2024, anywhere.", 0.15),
            ("elsewhere", "The clip was filmed in the period, but outside the region assessed.", 0.10),
        ),
    )
