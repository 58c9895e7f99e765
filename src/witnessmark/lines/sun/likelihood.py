"""Pure: from sightings, labels and headings to a log-likelihood over place and time."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from witnessmark.errors import WitnessmarkError
from witnessmark.hypotheses.likelihood import LogLikelihood, mean_nats
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.lines.contract import Abstention, Finding
from witnessmark.lines.sun import bits, ephemeris, kernel, labels, stepping, telling
from witnessmark.lines.sun.headings import unpack, unpack_horizon
from witnessmark.lines.sun.limits import CAP_NATS, SCALE, STANDING_LIMITS
from witnessmark.lines.sun.observations import Label, Phase, ShadeEdge, Sighting, SunObservations
from witnessmark.lines.sun.stepping import Stepping
from witnessmark.plain import to_plain

METHOD = "sampled shadow geometry against the sun's place, Student t on the sphere with an outlier floor"
IN_MEMORY_BYTES = 1 << 30
"""Tables larger than this are kept in an unnamed temporary file."""
SAME_FRAME_S = 0.05
"""A heading holds for frames this near to its own."""
MOST_TURNS = 3


def weigh(
    seen: SunObservations, over: Hypotheses, line: str, version: str, scale: float = SCALE
) -> Finding | Abstention:
    """Weigh place and time by everything seen.

    Parameters
    ----------
    seen : SunObservations
    over : Hypotheses
    line, version : str
    scale : float
        Factor on standard errors that were sampled; those a person states are taken as they are.

    Returns
    -------
    Finding or Abstention
        The table has shape (n_places, n_instants), or (1, n_instants) where nothing seen depends on place.

    Notes
    -----
    An instant stands for the step that begins with it: it gets the mean likelihood over instants in that step, as many
    as the marks' errors ask for, and of one the step's middle. Sightings of n frames share the person, the camera and
    mostly the ground: their sum is multiplied by n**-1/2.
    """
    try:
        table, used, steps = _table(seen, over, scale)
    except WitnessmarkError as error:
        return Abstention(line, version, error.what, error.do, seen.inputs)
    if table is None:
        return Abstention(line, version, *telling.why_nothing(seen), seen.inputs)
    told = bits.tell(table, over)
    mean = mean_nats(table, over)
    return Finding(
        line=line,
        version=version,
        method=METHOD,
        item=seen.item,
        inputs=seen.inputs,
        parameters={
            "scale": scale,
            "tail": kernel.TAIL,
            "outlier": kernel.OUTLIER,
            "clouded": labels.CLOUDED,
            "misnamed": labels.MISNAMED,
            "heading_unknown_deg": kernel.UNKNOWN_DEG,
            "sightings_weight": _weight(used),
            "instants_a_step": steps.count,
            "bits": to_plain(told),
        },
        seed=seen.seed,
        log_likelihood=LogLikelihood(table, {alternative.name: mean for alternative in over.alternatives}),
        cap_nats=CAP_NATS,
        observations=to_plain(seen),
        statement=telling.statement(seen, used, told),
        limits=(*telling.own_limits(seen, over, used, told, steps), *STANDING_LIMITS),
    )


def _weight(used: Sequence[object]) -> float:
    return 1.0 / math.sqrt(max(1, len(used)))


def used_of(seen: SunObservations, n_places: int) -> tuple[tuple[Sighting, stepping.Heading | None], ...]:
    """The sightings that can be weighed, each with its heading in every place or None.

    Raises
    ------
    BadInputError
        For headings of another grid.
    """
    held = ((sighting, heading_of(sighting, seen, n_places)) for sighting in seen.sightings)
    return tuple(
        (sighting, heading)
        for sighting, heading in held
        if sighting.elevation_deg is not None or sighting.from_north or heading is not None
    )


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What goes into a table, each thing once."""

    sightings: tuple[tuple[Sighting, stepping.Heading | None], ...]
    turns: tuple[tuple[Sighting, Sighting], ...]
    labels: tuple[Label, ...]
    edges: tuple[ShadeEdge, ...]
    phases: tuple[Phase, ...]
    horizon: NDArray[np.float32] | None


