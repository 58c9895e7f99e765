"""A claim on the hypotheses: which cells, steps and alternatives it holds true under, and how well it fits them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from witnessmark.claims.extent import area_and_share
from witnessmark.claims.fields import Problems, nearest
from witnessmark.claims.places import Found, Gazetteer, Region, resolve
from witnessmark.claims.records import Claim, ClaimBook
from witnessmark.claims.times import merged_unix_s, share_on_axis, steps_within
from witnessmark.errors import BadInputError
from witnessmark.fusion.records import ClaimRegion
from witnessmark.hypotheses.places import PlaceGrid
from witnessmark.hypotheses.space import Hypotheses


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A claim's region and how well the hypotheses can hold it.

    Attributes
    ----------
    region : ClaimRegion
    n_cells, n_steps : int
        Cells and steps inside; all of them when the claim says nothing of place or time; 0 when off the grid.
    place_share, time_share : float or None
        Share of the claimed area and time that the grid covers, 0 to 1; None when the claim says nothing of it or
        reaches without end.
    looked_up : tuple of Found
        What the gazetteer gave for names used.
    notes : tuple of str
        What a reader has to know about the fit.
    """

    region: ClaimRegion
    n_cells: int
    n_steps: int
    place_share: float | None
    time_share: float | None
    looked_up: tuple[Found, ...]
    notes: tuple[str, ...]


def claim_region(claim: Claim, over: Hypotheses, gazetteer: Gazetteer | None = None) -> ClaimRegion:
    """The part of the hypotheses under which a claim is true; `fit_claim` also says how well it fits."""
    return fit_claim(claim, over, gazetteer).region


def fit_book(book: ClaimBook, over: Hypotheses, gazetteer: Gazetteer | None = None) -> tuple[Fit, ...]:
    """Every claim of a book that can be weighed, in the file's order.

    Raises
    ------
    BadInputError
        With every claim that does not fit, when there is one: leaving out one party's claim would favour the other.
    """
    problems = Problems()
    fits: list[Fit] = []
    for claim in book.claims:
        if claim.about.weighable:
            with problems.at(claim.line):
                fits.append(fit_claim(claim, over, gazetteer))
    problems.raise_if_any()
    return tuple(_with_overlaps(fits, book))


def _with_overlaps(fits: list[Fit], book: ClaimBook) -> list[Fit]:
    """Say which claims that contradict one another hold true together in a part of the hypotheses."""
    by_id = {fit.region.claim_id: fit for fit in fits}
    for one, other in book.contradictions():
        if one in by_id and other in by_id and _meet(by_id[one].region, by_id[other].region):
            note = (
                f"Claims {one} and {other} contradict one another, yet a part of the hypotheses makes both true:"
                " evidence for that part favours both. Draw what they differ in."
            )
            for name in (one, other):
                by_id[name] = replace(by_id[name], notes=(*by_id[name].notes, note))
    return [by_id[fit.region.claim_id] for fit in fits]


def _meet(one: ClaimRegion, other: ClaimRegion) -> bool:
    """Whether two regions share a cell and step, or an alternative."""
    if one.alternatives & other.alternatives:
        return True
    if not (one.on_grid and other.on_grid):
        return False
    pairs = ((one.place_mask, other.place_mask), (one.time_mask, other.time_mask))
    return all(a is None or b is None or bool(np.any(a & b)) for a, b in pairs)


