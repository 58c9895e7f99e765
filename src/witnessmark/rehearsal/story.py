"""The demo's case material: three parties speak about one clip. Parties, places and accounts are invented."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from witnessmark.custody.records import Appearance, Moment
from witnessmark.plain import Plain, iso
from witnessmark.rehearsal.presets import demo_scenario
from witnessmark.rehearsal.scenario import Scenario

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
  - id: north-when
    source: northern-administration
    statement: The clip was filmed on {day.day} {day:%B %Y} between {first} and {last}.
    quote:
      text: The recording was made by the Meadow Road on {day.day} {day:%B}, between {first} and {last}.
      document: northern-administration-{said:%Y-%m-%d}.html
      locator: paragraph 2
    hedge: asserts
    said_at: {{at: {said:%Y-%m-%d}T15:20:00{zone}, how_known: platform page, zone_proven: true}}
    credibility: 3
    credibility_reason: Possibly true; not yet compared with anything independent.
    about:
      time:
        - {{from: {day:%Y-%m-%d}T{first}{zone}, to: {day:%Y-%m-%d}T{last}{zone}, precision: exact}}

  - id: north-where
    source: northern-administration
    statement: The clip was filmed by the Meadow Road, below the front of the hills.
    quote:
      text: The recording was made by the Meadow Road on {day.day} {day:%B}, between {first} and {last}.
      document: northern-administration-{said:%Y-%m-%d}.html
      locator: paragraph 2
    hedge: asserts
    said_at: {{at: {said:%Y-%m-%d}T15:20:00{zone}, how_known: platform page, zone_proven: true}}
    credibility: 3
    credibility_reason: Possibly true; not yet compared with anything independent.
    about:
      place: {{point: {{lat: {road_lat:.4f}, lon: {road_lon:.4f}, radius_km: 2.5}}}}

  - id: valley-when
    source: valley-council
    statement: The clip was filmed on {next.day} {next:%B %Y}.
    quote:
      text: What is shown happened the day after, and on the far side of the ridge, not by the road.
      document: valley-council-{later:%Y-%m-%d}.pdf
      locator: page 1
    hedge: asserts
    said_at: {{at: {later:%Y-%m-%d}T10:05:00{zone}, how_known: platform page, zone_proven: true}}
    credibility: 3
    credibility_reason: Possibly true; not yet compared with anything independent.
    about:
      time: [{{day: {next:%Y-%m-%d}, zone: {zone}}}]
    contradicts: [north-when]

  - id: valley-where
    source: valley-council
    statement: The clip was filmed on the other side of the ridge.
    quote:
      text: What is shown happened the day after, and on the far side of the ridge, not by the road.
      document: valley-council-{later:%Y-%m-%d}.pdf
      locator: page 1
    hedge: asserts
    said_at: {{at: {later:%Y-%m-%d}T10:05:00{zone}, how_known: platform page, zone_proven: true}}
    credibility: 3
    credibility_reason: Possibly true; not yet compared with anything independent.
    about:
      place: {{bbox: {{west: {west:.4f}, south: {south:.4f}, east: {east:.4f}, north: {north:.4f}}}}}
    contradicts: [north-where]

  - id: observers-when
    source: observers-desk
    statement: The clip is older footage, from at least a year before {day:%B %Y}.
    quote:
      text: We believe this may be older material, a year old at the least, that is being shared again.
      document: observers-desk-{later:%Y-%m-%d}.html
      locator: paragraph 5
      hedge_words: may be
    hedge: suggests
    said_at: {{at: {later:%Y-%m-%d}T18:40:00{zone}, how_known: platform page, zone_proven: true}}
    credibility: 4
    credibility_reason: Doubtful; rests on a likeness to another clip, whose age is only asserted.
    about:
      alternatives: [older-footage]
    contradicts: [north-when, valley-when]
"""


