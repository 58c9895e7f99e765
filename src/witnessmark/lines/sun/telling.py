"""The sentences of the sun line: what was found, why nothing was weighed, and what limits it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from witnessmark.errors import BadInputError
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.sun.bits import SAYS_LITTLE_BITS, Bits
from witnessmark.lines.sun.limits import covered
from witnessmark.lines.sun.observations import HeadingField, Sighting, SunObservations
from witnessmark.lines.sun.stepping import Stepping

STATES = {
    "sunlit": "direct sunlight",
    "no-shadow": "no shadows",
    "dark": "darkness",
    "twilight": "twilight",
    "daylight": "daylight",
}


def statement(seen: SunObservations, used: Sequence[Sighting], told: Bits) -> str:
    """What was found and what it is worth, in a few neutral sentences."""
    parts = [_sighting(sighting) for sighting in used[:3]]
    if len(used) > 3:
        parts.append(f"{len(used) - 3} more frames were weighed the same way.")
    if seen.labels:
        named = ", ".join(sorted({STATES[label.state] for label in seen.labels}))
        parts.append(f"A person sees {named}.")
    if seen.phases:
        parts.append("A person says how the moon is lit.")
    parts.append(days(told))
    return " ".join(parts)


def _sighting(sighting: Sighting) -> str:
    where = []
    if sighting.elevation_deg is not None:
        where.append(f"{sighting.elevation_deg:.1f} degrees high (give or take {sighting.upward_deg:.1f})")
    if sighting.azimuth_deg is not None:
        if sighting.from_north:
            where.append(f"at a bearing of {sighting.azimuth_deg % 360.0:.0f} degrees")
        else:
            side = "right" if sighting.azimuth_deg >= 0.0 else "left"
            where.append(f"{abs(sighting.azimuth_deg):.0f} degrees to the {side} of where the camera looks")
    return f"From {sighting.what} at {sighting.at_s:.2f} s the {sighting.body} stood {' and '.join(where)}."


def days(told: Bits) -> str:
    """What the finding is worth, and that it does not tell days apart where it does not."""
    worth = f"Over the grid this is worth {told.total:.1f} bits"
    if told.neighbours is None or told.neighbour_days is None:
        return f"{worth}; the time axis holds no two full days to compare."
    one, other = (dt.date(1970, 1, 1) + dt.timedelta(days=number) for number in told.neighbour_days)
    if told.neighbours < SAYS_LITTLE_BITS:
        return (
            f"{worth}, of time of day and place; between neighbouring days it tells at most {told.neighbours:.2f} bits "
            f"({one.isoformat()} and {other.isoformat()}, the clock unknown) and so does not discriminate between them."
        )
    return (
        f"{worth}; between neighbouring days it tells up to {told.neighbours:.2f} bits ({one.isoformat()} and "
        f"{other.isoformat()}, the clock unknown)."
    )


def why_nothing(seen: SunObservations) -> tuple[str, str]:
    """Reason and help when nothing seen could be weighed."""
    if any(sighting.elevation_deg is None for sighting in seen.sightings):
        return (
            "Only the bearing of shadows is marked, and where the camera looks is not known.",
            "Mark the top of the object that casts the shadow, or the heading as 'heading' with its error.",
        )
    if seen.edges:
        return (
            "Only the edge of the relief's shadow is marked, and no horizon of the relief is known.",
            "Put an elevation model into the case and run the terrain line, or mark a shadow.",
        )
    return (
        "Nothing marked tells where the sun or moon stood.",
        "Mark an upright object with the tip of its shadow, the sun's disc or the moon.",
    )


def own_limits(
    seen: SunObservations, over: Hypotheses, used: Sequence[Sighting], told: Bits, steps: Stepping
) -> tuple[str, ...]:
    """Limits of this very finding, one sentence each."""
    limits = coarse(steps, over.times.step_s)
    without = [s for s in used if not s.from_north and s.azimuth_deg is not None]
    if without and not seen.headings and not seen.fields:
        limits.append(
            "Where the camera looks is not known, so only the height of the sun was weighed, not its bearing."
        )
    dropped = [s for s in seen.sightings if s not in used]
    if dropped:
        limits.append(f"{len(dropped)} frames with only a bearing were not weighed, as their heading is not known.")
    if used and seen.horizon is None:
        limits.append("The horizon was taken to be level: hills that hide the sun were not weighed.")
    if seen.horizon is not None and seen.horizon.places_count != over.shape[0]:
        limits.append("The relief's horizon belongs to another grid of places and was not weighed.")
    if seen.edges and (seen.horizon is None or seen.horizon.places_count != over.shape[0]):
        limits.append("The edge of the relief's shadow was not weighed, as no horizon of the relief is known here.")
    if any(label.kind == "sunlight" for label in seen.labels):
        limits.append("How often cloud hides the sun was taken as one half; a weather record would say more.")
    if len(used) > 1:
        limits.append("The frames share a person and a camera, so they count for less than their number.")
    if any(camera.known_from == "a wide prior" for camera in seen.cameras):
        limits.append("The field of view is not known and was drawn from a wide prior.")
    if told.days is not None and told.neighbours is not None and told.neighbours < SAYS_LITTLE_BITS:
        limits.append(
            f"Of what it tells, {told.days:.2f} bits are about the day, over {told.days_count} full days; it "
            "does not discriminate between neighbouring ones."
        )
    if any(sighting.body == "sun" and "shadow" in sighting.what for sighting in used):
        limits.append(covered())
    return tuple(limits)


def coarse(steps: Stepping, step_s: float) -> list[str]:
    """That a step of the axis moves the sun by more than the marks' errors, and what was done about it."""
    if steps.count == 1:
        return []
    turned = (
        f"In a step of {step_s:g} s the sun moves by up to {steps.turn_deg:.1f} degrees, more than the smallest error "
        f"of {steps.error_deg:.1f}: each step got the mean of {steps.count} instants in it"
    )
    if steps.extra_deg > 0.0:
        turned += f", and as those are still too far apart, errors were enlarged by {steps.extra_deg:.1f} degrees"
    return [f"{turned}; a smaller step tells more."]


def own_limits_on_earth(seen: SunObservations) -> tuple[str, ...]:
    """Limits of an answer over the whole earth, one sentence each."""
    suns = [sighting for sighting in seen.sightings if sighting.body == "sun"]
    limits = []
    if suns and not suns[0].from_north and not seen.headings:
        limits.append("Where the camera looks is not known, so only the height of the sun was weighed.")
    if len(suns) > 1:
        limits.append(f"Of {len(suns)} frames only the first was weighed.")
    if any(camera.known_from == "a wide prior" for camera in seen.cameras):
        limits.append("The field of view is not known and was drawn from a wide prior.")
    return tuple(limits)


def check_field(field: HeadingField, n_places: int) -> None:
    """Refuse headings that belong to another grid.

    Raises
    ------
    BadInputError
    """
    if field.places_count != n_places:
        raise BadInputError(
            f"The headings of '{field.source}' are for {field.places_count} places; the space has {n_places}.",
            "Run the line that gives the headings over the present space, then the sun line again.",
        )
