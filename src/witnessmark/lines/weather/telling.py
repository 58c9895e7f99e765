"""The sentences of the weather line: what was seen and recorded, what it is worth, what limits it."""

from __future__ import annotations

from collections.abc import Sequence

from witnessmark.lines.weather import limits
from witnessmark.lines.weather.bits import SAYS_LITTLE_BITS, Bits
from witnessmark.lines.weather.observations import RecordSeen, WeatherLabel
from witnessmark.lines.weather.packing import Gap
from witnessmark.lines.weather.weighing import Weighed
from witnessmark.plain import iso

MODEL_LIMIT = "The record is a model's: what it has of rain, cloud and snow in one place is a guess."


def statement(labels: Sequence[WeatherLabel], weighed: Weighed, told: Bits) -> str:
    """What was found and what it is worth."""
    seen = "; ".join(dict.fromkeys(words(label) for label in labels))
    against = ", ".join(sorted(set(weighed.served.values())))
    return f"A person sees {seen}. Against {against}: {worth(told)}"


def words(label: WeatherLabel) -> str:
    """A label in words.

    Examples
    --------
    >>> words(WeatherLabel("l", None, "clear", False, None, "calm", None, (10.0, 20.0)))
    'a clear sky, no rain, calm air, 10 to 20 degrees Celsius'
    """
    parts = []
    if label.sky is not None:
        parts.append(
            {"clear": "a clear sky", "partly": "a partly clouded sky", "overcast": "an overcast sky"}[label.sky]
        )
    if label.rain is not None:
        parts.append("rain" if label.rain else "no rain")
    if label.snow_on_ground is not None:
        parts.append("snow on the ground" if label.snow_on_ground else "no snow on the ground")
    if label.wind is not None:
        parts.append({"calm": "calm air", "moderate": "moderate wind", "strong": "strong wind"}[label.wind])
    if label.visibility_km is not None:
        least, most = label.visibility_km
        parts.append(f"sight of {least:g} km or more" if most >= 1000.0 else f"sight of {least:g} to {most:g} km")
    if label.temperature_c is not None:
        parts.append(f"{label.temperature_c[0]:g} to {label.temperature_c[1]:g} degrees Celsius")
    return ", ".join(parts)


def worth(told: Bits) -> str:
    """What the finding is worth, and that it does not tell days apart where it does not."""
    text = f"over the times weighed this is worth {told.total:.2f} bits"
    if told.neighbours is None:
        return f"{text}; there are no two full days to compare."
    pair = " and ".join(told.neighbour_days)
    if told.neighbours < SAYS_LITTLE_BITS:
        return (
            f"{text}; between neighbouring days it tells at most {told.neighbours:.2f} bits ({pair}) and so does not "
            "discriminate between them."
        )
    return f"{text}; between neighbouring days it tells up to {told.neighbours:.2f} bits ({pair})."


def own_limits(records: Sequence[RecordSeen], weighed: Weighed, gaps: Sequence[Gap]) -> tuple[str, ...]:
    """Limits of this very finding, one sentence each."""
    used = [record for record in records if record.source in weighed.served.values()]
    said = []
    for record in used:
        far = "an unknown distance" if record.distance_km is None else f"up to {record.distance_km:.0f} km"
        high = "not known" if record.climb_m is None else f"{record.climb_m:.0f} m"
        said.append(f"{record.source} is {far} away; the difference of height is {high}.")
    if any(record.distance_km is None for record in used):
        said.append(f"The record was taken to hold within {limits.NEAR_KM:.0f} km of the place.")
    if any(record.kind == "model" for record in used):
        said.append(MODEL_LIMIT)
    said += [gap_words(gap) for gap in gaps if gap.source in weighed.served.values()]
    said += [unborne_words(family) for family in weighed.unborne]
    if weighed.unserved:
        said.append(f"No record holds {', '.join(weighed.unserved)}, so these labels were not weighed.")
    return tuple(said)


def unborne_words(family: str) -> str:
    """That a label fits no hour."""
    return f"No recorded hour bears the {family} that was labelled: it is likelier a slip than true, and tells little."


def gap_words(gap: Gap) -> str:
    """A gap in words."""
    days = (gap.end - gap.start).total_seconds() / 86_400.0
    return (
        f"{gap.source} is silent for {days:.1f} days, {iso(gap.start)} to {iso(gap.end)}: those hours rest on the days "
        "around them and fade to the record's climate; temperature weighs nothing there."
    )