@dataclass(frozen=True, slots=True)
class Story:
    """What a case on a rehearsed clip is opened with.

    Attributes
    ----------
    reference, title : str
        The case's.
    claims_yaml : str
        In the format of ``docs/claims.md``.
    appearances : tuple of Appearance
        Of the clip, earliest first.
    likeness : Appearance
        Of the other clip that the observers speak of: a cropped and mirrored re-edit of the clip, posted before it.
    space : dict
        What is weighed: ``region_deg`` [west, south, east, north], ``spacing_m``, ``from``, ``to``, ``step_s`` and
        ``priors`` of the alternatives.
    truth : str
        What was true, in a sentence, for the end of the demo.
    """

    reference: str
    title: str
    claims_yaml: str
    appearances: tuple[Appearance, ...]
    likeness: Appearance
    space: dict[str, Plain]
    truth: str


def demo_story(scenario: Scenario | None = None) -> Story:
    """Three parties' five claims about a clip, two postings of it, and one of a re-edit of it.

    One party is right about place and day, one names the day after and the other side of the ridge, one says the
    footage is older.

    Parameters
    ----------
    scenario : Scenario or None
        Whose place and time the claims speak of; `demo_scenario` when None.
    """
    filmed = scenario or demo_scenario()
    local = dt.timezone(dt.timedelta(hours=filmed.device.utc_offset_h))
    start = filmed.start.astimezone(local)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    day = dt.timedelta(days=1)
    hour = start.hour
    lat, lon = filmed.lat_deg, filmed.lon_deg
    claims = _CLAIMS.format(
        day=start,
        next=start + day,
        said=start + 2 * day,
        later=start + 3 * day,
        first=f"{max(hour - 1, 0):02d}:00",
        last=f"{min(hour + 2, 23):02d}:00",
        zone=iso(midnight)[-6:] if filmed.device.utc_offset_h else "+00:00",
        road_lat=lat - 0.003,
        road_lon=lon - 0.005,
        west=lon - 0.25,
        south=lat - 0.075,
        east=lon - 0.12,
        north=lat + 0.035,
    )
    first = Moment(midnight + day + dt.timedelta(hours=19, minutes=12, seconds=40), "platform page", True)
    second = Moment((midnight + 2 * day + dt.timedelta(hours=8, minutes=3)).astimezone(dt.UTC), "platform page", False)
    return Story(
        reference=f"{start:%Y}-R1",
        title="The clip from the Meadow Road (rehearsed)",
        claims_yaml=claims,
        appearances=(
            Appearance(
                platform="Rehearsal Messenger",
                account="valley-watch",
                url="https://messenger.example.invalid/valley-watch/1881",
                posted=first,
                text="From this week.",
            ),
            Appearance(
                platform="Rehearsal Video",
                account="ridge-news",
                url="https://video.example.invalid/watch/7fk2",
                posted=second,
                text="The Meadow Road, by the hills.",
            ),
        ),
        likeness=Appearance(
            platform="Rehearsal Video",
            account="hill-echo",
            url="https://video.example.invalid/watch/2qd9",
            posted=Moment(midnight + dt.timedelta(hours=21, minutes=40), "platform page", True),
            text="Seen this one years ago.",
        ),
        space={
            "region_deg": [round(lon - 0.26, 4), round(lat - 0.09, 4), round(lon + 0.05, 4), round(lat + 0.05, 4)],
            "spacing_m": 200.0,
            "from": iso(midnight - day),
            "to": iso(midnight + 4 * day),
            "step_s": 600.0,
            "priors": {"older-footage": 0.15, "elsewhere": 0.10},
        },
        truth=(
            f"Filmed at {lat:.4f}, {lon:.4f} from {iso(start.replace(microsecond=0))}; the camera's clock was "
            f"{abs(filmed.device.clock_error_s):.0f} s {'fast' if filmed.device.clock_error_s >= 0 else 'slow'}. "
            "Both claims of the Northern Administration are right; the others are not."
        ),
    )