def _table(
    seen: SunObservations, over: Hypotheses, scale: float
) -> tuple[NDArray[np.float32] | None, tuple[Sighting, ...], Stepping]:
    """The table, the sightings that went into it, and the instants of a step that it is the mean of."""
    found = used_of(seen, over.shape[0])
    used = tuple(sighting for sighting, _ in found)
    named = tuple(label for label in seen.labels if not _told_by_shadow(label, used))
    horizon = None
    if seen.horizon is not None and seen.horizon.places_count == over.shape[0]:
        horizon = unpack_horizon(seen.horizon)
    edges = seen.edges if horizon is not None else ()
    steps = stepping.stepping(stepping.errors_deg(found, named, edges), over.times.step_s)
    offsets_s = steps.offsets_s(over.times.step_s)
    if not used and not named and not edges:
        phase = _phase_nats(seen.phases, over.times.unix_s() + offsets_s[0], scale)
        return (phase[None, :] if seen.phases else None), used, steps
    sightings = tuple((steps.enlarged(one, scale if one.heavy else 1.0), heading) for one, heading in found)
    turns = _turns([one for one, heading in sightings if heading is None])
    edges = tuple(steps.enlarged_edge(edge) for edge in edges)
    weighed = _Weighed(sightings, turns, named, edges, seen.phases, horizon)
    table = room(over.shape)
    share = np.float32(math.log(len(offsets_s)))
    for number, offset_s in enumerate(offsets_s):
        for row, column, nats in _blocks(weighed, over, over.times.unix_s() + offset_s, scale):
            if number == 0:
                np.subtract(nats, share, out=table[row, column])
            else:
                table[row, column] = np.logaddexp(table[row, column], nats - share)
    return table, used, steps