def fit_claim(claim: Claim, over: Hypotheses, gazetteer: Gazetteer | None = None) -> Fit:
    """Lay a claim over the hypotheses: a cell belongs to it by its centre, a step by its middle.

    Parameters
    ----------
    claim : Claim
    over : Hypotheses
    gazetteer : Gazetteer, optional
        Needed when the claim's place uses `near`.

    Returns
    -------
    Fit

    Raises
    ------
    BadInputError
        When the claim says nothing that can be weighed; when its place or time lies wholly off the grid and it names no
        alternative, or is too small to hold a single cell or step; when it names an unknown alternative.
    NotFoundError
        When the gazetteer does not know a name used.
    """
    about = claim.about
    if not about.weighable:
        raise BadInputError(
            f"Claim {claim.id} names no place, time or alternative.", "It stands in the dossier and cannot be weighed."
        )
    names = {alternative.name for alternative in over.alternatives}
    for name in about.alternatives:
        if name not in names:
            raise BadInputError(
                f"Claim {claim.id} names the alternative '{name}', which is not weighed: {nearest(name, names)}",
                "Add it to the case's hypotheses, or correct the name.",
            )
    notes: list[str] = []
    looked_up: tuple[Found, ...] = ()
    place_mask: NDArray[np.bool_] | None = None
    time_mask: NDArray[np.bool_] | None = None
    place_share: float | None = None
    time_share: float | None = None
    if about.place is not None:
        region, looked_up = resolve(about.place, gazetteer)
        notes.extend(
            f"'{found.asked}' was read as {found.place.name} at {found.place.lat_deg:.4f}, {found.place.lon_deg:.4f}"
            f" ({found.place.source}), and its reach of {found.place.uncertainty_km:g} km added to the distance."
            for found in looked_up
        )
        place_mask, place_share = _on_places(claim, region, over.places, notes)
    if about.time:
        time_mask, time_share = _on_times(claim, over, notes)
    on_grid = place_mask is not None or time_mask is not None
    for what, mask, stated in (("place", place_mask, about.place), ("time", time_mask, about.time)):
        if mask is not None and stated and not mask.any():
            if not about.alternatives:
                axis = f"{over.times.start:%Y-%m-%dT%H:%MZ} to {over.times.end:%Y-%m-%dT%H:%MZ}"
                here = f"the time axis ({axis})" if what == "time" else "the place grid"
                raise BadInputError(
                    f"The {what} of claim {claim.id} lies wholly outside {here}.",
                    "Widen the hypotheses so that they hold what every party says, or name the alternative"
                    " under which this claim would be true.",
                )
            notes.append(f"The {what} of claim {claim.id} lies outside the grid: only its alternatives are weighed.")
            on_grid = False
    if not on_grid:
        place_mask = time_mask = None
    everything = (
        on_grid
        and (place_mask is None or bool(place_mask.all()))
        and (time_mask is None or bool(time_mask.all()))
        and names <= set(about.alternatives)
    )
    if everything:
        notes.append(
            f"Claim {claim.id} holds under everything that is weighed, so no evidence can bear on it: widen the"
            " hypotheses beyond what it says."
        )
    n_places, n_instants = over.shape
    return Fit(
        region=ClaimRegion(claim.id, place_mask, time_mask, frozenset(about.alternatives), on_grid),
        n_cells=0 if not on_grid else n_places if place_mask is None else int(place_mask.sum()),
        n_steps=0 if not on_grid else n_instants if time_mask is None else int(time_mask.sum()),
        place_share=place_share,
        time_share=time_share,
        looked_up=looked_up,
        notes=tuple(notes),
    )


def _on_places(
    claim: Claim, region: Region, grid: PlaceGrid, notes: list[str]
) -> tuple[NDArray[np.bool_], float | None]:
    """The mask by centres, and the share of the claimed area on the grid."""
    mask = region.holds(grid.lat_deg, grid.lon_deg)
    area_km2, share = area_and_share(region, grid)
    size = f"cells of {grid.spacing_m / 1000.0:g} km"
    if not mask.any():
        if area_km2 == 0.0:
            raise BadInputError(
                f"The place of claim {claim.id} holds no ground.",
                "Check that the parts under 'all' meet and that 'not' leaves something over.",
            )
        if share is not None and share > 0.0:
            raise BadInputError(
                f"The place of claim {claim.id} ({area_km2:.3g} km2) holds the centre of none of the grid's {size}.",
                "Use a finer grid, or a region that reaches at least"
                f" {grid.spacing_m * 0.5**0.5 / 1000.0:.3g} km from its middle.",
            )
        return mask, share
    if area_km2 is not None and 0.0 < area_km2 < grid.cell_area_km2:
        notes.append(
            f"The place of claim {claim.id} ({area_km2:.3g} km2) is smaller than one of the {size}; it is weighed as"
            f" {int(mask.sum())} whole cell(s)."
        )
    if share is not None and share < 0.995:
        notes.append(
            f"{_percent(share)} of the place of claim {claim.id} lies on the grid; the rest of it is not weighed."
        )
    if mask.all():
        notes.append(
            f"The place of claim {claim.id} covers the whole grid, so evidence of place says nothing of it there."
        )
    return mask, share


def _on_times(claim: Claim, over: Hypotheses, notes: list[str]) -> tuple[NDArray[np.bool_], float | None]:
    """The mask by middles of steps, and the share of the claimed time on the axis."""
    axis = over.times
    mask = steps_within(claim.about.time, axis)
    share = share_on_axis(claim.about.time, axis)
    spans = merged_unix_s(claim.about.time)
    length_s = sum(end - begin for begin, end in spans)
    first, last = axis.start.timestamp(), axis.end.timestamp()
    touches = any(begin < last and end > first for begin, end in spans)
    if not mask.any() and touches:
        raise BadInputError(
            f"The time of claim {claim.id} holds the middle of none of the axis' steps of {axis.step_s / 60.0:g} min.",
            "Use a finer time axis, or the precision with which the speaker can be taken to speak.",
        )
    if mask.any() and length_s < axis.step_s:
        notes.append(
            f"The time of claim {claim.id} ({length_s / 60.0:.3g} min) is shorter than a step of"
            f" {axis.step_s / 60.0:g} min; it is weighed as {int(mask.sum())} whole step(s)."
        )
    if mask.any() and share is not None and share < 0.995:
        notes.append(
            f"{_percent(share)} of the time of claim {claim.id} lies on the time axis; the rest of it is not weighed."
        )
    if mask.all():
        notes.append(
            f"The time of claim {claim.id} covers the whole axis, so evidence of time says nothing of it there."
        )
    return mask, share


def _percent(share: float) -> str:
    return "Less than 1 %" if share < 0.01 else f"{100.0 * share:.0f} %"
