"""An assessment in plain values, as case.json and the command line show it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from witnessmark.fusion.records import Assessment
from witnessmark.fusion.words import sentences
from witnessmark.hypotheses.space import Hypotheses
from witnessmark.plain import Plain, iso


def summary(assessment: Assessment, over: Hypotheses) -> dict[str, Plain]:
    """What an assessment says, without its arrays.

    Numbers keep 12 significant digits: what lies beyond depends on the processor's way of summing.

    Parameters
    ----------
    assessment : Assessment
    over : Hypotheses
        The space it was made over.

    Returns
    -------
    dict of str to Plain
        Ready for `witnessmark.plain.canonical`.
    """
    possible = assessment.p_grid > 0.0
    return {
        "space_digest": assessment.space_digest,
        "p_grid": _number(assessment.p_grid),
        "alternatives": {name: _number(value) for name, value in assessment.alternatives.items()},
        "most_probable_place": _place(assessment.posterior_place, over) if possible else None,
        "most_probable_time": iso(over.times.middle(int(np.argmax(assessment.posterior_time)))) if possible else None,
        "regions_place": [
            {
                "probability": region.probability,
                "area_km2": _number(region.area_km2),
                "cells": int(np.count_nonzero(region.mask)),
                **_bounds(region.mask, over),
            }
            for region in assessment.regions_place
        ],
        "regions_time": [
            {
                "probability": region.probability,
                "minutes": _number(region.minutes),
                "intervals": [[iso(start), iso(end)] for start, end in region.intervals],
            }
            for region in assessment.regions_time
        ],
        "shares": [
            {
                "finding_id": share.finding_id,
                "line": share.line,
                "weight": _number(share.weight),
                "bits": _number(share.bits),
                "bits_place": _number(share.bits_place),
                "bits_time": _number(share.bits_time),
                "bits_alternatives": _number(share.bits_alternatives),
                "capped": share.capped,
                "discriminates": share.discriminates,
                "without": {claim: _number(ratio) for claim, ratio in share.without.items()},
                "alone": {claim: _number(ratio) for claim, ratio in share.alone.items()},
            }
            for share in assessment.shares
        ],
        "standings": [
            {
                "claim_id": standing.claim_id,
                "prior": _number(standing.prior),
                "posterior": _number(standing.posterior),
                "log10_lr": _number(standing.log10_lr),
                "lr_words": standing.lr_words,
                "probability_words": standing.probability_words,
                "reason": standing.reason,
                "sentences": [sentence for sentence in sentences(standing) if sentence],
            }
            for standing in assessment.standings
        ],
        "does_not_discriminate": list(assessment.does_not_discriminate),
        "parameters": {name: _number(value) for name, value in assessment.parameters.items()},
    }


def _number(value: float) -> float:
    """Twelve significant digits; what is below 1e-12 of a unit is noise of summing and is written as zero."""
    rounded = float(f"{value:.12g}")
    return rounded if abs(rounded) >= 1e-300 and not 0.0 < abs(rounded) < 1e-12 else 0.0


def _place(posterior: NDArray[np.float64], over: Hypotheses) -> dict[str, Plain]:
    """The most probable cell's centre and what its side leaves open."""
    cell = int(np.argmax(posterior))
    return {
        "lat_deg": round(float(over.places.lat_deg[cell]), 6),
        "lon_deg": round(float(over.places.lon_deg[cell]), 6),
        "cell_m": over.places.spacing_m,
    }


def _bounds(mask: NDArray[np.bool_], over: Hypotheses) -> dict[str, Plain]:
    """South, north, west and east of the chosen cells' centres [deg]."""
    lat, lon = over.places.lat_deg[mask], over.places.lon_deg[mask]
    return {
        "lat_deg": [round(float(lat.min()), 6), round(float(lat.max()), 6)],
        "lon_deg": [round(float(lon.min()), 6), round(float(lon.max()), 6)],
    }