def _blocks(
    weighed: _Weighed, over: Hypotheses, unix_s: NDArray[np.float64], scale: float
) -> Iterator[tuple[slice, slice, NDArray[np.float32]]]:
    """Log-likelihood of everything that is weighed at one instant of every step, block by block."""
    horizon = weighed.horizon
    phase = _phase_nats(weighed.phases, unix_s, scale)
    at_s = [*(label.at_s for label in weighed.labels), *(edge.at_s for edge in weighed.edges)]
    skies = _skies([*((s.body, s.at_s) for s, _ in weighed.sightings), *(("sun", moment) for moment in at_s)], unix_s)
    frames = ephemeris.frames(over.places.lat_deg, over.places.lon_deg)
    weight = np.float32(_weight(weighed.sightings))
    n_places, n_instants = over.shape
    columns = min(n_instants, kernel.CELLS)
    rows = max(1, kernel.CELLS // columns)
    for first in range(0, n_places, rows):
        row = slice(first, min(first + rows, n_places))
        plain = kernel.Places(frames, None, None).part(row)
        known = [_places(frames, heading).part(row) for _, heading in weighed.sightings]
        line = None if horizon is None else horizon[row]
        for left in range(0, n_instants, columns):
            column = slice(left, min(left + columns, n_instants))
            part = np.zeros((row.stop - row.start, column.stop - column.start), dtype=np.float32)
            for (sighting, _), places in zip(weighed.sightings, known, strict=True):
                sky = skies[sighting.body, sighting.at_s].part(column)
                nats = kernel.cells(sighting, places, sky, scale if sighting.heavy else 1.0)
                if line is not None and sighting.body == "sun":
                    nats = _behind(nats, line, plain, sky)
                part += weight * nats
            for one, other in weighed.turns:
                first_sky, second_sky = (skies[s.body, s.at_s].part(column) for s in (one, other))
                part += weight * labels.turn_nats(one, other, plain, first_sky, second_sky, scale)
            for label in weighed.labels:
                sky = skies["sun", label.at_s].part(column)
                up = sky.along(plain.frames.up[None], plain.frames.at_km)[0]
                covered = None if line is None else labels.horizon_share(line, plain, sky, up)
                part += labels.label_nats(label, up, covered)
            for edge in weighed.edges:
                assert line is not None
                sky = skies["sun", edge.at_s].part(column)
                up = sky.along(plain.frames.up[None], plain.frames.at_km)[0]
                part += labels.edge_nats(edge, line, plain, sky, up)
            part += phase[column]
            yield row, column, part


def _phase_nats(phases: Sequence[Phase], unix_s: NDArray[np.float64], scale: float) -> NDArray[np.float32]:
    """Log-likelihood of the moon's phases [nats], shape (n_instants,)."""
    total = np.zeros(unix_s.shape)
    for phase in phases:
        total += labels.phase_nats(phase, unix_s, scale)
    return total.astype(np.float32)


def _behind(
    nats: NDArray[np.float32], line: NDArray[np.float32], places: kernel.Places, sky: kernel.Sky
) -> NDArray[np.float32]:
    """The same where the relief hides the sun: only the floor is left."""
    up = sky.along(places.frames.up[None], places.frames.at_km)[0]
    share = labels.horizon_share(line, places, sky, up)
    floor = np.float32(kernel.OUTLIER * kernel.SPHERE_FLOOR)
    return np.asarray(np.log(np.maximum((np.exp(nats) - floor) * share, 0.0) + floor), dtype=np.float32)


def _skies(wanted: Sequence[tuple[str, float]], unix_s: NDArray[np.float64]) -> dict[tuple[str, float], kernel.Sky]:
    """The sky of each body and frame, computed once."""
    return {(body, at_s): kernel.Sky.of(ephemeris.track(body, unix_s + at_s)) for body, at_s in dict.fromkeys(wanted)}


def _places(frames: ephemeris.Frames, found: stepping.Heading | None) -> kernel.Places:
    return kernel.Places(frames, None, None) if found is None else kernel.Places(frames, *found)


def heading_of(
    sighting: Sighting, seen: SunObservations, n_places: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The heading and its error for a sighting's frame in every place [deg], or None.

    A person's heading goes before a field. Raises `BadInputError` for a field of another grid, through `unpack`.
    """
    if sighting.from_north or sighting.azimuth_deg is None:
        return None
    for known in seen.headings:
        same_view = bool(known.view) and known.view == sighting.view
        if known.at_s is None or same_view or abs(known.at_s - sighting.at_s) <= SAME_FRAME_S:
            return np.full(n_places, known.heading_deg), np.full(n_places, known.error_deg)
    for field in seen.fields:
        telling.check_field(field, n_places)
        if field.at_s is None or abs(field.at_s - sighting.at_s) <= SAME_FRAME_S:
            heading, error = unpack(field)
            return heading, error
    return None


def _told_by_shadow(label: Label, used: Sequence[Sighting]) -> bool:
    """Whether a sunlight label only repeats what a shadow in the same clip already says."""
    return label.kind == "sunlight" and any(sighting.body == "sun" for sighting in used)


def _turns(free: Sequence[Sighting]) -> tuple[tuple[Sighting, Sighting], ...]:
    """Pairs of frames of one unmoved camera, far enough apart for the turn of the sun to show."""
    found = []
    for index, one in enumerate(free):
        for other in free[index + 1 :]:
            if not one.view or one.view != other.view or one.body != other.body:
                continue
            if one.azimuth_deg is None or other.azimuth_deg is None:
                continue
            if 60.0 <= abs(other.at_s - one.at_s) <= labels.TURN_LONGEST_S:
                found.append((one, other))
    return tuple(found[:MOST_TURNS])


def room(shape: tuple[int, int]) -> NDArray[np.float32]:
    """Room for a table: in memory, or in an unnamed temporary file when it is large."""
    if 4 * shape[0] * shape[1] <= IN_MEMORY_BYTES:
        return np.empty(shape, dtype=np.float32)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, dtype=np.float32, mode="w+", shape=shape)
